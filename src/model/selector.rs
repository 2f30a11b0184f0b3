//! Kubernetes label selectors: read, match, print.
//!
//! Equality and set forms, existence, and the order of whole numbers, as the API server reads
//! them. Case is kept everywhere.

use std::fmt;

use super::problem::{Problem, ProblemKind};
use super::text::Text;

/// What a requirement asks of a label's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `key`
    Exists,
    /// `!key`
    Missing,
    /// `key=value`
    Equals(Text),
    /// `key!=value`; also true without the label.
    Differs(Text),
    /// `key in (a,b)`
    In(Vec<Text>),
    /// `key notin (a,b)`; also true without the label.
    NotIn(Vec<Text>),
    /// `key>1`
    Above(i64),
    /// `key<1`
    Below(i64),
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Label key.
    pub key: Text,
    /// Condition.
    pub ask: Ask,
}

impl Requirement {
    fn holds(&self, labels: &[(Text, Text)]) -> bool {
        let value = labels.iter().find(|(key, _)| *key == self.key).map(|(_, value)| value);
        match (&self.ask, value) {
            (Ask::Exists, found) => found.is_some(),
            (Ask::Missing, found) => found.is_none(),
            (Ask::Differs(_) | Ask::NotIn(_), None) => true,
            (_, None) => false,
            (Ask::Equals(wanted), Some(value)) => value == wanted,
            (Ask::Differs(unwanted), Some(value)) => value != unwanted,
            (Ask::In(set), Some(value)) => set.contains(value),
            (Ask::NotIn(set), Some(value)) => !set.contains(value),
            (Ask::Above(bound), Some(value)) => value.parse::<i64>().is_ok_and(|value| value > *bound),
            (Ask::Below(bound), Some(value)) => value.parse::<i64>().is_ok_and(|value| value < *bound),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.ask {
            Ask::Exists => write!(f, "{key}"),
            Ask::Missing => write!(f, "!{key}"),
            Ask::Equals(value) => write!(f, "{key}={value}"),
            Ask::Differs(value) => write!(f, "{key}!={value}"),
            Ask::In(set) => write!(f, "{key} in ({})", set.join(",")),
            Ask::NotIn(set) => write!(f, "{key} notin ({})", set.join(",")),
            Ask::Above(bound) => write!(f, "{key}>{bound}"),
            Ask::Below(bound) => write!(f, "{key}<{bound}"),
        }
    }
}

/// Conditions that must all hold. Without any, everything matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

impl Selector {
    /// Reads a selector such as `app=web,env in (x,y),!canary`.
    ///
    /// # Errors
    /// [`ProblemKind::Usage`] with what is wrong and at which character.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut reader = Reader { text, at: 0 };
        let mut requirements = Vec::new();
        reader.blanks();
        while reader.peek().is_some() {
            requirements.push(reader.requirement()?);
            reader.blanks();
            if reader.peek().is_none() {
                break;
            }
            if !reader.take(",") {
                return Err(reader.wrong("a comma"));
            }
            reader.blanks();
            if reader.peek().is_none() {
                return Err(reader.wrong("a label key"));
            }
        }
        Ok(Self { requirements })
    }

    /// Makes a selector of labels that must all be equal.
    pub fn equal(labels: &[(Text, Text)]) -> Self {
        let requirement =
            |(key, value): &(Text, Text)| Requirement { key: key.clone(), ask: Ask::Equals(value.clone()) };
        Self { requirements: labels.iter().map(requirement).collect() }
    }

    /// Returns whether an object with these labels is selected.
    pub fn matches(&self, labels: &[(Text, Text)]) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(labels))
    }

    /// Returns the conditions.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Returns whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

impl From<Vec<Requirement>> for Selector {
    fn from(requirements: Vec<Requirement>) -> Self {
        Self { requirements }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{requirement}")?;
        }
        Ok(())
    }
}

