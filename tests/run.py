#!/usr/bin/env python3
"""Runs every test program that CMake registered, and counts test cases, not programs.

A program speaks doctest's summary or TAP (`ok`, `not ok`, `ok - name # SKIP reason`). A doctest
case that cannot run here prints `SKIPPED: file: reason`. A program that crashes, overruns its time
or runs no test at all has failed. The last line is always `N passed, N failed, N skipped`.

Each program gets a fresh HOME and TMPDIR, removed when it passes; its output is kept in
<build>/Testing/logs. Programs marked RUN_SERIAL run alone, after the others.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEFAULT_TIMEOUT_S = 600
LOG_BYTES_MAX = 64 << 20
TAIL_LINES = 120

ANSI = re.compile(r"\x1b\[[0-9;]*m")
DOCTEST = re.compile(r"^\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed"
                     r"(?: \|\s*(\d+) skipped)?")
SKIPPED = re.compile(r"SKIPPED: (.+?): (.+)")
TAP_RESULT = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*(.*)$")
TAP_PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$", re.IGNORECASE)
TAP_SKIP = re.compile(r"^(.*?)\s*#\s*skip\S*\s*(.*)$", re.IGNORECASE)


@dataclasses.dataclass
class Verdict:
    """What one program's run amounts to."""
    passed: int = 0
    failed: int = 0
    skips: list = dataclasses.field(default_factory=list)  # (what, reason)
    faults: list = dataclasses.field(default_factory=list)  # why, beyond failed cases


@dataclasses.dataclass
class Program:
    """One test program as CMake registered it."""
    name: str
    command: list
    labels: list
    timeout_s: float
    serial: bool
    folder: str
    environment: list


def judge_doctest(lines, verdict):
    """Counts doctest's summaries; True if there was one."""
    found = False
    passed = 0
    for line in lines:
        match = DOCTEST.match(line)
        if match:
            found = True
            passed += int(match[2])
            verdict.failed += int(match[3])
            for _ in range(int(match[4] or 0)):
                verdict.skips.append(("a doctest case", "marked skip() in the code"))
    if not found:
        return False
    for line in lines:
        match = SKIPPED.search(line)
        if match:
            verdict.skips.append((match[1].removeprefix(f"{ROOT}/"), match[2]))
            passed -= 1  # doctest saw the case return early, and called that a pass
    verdict.passed += max(passed, 0)
    return True


def judge_tap(lines, verdict):
    """Counts TAP results and holds them against the plan, if one was given."""
    seen = 0
    plan = None
    for line in lines:
        if line.startswith("Bail out!"):
            verdict.faults.append(line)
        match = TAP_PLAN.match(line)
        if match:
            plan = int(match[1])
            if plan == 0:
                verdict.skips.append(("all of it", match[2] or "no reason given"))
            continue
        match = TAP_RESULT.match(line)
        if not match:
            continue
        seen += 1
        skip = TAP_SKIP.match(match[2])
        if match[1]:
            verdict.failed += 1
        elif skip:
            verdict.skips.append((skip[1] or "a test", skip[2] or "no reason given"))
        else:
            verdict.passed += 1
    if plan is not None and plan != seen:
        verdict.faults.append(f"{plan} tests were planned, {seen} reported")


def judge(output, status, timed_out_s=None):
    """The verdict on a program's output and exit status (negative: the signal that ended it)."""
    verdict = Verdict()
    lines = [ANSI.sub("", line).rstrip() for line in output.splitlines()]
    if not judge_doctest(lines, verdict):
        judge_tap(lines, verdict)
    if timed_out_s is not None:
        verdict.faults.append(f"still running after {timed_out_s:.0f} s: ended")
    elif status < 0:
        verdict.faults.append(f"ended by signal {-status}")
    elif status != 0 and verdict.failed == 0 and not verdict.faults:
        verdict.faults.append(f"exit status {status}, although no case failed")
    if verdict.passed + verdict.failed + len(verdict.skips) == 0 and not verdict.faults:
        verdict.faults.append("ran no test")
    verdict.failed += len(verdict.faults)
    return verdict


def forbidden_skips(program, verdict, strict):
    """In CI, with the conformance data present, no conformance test may be skipped."""
    if not strict:
        return []
    return [(what, reason) for what, reason in verdict.skips
            if "conformance" in f"{program.name} {' '.join(program.labels)} {what}"]


def registered(build):
    """The programs that CMake registered in a build folder."""
    listing = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"],
                             check=True, capture_output=True, text=True).stdout
    programs = []
    for test in json.loads(listing)["tests"]:
        properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
        if properties.get("DISABLED"):
            continue
        programs.append(Program(
            name=test["name"], command=test.get("command", []),
            labels=properties.get("LABELS", []),
            timeout_s=float(properties.get("TIMEOUT", DEFAULT_TIMEOUT_S)),
            serial=bool(properties.get("RUN_SERIAL", False)),
            folder=properties.get("WORKING_DIRECTORY", str(build)),
            environment=properties.get("ENVIRONMENT", [])))
    return programs


