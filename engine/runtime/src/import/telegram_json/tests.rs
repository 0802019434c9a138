//! Exports made up after the shape that Telegram Desktop writes.

use super::super::sample::{origin, told};
use super::*;

const ONE_CHAT: &str = r#"{
 "name": "园艺群",
 "type": "private_supergroup",
 "id": 77,
 "messages": [
  {
   "id": 1, "type": "service", "date": "2020-01-01T11:01:39", "date_unixtime": "1577847699",
   "actor": "小明", "actor_id": "user1", "action": "create_group", "title": "园艺群",
   "members": ["小明", "Ann", null], "text": "", "text_entities": []
  },
  {
   "id": 2, "type": "message", "date": "2020-01-01T11:01:40", "date_unixtime": "1577847700",
   "edited": "2020-01-01T11:02:00", "edited_unixtime": "1577847720",
   "from": "Ann", "from_id": "user2", "forwarded_from": "报社", "reply_to_message_id": 1,
   "text": ["看 ", {"type": "link", "text": "https://example.com"}, " 吧\n😀"],
   "text_entities": [{"type": "plain", "text": "}]"}]
  },
  {
   "id": 3, "type": "message", "date_unixtime": "1577847701", "from": null, "from_id": "user3", "text": "",
   "photo": "photos/a.jpg", "file": "(File not included. Change data exporting settings to download.)",
   "file_name": "b.zip", "contact_information": {"first_name": "x"}, "location_information": {"latitude": 1.5}
  },
  {"id": 4, "type": "message", "date": "2020-01-01T11:01:42", "from": "Ann", "from_id": 2, "text": "旧"},
  {"id": 5, "type": "message", "date_unixtime": "1577847703", "from": "Ann", "from_id": "user2", "text": "",
   "poll": {"question": "几点？", "answers": [{"text": "三点"}, {"text": "四点"}]}},
  {"id": 6, "type": "service", "date_unixtime": "1577847704", "actor": "Ann", "actor_id": "user2",
   "action": "invite_members", "members": ["Ann", "Bob"], "text": ""},
  {"id": 7, "type": "service", "date_unixtime": "1577847705", "actor": "Bob", "actor_id": "user4",
   "action": "remove_members", "members": ["Bob"], "text": ""},
  {"id": 8, "type": "service", "date_unixtime": "1577847706", "actor": "Ann", "actor_id": "user2",
   "action": "remove_members", "members": ["Bob"], "text": ""},
  {"id": 9, "type": "service", "date_unixtime": "1577847707", "actor": "Bob", "actor_id": "user4",
   "action": "join_group_by_link", "inviter": "Ann", "text": ""},
  {"id": 10, "type": "service", "date_unixtime": "1577847708", "actor": "Ann", "actor_id": "user2",
   "action": "pin_message", "message_id": 2, "text": ""},
  {"id": 11, "type": "service", "date_unixtime": "1577847709", "actor": "Ann", "actor_id": "user2",
   "action": "edit_group_title", "title": "花园", "text": ""},
  {"id": 12, "type": "service", "date_unixtime": "1577847710", "actor": "Ann", "actor_id": "user2",
   "action": "group_call", "duration": 5, "text": ""}
 ]
}"#;

fn read(input: &str) -> Vec<String> {
    read_bytes(input.as_bytes())
}

fn read_bytes(input: &[u8]) -> Vec<String> {
    told(TelegramJson::new(input, origin(), TimeZone::get("Asia/Shanghai").unwrap()))
}

#[test]
fn reads_the_export_of_one_chat() {
    assert_eq!(
        read(ONE_CHAT),
        [
            "6 2020-01-01T03:01:39Z topic by 小明[user1]: 园艺群",
            "6 2020-01-01T03:01:39Z 小明[user1] joined",
            "6 2020-01-01T03:01:39Z Ann joined by 小明[user1]",
            "6 2020-01-01T03:01:39Z Deleted Account joined by 小明[user1]",
            "11 2020-01-01T03:01:40Z Ann[user2] id=77/2 in=园艺群 re=77/1 from=报社 edited=1577847720000: \
             看 https://example.com 吧⏎😀",
            "18 2020-01-01T03:01:41Z user3 id=77/3 in=园艺群 file=photos/a.jpg \
             file=b.zip file=contact file=location: ",
            "23 2020-01-01T03:01:42Z Ann[2] id=77/4 in=园艺群: 旧",
            "24 2020-01-01T03:01:43Z Ann[user2] id=77/5 in=园艺群: 几点？⏎- 三点⏎- 四点",
            "26 2020-01-01T03:01:44Z Ann[user2] joined",
            "26 2020-01-01T03:01:44Z Bob joined by Ann[user2]",
            "28 2020-01-01T03:01:45Z Bob[user4] left ()",
            "30 2020-01-01T03:01:46Z Bob removed by Ann[user2]",
            "32 2020-01-01T03:01:47Z Bob[user4] joined by Ann",
            "34 2020-01-01T03:01:48Z pinned by Ann[user2]: 77/2",
            "36 2020-01-01T03:01:49Z topic by Ann[user2]: 花园",
            "38 2020-01-01T03:01:50Z notice by Ann[user2]: group_call",
        ]
    );
}

