//! kubectl's dialect of JSONPath, as far as printer columns use it: fields (escaped dots, quoted
//! names), indexes, ranges, unions, wildcards, `..`, and filters over arrays.
//!
//! What the server answers for odd data is kept: a missing field gives nothing, an index out of
//! range or a filter over something that is no array is an error, which a table shows as nothing.

use std::cmp::Ordering;

use serde_json::Value;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Slice(Slice),
    Union(Vec<Step>),
    Wildcard,
    Recursive,
    Filter(Box<Filter>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: Operand,
    /// Without a comparison the left side must exist.
    test: Option<(Comparison, Operand)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Path(Path),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longer ones before their heads.
const COMPARISONS: &[(&str, Comparison)] = &[
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Path {
    /// Parses a path such as `.status.conditions[?(@.type=="Ready")].status`. `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        let mut rest = text.strip_prefix(['$', '@']).unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, tail) = parse_step(rest)?;
            steps.push(step);
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

fn parse_step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix("..") {
        // `..name` is a recursion and then a field.
        return Some((Step::Recursive, if rest.starts_with('[') { rest } else { text.get(1..)? }));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let end = closing(rest)?;
        return Some((parse_bracket(rest.get(..end)?)?, rest.get(end + 1..)?));
    }
    let rest = text.strip_prefix('.').unwrap_or(text);
    if rest.starts_with('[') {
        return parse_step(rest);
    }
    let (name, tail) = parse_name(rest);
    match name.as_str() {
        "" => None,
        "*" => Some((Step::Wildcard, tail)),
        _ => Some((Step::Field(name), tail)),
    }
}

/// Reads a field name up to an unescaped dot or bracket.
fn parse_name(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (name, text.get(at..).unwrap_or_default()),
            _ => name.push(c),
        }
    }
    (name, "")
}

/// Finds the bracket that closes; brackets in quotes and nested ones do not.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn parse_bracket(body: &str) -> Option<Step> {
    let body = body.trim();
    if body == "*" {
        return Some(Step::Wildcard);
    }
    if let Some(filter) = body.strip_prefix("?(").and_then(|b| b.strip_suffix(')')) {
        return Some(Step::Filter(Box::new(parse_filter(filter)?)));
    }
    let parts = split_outside_quotes(body);
    if parts.len() > 1 {
        return parts.into_iter().map(parse_bracket).collect::<Option<_>>().map(Step::Union);
    }
    if let Some(name) = unquote(body) {
        return Some(Step::Field(name));
    }
    parse_slice(body).map(Step::Slice)
}

fn split_outside_quotes(body: &str) -> Vec<&str> {
    let (mut quote, mut parts, mut from) = (None, Vec::new(), 0);
    for (at, c) in body.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ',') => {
                parts.extend(body.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(body.get(from..));
    parts
}

fn unquote(text: &str) -> Option<String> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    Some(inner.replace(&format!("\\{quote}"), &quote.to_string()))
}

fn parse_slice(body: &str) -> Option<Slice> {
    let number = |s: &str| match s.trim() {
        "" => Some(None),
        s => s.parse().ok().map(Some),
    };
    let parts: Vec<Option<i64>> = body.split(':').map(number).collect::<Option<_>>()?;
    match parts.as_slice() {
        // One index is the range up to the next one; the last index has no next one.
        [Some(index)] => {
            Some(Slice { start: Some(*index), end: Some(index + 1).filter(|e| *e != 0), step: None })
        }
        [start, end] => Some(Slice { start: *start, end: *end, step: None }),
        [start, end, step] => Some(Slice { start: *start, end: *end, step: *step }),
        _ => None,
    }
}

fn parse_filter(text: &str) -> Option<Filter> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, _) => {
                let rest = text.get(at..)?;
                if let Some((sign, comparison)) = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign))
                {
                    let left = parse_operand(text.get(..at)?)?;
                    let right = parse_operand(rest.get(sign.len()..)?)?;
                    return Some(Filter { left, test: Some((*comparison, right)) });
                }
            }
        }
    }
    Some(Filter { left: parse_operand(text)?, test: None })
}

fn parse_operand(text: &str) -> Option<Operand> {
    let text = text.trim();
    if let Some(literal) = unquote(text) {
        return Some(Operand::Literal(Value::String(literal)));
    }
    if text.starts_with(['@', '.', '$', '[']) {
        return Path::parse(text).map(Operand::Path);
    }
    serde_json::from_str(text).ok().map(Operand::Literal)
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
                Self::Union(steps) => {
                    for step in steps {
                        out.extend(step.apply(&[value])?);
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
            (".metadata.annotations['a.b/c']", json!(["dotted"])),
            (r#".metadata.annotations["a.b/c"]"#, json!(["dotted"])),
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
