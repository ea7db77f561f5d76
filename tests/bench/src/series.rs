//! Samples, and the three numbers that stand for them.

use serde::Serialize;

/// Samples in the order in which they were taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Series(Vec<f64>);

/// What is shown of a [`Series`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// The middle one.
    pub(crate) median: f64,
    /// The lowest.
    pub(crate) low: f64,
    /// The highest.
    pub(crate) high: f64,
    /// All, in the order in which they were taken.
    pub(crate) samples: Vec<f64>,
}

impl Series {
    pub(crate) fn one(sample: f64) -> Self {
        Self(vec![sample])
    }

    pub(crate) fn push(&mut self, sample: f64) {
        self.0.push(sample);
    }

    pub(crate) fn samples(&self) -> &[f64] {
        &self.0
    }

    /// The sample that `percent` of all don't exceed; not a number if there is none.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        sorted
            .get((last * percent).div_ceil(100))
            .copied()
            .unwrap_or(f64::NAN)
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary {
            median: self.percentile(50),
            low: self.percentile(0),
            high: self.percentile(100),
            samples: self.0.clone(),
        }
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(samples: I) -> Self {
        Self(samples.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let series: Series = [5.0, 1.0, 4.0, 2.0, 3.0].into_iter().collect();
        assert_eq!(
            [0, 50, 99, 100].map(|percent| series.percentile(percent)),
            [1.0, 3.0, 5.0, 5.0]
        );
        assert!(Series::default().percentile(50).is_nan());
    }
}
