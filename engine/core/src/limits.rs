//! Every limit of the core: its name, its unit and why it is what it is.

use crate::refusal::Refusal;

/// Bytes of one text part; a long forum post fits, a file does not (those are blobs).
pub const TEXT_BYTES_MAX: usize = 32 * 1024;
/// Parts of one message; an album of pictures with captions fits.
pub const PARTS_MAX: usize = 32;
/// Bytes of a name: community, channel, role, tag, rule, list, field. Sixty Chinese characters.
pub const NAME_BYTES_MAX: usize = 180;
/// Bytes of an idempotency key, as common HTTP APIs take.
pub const KEY_BYTES_MAX: usize = 128;
/// How long an outcome answers a repeated key, in event time: longer than any client retries.
pub const OUTCOME_KEPT_MS: u64 = 48 * 60 * 60 * 1_000;
/// Headers of the newest messages kept in the state; older ones come as evidence.
pub const RECENT_MESSAGES_MAX: usize = 512;
/// Receipts kept in the state; older ones are read from the log.
pub const RECEIPTS_MAX: usize = 1_024;
/// Notices a member can have unread; the oldest go first.
pub const NOTICES_MAX: usize = 50;
/// Members of one community that the engine is measured with.
pub const MEMBERS_MAX: usize = 200_000;
/// Roles a community can define.
pub const ROLES_MAX: usize = 64;
/// Tags a member can carry.
pub const TAGS_MAX: usize = 64;
/// Rows of one import batch: large enough to be fast, small enough not to hold the mailbox.
pub const IMPORT_ROWS_MAX: usize = 500;
/// Commands of one member in a minute above which they are refused; a fast typist stays far below.
pub const COMMANDS_PER_MINUTE_MAX: u32 = 120;

/// Refuses a name that is empty, too long, or holds control characters or surrounding space.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let usable = !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if usable {
        return Ok(());
    }
    Err(Refusal::NameInvalid { name: name.chars().filter(|c| !c.is_control()).take(60).collect() })
}
