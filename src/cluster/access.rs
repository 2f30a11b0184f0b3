//! What this user may do: asked of the server once a namespace, remembered for a while.
//!
//! A failed question is no answer: it is never remembered as a denial.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use tokio::time::Instant;

use super::handle::Cluster;
use crate::model::{Gvr, Problem, ProblemKind, Text};

const LIMIT: Duration = Duration::from_secs(10);
const KEPT: Duration = Duration::from_secs(300);

/// What a user may do in one namespace.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Rules {
    #[serde(deserialize_with = "nullable")]
    resource_rules: Vec<Rule>,
    incomplete: bool,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    #[serde(deserialize_with = "nullable")]
    verbs: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    api_groups: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    resources: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    resource_names: Vec<String>,
}

fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

impl Rules {
    /// Tells whether `verb` is allowed on `resource` (`pods`, `pods/log`) of `group` (empty: core), on one object or on all.
    ///
    /// `None`: the server could not list all rules (webhook authorizers can't be asked), so nobody knows.
    /// The rules are those of a namespace: a yes for a cluster-wide list does not follow from them.
    pub fn may(&self, verb: &str, group: &str, resource: &str, name: Option<&str>) -> Option<bool> {
        let has = |list: &[String], wanted: &str| list.iter().any(|item| item == "*" || item == wanted);
        let allowed = self.resource_rules.iter().any(|rule| {
            has(&rule.verbs, verb)
                && has(&rule.api_groups, group)
                && rule.resources.iter().any(|item| covers(item, resource))
                && (rule.resource_names.is_empty()
                    || name.is_some_and(|name| rule.resource_names.iter().any(|item| item == name)))
        });
        match (allowed, self.incomplete) {
            (true, _) => Some(true),
            (false, false) => Some(false),
            (false, true) => None,
        }
    }
}

/// `*` is everything, `*/scale` that sub-resource of everything.
fn covers(rule: &str, resource: &str) -> bool {
    rule == "*"
        || rule == resource
        || rule
            .strip_prefix("*/")
            .is_some_and(|sub| resource.split_once('/').is_some_and(|(_, wanted)| wanted == sub))
}

type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Arc<Rules>)>>>;

/// One slot a namespace, so that whoever asks while a question is under way waits for its answer.
#[derive(Debug, Default)]
pub(crate) struct RulesCache(Mutex<HashMap<Text, Slot>>);

/// Who the server takes us for.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct WhoAmI {
    /// User name.
    pub username: String,
    /// Uid; mostly empty.
    pub uid: String,
    /// Groups.
    #[serde(deserialize_with = "nullable")]
    pub groups: Vec<String>,
}

impl Cluster {
    /// Returns what this user may do in a namespace; asked once, then remembered for five minutes.
    ///
    /// # Errors
    /// As [`Cluster::send`].
    pub async fn rules(&self, namespace: &str) -> Result<Arc<Rules>, Problem> {
        let slot = self.inner.rules.0.lock().entry(namespace.into()).or_default().clone();
        let mut slot = slot.lock().await;
        if let Some((at, rules)) = &*slot
            && at.elapsed() < KEPT
        {
            return Ok(rules.clone());
        }
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": { "namespace": namespace },
        });
        let rules: Rules =
            self.review("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &review).await?;
        let rules = Arc::new(rules);
        *slot = Some((Instant::now(), rules.clone()));
        Ok(rules)
    }

    /// Asks whether this user may do one thing, in a namespace or (with `None`) in the whole cluster.
    ///
    /// # Errors
    /// As [`Cluster::send`].
    pub async fn may(&self, verb: &str, what: &Gvr, namespace: Option<&str>) -> Result<bool, Problem> {
        let (resource, sub) = what.resource.split_once('/').unwrap_or((&what.resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "verb": verb, "group": &*what.group, "version": &*what.version,
                "resource": resource, "subresource": sub, "namespace": namespace.unwrap_or_default(),
            } },
        });
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Status {
            allowed: bool,
        }
        let status: Status =
            self.review("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await?;
        Ok(status.allowed)
    }

    /// Asks the server who we are.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] on servers before 1.28; else as [`Cluster::send`].
    pub async fn whoami(&self) -> Result<WhoAmI, Problem> {
        let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Status {
            user_info: WhoAmI,
        }
        let status: Status =
            self.review("/apis/authentication.k8s.io/v1/selfsubjectreviews", &review).await?;
        Ok(status.user_info)
    }

    async fn review<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        review: &serde_json::Value,
    ) -> Result<T, Problem> {
        #[derive(Deserialize)]
        struct Review<T> {
            status: T,
        }
        let bytes = self.post_json(path, review.to_string().into_bytes(), LIMIT).await?;
        serde_json::from_slice::<Review<T>>(&bytes).map(|review| review.status).map_err(|error| {
            Problem::new(ProblemKind::Malformed, format!("cannot read the answer of {path}: {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(incomplete: bool) -> Rules {
        serde_json::from_value(json!({
            "incomplete": incomplete,
            "nonResourceRules": [],
            "resourceRules": [
                { "verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"] },
                { "verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["tls"] },
                { "verbs": ["*"], "apiGroups": ["apps"], "resources": ["*"], "resourceNames": null },
                { "verbs": ["patch"], "apiGroups": ["*"], "resources": ["*/scale"] },
            ],
        }))
        .unwrap()
    }

    #[test]
    fn rules_answer_for_verbs_groups_names_and_wildcards() {
        for (verb, group, resource, name, want) in [
            ("list", "", "pods", None, true),
            ("watch", "", "pods", None, false),
            ("get", "", "pods/log", Some("web"), true),
            ("get", "", "secrets", Some("tls"), true),
            ("get", "", "secrets", Some("other"), false),
            ("list", "", "secrets", None, false),
            ("delete", "apps", "deployments", None, true),
            ("delete", "batch", "jobs", None, false),
            ("patch", "example.com", "gizmos/scale", None, true),
            ("patch", "example.com", "gizmos/status", None, false),
        ] {
            assert_eq!(rules(false).may(verb, group, resource, name), Some(want), "{verb} {resource}");
        }
    }

    #[test]
    fn an_incomplete_review_denies_nothing() {
        assert_eq!(rules(true).may("list", "", "pods", None), Some(true));
        assert_eq!(rules(true).may("watch", "", "pods", None), None);
    }
}
