//! Kubeconfig files: which count, how they merge, what is wrong with them, what the flags change.

use std::path::Path;

use super::*;
use crate::cluster::Hidden;
use crate::cluster::target::{Login, Pem, Target};
use crate::model::ProblemKind;

fn write(path: &Path, name: &str, server: &str, user: &str) {
    let text = format!(
        "current-context: {name}\ncontexts:\n- name: {name}\n  context: {{cluster: c, user: u, namespace: {name}-ns}}\n\
         clusters:\n- name: c\n  cluster:\n    server: {server}\n    certificate-authority: ca.crt\n\
         users:\n- name: u\n  user: {user}\n"
    );
    std::fs::write(path, text).unwrap();
}

fn target(path: &Path, flags: Overrides) -> Result<Target, Problem> {
    let flags = Overrides { kubeconfig: Some(path.to_owned()), ..flags };
    let configs = load_from(&flags, &Env::of(&[]))?;
    configs.target(&configs.current(&flags)?, &flags)
}

#[test]
fn the_first_file_wins_and_a_missing_one_is_skipped() {
    let directory = tempfile::tempdir().unwrap();
    let (one, two, gone) =
        (directory.path().join("one"), directory.path().join("two"), directory.path().join("gone"));
    write(&one, "first", "https://one", "{}");
    write(&two, "second", "https://two", "{}");
    let list = format!(":{}:{}::{}:{}", gone.display(), one.display(), two.display(), one.display());
    let configs = load_from(&Overrides::default(), &Env::of(&[("KUBECONFIG", &list)])).unwrap();
    let contexts = configs.contexts();
    let shown: Vec<_> = contexts.iter().map(|c| (&*c.id.0, &*c.server, &*c.namespace, c.current)).collect();
    assert_eq!(
        shown,
        [("first", "https://one", "first-ns", true), ("second", "https://one", "second-ns", false)]
    );
    let files: Vec<_> = configs.files().iter().map(|file| file.found).collect();
    assert_eq!(files, [false, true, true]);
}

#[test]
fn home_is_the_last_resort_and_nothing_at_all_points_to_the_demo() {
    let home = tempfile::tempdir().unwrap();
    let env = Env::of(&[("HOME", home.path().to_str().unwrap())]);
    let flags = Overrides::default();
    let problem = load_from(&flags, &env).unwrap().current(&flags).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::NotFound);
    assert!(problem.hint.unwrap().contains("kdeck demo"));
    std::fs::create_dir(home.path().join(".kube")).unwrap();
    write(&home.path().join(".kube/config"), "home", "https://h", "{}");
    assert_eq!(&*load_from(&flags, &env).unwrap().current(&flags).unwrap().0, "home");
    assert!(load_from(&flags, &Env::of(&[])).unwrap().contexts().is_empty());
}

#[test]
fn wrong_yaml_names_file_line_and_column_and_shows_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    for (text, place) in [
        ("users:\n- name: u\n  user:\n    token: [\n", ":"),
        ("users:\n- name: u\n  user:\n    as-groups: SECRET-VALUE\n", ":4:"),
        ("contexts:\n- name: a\n   context: x\n", ":3:"),
    ] {
        std::fs::write(&path, text).unwrap();
        let problem = target(&path, Overrides::default()).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Config);
        let start = format!("{}{place}", path.display());
        assert!(problem.what.starts_with(&start), "{} should start with {start}", problem.what);
        assert!(!problem.what.contains("SECRET") && !problem.what.contains('\n'), "{}", problem.what);
    }
    let gone = directory.path().join("gone");
    assert!(target(&gone, Overrides::default()).unwrap_err().what.contains("no such kubeconfig file"));
}

#[test]
fn paths_in_a_file_are_relative_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    write(&path, "x", "https://h", "{tokenFile: secrets/token}");
    let target = target(&path, Overrides::default()).unwrap();
    assert!(matches!(&target.authority, Some(Pem::File(file)) if *file == directory.path().join("ca.crt")));
    assert!(
        matches!(&target.login, Login::TokenFile(file, None) if *file == directory.path().join("secrets/token"))
    );
}

