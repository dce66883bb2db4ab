"""The demo school: the same for the same seed, day and size, believable in its amounts, and marked as made up on every page."""
import datetime
import json
import os
import shutil
import sys
import tempfile
import unicodedata
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))

import kinds
import network_ground as ground
import school
import wire

DEMO = "DEMO  "


def day(text):
    return datetime.date.fromisoformat(text)


class Whole(school.Case):
    """The usual size."""
    pupils = 420

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.told = {}

    def every(self, kind):
        """All records of a kind, as JSON tells them: id -> fields."""
        if kind not in self.told:
            records = self.school.cli("senco", kind, "list", "--json").json()["records"]
            self.told[kind] = {one["id"]: one["fields"] for one in records}
        return self.told[kind]

    def within(self, kind, least, most):
        self.assertTrue(least <= len(self.every(kind)) <= most, "%s: %d" % (kind, len(self.every(kind))))

    def test_amounts(self):
        self.assertEqual(sum(one["left"] is None for one in self.every("pupil").values()), 420)
        for kind, least, most in (("pupil", 480, 490), ("plan", 200, 420), ("target", 500, 1200), ("target-review", 300, 1000),
                                  ("provision-type", 14, 16), ("provision", 75, 130), ("member", 280, 620), ("session", 2500, 5000),
                                  ("attendance", 9000, 24000), ("contact", 330, 560), ("contact-log", 600, 1200), ("meeting", 350, 800),
                                  ("attendee", 700, 1900), ("action", 220, 600), ("concern", 30, 100), ("profile", 90, 180),
                                  ("strategy", 200, 450), ("cost-rate", 8, 15)):
            with self.subTest(kind):
                self.within(kind, least, most)

    def test_every_kind_is_there(self):
        for kind in kinds.load():
            with self.subTest(kind.noun):
                self.assertTrue(self.school.cli("senco", kind.noun, "list", "--limit", 1, "--json").json()["records"])

    def running(self, kind):
        return [one for one in self.every(kind).values() if one["ends"] is None]

    def test_the_register(self):
        status = [one["provision"] for one in self.running("sen-status")]
        self.assertEqual(len(status), 420)
        self.assertTrue(85 <= status.count("K") + status.count("E") <= 110, status)
        self.assertTrue(18 <= len(self.running("placement")) <= 22)
        plans = {one["pupil"] for one in self.running("sen-status") if one["provision"] == "E"}
        self.assertLessEqual({one["pupil"] for one in self.running("placement")}, plans)
        spells = [one["pupil"] for one in self.every("sen-status").values()]
        self.assertGreaterEqual(sum(spells.count(pupil) >= 3 for pupil in set(spells)), 20)
        spells += [one["pupil"] for one in self.every("need").values()]
        self.assertGreaterEqual(max(spells.count(pupil) for pupil in set(spells)), 10)

    def test_a_second_need_has_a_first(self):
        for one in self.every("need").values():
            if one["rank"] == 1:
                continue
            first = [other for other in self.every("need").values() if other["pupil"] == one["pupil"] and other["rank"] == 1]
            self.assertTrue(any(other["starts"] <= one["starts"] and (other["ends"] or "9") >= one["starts"] for other in first), one)

    def test_plans_are_put_away_judged(self):
        judged = {one["target"] for one in self.every("target-review").values()}
        for target, one in self.every("target").items():
            plan = self.every("plan")[one["plan"]]
            if plan["status"] in ("reviewed", "closed"):
                self.assertIn(target, judged)

    def test_runs_end_measured(self):
        members = {}
        for one in self.every("member").values():
            members.setdefault(one["provision"], []).append(one)
        closed = [run for run, one in self.every("provision").items() if one["closed"]]
        self.assertGreater(len(closed), 50)
        for run in closed:
            one = self.every("provision")[run]
            self.assertTrue(one["decision"], one)
            for member in members[run]:
                self.assertTrue(member["ends"], member)
                self.assertTrue(one["close_reason"] or member["exit_score"] is not None or member["exit_reason"], member)

    def test_sessions_are_of_their_run_and_of_term(self):
        lost = 0
        for one in self.every("session").values():
            run = self.every("provision")[one["provision"]]
            self.assertTrue(run["starts"] <= one["day"] <= run["ends"], one)
            self.assertLess(day(one["day"]).weekday(), 5, one)
            self.assertNotIn(one["day"][5:7], ("08",))
            self.assertNotIn(one["day"][5:], ("12-25", "01-01"))
            self.assertEqual(one["held"], one["lost_to"] is None)
            lost += not one["held"]
        self.assertTrue(0.05 < lost / len(self.every("session")) < 0.12)

    def test_only_members_attend_and_only_what_is_held(self):
        spells = {}
        for one in self.every("member").values():
            spells[one["provision"], one["pupil"]] = one
        present = 0
        for one in self.every("attendance").values():
            session = self.every("session")[one["session"]]
            member = spells[session["provision"], one["pupil"]]
            self.assertTrue(session["held"], one)
            self.assertTrue(member["starts"] <= session["day"] <= (member["ends"] or "9"), one)
            present += one["mark"] == "present"
        self.assertTrue(0.9 < present / len(self.every("attendance")) < 0.96)

    def test_nothing_is_done_without_its_outcome(self):
        states = set()
        for one in self.every("action").values():
            states.add(one["status"])
            if one["status"] in ("done", "cancelled"):
                self.assertTrue(one["outcome"], one)
        self.assertLessEqual({"open", "done", "cancelled"}, states)
        for one in self.every("concern").values():
            self.assertEqual(one["decided"] is None, one["outcome"] is None, one)

    def test_nothing_happened_in_the_future(self):
        for kind, fields in (("session", ["day"]), ("target-review", ["day"]), ("contact-log", ["day"]), ("concern", ["raised", "decided"]),
                             ("member", ["starts", "entry_day", "exit_day"]), ("action", ["closed"]), ("profile", ["starts", "signed_off"])):
            for one in self.every(kind).values():
                for field in fields:
                    self.assertLess(one[field] or "", school.TODAY, one)
        for one in self.every("meeting").values():
            self.assertEqual(one["day"] >= school.TODAY, one["status"] == "planned", one)

    def gone(self):
        return {id: one["left"] for id, one in self.every("pupil").items() if one["left"]}

    def test_last_years_oldest_left_in_july(self):
        oldest = [one for one in self.every("pupil").values() if one["left"] == "2024-07-19"]
        self.assertTrue(58 <= len(oldest) <= 62, len(oldest))
        self.assertEqual({one["year"] for one in oldest}, {"6"})
        others = [left for left in self.gone().values() if left != "2024-07-19"]
        self.assertTrue(4 <= len(others) <= 6, others)
        for left in others:
            self.assertTrue("2023-09-20" < left < school.TODAY, left)
        self.assertGreater(len({left > "2024-09-01" for left in others}), 1)

    def test_some_came_in_the_middle_of_a_year(self):
        late = [one["entered"] for one in self.every("pupil").values() if one["entered"] >= "2023-09-20" and one["entered"][5:7] != "09"]
        self.assertGreaterEqual(len(late), 4)
        reasons = {one["pupil"]: one["reason"] for one in self.every("sen-status").values() if one["provision"] != "N"}
        self.assertIn("TRANSFER", reasons.values())

    def about(self, kind, one):
        """The pupil a record is about, found by its references."""
        if one.get("pupil"):
            return one["pupil"]
        for field, other in (("target", "target"), ("meeting", "meeting")):
            if kind in ("target-review", "attendee") and one.get(field):
                return self.every(other)[one[field]]["pupil"]
        return None

    def test_nothing_of_a_leaver_is_dated_after_they_left(self):
        gone, seen = self.gone(), {}
        for kind in kinds.load():
            dates = [field.name for field in kind.fields if field.as_ == "DATE"]
            if kind.noun == "pupil" or not dates:
                continue
            for one in self.every(kind.noun).values():
                left = gone.get(self.about(kind.noun, one))
                if left is None:
                    continue
                seen[kind.noun] = seen.get(kind.noun, 0) + 1
                for field in dates:
                    self.assertLessEqual(one[field] or "", left, (kind.noun, field, one))
        for one in self.every("attendance").values():
            if one["pupil"] in gone:
                self.assertLessEqual(self.every("session")[one["session"]]["day"], gone[one["pupil"]])
        for noun in ("membership", "sen-status", "need", "plan", "target", "target-review", "member", "contact-log", "meeting", "profile",
                     "strategy", "placement"):
            self.assertTrue(seen.get(noun), noun)
        self.assertTrue([one for one in self.every("contact").values() if one["pupil"] in gone])

    def test_nothing_of_a_leaver_still_runs(self):
        gone = self.gone()
        for noun in ("membership", "sen-status", "need", "placement", "member", "profile", "strategy", "assignment"):
            for one in self.every(noun).values():
                if one["pupil"] in gone:
                    self.assertTrue(one["ends"], (noun, one))
        for one in self.every("plan").values():
            if one["pupil"] in gone:
                self.assertEqual(one["status"], "closed", one)
        for noun, open in (("target", ("open",)), ("action", ("open", "in-progress", "escalated", None))):
            for one in self.every(noun).values():
                if one["pupil"] in gone:
                    self.assertNotIn(one["status"], open, one)

    def test_the_october_census_of_last_year(self):
        def register(day):
            report = self.school.cli("senco", "register", "--as-at", day, "--json").json()
            return json.dumps(report)
        before, now = register("2023-10-05"), register(school.TODAY)
        oldest = {id for id, left in self.gone().items() if left == "2024-07-19"}
        self.assertGreaterEqual(sum(id in before for id in oldest), 8)
        self.assertEqual(sum(id in now for id in self.gone()), 0)

    def test_typed_by_several(self):
        reviews = self.every("target-review").values()
        self.assertGreater(len({one["reviewed_by"] for one in reviews}), 5)
        self.assertGreater(len({one["leader"] for one in self.every("provision").values()}), 5)

    def test_found_by_plain_letters(self):
        wanted = {"łucja": "lucja", "nguyễn": "nguyen", "yıldırım": "yildirim", "ọlátúnjí": "olatunji", "o’dálaigh": "odalaigh",
                  "siân": "sian", "østergård": "ostergard", "țepeluș": "tepelus", "conceição": "conceicao", "öztürk": "ozturk",
                  "świątek": "swiatek", "jónsdóttir": "jonsdottir", "đặng": "dang", "róisín": "roisin", "çelik": "celik", "lǚ": "lu"}
        names = {}
        for id, one in self.every("pupil").items():
            for field in ("surname", "forename"):
                if one[field]:
                    names.setdefault(unicodedata.normalize("NFC", one[field].casefold()), id)
        found = 0
        for name, plain in wanted.items():
            if name in names:
                hits = self.school.cli("senco", "find", plain, "--json").json()["hits"]
                self.assertIn(names[name], [hit["id"] for hit in hits], plain)
                found += 1
        self.assertGreaterEqual(found, 8)


