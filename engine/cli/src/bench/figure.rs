//! A figure: what was measured, beside what, and whether that is good enough.

use serde::Serialize;

/// A number with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantity {
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
}

/// What has to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// At least so many times the reference.
    AtLeastTimes(f64),
    /// At most so many times the reference.
    AtMostTimes(f64),
    /// At most so much, in the figure's own unit.
    AtMost(f64),
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The name that `kith bench NAME` takes.
    pub name: &'static str,
    /// What was measured.
    pub what: String,
    /// What came out.
    pub ours: Quantity,
    /// What it is held against.
    pub reference_what: &'static str,
    /// What came out there; `None` where only the figure itself counts.
    pub reference: Option<Quantity>,
    /// What has to be reached.
    pub reach: Reach,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

impl Figure {
    /// Ours by the reference's.
    pub fn ratio(&self) -> Option<f64> {
        self.reference.filter(|reference| reference.value > 0.0).map(|other| self.ours.value / other.value)
    }

    /// Whether what has to be reached was reached.
    pub fn reached(&self) -> bool {
        match self.reach {
            Reach::AtLeastTimes(times) => self.ratio().is_some_and(|ratio| ratio >= times),
            Reach::AtMostTimes(times) => self.ratio().is_some_and(|ratio| ratio <= times),
            Reach::AtMost(value) => self.ours.value <= value,
        }
    }
}

/// The value in the middle; 0 of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        len if len % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The value below which so many per mille lie; 0 of nothing.
pub(super) fn per_mille(mut values: Vec<f64>, share: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len() * share / 1000).min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(ours: f64, reference: Option<f64>, reach: Reach) -> Figure {
        let quantity = |value| Quantity { value, unit: "ms" };
        Figure {
            name: "x",
            what: String::new(),
            ours: quantity(ours),
            reference_what: "",
            reference: reference.map(quantity),
            reach,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_reach_is_reached_up_to_its_bound() {
        for (ours, reference, reach, reached) in [
            (5.0, Some(10.0), Reach::AtLeastTimes(0.5), true),
            (4.9, Some(10.0), Reach::AtLeastTimes(0.5), false),
            (15.0, Some(10.0), Reach::AtMostTimes(1.5), true),
            (15.1, Some(10.0), Reach::AtMostTimes(1.5), false),
            (15.0, None, Reach::AtMostTimes(1.5), false),
            (15.0, Some(0.0), Reach::AtMostTimes(1.5), false),
            (5.0, None, Reach::AtMost(5.0), true),
            (5.1, None, Reach::AtMost(5.0), false),
        ] {
            assert_eq!(figure(ours, reference, reach).reached(), reached, "{ours} {reference:?} {reach:?}");
        }
    }

    #[test]
    fn medians_and_shares_of_few_values() {
        assert!(median(Vec::new()).abs() < f64::EPSILON);
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0]) - 2.5).abs() < f64::EPSILON);
        assert!((per_mille((1..=100).map(f64::from).collect(), 990) - 100.0).abs() < f64::EPSILON);
        assert!((per_mille(vec![7.0], 500) - 7.0).abs() < f64::EPSILON);
    }
}
