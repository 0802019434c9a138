//! Messages over the API: posted, read, refused, and posted once however often it is asked.

use kith_core::community::Blueprint;
use serde_json::json;

use super::served::Served;
use crate::world::World;

#[test]
fn a_message_is_posted_once_and_read_by_members_only() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    let path = format!("/api/v1/communities/{}/channels/{}/messages", place.id, place.channel);
    let body = json!({ "parts": [{ "type": "text", "text": "早上好 <b>" }] });

    let post =
        || served.request("POST", &path).token(&token).header("idempotency-key", "one").json(&body).send();
    let (first, second) = (post(), post());
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.json()["state"], "posted");
    assert_eq!(second.json()["id"], first.json()["id"]);

    let other = json!({ "parts": [{ "type": "text", "text": "something else" }] });
    let reused =
        served.request("POST", &path).token(&token).header("idempotency-key", "one").json(&other).send();
    assert_eq!((reused.status, reused.code().as_str()), (422, "key_reused"));

    let read = served.request("GET", &path).token(&token).send().json();
    let texts: Vec<_> =
        read["messages"].as_array().unwrap().iter().map(|it| &it["parts"][0]["text"]).collect();
    assert_eq!(texts, ["早上好 <b>"]);

    let stranger = served.request("GET", &path).send();
    assert_eq!((stranger.status, stranger.code().as_str()), (403, "not_a_member"));
    assert_eq!(stranger.header("content-type"), "application/problem+json");
    let chinese = served.request("GET", &path).header("accept-language", "zh-CN").send();
    assert_eq!(chinese.header("content-language"), "zh-CN");

    let outsider = served.person("Otto");
    let foreign = served.world.found_by("other", &Blueprint::default(), outsider);
    let foreign = served.token(outsider, foreign.id);
    let unreachable = served.request("GET", &path).token(&foreign).send();
    assert_eq!((unreachable.status, unreachable.code().as_str()), (404, "community_not_found"));
    let wrong = served.request("GET", &path).token("kith_no").send();
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "http.token_invalid"));
}
