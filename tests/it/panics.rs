//! A panic while kdeck has the terminal: the shell gets it back, and the message can be read.

use kdeck::runtime::terminal::{self, Modes, Terminal};

use crate::pty::Pty;
use crate::world::World;

/// Says to the test below that it runs on a terminal of its own.
const STAGE: &str = "KDECK_TEST_PANIC";

#[test]
#[ignore = "the other half of the test that follows, which runs it on a terminal"]
fn gives_up_with_the_terminal_in_hand() {
    if std::env::var_os(STAGE).is_none() {
        return;
    }
    terminal::restore_on_panic();
    let mut terminal = Terminal::enter(Modes { mouse: true, keyboard: false }).unwrap();
    terminal.write(b"a frame").unwrap();
    // What unwinding would put right is left out: the hook alone must do.
    std::mem::forget(terminal);
    panic!("on purpose");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let world = World::new().with(STAGE, "1");
    let program = std::env::current_exe().unwrap();
    let args = ["--ignored", "--exact", "panics::gives_up_with_the_terminal_in_hand", "--nocapture"];
    let pty = Pty::start(&world, (100, 30), program.to_str().unwrap(), &args);
    assert!(!pty.wait_end().success());
    // In the alternate screen the message would be gone with it.
    let screen = pty.wait_for("on purpose");
    assert!(!screen.contains("a frame"), "{screen}");
    assert!(!pty.is_alternate() && pty.is_cooked());
}
