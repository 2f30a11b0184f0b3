//! Names that a mistyped one may have meant.

/// Returns up to three names of `all` that are close to `name`, closest first; all of them when there are at most three.
pub(crate) fn nearest<'a>(name: &str, all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = all
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let part = !wanted.is_empty() && (lower.contains(&wanted) || wanted.contains(&lower));
            (if part { 0 } else { distance(&wanted, &lower) }, candidate)
        })
        .collect();
    ranked.sort();
    let few = ranked.len() <= 3;
    let limit = wanted.chars().count().div_ceil(2).max(2);
    ranked.into_iter().filter(|(far, _)| few || *far <= limit).take(3).map(|(_, name)| name).collect()
}

/// Levenshtein's distance in one row.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(from != *to)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, want) in [("", "abc", 3), ("kitten", "sitting", 3), ("prod", "prod", 0), ("ab", "ba", 2)] {
            assert_eq!(distance(a, b), want, "{a} {b}");
        }
    }

    #[test]
    fn close_names_come_first_and_far_ones_stay_away() {
        let all = ["prod-eu", "prod-us", "staging", "kind-local", "minikube"];
        assert_eq!(nearest("stagign", all.into_iter()), ["staging"]);
        assert_eq!(nearest("prod", all.into_iter()), ["prod-eu", "prod-us"]);
        assert!(nearest("zzzzzz", all.into_iter()).is_empty());
    }
}
