//! The play: each scene asks the engine for something and shows what it said to whom.

use std::collections::BTreeMap;
use std::time::Duration;

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::community::Language;
use kith_core::gate;
use kith_core::ids::{AppealId, ChannelId, CommandId, CommunityId, HoldId, MemberId, PersonId, ReceiptId};
use kith_core::member;
use kith_core::message::{self, Part};
use kith_core::queue::{self, AtDeadline, Decision, Receipt, Verdict};
use kith_core::refusal::Refusal;
use kith_runtime::draft::{AskError, Draft, Reply};
use kith_runtime::host::FirstOwner;
use kith_runtime::import::reenact::first_group;
use kith_runtime::texts::Reader;

use super::script::Script;
use crate::command::{receipt, shown};
use crate::failure::Failure;
use crate::session::Session;

/// Somebody in the play.
#[derive(Clone, Copy)]
struct Who {
    person: PersonId,
    name: &'static str,
}

/// The stage and what is on it.
pub(super) struct Play<'a> {
    session: &'a Session,
    script: &'a Script,
    language: Language,
    pause: Duration,
    say: &'a mut dyn FnMut(&str) -> std::io::Result<()>,
    community: CommunityId,
    channel: ChannelId,
    /// Notices that were shown, by member.
    told: BTreeMap<MemberId, usize>,
}

/// What somebody brings to the gate.
#[derive(Default)]
struct Brought<'a> {
    answer: Option<&'a str>,
    invite: Option<&'a str>,
}

impl<'a> Play<'a> {
    /// Founds the community with its owner.
    pub(super) async fn begin(
        session: &'a Session,
        script: &'a Script,
        language: Language,
        pause: Duration,
        say: &'a mut dyn FnMut(&str) -> std::io::Result<()>,
    ) -> Result<Self, Failure> {
        let operator = session.operator().await?;
        let nickname = script.word("owner").to_owned();
        let owner = FirstOwner { person: operator.register_person(Some(&nickname)).await?, nickname };
        let community =
            operator.create(script.word("community"), script.blueprint.clone(), Some(owner)).await?;
        let channel = session.view(community, |_, community| first_group(community)).await?;
        let channel = channel.ok_or(Refusal::NotFound { what: "channel".to_owned() })?;
        Ok(Self { session, script, language, pause, say, community, channel, told: BTreeMap::new() })
    }

    /// Plays every scene and names a receipt to look at afterwards.
    pub(super) async fn run(&mut self) -> Result<ReceiptId, Failure> {
        let owner = self.owner().await?;
        self.scene("scene_found", &[]).await?;
        self.gate(owner).await?;
        self.talk().await?;
        let receipt = self.advertisement(owner).await?;
        self.appeal(owner).await?;
        self.leave().await?;
        Ok(receipt)
    }

    async fn gate(&mut self, owner: MemberId) -> Result<(), Failure> {
        let script = self.script;
        let second = self.person("second").await?;
        self.scene("scene_wrong", &[]).await?;
        self.knock(second, Brought { answer: Some(script.word("wrong_answer")), ..Brought::default() })
            .await?;
        self.scene("scene_right", &[]).await?;
        self.knock(second, Brought { answer: Some(script.word("right_answer")), ..Brought::default() })
            .await?;
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        let code = gate::mint_code(random);
        let invite = gate::Command::CreateInvite {
            code: code.clone(),
            uses: 3,
            expires_at_ms: None,
            source: "demo".to_owned(),
            for_person: None,
        };
        self.ask(Actor::Member(owner), invite, Bodies::default()).await?;
        self.scene("scene_invite", &[("code", &code)]).await?;
        for name in ["third", "fourth", "fifth"] {
            let who = self.person(name).await?;
            self.knock(who, Brought { invite: Some(&code), ..Brought::default() }).await?;
        }
        let sixth = self.person("sixth").await?;
        self.scene("scene_used_up", &[]).await?;
        self.knock(sixth, Brought { invite: Some(&code), ..Brought::default() }).await?;
        self.scene("scene_full", &[]).await?;
        self.knock(sixth, Brought { answer: Some(script.word("right_answer")), ..Brought::default() }).await
    }

    async fn talk(&mut self) -> Result<(), Failure> {
        self.scene("scene_talk", &[]).await?;
        self.post("second", "hello").await?;
        self.post("owner", "reply").await?;
        Ok(())
    }

