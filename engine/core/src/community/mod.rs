//! The community itself: founding from a blueprint, settings, texts, lists, ownership, suspension, archive,
//! removal.

mod blueprint;
mod ownership;
mod setting;
#[cfg(test)]
mod tests;

pub use blueprint::{Blueprint, Language};
pub use ownership::Offer;
pub use setting::{Own, Setting, Settings, Zone};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::body::{Bodies, BodyRef};
use crate::command::{self, Actor, CommandKind};
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::ids::{MemberId, PersonId};
use crate::member::{Member, Origin, Standing};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::{MEMBER, Need, OWNER, Permission};
use crate::stream::{Community, Stream};
use crate::{card, channel, gate, host, limits, message, privacy, queue, rule, topic};

/// What a community is called and how it is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name: a label, unique on the host, may change.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// IANA time zone.
    pub zone: Zone,
    /// The language of its texts where a reader has not chosen.
    pub language: Language,
    /// The owner; `None` until the first owner has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<MemberId>,
    /// An offer of ownership that waits for consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// Whether it is open.
    #[serde(default)]
    pub status: Status,
    /// Typed settings.
    #[serde(default)]
    pub settings: Settings,
    /// Texts of its own: language → code → template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    /// Named lists: name → lines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Vec<String>>,
}

/// Whether a community is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Open.
    #[default]
    Open,
    /// Suspended by the host: reading only.
    Suspended,
    /// Archived by its owner: reading only.
    Archived {
        /// Where to go instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
    },
    /// Removed by the host.
    Removed,
}

impl Status {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Suspended => "suspended",
            Self::Archived { .. } => "archived",
            Self::Removed => "removed",
        }
    }
}

/// A community's first owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founder {
    /// The person.
    pub person: PersonId,
    /// The nickname they go by; its body is owned by `MemberId::of(command, 0)`.
    pub nickname: BodyRef,
}

/// Why the community set a timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// An offer of ownership runs out.
    OfferEnds,
}

/// What can be asked of a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Found a community.
    Create {
        /// Its name.
        name: String,
        /// How it is set up.
        blueprint: Box<Blueprint>,
        /// Its first owner, where there is one yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        founder: Option<Founder>,
    },
    /// Give it another name.
    Rename {
        /// The new name; the host has taken it for this community.
        name: String,
    },
    /// Change a setting.
    Change {
        /// Which, and its new value.
        setting: Setting,
    },
    /// Set a list, or remove it by setting it empty.
    SetList {
        /// Its name.
        name: String,
        /// Its lines.
        lines: Vec<String>,
    },
    /// Set the own texts of one language.
    SetTexts {
        /// `en` or `zh-CN`.
        language: String,
        /// Code → template.
        texts: BTreeMap<String, String>,
    },
    /// Offer the ownership.
    OfferOwnership {
        /// To whom.
        to: MemberId,
    },
    /// Consent to an offer.
    AcceptOwnership,
    /// Decline an offer.
    DeclineOwnership,
    /// Take an offer back.
    WithdrawOwnership,
    /// Close it for good or for a while: reading only.
    Archive {
        /// Where to go instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
    },
    /// Open an archived one again.
    Reopen,
    /// By the host: reading only.
    Suspend,
    /// By the host: open again.
    Resume,
    /// By the host: nothing can be asked of it any more; its keys are destroyed afterwards.
    Remove,
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Create { .. } | Self::Rename { .. } | Self::Suspend | Self::Resume | Self::Remove => {
                Need::Host
            }
            Self::Change { .. } | Self::SetTexts { .. } => Need::Permission(Permission::ManageSettings),
            Self::SetList { .. } => Need::Permission(Permission::ManageRules),
            Self::AcceptOwnership | Self::DeclineOwnership => Need::Inside,
            Self::OfferOwnership { .. } | Self::WithdrawOwnership | Self::Archive { .. } | Self::Reopen => {
                Need::Owner
            }
        }
    }
}

