//! Pods, whose status column is a small language of its own, and the two metrics kinds.

use serde_json::Value;

use super::{AGE, NAME, Printer, age, at, int_at, items_at, name, or_none, since, text, text_at, wide};
use crate::model::Timestamp;

/// Pods.
pub const POD: Printer = Printer {
    columns: &[
        NAME,
        text("Ready"),
        text("Status"),
        text("Restarts"),
        AGE,
        wide("IP"),
        wide("Node"),
        wide("Nominated Node"),
        wide("Readiness Gates"),
    ],
    print: pod,
};

/// `metrics.k8s.io` pods.
pub const POD_METRICS: Printer =
    Printer { columns: &[NAME, text("cpu"), text("memory"), text("Window")], print: pod_metrics };

/// `metrics.k8s.io` nodes.
pub const NODE_METRICS: Printer =
    Printer { columns: &[NAME, text("cpu"), text("memory"), text("Window")], print: node_metrics };

fn pod(pod: &Value, now: Timestamp) -> Vec<Value> {
    let mut state = State { reason: text_at(pod, "status/phase").to_owned(), ..State::default() };
    if !text_at(pod, "status/reason").is_empty() {
        state.reason = text_at(pod, "status/reason").to_owned();
    }
    let gated = items_at(pod, "status/conditions")
        .iter()
        .any(|c| text_at(c, "type") == "PodScheduled" && text_at(c, "reason") == "SchedulingGated");
    if gated {
        state.reason = "SchedulingGated".into();
    }
    let initializing = state.init(pod);
    if !initializing || is_true(pod, "Initialized") {
        state.main(pod);
    }
    if at(pod, "metadata/deletionTimestamp").is_string() {
        let phase = text_at(pod, "status/phase");
        if text_at(pod, "status/reason") == "NodeLost" {
            state.reason = "Unknown".into();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            state.reason = "Terminating".into();
        }
    }
    let restarts = match &state.last {
        Some(last) if state.restarts > 0 => format!("{} ({} ago)", state.restarts, since(last, now)),
        _ => state.restarts.to_string(),
    };
    let gates = items_at(pod, "spec/readinessGates");
    let met = gates.iter().filter(|gate| is_true(pod, text_at(gate, "conditionType"))).count();
    let total = items_at(pod, "spec/containers").len() + state.sidecars;
    vec![
        name(pod),
        format!("{}/{total}", state.ready).into(),
        state.reason.into(),
        restarts.into(),
        age(pod, now),
        or_none(text_at(pod, "status/podIP")),
        or_none(text_at(pod, "spec/nodeName")),
        or_none(text_at(pod, "status/nominatedNodeName")),
        if gates.is_empty() { "<none>".into() } else { format!("{met}/{}", gates.len()).into() },
    ]
}

#[derive(Default)]
struct State {
    reason: String,
    ready: usize,
    restarts: i64,
    sidecars: usize,
    last: Option<String>,
}

impl State {
    fn saw_restart(&mut self, status: &Value) {
        self.restarts += int_at(status, "restartCount");
        let finished = text_at(status, "lastState/terminated/finishedAt");
        if !finished.is_empty() && self.last.as_deref().is_none_or(|last| last < finished) {
            self.last = Some(finished.to_owned());
        }
    }

