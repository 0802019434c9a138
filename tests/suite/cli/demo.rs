//! The demo: its walk comes to its end in both languages, its links sign in once, its folder lives on.

use std::ffi::OsStr;

use serde_json::Value;

use super::Desk;
use super::process::Process;

/// The facts of a walk that came to its end.
fn check_walk(value: &Value, language: &str) {
    let facts = &value["facts"];
    let number = |name: &str| facts[name].as_u64().unwrap_or_else(|| panic!("{name} in {facts}"));
    assert_eq!(facts["ended"], true, "{facts}");
    for name in ["joined", "held", "appealed", "saves_refused"] {
        assert_eq!(number(name), 1, "{language}: {name} in {facts}");
    }
    assert!(number("replay_held") >= 10, "{facts}");
    assert!(number("replay_by_regulars") >= number("replay_regulars"), "{facts}");
    assert!(number("replay_regulars") > 0 && number("replay_by_regulars") < number("replay_held"), "{facts}");
    assert_eq!((number("version_kept"), number("version_live")), (2, 3), "{facts}");
    let given_back = [number("held_by_draft"), number("undo_planned"), number("undone")];
    assert_eq!(given_back, [9, 9, 9], "{facts}");
}

/// Whether a word is the code of a text that is not in the message files.
fn is_code((noun, rest): (&str, &str)) -> bool {
    ["gate", "rule", "queue", "member", "sanction"].contains(&noun) && !rest.is_empty()
}

fn check_scenes(value: &Value) {
    let scenes = value["scenes"].as_array().expect("a list");
    let names: Vec<&str> = scenes.iter().filter_map(|scene| scene["name"].as_str()).collect();
    assert_eq!(names, ["gate", "ad", "replay", "save", "undo"]);
    for scene in scenes {
        let page = scene["pages"][0].as_str().expect("a page shows it");
        assert!(page.starts_with(value["address"].as_str().expect("text")), "{page}");
        for line in scene["lines"].as_array().expect("a list").iter().filter_map(Value::as_str) {
            let code = line.split_whitespace().filter_map(|word| word.split_once('.')).any(is_code);
            let quoted = line.contains('|');
            assert!(!code && (quoted || !line.contains('{')), "a text is missing: {line}");
            assert!(!line.ends_with(['–', '—']), "nothing was told: {line}");
        }
    }
}

/// A line without its numbers, which differ from hour to hour.
fn masked(line: &str) -> String {
    let mut out = String::new();
    for sign in line.trim_end().chars() {
        match sign {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            _ => out.push(sign),
        }
    }
    out
}

/// What the README shows of the walk is what the walk says, in its order.
fn check_transcript(value: &Value) {
    let mut said = Vec::new();
    for (place, scene) in value["scenes"].as_array().expect("a list").iter().enumerate() {
        said.push(format!("{}. {}", place + 1, scene["title"].as_str().expect("text")));
        let lines = scene["lines"].as_array().expect("a list").iter().filter_map(Value::as_str);
        said.extend(lines.map(|line| format!("   {line}")));
    }
    let mut said = said.iter().map(|line| masked(line));
    let readme = include_str!("../../../README.md");
    let section = readme.split("## See it\n").nth(1).expect("the README says how to see it");
    let transcript = section.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines: Vec<&str> = transcript.expect("it has a transcript").lines().collect();
    assert_eq!(lines.len(), 12, "{lines:?}");
    for line in lines {
        assert!(said.any(|found| found == masked(line)), "the walk does not say: {line}");
    }
}

#[test]
fn the_walk_comes_to_its_end_in_both_languages() {
    for language in ["en", "zh-CN"] {
        let desk = Desk::new();
        let ended = desk.run(&format!("demo --tour --fast --end --json --language {language} --data @demo"));
        assert_eq!(ended.code, 0, "{}", ended.err);
        let value: Value = serde_json::from_str(&ended.out).expect("JSON");
        check_walk(&value, language);
        check_scenes(&value);
        check_given_back(&desk, &value);
        if language == "en" {
            check_transcript(&value);
        }
        assert!(value["counts"]["messages"].as_u64() > Some(3_000), "{}", value["counts"]);
        assert!(desk.works("verify --data @demo").ends_with("sound\n"));
        for command in value["commands"].as_array().expect("a list").iter().filter_map(Value::as_str) {
            let line = command.strip_prefix("kith ").expect("a command of ours");
            if !line.starts_with("serve") {
                assert!(!desk.works(line).is_empty(), "{command}");
            }
        }
    }
}

#[test]
fn the_demo_makes_no_story_in_a_folder_that_is_in_use() {
    let desk = Desk::new();
    desk.write("garden/community.toml", "about = \"A garden\"\n");
    desk.works("init --data @data --blueprint @garden");
    assert_eq!(desk.run("demo --data @data").code, 3);
}

/// What the draft had held stands in the channel again.
fn check_given_back(desk: &Desk, value: &Value) {
    let community = value["community"].as_str().expect("text");
    let read = desk.works(&format!("channel read --data @demo --community {community} --last 12"));
    let lines = value["scenes"][4]["lines"].as_array().expect("a list").iter().filter_map(Value::as_str);
    let said: Vec<&str> = lines.filter_map(|line| line.split_once(": ")).map(|(_, text)| text).collect();
    assert!(said.len() >= 4, "{said:?}");
    for text in said.iter().filter(|text| text.chars().count() > 5).take(4) {
        assert!(read.contains(text), "{text} in {read}");
    }
}

/// What follows the links: sessions are called after it.
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Follows a link as a browser does: the page, then its button. Says what the button came to.
fn follow(agent: &ureq::Agent, link: &str) -> (u16, bool) {
    let page = agent.get(link).call().expect("the server answers");
    assert_eq!(page.status(), 200, "{link}");
    let (form, query) = link.split_once('?').expect("it carries a code");
    let origin = form.split("/sign-in").next().expect("it has an address");
    let answer = agent
        .post(form)
        .header("origin", origin)
        .content_type("application/x-www-form-urlencoded")
        .send(query)
        .expect("the server answers");
    (answer.status().as_u16(), answer.headers().contains_key("set-cookie"))
}

#[test]
fn each_link_signs_in_once_and_ctrl_c_leaves_a_sound_folder() {
    let desk = Desk::new();
    let data = desk.path("demo");
    let words = ["demo", "--fast", "--json", "--language", "en", "--data"].map(OsStr::new);
    let shown = Process::start(&[&words[..], &[data.as_os_str()]].concat());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(FIREFOX)
        .build()
        .into();
    for who in ["newcomer", "member", "operator"] {
        let link = shown.said["links"][who].as_str().expect("a link").to_owned();
        assert_eq!(follow(&agent, &link), (303, true), "{who}");
        let (status, signed_in) = follow(&agent, &link);
        assert!(status >= 400 && !signed_in, "{who}: {status}");
    }
    assert_eq!(shown.interrupt(), Some(0));
    assert!(desk.works("verify --data @demo").ends_with("sound\n"));
    let persons = desk.json("person list --data @demo");
    let signed_in = persons["persons"].as_array().expect("a list").iter();
    assert_eq!(signed_in.filter(|person| person["sessions"] == 1).count(), 3);
}
