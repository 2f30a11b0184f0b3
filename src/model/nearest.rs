//! `did you mean`: the known words that a misspelt one most likely stands for.

/// How many words a hint names at most.
const MOST: usize = 3;

/// How much of a word is compared: longer ones come from files and servers, and the table is quadratic.
const COMPARED: usize = 64;

/// Returns up to three candidates near to `word`, nearest first; what has little in common is left out.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let limit = slips(&word);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let far = distance(&word, &lower);
            if far <= limit {
                return Some((far, candidate));
            }
            // A part of a long name is as good as one slip more than allowed.
            (word.len() > 1 && lower.contains(&word)).then_some((limit + 1, candidate))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, candidate)| candidate).collect()
}

/// Writes the near words as a hint; `None` when there are none.
pub fn hint(near: &[&str]) -> Option<String> {
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(", ")))
}

/// How many slips a word of this length may hold and still be recognised.
fn slips(word: &str) -> usize {
    word.chars().count().div_ceil(3).min(3)
}

/// Returns the number of slips between two words: insert, delete, replace, swap of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(COMPARED).collect(), b.chars().take(COMPARED).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut line = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&above, j) + usize::from(x != y)).min(at(&above, j + 1) + 1).min(at(&line, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_slip_finds_its_word_and_nonsense_finds_none() {
        let known = ["theme", "mouse", "readOnly", "namespaces"];
        for (word, want) in [
            ("teme", Some("theme")),
            ("htmee", Some("theme")),
            ("readonly", Some("readOnly")),
            ("namepsaces", Some("namespaces")),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known).first().copied(), want, "{word}");
        }
    }

    #[test]
    fn part_of_a_name_counts_after_a_slip() {
        let names = ["production-eu", "production-us", "pods", "nodes"];
        assert_eq!(nearest("prod", names), ["pods", "production-eu", "production-us"]);
        assert_eq!(hint(&nearest("nods", names)).as_deref(), Some("did you mean nodes, pods?"));
        assert_eq!(hint(&nearest("xylophone", names)), None);
    }

    #[test]
    fn distance_counts_slips() {
        for (a, b, want) in [("", "abc", 3), ("kitten", "sitting", 3), ("prod", "prod", 0), ("ab", "ba", 1)] {
            assert_eq!(distance(a, b), want, "{a} {b}");
        }
    }
}
