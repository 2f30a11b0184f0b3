//! The work that `budgets.toml` limits. `cargo xtask budgets` runs it under callgrind, which counts the
//! instructions and allocations inside [`measured`] and nothing else.
//!
//! Arguments: `wire`, `start`, or `table N`; `memory N` is for people (`scale/`; `bare` behind it
//! leaves the texts out). One line a figure, in the order of callgrind's dumps: the
//! figure's name and how many units of work it was. Setting up is kept cheap, for it runs fifty times slower.

#![expect(clippy::expect_used, reason = "a bench without its input has nothing to measure")]

mod common;
mod scale;
mod view;

use std::hint::black_box;

use kdeck::commands::Cmd;
use kdeck::model::{Freshness, Row, ShardKey, Text, Timestamp, Uid, WatchScope};
use kdeck::runtime::screen::Screen;
use kdeck::store::Change;
use kdeck::views::View;
use kdeck::views::table::TableView;

/// A usual terminal.
const SIZE: (u16, u16) = (200, 50);
/// Pods that are really decoded; the rest of a large table are copies under other names.
const DECODED: usize = 200;
/// Changes in a batch: what a busy cluster brings between two frames.
const BATCH: usize = 20;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["wire"] => wire(),
        ["start"] => start(),
        ["table", rows] => table(rows.parse().expect("a number of rows")),
        ["memory", pods] => scale::run(pods.parse().expect("a number of pods"), true),
        ["memory", pods, "bare"] => scale::run(pods.parse().expect("a number of pods"), false),
        // `cargo bench` runs every bench; this one has nothing to say about time.
        _ => println!("budget: run it by `cargo xtask budgets`"),
    }
}

/// What callgrind collects. Its name is the filter.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
    black_box(&work);
}

/// Runs some work `times` times after once to warm up, and says how many units that was.
fn figure(name: &str, times: usize, units: usize, mut work: impl FnMut(usize)) {
    work(0);
    measured(&mut || (1..=times).for_each(&mut work));
    println!("{name} {units}");
}

fn wire() {
    let texts: Vec<Vec<u8>> = (0..DECODED).map(|i| common::pod(i, 0)).collect();
    // What everything else is compared with: it changes with compiler and processor as kdeck itself does.
    figure("yardstick", DECODED - 1, DECODED - 1, |i| {
        black_box(serde_json::from_slice::<serde_json::Value>(&texts[i]).is_ok());
    });
    let (kind, mut ctx) = (common::kind(), common::projecting());
    figure("project", DECODED - 1, DECODED - 1, |i| {
        black_box(kind.project(&texts[i], &mut ctx).is_ok());
    });
    // With texts: they are compared and packed.
    let mut loaded = common::loaded(DECODED);
    let all: Text = "".into();
    let mut batches = batches(DECODED, &mut loaded.ctx).into_iter();
    let units = (batches.len() - 1) * BATCH;
    figure("apply", batches.len() - 1, units, |_| {
        loaded.shard.apply(&all, batches.next().unwrap_or_default())
    });
}

fn table(rows: usize) {
    let mut bench = view::Bench::new(copies(rows));
    let all: Text = "".into();
    let name = |what: &str| format!("{what}.{rows}");
    figure(&name("open"), 1, 1, |_| {
        bench.with(|view, cx| {
            *view = TableView::open(view::spec(), None, false, cx);
            view::settle(view, cx);
        });
    });
    figure(&name("sort"), 2, 2, |i| {
        bench.run(if i.is_multiple_of(2) { Cmd::SortAge } else { Cmd::SortName })
    });
    figure(&name("filter"), 2, 2, |i| {
        let filter = ["svc-01", "restarts>3", "svc-00[0-4].*a"][i];
        black_box(bench.with(|view, cx| view.set_filter(filter, cx)).is_ok());
    });
    let _ = bench.with(|view, cx| view.set_filter("", cx));
    bench.run(Cmd::SortAge);
    let mut batches = batches(rows, &mut bench.loaded.ctx).into_iter();
    let units = (batches.len() - 1) * BATCH;
    figure(&name("event"), batches.len() - 1, units, |_| {
        bench.loaded.shard.apply(&all, batches.next().unwrap_or_default());
        black_box(bench.with(|view, cx| view.refresh(cx)));
    });
    frames(&name("frame"), &mut bench);
}

