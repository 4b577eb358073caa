#!/usr/bin/env python3
"""Holds the source tree against the house rules of CONTRIBUTING.md. Speaks TAP, one test a rule.

check_tree.py [FOLDER]     checks a checkout (default: the one this file is in)
check_tree.py --self-test  breaks each rule in a small made-up tree and expects to be told
"""
import pathlib
import re
import subprocess
import sys
import tempfile

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
CODE = (".h", ".cpp")
TEXT = (".h", ".cpp", ".def", ".py", ".sh", ".cmake", ".txt", ".md", ".json", ".service",
        ".desktop", ".in", ".yml", ".1", ".8", "")

TOP_LEVEL = {
    ".ci", ".clang-format", ".clang-tidy", ".gitignore", "CMakeLists.txt", "CMakePresets.json",
    "CONTRIBUTING.md", "LICENSE", "README.md", "agent", "dev", "forms", "packaging", "platform",
    "sync", "tests", "ui",
}
WITH_README = ("platform", "forms", "sync", "sync/central", "agent", "ui", "tests", "packaging")

# What a folder's files may include of ours; the longest matching folder decides. DESIGN, "Shape".
MAY_INCLUDE = {
    "platform": ("platform",),
    "forms": ("forms", "platform"),
    "sync": ("sync", "platform"),
    "sync/central": ("sync", "platform", "forms", "agent/matching"),
    "agent": ("agent", "platform", "forms", "sync"),
    "agent/matching": ("agent/matching", "platform"),
    "ui": ("ui", "platform", "forms", "agent/api"),
}
MUST_NOT_INCLUDE = {"agent": ("sync/central",), "sync": ("sync/central",)}

# Which files may name a third-party header: (header, files), both regular expressions.
WALLS = (
    (r"sodium(/.*|\.h)", r"platform/crypto\w*\.cpp"),
    (r"curl/.*", r"platform/http_curl\.cpp"),
    (r"systemd/.*", r"platform/session_watch\.cpp|tests/.*"),
    (r"fido(/.*|\.h)", r"platform/fido2\.cpp"),
    (r"(sqlcipher/)?sqlite3\.h", r"platform/sqlite\w*\.cpp"),
    (r"zstd\w*\.h", r"sync/compress\.cpp"),
    (r"(imgui|imstb|imgui_impl)\w*\.h|GLFW/.*|GL/.*", r"ui/.*"),
    (r"hb(-.*)?\.h|ft2build\.h|fribidi.*|freetype.*", r"ui/.*"),
    (r"unicode/.*|utf8proc\.h", r"(ui|platform)/.*"),
    (r"pugixml\.hpp", r"forms/.*"),
    (r"zip\.h", r"forms/zip_archive\.cpp"),
    (r"turbojpeg\.h|png\.h", r"platform/image_codec\.cpp"),
    (r"zlib\.h", r"platform/pdf_check\.cpp"),
    (r"openssl/.*", r"platform/crypto_openssl\.cpp|sync/central/.*"),
    (r"boost/.*", r"sync/central/.*"),
    (r"libpq.*", r"sync/central/store_postgres\.cpp"),
    (r"doctest/.*", r"tests/.*"),
)
# Costly to parse, or macros for everybody: in .cpp files only.
NOT_IN_HEADERS = re.compile(
    r"nlohmann/json\.hpp|CLI/.*|boost/.*|curl/.*|sqlite3\.h|pugixml\.hpp|zip\.h|zstd\w*\.h"
    r"|unicode/.*|sodium\.h|openssl/.*|imgui_internal\.h|windows\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.}$)])/(?:work|root|farm)/")
REGISTRY = re.compile(
    r"deb\.debian\.org|snapshot\.debian\.org|security\.debian\.org|ftp\.(\w+\.)?debian\.org"
    r"|registry\.npmjs|registry\.yarnpkg|pypi\.org|pythonhosted\.org|(static\.|//)crates\.io"
    r"|proxy\.golang|rubygems\.org|repo1?\.maven")
ENDS_HEAD = re.compile(r"[;{}:]$|^\s*(//|#)|\s//")  # a line after which a new head may start
FILE_NAME = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*\.(h|cpp)$")
NOT_A_FUNCTION = re.compile(
    r"^(namespace|class|struct|enum|union|extern|if|for|while|switch|else|do|case|default|try"
    r"|catch|return|typedef|using)\b|^[{}]")


