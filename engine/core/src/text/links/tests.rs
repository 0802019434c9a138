//! Tests of links: what is found, and what only looks like it.

use proptest::prelude::*;

use super::LinkKind::*;
use super::*;

fn found(text: &str) -> Vec<(LinkKind, &str, Option<String>)> {
    find(text).into_iter().map(|link| (link.kind, &text[link.range], link.host)).collect()
}

const FOUND: &[(&str, LinkKind, &str, Option<&str>)] = &[
    ("see http://example.com.", Web, "http://example.com", Some("example.com")),
    ("(https://example.com/a?b=c#d)", Web, "https://example.com/a?b=c#d", Some("example.com")),
    (
        "https://en.example.org/wiki/Zig_(x)!",
        Web,
        "https://en.example.org/wiki/Zig_(x)",
        Some("en.example.org"),
    ),
    ("HTTPS://WWW.Example.COM:8080/", Web, "HTTPS://WWW.Example.COM:8080/", Some("example.com")),
    ("https://user:pw@example.com/", Web, "https://user:pw@example.com/", Some("example.com")),
    ("hxxp://example.com", Web, "hxxp://example.com", Some("example.com")),
    (
        "ｈｔｔｐ：／／ｅｘａｍｐｌｅ．ｃｏｍ",
        Web,
        "ｈｔｔｐ：／／ｅｘａｍｐｌｅ．ｃｏｍ",
        Some("example.com"),
    ),
    ("看http://example.com看看", Web, "http://example.com", Some("example.com")),
    ("http://例子.中国 好", Web, "http://例子.中国", Some("例子.中国")),
    ("example.com", Web, "example.com", Some("example.com")),
    ("去example.com看", Web, "example.com", Some("example.com")),
    ("www.example.io", Web, "www.example.io", Some("example.io")),
    ("example.com/path, ok", Web, "example.com/path", Some("example.com")),
    ("example.co.uk", Web, "example.co.uk", Some("example.co.uk")),
    ("a-b.example.xyz!", Web, "a-b.example.xyz", Some("a-b.example.xyz")),
    ("example (dot) com", Web, "example (dot) com", Some("example.com")),
    ("example[.]com", Web, "example[.]com", Some("example.com")),
    ("example dot com", Web, "example dot com", Some("example.com")),
    ("example。com", Web, "example。com", Some("example.com")),
    ("example｡com", Web, "example｡com", Some("example.com")),
    ("上win88点comAG", Web, "win88点com", Some("win88.com")),
    ("上win88點com；好", Web, "win88點com", Some("win88.com")),
    ("exam\u{200b}ple.com", Web, "exam\u{200b}ple.com", Some("example.com")),
    ("𝐞𝐱𝐚𝐦𝐩𝐥𝐞.com", Web, "𝐞𝐱𝐚𝐦𝐩𝐥𝐞.com", Some("example.com")),
    ("docs.rs/regex", Web, "docs.rs/regex", Some("docs.rs")),
    ("zig.github.io", Web, "zig.github.io", Some("zig.github.io")),
    ("bit.ly/3xY", Web, "bit.ly/3xY", Some("bit.ly")),
    ("connect 8.8.8.8", Ip, "8.8.8.8", Some("8.8.8.8")),
    ("8.8.4.4:8080", Ip, "8.8.4.4:8080", Some("8.8.4.4")),
    ("http://8.8.8.8/x", Ip, "http://8.8.8.8/x", Some("8.8.8.8")),
    ("t.me/joinchat/AAA", Invite, "t.me/joinchat/AAA", Some("t.me")),
    ("官网https://t.me/+AbCdEf", Invite, "https://t.me/+AbCdEf", Some("t.me")),
    ("discord.gg/abc", Invite, "discord.gg/abc", Some("discord.gg")),
    ("https://discord.com/invite/abc", Invite, "https://discord.com/invite/abc", Some("discord.com")),
    ("https://chat.whatsapp.com/Ab1", Invite, "https://chat.whatsapp.com/Ab1", Some("chat.whatsapp.com")),
    ("https://qm.qq.com/q/abc", Invite, "https://qm.qq.com/q/abc", Some("qm.qq.com")),
    ("tg://join?invite=abc", Invite, "tg://join?invite=abc", Some("join")),
    ("weixin.qq.com/g/AbC", Invite, "weixin.qq.com/g/AbC", Some("weixin.qq.com")),
    ("mail a.b+c@example.com now", Email, "a.b+c@example.com", Some("example.com")),
    ("me[at]example.com", Email, "me[at]example.com", Some("example.com")),
    ("ME＠ＥＸＡＭＰＬＥ．ＣＮ", Email, "ME＠ＥＸＡＭＰＬＥ．ＣＮ", Some("example.cn")),
    ("电话13800138000", Phone, "13800138000", None),
    ("138-0013-8000", Phone, "138-0013-8000", None),
    ("+86 138 0013 8000", Phone, "+86 138 0013 8000", None),
    ("①③⑧⓪⓪①③⑧⓪⓪⓪", Phone, "①③⑧⓪⓪①③⑧⓪⓪⓪", None),
    ("call +44 20 7946 0958", Phone, "+44 20 7946 0958", None),
    ("+1 (415) 555-0132", Phone, "+1 (415) 555-0132", None),
    ("QQ：12345678", QqNumber, "12345678", None),
    ("扣扣12345678", QqNumber, "12345678", None),
    ("企鹅号 12345678", QqNumber, "12345678", None),
    ("Q群123456789", QqNumber, "123456789", None),
    ("加q 1234567", QqNumber, "1234567", None),
    ("群号:123456789", QqNumber, "123456789", None),
    ("微信：liming", WeChatId, "liming", None),
    ("加V：abc12345", WeChatId, "abc12345", None),
    ("咨询＋V：AB8866a", WeChatId, "AB8866a", None),
    ("vx abc_1234", WeChatId, "abc_1234", None),
    ("薇芯号abc1234", WeChatId, "abc1234", None),
    ("V信13800138000", WeChatId, "13800138000", None),
    ("嶶7788990", WeChatId, "7788990", None),
    ("扫码进群", GroupQr, "扫码进群", None),
    ("发个微信群二维码", GroupQr, "微信群二维码", None),
];

