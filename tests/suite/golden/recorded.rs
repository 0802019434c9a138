//! How a golden log is recorded: a small community in which everything happens once.
//!
//! Run with `KITH_GOLDEN_RECORD=1` to write the folder of today's format; it is never written over. Without,
//! the story is still told, so that it does not rot.

use std::path::Path;

use kith_core::channel::{self, ChannelConfig};
use kith_core::community::{self, Setting};
use kith_core::gate;
use kith_core::ids::{ChannelId, MessageId};
use kith_core::member;
use kith_core::message::{self, Ack, Mentions, MessageConfig, Sort};
use kith_core::moment::{Duration, HOUR_MS, MINUTE_MS};
use kith_core::queue::{self, AtDeadline, QueueConfig};
use kith_core::record::FORMAT;
use kith_core::role::{self, Permission, Role};
use kith_core::rule::{self, Lifted, RaidConfig, raid::Switch};
use kith_core::{card, privacy};

use super::tape::Tape;
use super::{fold, folder, hash_of, kinds, lines, rendered};
use crate::examples::life::{Brings, Life};

fn everything() -> Life {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/story");
    let mut life = Life::found_from(&story, "Ada");
    people_come(&mut life);
    people_talk(&mut life);
    the_owner_changes_things(&mut life);
    somebody_misbehaves(&mut life);
    people_go(&mut life);
    life
}

fn people_come(life: &mut Life) {
    let invite = |code: &str| gate::Command::CreateInvite {
        code: code.to_owned(),
        uses: 9,
        expires_at_ms: None,
        source: "poster".to_owned(),
        for_person: None,
    };
    life.does("Ada", "invites", |_| invite("GOLD"));
    let spare = life.does("Ada", "invites", |_| invite("SPARE")).expect("a second invite");
    let spare = kith_core::ids::InviteId(spare.0);
    life.does("Ada", "takes one back", |_| gate::Command::RevokeInvite { invite: spare });
    let good = Brings { invite: Some("GOLD"), answers: &[("tea", "green tea")], card: &[("town", "Porto")] };
    life.join("Bob", "Bob", &Brings { answers: &[("tea", "coffee")], ..good });
    for (who, nickname) in [("Bob", "Bob"), ("Cy", "小赛"), ("Di", "Di")] {
        life.join(who, nickname, &good);
        assert_eq!(life.standing(who), "active");
    }
    for who in ["Eve", "Fay", "Gil", "Hal"] {
        life.join(who, who, &good);
        assert_eq!(life.standing(who), "waiting");
    }
    let seats = |capacity| gate::Command::SetCapacity { capacity: Some(capacity) };
    life.does("Ada", "adds seats", |_| seats(6));
    life.does("Eve", "takes hers", |_| gate::Command::AcceptSeat);
    life.does("Fay", "leaves hers", |_| gate::Command::DeclineSeat);
    life.does("Hal", "goes away", |_| gate::Command::Withdraw);
    life.passes("Gil does not answer", 2 * HOUR_MS);
}

fn people_talk(life: &mut Life) {
    let hall = life.channel("hall");
    let asks = life.does("Bob", "asks", |pen| message::Command::Post {
        channel: hall,
        parts: pen.parts("Where is the kettle?"),
        reply_to: None,
        sort: Sort::Question,
        mentions: Mentions::default(),
    });
    let question = MessageId(asks.expect("a question").0);
    let replies = life.does("Cy", "replies", |pen| message::Command::Post {
        channel: hall,
        parts: pen.parts("在厨房。"),
        reply_to: Some(question),
        sort: Sort::Talk,
        mentions: Mentions { members: [].into(), all: false },
    });
    let answer = MessageId(replies.expect("a reply").0);
    life.does("Bob", "accepts", |_| message::Command::AcceptAnswer { question, answer });
    life.does("Bob", "takes that back", |_| message::Command::UnacceptAnswer { question });
    life.does("Bob", "edits", |pen| message::Command::Edit {
        message: question,
        parts: pen.parts("Found it."),
    });
    let thanks = || "👍".to_owned();
    life.does("Di", "reacts", |_| message::Command::React { message: answer, emoji: thanks() });
    life.does("Di", "does not", |_| message::Command::Unreact { message: answer, emoji: thanks() });
    life.does("Ada", "pins", |_| message::Command::Pin { message: answer });
    life.does("Ada", "unpins", |_| message::Command::Unpin { message: answer });
    life.does("Cy", "deletes", |_| message::Command::Delete { message: answer, reason: None });
    let notice = life.does("Ada", "announces", |pen| message::Command::Announce {
        channel: hall,
        parts: pen.parts("Tea at five."),
        ack: Ack::Required,
        mentions: Mentions { members: [].into(), all: true },
    });
    let message = MessageId(notice.expect("an announcement").0);
    life.does("Bob", "confirms", |_| message::Command::Acknowledge { message });
    life.does("Bob", "opens his feed", |_| channel::Command::OpenFeed);
    life.does("Bob", "moves", |pen| card::Command::ChangeCard {
        fields: [("town".to_owned(), Some(pen.write("Braga")))].into(),
        nickname: None,
    });
    life.does("Bob", "takes a new name", |pen| card::Command::ChangeNickname {
        nickname: pen.write("Bobby"),
    });
}

