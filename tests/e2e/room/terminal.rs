//! The terminal in rough hands while the cluster churns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::picture::{cursor, is_live, line, row, title};
use super::stage::{Place, Stage};
use crate::peace::peace;

/// Objects come and go for as long as this.
const CHURN: Duration = Duration::from_secs(4);

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}-{number:03}")).collect()
}

/// Runs something while objects come and go.
fn during_churn(place: &Place, run: impl FnOnce()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _done = Done(&done);
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                place.settings(&names("wave", 20));
                place.kubectl(&[
                    "delete",
                    "configmap",
                    "-l",
                    "!keep",
                    "--field-selector",
                    "metadata.name!=steady",
                ]);
            }
        });
        run();
    });
}

/// Says that it is over, also when the scene failed.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn sizes_keys_and_pastes_in_a_storm_leave_a_deck_that_answers() {
    let _peace = peace();
    let place = Place::new("storm");
    place.settings(&["steady".to_owned()]);
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm"]);
    deck.wait_until("the row", |screen| row(screen, "steady").is_some());
    during_churn(&place, || {
        let until = Instant::now() + CHURN;
        let sizes = [(200, 50), (40, 10), (20, 5), (1, 1), (300, 80), (80, 24), (2, 60), (160, 40)];
        for (size, key) in
            sizes.into_iter().cycle().zip(["j", "k", "G", "g", "\x1b[6~", "\x1b[5~"].into_iter().cycle())
        {
            let before = deck.bytes();
            deck.resize(size);
            // A key that is held down repeats some thirty times a second.
            deck.keys(&key.repeat(30));
            deck.wait_bytes(before, &format!("a frame of {size:?} after {key:?}"));
            if Instant::now() > until {
                break;
            }
        }
        deck.resize((160, 40));
        deck.keys("\x1b[200~:q\r\n\u{202e}\x07po\n\x1b[201~");
    });
    place.settings(&["afterwards".to_owned()]);
    deck.wait_until("both rows", |screen| {
        row(screen, "steady").is_some() && row(screen, "afterwards").is_some() && is_live(screen)
    });
    line(&deck, "cm /steady");
    deck.wait_until("an answer to a command", |screen| {
        row(screen, "afterwards").is_none()
            && cursor(screen).is_some_and(|words| words.contains(&"steady".to_owned()))
    });
}

#[test]
fn a_key_held_down_in_a_big_table_ends_where_it_was_released() {
    let _peace = peace();
    let place = Place::new("held");
    place.settings(&names("held", 100));
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm /held-"]);
    deck.wait_until("the rows", |screen| title(screen).contains(" 100 "));
    during_churn_elsewhere(|| {
        for _ in 0..50 {
            deck.keys("j");
        }
    });
    deck.wait_until("the row fifty further", |screen| {
        cursor(screen).is_some_and(|words| words.contains(&"held-050".to_owned()))
    });
}

/// Objects of the kind that is looked at come and go in another namespace.
fn during_churn_elsewhere(run: impl FnOnce()) {
    let place = Place::new("elsewhere");
    place.settings(&["steady".to_owned()]);
    during_churn(&place, run);
}

#[test]
fn the_terminal_is_the_shells_again_after_a_signal() {
    let _peace = peace();
    for signal in [Signal::TERM, Signal::HUP] {
        let stage = Stage::admin();
        let deck = stage.deck(&["-A", "-c", "cm"]);
        deck.wait_until("a table", is_live);
        assert!(deck.is_alternate() && !deck.is_cooked());
        deck.signal(signal);
        assert_eq!(deck.wait_end().code(), Some(0), "{signal:?}");
        deck.wait_until("the shell's screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
        assert!(deck.is_cooked(), "{signal:?}");
    }
}
