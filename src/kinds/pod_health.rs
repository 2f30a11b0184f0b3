//! Why a pod or a container is not well, in a few words that add to STATUS instead of repeating it.

use std::borrow::Cow;

use super::Projecting;
use super::health::{health, ok, short};
use super::parts::find;
use super::pod_status::Pod;
use crate::model::row::{Container, ContainerRole, ContainerState};
use crate::model::{Health, Level};

/// Waiting reasons that are part of a normal start.
const STARTING: &[&str] = &["", "ContainerCreating", "PodInitializing"];
/// Waiting reasons that an image reference explains best.
const IMAGE: &[&str] = &[
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// A level and its words; empty words say nothing.
pub type Finding = (Level, String);

/// The health of a pod that is not under deletion and has this STATUS.
pub fn pod(pod: &Pod<'_>, status: &str, containers: &[Container], ctx: &mut Projecting) -> Health {
    let (level, reason) = find_cause(pod, containers);
    let reason = beside(status, &reason);
    if level == Level::Ok && reason.is_empty() { ok() } else { health(ctx, level, &reason) }
}

/// The cause without the word that STATUS says already: it stands next to it, and both are cut on narrow screens.
fn beside<'a>(status: &str, reason: &'a str) -> Cow<'a, str> {
    let word = status.rsplit(':').next().unwrap_or(status);
    let (who, what) = match reason.split_once(": ") {
        Some((who, what)) if who != word => (Some(who), what),
        _ => (None, reason),
    };
    let Some(rest) = what.strip_prefix(word).filter(|_| !word.is_empty()) else { return reason.into() };
    let rest = match rest.strip_prefix(": ").or_else(|| rest.strip_prefix(' ')) {
        Some(rest) => rest,
        None if rest.is_empty() => rest,
        None => return reason.into(),
    };
    // A number alone says nothing: `OOMKilled 137` stays whole.
    match (who, rest) {
        (_, rest) if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()) => reason.into(),
        (Some(who), "") => who.into(),
        (Some(who), rest) => format!("{who}: {rest}").into(),
        (None, rest) => rest.into(),
    }
}

fn find_cause(pod: &Pod<'_>, containers: &[Container]) -> Finding {
    let status = &pod.status;
    match &*status.phase {
        "Succeeded" => return (Level::Done, String::new()),
        "Failed" => return failed(pod, containers),
        "Unknown" => return (Level::Broken, "node does not answer".to_owned()),
        _ => {}
    }
    if &*status.reason == "NodeLost" {
        return (Level::Broken, "node does not answer".to_owned());
    }
    if let Some(finding) = unscheduled(pod) {
        return finding;
    }
    // The worst container speaks; of equals the first.
    let many = containers.len() > 1;
    let mut worst: Finding = (Level::Ok, String::new());
    for found in containers {
        let (level, words) = container(found);
        let better = worst.1.is_empty() && level == worst.0;
        if (level > worst.0 || better) && level != Level::Done {
            let words =
                if many && !words.is_empty() { format!("{}: {words}", found.spec.name) } else { words };
            worst = (level, words);
        }
    }
    if worst.0 > Level::Ok || &*status.phase == "Pending" {
        return if worst.0 == Level::Ok { (Level::Busy, worst.1) } else { worst };
    }
    if let Some(gate) = pod
        .spec
        .readiness_gates
        .iter()
        .find(|gate| find(&status.conditions, &gate.condition_type).is_none_or(|c| &*c.status != "True"))
    {
        return (Level::Attention, format!("readiness gate {}", &*gate.condition_type));
    }
    match find(&status.conditions, "Ready") {
        Some(ready) if &*ready.status == "False" && &*ready.reason != "PodCompleted" => (
            Level::Attention,
            if ready.message.is_empty() { "not ready".into() } else { short(&ready.message) },
        ),
        _ => worst,
    }
}

