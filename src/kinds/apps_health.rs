//! How workloads are doing: rollouts, replicas, and the controller's own complaints.

use super::Projecting;
use super::apps::Workload;
use super::health::{condition, health, ok, replicas};
use super::parts::{find, is};
use crate::model::{Health, Level};

/// A deployment.
pub fn deployment(object: &Workload<'_>, ctx: &mut Projecting) -> Health {
    let (spec, status) = (&object.spec, &object.status);
    let desired = spec.replicas.unwrap_or(1);
    let ready = status.ready_replicas.unwrap_or(0);
    let updated = status.updated_replicas.unwrap_or(0);
    let existing = status.replicas.unwrap_or(0);
    if let Some(failure) = find(&status.conditions, "ReplicaFailure").filter(|c| &*c.status == "True") {
        return health(ctx, Level::Broken, &failure.message);
    }
    if desired == 0 {
        return if existing == 0 {
            replicas(ctx, 0, 0)
        } else {
            health(ctx, Level::Busy, &format!("scaling to zero, {existing} left"))
        };
    }
    if find(&status.conditions, "Progressing").is_some_and(|c| &*c.reason == "ProgressDeadlineExceeded") {
        let words = format!("progress deadline exceeded, {ready} of {desired} ready");
        return health(ctx, Level::Broken, &words);
    }
    if spec.paused && updated < desired {
        return health(ctx, Level::Attention, &format!("rollout paused, {updated} of {desired} updated"));
    }
    let unseen = status.observed_generation.unwrap_or(0) < object.metadata.generation;
    let done = is_rollout_done(object);
    // A later rollout that takes capacity away is judged by what is left; a first one is just young.
    let first = object.metadata.annotations.get("deployment.kubernetes.io/revision").is_none_or(|r| r == "1");
    let serving = !is(&status.conditions, "Available", "False");
    if (unseen || !done || updated < desired || existing > updated) && (serving || (first && !done)) {
        return health(ctx, Level::Busy, &format!("rolling out, {ready} of {desired} ready"));
    }
    replicas(ctx, ready, desired)
}

/// The controller says so when the newest replica set has become available.
fn is_rollout_done(object: &Workload<'_>) -> bool {
    find(&object.status.conditions, "Progressing").is_none_or(|c| &*c.reason == "NewReplicaSetAvailable")
}

/// A stateful set.
pub fn stateful_set(object: &Workload<'_>, ctx: &mut Projecting) -> Health {
    let (spec, status) = (&object.spec, &object.status);
    let desired = spec.replicas.unwrap_or(1);
    let ready = status.ready_replicas.unwrap_or(0);
    let existing = status.replicas.unwrap_or(0);
    if desired == 0 && existing > 0 {
        return health(ctx, Level::Busy, &format!("scaling to zero, {existing} left"));
    }
    let rolling = !status.update_revision.is_empty()
        && status.current_revision.0 != status.update_revision.0
        && status.updated_replicas.unwrap_or(0) < desired;
    if rolling && ready > 0 {
        return health(ctx, Level::Busy, &format!("rolling out, {ready} of {desired} ready"));
    }
    replicas(ctx, ready, desired)
}

/// A daemon set.
pub fn daemon_set(object: &Workload<'_>, ctx: &mut Projecting) -> Health {
    let status = &object.status;
    let desired = status.desired_number_scheduled.unwrap_or(0);
    let ready = status.number_ready.unwrap_or(0);
    if status.observed_generation.unwrap_or(0) < object.metadata.generation {
        return health(ctx, Level::Busy, "rolling out");
    }
    if desired == 0 {
        return health(ctx, Level::Done, "no node matches");
    }
    if status.updated_number_scheduled.unwrap_or(0) < desired && ready > 0 {
        return health(ctx, Level::Busy, &format!("rolling out, {ready} of {desired} ready"));
    }
    replicas(ctx, ready, desired)
}

/// A replica set or a replication controller.
pub fn replica_set(object: &Workload<'_>, ctx: &mut Projecting) -> Health {
    let status = &object.status;
    let desired = object.spec.replicas.unwrap_or(1);
    let existing = status.replicas.unwrap_or(0);
    if let Some(failure) = find(&status.conditions, "ReplicaFailure").filter(|c| &*c.status == "True") {
        return health(ctx, Level::Broken, &condition(failure));
    }
    if desired == 0 {
        // Old revisions of a deployment: nothing to say about them.
        return if existing == 0 { Health { level: Level::Done, reason: None } } else { ok() };
    }
    replicas(ctx, status.ready_replicas.unwrap_or(0), desired)
}
