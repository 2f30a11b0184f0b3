//! A CRD's JSON as the catalog needs it: names, versions, printer columns.

use serde_json::Value;

use crate::model::{Discovered, Gvr, KindId, Scope, Text};

/// What every custom resource offers.
const VERBS: &[&str] = &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/// A parsed CRD.
#[derive(Clone, Debug)]
pub struct Crd(Value);

impl Crd {
    /// Reads a CRD's JSON; `None` when it lacks a group, a plural or a kind.
    pub fn parse(json: &str) -> Option<Self> {
        let crd = Self(serde_json::from_str(json).ok()?);
        let complete = ["/spec/group", "/spec/names/plural", "/spec/names/kind"];
        complete.iter().all(|path| !crd.text(path).is_empty()).then_some(crd)
    }

    fn text(&self, path: &str) -> &str {
        self.0.pointer(path).and_then(Value::as_str).unwrap_or_default()
    }

    fn texts(&self, path: &str) -> Vec<Text> {
        let list = self.0.pointer(path).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(Text::from).collect()
    }

    fn versions(&self) -> impl Iterator<Item = &Value> {
        self.0.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten()
    }

    /// Returns the identity of the kind that it defines.
    pub fn id(&self) -> KindId {
        KindId::new(self.text("/spec/group"), self.text("/spec/names/plural"))
    }

    /// Returns the entry of a version.
    pub fn version(&self, name: &str) -> Option<&Value> {
        self.versions().find(|version| version.get("name").and_then(Value::as_str) == Some(name))
    }

    /// Describes the kind as discovery will once it has caught up; `None` while it is not established.
    pub fn discovered(&self) -> Option<Discovered> {
        let conditions = self.0.pointer("/status/conditions").and_then(Value::as_array)?;
        let field = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let established = conditions.iter().any(|c| {
            field(c, "type").as_deref() == Some("Established")
                && field(c, "status").as_deref() == Some("True")
        });
        if !established {
            return None;
        }
        let served = self.versions().filter(|v| v.get("served").and_then(Value::as_bool) == Some(true));
        let best =
            served.max_by_key(|v| priority(v.get("name").and_then(Value::as_str).unwrap_or_default()))?;
        let name = best.get("name").and_then(Value::as_str)?;
        let subresources = best.get("subresources").and_then(Value::as_object);
        Some(Discovered {
            gvr: Gvr::new(self.text("/spec/group"), name, self.text("/spec/names/plural")),
            kind: self.text("/spec/names/kind").into(),
            singular: self.text("/spec/names/singular").into(),
            short_names: self.texts("/spec/names/shortNames"),
            categories: self.texts("/spec/names/categories"),
            scope: if self.text("/spec/scope") == "Cluster" { Scope::Cluster } else { Scope::Namespaced },
            verbs: VERBS.iter().map(|verb| Text::from(*verb)).collect(),
            subresources: subresources.into_iter().flat_map(|s| s.keys()).map(|s| Text::from(&**s)).collect(),
            preferred: true,
        })
    }
}

/// Kubernetes' order of versions: stable before beta before alpha, higher numbers first; others last.
fn priority(version: &str) -> (u8, u32, u32) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (major, stage) = rest.split_at(end);
    let Ok(major) = major.parse() else { return (0, 0, 0) };
    for (name, rank) in [("beta", 2), ("alpha", 1)] {
        if let Some(minor) = stage.strip_prefix(name).and_then(|minor| minor.parse().ok()) {
            return (rank, major, minor);
        }
    }
    if stage.is_empty() { (3, major, 0) } else { (0, 0, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_come_before_beta_and_alpha_and_higher_before_lower() {
        let mut versions = ["v1alpha1", "v2", "foo", "v1beta2", "v10", "v1", "v1beta1", "v11alpha2"];
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta2", "v1beta1", "v11alpha2", "v1alpha1", "foo"]);
    }
}
