//! The deck without its face: app, store and clusters, driven by messages.
//!
//! The screen's loop and `--once` drive the same deck, so that what is printed is what is shown.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc;

use super::beginning::{self, app_options, contexts, marked};
use super::clock;
use super::effects;
use super::handover::{Handover, Lend};
use super::log::Recent;
use super::memory::{Keep, Memory};
use super::session::{self, Session};
use super::tasks::Tasks;
use crate::app::App;
use crate::cluster::doctor::{self, Surroundings};
use crate::cluster::{self, Discovery, Kubeconfigs, Overrides};
use crate::commands::flow::Ticket;
use crate::commands::{Answer, Effect, Flash, Msg};
use crate::config::{Config, Paths, State};
use crate::kinds::catalog::Catalog;
use crate::model::link::ContextInfo;
use crate::model::{ClusterId, KindId, Problem, Timestamp};
use crate::store::{Bell, Store};
use crate::theme::{Depth, Theme, is_utf8};

/// Answers that wait for the loop; when full, the effects that bring more wait.
const INBOX: usize = 64;

/// Most messages that one message may lead to: a loop between rooms must not freeze the screen.
const CHAIN: usize = 1_000;

/// All that the command line and the settings say.
#[derive(Debug)]
pub struct Launch {
    /// Connection flags.
    pub overrides: Overrides,
    /// Command line of the first view.
    pub start: Option<String>,
    /// `-A`.
    pub all_namespaces: bool,
    /// `-o wide`.
    pub wide: bool,
    /// The view is printed once: for a script, which must neither get nor leave what a person chose.
    pub is_text: bool,
    /// `-n`, all of it.
    pub namespace: Option<String>,
    /// `--readonly` (true) or `--write` (false): over the settings.
    pub read_only: Option<bool>,
    /// No header.
    pub headless: bool,
    /// No row of crumbs.
    pub crumbsless: bool,
    /// Whether the end is remembered.
    pub keep: Keep,
    /// Every place on disk.
    pub paths: Paths,
    /// The user's settings.
    pub config: Config,
    /// What was remembered.
    pub state: State,
    /// The log's recent lines.
    pub recent: Recent,
    /// What was wrong on the way here, to be told on the first screen.
    pub problems: Vec<Problem>,
}

/// What comes back from background work.
#[derive(Debug)]
pub enum Inbound {
    /// A message for the app.
    Msg(Msg),
    /// Discovery answered.
    Discovered(ClusterId, Result<Discovery, Problem>),
    /// Discovery is to be asked again.
    AskAgain(ClusterId),
    /// CRDs changed.
    Rebuild(ClusterId),
    /// A catalog was built, with the kinds that CRDs define.
    Built(ClusterId, Arc<Catalog>, BTreeSet<KindId>),
    /// The kubeconfig files were read again.
    Kubeconfigs(Result<Kubeconfigs, Problem>),
    /// A credential plugin asks for the terminal.
    Lend(Lend),
}

/// What only the owner of the terminal can do.
#[derive(Debug)]
pub enum Outward {
    /// End.
    Quit,
    /// Give the terminal to the shell until continued.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Put text on the clipboard.
    Copy(String),
    /// Take the mouse or leave it to the terminal.
    Mouse(bool),
    /// Lend the terminal until it is given back.
    Lend(Lend),
}

/// App, store and clusters.
#[derive(Debug)]
pub struct Deck {
    app: App,
    store: Arc<Store>,
    theme: Theme,
    session: Session,
    memory: Memory,
    tasks: Tasks,
    inbox: mpsc::Sender<Inbound>,
    arrivals: mpsc::Receiver<Inbound>,
    recent: Recent,
    dumps: PathBuf,
    overrides: Overrides,
    config: Config,
    read_only: Option<bool>,
    /// For the app's first message.
    contexts: Vec<ContextInfo>,
    problems: Vec<Problem>,
    /// Why the last asked context could not even be opened.
    trouble: Option<Problem>,
}

impl Deck {
    /// Puts everything together; reads the kubeconfig, connects to nothing yet.
    pub fn new(mut launch: Launch, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let store = beginning::store(&launch.config);
        let (inbox, arrivals) = mpsc::channel(INBOX);
        let (name, own) = (Some(launch.config.theme.as_str()), Some(launch.paths.themes.as_path()));
        let (theme, mut problems) = Theme::load(name, own, Depth::detect(env), is_utf8(env));
        problems.append(&mut launch.problems);
        let mut trouble = None;
        let kubeconfigs = cluster::load(&launch.overrides).map_err(|problem| trouble = Some(problem)).ok();
        let contexts = match &kubeconfigs {
            Some(kubeconfigs) => contexts(kubeconfigs, &launch.overrides, &mut trouble),
            None => Vec::new(),
        };
        problems.extend(trouble.clone());
        let app = App::new(app_options(&launch, &contexts));
        let (dumps, cache) = (launch.paths.dumps.clone(), launch.paths.cache.clone());
        let memory = Memory::new(launch.state, launch.paths, launch.keep);
        let session = Session::new(
            kubeconfigs,
            launch.overrides.clone(),
            session::Surroundings { cache_dir: Some(cache), terminal: None },
            store.clone(),
            memory.clone(),
            inbox.clone(),
        );
        Self {
            app,
            store,
            theme,
            session,
            memory,
            tasks: Tasks::default(),
            inbox,
            arrivals,
            recent: launch.recent,
            dumps,
            overrides: launch.overrides,
            config: launch.config,
            read_only: launch.read_only,
            contexts,
            problems,
            trouble,
        }
    }

