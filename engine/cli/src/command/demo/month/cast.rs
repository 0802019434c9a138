//! Who takes part in the month.

use kith_core::ids::PersonId;

use super::super::dice::Dice;
use super::super::world::World;

/// What somebody is here for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Founds the group.
    Owner,
    /// Looks after it.
    Moderator,
    /// Lives here.
    Neighbour,
    /// Sells something.
    Spammer,
    /// Will knock after the month.
    Newcomer,
}

/// Somebody.
#[derive(Debug, Clone)]
pub(super) struct Player {
    pub(super) name: String,
    pub(super) person: PersonId,
    pub(super) part: Part,
    /// How much they talk: a few talk a lot.
    pub(super) talks: u64,
}

/// The place of the owner, and those of the moderators.
pub(super) const OWNER: usize = 0;
pub(super) const MODERATORS: std::ops::RangeInclusive<usize> = 1..=3;

/// Everybody, in the order of the world's names; `register` gives them a person each.
pub(super) fn gather(
    world: &World,
    dice: &mut Dice,
    mut register: impl FnMut(&str) -> PersonId,
) -> Vec<Player> {
    let mut people = Vec::new();
    let mut add = |name: &str, part: Part, talks: u64| {
        people.push(Player { name: name.to_owned(), person: register(name), part, talks });
    };
    for (place, name) in world.people.neighbours().enumerate() {
        let (part, talks) = match place {
            OWNER => (Part::Owner, 6),
            _ if MODERATORS.contains(&place) => (Part::Moderator, 9),
            _ if dice.one_in(6) => (Part::Neighbour, 12),
            _ => (Part::Neighbour, dice.between(1, 5)),
        };
        add(name, part, talks);
    }
    for name in world.people.spammers() {
        add(name, Part::Spammer, 0);
    }
    add(world.word("newcomer"), Part::Newcomer, 0);
    people
}
