//! The OpenAPI document and a page to read it by. `docs/openapi.json` is its checked-in form.
//!
//! The operator's routes and what they take and give are read off the handlers and their types. The public routes are read from
//! the path by one function, because their names match whatever their case; they are described here, by the types that are sent.

use std::fmt::Write;

use axum::{
    http::header,
    response::{Html, IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::operator;

/// The operator API's place.
pub(crate) const OPERATOR: &str = "/api/operator/v1";

/// What the public routes are. Nothing here is called: the attributes are what counts.
#[allow(dead_code)]
mod public {
    use serde::Deserialize;
    use utoipa::{IntoParams, ToSchema};

    use crate::{
        hibp::{AccountSuffix, Failure, Subscription, Truncated, domains::SubscribedDomain},
        published::Model,
    };

    #[derive(Deserialize, IntoParams)]
    #[into_params(parameter_in = Query)]
    #[serde(rename_all = "camelCase")]
    struct AccountQuery {
        /// `false` gives the whole breaches, otherwise only their names.
        truncate_response: Option<bool>,
        /// `false` leaves unverified breaches out.
        include_unverified: Option<bool>,
        /// Only breaches of this domain.
        domain: Option<String>,
    }

    #[derive(Deserialize, IntoParams)]
    #[into_params(parameter_in = Query)]
    #[serde(rename_all = "camelCase")]
    struct BreachesQuery {
        /// Only breaches of this domain.
        domain: Option<String>,
        /// Only spam lists, or only others.
        is_spam_list: Option<bool>,
    }

    #[derive(Deserialize, ToSchema)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Sha1,
        Ntlm,
    }

    /// Breaches of an account: an e-mail address, a user name or a phone number
    #[utoipa::path(
        get, path = "/api/v3/breachedaccount/{account}", security(("key" = [])), params(("account" = String, Path), AccountQuery),
        responses((status = 200, body = Vec<Truncated<'static>>), (status = 404, body = Failure<'static>, description = "In no breach"), KeyedFailures)
    )]
    fn account() {}

    /// Breaches by the first six hex digits of the account's SHA-1
    #[utoipa::path(
        get, path = "/api/v3/breachedaccount/range/{prefix}", security(("key" = [])), params(("prefix" = String, Path)),
        responses((status = 200, body = Vec<AccountSuffix<'static>>), (status = 404, body = String, description = "No hashes"), KeyedFailures)
    )]
    fn accounts_by_prefix() {}

    /// All breaches, by title
    #[utoipa::path(get, path = "/api/v3/breaches", params(BreachesQuery), responses((status = 200, body = Vec<Model<'static>>), Failures))]
    fn breaches() {}

    /// A breach by its name
    #[utoipa::path(
        get, path = "/api/v3/breach/{name}", params(("name" = String, Path)),
        responses((status = 200, body = Model<'static>), (status = 404, body = Failure<'static>), Failures)
    )]
    fn breach() {}

    /// The breach added last
    #[utoipa::path(
        get, path = "/api/v3/latestbreach",
        responses((status = 200, body = Model<'static>), (status = 404, body = Failure<'static>), Failures)
    )]
    fn latest() {}

    /// Data classes of all breaches
    #[utoipa::path(get, path = "/api/v3/dataclasses", responses((status = 200, body = Vec<String>), Failures))]
    fn data_classes() {}

    /// What the key includes
    #[utoipa::path(
        get, path = "/api/v3/subscription/status", security(("key" = [])),
        responses((status = 200, body = Subscription<'static>), (status = 404, body = Failure<'static>, description = "No plan"), KeyedFailures)
    )]
    fn subscription() {}

    /// The domains that the key may ask about
    #[utoipa::path(
        get, path = "/api/v3/subscribeddomains", security(("key" = [])),
        responses((status = 200, body = Vec<SubscribedDomain>), KeyedFailures)
    )]
    fn subscribed_domains() {}

    /// Aliases of a verified domain, and the names of the breaches each is in, sensitive ones included
    #[utoipa::path(
        get, path = "/api/v3/breacheddomain/{domain}", security(("key" = [])), params(("domain" = String, Path)),
        responses((status = 200, body = std::collections::BTreeMap<String, Vec<String>>), (status = 404, body = Failure<'static>, description = "In no breach"), KeyedFailures)
    )]
    fn breached_domain() {}

    /// Domains of the websites at which stealers took an address's passwords; the address's domain must be verified
    #[utoipa::path(
        get, path = "/api/v3/stealerlogsbyemail/{email}", security(("key" = [])), params(("email" = String, Path)),
        responses((status = 200, body = Vec<String>), (status = 404, body = Failure<'static>, description = "In no log"), KeyedFailures)
    )]
    fn stealer_logs_by_email() {}

    /// Addresses whose passwords stealers took at a website; its domain must be verified
    #[utoipa::path(
        get, path = "/api/v3/stealerlogsbywebsitedomain/{domain}", security(("key" = [])), params(("domain" = String, Path)),
        responses((status = 200, body = Vec<String>), (status = 404, body = Failure<'static>, description = "In no log"), KeyedFailures)
    )]
    fn stealer_logs_by_website() {}

    /// Aliases of a verified domain, and the domains of the websites at which stealers took their passwords
    #[utoipa::path(
        get, path = "/api/v3/stealerlogsbyemaildomain/{domain}", security(("key" = [])), params(("domain" = String, Path)),
        responses((status = 200, body = std::collections::BTreeMap<String, Vec<String>>), (status = 404, body = Failure<'static>, description = "In no log"), KeyedFailures)
    )]
    fn stealer_logs_by_email_domain() {}

    /// Always 404: no pastes are held here
    #[utoipa::path(
        get, path = "/api/v3/pasteaccount/{account}", security(("key" = [])), params(("account" = String, Path)),
        responses((status = 404, body = Failure<'static>), KeyedFailures)
    )]
    fn paste_account() {}

    /// Password hashes by their first five hex digits: rows `SUFFIX:COUNT` joined by CRLF
    #[utoipa::path(
        get, path = "/range/{prefix}",
        params(
            ("prefix" = String, Path), ("mode" = Option<Mode>, Query),
            ("Add-Padding" = Option<bool>, Header, description = "`true` adds rows of count 0, up to 800 to 1,000 rows or some more than there are"),
            ("If-None-Match" = Option<String>, Header),
        ),
        responses(
            (status = 200, body = String, content_type = "text/plain", headers(("ETag" = String), ("Content-MD5" = String), ("Last-Modified" = String))),
            (status = 304, description = "The range is that of the tag"),
            (status = 400, body = String, description = "No prefix of five hex digits"),
            (status = 403, body = String, description = "No user agent"),
            (status = 503, body = String, description = "A store is away"),
        )
    )]
    fn range() {}

    /// Alive
    #[utoipa::path(get, path = "/healthz", responses((status = 200, body = String)))]
    fn healthz() {}

    /// Whether the catalogue, the record store and the object store answer
    #[utoipa::path(
        get, path = "/readyz",
        responses(
            (status = 200, body = std::collections::BTreeMap<String, bool>),
            (status = 503, body = std::collections::BTreeMap<String, bool>, description = "One does not"),
        )
    )]
    fn readyz() {}

    /// Metrics for Prometheus
    #[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
    fn metrics() {}

    #[derive(utoipa::IntoResponses)]
    enum Failures {
        /// No user agent
        #[response(status = 403)]
        Forbidden(#[to_schema] Failure<'static>),
        /// A store is away
        #[response(status = 503)]
        Unavailable(#[to_schema] Failure<'static>),
    }

    #[derive(utoipa::IntoResponses)]
    enum KeyedFailures {
        /// Ill-formed
        #[response(status = 400)]
        IllFormed(#[to_schema] Failure<'static>),
        /// No good key
        #[response(status = 401)]
        NoKey(#[to_schema] Failure<'static>),
        /// No user agent, or the key's plan does not include it
        #[response(status = 403)]
        Forbidden(#[to_schema] Failure<'static>),
        /// The key's quota is used up; `retry-after` says for how many seconds
        #[response(status = 429)]
        TooMany(#[to_schema] Failure<'static>),
        /// A store is away
        #[response(status = 503)]
        Unavailable(#[to_schema] Failure<'static>),
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Sluice", description = "Self-hosted breach search. The public routes are HaveIBeenPwned's."),
    paths(
        public::account, public::accounts_by_prefix, public::breaches, public::breach, public::latest, public::data_classes,
        public::subscription, public::subscribed_domains, public::breached_domain, public::stealer_logs_by_email,
        public::stealer_logs_by_website, public::stealer_logs_by_email_domain, public::paste_account, public::range, public::healthz, public::readyz,
        public::metrics
    ),
    components(schemas(crate::published::Model<'static>)),
    modifiers(&Keys)
)]
struct Document;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let key = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("hibp-api-key")));
        let operator = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("key", key);
        components.add_security_scheme("operator", operator);
    }
}

/// The document.
pub fn document() -> Value {
    let router = OpenApiRouter::with_openapi(Document::openapi()).nest(OPERATOR, operator::documented());
    let mut document = serde_json::to_value(router.into_openapi()).unwrap_or_default();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        let first = |after: &str| path.strip_prefix(after)?.split('/').find(|part| !part.is_empty()).map(str::to_owned);
        let tag = first(OPERATOR).map_or_else(|| "public".to_owned(), |word| format!("operator: {word}"));
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            if path.starts_with(OPERATOR) {
                operation["security"] = json!([{ "operator": [] }]);
            }
            operation["tags"] = json!([tag]);
        }
    }
    document
}

/// The document as a page that needs nothing from anywhere.
pub(crate) async fn page() -> Response {
    let document = document();
    let mut html = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sluice API</title><style>body{font:16px/1.5 sans-serif;max-width:60em;\
         margin:2em auto;padding:0 1em}code{background:#eee;padding:0 .2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;\
         padding:.2em .5em;text-align:left;vertical-align:top}summary{cursor:pointer}</style><h1>Sluice API</h1>\
         <p>The whole of it: <a href=/openapi.json>/openapi.json</a>. Times are milliseconds since 1970 unless a date is written out.\
         <p>Public routes take <code>hibp-api-key</code>, operator routes <code>Authorization: Bearer</code>.",
    );
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            write_operation(&mut html, method, path, operation);
        }
    }
    html.push_str("<h2>Types</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        write_schema(&mut html, name, schema);
    }
    html.push_str("</html>");
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

