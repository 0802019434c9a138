//! Search over the API and its page: what may be read is found, marked, and gone when it is deleted.

use kith_core::community::Blueprint;
use kith_core::message;
use serde_json::{Value, json};

use super::served::Served;
use crate::world::World;

#[test]
fn what_was_said_is_found_by_those_who_may_read_it_until_it_is_deleted() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    served.world.post(place, place.owner, "抢红包啦 <b>everybody</b>").unwrap();
    let second = served.world.post(place, place.owner, "再发一个红包").unwrap();
    let path = format!("/api/v1/communities/{}/search?q=%E7%BA%A2%E5%8C%85", place.id);
    let ask = |path: &str| served.request("GET", path).token(&token).send();
    served
        .world
        .until("both are found", |_| ask(&path).json()["hits"].as_array().is_some_and(|it| it.len() == 2));

    let found = ask(&path).json();
    assert_eq!(found["hits"][0]["message"], second.to_string());
    assert_eq!(found["hits"][1]["marks"], json!([[3, 9]]));
    assert_eq!(found["hits"][1]["author"]["nickname"], "founder");
    let first_page = ask(&format!("{path}&limit=1")).json();
    let rest = ask(&format!("{path}&limit=1&after={}", first_page["next"].as_str().unwrap())).json();
    assert_eq!(rest["hits"][0]["message"], found["hits"][1]["message"]);

    let stranger = served.request("GET", &path).send();
    assert_eq!((stranger.status, stranger.code().as_str()), (403, "not_a_member"));
    let delete = message::Command::Delete { message: second, reason: None };
    served.world.ask_member(place.id, place.owner, delete).unwrap();
    assert_eq!(
        ask(&path).json()["hits"].as_array().map(Vec::len),
        Some(1),
        "at once, whatever the index says"
    );
    assert_eq!(ask(&path.replace("q=%E7%BA%A2%E5%8C%85", "q=%22")).json()["hits"], Value::Array(Vec::new()));
}
