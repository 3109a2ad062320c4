//! The control roles: what turns jobs into tasks, tasks into slots, and slots into leases.
//!
//! ```text
//! Controller  jobs, ended tasks ──▶ what follows from them        controller.rs, follow.rs, quarantine.rs, job.rs, publish.rs, compact.rs
//! Scheduler   queued tasks ──▶ slots reserved ahead on lanes      scheduler.rs
//! Dispatcher  slots ──▶ leases of workers, and their results      dispatcher.rs; over HTTP dispatching.rs, routes.rs, remote.rs
//! ```
//!
//! Each is a loop over the catalogue that holds nothing which would be missed: it can be killed at any instant, and any number
//! of each may run. A step is one transaction that says what it takes for granted; if somebody else took it first it is refused,
//! and that is all there is to it. They run on word of a change, and on a period behind it.

#![forbid(unsafe_code)]

mod compact;
mod controller;
mod dispatcher;
mod dispatching;
mod error;
mod follow;
mod job;
mod lanes;
mod publish;
mod quarantine;
mod remote;
mod routes;
mod scheduler;
mod token;

pub use controller::{Controller, GenerationPlanner, StoreCount};
pub use dispatcher::Dispatcher;
pub use dispatching::{DISPATCH, Dispatching, Shutdown, UsablePlugin};
pub use error::{ControlError, Result};
pub use remote::{OfLane, RemoteDispatchers};
pub use routes::dispatch_routes;
pub use scheduler::Scheduler;
pub use token::WorkerToken;
