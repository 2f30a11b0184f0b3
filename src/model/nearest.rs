//! `did you mean`: the known word that a misspelt one most likely stands for.

/// Returns the candidate nearest to `word`, if one is near enough to be worth a hint.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let limit = wanted.len().div_ceil(3).min(3);
    let distances = candidates.into_iter().map(|candidate| {
        let known: Vec<char> = candidate.to_lowercase().chars().take(64).collect();
        (distance(&wanted, &known), candidate)
    });
    distances.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= limit).map(|(_, c)| c)
}

/// Returns the number of edits between two words: insert, delete, replace, swap of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
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
            assert_eq!(nearest(word, known), want, "{word}");
        }
    }
}
