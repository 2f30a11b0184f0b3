//! Label and field selectors of requests.
//!
//! Owns [`Filter`]: what a list or watch lets through. Refuses what the real server refuses.

use std::collections::BTreeSet;

use super::entry::Entry;
use super::kinds::Served;
use super::status::Refusal;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    In(String, BTreeSet<String>),
    NotIn(String, BTreeSet<String>),
    Exists(String),
    Absent(String),
}

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<Rule>);

impl Labels {
    /// Reads `a=b,c!=d,e in (f,g),h,!i`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        split(text).into_iter().map(|part| rule(part.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Returns whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether labels, given by a look-up, satisfy every rule.
    pub fn matches<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|rule| match rule {
            Rule::In(key, values) => label(key).is_some_and(|value| values.contains(value)),
            Rule::NotIn(key, values) => label(key).is_none_or(|value| !values.contains(value)),
            Rule::Exists(key) => label(key).is_some(),
            Rule::Absent(key) => label(key).is_none(),
        })
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_u32, 0);
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(from..index).unwrap_or_default());
                from = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn rule(part: &str) -> Result<Rule, Refusal> {
    let set = |values: &str| -> BTreeSet<String> {
        let inner = values.trim().trim_start_matches('(').trim_end_matches(')');
        inner.split(',').map(|value| value.trim().to_owned()).collect()
    };
    let bad = || {
        Refusal::bad_request(format!(
            "unable to parse requirement: found '{part}', expected: !, identifier, or ','"
        ))
    };
    let key = |text: &str| {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        if fits { Ok(text.to_owned()) } else { Err(bad()) }
    };
    if let Some(absent) = part.strip_prefix('!') {
        return Ok(Rule::Absent(key(absent)?));
    }
    if let Some((left, right)) = part.split_once(" notin ") {
        return Ok(Rule::NotIn(key(left)?, set(right)));
    }
    if let Some((left, right)) = part.split_once(" in ") {
        return Ok(Rule::In(key(left)?, set(right)));
    }
    if let Some((left, right)) = part.split_once("!=") {
        return Ok(Rule::NotIn(key(left)?, set(right)));
    }
    if let Some((left, right)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Rule::In(key(left)?, set(right)));
    }
    Ok(Rule::Exists(key(part)?))
}

#[derive(Clone, Debug)]
enum Source {
    Name,
    Namespace,
    Fact(usize),
}

/// What a list or watch lets through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    namespace: Option<String>,
    labels: Labels,
    fields: Vec<(Source, String, bool)>,
}

impl Filter {
    /// Builds the filter of a request.
    pub fn new(kind: &Served, namespace: Option<&str>, labels: &str, fields: &str) -> Result<Self, Refusal> {
        let refuse = |why: String| {
            Refusal::bad_request(format!(
                "Unable to find \"{}, Resource={}\" that match label selector \"{labels}\", field selector \"{fields}\": {why}",
                if kind.group.is_empty() { format!("/{}", kind.version) } else { kind.api_version() },
                kind.resource
            ))
        };
        let mut wanted = Vec::new();
        for part in split(fields) {
            let (path, value, equal) = if let Some((path, value)) = part.split_once("!=") {
                (path, value, false)
            } else if let Some((path, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (path, value, true)
            } else {
                return Err(refuse(format!("invalid field selector: {part}")));
            };
            // Namespaced kinds alone have a namespace to select by; both names hold for every kind.
            let source = match path.trim() {
                "metadata.name" => Source::Name,
                "metadata.namespace" => Source::Namespace,
                "source" if &*kind.id == "events" => fact(kind, "source.component"),
                other => match kind.fields.iter().position(|field| *field == other) {
                    Some(index) => Source::Fact(index),
                    None if kind.fields.is_empty() => {
                        let why = format!(
                            "\"{other}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                        );
                        return Err(refuse(why));
                    }
                    None => return Err(refuse(format!("field label not supported: {other}"))),
                },
            };
            wanted.push((source, value.trim().to_owned(), equal));
        }
        Ok(Self { namespace: namespace.map(str::to_owned), labels: Labels::parse(labels)?, fields: wanted })
    }

    /// Returns the namespace asked for.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Returns whether selectors narrow the namespace further.
    pub fn selects(&self) -> bool {
        !self.labels.is_empty() || !self.fields.is_empty()
    }

    /// Narrows to one name.
    pub fn only(&mut self, name: &str) {
        self.fields.push((Source::Name, name.to_owned(), true));
    }

    /// Returns whether an object passes.
    pub fn lets(&self, entry: &Entry) -> bool {
        self.namespace.as_ref().is_none_or(|namespace| *namespace == *entry.key.namespace)
            && self.labels.matches(|key| entry.facts.label(key).map(|value| &**value))
            && self.fields.iter().all(|(source, value, equal)| {
                let found = match source {
                    Source::Name => &*entry.key.name,
                    Source::Namespace => &*entry.key.namespace,
                    Source::Fact(index) => entry.facts.fields.get(*index).map_or("", |fact| &**fact),
                };
                // A boolean that was never written is false to a selector.
                let found = if found.is_empty() && matches!(value.as_str(), "false" | "true") {
                    "false"
                } else {
                    found
                };
                (found == value) == *equal
            })
    }
}

fn fact(kind: &Served, path: &str) -> Source {
    Source::Fact(kind.fields.iter().position(|field| *field == path).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_selectors_read_as_the_api_documents_them() {
        let labels = |key: &str| match key {
            "app" => Some("web"),
            "tier" => Some("front"),
            _ => None,
        };
        for (text, want) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier", true),
            ("app!=web", false),
            ("gone!=x", true),
            ("app in (web, db),tier notin (back)", true),
            ("app in (db)", false),
            ("!gone", true),
            ("!app", false),
            ("gone", false),
        ] {
            assert_eq!(Labels::parse(text).unwrap().matches(labels), want, "{text}");
        }
        assert!(Labels::parse("a b").is_err());
    }
}
