//! Custom resources: a definition with printer columns, and a few of its objects.

use serde_json::json;

use super::Builder;

/// Creates the definition and its objects.
pub(super) fn add(builder: &Builder) {
    builder.add("customresourcedefinitions.apiextensions.k8s.io", json!({
        "metadata": {"name": "campaigns.shop.example.com"},
        "spec": {
            "group": "shop.example.com", "scope": "Namespaced",
            "names": {"plural": "campaigns", "singular": "campaign", "kind": "Campaign", "listKind": "CampaignList",
                      "shortNames": ["cmp"], "categories": ["all"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    {"name": "Discount", "type": "integer", "jsonPath": ".spec.discountPercent"},
                    {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
                    {"name": "Ends", "type": "string", "jsonPath": ".spec.ends", "priority": 1},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
            }],
        },
    }));
    for (name, discount, ready, reason) in [
        ("black-friday", 30, "True", "Published"),
        ("advent", 15, "True", "Published"),
        ("returns", 5, "False", "PriceListMissing"),
    ] {
        builder.add("campaigns.shop.example.com", json!({
            "apiVersion": "shop.example.com/v1", "kind": "Campaign", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"discountPercent": discount, "ends": "2026-12-31"},
            "status": {"conditions": [{"type": "Ready", "status": ready, "reason": reason, "lastTransitionTime": builder.world.now_text()}]},
        }));
    }
}
