//! Who asks, and what they may do.
//!
//! Owns [`User`], [`Access`] and the answers to access reviews. Deliberately simple: a user may do
//! everything, or view some namespaces. Tokens and keys never appear in `Debug`.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Value, json};

use super::kinds::Served;
use super::printers::{at, items_at, text_at};
use super::status::Refusal;
use super::tls::{Authority, Identity};
use crate::model::Problem;

/// What a user may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything.
    All,
    /// Get, list and watch in these namespaces, secrets left out.
    View(Vec<String>),
    /// Nothing but asking who they are.
    Nothing,
}

/// A user of the simulated cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Name, also the common name of the client certificate.
    pub name: String,
    /// Groups; the first one is in the client certificate.
    pub groups: Vec<String>,
    /// A bearer token that is accepted as well.
    pub token: Option<String>,
    /// What they may do.
    pub rights: Rights,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).field("rights", &self.rights).finish_non_exhaustive()
    }
}

impl User {
    /// A user who may do everything.
    pub fn admin(name: &str) -> Self {
        let groups = vec!["system:masters".to_owned()];
        Self { name: name.to_owned(), groups, token: None, rights: Rights::All }
    }

    /// A user who may view some namespaces.
    pub fn viewer(name: &str, namespaces: &[&str]) -> Self {
        let rights = Rights::View(namespaces.iter().map(|&namespace| namespace.to_owned()).collect());
        Self { name: name.to_owned(), groups: vec!["developers".to_owned()], token: None, rights }
    }

    /// Adds a bearer token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    fn anonymous() -> Self {
        Self {
            name: "system:anonymous".to_owned(),
            groups: vec!["system:unauthenticated".to_owned()],
            token: None,
            rights: Rights::Nothing,
        }
    }

    /// Returns all groups, the implied one included.
    pub fn all_groups(&self) -> Vec<String> {
        let mut groups = self.groups.clone();
        if self.name != "system:anonymous" {
            groups.push("system:authenticated".to_owned());
        }
        groups
    }
}

/// What an access decision is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Attempt<'_> {
    fn allowed(&self, rights: &Rights) -> bool {
        let self_review = matches!(self.group, "authorization.k8s.io" | "authentication.k8s.io")
            && self.resource.starts_with("selfsubject");
        match rights {
            Rights::All => true,
            Rights::View(_) | Rights::Nothing if self_review => self.verb == "create",
            Rights::View(namespaces) => {
                let inside = !self.namespace.is_empty() && namespaces.iter().any(|n| n == self.namespace);
                // A namespace itself is seen by name, in the namespace that it is.
                let own = self.resource == "namespaces" && namespaces.iter().any(|n| n == self.name);
                (inside || own)
                    && matches!(self.verb, "get" | "list" | "watch")
                    && !(self.group.is_empty() && self.resource == "secrets")
                    && (self.sub.is_empty() || matches!(self.sub, "log" | "status" | "scale"))
                    && (own || self.resource != "namespaces")
                    && self.group != "rbac.authorization.k8s.io"
            }
            Rights::Nothing => false,
        }
    }

    fn sentence(&self, user: &str) -> String {
        let resource = if self.sub.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}/{}", self.resource, self.sub)
        };
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        format!(
            "User \"{user}\" cannot {} resource \"{resource}\" in API group \"{}\" {place}",
            self.verb, self.group
        )
    }
}

/// The users of one simulated cluster with their credentials.
pub(crate) struct Access {
    users: Vec<User>,
    identities: HashMap<String, Identity>,
    by_certificate: HashMap<Vec<u8>, String>,
}

impl Access {
    /// Issues a certificate to every user.
    pub(crate) fn new(authority: &Authority, users: &[User]) -> Result<Self, Problem> {
        let (mut identities, mut by_certificate) = (HashMap::new(), HashMap::new());
        for user in users {
            let identity = authority.client(&user.name, &user.groups)?;
            by_certificate.insert(identity.der.clone(), user.name.clone());
            identities.insert(user.name.clone(), identity);
        }
        Ok(Self { users: users.to_vec(), identities, by_certificate })
    }

    /// Returns the credentials of a user.
    pub(crate) fn identity(&self, user: &str) -> Option<(&User, &Identity)> {
        Some((self.users.iter().find(|known| known.name == user)?, self.identities.get(user)?))
    }

    /// Says who asks, from a bearer token or the client certificate.
    pub(crate) fn authenticate(
        &self,
        certificate: Option<&[u8]>,
        bearer: Option<&str>,
    ) -> Result<User, Refusal> {
        if let Some(token) = bearer {
            let known = self.users.iter().find(|user| user.token.as_deref() == Some(token));
            return known.cloned().ok_or_else(Refusal::unauthorized);
        }
        let known = certificate.and_then(|der| {
            let name = self.by_certificate.get(der)?;
            self.users.iter().find(|user| user.name == *name)
        });
        Ok(known.cloned().unwrap_or_else(User::anonymous))
    }

    /// Lets a user act as another.
    pub(crate) fn impersonate(&self, user: &User, name: &str, groups: Vec<String>) -> Result<User, Refusal> {
        if user.rights != Rights::All {
            let message = format!(
                "users \"{name}\" is forbidden: User \"{}\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope",
                user.name
            );
            return Err(Refusal::new(403, "Forbidden", message));
        }
        if let Some(known) = self.users.iter().find(|known| known.name == name) {
            return Ok(User {
                groups: if groups.is_empty() { known.groups.clone() } else { groups },
                ..known.clone()
            });
        }
        let all = groups.iter().any(|group| group == "system:masters");
        let rights = if all { Rights::All } else { Rights::Nothing };
        Ok(User { name: name.to_owned(), groups, token: None, rights })
    }