class Tree:
    """The text files of a checkout, by path."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.paths = sorted(self.list_paths())
        self.lines = {}
        for path in self.paths:
            if pathlib.PurePath(path).suffix in TEXT:
                try:
                    self.lines[path] = (self.root / path).read_text("utf-8").splitlines()
                except (UnicodeDecodeError, FileNotFoundError):
                    pass

    def list_paths(self):
        """What git would commit; without git, everything but the build folder."""
        if (self.root / ".git").exists():
            out = subprocess.run(["git", "-C", str(self.root), "ls-files", "-z", "--cached",
                                  "--others", "--exclude-standard"],
                                 check=True, capture_output=True).stdout.decode()
            return [path for path in out.split("\0") if path]
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*")
                if path.is_file() and path.relative_to(self.root).parts[0] != "build"]

    def code(self, *folders):
        """(path, lines) of the C++ files, of some folders only if any are given."""
        for path, lines in self.lines.items():
            if path.endswith(CODE) and (not folders or path.split("/")[0] in folders):
                yield path, lines

    def includes(self, *folders):
        """(path, line number, quoted, header) of every include."""
        for path, lines in self.code(*folders):
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                if match:
                    yield path, number, match[1] == '"', match[2]


def inside(path, folder):
    """Whether a path lies in a folder."""
    return path.startswith(folder + "/")


def owner(path):
    """The longest folder of MAY_INCLUDE that holds a path, or None."""
    held = [folder for folder in MAY_INCLUDE if inside(path, folder)]
    return max(held, key=len) if held else None


def module_rule(tree):
    """Modules include only what they may"""
    for path, number, quoted, header in tree.includes():
        folder = owner(path)
        if not quoted or folder is None or path.endswith("main.cpp"):
            continue
        allowed = any(inside(header, part) for part in MAY_INCLUDE[folder])
        banned = any(inside(header, part) for part in MUST_NOT_INCLUDE.get(folder, ()))
        if not allowed or banned:
            yield f"{path}:{number}: {folder} must not include {header}"


def walls_rule(tree):
    """Each third-party header stays behind its wall"""
    for path, number, _, header in tree.includes():
        if inside(path, "tests"):
            continue
        for wall, allowed in WALLS:
            if re.fullmatch(wall, header) and not re.fullmatch(allowed, path):
                yield f"{path}:{number}: {header} belongs behind {allowed}"


def light_headers_rule(tree):
    """Headers include no heavy third-party header"""
    for path, number, _, header in tree.includes():
        if path.endswith(".h") and not inside(path, "tests") and NOT_IN_HEADERS.fullmatch(header):
            yield f"{path}:{number}: {header} in a header"


def rooted_includes_rule(tree):
    """Our own includes are written from the top of the tree, or in tests from there"""
    for path, number, quoted, header in tree.includes():
        folders = [tree.root]
        if inside(path, "tests"):
            folders += [tree.root / "tests", (tree.root / path).parent]
        if quoted and not any((folder / header).is_file() for folder in folders):
            yield f"{path}:{number}: no such file from the top: {header}"


def headers_rule(tree):
    """Every header opens with its purpose and guards itself"""
    for path, lines in tree.code():
        if not path.endswith(".h"):
            continue
        if not lines or not lines[0].startswith("//"):
            yield f"{path}:1: a header opens with a comment"
        if "#pragma once" not in lines:
            yield f"{path}: no #pragma once"
        for number, line in enumerate(lines, 1):
            if line.startswith("using namespace"):
                yield f"{path}:{number}: using namespace in a header"


def columns_rule(tree):
    """No line of code is longer than 100 columns"""
    for path, lines in tree.lines.items():
        if path.endswith((".h", ".cpp", ".py", ".sh", ".cmake")) or path in ("dev", ".ci/run"):
            for number, line in enumerate(lines, 1):
                if len(line) > COLUMNS_MAX:
                    yield f"{path}:{number}: {len(line)} columns"


def functions(lines):
    """(first line, length) of what looks like a function in formatted code."""
    for number, line in enumerate(lines):
        if not line.endswith("{") or line.endswith(("({", "{{", "= {", ", {")):
            continue
        first = number
        while first > 0 and lines[first - 1].strip() and not ENDS_HEAD.search(lines[first - 1]):
            first -= 1
        head = " ".join(part.strip() for part in lines[first:number + 1])
        if "(" not in head or NOT_A_FUNCTION.match(head):
            continue
        closing = re.match(r" *", lines[first])[0] + "}"
        for last in range(number + 1, len(lines)):
            if lines[last].startswith(closing):
                yield first + 1, last - first + 1
                break


def functions_rule(tree):
    """No function is longer than 70 lines"""
    for path, lines in tree.code():
        for number, length in functions(lines):
            if length > FUNCTION_LINES_MAX:
                yield f"{path}:{number}: {length} lines"


def unfinished_rule(tree):
    """Nothing is left for later in the code"""
    for path, lines in tree.lines.items():
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                yield f"{path}:{number}: {line.strip()[:60]}"


def machine_paths_rule(tree):
    """No path of a developer's machine is in the tree"""
    for path, lines in tree.lines.items():
        for number, line in enumerate(lines, 1):
            if MACHINE_PATH.search(line):
                yield f"{path}:{number}: {line.strip()[:60]}"


