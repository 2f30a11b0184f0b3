//! The catalog by every name, before and after discovery.

use super::Tags;
use super::catalog::Catalog;
use crate::model::{Discovered, Gvr, KindId, ProblemKind, Scope, Text};

fn texts(words: &str) -> Vec<Text> {
    words.split_whitespace().map(Text::from).collect()
}

/// `group/version/resource Kind singular short,names`, all listable.
fn found(gvr: &str, kind: &str, singular: &str, short: &str) -> Discovered {
    let mut parts = gvr.split('/');
    let (group, version, resource) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    Discovered {
        gvr: Gvr::new(group, version, resource),
        kind: kind.into(),
        singular: singular.into(),
        short_names: texts(short),
        categories: vec![],
        scope: Scope::Namespaced,
        verbs: texts("create delete get list patch update watch"),
        subresources: vec![],
        preferred: true,
    }
}

fn discovery() -> Vec<Discovered> {
    let mut list = vec![
        found("/v1/pods", "Pod", "pod", "po"),
        found("/v1/events", "Event", "event", "ev"),
        found("events.k8s.io/v1/events", "Event", "event", "ev"),
        found("apps/v1/deployments", "Deployment", "deployment", "deploy"),
        found(
            "autoscaling/v1/horizontalpodautoscalers",
            "HorizontalPodAutoscaler",
            "horizontalpodautoscaler",
            "hpa",
        ),
        found(
            "autoscaling/v2/horizontalpodautoscalers",
            "HorizontalPodAutoscaler",
            "horizontalpodautoscaler",
            "hpa",
        ),
        found("networking.k8s.io/v1/ingresses", "Ingress", "ingress", "ing"),
        found("extensions.example.com/v1/ingresses", "Ingress", "ingress", "ing"),
        found("metrics.k8s.io/v1beta1/pods", "PodMetrics", "", ""),
        found("knative.dev/v1/services", "Service", "service", "ksvc"),
        found("/v1/services", "Service", "service", "svc"),
        found("coordination.k8s.io/v1/leases", "Lease", "lease", ""),
        found("example.com/v1alpha1/widgets", "Widget", "widget", "wi"),
        found("example.com/v1/widgets", "Widget", "widget", "wi"),
        found("rbac.authorization.k8s.io/v1/clusterroles", "ClusterRole", "clusterrole", ""),
        found("other.dev/v1/certificaterequests", "CertificateRequest", "certificaterequest", "cr"),
    ];
    let mut reviews = found("authorization.k8s.io/v1/subjectaccessreviews", "SubjectAccessReview", "", "");
    reviews.verbs = texts("create");
    list.push(reviews);
    let mut widgets = list.iter_mut().filter(|d| &*d.gvr.resource == "widgets");
    widgets.next().unwrap().preferred = false;
    let widget = widgets.next().unwrap();
    widget.subresources = texts("status scale");
    widget.categories = texts("all toys");
    list
}

const CRD: &str = r#"{"metadata":{"name":"gadgets.example.com"},
    "spec":{"group":"example.com","scope":"Cluster","names":{"plural":"gadgets","singular":"gadget","kind":"Gadget","shortNames":["gg"]},
    "versions":[{"name":"v1beta1","served":true},{"name":"v1","served":true,"additionalPrinterColumns":[{"name":"Size","type":"integer","jsonPath":".spec.size"}]},{"name":"v2","served":false}]},
    "status":{"conditions":[{"type":"Established","status":"True"}]}}"#;

fn id(catalog: &Catalog, name: &str) -> String {
    catalog.resolve(name).map_or_else(|problem| format!("{problem}"), |def| def.id.to_string())
}

#[test]
fn a_kind_opens_by_every_name_it_has() {
    let catalog = Catalog::new(&discovery(), &[]);
    for (name, want) in [
        ("pods", "pods"),
        ("Pod", "pods"),
        ("PO", "pods"),
        (" po ", "pods"),
        ("v1/pods", "pods"),
        ("pods.v1", "pods"),
        ("deployments.apps", "deployments.apps"),
        ("deploy.apps", "deployments.apps"),
        ("deployments.v1.apps", "deployments.apps"),
        ("apps/v1/deployments", "deployments.apps"),
        ("dp", "deployments.apps"),
        ("hpa", "horizontalpodautoscalers.autoscaling"),
        ("widgets.v1alpha1.example.com", "widgets.example.com"),
        ("ingresses.networking", "ingresses.networking.k8s.io"),
        ("pods.metrics.k8s.io", "pods.metrics.k8s.io"),
        ("podmetrics", "pods.metrics.k8s.io"),
        ("lease", "leases.coordination.k8s.io"),
    ] {
        assert_eq!(id(&catalog, name), want, "{name}");
    }
}

