//! The clauses of `sluice:parser`, as far as they can be judged from outside. A number is given once and never again.

use serde::Serialize;

/// Something that is asked of every plugin.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// Its number.
    pub number: u8,
    /// A word for it.
    pub name: &'static str,
    /// What is asked.
    pub rule: &'static str,
    /// What goes wrong otherwise.
    pub why: &'static str,
    /// What to look at when it breaks.
    pub hint: &'static str,
}

/// 1
pub static DESCRIBES: Clause = Clause {
    number: 1,
    name: "describes",
    rule: "The component loads: it imports nothing but `sluice:parser/host` and an empty WASI, exports the contract, and says a valid name and \
           version.",
    why: "What imports more has a way out of the sandbox; a name goes into file names, metrics and commands.",
    hint: "Build it for wasm32-unknown-unknown, or with WASI stubbed out.",
};
/// 2
pub static CLAIMS: Clause = Clause {
    number: 2,
    name: "claims",
    rule: "It claims each of its own cases with more than 50, and its probe ends without a fault.",
    why: "The best claim decides which plugin reads a member: what it does not claim it never gets.",
    hint: "Let probe look for what only this format has, in the head as in the tail; a file's name alone is worth little.",
};
/// 3
pub static TILES: Clause = Clause {
    number: 3,
    name: "tiles",
    rule: "Its records, rejects and skips tile what it consumed, in order, every event is valid, and nothing is left when the input ends.",
    why: "A byte in none of them is data lost without a trace; a byte in two is a person found twice.",
    hint: "Give each stretch to exactly one of record, reject and skip; a record's row has its line end in it.",
};
/// 4
pub static FINDS: Clause = Clause {
    number: 4,
    name: "finds",
    rule: "In each case it finds the records and rejects that are written down beside it, and no others.",
    why: "That is what it is for.",
    hint: "If what it found is right, write that down: a record as `sluice parse CASE` prints it, a reject as {\"reject\": REASON}.",
};
/// 5
pub static PUSHES: Clause = Clause {
    number: 5,
    name: "pushes",
    rule: "It finds the same however the bytes are pushed, from one byte to a MiB at a time.",
    why: "The host pushes what it has: a record that shows or goes by where a push ends is a matter of luck.",
    hint: "Consume whole rows only, and look at `last` before taking the end of the bytes for the end of a row; beware of \\r | \\n.",
};
/// 6
pub static CHUNKS: Clause = Clause {
    number: 6,
    name: "chunks",
    rule: "It finds the same when the member is cut where its framing or its scan says that it may be, each chunk read by itself.",
    why: "Chunks of one member are read on several machines at once, none of which saw what came before.",
    hint: "Lines must stand alone; with marks, all that matters of what came before goes into a cut's context.",
};
/// 7
pub static REPEATS: Clause = Clause {
    number: 7,
    name: "repeats",
    rule: "It finds the same a second time, freshly loaded, by another compiler, and whatever the compile cache has: its own entry, a \
           damaged one, another machine's.",
    why: "A task that is tried again, here or elsewhere, must give what it gave: or people are there twice, or not at all.",
    hint: "No state that outlives a chunk, no memory that was not written before, no recursion near the end of the stack.",
};
/// 8
pub static SURVIVES: Clause = Clause {
    number: 8,
    name: "survives",
    rule: "Whatever it reads (nothing, all cases in one, half a file, flipped bits, noise), it ends without a fault.",
    why: "Dumps are damaged and hostile; a fault costs its chunk, and all the people in it.",
    hint: "Reject the row and go on. An index or a length that the input says is no index and no length.",
};
/// 9
pub static ENDLESS: Clause = Clause {
    number: 9,
    name: "endless",
    rule: "A line that does not end is read to the end in time linear in its length, within the sandbox's memory.",
    why: "One such file would keep a worker for hours.",
    hint: "Look for a row's end once and remember how far you looked, and keep nothing of what was not consumed.",
};
/// 10
pub static LEAVES: Clause = Clause {
    number: 10,
    name: "leaves",
    rule: "It claims nothing, nonsense and other formats' cases with 50 at most.",
    why: "Who claims what it cannot read takes it from who can.",
    hint: "Above 50 says: this format and hardly any other. Look for what the others lack, not for what they have too.",
};
/// 11
pub static TRAPS: Clause = Clause {
    number: 11,
    name: "traps",
    rule: "It reads its own cases without a trap and without giving up.",
    why: "A trap ends the chunk: all the people behind it are lost.",
    hint: "Look for what can panic: an index, a slice, an overflow, an unwrap, a recursion.",
};
/// 12
pub static MEMORY: Clause = Clause {
    number: 12,
    name: "memory",
    rule: "While it reads its cases, over and over, it holds no more memory than its budget has.",
    why: "A chunk is read on every core at once, and what one holds the others lack.",
    hint: "Keep what a row needs and nothing of the rows before; what it must have is said in budget.json beside the cases.",
};
/// 13
pub static FUEL: Clause = Clause {
    number: 13,
    name: "fuel",
    rule: "A MiB of its cases, over and over, takes no more instructions than its budget has.",
    why: "Instructions are counted alike on every machine: what takes too many is slow on all of them.",
    hint: "Look for what is done for every byte, or for every row again; what it must have is said in budget.json beside the cases.",
};
/// 14
pub static SPEED: Clause = Clause {
    number: 14,
    name: "speed",
    rule: "It is not thousands of times slower than finding the line ends of the same bytes, by this thread's clock, in the same run.",
    why: "Dumps have gigabytes.",
    hint: "`sluice plugin bench` measures it; the bound is wide, so that a busy machine fails nobody.",
};
