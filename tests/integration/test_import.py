"""Rolls as schools' systems export them: read in whole or not at all, and a second time without a change."""
import os
import pty
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

HEAD = "UPN,Legal Surname,Legal Forename,Chosen Name,DOB,Gender,Year,Reg,Date of Admission,SEN Status,SEN Need (1),SEN Need (2),Eligible for FSM,EAL"
ROLL = os.path.join(wire.ROOT, "tests", "data", "roll-sims.csv")


def row(number, surname, forename, born="13/02/2016", status="N", needs=(), klass="4B", year="Year 4", sex="F"):
    needs = list(needs) + ["", ""]
    return ",".join([kinds.upn(number) if number else "", surname, forename, forename, born, sex, year, klass, "05/09/2020", status, needs[0], needs[1], "F", "T"])


class Import(school.Case):
    at = school.TODAY

    def setUp(self):
        self.senco = self.client()
        self.pupil, self.status, self.need = kinds.find("Pupil"), kinds.find("SenStatus"), kinds.find("Need")

    def roll(self, *rows, head=HEAD, name="roll.csv", bom=False):
        path = os.path.join(self.school.top, name)
        with open(path, "w", encoding="utf-8-sig" if bom else "utf-8", newline="") as f:
            f.write("\r\n".join((head,) + rows) + "\r\n")
        return path

    def changes(self):
        return self.senco.ask(status=wire.pb.Status()).status.changes

    def by_upn(self, number):
        return self.senco.all(self.pupil, [("upn", "EQ", kinds.upn(number))])

    def test_the_whole_round(self):
        path = self.roll(row(101, "Import", "Ada", status="K", needs=("SLCN", "SPLD")), row(102, "Import", "Bea"), row(103, "Ímport", "Çağla", status="E", needs=("ASD",)),
                         bom=True)
        before = self.changes()
        dry = self.school.cli("senco", "import", path, "--dry-run", "--json").json()
        self.assertEqual((dry["schema_version"], dry["faults"]), (1, []))
        self.assertTrue(dry["counts"] and dry["changes"])
        self.assertEqual(self.changes(), before)
        done = self.school.cli("senco", "import", path, "--yes", "--json").json()
        self.assertTrue(done["batch"])
        self.assertEqual(done["faults"], [])
        ada = self.by_upn(101)[0]
        self.assertEqual((ada[1].surname, ada[1].born, ada[1].year, ada[1].entered), ("Import", kinds.days("2016-02-13"), "4", kinds.days("2020-09-05")))
        self.assertTrue(ada[1].eal)
        self.assertTrue(ada[1].HasField("fsm") and not ada[1].fsm)
        self.assertEqual([(m.provision) for _, m, _ in self.senco.all(self.status, [("pupil", "EQ", ada[0])])], ["K"])
        self.assertEqual(sorted((m.rank, m.need) for _, m, _ in self.senco.all(self.need, [("pupil", "EQ", ada[0])])), [(1, "SLCN"), (2, "SPLD")])
        between = self.changes()
        again = self.school.cli("senco", "import", path, "--yes", "--json").json()
        self.assertEqual(again["changes"], [])
        self.assertEqual(self.changes(), between, "the second time changes nothing")

        changed = self.roll(row(101, "Import", "Ada", status="E", needs=("SLCN",)), row(102, "Import-Jones", "Bea"), row(103, "Ímport", "Çağla", status="E", needs=("ASD",)))
        done = self.school.cli("senco", "import", changed, "--yes", "--json").json()
        today = kinds.days(school.TODAY)
        spells = sorted((m.starts, m.provision, m.ends if m.HasField("ends") else None) for _, m, _ in self.senco.all(self.status, [("pupil", "EQ", ada[0])]))
        self.assertEqual(spells[-1][1:], ("E", None))
        self.assertEqual(self.by_upn(102)[0][1].surname, "Import-Jones")
        second = [m for _, m, _ in self.senco.all(self.need, [("pupil", "EQ", ada[0]), ("need", "EQ", "SPLD")])]
        self.assertTrue(all(m.HasField("ends") and m.ends < today + 1 for m in second), second)
        self.school.cli("senco", "undo", done["batch"])
        self.assertEqual(self.by_upn(102)[0][1].surname, "Import")
        now = [m.provision for _, m, _ in self.senco.all(self.status, [("pupil", "EQ", ada[0])], as_at=today)]
        self.assertEqual(now, ["K"])

    def test_a_pupil_missing_from_the_file_is_told_and_kept(self):
        everyone = {i for i, _, _ in self.senco.all(self.pupil, [("left", "EMPTY", None)])}
        path = self.roll(row(201, "Only", "Me"))
        done = self.school.cli("senco", "import", path, "--yes", "--json")
        self.assertTrue(everyone <= {i for i, _, _ in self.senco.all(self.pupil, [("left", "EMPTY", None)])})
        counts = done.json()["counts"]
        missing = [v for k, v in counts.items() if "missing" in k]
        self.assertTrue(missing and missing[0] >= len(everyone) - 5, counts)

    def test_every_fault_is_told_with_its_place_and_nothing_is_applied(self):
        before = self.changes()
        good = row(301, "Good", "One")
        bad_upn = row(302, "Bad", "Upn").replace(kinds.upn(302), ("B" if kinds.upn(302)[0] != "B" else "C") + kinds.upn(302)[1:])
        path = self.roll(good, bad_upn, row(303, "Bad", "Date", born="31/02/2016"), row(304, "", "Nameless"), row(305, "Bad", "Need", status="K", needs=("QQQ",)),
                         row(301, "Twice", "Upn"), row(306, "Bad", "Status", status="Z"), row(307, "Bad\x1b[31m", "Escape"))
        done = self.school.cli("senco", "import", path, "--yes", "--json", code=65)
        said = done.json() if done.out.strip() else done.problem()
        places = {(f["row"], f["column"]) for f in said["faults"]}
        for place in ((3, "UPN"), (4, "DOB"), (5, "Legal Surname"), (6, "SEN Need (1)"), (7, "UPN"), (8, "SEN Status"), (9, "Legal Surname")):
            self.assertIn(place, places)
        for fault in said["faults"]:
            self.assertTrue(fault["code"] and fault["message"], fault)
        self.assertEqual(self.changes(), before)
        self.assertNotIn("\x1b", done.out + done.err)
        plain = self.school.cli("senco", "import", path, "--yes", code=65)
        self.assertNotIn("\x1b", plain.out + plain.err)
        self.assertIn("DOB", plain.out + plain.err)

    def test_files_that_are_no_roll(self):
        for name, content in (("empty.csv", b""), ("words.csv", b"hello\nworld\n"), ("binary.csv", bytes(range(256)) * 20), ("head.csv", b"Shoe size\n12\n")):
            path = os.path.join(self.school.top, name)
            with open(path, "wb") as f:
                f.write(content)
            done = self.school.cli("senco", "import", path, "--yes", code=65)
            self.assertTrue(done.err.strip() or done.out.strip())
        done = self.school.cli("senco", "import", os.path.join(self.school.top, "none.csv"), code=None)
        self.assertIn(done.code, (2, 65, 66))
        self.assertIn("none.csv", done.err)

    def test_a_pupil_without_a_number_is_matched_by_name_and_birth(self):
        path = self.roll(row(0, "Numberless", "Nia"))
        self.school.cli("senco", "import", path, "--yes")
        self.assertEqual(self.school.cli("senco", "import", path, "--yes", "--json").json()["changes"], [])
        self.assertEqual(len(self.senco.all(self.pupil, [("surname", "EQ", "Numberless")])), 1)
        path = self.roll(row(401, "Numberless", "Nia"))
        self.school.cli("senco", "import", path, "--yes")
        self.assertEqual([m.upn for _, m, _ in self.senco.all(self.pupil, [("surname", "EQ", "Numberless")])], [kinds.upn(401)])

    def test_next_terms_intake_twice(self):
        coming = row(601, "Early", "Bird", klass="RB", year="Reception", born="13/02/2020").replace("05/09/2020", "06/01/2025")
        path = self.roll(coming)
        self.school.cli("senco", "import", path, "--yes")
        self.assertEqual(self.school.cli("senco", "import", path, "--yes", "--json").json()["changes"], [])

    def test_after_an_undo_the_same_file_brings_them_back(self):
        path = self.roll(row(701, "Back", "Again", klass="9Z", needs=("SLCN",), status="K"))
        first = self.school.cli("senco", "import", path, "--json").json()
        self.school.cli("senco", "undo", first["batch"])
        again = self.school.cli("senco", "import", path, "--json").json()
        self.assertEqual((again["faults"], again["counts"]["pupils_restored"], again["counts"]["pupils_new"]), ([], 1, 0))
        self.assertEqual(self.school.cli("senco", "import", path, "--json").json()["changes"], [])
        on = [r for r in self.school.cli("senco", "register", "--json").json()["sections"][0]["rows"] if r["pupil"] == "Back, Again"]
        self.assertEqual([(r["class"], r["provision"], r["needs"]) for r in on], [("9Z", "K", "SLCN")])
        self.school.cli("senco", "undo", again["batch"])

    def test_a_teacher_may_not(self):
        before = self.changes()
        done = self.school.cli("teacher", "import", self.roll(row(501, "Not", "Mine")), "--yes", code=None)
        self.assertNotEqual(done.code, 0)
        self.assertEqual(self.changes(), before)


