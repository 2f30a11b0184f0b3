//! Pods in bulk: a hundred thousand of them from a few templates, in a moment and in little memory.
//!
//! A generated pod is a template and two dozen short strings of its own. Each family is a deployment with its
//! replica set, so that owners and relations hold; changing such a pod through the API makes it an ordinary one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::World;
use super::controllers::{owner_ref, pod_of};
use super::entry::{Body, Draft, Entry, Facts, Key, RV_MARK, Template};
use super::form::typed;
use super::kinds::Served;
use super::pod::{self, Look};
use super::printers::{at, text_at};
use super::scenario::nodes;
use super::store::Expect;
use super::time::Random;
use super::{admit, managed};
use crate::model::{Text, Timestamp};

/// Pods per family.
const FAMILY: usize = 200;

/// What a generated pod can look like: share in a hundred, restarts at most, phase, readiness.
const LOOKS: &[(usize, usize)] = &[(96, 3), (3, 40), (1, 0)];
const READY: usize = 0;
const CRASHING: usize = 1;

/// Families, and where their pods are.
#[derive(Default)]
pub(crate) struct Bulk {
    pods: Vec<(Key, usize)>,
    families: Vec<Arc<Family>>,
}

struct Family {
    namespace: Text,
    set: Text,
    labels: Arc<[(Text, Text)]>,
    owner: Text,
    templates: Vec<Arc<Template>>,
    nodes: Vec<(Text, String)>,
    created: i64,
}

/// The own values of a pod, by their place in the template.
struct Own<'a> {
    name: &'a str,
    uid: String,
    node: usize,
    ip: String,
    created: String,
    started: String,
    restarts: usize,
    died: String,
    token: String,
    container: String,
}

/// Adds generated pods until there are `total`.
pub(crate) fn fill(world: &World, total: usize) {
    let have = world.store.count("pods");
    let missing = total.saturating_sub(have);
    if missing == 0 {
        return;
    }
    let mut random = Random::new(world.options.seed.wrapping_add(99));
    let mut bulk = Bulk::default();
    let mut drafts = Vec::with_capacity(missing);
    let mut left = missing;
    while left > 0 {
        let size = left.min(FAMILY);
        let index = bulk.families.len();
        let Some(family) = family(world, index, size, &mut random) else { return };
        for _ in 0..size {
            let name = format!("{}-{}", family.set, random.suffix(5));
            let key = Key { namespace: family.namespace.clone(), name: name.into() };
            let roll = random.below(100);
            let look = LOOKS
                .iter()
                .scan(0, |sum, (share, _)| {
                    *sum += share;
                    Some(*sum)
                })
                .position(|sum| roll < sum);
            drafts.push(draft(&family, &key, look.unwrap_or(READY), &mut random));
            bulk.pods.push((key, index));
        }
        bulk.families.push(Arc::new(family));
        left -= size;
    }
    world.store.load("pods", drafts);
    *world.bulk.lock() = bulk;
}

/// Changes the look of one random generated pod; false when there are none.
pub(crate) fn touch(world: &World, random: &mut Random) -> bool {
    let (key, family) = {
        let bulk = world.bulk.lock();
        let Some((key, index)) = random.pick(&bulk.pods).cloned() else { return false };
        let Some(family) = bulk.families.get(index).cloned() else { return false };
        (key, family)
    };
    let Some(entry) = world.store.get("pods", &key) else { return true };
    let Body::Filled(_, own) = &entry.body else { return true };
    let mut own: Vec<Box<str>> = own.to_vec();
    let restarts: usize = own.get(6).and_then(|text| text.parse().ok()).unwrap_or_default();
    let look = if restarts.is_multiple_of(2) { CRASHING } else { READY };
    for (index, text) in [(6, (restarts + 1).to_string()), (7, world.now_text())] {
        if let Some(slot) = own.get_mut(index) {
            *slot = text.into();
        }
    }
    let Some(template) = family.templates.get(look).cloned() else { return true };
    let draft = Draft { key, facts: entry.facts.clone(), body: Body::Filled(template, own.into()) };
    // Somebody else changed it at the same moment: that is a change as well.
    let _ = world.store.put("pods", draft, Expect::At(entry.rv));
    true
}

