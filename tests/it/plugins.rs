//! Credential plugins on a real terminal: what they ask, how they fail, and that the dashboard comes back.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::pty::Pty;
use crate::server::Server;
use crate::world::{World, kdeck};

/// A served cluster that is reached with what a plugin grants.
struct Bench {
    world: World,
    _server: Server,
    kubeconfig: String,
}

impl Bench {
    /// `script` finds its credential in `grant.json`; `more` is added to the entry.
    fn new(script: &str, more: &str) -> Self {
        let world = World::new();
        let server = Server::start(&world);
        let config = std::fs::read_to_string(&server.kubeconfig).expect("a kubeconfig");
        let field = |name: &str| {
            let (_, tail) = config.split_once(&format!("{name}: ")).unwrap_or_else(|| panic!("{name}"));
            tail.lines().next().expect("a value").trim_matches('"').to_owned()
        };
        let pem = |name: &str| {
            use base64::Engine;
            let bytes = base64::engine::general_purpose::STANDARD.decode(field(name)).expect("base64");
            String::from_utf8(bytes).expect("PEM")
        };
        let grant = json!({
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
            "status": {"clientCertificateData": pem("client-certificate-data"),
                "clientKeyData": pem("client-key-data")},
        });
        world.file("grant.json", &grant.to_string());
        let script = format!("#!/bin/sh\ncd {}\necho run >> runs\n{script}\n", world.path().display());
        let plugin = world.file("plugin", &script);
        std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             contexts: [{{name: here, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: \"{}\", certificate-authority-data: {}}}}}]\n\
             users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n\
             \x20     command: {}\n{}\n",
            field("server"),
            field("certificate-authority-data"),
            plugin.display(),
            more.lines().map(|line| format!("      {line}\n")).collect::<String>(),
        );
        let kubeconfig = world.file("plugin.yaml", &text).to_str().expect("UTF-8").to_owned();
        Self { world, _server: server, kubeconfig }
    }

    fn start(&self) -> Pty {
        Pty::start(&self.world, (130, 32), kdeck(), &["--kubeconfig", &self.kubeconfig, "-A"])
    }

    fn runs(&self) -> usize {
        let file = self.world.path().join("runs");
        std::fs::read_to_string(file).unwrap_or_default().lines().count()
    }
}

fn has_pods(screen: &vt100::Screen) -> bool {
    let text = screen.contents();
    screen.alternate_screen() && text.contains("Pods") && text.contains("Running")
}

/// Waits until the plugin's words are on the terminal as a shell has it.
fn wait_for_words(pty: &Pty, words: &str) {
    pty.wait_until(words, |screen| !screen.alternate_screen() && screen.contents().contains(words));
    assert!(pty.is_cooked());
}

#[test]
fn a_plugin_that_asks_gets_the_terminal_and_the_answer_and_gives_it_back() {
    for mode in ["Always", "IfAvailable"] {
        let ask = "case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":true'*) ;; *) echo no terminal >&2; exit 1;; esac\n\
                   printf 'One-time password: ' >&2; read answer; [ \"$answer\" = 4711 ] && cat grant.json";
        let bench = Bench::new(ask, &format!("interactiveMode: {mode}"));
        let pty = bench.start();
        wait_for_words(&pty, "One-time password:");
        pty.keys("4711\r");
        pty.wait_until("pods", has_pods);
        // Once more where it was tried without a terminal first, and never for each of the first requests.
        assert_eq!(bench.runs(), if mode == "Always" { 1 } else { 2 }, "{mode}");
        pty.keys(":svc\r");
        pty.wait_for("Services");
        pty.keys("\x03");
        assert_eq!(pty.wait_end().code(), Some(0));
        assert!(pty.is_cooked());
    }
}

#[test]
fn a_plugin_that_fails_is_read_before_the_dashboard_is_back_with_its_reason() {
    let bench =
        Bench::new("echo 'session expired, run: corp login' >&2; exit 3", "interactiveMode: IfAvailable");
    let pty = bench.start();
    wait_for_words(&pty, "Press Enter to go back");
    let text = pty.wait_for("session expired");
    assert!(text.contains("exit status: 3"), "{text}");
    pty.keys("\r");
    let text = pty.wait_until("the reason", |screen| {
        screen.alternate_screen() && screen.contents().contains("session expired, run: corp login")
    });
    assert!(text.contains("plugin"), "{text}");
    pty.keys("\x03");
    assert_eq!(pty.wait_end().code(), Some(0));
}

#[test]
fn control_c_ends_a_plugin_that_hangs_and_not_the_dashboard() {
    let bench = Bench::new("echo 'waiting for your browser' >&2; exec sleep 600", "interactiveMode: Always");
    let pty = bench.start();
    wait_for_words(&pty, "waiting for your browser");
    pty.keys("\x03");
    pty.wait_until("word of it", |screen| {
        screen.alternate_screen() && screen.contents().contains("credential plugin")
    });
    assert_eq!(bench.runs(), 1, "the terminal is not taken a second time unasked");
    pty.keys("\x03");
    assert_eq!(pty.wait_end().code(), Some(0));
}

#[test]
fn a_plugin_that_is_missing_is_told_with_the_way_to_install_it() {
    let bench = Bench::new("", "interactiveMode: IfAvailable\ninstallHint: get it from the corp shelf");
    std::fs::remove_file(bench.world.path().join("plugin")).expect("a file");
    let pty = bench.start();
    let text = pty.wait_for("get it from the corp shelf");
    assert!(text.contains("is not installed"), "{text}");
}
