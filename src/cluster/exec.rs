//! One run of a credential plugin: what it is told, how long it may take, what its answer means.
//!
//! Its stdout holds secrets and is never shown; its stderr is what the user needs when it fails.

use std::fmt;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::Hidden;
use super::certificate::Pair;
use super::entries::ExecEntry;
use super::text::clean;
use crate::model::{Problem, ProblemKind, Timestamp};

/// How long a plugin may take: a browser login included.
const LIMIT: Duration = Duration::from_secs(60);
/// How much of a plugin's stderr is kept.
const STDERR: usize = 8 * 1024;
/// How much of a plugin's stdout is read; a credential is far smaller.
const STDOUT: usize = 1024 * 1024;

/// Lends the terminal to a credential plugin that asks its user something.
///
/// `run` leaves the screen, runs the command to its end with its output collected (stdin and stderr
/// are already set to be inherited, stdout to be piped), and takes the screen back.
pub trait TerminalHandover: fmt::Debug + Send + Sync {
    /// Runs the command on the terminal.
    fn run(&self, command: Command) -> BoxFuture<'_, std::io::Result<Output>>;
}

/// What a plugin granted.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) token: Option<Hidden>,
    pub(crate) pair: Option<Arc<Pair>>,
    pub(crate) expires: Option<Timestamp>,
}

/// All that a run needs.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) user: String,
    pub(crate) entry: ExecEntry,
    /// `spec.cluster`, when the plugin wants it.
    pub(crate) cluster: Option<serde_json::Value>,
    pub(crate) terminal: Option<Arc<dyn TerminalHandover>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Captured,
    Terminal,
}

impl Recipe {
    /// Runs the plugin, on the terminal when it must be so or when it failed without.
    pub(crate) async fn run(&self) -> Result<Grant, Problem> {
        // What it said without a terminal is the reason to show when it fails on one, too: there it speaks to
        // its user and not to us.
        let mut said = Vec::new();
        match self.entry.interactive_mode.as_deref() {
            Some("Always") => self.attempt(Mode::Terminal, &mut said).await,
            Some("Never") => self.attempt(Mode::Captured, &mut said).await,
            _ => match self.attempt(Mode::Captured, &mut said).await {
                Err(problem) if self.terminal.is_some() && problem.kind != ProblemKind::Config => {
                    tracing::info!(
                        user = self.user,
                        "credential plugin failed without a terminal; lending it"
                    );
                    self.attempt(Mode::Terminal, &mut said).await
                }
                result => result,
            },
        }
    }

    async fn attempt(&self, mode: Mode, said: &mut Vec<u8>) -> Result<Grant, Problem> {
        let mut command = Command::new(&self.entry.command);
        command
            .args(self.entry.args.iter().flatten())
            .envs(self.entry.env.iter().flatten().map(|item| (&item.name, &item.value.0)))
            .env("KUBERNETES_EXEC_INFO", self.info(mode).to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let (status, stdout, stderr) = match mode {
            Mode::Captured => self.captured(command).await?,
            Mode::Terminal => self.on_terminal(command).await?,
        };
        if !stderr.is_empty() {
            *said = stderr;
        }
        if !status.success() {
            return Err(self.failed(&format!("failed with {status}"), said));
        }
        self.granted(&stdout, said)
    }

    async fn captured(&self, mut command: Command) -> Result<Run, Problem> {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| self.not_started(&error))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut err = Vec::new();
        let run = async {
            let (out, (), status) =
                tokio::join!(first_bytes(stdout, STDOUT), last_bytes(stderr, &mut err), child.wait());
            status.map(|status| (status, out))
        };
        match tokio::time::timeout(LIMIT, run).await {
            Ok(Ok((status, out))) => Ok((status, out, err)),
            Ok(Err(error)) => Err(self.failed(&format!("could not be waited for: {error}"), &err)),
            Err(_) => Err(self.failed(&format!("did not end within {} s", LIMIT.as_secs()), &err)),
        }
    }

    async fn on_terminal(&self, mut command: Command) -> Result<Run, Problem> {
        let Some(terminal) = &self.terminal else {
            return Err(self
                .failed("wants to ask you something, which needs a terminal", b"")
                .hint("try again by hand to be asked, or log in once with `kubectl get --raw /version`"));
        };
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        let output = terminal.run(command).await.map_err(|error| self.not_started(&error))?;
        Ok((output.status, output.stdout, output.stderr))
    }

    fn info(&self, mode: Mode) -> serde_json::Value {
        let mut spec = json!({ "interactive": mode == Mode::Terminal });
        if let (Some(cluster), Some(spec)) = (&self.cluster, spec.as_object_mut()) {
            spec.insert("cluster".to_owned(), cluster.clone());
        }
        json!({ "kind": "ExecCredential", "apiVersion": self.entry.api_version, "spec": spec })
    }