fn family(world: &World, index: usize, size: usize, random: &mut Random) -> Option<Family> {
    const NAMES: &[&str] =
        &["api", "worker", "cache", "search", "mailer", "gateway", "indexer", "basket", "media", "report"];
    let namespace = format!("load-{:02}", index / 25);
    let name = format!("{}-{:03}", NAMES.get(index % NAMES.len())?, index);
    let kind = |id: &str| world.catalog.by_id(id);
    if world.store.get("namespaces", &Key::new("", &namespace)).is_none() {
        world.create(&*kind("namespaces")?, json!({"metadata": {"name": namespace}}), "kdeck-sim").ok()?;
    }
    let hash = random.suffix(9);
    let labels = json!({"app": name, "team": format!("team-{}", index % 12), "tier": "load"});
    let template = json!({"metadata": {"labels": labels}, "spec": spec(&name, world.options.object_size)});
    let desired = json!({"replicas": size, "selector": {"matchLabels": {"app": name}}, "template": template});
    let status = json!({"replicas": size, "readyReplicas": size, "availableReplicas": size, "updatedReplicas": size, "observedGeneration": 1});
    let deployment = world
        .create(&*kind("deployments.apps")?, json!({"metadata": {"name": name, "namespace": namespace, "labels": labels}, "spec": desired, "status": status}), "kubectl-create")
        .ok()?;
    let set_name = format!("{name}-{hash}");
    let mut set_labels = labels.clone();
    set_labels["pod-template-hash"] = hash.as_str().into();
    let mut set_template = at(&deployment.value(), "spec/template").clone();
    set_template["metadata"]["labels"] = set_labels.clone();
    let set = world
        .create(&*kind("replicasets.apps")?, json!({
            "metadata": {"name": set_name, "namespace": namespace, "labels": set_labels,
                         "annotations": {"deployment.kubernetes.io/revision": "1"},
                         "ownerReferences": owner_ref("apps/v1", "Deployment", &deployment)},
            "spec": {"replicas": size, "selector": {"matchLabels": {"app": name, "pod-template-hash": hash}}, "template": set_template},
            "status": {"replicas": size, "fullyLabeledReplicas": size, "readyReplicas": size, "availableReplicas": size, "observedGeneration": 1},
        }), "kube-controller-manager")
        .ok()?;
    let pods = kind("pods")?;
    let base = base(world, &set, &set_template, &namespace);
    let names = super::controllers::node_names(world).into_iter().enumerate();
    let nodes = names.map(|(i, node)| (node.as_str().into(), nodes::address(i)));
    let facts = Facts::of(&base, pods.fields);
    let size = world.options.object_size;
    Some(Family {
        namespace: namespace.as_str().into(),
        set: set_name.as_str().into(),
        labels: facts.labels,
        owner: set.facts.uid.clone(),
        templates: (0..LOOKS.len())
            .map(|look| Arc::new(Template::compile(&looked(&pods, &base, look, size))))
            .collect(),
        nodes: nodes.collect(),
        created: world.now().0 - 86_400 * (1 + i64::try_from(index % 40).unwrap_or_default()),
    })
}

