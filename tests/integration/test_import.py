"""Rolls as schools' systems export them: read in whole or not at all, and a second time without a change."""
import os
import sys

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


if __name__ == "__main__":
    school.main()
