//! `update`: one message in, its effects out; each family of messages in its own file.

use super::{App, Env};
use crate::commands::flow::PromptKind;
use crate::commands::{Effect, Msg};
use crate::model::{ClusterId, KindId, ShardKey, Timestamp, WatchScope};
use crate::store::Store;
use crate::theme::Theme;
use crate::views::View;
use crate::views::connection::ConnectionView;

mod answers;
mod commands;
mod keys;
mod link;
mod nav;
mod prompt;
mod steps;

pub(super) use nav::{has_all, words};

/// Effects on their way out.
pub(super) type Out = Vec<Effect>;

impl App {
    /// Takes a message and returns what is to be done. Does no I/O itself.
    pub fn update(&mut self, message: Msg, store: &Store, theme: &Theme, now: Timestamp) -> Vec<Effect> {
        let env = Env { store, theme, now };
        let mut out = Out::new();
        // A key is answered with what is here; what came meanwhile has its own frame, a moment later.
        let is_input = matches!(message, Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_));
        // A bell alone is no news: what it rings for may be nothing that is on screen.
        self.is_fresh |= !matches!(message, Msg::Bell) || self.pending.is_some();
        match message {
            Msg::Key(key) => self.on_key(key, env, &mut out),
            Msg::Paste(text) => self.on_paste(&text, env),
            Msg::Mouse(mouse) => self.on_mouse(mouse, env, &mut out),
            Msg::Resize(width, height) => self.size = (width, height),
            Msg::Bell => self.settle_digits(keys::Due::Bell, env, &mut out),
            Msg::Tick => {
                self.settle_digits(keys::Due::Tick, env, &mut out);
                self.expire_flash(now);
            }
            Msg::Link(id, link) => self.on_link(&id, *link),
            Msg::Catalog(id, catalog) => self.on_catalog(&id, catalog, env, &mut out),
            Msg::Namespaces(id, names) => self.on_namespaces(&id, names),
            Msg::Contexts(contexts) => self.on_contexts(contexts, env, &mut out),
            Msg::Answer(ticket, answer) => self.on_answer(ticket, *answer, env, &mut out),
            Msg::Flash(flash) => self.show(flash, now),
        }
        self.settle(env, is_input, &mut out);
        out
    }

    /// Brings views, counts and wants up to date with what is on screen now.
    ///
    /// After `is_input` a view that has had its first look is not given another: no key waits for data.
    fn settle(&mut self, env: Env<'_>, is_input: bool, out: &mut Out) {
        if !self.asked.is_empty() {
            let alive: Vec<_> = self.layers.iter().map(|layer| layer.id).collect();
            self.asked.retain(|_, asker| alive.contains(asker));
        }
        let top = self.layers.top().id;
        let is_known = self.refreshed.replace(top) == Some(top);
        let takes_news = !(is_input && is_known);
        if takes_news {
            let cx = env.cx(&self.world);
            self.is_fresh |= self.layers.top_mut().view.refresh(&cx) || !is_known;
        }
        let wants = self.wants();
        if takes_news || wants != self.watched {
            self.tally.follow(env.store, &wants);
        }
        let nodes = self.nodes();
        self.cluster_use.follow(nodes.as_ref(), &self.world, env);
        self.settle_overlay(env);
        if wants != self.watched {
            self.watched.clone_from(&wants);
            out.push(Effect::Watch(wants));
        }
        let metered = self.wants_metrics();
        if metered != self.metered {
            self.metered.clone_from(&metered);
            out.push(Effect::Metrics(metered));
        }
    }

    /// The shards of the view on top, of the one that Esc leads to, and the header's nodes.
    fn wants(&self) -> Vec<ShardKey> {
        let mut wants = Vec::new();
        self.layers.top().view.wants(&mut wants);
        self.layers.top().view.wants_counted(&mut wants);
        if let Some(layer) = self.layers.below() {
            layer.view.wants(&mut wants);
        }
        wants.extend(self.nodes());
        wants.sort();
        wants.dedup();
        wants
    }

    /// The shard of nodes that the header counts.
    pub(super) fn nodes(&self) -> Option<ShardKey> {
        let cluster =
            self.world.current.as_ref().filter(|id| self.show_header && self.connected.contains(*id))?;
        Some(ShardKey { cluster: cluster.clone(), kind: KindId("nodes".into()), scope: WatchScope::All })
    }

    fn wants_metrics(&self) -> Vec<ClusterId> {
        let mut clusters = Vec::new();
        self.layers.top().view.wants_metrics(&mut clusters);
        clusters.extend(self.nodes().map(|shard| shard.cluster));
        clusters.sort();
        clusters.dedup();
        clusters
    }

    /// Puts the connection page in the place of a table that has nothing to show because there is no
    /// connection, and takes it away as soon as there is one.
    fn settle_overlay(&mut self, env: Env<'_>) {
        let broken = self.broken_link();
        if self.overlay.as_ref().map(ConnectionView::cluster) != broken.as_ref() {
            self.overlay = broken.map(ConnectionView::new);
            self.is_fresh = true;
            // A filter of the table behind it could not be seen.
            self.prompt = self.prompt.take().filter(|prompt| prompt.kind() == PromptKind::Command);
        }
        if let Some(page) = &mut self.overlay {
            self.is_fresh |= page.refresh(&env.cx(&self.world));
        }
    }

    fn broken_link(&self) -> Option<ClusterId> {
        let top = &self.layers.top().view;
        let clusters = &top.spec()?.clusters;
        let is_broken = |id: &&ClusterId| {
            self.world
                .clusters
                .get(*id)
                .is_some_and(|facts| !facts.link.connected && facts.link.problem.is_some())
        };
        let mut shards = Vec::new();
        top.wants(&mut shards);
        // Rows of one cluster are worth more than the page of another.
        let is_empty = self.tally.rows(&shards) == 0;
        (is_empty && clusters.iter().all(|id| is_broken(&id))).then(|| clusters.first().cloned()).flatten()
    }
}
