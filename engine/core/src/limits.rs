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
/// Bytes of all texts of one message together: twice the longest part, so that parts are no way around its
/// limit.
pub const MESSAGE_BYTES_MAX: usize = 2 * TEXT_BYTES_MAX;
/// Bytes of a link: what browsers and proxies pass on without cutting.
pub const LINK_BYTES_MAX: usize = 2_048;
/// Bytes of an attached file's name: what common file systems take.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Bytes of a media type such as `image/png`; registered ones stay below.
pub const MEDIA_TYPE_BYTES_MAX: usize = 96;
/// Bytes of one picture.
pub const IMAGE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes of one voice message: an hour of speech at a modest rate.
pub const VOICE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Length of one voice message; longer talk is a file.
pub const VOICE_MS_MAX: u64 = 60 * 60 * 1_000;
/// Bytes of one attached file: what the blob store takes.
pub const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Members one message can mention by name; more is what "all" with its budget is for.
pub const MENTIONS_MAX: usize = 50;
/// How often in 24 hours a community can allow everybody to be mentioned; above it nobody would look any
/// more.
pub const MENTION_ALL_PER_DAY_MAX: u32 = 100;
/// Bytes of the reason a moderator gives.
pub const REASON_BYTES_MAX: usize = 2_000;
/// Different emojis under one message: a row on a screen.
pub const EMOJIS_MAX: usize = 20;
/// Bytes of one emoji: a family with skin tones fits.
pub const EMOJI_BYTES_MAX: usize = 48;
/// Emoji codes of a community's own.
pub const EMOJI_CODES_MAX: usize = 256;
/// Reactions under one message by all members together; each is remembered with its member, so that nobody
/// counts twice and everybody can take theirs back.
pub const REACTIONS_MAX: usize = 1_000;
/// Pinned messages of one channel: beyond that nobody reads them.
pub const PINS_MAX: usize = 50;
/// Announcements whose acknowledgements are kept.
pub const ANNOUNCEMENTS_MAX: usize = 20;
/// Headers kept of messages that left the window changed (reacted to, edited, answered, pinned).
pub const CHANGED_MESSAGES_MAX: usize = 256;
/// Deleted messages remembered after they left the window.
pub const TOMBSTONES_MAX: usize = 4_096;
/// Channels that are nobody's feed.
pub const CHANNELS_MAX: usize = 256;
/// Bytes of a channel's topic: one line.
pub const TOPIC_BYTES_MAX: usize = 600;
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
/// Rules of a community: more than a person keeps in mind.
pub const RULES_MAX: usize = 64;
/// Channels, roles or tags that one rule names.
pub const RULE_SCOPE_MAX: usize = 64;
/// Lists that one rule names.
pub const LISTS_PER_RULE_MAX: usize = 16;
/// Hosts that one rule allows.
pub const HOSTS_PER_RULE_MAX: usize = 256;
/// Rungs of the ladder.
pub const RUNGS_MAX: usize = 16;
/// Receipts that one draft can get; whoever breaks more rules at once knows enough.
pub const RULE_RECEIPTS_MAX: usize = 8;
/// Places in a text that one receipt shows.
pub const QUOTES_MAX: usize = 5;
/// Strikes kept of one member; every ladder ends long before.
pub const STRIKES_MAX: usize = 32;
/// Members with strikes; beyond it those whose strikes are oldest are let off.
pub const STRUCK_MEMBERS_MAX: usize = 10_000;
/// Messages remembered for rules that look back, of all members together.
pub const ACTIVITY_MAX: usize = 4_096;
/// Messages of one member that a rule can count.
pub const LOOK_BACK_MESSAGES_MAX: u32 = 500;
/// How far back a rule can look.
pub const LOOK_BACK_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// The longest wait of slow mode.
pub const SLOW_MODE_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// Channels with a slow mode of their own.
pub const SLOW_CHANNELS_MAX: usize = 256;
/// Joins after which the raid switch can be set to go on by itself.
pub const RAID_JOINS_MAX: u32 = 1_000;
/// The longest time for which the raid switch goes on; a longer one is a gate.
pub const RAID_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1_000;
/// The longest mute; beyond it a role without `post` is clearer.
pub const MUTE_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1_000;
/// Rules whose outcomes are counted, removed ones included.
pub const TALLIED_RULES_MAX: usize = 256;
/// Versions of one rule whose outcomes are counted.
pub const TALLIED_VERSIONS_MAX: usize = 16;
/// What can wait in the queue of a community, whatever its settings.
pub const HOLDS_MAX: usize = 1_000;
/// Denied messages kept so that an appeal can restore them.
pub const DENIED_KEPT_MAX: usize = 256;
/// Appeals kept, open and decided; the oldest decided go first.
pub const APPEALS_MAX: usize = 512;
/// Appeals of one member that can be open at a time.
pub const APPEALS_PER_MEMBER_MAX: usize = 3;
/// Bytes of an appeal's text.
pub const APPEAL_BYTES_MAX: usize = 4_000;

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
/// Settings of the operator's own, for scripts.
pub const OWN_SETTINGS_MAX: usize = 64;
/// Scripts of one community: each is asked in turn while somebody waits.
pub const SCRIPTS_MAX: usize = 32;
/// Bytes of one script's source: a thousand lines.
pub const SCRIPT_BYTES_MAX: usize = 64 * 1024;
/// Versions of one script whose sources are kept in the state; older ones are in the log.
pub const SCRIPT_VERSIONS_KEPT: usize = 5;
/// Keys that one script remembers.
pub const SCRIPT_KEYS_MAX: usize = 4_096;
/// Bytes of a key or of a timer's name.
pub const SCRIPT_KEY_BYTES_MAX: usize = 128;
/// Bytes of one value that a script remembers.
pub const SCRIPT_VALUE_BYTES_MAX: usize = 8 * 1024;
/// Timers of one script that have not rung.
pub const SCRIPT_TIMERS_MAX: usize = 64;
/// How far ahead a script's timer may be: two years.
pub const TIMER_MS_MAX: u64 = 731 * 24 * 60 * 60 * 1_000;
/// How deep after-hooks follow from what after-hooks did.
pub const EVENT_DEPTH_MAX: u32 = 4;
/// Runs of after-hooks that follow from one root record.
pub const EVENT_RUNS_MAX: u32 = 32;
/// Timers of a stream beyond which what fails is given up at once: a script that always fails must not fill
/// the state.
pub const RETRIES_WAITING_MAX: usize = 4_096;
/// Things that scripts failed at, kept for the operator; the oldest go first.
pub const DEAD_LETTERS_MAX: usize = 64;
/// Effects that one run may propose: a raffle's prizes, not a flood.
pub const EFFECTS_MAX: usize = 32;
/// Things that one command undoes: large enough to be fast, small enough not to hold the mailbox.
pub const UNDO_ITEMS_MAX: usize = 500;
