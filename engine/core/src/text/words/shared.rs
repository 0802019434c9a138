//! Compiled lists that several communities have: one in memory for all who have the same lines.
//!
//! The communities of a host begin with the same few lists. Compiled for each, a large list would be in
//! memory a thousand times, and a short one out of the processor's cache at every message. Only a memo: what
//! is found does not depend on who compiled it, and what nobody has any more is dropped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sha2::{Digest, Sha256};

use super::{WordList, WordListError};
use crate::text::normal::Exactness;

/// What a list was compiled of: its exactness and the digest of its lines.
type Source = (Exactness, [u8; 32]);

static SHARED: Mutex<BTreeMap<Source, Weak<WordList>>> = Mutex::new(BTreeMap::new());

impl WordList {
    /// The compiled form of these lines, which is made only if nobody has it.
    pub fn shared(lines: &[String], exactness: Exactness) -> Result<Arc<Self>, WordListError> {
        let source = (exactness, digest(lines));
        if let Some(list) = shared().get(&source).and_then(Weak::upgrade) {
            return Ok(list);
        }
        // Not under the lock: it may take a third of a second, and nothing is lost if two do it.
        let list = Arc::new(Self::compile(lines, exactness)?);
        let mut shared = shared();
        shared.retain(|_, list| list.strong_count() > 0);
        shared.insert(source, Arc::downgrade(&list));
        Ok(list)
    }
}

fn shared() -> std::sync::MutexGuard<'static, BTreeMap<Source, Weak<WordList>>> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Each line with its length, so that no two lists have the same digest.
fn digest(lines: &[String]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update((line.len() as u64).to_be_bytes());
        hash.update(line);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_are_one_and_others_are_others() {
        let list = |lines: &[&str], exactness| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            WordList::shared(&lines, exactness)
        };
        let one = list(&["加微", "casino"], Exactness::Loose).unwrap();
        assert!(Arc::ptr_eq(&one, &list(&["加微", "casino"], Exactness::Loose).unwrap()));
        for other in [
            list(&["加微", "casino"], Exactness::Plain),
            list(&["casino", "加微"], Exactness::Loose),
            list(&["加微casino"], Exactness::Loose),
        ] {
            assert!(!Arc::ptr_eq(&one, &other.unwrap()));
        }
        assert!(list(&["a*b"], Exactness::Loose).is_err());
        assert_eq!(one.find("CASINO 加 微").len(), 2);
    }

    #[test]
    fn what_nobody_has_any_more_is_dropped() {
        let lines = ["only here".to_owned()];
        let source = (Exactness::Plain, digest(&lines));
        drop(WordList::shared(&lines, Exactness::Plain).unwrap());
        assert!(shared().get(&source).is_none_or(|list| list.upgrade().is_none()));
        drop(WordList::shared(&["another".to_owned()], Exactness::Plain).unwrap());
        assert!(!shared().contains_key(&source));
    }
}
