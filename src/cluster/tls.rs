//! Trust: which certificates a server may show, and which one we show.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::SingleCertAndKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::{Pair, certificates, dates};
use crate::model::{Problem, ProblemKind};

/// Whom to trust.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trust<'a> {
    /// What this PEM text holds.
    Authority(&'a [u8]),
    /// The system's trust store.
    System,
    /// The system's trust store and what this PEM text holds: an https proxy, which kubectl checks against
    /// the cluster's authority and everybody else against the system's.
    Either(&'a [u8]),
    /// Anybody: asked for by the user, or to look at a certificate's surroundings.
    Anybody,
}

/// Builds the settings of a TLS connection; `owner` names whose authority it is, in errors.
pub(crate) fn client_config(
    owner: &str,
    trust: Trust<'_>,
    pair: Option<&Arc<Pair>>,
) -> Result<Arc<ClientConfig>, Problem> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System => system(owner, &provider)?,
        Trust::Authority(pem) => Arc::new(Authority::new(owner, pem, &provider)?),
        Trust::Either(pem) => {
            let named = Authority::new(owner, pem, &provider)?;
            // A machine without a store of its own has the named ones still.
            Arc::new(Either { named, system: system(owner, &provider).ok() })
        }
        Trust::Anybody => Arc::new(Blind(provider.clone())),
    };
    let mut config = with_verifier(&provider, verifier)?;
    if let Some(pair) = pair {
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(pair.key.clone()));
    }
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn with_verifier(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, Problem> {
    Ok(ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Problem::new(ProblemKind::Internal, format!("cannot set TLS up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// The system's trust store, as each platform keeps it.
fn system(owner: &str, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Problem> {
    let verifier = rustls_platform_verifier::Verifier::new(provider.clone()).map_err(|error| {
        Problem::new(ProblemKind::Tls, format!("the system's trust store cannot be used: {error}"))
            .hint(format!("install ca-certificates, or set certificate-authority for {owner}"))
    })?;
    Ok(Arc::new(verifier))
}

/// Trusts the authorities of a kubeconfig.
#[derive(Debug)]
struct Authority {
    inner: Arc<WebPkiServerVerifier>,
    /// The same certificates, for servers that show one of them as their own (a self-signed server in
    /// its own `certificate-authority`): Go accepts that, webpki does not.
    pinned: Vec<CertificateDer<'static>>,
}

impl Authority {
    fn new(owner: &str, pem: &[u8], provider: &Arc<CryptoProvider>) -> Result<Self, Problem> {
        let wrong = |reason: &str| {
            Problem::new(ProblemKind::Config, format!("the certificate authority of {owner} {reason}"))
        };
        let pinned = certificates(pem).map_err(|reason| wrong(&reason))?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(pinned.iter().cloned());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| wrong(&format!("cannot be used: {error}")))?;
        Ok(Self { inner, pinned })
    }
}

impl ServerCertVerifier for Authority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.pinned.iter().any(|known| known == end_entity) {
            return self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        }
        let moment = |at: crate::model::Timestamp| {
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(
                u64::try_from(at.0).unwrap_or_default(),
            ))
        };
        if let Some((from, until)) = dates(end_entity) {
            let (not_before, not_after) = (moment(from), moment(until));
            if now > not_after {
                return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
            }
            if now < not_before {
                return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
            }
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Trusts named authorities and, where they do not know a certificate, the system's.
#[derive(Debug)]
struct Either {
    named: Authority,
    system: Option<Arc<dyn ServerCertVerifier>>,
}

impl ServerCertVerifier for Either {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match (by(&self.named), &self.system) {
            (Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)), Some(system)) => by(&**system),
            (result, _) => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.named.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.named.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.named.supported_verify_schemes()
    }
}

/// Accepts any certificate whose key the server really has.
#[derive(Debug)]
struct Blind(Arc<CryptoProvider>);

impl ServerCertVerifier for Blind {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
