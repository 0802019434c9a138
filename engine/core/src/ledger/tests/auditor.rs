//! A second bookkeeper, written from the rules and not from the code: points as single coins in piles.
//!
//! A coin knows when it ends. Nothing is summed up that could be counted, nothing is looked up that could be
//! searched for. Every reply and every pile must be the book's.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::*;
use crate::ids::{CommandId, ObjectId};
use crate::ledger::points::granting;

pub(super) const SUPPLY_MAX: i64 = 150;
const PEOPLE: u8 = 4;

/// What is tried. Members, packets and earlier transactions are named by number.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Grant(u8, i64, Option<u64>),
    Take(u8, i64),
    Direct(u8, u8, i64),
    Share(u8, [(u8, i64); 2]),
    Hold(u8, u8, i64, u64),
    Accept(usize, i64),
    Void(usize),
    Expire(usize),
    Fund(u8, u8, i64, u64),
    Claim(u8, u8, i64),
    Refund(u8),
    Reverse(usize, Option<i64>),
    Shut(u8, Shut),
    Wait(u64),
}

fn person() -> impl Strategy<Value = u8> {
    0..PEOPLE
}

fn units() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 1..20_i64, 1 => 20..80_i64]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    use Step as S;
    let shut =
        prop_oneof![3 => Just(Shut::Open), 1 => Just(Shut::Out), 1 => Just(Shut::In), 1 => Just(Shut::Both)];
    prop_oneof![
        4 => (person(), units(), proptest::option::of(1..4_u64))
            .prop_map(|(to, n, ends)| S::Grant(to, n, ends)),
        1 => (person(), units()).prop_map(|(from, n)| S::Take(from, n)),
        3 => (person(), person(), units()).prop_map(|(from, to, n)| S::Direct(from, to, n)),
        1 => (person(), person(), units(), person(), units())
            .prop_map(|(a, b, n, c, m)| S::Share(a, [(b, n), (c, m)])),
        3 => (person(), person(), units(), 1..9_u64)
            .prop_map(|(from, to, n, wait)| S::Hold(from, to, n, wait)),
        2 => (0..6_usize, units()).prop_map(|(hold, n)| S::Accept(hold, n)),
        1 => (0..6_usize).prop_map(S::Void),
        2 => (0..6_usize).prop_map(S::Expire),
        2 => (person(), 0..3_u8, units(), 1..9_u64)
            .prop_map(|(by, packet, n, wait)| S::Fund(by, packet, n, wait)),
        3 => (0..3_u8, person(), units()).prop_map(|(packet, to, n)| S::Claim(packet, to, n)),
        1 => (0..3_u8).prop_map(S::Refund),
        3 => (0..9_usize, proptest::option::of(units())).prop_map(|(of, n)| S::Reverse(of, n)),
        1 => (person(), shut).prop_map(|(who, shut)| S::Shut(who, shut)),
        2 => (1..4_u64).prop_map(S::Wait),
    ]
}

/// A coin: when it ends, `u64::MAX` for never.
type Coin = u64;
const NEVER: Coin = u64::MAX;

#[derive(Debug, Clone)]
struct OpenHold {
    id: TransactionId,
    from: String,
    to: String,
    units: i64,
    until: u64,
    open: bool,
}

#[derive(Debug, Clone)]
struct Past {
    id: TransactionId,
    moves: Vec<(String, String, i64)>,
    back: Vec<i64>,
}

#[derive(Debug, Clone)]
struct OpenEscrow {
    path: String,
    sender: String,
}

/// The auditor: piles of coins, and lists of everything.
#[derive(Debug, Clone, Default)]
pub(super) struct Auditor {
    piles: BTreeMap<String, Vec<Coin>>,
    debts: BTreeMap<String, i64>,
    made: i64,
    holds: Vec<OpenHold>,
    past: Vec<Past>,
    escrows: Vec<OpenEscrow>,
    shut: BTreeMap<String, Shut>,
}

fn pile(member: u8) -> String {
    AccountId::Member(MemberId(u128::from(member)), Purse::Points).to_string()
}

fn mint() -> String {
    "mint/PTS/0".to_owned()
}

impl Auditor {
    fn count(&self, path: &str) -> i64 {
        self.piles.get(path).map_or(0, |coins| coins.len() as i64)
    }

    fn held(&self, path: &str) -> i64 {
        self.holds.iter().filter(|it| it.open && it.from == path).map(|it| it.units).sum()
    }

    fn debt(&self, path: &str) -> i64 {
        self.debts.get(path).copied().unwrap_or(0)
    }

