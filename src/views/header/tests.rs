use std::time::Duration;

use super::*;
use crate::model::{Problem, ProblemKind};
use crate::views::widgets::testing::{picture, theme};

fn link() -> LinkState {
    LinkState {
        user: "alice".into(),
        version: Some("v1.37.2".into()),
        round_trip: Some(Duration::from_millis(24)),
        connected: true,
        ..LinkState::default()
    }
}

fn header(link: &LinkState) -> Header<'_> {
    Header {
        contexts: "prod-eu".into(),
        namespaces: "payments, shop".into(),
        link: Some(link),
        freshness: Freshness::Live,
        nodes: Some((12, Counts { broken: 0, attention: 1 })),
        usage: Some(Usage { cpu: 63, memory: 71, history: (vec![20, 30, 60], vec![70, 71, 71]) }),
        counts: Counts { broken: 3, attention: 2 },
        guarded: true,
        read_only: true,
    }
}

fn draw(header: &Header<'_>, columns: u16, rows: u16) -> String {
    let mut buf = Buffer::empty(Rect::new(0, 0, columns, rows));
    let theme = theme();
    header.draw(buf.area, &mut buf, Timestamp(14 * 3600 + 2 * 60), &theme);
    picture(&buf)
}

#[test]
fn the_header_says_less_as_the_screen_gets_narrower() {
    let link = link();
    let header = header(&link);
    let all: Vec<String> = [(120, 2), (100, 2), (80, 2), (60, 1), (40, 1), (12, 1), (1, 1)]
        .map(|(c, r)| draw(&header, c, r))
        .to_vec();
    insta::assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_broken_link_is_the_last_thing_to_go() {
    let mut link = link();
    link.connected = false;
    link.problem = Some(Problem::new(ProblemKind::Tcp, "refused"));
    link.retry_at = Some(Timestamp(14 * 3600 + 124));
    link.attempt = 3;
    let header = Header { counts: Counts::default(), ..header(&link) };
    assert_eq!(draw(&header, 66, 1), " prod-eu  ✖ not connected, trying again in 4 s (attempt 3)\n");
    assert_eq!(draw(&header, 40, 1), " prod-eu  ✖ not connected\n");
}

#[test]
fn freshness_is_named_with_its_age() {
    let link = link();
    let problem = Problem::new(ProblemKind::Cut, "cut");
    let since = Timestamp(14 * 3600 + 80);
    for (freshness, want) in [
        (Freshness::Live, "● live"),
        (Freshness::Loading { since }, "◌ loading"),
        (Freshness::Reconnecting { since, problem: problem.clone() }, "▲ reconnecting 40s"),
        (Freshness::Stale { since, problem: problem.clone(), retry_at: since }, "▲ stale 40s"),
        (Freshness::Forbidden(problem), "▲ forbidden"),
    ] {
        let header = Header { freshness, ..header(&link) };
        assert!(draw(&header, 120, 2).contains(want), "{want}");
    }
}

#[test]
fn a_round_trip_does_not_flicker() {
    assert_eq!([3, 19, 22, 24, 26, 147].map(calm), [3, 19, 20, 20, 30, 150]);
}