#[test]
fn flags_change_what_they_name_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    write(&path, "x", "https://h:6443/base/", "{token: file-token, as: carol}");
    let plain = target(&path, Overrides::default()).unwrap();
    assert_eq!((plain.server.url().as_str(), plain.namespace.as_str()), ("https://h:6443/base", "x-ns"));
    let flags = Overrides {
        namespace: Some("other".into()),
        token: Some(Hidden("flag-token".into())),
        impersonate: Some("dave".into()),
        impersonate_groups: vec!["g".into()],
        tls_server_name: Some("name".into()),
        insecure_skip_tls_verify: true,
        ..Overrides::default()
    };
    assert!(!format!("{flags:?}").contains("flag-token"));
    let changed = target(&path, flags.clone()).unwrap();
    assert_eq!(changed.namespace, "other");
    assert!(matches!(&changed.login, Login::Token(token) if token.0 == "flag-token"));
    assert_eq!(changed.impersonation.user.as_deref(), Some("dave"));
    assert!(changed.insecure && changed.server_name.as_deref() == Some("name"));
    assert_eq!(changed.server, plain.server);
    let elsewhere = flags.elsewhere();
    assert!(elsewhere.token.is_none() && !elsewhere.insecure_skip_tls_verify, "not for another context");
    let alone = Overrides { impersonate_groups: vec!["g".into()], ..Overrides::default() };
    write(&path, "x", "https://h", "{}");
    assert_eq!(target(&path, alone).unwrap_err().kind, ProblemKind::Usage);
}

#[test]
fn what_does_not_exist_is_named_with_its_neighbours() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    write(&path, "staging", "https://h", "{}");
    for (flags, what) in [
        (Overrides { context: Some("stagign".into()), ..Overrides::default() }, "did you mean staging?"),
        (Overrides { cluster: Some("d".into()), ..Overrides::default() }, "did you mean c?"),
        (Overrides { user: Some("v".into()), ..Overrides::default() }, "did you mean u?"),
    ] {
        let problem = target(&path, flags).unwrap_err();
        assert_eq!((problem.kind, problem.hint.as_deref()), (ProblemKind::NotFound, Some(what)));
    }
}

#[test]
fn removed_logins_and_old_plugins_say_what_replaces_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    for (user, hint) in [
        ("{auth-provider: {name: gcp}}", "gke-gcloud-auth-plugin"),
        ("{auth-provider: {name: oidc}}", "kubelogin"),
        (
            "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}",
            "client.authentication.k8s.io/v1",
        ),
        ("{client-certificate: a.crt}", "client-key"),
    ] {
        write(&path, "x", "https://h", user);
        let problem = target(&path, Overrides::default()).unwrap_err();
        assert!(problem.kind == ProblemKind::Config && problem.hint.unwrap().contains(hint), "{user}");
    }
    write(&path, "x", "", "{}");
    assert!(target(&path, Overrides::default()).unwrap_err().what.contains("no usable server URL"));
}

#[test]
fn numbers_anchors_and_json_are_read_as_kubectl_reads_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    let text = "{\"current-context\": \"1\", \"contexts\": [{\"name\": \"1\", \"context\": {\"cluster\": \"c\", \"user\": \"\"}}],
        \"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"10.0.0.1:6443\", \"unknown\": [1]}}], \"users\": null}";
    std::fs::write(&path, text).unwrap();
    assert_eq!(target(&path, Overrides::default()).unwrap().server.url(), "http://10.0.0.1:6443");
    let text = "current-context: 12\ncontexts:\n- name: 12\n  context: {cluster: c, user: 7}\n\
                x: &same {server: 'https://[::1]:6443'}\nclusters:\n- {name: c, cluster: *same}\nusers:\n- {name: 7, user: {token: 12345}}\n";
    std::fs::write(&path, text).unwrap();
    let found = target(&path, Overrides::default()).unwrap();
    assert_eq!((found.server.host.as_str(), found.server.url().as_str()), ("::1", "https://[::1]:6443"));
    assert!(matches!(&found.login, Login::Token(token) if token.0 == "12345"));
}
