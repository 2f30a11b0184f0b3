//! Short words for workloads, so that a scenario reads as a list of what runs.

use serde_json::{Value, json};

use super::super::pod::FATE;
use super::Builder;

/// A container image with what it asks for.
pub(super) struct App {
    namespace: &'static str,
    name: &'static str,
    image: &'static str,
    port: u16,
    replicas: i64,
    fate: &'static str,
    extra: Value,
    sidecar: bool,
}

impl App {
    /// An application that runs well.
    pub(super) fn new(namespace: &'static str, name: &'static str, image: &'static str) -> Self {
        Self { namespace, name, image, port: 8080, replicas: 1, fate: "", extra: json!({}), sidecar: false }
    }

    /// With so many replicas.
    pub(super) fn replicas(mut self, replicas: i64) -> Self {
        self.replicas = replicas;
        self
    }

    /// On another port.
    pub(super) fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// With an end that the simulated kubelet brings about.
    pub(super) fn fate(mut self, fate: &'static str) -> Self {
        self.fate = fate;
        self
    }

    /// With more pod spec, merged over the usual one.
    pub(super) fn with(mut self, extra: Value) -> Self {
        self.extra = extra;
        self
    }

    /// With a second container for logs and metrics.
    pub(super) fn sidecar(mut self) -> Self {
        self.sidecar = true;
        self
    }

    fn labels(&self) -> Value {
        json!({"app.kubernetes.io/name": self.name, "app.kubernetes.io/part-of": self.namespace, "app": self.name})
    }

    fn template(&self) -> Value {
        let mut containers = vec![json!({
            "name": self.name, "image": self.image,
            "ports": [{"name": "http", "containerPort": self.port}],
            "env": [
                {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
                {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}},
                {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://collector.monitoring:4317"},
                {"name": "LOG_FORMAT", "value": "json"},
            ],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"}, "periodSeconds": 5},
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "initialDelaySeconds": 10},
            "securityContext": {"allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}},
        })];
        if self.sidecar {
            containers.push(json!({
                "name": "log-shipper", "image": "registry.example.com/platform/log-shipper:3.1.0",
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
                "volumeMounts": [{"name": "logs", "mountPath": "/var/log/app"}],
            }));
        }
        let mut spec = json!({"containers": containers});
        if self.sidecar {
            spec["volumes"] = json!([{"name": "logs", "emptyDir": {}}]);
        }
        super::super::patch::strategic(&mut spec, &self.extra);
        let mut metadata = json!({"labels": self.labels()});
        if !self.fate.is_empty() {
            metadata["annotations"] = json!({FATE: self.fate});
        }
        json!({"metadata": metadata, "spec": spec})
    }

    fn metadata(&self) -> Value {
        json!({"name": self.name, "namespace": self.namespace, "labels": self.labels()})
    }

    fn selector(&self) -> Value {
        json!({"matchLabels": {"app": self.name}})
    }

    /// Creates a deployment.
    pub(super) fn deployment(&self, builder: &Builder) {
        builder.add(
            "deployments.apps",
            json!({
                "metadata": self.metadata(),
                "spec": {"replicas": self.replicas, "selector": self.selector(), "template": self.template()},
            }),
        );
    }

    /// Creates a deployment and a service in front of it.
    pub(super) fn served(&self, builder: &Builder) {
        self.deployment(builder);
        self.service(builder, "ClusterIP");
    }

    /// Creates a service.
    pub(super) fn service(&self, builder: &Builder, kind: &str) {
        builder.add(
            "services",
            json!({
                "metadata": self.metadata(),
                "spec": {"type": kind, "selector": {"app": self.name},
                         "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
            }),
        );
    }

    /// Creates a stateful set with a volume per pod, and its headless service.
    pub(super) fn stateful(&self, builder: &Builder, storage: &str) {
        builder.add(
            "services",
            json!({
                "metadata": self.metadata(),
                "spec": {"clusterIP": "None", "selector": {"app": self.name},
                         "ports": [{"name": "http", "port": self.port, "targetPort": "http"}]},
            }),
        );
        builder.add("statefulsets.apps", json!({
            "metadata": self.metadata(),
            "spec": {
                "replicas": self.replicas, "serviceName": self.name, "selector": self.selector(), "template": self.template(),
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                    "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}}],
            },
        }));
    }

    /// Creates a daemon set.
    pub(super) fn daemon(&self, builder: &Builder) {
        builder.add("daemonsets.apps", json!({
            "metadata": self.metadata(), "spec": {"selector": self.selector(), "template": self.template()},
        }));
    }

    /// Creates a job.
    pub(super) fn job(&self, builder: &Builder, backoff: i64) {
        let mut template = self.template();
        template["spec"]["restartPolicy"] = "Never".into();
        builder.add("jobs.batch", json!({
            "metadata": self.metadata(), "spec": {"backoffLimit": backoff, "completions": self.replicas, "template": template},
        }));
    }

    /// Creates a cron job.
    pub(super) fn cron(&self, builder: &Builder, schedule: &str, suspend: bool) {
        let mut template = self.template();
        template["spec"]["restartPolicy"] = "Never".into();
        builder.add(
            "cronjobs.batch",
            json!({
                "metadata": self.metadata(),
                "spec": {"schedule": schedule, "suspend": suspend, "concurrencyPolicy": "Forbid",
                         "jobTemplate": {"spec": {"backoffLimit": 2, "template": template}}},
            }),
        );
    }
}
