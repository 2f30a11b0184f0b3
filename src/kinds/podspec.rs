//! The pod template as workloads and pods carry it: containers, volumes and what they refer to.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Projecting;
use super::meta::{Pairs, Str, nullable};
use super::parts::{Named, Refs, gpus, text};
use crate::model::row::{ContainerRole, ContainerSpec};
use crate::model::{Cell, quantity};

/// A container of the template.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerWire<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Str<'a>,
    #[serde(borrow)]
    image: Str<'a>,
    #[serde(borrow)]
    restart_policy: Str<'a>,
    #[serde(borrow)]
    resources: Option<Resources<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    ports: Vec<Port<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    env: Vec<Env<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    env_from: Vec<EnvFrom<'a>>,
    liveness_probe: Option<IgnoredAny>,
    readiness_probe: Option<IgnoredAny>,
    startup_probe: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resources<'a> {
    #[serde(borrow)]
    requests: Pairs<'a>,
    #[serde(borrow)]
    limits: Pairs<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Port<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    container_port: Str<'a>,
    #[serde(borrow)]
    protocol: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Env<'a> {
    #[serde(borrow)]
    value_from: Option<ValueFrom<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ValueFrom<'a> {
    #[serde(borrow)]
    config_map_key_ref: Option<Named<'a>>,
    #[serde(borrow)]
    secret_key_ref: Option<Named<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EnvFrom<'a> {
    #[serde(borrow)]
    config_map_ref: Option<Named<'a>>,
    #[serde(borrow)]
    secret_ref: Option<Named<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Volume<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    config_map: Option<Named<'a>>,
    #[serde(borrow)]
    secret: Option<SecretVolume<'a>>,
    #[serde(borrow)]
    persistent_volume_claim: Option<Claim<'a>>,
    #[serde(borrow)]
    projected: Option<Projected<'a>>,
    #[serde(borrow)]
    csi: Option<Csi<'a>>,
    ephemeral: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SecretVolume<'a> {
    #[serde(borrow)]
    secret_name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Claim<'a> {
    #[serde(borrow)]
    claim_name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Projected<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    sources: Vec<ProjectedSource<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProjectedSource<'a> {
    #[serde(borrow)]
    config_map: Option<Named<'a>>,
    #[serde(borrow)]
    secret: Option<Named<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Csi<'a> {
    #[serde(borrow)]
    node_publish_secret_ref: Option<Named<'a>>,
}

/// An entry of `readinessGates`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessGate<'a> {
    /// The condition that must be true.
    #[serde(borrow)]
    pub condition_type: Str<'a>,
}

/// `spec` of a pod or of a template.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec<'a> {
    /// Ordinary containers.
    #[serde(borrow, deserialize_with = "nullable")]
    pub containers: Vec<ContainerWire<'a>>,
    /// Init containers and sidecars.
    #[serde(borrow, deserialize_with = "nullable")]
    pub init_containers: Vec<ContainerWire<'a>>,
    /// Containers added by `kubectl debug`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub ephemeral_containers: Vec<ContainerWire<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    volumes: Vec<Volume<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    image_pull_secrets: Vec<Named<'a>>,
    /// Node that the pod is bound to.
    #[serde(borrow)]
    pub node_name: Str<'a>,
    /// Labels that a node must have.
    #[serde(borrow)]
    pub node_selector: Pairs<'a>,
    /// Service account.
    #[serde(borrow)]
    pub service_account_name: Str<'a>,
    /// Priority as a number.
    pub priority: Option<i32>,
    /// Conditions beyond the containers' readiness.
    #[serde(borrow, deserialize_with = "nullable")]
    pub readiness_gates: Vec<ReadinessGate<'a>>,
    /// What must be lifted before scheduling.
    #[serde(borrow, deserialize_with = "nullable")]
    pub scheduling_gates: Vec<Named<'a>>,
}

/// A pod template.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Template<'a> {
    /// `template.spec`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub spec: PodSpec<'a>,
}

