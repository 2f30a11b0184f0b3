//! From a server's name to a stream that requests can be written to: name lookup, proxy, TCP, TLS.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tower::Service;

use super::credentials::Source;
use super::heard::{Heard, Listening};
use super::proxy::{Proxy, Scheme};
use super::target::{Target, authority};
use super::tls::{Trust, client_config};
use super::track::Track;
use super::{stages, tunnel};
use crate::model::{Problem, ProblemKind, Timestamp};

/// A connection, whatever it is made of.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// See [`Wire`].
pub(crate) type Stream = Box<dyn Wire>;

const NAME: Duration = Duration::from_secs(10);
const TCP: Duration = Duration::from_secs(15);
const TLS: Duration = Duration::from_secs(15);
const PROXY: Duration = Duration::from_secs(20);
/// A dead peer is noticed after a keepalive and three probes, or unacknowledged data of this age.
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_PROBE: Duration = Duration::from_secs(5);
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Opens a connection to the target's server; `tls` is `None` for plain HTTP.
pub(crate) async fn dial(
    target: &Target,
    tls: Option<&Arc<ClientConfig>>,
    track: &Track,
) -> Result<Stream, Problem> {
    let server = &target.server;
    let stream = match &target.proxy {
        None => {
            let addresses = lookup(&server.host, server.port, track).await?;
            connect("the server", &server.authority(), addresses, track).await?
        }
        Some(proxy) => through(proxy, target, track).await?,
    };
    let Some(tls) = tls else { return Ok(stream) };
    let name = server_name(target)?;
    let place = server.authority();
    let heard = Heard::default();
    let stream = Listening::to(stream, heard.clone());
    let work = async {
        match TlsConnector::from(tls.clone()).connect(name, stream).await {
            Ok(stream) => {
                track.heard_after(heard.trip());
                let version = stream.get_ref().1.protocol_version().map(|version| format!("{version:?}"));
                let detail = version.unwrap_or_default().replace("TLSv1_", "TLS 1.");
                Ok((Box::new(stream) as Stream, detail))
            }
            Err(error) => {
                let clock = if stages::is_dated(&error) { server_clock(target).await } else { None };
                Err(stages::tls(target, &place, &error, clock))
            }
        }
    };
    track.run("TLS", &place, TLS, work).await
}

fn server_name(target: &Target) -> Result<ServerName<'static>, Problem> {
    let name = target.server_name.as_deref().unwrap_or(&target.server.host);
    ServerName::try_from(name.to_owned()).map_err(|_| {
        Problem::new(ProblemKind::Config, format!("{name:?} cannot be a server name in TLS"))
            .hint("check the server URL, or set tls-server-name")
    })
}

async fn lookup(host: &str, port: u16, track: &Track) -> Result<Vec<SocketAddr>, Problem> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let work = async {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| stages::name(host, &error))?
            .collect();
        let Some(first) = found.first() else {
            return Err(stages::name(host, &std::io::Error::other("the name has no address")));
        };
        let more = if found.len() > 1 { format!(" and {} more", found.len() - 1) } else { String::new() };
        let detail = format!("{host} → {}{more}", first.ip());
        Ok((found, detail))
    };
    track.run("name", host, NAME, work).await
}

/// Connects to the first address that answers, both families at once where there are both.
async fn connect(
    what: &str,
    place: &str,
    addresses: Vec<SocketAddr>,
    track: &Track,
) -> Result<Stream, Problem> {
    let shown = addresses.first().map(ToString::to_string).unwrap_or_default();
    let port = addresses.first().map_or(0, SocketAddr::port);
    let resolver = tower::service_fn(move |_: Name| {
        let addresses = addresses.clone();
        async move { Ok::<_, std::io::Error>(addresses.into_iter()) }
    });
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(TCP));
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_keepalive_interval(Some(KEEPALIVE_PROBE));
    connector.set_keepalive_retries(Some(3));
    #[cfg(any(target_os = "linux", target_os = "android"))]
    connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    let work = async {
        // The name is a placeholder: the resolver above answers for it.
        let uri = http::Uri::builder()
            .scheme("http")
            .authority(format!("resolved.invalid:{port}"))
            .path_and_query("/")
            .build()
            .map_err(|error| Problem::new(ProblemKind::Internal, error.to_string()))?;
        let stream =
            connector.call(uri).await.map_err(|error| stages::tcp(what, place, &error))?.into_inner();
        let peer = stream.peer_addr().ok();
        track.met(peer);
        Ok((Box::new(stream) as Stream, peer.map(|peer| peer.to_string()).unwrap_or_default()))
    };
    track.run("TCP", &shown, TCP, work).await
}

