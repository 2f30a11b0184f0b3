//! What happens when the objects of all shards take too much memory: the account, and what is given up, as a table.
//!
//! Decides only. The store gives up texts and shards, the watch supervisor ends lists.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::model::ShardKey;

/// Parts of the limit, in hundredths, that a shard must hold to have its list ended: ending a small one frees nothing.
const LARGE: usize = 3;
/// What the kernel counts for a hundred bytes of the account: the allocator's share, a table's own list of the rows,
/// strings that rows have in common. It was 115 for 140,000 pods and 145 for 5,000 nodes with 15,000 pods.
const RESIDENT: usize = 150;
/// Between two looks the whole may grow by this many hundredths of the limit.
const PACE: usize = 2;

/// What a shard gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// The texts of its objects; those to come are not kept.
    Texts,
    /// All its rows.
    Rows,
    /// To grow: its list or watch is ended, the rows so far stay.
    Growth,
}

/// Which shards a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// Of no view on screen.
    Left,
    /// Of a view on screen.
    Shown,
    /// The same, while its first list is under way.
    Loading,
}

/// One line of the table.
struct Step {
    /// Hundredths of the limit from which on it is taken.
    from: usize,
    of: Of,
    gives: Gives,
}

/// What is given up, first things first; within a step the largest shard first.
const STEPS: &[Step] = &[
    Step { from: 75, of: Of::Left, gives: Gives::Texts },
    Step { from: 75, of: Of::Shown, gives: Gives::Texts },
    Step { from: 100, of: Of::Left, gives: Gives::Rows },
    Step { from: 100, of: Of::Loading, gives: Gives::Growth },
    // What is complete may live on for a while: to freeze it is the last thing to do.
    Step { from: 110, of: Of::Shown, gives: Gives::Growth },
];

/// What a shard holds, for [`super::Store::plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which shard.
    pub key: ShardKey,
    /// Whether a view on screen wants it.
    pub is_shown: bool,
    /// Whether its first list is under way.
    pub is_loading: bool,
    /// Whether it grows no more.
    pub is_halted: bool,
    /// All bytes (estimate).
    pub bytes: usize,
    /// Those of its texts.
    pub texts: usize,
}

impl Holding {
    fn is(&self, of: Of) -> bool {
        match of {
            Of::Left => !self.is_shown,
            Of::Shown => self.is_shown,
            Of::Loading => self.is_shown && self.is_loading,
        }
    }

    /// Returns the bytes that it would free; `None` when it has nothing of the kind to give.
    fn can_give(&self, gives: Gives, limit: usize) -> Option<usize> {
        match gives {
            Gives::Texts => (self.texts > 0).then_some(self.texts),
            Gives::Rows => Some(self.bytes),
            Gives::Growth => (!self.is_halted && self.bytes >= part(limit, LARGE)).then_some(0),
        }
    }
}

/// Returns who gives up what, when all shards together hold `total` bytes; empty while there is room.
pub(super) fn plan(limit: usize, mut total: usize, mut holdings: Vec<Holding>) -> Vec<(ShardKey, Gives)> {
    holdings.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.key.cmp(&b.key)));
    let mut plan = Vec::new();
    for step in STEPS {
        for holding in &mut holdings {
            if total < part(limit, step.from) {
                break;
            }
            let Some(freed) = holding.can_give(step.gives, limit).filter(|_| holding.is(step.of)) else {
                continue;
            };
            plan.push((holding.key.clone(), step.gives));
            total = total.saturating_sub(freed);
            match step.gives {
                Gives::Texts => {
                    holding.bytes = holding.bytes.saturating_sub(freed);
                    holding.texts = 0;
                }
                Gives::Rows => holding.bytes = 0,
                // One at a time: what is gained by it shows later.
                Gives::Growth => return plan,
            }
        }
    }
    plan
}

fn part(limit: usize, hundredths: usize) -> usize {
    (limit / 100).saturating_mul(hundredths)
}

/// Adds up what all shards hold and calls when that nears the limit.
#[derive(Debug)]
pub(crate) struct Ledger {
    total: AtomicUsize,
    limit: AtomicUsize,
    /// The total from which on somebody must look.
    alarm: AtomicUsize,
    pressed: Notify,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            total: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            alarm: AtomicUsize::new(usize::MAX),
            pressed: Notify::new(),
        }
    }
}

impl Ledger {
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
        self.looked();
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Returns what the account may come to, so that the kernel counts no more than the limit.
    pub(crate) fn budget(&self) -> usize {
        match self.limit() {
            usize::MAX => usize::MAX,
            limit => limit / RESIDENT * 100,
        }
    }

