//! What a `Status` object in a watch stream says, as a problem.

use serde::Deserialize;

use crate::model::{Problem, ProblemKind};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    message: Option<String>,
    reason: Option<String>,
    code: Option<u16>,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    retry_after_seconds: Option<u32>,
}

const BY_CODE: &[(u16, ProblemKind)] = &[
    (401, ProblemKind::Unauthorized),
    (403, ProblemKind::Forbidden),
    (404, ProblemKind::NotFound),
    (410, ProblemKind::Expired),
    (429, ProblemKind::TooBusy),
    (503, ProblemKind::TooBusy),
];

const BY_REASON: &[(&str, ProblemKind)] =
    &[("Expired", ProblemKind::Expired), ("Gone", ProblemKind::Expired)];

/// Reads the object of an ERROR event.
pub(crate) fn problem(json: &[u8]) -> Problem {
    let status: Status = serde_json::from_slice(json).unwrap_or_default();
    let message = status.message.unwrap_or_else(|| "without a message".to_owned());
    let by_code = BY_CODE.iter().find(|(code, _)| Some(*code) == status.code);
    let by_reason = BY_REASON.iter().find(|(reason, _)| Some(*reason) == status.reason.as_deref());
    let kind = match (by_reason, by_code) {
        (Some((_, kind)), _) | (None, Some((_, kind))) => *kind,
        // Old servers sent this with code 500.
        (None, None) if message.contains("too old resource version") => ProblemKind::Expired,
        (None, None) => ProblemKind::Server,
    };
    let mut problem = Problem::new(kind, format!("the server ended a watch: {message}"));
    problem.retry_after = status.details.and_then(|details| details.retry_after_seconds);
    problem
}

/// Returns whether a problem means that the resourceVersion or continue token is too old, in whatever form.
pub(crate) fn is_expired(problem: &Problem) -> bool {
    problem.kind == ProblemKind::Expired
        || (problem.kind == ProblemKind::Server && problem.what.contains("too old resource version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_old_is_recognised_in_every_form() {
        for json in [
            r#"{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version: 1 (2)"}"#,
            r#"{"code":410}"#,
            r#"{"reason":"Gone"}"#,
            r#"{"code":500,"message":"too old resource version: 1 (2)"}"#,
        ] {
            assert!(is_expired(&problem(json.as_bytes())), "{json}");
        }
        let busy = problem(br#"{"code":429,"message":"slow down","details":{"retryAfterSeconds":3}}"#);
        assert_eq!((busy.kind, busy.retry_after), (ProblemKind::TooBusy, Some(3)));
        assert_eq!(problem(br#"{"code":500,"message":"etcd"}"#).kind, ProblemKind::Server);
        assert_eq!(problem(b"garbage").kind, ProblemKind::Server);
    }
}
