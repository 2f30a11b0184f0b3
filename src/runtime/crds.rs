//! Custom resources as discovery would describe them, from their definitions: a new kind must work
//! before the server's own discovery is asked again.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Deserialize;

use crate::model::{Discovered, Gvr, KindId, Scope, Text};

/// What a server lets be done with every custom resource.
const VERBS: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

#[derive(Deserialize)]
struct Crd {
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Spec {
    group: String,
    names: Names,
    scope: String,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    plural: String,
    kind: String,
    #[serde(default)]
    singular: String,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

#[derive(Deserialize)]
struct Version {
    name: String,
    #[serde(default)]
    served: bool,
    #[serde(default)]
    subresources: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

/// Returns what a definition serves; nothing before it is established, or when the text is no definition.
pub fn discovered(json: &str) -> Vec<Discovered> {
    let Ok(crd) = serde_json::from_str::<Crd>(json) else { return Vec::new() };
    let is_established = |c: &Condition| c.kind == "Established" && c.status == "True";
    if !crd.status.conditions.iter().any(is_established) {
        return Vec::new();
    }
    let mut versions: Vec<&Version> = crd.spec.versions.iter().filter(|version| version.served).collect();
    versions.sort_by_key(|version| Reverse(priority(&version.name)));
    let texts = |names: &[String]| names.iter().map(|name| Text::from(name.as_str())).collect();
    let names = &crd.spec.names;
    let resource = |(n, version): (usize, &&Version)| Discovered {
        gvr: Gvr::new(&crd.spec.group, &version.name, &names.plural),
        kind: names.kind.as_str().into(),
        singular: names.singular.as_str().into(),
        short_names: texts(&names.short_names),
        categories: texts(&names.categories),
        scope: if crd.spec.scope == "Cluster" { Scope::Cluster } else { Scope::Namespaced },
        verbs: VERBS.into_iter().map(Text::from).collect(),
        subresources: version.subresources.iter().flatten().map(|(name, _)| name.as_str().into()).collect(),
        preferred: n == 0,
    };
    versions.iter().enumerate().map(resource).collect()
}

/// Orders versions as the server does: `v2` before `v1` before `v1beta2` before `v1beta1` before `v1alpha1`
/// before anything else.
fn priority(version: &str) -> (u8, u32, u32) {
    let parse = || {
        let rest = version.strip_prefix('v')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (major, stage) = rest.split_at(digits);
        let major = major.parse().ok()?;
        let (level, minor) = match stage {
            "" => return Some((3, major, 0)),
            _ if stage.starts_with("beta") => (2, stage.strip_prefix("beta")?),
            _ => (1, stage.strip_prefix("alpha")?),
        };
        Some((level, major, minor.parse().ok()?))
    };
    parse().unwrap_or((0, 0, 0))
}

/// Joins what discovery said with what the definitions say now, which is newer; kinds of definitions that
/// went since are left out.
pub fn merge(said: &[Discovered], defined: Vec<Discovered>, gone: &BTreeSet<KindId>) -> Vec<Discovered> {
    let newer: BTreeSet<KindId> = defined.iter().map(Discovered::id).collect();
    let mut all: Vec<Discovered> = said
        .iter()
        .filter(|resource| {
            let id = resource.id();
            !newer.contains(&id) && !gone.contains(&id)
        })
        .cloned()
        .collect();
    all.extend(defined);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRD: &str = r#"{"kind":"CustomResourceDefinition","metadata":{"name":"boats.sea.io"},"spec":{
        "group":"sea.io","scope":"Namespaced","names":{"plural":"boats","singular":"boat","kind":"Boat",
        "shortNames":["bt"],"categories":["all"]},"versions":[
        {"name":"v1beta1","served":true,"storage":false},
        {"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{}}},
        {"name":"v1alpha1","served":false,"storage":false}]},
        "status":{"conditions":[{"type":"Established","status":"True"}]}}"#;

    #[test]
    fn a_definition_becomes_what_discovery_would_say() {
        let found = discovered(CRD);
        let versions: Vec<_> = found.iter().map(|r| (&*r.gvr.version, r.preferred)).collect();
        assert_eq!(versions, [("v1", true), ("v1beta1", false)]);
        let first = &found[0];
        assert_eq!(first.id().to_string(), "boats.sea.io");
        assert_eq!((&*first.kind, &*first.singular, first.scope), ("Boat", "boat", Scope::Namespaced));
        assert_eq!(first.subresources.len(), 2);
        assert!(first.verbs.iter().any(|verb| &**verb == "watch"));
    }

    #[test]
    fn nothing_is_served_before_the_definition_is_established() {
        assert!(discovered(&CRD.replace("\"True\"", "\"False\"")).is_empty());
        assert!(discovered("not json").is_empty());
    }

    #[test]
    fn versions_are_ordered_as_the_server_orders_them() {
        let mut versions = ["foo", "v1alpha1", "v10", "v2", "v1beta2", "v1", "v1beta10", "v"];
        versions.sort_by_key(|version| Reverse(priority(version)));
        assert_eq!(versions[..6], ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1"]);
    }

    #[test]
    fn a_deleted_definition_takes_its_kind_along_and_leaves_the_others() {
        let boats = discovered(CRD);
        let gone = BTreeSet::from([boats[0].id()]);
        assert!(merge(&boats, Vec::new(), &gone).is_empty());
        assert_eq!(merge(&boats, Vec::new(), &BTreeSet::new()).len(), 2);
        assert_eq!(merge(&boats, boats.clone(), &BTreeSet::new()).len(), 2, "not twice");
    }
}
