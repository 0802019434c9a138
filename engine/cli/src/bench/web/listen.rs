//! Listeners in a process of their own, so that what the server costs is counted without them; and a server
//! that does nothing but write to its sockets, beside which the real one is measured.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};

use super::client::Client;
use super::site::loopback;
use crate::bench::child;
use crate::bench::host::Host;
use crate::bench::run::BenchError;
use crate::bench::stopwatch::now_us;

/// What every event of a message begins with.
pub(super) const MARK: &[u8] = b"event: message.posted";
/// Listeners that connect at once.
const AT_ONCE: usize = 64;

fn broken(what: impl ToString) -> BenchError {
    BenchError::Child { what: what.to_string() }
}

fn io(source: std::io::Error) -> BenchError {
    BenchError::Io { path: "another process".into(), source }
}

/// Listeners in another process.
pub(super) struct Listeners {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Listeners {
    /// Opens so many streams of what a request asks for.
    pub(super) fn open(address: SocketAddr, request: &[u8], count: usize) -> Result<Self, BenchError> {
        let place = format!("{address} {count}");
        let mut child = child::start(child::LISTENS, Path::new(&place), Stdio::piped())?;
        let mut input = child.stdin.take().ok_or_else(|| broken("no input"))?;
        input.write_all(request).map_err(io)?;
        drop(input);
        let out = BufReader::new(child.stdout.take().ok_or_else(|| broken("no output"))?);
        let mut listeners = Self { child, out };
        match listeners.line()?.trim() {
            "open" => Ok(listeners),
            other => Err(broken(other)),
        }
    }

    /// When each of them heard the next message.
    pub(super) fn heard_us(&mut self) -> Result<Vec<f64>, BenchError> {
        let line = self.line()?;
        line.split_whitespace().map(|word| word.parse().map_err(|_| broken(&line))).collect()
    }

    fn line(&mut self) -> Result<String, BenchError> {
        let mut line = String::new();
        self.out.read_line(&mut line).map_err(io)?;
        if line.is_empty() { Err(broken("the listeners ended")) } else { Ok(line) }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the other process does: it listens until it is killed.
pub(crate) fn listen(place: &str, out: &mut dyn Write) -> Result<(), BenchError> {
    let (address, count) = place.split_once(' ').ok_or_else(|| broken(place))?;
    let address: SocketAddr = address.parse().map_err(broken)?;
    let count: usize = count.parse().map_err(broken)?;
    let request: Vec<u8> = std::io::read_to_string(std::io::stdin()).map_err(io)?.into();
    let runtime = tokio::runtime::Runtime::new().map_err(io)?;
    runtime.block_on(async {
        let (heard, mut all_heard) = mpsc::unbounded_channel();
        let request = Arc::new(request);
        for group in (0..count).collect::<Vec<_>>().chunks(AT_ONCE) {
            let opening: Vec<_> =
                group.iter().map(|_| tokio::spawn(open(address, Arc::clone(&request)))).collect();
            for one in opening {
                tokio::spawn(hear(one.await.map_err(broken)??, heard.clone()));
            }
        }
        child::tell(out, "open")?;
        drop(heard);
        let mut line = Vec::with_capacity(count);
        while let Some(at_us) = all_heard.recv().await {
            line.push(format!("{at_us:.0}"));
            if line.len() == count {
                child::tell(out, &line.join(" "))?;
                line.clear();
            }
        }
        Ok(())
    })
}

async fn open(address: SocketAddr, request: Arc<Vec<u8>>) -> Result<Client, BenchError> {
    let mut client = Client::connect(address).await?;
    client.open(&request).await?;
    Ok(client.idle())
}

async fn hear(mut client: Client, heard: mpsc::UnboundedSender<f64>) {
    while client.hear(MARK, 1).await.is_ok() && heard.send(now_us()).is_ok() {}
}

/// A server that writes the same bytes to all its sockets when it is told to.
pub(super) struct Shouter {
    pub(super) address: SocketAddr,
    what: broadcast::Sender<Arc<Vec<u8>>>,
}

impl Shouter {
    /// Takes connections from now on.
    pub(super) fn start(host: &Host) -> Result<Self, BenchError> {
        let listener = host.runtime.block_on(TcpListener::bind(loopback())).map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        let (what, _) = broadcast::channel::<Arc<Vec<u8>>>(16);
        let said = what.clone();
        host.runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut hears = said.subscribe();
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let mut request = [0; 4_096];
                    let begun = stream.read(&mut request).await;
                    begun.map_err(drop)?;
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.map_err(drop)?;
                    while let Ok(bytes) = hears.recv().await {
                        stream.write_all(&bytes).await.map_err(drop)?;
                    }
                    Ok::<(), ()>(())
                });
            }
        });
        Ok(Self { address, what })
    }

    /// Writes so many bytes that look like an event to every socket.
    pub(super) fn shout(&self, bytes: usize) {
        let mut event = MARK.to_vec();
        event.resize(bytes.max(MARK.len() + 1), b'x');
        // Nobody may be there.
        let _ = self.what.send(Arc::new(event));
    }
}
