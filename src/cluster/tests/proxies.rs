//! Proxies: CONNECT and SOCKS 5, with and without a login, and their refusals.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::cluster::doctor::{Surroundings, report};
use crate::model::ProblemKind;

/// What a proxy was asked for.
type Asked = Arc<Mutex<Vec<String>>>;

async fn http_proxy(reply: &'static str) -> (u16, Asked, Task) {
    proxy(None, reply).await
}

/// An HTTP proxy, behind TLS when it has something to show.
async fn proxy(shown: Option<Arc<rustls::ServerConfig>>, reply: &'static str) -> (u16, Asked, Task) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Asked::default();
    let log = asked.clone();
    let task = spawn("http proxy", async move {
        while let Ok((client, _)) = listener.accept().await {
            let mut client: Stream = match &shown {
                None => Box::new(client),
                Some(config) => match tokio_rustls::TlsAcceptor::from(config.clone()).accept(client).await {
                    Ok(client) => Box::new(client),
                    Err(_) => continue,
                },
            };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let target = head.split(' ').nth(1).unwrap().to_owned();
            log.lock().push(head);
            client.write_all(reply.as_bytes()).await.unwrap();
            if reply.contains(" 200 ") {
                let mut server = TcpStream::connect(target).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
            }
        }
    });
    (port, asked, task)
}

async fn socks_proxy(refusal: u8) -> (u16, Asked, Task) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Asked::default();
    let log = asked.clone();
    let task = spawn("socks proxy", async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut hello = [0; 2];
            client.read_exact(&mut hello).await.unwrap();
            let mut methods = vec![0; hello[1].into()];
            client.read_exact(&mut methods).await.unwrap();
            if methods.contains(&2) {
                client.write_all(&[5, 2]).await.unwrap();
                let mut login = [0; 2 + 2 + 1 + 2];
                client.read_exact(&mut login).await.unwrap();
                log.lock().push(String::from_utf8_lossy(&login[2..4]).into_owned());
                client.write_all(&[1, 0]).await.unwrap();
            } else {
                client.write_all(&[5, 0]).await.unwrap();
            }
            let mut head = [0; 4];
            client.read_exact(&mut head).await.unwrap();
            let mut address = vec![0; if head[3] == 1 { 4 } else { client.read_u8().await.unwrap().into() }];
            client.read_exact(&mut address).await.unwrap();
            let port = client.read_u16().await.unwrap();
            let text = String::from_utf8_lossy(&address).into_owned();
            log.lock().push(if head[3] == 1 { format!("ip {address:?}") } else { format!("name {text}") });
            client.write_all(&[5, refusal, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
            if refusal == 0 {
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
            }
        }
    });
    (port, asked, task)
}

fn through(server: &Server, proxy: &str) -> Cluster {
    server
        .opened("token: t", &format!("proxy-url: {proxy}"), &Overrides::default(), Options::default())
        .unwrap()
}

#[tokio::test]
async fn an_http_proxy_is_asked_for_a_tunnel_with_its_login() {
    let server = Server::start(|_, _| version()).await;
    let (port, asked, _task) = http_proxy("HTTP/1.1 200 OK\r\n\r\n").await;
    let cluster = through(&server, &format!("http://me:pw@127.0.0.1:{port}"));
    cluster.get_json("/version", SOON).await.unwrap();
    let head = asked.lock()[0].clone();
    assert!(head.starts_with(&format!("CONNECT 127.0.0.1:{} HTTP/1.1\r\n", server.port)), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic bWU6cHc=\r\n"));
    assert!(!head.contains("Bearer"), "the token is for the server only");
}

#[tokio::test]
async fn a_refusing_proxy_is_named_with_its_source() {
    let server = Server::start(|_, _| version()).await;
    let (port, _asked, _task) = http_proxy("HTTP/1.1 403 Not allowed\r\n\r\n").await;
    let problem =
        through(&server, &format!("http://127.0.0.1:{port}")).get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Proxy);
    assert!(
        problem.what.contains(&format!(
            "the proxy http://127.0.0.1:{port} of the cluster's proxy-url refuses a tunnel"
        )),
        "{problem}"
    );
    assert!(problem.what.ends_with("403 Not allowed"), "{problem}");
    let (port, _asked, _task) = http_proxy("HTTP/1.1 407 Login\r\n\r\n").await;
    let problem =
        through(&server, &format!("127.0.0.1:{port}")).get_json("/version", SOON).await.unwrap_err();
    assert!(problem.what.contains("wants a login"), "{problem}");
}

