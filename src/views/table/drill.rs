//! Where Enter, owner, node and warp lead. Decides from the row's facts; opens nothing itself.

use std::sync::Arc;

use super::cursor::identity;
use super::keys::Outcome;
use super::{TableView, What};
use crate::commands::flow::Choice;
use crate::commands::{NamespaceSet, Open, Step, TableSpec, Within};
use crate::kinds::{Drill, KindDef, Source};
use crate::model::row::{Owner, Ref};
use crate::model::{ClusterId, KindId, ObjKey, Row, Scope, Text};
use crate::views::Cx;

/// The kind whose tables most drill-downs open.
const PODS: &str = "pods";

impl TableView {
    /// What Enter opens.
    pub(super) fn enter(&self, cx: &Cx<'_>) -> Outcome {
        let row = self.chosen()?;
        if let What::Containers(pod) = &self.what {
            return Ok(vec![Step::Open(Open::Yaml(pod.clone()))]);
        }
        let drill = self.kind.as_ref().map(|kind| kind.drill).unwrap_or_default();
        let here = NamespaceSet::Only(vec![row.key.namespace.clone()]);
        let step = match drill {
            Drill::Text => Step::Open(Open::Yaml(identity(row))),
            Drill::Containers => Step::Open(Open::Containers(identity(row))),
            Drill::PodsBySelector => {
                let selector = row.facts.selector.as_ref().filter(|labels| !labels.is_empty());
                let selector = selector.ok_or_else(|| format!("{} selects nothing", self.words(row)))?;
                let within = Within::Selected(selector.clone(), row.key.namespace.clone());
                self.table(row, PODS.into(), here, Some(within))
            }
            Drill::PodsOnNode => {
                let within = Within::OnNode(row.key.name.clone());
                self.table(row, PODS.into(), NamespaceSet::All, Some(within))
            }
            Drill::Owned(kind) => self.table(row, kind.into(), here, Some(Within::OwnedBy(identity(row)))),
            Drill::EnterNamespace => return Ok(self.enter_namespace(row)),
            Drill::Instances => return self.instances(row, cx),
            Drill::Reference(role) => return self.reference(row, role, cx),
            Drill::Involved => return self.reference(row, "involved", cx),
        };
        Ok(vec![step])
    }

    fn enter_namespace(&self, row: &Row) -> Vec<Step> {
        let only = NamespaceSet::Only(vec![row.key.name.clone()]);
        vec![Step::UseNamespaces(only.clone()), self.table(row, PODS.into(), only, None)]
    }

    /// The name of a CRD is the identity of its kind: `plural.group`.
    fn instances(&self, row: &Row, cx: &Cx<'_>) -> Outcome {
        let kind = KindId(row.key.name.clone());
        if cx.world.kind(&row.key.cluster, &kind).is_none() {
            return Err(format!("{kind} is not served (yet)"));
        }
        Ok(vec![self.table(row, kind.0, self.spec.namespaces.clone(), None)])
    }

    fn reference(&self, row: &Row, role: &str, cx: &Cx<'_>) -> Outcome {
        let found = row.facts.refs.iter().find(|reference| &*reference.role == role);
        let Ref { kind, namespace, name, .. } =
            found.ok_or_else(|| format!("{} names no {role}", self.words(row)))?;
        let key = ObjKey {
            cluster: row.key.cluster.clone(),
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
        };
        Ok(vec![Step::Open(Open::Table(just(key, cx)))])
    }

    /// The owner; several are offered, the managing controller first.
    pub(super) fn owner(&self, cx: &Cx<'_>) -> Outcome {
        let row = self.chosen()?;
        let mut owners: Vec<&Owner> = row.owners.iter().collect();
        owners.sort_by_key(|owner| !owner.controller);
        match owners.as_slice() {
            [] => Err(format!("{} has no owner", self.words(row))),
            [one] => Ok(vec![Step::Open(Open::Table(owner_table(row, one, cx)))]),
            several => {
                let option = |owner: &&Owner| {
                    let role = if owner.controller { " (its controller)" } else { "" };
                    (format!("{} {}{role}", owner.kind, owner.name), owner_table(row, owner, cx))
                };
                let title = format!("owners of {}", self.words(row));
                let options = several.iter().map(option).collect();
                Ok(vec![Step::Open(Open::Choice(Choice { title, options }))])
            }
        }
    }

    /// The node of a pod.
    pub(super) fn node(&self) -> Outcome {
        let row = self.chosen()?;
        let node = row.facts.node.as_ref().filter(|node| !node.is_empty());
        let name = node.ok_or_else(|| format!("{} is on no node", self.words(row)))?.clone();
        let cluster = row.key.cluster.clone();
        let words = Text::from(format!("node {name}"));
        let key = ObjKey { cluster, kind: KindId("nodes".into()), namespace: Text::default(), name };
        Ok(vec![Step::Open(Open::Table(table_of(key, NamespaceSet::All, words)))])
    }