    fn frozen(&self, from: &[&str], to: &[&str]) -> bool {
        let is = |path: &&str, shut: &[Shut]| self.shut.get(*path).is_some_and(|it| shut.contains(it));
        from.iter().any(|path| is(path, &[Shut::Out, Shut::Both]))
            || to.iter().any(|path| is(path, &[Shut::In, Shut::Both]))
    }

    /// Refuses whoever has less than that once what is held, and what is owed, is put aside.
    fn enough(&self, path: &str, units: i64, owes: i64) -> Result<(), Failure> {
        let free = self.count(path) - self.held(path) - owes;
        if units <= free {
            return Ok(());
        }
        Err(Failure::Insufficient { available: free.max(0) as u64 })
    }

    fn carry(&mut self, from: &str, to: &str, units: i64) {
        let coins: Vec<Coin> = if *from == mint() {
            vec![NEVER; units as usize]
        } else {
            let coins = self.piles.entry(from.to_owned()).or_default();
            coins.sort_unstable();
            coins.drain(..units as usize).collect()
        };
        if *to == mint() {
            self.made -= units;
        } else {
            self.piles.entry(to.to_owned()).or_default().extend(coins);
        }
    }

    fn grant(&mut self, to: u8, units: i64, ends: Option<u64>) -> Result<(), Failure> {
        let path = pile(to);
        let debt = self.debt(&path).min(units);
        let pays: Vec<&str> = (debt > 0).then_some(path.as_str()).into_iter().collect();
        if self.frozen(&pays, &[&path]) {
            return Err(Failure::Frozen);
        }
        if self.made + units > SUPPLY_MAX {
            return Err(Failure::Limit { limit: Limit::Supply, max: SUPPLY_MAX as u64 });
        }
        self.made += units;
        *self.debts.entry(path.clone()).or_default() -= debt;
        let coins = vec![ends.unwrap_or(NEVER); (units - debt) as usize];
        self.piles.entry(path).or_default().extend(coins);
        Ok(())
    }

    fn direct(&mut self, from: u8, to: &[(u8, i64)], owes: bool) -> Result<(), Failure> {
        if to.iter().any(|(to, _)| *to == from) {
            return Err(Failure::Malformed);
        }
        let (source, sum) = (pile(from), to.iter().map(|(_, units)| units).sum());
        let targets: Vec<String> = to.iter().map(|(to, _)| pile(*to)).collect();
        if self.frozen(&[&source], &targets.iter().map(String::as_str).collect::<Vec<_>>()) {
            return Err(Failure::Frozen);
        }
        self.enough(&source, sum, if owes { self.debt(&source) } else { 0 })?;
        let mut sorted = to.to_vec();
        sorted.sort_by_key(|(to, _)| *to);
        sorted.iter().for_each(|(to, units)| self.carry(&source, &pile(*to), *units));
        Ok(())
    }

    fn resolve(&mut self, at: usize, now: u64, step: &Step) -> Result<(), Failure> {
        let Some(hold) = self.holds.get(at).filter(|hold| hold.open).cloned() else {
            return Err(Failure::Gone);
        };
        match step {
            Step::Accept(_, units) => {
                if now >= hold.until {
                    return Err(Failure::Untimely);
                }
                if *units > hold.units {
                    return Err(Failure::Malformed);
                }
                if self.frozen(&[&hold.from], &[&hold.to]) {
                    return Err(Failure::Frozen);
                }
                self.carry(&hold.from, &hold.to, *units);
            }
            Step::Expire(_) if now < hold.until => return Err(Failure::Untimely),
            _ => {}
        }
        self.holds[at].open = false;
        Ok(())
    }

    fn fund(&mut self, (by, path): (u8, &str), units: i64) -> Result<(), Failure> {
        if self.escrows.iter().any(|escrow| escrow.path == path) {
            return Err(Failure::Malformed);
        }
        let sender = pile(by);
        if self.frozen(&[&sender], &[]) {
            return Err(Failure::Frozen);
        }
        self.enough(&sender, units, self.debt(&sender))?;
        self.carry(&sender, path, units);
        self.escrows.push(OpenEscrow { path: path.to_owned(), sender });
        Ok(())
    }

    fn leave(&mut self, path: &str, to: Option<u8>, units: i64) -> Result<(), Failure> {
        let escrow = self.escrows.iter().find(|escrow| escrow.path == path);
        let escrow = escrow.ok_or(Failure::Gone)?;
        let to = to.map_or(escrow.sender.clone(), pile);
        if self.frozen(&[], &[&to]) {
            return Err(Failure::Frozen);
        }
        self.enough(path, units, 0)?;
        self.carry(path, &to, units);
        if self.count(path) == 0 {
            self.escrows.retain(|escrow| escrow.path != path);
        }
        Ok(())
    }