def registries_rule(tree):
    """No package registry's host is named"""
    for path, lines in tree.lines.items():
        for number, line in enumerate(lines, 1):
            if REGISTRY.search(line):
                yield f"{path}:{number}: {line.strip()[:60]}"


def layout_rule(tree):
    """The top level holds what DESIGN lists, and code files have plain names"""
    for name in sorted({path.split("/")[0] for path in tree.paths} - TOP_LEVEL):
        yield f"{name}: not a name of the top level"
    for path, _ in tree.code():
        if not FILE_NAME.match(path.split("/")[-1]):
            yield f"{path}: not snake_case"


def readme_rule(tree):
    """Every module has its page"""
    for folder in WITH_README:
        lives = any(inside(path, folder) and path.endswith((".cpp", ".sh", ".py"))
                    for path in tree.paths)
        if lives and f"{folder}/README.md" not in tree.paths:
            yield f"{folder}/README.md: missing"


def dead_tests_rule(tree):
    """Every test file is built"""
    for path, _ in tree.code("tests"):
        folder, _, name = path.rpartition("/")
        if not name.endswith(".cpp") or inside(path, "tests/fakes"):
            continue
        listed = "\n".join(tree.lines.get(f"{folder}/CMakeLists.txt", []))
        stem = re.sub(r"^(fuzz|bench)_", "", name.removesuffix(".cpp"))
        globbed = name.endswith("_test.cpp") and "awda_tests(" in listed
        named = re.search(rf"\b{re.escape(stem)}\b", listed) or name == "replay_main.cpp"
        if not globbed and not named:
            yield f"{path}: no CMakeLists.txt builds it"


def sentences(tree, file):
    """The names of a test file's cases."""
    for path, lines in tree.code("tests"):
        if path.endswith(f"/{file}.cpp"):
            text = re.sub(r'"\n\s*"', "", "\n".join(lines))
            yield from re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', text)


def conformance_rule(tree):
    """Every test that a table of conformance names is there"""
    for path, lines in tree.lines.items():
        if not path.endswith("CONFORMANCE.md"):
            continue
        for number, line in enumerate(lines, 1):
            file = None
            for word, sentence in re.findall(r'(\w+_test)\b|"([^"]+)"', line.rpartition(" | ")[2]
                                             if line.startswith("|") else ""):
                file = word or file
                start = sentence.removesuffix("…")
                named = [n for n in sentences(tree, file)
                         if n == sentence or start != sentence and n.startswith(start)]
                if sentence and not named:
                    yield f'{path}:{number}: no {file} "{sentence}"'


RULES = (module_rule, walls_rule, light_headers_rule, rooted_includes_rule, headers_rule,
         columns_rule, functions_rule, unfinished_rule, machine_paths_rule, registries_rule,
         layout_rule, readme_rule, dead_tests_rule, conformance_rule)


def report(number, name, complaints):
    """One TAP line and its diagnostics; True if all is well."""
    print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
    for complaint in complaints:
        print(f"#   {complaint}")
    return not complaints


def check(root):
    """Runs every rule over a checkout."""
    tree = Tree(root)
    results = [report(number, rule.__doc__, list(rule(tree)))
               for number, rule in enumerate(RULES, 1)]
    print(f"1..{len(RULES)}")
    return 0 if all(results) else 1


