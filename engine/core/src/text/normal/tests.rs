//! Tests of normalisation: disguises that are seen through, and innocent neighbours that are left in peace.

use proptest::prelude::*;

use super::super::words::WordList;
use super::*;

const LIST: &[&str] =
    &["加微", "!参加微", "!增加微", "!添加微", "私聊", "加群", "扣扣", "viagra", "free", "wx", "微信号"];

fn hits(text: &str) -> Vec<String> {
    let list = WordList::compile(LIST, Exactness::Loose).unwrap();
    list.find(text).into_iter().map(|hit| hit.entry.to_owned()).collect()
}

const CAUGHT: &[(&str, &str)] = &[
    ("加微", "加微"),
    ("ｊｉａ微", "加微"),
    ("jia微", "加微"),
    ("JIA 微", "加微"),
    ("j i a 微", "加微"),
    ("jia wei", "加微"),
    ("jiawei", "加微"),
    ("加 微", "加微"),
    ("加\u{3000}微", "加微"),
    ("加\u{200b}微", "加微"),
    ("加\u{feff}微", "加微"),
    ("加\u{202e}微\u{202c}", "加微"),
    ("加\u{fe0f}微", "加微"),
    ("加\u{7f}微", "加微"),
    ("加\u{e0041}微", "加微"),
    ("加\u{336}微\u{336}", "加微"),
    ("加\u{20dd}微", "加微"),
    ("珈微", "加微"),
    ("伽徽", "加微"),
    ("佳薇", "加微"),
    ("迦威", "加微"),
    ("咖溦", "加微"),
    ("加嶶", "加微"),
    ("加-微", "加微"),
    ("加.微", "加微"),
    ("加——微", "加微"),
    ("加❤️微", "加微"),
    ("加*/|微", "加微"),
    ("加。微。信", "加微"),
    ("加\n微\n信", "加微"),
    ("➕微", "加微"),
    ("+微", "加微"),
    ("＋薇", "加微"),
    ("有货➕v Ab", "加微"),
    ("咨询＋V：AB", "加微"),
    ("加v", "加微"),
    ("加Ⓥ", "加微"),
    ("加🅥", "加微"),
    ("加ⅴ12345", "加微"),
    ("加，v，看", "加微"),
    ("加vx123", "加微"),
    ("加 V信", "加微"),
    ("加WeiXin", "加微"),
    ("加威信", "加微"),
    ("加薇芯", "加微"),
    ("请加我的V信号", "微信号"),
    ("薇訫号", "微信号"),
    ("俬聊", "私聊"),
    ("私^_^聊", "私聊"),
    ("+羣", "加群"),
    ("加裙", "加群"),
    ("抠抠", "扣扣"),
    ("蔻叩", "扣扣"),
    ("v1agra", "viagra"),
    ("V.I.A.G.R.A", "viagra"),
    ("vіаgrа", "viagra"),
    ("𝓿𝓲𝓪𝓰𝓻𝓪", "viagra"),
    ("víágrà", "viagra"),
    ("v\u{301}i\u{302}\u{303}agra", "viagra"),
    ("fr33 FR3E", "free"),
    ("fr3e", "free"),
    ("ＦＲＥＥ", "free"),
    ("🅵🆁🅴🅴", "free"),
    ("w❤x", "wx"),
    ("ωx w x", "wx"),
];

#[test]
fn disguised_entries_are_caught() {
    for (text, entry) in CAUGHT {
        assert!(hits(text).iter().any(|hit| hit == *entry), "`{text}` is read as `{}`", read(text));
    }
}

fn read(text: &str) -> String {
    normalise(text, Exactness::Loose).text().to_owned()
}

const INNOCENT: &[&str] = &[
    "参加微博之夜",
    "报名参加微信群活动",
    "增加微量元素",
    "添加微软账号",
    "瑜伽微课开始了",
    "最佳微电影",
    "最佳微信公众号",
    "大家微笑",
    "大家为我加油",
    "国家微观经济",
    "一家微小企业",
    "这个框架微服务很多",
    "咖啡微甜",
    "网咖微信支付",
    "番茄微辣",
    "喝咖啡",
    "增加威力",
    "更加威武",
    "增加威信",
    "越加威严",
    "新加坡威士忌",
    "李嘉薇",
    "瑜伽维持健康",
    "要加。微信上说",
    "名额还能加，微博也行",
    "我来加！\n微笑一下",
    "C++微服务",
    "c+v",
    "1+1 微",
    "V加油",
    "加V认证的博主",
    "加video",
    "加vip会员",
    "加油 v5",
    "jia you 微笑",
    "jiangwei",
    "隐私，聊到这里",
    "走私船",
    "自私的人聊天",
    "参加裙装秀",
    "加长裙子",
    "豆蔻年华",
    "叩首扣除",
    "扣分。扣税",
    "freedom",
    "fret",
    "carefree",
    "f r e t",
    "wxwidgets",
    "swx",
    "w, x",
    "W-Fi x",
    "wx2",
    "via gras",
    "viagras",
    "не вход",
    "微信 二维码",
    "安徽信号不好",
    "微信。号码给你",
    "芯片",
];

#[test]
fn innocent_neighbours_pass() {
    for text in INNOCENT {
        assert!(hits(text).is_empty(), "`{text}` is read as `{}` and hits {:?}", read(text), hits(text));
    }
}

#[test]
fn the_normal_form_is_as_documented() {
    let rows = [
        ("Straße ΣΑΣ", "strasse σασ"),
        ("don't", "don t"),
        ("加微信：abc", "加微信 abc"),
        ("3.14 and 1 2 3", "3 14 and 1 2 3"),
        ("сор", "cop"),
        ("не сор", "не сор"),
        ("l10n utf8 p2p fr33dom", "l10n utf8 p2p freedom"),
        ("ca$h $5", "cash 5"),
        ("ｶﾞ", "ガ"),
        ("你，好。", "你好"),
        ("你好，世界。", "你好 世界"),
        ("…!?", ""),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_normalises_with_every_piece_on_boundaries(
        text in "\\PC{0,40}|\\p{any}{0,40}|[加微v+ .\u{200b}Aа3]{0,30}",
    ) {
        for exactness in [Exactness::Plain, Exactness::Loose] {
            let normal = normalise(&text, exactness);
            let whole = normal.range(0..normal.text().len());
            prop_assert!(text.get(whole).is_some());
            for (at, ch) in normal.text().char_indices() {
                let range = normal.range(at..at + ch.len_utf8());
                prop_assert!(text.get(range.clone()).is_some_and(|part| !part.is_empty()), "{:?}", range);
            }
        }
    }

    #[test]
    fn normalising_twice_changes_no_plain_chinese_or_english(text in "[a-z ]{0,20}|[你好世界人民]{0,20}") {
        let once = read(&text);
        prop_assert_eq!(read(&once), once);
    }
}

proptest! {
    #[test]
    fn plain_texts_fold_as_any_others(text in "[ -~\t\n]{0,60}|[a-zA-Z .,+!?\t\n]{0,60}") {
        if let Some(folded) = plain(&text) {
            prop_assert_eq!(folded, fold(&text, Letters::Latinised));
        }
    }
}