    fn reverse(&mut self, at: usize, units: Option<i64>) -> Result<(), Failure> {
        let past = self.past.get(at).cloned().ok_or(Failure::Gone)?;
        let is_paid = |to: &str| to.ends_with("/receivable");
        let rest = |it: &(String, String, i64), back: &i64| if is_paid(&it.1) { 0 } else { it.2 - back };
        let left: Vec<i64> = past.moves.iter().zip(&past.back).map(|(it, back)| rest(it, back)).collect();
        let together: i64 = left.iter().sum();
        let asked = units.unwrap_or(together);
        if together == 0 || asked > together {
            return Err(Failure::Reversed { left: together as u64 });
        }
        let parts = spread(asked, &left);
        let (mut out, mut into) = (Vec::new(), Vec::new());
        let mut there: BTreeMap<&str, i64> = BTreeMap::new();
        let mut plan = Vec::new();
        for ((from, to, _), part) in past.moves.iter().zip(&parts).filter(|(_, part)| **part > 0) {
            let rest = there.entry(to).or_insert_with(|| (self.count(to) - self.held(to)).max(0));
            let paid = (*part).min(*rest);
            *rest -= paid.min(*rest);
            if paid > 0 {
                out.push(to.as_str());
            }
            into.push(from.as_str());
            plan.push((to.clone(), from.clone(), paid, part - paid));
        }
        if self.frozen(&out, &into) {
            return Err(Failure::Frozen);
        }
        for (holder, giver, paid, owed) in plan {
            self.carry(&holder, &giver, paid);
            *self.debts.entry(holder).or_default() += owed;
            if giver == mint() {
                self.made -= owed;
            } else {
                self.piles.entry(giver).or_default().extend(vec![NEVER; owed as usize]);
            }
        }
        for (sum, part) in self.past[at].back.iter_mut().zip(parts) {
            *sum += part;
        }
        Ok(())
    }
}

/// Largest remainder, one coin at a time.
fn spread(units: i64, left: &[i64]) -> Vec<i64> {
    let sum: i64 = left.iter().sum();
    let mut parts: Vec<i64> = left.iter().map(|weight| units * weight / sum).collect();
    let mut rests: Vec<i64> = left.iter().map(|weight| units * weight % sum).collect();
    while parts.iter().sum::<i64>() < units {
        let most = *rests.iter().max().unwrap();
        let at = rests.iter().position(|rest| *rest == most).unwrap();
        parts[at] += 1;
        rests[at] = -1;
    }
    parts
}

/// The book and its auditor, at work side by side.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) book: Book,
    pub(super) auditor: Auditor,
    pub(super) now: u64,
    pub(super) folded: Vec<(Transaction, u64)>,
    made: u32,
    packets: [Option<ObjectId>; 3],
}

fn purse(member: u8) -> AccountId {
    AccountId::Member(MemberId(u128::from(member)), Purse::Points)
}

impl Pair {
    pub(super) fn new() -> Self {
        let book = Book { supply_max: SUPPLY_MAX, ..Book::default() };
        let packets = [None; 3];
        Self { book, auditor: Auditor::default(), now: 1, folded: Vec::new(), made: 0, packets }
    }

    fn moved(from: AccountId, to: AccountId, units: i64) -> Move {
        Move { from, to, asset: Asset::Points, amount: Amount::new(units).unwrap() }
    }

    fn transaction(&mut self, template: Template, kind: Kind, moves: Vec<Move>) -> Transaction {
        self.made += 1;
        let cause = CommandId(u128::from(self.made) << 80);
        let id = TransactionId::of(cause, 0);
        let meta = BTreeMap::new();
        Transaction { id, template, cause, by: None, day: 0, kind, moves, opens: None, ends_ms: None, meta }
    }

    /// What the book says; folds what it lets through.
    pub(super) fn book_says(&mut self, transaction: &Transaction) -> Result<(), Failure> {
        check(&self.book, Profile::Points, transaction, self.now)?;
        self.book.apply(transaction, self.now);
        self.folded.push((transaction.clone(), self.now));
        Ok(())
    }

    fn packet(&self, packet: u8) -> AccountId {
        let object = self.packets[usize::from(packet)].unwrap_or(ObjectId(u128::from(packet)));
        AccountId::Escrow(EscrowKind::Packet, object)
    }

