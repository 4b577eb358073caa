#!/usr/bin/env python3
"""Judges a headless run by what each side says of itself, and prints the table. Exit 1 on a mismatch."""
import csv
import json
import pathlib
import sys
import time


def load(home, name):
    with open(home / name, encoding="utf-8") as source:
        return json.load(source)


def main():
    home, started = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    made = load(home, "intakes.json")
    sync = load(home, "sync.json")
    status = load(home, "status.json")
    verify = load(home, "verify.json")
    central = load(home, "central.json")
    link = load(home, "proxy.json")
    seconds = (time.time_ns() - started) / 1e9

    ids = {row["instance"] for row in made["records"]}
    arrived = [row["instance"] for row in central["records"]]
    with open(home / "export" / "returnee-intake.csv", encoding="utf-8-sig", newline="") as source:
        exported = list(csv.DictReader(source))
    checks = {
        "25 records were made": len(ids) == 25,
        "each of them is at central": ids == set(arrived),
        "none of them twice": len(arrived) == len(set(arrived)),
        "nothing is still waiting": status["waiting_records"] == 0,
        "the link was cut twice": link["cuts"] == 2,
        "every batch has both receipts": sync["receipts_verified"] == 2 * sync["batches"] > 0,
        "the log verifies": verify["ok"] is True,
        "the export holds as many rows": len(exported) == len(ids),
        "Arabic came through": any("\u0600" <= c <= "\u06ff" for r in exported for v in r.values() for c in v),
    }
    rows = [
        ("records", len(arrived)),
        ("bytes sealed", sync["bytes_sealed"]),
        ("bytes on the wire", link["bytes_up"] + link["bytes_down"]),
        ("cuts survived", link["cuts"]),
        ("receipts verified", sync["receipts_verified"]),
        ("time", f"{seconds:.1f} s"),
    ]
    width = max(len(name) for name, _ in rows)
    print()
    for name, value in rows:
        print(f"  {name:<{width}}  {value:>10}")
    print()
    failed = [name for name, good in checks.items() if not good]
    for name in failed:
        print(f"not so: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
