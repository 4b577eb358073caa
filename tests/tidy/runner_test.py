#!/usr/bin/env python3
"""Holds tests/run.py to its word: what it counts as passed, failed and skipped. Speaks TAP."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import run  # noqa: E402

DOCTEST = "[doctest] test cases:  {} |  {} passed | {} failed | {} skipped\n"
# Name, output, exit status, timed out after, (passed, failed, skipped).
JUDGED = (
    ("a doctest summary is counted", DOCTEST.format(3, 3, 0, 0), 0, None, (3, 0, 0)),
    ("colours do not hide a summary",
     "\x1b[0m" + DOCTEST.format(3, 2, 1, 0).replace("2 passed", "\x1b[32m2 passed\x1b[0m"), 1, None,
     (2, 1, 0)),
    ("a SKIPPED line turns a pass into a skip",
     "SKIPPED: a_test.cpp: no data\n" + DOCTEST.format(3, 3, 0, 0), 0, None, (2, 0, 1)),
    ("a case that the code marks skip() is a skip", DOCTEST.format(3, 2, 0, 1), 0, None, (2, 0, 1)),
    ("no test at all is a failure", DOCTEST.format(0, 0, 0, 0), 0, None, (0, 1, 0)),
    ("no output is a failure", "", 0, None, (0, 1, 0)),
    ("a crash after good results is a failure", "ok 1 - a\n", -11, None, (1, 1, 0)),
    ("a crash before the summary is a failure", "[doctest] doctest version\n", -6, None, (0, 1, 0)),
    ("a bad status without a failed case is a failure", DOCTEST.format(1, 1, 0, 0), 3, None,
     (1, 1, 0)),
    ("failed cases are not counted twice for the exit status", DOCTEST.format(4, 2, 2, 0), 1, None,
     (2, 2, 0)),
    ("running out of time is a failure", "ok 1 - a\n", -9, 5.0, (1, 1, 0)),
    ("TAP results are counted", "1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no root\n", 1, None,
     (1, 1, 1)),
    ("TAP without numbers or plan is counted", "ok - a\nok b\n", 0, None, (2, 0, 0)),
    ("a TAP plan that is not met is a failure", "1..3\nok 1 - a\n", 0, None, (1, 1, 0)),
    ("a TAP program may skip everything", "1..0 # SKIP no display\n", 0, None, (0, 0, 1)),
    ("Bail out! is a failure", "ok 1 - a\nBail out! no server\n", 1, None, (1, 1, 0)),
    ("words that begin with ok are not results", "okay then\nok 1 - a\n", 0, None, (1, 0, 0)),
)
SCRIPTS = (
    ("a program that cannot be started has failed", ["/nonexistent/program"], 10, (0, 1, 0)),
    ("a program that hangs is ended", ["sh", "-c", "echo ok 1 - a; exec sleep 60"], 0.3, (1, 1, 0)),
    ("a program's own exit counts", ["sh", "-c", "echo ok 1 - a; kill -ABRT $$"], 10, (1, 1, 0)),
    ("a program gets a home of its own",
     ["sh", "-c", 'test -d "$HOME" && test "$HOME" = "$TMPDIR" && echo ok 1 - a'], 10, (1, 0, 0)),
)


def report(number, name, got, expected):
    """One TAP line; True if the test passed."""
    print(f"{'ok' if got == expected else 'not ok'} {number} - {name}")
    if got != expected:
        print(f"#   expected {expected}, got {got}")
    return got == expected


def counts(verdict):
    """A verdict as (passed, failed, skipped)."""
    return verdict.passed, verdict.failed, len(verdict.skips)


def run_program(command, timeout_s, strict=False, name="made_up"):
    """The verdict of a real run, its chatter kept away from our own TAP."""
    program = run.Program(name, command, [], timeout_s, False, "/", [])
    with tempfile.TemporaryDirectory() as folder:
        runner = run.Runner(pathlib.Path(folder), strict)
        runner.tell = lambda *_: None
        runner.run_all([program], 1)
        return counts(runner.verdicts[0][1])


def main():
    """Runs the tables above."""
    results = []
    for name, output, status, timed_out_s, expected in JUDGED:
        got = counts(run.judge(output, status, timed_out_s))
        results.append(report(len(results) + 1, name, got, expected))
    for name, command, timeout_s, expected in SCRIPTS:
        got = run_program(command, timeout_s)
        results.append(report(len(results) + 1, name, got, expected))
    skipping = ["sh", "-c", "echo 'ok 1 - a'; echo 'ok 2 - b # SKIP no data'"]
    for name, program, strict, expected in (
            ("a skipped conformance test fails in CI", "forms_conformance", True, (1, 1, 0)),
            ("elsewhere a skipped conformance test is a skip", "conformance", False, (1, 0, 1)),
            ("another skipped test is a skip in CI too", "package", True, (1, 0, 1))):
        got = run_program(skipping, 10, strict, program)
        results.append(report(len(results) + 1, name, got, expected))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
