//! The calendar: whose turn it is, when, and why, with a clock that stands until it is turned.

use std::sync::Arc;

use sluice_catalogue::{
    Catalogue, Change, DispatcherState, Error, JobSpec, JobState, Lease, LeaseRequest, ManualClock, NewJob, NewTask, ScheduleChange, Slot,
    SlotState, TaskFilter, TaskState, Work, Workload,
};
use sluice_control::Scheduler;
use sluice_engines::{on_both_engines, sql::Engine};
use sluice_record::{BreachId, DispatcherId, Frame, JobId, RunKind, SegmentRef, TaskId, TaskKind, TaskOutcome, TaskSpec, limits};

use crate::Bench;

on_both_engines!(
    a_window_is_kept_in_booking_and_leasing_past_midnight,
    what_can_t_begin_in_its_window_overtakes_nobody,
    a_deadline_goes_before_equals_and_not_before_a_higher_priority,
    what_is_said_to_go_before_a_task_does,
    it_is_said_why_a_task_is_where_it_is,
    load_figures_add_up,
);

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;
/// 21:59 of some day.
const BEGIN: i64 = 20_000 * DAY - 121 * MINUTE;
/// What is taken to be read in a minute before anything was learnt.
const MINUTE_BYTES: u64 = 20_000 * 60_000;

struct Calendar {
    bench: Bench,
    clock: ManualClock,
    scheduler: Scheduler,
    dispatcher: DispatcherId,
}

impl Calendar {
    async fn new(engine: Engine, lanes: u32) -> Self {
        let clock = ManualClock::at(BEGIN);
        let bench = Bench::with_clock(engine, Arc::new(clock.clone())).await;
        let dispatcher = bench.catalogue.register_dispatcher("here", lanes, None).await.unwrap();
        Self { scheduler: Scheduler::new(bench.catalogue.clone()), bench, clock, dispatcher }
    }

    fn catalogue(&self) -> &Catalogue {
        &self.bench.catalogue
    }

    /// A job that runs, with as many tasks of a minute.
    async fn job(&self, minutes: usize, change: impl FnOnce(&mut NewJob)) -> JobId {
        let mut new = JobSpec::Compact.into();
        change(&mut new);
        let job = self.catalogue().create_job(&new).await.unwrap();
        let task = |at: usize| Change::Queue(NewTask { job, key: format!("count/{at}"), spec: count(), splits: 0, not_before: 0 });
        let running = Change::Job { job, from: JobState::Queued, to: JobState::Running, message: String::new(), hint: String::new() };
        self.catalogue().apply(&(0..minutes).map(task).chain([running]).collect::<Vec<_>>()).await.unwrap();
        job
    }

    /// Turns the clock to so many milliseconds after its beginning, and lets the scheduler work till there is nothing for it to do.
    async fn at(&self, ms: i64) -> Vec<Slot> {
        self.clock.advance(BEGIN + ms - self.catalogue().now());
        self.catalogue().dispatcher_seen(self.dispatcher, DispatcherState::Active).await.unwrap();
        for _ in 0..8 {
            if !self.scheduler.reconcile_once().await.unwrap() {
                return self.catalogue().slots().await.unwrap();
            }
        }
        panic!("the scheduler books and gives up without end");
    }

    async fn lease(&self, lane: u32) -> Option<Lease> {
        let kinds = vec![TaskKind::Count];
        let worker = format!("worker-{lane}");
        let request = LeaseRequest { dispatcher: self.dispatcher, lane, worker, kinds, lease_ms: limits::LEASE_MS };
        self.catalogue().lease(&request).await.unwrap()
    }

    async fn complete(&self, lease: &Lease) {
        self.catalogue().complete_task(lease.task, lease.token, &Ok(TaskOutcome::Counted { accounts: 1 })).await.unwrap();
    }
}

/// A task of a minute.
fn count() -> TaskSpec {
    let object = Frame { key: "segments/1".into(), bytes: MINUTE_BYTES };
    let segments = vec![SegmentRef { kind: RunKind::Account, object, rows: 1, loads: vec![] }];
    TaskSpec::Count { breach: BreachId(1), segments, loads: vec![] }
}

fn at_night(job: &mut NewJob) {
    job.window = Some("22:00-02:00".parse().unwrap());
}

fn jobs(slots: &[Slot]) -> Vec<JobId> {
    slots.iter().filter(|slot| slot.state == SlotState::Booked).map(|slot| slot.job).collect()
}