    pub(crate) fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Takes in that a shard went from `before` bytes to `now`. A few atomic operations: it is called with each batch.
    pub(crate) fn enter(&self, before: usize, now: usize) {
        // Wraps when it shrinks, and so does the sum.
        let by = now.wrapping_sub(before);
        let total = self.total.fetch_add(by, Ordering::Relaxed).wrapping_add(by);
        if total >= self.alarm.load(Ordering::Relaxed) {
            self.pressed.notify_one();
        }
    }

    /// Says that what could be given up has been: the next call comes when more has come.
    pub(crate) fn looked(&self) {
        let budget = self.budget();
        let first = STEPS.iter().map(|step| part(budget, step.from)).min().unwrap_or(budget);
        let next = self.total().saturating_add(part(budget, PACE)).max(first);
        self.alarm.store(next, Ordering::Relaxed);
    }

    /// Waits until the whole has come near the limit, or grown since the last look.
    pub(crate) async fn pressed(&self) {
        self.pressed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClusterId, KindId, WatchScope};

    fn key(name: &str) -> ShardKey {
        ShardKey { cluster: ClusterId("c".into()), kind: KindId::new("", name), scope: WatchScope::All }
    }

    /// `name shown loading halted bytes texts`, one a line of a case.
    fn holding((name, flags, bytes, texts): (&str, &str, usize, usize)) -> Holding {
        Holding {
            key: key(name),
            is_shown: flags.contains('s'),
            is_loading: flags.contains('l'),
            is_halted: flags.contains('h'),
            bytes,
            texts,
        }
    }

    #[test]
    fn what_hurts_least_is_given_up_first_and_no_more_than_needed() {
        use Gives::{Growth, Rows, Texts};
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str, usize, usize)], &'a [(&'a str, Gives)]);
        let cases: &[Case<'_>] = &[
            ("there is room", &[("po", "sl", 740, 500)], &[]),
            (
                "texts of what was left are enough",
                &[("po", "s", 400, 200), ("ev", "", 400, 200)],
                &[("ev", Texts)],
            ),
            (
                "the largest first",
                &[("a", "", 300, 100), ("b", "", 400, 100), ("c", "s", 100, 50)],
                &[("b", Texts)],
            ),
            (
                "then those on screen",
                &[("po", "sl", 700, 500), ("ev", "", 200, 50)],
                &[("ev", Texts), ("po", Texts)],
            ),
            ("texts before any list is ended", &[("po", "sl", 1_200, 700)], &[("po", Texts)]),
            (
                "rows of what was left before a list",
                &[("po", "sl", 600, 0), ("ev", "", 500, 0)],
                &[("ev", Rows)],
            ),
            ("a list under way", &[("po", "sl", 700, 0), ("no", "sl", 320, 0)], &[("po", Growth)]),
            ("what is complete lives on", &[("po", "s", 1_000, 0), ("no", "sl", 20, 0)], &[]),
            ("but not for ever", &[("po", "s", 1_100, 0)], &[("po", Growth)]),
            ("once", &[("po", "sh", 1_200, 0)], &[]),
            ("a small one would free nothing", &[("po", "sh", 1_000, 0), ("no", "sl", 29, 0)], &[]),
        ];
        for (name, holdings, want) in cases {
            let total = holdings.iter().map(|(.., bytes, _)| bytes).sum();
            let found = plan(1_000, total, holdings.iter().copied().map(holding).collect());
            let want: Vec<_> = want.iter().map(|(name, gives)| (key(name), *gives)).collect();
            assert_eq!(found, want, "{name}");
        }
    }

    #[tokio::test]
    async fn the_account_calls_when_it_nears_the_limit_and_again_when_more_has_come() {
        let ledger = Ledger::default();
        ledger.enter(0, 1 << 40);
        ledger.enter(1 << 40, 0);
        ledger.set_limit(1_000 * RESIDENT / 100);
        let calls = async |bytes: (usize, usize)| {
            ledger.enter(bytes.0, bytes.1);
            futures::poll!(std::pin::pin!(ledger.pressed())).is_ready()
        };
        assert!(!calls((0, 749)).await);
        assert!(calls((749, 760)).await);
        ledger.looked();
        assert!(!calls((760, 779)).await, "somebody has looked a moment ago");
        assert!(calls((779, 780)).await);
        assert!(!calls((780, 700)).await);
        assert_eq!(ledger.total(), 700);
    }
}
