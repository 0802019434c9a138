//! Tests of word lists: whole words, exceptions, errors, places in the original text.

use proptest::prelude::*;

use super::*;

fn list(lines: &[&str]) -> WordList {
    WordList::compile(lines, Exactness::Loose).unwrap()
}

#[test]
fn entries_match_as_whole_words_where_words_have_spaces() {
    let rows: &[(&[&str], &str, &[&str])] = &[
        (&["ad"], "an ad here", &["ad"]),
        (&["ad"], "add, bad, ads", &[]),
        (&["ad*"], "ads", &["ad"]),
        (&["*ad"], "bad", &["ad"]),
        (&["*ad*"], "badge", &["ad"]),
        (&["mp"], "mp3", &[]),
        (&["加v"], "加V12345", &["加V"]),
        (&["加v"], "加video", &[]),
        (&["vx"], "我的vx是", &["vx"]),
        (&["free money"], "FREE-money!", &["FREE-money"]),
        (&["加微", "加微信"], "加微信", &["加微信"]),
        (&["加微", "微信"], "加微信", &["加微", "微信"]),
        (&["加微", "!参加微"], "参加微博之夜", &[]),
        (&["加微", "！参加微"], "参加微博，加微信", &["加微"]),
        (&["ad", "!ad hoc"], "ad hoc ad", &["ad"]),
        (&["сор"], "не сор, а мусор", &["сор"]),
        (&["# ad", "", "  "], "# ad", &[]),
    ];
    for (lines, text, expected) in rows {
        let list = list(lines);
        let found: Vec<&str> = list.find(text).into_iter().map(|hit| &text[hit.range]).collect();
        assert_eq!(&found, expected, "{lines:?} in {text}");
    }
}

#[test]
fn plain_lists_fold_only_width_and_case() {
    let list = WordList::compile(&["加微", "WX"], Exactness::Plain).unwrap();
    assert_eq!(list.find("加微 ｗｘ").len(), 2);
    assert!(list.find("加 微 珈微 w.x").is_empty());
}

#[test]
fn a_hit_names_the_entry_and_the_bytes_of_the_original() {
    let list = list(&["加微"]);
    let text = "快ｊｉａ\u{200b} 微!";
    let hits = list.find(text);
    assert_eq!(hits.len(), 1);
    assert_eq!((hits[0].entry, &text[hits[0].range.clone()]), ("加微", "ｊｉａ\u{200b} 微"));
}

#[test]
fn errors_name_the_line_and_what_to_do() {
    let long = "字".repeat(100);
    let rows = [
        (vec!["ok", "--"], "line 2: `--` holds no letter or digit to match; write a word or delete the line"),
        (vec!["!"], "line 1: `!` holds no letter or digit to match; write a word or delete the line"),
        (vec!["*"], "line 1: `*` holds no letter or digit to match; write a word or delete the line"),
        (
            vec!["a*b"],
            "line 1: `*` may stand only at the beginning or the end of `a*b`; use a pattern for more",
        ),
        (vec![&*long], "line 1: an entry has at most 256 bytes; keep the words that give the text away"),
    ];
    for (lines, expected) in rows {
        assert_eq!(WordList::compile(&lines, Exactness::Loose).unwrap_err().to_string(), expected);
    }
    let many: Vec<String> = (0..=ENTRIES_MAX).map(|number| format!("w{number}")).collect();
    let error = WordList::compile(&many, Exactness::Plain).unwrap_err();
    assert_eq!(error, WordListError::TooManyEntries { line: ENTRIES_MAX + 1 });
    let error = WordList::compile(&vec!["#".repeat(1 << 20); 3], Exactness::Plain).unwrap_err();
    assert_eq!(error, WordListError::TooLong { line: 2 });
}

proptest! {
    #[test]
    fn any_list_over_any_text_gives_ranges_on_boundaries(
        lines in prop::collection::vec("\\PC{0,6}|[a-c加微!* ]{0,4}", 0..6),
        text in "\\PC{0,40}|[a-c加微. +\u{200b}]{0,40}",
    ) {
        if let Ok(list) = WordList::compile(&lines, Exactness::Loose) {
            for hit in list.find(&text) {
                prop_assert!(!hit.range.is_empty() && text.get(hit.range).is_some());
            }
        }
    }
}
