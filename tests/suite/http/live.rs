//! Live events: told once and in order, to those who may know, and again to whoever was away.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use kith_core::channel;
use kith_core::command::Actor;
use kith_core::community::Blueprint;
use kith_core::host::noun::{PersonCommand, SessionCommand};
use kith_core::host::{Holder, Reach};
use kith_core::ids::{ChannelId, CommunityId, PersonId};
use kith_core::message;
use kith_core::role::{self, Permission};
use kith_runtime::host::{NewToken, Operator, SessionWish};
use serde_json::Value;

use super::served::Served;
use crate::world::{Place, World};

/// One event as it came.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    id: String,
    kind: String,
    pub(super) data: Value,
}

/// A live stream that is read.
pub(super) struct Ear(BufReader<ureq::BodyReader<'static>>);

impl Ear {
    pub(super) fn open(served: &Served, place: Place, token: &str, after: Option<&str>) -> Self {
        Self::open_as(served, place, ("authorization", &format!("Bearer {token}")), after)
    }

    /// A stream of somewhere else.
    pub(super) fn at(served: &Served, path: &str, token: &str) -> Self {
        Self::opened(served, path, ("authorization", &format!("Bearer {token}")), None)
    }

    fn open_as(served: &Served, place: Place, header: (&str, &str), after: Option<&str>) -> Self {
        Self::opened(served, &format!("/api/v1/communities/{}/events", place.id), header, after)
    }

    fn opened(served: &Served, path: &str, (name, value): (&str, &str), after: Option<&str>) -> Self {
        let mut request = ureq::get(served.url(path))
            .config()
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .header(name, value);
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let answer = request.call().expect("the stream opens");
        let mut ear = Self(BufReader::new(answer.into_body().into_reader()));
        // The first lines say that the stream is open: what happens from here on is heard.
        while !ear.line().is_empty() {}
        ear
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the stream goes on");
        line.trim_end().to_owned()
    }

    /// The next event of a kind; others before it are passed.
    pub(super) fn until(&mut self, kind: &str) -> Told {
        loop {
            let told = self.next();
            if told.kind == kind {
                return told;
            }
        }
    }

    /// What is told until the server ends the stream.
    fn rest(mut self) -> String {
        let mut rest = String::new();
        while self.0.read_line(&mut rest).expect("the stream ends by itself") > 0 {}
        rest
    }

    fn next(&mut self) -> Told {
        let (mut id, mut kind, mut data) = (String::new(), String::new(), Value::Null);
        loop {
            let line = self.line();
            match line.split_once(": ") {
                Some(("id", value)) => value.clone_into(&mut id),
                Some(("event", value)) => value.clone_into(&mut kind),
                Some(("data", value)) => data = serde_json::from_str(value).expect("events are JSON"),
                _ if line.is_empty() && !kind.is_empty() => return Told { id, kind, data },
                _ => {}
            }
        }
    }
}

fn text(told: &Told) -> &str {
    told.data["data"]["parts"][0]["text"].as_str().unwrap_or("nothing")
}

/// A channel that only moderators read.
fn hidden(served: &Served, place: Place) -> ChannelId {
    let channel = channel::ChannelConfig {
        read_roles: ["moderator".to_owned()].into(),
        ..channel::ChannelConfig::group("backstage")
    };
    let reply = served.world.ask_member(place.id, place.owner, channel::Command::Open { channel });
    ChannelId(reply.unwrap().command.0)
}

#[test]
fn what_happens_is_told_once_in_order_and_again_to_whoever_was_away() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    let mut ear = Ear::open(&served, place, &token, None);
    let first = served.world.post(place, place.owner, "一").unwrap();
    served.world.post(place, place.owner, "二").unwrap();
    let heard = [ear.next(), ear.next()];
    assert_eq!([text(&heard[0]), text(&heard[1])], ["一", "二"]);
    assert_eq!(heard[0].data["type"], "message.posted");
    drop(ear);

    served.world.post(place, place.owner, "三").unwrap();
    let mut ear = Ear::open(&served, place, &token, Some(&heard[0].id));
    assert_eq!(ear.next(), heard[1], "told again, and the same");
    assert_eq!(text(&ear.next()), "三");
    served.world.post(place, place.owner, "四").unwrap();
    assert_eq!(text(&ear.next()), "四");

    // What was taken back since is not said again.
    served
        .world
        .ask_member(place.id, place.owner, message::Command::Delete { message: first, reason: None })
        .unwrap();
    let mut ear = Ear::open(&served, place, &token, Some("1.0"));
    let again = ear.until("message.posted");
    assert_eq!(
        (again.id, text(&Told { id: String::new(), kind: String::new(), data: again.data })),
        (heard[0].id.clone(), "nothing")
    );
}

