//! `kith demo`: a group with a month behind it, served on loopback, with a link for each of three readers.
//!
//! The month is made by `month` on a real engine; `tour` walks through it in the terminal. What people say
//! and what the demo says is in `en/` and `zh-CN/`, what the engine says comes from the engine. Scripts of
//! the group lie in DATA's `scripts` folder, which is watched: what is saved there is live a moment later.

mod dice;
mod links;
mod month;
mod tour;
mod voice;
mod world;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use kith_core::ports::Clock as _;
use kith_http::Settings;
use kith_runtime::scripting::{self, Looking, Told, Watch};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use self::links::Links;
use self::month::Made;
use self::tour::Tour;
use self::voice::Voice;
use self::world::World;
use super::{Stage, script, serve};
use crate::clock::SystemClock;
use crate::failure::{Exit, Failure};
use crate::report::{Form, Report};
use crate::session::{self, Folder, Session};
use crate::watch::Interrupt;

/// Between two lines of the tour, for whoever reads along.
const PAUSE: Duration = Duration::from_millis(900);
/// How often it is looked whether somebody wants it to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// See it run: a group with a month behind it, in a browser, with a sign-in link for a newcomer, a member and
/// the operator. Ends with Ctrl-C; DATA can be served again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith demo                      a group to look at in a browser
  kith demo --tour               the same, with a walk through it in the terminal
  kith demo --tour --fast --end  the walk alone, without pauses")]
pub(crate) struct Demo {
    /// Where to listen on loopback [default: a port that is free]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Walk through it here: a newcomer, an ad, a stricter draft, a broken save, an undo
    #[arg(long)]
    tour: bool,
    /// Without pauses
    #[arg(long)]
    fast: bool,
    /// End when the walk does, instead of serving until Ctrl-C
    #[arg(long, requires = "tour")]
    end: bool,
    /// A new folder for what it makes [default: one among the temporary files]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What the demo works with once the month is there.
struct Running<'a> {
    session: &'a Session,
    world: &'a World,
    made: Made,
    /// Where the pages are, such as `http://127.0.0.1:8080`.
    address: String,
    links: Links,
    /// The watched folder.
    folder: PathBuf,
}

impl Demo {
    pub(super) fn run(mut self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let world = World::of(stage.language)?;
        let data = self.data.take().unwrap_or_else(fresh_folder);
        if data.join("log").exists() {
            return Err(Failure::input("cli.demo_exists"));
        }
        let interrupt = Interrupt::listen()?;
        let bar = stage.streams.bar_of_days("demo");
        let made = month::make(&data, &world, SystemClock::start().wall_ms(), &bar)?;
        bar.finish_and_clear();
        if interrupt.is_set() {
            return Ok(Report::said_already());
        }
        session::run(&data, Folder::Existing, async |session| {
            let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port);
            let server = serve::bind(session, listen, Settings::default()).await?;
            let address = format!("http://{}", server.address()?);
            let folder = scripts_folder(&data, &world)?;
            month::delivered(session, made.community).await?;
            let links = Links::issue(session, &made, (&address, world.word("community"))).await?;
            let running = Running { session, world: &world, made, address, links, folder };
            let (over, stop) = oneshot::channel::<()>();
            let served = server.serve(async {
                // It ends when the demo does, whatever came of it.
                let _ = stop.await;
            });
            let shown = async {
                let shown = self.show(&running, (&data, &interrupt), stage).await;
                drop(over);
                shown
            };
            tokio::join!(served, shown).1
        })
    }

    /// Says what there is, walks the tour, and waits.
    async fn show(
        &self,
        running: &Running<'_>,
        (data, interrupt): (&Path, &Interrupt),
        stage: &mut Stage<'_>,
    ) -> Result<Report, Failure> {
        let (language, form) = (stage.language, stage.form);
        let pause = if self.fast || form == Form::Json { Duration::ZERO } else { PAUSE };
        let mut voice = Voice::new(stage.streams, form, pause);
        running.introduce(&mut voice)?;
        let (sender, mut told) = mpsc::unbounded_channel();
        let watch = running.watch(sender)?;
        let tour = match self.tour {
            true => Some(Tour::new(running, language, &mut voice, &mut told).walk(interrupt).await?),
            false => None,
        };
        running.end(data, &mut voice)?;
        let mut value = running.value(data);
        if let Some(facts) = tour {
            value["facts"] = serde_json::to_value(facts).unwrap_or(Value::Null);
            value["scenes"] = json!(voice.scenes());
        }
        let report = match (form, self.end) {
            (_, true) => Report::new(&value, ""),
            (Form::Json, false) => {
                voice.print(&format!("{value}\n"))?;
                Report::said_already()
            }
            (Form::People, false) => Report::said_already(),
        };
        while !self.end && !interrupt.is_set() {
            let next = tokio::time::timeout(LOOK_EVERY, told.recv()).await;
            if let (Ok(Some(what)), Form::People) = (next, form) {
                voice.print(&script::in_words(language, &what))?;
            }
        }
        watch.stop().await;
        Ok(report)
    }
}

