//! The four scripts of the plan, as written there.

use super::{check, complaints};

const JOIN: &str = r#"fn on_join(ctx, request) {
  let c = request.card;
  if c.region == "" { return deny("card", "群名片请填 地区-岗位-昵称"); }
  if request.source == "invite" && request.inviter.has_tag("core") { return allow(); }
  if !request.answer("why").has_any(list("topic-words")) { return hold("answer", "管理员一天内回复"); }
  tag(request.applicant, `地区:${c.region}`);
  allow()
}"#;

const MESSAGE: &str = r#"fn on_message(ctx, message) {
  if message.author.can("moderate") { return allow(); }
  if message.links.len > ctx.settings.max_links || message.text.has_any(list("ad-words")) {
    return violation("ads", "本群不发广告，合作请找群主");             // the community's ladder decides what follows
  }
  allow()
}"#;

const TOPICS: &str = r#"
fn propose_topics(ctx, want) {                                        // reads: questions(7d)
  if ctx.today.weekday == 5 { return [topic("周五晒单", "晒出本周最满意的一件")]; }
  let q = questions().unanswered(7.days);
  if q.len > 0 { return [topic(`谁来帮帮 ${q[0].author.name}`, q[0].text)]; }
  list("topics").shuffled(ctx.random).map(|t| topic(t, ""))
}"#;

const POINTS: &str = r#"fn on_event(ctx, event) {
  if event.kind != "answer.accepted" || event.answer.author.id == event.question.author.id { return; }
  if points(event.answer.author).earned("answers", 1.days) >= 50 { return; }
  points(event.answer.author).give(10, "answers");
}"#;

#[test]
fn the_gate_asks_for_a_card_and_an_answer() {
    let lists = "lists.topic-words = [\"园艺\"]\n";
    let play = |case: &str| check(JOIN, &format!("hook = \"join\"\n{lists}{case}"));
    play("expect = \"deny card\"");
    play(
        "author.card.region = \"上海\"\nsource = \"invite\"\ninviter.tags = [\"core\"]\n\
         expect = \"allow\"\neffects = []",
    );
    play("author.card.region = \"上海\"\nanswers.why = \"路过\"\nexpect = \"hold answer\"");
    play(
        "author.card.region = \"上海\"\nanswers.why = \"喜欢园艺\"\nexpect = \"allow\"\n\
         effects = [\"tag ann 地区:上海\"]",
    );
}

#[test]
fn ads_are_a_violation_and_moderators_may_say_anything() {
    let around = "lists.ad-words = [\"加微\"]\nsettings.max_links = 1\n";
    let play = |case: &str| check(MESSAGE, &format!("{around}{case}"));
    play("text = \"hello\"\nexpect = \"allow\"");
    play("text = \"➕ 薇 聊\"\nexpect = \"violation ads\"");
    play("text = \"https://a.example.org https://b.example.org\"\nexpect = \"violation ads\"");
    play("text = \"加微\"\nauthor.role = \"moderator\"\nexpect = \"allow\"");
}

#[test]
fn topics_follow_the_day_the_questions_and_the_dice() {
    let play =
        |case: &str| check(TOPICS, &format!("topics = 3\nlists.topics = [\"一\", \"二\", \"三\"]\n{case}"));
    play("at = \"2026-05-01T12:00\"\nexpect = \"topics 周五晒单\"");
    play("at = \"2026-04-30T23:30\"\nquestions = [\"怎么浇水\"]\nexpect = \"topics 谁来帮帮 ann\"");
    let dice =
        super::play(TOPICS, "topics = 3\nat = \"2026-04-30T12:00\"\nlists.topics = [\"一\", \"二\", \"三\"]");
    assert!(dice.ran.dice, "the dice were read");
    assert_eq!(dice.got.matches('|').count(), 2, "{}", dice.got);
}

#[test]
fn points_wait_for_the_ledger_and_say_so() {
    let said = complaints(POINTS);
    assert!(said.contains("points need the ledger"), "{said}");
    assert!(said.contains("line 3, column 6"), "{said}");
}
