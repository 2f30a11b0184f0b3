//! A program whose answer to a key takes a known time: what the meter is calibrated with.
//!
//! Shows three rows; each `j` moves the selection after the delay, `/` and letters leave rows that have them, `q` ends.

use std::io::{Read, Write};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// The rows that it shows.
pub const ROWS: [&str; 3] = ["web-1", "web-2", "db-1"];

/// Runs it on the terminal that this process has.
///
/// # Errors
/// When there is no terminal.
pub fn run(delay: Duration) -> Result<()> {
    let input = std::io::stdin();
    let mut modes = tcgetattr(&input)?;
    modes.make_raw();
    tcsetattr(&input, OptionalActions::Now, &modes)?;
    // Keys that wait: a person types less in a delay.
    let (send, keys) = sync_channel(64);
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        for byte in std::io::stdin().bytes().map_while(Result::ok) {
            if send.send((Instant::now(), byte)).is_err() {
                return;
            }
        }
    })?;
    let (mut selected, mut filter) = (0, None::<String>);
    draw(selected, "")?;
    while let Ok((typed, byte)) = keys.recv() {
        // Until the answer is due, as a program does that has work to do. Spinning is exact; sleeping is not.
        while typed.elapsed() < delay {
            std::hint::spin_loop();
        }
        match (byte, filter.as_mut()) {
            (b'q', None) => return Ok(()),
            (b'j', None) => selected = (selected + 1) % ROWS.len(),
            (b'/', None) => filter = Some(String::new()),
            (0x1b, _) => filter = None,
            (letter, Some(text)) => text.push(char::from(letter)),
            _ => {}
        }
        draw(selected, filter.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

fn draw(selected: usize, filter: &str) -> Result<()> {
    let mut text = String::from("\x1b[H");
    for (index, row) in ROWS.iter().enumerate().filter(|(_, row)| row.contains(filter)) {
        let mark = if index == selected { "\x1b[7m" } else { "" };
        text.push_str(&format!("{mark}shop {row}\x1b[0m\x1b[K\r\n"));
    }
    text.push_str("\x1b[J");
    let mut output = std::io::stdout();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(())
}
