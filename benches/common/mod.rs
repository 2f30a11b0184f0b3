//! Pods like those of a busy cluster: some 10 KB of JSON each, two containers, managedFields, forty to a workload.

#![expect(clippy::expect_used, reason = "a bench whose pods cannot be read has nothing to measure")]

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use kdeck::kinds::catalog::Catalog;
use kdeck::kinds::{KindDef, Projecting};
use kdeck::model::{ClusterId, KindId, ShardKey, Text, Timestamp, WatchScope};
use kdeck::store::{Bell, Change, Shard, Store};

/// The moment of all benches: 2026-11-24T16:20:27Z.
pub const NOW: Timestamp = Timestamp(1_795_537_227);

/// The cluster of all benches.
pub fn cluster() -> ClusterId {
    ClusterId("bench".into())
}

/// The record of pods.
pub fn kind() -> Arc<KindDef> {
    static KIND: LazyLock<Option<Arc<KindDef>>> =
        LazyLock::new(|| Catalog::builtin().get(&KindId::new("", "pods")));
    KIND.clone().expect("pods are built in")
}

/// What a projector works with.
pub fn projecting() -> Projecting {
    Projecting::new(cluster(), KindId::new("", "pods"))
}

/// Mixes a number, so that names and moments look random and are the same in each run.
fn mix(i: usize) -> u64 {
    (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// Returns the text of pod number `i`, as a list brings it. Another `turn` is another state of it.
pub fn pod(i: usize, turn: usize) -> Vec<u8> {
    let (app, random) = (i / 40, mix(i));
    let (namespace, hash) = (app % 20, mix(app) & 0xffff_ffff);
    let name = format!("svc-{app:03}-{hash:08x}-{:05x}", random & 0xf_ffff);
    let uid = |salt: u64| {
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            random as u32,
            salt,
            app % 4096,
            i % 4096,
            random >> 16
        )
    };
    let restarts = turn + usize::from(i.is_multiple_of(17)) * (i % 50);
    let is_ready = !i.is_multiple_of(17);
    let (hour, minute) = (i % 24, (i * 7) % 60);
    let mut containers = String::new();
    let mut statuses = String::new();
    let mut fields = String::new();
    for (n, container) in ["app", "sidecar"].into_iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        let mut env = String::new();
        for n in 0..20 {
            let comma = if n > 0 { "," } else { "" };
            let _ = write!(
                env,
                r#"{comma}{{"name":"SETTING_{app}_{n}","value":"https://service-{n}.app-{app}.svc.cluster.local:80{n:02}/v1"}}"#
            );
            let _ = write!(
                fields,
                r#""k:{{\"name\":\"SETTING_{app}_{n}\"}}":{{".":{{}},"f:name":{{}},"f:value":{{}}}},"#
            );
        }
        let _ = write!(
            containers,
            r#"{comma}{{"name":"{container}","image":"registry.example.com/team-{namespace}/{container}:1.{app}.0","ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],"env":[{env}],"resources":{{"limits":{{"cpu":"500m","memory":"512Mi"}},"requests":{{"cpu":"100m","memory":"128Mi"}}}},"volumeMounts":[{{"name":"kube-api-access","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}],"livenessProbe":{{"httpGet":{{"path":"/healthz","port":8080,"scheme":"HTTP"}},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}}"#
        );
        let _ = write!(
            statuses,
            r#"{comma}{{"name":"{container}","state":{{"running":{{"startedAt":"2026-11-2{}T{hour:02}:{minute:02}:00Z"}}}},"lastState":{{}},"ready":{is_ready},"restartCount":{restarts},"image":"registry.example.com/team-{namespace}/{container}:1.{app}.0","imageID":"registry.example.com/team-{namespace}/{container}@sha256:{hash:064x}","containerID":"containerd://{random:064x}","started":true}}"#,
            i % 4
        );
    }
    let ready = if is_ready { "True" } else { "False" };
    format!(
        r#"{{"metadata":{{"name":"{name}","generateName":"svc-{app:03}-{hash:08x}-","namespace":"team-{namespace:02}","uid":"{}","resourceVersion":"{}","creationTimestamp":"2026-11-2{}T{hour:02}:{minute:02}:{:02}Z","labels":{{"app":"svc-{app:03}","pod-template-hash":"{hash:08x}","team":"team-{namespace:02}"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"svc-{app:03}-{hash:08x}","uid":"{app:08x}-0000-4000-8000-000000000000","controller":true,"blockOwnerDeletion":true}}],"managedFields":[{{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-11-20T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{{"f:spec":{{{fields}"f:containers":{{}}}}}}}},{{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2026-11-21T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{{"f:status":{{"f:conditions":{{}},"f:containerStatuses":{{}},"f:hostIP":{{}},"f:phase":{{}},"f:podIP":{{}}}}}},"subresource":"status"}}]}},"spec":{{"volumes":[{{"name":"kube-api-access","projected":{{"sources":[{{"serviceAccountToken":{{"expirationSeconds":3607,"path":"token"}}}},{{"configMap":{{"name":"kube-root-ca.crt","items":[{{"key":"ca.crt","path":"ca.crt"}}]}}}}],"defaultMode":420}}}}],"containers":[{containers}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","nodeName":"node-{:03}","schedulerName":"default-scheduler","priority":0,"tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}}]}},"status":{{"phase":"Running","conditions":[{{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-11-20T10:00:00Z"}},{{"type":"Ready","status":"{ready}","lastProbeTime":null,"lastTransitionTime":"2026-11-2{}T{hour:02}:{minute:02}:00Z"}}],"hostIP":"10.0.{}.1","podIP":"10.1.{}.{}","startTime":"2026-11-20T10:00:00Z","containerStatuses":[{statuses}],"qosClass":"Burstable"}}}}"#,
        uid(1),
        100_000 + i * 7 + turn,
        i % 4,
        i % 60,
        i % 200,
        i % 4,
        i % 200,
        i / 250 % 250,
        i % 250,
    )
    .into_bytes()
}

/// Returns one pod as a watch task hands it to a shard.
pub fn change(text: &[u8], ctx: &mut Projecting) -> Change {
    let row = kind().project(text, ctx).expect("the pod can be read");
    Change::Upsert { row, text: std::mem::take(&mut ctx.text) }
}

/// Returns pods as a watch task hands them to a shard.
pub fn changes(range: impl IntoIterator<Item = usize>, turn: usize, ctx: &mut Projecting) -> Vec<Change> {
    range.into_iter().map(|i| change(&pod(i, turn), ctx)).collect()
}

/// A store with so many pods, complete and packed.
pub struct Loaded {
    pub store: Arc<Store>,
    pub shard: Arc<Shard>,
    pub ctx: Projecting,
}

/// An empty store whose time stands still: how much it compares in a second must not depend on the machine.
pub fn store() -> Arc<Store> {
    Arc::new(Store::with_clock(Arc::new(Bell::default()), || NOW))
}

/// Fills a store.
pub fn loaded(pods: usize) -> Loaded {
    let store = store();
    let shard =
        store.shard(&ShardKey { cluster: cluster(), kind: kind().id.clone(), scope: WatchScope::All });
    let mut ctx = projecting();
    let all: Text = "".into();
    shard.begin_list(&all);
    for from in (0..pods).step_by(256) {
        shard.apply(&all, changes(from..pods.min(from + 256), 0, &mut ctx));
        shard.pack();
    }
    shard.end_list(&all, NOW);
    shard.set_freshness(&all, kdeck::model::Freshness::Live);
    Loaded { store, shard, ctx }
}