/// A place in the text being read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "=!<>,()".contains(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn wrong(&self, wanted: &str) -> Problem {
        let found = match self.peek() {
            Some(c) => format!("{c:?}"),
            None => "the end".to_owned(),
        };
        self.error(&format!("expected {wanted}, found {found}"))
    }

    fn error(&self, what: &str) -> Problem {
        let position = self.text.get(..self.at).unwrap_or(self.text).chars().count() + 1;
        Problem::new(ProblemKind::Usage, format!("label selector {:?}: {what} at {position}", self.text))
            .hint("write it as kubectl does: app=web,tier!=db,env in (dev,test),!canary")
    }

    fn requirement(&mut self) -> Result<Requirement, Problem> {
        if self.take("!") {
            self.blanks();
            return Ok(Requirement { key: self.key()?, ask: Ask::Missing });
        }
        let key = self.key()?;
        self.blanks();
        // Longer signs first, so that `==` is not read as `=` with the value `=…`.
        let ask = if self.take("!=") {
            Ask::Differs(self.value()?)
        } else if self.take("==") || self.take("=") {
            Ask::Equals(self.value()?)
        } else if self.take(">") {
            Ask::Above(self.number()?)
        } else if self.take("<") {
            Ask::Below(self.number()?)
        } else if matches!(self.peek(), None | Some(',')) {
            Ask::Exists
        } else {
            let word = self.word();
            match word {
                "in" => Ask::In(self.set()?),
                "notin" => Ask::NotIn(self.set()?),
                _ => {
                    self.at -= word.len();
                    return Err(self.wrong("one of = != in notin > <"));
                }
            }
        };
        Ok(Requirement { key, ask })
    }

    fn key(&mut self) -> Result<Text, Problem> {
        let start = self.at;
        let word = self.word();
        if word.is_empty() {
            return Err(self.wrong("a label key"));
        }
        let (prefix, name) = word.split_once('/').map_or((None, word), |(prefix, name)| (Some(prefix), name));
        let prefix_is_right = prefix.is_none_or(|prefix| {
            !prefix.is_empty()
                && prefix.len() <= 253
                && prefix.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
        });
        if name.is_empty() || !prefix_is_right || !is_label_text(name) {
            self.at = start;
            return Err(self.error(&format!("{word:?} cannot be a label key")));
        }
        Ok(word.into())
    }

    fn value(&mut self) -> Result<Text, Problem> {
        self.blanks();
        let start = self.at;
        let word = self.word();
        if !is_label_text(word) {
            self.at = start;
            return Err(self.error(&format!("{word:?} cannot be a label value")));
        }
        Ok(word.into())
    }

    fn number(&mut self) -> Result<i64, Problem> {
        self.blanks();
        let start = self.at;
        let word = self.word();
        word.parse().map_err(|_| {
            self.at = start;
            self.error(&format!("{word:?} is not a whole number"))
        })
    }

    fn set(&mut self) -> Result<Vec<Text>, Problem> {
        self.blanks();
        if !self.take("(") {
            return Err(self.wrong("("));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            self.blanks();
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(self.wrong("a comma or )"));
            }
        }
    }
}

/// Returns whether a text is allowed as the name of a label or as its value.
fn is_label_text(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && edge(text.chars().next())
        && edge(text.chars().next_back())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Vec<(Text, Text)> {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn selectors_select_as_the_api_server_does() {
        let web = labels(&[("app", "Web"), ("env", "x"), ("n", "7"), ("empty", "")]);
        for (text, want) in [
            ("", true),
            ("app=Web", true),
            ("app==Web", true),
            ("app=web", false),
            ("app != web , env", true),
            ("missing!=x", true),
            ("missing=x", false),
            ("env in (x,y)", true),
            ("env in (y)", false),
            ("env notin (y, z),!gone", true),
            ("gone notin (y)", true),
            ("!app", false),
            ("n>6,n<8", true),
            ("n>7", false),
            ("app>1", false),
            ("empty=", true),
            ("empty in ()", true),
            ("app.kubernetes.io/name=x", false),
        ] {
            assert_eq!(Selector::parse(text).unwrap().matches(&web), want, "{text}");
        }
    }

    #[test]
    fn wrong_selectors_say_where() {
        for (text, at) in [
            ("app=web,", 9),
            ("=x", 1),
            ("app in x", 8),
            ("app in (x", 10),
            ("a b", 3),
            ("a=x y", 5),
            ("a>b", 3),
            ("a=-x", 3),
            ("/a", 1),
            ("ä=1", 1),
            ("a,,b", 3),
        ] {
            let problem = Selector::parse(text).unwrap_err();
            assert!(problem.what.ends_with(&format!("at {at}")), "{text}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(text in "[!]?[a-z]{1,4}(=|!=|==| in | notin |>|<)?[(]?[a-z0-9,]{0,6}[)]?(,[a-z]{1,3})?") {
            if let Ok(selector) = Selector::parse(&text) {
                prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".*") {
            let _ = Selector::parse(&text);
        }
    }
}
