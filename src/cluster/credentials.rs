//! The credential step: what a request shows to the server, and how it is renewed.
//!
//! Files are looked at before each use; a plugin's grant is kept until a minute before it expires.
//! Whoever needs a new grant while a plugin runs waits for that same run, and whoever stops waiting
//! does not stop the run.

use std::sync::Arc;

use base64::Engine as _;
use http::HeaderValue;
use parking_lot::Mutex;

use super::Hidden;
use super::certificate::Pair;
use super::exec::{Grant, TerminalHandover};
use super::files::Watched;
use super::plugin::Plugin;
use super::target::{Login, Pem, Target};
use crate::model::{Problem, ProblemKind};

/// What a request shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) pair: Option<Arc<Pair>>,
    grant: Option<Arc<Grant>>,
}

/// A PEM text, wherever it is.
#[derive(Debug)]
pub(crate) enum Source {
    Data(Hidden),
    File(Watched),
}

impl Source {
    pub(crate) fn new(pem: Pem, what: &'static str) -> Self {
        match pem {
            Pem::Data(text) => Self::Data(text),
            Pem::File(path) => Self::File(Watched::new(path, what)),
        }
    }

    pub(crate) async fn read(&self) -> Result<Arc<Vec<u8>>, Problem> {
        match self {
            Self::Data(text) => Ok(Arc::new(text.0.clone().into_bytes())),
            Self::File(file) => file.read().await,
        }
    }

    async fn distrust(&self) {
        if let Self::File(file) = self {
            file.distrust().await;
        }
    }
}

type Parsed = (Arc<Vec<u8>>, Arc<Pair>);

#[derive(Debug)]
struct CertificateSource {
    certificate: Source,
    key: Source,
    /// Both texts as last read, and what they made.
    parsed: Mutex<Option<Parsed>>,
}

#[derive(Debug)]
enum Way {
    Nothing,
    Fixed(HeaderValue),
    File(Watched, Option<Hidden>),
    Plugin(Box<Plugin>),
}

/// The credentials of one user at one server.
#[derive(Debug)]
pub(crate) struct Credentials {
    user: String,
    way: Way,
    certificate: Option<CertificateSource>,
}

impl Credentials {
    /// Prepares; reads and runs nothing yet.
    pub(crate) fn new(target: &Target, terminal: Option<Arc<dyn TerminalHandover>>) -> Result<Self, Problem> {
        let way = match &target.login {
            Login::Nothing => Way::Nothing,
            Login::Token(token) => Way::Fixed(bearer(&target.user, token)?),
            Login::TokenFile(path, fallback) => {
                Way::File(Watched::new(path.clone(), "token file"), fallback.clone())
            }
            Login::Basic(name, password) => {
                let pair = format!("{name}:{}", password.0);
                let value = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
                Way::Fixed(secret_header(&target.user, &value)?)
            }
            Login::Exec(entry) => Way::Plugin(Box::new(Plugin::new(target, entry, terminal))),
        };
        let certificate = target.certificate.clone().map(|(certificate, key)| CertificateSource {
            certificate: Source::new(certificate, "client certificate"),
            key: Source::new(key, "client key"),
            parsed: Mutex::new(None),
        });
        Ok(Self { user: target.user.clone(), way, certificate })
    }

    /// Returns what a request should show now, renewed when it is about to expire.
    pub(crate) async fn current(&self) -> Result<Identity, Problem> {
        let mut identity = Identity { pair: self.pair().await?, ..Identity::default() };
        match &self.way {
            Way::Nothing => {}
            Way::Fixed(value) => identity.authorization = Some(value.clone()),
            Way::File(file, fallback) => {
                let token = match (file.read().await, fallback) {
                    (Ok(bytes), _) => Hidden(String::from_utf8_lossy(&bytes).trim().to_owned()),
                    (Err(_), Some(fallback)) => fallback.clone(),
                    (Err(problem), None) => return Err(problem),
                };
                if token.0.is_empty() {
                    let what = format!("the token file {} is empty", file.path().display());
                    return Err(Problem::new(ProblemKind::Config, what));
                }
                identity.authorization = Some(bearer(&self.user, &token)?);
            }
            Way::Plugin(plugin) => {
                let grant = plugin.grant().await?;
                if let Some(token) = &grant.token {
                    identity.authorization = Some(bearer(&self.user, token)?);
                }
                identity.pair = grant.pair.clone().or(identity.pair);
                identity.grant = Some(grant);
            }
        }
        Ok(identity)
    }

