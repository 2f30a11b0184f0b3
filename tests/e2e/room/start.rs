//! The first picture, with all rights and with few.

use super::picture::{has_row, is_live, line, row, title};
use super::stage::{Place, Stage, apply, fresh, has_nodes, kubectl, try_kubectl};
use crate::peace::peace;

#[test]
fn the_administrator_sees_all_namespaces_and_a_header_that_is_right() {
    let _peace = peace();
    let (here, there) = (Place::new("start"), Place::new("start"));
    let names = ["first".to_owned()];
    here.settings(&names);
    there.settings(&names);
    let version = kubectl(&["version", "-o", "json"]);
    let version: serde_json::Value = serde_json::from_str(&version).expect("JSON");
    let nodes = kubectl(&["get", "nodes", "-o", "name"]).lines().count();
    let context = kubectl(&["config", "current-context"]);
    let stage = Stage::admin();
    let deck = stage.deck_of((180, 50), &["-A", "-c", "roles"]);
    deck.wait_until("objects of all namespaces", |screen| {
        row(screen, "kube-system").is_some() && is_live(screen)
    });
    line(&deck, &format!("cm {},{}", here.name, there.name));
    deck.wait_until("two rows", |screen| {
        has_row(screen, &here.name, &["first"]) && has_row(screen, &there.name, &["first"])
    });
    let served = version["serverVersion"]["gitVersion"].as_str().expect("a version").to_owned();
    deck.wait_until("a header with context, version, nodes and user", |screen| {
        let text = screen.contents();
        let head = text.lines().next().unwrap_or_default();
        let nodes = nodes == 0 || head.contains(&format!("nodes {nodes}"));
        is_live(screen) && nodes && head.contains(context.trim()) && head.contains(&served)
    });
}

#[test]
fn a_user_of_one_namespace_starts_there_and_is_told_what_is_missing() {
    let _peace = peace();
    let Some(stage) = Stage::dev() else { return };
    let thing = Thing::new("team-a", "service");
    let deck = stage.deck(&["-c", "svc"]);
    deck.wait_until("the user's own namespace", |screen| {
        title(screen).contains("Services · team-a") && row(screen, &thing.name).is_some()
    });
    line(&deck, "nodes");
    let text = deck.wait_for("needs verb \"list\" on nodes");
    assert!(text.contains("forbidden"), "{text}");
    line(&deck, "svc all");
    deck.wait_until("what may be seen of all namespaces", |screen| {
        row(screen, &thing.name).is_some() && title(screen).contains("only team-a, may not list all")
    });
    // What is refused stays refused for itself: the next view is whole.
    line(&deck, "secrets");
    deck.wait_for("do not include list on secrets");
    line(&deck, "svc team-a");
    deck.wait_until("the services again", |screen| row(screen, &thing.name).is_some() && is_live(screen));
}

#[test]
fn pods_of_all_namespaces_are_the_first_picture_of_all() {
    let _peace = peace();
    if !has_nodes() {
        return;
    }
    let place = Place::new("first");
    place.pod("web-first", "sleep 86400");
    let stage = Stage::admin();
    let deck = stage.deck(&["-A"]);
    line(&deck, "po /web-first");
    deck.wait_until("a pod that runs", |screen| {
        has_row(screen, "web-first", &[&place.name, "1/1", "Running", "0"]) && is_live(screen)
    });
}

/// A service in a namespace that is not ours.
struct Thing {
    namespace: &'static str,
    name: String,
}

impl Thing {
    fn new(namespace: &'static str, word: &str) -> Self {
        let name = fresh(word);
        apply(&format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {namespace}}}, \
             spec: {{clusterIP: None, ports: [{{port: 80}}]}}}}"
        ));
        Self { namespace, name }
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        let _ = try_kubectl(&["delete", "service", &self.name, "-n", self.namespace, "--ignore-not-found"]);
    }
}
