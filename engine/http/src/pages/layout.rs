//! What every page has: head, language, theme, the bar on top, the ways to the other pages, the foot.

use kith_core::community::Language;
use maud::{DOCTYPE, Markup, html};

use super::page::{Page, Style, escaped};
use super::parts::{Tab, banner, tabs};
use super::{assets, form};

/// The cookie that holds the chosen theme.
pub(super) const THEME_COOKIE: &str = "kith_theme";
/// The cookie that holds the chosen language.
pub(super) const LANGUAGE_COOKIE: &str = "kith_language";

/// As wide as the screen; a keyboard that comes up takes its room from the page, so that the form stays seen.
const VIEWPORT: &str = "width=device-width, initial-scale=1, interactive-widget=resizes-content";

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// By its stable name; what is none follows the system.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn schemes(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How a page fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A column of text or a form.
    Column,
    /// A small form in the middle.
    Small,
    /// As high as the screen: what is inside scrolls by itself.
    Room,
    /// As wide as there is room: tables, charts, an editor.
    Wide,
}

impl Shape {
    const fn class(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Small => "small",
            Self::Room => "room",
            Self::Wide => "wide",
        }
    }
}

/// The community that a page is of, and the ways through it.
#[derive(Debug, Clone)]
pub(crate) struct Within {
    /// Its name: how it is called and where it is found.
    pub(crate) name: String,
    /// Its pages, as far as the reader may open them.
    pub(crate) ways: Vec<Tab>,
    /// Which of them this page belongs to, by address.
    pub(crate) here: String,
}

/// What stands around the body of a page.
#[derive(Debug, Clone)]
pub(crate) struct Around<'a> {
    /// The page's name, for the window and whoever listens.
    pub(crate) title: &'a str,
    /// How it fills the screen.
    pub(crate) shape: Shape,
    /// The community that it is of.
    pub(crate) within: Option<&'a Within>,
}

impl<'a> Around<'a> {
    /// A page of no community.
    pub(crate) fn plain(title: &'a str, shape: Shape) -> Self {
        Self { title, shape, within: None }
    }
}

/// A whole page. Without `page` it is one that nobody is known to read: a problem.
pub(super) fn whole(style: &Style, page: Option<&Page>, around: &Around<'_>, body: Markup) -> Markup {
    let words = style.words;
    let shape = match around.within {
        Some(_) => format!("{} within", around.shape.class()),
        None => around.shape.class().to_owned(),
    };
    html! {
        (DOCTYPE)
        html lang=(words.language.tag()) data-theme=(style.theme.name()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content=(VIEWPORT);
                meta name="color-scheme" content=(style.theme.schemes());
                title {
                    (around.title)
                    @if let Some(within) = around.within { " · " (within.name) }
                    " · Kith"
                }
                @if around.shape == Shape::Room {
                    // What starts at its end is shown once all of it is there: nothing moves up as it comes.
                    link rel="expect" href="#end" blocking="render";
                }
                link rel="stylesheet" href=(assets::address("kith.css"));
                link rel="icon" href=(assets::address("kith.svg")) type="image/svg+xml";
                script src=(assets::address("kith.js")) defer {}
            }
            body class=(shape) {
                a.skip href="#main" { (words.say("page.skip")) }
                (bar(style, page, around))
                @if let Some(within) = around.within {
                    div.ways { (tabs(&within.name, &within.ways, &within.here)) }
                }
                main #main {
                    @if let Some(flash) = style.flash { (banner(flash.tone, html! { p { (flash.text) } })) }
                    (body)
                }
                @if around.shape == Shape::Room { span #end hidden {} } @else { (foot(style, page)) }
            }
        }
    }
}

fn bar(style: &Style, page: Option<&Page>, around: &Around<'_>) -> Markup {
    let words = style.words;
    html! {
        header.bar {
            a.brand href="/" aria-label=(words.say("page.home")) {
                img src=(assets::address("kith.svg")) width="28" height="28" alt="";
                @if around.within.is_none() { span { "Kith" } }
            }
            @if let Some(within) = around.within {
                a.place href={ "/c/" (escaped(&within.name)) } { span { (within.name) } }
            }
            span.grow {}
            @match page {
                Some(page) if page.is_signed_in() => a href="/account" { (words.say("page.account.title")) },
                Some(_) if style.here.starts_with("/sign-in") => {},
                _ => a href="/sign-in" { (words.say("page.sign_in.title")) },
            }
        }
    }
}

/// Language and theme, for whoever has no account too.
fn foot(style: &Style, page: Option<&Page>) -> Markup {
    let Some(page) = page else { return html! {} };
    let words = style.words;
    let other = match words.language {
        Language::English => ("zh-CN", "简体中文"),
        Language::Chinese => ("en", "English"),
    };
    let themes = [Theme::System, Theme::Light, Theme::Dark].into_iter().filter(|it| *it != style.theme);
    html! {
        footer.foot {
            form method="post" action="/choose" {
                (form::carried(page))
                input type="hidden" name="next" value=(style.here);
                button.plain name="language" value=(other.0) lang=(other.0) { (other.1) }
                @for theme in themes {
                    button.plain name="theme" value=(theme.name()) { (words.say(theme_code(theme))) }
                }
            }
        }
    }
}

/// The code of a theme's name.
pub(super) const fn theme_code(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "page.theme.system",
        Theme::Light => "page.theme.light",
        Theme::Dark => "page.theme.dark",
    }
}
