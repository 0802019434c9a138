//! Every form of every page, sent by somebody else's page: without the proof, or with a made-up one, none
//! does anything.

use std::collections::{BTreeMap, BTreeSet};

use super::requests::Visitor;
use super::town::{STORIES, Town};

/// Addresses that forms lead to where something waits or has gone wrong.
const AT_TIMES: &[&str] = &[
    "/sign-in",
    "/sign-in/link",
    "/account/sessions",
    "/account/tokens/revoke",
    "/c/reading-circle/ask",
    "/c/reading-circle/notices",
    "/c/reading-circle/seat",
    "/c/reading-circle/desk/check-script",
    "/c/reading-circle/desk/letters",
    "/c/reading-circle/desk/queue/appeals",
    "/c/reading-circle/desk/queue/applicants",
    "/c/reading-circle/desk/script-order",
    "/c/reading-circle/desk/scripts/words/undo",
    "/c/reading-circle/desk/replays/x",
];
/// Pages of one kind that are looked at: more of them have the same forms.
const OF_A_KIND_MAX: usize = 2;

/// The values of an attribute of one tag, as the page means them.
fn values(page: &str, tag: &str, attribute: &str) -> Vec<String> {
    let begins = format!("<{tag} ");
    let tags = page.split(&begins).skip(1).filter_map(|rest| rest.split('>').next());
    let value = |tag: &str| {
        let rest = tag.split_once(&format!("{attribute}=\""))?.1;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    };
    tags.filter_map(value).collect()
}

/// What kind of page an address leads to: ids and names of things do not matter.
fn kind(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_id = |part: &str| part.len() > 26 && part.contains('_');
    path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// Every address that a form leads to, on every page that links lead to.
fn actions(visitor: &Visitor<'_>, from: &[String]) -> BTreeSet<String> {
    let mut ahead: Vec<String> = from.to_vec();
    let (mut seen, mut kinds) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut actions = BTreeSet::new();
    while let Some(path) = ahead.pop() {
        let count = kinds.entry(kind(&path)).or_default();
        if path.ends_with("/export") || *count >= OF_A_KIND_MAX || !seen.insert(path.clone()) {
            continue;
        }
        *count += 1;
        let page = visitor.get(&path);
        if page.status != 200 {
            continue;
        }
        let posts = page
            .text
            .split("<form ")
            .skip(1)
            .filter(|form| form.split('>').next().is_some_and(|tag| tag.contains("method=\"post\"")));
        for form in posts {
            actions.extend(values(&format!("<form {form}"), "form", "action"));
        }
        let links = values(&page.text, "a", "href").into_iter();
        ahead.extend(
            links
                .filter(|href| href.starts_with('/'))
                .map(|href| href.split('#').next().unwrap_or_default().to_owned()),
        );
    }
    actions
}

#[test]
fn no_form_of_any_page_does_anything_that_somebody_else_s_page_sent() {
    let town = Town::lively(&STORIES[0]);
    let (_, seller) = town.settle(&STORIES[0], "Seller");
    let hall = crate::world::Place { channel: town.hall, ..town.place };
    town.served.world.post(hall, seller, STORIES[0].advertisement).expect("it is held");
    let visitor = Visitor::enter(&town.served, town.owner);
    let name = &town.name;
    let source = "fn+on_message(ctx,+message)+{+allow()+}";
    let carried = visitor.carried(&format!("/c/{name}/desk/new-script"));
    let put = visitor.post(
        &format!("/c/{name}/desk/new-script"),
        &format!("{carried}&do=save&stage=live&name=words&source={source}"),
    );
    assert_eq!(put.status, 303, "{}", put.text);

    let from = ["/".to_owned(), "/account".to_owned(), format!("/c/{name}"), format!("/c/{name}/desk")];
    let mut actions = actions(&visitor, &from);
    assert!(actions.len() > 30, "{}: {actions:#?}", actions.len());
    actions.extend(AT_TIMES.iter().map(|path| (*path).to_owned()));
    let heads = |town: &Town| {
        let head = |id| town.served.world.durable_seq(id);
        [head(town.place.id), head(kith_core::ids::CommunityId::HOST)]
    };
    let before = heads(&town);
    let other = Visitor::enter(&town.served, town.served.person("Otto"));
    let others = other.carried("/account");
    let signed_in = heads(&town);
    assert_eq!(before[0], signed_in[0]);
    for action in &actions {
        for body in
            ["do=x&text=x&name=x", "proof=&text=x", "proof=0&once=1&text=x", &format!("{others}&text=x")]
        {
            let answer = visitor.post(action, body);
            assert_eq!(answer.status, 403, "{action} {body}: {}", answer.text);
        }
        let elsewhere = town.served.request("POST", action).header("sec-fetch-site", "cross-site");
        let elsewhere = elsewhere.body("application/x-www-form-urlencoded", "text=x").send();
        assert_eq!(elsewhere.status, 403, "{action} of a stranger, from elsewhere");
    }
    assert_eq!(heads(&town), signed_in, "nothing was recorded");
}
