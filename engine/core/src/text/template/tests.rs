//! Tests of name templates: reading, writing, taking apart, and what people get told.

use proptest::prelude::*;

use super::*;

fn template(source: &str) -> Template {
    Template::parse(source).unwrap()
}

#[test]
fn names_are_taken_apart() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("{region}-{position}-{nickname}", "上海-前端-小明", &["上海", "前端", "小明"]),
        ("{region}-{position}-{nickname}", "上海－前端—小明", &["上海", "前端", "小明"]),
        ("{region}-{position}-{nickname}", " 上海 - 前端 - 小-明 ", &["上海", "前端", "小-明"]),
        ("【{地区}】{昵称}", "[上海]小明", &["上海", "小明"]),
        ("[{地区}]{昵称}", "【上海】小明", &["上海", "小明"]),
        ("｛地区｝、{昵称}", "上海，小明", &["上海", "小明"]),
        ("{a} / {b}", "x / y", &["x", "y"]),
        ("Team {a} of {b}!", "ＴＥＡＭ x OF y！", &["x", "y"]),
        ("{a}({b})", "小明（上海）", &["小明", "上海"]),
        ("{a}({b})", "小明（上海）)", &["小明", "上海）"]),
    ];
    for (source, name, expected) in rows {
        let template = template(source);
        let read = template.read(name).unwrap_or_else(|misfit| panic!("{source} on {name}: {misfit}"));
        let values: Vec<&str> = read.iter().map(|(_, value)| *value).collect();
        assert_eq!(&values, expected, "{source} on {name}");
        assert!(template.fields().eq(read.iter().map(|(field, _)| *field)));
    }
}

#[test]
fn misfits_say_which_field_is_wrong() {
    let rows = [
        ("{region}-{nickname}", "", "the field `region` is missing"),
        ("{region}-{nickname}", "小明", "the field `nickname` is missing"),
        ("{region}-{nickname}", "-小明", "the field `region` is missing"),
        ("{region}-{nickname}", "上海- ", "the field `nickname` is missing"),
        ("{a}-{b}-{c}", "上海-小明", "the field `c` is missing"),
        ("【{地区}】{昵称}", "上海】小明", "`【` is expected at character 1"),
        ("{a}({b})", "小明（上海", "`)` is expected at character 6"),
    ];
    for (source, name, expected) in rows {
        assert_eq!(template(source).read(name).unwrap_err().to_string(), expected, "{source} on {name}");
    }
}

#[test]
fn rendering_wants_every_field_and_no_separator_in_it() {
    let render = |region: &'static str| {
        template("{region}-{nickname}")
            .render(|field| Some(if field == "region" { region } else { "小-明" }))
    };
    assert_eq!(render("上海").unwrap(), "上海-小-明");
    assert_eq!(render(" ").unwrap_err().to_string(), "the field `region` is missing");
    assert_eq!(render("沪－浦东").unwrap_err().to_string(), "the field `region` must not hold `-`");
    assert_eq!(template("{a}").render(|_| None), Err(Misfit::Missing { field: "a".to_owned() }));
}

#[test]
fn errors_name_the_column_and_what_to_write() {
    let many: String = (0..9).map(|number| format!("{{f{number}}}-")).collect();
    let long = "长".repeat(TEMPLATE_BYTES_MAX);
    let rows = [
        ("", "the name template has no field; write one in braces, as in `{nickname}`"),
        ("abc", "the name template has no field; write one in braces, as in `{nickname}`"),
        ("{a}-{b", "column 5: `{` opens a field that does not end; write `}` after its name"),
        ("地区}", "column 3: `}` closes no field; write `{` before the field's name or leave it out"),
        ("{}", "column 2: `` is no field name; write 1 to 32 letters, digits or `_`"),
        ("地{a-b}", "column 3: `a-b` is no field name; write 1 to 32 letters, digits or `_`"),
        ("{a}{b}", "column 4: nothing separates `b` from the field before; write a sign such as `-` between"),
        ("{a}-{a}", "column 6: the field `a` is there already; leave it out here"),
        (&many, "column 41: a name template has at most 8 fields; ask for the rest on the card"),
        (&long, "a name template has at most 200 bytes; write a shorter one"),
    ];
    for (source, expected) in rows {
        assert_eq!(Template::parse(source).unwrap_err().to_string(), expected, "{source}");
    }
}

proptest! {
    #[test]
    fn any_source_and_any_name_give_an_answer(
        source in "\\PC{0,20}|[{}a地-]{0,12}",
        name in "\\p{any}{0,20}|[a地－-]{0,8}",
    ) {
        if let Ok(template) = Template::parse(&source) {
            let _ = template.read(&name);
            let _ = template.render(|_| Some(&name));
        }
    }

    #[test]
    fn what_is_rendered_is_read_again(a in "[^-－]{1,9}", b in "\\PC{1,9}") {
        let template = template("{a}+{b}");
        if let Ok(name) = template.render(|field| Some(if field == "a" { &a } else { &b })) {
            prop_assert_eq!(template.read(&name).unwrap(), [("a", a.trim()), ("b", b.trim())]);
        }
    }
}
