//! What a frame costs between the finished picture and the terminal: the comparison and its bytes.

use divan::Bencher;
use kdeck::runtime::screen::Screen;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// Columns and rows: a small terminal, a usual one, a wall.
const SIZES: [(u16, u16); 3] = [(80, 24), (200, 50), (300, 80)];

fn main() {
    divan::main();
}

/// A table of pods whose ages are off by `age`; every seventh row is red.
fn picture(area: Rect, buf: &mut Buffer, age: usize) {
    for y in 0..area.height {
        let style = if y % 7 == 0 { Style::new().fg(Color::Red) } else { Style::new() };
        let row = format!("  payments   api-7d9f8b6c5d-{y:05}   1/1   Running   0   {}s", 100 + age);
        buf.set_stringn(0, y, row, usize::from(area.width), style);
    }
}

#[divan::bench(args = SIZES)]
fn nothing_changed(bencher: Bencher, (width, height): (u16, u16)) {
    let mut screen = Screen::new(width, height);
    bencher.bench_local(move || screen.frame(|area, buf| picture(area, buf, 0)).len());
}

#[divan::bench(args = SIZES)]
fn every_age_changed(bencher: Bencher, (width, height): (u16, u16)) {
    let mut screen = Screen::new(width, height);
    let mut age = 0;
    bencher.bench_local(move || {
        age = (age + 1) % 100;
        screen.frame(|area, buf| picture(area, buf, age)).len()
    });
}

#[divan::bench(args = SIZES)]
fn everything_is_drawn(bencher: Bencher, (width, height): (u16, u16)) {
    let mut screen = Screen::new(width, height);
    bencher.bench_local(move || {
        screen.forget();
        screen.frame(|area, buf| picture(area, buf, 0)).len()
    });
}
