//! The account: who is signed in, how they like pages, how they sign in, where they are signed in, and the
//! tokens of their programs.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::host::noun::SessionCommand;
use kith_core::host::{Holder, Reach, Session, Token};
use kith_core::ids::{CommunityId, PersonId, SessionId, TokenId};
use kith_core::moment::DAY_MS;
use kith_core::role::Permission;
use kith_runtime::host::NewToken;
use kith_runtime::secret::Secret;
use maud::{Markup, html};

use super::form::{Filled, Mistakes, form};
use super::layout::{Around, Shape, Theme, theme_code};
use super::member::login_mistakes;
use super::page::{Page, Turn};
use super::parts::{
    Field, Kind, Look, Presence, Tick, Tone, badge, banner, card, check, choice, row, submit, time,
};
use super::sign_in::SOME_BROWSER;
use crate::api::id;
use crate::caller::Identity;
use crate::place::Place;
use crate::problem::Problem;

/// What a token may do where its owner ticked nothing else: look and talk.
const COMMON: &[Permission] = &[Permission::Read, Permission::Post, Permission::React];

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/account", get(show))
        .route("/account/login", post(login))
        .route("/account/sessions", post(end_session))
        .route("/account/tokens", post(issue))
        .route("/account/tokens/revoke", post(revoke))
}

/// What the host knows of somebody.
struct Mine {
    has_login: bool,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
    communities: Vec<(CommunityId, String)>,
}

async fn look(page: &Page, person: PersonId) -> Result<Mine, Turn> {
    let now_ms = page.caller.place.now_ms();
    let mine = page.caller.place.engine.view(CommunityId::HOST, move |stream| {
        let host = stream.host()?;
        let links = host.persons.get(person).map(|row| row.links.clone()).unwrap_or_default();
        let named = links.keys().filter_map(|id| Some((*id, host.communities.get(*id)?.name.clone())));
        Some(Mine {
            has_login: host.logins.get(person).is_some(),
            sessions: host.sessions.of_person(person).filter(|it| it.expires_ms > now_ms).cloned().collect(),
            tokens: host.tokens.iter().filter(|it| it.holder == Holder::Person(person)).cloned().collect(),
            communities: named.collect(),
        })
    });
    Ok(mine.await?.ok_or_else(Problem::not_found)?)
}

/// What stands in the forms besides what the host knows.
#[derive(Default)]
struct Typed {
    login: String,
    login_mistakes: Mistakes,
    token_mistakes: Mistakes,
    /// A token that was just issued: shown this once.
    issued: Option<Secret>,
}

async fn show(page: Page) -> Result<Response, Turn> {
    shown(&page, &Typed::default()).await
}

async fn shown(page: &Page, typed: &Typed) -> Result<Response, Turn> {
    let mine = look(page, page.person()?).await?;
    let title = page.say("page.account.title");
    let body = html! {
        div.line {
            h1.grow { (title) }
            (form(page, "/sign-out", submit(Look::Quiet, page.say("page.account.sign_out"))))
        }
        @if !mine.has_login && typed.login_mistakes.is_empty() {
            (banner(Tone::Warning, html! { p { (page.say("page.account.no_way_back")) } }))
        }
        (card(page.say("page.account.look"), likes(page)))
        (card(page.say("page.account.login"), login_form(page, &mine, typed)))
        (card(page.say("page.account.sessions"), sessions(page, &mine)))
        (card(page.say("page.account.tokens"), tokens(page, &mine, typed)))
    };
    let is_fine = typed.login_mistakes.is_empty() && typed.token_mistakes.is_empty();
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page.show_as(status, &Around::plain(title, Shape::Column), body))
}

fn likes(page: &Page) -> Markup {
    let language = Field {
        value: page.words().language.tag(),
        ..Field::line("language", page.say("page.account.language"))
    };
    let theme =
        Field { value: page.style.theme.name(), ..Field::line("theme", page.say("page.account.theme")) };
    let themes = [Theme::System, Theme::Light, Theme::Dark].map(|it| (it.name(), page.say(theme_code(it))));
    form(
        page,
        "/choose",
        html! {
            input type="hidden" name="next" value="/account";
            div.pair {
                (choice(&language, &[("en", "English"), ("zh-CN", "简体中文")]))
                (choice(&theme, &themes))
            }
            (submit(Look::Quiet, page.say("page.save")))
        },
    )
}

