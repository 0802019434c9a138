//! The desk in a browser: every page looked at; a script that is written, mended, put in and seen at work,
//! its replay, and its undo: in both languages.

use super::chrome::{Chrome, Screen, Tab};
use super::pages::looked_at;
use super::town::{STORIES, Story, Town};

/// A script that holds whatever has a word in it.
fn source(word: &str) -> String {
    let held = format!("if message.text.has_any([\"{word}\"]) {{ return hold(\"word\", \"{word}\"); }}");
    format!("// api: 1\nfn on_message(ctx, message) {{\n  {held}\n  allow()\n}}")
}

/// A word of the story's first line.
fn word(story: &Story) -> &'static str {
    if story.language == "en" { "tram" } else { "咖啡馆" }
}

fn waiting(town: &Town) -> usize {
    town.served.world.view(town.place.id, |it| it.queue.holds.len())
}

fn put_in(owner: &mut Tab, town: &Town, story: &Story) {
    owner.open(&town.url("/desk/new-script"));
    owner.fill("#name", "words");
    // The cases of the script to begin from are not this one's.
    owner.eval("document.getElementById('cases').value = ''; null");
    owner.fill("#source", &source(word(story)).replace("hold(", "holdd("));
    owner.until("document.querySelector('#told li[data-line=\"3\"]')");
    owner.until("document.querySelector('#marks mark')?.textContent.startsWith('holdd')");
    owner.follow("button[value=save]");
    owner.until("document.querySelector('#told .banner.bad')");
    let live = town.served.world.view(town.place.id, |it| it.scripts.rows.len());
    assert_eq!(live, 0, "what does not pass is not put in");
    owner.fill("#source", &source(word(story)));
    owner.until("document.querySelector('#told .banner.good')");
    owner.eval("document.getElementById('stage').value = 'live'; null");
    owner.follow("button[value=save]");
    owner.until("document.querySelector('.banner.good') && location.pathname.endsWith('/scripts/words')");
    owner.assert_clean();
}

#[test]
fn a_script_is_written_and_seen_at_work_and_replayed_and_undone() {
    let Some(mut chrome) = Chrome::start() else { return };
    for story in STORIES {
        let town = Town::lively(story);
        let (_, member) = town.settle(story, if story.card.is_empty() { "Ada" } else { "杭州-产品-知夏" });
        let mut owner = chrome.somebody(Screen::phone(story.language));
        town.enter(&mut owner, town.owner);
        put_in(&mut owner, &town, story);

        let hall = crate::world::Place { channel: town.hall, ..town.place };
        let before = waiting(&town);
        town.served.world.post(hall, member, word(story)).expect("it is held");
        assert_eq!(waiting(&town), before + 1);
        owner.open(&town.url("/desk/queue"));
        owner.reads(word(story));

        owner.open(&town.url("/desk/scripts/words/replay"));
        owner.follow("main form button[type=submit]");
        owner.until("document.querySelector('#replay .figures.large')");
        owner.reads(story.lines[0].1);
        owner.assert_clean();

        owner.open(&town.url("/desk/scripts/words/undo?version=1"));
        owner.until("document.querySelector('button[value=carry]')");
        assert_eq!(waiting(&town), before + 1, "a plan changes nothing");
        owner.follow("button[value=carry]");
        owner.until("document.querySelector('.banner.good')");
        assert_eq!(waiting(&town), before);
        owner.assert_clean();
    }
}

#[test]
fn a_source_is_checked_by_a_button_where_no_scripts_run() {
    let story = &STORIES[0];
    let Some(mut chrome) = Chrome::start() else { return };
    let town = Town::of(story);
    let mut owner = chrome.somebody(Screen::phone(story.language));
    town.enter(&mut owner, town.owner);
    owner.without_scripts();
    owner.open(&town.url("/desk/new-script"));
    owner.fill("#name", "words");
    owner.fill("#source", &source("tram").replace("hold(", "holdd("));
    assert!(owner.eval("document.querySelector('#told li')").is_null());
    owner.follow("button[value=check]");
    owner.until("document.querySelector('#told li[data-line=\"3\"] .advice')");
    owner.until("document.querySelector('#marks mark')?.textContent.startsWith('holdd')");
    assert_eq!(owner.eval("document.getElementById('name').value"), "words");
}

fn the_desk_is_looked_at(story: &'static Story) {
    let Some(mut chrome) = Chrome::start() else { return };
    let town = Town::lively(story);
    let (_, member) = town.settle(story, if story.card.is_empty() { "Ada" } else { "杭州-产品-知夏" });
    let hall = crate::world::Place { channel: town.hall, ..town.place };
    town.served.world.post(hall, member, story.advertisement).expect("it is held");
    let mut owner = chrome.somebody(Screen::phone(story.language));
    town.enter(&mut owner, town.owner);
    put_in(&mut owner, &town, story);
    let receipt = town.served.world.view(town.place.id, |it| it.queue.receipts.keys().next().copied());
    let receipt = format!("/desk/decisions/{}", receipt.expect("there is a receipt"));
    let person = format!("/desk/members/{member}");
    for (name, path) in [
        ("desk-overview", "/desk"),
        ("desk-queue", "/desk/queue"),
        ("desk-decisions", "/desk/decisions"),
        ("desk-decision", &receipt),
        ("desk-members", "/desk/members"),
        ("desk-member", &person),
        ("desk-scripts", "/desk/scripts"),
        ("desk-script", "/desk/scripts/words"),
        ("desk-edit", "/desk/scripts/words/edit"),
        ("desk-new-script", "/desk/new-script"),
        ("desk-versions", "/desk/scripts/words/versions"),
        ("desk-replay", "/desk/scripts/words/replay"),
        ("desk-undo", "/desk/scripts/words/undo?version=1"),
        ("desk-rules", "/desk/rules"),
        ("desk-channels", "/desk/channels"),
        ("desk-invites", "/desk/invites"),
        ("desk-roles", "/desk/roles"),
        ("desk-settings", "/desk/settings"),
        ("desk-webhooks", "/desk/webhooks"),
        ("desk-audit", "/desk/audit"),
    ] {
        looked_at(&mut owner, (name, &town.url(path)), story.language);
    }
}

#[test]
fn every_page_of_the_desk_is_usable_and_still_in_english() {
    the_desk_is_looked_at(&STORIES[0]);
}

#[test]
fn every_page_of_the_desk_is_usable_and_still_in_chinese() {
    the_desk_is_looked_at(&STORIES[1]);
}