impl Running<'_> {
    /// The address of a page of the group.
    fn page(&self, path: &str) -> String {
        format!("{}{}{path}", self.address, links::page_of(self.world.word("community")))
    }

    fn introduce(&self, voice: &mut Voice<'_>) -> Result<(), Failure> {
        let counts = &self.made.counts;
        let numbers = [counts.joined, counts.messages, counts.held, counts.released, counts.appealed];
        let [people, messages, held, released, appealed] = numbers.map(|number| number.to_string());
        let world = self.world;
        voice.line(&world.told(
            "made",
            &[
                ("community", world.word("community")),
                ("people", &people),
                ("messages", &messages),
                ("held", &held),
                ("released", &released),
                ("appealed", &appealed),
            ],
        ))?;
        voice.line(&world.told("lives", &[("address", &self.address)]))?;
        for (who, link) in self.links.all() {
            voice.line(&format!("  {}  {link}", world.word(who)))?;
        }
        voice.line("")
    }

    /// How to write one's own, and what else to look at.
    fn end(&self, data: &Path, voice: &mut Voice<'_>) -> Result<(), Failure> {
        voice.line(self.world.word("look"))?;
        for command in self.commands(data) {
            voice.line(&format!("  {command}"))?;
        }
        let file = self.folder.join("guard.rhai");
        voice.line(&self.world.told("own", &[("file", &file.display().to_string())]))
    }

    fn commands(&self, data: &Path) -> [String; 4] {
        let (shown, name) = (data.display(), self.world.word("community"));
        [
            format!("kith serve --data {shown}"),
            format!("kith queue list --data {shown} --community {name}"),
            format!("kith script health --data {shown} --community {name} guard"),
            format!("kith verify --data {shown}"),
        ]
    }

    fn value(&self, data: &Path) -> Value {
        json!({
            "data": data, "community": self.world.word("community"), "id": self.made.community,
            "address": self.address, "links": self.links, "counts": self.made.counts,
            "scripts": self.folder, "commands": self.commands(data),
        })
    }

    /// Watches the folder of scripts from now on.
    fn watch(&self, sender: mpsc::UnboundedSender<Told>) -> Result<Watch, Failure> {
        let (community, path) = (self.made.community, self.folder.clone());
        let folder = scripting::Folder { community, path, looking: Looking::Told };
        Ok(Watch::start(self.session.desk(), folder, move |what| {
            // Nobody listens any more while the demo ends.
            let _ = sender.send(what);
        })?)
    }

    /// Saves a script as somebody with an editor does.
    fn save(&self, name: &str, source: &str) -> Result<(), Failure> {
        write(&self.folder.join(format!("{name}.rhai")), source)
    }
}

fn fresh_folder() -> PathBuf {
    std::env::temp_dir().join(format!("kith-demo-{}", std::process::id()))
}

/// The folder of the live scripts, beside the log.
fn scripts_folder(data: &Path, world: &World) -> Result<PathBuf, Failure> {
    let folder = data.join("scripts");
    std::fs::create_dir_all(&folder)?;
    for name in ["guard", "hello"] {
        write(&folder.join(format!("{name}.rhai")), world.script(name, 2))?;
    }
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::said(Exit::Failed, "cli.file", format!("{}: {error}", path.display()));
    std::fs::write(path, text).map_err(failed)
}
