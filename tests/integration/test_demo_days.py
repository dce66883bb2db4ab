"""The demo school on many days of the year and in many sizes: each is a school that its own rules accept, of today and before,
and its register and reports say of it what `sendcod init` said."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

# pupils, seed, today: a day in every part of the school year, holidays and leap days
DAYS = [(1, 1, "2026-09-14"), (2, 5, "2022-01-01"), (3, 9, "2100-01-01"), (7, 2, "2024-02-29"), (12, 3, "2025-07-23"), (20, 4, "2026-08-15"),
        (35, 6, "2025-09-01"), (60, 8, "2026-01-05"), (30, 11, "2025-12-31"), (45, 13, "2026-04-10"), (110, 21, "2026-06-12"),
        (16, 0, "2025-10-02")]
DAYS = DAYS[::4] if wire.SHORT else DAYS


class Days(school.unittest.TestCase):
    def setUp(self):
        wire.load()
        kinds.load()

    def whole(self, pupils, seed, today):
        made = school.School(pupils, seed, today)
        self.addCleanup(made.remove)
        made.start(at=today + "T10:00")
        with made.client() as client:
            day, end = kinds.days(today), (kinds.days(today) + 1) * 86400
            total = client.list(kinds.find("Pupil"), [("left", "EMPTY", None)]).records.total
            self.assertEqual(total, pupils)
            rows = {s.name: s.rows for s in client.report("register").report.sections}["summary"]
            on = sum(row.cells[2].number for row in rows if row.cells[0].text in ("K", "E"))
            spells = client.all(kinds.find("SenStatus"), as_at=day)
            self.assertEqual(on, sum(message.provision in ("K", "E") for _, message, _ in spells))
            for name in ("map", "impact", "gaps", "actions", "today"):
                self.assertTrue(client.report(name).report.sections, name)
            for kind in kinds.load():
                for id, message, _ in client.all(kind)[:40]:
                    self.judge(client, kind, id, message, end)
        made.stop()

    def judge(self, client, kind, id, message, end):
        """It was typed before the end of today, and typed again it would be taken: the rules hold."""
        for entry in client.history(kind, id):
            self.assertLess(entry.at, end, (kind.noun, id))
        version = client.get(kind, id).version
        text = next((f for f in kind.fields if f.is_text() and not f.options.codes and message.HasField(f.name) and f.as_ == "TEXT"
                     and not f.options.unique and not f.options.fixed and len(getattr(message, f.name)) < f.longest()), None)
        if text:
            record = wire.item(kind, id, version, **{text.name: getattr(message, text.name) + "."})
            reply = client.ask(False, put=wire.pb.Put(dry_run=True, records=[record]))
            self.assertEqual(reply.outcome, wire.pb.OK, "%s %d: %s" % (kind.noun, id, reply.problem))

    def test_each(self):
        for pupils, seed, today in DAYS:
            with self.subTest("%d pupils, seed %d, %s" % (pupils, seed, today)):
                self.whole(pupils, seed, today)


if __name__ == "__main__":
    school.main()
