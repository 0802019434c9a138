//! Search from outside: what is said is found, and what may not be found is not, whatever happened to the
//! index.

mod derived;
mod found;
mod gone;

use std::collections::BTreeSet;

use kith_core::ids::{ChannelId, CommunityId, MemberId, MessageId};
use kith_core::ports::search::Question;
use kith_runtime::indexing::{Findings, find};

use crate::world::{Place, World};

/// A question of somebody who may read the first channel.
fn question(place: Place, words: &str) -> Question {
    Question {
        community: place.id,
        words: words.to_owned(),
        channels: [place.channel].into(),
        author: None,
        since_ms: None,
        until_ms: None,
        after: None,
        hits_max: 20,
    }
}

impl World {
    /// Reads everything that is durable into the index, and asks.
    fn find(&self, question: Question) -> Findings {
        let (mut feeder, search) = self.opened().feeder(Box::new(|_| {}));
        feeder.catch_up().unwrap();
        self.wait(find(self.engine(), &search, question)).unwrap()
    }

    /// What is found with these words, newest first.
    fn sought(&self, place: Place, words: &str) -> Vec<MessageId> {
        self.find(question(place, words)).found.iter().map(|finding| finding.hit.message).collect()
    }

    /// What the index alone proposes: nothing is held against the state.
    fn proposed(&self, place: Place, words: &str) -> Vec<MessageId> {
        let (mut feeder, search) = self.opened().feeder(Box::new(|_| {}));
        feeder.catch_up().unwrap();
        search.ask(&question(place, words)).unwrap().hits.iter().map(|hit| hit.message).collect()
    }

    /// The same where both have to say the same. Two messages of one millisecond have no order.
    fn check(&self, place: Place, words: &str, expected: &[MessageId]) {
        self.await_index();
        let expected: BTreeSet<MessageId> = expected.iter().copied().collect();
        assert_eq!(BTreeSet::from_iter(self.sought(place, words)), expected, "{words}");
        assert_eq!(BTreeSet::from_iter(self.proposed(place, words)), expected, "{words}, by the index alone");
    }
}

/// A channel that nobody in these cases may read.
const ELSEWHERE: ChannelId = ChannelId(404);

/// A place as another community would have it.
fn of(place: Place, id: CommunityId, owner: MemberId) -> Place {
    Place { id, owner, ..place }
}
