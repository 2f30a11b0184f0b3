//! Requests and answers: repeats, refusals, bodies, deadlines, the keeper.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::BodyExt;

use super::*;
use crate::model::ProblemKind;
use crate::store::Bell;

#[tokio::test]
async fn a_401_with_a_new_token_in_the_file_is_asked_once_more() {
    let server = Server::start(|parts, _| match parts.headers["authorization"].to_str().unwrap() {
        "Bearer new" => version(),
        _ => status(401, "Unauthorized", "Unauthorized"),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, "old\n").unwrap();
    let cluster = server.cluster(&format!("tokenFile: {}", token.display()));

    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Unauthorized);
    assert!(problem.what.contains("user \"me\" (token file "), "{}", problem.what);
    assert_eq!(server.seen().len(), 1, "the same token is not shown twice");
    assert!(!cluster.state().connected);

    std::fs::write(&token, "new").unwrap();
    cluster.get_json("/version", SOON).await.unwrap();
    assert!(cluster.state().connected && cluster.state().problem.is_none());
}

#[tokio::test]
async fn requests_carry_agent_host_login_and_impersonation_and_share_a_connection() {
    let server = Server::start(|_, _| version()).await;
    let user =
        "username: bob\npassword: secret\nas: alice\nas-groups: [dev, ops]\nas-user-extra: {\"a/b\": [x]}";
    let cluster = server.cluster(user);
    for _ in 0..3 {
        cluster.get_json("/version?x=1", SOON).await.unwrap();
    }
    let seen = server.seen();
    assert_eq!(seen[0].path, "/version?x=1");
    assert_eq!(seen[0].header("user-agent"), concat!("kdeck/", env!("CARGO_PKG_VERSION")));
    assert_eq!(seen[0].header("host"), format!("127.0.0.1:{}", server.port));
    assert_eq!(seen[0].header("authorization"), "Basic Ym9iOnNlY3JldA==");
    assert_eq!(seen[0].header("impersonate-user"), "alice");
    assert_eq!(seen[0].header("impersonate-extra-a%2Fb"), "x");
    let groups: Vec<_> = seen[0].headers.get_all("impersonate-group").iter().collect();
    assert_eq!(groups, ["dev", "ops"]);
    assert!(seen.iter().all(|request| request.connection == 0), "one connection, kept alive");
    assert_eq!(&*cluster.state().user, "alice (as)");
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_replaced_in_silence() {
    let server = Server::start(|_, _| {
        let mut response = version();
        // Closed by the server right after the answer.
        response.headers_mut().insert("connection", "close".parse().unwrap());
        response
    })
    .await;
    let cluster = server.cluster("token: t");
    for _ in 0..3 {
        cluster.get_json("/version", SOON).await.unwrap();
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn refusals_keep_the_link_and_say_what_is_needed() {
    let message = "pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\" in the namespace \"x\"";
    let server = Server::start(move |parts, _| match parts.uri.path() {
        "/busy" => {
            let mut response = status(429, "TooManyRequests", "too many requests");
            response.headers_mut().insert("retry-after", "9".parse().unwrap());
            response
        }
        "/page" => answer(200, "text/html", "<title>Sign in</title>"),
        "/gone" => status(410, "Expired", "too old resource version: 5 (9)"),
        _ => status(403, "Forbidden", message),
    })
    .await;
    let cluster = server.cluster("token: t");
    let problem = cluster.get_json("/api/v1/namespaces/x/pods", SOON).await.unwrap_err();
    assert_eq!((problem.kind, problem.what.as_str()), (ProblemKind::Forbidden, message));
    assert_eq!(problem.hint.as_deref(), Some("needs verb \"list\" on pods in namespace x"));
    assert!(cluster.state().connected, "a refusal proves that the server is there");
    let busy = cluster.get_json("/busy", SOON).await.unwrap_err();
    assert_eq!((busy.kind, busy.retry_after), (ProblemKind::TooBusy, Some(9)));
    assert_eq!(cluster.get_json("/gone", SOON).await.unwrap_err().kind, ProblemKind::Expired);
    let page = cluster.get_json("/page", SOON).await.unwrap_err();
    assert!(page.kind == ProblemKind::Malformed && page.what.contains("Sign in"), "{page}");
}

#[tokio::test]
async fn gzip_is_decoded_unless_the_bytes_are_wanted_raw() {
    let member = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let packed = [member("{\"a\":1}\n"), member("{\"b\":2}\n")].concat();
    let bytes = packed.clone();
    let server = Server::start(move |_, _| {
        let mut response = answer(200, "application/json", bytes.clone());
        response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
        response
    })
    .await;
    let cluster = server.cluster("token: t");
    let get = |raw: bool| {
        let mut request = http::Request::get("/x").header("accept-encoding", "gzip");
        if raw {
            request = request.header(crate::cluster::RAW, "1");
        }
        cluster.send(request.body(Vec::new()).unwrap(), SOON)
    };
    let plain = get(false).await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_eq!(plain.into_body().collect().await.unwrap().to_bytes(), "{\"a\":1}\n{\"b\":2}\n");
    let raw = get(true).await.unwrap();
    assert_eq!(raw.headers()["content-encoding"], "gzip");
    assert_eq!(raw.into_body().collect().await.unwrap().to_bytes(), packed);
    assert!(server.seen().iter().all(|request| request.header(crate::cluster::RAW).is_empty()));
}

#[tokio::test]
async fn writes_do_not_pass() {
    let server = Server::start(|_, _| version()).await;
    let cluster = server.cluster("token: t");
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let request = http::Request::builder().method(method).uri("/api/v1/pods").body(Vec::new()).unwrap();
        assert_eq!(cluster.send(request, SOON).await.unwrap_err().kind, ProblemKind::Internal);
    }
    let post = http::Request::post("/api/v1/namespaces").body(Vec::new()).unwrap();
    let post = cluster.send_review(post, SOON).await;
    assert_eq!(post.unwrap_err().kind, ProblemKind::Internal);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_is_noticed_and_the_stage_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = Server::start(|_, _| version()).await;
    server.port = port;
    let short = Duration::from_millis(150);
    let problem = server.cluster("token: t").get_json("/version", short).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Timeout);
    assert!(
        problem.what.contains("no TLS handshake within 0.1 s") || problem.what.contains("within 0.2 s"),
        "{problem}"
    );
    server.authority = None;
    let problem = server.cluster("token: t").get_json("/version", short).await.unwrap_err();
    assert!(problem.what.contains("no answer to the request"), "{problem}");
    assert!(problem.what.contains("GET /version"), "{problem}");
}

#[tokio::test]
async fn nothing_listening_and_unknown_names_are_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut server = Server::start(|_, _| version()).await;
    server.port = port;
    let problem = server.cluster("token: t").get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Tcp);
    assert!(problem.what.contains("connection refused"), "{problem}");
    let nowhere = "server: https://no-such-host.invalid";
    let cluster = server.opened("token: t", nowhere, &Overrides::default(), Options::default()).unwrap();
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Dns);
    assert!(problem.what.starts_with("cannot look up no-such-host.invalid: "), "{problem}");
}

