//! What becomes of a message that is held or denied.

use super::*;

#[test]
fn verdicts_become_a_post_a_hold_or_a_denial() {
    let mut bench = Bench::new();
    let hall = bench.hall();
    let held = Held {
        header: Box::new(Header::new(MessageId(9), hall, ANN, START_MS)),
        parts: Vec::new(),
        mentions: everybody(),
        edits: None,
        original: Vec::new(),
    };
    let mut carry_out = |verdict| {
        bench.by_hand(ANN, |ctx, out| post::carry_out(ctx, (verdict, &[], Vec::new()), held.clone(), out))
    };
    let denied = carry_out(Verdict::Deny);
    assert_eq!(denied, [Event::Denied { held: Box::new(held.clone()), receipts: Vec::new() }.into()]);
    let waits = carry_out(Verdict::Hold);
    assert!(!waits.iter().any(|event| posted_id(event).is_some()));
    assert_eq!(bench.community().messages.recent().len(), 0);
    assert_eq!(bench.community().messages.mentioned_all_since(0), 0, "only what is posted counts");

    bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out));
    let released = header(&bench, MessageId(9)).clone();
    assert_eq!((released.at_ms, released.said_at_ms), (bench.now_ms(), Some(START_MS)));
    assert_eq!(bench.community().messages.mentioned_all_since(0), 1);
    bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out));
    assert_eq!(bench.community().messages.recent().len(), 1, "a second release changes nothing");
    bench.check();
}

#[test]
fn a_held_edit_is_made_when_it_is_released_unless_the_message_is_gone() {
    let mut bench = Bench::new();
    let id = bench.say(ANN, "apples");
    let old = header(&bench, id).clone();
    let changed = old.clone().measured(Measure { chars: 99, fingerprint: 1, links: 0 });
    let held = Held {
        header: Box::new(changed),
        parts: Vec::new(),
        mentions: Mentions::default(),
        edits: Some(Box::new(old)),
        original: Vec::new(),
    };
    bench.ask(BEN, react(id, "👍")).unwrap();
    bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out));
    assert_eq!((header(&bench, id).chars, header(&bench, id).reaction_count()), (99, 1));
    assert_eq!(bench.community().messages.recent().len(), 1);
    bench.ask(ANN, delete(id)).unwrap();
    assert!(bench.by_hand(MODERATOR, |ctx, out| release(ctx, &held, out)).is_empty());
    bench.check();
}
