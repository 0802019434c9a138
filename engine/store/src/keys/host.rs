//! The host's signing key: made on first open, kept in `keys/host`, used for cuts and heads.
//!
//! The file holds the 32 secret bytes and their CRC-32C. It is written under another name and renamed, so
//! that a crash never leaves half a key. A damaged key is an error, never replaced: signatures under it
//! exist.

use std::io;
use std::path::Path;

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use kith_core::ports::StoreError;
use zeroize::Zeroizing;

use crate::disk::Disk;
use crate::failure::{IoContext, refused};

const FILE_BYTES: usize = 36;

/// Signs in the host's name (Ed25519, RFC 8032).
pub(crate) struct HostKey(SigningKey);

impl HostKey {
    /// Reads the key, or makes one.
    pub(crate) fn open(disk: &dyn Disk, data: &Path) -> Result<Self, StoreError> {
        let dir = data.join("keys");
        let path = dir.join("host");
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::make(disk, &dir, &path),
            Err(error) => return Err(error).context("open", &path),
        };
        let mut bytes = Zeroizing::new([0; FILE_BYTES]);
        let count = file.read_at(0, &mut *bytes).context("read", &path)?;
        let (secret, crc) =
            bytes.split_first_chunk::<32>().ok_or_else(|| refused("read", &path, "too short"))?;
        if count != FILE_BYTES || crc32c::crc32c(secret).to_le_bytes() != crc {
            return Err(refused(
                "read",
                &path,
                "the host's signing key is damaged; restore it from a backup",
            ));
        }
        Ok(Self(SigningKey::from_bytes(secret)))
    }

    fn make(disk: &dyn Disk, dir: &Path, path: &Path) -> Result<Self, StoreError> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(io::Error::other).context("draw a random key for", path)?;
        let mut bytes = Zeroizing::new(secret.to_vec());
        bytes.extend_from_slice(&crc32c::crc32c(&*secret).to_le_bytes());
        let unfinished = dir.join("host.new");
        if disk.list(dir).context("list", dir)?.iter().any(|name| name == "host.new") {
            disk.remove(&unfinished).context("remove", &unfinished)?;
        }
        let file = disk.create(&unfinished).context("create", &unfinished)?;
        file.write_at(0, &bytes).context("write", &unfinished)?;
        file.sync_data().context("sync", &unfinished)?;
        disk.rename(&unfinished, path).context("rename", &unfinished)?;
        disk.sync_dir(dir).context("sync folder", dir)?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verifying_key().verify(message, &Signature::from_bytes(signature)).is_ok()
    }

    pub(crate) fn public(&self) -> VerifyingKey {
        self.0.verifying_key()
    }
}
