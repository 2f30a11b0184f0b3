//! The dashboard on a terminal, from its first frame to its last.

use rustix::process::Signal;

use crate::proxy::Proxy;
use crate::pty::Pty;
use crate::server::Server;
use crate::world::{World, kdeck};

/// Enter, Escape and the marks around pasted text as a terminal sends them.
const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const PASTE: (&str, &str) = ("\x1b[200~", "\x1b[201~");

/// Words of the title or header while the way to the server is broken.
const BROKEN: [&str; 4] = ["reconnecting", "stale", "not connected", "trying again"];

fn demo(world: &World, size: (u16, u16)) -> Pty {
    let pty = Pty::start(world, size, kdeck(), &["demo", "--pods", "60"]);
    pty.wait_until("pods", has_pods);
    pty
}

fn has_pods(screen: &vt100::Screen) -> bool {
    let text = screen.contents();
    text.contains("Pods") && text.contains("Running")
}

fn has_prompt(screen: &vt100::Screen) -> bool {
    screen.contents().lines().any(|line| line.starts_with(':'))
}

fn is_broken(screen: &vt100::Screen) -> bool {
    let text = screen.contents();
    BROKEN.iter().any(|word| text.contains(word))
}

#[test]
fn the_demo_shows_pods_and_quits_on_command() {
    let world = World::new();
    let pty = demo(&world, (120, 32));
    assert!(pty.is_alternate() && !pty.is_cooked());
    pty.keys(":q");
    pty.keys(ENTER);
    assert_eq!(pty.wait_end().code(), Some(0));
    assert!(!pty.is_alternate() && pty.is_cooked());
    let left = std::fs::read_dir(world.path().join("tmp")).unwrap().count();
    assert_eq!(left, 0, "the kubeconfig went with the demo");
}

#[test]
fn control_c_ends_it() {
    let world = World::new();
    let pty = demo(&world, (80, 24));
    pty.keys("\x03");
    assert_eq!(pty.wait_end().code(), Some(0));
    assert!(pty.is_cooked());
}

#[test]
fn a_filter_leaves_what_matches_and_escape_brings_the_rest_back() {
    let world = World::new();
    let pty = demo(&world, (160, 50));
    pty.keys("/status!=Running");
    pty.keys(ENTER);
    pty.wait_until("only pods that do not run", |screen| {
        let text = screen.contents();
        text.contains("CrashLoopBackOff") && !text.contains(" Running ")
    });
    pty.keys(ESC);
    pty.wait_until("pods that run", |screen| screen.contents().contains(" Running "));
}

#[test]
fn sorting_marks_its_column_and_flips_when_asked_again() {
    let world = World::new();
    let pty = demo(&world, (160, 40));
    let title = |screen: &vt100::Screen| {
        let text = screen.contents();
        text.lines().find(|line| line.contains("Pods")).unwrap_or_default().to_owned()
    };
    pty.keys("A");
    pty.wait_until("a sort by age", |screen| title(screen).contains("AGE"));
    let first = pty.wait_until("an arrow", |screen| title(screen).contains(['↑', '↓']));
    let up = first.lines().any(|line| line.contains("Pods") && line.contains('↑'));
    pty.keys("A");
    pty.wait_until("the other direction", |screen| title(screen).contains(if up { '↓' } else { '↑' }));
}

#[test]
fn enter_drills_down_and_escape_returns_to_the_same_row() {
    let world = World::new();
    let pty = demo(&world, (140, 40));
    let cursor = |screen: &vt100::Screen| {
        let text = screen.contents();
        let line = text.lines().find(|line| line.contains('▸') && !line.contains("kdeck"))?;
        let columns: Vec<&str> = line.trim_start_matches(['▸', ' ']).split_whitespace().take(2).collect();
        Some(columns.join("/"))
    };
    pty.keys("jj");
    pty.wait_until("a cursor", |screen| cursor(screen).is_some());
    pty.keys(ENTER);
    pty.wait_until("containers", |screen| screen.contents().contains("IMAGE"));
    pty.keys(ESC);
    pty.wait_until("the pods again, with a cursor", |screen| has_pods(screen) && cursor(screen).is_some());
    pty.keys(":deploy");
    pty.keys(ENTER);
    pty.wait_until("deployments", |screen| {
        screen.contents().contains("UP-TO-DATE") && cursor(screen).is_some()
    });
    pty.keys(ENTER);
    pty.wait_until("the pods of a deployment", |screen| {
        let text = screen.contents();
        text.contains("Pods") && text.contains("deploy")
    });
}

