//! What whoever runs the server asks: is it alive, is it ready, and how busy is it (Prometheus' text format,
//! version 0.0.4). Counts only; nothing that anybody wrote.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kith_core::ids::CommunityId;

use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;

/// Communities that have a line of their own: those with the most records; the others share one.
const COMMUNITIES_MAX: usize = 50;
/// Upper bounds of the histogram of times, microseconds.
const BOUNDS_US: [u64; 9] = [1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// Counts of requests.
#[derive(Default)]
pub(crate) struct Counters {
    /// By the hundreds of the status.
    by_class: [AtomicU64; 6],
    /// Times, each in the first bound that holds it; the last one in none.
    times: [AtomicU64; BOUNDS_US.len() + 1],
    micros: AtomicU64,
}

impl Counters {
    /// Counts an answer.
    pub(crate) fn count(&self, status: StatusCode, micros: u64) {
        let class = usize::from(status.as_u16() / 100).min(self.by_class.len() - 1);
        self.by_class[class].fetch_add(1, Ordering::Relaxed);
        let place = BOUNDS_US.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS_US.len());
        self.times[place].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn write(&self, out: &mut String) {
        out.push_str("# HELP kith_http_requests_total Requests that were answered.\n");
        out.push_str("# TYPE kith_http_requests_total counter\n");
        for (class, count) in self.by_class.iter().enumerate().skip(1) {
            let count = count.load(Ordering::Relaxed);
            // Writing to a string cannot fail.
            let _ = writeln!(out, "kith_http_requests_total{{status=\"{class}xx\"}} {count}");
        }
        out.push_str("# HELP kith_http_request_seconds Time until the head of an answer.\n");
        out.push_str("# TYPE kith_http_request_seconds histogram\n");
        let mut sum = 0;
        for (place, times) in self.times.iter().enumerate() {
            sum += times.load(Ordering::Relaxed);
            let bound = BOUNDS_US.get(place).map_or("+Inf".to_owned(), |us| seconds(*us));
            let _ = writeln!(out, "kith_http_request_seconds_bucket{{le=\"{bound}\"}} {sum}");
        }
        let micros = self.micros.load(Ordering::Relaxed);
        let _ = writeln!(out, "kith_http_request_seconds_sum {}", seconds(micros));
        let _ = writeln!(out, "kith_http_request_seconds_count {sum}");
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The routes.
pub(crate) fn router() -> Router<Place> {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
}

/// Ready once the host's stream can be asked, and until the server stops.
async fn readiness(State(place): State<Place>) -> Response {
    let answers = place.engine.view(CommunityId::HOST, |stream| stream.seq).await.is_ok();
    let is_closing = *place.hub.closing().borrow() == crate::live::Closing::Closed;
    match answers && !is_closing {
        true => "ready\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response(),
    }
}

/// For the operator's token: communities have names, and how busy they are is their own business.
async fn metrics(caller: Caller) -> Result<Response, Problem> {
    caller.operator()?;
    let (place, mut out) = (&caller.place, String::new());
    place.counters.write(&mut out);
    out.push_str("# HELP kith_streams_open Streams that are in memory.\n# TYPE kith_streams_open gauge\n");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "kith_streams_open {}", place.engine.open_streams());
    out.push_str("# HELP kith_community_records_total Records of a community.\n");
    out.push_str("# TYPE kith_community_records_total counter\n");
    let records = &place.engine.ports().records;
    let streams = records.streams().into_iter().filter(|id| *id != CommunityId::HOST);
    let mut heads: Vec<_> = streams.map(|id| (records.head(id).map_or(0, |head| head.seq), id)).collect();
    heads.sort_unstable_by(|one, other| other.cmp(one));
    for (seq, id) in heads.iter().take(COMMUNITIES_MAX) {
        let _ = writeln!(out, "kith_community_records_total{{community=\"{id}\"}} {seq}");
    }
    let others: u64 = heads.iter().skip(COMMUNITIES_MAX).map(|(seq, _)| seq).sum();
    let _ = writeln!(out, "kith_community_records_total{{community=\"others\"}} {others}");
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], out).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_end_with_all() {
        let counters = Counters::default();
        for (status, micros) in [(200, 900), (201, 3_000), (404, 30_000_000)] {
            counters.count(StatusCode::from_u16(status).unwrap(), micros);
        }
        let mut out = String::new();
        counters.write(&mut out);
        for line in [
            "kith_http_requests_total{status=\"2xx\"} 2",
            "kith_http_requests_total{status=\"4xx\"} 1",
            "kith_http_request_seconds_bucket{le=\"0.001000\"} 1",
            "kith_http_request_seconds_bucket{le=\"0.005000\"} 2",
            "kith_http_request_seconds_bucket{le=\"10.000000\"} 2",
            "kith_http_request_seconds_bucket{le=\"+Inf\"} 3",
            "kith_http_request_seconds_sum 30.003900",
            "kith_http_request_seconds_count 3",
        ] {
            assert!(out.lines().any(|found| found == line), "{line} is not in\n{out}");
        }
    }
}
