//! The document keeps its word: every example is taken, every answer has the form it names.

use serde_json::{Value, json};

use super::crowd::Crowd;
use super::operations::{Operation, document, operations};
use super::served::Answer;

/// Operations that cannot work where nothing is under way; each has a case of its own elsewhere or below.
const NEED_MORE: &[&str] = &[
    "gate_accept_seat",
    "gate_decline_seat",
    "gate_take_overflow",
    "scripts_retry_letter",
    "scripts_drop_letter",
    "attachments_put",
    "attachments_get",
    "sessions_sign_out",
    "sessions_sign_out_all",
];

/// Refuses an answer that is not of the form that the document names for its status.
fn check(document: &Value, operation: &Operation, answer: &Answer) -> Result<(), String> {
    let status = answer.status.to_string();
    let row = operation.responses.get(&status).or_else(|| operation.responses.get("4XX"));
    let row = row.ok_or_else(|| format!("{status} is not named"))?;
    let Some(content) = row["content"].as_object().and_then(|content| content.iter().next()) else {
        return if answer.text.is_empty() { Ok(()) } else { Err("there should be no body".to_owned()) };
    };
    let (kind, content) = content;
    let sent = answer.header("content-type").split(';').next().unwrap_or_default();
    if sent != kind {
        return Err(format!("{sent} is not {kind}"));
    }
    if !kind.ends_with("json") {
        return Ok(());
    }
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).map_err(|error| error.to_string())?;
    let body = answer.json();
    let errors: Vec<String> =
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

#[test]
fn every_example_is_taken_and_every_answer_has_the_form_that_the_document_names() {
    let (crowd, document) = (Crowd::new(), document());
    let all = operations(&document);
    let mut complaints = Vec::new();
    for (number, operation) in all.iter().enumerate() {
        let mut ground = crowd.ground(&format!("ground{number}"));
        operation.prepare(&crowd, &mut ground, &all);
        let (path, example) = (operation.path_in(&ground), operation.example_in(&ground));
        let answer = crowd.ask(operation.asker(), (&operation.method, &path), example.as_ref());
        let taken = (200..300).contains(&answer.status) || NEED_MORE.contains(&operation.id.as_str());
        if !taken {
            complaints.push(format!("{}: {} {}", operation.id, answer.status, answer.text));
        }
        if let Err(what) = check(&document, operation, &answer) {
            complaints.push(format!("{}: {what}: {}", operation.id, answer.text));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(all.len() > 100, "{}", all.len());
}

#[test]
fn an_attachment_is_fetched_by_whoever_reads_its_message_and_never_shown_as_a_page() {
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let at = |path: &str| format!("/api/v1/communities/{}{path}", ground.id);
    let put = crowd.must("member", ("PUT", &at("/attachments")), Some(&json!("<script>")));
    let attachment = json!({ "sha256": put["sha256"], "bytes": put["bytes"], "media_type": "text/html" });
    let file = json!({ "type": "file", "attachment": attachment, "name": "a\"; x=早.html" });
    let talk = at(&format!("/channels/{}/messages", ground.params["channel"]));
    let posted = crowd.must("member", ("POST", &talk), Some(&json!({ "parts": [file] })));
    let sha256 = put["sha256"].as_str().unwrap();
    let path = at(&format!("/messages/{}/attachments/{sha256}", posted["id"].as_str().unwrap()));
    let got = crowd.ask("victim", ("GET", &path), None);
    assert_eq!((got.status, got.text.as_str()), (200, "\"<script>\""));
    assert_eq!(got.header("content-type"), "application/octet-stream");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    assert!(got.header("content-disposition").starts_with("attachment; filename*=UTF-8''a%22%3B%20x%3D%E6"));
    for who in ["stranger", "outsider", "applicant", "narrow"] {
        assert_eq!(crowd.ask(who, ("GET", &path), None).status, 403, "{who}");
    }
    let other = at(&format!("/messages/{}/attachments/{sha256}", ground.params["message"]));
    assert_eq!(crowd.ask("victim", ("GET", &other), None).status, 404);
}
