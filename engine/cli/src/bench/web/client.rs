//! A client that does as little as a client can: requests that are bytes already, answers that are read to
//! their end and looked at for their status and no more.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bench::run::BenchError;

/// Bytes read at once.
const READ_BYTES: usize = 8 * 1024;

/// One connection that is kept.
pub(super) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

fn broken(what: impl ToString) -> BenchError {
    BenchError::Child { what: what.to_string() }
}

impl Client {
    /// Connects.
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address).await.map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        Ok(Self { stream, read: Vec::with_capacity(READ_BYTES) })
    }

    /// Sends a whole request and reads its answer, which has to name its length.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Result<Answer, BenchError> {
        self.stream.write_all(request).await.map_err(broken)?;
        let head_bytes = self.head().await?;
        let head = std::str::from_utf8(&self.read[..head_bytes]).map_err(broken)?;
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| broken("an answer without a status"))?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.ok_or_else(|| broken("an answer without a length"))?;
        while self.read.len() < head_bytes + length {
            self.more().await?;
        }
        let body = self.read[head_bytes..head_bytes + length].to_vec();
        self.read.drain(..head_bytes + length);
        Ok(Answer { status, body })
    }

    /// Sends a request whose answer is a stream.
    pub(super) async fn open(&mut self, request: &[u8]) -> Result<(), BenchError> {
        self.stream.write_all(request).await.map_err(broken)?;
        let head_bytes = self.head().await?;
        if !self.read.starts_with(b"HTTP/1.1 200") {
            return Err(broken(String::from_utf8_lossy(&self.read)));
        }
        self.read.drain(..head_bytes);
        Ok(())
    }

    /// Turns the connection into a WebSocket (RFC 6455).
    pub(super) async fn upgrade(&mut self, path: &str, token: &str) -> Result<(), BenchError> {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: a2l0aCBrbm9ja3MgaGVyZQ==\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await.map_err(broken)?;
        let head_bytes = self.head().await?;
        if !self.read.starts_with(b"HTTP/1.1 101") {
            return Err(broken(String::from_utf8_lossy(&self.read)));
        }
        self.read.drain(..head_bytes);
        Ok(())
    }

    /// Sends a text over a WebSocket and reads messages until one that is no event: it has to hold a mark.
    pub(super) async fn exchange(&mut self, text: &[u8], mark: &[u8]) -> Result<(), BenchError> {
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(u16::try_from(text.len()).map_err(broken)?.to_be_bytes());
        // A mask of zeros is a mask, and leaves the text as it is.
        frame.extend([0; 4]);
        frame.extend(text);
        self.stream.write_all(&frame).await.map_err(broken)?;
        loop {
            let message = self.message().await?;
            if message.starts_with(b"{\"event\"") {
                continue;
            }
            let is_marked = message.windows(mark.len()).any(|found| found == mark);
            let refused = || Err(broken(String::from_utf8_lossy(&message)));
            return if is_marked { Ok(()) } else { refused() };
        }
    }

    /// The next message of a WebSocket; servers do not mask, and ours does not split.
    async fn message(&mut self) -> Result<Vec<u8>, BenchError> {
        self.at_least(2).await?;
        let (head_bytes, length) = match self.read[1] {
            126 => {
                self.at_least(4).await?;
                (4, usize::from(u16::from_be_bytes([self.read[2], self.read[3]])))
            }
            127 => return Err(broken("a message of more than 64 KiB")),
            short => (2, usize::from(short)),
        };
        self.at_least(head_bytes + length).await?;
        let message = self.read[head_bytes..head_bytes + length].to_vec();
        self.read.drain(..head_bytes + length);
        Ok(message)
    }

    async fn at_least(&mut self, bytes: usize) -> Result<(), BenchError> {
        while self.read.len() < bytes {
            self.more().await?;
        }
        Ok(())
    }

    /// Reads on until so many events of a kind have come by.
    pub(super) async fn hear(&mut self, mark: &[u8], count: usize) -> Result<(), BenchError> {
        let mut heard = 0;
        loop {
            let mut from = 0;
            while let Some(place) = self.read[from..].windows(mark.len()).position(|found| found == mark) {
                heard += 1;
                from += place + mark.len();
            }
            // A mark may have been cut in two.
            let keep = self.read.len().saturating_sub(mark.len() - 1).max(from);
            self.read.drain(..keep);
            if heard >= count {
                return Ok(());
            }
            self.more().await?;
        }
    }

    /// The same connection with nothing kept for reading.
    pub(super) fn idle(mut self) -> Self {
        self.read = Vec::new();
        self
    }

    async fn head(&mut self) -> Result<usize, BenchError> {
        loop {
            if let Some(place) = self.read.windows(4).position(|end| end == b"\r\n\r\n") {
                return Ok(place + 4);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<(), BenchError> {
        self.read.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.read).await {
            Ok(0) => Err(broken("the server closed the connection")),
            Ok(_) => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }
}

/// A request with a token and, where there is one, a JSON body.
pub(super) fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n");
    if !body.is_empty() {
        head.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    head.push_str(body);
    head.into_bytes()
}

/// A request for a page by whoever bears a session.
pub(super) fn page_request(path: &str, session: &str) -> Vec<u8> {
    let cookie = format!("cookie: kith_session={session}\r\n");
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\n{cookie}\r\n").into_bytes()
}
