//! What is said is found: by words, phrases, in Chinese, by author and time, page by page.

use kith_core::community::Blueprint;
use kith_core::ports::search::Question;

use super::{ELSEWHERE, of, question};
use crate::world::{Ground, ManualClock, World};

#[test]
fn what_was_posted_is_found_with_its_words_marked() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    let zig = world.post(place, ann, "The ZIG release notes").unwrap();
    let packet = world.post(place, ann, "抢红包啦，大家快来").unwrap();
    world.check(place, "zig", &[zig]);
    world.check(place, "\"release notes\"", &[zig]);
    world.check(place, "\"notes release\"", &[]);
    world.check(place, "红包", &[packet]);
    world.check(place, "快来 -红包", &[]);
    let found = world.find(question(place, "红包 大家")).found.remove(0);
    assert_eq!(found.text, "抢红包啦，大家快来");
    let marked: Vec<&str> = found.marks.into_iter().map(|range| &found.text[range]).collect();
    assert_eq!(marked, ["红包", "大家"]);
    assert_eq!(found.hit.author, ann);
}

#[test]
fn an_edit_takes_the_place_of_what_was_said() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    let message = world.post(place, ann, "before").unwrap();
    world.check(place, "before", &[message]);
    world.edit(place, ann, message, "after").unwrap();
    world.check(place, "before", &[]);
    world.check(place, "after", &[message]);
}

#[test]
fn nothing_is_found_in_a_channel_or_community_that_was_not_named() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let other = world.found("orchard", &Blueprint::default());
    world.post(place, place.owner, "secret").unwrap();
    world.await_index();
    let nowhere = Question { channels: [ELSEWHERE].into(), ..question(place, "secret") };
    assert!(world.find(nowhere).found.is_empty());
    let across = Question { channels: [place.channel, other.channel].into(), ..question(other, "secret") };
    assert!(world.find(across).found.is_empty());
    assert!(world.sought(of(place, other.id, other.owner), "secret").is_empty());
    assert_eq!(world.sought(place, "secret").len(), 1);
}

#[test]
fn a_question_is_narrowed_by_author_and_time_and_goes_on_page_by_page() {
    let clock = ManualClock::new();
    let world = Ground::fresh().clock(&clock).open();
    let place = world.found("garden", &Blueprint::default());
    let (ann, ben) = (world.join(place.id, "Ann"), world.join(place.id, "Ben"));
    let mut said = Vec::new();
    for number in 0..10 {
        clock.advance(1_000);
        let author = if number % 2 == 0 { ann } else { ben };
        said.push(world.post(place, author, &format!("again {number}")).unwrap());
    }
    world.await_index();
    let by_ann = world.find(Question { author: Some(ann), ..question(place, "again") });
    assert_eq!(by_ann.found.len(), 5);
    let since_ms = Some(world.now_ms() - 2_000);
    assert_eq!(world.find(Question { since_ms, ..question(place, "again") }).found.len(), 3);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.find(Question { after, hits_max: 3, ..question(place, "again") });
        seen.extend(page.found.iter().map(|finding| finding.hit.message));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    said.reverse();
    assert_eq!(seen, said);
}

#[test]
fn any_text_is_a_question() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    world.post(place, place.owner, "a 红 \"quoted\"").unwrap();
    world.await_index();
    for words in ["\"", "-", "- -\"", "*", "a:b OR (", "\0", "\\", "AND", "~2^", "[a TO z]", "\u{202e}"] {
        world.sought(place, words);
    }
    for piece in ["a", "红", "\"", "-", "a ", "-\"a\" ", "\u{1f468}\u{200d}"] {
        world.sought(place, &piece.repeat(10_000));
    }
}
