//! The shapes of links and contacts: patterns, endings of domain names, hosts that invite.
//!
//! Patterns run over the visible form (lower case, half width); what a pattern cannot say is checked by
//! `links`. They are constants of the program, compiled once at first use.

use std::sync::LazyLock;

use regex::Regex;

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

pub(super) static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    compile(r"[a-z0-9][a-z0-9._%+-]{0,63}(?:@|[(\[]at[)\]])((?:[a-z0-9-]{1,63}[.。]){1,4}[a-z]{2,24})")
});

/// The scheme is written out or defanged (`hxxp`). Paths are ASCII, so that Chinese may follow without a
/// space.
pub(super) static URL: LazyLock<Regex> = LazyLock::new(|| {
    compile(concat!(
        r"(?-u:\b)(?:h(?:tt|xx)ps?|ftps?|wss?|tg|weixin|mqqapi|tencent|alipays?|taobao|discord|whatsapp)",
        r"://((?:[a-z0-9_.:@%-]+|[\p{L}\p{N}.-]+))([/?#][a-z0-9._~:/?#\[\]@!$&'()*+,;=%|-]*)?",
    ))
});

pub(super) static DOT: LazyLock<Regex> = LazyLock::new(|| compile(DOT_PATTERN));

/// A dot and what is written for it: `。`, `点`, `(dot)`, `[.]`, ` dot `, ` . `.
const DOT_PATTERN: &str = r"(?: ?[(\[{【] ?(?:dot|点|點|\.|。) ?[)\]}】] ?| (?:dot|点|\.) |[.。]|点|點)";

pub(super) static DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    const NAME: &str = "[a-z0-9][a-z0-9-]{0,62}";
    const ENDING: &str = "(?:xn--[a-z0-9-]+|[a-z]{2,18})";
    const PATH: &str = r"/[a-z0-9._~:/?#\[\]@!$&'()*+,;=%|-]*";
    let name = format!("(?P<name>{NAME}(?:{DOT_PATTERN}{NAME}){{0,5}}{DOT_PATTERN}{ENDING})");
    compile(&format!("{name}(?::[0-9]{{2,5}})?(?P<path>{PATH})?"))
});

pub(super) static POINTED_DOMAIN: LazyLock<Regex> =
    LazyLock::new(|| compile(r"(?:[a-z][a-z0-9-]{2,40}|[0-9]{4,10})[点點](?:com|net|cn|org|cc|top|xyz|vip)"));

pub(super) static IP: LazyLock<Regex> =
    LazyLock::new(|| compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{2,5})?"));

/// The name of the platform in its guises, a sign, an id (letter first, 6 to 20) or a number.
pub(super) static WECHAT_ID: LazyLock<Regex> = LazyLock::new(|| {
    compile(concat!(
        r"(?P<key>[微薇徽嶶溦威v][信芯訫]|v[x信]|wx|weixin|wechat|(?:加我?|\+|➕)[v微薇徽嶶溦威]|[薇徽嶶溦]|\bv:)",
        r"(?P<sign>(?:号码?|id|是|联系)?[ :=~✿❤➕-]{0,4})(?P<id>[a-z][a-z0-9_-]{5,19}|[0-9]{6,11})",
    ))
});

pub(super) static QQ_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    compile(concat!(
        r"(?:qq|扣扣|[抠叩蔻扣][抠叩蔻扣q]?|企鹅|🐧|[球秋]{2}|q(?:[ :]|裙|群)|(?:加|\+)q|[群裙]号?)",
        r"(?:号码?|群号?|裙|是)?[ :=~+-]{0,4}(?P<number>[1-9][0-9]{4,10})",
    ))
});

/// Chinese mobile numbers, and any number with a `+` and a country code.
pub(super) static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    compile(concat!(
        r"(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}",
        r"|\+[1-9][0-9]{0,2}(?:[ -]?\(?[0-9]{1,5}\)?){2,5}",
    ))
});

pub(super) static GROUP_QR: LazyLock<Regex> = LazyLock::new(|| {
    compile(concat!(
        r"(?:微信|wechat|qq|企业微信)[^。！？!?\n]{0,4}(?:二维码|qr ?code)",
        r"|[扫掃][^。！？!?\n]{0,4}码[^。！？!?\n]{0,3}(?:进|入|加)[^。！？!?\n]{0,3}群",
        r"|群(?:聊)?的?二维码|scan[a-z ]{0,12}qr[a-z ]{0,16}(?:join|group)",
    ))
});

/// Endings that mean a domain wherever they stand.
const ENDINGS: &[&str] = &[
    "com",
    "cn",
    "net",
    "org",
    "edu",
    "gov",
    "xyz",
    "top",
    "vip",
    "shop",
    "club",
    "icu",
    "cyou",
    "buzz",
    "bet",
    "casino",
    "sbs",
    "cfd",
    "loan",
    "biz",
    "mobi",
    "wang",
    "ltd",
    "ren",
    "ink",
    "pw",
    "hk",
    "tw",
    "jp",
    "kr",
    "ru",
    "uk",
    "de",
    "fr",
    "eu",
    "us",
    "ca",
    "au",
    "nl",
    "br",
    "vn",
    "ph",
    "my",
    "sg",
    "tk",
    "ml",
    "ga",
    "cf",
    "dev",
    "website",
    "bid",
    "trade",
    "asia",
    "xn--fiqs8s",
    "xn--55qx5d",
];

