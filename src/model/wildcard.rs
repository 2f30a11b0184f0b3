//! Patterns with `*` (any run) and `?` (any one character), for sets of namespaces.

/// Returns whether the whole text matches the pattern. Case counts.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (mut rest, mut left) = (pattern, text);
    // Where to go on when a guess of what the last `*` covers was wrong.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let (wanted, found) = (rest.chars().next(), left.chars().next());
        match (wanted, found) {
            (Some('*'), _) => {
                rest = tail(rest);
                retry = Some((rest, left));
            }
            (None, None) => return true,
            (Some(p), Some(c)) if p == '?' || p == c => (rest, left) = (tail(rest), tail(left)),
            _ => match retry {
                Some((after, from)) if !from.is_empty() => {
                    retry = Some((after, tail(from)));
                    (rest, left) = (after, tail(from));
                }
                _ => return false,
            },
        }
    }
}

fn tail(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_text() {
        for (pattern, text, want) in [
            ("kube-*", "kube-system", true),
            ("kube-*", "kube-", true),
            ("kube-*", "my-kube-system", false),
            ("*-system", "kube-system", true),
            ("*s*t*m", "kube-system", true),
            ("*aab", "aaaaab", true),
            ("team-?", "team-a", true),
            ("team-?", "team-ab", false),
            ("shop", "shop", true),
            ("shop", "shopping", false),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
            ("?", "ß", true),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} {text}");
        }
    }
}
