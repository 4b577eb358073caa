#!/usr/bin/env python3
"""Goal: offices without a network lose nothing and deliver nothing twice.

Method: the real programs. Two computers, vouchers in and everything else by folders that are
copied, lost, brought in the wrong order and brought twice; one finds a network in between.
"""
import json
import pathlib
import shutil

from tap import check, main, test
from office import FORM, OFFICE_NAME, ROOT, Office

INTAKES = sorted((ROOT / "tests/data/intakes").glob("*.json"))


class Remote(Office):
    """A computer in a folder of its own, enrolled by a voucher that came by hand."""

    def __init__(self, place, hq, name):
        home = place.home / name
        home.mkdir()
        super().__init__(home, place.programs, name)
        hq.voucher(home / "office.voucher", 1, OFFICE_NAME)
        self.enrol(home / "office.voucher")
        self.made, self.todo = [], list(INTAKES)

    def record(self, count):
        for _ in range(count):
            file = self.todo.pop(0)
            done = self.json("intake", "new", "--form", FORM, "--answers", file)
            self.made.append(done["records"][0]["instance"])

    def export(self, stick):
        return self.json("envelope", "export", stick)

    def take_home(self, stick, expect=0):
        out = self.run("envelope", "import", stick, "--json", expect=expect)
        return json.loads(out.splitlines()[0])


def take(hq, stick, expect=0):
    """What central makes of a stick, by device."""
    out = hq.run("envelope", "import", stick, "--data", hq.data, "--keys", hq.keys, "--json",
                 expect=expect)
    document = next(json.loads(line) for line in out.splitlines() if line.startswith("{"))
    return {row["device"]: row for row in document["devices"]}


def copy(stick, name):
    """The same files on another stick, as the carrier would copy them."""
    return pathlib.Path(shutil.copytree(stick, stick.parent / name))


def batch_files(stick, device):
    return sorted((stick / device).glob("*.awb"))


@test("two offices, three trips in odd orders, the network in between: none lost, none twice")
def trips(place):
    hq = place.headquarters()
    first, second = Remote(place, hq, "first"), Remote(place, hq, "second")
    stick = place.home / "stick"
    # The first trip of both is under way when they go on working.
    first.record(2)
    second.record(3)
    one = first.export(stick)["device"]
    two = second.export(stick)["device"]
    early = copy(stick, "early")
    first.record(2)
    second.record(1)
    first.export(stick)
    second.export(stick)
    # The second trip arrives without what the first one carries: it waits, and is named.
    for device in (one, two):
        batch_files(stick, device)[0].unlink()
    gaps = take(hq, stick, expect=1)
    check(gaps[one]["missing"] == [{"first": 1, "last": 1}], f"no gap named: {gaps}")
    check(gaps[one]["enrolled"] and not gaps[one]["stored"], f"not only enrolled: {gaps}")
    late = take(hq, early)
    check(late[one]["opened"] == [1, 2] and late[two]["opened"] == [1, 2], f"not taken: {late}")
    check(take(hq, early)[one]["again"] == 1, "the same stick again is not the same")
    # The answers go home on the stick that came last, to one of them only.
    home = first.take_home(early)
    check(home["enrolled"] and home["records"] == 4 and home["others"] == 1, f"home: {home}")
    # The other office finds a network, and delivers what the stick has delivered already.
    port = hq.serve()
    second.record(1)
    online = second.json("sync", "--once", "--connect", f"127.0.0.1:{port}")
    check(online["records"] == 5, f"the network's part: {online}")
    hq.stop()
    # The third trip: an old stick, twice, and a new one.
    first.record(1)
    for folder in (early, stick, stick):
        check(first.export(folder)["numbers"] == [3], "only what has no receipt is carried")
        take(hq, folder)
    check(second.take_home(stick)["records"] == 0, "delivered over the network before")
    check(first.take_home(stick)["records"] == 1, "the last one's receipt")
    arrived = [row["instance"] for row in hq.records()]
    check(sorted(arrived) == sorted(first.made + second.made), f"{len(arrived)} arrived")
    for office in (first, second):
        status = office.json("status")
        check(status["waiting_batches"] == 0, f"still waiting: {status}")
        check(status["delivered_records"] == len(office.made), f"not delivered: {status}")
        check(office.json("log", "verify")["ok"], "the log")


@test("a copied computer's stick is a fork: named at central, and the copy stops")
def fork(place):
    hq = place.headquarters()
    office = Remote(place, hq, "office")
    office.record(1)
    stick = place.home / "stick"
    office.export(stick)
    twin = Office(office.home, place.programs, office.name)
    twin.data = pathlib.Path(shutil.copytree(office.data, office.home / "twin"))
    take(hq, stick)
    office.take_home(stick)
    office.record(1)
    office.export(stick)
    take(hq, stick)
    twin.json("intake", "new", "--form", FORM, "--answers", INTAKES[5])
    other = place.home / "other"
    device = twin.json("envelope", "export", other)["device"]
    taken = take(hq, other, expect=1)[device]
    check(taken["forks"] == [2], f"no fork: {taken}")
    refused = twin.run("envelope", "import", other, "--json", expect=1)
    check('"code":"fork"' in refused, f"the copy goes on: {refused}")
    check('"fork"' in twin.run("sync", "--once", "--json", expect=1), "it still delivers")
    check(office.take_home(stick)["records"] == 1, "the genuine one is disturbed")
    check(len(hq.records()) == 2, "the copy's record was taken")


@test("a stick of bytes and a headquarters that is serving are told in clear words")
def bad_sticks(place):
    hq = place.headquarters()
    office = Remote(place, hq, "office")
    office.record(1)
    stick = place.home / "stick"
    office.export(stick)
    for file in (stick / office.export(stick)["device"]).iterdir():
        file.write_bytes(b"\0" * 5000)
    seen = office.json("envelope", "inspect", stick)["devices"][0]
    check(len(seen["damaged"]) == 2 and not seen["batches"], f"damage: {seen}")
    check(not next(iter(take(hq, stick, expect=1).values()))["known"], "enrolled by zeros")
    mended = office.export(stick)
    check(mended["written"] == 1, f"not mended: {mended}")
    port = hq.serve()
    busy = hq.run("envelope", "import", stick, "--data", hq.data, "--keys", hq.keys, expect=1)
    check("busy" in busy, f"beside serve on {port}: {busy}")
    hq.stop()
    check(next(iter(take(hq, stick).values()))["opened"] == [1], "the mended stick")
    check(office.take_home(stick)["records"] == 1, "and its way home")


if __name__ == "__main__":
    main()