    /// Returns a new identity after the server refused `refused`; `None` when there is no other one to show.
    pub(crate) async fn renew(&self, refused: &Identity) -> Result<Option<Identity>, Problem> {
        if let Way::File(file, _) = &self.way {
            file.distrust().await;
        }
        if let Way::Plugin(plugin) = &self.way {
            plugin.forget(refused.grant.as_ref());
        }
        if let Some(source) = &self.certificate {
            source.certificate.distrust().await;
            source.key.distrust().await;
        }
        let renewed = self.current().await?;
        let same_pair = match (&renewed.pair, &refused.pair) {
            (Some(new), Some(old)) => Arc::ptr_eq(new, old),
            (None, None) => true,
            _ => false,
        };
        Ok((renewed.authorization != refused.authorization || !same_pair).then_some(renewed))
    }

    /// Lets a failed plugin be run again at once: the user asked for it.
    pub(crate) fn forgive(&self) {
        if let Way::Plugin(plugin) = &self.way {
            plugin.forgive();
        }
    }

    /// Lets the time pass for which a failed run answers everybody.
    #[cfg(test)]
    pub(crate) fn lapse(&self) {
        if let Way::Plugin(plugin) = &self.way {
            plugin.lapse();
        }
    }

    /// Makes the plugin's grant this old.
    #[cfg(test)]
    pub(crate) fn age(&self, age: std::time::Duration) {
        if let Way::Plugin(plugin) = &self.way {
            plugin.age(age);
        }
    }

    /// Says how the user logs in, for messages: never what is shown to the server.
    pub(crate) fn describe(&self) -> String {
        let certificate = self.certificate.is_some();
        match &self.way {
            Way::Nothing if certificate => "client certificate".to_owned(),
            Way::Nothing => "no credentials".to_owned(),
            Way::Fixed(value) if value.as_bytes().starts_with(b"Basic") => "name and password".to_owned(),
            Way::Fixed(_) => "token".to_owned(),
            Way::File(file, _) => format!("token file {}", file.path().display()),
            Way::Plugin(plugin) => format!("credential plugin {}", plugin.command()),
        }
    }

    /// Returns the next step after a 401 that renewing did not cure.
    pub(crate) fn advice(&self) -> String {
        match &self.way {
            Way::Plugin(plugin) => {
                format!("log in again: `{}` granted what the server refuses", plugin.command())
            }
            Way::File(..) => "the token in the file is expired or of another cluster".to_owned(),
            Way::Fixed(_) => {
                "the token or password in the kubeconfig is expired or of another cluster".to_owned()
            }
            Way::Nothing if self.certificate.is_some() => {
                "the client certificate is expired or of another cluster's authority".to_owned()
            }
            Way::Nothing => "the context's user has no credentials: log in first".to_owned(),
        }
    }

    async fn pair(&self) -> Result<Option<Arc<Pair>>, Problem> {
        let Some(source) = &self.certificate else { return Ok(None) };
        // Data never changes: once parsed, it need not even be copied.
        if let (Source::Data(_), Source::Data(_), Some((_, pair))) =
            (&source.certificate, &source.key, &*source.parsed.lock())
        {
            return Ok(Some(pair.clone()));
        }
        let certificate = source.certificate.read().await?;
        let key = source.key.read().await?;
        let both = Arc::new([certificate.as_slice(), key.as_slice()].concat());
        if let Some((known, pair)) = &*source.parsed.lock()
            && *known == both
        {
            return Ok(Some(pair.clone()));
        }
        let pair = Pair::parse(&format!("user {:?}", self.user), &certificate, &key)?;
        *source.parsed.lock() = Some((both, pair.clone()));
        Ok(Some(pair))
    }
}

fn bearer(user: &str, token: &Hidden) -> Result<HeaderValue, Problem> {
    secret_header(user, &format!("Bearer {}", token.0.trim()))
}

fn secret_header(user: &str, value: &str) -> Result<HeaderValue, Problem> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        Problem::new(ProblemKind::Config, format!("the token of user {user:?} holds characters no token has"))
    })?;
    header.set_sensitive(true);
    Ok(header)
}
