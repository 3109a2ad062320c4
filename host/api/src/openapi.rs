//! The OpenAPI document and a page to read it by. Both come from one table of routes; `docs/openapi.json` is its checked-in form.

use std::fmt::Write;

use axum::{
    http::header,
    response::{Html, IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use Access::{Key, Operator, Public};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Public,
    Key,
    Operator,
}

const ROUTES: &[(&str, &str, Access, &str)] = &[
    (
        "get",
        "/api/v3/breachedaccount/{account}",
        Key,
        "Breaches of an account; 404 if there is none. Query: truncateResponse, includeUnverified, domain",
    ),
    ("get", "/api/v3/breachedaccount/range/{prefix}", Key, "Breaches by the first six hex digits of the account's SHA-1"),
    ("get", "/api/v3/breaches", Public, "All breaches. Query: domain, isSpamList"),
    ("get", "/api/v3/breach/{name}", Public, "A breach by its name"),
    ("get", "/api/v3/latestbreach", Public, "The breach added last"),
    ("get", "/api/v3/dataclasses", Public, "Data classes of all breaches"),
    ("get", "/api/v3/subscription/status", Key, "What the key includes"),
    ("get", "/api/v3/subscribeddomains", Key, "Always empty: no domain can be verified here"),
    ("get", "/api/v3/pasteaccount/{account}", Key, "Always 404: no pastes are held here"),
    ("get", "/range/{prefix}", Public, "Password hashes by their first five hex digits, as text. Query: mode=ntlm; header: Add-Padding"),
    ("get", "/healthz", Public, "Alive"),
    ("get", "/readyz", Public, "Whether the catalogue, the record store and the object store answer; 503 if one does not"),
    ("get", "/metrics", Public, "Metrics for Prometheus"),
    ("post", "/api/operator/v1/dumps", Operator, "Begins a dump: {name, bytes?}"),
    ("get", "/api/operator/v1/dumps", Operator, "Dumps, newest first"),
    ("head", "/api/operator/v1/dumps/{id}", Operator, "Upload-Offset: the byte at which the upload goes on"),
    ("patch", "/api/operator/v1/dumps/{id}", Operator, "Appends bytes at Upload-Offset"),
    ("delete", "/api/operator/v1/dumps/{id}", Operator, "Gives up a dump that is still arriving"),
    ("post", "/api/operator/v1/dumps/{id}/complete", Operator, "All bytes are there: {digest?}; 422 if they are others"),
    ("post", "/api/operator/v1/breaches", Operator, "Makes a breach, by the breach model's names"),
    ("get", "/api/operator/v1/breaches", Operator, "All breaches, unpublished ones too"),
    ("get", "/api/operator/v1/breaches/{id}", Operator, "A breach"),
    ("put", "/api/operator/v1/breaches/{id}", Operator, "Changes a breach"),
    (
        "post",
        "/api/operator/v1/jobs",
        Operator,
        "Asks for a job: {kind: import, breach, dumps, policy?, plugin?, archive_passwords?, publish?, priority?}, or {kind: publish|retract, load}",
    ),
    ("get", "/api/operator/v1/jobs", Operator, "Jobs, newest first"),
    ("get", "/api/operator/v1/jobs/{id}", Operator, "A job"),
    ("post", "/api/operator/v1/jobs/{id}/cancel", Operator, "Cancels a job"),
    ("post", "/api/operator/v1/jobs/{id}/pause", Operator, "Pauses a job"),
    ("post", "/api/operator/v1/jobs/{id}/resume", Operator, "Lets a paused job go on"),
    ("get", "/api/operator/v1/jobs/{id}/events", Operator, "A job's progress as server-sent events, until it ends"),
    ("get", "/api/operator/v1/events", Operator, "All jobs' progress as server-sent events"),
    ("get", "/api/operator/v1/loads", Operator, "Loads with their ledgers, newest first"),
    ("get", "/api/operator/v1/loads/{id}", Operator, "A load with its ledger"),
    ("post", "/api/operator/v1/loads/{id}/publish", Operator, "Asks for a publish job"),
    ("post", "/api/operator/v1/loads/{id}/retract", Operator, "Asks for a retract job"),
    ("get", "/api/operator/v1/loads/{id}/digest", Operator, "Digest and counts of what the load stored"),
    ("get", "/api/operator/v1/loads/{id}/rejects", Operator, "The reject logs as stored, one after another"),
    ("get", "/api/operator/v1/loads/{id}/records", Operator, "All records the load stored, published or not, as JSON lines"),
    ("post", "/api/operator/v1/loads/{id}/accept-quarantine", Operator, "Lets the load be published without its quarantined bytes"),
    ("get", "/api/operator/v1/loads/{id}/members/waiting", Operator, "Members that no plugin, or several, claimed"),
    ("post", "/api/operator/v1/members/{id}/resolve", Operator, "{plugin: digest}, or \"skip\""),
    ("get", "/api/operator/v1/tasks", Operator, "Tasks. Query: job, state, after"),
    ("get", "/api/operator/v1/slots", Operator, "Dispatchers and their reserved slots"),
    ("get", "/api/operator/v1/plugins", Operator, "Plugins"),
    ("post", "/api/operator/v1/plugins", Operator, "Installs the component in the body"),
    ("post", "/api/operator/v1/plugins/{digest}/activate", Operator, "Makes a plugin the one of its name"),
    ("get", "/api/operator/v1/keys", Operator, "Keys, without the keys"),
    ("post", "/api/operator/v1/keys", Operator, "Makes a key, shown once: {label, rpm, plan?, operator?, expires_at?}"),
    ("delete", "/api/operator/v1/keys/{id}", Operator, "Revokes a key"),
    ("get", "/api/operator/v1/records", Operator, "Searches published records. Query: account, domain or text; limit, after"),
];

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for (method, path, access, summary) in ROUTES {
        let parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let security = match access {
            Public => json!([]),
            Key => json!([{ "key": [] }]),
            Operator => json!([{ "operator": [] }]),
        };
        let schema = if *access == Operator { "#/components/schemas/Problem" } else { "#/components/schemas/Error" };
        let failure = json!({ "description": "It failed", "content": { "application/json": { "schema": { "$ref": schema } } } });
        let operation = json!({
            "summary": summary, "parameters": parameters, "security": security,
            "responses": { "2XX": { "description": "It went well" }, "4XX": failure, "5XX": failure },
        });
        if let Some(item) = paths.entry(*path).or_insert_with(|| json!({})).as_object_mut() {
            item.insert((*method).to_owned(), operation);
        }
    }
    let text = json!({ "type": "string" });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Sluice", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "hibp-api-key" },
                "operator": { "type": "http", "scheme": "bearer" },
            },
            "schemas": {
                "Problem": { "type": "object", "required": ["code", "message", "hint"], "properties": { "code": text, "message": text, "hint": text } },
                "Error": { "type": "object", "required": ["statusCode", "message"], "properties": { "statusCode": { "type": "integer" }, "message": text } },
            },
        },
    })
}

/// The routes as a page that needs nothing from anywhere.
pub(crate) async fn page() -> Response {
    let mut html = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sluice API</title><h1>Sluice API</h1>\
         <p>The whole of it: <a href=/openapi.json>/openapi.json</a>.<p>Operator errors are <code>{code, message, hint}</code>: 400 ill-formed, \
         401 no good token, 404 no such thing, 409 the state forbids it, 422 the bytes are not what was announced, 503 a store is away, \
         507 a disk is full.<table><tr><th>Method<th>Path<th>Needs<th>What",
    );
    for (method, path, access, summary) in ROUTES {
        let needs = match access {
            Public => "nothing",
            Key => "key",
            Operator => "operator token",
        };
        // A string takes whatever is written to it.
        let _ = write!(html, "<tr><td>{}<td><code>{path}</code><td>{needs}<td>{summary}", method.to_uppercase());
    }
    html.push_str("</table></html>");
    ([(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")], Html(html)).into_response()
}
