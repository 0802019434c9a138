//! A week of the group of young makers: in Chinese, as its people live it.

use kith_core::card;
use kith_core::community;
use kith_core::gate;
use kith_core::member;
use kith_core::message::{self, Ack, Mentions};
use kith_core::moment::{HOUR_MS, MINUTE_MS};
use kith_core::queue;

use super::life::{Brings, Life};

const CODE: &str = "HEBIAN-0701";
const ANSWERS: &[(&str, &str)] = &[("群规", "不可以！"), ("方向", "做智能硬件，想找会结构设计的伙伴")];
const CARD: &[(&str, &str)] = &[("地区", "上海"), ("岗位", "产品")];

fn ready() -> Brings<'static> {
    Brings { invite: Some(CODE), answers: ANSWERS, card: CARD }
}

#[test]
fn a_group_of_makers_lives_through_its_week() {
    let mut life = Life::found("qingnian-chuangke", "阿禾");
    the_gate(&mut life);
    a_full_group(&mut life);
    the_card(&mut life);
    the_hall(&mut life);
    the_ladder(&mut life);
    the_keys(&mut life);
    life.survives_a_restart();
    insta::assert_snapshot!(life.told());
}

fn the_gate(life: &mut Life) {
    life.chapter("进群：邀请码、问题、群名片");
    life.does("阿禾", "发一个邀请码", |_| gate::Command::CreateInvite {
        code: CODE.to_owned(),
        uses: 50,
        expires_at_ms: None,
        source: "线下活动".to_owned(),
        for_person: None,
    });
    life.join("小满", "上海-产品-小满", &Brings { invite: None, ..ready() });
    assert_eq!(life.standing("小满"), "turned_away");
    let wrong = [("群规", "可以呀"), ANSWERS[1]];
    life.join("小满", "上海-产品-小满", &Brings { answers: &wrong, ..ready() });
    life.join("小满", "上海-产品-小满", &Brings { card: &CARD[..1], ..ready() });
    life.join("小满", "上海-产品-小满", &ready());
    assert_eq!(life.standing("小满"), "active");
    life.join("大雄", "杭州-技术-大雄", &Brings { card: &[("地区", "杭州"), ("岗位", "技术")], ..ready() });
    assert_eq!(life.standing("大雄"), "active");
}

fn a_full_group(life: &mut Life) {
    life.chapter("满员：候补名单");
    life.does("阿禾", "把人数上限改成 3", |_| gate::Command::SetCapacity { capacity: Some(3) });
    life.join("青青", "上海-产品-青青", &ready());
    assert_eq!(life.standing("青青"), "waiting");
    life.join("阿布", "上海-产品-阿布", &ready());
    life.does("阿禾", "把人数上限改成 4", |_| gate::Command::SetCapacity { capacity: Some(4) });
    assert_eq!(life.standing("青青"), "offered");
    life.does("青青", "接受空位", |_| gate::Command::AcceptSeat);
    assert_eq!(life.standing("青青"), "active");
    life.does("阿布", "不等了", |_| gate::Command::Withdraw);
}

fn the_card(life: &mut Life) {
    life.chapter("群名片：不合格式的改不了，冒充的先审核");
    life.does("小满", "改名片：地区写成月球", |pen| card::Command::ChangeCard {
        fields: [("地区".to_owned(), Some(pen.write("月球")))].into(),
        nickname: None,
    });
    life.does("小满", "改昵称：小满满", |pen| card::Command::ChangeNickname {
        nickname: pen.write("小满满"),
    });
    life.does("大雄", "改昵称：杭州-技术-官方客服", |pen| card::Command::ChangeNickname {
        nickname: pen.write("杭州-技术-官方客服"),
    });
}

fn the_hall(life: &mut Life) {
    life.chapter("大厅：慢速、广告、公告");
    life.says("小满", "大厅", "大家好，我做智能硬件。");
    life.says("小满", "大厅", "有人一起吗？");
    life.passes("过了一分钟", MINUTE_MS);
    life.says("小满", "大厅", "周末一起参加微博之夜吧");
    life.passes("过了一分钟", MINUTE_MS);
    life.says("青青", "大厅", "想要资料的 ➕ 薇 领取");
    life.passes("过了一分钟", MINUTE_MS);
    life.says("青青", "大厅", "刷　单 日结，稳 赚 不 赔");
    let channel = life.channel("公告");
    let notice = life.does("阿禾", "发公告，要求确认", |pen| message::Command::Announce {
        channel,
        parts: pen.parts("周六下午两点，苏州河边见。收到请点已读。"),
        ack: Ack::Required,
        mentions: Mentions::default(),
    });
    let message = kith_core::ids::MessageId(notice.expect("群主可以发公告").0);
    life.does("小满", "确认已读", |_| message::Command::Acknowledge { message });
}

fn the_ladder(life: &mut Life) {
    life.chapter("阶梯处罚与申诉");
    let (hold, qing) = (life.hold_of("青青"), life.member("青青"));
    life.does_to("阿禾", "不放行前面那条", qing, |pen| queue::Command::Resolve {
        hold,
        outcome: queue::AtDeadline::Deny,
        note: Some(pen.write("群里不引流。")),
    });
    for text in ["加v12345 进内部群", "私 我 领 资料", "加我微，名额不多"] {
        life.passes("过了一分钟", MINUTE_MS);
        life.says("青青", "大厅", text);
    }
    life.says("青青", "大厅", "怎么不让我说话了");
    let receipt = life.receipt("青青");
    let appeal = life.does("青青", "申诉", |pen| queue::Command::Appeal {
        receipt,
        text: pen.write("我说的是线下面领的资料。"),
    });
    let appeal = kith_core::ids::AppealId(appeal.expect("可以申诉").0);
    life.does_to("阿禾", "认为申诉成立", qing, |pen| queue::Command::DecideAppeal {
        appeal,
        decision: queue::Decision::Overturned,
        note: Some(pen.write("看了上下文，是我们误会了。")),
    });
    life.passes("过了一小时", HOUR_MS);
    life.says("青青", "大厅", "谢谢。");
}

fn the_keys(life: &mut Life) {
    life.chapter("转让：对方同意才算");
    let man = life.member("小满");
    life.does("阿禾", "想直接退群", |_| member::Command::Leave);
    life.does("阿禾", "把群转让给小满", |_| community::Command::OfferOwnership { to: man });
    life.does("小满", "接受", |_| community::Command::AcceptOwnership);
    life.does("阿禾", "退群", |_| member::Command::Leave);
    assert_eq!(life.view(|community| community.profile.owner), Some(man));
}
