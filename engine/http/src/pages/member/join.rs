//! Asking to be let in: the form that the gate's conditions make, and what comes of it. Open to strangers:
//! asking makes a person of them, who stays signed in in this browser.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Extension;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use kith_core::card::{Field as CardField, Kind as CardKind};
use kith_core::community::Language;
use kith_core::gate::{self, Condition, Question};
use kith_core::queue::Verdict;
use kith_core::refusal::Refusal;
use kith_runtime::draft::{AskError, Reply};
use kith_runtime::host::Operator;
use kith_runtime::secret::Secret;
use kith_runtime::texts::Reader;
use maud::{Markup, html};

use super::landing::{self, Way};
use super::name::{formed, told};
use super::visit::Visit;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Presence, Tone, banner, choice, submit};
use crate::pages::sign_in;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;
use crate::server::Peer;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/ask", post(ask)).route("/c/{community}/seat", post(seat))
}

/// What a gate asks of whoever comes.
pub(super) struct Asked {
    card: Vec<CardField>,
    questions: Vec<Question>,
    takes_invites: bool,
    /// Whether each condition has to be met, or one of several.
    each: Presence,
    /// What names look like.
    template: Option<String>,
}

impl Asked {
    /// As the gate is today.
    pub(super) async fn of(visit: &Visit) -> Result<Self, Turn> {
        let asked = visit.room.look(|sight| {
            let (config, schema) = (&sight.community.gate.config, &sight.community.card.schema);
            let has = |is: fn(&Condition) -> bool| config.conditions.iter().any(is);
            let is_each = config.mode == gate::Mode::All || config.conditions.len() == 1;
            let named = schema.name_template.as_deref().unwrap_or_default();
            let wants_card = has(|it| matches!(it, Condition::Card));
            // A name's form needs the fields that it is made of, whether the gate asks for the card or not.
            let wanted = |field: &&CardField| {
                field.required && wants_card || named.contains(&format!("{{{}}}", field.name))
            };
            let questions = config.conditions.iter().filter_map(|condition| match condition {
                Condition::Questions(terms) => Some(terms.questions.clone()),
                _ => None,
            });
            Ok(Self {
                card: schema.fields.iter().filter(wanted).cloned().collect(),
                questions: questions.flatten().collect(),
                takes_invites: has(|it| matches!(it, Condition::Invite(_))),
                each: if is_each { Presence::Required } else { Presence::Optional },
                template: schema.name_template.clone(),
            })
        });
        Ok(asked.await?)
    }

    fn names(&self) -> Vec<String> {
        let card = self.card.iter().map(|field| format!("card.{}", field.name));
        let answers = self.questions.iter().map(|question| format!("answer.{}", question.name));
        let fixed = ["nickname", "invite", "login", "password"].map(str::to_owned);
        fixed.into_iter().chain(card).chain(answers).collect()
    }
}

/// What somebody typed into the form.
#[derive(Debug, Default)]
pub(super) struct Typed {
    nickname: String,
    invite: String,
    source: String,
    login: String,
    card: BTreeMap<String, String>,
    answers: BTreeMap<String, String>,
}

impl Typed {
    /// What the way by which somebody came says.
    pub(super) fn by(way: &Way) -> Self {
        Self { invite: way.invite.clone(), source: way.source.clone(), ..Self::default() }
    }

    fn of(form: &Filled) -> Self {
        let under = |prefix: &'static str| {
            let filled = form.under(prefix).filter(|(_, value)| !value.is_empty());
            filled.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        Self {
            nickname: form.text("nickname").to_owned(),
            invite: form.text("invite").to_owned(),
            source: form.text("source").to_owned(),
            login: form.text("login").to_owned(),
            card: under("card."),
            answers: under("answer."),
        }
    }
}

/// The form.
pub(super) fn shown(visit: &Visit, asked: &Asked, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let form_of_names = asked.template.as_ref().map(|it| {
        let told = told(it, &asked.card, visit.say("page.join.nickname"));
        visit.fill("page.card.template", &[("template", &told)])
    });
    let nickname = Field {
        kind: Kind::Line { autocomplete: "nickname" },
        help: Some(form_of_names.as_deref().unwrap_or(visit.say("page.join.nickname_help"))),
        value: &typed.nickname,
        mistake: mistakes.of("nickname"),
        ..Field::line("nickname", visit.say("page.join.nickname"))
    };
    let fields = html! {
        input type="hidden" name="source" value=(typed.source);
        @if asked.takes_invites {
            (Field {
                presence: asked.each,
                help: Some(visit.say("page.join.invite_help")),
                value: &typed.invite,
                mistake: mistakes.of("invite"),
                ..Field::line("invite", visit.say("page.join.invite"))
            }.show())
        } @else if !typed.invite.is_empty() {
            input type="hidden" name="invite" value=(typed.invite);
        }
        (nickname.show())
        @for field in &asked.card { (card_field(field, typed.card.get(&field.name), mistakes)) }
        @for question in &asked.questions {
            (answer((question, asked.each), typed.answers.get(&question.name), mistakes))
        }
        @if !visit.page.is_signed_in() { (login(visit, typed, mistakes)) }
        (submit(Look::Main, visit.say("page.join.ask")))
    };
    html! {
        section.card #join {
            h2 { (visit.say("page.join.title")) }
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(&visit.page, &visit.path("/ask"), fields))
        }
    }
}

