"""Tests as functions, reported as TAP. Standard library only.

    @test("a wrong passphrase is refused")
    def wrong_passphrase(place): ...

A test gets a Place: a fresh folder, the programs' folder, and what it starts through it is ended
after it. It fails by an exception (check() raises one) and skips by raising Skip(reason).
"""
import argparse
import pathlib
import shutil
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "packaging"))

from office import Headquarters, Link, Office  # noqa: E402

TESTS = []


class Skip(Exception):
    """Why a test cannot run here."""


def test(name):
    def keep(function):
        TESTS.append((name, function))
        return function

    return keep


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Place:
    """Where one test lives."""

    def __init__(self, home, programs):
        self.home, self.programs = pathlib.Path(home), pathlib.Path(programs)
        self.closing = []

    def headquarters(self):
        hq = Headquarters(self.home, self.programs)
        hq.prepare()
        self.closing.append(lambda: hq.server and hq.server.kill())
        return hq

    def office(self, name="demo"):
        return Office(self.home, self.programs, name)

    def link(self, port, **options):
        link = Link(self.home, port, **options)
        self.closing.append(link.stop)
        return link

    def enrolled(self):
        """A served headquarters and an office that holds its voucher."""
        hq, office = self.headquarters(), self.office()
        hq.voucher(self.home / "office.voucher", hq.serve())
        office.enrol(self.home / "office.voucher")
        return hq, office

    def close(self):
        for close in reversed(self.closing):
            close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True, help="where the programs are")
    parser.add_argument("--only", default="", help="run the tests whose name holds this")
    args = parser.parse_args()
    chosen = [entry for entry in TESTS if args.only in entry[0]]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(chosen, 1):
        place = Place(tempfile.mkdtemp(prefix="awda-e2e-"), args.bin)
        try:
            function(place)
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception:  # a test's failure must not end the others
            failed += 1
            print(f"not ok {number} - {name}")
            print(
                "".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), flush=True
            )
            for log in place.home.glob("*.log"):
                print(f"# {log.name}: {log.read_text(errors='replace')[-1500:]!r}", flush=True)
        finally:
            place.close()
            shutil.rmtree(place.home, ignore_errors=True)
    sys.exit(1 if failed else 0)