GOOD = "// A purpose. Threads: any.\n#pragma once\n"
LONG_BODY = "    ++i;\n" * FUNCTION_LINES_MAX
# Rule, files that break it, how often.
BROKEN = (
    (module_rule, {"forms/a.cpp": '#include "sync/batch.h"\n'}, 1),
    (module_rule, {"ui/a.cpp": '#include "agent/store/db.h"\n#include "agent/api/desk.h"\n'}, 1),
    (module_rule, {"agent/a.cpp": '#include "sync/central/store.h"\n'}, 1),
    (module_rule, {"platform/a.h": GOOD + '#include "forms/session.h"\n'}, 1),
    (module_rule, {"sync/a.cpp": '#include "sync/central/store.h"\n#include "forms/x.h"\n'}, 2),
    (walls_rule, {"agent/a.cpp": "#include <sodium.h>\n#include <curl/curl.h>\n"}, 2),
    (walls_rule, {"ui/a.cpp": "#include <sqlite3.h>\n#include <imgui.h>\n"}, 1),
    (walls_rule, {"platform/crypto.cpp": "#include <sodium.h>\n#include <zstd.h>\n"}, 1),
    (light_headers_rule, {"agent/a.h": GOOD + "#include <nlohmann/json.hpp>\n"}, 1),
    (rooted_includes_rule, {"tests/ui/a.cpp": '#include "b.h"\n', "tests/ui/b.h": GOOD}, 0),
    (rooted_includes_rule, {"ui/a.cpp": '#include "b.h"\n', "ui/b.h": GOOD}, 1),
    (headers_rule, {"ui/a.h": "#pragma once\n"}, 1),
    (headers_rule, {"ui/a.h": "// A purpose.\n"}, 1),
    (headers_rule, {"ui/a.h": GOOD + "using namespace std;\n"}, 1),
    (columns_rule, {"ui/a.cpp": "//" + "x" * COLUMNS_MAX + "\n"}, 1),
    (functions_rule, {"ui/a.cpp": "int f(int i) {\n" + LONG_BODY + "}\n"}, 1),
    (functions_rule, {"ui/a.cpp": "int f(int i,\n      int j) {\n" + LONG_BODY + "}\n"}, 1),
    (functions_rule, {"ui/a.h": GOOD + "struct S {\n    int f(int i) {\n" + "    " +
                                LONG_BODY.replace("\n", "\n    ") + "}\n};\n"}, 1),
    (functions_rule, {"ui/a.cpp": "constexpr auto kTable = make<P>({\n" + LONG_BODY + "});\n"}, 0),
    (unfinished_rule, {"ui/a.cpp": "// TO" + "DO: later\n"}, 1),
    (machine_paths_rule, {"forms/a.cpp": "instance('x')/ro" + "ot/item\n"}, 0),
    (machine_paths_rule, {"packaging/a.sh": "cd /wor" + "k/main\n"}, 1),
    (registries_rule, {"packaging/a.sh": "http://deb.deb" + "ian.org/debian\n"}, 1),
    (layout_rule, {"scripts/a.sh": "\n"}, 1),
    (layout_rule, {"ui/BadName.cpp": "\n"}, 1),
    (readme_rule, {"sync/a.cpp": "\n"}, 1),
    (dead_tests_rule, {"tests/ui/deep/a_test.cpp": "\n"}, 1),
    (dead_tests_rule, {"tests/ui/a.cpp": "\n", "tests/ui/CMakeLists.txt": "awda_tests(ui)\n"}, 1),
    (conformance_rule, {"ui/CONFORMANCE.md": '| "x" | yes | a_test "one", "tw…", "on" |\n',
                        "tests/ui/a_test.cpp": 'TEST_CASE("one") {}\nTEST_CASE("two") {}\n'}, 1),
)
CLEAN = {
    "README.md": "# Awda\n",
    "platform/README.md": "# platform\n",
    "platform/result.h": GOOD,
    "platform/crypto.cpp": '#include <sodium.h>\n\n#include "platform/result.h"\n',
    "platform/main.cpp": '#include "ui/README.md"\n',
    "ui/README.md": "# ui\n",
    "ui/a.cpp": '#include <imgui.h>\n\nint f(int i) {\n' + "    ++i;\n" * 68 + "}\n",
    "tests/README.md": "# tests\n",
    "tests/ui/a_test.cpp": "\n",
    "tests/ui/CMakeLists.txt": "awda_tests(ui LINKS awda::ui)\n",
}


def complaints_about(files, rules):
    """What rules say of a made-up tree, given as path -> text."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        tree = Tree(folder)
        return [complaint for rule in rules for complaint in rule(tree)]


def self_test():
    """Each broken tree is told of, one that only looks broken is not, a clean one passes."""
    results = []
    for number, (rule, files, expected) in enumerate(BROKEN, 1):
        told = complaints_about(files, [rule])
        wrong = [] if len(told) == expected else [f"expected {expected} complaints, got {told}"]
        kind = "a broken tree is told of" if expected else "what only looks broken passes"
        name = f"{kind}: {rule.__name__}, {min(files)}"
        results.append(report(number, name, wrong))
    told = complaints_about(CLEAN, RULES)
    results.append(report(len(BROKEN) + 1, "a clean tree has no complaint", told))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


def main():
    """Reads the command line."""
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    here = pathlib.Path(__file__).resolve().parent.parent.parent
    return check(sys.argv[1] if len(sys.argv) > 1 else here)


if __name__ == "__main__":
    sys.exit(main())
