//! Diagnosis: what a failed stage of connecting means, and what to do next.

use std::io;

use rustls::{AlertDescription, CertificateError};

use super::target::Target;
use super::text::{now, span};
use crate::model::{Problem, ProblemKind, Timestamp};

/// Name lookup failed.
pub(crate) fn name(host: &str, error: &io::Error) -> Problem {
    let reason = error.to_string();
    let reason = reason.strip_prefix("failed to lookup address information: ").unwrap_or(&reason);
    Problem::new(ProblemKind::Dns, format!("cannot look up {host}: {reason}"))
        .hint("check the server's name in the kubeconfig, the VPN and the name service")
}

/// No TCP connection. `what` is the server or a proxy.
pub(crate) fn tcp(what: &str, place: &str, error: &(dyn std::error::Error + 'static)) -> Problem {
    let kind = find::<io::Error>(error).map_or(io::ErrorKind::Other, io::Error::kind);
    let (words, hint) = match kind {
        io::ErrorKind::ConnectionRefused => (
            "connection refused: nothing listens there".to_owned(),
            "is it running, is the port right, is the tunnel to it up?",
        ),
        io::ErrorKind::TimedOut => (
            "no TCP connection in time".to_owned(),
            "a firewall or a missing VPN drops the packets: check the route to the server",
        ),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            ("no route to it".to_owned(), "check the network and the VPN")
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => (
            "the connection was reset".to_owned(),
            "a firewall or load balancer refuses it: check port and access list",
        ),
        _ => (root(error), "check the server's address in the kubeconfig and the network"),
    };
    Problem::new(ProblemKind::Tcp, format!("cannot connect to {what} {place}: {words}")).hint(hint)
}

/// A TLS handshake failed. `server_clock` is the server's `Date`, when the certificate's dates are the reason.
pub(crate) fn tls(
    target: &Target,
    place: &str,
    error: &(dyn std::error::Error + 'static),
    server_clock: Option<Timestamp>,
) -> Problem {
    let Some(error) = rustls_error(error) else {
        let problem = match find::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => Problem::new(
                ProblemKind::Tls,
                format!("{place} closed the connection during the TLS handshake"),
            ),
            _ => Problem::new(ProblemKind::Tls, format!("TLS with {place} failed: {}", root(error))),
        };
        return problem.hint("check that this port speaks TLS, and the load balancer or proxy in between");
    };
    match error {
        rustls::Error::InvalidCertificate(reason) => certificate(target, place, reason, server_clock),
        rustls::Error::AlertReceived(alert) => alert_received(target, *alert),
        rustls::Error::InvalidMessage(_) => {
            Problem::new(ProblemKind::Tls, format!("{place} does not speak TLS"))
                .hint("check the port; should the server URL begin with http:// ?")
        }
        rustls::Error::PeerIncompatible(why) => Problem::new(
            ProblemKind::Tls,
            format!("{place} and kdeck have no TLS version or cipher in common: {why:?}"),
        )
        .hint("the server must offer TLS 1.2 or 1.3"),
        other => Problem::new(ProblemKind::Tls, format!("TLS with {place} failed: {other}")),
    }
}

fn certificate(
    target: &Target,
    place: &str,
    reason: &CertificateError,
    server_clock: Option<Timestamp>,
) -> Problem {
    use CertificateError as E;
    let problem = |what: String| Problem::new(ProblemKind::Tls, what);
    match reason {
        E::Expired | E::NotValidYet => problem(format!("the certificate of {place} is not valid now"))
            .hint("check the clocks on both sides"),
        E::ExpiredContext { not_after, .. } => {
            dated(place, Limit::Until(seconds(not_after.as_secs())), server_clock, now())
        }
        E::NotValidYetContext { not_before, .. } => {
            dated(place, Limit::From(seconds(not_before.as_secs())), server_clock, now())
        }
        E::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let list = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
            let hint = match names.iter().find(|name| !name.contains('*')) {
                Some(name) => format!("use one of these names as server, or set tls-server-name: {name}"),
                None => "the server needs a certificate with a subject alternative name".to_owned(),
            };
            problem(format!("the certificate of {place} is not for {}; it is for {list}", expected.to_str()))
                .hint(hint)
        }
        E::NotValidForName => problem(format!("the certificate of {place} is for another name"))
            .hint("set tls-server-name to a name in the certificate"),
        E::UnknownIssuer | E::BadSignature => {
            let (whose, hint) = match &target.authority {
                Some(_) => (
                    format!("the certificate authority of cluster {:?}", target.cluster),
                    "the cluster was rebuilt, or a proxy replaces certificates: fetch its kubeconfig anew",
                ),
                None => (
                    "any authority that this system trusts".to_owned(),
                    "set certificate-authority for the cluster, or give --certificate-authority",
                ),
            };
            problem(format!("the certificate of {place} is not signed by {whose}")).hint(hint)
        }
        E::Revoked => problem(format!("the certificate of {place} is revoked")),
        other => problem(format!("the certificate of {place} cannot be accepted: {other}")),
    }
}

#[derive(Clone, Copy)]
enum Limit {
    From(Timestamp),
    Until(Timestamp),
}

/// A clock difference that explains a certificate's dates.
const SKEWED: i64 = 60;

