//! What a key may ask about a domain that an operator verified for it, and the websites in stealers' logs.
//!
//! These answers come from the record store, not from the ranges, which hold no address. They are collected from a stream, within a
//! bound of bytes, a few at once over the whole service; others wait.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use serde::Serialize;
use sluice_catalogue::{Plan, VerifiedDomain};
use sluice_record::{FieldKind, LoadId, WEBSITE_NAME};
use sluice_store::records::{Matching, StoredRecord};
use utoipa::ToSchema;

use super::{Asked, bad_account, error, input::decode, unavailable, without_zone};
use crate::{
    keys::{KnownKey, Use},
    published::{Entry, Snapshot},
};

/// Answers collected at once.
pub(crate) const SEARCHES_MAX: usize = 4;
/// Bytes that an answer takes while it is collected.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// What a text in it takes beside its bytes, more or less.
const TEXT_BYTES: usize = 64;
const DOMAIN_BYTES_MAX: usize = 253;

const UNVERIFIED: &str = "The domain is not verified for this key.";
const NO_DOMAIN_SEARCH: &str = "The subscription of this key does not include domain searches.";
const NO_STEALER_LOGS: &str = "The subscription of this key does not include stealer logs.";
const TOO_LARGE: &str = "The domain has more breached addresses than the subscription of this key includes.";
const NO_ADDRESS: &str = "No address of the domain was found in any breach.";
const NO_LOG: &str = "Nothing was found in any stealer log.";

/// A domain that a key may ask about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SubscribedDomain {
    domain_name: String,
    /// Addresses in any breach when the domain was last searched; null if it never was.
    pwn_count: Option<u64>,
    pwn_count_excluding_spam_lists: Option<u64>,
    /// Always null: subscriptions are not renewed here.
    pwn_count_excluding_spam_lists_at_last_subscription_renewal: Option<u64>,
    /// When the key ends, without a zone letter; null if it never does.
    next_subscription_renewal: Option<String>,
}

/// Names and what was found of each, both in order and once.
#[derive(Default)]
struct Found {
    values: BTreeMap<String, BTreeSet<String>>,
    bytes: usize,
}

impl Found {
    fn name(&mut self, name: &str) -> &mut BTreeSet<String> {
        if !self.values.contains_key(name) {
            self.bytes += name.len() + TEXT_BYTES;
        }
        self.values.entry(name.to_owned()).or_default()
    }

    fn add(&mut self, name: &str, value: &str) {
        if self.name(name).insert(value.to_owned()) {
            self.bytes += value.len() + TEXT_BYTES;
        }
    }
}

