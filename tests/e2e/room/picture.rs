//! Reads pictures: rows by name, the title, the cursor, words of trouble.

use vt100::Screen;

use crate::pty::Pty;

/// Words of the title or header while the way to the server is broken.
const BROKEN: [&str; 4] = ["reconnecting", "stale", "not connected", "trying again"];

/// Runs a command line.
pub fn line(deck: &Pty, text: &str) {
    deck.keys(&format!(":{text}\r"));
}

/// Returns the words of the row with this name, without the signs that stand in front of and between cells.
pub fn row(screen: &Screen, name: &str) -> Option<Vec<String>> {
    let text = screen.contents();
    // Above the rows are the header, the title and the columns' titles: all three may hold names too.
    let rows = text.lines().skip_while(|line| !line.starts_with('─')).skip(2);
    rows.take_while(|line| !line.trim().is_empty()).find_map(|line| {
        let words = words(line);
        words.iter().any(|word| word == name).then_some(words)
    })
}

/// Tells whether there is such a row with all these words in it.
pub fn has_row(screen: &Screen, name: &str, cells: &[&str]) -> bool {
    row(screen, name).is_some_and(|words| cells.iter().all(|cell| words.iter().any(|word| word == cell)))
}

fn words(line: &str) -> Vec<String> {
    line.replace(['▸', '✖', '▲', '◌', '·', 'Δ', '↑', '↓', '●'], " ")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// Returns the frame line: what is shown, how much, how far it can be trusted.
pub fn title(screen: &Screen) -> String {
    screen.contents().lines().find(|line| line.starts_with('─')).unwrap_or_default().to_owned()
}

/// Returns the titles of the columns.
pub fn columns(screen: &Screen) -> Vec<String> {
    let text = screen.contents();
    let head = text.lines().skip_while(|line| !line.starts_with('─')).nth(1);
    head.map(words).unwrap_or_default()
}

/// Returns the words of the selected row.
pub fn cursor(screen: &Screen) -> Option<Vec<String>> {
    let text = screen.contents();
    text.lines().find(|line| line.starts_with('▸')).map(words)
}

/// Tells whether title or header speak of a broken way to the server.
pub fn is_broken(screen: &Screen) -> bool {
    let text = screen.contents();
    BROKEN.iter().any(|word| text.contains(word))
}

/// Tells whether the table is there, whole and up to date.
pub fn is_live(screen: &Screen) -> bool {
    let text = screen.contents();
    !is_broken(screen) && text.lines().next().is_some_and(|line| line.contains("● live"))
}
