//! The discovery documents as servers send them; `null` lists (Go's empty ones) read as empty.

use serde::{Deserialize, Deserializer};

fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Aggregated: all groups of one half.
#[derive(Deserialize)]
pub(crate) struct GroupList {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) items: Vec<Group>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Group {
    #[serde(deserialize_with = "nullable")]
    pub(crate) metadata: GroupName,
    #[serde(deserialize_with = "nullable")]
    pub(crate) versions: Vec<GroupVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct GroupName {
    #[serde(deserialize_with = "nullable")]
    pub(crate) name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct GroupVersion {
    pub(crate) version: String,
    pub(crate) freshness: String,
    #[serde(deserialize_with = "nullable")]
    pub(crate) resources: Vec<GroupResource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct GroupResource {
    pub(crate) resource: String,
    pub(crate) response_kind: Option<ResponseKind>,
    pub(crate) scope: String,
    pub(crate) singular_resource: String,
    #[serde(deserialize_with = "nullable")]
    pub(crate) verbs: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) short_names: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) categories: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) subresources: Vec<Subresource>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResponseKind {
    pub(crate) kind: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Subresource {
    pub(crate) subresource: String,
}

/// Plain: the versions of the core group.
#[derive(Deserialize)]
pub(crate) struct ApiVersions {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) versions: Vec<String>,
}

/// Plain: all other groups.
#[derive(Deserialize)]
pub(crate) struct ApiGroupList {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) groups: Vec<ApiGroup>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ApiGroup {
    pub(crate) name: String,
    #[serde(deserialize_with = "nullable")]
    pub(crate) versions: Vec<ApiVersion>,
    pub(crate) preferred_version: Option<ApiVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ApiVersion {
    pub(crate) version: String,
}

/// Plain: the resources of one group version, sub-resources among them.
#[derive(Deserialize)]
pub(crate) struct ResourceList {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) resources: Vec<PlainResource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PlainResource {
    pub(crate) name: String,
    pub(crate) singular_name: String,
    pub(crate) namespaced: bool,
    pub(crate) kind: String,
    #[serde(deserialize_with = "nullable")]
    pub(crate) verbs: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) short_names: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) categories: Vec<String>,
}