#[test]
fn links_are_found_with_kind_place_and_host() {
    let is_wrong = |row: &&(&str, LinkKind, &str, Option<&str>)| {
        let (text, kind, part, host) = row;
        found(text) != [(*kind, *part, host.map(str::to_owned))]
    };
    let wrong: Vec<_> = FOUND.iter().filter(is_wrong).map(|row| (row, found(row.0))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const NOT_FOUND: &[&str] = &[
    "main.rs",
    "src/main.rs",
    "v1.2.3",
    "e.g. this",
    "i.e. that",
    "3.14",
    "node.js",
    "build.zig",
    "build.sh",
    "foo.py",
    "README.md",
    "libc.so",
    "libc.so.6",
    "archive.zip",
    "std.io",
    "std.net.Address",
    "asp.net",
    "self.com()",
    "a.b.c",
    "x.y",
    "o.O",
    ":)",
    ":/",
    ":D",
    "...",
    "wait...what",
    "end.Then",
    "end.com()",
    "ok.no",
    "this.is fine",
    "10.30am",
    "U.S.A.",
    "1.2.3.4.5",
    "v1.2.3.4",
    "127.0.0.1",
    "192.168.1.1:8080",
    "http://localhost:8080/",
    "999.1.1.1",
    "@name",
    "foo@bar",
    "a@b",
    "2020-11-22",
    "12:30",
    "1234567890",
    "0x12345678",
    "abc13800138000",
    "138001380001",
    "12345678901234567890",
    "$1.50",
    "100%",
    "qq",
    "QQ群里说",
    "微信支付",
    "wechat payment",
    "微信里说的",
    "扣100分",
    "群里有50000人",
    "v8",
    "vx",
    "wx widgets",
    "c/c++",
    "and/or",
    "a://b",
    "connect the dot to it",
    "use dot net",
    "finished. Net result",
    "好。com",
    "两点",
    "sha256:abcdef123456",
    "3点com",
    "@import(\"std\")",
    "foo.com_bar",
    "x86_64-linux.gnu",
    "0.6.0+abc",
];

#[test]
fn what_only_looks_like_a_link_is_none() {
    for text in NOT_FOUND {
        assert_eq!(found(text), [], "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_ordered_ranges_on_boundaries(
        text in "\\PC{0,40}|[a-c.@:/0-9 微vq群点。＋+()comt-]{0,40}|(https?://|t\\.me/|QQ|微信)\\PC{0,20}",
    ) {
        let mut last = 0;
        for link in find(&text) {
            prop_assert!(link.range.start >= last && !link.range.is_empty());
            prop_assert!(text.get(link.range.clone()).is_some());
            last = link.range.end;
        }
    }
}

proptest! {
    #[test]
    fn signs_hide_nothing_that_a_finder_finds(
        text in concat!(
            "[ -~]{0,40}|[a-dA-Dotwxvq.@:/0-9 ()\\[\\]{}+-]{0,40}",
            "|(vx|WX|qq|dot|at|(at)|://|com|org|[ .:/+@(){}\\[\\]0-9a-f]",
            "|微|点|。|qr|scan|weixin|wechat|code|group|https|\x01){0,16}",
        ),
    ) {
        prop_assert_eq!(find(&text), find_where(&normalise_visible(&text), |_| true));
    }
}