#[test]
fn nobody_hears_of_a_channel_that_they_may_not_read_nor_after_they_have_left() {
    let served = Served::over(World::new());
    let (owner, guest) = (served.person("Ines"), served.person("Gil"));
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let backstage = Place { channel: hidden(&served, place), ..place };
    let (member, _) = served.world.knock(place.id, guest, "gil").unwrap();
    let mut ear = Ear::open(&served, place, &served.token(guest, place.id), None);
    let secret = served.world.post(backstage, place.owner, "among us").unwrap();
    served.world.edit(backstage, place.owner, secret, "still among us").unwrap();
    served.world.post(place, place.owner, "for all").unwrap();
    let heard = ear.next();
    assert_eq!((heard.kind.as_str(), text(&heard)), ("message.posted", "for all"));

    served.world.ask_member(place.id, member, kith_core::member::Command::Leave).unwrap();
    served.world.post(place, place.owner, "without gil").unwrap();
    let rest = ear.rest();
    assert!(!rest.contains("without gil"), "{rest}");
}

/// What opens a stream, and what puts an end to that.
type Way<'a> = (String, String, Box<dyn FnOnce() + 'a>);

/// Every way in which somebody may listen no more.
fn ways<'a>(served: &'a Served, place: Place, people: &[PersonId; 5]) -> Vec<Way<'a>> {
    let world = &served.world;
    let operator = Operator::of(world.engine(), world.mint());
    let token_of = |person: PersonId, lasts_ms: Option<u64>| {
        let (reach, permissions) = (Reach::Community(place.id), [Permission::Read].into_iter().collect());
        let (holder, label) = (Holder::Person(person), "case".to_owned());
        let token = NewToken { holder, reach, permissions, label, lasts_ms };
        let (id, secret) = world.wait(operator.issue_token(token)).unwrap();
        (id, format!("Bearer {}", secret.text()))
    };
    let [revoked, signed_out, suspended, narrowed, expires] = *people;
    let (id, bearer) = token_of(revoked, None);
    let wish = SessionWish { label: "case".to_owned(), lasts_ms: 3_600_000 };
    let (session, secret) = world.wait(operator.sign_in(signed_out, wish)).unwrap();
    let cookie = format!("kith_session={}", secret.text());
    let member = world.view(place.id, move |it| it.members.of_person(narrowed).unwrap().id);
    let reads = |role: role::Role| role::Command::Define { name: "member".to_owned(), role };
    let silent = role::Role { rank: 20, permissions: [Permission::Post].into_iter().collect() };
    let name = "authorization";
    vec![
        (name.to_owned(), bearer, Box::new(move || world.wait(operator.revoke_token(id)).unwrap())),
        (
            "cookie".to_owned(),
            cookie,
            Box::new(move || {
                world.wait(operator.ask(CommunityId::HOST, SessionCommand::SignOut { session })).unwrap();
            }),
        ),
        (
            name.to_owned(),
            token_of(suspended, None).1,
            Box::new(move || {
                let suspend = PersonCommand::Suspend { person: suspended };
                world.wait(operator.ask(CommunityId::HOST, suspend)).unwrap();
            }),
        ),
        (name.to_owned(), token_of(expires, Some(1_500)).1, Box::new(|| {})),
        // The last, since it is everybody's role.
        (
            name.to_owned(),
            token_of(narrowed, None).1,
            Box::new(move || {
                world.ask_as(place.id, Actor::Host, reads(silent)).unwrap();
                assert!(world.view(place.id, move |it| it.members.get(member).is_some()));
            }),
        ),
    ]
}

#[test]
fn a_stream_ends_with_the_token_the_session_the_person_or_the_right_that_opened_it() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let people = ["Ada", "Ben", "Cy", "Di", "Eve"].map(|name| served.person(name));
    for person in people {
        served.world.knock(place.id, person, "somebody").unwrap();
    }
    let mut stays = Ear::open(&served, place, &served.token(owner, place.id), None);
    for (header, value, end) in ways(&served, place, &people) {
        let mut ear = Ear::open_as(&served, place, (&header, &value), None);
        served.world.post(place, place.owner, "before").unwrap();
        assert_eq!(text(&ear.until("message.posted")), "before");
        end();
        // Nothing else happens here: what ended the right ends the stream.
        let rest = ear.rest();
        assert!(!rest.contains("message.posted"), "{rest}");
        assert_eq!(text(&stays.until("message.posted")), "before", "others go on");
    }
}