fn message(id: u64) -> String {
    format!(
        r#"{{"id":{id},"type":"message","date_unixtime":"{id}","from":"甲","from_id":"user1","text":"t"}}"#
    )
}

#[test]
fn reads_the_export_of_all_chats() {
    let input = format!(
        "\u{feff}{{\"about\":\"x\",\"frequent\":{{\"list\":[{{\"messages\":[1]}}]}},\
         \"chats\":{{\"about\":\"y\",\"list\":[\
         {{\"name\":\"一\",\"id\":1,\"messages\":[{}]}},{{\"name\":null,\"id\":2,\"messages\":[{}]}}]}},\
         \"left_chats\":{{\"list\":[{{\"id\":3,\"messages\":[]}}]}}}}",
        message(1),
        message(2)
    );
    assert_eq!(
        read(&input),
        ["1 1970-01-01T00:00:01Z 甲[user1] id=1/1 in=一: t", "1 1970-01-01T00:00:02Z 甲[user1] id=2/2: t"]
    );
}

#[test]
fn loses_only_the_message_that_is_bad() {
    let table = [
        ("7", "a Telegram message object (invalid type"),
        ("{\"id\":}", "a Telegram message object (expected value"),
        ("{\"type\":\"message\",\"from\":\"a\"}", MOMENT),
        ("{\"type\":\"message\",\"date\":\"1900-01-01T00:00:00\"}", MOMENT),
        ("{\"type\":\"message\",\"date_unixtime\":\"1\"}", "from or from_id"),
        ("{\"type\":\"?\",\"date_unixtime\":\"1\"}", "a type: message, service or unsupported"),
        ("{\"text\":[1],\"type\":\"message\"}", "a Telegram message object (data did not match"),
    ];
    for (bad, expected) in table {
        let rows = read(&format!("{{\"messages\":[\n{bad},\n{}]}}", message(9)));
        assert!(rows[0].starts_with(&format!("sample:2: expected {expected}")), "{rows:?}");
        assert_eq!(rows[1..], ["3 1970-01-01T00:00:09Z 甲[user1] id=9: t"]);
    }
}

#[test]
fn survives_messages_too_deep_and_too_long() {
    let deep = format!("{{\"type\":\"message\",\"text\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("{{\"type\":\"message\",\"text\":\"{}\"}}", "x".repeat(JSON_MESSAGE_BYTES_MAX));
    let rows = read(&format!("{{\"messages\":[{deep},\n{long},\n{}]}}", message(9)));
    assert!(rows[0].starts_with("sample:1: expected a Telegram message object ("), "{}", rows[0]);
    assert!(rows[1].starts_with("sample:2: expected a Telegram message of at most 4194304 bytes"));
    assert_eq!(rows[2..], ["3 1970-01-01T00:00:09Z 甲[user1] id=9: t"]);
}

#[test]
fn says_where_it_had_to_stop() {
    let cut = format!("{{\"messages\":[{},\n{{\"id\":1", message(9));
    assert_eq!(read(&cut)[1..], [format!("sample:2: expected {CUT_OFF}, found \"\"")]);
    let table = [
        ("", EXPORT),
        ("[]", EXPORT),
        ("{\"name\":\"x\"}", EXPORT),
        ("{\"messages\":[]} {", "nothing behind the export"),
        ("{\"messages\":[}", REST),
        ("{\"messages\":[]", CUT_OFF),
        ("{\"messages\"[]}", REST),
        ("{\"name\":}", REST),
        ("{x", REST),
    ];
    for (input, expected) in table {
        assert_eq!(read(input), [format!("sample:1: expected {expected}, found \"\"")], "{input}");
    }
    assert!(
        read_bytes(b"{\"messages\":[\"\xff\"]}")[0]
            .starts_with("sample:1: expected a Telegram message object")
    );
}
