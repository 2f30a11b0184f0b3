use std::time::Duration;

use super::*;
use crate::model::ProblemKind;
use crate::views::widgets::testing::theme;

fn broken() -> LinkState {
    let problem = Problem::new(
        ProblemKind::Tls,
        "certificate expired 2 h ago by the server's clock; your clock is 3 h ahead",
    )
    .hint("set this machine's clock (the server says 14:02:10, this machine 17:02:31)");
    let stage = |name, detail: &str, took, result| Stage {
        name,
        detail: detail.to_owned(),
        took: Some(Duration::from_millis(took)),
        result: Some(result),
    };
    LinkState {
        server: "https://api.staging.example:6443".into(),
        stages: vec![
            stage("name", "api.staging.example is 10.20.0.4", 3, Ok(())),
            stage("TCP", "10.20.0.4:6443", 41, Ok(())),
            stage("TLS", "", 12, Err(problem.clone())),
        ],
        problem: Some(problem),
        attempt: 3,
        retry_at: Some(Timestamp(104)),
        ..LinkState::default()
    }
}

fn text(link: &LinkState) -> String {
    let theme = theme();
    let mut out = String::new();
    for line in lines(link, 78, Timestamp(100), &theme) {
        let text: String = line.into_iter().map(|(text, _)| text).collect();
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn a_failed_attempt_reads_stage_by_stage_and_ends_with_the_next_step() {
    insta::assert_snapshot!(text(&broken()));
}

#[test]
fn a_problem_that_a_stage_told_is_not_told_twice() {
    let text = text(&broken());
    assert_eq!(text.matches("certificate expired").count(), 1, "{text}");
}

#[test]
fn the_countdown_ticks_only_while_it_runs() {
    let mut link = broken();
    assert_eq!(summary(&link, Timestamp(100)).0, "not connected, trying again in 4 s (attempt 3)");
    assert_eq!(summary(&link, Timestamp(200)).0, "not connected, trying now (attempt 3)");
    link.problem = None;
    assert_eq!(summary(&link, Timestamp(100)).0, "connecting");
}

#[test]
fn wrapping_keeps_every_word() {
    let words = "one two three four_is_much_longer_than_the_line five";
    let lines = wrap(words, 9);
    assert_eq!(lines.join(" "), words);
    assert_eq!(lines, ["one two", "three", "four_is_much_longer_than_the_line", "five"]);
}
