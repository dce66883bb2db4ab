"""Records about whoever is in a class or a provision: recomputed from everything one may see, for every role that sees
any of it; page by page, as at other days, as known before. What tells namesakes apart. "me"."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

ROLES = ("senco", "teacher", "ta")
ABOUT_PUPILS = ("Pupil", "SenStatus", "Need", "Target", "Plan", "Contact", "ClassMembership", "ProvisionMember", "Attendance", "ContactLog")


class About(school.Case):
    at = school.TODAY
    pupils = 90

    def setUp(self):
        self.today = kinds.days(self.at)
        self.seen = {}

    def everything(self, client, name):
        """All that this role sees of a kind, asked once in a test; None when it sees none of it."""
        seen = self.seen.setdefault(id(client), {})
        if name not in seen:
            denied = client.list(kinds.find(name), limit=1, check=False).outcome == wire.pb.DENIED
            seen[name] = None if denied else client.all(kinds.find(name))
        return seen[name]

    def who_is_in(self, client, spells, field, thing, day):
        """The pupils whose spell names `thing` on the day; None when the role sees no such spells."""
        all = self.everything(client, spells)
        return None if all is None else {m.pupil for _, m, _ in all if getattr(m, field) == thing and m.starts <= day
                                         and (not m.HasField("ends") or m.ends >= day)}

    def check(self, client, thing, spells, field, id, day=None):
        """How many records were listed, and all were right."""
        about = wire.pb.About(kind=kinds.find(thing).number, id=id)
        pupils = self.who_is_in(client, spells, field, id, self.today if day is None else day)
        n = 0
        for name in ABOUT_PUPILS:
            kind = kinds.find(name)
            seen = self.everything(client, name)
            more = {} if day is None else {"as_at": day}
            if seen is None or pupils is None:
                self.refused(wire.pb.DENIED, client.list(kind, about=about, check=False, **more))
                continue
            spell = {f.name for f in kind.message.DESCRIPTOR.fields} >= {"starts", "ends"}
            want = [id_ for id_, m, _ in seen
                    if (getattr(m, field) == id if name == spells else (id_ if name == "Pupil" else m.pupil) in pupils)
                    and (day is None or not spell or (m.starts <= day and (not m.HasField("ends") or m.ends >= day)))]
            got = client.all(kind, about=about, limit=7, **more)
            self.assertEqual([i for i, _, _ in got], want, (name, thing, id, day))
            total = client.list(kind, about=about, limit=1, **more).records.total
            self.assertEqual(total, len(want), name)
            n += len(want)
        return n

    def test_classes(self):
        for role in ROLES:
            client, n = self.client(role), 0
            for id, _, _ in self.client().all(kinds.find("SchoolClass"))[3:8]:
                n += self.check(client, "SchoolClass", "ClassMembership", "class", id)
                self.check(client, "SchoolClass", "ClassMembership", "class", id, self.today - 300)
            self.assertGreater(n, 0, role)

    def test_provisions(self):
        member = kinds.find("ProvisionMember")
        runs = [id for id, m, _ in self.client().all(kinds.find("Provision")) if not m.HasField("ends") or m.ends >= self.today]
        for role in ROLES[1:]:      # in so small a school those they work with may be in none
            pupil = next(id for id, m, _ in self.client(role).all(kinds.find("Pupil")) if not m.HasField("left"))
            if not any(m.pupil == pupil and m.provision == runs[0] for _, m, _ in self.client().all(member)):
                self.client().add(member, provision=runs[0], pupil=pupil, starts=self.today)
        for role in ROLES:
            client, n = self.client(role), 0
            for id in runs:
                n += self.check(client, "Provision", "ProvisionMember", "provision", id)
            self.assertGreater(n, 0, role)

    def test_sessions_of_a_provision_are_its_own(self):
        client, session = self.client(), kinds.find("ProvisionSession")
        run = client.all(session)[0][1].provision
        got = client.all(session, about=wire.pb.About(kind=kinds.find("Provision").number, id=run))
        self.assertEqual([i for i, _, _ in got], [i for i, m, _ in client.all(session) if m.provision == run])

    def test_as_known_before_somebody_came(self):
        client, number = self.client(), kinds.find("SchoolClass").number
        room = client.all(kinds.find("SchoolClass"))[5][0]
        before = {i for i, _, _ in client.all(kinds.find("Pupil"), about=wire.pb.About(kind=number, id=room))}
        known = client.hello.now
        self.school.set_clock(self.at + "T15:00:00Z")
        school.until(lambda: self.client().hello.now > known + 60, "the clock to go on")
        pupil = self.client().add(kinds.find("Pupil"), surname="Newcomer", born=kinds.days("2018-01-02"))
        self.client().add(kinds.find("ClassMembership"), pupil=pupil, starts=self.today, **{"class": room})
        about = wire.pb.About(kind=number, id=room)
        self.assertEqual({i for i, _, _ in self.client().all(kinds.find("Pupil"), about=about)}, before | {pupil})
        self.assertEqual({i for i, _, _ in self.client().all(kinds.find("Pupil"), about=about, as_known=known)}, before)

    def test_what_is_about_nobody_in_it_is_refused(self):
        client = self.client()
        for thing, kind in (("SchoolClass", "Code"), ("Provision", "SchoolClass"), ("Staff", "Target")):
            about = wire.pb.About(kind=kinds.find(thing).number, id=1)
            problem = self.refused(wire.pb.INVALID, client.list(kinds.find(kind), about=about, check=False), "E-INVALID")
            self.assertIn("or about somebody who is in one", problem.message)
        about = wire.pb.About(kind=kinds.find("SchoolClass").number, id=1)
        reply = client.ask(False, watch=wire.pb.Watch(kinds=[kinds.find("Target").number], about=about))
        self.assertIn("sendco target list", self.refused(wire.pb.INVALID, reply, "E-INVALID").hint)

    # --- the command line ---

    def lines(self, role, *words, code=0):
        return self.school.cli(role, *words, code=code)

    def test_the_same_by_name(self):
        client = self.client()
        room = next(m for _, m, _ in client.all(kinds.find("SchoolClass")) if m.name == "3B")
        listed = self.lines("senco", "pupil", "list", "--class", "3B", "--json").json()["records"]
        then = self.lines("senco", "pupil", "list", "--class", "3b", "--as-at", "2024-06-01", "--json").json()["records"]
        self.assertTrue(listed and then, room)
        self.assertNotEqual({r["id"] for r in listed}, {r["id"] for r in then})
        run = next(m for _, m, _ in client.all(kinds.find("Provision")) if not m.HasField("ends") or m.ends >= self.today)
        self.assertTrue(self.lines("senco", "pupil", "list", "--provision", run.name, "--json").json()["records"])
        self.assertIn("--as-known", self.lines("senco", "pupil", "list", "--as-at", "2024-06-01", code=2).err)
        self.assertIn("Only one of", self.lines("senco", "pupil", "list", "--class", "3B", "--provision", run.name, code=2).err)

    def test_those_who_have_left_can_be_left_out(self):
        pupils = self.client().all(kinds.find("Pupil"))
        here = self.lines("senco", "pupil", "list", "--where", "left=", "--limit", "5000", "--json").json()["records"]
        self.assertEqual(len(here), sum(not m.HasField("left") for _, m, _ in pupils))
        self.assertLess(len(here), len(pupils))
        self.assertIn("--where left=", self.lines("senco", "pupil", "list", "--help").out)

    def test_me(self):
        me = kinds.find("Staff")
        client = self.client("teacher")
        id = self.lines("teacher", "assignment", "list", "--where", "staff=me", "--json").json()["records"]
        self.assertEqual(len(id), len(client.all(kinds.find("Assignment"), [("staff", "EQ", client.login.staff)])), me)
        self.assertTrue(id)
        shown = self.lines("senco", "staff", "show", "me", "--fields", "--json").json()["record"]
        self.assertEqual(kinds.id_of(shown["id"]), self.client().login.staff)
        added = self.lines("senco", "action", "add", "what=Ring the surgery", "owner=ME", "due=fri", "--table").out
        self.assertIn("Caradog", added)

    # --- namesakes ---

    def namesakes(self):
        made = []
        for born, room in (("2018-03-05", "3B"), ("2018-04-06", "3B"), ("2018-03-05", "4B")):
            pupil = self.lines("senco", "pupil", "add", "surname=Tumbleweed", "forename=Róisín", "born=" + born, "--json").json()["id"]
            self.lines("senco", "membership", "add", "pupil=" + pupil, "class=" + room, "starts=today")
            made.append(pupil)
        return made

    def shown(self, name):
        return self.lines("senco", "pupil", "show", name, "--fields", "--json").json()["record"]["id"]

    def test_namesakes(self):
        ids = self.namesakes()
        told = self.lines("senco", "need", "add", "pupil=roisin tumbleweed", "need=SLCN", "--json", code=66).problem()
        self.assertEqual(told["code"], "E-AMBIGUOUS")
        said = {f["id"]: f["message"] for f in told["fields"]}
        self.assertEqual([said[i].partition("  ")[2] for i in ids],
                         ["3B, born 5 Mar 2018", "3B, born 6 Apr 2018", "4B, born 5 Mar 2018"])
        found = self.lines("senco", "find", "tumbleweed", "--table").out
        for words in said.values():
            self.assertIn(words, found)
        self.assertEqual([h["label"] for h in self.lines("senco", "find", "tumbleweed", "--json").json()["hits"]][0], "Tumbleweed, Róisín")
        for name, i in (("Roisin Tumbleweed 4B", 2), ("Tumbleweed Roisin 6/4/2018", 1), ("Tumbleweed, Roisin 4b 5 mar 2018", 2),
                        (said[ids[0]], 0), ("Róisín Tumbleweed (3B, born 6 Apr 2018)", 1), ("Tumble 4B", 2)):
            self.assertEqual(self.shown(name), ids[i], name)
        both = self.lines("senco", "pupil", "show", "Roisin Tumbleweed 3B", "--json", code=66).problem()
        self.assertEqual([f["id"] for f in both["fields"]], ids[:2])
        self.assertIn("Roisin Tumbleweed 3B", both["message"])
        self.assertEqual(self.lines("senco", "pupil", "show", "Roisin Tumbleweed 5B", "--json", code=66).problem()["code"], "E-NOT_FOUND")

    # --- codes ---

    def test_codes_with_titles(self):
        self.lines("senco", "code", "add", "list=need-area", "code=ZZ", "title=Of our own", "order=99")
        shown = self.lines("senco", "help", "need-area").out
        self.assertRegex(shown, r"CI\s+Communication and interaction")
        self.assertRegex(shown, r"ZZ\s+Of our own")
        self.assertRegex(self.lines("senco", "help", "sen-provision").out, r"S\s+Statement \(until Sat 31 Mar 2018\)")
        pupil = self.lines("senco", "pupil", "list", "--limit", "1", "--json").json()["records"][0]["id"]
        told = self.lines("senco", "contact", "add", "pupil=" + pupil, "name=Somebody", "relationship=BOSS", code=81).err
        self.assertIn("CARER Foster carer", told)
        self.assertIn("sendco help relationship", told)


if __name__ == "__main__":
    school.main()
