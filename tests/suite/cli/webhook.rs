//! `kith webhook` on a real folder: added with a secret that is printed once, listed, paused, removed.

use super::Desk;

const IN: &str = "--data @data --community garden";

#[test]
fn a_webhook_is_added_listed_paused_resumed_and_removed() {
    let desk = Desk::new();
    desk.write("garden/community.toml", "about = \"A garden\"\n");
    desk.works("init --data @data --blueprint @garden --owner Ann");
    assert_eq!(desk.works(&format!("webhook list {IN}")).trim(), "There are no webhooks.");
    let add = format!("webhook add {IN} --label board --url https://board.example/kith");
    let added = desk.works(&format!("{add} --kinds member.joined,hold.placed"));
    let secret = added.split_whitespace().find(|word| word.starts_with("kith_")).unwrap().to_owned();
    assert!(added.starts_with("whk_"), "{added}");
    let listed = desk.works(&format!("webhook list {IN}"));
    assert!(listed.contains("https://board.example/kith  on"), "{listed}");
    assert!(listed.contains("hold.placed, member.joined") && !listed.contains(&secret), "{listed}");
    for wrong in ["--kinds card.changed", "--url ftp://board.example"] {
        let refused = desk.run(&format!("webhook add {IN} --label b --url https://b.example {wrong}"));
        assert_ne!(refused.code, 0, "{wrong}");
    }
    desk.works(&format!("webhook pause {IN} board"));
    assert!(desk.run(&format!("--language zh-CN webhook list {IN}")).out.contains("已暂停"));
    assert_eq!(desk.run(&format!("webhook pause {IN} board")).code, 3, "it is paused already");
    desk.works(&format!("webhook resume {IN} board"));
    desk.works(&format!("webhook remove {IN} board"));
    assert_eq!(desk.run(&format!("--language zh-CN webhook list {IN}")).out.trim(), "没有网络回调。");
}