fn login_form(page: &Page, mine: &Mine, typed: &Typed) -> Markup {
    let mistakes = &typed.login_mistakes;
    let name = Field {
        kind: Kind::Line { autocomplete: "username" },
        value: &typed.login,
        help: mine.has_login.then(|| page.say("page.account.login_kept")),
        mistake: mistakes.of("login"),
        ..Field::line("login", page.say("page.sign_in.name"))
    };
    let password = Field {
        kind: Kind::Password { autocomplete: "new-password" },
        help: Some(page.say("page.join.password_help")),
        mistake: mistakes.of("password"),
        ..Field::line("password", page.say("page.account.new_password"))
    };
    html! {
        p.quiet { (page.say("page.account.login_what")) }
        @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
        (form(page, "/account/login", html! {
            (name.show())
            (password.show())
            (submit(Look::Quiet, page.say("page.save")))
        }))
    }
}

async fn login(form: Filled) -> Result<Response, Turn> {
    let (page, name) = (&form.page, form.text("login").to_owned());
    let person = page.person()?;
    let keep = session_of(page);
    let set = page.caller.minding()?.set_login(person, (&name, form.raw("password")), keep).await;
    let mistakes = login_mistakes(page.words(), set)?;
    if mistakes.is_empty() {
        return Ok(page.done("/account", Some("page.done.login")));
    }
    shown(page, &Typed { login: name, login_mistakes: mistakes, ..Typed::default() }).await
}

fn session_of(page: &Page) -> Option<SessionId> {
    match page.caller.identity {
        Identity::Session { session, .. } => Some(session),
        _ => None,
    }
}

fn sessions(page: &Page, mine: &Mine) -> Markup {
    let (zoned, this) = (page.zoned("UTC"), session_of(page));
    html! {
        ul.rows { @for it in &mine.sessions {
            (row(
                html! {},
                html! {
                    @let nameless = page.say("page.account.some_browser");
                    strong { (if it.label == SOME_BROWSER { nameless } else { &it.label }) }
                    p.quiet.small { (time(it.issued_ms, &zoned.full(it.issued_ms))) " UTC" }
                },
                html! {
                    @if Some(it.id) == this {
                        (badge(Tone::Good, page.say("page.account.this_one")))
                    } @else {
                        (form(page, "/account/sessions", html! {
                            input type="hidden" name="session" value=(it.id);
                            (submit(Look::Quiet, page.say("page.account.end")))
                        }))
                    }
                },
            ))
        } }
        @if mine.sessions.len() > 1 {
            (form(page, "/account/sessions", html! {
                input type="hidden" name="session" value="all";
                (submit(Look::Danger, page.say("page.account.end_others")))
            }))
        }
    }
}

async fn end_session(form: Filled) -> Result<Response, Turn> {
    let page = &form.page;
    let person = page.person()?;
    let kind = match form.text("session") {
        "all" => SessionCommand::SignOutAll { person, keep: session_of(page) },
        one => SessionCommand::SignOut { session: id(one)? },
    };
    page.caller.ask_host(kind).await?;
    Ok(page.done("/account", Some("page.done.session_ended")))
}

fn tokens(page: &Page, mine: &Mine, typed: &Typed) -> Markup {
    let zoned = page.zoned("UTC");
    let permissions = |token: &Token| {
        token.permissions.iter().map(|it| permission(page, *it)).collect::<Vec<_>>().join(", ")
    };
    html! {
        p.quiet { (page.say("page.account.tokens_what")) }
        @if let Some(secret) = &typed.issued {
            (banner(Tone::Good, html! {
                p { (page.say("page.account.token_once")) }
                pre { code { (secret.text()) } }
            }))
        }
        @if !mine.tokens.is_empty() {
            ul.rows { @for it in &mine.tokens {
                (row(
                    html! {},
                    html! {
                        strong { (it.label) }
                        p.quiet.small {
                            (permissions(it)) " · " (time(it.issued_ms, &zoned.day(it.issued_ms)))
                        }
                    },
                    form(page, "/account/tokens/revoke", html! {
                        input type="hidden" name="token" value=(it.id);
                        (submit(Look::Danger, page.say("page.account.revoke")))
                    }),
                ))
            } }
        }
        @if !mine.communities.is_empty() { (token_form(page, mine, typed)) }
    }
}

