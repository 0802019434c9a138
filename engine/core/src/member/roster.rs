//! The rows of all members a community has seen, found by member or by person, with the count of those
//! inside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Member, Standing};
use crate::ids::{MemberId, PersonId};

/// All members a community has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    rows: BTreeMap<MemberId, Member>,
    persons: BTreeMap<PersonId, MemberId>,
    active: u64,
}

impl Members {
    /// One member, whatever their standing.
    pub fn get(&self, id: MemberId) -> Option<&Member> {
        self.rows.get(&id)
    }

    /// The member that a person is here.
    pub fn of_person(&self, person: PersonId) -> Option<&Member> {
        self.persons.get(&person).and_then(|id| self.rows.get(id))
    }

    /// All, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.rows.values()
    }

    /// Those inside.
    pub fn active(&self) -> impl Iterator<Item = &Member> {
        self.rows.values().filter(|member| member.standing == Standing::Active)
    }

    /// How many are inside.
    pub fn active_count(&self) -> u64 {
        self.active
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nobody was ever here.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Puts a row in, or replaces it. The nouns' `apply` functions call it.
    pub fn put(&mut self, member: Member) {
        if let Some(person) = member.person {
            self.persons.insert(person, member.id);
        }
        let inside = u64::from(member.standing == Standing::Active);
        let was = self.rows.insert(member.id, member);
        let was_inside = u64::from(was.is_some_and(|member| member.standing == Standing::Active));
        self.active = self.active + inside - was_inside;
    }

    /// Changes a row if it is there, and keeps the counts.
    pub fn change(&mut self, id: MemberId, change: impl FnOnce(&mut Member)) {
        let Some(member) = self.rows.get_mut(&id) else { return };
        let was = (member.standing == Standing::Active, member.person);
        change(member);
        let now = (member.standing == Standing::Active, member.person);
        self.active = self.active + u64::from(now.0) - u64::from(was.0);
        if was.1 != now.1 {
            if let Some(person) = was.1 {
                self.persons.remove(&person);
            }
            if let Some(person) = now.1 {
                self.persons.insert(person, id);
            }
        }
    }
}
