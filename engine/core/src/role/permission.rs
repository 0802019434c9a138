//! Permissions: what may be done at all, by stable codes, and what a command needs of its actor.

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// What a role may allow. Codes are stable; new ones are added at the end.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable code, as it stands in blueprints and tokens.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

permissions! {
    /// Read channels.
    Read = "read";
    /// Post in group channels and one's own feed.
    Post = "post";
    /// Post in broadcast channels.
    Broadcast = "broadcast";
    /// React to messages.
    React = "react";
    /// Make invite codes.
    Invite = "invite";
    /// Make announcements.
    Announce = "announce";
    /// Mention everybody, within the budget.
    MentionAll = "mention_all";
    /// Delete and pin others' messages, decide holds and appeals; exempt from slow mode.
    Moderate = "moderate";
    /// Warn, mute and remove members, lift sanctions.
    Sanction = "sanction";
    /// Ban and unban.
    Ban = "ban";
    /// Let applicants in or turn them away.
    Approve = "approve";
    /// Tag members, give and take roles below one's own rank.
    ManageMembers = "manage_members";
    /// Define roles.
    ManageRoles = "manage_roles";
    /// Open, change and close channels.
    ManageChannels = "manage_channels";
    /// Change rules, ladder, lists, slow mode and the raid switch.
    ManageRules = "manage_rules";
    /// Change the gate.
    ManageGate = "manage_gate";
    /// Change the card's fields.
    ManageCard = "manage_card";
    /// Change settings and texts.
    ManageSettings = "manage_settings";
    /// Bring a past in.
    Import = "import";
    /// Connect other networks, and speak for their people.
    Connect = "connect";
    /// Act as the member that one is: join, leave, one's card, appeals, offers. No role is needed for it; it
    /// stands for all of that in the scope of a token.
    Participate = "participate";
    /// Give points to members and take them away.
    GrantPoints = "grant_points";
    /// Set what money there is, freeze accounts, take transactions back.
    ManageMoney = "manage_money";
}

impl Permission {
    /// Those that came after communities were founded without them. A role that allows all the others allows
    /// these too: the owner, and administrators unless they were given less.
    const LATER: &'static [Self] = &[Self::Connect, Self::GrantPoints, Self::ManageMoney];

    /// Whether it came later.
    pub fn is_later(self) -> bool {
        Self::LATER.contains(&self)
    }

    /// Those that a role can give. Whoever is a member takes part, whatever their roles.
    pub fn of_roles() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|permission| *permission != Self::Participate)
    }

    /// Those of roles that have been there from the first.
    pub fn first() -> impl Iterator<Item = Self> {
        Self::of_roles().filter(|permission| !permission.is_later())
    }
}

/// What a command asks of its actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Only the operator of the process.
    Host,
    /// A person, member or not.
    Person,
    /// Any member who is inside, or one who was (to appeal, to leave).
    Known,
    /// A member, or one who was, in person: no token does for them what cannot be taken back.
    Oneself,
    /// A member inside.
    Inside,
    /// A member inside with a permission, or the host.
    Permission(Permission),
    /// A member inside with all of these permissions, or the host.
    All(&'static [Permission]),
    /// The owner, or the host.
    Owner,
    /// The stream's own timers.
    Timer,
    /// Another stream.
    Stream,
}

impl Need {
    /// The permissions that a member has to have, and a token to be issued for.
    pub fn permissions(&self) -> &[Permission] {
        match self {
            Self::Permission(one) => std::slice::from_ref(one),
            Self::All(all) => all,
            Self::Person | Self::Known | Self::Inside => &[Permission::Participate],
            Self::Host | Self::Oneself | Self::Owner | Self::Timer | Self::Stream => &[],
        }
    }
}
