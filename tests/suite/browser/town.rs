//! A community with people who have talked, behind a server: one of the examples, in its own language.

use std::path::Path;

use kith_core::command::Actor;
use kith_core::gate;
use kith_core::ids::{ChannelId, MemberId, MessageId, PersonId};
use kith_core::message::{self, Ack, Mentions, Sort};
use kith_runtime::blueprint;
use kith_runtime::host::Operator;

use super::chrome::Tab;
use crate::http::Served;
use crate::world::{Place, World, text_part};

/// A community, its people and its server.
pub(super) struct Town {
    pub(super) served: Served,
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) owner: PersonId,
    pub(super) hall: ChannelId,
    pub(super) code: String,
}

/// What differs between the two examples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Story {
    pub(super) example: &'static str,
    pub(super) language: &'static str,
    pub(super) hall: &'static str,
    pub(super) news: &'static str,
    pub(super) people: &'static [&'static str],
    pub(super) lines: &'static [(usize, &'static str)],
    pub(super) question: (&'static str, &'static str),
    pub(super) announcement: &'static str,
    pub(super) advertisement: &'static str,
    pub(super) card: &'static [(&'static str, &'static str)],
}

/// Both examples.
pub(super) const STORIES: &[Story] = &[ENGLISH, CHINESE];

pub(super) const ENGLISH: Story = Story {
    example: "reading-circle",
    language: "en",
    hall: "table",
    news: "notices",
    people: &["Marta", "Jonas Lindqvist", "Priya", "Tomás", "Wren"],
    lines: &[
        (0, "Finished chapter 12 on the tram and missed my stop. Worth it."),
        (1, "Which one, the quarrel about the hospital?"),
        (0, "Yes! Nobody raises their voice and everybody bleeds."),
        (0, "I had to read it twice."),
        (2, "Slow down, I am still in Rome with poor Dorothea 🙂"),
        (3, "A good essay on the real Lowick: https://example.org/essays/lowick, no spoilers in it."),
        (4, "@Marta will you bring the tea again on Thursday?"),
        (0, "Tea, and this time enough biscuits.\nI counted: we are fourteen."),
    ],
    question: (
        "Is the Penguin edition fine, or does somebody know one with larger type?",
        "The Everyman one, the library has two of them.",
    ),
    announcement: "Thursday at seven, in the small hall. Wren has the keys. Please confirm this.",
    advertisement: "Limited offer! DM me for price, crypto signals inside",
    card: &[],
};

pub(super) const CHINESE: Story = Story {
    example: "qingnian-chuangke",
    language: "zh-CN",
    hall: "互助",
    news: "公告",
    people: &["上海-产品-小雨", "杭州-技术-阿哲", "苏州-设计-陈默", "上海-运营-林夕", "南京-学生-大山"],
    lines: &[
        (0, "周六下午的线下聚会定了，在创智天地那家咖啡馆。"),
        (1, "能带个朋友来吗？他做结构设计，想认识做硬件的。"),
        (0, "当然可以，来之前跟我说一声就行。"),
        (0, "座位大概二十个。"),
        (2, "我带两块样板过去，大家帮忙看看手感 🙂"),
        (3, "整理了一份上次分享的笔记：https://example.org/notes/0412，有错请指正。"),
        (4, "@上海-产品-小雨 学生可以只听不分享吗？"),
        (0, "当然，听也欢迎。\n记得早点到，靠窗的位子很抢手。"),
    ],
    question: (
        "小批量注塑，五百套左右，长三角有推荐的厂吗？",
        "可以问问昆山那边，起订量三百，我们上一版就是在那里做的。",
    ),
    announcement: "周六 14:00 创智天地，请所有人看完后点“我已阅读”。需要停车位的朋友找林夕登记。",
    advertisement: "兼职日结，稳赚不赔，扫码领红包",
    card: &[("地区", "上海"), ("岗位", "产品")],
};

impl Town {
    /// The community as it is after a day of talk.
    pub(super) fn of(story: &Story) -> Self {
        let served = Served::over(World::new());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(story.example);
        let loaded = blueprint::read(&folder).unwrap_or_else(|error| panic!("{error}"));
        let owner = served.person("founder");
        let place = served.world.found_by(&loaded.name, &loaded.blueprint, owner);
        let code = "K1TH-2026-MEET".to_owned();
        let (hall, name) = (story.hall.to_owned(), loaded.name.clone());
        let hall = served.world.view(place.id, move |it| it.channels.of_name(&hall).map(|row| row.id));
        let town = Self { served, place, name, owner, hall: hall.expect("the hall is there"), code };
        let code = town.code.clone();
        let invite = gate::Command::CreateInvite {
            code,
            uses: 100,
            expires_at_ms: None,
            source: "poster".to_owned(),
            for_person: None,
        };
        town.ask(place.owner, invite);
        town
    }

