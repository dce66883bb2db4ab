"""The report of actions: a few made by hand, counted by hand, as at days before, at and after what happens to them."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

DAY = kinds.days
OPEN, IN_PROGRESS, DONE, CANCELLED, ESCALATED = 1, 2, 3, 4, 5


def tables(report):
    """{section: [{column: text or number or None}]}"""
    out = {}
    for section in report.sections:
        names = [c.name for c in section.columns]
        out[section.name] = [dict(zip(names, (c.text if c.HasField("text") else c.number if c.HasField("number") else None for c in row.cells)))
                             for row in section.rows]
    return out


class Actions(school.Case):
    at = school.TODAY + "T09:00:00Z"          # Monday, 18 November 2024

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.school.client() as senco, cls.school.client("teacher") as teacher, cls.school.client("ta") as ta:
            cls.make(senco, teacher.login.staff, ta.login.staff)

    @classmethod
    def make(cls, senco, teacher, ta):
        find = kinds.find
        # other records of the demo are out of the way: everything here is in class 9Z
        cls.room = senco.add(find("SchoolClass"), name="9Z", year="4")
        for staff, relation in ((teacher, 1), (ta, 2)):
            senco.add(find("Assignment"), staff=staff, class_=cls.room, relation=relation, starts=DAY("2024-09-01"))
        cls.child, cls.other = [cls.pupil(senco, name, cls.room) for name in ("Aa", "Bb")]
        cls.strange = cls.pupil(senco, "Cc", senco.add(find("SchoolClass"), name="9Y", year="4"))
        cls.teacher, cls.ta, cls.senco = teacher, ta, senco.login.staff
        meeting = senco.add(find("Meeting"), pupil=cls.child, purpose="TAF", day=DAY("2024-10-01"))
        cls.ids = {}
        for what, pupil, owner, due, more in (
                ("late", cls.child, teacher, "2024-11-17", {"meeting": meeting, "chased": 2}),
                ("later than late", cls.child, ta, "2024-11-01", {"status": ESCALATED, "chased": 1}),
                ("today", cls.other, teacher, "2024-11-18", {"status": OPEN}),
                ("in 14 days", cls.other, teacher, "2024-12-02", {"status": IN_PROGRESS}),
                ("in 15 days", cls.child, cls.senco, "2024-12-03", {}),
                ("undated", cls.child, None, None, {}),
                ("done", cls.child, teacher, "2024-11-10", {"status": DONE, "closed": DAY("2024-11-12"), "outcome": "Well"}),
                ("done long ago", cls.child, teacher, "2024-08-01", {"status": CANCELLED, "closed": DAY("2024-08-19"), "outcome": "No need"}),
                ("of another class", cls.strange, teacher, "2024-11-04", {})):
            fields = dict({"what": what, "pupil": pupil, "owner": owner, "due": DAY(due) if due else None}, **more)
            cls.ids[what] = senco.add(find("Action"), **{n: v for n, v in fields.items() if v is not None})

    @classmethod
    def pupil(cls, senco, name, room):
        id = senco.add(kinds.find("Pupil"), surname=name, forename="Una", born=DAY("2015-02-02"), entered=DAY("2022-09-01"), year="4")
        senco.add(kinds.find("ClassMembership"), pupil=id, class_=room, starts=DAY("2023-09-01"))
        return id

    def report(self, name="senco", as_at=None, **params):
        return self.client(name).report("actions", as_at=DAY(as_at) if as_at else None, **dict({"class": "9Z"}, **params)).report

    def ask(self, *args, **more):
        return tables(self.report(*args, **more))

    def listed(self, *args, **more):
        return [row["what"] for row in self.ask(*args, **more)["actions"]]

    def counts(self, *args, **more):
        return [row["actions"] for row in self.ask(*args, **more)["summary"]]

    def test_open_ones_in_order(self):
        got = self.ask()
        self.assertEqual(self.listed(), ["later than late", "late", "today", "in 14 days", "in 15 days", "undated"])
        self.assertEqual([r["days_overdue"] for r in got["actions"]], [17, 1, None, None, None, None])
        late = got["actions"][1]
        self.assertEqual((late["pupil"], late["due"], late["status"], late["chased"]), ("Aa, Una", DAY("2024-11-17"), "Open", 2))
        self.assertTrue(late["owner"] and late["agreed_at"])
        self.assertEqual([r["status"] for r in got["actions"]], ["Escalated", "Open", "Open", "In progress", "Open", "Open"])
        self.assertEqual([r["state"] for r in got["summary"]], ["overdue", "soon", "later", "no_date", "no_owner", "escalated"])
        self.assertEqual(self.counts(), [2, 2, 1, 1, 1, 1])
        owners = [(r["open"], r["overdue"], r["chased"]) for r in got["owners"]]
        # the teacher three, one late; the assistant one, late; then those without, by name, nobody last
        self.assertEqual(owners, [(3, 1, 2), (1, 1, 1), (1, 0, 0), (1, 0, 0)])
        self.assertEqual(got["owners"][-1]["owner"], "Nobody")
        self.assertIn("Nobody sees to it: undated.", self.report().gaps)
        self.assertIn("No day says by when: undated.", self.report().gaps)

    def test_as_at(self):
        self.assertEqual(self.counts(as_at="2024-11-17"), [1, 2, 2, 1, 1, 1])     # due that very day is not overdue
        before = self.ask(as_at="2024-11-11")["actions"]
        self.assertEqual([(r["what"], r["days_overdue"], r["status"]) for r in before][:2],
                         [("later than late", 10, "Escalated"), ("done", 1, "Open")])
        self.assertNotIn("done", self.listed(as_at="2024-11-12"), "closed on the day")
        self.assertIn("done long ago", self.listed(as_at="2024-08-18"))

    def test_choosing(self):
        self.assertEqual(self.listed(overdue="yes"), ["later than late", "late"])
        self.assertEqual(self.counts(overdue="yes"), self.counts(), "the summary counts all")
        self.assertEqual(self.listed(all="yes")[-1], "done", "closed 91 days ago is out")
        self.assertEqual(self.ask(all="yes")["actions"][-1]["closed"], DAY("2024-11-12"))
        self.assertEqual(self.listed(all="yes", as_at="2024-11-17")[-2:], ["done", "done long ago"], "the last closed first")
        self.assertEqual(self.listed(owner=str(self.ta)), ["later than late"])
        self.assertEqual(self.listed(pupil=str(self.other)), ["today", "in 14 days"])
        self.assertEqual(self.listed(mine="yes"), ["in 15 days"])
        self.assertEqual(self.listed("ta", mine="yes"), ["later than late"])
        mine = tables(self.client("teacher").report("actions", mine="yes").report)
        self.assertIn("late", [row["what"] for row in mine["actions"]])
        reply = self.client().report("actions", owner="999999", check=False)
        self.refused(wire.pb.NOT_FOUND, reply)

    def test_who_sees_what(self):
        self.assertEqual(self.listed("teacher"), self.listed())
        everything = [row["what"] for row in tables(self.client("teacher").report("actions").report)["actions"]]
        self.assertNotIn("of another class", everything)
        ta = self.ask("ta")["actions"]
        self.assertEqual([r["what"] for r in ta], self.listed())
        self.assertEqual({r["agreed_at"] for r in ta}, {None}, "an assistant reads no meetings")
        self.refused(wire.pb.DENIED, self.client("governor").report("actions", check=False), "E-DENIED")

    def test_why(self):
        def why(text):
            made = [wire.pb.ReportRequest.Param(name="class", value="9Z")]
            return tables(self.client().ask(report=wire.pb.ReportRequest(name="actions", params=made, why=text)).report)["why"]
        self.assertEqual([(r["record"], r["amount"]) for r in why("summary:overdue:actions")], [("late", 1), ("later than late", 1)])
        self.assertEqual([(r["record"], r["amount"]) for r in why("owners:1:chased")], [("late", 2)])
        self.assertEqual([r["record"] for r in why("owners:Nobody:open")], ["undated"])

    def test_none(self):
        got = self.report(pupil=str(self.strange))
        self.assertEqual(tables(got)["actions"], [])
        self.assertEqual([s.text for s in got.sections if s.name in ("actions", "owners")], ["None.", "None."])


if __name__ == "__main__":
    school.main()