    /// The same kind in the namespace of the selected row.
    pub(super) fn warp(&self) -> Outcome {
        let row = self.chosen()?;
        if row.key.namespace.is_empty() {
            return Err(format!("{} is in no namespace", self.words(row)));
        }
        let only = NamespaceSet::Only(vec![row.key.namespace.clone()]);
        if self.spec.namespaces == only && self.spec.within.is_none() {
            return Err(format!("already in {}", row.key.namespace));
        }
        let kind = match &self.what {
            What::Containers(pod) => pod.key.kind.clone(),
            What::Objects => self.spec.kind.clone(),
        };
        let filter = self.spec.filter.clone();
        let clusters = vec![row.key.cluster.clone()];
        Ok(vec![Step::Open(Open::Table(TableSpec {
            clusters,
            kind,
            namespaces: only,
            filter,
            within: None,
        }))])
    }

    /// How a person names the row: `deploy payments/api`.
    pub(super) fn words(&self, row: &Row) -> Text {
        named(self.kind.as_ref(), &row.key)
    }

    fn table(&self, row: &Row, kind: Text, namespaces: NamespaceSet, within: Option<Within>) -> Step {
        let within = within.map(|within| (within, self.words(row)));
        let clusters = vec![row.key.cluster.clone()];
        let filter = String::new();
        Step::Open(Open::Table(TableSpec { clusters, kind: KindId(kind), namespaces, filter, within }))
    }

    /// Returns whether rows of the table lie in more than one cluster.
    pub(super) fn is_union(&self) -> bool {
        self.rules.shape.shown().any(|column| column.source == Source::Context)
    }
}

/// Names an object by its kind's short name; by the whole one where there is none, and for nodes: "no node-1" would
/// read as a denial.
fn named(kind: Option<&Arc<KindDef>>, key: &ObjKey) -> Text {
    let short = kind.and_then(|kind| kind.short_names.iter().find(|name| &***name != "no"));
    let name =
        short.or(kind.map(|kind| &kind.singular)).filter(|name| !name.is_empty()).unwrap_or(&key.kind.0);
    if key.namespace.is_empty() {
        format!("{name} {}", key.name).into()
    } else {
        format!("{name} {}/{}", key.namespace, key.name).into()
    }
}

/// The table of exactly the owner.
fn owner_table(row: &Row, owner: &Owner, cx: &Cx<'_>) -> TableSpec {
    let kind = owner_kind(cx, &row.key.cluster, owner);
    let scope = cx.world.kind(&row.key.cluster, &kind).map(|kind| kind.scope);
    // A namespaced object's owner is in the same namespace, or belongs to the cluster.
    let namespace = match scope {
        Some(Scope::Cluster) => Text::default(),
        _ => row.key.namespace.clone(),
    };
    just(ObjKey { cluster: row.key.cluster.clone(), kind, namespace, name: owner.name.clone() }, cx)
}

/// The table of exactly one object.
fn just(key: ObjKey, cx: &Cx<'_>) -> TableSpec {
    let words = named(cx.world.kind(&key.cluster, &key.kind).as_ref(), &key);
    let namespaces = if key.namespace.is_empty() {
        NamespaceSet::All
    } else {
        NamespaceSet::Only(vec![key.namespace.clone()])
    };
    table_of(key, namespaces, words)
}

fn table_of(key: ObjKey, namespaces: NamespaceSet, words: Text) -> TableSpec {
    let clusters: Vec<ClusterId> = vec![key.cluster.clone()];
    let (kind, filter) = (key.kind.clone(), String::new());
    let within = Some((Within::Just(key), words));
    TableSpec { clusters, kind, namespaces, filter, within }
}

/// The identity of an owner's kind. Owner references carry a CamelCase kind only: the catalog knows
/// its plural. Where it does not (yet), the plural is made by the rule that most kinds follow.
pub(super) fn owner_kind(cx: &Cx<'_>, cluster: &ClusterId, owner: &Owner) -> KindId {
    let catalog = cx.world.clusters.get(cluster).map(|facts| &facts.catalog);
    let known = catalog.and_then(|catalog| catalog.by_kind(&owner.api_version, &owner.kind));
    known.map_or_else(
        || {
            let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
            KindId::new(group, &format!("{}s", owner.kind.to_ascii_lowercase()))
        },
        |kind| kind.id.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::catalog::Catalog;

    #[test]
    fn a_name_never_reads_as_a_denial() {
        let catalog = Catalog::builtin();
        let name = |kind: &str, namespace: &str| {
            let key = ObjKey {
                cluster: ClusterId("a".into()),
                kind: KindId(kind.into()),
                namespace: namespace.into(),
                name: "one".into(),
            };
            named(catalog.get(&key.kind).as_ref(), &key).to_string()
        };
        assert_eq!(name("nodes", ""), "node one");
        assert_eq!(name("pods", "shop"), "po shop/one");
        assert_eq!(name("unheard.of", ""), "unheard.of one");
    }
}
