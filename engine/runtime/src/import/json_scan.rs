//! The skeleton of a JSON document, walked byte by byte in constant memory.
//!
//! Finds where a value begins and ends by strings and brackets alone, so that a document of gigabytes is
//! taken apart into small values, and a broken value costs only itself. Whether a value is good JSON is
//! decided by whoever parses what was captured.

use std::io::{self, BufRead};

/// A position in a document.
#[derive(Debug)]
pub(super) struct JsonScan<R> {
    reader: R,
    line: u64,
    is_begun: bool,
}

/// How a value was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Captured {
    /// All of it was kept.
    Whole,
    /// It was passed, but longer than what may be kept; the beginning was.
    TooLong,
    /// The document ended inside it.
    CutOff,
}

enum Step {
    Take,
    TakeLast,
    StopBefore,
}

#[derive(Default)]
struct Value {
    depth: u64,
    is_string: bool,
    is_escaped: bool,
}

impl Value {
    fn step(&mut self, byte: u8) -> Step {
        if self.is_string {
            return self.step_string(byte);
        }
        match byte {
            b'"' => self.is_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                return Step::StopBefore;
            }
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    return Step::TakeLast;
                }
            }
            _ => {}
        }
        Step::Take
    }

    fn step_string(&mut self, byte: u8) -> Step {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = true,
            b'"' => {
                self.is_string = false;
                if self.depth == 0 {
                    return Step::TakeLast;
                }
            }
            _ => {}
        }
        Step::Take
    }

    /// Whether the end of the document may end the value: true of bare words and numbers.
    fn may_end(&self) -> bool {
        self.depth == 0 && !self.is_string
    }
}

impl<R: BufRead> JsonScan<R> {
    /// Starts at the beginning of a document.
    pub(super) fn new(reader: R) -> Self {
        Self { reader, line: 1, is_begun: false }
    }

    /// The line of the position, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Passes white space (and at the beginning a byte order mark) and looks at the byte behind it.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let chunk = fill(&mut self.reader)?;
            let Some(first) = chunk.first().copied() else { return Ok(None) };
            if !self.is_begun {
                self.is_begun = true;
                let mark = if chunk.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
                self.reader.consume(mark);
                continue;
            }
            if !first.is_ascii_whitespace() {
                return Ok(Some(first));
            }
            let spaces = chunk.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.pass(spaces)?;
        }
    }

    /// Passes the byte just looked at.
    pub(super) fn bump(&mut self) -> io::Result<()> {
        self.pass(1)
    }

    /// Passes one value and keeps up to `bytes_max` of it.
    pub(super) fn capture(&mut self, kept: &mut Vec<u8>, bytes_max: usize) -> io::Result<Captured> {
        kept.clear();
        let (mut value, mut bytes) = (Value::default(), 0_usize);
        loop {
            let chunk = fill(&mut self.reader)?;
            if chunk.is_empty() {
                return Ok(if value.may_end() { length(bytes, bytes_max) } else { Captured::CutOff });
            }
            let (taken, is_last) = take(&mut value, chunk);
            let room = bytes_max.saturating_sub(kept.len()).min(taken);
            kept.extend_from_slice(&chunk[..room]);
            bytes = bytes.saturating_add(taken);
            self.pass(taken)?;
            if is_last {
                return Ok(length(bytes, bytes_max));
            }
        }
    }

    fn pass(&mut self, bytes: usize) -> io::Result<()> {
        let chunk = fill(&mut self.reader)?;
        let bytes = bytes.min(chunk.len());
        self.line += chunk[..bytes].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.reader.consume(bytes);
        Ok(())
    }
}

fn take(value: &mut Value, chunk: &[u8]) -> (usize, bool) {
    for (at, byte) in chunk.iter().enumerate() {
        match value.step(*byte) {
            Step::Take => {}
            Step::TakeLast => return (at + 1, true),
            Step::StopBefore => return (at, true),
        }
    }
    (chunk.len(), false)
}

fn length(bytes: usize, bytes_max: usize) -> Captured {
    if bytes > bytes_max { Captured::TooLong } else { Captured::Whole }
}

/// `fill_buf` that tries again when a signal came in between, as the other methods of `BufRead` do.
fn fill<R: BufRead>(reader: &mut R) -> io::Result<&[u8]> {
    while let Err(error) = reader.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // Asked again because the borrow of a first answer would last for the whole loop; it is buffered by now.
    reader.fill_buf()
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn check(input: &str, expected: &str, captured: Captured) {
        // A buffer of one byte makes every boundary between chunks count.
        for capacity in [1, 7, 4_096] {
            let mut scan = JsonScan::new(BufReader::with_capacity(capacity, input.as_bytes()));
            scan.peek().unwrap();
            let mut kept = Vec::new();
            assert_eq!(scan.capture(&mut kept, 16).unwrap(), captured, "{input}");
            assert_eq!(String::from_utf8_lossy(&kept), expected);
        }
    }

    #[test]
    fn finds_the_end_of_a_value() {
        check(" \n{\"a\":\"}\\\"\"} ,", "{\"a\":\"}\\\"\"}", Captured::Whole);
        check("[[],{}],1", "[[],{}]", Captured::Whole);
        check("\"a\\\\\",", "\"a\\\\\"", Captured::Whole);
        check("-12.5e3}", "-12.5e3", Captured::Whole);
        check("null", "null", Captured::Whole);
        check("[1,2,3,4,5,6,7,8,9]", "[1,2,3,4,5,6,7,8", Captured::TooLong);
        check("{\"a\":[", "{\"a\":[", Captured::CutOff);
        check("\"a\\\"", "\"a\\\"", Captured::CutOff);
        check(",", "", Captured::Whole);
    }

    #[test]
    fn counts_lines() {
        let mut scan = JsonScan::new(&b"\n\n {\n\"a\":\n1}\n x"[..]);
        scan.peek().unwrap();
        assert_eq!(scan.line(), 3);
        scan.capture(&mut Vec::new(), 0).unwrap();
        assert_eq!(scan.peek().unwrap(), Some(b'x'));
        assert_eq!(scan.line(), 6);
    }
}
