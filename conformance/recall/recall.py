"""How much of what is in a file comes out of `sluice parse`: every format and dialect of FORMATS, in files made afresh from a seed.

No parser is tuned here, and no parser's author sees these files. `cargo xtask recall` runs it; by hand:
`recall.py --sluice PROGRAM --plugins FOLDER [--seed N] [--only csv,ulp] [--json] [--details]`.
"""
import argparse, importlib, json, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from judge import judge
from workshop import Workshop

SHAPES = ["lines", "csvs", "mysqls", "postgreses", "scripts", "sqlites", "jsons", "bsons", "ldifs", "accounts", "stealers", "documents", "mails", "texts", "containers"]


def main():
    options = parse()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="recall-files-"))
    make = Workshop(folder, options.seed, options.people)
    results = []
    try:
        for name in SHAPES:
            if not (Path(__file__).parent / "shapes" / f"{name}.py").exists() or (options.shapes and name not in options.shapes.split(",")):
                continue
            for file in importlib.import_module(f"shapes.{name}").files(make):
                if options.only and not any(part in f"{file.format} {file.dialect}" for part in options.only.split(",")):
                    continue
                verdict = judge(file, options.sluice, options.plugins)
                results.append((file, verdict))
                if not options.json:
                    print(row(file, verdict), flush=True)
                    if options.details and not verdict.all_met:
                        for example in verdict.examples:
                            print("      ", *(json.dumps(part, ensure_ascii=False)[:300] for part in example))
    finally:
        make.close()


def parse():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--sluice", default="sluice")
    arguments.add_argument("--plugins", type=Path, required=True)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    arguments.add_argument("--people", type=int, default=2000)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--shapes", default="")
    arguments.add_argument("--folder")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--details", action="store_true")
    return arguments.parse_args()


def row(file, verdict):
    percent = lambda share: f"{100 * share:.2f}"
    sign = "ok " if verdict.all_met else "met" if verdict.met else "NOT"
    rejects = " ".join(f"{count}×{reason}" for reason, count in sorted(verdict.rejects.items()))
    corrupt = f" damaged {verdict.corrupt_right}/{verdict.corrupt}" if verdict.corrupt else ""
    return (f"{sign} {file.format:10} {file.dialect:30} {verdict.expected:6} {verdict.found:6} {verdict.wrong:5} {verdict.invented:5} {percent(verdict.recall):>6} {percent(verdict.precision):>6} "
            f"kinds {verdict.kinds}/{verdict.hashes} urls {verdict.urls_right}/{verdict.urls} {','.join(verdict.plugins)[:30]} {verdict.seconds:.2f}s{corrupt} {rejects} {verdict.failure}")


main()