class Marked(school.Case):
    pupils = 30

    def page(self, *args):
        return self.school.cli("senco", *args).out

    def pages(self):
        pupil = self.school.cli("senco", "pupil", "list", "--json").json()["records"][0]["id"]
        return (("pupil", "list"), ("pupil", "show", pupil), ("register",), ("status",), ("who",), ("pupil", "history", pupil))

    def test_every_page_says_so_once(self):
        for args in self.pages():
            with self.subTest(args):
                lines = self.page(*args, "--table").splitlines()
                self.assertTrue(lines[0].startswith(DEMO), lines[0])
                self.assertEqual(sum(line.startswith(DEMO) for line in lines), 1)
                self.assertIs(json.loads(self.page(*args, "--json"))["demo"], True)

    def test_tables_for_programs_do_not(self):
        for args in self.pages():
            with self.subTest(args):
                self.assertNotIn(DEMO, self.page(*args))     # not a terminal: tab-separated
        self.assertNotIn("DEMO", self.page("pupil", "list", "--csv"))

    def test_the_wire_says_so(self):
        self.assertTrue(self.client().ask(status=wire.pb.Status()).status.demo)


class Real(unittest.TestCase):
    def test_a_real_school_says_nothing(self):
        made = school.School.__new__(school.School)
        made.top = tempfile.mkdtemp(prefix="sendco-test-")
        made.directory, made.server, made.tickets = os.path.join(made.top, "school"), None, {}
        self.addCleanup(made.remove)
        told = school.run([school.SENDCOD, "init", "--dir", made.directory, "--school", "Elmhurst School"])
        self.assertEqual(told.code, 0, told)
        password = [line for line in told.out.splitlines() if "profiles/senco" in line][0].split()[-1]
        with open(os.path.join(made.profile("senco"), "password"), "w") as f:
            f.write(password + "\n")
        os.chmod(os.path.join(made.profile("senco"), "password"), 0o600)
        made.start()
        for args in (("staff", "list"), ("status",), ("register",)):
            self.assertNotIn("DEMO", made.cli("senco", *args, "--table").out)
            self.assertNotIn("demo", made.cli("senco", *args, "--json").json())
        made.stop()


