//! Links, invites and contacts in a text: what a newcomer's first message may hold only so many of.
//!
//! Reads the text as it looks: full width, circled digits, invisible characters and `example (dot) com` are
//! seen through. Finds by shape, without the network: a bare name needs an ending that is a domain and not
//! also a file type or a piece of code (`main.rs`, `node.js`, `std.io` are none; `docs.rs/regex` is one by
//! its path). Addresses that lead nowhere from outside (127.0.0.1, 192.168.…) are none. What is found does
//! not overlap and comes in the order of the text. Whether it is allowed is for rules to say.

use std::ops::Range;

use super::normal::{Normal, normalise_visible};

mod shapes;
mod signs;

use signs::Signs;

/// What kind of thing leads out of the community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// A web address, with or without scheme.
    Web,
    /// A numeric address.
    Ip,
    /// An invitation into a chat of another platform.
    Invite,
    /// A mention of a group's QR code.
    GroupQr,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A QQ number of a person or group.
    QqNumber,
    /// A WeChat id.
    WeChatId,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is.
    pub kind: LinkKind,
    /// Its bytes in the original text.
    pub range: Range<usize>,
    /// Lower-case host without user, port and `www.`, where it has one.
    pub host: Option<String>,
}

/// A find in the visible form, before its place in the original is looked up.
struct Found {
    kind: LinkKind,
    range: Range<usize>,
    host: Option<String>,
}

/// Looks for one kind of thing in the visible form.
type Finder = fn(&str) -> Vec<Found>;

/// Whether a text has the signs without which a finder need not look.
type Holds = fn(&Signs) -> bool;

/// The finders in the order in which they may claim a place, each with what must be there for it to look.
const FINDERS: [(Finder, Holds); 9] = [
    (urls, Signs::may_hold_url),
    (emails, Signs::may_hold_email),
    (domains, Signs::may_hold_domain),
    (pointed_domains, Signs::may_hold_pointed_domain),
    (ips, Signs::may_hold_ip),
    (wechat_ids, Signs::may_hold_wechat_id),
    (qq_numbers, Signs::may_hold_qq_number),
    (phones, Signs::may_hold_phone),
    (group_qrs, Signs::may_hold_group_qr),
];

/// Finds all links, invites and contacts of a text.
pub fn find(text: &str) -> Vec<Link> {
    if !Signs::of(text).any() {
        return Vec::new();
    }
    let normal = normalise_visible(text);
    let signs = Signs::of(normal.text());
    find_where(&normal, |holds| holds(&signs))
}

fn find_where(normal: &Normal, looks: impl Fn(Holds) -> bool) -> Vec<Link> {
    let mut found: Vec<Found> = Vec::new();
    for (finder, holds) in FINDERS {
        if !looks(holds) {
            continue;
        }
        for one in finder(normal.text()) {
            let free = found.iter().all(|f| one.range.end <= f.range.start || f.range.end <= one.range.start);
            if free && !one.range.is_empty() {
                found.push(one);
            }
        }
    }
    found.sort_by_key(|one| one.range.start);
    found.into_iter().map(|one| locate(normal, one)).collect()
}

fn locate(normal: &Normal, found: Found) -> Link {
    Link { kind: found.kind, range: normal.range(found.range), host: found.host }
}

fn emails(text: &str) -> Vec<Found> {
    let all = shapes::EMAIL.captures_iter(text);
    all.filter_map(|found| {
        let (whole, host) = (found.get(0)?, found.get(1)?);
        Some(Found { kind: LinkKind::Email, range: whole.range(), host: Some(clean_host(host.as_str())) })
    })
    .collect()
}

fn urls(text: &str) -> Vec<Found> {
    let all = shapes::URL.captures_iter(text);
    all.filter_map(|found| {
        let (whole, authority) = (found.get(0)?, found.get(1)?);
        let path = found.get(2).map_or(authority.end()..authority.end(), |path| path.range());
        let end = match trim_end(text, path.clone()) {
            end if end > path.start => end,
            _ => trim_end(text, authority.range()),
        };
        let host = clean_host(authority.as_str());
        let reachable = host.contains(|ch: char| ch.is_alphanumeric()) && !shapes::is_local(&host);
        let kind = kind_of(&host, &text[path.start.min(end)..end]);
        reachable.then_some(Found { kind, range: whole.start()..end, host: Some(host) })
    })
    .collect()
}

fn domains(text: &str) -> Vec<Found> {
    let all = shapes::DOMAIN.captures_iter(text);
    all.filter_map(|found| {
        let (name, path) = (found.name("name")?, found.name("path"));
        let host = clean_host(&shapes::DOT.replace_all(name.as_str(), "."));
        let path_text = path.map_or("", |path| path.as_str());
        let is_free = !text[..name.start()].ends_with(shapes::joins_names_before);
        let ends = !path_text.is_empty() || !shapes::runs_on(&text[name.end()..]);
        let is_domain = shapes::is_domain(name.as_str(), &host, path_text);
        let end = path.map_or(name.end(), |path| trim_end(text, path.range()));
        let kind = kind_of(&host, path_text);
        (is_free && ends && is_domain).then_some(Found { kind, range: name.start()..end, host: Some(host) })
    })
    .collect()
}

