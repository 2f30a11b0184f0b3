//! What lives on the cluster is seen living: a rollout, a crash loop, a kind that comes and goes, a namespace that ends.

use super::picture::{columns, has_row, is_live, line, row, title};
use super::stage::{Place, Stage, apply, fresh, has_nodes, image, try_kubectl};
use crate::peace::{metrics_peace, peace};

#[test]
fn a_deployment_rolls_out_gets_a_bad_image_recovers_and_scales_on_screen() {
    let _peace = peace();
    if !has_nodes() {
        return;
    }
    let place = Place::new("roll");
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "deploy"]);
    let pods = stage.deck(&["-n", &place.name, "-c", "po"]);
    deck.wait_for("There are no Deployments");
    apply(&deployment(&place.name));
    deck.wait_until("none ready of three", |screen| has_row(screen, "web", &["0/3"]));
    deck.wait_until("all ready", |screen| has_row(screen, "web", &["3/3", "3"]));
    pods.wait_until("three pods", |screen| running(screen) == 3);
    place.kubectl(&["set", "image", "deploy/web", "main=localhost/kdeck-no-such-image:1"]);
    deck.wait_until("one pod of the new image, three of the old", |screen| {
        row(screen, "web")
            .is_some_and(|words| words.get(1..4).is_some_and(|cells| cells == ["3/3", "1", "3"]))
    });
    pods.wait_until("a pod whose image cannot be had", |screen| {
        let text = screen.contents();
        running(screen) == 3 && (text.contains("ErrImagePull") || text.contains("ImagePullBackOff"))
    });
    place.kubectl(&["rollout", "undo", "deploy/web"]);
    pods.wait_until("three good pods, no bad one", |screen| {
        running(screen) == 3 && !screen.contents().contains("Image")
    });
    place.kubectl(&["scale", "deploy/web", "--replicas=5"]);
    deck.wait_until("five", |screen| has_row(screen, "web", &["5/5", "5"]));
    pods.wait_until("five pods", |screen| running(screen) == 5);
    place.kubectl(&["delete", "deploy/web"]);
    deck.wait_for("There are no Deployments");
    pods.wait_for("There are no Pods");
}

fn running(screen: &vt100::Screen) -> usize {
    screen.contents().lines().filter(|line| line.contains("web-") && line.contains("Running")).count()
}

fn deployment(namespace: &str) -> String {
    let image = image();
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: {namespace}}}, spec: {{\
           replicas: 3, selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, \
           spec: {{terminationGracePeriodSeconds: 0, containers: [{{name: main, image: \"{image}\", \
           command: [sleep, \"86400\"], \
           readinessProbe: {{exec: {{command: [\"true\"]}}, initialDelaySeconds: 2, periodSeconds: 1}}}}]}}}}}}}}"
    )
}

#[test]
fn a_crash_loop_is_named_and_its_restarts_are_counted_on_screen() {
    let _peace = peace();
    if !has_nodes() {
        return;
    }
    let place = Place::new("crash");
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "po"]);
    place.pod("sad", "exit 3");
    deck.wait_until("the first crash with its exit code", |screen| {
        let text = screen.contents();
        text.contains("sad") && text.contains("exit 3")
    });
    for count in 1..=3 {
        deck.wait_until(&format!("{count} restarts"), |screen| restarts(screen) >= Some(count));
    }
    deck.wait_until("the word for it", |screen| has_row(screen, "sad", &["CrashLoopBackOff", "0/1"]));
    let _ = deck.wait_until("one broken pod in the header", |screen| screen.contents().contains("1 broken"));
}

fn restarts(screen: &vt100::Screen) -> Option<u32> {
    let words = row(screen, "sad")?;
    words.iter().skip(2).find_map(|word| word.parse().ok())
}

#[test]
fn a_kind_that_is_defined_while_we_run_is_seen_and_its_end_is_said() {
    let _peace = peace();
    let place = Place::new("crd");
    place.settings(&["one".to_owned()]);
    let plural = fresh("gadgets").replace('-', "");
    let definition = Definition { name: format!("{plural}.e2e.kdeck.example") };
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm"]);
    deck.wait_until("a live table", is_live);
    apply(&definition.yaml(&plural));
    super::stage::kubectl(&[
        "wait",
        "--for=condition=Established",
        "--timeout=30s",
        &format!("crd/{}", definition.name),
    ]);
    line(&deck, &plural);
    deck.wait_for(&format!("There are no {plural}"));
    apply(&format!(
        "{{apiVersion: e2e.kdeck.example/v1, kind: Gadget, metadata: {{name: lamp, namespace: {}}}, \
           spec: {{colour: green}}}}",
        place.name
    ));
    deck.wait_until("an object with its printer column", |screen| {
        has_row(screen, "lamp", &["green"]) && columns(screen).iter().any(|title| title == "COLOUR")
    });
    drop(definition);
    deck.wait_until("word of the kind's end", |screen| title(screen).contains("no longer served"));
    line(&deck, "cm");
    deck.wait_until("a live table of another kind", |screen| is_live(screen) && row(screen, "one").is_some());
}

/// The definition of a kind; it goes with the guard.
struct Definition {
    name: String,
}

impl Definition {
    fn yaml(&self, plural: &str) -> String {
        let name = &self.name;
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {name}}}\n\
             spec:\n  group: e2e.kdeck.example\n  scope: Namespaced\n\
             \x20 names: {{plural: {plural}, singular: {plural}1, kind: Gadget}}\n\
             \x20 versions:\n  - name: v1\n    served: true\n    storage: true\n\
             \x20   additionalPrinterColumns: [{{name: Colour, type: string, jsonPath: .spec.colour}}]\n\
             \x20   schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}\n"
        )
    }
}

impl Drop for Definition {
    fn drop(&mut self) {
        let _ = try_kubectl(&["delete", "crd", &self.name, "--ignore-not-found", "--wait=false"]);
    }
}

#[test]
fn a_namespace_that_is_deleted_while_we_look_empties_and_what_comes_next_works() {
    let (_peace, _metrics) = (peace(), metrics_peace());
    if !has_nodes() {
        return;
    }
    let place = Place::new("end");
    place.settings(&["one".to_owned(), "two".to_owned()]);
    let stage = Stage::admin();
    let deck = stage.deck(&["-n", &place.name, "-c", "cm"]);
    let spaces = stage.deck(&["-c", &format!("ns /{}", place.name)]);
    deck.wait_until("its objects", |screen| row(screen, "one").is_some() && row(screen, "two").is_some());
    spaces.wait_until("the namespace", |screen| has_row(screen, &place.name, &["Active"]));
    super::stage::kubectl(&["delete", "namespace", &place.name, "--wait=false"]);
    deck.wait_until("an empty table", |screen| row(screen, "one").is_none() && row(screen, "two").is_none());
    spaces.wait_until("the namespace's end", |screen| row(screen, &place.name).is_none());
    deck.wait_for(&format!("namespace \"{}\" not found", place.name));
    line(&deck, "cm kube-system");
    deck.wait_until("another namespace", |screen| {
        is_live(screen) && row(screen, "kube-root-ca.crt").is_some()
    });
}
