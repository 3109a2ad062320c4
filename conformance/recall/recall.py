"""How much of what is in a file comes out of `sluice parse`: every format and dialect of FORMATS, in files made afresh from a seed.

No parser is tuned here, and no parser's author sees these files. `cargo xtask recall` runs it; by hand:
`recall.py --sluice PROGRAM --plugins FOLDER [--seed N] [--only csv,ulp] [--json] [--details]`.
"""
import argparse, importlib, json, shutil, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import large, peers, rates, report
from judge import judge
from workshop import Workshop, tool

SHAPES = ["lines", "csvs", "mysqls", "postgreses", "scripts", "sqlites", "jsons", "bsons", "ldifs", "accounts", "stealers", "documents", "mails", "texts", "containers"]


def main():
    options = parse()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="recall-files-")).resolve()
    make = Workshop(folder, options.seed, options.people, lambda title: not options.only or any(part in title for part in options.only.split(",")))
    try:
        results = [] if options.skip_table else table(make, options)
        more = sections(make, options)
    finally:
        make.close()
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(report.as_json(options.seed, results), ensure_ascii=False, indent=1))
    if options.write:
        options.write.write_text(report.markdown(options, results, more))


def table(make, options):
    results = []
    for file in files(make, options):
        verdict = judge(file, options.sluice, options.plugins)
        results.append((file, verdict, peers.compare(file) if options.peers else []))
        if not options.json:
            print(report.line(*results[-1]), flush=True)
            if options.details and not verdict.all_met:
                for example in verdict.examples:
                    print("      ", *(json.dumps(part, ensure_ascii=False)[:300] for part in example))
    if not options.json:
        met, all_met = (sum(getattr(verdict, name) for _, verdict, _ in results) for name in ("met", "all_met"))
        print(f"seed {options.seed}: {met} of {len(results)} rows have 99.5 % recall and precision (met and met*), {all_met} of them all else too (met)")
    return results


def sections(make, options):
    """What else was asked for, as Markdown."""
    wanted = [("Hashes, value by value", hashes)] * options.hashes + [("How fast", rates.run)] * options.rates + [("A gigabyte of mysqldump", large.run)] * options.large
    more = ""
    for title, run in wanted:
        more += f"\n## {title}\n"
        for line in run(make, options):
            more += line + "\n"
            if not options.json:
                print(line, flush=True)
    return more


def hashes(_make, options):
    script = Path(__file__).with_name("hashes.py")
    return tool(sys.executable, script, "--sluice", options.sluice, "--plugin-dir", options.plugins, "--seed", options.seed).decode().splitlines()


def files(make, options):
    """Those that are asked for, one after another: each is judged as soon as it is made."""
    for name in options.shapes.split(",") if options.shapes else SHAPES:
        for file in importlib.import_module(f"shapes.{name}").files(make):
            if make.wanted(f"{file.format} {file.dialect}"):
                yield file


def parse():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sluice", required=True)
    arguments.add_argument("--plugins", type=Path, required=True)
    arguments.add_argument("--seed", type=int, default=int(time.time()), help="the default is another one each time")
    arguments.add_argument("--people", type=int, default=2000, help="in each file")
    arguments.add_argument("--only", default="", help="parts of format and dialect, parted by commas")
    arguments.add_argument("--shapes", default="", help=f"of {', '.join(SHAPES)}")
    arguments.add_argument("--folder", help="keep the files here")
    arguments.add_argument("--peers", action="store_true", help="other people's programs on the same files")
    arguments.add_argument("--skip-table", action="store_true")
    arguments.add_argument("--hashes", action="store_true", help="kinds of hashes, beside name-that-hash and hashID")
    arguments.add_argument("--rates", action="store_true", help="large files: MB/s of ours and of peers")
    arguments.add_argument("--megabytes", type=int, default=64)
    arguments.add_argument("--large", action="store_true", help="a mysqldump of 1 GB: sluice parse, sqldump2json, MariaDB reloading it")
    arguments.add_argument("--gigabytes", type=float, default=1.0)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--details", action="store_true", help="examples of what is not right")
    arguments.add_argument("--write", type=Path, help="write the table as Markdown")
    return arguments.parse_args()


main()
