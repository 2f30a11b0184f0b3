//! What follows pods around: endpoints of services, disruption budgets, claims and namespaces.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::admit::object;
use super::super::entry::{Entry, Key};
use super::super::printers::{at, int_at, items_at, text_at};
use super::super::store::Expect;
use super::{Controllers, Due, counts, node, owner_ref, ready};

impl Controllers {
    /// Marks the services and budgets that select a pod.
    pub(super) fn touch_selectors(&mut self, pod: &Entry) {
        for (kind, path) in
            [("services", "spec/selector"), ("poddisruptionbudgets.policy", "spec/selector/matchLabels")]
        {
            for entry in self.world.store.list(kind, Some(&pod.key.namespace)).items {
                let value = entry.value();
                if at(&value, path).as_object().is_some_and(|selector| selects(selector, pod)) {
                    self.dirty.insert((kind, entry.key.clone()));
                }
            }
        }
    }

    fn selected(&self, selector: &Map<String, Value>, namespace: &str) -> Vec<Arc<Entry>> {
        if selector.is_empty() {
            return Vec::new();
        }
        let mut pods = self.world.store.list("pods", Some(namespace)).items;
        pods.retain(|pod| selects(selector, pod));
        pods
    }

    /// Writes the endpoints and the slice of a service.
    pub(super) fn service(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let Some(selector) = at(&value, "spec/selector").as_object() else { return };
        let pods = self.selected(selector, &entry.key.namespace);
        let (mut up, mut down, mut endpoints) = (Vec::new(), Vec::new(), Vec::new());
        for pod in pods.iter().filter(|pod| counts(pod)) {
            let pod_value = pod.value();
            let ip = text_at(&pod_value, "status/podIP");
            if ip.is_empty() {
                continue;
            }
            let target = json!({"kind": "Pod", "name": &*pod.key.name, "namespace": &*pod.key.namespace, "uid": &*pod.facts.uid});
            let is_ready = ready(pod);
            let address = json!({"ip": ip, "nodeName": node(pod), "targetRef": target});
            if is_ready {
                up.push(address)
            } else {
                down.push(address)
            }
            endpoints.push(json!({
                "addresses": [ip], "conditions": {"ready": is_ready, "serving": is_ready, "terminating": false},
                "nodeName": node(pod), "targetRef": target,
            }));
        }
        let ports: Vec<Value> =
            items_at(&value, "spec/ports").iter().map(|port| endpoint_port(port, &pods)).collect();
        let mut subset = json!({"ports": ports});
        for (name, list) in [("addresses", &up), ("notReadyAddresses", &down)] {
            if !list.is_empty() {
                subset[name] = list.clone().into();
            }
        }
        let subsets = if up.is_empty() && down.is_empty() { json!([]) } else { json!([subset]) };
        let labels = at(&value, "metadata/labels").clone();
        self.write(
            "endpoints",
            &entry.key,
            json!({
                "metadata": {"name": &*entry.key.name, "namespace": &*entry.key.namespace, "labels": labels},
                "subsets": subsets,
            }),
            &["subsets"],
        );
        let ports: Vec<Value> = ports.into_iter().map(slice_port).collect();
        let tail = super::super::pod::digest_of(&[&entry.facts.uid]);
        let key = Key::new(
            &entry.key.namespace,
            &format!("{}-{}", entry.key.name, tail.get(..5).unwrap_or_default()),
        );
        self.write("endpointslices.discovery.k8s.io", &key, json!({
            "metadata": {
                "name": &*key.name, "namespace": &*key.namespace, "ownerReferences": owner_ref("v1", "Service", entry),
                "labels": {"kubernetes.io/service-name": &*entry.key.name,
                           "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
            },
            "addressType": "IPv4", "ports": ports, "endpoints": endpoints,
        }), &["ports", "endpoints"]);
    }

    /// Creates an object, or brings some of its fields up to date.
    fn write(&self, kind: &str, key: &Key, value: Value, fields: &[&str]) {
        if self.world.store.get(kind, key).is_none() {
            self.make(kind, value, "kube-controller-manager");
            return;
        }
        self.change(kind, key, |known| {
            for field in fields {
                known[*field] = value[*field].clone();
            }
        });
    }

    /// Writes the figures of a disruption budget.
    pub(super) fn budget(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let Some(selector) = at(&value, "spec/selector/matchLabels").as_object() else { return };
        let pods = self.selected(selector, &entry.key.namespace);
        let total = i64::try_from(pods.iter().filter(|pod| counts(pod)).count()).unwrap_or(i64::MAX);
        let healthy =
            i64::try_from(pods.iter().filter(|pod| counts(pod) && ready(pod)).count()).unwrap_or(i64::MAX);
        let desired = match (at(&value, "spec/minAvailable"), at(&value, "spec/maxUnavailable")) {
            (Value::Null, most) => total - amount(most, total),
            (least, _) => amount(least, total),
        };
        let generation = int_at(&value, "metadata/generation");
        self.change("poddisruptionbudgets.policy", &entry.key, |value| {
            let status = object(value, "status");
            for (name, number) in [
                ("currentHealthy", healthy),
                ("desiredHealthy", desired),
                ("expectedPods", total),
                ("disruptionsAllowed", (healthy - desired).max(0)),
                ("observedGeneration", generation),
            ] {
                status.insert(name.into(), number.into());
            }
        });
    }

    /// Binds a claim whose class can provision, and says why another waits.
    pub(super) fn claim(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        if text_at(&value, "status/phase") == "Bound" {
            return;
        }
        let class = text_at(&value, "spec/storageClassName");
        if self.world.store.get("storageclasses.storage.k8s.io", &Key::new("", class)).is_none() {
            let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
            let component = "persistentvolume-controller";
            self.event("PersistentVolumeClaim", entry, "Warning", "ProvisioningFailed", &message, component);
            let wait = self.around(60_000);
            self.later(wait, Due::Look("persistentvolumeclaims", entry.key.clone()));
            return;
        }
        let name = format!("pvc-{}", entry.facts.uid);
        let (modes, size) =
            (at(&value, "spec/accessModes").clone(), at(&value, "spec/resources/requests/storage").clone());
        let volume = json!({
            "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": "csi.example.com"},
                         "finalizers": ["kubernetes.io/pv-protection"]},
            "spec": {
                "accessModes": modes, "capacity": {"storage": size}, "storageClassName": class,
                "persistentVolumeReclaimPolicy": "Delete", "volumeMode": "Filesystem",
                "csi": {"driver": "csi.example.com", "fsType": "ext4", "volumeHandle": name},
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": &*entry.key.name,
                             "namespace": &*entry.key.namespace, "uid": &*entry.facts.uid},
            },
            "status": {"phase": "Bound"},
        });
        self.make("persistentvolumes", volume, "csi-provisioner");
        self.change("persistentvolumeclaims", &entry.key, |value| {
            object(value, "spec").insert("volumeName".into(), name.as_str().into());
            let status = object(value, "status");
            status.insert("phase".into(), "Bound".into());
            status.insert("accessModes".into(), modes.clone());
            status.insert("capacity".into(), json!({"storage": size}));
        });
    }

    /// Gives a namespace its service account and the authority's certificate.
    pub(super) fn namespace(&mut self, entry: &Arc<Entry>) {
        let namespace = &entry.key.name;
        if self.world.store.get("serviceaccounts", &Key::new(namespace, "default")).is_none() {
            let account = json!({"metadata": {"name": "default", "namespace": &**namespace}});
            self.make("serviceaccounts", account, "kube-controller-manager");
        }
        if self.world.store.get("configmaps", &Key::new(namespace, "kube-root-ca.crt")).is_none() {
            let map = json!({
                "metadata": {"name": "kube-root-ca.crt", "namespace": &**namespace, "annotations": {
                    "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints."}},
                "data": {"ca.crt": self.world.authority},
            });
            self.make("configmaps", map, "kube-controller-manager");
        }
        // Volumes of claims that went with their namespace go too.
        if self.world.store.count("persistentvolumes") > 1000 {
            for volume in self.world.store.list("persistentvolumes", None).items.iter().take(100) {
                let value = volume.value();
                let claim = Key::new(
                    text_at(&value, "spec/claimRef/namespace"),
                    text_at(&value, "spec/claimRef/name"),
                );
                if self.world.store.get("persistentvolumeclaims", &claim).is_none() {
                    // Gone already is as good.
                    let _ = self.world.store.remove("persistentvolumes", &volume.key, Expect::Anything);
                }
            }
        }
    }
}

