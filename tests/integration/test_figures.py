"""Every figure of every report is worked out again from the exported records, by a reading of its own of what it means.

tests/figures/recompute.py does the working out; here it meets the demo school and random schools, as at many days.
"""
import contextlib
import datetime
import io
import itertools
import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "figures")]
sys.dont_write_bytecode = True

import book as books  # noqa: E402
import changes  # noqa: E402
import compare  # noqa: E402
import kinds  # noqa: E402
import random_school  # noqa: E402
import recompute  # noqa: E402
import school  # noqa: E402
import wire  # noqa: E402

AT = "2024-11-18T10:00:00Z"
BEFORE, FUTURE = "2005-01-01", "2031-05-05"
CENSUS = ["2024-01-18", "2024-10-03"]
DAYS = [None, BEFORE, "2024-03-07", *CENSUS, FUTURE]
EDGES = ["2023-08-31", "2023-09-01", "2023-10-05", "2024-01-18", "2024-02-29", "2024-08-31", "2024-09-01", "2024-10-03", "2024-11-17", BEFORE, FUTURE]

REGISTER = [["register"], ["register", "--status", "all", "--sort", "class"], ["register", "--sort", "-since"],
            ["register", "--sort", "year", "--status", "K"],
            ["register", "--sort", "-need", "--limit", "7"], ["register", "--need", "SLCN", "--sort", "status"], ["register", "--class", "3B"],
            ["register", "--status", "N"]]
COMPARE = [["register", "--compare", day, *more] for day in CENSUS + ["2023-09-01", BEFORE] for more in ([], ["--status", "K"])]
MAP = [["map"], ["map", "--from", "2024-09-01", "--to", "2024-12-20"], ["map", "--from", "2024-10-10", "--to", "2024-10-10"],
       ["map", "--from", "2023-09-01", "--to", "2025-08-31"], ["map", "--class", "3B"], ["map", "--year", "4"], ["map", "--need", "SLCN"],
       ["map", "--status", "E"], ["map", "--by", "staff"]]
IMPACT = [["impact"], ["impact", "--layer", "TARGETED"], ["impact", "--status", "K"], ["impact", "--from", "2004-09-01", "--to", "2024-07-20"]]
WORK = [["gaps"], ["gaps", "--year", "4"], ["gaps", "--status", "K"], ["actions"], ["actions", "--all"], ["actions", "--overdue"],
        ["actions", "--mine"]]
TODAY = [["today"], ["today", "--all"]]

# Figures that are sums of records: what --why lists under them must add up to them. SECTION: columns.
SUMS = {"register": {"summary": ["pupils"]}, "gaps": {"summary": ["count"]},
        "actions": {"summary": ["actions"], "owners": ["open", "overdue", "chased"]},
        "impact": {"impact": ["n", "unmeasured", "strong", "expected", "some", "none", "keep", "change", "stop", "cost"]},
        "map": {"provision": ["held", "lost", "pupils", "minutes_actual", "cost_actual"],
                "pupil": ["minutes_actual", "cost_planned", "cost_to_date", "cost_actual"],
                "class": ["minutes_actual", "cost_actual", "pupils"], "staff": ["held", "cost_actual"],
                "school": ["minutes_actual", "cost_planned", "cost_actual"]},
        "pupil": {"provision": ["present", "held", "minutes", "cost"], "parents": ["met"]}}


class Exported:
    """A school's records as its SENDCO exports them, and reports checked against them."""

    def __init__(self, case, running):
        self.case, self.school = case, running
        self.status = self.json("status")
        self.lists = books.export(self.command)
        self.book = books.Book(self.lists, books.day(self.status["today"]))
        self.reader = recompute.reader_of(self.book, self.status)

    def command(self, *args):
        return self.school.cli("senco", *args).out

    def json(self, *args):
        return json.loads(self.command(*args, "--json"))

    def report(self, args, at=None):
        return self.json("report", *args, *(["--as-at", at] if at else []))

    def same(self, asked, days):
        """No difference, for each of the reports as at each of the days; None is today."""
        for args, at in itertools.product(asked, days):
            with self.case.subTest(report=" ".join(args), at=at or "today"):
                found = recompute.check(self.book, self.report(args, at), self.reader)
                if found:
                    self.case.fail("\n" + "\n".join(found))

    def pupils(self, most):
        """Those of whom there is most to tell: with provision, or on the register."""
        order = {p.id: (-len(self.book.of("member", "pupil", p.id)), not self.book.registered(p, self.book.today)) for p in self.book["pupil"]}
        return sorted(order, key=order.get)[:most]


