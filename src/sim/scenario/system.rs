//! What every cluster runs: DNS, proxies, metrics, monitoring.

use serde_json::json;

use super::Builder;
use super::workload::App;

/// Creates the system's workloads.
pub(super) fn add(builder: &Builder) {
    builder.namespaces(&["monitoring", "ingress"]);
    App::new("kube-system", "coredns", "registry.k8s.io/coredns/coredns:v1.13.1")
        .replicas(2)
        .port(53)
        .with(json!({"priorityClassName": "system-cluster-critical"}))
        .served(builder);
    let critical = json!({"priorityClassName": "system-node-critical", "hostNetwork": true});
    App::new("kube-system", "kube-proxy", "registry.k8s.io/kube-proxy:v1.37.2")
        .port(10_256)
        .with(critical.clone())
        .daemon(builder);
    App::new("kube-system", "cni", "registry.example.com/platform/cni:2.8.1")
        .port(9099)
        .with(critical)
        .daemon(builder);
    App::new("kube-system", "metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.8.0")
        .port(10_250)
        .served(builder);
    App::new("monitoring", "prometheus", "registry.example.com/monitoring/prometheus:v3.7.3")
        .replicas(2)
        .port(9090)
        .stateful(builder, "50Gi");
    App::new("monitoring", "collector", "registry.example.com/monitoring/otel-collector:0.139.0")
        .port(4317)
        .daemon(builder);
    App::new("monitoring", "grafana", "registry.example.com/monitoring/grafana:12.2.1")
        .port(3000)
        .served(builder);
    App::new("monitoring", "alertmanager", "registry.example.com/monitoring/alertmanager:v0.29.0")
        .replicas(2)
        .port(9093)
        .stateful(builder, "2Gi");
    let ingress =
        App::new("ingress", "controller", "registry.example.com/platform/ingress:1.14.0").replicas(2);
    ingress.deployment(builder);
    ingress.service(builder, "LoadBalancer");
    builder.patch(
        "services",
        "ingress",
        "controller",
        &json!({"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}}),
    );
    builder.add(
        "ingressclasses.networking.k8s.io",
        json!({
            "metadata": {"name": "public"}, "spec": {"controller": "example.com/ingress"},
        }),
    );
    builder.add("configmaps", json!({
        "metadata": {"name": "coredns", "namespace": "kube-system"},
        "data": {"Corefile": ".:53 {\n    errors\n    health\n    kubernetes cluster.local in-addr.arpa ip6.arpa\n    forward . /etc/resolv.conf\n    cache 30\n}\n"},
    }));
    builder.add("validatingwebhookconfigurations.admissionregistration.k8s.io", json!({
        "metadata": {"name": "ingress-admission"},
        "webhooks": [{"name": "validate.ingress.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                      "clientConfig": {"service": {"name": "controller", "namespace": "ingress", "path": "/validate"}}, "failurePolicy": "Ignore"}],
    }));
}
