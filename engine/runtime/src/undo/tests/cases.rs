//! Single cases: which version and since when, what cannot be undone and why, what only the log still has.

use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::event::Event;
use kith_core::ids::MemberId;
use kith_core::moment::{DAY_MS, HOUR_MS};
use kith_core::queue::{AtDeadline, Command as QueueCommand, QueueConfig};
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::role::{self, Permission, Role};
use kith_core::script::{self, Command as ScriptCommand, Left, What};
use kith_core::{member, privacy};

use super::{Group, block_on};
use crate::draft::{AskError, Asker};
use crate::undo::{Mode, Report};

impl Group {
    async fn tags(&self, member: usize) -> usize {
        let id = self.members[member];
        let tags = move |stream: &kith_core::stream::Stream| {
            stream.community().unwrap().members.get(id).unwrap().tags.len()
        };
        self.engine.view(self.id, tags).await.unwrap()
    }

    async fn notices(&self, id: MemberId, code: &'static str) -> usize {
        let count = move |stream: &kith_core::stream::Stream| {
            let row = stream.community().unwrap().members.get(id).unwrap();
            row.notices.iter().filter(|notice| notice.text.code == code).count()
        };
        self.engine.view(self.id, count).await.unwrap()
    }

    async fn shows(&self, message: kith_core::ids::MessageId) -> bool {
        let known = move |stream: &kith_core::stream::Stream| {
            stream.community().unwrap().messages.get(message).is_some()
        };
        self.engine.view(self.id, known).await.unwrap()
    }
}

impl Group {
    /// A member's only role besides what every member has.
    async fn may(&self, member: MemberId, permissions: &[Permission]) {
        let role = Role { rank: 30, permissions: permissions.iter().copied().collect() };
        self.order(role::Command::Define { name: "desk".to_owned(), role }).await.unwrap();
        // It is given once and defined anew each time.
        let _ = self.order(role::Command::Give { member, name: "desk".to_owned() }).await;
    }

    /// Who asked for the undoing that the log has.
    fn undoers(&self) -> Vec<Actor> {
        let mut found = Vec::new();
        let records = &self.engine.ports().records;
        let read = records.read(self.id, 1, &mut |frame| {
            let decoded = frame.records.iter().map(|stored| Record::decode(&stored.bytes).unwrap());
            let is_undo = |event: &Event| matches!(event, Event::Script(script::Event::Undone { .. }));
            found.extend(decoded.filter(|it| it.events.iter().any(is_undo)).map(|it| it.command.actor));
            std::ops::ControlFlow::Continue(())
        });
        read.unwrap();
        found
    }
}

#[test]
fn who_undoes_must_be_able_to_do_it_by_hand_and_is_named_in_the_record() {
    use Permission::{ManageRules, Moderate, Sanction};
    block_on(async {
        let group = Group::with_script().await;
        group.say(1, "deny this").await.unwrap();
        let (member, all) = (group.members[0], [ManageRules, Moderate, Sanction]);
        let by = |scope: Option<&[Permission]>| Asker {
            actor: Actor::Member(member),
            scope: scope.map(|scope| scope.iter().copied().collect()),
        };
        for missing in all {
            let others: Vec<Permission> = all.into_iter().filter(|it| *it != missing).collect();
            let permission = missing.code().to_owned();
            for mode in [Mode::Plan, Mode::Carry] {
                group.may(member, &others).await;
                let refused = group.undo_by(by(None), (1, None), mode).await.unwrap_err();
                let expected = Refusal::PermissionMissing { permission: permission.clone() };
                assert!(matches!(refused, AskError::Refused(it) if it == expected), "{missing:?}");
                group.may(member, &all).await;
                let refused = group.undo_by(by(Some(&others)), (1, None), mode).await.unwrap_err();
                let expected = Refusal::ScopeTooNarrow { permission: permission.clone() };
                assert!(matches!(refused, AskError::Refused(it) if it == expected), "{missing:?}");
            }
        }
        let plan = group.undo_by(by(Some(&all)), (1, None), Mode::Plan).await.unwrap();
        assert_eq!((plan.undone, group.undoers()), (1, Vec::new()));
        let done = group.undo_by(by(Some(&all)), (1, None), Mode::Carry).await.unwrap();
        assert_eq!((done.undone, group.undoers()), (1, vec![Actor::Member(member)]));
    });
}