    /// Lets credential plugins have the terminal when they must: its owner then gets [`Outward::Lend`].
    pub fn lend_terminal(&mut self) {
        self.session.lend_terminal(Arc::new(Handover::new(self.inbox.clone())));
    }

    /// Tells the app its size and what went wrong so far; opens the first view.
    pub fn start(&mut self, width: u16, height: u16) -> Vec<Outward> {
        let contexts = std::mem::take(&mut self.contexts);
        let mut messages = vec![Msg::Resize(width, height), Msg::Contexts(contexts)];
        // One line of the screen tells the last of them; the log tells all, whole.
        self.problems.iter().for_each(|problem| tracing::warn!("{problem}"));
        messages.extend(self.problems.drain(..).map(|problem| Msg::Flash(Flash::from(problem))));
        self.take(messages)
    }

    /// Returns the bell that wakes the loop.
    pub fn bell(&self) -> Arc<Bell> {
        self.store.bell().clone()
    }

    /// Waits for background work to bring something.
    pub async fn arrival(&mut self) -> Inbound {
        match self.arrivals.recv().await {
            Some(inbound) => inbound,
            // Cannot be: the deck holds a sender itself.
            None => std::future::pending().await,
        }
    }

    /// Takes what background work brought.
    pub fn arrived(&mut self, inbound: Inbound) -> Vec<Outward> {
        let tasks = &mut self.tasks;
        let messages = match inbound {
            Inbound::Lend(lend) => return vec![Outward::Lend(lend)],
            Inbound::Msg(message) => vec![message],
            Inbound::Discovered(id, found) => self.session.discovered(&id, found, tasks),
            Inbound::AskAgain(id) => {
                self.session.discover(&id, tasks);
                Vec::new()
            }
            Inbound::Rebuild(id) => {
                self.session.rebuild(&id, tasks);
                Vec::new()
            }
            Inbound::Kubeconfigs(Ok(fresh)) => self.reread(fresh),
            Inbound::Kubeconfigs(Err(problem)) => vec![Msg::Flash(Flash::from(problem))],
            Inbound::Built(id, catalog, defined) => self.session.built(&id, catalog, defined),
        };
        self.take(messages)
    }

    /// Takes the bell: links, followed shards, then the views.
    pub fn rung(&mut self) -> Vec<Outward> {
        let news = self.session.bell(&mut self.tasks);
        self.take(news.into_iter().chain([Msg::Bell]))
    }

    /// Runs messages through the app, and their effects, to the end.
    pub fn take(&mut self, messages: impl IntoIterator<Item = Msg>) -> Vec<Outward> {
        let mut queue: VecDeque<Msg> = messages.into_iter().collect();
        let mut outward = Vec::new();
        let mut budget = CHAIN + queue.len();
        while let Some(message) = queue.pop_front() {
            let effects = self.app.update(message, &self.store, &self.theme, clock::now());
            for effect in effects {
                self.run(effect, &mut queue, &mut outward);
            }
            budget -= 1;
            if budget == 0 {
                tracing::error!("messages lead to messages without end; the rest is dropped");
                break;
            }
        }
        outward
    }

    fn run(&mut self, effect: Effect, queue: &mut VecDeque<Msg>, outward: &mut Vec<Outward>) {
        match effect {
            Effect::Quit => outward.push(Outward::Quit),
            Effect::Suspend => outward.push(Outward::Suspend),
            Effect::Redraw => outward.push(Outward::Redraw),
            Effect::Copy(text) => outward.push(Outward::Copy(text)),
            Effect::Mouse(on) => outward.push(Outward::Mouse(on)),
            Effect::Watch(shards) => self.session.supervisor().want(shards),
            Effect::Metrics(clusters) => self.session.supervisor().want_metrics(clusters),
            Effect::Relist(shards) => self.session.supervisor().refresh(&shards),
            Effect::ReadContexts => self.read_contexts(),
            Effect::Connect(id) => self.connect(&id, queue),
            Effect::ListNamespaces(id) => self.session.follow(&id),
            Effect::Remember(piece) => self.memory.remember(piece, &mut self.tasks, &self.inbox),
            Effect::OwnLog(ticket) => {
                queue.push_back(Msg::Answer(ticket, Box::new(Answer::Text(Ok(self.recent.text())))));
            }
            Effect::Yaml { ticket, target } => {
                let cluster = self.session.cluster(&target.key.cluster);
                let kind =
                    self.session.catalog(&target.key.cluster).and_then(|kinds| kinds.get(&target.key.kind));
                let work = effects::yaml(cluster, kind, self.store.clone(), target);
                self.answer("yaml", ticket, async { Answer::Text(work.await) });
            }
            Effect::Save { ticket, name, contents } => {
                let work = effects::save(self.dumps.clone(), name, contents);
                self.answer("save", ticket, async { Answer::Saved(work.await) });
            }
            Effect::Rights { ticket, cluster, namespace } => {
                let kinds = self.session.catalog(&cluster).map(|kinds| kinds.all().to_vec());
                let work =
                    effects::denied(self.session.cluster(&cluster), kinds.unwrap_or_default(), namespace);
                self.answer("rights", ticket, async { Answer::Denied(work.await) });
            }
            Effect::Report(ticket, id) => {
                let overrides = self.overrides.clone();
                self.answer("report", ticket, async move {
                    let (text, _) = doctor::report(&overrides, Some(&id.0), &Surroundings::default()).await;
                    Answer::Text(Ok(text))
                });
            }
        }
    }

