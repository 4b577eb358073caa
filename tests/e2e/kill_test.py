#!/usr/bin/env python3
"""Goal: whoever is killed, and whenever, every record arrives, once.

Method: the real programs over a slow link; agent or central gets SIGKILL at a seeded moment of the
upload, ten times; then one undisturbed run, and both sides are compared.
"""
import random
import time

from tap import check, main, test

SEED = 20260101
KILLS = 10
RATE = 6000  # bytes a second: the batch of 25 intakes takes some seconds, so that kills meet it


def interrupt(place, hq, office, port, draw, number):
    """One upload that does not live to its end; says whom it killed and how far the upload was."""
    link = place.link(port, rate=RATE, seed=number)
    agent = office.start("sync", "--once", "--connect", link.address)
    before = link.stats()["bytes_up"]
    deadline = time.monotonic() + 15
    while agent.poll() is None and link.server.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
        if live_bytes(hq) > 0:
            break
    time.sleep(draw.uniform(0.0, 1.0))
    victim = draw.choice(["agent", "central"])
    if victim == "central":
        hq.server.kill()
    agent.kill()
    agent.wait()
    link.stop()
    if victim == "central":
        hq.serve(port)
    return victim, before


def live_bytes(hq):
    """Bytes of batches that central has received and not yet taken in."""
    return sum(part.stat().st_size for part in (hq.data / "spool").glob("*.part"))


@test(f"{KILLS} kills of agent and central in the middle of an upload lose and double nothing")
def kills(place):
    draw = random.Random(SEED)
    hq, office = place.enrolled()
    made = office.record_all()
    port = hq.server.port
    victims, partial = [], 0
    for number in range(KILLS):
        victim, _ = interrupt(place, hq, office, port, draw, number)
        victims.append(victim)
        partial += live_bytes(hq) > 0
    print(f"# seed {SEED}: killed {victims}; {partial} times with a part of the batch at central")
    check(partial >= KILLS // 2, f"only {partial} kills met an upload under way")
    check({"agent", "central"} == set(victims), "both sides must have been killed")
    final = office.json("sync", "--once")
    check(final["receipts_verified"] >= 1, f"no receipt at the end: {final}")
    arrived = [row["instance"] for row in hq.records()]
    check(sorted(arrived) == sorted(made), f"{len(made)} made, {len(arrived)} arrived")
    check(office.json("status")["waiting_records"] == 0, "records still waiting")
    check(office.json("log", "verify")["ok"], "the log does not verify")


@test("an agent killed while it records keeps every record it has announced")
def killed_while_recording(place):
    draw = random.Random(SEED)
    hq, office = place.enrolled()
    for _ in range(3):
        agent = office.start("intake", "new", "--form", "returnee-intake", "--answers",
                             place.programs.parents[2] / "tests/data/intakes")
        time.sleep(draw.uniform(0.5, 3.0))
        agent.kill()
        agent.wait()
    check(office.json("log", "verify")["ok"], "the log does not verify")
    kept = {row["instance"] for row in office.json("intake", "list")["records"] if row["state"] != "draft"}
    office.json("sync", "--once")
    check({row["instance"] for row in hq.records()} == kept, "the two sides differ")


if __name__ == "__main__":
    main()
