//! Names of things. Every key carries its cluster, so that one table can span many.

use std::fmt;

use super::text::Text;

/// A cluster as the user named it: the kubeconfig context.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub Text);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kind without its version, written as kubectl does: `pods`, `deployments.apps`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(pub Text);

impl KindId {
    /// Builds the id from a group (empty for the core group) and a plural resource name.
    pub fn new(group: &str, resource: &str) -> Self {
        if group.is_empty() { Self(resource.into()) } else { Self(format!("{resource}.{group}").into()) }
    }
}

impl fmt::Display for KindId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Group, version and plural resource: what a request path is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gvr {
    /// API group; empty for the core group.
    pub group: Text,
    /// Version, such as `v1`.
    pub version: Text,
    /// Plural resource name, such as `pods`.
    pub resource: Text,
}

impl Gvr {
    /// Builds a triple.
    pub fn new(group: &str, version: &str, resource: &str) -> Self {
        Self { group: group.into(), version: version.into(), resource: resource.into() }
    }

    /// Returns the version-less identity.
    pub fn id(&self) -> KindId {
        KindId::new(&self.group, &self.resource)
    }

    /// Returns the collection's path: `/api/v1/namespaces/shop/pods`, `/apis/apps/v1/deployments`.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.resource),
            None => format!("{root}/{}", self.resource),
        }
    }
}

/// Whether a kind's objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Objects have a namespace.
    Namespaced,
    /// Objects belong to the whole cluster.
    Cluster,
}

/// The identity of an object as people name it. Together with [`Uid`] it names one incarnation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjKey {
    /// The cluster that holds it.
    pub cluster: ClusterId,
    /// Its kind.
    pub kind: KindId,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
}

impl fmt::Display for ObjKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// A server-made identity of one incarnation of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Uid {
    /// The usual form, kept in 16 bytes.
    Uuid(u128),
    /// Anything else, as written (aggregated APIs may answer with none).
    Other(Text),
}

impl Uid {
    /// Reads a uid; a canonical lower-case UUID is packed, so that writing it back gives the same text.
    pub fn parse(s: &str) -> Self {
        let packed = (s.len() == 36
            && s.bytes().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
            }))
        .then(|| u128::from_str_radix(&s.replace('-', ""), 16).ok())
        .flatten();
        packed.map_or_else(|| Self::Other(s.into()), Self::Uuid)
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(text) => f.write_str(text),
            Self::Uuid(value) => {
                let hex = format!("{value:032x}");
                write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
            }
        }
    }
}

/// The part of a kind that one list+watch covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WatchScope {
    /// The whole cluster. With low rights the supervisor fills it namespace by namespace.
    All,
    /// One namespace.
    Namespace(Text),
    /// What a label selector selects, in one namespace or (empty) in all.
    Labelled {
        /// The namespace.
        namespace: Text,
        /// The selector, as the API server reads it.
        labels: Text,
    },
}

impl WatchScope {
    /// Returns the namespace; empty for the whole cluster.
    pub fn namespace(&self) -> &str {
        match self {
            Self::All => "",
            Self::Namespace(namespace) | Self::Labelled { namespace, .. } => namespace,
        }
    }

    /// Returns the label selector; empty for all objects.
    pub fn labels(&self) -> &str {
        match self {
            Self::All | Self::Namespace(_) => "",
            Self::Labelled { labels, .. } => labels,
        }
    }

    /// Returns the same place, with objects of these labels only; empty for all.
    #[must_use]
    pub fn labelled(self, labels: &str) -> Self {
        if labels.is_empty() {
            return self;
        }
        Self::Labelled { namespace: self.namespace().into(), labels: labels.into() }
    }
}

/// What one shard of the store holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardKey {
    /// The cluster.
    pub cluster: ClusterId,
    /// The kind.
    pub kind: KindId,
    /// All of it, or one namespace.
    pub scope: WatchScope,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_print_as_they_were_read() {
        for text in ["0b4c3d2e-1f00-4a5b-8c9d-00000000002a", "", "7", "0B4C3D2E-1F00-4A5B-8C9D-00000000002A"]
        {
            assert_eq!(Uid::parse(text).to_string(), text);
        }
        assert!(matches!(Uid::parse("0b4c3d2e-1f00-4a5b-8c9d-00000000002a"), Uid::Uuid(_)));
    }

    #[test]
    fn paths_follow_the_api_conventions() {
        assert_eq!(Gvr::new("", "v1", "pods").path(Some("shop")), "/api/v1/namespaces/shop/pods");
        assert_eq!(Gvr::new("apps", "v1", "deployments").path(None), "/apis/apps/v1/deployments");
        assert_eq!(Gvr::new("apps", "v1", "deployments").id().to_string(), "deployments.apps");
    }
}
