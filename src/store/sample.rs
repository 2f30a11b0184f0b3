//! Objects for this room's tests.

use crate::model::{ClusterId, Facts, Health, KindId, ObjKey, Row, Uid};

/// Returns the key of a pod.
pub(crate) fn key(namespace: &str, name: &str) -> ObjKey {
    ObjKey {
        cluster: ClusterId("c".into()),
        kind: KindId::new("", "pods"),
        namespace: namespace.into(),
        name: name.into(),
    }
}

/// Returns a bare row of that name.
pub(crate) fn row(namespace: &str, name: &str, uid: &str) -> Row {
    Row {
        key: key(namespace, name),
        uid: Uid::parse(uid),
        created: None,
        deleting: None,
        cells: Box::default(),
        health: Health::default(),
        labels: Vec::new().into(),
        owners: Box::default(),
        managers: Box::default(),
        facts: Facts::default(),
    }
}

/// Returns the text of pod number `i`, some 6 KB: twenty workloads, so that many pods share a template.
pub(crate) fn pod_text(i: usize) -> Vec<u8> {
    let app = i % 20;
    let uid = |salt: usize| {
        let mixed = (i as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835 + salt as u128);
        Uid::Uuid(mixed).to_string()
    };
    let env: Vec<String> = (0..24)
        .map(|n| {
            format!(r#"{{"name":"SETTING_{app}_{n}","value":"https://service-{n}.app-{app}.svc:80{n}/v1"}}"#)
        })
        .collect();
    let container = |name: &str| {
        format!(
            r#"{{"name":"{name}","image":"registry.example.com/team-{app}/{name}:1.{app}.0","ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],"env":[{}],"resources":{{"limits":{{"cpu":"500m","memory":"512Mi"}},"requests":{{"cpu":"100m","memory":"128Mi"}}}},"volumeMounts":[{{"name":"kube-api-access","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}}"#,
            env.join(",")
        )
    };
    format!(
        r#"{{"metadata":{{"name":"app-{app}-7d4b9c8f6-{i:05x}","generateName":"app-{app}-7d4b9c8f6-","namespace":"team-{app}","uid":"{}","resourceVersion":"{}","labels":{{"app":"app-{app}","pod-template-hash":"7d4b9c8f6"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"app-{app}-7d4b9c8f6","uid":"{}","controller":true}}]}},"spec":{{"containers":[{},{}],"nodeName":"node-{}","tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}}]}},"status":{{"phase":"Running","podIP":"10.1.{}.{}","conditions":[{{"type":"Ready","status":"True","lastTransitionTime":"2026-11-24T10:{:02}:{:02}Z"}}],"containerStatuses":[{{"name":"app","ready":true,"restartCount":{},"containerID":"containerd://{}{}"}}]}}}}"#,
        uid(1),
        100_000 + i * 7,
        Uid::Uuid(app as u128 * 77_777_777_777),
        container("app"),
        container("sidecar"),
        i % 50,
        i / 250,
        i % 250,
        i % 60,
        i * 7 % 60,
        i % 3,
        uid(2),
        uid(3),
    )
    .into_bytes()
}