    /// An ad in disguise is held; its receipt shows why; the owner does not let it through.
    async fn advertisement(&mut self, owner: MemberId) -> Result<ReceiptId, Failure> {
        self.scene("scene_ad", &[]).await?;
        let receipts = self.post("fifth", "ad").await?;
        let receipt = receipts.first().ok_or(Refusal::NotFound { what: "receipt".to_owned() })?;
        let verdict = format!("verdict_{}", receipt::verdict(receipt.ground.verdict()));
        let verdict = self.script.word(&verdict);
        let line = format!("    {} {}", self.script.word("receipt"), receipt.id);
        self.line(&line)?;
        let line = format!("    {}", self.script.word("derived").replace("{verdict}", verdict));
        self.line(&line)?;
        self.scene("scene_denied", &[]).await?;
        let hold = self.hold().await?;
        let resolve = queue::Command::Resolve { hold, outcome: AtDeadline::Deny, note: None };
        self.ask(Actor::Member(owner), resolve, Bodies::default()).await?;
        self.tell("fifth").await?;
        Ok(receipt.id)
    }

    async fn appeal(&mut self, owner: MemberId) -> Result<(), Failure> {
        self.scene("scene_warning", &[]).await?;
        let receipts = self.post("fourth", "warning").await?;
        let receipt = receipts.first().ok_or(Refusal::NotFound { what: "receipt".to_owned() })?.id;
        self.scene("scene_appeal", &[]).await?;
        let member = self.member("fourth").await?;
        let id = self.id();
        let mut bodies = Bodies::default();
        let text = self.script.word("appeal");
        let text = self.session.mint.text(&mut bodies, id.at_ms(), member, text);
        let appeal = queue::Command::Appeal { receipt, text };
        self.ask_as(id, Actor::Member(member), appeal.into(), bodies).await?;
        self.tell("fourth").await?;
        self.scene("scene_overturned", &[]).await?;
        let decide = queue::Command::DecideAppeal {
            appeal: AppealId(id.0),
            decision: Decision::Overturned,
            note: None,
        };
        self.ask(Actor::Member(owner), decide, Bodies::default()).await?;
        self.tell("fourth").await
    }

    async fn leave(&mut self) -> Result<(), Failure> {
        self.scene("scene_leave", &[]).await?;
        let leaver = self.member("third").await?;
        self.ask(Actor::Member(leaver), member::Command::Leave, Bodies::default()).await?;
        self.tell("sixth").await?;
        self.scene("scene_accept", &[]).await?;
        let next = self.member("sixth").await?;
        self.ask(Actor::Member(next), gate::Command::AcceptSeat, Bodies::default()).await?;
        self.tell("sixth").await
    }

    /// Asks to be let in, and shows what the gate answers.
    async fn knock(&mut self, who: Who, brought: Brought<'_>) -> Result<(), Failure> {
        let id = self.id();
        let owner = self
            .session
            .engine
            .view(self.community, move |stream| gate::applicant_id(stream, who.person, id));
        let owner = owner.await?;
        let (session, mut bodies) = (self.session, Bodies::default());
        let mut text = |text: &str| session.mint.text(&mut bodies, id.at_ms(), owner, text);
        let nickname = text(self.script.word(who.name));
        let answers = brought.answer.map(|answer| (self.question(), text(answer))).into_iter().collect();
        let request = gate::Command::RequestJoin {
            nickname,
            card: BTreeMap::new(),
            answers,
            invite: brought.invite.map(str::to_owned),
            source: "demo".to_owned(),
        };
        self.ask_as(id, Actor::Person(who.person), request.into(), bodies).await?;
        self.tell(who.name).await
    }

    fn question(&self) -> String {
        let conditions = &self.script.blueprint.gate.conditions;
        let name = conditions.iter().find_map(|condition| match condition {
            gate::Condition::Questions(terms) => {
                terms.questions.first().map(|question| question.name.clone())
            }
            _ => None,
        });
        name.unwrap_or_default()
    }

    /// Says something and shows what the rules make of it.
    async fn post(&mut self, name: &'static str, words: &str) -> Result<Vec<Receipt>, Failure> {
        let member = self.member(name).await?;
        let text = self.script.word(words).to_owned();
        let line = format!("  {} {} {text}", self.script.word(name), self.script.word("says"));
        self.line(&line)?;
        let id = self.id();
        let mut bodies = Bodies::default();
        let body = self.session.mint.text(&mut bodies, id.at_ms(), member, &text);
        let post = message::Command::Post {
            channel: self.channel,
            parts: vec![Part::Text { body }],
            reply_to: None,
            sort: message::Sort::Talk,
            mentions: message::Mentions::default(),
        };
        let reply = self.ask_as(id, Actor::Member(member), post.into(), bodies).await?;
        let receipts = reply.map(|reply| reply.receipts).unwrap_or_default();
        self.explain(&receipts).await?;
        self.tell(name).await?;
        tokio::time::sleep(self.pause / 2).await;
        Ok(receipts)
    }

