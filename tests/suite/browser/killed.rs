//! `kill -9` of the server while people talk: two pages, a browser without scripts, a program that listens.
//!
//! The pages are left alone: they come back by themselves. What anybody was answered is there, once, on both
//! pages, in the log and for whoever resumed by `Last-Event-ID`; nobody is shown anything twice.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use kith_core::community::Blueprint;
use kith_core::host::{Holder, Reach};
use kith_core::ids::{CommunityId, PersonId};
use kith_core::role::Permission;
use kith_runtime::host::{NewToken, Operator};
use serde_json::{Value, json};

use super::chrome::{Chrome, Screen, Tab};
use crate::cli::{Desk, Process};
use crate::world::{Dice, Ground, World, rounds};

/// Between two tries of somebody whom the server does not answer.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// A stream that says nothing for so long is opened again.
const QUIET_MAX: Duration = Duration::from_secs(30);
/// Messages of each between two kills: nobody may ask more than 120 times a minute.
const ROUND: u64 = 30;
/// How often the server is killed in one story.
const KILLS: u64 = 3;

/// The folder, and who has what to get in with.
struct Hall {
    desk: Desk,
    community: CommunityId,
    path: String,
    /// Codes of links for the two pages and for whoever sends forms.
    links: [String; 3],
    /// A token of whoever listens.
    token: String,
}

fn link(world: &World, person: PersonId) -> String {
    let operator = Operator::of(world.engine(), world.mint());
    let link = world.wait(operator.issue_link(person, 3_600_000)).expect("a link can be issued");
    link.text().to_owned()
}

fn token(world: &World, person: PersonId, community: CommunityId) -> String {
    let token = NewToken {
        holder: Holder::Person(person),
        reach: Reach::Community(community),
        permissions: Permission::ALL.iter().copied().collect(),
        label: "ear".to_owned(),
        lasts_ms: None,
    };
    let operator = Operator::of(world.engine(), world.mint());
    world.wait(operator.issue_token(token)).expect("a token can be issued").1.text().to_owned()
}

impl Hall {
    fn new() -> Self {
        let desk = Desk::new();
        let mut world = Ground::at(&desk.path("data")).open();
        let register = |name: &'static str| {
            let person = world.wait(async {
                let operator = Operator::start(world.engine(), world.mint()).await?;
                operator.register_person(Some(name)).await
            });
            person.expect("a person can be registered")
        };
        let people = ["Ines", "Bo", "Gil"].map(register);
        let place = world.found_by("hall", &Blueprint::default(), people[0]);
        for (person, name) in people.iter().zip(["Ines", "Bo", "Gil"]).skip(1) {
            world.knock(place.id, *person, name).expect("the gate is open");
        }
        let links = people.map(|person| link(&world, person));
        let token = token(&world, people[0], place.id);
        world.stop();
        Self { desk, community: place.id, path: format!("/c/hall/ch/{}", place.channel), links, token }
    }

    fn serve(&self, listen: &str) -> Process {
        let data = self.desk.path("data");
        let words = ["--json", "serve", "--listen", listen, "--data"].map(OsStr::new);
        Process::start(&[&words[..], &[data.as_os_str()]].concat())
    }

    /// What the log says was said, in its order.
    fn log(&self) -> Vec<String> {
        let read = self.desk.json("channel read --data @data --community hall --last 100000");
        let texts = read["messages"].as_array().expect("a list").iter();
        texts.filter_map(|message| message["text"].as_str()).map(str::to_owned).collect()
    }
}

/// Talks as fast as answers come, through the page's own form and script, until enough was said; notes what
/// was answered.
const TALK: &str = "
    window.acked = [];
    const fetched = window.fetch;
    window.fetch = async (...asked) => {
        const answer = await fetched(...asked);
        if (answer.ok) window.acked.push(asked[1].body.get('text'));
        return answer;
    };
    const [write, text] = ['write', 'text'].map((id) => document.getElementById(id));
    let turn = 0;
    window.wanted = 0;
    window.talking = setInterval(() => {
        if (write.dataset.busy || !text.value && turn >= window.wanted) return;
        text.value ||= `${window.who} ${turn++}`;
        write.requestSubmit();
    }, 5);
    null";

