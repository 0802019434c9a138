//! Forms: what was filled in, what is wrong with it, and the fields that every form carries.
//!
//! A form brings the session's proof, since a cookie comes by itself; and a key of its own, so that the same
//! form sent twice is one command. The same form filled in otherwise is another command.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use kith_core::notice::Arg;
use maud::{Markup, html};
use sha2::{Digest, Sha256};

use super::page::Page;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::whole;
use crate::talk::hex;
use crate::words::Words;

/// Fields in one form at most.
const FIELDS_MAX: usize = 2_000;

/// A form that was filled in, by somebody who means it.
pub(crate) struct Filled {
    /// The page that it was sent to; its caller is proven.
    pub(crate) page: Page,
    fields: Vec<(String, String)>,
    /// Its bytes: what its key stands for.
    pub(crate) input: Bytes,
}

impl Filled {
    /// What was typed into a field, without the space around it; empty where it was left out.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// What was typed, exactly.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All that was chosen under one name.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Fields whose names begin with `prefix`, by the rest of their names.
    pub(crate) fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let rest = move |name: &'a str| name.strip_prefix(prefix);
        self.fields.iter().filter_map(move |(name, value)| Some((rest(name)?, value.trim())))
    }
}

impl FromRequest<Place> for Filled {
    type Rejection = Problem;

    async fn from_request(request: Request, place: &Place) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let mut page = Page::from_request_parts(&mut parts, place).await?;
        // Strangers have no proof to bring; browsers say for them where a form came from.
        if parts.headers.get("sec-fetch-site").is_some_and(|from| from == "cross-site") {
            return Err(Problem::forged());
        }
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.unwrap_or_default().starts_with("application/x-www-form-urlencoded") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "page.form_kind"));
        }
        let request = Request::from_parts(parts, body);
        let input = whole(request, place).await?;
        let fields = form_fields(&input).await?;
        let named =
            |name: &str| fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
        let caller = page.caller.clone().proven_by(named("proof").unwrap_or_default())?;
        // A key is of one form as it was filled in: sent again after a mistake was mended, it is new.
        let key = named("once").map(|_| hex(&Sha256::digest(&input)[..16]));
        page.caller = Caller { key: key.or_else(|| caller.key.clone()), ..caller };
        Ok(Self { page, fields, input })
    }
}

async fn form_fields(input: &Bytes) -> Result<Vec<(String, String)>, Problem> {
    let malformed = || Problem::new(StatusCode::BAD_REQUEST, "page.form_kind");
    if input.iter().filter(|byte| **byte == b'&').count() >= FIELDS_MAX {
        return Err(malformed());
    }
    let mut request = Request::new(Body::from(input.clone()));
    *request.method_mut() = Method::POST;
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    let fields = axum::Form::<Vec<(String, String)>>::from_request(request, &()).await;
    fields.map(|axum::Form(fields)| fields).map_err(|_| malformed())
}

/// What is wrong with a form: sentences by field, and one about the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mistakes {
    fields: Vec<(String, String)>,
    pub(crate) whole: Option<String>,
}

impl Mistakes {
    /// Nothing wrong yet.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// One mistake, of the whole form.
    pub(crate) fn of_whole(sentence: impl Into<String>) -> Self {
        Self { whole: Some(sentence.into()), ..Self::default() }
    }

    /// A problem that is about one field, whatever it names itself.
    pub(crate) fn of_field(field: &str, problem: Problem, words: Words) -> Result<Self, Problem> {
        let mut mistakes = Self::from_problem(problem, words, &[])?;
        if let Some(sentence) = mistakes.whole.take() {
            mistakes.note(field, sentence);
        }
        Ok(mistakes)
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == field).map(|(_, text)| text.as_str())
    }

    /// Notes a mistake.
    pub(crate) fn note(&mut self, field: &str, sentence: impl Into<String>) {
        self.fields.push((field.to_owned(), sentence.into()));
    }

    /// Whether there is nothing to mend.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.whole.is_none()
    }

    /// A problem as a mistake in the form: at the field that it names if the form has it, else of the whole.
    /// What no other input would mend stays a problem.
    pub(crate) fn from_problem(problem: Problem, words: Words, fields: &[&str]) -> Result<Self, Problem> {
        let mends = matches!(
            problem.status,
            StatusCode::UNPROCESSABLE_ENTITY
                | StatusCode::CONFLICT
                | StatusCode::TOO_MANY_REQUESTS
                | StatusCode::FORBIDDEN
                | StatusCode::GONE
        );
        if !mends {
            return Err(problem);
        }
        let mut sentence = problem.title(words);
        if let Some(hint) = problem.hint(words) {
            sentence.push_str(if words.language.tag() == "en" { " " } else { "" });
            sentence.push_str(&hint);
        }
        let mut mistakes = Self::none();
        match named_by(&problem).and_then(|name| fields.iter().find(|field| is_called(field, &name))) {
            Some(field) => mistakes.note(field, sentence),
            None => mistakes.whole = Some(sentence),
        }
        Ok(mistakes)
    }
}

/// Whether a field is the one of a name: `card.city` is called `city`.
fn is_called(field: &str, name: &str) -> bool {
    field == name || field.split_once('.').is_some_and(|(_, rest)| rest == name)
}

/// The field that a problem is about, as refusals name it.
fn named_by(problem: &Problem) -> Option<String> {
    ["name", "field", "what"].iter().find_map(|arg| match problem.text.args.get(*arg) {
        Some(Arg::Name(name)) => Some(name.clone()),
        Some(Arg::Code(code)) => code.split_once('.').map(|(_, name)| name.to_owned()),
        _ => None,
    })
}

/// A form that is sent to `action`.
pub(crate) fn form(page: &Page, action: &str, body: Markup) -> Markup {
    html! {
        form method="post" action=(action) { (carried(page)) (body) }
    }
}

/// What every form carries: proof and key.
pub(crate) fn carried(page: &Page) -> Markup {
    let once = hex(&page.caller.place.mint.random_bytes());
    html! {
        input type="hidden" name="proof" value=(page.caller.proof());
        input type="hidden" name="once" value=(once);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn fields_may_repeat_and_hold_any_letters() {
        let fields = form_fields(&Bytes::from_static("a=1&a=2&b=%E6%97%A9+%26".as_bytes())).await.unwrap();
        let expected = [("a", "1"), ("a", "2"), ("b", "早 &")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(fields, expected);
        assert!(form_fields(&"&".repeat(FIELDS_MAX).into()).await.is_err());
    }
}