impl Asked<'_> {
    /// Aliases and the breaches each is in, sensitive ones included.
    pub(super) async fn breached_domain(&self) -> Result<Response, Response> {
        let key = self.keyed(Use::Search).await?;
        let domain = self.domain().ok_or_else(bad_domain)?;
        let known = self.verified(&key, &domain, |plan| plan.domain_search, NO_DOMAIN_SEARCH).await?;
        let snapshot = self.state.published.read();
        let found = self.collect(Matching::Domain(domain.clone()), snapshot.loads(|_| true), |record, found| {
            if let Some(breach) = snapshot.of_load(record.load) {
                aliases(record, &domain).for_each(|alias| found.add(alias, &breach.name));
            }
        });
        let found = found.await?.values;
        let is_spam = |name: &String| snapshot.named(name).is_some_and(|entry| entry.flags.is_spam_list);
        let accounts = found.len() as u64;
        let outside_spam_lists = found.values().filter(|names| !names.iter().all(is_spam)).count() as u64;
        if (known.accounts, known.accounts_outside_spam_lists) != (Some(accounts), Some(outside_spam_lists)) {
            let counted = self.state.catalogue.count_domain(key.key.id, &domain, accounts, outside_spam_lists).await;
            counted.map_err(|cause| unavailable(&cause))?;
        }
        if key.key.plan.domain_search_accounts_max.is_some_and(|most| outside_spam_lists > most) {
            return Err(error(StatusCode::FORBIDDEN, TOO_LARGE));
        }
        Ok(answer(&found, NO_ADDRESS))
    }

    /// The domains of a key.
    pub(super) async fn subscribed_domains(&self) -> Result<Response, Response> {
        let key = &self.key().await?.key;
        let domains = self.state.catalogue.verified_domains(key.id).await.map_err(|cause| unavailable(&cause))?;
        let shown = |domain: VerifiedDomain| SubscribedDomain {
            domain_name: domain.domain,
            pwn_count: domain.accounts,
            pwn_count_excluding_spam_lists: domain.accounts_outside_spam_lists,
            pwn_count_excluding_spam_lists_at_last_subscription_renewal: None,
            next_subscription_renewal: key.expires_at.map(without_zone),
        };
        Ok(Json(domains.into_iter().map(shown).collect::<Vec<_>>()).into_response())
    }

    /// The websites at which an address was used.
    pub(super) async fn stealer_logs_by_email(&self) -> Result<Response, Response> {
        let key = self.keyed(Use::Search).await?;
        let asked = decode(self.argument).map(|address| address.trim().to_lowercase());
        let parts = asked.as_deref().and_then(|address| address.rsplit_once('@')).filter(|(alias, _)| !alias.is_empty());
        let (alias, domain) = parts.and_then(|(alias, domain)| Some((alias, domain_name(domain)?))).ok_or_else(bad_account)?;
        self.verified(&key, &domain, |plan| plan.stealer_logs, NO_STEALER_LOGS).await?;
        let address = format!("{alias}@{domain}");
        let snapshot = self.state.published.read();
        let found = self.collect(Matching::Account(address.clone()), stealer_logs(&snapshot), |record, found| {
            if record.all(FieldKind::Email.name()).any(|email| email == address) {
                record.all(WEBSITE_NAME).for_each(|website| _ = found.name(website));
            }
        });
        Ok(answer_names(&found.await?.values))
    }

    /// The addresses that were used at a website.
    pub(super) async fn stealer_logs_by_website(&self) -> Result<Response, Response> {
        let domain = self.domain_of_logs().await?;
        let snapshot = self.state.published.read();
        let found = self.collect(Matching::Website(domain), stealer_logs(&snapshot), |record, found| {
            record.all(FieldKind::Email.name()).for_each(|email| _ = found.name(email));
        });
        Ok(answer_names(&found.await?.values))
    }

    /// Aliases of a domain, and the websites at which each was used.
    pub(super) async fn stealer_logs_by_email_domain(&self) -> Result<Response, Response> {
        let domain = self.domain_of_logs().await?;
        let snapshot = self.state.published.read();
        let found = self.collect(Matching::Domain(domain.clone()), stealer_logs(&snapshot), |record, found| {
            for website in record.all(WEBSITE_NAME) {
                aliases(record, &domain).for_each(|alias| found.add(alias, website));
            }
        });
        Ok(answer(&found.await?.values, NO_LOG))
    }

    async fn domain_of_logs(&self) -> Result<String, Response> {
        let key = self.keyed(Use::Domain).await?;
        let domain = self.domain().ok_or_else(bad_domain)?;
        self.verified(&key, &domain, |plan| plan.stealer_logs, NO_STEALER_LOGS).await?;
        Ok(domain)
    }

    fn domain(&self) -> Option<String> {
        decode(self.argument).and_then(|domain| domain_name(&domain))
    }

    async fn verified(
        &self,
        key: &KnownKey,
        domain: &str,
        includes: impl Fn(&Plan) -> bool,
        excluded: &str,
    ) -> Result<VerifiedDomain, Response> {
        if !includes(&key.key.plan) {
            return Err(error(StatusCode::FORBIDDEN, excluded));
        }
        let found = self.state.catalogue.verified_domain(key.key.id, domain).await.map_err(|cause| unavailable(&cause))?;
        found.ok_or_else(|| error(StatusCode::FORBIDDEN, UNVERIFIED))
    }

    /// What is told of each record that matches, together.
    async fn collect(&self, matching: Matching, loads: Vec<LoadId>, tell: impl Fn(&StoredRecord, &mut Found)) -> Result<Found, Response> {
        let _turn = self.state.domain_searches.acquire().await.map_err(|cause| unavailable(&cause))?;
        let mut stream = self.state.records.search_all(&matching, &loads).await.map_err(|cause| unavailable(&cause))?;
        let mut found = Found::default();
        while let Some(records) = stream.try_next().await.map_err(|cause| unavailable(&cause))? {
            records.iter().for_each(|record| tell(record, &mut found));
            if found.bytes > ANSWER_BYTES_MAX {
                return Err(error(StatusCode::FORBIDDEN, "The domain is too large for one answer."));
            }
        }
        Ok(found)
    }
}

/// The published loads of breaches that are stealers' logs.
fn stealer_logs(snapshot: &Snapshot) -> Vec<LoadId> {
    snapshot.loads(|entry: &Entry| entry.flags.is_stealer_log)
}

/// What stands before the `@` in a record's addresses of a domain.
fn aliases<'a>(record: &'a StoredRecord, domain: &'a str) -> impl Iterator<Item = &'a str> {
    let parts = record.all(FieldKind::Email.name()).filter_map(|email| email.rsplit_once('@'));
    parts.filter(move |(_, of)| *of == domain).map(|(alias, _)| alias)
}

fn bad_domain() -> Response {
    error(StatusCode::BAD_REQUEST, "The domain is empty or ill-formed.")
}

fn answer(found: &BTreeMap<String, BTreeSet<String>>, nothing: &str) -> Response {
    if found.is_empty() { error(StatusCode::NOT_FOUND, nothing) } else { Json(found).into_response() }
}

fn answer_names(found: &BTreeMap<String, BTreeSet<String>>) -> Response {
    if found.is_empty() { error(StatusCode::NOT_FOUND, NO_LOG) } else { Json(found.keys().collect::<Vec<_>>()).into_response() }
}

/// A domain in lower case and ASCII; `None` for what is none.
pub(crate) fn domain_name(text: &str) -> Option<String> {
    let url::Host::Domain(domain) = url::Host::parse(text.trim()).ok()? else { return None };
    let domain = domain.trim_end_matches('.');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (domain.len() <= DOMAIN_BYTES_MAX && domain.contains('.') && domain.split('.').all(is_label)).then(|| domain.to_owned())
}