#[tokio::test]
async fn a_proxy_that_is_away_is_a_proxy_problem() {
    let server = Server::start(|_, _| version()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let problem =
        through(&server, &format!("http://127.0.0.1:{port}")).get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Proxy);
    assert!(problem.what.contains("cannot connect to the proxy"), "{problem}");
}

#[tokio::test]
async fn socks5_looks_names_up_here_and_socks5h_there() {
    let (port, asked, _task) = socks_proxy(0).await;
    let server = Server::start(|_, _| version()).await;
    through(&server, &format!("socks5://127.0.0.1:{port}")).get_json("/version", SOON).await.unwrap();
    assert_eq!(*asked.lock(), ["ip [127, 0, 0, 1]"]);
    asked.lock().clear();
    let flags = Overrides::default();
    let there = format!(
        "server: https://api.invalid:{}\nproxy-url: socks5h://ab:cd@127.0.0.1:{port}\ntls-server-name: 127.0.0.1",
        server.port
    );
    let cluster = server.opened("token: t", &there, &flags, Options::default()).unwrap();
    cluster.get_json("/version", SOON).await.unwrap();
    assert_eq!(*asked.lock(), ["ab", "name api.invalid"]);
}

#[tokio::test]
async fn a_socks_refusal_says_why() {
    let (port, _asked, _task) = socks_proxy(2).await;
    let server = Server::start(|_, _| version()).await;
    let problem =
        through(&server, &format!("socks5://127.0.0.1:{port}")).get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Proxy);
    assert!(problem.what.ends_with("does not allow this server"), "{problem}");
}

/// A server and an https proxy, with certificates of one authority or of two.
async fn behind_tls(one_authority: bool, more: &str) -> (Server, Asked, Task, Cluster) {
    let made = Made::default().identity();
    let shown = if one_authority { made.config.clone() } else { Made::default().identity().config };
    let server = Server::with(Some(made), |_, _| version()).await;
    let (port, asked, task) = proxy(Some(shown), "HTTP/1.1 200 OK\r\n\r\n").await;
    let cluster = format!("proxy-url: https://me:pw@127.0.0.1:{port}\n{more}");
    let cluster = server.opened("token: t", &cluster, &Overrides::default(), Options::default()).unwrap();
    (server, asked, task, cluster)
}

#[tokio::test]
async fn an_https_proxy_of_the_clusters_authority_is_trusted_and_gets_its_login_over_tls() {
    let (_server, asked, _task, cluster) = behind_tls(true, "").await;
    cluster.get_json("/version", SOON).await.unwrap();
    assert!(asked.lock()[0].contains("Proxy-Authorization: Basic bWU6cHc=\r\n"));
}

#[tokio::test]
async fn an_https_proxy_that_nobody_vouches_for_is_a_proxy_problem_and_gets_no_login() {
    let (_server, asked, _task, cluster) = behind_tls(false, "").await;
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Proxy);
    assert!(problem.what.contains("TLS with the proxy https://127.0.0.1:"), "{problem}");
    assert!(!problem.to_string().contains("pw"), "{problem}");
    assert!(problem.hint.unwrap().contains("certificate-authority"));
    assert!(asked.lock().is_empty());
}

#[tokio::test]
async fn a_proxy_that_takes_the_connection_and_says_nothing_is_named_with_the_time() {
    let server = Server::start(|_, _| version()).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let cluster = through(&server, &format!("http://127.0.0.1:{port}"));
    let problem = cluster.get_json("/version", Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Timeout);
    assert!(problem.what.contains("proxy") && problem.what.contains("0.3 s"), "{problem}");
}

#[tokio::test]
async fn the_report_tells_of_the_proxy_and_of_a_wrong_clock_and_keeps_the_secrets() {
    let server = Server::start(|_, _| {
        let mut answer = version();
        answer.headers_mut().insert("date", "Thu, 01 Jan 2026 00:00:00 GMT".parse().unwrap());
        answer
    })
    .await;
    let (port, _asked, _task) = http_proxy("HTTP/1.1 200 OK\r\n\r\n").await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    let cluster = format!("proxy-url: http://me:hunter2@127.0.0.1:{port}");
    std::fs::write(&path, server.kubeconfig("token: s3cr3t", &cluster)).unwrap();
    let overrides = Overrides { kubeconfig: Some(path), ..Overrides::default() };
    let (text, _) = report(&overrides, None, &Surroundings::default()).await;
    for part in ["ok  proxy", &format!("127.0.0.1:{port}"), "this machine's clock is", "set the clock"] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("s3cr3t"), "{text}");
}
