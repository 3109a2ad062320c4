//! What a key may ask about a domain: the domain searches, and the websites in stealers' logs.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_record::{DocBatch, FieldKind, LoadId, MemberId, TaskId, WEBSITE_TAG};

use crate::server::Server;

/// A service with a breach for each rule, of which addresses and websites were stored.
async fn filled() -> Server {
    let server = Server::start(6_000).await;
    let rows = [
        (
            "Logs",
            "IsStealerLog",
            &[("ann@example.com", "example.net"), ("ann@example.com", "example.net"), ("bob@example.com", "192.0.2.1")][..],
        ),
        ("MoreLogs", "IsStealerLog", &[("ann@example.com", "example.org"), ("eve@example.org", "example.net")]),
        ("Shop", "IsSensitive", &[("ann@example.com", "shop.example"), ("cid@example.com", "")]),
        ("Spam", "IsSpamList", &[("ann@example.com", ""), ("dot@example.com", "")]),
        ("Gone", "IsRetired", &[("gil@example.com", "")]),
    ];
    for (name, flag, rows) in rows {
        let load = server.publish(name, &[], &[]).await;
        store(&server, load, rows).await;
        let breach = server.catalogue.load(load).await.unwrap().breach;
        let (_, mut about) = server.operator("GET", &format!("/breaches/{breach}"), None).await;
        about["about"][flag] = true.into();
        assert_eq!(server.operator("PUT", &format!("/breaches/{breach}"), Some(about["about"].clone())).await.0, 200);
        let deadline = tokio::time::Duration::from_secs(30);
        let shown = async { while !server.get(&format!("/api/v3/breach/{name}")).await.1.contains(&format!("\"{flag}\":true")) {} };
        tokio::time::timeout(deadline, shown).await.unwrap();
    }
    store(&server, LoadId(999), &[("hal@example.com", "example.net")]).await;
    server
}

async fn store(server: &Server, load: LoadId, rows: &[(&str, &str)]) {
    let mut docs = DocBatch::new(load, MemberId(1), TaskId(1));
    for (row, (email, website)) in rows.iter().enumerate() {
        let mut doc = docs.begin(row as u64 * 100, 100);
        doc.field(FieldKind::Email.tag(), email);
        if !website.is_empty() {
            doc.field(WEBSITE_TAG, website);
        }
    }
    let attempt = server.records.begin(load, TaskId(1), sluice_record::FencingToken(1)).await.unwrap();
    server.records.write(attempt, Arc::new(docs)).await.unwrap();
    server.records.commit(attempt).await.unwrap();
}

/// A new key of a plan, that has the domains.
async fn key(server: &Server, rpm: u32, plan: Value, domains: &[&str]) -> (i64, String) {
    let (_, made) = server.operator("POST", "/keys", Some(json!({ "label": "k", "rpm": rpm, "plan": plan }))).await;
    for domain in domains {
        assert_eq!(server.operator("PUT", &format!("/keys/{}/domains/{domain}", made["id"]), None).await.0, 200);
    }
    (made["id"].as_i64().unwrap(), made["key"].as_str().unwrap().to_owned())
}

