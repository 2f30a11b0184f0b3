//! What is said on a raw stream before HTTP proper: CONNECT, SOCKS 5, and the question for a server's clock.

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::dial::Stream;
use super::proxy::Proxy;
use super::text::{clean, http_date};
use crate::model::{Problem, ProblemKind, Timestamp};

/// Longer heads are not a proxy's.
const HEAD: usize = 16 * 1024;

fn failed(proxy: &Proxy, reason: &str) -> Problem {
    let what = format!("the proxy {} of {} {reason}", proxy.shown(), proxy.source);
    Problem::new(ProblemKind::Proxy, what)
        .hint("check the proxy, or name the server in NO_PROXY when it needs none")
}

/// Asks an HTTP proxy for a tunnel to `destination` (`host:port`).
pub(crate) async fn connect(proxy: &Proxy, mut stream: Stream, destination: &str) -> Result<Stream, Problem> {
    let login =
        proxy.authorization().map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
    let request = format!(
        "CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\nUser-Agent: {}\r\n{login}\r\n",
        super::USER_AGENT
    );
    let broke = |error: io::Error| failed(proxy, &format!("ended the connection: {error}"));
    stream.write_all(request.as_bytes()).await.map_err(broke)?;
    stream.flush().await.map_err(broke)?;
    let head = head(&mut stream).await.map_err(broke)?;
    let first = head.lines().next().unwrap_or_default();
    let mut words = first.splitn(3, ' ');
    let (version, code, reason) = (words.next(), words.next(), words.next());
    if !version.is_some_and(|version| version.starts_with("HTTP/1.")) {
        return Err(failed(proxy, "does not answer in HTTP"));
    }
    match code.unwrap_or_default() {
        "200" => Ok(stream),
        "407" => Err(failed(proxy, "wants a login (407)")
            .hint("write it into the proxy's URL: http://USER:PASSWORD@HOST:PORT")),
        code => {
            let reason = clean(reason.unwrap_or_default());
            Err(failed(proxy, &format!("refuses a tunnel to {destination}: {code} {reason}")))
        }
    }
}

/// Reads up to the empty line; one byte at a time, because what follows belongs to somebody else.
async fn head(stream: &mut Stream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > HEAD {
            return Err(io::Error::other("its answer is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

const SOCKS: u8 = 5;
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
/// RFC 1928, section 6.
const REPLIES: &[(u8, &str)] = &[
    (1, "has a general failure"),
    (2, "does not allow this server"),
    (3, "cannot reach the server's network"),
    (4, "cannot reach the server"),
    (5, "was refused by the server (connection refused)"),
    (6, "got no answer from the server"),
    (7, "does not know the command"),
    (8, "does not know this kind of address"),
];

/// Asks a SOCKS 5 proxy for a connection; `host` is an address or a name that the proxy looks up.
pub(crate) async fn socks(
    proxy: &Proxy,
    mut stream: Stream,
    host: &str,
    port: u16,
) -> Result<Stream, Problem> {
    let refusal = talk(proxy, &mut stream, host, port)
        .await
        .map_err(|error| failed(proxy, &format!("ended the SOCKS dialogue: {error}")))?;
    match refusal {
        None => Ok(stream),
        Some(reason) => Err(failed(proxy, &reason)),
    }
}

/// Returns why the proxy refuses, if it does.
async fn talk(proxy: &Proxy, stream: &mut Stream, host: &str, port: u16) -> io::Result<Option<String>> {
    let hello: &[u8] = match proxy.login {
        Some(_) => &[SOCKS, 2, NO_LOGIN, PASSWORD],
        None => &[SOCKS, 1, NO_LOGIN],
    };
    stream.write_all(hello).await?;
    stream.flush().await?;
    if stream.read_u8().await? != SOCKS {
        return Ok(Some("does not speak SOCKS 5".to_owned()));
    }
    match (stream.read_u8().await?, &proxy.login) {
        (NO_LOGIN, _) => {}
        (PASSWORD, Some((user, password))) => {
            let mut message = vec![1];
            push_short(&mut message, user.as_bytes())?;
            push_short(&mut message, password.0.as_bytes())?;
            stream.write_all(&message).await?;
            stream.flush().await?;
            let _version = stream.read_u8().await?;
            if stream.read_u8().await? != 0 {
                return Ok(Some("refuses the login".to_owned()));
            }
        }
        _ => return Ok(Some("wants a login".to_owned())),
    }
    let mut message = vec![SOCKS, 1, 0];
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            message.push(1);
            message.extend_from_slice(&address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            message.push(4);
            message.extend_from_slice(&address.octets());
        }
        Err(_) => {
            message.push(3);
            push_short(&mut message, host.as_bytes())?;
        }
    }
    message.extend_from_slice(&port.to_be_bytes());
    stream.write_all(&message).await?;
    stream.flush().await?;
    answer(stream).await
}

async fn answer(stream: &mut Stream) -> io::Result<Option<String>> {
    let mut start = [0; 4];
    stream.read_exact(&mut start).await?;
    let [_, reply, _, kind] = start;
    if reply != 0 {
        let known = REPLIES.iter().find(|(code, _)| *code == reply).map(|(_, words)| (*words).to_owned());
        return Ok(Some(known.unwrap_or_else(|| format!("answers with code {reply}"))));
    }
    let bound = match kind {
        1 => 4,
        4 => 16,
        _ => usize::from(stream.read_u8().await?),
    };
    // The bound address and port: of no use to us, but they stand before the server's bytes.
    let mut rest = vec![0; bound + 2];
    stream.read_exact(&mut rest).await?;
    Ok(None)
}

fn push_short(message: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    let length = u8::try_from(bytes.len()).map_err(|_| io::Error::other("a name or password is too long"))?;
    message.push(length);
    message.extend_from_slice(bytes);
    Ok(())
}

/// Returns the `Date` that a server puts on its answer to an anonymous question.
pub(crate) async fn date(mut stream: Stream, authority: &str) -> Option<Timestamp> {
    let request = format!(
        "HEAD /version HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {}\r\nConnection: close\r\n\r\n",
        super::USER_AGENT
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    let head = head(&mut stream).await.ok()?;
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then(|| http_date(value.trim()))?
    })
}
