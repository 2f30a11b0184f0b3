//! Nodes: their capacity, conditions, addresses and leases. One is short of memory, one is cordoned.

use serde_json::{Value, json};

use super::Builder;

/// Name, role, CPU, memory, zone.
const NODES: &[(&str, &str, &str, &str, &str)] = &[
    ("worker-a1", "worker", "8", "32863172Ki", "eu-north-1a"),
    ("worker-b1", "worker", "8", "32863172Ki", "eu-north-1b"),
    ("worker-c1", "worker", "8", "32863172Ki", "eu-north-1c"),
    ("worker-a2", "worker", "4", "16234120Ki", "eu-north-1a"),
    ("worker-b2", "worker", "4", "16234120Ki", "eu-north-1b"),
    ("control-1", "control-plane", "4", "16234120Ki", "eu-north-1a"),
];

/// The node that is short of memory.
const PRESSED: &str = "worker-a2";
/// The node that is being emptied.
const CORDONED: &str = "worker-b2";

/// Creates the first `count` nodes.
pub(super) fn add(builder: &Builder, count: usize) {
    for (index, (name, role, cpu, memory, zone)) in NODES.iter().take(count).enumerate() {
        add_one(builder, index, name, role, (cpu, memory), zone, count > 2);
    }
}

/// Returns the address of the node of this number.
pub(crate) fn address(index: usize) -> String {
    let host = 11 + index;
    format!("10.0.{}.{}", host / 256, host % 256)
}

/// Adds ordinary workers until there are `total` nodes.
pub(super) fn fill(builder: &Builder, total: usize) {
    let have = builder.world.store.count("nodes");
    for index in have..total {
        let Some((_, role, cpu, memory, zone)) = NODES.get(index % 3) else { return };
        add_one(builder, index, &format!("worker-{index:05}"), role, (cpu, memory), zone, false);
    }
}

fn add_one(
    builder: &Builder,
    index: usize,
    name: &str,
    role: &str,
    size: (&str, &str),
    zone: &str,
    troubled: bool,
) {
    let now = builder.world.now_text();
    let node = node(index, name, role, size, zone, troubled, &now, &builder.world.options.version);
    builder.add("nodes", node);
    builder.add("leases.coordination.k8s.io", json!({
        "metadata": {"name": name, "namespace": "kube-node-lease"},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now.replace('Z', ".000000Z")},
    }));
}

#[expect(clippy::too_many_arguments, reason = "a node is described by that many independent facts")]
fn node(
    index: usize,
    name: &str,
    role: &str,
    (cpu, memory): (&str, &str),
    zone: &str,
    troubled: bool,
    now: &str,
    version: &str,
) -> Value {
    let pressed = troubled && name == PRESSED;
    let cordoned = troubled && name == CORDONED;
    let taints = taints(role, pressed, cordoned, now);
    let conditions = conditions(pressed, now);
    let capacity = json!({"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "102625208Ki", "hugepages-2Mi": "0"});
    let cidr = format!("10.{}.{}.0/24", 244 + index / 256 % 12, index % 256);
    let mut spec = json!({"podCIDR": cidr, "podCIDRs": [cidr],
                          "providerID": format!("sim://{zone}/{name}")});
    if cordoned {
        spec["unschedulable"] = true.into();
    }
    if !taints.is_empty() {
        spec["taints"] = taints.into();
    }
    let role_label = format!("node-role.kubernetes.io/{role}");
    json!({
        "metadata": {"name": name,
            "labels": {
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/region": "eu-north-1", "topology.kubernetes.io/zone": zone,
                "node.kubernetes.io/instance-type": if cpu == "8" { "m7.2xlarge" } else { "m7.xlarge" },
                (role_label): "",
            },
            "annotations": {"node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        },
        "spec": spec,
        "status": {
            "addresses": [{"type": "InternalIP", "address": address(index)}, {"type": "Hostname", "address": name}],
            "capacity": capacity, "allocatable": capacity,
            "conditions": conditions,
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "images": [
                {"names": ["registry.k8s.io/pause:3.10"], "sizeBytes": 320_368},
                {"names": ["registry.k8s.io/kube-proxy:v1.37.2"], "sizeBytes": 31_000_000},
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "Debian GNU/Linux 13 (trixie)",
                "kernelVersion": "6.12.48-amd64", "containerRuntimeVersion": "containerd://2.2.0",
                "kubeletVersion": version, "kubeProxyVersion": "", "bootID": format!("00000000-0000-4000-8000-{index:012}"),
                "machineID": format!("{index:032x}"), "systemUUID": format!("00000000-0000-4000-9000-{index:012}"),
            },
        },
    })
}

fn taints(role: &str, pressed: bool, cordoned: bool, now: &str) -> Vec<Value> {
    let mut taints = Vec::new();
    if role == "control-plane" {
        taints.push(json!({"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}));
    }
    if pressed {
        taints.push(
            json!({"effect": "NoSchedule", "key": "node.kubernetes.io/memory-pressure", "timeAdded": now}),
        );
    }
    if cordoned {
        taints.push(
            json!({"effect": "NoSchedule", "key": "node.kubernetes.io/unschedulable", "timeAdded": now}),
        );
    }
    taints
}

fn conditions(pressed: bool, now: &str) -> Value {
    let condition = |kind: &str, bad: bool, reason: &str, message: &str| {
        let status = if bad { "True" } else { "False" };
        json!({"type": kind, "status": status, "reason": reason, "message": message,
               "lastHeartbeatTime": now, "lastTransitionTime": now})
    };
    let memory_words = if pressed {
        ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
    } else {
        ("KubeletHasSufficientMemory", "kubelet has sufficient memory available")
    };
    let mut ready = condition("Ready", true, "KubeletReady", "kubelet is posting ready status");
    ready["status"] = "True".into();
    json!([
        condition("MemoryPressure", pressed, memory_words.0, memory_words.1),
        condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ready,
    ])
}