    /// The transaction that a step comes to; `None` where it is none.
    fn build(&mut self, step: &Step) -> Result<Option<Transaction>, Failure> {
        let one = |from, to, units| vec![Self::moved(from, to, units)];
        let mint = AccountId::Mint(Asset::Points);
        let hold = |pair: &Self, at: usize| pair.auditor.holds.get(at).cloned();
        let gone = TransactionId(0);
        let (template, kind, moves) = match *step {
            Step::Grant(to, units, ends_ms) => {
                let member = MemberId(u128::from(to));
                let moves = granting(&self.book, member, Amount::new(units).unwrap());
                let built = self.transaction(Template::PointsGrant, Kind::Post, moves);
                return Ok(Some(Transaction { ends_ms, ..built }));
            }
            Step::Take(from, units) => (Template::PointsTake, Kind::Post, one(purse(from), mint, units)),
            Step::Direct(from, to, units) => {
                (Template::TransferDirect, Kind::Post, one(purse(from), purse(to), units))
            }
            Step::Share(from, to) => {
                let moves = to.iter().map(|(to, units)| Self::moved(purse(from), purse(*to), *units));
                (Template::TransferDirect, Kind::Post, moves.collect())
            }
            Step::Hold(from, to, units, wait) => {
                let kind = Kind::Hold { until_ms: self.now + wait };
                (Template::TransferHold, kind, one(purse(from), purse(to), units))
            }
            Step::Accept(at, units) => {
                let hold = hold(self, at);
                let of = hold.as_ref().map_or(gone, |hold| hold.id);
                let ends = hold
                    .map_or((purse(0), purse(1)), |it| (it.from.parse().unwrap(), it.to.parse().unwrap()));
                (Template::TransferEnd, Kind::PostHold { of }, one(ends.0, ends.1, units))
            }
            Step::Void(at) => {
                let of = hold(self, at).map_or(gone, |hold| hold.id);
                (Template::TransferEnd, Kind::VoidHold { of }, Vec::new())
            }
            Step::Expire(at) => {
                let of = hold(self, at).map_or(gone, |hold| hold.id);
                (Template::TransferEnd, Kind::Expire { of }, Vec::new())
            }
            Step::Fund(by, packet, units, wait) => {
                let account = self.packet(packet);
                let terms =
                    Terms { refund: Some(purse(by)), until_ms: self.now + wait, to: Destinations::Members };
                let moves = one(purse(by), account.clone(), units);
                let built = self.transaction(Template::PacketFund, Kind::Post, moves);
                return Ok(Some(Transaction { opens: Some(Box::new((account, terms))), ..built }));
            }
            Step::Claim(packet, to, units) => {
                (Template::PacketClaim, Kind::Post, one(self.packet(packet), purse(to), units))
            }
            Step::Refund(packet) => {
                let account = self.packet(packet);
                let to = self.book.terms(&account).and_then(|terms| terms.refund.clone()).unwrap_or(purse(0));
                let rest = self.book.balance(&account, Asset::Points).posted.max(1);
                (Template::PacketRefund, Kind::Post, one(account, to, rest))
            }
            Step::Reverse(at, units) => {
                let of = self.auditor.past.get(at).map_or(gone, |past| past.id);
                let units = reverse::units(&self.book, of, units.map(|units| Amount::new(units).unwrap()))?;
                let moves = reverse::moves(&self.book, of, &units)?;
                (Template::Reverse, Kind::Reverse { of, units }, moves)
            }
            Step::Shut(..) | Step::Wait(_) => return Ok(None),
        };
        Ok(Some(self.transaction(template, kind, moves)))
    }

    fn auditor_says(&mut self, step: &Step) -> Result<(), Failure> {
        let now = self.now;
        let path = |pair: &Self, packet: u8| pair.packet(packet).to_string();
        match *step {
            Step::Grant(to, units, ends) => self.auditor.grant(to, units, ends),
            Step::Take(from, units) => {
                let source = pile(from);
                if self.auditor.frozen(&[&source], &[]) {
                    return Err(Failure::Frozen);
                }
                self.auditor.enough(&source, units, 0)?;
                self.auditor.carry(&source, &mint(), units);
                Ok(())
            }
            Step::Direct(from, to, units) => self.auditor.direct(from, &[(to, units)], true),
            Step::Share(from, to) => self.auditor.direct(from, &to, true),
            Step::Hold(from, to, units, wait) => {
                let mut trial = self.auditor.clone();
                trial.direct(from, &[(to, units)], true)?;
                let (from, to, id) = (pile(from), pile(to), TransactionId(0));
                self.auditor.holds.push(OpenHold { id, from, to, units, until: now + wait, open: true });
                Ok(())
            }
            Step::Accept(at, _) | Step::Void(at) | Step::Expire(at) => self.auditor.resolve(at, now, step),
            Step::Fund(by, packet, units, _) => {
                let path = path(self, packet);
                self.auditor.fund((by, &path), units)
            }
            Step::Claim(packet, to, units) => {
                let path = path(self, packet);
                self.auditor.leave(&path, Some(to), units)
            }
            Step::Refund(packet) => {
                let path = path(self, packet);
                let rest = self.auditor.count(&path).max(1);
                self.auditor.leave(&path, None, rest)
            }
            Step::Reverse(at, units) => self.auditor.reverse(at, units),
            Step::Shut(who, shut) => {
                self.auditor.shut.insert(pile(who), shut);
                Ok(())
            }
            Step::Wait(_) => Ok(()),
        }
    }

