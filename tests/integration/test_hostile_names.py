"""What people (or somebody who means harm) typed into a record never drives a terminal or a spreadsheet."""
import csv
import io
import itertools
import os
import re
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

NAMES = ["\u202eevil\u202c", "a\u2066b\u2069c", "zero\u200bwidth", "\ufefffeff", "soft\u00adhyphen", "=cmd|' /C calc'!A0", "+44 7700", "-2+3", "@SUM(A1:A9)",
         "\uff1dHYPERLINK(1)", "\uff0bplus", "Quo\"te, comma", "O’Brien", "Ní Dhómhnaill", "Łukasz", "Ọlátúnjí", "Nguyễn", "张伟", "محمد", "Yılmaz", "X" * 60, "tag\U000e0041",
         "e" + "\u0301" * 20, "<b>&amp;", "%s%n%x", "$(reboot)", "`id`", "'; DROP TABLE pupil;--"]
# Bidirectional controls, zero width, tags and other format characters, C0 and C1 controls.
DANGER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


class HostileNames(school.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = {}
        with cls.school.client() as senco:
            for name in NAMES:
                reply = senco.add(kinds.find("Pupil"), check=False, surname=name, forename="Zzz", known_as=name, born=kinds.days("2015-06-01"))
                if reply.outcome == wire.pb.OK:
                    cls.ids[name] = reply.put.done[0].id
                else:
                    assert reply.outcome == wire.pb.INVALID and "Surname" in reply.problem.message, (name, reply)

    def test_most_names_are_taken(self):
        for name in ("O’Brien", "张伟", "محمد", "=cmd|' /C calc'!A0", "\u202eevil\u202c", "'; DROP TABLE pupil;--", "X" * 60):
            self.assertIn(name, self.ids)

    def clean(self, done):
        for text in (done.out, done.err):
            self.assertEqual([hex(ord(c)) for c in DANGER.findall(text)], [], done)

    def test_lists_pages_searches_and_histories_are_clean(self):
        for form in ((), ("--plain",), ("--tsv",), ("--csv",)):
            self.clean(self.school.cli("senco", "pupil", "list", "--limit", 200, *form))
        for name, id in self.ids.items():
            done = self.school.cli("senco", "pupil", "show", id)
            self.clean(done)
            if name.isascii():
                self.assertIn(name, done.out)
        id = self.ids["\u202eevil\u202c"]
        self.clean(self.school.cli("senco", "pupil", "history", id))
        self.clean(self.school.cli("senco", "find", "zzz"))
        self.clean(self.school.cli("senco", "find", "\x1b[31m\u202e", code=None))
        self.clean(self.school.cli("senco", "pupil", "show", "\x1b]0;x\x07", code=None))
        self.clean(self.school.cli("senco", "pupil", "edit", id, "known_as=\x1b[2J", code=81))
        self.clean(self.school.cli("senco", "\x1b[31mpupil", "list", code=2))

    def test_json_keeps_the_text_and_escapes_controls(self):
        senco = self.client()
        for name, id in self.ids.items():
            done = self.school.cli("senco", "pupil", "show", id, "--json")
            stored = senco.read(kinds.find("Pupil"), id)[0].surname
            self.assertEqual(done.json()["record"]["fields"]["surname"], stored)
            self.assertEqual(stored.strip("\ufeff\u200b"), unicodedata.normalize("NFC", name).strip("\ufeff\u200b"))
            self.assertNotIn("\x1b", done.out)

    def test_watching_is_clean(self):
        watch = self.watcher("senco", "watch", "--jsonl")
        name, id = "a\u2066b\u2069c", self.ids["a\u2066b\u2069c"]
        pupil, senco = kinds.find("Pupil"), self.client()

        def change(text):
            senco.edit(pupil, id, senco.read(pupil, id)[1], known_as=text)
        counted = itertools.count()
        watch.begin(lambda: change("%s %d" % (name, next(counted))))
        change(name + "x")
        line = watch.wait(lambda line: line.get("fields") and line["fields"].get("known_as") == name + "x", "the change")
        self.assertEqual(kinds.id_of(line["id"]), id)
        said = school.run(self.school.command("senco", "pupil", "history", id, "--json"))
        self.assertNotIn("\x1b", said.out)

    def test_no_cell_is_a_formula(self):
        done = self.school.cli("senco", "pupil", "list", "--limit", 200, "--csv")
        rows = list(csv.reader(io.StringIO(done.out)))
        self.assertGreater(len(rows), len(self.ids))
        self.assertEqual({len(r) for r in rows}, {len(rows[0])})
        cells = [cell for row in rows for cell in row]
        number = re.compile(r"[-+]?\d+(\.\d+)?$")
        self.assertEqual([c for c in cells if c[:1] in tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20") and c and not number.match(c)], [])
        self.assertTrue(any(c.startswith("'=cmd|") for c in cells))
        raw = self.school.cli("senco", "pupil", "list", "--limit", 200, "--csv", "--raw").out
        self.assertIn("=cmd|' /C calc'!A0", [c for row in csv.reader(io.StringIO(raw)) for c in row])
        excel = self.school.cli("senco", "pupil", "list", "--limit", 200, "--csv", "--excel").out
        self.assertTrue(excel.startswith("\ufeff"))

    def test_the_register_is_clean(self):
        with self.school.client() as senco:
            start = senco.hello.today - 30
            for name in ("\u202eevil\u202c", "=cmd|' /C calc'!A0"):
                senco.add(kinds.find("SenStatus"), pupil=self.ids[name], provision="K", starts=start, parent_informed=start)
        done = self.school.cli("senco", "register")
        self.clean(done)
        cells = [c for row in csv.reader(io.StringIO(self.school.cli("senco", "register", "--csv").out)) for c in row]
        self.assertTrue([c for c in cells if "cmd|" in c])
        self.assertEqual([c for c in cells if c.startswith("=")], [])


if __name__ == "__main__":
    school.main()
