"""The register before, on and after each change of a pupil with eleven spells; two dates compared; why; as it was known."""
import itertools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

DAY = kinds.days

# (first day, last day or None, code, rank)
STATUS = [("2021-09-01", "2022-01-09", "N"), ("2022-01-10", "2023-05-01", "K"), ("2023-05-02", "2024-04-14", "E"),
          ("2024-04-15", "2024-06-30", "K"), ("2024-07-01", "2024-09-15", "N"), ("2024-09-16", None, "K")]
NEEDS = [("2022-01-10", "2024-04-14", "SLCN", 1), ("2022-09-01", "2023-12-31", "SPLD", 2), ("2024-01-08", "2024-04-14", "ASD", 2),
         ("2024-04-15", None, "ASD", 1), ("2024-09-16", None, "SLCN", 2)]


class Pupil:
    """A pupil as the test knows them: what the server must come to by itself."""

    def __init__(self, name, entered=None, left=None, status=(), needs=()):
        self.name, self.entered, self.left = name, entered, left
        self.status, self.needs = list(status), list(needs)

    def holds(self, first, last, day):
        return first <= day and (last is None or last >= day)

    def on_roll(self, day):
        return (not self.entered or self.entered <= day) and (not self.left or self.left >= day)

    def provision(self, day):
        return next((code for first, last, code in self.status if self.holds(first, last, day)), None)

    def ranked(self, day):
        return [code for _, code in sorted((rank, code) for first, last, code, rank in self.needs if self.holds(first, last, day))]

    def registered(self, day):
        return self.on_roll(day) and self.provision(day) not in (None, "N")

    def change(self, then, now):
        if not self.registered(then):
            return "joined the register" if self.registered(now) else None
        if not self.registered(now):
            return "left the register" if self.on_roll(now) else "left the school"
        if self.provision(then) != self.provision(now):
            return "status changed"
        return "need changed" if self.ranked(then) != self.ranked(now) else None


ORDER = ["joined the register", "left the register", "status changed", "need changed", "left the school"]
PUPILS = [
    Pupil("Ashby", "2021-09-01", None, STATUS, NEEDS),
    Pupil("Bevan", "2021-09-01", "2024-03-28", [("2021-09-01", None, "K")], [("2021-09-01", None, "MLD", 1)]),
    Pupil("Cole", "2024-02-01", None, [("2022-09-01", None, "E")], [("2022-09-01", None, "HI", 1)]),
    Pupil("Dunn", "2021-09-01", None, [("2021-09-01", None, "N")]),
    Pupil("Eames", "2021-09-01"),
]
CHANGES = sorted({first for p in PUPILS for first, *_ in p.status + p.needs} | {"2024-02-01", "2024-03-29", "2024-01-01"})
DAYS = sorted({kinds.iso(DAY(d) + step) for d in CHANGES for step in (-1, 0, 1)})


def tables(report):
    out = {}
    for section in report.sections:
        names = [c.name for c in section.columns]
        out[section.name] = [dict(zip(names, (c.text if c.HasField("text") else c.number if c.HasField("number") else None for c in row.cells)))
                             for row in section.rows]
    return out


