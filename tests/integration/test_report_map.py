"""The provision map: hours and pence of a small class, worked out here by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

AMOUNTS = ["minutes_planned", "minutes_to_date", "minutes_actual", "cost_planned", "cost_to_date", "cost_actual"]


def rows_of(report, name):
    """{first cell: {column: value}} of a section; None when it is not there."""
    for section in report.sections:
        if section.name == name:
            names = [c.name for c in section.columns]
            rows = [{n: cell.text if cell.HasField("text") else cell.number if cell.HasField("number") else None
                     for n, cell in zip(names, row.cells)} for row in section.rows]
            return {row[names[0]]: row for row in rows}
    return None


def amounts(row, names=AMOUNTS):
    return [row[n] for n in names]


def why(client, name, what, **more):
    reply = client.ask(report=wire.pb.ReportRequest(name=name, why=what, **more)).report
    section = next(s for s in reply.sections if s.name == "why")
    return [(row.cells[0].text, row.cells[1].text, row.cells[3].number) for row in section.rows]


class Map(school.Case):
    at = school.TODAY

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.school.client("teacher") as teacher, cls.school.client("ta") as ta:
            cls.teacher, cls.ta = teacher.login.staff, ta.login.staff
        with cls.school.client() as senco:
            cls.build(senco)

    @classmethod
    def build(cls, senco):
        find, days = kinds.find, kinds.days
        first = days("2023-01-01")
        cls.room = senco.add(find("SchoolClass"), name="9Z", year="6")
        senco.add(find("Assignment"), staff=cls.teacher, relation=1, starts=first, **{"class_": cls.room})
        cls.children = {}
        for surname, forename, status, need in (("Able", "Ada", "K", "SLCN"), ("Baker", "Ben", "E", "ASD"), ("Cole", "Cy", None, None)):
            child = cls.children[forename] = senco.add(find("Pupil"), surname=surname, forename=forename, born=days("2014-03-03"), year="6")
            senco.add(find("ClassMembership"), pupil=child, starts=first, **{"class_": cls.room})
            if status:
                senco.add(find("SenStatus"), pupil=child, provision=status, starts=first, parent_informed=first)
                senco.add(find("Need"), pupil=child, need=need, rank=1, starts=first)
        talk = senco.add(find("ProvisionType"), name="Map talk", layer="TARGETED", resources=1000)
        solo = senco.add(find("ProvisionType"), name="Map solo", layer="SPECIALIST")
        # 100 days; £6 a session and £10 of resources
        cls.talk = senco.add(find("Provision"), type=talk, name="Talk nine", leader=cls.teacher, days="Mon 09:30", starts=days("2024-09-02"),
                             ends=days("2024-12-10"), planned=50, minutes=30, hourly=1200)
        cls.solo = senco.add(find("Provision"), type=solo, name="Solo nine", leader=cls.ta, starts=days("2024-11-01"), minutes=20)
        for run, name, day in ((cls.talk, "Ada", "2024-09-02"), (cls.talk, "Ben", "2024-10-02"), (cls.solo, "Cy", "2024-11-05")):
            senco.add(find("ProvisionMember"), provision=run, pupil=cls.children[name], starts=days(day))
        cls.session(senco, cls.talk, "2024-09-10", Ada=1)
        cls.session(senco, cls.talk, "2024-10-10", Ada=1, Ben=2)
        senco.add(find("ProvisionSession"), provision=cls.talk, day=days("2024-10-21"), held=False, lost_to="STAFF")
        cls.session(senco, cls.talk, "2024-11-11", dict(minutes=45, staff=cls.ta), Ada=1, Ben=1)
        cls.session(senco, cls.solo, "2024-11-04")     # before anybody was in it
        cls.session(senco, cls.solo, "2024-11-05", Cy=1)

    @classmethod
    def session(cls, senco, run, day, more=(), **marks):
        made = senco.add(kinds.find("ProvisionSession"), provision=run, day=kinds.days(day), held=True, **dict(more))
        for name, mark in marks.items():
            senco.add(kinds.find("Attendance"), session=made, pupil=cls.children[name], mark=mark)

    def map(self, who="senco", day=school.TODAY, **params):
        params.setdefault("class", "9Z")
        return self.client(who).report("map", as_at=kinds.days(day), **params).report

    # --- figures ---

    def test_runs(self):
        report = self.map()
        self.assertEqual([s.name for s in report.sections], ["provision", "pupil", "class", "year", "need", "staff", "school"])
        rows = rows_of(report, "provision")
        self.assertEqual(list(rows), ["Solo nine", "Talk nine"])
        talk = rows["Talk nine"]
        self.assertEqual([talk[n] for n in ("type", "layer", "days", "from", "until")],
                         ["Map talk", "Targeted", "Mon 09:30", kinds.days("2024-09-02"), kinds.days("2024-12-10")])
        self.assertEqual([talk[n] for n in ("pupils", "sessions_planned", "sessions_to_date", "held", "lost")], [2, 50, 39, 3, 1])
        self.assertEqual(amounts(talk), [1500, 39 * 30, 105, 50 * 600 + 1000, 39 * 600 + 1000, 600 + 600 + 900 + 1000])
        solo = rows["Solo nine"]
        self.assertEqual([solo[n] for n in ("pupils", "sessions_planned", "sessions_to_date", "held", "lost")], [1, None, None, 2, 0])
        self.assertEqual(amounts(solo), [None, None, 40, None, None, None])

    def test_pupils(self):
        rows = rows_of(self.map(), "pupil")
        self.assertEqual(list(rows), ["Able, Ada", "Baker, Ben", "Cole, Cy"])
        self.assertEqual([rows["Able, Ada"][n] for n in ("class", "year", "status", "need", "what")], ["9Z", "6", "K", "SLCN", "Talk nine"])
        # 100 and 70 of its 100 days, 78 and 48 by now; the odd penny goes to the first who joined
        self.assertEqual(amounts(rows["Able, Ada"]), [1500, 1170, 105, 18236, 15105, 600 + 300 + 450 + 620])
        self.assertEqual(amounts(rows["Baker, Ben"]), [35 * 30, 24 * 30, 45, 12764, 9295, 300 + 450 + 380])
        self.assertEqual(amounts(rows["Cole, Cy"]), [None, None, 20, None, None, None])

    def test_sums(self):
        report, sums = self.map(), [2550, 1890, 170, 31000, 24400, 3100]
        self.assertEqual(amounts(rows_of(report, "class")["9Z"]), sums)
        self.assertEqual(amounts(rows_of(report, "year")["6"]), sums)
        need = rows_of(report, "need")
        self.assertEqual([(n, r["pupils"]) for n, r in need.items()], [("ASD", 1), ("SLCN", 1), ("-", 1)])
        self.assertEqual(amounts(need["ASD"]), [1050, 720, 45, 12764, 9295, 1130])
        self.assertEqual(amounts(need["-"]), [None, None, 20, None, None, None])
        whole = rows_of(report, "school")
        self.assertEqual([whole["Adults' time, in all"][n] for n in ("runs", "pupils", "held", "lost")], [2, 3, 5, 1])
        self.assertEqual(amounts(whole["Adults' time, in all"]), [1500, 1170, 145, 31000, 24400, 3100])
        self.assertEqual([whole["Pupils' own time and their share"][n] for n in ("runs", "pupils")], [None, 3])
        self.assertEqual(amounts(whole["Pupils' own time and their share"]), sums)

    def test_staff(self):
        senco = self.client()
        name = {i: "%s %s" % (m.forename, m.surname) for i, m, _ in senco.all(kinds.find("Staff"))}
        rows = rows_of(self.map(), "staff")
        self.assertEqual(set(rows), {name[self.teacher], name[self.ta]})
        self.assertEqual([rows[name[self.teacher]]["held"]] + amounts(rows[name[self.teacher]]), [2, 1500, 1170, 60, 31000, 24400, 2200])
        self.assertEqual([rows[name[self.ta]]["held"]] + amounts(rows[name[self.ta]]), [3, None, None, 85, None, None, 900])

    def test_as_at_before_and_after(self):
        talk = rows_of(self.map(day="2024-09-05"), "provision")["Talk nine"]
        self.assertEqual([talk[n] for n in ("pupils", "sessions_planned", "sessions_to_date", "held", "lost")], [1, 50, 2, 0, 0])
        self.assertEqual(amounts(talk), [1500, 60, 0, 31000, 2200, 1000])
        talk = rows_of(self.map(day="2024-12-10"), "provision")["Talk nine"]
        self.assertEqual(amounts(talk), [1500, 1500, 105, 31000, 31000, 3100])
        report = self.map(day="2024-12-11")
        self.assertEqual(rows_of(report, "provision")["Talk nine"]["pupils"], 2, "as on its last day")
        self.assertEqual(rows_of(report, "pupil")["Able, Ada"]["what"], "Talk nine")
        self.assertEqual(list(rows_of(self.map(day="2025-09-01"), "provision")), ["Solo nine"])
        report = self.map(day="2024-09-01", **{"from": "2024-11-01", "to": "2024-12-31"})
        self.assertEqual({n: r["pupils"] for n, r in rows_of(report, "provision").items()}, {"Solo nine": 0, "Talk nine": 1}, "as on its first day")
        self.assertEqual(rows_of(report, "pupil")["Able, Ada"]["what"], "Talk nine")
        early = self.map(day="2024-08-31")
        self.assertEqual((rows_of(early, "provision"), rows_of(early, "pupil")), ({}, {}))
        self.assertEqual([s.text for s in early.sections if s.name in ("provision", "pupil")], ["None.", "None."])

    def test_period(self):
        talk = rows_of(self.map(**{"from": "2024-10-01", "to": "2024-10-31"}), "provision")["Talk nine"]
        self.assertEqual([talk[n] for n in ("sessions_planned", "sessions_to_date", "held", "lost")], [16, 16, 1, 1])   # 15.5
        self.assertEqual(amounts(talk), [480, 480, 30, 9600, 9600, 600])
        reply = self.client().report("map", check=False, **{"from": "2024-10-01", "to": "2024-09-01"})
        self.refused(wire.pb.INVALID, reply)

    def test_filters(self):
        self.assertEqual(list(rows_of(self.map(status="E"), "pupil")), ["Baker, Ben"])
        self.assertEqual(list(rows_of(self.map(need="SLCN"), "provision")), ["Talk nine"])
        report = self.map(pupil=str(self.children["Cy"]))
        self.assertEqual((list(rows_of(report, "provision")), list(rows_of(report, "pupil"))), (["Solo nine"], ["Cole, Cy"]))
        report = self.map(by="Need")
        self.assertEqual([s.name for s in report.sections], ["need"])
        self.refused(wire.pb.INVALID, self.client().report("map", check=False, by="colour"))
        whole = self.client().report("map", as_at=kinds.days(school.TODAY)).report
        self.assertTrue({"Talk nine", "Solo nine"} <= set(rows_of(whole, "provision")))
        self.assertEqual(amounts(rows_of(whole, "class")["9Z"]), [2550, 1890, 170, 31000, 24400, 3100])

    def test_gaps(self):
        gaps = list(self.map().gaps)
        self.assertEqual(len(gaps), 3, gaps)
        for gap, words in zip(gaps, ("planned sessions", "rate", "without any pupil")):
            self.assertIn(words, gap)
            self.assertIn("Solo nine", gap)
            self.assertNotIn("Talk nine", gap)

    def test_why(self):
        senco, more = self.client(), dict(as_at=kinds.days(school.TODAY))
        held = why(senco, "map", "provision:Talk nine:held", **more)
        self.assertEqual([(k, n) for k, _, n in held], [("Session", 1)] * 3)
        cost = why(senco, "map", "pupil:Able, Ada:cost_actual", **more)
        self.assertEqual(sorted(n for _, _, n in cost), [300, 450, 600, 620])
        self.assertEqual({k for k, _, _ in cost}, {"Session", "Provision type"})
        self.assertEqual(sum(n for _, _, n in why(senco, "map", "class:9Z:minutes_planned", **more)), 2550)
        self.assertEqual(sorted(r for _, r, _ in why(senco, "map", "class:9Z:pupils", **more)), ["Able, Ada", "Baker, Ben", "Cole, Cy"])

    # --- who sees what ---

    def test_teacher_sees_hours_of_the_own_class_and_no_cost(self):
        report = self.map("teacher")
        rows = rows_of(report, "pupil")
        self.assertEqual(list(rows), ["Able, Ada", "Baker, Ben", "Cole, Cy"])
        self.assertEqual(amounts(rows["Baker, Ben"], AMOUNTS[:3]), [1050, 720, 45])
        for section in report.sections:
            self.assertFalse([c.name for c in section.columns if c.name.startswith("cost")], section.name)
        self.assertFalse([g for g in report.gaps if "rate" in g or "without any pupil" in g])

    def test_assistant_sees_whom_they_lead(self):
        report = self.map("ta")
        self.assertEqual(list(rows_of(report, "pupil")), ["Cole, Cy"])
        self.assertEqual(list(rows_of(report, "provision")), ["Solo nine"])
        self.assertEqual(amounts(rows_of(report, "pupil")["Cole, Cy"], AMOUNTS[:3]), [None, None, 20])

    def test_governor_sees_none(self):
        self.refused(wire.pb.DENIED, self.client("governor").report("map", check=False))


class Empty(school.School):
    """A school with its first two people and nothing else."""

    def __init__(self):
        self.top = school.tempfile.mkdtemp(prefix="sendco-test-")
        self.directory, self.clock = os.path.join(self.top, "school"), os.path.join(self.top, "clock")
        self.server, self.tickets = None, {}
        done = school.run([school.SENDCOD, "init", "--dir", self.directory, "--school", "Nobody's"], timeout=10 * wire.PATIENCE)
        if done.code != 0:
            raise AssertionError("init: " + str(done))
        self.password = next(line.split()[-1] for line in done.out.splitlines() if "profiles/senco " in line)


class EmptySchool(school.Case):
    @classmethod
    def setUpClass(cls):
        wire.load()
        kinds.load()
        cls.school = Empty()
        cls.school.start()

    def test_an_empty_school_is_said_in_words(self):
        client = wire.Client(self.school.server.address, self.school.profile("senco"))
        self.addCleanup(client.close)
        client.password(self.school.password)
        report = client.report("map").report
        for section in report.sections[:-1]:
            self.assertEqual((section.text, len(section.rows)), ("None.", 0), section.name)
        self.assertEqual([rows_of(report, "school")["Adults' time, in all"][n] for n in ("runs", "pupils", "held", "lost", "cost_actual")], [0, 0, 0, 0, None])
        self.assertEqual(list(report.gaps), [])
        impact = client.report("impact").report.sections[0]
        self.assertTrue(impact.text)
        self.assertEqual(len(impact.rows), 0)


if __name__ == "__main__":
    school.main()
