//! What is wrong in the shop: one of each kind of trouble that people meet.

use serde_json::json;

use super::Builder;
use super::workload::App;

/// Creates the troubles.
pub(super) fn add(builder: &Builder) {
    // Killed for memory again and again.
    App::new("shop", "recommender", "registry.example.com/shop/recommender:0.8.0")
        .replicas(2)
        .fate("oom:14")
        .served(builder);
    // An image that nobody has pushed.
    App::new("shop", "checkout", "registry.example.com/shop/checkout:7.0.0-typo").replicas(2).served(builder);
    // More memory than any node has.
    App::new("shop", "analytics", "registry.example.com/shop/analytics:1.0.0")
        .with(json!({"containers": [{"name": "analytics", "resources": {"requests": {"cpu": "2", "memory": "96Gi"}, "limits": {"memory": "96Gi"}}}]}))
        .deployment(builder);
    // A node label that does not exist.
    App::new("shop", "image-resizer", "registry.example.com/shop/resizer:2.2.0")
        .with(json!({"nodeSelector": {"accelerator": "gpu"}}))
        .deployment(builder);
    // A config map that was forgotten.
    App::new("payments", "invoices", "registry.example.com/payments/invoices:1.5.2")
        .with(json!({"containers": [{"name": "invoices", "envFrom": [{"configMapRef": {"name": "invoices-settings"}}]}]}))
        .deployment(builder);
    // A migration that never gets through.
    App::new("payments", "refunds", "registry.example.com/payments/refunds:4.4.0").fate("init-crash")
        .with(json!({"initContainers": [{"name": "migrate", "image": "registry.example.com/payments/refunds:4.4.0", "command": ["/migrate"]}]}))
        .deployment(builder);
    // Runs, but never gets ready.
    App::new("shop", "reviews", "registry.example.com/shop/reviews:3.9.1")
        .replicas(2)
        .fate("unready")
        .served(builder);
    // A job that gives up.
    App::new("shop", "price-sync", "registry.example.com/shop/tools:1.4.0").fate("fail:6").job(builder, 2);
    // Crashes with an ordinary error.
    App::new("staging", "webhook", "registry.example.com/shop/webhook:0.1.3")
        .fate("crash:9")
        .deployment(builder);
    // A claim on a storage class that is not there.
    builder.add("persistentvolumeclaims", json!({
        "metadata": {"name": "exports", "namespace": "shop"},
        "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "shared-nfs", "resources": {"requests": {"storage": "10Gi"}}},
    }));
    // A service whose selector has a slip of the pen.
    builder.add("services", json!({
        "metadata": {"name": "wishlist", "namespace": "shop"},
        "spec": {"selector": {"app": "wish-list"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
    }));
    // Text that would harm a careless terminal.
    builder.add(
        "configmaps",
        json!({
            "metadata": {"name": "release-notes", "namespace": "staging"},
            "data": {"notes": "line one\u{1b}[31m in red\u{7}\nline two\r\n"},
        }),
    );
}
