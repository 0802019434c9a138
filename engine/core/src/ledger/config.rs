//! What a community sets about its money: points, transfers, packets. The profile is the host's to set.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::amount::AMOUNT_MAX;
use crate::limits::check_name;
use crate::moment::{DAY_MS, Duration, MINUTE_MS};
use crate::refusal::Refusal;

/// Levels of a community: more than anybody tells apart.
pub const LEVELS_MAX: usize = 32;
/// Months after which points can end: ten years.
const EXPIRY_MONTHS_MAX: u32 = 120;
/// Shares of one packet: a large group.
pub const SHARES_MAX: u32 = 500;
/// The longest time that a transfer or a packet waits.
const WAIT_MS_MAX: u64 = 30 * DAY_MS;

/// What money a community may have to do with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Points and closed-loop credit only.
    #[default]
    Points,
    /// The owner sells through a provider account of their own.
    Merchant,
    /// Somebody here has a licence for members' money.
    Licensed,
}

/// Whether something is switched on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// It is not.
    #[default]
    Off,
    /// It is.
    On,
}

/// A name for whoever has earned so many points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// What it is called.
    pub name: String,
    /// So many have to be earned, spent or not.
    pub points: u64,
}

/// Points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PointsConfig {
    /// Whether there are any to get; those there are can be taken back and end all the same.
    pub state: Switch,
    /// The most there may be at a time.
    pub supply_max: i64,
    /// The most that are granted in a day.
    pub per_day_max: i64,
    /// Full months after which points end that are granted from now on; never where it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_months: Option<u32>,
    /// Levels, from the lowest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
}

impl Default for PointsConfig {
    /// A billion, ten million a day: enough for two hundred thousand members, and a typing mistake shows.
    fn default() -> Self {
        Self {
            state: Switch::Off,
            supply_max: 1_000_000_000,
            per_day_max: 10_000_000,
            expire_months: None,
            levels: Vec::new(),
        }
    }
}

/// Transfers between members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransferConfig {
    /// Whether members may send each other anything.
    pub state: Switch,
    /// How long one waits to be accepted.
    pub wait: Duration,
    /// The most that one member sends in a day, packets included.
    pub per_day_max: i64,
    /// Whether the sender may take one back that was not accepted yet.
    pub recall: Switch,
}

impl Default for TransferConfig {
    fn default() -> Self {
        let (state, recall) = (Switch::On, Switch::On);
        Self { state, wait: Duration(DAY_MS), per_day_max: 100_000, recall }
    }
}

/// Red packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PacketConfig {
    /// Whether members may send any.
    pub state: Switch,
    /// How long one can be opened.
    pub wait: Duration,
    /// The most that one share can be.
    pub share_max: i64,
}

impl Default for PacketConfig {
    /// A day and 200.00, as people are used to.
    fn default() -> Self {
        Self { state: Switch::On, wait: Duration(DAY_MS), share_max: 20_000 }
    }
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Points.
    pub points: PointsConfig,
    /// Transfers between members.
    pub transfers: TransferConfig,
    /// Red packets.
    pub packets: PacketConfig,
}

fn invalid(name: &str, expected: impl Into<String>) -> Refusal {
    Refusal::ValueInvalid { name: name.to_owned(), expected: expected.into() }
}

fn check_units(name: &str, units: i64) -> Result<(), Refusal> {
    if (1..=AMOUNT_MAX).contains(&units) {
        return Ok(());
    }
    Err(invalid(name, format!("1 to {AMOUNT_MAX}")))
}

fn check_wait(name: &str, wait: Duration) -> Result<(), Refusal> {
    if (MINUTE_MS..=WAIT_MS_MAX).contains(&wait.0) {
        return Ok(());
    }
    Err(invalid(name, "1m to 30d"))
}

impl Config {
    /// Refuses what cannot be meant.
    pub fn check(&self) -> Result<(), Refusal> {
        let points = &self.points;
        check_units("supply_max", points.supply_max)?;
        check_units("per_day_max", points.per_day_max)?;
        if points.expire_months.is_some_and(|months| months == 0 || months > EXPIRY_MONTHS_MAX) {
            return Err(invalid("expire_months", format!("1 to {EXPIRY_MONTHS_MAX}")));
        }
        check_levels(&points.levels)?;
        check_wait("wait", self.transfers.wait)?;
        check_units("per_day_max", self.transfers.per_day_max)?;
        check_wait("wait", self.packets.wait)?;
        check_units("share_max", self.packets.share_max)
    }
}

fn check_levels(levels: &[Level]) -> Result<(), Refusal> {
    if levels.len() > LEVELS_MAX {
        return Err(Refusal::TooMany { what: "level".to_owned(), max: LEVELS_MAX as u64 });
    }
    levels.iter().try_for_each(|level| check_name(&level.name))?;
    let names: BTreeSet<&str> = levels.iter().map(|level| level.name.as_str()).collect();
    let rising = levels.windows(2).all(|pair| pair[0].points < pair[1].points);
    if names.len() == levels.len() && rising {
        return Ok(());
    }
    Err(invalid("levels", "rising"))
}
