//! Live events: told once and in order, to those who may know, and again to whoever was away.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use kith_core::channel;
use kith_core::community::Blueprint;
use kith_core::ids::ChannelId;
use kith_core::message;
use serde_json::Value;

use super::served::Served;
use crate::world::{Place, World};

/// One event as it came.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    id: String,
    kind: String,
    data: Value,
}

/// A live stream that is read.
pub(super) struct Ear(BufReader<ureq::BodyReader<'static>>);

impl Ear {
    pub(super) fn open(served: &Served, place: Place, token: &str, after: Option<&str>) -> Self {
        let mut request = ureq::get(served.url(&format!("/api/v1/communities/{}/events", place.id)))
            .config()
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .header("authorization", format!("Bearer {token}"));
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
    let mut rest = String::new();
    while ear.0.read_line(&mut rest).is_ok_and(|bytes| bytes > 0) {}
    assert!(!rest.contains("without gil"), "{rest}");
}
