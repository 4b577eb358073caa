"""Looks for planted texts in files and in a program's memory, in every encoding they could be in.

A Markers object makes distinct words, Arabic and Latin, all of which begin and end with the tag of
their script: a search for a few tags finds every one of them, even if its first or last bytes were
overwritten. Reading another program's memory needs root. Standard library only.
"""
import os
import pathlib
import random
import traceback
import unicodedata

# Letters that join on both sides, and a run of four of them that no word or program has.
JOINING = "بتسشصطعفقكلمنهيجحخ"
ARABIC_TAG = "ظضغث"
LATIN = "abcdefghijklmnoprstuvw"
LATIN_TAG = "qzxj"
FREE_LETTERS = 6
PIECE = 8 << 20
OVERLAP = 256


def presentation_forms():
    """(kind, letter) to the code point that old software keeps for that shape of the letter."""
    forms = {}
    for code in range(0xFE70, 0xFEFD):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2:
            forms[parts[0].strip("<>"), chr(int(parts[1], 16))] = chr(code)
    return forms


def shaped(word, first, last):
    """`word` in presentation forms, as the beginning or the end of a longer one."""
    forms = presentation_forms()
    kinds = ["medial"] * len(word)
    if first:
        kinds[0] = "initial"
    if last:
        kinds[-1] = "final"
    return "".join(forms[kind, letter] for kind, letter in zip(kinds, word))


def spellings(text):
    """A text in every order and encoding that a program could hold it in."""
    return {
        order.encode(encoding)
        for order in (text, text[::-1])
        for encoding in ("utf-8", "utf-16-le", "utf-32-le", "utf-16-be")
    }


class Markers:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.made = []
        self.planted = {}
        tags = {LATIN_TAG, LATIN_TAG.upper(), ARABIC_TAG,
                shaped(ARABIC_TAG, True, False), shaped(ARABIC_TAG, False, True)}
        self.patterns = {spelling for tag in tags for spelling in spellings(tag)}

    def _new(self, letters, tag):
        """Another word; `planted` keeps the line of the test that it was made for."""
        while True:
            word = tag + "".join(self.random.choices(letters, k=FREE_LETTERS)) + tag
            if word not in self.made:
                self.made.append(word)
                callers = traceback.extract_stack()[-5:-2]
                self.planted[word] = [f"{one.name}:{one.lineno}" for one in callers]
                return word

    def arabic(self):
        return self._new(JOINING, ARABIC_TAG)

    def latin(self):
        return self._new(LATIN, LATIN_TAG)

    def whole(self, blob):
        """Which of the words stand whole in what find() saw."""
        return {word for word in self.made if any(s in blob for s in spellings(word))}


class Find:
    """One place where a pattern was, with its surroundings."""

    def __init__(self, where, offset, around):
        self.where, self.offset, self.around = where, offset, around

    def __repr__(self):
        return f"{self.where}+{self.offset:#x}: {self.around!r}"


def search(where, start, read, size, patterns):
    """Every occurrence of `patterns` in `size` bytes that read(offset, size) gives."""
    finds, at = [], 0
    while at < size:
        piece = read(start + at, min(PIECE, size - at))
        if not piece:
            break
        for pattern in patterns:
            found = piece.find(pattern)
            while found >= 0:
                finds.append(Find(where, start + at + found,
                                  piece[max(0, found - 48):found + 64]))
                found = piece.find(pattern, found + 1)
        if len(piece) < PIECE:
            at += len(piece)
        else:
            at += PIECE - OVERLAP
    return finds


def in_files(folders, patterns, skip=()):
    """Finds in the names and the bytes of all files below the folders, and how many there are."""
    finds, count = [], 0
    skipped = {pathlib.Path(path).resolve() for path in skip}
    for folder in folders:
        for place, names, files in os.walk(folder):
            names[:] = [n for n in names if (pathlib.Path(place) / n).resolve() not in skipped]
            for name in files:
                path = pathlib.Path(place) / name
                if path.resolve() in skipped or not path.is_file():
                    continue
                count += 1
                finds += [Find(f"name of {path}", 0, p) for p in patterns if p in bytes(path)]
                with open(path, "rb") as source:
                    def read(offset, size, source=source):
                        source.seek(offset)
                        return source.read(size)
                    finds += search(str(path), 0, read, path.stat().st_size, patterns)
    return finds, count


def areas(pid, flags=()):
    """(start, size, name) of the writable memory of a process that has all of these flags in
    /proc/PID/smaps."""
    found, current = [], None
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text(errors="replace").splitlines():
        words = line.split(maxsplit=5)
        if "-" in words[0] and ":" not in words[0]:
            start, end = (int(part, 16) for part in words[0].split("-"))
            name = words[5] if len(words) > 5 else "unnamed"
            current = (start, end - start, name) if words[1].startswith("rw") else None
        elif words[0] == "VmFlags:" and current and set(flags) <= set(line.split()):
            found.append(current)
    return found


def reader(memory):
    def read(offset, size):
        try:
            memory.seek(offset)
            return memory.read(size)
        except OSError:
            return b""  # a device's window, which is no memory
    return read


def in_memory(pid, patterns):
    """Finds in the writable memory of a process, and how many bytes were read."""
    finds, total = [], 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, size, name in areas(pid):
            total += size
            finds += search(name, start, reader(memory), size, patterns)
    return finds, total


def locked_secrets(pid):
    """The ends of all pages that a process locked (lo) and keeps out of dumps (dd), as libsodium
    does: a guarded secret ends with its page."""
    secrets = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, size, _ in areas(pid, ("lo", "dd")):
            for page in range(start, start + size, 4096):
                end = reader(memory)(page + 4096 - 32, 32)
                if len(set(end)) > 8:  # neither empty nor the allocator's filling
                    secrets.add(end)
    return secrets
