//! What `kith demo` promises whoever has a browser: its links, followed, and each scene of its tour, done by
//! hand on the pages.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::chrome::{Chrome, Screen, Tab};
use super::talk::say;
use crate::cli::{Desk, Process};

/// A script of the case's own: the operator's folder keeps `guard`, which pages only read.
const OWN: &str = "strict";
/// Messages that it holds of each of three people: the queue takes four of one member.
const EACH: usize = 3;

/// The number of the live version on a script's page.
const LIVE: &str = "document.querySelector('.badge.good')?.textContent.match(/[0-9]+/)?.[0]";

/// The demo in one language, running.
struct Demo {
    process: Process,
    /// What it says, by name.
    words: BTreeMap<String, String>,
    /// The stricter draft of the tour.
    draft: String,
    question: String,
    yard: String,
    language: &'static str,
    _desk: Desk,
}

impl Demo {
    fn start(language: &'static str) -> Self {
        let desk = Desk::new();
        let data = desk.path("demo");
        let line = ["demo", "--fast", "--json", "--language", language, "--data"].map(OsStr::new);
        let process = Process::start(&[&line[..], &[data.as_os_str()]].concat());
        let folder =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../engine/cli/src/command/demo").join(language);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the demo has this file");
        let blueprint: toml::Value = toml::from_str(&read("community.toml")).expect("it is TOML");
        let text = |value: &toml::Value| value["name"].as_str().expect("it has a name").to_owned();
        Self {
            process,
            words: toml::from_str(&read("words.toml")).expect("it is TOML"),
            draft: read("guard-3.rhai"),
            question: text(&blueprint["gate"]["conditions"][0]["questions"][0]),
            yard: text(&blueprint["channel"][1]),
            language,
            _desk: desk,
        }
    }

    fn word(&self, name: &str) -> &str {
        &self.words[name]
    }

    /// Follows one of the printed links; where it leads.
    fn enter(&self, chrome: &mut Chrome, who: &str) -> (Tab, String) {
        let link = self.process.said["links"][who].as_str().expect("a link is printed");
        let mut tab = chrome.somebody(Screen { width: 1280, ..Screen::phone(self.language) });
        tab.open(link);
        tab.follow("main button");
        let home = tab.eval("location.origin + location.pathname").as_str().expect("text").to_owned();
        (tab, home)
    }

    /// The gate: a wrong answer is told what would do, the right one opens it.
    fn pass_the_gate(&self, tab: &mut Tab, name: &str) {
        let field = format!("[id='answer.{}']", self.question);
        tab.fill("#nickname", name);
        tab.fill(&field, self.word("gate_wrong_answer"));
        tab.follow("#join button[type=submit]");
        tab.until("document.querySelector('#join .banner.bad')");
        tab.fill("#nickname", name);
        tab.fill(&field, self.word("gate_right_answer"));
        tab.follow("#join button[type=submit]");
        self.to_the_yard(tab);
    }

    /// From the list of channels into the one where everybody sits.
    fn to_the_yard(&self, tab: &mut Tab) {
        let yard = format!(
            "[...document.querySelectorAll('main a[href*=\"/ch/\"]')]\
             .find((it) => it.innerText.includes('{}'))",
            self.yard
        );
        tab.until(&yard);
        let yard = tab.eval(&format!("{yard}.href"));
        tab.open(yard.as_str().expect("a link"));
        tab.until("document.getElementById('log')?.dataset.live");
    }

    /// Says some of the sentences that the draft holds.
    fn sell(&self, tab: &mut Tab, first: usize) {
        for place in first..first + EACH {
            say(tab, self.word(&format!("talk_{place}")));
            tab.until(
                "!document.getElementById('text').value && !document.getElementById('write').dataset.busy",
            );
            tab.until("document.querySelector('#write .banner a')");
        }
    }
}

/// An ad is held; its author reads why and asks again; the operator reads that and stays with it.
fn an_ad(demo: &Demo, newcomer: &mut Tab, operator: &mut Tab, desk: &str) {
    say(newcomer, demo.word("ad_text"));
    newcomer.until("document.querySelector('#write .banner a')");
    newcomer.follow("#write .banner a");
    newcomer.reads(demo.word("ad_text"));
    let receipt = newcomer.eval("location.href").as_str().expect("text").to_owned();
    newcomer.fill("#appeal", demo.word("ad_appeal"));
    newcomer.follow("form[action$=appeal] button");
    operator.open(&format!("{desk}/queue"));
    operator.reads(demo.word("ad_appeal"));
    operator.follow("form[action$='/queue/appeals'] button[value=upheld]");
    operator.until("document.querySelector('.banner.good')");
    newcomer.open(&receipt);
    newcomer.until("document.querySelector('.badge.bad')");
    newcomer.assert_clean();
}

