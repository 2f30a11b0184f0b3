//! Which proxy leads to a server: the kubeconfig's, the flag's, or the environment's unless `NO_PROXY` forbids it.

use std::net::IpAddr;

use base64::Engine as _;

use super::Hidden;
use super::env::Env;
use super::target::{Server, authority};
use crate::model::{Problem, ProblemKind};

/// How to speak to a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// CONNECT over plain TCP.
    Http,
    /// CONNECT over TLS.
    Https,
    /// SOCKS 5; we look the server's name up.
    Socks5,
    /// SOCKS 5; the proxy looks the server's name up.
    Socks5h,
}

const SCHEMES: &[(&str, Scheme, u16)] = &[
    ("http", Scheme::Http, 80),
    ("https", Scheme::Https, 443),
    ("socks5", Scheme::Socks5, 1080),
    ("socks5h", Scheme::Socks5h, 1080),
];

/// A proxy and who chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) scheme: Scheme,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// User and password.
    pub(crate) login: Option<(String, Hidden)>,
    /// `--proxy-url`, `proxy-url of the cluster`, `HTTPS_PROXY`.
    pub(crate) source: String,
}

impl Proxy {
    /// Chooses the proxy for `server`. As kubectl, a configured proxy is used whatever `NO_PROXY` says.
    pub(crate) fn choose(
        flag: Option<&str>,
        configured: Option<&str>,
        server: &Server,
        env: &Env,
    ) -> Result<Option<Self>, Problem> {
        let configured = configured.filter(|url| !url.is_empty());
        if let Some(url) = flag.filter(|url| !url.is_empty()) {
            return Self::parse(url, "--proxy-url").map(Some);
        }
        if let Some(url) = configured {
            return Self::parse(url, "the cluster's proxy-url").map(Some);
        }
        let names: &[&str] = if server.tls {
            &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        } else {
            &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
        };
        let Some((name, url)) = env.first(names) else { return Ok(None) };
        let exceptions = env.first(&["NO_PROXY", "no_proxy"]).map(|(_, list)| list).unwrap_or_default();
        if is_loopback(&server.host) || is_excepted(&exceptions, &server.host, server.port) {
            return Ok(None);
        }
        Self::parse(&url, name).map(Some)
    }

    /// Reads a proxy's URL; without a scheme it is an HTTP proxy.
    pub(crate) fn parse(url: &str, source: &str) -> Result<Self, Problem> {
        let wrong = || {
            // The URL may hold a password: it is not repeated.
            Problem::new(ProblemKind::Config, format!("{source} is not a proxy URL"))
                .hint("it should read http://HOST:PORT, https://…, socks5://… or socks5h://…")
        };
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let &(_, scheme, default_port) =
            SCHEMES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(scheme)).ok_or_else(wrong)?;
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let place: http::uri::Authority = place.parse().map_err(|_| wrong())?;
        let host = place.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(wrong());
        }
        let login = login.map(|text| {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            (decode(user), Hidden(decode(password)))
        });
        Ok(Self {
            scheme,
            host,
            port: place.port_u16().unwrap_or(default_port),
            login,
            source: source.to_owned(),
        })
    }

    /// Returns its URL without the login.
    pub(crate) fn shown(&self) -> String {
        let scheme =
            SCHEMES.iter().find(|(_, scheme, _)| *scheme == self.scheme).map_or("", |(name, ..)| name);
        format!("{scheme}://{}", authority(&self.host, self.port))
    }

    /// Returns the value of `Proxy-Authorization`.
    pub(crate) fn authorization(&self) -> Option<String> {
        let (user, password) = self.login.as_ref()?;
        let pair = format!("{user}:{}", password.0);
        Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
    }
}