class Trials(school.Case):
    """A trial leaves nothing behind that is in the way of the real import."""
    at = school.TODAY

    def test_many_large_trials(self):
        senco, code = self.client(), kinds.find("Code")
        items = [wire.item(code, -1 - i, list="trial", code="t%d" % i, title="t%d" % i) for i in range(20)]
        for _ in range(40):
            key = wire.key()
            senco.ask(stage=wire.pb.Stage(key=key, part=0, records=items))
            self.assertEqual(len(senco.ask(put=wire.pb.Put(key=key, staged=True, dry_run=True)).put.done), 20)
        refused = wire.item(code, 999999, 1, title="nobody")
        for _ in range(40):
            key = wire.key()
            senco.ask(stage=wire.pb.Stage(key=key, part=0, records=[refused]))
            self.assertIn(senco.ask(False, put=wire.pb.Put(key=key, staged=True)).outcome, (wire.pb.NOT_FOUND, wire.pb.INVALID, wire.pb.CONFLICT))
        key = wire.key()
        senco.ask(stage=wire.pb.Stage(key=key, part=0, records=items))
        self.assertEqual(len(senco.ask(put=wire.pb.Put(key=key, staged=True)).put.done), 20)
        self.assertTrue(senco.ask(put=wire.pb.Put(key=key, staged=True)).put.replayed)

    def test_many_trials_of_one_roll(self):
        for _ in range(20):
            done = self.school.cli("senco", "import", ROLL, "--dry-run", "--date", school.TODAY, "--json", code=None)
            self.assertNotIn("sent ahead", done.err)


