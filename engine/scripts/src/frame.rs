//! The run that this thread is in: what the script may look at, what it has used, what it wants.
//!
//! Registered functions have no other way to borrow the state: Rhai's values own what they hold. The borrow
//! is put into a scoped thread-local for the time of the call, so nothing is copied and nothing outlives it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use kith_core::body::BodyRef;
use kith_core::decide::Ctx;
use kith_core::hook::{Call, FaultKind, Input};
use kith_core::ids::{MemberId, MessageId};
use kith_core::member::Member;
use kith_core::notice::Text;
use kith_core::stream::Community;
use kith_core::text::normal::{Exactness, Normal, normalise};
use rhai::{Dynamic, EvalAltResult, ImmutableString, Position};
use scoped_tls_hkt::scoped_thread_local;

use crate::allocator::held_bytes;
use crate::dice::Dice;
use crate::journal::Journal;
use crate::limits::{Budget, READ_OPERATIONS, TICK_OPERATIONS};
use crate::reads::Reads;
use crate::say;

/// What a registered function returns.
pub(crate) type Answer<T> = Result<T, Box<EvalAltResult>>;

/// What a script can learn that the state does not hold.
pub trait Outside {
    /// The dice of the command. Asked for once, where a script reads them.
    fn seed(&self) -> [u8; 32];

    /// The text of a message that is posted; `None` where it is erased or cannot be read in time.
    fn text(&self, message: MessageId) -> Option<String> {
        let _ = message;
        None
    }
}

impl<F: Fn() -> [u8; 32]> Outside for F {
    fn seed(&self) -> [u8; 32] {
        self()
    }
}

/// A mistake that the script could have avoided: it is told what to write, and may catch it.
#[derive(Clone)]
pub(crate) struct Wrong(pub(crate) Text);

/// The end of the run, whatever the script tries.
#[derive(Clone)]
pub(crate) struct Stop(pub(crate) FaultKind, pub(crate) Text);

/// An error that names what to write instead.
pub(crate) fn wrong(text: Text) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(Dynamic::from(Wrong(text)), Position::NONE).into()
}

/// Ends the run.
pub(crate) fn stop(kind: FaultKind, text: Text) -> Box<EvalAltResult> {
    EvalAltResult::ErrorTerminated(Dynamic::from(Stop(kind, text)), Position::NONE).into()
}

/// One run.
pub(crate) struct Frame<'a> {
    /// What it was called with; `None` while constants are worked out.
    call: Option<(&'a Call<'a>, &'a dyn Outside)>,
    budget: Budget,
    reads: Reads,
    started: Instant,
    held_before: i64,
    peak: Cell<i64>,
    operations: Cell<u64>,
    lacked: Cell<bool>,
    pub(crate) journal: RefCell<Journal>,
    pub(crate) dice: RefCell<Option<Dice>>,
    text: OnceCell<ImmutableString>,
    /// What messages that stand say, as far as it was asked for.
    read: RefCell<BTreeMap<MessageId, ImmutableString>>,
    /// The text that was searched last, in its normal form: one text is searched for several lists.
    normal: RefCell<Option<(ImmutableString, Rc<Normal>)>>,
}

