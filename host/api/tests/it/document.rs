//! The checked-in OpenAPI document is what the code says. `UPDATE=1` writes it.

#[test]
fn openapi_has_not_drifted() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let now = serde_json::to_string_pretty(&sluice_api::openapi_document()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), now, "run again with UPDATE=1");
}