fn dated(place: &str, limit: Limit, server: Option<Timestamp>, ours: Timestamp) -> Problem {
    let (at, state) = match limit {
        Limit::From(at) => (at, "becomes valid"),
        Limit::Until(at) => (at, "expired"),
    };
    let skewed = server.filter(|server| (server.0 - ours.0).abs() > SKEWED);
    let Some(server) = skewed else {
        let (when, hint) = match limit {
            Limit::From(_) => {
                (format!("in {}", span(at.0 - ours.0)), "wait, or renew the server's certificate")
            }
            Limit::Until(_) => (
                format!("{} ago", span(ours.0 - at.0)),
                "renew the server's certificate (`kubeadm certs renew apiserver`)",
            ),
        };
        let what = format!("the certificate of {place} {state} {when} ({})", at.rfc3339());
        return Problem::new(ProblemKind::Tls, what).hint(hint);
    };
    let ahead = if ours > server { "ahead" } else { "behind" };
    let clock = format!("your clock is {} {ahead}", span(ours.0 - server.0));
    let good = match limit {
        Limit::From(at) => server >= at,
        Limit::Until(at) => server <= at,
    };
    let what = if good {
        format!("the certificate of {place} is valid by the server's clock; {clock}")
    } else {
        let when = match limit {
            Limit::From(_) => format!("in {}", span(at.0 - server.0)),
            Limit::Until(_) => format!("{} ago", span(server.0 - at.0)),
        };
        format!("the certificate of {place} {state} {when} by the server's clock; {clock}")
    };
    let time = |at: Timestamp| at.rfc3339().get(11..19).unwrap_or_default().to_owned();
    Problem::new(ProblemKind::Tls, what).hint(format!(
        "set this machine's clock (the server says {}, this machine {} UTC)",
        time(server),
        time(ours)
    ))
}

fn alert_received(target: &Target, alert: AlertDescription) -> Problem {
    use AlertDescription as A;
    let ours = matches!(
        alert,
        A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::UnknownCA
            | A::AccessDenied
            | A::DecryptError
            | A::CertificateRequired
    );
    if !ours {
        let hint = if alert == A::UnrecognisedName {
            "the server does not know the name asked for: set tls-server-name"
        } else {
            "check the load balancer or proxy in between"
        };
        return Problem::new(ProblemKind::Tls, format!("the server ended the TLS handshake: {alert:?}"))
            .hint(hint);
    }
    let user = &target.user;
    let (what, hint) = match (alert, target.certificate.is_some()) {
        (A::CertificateRequired, _) | (_, false) => (
            format!("the server wants a client certificate, and user {user:?} has none that it accepts"),
            "set client-certificate and client-key for the user, or choose another context",
        ),
        (A::CertificateExpired, true) => {
            (format!("the client certificate of user {user:?} has expired"), "fetch a new kubeconfig")
        }
        _ => (
            format!("the server does not accept the client certificate of user {user:?} ({alert:?})"),
            "it is expired or of another cluster's authority: fetch a new kubeconfig",
        ),
    };
    Problem::new(ProblemKind::Tls, what).hint(hint)
}

/// Returns whether an error is about a certificate's dates, so that asking for the server's clock is worth a connection.
pub(crate) fn is_dated(error: &(dyn std::error::Error + 'static)) -> bool {
    use CertificateError as E;
    matches!(
        rustls_error(error),
        Some(rustls::Error::InvalidCertificate(
            E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. }
        ))
    )
}

/// A request failed after the connection stood.
pub(crate) fn http(target: &Target, place: &str, error: &(dyn std::error::Error + 'static)) -> Problem {
    // With TLS 1.3 a refused client certificate shows only now.
    if rustls_error(error).is_some() {
        return tls(target, place, error, None);
    }
    let what = match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => {
            return Problem::new(ProblemKind::Malformed, format!("{place} does not answer in HTTP"))
                .hint("check the port; should the server URL begin with https:// ?");
        }
        _ => root(error),
    };
    Problem::new(ProblemKind::Cut, format!("the connection to {place} ended before an answer: {what}"))
        .hint("the server or something on the way closed it; kdeck tries again")
}

fn seconds(value: u64) -> Timestamp {
    Timestamp(i64::try_from(value).unwrap_or(i64::MAX))
}

/// webpki presents names as `DnsName("a.example")`.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).or_else(|| name.split_once('(')?.1.strip_suffix(')')).unwrap_or(name)
}

fn rustls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    find::<rustls::Error>(error)
}

/// Finds a typed cause; looks into io errors, whose inner error is not their `source`.
fn find<'a, T: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The innermost message.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_521_600;

    #[test]
    fn a_wrong_clock_is_told_from_a_wrong_certificate() {
        let at = |hours: i64| Timestamp(NOON + hours * 3600);
        let text = |limit, server, ours| dated("api", limit, server, ours).what;
        assert_eq!(
            text(Limit::Until(at(-2)), Some(at(0)), at(3)),
            "the certificate of api expired 2 h ago by the server's clock; your clock is 3 h ahead"
        );
        assert_eq!(
            text(Limit::Until(at(2)), Some(at(0)), at(3)),
            "the certificate of api is valid by the server's clock; your clock is 3 h ahead"
        );
        assert_eq!(
            text(Limit::From(at(-2)), Some(at(0)), at(-5)),
            "the certificate of api is valid by the server's clock; your clock is 5 h behind"
        );
        assert!(
            text(Limit::Until(at(-2)), Some(at(0)), at(0))
                .starts_with("the certificate of api expired 2 h ago (")
        );
        assert!(
            text(Limit::From(at(4)), None, at(0))
                .starts_with("the certificate of api becomes valid in 4 h (")
        );
    }

    #[test]
    fn names_in_certificates_are_shown_bare() {
        assert_eq!(bare("DnsName(\"a.example\")"), "a.example");
        assert_eq!(bare("IpAddress(10.0.0.1)"), "10.0.0.1");
    }
}
