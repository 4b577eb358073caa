#!/usr/bin/env python3
"""Runs fuzz targets, keeps what they learned, and counts their executions over all runs.

run.py --builds FOLDER [--seconds N] [TARGET...]
run.py --builds FOLDER --bar [--seconds N] [TARGET...]
run.py --builds FOLDER --report [TARGET...]

There are two builds of each target. FOLDER/fuzz-fast does the bulk: optimised, undefined behaviour
and what breaks a container's bounds trap. FOLDER/fuzz, with AddressSanitizer, runs one slice
whenever its share of the executions is below a tenth, and once more at the end; every run of it
begins with the whole corpus, so that it sees each input that either build found worth keeping.
Corpus and counts stay in FOLDER/fuzz/kept, what broke a target in FOLDER/fuzz/found.

Each target whose name contains a TARGET (or each of all) runs for N seconds. With --bar whichever
is furthest below its bar gets the next slice, until all have reached theirs or N seconds are over.
Ends with the table of --report, and with 1 if an input crashed a target, hung it or leaked, or if
--bar was not reached.
"""
import argparse
import json
import math
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = HERE / "corpus"
SOURCES = HERE.parent.parent
SIGNS = """/data/a /data/r/n /data/r[ instance('l')/root/item[ child:: ancestor:: ../ // . * @ :: =
!= <= >= and or div mod | + - ) ] , ' '2026-01-31'"""
BAR = 10_000_000
BARS = {"workbook": 1_000_000}
CHECKED_SHARE = 0.1
SLICE_SECONDS = 60
INPUT_SECONDS_MAX = 1
MEMORY_MB_MAX = 2048
LENGTH = 4096
# Shorter inputs run faster, and reach what longer ones do.
LENGTHS = {
    "answers": 512, "csv": 512, "expression": 256, "form_record": 512, "geojson": 512,
    "instance": 768, "merge": 768, "regex": 160, "workbook": 6144, "xform": 2048, "xlsform": 768,
}
# Where a target's words stand: the names of functions, or all words between quotes.
FUNCTIONS = r'^AWDA_FN\(\w+, "([^"]+)"'
WORDS = r'"([A-Za-z_][A-Za-z0-9_:.-]{1,39})"'
DICTIONARIES = {
    "expression": {"forms/functions.def": FUNCTIONS},
    "instance": {"forms/instance_reader.cpp": WORDS, "forms/session_io.cpp": WORDS},
    "workbook": {"forms/xlsx_reader.cpp": WORDS, "forms/xlsform_c*.cpp": WORDS},
    "xform": {"forms/x[fm][ol]*.cpp": WORDS, "forms/functions.def": FUNCTIONS},
    "xlsform": {"forms/xlsform_*.cpp": WORDS, "forms/functions.def": FUNCTIONS},
}
# Where a block was freed is of use only once a target has crashed; running it again tells.
SANITIZERS = {"ASAN_OPTIONS": "malloc_context_size=1:quarantine_size_mb=32"
                              ":detect_stack_use_after_return=0"}
NOTHING = {"executions": 0, "seconds": 0, "broken": 0}


