//! All kinds of one cluster, by every name they go by.
//!
//! Built from what the server's discovery says, with the built-in records laid under it and the
//! CRDs' printer columns beside it. Before discovery has answered, the records alone serve.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::crd::Crd;
use super::printer::Printer;
use super::registry;
use super::{KindDef, Projector, Record, Tags};
use crate::model::nearest::{hint, nearest};
use crate::model::{Discovered, KindId, Problem, ProblemKind, Text};

/// The kinds of one cluster.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Every known kind, most important first.
    known: Vec<Arc<KindDef>>,
    /// Those that can be listed, in the same order.
    listable: Vec<Arc<KindDef>>,
    by_id: HashMap<KindId, usize>,
    /// Lower-case name → kinds of that name, most important first.
    by_name: HashMap<Text, Vec<usize>>,
    /// (group, CamelCase kind) → kind.
    by_kind: HashMap<(Text, Text), usize>,
    /// Versions served of each kind; empty before discovery.
    versions: HashMap<KindId, Vec<Text>>,
}

/// How a kind is called, from the surest to the loosest name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NameClass {
    Resource,
    Short,
    Kind,
    Alias,
}

impl Catalog {
    /// Returns the built-in records, as known before a server was asked.
    pub fn builtin() -> Self {
        Self::index(registry::records().map(Record::def).collect(), HashMap::new())
    }

    /// Builds the catalog from discovery and the JSON texts of all CRDs. A CRD that discovery does not
    /// know yet is taken as it describes itself; unreadable CRDs are left out.
    pub fn new(discovered: &[Discovered], crds: &[String]) -> Self {
        if discovered.is_empty() {
            return Self::builtin();
        }
        let crds: HashMap<KindId, Crd> =
            crds.iter().filter_map(|json| Crd::parse(json)).map(|crd| (crd.id(), crd)).collect();
        let mut versions: HashMap<KindId, Vec<Text>> = HashMap::new();
        let mut chosen: Vec<&Discovered> = Vec::new();
        let mut place: HashMap<KindId, usize> = HashMap::new();
        // Sub-resources are no kinds of their own.
        for resource in discovered.iter().filter(|resource| !resource.gvr.resource.contains('/')) {
            let id = resource.id();
            versions.entry(id.clone()).or_default().push(resource.gvr.version.clone());
            match place.get(&id).and_then(|&at| chosen.get_mut(at)) {
                Some(before) if rank(resource) < rank(before) => *before = resource,
                Some(_) => {}
                None => {
                    place.insert(id, chosen.len());
                    chosen.push(resource);
                }
            }
        }
        let mut defs: Vec<KindDef> =
            chosen.into_iter().map(|found| define(found, crds.get(&found.id()))).collect();
        let mut young: Vec<&Crd> = crds.values().filter(|crd| !versions.contains_key(&crd.id())).collect();
        young.sort_by_key(|crd| crd.id());
        for found in young.into_iter().filter_map(Crd::discovered) {
            versions.entry(found.id()).or_default().push(found.gvr.version.clone());
            defs.push(define(&found, crds.get(&found.id())));
        }
        Self::index(defs, versions)
    }

    fn index(mut defs: Vec<KindDef>, versions: HashMap<KindId, Vec<Text>>) -> Self {
        // Stable: within a class the server's own order of groups stays.
        defs.sort_by_key(importance);
        let mut catalog = Self { versions, ..Self::default() };
        let mut classed: HashMap<Text, Vec<(NameClass, usize)>> = HashMap::new();
        for (at, def) in defs.into_iter().map(Arc::new).enumerate() {
            for (class, name) in names_of(&def) {
                classed.entry(name).or_default().push((class, at));
            }
            catalog.by_id.insert(def.id.clone(), at);
            catalog.by_kind.entry((def.gvr.group.clone(), def.kind.clone())).or_insert(at);
            if def.is_listable() {
                catalog.listable.push(def.clone());
            }
            catalog.known.push(def);
        }
        for (name, mut found) in classed {
            found.sort();
            let mut seen = HashSet::new();
            let order = found.into_iter().map(|(_, at)| at).filter(|at| seen.insert(*at)).collect();
            catalog.by_name.insert(name, order);
        }
        catalog
    }