    fn granted(&self, stdout: &[u8], stderr: &[u8]) -> Result<Grant, Problem> {
        // serde's message could quote the token: it is left out.
        let answer: ExecCredential = serde_json::from_slice(stdout)
            .map_err(|_| self.failed("did not print an ExecCredential", stderr))?;
        if answer.api_version != self.entry.api_version {
            let got = clean(answer.api_version.as_deref().unwrap_or("no apiVersion"));
            let want = self.entry.api_version.as_deref().unwrap_or_default();
            return Err(self
                .failed(&format!("answered with {got} instead of {want}"), stderr)
                .hint("change apiVersion in the kubeconfig, or bring the plugin up to date"));
        }
        let status = answer.status.unwrap_or_default();
        let pair = match (&status.client_certificate_data, &status.client_key_data) {
            (Some(certificate), Some(key)) => {
                let owner = format!("user {:?} (from its credential plugin)", self.user);
                Some(Pair::parse(&owner, certificate.0.as_bytes(), key.0.as_bytes())?)
            }
            _ => None,
        };
        let token = status.token.filter(|token| !token.0.is_empty());
        if token.is_none() && pair.is_none() {
            return Err(self.failed("granted neither a token nor a client certificate", stderr));
        }
        let stated = status.expiration_timestamp.as_deref().and_then(Timestamp::parse);
        let expires = [stated, pair.as_ref().and_then(|pair| pair.expires)].into_iter().flatten().min();
        Ok(Grant { token, pair, expires })
    }

    fn not_started(&self, error: &std::io::Error) -> Problem {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let how =
            if missing { "is not installed".to_owned() } else { format!("could not be started: {error}") };
        let mut problem = self.failed(&how, b"");
        problem.kind = ProblemKind::Config;
        match self.entry.install_hint.as_deref().map(clean).filter(|hint| !hint.is_empty()) {
            Some(hint) => problem.hint(hint),
            None => problem.hint(format!("install {} or put it in PATH", self.entry.command)),
        }
    }

    fn failed(&self, how: &str, stderr: &[u8]) -> Problem {
        let command = std::path::Path::new(&self.entry.command);
        let name = command.file_name().unwrap_or(command.as_os_str()).to_string_lossy();
        let said: Vec<String> = String::from_utf8_lossy(stderr)
            .lines()
            .map(|line| clean(line).trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        let said = if said.is_empty() { String::new() } else { format!(": {}", said.join(" · ")) };
        let what = format!("the credential plugin {name:?} of user {:?} {how}{said}", self.user);
        Problem::new(ProblemKind::Unauthorized, what)
            .hint(format!("log in again, then try: run `{}` by hand to see it fail", self.entry.command))
    }
}

type Run = (std::process::ExitStatus, Vec<u8>, Vec<u8>);

async fn first_bytes(pipe: Option<impl AsyncRead + Unpin>, limit: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return kept };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let room = limit.saturating_sub(kept.len());
        kept.extend_from_slice(buffer.get(..count.min(room)).unwrap_or_default());
    }
    kept
}

/// Keeps the end, where the reason stands, and keeps it also when the run is given up.
async fn last_bytes(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        kept.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let extra = kept.len().saturating_sub(STDERR);
        kept.drain(..extra);
    }
}

/// Returns `spec.cluster` of `KUBERNETES_EXEC_INFO`.
pub(crate) fn cluster_info(target: &super::target::Target, authority: Option<&[u8]>) -> serde_json::Value {
    let mut info = json!({ "server": target.server.url() });
    if let Some(map) = info.as_object_mut() {
        let mut put = |name: &str, value: Option<serde_json::Value>| {
            if let Some(value) = value {
                map.insert(name.to_owned(), value);
            }
        };
        put("tls-server-name", target.server_name.clone().map(Into::into));
        put("insecure-skip-tls-verify", target.insecure.then_some(true.into()));
        put(
            "certificate-authority-data",
            authority.map(|pem| base64::engine::general_purpose::STANDARD.encode(pem).into()),
        );
        put("proxy-url", target.proxy.as_ref().map(|proxy| proxy.shown().into()));
        put("config", target.exec_extension.clone());
    }
    info
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    api_version: Option<String>,
    status: Option<ExecStatus>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ExecStatus {
    expiration_timestamp: Option<String>,
    token: Option<Hidden>,
    client_certificate_data: Option<Hidden>,
    client_key_data: Option<Hidden>,
}