class Demo(school.Case):
    """The demo school."""
    at = AT
    pupils = 40 if wire.SHORT else 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exported = Exported(cls, cls.school)

    def setUp(self):
        self.exported.case = self

    def test_there_is_something_to_work_out(self):
        book = self.exported.book
        for noun in books.NOUNS:
            self.assertTrue(book[noun], noun)
        self.assertTrue(self.exported.reader)

    def test_register(self):
        self.exported.same(REGISTER, DAYS)

    def test_register_compared(self):
        self.exported.same(COMPARE, DAYS)

    def test_map(self):
        one = ["map", "--pupil", self.exported.pupils(1)[0]]
        self.exported.same(MAP + [one], DAYS)

    def test_impact(self):
        self.exported.same(IMPACT[:3], DAYS)
        self.exported.same(IMPACT[3:], [None, CENSUS[0], FUTURE])

    def test_gaps_and_actions(self):
        owner = next(a["owner"] for a in self.exported.book["action"] if a["owner"])
        pupil = next(a["pupil"] for a in self.exported.book["action"] if a["pupil"])
        self.exported.same(WORK + [["actions", "--owner", owner], ["actions", "--pupil", pupil, "--all"], ["actions", "--class", "3B"]], DAYS)

    def test_pages(self):
        self.exported.same([[name, id] for id in self.exported.pupils(10) for name in ("pupil", "profile")], DAYS)

    def test_today(self):
        others = [s.id for s in self.exported.book["staff"] if s.id != self.exported.reader][:6]
        self.exported.same(TODAY + [["today", "--staff", id] for id in others], DAYS)

    # --- why ---

    def test_the_reasons_add_up(self):
        tried = 0
        for name, sections in SUMS.items():
            args = [name] + ([self.exported.pupils(1)[0]] if name == "pupil" else [])
            report = self.exported.report(args)
            for section in report["sections"]:
                for row, column in itertools.product(self.sample(section), sections.get(section["name"], [])):
                    tried += self.adds_up(args, section, row, column)
        self.assertGreater(tried, 60)

    @staticmethod
    def sample(section):
        """The first rows and the last, by number."""
        n = len(section["rows"])
        return sorted({i for i in (0, 1, n // 2, n - 1) if 0 <= i < n})

    def adds_up(self, args, section, row, column):
        figure = compare.rows_of(section)[row][column]
        first = section["rows"][row][section["columns"][0]["name"]]
        alike = [r for r in section["rows"] if r[section["columns"][0]["name"]] == first]
        asked = "%s:%s:%s" % (section["name"], first if first and len(alike) == 1 else row + 1, column)
        if figure is None:
            return 0
        with self.subTest(report=args[0], why=asked):
            why = next(s for s in self.exported.report(args + ["--why", asked])["sections"] if s["name"] == "why")
            self.assertEqual(sum(r["amount"] for r in compare.rows_of(why)), figure, why)
            for reason in why["rows"]:
                self.assertTrue(self.exported.book.get(reason["id"]), reason)
        return 1

    # --- it can fail ---

    def test_a_changed_cell_is_seen(self):
        for name, sections in SUMS.items():
            args = [name] + ([self.exported.pupils(1)[0]] if name == "pupil" else [])
            report = self.exported.report(args)
            section = next(s for s in report["sections"] if s["name"] in sections and s["rows"])
            row = section["rows"][-1]
            column = sections[section["name"]][-1]
            row[column] = (row[column] or 0) + 1
            found = recompute.check(self.exported.book, report, self.exported.reader)
            self.assertTrue(any(column in text for text in found), (name, found))

    def test_a_row_too_many_too_few_or_elsewhere_is_seen(self):
        for change, word in ((lambda rows: rows.pop(), "missing"), (lambda rows: rows.append(dict(rows[0], id="PUP-0001")), "should not be there"),
                             (lambda rows: rows.reverse(), "should be")):
            report = self.exported.report(["register"])
            change(report["sections"][0]["rows"])
            found = recompute.check(self.exported.book, report, self.exported.reader)
            self.assertTrue(any(word in text for text in found), found)

    def test_a_changed_record_is_seen(self):
        book = self.exported.book
        session = next(s for s in book["session"] if s["held"] and s["day"] >= books.year_start(book.today))
        status = next(s for s in book["sen-status"] if s.holds(book.today) and book.registered(book.get(s["pupil"]), book.today))
        member = next(m for m in book["member"] if m.holds(book.today) and book.get(m["provision"]).holds(book.today)
                      and book.on_roll(book.get(m["pupil"]), book.today))
        target = None if member["target"] else book["target"][0].id
        for record, field, value, name in ((session, "minutes", 601, "map"), (session, "held", False, "map"),
                                           (status, "starts", datetime.date(2020, 1, 1), "register"),
                                           (member, "target", target, "gaps")):
            self.assertTrue(self.differs(record, field, value, name), (record.id, field, name))

    def differs(self, record, field, value, name):
        exported = next(r for r in self.exported.lists[record.noun]["records"] if r["id"] == record.id)
        was, exported["fields"][field] = exported["fields"][field], value.isoformat() if isinstance(value, datetime.date) else value
        try:
            book = books.Book(self.exported.lists, self.exported.book.today)
            return recompute.check(book, self.exported.report([name]), self.exported.reader)
        finally:
            exported["fields"][field] = was

    # --- by hand ---

    def test_by_hand(self):
        with tempfile.TemporaryDirectory() as directory:
            def write(name, content):
                with open(os.path.join(directory, name + ".json"), "w", encoding="utf-8") as f:
                    json.dump(content, f)
            write("status", self.exported.status)
            for noun, whole in self.exported.lists.items():
                write(noun, whole)
            report = self.exported.report(["gaps"])
            write("report-gaps", report)
            self.assertEqual(self.by_hand(directory), (0, "1 reports, 0 differences\n"))
            report["sections"][0]["rows"][0]["count"] += 1
            write("report-gaps", report)
            code, said = self.by_hand(directory)
            self.assertEqual(code, 1)
            self.assertRegex(said, r"^report-gaps.json: summary: .*count is \d+, should be \d+")

    @staticmethod
    def by_hand(directory):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = recompute.main([directory])
        return code, said.getvalue()


class Random(unittest.TestCase):
    """Random schools; each seed is a school."""

    @classmethod
    def setUpClass(cls):
        wire.load()
        kinds.load()

    def one(self, seed):
        running = school.School(4, seed)
        self.addCleanup(running.remove)
        running.start(at=AT)
        with running.client() as client:
            made = random_school.fill(client, seed)
        self.assertGreater(made.added, 150)
        self.assertLess(len(made.refused), 30, made.refused)
        exported = Exported(self, running)
        chance = made.random
        days = [None] + chance.sample(EDGES, 2)
        oak = ["--class", "Oak"]
        exported.same(chance.sample(REGISTER[:6], 2) + [["register", *oak], ["register", "--compare", chance.choice(EDGES),
                                                                             *chance.choice([[], oak])],
                                                        ["register", "--compare", "2023-10-05"]], days)
        exported.same([["map"], ["map", "--from", "2024-01-08", "--to", "2024-03-28"], ["map", "--from", "2023-06-01", "--to", "2025-01-01"],
                       ["map", *oak], ["map", "--status", "K,E"]], days)
        exported.same([["impact"], ["impact", "--from", "2004-09-01"], ["impact", "--status", "K"], ["gaps"], ["gaps", "--year", "3"]], days)
        exported.same([["actions", "--all"], ["actions", "--overdue"], ["today"], ["today", "--all"],
                       ["today", "--staff", next(s.id for s in exported.book["staff"] if s.number == made.staff[0])]], days)
        pupils = [p.id for p in exported.book["pupil"] if p.number in made.pupils]
        exported.same([[name, id] for id in chance.sample(pupils, 4) for name in ("pupil", "profile")], days)
        self.log(running, made, exported)
        running.stop()

    def log(self, running, made, exported):
        """Two people change a few records in turn, and take some away: the report of changes tells each run of theirs."""
        since, chance, touched = exported.status["seq"], made.random, set()
        with running.client("senco") as one, running.client("cnlead") as two:
            for step in range(24):
                made.client = chance.choice([one, one, two])
                if step % 6 == 0:
                    action = made.add("Action", [{"what": "Step %d" % step}])[0][0]
                    touched.add(action)
                made.edit("Action", chance.choice(sorted(touched)), chased=chance.randint(0, 99))
            for action in chance.sample(sorted(touched), 2):
                kind = kinds.find("Action")
                chance.choice([one, two]).remove(kind, action, one.read(kind, action)[1])
        upto = exported.json("status")["seq"]
        report = exported.report(["changes", "--since", "#%d" % since])
        ids = {row["id"] for section in report["sections"][:1] for row in section["rows"]}
        self.assertEqual({books.number_of(id) for id in ids}, touched)
        histories = [exported.json("action", "history", id) for id in sorted(ids)]
        found = compare.differences(changes.changes(histories, since, upto), report)
        self.assertFalse(found, "\n".join(found))


def add_seeds():
    for seed in range(1, 6 if wire.SHORT else 26):
        setattr(Random, "test_seed_%02d" % seed, lambda self, seed=seed: self.one(seed))


add_seeds()

if __name__ == "__main__":
    school.main()
