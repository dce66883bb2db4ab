"""What provision brings about: means, ratio gains, costs and ranks of a small class, worked out here by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire
from test_report_map import rows_of, why

MONTHS, POINTS = 1, 3
NONE, SOME, EXPECTED, STRONG = 1, 2, 3, 4
KEEP, STOP = 1, 3
COUNTS = ["n", "unmeasured", "strong", "expected", "some", "none", "keep", "change", "stop"]
MEANS = ["entry", "exit", "gain", "ratio", "attendance"]
COSTS = ["cost", "cost_per_pupil", "cost_per_month"]


class Impact(school.Case):
    at = school.TODAY

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.school.client("teacher") as teacher:
            cls.teacher = teacher.login.staff
        with cls.school.client() as senco:
            cls.senco = senco
            cls.build()

    @classmethod
    def build(cls):
        find, days, senco = kinds.find, kinds.days, cls.senco
        first = days("2022-01-01")
        room = senco.add(find("SchoolClass"), name="9Z", year="6")
        senco.add(find("Assignment"), staff=cls.teacher, relation=1, starts=first, **{"class_": room})
        cls.children = {}
        for name in ("Ada", "Ben", "Cy", "Di", "Ed", "Fay", "Gus"):
            cls.children[name] = senco.add(find("Pupil"), surname="Zed", forename=name, born=days("2014-03-03"), year="6")
            senco.add(find("ClassMembership"), pupil=cls.children[name], starts=first, **{"class_": room})
        senco.add(find("SenStatus"), pupil=cls.children["Ada"], provision="K", starts=first, parent_informed=first)
        cls.type = {n: senco.add(find("ProvisionType"), name=n, layer=layer, measured_in=measure)
                    for n, layer, measure in (("Zz months", "TARGETED", MONTHS), ("Zz few", "SPECIALIST", MONTHS), ("Zz points", "TARGETED", POINTS),
                                              ("Zz better", "TARGETED", MONTHS), ("Zz idle", "TARGETED", MONTHS))}
        cls.months()
        cls.few()
        cls.points()
        cls.better()

    @classmethod
    def run_of(cls, type, starts, ends, **more):
        return cls.senco.add(kinds.find("Provision"), type=cls.type[type], name=type + " run", starts=kinds.days(starts), ends=kinds.days(ends),
                             minutes=30, hourly=1200, **more)

    @classmethod
    def member(cls, run, name, starts, ends, entry=None, exit=None, **more):
        if entry is not None:
            more.update(entry_score=entry, exit_score=exit)
        cls.senco.add(kinds.find("ProvisionMember"), provision=run, pupil=cls.children[name], starts=kinds.days(starts), ends=kinds.days(ends), **more)

    @classmethod
    def session(cls, run, day, **marks):
        made = cls.senco.add(kinds.find("ProvisionSession"), provision=run, day=kinds.days(day), held=True)
        for name, mark in marks.items():
            cls.senco.add(kinds.find("Attendance"), session=made, pupil=cls.children[name], mark=mark)

    @classmethod
    def close(cls, run, day, decision):
        kind = kinds.find("Provision")
        cls.senco.edit(kind, run, cls.senco.read(kind, run)[1], closed=kinds.days(day), decision=decision)

    @classmethod
    def months(cls):
        """Five measured over 100 days each, one not; two sessions at £6, each shared by six."""
        run = cls.run_of("Zz months", "2024-01-08", "2024-04-26")
        gains = dict(Ada=20, Ben=30, Cy=40, Di=50, Ed=65)
        effects = dict(Ada=NONE, Ben=SOME, Cy=EXPECTED, Di=EXPECTED, Ed=STRONG)
        for i, (name, gain) in enumerate(gains.items()):
            cls.member(run, name, "2024-01-08", "2024-04-26", 700 + 10 * i, 700 + 10 * i + gain, entry_day=kinds.days("2024-01-08"),
                       exit_day=kinds.days("2024-04-17"), effect=effects[name])
        cls.member(run, "Fay", "2024-01-08", "2024-04-26", exit_reason="LEFT")
        cls.session(run, "2024-01-10", Ada=1, Ben=1, Cy=1, Di=1, Ed=2, Fay=1)
        cls.session(run, "2024-01-17", Ada=1, Ben=1)
        cls.close(run, "2024-04-26", KEEP)

    @classmethod
    def few(cls):
        """Two, without days of measuring: from first day to last; one more before the period."""
        run = cls.run_of("Zz few", "2024-05-01", "2024-06-30")
        cls.member(run, "Ada", "2024-05-01", "2024-06-30", 800, 810)
        cls.member(run, "Ben", "2024-05-01", "2024-06-30", 800, 795)
        run = cls.run_of("Zz few", "2023-05-01", "2023-07-14")
        cls.member(run, "Cy", "2023-05-01", "2023-07-14", 700, 720)

    @classmethod
    def points(cls):
        run = cls.run_of("Zz points", "2024-09-02", "2024-10-11")
        cls.member(run, "Gus", "2024-09-02", "2024-10-11", 105, 80)
        cls.session(run, "2024-09-03", Gus=3)
        cls.close(run, "2024-10-11", STOP)

    @classmethod
    def better(cls):
        """Five who gain four months each in 100 days."""
        run = cls.run_of("Zz better", "2024-03-01", "2024-06-09")
        for name in ("Ada", "Ben", "Cy", "Di", "Ed"):
            cls.member(run, name, "2024-03-01", "2024-06-09", 600, 640)

    def impact(self, who="senco", day=school.TODAY, **params):
        params.setdefault("class", "9Z")
        return self.client(who).report("impact", as_at=kinds.days(day), **params).report

    def row(self, row, names):
        return [row[n] for n in names]

    # --- figures ---

    def test_figures(self):
        rows = rows_of(self.impact(), "impact")
        months = rows["Zz months"]
        self.assertEqual(self.row(months, COUNTS), [5, 1, 1, 2, 1, 1, 1, 0, 0])
        # 720.0 to 761.0; 205 tenths in 500 days; six of seven marks
        self.assertEqual(self.row(months, MEANS), [720, 761, 41, 12, 86])
        self.assertEqual(self.row(months, COSTS), [1000, 200, 49])
        few = rows["Zz few"]
        self.assertEqual(self.row(few, COUNTS), [2, 0] + [0] * 7)
        self.assertEqual(self.row(few, MEANS), [800, 803, 3, 1, None])     # 802.5, 2.5, 1.27
        self.assertEqual(self.row(few, COSTS), [0, 0, 0])
        points = rows["Zz points"]
        self.assertEqual(self.row(points, COUNTS), [1, 0] + [0] * 6 + [1])
        self.assertEqual(self.row(points, MEANS), [105, 80, -25, None, 0])
        self.assertEqual(self.row(points, COSTS), [600, 600, None])

    def test_order_and_ranks(self):
        report = self.impact()
        self.assertEqual([(n, r["rank"], r["ratio"]) for n, r in rows_of(report, "impact").items()],
                         [("Zz better", 1, 12), ("Zz months", 2, 12), ("Zz few", None, 1), ("Zz points", None, None)])
        self.assertEqual([g for g in report.gaps if g.startswith("Not ranked")],
                         ["Not ranked, because fewer than five pupils were measured at entry and exit: Zz few (2)."])
        self.assertTrue(any("Zz months (1)" in g for g in report.gaps), report.gaps)

    def test_period(self):
        rows = rows_of(self.impact(**{"from": "2023-05-01"}), "impact")
        self.assertEqual(rows["Zz few"]["n"], 3)
        self.assertEqual(rows["Zz few"]["gain"], 8)     # 25 / 3
        self.assertEqual(list(rows_of(self.impact(to="2024-04-30"), "impact")), ["Zz months"])
        reply = self.client().report("impact", check=False, to="2020-01-01")
        self.refused(wire.pb.INVALID, reply)

    def test_as_at(self):
        rows = rows_of(self.impact(day="2024-04-16"), "impact")
        self.assertNotIn("Zz months", rows)
        self.assertEqual(rows["Zz few"]["n"], 1)        # from September 2022 then
        months = rows_of(self.impact(day="2024-04-20"), "impact")["Zz months"]
        self.assertEqual(self.row(months, COUNTS), [5, 0, 1, 2, 1, 1, 0, 0, 0])
        self.assertEqual(self.row(months, COSTS), [1000, 200, 49])
        self.assertNotIn("Zz months", rows_of(self.impact(day="2025-09-01"), "impact"))

    def test_filters(self):
        self.assertEqual(list(rows_of(self.impact(layer="specialist"), "impact")), ["Zz few"])
        rows = rows_of(self.impact(status="K"), "impact")
        self.assertEqual((rows["Zz months"]["n"], rows["Zz months"]["rank"], rows["Zz months"]["cost"]), (1, None, 200))
        self.refused(wire.pb.INVALID, self.client().report("impact", check=False, layer="PAPER"))
        whole = rows_of(self.client().report("impact", as_at=kinds.days(school.TODAY)).report, "impact")
        self.assertEqual(self.row(whole["Zz months"], COUNTS + COSTS), [5, 1, 1, 2, 1, 1, 1, 0, 0, 1000, 200, 49])
        ranked = [r["rank"] for r in whole.values() if r["rank"]]
        self.assertEqual(ranked, list(range(1, len(ranked) + 1)))

    def test_why(self):
        more = dict(as_at=kinds.days(school.TODAY))
        senco = self.client()
        self.assertEqual(sorted(n for _, _, n in why(senco, "impact", "Zz months:gain", **more)), [20, 30, 40, 50, 65])
        self.assertEqual([(k, n) for k, _, n in why(senco, "impact", "Zz months:cost", **more)], [("Session", 500)] * 2)
        self.assertEqual(sum(n for _, _, n in why(senco, "impact", "Zz months:attendance", **more)), 6)
        self.assertEqual([(k, n) for k, _, n in why(senco, "impact", "Zz months:keep", **more)], [("Provision", 1)])

    # --- who sees what ---

    def test_teacher_is_told_no_cost(self):
        report = self.impact("teacher")
        self.assertFalse([c.name for c in report.sections[0].columns if c.name.startswith("cost")])
        for row in rows_of(report, "impact").values():      # runs that are over are no longer theirs
            self.assertLessEqual(row["n"], 5)

    def test_governor_sees_none(self):
        self.refused(wire.pb.DENIED, self.client("governor").report("impact", check=False))


if __name__ == "__main__":
    school.main()
