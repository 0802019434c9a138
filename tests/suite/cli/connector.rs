//! `kith connector` on a real folder: what a bot cannot do is said, in the operator's language.

use super::Desk;

const IN: &str = "--data @data --community garden";

#[test]
fn a_network_is_connected_mapped_listed_and_let_go() {
    let desk = Desk::new();
    desk.write(
        "garden/community.toml",
        "about = \"A garden\"\n[[rule]]\nname = \"long\"\n\
         check.length.max_chars = 50\nstep = \"hold\"\n",
    );
    desk.works("init --data @data --blueprint @garden --owner Ann");
    assert_eq!(desk.works(&format!("connector list {IN}")).trim(), "There are no connectors.");
    let added =
        desk.works(&format!("connector add {IN} --name bridge --network irc --can post,mute,remove,ban"));
    assert!(added.starts_with("cnn_") && added.contains("Rule “long”"), "{added}");
    desk.works(&format!("connector map {IN} bridge lobby general"));
    let listed = desk.run(&format!("--language zh-CN connector list {IN}")).out;
    assert!(listed.contains("lobby = general") && listed.contains("“long”"), "{listed}");
    assert_eq!(desk.run(&format!("connector add {IN} --name b --network irc --can fly")).code, 2);
    desk.works(&format!("connector remove {IN} bridge"));
    assert_eq!(desk.run(&format!("--language zh-CN connector list {IN}")).out.trim(), "没有连接器。");
}
