//! Refusals in the API server's words: `Status` objects with code, reason, message and details.
//!
//! Owns [`Refusal`] and its constructors. Nothing here decides who is refused.

use serde_json::{Map, Value, json};

use super::kinds::Served;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// HTTP status.
    pub code: u16,
    /// CamelCase reason.
    pub reason: &'static str,
    /// The sentence.
    pub message: String,
    /// `details`, when the real server gives any.
    pub details: Option<Value>,
    /// `metadata.continue` of an expired list.
    pub resume: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// Builds a refusal without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None, resume: None, retry_after: None }
    }

    fn about(mut self, kind: &Served, name: &str) -> Self {
        let mut details = Map::new();
        if !name.is_empty() {
            details.insert("name".into(), name.into());
        }
        if !kind.group.is_empty() {
            details.insert("group".into(), (*kind.group).into());
        }
        details.insert("kind".into(), (*kind.resource).into());
        self.details = Some(Value::Object(details));
        self
    }

    /// 400 with a reason.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 404 of an object.
    pub fn not_found(kind: &Served, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.id)).about(kind, name)
    }

    /// 404 of a path that nothing serves.
    pub fn no_such_path() -> Self {
        let mut refusal = Self::new(404, "NotFound", "the server could not find the requested resource");
        refusal.details = Some(json!({}));
        refusal
    }

    /// 405.
    pub fn method(verb: &str) -> Self {
        let message = format!("the server does not allow this method on the requested resource: {verb}");
        Self::new(405, "MethodNotAllowed", message)
    }

    /// 409: there is one of that name.
    pub fn exists(kind: &Served, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", kind.id)).about(kind, name)
    }

    /// 409: the object moved on.
    pub fn conflict(kind: &Served, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            kind.id
        );
        Self::new(409, "Conflict", message).about(kind, name)
    }

    /// 409: a precondition did not hold.
    pub fn precondition(kind: &Served, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.id);
        Self::new(409, "Conflict", message).about(kind, name)
    }

    /// 422 with one cause.
    pub fn invalid(kind: &Served, name: &str, field: &str, why: &str) -> Self {
        let subject = if kind.group.is_empty() {
            kind.kind.to_string()
        } else {
            format!("{}.{}", kind.kind, kind.group)
        };
        let message = format!("{subject} \"{name}\" is invalid: {field}: {why}");
        let mut refusal = Self::new(422, "Invalid", message);
        let cause = if why.starts_with("Required") { "FieldValueRequired" } else { "FieldValueInvalid" };
        refusal.details = Some(json!({
            "name": name, "group": &*kind.group, "kind": &*kind.kind,
            "causes": [{"reason": cause, "message": why, "field": field}],
        }));
        refusal
    }

    /// 403 with the authorizer's sentence; `what` is `pods`, `pods "web-1"`.
    pub fn forbidden(kind: &Served, name: &str, sentence: &str) -> Self {
        let what = if name.is_empty() { kind.id.to_string() } else { format!("{} \"{name}\"", kind.id) };
        Self::new(403, "Forbidden", format!("{what} is forbidden: {sentence}")).about(kind, name)
    }

    /// 410 of a watch or list whose version has left the window.
    pub fn expired(asked: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// 410 of a continue token, with the token that continues inconsistently.
    pub fn continue_expired(resume: String) -> Self {
        let mut refusal = Self::new(
            410,
            "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new \
             list without the continue parameter, or use the continue token in this response to retrieve the \
             remainder of the results. Continuing with the provided token results in an inconsistent list - \
             objects that were created, modified, or deleted between the time the first chunk was returned and \
             now may show up in the list.",
        );
        refusal.resume = Some(resume);
        refusal
    }

    /// 504: a version from the future.
    pub fn too_new(asked: u64, now: u64) -> Self {
        let mut refusal =
            Self::new(504, "Timeout", format!("Too large resource version: {asked}, current: {now}"));
        refusal.retry_after = Some(1);
        refusal.details = Some(json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        }));
        refusal
    }

    /// Returns the `Status` object.
    pub fn body(&self) -> Value {
        let mut meta = Map::new();
        if let Some(resume) = &self.resume {
            meta.insert("continue".into(), resume.as_str().into());
        }
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": meta, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if let (Some(details), Some(fields)) = (&self.details, status.as_object_mut()) {
            fields.insert("details".into(), details.clone());
        }
        status
    }
}

/// The `Status` that a finished deletion answers.
pub(crate) fn success(kind: &Served, name: &str, uid: &str) -> Value {
    let mut details = json!({"name": name, "kind": &*kind.resource, "uid": uid});
    if let (false, Some(fields)) = (kind.group.is_empty(), details.as_object_mut()) {
        fields.insert("group".into(), (*kind.group).into());
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