    /// Both do a step, and must say and have the same.
    pub(super) fn run(&mut self, step: &Step) -> Result<(), Failure> {
        match *step {
            Step::Wait(ms) => self.now += ms,
            Step::Shut(who, shut) => {
                self.book.shut.insert(purse(who), shut);
            }
            _ => {}
        }
        let built = self.build(step);
        let said = match &built {
            Ok(Some(transaction)) => self.book_says(&transaction.clone()),
            Ok(None) => Ok(()),
            Err(failure) => Err(*failure),
        };
        assert_eq!(self.auditor_says(step), said, "{step:?}");
        if let (Ok(Some(transaction)), Ok(())) = (built, said) {
            self.remember(step, &transaction);
        }
        self.compare();
        said
    }

    /// Numbers what came of a step, for later ones.
    fn remember(&mut self, step: &Step, transaction: &Transaction) {
        if let (Step::Hold(..), Some(hold)) = (step, self.auditor.holds.last_mut()) {
            hold.id = transaction.id;
        }
        if let Step::Fund(_, packet, ..) = step {
            self.packets[usize::from(*packet)] = None;
        }
        let posts = matches!(transaction.kind, Kind::Post | Kind::PostHold { .. });
        if posts && transaction.template.is_reversible() {
            let named = |it: &Move| (it.from.to_string(), it.to.to_string(), it.amount.units());
            let moves: Vec<_> = transaction.moves.iter().map(named).collect();
            self.auditor.past.push(Past { id: transaction.id, back: vec![0; moves.len()], moves });
        }
    }

    fn compare(&self) {
        let mut seen = 0;
        for (account, asset, balance) in self.book.accounts() {
            let path = account.to_string();
            assert_eq!(asset, Asset::Points);
            seen += 1;
            if path == mint() {
                assert_eq!(balance.posted, -self.auditor.made, "made");
                continue;
            }
            if let Some(owner) = path.strip_suffix("/receivable") {
                assert_eq!(balance.posted, -self.auditor.debt(&format!("{owner}/pts")), "{path}");
                continue;
            }
            let coins = self.auditor.piles.get(&path).cloned().unwrap_or_default();
            assert_eq!(balance.posted, coins.len() as i64, "{path}");
            assert_eq!(balance.pending_out, self.auditor.held(&path), "{path}");
            for bucket in &balance.buckets {
                let ends = coins.iter().filter(|coin| **coin == bucket.ends_ms).count();
                assert_eq!(bucket.units, ends as i64, "{path} {bucket:?}");
            }
            let lasting = coins.iter().filter(|coin| **coin == NEVER).count() as i64;
            let ending: i64 = balance.buckets.iter().map(|bucket| bucket.units).sum();
            assert_eq!(lasting + ending, balance.posted, "{path}");
        }
        let piles = self.auditor.piles.iter().filter(|(path, coins)| {
            let awaited = self.auditor.holds.iter().any(|it| it.open && it.to == **path);
            !coins.is_empty() || self.auditor.held(path) > 0 || awaited
        });
        let debts = self.auditor.debts.values().filter(|debt| **debt != 0).count();
        let empty_to = |it: &&OpenHold| it.open && !self.auditor.piles.contains_key(&it.to);
        let mut unseen: Vec<&str> =
            self.auditor.holds.iter().filter(empty_to).map(|it| it.to.as_str()).collect();
        unseen.sort_unstable();
        unseen.dedup();
        assert_eq!(seen, piles.count() + unseen.len() + debts + usize::from(self.auditor.made != 0));
        assert_eq!(audit(&self.book, 0), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn t2_the_book_and_its_auditor_agree_on_every_reply_and_every_pile(
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let mut pair = Pair::new();
        for step in steps {
            let _ = pair.run(&step);
        }
    }
}
