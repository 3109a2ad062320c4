"""The table, for a terminal, as JSON, and as docs/formats.md."""
from datetime import date

from judge import LEAST

HEAD = """# Formats: what is read, and how well

Made by `cargo xtask recall{arguments}` on {day}, seed {seed}, {people} people a file (fewer where a tool is slow): fresh files that no parser's author
saw, written by the tools named, read by `sluice parse FILE` without a word of which plugin is to read them. {met} of {rows} rows have at least
99.5 % recall and precision on identity + secret; {all_met} have that of hash kinds, salts and sites too, and a reject for each damaged row alone.

- **found**: e-mail (else login) and secret are right to the byte, and a hash is told as a hash. **wrong**: that identity with another secret.
  **invented**: an identity or secret that nobody has. Recall is found ÷ people, precision found ÷ (found + wrong + invented).
- **kind**: of the found hashes, those with the right kind and salt; **site**: of records with a URL, those with the right one. **damaged**: rows
  broken on purpose, and how many of them have a reject within their bytes; all rows beside them count as ever.
- **by** is what wrote the file: a program's name, or *form* where it doesn't install here and its documented form was written.
"""


def line(file, verdict, others):
    """One row for a terminal."""
    rejects = " ".join(f"{count}×{reason}" for reason, count in sorted(verdict.rejects.items()))
    parts = [sign(verdict), f"{file.format:10}", f"{file.dialect:32}", f"{verdict.expected:6}", f"{verdict.found:6}", f"{verdict.wrong:5}", f"{verdict.invented:6}", f"{percent(verdict.recall):>6}", f"{percent(verdict.precision):>6}"]
    parts += [f"kind {share(verdict.kinds, verdict.hashes)}", f"site {share(verdict.urls_right, verdict.urls)}"]
    parts += [f"damaged {verdict.corrupt_right}/{verdict.corrupt}"] if verdict.corrupt else []
    parts += [",".join(verdict.plugins), f"{verdict.seconds:.2f} s", rejects, verdict.failure]
    told = [f"      {name}: found {found}, told {told}, {seconds:.2f} s {failure}" for name, found, told, seconds, failure in others]
    return "\n".join([" ".join(filter(None, parts)), *told])


def sign(verdict):
    return "met " if verdict.all_met else "met*" if verdict.met else "NOT "


def percent(share):
    return f"{100 * share:.2f}"


def share(right, of):
    return "–" if not of else "all" if right == of else percent(right / of)


def as_json(seed, results):
    return {"seed": seed, "day": str(date.today()), "least": LEAST, "rows": [row(*result) for result in results]}


def row(file, verdict, others):
    return {"format": file.format, "dialect": file.dialect, "by": file.by, "bytes": verdict.bytes, "plugins": verdict.plugins, "met": verdict.met, "expected": verdict.expected, "found": verdict.found, "wrong": verdict.wrong,
            "invented": verdict.invented, "recall": round(verdict.recall, 5), "precision": round(verdict.precision, 5), "hashes": verdict.hashes, "kinds": verdict.kinds, "urls": verdict.urls, "urls_right": verdict.urls_right,
            "damaged": verdict.corrupt, "damaged_right": verdict.corrupt_right, "rejects": verdict.rejects, "failure": verdict.failure, "seconds": round(verdict.seconds, 3),
            "peers": [{"name": name, "found": found, "told": told, "seconds": round(seconds, 3), "failure": failure} for name, found, told, seconds, failure in others]}


def markdown(options, results, more=""):
    met, all_met = sum(verdict.met for _, verdict, _ in results), sum(verdict.all_met for _, verdict, _ in results)
    out = [HEAD.format(arguments=f" --seed {options.seed} --peers", day=date.today(), seed=options.seed, people=options.people, met=met, rows=len(results), all_met=all_met)]
    out += ["## Ours", "| format | dialect | by | people | found | wrong | invented | recall % | precision % | kind | site | damaged | rejects | read by |", "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for file, verdict, _ in results:
        rejects = "; ".join(f"{count} {reason}" for reason, count in sorted(verdict.rejects.items())) or "–"
        damaged = f"{verdict.corrupt_right} of {verdict.corrupt}" if verdict.corrupt else "–"
        named = [plugin for plugin in verdict.plugins if plugin != "-"]
        bold = "" if verdict.met else "**"
        cells = [file.format, file.dialect.replace("|", "\\|"), {"documented form": "*form*", "": "script"}.get(file.by, file.by), verdict.expected, verdict.found, verdict.wrong, verdict.invented, f"{bold}{percent(verdict.recall)}{bold}",
                 f"{bold}{percent(verdict.precision)}{bold}", share(verdict.kinds, verdict.hashes), share(verdict.urls_right, verdict.urls), damaged, rejects, ", ".join(named) or "–"]
        out.append("| " + " | ".join(map(str, cells)) + " |")
    out += ["", "## Others on the same files", PEERS, "| format | dialect | ours: found | recall % | precision % | seconds | peer | found | recall % | precision % | seconds |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    for file, verdict, others in results:
        for name, found, told, seconds, failure in others:
            recall = found / verdict.expected if verdict.expected else 1.0
            precision = found / told if told else 0.0
            out.append(f"| {file.format} | {file.dialect.replace('|', chr(92) + '|')} | {verdict.found} | {percent(verdict.recall)} | {percent(verdict.precision)} | {verdict.seconds:.2f} | {name} | {found} | {percent(recall)} | {percent(precision)} | {f'{seconds:.2f}' if not failure else failure} |")
    return "\n".join(out) + "\n" + more


PEERS = """
Peers are let off what they don't claim to do: nobody asks them whether a value is a hash. Ours has to say it. *told* peers are given the
separator and the order of the columns, or the columns' names, which ours finds out. Oracles are libraries of one format, which say that a file has
what its truth says. Seconds are of a whole process on a small file, ours with all plugins loaded and compiled from its cache: see below for rates.
"""
