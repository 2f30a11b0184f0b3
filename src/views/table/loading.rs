//! Whether all that a table asked for has been answered, and what is missing: what prints it once must know.

use super::source::Part;
use super::{TableView, empty, title};
use crate::model::{Freshness, Problem, ProblemKind, ShardKey};
use crate::views::Cx;

impl TableView {
    /// Tells whether everything has been answered: see [`crate::views::View::loaded`].
    pub(super) fn is_loaded(&self, cx: &Cx<'_>) -> Result<bool, Problem> {
        use crate::views::View;
        if self.is_busy() || !self.counted_are_known(cx) {
            return Ok(false);
        }
        let (mut failed, mut answered) = (None, 0);
        for part in self.source.parts() {
            if part.status.freshness.is_live() {
                answered += 1;
            } else if let Some(problem) = failure(part, cx) {
                failed = failed.or(Some(problem));
            } else if title::is_answered(&part.status.freshness) && self.order.len() > 0 {
                answered += 1;
            } else {
                return Ok(false);
            }
        }
        match failed {
            // Partial failure is local: what could be loaded is worth printing.
            Some(problem) if answered == 0 => Err(problem.clone()),
            _ if self.order.len() == 0 && answered > 0 => match empty::missing_namespace(self, cx) {
                Some(problem) => Err(problem),
                // Nothing there, or no such place: that is worth the wait.
                None => Ok(!empty::may_be_missing(self, cx)),
            },
            _ => Ok(answered > 0),
        }
    }

    fn counted_are_known(&self, cx: &Cx<'_>) -> bool {
        use crate::views::View;
        let is_known =
            |key: &ShardKey| cx.store.find(key).is_some_and(|shard| title::is_answered(&shard.freshness()));
        let mut counted = Vec::new();
        self.wants_counted(&mut counted);
        counted.iter().all(is_known)
    }

    /// Says what is not in the table although it was asked for: parts that failed, namespaces that may not
    /// be read, objects that could not be.
    pub(super) fn shortfall(&self, cx: &Cx<'_>) -> Vec<Problem> {
        let mut all: Vec<Problem> = Vec::new();
        for part in self.source.parts() {
            let status = &part.status;
            all.extend(failure(part, cx).cloned());
            if !status.namespaces.is_empty() {
                let is_open = |name: &&crate::model::Text| !status.forbidden.contains(name);
                let seen: Vec<&str> = status.namespaces.iter().filter(is_open).map(|name| &**name).collect();
                let what = format!("only what is in {} is shown", seen.join(", "));
                let hint = format!("{} may not be listed in all namespaces", part.key.kind);
                all.push(Problem::new(ProblemKind::Forbidden, what).hint(hint));
            }
            if status.malformed.0 > 0 {
                let what = format!("{} of the {} could not be read", status.malformed.0, part.key.kind);
                all.push(Problem::new(ProblemKind::Malformed, what));
            }
        }
        all
    }
}

/// Why a part has nothing (new): the server's refusal, or a connection that could not be made.
fn failure<'a>(part: &'a Part, cx: &Cx<'a>) -> Option<&'a Problem> {
    match &part.status.freshness {
        Freshness::Forbidden(problem) | Freshness::Gone(problem) | Freshness::Stale { problem, .. } => {
            Some(problem)
        }
        Freshness::Live => None,
        _ => {
            let link = &cx.world.clusters.get(&part.key.cluster)?.link;
            // One more attempt than the first: a network that just comes up is not worth a failure.
            link.problem.as_ref().filter(|_| !link.connected && link.attempt > 1)
        }
    }
}