    fn connect(&mut self, id: &ClusterId, queue: &mut VecDeque<Msg>) {
        if self.session.is_down(id) {
            // Tried again: what keeps it down may have been mended in the file.
            self.read_contexts();
        }
        match self.session.connect(id) {
            Ok(news) => queue.extend(news),
            Err(problem) => {
                self.trouble = Some(problem.clone());
                queue.push_back(Msg::Flash(Flash::from(problem)));
            }
        }
    }

    /// Reads the kubeconfig files off the loop: a home directory may be far away.
    fn read_contexts(&mut self) {
        let (overrides, inbox) = (self.overrides.clone(), self.inbox.clone());
        self.tasks.spawn("read kubeconfig", async move {
            if let Ok(found) = tokio::task::spawn_blocking(move || cluster::load(&overrides)).await {
                let _ = inbox.send(Inbound::Kubeconfigs(found)).await;
            }
        });
    }

    fn reread(&mut self, fresh: Kubeconfigs) -> Vec<Msg> {
        let contexts = contexts(&fresh, &self.overrides, &mut None);
        let (read_only, guarded) = marked(&self.config, self.read_only, &contexts);
        self.app.mark_contexts(read_only, guarded);
        // The contexts first: a link's news may be of one that is new.
        std::iter::once(Msg::Contexts(contexts)).chain(self.session.reread(fresh)).collect()
    }

    fn answer(
        &mut self,
        name: &'static str,
        ticket: Ticket,
        work: impl Future<Output = Answer> + Send + 'static,
    ) {
        let inbox = self.inbox.clone();
        self.tasks.spawn(name, async move {
            let answer = Box::new(work.await);
            let _ = inbox.send(Inbound::Msg(Msg::Answer(ticket, answer))).await;
        });
    }

    /// Draws the picture of this moment.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, now: Timestamp) {
        self.app.draw(area, buf, &self.store, &self.theme, now);
    }

    /// Returns how long the picture stays true if nothing happens; `None` for ever.
    pub fn next_tick(&self) -> Option<Duration> {
        let wait = self.app.next_tick(&self.store, &self.theme, clock::now())?;
        // Whole seconds mean an age: those change with the wall clock's second, not a second from now.
        Some(if wait.subsec_nanos() == 0 { clock::until_second(wait.as_secs()) } else { wait })
    }

    /// Returns whether a view has put off work, to be gone on with by [`Deck::rung`] when nothing else is to be done.
    pub fn is_busy(&self) -> bool {
        self.app.is_busy()
    }

    /// Returns whether something has happened since the last call that is worth a frame now.
    pub fn take_fresh(&mut self) -> bool {
        self.app.take_fresh()
    }

    /// Returns the window's title.
    pub fn title(&self) -> String {
        self.app.current().map_or_else(|| "kdeck".to_owned(), |id| format!("kdeck: {id}"))
    }

    /// Tells whether the first view is complete.
    ///
    /// # Errors
    /// Why it can't be loaded: the context, the link, or the view's own reason.
    pub fn loaded(&self) -> Result<bool, Problem> {
        if let Some(problem) = &self.trouble {
            return Err(problem.clone());
        }
        if self.app.loaded(&self.store, &self.theme, clock::now())? {
            return Ok(self.app.shown().all(|key| self.session.knows_columns(&key.cluster, &key.kind)));
        }
        self.session.broken_link().map_or(Ok(false), Err)
    }

    /// Returns the view as plain text.
    pub fn print(&self) -> String {
        self.app.print(&self.store, &self.theme, clock::now())
    }

    /// Returns what is not in the view although it was asked for.
    pub fn shortfall(&self) -> Vec<Problem> {
        self.app.shortfall(&self.store, &self.theme, clock::now())
    }

    /// Writes what is to be remembered, before the end.
    pub fn close(&self) {
        self.memory.flush();
    }
}
