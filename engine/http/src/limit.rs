//! How often somebody may ask: so many requests in a window for each token, session or address, told in the
//! answer's headers (draft-ietf-httpapi-ratelimit-headers); and the brake against guessing passwords, which
//! gives back what a right one took. A restart forgets it all, which costs a guesser more than it gives.
//!
//! Counted by the generic cell rate algorithm: one number for each of those who asked lately. What is kept is
//! bounded; beyond it those go first who have not asked for longest.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kith_core::ids::{SessionId, TokenId};

use crate::caller::{SESSION_COOKIE, bearer, cookie};
use crate::place::Place;
use crate::problem::Problem;
use crate::server::Peer;

/// Callers that are counted at once; beyond it those whose count has run out are let go.
const COUNTED_MAX: usize = 100_000;

/// Wrong passwords from one address for each that one name may have: a house or a school may be behind it.
const NAMES_PER_ADDRESS: u32 = 5;
/// Strangers who become somebody from one address: a poster at a meeting.
const NEWCOMERS: Quota = Quota { count: 60, window_s: 15 * 60 };
/// Letters of a name that tell it from others.
const NAME_CHARS_MAX: usize = 100;

/// So many in a window; no more than that many at once.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// How many.
    pub count: u32,
    /// In how many seconds.
    pub window_s: u32,
}

/// What is left after one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    remaining: u64,
    /// Until all of it is there again.
    reset_s: u64,
    /// When to come back; `None` for whoever was within.
    retry_s: Option<u64>,
}

/// Counts of many by a key.
struct Counts<K> {
    /// When the count of each is used up, microseconds.
    until_us: Mutex<HashMap<K, u64>>,
    quota: Quota,
}

impl<K: Eq + Hash> Counts<K> {
    fn new(quota: Quota) -> Self {
        let quota = Quota { count: quota.count.max(1), window_s: quota.window_s.max(1) };
        Self { until_us: Mutex::default(), quota }
    }

    /// Counts one more. Microseconds, so that a quota of thousands a second is no other than it says.
    fn take(&self, key: K, now_ms: u64) -> Left {
        let now_us = now_ms.saturating_mul(1_000);
        let (window_us, each_us) = (self.window_us(), self.each_us());
        let mut rows = self.rows();
        if rows.len() >= COUNTED_MAX && !rows.contains_key(&key) {
            rows.retain(|_, until_us| *until_us > now_us);
            if rows.len() >= COUNTED_MAX {
                rows.clear();
            }
        }
        let row = rows.entry(key).or_insert(now_us);
        let next_us = (*row).max(now_us) + each_us;
        let (used_us, retry_s) = match next_us - now_us {
            used_us if used_us <= window_us => {
                *row = next_us;
                (used_us, None)
            }
            used_us => (used_us - each_us, Some((used_us - window_us).div_ceil(1_000_000))),
        };
        let remaining = window_us.saturating_sub(used_us) / each_us;
        Left { remaining, reset_s: used_us.div_ceil(1_000_000), retry_s }
    }

    /// Whether one more is within.
    fn allow(&self, key: K, now_ms: u64) -> bool {
        self.take(key, now_ms).retry_s.is_none()
    }

    /// Takes one back.
    fn give_back(&self, key: &K) {
        if let Some(until_us) = self.rows().get_mut(key) {
            *until_us = until_us.saturating_sub(self.each_us());
        }
    }

    /// Takes all back.
    fn forget(&self, key: &K) {
        self.rows().remove(key);
    }

    fn window_us(&self) -> u64 {
        u64::from(self.quota.window_s) * 1_000_000
    }

    /// How long it takes until one more is there.
    fn each_us(&self) -> u64 {
        (self.window_us() / u64::from(self.quota.count)).max(1)
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<K, u64>> {
        self.until_us.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counted {
    Token(TokenId),
    Session(SessionId),
    Address([u8; 16]),
}

/// All counts of a place.
pub(crate) struct Limits {
    callers: Counts<Counted>,
    strangers: Counts<Counted>,
    names: Counts<String>,
    addresses: Counts<[u8; 16]>,
    newcomers: Counts<[u8; 16]>,
}

impl Limits {
    pub(crate) fn new(settings: &crate::Settings) -> Self {
        Self {
            callers: Counts::new(settings.caller_quota),
            strangers: Counts::new(settings.stranger_quota),
            names: Counts::new(settings.sign_in_quota),
            addresses: Counts::new(Quota {
                count: settings.sign_in_quota.count.saturating_mul(NAMES_PER_ADDRESS),
                ..settings.sign_in_quota
            }),
            newcomers: Counts::new(NEWCOMERS),
        }
    }

    /// Counts a try to sign in, before it is known whether it is right: many at once must not slip through.
    pub(crate) fn may_try(&self, name: &str, address: IpAddr, now_ms: u64) -> bool {
        let (of_name, of_address) =
            (self.names.allow(named(name), now_ms), self.addresses.allow(network(address), now_ms));
        of_name && of_address
    }

    /// It was the right password: the name starts anew.
    pub(crate) fn was_right(&self, name: &str, address: IpAddr) {
        self.names.forget(&named(name));
        self.addresses.give_back(&network(address));
    }

    /// Counts a stranger who asks to be let in somewhere.
    pub(crate) fn may_come(&self, address: IpAddr, now_ms: u64) -> bool {
        self.newcomers.allow(network(address), now_ms)
    }
}

fn named(name: &str) -> String {
    name.trim().to_lowercase().chars().take(NAME_CHARS_MAX).collect()
}

/// An address as it is counted: whoever has one of a network's addresses of version 6 has all of them.
fn network(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            if address.to_ipv4_mapped().is_none() {
                octets[8..].fill(0);
            }
            octets
        }
    }
}

fn too_many(retry_s: u64) -> Problem {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "http.too_many_requests");
    Problem { retry_after_s: Some(retry_s), ..problem.with("seconds", retry_s) }
}

