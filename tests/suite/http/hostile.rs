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

/// How long a case waits for an end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends bytes as they are, and reads until the server has had enough.
fn raw(served: &Served, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(served.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // Whoever is turned away while they still send may notice it here.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    // A connection that is torn down is an end, too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("whatever was sent, an answer is text")
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
    let form = "application/x-www-form-urlencoded";
    for (path, body) in [
        ("/choose", "language=en%0d%0aset-cookie:x=1&next=/%0d%0ax:1"),
        ("/choose", "theme=dark%0d%0aset-cookie:x=1&next=//evil.example"),
        ("/sign-in", "name=a%0d%0ax:1&password=b&next=/%0d%0ax:1"),
        ("/sign-in/link", "code=a%0d%0ax:1&next=/%0d%0ax:1"),
    ] {
        let answer = crowd.served.request("POST", path).body(form, body).send();
        assert!(answer.status < 500 && answer.headers.get("x").is_none(), "{path}: {:?}", answer.headers);
        let location = answer.header("location");
        assert!(location.is_empty() || location == "/", "{path}: {location}");
        let mut cookies = answer.headers.get_all("set-cookie").iter();
        assert!(cookies.all(|it| !it.to_str().unwrap().contains("x=1")), "{path}: {:?}", answer.headers);
    }
    // Two lengths, or a length and pieces: what comes after the first request must not become a second one.
    for lengths in
        ["content-length: 5\r\ncontent-length: 60", "content-length: 5\r\ntransfer-encoding: chunked"]
    {
        let inner = "0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        let bytes = format!("POST /api/v1/tokens HTTP/1.1\r\nhost: a\r\n{lengths}\r\n\r\n{inner}");
        let answer = raw(&crowd.served, bytes.as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{lengths}: {answer}");
        assert!(!answer.contains("alive"), "{lengths}: {answer}");
    }
    let answer =
        raw(&crowd.served, b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: \x01\x02\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Sends a beginning, and then a little at a time until nobody listens any more. What was answered.
fn dribble(served: &Served, beginning: &[u8], rest: &[u8]) -> String {
    let mut stream = TcpStream::connect(served.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut writing = stream.try_clone().unwrap();
    let (beginning, rest) = (beginning.to_vec(), rest.to_vec());
    let sender = std::thread::spawn(move || {
        let mut left = writing.write_all(&beginning).map_or(0, |()| DRIBBLES_MAX);
        while left > 0 && writing.write_all(&rest).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
            left -= 1;
        }
        left
    });
    let mut answer = Vec::new();
    // A connection that is torn down is an end, too.
    let _ = stream.read_to_end(&mut answer);
    drop(stream);
    assert!(sender.join().unwrap() > 0, "they were listened to all the time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// How often somebody who dribbles goes on, at most: far longer than any time that is given.
const DRIBBLES_MAX: usize = 900;

#[test]
fn whoever_sends_slowly_is_not_waited_for() {
    let timeout = Duration::from_millis(300);
    let settings = Settings { head_timeout: timeout, body_timeout: timeout, ..Settings::default() };
    let crowd = Crowd::of(Served::with(World::new(), settings));
    let json = "POST /api/v1/tokens HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    let form = "POST /sign-in HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    let much = "a".repeat(100_000);
    for (what, bytes) in [
        ("no head at all", String::new()),
        ("a head without an end", json.to_owned()),
        ("nothing after an answer", "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".to_owned()),
        ("a body without an end", format!("{json}content-length: 100\r\n\r\n{{")),
        ("a long body without an end", format!("{json}content-length: 200000\r\n\r\n\"{much}")),
        ("a form without an end", format!("{form}content-length: 100\r\n\r\nname=a")),
        ("a long form without an end", format!("{form}content-length: 200000\r\n\r\nname={much}")),
    ] {
        let answer = raw(&crowd.served, bytes.as_bytes());
        let is_over = answer.is_empty() || answer.starts_with("HTTP/1.1 408") || answer.ends_with("alive\n");
        assert!(is_over, "{what}: {answer}");
    }
    for (what, beginning, rest) in [
        ("a head byte by byte", json.to_owned(), "x"),
        ("a head line by line", json.to_owned(), "x: 1\r\n"),
        ("a body byte by byte", format!("{json}content-length: 9000\r\n\r\n"), "1"),
        ("a long form byte by byte", format!("{form}content-length: 200000\r\n\r\nname={much}"), "a"),
        ("a body in pieces", format!("{json}transfer-encoding: chunked\r\n\r\n"), "1\r\n1\r\n"),
    ] {
        let answer = dribble(&crowd.served, beginning.as_bytes(), rest.as_bytes());
        let is_over = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(is_over, "{what}: {answer}");
    }
    assert_eq!(crowd.ask("owner", ("GET", "/api/v1/me"), None).status, 200);
}

#[test]
fn a_flood_of_connections_keeps_nobody_out_for_long() {
    let head_timeout = Duration::from_millis(200);
    let settings = Settings { head_timeout, connections_max: 16, ..Settings::default() };
    let crowd = Crowd::of(Served::with(World::new(), settings));
    let flood: Vec<TcpStream> =
        (0..96).map(|_| TcpStream::connect(crowd.served.address()).unwrap()).collect();
    assert_eq!(crowd.ask("owner", ("GET", "/api/v1/me"), None).status, 200);
    drop(flood);
    // Nobody reads what these ask for, over and over; the others are answered all the same.
    let greedy: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(crowd.served.address()).unwrap();
            let ask = b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(40);
            stream.write_all(&ask).unwrap();
            stream
        })
        .collect();
    assert_eq!(crowd.ask("owner", ("GET", "/api/v1/me"), None).status, 200);
    drop(greedy);
}

#[test]
fn bytes_that_are_no_letters_are_refused_in_words_wherever_they_stand() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let token = crowd.served.token(crowd.who("owner").person.unwrap(), ground.id);
    let with = |head: &str, rest: &[u8]| {
        let close = "host: a\r\nconnection: close\r\n";
        let head = format!("{head} HTTP/1.1\r\n{close}authorization: Bearer {token}\r\n");
        [head.as_bytes(), rest, b"\r\n"].concat()
    };
    let api = format!("/api/v1/communities/{}", ground.id);
    let mut rows: Vec<(String, Vec<u8>)> = Vec::new();
    for path in [
        "/%ff%fe",
        "/c/%ff",
        "/c/garden/ch/%ff",
        "/c/garden/search?q=%ff%fe",
        "/sign-in?next=%ff",
        "/assets/%ff",
        "/c/garden/join/%ff",
        "/c/garden/m/%00",
        "/c/%00",
        "/c/garden/desk/scripts/%ff",
        "/c/garden/desk/members?q=%ff",
        "/api/v1/communities/%ff",
        "/api/v1/communities/garden%00",
    ] {
        rows.push((path.to_owned(), with(&format!("GET {path}"), b"")));
    }
    for rest in [
        "/search?q=%ff",
        "/members?after=%ff",
        "/queue/%ff",
        "/scripts/%ff",
        "/lists?after=%00",
        "/events?after=%ff",
    ] {
        rows.push((rest.to_owned(), with(&format!("GET {api}{rest}"), b"")));
    }
    for name in [
        "cookie",
        "accept",
        "accept-language",
        "idempotency-key",
        "x-csrf-token",
        "if-none-match",
        "user-agent",
        "origin",
        "content-type",
        "x-kith-script",
        "x-forwarded-for",
    ] {
        let line = [name.as_bytes(), b": \xff\xfe\xc3\x28\r\n"].concat();
        rows.push((name.to_owned(), with(&format!("GET {api}/members"), &line)));
        rows.push((format!("{name} on a page"), with("GET /c/garden/members", &line)));
    }
    let form = b"content-type: application/x-www-form-urlencoded\r\ncontent-length: 21\r\n\r\n\
        name=%ff&password=\xff\xfe\xc3";
    rows.push(("a form".to_owned(), with("POST /sign-in", form)));
    rows.push((
        "a raw path".to_owned(),
        [b"GET /\xff\xfe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".as_slice()].concat(),
    ));
    rows.push(("a name".to_owned(), with("GET /healthz", b"\xff: 1\r\n")));
    for (what, bytes) in rows {
        let answer = raw(&crowd.served, &bytes);
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let is_fine = ["2", "3", "4"].iter().any(|first| status.starts_with(first));
        assert!(is_fine, "{what}: {answer}");
    }
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
