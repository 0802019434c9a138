//! The gate as a whole: the sentences that it was built for, races, and a random walk beside a naive model.

mod conditions;
mod invites;
mod list;
mod moving;
mod rejoin;
mod scripts;
mod walk;
