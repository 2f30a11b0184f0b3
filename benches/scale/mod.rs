//! What a store of very many objects takes: memory as the kernel counts it, and processor time of each step.
//!
//! Times are those that the processor was busy, so that a shared machine matters little; Linux only.

use kdeck::commands::Cmd;
use kdeck::model::{Freshness, ShardKey, Text, WatchScope};
use kdeck::runtime::screen::Screen;
use kdeck::store::Change;
use kdeck::views::View;

use crate::{SIZE, common, view};

/// Changes of one lock, as a list brings them.
const BATCH: usize = 256;
/// Frames whose mean is told.
const FRAMES: usize = 50;

/// Fills a store, opens a table on it and tells what that took.
pub fn run(pods: usize, has_texts: bool) {
    // What is set up once is not the store's.
    drop(common::loaded(BATCH));
    let before = resident();
    let (loaded, busy) = filled(pods, has_texts);
    let word = if has_texts { "with texts" } else { "rows only" };
    println!("{pods} pods, {word}");
    println!("filled: {busy:.1} s, {} MiB resident", resident().saturating_sub(before));
    let own = loaded.shard.bytes() / pods.max(1);
    println!("own estimate: {own} bytes a pod");
    let (shard, mut rows) = (loaded.shard.clone(), 0);
    let snapshot = busy_for(|| {
        if let kdeck::store::Delta::Full(all) = shard.read(None).1 {
            rows = all.len();
        }
    });
    println!("snapshot: {:.0} ms, {rows} rows", snapshot * 1e3);
    let before_table = on_processor();
    let mut bench = view::Bench::new(loaded);
    let opened = (on_processor() - before_table) / 1e9;
    println!("table opened: {:.0} ms, {} MiB resident", opened * 1e3, resident().saturating_sub(before));
    for (name, cmd) in [("sort by age", Cmd::SortAge), ("sort by name", Cmd::SortName)] {
        println!("{name}: {:.0} ms", busy_for(|| bench.run(cmd)) * 1e3);
    }
    for filter in ["svc-01", "restarts>3", ""] {
        let busy = busy_for(|| {
            let _ = bench.with(|view, cx| view.set_filter(filter, cx));
            while bench.with(|view, _| view.is_busy()) {
                bench.with(|view, cx| view.refresh(cx));
            }
        });
        println!("filter {filter:?}: {:.0} ms", busy * 1e3);
    }
    let mut screen = Screen::new(SIZE.0, SIZE.1);
    let frames = busy_for(|| {
        for turn in 0..FRAMES {
            bench.run(if turn.is_multiple_of(2) { Cmd::Down } else { Cmd::Up });
            std::hint::black_box(screen.frame(|area, buf| bench.with(|view, cx| view.draw(area, buf, cx))));
        }
    });
    println!("frame: {:.2} ms", frames * 1e3 / FRAMES as f64);
    println!("in the end: {} MiB resident", resident().saturating_sub(before));
}

/// Fills a store as a watch task does and returns it with the time that took: making the pods is not counted.
fn filled(pods: usize, has_texts: bool) -> (common::Loaded, f64) {
    let store = common::store();
    let key =
        ShardKey { cluster: common::cluster(), kind: common::kind().id.clone(), scope: WatchScope::All };
    let shard = store.shard(&key);
    let (all, mut ctx): (Text, _) = ("".into(), common::projecting());
    let mut busy = 0.0;
    shard.begin_list(&all);
    for from in (0..pods).step_by(BATCH) {
        let texts: Vec<Vec<u8>> = (from..pods.min(from + BATCH)).map(|i| common::pod(i, 0)).collect();
        busy += busy_for(|| {
            let mut changes: Vec<Change> = texts.iter().map(|text| common::change(text, &mut ctx)).collect();
            if !has_texts {
                for change in &mut changes {
                    if let Change::Upsert { text, .. } = change {
                        *text = Vec::new();
                    }
                }
            }
            shard.apply(&all, changes);
            shard.pack();
        });
    }
    busy += busy_for(|| shard.end_list(&all, common::NOW));
    shard.set_freshness(&all, Freshness::Live);
    (common::Loaded { store, shard, ctx }, busy)
}

/// Returns the seconds that this thread was on a processor for some work.
fn busy_for(work: impl FnOnce()) -> f64 {
    let before = on_processor();
    work();
    (on_processor() - before) / 1e9
}

fn on_processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0.0)
}

/// Returns the resident memory in MiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).unwrap_or(0) / 1024
}
