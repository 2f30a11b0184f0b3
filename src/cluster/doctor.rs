//! The connection report: every check of connecting, as plain text to paste into a ticket.
//!
//! Shows names, addresses and times; never a token, a key or a certificate.

use std::fmt::Write;
use std::time::Duration;

use tokio::time::Instant;

use super::Overrides;
use super::connect::{PATIENCE, probe};
use super::env::Env;
use super::handle::{Cluster, Options};
use super::kubeconfig::{Kubeconfigs, load_from};
use super::text::clean;
use super::track::Track;
use crate::model::link::Stage;
use crate::model::{ClusterId, Gvr, Problem};

/// What the caller knows of the terminal.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The environment.
    pub env: Env,
    /// Columns and rows, when there is a terminal.
    pub size: Option<(u16, u16)>,
}

/// A clock that is further off than this makes tokens and certificates fail.
const CLOCK: i64 = 60;
const ROUND_TRIPS: usize = 5;

/// What is asked about rights: group, resource, verbs, and whether cluster-wide.
const RIGHTS: &[(&str, &str, &[&str], bool)] = &[
    ("", "pods", &["list", "watch"], false),
    ("", "pods/log", &["get"], false),
    ("", "events", &["list", "watch"], false),
    ("", "secrets", &["list"], false),
    ("apps", "deployments", &["list", "watch"], false),
    ("", "pods", &["list", "watch"], true),
    ("", "namespaces", &["list", "watch"], true),
    ("", "nodes", &["list", "watch"], true),
];

#[derive(Debug)]
struct Report {
    text: String,
    fine: bool,
}

