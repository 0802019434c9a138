//! A stand-in for scripts: answers each call as a test says, and puts their texts apart like the engine does.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::body::Body;
use crate::hook::{Call, Effect, Extensions, Fault, FaultKind, Hook, Place, Ran, Reason, Ruling};
use crate::ids::{BodyId, CommandId, CommunityId, MemberId, mint};
use crate::notice::Text;
use crate::script::{Command, Origin, Stage};

/// What a script says.
pub(crate) type Outcome = Result<(Ruling, Vec<Effect<String>>), Fault>;
type Answer = Box<dyn Fn(&Call<'_>) -> Outcome + Send>;

/// Answers each call as the test says.
#[derive(Clone)]
pub(crate) struct Stand {
    answer: Arc<Mutex<Answer>>,
    minted: Arc<AtomicU64>,
}

impl Stand {
    pub(crate) fn new(answer: impl Fn(&Call<'_>) -> Outcome + Send + 'static) -> Self {
        Self { answer: Arc::new(Mutex::new(Box::new(answer))), minted: Arc::default() }
    }
}

impl Extensions for Stand {
    fn run(&self, call: &Call<'_>) -> Ran {
        let outcome = (self.answer.lock().unwrap())(call);
        Ran { outcome, operations: 7, dice: false }
    }

    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body {
        let count = self.minted.fetch_add(1, Ordering::Relaxed);
        let id = BodyId(mint(at_ms, u128::from(count) | 1 << 70));
        Body { id, owner, key: [5; 16], bytes: text.as_bytes().into() }
    }

    fn seed(&self, _community: CommunityId, _command: CommandId) -> [u8; 32] {
        [1; 32]
    }
}

/// Puts a version of a script in that answers one hook.
pub(crate) fn put(name: &str, source: &str, hook: Hook) -> Command {
    Command::Put {
        name: name.to_owned(),
        source: source.to_owned(),
        hooks: BTreeSet::from([hook]),
        origin: Origin::Command,
        binding: None,
        stage: Stage::Live,
        cases: String::new(),
    }
}

/// A reason of a code.
pub(crate) fn reason(code: &str) -> Reason {
    Reason { code: code.to_owned(), text: format!("because of {code}") }
}

/// A fault at some place.
pub(crate) fn fault(call: &Call<'_>, kind: FaultKind) -> Fault {
    let place = Some(Place { line: 3, column: 5 });
    Fault { kind, hook: call.input.hook(), place, detail: Text::new("what somebody wrote") }
}
