//! What an answer that is not a success says, in words: Kubernetes statuses, and pages of whoever stands in between.

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::text::{clean, http_date, now, shorten};
use crate::model::{Problem, ProblemKind};

/// How much of a failed answer is read.
pub(crate) const LONGEST: usize = 64 * 1024;
/// A server's message is shown up to here; some repeat whole objects.
const MESSAGE: usize = 1000;

/// The request that was refused, for the words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// `host:port`.
    pub(crate) place: &'a str,
    /// Path without query.
    pub(crate) path: &'a str,
    /// The user, as shown.
    pub(crate) user: &'a str,
    /// How it logs in.
    pub(crate) login: &'a str,
    /// What to do about a 401.
    pub(crate) advice: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    kind: String,
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    retry_after_seconds: Option<u32>,
}

/// Tells whether the answer is somebody else's web page.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("text/html")
}

fn content_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// Builds the problem of an answer that is no success, or no API server's.
pub(crate) fn problem(asked: Asked<'_>, code: StatusCode, headers: &HeaderMap, body: &[u8]) -> Problem {
    if is_page(headers) {
        return page(asked, code, body);
    }
    if code.is_redirection() {
        let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).map(clean).unwrap_or_default();
        let what = format!("{} answers with a redirect to {}", asked.place, shorten(&to, 120));
        return Problem::new(ProblemKind::Malformed, what)
            .hint("a load balancer or login page stands before the API server: check the server URL");
    }
    let status: Status = serde_json::from_slice(body).unwrap_or_default();
    let message = if status.kind == "Status" && !status.message.is_empty() {
        clean(&status.message)
    } else {
        let text = String::from_utf8_lossy(body);
        let first = clean(text.lines().next().unwrap_or_default());
        format!("HTTP {code}{}{first}", if first.is_empty() { "" } else { ": " })
    };
    let message = shorten(&message, MESSAGE);
    let asked_for = retry_after(headers).or_else(|| status.details.as_ref()?.retry_after_seconds);
    let mut problem = by_code(asked, code, &status.reason, message, asked_for.is_some());
    problem.retry_after = asked_for;
    problem
}

fn by_code(asked: Asked<'_>, code: StatusCode, reason: &str, message: String, patient: bool) -> Problem {
    use ProblemKind as K;
    let new = Problem::new;
    match code.as_u16() {
        401 => new(
            K::Unauthorized,
            format!("{} does not accept user {:?} ({}): {message}", asked.place, asked.user, asked.login),
        )
        .hint(asked.advice),
        403 => {
            let hint = needed(&message);
            new(K::Forbidden, message).hint(hint)
        }
        404 => new(K::NotFound, format!("{message} ({})", asked.path)),
        410 => new(K::Expired, message),
        // After a restore of etcd a server can be behind what we know: only a new list helps.
        _ if message.contains("Too large resource version") => new(K::Expired, message),
        _ if reason == "Expired" => new(K::Expired, message),
        429 => new(K::TooBusy, format!("the server has too much to do: {message}"))
            .hint("kdeck waits as long as the server asks for"),
        503 if patient => new(K::TooBusy, format!("the server is not available: {message}")),
        _ => new(K::Server, message),
    }
}

/// Reads `User "u" cannot list resource "pods" in API group "apps" in the namespace "shop"`.
fn needed(message: &str) -> String {
    let quoted = |after: &str| {
        let rest = message.split_once(after)?.1;
        rest.split('"').next().filter(|text| !text.is_empty())
    };
    let verb = message.split_once(" cannot ").and_then(|(_, rest)| rest.split(' ').next());
    let (Some(verb), Some(resource)) = (verb, quoted("resource \"")) else {
        return "this user has no right to do that: ask who administers the cluster".to_owned();
    };
    let group = quoted("in API group \"").map(|group| format!(".{group}")).unwrap_or_default();
    let place = match quoted("in the namespace \"") {
        Some(namespace) => format!("in namespace {namespace}"),
        None => "in the whole cluster".to_owned(),
    };
    format!("needs verb \"{verb}\" on {resource}{group} {place}")
}

