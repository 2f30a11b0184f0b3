//! Who may do what, in the words of the real authorizer; reviews; tokens; impersonation.

use serde_json::json;

use super::super::{Options, User};
use super::client::Client;
use super::{bare, bare_with};

#[tokio::test]
async fn a_refusal_names_user_verb_resource_and_place() {
    let sim = bare().await;
    sim.store().create("namespaces", json!({"metadata": {"name": "shop"}})).unwrap();
    let dev = Client::new(&sim, "dev");
    for (path, message) in [
        (
            "/api/v1/pods",
            "pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" at the cluster scope",
        ),
        (
            "/api/v1/pods?watch=1",
            "pods is forbidden: User \"dev\" cannot watch resource \"pods\" in API group \"\" at the cluster scope",
        ),
        (
            "/apis/apps/v1/namespaces/default/deployments",
            "deployments.apps is forbidden: User \"dev\" cannot list resource \"deployments\" in API group \"apps\" in the namespace \"default\"",
        ),
        (
            "/api/v1/namespaces/default/pods/x",
            "pods \"x\" is forbidden: User \"dev\" cannot get resource \"pods\" in API group \"\" in the namespace \"default\"",
        ),
        (
            "/api/v1/namespaces/shop/secrets",
            "secrets is forbidden: User \"dev\" cannot list resource \"secrets\" in API group \"\" in the namespace \"shop\"",
        ),
        (
            "/api/v1/namespaces",
            "namespaces is forbidden: User \"dev\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope",
        ),
        ("/metrics", "forbidden: User \"dev\" cannot get path \"/metrics\""),
    ] {
        let answer = dev.get(path).await;
        assert_eq!((answer.status, answer.json()["message"].as_str().unwrap()), (403, message));
    }
    assert_eq!(dev.get("/api/v1/namespaces/shop/pods").await.status, 200);
    assert_eq!(dev.get("/api/v1/namespaces/shop").await.status, 200);
    assert_eq!(dev.get("/apis").await.status, 200);
    assert_eq!(
        dev.post("/api/v1/namespaces/shop/configmaps", &json!({"metadata": {"name": "a"}})).await.status,
        403
    );
}

#[tokio::test]
async fn reviews_answer_what_the_authorizer_would_do() {
    let sim = bare().await;
    let path = "/apis/authorization.k8s.io/v1";
    let ask = |verb: &str, namespace: &str| json!({"spec": {"resourceAttributes": {"verb": verb, "resource": "pods", "namespace": namespace}}});
    let (dev, admin) = (Client::new(&sim, "dev"), Client::new(&sim, "admin"));
    for (client, verb, namespace, want) in [
        (&dev, "list", "shop", true),
        (&dev, "list", "", false),
        (&dev, "delete", "shop", false),
        (&admin, "delete", "", true),
    ] {
        let answer = client.post(&format!("{path}/selfsubjectaccessreviews"), &ask(verb, namespace)).await;
        assert_eq!(
            (answer.status, &answer.json()["status"]["allowed"]),
            (201, &json!(want)),
            "{verb} {namespace}"
        );
    }
    let rules = |namespace: &'static str| {
        let dev = &dev;
        async move {
            let body = json!({"spec": {"namespace": namespace}});
            dev.post(&format!("{path}/selfsubjectrulesreviews"), &body).await.json()["status"]["resourceRules"].to_string()
        }
    };
    assert!(rules("shop").await.contains("\"pods\""));
    assert!(!rules("default").await.contains("\"pods\""));
    let other = json!({"spec": {"user": "dev", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "shop"}}});
    assert_eq!(
        admin.post(&format!("{path}/subjectaccessreviews"), &other).await.json()["status"]["allowed"],
        true
    );
    assert_eq!(dev.post(&format!("{path}/subjectaccessreviews"), &other).await.status, 403);
    let me = dev.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &json!({})).await.json();
    assert_eq!(me["status"]["userInfo"]["username"], "dev");
}

#[tokio::test]
async fn tokens_are_known_or_unauthorized_and_nobody_is_anonymous() {
    let users =
        vec![User::admin("admin"), User::viewer("robot", &["default"]).with_token("sesame-for-tests")];
    let sim = bare_with(Options { users, ..Options::default() }).await;
    let pods = "/api/v1/namespaces/default/pods";
    assert_eq!(Client::new(&sim, "").with_token("sesame-for-tests").get(pods).await.status, 200);
    assert_eq!(Client::new(&sim, "").with_token("wrong").get(pods).await.status, 401);
    let nobody = Client::new(&sim, "");
    let refused = nobody.get(pods).await;
    assert_eq!(refused.status, 403);
    assert!(refused.json()["message"].as_str().unwrap().contains("User \"system:anonymous\""));
    assert_eq!(nobody.get("/healthz").await.body, "ok");
    assert!(sim.kubeconfig("robot").contains("token: sesame-for-tests"));
    assert!(!format!("{:?}", sim.world.options).contains("sesame"));
}

#[tokio::test]
async fn an_admin_can_act_as_another() {
    let sim = bare().await;
    let headers = [("impersonate-user", "dev")];
    let admin = Client::new(&sim, "admin").send("GET", "/api/v1/pods", &headers, Vec::new()).await;
    assert_eq!(admin.status, 403);
    assert!(admin.json()["message"].as_str().unwrap().contains("User \"dev\""));
    let dev = Client::new(&sim, "dev")
        .send("GET", "/api/v1/pods", &[("impersonate-user", "admin")], Vec::new())
        .await;
    assert!(dev.json()["message"].as_str().unwrap().contains("cannot impersonate resource \"users\""));
}
