//! The shop: what runs well, with everything that hangs on it.

use serde_json::json;

use super::Builder;
use super::workload::App;

/// Creates the shop and its payments.
pub(super) fn add(builder: &Builder) {
    builder.namespaces(&["shop", "payments", "staging"]);
    config(builder);
    App::new("shop", "frontend", "registry.example.com/shop/frontend:4.18.2").replicas(6).port(3000).sidecar()
        .with(json!({"containers": [{"name": "frontend", "envFrom": [{"configMapRef": {"name": "frontend"}}]}]}))
        .served(builder);
    App::new("shop", "catalog", "registry.example.com/shop/catalog:2.7.0")
        .replicas(4)
        .sidecar()
        .served(builder);
    App::new("shop", "cart", "registry.example.com/shop/cart:1.31.4")
        .replicas(3)
        .with(json!({"containers": [{"name": "cart", "envFrom": [{"secretRef": {"name": "cart-db"}}]}]}))
        .served(builder);
    App::new("shop", "search", "registry.example.com/shop/search:5.0.1")
        .replicas(3)
        .port(9200)
        .stateful(builder, "20Gi");
    App::new("shop", "orders-db", "registry.example.com/library/postgres:18.1")
        .replicas(2)
        .port(5432)
        .stateful(builder, "100Gi");
    App::new("shop", "redis", "registry.example.com/library/redis:8.4.0")
        .replicas(1)
        .port(6379)
        .served(builder);
    App::new("shop", "mailer", "registry.example.com/shop/mailer:1.2.9").replicas(2).deployment(builder);
    App::new("shop", "sitemap", "registry.example.com/shop/tools:1.4.0").fate("complete:12").cron(
        builder,
        "*/2 * * * *",
        false,
    );
    App::new("shop", "cleanup", "registry.example.com/shop/tools:1.4.0").fate("complete:8").cron(
        builder,
        "0 3 * * *",
        true,
    );
    App::new("shop", "import-2026", "registry.example.com/shop/tools:1.4.0")
        .fate("complete:20")
        .job(builder, 4);
    App::new("payments", "gateway", "registry.example.com/payments/gateway:3.3.3")
        .replicas(3)
        .sidecar()
        .served(builder);
    App::new("payments", "ledger", "registry.example.com/payments/ledger:2.0.7").replicas(2).served(builder);
    App::new("payments", "fraud", "registry.example.com/payments/fraud:0.9.14").replicas(2).served(builder);
    App::new("staging", "frontend", "registry.example.com/shop/frontend:4.19.0")
        .replicas(0)
        .port(3000)
        .served(builder);
    around(builder);
    rights(builder);
}

/// The shop a day ago: one rollout, so that there is a revision to go back to.
pub(super) fn update(builder: &Builder) {
    let images = [
        ("shop", "cart", "registry.example.com/shop/cart:1.31.5"),
        ("payments", "gateway", "registry.example.com/payments/gateway:3.3.4"),
    ];
    for (namespace, name, image) in images {
        let patch =
            json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]);
        if let Some(kind) = builder.world.catalog.by_id("deployments.apps") {
            let key = super::super::entry::Key::new(namespace, name);
            // The scenario's tests look for the second revision.
            let _ = builder.world.change(&kind, &key, |value| {
                let _ = super::super::patch::json(value, &patch);
            });
        }
    }
}

fn config(builder: &Builder) {
    builder.add("configmaps", json!({
        "metadata": {"name": "frontend", "namespace": "shop"},
        "data": {"FEATURE_NEW_CHECKOUT": "true", "CURRENCY": "EUR", "banner.html": "<p>Free delivery this week</p>\n"},
    }));
    for (namespace, name, kind, data) in [
        ("shop", "cart-db", "Opaque", json!({"username": "cart", "password": "not-a-real-password"})),
        ("shop", "registry", "Opaque", json!({"token": "not-a-real-token"})),
        (
            "payments",
            "psp-api",
            "Opaque",
            json!({"key": "not-a-real-key", "endpoint": "https://psp.example.com"}),
        ),
    ] {
        builder.add(
            "secrets",
            json!({"metadata": {"name": name, "namespace": namespace}, "type": kind, "stringData": data}),
        );
    }
    for (namespace, name) in [("shop", "deployer"), ("payments", "deployer"), ("monitoring", "prometheus")] {
        builder.add("serviceaccounts", json!({"metadata": {"name": name, "namespace": namespace}}));
    }
}

fn around(builder: &Builder) {
    builder.add("ingresses.networking.k8s.io", json!({
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": {"ingressClassName": "public", "tls": [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}],
                 "rules": [{"host": "shop.example.com", "http": {"paths": [
                    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "frontend", "port": {"name": "http"}}}},
                    {"path": "/api/catalog", "pathType": "Prefix", "backend": {"service": {"name": "catalog", "port": {"name": "http"}}}}]}}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}},
    }));
    for (name, low, high, replicas) in [("frontend", 4, 12, 6), ("catalog", 2, 8, 4)] {
        builder.add("horizontalpodautoscalers.autoscaling", json!({
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"minReplicas": low, "maxReplicas": high,
                     "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                     "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]},
            "status": {"currentReplicas": replicas, "desiredReplicas": replicas,
                       "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 48, "averageValue": "48m"}}}],
                       "conditions": [{"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale", "message": "recommended size matches current size"},
                                      {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound", "message": "the HPA was able to successfully calculate a replica count"}]},
        }));
    }
    for (namespace, name, spec) in [
        ("shop", "frontend", json!({"maxUnavailable": 1})),
        ("shop", "orders-db", json!({"minAvailable": 2})),
        ("payments", "gateway", json!({"minAvailable": "50%"})),
    ] {
        let mut spec = spec;
        spec["selector"] = json!({"matchLabels": {"app": name}});
        builder.add(
            "poddisruptionbudgets.policy",
            json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec}),
        );
    }
    builder.add("networkpolicies.networking.k8s.io", json!({
        "metadata": {"name": "only-from-shop", "namespace": "payments"},
        "spec": {"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Ingress"],
                 "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]}]},
    }));
    builder.add(
        "resourcequotas",
        json!({
            "metadata": {"name": "team", "namespace": "shop"},
            "spec": {"hard": {"pods": "60", "requests.cpu": "20", "limits.memory": "64Gi"}},
            "status": {"hard": {"pods": "60", "requests.cpu": "20", "limits.memory": "64Gi"},
                       "used": {"pods": "31", "requests.cpu": "3400m", "limits.memory": "9216Mi"}},
        }),
    );
    builder.add("limitranges", json!({
        "metadata": {"name": "defaults", "namespace": "shop"},
        "spec": {"limits": [{"type": "Container", "default": {"memory": "256Mi"}, "defaultRequest": {"memory": "128Mi"}}]},
    }));
}

fn rights(builder: &Builder) {
    for namespace in ["shop", "payments"] {
        builder.add("roles.rbac.authorization.k8s.io", json!({
            "metadata": {"name": "deployer", "namespace": namespace},
            "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch", "patch"]}],
        }));
        builder.add(
            "rolebindings.rbac.authorization.k8s.io",
            json!({
                "metadata": {"name": "deployer", "namespace": namespace},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
                "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": namespace}],
            }),
        );
    }
    builder.add(
        "rolebindings.rbac.authorization.k8s.io",
        json!({
            "metadata": {"name": "developers-view", "namespace": "shop"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "dev"}],
        }),
    );
}
