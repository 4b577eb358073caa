#!/usr/bin/env python3
"""Goal: the README's headless command does what it says, from any seed, and may be run twice."""
import subprocess
import sys

from tap import check, main, test
from office import ROOT


def run(place, seed):
    return subprocess.run(
        [
            sys.executable,
            ROOT / "packaging/run.py",
            "--headless",
            "--bin",
            place.programs,
            "--seed",
            str(seed),
        ],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@test("the headless main job succeeds twice, with cuts at different places")
def twice(place):
    for seed in (1, 2):
        done = run(place, seed)
        check(
            done.returncode == 0, f"seed {seed}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
        for word in ("records", "bytes sealed", "cuts survived", "receipts verified"):
            check(word in done.stdout, f"the table lacks {word}: {done.stdout}")


@test("every program answers --help and --version, and a wrong option with exit code 2")
def manners(place):
    for name in ("awda", "awda-central", "awda-desk"):
        program = place.programs / name
        for option in ("--help", "--version"):
            done = subprocess.run([program, option], capture_output=True, text=True, check=False)
            check(done.returncode == 0, f"{name} {option}: exit {done.returncode}: {done.stderr}")
            check(len(done.stdout) > 3, f"{name} {option} says nothing")
        wrong = subprocess.run(
            [program, "--no-such-option"], capture_output=True, text=True, check=False
        )
        check(wrong.returncode == 2, f"{name} --no-such-option: exit {wrong.returncode}")


if __name__ == "__main__":
    main()
