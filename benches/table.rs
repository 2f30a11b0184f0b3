//! What the table costs: a frame, an update, a sort, a filter, with ten thousand rows and with a hundred thousand.

mod common;
mod view;

use divan::Bencher;
use divan::counter::ItemsCount;
use kdeck::commands::Cmd;
use kdeck::model::Text;
use kdeck::views::View;
use kdeck::views::table::TableView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use view::{Bench, spec};

const ROWS: [usize; 2] = [10_000, 100_000];

fn main() {
    divan::main();
}

#[divan::bench(args = ROWS, sample_count = 20)]
fn all_rows_at_once(bencher: Bencher, rows: usize) {
    let mut bench = Bench::new(common::loaded(rows));
    bencher.counter(ItemsCount::new(rows)).bench_local(|| {
        bench.with(|view, cx| {
            *view = TableView::open(spec(), None, false, cx);
            view::settle(view, cx);
        })
    });
}

#[divan::bench(args = ROWS)]
fn frame_200x50(bencher: Bencher, rows: usize) {
    let mut bench = Bench::new(common::loaded(rows));
    let area = Rect::new(0, 0, 200, 50);
    let mut buf = Buffer::empty(area);
    bencher.bench_local(|| bench.with(|view, cx| view.draw(area, &mut buf, cx)));
}

#[divan::bench(args = ROWS)]
fn twenty_changes(bencher: Bencher, rows: usize) {
    let mut bench = Bench::new(common::loaded(rows));
    bench.run(Cmd::SortAge);
    let (all, mut turn): (Text, _) = ("".into(), 0);
    bencher.bench_local(|| {
        turn += 1;
        // Making the changes is not what is measured, but it is the same for both sizes.
        let changed = (0..20).map(|i| (i * 4_999 + turn * 37) % rows);
        let changes = common::changes(changed, turn, &mut bench.loaded.ctx);
        bench.loaded.shard.apply(&all, changes);
        bench.with(|view, cx| view.refresh(cx))
    });
}

#[divan::bench(args = ROWS, consts = [0, 1, 2], sample_count = 20)]
fn sort_by_name_age_status<const BY: usize>(bencher: Bencher, rows: usize) {
    let mut bench = Bench::new(common::loaded(rows));
    let by = [Cmd::SortName, Cmd::SortAge, Cmd::SortStatus][BY];
    bencher.with_inputs(|| ()).bench_local_values(|()| {
        bench.run(Cmd::SortNamespace);
        bench.run(by);
    });
}

/// A text, a pattern, a condition.
const FILTERS: [&str; 3] = ["svc-01", "svc-0[0-4].*a", "restarts>3"];

#[divan::bench(args = ROWS, consts = [0, 1, 2], sample_count = 20)]
fn filter_text_pattern_condition<const WHICH: usize>(bencher: Bencher, rows: usize) {
    let mut bench = Bench::new(common::loaded(rows));
    bencher.counter(ItemsCount::new(rows)).bench_local(|| {
        // Emptied first: a filter that narrows another one looks at fewer rows.
        bench.with(|view, cx| {
            view.set_filter("", cx).and_then(|()| view.set_filter(FILTERS[WHICH], cx)).is_ok()
        })
    });
}
