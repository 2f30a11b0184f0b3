//! What every projector shares: borrowed, forgiving decoding of an object's metadata, and the one
//! place that builds a [`Row`].
//!
//! The hot path of kdeck: one pass of `serde_json` over the text that is kept, strings borrowed from it,
//! only wanted fields taken.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::error::Category;

use super::Projecting;
use crate::model::row::Owner;
use crate::model::{Cell, Facts, Health, Labels, ObjKey, Problem, ProblemKind, Row, Text, Timestamp, Uid};

/// A string borrowed from the JSON where it has no escapes. `null` reads as empty; a number or a
/// bool (a broken or newer server) reads as its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Str<'a>(pub Cow<'a, str>);

impl std::ops::Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lenient;
        impl<'de> Visitor<'de> for Lenient {
            type Value = Str<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(v)))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(v.to_owned())))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Str::default())
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(v.to_string())))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(v.to_string())))
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(v.to_string())))
            }
            fn visit_bool<E: de::Error>(self, v: bool) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(if v { "true" } else { "false" })))
            }
        }
        deserializer.deserialize_any(Lenient)
    }
}

/// Reads `null` as the type's default; use as `#[serde(default, deserialize_with = "nullable")]`.
///
/// # Errors
/// When the value is neither null nor a `T`.
pub fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A JSON object of strings in document order: labels, annotations, selectors.
#[derive(Clone, Debug, Default)]
pub struct Pairs<'a>(pub Vec<(Str<'a>, Str<'a>)>);

impl<'a> Pairs<'a> {
    /// Returns the value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| &**name == key).map(|(_, value)| &**value)
    }

    /// Returns the pairs sorted and shared.
    pub fn intern(&self, ctx: &mut Projecting) -> Labels {
        let mut pairs: Vec<(Text, Text)> =
            self.0.iter().map(|(k, v)| (ctx.interner.get(k), ctx.interner.get(v))).collect();
        pairs.sort();
        ctx.interner.labels(pairs.into())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Pairs::default())
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_any(Map)
    }
}

/// An entry of `metadata.ownerReferences`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerRef<'a> {
    #[serde(borrow, default)]
    api_version: Str<'a>,
    #[serde(borrow, default)]
    kind: Str<'a>,
    #[serde(borrow, default)]
    name: Str<'a>,
    #[serde(borrow, default)]
    uid: Str<'a>,
    #[serde(default)]
    controller: Option<bool>,
}

/// `metadata`, as far as rows need it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta<'a> {
    /// Name.
    #[serde(borrow, default)]
    pub name: Str<'a>,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(borrow, default)]
    pub namespace: Str<'a>,
    /// Uid.
    #[serde(borrow, default)]
    pub uid: Str<'a>,
    /// Creation.
    #[serde(borrow, default)]
    pub creation_timestamp: Str<'a>,
    /// Deletion; empty while alive.
    #[serde(borrow, default)]
    pub deletion_timestamp: Str<'a>,
    /// Generation of the spec.
    #[serde(default, deserialize_with = "nullable")]
    pub generation: i64,
    /// Labels.
    #[serde(borrow, default)]
    pub labels: Pairs<'a>,
    /// Annotations.
    #[serde(borrow, default)]
    pub annotations: Pairs<'a>,
    /// Owners.
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub owner_references: Vec<OwnerRef<'a>>,
    /// Finalizers.
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub finalizers: Vec<Str<'a>>,
}

/// The usual shape of an object. Kinds with other top-level fields declare their own struct with a [`Meta`].
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a, S: Deserialize<'de> + Default, T: Deserialize<'de> + Default"))]
pub struct Object<'a, S, T> {
    /// `metadata`.
    #[serde(borrow)]
    pub metadata: Meta<'a>,
    /// `spec`.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: S,
    /// `status`.
    #[serde(default, deserialize_with = "nullable")]
    pub status: T,
}

/// Decodes an object's text.
///
/// # Errors
/// [`ProblemKind::Malformed`] with serde's position in the text; never the text itself.
pub fn decode<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Problem> {
    serde_json::from_str(json).map_err(|error| {
        // serde's words about data quote the value, which may be anybody's secret.
        let what = match error.classify() {
            Category::Data => {
                format!("a value of the wrong type at line {} column {}", error.line(), error.column())
            }
            _ => error.to_string(),
        };
        Problem::new(ProblemKind::Malformed, format!("cannot read an object: {what}"))
    })
}

/// Reads a time field; empty or broken gives `None`.
pub fn time(s: &str) -> Option<Timestamp> {
    Timestamp::parse(s)
}

/// Builds the row.
pub fn row(ctx: &mut Projecting, meta: &Meta<'_>, cells: Vec<Cell>, health: Health, mut facts: Facts) -> Row {
    facts.finalizers = meta.finalizers.iter().map(|name| ctx.interner.get(name)).collect();
    if facts.generation.0 == 0 {
        facts.generation.0 = meta.generation;
    }
    let owners = meta
        .owner_references
        .iter()
        .map(|owner| Owner {
            api_version: ctx.interner.get(&owner.api_version),
            kind: ctx.interner.get(&owner.kind),
            name: ctx.interner.get(&owner.name),
            uid: Uid::parse(&owner.uid),
            controller: owner.controller.unwrap_or(false),
        })
        .collect();
    Row {
        key: ObjKey {
            cluster: ctx.cluster.clone(),
            kind: ctx.kind.clone(),
            namespace: ctx.interner.get(&meta.namespace),
            name: Text::from(&*meta.name),
        },
        uid: Uid::parse(&meta.uid),
        created: time(&meta.creation_timestamp),
        deleting: time(&meta.deletion_timestamp),
        cells: cells.into(),
        health,
        labels: meta.labels.intern(ctx),
        owners,
        managers: std::mem::take(&mut ctx.managers),
        facts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClusterId, KindId};

    #[test]
    fn a_malformed_object_is_a_problem_that_quotes_nothing_of_it() {
        type Any<'a> = Object<'a, de::IgnoredAny, de::IgnoredAny>;
        for json in [r#"{"metadata":"hunter2"}"#, r#"{"metadata":{"generation":"hunter2"}}"#, r#"{hunter2"#] {
            let problem = decode::<Any<'_>>(json).unwrap_err().to_string();
            assert!(!problem.contains("hunter2"), "{problem}");
            assert!(problem.contains("column"), "{problem}");
        }
    }

    #[test]
    fn nulls_and_odd_types_in_metadata_do_not_lose_the_object() {
        let json = r#"{"metadata":{"name":"a","labels":null,"ownerReferences":null,"finalizers":null,"generation":null,"managedFields":null,"annotations":{"n":1,"b":true}}}"#;
        let object: Object<'_, de::IgnoredAny, de::IgnoredAny> = decode(json).unwrap();
        let mut ctx = Projecting::new(ClusterId("c".into()), KindId::new("", "configmaps"));
        let row = row(&mut ctx, &object.metadata, vec![], Health::default(), Facts::default());
        assert_eq!(&*row.key.name, "a");
        assert!(row.labels.is_empty());
    }
}
