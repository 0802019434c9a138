//! The wire: one HTTP request to an address that an operator chose, and nothing else.
//!
//! A name is resolved here, every address of it is checked, and the connection goes to one that was; no
//! proxy, no redirect and no second lookup comes between. The whole of it has an end. What goes wrong is said
//! without the address, which may hold a secret, so that it can be logged.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{Request, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::address::Reach;
use super::letter::MEDIA_TYPE;

/// How long a receiver may take, from looking its name up to the end of its answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 3;
/// Bytes of an answer that are read so that its connection can be used again; nobody looks at them.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Who asks.
const AGENT: &str = concat!("kith/", env!("CARGO_PKG_VERSION"));

/// Why a receiver was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("its address is none that can be sent to")]
    NoAddress,
    #[error("its name does not resolve")]
    Unresolved,
    #[error("its name resolves to an address that is not of the public internet")]
    Private,
    #[error("nobody takes the connection")]
    Unreachable,
    #[error("the connection is not secure")]
    Insecure,
    #[error("the connection broke")]
    Broken,
    #[error("it took too long")]
    Slow,
    #[error("it answered with status {0}")]
    Status(u16),
}

/// Where a letter goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    security: Security,
    host: String,
    port: u16,
    /// As the `Host` header has it.
    authority: String,
    path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    Plain,
    Tls,
}

impl Target {
    /// The target of an address; `None` for one that nothing can be sent to.
    pub(super) fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let (security, port) = match uri.scheme_str()? {
            "https" => (Security::Tls, 443),
            "http" => (Security::Plain, 80),
            _ => return None,
        };
        // Whoever puts a password there would expect it to be sent, and it is not.
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        // A port that is none must not become the usual one.
        let port = if authority.as_str() == authority.host() { port } else { authority.port_u16()? };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        Some(Self {
            security,
            host: Some(host).filter(|host| !host.is_empty())?.to_owned(),
            port,
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }

    /// The address, where it is written as one and not as a name.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// What is sent.
pub(super) struct Post<'a> {
    pub(super) to: &'a Target,
    /// The value of `Kith-Signature`.
    pub(super) signature: String,
    pub(super) body: Bytes,
}

impl Post<'_> {
    fn request(&self) -> Result<Request<Full<Bytes>>, Trouble> {
        let request = Request::post(&self.to.path)
            .header(HOST, &self.to.authority)
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header("kith-signature", &self.signature);
        request.body(Full::new(self.body.clone())).map_err(|_| Trouble::NoAddress)
    }
}

/// An open connection to a receiver.
pub(super) struct Line {
    to: Target,
    sender: SendRequest<Full<Bytes>>,
}

/// Opens lines.
pub(super) struct Wire {
    reach: Reach,
    /// Made at the first letter: most servers have no webhook.
    tls: OnceLock<TlsConnector>,
}

impl Wire {
    /// A wire that reaches so far.
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach, tls: OnceLock::new() }
    }

    /// Sends one letter and waits until it is taken. An open line is used, and left open where it can be.
    pub(super) async fn send(&self, line: &mut Option<Line>, post: &Post<'_>) -> Result<(), Trouble> {
        let used = line.take().filter(|line| line.to == *post.to && !line.sender.is_closed());
        let sent = tokio::time::timeout(TIMEOUT, self.deliver(used, post));
        let (status, left) = sent.await.map_err(|_| Trouble::Slow)??;
        *line = left;
        if (200..300).contains(&status) { Ok(()) } else { Err(Trouble::Status(status)) }
    }

    async fn deliver(&self, used: Option<Line>, post: &Post<'_>) -> Result<(u16, Option<Line>), Trouble> {
        if let Some(line) = used {
            // A receiver may close a quiet connection at any moment; that alone is no trouble.
            if let Ok(done) = exchange(line, post).await {
                return Ok(done);
            }
        }
        let line = Line { to: post.to.clone(), sender: self.open(post.to).await? };
        exchange(line, post).await
    }

    async fn open(&self, to: &Target) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        let stream = connect(&self.resolve(to).await?).await?;
        // Small letters must not wait for more to send; a socket that refuses the option works without.
        let _ = stream.set_nodelay(true);
        if to.security == Security::Plain {
            return speak(stream).await;
        }
        let name = ServerName::try_from(to.host.clone()).map_err(|_| Trouble::NoAddress)?;
        let tls = self.tls.get_or_init(connector);
        speak(tls.connect(name, stream).await.map_err(|_| Trouble::Insecure)?).await
    }

    /// Addresses of a target, each of which may be sent to.
    async fn resolve(&self, to: &Target) -> Result<Vec<SocketAddr>, Trouble> {
        let found = tokio::net::lookup_host((to.host.as_str(), to.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Trouble::Unresolved)?.collect();
        if found.is_empty() {
            return Err(Trouble::Unresolved);
        }
        if found.iter().any(|address| !self.reach.includes(address.ip())) {
            return Err(Trouble::Private);
        }
        Ok(found)
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
    for address in addresses.iter().take(ADDRESSES_MAX) {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err(Trouble::Unreachable)
}

/// Begins to speak HTTP/1.1. What works on the connection ends with the sender.
async fn speak<T>(stream: T) -> Result<SendRequest<Full<Bytes>>, Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Trouble::Broken)?;
    tokio::spawn(async move {
        // Whoever waits for an answer hears that it broke.
        let _ = connection.await;
    });
    Ok(sender)
}

/// Asks over a line; gives it back if it can be asked again.
async fn exchange(mut line: Line, post: &Post<'_>) -> Result<(u16, Option<Line>), Trouble> {
    line.sender.ready().await.map_err(|_| Trouble::Broken)?;
    let answer = line.sender.send_request(post.request()?).await.map_err(|_| Trouble::Broken)?;
    let status = answer.status().as_u16();
    let left = if is_drained(answer.into_body()).await { Some(line) } else { None };
    Ok((status, left))
}

/// Reads an answer to its end; no more than is sensible.
async fn is_drained(mut answer: Incoming) -> bool {
    let mut left = ANSWER_BYTES_MAX;
    while let Some(frame) = answer.frame().await {
        let Ok(frame) = frame else { return false };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(bytes) else { return false };
        left = rest;
    }
    true
}

/// TLS 1.2 and 1.3, trusting whom Mozilla trusts.
fn connector() -> TlsConnector {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the ciphers of both versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_address_of_the_web_without_a_password() {
        let read =
            |url: &str| Target::of(url).map(|to| (to.security, to.host, to.port, to.authority, to.path));
        let target = |security, host: &str, port, authority: &str, path: &str| {
            Some((security, host.to_owned(), port, authority.to_owned(), path.to_owned()))
        };
        let (plain, tls) = (Security::Plain, Security::Tls);
        for (url, expected) in [
            ("https://example.org", target(tls, "example.org", 443, "example.org", "/")),
            ("https://example.org/a?b=c", target(tls, "example.org", 443, "example.org", "/a?b=c")),
            ("http://[::1]:8080/x", target(plain, "::1", 8080, "[::1]:8080", "/x")),
            ("http://127.0.0.1", target(plain, "127.0.0.1", 80, "127.0.0.1", "/")),
            ("https://ann:secret@example.org/", None),
            ("ftp://example.org/", None),
            ("https:///x", None),
            ("/x", None),
            ("https://例子.example/", None),
            ("https://example.org:99999/", None),
        ] {
            assert_eq!(read(url), expected, "{url}");
        }
    }
}
