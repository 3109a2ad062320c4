"""Runs `sluice parse` on a file, as anybody would, and holds what it prints against the truth. No plugin is named: the probes choose."""
import json, re, subprocess, time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

# As the issue asks.
LEAST = 0.995
HEX = re.compile("[*]?(0x)?[0-9A-Fa-f]{16,}")


@dataclass
class Verdict:
    """How many records, and what became of them."""

    expected: int = 0
    found: int = 0  # identity and secret as they are
    wrong: int = 0  # an identity that was expected, with another secret
    invented: int = 0  # an identity or secret that nobody has
    kinds: int = 0  # of the found hashes: kind and salt as they are
    hashes: int = 0
    urls: int = 0
    urls_right: int = 0
    rejects: dict = field(default_factory=dict)
    corrupt: int = 0
    corrupt_right: int = 0
    rows_lost: int = 0  # of good ones in a file with corrupt ones
    plugins: list = field(default_factory=list)
    seconds: float = 0.0
    bytes: int = 0
    failure: str = ""
    examples: list = field(default_factory=list)

    @property
    def recall(self):
        return self.found / self.expected if self.expected else 1.0 if not self.given else 0.0

    @property
    def given(self):
        return self.found + self.wrong + self.invented

    @property
    def precision(self):
        return self.found / self.given if self.given else 1.0 if not self.expected else 0.0

    @property
    def met(self):
        return not self.failure and min(self.recall, self.precision) >= LEAST

    @property
    def all_met(self):
        """Kinds, salts, sites and damaged rows too."""
        return self.met and self.kinds >= LEAST * self.hashes and self.urls_right >= LEAST * self.urls and self.corrupt_right == self.corrupt


def again(record, name):
    """A kind's values beyond the first, which are printed with a number."""
    extra = record.get("extra", {})
    return [extra[key] for key in (f"{name}_{number}" for number in range(2, 9)) if key in extra]


def several(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def key(record):
    """(identity, secrets) of a printed record, or nothing if it tells of nobody's account."""
    emails = sorted(email.lower() for email in several(record.get("email")))
    identity = tuple(emails) or tuple(sorted(several(record.get("username"))))
    secrets = sorted(map(canonical, [(False, value) for value in several(record.get("password"))] + [(True, value) for value in hashes(record)]))
    return (identity, tuple(secrets)) if identity or secrets else None


def hashes(record):
    return several(record.get("hash")) + again(record, "hash")


def canonical(secret):
    """Hexadecimal digits are the same in any case: a dump of raw bytes has its own."""
    is_hash, value = secret
    return (True, value.lower()) if is_hash and HEX.fullmatch(value) else secret


def kinds(record):
    extra = record.get("extra", {})
    names, salts = several(record.get("hash_kind")), several(record.get("salt"))
    names += [extra.get(f"hash_{number}_kind", "") for number in range(2, 2 + len(again(record, "hash")))]
    names += [""] * (len(hashes(record)) - len(names))
    return tuple(sorted((name, salts[at] if at < len(salts) else "") for at, name in enumerate(names)))


def compare(file, records, verdict):
    """Multisets of identity and secret: first what is the same, then what has the same identity."""
    open_ones = defaultdict(list)
    for expected in file.records:
        identity, secrets = expected.key
        open_ones[identity, tuple(sorted(map(canonical, secrets)))].append(expected)
    verdict.expected = len(file.records)
    left = []
    for record in records:
        told = key(record)
        if told is None:
            continue
        if not open_ones.get(told):
            left.append((told, record))
            continue
        right = kinds(record)
        same = open_ones[told]
        at = next((at for at, expected in enumerate(same) if not expected.kinds or tuple(sorted(expected.kinds)) == right), 0)
        expected = same.pop(at)
        verdict.found += 1
        if expected.kinds:
            verdict.hashes += len(expected.kinds)
            is_right = tuple(sorted(expected.kinds)) == right
            verdict.kinds += len(expected.kinds) if is_right else 0
            if not is_right:
                note(verdict, "kind", [list(pair) for pair in expected.kinds], record)
        if expected.url:
            verdict.urls += 1
            is_right = expected.url in several(record.get("url"))
            verdict.urls_right += is_right
            if not is_right:
                note(verdict, "url", expected.url, record)
    by_identity = Counter()
    missed = [expected for several_ones in open_ones.values() for expected in several_ones]
    for expected in missed:
        by_identity[expected.identity] += 1
    wrong = {}
    for told, record in left:
        if by_identity[told[0]]:
            by_identity[told[0]] -= 1
            verdict.wrong += 1
            wrong[told[0]] = record
        else:
            verdict.invented += 1
            note(verdict, "invented", None, record)
    for expected in missed:
        note(verdict, "wrong" if expected.identity in wrong else "missed", expected.key, wrong.get(expected.identity))


def note(verdict, what, expected, record):
    """Synthetic data: it may be shown."""
    if sum(example[0] == what for example in verdict.examples) < 5:
        verdict.examples.append((what, expected, record))


def corrupt_rows(file, members, verdict):
    """Each damaged stretch is to have a reject that lies within it, but for the line end, and none to lie elsewhere."""
    verdict.corrupt = len(file.corrupt)
    shown = [tuple(reject[:2]) for member in members for reject in member.get("first_rejects") or []]
    for begin, end in file.corrupt:
        within = [reject for reject in shown if begin - 2 <= reject[0] and reject[0] + reject[1] <= end + 2]
        verdict.corrupt_right += sum(length for _, length in within) * 2 >= end - begin
    verdict.rows_lost = verdict.expected - verdict.found


def run(command):
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, timeout=300)
    return done, time.monotonic() - begun


def judge(file, sluice, plugins):
    """One file's verdict."""
    verdict = Verdict(bytes=file.path.stat().st_size)
    command = [sluice, "parse", str(file.path), "--plugin-dir", str(plugins), "--json"]
    for password in file.passwords:
        command += ["--password", password]
    try:
        done, verdict.seconds = run(command)
    except subprocess.TimeoutExpired:
        verdict.failure, verdict.expected = "more than 300 s", len(file.records)
        return verdict
    records = [json.loads(line) for line in done.stdout.splitlines()]
    # Warnings before it, a hint behind it.
    report = next((json.loads(line) for line in done.stderr.splitlines() if line.startswith(b'{"members"')), None)
    if report is None:
        report = {"members": [], "left_out": []}
        verdict.failure = done.stderr.decode(errors="replace").strip().replace("\n", " ")[-200:]
    compare(file, records, verdict)
    rejects = Counter()
    for member in report["members"]:
        rejects.update(member.get("rejects") or {})
        for fault in member.get("faults") or []:
            verdict.failure = fault
        verdict.failure = member.get("failure") or verdict.failure
    verdict.rejects = dict(rejects)
    verdict.plugins = sorted({member["plugin"] or "-" for member in report["members"]})
    corrupt_rows(file, report["members"], verdict)
    if not verdict.found and verdict.expected and not verdict.failure:
        notes = sorted({note["reason"] for note in report["left_out"]})
        verdict.failure = "; ".join(notes) or ("no claim" if "-" in verdict.plugins else "")
    return verdict
