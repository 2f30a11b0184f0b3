//! Certificates and keys: from PEM text, and the dates inside.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::model::{Problem, ProblemKind, Timestamp};

/// A client certificate with its key. Compared by [`Arc::ptr_eq`]: a renewed one is another one.
pub(crate) struct Pair {
    pub(crate) key: Arc<CertifiedKey>,
    pub(crate) expires: Option<Timestamp>,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pair(expires {:?})", self.expires)
    }
}

/// Returns the certificates of a PEM text; other blocks are passed over.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err("holds no PEM certificate".to_owned()),
        Ok(all) => Ok(all),
        Err(error) => Err(format!("is not PEM: {error}")),
    }
}

impl Pair {
    /// Reads a chain and its key.
    ///
    /// # Errors
    /// [`ProblemKind::Config`], naming `owner`, without a piece of either text.
    pub(crate) fn parse(owner: &str, certificate: &[u8], key: &[u8]) -> Result<Arc<Self>, Problem> {
        let wrong = |what: String| Problem::new(ProblemKind::Config, what);
        let chain = certificates(certificate)
            .map_err(|reason| wrong(format!("the client certificate of {owner} {reason}")))?;
        let expires = chain.first().and_then(|der| dates(der)).map(|(_, until)| until);
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            wrong(format!("the client key of {owner} is not a PEM private key"))
                .hint("encrypted keys are not supported: decrypt it with `openssl pkey`")
        })?;
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                wrong(format!("the client key of {owner} does not belong to its client certificate"))
            }
            _ => wrong(format!("the client key of {owner} is of a kind that cannot be used"))
                .hint("use an RSA, P-256, P-384 or Ed25519 key"),
        })?;
        Ok(Arc::new(Self { key: Arc::new(key), expires }))
    }
}

/// Returns the moments between which a certificate is valid.
pub(crate) fn dates(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    const SEQUENCE: u8 = 0x30;
    const EXPLICIT_VERSION: u8 = 0xa0;
    let inside = |(tag, content, _)| (tag == SEQUENCE).then_some(content);
    let mut fields = inside(element(inside(element(der)?)?)?)?;
    if fields.first() == Some(&EXPLICIT_VERSION) {
        fields = element(fields)?.2;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (from_tag, from, rest) = element(inside(element(fields)?)?)?;
    let (until_tag, until, _) = element(rest)?;
    Some((moment(from_tag, from)?, moment(until_tag, until)?))
}

/// Splits one DER element off: its tag, its content, the rest.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn moment(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let full = match tag {
        // UTCTime: two digits of the year, 1950 to 2049.
        0x17 => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(from: i32, until: i32) -> (rcgen::Certificate, rcgen::KeyPair) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 2);
        params.not_after = rcgen::date_time_ymd(until, 3, 4);
        (params.self_signed(&key).unwrap(), key)
    }

    #[test]
    fn dates_are_read_from_both_time_forms() {
        for (from, until) in [(1999, 2030), (2024, 2060)] {
            let (certificate, _) = made(from, until);
            let (after, before) = dates(certificate.der()).unwrap();
            assert_eq!(after.rfc3339(), format!("{from}-01-02T00:00:00Z"));
            assert_eq!(before.rfc3339(), format!("{until}-03-04T00:00:00Z"));
        }
        assert_eq!(dates(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(dates(b""), None);
    }

    #[test]
    fn a_key_of_another_certificate_is_named_as_such() {
        let (certificate, key) = made(2020, 2060);
        let pair = Pair::parse("user \"a\"", certificate.pem().as_bytes(), key.serialize_pem().as_bytes());
        assert_eq!(pair.unwrap().expires.unwrap().rfc3339(), "2060-03-04T00:00:00Z");
        let (_, other) = made(2020, 2060);
        let problem =
            Pair::parse("user \"a\"", certificate.pem().as_bytes(), other.serialize_pem().as_bytes());
        assert!(problem.unwrap_err().what.contains("does not belong"));
        let problem = Pair::parse("user \"a\"", b"nothing", b"nothing").unwrap_err();
        assert_eq!(problem.what, "the client certificate of user \"a\" holds no PEM certificate");
    }
}
