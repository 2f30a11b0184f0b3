//! Which kinds a server has: aggregated discovery in two requests, plain discovery where that is unknown.
//!
//! A group whose server is away marks itself; nothing else is lost.

use std::time::Duration;

use futures::StreamExt;
use serde::Deserialize;

use super::handle::Cluster;
use super::wire::{ApiGroupList, ApiVersions, GroupList, PlainResource, ResourceList};
use crate::model::discovered::Discovered;
use crate::model::{Gvr, Problem, ProblemKind, Scope, Text};

const LIMIT: Duration = Duration::from_secs(20);
/// Requests at a time where each group version has to be asked.
const AT_ONCE: usize = 8;
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                      application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,\
                      application/json";

/// All kinds of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Every resource of every version; sub-resources are folded into theirs.
    pub resources: Vec<Discovered>,
    /// Groups (or `group/version`) whose server does not answer, and why.
    pub dead_groups: Vec<(Text, Problem)>,
}

impl Cluster {
    /// Asks the server for its kinds, and keeps the answer for the next start.
    ///
    /// # Errors
    /// As [`Cluster::send`], when not even the core group can be read.
    pub async fn discover(&self) -> Result<Discovery, Problem> {
        let (core, groups) =
            futures::future::join(self.get("/api", ACCEPT, LIMIT), self.get("/apis", ACCEPT, LIMIT)).await;
        let mut found = Discovery::default();
        let (core_type, core) = core?;
        self.half(&core_type, &core, Half::Core, &mut found).await?;
        let whole = groups.is_ok();
        match groups {
            Ok((kind, bytes)) => self.half(&kind, &bytes, Half::Groups, &mut found).await?,
            Err(problem) => found.dead_groups.push(("apis".into(), problem)),
        }
        prefer(&mut found.resources);
        // Half an answer must not take the place of a whole one on disk.
        if whole {
            self.keep_discovery(&found).await;
        }
        Ok(found)
    }

    async fn half(&self, kind: &str, bytes: &[u8], half: Half, found: &mut Discovery) -> Result<(), Problem> {
        if kind.contains("APIGroupDiscoveryList") {
            let list: GroupList = read(bytes, half.path())?;
            aggregated(list, found);
            return Ok(());
        }
        let versions: Vec<(String, String)> = match half {
            Half::Core => read::<ApiVersions>(bytes, half.path())?
                .versions
                .into_iter()
                .map(|version| (String::new(), version))
                .collect(),
            Half::Groups => read::<ApiGroupList>(bytes, half.path())?
                .groups
                .into_iter()
                .flat_map(preferred_first)
                .collect(),
        };
        self.plain(versions, found).await;
        Ok(())
    }

    /// Asks each group version; the order of `versions` is kept, because it says what is preferred.
    async fn plain(&self, versions: Vec<(String, String)>, found: &mut Discovery) {
        let asked = versions.into_iter().map(|(group, version)| async move {
            let path =
                if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
            let list = match self.get(&path, "application/json", LIMIT).await {
                Ok((_, bytes)) => read::<ResourceList>(&bytes, &path),
                Err(problem) => Err(problem),
            };
            (group, version, list)
        });
        let mut answers = futures::stream::iter(asked).buffered(AT_ONCE);
        while let Some((group, version, list)) = answers.next().await {
            match list {
                Ok(list) => found.resources.extend(folded(&group, &version, list.resources)),
                Err(problem) => found.dead_groups.push((format!("{group}/{version}").into(), problem)),
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Half {
    Core,
    Groups,
}

impl Half {
    fn path(self) -> &'static str {
        match self {
            Self::Core => "/api",
            Self::Groups => "/apis",
        }
    }
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8], path: &str) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(ProblemKind::Malformed, format!("cannot read the answer to {path}: {error}"))
    })
}

fn preferred_first(group: super::wire::ApiGroup) -> Vec<(String, String)> {
    let preferred = group.preferred_version.map(|version| version.version).unwrap_or_default();
    let mut versions: Vec<String> = group.versions.into_iter().map(|version| version.version).collect();
    // Stable: the rest stays in the server's order.
    versions.sort_by_key(|version| *version != preferred);
    versions.into_iter().map(|version| (group.name.clone(), version)).collect()
}

fn texts(list: Vec<String>) -> Vec<Text> {
    list.into_iter().map(Text::from).collect()
}

fn aggregated(list: GroupList, found: &mut Discovery) {
    for group in list.items {
        let name = group.metadata.name;
        for version in group.versions {
            if version.freshness == "Stale" {
                let what = format!("the server of {name}/{} does not answer", version.version);
                let problem = Problem::new(ProblemKind::Server, what).hint(format!(
                    "look at its APIService: kubectl get apiservice {}.{name}",
                    version.version
                ));
                found.dead_groups.push((format!("{name}/{}", version.version).into(), problem));
            }
            for resource in version.resources {
                let Some(kind) = resource.response_kind else { continue };
                found.resources.push(Discovered {
                    gvr: Gvr::new(&name, &version.version, &resource.resource),
                    kind: kind.kind.into(),
                    singular: resource.singular_resource.into(),
                    short_names: texts(resource.short_names),
                    categories: texts(resource.categories),
                    scope: if resource.scope == "Namespaced" { Scope::Namespaced } else { Scope::Cluster },
                    verbs: texts(resource.verbs),
                    subresources: resource
                        .subresources
                        .into_iter()
                        .map(|sub| sub.subresource.into())
                        .collect(),
                    preferred: false,
                });
            }
        }
    }
}

fn folded(group: &str, version: &str, list: Vec<PlainResource>) -> Vec<Discovered> {
    let (subs, mains): (Vec<_>, Vec<_>) = list.into_iter().partition(|resource| resource.name.contains('/'));
    mains
        .into_iter()
        .map(|resource| {
            let mine = |sub: &PlainResource| {
                let (parent, name) = sub.name.split_once('/')?;
                (parent == resource.name).then(|| Text::from(name))
            };
            Discovered {
                gvr: Gvr::new(group, version, &resource.name),
                subresources: subs.iter().filter_map(mine).collect(),
                kind: resource.kind.into(),
                singular: resource.singular_name.into(),
                short_names: texts(resource.short_names),
                categories: texts(resource.categories),
                scope: if resource.namespaced { Scope::Namespaced } else { Scope::Cluster },
                verbs: texts(resource.verbs),
                preferred: false,
            }
        })
        .collect()
}

/// Marks the first version that has a resource: the group's preferred one, or the best of the others.
fn prefer(resources: &mut [Discovered]) {
    let mut seen = std::collections::HashSet::new();
    for resource in resources {
        resource.preferred = seen.insert(resource.id());
    }
}
