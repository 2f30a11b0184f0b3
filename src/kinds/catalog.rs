//! All kinds of one cluster, by every name they go by.
use super::{Drill, KindDef, Projector, Tags, printer::Printer};
use crate::model::{Gvr, KindId, Problem, ProblemKind, Scope};
use std::sync::Arc;

/// The kinds of one cluster.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    kinds: Vec<Arc<KindDef>>,
}

impl Catalog {
    /// Returns the kinds known before discovery.
    pub fn builtin() -> Self {
        const KINDS: &[(&str, &str, &str, &str, &str, Scope)] = &[
            ("", "v1", "pods", "Pod", "po", Scope::Namespaced),
            ("", "v1", "services", "Service", "svc", Scope::Namespaced),
            ("", "v1", "nodes", "Node", "no", Scope::Cluster),
            ("", "v1", "namespaces", "Namespace", "ns", Scope::Cluster),
            ("apps", "v1", "deployments", "Deployment", "deploy", Scope::Namespaced),
        ];
        let make = |&(group, version, plural, kind, short, scope): &(&str, &str, &str, &str, &str, Scope)| {
            Arc::new(KindDef {
                id: KindId::new(group, plural),
                gvr: Gvr::new(group, version, plural),
                kind: kind.into(),
                singular: kind.to_lowercase().into(),
                short_names: vec![short.into()],
                categories: vec!["all".into()],
                scope,
                verbs: Vec::new(),
                subresources: Vec::new(),
                columns: Vec::new().into(),
                projector: Projector::Printer(Arc::new(Printer::default())),
                drill: Drill::default(),
                tags: Tags::NONE,
            })
        };
        Self { kinds: KINDS.iter().map(make).collect() }
    }

    /// Returns a kind by identity.
    pub fn get(&self, id: &KindId) -> Option<Arc<KindDef>> {
        self.kinds.iter().find(|kind| kind.id == *id).cloned()
    }

    /// Returns a kind by any of its names.
    ///
    /// # Errors
    /// `NotFound` with the nearest names.
    pub fn resolve(&self, name: &str) -> Result<Arc<KindDef>, Problem> {
        let is = |kind: &&Arc<KindDef>| {
            [&*kind.gvr.resource, &*kind.id.0, &*kind.singular, &*kind.kind]
                .into_iter()
                .chain(kind.short_names.iter().map(|name| &**name))
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        self.kinds
            .iter()
            .find(is)
            .cloned()
            .ok_or_else(|| Problem::new(ProblemKind::NotFound, format!("no kind is called {name:?}")))
    }

    /// Returns all kinds.
    pub fn all(&self) -> &[Arc<KindDef>] {
        &self.kinds
    }

    /// Returns the kinds of a category.
    pub fn category(&self, name: &str) -> Vec<Arc<KindDef>> {
        self.kinds.iter().filter(|kind| kind.categories.iter().any(|c| &**c == name)).cloned().collect()
    }
}