fn selects(selector: &Map<String, Value>, pod: &Entry) -> bool {
    !selector.is_empty()
        && selector.iter().all(|(key, value)| pod.facts.label(key).map(|found| &**found) == value.as_str())
}

/// Resolves a service port against the pods' named ports.
fn endpoint_port(port: &Value, pods: &[Arc<Entry>]) -> Value {
    let target = at(port, "targetPort");
    let number = target.as_i64().or_else(|| {
        let name = target.as_str()?;
        let pod = pods.first()?.value();
        let ports = items_at(&pod, "spec/containers").iter().flat_map(|c| items_at(c, "ports"));
        ports
            .into_iter()
            .find(|known| text_at(known, "name") == name)
            .map(|known| int_at(known, "containerPort"))
    });
    let mut made = json!({"port": number.unwrap_or_else(|| int_at(port, "port")), "protocol": text_at(port, "protocol")});
    if !text_at(port, "name").is_empty() {
        made["name"] = text_at(port, "name").into();
    }
    made
}

/// A port of a slice always has a name, if only an empty one: clients take it for granted.
fn slice_port(mut port: Value) -> Value {
    let name = text_at(&port, "name").to_owned();
    port["name"] = name.into();
    port
}

fn amount(value: &Value, of: i64) -> i64 {
    match value.as_str() {
        Some(text) => (of * text.trim_end_matches('%').parse::<i64>().unwrap_or_default() + 99) / 100,
        None => value.as_i64().unwrap_or_default(),
    }
}