    /// The same with people in it who have talked.
    pub(super) fn lively(story: &Story) -> Self {
        let town = Self::of(story);
        let people: Vec<MemberId> = story.people.iter().map(|name| town.settle(story, name).1).collect();
        let mut said = Vec::new();
        for (who, line) in story.lines {
            said.push(town.say(people[*who], line, None, Sort::Talk));
        }
        let asked = town.say(people[4], story.question.0, None, Sort::Question);
        let answer = town.say(people[3], story.question.1, Some(asked), Sort::Talk);
        town.ask(people[4], message::Command::AcceptAnswer { question: asked, answer });
        for (who, emoji) in [(1, "👍"), (2, "👍"), (3, "❤️")] {
            town.ask(people[who], message::Command::React { message: said[0], emoji: emoji.to_owned() });
        }
        town.say(people[2], story.lines[1].1, Some(said[3]), Sort::Talk);
        town.ask(town.place.owner, message::Command::Pin { message: said[7] });
        town.announce(story);
        town
    }

    fn announce(&self, story: &Story) {
        let news = story.news.to_owned();
        let find = move |it: &kith_core::stream::Community| it.channels.of_name(&news).map(|row| row.id);
        let channel = self.served.world.view(self.place.id, find).expect("there is a channel for news");
        let mut bodies = kith_core::body::Bodies::default();
        let parts = vec![text_part(&self.served.world, &mut bodies, self.place.owner, story.announcement)];
        let kind =
            message::Command::Announce { channel, parts, ack: Ack::Required, mentions: Mentions::default() };
        let draft = self.served.world.draft(self.place.id, Actor::Member(self.place.owner), kind);
        self.served.world.ask(draft.with_bodies(bodies)).expect("the owner announces");
    }

    fn ask(&self, member: MemberId, kind: impl Into<kith_core::command::CommandKind>) {
        self.served.world.ask_member(self.place.id, member, kind).expect("it is allowed");
    }

    fn say(&self, member: MemberId, text: &str, reply_to: Option<MessageId>, sort: Sort) -> MessageId {
        let world = &self.served.world;
        let mut bodies = kith_core::body::Bodies::default();
        let parts = vec![text_part(world, &mut bodies, member, text)];
        let kind = message::Command::Post {
            channel: self.hall,
            parts,
            reply_to,
            sort,
            mentions: Mentions::default(),
        };
        let draft = world.draft(self.place.id, Actor::Member(member), kind).with_bodies(bodies);
        let id = MessageId(draft.id.0);
        world.ask(draft).expect("it can be said");
        id
    }

    /// Somebody comes in with the town's invite.
    pub(super) fn settle(&self, story: &Story, name: &str) -> (PersonId, MemberId) {
        let world = &self.served.world;
        let person = self.served.person(name);
        let command = world.mint().command(world.now_ms());
        let member = MemberId::of(command, 0);
        let mut bodies = kith_core::body::Bodies::default();
        let mut text = |text: &str| world.mint().text(&mut bodies, world.now_ms(), member, text);
        let parts: Vec<&str> = name.split('-').collect();
        let card = story
            .card
            .iter()
            .enumerate()
            .map(|(place, (field, _))| ((*field).to_owned(), text(parts[place])))
            .collect();
        let answers = [("群规", "不可以"), ("方向", "做智能硬件")];
        let answers = answers
            .iter()
            .filter(|_| !story.card.is_empty())
            .map(|(name, said)| ((*name).to_owned(), text(said)))
            .collect();
        let nickname = text(name);
        let join = gate::Command::RequestJoin {
            nickname,
            card,
            answers,
            invite: Some(self.code.clone()),
            source: String::new(),
        };
        let draft = kith_runtime::draft::Draft::new(command, self.place.id, Actor::Person(person), join);
        world.ask(draft.with_bodies(bodies)).expect("the gate lets them in");
        let standing = world.view(self.place.id, move |it| it.members.get(member).map(|row| row.standing));
        assert_eq!(standing, Some(kith_core::member::Standing::Active), "{name}");
        (person, member)
    }

    /// Signs somebody in by a link.
    pub(super) fn enter(&self, tab: &mut Tab, person: PersonId) {
        let operator = Operator::of(self.served.world.engine(), self.served.world.mint());
        let link = self.served.world.wait(operator.issue_link(person, 60_000)).expect("a link can be issued");
        tab.open(&self.served.url(&format!("/sign-in/link?code={}", link.text())));
        tab.follow("main button");
    }

    /// The address of one of the community's pages.
    pub(super) fn url(&self, rest: &str) -> String {
        self.served.url(&format!("/c/{}{rest}", self.name))
    }

    /// The address of the hall's last message.
    pub(super) fn message_url(&self) -> String {
        let hall = self.hall;
        let last = move |it: &kith_core::stream::Community| {
            it.messages.recent().rev().find(|header| header.channel == hall).map(|header| header.id)
        };
        let last = self.served.world.view(self.place.id, last).expect("somebody has said something");
        self.url(&format!("/m/{last}"))
    }

    /// The address of the hall.
    pub(super) fn hall_url(&self) -> String {
        self.url(&format!("/ch/{}", self.hall))
    }
}
