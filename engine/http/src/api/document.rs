//! The OpenAPI document: its head, and what is the same for every operation and so is added here once.

use kith_core::limits::KEY_BYTES_MAX;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::problem::ProblemDetails;

/// What the document says of the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kith",
        description = "Communities: who is let in, what may be said, what happens next, and why. \
                       Every change answers when it is on the disk. \
                       Send `Idempotency-Key` with every change to make a retry safe. \
                       `x-permission` says who may ask: the code of a permission that the caller's roles and \
                       token must have, or `anyone`, `person` (signed in), `known` (a member or one who was), \
                       `oneself` (the same with no token), `inside` (a member), `owner`, \
                       `session` (in a browser, or the operator), `host` (the operator, with a \
                       token that was narrowed in no way). Whoever changes something as `person`, `known` or `inside` \
                       with a token needs it to be issued for `participate`."
    ),
    components(schemas(ProblemDetails)),
    modifiers(&Secured),
    security(("token" = []), ("session" = [])),
)]
struct Head;

/// How callers are known.
struct Secured;

impl Modify for Secured {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let cookie = ApiKey::Cookie(ApiKeyValue::new("kith_session"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// The document without operations.
pub(super) fn head() -> utoipa::openapi::OpenApi {
    Head::openapi()
}

/// The document with what every operation has: an id of its own, problems, an idempotency key.
pub(super) fn finished(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for item in document.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            finish(method, operation);
        }
    }
    document
}

/// Every operation of a path with its method.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation?)))
}

fn finish(method: HttpMethod, operation: &mut Operation) {
    let tag = operation.tags.as_ref().and_then(|tags| tags.first()).cloned().unwrap_or_default();
    let name = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{tag}_{name}"));
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if parameter.description.is_none() {
            parameter.description = Some(description(&parameter.name).to_owned());
        }
    }
    let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ProblemDetails"))));
    // A status that is named has content of its own, and may be a problem all the same.
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('4'), response) {
            response.content.insert("application/problem+json".to_owned(), RefOr::T(problem.clone()));
        }
    }
    let response = ResponseBuilder::new()
        .description("A problem (RFC 9457): its `code` says which")
        .content("application/problem+json", problem);
    operation.responses.responses.insert("4XX".to_owned(), RefOr::T(response.build()));
    if needs(operation) == "anyone" {
        let nothing = SecurityRequirement::default();
        let known = ["token", "session"].map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
        operation.security = Some([nothing].into_iter().chain(known).collect());
    }
    if !matches!(method, HttpMethod::Get) {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("Makes a retry safe: the same key and body give the first outcome again"))
            .schema(Some(key_schema()));
        operation.parameters.get_or_insert_default().push(RefOr::T(key.build()));
    }
}

/// Who may ask an operation.
fn needs(operation: &Operation) -> &str {
    let extensions = operation.extensions.as_ref();
    extensions.and_then(|all| all.get("x-permission")).and_then(|it| it.as_str()).unwrap_or_default()
}

fn key_schema() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.min_length(Some(1)).max_length(Some(KEY_BYTES_MAX)).build()
}

/// What a parameter of a path is.
fn description(parameter: &str) -> &'static str {
    match parameter {
        "community" => "Its name or id",
        "role" | "rule" | "list" | "script" | "field" => "Its name",
        "language" => "`en` or `zh-CN`",
        "tag" => "The tag",
        "emoji" => "The emoji, percent-encoded",
        "sha256" => "The attachment's name: SHA-256 in hexadecimal digits",
        _ => "Its id",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kith_core::role::Permission;
    use serde_json::Value;

    fn for_each(check: impl Fn(&str, &str, &Value)) {
        let document = serde_json::to_value(super::super::document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                check(path, method, operation);
            }
        }
    }

    #[test]
    fn every_operation_says_who_may_ask_it() {
        let others = ["anyone", "person", "known", "oneself", "inside", "owner", "session", "host"];
        for_each(|path, method, operation| {
            let needed = operation["x-permission"].as_str().unwrap_or_default();
            let known = Permission::ALL.iter().any(|it| it.code() == needed) || others.contains(&needed);
            assert!(known, "{method} {path}: `{needed}`");
        });
    }

    #[test]
    fn every_operation_names_the_parameters_of_its_path_and_no_other() {
        for_each(|path, method, operation| {
            let named: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let there: BTreeSet<&str> =
                path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(named, there, "{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|it| !it.ends_with('.')), "{method} {path}");
        });
    }

    #[test]
    fn no_two_operations_have_one_id() {
        let seen = std::cell::RefCell::new(BTreeSet::new());
        for_each(|path, method, operation| {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(seen.borrow_mut().insert(id.clone()), "{method} {path}: {id}");
        });
        assert!(seen.borrow().len() > 60, "{}", seen.borrow().len());
    }
}