/// The stricter draft over the month: what it would have held, regulars first. It changes nothing.
fn a_replay(demo: &Demo, operator: &mut Tab, desk: &str) {
    operator.open(&format!("{desk}/scripts/guard/edit"));
    operator.fill("#source", &demo.draft);
    operator.follow("button[value=replay]");
    operator.until("document.querySelector('#replay .figures.large')");
    let figures = operator.eval(
        "[...document.querySelectorAll('#replay .figures.large .figure strong')]\
         .map((it) => Number(it.textContent.replace(/[^0-9.]/g, '')))",
    );
    let figure = |place: usize| figures[place].as_f64().expect("a figure is a number");
    let (hits, held, regulars) = (figure(0), figure(3), figure(4));
    assert!(hits >= 10.0 && held >= 10.0 && regulars >= 1.0, "{figures}");
    assert!(operator.eval("document.querySelectorAll('#replay blockquote').length").as_u64() > Some(3));
}

/// A slip of the pen is told and changes nothing; mended it is live.
fn a_save(demo: &Demo, operator: &mut Tab, desk: &str) {
    operator.open(&format!("{desk}/new-script"));
    operator.fill("#name", OWN);
    operator.eval("document.getElementById('cases').value = ''; null");
    operator.eval("document.getElementById('stage').value = 'live'; null");
    let first = "// api: 1\nfn on_message(ctx, message) {\n  allow()\n}\n";
    operator.fill("#source", first);
    operator.follow("button[value=save]");
    operator.until("location.pathname.endsWith('/strict')");

    operator.open(&format!("{desk}/scripts/{OWN}/edit"));
    operator.fill("#source", &demo.draft.replacen("message.text.", "mesage.text.", 1));
    operator.follow("button[value=save]");
    operator.until("document.querySelector('#told .banner.bad')");
    operator.open(&format!("{desk}/scripts/{OWN}"));
    assert_eq!(operator.eval(LIVE), "1", "the old version stays");
    operator.open(&format!("{desk}/scripts/{OWN}/edit"));
    operator.fill("#source", &demo.draft);
    operator.follow("button[value=save]");
    operator.until("location.pathname.endsWith('/strict')");
    assert_eq!(operator.eval(LIVE), "2");
    operator.assert_clean();
}

/// What the draft held is back where it was said, all nine.
fn an_undo(demo: &Demo, operator: &mut Tab, (reader, desk): (&mut Tab, &str)) {
    operator.open(&format!("{desk}/scripts/{OWN}/undo?version=2"));
    operator.until("document.querySelector('button[value=carry]')");
    let plan = operator.eval("document.querySelectorAll('ul.said li').length");
    assert_eq!(plan, 3 * EACH, "the plan shows each of them");
    operator.follow("button[value=carry]");
    operator.until("document.querySelector('.banner.good')");
    operator.assert_clean();
    for place in 1..=3 * EACH {
        let text = serde_json::json!(demo.word(&format!("talk_{place}")));
        reader.until(&format!(
            "[...document.querySelectorAll('.msg .words')]\
             .filter((it) => it.textContent === {text}).length === 1"
        ));
    }
    reader.assert_clean();
}

#[test]
fn every_scene_of_the_tour_is_there_for_whoever_follows_the_links() {
    let Some(mut chrome) = Chrome::start() else { return };
    for language in ["en", "zh-CN"] {
        let demo = Demo::start(language);
        let (mut newcomer, home) = demo.enter(&mut chrome, "newcomer");
        let (mut member, _) = demo.enter(&mut chrome, "member");
        let (mut operator, _) = demo.enter(&mut chrome, "operator");
        let desk = format!("{home}/desk");
        demo.pass_the_gate(&mut newcomer, demo.word("newcomer"));
        demo.to_the_yard(&mut member);
        an_ad(&demo, &mut newcomer, &mut operator, &desk);
        a_replay(&demo, &mut operator, &desk);
        a_save(&demo, &mut operator, &desk);

        // Three people say what only the draft would hold: the third is a stranger off the street.
        let mut stranger = chrome.somebody(Screen::phone(language));
        stranger.open(&home);
        demo.pass_the_gate(&mut stranger, demo.word("guest"));
        newcomer.open(&home);
        demo.to_the_yard(&mut newcomer);
        for (place, tab) in [&mut newcomer, &mut member, &mut stranger].into_iter().enumerate() {
            demo.sell(tab, 1 + place * EACH);
        }
        an_undo(&demo, &mut operator, (&mut member, &desk));
    }
}