fn page(asked: Asked<'_>, code: StatusCode, body: &[u8]) -> Problem {
    let title = match title(&String::from_utf8_lossy(body)) {
        Some(title) => format!(" titled {title:?}"),
        None => String::new(),
    };
    let what = format!(
        "{} answers with a web page{title} (HTTP {}), not as an API server",
        asked.place,
        code.as_u16()
    );
    Problem::new(ProblemKind::Malformed, what)
        .hint("a load balancer, a proxy's login page or a wrong port: check the server URL")
}

fn title(html: &str) -> Option<String> {
    // ASCII lower case keeps byte positions.
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let text = clean(html.get(start..end)?);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| shorten(&text, 80))
}

/// `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    text.parse().ok().or_else(|| u32::try_from((http_date(text)?.0 - now().0).max(0)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> =
        Asked { place: "api:6443", path: "/api/v1/pods", user: "bob", login: "token", advice: "log in" };

    fn of(code: u16, content_type: &str, body: &str) -> Problem {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        if code == 429 {
            headers.insert(header::RETRY_AFTER, "7".parse().unwrap());
        }
        problem(ASKED, StatusCode::from_u16(code).unwrap(), &headers, body.as_bytes())
    }

    fn status(message: &str, reason: &str) -> String {
        serde_json::json!({"kind": "Status", "message": message, "reason": reason,
            "details": {"retryAfterSeconds": 3}})
        .to_string()
    }

    #[test]
    fn a_refusal_names_the_verb_and_the_resource() {
        let message = "deployments.apps is forbidden: User \"bob\" cannot list resource \"deployments\" \
                       in API group \"apps\" in the namespace \"shop\"";
        let problem = of(403, "application/json", &status(message, "Forbidden"));
        assert_eq!((problem.kind, problem.what.as_str()), (ProblemKind::Forbidden, message));
        assert_eq!(problem.hint.unwrap(), "needs verb \"list\" on deployments.apps in namespace shop");
        let message = "nodes is forbidden: User \"bob\" cannot watch resource \"nodes\" in API group \"\" at the cluster scope";
        let problem = of(403, "application/json", &status(message, "Forbidden"));
        assert_eq!(problem.hint.unwrap(), "needs verb \"watch\" on nodes in the whole cluster");
    }

    #[test]
    fn every_code_has_its_kind_and_waits_as_asked() {
        use ProblemKind as K;
        for (code, reason, kind, wait) in [
            (401, "Unauthorized", K::Unauthorized, Some(3)),
            (404, "NotFound", K::NotFound, Some(3)),
            (410, "Expired", K::Expired, Some(3)),
            (429, "TooManyRequests", K::TooBusy, Some(7)),
            (503, "ServiceUnavailable", K::TooBusy, Some(3)),
            (500, "InternalError", K::Server, Some(3)),
        ] {
            let problem = of(code, "application/json", &status("why", reason));
            assert_eq!((problem.kind, problem.retry_after), (kind, wait), "{code}");
            assert!(problem.what.contains("why"), "{}", problem.what);
        }
        assert_eq!(
            of(503, "text/plain", "no endpoints\nmore").what,
            "HTTP 503 Service Unavailable: no endpoints"
        );
    }

    #[test]
    fn a_web_page_is_called_one_by_its_title() {
        let page = "<html><head><TITLE>\n Sign in\u{1b}[2J to  Corp</TITLE></head>";
        let problem = of(200, "text/html; charset=utf-8", page);
        assert_eq!(problem.kind, ProblemKind::Malformed);
        assert_eq!(
            problem.what,
            "api:6443 answers with a web page titled \"Sign in to Corp\" (HTTP 200), not as an API server"
        );
        assert!(of(502, "text/html", "<title>").what.contains("HTTP 502"));
    }
}