def processor_seconds():
    """What the programs that ended took of a processor, whoever else wanted it."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


class Target:
    """A fuzz program in its two builds, its corpus and its counts."""

    def __init__(self, name, builds):
        self.name = name
        self.programs = {"fast": builds / "fuzz-fast/fuzz" / f"fuzz_{name}",
                         "checked": builds / "fuzz/fuzz" / f"fuzz_{name}"}
        self.corpus = builds / "fuzz/kept" / name
        self.record = builds / "fuzz/kept" / f"{name}.json"
        self.found = builds / "fuzz/found"
        self.bar = BARS.get(name, BAR)

    def counts(self):
        """Executions, seconds and failures of all runs so far, by build."""
        kept = json.loads(self.record.read_text()) if self.record.exists() else {}
        return {kind: {**NOTHING, **kept.get(kind, {})} for kind in self.programs}

    def executions(self):
        """Of both builds."""
        return sum(count["executions"] for count in self.counts().values())

    def owed_checks(self):
        """How many executions the build with AddressSanitizer is short of its share."""
        count = self.counts()["checked"]["executions"]
        return max(0, math.ceil(CHECKED_SHARE * self.executions()) - count)

    def reached(self):
        """Whether it has had what its bar asks for."""
        return self.executions() >= self.bar and self.owed_checks() == 0

    def dictionary(self):
        """Options that give the program the words its parser knows."""
        wanted = DICTIONARIES.get(self.name)
        if not wanted:
            return []
        words = set(SIGNS.split())
        for pattern, word in wanted.items():
            for file in SOURCES.glob(pattern):
                found = re.findall(word, file.read_text(), re.MULTILINE)
                words.update(name + "(" if word == FUNCTIONS else name for name in found)
        file = self.corpus.parent / f"{self.name}.dict"
        file.write_text("".join(f'"{word}"\n' for word in sorted(words)))
        return [f"-dict={file}"]

    def run(self, kind, *limits):
        """One slice of a build, until one of `limits` (options). Whether no input broke it."""
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.found.mkdir(parents=True, exist_ok=True)
        seeds = SEEDS / f"fuzz_{self.name}"
        command = [
            str(self.programs[kind]), *limits, f"-timeout={INPUT_SECONDS_MAX}",
            f"-rss_limit_mb={MEMORY_MB_MAX}", f"-max_len={LENGTHS.get(self.name, LENGTH)}",
            "-print_final_stats=1", "-verbosity=1", f"-artifact_prefix={self.found}/{self.name}-",
            *self.dictionary(), str(self.corpus)] + ([str(seeds)] if seeds.is_dir() else [])
        began = processor_seconds()
        log = self.corpus.parent / f"{self.name}.{kind}.log"
        with open(log, "wb") as out:
            done = subprocess.run(command, stdout=out, stderr=out, check=False,
                                  env={**os.environ, **SANITIZERS})
        text = log.read_text(errors="replace")
        spent = processor_seconds() - began
        broken = done.returncode != 0 and not self.was_kept_waiting(kind, text)
        self.add(kind, text, round(spent), broken)
        if broken:
            print(f"{self.name}: failed, see {log} and {self.found}", file=sys.stderr)
        return not broken

    def add(self, kind, text, seconds, broken):
        """Counts a slice that said `text`."""
        stat = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
        # Without the sum (it was killed, or the sanitizer ended it) the last line that counts.
        lines = re.findall(r"^#(\d+)\s", text, re.MULTILINE)
        counts = self.counts()
        count = counts[kind]
        count["executions"] += int(stat[1]) if stat else int(lines[-1]) if lines else 0
        count["seconds"] += seconds
        count["broken"] += broken
        self.record.write_text(json.dumps(counts) + "\n")

    def was_kept_waiting(self, kind, text):
        """Whether an input seemed to hang only because others had the processor.

        The program measures by the clock on the wall, and it runs behind everything else."""
        hung = re.search(r"Test unit written to (\S+-timeout-[0-9a-f]+)", text)
        if not hung:
            return False
        before = processor_seconds()
        done = subprocess.run([str(self.programs[kind]), "-timeout=60", hung[1]],
                              capture_output=True, check=False, env={**os.environ, **SANITIZERS})
        spent = processor_seconds() - before
        if done.returncode != 0 or spent >= INPUT_SECONDS_MAX:
            return False
        print(f"{self.name}: {hung[1]} took {spent:.2f} s of a processor: no hang", file=sys.stderr)
        pathlib.Path(hung[1]).rename(self.corpus / pathlib.Path(hung[1]).name)
        return True


def report(targets):
    """The table of all counts."""
    print(f"{'target':<12}{'executions':>13}{'of bar':>8}{'fast':>13}{'a second':>10}"
          f"{'checked':>12}{'a second':>10}{'share':>7}{'inputs':>8}{'broken':>8}")
    for target in targets:
        counts = target.counts()
        fast, checked = counts["fast"], counts["checked"]
        kept = sum(1 for _ in target.corpus.iterdir()) if target.corpus.is_dir() else 0
        rates = [count["executions"] // max(count["seconds"], 1) for count in (fast, checked)]
        total = target.executions()
        print(f"{target.name:<12}{total:>13,}{total / target.bar:>8.0%}"
              f"{fast['executions']:>13,}{rates[0]:>10,}"
              f"{checked['executions']:>12,}{rates[1]:>10,}"
              f"{checked['executions'] / max(total, 1):>7.1%}{kept:>8,}"
              f"{fast['broken'] + checked['broken']:>8}")


def run_slice(target, seconds):
    """One slice of the build whose turn it is. Whether all inputs were taken well."""
    owed = target.owed_checks()
    kind = "checked" if owed else "fast"
    seconds = max(1, min(SLICE_SECONDS, round(seconds)))
    print(f"{target.name}, {kind}: {seconds} s", file=sys.stderr)
    limits = [f"-max_total_time={seconds}"]
    if owed:
        # A little more than is owed, or it would be owed again at once.
        limits.append(f"-runs={math.ceil(owed / (1 - CHECKED_SHARE)) + 1}")
    return target.run(kind, *limits)


def run_for(target, seconds):
    """Slices of a target until its time is over or it breaks, then the corpus as it is now."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) >= 1:
        if not run_slice(target, left):
            return False
    return target.run("checked", "-runs=0")


def run_to_bar(targets, seconds):
    """Slices of all targets until they have reached their bars. A broken one runs no more."""
    end = time.monotonic() + seconds
    going = list(targets)
    while (left := end - time.monotonic()) >= 1:
        below = [target for target in going if not target.reached()]
        if not below:
            break
        target = min(below, key=lambda one: one.executions() / one.bar)
        if not run_slice(target, left):
            going.remove(target)
    whole = [target for target in going if target.run("checked", "-runs=0")]
    return whole == targets and all(target.reached() for target in targets)


def main():
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("names", nargs="*", metavar="TARGET")
    parser.add_argument("--builds", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--bar", action="store_true")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    programs = sorted((options.builds / "fuzz-fast/fuzz").glob("fuzz_*"))
    chosen = [Target(name, options.builds)
              for name in (program.name.removeprefix("fuzz_") for program in programs)
              if not options.names or any(part in name for part in options.names)]
    if not chosen:
        parser.error(f"no fuzz target matches: {' '.join(options.names)}")
    if options.report:
        good = True
    elif options.bar:
        good = run_to_bar(chosen, options.seconds or 86_400)
    else:
        good = all([run_for(target, options.seconds or 60) for target in chosen])
    report(chosen)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