    /// Returns a kind by identity.
    pub fn get(&self, id: &KindId) -> Option<Arc<KindDef>> {
        self.by_id.get(id).and_then(|&at| self.known.get(at)).cloned()
    }

    /// Returns the kinds that can be listed: core first, then Kubernetes' own groups, then the rest.
    pub fn all(&self) -> &[Arc<KindDef>] {
        &self.listable
    }

    /// Returns the kind of an owner or another typed reference: `apps/v1`, `ReplicaSet`.
    pub fn by_kind(&self, api_version: &str, kind: &str) -> Option<Arc<KindDef>> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        self.by_kind.get(&(group.into(), kind.into())).and_then(|&at| self.known.get(at)).cloned()
    }

    /// Returns the listable kinds of a category such as `all`.
    pub fn category(&self, name: &str) -> Vec<Arc<KindDef>> {
        let has = |def: &&Arc<KindDef>| def.categories.iter().any(|c| c.eq_ignore_ascii_case(name));
        self.listable.iter().filter(has).cloned().collect()
    }

    /// Returns the names that open a kind, the plural first and the full one last, for completion.
    pub fn names(&self, def: &KindDef) -> Vec<Text> {
        let mut names: Vec<Text> = Vec::new();
        let mine = |name: &Text| self.by_name.get(name).and_then(|found| found.first());
        let at = self.by_id.get(&def.id);
        for (_, name) in names_of(def) {
            if at.is_some() && mine(&name) == at && !names.contains(&name) {
                names.push(name);
            }
        }
        if !names.contains(&def.id.0) {
            names.push(def.id.0.clone());
        }
        names
    }

    /// Finds a kind by any of its names: plural, singular, short name, kind, `resource.group`,
    /// `resource.version.group`, `group/version/resource`; case does not matter.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] with the nearest names as a hint, [`ProblemKind::Usage`] for a kind
    /// that cannot be listed.
    pub fn resolve(&self, name: &str) -> Result<Arc<KindDef>, Problem> {
        let lower = name.trim().to_lowercase();
        let found = self.lookup(&lower).and_then(|at| self.known.get(at));
        match found {
            Some(def) if def.is_listable() => Ok(def.clone()),
            Some(def) => Err(Problem::new(ProblemKind::Usage, format!("{} cannot be listed", def.id))
                .hint("the server offers no list of this kind")),
            None => Err(self.unknown(name, &lower)),
        }
    }

    fn lookup(&self, name: &str) -> Option<usize> {
        if name.contains('/') {
            let parts: Vec<&str> = name.split('/').collect();
            return match parts.as_slice() {
                [version, resource] => self.qualified(resource, Some(version), ""),
                [group, version, resource] => self.qualified(resource, Some(version), group),
                _ => None,
            };
        }
        if let Some(at) = self.by_name.get(name).and_then(|found| found.first()) {
            return Some(*at);
        }
        let (resource, rest) = name.split_once('.')?;
        self.qualified(resource, None, rest).or_else(|| {
            let (version, group) = rest.split_once('.').unwrap_or((rest, ""));
            self.qualified(resource, Some(version), group)
        })
    }

    /// A name within a group; a group may be cut short, as kubectl allows.
    fn qualified(&self, resource: &str, version: Option<&str>, group: &str) -> Option<usize> {
        let found = self.by_name.get(resource)?;
        let served = |at: &&usize| {
            let Some(def) = self.known.get(**at) else { return false };
            let versions = self.versions.get(&def.id);
            version.is_none_or(|v| versions.is_none_or(|all| all.iter().any(|served| &**served == v)))
        };
        let of = |at: &&usize, test: &dyn Fn(&str) -> bool| {
            self.known.get(**at).is_some_and(|d| test(&d.gvr.group))
        };
        let mut exact = found.iter().filter(|at| of(at, &|g| g == group)).filter(served);
        exact
            .next()
            .or_else(|| {
                let cut = |g: &str| !group.is_empty() && g.starts_with(group);
                found.iter().filter(|at| of(at, &cut)).find(served)
            })
            .copied()
    }

    fn unknown(&self, name: &str, lower: &str) -> Problem {
        let head = lower.rsplit('/').next().unwrap_or(lower);
        let head = head.split('.').next().unwrap_or(head);
        let problem = Problem::new(ProblemKind::NotFound, format!("no kind is called {:?}", name.trim()));
        problem.hint(hint(&self.nearest(head)).unwrap_or_else(|| "`:aliases` lists all kinds".to_owned()))
    }

    /// The plurals of the kinds whose names are nearest to a misspelt one.
    fn nearest(&self, name: &str) -> Vec<&str> {
        let listable = self.known.iter().filter(|def| def.is_listable());
        let names: Vec<(Text, &str)> = listable
            .flat_map(|def| names_of(def).into_iter().map(|(_, name)| (name, &*def.gvr.resource)))
            .collect();
        let mut plurals = Vec::new();
        for near in nearest(name, names.iter().map(|(name, _)| &**name)) {
            let plural = names.iter().find(|(name, _)| **name == *near).map(|(_, plural)| *plural);
            plurals.extend(plural.filter(|plural| !plurals.contains(plural)));
        }
        plurals
    }
}

