//! The calendar: whose turn it is, when, and why, with a clock that stands until it is turned.

use std::sync::Arc;

use sluice_catalogue::{
    Catalogue, Change, DispatcherState, JobSpec, JobState, Lease, LeaseRequest, ManualClock, NewJob, NewTask, ScheduleChange, Slot,
    SlotState,
};
use sluice_control::Scheduler;
use sluice_engines::{on_both_engines, sql::Engine};
use sluice_record::{BreachId, DispatcherId, Frame, JobId, RunKind, SegmentRef, TaskKind, TaskOutcome, TaskSpec, limits};

use crate::Bench;

on_both_engines!(
    a_window_is_kept_in_booking_and_leasing_past_midnight,
    what_can_t_begin_in_its_window_overtakes_nobody,
    a_deadline_goes_before_equals_and_not_before_a_higher_priority,
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
        let dispatcher = bench.catalogue.register_dispatcher("here", lanes).await.unwrap();
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
        calendar.catalogue().unbook_below(calendar.dispatcher, i64::MAX).await.unwrap();
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