fn left(report: &Report) -> Vec<(What, Left)> {
    report.reasons.iter().map(|reason| (reason.what, reason.left)).collect()
}

#[test]
fn what_a_full_queue_turned_away_is_restored_with_what_filled_it() {
    block_on(async {
        let group = Group::with_script().await;
        let mut said = Vec::new();
        for text in 0..10 {
            said.extend(group.say(3, &format!("deny {text}")).await);
        }
        let waits = |stream: &kith_core::stream::Stream| {
            let queue = &stream.community().unwrap().queue;
            (queue.holds.len(), queue.denied.len())
        };
        let (held, denied) = group.engine.view(group.id, waits).await.unwrap();
        assert!(held > 0 && held + denied == said.len() && denied > 3, "{held} held, {denied} denied");
        group.undo(Mode::Carry).await;
        assert_eq!(group.engine.view(group.id, waits).await.unwrap(), (0, 0));
        for (message, _) in said {
            assert!(group.shows(message).await, "{message}");
        }
    });
}

#[test]
fn only_the_version_that_is_named_is_undone_and_only_since_then() {
    block_on(async {
        let group = Group::with_script().await;
        group.say(0, "tag").await.unwrap();
        group.put("fn on_message better").await;
        group.say(1, "tag").await.unwrap();
        group.clock.advance(HOUR_MS);
        let since_ms = Some(group.engine.ports().clock.wall_ms());
        group.say(2, "tag").await.unwrap();
        let since = group.undo_version(2, since_ms, Mode::Carry).await.unwrap();
        assert_eq!((since.undone, since.runs), (1, 1));
        assert_eq!((group.tags(0).await, group.tags(1).await, group.tags(2).await), (1, 1, 0));
        assert_eq!(group.undo_version(2, None, Mode::Carry).await.unwrap().undone, 1);
        assert_eq!((group.tags(0).await, group.tags(1).await), (1, 0));
        assert_eq!(group.undo_version(1, None, Mode::Carry).await.unwrap().undone, 1);
        for version in [0, 3] {
            let refused = group.undo_version(version, None, Mode::Plan).await.unwrap_err();
            assert!(matches!(refused, AskError::Refused(Refusal::NotFound { .. })), "{refused}");
        }
    });
}

#[test]
fn what_cannot_be_undone_is_listed_with_the_reason() {
    block_on(async {
        let group = Group::with_script().await;
        let (message, _) = group.say(0, "rewrite this").await.unwrap();
        group.edit(0, message, "plain").await.unwrap();
        group.say(0, "hold").await.unwrap();
        let hold = *group.state().await.community().unwrap().queue.holds.keys().next().unwrap();
        let (outcome, note) = (AtDeadline::Deny, None);
        group.order(QueueCommand::Resolve { hold, outcome, note }).await.unwrap();
        group.say(1, "tag").await.unwrap();
        let untag = member::Command::Untag { member: group.members[1], tag: "noted".to_owned() };
        group.order(untag).await.unwrap();
        group.say(2, "post").await.unwrap();
        group.say(3, "deny").await.unwrap();
        let leave = member::Command::Leave;
        let leaver = Actor::Member(group.members[3]);
        group.ask_with(&group.own, leaver, leave, Bodies::default()).await.unwrap();
        let report = group.undo(Mode::Carry).await;
        let mut reasons = left(&report);
        reasons.sort_unstable();
        let expected = [
            (What::Denied, Left::Gone),
            (What::Held, Left::Human),
            (What::Rewrite, Left::Edited),
            (What::Notice, Left::Told),
        ];
        assert_eq!(reasons, expected);
        assert_eq!((report.undone, report.over, report.left), (1, 1, 4), "the script's own message goes");
    });
}

