//! Opening, going back, switching context and namespaces.

use super::Out;
use crate::app::factory::Parts;
use crate::app::{App, Env, LayerId};
use crate::commands::flow::{Flash, Remember};
use crate::commands::{Effect, NamespaceSet, Open, TableSpec, World, line};
use crate::model::{ClusterId, ProblemKind, Scope, Text};
use crate::views::View;

impl App {
    /// Builds a view for `open`, as seen from the view that is in front now.
    fn build(&self, open: &Open, env: Env<'_>) -> Box<dyn View> {
        let cx = env.cx(&self.world);
        let front = self.front();
        let refusal = |cmd| front.refusal(cmd, &cx);
        let here = (front.crumb(), front.family(), &refusal as &dyn Fn(_) -> _);
        let options = &self.options;
        let parts =
            Parts { remembered: &options.remembered, wide: options.wide, about: &options.about, here };
        (self.factory)(open, &parts, &cx)
    }

    /// Opens a view on top.
    pub(super) fn open_top(&mut self, open: Open, env: Env<'_>, out: &mut Out) {
        if self.layers.top().view.open() == open {
            return;
        }
        self.reach(&open, out);
        if open == Open::Contexts {
            // Another program may have added one since: a login, a new cluster.
            out.push(Effect::ReadContexts);
        }
        let view = self.build(&open, env);
        let id = self.layers.push(view);
        self.opened(id, env, out);
    }

    /// Opens a table in the place of all views and notes it in the history.
    pub(super) fn open_root(&mut self, open: Open, env: Env<'_>, out: &mut Out) {
        self.note_root();
        self.history.visit(&open);
        self.show_root(open, env, out);
        self.recall_filter(env);
    }

    /// Gives a table that was opened without a filter the one that its kind was left with, and says so.
    fn recall_filter(&mut self, env: Env<'_>) {
        if !self.options.recalls_filters {
            return;
        }
        let top = self.layers.top_mut();
        let plain = top.view.spec().filter(|spec| spec.within.is_none() && spec.filter.trim().is_empty());
        let Some(memory) = plain.and_then(|spec| self.options.remembered.tables.get(&spec.kind)) else {
            return;
        };
        // One that can't be read any more is not worth a word.
        if memory.filter.is_empty() || top.view.recall(&memory.filter, &env.cx(&self.world)).is_err() {
            return;
        }
        let mut flash = Flash::info(format!("filter from last time: /{}", memory.filter));
        flash.hint = Some("Esc clears it".into());
        self.show(flash, env.now);
        self.note_root();
    }

    /// Keeps the filter of the table in front for the next time its kind is opened.
    pub(super) fn remember_filter(&mut self, out: &mut Out) {
        let spec = self.front().spec().filter(|spec| spec.within.is_none());
        let Some((kind, filter)) = spec.map(|spec| (spec.kind.clone(), spec.filter.trim().to_owned())) else {
            return;
        };
        let known = self.options.remembered.tables.get(&kind).map_or("", |table| &table.filter);
        if known != filter {
            self.remember(Remember::TableFilter(kind, filter), out);
        }
    }

    /// Shows a place of the history.
    pub(super) fn show_root(&mut self, open: Open, env: Env<'_>, out: &mut Out) {
        self.reach(&open, out);
        let view = self.build(&open, env);
        let id = self.layers.reset(view);
        self.has_root = true;
        self.waiting = None;
        if let Open::Table(spec) = &open {
            self.remember_view(spec, out);
        }
        self.opened(id, env, out);
    }

    fn opened(&mut self, id: LayerId, env: Env<'_>, out: &mut Out) {
        self.overlay = None;
        let cx = env.cx(&self.world);
        let top = self.layers.top_mut();
        top.view.refresh(&cx);
        let steps = top.view.opening();
        self.run_steps(steps, id, env, out);
    }

    /// Notes in the history how the view at the bottom looks now: with its filter and namespaces.
    pub(super) fn note_root(&mut self) {
        if self.has_root {
            self.history.leave(self.layers.root().view.open());
        }
    }

    fn remember_view(&mut self, spec: &TableSpec, out: &mut Out) {
        // The filter is kept with the kind, so that it can be told apart from one that was typed.
        if let [cluster] = spec.clusters.as_slice() {
            let plain = TableSpec { filter: String::new(), within: None, ..spec.clone() };
            let line = line::write(&plain, &self.world);
            if self.options.remembered.views.get(cluster) != Some(&line) {
                self.remember(Remember::View(cluster.clone(), line), out);
            }
        }
    }

    /// Goes to the view below; returns whether there was one.
    pub(super) fn back(&mut self, env: Env<'_>) -> bool {
        let popped = self.layers.pop();
        if popped {
            self.overlay = None;
            let current = self.layers.top().view.spec().and_then(|spec| spec.clusters.first().cloned());
            if let Some(current) = current.filter(|_| self.has_root) {
                self.set_current(&current);
            }
            self.layers.top_mut().view.refresh(&env.cx(&self.world));
        }
        popped
    }