/// Decodes `%40` and its like in a login.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Tells whether `list` (of `NO_PROXY`) names the host: exactly or as a parent domain, as an address, as a
/// network, with or without a port, or all by `*`.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).any(|item| {
        let item = item.to_ascii_lowercase();
        if item == "*" {
            return true;
        }
        if let Some(network) = item.split_once('/') {
            return address.is_some_and(|address| in_network(network, address));
        }
        let (name, wanted) = split_port(&item);
        if wanted.is_some_and(|wanted| wanted != port) {
            return false;
        }
        if let Ok(wanted) = name.parse::<IpAddr>() {
            return address == Some(wanted);
        }
        let suffix = name.strip_prefix('*').unwrap_or(name);
        match suffix.strip_prefix('.') {
            // `.example.com` and `*.example.com` mean what is below, not the domain itself.
            Some(_) => host.ends_with(suffix),
            None => host == suffix || host.strip_suffix(suffix).is_some_and(|head| head.ends_with('.')),
        }
    })
}

fn split_port(item: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = item.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match item.rsplit_once(':') {
        // More than one colon and no brackets: an IPv6 address.
        Some((name, port)) if !name.contains(':') => (name, port.parse().ok()),
        _ => (item, None),
    }
}

fn in_network((network, bits): (&str, &str), address: IpAddr) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    let same = |a: u128, b: u128, width: u32| {
        bits <= width && (bits == 0 || (a ^ b).checked_shr(width - bits).unwrap_or_default() == 0)
    };
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_names_hosts_domains_networks_and_ports() {
        for (list, host, port, want) in [
            ("*", "api.example.com", 443, true),
            ("example.com", "example.com", 443, true),
            ("example.com", "api.example.com", 443, true),
            ("example.com", "badexample.com", 443, false),
            (".example.com", "api.example.com", 443, true),
            (".example.com", "example.com", 443, false),
            ("*.example.com", "api.example.com", 443, true),
            (" , other ,API.Example.com ,", "api.example.com", 6443, true),
            ("api.example.com:6443", "api.example.com", 6443, true),
            ("api.example.com:6443", "api.example.com", 443, false),
            ("10.0.0.0/8", "10.20.0.4", 6443, true),
            ("10.0.0.0/8", "11.0.0.1", 6443, false),
            ("10.0.0.0/8", "ten.example.com", 6443, false),
            ("0.0.0.0/0", "8.8.8.8", 443, true),
            ("10.0.0.1", "10.0.0.1", 443, true),
            ("10.0.0.1:443", "10.0.0.1", 6443, false),
            ("fd00::/8", "fd12::1", 443, true),
            ("[fd00::1]:443", "fd00::1", 443, true),
            ("fd00::1", "fd00::1", 443, true),
            ("", "api.example.com", 443, false),
        ] {
            assert_eq!(is_excepted(list, host, port), want, "{list:?} {host}:{port}");
        }
    }

    #[test]
    fn the_flag_beats_the_kubeconfig_beats_the_environment() {
        let server = Server::parse("https://api.example.com:6443", true).unwrap();
        let env = Env::of(&[("HTTPS_PROXY", "http://env:3128"), ("NO_PROXY", "example.com")]);
        let choose = |flag, configured, env: &Env| {
            Proxy::choose(flag, configured, &server, env).unwrap().map(|proxy| proxy.shown())
        };
        assert_eq!(choose(Some("socks5h://flag"), Some("http://file"), &env).unwrap(), "socks5h://flag:1080");
        assert_eq!(choose(None, Some("http://file"), &env).unwrap(), "http://file:80");
        assert_eq!(choose(None, None, &env), None, "NO_PROXY names the API server");
        let env = Env::of(&[("all_proxy", "socks5://env:1")]);
        assert_eq!(choose(None, None, &env).unwrap(), "socks5://env:1");
        let local = Server::parse("https://127.0.0.1:6443", true).unwrap();
        assert_eq!(Proxy::choose(None, None, &local, &env).unwrap(), None);
    }

    #[test]
    fn logins_are_decoded_sent_and_never_shown() {
        let proxy = Proxy::parse("http://me:p%40ss@proxy.corp:3128/", "HTTPS_PROXY").unwrap();
        assert_eq!(proxy.authorization().unwrap(), "Basic bWU6cEBzcw==");
        assert_eq!(proxy.shown(), "http://proxy.corp:3128");
        assert!(!format!("{proxy:?}").contains("p@ss"));
        let problem = Proxy::parse("ftp://me:secret@proxy", "HTTPS_PROXY").unwrap_err();
        assert!(!problem.to_string().contains("secret"));
    }
}
