//! What two lists of durations have to say about each other.

use std::time::Duration;

/// The middle one; of an even number, the later of the two.
pub(super) fn median(durations: &[Duration]) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// How well one list can be told from the other: how often one of the first takes longer than one of
/// the second, of all pairs (the area under the ROC curve, Mann and Whitney's U divided by the number
/// of pairs). 0.5 is not at all, 0 and 1 are without fail.
pub(super) fn auc(longer: &[Duration], shorter: &[Duration]) -> f64 {
    let mut sorted = shorter.to_vec();
    sorted.sort_unstable();
    // In halves, as a pair of equals is half a win.
    let halves: usize = longer
        .iter()
        .map(|duration| {
            let below = sorted.partition_point(|other| other < duration);
            let not_above = sorted.partition_point(|other| other <= duration);
            below + not_above
        })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a few million pairs")]
    let share = halves as f64 / (2 * longer.len() * shorter.len()) as f64;
    share
}

#[test]
fn the_median_is_in_the_middle() {
    assert_eq!(median(&durations([9, 1, 5])), Duration::from_millis(5));
    assert_eq!(median(&durations([4, 1, 2, 3])), Duration::from_millis(3));
}

#[test]
fn lists_are_told_apart_as_far_as_they_differ() {
    for (longer, shorter, expected) in [
        ([4, 5, 6], [1, 2, 3], 1.0),
        ([1, 2, 3], [4, 5, 6], 0.0),
        ([1, 2, 3], [3, 2, 1], 0.5),
        ([2, 2, 2], [2, 2, 2], 0.5),
        // Of the nine pairs the first wins one, loses six, and shares two.
        ([1, 2, 2], [2, 1, 3], 3.5 / 9.0),
    ] {
        let auc = auc(&durations(longer), &durations(shorter));
        assert!(
            (auc - expected).abs() < 1e-9,
            "{longer:?} {shorter:?}: {auc}"
        );
    }
}

fn durations<const N: usize>(numbers: [u64; N]) -> Vec<Duration> {
    numbers.map(Duration::from_millis).to_vec()
}
