//! Order statistics of a handful of figures.

/// Median, 99th percentile and worst of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many figures there were.
    pub count: usize,
    /// The middle one.
    pub median: f64,
    /// The 99th percentile; of fewer than a hundred figures it is the worst.
    pub p99: f64,
    /// The largest.
    pub worst: f64,
}

impl Spread {
    /// Returns the spread of a sample, nothing for an empty one.
    pub fn of(sample: &[f64]) -> Option<Self> {
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        let worst = *sorted.last()?;
        let p99 = *sorted.get((sorted.len() * 99).div_ceil(100).saturating_sub(1))?;
        Some(Self { count: sorted.len(), median: median(&sorted)?, p99, worst })
    }
}

/// Returns the median, nothing for an empty sample.
pub fn median(sample: &[f64]) -> Option<f64> {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let high = *sorted.get(half)?;
    if sorted.len() % 2 == 1 {
        return Some(high);
    }
    Some(f64::midpoint(*sorted.get(half.checked_sub(1)?)?, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_a_hundred_figures_leaves_the_worst_out_of_its_p99() {
        let sample: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let spread = Spread { count: 100, median: 50.5, p99: 99.0, worst: 100.0 };
        assert_eq!(Spread::of(&sample), Some(spread));
    }

    #[test]
    fn few_figures_have_a_spread_and_none_have_none() {
        assert_eq!(Spread::of(&[3.0]), Some(Spread { count: 1, median: 3.0, p99: 3.0, worst: 3.0 }));
        assert_eq!(Spread::of(&[]), None);
    }
}