/// Core and built-in groups win over others where a name is shared.
fn importance(def: &KindDef) -> u8 {
    let group = &*def.gvr.group;
    match group {
        "" => 0,
        // The same objects as the core group's events.
        "events.k8s.io" => 2,
        // Their names are those of pods and nodes.
        "metrics.k8s.io" => 4,
        _ if registry::find(group, &def.gvr.resource).is_some() => 1,
        _ if !group.contains('.') || group.ends_with(".k8s.io") => 2,
        _ => 3,
    }
}

/// The version to use of several: the one a record was written for, else the preferred, else the first.
fn rank(resource: &Discovered) -> u8 {
    let record = registry::find(&resource.gvr.group, &resource.gvr.resource);
    match record {
        Some(record) if *record.version == *resource.gvr.version => 0,
        _ if resource.preferred => 1,
        _ => 2,
    }
}

fn define(found: &Discovered, crd: Option<&Crd>) -> KindDef {
    let singular =
        if found.singular.is_empty() { found.kind.to_lowercase().into() } else { found.singular.clone() };
    let base = match registry::find(&found.gvr.group, &found.gvr.resource) {
        Some(record) => record.def(),
        None => {
            let printer = crd
                .and_then(|crd| crd.version(&found.gvr.version))
                .map_or_else(Printer::generic, Printer::from_version);
            generic(found, printer)
        }
    };
    KindDef {
        gvr: found.gvr.clone(),
        kind: found.kind.clone(),
        singular,
        short_names: found.short_names.clone(),
        categories: found.categories.clone(),
        scope: found.scope,
        verbs: found.verbs.clone(),
        subresources: found.subresources.clone(),
        ..base
    }
}

fn generic(found: &Discovered, printer: Printer) -> KindDef {
    let scales = found.subresources.iter().any(|name| &**name == "scale");
    KindDef {
        id: found.id(),
        gvr: found.gvr.clone(),
        kind: found.kind.clone(),
        singular: found.singular.clone(),
        short_names: Vec::new(),
        categories: Vec::new(),
        scope: found.scope,
        verbs: Vec::new(),
        subresources: Vec::new(),
        columns: printer.columns(),
        projector: Projector::Printer(Arc::new(printer)),
        order: None,
        drill: super::Drill::Text,
        tags: if scales { Tags::SCALE } else { Tags::NONE },
    }
}

/// All names of a kind in lower case, each with its class.
fn names_of(def: &KindDef) -> Vec<(NameClass, Text)> {
    let lower = |s: &str| Text::from(s.to_lowercase());
    let mut names =
        vec![(NameClass::Resource, lower(&def.gvr.resource)), (NameClass::Resource, lower(&def.singular))];
    names.extend(def.short_names.iter().map(|name| (NameClass::Short, lower(name))));
    names.push((NameClass::Kind, lower(&def.kind)));
    if let Some(record) = registry::find(&def.gvr.group, &def.gvr.resource) {
        names.extend(
            record.aliases.iter().chain(record.short_names).map(|name| (NameClass::Alias, lower(name))),
        );
    }
    names
}
