//! Certificates: an authority of the simulation's own, a server certificate for loopback and one client
//! certificate per user.
//!
//! Keys live in memory only; [`Identity`] and [`Authority`] never print them.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::model::{Problem, ProblemKind};

/// A client certificate with its key, as PEM for a kubeconfig.
pub(crate) struct Identity {
    /// Certificate.
    pub(crate) certificate: String,
    /// Private key.
    pub(crate) key: String,
    /// The certificate as it is seen in a handshake.
    pub(crate) der: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// The certificate authority of one simulated cluster.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

fn failed(what: &str) -> impl Fn(rcgen::Error) -> Problem + '_ {
    move |error| Problem::new(ProblemKind::Internal, format!("cannot make the {what} certificate: {error}"))
}

impl Authority {
    /// Makes an authority.
    pub(crate) fn new() -> Result<Self, Problem> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "kubernetes");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(failed("authority's"))?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(failed("authority's"))?;
        Ok(Self { issuer })
    }

    /// Returns the authority's certificate as PEM.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a client certificate: the user's name is the common name, its groups the organisations.
    pub(crate) fn client(&self, name: &str, groups: &[String]) -> Result<Identity, Problem> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        // An X.500 name holds one value per attribute type here, and one group is what kubeadm writes as well.
        if let Some(group) = groups.first() {
            params.distinguished_name.push(DnType::OrganizationName, group.as_str());
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(failed("client"))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed("client"))?;
        Ok(Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
        })
    }

    /// Makes the server's TLS configuration. Clients may come without a certificate: a token will do.
    pub(crate) fn server(&self, address: IpAddr) -> Result<Arc<ServerConfig>, Problem> {
        let names = ["localhost".to_owned(), "kubernetes".to_owned(), "kubernetes.default.svc".to_owned()];
        let mut params = CertificateParams::new(names).map_err(failed("server"))?;
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        for ip in [address, IpAddr::from([127, 0, 0, 1])] {
            params.subject_alt_names.push(SanType::IpAddress(ip));
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(failed("server"))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed("server"))?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let authority = CertificateDer::from(self.issuer.der().to_vec());
        self.config(vec![certificate.der().clone(), authority], private).map_err(|error| {
            Problem::new(ProblemKind::Tls, format!("cannot set up the simulation's TLS: {error}"))
        })
    }

    fn config(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.issuer.der().to_vec()))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .allow_unauthenticated()
            .build()?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
