#!/usr/bin/env python3
"""Works the figures of reports out again from the exported records, and says where a report differs.

    tests/figures/recompute.py DIRECTORY
    tests/figures/recompute.py --profile PROFILE [--server HOST:PORT] [--sendco PROGRAM] [--as-at DATE]

DIRECTORY holds what these commands of a lead print, taken while nobody writes:

    sendco status --json                                status.json
    sendco NOUN list --json --limit 5000                NOUN.json, for every noun in book.py
    sendco report NAME … --json                         report-ANYTHING.json, as many as one likes

With --profile it asks for all of that itself. Prints a line for each difference and exits with 1 when there is one.
"""
import argparse
import datetime
import glob
import json
import os
import subprocess
import sys

import book as books
import compare
from gaps import actions, gaps
from impact import impact
from provision_map import provision_map
from pupil import profile, pupil
from register import register
from today import today

REPORTS = {"register": register, "map": provision_map, "impact": impact, "gaps": gaps, "actions": actions, "pupil": pupil, "profile": profile,
           "today": today}
DAYS = ("from", "to", "compare")


def wanted_of(report, reader):
    """The parameters as the report says it was asked."""
    wanted = dict(report["filters"], reader=reader)
    for name in DAYS:
        if wanted.get(name):
            wanted[name] = datetime.date.fromisoformat(wanted[name])
    return wanted


def check(book, report, reader=None):
    """The differences between a report (parsed JSON) and the records of the book; reader: the id of who asked for it."""
    if report["as_known"]:
        return ["a report as it was known earlier cannot be worked out from the records of now"]
    expected = REPORTS[report["report"]](book, datetime.date.fromisoformat(report["as_at"]), wanted_of(report, reader))
    return compare.differences(expected, report)


def reader_of(book, status):
    """Whose export it is, by name; None when two are called so."""
    found = [s.id for s in book["staff"] if books.staff_name(s) == status["person"]]
    return found[0] if len(found) == 1 else None


def usual(book):
    """What --profile asks for: every report, and the page of every pupil on the register."""
    asked = [[name] for name in REPORTS if name not in ("pupil", "profile")]
    asked += [["register", "--status", "all"], ["register", "--compare", books.year_start(book.today).isoformat()]]
    return asked + [[name, p.id] for p in book["pupil"] if book.registered(p, book.today) for name in ("pupil", "profile")]


def from_server(options):
    base = [options.sendco, "--profile", options.profile] + (["--server", options.server] if options.server else [])

    def command(*args):
        return subprocess.run(base + list(args), stdout=subprocess.PIPE, check=True).stdout.decode()
    status = json.loads(command("status", "--json"))
    book = books.Book(books.export(command), books.day(status["today"]))
    at = ["--as-at", options.as_at] if options.as_at else []
    for args in usual(book):
        yield " ".join(args), book, json.loads(command("report", *args, "--json", *at)), reader_of(book, status)


def from_files(directory):
    with open(os.path.join(directory, "status.json"), encoding="utf-8") as f:
        status = json.load(f)
    book = books.read(directory, books.day(status["today"]))
    for path in sorted(glob.glob(os.path.join(directory, "report-*.json"))):
        with open(path, encoding="utf-8") as f:
            yield os.path.basename(path), book, json.load(f), reader_of(book, status)


def main(args):
    parser = argparse.ArgumentParser(description="Works the figures of reports out again from the exported records.")
    parser.add_argument("directory", nargs="?", help="exported records and reports, as JSON")
    parser.add_argument("--profile", help="ask a server instead, as this lead")
    parser.add_argument("--server", help="HOST:PORT, when it is not the profile's")
    parser.add_argument("--sendco", default="sendco", help="the program")
    parser.add_argument("--as-at", help="the day of the reports")
    options = parser.parse_args(args)
    if bool(options.directory) == bool(options.profile):
        parser.error("give a directory or --profile")
    reports = wrong = 0
    for name, book, report, reader in from_server(options) if options.profile else from_files(options.directory):
        reports += 1
        for text in check(book, report, reader):
            wrong += 1
            print("%s: %s" % (name, text))
    print("%d reports, %d differences" % (reports, wrong))
    return 1 if wrong or not reports else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
