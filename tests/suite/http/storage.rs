//! The storage quota: attachments count until whoever put them is erased, and are refused beyond it in words.

use kith_core::privacy;
use serde_json::json;

use super::crowd::{Crowd, Ground};
use super::served::Answer;

fn put(crowd: &Crowd, ground: &Ground, who: &str, language: &str, letter: char) -> Answer {
    let super::crowd::Pass::Session { cookie, proof } = &crowd.who(who).pass else { panic!("a session") };
    let path = format!("/api/v1/communities/{}/attachments", ground.id);
    let request = crowd.served.request("PUT", &path);
    let request = request.header("cookie", &format!("kith_session={cookie}")).header("x-csrf-token", proof);
    let content = letter.to_string().repeat(1_000);
    request.header("accept-language", language).body("application/octet-stream", &content).send()
}

#[test]
fn attachments_count_until_their_owner_is_erased() {
    let mut crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let quotas = format!("/api/v1/host/communities/{}/quotas", ground.id);
    crowd.must("host", ("PUT", &quotas), Some(&json!({ "storage_bytes": 3_000 })));
    crowd.served.world.settle(kith_core::ids::CommunityId::HOST);
    crowd.served.world.until("the community knows its quota", |world| {
        let known = |it: &kith_core::stream::Community| it.hosted.quotas().map(|it| it.storage_bytes);
        world.view(ground.id, known) == Some(3_000)
    });
    for (who, letter) in [("member", 'a'), ("member", 'a'), ("victim", 'b')] {
        assert_eq!(put(&crowd, &ground, who, "en", letter).status, 201, "{who} {letter}");
    }
    for (language, title, hint) in
        [("en", "bytes of attachments", "The host can raise it."), ("zh-CN", "附件字节数", "主机管理员")]
    {
        let refused = put(&crowd, &ground, "member", language, 'c');
        assert_eq!((refused.status, refused.code().as_str()), (422, "quota_exceeded"));
        let told = refused.json();
        assert!(told["title"].as_str().unwrap().contains(title), "{told}");
        assert!(told["detail"].as_str().unwrap().contains(hint), "{told}");
    }
    // What was counted as it was put is what the files say.
    crowd.served.fall_and_rise();
    assert_eq!(put(&crowd, &ground, "member", "en", 'c').status, 422);
    let erase = privacy::Command::EraseMyself;
    crowd.served.world.ask_member(ground.id, ground.members["victim"], erase).unwrap();
    crowd.served.world.settle(ground.id);
    assert_eq!(put(&crowd, &ground, "member", "en", 'c').status, 201, "the erased one's went");
    assert_eq!(put(&crowd, &ground, "member", "en", 'd').status, 422);
    let left = std::fs::read_dir(crowd.served.world.data().join("blobs")).unwrap().count();
    assert_eq!(left, 2, "on the disk too");
}
