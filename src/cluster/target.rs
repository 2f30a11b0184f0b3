//! What a context and the flags mean together: one server, how to trust it, who to be there.
//!
//! Only decides; reads no certificate and sends nothing.

use std::path::PathBuf;

use base64::Engine as _;
use http::Uri;

use super::entries::{ClusterEntry, ExecEntry, UserEntry};
use super::env::Env;
use super::proxy::Proxy;
use super::{Hidden, Overrides};
use crate::model::{Problem, ProblemKind};
use std::time::Duration;

/// A server address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) tls: bool,
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Without a slash at the end; mostly empty.
    pub(crate) base: String,
}

impl Server {
    /// Reads a URL; `tls` is the scheme of one that has none.
    pub(crate) fn parse(url: &str, tls: bool) -> Option<Self> {
        let full = if url.contains("://") {
            url.to_owned()
        } else {
            format!("{}://{url}", if tls { "https" } else { "http" })
        };
        let uri: Uri = full.parse().ok()?;
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return None;
        }
        Some(Self {
            tls,
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            base: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Returns `host:port`, with brackets around an IPv6 address.
    pub(crate) fn authority(&self) -> String {
        authority(&self.host, self.port)
    }

    /// Returns the URL.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}{}", if self.tls { "https" } else { "http" }, self.authority(), self.base)
    }
}

/// Returns `host:port`, with brackets around an IPv6 address.
pub(crate) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// PEM text: in the kubeconfig, or in a file that may change.
#[derive(Clone, Debug)]
pub(crate) enum Pem {
    /// A file, read when needed.
    File(PathBuf),
    /// The text itself.
    Data(Hidden),
}

/// How to log in.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    /// Nothing to show (a client certificate may be enough).
    Nothing,
    /// A bearer token.
    Token(Hidden),
    /// A file that holds a bearer token, and the token to use while it is unreadable.
    TokenFile(PathBuf, Option<Hidden>),
    /// Name and password.
    Basic(String, Hidden),
    /// A credential plugin.
    Exec(Box<ExecEntry>),
}

/// Who to act as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Impersonation {
    pub(crate) user: Option<String>,
    pub(crate) uid: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) extra: Vec<(String, Vec<String>)>,
}

/// One server, trust and identity: all that connecting needs.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) cluster: String,
    pub(crate) user: String,
    pub(crate) namespace: String,
    pub(crate) server: Server,
    pub(crate) authority: Option<Pem>,
    pub(crate) insecure: bool,
    pub(crate) server_name: Option<String>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) certificate: Option<(Pem, Pem)>,
    pub(crate) login: Login,
    pub(crate) impersonation: Impersonation,
    pub(crate) request_timeout: Option<Duration>,
    /// The cluster entry's extension for exec plugins.
    pub(crate) exec_extension: Option<serde_json::Value>,
}

impl Target {
    pub(crate) fn new(
        (cluster_name, cluster): (&str, &ClusterEntry),
        (user_name, user): (&str, &UserEntry),
        namespace: Option<&str>,
        flags: &Overrides,
        env: &Env,
    ) -> Result<Self, Problem> {
        let authority = authority_of(cluster_name, cluster, flags)?;
        let certificate = certificate_of(user_name, user, flags)?;
        let insecure = flags.insecure_skip_tls_verify || cluster.insecure_skip_tls_verify == Some(true);
        let url = cluster.server.as_deref().unwrap_or_default();
        let server = Server::parse(url, authority.is_some() || certificate.is_some() || insecure)
            .ok_or_else(|| {
                config(format!("cluster {cluster_name:?} has no usable server URL: {url:?}"))
                    .hint("it should read https://HOST:PORT")
            })?;
        let proxy = Proxy::choose(flags.proxy_url.as_deref(), cluster.proxy_url.as_deref(), &server, env)?;
        let exec_extension = cluster.extensions.iter().flatten().find_map(|extension| {
            (extension.name.as_deref() == Some("client.authentication.k8s.io/exec"))
                .then(|| extension.extension.clone())?
        });
        Ok(Self {
            cluster: cluster_name.to_owned(),
            user: user_name.to_owned(),
            namespace: namespace.filter(|name| !name.is_empty()).unwrap_or("default").to_owned(),
            authority,
            insecure,
            server_name: flags.tls_server_name.clone().or_else(|| cluster.tls_server_name.clone()),
            proxy,
            login: login_of(user_name, user, flags)?,
            certificate,
            impersonation: impersonation_of(user, flags)?,
            request_timeout: flags.request_timeout.filter(|limit| !limit.is_zero()),
            exec_extension,
            server,
        })
    }

    /// Returns the user as people should see it.
    pub(crate) fn shown_user(&self) -> String {
        match &self.impersonation.user {
            Some(user) => format!("{user} (as)"),
            None => self.user.clone(),
        }
    }
}

fn config(what: String) -> Problem {
    Problem::new(ProblemKind::Config, what)
}

/// Decodes a `…-data` field.
fn decoded(owner: &str, field: &str, data: &str) -> Result<Pem, Problem> {
    let compact: String = data.chars().filter(|c| !c.is_whitespace()).collect();
    let text = base64::engine::general_purpose::STANDARD
        .decode(compact)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| config(format!("{field} of {owner} is not base64 of a PEM text")))?;
    Ok(Pem::Data(Hidden(text)))
}

