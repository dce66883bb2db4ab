"""Quick capture: one line typed becomes several records in one change. Contacts with home, the register of a session,
a run with its group and its end, a map copied forward, targets rolled over, needs put in order; names are found among
those it can only be, a second time changes nothing, and one undo takes a batch back."""
import os
import pty
import select
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire


class Capture(school.Case):
    at = "2026-11-23"

    def json(self, *words, code=0, input=None):
        done = self.school.cli("senco", *words, "--json", code=code, input=input)
        return done.json() if done.code == 0 else done.problem()

    def records(self, noun, *words):
        return [dict(record["fields"], id=record["id"]) for record in self.json(noun, "list", "--limit", "5000", *words)["records"]]

    def pupil(self, surname, forename):
        return self.json("pupil", "add", "surname=" + surname, "forename=" + forename, "born=2018-03-05", "entered=2025-09-01", "year=3")["id"]

    def kind(self, name):
        """A provision type of this test's own."""
        return self.json("provision-type", "add", "name=" + name, "minutes=30")["id"]

    def group(self, name, *names, starts="2026-11-02", scores=None):
        """A run with a group of new pupils: its id and theirs."""
        self.kind("Type of " + name)
        ids = [self.pupil(*one.split(", ")) for one in names]
        who = "; ".join(i if not scores else "%s=%s" % (i, s) for i, s in zip(ids, scores or ids))
        done = self.json("provision", "start", "Type of " + name, name, "ends=2026-12-18", "--pupils", who, "--starts", starts)
        return done["id"], ids

    def marks(self, done):
        return {mark["name"]: mark["mark"] for mark in done["marks"]}

    # --- contact ---

    def test_contact_in_one_line(self):
        pupil = self.pupil("Quillfeather", "Ottoline")
        contact = self.json("contact", "add", "pupil=" + pupil, "name=Perpetua Quillfeather", "relationship=MOTHER")["id"]
        done = self.json("log", "contact", "Ottoline Quillfeather", "phone", "-", "--with", "mother", "--follow-up", "fri",
                         "--agreed", "Reading each evening", input="Rang about reading\n")
        self.assertEqual(done["named"][0]["label"], "Quillfeather, Ottoline")
        entry = self.json("contact-log", "show", done["id"])["record"]["fields"]
        self.assertEqual((entry["pupil"], entry["contact"], entry["channel"], entry["day"], entry["follow_up"]),
                         (pupil, contact, "phone", "2026-11-23", "2026-11-27"))
        self.assertEqual(entry["summary"].strip(), "Rang about reading")
        self.assertTrue(entry["staff"].startswith("STF-"))
        said = self.school.cli("senco", "log", "contact", pupil, "email", "-m", "Sent the plan", "--day", "yesterday", "--table").out
        self.assertIn("Quillfeather, Ottoline", said)
        self.assertRegex(said, r"LOG-\w+")

    def test_contact_refused(self):
        pupil = self.pupil("Nobody", "Ann")
        self.assertEqual(self.json("log", "contact", pupil, "pigeon", "x", code=81)["code"], "E-INVALID")
        self.assertEqual(self.json("log", "contact", pupil, "phone", code=2)["code"], "E-USAGE")
        nobody = self.json("log", "contact", pupil, "phone", "x", "--with", "mother", code=66)
        self.assertEqual(nobody["code"], "E-NOT_FOUND")
        self.assertIn("sendco contact add pupil=%s " % pupil, nobody["hint"])
        unknown = self.json("provision", "start", "Nothing so called", "Group", code=66)
        self.assertIn("sendco provision-type add name='Nothing so called'", unknown["hint"])
        self.assertIn("sendco log session", self.school.cli("senco", "log", code=2).err)

    def test_a_dry_run_and_a_key_count_once(self):
        pupil = self.pupil("Keyes", "Una")
        words = ["log", "contact", pupil, "phone", "Once only"]
        self.json(*words, "--dry-run")
        self.assertEqual(self.records("contact-log", "--pupil", pupil), [])
        key = "01" * 16
        first = self.json(*words, "--key", key, "--seen", "1")
        again = self.json(*words, "--key", key, "--seen", "1")
        self.assertTrue(again["replayed"])
        self.assertEqual(first["id"], again["id"])
        self.assertEqual(len(self.records("contact-log", "--pupil", pupil)), 1)

    # --- the register of a session ---

    def test_register_all_present_but_the_exceptions(self):
        run, pupils = self.group("Blue group", "Abbot, Ada", "Baxter, Ben", "Cole, Mia")
        words = ["log", "session", "Blue group", "10/11"]
        first = self.json(*words, "--absent", "Ben", "--progress", "Ada; Mia", "--minutes", "20", "--note", "Lively")
        self.assertEqual(self.marks(first), {"Abbot, Ada": "present", "Baxter, Ben": "absent", "Cole, Mia": "present"})
        session = self.json("session", "show", first["id"])["record"]["fields"]
        self.assertEqual((session["provision"], session["day"], session["held"], session["minutes"], session["note"]),
                         (run, "2026-11-10", True, 20, "Lively"))
        there = self.records("attendance", "--where", "session=" + first["id"])
        self.assertEqual({mark["pupil"]: (mark["mark"], mark["progress"]) for mark in there},
                         {pupils[0]: ("present", True), pupils[1]: ("absent", None), pupils[2]: ("present", True)})
        again = self.json(*words)
        self.assertEqual((again["id"], again["changed"], self.marks(again)), (first["id"], False, self.marks(first)))
        mended = self.json("session", "register", "Blue group", "10/11", "--present", "Baxter", "--refused", pupils[0])
        self.assertEqual(self.marks(mended), {"Abbot, Ada": "refused", "Baxter, Ben": "present", "Cole, Mia": "present"})
        self.assertEqual(len(self.records("session", "--where", "provision=" + run)), 1)
        self.assertEqual(len(self.records("attendance", "--where", "session=" + first["id"])), 3)
        shown = self.school.cli("senco", *words, "--table").out
        self.assertIn("nothing had to change: 2 present, 1 refused", shown)

    def test_a_session_that_was_lost(self):
        run, _ = self.group("Lost group", "Dunn, Dot")
        lost = self.json("log", "session", run, "12/11", "--lost", "room")
        self.assertEqual((lost["held"], lost["marks"]), (False, []))
        self.assertFalse(self.json("log", "session", run, "12/11")["held"])
        held = self.json("log", "session", run, "12/11", "--lost=")
        self.assertEqual((held["held"], self.marks(held)), (True, {"Dunn, Dot": "present"}))
        refused = self.json("log", "session", run, "12/11", "--lost", "ROOM", code=81)
        self.assertIn("sendco attendance list", refused["hint"])

    def test_names_are_found_in_the_group_only(self):
        run, pupils = self.group("Twins", "Ewart, Eve", "Ewart, Eva")
        self.pupil("Fox", "Fay")
        problem = self.json("log", "session", run, "10/11", "--absent", "Fay", code=66)
        self.assertIn("Ewart, Eve", problem["hint"])
        self.assertEqual(self.json("log", "session", run, "10/11", "--absent", "Ewart", code=66)["code"], "E-AMBIGUOUS")
        self.assertEqual(self.json("log", "session", run, "10/11", "--absent", "Eve", "--refused", "Eve Ewart", code=2)["code"], "E-USAGE")
        self.assertEqual(self.json("log", "session", run, "1/9", code=81)["code"], "E-INVALID")
        self.assertEqual(self.marks(self.json("log", "session", run, "10/11", "--absent", pupils[1])),
                         {"Ewart, Eve": "present", "Ewart, Eva": "absent"})

    # --- runs ---

    def test_a_run_begins_and_ends(self):
        run, pupils = self.group("Green group", "Gray, Gus", "Hall, Hal", scores=["85", "70.5"])
        members = self.records("member", "--where", "provision=" + run)
        self.assertEqual({m["pupil"]: (m["starts"], m["entry_score"], m["entry_day"]) for m in members},
                         {pupils[0]: ("2026-11-02", 85.0, "2026-11-02"), pupils[1]: ("2026-11-02", 70.5, "2026-11-02")})
        problem = self.json("provision", "close", "Green group", "Gus=92", code=81)
        self.assertIn("Hall, Hal", problem["message"])
        self.json("provision", "close", "Green group", "Gus=92.5", "Hal=CAUGHT-UP", "--decision", "keep", "--day", "20/11")
        closed = self.json("provision", "show", run)["record"]["fields"]
        self.assertEqual((closed["closed"], closed["ends"], closed["decision"]), ("2026-11-20", "2026-11-20", "keep"))
        members = self.records("member", "--where", "provision=" + run)
        self.assertEqual({m["pupil"]: (m["ends"], m["exit_score"], m["exit_day"], m["exit_reason"]) for m in members},
                         {pupils[0]: ("2026-11-20", 92.5, "2026-11-20", None), pupils[1]: ("2026-11-20", None, None, "CAUGHT-UP")})
        self.assertFalse(self.json("provision", "close", run, "Gus=92.5", "Hal=CAUGHT-UP", "--decision", "keep", "--day", "20/11")["changed"])

    def test_an_end_says_whom_it_took_and_keeps_what_was_measured(self):
        run, pupils = self.group("Amber group", "Samuels, Sal", "Samson, Ivy", "Stone, Sky", scores=["10", "20", "30"])
        left = next(m["id"] for m in self.records("member", "--where", "provision=" + run) if m["pupil"] == pupils[1])
        self.json("member", "edit", left, "ends=2026-11-09", "exit_score=500", "exit_day=2026-11-09")
        words = ["provision", "close", run, "--decision", "keep"]
        twice = self.json(*words, "Sal=12", "Sal Samuels=13", "Sky=LEFT", code=2)
        self.assertIn("named twice", twice["message"])
        refused = self.json(*words, "Sal=12", "Ivy=9", "Sky=LEFT", code=2)
        self.assertRegex(refused["message"], r"Samson, Ivy, 500.* by 9")
        self.assertIn("--yes", refused["hint"])
        done = self.json(*words, "Sam=12", "Sky=LEFT")                    # who is in it still, not who left
        self.assertEqual([(one["id"], one["label"]) for one in done["named"]], [(pupils[0], "Samuels, Sal"), (pupils[2], "Stone, Sky")])
        members = {m["pupil"]: m for m in self.records("member", "--where", "provision=" + run)}
        self.assertEqual([members[p]["exit_score"] for p in pupils], [12.0, 500.0, None])
        self.assertFalse(self.json(*words, "Ivy=500")["changed"])         # the same once more is no other measure
        said = self.school.cli("senco", *words, "Ivy=9", "--yes", "--table").out
        self.assertRegex(said, r"Replaced: .* of Samson, Ivy, 500.* by 9")
        member = self.json("member", "show", left)["record"]["fields"]
        self.assertEqual((member["exit_score"], member["exit_day"], member["ends"]), (9.0, "2026-11-23", "2026-11-09"))

    def test_a_pupil_twice_is_a_slip(self):
        self.kind("Twice")
        pupil = self.pupil("Ives", "Ida")
        self.assertEqual(self.json("provision", "start", "Twice", "Twice", "--pupils", pupil + ";Ida Ives", code=2)["code"], "E-USAGE")

    def test_the_map_goes_on(self):
        run, pupils = self.group("Red group", "Judd, Joy", "Kerr, Kit", "Lamb, Lou", scores=["10", "20", "30"])
        self.json("provision", "close", run, "Joy=15", "Kit=LEFT", "Lou=35", "--decision", "keep")
        self.json("pupil", "edit", pupils[2], "left=2026-12-18")
        words = ["provision", "copy", "Red group", "--starts", "4/1/2027"]
        self.assertEqual(self.json(*words, code=2)["code"], "E-USAGE")
        self.assertTrue(self.json(*words, "--dry-run")["dry_run"])
        done = self.json(*words, "--yes")
        copy = self.json("provision", "show", done["id"])["record"]["fields"]
        old = self.json("provision", "show", run)["record"]["fields"]
        self.assertEqual((copy["name"], copy["type"], copy["starts"], copy["closed"], copy["decision"]),
                         ("Red group", old["type"], "2027-01-04", None, None))
        members = self.records("member", "--where", "provision=" + done["id"])
        self.assertEqual([(m["pupil"], m["starts"], m["entry_score"]) for m in members], [(pupils[0], "2027-01-04", 15.0)])
        self.assertFalse(self.json(*words, "--yes")["changed"])
        self.json("undo", str(done["batch"]), "--yes")
        self.assertEqual(self.records("member", "--where", "provision=" + done["id"]), [])
        self.assertEqual(self.json("provision", "show", done["id"], code=66)["code"], "E-NOT_FOUND")

    def test_the_whole_map_of_a_period(self):
        period = ["--from", "1/9/2026", "--to", "18/12/2026", "--starts", "1/3/2027"]
        run, _ = self.group("Map group", "Orr, Ola")
        other = self.records("provision", "--where", "starts=2027-03-01")
        before = len(self.records("provision"))
        would = self.json("provision", "copy", *period, "--dry-run")
        done = self.json("provision", "copy", *period, "--yes")
        self.assertEqual(would["left_out"], done["left_out"])
        made = [p for p in self.records("provision", "--where", "starts=2027-03-01") if p not in other]
        self.assertEqual(len(self.records("provision")) - before, len(made))
        ran = {p["id"] for p in self.records("provision") if p["starts"] <= "2026-12-18" and (not p["ends"] or p["ends"] >= "2026-09-01")}
        out = {one["id"] for one in done["left_out"] if one["id"].startswith("PRV-")}
        self.assertEqual(len(made), len(ran - out))
        self.assertNotIn(run, out)
        members = self.records("member")
        for copy in made:
            self.assertTrue([m for m in members if m["provision"] == copy["id"]], copy)
        self.json("undo", str(done["batch"]), "--yes")
        self.assertEqual(len(self.records("provision")), before)

    def test_what_is_not_copied_is_said_with_its_reason(self):
        def left(done):
            return {one["name"]: one["why"] for one in done["left_out"]}

        none, _ = self.group("Empty group", "Pask, Pia", starts="2025-03-03")
        self.json("provision", "edit", none, "ends=2025-03-28")
        self.json("provision", "close", none, "Pia=CAUGHT-UP", "--day", "28/3/2025")
        day, _ = self.group("Day group", "Quade, Quin", starts="2025-03-03")
        self.json("provision", "edit", day, "ends=2025-03-03")
        early, pupils = self.group("Twice group", "Rudd, Rae", "Rudd, Roy", starts="2025-03-03")
        self.json("provision", "edit", early, "ends=2025-03-14")
        late = self.json("provision", "start", "Type of Twice group", "Twice group", "ends=2025-03-28", "--pupils", "; ".join(pupils),
                         "--starts", "17/3/2025")["id"]
        self.json("provision", "close", late, "Rae=LEFT", "Roy=12", "--day", "28/3/2025")
        words = ["provision", "copy", "--from", "1/3/2025", "--to", "31/3/2025", "--starts", "2/6/2025"]
        done = self.json(*words, "--yes")
        said = left(done)
        self.assertEqual((said["Empty group"], said["Day group"], said["Twice group"], said["Rudd, Rae"]),
                         ("none of its pupils goes on", "ran one day only", "went on as " + late, "Left the school"))
        shown = self.school.cli("senco", *words, "--dry-run", "--table").out
        self.assertRegex(shown, r"already copied as PRV-")
        again = self.json(*words, code=81)
        self.assertIn("Already copied as PRV-", again["message"])
        self.assertFalse(self.json(*words, "--yes")["changed"])
        self.json("undo", str(done["batch"]), "--yes")
        named = self.json("provision", "copy", "Empty group", "--from", "1/3/2025", "--to", "28/3/2025", "--starts", "2/6/2025", "--yes")
        self.assertTrue(named["changed"])

    # --- targets and needs ---

    def test_unmet_targets_go_on(self):
        pupil = self.pupil("Moss", "May")
        old = self.json("plan", "add", "pupil=" + pupil, "template=APDR", "status=live", "starts=2026-09-07", "review_due=2026-12-11")["id"]
        plan = {"pupil": pupil, "plan": old}
        ids = [self.json("target", "add", *["%s=%s" % pair for pair in dict(plan, aim=aim, status=status, baseline="none").items()])["id"]
               for aim, status in (("Reads", "open"), ("Counts", "open"), ("Sits", "stopped"))]
        self.json("target-review", "add", "target=" + ids[0], "day=2026-11-10", "judgement=partly-met", "value=Ten words")
        self.assertEqual(self.json("target", "roll", pupil, "-m", "x", code=66)["code"], "E-NOT_FOUND")
        new = self.json("plan", "add", "pupil=" + pupil, "template=APDR", "status=draft", "starts=2027-01-04", "review_due=2027-03-26")["id"]
        self.assertEqual(self.json("target", "roll", pupil, code=2)["code"], "E-USAGE")
        done = self.json("target", "roll", "May Moss", "-m", "Half way there")
        rolled = [t for t in self.records("target", "--pupil", pupil) if t["plan"] == new]
        self.assertEqual({t["aim"]: (t["status"], t["baseline"], t["due"]) for t in rolled},
                         {"Reads": ("open", "Ten words", "2027-03-26"), "Counts": ("open", "none", "2027-03-26")})
        self.assertIn("Rolled over from %s: Half way there" % ids[0], [t["note"] for t in rolled])
        self.assertFalse(self.json("target", "roll", old, "--into", new, "-m", "again")["changed"])
        self.json("undo", str(done["batch"]), "--yes")
        self.assertEqual([t for t in self.records("target", "--pupil", pupil) if t["plan"] == new], [])

    def test_needs_in_order(self):
        pupil = self.pupil("Nash", "Ned")
        for rank, need in enumerate(("SLCN", "SPLD", "SEMH"), 1):
            self.json("need", "add", "pupil=" + pupil, "need=" + need, "rank=%d" % rank, "starts=2026-09-07", "note=" + need)

        def ranks(day):
            found = self.records("need", "--pupil", pupil, "--as-at", day)
            return [need["need"] for need in sorted(found, key=lambda need: need["rank"])]
        self.json("need", "order", "Ned Nash", "SEMH")
        self.assertEqual(ranks("2026-11-23"), ["SEMH", "SLCN", "SPLD"])
        self.assertEqual(ranks("2026-11-22"), ["SLCN", "SPLD", "SEMH"])
        self.json("need", "order", pupil, "SPLD", "SEMH")                       # the same day: corrected, not begun again
        self.assertEqual(ranks("2026-11-23"), ["SPLD", "SEMH", "SLCN"])
        self.assertEqual(len(self.records("need", "--pupil", pupil)), 6)
        self.assertFalse(self.json("need", "order", pupil, "SPLD")["changed"])
        self.assertEqual(self.json("need", "order", pupil, "HI", code=66)["code"], "E-NOT_FOUND")
        self.assertEqual(self.json("need", "order", pupil, "SPLD", "SPLD", code=2)["code"], "E-USAGE")

    # --- what is said of a change ---

    def test_a_change_names_what_it_changed_and_whose(self):
        pupil = self.pupil("O'Hanrahan", "Róisín")
        said = self.school.cli("senco", "need", "add", "pupil=" + pupil, "need=SPLD", "rank=1", "starts=today", "--table").out
        self.assertRegex(said, r"(?m)^Need NED-\w+ added, version 1: SPLD.*, of O'Hanrahan, Róisín$")
        need = self.records("need", "--pupil", pupil)[0]["id"]
        for words, verb in ((["edit", need, "note=Seen"], "saved"), (["remove", need], "removed")):
            said = self.school.cli("senco", "need", *words, "--table").out
            self.assertRegex(said, r"(?m)^Need %s %s, version \d: SPLD.*, of O'Hanrahan, Róisín$" % (need, verb))
        said = self.school.cli("senco", "pupil", "edit", pupil, "year=4", "--table").out
        self.assertRegex(said, r"(?m)^Pupil %s saved, version \d: O'Hanrahan, Róisín$" % pupil)

    def test_undo_says_first_what_it_would_take_back(self):
        pupil = self.pupil("Underhill", "Una")
        target = self.json("target", "add", "pupil=" + pupil, "aim=Reads")["id"]
        self.json("target", "edit", target, "progress=Two words")
        for words in (["undo", target], ["target", "undo", target]):
            said = self.school.cli("senco", *words, "--dry-run", "--table").out
            self.assertRegex(said, r"would be taken back: version 2, edit by .*Progress \(empty\) -> Two words")
            self.assertIn("nothing was changed", said)
            self.assertTrue(self.json(*words, "--dry-run")["dry_run"])
        self.assertEqual(self.json("target", "show", target)["record"]["fields"]["progress"], "Two words")
        self.json("undo", target)
        self.assertIsNone(self.json("target", "show", target)["record"]["fields"]["progress"])

    def test_a_slip_in_a_name_is_answered_with_the_nearest(self):
        pupil = self.pupil("Adébáyọ̀", "Oluwaseun")
        problem = self.json("pupil", "show", "oluwasen adebayo", code=66)
        self.assertIn("(%s)" % pupil, problem["hint"])
        self.assertNotIn("nearest", self.json("pupil", "show", "Xyzzy Plugh", code=66)["hint"])

    def test_help_of_what_is_typed(self):
        def said(*words):
            return self.school.cli("senco", *words).out

        self.assertRegex(said("help", "need-area"), r"(?m)^  SEMH +Social, emotional and mental health")
        self.assertIn("BATCH|ID", said("help", "undo"))
        self.assertIn("-m REASON", said("target", "roll", "--help"))
        self.assertIn("born=14/9/2018", said("help", "pupil"))

    # --- texts from elsewhere ---

    def text_kept(self, *words, code):
        """Runs it with a text that comes from standard input: refused before a letter of it was read."""
        text, typing = os.pipe()
        os.write(typing, b"Typed for minutes\n")
        os.close(typing)
        done = subprocess.run(self.school.command("senco", *words, "--json"), stdin=text, capture_output=True, timeout=wire.PATIENCE)
        rest = os.read(text, 100)
        os.close(text)
        self.assertEqual((done.returncode, rest), (code, b"Typed for minutes\n"), done.stderr)

    def test_a_slip_does_not_lose_a_text(self):
        pupil = self.pupil("Tarn", "Tam")
        target = self.json("target", "add", "pupil=" + pupil, "aim=Reads")["id"]
        self.text_kept("log", "contact", pupil, "phone", "-", "--follow-up", "nonsense", code=81)
        self.text_kept("log", "contact", pupil, "phone", "-", "--with", "mother", code=66)
        self.text_kept("log", "contact", pupil, "phone", "-", "--agreed", "-", code=2)
        self.text_kept("target", "edit", target, "note=-", "due=31/2", code=81)
        self.text_kept("target", "edit", target, "note=-", "--seen", "x", code=2)
        self.text_kept("target", "add", "aim=-", "pupil=Xyzzy Plugh", code=66)
        self.text_kept("target", "add", "aim=-", "pupil=" + pupil, "note=@/nowhere/at/all", code=65)
        self.text_kept("target", "roll", "Xyzzy Plugh", "-m", "-", code=66)
        self.json("target", "edit", target, "note=-", "due=18/12", input="Two\nlines\n")
        fields = self.json("target", "show", target)["record"]["fields"]
        self.assertEqual((fields["note"].split(), fields["due"]), (["Two", "lines"], "2026-12-18"))

    # --- asking ---

    def on_terminal(self, words, answer):
        """Runs it on a terminal, answers once; all it said, and its exit code."""
        master, slave = pty.openpty()
        process = subprocess.Popen(self.school.command("senco", *words), stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        said = b""
        while True:
            ready, _, _ = select.select([master], [], [], wire.PATIENCE)
            try:
                data = os.read(master, 4096) if ready else b""
            except OSError:
                data = b""
            if not data:
                break
            said += data
            if said.rstrip().endswith(b"[y/N]") and answer is not None:
                os.write(master, answer + b"\n")
                answer = None
        os.close(master)
        return said.decode(errors="replace"), process.wait(wire.PATIENCE)

    def test_half_names_are_asked_about_once(self):
        self.kind("Asked")
        ids = [self.pupil("Ogden", "Olwenna"), self.pupil("Pratt", "Philomena")]
        words = ["provision", "start", "Asked", "Asked group", "--pupils", "Olwenna; Philomena"]
        said, code = self.on_terminal(words, b"n")
        self.assertNotEqual(code, 0, said)
        self.assertEqual(said.count("[y/N]"), 1, said)
        self.assertEqual([p for p in self.records("provision") if p["name"] == "Asked group"], [])
        said, code = self.on_terminal(words, b"y")
        self.assertEqual(code, 0, said)
        self.assertEqual({m["pupil"] for m in self.records("member") if m["pupil"] in ids}, set(ids))

    def test_half_names_in_a_group_are_asked_about_too(self):
        run, pupils = self.group("Pearl group", "Samirasson, Samira", "Quince, Quentina")
        words = ["provision", "close", run, "Sam=92", "Quen=LEFT", "--decision", "keep"]
        said, code = self.on_terminal(words, b"n")
        self.assertNotEqual(code, 0, said)
        self.assertIn("Samirasson, Samira", said)
        self.assertEqual(said.count("[y/N]"), 1, said)
        self.assertIsNone(self.json("provision", "show", run)["record"]["fields"]["closed"])
        said, code = self.on_terminal(["log", "session", run, "--absent", "Samira Samirasson"], None)
        self.assertEqual((code, said.count("[y/N]")), (0, 0), said)
        said, code = self.on_terminal(words, b"y")
        self.assertEqual(code, 0, said)
        self.assertIn("Samirasson, Samira (%s)" % pupils[0], said)
        self.assertIn("Quince, Quentina (%s)" % pupils[1], said)


if __name__ == "__main__":
    school.main()
