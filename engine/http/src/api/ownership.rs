//! Whose a community is: handing it over, closing it and opening it again.

use axum::Json;
use kith_core::community::Command;
use kith_core::ids::MemberId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(show, offer, withdraw))
        .routes(routes!(accept))
        .routes(routes!(decline))
        .routes(routes!(archive, reopen))
}

/// The offer that is open.
#[derive(Debug, Serialize, ToSchema)]
struct Offer {
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// To whom the ownership is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered_to: Option<String>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// Show whose the community is, and the offer that is open
#[utoipa::path(
    get, path = "/communities/{community}/ownership", tag = "ownership",
    extensions(("x-permission" = json!("inside"))), responses((status = 200, body = Offer)),
)]
async fn show(caller: Caller, Path(community): Path<String>) -> Result<Json<Offer>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need_inside()?;
        let profile = &sight.community.profile;
        Ok(Offer {
            owner: profile.owner.map(|owner| owner.to_string()),
            offered_to: profile.offer.as_ref().map(|offer| offer.to.to_string()),
            until: profile.offer.as_ref().map(|offer| rfc3339(offer.until_ms)),
        })
    });
    Ok(Json(found.await?))
}

/// To whom a community is offered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "to": "mem_01JD0000000000000000000000" }))]
struct NewOffer {
    /// Which member.
    #[schema(value_type = String)]
    to: MemberId,
}

/// Offer the ownership to a member
#[utoipa::path(
    put, path = "/communities/{community}/ownership", tag = "ownership",
    extensions(("x-permission" = json!("owner"))), request_body = NewOffer,
    responses((status = 200, body = Done)),
)]
async fn offer(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: NewOffer { to }, input }: Sent<NewOffer>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::OfferOwnership { to }).await
}

/// Take the offer back
#[utoipa::path(
    delete, path = "/communities/{community}/ownership", tag = "ownership",
    extensions(("x-permission" = json!("owner"))), responses((status = 200, body = Done)),
)]
async fn withdraw(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::WithdrawOwnership).await
}

/// Consent to an offer: the community is one's own from now on
#[utoipa::path(
    post, path = "/communities/{community}/ownership/acceptance", tag = "ownership",
    extensions(("x-permission" = json!("inside"))), responses((status = 200, body = Done)),
)]
async fn accept(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::AcceptOwnership).await
}

/// Decline an offer
#[utoipa::path(
    post, path = "/communities/{community}/ownership/refusal", tag = "ownership",
    extensions(("x-permission" = json!("inside"))), responses((status = 200, body = Done)),
)]
async fn decline(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::DeclineOwnership).await
}

/// How a community is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "pointer": "https://example.org/elsewhere" }))]
struct Closing {
    /// Where to go instead.
    #[serde(default)]
    pointer: Option<String>,
}

/// Close the community: everybody can go on reading
#[utoipa::path(
    put, path = "/communities/{community}/archive", tag = "ownership",
    extensions(("x-permission" = json!("owner"))), request_body = Closing,
    responses((status = 200, body = Done)),
)]
async fn archive(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: Closing { pointer }, input }: Sent<Closing>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::Archive { pointer }).await
}

/// Open the community again
#[utoipa::path(
    delete, path = "/communities/{community}/archive", tag = "ownership",
    extensions(("x-permission" = json!("owner"))), responses((status = 200, body = Done)),
)]
async fn reopen(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::Reopen).await
}