/// Counts a request of the API, and tells what is left.
pub(crate) async fn wrap(State(place): State<Place>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let counted = match counted(&place, request.headers(), peer).await {
        Ok(counted) => counted,
        Err(problem) => return problem.into_response(),
    };
    let counts =
        if matches!(counted, Counted::Address(_)) { &place.limits.strangers } else { &place.limits.callers };
    let left = counts.take(counted, place.engine.ports().clock.monotonic_ms());
    let mut response = match left.retry_s {
        Some(retry_s) => too_many(retry_s).into_response(),
        None => next.run(request).await,
    };
    let Quota { count, window_s } = counts.quota;
    let headers = response.headers_mut();
    tell(headers, "ratelimit-policy", &format!("\"default\";q={count};w={window_s}"));
    tell(headers, "ratelimit", &format!("\"default\";r={};t={}", left.remaining, left.reset_s));
    response
}

fn tell(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A secret that lets nobody in counts for its address, so that making secrets up gains nothing.
async fn counted(place: &Place, headers: &HeaderMap, peer: Option<Peer>) -> Result<Counted, Problem> {
    if let Ok(Some(secret)) = bearer(headers) {
        if let Some(grant) = place.doors.grant(secret).await? {
            return Ok(Counted::Token(grant.token));
        }
    } else if let Some(secret) = cookie(headers, SESSION_COOKIE)
        && let Some((session, _)) = place.doors.session(secret).await?
    {
        return Ok(Counted::Session(session));
    }
    Ok(Counted::Address(peer.map(|peer| network(peer.0.ip())).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_by_one() {
        let counts = Counts::new(Quota { count: 3, window_s: 30 });
        let taken = |now_ms| {
            let left = counts.take("a", now_ms);
            (left.remaining, left.retry_s)
        };
        assert_eq!(taken(0), (2, None));
        assert_eq!(taken(0), (1, None));
        assert_eq!(taken(0), (0, None));
        assert_eq!(taken(0), (0, Some(10)));
        assert_eq!(taken(9_999), (0, Some(1)));
        assert_eq!(taken(10_000), (0, None));
        assert_eq!(taken(10_000), (0, Some(10)));
        assert_eq!(taken(100_000), (2, None));
        assert_eq!(counts.take("b", 0).remaining, 2);
    }

    #[test]
    fn guessing_ends_and_may_begin_again_later() {
        let (limits, address) = (Limits::new(&crate::Settings::default()), IpAddr::from([127, 0, 0, 1]));
        for _ in 0..10 {
            assert!(limits.may_try("ines", address, 5));
        }
        assert!(!limits.may_try(" Ines", address, 5));
        assert!(limits.may_try("otto", address, 5));
        assert!(limits.may_try("ines", address, 5 + 15 * 60 * 1_000));
        limits.was_right("ines", address);
        for _ in 0..10 {
            assert!(limits.may_try("ines", address, 5 + 15 * 60 * 1_000));
        }
    }

    #[test]
    fn one_address_does_not_try_name_after_name_but_right_ones_cost_it_nothing() {
        let (limits, address) = (Limits::new(&crate::Settings::default()), IpAddr::from([127, 0, 0, 1]));
        for turn in 0..200 {
            assert!(limits.may_try(&format!("known {turn}"), address, 5));
            limits.was_right(&format!("known {turn}"), address);
        }
        let tried = (0..200).filter(|turn| limits.may_try(&turn.to_string(), address, 5)).count();
        assert_eq!(tried, 50);
        let came = (0..200).filter(|_| limits.may_come(address, 5)).count();
        assert_eq!(came, 60);
    }

    #[test]
    fn a_network_of_version_6_is_one_caller_and_an_address_of_version_4_another() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    }
}