/// `win88点comABC12`: with a Chinese dot, the ending needs no end.
fn pointed_domains(text: &str) -> Vec<Found> {
    let all = shapes::POINTED_DOMAIN.find_iter(text);
    all.filter(|found| !text[..found.start()].ends_with(shapes::joins_names_before))
        .map(|found| {
            let host = clean_host(&shapes::DOT.replace_all(found.as_str(), "."));
            Found { kind: LinkKind::Web, range: found.range(), host: Some(host) }
        })
        .collect()
}

fn ips(text: &str) -> Vec<Found> {
    let all = shapes::IP.find_iter(text);
    all.filter_map(|found| {
        let host = clean_host(found.as_str());
        let is_number = |byte: &str| byte.parse::<u8>().is_ok();
        let is_version = text[..found.start()]
            .ends_with(|ch: char| ch.is_ascii_alphanumeric() || ".-_".contains(ch))
            || text[..found.start()].trim_end().ends_with("version")
            || shapes::runs_on(&text[found.end()..]);
        let is_ip = host.split('.').all(is_number) && !is_version && !shapes::is_local(&host);
        is_ip.then_some(Found { kind: LinkKind::Ip, range: found.range(), host: Some(host) })
    })
    .collect()
}

fn wechat_ids(text: &str) -> Vec<Found> {
    let all = shapes::WECHAT_ID.captures_iter(text);
    all.filter_map(|found| {
        let (whole, key, sign, id) =
            (found.get(0)?, found.name("key")?, found.name("sign")?, found.name("id")?);
        let is_word = key.as_str().starts_with(|ch: char| ch.is_ascii_alphabetic())
            && text[..whole.start()].ends_with(|ch: char| ch.is_ascii_alphanumeric());
        // An id without a digit is told from a word only by the sign before it: `微信：liming`, not `wechat
        // payment`.
        let is_said = sign.as_str().contains([':', '号', '是', '=']);
        let has_digit = id.as_str().contains(|ch: char| ch.is_ascii_digit());
        // `+vfp4d16` is a compiler's flag, `+v abc123` is not.
        let is_flag =
            key.as_str().ends_with('v') && sign.is_empty() && !id.as_str().starts_with(char::is_numeric);
        (!is_word && !is_flag && (is_said || has_digit)).then_some(contact(LinkKind::WeChatId, id.range()))
    })
    .collect()
}

fn qq_numbers(text: &str) -> Vec<Found> {
    let all = shapes::QQ_NUMBER.captures_iter(text);
    all.filter_map(|found| {
        let (whole, number) = (found.get(0)?, found.name("number")?);
        let latin = whole.as_str().starts_with('q');
        let is_word = latin && text[..whole.start()].ends_with(|ch: char| ch.is_ascii_alphanumeric());
        let runs_on = text[number.end()..].starts_with(|ch: char| ch.is_ascii_alphanumeric());
        (!is_word && !runs_on).then_some(contact(LinkKind::QqNumber, number.range()))
    })
    .collect()
}

fn phones(text: &str) -> Vec<Found> {
    let all = shapes::PHONE.find_iter(text);
    all.filter(|found| {
        let digits = found.as_str().bytes().filter(u8::is_ascii_digit).count();
        let before = text[..found.start()].chars().next_back();
        let joined = before.is_some_and(|ch| ch.is_ascii_alphanumeric() || "_./+-#".contains(ch));
        let runs_on = text[found.end()..].starts_with(|ch: char| ch.is_ascii_alphanumeric() || ch == '_');
        (8..=15).contains(&digits) && !joined && !runs_on
    })
    .map(|found| contact(LinkKind::Phone, found.range()))
    .collect()
}

fn group_qrs(text: &str) -> Vec<Found> {
    shapes::GROUP_QR.find_iter(text).map(|found| contact(LinkKind::GroupQr, found.range())).collect()
}

fn contact(kind: LinkKind, range: Range<usize>) -> Found {
    Found { kind, range, host: None }
}

fn kind_of(host: &str, path: &str) -> LinkKind {
    let numeric = host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok());
    if shapes::is_invite(host, path) {
        LinkKind::Invite
    } else if numeric {
        LinkKind::Ip
    } else {
        LinkKind::Web
    }
}

/// The host of an authority: without user, port, `www.` and closing dots.
fn clean_host(authority: &str) -> String {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host).replace(['。', '｡'], ".");
    let host = host.trim_matches('.');
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// Where a path ends once the punctuation of the sentence around it is taken off.
fn trim_end(text: &str, path: Range<usize>) -> usize {
    let path_text = &text[path.clone()];
    let opened = path_text.contains('(');
    let trimmed =
        path_text.trim_end_matches(|ch: char| ".,;:!?'\"*]}>".contains(ch) || (ch == ')' && !opened));
    path.start + trimmed.len()
}

#[cfg(test)]
mod tests;
