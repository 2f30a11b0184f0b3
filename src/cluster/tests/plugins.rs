//! Credential plugins: one run for all, their words, their expiry, their terminal.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use futures::future::BoxFuture;

use super::*;
use crate::cluster::TerminalHandover;
use crate::model::ProblemKind;

fn plugin(directory: &Path, script: &str) -> String {
    let path = directory.join("plugin");
    std::fs::write(&path, format!("#!/bin/sh\ncd {}\necho run >> runs\n{script}\n", directory.display()))
        .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn user(command: &str, more: &str) -> String {
    format!(
        "exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: {command}\n{}",
        indented(more).replace("    ", "  ")
    )
}

fn credential(status: &str) -> String {
    format!(
        "echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{{status}}}}}'"
    )
}

fn runs(directory: &Path) -> usize {
    std::fs::read_to_string(directory.join("runs")).unwrap_or_default().lines().count()
}

async fn picky() -> Server {
    Server::start(|parts, _| match parts.headers["authorization"].to_str().unwrap() {
        "Bearer good" => version(),
        _ => status(401, "Unauthorized", "Unauthorized"),
    })
    .await
}

#[tokio::test]
async fn twenty_requests_share_one_run() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let command = plugin(
        directory.path(),
        &credential("\"token\":\"good\",\"expirationTimestamp\":\"2090-01-01T00:00:00Z\""),
    );
    let cluster = server.cluster(&user(&command, ""));
    let all = futures::future::join_all((0..20).map(|_| cluster.get_json("/version", SOON))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(runs(directory.path()), 1);
}

#[tokio::test]
async fn a_401_runs_the_plugin_once_more_and_asks_once_more() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let script = format!(
        "if [ $(wc -l < runs) = 1 ]; then {}; else {}; fi",
        credential("\"token\":\"stale\""),
        credential("\"token\":\"good\"")
    );
    let cluster = server.cluster(&user(&plugin(directory.path(), &script), ""));
    cluster.get_json("/version", SOON).await.unwrap();
    let shown: Vec<_> =
        server.seen().iter().map(|request| request.header("authorization").to_owned()).collect();
    assert_eq!(shown, ["Bearer stale", "Bearer good"]);
    cluster.get_json("/version", SOON).await.unwrap();
    assert_eq!(runs(directory.path()), 2, "the good token is kept");
}

#[tokio::test]
async fn a_token_that_stays_refused_names_user_and_plugin() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let cluster = server.cluster(&user(&plugin(directory.path(), &credential("\"token\":\"bad\"")), ""));
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Unauthorized);
    assert!(problem.what.contains("user \"me\" (credential plugin "), "{problem}");
    assert!(problem.hint.unwrap().contains("log in again"));
    assert_eq!(runs(directory.path()), 2);
}