#[test]
fn every_size_is_drawn_and_the_pods_are_there_afterwards() {
    let world = World::new();
    let pty = demo(&world, (80, 24));
    for size in [(200, 50), (40, 10), (20, 5), (1, 1), (300, 80), (80, 24)] {
        let before = pty.bytes();
        pty.resize(size);
        pty.wait_bytes(before, "a frame of the new size");
    }
    // The hints stand in the last line only once the last size was drawn: bytes may be a late frame of the one before.
    pty.wait_until("pods of the last size", |screen| {
        has_pods(screen) && screen.rows(0, 80).nth(23).is_some_and(|line| line.contains("filter"))
    });
    pty.keys("\x03");
    assert_eq!(pty.wait_end().code(), Some(0));
}

#[test]
fn a_size_that_changes_while_keys_pour_in_is_not_missed() {
    let world = World::new();
    let pty = demo(&world, (80, 24));
    for width in (90..170).step_by(2) {
        pty.keys("jk");
        pty.resize((width, 24));
        pty.keys("jk");
        pty.wait_until("a frame line as wide as the terminal", |screen| {
            let text = screen.contents();
            text.lines().any(|line| line.contains("─ Pods") && line.chars().count() == usize::from(width))
        });
    }
}

#[test]
fn signals_that_end_it_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let world = World::new();
        let pty = demo(&world, (80, 24));
        pty.signal(signal);
        assert_eq!(pty.wait_end().code(), Some(0), "{signal:?}");
        pty.wait_until("the shell's screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
        assert!(pty.is_cooked(), "{signal:?}");
    }
}

#[test]
fn rows_stay_while_the_server_is_gone_and_are_live_when_it_is_back() {
    let world = World::new();
    let server = Server::start(&world);
    let proxy = Proxy::to(server.port());
    let text = std::fs::read_to_string(&server.kubeconfig).unwrap();
    let through = text.replace(&server.port().to_string(), &proxy.port.to_string());
    let kubeconfig = world.file("through-the-wire.yaml", &through);
    let pty = Pty::start(&world, (120, 32), kdeck(), &["--kubeconfig", kubeconfig.to_str().unwrap(), "-A"]);
    pty.wait_until("pods", has_pods);
    proxy.cut();
    let text = pty.wait_until("word of the loss", is_broken);
    assert!(text.contains("Running"), "rows stay:\n{text}");
    pty.keys("j");
    proxy.mend();
    pty.wait_until("a live table", |screen| has_pods(screen) && !is_broken(screen));
}

#[test]
fn pasted_garbage_neither_runs_commands_nor_breaks_the_screen() {
    let world = World::new();
    let pty = demo(&world, (120, 32));
    pty.keys(":");
    pty.wait_until("the prompt", has_prompt);
    pty.keys(&format!("{}po\x1b[2J\x07\u{202e}\nq\r\n{}{}", PASTE.0, "x".repeat(5_000), PASTE.1));
    pty.wait_for("xxxxxxxxxx");
    let before = pty.wait_until("the prompt still", has_prompt);
    pty.keys(ESC);
    let after = pty.wait_until("less than before", |screen| screen.contents() != before);
    // An Escape that another key follows at once would read as Alt with that key: only as many as needed.
    if after.lines().any(|line| line.starts_with(':')) {
        pty.keys(ESC);
    }
    pty.wait_until("no prompt", |screen| !has_prompt(screen));
    // Pasted where nothing takes text, it is not typed.
    pty.keys(&format!("{}\n\n:q\n{}", PASTE.0, PASTE.1));
    pty.keys(":svc");
    pty.wait_until("the prompt", has_prompt);
    pty.keys(ENTER);
    pty.wait_for("Services");
}

#[test]
fn a_missing_kubeconfig_leads_to_the_contexts_and_a_hint() {
    let world = World::new();
    let pty = Pty::start(&world, (100, 24), kdeck(), &[]);
    pty.wait_for("kdeck demo");
    pty.keys("\x03");
    assert_eq!(pty.wait_end().code(), Some(0));
}