/// What stands on a page, in its order.
const SHOWN: &str = "[...document.querySelectorAll('.msg .words')].map((it) => it.textContent)";

fn texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().expect("a list").iter();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn sit_down(chrome: &mut Chrome, hall: &Hall, address: &str, who: usize) -> Tab {
    let mut tab = chrome.somebody(Screen { width: 1280, ..Screen::phone("en") });
    tab.open(&format!("http://{address}/sign-in/link?code={}", hall.links[who]));
    tab.follow("main button");
    tab.open(&format!("http://{address}{}", hall.path));
    tab.until("document.getElementById('log')?.dataset.live");
    tab
}

/// What those beside the case are told: how much they are to say, and that it is over, however it ended.
#[derive(Default)]
struct Pace {
    wanted: AtomicU64,
    over: AtomicBool,
}

impl Pace {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

struct Over<'a>(&'a Pace);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

/// Sends forms as a browser without scripts does: the same one until there is an answer. Says which were
/// answered.
fn send_forms(hall: &Hall, address: &str, pace: &Pace) -> Vec<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(QUIET_MAX))
        .build()
        .into();
    let form = "application/x-www-form-urlencoded";
    let url = |path: &str| format!("http://{address}{path}");
    let signed_in = agent.post(url("/sign-in/link")).content_type(form);
    let signed_in = signed_in.send(format!("code={}", hall.links[2])).expect("the server answers");
    let cookie = signed_in.headers()["set-cookie"].to_str().expect("a cookie is text");
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let page = agent.get(url(&hall.path)).header("cookie", &cookie).call().expect("the server answers");
    let page = page.into_body().read_to_string().expect("a page is text");
    let carried = ["proof", "once"].map(|name| {
        let rest = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a form carries it").1;
        format!("{name}={}&", rest.split('"').next().unwrap_or_default())
    });
    let mut answered = Vec::new();
    while answered.len() < usize::try_from(KILLS * ROUND).expect("it is a small number") {
        while answered.len() as u64 >= pace.wanted.load(Ordering::Relaxed) {
            if pace.is_over() {
                return answered;
            }
            std::thread::sleep(TRY_AGAIN_AFTER);
        }
        let text = format!("form {}", answered.len());
        let body = format!("{}text={}", carried.concat(), text.replace(' ', "+"));
        loop {
            let request = agent.post(url(&hall.path)).header("cookie", &cookie).content_type(form);
            match request.send(&body) {
                Ok(answer) => break assert_eq!(answer.status(), 303, "{text}"),
                Err(_) if pace.is_over() => return answered,
                Err(_) => std::thread::sleep(TRY_AGAIN_AFTER),
            }
        }
        answered.push(text);
    }
    answered
}

/// Listens as a program does, from the beginning; whenever the line breaks it comes back and names the last
/// event that it heard. Tells each id and text.
fn hear(hall: &Hall, address: &str, (told, pace): (Sender<(String, String)>, &Pace)) {
    let url = format!("http://{address}/api/v1/communities/{}/events", hall.community);
    let mut last = "1.0".to_owned();
    while !pace.is_over() {
        let request = ureq::get(&url).config().timeout_recv_body(Some(QUIET_MAX)).build();
        let request = request.header("authorization", format!("Bearer {}", hall.token));
        let Ok(answer) = request.header("last-event-id", &last).call() else {
            std::thread::sleep(TRY_AGAIN_AFTER);
            continue;
        };
        let (mut id, mut is_message) = (String::new(), false);
        for line in BufReader::new(answer.into_body().into_reader()).lines().map_while(Result::ok) {
            match line.split_once(": ") {
                Some(("id", value)) => value.clone_into(&mut id),
                Some(("event", value)) => is_message = value == "message.posted",
                Some(("data", value)) => {
                    last.clone_from(&id);
                    let data: Value = serde_json::from_str(value).expect("events are JSON");
                    let text = data["data"]["parts"][0]["text"].as_str().unwrap_or_default().to_owned();
                    if is_message && told.send((id.clone(), text)).is_err() {
                        return;
                    }
                }
                _ => {}
            }
        }
    }
}