class SampleRoll(school.Case):
    at = "2026-11-23"         # after the newest date in the file

    def test_the_sample_roll(self):
        dry = self.school.cli("senco", "import", ROLL, "--dry-run", "--json").json()
        self.assertEqual(dry["faults"], [])
        done = self.school.cli("senco", "import", ROLL, "--yes", "--json").json()
        self.assertEqual(done["counts"], dict(dry["counts"]))
        self.assertEqual(self.school.cli("senco", "import", ROLL, "--yes", "--json").json()["changes"], [])
        with open(ROLL, encoding="utf-8-sig") as f:
            upns = {line.split(",")[0] for line in f.read().splitlines()[1:]} - {""}
        stored = {m.upn for _, m, _ in self.client().all(kinds.find("Pupil"))}
        self.assertTrue(upns <= stored)
        undone = self.school.cli("senco", "undo", done["batch"])
        self.assertTrue(undone.out.strip())
        self.assertFalse(upns <= {m.upn for _, m, _ in self.client().all(kinds.find("Pupil"))})


DATA = os.path.join(wire.ROOT, "tests", "data")


class Styles(school.Case):
    """Files as the three products write them, clean and with faults in them."""
    at = "2026-11-23"

    def faults(self, name):
        done = self.school.cli("senco", "import", os.path.join(DATA, name), "--yes", "--json", code=65)
        return {(f["row"], f["column"], f["code"]) for f in done.json()["faults"]}

    def test_clean_ones(self):
        for name, rows, encoding in (("roll-arbor.csv", 8, "UTF-8"), ("roll-bromcom.csv", 8, "UTF-16 (little-endian)")):
            path = os.path.join(DATA, name)
            first = self.school.cli("senco", "import", path, "--yes", "--json").json()
            self.assertEqual((first["faults"], first["counts"]["pupils_new"], first["encoding"]), ([], rows, encoding), name)
            again = self.school.cli("senco", "import", path, "--yes", "--json").json()
            self.assertEqual((again["faults"], again["changes"]), ([], []), name)
            self.school.cli("senco", "undo", first["batch"])

    def test_dirty_sims(self):
        self.assertEqual(self.faults("roll-sims-dirty.csv"), {
            (3, "DOB", "bad-date"), (4, "SEN Need (1)", "unknown-need"), (5, "SEN Need (2)", "rank-gap"), (6, "Gender", "bad-sex"),
            (7, "Date of Admission", "before-birth"), (8, "DOB", "date-order"), (9, "DOB", "too-old"), (10, "Year", "bad-year"),
            (11, "SEN Status", "unknown-status"), (12, "SEN Need (2)", "need-twice"), (13, "Pupil Premium Indicator", "bad-flag"),
            (14, "UPN", "bad-upn"), (15, "UPN", "bad-upn"), (17, "Legal Surname", "duplicate-pupil"), (18, "Legal Surname", "no-name"),
            (19, "Legal Surname", "encoding"), (20, "", "cells"), (21, "SEN Need (1)", "old-code"), (22, "Reg", "formula"), (24, "", "totals")})

    def test_dirty_bromcom(self):
        self.assertEqual(self.faults("roll-bromcom-dirty.csv"), {
            (2, "UPN", "duplicate-upn"), (3, "DateOfBirth", "bad-date"), (4, "AttendancePercentage", "bad-number"),
            (6, "SENType1", "need-without-status"), (7, "", "quoting"), (8, "UPN", "duplicate-upn"), (9, "PupilPremium", "bad-flag"),
            (10, "LastName", "encoding"), (11, "", "cells"), (12, "LastName", "formula"), (13, "LastName", "missing"),
            (14, "LastName", "control-character"), (16, "", "quoting"), (17, "DateOfBirth", "future")})

    def test_dirty_arbor(self):
        self.assertEqual({row for row, _, _ in self.faults("roll-arbor-dirty.csv")}, {2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18})