class Register(school.Case):
    at = school.TODAY + "T09:00:00Z"
    pupils = 30

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.school.client() as senco:
            cls.make(senco)

    @classmethod
    def make(cls, senco):
        find, item = kinds.find, wire.item
        cls.room = senco.add(find("SchoolClass"), name="9Z", year="4")
        cls.ids = {}
        for pupil in PUPILS:
            more = {k: DAY(v) for k, v in (("entered", pupil.entered), ("left", pupil.left)) if v}
            id = cls.ids[pupil.name] = senco.add(find("Pupil"), surname=pupil.name, forename="Una", born=DAY("2015-02-02"), year="4", **more)
            senco.add(find("ClassMembership"), pupil=id, class_=cls.room, starts=DAY("2021-09-01"))
            for first, _, code in pupil.status:
                reason = {"reason": "PROGRESS"} if first == "2024-07-01" else {}
                senco.add(find("SenStatus"), pupil=id, provision=code, starts=DAY(first), parent_informed=DAY(first), **reason)
            if pupil.needs:
                senco.put(*[item(find("Need"), -1 - i, pupil=id, need=code, rank=rank, starts=DAY(first), **({"ends": DAY(last)} if last else {}))
                            for i, (first, last, code, rank) in enumerate(pupil.needs)])

    def ask(self, name="senco", as_at=None, as_known=None, why=None, check=True, **params):
        client = self.client(name)
        made = [wire.pb.ReportRequest.Param(name=n, value=str(v)) for n, v in dict({"class": "9Z"}, **params).items() if v is not None]
        return client.ask(check, report=wire.pb.ReportRequest(name="register", params=made, as_at=DAY(as_at) if as_at else None,
                                                              as_known=as_known, why=why))

    def tables(self, *args, **more):
        return tables(self.ask(*args, **more).report)

    def test_before_on_and_after_each_change(self):
        client = self.client()
        for day in DAYS:
            got = tables(client.report("register", as_at=DAY(day), **{"class": "9Z"}).report)
            want = [(p.name + ", Una", p.provision(day), ", ".join(p.ranked(day)) or None) for p in PUPILS if p.registered(day)]
            self.assertEqual([(r["pupil"], r["provision"], r["needs"]) for r in got["register"]], want, day)
            on = [p for p in PUPILS if p.on_roll(day)]
            counts = {r["provision"]: r["pupils"] for r in got["summary"]}
            self.assertEqual(counts, {"E": sum(p.provision(day) == "E" for p in on), "K": sum(p.provision(day) == "K" for p in on),
                                      "N": sum(p.provision(day) in (None, "N") for p in on)}, day)

    def test_every_pair_of_days_compared(self):
        client = self.client()
        for then, now in itertools.combinations(DAYS, 2):
            report = client.report("register", as_at=DAY(now), compare=then, **{"class": "9Z"}).report
            got = tables(report)
            self.assertEqual(list(got), ["compare", "totals"])
            want = sorted((ORDER.index(p.change(then, now)), p.name) for p in PUPILS if p.change(then, now))
            self.assertEqual([(ORDER.index(r["change"]), r["pupil"].split(",")[0]) for r in got["compare"]], want, (then, now))
            for row in got["compare"]:
                pupil = next(p for p in PUPILS if row["pupil"].startswith(p.name))
                for day, status, needs in ((then, "then", "needs_then"), (now, "now", "needs_now")):
                    on = pupil.on_roll(day)
                    self.assertEqual((row[status], row[needs]), (pupil.provision(day) if on else None,
                                                                 (", ".join(pupil.ranked(day)) or None) if on else None), (then, now))
            for row in got["totals"]:
                codes = ("K", "E") if row["status"] == "All" else (row["status"],)
                counts = [sum(p.on_roll(d) and p.provision(d) in codes for p in PUPILS) for d in (then, now)]
                self.assertEqual([row["then"], row["now"], row["difference"]], counts + [counts[1] - counts[0]], (then, now))

    def test_either_day_may_be_the_later(self):
        forth, back = self.ask(as_at="2024-10-03", compare="2024-01-18").report, self.ask(as_at="2024-01-18", compare="2024-10-03").report
        self.assertEqual(tables(forth), tables(back))
        self.assertEqual(forth.sections[0].text, "Then: Thu 18 Jan 2024. Now: Thu 3 Oct 2024.")

    def test_when_it_changed_and_why(self):
        def since(then, now):
            return {r["pupil"].split(",")[0]: (r["change"], r["since"] and kinds.iso(r["since"]), r["reason"])
                    for r in self.tables(as_at=now, compare=then)["compare"]}
        self.assertEqual(since("2024-06-30", "2024-07-01"), {"Ashby": ("left the register", "2024-07-01", "Progress sufficient")})
        self.assertEqual(since("2024-01-18", "2024-10-03"), {
            "Ashby": ("status changed", "2024-09-16", None), "Bevan": ("left the school", "2024-03-29", None),
            "Cole": ("joined the register", "2024-02-01", None)})
        # SPLD had ended by 31 December, ASD began on 8 January
        self.assertEqual(since("2023-12-31", "2024-01-01"), {"Ashby": ("need changed", "2024-01-01", None)})
        self.assertEqual(since("2023-12-31", "2024-01-18"), {"Ashby": ("need changed", "2024-01-08", None)})

    def test_nobody_differs(self):
        report = self.ask(as_at="2024-10-03", compare="2024-10-03").report
        self.assertTrue(report.sections[0].text.endswith("Nobody differs."), report.sections[0].text)
        self.assertFalse(report.sections[0].rows)

    def test_filters_let_through_who_passes_on_either_day(self):
        got = self.tables(as_at="2024-10-03", compare="2024-01-18", need="HI")
        self.assertEqual([r["pupil"] for r in got["compare"]], ["Cole, Una"])
        self.assertEqual({r["status"]: (r["then"], r["now"]) for r in got["totals"]}, {"E": (0, 1), "K": (0, 0), "All": (0, 1)})
        got = self.tables(as_at="2024-10-03", compare="2024-01-18", status="E")
        self.assertEqual([r["pupil"] for r in got["compare"]], ["Cole, Una", "Ashby, Una"])

    def test_why(self):
        report = self.ask(as_at="2024-10-03", why="summary:K:pupils").report
        why = report.sections[-1]
        self.assertEqual([(r.cells[0].text, r.cells[2].text, r.cells[3].number) for r in why.rows], [("SEN status", "Ashby, Una", 1)])
        report = self.ask(as_at="2024-10-03", compare="2024-01-18", why="totals:E:difference").report
        why = {(r.cells[2].text, r.cells[3].number) for r in report.sections[-1].rows}
        self.assertEqual(why, {("Ashby, Una", -1), ("Cole, Una", 1)})
        report = self.ask(as_at="2024-10-03", why="summary:N:pupils").report
        self.assertEqual({(r.cells[0].text, r.cells[1].text) for r in report.sections[-1].rows if r.cells[0].text == "Pupil"},
                         {("Pupil", "Eames, Una")})
        self.assertEqual(len(report.sections[-1].rows), 2)

    def test_limit(self):
        report = self.ask(as_at="2024-10-03", limit=1).report
        self.assertEqual(len(report.sections[0].rows), 1)
        self.assertEqual(report.sections[0].text, "The first 1 of 2.")
        self.assertEqual(tables(report)["summary"], self.tables(as_at="2024-10-03")["summary"])
        self.assertEqual(len(self.tables(as_at="2024-10-03", compare="2024-01-18", limit=2)["compare"]), 2)
        for bad in ("0", "-1", "many", "1.5"):
            self.refused(wire.pb.INVALID, self.ask(check=False, limit=bad), "E-INVALID")

    def test_what_cannot_be_asked(self):
        self.refused(wire.pb.INVALID, self.ask(check=False, compare="never"), "E-INVALID")
        self.refused(wire.pb.INVALID, self.ask(check=False, compare="2024-01-18", sort="name"), "E-INVALID")
        for name in ("ta", "governor"):
            reply = self.client(name).report("register", compare="2024-01-18", check=False)
            self.assertEqual(reply.outcome, wire.pb.DENIED, name)

    def test_a_teacher_compares_only_own(self):
        everyone = {r["pupil"] for r in self.tables(as_at="2024-10-03", compare="2022-01-18", **{"class": None})["compare"]}
        mine = {r["pupil"] for r in self.tables("teacher", as_at="2024-10-03", compare="2022-01-18", **{"class": None})["compare"]}
        self.assertLess(mine, everyone)
        self.assertFalse(mine & {p.name + ", Una" for p in PUPILS})

    def test_as_it_was_known(self):
        senco = self.client()
        find = kinds.find
        child = senco.add(find("Pupil"), surname="Later", forename="Una", born=DAY("2015-02-02"), entered=DAY("2021-09-01"), year="4")
        room = senco.add(find("SchoolClass"), name="9Y", year="4")
        senco.add(find("ClassMembership"), pupil=child, class_=room, starts=DAY("2021-09-01"))
        senco.add(find("SenStatus"), pupil=child, provision="K", starts=DAY("2024-01-08"), parent_informed=DAY("2024-01-08"))
        before = self.client().hello.now
        self.school.set_clock(school.TODAY + "T10:00:00Z")
        self.addCleanup(self.school.set_clock, school.TODAY + "T11:00:00Z")
        school.until(lambda: self.client().hello.now > before + 1800, "the clock to move")
        self.client().add(find("SenStatus"), pupil=child, provision="E", starts=DAY("2024-05-01"), parent_informed=DAY("2024-05-01"))
        ask = {"class": "9Y", "as_at": "2024-10-03", "compare": "2024-02-01"}
        self.assertEqual([r["change"] for r in self.tables(**ask)["compare"]], ["status changed"])
        self.assertEqual(self.tables(as_known=before, **ask)["compare"], [])
        known = self.tables(as_known=before, as_at="2024-10-03", **{"class": "9Y"})
        self.assertEqual([r["provision"] for r in known["register"]], ["K"])

    def test_nobody_on_it(self):
        self.client().add(kinds.find("SchoolClass"), name="9X", year="4")
        report = self.ask(**{"class": "9X"}).report
        self.assertEqual((report.sections[0].text, len(report.sections[0].rows)), ("Nobody.", 0))
        self.assertEqual([r.cells[2].number for r in report.sections[1].rows], [0, 0, 0])


if __name__ == "__main__":
    school.main()
