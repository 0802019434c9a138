//! The OpenAPI document to look through: one plain page, made once.

use maud::{DOCTYPE, Markup, html};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::pages;

/// One operation.
struct Row<'a> {
    method: String,
    path: &'a str,
    operation: &'a Value,
}

impl<'a> Row<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.operation[name].as_str().unwrap_or_default()
    }

    fn tag(&self) -> &'a str {
        self.operation["tags"][0].as_str().unwrap_or_default()
    }
}

/// The page.
pub(super) fn page(document: &OpenApi) -> Markup {
    let document = serde_json::to_value(document).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    let rows: Vec<Row<'_>> = paths
        .flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |found| (path, found)))
        .map(|(path, (method, operation))| Row { method: method.to_uppercase(), path, operation })
        .collect();
    let mut tags: Vec<&str> = rows.iter().map(Row::tag).collect();
    tags.sort_unstable();
    tags.dedup();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "API · Kith" }
                link rel="stylesheet" href=(pages::stylesheet());
            }
            body {
                main {
                    h1 { "API" }
                    p { (document["info"]["description"].as_str().unwrap_or_default()) }
                    p { a href="/api/v1/openapi.json" { "openapi.json" } }
                    @for tag in tags {
                        h2 id=(tag) { (tag) }
                        @for row in rows.iter().filter(|row| row.tag() == tag) { (shown(row, &document)) }
                    }
                }
            }
        }
    }
}

fn shown(row: &Row<'_>, document: &Value) -> Markup {
    let parameters = row.operation["parameters"].as_array().into_iter().flatten();
    let example = example_of(row.operation, document);
    html! {
        details id=(row.text("operationId")) {
            summary { code { (row.method) " " (row.path) } " " (row.text("summary")) }
            p { "Needs " code { (row.text("x-permission")) } "." }
            @for parameter in parameters {
                p {
                    code { (parameter["name"].as_str().unwrap_or_default()) } " "
                    (parameter["description"].as_str().unwrap_or_default())
                }
            }
            @if let Some(example) = example { pre { (example) } }
        }
    }
}

/// What can be sent: the example of the body, or of its schema.
fn example_of(operation: &Value, document: &Value) -> Option<String> {
    let content = operation["requestBody"]["content"].as_object()?.values().next()?;
    let named = content["schema"]["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    let schema = named.and_then(|name| document.pointer(name));
    let example = content.get("example").or_else(|| schema?.get("example"))?;
    serde_json::to_string_pretty(example).ok()
}