/// The pod spec of a family, padded with the settings that real services have too many of.
fn spec(name: &str, size: usize) -> Value {
    let mut environment: Vec<Value> = vec![
        json!({"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}),
        json!({"name": "LOG_LEVEL", "value": "info"}),
    ];
    // A pod without settings has about 6.5 KB; each setting adds about 150 bytes, its managed field included.
    for index in 0..(size.saturating_sub(6_500) / 150) {
        environment.push(json!({"name": format!("SETTING_{index:02}"), "value": format!("{name}.internal.example.com:{}", 8000 + index)}));
    }
    json!({"containers": [{
        "name": "app", "image": format!("registry.example.com/load/{name}:1.4.2"), "env": environment,
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "initialDelaySeconds": 5},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"}},
    }]})
}

/// Builds the pod of a family with holes for what is each pod's own.
fn base(world: &World, set: &Arc<Entry>, template: &Value, namespace: &str) -> Value {
    let mut base = pod_of(template, owner_ref("apps/v1", "ReplicaSet", set), namespace);
    let meta = admit::object(&mut base, "metadata");
    meta.insert("name".into(), "@{0}".into());
    meta.insert("generateName".into(), format!("{}-", set.key.name).into());
    meta.insert("uid".into(), "@{1}".into());
    meta.insert("creationTimestamp".into(), "@{4}".into());
    meta.insert("generation".into(), 1.into());
    pod::defaults(world, &mut base);
    admit::object(&mut base, "spec").insert("nodeName".into(), "@{2}".into());
    let status = admit::object(&mut base, "status");
    for (name, list, hole) in [("hostIP", "hostIPs", "@{10}"), ("podIP", "podIPs", "@{3}")] {
        status.insert(name.into(), hole.into());
        status.insert(list.into(), json!([{"ip": hole}]));
    }
    // The token volume has its own name in every pod.
    let token = text_at(&base, "spec/volumes/0/name").to_owned();
    let text = base.to_string().replace(&token, "kube-api-access-@{8}");
    serde_json::from_str(&text).unwrap_or(base)
}

fn looked(kind: &Served, base: &Value, look: usize, size: usize) -> String {
    let mut pod = base.clone();
    let last = json!({"exitCode": 137, "reason": "OOMKilled", "startedAt": "@{5}", "finishedAt": "@{7}", "containerID": "containerd://@{9}"});
    let (phase, look) = match look {
        READY => ("Running", Look::running("@{5}", true).after(Value::Null, 0)),
        CRASHING => {
            let message = "back-off 5m0s restarting failed container=app";
            ("Running", Look::waiting("CrashLoopBackOff", message).after(last, 1))
        }
        _ => (
            "Pending",
            Look::waiting("ImagePullBackOff", "Back-off pulling image: not found").after(Value::Null, 0),
        ),
    };
    pod::write(&mut pod, phase, &[], &[look], "@{5}");
    if let Some(status) = pod.pointer_mut("/status/containerStatuses/0") {
        status["restartCount"] = "@{#6}".into();
        if status.get("containerID").is_some() {
            status["containerID"] = "containerd://@{9}".into();
        }
    }
    let bare = json!({});
    let mut spec_only = pod.clone();
    if let Some(fields) = spec_only.as_object_mut() {
        fields.remove("status");
    }
    managed::note(&bare, &mut spec_only, "kube-controller-manager", "Update", "v1", "", "@{4}");
    let mut list = at(&spec_only, "metadata/managedFields").as_array().cloned().unwrap_or_default();
    let status = managed::fields(&json!({"status": at(&pod, "status")}));
    list.push(managed::entry("kubelet", "Update", "v1", "status", "@{5}", status));
    let meta = admit::object(&mut pod, "metadata");
    meta.insert("managedFields".into(), list.into());
    meta.insert("resourceVersion".into(), RV_MARK.into());
    let short = size.saturating_sub(pod.to_string().len());
    if short > 64 {
        let meta = admit::object(&mut pod, "metadata");
        meta.insert(
            "annotations".into(),
            json!({"example.com/build-info": "0123456789abcdef".repeat(short / 16)}),
        );
    }
    let mut pod = typed(kind, pod);
    if let Some(fields) = pod.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    pod.to_string()
}

fn draft(family: &Family, key: &Key, look: usize, random: &mut Random) -> Draft {
    let most = LOOKS.get(look).map_or(0, |(_, most)| *most);
    let born = family.created - i64::try_from(random.below(3600)).unwrap_or_default();
    let own = Own {
        name: &key.name,
        uid: random.uuid(),
        node: random.below(family.nodes.len()),
        ip: format!("10.{}.{}.{}", 128 + random.below(64), random.below(250), 1 + random.below(250)),
        created: Timestamp(born).rfc3339(),
        started: Timestamp(born + 4).rfc3339(),
        restarts: if most == 0 || (look == READY && random.below(10) > 0) {
            0
        } else {
            1 + random.below(most)
        },
        died: Timestamp(born + 7200).rfc3339(),
        token: random.suffix(5),
        container: random.hex(64),
    };
    let (node, host) = family.nodes.get(own.node).cloned().unwrap_or_else(|| ("".into(), String::new()));
    let phase = if look > CRASHING { "Pending" } else { "Running" };
    let facts = Facts {
        uid: own.uid.as_str().into(),
        labels: family.labels.clone(),
        fields: [&*node, "Always", "default-scheduler", "default", "", phase, own.ip.as_str(), ""]
            .map(Text::from)
            .into(),
        owners: [family.owner.clone()].into(),
        deleting: false,
    };
    let values: Vec<Box<str>> = [
        own.name.into(),
        own.uid,
        node.to_string(),
        own.ip,
        own.created,
        own.started,
        own.restarts.to_string(),
        own.died,
        own.token,
        own.container,
        host,
    ]
    .map(String::into_boxed_str)
    .into();
    Draft {
        key: key.clone(),
        facts: Arc::new(facts),
        body: Body::Filled(
            family
                .templates
                .get(look)
                .or(family.templates.first())
                .cloned()
                .unwrap_or_else(|| Arc::new(Template::compile("{}"))),
            values.into(),
        ),
    }
}
