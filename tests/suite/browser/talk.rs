//! Coming in by a link, two people who talk at once, and a message that is held, appealed and restored: in
//! both languages.

use kith_core::queue::{self, Decision};

use super::chrome::{Chrome, Screen, Tab};
use super::town::{STORIES, Story, Town};

/// Waits until the page listens.
fn hall(tab: &mut Tab, town: &Town) {
    tab.open(&town.hall_url());
    tab.until("document.getElementById('log')?.dataset.live");
}

pub(super) fn say(tab: &mut Tab, text: &str) {
    tab.fill("#text", text);
    tab.press("#write button[type=submit]");
}

/// How often a text stands among the messages.
fn times(tab: &mut Tab, text: &str) -> usize {
    let text = serde_json::json!(text);
    let count = format!(
        "[...document.querySelectorAll('.msg .words')].filter((it) => it.textContent === {text}).length"
    );
    tab.eval(&count).as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or_default()
}

fn join(tab: &mut Tab, town: &Town, story: &Story) {
    tab.open(&town.url(&format!("/join/{}", town.code)));
    let name = if story.card.is_empty() { "Noor" } else { "青禾" };
    tab.fill("#nickname", name);
    for (field, value) in story.card {
        tab.eval(&format!("document.getElementById('card.{field}').value = '{value}'; null"));
    }
    if !story.card.is_empty() {
        tab.fill("[id='answer.群规']", "不可以");
        tab.fill("[id='answer.方向']", "做软件的，想找设计伙伴");
    }
    tab.follow("#join button[type=submit]");
    tab.reads(&format!("# {}", story.hall));
    tab.assert_clean();
}

#[test]
fn a_stranger_joins_by_a_link_and_two_people_talk_at_once() {
    let Some(mut chrome) = Chrome::start() else { return };
    for story in STORIES {
        let town = Town::of(story);
        let (friend, _) = town.settle(story, story.people[0]);
        let mut stranger = chrome.somebody(Screen::phone(story.language));
        let mut member = chrome.somebody(Screen { width: 1280, ..Screen::phone(story.language) });
        join(&mut stranger, &town, story);
        town.enter(&mut member, friend);
        hall(&mut stranger, &town);
        hall(&mut member, &town);

        let (first, second) = (story.lines[0].1, story.lines[1].1);
        say(&mut member, first);
        stranger.until(&format!(
            "[...document.querySelectorAll('.msg .words')].some((it) => it.textContent === {})",
            serde_json::json!(first)
        ));
        stranger.press(".msg:last-child .menu");
        stranger.press(".sheet .emoji button");
        member.until("document.querySelector('.msg .chip')");
        stranger.until("document.querySelector('.msg .chip')?.getAttribute('aria-pressed') === 'true'");
        assert_eq!(member.eval("document.querySelector('.msg .chip').getAttribute('aria-pressed')"), "false");
        stranger.press(".msg:last-child .menu");
        stranger.press("a.reply");
        say(&mut stranger, second);
        for tab in [&mut member, &mut stranger] {
            tab.until("document.querySelectorAll('.msg').length === 2");
            assert_eq!((times(tab, first), times(tab, second)), (1, 1));
            assert_eq!(tab.eval("document.querySelector('.msg .quote b').textContent"), story.people[0]);
            tab.assert_clean();
        }
        assert_eq!(stranger.eval("document.querySelectorAll('.msg.mine').length"), 1);

        member.press(".msg.mine .menu");
        member.press(".sheet .bad");
        stranger.until("document.querySelector('.msg .gone')");
        assert_eq!(times(&mut stranger, first), 0);
    }
}

#[test]
fn a_message_is_held_and_explained_and_restored_on_appeal() {
    let Some(mut chrome) = Chrome::start() else { return };
    for story in STORIES {
        let town = Town::of(story);
        let (seller, _) = town.settle(story, story.people[1]);
        let mut tab = chrome.somebody(Screen::phone(story.language));
        town.enter(&mut tab, seller);
        hall(&mut tab, &town);
        say(&mut tab, story.advertisement);
        tab.until("document.querySelector('#write .banner a')");
        assert_eq!(times(&mut tab, story.advertisement), 0);
        tab.follow("#write .banner a");
        tab.reads(story.advertisement);
        tab.fill(
            "#appeal",
            if story.card.is_empty() {
                "I quoted it to warn you."
            } else {
                "我是转发来提醒大家的。"
            },
        );
        tab.follow("form[action$=appeal] button");
        tab.assert_clean();

        let appeal = town.served.world.view(town.place.id, |it| it.queue.appeals.keys().next().copied());
        let appeal = appeal.expect("the appeal is recorded");
        let decide = queue::Command::DecideAppeal { appeal, decision: Decision::Overturned, note: None };
        town.served.world.ask_member(town.place.id, town.place.owner, decide).expect("the owner decides");
        hall(&mut tab, &town);
        assert_eq!(times(&mut tab, story.advertisement), 1);
        tab.open(&town.url("/notices"));
        tab.until("document.querySelector('.rows .full')");
        tab.assert_clean();
    }
}

#[test]
fn what_was_refused_is_sent_again_as_it_is_once_it_may_be() {
    let Some(mut chrome) = Chrome::start() else { return };
    let story = &STORIES[0];
    let town = Town::of(story);
    let (person, _) = town.settle(story, story.people[0]);
    let token = town.served.token(town.owner, town.place.id);
    let path = format!("/api/v1/communities/{}/slow-mode", town.place.id);
    let slow = serde_json::json!({ "channel": town.hall, "wait": "2s" });
    assert_eq!(town.served.request("PUT", &path).token(&token).json(&slow).send().status, 200);
    let mut tab = chrome.somebody(Screen::phone(story.language));
    town.enter(&mut tab, person);
    hall(&mut tab, &town);
    say(&mut tab, "one");
    tab.reads("one");
    say(&mut tab, "two");
    tab.until("document.querySelector('#write .banner.bad')");
    assert_eq!(tab.eval("document.getElementById('text').value"), "two", "what was typed is not lost");
    let two = "[...document.querySelectorAll('.msg .words')].some((it) => it.textContent === 'two')";
    tab.until(&format!("({two}) || void document.getElementById('write').requestSubmit()"));
    assert_eq!((times(&mut tab, "one"), times(&mut tab, "two")), (1, 1));
}

#[test]
fn everything_works_without_javascript() {
    let Some(mut chrome) = Chrome::start() else { return };
    let story = &STORIES[0];
    let town = Town::of(story);
    let mut tab = chrome.somebody(Screen::phone(story.language));
    tab.without_scripts();
    join(&mut tab, &town, story);
    tab.open(&town.hall_url());
    for line in ["one", "two"] {
        tab.fill("#text", line);
        tab.follow("#write button[type=submit]");
        tab.reads(line);
    }
    tab.follow(".msg:last-child .menu");
    tab.follow(".sheet .emoji button");
    assert_eq!(tab.eval("document.querySelector('.chip').getAttribute('aria-pressed')"), "true");
    tab.follow(".msg:last-child .menu");
    tab.follow("a.own");
    tab.fill("#text", "three");
    tab.follow("main form button");
    tab.reads("three");
    tab.follow(".msg:last-child .menu");
    tab.follow(".sheet .bad");
    assert_eq!(times(&mut tab, "three"), 0);
    tab.assert_clean();
}
