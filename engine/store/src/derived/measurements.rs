//! A side table of measurements: rows of any meaning by community and time, of which the newest are kept.
//!
//! May lose rows at any moment. Nothing that anybody wrote belongs here: it is not sealed.

use std::ops::ControlFlow;

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use super::key::{self, Tag};
use super::limits::{MEASUREMENTS_MAX, VALUE_BYTES_MAX};
use super::rows::{Change, Rows};

/// Adds rows, each with the time it is of, and drops the oldest beyond `MEASUREMENTS_MAX`.
pub(super) fn put(
    rows: &Rows,
    community: CommunityId,
    measured: &[(u64, Vec<u8>)],
) -> Result<(), StoreError> {
    if let Some((_, bytes)) = measured.iter().find(|(_, bytes)| bytes.len() > VALUE_BYTES_MAX) {
        let what = "measurement";
        return Err(StoreError::TooLarge { what, bytes: bytes.len(), max: VALUE_BYTES_MAX });
    }
    let mut old = Vec::new();
    rows.scan(&key::of_community(Tag::Measurement, community), &mut |key, _| {
        old.push(key.to_vec());
        ControlFlow::Continue(())
    })?;
    let next = old.last().and_then(|key| key::second_number_of(key)).map_or(0, |last| last + 1);
    let new = (next..).zip(measured).map(|(count, (at_ms, bytes))| {
        Change::Put(key::measurement(community, *at_ms, count), bytes.clone())
    });
    let mut changes: Vec<Change> = new.collect();
    let beyond = (old.len() + measured.len()).saturating_sub(MEASUREMENTS_MAX);
    changes.extend(old.into_iter().take(beyond).map(Change::Remove));
    rows.write(changes)
}

/// The newest rows, newest first.
pub(super) fn newest(rows: &Rows, community: CommunityId, max: usize) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut found = std::collections::VecDeque::new();
    rows.scan(&key::of_community(Tag::Measurement, community), &mut |_, row| {
        found.push_front(row.to_vec());
        found.truncate(max);
        ControlFlow::Continue(())
    })?;
    Ok(found.into())
}
