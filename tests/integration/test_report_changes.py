"""What has changed since somebody last looked: the same as they would have been pushed, as runs."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

DAY = kinds.days
ADD, EDIT, REMOVE, RESTORE = 1, 2, 3, 4


def rows(report, name="changes"):
    section = next(s for s in report.sections if s.name == name)
    names = [c.name for c in section.columns]
    return [dict(zip(names, (c.text if c.HasField("text") else c.number if c.HasField("number") else None for c in row.cells))) for row in section.rows]


class Changes(school.Case):
    at = school.TODAY + "T09:00:00Z"          # Monday, 18 November 2024

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        find = kinds.find
        with cls.school.client() as senco, cls.school.client("teacher") as teacher:
            cls.teacher, cls.senco = teacher.login.staff, senco.login.staff
            cls.room = senco.add(find("SchoolClass"), name="9Z", year="4")
            senco.add(find("Assignment"), staff=cls.teacher, class_=cls.room, relation=1, starts=DAY("2024-09-01"))
            cls.child, cls.strange = [senco.add(find("Pupil"), surname=name, forename="Una", born=DAY("2015-02-02"), entered=DAY("2022-09-01"), year="4")
                                      for name in ("Aa", "Bb")]
            senco.add(find("ClassMembership"), pupil=cls.child, class_=cls.room, starts=DAY("2023-09-01"))

    def setUp(self):
        self.target, self.log = kinds.find("Target"), kinds.find("ContactLog")
        self.start = self.seq()

    def seq(self):
        return self.client().ask(status=wire.pb.Status()).seq

    def ask(self, name="senco", since=None, **more):
        return self.client(name).report("changes", since="#%d" % (self.start if since is None else since), **more).report

    def upto(self, report):
        return rows(report, "upto")[0]["seq"]

    def edit(self, name, kind, id, **fields):
        client = self.client(name)
        return client.edit(kind, id, client.read(kind, id)[1], **fields)

    def test_runs(self):
        senco = self.client()
        one = senco.add(self.target, pupil=self.child, aim="To read")
        self.edit("senco", self.target, one, progress="Ten words")
        self.edit("teacher", self.target, one, note="Likes blue", progress="Twelve words")
        self.edit("teacher", self.target, one, progress="Fifteen words")
        self.edit("senco", self.target, one, due=DAY("2024-12-20"))
        two = senco.add(self.target, pupil=self.child, aim="To count")
        senco.remove(self.target, two, senco.read(self.target, two)[1])
        got = self.ask()
        self.assertEqual([(r["what"], r["record"], r["kind"], r["about"], r["fields"], r["times"]) for r in rows(got)],
                         [("added", "To read", "Target", "Aa, Una", None, 2),
                          ("edited", "To read", "Target", "Aa, Una", "Progress, Note", 2),
                          ("edited", "To read", "Target", "Aa, Una", "Due", 1),
                          ("added and removed", "To count", "Target", "Aa, Una", None, 2)])
        names = [r["who"] for r in rows(got)]
        self.assertEqual((names[0], names[2], names[3]), (names[0],) * 3)
        self.assertNotEqual(names[0], names[1])
        self.assertEqual(self.upto(got), self.seq())
        self.assertTrue(got.sections[0].text.startswith("Up to change %d." % self.seq()))
        self.assertEqual([s.name for s in got.sections], ["changes", "upto"])
        # what undo brings back
        middle = self.seq()
        senco.ask(undo=wire.pb.Undo(key=wire.key(), kind=self.target.number, id=two))
        self.assertEqual([(r["what"], r["times"]) for r in rows(self.ask(since=middle))], [("restored", 1)])
        # choosing: a run stays a run
        self.assertEqual([r["times"] for r in rows(self.ask(who=str(self.teacher)))], [2])
        self.assertEqual(len(rows(self.ask(kind="target"))), 4, "added, removed and restored by one: a run")
        self.assertEqual(rows(self.ask(kind="plan")), [])
        self.assertEqual(len(rows(self.ask(pupil=str(self.child)))), 4)
        self.assertEqual(rows(self.ask(pupil=str(self.strange))), [])
        short = self.ask(since=self.start, limit="2")
        self.assertEqual([r["what"] for r in rows(short)], ["added", "edited"])
        self.assertIn("The first 2 of 4: ask again for the next.", short.sections[0].text)

    def test_page_by_page(self):
        """Asked again from where the last page ended, everything is told once, in order, though records change across pages."""
        senco = self.client()
        made = [senco.add(self.target, pupil=self.child, aim="Page %d" % i) for i in range(5)]
        for one in made:
            self.edit("senco", self.target, one, progress="Some")
        for one in made[:2]:
            self.edit("teacher", self.target, one, note="More")
        told, since, pages = [], self.start, 0
        while pages < 20:
            got = self.ask(since=since, limit="3")
            page = rows(got)
            told += [(r["record"], r["times"]) for r in page]
            pages, since = pages + 1, self.upto(got)
            if "ask again" not in got.sections[0].text:
                break
            self.assertEqual(len(page), 3)
        self.assertEqual(since, self.seq())
        self.assertEqual(sum(n for _, n in told), 12)
        self.assertEqual([r for r, _ in told[:5]], ["Page %d" % i for i in range(5)])
        self.assertEqual([told[-2][0], told[-1][0]], ["Page 0", "Page 1"])
        self.assertEqual([r["times"] for r in rows(self.ask())], [2, 2, 2, 2, 2, 1, 1], "a long page joins the changes of one record")

    def test_nothing_new(self):
        got = self.ask(since=self.seq())
        self.assertEqual((rows(got), self.upto(got)), ([], self.seq()))
        self.assertTrue(got.sections[0].text.startswith("Nothing that you may see."))

    def test_as_pushes_tell_it(self):
        """For each role the report names what a watch from the same change would have brought."""
        senco = self.client()
        child = senco.add(self.target, pupil=self.child, aim="Seen")
        senco.add(self.target, pupil=self.strange, aim="Not seen")
        senco.add(kinds.find("SenStatus"), pupil=self.child, provision="K", starts=DAY("2024-11-01"), parent_informed=DAY("2024-11-01"))
        entry = senco.add(self.log, pupil=self.child, day=DAY("2024-11-18"), channel=1, summary="Rang home", restricted="Only for leads")
        middle = self.seq()
        self.edit("senco", self.log, entry, restricted="Still only for leads")
        self.edit("senco", self.log, entry, restricted="And again", summary="Rang home twice")
        gone = senco.add(self.target, pupil=self.strange, aim="Not seen either")
        senco.remove(self.target, gone, senco.read(self.target, gone)[1])
        self.edit("senco", self.target, child, progress="Some")
        epoch = senco.ask(status=wire.pb.Status()).epoch
        for name in ("senco", "head", "teacher", "ta", "governor"):
            if not os.path.exists(self.school.profile(name)):
                continue
            client = self.client(name)
            client.watch(start=self.start, epoch=epoch)
            changes = [c for p in client.quiet(0.7) for c in p.changes]
            told = {(c.record.kind, c.record.id) for c in changes}
            report = self.ask(name)
            self.assertEqual({(r.link.kind, r.link.id) for r in report.sections[0].rows}, told, name)
            self.assertEqual(sum(r["times"] for r in rows(report)), len(changes), name)
            if name in ("teacher", "governor"):
                said = report.SerializeToString()
                self.assertNotIn(b"Not seen", said)
                self.assertNotIn(b"Restricted", said)
        edits = {r["record"]: (r["fields"], r["times"]) for r in rows(self.ask("teacher", since=middle)) if r["what"] == "edited"}
        self.assertEqual(next(v for k, v in edits.items() if k != "Seen"), ("Summary", 1), "the edit of the restricted note alone is not told")
        lead = next(r for r in rows(self.ask(since=middle)) if r["kind"] == "Contact log entry")
        self.assertEqual((lead["fields"], lead["times"]), ("Summary, Restricted note", 2))

    def test_by_day(self):
        senco = self.client()
        one = senco.add(self.target, pupil=self.child, aim="On Monday")
        self.school.set_clock("2024-11-20T10:00:00Z")
        try:
            self.edit("senco", self.target, one, progress="On Wednesday")
            self.school.set_clock("2024-11-22T10:00:00Z")
            self.edit("teacher", self.target, one, note="On Friday")
            ask = lambda as_at=None, **more: rows(self.client().report("changes", as_at=as_at, pupil=str(self.child), kind="target", **more).report)
            mine = lambda got: [(r["what"], r["times"]) for r in got if r["record"] == "On Monday"]
            self.assertEqual(mine(ask(since="2024-11-18")), [("added", 2), ("edited", 1)])
            self.assertEqual(mine(ask()), [("added", 2), ("edited", 1)], "the last seven days")
            self.assertEqual(mine(ask(since="2024-11-19")), [("edited", 1), ("edited", 1)])
            self.assertEqual(mine(ask(since="2024-11-20")), [("edited", 1), ("edited", 1)])
            self.assertEqual(mine(ask(since="2024-11-21")), [("edited", 1)])
            self.assertEqual(mine(ask(since="2024-11-23")), [])
            self.assertEqual(mine(ask(as_at=DAY("2024-11-19"))), [("added", 1)], "as at Tuesday, since the Tuesday before")
            self.assertEqual(mine(ask(as_at=DAY("2024-11-20"), since="2024-11-19")), [("edited", 1)])
        finally:
            self.school.set_clock(self.at)

    def test_wrong_questions(self):
        for params in ({"since": "#%d" % (self.seq() + 1)}, {"since": "#x"}, {"since": "nonsense"}, {"kind": "dragon"}, {"limit": "0"}, {"limit": "9x"}):
            self.refused(wire.pb.INVALID, self.client().report("changes", check=False, **params), "E-INVALID")

    def test_it_reads_every_kind_one_may_see(self):
        lead = set(self.ask().reads)
        self.assertEqual(lead, {k.number for k in kinds.load()})
        self.assertLess(set(self.ask("ta").reads), lead)


if __name__ == "__main__":
    school.main()