// A string takes whatever is written to it: results are left aside below.

fn write_operation(html: &mut String, method: &str, path: &str, operation: &Value) {
    let needs = operation["security"][0].as_object().and_then(|needs| needs.keys().next()).map_or("nothing", String::as_str);
    let summary = escaped(operation["summary"].as_str().unwrap_or_default());
    let _ = write!(html, "<details><summary><code>{} {path}</code> {summary}</summary><p>Needs: {needs}<table>", method.to_uppercase());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let about = escaped(parameter["description"].as_str().unwrap_or_default());
        let _ = write!(html, "<tr><td>{name} ({place})<td>{}<td>{about}", type_of(&parameter["schema"]));
    }
    for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = write!(html, "<tr><td>body<td>{}<td>{kind}", type_of(&content["schema"]));
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let empty = Map::new();
        let contents = response["content"].as_object().unwrap_or(&empty);
        let types: Vec<String> = contents.values().map(|content| type_of(&content["schema"])).collect();
        let about = escaped(response["description"].as_str().unwrap_or_default());
        let _ = write!(html, "<tr><td>{status}<td>{}<td>{about}", types.join(", "));
    }
    html.push_str("</table></details>");
}

fn write_schema(html: &mut String, name: &str, schema: &Value) {
    let about = escaped(schema["description"].as_str().unwrap_or_default());
    let _ = write!(html, "<details id=\"{name}\"><summary><code>{name}</code> {about}</summary>");
    if schema["properties"].is_object() {
        html.push_str("<table>");
        for (field, of) in schema["properties"].as_object().into_iter().flatten() {
            let about = escaped(of["description"].as_str().unwrap_or_default());
            let _ = write!(html, "<tr><td><code>{field}</code><td>{}<td>{about}", type_of(of));
        }
        html.push_str("</table></details>");
    } else {
        let _ = write!(html, "<p>{}</details>", type_of(schema));
    }
}

/// A type in a few words, with links to those that have names.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    for (key, between) in [("oneOf", " | "), ("allOf", " &amp; "), ("anyOf", " | ")] {
        if let Some(parts) = schema[key].as_array() {
            return parts.iter().map(type_of).collect::<Vec<_>>().join(between);
        }
    }
    if let Some(fields) = schema["properties"].as_object() {
        return fields.iter().map(|(name, of)| format!("{name}: {}", type_of(of))).collect::<Vec<_>>().join(", ");
    }
    match schema["type"].as_array() {
        Some(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        None if schema["type"] == "array" => format!("list of {}", type_of(&schema["items"])),
        None => text(&schema["type"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map(escaped).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
