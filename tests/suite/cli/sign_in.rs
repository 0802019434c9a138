//! Letting people and programs in from the command line: tokens, sign-in links, passwords.

use kith_core::host::SecretHash;
use serde_json::Value;

use super::Desk;

fn founded() -> Desk {
    let desk = Desk::new();
    desk.write("garden/community.toml", "about = \"A garden\"\n");
    desk.works("init --data @data --blueprint @garden --owner Ann");
    desk
}

fn persons(desk: &Desk) -> Vec<Value> {
    desk.json("person list --data @data")["persons"].as_array().expect("a list").clone()
}

#[test]
fn a_token_s_secret_is_shown_once_and_never_kept() {
    let desk = founded();
    let line = "token issue --data @data --label bot --community garden --person Ann \
                --permissions read,post --expires 90d";
    let issued = desk.json(line);
    let secret = issued["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("kith_") && secret.len() == 48, "{secret}");
    let listed = desk.json("token list --data @data")["tokens"][0].clone();
    assert_eq!(listed["id"], issued["id"]);
    assert_eq!(listed["permissions"], serde_json::json!(["read", "post"]));
    assert_eq!(listed["holder"]["person"], persons(&desk)[0]["id"]);
    let shown = desk.works("token list --data @data");
    assert!(shown.contains("bot") && shown.contains("read,post") && !shown.contains(secret), "{shown}");
    assert!(!desk.keeps(secret), "the secret is on the disk");
    assert!(desk.keeps("bot"), "and the label is, where it was looked");
    let id = issued["id"].as_str().expect("an id");
    desk.works(&format!("token revoke --data @data {id}"));
    assert_eq!(desk.run(&format!("token revoke --data @data {id}")).code, 3);
    assert!(desk.works("token list --data @data").contains("no tokens"));
}

#[test]
fn a_token_for_everything_is_asked_for_by_name() {
    let desk = founded();
    desk.works("token issue --data @data --label all --permissions all");
    desk.works("token issue --data @data --label little");
    let listed = desk.json("token list --data @data");
    let counts: Vec<_> = listed["tokens"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|token| token["permissions"].as_array().map(Vec::len))
        .collect();
    assert_eq!(counts, [Some(kith_core::role::Permission::ALL.len()), Some(1)]);
    assert_eq!(desk.run("token issue --data @data --label x --permissions fly").code, 2);
    assert_eq!(desk.run("token issue --data @data --label x --person Nobody").code, 3);
}

#[test]
fn a_sign_in_link_stands_under_the_host_s_address() {
    let desk = founded();
    let link = desk.json("person link --data @data Ann --host-url https://kith.example/");
    let link = link["link"].as_str().expect("a link");
    let secret = link.strip_prefix("https://kith.example/sign-in/link?code=").expect("the path");
    assert!(secret.starts_with("kith_"), "{link}");
    assert_ne!(SecretHash::of(secret), SecretHash::of(link));
    let shown = desk.works("person link --data @data Ann --expires 90m");
    assert!(shown.starts_with("/sign-in/link?code=kith_") && shown.contains("90 minutes"), "{shown}");
    let long = desk.run("--language en person link --data @data Ann --expires 30d");
    assert!(long.code == 3 && long.err.contains("an earlier time"), "{}", long.err);
}

#[test]
fn a_person_is_added_named_and_told_apart() {
    let desk = founded();
    desk.works("person add --data @data Bo");
    let rows = persons(&desk);
    assert_eq!(rows.iter().map(|row| row["name"].as_str()).collect::<Vec<_>>(), [Some("Ann"), Some("Bo")]);
    desk.works("person add --data @data Bo");
    let several = desk.run("--json person link --data @data Bo");
    assert!(several.code == 3 && several.err.contains("cli.person.several"), "{}", several.err);
    let id = rows[1]["id"].as_str().expect("an id").to_owned();
    desk.works(&format!("person link --data @data {id}"));
    assert_eq!(desk.run("person link --data @data Nobody").code, 3);
}

#[test]
fn a_password_is_read_from_standard_input_and_hashed() {
    let desk = founded();
    let line = "--language en person password --data @data Ann --login ann@example";
    let ended = desk.run_reading(line, "the zanzibar password\nnot this line\n");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("ann@example"), "{}", ended.out);
    assert_eq!(persons(&desk)[0]["has_login"], true);
    assert!(!desk.keeps("zanzibar") && !desk.keeps("ann@example"));
    for (line, input, code) in [
        ("person password --data @data Ann", "short\n", "value_invalid"),
        ("person password --data @data Ann", "", "value_invalid"),
        ("person password --data @data Nobody", "long enough\n", "person_not_found"),
    ] {
        let refused = desk.run_reading(&format!("--json {line}"), input);
        assert!(refused.code == 3 && refused.err.contains(code), "{line}: {}", refused.err);
    }
    desk.works("person add --data @data Bo");
    let taken =
        desk.run_reading("--json person password --data @data Bo --login ANN@example", "long enough\n");
    assert!(taken.code == 3 && taken.err.contains("login_taken"), "{}", taken.err);
    assert_eq!(desk.json("verify --data @data")["sound"], true);
}