    /// Shows why something was not simply let through.
    async fn explain(&mut self, receipts: &[Receipt]) -> Result<(), Failure> {
        let (receipts, language) = (receipts.to_vec(), self.language);
        let lines = self.session.view(self.community, move |stream, _| {
            let reader = Reader { language, stream: Some(stream) };
            let refused = receipts.iter().filter(|receipt| receipt.verdict != Verdict::Allow);
            let texts = refused.flat_map(|receipt| std::iter::once(&receipt.reason).chain(&receipt.remedy));
            texts.map(|text| format!("    {}", shown::printable(&reader.render(text)))).collect::<Vec<_>>()
        });
        lines.await?.iter().try_for_each(|line| self.line(line))
    }

    /// Shows what the engine has told somebody since the last time.
    async fn tell(&mut self, name: &'static str) -> Result<(), Failure> {
        let member = self.member(name).await?;
        let (language, known) = (self.language, self.told.get(&member).copied().unwrap_or(0));
        let notices = self.session.view(self.community, move |stream, community| {
            let reader = Reader { language, stream: Some(stream) };
            let row = community.members.get(member);
            let notices = row.map(|row| row.notices.as_slice()).unwrap_or_default();
            notices
                .iter()
                .skip(known)
                .map(|notice| shown::printable(&reader.render(&notice.text)))
                .collect::<Vec<_>>()
        });
        let notices = notices.await?;
        self.told.insert(member, known + notices.len());
        let told = self.script.word("told").replace("{name}", self.script.word(name));
        notices.iter().try_for_each(|notice| self.line(&format!("  {told} {notice}")))
    }

    async fn scene(&mut self, name: &str, arguments: &[(&str, &str)]) -> Result<(), Failure> {
        tokio::time::sleep(self.pause).await;
        let mut text = self.script.word(name).to_owned();
        for (argument, value) in arguments {
            text = text.replace(&format!("{{{argument}}}"), value);
        }
        self.line("")?;
        self.line(&text)
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        Ok((self.say)(line)?)
    }

    async fn person(&self, name: &'static str) -> Result<Who, Failure> {
        let person = self.session.operator().await?.register_person(Some(self.script.word(name))).await?;
        Ok(Who { person, name })
    }

    async fn owner(&self) -> Result<MemberId, Failure> {
        self.member("owner").await
    }

    /// The member of a name in the play. Names are told apart by what they go by, which nobody changes here.
    async fn member(&self, name: &'static str) -> Result<MemberId, Failure> {
        let nickname = self.script.word(name).to_owned();
        let found = self.session.view(self.community, move |stream, community| {
            let of_name =
                |row: &&member::Member| stream.bodies.text(&row.nickname) == Some(nickname.as_str());
            community.members.iter().find(of_name).map(|row| row.id)
        });
        found.await?.ok_or_else(|| Refusal::NotFound { what: self.script.word(name).to_owned() }.into())
    }

    async fn hold(&self) -> Result<HoldId, Failure> {
        let found =
            self.session.view(self.community, |_, community| community.queue.holds.keys().next().copied());
        found.await?.ok_or_else(|| Refusal::NotFound { what: "hold".to_owned() }.into())
    }

    fn id(&self) -> CommandId {
        self.session.mint.command(self.session.now_ms())
    }

    async fn ask(
        &mut self,
        actor: Actor,
        kind: impl Into<CommandKind>,
        bodies: Bodies,
    ) -> Result<Option<Reply>, Failure> {
        let id = self.id();
        self.ask_as(id, actor, kind.into(), bodies).await
    }

    /// Asks; a refusal is part of the play.
    async fn ask_as(
        &mut self,
        id: CommandId,
        actor: Actor,
        kind: CommandKind,
        bodies: Bodies,
    ) -> Result<Option<Reply>, Failure> {
        let draft = Draft::new(id, self.community, actor, kind).with_bodies(bodies);
        match self.session.engine.ask(draft).await {
            Ok(reply) => Ok(Some(reply)),
            Err(AskError::Refused(refusal)) => {
                let reader = Reader { language: self.language, stream: None };
                let line = format!("    {}", reader.render(&refusal.text()));
                self.line(&line)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
