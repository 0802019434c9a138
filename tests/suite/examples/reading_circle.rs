//! A year of the book club, shortened.

use kith_core::community;
use kith_core::gate::{self, Decision};
use kith_core::member;
use kith_core::message::{self, Ack, Mentions};
use kith_core::moment::{DAY_MS, HOUR_MS, MINUTE_MS};
use kith_core::queue::{self, AtDeadline};

use super::life::{Brings, Life};

const WELL: &[(&str, &str)] = &[
    ("the book", "It is Middlemarch, I think!"),
    ("what you read", "The Waves. Twice, and to two friends."),
];
const BADLY: &[(&str, &str)] = &[("the book", "the one with the whale"), ("what you read", "no idea")];

fn with(invite: &str) -> Brings<'_> {
    Brings { invite: Some(invite), ..Brings::default() }
}

#[test]
fn a_book_club_lives_through_its_year() {
    let mut life = Life::found("reading-circle", "Ines");
    the_gate(&mut life);
    a_full_room(&mut life);
    the_table(&mut life);
    the_ladder(&mut life);
    the_keys(&mut life);
    life.survives_a_restart();
    insta::assert_snapshot!(life.told());
}

fn the_gate(life: &mut Life) {
    life.chapter("The gate: an invite with three uses, an answer that fails, one that a human reads");
    life.does("Ines", "makes an invite with three uses", |_| gate::Command::CreateInvite {
        code: "POSTER-3".to_owned(),
        uses: 3,
        expires_at_ms: None,
        source: "poster".to_owned(),
        for_person: None,
    });
    for who in ["Ben", "Chi", "Dora"] {
        life.join(who, who, &with("poster-3"));
        assert_eq!(life.standing(who), "active");
    }
    life.join("Emil", "Emil", &with("POSTER-3"));
    assert_eq!(life.standing("Emil"), "turned_away", "the fourth comes too late");
    life.join("Flo", "Flo", &Brings { answers: BADLY, ..Brings::default() });
    assert_eq!(life.standing("Flo"), "turned_away");
    life.join("Emil", "Emil", &Brings { answers: WELL, ..Brings::default() });
    assert_eq!(life.standing("Emil"), "review", "a human reads the second answer");
    let emil = life.member("Emil");
    life.does_to("Ines", "lets Emil in", emil, |_| gate::Command::Decide {
        member: emil,
        decision: Decision::Admit,
        reason: None,
    });
    assert_eq!(life.standing("Emil"), "active");
}

fn a_full_room(life: &mut Life) {
    life.chapter("A full room: a waiting list, a seat that is offered, one that lapses");
    life.does("Ines", "sets five seats", |_| gate::Command::SetCapacity { capacity: Some(5) });
    life.does("Ben", "makes an invite", |_| gate::Command::CreateInvite {
        code: "BEN-5".to_owned(),
        uses: 5,
        expires_at_ms: None,
        source: String::new(),
        for_person: None,
    });
    for who in ["Gus", "Hana"] {
        life.join(who, who, &with("BEN-5"));
        assert_eq!(life.standing(who), "waiting");
    }
    life.does("Chi", "leaves", |_| member::Command::Leave);
    assert_eq!(life.standing("Gus"), "offered");
    life.passes("two days pass, and Gus does not answer", 48 * HOUR_MS);
    assert_eq!(life.standing("Hana"), "offered");
    life.does("Hana", "takes the seat", |_| gate::Command::AcceptSeat);
    assert_eq!(life.standing("Hana"), "active");
}

fn the_table(life: &mut Life) {
    life.chapter("The table: a spoiler, slow mode, an announcement");
    life.says("Ben", "table", "Dorothea marries the wrong one, and then the right one.");
    life.says("Ben", "swap", "Who wants a worn copy of Silas Marner?");
    life.says("Ben", "swap", "And a map of Loamshire.");
    life.says("Hana", "table", "Hello! I write about books at https://hana.example.net");
    let channel = life.channel("notices");
    let notice = life.does("Ines", "announces Thursday's room", |pen| message::Command::Announce {
        channel,
        parts: pen.parts("Thursday, seven, the room above the stairs."),
        ack: Ack::Required,
        mentions: Mentions::default(),
    });
    let message = kith_core::ids::MessageId(notice.expect("the owner may announce").0);
    life.does("Ben", "confirms it", |_| message::Command::Acknowledge { message });
    let acks = life.view(move |community| message::acknowledged(community, message));
    let acks = acks.expect("it is an announcement");
    assert_eq!((acks.count, acks.missing.len()), (1, 3), "Dora, Emil and Hana have not");
    life.says("Ben", "notices", "Shall I bring cake?");
}

fn the_ladder(life: &mut Life) {
    life.chapter("The ladder: an advert in disguise, a warning, a mute, an appeal that is right");
    life.says("Dora", "table", "Use my ｐｒｏｍｏ   C0DE for the annotated edition");
    let hold = life.hold_of("Dora");
    let dora = life.member("Dora");
    life.does_to("Ines", "does not let it through", dora, |pen| queue::Command::Resolve {
        hold,
        outcome: AtDeadline::Deny,
        note: Some(pen.write("We read here, we do not sell.")),
    });
    life.says("Dora", "table", "then ＤＭ  me for prıce");
    life.says("Dora", "table", "last try: limited offer");
    life.says("Dora", "table", "I am only asking");
    let receipt = life.receipt("Dora");
    let appeal = life.does("Dora", "asks again", |pen| queue::Command::Appeal {
        receipt,
        text: pen.write("It was the title of a chapter."),
    });
    let appeal = kith_core::ids::AppealId(appeal.expect("it can be appealed").0);
    life.does_to("Ines", "finds that she is right", dora, |pen| queue::Command::DecideAppeal {
        appeal,
        decision: queue::Decision::Overturned,
        note: Some(pen.write("So it is. Sorry.")),
    });
    life.passes("ten minutes pass", 10 * MINUTE_MS);
    life.says("Dora", "table", "Thank you.");
}

fn the_keys(life: &mut Life) {
    life.chapter("The keys: handed over with consent");
    let (ben, dora) = (life.member("Ben"), life.member("Dora"));
    life.does("Ines", "wants to leave", |_| member::Command::Leave);
    life.does("Ines", "offers the club to Dora", |_| community::Command::OfferOwnership { to: dora });
    life.does("Dora", "declines", |_| community::Command::DeclineOwnership);
    life.does("Ines", "offers the club to Ben", |_| community::Command::OfferOwnership { to: ben });
    life.passes("a day passes", DAY_MS);
    life.does("Ben", "accepts", |_| community::Command::AcceptOwnership);
    life.does("Ines", "leaves", |_| member::Command::Leave);
    assert_eq!(life.view(|community| community.profile.owner), Some(ben));
    assert_eq!(life.standing("Ines"), "left");
}
