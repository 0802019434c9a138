//! Expanded ciphers of owners who were active lately, in two generations: when the younger is full, the older
//! is dropped. That is nearly as good as strict order of use, and a hit costs one look-up.

use std::collections::HashMap;
use std::sync::Arc;

use aes_gcm::Aes256Gcm;
use kith_core::ids::{CommunityId, MemberId};

use crate::limits::CIPHERS_MAX;

type Generation = HashMap<(CommunityId, MemberId), Arc<Aes256Gcm>>;

#[derive(Default)]
pub(super) struct Ciphers {
    young: Generation,
    old: Generation,
}

impl Ciphers {
    pub(super) fn get(&mut self, community: CommunityId, owner: MemberId) -> Option<Arc<Aes256Gcm>> {
        if let Some(cipher) = self.young.get(&(community, owner)) {
            return Some(Arc::clone(cipher));
        }
        let cipher = self.old.remove(&(community, owner))?;
        self.put(community, owner, Arc::clone(&cipher));
        Some(cipher)
    }

    pub(super) fn put(&mut self, community: CommunityId, owner: MemberId, cipher: Arc<Aes256Gcm>) {
        if self.young.len() >= CIPHERS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((community, owner), cipher);
    }

    /// Drops every cipher of a community: one of its keys is gone, the others are read again when needed.
    pub(super) fn forget(&mut self, community: CommunityId) {
        self.young.retain(|(id, _), _| *id != community);
        self.old.retain(|(id, _), _| *id != community);
    }
}