    /// Refuses what a user may not do to a resource.
    pub(crate) fn authorize(&self, user: &User, kind: &Served, attempt: &Attempt<'_>) -> Result<(), Refusal> {
        if attempt.allowed(&user.rights) {
            return Ok(());
        }
        Err(Refusal::forbidden(kind, attempt.name, &attempt.sentence(&user.name)))
    }

    /// Refuses what a user may not do to a path that is no resource.
    pub(crate) fn authorize_path(&self, user: &User, verb: &str, path: &str) -> Result<(), Refusal> {
        const OPEN: &[&str] = &["/healthz", "/livez", "/readyz", "/version"];
        const KNOWN: &[&str] = &["/api", "/apis", "/openapi"];
        let under = |list: &[&str]| {
            list.iter().any(|root| {
                path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let anonymous = user.name == "system:anonymous";
        if user.rights == Rights::All || under(OPEN) || (!anonymous && under(KNOWN)) {
            return Ok(());
        }
        let message = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", user.name);
        let mut refusal = Refusal::new(403, "Forbidden", message);
        refusal.details = Some(json!({}));
        Err(refusal)
    }

    /// Answers an access review of any kind: fills in `status`.
    pub(crate) fn review(&self, user: &User, kind: &str, mut body: Value) -> Value {
        let status = match kind {
            "SelfSubjectReview" => json!({"userInfo": {"username": user.name, "groups": user.all_groups()}}),
            "SelfSubjectRulesReview" => rules(&user.rights, text_at(&body, "spec/namespace")),
            "TokenReview" => self.token_review(text_at(&body, "spec/token")),
            "SelfSubjectAccessReview" => decide(&user.rights, at(&body, "spec"), &user.name),
            _ => {
                let name = text_at(&body, "spec/user");
                let known = self.users.iter().find(|known| known.name == name);
                let groups = items_at(&body, "spec/groups");
                let master = groups.iter().any(|group| group == "system:masters");
                let nothing = if master { Rights::All } else { Rights::Nothing };
                decide(known.map_or(&nothing, |known| &known.rights), at(&body, "spec"), name)
            }
        };
        if let Some(fields) = body.as_object_mut() {
            fields.insert("status".into(), status);
            fields.entry("metadata").or_insert_with(|| json!({}));
        }
        body
    }

    fn token_review(&self, token: &str) -> Value {
        match self.users.iter().find(|user| user.token.as_deref() == Some(token)) {
            Some(user) => json!({
                "authenticated": true, "user": {"username": user.name, "groups": user.all_groups()},
            }),
            None => json!({"authenticated": false, "user": {}, "error": "invalid bearer token"}),
        }
    }
}

fn decide(rights: &Rights, spec: &Value, user: &str) -> Value {
    let attributes = at(spec, "resourceAttributes");
    if !attributes.is_object() {
        let path = text_at(spec, "nonResourceAttributes/path");
        let open = ["/api", "/apis", "/version", "/healthz", "/livez", "/readyz", "/openapi"]
            .iter()
            .any(|root| path.starts_with(root));
        return json!({"allowed": *rights == Rights::All || open});
    }
    let attempt = Attempt {
        verb: text_at(attributes, "verb"),
        group: text_at(attributes, "group"),
        resource: text_at(attributes, "resource"),
        sub: text_at(attributes, "subresource"),
        namespace: text_at(attributes, "namespace"),
        name: text_at(attributes, "name"),
    };
    if attempt.allowed(rights) {
        json!({"allowed": true, "reason": format!("RBAC: allowed by binding of user {user:?}")})
    } else {
        json!({"allowed": false})
    }
}

fn rules(rights: &Rights, namespace: &str) -> Value {
    let own = json!({
        "verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    });
    let review = json!({"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]});
    let mut resource = vec![own, review];
    let mut paths = vec![json!({
        "verbs": ["get"],
        "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"],
    })];
    match rights {
        Rights::All => {
            resource.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
            paths.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
        }
        Rights::View(namespaces) if namespaces.iter().any(|n| n == namespace) => {
            for (group, resources) in VIEW {
                resource.push(
                    json!({"verbs": ["get", "list", "watch"], "apiGroups": [group], "resources": resources}),
                );
            }
            resource.push(json!({"verbs": ["get"], "apiGroups": [""], "resources": ["namespaces"], "resourceNames": [namespace]}));
        }
        Rights::View(_) | Rights::Nothing => {}
    }
    json!({"resourceRules": resource, "nonResourceRules": paths, "incomplete": false})
}

/// What a viewer sees, as rules: close to the cluster role `view`.
const VIEW: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "podtemplates",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "resourcequotas",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
    ("apps", &["*"]),
    ("autoscaling", &["*"]),
    ("batch", &["*"]),
    ("coordination.k8s.io", &["*"]),
    ("discovery.k8s.io", &["*"]),
    ("metrics.k8s.io", &["*"]),
    ("networking.k8s.io", &["*"]),
    ("policy", &["*"]),
    ("shop.example.com", &["*"]),
];