impl ContainerWire<'_> {
    /// Whether it is an init container that keeps running.
    pub fn is_sidecar(&self) -> bool {
        &*self.restart_policy == "Always"
    }

    /// Returns the template's part of a container fact, to be shared.
    pub fn spec(&self, role: ContainerRole, ctx: &mut Projecting) -> ContainerSpec {
        let amounts = |name: &str, parse: fn(&str) -> Option<i64>| {
            self.resources.as_ref().map_or((None, None), |r| {
                (r.requests.get(name).and_then(parse), r.limits.get(name).and_then(parse))
            })
        };
        ContainerSpec {
            name: ctx.interner.get(&self.name),
            image: ctx.interner.get(&self.image),
            role,
            cpu: amounts("cpu", quantity::millicores),
            memory: amounts("memory", quantity::bytes),
            gpu: self.resources.as_ref().map_or((None, None), |r| (gpus(&r.requests), gpus(&r.limits))),
            ports: ctx.interner.get(&self.ports_text()),
            probes: (
                self.liveness_probe.is_some(),
                self.readiness_probe.is_some(),
                self.startup_probe.is_some(),
            ),
        }
    }

    fn ports_text(&self) -> String {
        let mut out = String::new();
        for port in &self.ports {
            if !out.is_empty() {
                out.push(',');
            }
            if !port.name.is_empty() {
                out.push_str(&port.name);
                out.push(':');
            }
            out.push_str(&port.container_port);
            out.push('/');
            out.push_str(if port.protocol.is_empty() { "TCP" } else { &port.protocol });
        }
        out
    }

    fn add_refs(&self, refs: &mut Refs, ctx: &mut Projecting, namespace: &str) {
        let mut add = |kind: &str, named: &Option<Named<'_>>| {
            if let Some(named) = named {
                refs.add(ctx, kind, namespace, &named.name, "env");
            }
        };
        for from in self.env.iter().filter_map(|env| env.value_from.as_ref()) {
            add("configmaps", &from.config_map_key_ref);
            add("secrets", &from.secret_key_ref);
        }
        for from in &self.env_from {
            add("configmaps", &from.config_map_ref);
            add("secrets", &from.secret_ref);
        }
    }
}

impl Volume<'_> {
    fn add_refs(&self, refs: &mut Refs, ctx: &mut Projecting, namespace: &str, pod: Option<&str>) {
        let mut add = |kind: &str, name: &str| refs.add(ctx, kind, namespace, name, "volume");
        if let Some(claim) = &self.persistent_volume_claim {
            add("persistentvolumeclaims", &claim.claim_name);
        }
        if let (Some(_), Some(pod)) = (&self.ephemeral, pod) {
            add("persistentvolumeclaims", &format!("{pod}-{}", &*self.name));
        }
        if let Some(map) = &self.config_map {
            add("configmaps", &map.name);
        }
        if let Some(secret) = &self.secret {
            add("secrets", &secret.secret_name);
        }
        if let Some(secret) = self.csi.as_ref().and_then(|csi| csi.node_publish_secret_ref.as_ref()) {
            add("secrets", &secret.name);
        }
        for source in self.projected.iter().flat_map(|projected| &projected.sources) {
            if let Some(map) = &source.config_map {
                add("configmaps", &map.name);
            }
            if let Some(secret) = &source.secret {
                add("secrets", &secret.name);
            }
        }
    }
}

impl PodSpec<'_> {
    /// Adds what the template names. `pod` is the pod's name where it is one (ephemeral volumes use it).
    pub fn add_refs(&self, refs: &mut Refs, ctx: &mut Projecting, namespace: &str, pod: Option<&str>) {
        for volume in &self.volumes {
            volume.add_refs(refs, ctx, namespace, pod);
        }
        for container in self.init_containers.iter().chain(&self.containers) {
            container.add_refs(refs, ctx, namespace);
        }
        for secret in &self.image_pull_secrets {
            refs.add(ctx, "secrets", namespace, &secret.name, "pull secret");
        }
        refs.add(ctx, "serviceaccounts", namespace, &self.service_account_name, "service account");
    }

    /// Returns the cells CONTAINERS and IMAGES of a workload.
    pub fn layout(&self, ctx: &mut Projecting) -> (Cell, Cell) {
        let join = |field: fn(&ContainerWire<'_>) -> String| {
            self.containers.iter().map(field).collect::<Vec<_>>().join(",")
        };
        let (names, images) = (join(|c| c.name.to_string()), join(|c| c.image.to_string()));
        (text(ctx, &names), text(ctx, &images))
    }
}