#[test]
fn core_and_built_in_groups_win_a_shared_name() {
    let catalog = Catalog::new(&discovery(), &[]);
    for (name, want) in [
        ("ev", "events"),
        ("events", "events"),
        ("events.events.k8s.io", "events.events.k8s.io"),
        ("services", "services"),
        ("services.knative.dev", "services.knative.dev"),
        ("ing", "ingresses.networking.k8s.io"),
        // A server's own short name beats an alias of habit.
        ("cr", "certificaterequests.other.dev"),
    ] {
        assert_eq!(id(&catalog, name), want, "{name}");
    }
    assert_eq!(id(&Catalog::builtin(), "cr"), "clusterroles.rbac.authorization.k8s.io");
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_ones() {
    let catalog = Catalog::new(&discovery(), &[]);
    let problem = catalog.resolve("deploymnets").unwrap_err();
    assert_eq!(problem.kind, ProblemKind::NotFound);
    assert_eq!(problem.hint.as_deref(), Some("did you mean deployments?"));
    let problem = catalog.resolve("zzzzzzzzzz").unwrap_err();
    assert!(problem.hint.unwrap().contains("aliases"));
    assert!(catalog.resolve("deployments.v9.apps").is_err());
    assert!(catalog.resolve("").is_err());
}

#[test]
fn kinds_that_cannot_be_listed_are_known_but_do_not_open() {
    let catalog = Catalog::new(&discovery(), &[]);
    let problem = catalog.resolve("subjectaccessreviews").unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Usage);
    assert!(catalog.get(&KindId::new("authorization.k8s.io", "subjectaccessreviews")).is_some());
    assert!(catalog.all().iter().all(|def| def.is_listable()));
}

#[test]
fn records_take_what_is_served_and_prefer_the_version_they_were_written_for() {
    let catalog = Catalog::new(&discovery(), &[]);
    assert_eq!(&*catalog.resolve("hpa").unwrap().gvr.version, "v2");
    assert!(!catalog.resolve("pods").unwrap().verbs.is_empty());
    assert!(catalog.resolve("daemonsets").is_err(), "this server serves none");
    let widget = catalog.resolve("widget").unwrap();
    assert_eq!(&*widget.gvr.version, "v1", "the preferred version");
    assert!(widget.tags.has(Tags::SCALE));
    assert_eq!(catalog.category("toys").len(), 1);
}

#[test]
fn owners_are_found_by_api_version_and_kind() {
    let catalog = Catalog::new(&discovery(), &[]);
    let found = |version: &str, kind: &str| catalog.by_kind(version, kind).map(|def| def.id.to_string());
    assert_eq!(found("apps/v1", "Deployment").as_deref(), Some("deployments.apps"));
    assert_eq!(found("v1", "Pod").as_deref(), Some("pods"));
    assert_eq!(found("knative.dev/v1beta9", "Service").as_deref(), Some("services.knative.dev"));
    assert_eq!(found("apps/v1", "Pod"), None);
}

#[test]
fn a_new_crd_opens_before_discovery_knows_it() {
    let catalog = Catalog::new(&discovery(), &[CRD.to_owned(), "no json".to_owned()]);
    let gadgets = catalog.resolve("gg").unwrap();
    assert_eq!(&*gadgets.gvr.version, "v1", "the highest served version");
    assert_eq!(gadgets.scope, Scope::Cluster);
    assert!(gadgets.columns.iter().any(|column| &*column.title == "SIZE"));
    let young = CRD.replace("\"Established\",\"status\":\"True\"", "\"Established\",\"status\":\"False\"");
    assert!(Catalog::new(&discovery(), &[young]).resolve("gadgets").is_err());
}

#[test]
fn names_for_completion_all_open_their_own_kind() {
    let catalog = Catalog::new(&discovery(), &[CRD.to_owned()]);
    for def in catalog.all() {
        let names = catalog.names(def);
        assert!(!names.is_empty());
        for name in names {
            assert_eq!(id(&catalog, &name), def.id.to_string(), "{name}");
        }
    }
}

#[test]
fn before_discovery_all_records_open() {
    let catalog = Catalog::builtin();
    assert_eq!(id(&catalog, "sec"), "secrets");
    assert_eq!(id(&catalog, "np"), "networkpolicies.networking.k8s.io");
    assert_eq!(catalog.resolve("ev").unwrap().order, Some("LAST SEEN"));
    assert!(catalog.category("all").len() > 8);
    assert_eq!(id(&Catalog::new(&[], &[]), "po"), "pods");
}
