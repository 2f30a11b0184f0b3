//! Jobs and cron jobs: pods that end.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::admit::object;
use super::super::entry::Entry;
use super::super::pod::condition;
use super::super::printers::{at, int_at, items_at, text_at};
use super::{Controllers, Due, counts, owner_ref, phase, pod_of, ready};

impl Controllers {
    /// Runs a job's pods until enough have succeeded or too many have failed.
    pub(super) fn job(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let over = items_at(&value, "status/conditions")
            .iter()
            .any(|c| matches!(text_at(c, "type"), "Complete" | "Failed") && text_at(c, "status") == "True");
        if over || at(&value, "spec/suspend").as_bool() == Some(true) {
            return;
        }
        let pods = self.world.store.owned("pods", &entry.facts.uid);
        let in_phase = |wanted: &str| pods.iter().filter(|pod| phase(pod) == wanted).count();
        let tally = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let (succeeded, failed) = (tally(in_phase("Succeeded")), tally(in_phase("Failed")));
        let mut active = tally(pods.iter().filter(|pod| counts(pod)).count());
        let wanted = at(&value, "spec/completions").as_i64().unwrap_or(1);
        let parallel = at(&value, "spec/parallelism").as_i64().unwrap_or(1);
        let complete = succeeded >= wanted;
        let spent = failed > at(&value, "spec/backoffLimit").as_i64().unwrap_or(6);
        if !complete && !spent {
            let missing = parallel.min(wanted - succeeded) - active;
            active += self.make_job_pods(entry, &value, missing.clamp(0, 100));
        }
        let up = pods.iter().filter(|pod| counts(pod) && ready(pod)).count();
        let now = self.world.now_text();
        self.change("jobs.batch", &entry.key, |value| {
            let status = object(value, "status");
            status.entry("startTime").or_insert_with(|| now.as_str().into());
            for (name, count) in [("active", active), ("succeeded", succeeded), ("failed", failed)] {
                if count > 0 {
                    status.insert(name.into(), count.into());
                } else {
                    status.remove(name);
                }
            }
            status.insert("ready".into(), up.into());
            if complete {
                status.insert("completionTime".into(), now.as_str().into());
                finish(
                    value,
                    "Complete",
                    "CompletionsReached",
                    "Reached expected number of succeeded pods",
                    &now,
                );
            } else if spent {
                finish(
                    value,
                    "Failed",
                    "BackoffLimitExceeded",
                    "Job has reached the specified backoff limit",
                    &now,
                );
            }
        });
        if complete {
            self.event("Job", entry, "Normal", "Completed", "Job completed", "job-controller");
        } else if spent {
            let message = "Job has reached the specified backoff limit";
            self.event("Job", entry, "Warning", "BackoffLimitExceeded", message, "job-controller");
        }
    }

    fn make_job_pods(&self, entry: &Arc<Entry>, value: &Value, count: i64) -> i64 {
        let mut made_count = 0;
        for _ in 0..count {
            let owner = owner_ref("batch/v1", "Job", entry);
            let mut pod = pod_of(at(value, "spec/template"), owner, &entry.key.namespace);
            object(&mut pod, "metadata").insert("generateName".into(), format!("{}-", entry.key.name).into());
            if let Some(made) = self.make("pods", pod, "kube-controller-manager") {
                made_count += 1;
                let message = format!("Created pod: {}", made.key.name);
                self.event("Job", entry, "Normal", "SuccessfulCreate", &message, "job-controller");
            }
        }
        made_count
    }

