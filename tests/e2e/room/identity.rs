//! Who we are changes under the running program: certificates are renewed, tokens run out.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::picture::{is_broken, is_live, line, row};
use super::stage::{Control, Place, Stage, apply, kubectl};
use crate::peace::{peace, war};

#[test]
fn a_new_certificate_of_the_server_is_taken_without_a_word() {
    let Some(control) = Control::given() else { return };
    let _war = war();
    let place = Place::new("cert");
    place.settings(&["one".to_owned()]);
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm"]);
    deck.wait_until("the row", |screen| row(screen, "one").is_some() && is_live(screen));
    control.run(&["rotate-certs"]);
    control.stop("apiserver").start();
    place.settings(&["two".to_owned()]);
    deck.wait_until("a live table", |screen| row(screen, "two").is_some() && is_live(screen));
}

#[test]
fn a_client_certificate_renewed_in_its_file_is_used_from_then_on() {
    let _peace = peace();
    let Some(dev) = Stage::dev() else { return };
    let stage = Stage::admin();
    let (low, high) = (pair(&dev), pair(&stage));
    let (Some(low), Some(high)) = (low, high) else {
        eprintln!("left out: the kubeconfigs hold no client certificates");
        return;
    };
    let files = Files::in_home(&stage);
    files.write(&low);
    let mut config = view(&stage);
    config["users"][0]["user"] = json!({"client-certificate": files.certificate, "client-key": files.key});
    stage.world.file("kubeconfig", &config.to_string());
    let deck = stage.deck(&["-c", "nodes"]);
    deck.wait_for("needs verb \"list\" on nodes");
    files.write(&high);
    deck.keys("\x12");
    deck.wait_until("what the new certificate may see", |screen| {
        let text = screen.contents();
        is_live(screen) && !text.contains("forbidden") && text.contains("Nodes")
    });
}

/// A client certificate and its key, in PEM.
type Pair = (Vec<u8>, Vec<u8>);

fn pair(stage: &Stage) -> Option<Pair> {
    let user = &view(stage)["users"][0]["user"];
    let part = |name: &str| STANDARD.decode(user[name].as_str()?).ok();
    Some((part("client-certificate-data")?, part("client-key-data")?))
}

fn view(stage: &Stage) -> Value {
    let file = stage.kubeconfig.to_str().expect("UTF-8");
    let text = kubectl(&["config", "view", "--raw", "--minify", "-o", "json", "--kubeconfig", file]);
    serde_json::from_str(&text).expect("JSON")
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn in_home(stage: &Stage) -> Self {
        Self { certificate: stage.world.file("client.crt", ""), key: stage.world.file("client.key", "") }
    }

    fn write(&self, (certificate, key): &Pair) {
        std::fs::write(&self.certificate, certificate).expect("a file");
        std::fs::write(&self.key, key).expect("a file");
    }
}

#[test]
fn an_expired_token_is_said_with_the_next_step_and_a_new_one_in_its_file_is_used() {
    let _peace = peace();
    let place = Place::new("token");
    place.settings(&["one".to_owned()]);
    reader(&place);
    // A token that is bound to an object ends with it, at once and not in ten minutes.
    let token = |name: &str| {
        place.kubectl(&["create", "secret", "generic", name]);
        let bound = ["--bound-object-kind", "Secret", "--bound-object-name", name];
        place.kubectl(&[&["create", "token", "reader"], &bound[..]].concat())
    };
    let stage = Stage::admin();
    let file = stage.world.file("token", token("first").trim());
    let mut config = view(&stage);
    config["users"][0]["user"] = json!({"tokenFile": file});
    config["contexts"][0]["context"]["namespace"] = json!(place.name);
    stage.world.file("kubeconfig", &config.to_string());
    let deck = stage.deck(&["-c", "cm"]);
    deck.wait_until("the rows", |screen| row(screen, "one").is_some() && is_live(screen));
    place.kubectl(&["delete", "secret", "first"]);
    // The server remembers a good token for some seconds.
    let asks = ["auth", "whoami", "--kubeconfig", stage.kubeconfig.to_str().expect("UTF-8")];
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while super::stage::try_kubectl(&asks).status.success() {
        assert!(std::time::Instant::now() < until, "the token still holds");
    }
    line(&deck, "endpointslices");
    let text = deck.wait_until("a refusal in words", |screen| {
        screen.contents().to_lowercase().contains("unauthorized") || screen.contents().contains("401")
    });
    assert!(!text.contains("There are no"), "{text}");
    std::fs::write(&file, token("second").trim()).expect("a file");
    deck.wait_until("the kind, with the new token", |screen| {
        is_live(screen) && !is_broken(screen) && screen.contents().contains("There are no EndpointSlices")
    });
}

/// An account that may read some kinds of its namespace.
fn reader(place: &Place) {
    let namespace = &place.name;
    apply(&format!(
        "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: reader, namespace: {namespace}}}}}\n---\n\
         {{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {{name: reader, namespace: {namespace}}}, \
         rules: [{{apiGroups: [\"\", discovery.k8s.io], resources: [configmaps, endpointslices], \
         verbs: [get, list, watch]}}]}}\n---\n\
         {{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: reader, \
         namespace: {namespace}}}, roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}, \
         subjects: [{{kind: ServiceAccount, name: reader, namespace: {namespace}}}]}}"
    ));
}