#[tokio::test]
async fn a_body_cut_in_the_middle_says_so_and_is_not_reused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut server = Server::with(None, |_, _| version()).await;
    server.port = listener.local_addr().unwrap().port();
    let task = spawn("cutter", async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"items\":[").await;
        }
    });
    let cluster = server.cluster("token: t");
    let problem = cluster.get_json("/x", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Cut);
    assert!(problem.what.contains("in the middle of an answer"), "{problem}");
    assert_eq!(cluster.stack().unwrap().pool.idle(), 0);
    drop(task);
}

#[tokio::test]
async fn the_keeper_connects_tells_the_version_notices_loss_and_comes_back() {
    let broken = Arc::new(AtomicBool::new(false));
    let flag = broken.clone();
    let server = Server::start(move |_, _| {
        if flag.load(Ordering::SeqCst) {
            answer(502, "text/html", "<title>Bad gateway</title>")
        } else {
            version()
        }
    })
    .await;
    let bell = Arc::new(Bell::default());
    let options = Options { bell: bell.clone(), ..Options::default() };
    let cluster = server.opened("token: t", "", &Overrides::default(), options).unwrap();
    assert!(!cluster.state().connected);
    cluster.connect();
    until("connected", || cluster.state().connected && cluster.state().version.is_some()).await;
    until("a round trip is known", || cluster.state().round_trip.is_some()).await;
    let state = cluster.state();
    assert_eq!(state.version.as_deref(), Some("v1.37.2"));
    assert_eq!(state.clock_skew.map(|skew| skew.abs() <= 1), Some(true));
    let names: Vec<_> = state.stages.iter().map(|stage| stage.name).collect();
    assert_eq!(names, ["credentials", "TCP", "TLS", "HTTP", "access"]);
    assert!(state.stages.iter().all(|stage| stage.result == Some(Ok(())) && stage.took.is_some()));
    assert!(bell.take(), "the bell was rung");

    broken.store(true, Ordering::SeqCst);
    cluster.get_json("/api", SOON).await.unwrap_err();
    assert!(!cluster.state().connected);
    until("the keeper tries", || cluster.state().retry_at.is_some()).await;
    assert!(cluster.state().problem.unwrap().what.contains("Bad gateway"));
    broken.store(false, Ordering::SeqCst);
    cluster.try_now();
    until("connected again", || cluster.state().connected).await;
    assert_eq!(cluster.state().problem, None);

    let stack = Arc::downgrade(cluster.stack().unwrap());
    drop(cluster);
    until("the keeper ends with the last handle", || stack.strong_count() == 0).await;
}

#[tokio::test]
async fn cutting_the_pool_ends_streams_under_way() {
    let server = Server::start(|_, _| {
        let endless = futures::stream::pending::<Result<http_body::Frame<Bytes>, Problem>>();
        let first = futures::stream::iter([Ok(http_body::Frame::data(Bytes::from_static(b"{}\n")))]);
        let body = http_body_util::StreamBody::new(futures::StreamExt::chain(first, endless));
        Response::new(Body::wrap(body))
    })
    .await;
    let cluster = server.cluster("token: t");
    let request = http::Request::get("/watch").body(Vec::new()).unwrap();
    let mut body = cluster.send(request, SOON).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "{}\n");
    cluster.stack().unwrap().pool.cut();
    let end = tokio::time::timeout(SOON, body.frame()).await.expect("the stream ends");
    assert_eq!(end.unwrap().unwrap_err().kind, ProblemKind::Cut);
}
