//! A WebSocket: what happens is heard, what is posted is answered, and whoever comes back misses nothing.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use super::crowd::{Crowd, Ground, Pass};

/// Opens a socket with headers; the status where the server does not.
fn open(crowd: &Crowd, path: &str, headers: &[(&str, &str)]) -> Result<WebSocket<TcpStream>, u16> {
    let address = crowd.served.address();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    for (name, value) in headers {
        let name: tungstenite::http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
            Err(answer.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}

/// The next message that has a field.
fn next(socket: &mut WebSocket<TcpStream>, field: &str) -> Value {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            let value: Value = serde_json::from_str(&text).unwrap();
            if value.get(field).is_some() {
                return value;
            }
        }
    }
}

fn post(socket: &mut WebSocket<TcpStream>, ground: &Ground, id: &str, text: &str) {
    let message = json!({ "parts": [{ "type": "text", "text": text }] });
    let asked = json!({ "id": id, "channel": ground.params["channel"], "message": message });
    socket.send(Message::Text(asked.to_string().into())).unwrap();
}

#[test]
fn two_people_talk_over_sockets_and_whoever_comes_back_misses_nothing() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let path = format!("/api/v1/communities/{}/live", ground.id);
    let token = |who: &str| {
        let token = crowd.served.token(crowd.who(who).person.unwrap(), ground.id);
        format!("Bearer {token}")
    };
    let mut owner = open(&crowd, &path, &[("authorization", &token("owner"))]).unwrap();
    let mut member = open(&crowd, &path, &[("authorization", &token("member"))]).unwrap();

    post(&mut owner, &ground, "one", "早上好");
    let posted = next(&mut owner, "posted");
    assert_eq!((posted["id"].as_str(), posted["posted"]["state"].as_str()), (Some("one"), Some("posted")));
    let heard = next(&mut member, "event");
    assert_eq!(heard["event"]["type"], "message.posted");
    assert_eq!(heard["event"]["data"]["parts"][0]["text"], "早上好");

    // The same again is the same message; a slip is told and the line stays.
    post(&mut owner, &ground, "one", "早上好");
    assert_eq!(next(&mut owner, "posted")["posted"]["id"], posted["posted"]["id"]);
    post(&mut owner, &ground, "one", "something else");
    assert_eq!(next(&mut owner, "refused")["refused"]["code"], "key_reused");
    owner.send(Message::Text("nonsense".into())).unwrap();
    assert_eq!(next(&mut owner, "refused")["refused"]["code"], "http.json");

    let last = heard["event"]["id"].as_str().unwrap().to_owned();
    drop(member);
    post(&mut owner, &ground, "two", "晚上好");
    next(&mut owner, "posted");
    let back = format!("{path}?after={last}");
    let mut member = open(&crowd, &back, &[("authorization", &token("member"))]).unwrap();
    assert_eq!(next(&mut member, "event")["event"]["data"]["parts"][0]["text"], "晚上好");
}

#[test]
fn a_socket_is_opened_by_members_and_by_no_page_of_anybody_else() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let path = format!("/api/v1/communities/{}/live", ground.id);
    assert_eq!(open(&crowd, &path, &[]).err(), Some(403));
    let Pass::Session { cookie, .. } = &crowd.who("member").pass else { panic!("a session") };
    let cookie = format!("kith_session={cookie}");
    assert_eq!(open(&crowd, &path, &[("cookie", &cookie)]).err(), Some(403));
    let evil = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    assert_eq!(open(&crowd, &path, &evil).err(), Some(403));
    let own = format!("http://{}", crowd.served.address());
    let mut socket = open(&crowd, &path, &[("cookie", &cookie), ("origin", &own)]).unwrap();
    post(&mut socket, &ground, "one", "hello");
    assert_eq!(next(&mut socket, "posted")["posted"]["state"], "posted");
}

#[test]
fn a_socket_is_closed_with_the_token_that_opened_it() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let path = format!("/api/v1/communities/{}/live", ground.id);
    let body = json!({ "label": "bot", "permissions": ["read", "post"] });
    let issued = crowd.must("owner", ("POST", "/api/v1/tokens"), Some(&body));
    let bearer = format!("Bearer {}", issued["secret"].as_str().unwrap());
    let mut socket = open(&crowd, &path, &[("authorization", &bearer)]).unwrap();
    post(&mut socket, &ground, "one", "hello");
    next(&mut socket, "posted");
    let token = format!("/api/v1/tokens/{}", issued["id"].as_str().unwrap());
    crowd.must("owner", ("DELETE", &token), None);
    while !matches!(socket.read().unwrap(), Message::Close(_)) {}
    assert_eq!(open(&crowd, &path, &[("authorization", &bearer)]).err(), Some(401));
}

#[test]
fn a_server_that_stops_says_so_on_every_line() {
    let mut crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let path = format!("/api/v1/communities/{}/live", ground.id);
    let token = format!("Bearer {}", crowd.served.token(crowd.who("owner").person.unwrap(), ground.id));
    let mut socket = open(&crowd, &path, &[("authorization", &token)]).unwrap();
    post(&mut socket, &ground, "one", "last words");
    next(&mut socket, "posted");
    crowd.served.stop();
    let frame = loop {
        match socket.read().unwrap() {
            Message::Close(frame) => break frame.expect("it says why"),
            _ => continue,
        }
    };
    assert_eq!(u16::from(frame.code), 1012);
    assert!(TcpStream::connect(crowd.served.address()).is_err());
}

#[test]
fn a_socket_takes_nonsense_and_is_closed_by_too_much_of_it() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let path = format!("/api/v1/communities/{}/live", ground.id);
    let token = format!("Bearer {}", crowd.served.token(crowd.who("owner").person.unwrap(), ground.id));
    let mut socket = open(&crowd, &path, &[("authorization", &token)]).unwrap();
    let deep = "[".repeat(200_000);
    let deep_inside =
        format!("{{\"id\":\"a\",\"channel\":\"b\",\"message\":{}", "{\"parts\":[".repeat(10_000));
    let lone = "{\"id\":\"\\ud800\",\"channel\":\"b\",\"message\":{\"parts\":[]}}";
    let long_key =
        json!({ "id": "k".repeat(100_000), "channel": "b", "message": { "parts": [] } }).to_string();
    for nonsense in ["", "null", "[]", "{}", &deep, &deep_inside, lone, &long_key] {
        socket.send(Message::Text(nonsense.into())).unwrap();
        let refused = next(&mut socket, "refused");
        let status = refused["refused"]["status"].as_u64();
        assert!(status.is_some_and(|status| (400..500).contains(&status)), "{refused}");
    }
    post(&mut socket, &ground, "one", "still here");
    assert_eq!(next(&mut socket, "posted")["posted"]["state"], "posted");
    let huge = "a".repeat(1_000_000);
    // It may be closed while this is still being sent.
    let _ = socket.send(Message::Text(huge.into()));
    while let Ok(message) = socket.read() {
        assert!(!message.to_string().contains("refused"), "it was read");
    }
    assert_eq!(crowd.ask("owner", ("GET", "/api/v1/me"), None).status, 200);
}
