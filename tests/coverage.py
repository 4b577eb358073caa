#!/usr/bin/env python3
"""Says which branches of a module its own unit tests take, file by file.

coverage.py --build FOLDER [--module NAME] [--least PERCENT] [--missing FILE...]

FOLDER holds a build of clang's with AWDA_COVERAGE. A branch is one outcome of a condition as the
source has it: of each operand of && and ||, of ?:, of if and of loops, and each label of a switch.
Ends with a table and a total, and with 1 if a test failed or less than PERCENT was taken. With
--missing it runs nothing and lists what the last run did not take in those files.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

LEAST = 95.0


class Measured:
    """The test program of a module, and what its last run took."""

    def __init__(self, build, module):
        self.program = build / "tests" / f"awda_{module}_tests"
        self.folder = build / "profiles"
        self.profile = self.folder / f"{module}.profdata"

    def run(self):
        """Runs the tests. Processes that they fork add to the same file as they end."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        pattern = self.folder / f"{self.profile.stem}-%m.profraw"
        done = subprocess.run([self.program, "--no-intro", "--minimal"], check=False,
                              stdout=sys.stderr,
                              env={**os.environ, "LLVM_PROFILE_FILE": str(pattern)})
        subprocess.run(["llvm-profdata-19", "merge", "-o", self.profile,
                        *self.folder.glob("*.profraw")], check=True)
        return done.returncode == 0

    def files(self, sources, *options):
        """What llvm-cov knows of the module's files."""
        done = subprocess.run(["llvm-cov-19", "export", self.program, "-instr-profile",
                               self.profile, *options, "--sources", sources],
                              check=True, capture_output=True, text=True)
        return json.loads(done.stdout)["data"][0]["files"]


def table(files, root):
    """Prints the files, fewest taken first. The percentage of all."""
    rows = []
    for file in files:
        branches = file["summary"]["branches"]
        if branches["count"]:
            name = str(pathlib.Path(file["filename"]).relative_to(root))
            rows.append((name, branches["count"], branches["covered"]))
    rows.sort(key=lambda row: (row[2] / row[1], row[0]))
    total = ("total", sum(row[1] for row in rows), sum(row[2] for row in rows))
    print(f"{'file':<36}{'branches':>10}{'taken':>10}{'not':>7}{'percent':>10}")
    for name, count, taken in [*rows, total]:
        print(f"{name:<36}{count:>10,}{taken:>10,}{count - taken:>7,}{100 * taken / count:>9.2f}%")
    return 100 * total[2] / total[1]


def missing(file):
    """Prints the branches of a file that were not taken in any instance of its templates."""
    taken = {}
    for line, column, _, _, true, false, *_ in file["branches"]:
        before = taken.get((line, column), (0, 0))
        taken[line, column] = (before[0] + true, before[1] + false)
    lines = pathlib.Path(file["filename"]).read_text(encoding="utf-8").splitlines()
    for (line, column), (true, false) in sorted(taken.items()):
        if not (true and false):
            never = "neither" if not (true or false) else "false" if true else "true"
            print(f"{pathlib.Path(file['filename']).name}:{line}:{column}: never {never}: "
                  f"{lines[line - 1].strip()}")


def main():
    """Reads the command line."""
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(prog="./dev coverage")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--module", default="forms")
    parser.add_argument("--least", type=float, default=LEAST, metavar="PERCENT")
    parser.add_argument("--missing", nargs="*", metavar="FILE")
    options = parser.parse_args()
    measured = Measured(options.build, options.module)
    if options.missing is not None:
        for file in measured.files(root / options.module):
            if not options.missing or any(name in file["filename"] for name in options.missing):
                missing(file)
        return 0
    passed = measured.run()
    percent = table(measured.files(root / options.module, "--summary-only"), root)
    return 0 if passed and percent >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