class Headings(school.Case):
    """A school's own headings: said once, remembered, forgotten."""
    at = "2026-11-23"

    def run_it(self, text, *more, code=0):
        path = os.path.join(self.school.top, "own.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        config = os.path.join(self.school.top, "config")
        done = school.run(self.school.command("senco", "import", path, "--dry-run", "--json", *more), env={"XDG_CONFIG_HOME": config})
        self.assertEqual(done.code, code, done)
        return done.json() if done.out else done.problem()

    def test_a_mapping_is_remembered(self):
        text = "Kid,Came into the world,Colour\nFlintlock,14/04/2018,red\n"
        said = self.run_it(text, code=65)
        self.assertEqual([f["code"] for f in said["faults"]], ["no-column", "no-column"])
        self.assertEqual(said["not_imported"], ["Kid", "Came into the world", "Colour"])
        given = ("--map", "Kid=name", "--map", "Came into the world=born")
        self.assertEqual({h["how"] for h in self.run_it(text, *given)["headings"]}, {"given"})
        said = self.run_it(text)
        self.assertEqual({(h["heading"], h["field"], h["how"]) for h in said["headings"]},
                         {("Kid", "name", "remembered"), ("Came into the world", "born", "remembered")})
        with open(os.path.join(self.school.top, "config", "sendco", "roll-headings.tsv")) as f:
            self.assertNotIn("Flintlock", f.read())
        self.run_it(text.replace("Colour", "Pet"), code=65)     # another set of headings
        self.run_it(text, "--forget-map", code=65)
        self.run_it(text, code=65)

    def test_mappings_that_mean_nothing(self):
        text = "Surname,DOB\nFlintlock,14/04/2018\n"
        self.assertIn("shoe", self.run_it(text, "--map", "Surname=shoe", code=2)["message"])
        self.run_it(text, "--map", "Surname", code=2)
        self.assertEqual([f["code"] for f in self.run_it(text, "--map", "Kid=surname", code=65)["faults"]], ["no-heading"])
        self.run_it(text, "--date-order", "sideways", code=2)

    def test_the_order_of_dates_may_be_said(self):
        text = "Surname,DOB\nFlintlock,03/04/2018\n"
        born = [c["fields"]["born"] for c in self.run_it(text, "--date-order", "month-first")["changes"]]
        self.assertEqual(born, ["2018-03-04"])
        self.assertEqual([c["fields"]["born"] for c in self.run_it(text)["changes"]], ["2018-04-03"])


class Terminal(school.Case):
    """A near miss is asked about at a terminal, and a fault without one."""
    at = "2026-11-23"

    def roll(self, text):
        path = os.path.join(self.school.top, "near.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def asked(self, path, answers):
        master, slave = pty.openpty()
        process = subprocess.Popen(self.school.command("senco", "import", path, "--no-pager"), stdin=slave, stdout=slave, stderr=slave,
                                   env=dict(os.environ, XDG_CONFIG_HOME=self.school.top), preexec_fn=school.end_with_parent)
        os.close(slave)
        said, at, deadline = "", 0, time.monotonic() + wire.PATIENCE
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            said += data.decode(errors="replace")
            if answers and answers[0][0] in said[at:]:
                at = len(said)
                os.write(master, answers.pop(0)[1].encode() + b"\n")
        if process.poll() is None and time.monotonic() > deadline:
            process.kill()
        os.close(master)
        self.assertEqual((process.wait(), answers), (0, []), said)
        return said

    def test_a_heading_is_asked_about(self):
        path = self.roll("Surname,Forename,DOB,Known SEN detail\nAsked,Cy,14/07/2017,K\n")
        done = self.school.cli("senco", "import", path, "--yes", "--json", code=65).json()
        self.assertEqual([(f["row"], f["line"], f["code"]) for f in done["faults"]], [(1, 1, "unread-heading")])
        said = self.asked(path, [("Number", "1"), ("[y/N]", "y")])
        self.assertIn("Known SEN detail", said)
        self.assertEqual([m.forename for _, m, _ in self.client().all(kinds.find("Pupil"), [("surname", "EQ", "Asked")])], ["Cy"])

    def test_same_or_new(self):
        pupil = kinds.find("Pupil")
        senco = self.client()
        self.school.cli("senco", "import", self.roll("Surname,Forename,DOB\nNearly,Ann,04/05/2018\n"), "--yes")
        path = self.roll("Surname,Forename,DOB\nNearly,Anna,04/05/2018\n")
        done = self.school.cli("senco", "import", path, "--yes", "--json", code=65).json()
        self.assertEqual([(f["row"], f["code"]) for f in done["faults"]], [(2, "perhaps-same")])
        said = self.asked(path, [("Number", "1"), ("[y/N]", "y")])
        self.assertIn("a new pupil", said)
        self.assertEqual([m.forename for _, m, _ in senco.all(pupil, [("surname", "EQ", "Nearly")])], ["Anna"])
        self.asked(self.roll("Surname,Forename,DOB\nNearly,Bea,04/05/2018\n"), [("Number", "2"), ("[y/N]", "y")])
        self.assertEqual(sorted(m.forename for _, m, _ in senco.all(pupil, [("surname", "EQ", "Nearly")])), ["Anna", "Bea"])


if __name__ == "__main__":
    school.main()
