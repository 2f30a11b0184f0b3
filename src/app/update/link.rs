//! News of the clusters: contexts, links, kinds, namespaces.

use std::sync::Arc;

use super::Out;
use crate::app::{App, Env};
use crate::commands::flow::{Flash, Remember};
use crate::commands::{ClusterFacts, NamespaceSet, line};
use crate::kinds::catalog::Catalog;
use crate::model::link::{ContextInfo, LinkState};
use crate::model::{ClusterId, KindId, Problem, ProblemKind, Scope, Text};

impl App {
    pub(super) fn on_contexts(&mut self, contexts: Vec<ContextInfo>, env: Env<'_>, out: &mut Out) {
        let builtin = Arc::new(Catalog::builtin());
        for context in &contexts {
            let facts = self.new_facts(context, &builtin);
            self.world.clusters.entry(context.id.clone()).or_insert(facts);
        }
        let is_news = self.is_started && self.world.contexts != contexts;
        self.world.contexts = contexts;
        if is_news {
            let count = self.world.contexts.len();
            self.show(Flash::info(format!("the kubeconfig has changed: {count} contexts")), env.now);
        }
        if !self.is_started {
            self.is_started = true;
            self.open_first(env, out);
        }
    }

    /// What is known of a context before it is used: what the kubeconfig says and earlier runs left.
    fn new_facts(&self, context: &ContextInfo, builtin: &Arc<Catalog>) -> ClusterFacts {
        let remembered = &self.options.remembered;
        let used = remembered.namespaces.get(&context.id).into_iter().flatten();
        let favourites = remembered.favourites.get(&context.id).into_iter().flatten();
        let mut namespaces: Vec<Text> = Vec::new();
        for name in used.clone().chain(favourites).chain([&context.namespace]).filter(|name| !name.is_empty())
        {
            if !namespaces.contains(name) {
                namespaces.push(name.clone());
            }
        }
        let active = used.clone().next().unwrap_or(&context.namespace).clone();
        let active = if active.is_empty() { "default".into() } else { active };
        ClusterFacts {
            catalog: builtin.clone(),
            namespaces,
            active: NamespaceSet::Only(vec![active]),
            guarded: self.options.guarded.contains(&context.id),
            ..ClusterFacts::default()
        }
    }

    fn open_first(&mut self, env: Env<'_>, out: &mut Out) {
        let Some(id) =
            self.world.contexts.iter().find(|context| context.current).map(|context| context.id.clone())
        else {
            let mut flash = Flash::warn("no context can be used");
            flash.hint = Some(if self.world.contexts.is_empty() {
                "`kdeck demo` starts a cluster inside kdeck".into()
            } else {
                "choose one with Enter, or start `kdeck demo`".into()
            });
            self.failed =
                Some(Problem::new(ProblemKind::Config, "no context can be used").hint("see `kdeck doctor`"));
            return self.show(flash, env.now);
        };
        self.set_current(&id);
        let asked = self.options.namespaces();
        if let (Some(set), Some(facts)) = (&asked, self.world.clusters.get_mut(&id)) {
            facts.active = set.clone();
        }
        // What was typed now wins over what is remembered.
        let remembered = self.options.remembered.views.get(&id).filter(|_| asked.is_none());
        let text = self.options.start.as_ref().or(remembered).map_or("pods", String::as_str).to_owned();
        self.start_line(&text, env, out);
    }

    pub(super) fn on_link(&mut self, id: &ClusterId, link: LinkState) {
        self.world.clusters.entry(id.clone()).or_default().link = link;
    }

    pub(super) fn on_catalog(&mut self, id: &ClusterId, catalog: Arc<Catalog>, env: Env<'_>, out: &mut Out) {
        let facts = self.world.clusters.entry(id.clone()).or_default();
        facts.catalog = catalog;
        facts.discovered = true;
        if self.world.current.as_ref() != Some(id) {
            return;
        }
        let Some(text) = self.waiting.take() else { return };
        match line::parse(&text, &self.world) {
            Ok(step) => self.run_line_step(step, env, out),
            Err(problem) => {
                if !self.has_root {
                    self.start_line("pods", env, out);
                    self.failed = Some(problem.clone());
                }
                self.show(problem.into(), env.now);
            }
        }
    }

    pub(super) fn on_namespaces(&mut self, id: &ClusterId, names: Result<Vec<Text>, Problem>) {
        let facts = self.world.clusters.entry(id.clone()).or_default();
        match names {
            Ok(names) => {
                facts.namespaces = names;
                facts.may_list_namespaces = Some(true);
            }
            Err(problem) if matches!(problem.kind, ProblemKind::Forbidden | ProblemKind::NotFound) => {
                facts.may_list_namespaces = Some(false);
            }
            // No answer is no denial.
            Err(_) => {}
        }
    }

    /// Makes the namespaces that a line named the active ones of its context.
    pub(super) fn adopt(&mut self, id: &ClusterId, set: &NamespaceSet, kind: &KindId, out: &mut Out) {
        let is_namespaced = self.world.kind(id, kind).is_none_or(|kind| kind.scope == Scope::Namespaced);
        let Some(facts) =
            self.world.clusters.get_mut(id).filter(|facts| is_namespaced && facts.active != *set)
        else {
            return;
        };
        facts.active = set.clone();
        if let NamespaceSet::Only(names) = set
            && let [name] = names.as_slice()
        {
            self.remember(Remember::Namespace(id.clone(), name.clone()), out);
        }
    }
}
