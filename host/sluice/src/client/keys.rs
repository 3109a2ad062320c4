//! Keys of the public API, what they include, and the domains they may ask about.

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Server, table::print};
use crate::exit::{Failure, Sysexit};

const DOMAIN: [(&str, &str); 3] =
    [("DOMAIN", "/domain"), ("ACCOUNTS", "/accounts"), ("OUTSIDE SPAM LISTS", "/accounts_outside_spam_lists")];

/// Keys of the public API.
#[derive(clap::Args, Debug)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: KeyCommand,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum KeyCommand {
    /// All keys, without the keys.
    List,
    /// Make a key; it is shown this once.
    Create {
        /// Whose it is.
        #[arg(long)]
        label: String,
        /// What it includes, as HaveIBeenPwned's plan of that name does: "Core 1" to "Core 5", "Pro 1" to "Pro 5", "High RPM 4000", 8000
        /// or 12000 [default: searches by account alone].
        #[arg(long)]
        plan: Option<String>,
        /// Requests a minute [default: the plan's, or 60].
        #[arg(long)]
        rpm: Option<u32>,
    },
    /// Revoke a key.
    Revoke {
        /// The key's id.
        key: i64,
    },
    /// The domains that a key may ask about.
    Domains {
        /// The key's id.
        key: i64,
    },
    /// Let a key ask about all of a domain: find out first that whoever has the key owns it.
    VerifyDomain {
        /// The key's id.
        key: i64,
        /// The domain.
        domain: String,
    },
    /// End that a key may ask about a domain.
    WithdrawDomain {
        /// The key's id.
        key: i64,
        /// The domain.
        domain: String,
    },
}

impl Keys {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        let domains = |key: &i64| format!("/keys/{key}/domains");
        match &self.command {
            KeyCommand::List => {
                let columns = [("ID", "/id"), ("LABEL", "/label"), ("PLAN", "/plan/name"), ("RPM", "/rpm"), ("REVOKED", "/revoked_at")];
                print(&self.server, &api.get("/keys").await?, &columns)
            }
            KeyCommand::Create { label, plan, rpm } => {
                let (plan, plan_rpm) = plan.as_deref().map_or(Ok((json!({}), 60)), named)?;
                let key = api.post("/keys", &json!({ "label": label, "plan": plan, "rpm": rpm.unwrap_or(plan_rpm) })).await?;
                print(&self.server, &key, &[("ID", "/id"), ("KEY", "/key")])
            }
            KeyCommand::Revoke { key } => api.delete(&format!("/keys/{key}")).await,
            KeyCommand::Domains { key } => print(&self.server, &api.get(&domains(key)).await?, &DOMAIN),
            KeyCommand::VerifyDomain { key, domain } => {
                let path = format!("{}/{}", domains(key), in_path(domain)?);
                print(&self.server, &api.put(&path, &Value::Null).await?, &DOMAIN)
            }
            KeyCommand::WithdrawDomain { key, domain } => api.delete(&format!("{}/{}", domains(key), in_path(domain)?)).await,
        }
    }
}

/// Requests a minute, addresses of the largest domain and domains of the plans "Core" and "Pro".
const DOMAIN_PLANS: [(&str, u32, Option<u64>, u64); 10] = [
    ("Core 1", 10, Some(25), 1),
    ("Core 2", 50, Some(100), 3),
    ("Core 3", 100, Some(500), 5),
    ("Core 4", 500, None, 10),
    ("Core 5", 1_000, None, 20),
    ("Pro 1", 500, None, 50),
    ("Pro 2", 1_000, None, 100),
    ("Pro 3", 2_000, None, 200),
    ("Pro 4", 4_000, None, 400),
    ("Pro 5", 8_000, None, 800),
];
/// Requests a minute of the plans without domains.
const HIGH_RPM: [u32; 3] = [4_000, 8_000, 12_000];

/// A plan as HaveIBeenPwned's price page of 2026 has it, and its requests a minute.
fn named(name: &str) -> Result<(Value, u32)> {
    if let Some((name, rpm, accounts_max, domains_max)) = DOMAIN_PLANS.iter().find(|plan| plan.0.eq_ignore_ascii_case(name)) {
        let is_pro = name.starts_with("Pro");
        let plan = json!({
            "name": name, "k_anonymity": is_pro, "domain_search": true, "domain_search_accounts_max": accounts_max,
            "domains_max": domains_max, "stealer_logs": is_pro,
        });
        return Ok((plan, *rpm));
    }
    let high = HIGH_RPM.iter().map(|rpm| (format!("High RPM {rpm}"), *rpm)).find(|plan| plan.0.eq_ignore_ascii_case(name));
    match high {
        Some((name, rpm)) => Ok((json!({ "name": name, "k_anonymity": true }), rpm)),
        None => bail!(Failure::new(Sysexit::Usage, format!("there is no plan {name}"), "`sluice keys create --help` names them")),
    }
}

/// A domain as it may stand in a path; whether it is one the service says.
fn in_path(domain: &str) -> Result<&str> {
    if domain.is_empty() || domain.contains(['/', '?', '#', '%']) {
        bail!(Failure::new(Sysexit::Usage, format!("{domain} is no domain"), "name one like example.com, without a scheme or a path"));
    }
    Ok(domain)
}
