//! The server: a listener, limits on what a connection may cost, and an end that loses nothing.
//!
//! HTTP/1.1 without TLS: in front of it stands whatever terminates TLS. Slow and too many connections are
//! turned away here; what a request may do is decided behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::limit::Quota;
use crate::place::Place;
use crate::problem::Problem;
use crate::webhook::Reach;
use crate::{api, health, limit, live, pages, shield, webhook};

/// How long to wait before the next connection where one could not be taken.
const TAKE_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// How the HTTP side behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Connections at once; more wait in the system's queue.
    pub connections_max: usize,
    /// How long a client may take to send a request's head.
    pub head_timeout: Duration,
    /// How long requests under way may take once the server is to stop.
    pub stop_timeout: Duration,
    /// Bytes of a request's body, attachments apart.
    pub body_bytes_max: usize,
    /// Bytes of one attachment.
    pub attachment_bytes_max: usize,
    /// Attachments that are taken in at once; more wait.
    pub uploads_max: usize,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// How often one token or session may ask.
    pub caller_quota: Quota,
    /// How often one address may ask that bears neither.
    pub stranger_quota: Quota,
    /// How often somebody may try to sign in under one name; from one address five times as often.
    pub sign_in_quota: Quota,
    /// Where the outside finds this server, without a slash at the end: for links and QR codes.
    pub public_url: Option<String>,
    /// How far webhooks reach.
    pub webhooks: Reach,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            head_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(10),
            body_bytes_max: 1024 * 1024,
            attachment_bytes_max: 32 * 1024 * 1024,
            uploads_max: 4,
            body_timeout: Duration::from_secs(30),
            caller_quota: Quota { count: 1_200, window_s: 60 },
            stranger_quota: Quota { count: 300, window_s: 60 },
            sign_in_quota: Quota { count: 10, window_s: 15 * 60 },
            public_url: None,
            webhooks: Reach::Public,
        }
    }
}

/// Whose connection a request came by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// A bound listener.
pub struct Server {
    listener: TcpListener,
    router: Router,
    settings: Settings,
    place: Option<Place>,
}

/// Everything that is answered.
pub fn router(place: Place) -> Router {
    let body_bytes_max = place.settings.body_bytes_max;
    let counted = middleware::from_fn_with_state(place.clone(), limit::wrap);
    Router::new()
        .merge(api::router().merge(live::router()).layer(counted))
        .merge(health::router())
        .merge(pages::router())
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || {
            Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "http.method")
        })
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(middleware::from_fn_with_state(place.clone(), shield::wrap))
        .with_state(place)
}

impl Server {
    /// Binds an address; port 0 takes a free one.
    pub async fn bind(address: SocketAddr, place: Place) -> std::io::Result<Self> {
        let (listener, settings) = (TcpListener::bind(address).await?, place.settings.clone());
        Ok(Self { listener, router: router(place.clone()), settings, place: Some(place) })
    }

    /// A server that gives the same JSON to every request, whatever it is: what the transport alone costs,
    /// for benchmarks to measure against.
    pub async fn bare(address: SocketAddr, answer: &'static str) -> std::io::Result<Self> {
        let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
        let router = Router::new().fallback(async move |_sent: Bytes| (json, answer));
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener, router, settings: Settings::default(), place: None })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is done, then finishes what is under way. Live streams are told to come back.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let Self { listener, router, settings, place } = self;
        let seats = Arc::new(Semaphore::new(settings.connections_max));
        let service = TowerToHyperService::new(router);
        let (stopping, _) = watch::channel(());
        // Every connection holds one end: once all are gone, the other end hears so.
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        if let Some(place) = place.clone() {
            let alive = alive.clone();
            tokio::spawn(async move {
                webhook::run(place).await;
                drop(alive);
            });
        }
        tokio::pin!(stop);
        loop {
            let taken = tokio::select! {
                () = &mut stop => break,
                taken = take(&listener, &seats) => taken,
            };
            let Some((stream, peer, seat)) = taken else { continue };
            let connection = Connection {
                stream,
                peer,
                service: service.clone(),
                head_timeout: settings.head_timeout,
                stopping: stopping.subscribe(),
            };
            let alive = alive.clone();
            tokio::spawn(async move {
                connection.serve().await;
                drop((seat, alive));
            });
        }
        drop((listener, alive));
        if let Some(place) = place {
            place.hub.close();
        }
        stopping.send_replace(());
        if tokio::time::timeout(settings.stop_timeout, all_gone.recv()).await.is_err() {
            tracing::warn!("requests were still under way when the time to stop was over");
        }
    }
}

/// The next connection, once there is a seat for it.
async fn take(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    // The semaphore is never closed.
    let seat = Arc::clone(seats).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, seat)),
        Err(error) => {
            tracing::warn!(%error, "a connection was not taken");
            // Out of file descriptors: let some be closed before the next.
            tokio::time::sleep(TAKE_AGAIN_AFTER).await;
            None
        }
    }
}

/// One client's connection.
struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    service: TowerToHyperService<Router>,
    head_timeout: Duration,
    stopping: watch::Receiver<()>,
}

impl Connection {
    /// Answers until the client goes or the server stops. A connection that breaks is the client's business.
    async fn serve(mut self) {
        // Small answers must not wait for more to send; a socket that refuses the option works without.
        let _ = self.stream.set_nodelay(true);
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.head_timeout);
        let (peer, service) = (Peer(self.peer), self.service);
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            service.call(request)
        });
        let connection = http.serve_connection(TokioIo::new(self.stream), service).with_upgrades();
        tokio::pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = self.stopping.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}
