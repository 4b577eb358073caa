#!/usr/bin/env python3
"""Runs fuzz targets, keeps what they learned, and counts their executions over all runs.

run.py --build FOLDER [--seconds N] [--until N] [TARGET...]
run.py --build FOLDER --report

Each target whose name contains a TARGET (or each of all) runs for N seconds, in slices, so that
little is lost if the machine stops. The corpus and the count stay in FOLDER/kept, what broke a
target in FOLDER/found. With --until a target that has had so many executions is passed over. Ends
with the table of --report, and with 1 if an input crashed a target, hung it or leaked.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = HERE / "corpus"
FUNCTIONS = HERE.parent.parent / "forms" / "functions.def"
SIGNS = """/data/a /data/r/n /data/r[ instance('l')/root/item[ child:: ancestor:: ../ // . * @ :: =
!= <= >= and or div mod | + - ) ] , ' '2026-01-31'"""
SLICE_SECONDS = 300
INPUT_SECONDS_MAX = 1
MEMORY_MB_MAX = 2048
LENGTH = 4096
# Shorter inputs run faster, and reach what longer ones do.
LENGTHS = {
    "answers": 512, "csv": 512, "expression": 256, "form_record": 512, "geojson": 512,
    "instance": 768, "regex": 160, "workbook": 4096, "xform": 1536, "xlsform": 768,
}
# Where a block was freed is of use only once a target has crashed; running it again tells.
SANITIZERS = {"ASAN_OPTIONS": "malloc_context_size=1:quarantine_size_mb=32"
                              ":detect_stack_use_after_return=0"}


class Target:
    """A fuzz program, its corpus and its count."""

    def __init__(self, program, build):
        self.program = program
        self.name = program.name.removeprefix("fuzz_")
        self.corpus = build / "kept" / self.name
        self.record = build / "kept" / f"{self.name}.json"
        self.found = build / "found"

    def count(self):
        """Executions, seconds and what broke it, of all runs so far."""
        try:
            return json.loads(self.record.read_text())
        except (OSError, ValueError):
            return {"executions": 0, "seconds": 0, "broken": 0}

    def dictionary(self):
        """The names of all functions, and what stands between them."""
        names = re.findall(r'^AWDA_FN\(\w+, "([^"]+)"', FUNCTIONS.read_text(), re.MULTILINE)
        words = [name + "(" for name in names] + SIGNS.split()
        file = self.corpus.parent / f"{self.name}.dict"
        file.write_text("".join(f'"{word}"\n' for word in words))
        return file

    def run(self, seconds):
        """One slice. Whether all inputs were taken well."""
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.found.mkdir(parents=True, exist_ok=True)
        seeds = SEEDS / self.program.name
        command = [
            str(self.program), f"-max_total_time={seconds}", f"-timeout={INPUT_SECONDS_MAX}",
            f"-rss_limit_mb={MEMORY_MB_MAX}", f"-max_len={LENGTHS.get(self.name, LENGTH)}",
            "-print_final_stats=1", "-verbosity=1", f"-artifact_prefix={self.found}/{self.name}-",
            str(self.corpus)] + ([str(seeds)] if seeds.is_dir() else [])
        if self.name == "expression":
            command.append(f"-dict={self.dictionary()}")
        began = time.monotonic()
        log = self.corpus.parent / f"{self.name}.log"
        with open(log, "wb") as out:
            done = subprocess.run(command, stdout=out, stderr=out, check=False,
                                  env={**os.environ, **SANITIZERS})
        text = log.read_text(errors="replace")
        stat = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
        # Without the sum (it was killed, or the sanitizer ended it) the last line that counts.
        lines = re.findall(r"^#(\d+)\s", text, re.MULTILINE)
        count = self.count()
        count["executions"] += int(stat[1]) if stat else int(lines[-1]) if lines else 0
        count["seconds"] += round(time.monotonic() - began)
        count["broken"] += done.returncode != 0
        self.record.write_text(json.dumps(count) + "\n")
        if done.returncode != 0:
            print(f"{self.name}: failed, see {log} and {self.found}", file=sys.stderr)
        return done.returncode == 0


def report(targets):
    """The table of all counts."""
    print(f"{'target':<14}{'executions':>14}{'seconds':>10}{'per second':>12}{'inputs':>9}"
          f"{'broken':>8}")
    for target in targets:
        count = target.count()
        kept = sum(1 for _ in target.corpus.iterdir()) if target.corpus.is_dir() else 0
        rate = count["executions"] // max(count["seconds"], 1)
        print(f"{target.name:<14}{count['executions']:>14,}{count['seconds']:>10,}{rate:>12,}"
              f"{kept:>9,}{count['broken']:>8}")


def run(target, seconds, until):
    """Slices of a target until its time is over, it has had enough or it breaks."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) >= 1:
        if until and target.count()["executions"] >= until:
            break
        print(f"{target.name}: {round(left)} s", file=sys.stderr)
        if not target.run(min(SLICE_SECONDS, round(left))):
            return False
    return True


def main():
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("names", nargs="*", metavar="TARGET")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--until", type=int, default=0, metavar="EXECUTIONS")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    targets = [Target(program, options.build)
               for program in sorted((options.build / "fuzz").glob("fuzz_*"))
               if program.is_file() and os.access(program, os.X_OK)]
    chosen = [target for target in targets
              if not options.names or any(name in target.name for name in options.names)]
    if not chosen:
        parser.error(f"no fuzz target matches: {' '.join(options.names)}")
    good = True
    if not options.report:
        for target in chosen:
            good = run(target, options.seconds, options.until) and good
    report(chosen)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
