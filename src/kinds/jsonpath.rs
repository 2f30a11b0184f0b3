//! kubectl's dialect of JSONPath, as far as printer columns use it: fields (escaped dots, quoted
//! names), indexes, ranges, unions, wildcards, `..`, and filters over arrays.
//!
//! What the server answers for odd data is kept: a missing field gives nothing, an index out of
//! range or a filter over something that is no array is an error, which a table shows as nothing.

use std::cmp::Ordering;

use serde_json::Value;

use super::jsonpath_parse::parse_steps;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub struct Path(pub(super) Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Field(String),
    Slice(Slice),
    Union(Vec<Path>),
    Wildcard,
    Recursive,
    Filter(Box<Filter>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) left: Operand,
    /// Without a comparison the left side must exist.
    pub(super) test: Option<(Comparison, Operand)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Path(Path),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Path {
    /// Parses a path such as `.status.conditions[?(@.type=="Ready")].status`. `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        let mut rest = text.strip_prefix(['$', '@']).unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (found, tail) = parse_steps(rest)?;
            steps.extend(found);
            rest = tail;
        }
        Some(Self(steps))
    }

    /// Finds the values; `None` where the server's evaluation fails.
    pub fn find<'v>(&self, root: &'v Value) -> Option<Vec<&'v Value>> {
        let mut found = vec![root];
        for step in &self.0 {
            found = step.apply(&found)?;
        }
        Some(found)
    }

    /// Returns whether this is exactly the path of those fields.
    pub fn is_fields(&self, fields: &[&str]) -> bool {
        self.0.len() == fields.len()
            && self
                .0
                .iter()
                .zip(fields)
                .all(|(step, name)| matches!(step, Step::Field(field) if field == name))
    }
}

impl Step {
    fn apply<'v>(&self, input: &[&'v Value]) -> Option<Vec<&'v Value>> {
        let mut out = Vec::new();
        for value in input.iter().copied().filter(|value| !value.is_null()) {
            match self {
                Self::Field(name) => out.extend(value.get(name)),
                Self::Wildcard => out.extend(children(value)),
                Self::Recursive => descend(value, &mut out),
                Self::Slice(slice) => slice.apply(value.as_array()?, &mut out)?,
                Self::Filter(filter) => filter.apply(value.as_array()?, &mut out)?,
                Self::Union(paths) => {
                    for path in paths {
                        out.extend(path.find(value)?);
                    }
                }
            }
        }
        Some(out)
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

fn descend<'v>(value: &'v Value, out: &mut Vec<&'v Value>) {
    let below = children(value);
    if !below.is_empty() {
        out.push(value);
    }
    for child in below {
        descend(child, out);
    }
}

impl Slice {
    fn apply<'v>(&self, items: &'v [Value], out: &mut Vec<&'v Value>) -> Option<()> {
        let length = i64::try_from(items.len()).ok()?;
        let from_end = |at: i64| if at < 0 { at + length } else { at };
        let start = from_end(self.start.unwrap_or(0));
        let end = self.end.map_or(length, from_end);
        if start == end {
            return Some(());
        }
        let step = usize::try_from(self.step.unwrap_or(1)).ok().filter(|step| *step > 0)?;
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        out.extend(items.get(range)?.iter().step_by(step));
        Some(())
    }
}

impl Filter {
    fn apply<'v>(&self, items: &'v [Value], out: &mut Vec<&'v Value>) -> Option<()> {
        for item in items {
            let left = self.left.eval(item);
            let Some((comparison, right)) = &self.test else {
                if left.is_some_and(|found| !found.is_empty()) {
                    out.push(item);
                }
                continue;
            };
            match (left?.as_slice(), right.eval(item)?.as_slice()) {
                ([], _) | (_, []) => {}
                ([left], [right]) => {
                    if comparison.holds(left, right)? {
                        out.push(item);
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }
}

impl Operand {
    fn eval<'v>(&'v self, item: &'v Value) -> Option<Vec<&'v Value>> {
        match self {
            Self::Path(path) => path.find(item),
            Self::Literal(value) => Some(vec![value]),
        }
    }
}

impl Comparison {
    /// Compares two values of one type; values of different types cannot be compared.
    fn holds(self, left: &Value, right: &Value) -> Option<bool> {
        let order = match (left, right) {
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?)?,
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            _ => return None,
        };
        Some(match self {
            Self::Equal => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_of_printer_columns_find_what_the_server_finds() {
        let object = json!({
            "metadata": {"name": "w", "annotations": {"a.b/c": "dotted", "x": "y"}},
            "spec": {"hosts": ["a", "b", "c"], "ports": [{"port": 80}, {"port": 443, "tls": true}], "n": 3, "nul": null},
            "status": {"conditions": [
                {"type": "Synced", "status": "True"}, {"type": "Ready", "status": "False", "n": 2}]},
        });
        let found = |path: &str| Path::parse(path).unwrap().find(&object).map(|v| json!(v));
        for (path, want) in [
            (".metadata.name", json!(["w"])),
            ("metadata.name", json!(["w"])),
            ("$.metadata.name", json!(["w"])),
            ("{.metadata.name}", json!(["w"])),
            (r".metadata.annotations.a\.b/c", json!(["dotted"])),
            (r".metadata.annotations['a\.b/c']", json!(["dotted"])),
            (".metadata.annotations['a.b/c']", json!([])),
            (r#".metadata["name"]"#, json!(["w"])),
            (".spec.hosts", json!([["a", "b", "c"]])),
            (".spec.hosts[0]", json!(["a"])),
            (".spec.hosts[-1]", json!(["c"])),
            (".spec.hosts[-1:]", json!(["c"])),
            (".spec.hosts[0:2]", json!(["a", "b"])),
            (".spec.hosts[::2]", json!(["a", "c"])),
            (".spec.hosts[*]", json!(["a", "b", "c"])),
            (".spec.hosts[0,2]", json!(["a", "c"])),
            (".spec.ports[*].port", json!([80, 443])),
            (".spec['n','hosts']", json!([3, ["a", "b", "c"]])),
            (".spec.missing.deeper", json!([])),
            (".spec.nul", json!([null])),
            (".spec.nul.deeper", json!([])),
            (r#".status.conditions[?(@.type=="Ready")].status"#, json!(["False"])),
            (r#".status.conditions[?(@.type == 'Ready')].status"#, json!(["False"])),
            (r#".status.conditions[?(@.type!="Ready")].status"#, json!(["True"])),
            (r#".status.conditions[?(@.n>1)].type"#, json!(["Ready"])),
            (r#".status.conditions[?(@.n)].type"#, json!(["Ready"])),
            (r#".spec.ports[?(@.tls==true)].port"#, json!([443])),
            ("..port", json!([80, 443])),
        ] {
            assert_eq!(found(path), Some(want), "{path}");
        }
        for failing in
            [".spec.hosts[9]", ".spec.n[0]", r#".spec.n[?(@.a=="b")]"#, r#".status.conditions[?(@.type==1)]"#]
        {
            assert_eq!(found(failing), None, "{failing}");
        }
        for broken in [".a[", ".a[?(@.x==]", ".a[x]", ".a[0:b]", "..", ".."] {
            assert_eq!(Path::parse(broken), None, "{broken}");
        }
    }
}