async fn a_window_is_kept_in_booking_and_leasing_past_midnight(engine: Engine) {
    let calendar = Calendar::new(engine, 1).await;
    let bulk = calendar.job(20, at_night).await;
    assert_eq!(calendar.at(0).await, []);
    assert_eq!(calendar.lease(0).await, None, "nor is it leased unbooked");

    // Behind what keeps the lane busy until 22:01 it is booked ahead, and not taken early.
    let other = calendar.job(2, |_| ()).await;
    assert_eq!(jobs(&calendar.at(0).await)[..2], [other, other]);
    let first = calendar.lease(0).await.unwrap();
    let slots = calendar.at(0).await;
    let of_bulk: Vec<_> = slots.iter().filter(|slot| slot.job == bulk).collect();
    assert!(of_bulk.len() == 7 && of_bulk.iter().all(|slot| slot.starts_at >= BEGIN + MINUTE), "{slots:?}");
    assert!(of_bulk[0].reason.contains("within its window 22:00-02:00"), "{}", of_bulk[0].reason);
    calendar.complete(&first).await;
    let second = calendar.lease(0).await.unwrap();
    assert_eq!((second.job, calendar.lease(1).await), (other, None), "another lane is idle, and it is too early");
    calendar.complete(&second).await;

    for (ms, open) in [(MINUTE - 1, false), (MINUTE, true), (119 * MINUTE, true), (122 * MINUTE, true), (241 * MINUTE - 1, true)] {
        calendar.at(ms).await;
        let lease = calendar.lease(0).await;
        assert_eq!(lease.is_some(), open, "{ms}");
        if let Some(lease) = lease {
            calendar.complete(&lease).await;
        }
    }
    // What runs when it closes goes on; what was booked is given up, and nobody gets it before that either.
    let last = calendar.lease(0).await.unwrap();
    calendar.clock.advance(1);
    assert!(!jobs(&calendar.catalogue().slots().await.unwrap()).is_empty());
    assert_eq!(calendar.lease(1).await, None);
    assert_eq!(calendar.at(241 * MINUTE).await.iter().map(|slot| slot.task).collect::<Vec<_>>(), [last.task]);
    calendar.catalogue().renew(last.task, last.token, limits::LEASE_MS).await.unwrap();
    calendar.complete(&last).await;

    // Another window holds for what is booked by then.
    let window = |window: &str| ScheduleChange { window: Some(Some(window.parse().unwrap())), ..ScheduleChange::default() };
    calendar.catalogue().change_schedule(bulk, window("00:00-03:00")).await.unwrap();
    assert_eq!(calendar.at(242 * MINUTE).await.len(), 8);
    calendar.catalogue().change_schedule(bulk, window("12:00-13:00")).await.unwrap();
    assert_eq!((calendar.lease(0).await, calendar.at(242 * MINUTE).await), (None, vec![]));
    calendar.catalogue().change_schedule(bulk, ScheduleChange { window: Some(None), ..ScheduleChange::default() }).await.unwrap();
    assert!(calendar.lease(0).await.is_some());
}

async fn what_can_t_begin_in_its_window_overtakes_nobody(engine: Engine) {
    let calendar = Calendar::new(engine, 1).await;
    let ordinary = calendar.job(20, |_| ()).await;
    let running = calendar.lease(0).await.unwrap();
    assert_eq!(jobs(&calendar.at(0).await), [ordinary; 8]);
    // The lane is busy for longer than this window is open.
    let urgent = |window: &'static str| {
        move |job: &mut NewJob| {
            job.priority = 9;
            job.window = Some(window.parse().unwrap());
        }
    };
    let late = calendar.job(1, urgent("21:00-22:00")).await;
    assert_eq!(jobs(&calendar.at(0).await), [ordinary; 8]);
    let in_time = calendar.job(1, urgent("21:00-22:01")).await;
    assert_eq!(jobs(&calendar.at(0).await)[..2], [in_time, ordinary]);
    // A lane that is free sooner than was thought may have it all the same.
    assert_eq!(calendar.lease(1).await.unwrap().job, in_time);
    assert_eq!(calendar.lease(1).await.unwrap().job, ordinary);
    // And when one is, what is behind it goes first as well.
    assert_eq!(jobs(&calendar.at(0).await)[0], ordinary);
    calendar.complete(&running).await;
    assert_eq!(jobs(&calendar.at(0).await)[..2], [late, ordinary]);
}

