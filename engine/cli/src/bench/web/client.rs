//! A client that does as little as a client can: requests that are bytes already, answers that are read to
//! their end and looked at for their status and no more.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bench::run::BenchError;

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

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