/// A pod that has failed for good: evicted or similar, else its container's end.
fn failed(pod: &Pod<'_>, containers: &[Container]) -> Finding {
    if !pod.status.reason.is_empty() {
        return (Level::Broken, format!("{}: {}", &*pod.status.reason, &*pod.status.message));
    }
    let many = containers.len() > 1;
    let ended = containers.iter().find(|c| c.state.exit.is_some_and(|exit| exit != 0));
    (
        Level::Broken,
        match ended {
            Some(c) if many => format!("{}: {}", c.spec.name, end(&c.state)),
            Some(c) => end(&c.state),
            None => "failed".to_owned(),
        },
    )
}

/// A pod that has no node yet.
fn unscheduled(pod: &Pod<'_>) -> Option<Finding> {
    let condition = find(&pod.status.conditions, "PodScheduled").filter(|c| &*c.status == "False")?;
    Some(match &*condition.reason {
        "SchedulingGated" => {
            let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| &*gate.name).collect();
            (Level::Busy, format!("waits for gate {}", gates.join(", ")))
        }
        "Unschedulable" => (Level::Attention, unschedulable(&condition.message)),
        reason => (Level::Attention, format!("{reason}: {}", &*condition.message)),
    })
}

/// The scheduler's sentence without its frame: `2 Insufficient cpu, 1 node(s) had untolerated taint …`.
fn unschedulable(message: &str) -> String {
    let body = match message.split_once(" nodes are available: ") {
        Some((_, body)) => body,
        None => message,
    };
    let end = [". preemption:", ". no new claims", ". "].iter().filter_map(|mark| body.find(mark)).min();
    let body = end.and_then(|end| body.get(..end)).unwrap_or(body).trim_end_matches('.');
    if body.is_empty() { "unschedulable".to_owned() } else { body.to_owned() }
}

/// How a run ended: `OOMKilled 137`, `exit 1`, `signal 9`.
pub fn end(state: &ContainerState) -> String {
    let code = state.exit.unwrap_or(0);
    match (&*state.reason, state.signal) {
        ("" | "Error" | "Completed", Some(signal)) => format!("signal {signal}"),
        ("" | "Error" | "Completed", None) => format!("exit {code}"),
        (reason, _) => format!("{reason} {code}"),
    }
}

/// The health of one container.
pub fn container(container: &Container) -> Finding {
    match &*container.state.phase {
        "waiting" => waiting(container),
        "terminated" => terminated(container),
        "running" => running(container),
        _ => (Level::Ok, String::new()),
    }
}

fn waiting(container: &Container) -> Finding {
    let (reason, message) = (&*container.state.reason, &*container.state.message);
    if STARTING.contains(&reason) {
        return (Level::Busy, String::new());
    }
    if IMAGE.contains(&reason) {
        let image = container.spec.image.rsplit('/').next().unwrap_or_default();
        return (Level::Broken, format!("{reason} {image}"));
    }
    let last = container.last.as_deref().filter(|last| last.exit.is_some());
    let words = match (reason, last) {
        ("CrashLoopBackOff", Some(last)) if &*last.reason == "OOMKilled" => end(last),
        ("CrashLoopBackOff", Some(last)) => format!("CrashLoopBackOff {}", end(last)),
        _ if message.is_empty() => reason.to_owned(),
        _ => format!("{reason}: {message}"),
    };
    (Level::Broken, words)
}

fn terminated(container: &Container) -> Finding {
    if container.state.exit == Some(0) {
        return (Level::Done, String::new());
    }
    match container.spec.role {
        ContainerRole::Ephemeral => (Level::Done, end(&container.state)),
        _ => (Level::Broken, end(&container.state)),
    }
}

fn running(container: &Container) -> Finding {
    let was_killed = container.last.as_deref().filter(|last| &*last.reason == "OOMKilled");
    let before = was_killed.map(|last| format!("was {}", end(last))).unwrap_or_default();
    match container.spec.role {
        ContainerRole::Init => (Level::Busy, "initialising".to_owned()),
        ContainerRole::Ephemeral => (Level::Ok, String::new()),
        _ if container.ready => (Level::Ok, before),
        _ if !container.started && container.spec.probes.2 => (Level::Busy, "startup probe".to_owned()),
        _ if !container.started => (Level::Busy, "starting".to_owned()),
        _ if before.is_empty() => (Level::Attention, "not ready".to_owned()),
        _ => (Level::Attention, format!("not ready, {before}")),
    }
}
