//! The domain's no: one ordered list of refusals with stable codes.
//!
//! Guards refuse in the order of this list, so that a caller always learns the first thing to mend. A refusal
//! is part of the contract and never logged as an error. Its sentence and its hint are in the message files
//! under its code and `<code>.hint`.

use serde::{Deserialize, Serialize};

use crate::notice::{Arg, Text};

mod words;

pub use words::codes as word_codes;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $kind:ty),* $(,)? })? = $code:literal;)*) => {
        /// Why a command changed nothing.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Refusal {
            $($(#[$doc])* $name $({ $(
                #[doc = concat!("Argument `{", stringify!($field), "}` of the text.")]
                $field: $kind
            ),* })?,)*
        }

        impl Refusal {
            /// Every code, in order.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// The stable code.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$name $({ $($field: _),* })? => $code,)*
                }
            }

            /// Code and arguments, to be rendered in the reader's language.
            pub fn text(&self) -> Text {
                match self {
                    $(Self::$name $({ $($field),* })? => {
                        let text = Text::new($code);
                        $($(let text = refusal_arg(text, stringify!($field), $field);)*)?
                        text
                    })*
                }
            }
        }
    };
}

/// A refusal's field as an argument of a text.
trait RefusalArg {
    fn arg(&self) -> Arg;
}

impl RefusalArg for String {
    fn arg(&self) -> Arg {
        Arg::Name(self.clone())
    }
}

impl RefusalArg for u64 {
    fn arg(&self) -> Arg {
        Arg::from(*self)
    }
}

impl RefusalArg for Arg {
    fn arg(&self) -> Arg {
        self.clone()
    }
}

/// The text with a field as its argument; a word of the engine's own becomes a code.
fn refusal_arg(text: Text, name: &str, field: &impl RefusalArg) -> Text {
    text.with(
        name,
        match field.arg() {
            Arg::Name(word) => words::worded(name, word),
            other => other,
        },
    )
}

refusals! {
    // The stream and the caller.
    /// The command names a stream that has not been created.
    CommunityNotFound = "community_not_found";
    /// A community command to the host's stream or the other way round.
    WrongStream = "wrong_stream";
    /// The community exists already.
    CommunityExists = "community_exists";
    /// Suspended by the host: reading only.
    CommunitySuspended = "community_suspended";
    /// Archived by its owner: reading only.
    CommunityArchived = "community_archived";
    /// Removed; nothing can be asked of it any more.
    CommunityRemoved = "community_removed";
    /// The person may not act anywhere on this host.
    PersonSuspended = "person_suspended";
    /// No such person on this host.
    PersonNotFound = "person_not_found";
    /// The key was used with another input.
    KeyReused = "key_reused";
    /// The key was refused long ago; only a new one can succeed.
    KeyBurned = "key_burned";
    /// The key is empty or too long.
    KeyInvalid { max: u64 } = "key_invalid";
    /// Too many commands in a minute.
    TooManyCommands { max: u64 } = "too_many_commands";
    /// A quota that the host set is used up.
    QuotaExceeded { quota: String, max: u64 } = "quota_exceeded";

    // Who may.
    /// Only the host may.
    HostOnly = "host_only";
    /// The actor is not a member here.
    NotAMember = "not_a_member";
    /// The actor was banned.
    Banned = "banned";
    /// The actor was banned until a time.
    BannedUntil { until: Arg } = "banned_until";
    /// The actor's role lacks the permission.
    PermissionMissing { permission: String } = "permission_missing";
    /// The token was not given the permission.
    ScopeTooNarrow { permission: String } = "scope_too_narrow";
    /// Only the owner may.
    OwnerOnly = "owner_only";
    /// The other is of the same or a higher rank.
    RankTooLow = "rank_too_low";
    /// It is somebody else's, and only they may.
    NotYours { what: String } = "not_yours";
    /// Muted until a time.
    Muted { until: Arg } = "muted";
    /// Slow mode: too soon after the last message.
    SlowMode { again: Arg } = "slow_mode";
    /// Nobody decides about themselves.
    OwnCase = "own_case";

    // Shape of the input.
    /// A text is empty that must not be.
    TextEmpty { field: String } = "text_empty";
    /// A text is too long.
    TextTooLong { field: String, max: u64 } = "text_too_long";
    /// A name is not usable.
    NameInvalid { name: String } = "name_invalid";
    /// A body that the command refers to did not come with it, or is not UTF-8.
    BodyMissing = "body_missing";
    /// A value does not fit its setting's or field's type.
    ValueInvalid { name: String, expected: String } = "value_invalid";
    /// Too many of something.
    TooMany { what: String, max: u64 } = "too_many";

    // What it is about.
    /// Nothing of that name or id.
    NotFound { what: String } = "not_found";
    /// Something of that name exists.
    AlreadyExists { what: String } = "already_exists";
    /// Somebody else signs in by that name.
    LoginTaken = "login_taken";
    /// The sign-in link was used.
    LinkUsed = "link_used";
    /// The sign-in link has expired.
    LinkExpired = "link_expired";
    /// It is not in a state in which this can be done.
    WrongState { what: String, state: String } = "wrong_state";
    /// It can be done again from a time on.
    NotYet { what: String, until: Arg } = "not_yet";
    /// Money stands still since the ledger found a mistake.
    MoneyHalted = "money_halted";
    /// The community's profile does not allow this with currency.
    ProfileForbids = "profile_forbids";
    /// The account is frozen or closed.
    AccountFrozen = "account_frozen";
    /// A cap on money would be exceeded.
    MoneyLimit { what: String, max: u64 } = "money_limit";
    /// There is not enough to take it from.
    InsufficientFunds { available: u64 } = "insufficient_funds";
    /// A balance would grow beyond what one can hold.
    BalanceTooLarge = "balance_too_large";
    /// More would be taken back than is left of it.
    ReversalTooLarge { left: u64 } = "reversal_too_large";
    /// The member opened the packet before.
    PacketClaimed { share: u64 } = "packet_claimed";
    /// Nothing is left in the packet, or its time is over.
    PacketEmpty = "packet_empty";
    /// Nothing would change.
    NothingToChange = "nothing_to_change";
}
