//! Messages that the state holds no more: paged over the API and on the page, as they are now.

use std::collections::BTreeMap;

use kith_core::channel;
use kith_core::community::Blueprint;
use kith_core::ids::{ChannelId, MemberId, MessageId};
use kith_core::message;
use kith_core::privacy;
use serde_json::Value;

use super::crowd;
use super::served::Served;
use crate::world::{Ground, ManualClock, Place};

/// What is expected of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Now {
    Says(String),
    Edited(String),
    Deleted,
    Erased,
}

fn now(message: &Value) -> Now {
    let text = || message["parts"][0]["text"].as_str().map(str::to_owned);
    match text() {
        Some(text) if message.get("edited_at").is_some() => Now::Edited(text),
        Some(text) => Now::Says(text),
        None if message.get("deleted_at").is_some() => {
            assert_eq!(message["parts"], serde_json::json!([]), "{message}");
            Now::Deleted
        }
        None => {
            assert_eq!(message["author"]["nickname"], "", "{message}");
            Now::Erased
        }
    }
}

/// A community in which much was said, and what is expected of one of its channels.
struct Long {
    served: Served,
    place: Place,
    token: String,
    expected: Vec<(MessageId, Now)>,
}

const MESSAGES: usize = 2_000;

fn other_channel(served: &Served, place: Place) -> ChannelId {
    let open = channel::Command::Open { channel: channel::ChannelConfig::group("other") };
    let reply = served.world.ask_member(place.id, place.owner, open);
    ChannelId(reply.unwrap().command.0)
}

impl Long {
    fn new() -> Self {
        let clock = ManualClock::new();
        let served = Served::over(Ground::fresh().clock(&clock).open());
        let owner = served.person("Ines");
        let place = served.world.found_by("club", &Blueprint::default(), owner);
        let token = served.token(owner, place.id);
        let world = &served.world;
        let members: Vec<MemberId> = ["ann", "ben", "mo"]
            .iter()
            .map(|name| world.knock(place.id, served.person(name), name).unwrap().0)
            .collect();
        let elsewhere = Place { channel: other_channel(&served, place), ..place };
        let mut said: BTreeMap<usize, (MessageId, Now)> = BTreeMap::new();
        for number in 0..MESSAGES {
            // Two of three are said elsewhere, so that pages of the window and of the past are mixed.
            let there = if number % 3 == 0 { place } else { elsewhere };
            let text = format!("第 {number} message");
            // Nobody is faster than a member may be.
            clock.advance(200);
            let author = number / 3 % 3;
            let message = world.post(there, members[author], &text).unwrap();
            if there == place {
                said.insert(number, (message, if author == 2 { Now::Erased } else { Now::Says(text) }));
            }
        }
        let of = |number: usize| members[number / 3 % 3];
        for number in [3, 21, 300, 1_200, 1_992] {
            let text = format!("edited {number}");
            world.edit(place, of(number), said[&number].0, &text).unwrap();
            said.get_mut(&number).unwrap().1 = Now::Edited(text);
        }
        for number in [0, 12, 30, 600, 1_500, 1_995] {
            let delete = message::Command::Delete { message: said[&number].0, reason: None };
            world.ask_member(place.id, place.owner, delete).unwrap();
            said.get_mut(&number).unwrap().1 = Now::Deleted;
        }
        let erase = privacy::Command::EraseMyself;
        world.ask_member(place.id, members[2], erase).unwrap();
        world.settle(place.id);
        Self { served, place, token, expected: said.into_values().collect() }
    }

    fn page(&self, before: Option<&str>, limit: usize) -> (Vec<(MessageId, Now)>, Option<String>) {
        let (community, channel) = (self.place.id, self.place.channel);
        let mut path = format!("/api/v1/communities/{community}/channels/{channel}/messages?limit={limit}");
        path.extend(before.map(|before| format!("&before={before}")));
        let page = self.served.request("GET", &path).token(&self.token).send();
        assert_eq!(page.status, 200, "{}", page.text);
        let page = page.json();
        let rows = page["messages"].as_array().unwrap().iter();
        let rows = rows.map(|row| (row["id"].as_str().unwrap().parse().unwrap(), now(row)));
        (rows.collect(), page["next"].as_str().map(str::to_owned))
    }

    /// Everything, from the newest page on into the past.
    fn all(&self, limit: usize) -> Vec<(MessageId, Now)> {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let (mut page, next) = self.page(before.as_deref(), limit);
            assert!(page.len() <= limit);
            page.append(&mut all);
            all = page;
            match next {
                Some(next) => before = Some(next),
                None => return all,
            }
        }
    }
}

#[test]
fn the_past_is_read_page_by_page_as_it_is_now() {
    let long = Long::new();
    long.served.world.until("the index has it all", |_| long.all(200).len() == long.expected.len());
    let kept = long.served.world.view(long.place.id, |community| community.messages.recent().len());
    assert!(kept < MESSAGES / 3, "most of it is not in the state: {kept}");
    for limit in [200, 70, 33] {
        long.served.world.until("the index is as new as the log", |_| long.all(limit) == long.expected);
    }
}

#[test]
fn the_past_is_on_the_channel_s_page_and_comes_back_from_the_log_alone() {
    let mut long = Long::new();
    let reader = long.served.person("Rea");
    long.served.world.knock(long.place.id, reader, "rea").unwrap();
    long.served.world.until("the index has it all", |_| long.all(200) == long.expected);
    let folder = long.served.world.data().join("search");
    long.served.stop();
    long.served.world.stop();
    std::fs::remove_dir_all(folder).unwrap();
    long.served.world.start().unwrap();
    long.served.world.await_index();
    long.served.again();
    let (newest, next) = long.page(None, 200);
    assert!(!newest.is_empty() && next.is_some(), "the newest page waits for no index, and knows of a past");
    long.served.world.until("the index is made again", |_| {
        let (newest, next) = long.page(None, 200);
        newest.len() == 200 && next.is_some()
    });
    assert_eq!(long.all(200), long.expected);

    let crowd::Pass::Session { cookie, .. } = crowd::session(&long.served, reader) else { panic!("one") };
    let (mut texts, mut before) = (String::new(), String::new());
    let pages = (0..20).take_while(|_| {
        let path = format!("/c/{}/ch/{}{before}", long.place.id, long.place.channel);
        let page = long.served.request("GET", &path).header("cookie", &format!("kith_session={cookie}"));
        let page = page.send().text;
        texts.push_str(&page);
        let next = page.split("?before=").nth(1).and_then(|rest| rest.split('"').next());
        before = next.map(|next| format!("?before={next}")).unwrap_or_default();
        next.is_some()
    });
    assert_eq!(pages.count() + 1, long.expected.len().div_ceil(50));
    for (message, now) in &long.expected {
        assert!(texts.contains(&format!("id=\"{message}\"")), "{message}");
        if let Now::Says(text) | Now::Edited(text) = now {
            assert!(texts.contains(text), "{text}");
        }
    }
    assert!(!texts.contains("第 0 message") && !texts.contains("第 3 message"), "taken back or edited");
}
