//! How pods end, and how they are started again: exit codes, restarts, growing pauses.

use super::super::entry::Entry;
use super::super::pod::{self, Look};
use super::super::printers::{at, items_at, text_at};
use super::events::container_path;
use super::kubelet::{Fate, ended};
use super::{Controllers, Step};

impl Controllers {
    /// Ends a pod's containers as its fate says.
    pub(super) fn end(&mut self, entry: &Entry) {
        let value = entry.value();
        let fate = Fate::of(&value);
        let now = self.world.now_text();
        let mut mains = pod::looks(&value);
        let count = mains.len();
        let good = fate.word == "complete";
        for (index, look) in mains.iter_mut().enumerate() {
            let crashes = matches!(fate.word.as_str(), "oom" | "crash");
            // Only the first container of a crashing pod dies; a finished pod ends whole.
            if crashes && index > 0 && count > 1 {
                continue;
            }
            let started = text_at(&look.state, "running/startedAt").to_owned();
            let (code, reason) = match fate.word.as_str() {
                "oom" => (137, "OOMKilled"),
                "complete" => (0, "Completed"),
                _ => (1, "Error"),
            };
            let last = at(&look.last, "terminated").clone();
            *look = Look::ended(ended(code, reason, &started, &now)).after(last, look.restarts);
        }
        let restarts = text_at(&value, "spec/restartPolicy") == "Always"
            || (text_at(&value, "spec/restartPolicy") == "OnFailure" && !good);
        let phase = match (restarts, good) {
            (true, _) => "Running",
            (false, true) => "Succeeded",
            (false, false) => "Failed",
        };
        self.tell(entry, phase, &pod::init_looks(&value), &mains);
        if restarts {
            self.soon(entry, 2500, Step::Restart);
        }
    }

    /// Starts a dead container again: at once the first time, after a growing pause later.
    pub(super) fn restart(&mut self, entry: &Entry) {
        let value = entry.value();
        let now = self.world.now_text();
        let mut mains = pod::looks(&value);
        let specs = items_at(&value, "spec/containers");
        let Some((look, spec)) = mains.first_mut().zip(specs.first()) else { return };
        let path = container_path("containers", spec);
        let pause = (10 << look.restarts.clamp(0, 5)).min(300);
        if look.state.get("terminated").is_some() && look.restarts > 0 {
            let message = format!(
                "back-off {} restarting failed container={} pod={}_{}({})",
                if pause >= 60 { format!("{}m{}s", pause / 60, pause % 60) } else { format!("{pause}s") },
                text_at(spec, "name"),
                entry.key.name,
                entry.key.namespace,
                entry.facts.uid
            );
            *look = Look::waiting("CrashLoopBackOff", &message)
                .after(at(&look.state, "terminated").clone(), look.restarts);
            self.tell(entry, "Running", &pod::init_looks(&value), &mains);
            let told = format!(
                "Back-off restarting failed container {} in pod {}",
                text_at(spec, "name"),
                entry.key.name
            );
            self.event_at("Pod", entry, "Warning", "BackOff", &told, "kubelet", &path);
            // A demo would be dull at the full five minutes.
            self.soon(entry, u64::try_from(pause.min(40)).unwrap_or(10) * 1000, Step::Restart);
            return;
        }
        let last = if look.state.get("terminated").is_some() {
            at(&look.state, "terminated")
        } else {
            at(&look.last, "terminated")
        };
        *look = Look::running(&now, true).after(last.clone(), look.restarts + 1);
        self.tell(entry, "Running", &pod::init_looks(&value), &mains);
        self.event_at("Pod", entry, "Normal", "Started", "Container started", "kubelet", &path);
        self.soon(entry, Fate::of(&value).seconds * 1000, Step::End);
    }
}
