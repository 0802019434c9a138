//! The month is the same for everybody, believable, and true: what is counted stands in the log.

use indicatif::ProgressBar;
use kith_core::community::Language;
use kith_core::queue::Verdict;

use super::{Counts, Made};
use crate::command::demo::world::World;
use crate::session::{self, Folder};

/// A Friday noon.
const NOW_MS: u64 = 1_767_355_200_000;

fn month(language: Language) -> (tempfile::TempDir, Made) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(language).unwrap();
    let made = super::make(folder.path(), &world, NOW_MS, &ProgressBar::hidden()).unwrap();
    (folder, made)
}

fn is_believable(counts: &Counts) {
    assert!((3_000..=6_000).contains(&counts.messages), "{counts:?}");
    assert!((100..=150).contains(&counts.joined), "{counts:?}");
    let some = [counts.turned_away, counts.left, counts.appealed, counts.overturned, counts.muted];
    assert!(some.iter().all(|count| *count > 1), "{counts:?}");
    assert!(counts.released > 5 && counts.denied > counts.released, "{counts:?}");
    assert!(counts.topics >= 29 && counts.answers > 20 && counts.reactions > 500, "{counts:?}");
    let refused: Vec<&str> = counts.refused.keys().map(String::as_str).collect();
    assert_eq!(refused, ["muted"], "only who is muted asks in vain");
}

#[test]
fn the_same_now_makes_the_same_month() {
    let (_first, one) = month(Language::English);
    let (_second, other) = month(Language::English);
    is_believable(&one.counts);
    assert_eq!((one.counts, one.community, one.regulars), (other.counts, other.community, other.regulars));
}

#[test]
fn its_rules_are_right_most_of_the_time_and_wrong_sometimes() {
    let (folder, made) = month(Language::Chinese);
    is_believable(&made.counts);
    let community = made.community;
    session::run(folder.path(), Folder::Existing, async |session| {
        session
            .view(community, |_, community| {
                let held = community.queue.receipts.values().filter(|it| it.verdict == Verdict::Hold);
                assert!(held.count() > 20);
                assert!(!community.queue.holds.is_empty(), "something waits for whoever looks");
                let guard = community.scripts.get("guard").expect("it is there");
                assert_eq!((guard.newest, guard.live().map(|version| version.number)), (2, Some(2)));
            })
            .await
    })
    .unwrap();
}
