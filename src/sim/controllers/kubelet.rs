//! The kubelets: what becomes of a pod once it has a node, and before that the wait for one.
//!
//! A pod's fate is read from its annotation `sim.kdeck.dev/fate`, from its images and from the objects that
//! it needs. Without any of these it simply runs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::admit::object;
use super::super::entry::{Entry, Key};
use super::super::gc;
use super::super::pod::{self, FATE, Look};
use super::super::printers::{at, items_at, text_at};
use super::super::store::{Change, Expect};
use super::events::container_path;
use super::{Controllers, Due, node, phase};
use crate::model::Text;
use crate::model::Timestamp;

/// The next thing that happens to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The scheduler looks at it.
    Bind,
    /// Its sandbox is made.
    Create,
    /// Its images are there, or cannot be had.
    Start,
    /// Its probes succeed.
    Ready,
    /// It ends, well or badly.
    End,
    /// It is started again after a pause.
    Restart,
    /// An init container is tried again.
    RetryInit,
    /// Its grace period is over.
    Kill,
}

/// What an annotation says about a pod's end: a word and seconds.
pub(super) struct Fate {
    pub(super) word: String,
    pub(super) seconds: u64,
}

impl Fate {
    pub(super) fn of(value: &Value) -> Self {
        let text = at(value, "metadata/annotations").get(FATE).and_then(Value::as_str).unwrap_or_default();
        let (word, seconds) = text.split_once(':').unwrap_or((text, ""));
        Self { word: word.to_owned(), seconds: seconds.parse().unwrap_or(10) }
    }
}

impl Controllers {
    /// Takes note of a pod's event.
    pub(super) fn pod_seen(&mut self, entry: &Arc<Entry>, before: Option<&Arc<Entry>>, change: Change) {
        if change == Change::Deleted {
            return;
        }
        let due = |step| Due::Pod(entry.key.clone(), entry.facts.uid.clone(), step);
        if entry.facts.deleting {
            if before.is_none_or(|before| !before.facts.deleting) {
                let wait = self.around(1500);
                self.later(wait, due(Step::Kill));
            }
            return;
        }
        if change == Change::Added && phase(entry) == "Pending" {
            let step = if node(entry).is_empty() { Step::Bind } else { Step::Create };
            let wait = self.around(150);
            self.later(wait, due(step));
        }
    }

    /// Takes the next step of a pod's life, if it is still the same pod.
    pub(super) fn pod_step(&mut self, key: &Key, uid: &Text, step: Step) {
        let Some(entry) = self.world.store.get("pods", key).filter(|entry| entry.facts.uid == *uid) else {
            return;
        };
        if entry.facts.deleting {
            if step == Step::Kill {
                self.kill(&entry);
            }
            return;
        }
        match step {
            Step::Bind if node(&entry).is_empty() => self.schedule(&entry),
            Step::Create => self.create_sandbox(&entry),
            Step::Start => self.start(&entry),
            Step::Ready => self.become_ready(&entry),
            Step::End => self.end(&entry),
            Step::Restart => self.restart(&entry),
            Step::RetryInit => self.run_init(&entry, &entry.value()),
            Step::Bind | Step::Kill => {}
        }
    }

    pub(super) fn soon(&mut self, entry: &Entry, mean: u64, step: Step) {
        let wait = self.around(mean);
        self.later(wait, Due::Pod(entry.key.clone(), entry.facts.uid.clone(), step));
    }

    /// Writes a pod's status.
    pub(super) fn tell(&self, entry: &Entry, phase: &str, inits: &[Look], mains: &[Look]) {
        let now = self.world.now_text();
        self.change("pods", &entry.key, |value| {
            let old = value.clone();
            pod::write(value, phase, inits, mains, &now);
            super::super::managed::note(&old, value, "kubelet", "Update", "v1", "status", &now);
        });
    }

    fn create_sandbox(&mut self, entry: &Entry) {
        let value = entry.value();
        let waiting = Look::waiting("ContainerCreating", "");
        let initializing = Look::waiting("PodInitializing", "");
        let inits: Vec<Look> =
            items_at(&value, "spec/initContainers").iter().map(|_| initializing.clone()).collect();
        let main = if inits.is_empty() { waiting } else { initializing };
        let mains: Vec<Look> = items_at(&value, "spec/containers").iter().map(|_| main.clone()).collect();
        let host = self.host(entry);
        self.change("pods", &entry.key, |value| {
            if !host.is_empty() {
                object(value, "status").insert("hostIP".into(), host.as_str().into());
                object(value, "status").insert("hostIPs".into(), json!([{"ip": host}]));
            }
        });
        self.tell(entry, "Pending", &inits, &mains);
        self.soon(entry, 1800, Step::Start);
    }

