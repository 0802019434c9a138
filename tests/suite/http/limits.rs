//! Limits: how often one may ask, and what whoever runs the server sees of it.

use kith_http::{Quota, Settings};

use super::crowd::Crowd;
use super::served::Served;
use crate::world::World;

#[test]
fn answers_say_what_is_left_and_those_who_ask_too_often_are_told_when_to_come_back() {
    let stranger_quota = Quota { count: 3, window_s: 3_600 };
    let crowd = Crowd::of(Served::with(World::new(), Settings { stranger_quota, ..Settings::default() }));
    let me = "/api/v1/me";
    let asked = || crowd.ask("stranger", ("GET", me), None);
    let first = asked();
    assert_eq!(first.status, 401);
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=3;w=3600");
    assert_eq!(first.header("ratelimit"), "\"default\";r=2;t=1200");
    // A secret that was made up is the stranger's who made it up.
    for wrong in ["one", "two"] {
        assert_eq!(crowd.served.request("GET", me).token(wrong).send().code(), "http.token_invalid");
    }
    let last = asked();
    assert_eq!((last.status, last.code().as_str()), (429, "http.too_many_requests"));
    assert_eq!(last.header("retry-after"), "1200");
    assert_eq!(last.header("ratelimit"), "\"default\";r=0;t=3600");
    // Nobody else is concerned, and what watches the server is not counted.
    let other = crowd.ask("owner", ("GET", me), None);
    assert_eq!((other.status, other.header("ratelimit-policy")), (200, "\"default\";q=1200;w=60"));
    assert_eq!(crowd.ask("stranger", ("GET", "/healthz"), None).status, 200);
}

#[test]
fn whoever_runs_the_server_sees_whether_it_is_well_and_nobody_else_how_busy_it_is() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(crowd.ask("stranger", ("GET", path), None).status, 200, "{path}");
    }
    for who in ["stranger", "owner", "narrow"] {
        assert!([401, 403].contains(&crowd.ask(who, ("GET", "/metrics"), None).status), "{who}");
    }
    let metrics = crowd.ask("host", ("GET", "/metrics"), None).text;
    assert!(
        metrics.contains(&format!("kith_community_records_total{{community=\"{}\"}}", ground.id)),
        "{metrics}"
    );
    assert!(metrics.contains("kith_http_requests_total{status=\"2xx\"}"), "{metrics}");
}