def end_group(process):
    """Ends a program together with whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Runner:
    """Runs programs and gathers their verdicts. run_one() is called from several threads."""

    def __init__(self, build, strict):
        self.strict = strict
        self.logs = build / "Testing" / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.times_file = build / "Testing" / "times.json"
        self.times = self.load_times()
        self.lock = threading.Lock()
        self.verdicts = []

    def load_times(self):
        """How long each program took last time, so that long ones start first."""
        try:
            return json.loads(self.times_file.read_text())
        except (OSError, ValueError):
            return {}

    def launch(self, program, log):
        """Runs a program to its end; gives (status, seconds, timed out, its home)."""
        home = tempfile.mkdtemp(prefix="awda-test-")
        environment = dict(os.environ, HOME=home, TMPDIR=home, XDG_RUNTIME_DIR=home,
                           LC_ALL="C.UTF-8")
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            environment.pop(name, None)
        environment.update(entry.split("=", 1) for entry in program.environment)
        start = time.monotonic()
        with open(log, "wb") as out:
            process = subprocess.Popen(program.command, cwd=program.folder, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            timed_out = False
            try:
                status = process.wait(program.timeout_s)
            except subprocess.TimeoutExpired:
                timed_out = True
                end_group(process)
                status = process.wait()
            end_group(process)
        return status, time.monotonic() - start, timed_out, home

    def run_one(self, program):
        """Runs and judges one program, and tells how it went."""
        log = self.logs / f"{program.name}.log"
        home = None
        try:
            status, seconds, timed_out, home = self.launch(program, log)
            with open(log, "rb") as kept:
                output = kept.read(LOG_BYTES_MAX).decode(errors="replace")
            verdict = judge(output, status, program.timeout_s if timed_out else None)
        except (OSError, IndexError) as error:
            seconds, output = 0.0, ""
            verdict = Verdict(failed=1, faults=[f"could not be started: {error}"])
        for what, reason in forbidden_skips(program, verdict, self.strict):
            verdict.skips.remove((what, reason))
            verdict.failed += 1
            verdict.faults.append(f"a conformance test was skipped in CI: {what}: {reason}")
        if home is not None and verdict.failed == 0:
            shutil.rmtree(home, ignore_errors=True)
        with self.lock:
            self.times[program.name] = round(seconds, 1)
            self.verdicts.append((program, verdict))
            self.tell(program, verdict, seconds, output, log, home)

    @staticmethod
    def tell(program, verdict, seconds, output, log, home):
        """One line a program; what it printed as well, if it failed."""
        word = "FAIL" if verdict.failed else "ok  "
        counts = f"{verdict.passed} passed"
        if verdict.failed:
            counts += f", {verdict.failed} failed"
        if verdict.skips:
            counts += f", {len(verdict.skips)} skipped"
        print(f"{word} {seconds:7.1f} s  {program.name}: {counts}", flush=True)
        if verdict.failed:
            lines = output.splitlines()
            for line in lines[-TAIL_LINES:]:
                print(f"     | {line}")
            for fault in verdict.faults:
                print(f"     ! {fault}")
            print(f"     ! all of its output: {log}; its files: {home}", flush=True)

    def run_all(self, programs, jobs):
        """The parallel ones first, longest first; then the serial ones, one by one."""
        programs = sorted(programs, key=lambda p: -self.times.get(p.name, 0.0))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for future in [pool.submit(self.run_one, p) for p in programs if not p.serial]:
                future.result()
        for program in programs:
            if program.serial:
                self.run_one(program)
        self.times_file.write_text(json.dumps(self.times, indent=1, sort_keys=True))

    def close(self):
        """Lists the skips, prints the closing line, gives the exit status."""
        passed = failed = skipped = 0
        for program, verdict in sorted(self.verdicts, key=lambda pair: pair[0].name):
            passed += verdict.passed
            failed += verdict.failed
            skipped += len(verdict.skips)
            for what, reason in verdict.skips:
                print(f"skipped: {program.name}: {what}: {reason}")
        print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
        return 1 if failed or passed == 0 else 0


def main():
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(description="Run Awda's tests.")
    parser.add_argument("names", nargs="*", help="only programs whose name contains one of these")
    parser.add_argument("--build", required=True, type=pathlib.Path, help="CMake's build folder")
    parser.add_argument("--skip", action="append", default=[], help="leave these out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--list", action="store_true", help="only list the programs")
    options = parser.parse_args()
    programs = [program for program in registered(options.build)
                if (not options.names or any(name in program.name for name in options.names))
                and not any(name in program.name for name in options.skip)]
    if options.list:
        for program in programs:
            print(program.name, " ".join(program.labels))
        return 0
    if not programs:
        print(f"no test matches: {' '.join(options.names)}", file=sys.stderr)
        print("0 passed, 1 failed, 0 skipped")
        return 1
    shared = pathlib.Path(os.environ.get("AWDA_SHARED", ROOT.parent / "shared"))
    strict = os.environ.get("CI") == "true" and (shared / "conformance").is_dir()
    runner = Runner(options.build.resolve(), strict)
    runner.run_all(programs, max(options.jobs, 1))
    return runner.close()


if __name__ == "__main__":
    sys.exit(main())
