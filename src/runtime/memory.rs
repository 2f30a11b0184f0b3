//! What is remembered across runs: told to a queue, written a moment later off the loop.
//!
//! The state itself may be busy with the disk; the loop never waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::deck::Inbound;
use super::tasks::Tasks;
use crate::app::{Remembered, TableMemory};
use crate::commands::flow::Remember;
use crate::commands::{Flash, Msg};
use crate::config::{Config, ContextState, Paths, State};
use crate::model::link::ContextInfo;
use crate::model::{ClusterId, KindId, Problem, Text};
use crate::views::info::About;

/// How long pieces are gathered before they are written together.
const DEBOUNCE: Duration = Duration::from_millis(500);

/// Whether what happens is remembered on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// In the state file.
    #[default]
    Disk,
    /// Only until the end: a demo's contexts mean nothing tomorrow.
    Nothing,
}

/// The way to the state file.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Held while the disk is written.
    state: Mutex<State>,
    /// What came since; bounded by what a person can do in half a second.
    queue: Mutex<Vec<Remember>>,
    namespaces: Mutex<BTreeMap<ClusterId, Vec<Text>>>,
    paths: Paths,
    keep: Keep,
    is_due: AtomicBool,
    /// A failure is told once, not with each command typed.
    told: AtomicBool,
}

