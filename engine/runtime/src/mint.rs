//! Mints what the core must not: ids, body ids and body keys. The only randomness of the engine.
//!
//! `Mint::System` draws from the operating system in blocks, because one system call an id would cost more
//! than deciding a message. `Mint::seeded` gives the same ids for the same seed, for harnesses on data of
//! their own.

use std::cell::RefCell;
use std::sync::Mutex;

use kith_core::body::{BODY_KEY_BYTES, Bodies, Body, BodyRef};
use kith_core::ids::{self, BodyId, CommandId, MemberId};
use sha2::{Digest, Sha256};

/// Bytes drawn from the system at once.
const BLOCK_BYTES: usize = 4096;

/// Where random bits come from.
#[derive(Debug)]
pub enum Mint {
    /// The operating system.
    System,
    /// SHA-256 over (seed, counter): repeatable, for harnesses only.
    Seeded(Mutex<(u64, u64)>),
}

struct Block {
    bytes: [u8; BLOCK_BYTES],
    used: usize,
}

thread_local! {
    static BLOCK: RefCell<Block> = const { RefCell::new(Block::EMPTY) };
}

impl Mint {
    /// A mint that repeats itself.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Mutex::new((seed, 0)))
    }

    /// 128 random bits.
    fn random(&self) -> u128 {
        match self {
            Self::System => BLOCK.with_borrow_mut(Block::take),
            Self::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                state.1 += 1;
                let mut hash = Sha256::new();
                hash.update(state.0.to_be_bytes());
                hash.update(state.1.to_be_bytes());
                first_128(&hash.finalize())
            }
        }
    }

    /// 16 random bytes, such as a salt.
    pub fn random_bytes(&self) -> [u8; 16] {
        self.random().to_be_bytes()
    }

    /// 32 random bytes of a secret.
    pub(crate) fn secret_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.random_bytes());
        bytes[16..].copy_from_slice(&self.random_bytes());
        bytes
    }

    /// Mints a command's id.
    pub fn command(&self, at_ms: u64) -> CommandId {
        CommandId(ids::mint(at_ms, self.random()))
    }

    /// Mints any other id's bits.
    pub fn bits(&self, at_ms: u64) -> u128 {
        ids::mint(at_ms, self.random())
    }

    /// Makes a body with a fresh id and key.
    pub fn body(&self, at_ms: u64, owner: MemberId, content: &[u8]) -> Body {
        let key: [u8; BODY_KEY_BYTES] = self.random().to_be_bytes();
        Body { id: BodyId(ids::mint(at_ms, self.random())), owner, key, bytes: content.into() }
    }

    /// Puts a text among the bodies of a command and returns its reference.
    pub fn text(&self, bodies: &mut Bodies, at_ms: u64, owner: MemberId, text: &str) -> BodyRef {
        bodies.put(self.body(at_ms, owner, text.as_bytes()))
    }
}

impl Block {
    const EMPTY: Self = Self { bytes: [0; BLOCK_BYTES], used: BLOCK_BYTES };

    /// Takes 16 bytes and wipes them, so that a key is not left behind here.
    fn take(&mut self) -> u128 {
        if self.used + 16 > BLOCK_BYTES {
            getrandom::fill(&mut self.bytes).expect("the operating system has randomness");
            self.used = 0;
        }
        let mut out = [0; 16];
        let range = self.used..self.used + 16;
        out.copy_from_slice(&self.bytes[range.clone()]);
        self.bytes[range].fill(0);
        self.used += 16;
        u128::from_be_bytes(out)
    }
}

fn first_128(digest: &[u8]) -> u128 {
    let mut out = [0; 16];
    out.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_mint_repeats_itself_and_the_system_does_not() {
        assert_eq!(Mint::seeded(7).command(5), Mint::seeded(7).command(5));
        let mint = Mint::System;
        let many: std::collections::BTreeSet<_> = (0..2_000).map(|_| mint.command(5)).collect();
        assert_eq!(many.len(), 2_000);
    }
}
