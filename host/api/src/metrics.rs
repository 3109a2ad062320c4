//! What is counted of the queries: handles made once, so that counting costs a query no look-up by name.

use std::{sync::OnceLock, time::Duration};

use http::StatusCode;
use metrics::{Counter, Histogram};

/// The routes by the names that metrics have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    BreachedAccount,
    BreachedAccountRange,
    Range,
    Breaches,
    Breach,
    LatestBreach,
    DataClasses,
    PasteAccount,
    BreachedDomain,
    StealerLogsByEmail,
    StealerLogsByWebsite,
    StealerLogsByEmailDomain,
    SubscribedDomains,
    Subscription,
    DomainVerification,
    None,
}

impl Route {
    const ALL: [(Self, &str); 16] = [
        (Self::BreachedAccount, "breachedaccount"),
        (Self::BreachedAccountRange, "breachedaccount_range"),
        (Self::Range, "range"),
        (Self::Breaches, "breaches"),
        (Self::Breach, "breach"),
        (Self::LatestBreach, "latestbreach"),
        (Self::DataClasses, "dataclasses"),
        (Self::PasteAccount, "pasteaccount"),
        (Self::BreachedDomain, "breacheddomain"),
        (Self::StealerLogsByEmail, "stealerlogsbyemail"),
        (Self::StealerLogsByWebsite, "stealerlogsbywebsitedomain"),
        (Self::StealerLogsByEmailDomain, "stealerlogsbyemaildomain"),
        (Self::SubscribedDomains, "subscribeddomains"),
        (Self::Subscription, "subscription"),
        (Self::DomainVerification, "domainverification"),
        (Self::None, "none"),
    ];

    /// Is it answered from all records of an account, a domain or a website?
    pub(crate) const fn collects(self) -> bool {
        matches!(self, Self::BreachedDomain | Self::StealerLogsByEmail | Self::StealerLogsByWebsite | Self::StealerLogsByEmailDomain)
    }
}

/// Statuses that queries have.
const STATUSES: [u16; 11] = [200, 304, 400, 401, 403, 404, 405, 429, 500, 503, 504];

#[derive(Default)]
struct OfRoute {
    seconds: OnceLock<Histogram>,
    requests: [OnceLock<Counter>; STATUSES.len()],
}

/// Of all routes. A series begins with its first query.
#[derive(Default)]
pub(crate) struct QueryMetrics([OfRoute; Route::ALL.len()]);

impl QueryMetrics {
    pub(crate) fn count(&self, route: Route, status: StatusCode, took: Duration) {
        let name = Route::ALL[route as usize].1;
        let of_route = &self.0[route as usize];
        of_route.seconds.get_or_init(|| metrics::histogram!("sluice_query_seconds", "route" => name)).record(took.as_secs_f64());
        if let Some(place) = STATUSES.iter().position(|known| *known == status.as_u16()) {
            let requests = || metrics::counter!("sluice_query_requests_total", "route" => name, "status" => STATUSES[place].to_string());
            of_route.requests[place].get_or_init(requests).increment(1);
        }
    }
}