async fn ask(server: &Server, key: &str, path: &str) -> (u16, Value) {
    let answer = server.client.get(format!("{}/api/v3/{path}", server.base)).header("hibp-api-key", key).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

fn pro() -> Value {
    json!({ "name": "Pro 1", "domain_search": true, "stealer_logs": true })
}

#[tokio::test]
async fn who_owns_a_domain_is_told_of_it() {
    let server = filled().await;
    let (_, key) = key(&server, 6_000, pro(), &["Example.COM", "example.net", "xn--bcher-kva.example", "192.0.2.example"]).await;
    for (case, path, answer) in [
        (
            "a domain, sensitive breaches too, without retired ones",
            "breacheddomain/example.com",
            json!({ "ann": ["Logs", "MoreLogs", "Shop", "Spam"], "bob": ["Logs"], "cid": ["Shop"], "dot": ["Spam"] }),
        ),
        (
            "whatever the case",
            "breachedDomain/EXAMPLE.com/",
            json!({ "ann": ["Logs", "MoreLogs", "Shop", "Spam"], "bob": ["Logs"], "cid": ["Shop"], "dot": ["Spam"] }),
        ),
        ("an address", "stealerLogsByEmail/Ann%40Example.com", json!(["example.net", "example.org"])),
        ("its website is an IP", "stealerlogsbyemail/bob@example.com", json!(["192.0.2.1"])),
        ("a website", "stealerlogsbywebsitedomain/example.NET", json!(["ann@example.com", "eve@example.org"])),
        (
            "a domain's addresses",
            "stealerlogsbyemaildomain/example.com",
            json!({ "ann": ["example.net", "example.org"], "bob": ["192.0.2.1"] }),
        ),
    ] {
        assert_eq!(ask(&server, &key, path).await, (200, answer), "{case}");
    }
    for (case, path, status) in [
        ("nobody of the domain", "breacheddomain/example.net", 404),
        ("an address that is in no log", "stealerlogsbyemail/cid@example.com", 404),
        ("part of an address", "stealerlogsbyemail/an@example.com", 404),
        ("a website of which there is nothing", "stealerlogsbywebsitedomain/b%C3%BCcher.example", 404),
        ("no address of the domain in a log", "stealerlogsbyemaildomain/example.net", 404),
        ("another's domain", "breacheddomain/example.org", 403),
        ("a domain below", "breacheddomain/mail.example.com", 403),
        ("another's address", "stealerlogsbyemail/eve@example.org", 403),
        ("another's website", "stealerlogsbywebsitedomain/example.org", 403),
        ("another's addresses", "stealerlogsbyemaildomain/example.org", 403),
        ("a word", "breacheddomain/example", 400),
        ("an IP", "stealerlogsbywebsitedomain/192.0.2.1", 400),
        ("nothing", "stealerlogsbyemaildomain/%20", 400),
        ("no domain", "stealerlogsbyemaildomain/exa mple.com", 400),
        ("no address", "stealerlogsbyemail/ann", 400),
        ("no alias", "stealerlogsbyemail/@example.com", 400),
        ("too long", &format!("breacheddomain/{}.com", "a".repeat(300)), 400),
    ] {
        let (got, said) = ask(&server, &key, path).await;
        assert_eq!((got, said["statusCode"].as_u64(), said["message"].is_string()), (status, Some(status.into()), true), "{case}: {said}");
    }
}

#[tokio::test]
async fn a_key_without_plan_domain_or_quota_is_refused() {
    let server = filled().await;
    let routes = [
        "breacheddomain/example.com",
        "stealerlogsbyemail/ann@example.com",
        "stealerlogsbywebsitedomain/example.com",
        "stealerlogsbyemaildomain/example.com",
    ];
    let (id, core) = key(&server, 600, json!({ "name": "Core 1", "domain_search": true, "domains_max": 1 }), &["example.com"]).await;
    let statuses = async |key: &str| {
        let mut statuses = Vec::new();
        for route in routes {
            statuses.push(ask(&server, key, route).await.0);
        }
        statuses
    };
    assert_eq!(statuses(&core).await, [200, 403, 403, 403], "no stealer logs in the plan");
    let (_, none) = key(&server, 600, json!({}), &["example.com"]).await;
    assert_eq!(statuses(&none).await, [403; 4], "a domain, but no plan");
    assert_eq!(ask(&server, &none, "subscribeddomains").await.0, 200);
    assert_eq!(statuses(&"f".repeat(32)).await, [401; 4]);
    assert_eq!(statuses("").await, [401; 4]);
    let agentless = reqwest::Client::new();
    for route in routes {
        let answer = agentless.get(format!("{}/api/v3/{route}", server.base)).header("hibp-api-key", &core).send().await.unwrap();
        assert_eq!(answer.status(), 403);
        assert!(answer.text().await.unwrap().contains("user agent"), "{route}");
    }

    // A second domain is more than the plan has; what is withdrawn is refused at once.
    let domains = format!("/keys/{id}/domains");
    assert_eq!(server.operator("PUT", &format!("{domains}/example.com"), None).await.0, 200, "twice is once");
    for (case, method, path, status) in [
        ("one more", "PUT", format!("{domains}/example.org"), 409),
        ("no domain", "PUT", format!("{domains}/nothing"), 400),
        ("no such key", "PUT", "/keys/999/domains/example.org".into(), 404),
        ("withdrawn", "DELETE", format!("{domains}/example.com"), 204),
        ("withdrawn twice", "DELETE", format!("{domains}/example.com"), 404),
        ("room for another", "PUT", format!("{domains}/example.org"), 200),
    ] {
        assert_eq!(server.operator(method, &path, None).await.0, status, "{case}");
    }
    assert_eq!(ask(&server, &core, routes[0]).await.0, 403);
    assert_eq!(server.operator("GET", &domains, None).await.1[0]["domain"], "example.org");

    // Of twenty requests a minute two are for logs by a domain; addresses have the whole.
    let (_, slow) = key(&server, 20, pro(), &["example.com"]).await;
    let mut by_domain = Vec::new();
    for _ in 0..3 {
        by_domain.push(ask(&server, &slow, routes[3]).await.0);
    }
    assert_eq!(by_domain, [200, 200, 429]);
    assert_eq!(ask(&server, &slow, routes[1]).await.0, 200);
}

#[tokio::test]
async fn subscribed_domains_say_what_the_last_search_found() {
    let server = filled().await;
    let (_, made) = server
        .operator(
            "POST",
            "/keys",
            Some(json!({ "label": "k", "rpm": 600, "expires_at": 4_102_444_800_000_i64, "plan": {
                "name": "Core 1", "domain_search": true, "domain_search_accounts_max": 2 } })),
        )
        .await;
    for domain in ["example.org", "example.com"] {
        server.operator("PUT", &format!("/keys/{}/domains/{domain}", made["id"]), None).await;
    }
    let key = made["key"].as_str().unwrap();
    let domain = |name: &str, all: Option<u64>, outside: Option<u64>| {
        json!({
            "DomainName": name, "PwnCount": all, "PwnCountExcludingSpamLists": outside,
            "PwnCountExcludingSpamListsAtLastSubscriptionRenewal": null, "NextSubscriptionRenewal": "2100-01-01T00:00:00",
        })
    };
    let before = json!([domain("example.com", None, None), domain("example.org", None, None)]);
    assert_eq!(ask(&server, key, "subscribedDomains").await, (200, before));
    // Three addresses are outside spam lists: more than the plan has.
    assert_eq!(ask(&server, key, "breacheddomain/example.com").await.0, 403);
    assert_eq!(ask(&server, key, "breacheddomain/example.org").await, (200, json!({ "eve": ["MoreLogs"] })));
    let after = json!([domain("example.com", Some(4), Some(3)), domain("example.org", Some(1), Some(1))]);
    assert_eq!(ask(&server, key, "subscribeddomains").await, (200, after));
}

#[tokio::test]
async fn a_retracted_load_is_gone_from_what_owners_are_told() {
    let server = filled().await;
    let (_, key) = key(&server, 6_000, pro(), &["example.org"]).await;
    let load = server.catalogue.published_loads().await.unwrap().into_iter().map(|(load, _)| load);
    let mut of_eve = None;
    for load in load {
        let breach = server.catalogue.load(load).await.unwrap().breach;
        if server.catalogue.breach(breach).await.unwrap().about.name == "MoreLogs" {
            of_eve = Some(load);
        }
    }
    assert_eq!(ask(&server, &key, "stealerlogsbyemail/eve@example.org").await, (200, json!(["example.net"])));
    server.retract(of_eve.unwrap()).await;
    let gone = async { while ask(&server, &key, "stealerlogsbyemail/eve@example.org").await.0 != 404 {} };
    tokio::time::timeout(tokio::time::Duration::from_secs(30), gone).await.unwrap();
    assert_eq!(ask(&server, &key, "breacheddomain/example.org").await.0, 404);
}

/// Aliases that are as long as no address is, so that few records are too many.
#[tokio::test]
async fn what_is_too_much_for_an_answer_is_refused() {
    let server = filled().await;
    let (_, key) = key(&server, 6_000, pro(), &["example.com"]).await;
    let load = server.publish("Large", &[], &[]).await;
    let long: Vec<String> = (0..700).map(|number| format!("{number}{}@example.com", "a".repeat(100 << 10))).collect();
    store(&server, load, &long.iter().map(|email| (email.as_str(), "")).collect::<Vec<_>>()).await;
    let too_large = async {
        loop {
            let (status, said) = ask(&server, &key, "breacheddomain/example.com").await;
            // A machine with much else to do may be too slow for an answer, and be asked again.
            if status != 200 && status != 504 {
                return (status, said);
            }
        }
    };
    let (status, said) = tokio::time::timeout(tokio::time::Duration::from_secs(120), too_large).await.unwrap();
    assert_eq!((status, said["message"].as_str()), (403, Some("The domain is too large for one answer.")));
    assert_eq!(ask(&server, &key, "stealerlogsbyemail/bob@example.com").await.0, 200, "others are answered");
}