/// Endings that are words of code or talk as well: they count with a path, after `www.` or below a third
/// name.
const DOUBTFUL: &[&str] = &[
    "io", "me", "ai", "tv", "app", "co", "gg", "im", "ly", "info", "live", "site", "online", "fun", "win",
    "space", "store", "tech", "link", "chat", "group", "work", "world", "life", "one", "red", "pro", "cloud",
    "page", "wiki", "news", "games", "pub", "la", "ws", "to", "is", "it", "at", "be", "ch", "cz", "es", "fi",
    "gl", "ir", "no", "nu", "se", "su", "tf", "cc", "blog", "art", "host", "run", "gd", "moe",
];

/// Hosts that everybody links to, though their endings are doubtful or file types (`rs`, `sh`, `py`, `md`,
/// `so`, `zip`: such names count only here or after `www.`).
const KNOWN_HOSTS: &[&str] = &[
    "docs.rs",
    "lib.rs",
    "crates.io",
    "github.io",
    "gitlab.io",
    "t.me",
    "bit.ly",
    "twitch.tv",
    "youtu.be",
    "discord.gg",
    "wa.me",
    "git.io",
    "godbolt.org",
    "lobste.rs",
    "goo.gl",
    "git.sr.ht",
    "telegra.ph",
    "matrix.to",
];

/// First names that say code, whatever the ending: `std.net`, `asp.net`.
const CODE_NAMES: &[&str] = &[
    "std", "self", "this", "asp", "vb", "ado", "ml", "os", "sys", "java", "javax", "lib", "ada", "ocaml",
    "dot",
];

/// Hosts whose every link invites, and hosts with the path that does.
const INVITES: &[(&str, &str)] = &[
    ("t.me", "/"),
    ("telegram.me", "/"),
    ("telegram.dog", "/"),
    ("discord.gg", "/"),
    ("discord.com", "/invite"),
    ("discordapp.com", "/invite"),
    ("chat.whatsapp.com", ""),
    ("wa.me", "/"),
    ("qm.qq.com", ""),
    ("jq.qq.com", ""),
    ("qun.qq.com", ""),
    ("u.wechat.com", ""),
    ("weixin.qq.com", "/g/"),
    ("weixin.qq.com", "/r/"),
    ("line.me", "/"),
    ("signal.group", ""),
    ("matrix.to", "/"),
    ("kook.top", "/"),
    ("kaihei.co", "/"),
    ("join", ""),
];

/// Says whether a name in domain shape is a domain, from its spelling, its host and the path after it.
pub(super) fn is_domain(written: &str, host: &str, path: &str) -> bool {
    let names: Vec<&str> = host.split('.').collect();
    let Some((ending, rest)) = names.split_last() else { return false };
    let (Some(first), true) = (rest.first(), rest.iter().any(|name| name.len() > 1) || path.len() > 1) else {
        return false;
    };
    let www =
        written.starts_with("www") && rest.iter().any(|name| name.contains(|ch: char| ch.is_alphanumeric()));
    let known = KNOWN_HOSTS.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")));
    if known && (path.len() > 1 || rest.len() > 1 || *ending != "rs") || www {
        return true;
    }
    if CODE_NAMES.contains(first) || is_said_in_words(written, ending) {
        return false;
    }
    ENDINGS.contains(ending) || (DOUBTFUL.contains(ending) && (path.len() > 1 || rest.len() > 1))
}

/// ` dot ` and ` . ` between words are speech, but before the endings that nobody says otherwise.
fn is_said_in_words(written: &str, ending: &str) -> bool {
    let spoken = written.contains(" dot ") || written.contains(" 点 ") || written.contains(" . ");
    spoken && !["com", "org", "cn", "xyz", "vip", "cc", "io", "me"].contains(&ending)
}

/// Characters before a name that make it a part of something longer.
pub(super) fn joins_names_before(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || "_/\\@.-$#".contains(ch)
}

/// Says whether a name goes on after its end, as code does: `std.net.Address`, `x.com()`, `a.cc_b`.
pub(super) fn runs_on(rest: &str) -> bool {
    let mut chars = rest.chars();
    match chars.next() {
        Some(ch) if ch.is_ascii_alphanumeric() || "_-(@\\".contains(ch) => true,
        Some('.') => chars.next().is_some_and(|ch| ch.is_ascii_alphanumeric() || ch == '_'),
        _ => false,
    }
}

/// Hosts that lead nowhere from outside.
pub(super) fn is_local(host: &str) -> bool {
    let parts: Vec<u8> = host.split('.').map_while(|part| part.parse().ok()).collect();
    match parts[..] {
        [0 | 10 | 127, _, _, _] | [192, 168, _, _] | [169, 254, _, _] => true,
        [172, second, _, _] => (16..32).contains(&second),
        _ => host == "localhost" || host.ends_with(".local") || host.ends_with(".localhost"),
    }
}

/// Says whether a host and path invite into a chat elsewhere.
pub(super) fn is_invite(host: &str, path: &str) -> bool {
    INVITES.iter().any(|(inviting, start)| {
        let is_prefix = path.starts_with(start) && (*start != "/" || path.len() > 1);
        host == *inviting && is_prefix
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for pattern in
            [&EMAIL, &URL, &DOT, &DOMAIN, &IP, &POINTED_DOMAIN, &WECHAT_ID, &QQ_NUMBER, &PHONE, &GROUP_QR]
        {
            assert!(!pattern.as_str().is_empty());
        }
    }

    #[test]
    fn no_ending_is_both_certain_and_doubtful() {
        assert!(ENDINGS.iter().all(|ending| !DOUBTFUL.contains(ending)));
    }
}
