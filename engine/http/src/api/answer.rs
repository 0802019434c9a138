//! What came of a command, as most operations say it.

use axum::Json;
use axum::http::StatusCode;
use kith_core::command::CommandKind;
use kith_core::ids::CommandId;
use kith_core::record::Record;
use kith_runtime::draft::Reply;
use serde::Serialize;
use utoipa::ToSchema;

use crate::past::Past;
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
        let mut past = Past::after(&self.caller.place.engine, self.id, reply.seq.saturating_sub(1));
        let found = past.next().await?.into_iter().find(|record| record.seq == reply.seq);
        match found.and_then(|found| Record::decode(&found.bytes).ok()) {
            Some(record) => Ok(Reply { events: record.events, receipts: record.decisions, ..reply }),
            None => Ok(reply),
        }
    }
}
