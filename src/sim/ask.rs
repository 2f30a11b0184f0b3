//! A request taken apart: who asks for what, with which options.
//!
//! Owns [`Ask`], [`Target`] and the reading of paths and queries.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::access::User;
use super::kinds::{Catalog, Served};
use super::status::Refusal;

/// What a path names.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) kind: Arc<Served>,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) sub: Option<String>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) user: User,
    pub(crate) body: Bytes,
}

impl Ask {
    /// Returns a query parameter; absence and emptiness are the same.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// Returns whether a query parameter says yes.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query
            .iter()
            .any(|(key, value)| key == name && matches!(value.as_str(), "" | "1" | "true" | "True" | "t"))
    }

    /// Returns a header as text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns whether changes are to be tried only.
    pub(crate) fn dry_run(&self) -> bool {
        self.query.iter().any(|(key, value)| key == "dryRun" && value == "All")
    }

    /// Decodes the body.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Refusal> {
        let content = self.header("content-type");
        if content.contains("yaml") {
            return serde_saphyr::from_slice(&self.body)
                .map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")));
        }
        if content.contains("protobuf") {
            return super::wire::decode(&self.body).ok_or_else(|| {
                Refusal::new(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
                )
            });
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            Refusal::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
        })
    }
}

/// Reads a resource path; `None` for every other path.
pub(crate) fn target(catalog: &Catalog, path: &str) -> Option<Target> {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let find = |resource: &str| catalog.find(group, version, resource);
    let build = |kind, namespace: Option<&str>, rest: &[&str]| {
        let text = |index: usize| rest.get(index).map(|part| (*part).to_owned());
        (rest.len() <= 2).then(|| Target {
            kind,
            namespace: namespace.map(str::to_owned),
            name: text(0),
            sub: text(1),
        })
    };
    match rest {
        ["namespaces", namespace, resource, rest @ ..] => match find(resource) {
            Some(kind) if kind.namespaced => build(kind, Some(*namespace), rest),
            // `namespaces/x/status` is a sub-resource of the namespace.
            _ => build(find("namespaces")?, None, &[&[*namespace, *resource], rest].concat()),
        },
        [resource, rest @ ..] => {
            let kind = find(resource)?;
            if kind.namespaced && !rest.is_empty() { None } else { build(kind, None, rest) }
        }
        [] => None,
    }
}

/// Splits a query into decoded pairs.
pub(crate) fn query(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Undoes percent encoding.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let hex = (byte == b'%').then(|| text.get(index + 1..index + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                index += 3;
            }
            None => {
                out.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_collections_objects_and_sub_resources() {
        let catalog = Catalog::new(true);
        let read = |path: &str| {
            target(&catalog, path).map(|t| {
                let text = |part: Option<String>| part.unwrap_or_else(|| "-".into());
                format!("{} {} {} {}", t.kind.id, text(t.namespace), text(t.name), text(t.sub))
            })
        };
        for (path, want) in [
            ("/api/v1/pods", Some("pods - - -")),
            ("/api/v1/namespaces/shop/pods/web%2D1/log", Some("pods shop web-1 log")),
            ("/api/v1/namespaces/shop", Some("namespaces - shop -")),
            ("/api/v1/namespaces/shop/status", Some("namespaces - shop status")),
            ("/apis/apps/v1/namespaces/a/deployments/b/scale", Some("deployments.apps a b scale")),
            ("/api/v1/nodes/n1", Some("nodes - n1 -")),
            ("/apis/apps/v1", None),
            ("/api/v1/nonsense", None),
            ("/version", None),
        ] {
            assert_eq!(read(path).as_deref(), want, "{path}");
        }
    }

    #[test]
    fn queries_are_decoded() {
        let got = query("labelSelector=a%3Db%2Cc+in+%28d%29&watch");
        assert_eq!(got[0], ("labelSelector".into(), "a=b,c in (d)".into()));
        assert_eq!(got[1], ("watch".into(), String::new()));
    }
}