/// What happened to a community. Events that overwrite carry the old value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was founded.
    Created {
        /// Its name.
        name: String,
        /// How it is set up.
        blueprint: Box<Blueprint>,
        /// Its first owner, and the member they became.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        founder: Option<(MemberId, Founder)>,
    },
    /// It has another name.
    Renamed {
        /// The new one.
        name: String,
        /// The old one.
        old: String,
    },
    /// A setting changed.
    Changed {
        /// The new value.
        setting: Setting,
        /// The old value.
        old: Setting,
    },
    /// A list was set.
    ListSet {
        /// Its name.
        name: String,
        /// Its lines; none removes it.
        lines: Vec<String>,
        /// The lines before.
        old: Vec<String>,
    },
    /// The own texts of a language were set.
    TextsSet {
        /// Which language.
        language: String,
        /// The texts.
        texts: BTreeMap<String, String>,
        /// The texts before.
        old: BTreeMap<String, String>,
    },
    /// The ownership was offered.
    OwnershipOffered {
        /// To whom, until when.
        offer: Offer,
        /// The offer that it replaces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Offer>,
    },
    /// The ownership changed hands.
    OwnershipHandedOver {
        /// The new owner.
        to: MemberId,
        /// The old owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<MemberId>,
    },
    /// An offer was declined, taken back or ran out.
    OwnershipOfferEnded {
        /// To whom it was made.
        to: MemberId,
    },
    /// It is open, suspended, archived or removed.
    StatusChanged {
        /// Now.
        status: Status,
        /// Before.
        old: Status,
    },
}

/// Refuses what a closed community does not take. Erasure, timers and what passes between streams always go
/// on.
pub fn open_for(community: &Community, kind: &CommandKind) -> Result<(), Refusal> {
    let always = matches!(
        kind,
        CommandKind::Privacy(_)
            | CommandKind::Timer(_)
            | CommandKind::Handoff(_)
            | CommandKind::Host(_)
            | CommandKind::Community(Command::Resume | Command::Remove | Command::Suspend)
    );
    match &community.profile.status {
        Status::Open => Ok(()),
        Status::Removed if matches!(kind, CommandKind::Privacy(privacy::Command::Finish { .. })) => Ok(()),
        Status::Removed if !matches!(kind, CommandKind::Handoff(_)) => Err(Refusal::CommunityRemoved),
        _ if always => Ok(()),
        Status::Archived { .. } if matches!(kind, CommandKind::Community(Command::Reopen)) => Ok(()),
        Status::Suspended => Err(Refusal::CommunitySuspended),
        Status::Archived { .. } => Err(Refusal::CommunityArchived),
        Status::Removed => Err(Refusal::CommunityRemoved),
    }
}

/// Decides the first command of a community's stream.
pub fn found(
    _stream: &Stream,
    envelope: &command::Command,
    bodies: &Bodies,
    command: &Command,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let Command::Create { name, blueprint, founder } = command else {
        return Err(Refusal::CommunityNotFound);
    };
    if envelope.actor != Actor::Host {
        return Err(Refusal::HostOnly);
    }
    limits::check_name(name)?;
    blueprint.check()?;
    if let Some(founder) = founder {
        bodies.text(&founder.nickname).ok_or(Refusal::BodyMissing)?;
    }
    let founder = founder.clone().map(|founder| (MemberId::of(envelope.id, 0), founder));
    if let Some((member, founder)) = &founder {
        host::tell_link(founder.person, *member, out);
    }
    out.event(Event::Created { name: name.clone(), blueprint: blueprint.clone(), founder });
    topic::begin(envelope, &blueprint.topics, &blueprint.zone, out);
    Ok(())
}

/// Decides a community command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let profile = &ctx.community.profile;
    match command {
        Command::Create { .. } => Err(Refusal::CommunityExists),
        Command::Rename { name } => {
            limits::check_name(name)?;
            changed(name, &profile.name)?;
            out.event(Event::Renamed { name: name.clone(), old: profile.name.clone() });
            Ok(())
        }
        Command::Change { setting } => {
            setting.check()?;
            let old = setting.current(profile);
            changed(&old, setting)?;
            out.event(Event::Changed { setting: setting.clone(), old });
            if let Setting::Zone(zone) = setting {
                topic::zone_changed(ctx, zone, out);
            }
            Ok(())
        }
        Command::SetList { name, lines } => {
            blueprint::check_list(name, lines)?;
            rule::check_list(&ctx.community.rules, name, lines)?;
            let old = profile.lists.get(name).cloned().unwrap_or_default();
            changed(&old, lines)?;
            out.event(Event::ListSet { name: name.clone(), lines: lines.clone(), old });
            Ok(())
        }
        Command::SetTexts { language, texts } => {
            blueprint::check_texts(language, texts)?;
            let old = profile.texts.get(language).cloned().unwrap_or_default();
            changed(&old, texts)?;
            out.event(Event::TextsSet { language: language.clone(), texts: texts.clone(), old });
            Ok(())
        }
        Command::OfferOwnership { to } => ownership::offer(ctx, *to, out),
        Command::AcceptOwnership => ownership::accept(ctx, out),
        Command::DeclineOwnership => ownership::decline(ctx, out),
        Command::WithdrawOwnership => ownership::withdraw(ctx, out),
        Command::Archive { pointer } => {
            if let Some(pointer) = pointer {
                limits::check_name(pointer)?;
            }
            status(ctx, Status::Archived { pointer: pointer.clone() }, out)
        }
        Command::Reopen => match profile.status {
            Status::Archived { .. } => status(ctx, Status::Open, out),
            _ => Err(Refusal::NothingToChange),
        },
        Command::Resume => match profile.status {
            Status::Suspended => status(ctx, Status::Open, out),
            _ => Err(Refusal::NothingToChange),
        },
        Command::Suspend => status(ctx, Status::Suspended, out),
        Command::Remove => status(ctx, Status::Removed, out),
    }
}

