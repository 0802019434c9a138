//! Every bound that keeps an import small whatever the file says: name, unit, reason.

/// The longest line taken: no chat platform allows a message of more than a tenth of this.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;
/// The longest message of several lines (QQ, quoted CSV): as a line, so that all formats agree.
pub(super) const MESSAGE_BYTES_MAX: usize = LINE_BYTES_MAX;
/// The most lines of one quoted CSV record: a stray quote may swallow no more than this.
pub(super) const RECORD_LINES_MAX: usize = 1_000;
/// The longest JSON object of one Telegram message; formatted texts repeat themselves in `text_entities`.
pub(super) const JSON_MESSAGE_BYTES_MAX: usize = 4 << 20;
/// The longest JSON key or chat name looked at: ours are under twenty bytes, Telegram's names under 256.
pub(super) const JSON_WORD_BYTES_MAX: usize = 4 << 10;
/// The longest name or platform identity: three times what any platform allows.
pub(super) const NAME_BYTES_MAX: usize = 512;
/// The most characters of a bad line that are shown: what fits into one row of a terminal.
pub(super) const EXCERPT_CHARS_MAX: usize = 80;
/// The last moment taken, the end of the year 9999: later than that is a unit mistaken for another.
pub(super) const MOMENT_MS_MAX: u64 = 253_402_300_799_999;
/// How much of a file is looked at to tell its encoding: a page of text shows it.
pub(super) const SNIFF_BYTES: usize = 16 << 10;
