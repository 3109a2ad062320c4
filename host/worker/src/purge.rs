//! Purge: what the stores hold of a load is deleted.

use sluice_record::{Frame, LoadId, TaskFailure, TaskOutcome};
use sluice_store::objects::keys;
use tokio::runtime::Handle;

use crate::{Worker, failure};

pub(crate) fn purge(worker: &Worker, load: Option<LoadId>, objects: &[Frame]) -> Result<TaskOutcome, TaskFailure> {
    let purging = async {
        if let Some(load) = load {
            worker.records.purge(load).await?;
            for folder in [keys::staged_folder(load), keys::runs_folder(load), keys::rejects_folder(load)] {
                worker.objects.delete_folder(&folder).await?;
            }
        }
        for object in objects {
            worker.objects.delete(&object.key).await?;
        }
        Ok(())
    };
    Handle::current().block_on(purging).map_err(|error| failure::store(&error))?;
    Ok(TaskOutcome::Purged)
}
