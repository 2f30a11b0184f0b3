//! "Did you mean": the known names nearest to a mistyped one.

/// Returns up to three names nearest to `word`, nearest first; names that have little in common are left out.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let limit = word.chars().count() / 3 + 1;
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let far = distance(&word, &lower);
            if far <= limit {
                return Some((far, name));
            }
            // A part of a long name is as good as one slip more than allowed.
            (word.len() >= 2 && lower.contains(&word)).then_some((limit + 1, name))
        })
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Writes the names as a hint; `None` when there are none.
pub fn hint(names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(", ")))
}

/// Edits between two words: insertions, deletions, substitutions (two rows of the classic table).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(x != *y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let names = ["pods", "deployments", "nodes", "production-eu", "podtemplates"];
        assert_eq!(nearest("pds", names), ["pods"]);
        assert_eq!(nearest("deploymnets", names), ["deployments"]);
        assert_eq!(nearest("prod", names).first(), Some(&"pods"));
        assert!(nearest("prod", names).contains(&"production-eu"));
        assert!(nearest("xylophone", names).is_empty());
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
