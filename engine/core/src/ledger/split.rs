//! Splitting units by weights, so that the parts sum to the whole: floor and largest remainder.
//!
//! Ties go to the lower index, and a weight of zero gets nothing. Refunds of a split take what is to come
//! back over what each party still has: recomputing the first split and subtracting can ask a party for more
//! than before although less is left.

/// Splits `total` by weights. `None` where there is something to split and nobody to have it.
pub fn by_weights(total: u64, weights: &[u64]) -> Option<Vec<u64>> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if sum == 0 {
        return (total == 0).then(|| vec![0; weights.len()]);
    }
    let exact = |weight: &u64| u128::from(total) * u128::from(*weight);
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        parts.push(u64::try_from(exact(weight) / sum).ok()?);
    }
    let given: u64 = parts.iter().sum();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(exact(&weights[*index]) % sum));
    let left = usize::try_from(total - given).ok()?;
    for index in order.into_iter().take(left) {
        parts[index] += 1;
    }
    Some(parts)
}

/// What each party gives back so that together it is `amount`, over what each still has. `None` where they
/// have less.
pub fn give_back(amount: u64, has: &[u64]) -> Option<Vec<u64>> {
    let together: u128 = has.iter().map(|part| u128::from(*part)).sum();
    if u128::from(amount) > together {
        return None;
    }
    by_weights(amount, has)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_sum_to_the_whole() {
        for (total, weights, expected) in [
            (15, vec![80, 8, 12], Some(vec![12, 1, 2])),
            (10, vec![1, 1, 1], Some(vec![4, 3, 3])),
            (2, vec![0, 1, 1, 1], Some(vec![0, 1, 1, 0])),
            (0, vec![0, 0], Some(vec![0, 0])),
            (0, vec![], Some(vec![])),
            (1, vec![0, 0], None),
            (1, vec![], None),
            (u64::MAX, vec![u64::MAX, u64::MAX], Some(vec![u64::MAX / 2 + 1, u64::MAX / 2])),
        ] {
            assert_eq!(by_weights(total, &weights), expected, "{total} {weights:?}");
        }
    }

    fn weights() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::vec(prop_oneof![2 => 0..5_u64, 3 => 0..10_000_u64], 1..8)
    }

    proptest! {
        #[test]
        fn i7_a_split_is_exact_fair_and_blind_to_order(total in 0..1_000_000_u64, weights in weights()) {
            let sum: u64 = weights.iter().sum();
            prop_assume!(sum > 0);
            let parts = by_weights(total, &weights).unwrap();
            prop_assert_eq!(parts.iter().sum::<u64>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = u128::from(total) * u128::from(*weight);
                let given = u128::from(*part) * u128::from(sum);
                prop_assert!(given.abs_diff(exact) < u128::from(sum), "{part} of {weight}");
                prop_assert!(*weight > 0 || *part == 0);
            }
            let turned: Vec<u64> = weights.iter().rev().copied().collect();
            let mut back = by_weights(total, &turned).unwrap();
            back.reverse();
            for (index, (one, other)) in parts.iter().zip(&back).enumerate() {
                let rest = |at: usize| u128::from(total) * u128::from(weights[at]) % u128::from(sum);
                let ties = (0..weights.len()).filter(|at| rest(*at) == rest(index)).count() > 1;
                prop_assert!(one == other || ties, "a permutation only changes ties");
            }
        }

        #[test]
        fn i8_refunds_of_a_split_end_at_zero_and_never_below(
            total in 1..100_000_u64,
            weights in weights(),
            steps in proptest::collection::vec(1..5_000_u64, 1..40),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let mut has = by_weights(total, &weights).unwrap();
            let mut left = total;
            for step in steps.into_iter().chain([u64::MAX]) {
                let amount = step.min(left);
                let back = give_back(amount, &has).unwrap();
                prop_assert_eq!(back.iter().sum::<u64>(), amount);
                for (has, back) in has.iter_mut().zip(&back) {
                    prop_assert!(*back <= *has);
                    *has -= *back;
                }
                left -= amount;
            }
            prop_assert_eq!(has, vec![0; weights.len()]);
            prop_assert_eq!(give_back(1, &vec![0; weights.len()]), None);
        }
    }
}
