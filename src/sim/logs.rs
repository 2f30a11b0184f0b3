//! What a pod's containers have printed: lines that follow from the pod's own life, made when asked for.
//!
//! Nothing is stored. Every line follows from the pod's uid, the container and its number in the run, so two
//! readers see the same, a restarted container starts anew, and a crashed one ends with its reason.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::unfold;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::Value;

use super::World;
use super::ask::{Ask, Target};
use super::body::{Payload, full};
use super::entry::{Entry, Key};
use super::printers::{at, items_at, text_at};
use super::status::Refusal;
use crate::model::Timestamp;

/// Lines that a kubelet has kept: older ones went with the rotation of its files.
const KEPT: i64 = 5000;
/// How often a reader that follows gets what was printed meanwhile.
const PACE: Duration = Duration::from_millis(500);

/// What a container says while it works; `{}` is a number that follows from the line.
const WORK: &[&str] = &[
    "level=info msg=\"request served\" method=GET path=/api/v1/items status=200 took={}ms",
    "level=info msg=\"request served\" method=POST path=/api/v1/orders status=201 took={}ms",
    "level=info msg=\"request served\" method=GET path=/healthz status=200 took=1ms",
    "level=info msg=\"request served\" method=GET path=/api/v1/items/{} status=404 took=2ms",
    "level=debug msg=\"cache refreshed\" entries={}",
    "level=info msg=\"connections\" open={} idle=4",
    "level=warn msg=\"slow query\" took={}ms limit=100ms",
];

/// One run of a container.
#[derive(Clone, Debug)]
struct Run {
    name: String,
    seed: u64,
    started: i64,
    /// When it ended, and with what.
    ended: Option<(i64, i64, String)>,
}

/// How much of a log is asked for.
#[derive(Clone, Debug, Default)]
struct Wanted {
    container: String,
    previous: bool,
    timestamps: bool,
    tail: Option<i64>,
    since: Option<i64>,
}

/// Answers `pods/log`.
pub(crate) fn log(
    world: &Arc<World>,
    ask: &Ask,
    target: &Target,
    pod: &Entry,
) -> Result<Response<Payload>, Refusal> {
    let number = |name: &str| ask.param(name).and_then(|text| text.parse::<i64>().ok());
    let now = world.now().0;
    let since_time = ask.param("sinceTime").and_then(Timestamp::parse).map(|at| at.0);
    let wanted = Wanted {
        container: container(ask, &pod.value())?,
        previous: ask.flag("previous"),
        timestamps: ask.flag("timestamps"),
        tail: number("tailLines"),
        since: since_time.or_else(|| number("sinceSeconds").map(|seconds| now - seconds)),
    };
    let run = run(&pod.value(), &wanted)?;
    let mut text = run.text(&wanted, run.first(&wanted, now), now);
    if let Some(limit) = number("limitBytes").and_then(|limit| usize::try_from(limit).ok()) {
        text.truncate(limit);
    }
    let body = match ask.flag("follow") && run.ended.is_none() {
        false => full(text),
        true => follow(world.clone(), target, run, wanted, (text, now)),
    };
    Response::builder()
        .header("content-type", "text/plain")
        .body(body)
        .map_err(|error| Refusal::new(500, "InternalError", error.to_string()))
}

/// Sends what is there, then what comes, until the run is over.
fn follow(
    world: Arc<World>,
    target: &Target,
    run: Run,
    mut wanted: Wanted,
    (first, seen): (String, i64),
) -> Payload {
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let key = Key::new(namespace, target.name.as_deref().unwrap_or_default());
    (wanted.tail, wanted.since) = (None, None);
    let state = (Some(first), seen, false);
    let stream = unfold(state, move |(ready, mut seen, mut over)| {
        let (world, wanted, run, key) = (world.clone(), wanted.clone(), run.clone(), key.clone());
        async move {
            let mut text = ready.unwrap_or_default();
            while text.is_empty() {
                if over {
                    return None;
                }
                tokio::time::sleep(PACE).await;
                // Whatever the container is now: this reader stays with the run that it began with.
                let current =
                    world.store.get("pods", &key).and_then(|pod| current(&pod.value(), &wanted, &run));
                over = current.as_ref().is_none_or(|run| run.ended.is_some());
                let now = world.now().0;
                text = current.unwrap_or_else(|| run.clone()).lines(&wanted, seen, now);
                seen = now;
            }
            let bytes = Bytes::from(text);
            Some((Ok::<_, io::Error>(Frame::data(bytes)), (None, seen, over)))
        }
    });
    StreamBody::new(stream).boxed_unsync()
}

/// Returns the run as it is now; `None` when another one has taken its place.
fn current(pod: &Value, wanted: &Wanted, run: &Run) -> Option<Run> {
    let previous = Wanted { previous: true, ..wanted.clone() };
    [wanted, &previous]
        .into_iter()
        .filter_map(|wanted| self::run(pod, wanted).ok())
        .find(|now| now.started == run.started)
}

fn container(ask: &Ask, pod: &Value) -> Result<String, Refusal> {
    let names = |part: &str| -> Vec<String> {
        items_at(pod, part).iter().map(|spec| text_at(spec, "name").to_owned()).collect()
    };
    let (mains, inits) = (names("spec/containers"), names("spec/initContainers"));
    let pod = text_at(pod, "metadata/name");
    match ask.param("container") {
        Some(name) if mains.iter().chain(&inits).any(|known| known == name) => Ok(name.to_owned()),
        Some(name) => Err(Refusal::bad_request(format!("container {name} is not valid for pod {pod}"))),
        None if mains.len() == 1 => Ok(mains.concat()),
        None => Err(Refusal::bad_request(format!(
            "a container name must be specified for pod {pod}, choose one of: [{}]",
            mains.join(" ")
        ))),
    }
}