fn authority_of(name: &str, cluster: &ClusterEntry, flags: &Overrides) -> Result<Option<Pem>, Problem> {
    // A flag takes the place of both fields; between the fields, data wins: as client-go does.
    if let Some(path) = &flags.certificate_authority {
        return Ok(Some(Pem::File(path.clone())));
    }
    match &cluster.certificate_authority_data {
        Some(data) if !data.is_empty() => {
            decoded(&format!("cluster {name:?}"), "certificate-authority-data", data).map(Some)
        }
        _ => Ok(cluster.certificate_authority.clone().map(Pem::File)),
    }
}

fn certificate_of(name: &str, user: &UserEntry, flags: &Overrides) -> Result<Option<(Pem, Pem)>, Problem> {
    let pick = |flag: &Option<PathBuf>, data: &Option<Hidden>, file: &Option<PathBuf>, field: &str| {
        if let Some(path) = flag {
            return Ok(Some(Pem::File(path.clone())));
        }
        match data {
            Some(data) if !data.0.is_empty() => decoded(&format!("user {name:?}"), field, &data.0).map(Some),
            _ => Ok(file.clone().map(Pem::File)),
        }
    };
    let certificate = pick(
        &flags.client_certificate,
        &user.client_certificate_data,
        &user.client_certificate,
        "client-certificate-data",
    )?;
    let key = pick(&flags.client_key, &user.client_key_data, &user.client_key, "client-key-data")?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(config(format!("user {name:?} has a client certificate but no client key"))
            .hint("set client-key or client-key-data, or give --client-key")),
        (None, Some(_)) => Err(config(format!("user {name:?} has a client key but no client certificate"))
            .hint("set client-certificate or client-certificate-data, or give --client-certificate")),
    }
}

fn login_of(name: &str, user: &UserEntry, flags: &Overrides) -> Result<Login, Problem> {
    let token = user.token.clone().filter(|token| !token.0.is_empty());
    if let Some(token) = &flags.token {
        return Ok(Login::Token(token.clone()));
    }
    if let Some(path) = &user.token_file {
        return Ok(Login::TokenFile(path.clone(), token));
    }
    if let Some(token) = token {
        return Ok(Login::Token(token));
    }
    if let Some(user_name) = user.username.clone().filter(|text| !text.is_empty()) {
        return Ok(Login::Basic(user_name, user.password.clone().unwrap_or_default()));
    }
    if let Some(exec) = &user.exec {
        return check_exec(name, exec).map(|()| Login::Exec(Box::new(exec.clone())));
    }
    match &user.auth_provider {
        Some(provider) => Err(replaced(name, &provider.name)),
        None => Ok(Login::Nothing),
    }
}

fn check_exec(name: &str, exec: &ExecEntry) -> Result<(), Problem> {
    if exec.command.is_empty() {
        return Err(config(format!("the credential plugin of user {name:?} has no command")));
    }
    match exec.api_version.as_deref() {
        Some("client.authentication.k8s.io/v1" | "client.authentication.k8s.io/v1beta1") => Ok(()),
        version => Err(config(format!(
            "the credential plugin of user {name:?} speaks {}, which no current client understands",
            version.unwrap_or("no apiVersion")
        ))
        .hint("write apiVersion: client.authentication.k8s.io/v1 and bring the plugin up to date")),
    }
}

/// The plugins that took the place of each removed auth provider.
const REPLACED: &[(&str, &str)] = &[
    ("oidc", "use an exec plugin such as kubelogin (`kubectl oidc-login`) instead"),
    ("gcp", "install gke-gcloud-auth-plugin and run `gcloud container clusters get-credentials` again"),
    ("azure", "install kubelogin and run `kubelogin convert-kubeconfig`"),
];

fn replaced(user: &str, provider: &str) -> Problem {
    let hint = REPLACED.iter().find(|(name, _)| *name == provider).map(|(_, hint)| *hint);
    config(format!(
        "user {user:?} logs in by auth-provider {provider:?}, which Kubernetes clients no longer have"
    ))
    .hint(hint.unwrap_or("use a credential plugin (exec) instead"))
}

fn impersonation_of(user: &UserEntry, flags: &Overrides) -> Result<Impersonation, Problem> {
    let found = Impersonation {
        user: flags.impersonate.clone().or_else(|| user.impersonate.clone()).filter(|text| !text.is_empty()),
        uid: flags.impersonate_uid.clone().or_else(|| user.as_uid.clone()).filter(|text| !text.is_empty()),
        groups: if flags.impersonate_groups.is_empty() {
            user.as_groups.clone().unwrap_or_default()
        } else {
            flags.impersonate_groups.clone()
        },
        extra: user.as_user_extra.clone().unwrap_or_default().into_iter().collect(),
    };
    let more = found.uid.is_some() || !found.groups.is_empty() || !found.extra.is_empty();
    if more && found.user.is_none() {
        return Err(Problem::new(
            ProblemKind::Usage,
            "groups or a uid can only be impersonated together with a user",
        )
        .hint("add --as USER"));
    }
    Ok(found)
}