impl Report {
    fn section(&mut self, title: &str) {
        self.line(&format!("\n{title}"));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn ok(&mut self, what: &str) {
        self.line(&format!("  ok  {}", clean(what)));
    }

    fn note(&mut self, what: &str) {
        self.line(&format!("  –   {}", clean(what)));
    }

    fn warn(&mut self, what: &str, hint: &str) {
        self.line(&format!("  ▲   {}\n      → {}", clean(what), clean(hint)));
    }

    fn fail(&mut self, problem: &Problem) {
        self.fine = false;
        self.line(&format!("  ✖   {}", clean(&problem.what)));
        if let Some(hint) = &problem.hint {
            self.line(&format!("      → {}", clean(hint)));
        }
    }
}

/// Checks terminal, kubeconfig, connection, server, user and rights; `false` when something fails.
pub async fn report(
    overrides: &Overrides,
    context: Option<&str>,
    surroundings: &Surroundings,
) -> (String, bool) {
    let mut report = Report { text: format!("kdeck {}\n", env!("CARGO_PKG_VERSION")), fine: true };
    terminal(&mut report, surroundings);
    report.section("kubeconfig");
    if let Some(cluster) = kubeconfig(&mut report, overrides, context, &surroundings.env)
        && connection(&mut report, &cluster).await
    {
        server(&mut report, &cluster).await;
        rights(&mut report, &cluster).await;
    }
    report.section(if report.fine { "no failure found" } else { "something failed: see ✖ above" });
    (report.text, report.fine)
}

fn terminal(report: &mut Report, surroundings: &Surroundings) {
    let env = &surroundings.env;
    report.section("terminal");
    match env.get("TERM") {
        Some(term) if term != "dumb" => report.ok(&format!("TERM={term}")),
        other => report.warn(
            &format!("TERM={}", other.as_deref().unwrap_or("(unset)")),
            "set TERM to your terminal's name, such as xterm-256color, or use kdeck --once",
        ),
    }
    match env.get("COLORTERM") {
        Some(colour) => report.ok(&format!("COLORTERM={colour}")),
        None => report.note("COLORTERM is unset: 256 colours at most"),
    }
    if env.get("NO_COLOR").is_some() {
        report.note("NO_COLOR is set");
    }
    match surroundings.size {
        Some((columns, rows)) => report.ok(&format!("{columns} x {rows} cells")),
        None => report.note("no terminal: kdeck prints its view once"),
    }
    if env.get("TMUX").is_some() {
        report.note("inside tmux (copying needs `set -g allow-passthrough on` or `set-clipboard on`)");
    }
    match env.first(&["LC_ALL", "LC_CTYPE", "LANG"]) {
        Some((name, value)) if value.to_ascii_lowercase().replace('-', "").contains("utf8") => {
            report.ok(&format!("{name}={value}"));
        }
        Some((name, value)) => report.note(&format!("{name}={value}: not UTF-8, signs are drawn in ASCII")),
        None => report.note("no locale is set: signs are drawn in ASCII"),
    }
}

fn kubeconfig(
    report: &mut Report,
    overrides: &Overrides,
    context: Option<&str>,
    env: &Env,
) -> Option<Cluster> {
    let configs = match load_from(overrides, env) {
        Ok(configs) => configs,
        Err(problem) => {
            report.fail(&problem);
            return None;
        }
    };
    for file in configs.files() {
        let path = file.path.display();
        if file.found {
            report.ok(&path.to_string())
        } else {
            report.note(&format!("{path} (not there, skipped)"))
        }
    }
    match choose(&configs, overrides, context) {
        Ok(cluster) => {
            let state = cluster.state();
            report.ok(&format!(
                "context {}: cluster {}, user {}, namespace {}",
                cluster.id(),
                state.cluster,
                state.user,
                state.namespace
            ));
            report.ok(&format!("server {}", state.server));
            Some(cluster)
        }
        Err(problem) => {
            report.fail(&problem);
            None
        }
    }
}

fn choose(configs: &Kubeconfigs, overrides: &Overrides, context: Option<&str>) -> Result<Cluster, Problem> {
    let id = match context {
        Some(name) => ClusterId(name.into()),
        None => configs.current(overrides)?,
    };
    configs.open(&id, overrides, Options::default())
}

async fn connection(report: &mut Report, cluster: &Cluster) -> bool {
    report.section("connection");
    let stack = match cluster.stack() {
        Ok(stack) => stack.clone(),
        Err(problem) => {
            report.fail(&problem);
            return false;
        }
    };
    report.note(&format!("logs in by {}", stack.credentials.describe()));
    if stack.target.insecure {
        report.warn("the server's certificate is not verified", "leave --insecure-skip-tls-verify out");
    }
    if let Some(proxy) = &stack.target.proxy {
        report.note(&format!("through the proxy {} ({})", proxy.shown(), proxy.source));
    }
    let track = Track::quiet();
    let outcome = probe(&stack, &track, PATIENCE).await;
    for stage in track.stages() {
        shown(report, &stage);
    }
    match outcome {
        Ok(version) => {
            if let Some(version) = version {
                report.ok(&format!("server version {version}"));
            }
            true
        }
        Err(problem) => {
            // A failure between the stages has not been shown with one.
            if report.fine {
                report.fail(&problem);
            }
            false
        }
    }
}

fn shown(report: &mut Report, stage: &Stage) {
    let mut line = format!("{:<12}{}", stage.name, stage.detail);
    if let Some(took) = stage.took {
        // Writing to a String cannot fail.
        let _ = write!(line, "  {}", milliseconds(took));
    }
    match &stage.result {
        Some(Ok(())) => report.ok(&line),
        Some(Err(problem)) => {
            let what = format!("{:<12}{}", stage.name, problem.what);
            report.fail(&Problem { what, ..problem.clone() });
        }
        None => report.note(&line),
    }
}

fn milliseconds(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

async fn server(report: &mut Report, cluster: &Cluster) {
    report.section("server");
    let mut trips = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let began = Instant::now();
        match cluster.get_json("/version", PATIENCE).await {
            Ok(_) => trips.push(began.elapsed()),
            Err(problem) if super::link::breaks_link(problem.kind) => return report.fail(&problem),
            Err(_) => trips.push(began.elapsed()),
        }
    }
    trips.sort();
    if let (Some(least), Some(median)) = (trips.first(), trips.get(trips.len() / 2)) {
        report.ok(&format!(
            "round trip of {} small requests: least {}, median {}",
            trips.len(),
            milliseconds(*least),
            milliseconds(*median)
        ));
    }
    match cluster.state().clock_skew {
        Some(skew) if skew.abs() > CLOCK => {
            let way = if skew < 0 { "ahead of" } else { "behind" };
            report.warn(
                &format!("this machine's clock is {} {way} the server's", super::text::span(skew)),
                "set the clock: tokens and certificates will look expired or not yet valid",
            );
        }
        Some(skew) => report.ok(&format!("clocks agree (the server's is off by {skew} s)")),
        None => report.note("the server does not tell its time"),
    }
    match cluster.whoami().await {
        Ok(who) => {
            let groups = if who.groups.is_empty() { "none".to_owned() } else { who.groups.join(", ") };
            report.ok(&format!("the server knows you as {} (groups: {groups})", who.username));
        }
        Err(problem) => report.note(&format!("the server does not say who you are: {}", problem.what)),
    }
}

async fn rights(report: &mut Report, cluster: &Cluster) {
    let namespace = cluster.state().namespace;
    report.section(&format!("rights in namespace {}, and in the whole cluster", clean(&namespace)));
    for &(group, resource, verbs, everywhere) in RIGHTS {
        let place = if everywhere { "everywhere" } else { &*namespace };
        let mut missing = Vec::new();
        for verb in verbs {
            let gvr = Gvr::new(group, "v1", resource);
            match cluster.may(verb, &gvr, (!everywhere).then_some(&*namespace)).await {
                Ok(true) => {}
                Ok(false) => missing.push(*verb),
                Err(problem) => return report.fail(&problem),
            }
        }
        if missing.is_empty() {
            report.ok(&format!("{} {resource} ({place})", verbs.join(", ")));
        } else {
            // Few rights are the normal case: shown, not a failure.
            report.note(&format!("no right to {} {resource} ({place})", missing.join(", ")));
        }
    }
}