/// Lets both talk, and ends the server in the middle of it, again and again.
fn kill_while_they_talk(hall: &Hall, mut server: Process, (tabs, pace, dice): Talk<'_>) -> Process {
    let address = server.said["address"].as_str().expect("it says where").to_owned();
    for _ in 0..KILLS {
        let said = pace.wanted.fetch_add(ROUND, Ordering::Relaxed);
        for tab in tabs.iter_mut() {
            tab.eval(&format!("window.wanted = {}; null", said + ROUND));
        }
        let some = said + 1 + dice.roll(ROUND - 2);
        tabs[dice.place(2)].until(&format!("window.acked.length >= {some}"));
        server.kill();
        server = hall.serve(&address);
    }
    server
}

/// Waits until everything is said, answered and shown. Says what was answered.
fn fall_silent(tabs: &mut [Tab; 2], forms: &[String]) -> BTreeSet<String> {
    let mut acked: BTreeSet<String> = forms.iter().cloned().collect();
    for tab in tabs.iter_mut() {
        tab.until(&format!("window.acked.length === {}", KILLS * ROUND));
        acked.extend(texts(&tab.eval("window.acked")));
    }
    for tab in tabs {
        tab.until(&format!("{}.every((it) => {SHOWN}.includes(it))", json!(acked)));
        tab.until("document.getElementById('offline').hidden");
    }
    acked
}

/// Two pages, what the others are told, and when the server dies.
type Talk<'a> = (&'a mut [Tab; 2], &'a Pace, &'a mut Dice);

/// Everything that was heard until all that was acknowledged is among it: ids, and texts in their order.
fn heard(told: &Receiver<(String, String)>, acked: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    let (mut ids, mut said) = (Vec::new(), Vec::new());
    let mut missing = acked.clone();
    while !missing.is_empty() {
        let (id, text) = told.recv_timeout(QUIET_MAX).expect("all of it is told");
        missing.remove(&text);
        ids.push(id);
        said.push(text);
    }
    (ids, said)
}

fn a_story(chrome: &mut Chrome, mut dice: Dice) {
    let hall = Hall::new();
    let server = hall.serve("127.0.0.1:0");
    let address = server.said["address"].as_str().expect("it says where").to_owned();
    let mut tabs = [0, 1].map(|who| sit_down(chrome, &hall, &address, who));
    for (tab, who) in tabs.iter_mut().zip(["Ines", "Bo"]) {
        tab.eval(&format!("window.who = '{who}'; {TALK}"));
    }
    let (hall, address, pace) = (&hall, address.as_str(), &Pace::default());
    let (tell, told) = channel();
    let (acked, said) = std::thread::scope(|scope| {
        let _over = Over(pace);
        scope.spawn(move || hear(hall, address, (tell, pace)));
        let forms = scope.spawn(move || send_forms(hall, address, pace));
        let server = kill_while_they_talk(hall, server, (&mut tabs, pace, &mut dice));
        let acked = fall_silent(&mut tabs, &forms.join().expect("forms are answered"));
        let (ids, said) = heard(&told, &acked);
        let different: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(different.len(), ids.len(), "an event was told twice");
        server.kill();
        (acked, said)
    });
    let log = hall.log();
    assert_eq!(log.len(), acked.len(), "what was answered is there, once, and nothing else");
    assert!(log.iter().all(|text| acked.contains(text)));
    for tab in &mut tabs {
        assert_eq!(texts(&tab.eval(SHOWN)), log, "a page shows what was said, once and in its order");
        tab.assert_clean();
    }
    assert_eq!(said, log, "and so it was told to whoever came back by Last-Event-ID");
}

#[test]
fn nothing_is_lost_and_nothing_shown_twice_when_the_server_is_killed_while_they_talk() {
    let Some(mut chrome) = Chrome::start() else { return };
    for seed in 0..rounds(1, 12) {
        a_story(&mut chrome, Dice::new(seed));
    }
}
