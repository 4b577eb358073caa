#!/usr/bin/env python3
"""The main job, from keys to receipts: central on loopback, a demo office, then the desk.

  ./dev run              opens the window on a demo office, which stays between runs
  ./dev run --headless   records 25 intakes, delivers them over a link that is cut twice, checks the
                         receipts and both sides' records, prints a table, exits 0
"""
import argparse
import csv
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from office import FORM, ROOT, Failed, Headquarters, Link, Office

RUNS = ROOT / "build" / "run"


def say(text):
    print(text, file=sys.stderr, flush=True)


def has_arabic(rows):
    return any(
        "\u0600" <= char <= "\u06ff" for row in rows for value in row.values() for char in value
    )


def judge(made, arrived, exported, sync, status, verify, cuts):
    """What must hold after a headless run; the ones that do not."""
    checks = {
        "25 records were made": len(set(made)) == 25,
        "each of them is at central": set(made) == set(arrived),
        "none of them is there twice": len(arrived) == len(set(arrived)),
        "nothing is still waiting": status["waiting_records"] == 0,
        "the link was cut twice": cuts == 2,
        "every batch has both its receipts": sync["receipts_verified"] == 2 * sync["batches"] > 0,
        "the log verifies": verify["ok"] is True,
        "the export has a row for each": len(exported) == len(made),
        "Arabic came through": has_arabic(exported),
    }
    return [name for name, good in checks.items() if not good]


def print_table(rows):
    width = max(len(name) for name, _ in rows)
    print()
    for name, value in rows:
        print(f"  {name:<{width}}  {value:>10}")
    print(flush=True)


def headless(home, programs, seed):
    started = time.monotonic()
    hq, office, link = Headquarters(home, programs), Office(home, programs), None
    try:
        say("headquarters: making keys and database, starting the server")
        hq.prepare()
        port = hq.serve()
        say("office: enrolling this computer")
        hq.voucher(home / "office.voucher", port)
        office.enrol(home / "office.voucher")
        say("office: recording 25 intakes")
        made = office.record_all()
        say(f"link: delivering over a connection that will be cut twice (seed {seed})")
        link = Link(home, port, cuts=2, seed=seed, lifetime=300)
        sync = office.json("sync", "--once", "--connect", link.address)
        verify, status = office.json("log", "verify"), office.json("status")
        arrived = [row["instance"] for row in hq.records()]
        with open(
            hq.export(home / "export") / f"{FORM}.csv", encoding="utf-8-sig", newline=""
        ) as source:
            exported = list(csv.DictReader(source))
    finally:
        if link:
            link.stop()
        hq.stop()
    stats = link.stats()
    print_table(
        [
            ("records", len(arrived)),
            ("bytes sealed", sync["bytes_sealed"]),
            ("bytes on the wire", stats["bytes_up"] + stats["bytes_down"]),
            ("cuts survived", stats["cuts"]),
            ("receipts verified", sync["receipts_verified"]),
            ("time", f"{time.monotonic() - started:.1f} s"),
        ]
    )
    wrong = judge(made, arrived, exported, sync, status, verify, stats["cuts"])
    for name in wrong:
        say(f"not so: {name}")
    return 1 if wrong else 0


def run_headless(programs, seed, keep):
    RUNS.mkdir(parents=True, exist_ok=True)
    home = pathlib.Path(tempfile.mkdtemp(prefix="headless-", dir=RUNS))
    status = 1
    try:
        status = headless(home, programs, seed)
    finally:
        if status == 0 and not keep:
            shutil.rmtree(home)
        else:
            say(f"run: its folder is kept: {home.relative_to(ROOT)}")
    return status


def run_window(programs):
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        say("run: there is no display here; try: ./dev run --headless")
        return 1
    home = RUNS / "demo"
    ready = home / "ready"
    hq, office = Headquarters(home, programs), Office(home, programs)
    try:
        if ready.exists():
            hq.serve(int(ready.read_text(encoding="ascii")))
        else:
            say("first run: making headquarters and enrolling a demo office")
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True, mode=0o700)
            hq.prepare()
            port = hq.serve()
            hq.voucher(home / "office.voucher", port)
            office.enrol(home / "office.voucher")
            ready.write_text(f"{port}\n", encoding="ascii")
        say(f"log in as: {office.name}\npassphrase: {office.passphrase_file.read_text().strip()}")
        return subprocess.run(
            [pathlib.Path(programs) / "awda-desk", "--data", office.data], check=False
        ).returncode
    finally:
        hq.stop()


def main():
    parser = argparse.ArgumentParser(
        prog="./dev run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--headless", action="store_true", help="no window, no question asked")
    parser.add_argument("--bin", default=ROOT / "build/release/bin", help="where the programs are")
    parser.add_argument(
        "--seed", type=int, default=2026, help="of the places where the link is cut"
    )
    parser.add_argument("--keep", action="store_true", help="keep a headless run's folder")
    args = parser.parse_args()
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if args.headless:
            return run_headless(args.bin, args.seed, args.keep)
        return run_window(args.bin)
    except Failed as problem:
        say(f"run: {problem}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
