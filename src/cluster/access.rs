//! What this user may do: asked of the server once a namespace, remembered for a while.
//!
//! A failed question is no answer: it is never remembered as a denial.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SelfSubjectRulesReview,
    SelfSubjectRulesReviewSpec, SubjectRulesReviewStatus,
};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::handle::Cluster;
use crate::model::{Gvr, Problem, Text};

const KEPT: Duration = Duration::from_secs(300);

/// What a user may do in one namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules(SubjectRulesReviewStatus);

impl Rules {
    /// Tells whether `verb` is allowed on `resource` (`pods`, `pods/log`) of `group` (empty: core), on one object or on all.
    ///
    /// `None`: the server could not list all rules (webhook authorizers can't be asked), so nobody knows.
    /// The rules are those of a namespace: a yes for a cluster-wide list does not follow from them.
    pub fn may(&self, verb: &str, group: &str, resource: &str, name: Option<&str>) -> Option<bool> {
        let has = |list: &[String], wanted: &str| list.iter().any(|item| item == "*" || item == wanted);
        let allowed = self.0.resource_rules.iter().any(|rule| {
            let names = rule.resource_names.as_deref().unwrap_or_default();
            has(&rule.verbs, verb)
                && has(rule.api_groups.as_deref().unwrap_or_default(), group)
                && rule.resources.iter().flatten().any(|item| covers(item, resource))
                && (names.is_empty() || name.is_some_and(|name| names.iter().any(|item| item == name)))
        });
        match (allowed, self.0.incomplete) {
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoAmI {
    /// User name.
    pub username: String,
    /// Uid; mostly empty.
    pub uid: String,
    /// Groups.
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
        let spec = SelfSubjectRulesReviewSpec { namespace: Some(namespace.to_owned()) };
        let review = self.ask(&SelfSubjectRulesReview { spec, ..Default::default() }).await?;
        let rules = Rules(review.status.unwrap_or_default());
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
        let attributes = ResourceAttributes {
            verb: Some(verb.to_owned()),
            group: Some(what.group.to_string()),
            version: Some(what.version.to_string()),
            resource: Some(resource.to_owned()),
            subresource: Some(sub.to_owned()),
            namespace: namespace.map(str::to_owned),
            ..Default::default()
        };
        let spec =
            SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
        let review = self.ask(&SelfSubjectAccessReview { spec, ..Default::default() }).await?;
        Ok(review.status.is_some_and(|status| status.allowed))
    }

    /// Asks the server who we are.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] on servers before 1.28; else as [`Cluster::send`].
    pub async fn whoami(&self) -> Result<WhoAmI, Problem> {
        let review = self.ask(&SelfSubjectReview::default()).await?;
        let user = review.status.and_then(|status| status.user_info).unwrap_or_default();
        Ok(WhoAmI {
            username: user.username.unwrap_or_default(),
            uid: user.uid.unwrap_or_default(),
            groups: user.groups.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(incomplete: bool) -> Rules {
        let status = json!({
            "incomplete": incomplete,
            "nonResourceRules": [],
            "resourceRules": [
                { "verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"] },
                { "verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["tls"] },
                { "verbs": ["*"], "apiGroups": ["apps"], "resources": ["*"], "resourceNames": null },
                { "verbs": ["patch"], "apiGroups": ["*"], "resources": ["*/scale"] },
            ],
        });
        Rules(serde_json::from_value(status).unwrap())
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