scoped_thread_local!(static FRAME: for<'a> &'a Frame<'a>);

impl<'a> Frame<'a> {
    pub(crate) fn new(call: Option<(&'a Call<'a>, &'a dyn Outside)>, budget: Budget) -> Self {
        Self {
            call,
            budget,
            reads: Reads::default(),
            started: now(),
            held_before: held_bytes(),
            peak: Cell::new(0),
            operations: Cell::new(0),
            lacked: Cell::new(false),
            journal: RefCell::new(Journal::new(budget.log_bytes_max)),
            dice: RefCell::new(None),
            text: OnceCell::new(),
            read: RefCell::default(),
            normal: RefCell::new(None),
        }
    }

    /// The same for a script that declares what it reads.
    pub(crate) fn reading(self, reads: Reads) -> Self {
        Self { reads, ..self }
    }

    /// What the script declares to read.
    pub(crate) fn reads(&self) -> Reads {
        self.reads
    }

    /// Runs something inside this frame.
    pub(crate) fn enter<T>(&self, run: impl FnOnce() -> T) -> T {
        FRAME.set(self, run)
    }

    /// Counts an operation; says why the run has to end. Rhai's own count begins anew in each function that
    /// is called back, such as by `map`.
    fn tick(&self) -> Option<Dynamic> {
        let operations = self.operations.get() + 1;
        self.operations.set(operations);
        let held = held_bytes() - self.held_before;
        if held > self.peak.get() {
            self.peak.set(held);
            if held > self.budget.memory_bytes_max as i64 {
                let text = say::run::memory(self.budget.memory_bytes_max >> 20);
                return Some(Dynamic::from(Stop(FaultKind::Memory, text)));
            }
        }
        if operations > self.budget.operations_max {
            return Some(Dynamic::from(Stop(FaultKind::Operations, self.too_many_operations())));
        }
        let late = Duration::from_millis(self.budget.wall_ms_max);
        if operations.is_multiple_of(TICK_OPERATIONS) && self.started.elapsed() > late {
            return Some(Dynamic::from(Stop(FaultKind::Time, say::run::time(self.budget.wall_ms_max))));
        }
        None
    }

    /// What is said of a run with more operations than it may have.
    pub(crate) fn too_many_operations(&self) -> Text {
        say::run::operations(self.budget.operations_max)
    }

    /// Counts work that a registered function did by itself, as operations.
    pub(crate) fn charge(&self, operations: usize) -> Answer<()> {
        self.operations.set(self.operations.get() + operations as u64);
        match self.tick() {
            Some(token) => Err(EvalAltResult::ErrorTerminated(token, Position::NONE).into()),
            None => Ok(()),
        }
    }

    pub(crate) fn operations(&self) -> u64 {
        self.operations.get().min(self.budget.operations_max + 1)
    }

    pub(crate) fn peak_bytes(&self) -> u64 {
        self.peak.get().max(0) as u64
    }

    /// Whether it looked for something that an imported past does not hold.
    pub(crate) fn lacked(&self) -> bool {
        self.lacked.get()
    }

    /// Takes note that something of a member is read that nobody recorded of imported ones.
    pub(crate) fn reads_record_of(&self, row: &Member) {
        if row.is_imported() {
            self.lacked.set(true);
        }
    }

    pub(crate) fn wall_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// What it was called with.
    pub(crate) fn call(&self) -> Answer<&'a Call<'a>> {
        self.call.map(|(call, _)| call).ok_or_else(|| wrong(say::run::constant_looks()))
    }

    pub(crate) fn outside(&self) -> Answer<&'a dyn Outside> {
        self.call.map(|(_, outside)| outside).ok_or_else(|| wrong(say::run::constant_outside()))
    }

    pub(crate) fn ctx(&self) -> Answer<&'a Ctx<'a>> {
        Ok(self.call()?.ctx)
    }

    pub(crate) fn community(&self) -> Answer<&'a Community> {
        Ok(self.call()?.ctx.community)
    }

    pub(crate) fn input(&self) -> Answer<&'a Input<'a>> {
        Ok(self.call()?.input)
    }

    /// A member by id: the row that the call brings, else the state's.
    pub(crate) fn member(&self, id: MemberId) -> Answer<Option<&'a Member>> {
        let brought = match self.input()? {
            Input::Join(request) => Some(request.applicant),
            Input::Card(change) => Some(change.member),
            Input::Message(posting) => Some(posting.author),
            Input::Command(typed) => Some(typed.member),
            Input::Event(_) | Input::Timer(_) | Input::Topic { .. } => None,
        };
        match brought.filter(|member| member.id == id) {
            Some(member) => Ok(Some(member)),
            None => Ok(self.community()?.members.get(id)),
        }
    }

    /// The text of a body; empty where it is erased.
    pub(crate) fn body(&self, reference: &BodyRef) -> Answer<&'a str> {
        Ok(self.ctx()?.text(reference).unwrap_or_default())
    }

    /// The draft's texts joined by lines; the same value each time, so that it is recognised.
    pub(crate) fn draft_text(&self) -> Answer<ImmutableString> {
        if let Some(text) = self.text.get() {
            return Ok(text.clone());
        }
        let Input::Message(posting) = self.input()? else { return Ok(ImmutableString::new()) };
        let text: ImmutableString = match &posting.texts[..] {
            [] => ImmutableString::new(),
            [only] => (*only).into(),
            several => several.join("\n").into(),
        };
        Ok(self.text.get_or_init(|| text).clone())
    }

    /// What a message that stands says. Each costs a look into the log, so their number is limited; one that
    /// was read is not read again.
    pub(crate) fn posted_text(&self, id: MessageId) -> Answer<ImmutableString> {
        if let Some(text) = self.read.borrow().get(&id) {
            return Ok(text.clone());
        }
        let max = self.budget.messages_read_max;
        if self.read.borrow().len() >= max {
            return Err(stop(FaultKind::Size, say::run::many_reads(max)));
        }
        self.charge(READ_OPERATIONS)?;
        let text: ImmutableString = self.outside()?.text(id).unwrap_or_default().into();
        self.read.borrow_mut().insert(id, text.clone());
        Ok(text)
    }

    /// Looks at the normal form of a text. What rules have normalised already is not normalised again.
    pub(crate) fn with_normal<T>(
        &self,
        text: &ImmutableString,
        look: impl FnOnce(&Normal) -> T,
    ) -> Answer<T> {
        let is_draft = self.text.get().is_some_and(|draft| draft.ptr_eq(text));
        if let (true, Input::Message(posting)) = (is_draft, self.input()?)
            && let [normal] = posting.texts.normal(Exactness::Loose)
        {
            return Ok(look(normal));
        }
        let known = self.normal.borrow().clone().filter(|(other, _)| other.ptr_eq(text));
        let normal = match known {
            Some((_, normal)) => normal,
            None => {
                self.charge(text.len() / 64)?;
                let normal = Rc::new(normalise(text, Exactness::Loose));
                *self.normal.borrow_mut() = Some((text.clone(), Rc::clone(&normal)));
                normal
            }
        };
        Ok(look(&normal))
    }

    /// The dice, thrown by the command's seed, the hook and the script.
    pub(crate) fn throw(&self, below: u64) -> Answer<u64> {
        let mut dice = self.dice.borrow_mut();
        if dice.is_none() {
            let call = self.call()?;
            *dice = Some(Dice::new(self.outside()?.seed(), call.input.hook(), call.script.no));
        }
        Ok(dice.as_mut().map_or(0, |dice| dice.below(below)))
    }
}

/// Looks at the run that this thread is in.
pub(crate) fn with<T>(look: impl FnOnce(&Frame<'_>) -> Answer<T>) -> Answer<T> {
    if !FRAME.is_set() {
        return Err(wrong(say::run::no_run()));
    }
    FRAME.with(|frame| look(frame))
}

/// Counts an operation of the run that this thread is in.
pub(crate) fn tick() -> Option<Dynamic> {
    if FRAME.is_set() { FRAME.with(|frame| frame.tick()) } else { None }
}

#[expect(clippy::disallowed_methods, reason = "wall time is a net and a measurement: it decides no ruling")]
fn now() -> Instant {
    Instant::now()
}
