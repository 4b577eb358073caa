"""Headquarters, an office and the link between them, as real programs on loopback.

Used by run.py (the main job) and by the end-to-end tests. Every process started here is ended here,
by its own handle. Standard library only.
"""
import base64
import json
import os
import pathlib
import secrets
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORM = "returnee-intake"
OFFICE_NAME = "دائرة الهجرة والمهجرين - أربيل"


class Failed(Exception):
    """A program ended with another exit code than expected; the text holds what it said."""


class Server:
    """A child process that announces its port in a file."""

    def __init__(self, command, port_file, log):
        port_file.unlink(missing_ok=True)
        self.port_file = port_file
        with open(log, "ab") as err:
            self.process = subprocess.Popen(
                [str(part) for part in command], stderr=err, stdout=err, stdin=subprocess.DEVNULL
            )
        self.port = self._wait(log)

    def _wait(self, log):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.port_file.exists() and self.port_file.stat().st_size:
                return int(self.port_file.read_text(encoding="ascii"))
            if self.process.poll() is not None:
                raise Failed(f"a server ended before it was ready, see {log}")
            time.sleep(0.02)
        self.kill()
        raise Failed(f"a server was not ready in time, see {log}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def kill(self):
        """SIGKILL: what a power cut looks like to the program."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Headquarters:
    """Keys, database and server of central, under one folder."""

    def __init__(self, home, programs):
        self.home, self.program = pathlib.Path(home), pathlib.Path(programs) / "awda-central"
        self.keys, self.data = self.home / "keys", self.home / "central"
        self.server = None

    def run(self, *words, expect=0):
        return run_program([self.program, *words], expect)

    def prepare(self):
        self.run("keys", "init", "--out", self.keys)
        self.run("init", "--data", self.data, "--keys", self.keys)

    def serve(self, port=0):
        self.server = Server(
            [
                self.program,
                "serve",
                "--data",
                self.data,
                "--keys",
                self.keys,
                "--listen",
                f"127.0.0.1:{port}",
                "--port-file",
                self.home / "central.port",
            ],
            self.home / "central.port",
            self.home / "central.log",
        )
        return self.server.port

    def voucher(self, file, port, office=OFFICE_NAME):
        self.run(
            "voucher",
            "--data",
            self.data,
            "--keys",
            self.keys,
            "--office-name",
            office,
            "--url",
            f"https://127.0.0.1:{port}",
            "--out",
            file,
        )

    def records(self, *words):
        out = self.run(
            "list", "--data", self.data, "--keys", self.keys, "--form", FORM, "--json", *words
        )
        return json.loads(out)["records"]

    def export(self, folder):
        pathlib.Path(folder).mkdir(exist_ok=True)
        self.run(
            "export", "--data", self.data, "--keys", self.keys, "--form", FORM, "--csv", folder
        )
        return pathlib.Path(folder)

    def stop(self):
        return self.server.stop() if self.server else 0


class Office:
    """One enrolled computer: its vault folder and the `awda` program."""

    def __init__(self, home, programs, name="demo"):
        self.home, self.program = pathlib.Path(home), pathlib.Path(programs) / "awda"
        self.data, self.name = self.home / "office", name
        self.passphrase_file = self.home / "passphrase"

    def environment(self):
        return {
            **os.environ,
            "AWDA_PASSPHRASE_FILE": str(self.passphrase_file),
            "AWDA_OFFICER": self.name,
            "LC_ALL": "C.UTF-8",
        }

    def command(self, *words):
        return [str(self.program), *(str(word) for word in words), "--data", str(self.data)]

    def run(self, *words, expect=0):
        return run_program(self.command(*words), expect, self.environment())

    def json(self, *words, expect=0):
        return json.loads(self.run(*words, "--json", expect=expect))

    def json_when_heard(self, *words):
        """As json(), after an unlock that was interrupted: such a try counts, the next waits."""
        for _ in range(60):
            try:
                return self.json(*words)
            except Failed as problem:
                if "unlock_delayed" not in str(problem):
                    raise
                time.sleep(1)
        raise Failed("the vault did not listen for a minute")

    def start(self, *words):
        """Starts a command and does not wait for it."""
        return subprocess.Popen(
            self.command(*words),
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def new_passphrase(self):
        self.passphrase_file.touch(mode=0o600)
        words = base64.b32encode(secrets.token_bytes(15)).decode().lower()
        self.passphrase_file.write_text(words + "\n", encoding="ascii")

    def enrol(self, voucher):
        self.new_passphrase()
        self.run("init", "--voucher", voucher, "--officer", self.name)

    def record_all(self):
        """The 25 intakes of tests/data/intakes; their instance ids."""
        made = self.json("intake", "new", "--form", FORM, "--answers", ROOT / "tests/data/intakes")
        return [row["instance"] for row in made["records"]]


class Link:
    """link_proxy.py in front of a server."""

    def __init__(self, home, target_port, **options):
        self.stats_file = pathlib.Path(home) / "link.json"
        words = [f"--{key}={value}" for key, value in options.items()]
        self.server = Server(
            [
                sys.executable,
                ROOT / "packaging/link_proxy.py",
                "--target",
                f"127.0.0.1:{target_port}",
                "--port-file",
                pathlib.Path(home) / "link.port",
                "--stats",
                self.stats_file,
                *words,
            ],
            pathlib.Path(home) / "link.port",
            pathlib.Path(home) / "link.log",
        )
        self.address = f"127.0.0.1:{self.server.port}"

    def stats(self):
        return json.loads(self.stats_file.read_text(encoding="utf-8"))

    def stop(self):
        self.server.kill()


def run_program(command, expect=0, env=None):
    """Runs to the end and gives its output; Failed unless it exits with `expect`."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env=env,
        stdin=subprocess.DEVNULL,
        timeout=600,
        check=False,
    )
    if done.returncode != expect:
        name = pathlib.Path(str(command[0])).name
        raise Failed(
            f"{name} {command[1]} ended with {done.returncode}, not {expect}:\n"
            f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.stdout if expect == 0 else done.stdout + done.stderr