/// What a permission allows, in words.
fn permission(page: &Page, permission: Permission) -> &'static str {
    let code = format!("permission.{}", permission.code());
    kith_runtime::texts::template(page.words().language, &code).unwrap_or(permission.code())
}

fn token_form(page: &Page, mine: &Mine, typed: &Typed) -> Markup {
    let ids: Vec<String> = mine.communities.iter().map(|(id, _)| id.to_string()).collect();
    let options: Vec<(&str, &str)> =
        ids.iter().zip(&mine.communities).map(|(id, (_, name))| (id.as_str(), name.as_str())).collect();
    let label = Field {
        mistake: typed.token_mistakes.of("label"),
        ..Field::line("label", page.say("page.account.token_label"))
    };
    let days = Field {
        kind: Kind::Number,
        presence: Presence::Optional,
        help: Some(page.say("page.account.token_days_help")),
        mistake: typed.token_mistakes.of("days"),
        ..Field::line("days", page.say("page.account.token_days"))
    };
    html! {
        details open[!typed.token_mistakes.is_empty()] {
            summary { (page.say("page.account.token_new")) }
            (form(page, "/account/tokens", html! {
                @if let Some(whole) = &typed.token_mistakes.whole {
                    (banner(Tone::Bad, html! { p { (whole) } }))
                }
                (label.show())
                (choice(&Field::line("community", page.say("page.account.token_where")), &options))
                (days.show())
                fieldset.field {
                    legend { (page.say("page.account.token_may")) }
                    div.checks { @for it in Permission::ALL {
                        @let tick = if COMMON.contains(it) { Tick::On } else { Tick::Off };
                        (check(("may", it.code()), permission(page, *it), tick))
                    } }
                }
                (submit(Look::Quiet, page.say("page.account.token_issue")))
            }))
        }
    }
}

async fn issue(form: Filled) -> Result<Response, Turn> {
    let page = &form.page;
    let person = page.person()?;
    let mine = look(page, person).await?;
    let community: CommunityId = id(form.text("community"))?;
    if !mine.communities.iter().any(|(known, _)| *known == community) {
        return Err(Problem::not_found().into());
    }
    let mut mistakes = Mistakes::none();
    let days = form.text("days");
    let lasts_ms =
        days.parse::<u64>().ok().filter(|days| (1..=3_650).contains(days)).map(|days| days * DAY_MS);
    if !days.is_empty() && lasts_ms.is_none() {
        mistakes.note("days", page.say("page.account.token_days_help"));
        return shown(page, &Typed { token_mistakes: mistakes, ..Typed::default() }).await;
    }
    let wanted: BTreeSet<&str> = form.all("may").collect();
    let permissions = Permission::ALL.iter().copied().filter(|it| wanted.contains(it.code())).collect();
    let token = NewToken {
        holder: Holder::Person(person),
        reach: Reach::Community(community),
        permissions,
        label: form.text("label").to_owned(),
        lasts_ms,
    };
    match page.caller.minding()?.issue_token(token).await {
        // Not a redirect: the secret is shown on the answer to this form and nowhere else.
        Ok((_, secret)) => shown(page, &Typed { issued: Some(secret), ..Typed::default() }).await,
        Err(error) => {
            let token_mistakes = Mistakes::from_problem(error.into(), page.words(), &["label", "days"])?;
            shown(page, &Typed { token_mistakes, ..Typed::default() }).await
        }
    }
}

async fn revoke(form: Filled) -> Result<Response, Turn> {
    let (page, token) = (&form.page, id::<TokenId>(form.text("token"))?);
    page.person()?;
    page.caller.minding()?.revoke_token(token).await?;
    Ok(page.done("/account", Some("page.done.token_revoked")))
}