async fn through(proxy: &Proxy, target: &Target, track: &Track) -> Result<Stream, Problem> {
    let server = &target.server;
    let named = |problem: Problem| Problem {
        kind: ProblemKind::Proxy,
        what: format!("{} (the proxy of {})", problem.what, proxy.source),
        ..problem
    };
    let addresses = lookup(&proxy.host, proxy.port, track).await.map_err(named)?;
    let place = authority(&proxy.host, proxy.port);
    let stream = connect("the proxy", &place, addresses, track).await.map_err(named)?;
    // socks5 without h: the name is looked up here, as curl does.
    let destination = match proxy.scheme {
        Scheme::Socks5 => {
            let found = lookup(&server.host, server.port, track).await?;
            found.first().map_or_else(|| server.host.clone(), |address| address.ip().to_string())
        }
        _ => server.host.clone(),
    };
    let doing = format!("{} → {}", proxy.shown(), server.authority());
    let work = async {
        let stream = match proxy.scheme {
            Scheme::Https => proxy_tls(proxy, target, stream).await?,
            _ => stream,
        };
        let stream = match proxy.scheme {
            Scheme::Http | Scheme::Https => tunnel::connect(proxy, stream, &server.authority()).await,
            Scheme::Socks5 | Scheme::Socks5h => tunnel::socks(proxy, stream, &destination, server.port).await,
        }?;
        Ok((stream, doing.clone()))
    };
    track.run("proxy", &doing, PROXY, work).await
}

/// TLS to an https proxy: trusted when the system or the cluster's authority vouches for it.
async fn proxy_tls(proxy: &Proxy, target: &Target, stream: Stream) -> Result<Stream, Problem> {
    let pem = match &target.authority {
        Some(pem) => Some(Source::new(pem.clone(), "certificate authority").read().await?),
        None => None,
    };
    let trust = match &pem {
        // As kubectl: who trusts anybody as the server trusts anybody on the way to it.
        _ if target.insecure => Trust::Anybody,
        Some(pem) => Trust::Either(pem),
        None => Trust::System,
    };
    let config = client_config("the proxy", trust, None)?;
    let failed = |reason: String| {
        let what = format!("TLS with the proxy {} of {} failed: {reason}", proxy.shown(), proxy.source);
        Problem::new(ProblemKind::Proxy, what).hint(
            "the proxy's certificate must be trusted by this system or by the cluster's certificate-authority",
        )
    };
    let name = ServerName::try_from(proxy.host.clone()).map_err(|error| failed(error.to_string()))?;
    let stream =
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(error.to_string()))?;
    Ok(Box::new(stream))
}

/// Asks the server for its clock over an unverified connection that shows no credentials.
async fn server_clock(target: &Target) -> Option<Timestamp> {
    let config = client_config("", Trust::Anybody, None).ok()?;
    let track = Track::quiet();
    let ask = async {
        let server = &target.server;
        let stream = match &target.proxy {
            None => {
                let addresses = lookup(&server.host, server.port, &track).await.ok()?;
                connect("the server", &server.authority(), addresses, &track).await.ok()?
            }
            Some(proxy) => through(proxy, target, &track).await.ok()?,
        };
        let stream = TlsConnector::from(config).connect(server_name(target).ok()?, stream).await.ok()?;
        tunnel::date(Box::new(stream), &server.authority()).await
    };
    tokio::time::timeout(Duration::from_secs(5), ask).await.ok()?
}
