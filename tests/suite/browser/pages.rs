//! Every page, looked at: usable for everybody, nothing jumps, nothing fails, no other host is asked.

use kith_core::ids::PersonId;

use super::axe::{assert_usable, target};
use super::chrome::{Chrome, Screen, Tab};
use super::town::{STORIES, Story, Town};

/// Bytes from base64 (RFC 4648, section 4).
fn decoded(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len() * 3 / 4));
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = digits.iter().position(|digit| *digit == letter).expect("base64 has these digits only");
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// How pages are looked at: always on a phone; in every other way too where pictures are wanted.
fn screens(language: &'static str) -> Vec<Screen> {
    if std::env::var_os("KITH_SHOTS").is_none() {
        let wide_and_dark = Screen { width: 1280, theme: "dark", language };
        return vec![Screen::phone(language), wide_and_dark];
    }
    let themes = ["light", "dark"];
    let both = |width| themes.map(|theme| Screen { width, theme, language });
    both(390).into_iter().chain(both(1280)).collect()
}

pub(super) fn looked_at(tab: &mut Tab, (name, url): (&str, &str), language: &'static str) {
    looked_at_after(tab, (name, url), language, |tab| tab.assert_still());
}

/// Looks at a page once somebody has done something there.
fn looked_at_after(
    tab: &mut Tab,
    (name, url): (&str, &str),
    language: &'static str,
    mut act: impl FnMut(&mut Tab),
) {
    for screen in screens(language) {
        tab.screen(screen);
        tab.open(url);
        act(tab);
        tab.assert_clean();
        assert_usable(tab);
        assert_eq!(
            tab.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth"),
            false,
            "{name} is wider than the screen at {}",
            screen.width
        );
        if std::env::var_os("KITH_SHOTS").is_some() {
            let folder = target().join("shots");
            std::fs::create_dir_all(&folder).expect("the target folder can be written");
            let file = format!("{name}-{}-{}-{}.png", screen.language, screen.width, screen.theme);
            std::fs::write(folder.join(file), decoded(&tab.picture())).expect("a picture can be written");
        }
    }
}

fn receipt_of(town: &Town, person: PersonId) -> String {
    let found = town.served.world.view(town.place.id, move |it| {
        let me = it.members.of_person(person).map(|row| row.id);
        it.queue
            .receipts
            .values()
            .find(|receipt| Some(receipt.member) == me && receipt.objects())
            .map(|it| it.id)
    });
    found.expect("there is a receipt").to_string()
}

fn a_story_is_looked_at(story: &'static Story) {
    let town = Town::lively(story);
    let Some(mut chrome) = Chrome::start() else { return };
    let language = story.language;

    let mut stranger = chrome.somebody(Screen::phone(language));
    for (name, url) in [
        ("welcome", town.served.url("/")),
        ("sign-in", town.served.url("/sign-in")),
        ("sign-in-link", town.served.url("/sign-in/link?code=x")),
        ("landing", town.url(&format!("?invite={}", town.code))),
        ("problem", town.served.url("/nowhere")),
    ] {
        looked_at(&mut stranger, (name, &url), language);
    }

    let wrong = town.served.url("/sign-in");
    looked_at_after(&mut stranger, ("sign-in-wrong", &wrong), language, |tab| {
        tab.fill("#name", "nobody");
        tab.fill("#password", "of that name");
        tab.follow("main form button");
    });
    looked_at_after(&mut stranger, ("landing-wrong", &town.url("?invite=AAAA-BBBB")), language, |tab| {
        tab.fill("#nickname", "Otto");
        for (field, value) in story.card {
            tab.eval(&format!("document.getElementById('card.{field}').value = '{value}'; null"));
        }
        if !story.card.is_empty() {
            tab.fill("[id='answer.群规']", "可以");
            tab.fill("[id='answer.方向']", "随便看看");
        }
        tab.follow("#join button[type=submit]");
        tab.until("document.querySelector('.banner.bad')");
    });

    let mut member = chrome.somebody(Screen::phone(language));
    let name = if story.card.is_empty() { "Ada" } else { "杭州-产品-知夏" };
    let (person, ada) = town.settle(story, name);
    town.served.world.post(kind_place(&town), ada, story.advertisement).expect("it is held");
    town.enter(&mut member, person);
    let receipt = town.url(&format!("/receipts/{}", receipt_of(&town, person)));
    for (name, url) in [
        ("home", town.served.url("/")),
        ("channels", town.url("")),
        ("channel", town.hall_url()),
        ("announcements", town.url("/announcements")),
        ("notices", town.url("/notices")),
        ("receipt", receipt),
        ("members", town.url("/members")),
        ("member", town.url(&format!("/members/{ada}"))),
        ("card", town.url("/card")),
        ("privacy", town.url("/privacy")),
        ("account", town.served.url("/account")),
    ] {
        looked_at(&mut member, (name, &url), language);
    }

    let word = if language == "en" { "tram" } else { "咖啡馆" };
    looked_at_after(&mut member, ("search", &town.url(&format!("/search?q={word}"))), language, |tab| {
        // The index follows the log, a moment later.
        tab.until("document.querySelector('.hits mark') || void location.reload()");
        let widths = tab.eval(
            "(() => { const mark = document.querySelector('.hits mark');\
             return [mark, mark.parentElement].map((it) => it.getBoundingClientRect().width) })()",
        );
        assert!(widths[0].as_f64() < widths[1].as_f64().map(|width| width / 2.0), "in its line: {widths}");
    });

    let hall = town.hall_url();
    looked_at_after(&mut member, ("channel-menu", &hall), language, |tab| {
        tab.press(".msg:last-child .menu");
    });
    looked_at_after(&mut member, ("channel-reply", &hall), language, |tab| {
        tab.press(".msg:last-child .menu");
        tab.press("a.reply");
        tab.press(".more summary");
    });
    looked_at_after(&mut member, ("channel-held", &hall), language, |tab| {
        tab.fill("#text", story.advertisement);
        tab.press("#write button[type=submit]");
        tab.until("document.querySelector('#write .banner')");
    });
    looked_at_after(&mut member, ("account-token", &town.served.url("/account")), language, |tab| {
        tab.press("details summary");
    });

    let mut owner = chrome.somebody(Screen::phone(language));
    town.enter(&mut owner, town.owner);
    let invite = town.served.world.view(town.place.id, |it| it.gate.invites.keys().next().copied());
    let invite = invite.expect("there is an invite");
    for (name, url) in [
        ("owner-channel", town.hall_url()),
        ("message", town.message_url()),
        ("owner-announcements", town.url("/announcements")),
        ("invites", town.url("/invites")),
        ("invite", town.url(&format!("/invites/{invite}"))),
    ] {
        looked_at(&mut owner, (name, &url), language);
    }
}

fn kind_place(town: &Town) -> crate::world::Place {
    crate::world::Place { channel: town.hall, ..town.place }
}

#[test]
fn every_page_is_usable_and_still_in_english() {
    a_story_is_looked_at(&STORIES[0]);
}

#[test]
fn every_page_is_usable_and_still_in_chinese() {
    a_story_is_looked_at(&STORIES[1]);
}
