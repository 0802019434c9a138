//! Letters: what a webhook is told of one event, as CloudEvents 1.0 in structured JSON, and how it is signed.
//!
//! A letter tells what live streams tell a member who reads the channels that all members read, and that a
//! moderator is wanted. An event has one id however often it is sent.

use std::collections::BTreeSet;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kith_core::ids::{ChannelId, CommunityId};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;

use crate::live::{Audience, EventId, Settled};
use crate::moment::rfc3339;
use crate::talk::hex;

/// The media type of a letter.
pub(super) const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";
/// What of the data an event is about, the first that is there.
const SUBJECTS: &[&str] = &["message", "question", "hold", "member", "channel"];

/// The events that a webhook can be told of, by the names of `docs/scripts/events.md`.
pub const KINDS: &[&str] = &[
    "announcement.acknowledged",
    "answer.accepted",
    "answer.taken_back",
    "appeal.made",
    "channel.changed",
    "hold.placed",
    "import.message",
    "member.banned",
    "member.joined",
    "member.left",
    "member.muted",
    "member.reinstated",
    "member.removed",
    "member.unbanned",
    "member.unmuted",
    "message.deleted",
    "message.edited",
    "message.pinned",
    "message.posted",
    "message.undeleted",
    "message.unpinned",
    "reaction.added",
    "reaction.removed",
    "topic.raised",
];
/// Those of them that only moderators hear of live: somebody has to look.
const ALERTS: &[&str] = &["appeal.made", "hold.placed"];

/// One event, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) id: EventId,
    pub(super) body: Bytes,
}

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    source: String,
    r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    time: String,
    datacontenttype: &'static str,
    data: &'a Value,
}

impl Letter {
    /// The letter of an event.
    pub(super) fn of(community: CommunityId, event: &Settled) -> Option<Self> {
        let event_told = CloudEvent {
            specversion: "1.0",
            id: event.id.to_string(),
            source: format!("/communities/{community}"),
            r#type: format!("kith.{}", event.kind),
            subject: SUBJECTS.iter().find_map(|name| event.data.get(name)?.as_str()),
            time: rfc3339(event.at_ms),
            datacontenttype: "application/json",
            data: &event.data,
        };
        let body = serde_json::to_vec(&event_told).ok()?;
        Some(Self { id: event.id, body: body.into() })
    }

    /// The value of `Kith-Signature` at a second of Unix time.
    pub(super) fn signature(&self, secret: &str, at_s: u64) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes any key");
        mac.update(at_s.to_string().as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        format!("t={at_s},v1={}", hex(&mac.finalize().into_bytes()))
    }
}

/// Whether webhooks may be told of an event, where `open` are the channels that every member reads.
pub(super) fn is_told(event: &Settled, open: &BTreeSet<ChannelId>) -> bool {
    let is_open = |channel: &str| channel.parse().is_ok_and(|channel| open.contains(&channel));
    let names_hidden =
        event.data.get("channel").and_then(Value::as_str).is_some_and(|channel| !is_open(channel));
    match event.audience {
        Audience::Members => !names_hidden,
        Audience::Channel(channel) => open.contains(&channel),
        Audience::Holders(_) => ALERTS.contains(&event.kind),
        Audience::Member(_) | Audience::Of(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use kith_core::ids::MemberId;
    use kith_core::role::Permission;
    use serde_json::json;

    use super::*;

    fn event(kind: &'static str, audience: Audience, data: Value) -> Settled {
        Settled { id: EventId { seq: 7, index: 1 }, kind, audience, at_ms: 1_700_000_000_120, data }
    }

    #[test]
    fn a_letter_is_a_cloud_event_and_signed_with_its_time() {
        let open = ChannelId(1);
        let data = json!({ "message": "msg_1", "channel": open });
        let letter =
            Letter::of(CommunityId(5), &event("message.posted", Audience::Channel(open), data)).unwrap();
        let sent: Value = serde_json::from_slice(&letter.body).unwrap();
        let expected = json!({
            "specversion": "1.0", "id": "7.1", "source": format!("/communities/{}", CommunityId(5)),
            "type": "kith.message.posted", "subject": "msg_1", "time": "2023-11-14T22:13:20.120Z",
            "datacontenttype": "application/json", "data": { "message": "msg_1", "channel": open },
        });
        assert_eq!(sent, expected);
        // Made with Python's hmac: hmac.new(b"secret", b"5.{}", "sha256").
        let letter = Letter { id: letter.id, body: Bytes::from_static(b"{}") };
        let signature = "t=5,v1=f18d2fcd9a24151471e3e2d71bc7ce901fb7b89b341918a08f95e9ffc497ea26";
        assert_eq!(letter.signature("secret", 5), signature);
    }

    #[test]
    fn nothing_is_told_that_only_some_members_know() {
        let (open, hidden) = (ChannelId(1), ChannelId(2));
        let of_hidden = json!({ "channel": hidden });
        for (kind, audience, data, told) in [
            ("member.joined", Audience::Members, json!({}), true),
            ("channel.changed", Audience::Members, json!({ "channel": open }), true),
            ("channel.changed", Audience::Members, of_hidden.clone(), false),
            ("message.posted", Audience::Channel(open), json!({ "channel": open }), true),
            ("message.posted", Audience::Channel(hidden), of_hidden, false),
            ("message.denied", Audience::Member(MemberId(3)), json!({}), false),
            ("hold.placed", Audience::Holders(Permission::Moderate), json!({}), true),
            ("appeal.made", Audience::Holders(Permission::Moderate), json!({}), true),
            ("hold.resolved", Audience::Holders(Permission::Moderate), json!({}), false),
            ("script.changed", Audience::Holders(Permission::ManageRules), json!({}), false),
            ("message.edited", Audience::Holders(Permission::Moderate), json!({}), false),
        ] {
            assert_eq!(is_told(&event(kind, audience, data), &[open].into()), told, "{kind} {audience:?}");
        }
    }
}
