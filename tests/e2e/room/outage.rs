//! Parts of the cluster die under the running program, and come back.

use rustix::process::Signal;
use vt100::Screen;

use super::picture::{columns, cursor, has_row, is_broken, is_live, line, row, title};
use super::stage::{Control, Place, Stage, has_nodes};
use crate::peace::{metrics_war, peace, war};
use crate::pty::Pty;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("item-{number:02}")).collect()
}

#[test]
fn the_same_view_goes_on_when_the_api_server_was_killed_and_is_back() {
    let Some(control) = Control::given() else { return };
    let _war = war();
    let place = Place::new("outage");
    place.settings(&names(12));
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm /item-"]);
    deck.wait_until("the filtered rows", |screen| row(screen, "item-11").is_some() && is_live(screen));
    deck.keys("jjj");
    deck.wait_until("a selected row", |screen| selects(screen, "item-03"));
    let server = control.stop("apiserver");
    let text = deck.wait_until("word of the loss", is_broken);
    assert!(text.contains("item-11"), "rows stay:\n{text}");
    deck.keys("j");
    deck.wait_until("a cursor that moves meanwhile", |screen| selects(screen, "item-04"));
    server.start();
    deck.wait_until("a live table", is_live);
    place.settings(&["item-99".to_owned()]);
    place.kubectl(&["delete", "configmap", "item-01"]);
    let text = deck.wait_until("what came and went since", |screen| {
        row(screen, "item-99").is_some() && row(screen, "item-01").is_none() && selects(screen, "item-04")
    });
    assert!(text.contains("/item-") || text.contains("item-"), "the filter stays:\n{text}");
    assert!(!text.contains("kube-root-ca.crt"), "the filter still holds:\n{text}");
}

fn selects(screen: &Screen, name: &str) -> bool {
    cursor(screen).is_some_and(|words| words.iter().any(|word| word == name))
}

#[test]
fn changes_behind_an_expired_watch_are_seen_after_a_new_list() {
    let Some(control) = Control::given() else { return };
    let _war = war();
    let place = Place::new("expired");
    place.settings(&names(6));
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm /item-"]);
    deck.wait_until("the rows", |screen| row(screen, "item-05").is_some() && is_live(screen));
    // As a laptop that sleeps: the program misses everything, and what it could resume from is compacted away.
    deck.signal(Signal::STOP);
    place.kubectl(&["delete", "configmap", "item-00", "item-03"]);
    place.settings(&["item-50".to_owned(), "item-51".to_owned()]);
    control.run(&["compact"]);
    control.stop("apiserver").start();
    deck.signal(Signal::CONT);
    deck.wait_until("rows as the server has them", |screen| {
        let has = |name| row(screen, name).is_some();
        has("item-50")
            && has("item-51")
            && has("item-05")
            && !has("item-00")
            && !has("item-03")
            && is_live(screen)
    });
}

#[test]
fn errors_are_said_and_rows_stay_while_etcd_is_stopped() {
    let Some(control) = Control::given() else { return };
    let _war = war();
    let place = Place::new("etcd");
    place.settings(&names(4));
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm /item-"]);
    deck.wait_until("the rows", |screen| row(screen, "item-03").is_some() && is_live(screen));
    let etcd = control.stop("etcd");
    // A kind that was not looked at yet must be listed, and cannot be: events are the one kind of which the API
    // server keeps no copy in memory.
    line(&deck, "events");
    let text = deck.wait_until("no rows, and not the claim that there are none", |screen| {
        title(screen).contains("Events") && (is_broken(screen) || title(screen).contains("loading"))
    });
    assert!(!text.contains("There are no"), "{text}");
    line(&deck, "cm /item-");
    deck.wait_until("the rows known so far", |screen| row(screen, "item-03").is_some());
    etcd.start();
    line(&deck, "events");
    deck.wait_until("events, live", |screen| title(screen).contains("Events") && is_live(screen));
    line(&deck, "cm /item-");
    place.settings(&["item-77".to_owned()]);
    deck.wait_until("what came since", |screen| row(screen, "item-77").is_some() && is_live(screen));
}

#[test]
fn without_metrics_server_the_figures_go_and_nothing_else_does() {
    let (Some(control), true) = (Control::given(), has_nodes()) else { return };
    let _metrics = metrics_war();
    let stage = Stage::admin();
    let before = deck_of_nodes(&stage);
    before.wait_until("figures", has_figures);
    let server = control.stop("metrics-server");
    let after = deck_of_nodes(&stage);
    after.wait_until("a table without figures", |screen| is_live(screen) && !has_figures(screen));
    before.wait_until("no figures any more", |screen| !has_figures(screen) && is_live(screen));
    {
        let _peace = peace();
        for deck in [&before, &after] {
            line(deck, "cm kube-system");
            deck.wait_until("another kind", |screen| {
                is_live(screen) && has_row(screen, "kube-root-ca.crt", &["1"]) && !is_broken(screen)
            });
            line(deck, "nodes");
        }
    }
    server.start();
    for deck in [&before, &after] {
        deck.wait_until("figures again", has_figures);
    }
}

fn deck_of_nodes(stage: &Stage) -> Pty {
    stage.deck(&["-c", "nodes"])
}

fn has_figures(screen: &Screen) -> bool {
    columns(screen).iter().any(|title| title == "CPU")
}