#[test]
fn a_message_that_was_denied_long_ago_is_read_from_the_log_unless_it_was_erased() {
    block_on(async {
        let group = Group::with_script().await;
        let (kept, _) = group.say(0, "deny what I said").await.unwrap();
        let (erased, _) = group.say(1, "deny what I said").await.unwrap();
        group.clock.advance(60 * DAY_MS);
        group.say(2, "hold").await.unwrap();
        assert!(group.state().await.community().unwrap().queue.denied.is_empty());
        group.order(privacy::Command::Erase { member: group.members[1] }).await.unwrap();
        let plan = group.undo(Mode::Plan).await;
        let texts: Vec<&str> = plan.texts.iter().map(|shown| shown.text.as_str()).collect();
        assert_eq!(texts, ["deny what I said", "hold"]);
        let done = group.undo(Mode::Carry).await;
        assert_eq!((done.undone, done.commands.len()), (2, 1));
        assert_eq!(left(&done).first().map(|(what, _)| *what), Some(What::Denied));
        assert!(group.shows(kept).await && !group.shows(erased).await);
        assert_eq!(group.notices(group.members[0], "script.undone_message").await, 1);
    });
}

#[test]
fn what_a_deadline_denied_because_of_the_script_is_posted() {
    block_on(async {
        let group = Group::with_script().await;
        let config = QueueConfig { at_deadline: AtDeadline::Deny, ..QueueConfig::default() };
        group.order(QueueCommand::Configure { config }).await.unwrap();
        let (message, _) = group.say(0, "hold").await.unwrap();
        group.clock.advance(30 * DAY_MS);
        assert!(group.state().await.community().unwrap().queue.holds.is_empty());
        let done = group.undo(Mode::Carry).await;
        assert_eq!((done.undone, done.left), (1, 0), "{done:#?}");
        assert!(group.shows(message).await);
        assert!(group.undo(Mode::Carry).await.is_nothing());
    });
}

#[test]
fn somebody_who_was_sent_out_is_back_and_what_they_had_said_is_posted_too() {
    block_on(async {
        let group = Group::with_script().await;
        let (denied, _) = group.say(0, "deny").await.unwrap();
        group.say(0, "remove").await.unwrap();
        assert!(group.say(0, "hello").await.is_none());
        let done = group.undo(Mode::Carry).await;
        assert_eq!((done.undone, done.left, done.members.len()), (2, 0, 1), "{done:#?}");
        assert!(group.shows(denied).await);
        let member = group.members[0];
        assert_eq!(group.notices(member, "script.undone_removal").await, 1);
        assert_eq!(group.notices(member, "script.undone_message").await, 0, "one notice each");
        assert!(group.say(0, "hello").await.is_some());
    });
}

#[test]
fn a_script_that_was_taken_out_is_undone_but_for_what_it_remembered() {
    block_on(async {
        let group = Group::with_script().await;
        group.say(0, "tag").await.unwrap();
        group.say(1, "count").await.unwrap();
        group.order(ScriptCommand::Remove { name: "guard".to_owned() }).await.unwrap();
        let done = group.undo(Mode::Carry).await;
        assert_eq!(done.undone, 1);
        assert_eq!(left(&done), [(What::Value, Left::ScriptGone), (What::Value, Left::ScriptGone)]);
        assert_eq!(group.tags(0).await, 0);
    });
}

#[test]
fn more_than_one_command_takes_is_undone_in_several_and_told_once() {
    block_on(async {
        let group = Group::with_script().await;
        for round in 0..600 {
            group.clock.advance(HOUR_MS / 60);
            group.say(round % 4, "count").await.unwrap();
            group.say(round % 4, "post").await.unwrap();
        }
        group.say(0, "tag").await.unwrap();
        let plan = group.undo(Mode::Plan).await;
        let done = group.undo(Mode::Carry).await;
        assert_eq!((plan.undone, done.undone, done.commands.len()), (609, 609, 2));
        assert_eq!(group.notices(group.members[0], "script.undone").await, 1);
        assert!(group.undo(Mode::Carry).await.is_nothing());
    });
}