/// Frames as the loop makes them: the cursor moves in each, and ages grow.
fn frames(name: &str, bench: &mut view::Bench) {
    const FRAMES: usize = 20;
    let mut screen = Screen::new(SIZE.0, SIZE.1);
    // Buffers have their sizes after some frames: that is the steady state.
    for turn in 0..FRAMES {
        one_frame(&mut screen, bench, turn);
    }
    figure(name, FRAMES, FRAMES, |turn| one_frame(&mut screen, bench, FRAMES + turn));
}

fn one_frame(screen: &mut Screen, bench: &mut view::Bench, turn: usize) {
    bench.now = Timestamp(common::NOW.0 + i64::try_from(turn).unwrap_or(0));
    bench.run(if turn.is_multiple_of(2) { Cmd::Down } else { Cmd::Up });
    let bytes = screen.frame(|area, buf| bench.with(|view, cx| view.draw(area, buf, cx)));
    black_box(bytes.len());
}

/// From the settings to the first picture, before any cluster has answered.
fn start() {
    let folder = std::env::temp_dir().join(format!("kdeck-budget-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("kubeconfig"), KUBECONFIG).expect("a file");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _entered = runtime.enter();
    figure("start", 1, 1, |_| {
        let mut deck = deck(&folder);
        black_box(deck.start(SIZE.0, SIZE.1));
        let mut screen = Screen::new(SIZE.0, SIZE.1);
        let bytes = screen.frame(|area, buf| deck.draw(area, buf, common::NOW));
        black_box(bytes.len());
    });
    std::fs::remove_dir_all(&folder).expect("the folder");
}

/// A cluster that is never asked: nothing runs the connection's task.
const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
current-context: one
contexts: [{name: one, context: {cluster: one, user: one}}]
clusters: [{name: one, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: one, user: {}}]
";

fn deck(folder: &std::path::Path) -> kdeck::runtime::Deck {
    use kdeck::config::{Config, Paths, State};
    let place = |name: &str| match name {
        "KDECK_CONFIG_DIR" => folder.to_str().map(str::to_owned),
        "LANG" => Some("C.UTF-8".to_owned()),
        _ => None,
    };
    let (paths, _) = Paths::find(place);
    let (config, _) = Config::load(&paths);
    let (state, _) = State::load(&paths);
    let overrides =
        kdeck::cluster::Overrides { kubeconfig: Some(folder.join("kubeconfig")), ..Default::default() };
    let launch = kdeck::runtime::Launch {
        overrides,
        start: None,
        all_namespaces: true,
        wide: false,
        is_text: false,
        namespace: None,
        read_only: None,
        headless: false,
        crumbsless: false,
        keep: kdeck::runtime::memory::Keep::Nothing,
        paths,
        config,
        state,
        recent: kdeck::runtime::log::Recent::default(),
        problems: Vec::new(),
    };
    kdeck::runtime::Deck::new(launch, &place)
}

/// A store with so many rows of which few were decoded.
fn copies(rows: usize) -> common::Loaded {
    let store = common::store();
    let key =
        ShardKey { cluster: common::cluster(), kind: common::kind().id.clone(), scope: WatchScope::All };
    let shard = store.shard(&key);
    let (all, mut ctx): (Text, _) = ("".into(), common::projecting());
    let kind = common::kind();
    let models: Vec<Row> = (0..DECODED)
        .map(|i| kind.project(&common::pod(i, 0), &mut ctx).expect("the pod can be read"))
        .collect();
    shard.begin_list(&all);
    for from in (0..rows).step_by(256) {
        let rows = from..rows.min(from + 256);
        shard.apply(&all, rows.map(|i| Change::Upsert { row: copy(&models, i), text: Vec::new() }).collect());
    }
    shard.end_list(&all, common::NOW);
    shard.set_freshness(&all, Freshness::Live);
    common::Loaded { store, shard, ctx }
}

fn copy(models: &[Row], i: usize) -> Row {
    let mut row = models[i % models.len()].clone();
    if i >= models.len() {
        let spread = i * 7919 % 100_003;
        row.key.name = format!("{}-{spread}", row.key.name).into();
        row.uid = Uid::parse(&format!("{i:08x}-0000-4000-8000-{spread:012x}"));
        row.created = Some(Timestamp(common::NOW.0 - i64::try_from(spread * 13).unwrap_or(0)));
    }
    row
}

/// Batches of changes of decoded pods. No more of them: only so many changes a second are compared, and in the
/// store's second all of them happen.
fn batches(rows: usize, ctx: &mut kdeck::kinds::Projecting) -> Vec<Vec<Change>> {
    let pods = DECODED.min(rows);
    (1..=5).map(|turn| common::changes((0..BATCH).map(|i| (i * 37 + turn) % pods), turn, ctx)).collect()
}
