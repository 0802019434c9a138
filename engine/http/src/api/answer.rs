//! What came of a command, as most operations say it.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use kith_core::command::CommandKind;
use kith_core::ids::{CommandId, CommunityId};
use kith_core::ports::{Records, StoreError};
use kith_core::record::Record;
use kith_runtime::draft::Reply;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::room::{Ink, Room};

/// What came of a command that is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// The record's number in the community.
    pub(crate) seq: u64,
}

impl From<Reply> for Done {
    fn from(reply: Reply) -> Self {
        Self { seq: reply.seq }
    }
}

/// Something that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Made {
    /// Its id.
    pub(crate) id: String,
    /// The record's number in the community.
    pub(crate) seq: u64,
}

impl Room {
    /// Asks for a command of which nothing is to be told but that it is done.
    pub(crate) async fn done<K: Into<CommandKind>>(
        &self,
        input: &[u8],
        write: impl FnOnce(&mut Ink<'_>) -> K,
    ) -> Result<Json<Done>, Problem> {
        Ok(Json(self.ask(input, write).await?.into()))
    }

    /// Asks for a command that makes something, which has the command's bits as its id.
    pub(crate) async fn made<K: Into<CommandKind>, I: ToString>(
        &self,
        input: &[u8],
        name: impl FnOnce(CommandId) -> I,
        write: impl FnOnce(&mut Ink<'_>) -> K,
    ) -> Result<(StatusCode, Json<Made>), Problem> {
        let reply = self.ask(input, write).await?;
        let made = Made { id: name(reply.command).to_string(), seq: reply.seq };
        Ok((StatusCode::CREATED, Json(made)))
    }

    /// What a repeated key did the first time: its reply has no events, so they are read back.
    pub(crate) async fn told_again(&self, reply: Reply) -> Result<Reply, Problem> {
        if !reply.events.is_empty() {
            return Ok(reply);
        }
        let (records, community) = (Arc::clone(&self.caller.place.engine.ports().records), self.id);
        let read = tokio::task::spawn_blocking(move || recorded(records.as_ref(), community, reply.seq));
        match read.await.map_err(|_| Problem::failed())?? {
            Some(record) => Ok(Reply { events: record.events, receipts: record.decisions, ..reply }),
            None => Ok(reply),
        }
    }
}

/// The record of a number, if the log still has it.
fn recorded(records: &dyn Records, community: CommunityId, seq: u64) -> Result<Option<Record>, StoreError> {
    let Some(head) = records.head(community) else { return Ok(None) };
    // A frame holds at least one record, so the wanted one is in no frame before this.
    let first_frame = head.frame_no.saturating_sub(head.seq.saturating_sub(seq)).max(1);
    let mut found = None;
    records.read(community, first_frame, &mut |frame| {
        let stored = frame.records.iter().find(|stored| stored.seq == seq);
        found = stored.and_then(|stored| Record::decode(&stored.bytes).ok());
        if frame.head.seq >= seq { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}