class Same(unittest.TestCase):
    def told(self, made, kind):
        return made.cli("senco", kind, "list", "--json").out

    def test_the_same_three_give_the_same_school(self):
        wire.load()
        kinds.load()
        both = []
        for _ in range(2):
            made = school.School(pupils=60, seed=11)
            self.addCleanup(made.remove)
            made.start()
            both.append(made)
        for kind in kinds.load():
            with self.subTest(kind.noun):
                self.assertEqual(self.told(both[0], kind.noun), self.told(both[1], kind.noun))
        for made in both:
            made.stop()

    def test_it_does_not_wait_for_the_disk_after_each_request(self):
        """Some 950 requests; one after the other they were as many flushes."""
        top = tempfile.mkdtemp(prefix="sendco-test-")
        self.addCleanup(shutil.rmtree, top, True)
        disk = ground.Disk(top)
        made = school.run([school.SENDCOD, "init", "--dir", os.path.join(top, "school"), "--demo", "--pupils", "60", "--seed", "11"],
                          env=disk.environment())
        self.assertEqual(made.code, 0, made)
        self.assertTrue(30 < disk.flushes() < 650, disk.flushes())

    def test_another_seed_gives_another(self):
        first, other = (school.School(pupils=20, seed=seed) for seed in (1, 2))
        for made in (first, other):
            self.addCleanup(made.remove)
            made.start()
        self.assertNotEqual(self.told(first, "pupil"), self.told(other, "pupil"))
        for made in (first, other):
            made.stop()


if __name__ == "__main__":
    school.main()