/// A field of the card, as its kind has it.
pub(super) fn card_field(field: &CardField, value: Option<&String>, mistakes: &Mistakes) -> Markup {
    let name = format!("card.{}", field.name);
    let label = if field.label.is_empty() { &field.name } else { &field.label };
    let shown = Field {
        kind: match field.kind {
            CardKind::Number { .. } => Kind::Number,
            _ => Kind::Line { autocomplete: "off" },
        },
        presence: if field.required { Presence::Required } else { Presence::Optional },
        value: value.map_or("", String::as_str),
        mistake: mistakes.of(&name),
        ..Field::line(&name, label)
    };
    match &field.kind {
        CardKind::Choice { options } => {
            let none = ("", "—");
            let options = options.iter().map(|option| (option.as_str(), option.as_str()));
            choice(&shown, &std::iter::once(none).chain(options).collect::<Vec<_>>())
        }
        CardKind::Number { min, max } => Field { help: Some(&format!("{min}–{max}")), ..shown }.show(),
        CardKind::Text { .. } | CardKind::Pattern { .. } => shown.show(),
    }
}

fn answer(
    (question, presence): (&Question, Presence),
    value: Option<&String>,
    mistakes: &Mistakes,
) -> Markup {
    let name = format!("answer.{}", question.name);
    let field = Field {
        kind: Kind::Area { rows: 2 },
        presence,
        value: value.map_or("", String::as_str),
        mistake: mistakes.of(&name),
        ..Field::line(&name, &question.text)
    };
    field.show()
}

/// A way back for those who want one: otherwise this browser alone knows who they are.
fn login(visit: &Visit, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let name = Field {
        kind: Kind::Line { autocomplete: "username" },
        presence: Presence::Optional,
        value: &typed.login,
        mistake: mistakes.of("login"),
        ..Field::line("login", visit.say("page.sign_in.name"))
    };
    let password = Field {
        kind: Kind::Password { autocomplete: "new-password" },
        presence: Presence::Optional,
        help: Some(visit.say("page.join.password_help")),
        mistake: mistakes.of("password"),
        ..Field::line("password", visit.say("page.sign_in.password"))
    };
    let is_open = !typed.login.is_empty() || mistakes.of("login").or(mistakes.of("password")).is_some();
    html! {
        details open[is_open] {
            summary { (visit.say("page.join.way_back")) }
            div.stack {
                p.quiet { (visit.say("page.join.way_back_why")) }
                (name.show())
                (password.show())
            }
        }
    }
}

async fn ask(
    Extension(Peer(peer)): Extension<Peer>,
    Path(community): Path<String>,
    headers: HeaderMap,
    form: Filled,
) -> Result<Response, Turn> {
    let (typed, password, input) = (Typed::of(&form), form.raw("password").to_owned(), form.input.clone());
    let visit = Visit::open(form.page.clone(), &community).await?;
    let asked = Asked::of(&visit).await?;
    if visit.page.is_signed_in() {
        return answered(visit, &asked, &typed, &input).await;
    }
    if typed.nickname.is_empty() {
        let mut mistakes = Mistakes::none();
        mistakes.note("nickname", visit.say("page.join.nickname_missing"));
        return landing::gate(&visit, &asked, &typed, &mistakes).await;
    }
    let place = &visit.page.caller.place;
    if !place.limits.may_come(peer.ip(), place.engine.ports().clock.monotonic_ms()) {
        return Err(Problem::new(axum::http::StatusCode::TOO_MANY_REQUESTS, "page.join.too_many").into());
    }
    let (page, secret) = match become_somebody(&visit.page, &typed.nickname, &headers).await {
        Ok(somebody) => somebody,
        // All that is known of them so far is what they want to be called.
        Err(Turn::Problem(problem)) => {
            let mistakes = Mistakes::of_field("nickname", problem, visit.page.words())?;
            return landing::gate(&visit, &asked, &typed, &mistakes).await;
        }
        Err(turn) => return Err(turn),
    };
    let visit = Visit::open(page, &community).await?;
    let response = match with_login(&visit, &typed, &password).await? {
        mistakes if mistakes.is_empty() => answered(visit.clone(), &asked, &typed, &input).await?,
        mistakes => landing::gate(&visit, &asked, &typed, &mistakes).await?,
    };
    Ok(sign_in::with_session(&visit.page, &secret, response))
}

