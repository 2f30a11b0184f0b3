//! Workloads: deployments, replica sets, stateful sets, daemon sets, jobs, cron jobs, autoscalers, budgets.

use serde_json::Value;

use super::{
    AGE, Column, NAME, Printer, age, at, containers, int, int_at, items_at, map_text, name, or_none,
    selector_text, since, text, text_at, wide,
};
use crate::model::Timestamp;
use crate::model::time::human_duration;

const CONTAINERS: Column = wide("Containers");
const IMAGES: Column = wide("Images");
const SELECTOR: Column = wide("Selector");

/// Deployments.
pub const DEPLOYMENT: Printer = Printer {
    columns: &[NAME, text("Ready"), text("Up-to-date"), text("Available"), AGE, CONTAINERS, IMAGES, SELECTOR],
    print: deployment,
};
/// Replica sets and replication controllers.
pub const REPLICA_SET: Printer = Printer {
    columns: &[NAME, int("Desired"), int("Current"), int("Ready"), AGE, CONTAINERS, IMAGES, SELECTOR],
    print: replica_set,
};
/// Stateful sets.
pub const STATEFUL_SET: Printer =
    Printer { columns: &[NAME, text("Ready"), AGE, CONTAINERS, IMAGES], print: stateful_set };
/// Daemon sets.
pub const DAEMON_SET: Printer = Printer {
    columns: &[
        NAME,
        int("Desired"),
        int("Current"),
        int("Ready"),
        int("Up-to-date"),
        int("Available"),
        text("Node Selector"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    print: daemon_set,
};
/// Jobs.
pub const JOB: Printer = Printer {
    columns: &[
        NAME,
        text("Status"),
        text("Completions"),
        text("Duration"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    print: job,
};
/// Cron jobs.
pub const CRON_JOB: Printer = Printer {
    columns: &[
        NAME,
        text("Schedule"),
        text("Timezone"),
        ("Suspend", "boolean", "", 0),
        int("Active"),
        text("Last Schedule"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    print: cron_job,
};
/// Horizontal pod autoscalers.
pub const AUTOSCALER: Printer = Printer {
    columns: &[
        NAME,
        text("Reference"),
        text("Targets"),
        text("MinPods"),
        text("MaxPods"),
        text("Replicas"),
        AGE,
    ],
    print: autoscaler,
};
/// Pod disruption budgets.
pub const BUDGET: Printer = Printer {
    columns: &[NAME, text("Min Available"), text("Max Unavailable"), int("Allowed Disruptions"), AGE],
    print: budget,
};
/// Controller revisions.
pub const REVISION: Printer =
    Printer { columns: &[NAME, text("Controller"), text("Revision"), AGE], print: revision };

fn deployment(value: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(at(value, "spec/template/spec"));
    vec![
        name(value),
        format!("{}/{}", int_at(value, "status/readyReplicas"), int_at(value, "spec/replicas")).into(),
        int_at(value, "status/updatedReplicas").into(),
        int_at(value, "status/availableReplicas").into(),
        age(value, now),
        names,
        images,
        selector_text(at(value, "spec/selector")).into(),
    ]
}

fn replica_set(value: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(at(value, "spec/template/spec"));
    let selector = at(value, "spec/selector");
    // A replication controller's is plain labels.
    let is_plain = ["matchLabels", "matchExpressions"].iter().all(|name| at(selector, name).is_null());
    let text = if is_plain { map_text(selector) } else { selector_text(selector) };
    vec![
        name(value),
        int_at(value, "spec/replicas").into(),
        int_at(value, "status/replicas").into(),
        int_at(value, "status/readyReplicas").into(),
        age(value, now),
        names,
        images,
        text.into(),
    ]
}

fn stateful_set(value: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(at(value, "spec/template/spec"));
    let ready = format!("{}/{}", int_at(value, "status/readyReplicas"), int_at(value, "spec/replicas"));
    vec![name(value), ready.into(), age(value, now), names, images]
}

fn daemon_set(value: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(at(value, "spec/template/spec"));
    vec![
        name(value),
        int_at(value, "status/desiredNumberScheduled").into(),
        int_at(value, "status/currentNumberScheduled").into(),
        int_at(value, "status/numberReady").into(),
        int_at(value, "status/updatedNumberScheduled").into(),
        int_at(value, "status/numberAvailable").into(),
        map_text(at(value, "spec/template/spec/nodeSelector")).into(),
        age(value, now),
        names,
        images,
        selector_text(at(value, "spec/selector")).into(),
    ]
}

fn job(value: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(at(value, "spec/template/spec"));
    let has = |kind: &str| {
        items_at(value, "status/conditions")
            .iter()
            .any(|c| text_at(c, "type") == kind && text_at(c, "status") == "True")
    };
    let status = if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if at(value, "metadata/deletionTimestamp").is_string() {
        "Terminating"
    } else if has("Suspended") {
        "Suspended"
    } else if has("FailureTarget") {
        "FailureTarget"
    } else if has("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    };
    let wanted = at(value, "spec/completions").as_i64().unwrap_or(1);
    let end = Timestamp::parse(text_at(value, "status/completionTime")).unwrap_or(now);
    let duration = Timestamp::parse(text_at(value, "status/startTime")).map_or_else(String::new, |start| {
        let mut out = String::new();
        human_duration(start.elapsed(end), &mut out);
        out
    });
    vec![
        name(value),
        status.into(),
        format!("{}/{wanted}", int_at(value, "status/succeeded")).into(),
        duration.into(),
        age(value, now),
        names,
        images,
        selector_text(at(value, "spec/selector")).into(),
    ]
}

fn cron_job(value: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(at(value, "spec/jobTemplate/spec/template/spec"));
    let last = text_at(value, "status/lastScheduleTime");
    let selector = at(value, "spec/jobTemplate/spec/selector");
    vec![
        name(value),
        at(value, "spec/schedule").clone(),
        or_none(text_at(value, "spec/timeZone")),
        match at(value, "spec/suspend").as_bool() {
            Some(true) => "True".into(),
            Some(false) => "False".into(),
            None => "<unset>".into(),
        },
        items_at(value, "status/active").len().into(),
        if last.is_empty() { "<none>".into() } else { since(last, now).into() },
        age(value, now),
        names,
        images,
        selector_text(selector).into(),
    ]
}

fn autoscaler(value: &Value, now: Timestamp) -> Vec<Value> {
    let target = at(value, "spec/scaleTargetRef");
    let specs = items_at(value, "spec/metrics");
    let mut targets: Vec<String> = specs
        .iter()
        .take(2)
        .enumerate()
        .map(|(index, spec)| {
            let resource = text_at(spec, "resource/name");
            let wanted = match at(spec, "resource/target/averageUtilization").as_i64() {
                Some(percent) => format!("{percent}%"),
                None => text_at(spec, "resource/target/averageValue").to_owned(),
            };
            let current = at(value, &format!("status/currentMetrics/{index}/resource/current"));
            let shown = match at(current, "averageUtilization").as_i64() {
                Some(percent) => format!("{percent}%"),
                None if text_at(current, "averageValue").is_empty() => "<unknown>".into(),
                None => text_at(current, "averageValue").to_owned(),
            };
            format!("{resource}: {shown}/{wanted}")
        })
        .collect();
    if specs.len() > 2 {
        targets.push(format!("+ {} more...", specs.len() - 2));
    }
    vec![
        name(value),
        format!("{}/{}", text_at(target, "kind"), text_at(target, "name")).into(),
        if targets.is_empty() { "<none>".into() } else { targets.join(", ").into() },
        at(value, "spec/minReplicas").as_i64().map_or("<unset>".into(), Value::from),
        int_at(value, "spec/maxReplicas").into(),
        int_at(value, "status/currentReplicas").into(),
        age(value, now),
    ]
}

fn budget(value: &Value, now: Timestamp) -> Vec<Value> {
    let amount = |path: &str| match at(value, path) {
        Value::Null => "N/A".into(),
        Value::Number(number) => number.to_string().into(),
        other => other.clone(),
    };
    vec![
        name(value),
        amount("spec/minAvailable"),
        amount("spec/maxUnavailable"),
        int_at(value, "status/disruptionsAllowed").into(),
        age(value, now),
    ]
}

fn revision(value: &Value, now: Timestamp) -> Vec<Value> {
    let owner = at(value, "metadata/ownerReferences/0");
    let group = text_at(owner, "apiVersion").split_once('/').map_or("", |(group, _)| group);
    let controller = match (text_at(owner, "kind"), group) {
        ("", _) => "<none>".into(),
        (kind, "") => format!("{}/{}", kind.to_lowercase(), text_at(owner, "name")),
        (kind, group) => format!("{}.{group}/{}", kind.to_lowercase(), text_at(owner, "name")),
    };
    vec![name(value), controller.into(), int_at(value, "revision").into(), age(value, now)]
}