    /// Reads the init containers; returns whether one of them still decides the reason.
    fn init(&mut self, pod: &Value) -> bool {
        let specs = items_at(pod, "spec/initContainers");
        let sidecar = |name: &str| {
            specs
                .iter()
                .any(|spec| text_at(spec, "name") == name && text_at(spec, "restartPolicy") == "Always")
        };
        self.sidecars = specs.iter().filter(|spec| text_at(spec, "restartPolicy") == "Always").count();
        for (index, status) in items_at(pod, "status/initContainerStatuses").iter().enumerate() {
            let restartable = sidecar(text_at(status, "name"));
            if restartable {
                self.saw_restart(status);
            } else if int_at(status, "restartCount") > 0 {
                self.restarts = self.restarts.max(int_at(status, "restartCount"));
            }
            let terminated = at(status, "state/terminated");
            if terminated.is_object() && int_at(terminated, "exitCode") == 0 {
                continue;
            }
            if restartable && at(status, "started").as_bool() == Some(true) {
                self.ready += usize::from(at(status, "ready").as_bool() == Some(true));
                continue;
            }
            let waiting = text_at(status, "state/waiting/reason");
            self.reason = if terminated.is_object() {
                format!("Init:{}", ended(terminated))
            } else if !waiting.is_empty() && waiting != "PodInitializing" {
                format!("Init:{waiting}")
            } else {
                format!("Init:{index}/{}", specs.len())
            };
            if !restartable {
                self.last = Some(text_at(status, "lastState/terminated/finishedAt").to_owned());
            }
            return true;
        }
        false
    }

    fn main(&mut self, pod: &Value) {
        let mut running = false;
        if self.sidecars == 0 {
            self.restarts = 0;
            self.last = None;
        }
        for status in items_at(pod, "status/containerStatuses").iter().rev() {
            self.saw_restart(status);
            let (waiting, terminated) =
                (text_at(status, "state/waiting/reason"), at(status, "state/terminated"));
            if !waiting.is_empty() {
                self.reason = waiting.to_owned();
            } else if terminated.is_object() {
                self.reason = ended(terminated);
            } else if at(status, "ready").as_bool() == Some(true) && at(status, "state/running").is_object() {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && running {
            self.reason = if is_true(pod, "Ready") { "Running".into() } else { "NotReady".into() };
        }
    }
}

fn ended(terminated: &Value) -> String {
    let reason = text_at(terminated, "reason");
    if !reason.is_empty() {
        return reason.to_owned();
    }
    match int_at(terminated, "signal") {
        0 => format!("ExitCode:{}", int_at(terminated, "exitCode")),
        signal => format!("Signal:{signal}"),
    }
}

fn is_true(pod: &Value, condition: &str) -> bool {
    items_at(pod, "status/conditions")
        .iter()
        .any(|c| text_at(c, "type") == condition && text_at(c, "status") == "True")
}

fn pod_metrics(value: &Value, _now: Timestamp) -> Vec<Value> {
    let first = at(value, "containers/0/usage");
    vec![name(value), at(first, "cpu").clone(), at(first, "memory").clone(), at(value, "window").clone()]
}

fn node_metrics(value: &Value, _now: Timestamp) -> Vec<Value> {
    let usage = at(value, "usage");
    vec![name(value), at(usage, "cpu").clone(), at(usage, "memory").clone(), at(value, "window").clone()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_crashing_pod_shows_why_and_when_it_last_died() {
        let value = json!({
            "metadata": {"name": "a", "creationTimestamp": "1970-01-01T00:00:00Z"},
            "spec": {"containers": [{}, {}]},
            "status": {"phase": "Running", "containerStatuses": [
                {"ready": true, "restartCount": 0, "state": {"running": {}}},
                {"ready": false, "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                 "lastState": {"terminated": {"finishedAt": "1970-01-01T00:01:00Z", "exitCode": 137}}},
            ]},
        });
        let cells = pod(&value, Timestamp(180));
        assert_eq!(cells[1..5], ["1/2", "CrashLoopBackOff", "7 (2m ago)", "3m"].map(Value::from));
    }

    #[test]
    fn an_init_container_that_fails_names_its_stage() {
        let value = json!({
            "spec": {"containers": [{}], "initContainers": [{"name": "a"}, {"name": "b"}]},
            "status": {"phase": "Pending", "initContainerStatuses": [
                {"name": "a", "state": {"terminated": {"exitCode": 0}}}, {"name": "b", "state": {"running": {}}}]},
        });
        assert_eq!(pod(&value, Timestamp(0))[2], "Init:1/2");
    }
}
