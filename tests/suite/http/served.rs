//! A world with a server in front of it, and a client that says what it got.

use std::net::SocketAddr;

use kith_core::host::{Holder, Reach};
use kith_core::ids::{CommunityId, PersonId};
use kith_core::role::Permission;
use kith_http::{Place, Quota, Server, Settings};
use kith_runtime::host::NewToken;
use kith_runtime::host::Operator;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::world::World;

/// A world with a server in front of it.
pub(crate) struct Served {
    pub(crate) world: World,
    settings: Settings,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
    agent: ureq::Agent,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header's text, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The code of the problem it is.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One request.
pub(crate) struct Request<'a> {
    served: &'a Served,
    method: &'a str,
    path: &'a str,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Served {
    /// Serves a world to somebody who asks faster than any person would.
    pub(crate) fn over(world: World) -> Self {
        let quota = Quota { count: 1_000_000, window_s: 60 };
        Self::with(world, Settings { caller_quota: quota, stranger_quota: quota, ..Settings::default() })
    }

    /// The same with settings of the case's own.
    pub(crate) fn with(world: World, settings: Settings) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut served = Self { world, settings, address: nowhere, stop: None, server: None, agent };
        served.serve();
        served
    }

    fn serve(&mut self) {
        let world = &self.world;
        let desk = world.desk();
        let search = std::sync::Arc::clone(world.opened().indexing().expect("search starts").search());
        let runner = world.opened().scripting().runner();
        let place = Place::searching(desk, runner, self.settings.clone(), Some(search));
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = world.wait(Server::bind(loopback, place)).expect("a free port is there");
        self.address = server.address().expect("it is bound");
        let (stop, stopped) = oneshot::channel::<()>();
        self.server = Some(world.spawn(async move {
            server
                .serve(async {
                    // A world that is dropped stops its server too.
                    let _ = stopped.await;
                })
                .await;
        }));
        self.stop = Some(stop);
    }

    /// The address it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request, to be sent by `send`.
    pub(crate) fn request<'a>(&'a self, method: &'a str, path: &'a str) -> Request<'a> {
        Request { served: self, method, path, headers: Vec::new(), body: None }
    }

    /// A token of a person for one community, with every permission.
    pub(crate) fn token(&self, person: PersonId, community: CommunityId) -> String {
        let permissions = Permission::ALL.iter().copied().collect();
        let holder = Holder::Person(person);
        self.token_of(NewToken {
            holder,
            reach: Reach::Community(community),
            permissions,
            label: "case".to_owned(),
            lasts_ms: None,
        })
    }

    /// A token as it is wished for.
    pub(crate) fn token_of(&self, token: NewToken) -> String {
        let operator = Operator::of(self.world.engine(), self.world.mint());
        let (_, secret) = self.world.wait(operator.issue_token(token)).expect("a token can be issued");
        secret.text().to_owned()
    }

    /// A person who is registered with the host.
    pub(crate) fn person(&self, name: &str) -> PersonId {
        let (engine, mint) = (self.world.engine(), self.world.mint());
        self.world
            .wait(async {
                let operator = Operator::start(engine, mint).await?;
                operator.register_person(Some(name)).await
            })
            .expect("a person can be registered")
    }

    /// Serves a world again that was stopped and started, under another address.
    pub(crate) fn again(&mut self) {
        (self.stop, self.server) = (None, None);
        self.serve();
    }

    /// Drops everything where it stands, as a kill would, and serves again under another address.
    pub(crate) fn fall_and_rise(&mut self) {
        self.world.close();
        self.world.start().expect("DATA opens again");
        self.again();
    }

    /// Stops the server as a host would, and waits until it has.
    pub(crate) fn stop(&mut self) {
        if let (Some(stop), Some(server)) = (self.stop.take(), self.server.take()) {
            // It may have ended already.
            let _ = stop.send(());
            self.world.wait(server).expect("the server ends");
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

impl Request<'_> {
    /// With a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a token.
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", &body.to_string())
    }

    /// With a body of any kind.
    pub(crate) fn body(mut self, kind: &str, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self.header("content-type", kind)
    }

    /// Sends it.
    pub(crate) fn send(self) -> Answer {
        let mut request = ureq::http::Request::builder().method(self.method).uri(self.served.url(self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let agent = &self.served.agent;
        let sent = match self.body {
            Some(body) => agent.run(request.body(body).expect("the request is whole")),
            None => agent.run(request.body(()).expect("the request is whole")),
        };
        let mut answer = sent.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.path));
        let text = answer.body_mut().read_to_string().expect("the answer is text");
        Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), text }
    }
}
