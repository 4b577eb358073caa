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
RATE = 4000  # bytes a second: the batch of 25 intakes takes some seconds, so that kills meet it
VICTIMS = ("agent", "central")  # when central dies, the agent dies with the office's power


def interrupt(place, hq, office, port, draw, number):
    """One upload that does not live to its end; says who was killed."""
    link = place.link(port, rate=RATE, seed=number)
    before = part_size(hq)
    agent = office.start("sync", "--once", "--connect", link.address)
    deadline = time.monotonic() + 30
    while agent.poll() is None and part_size(hq) <= before and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(draw.uniform(0.0, 0.2))
    victim = VICTIMS[number % 2]
    if victim == "central":
        hq.server.kill()
    agent.kill()
    agent.wait()
    link.stop()
    if victim == "central":
        hq.serve(port)
    return victim


def part_size(hq):
    """Bytes of batches that central has received and not yet taken in."""
    return sum(part.stat().st_size for part in (hq.data / "spool").glob("*.part"))


@test(f"{KILLS} kills of agent and central in the middle of an upload lose and double nothing")
def kills(place):
    draw = random.Random(SEED)
    hq, office = place.enrolled()
    made = office.record_all()
    port = hq.server.port
    sizes = []
    for number in range(KILLS):
        interrupt(place, hq, office, port, draw, number)
        sizes.append(part_size(hq))
    print(f"# seed {SEED}: bytes of the batch at central after each kill: {sizes}")
    grew = sum(after > before for before, after in zip([0, *sizes], sizes))
    check(grew >= KILLS // 2, f"only {grew} kills met an upload under way")
    final = office.json_when_heard("sync", "--once")
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
        agent = office.start(
            "intake",
            "new",
            "--form",
            "returnee-intake",
            "--answers",
            place.programs.parents[2] / "tests/data/intakes",
        )
        time.sleep(draw.uniform(0.5, 3.0))
        agent.kill()
        agent.wait()
    check(office.json_when_heard("log", "verify")["ok"], "the log does not verify")
    kept = {
        row["instance"]
        for row in office.json("intake", "list")["records"]
        if row["state"] != "draft"
    }
    office.json("sync", "--once")
    check({row["instance"] for row in hq.records()} == kept, "the two sides differ")


if __name__ == "__main__":
    main()
