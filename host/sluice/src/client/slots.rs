//! `sluice slots`: when work runs, and why not now.

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;
use serde_json::{Value, json};
use sluice_catalogue::{Clock as _, NoWindow, SystemClock, Window};

use super::{
    Server,
    table::{print, print_explanation, print_json},
};
use crate::engines::region_name;

const SLOT: [(&str, &str); 6] =
    [("ID", "/id"), ("TASK", "/task"), ("DISPATCHER", "/dispatcher"), ("LANE", "/lane"), ("FROM", "/starts_at"), ("TO", "/ends_at")];

/// When a job runs.
#[derive(clap::Args, Serialize, Debug)]
pub(super) struct Schedule {
    /// Greater goes first; 0 is ordinary.
    #[arg(long, allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i64>,
    /// Begin its tasks only in this stretch of each day, in UTC; it may pass midnight. `none`: at any time.
    #[arg(long, value_name = "HH:MM-HH:MM", value_parser = window)]
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<String>,
    /// When it should be done, as 2026-01-31T06:00:00Z: it goes before others of its priority if it would be late. `none`: whenever.
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
}

fn window(text: &str) -> Result<String, NoWindow> {
    if text == "none" { Ok(text.to_owned()) } else { text.parse::<Window>().map(|window| window.to_string()) }
}

impl Schedule {
    /// Writes what was named into what is asked for.
    pub(super) fn write(&self, asked: &mut Value) {
        if let (Value::Object(asked), Value::Object(named)) = (asked, json!(self)) {
            asked.extend(named);
        }
    }
}

/// Slots reserved ahead on the dispatchers' lanes.
#[derive(clap::Args, Debug)]
pub(crate) struct Slots {
    #[command(subcommand)]
    command: Option<SlotCommand>,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum SlotCommand {
    /// Why a task is where it is, what goes before it, and when it starts.
    Explain {
        /// The task's id, from `sluice tasks`.
        task: i64,
    },
    /// How much there is to do, and how many workers would get it done in time.
    Load {
        /// In which time.
        #[arg(long, value_name = "SECONDS", default_value_t = sluice_catalogue::TARGET_SECONDS)]
        target: u64,
        /// Only what is to be done in this region.
        #[arg(long, value_name = "NAME", value_parser = region_name)]
        region: Option<String>,
    },
}

impl Slots {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            None if self.server.json => print_json(&api.get("/slots").await?),
            None => print(&self.server, &api.get("/slots").await?["slots"], &SLOT),
            Some(SlotCommand::Explain { task }) => {
                let told = api.get(&format!("/tasks/{task}/explanation")).await?;
                if self.server.json {
                    return print_json(&told);
                }
                print_explanation(&told, SystemClock.now());
                Ok(())
            }
            Some(SlotCommand::Load { target, region }) => {
                let region = region.as_ref().map_or_else(String::new, |region| format!("&region={region}"));
                print_json(&api.get(&format!("/load?target_seconds={target}{region}")).await?)
            }
        }
    }
}
