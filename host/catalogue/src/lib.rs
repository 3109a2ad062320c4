//! The catalogue: everything that must outlive a process and is no dump, record or range. Breaches, dumps, jobs, loads and
//! their ledgers, tasks and leases, slots, plugins, the ranges' generations, keys, the audit.
//!
//! It is the only place that knows SQL. One schema serves SQLite and PostgreSQL: text and 64-bit integers alone, `$1` placeholders, no
//! dialect but for `FOR UPDATE … SKIP LOCKED`, and columns by their names: a newer process may add one at any time. Deliberately not here: decisions. What follows from an outcome is the controller's, when a task
//! runs the scheduler's; whose turn it is alone is said here (`queue`), because a lease takes what is next in one transaction, and whoever
//! explains it must not say otherwise. The catalogue makes each of their steps one transaction that refuses to be taken twice.
//!
//! SQLite is opened with a write-ahead log, one writing connection (SQLite has one writer anyway; a queue in front of it is
//! fairer than its busy handler) and a few that only read. PostgreSQL is for several processes and machines; who may write beside
//! whom is in `tx`, how they wake one another in `wake`.

#![forbid(unsafe_code)]

mod audit;
mod backup;
mod breach;
mod changes;
mod clock;
mod domain;
mod dump;
mod error;
mod explain;
mod generation;
mod job;
mod key;
mod lease;
mod load;
mod member;
mod open;
mod plugin;
mod queue;
mod rate;
mod replica;
mod row;
mod settings;
mod slot;
mod step;
mod task;
mod tx;
mod wake;
mod window;
mod words;
mod workload;

pub use audit::AuditEntry;
pub use backup::{Restoring, Row, SCHEMA, Snapshot, TABLES, Table};
pub use breach::{Breach, BreachFlags, NewBreach};
pub use changes::{Changes, Topic};
pub use clock::{Clock, ManualClock, SystemClock, Turn, UnixMs};
pub use domain::VerifiedDomain;
pub use dump::{Dump, NewDump};
pub use error::{Error, Result};
pub use explain::{Before, Explanation};
pub use generation::{Generation, Publish};
pub use job::{Again, Job, JobSpec, NewJob, Progress, Resolved, ScheduleChange};
pub use key::{ApiKey, KeyHash, KeyId, NewKey, Plan};
pub use lease::{Ended, Lease, LeaseRequest};
pub use load::Load;
pub use member::{Member, Resolution};
pub use open::{Catalogue, sqlite_url};
pub use plugin::Plugin;
pub use queue::{QueuedTask, Rates, RunnableJob, Waiting};
pub use rate::Rate;
pub use settings::Settings;
pub use slot::{Dispatcher, Lane, NewSlot, SLOTS_AHEAD_MAX, Slot};
pub use step::Change;
pub use task::{EndedTask, NewTask, Quarantined, Reproducer, Task, TaskFilter};
pub use window::{NoWindow, Window};
pub use words::{DispatcherState, DumpState, JobKind, JobState, LoadState, MemberState, PluginState, SlotState, TaskState};
pub use workload::{TARGET_SECONDS, Work, Workload};
