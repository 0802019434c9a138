//! `kith search` on a real folder: what was said is found, and after an erasure it is not.

use super::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write(
        "past.jsonl",
        "{\"author\":\"rose\",\"time\":\"2026-05-01T08:00:00Z\",\"text\":\"抢红包啦，大家快来\"}\n\
         {\"author\":\"fern\",\"time\":\"2026-05-01T08:01:00Z\",\"text\":\"what a red packet it is\"}\n\
         {\"author\":\"fern\",\"time\":\"2026-05-02T08:01:00Z\",\"text\":\"红包收到了\"}\n",
    );
    desk.works("import --data @data --community garden --format jsonl @past.jsonl");
    desk
}

const ASK: &str = "search --data @data --community garden";

#[test]
fn messages_are_found_by_what_they_say_who_said_it_and_when() {
    let desk = desk();
    let both = desk.works(&format!("{ASK} 红包"));
    let lines: Vec<&str> = both.lines().collect();
    assert_eq!(lines.len(), 2, "{both}");
    assert!(lines[0].starts_with("2026-05-02 08:01  #") && lines[0].ends_with(" fern: 红包收到了"), "{both}");
    assert!(lines[1].ends_with(" rose: 抢红包啦，大家快来"), "{both}");
    let found = desk.json(&format!("{ASK} --from rose 红包"));
    assert_eq!(found["found"][0]["marks"], serde_json::json!([[3, 9]]));
    assert_eq!(found["found"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.works(&format!("{ASK} --since 2026-05-02 红包")).lines().count(), 1);
    assert_eq!(desk.works(&format!("{ASK} --until 2026-05-02 --without 大家 红包")), "Nothing was found.\n");
    assert!(
        desk.works(&format!("{ASK} --last 1 红包"))
            .ends_with("There is more: name fewer days, or a greater --last.\n")
    );
    assert_eq!(desk.works(&format!("{ASK} --from fern")).lines().count(), 2);
    assert_eq!(desk.works(&format!("{ASK} --rebuild")), "The index was made again from the log.\n");
    assert_eq!(desk.works(&format!("{ASK} --rebuild packet")).lines().count(), 1);
}

#[test]
fn what_nobody_is_called_and_no_words_at_all_are_told() {
    let desk = desk();
    let ended = desk.run(&format!("--json {ASK} --from nobody 红包"));
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.err.contains("\"code\":\"cli.search.from\""), "{ended:?}");
    assert_eq!(desk.run(ASK).code, 2);
    assert_eq!(desk.run(&format!("{ASK} --channel nowhere 红包")).code, 3);
}

#[test]
fn when_an_erasure_is_told_the_index_has_nothing_of_it() {
    let desk = desk();
    desk.works(&format!("{ASK} 红包"));
    let found = desk.json(&format!("{ASK} --from rose 红包"));
    let rose = found["found"][0]["author"].as_str().unwrap().to_owned();
    let bytes = |desk: &Desk| -> usize {
        let files = std::fs::read_dir(desk.path("data/search")).unwrap().flatten();
        let words = files.filter(|file| file.file_name().to_string_lossy().ends_with(".pos"));
        // Every segment has one; that of what was erased holds no words.
        words.map(|file| file.metadata().unwrap().len() as usize).max().unwrap()
    };
    let before = bytes(&desk);
    desk.works(&format!("member erase --data @data --community garden {rose}"));
    assert!(bytes(&desk) < before, "the words went with the erasure, not with the next question");
    let left = desk.works(&format!("{ASK} 红包"));
    assert!(left.lines().count() == 1 && left.contains("fern"), "{left}");
}
