//! The dashboard as a job of a shell: stopped, continued, stopped from outside.

use rustix::process::{Pid, Signal, kill_process};

use crate::pty::Pty;
use crate::world::{World, kdeck};

const PROMPT: &str = "shell>";

/// Starts an interactive shell with kdeck in its foreground.
fn kdeck_in_a_shell(world: &World) -> Pty {
    let pty = Pty::start(world, (100, 30), "bash", &["--norc", "--noprofile", "-i"]);
    pty.wait_for(PROMPT);
    pty.keys(&format!("{} demo --pods 40\r", kdeck()));
    wait_for_pods(&pty);
    pty
}

fn shell_world() -> World {
    World::new().with("PS1", PROMPT)
}

fn wait_for_pods(pty: &Pty) {
    pty.wait_until("pods", |screen| {
        let text = screen.contents();
        screen.alternate_screen() && text.contains("Pods") && text.contains("Running")
    });
}

fn wait_for_the_shell(pty: &Pty) {
    pty.wait_until("the shell", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor() && screen.contents().contains("Stopped")
    });
}

fn job(pty: &Pty) -> Pid {
    *pty.children().first().expect("a job")
}

#[test]
fn suspended_by_its_own_command_it_comes_back_with_fg() {
    let world = shell_world();
    let pty = kdeck_in_a_shell(&world);
    pty.keys(":suspend\r");
    wait_for_the_shell(&pty);
    pty.resize((80, 24));
    pty.keys("fg\r");
    wait_for_pods(&pty);
    // Keys are kdeck's again, and the shell got none of them.
    pty.keys(":svc\r");
    pty.wait_for("Services");
    pty.keys(":q\r");
    pty.wait_until("the shell's prompt", |screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with(PROMPT)
    });
    pty.keys("exit\r");
    pty.wait_end();
}

#[test]
fn stopped_from_outside_it_gives_the_terminal_back_first() {
    let world = shell_world();
    let pty = kdeck_in_a_shell(&world);
    kill_process(job(&pty), Signal::TSTP).unwrap();
    wait_for_the_shell(&pty);
    pty.keys("fg\r");
    wait_for_pods(&pty);
}

#[test]
fn after_a_stop_it_could_not_see_coming_it_takes_the_terminal_again() {
    let world = shell_world();
    let pty = kdeck_in_a_shell(&world);
    kill_process(job(&pty), Signal::STOP).unwrap();
    // The shell is back with a screen that is not its own; it sets the terminal's modes for itself.
    pty.wait_for("Stopped");
    pty.keys("fg\r");
    pty.wait_until("pods without the shell's words", |screen| {
        let text = screen.contents();
        screen.alternate_screen() && text.contains("Running") && !text.contains("Stopped")
    });
    pty.keys(":svc\r");
    pty.wait_for("Services");
}

#[test]
fn without_a_shell_above_it_refuses_to_stop_instead_of_hanging() {
    let world = World::new();
    let command = format!("{} demo --pods 40; echo over", kdeck());
    let pty = Pty::start(&world, (100, 30), "sh", &["-c", &command]);
    wait_for_pods(&pty);
    pty.keys(":suspend\r");
    pty.wait_for("cannot suspend");
    pty.keys(":q\r");
    pty.wait_for("over");
}

#[test]
fn a_script_around_it_stops_and_continues_with_it() {
    let world = shell_world();
    let script = world.file("wrapped.sh", &format!("{} demo --pods 40\necho over\n", kdeck()));
    let pty = Pty::start(&world, (100, 30), "bash", &["--norc", "--noprofile", "-i"]);
    pty.wait_for(PROMPT);
    pty.keys(&format!("sh {}\r", script.display()));
    wait_for_pods(&pty);
    pty.keys(":suspend\r");
    wait_for_the_shell(&pty);
    pty.keys("fg\r");
    wait_for_pods(&pty);
    pty.keys(":q\r");
    pty.wait_for("over");
}

#[test]
fn ended_while_stopped_it_ends_instead_of_stopping_again() {
    for (stop, signal) in [(None, "TERM"), (None, "HUP"), (Some(Signal::STOP), "TERM")] {
        let world = shell_world();
        let pty = kdeck_in_a_shell(&world);
        match stop {
            None => {
                pty.keys(":suspend\r");
                wait_for_the_shell(&pty);
            }
            // It could not give the terminal back: the shell speaks on kdeck's screen.
            Some(signal) => {
                kill_process(job(&pty), signal).unwrap();
                pty.wait_for("Stopped");
            }
        }
        pty.keys(&format!("clear; kill -{signal} %1; kill -CONT %1; wait %1; echo ended with $?\r"));
        pty.wait_until("its end", |screen| {
            screen.contents().contains("ended with 0") && !screen.alternate_screen() && !screen.hide_cursor()
        });
        pty.keys("stty -a | tr ';' '\\n' | grep -o -w -e '-\\?icanon' -e '-\\?echo'; echo checked\r");
        let text = pty.wait_until("the modes", |screen| screen.contents().contains("checked\n"));
        assert!(!text.contains("-icanon") && !text.contains("-echo\n"), "{text}");
        pty.keys("exit\r");
        pty.wait_end();
    }
}

#[test]
fn continued_in_the_background_it_leaves_the_terminal_alone_until_it_is_in_front() {
    let world = shell_world();
    let pty = kdeck_in_a_shell(&world);
    pty.keys(":suspend\r");
    wait_for_the_shell(&pty);
    pty.keys("clear; bg; echo still the she''ll\r");
    pty.wait_until("the shell's own words", |screen| {
        screen.contents().contains("still the shell") && !screen.alternate_screen()
    });
    pty.keys("fg\r");
    wait_for_pods(&pty);
    pty.keys(":svc\r");
    pty.wait_for("Services");
}