fn the_owner_changes_things(life: &mut Life) {
    let bob = life.member("Bob");
    let aide = Role { rank: 30, permissions: [Permission::Read, Permission::Post].into() };
    life.does("Ada", "defines a role", |_| role::Command::Define { name: "aide".to_owned(), role: aide });
    life.does("Ada", "gives it", |_| role::Command::Give { member: bob, name: "aide".to_owned() });
    life.does("Ada", "takes it", |_| role::Command::Take { member: bob, name: "aide".to_owned() });
    life.does("Ada", "removes it", |_| role::Command::Remove { name: "aide".to_owned() });
    life.does("Ada", "tags", |_| member::Command::Tag { member: bob, tag: "regular".to_owned() });
    life.does("Ada", "untags", |_| member::Command::Untag { member: bob, tag: "regular".to_owned() });
    let cellar = life.does("Ada", "opens a channel", |_| channel::Command::Open {
        channel: ChannelConfig::group("cellar"),
    });
    let cellar = ChannelId(cellar.expect("a channel").0);
    let attic = ChannelConfig::group("attic");
    life.does("Ada", "renames it", |_| channel::Command::Change { channel: cellar, to: attic });
    life.does("Ada", "closes it", |_| channel::Command::Close { channel: cellar });
    life.does("Ada", "opens it", |_| channel::Command::Reopen { channel: cellar });
    let (gate, schema, rules) = life.view(|community| {
        (community.gate.config.clone(), community.card.schema.clone(), community.rules.clone())
    });
    let gate = gate::GateConfig { waiting_max: 7, ..gate };
    life.does("Ada", "sets the gate", |_| gate::Command::SetGate { config: gate });
    let schema = card::CardConfig { name_template: Some("{nickname}".to_owned()), ..schema };
    life.does("Ada", "sets the card", |_| card::Command::SetSchema { schema });
    let config = MessageConfig { mention_all_per_day: 2, ..MessageConfig::default() };
    life.does("Ada", "sets messages", |_| message::Command::Configure { config });
    let config = QueueConfig { hold_hours: 2, at_deadline: AtDeadline::Release, ..QueueConfig::default() };
    life.does("Ada", "sets the queue", |_| queue::Command::Configure { config });
    let mut extra = rules.rows[0].config.clone();
    extra.name = "extra".to_owned();
    life.does("Ada", "sets a rule", |_| rule::Command::Set { rule: Box::new(extra) });
    let names = vec!["extra".to_owned(), "ads".to_owned()];
    life.does("Ada", "orders them", |_| rule::Command::Reorder { names });
    life.does("Ada", "removes it", |_| rule::Command::Remove { name: "extra".to_owned() });
    let ladder = rule::LadderConfig { forget_days: 9, ..rules.ladder };
    life.does("Ada", "sets the ladder", |_| rule::Command::SetLadder { ladder });
    let wait = Duration(MINUTE_MS);
    life.does("Ada", "sets slow mode", |_| rule::Command::SetSlowMode { channel: Some(cellar), wait });
    let raid = RaidConfig { joins: Some(50), ..RaidConfig::default() };
    life.does("Ada", "sets the raid switch", |_| rule::Command::ConfigureRaid { config: raid });
    life.does("Ada", "turns it", |_| rule::Command::SetRaid { switch: Switch::On { for_ms: None } });
    life.does("Ada", "turns it off", |_| rule::Command::SetRaid { switch: Switch::Off });
    let about = Setting::About("Tea, mostly.".to_owned());
    life.does("Ada", "changes a setting", |_| community::Command::Change { setting: about });
    let lines = vec!["tea bags".to_owned()];
    life.does("Ada", "sets a list", |_| community::Command::SetList { name: "more".to_owned(), lines });
    let texts = [("gate.admitted".to_owned(), "Come in!".to_owned())].into();
    let language = "en".to_owned();
    life.does("Ada", "sets texts", |_| community::Command::SetTexts { language, texts });
    life.does("Ada", "archives", |_| community::Command::Archive { pointer: Some("elsewhere".to_owned()) });
    life.does("Ada", "opens again", |_| community::Command::Reopen);
}