async fn a_deadline_goes_before_equals_and_not_before_a_higher_priority(engine: Engine) {
    for lanes in [0, 2] {
        let calendar = Calendar::new(engine, lanes).await;
        // Ten minutes of work; with another job beside it on two lanes, or one, it takes ten or twenty.
        let spare = if lanes == 0 { 30 } else { 20 } * MINUTE;
        let due = calendar.job(11, |job| job.deadline = Some(BEGIN + spare + SECOND)).await;
        let plain = calendar.job(10, |_| ()).await;
        assert_eq!(calendar.lease(5).await.unwrap().job, due); // both had nothing, and it is older
        let first = async || match lanes {
            // Nothing is booked: whoever asks gets it by the same order.
            0 => calendar.lease(7).await.unwrap().job,
            _ => jobs(&calendar.at(calendar.catalogue().now() - BEGIN).await)[0],
        };
        calendar.at(0).await;
        assert_eq!(first().await, plain, "it has time, and had more");
        let change = ScheduleChange { deadline: Some(Some(BEGIN + 9 * MINUTE)), ..ScheduleChange::default() };
        calendar.catalogue().change_schedule(due, change).await.unwrap();
        let higher = calendar.job(1, |job| job.priority = 1).await;
        let slots = calendar.at(6 * SECOND).await;
        if lanes == 0 {
            let leased = [first().await, first().await, first().await];
            assert_eq!(leased, [higher, due, due]);
            continue;
        }
        let mut booked: Vec<_> = slots.iter().filter(|slot| slot.state == SlotState::Booked).collect();
        booked.sort_by_key(|slot| (slot.starts_at, slot.lane));
        let order: Vec<_> = booked.iter().map(|slot| slot.job).collect();
        assert_eq!((order[0], &order[1..11], order[11]), (higher, &[due; 10][..], plain), "{booked:#?}");
        assert!(booked[1].reason.contains("late at its fair share"), "{}", booked[1].reason);
    }
}

/// Every queued task is told how many go before it; then all are leased, one by one.
async fn what_is_said_to_go_before_a_task_does(engine: Engine) {
    let calendar = Calendar::new(engine, 0).await;
    for (minutes, priority, deadline) in
        [(4, 0, None), (5, 0, None), (2, 1, None), (3, 0, Some(MINUTE)), (2, 1, Some(2 * MINUTE)), (2, -1, Some(0))]
    {
        calendar.job(minutes, |job| (job.priority, job.deadline) = (priority, deadline.map(|after| BEGIN + after))).await;
    }
    calendar.job(3, at_night).await;
    calendar.at(0).await;
    let tasks = calendar.catalogue().tasks(TaskFilter::default(), 100).await.unwrap();
    let mut told = vec![];
    for task in &tasks {
        let explanation = calendar.catalogue().explain(task.id).await.unwrap();
        told.push((explanation.before.iter().map(|before| before.tasks).sum::<u64>(), task.id));
    }
    told.truncate(18); // without those of the night
    told.sort_unstable();
    assert_eq!(told.iter().map(|(before, _)| *before).collect::<Vec<_>>(), (0..18).collect::<Vec<_>>());
    for (before, task) in told {
        assert_eq!(calendar.lease(before as u32).await.unwrap().task, task, "{before} before it");
    }
    assert_eq!(calendar.lease(20).await, None);
}