    fn start(&mut self, entry: &Entry) {
        let value = entry.value();
        let specs = items_at(&value, "spec/containers");
        let first = specs.first().cloned().unwrap_or_default();
        if let Some(why) = self.missing_config(&value) {
            self.hold(entry, &value, "CreateContainerConfigError", &why, "Failed", &format!("Error: {why}"));
            return;
        }
        if let Some(image) = specs.iter().map(|spec| text_at(spec, "image")).find(|image| unknown(image)) {
            self.fail_to_pull(entry, &value, image);
            return;
        }
        if !items_at(&value, "spec/initContainers").is_empty() && !initialized(&value) {
            self.run_init(entry, &value);
            return;
        }
        self.run_containers(entry, &value, &first);
    }

    fn run_containers(&mut self, entry: &Entry, value: &Value, first: &Value) {
        let specs = items_at(value, "spec/containers");
        let path = container_path("containers", first);
        let image = text_at(first, "image");
        self.event_at(
            "Pod",
            entry,
            "Normal",
            "Pulled",
            &format!("Container image \"{image}\" already present on machine and can be accessed by the pod"),
            "kubelet",
            &path,
        );
        self.event_at(
            "Pod",
            entry,
            "Normal",
            "Created",
            &format!("Container created: {}", text_at(first, "name")),
            "kubelet",
            &path,
        );
        self.event_at("Pod", entry, "Normal", "Started", "Container started", "kubelet", &path);
        let now = self.world.now_text();
        self.address += 1;
        let ip = format!("10.244.{}.{}", self.address / 250 % 250, self.address % 250 + 1);
        let host_network = at(value, "spec/hostNetwork").as_bool() == Some(true);
        let ip = if host_network { text_at(value, "status/hostIP").to_owned() } else { ip };
        self.change("pods", &entry.key, |value| {
            let status = object(value, "status");
            status.insert("podIP".into(), ip.as_str().into());
            status.insert("podIPs".into(), json!([{"ip": ip}]));
        });
        let probed = |spec: &Value| at(spec, "readinessProbe").is_object();
        let mains: Vec<Look> = specs.iter().map(|spec| Look::running(&now, !probed(spec))).collect();
        self.tell(entry, "Running", &pod::init_looks(value), &mains);
        let fate = Fate::of(value);
        if specs.iter().any(probed) && fate.word != "unready" {
            self.soon(entry, 1500, Step::Ready);
        }
        if fate.word == "unready" {
            let message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
            self.event_at("Pod", entry, "Warning", "Unhealthy", message, "kubelet", &path);
            self.soon(entry, 15_000, Step::Ready);
        }
        if matches!(fate.word.as_str(), "oom" | "crash" | "complete" | "fail") {
            self.soon(entry, fate.seconds * 1000, Step::End);
        }
    }

    fn fail_to_pull(&mut self, entry: &Entry, value: &Value, image: &str) {
        let backing_off = text_at(value, "status/containerStatuses/0/state/waiting/reason") == "ErrImagePull";
        let failure = format!(
            "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
        );
        if backing_off {
            let why = format!("Back-off pulling image \"{image}\": ErrImagePull: {failure}");
            self.hold(
                entry,
                value,
                "ImagePullBackOff",
                &why,
                "BackOff",
                &format!("Back-off pulling image \"{image}\""),
            );
        } else {
            self.hold(
                entry,
                value,
                "ErrImagePull",
                &failure,
                "Failed",
                &format!("Failed to pull image \"{image}\": {failure}"),
            );
        }
    }

    /// Keeps all containers waiting for a reason, and comes back later.
    fn hold(&mut self, entry: &Entry, value: &Value, reason: &str, message: &str, event: &str, told: &str) {
        let specs = items_at(value, "spec/containers");
        let mains: Vec<Look> = specs.iter().map(|_| Look::waiting(reason, message)).collect();
        self.tell(entry, "Pending", &pod::init_looks(value), &mains);
        let path = specs.first().map_or_else(String::new, |spec| container_path("containers", spec));
        self.event_at("Pod", entry, "Warning", event, told, "kubelet", &path);
        self.soon(entry, 15_000, Step::Start);
    }