#[tokio::test]
async fn a_failing_plugin_shows_its_stderr_and_never_its_stdout() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let script = "echo TOKEN-SECRET; printf 'session expired\\n\\033[31mrun: corp login\\n' >&2; exit 3";
    let cluster = server.cluster(&user(&plugin(directory.path(), script), "interactiveMode: Never"));
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Unauthorized);
    assert!(
        problem.what.ends_with("failed with exit status: 3: session expired · run: corp login"),
        "{problem}"
    );
    assert!(!problem.to_string().contains("SECRET"));
    cluster.get_json("/version", SOON).await.unwrap_err();
    assert_eq!(runs(directory.path()), 1, "a failure answers everybody for a moment");
    cluster.stack().unwrap().credentials.forgive();
    cluster.get_json("/version", SOON).await.unwrap_err();
    assert_eq!(runs(directory.path()), 2);
    let script = "echo TOKEN-SECRET";
    let cluster = server.cluster(&user(&plugin(directory.path(), script), ""));
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert!(
        problem.what.contains("did not print an ExecCredential") && !problem.to_string().contains("SECRET"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_missing_plugin_gives_its_install_hint() {
    let server = picky().await;
    let cluster = server.cluster(&user("no-such-plugin-here", "installHint: get it from the shelf"));
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert!(problem.what.contains("\"no-such-plugin-here\" of user \"me\" is not installed"), "{problem}");
    assert_eq!(problem.hint.as_deref(), Some("get it from the shelf"));
}

#[tokio::test]
async fn the_plugin_is_told_of_the_cluster_and_gets_its_variables() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let script = format!(
        "echo \"$KUBERNETES_EXEC_INFO\" > info; echo \"$FLAVOUR $1\" > env; {}",
        credential("\"token\":\"good\"")
    );
    let more = "provideClusterInfo: true\nargs: [first]\nenv: [{name: FLAVOUR, value: mild}]";
    let cluster = server.cluster(&user(&plugin(directory.path(), &script), more));
    cluster.get_json("/version", SOON).await.unwrap();
    let info = std::fs::read(directory.path().join("info")).unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(info["kind"], "ExecCredential");
    assert_eq!(info["spec"]["interactive"], false);
    assert_eq!(info["spec"]["cluster"]["server"], server.url());
    assert!(info["spec"]["cluster"]["certificate-authority-data"].is_string());
    assert_eq!(std::fs::read_to_string(directory.path().join("env")).unwrap(), "mild first\n");
}

#[derive(Debug, Default)]
struct Lent(Mutex<usize>);

impl TerminalHandover for Lent {
    fn run(
        &self,
        mut command: tokio::process::Command,
    ) -> BoxFuture<'_, std::io::Result<std::process::Output>> {
        *self.0.lock() += 1;
        Box::pin(async move { command.stderr(std::process::Stdio::null()).output().await })
    }
}

#[tokio::test]
async fn the_terminal_is_lent_only_when_it_is_needed() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let asks = format!(
        "case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":true'*) {};; *) exit 1;; esac",
        credential("\"token\":\"good\"")
    );
    let command = plugin(directory.path(), &asks);
    for (mode, lent, ok) in [("IfAvailable", 1, true), ("Always", 1, true), ("Never", 0, false)] {
        let terminal = Arc::new(Lent::default());
        let options = Options { terminal: Some(terminal.clone()), ..Options::default() };
        let user = user(&command, &format!("interactiveMode: {mode}"));
        let cluster = server.opened(&user, "", &Overrides::default(), options).unwrap();
        assert_eq!(cluster.get_json("/version", SOON).await.is_ok(), ok, "{mode}");
        assert_eq!(*terminal.0.lock(), lent, "{mode}");
    }
    let cluster = server.cluster(&user(&command, "interactiveMode: Always"));
    let problem = cluster.get_json("/version", SOON).await.unwrap_err();
    assert!(problem.what.contains("needs a terminal"), "{problem}");
}

#[tokio::test]
async fn after_a_login_in_vain_the_terminal_is_not_taken_again_unasked() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let command = plugin(directory.path(), "exit 1");
    let terminal = Arc::new(Lent::default());
    let options = Options { terminal: Some(terminal.clone()), ..Options::default() };
    let cluster = server.opened(&user(&command, ""), "", &Overrides::default(), options).unwrap();
    let credentials = &cluster.stack().unwrap().credentials;
    for (asked, lent) in [(false, 1), (false, 1), (true, 2)] {
        credentials.lapse();
        if asked {
            credentials.forgive();
        }
        cluster.get_json("/version", SOON).await.unwrap_err();
        assert_eq!(*terminal.0.lock(), lent, "asked for: {asked}");
    }
}

#[tokio::test]
async fn a_grant_about_to_expire_is_renewed_before_it_is_refused() {
    let server = picky().await;
    let directory = tempfile::tempdir().unwrap();
    let soon = crate::model::Timestamp(crate::cluster::text::now().0 + 30).rfc3339();
    let grant = credential(&format!("\"token\":\"good\",\"expirationTimestamp\":\"{soon}\""));
    let cluster = server.cluster(&user(&plugin(directory.path(), &grant), ""));
    for (age, want) in [(0, 1), (5, 1), (11, 2)] {
        cluster.stack().unwrap().credentials.age(Duration::from_secs(age));
        cluster.get_json("/version", SOON).await.unwrap();
        assert_eq!(runs(directory.path()), want, "after {age} s");
    }
}
