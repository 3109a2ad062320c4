//! Ranges against models made of BTreeMaps, and against damaged files.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{self, Cursor},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use proptest::prelude::*;
use sluice_record::{Frame, LoadId, RunKind, SegmentRef};
use sluice_store::objects::Objects;
use sluice_store::ranges::{
    CacheBytes, Compaction, Merged, Output, PlanError, Prefix, Ranges, RangesError, RunWriter, SEGMENTS_PER_KIND_MAX, SegmentFiles,
    SegmentSource, merge, plan_compacted, plan_publish, plan_retract,
};

type Hash = [u8; 20];

/// Objects in memory.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<HashMap<String, Bytes>>>);

impl Shelf {
    fn put(&self, key: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().insert(key.to_owned(), bytes.into());
    }

    fn get(&self, key: &str) -> Bytes {
        self.0.lock().unwrap()[key].clone()
    }

    /// Merges runs or segments into a segment on the shelf.
    fn segment(&self, key: &str, kind: RunKind, keep: &[i64], inputs: &[Bytes]) -> SegmentRef {
        let loads: Vec<_> = keep.iter().copied().map(LoadId).collect();
        let (bytes, merged) = merged(kind, Output::Segment, &loads, inputs).unwrap();
        let object = Frame { key: key.to_owned(), bytes: bytes.len() as u64 };
        self.put(key, bytes);
        SegmentRef { kind, object, rows: merged.rows, loads }
    }

    async fn open(&self, generation: &[SegmentRef]) -> Result<Ranges, RangesError> {
        Ranges::open(generation, Arc::new(self.clone()), CacheBytes::default()).await
    }
}

#[async_trait::async_trait]
impl SegmentSource for Shelf {
    async fn read_at(&self, object: &str, offset: u64, bytes: usize) -> io::Result<Bytes> {
        let whole = self.0.lock().unwrap().get(object).cloned().ok_or(io::ErrorKind::NotFound)?;
        let start = whole.len().min(offset as usize);
        Ok(whole.slice(start..whole.len().min(start + bytes)))
    }
}

fn merged(kind: RunKind, output: Output, keep: &[LoadId], inputs: &[Bytes]) -> Result<(Vec<u8>, Merged), RangesError> {
    let mut out = Vec::new();
    let inputs = inputs.iter().map(|input| Ok(Cursor::new(input.clone())));
    let merged = merge(kind, output, keep, inputs, &std::env::temp_dir(), &mut out)?;
    assert_eq!(merged.bytes, out.len() as u64);
    Ok((out, merged))
}

/// A run of 20-byte hashes.
fn run(kind: RunKind, load: i64, hashes: &[Hash]) -> Bytes {
    let mut writer = match kind {
        RunKind::Account => RunWriter::account(LoadId(load), 0),
        _ => RunWriter::sha1(LoadId(load), 0),
    };
    hashes.iter().for_each(|hash| writer.push(*hash));
    let mut out = Vec::new();
    writer.write(&mut out).unwrap();
    assert!(writer.is_empty());
    out.into()
}

/// Spreads a number over a hash as SHA-1 would.
fn hash(number: u64) -> Hash {
    let mut hash = [0; 20];
    let mut state = number;
    for chunk in hash.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(mixed ^ mixed >> 31).to_le_bytes()[..chunk.len()]);
    }
    hash
}

fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn prefix<const DIGITS: u32>(text: &str) -> Prefix<DIGITS> {
    text.parse().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// What each load brought; hashes are few and alike, so that they meet across runs, loads, prefixes and keys.
type Loads = BTreeMap<i64, Vec<Hash>>;

fn near_hash() -> impl Strategy<Value = Hash> {
    (prop::sample::select(vec![0_u8, 0, 0x21, 0xff]), prop::sample::select(vec![0_u8, 0xff]), 0_u8..3, 0_u8..4).prop_map(|(a, b, c, d)| {
        let mut hash = [a; 20];
        (hash[1], hash[2], hash[7], hash[19]) = (b, c << 4, c, d);
        hash
    })
}

fn loads() -> impl Strategy<Value = Loads> {
    prop::collection::btree_map(1_i64..40, prop::collection::vec(near_hash(), 0..40), 1..14)
}

async fn check(ranges: &Ranges, published: &Loads) {
    let mut accounts: BTreeMap<Hash, BTreeSet<LoadId>> = BTreeMap::new();
    let mut counts: BTreeMap<Hash, u64> = BTreeMap::new();
    for (load, hashes) in published {
        for hash in hashes {
            accounts.entry(*hash).or_default().insert(LoadId(*load));
            *counts.entry(*hash).or_default() += 1;
        }
    }
    let mut prefixes = BTreeSet::from(["00000".to_owned(), "FFFFF".to_owned(), "12345".to_owned()]);
    prefixes.extend(counts.keys().map(|hash| upper_hex(hash)[..5].to_owned()));
    for five in prefixes {
        let rows: Vec<_> = counts
            .iter()
            .map(|(hash, count)| (upper_hex(hash), count))
            .filter(|(hex, _)| hex.starts_with(&five))
            .map(|(hex, count)| format!("{}:{count}", &hex[5..]))
            .collect();
        let body = ranges.view().passwords(RunKind::Sha1, prefix(&five.to_lowercase())).await.unwrap();
        assert_eq!(body.text, rows.join("\r\n"));
        assert_eq!(body.rows, rows.len());
        for digit in ["0", "1", "2", "f"] {
            let six = format!("{five}{digit}");
            let expected: Vec<(Hash, Vec<LoadId>)> = accounts
                .iter()
                .filter(|(hash, _)| upper_hex(*hash).starts_with(&six.to_uppercase()))
                .map(|(hash, loads)| (*hash, loads.iter().copied().collect()))
                .collect();
            assert_eq!(ranges.view().accounts_by_prefix(prefix(&six)).await.unwrap(), expected);
        }
    }
    for (hash, loads) in &accounts {
        assert_eq!(ranges.view().account(hash).await.unwrap(), loads.iter().copied().collect::<Vec<_>>());
        let mut absent = *hash;
        absent[12] ^= 1;
        assert!(ranges.view().account(&absent).await.unwrap().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Publish all loads, retract some, compact whenever a plan says so: at every step the answers are the model's.
    #[test]
    fn generations_answer_like_the_model(all in loads(), retracted in prop::collection::vec(any::<prop::sample::Index>(), 0..6), late in any::<bool>()) {
        block_on(async {
            let shelf = Shelf::default();
            let ranges = shelf.open(&[]).await.unwrap();
            let (mut generation, mut published, mut own, mut merges) = (Vec::new(), Loads::new(), Vec::new(), 0);
            let mut apply = |plan: sluice_store::ranges::Plan, generation: &mut Vec<SegmentRef>| {
                *generation = plan.segments;
                let mut waiting = plan.compactions;
                while let (false, Some(todo)) = (late, waiting.pop()) {
                    merges += 1;
                    let merged = compact(&shelf, &todo, merges);
                    let plan = plan_compacted(generation, &todo, merged).unwrap();
                    assert!(plan.obsolete.iter().all(|segment| segment.loads.len() > 1));
                    *generation = plan.segments;
                }
            };
            for (load, hashes) in &all {
                let new: Vec<_> = [RunKind::Sha1, RunKind::Account].into_iter().map(|kind| {
                    let (left, right) = hashes.split_at(hashes.len() / 3);
                    shelf.segment(&format!("{}-{load}", kind.name()), kind, &[*load], &[run(kind, *load, left), run(kind, *load, right)])
                }).collect();
                own.extend(new.clone());
                apply(plan_publish(&generation, new.clone()).unwrap(), &mut generation);
                published.insert(*load, hashes.clone());
                assert_eq!(plan_publish(&generation, new).unwrap().segments, generation, "publishing twice is publishing once");
            }
            ranges.switch(&generation).await.unwrap();
            check(&ranges, &published).await;
            for index in retracted {
                let load = *index.get(&all.keys().copied().collect::<Vec<_>>());
                apply(plan_retract(&generation, &own, LoadId(load)).unwrap(), &mut generation);
                published.remove(&load);
                ranges.switch(&generation).await.unwrap();
                check(&ranges, &published).await;
            }
        });
    }

    /// The bytes of a merge do not tell how the rows were split, ordered or merged before.
    #[test]
    fn splits_and_order_do_not_show(hashes in prop::collection::vec(near_hash(), 1..80), cut in any::<prop::sample::Index>(), account in any::<bool>()) {
        let kind = if account { RunKind::Account } else { RunKind::Sha1 };
        let whole = run(kind, 7, &hashes);
        let reversed: Vec<_> = hashes.iter().rev().copied().collect();
        prop_assert_eq!(&whole, &run(kind, 7, &reversed));
        let (left, right) = hashes.split_at(cut.index(hashes.len()));
        let (left, right) = (run(kind, 7, left), run(kind, 7, right));
        let at_once = merged(kind, Output::Segment, &[LoadId(7)], std::slice::from_ref(&whole)).unwrap();
        prop_assert_eq!(&at_once, &merged(kind, Output::Segment, &[LoadId(7)], &[right.clone(), left.clone()]).unwrap());
        let (before, _) = merged(kind, Output::Run, &[LoadId(7)], &[left, right]).unwrap();
        prop_assert_eq!(&whole, &Bytes::from(before));
        prop_assert_eq!(at_once.1.total, if account { at_once.1.rows } else { hashes.len() as u64 });
        prop_assert_eq!(at_once.1.distinct, hashes.iter().collect::<BTreeSet<_>>().len() as u64);
    }
}

/// Runs and segments where a service at scale has them: written by streams, merged by streams, read by positions.
#[tokio::test(flavor = "multi_thread")]
async fn a_generation_on_s3_answers_like_the_model() {
    let server = sluice_engines::s3::shared().unwrap();
    let objects = Objects::open_url(&server.place(), server.options()).unwrap();
    let all: Loads = (1..4).map(|load| (load, (0..90 * load as u64).map(|number| hash(number * 7 % 200)).collect())).collect();
    let (mut generation, folder) = (Vec::new(), tempfile::tempdir().unwrap());
    for (load, hashes) in &all {
        for kind in [RunKind::Sha1, RunKind::Account] {
            let runs = hashes.chunks(40).enumerate().map(|(at, few)| (format!("runs/{load}/{}-{at}", kind.name()), run(kind, *load, few)));
            let mut inputs = vec![];
            for (key, bytes) in runs {
                inputs.push(objects.put(&key, bytes).await.unwrap());
            }
            let (objects, folder, load) = (objects.clone(), folder.path().to_owned(), LoadId(*load));
            let segment = tokio::task::spawn_blocking(move || {
                let mut writer = objects.writer(&format!("ranges/{}-{load}", kind.name())).unwrap();
                let inputs = inputs.iter().map(|input| Ok(objects.open(input)?.reader()));
                let merged = merge(kind, Output::Segment, &[load], inputs, &folder, &mut writer).unwrap();
                SegmentRef { kind, object: writer.finish().unwrap(), rows: merged.rows, loads: vec![load] }
            });
            generation.push(segment.await.unwrap());
        }
    }
    let ranges = Ranges::open(&generation, Arc::new(SegmentFiles::new(objects)), CacheBytes::default()).await.unwrap();
    check(&ranges, &all).await;
}

fn compact(shelf: &Shelf, todo: &Compaction, number: u32) -> SegmentRef {
    let inputs: Vec<_> = todo.segments.iter().map(|segment| shelf.get(&segment.object.key)).collect();
    let keep: Vec<_> = todo.keep.iter().map(|load| load.0).collect();
    shelf.segment(&format!("compacted-{number}"), todo.kind, &keep, &inputs)
}

#[test]
fn more_runs_than_are_read_at_once_give_the_same_segment() {
    let hashes: Vec<_> = (0..1500).map(|number| hash(number % 700)).collect();
    let runs: Vec<_> = hashes.chunks(5).map(|few| run(RunKind::Sha1, 1, few)).collect();
    assert!(runs.len() > 2 * 128, "several batches are spilled, and the spilled ones merged");
    let one = run(RunKind::Sha1, 1, &hashes);
    let expected = merged(RunKind::Sha1, Output::Segment, &[LoadId(1)], &[one]).unwrap();
    assert_eq!(merged(RunKind::Sha1, Output::Segment, &[LoadId(1)], &runs).unwrap(), expected);
    assert_eq!((expected.1.distinct, expected.1.total), (700, 1500));
}

#[test]
fn ntlm_rows_have_27_digits_after_the_prefix() {
    let mut password = [0; 16];
    password.copy_from_slice(&[0x88, 0x46, 0xF7, 0xEA, 0xEE, 0x8F, 0xB1, 0x17, 0xAD, 0x06, 0xBD, 0xD8, 0x30, 0xB7, 0x58, 0x6C]);
    let mut writer = RunWriter::ntlm(LoadId(1), 0);
    (0..1234).for_each(|_| writer.push(password));
    let mut out = Vec::new();
    let written = writer.write(&mut out).unwrap();
    assert_eq!((written.rows, written.total), (1, 1234));
    let shelf = Shelf::default();
    let segment = shelf.segment("ntlm", RunKind::Ntlm, &[1], &[out.into()]);
    block_on(async {
        let body = shelf.open(&[segment]).await.unwrap().view().passwords(RunKind::Ntlm, prefix("8846f")).await.unwrap();
        assert_eq!(body.text, "7EAEE8FB117AD06BDD830B7586C:1234");
    });
}

#[test]
fn a_million_accounts_are_all_found_and_nobody_else() {
    const ACCOUNTS: u64 = 1_000_000;
    let mut writer = RunWriter::account(LoadId(5), 8 << 20);
    let mut runs: Vec<Bytes> = Vec::new();
    for number in 0..ACCOUNTS {
        writer.push(hash(number));
        if writer.is_full() || number + 1 == ACCOUNTS {
            let mut out = Vec::new();
            writer.write(&mut out).unwrap();
            runs.push(out.into());
        }
    }
    assert!(runs.len() > 1, "memory is bounded, so there are several runs");
    let shelf = Shelf::default();
    let segment = shelf.segment("accounts", RunKind::Account, &[5], &runs);
    assert_eq!(segment.rows, ACCOUNTS);
    block_on(async {
        let ranges = shelf.open(&[segment]).await.unwrap();
        for number in (0..ACCOUNTS).step_by(17) {
            assert_eq!(ranges.view().account(&hash(number)).await.unwrap(), [LoadId(5)]);
            assert!(ranges.view().account(&hash(number + ACCOUNTS)).await.unwrap().is_empty());
        }
    });
}

#[test]
fn one_account_in_more_loads_than_a_block_has_rows() {
    let shelf = Shelf::default();
    let keep: Vec<_> = (1..=1000).collect();
    let runs: Vec<_> = keep.iter().map(|load| run(RunKind::Account, *load, &[hash(1), hash(2), hash(*load as u64)])).collect();
    let all = shelf.segment("all", RunKind::Account, &keep, &runs);
    let odd: Vec<_> = keep.iter().copied().filter(|load| load % 2 == 1).collect();
    let odd_only = shelf.segment("odd", RunKind::Account, &odd, &[shelf.get("all")]);
    assert_eq!(shelf.get("odd"), shelf_of(&odd, &runs), "compacting to fewer loads gives what those loads alone would");
    block_on(async {
        let expected: Vec<_> = keep.iter().copied().map(LoadId).collect();
        assert_eq!(shelf.open(&[all]).await.unwrap().view().account(&hash(2)).await.unwrap(), expected);
        let ranges = shelf.open(&[odd_only]).await.unwrap();
        assert_eq!(ranges.view().account(&hash(1)).await.unwrap().len(), 500);
        assert!(ranges.view().account(&hash(4)).await.unwrap().is_empty());
    });
}

fn shelf_of(keep: &[i64], runs: &[Bytes]) -> Bytes {
    let shelf = Shelf::default();
    shelf.segment("s", RunKind::Account, keep, runs);
    shelf.get("s")
}

#[test]
fn every_flipped_byte_and_every_cut_is_refused() {
    let hashes: Vec<_> = (0..700).map(hash).collect();
    let shelf = Shelf::default();
    let segment = shelf.segment("whole", RunKind::Account, &[3], &[run(RunKind::Account, 3, &hashes)]);
    let whole = shelf.get("whole");
    // Asks for everything, so that every byte is needed by somebody; what is answered must be right.
    let ask = |bytes: Vec<u8>| {
        shelf.put("damaged", bytes);
        let reference = SegmentRef { object: Frame { key: "damaged".to_owned(), ..segment.object.clone() }, ..segment.clone() };
        block_on(async {
            let ranges = shelf.open(&[reference]).await?;
            for hash in &hashes {
                assert_eq!(ranges.view().account(hash).await?, [LoadId(3)]);
            }
            Ok::<_, RangesError>(())
        })
    };
    ask(whole.to_vec()).unwrap();
    for at in (0..whole.len()).step_by(61).chain(0..120).chain(whole.len() - 120..whole.len()) {
        let mut flipped = whole.to_vec();
        flipped[at] ^= 0x10;
        let refused = merged(RunKind::Account, Output::Segment, &[LoadId(3)], &[flipped.clone().into()]);
        assert!(matches!(refused, Err(RangesError::Corrupt { .. })), "merging with byte {at} flipped");
        assert!(matches!(ask(flipped), Err(RangesError::Corrupt { .. })), "asking with byte {at} flipped");
    }
    for end in (0..whole.len()).step_by(997).chain([whole.len() - 1]) {
        let refused = merged(RunKind::Account, Output::Segment, &[LoadId(3)], &[whole.slice(..end)]);
        assert!(matches!(refused, Err(RangesError::Corrupt { .. })), "merging cut at {end}");
        assert!(matches!(ask(whole[..end].to_vec()), Err(RangesError::Corrupt { .. })), "asking cut at {end}");
    }
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let shelf = Shelf::default();
    let sums = shelf.segment("sums", RunKind::Sha1, &[1, 2], &[run(RunKind::Sha1, 1, &[hash(1)]), run(RunKind::Sha1, 2, &[hash(1)])]);
    let refused = merged(RunKind::Sha1, Output::Segment, &[LoadId(1)], &[shelf.get("sums")]);
    assert!(matches!(refused, Err(RangesError::NotSeparable { .. })));
    let refused = merged(RunKind::Account, Output::Segment, &[LoadId(1)], &[shelf.get("sums")]);
    assert!(matches!(refused, Err(RangesError::WrongKind { .. })));
    let own = |load: i64| SegmentRef { loads: vec![LoadId(load)], ..sums.clone() };
    assert!(matches!(plan_publish(&[own(1)], vec![sums.clone()]), Err(PlanError::Overlap { .. })));
    assert!(matches!(plan_retract(std::slice::from_ref(&sums), &[], LoadId(1)), Err(PlanError::OwnSegmentMissing { load: LoadId(2), .. })));
    block_on(async {
        let lying = SegmentRef { rows: 9, ..sums.clone() };
        assert!(matches!(shelf.open(&[lying]).await, Err(RangesError::Corrupt { .. })));
        assert!(matches!(shelf.open(&[own(1)]).await, Err(RangesError::Corrupt { .. })));
        assert!(matches!(shelf.open(&[sums.clone(), own(1)]).await, Err(RangesError::CoveredTwice { .. })));
        let ranges = shelf.open(std::slice::from_ref(&sums)).await.unwrap();
        let gone = SegmentRef { object: Frame { key: "gone".to_owned(), bytes: 500 }, ..sums.clone() };
        assert!(matches!(ranges.switch(&[gone]).await, Err(RangesError::Read { .. })));
        assert_eq!(ranges.generation(), std::slice::from_ref(&sums), "a switch that failed changed nothing");
    });
    for text in ["", "1234", "123456", "1234g", "+1234", "éé1"] {
        assert!(text.parse::<Prefix<5>>().is_err(), "{text} is no prefix");
    }
}

#[test]
fn a_compaction_that_came_too_late_is_thrown_away() {
    let segment = |load: i64| SegmentRef {
        kind: RunKind::Account,
        object: Frame { key: format!("own-{load}"), bytes: 1 },
        rows: load as u64,
        loads: vec![LoadId(load)],
    };
    let own: Vec<_> = (1..=SEGMENTS_PER_KIND_MAX as i64 + 1).map(segment).collect();
    let plan = plan_publish(&[], own.clone()).unwrap();
    let [todo] = plan.compactions.as_slice() else { panic!("one compaction") };
    let merged = SegmentRef { loads: todo.keep.clone(), ..segment(99) };
    let compacted = plan_compacted(&plan.segments, todo, merged.clone()).unwrap();
    assert!(compacted.segments.len() <= SEGMENTS_PER_KIND_MAX && compacted.compactions.is_empty() && compacted.obsolete.is_empty());
    let retracted = plan_retract(&plan.segments, &own, todo.keep[0]).unwrap();
    assert_eq!(plan_compacted(&retracted.segments, todo, merged), None);
    let apart = plan_retract(&compacted.segments, &own, todo.keep[0]).unwrap();
    assert_eq!((apart.segments.len(), apart.obsolete.len()), (own.len() - 1, 1));
}
