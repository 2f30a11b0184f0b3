//! The state of the screen and the one function that changes it: messages in, effects out.
//!
//! Owns the stack of views, the prompt, the history, what is remembered while running, and the
//! decision which shards are wanted. Does no I/O, knows no clock and no terminal: time comes in with
//! each message, effects go out as data, and drawing writes to a buffer it is given.

use std::collections::{BTreeSet, HashMap};

use crate::commands::flow::Ticket;
use crate::commands::{Flash, World};
use crate::model::{ClusterId, Problem, ShardKey, Timestamp};
use crate::store::Store;
use crate::theme::Theme;
use crate::views::connection::ConnectionView;
use crate::views::contexts::ContextsView;
use crate::views::prompt::Prompt;
use crate::views::{Cx, View};

mod factory;
mod frame;
mod history;
mod layers;
mod once;
mod options;
mod tally;
mod ticks;
mod update;
mod usage;

use factory::Factory;
use history::History;
use layers::{LayerId, Layers};
pub use options::{AppOptions, Remembered, TableMemory};
use tally::Tally;
use usage::ClusterUse;

/// What every step may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Env<'a> {
    store: &'a Store,
    theme: &'a Theme,
    now: Timestamp,
}

impl<'a> Env<'a> {
    fn cx(self, world: &'a World) -> Cx<'a> {
        Cx { store: self.store, world, theme: self.theme, now: self.now }
    }
}

/// News on screen, and since when.
#[derive(Debug)]
struct Shown {
    flash: Flash,
    at: Timestamp,
}

/// Digits typed before a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pending {
    count: u32,
    at: Timestamp,
}

/// The state of the screen.
#[derive(Debug)]
pub struct App {
    options: AppOptions,
    world: World,
    layers: Layers,
    /// The connection page in the place of a table that has nothing to show.
    overlay: Option<ConnectionView>,
    prompt: Option<Prompt>,
    flash: Option<Shown>,
    history: History,
    pending: Option<Pending>,
    /// A line that names a kind nobody knows before discovery has answered.
    waiting: Option<String>,
    /// Why the first view could not be opened.
    failed: Option<Problem>,
    is_started: bool,
    /// Whether the first table is on the stack; before that the bottom is a page to wait on.
    has_root: bool,
    size: (u16, u16),
    show_header: bool,
    show_crumbs: bool,
    mouse: bool,
    ticket: u64,
    asked: HashMap<Ticket, LayerId>,
    /// The view on top that has had its first look at the data.
    refreshed: Option<LayerId>,
    connected: BTreeSet<ClusterId>,
    watched: Vec<ShardKey>,
    metered: Vec<ClusterId>,
    tally: Tally,
    cluster_use: ClusterUse,
    factory: Factory,
    /// Whether something has happened that is to be drawn now.
    is_fresh: bool,
}

impl App {
    /// Builds the state before anything is known. The first [`crate::commands::Msg::Contexts`] opens the first view.
    pub fn new(options: AppOptions) -> Self {
        Self::with_factory(options, factory::build)
    }

    fn with_factory(options: AppOptions, factory: Factory) -> Self {
        let aliases = options.aliases.clone();
        let world = World { read_only: options.read_only, aliases, ..World::default() };
        Self {
            layers: Layers::new(Box::new(ContextsView::new(&world))),
            world,
            overlay: None,
            prompt: None,
            flash: None,
            history: History::default(),
            pending: None,
            waiting: None,
            failed: None,
            is_started: false,
            has_root: false,
            size: (80, 24),
            show_header: !options.headless,
            show_crumbs: options.crumbs,
            mouse: options.mouse,
            ticket: 0,
            asked: HashMap::new(),
            refreshed: None,
            connected: BTreeSet::new(),
            watched: Vec::new(),
            metered: Vec::new(),
            tally: Tally::default(),
            cluster_use: ClusterUse::default(),
            factory,
            is_fresh: true,
            options,
        }
    }

    /// Returns the current context, for the window's title.
    pub fn current(&self) -> Option<ClusterId> {
        self.world.current.clone()
    }

    /// Says anew in which contexts writes are refused and with which to be careful: before news of contexts.
    pub fn mark_contexts(&mut self, read_only: BTreeSet<ClusterId>, guarded: BTreeSet<ClusterId>) {
        self.options.read_only_contexts = read_only;
        self.options.guarded = guarded;
    }

    /// Returns what the app knows of the clusters.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Returns whether nothing is being typed, told or waited for.
    pub fn idle(&self) -> bool {
        self.prompt.is_none() && self.pending.is_none() && self.flash.is_none() && self.waiting.is_none()
    }

    /// Returns whether the view has put off work: a bell goes on with it.
    pub fn is_busy(&self) -> bool {
        self.layers.top().view.is_busy()
    }

    /// Returns whether something has happened since the last call that is worth a frame now. Other news, such as
    /// counts, can wait for a moment.
    pub fn take_fresh(&mut self) -> bool {
        std::mem::take(&mut self.is_fresh)
    }

    /// Returns the view that keys go to: the connection page while it stands in, else the top one.
    fn front(&self) -> &dyn View {
        match &self.overlay {
            Some(page) => page,
            None => &*self.layers.top().view,
        }
    }

    /// Lets a closure change the view that keys go to.
    fn with_front<R>(&mut self, env: Env<'_>, change: impl FnOnce(&mut dyn View, &Cx<'_>) -> R) -> R {
        let cx = env.cx(&self.world);
        match &mut self.overlay {
            Some(page) => change(page, &cx),
            None => change(&mut *self.layers.top_mut().view, &cx),
        }
    }

    fn show(&mut self, flash: Flash, now: Timestamp) {
        self.flash = Some(Shown { flash, at: now });
    }
}

#[cfg(test)]
mod tests;