/// Registers a stranger and signs them in.
async fn become_somebody(page: &Page, nickname: &str, headers: &HeaderMap) -> Result<(Page, Secret), Turn> {
    let place = &page.caller.place;
    let operator = Operator::of(&place.engine, &place.mint);
    let person = operator.register_person(Some(nickname)).await?;
    let (session, secret) = operator.sign_in(person, sign_in::wish(headers)).await?;
    let caller = page.caller.clone().signed_in((session, person), secret.text());
    Ok((Page { caller, ..page.clone() }, secret))
}

/// Gives a new person the name and password they chose, if they did.
async fn with_login(visit: &Visit, typed: &Typed, password: &str) -> Result<Mistakes, Turn> {
    if typed.login.is_empty() && password.is_empty() {
        return Ok(Mistakes::none());
    }
    let (caller, person) = (&visit.page.caller, visit.page.person()?);
    let set = caller.minding()?.set_login(person, (&typed.login, password), None).await;
    login_mistakes(visit.page.words(), set)
}

/// What is wrong with a name and password that somebody chose.
pub(in crate::pages) fn login_mistakes(
    words: crate::words::Words,
    set: Result<(), AskError>,
) -> Result<Mistakes, Turn> {
    match set {
        Ok(()) => Ok(Mistakes::none()),
        Err(AskError::Refused(refusal @ (Refusal::LoginTaken | Refusal::NameInvalid { .. }))) => {
            let mut mistakes = Mistakes::none();
            mistakes.note("login", Problem::from(refusal).title(words));
            Ok(mistakes)
        }
        Err(error) => Ok(Mistakes::from_problem(error.into(), words, &["login", "password"])?),
    }
}

async fn answered(visit: Visit, asked: &Asked, typed: &Typed, input: &[u8]) -> Result<Response, Turn> {
    let nickname = formed(asked.template.as_deref(), &typed.nickname, &typed.card);
    let reply = visit.room.ask(input, |ink| {
        let mut written = |texts: &BTreeMap<String, String>| {
            texts.iter().map(|(name, text)| (name.clone(), ink.text(text))).collect::<BTreeMap<_, _>>()
        };
        let (card, answers) = (written(&typed.card), written(&typed.answers));
        gate::Command::RequestJoin {
            nickname: ink.text(&nickname),
            card,
            answers,
            invite: Some(typed.invite.clone()).filter(|code| !code.is_empty()),
            source: typed.source.clone(),
        }
    });
    match reply.await {
        Ok(reply) => turned_away(visit, asked, typed, &reply).await,
        Err(problem) => {
            let names = asked.names();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mistakes = Mistakes::from_problem(problem, visit.page.words(), &names)?;
            landing::gate(&visit, asked, typed, &mistakes).await
        }
    }
}

/// In, or waiting; or turned away, with every reason and what would have passed.
async fn turned_away(visit: Visit, asked: &Asked, typed: &Typed, reply: &Reply) -> Result<Response, Turn> {
    let is_inside = visit.room.look(|sight| Ok(sight.inside().is_some())).await?;
    if is_inside {
        return Ok(visit.page.done(&visit.path(""), Some("page.done.joined")));
    }
    let against: Vec<_> = reply.receipts.iter().filter(|it| it.verdict == Verdict::Deny).cloned().collect();
    if against.is_empty() {
        return Ok(visit.page.done(&visit.path(""), None));
    }
    let language = visit.page.words().language;
    let whole = visit.room.look(move |sight| {
        let reader = Reader { language, stream: Some(sight.stream) };
        let space = if language == Language::English { " " } else { "" };
        let said = against.iter().map(|it| {
            let texts = std::iter::once(&it.reason).chain(&it.remedy).map(|text| reader.render(text));
            texts.collect::<Vec<_>>().join(space)
        });
        Ok(said.collect::<Vec<_>>().join("\n"))
    });
    let mistakes = Mistakes::of_whole(whole.await?);
    landing::gate(&visit, asked, typed, &mistakes).await
}

/// What an applicant does with their place.
async fn seat(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let (visit, _) = Visit::known(form.page.clone(), &community).await?;
    let command = match form.text("choice") {
        "accept" => gate::Command::AcceptSeat,
        "decline" => gate::Command::DeclineSeat,
        "withdraw" => gate::Command::Withdraw,
        "overflow" => overflow(&visit).await?,
        _ => return Err(Problem::not_found().into()),
    };
    let (to, code) = match &command {
        gate::Command::AcceptSeat => (visit.path(""), Some("page.done.joined")),
        gate::Command::TakeOverflow { .. } => (visit.path(""), None),
        _ => (visit.path(""), Some("page.done.withdrawn")),
    };
    visit.room.ask(&form.input, |_| command).await?;
    Ok(visit.page.done(&to, code))
}

async fn overflow(visit: &Visit) -> Result<gate::Command, Turn> {
    let next = visit.room.look(|sight| Ok(sight.community.gate.config.overflow.clone())).await?;
    let next = next.ok_or_else(Problem::not_found)?;
    let to = visit.page.caller.place.doors.community(&next.community).await?;
    let to = to.ok_or(Refusal::CommunityNotFound)?;
    Ok(gate::Command::TakeOverflow { community: next.community, to })
}
