"""The report of gaps: a small class made by hand, whose gaps are counted by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

DAY = kinds.days


def tables(report):
    """{section: [{column: text or number or None}]}"""
    out = {}
    for section in report.sections:
        names = [c.name for c in section.columns]
        out[section.name] = [dict(zip(names, (c.text if c.HasField("text") else c.number if c.HasField("number") else None for c in row.cells)))
                             for row in section.rows]
    return out


class Gaps(school.Case):
    at = school.TODAY + "T09:00:00Z"          # Monday, 18 November 2024

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.school.client() as senco, cls.school.client("teacher") as teacher, cls.school.client("ta") as ta:
            cls.make(senco, teacher.login.staff, ta.login.staff)

    @classmethod
    def make(cls, senco, teacher, ta):
        find = kinds.find
        cls.room = senco.add(find("SchoolClass"), name="9Z", year="4")
        for staff, relation in ((teacher, 1), (ta, 2)):
            senco.add(find("Assignment"), staff=staff, class_=cls.room, relation=relation, starts=DAY("2024-09-01"))
        kind = senco.add(find("ProvisionType"), name="Word gap")
        cls.group = senco.add(find("Provision"), type=kind, name="Word gap 9Z", starts=DAY("2024-09-09"))
        cls.ids = {name: cls.pupil(senco, name, provision) for name, provision in
                   (("Aa", "K"), ("Bb", "K"), ("Cc", "E"), ("Dd", "N"), ("Ee", None))}
        ids = cls.ids
        # Bb: agreed, its review overdue since 1 November. Cc: live. Aa: only a draft, and one reviewed long ago.
        for name, status, starts, due in (("Aa", 1, "2024-09-10", None), ("Aa", 4, "2024-01-08", "2024-04-01"),
                                          ("Bb", 2, "2024-09-10", "2024-11-01"), ("Cc", 3, "2024-09-10", "2024-12-20")):
            more = {"review_due": DAY(due)} if due else {}
            senco.add(find("Plan"), pupil=ids[name], template="APDR", status=status, starts=DAY(starts), **more)
        target = senco.add(find("Target"), pupil=ids["Cc"], aim="Reads")
        senco.add(find("ProvisionMember"), provision=cls.group, pupil=ids["Cc"], starts=DAY("2024-09-09"), target=target)
        cls.member = senco.add(find("ProvisionMember"), provision=cls.group, pupil=ids["Dd"], starts=DAY("2024-10-07"))
        senco.add(find("Need"), pupil=ids["Aa"], need="SLCN", rank=1, starts=DAY("2023-09-01"))
        senco.add(find("Need"), pupil=ids["Cc"], need="ASD", rank=1, starts=DAY("2023-09-01"))
        # 42 days before 18 November is 7 October
        cls.concern = senco.add(find("Concern"), pupil=ids["Ee"], raised=DAY("2024-10-07"), raised_by=teacher, area="CL", concern="Slow to read")
        senco.add(find("Concern"), pupil=ids["Dd"], raised=DAY("2024-10-08"), concern="Only just raised")
        senco.add(find("Concern"), pupil=ids["Dd"], raised=DAY("2024-09-02"), decided=DAY("2024-11-10"), outcome="NONE", reason="Fine now",
                  concern="Decided late")
        # Aa: two that count, one not held, one last year. Cc: three that count.
        for name, day, more in (("Aa", "2024-09-01", {}), ("Aa", "2024-10-15", {"status": 2}), ("Aa", "2024-11-04", {"status": 4}),
                                ("Aa", "2024-08-31", {"status": 2}), ("Aa", "2024-11-19", {}),
                                ("Cc", "2024-09-20", {}), ("Cc", "2024-10-20", {}), ("Cc", "2024-11-18", {})):
            senco.add(find("Meeting"), pupil=ids[name], purpose="PARENT", day=DAY(day), parents=True, **more)
        senco.add(find("Meeting"), pupil=ids["Aa"], purpose="TAF", day=DAY("2024-10-01"), status=2)

    @classmethod
    def pupil(cls, senco, name, provision):
        id = senco.add(kinds.find("Pupil"), surname=name, forename="Una", born=DAY("2015-02-02"), entered=DAY("2022-09-01"), year="4")
        senco.add(kinds.find("ClassMembership"), pupil=id, class_=cls.room, starts=DAY("2023-09-01"))
        if provision:
            senco.add(kinds.find("SenStatus"), pupil=id, provision=provision, starts=DAY("2023-09-01"), parent_informed=DAY("2023-09-01"))
        return id

    def ask(self, name="senco", as_at=None, **params):
        return tables(self.client(name).report("gaps", as_at=DAY(as_at) if as_at else None, **dict({"class": "9Z"}, **params)).report)

    def counts(self, *args, **more):
        return {row["gap"]: row["count"] for row in self.ask(*args, **more)["summary"]}

    def names(self, rows):
        return [row["pupil"].split(",")[0] for row in rows]

    def test_every_gap_once(self):
        got = self.ask()
        self.assertEqual(list(got), ["summary", "no_plan", "no_provision", "no_target", "undecided", "review_due", "no_rank_1", "parents"])
        self.assertEqual(got["no_plan"], [{"pupil": "Aa, Una", "class": "9Z", "year": "4", "since": DAY("2023-09-01")}])
        self.assertEqual(self.names(got["no_provision"]), ["Bb"])
        self.assertEqual(got["no_target"], [{"pupil": "Dd, Una", "provision": "Word gap 9Z", "since": DAY("2024-10-07")}])
        row = got["undecided"][0]
        self.assertEqual((len(got["undecided"]), row["pupil"], row["raised"], row["weeks"], row["area"]),
                         (1, "Ee, Una", DAY("2024-10-07"), 6, "Cognition and learning"))
        self.assertTrue(row["raised_by"])
        self.assertEqual([(r["pupil"], r["met"], r["last"]) for r in got["parents"]],
                         [("Bb, Una", 0, None), ("Aa, Una", 2, DAY("2024-10-15"))])
        self.assertEqual([(r["pupil"], r["review_due"], r["days"]) for r in got["review_due"]], [("Bb, Una", DAY("2024-11-01"), 17)])
        self.assertEqual(self.names(got["no_rank_1"]), ["Bb"])
        self.assertEqual(self.counts(), {"no_plan": 1, "no_provision": 1, "no_target": 1, "undecided": 1, "parents": 2, "review_due": 1,
                                         "no_rank_1": 1})

    def test_as_at(self):
        self.assertEqual(self.names(self.ask(as_at="2024-11-17")["undecided"]), [], "five weeks and six days")
        self.assertEqual(self.names(self.ask(as_at="2024-11-09")["undecided"]), ["Dd"], "decided only the day after")
        self.assertEqual(self.names(self.ask(as_at="2024-11-01")["review_due"]), [])
        self.assertEqual(self.names(self.ask(as_at="2024-11-02")["review_due"]), ["Bb"])
        self.assertEqual(self.names(self.ask(as_at="2024-10-06")["no_target"]), [])
        self.assertEqual(self.names(self.ask(as_at="2024-10-07")["no_target"]), ["Dd"])
        # Aa's plan that is reviewed now was in force until its review was due
        self.assertEqual(self.names(self.ask(as_at="2024-01-07")["no_plan"]), ["Aa", "Bb"])
        self.assertEqual(self.names(self.ask(as_at="2024-01-08")["no_plan"]), ["Bb"])
        self.assertEqual(self.names(self.ask(as_at="2024-04-01")["no_plan"]), ["Bb"])
        self.assertEqual(self.names(self.ask(as_at="2024-04-02")["no_plan"]), ["Aa", "Bb"])
        self.assertEqual([(r["pupil"], r["met"]) for r in self.ask(as_at="2024-11-17")["parents"]],
                         [("Bb, Una", 0), ("Aa, Una", 2), ("Cc, Una", 2)])
        self.assertEqual([(r["pupil"], r["met"]) for r in self.ask(as_at="2024-08-31")["parents"]],
                         [("Bb, Una", 0), ("Cc, Una", 0), ("Aa, Una", 1)], "the academic year before")

    def test_filters(self):
        self.assertEqual(self.counts(status="E"), {"no_plan": 0, "no_provision": 0, "no_target": 0, "undecided": 0, "parents": 0, "review_due": 0,
                                                   "no_rank_1": 0})
        self.assertEqual(self.counts(status="K")["parents"], 2)
        self.assertEqual(self.names(self.ask(need="SLCN")["parents"]), ["Aa"])
        self.assertEqual(self.counts(year="5")["no_plan"], 0)
        everybody = {row["gap"]: row["count"] for row in tables(self.client().report("gaps").report)["summary"]}
        self.assertGreaterEqual(everybody["no_rank_1"], 1)

    def test_why(self):
        made = wire.pb.ReportRequest.Param
        why = lambda text: tables(self.client().ask(report=wire.pb.ReportRequest(name="gaps", params=[made(name="class", value="9Z")], why=text)).report)["why"]
        self.assertEqual([(r["kind"], r["about"], r["amount"]) for r in why("summary:undecided:count")], [("Concern", "Ee, Una", 1)])
        self.assertEqual([r["record"] for r in why("summary:parents:count")], ["Aa, Una", "Bb, Una"])
        self.assertEqual([(r["kind"], r["amount"]) for r in why("parents:Aa, Una:met")], [("Meeting", 1), ("Meeting", 1)])

    def test_who_sees_what(self):
        self.assertEqual(self.counts("teacher"), self.counts(), "their own class")
        self.assertEqual(list(self.ask("ta")), ["summary", "no_target"], "no status, no plans, no concerns, no meetings")
        self.assertEqual(self.counts("ta"), {"no_target": 1})
        for name in ("governor", "medical"):
            if os.path.exists(self.school.profile(name)):
                self.refused(wire.pb.DENIED, self.client(name).report("gaps", check=False), "E-DENIED")

    def test_nobody(self):
        got = tables(self.client().report("gaps", as_at=DAY("1990-01-01")).report)
        self.assertEqual({row["count"] for row in got["summary"]}, {0})
        report = self.client().report("gaps", as_at=DAY("1990-01-01")).report
        self.assertEqual({s.text for s in report.sections if s.name != "summary"}, {"None."})


if __name__ == "__main__":
    school.main()