    /// Starts a cron job's job when its time has come.
    pub(super) fn cron_job(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let jobs = self.world.store.owned("jobs.batch", &entry.facts.uid);
        let mut active = self.tidy_history(&value, &jobs);
        let every = minutes(text_at(&value, "spec/schedule"));
        let now = self.world.now();
        let slot = now.0 / (every * 60) * every * 60;
        let last =
            crate::model::Timestamp::parse(text_at(&value, "status/lastScheduleTime")).map_or(0, |t| t.0);
        let suspended = at(&value, "spec/suspend").as_bool() == Some(true);
        let mut last_text = None;
        if !suspended && last < slot {
            // The first look only notes the slot: nobody wants a job the moment a schedule is written.
            if last > 0
                && let Some(job) = self.make_job(entry, &value, slot)
            {
                active.push(job);
            }
            last_text = Some(crate::model::Timestamp(slot).rfc3339());
        }
        let refs: Vec<Value> = active
            .iter()
            .map(|job| {
                json!({"apiVersion": "batch/v1", "kind": "Job", "name": &*job.key.name, "namespace": &*job.key.namespace,
                       "uid": &*job.facts.uid, "resourceVersion": job.rv.to_string()})
            })
            .collect();
        self.change("cronjobs.batch", &entry.key, |value| {
            let status = object(value, "status");
            if let Some(last) = &last_text {
                status.insert("lastScheduleTime".into(), last.as_str().into());
            }
            if refs.is_empty() {
                status.remove("active");
            } else if items_at(&Value::Object(status.clone()), "active").len() != refs.len() {
                status.insert("active".into(), refs.clone().into());
            }
        });
        if last_text.is_some() {
            let wait = u64::try_from((slot + every * 60 - now.0).max(1)).unwrap_or(60) * 1000;
            self.later(wait + 200, Due::Look("cronjobs.batch", entry.key.clone()));
        }
    }

    /// Removes finished jobs beyond the limits, and returns those under way.
    fn tidy_history(&self, value: &Value, jobs: &[Arc<Entry>]) -> Vec<Arc<Entry>> {
        let (mut active, mut done, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for job in jobs {
            let job_value = job.value();
            let is = |kind: &str| {
                items_at(&job_value, "status/conditions").iter().any(|c| text_at(c, "type") == kind)
            };
            let list = match (is("Complete"), is("Failed")) {
                (true, _) => &mut done,
                (_, true) => &mut failed,
                _ => &mut active,
            };
            list.push(job.clone());
        }
        for (list, keep) in
            [(&mut done, "successfulJobsHistoryLimit"), (&mut failed, "failedJobsHistoryLimit")]
        {
            let keep = usize::try_from(int_at(value, &format!("spec/{keep}"))).unwrap_or_default();
            list.sort_by_key(|job| job.rv);
            for job in list.iter().take(list.len().saturating_sub(keep)) {
                self.remove("jobs.batch", &job.key);
            }
        }
        active
    }

    fn make_job(&mut self, entry: &Arc<Entry>, value: &Value, slot: i64) -> Option<Arc<Entry>> {
        let template = at(value, "spec/jobTemplate");
        let mut job = json!({"metadata": at(template, "metadata"), "spec": template["spec"]});
        let meta = object(&mut job, "metadata");
        meta.insert("name".into(), format!("{}-{}", entry.key.name, slot / 60).into());
        meta.insert("namespace".into(), (*entry.key.namespace).into());
        meta.insert("ownerReferences".into(), owner_ref("batch/v1", "CronJob", entry));
        meta.insert(
            "annotations".into(),
            json!({"batch.kubernetes.io/cronjob-scheduled-timestamp": crate::model::Timestamp(slot).rfc3339()}),
        );
        let made = self.make("jobs.batch", job, "kube-controller-manager")?;
        let message = format!("Created job {}", made.key.name);
        self.event("CronJob", entry, "Normal", "SuccessfulCreate", &message, "cronjob-controller");
        Some(made)
    }
}

fn finish(value: &mut Value, kind: &str, reason: &str, message: &str, now: &str) {
    condition(value, kind, true, ("", String::new()), now);
    let list = object(value, "status").get_mut("conditions").and_then(Value::as_array_mut);
    for known in list.into_iter().flatten().filter(|known| text_at(known, "type") == kind) {
        known["reason"] = reason.into();
        known["message"] = message.into();
        known["lastProbeTime"] = now.into();
    }
}

/// Reads how many minutes lie between two runs of a schedule; exact for `*/n` minutes and for hours and days.
fn minutes(schedule: &str) -> i64 {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    match fields.as_slice() {
        [every, "*", ..] if every.starts_with("*/") => {
            every.trim_start_matches("*/").parse().unwrap_or(60).max(1)
        }
        ["*", ..] => 1,
        [_, "*", ..] => 60,
        [_, every, ..] if every.starts_with("*/") => {
            every.trim_start_matches("*/").parse::<i64>().unwrap_or(24).max(1) * 60
        }
        _ => 1440,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_give_their_interval() {
        for (schedule, want) in [
            ("*/5 * * * *", 5),
            ("* * * * *", 1),
            ("0 * * * *", 60),
            ("0 */6 * * *", 360),
            ("30 2 * * *", 1440),
        ] {
            assert_eq!(minutes(schedule), want, "{schedule}");
        }
    }
}