    /// Names the configuration that a pod needs and that is not there.
    fn missing_config(&self, value: &Value) -> Option<String> {
        let namespace = text_at(value, "metadata/namespace");
        let gone = |kind: &str, name: &str| {
            !name.is_empty() && self.world.store.get(kind, &Key::new(namespace, name)).is_none()
        };
        for container in items_at(value, "spec/containers") {
            for from in items_at(container, "envFrom") {
                let (map, secret) = (text_at(from, "configMapRef/name"), text_at(from, "secretRef/name"));
                if gone("configmaps", map) {
                    return Some(format!("configmap \"{map}\" not found"));
                }
                if gone("secrets", secret) {
                    return Some(format!("secret \"{secret}\" not found"));
                }
            }
        }
        None
    }

    fn run_init(&mut self, entry: &Entry, value: &Value) {
        let specs = items_at(value, "spec/initContainers");
        let mains: Vec<Look> =
            items_at(value, "spec/containers").iter().map(|_| Look::waiting("PodInitializing", "")).collect();
        let now = self.world.now_text();
        let ended = |code: i64, reason: &str| ended(code, reason, &now, &now);
        if Fate::of(value).word != "init-crash" {
            let inits: Vec<Look> =
                specs.iter().map(|_| Look { ready: true, ..Look::ended(ended(0, "Completed")) }).collect();
            self.tell(entry, "Pending", &inits, &mains);
            self.soon(entry, 1000, Step::Start);
            return;
        }
        let before = pod::init_looks(value).first().cloned().unwrap_or_default();
        let failing = before.state.get("terminated").is_some();
        let restarts = before.restarts + i64::from(!failing && before.restarts > 0);
        let look = if failing {
            let message = "back-off 20s restarting failed container=migrate";
            let last = at(&before.state, "terminated").clone();
            Look::waiting("CrashLoopBackOff", message).after(last, before.restarts.max(1))
        } else {
            Look::ended(ended(1, "Error")).after(at(&before.last, "terminated").clone(), restarts)
        };
        let mut inits = vec![look];
        inits.extend(specs.iter().skip(1).map(|_| Look::waiting("PodInitializing", "")));
        self.tell(entry, "Pending", &inits, &mains);
        if failing {
            let path = specs.first().map_or_else(String::new, |spec| container_path("initContainers", spec));
            let message = format!(
                "Back-off restarting failed container {} in pod {}",
                text_at(specs.first().unwrap_or(&Value::Null), "name"),
                entry.key.name
            );
            self.event_at("Pod", entry, "Warning", "BackOff", &message, "kubelet", &path);
        }
        self.soon(entry, if failing { 20_000 } else { 3000 }, Step::RetryInit);
    }

    fn become_ready(&mut self, entry: &Entry) {
        let value = entry.value();
        if Fate::of(&value).word == "unready" {
            let path = container_path("containers", at(&value, "spec/containers/0"));
            let message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
            self.event_at("Pod", entry, "Warning", "Unhealthy", message, "kubelet", &path);
            self.soon(entry, 20_000, Step::Ready);
            return;
        }
        let mut mains = pod::looks(&value);
        for look in &mut mains {
            look.ready = look.state.get("running").is_some();
        }
        self.tell(entry, "Running", &pod::init_looks(&value), &mains);
    }

    fn kill(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let containers = items_at(&value, "spec/containers");
        for spec in containers.iter().take(1) {
            let path = container_path("containers", spec);
            let message = format!("Stopping container {}", text_at(spec, "name"));
            self.event_at("Pod", entry, "Normal", "Killing", &message, "kubelet", &path);
        }
        if !items_at(&value, "metadata/finalizers").is_empty() {
            // The kubelet's part is done; whoever holds the finalizer decides when the object goes.
            self.change("pods", &entry.key, |value| {
                object(value, "spec").remove("nodeName");
            });
            return;
        }
        if let Some(kind) = self.kind("pods")
            && let Ok(gone) = gc::erase(&self.world, &kind, &entry.key, Expect::Anything)
        {
            gc::after(&self.world, gone);
        }
    }
}

fn initialized(value: &Value) -> bool {
    let statuses = items_at(value, "status/initContainerStatuses");
    !statuses.is_empty() && statuses.iter().all(|s| at(s, "state/terminated/exitCode").as_i64() == Some(0))
}

/// Builds the state of a container that has ended.
pub(super) fn ended(code: i64, reason: &str, started: &str, finished: &str) -> Value {
    let started = if Timestamp::parse(started).is_some() { started } else { finished };
    json!({"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": finished})
}

/// Images that no registry has.
fn unknown(image: &str) -> bool {
    image.contains("does-not-exist") || image.ends_with("-typo") || image.contains("missing-tag")
}
