//! Scripted misbehaviour: which request, counted how, gets which fault.
//!
//! Owns [`FaultScript`]. Faults are decided per request here and applied by the server and its bodies.

use std::time::Duration;

use parking_lot::Mutex;

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The answer starts this much later.
    Slow(Duration),
    /// Every chunk of the body comes this much later.
    Trickle(Duration),
    /// The connection is cut after so many bytes of the body, wherever that is.
    Cut(usize),
    /// The request is accepted and never answered.
    HalfOpen,
    /// Another status with a `Status` body, and perhaps `Retry-After`.
    Status(u16, Option<u32>),
    /// One item of the list, or line of the watch, is not JSON.
    Malformed,
    /// One item or line carries a string of so many bytes.
    Huge(usize),
    /// A web page with status 200, as a captive portal or load balancer gives.
    Html,
    /// A watch gets an `ERROR` event with this code as its next line, then ends.
    ErrorEvent(u16),
}

/// One rule of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    /// Substring of path and query (`/pods`, `watch=`); empty matches every request.
    pub pattern: String,
    /// A second substring that must be there too; empty matches every request.
    pub also: String,
    /// So many matching requests pass before the fault begins.
    pub after: u32,
    /// So many requests get the fault.
    pub times: u32,
    /// What goes wrong.
    pub fault: Fault,
}

/// Rules; the first that applies to a request decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultScript {
    /// The rules.
    pub rules: Vec<FaultRule>,
}

impl FaultScript {
    /// A script without faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a rule for the next `times` requests whose path and query contain `pattern`.
    #[must_use]
    pub fn on(self, pattern: &str, times: u32, fault: Fault) -> Self {
        self.rule(FaultRule { pattern: pattern.to_owned(), also: String::new(), after: 0, times, fault })
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: FaultRule) -> Self {
        self.rules.push(rule);
        self
    }
}

/// The script under way with its counters.
#[derive(Default)]
pub(crate) struct Faults {
    rules: Mutex<Vec<(FaultRule, u32)>>,
}

impl Faults {
    /// Starts a script from its beginning.
    pub(crate) fn set(&self, script: FaultScript) {
        *self.rules.lock() = script.rules.into_iter().map(|rule| (rule, 0)).collect();
    }

    /// Counts a request and says what goes wrong with it.
    pub(crate) fn decide(&self, path_and_query: &str) -> Option<Fault> {
        for (rule, seen) in self.rules.lock().iter_mut() {
            if !path_and_query.contains(&rule.pattern) || !path_and_query.contains(&rule.also) {
                continue;
            }
            let number = *seen;
            *seen = seen.saturating_add(1);
            if number >= rule.after && number - rule.after < rule.times {
                return Some(rule.fault.clone());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_only_the_requests_that_it_matches() {
        let faults = Faults::default();
        faults.set(FaultScript::none().rule(FaultRule {
            pattern: "/pods".into(),
            also: "watch=".into(),
            after: 1,
            times: 2,
            fault: Fault::Html,
        }));
        let asked =
            ["/pods?watch=1", "/pods", "/pods?watch=1", "/nodes?watch=1", "/pods?watch=1", "/pods?watch=1"];
        let got: Vec<bool> = asked.iter().map(|path| faults.decide(path).is_some()).collect();
        assert_eq!(got, [false, false, true, false, true, false]);
    }
}
