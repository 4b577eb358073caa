"""Drives awda-desk as a person would: a display of its own, real key presses, real clicks.

Needs Xvfb, setxkbmap and libXtst (any machine with xdotool has it); openbox if there, for a window
manager's ways. What is on the screen is read from the program's own dump (ui/DRIVING.md), never
from pixels. Python's standard library only.

    with Screen() as screen, Desk(screen, program, ["--data", folder, "--lang", "ar"]) as desk:
        desk.wait_screen("login")
        desk.fill("login.officer", "زينب")
"""
import ctypes
import ctypes.util
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

WAIT_S = 30
# Widgets that scroll with an intake's page: one that is half out of it must come in before a click.
IN_THE_PAGE = ("q", "add", "remove", "clear", "intake.next", "intake.previous")
LAYOUTS = ("us", "ara", "iq")  # one keyboard with three groups, as an office's laptops have it
VARIANTS = ("", "", "ku_ara")
CORE_KEYBOARD = 0x100


class DriverError(Exception):
    """The screen did not come to what was waited for."""


def missing_tools():
    """Names of what this machine lacks to run the driver; empty when it can."""
    missing = [tool for tool in ("Xvfb", "setxkbmap") if not shutil.which(tool)]
    if not ctypes.util.find_library("Xtst"):
        missing.append("libXtst")
    return missing


def keysyms_of(char):
    """The key symbols that stand for a character: a Latin-1 or Arabic one of old, and Unicode's."""
    code = ord(char)
    symbols = [0x1000000 | code]
    if code < 0x100:
        symbols.insert(0, code)
    if 0x0621 <= code <= 0x063A:
        symbols.insert(0, 0x05C1 + code - 0x0621)
    if 0x0640 <= code <= 0x0652:
        symbols.insert(0, 0x05E0 + code - 0x0640)
    symbols += {0x060C: [0x05AC], 0x061B: [0x05BB], 0x061F: [0x05BF]}.get(code, [])
    return symbols


NAMED_KEYS = {
    "Tab": 0xFF09, "Return": 0xFF0D, "Escape": 0xFF1B, "BackSpace": 0xFF08, "Delete": 0xFFFF,
    "Left": 0xFF51, "Up": 0xFF52, "Right": 0xFF53, "Down": 0xFF54, "Home": 0xFF50, "End": 0xFF57,
    "Prior": 0xFF55, "Next": 0xFF56, "space": 0x20,
    "Shift": 0xFFE1, "Control": 0xFFE3, "Alt": 0xFFE9,
}