    /// Sees to it that the clusters of a view are connected, and makes its only cluster the current one.
    fn reach(&mut self, open: &Open, out: &mut Out) {
        let clusters = match open {
            Open::Table(spec) => spec.clusters.as_slice(),
            Open::Connection(cluster) => std::slice::from_ref(cluster),
            _ => return,
        };
        for cluster in clusters {
            if self.connected.insert(cluster.clone()) {
                out.push(Effect::Connect(cluster.clone()));
                out.push(Effect::ListNamespaces(cluster.clone()));
            }
        }
        if let [cluster] = clusters {
            self.set_current(cluster);
        }
    }

    /// Makes a context the one that new views use.
    pub(super) fn set_current(&mut self, id: &ClusterId) {
        if self.world.current.as_ref() != Some(id) {
            self.world.current = Some(id.clone());
        }
        self.world.favourites = self.favourites();
        self.world.read_only = self.options.read_only || self.options.read_only_contexts.contains(id);
    }

    /// The favourites of the current context.
    pub(super) fn favourites(&self) -> Vec<Text> {
        let current = self.world.current.as_ref();
        current.and_then(|id| self.options.remembered.favourites.get(id)).cloned().unwrap_or_default()
    }

    /// Makes a context current and opens the view it was left with, else its pods.
    pub(super) fn use_context(&mut self, id: &ClusterId, env: Env<'_>, out: &mut Out) {
        if self.world.context(id).is_none() {
            return self.show(Flash::warn(format!("the kubeconfig has no context {id}")), env.now);
        }
        self.note_root();
        self.set_current(id);
        let line = self.options.remembered.views.get(id).cloned();
        self.start_line(line.as_deref().unwrap_or("pods"), env, out);
    }

    /// Opens the first view of a context from a line; when that fails, its pods.
    pub(super) fn start_line(&mut self, text: &str, env: Env<'_>, out: &mut Out) {
        match line::parse(text, &self.world) {
            Ok(step) => {
                if !matches!(step, crate::commands::Step::Open(Open::Table(_))) {
                    self.open_pods(env, out);
                }
                self.run_line_step(step, env, out);
            }
            Err(problem) if problem.kind == ProblemKind::NotFound && !self.is_discovered() => {
                // Something to look at until the server has said what it serves.
                if let Some(id) = self.world.current.clone() {
                    let page = Open::Connection(id);
                    self.reach(&page, out);
                    let view = self.build(&page, env);
                    self.layers.reset(view);
                    self.has_root = false;
                }
                self.waiting = Some(text.to_owned());
            }
            Err(problem) => {
                self.open_pods(env, out);
                self.show(problem.clone().into(), env.now);
                self.failed = Some(problem);
            }
        }
    }

    fn open_pods(&mut self, env: Env<'_>, out: &mut Out) {
        if let Some(open) = line::plain("pods", &self.world) {
            self.open_root(open, env, out);
        }
    }

    pub(super) fn is_discovered(&self) -> bool {
        self.world.current_facts().is_some_and(|facts| facts.discovered)
    }

    /// Runs a line; a kind that nobody knows yet makes it wait for discovery.
    pub(super) fn run_line(&mut self, text: &str, env: Env<'_>, out: &mut Out) {
        match line::parse(text, &self.world) {
            Ok(step) => self.run_line_step(step, env, out),
            Err(problem) => self.show(problem.into(), env.now),
        }
    }

    /// Uses these namespaces for the table in front and for those that follow.
    pub(super) fn use_namespaces(&mut self, set: NamespaceSet, env: Env<'_>, out: &mut Out) {
        let spec = self.layers.top().view.spec().cloned();
        let clusters = spec
            .as_ref()
            .map_or_else(|| Vec::from_iter(self.world.current.clone()), |spec| spec.clusters.clone());
        for id in &clusters {
            if let Some(facts) = self.world.clusters.get_mut(id) {
                facts.active = set.clone();
            }
            if let NamespaceSet::Only(names) = &set
                && let [name] = names.as_slice()
            {
                self.remember(Remember::Namespace(id.clone(), name.clone()), out);
            }
        }
        let words = words(&set);
        let Some(spec) = spec.filter(|spec| is_namespaced(spec, &self.world)) else {
            return self.show(Flash::info(format!("new tables show {words}")), env.now);
        };
        if spec.namespaces == set && spec.within.is_none() {
            return;
        }
        // What a drill-down showed belongs to one object; in other namespaces it is the kind that is meant.
        let spec = TableSpec { namespaces: set, within: None, ..spec };
        let view = self.build(&Open::Table(spec.clone()), env);
        let id = self.layers.replace_top(view);
        if self.layers.depth() == 1 {
            self.note_root();
            self.remember_view(&spec, out);
        }
        self.opened(id, env, out);
    }
}

/// Whether a table shows all namespaces already, or its kind knows none.
pub(in crate::app) fn has_all(spec: &TableSpec, world: &World) -> bool {
    !is_namespaced(spec, world) || spec.within.is_none() && spec.namespaces == NamespaceSet::All
}

fn is_namespaced(spec: &TableSpec, world: &World) -> bool {
    let kind = spec.clusters.first().and_then(|id| world.kind(id, &spec.kind));
    kind.is_none_or(|kind| kind.scope == Scope::Namespaced)
}

/// Says which namespaces, for people.
pub(crate) fn words(set: &NamespaceSet) -> String {
    match set {
        NamespaceSet::All => "all namespaces".into(),
        NamespaceSet::Only(names) => names.join(", "),
        NamespaceSet::Except(names) => format!("all but {}", names.join(", ")),
    }
}