fn somebody_misbehaves(life: &mut Life) {
    let di = life.member("Di");
    for what in ["first", "second", "third"] {
        life.says("Di", "hall", &format!("buy my teapot, {what}"));
        life.passes("a minute passes", MINUTE_MS);
    }
    for (decision, word) in [(AtDeadline::Deny, "No."), (AtDeadline::Keep, "Let us see.")] {
        let hold = life.hold_of("Di");
        life.does_to("Ada", "resolves", di, |pen| queue::Command::Resolve {
            hold,
            outcome: decision,
            note: Some(pen.write(word)),
        });
    }
    life.says("Di", "hall", "buy my teapot, fourth");
    for decision in [queue::Decision::Upheld, queue::Decision::Overturned] {
        let receipt = life.receipt("Di");
        life.says("Di", "hall", "buy my teapot, again");
        let appeal = life.does("Di", "appeals", |pen| queue::Command::Appeal {
            receipt,
            text: pen.write("It is a nice teapot."),
        });
        let Some(appeal) = appeal else { continue };
        let appeal = kith_core::ids::AppealId(appeal.0);
        life.does_to("Ada", "decides", di, |_| queue::Command::DecideAppeal { appeal, decision, note: None });
        life.passes("a minute passes", MINUTE_MS);
    }
    let reason = Some("Teapots.");
    life.does_to("Ada", "warns", di, |pen| rule::Command::Warn {
        member: di,
        reason: reason.map(|text| pen.write(text)),
    });
    life.does_to("Ada", "mutes", di, |_| rule::Command::Mute { member: di, for_ms: HOUR_MS, reason: None });
    life.does("Ada", "unmutes", |_| rule::Command::Lift { member: di, lifted: Lifted::Mute });
    life.does("Ada", "forgives", |_| rule::Command::Lift { member: di, lifted: Lifted::Strikes });
    life.does_to("Ada", "mutes", di, |_| rule::Command::Mute { member: di, for_ms: MINUTE_MS, reason: None });
    life.passes("what waits is released", 3 * HOUR_MS);
    let until_ms = life.world().now_ms();
    life.does("Di", "reads", |_| member::Command::ReadNotices { until_ms });
}

fn people_go(life: &mut Life) {
    let (bob, cy, di, eve) = (life.member("Bob"), life.member("Cy"), life.member("Di"), life.member("Eve"));
    life.does("Ada", "removes", |_| member::Command::Remove { member: di, reason: None });
    life.does("Ada", "bans", |_| member::Command::Ban { member: cy, for_ms: None, reason: None });
    life.does("Ada", "unbans", |_| member::Command::Unban { member: cy });
    life.does("Eve", "is erased", |_| privacy::Command::EraseMyself);
    let standing = move |community: &kith_core::stream::Community| {
        community.members.get(eve).map(|row| row.standing.name())
    };
    assert_eq!(life.view(standing), Some("erased"));
    life.does("Ada", "offers", |_| community::Command::OfferOwnership { to: bob });
    life.does("Bob", "declines", |_| community::Command::DeclineOwnership);
    life.does("Ada", "offers", |_| community::Command::OfferOwnership { to: bob });
    life.does("Ada", "takes it back", |_| community::Command::WithdrawOwnership);
    life.does("Ada", "offers", |_| community::Command::OfferOwnership { to: bob });
    life.does("Bob", "accepts", |_| community::Command::AcceptOwnership);
    life.does("Ada", "leaves", |_| member::Command::Leave);
}

fn write(folder: &Path, tape: &Tape) {
    let records = folder.join("community.log-records");
    assert!(!records.exists(), "{} is there: a golden log is never written over", records.display());
    let stream = fold(tape);
    std::fs::create_dir_all(folder).expect("the folder can be made");
    for (file, text) in [
        ("community.log-records", tape.text()),
        ("community.json", rendered(&stream)),
        ("state-hash.txt", format!("{}\n", hash_of(&stream))),
        ("kinds.txt", lines(&kinds(tape))),
    ] {
        std::fs::write(folder.join(file), text).expect("the file can be written");
    }
}

#[test]
fn the_recorded_story_reads_back_to_the_state_it_had() {
    let life = everything();
    life.world().settle(life.place.id);
    let tape = Tape::of(life.world(), life.place.id);
    assert_eq!(fold(&tape).hash(), life.world().state_hash(life.place.id));
    assert_eq!(Tape::read(&tape.text()).text(), tape.text(), "a tape is read as it was written");
    if std::env::var_os("KITH_GOLDEN_RECORD").is_some() {
        write(&folder(FORMAT), &tape);
    }
}