fn changed<T: PartialEq + ?Sized>(old: &T, new: &T) -> Result<(), Refusal> {
    if old == new { Err(Refusal::NothingToChange) } else { Ok(()) }
}

fn status(ctx: &Ctx<'_>, status: Status, out: &mut Outcome) -> Result<(), Refusal> {
    let old = ctx.community.profile.status.clone();
    changed(&old, &status)?;
    out.event(Event::StatusChanged { status, old });
    Ok(())
}

/// A timer of the community fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    match timer {
        Timer::OfferEnds => ownership::offer_ends(ctx, out),
    }
}

/// Applies what happened to the community.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, shelf: Shelf<'_>) {
    match event {
        Event::Created { name, blueprint, founder } => {
            create(community, name, blueprint, moment);
            if let Some((id, founder)) = founder {
                settle(community, *id, founder, moment, shelf);
            }
        }
        Event::Renamed { name, .. } => community.profile.name.clone_from(name),
        Event::Changed { setting, .. } => setting.set(&mut community.profile),
        Event::ListSet { name, lines, .. } if lines.is_empty() => {
            community.profile.lists.remove(name);
        }
        Event::ListSet { name, lines, .. } => {
            community.profile.lists.insert(name.clone(), lines.clone());
        }
        Event::TextsSet { language, texts, .. } => {
            community.profile.texts.insert(language.clone(), texts.clone());
        }
        Event::OwnershipOffered { offer, .. } => community.profile.offer = Some(offer.clone()),
        Event::OwnershipHandedOver { to, old } => ownership::hand_over(community, *to, *old),
        Event::OwnershipOfferEnded { .. } => community.profile.offer = None,
        Event::StatusChanged { status, .. } => community.profile.status = status.clone(),
    }
}

fn create(community: &mut Community, name: &str, blueprint: &Blueprint, moment: &Moment) {
    community.profile = Profile {
        name: name.to_owned(),
        about: blueprint.about.clone(),
        zone: blueprint.zone.clone(),
        language: blueprint.language,
        owner: None,
        offer: None,
        status: Status::Open,
        settings: blueprint.settings.clone(),
        texts: blueprint.texts.clone(),
        lists: blueprint.lists.clone(),
    };
    community.roles = blueprint.all_roles();
    gate::configure(community, &blueprint.gate);
    card::configure(community, &blueprint.card);
    message::configure(community, &blueprint.messages);
    rule::configure(community, &blueprint.rules, &blueprint.ladder);
    rule::configure_raid(community, &blueprint.raid);
    queue::configure(community, &blueprint.queue);
    let hall = channel::default_name(blueprint.language.tag());
    channel::configure(community, &blueprint.channels, moment.command, hall);
    rule::configure_slow(community, &blueprint.slow_mode);
    topic::configure(community, &blueprint.topics);
}

fn settle(community: &mut Community, id: MemberId, founder: &Founder, moment: &Moment, mut shelf: Shelf<'_>) {
    keep(&mut shelf, &founder.nickname);
    community.members.put(Member {
        id,
        person: Some(founder.person),
        nickname: founder.nickname,
        card: BTreeMap::new(),
        roles: [OWNER.to_owned(), MEMBER.to_owned()].into(),
        tags: Default::default(),
        standing: Standing::Active,
        since_ms: moment.at_ms,
        joined_ms: Some(moment.at_ms),
        origin: Origin { source: "founder".to_owned(), ..Origin::default() },
        notices: Vec::new(),
    });
    community.profile.owner = Some(id);
}
