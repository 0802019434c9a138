//! Operations as the OpenAPI document names them: what can be asked, by whom, with what.

use serde_json::{Value, json};

use super::crowd::{Crowd, Ground};

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Who may ask it.
    pub(crate) needs: String,
    /// What can be sent, as the document shows it.
    pub(crate) example: Option<Value>,
    /// The schema of each response by status.
    pub(crate) responses: Value,
    query: String,
}

/// The document.
pub(crate) fn document() -> Value {
    serde_json::to_value(kith_http::api::document()).expect("the document is JSON")
}

/// Every operation of the document that ends: streams have cases of their own.
pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, row) in item.as_object().expect("a path has operations") {
            let is_stream = row["responses"]["200"]["content"].get("text/event-stream").is_some();
            if !is_stream {
                operations.push(operation(document, (path, method), row));
            }
        }
    }
    operations
}

fn operation(document: &Value, (path, method): (&str, &str), row: &Value) -> Operation {
    let parameters = row["parameters"].as_array().into_iter().flatten();
    let required = parameters.filter(|it| it["in"] == "query" && it["required"] == true);
    let query: Vec<String> =
        required.map(|it| format!("{}=1", it["name"].as_str().unwrap_or_default())).collect();
    let content = row["requestBody"]["content"].as_object().and_then(|content| content.values().next());
    let example = content.and_then(|content| {
        let named = content["schema"]["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
        let schema = named.and_then(|name| document.pointer(name));
        content.get("example").or_else(|| schema?.get("example")).cloned()
    });
    Operation {
        id: row["operationId"].as_str().unwrap_or_default().to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        needs: row["x-permission"].as_str().unwrap_or_default().to_owned(),
        example,
        responses: row["responses"].clone(),
        query: query.join("&"),
    }
}

impl Operation {
    /// The path with what is there in a community.
    pub(crate) fn path_in(&self, ground: &Ground) -> String {
        let filled = self.path.split('/').map(|part| {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
                return part.to_owned();
            };
            let name = match (name, self.path.as_str()) {
                ("message", path) if path.contains("/announcements/") => "announcement",
                ("message", path) if path.ends_with("/accepted-answer") => "question",
                ("member", path) if path.contains("/applications/") => "applicant",
                ("role", path) if !path.contains("/members/") => "new_role",
                (name, _) => name,
            };
            ground.params.get(name).cloned().unwrap_or_else(|| format!("none_{name}"))
        });
        let path = filled.collect::<Vec<_>>().join("/");
        if self.query.is_empty() { path } else { format!("{path}?{}", self.query) }
    }

    /// The example with ids of what is there.
    pub(crate) fn example_in(&self, ground: &Ground) -> Option<Value> {
        let mut text = self.example.as_ref()?.to_string();
        for (prefix, id) in &ground.ids {
            text = text.replace(&format!("{prefix}01JD0000000000000000000000"), id);
        }
        serde_json::from_str(&text).ok()
    }

    /// Who asks it where it is to work.
    pub(crate) fn asker(&self) -> &'static str {
        match (self.needs.as_str(), self.id.as_str()) {
            ("host", _) => "host",
            (_, "gate_request") => "outsider",
            (_, "gate_withdraw") => "applicant",
            (_, "ownership_accept" | "ownership_decline" | "privacy_erase_myself" | "members_leave") => {
                "victim"
            }
            ("known" | "inside", _) => "member",
            _ => "owner",
        }
    }

    /// Connects a network, with a channel of it.
    fn connect(&self, crowd: &Crowd, ground: &mut Ground) {
        let at = |path: &str| format!("/api/v1/communities/{}/connectors{path}", ground.id);
        let network = json!({ "name": "first", "network": "irc", "can": ["post"] });
        let made = crowd.must("owner", ("POST", &at("")), Some(&network));
        let connector = made["id"].as_str().expect("it has an id").to_owned();
        if self.id != "connectors_map" {
            let mapping = json!({ "external_channel": "#garden", "channel": ground.params["channel"] });
            crowd.must("owner", ("POST", &at(&format!("/{connector}/channels"))), Some(&mapping));
            let all = crowd.must("owner", ("GET", &at("")), None);
            let key = all["connectors"][0]["channels"][0]["key"].as_str().expect("it has a key").to_owned();
            ground.params.insert("key", key);
        }
        ground.params.insert("connector", connector);
    }

    /// Adds a webhook whose name resolves nowhere.
    fn hook(&self, crowd: &Crowd, ground: &mut Ground) {
        let at = |path: &str| format!("/api/v1/communities/{}/webhooks{path}", ground.id);
        let hook = json!({ "label": "first", "url": "https://nowhere.invalid/" });
        let made = crowd.must("owner", ("POST", &at("")), Some(&hook));
        let webhook = made["id"].as_str().expect("it has an id").to_owned();
        if self.id == "webhooks_resume" {
            crowd.must("owner", ("POST", &at(&format!("/{webhook}/pause"))), None);
        }
        ground.params.insert("webhook", webhook);
    }

    /// Brings about what has to be there before, besides what is there in any community.
    pub(crate) fn prepare(&self, crowd: &Crowd, ground: &mut Ground, all: &[Operation]) {
        if self.path.contains("{connector}") {
            self.connect(crowd, ground);
        }
        if self.path.contains("{webhook}") {
            self.hook(crowd, ground);
        }
        let at = |path: &str| format!("/api/v1/communities/{}{path}", ground.id);
        let of_script = self.path.contains("{script}") && self.id != "scripts_put";
        if of_script || self.path.ends_with("/scripts-order") || self.path.contains("{replay}") {
            let put = all.iter().find(|it| it.id == "scripts_put").expect("scripts can be put in");
            let mut example = put.example.clone().expect("it has an example");
            let is_kept = self.path.contains("/shadow") || self.id == "scripts_activate";
            example["stage"] = json!(if is_kept { "kept" } else { "live" });
            crowd.must("owner", ("PUT", &at("/scripts/floods")), Some(&example));
            crowd.must("owner", ("PUT", &at("/scripts/ads")), Some(&example));
        }
        if self.path.contains("{person}") {
            let made = crowd.must("host", ("POST", "/api/v1/host/persons"), Some(&json!({ "name": "Mo" })));
            ground.params.insert("person", made["id"].as_str().expect("it has an id").to_owned());
        }
        if self.id == "sanctions_forget" {
            let path = at(&format!("/members/{}/strikes", ground.params["member"]));
            crowd.must("owner", ("POST", &path), Some(&json!({})));
        }
        if self.path.contains("/shadow/report") {
            crowd.must("owner", ("PUT", &at("/scripts/ads/shadow")), Some(&json!({ "version": 1 })));
        }
        if self.path.contains("{replay}") {
            let body = json!({ "script": "ads" });
            let replay = crowd.must("owner", ("POST", &at("/replays")), Some(&body));
            let id = replay["id"].as_str().expect("a replay has an id").to_owned();
            let path = at(&format!("/replays/{id}"));
            crowd.served.world.until("the replay is done", |_| {
                crowd.must("owner", ("GET", &path), None)["state"] == "done"
            });
            ground.params.insert("replay", id);
            return;
        }
        if self.id.starts_with("ownership_") && ["accept", "decline"].iter().any(|it| self.id.ends_with(it)) {
            let to = json!({ "to": ground.members["victim"] });
            crowd.must("owner", ("PUT", &at("/ownership")), Some(&to));
        }
        if self.path.contains("{token}") {
            let body = json!({ "label": "case", "permissions": ["read"] });
            let issued = crowd.must("owner", ("POST", "/api/v1/tokens"), Some(&body));
            ground.params.insert("token", issued["id"].as_str().expect("it has an id").to_owned());
        }
        let put = all.iter().find(|it| it.path == self.path && it.method == "PUT");
        if let Some(put) = put.filter(|_| self.method == "DELETE" && !self.path.ends_with("/live")) {
            let example = put.example_in(ground);
            crowd.ask(put.asker(), ("PUT", &put.path_in(ground)), example.as_ref());
        }
    }
}
