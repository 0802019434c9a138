//! What the derived half asks of whoever holds the keys, so that nothing personal lies in a row in clear.

use kith_core::body::Body;
use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use crate::keys::KeyFile;
use crate::log::seal::{Opener, Unsealed, seal, sealed_bodies};

/// Seals what people wrote under their keys, as the log does.
pub trait Sealing: Send + Sync {
    /// Seals bodies of one community, each under its owner's key.
    fn seal(&self, community: CommunityId, bodies: &[Body]) -> Result<Vec<u8>, StoreError>;

    /// Unseals what `seal` made, leaving out bodies whose key was destroyed. `None` if it was not made by
    /// `seal`.
    fn unseal(&self, community: CommunityId, sealed: &[u8]) -> Result<Option<Vec<Body>>, StoreError>;
}

impl Sealing for KeyFile {
    fn seal(&self, community: CommunityId, bodies: &[Body]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = Vec::new();
        bodies.iter().try_for_each(|body| seal(&mut sealed, self, community, (0, body)))?;
        Ok(sealed)
    }

    fn unseal(&self, community: CommunityId, sealed: &[u8]) -> Result<Option<Vec<Body>>, StoreError> {
        let Some(parts) = sealed_bodies(sealed) else { return Ok(None) };
        let mut opener = Opener::new(self, community);
        let mut bodies = Vec::with_capacity(parts.len());
        for part in &parts {
            match opener.open(part)? {
                Unsealed::Body(body) => bodies.push(body),
                Unsealed::Erased => {}
                Unsealed::Unreadable => return Ok(None),
            }
        }
        Ok(Some(bodies))
    }
}