impl Memory {
    /// Starts with what was read.
    pub fn new(state: State, paths: Paths, keep: Keep) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            queue: Mutex::default(),
            namespaces: Mutex::default(),
            paths,
            keep,
            is_due: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }))
    }

    /// Returns the namespaces that were used or made a favourite on a context.
    pub fn namespaces(&self, id: &ClusterId) -> Vec<Text> {
        let mut names = self.0.namespaces.lock().get(id).cloned().unwrap_or_default();
        // Not while the disk is written: then the new ones must do, until asked again.
        if let Some(state) = self.0.state.try_lock()
            && let Some(known) = state.context(id)
        {
            names.extend(known.namespaces.iter().chain(&known.favourites).map(|name| name.as_str().into()));
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// Takes a piece and sees to it that it is written soon.
    pub fn remember(&self, piece: Remember, tasks: &mut Tasks, inbox: &mpsc::Sender<Inbound>) {
        if let Remember::Namespace(id, name) | Remember::Favourite(id, name, true) = &piece {
            self.0.namespaces.lock().entry(id.clone()).or_default().insert(0, name.clone());
        }
        if self.0.keep == Keep::Nothing {
            return;
        }
        self.0.queue.lock().push(piece);
        if self.0.is_due.swap(true, Ordering::AcqRel) {
            return;
        }
        let (memory, inbox) = (self.clone(), inbox.clone());
        tasks.later("remember", async move {
            tokio::time::sleep(DEBOUNCE).await;
            let saver = memory.clone();
            let saved = tokio::task::spawn_blocking(move || saver.save()).await;
            if let Ok(Err(problem)) = saved
                && !memory.0.told.swap(true, Ordering::AcqRel)
            {
                let _ = inbox.send(Inbound::Msg(Msg::Flash(Flash::from(problem)))).await;
            }
        });
    }

    /// Writes what is not written yet, before the end.
    pub fn flush(&self) {
        if let Err(problem) = self.save() {
            tracing::warn!(%problem, "state not saved");
        }
    }

    fn save(&self) -> Result<(), Problem> {
        let mut state = self.0.state.lock();
        // Before the queue is taken: what comes after that starts a save of its own.
        self.0.is_due.store(false, Ordering::Release);
        for piece in std::mem::take(&mut *self.0.queue.lock()) {
            state.remember(piece);
        }
        if state.is_changed() { state.save(&self.0.paths) } else { Ok(()) }
    }
}

/// Returns what the app begins with: the state, and the settings where nothing was remembered.
pub fn remembered(state: &State, config: &Config, contexts: &[ContextInfo]) -> Remembered {
    let texts = |names: &[String]| -> Vec<Text> { names.iter().map(|name| name.as_str().into()).collect() };
    let mut all = Remembered {
        commands: state.commands().to_vec(),
        filters: state.filters().to_vec(),
        ..Remembered::default()
    };
    let nothing = ContextState::default();
    for ContextInfo { id, .. } in contexts {
        let known = state.context(id).unwrap_or(&nothing);
        all.views.extend(known.view.clone().map(|view| (id.clone(), view)));
        all.namespaces.insert(id.clone(), texts(&known.namespaces));
        let favourites =
            if known.favourites.is_empty() { config.namespaces_of(&id.0) } else { &known.favourites };
        all.favourites.insert(id.clone(), texts(favourites));
    }
    all.tables = state
        .tables()
        .map(|(kind, table)| {
            let sort = table.sort.as_ref().map(|sort| (sort.column.as_str().into(), sort.descending));
            (KindId(kind.into()), TableMemory { sort, wide: table.wide, filter: table.filter.clone() })
        })
        .collect();
    all
}

/// Returns the lines of the page of figures that only the runtime knows.
pub fn about(paths: &Paths) -> About {
    let version = ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let places = paths.all().map(|(what, path)| (what.to_owned(), path.display().to_string()));
    std::iter::once(version).chain(places).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ClusterId {
        ClusterId(name.into())
    }

    fn context(name: &str) -> ContextInfo {
        ContextInfo {
            id: id(name),
            cluster: name.into(),
            user: "".into(),
            namespace: "default".into(),
            server: "".into(),
            current: false,
        }
    }

    #[tokio::test]
    async fn what_is_remembered_is_there_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::under(dir.path());
        let memory = Memory::new(State::default(), paths.clone(), Keep::Disk);
        let (inbox, _arrivals) = mpsc::channel(4);
        let mut tasks = Tasks::default();
        for piece in [
            Remember::Command("po shop".into()),
            Remember::View(id("prod"), "deploy".into()),
            Remember::Namespace(id("prod"), "shop".into()),
            Remember::Table(KindId::new("", "pods"), Some(("AGE".into(), true)), true),
        ] {
            memory.remember(piece, &mut tasks, &inbox);
        }
        assert_eq!(memory.namespaces(&id("prod")), [Text::from("shop")], "at once");
        memory.flush();
        let (state, problems) = State::load(&paths);
        assert_eq!(problems, []);
        let found = remembered(&state, &Config::default(), &[context("prod")]);
        assert_eq!(found.commands, ["po shop"]);
        assert_eq!(found.views.get(&id("prod")).map(String::as_str), Some("deploy"));
        let pods = found.tables.get(&KindId::new("", "pods")).unwrap();
        assert_eq!((pods.sort.clone(), pods.wide), (Some(("AGE".into(), true)), true));
    }

    #[tokio::test]
    async fn a_failure_to_save_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let memory = Memory::new(State::default(), Paths::under(&file), Keep::Disk);
        let (inbox, mut arrivals) = mpsc::channel(4);
        let mut tasks = Tasks::default();
        memory.remember(Remember::Command("po".into()), &mut tasks, &inbox);
        let Some(Inbound::Msg(Msg::Flash(flash))) = arrivals.recv().await else { panic!("no flash") };
        assert!(flash.text.contains("file"), "{flash:?}");
        assert!(memory.save().is_err(), "what could not be written is tried again");
        memory.remember(Remember::Command("deploy".into()), &mut tasks, &inbox);
        drop((inbox, memory));
        assert!(arrivals.recv().await.is_none(), "told once");
    }

    #[tokio::test]
    async fn a_demo_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::new(State::default(), Paths::under(dir.path()), Keep::Nothing);
        let (inbox, _arrivals) = mpsc::channel(4);
        memory.remember(Remember::Namespace(id("demo"), "shop".into()), &mut Tasks::default(), &inbox);
        memory.flush();
        assert_eq!(memory.namespaces(&id("demo")).len(), 1);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn favourites_come_from_the_settings_until_the_user_sets_some() {
        let config = Config { namespaces: vec!["shop".into()], ..Config::default() };
        let found = remembered(&State::default(), &config, &[context("prod")]);
        assert_eq!(found.favourites[&id("prod")], [Text::from("shop")]);
    }
}
