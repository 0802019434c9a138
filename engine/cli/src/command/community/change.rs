//! `kith community suspend`, `resume`, `remove`, `rename` and `settings`.

use clap::Args;
use kith_core::community::{Command, Language, Setting, Zone};
use kith_core::host::{Row, Wanted};
use kith_core::notice::Text;
use kith_core::refusal::Refusal;
use serde_json::json;

use crate::arguments::{Data, InCommunity};
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Args)]
        pub(crate) struct $name {
            #[command(flatten)]
            place: Data,
            /// The community, by name or id
            name: String,
        }
    };
}

named!(/// Make a community readable only, until it is resumed.
    Suspend);
named!(/// Open a suspended community again.
    Resume);

/// Remove a community for good: its keys are destroyed, nobody can read it any more.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    place: Data,
    /// The community, by name or id
    name: String,
    /// The name once more: there is no way back
    #[arg(long, value_name = "NAME")]
    yes_remove: String,
}

/// Give a community another name.
#[derive(Debug, Args)]
pub(crate) struct Rename {
    #[command(flatten)]
    place: Data,
    /// The community, by name or id
    name: String,
    /// Its new name
    to: String,
}

/// Change a setting of a community.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kith community settings --data data --community garden zone Asia/Shanghai"
)]
pub(crate) struct Settings {
    #[command(flatten)]
    target: InCommunity,
    /// about, zone, language, rejoin_pause_ms or retention_days
    setting: String,
    /// Its new value
    value: String,
}

impl Suspend {
    pub(super) fn run(self) -> Result<Report, Failure> {
        set_status(&self.place, &self.name, Wanted::Suspended)
    }
}

impl Resume {
    pub(super) fn run(self) -> Result<Report, Failure> {
        set_status(&self.place, &self.name, Wanted::Open)
    }
}

impl Remove {
    pub(super) fn run(self) -> Result<Report, Failure> {
        if self.yes_remove != self.name {
            let text = Text::new("cli.remove_unconfirmed").with("name", self.name.as_str());
            return Err(Failure::told(Exit::BadInput, text));
        }
        set_status(&self.place, &self.name, Wanted::Removed)
    }
}

impl Rename {
    pub(super) fn run(self) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.name).await?;
            let row = session.operator().await?.rename(id, &self.to).await?;
            settled(row)
        })
    }
}

fn set_status(place: &Data, name: &str, wanted: Wanted) -> Result<Report, Failure> {
    session::run(&place.data, Folder::Existing, async |session| {
        let id = session.community(name).await?;
        session.index_ready().await;
        let row = session.operator().await?.set_status(id, wanted).await?;
        session.search_settled().await?;
        settled(row)
    })
}

/// What became of it; a community that has not answered yet is named by its state in between.
fn settled(row: Option<Row>) -> Result<Report, Failure> {
    let row = row.ok_or(Refusal::CommunityNotFound)?;
    let value = json!({ "id": row.id, "name": row.name, "state": row.state_name() });
    Ok(Report::new(&value, format!("{} ({}) is {}\n", row.name, row.id, row.state_name())))
}

impl Settings {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let setting = parse(&self.setting, &self.value)?;
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            session.ask(id, Command::Change { setting }).await?;
            let value = json!({ "id": id, "setting": self.setting, "value": self.value });
            Ok(Report::new(&value, format!("{} is {}\n", self.setting, self.value)))
        })
    }
}

fn parse(name: &str, value: &str) -> Result<Setting, Refusal> {
    let invalid = |expected: &str| Refusal::ValueInvalid {
        name: name.chars().take(60).collect(),
        expected: expected.to_owned(),
    };
    match name {
        "about" => Ok(Setting::About(value.to_owned())),
        "zone" => Ok(Setting::Zone(Zone::new(value)?)),
        "language" => match value {
            "en" => Ok(Setting::Language(Language::English)),
            "zh-CN" => Ok(Setting::Language(Language::Chinese)),
            _ => Err(invalid("en | zh-CN")),
        },
        "retention_days" if value == "none" => Ok(Setting::RetentionDays(None)),
        "retention_days" => value
            .parse()
            .map(|days| Setting::RetentionDays(Some(days)))
            .map_err(|_| invalid("a number of days, or none")),
        "rejoin_pause_ms" => value.parse().map(Setting::RejoinPauseMs).map_err(|_| invalid("milliseconds")),
        _ => Err(invalid("about | zone | language | rejoin_pause_ms | retention_days")),
    }
}