/// Finds the run in the pod's status.
fn run(pod: &Value, wanted: &Wanted) -> Result<Run, Refusal> {
    let name = &wanted.container;
    let (pod_name, uid) = (text_at(pod, "metadata/name"), text_at(pod, "metadata/uid"));
    let statuses =
        ["status/containerStatuses", "status/initContainerStatuses"].map(|path| items_at(pod, path));
    let status = statuses.into_iter().flatten().find(|status| text_at(status, "name") == name);
    let absent = |why: String| Err(Refusal::bad_request(why));
    let Some(status) = status else {
        return absent(format!("container \"{name}\" in pod \"{pod_name}\" is waiting to start"));
    };
    let (state, last) = (at(status, "state"), at(status, "lastState/terminated"));
    let done = at(state, "terminated");
    let ended = match (wanted.previous, done.is_null()) {
        (false, true) => None,
        (false, false) => Some(done),
        (true, _) => Some(last),
    };
    let started = match ended {
        Some(ended) => text_at(ended, "startedAt"),
        None => text_at(state, "running/startedAt"),
    };
    let moment = |text: &str| Timestamp::parse(text).map(|at| at.0);
    // Between two runs the one before is what there is to read.
    let (started, ended) = match (moment(started), wanted.previous || last.is_null()) {
        (Some(started), _) => (started, ended),
        (None, false) => (moment(text_at(last, "startedAt")).unwrap_or_default(), Some(last)),
        (None, true) if wanted.previous => {
            return absent(format!(
                "previous terminated container \"{name}\" in pod \"{pod_name}\" not found"
            ));
        }
        (None, true) => {
            let reason = text_at(state, "waiting/reason");
            let reason = if reason.is_empty() { "ContainerCreating" } else { reason };
            return absent(format!(
                "container \"{name}\" in pod \"{pod_name}\" is waiting to start: {reason}"
            ));
        }
    };
    let ended = ended.map(|ended| {
        let code = at(ended, "exitCode").as_i64().unwrap_or_default();
        (moment(text_at(ended, "finishedAt")).unwrap_or(started), code, text_at(ended, "reason").to_owned())
    });
    Ok(Run { name: name.clone(), seed: seed(&[uid, name, &started.to_string()]), started, ended })
}

/// FNV-1a: the same for the same words in every run of the program.
fn seed(words: &[&str]) -> u64 {
    words
        .iter()
        .flat_map(|word| word.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Run {
    /// Seconds between two lines.
    fn pace(&self) -> i64 {
        2 + i64::try_from(self.seed % 6).unwrap_or_default()
    }

    /// Returns the moment before the first line that is wanted.
    fn first(&self, wanted: &Wanted, now: i64) -> i64 {
        let until = self.ended.as_ref().map_or(now, |ended| ended.0);
        let rows = wanted.tail.unwrap_or(KEPT).clamp(0, KEPT);
        let last = until - self.pace() * (rows + 1);
        last.max(wanted.since.unwrap_or(i64::MIN)).max(self.started - 1)
    }

    /// Returns what was printed after `from`, cut to the lines that are wanted.
    fn text(&self, wanted: &Wanted, from: i64, until: i64) -> String {
        let text = self.lines(wanted, from, until);
        let Some(tail) = wanted.tail.and_then(|tail| usize::try_from(tail).ok()) else { return text };
        let surplus = text.lines().count().saturating_sub(tail);
        text.split_inclusive('\n').skip(surplus).collect()
    }

    /// Returns what was printed after `from` and not after `until`.
    fn lines(&self, wanted: &Wanted, from: i64, until: i64) -> String {
        let mut out = String::new();
        let until = self.ended.as_ref().map_or(until, |ended| ended.0.min(until));
        let mut put = |at: i64, line: &str| {
            if at > from && at <= until {
                if wanted.timestamps {
                    out.push_str(Timestamp(at).rfc3339().trim_end_matches('Z'));
                    out.push_str(".000000000Z ");
                }
                out.push_str(line);
                out.push('\n');
            }
        };
        put(self.started, &format!("level=info msg=\"starting\" component={}", self.name));
        let pace = self.pace();
        let skipped = ((from - self.started) / pace).max(0);
        let last = self.ended.as_ref().map_or(until, |ended| ended.0 - 1);
        for number in (skipped + 1).max(1)..=((last - self.started) / pace) {
            put(self.started + number * pace, &self.work(number));
        }
        if let Some((at, code, reason)) = &self.ended {
            match code {
                0 => put(*at, "level=info msg=\"done\""),
                // Killed: it had no time to say a word.
                137 | 143 => {}
                _ => put(*at, &format!("level=fatal msg=\"cannot go on\" reason={reason} exit={code}")),
            }
        }
        out
    }

    fn work(&self, number: i64) -> String {
        let mixed = seed(&[&self.seed.to_string(), &number.to_string()]);
        let index = usize::try_from(mixed % (WORK.len() as u64)).unwrap_or_default();
        WORK.get(index).copied().unwrap_or_default().replace("{}", &(mixed / 7 % 180 + 3).to_string())
    }
}
