//! Certificates: what is refused, in which words, and what may be accepted.

use super::*;
use crate::model::ProblemKind;

async fn refused(identity: Identity, cluster: &str) -> Problem {
    let server = Server::with(Some(identity), |_, _| {
        let mut response = version();
        response.headers_mut().insert("date", "Mon, 01 Jun 2015 12:00:00 GMT".parse().unwrap());
        response
    })
    .await;
    let cluster = server.opened("token: secret", cluster, &Overrides::default(), Options::default()).unwrap();
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert!(
        server.seen().iter().all(|request| request.header("authorization").is_empty()),
        "no token was shown"
    );
    assert_eq!(problem.kind, ProblemKind::Tls, "{problem}");
    problem
}

#[tokio::test]
async fn an_expired_certificate_is_compared_with_the_servers_clock() {
    // The server's clock stands at 2015: its certificate of 2010 to 2020 is good there.
    let problem = refused(Made { years: (2010, 2020), ..Made::default() }.identity(), "").await;
    assert!(problem.what.contains("is valid by the server's clock; your clock is"), "{problem}");
    assert!(problem.hint.unwrap().contains("the server says 12:00:00"));
    let problem = refused(Made { years: (2010, 2012), ..Made::default() }.identity(), "").await;
    assert!(problem.what.contains("days ago by the server's clock"), "{problem}");
    let problem = refused(Made { years: (2080, 2090), ..Made::default() }.identity(), "").await;
    assert!(problem.what.contains("becomes valid in"), "{problem}");
}

#[tokio::test]
async fn a_wrong_name_lists_the_names_in_the_certificate() {
    let problem = refused(Made { name: "api.example", ..Made::default() }.identity(), "").await;
    assert!(problem.what.ends_with("is not for 127.0.0.1; it is for api.example"), "{problem}");
    assert!(problem.hint.unwrap().contains("tls-server-name: api.example"));
}

#[tokio::test]
async fn an_unknown_authority_names_the_cluster_or_the_system() {
    let mut identity = Made::default().identity();
    identity.authority = Made::default().identity().authority;
    let problem = refused(identity, "").await;
    assert!(
        problem.what.contains("not signed by the certificate authority of cluster \"here\""),
        "{problem}"
    );
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart() {
    let plain = Server::with(None, |_, _| version()).await;
    let mut server = Server::start(|_, _| version()).await;
    server.port = plain.port;
    let problem = server.cluster("token: t").get_json("/version", SOON).await.unwrap_err();
    assert!(problem.what.contains("does not speak TLS"), "{problem}");
}

#[tokio::test]
async fn the_given_server_name_and_the_given_blindness_are_obeyed() {
    let start =
        || Server::with(Some(Made { name: "api.example", ..Made::default() }.identity()), |_, _| version());
    let server = start().await;
    let open = |cluster: &str, flags: &Overrides| {
        server.opened("token: t", cluster, flags, Options::default()).unwrap()
    };
    open("tls-server-name: api.example", &Overrides::default()).get_json("/version", SOON).await.unwrap();
    open("insecure-skip-tls-verify: true", &Overrides::default()).get_json("/version", SOON).await.unwrap();
    let flags = Overrides { tls_server_name: Some("api.example".into()), ..Overrides::default() };
    open("", &flags).get_json("/version", SOON).await.unwrap();
}

#[tokio::test]
async fn a_self_signed_server_in_its_own_authority_is_trusted() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let identity = Identity { authority: certificate.pem(), config: server_config(certificate.der(), &key) };
    let server = Server::with(Some(identity), |_, _| version()).await;
    server.cluster("token: t").get_json("/version", SOON).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_a_renewed_file_makes_a_new_connection() {
    let issued = || {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let server = Server::start(|_, _| version()).await;
    let directory = tempfile::tempdir().unwrap();
    let (certificate, key) = (directory.path().join("crt"), directory.path().join("key"));
    let write = |(pem, private): (String, String)| {
        std::fs::write(&certificate, pem).unwrap();
        std::fs::write(&key, private).unwrap();
    };
    write(issued());
    let user = format!("client-certificate: {}\nclient-key: {}", certificate.display(), key.display());
    let cluster = server.cluster(&user);
    for _ in 0..2 {
        cluster.get_json("/version", SOON).await.unwrap();
    }
    let (mut pem, private) = issued();
    pem.push('\n');
    write((pem, private));
    cluster.get_json("/version", SOON).await.unwrap();
    let connections: Vec<_> = server.seen().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

#[tokio::test]
async fn without_an_authority_the_system_decides() {
    let server = Server::start(|_, _| version()).await;
    let cluster = server.opened(
        "token: t",
        "extensions: [{name: no-authority}]",
        &Overrides::default(),
        Options::default(),
    );
    let problem = cluster.unwrap().get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Tls, "{problem}");
    let hint = problem.hint.unwrap_or_default();
    assert!(hint.contains("certificate-authority"), "{} → {hint}", problem.what);
}
