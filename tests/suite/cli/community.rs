//! A community's life as its host steers it: founded, invited to, suspended, renamed, moved, removed.

use super::Desk;

fn founded() -> Desk {
    let desk = Desk::new();
    desk.write(
        "garden/community.toml",
        "about = \"A garden\"\n[gate]\ncapacity = 60\n[[gate.conditions]]\nkind = \"invite\"\n",
    );
    desk.works("init --data @data --blueprint @garden --owner Ann");
    desk
}

#[test]
fn a_community_is_named_after_its_folder_and_shows_its_gate_in_words() {
    let desk = founded();
    let shown = desk.works("community show --data @data garden");
    for piece in ["garden", "A garden", "Ann", "1 of 60 seats", "an invite code", "general (group)"] {
        assert!(shown.contains(piece), "{piece}: {shown}");
    }
    assert_eq!(desk.run("init --data @data --blueprint @garden").code, 3);
}

#[test]
fn an_invite_has_three_uses_unless_told_otherwise_and_a_qr_code() {
    let desk = founded();
    let invite = desk.json("invite create --data @data --community garden --expires 7d --qr @poster.svg");
    assert_eq!(invite["uses"], 3);
    let svg = std::fs::read_to_string(desk.path("poster.svg")).expect("the QR code");
    assert!(svg.contains("<svg"));
    let id = invite["id"].as_str().expect("an id").to_owned();
    desk.works(&format!("invite revoke --data @data --community garden {id}"));
    assert!(desk.works("invite list --data @data --community garden").contains("revoked"));
}

#[test]
fn a_community_is_suspended_resumed_renamed_and_removed() {
    let desk = founded();
    assert!(desk.works("community suspend --data @data garden").contains("is suspended"));
    let refused = desk.run("--json invite create --data @data --community garden");
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("community_suspended"), "{}", refused.err);
    desk.works("community resume --data @data garden");
    desk.works("community rename --data @data garden orchard");
    assert_eq!(desk.run("community show --data @data garden").code, 3);
    desk.works("community settings --data @data --community orchard zone Asia/Shanghai");
    assert!(desk.works("community show --data @data orchard").contains("Asia/Shanghai"));
    assert_eq!(desk.run("community remove --data @data orchard --yes-remove garden").code, 3);
    assert!(desk.works("community remove --data @data orchard --yes-remove orchard").contains("is removed"));
    assert_eq!(desk.json("verify --data @data")["sound"], true);
}

#[test]
fn a_community_moves_to_another_host_with_its_state() {
    let desk = founded();
    let left = desk.json("community export --data @data garden --to @garden.kith");
    let arrived = desk.json("community import --data @elsewhere @garden.kith");
    assert_eq!(left["state_hash"], arrived["state_hash"]);
    assert!(desk.works("community show --data @elsewhere garden").contains("Ann"));
    assert_eq!(desk.run("community import --data @elsewhere @garden.kith").code, 3);
}

#[test]
fn an_erased_member_is_found_nowhere() {
    let desk = Desk::new();
    desk.write("talk.txt", "1577836800\nann\nmy secret is zanzibar\n\n1577836860\nbo\nhello\n\n");
    desk.works("import --data @data --community c --format irc-blocks @talk.txt");
    let members = desk.json("member list --data @data --community c --all");
    let ann = members["members"].as_array().expect("a list").iter().find(|row| row["nickname"] == "ann");
    let id = ann.expect("she spoke")["id"].as_str().expect("an id").to_owned();
    desk.works(&format!("member export --data @data --community c {id} --to @ann.json"));
    assert!(std::fs::read_to_string(desk.path("ann.json")).expect("the export").contains("zanzibar"));
    desk.works(&format!("member erase --data @data --community c {id}"));
    let read = desk.works("channel read --data @data --community c");
    assert!(!read.contains("zanzibar") && read.contains("hello"), "{read}");
    let verified = desk.json("verify --data @data");
    assert_eq!(verified["sound"], true, "{verified}");
    assert!(verified["log"]["bodies_erased"].as_u64() >= Some(2), "{verified}");
}