class Screen:
    """An X server in memory, with one keyboard and one pointer."""

    def __init__(self, width=1366, height=768):
        self.size = (width, height)
        self.processes = []
        self.name = None

    def __enter__(self):
        read_end, write_end = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end),
             "-screen", "0", f"{self.size[0]}x{self.size[1]}x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        self.processes.append(server)
        number = b""
        while not number.endswith(b"\n"):
            piece = os.read(read_end, 16)
            if not piece:
                raise DriverError("Xvfb did not start")
            number += piece
        os.close(read_end)
        self.name = ":" + number.decode().strip()
        if shutil.which("openbox"):
            self.processes.append(subprocess.Popen(
                ["openbox", "--sm-disable"], env=self.environment(),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        subprocess.run(["setxkbmap", "-layout", ",".join(LAYOUTS),
                        "-variant", ",".join(VARIANTS)],
                       env=self.environment(), check=True)
        self._open_display()
        return self

    def __exit__(self, *_):
        self.x11.XCloseDisplay(self.display)
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def environment(self):
        env = dict(os.environ, DISPLAY=self.name)
        env.pop("WAYLAND_DISPLAY", None)
        return env

    def _open_display(self):
        self.x11 = ctypes.CDLL(ctypes.util.find_library("X11"))
        self.xtst = ctypes.CDLL(ctypes.util.find_library("Xtst"))
        self.x11.XOpenDisplay.restype = ctypes.c_void_p
        self.x11.XkbKeycodeToKeysym.restype = ctypes.c_ulong
        self.x11.XkbKeycodeToKeysym.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int,
                                                ctypes.c_int]
        for call, kinds in (("XCloseDisplay", []), ("XFlush", []), ("XSync", [ctypes.c_int])):
            getattr(self.x11, call).argtypes = [ctypes.c_void_p] + kinds
        self.xtst.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int,
                                                ctypes.c_ulong]
        self.xtst.XTestFakeButtonEvent.argtypes = self.xtst.XTestFakeKeyEvent.argtypes
        self.xtst.XTestFakeMotionEvent.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
                                                   ctypes.c_int, ctypes.c_ulong]
        self.display = self.x11.XOpenDisplay(self.name.encode())
        if not self.display:
            raise DriverError("the display did not open")
        self.x11.XkbLockGroup.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
        self._read_keyboard()

    # ---- Keyboard ----------------------------------------------------------------------------
    def _read_keyboard(self):
        """Where each symbol is: key, group and level. Loaded once; typing only locks groups, for a
        new map would race with the keys that follow it."""
        self.keys = {}
        for group in range(len(LAYOUTS)):
            for keycode in range(8, 256):
                for level in range(2):
                    symbol = self.x11.XkbKeycodeToKeysym(self.display, keycode, group, level)
                    if symbol:
                        self.keys.setdefault(symbol, []).append((keycode, group, level))
        self.group = None
        self.set_layout("us")

    def set_layout(self, layout):
        """Switches the keyboard, as an officer does with the panel's switch."""
        group = LAYOUTS.index(layout)
        if group == self.group:
            return
        self.x11.XkbLockGroup(self.display, CORE_KEYBOARD, group)
        self.x11.XSync(self.display, 0)
        self.group = group

    @property
    def layout(self):
        return LAYOUTS[self.group]

    def _press(self, keycode, down):
        self.xtst.XTestFakeKeyEvent(self.display, keycode, int(down), 0)

    def _tap(self, keycode, modifiers=()):
        held = [self.keys[NAMED_KEYS[name]][0][0] for name in modifiers]
        for code in held:
            self._press(code, True)
        self._press(keycode, True)
        self._press(keycode, False)
        for code in reversed(held):
            self._press(code, False)
        self.x11.XSync(self.display, 0)

    def key(self, *names):
        """A key by name, with modifiers before it: key("Control", "Shift", "z")."""
        *modifiers, last = names
        # Shortcuts go by the physical key of the first group, whatever the layout prints on it.
        symbol = NAMED_KEYS.get(last) or ord(last)
        self._tap(self.keys[symbol][0][0], modifiers)

    def _find(self, char):
        """The key for a character, in the group in use if that has it."""
        places = [place for symbol in keysyms_of(char) for place in self.keys.get(symbol, [])]
        return min(places, key=lambda place: (place[1] != self.group, place[1]), default=None)

    def type(self, text):
        """Types text, switching layouts where the one in use lacks a letter."""
        for char in text:
            if char in "\n\t":
                self.key("Return" if char == "\n" else "Tab")
                continue
            found = self._find(char)
            if found is None:
                raise DriverError(f"no keyboard layout has U+{ord(char):04X}")
            keycode, group, level = found
            self.set_layout(LAYOUTS[group])
            self._tap(keycode, ("Shift",) if level == 1 else ())

    # ---- Pointer ---------------------------------------------------------------------------------
    def move(self, x, y):
        self.xtst.XTestFakeMotionEvent(self.display, -1, int(x), int(y), 0)
        self.x11.XSync(self.display, 0)

    def click(self, x, y, count=1):
        self.move(x, y)
        for _ in range(count):
            self.xtst.XTestFakeButtonEvent(self.display, 1, 1, 0)
            self.xtst.XTestFakeButtonEvent(self.display, 1, 0, 0)
        self.x11.XSync(self.display, 0)

    def drag(self, start, end):
        self.move(*start)
        self.xtst.XTestFakeButtonEvent(self.display, 1, 1, 0)
        self.x11.XSync(self.display, 0)
        self.move(*end)
        self.xtst.XTestFakeButtonEvent(self.display, 1, 0, 0)
        self.x11.XSync(self.display, 0)

    def wheel(self, x, y, steps):
        """Positive steps scroll down."""
        self.move(x, y)
        button = 5 if steps > 0 else 4
        for _ in range(abs(steps)):
            self.xtst.XTestFakeButtonEvent(self.display, button, 1, 0)
            self.xtst.XTestFakeButtonEvent(self.display, button, 0, 0)
        self.x11.XSync(self.display, 0)

    def screenshot(self, path):
        """A picture of the screen, where ImageMagick is installed."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment(), check=True)


class Desk:
    """A running awda-desk and what it says it shows."""

    def __init__(self, screen, program, arguments=(), env=None):
        self.screen = screen
        self.folder = tempfile.mkdtemp(prefix="awda-dump-")
        self.dump = pathlib.Path(self.folder) / "dump.json"
        environment = screen.environment()
        environment.update(env or {})
        self.process = subprocess.Popen(
            [str(program), *map(str, arguments), "--ui-dump", str(self.dump)], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self, how=signal.SIGTERM):
        """Ends the program; gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.communicate(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise DriverError("awda-desk did not end when asked to") from None
        return self.process.returncode

    # ---- What is shown ---------------------------------------------------------------------------
    def state(self):
        """The newest dump: the file is replaced as a whole, so it is never half written."""
        try:
            return json.loads(self.dump.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"screen": None, "widgets": []}

    def wait(self, what, test, seconds=WAIT_S):
        """Waits until `test(state)` gives something true, and gives it back."""
        end = time.monotonic() + seconds
        while True:
            state = self.state()
            found = test(state)
            if found:
                return found
            if self.process.poll() is not None:
                error = self.process.stderr.read().decode(errors="replace")
                code = self.process.returncode
                raise DriverError(f"awda-desk ended ({code}) before {what}: {error}")
            if time.monotonic() > end:
                shown = [(w["id"], w["value"]) for w in state["widgets"] if w["visible"]]
                raise DriverError(f"waited {seconds} s for {what}; "
                                  f"shown: {state['screen']} {shown}")
            time.sleep(0.02)

    def wait_screen(self, name, seconds=WAIT_S):
        return self.wait(f"screen {name}", lambda s: s if s["screen"] == name else None, seconds)

    @staticmethod
    def _matches(widget, wanted):
        return all(widget.get(key) == value for key, value in wanted.items())

    def find(self, **wanted):
        """The one widget with these fields (id=, role=, label=, value=, checked=), now."""
        found = [w for w in self.state()["widgets"] if self._matches(w, wanted)]
        return found[0] if found else None

    def wait_widget(self, seconds=WAIT_S, **wanted):
        def test(state):
            return next((w for w in state["widgets"] if self._matches(w, wanted)), None)
        return self.wait(f"widget {wanted}", test, seconds)

    def wait_gone(self, seconds=WAIT_S, **wanted):
        def test(state):
            return not any(self._matches(w, wanted) for w in state["widgets"])
        return self.wait(f"no widget {wanted}", test, seconds)

    # ---- What a person does ----------------------------------------------------------------------
    def bring_into_view(self, **wanted):
        """Turns the wheel over the page until the widget lies inside the window's middle."""
        for _ in range(200):
            widget = self.wait_widget(**wanted)
            _, y, _, h = widget["rect"]
            height = self.state()["height"]
            if y >= 130 and y + min(h, 60) <= height - 60:
                return widget
            before = widget["rect"]
            middle = self.on_display(self.state()["width"] // 3, height // 2)
            self.screen.wheel(*middle, 1 if y > height // 2 else -1)
            key = {"id": widget["id"]}
            try:
                self.wait("scrolling", lambda s: any(
                    self._matches(w, key) and w["rect"] != before for w in s["widgets"]), 2)
            except DriverError:
                return self.wait_widget(**wanted)  # the page ends here
        raise DriverError(f"{wanted} did not come into view")

    def click(self, count=1, **wanted):
        widget = self.wait_widget(**wanted)
        if not widget["visible"] or (self.state()["screen"] == "intake" and
                                     widget["id"].split(":")[0] in IN_THE_PAGE):
            widget = self.bring_into_view(**wanted)
        # A page that is still scrolling would be somewhere else by the time of the click.
        self.wait("the page to stand still", lambda s: self._idle(0.06))
        x, y, w, h = self.wait_widget(**wanted)["rect"]
        self.screen.click(*self.on_display(x + w // 2, y + min(h // 2, 20)), count)

    def on_display(self, x, y):
        """From the window's coordinates to the display's."""
        state = self.state()
        return x + state["x"], y + state["y"]

    def focus_field(self, ident):
        self.click(id=ident)
        return self.wait_widget(id=ident, focused=True)

    def fill(self, ident, text, value=None):
        """Clicks a field, replaces what is in it by typing, and checks what came out."""
        self.focus_field(ident)
        self.screen.key("Control", "a")
        self.screen.key("BackSpace")
        self.screen.type(text)
        return self.wait_widget(id=ident, value=text if value is None else value)

    def fill_secret(self, ident, text):
        """Types into a field that shows nothing; there is no value to check."""
        self.focus_field(ident)
        self.screen.type(text)

    def choose(self, ident, value):
        """Picks a choice by its stored value: a radio, a box, or a row of a list that opens."""
        widget = self.wait_widget(id=ident)
        if widget["role"] != "combo":
            self.click(id=f"{ident}#{value}")
            return self.wait_widget(id=f"{ident}#{value}", checked=True)
        self.click(id=ident)
        search = self.wait_widget(id="list.search", focused=True)
        x, y, w, h = search["rect"]
        rows = self.on_display(x + w // 2, y + h + 60)
        shown = None
        while not (self.find(id=f"list#{value}") or {}).get("visible"):
            listed = [w["id"] for w in self.state()["widgets"] if w["role"] == "option"]
            if listed == shown:
                raise DriverError(f"{ident} does not offer {value}")
            shown = listed
            self.screen.wheel(*rows, 2)
            self.wait("the list to scroll or end", lambda s: [
                w["id"] for w in s["widgets"] if w["role"] == "option"] != listed
                or self._idle(), 5)
        self.click(id=f"list#{value}")
        return self._wait_chosen(ident, value)

    def _idle(self, quiet_s=0.3):
        """True once the dump has not changed for a while."""
        return time.time() - self.dump.stat().st_mtime > quiet_s

    def settle(self):
        """Waits until the last answer is saved and the page, grown by it or not, stands still."""
        self.wait_widget(id="intake.save", value="saved")
        self.wait("the page to stand still", lambda _: self._idle(0.15))

    def rest(self):
        """Waits until the window stands still, where there is nothing to save."""
        self.wait("the window to stand still", lambda _: self._idle())

    def answer(self, ref, value):
        """Answers the question `ref` on the page shown, whatever kind it is."""
        self.settle()
        ident = f"q:{ref}"
        role = self.wait_widget(id=ident)["role"]
        if role in ("text", "number", "date"):
            return self.fill(ident, value)
        if role == "checkbox":
            if not self.find(id=ident)["checked"]:
                self.click(id=ident)
            return self.wait_widget(id=ident, checked=True)
        for part in value.split():
            last = self.choose(ident, part)
        return last

    def choose_by_search(self, ident, typed, value):
        """Opens a long list, types into its search field, takes the row with that value."""
        self.click(id=ident)
        self.wait_widget(id="list.search", focused=True)
        self.screen.type(typed)
        self.wait_widget(id="list.search", value=typed)  # the rows stand still from here on
        self.wait_widget(id=f"list#{value}")
        self.click(id=f"list#{value}")
        return self._wait_chosen(ident, value)

    def _wait_chosen(self, ident, value):
        """A list shows its one choice; one that takes several has a button for each."""
        def test(state):
            return next((w for w in state["widgets"]
                         if (w["id"] == ident and w["value"] == value)
                         or w["id"] == f"{ident}#{value}"), None)
        return self.wait(f"{value} to be chosen in {ident}", test)

    def log_in(self, officer, passphrase, seconds=60):
        self.wait_screen("login")
        self.fill("login.officer", officer)
        self.fill_secret("login.passphrase", passphrase)
        self.screen.key("Return")
        return self.wait("the vault to open",
                         lambda s: s if s["screen"] in ("list", "intake") else None, seconds)
