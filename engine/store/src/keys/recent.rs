//! Keys of owners who were active lately, in two generations: when the younger is full, the older is dropped.
//! That is nearly as good as strict order of use, and a hit costs one look-up.
//!
//! Keys rather than expanded ciphers: a cipher takes a kilobyte and is expanded in less time than it takes to
//! fetch one that the processor's cache has lost, so that a host with many active members is better off.

use std::collections::HashMap;
use std::sync::Arc;

use kith_core::ids::{CommunityId, MemberId};

use super::slots::Secret;
use crate::limits::RECENT_KEYS_MAX;

type Generation = HashMap<(CommunityId, MemberId), Arc<Secret>>;

#[derive(Default)]
pub(super) struct Recent {
    young: Generation,
    old: Generation,
}

impl Recent {
    pub(super) fn get(&mut self, community: CommunityId, owner: MemberId) -> Option<Arc<Secret>> {
        if let Some(secret) = self.young.get(&(community, owner)) {
            return Some(Arc::clone(secret));
        }
        let secret = self.old.remove(&(community, owner))?;
        self.put(community, owner, Arc::clone(&secret));
        Some(secret)
    }

    pub(super) fn put(&mut self, community: CommunityId, owner: MemberId, secret: Arc<Secret>) {
        if self.young.len() >= RECENT_KEYS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((community, owner), secret);
    }

    /// Drops every key of a community: one of them is gone, the others are read again when needed.
    pub(super) fn forget(&mut self, community: CommunityId) {
        self.young.retain(|(id, _), _| *id != community);
        self.old.retain(|(id, _), _| *id != community);
    }
}
