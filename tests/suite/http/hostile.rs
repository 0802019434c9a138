//! What no client of good will sends: it is refused in words, the connection is given back, and the server
//! goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use kith_http::Settings;
use serde_json::json;

use super::crowd::Crowd;
use super::served::Served;
use crate::world::World;

/// Sends bytes as they are, and reads until the server has had enough.
fn raw(served: &Served, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(served.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Whoever is turned away while they still send may notice it here.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    // A connection that is torn down is an end, too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn bodies_that_are_deep_or_huge_or_no_text_are_refused_in_words() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let talk = format!("/api/v1/communities/{}/channels/{}/messages", ground.id, ground.params["channel"]);
    let token = crowd.served.token(crowd.who("owner").person.unwrap(), ground.id);
    let send =
        |body: &str| crowd.served.request("POST", &talk).token(&token).body("application/json", body).send();
    let deep = "[".repeat(60_000);
    let huge = format!("{{\"parts\":[{{\"type\":\"text\",\"text\":\"{}\"}}]}}", "a".repeat(2_000_000));
    let long = format!("{{\"parts\":[{{\"type\":\"text\",\"text\":\"{}\"}}]}}", "a".repeat(200_000));
    for (body, status) in [
        (deep.as_str(), 422),
        (long.as_str(), 422),
        ("", 400),
        ("null", 422),
        ("{}", 422),
        ("{\"parts\":[{\"type\":\"text\",\"text\":\"\\ud800\"}]}", 400),
        ("{\"parts\":[{\"type\":\"text\",\"text\":\"a\"}],\"unknown\":1}", 422),
        ("{\"parts\":[{\"type\":\"text\",\"text\":\"a\"}]} x", 400),
    ] {
        let answer = send(body);
        let shown: String = body.chars().take(80).collect();
        assert_eq!(answer.status, status, "{shown}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{shown}");
    }
    let head =
        format!("POST {talk} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
    let bad =
        [b"content-type: application/json\r\ncontent-length: 5\r\n\r\n\"\xff\xfe\xfd\"".as_slice()].concat();
    let answer = raw(&crowd.served, &[head.as_bytes(), &bad].concat());
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    let length = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", huge.len());
    let answer = raw(&crowd.served, [head.as_str(), &length, &huge].concat().as_bytes());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    let plain = crowd.served.request("POST", &talk).token(&token).body("text/plain", "{}").send();
    assert_eq!((plain.status, plain.code().as_str()), (415, "http.media_type"));
}

#[test]
fn nothing_that_is_sent_becomes_a_header() {
    let crowd = Crowd::new();
    for path in [
        "/api/v1/communities/a%0d%0aset-cookie:%20x=1",
        "/%0d%0aset-cookie:x=1",
        "/api/v1/tokens?after=%0d%0aa:b",
    ] {
        let answer = crowd.ask("owner", ("GET", path), None);
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        assert!(answer.headers.get("set-cookie").is_none() && answer.headers.get("a").is_none(), "{path}");
    }
    let answer =
        raw(&crowd.served, b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: \x01\x02\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn whoever_sends_slowly_is_not_waited_for() {
    let timeout = Duration::from_millis(300);
    let settings = Settings { head_timeout: timeout, body_timeout: timeout, ..Settings::default() };
    let crowd = Crowd::of(Served::with(World::new(), settings));
    let head = "POST /api/v1/tokens HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    for (what, bytes) in [
        ("a head without an end", head.to_owned()),
        ("a body without an end", format!("{head}content-length: 100\r\n\r\n{{")),
    ] {
        let answer = raw(&crowd.served, bytes.as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{what}: {answer}");
    }
    assert_eq!(crowd.ask("owner", ("GET", "/api/v1/me"), None).status, 200);
}

#[test]
fn a_cookie_alone_changes_nothing() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let super::crowd::Pass::Session { cookie, proof } = &crowd.who("owner").pass else { panic!("a session") };
    let path = format!("/api/v1/communities/{}/settings", ground.id);
    let cookie = format!("kith_session={cookie}");
    let body = json!({ "about": "taken over" });
    let bare = crowd.served.request("PATCH", &path).header("cookie", &cookie).json(&body).send();
    assert_eq!((bare.status, bare.code().as_str()), (403, "http.forged"));
    let wrong = crowd.served.request("PATCH", &path).header("cookie", &cookie);
    let wrong = wrong.header("x-csrf-token", "0").json(&body).send();
    assert_eq!((wrong.status, wrong.code().as_str()), (403, "http.forged"));
    let meant = crowd.served.request("PATCH", &path).header("cookie", &cookie);
    assert_eq!(meant.header("x-csrf-token", proof).json(&body).send().status, 200);
}
