#!/usr/bin/env python3
"""How much of server/ and common/ the tests reach (`make coverage`): lines and branches as gcov counts them, worst file first.

    tests/coverage.py --build DIR [--room ROOM] [--missed FILE]

DIR was built with --coverage and has run the tests. Branches on a line with a macro that uthash or utlist puts code of its
own into are not counted: a single HASH_ADD has forty of them, most for hash tables larger than any school, a DL_DELETE
ten, four of them of assertions. Their loops are counted, for they are ours. How many are left out is told. --missed names
the lines of one file that were never reached (no mark) or of which a branch was never taken (+).
"""
import argparse
import collections
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MACROS = re.compile(r"\bHASH_[A-Z]+|\b(?:LL|DL|CDL)_(?:DELETE|APPEND|PREPEND|CONCAT|INSERT|REPLACE|SORT)")


class File:
    """One source: lines reached and branches taken, added up over the programs it is part of."""

    def __init__(self, name):
        self.name, self.lines, self.branches = name, collections.Counter(), collections.defaultdict(collections.Counter)
        self.left_out = {}     # number of a line: its branches
        with open(os.path.join(ROOT, name), encoding="utf-8") as f:
            self.text = f.read().splitlines()

    def add(self, line):
        number = line["line_number"]
        self.lines[number] += line["count"]
        if self.is_macro(number):
            self.left_out[number] = len(line["branches"])
            return
        for i, branch in enumerate(line["branches"]):
            self.branches[number][i] += branch["count"]

    def is_macro(self, number):
        return number <= len(self.text) and bool(MACROS.search(self.text[number - 1]))

    def reached(self):
        return sum(1 for n in self.lines.values() if n), len(self.lines)

    def taken(self):
        counts = [n for line in self.branches.values() for n in line.values()]
        return sum(1 for n in counts if n), len(counts)


def objects(build, room):
    for top, _, names in os.walk(os.path.join(build, room)):
        for name in names:
            if name.endswith(".gcno"):
                yield os.path.join(top, name)


def read(build, rooms):
    """{name: File} of the sources and headers in these rooms."""
    files = {}
    notes = sorted(path for room in rooms for path in objects(build, room))
    with tempfile.TemporaryDirectory() as place:
        for i, path in enumerate(notes):      # one at a time: gcov names what it writes by the source's last name only
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", path], cwd=place, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            for name in os.listdir(place):
                with gzip.open(os.path.join(place, name), "rt") as f:
                    gather(files, json.load(f), rooms)
                os.remove(os.path.join(place, name))
    return files


def gather(files, told, rooms):
    for source in told["files"]:
        name = os.path.relpath(os.path.join(ROOT, source["file"]), ROOT)
        if name.split("/")[0] not in rooms:
            continue
        one = files.setdefault(name, File(name))
        for line in source["lines"]:
            one.add(line)


def share(pair):
    return 100.0 * pair[0] / pair[1] if pair[1] else 100.0


def show(what, files):
    lines = [sum(n) for n in zip(*(f.reached() for f in files))]
    branches = [sum(n) for n in zip(*(f.taken() for f in files))]
    print("%-40s %6.1f %% %6d of %6d %8.1f %% %6d of %6d" % (what, share(branches), *branches, share(lines), *lines))


def missed(one):
    """The lines to write a test for."""
    for number in sorted(one.lines):
        never = [n for n in one.branches[number].values() if not n]
        if not one.lines[number] or never:
            print("%5d %s %s" % (number, "+" if one.lines[number] else " ", one.text[number - 1]))


def main():
    parser = argparse.ArgumentParser(description="Branches and lines that the tests reach.")
    parser.add_argument("--build", default="build/coverage", help="where make coverage built")
    parser.add_argument("--room", action="append", help="server and common, unless given")
    parser.add_argument("--missed", action="append", help="a source file: what no test reaches in it")
    asked = parser.parse_args()
    rooms = asked.room or ["server", "common"]
    files = read(os.path.abspath(asked.build), rooms)
    if not files:
        print("coverage: nothing was built with --coverage in %s; run make coverage" % asked.build)
        return 1
    for name in asked.missed or ():
        missed(files[name])
    if asked.missed:
        return 0
    print("%-40s %-25s %s" % ("", "  branches taken", "   lines reached"))
    for one in sorted(files.values(), key=lambda f: (share(f.taken()), f.name)):
        show(one.name, [one])
    for room in rooms:
        show("all of " + room, [f for f in files.values() if f.name.startswith(room + "/")])
    show("in all", list(files.values()))
    left_out = [n for f in files.values() for n in f.left_out.values()]
    print("Not counted: %d branches in %d lines with macros of uthash and utlist." % (sum(left_out), len(left_out)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
