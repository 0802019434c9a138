//! Exports made up after the shape that QQ writes.

use super::super::sample::{origin, told};
use super::*;

fn read(input: &str) -> Vec<String> {
    told(QqText::new(input.as_bytes(), origin(), TimeZone::get("Asia/Shanghai").unwrap()))
}

fn check_system(words: &str, expected: &str) {
    let rows = read(&format!("2023-01-02 9:04:05 系统消息(10000)\n{words}\n\n"));
    assert_eq!(rows, [format!("1 2023-01-02T01:04:05Z {expected}")]);
    let rows = read(&format!("2023-01-02 09:04:05 {words}\n\n"));
    assert_eq!(rows, [format!("1 2023-01-02T01:04:05Z {expected}")]);
}

#[test]
fn reads_an_export() {
    let rule = "=".repeat(64);
    let input = format!(
        "\u{feff}消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n{rule}\r\n消息分组:我的群\r\n{rule}\r\n\
         消息对象:园艺群\r\n{rule}\r\n\r\n\
         2023-01-02 9:04:05 【管理员】小明(12345678)\r\n早上好\r\n\r\n今天晴(天)\r\n\r\n\
         2023-01-02 12:34:56 阿姨<aunt@example.com>\r\n\r\n\r\n\
         2023-01-02 12:35:00 (87654321)\r\n[图片]\r\n{rule}\r\n\r\n\
         {rule}\r\n消息对象:读书群\r\n{rule}\r\n\r\n\
         2023-01-02 12:36:00 【老王】(1)\r\n2023-01-02 12:36:00 引用(2)\r\n"
    );
    let expected = [
        "9 2023-01-02T01:04:05Z 小明[12345678] in=园艺群: 早上好⏎⏎今天晴(天)".to_owned(),
        "14 2023-01-02T04:34:56Z 阿姨[aunt@example.com] in=园艺群: ".to_owned(),
        format!("17 2023-01-02T04:35:00Z 87654321 in=园艺群: [图片]⏎{rule}"),
        "25 2023-01-02T04:36:00Z 【老王】[1] in=读书群: 2023-01-02 12:36:00 引用(2)".to_owned(),
    ];
    assert_eq!(read(&input), expected);
}

#[test]
fn understands_what_the_system_says() {
    check_system("小红加入本群。", "小红 joined");
    check_system("小明(1)邀请小红(2)加入了群聊", "小红[2] joined by 小明[1]");
    check_system("小红退出了本群", "小红 left ()");
    check_system("小红(2)已退出群聊", "小红[2] left ()");
    check_system("广告(3)被管理员小明(1)移出本群", "广告[3] removed by 小明[1]");
    check_system("小红 撤回了一条消息", "notice by 小红: 小红 撤回了一条消息");
}

#[test]
fn keeps_what_it_does_not_understand_as_a_notice() {
    let rows = read("2023-01-02 09:04:05 系统消息(10000)\n全员禁言已开启\n\n");
    assert_eq!(rows, ["1 2023-01-02T01:04:05Z notice: 全员禁言已开启"]);
}

#[test]
fn lets_people_talk_like_the_system() {
    let rows = read(
        "2023-01-02 09:04:05 小明(1)\n小红加入本群\n\n2023-01-02 09:04:06 小明(1)\n小明撤回了一条消息\n",
    );
    assert_eq!(
        rows,
        [
            "1 2023-01-02T01:04:05Z 小明[1]: 小红加入本群",
            "4 2023-01-02T01:04:06Z notice by 小明[1]: 小明撤回了一条消息",
        ]
    );
}

#[test]
fn tells_of_what_is_not_a_message() {
    let rows = read("随便说说\n\n1900-01-02 09:04:05 小明(1)\n早\n\n2023-01-02 09:04:05 小明\n好\n");
    assert_eq!(
        rows,
        [
            format!("sample:1: expected {HEADER}, found \"随便说说\""),
            format!("sample:3: expected {HEADER}, found \"1900-01-02 09:04:05 小明(1)\""),
            "6 2023-01-02T01:04:05Z 小明: 好".to_owned(),
        ]
    );
}

#[test]
fn gives_up_a_message_without_end_and_goes_on() {
    let long = "很长\n".repeat(MESSAGE_BYTES_MAX / 6);
    let rows = read(&format!("2023-01-02 09:04:05 甲(1)\n{long}\n2023-01-02 09:04:06 乙(2)\n短\n"));
    assert!(rows[0].starts_with(&format!("sample:1: expected {TOO_LONG}")), "{}", rows[0]);
    assert_eq!(rows.len(), 2);
}
