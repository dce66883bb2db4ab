"""Answers that fit into no frame: the names that a page refers to, a report of thousands of rows. They come in parts, each a
frame that the protocol allows, which joined are the whole and tell nothing twice."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

MANY = 2600


class Long(school.Case):
    pupils, at = 20, school.TODAY + "T10:00"

    def setUp(self):
        self.senco = self.client()

    def parts(self, **body):
        """The replies to one request, as they come."""
        client = self.senco
        id = client.send(**body)
        deadline = school.time.monotonic() + client.timeout
        while not client.replies.get(id) or client.replies[id][-1].more:
            client.pump(deadline)
        got = client.replies.pop(id)
        self.assertEqual([reply.more for reply in got], [True] * (len(got) - 1) + [False])
        for reply in got:
            self.assertEqual(reply.outcome, wire.pb.OK, reply.problem)
            self.assertLess(reply.ByteSize(), wire.FRAME_MAX)
        return got

    def add(self, kind, rows):
        """Many in one change, sent ahead: their ids."""
        key, records = wire.key(), [wire.item(kind, -1 - i, **row) for i, row in enumerate(rows)]
        for part in range(0, len(records), 100):
            self.senco.ask(stage=wire.pb.Stage(key=key, part=part // 100, records=records[part:part + 100]))
        done = self.senco.ask(put=wire.pb.Put(key=key, staged=True)).put.done
        return [d.id for d in sorted(done, key=lambda d: -d.temporary) if d.temporary]

    def test_names_of_what_a_page_refers_to(self):
        target, review = kinds.find("Target"), kinds.find("TargetReview")
        pupil = self.senco.list(kinds.find("Pupil"), limit=1).records.records[0].id
        aims = ["%03d %s" % (i, "é" * (target.field("aim").longest() - 4)) for i in range(200)]
        targets = self.add(target, [dict(pupil=pupil, aim=aim) for aim in aims])
        self.add(review, [dict(target=id, day=kinds.days("2024-11-15"), judgement=2) for id in targets])
        where = [wire.pb.Condition(field=review.field("target").number, op=wire.pb.Condition.GE, value=wire.pb.Value(number=targets[0]))]
        got = self.parts(list=wire.pb.List(kind=review.number, where=where, labels=True))
        self.assertGreater(len(got), 1)
        labels = [label for reply in got for label in reply.records.labels if label.kind == target.number]
        self.assertEqual(sorted(label.id for label in labels), sorted(targets))
        for label in labels:
            self.assertEqual(label.text[:3], aims[targets.index(label.id)][:3])
        self.assertEqual(sum(len(reply.records.records) for reply in got), 200)
        self.assertEqual([reply.records.HasField("total") for reply in got], [False] * (len(got) - 1) + [True])

    def test_a_report_of_thousands(self):
        pupil, status = kinds.find("Pupil"), kinds.find("SenStatus")
        names = ["%s %04d" % ("Longest-Possible-Surname" * 2, i) for i in range(MANY)]
        ids = self.add(pupil, [dict(surname=name, forename="Ąda", born=kinds.days("2017-03-04"), entered=kinds.days("2022-09-01"), year="3")
                               for name in names])
        self.add(status, [dict(pupil=id, provision="K", starts=kinds.days("2024-09-02")) for id in ids])
        for name in ("register", "gaps"):
            got = self.parts(report=wire.pb.ReportRequest(name=name))
            self.assertGreater(len(got), 1, name)
            self.assertEqual([reply.report.title != "" for reply in got], [True] + [False] * (len(got) - 1))
            heads = [section.name for reply in got for section in reply.report.sections if section.columns or section.title]
            self.assertEqual(len(heads), len(set(heads)), heads)
            whole = wire.join(got).report
            section = next(s for s in whole.sections if len(s.rows) >= MANY)
            of = [row.link.id for row in section.rows if row.HasField("link")]
            self.assertEqual(len(of), len(set(of)))
            self.assertLessEqual(set(ids), set(of))


if __name__ == "__main__":
    school.main()
