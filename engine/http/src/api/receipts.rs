//! Receipts: why something was held, denied or let through. A member reads their own, a moderator all, with
//! the facts that the verdict rests on.

use axum::Json;
use kith_core::ids::{MemberId, ReceiptId};
use kith_core::queue::{Ground, Receipt, Verdict};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_runtime::texts::Reader;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page::Page;
use super::{id, missing};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::{Path, Query};
use crate::words::Words;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Why something was decided as it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(super) struct Shown {
    /// Which.
    pub(super) id: String,
    /// Whose case it was.
    member: String,
    /// When.
    at: String,
    /// `allow`, `hold` or `deny`.
    verdict: String,
    /// What spoke: `rule`, `gate`, `script`, `person` or `deadline`.
    by: String,
    /// The reason, in the reader's language.
    reason: String,
    /// What would have been fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Told to moderators: the facts that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    ground: Option<Ground>,
    /// Told to moderators: what follows from the facts alone, again.
    #[serde(skip_serializing_if = "Option::is_none")]
    derived: Option<String>,
}

/// A verdict's stable name.
const fn name_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

impl Shown {
    pub(super) fn of(sight: &Sight<'_>, receipt: &Receipt, words: Words) -> Self {
        let reader = Reader { language: words.language, stream: Some(sight.stream) };
        let moderates = sight.may(Permission::Moderate);
        let by = match &receipt.ground {
            Ground::Rule(_) => "rule",
            Ground::Gate(_) => "gate",
            Ground::Script(_) => "script",
            Ground::Person { .. } => "person",
            Ground::Deadline { .. } => "deadline",
        };
        Self {
            id: receipt.id.to_string(),
            member: receipt.member.to_string(),
            at: rfc3339(receipt.at_ms),
            verdict: name_of(receipt.verdict).to_owned(),
            by: by.to_owned(),
            reason: reader.render(&receipt.reason),
            remedy: receipt.remedy.as_ref().map(|remedy| reader.render(remedy)),
            hint: reader.hint(&receipt.reason),
            ground: moderates.then(|| receipt.ground.clone()),
            derived: moderates.then(|| name_of(receipt.ground.verdict()).to_owned()),
        }
    }
}

/// Whose receipts.
#[derive(Debug, Deserialize, IntoParams)]
struct Wanted {
    /// Somebody else's, for moderators; one's own where it is left out.
    member: Option<String>,
    /// Everybody's, for moderators.
    all: Option<bool>,
}

/// Receipts, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct Receipts {
    receipts: Vec<Shown>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List receipts, newest first
#[utoipa::path(
    get, path = "/communities/{community}/receipts", tag = "receipts",
    extensions(("x-permission" = json!("known"))), params(Wanted, Page),
    responses((status = 200, body = Receipts)),
)]
async fn list(
    caller: Caller,
    Path(community): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(page): Query<Page>,
) -> Result<Json<Receipts>, Problem> {
    caller.actor()?;
    let (after, words) = (page.after::<ReceiptId>()?, caller.words);
    let named = wanted.member.as_deref().map(id::<MemberId>).transpose()?;
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        let mine = sight.me.map(|me| me.id);
        let whose = match (wanted.all, named) {
            (Some(true), _) => None,
            (_, Some(member)) => Some(member),
            _ => Some(mine.ok_or(Refusal::NotAMember)?),
        };
        if whose != mine || whose.is_none() {
            sight.need(Permission::Moderate)?;
        }
        let newest = sight.community.queue.receipts.values().rev();
        let wanted = newest.filter(|it| {
            whose.is_none_or(|whose| it.member == whose) && after.is_none_or(|after| it.id < after)
        });
        let rows = wanted.take(page.limit() + 1).map(|it| Shown::of(&sight, it, words)).collect();
        let (receipts, next) = page.cut(rows, |last: &Shown| last.id.clone());
        Ok(Receipts { receipts, next })
    });
    Ok(Json(found.await?))
}

/// Show a receipt: one's own, or any as a moderator
#[utoipa::path(
    get, path = "/communities/{community}/receipts/{receipt}", tag = "receipts",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, receipt)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    caller.actor()?;
    let (receipt, words): (ReceiptId, _) = (id(&receipt)?, caller.words);
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        let found = sight.community.queue.receipts.get(&receipt);
        let known =
            |it: &&Receipt| sight.me.is_some_and(|me| me.id == it.member) || sight.may(Permission::Moderate);
        if sight.me.is_none() && !sight.is_host {
            return Err(Refusal::NotAMember);
        }
        Ok(Shown::of(&sight, found.filter(known).ok_or_else(|| missing(receipt))?, words))
    });
    Ok(Json(found.await?))
}