async fn it_is_said_why_a_task_is_where_it_is(engine: Engine) {
    let calendar = Calendar::new(engine, 1).await;
    let first_of = async |job: JobId| {
        let filter = TaskFilter { job: Some(job), ..TaskFilter::default() };
        calendar.catalogue().tasks(filter, 1).await.unwrap()[0].id
    };
    let told = async |task: TaskId, words: &str| {
        let told = calendar.catalogue().explain(task).await.unwrap();
        assert!(told.because.iter().any(|because| because.contains(words)), "{words}: {told:#?}");
        told
    };
    let night = calendar.job(1, at_night).await;
    let of_night = first_of(night).await;
    let closed = told(of_night, "the window 22:00-02:00 (UTC) of its job 1 is closed for 1 min 0 s").await;
    assert_eq!((closed.state, closed.starts_at), (TaskState::Queued, Some(BEGIN + MINUTE)));

    let bulk = calendar.job(12, |_| ()).await;
    let first = first_of(bulk).await;
    told(first, "nothing stands before it").await;
    let last = TaskId(first.0 + 11);
    let waits = told(last, "11 tasks go before it: 11 of its own job").await;
    assert_eq!(waits.starts_at, Some(BEGIN + 11 * (MINUTE + 20)));
    calendar.job(2, |job| job.priority = 3).await;
    told(last, "13 tasks go before it: 11 of its own job, 2 of job 3 (priority 3)").await;

    let slots = calendar.at(0).await;
    told(last, "all 1 lanes are booked as far ahead as is planned, for 8 min 0 s").await;
    let booked = told(first, &slots.iter().find(|slot| slot.task == first).unwrap().reason).await;
    assert_eq!((booked.state, booked.starts_at), (TaskState::Booked, Some(BEGIN + 2 * (MINUTE + 20))));
    let lease = calendar.lease(0).await.unwrap();
    calendar.clock.advance(5 * SECOND);
    let leased = told(lease.task, "worker-0 has had it on lane 0 of dispatcher 1 for 5 s").await;
    assert_eq!((leased.state, leased.starts_at), (TaskState::Leased, None));

    calendar.catalogue().pause_job(bulk).await.unwrap();
    assert_eq!(told(last, "its job 2 is paused").await.starts_at, None);
    calendar.catalogue().resume_job(bulk).await.unwrap();
    calendar.clock.advance(limits::LEASE_MS);
    told(last, "no dispatcher has been heard of lately").await;
    calendar.catalogue().expire_leases().await.unwrap();
    told(lease.task, "worker worker-0 had it and failed: for 10 s any other gets it").await;
    calendar.catalogue().dispatcher_seen(calendar.dispatcher, DispatcherState::Draining).await.unwrap();
    assert_eq!(told(last, "every dispatcher is draining").await.starts_at, None);
    calendar.catalogue().register_dispatcher("here", 0, None).await.unwrap();
    told(last, "no worker asks a dispatcher for work").await;

    let later = Change::Queue(NewTask {
        job: bulk,
        key: "later".into(),
        spec: count(),
        splits: 0,
        not_before: calendar.catalogue().now() + 8 * SECOND,
    });
    calendar.catalogue().apply(&[later]).await.unwrap();
    told(TaskId(first.0 + 14), "it is not to run for 8 s yet").await;
    let lease = calendar.lease(1).await.unwrap();
    calendar.complete(&lease).await;
    told(lease.task, "it is done").await;
    let unknown = calendar.catalogue().explain(TaskId(999)).await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown}");
}

async fn load_figures_add_up(engine: Engine) {
    let calendar = Calendar::new(engine, 2).await;
    assert_eq!(calendar.catalogue().workload(None, 60).await.unwrap(), Workload { lanes: 2, target_seconds: 60, ..Workload::default() });
    calendar.job(5, at_night).await;
    let paused = calendar.job(3, |_| ()).await;
    calendar.catalogue().pause_job(paused).await.unwrap();
    calendar.job(20, |_| ()).await;
    let work = |tasks| Work { tasks, seconds: (tasks * (60_000 + 20)).div_ceil(1_000) };
    let expected = Workload {
        queued: work(20),
        outside_window: work(5),
        held: work(3),
        running: work(0),
        lanes: 2,
        oldest_wait_seconds: 0,
        target_seconds: 600,
        wanted_workers: 3, // 20 minutes and a little in ten
    };
    assert_eq!(calendar.catalogue().workload(None, 600).await.unwrap(), expected);
    calendar.at(30 * SECOND).await;
    calendar.lease(0).await.unwrap();
    calendar.clock.advance(10 * SECOND);
    let running = Work { tasks: 1, seconds: 51 };
    let expected = Workload { queued: work(19), running, oldest_wait_seconds: 40, ..expected };
    assert_eq!(calendar.catalogue().workload(None, 600).await.unwrap(), Workload { wanted_workers: 2, ..expected });
    for (target, bounded, wanted) in [(100_000, 100_000, 1), (60, 60, 20), (0, 1, 20), (u64::MAX, 604_800, 1)] {
        let load = calendar.catalogue().workload(None, target).await.unwrap();
        assert_eq!((load.target_seconds, load.wanted_workers), (bounded, wanted));
    }
    // The window opens: what was outside is wanted.
    calendar.at(MINUTE).await;
    let load = calendar.catalogue().workload(None, 600).await.unwrap();
    assert_eq!((load.queued, load.outside_window), (work(24), work(0)));
}
