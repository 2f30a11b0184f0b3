//! What went wrong, in words for a person: what was tried, on what, and what to do next.

use std::fmt;

/// The family of a failure; it decides tone, retry and exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The command line, a command or a filter was wrong. Exit code 2.
    Usage,
    /// A file of the user's (config, kubeconfig, theme) is wrong or unreadable.
    Config,
    /// A name could not be looked up.
    Dns,
    /// No TCP connection.
    Tcp,
    /// TLS failed: certificate, name, authority, clock.
    Tls,
    /// A proxy refused or failed.
    Proxy,
    /// 401, or a credential plugin failed.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404: no such object or kind.
    NotFound,
    /// 410: the resourceVersion or continue token is too old.
    Expired,
    /// 429 or 503 with Retry-After.
    TooBusy,
    /// Any other answer that is not 2xx.
    Server,
    /// The answer is not what an API server says (HTML, broken JSON).
    Malformed,
    /// No answer in time.
    Timeout,
    /// The connection ended early.
    Cut,
    /// A local file or terminal operation failed.
    Io,
    /// Taken back by the user.
    Cancelled,
    /// A defect of kdeck.
    Internal,
}

/// A failure with its cause and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The family.
    pub kind: ProblemKind,
    /// One sentence: what was tried on what, and why it failed. No secrets.
    pub what: String,
    /// What to do next, if anything is known.
    pub hint: Option<String>,
    /// What the server asked for in `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// Builds a problem without a hint.
    pub fn new(kind: ProblemKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hint: None, retry_after: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}
