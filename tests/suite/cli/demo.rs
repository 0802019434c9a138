//! The demo: what it prints at its end can be typed.

use super::Desk;

#[test]
fn what_the_demo_says_to_look_at_can_be_looked_at() {
    for language in ["en", "zh-CN"] {
        let desk = Desk::new();
        let ended = desk.run(&format!("demo --fast --json --language {language} --data @demo"));
        assert_eq!(ended.code, 0, "{}", ended.err);
        let value: serde_json::Value = serde_json::from_str(&ended.out).expect("JSON");
        let commands: Vec<&str> = value["commands"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|command| command.as_str())
            .collect();
        assert!(commands.len() >= 5);
        for command in commands {
            let line = command.strip_prefix("kith ").expect("a command of ours");
            assert!(!desk.works(line).is_empty(), "{command}");
        }
        let scenes = value["scenes"].to_string();
        assert!(!scenes.contains('{'), "an argument was not filled in: {scenes}");
        assert!(!scenes.contains("gate.") && !scenes.contains("rule."), "a code without a text: {scenes}");
    }
}

#[test]
fn the_demo_makes_no_second_story_in_the_same_folder() {
    let desk = Desk::new();
    desk.works("demo --fast --data @demo");
    assert_eq!(desk.run("demo --fast --data @demo").code, 3);
}
