"""Every report asked by every role: whoever may see nothing of what it is about is refused in the words of that, whoever sees some
is told of nobody else, and nobody may filter by what they may not see."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

REPORTS = ("register", "map", "impact", "gaps", "actions", "changes", "today")
# whom a report tells nothing at all
REFUSED = {"ta": {"register"}, "medical": {"register", "map", "impact", "gaps", "actions", "today"},
           "governor": {"register", "map", "impact", "gaps", "actions", "today"}}
FILTERS = {"class": "3B", "year": "3", "need": "SLCN", "status": "K"}


class Roles(school.Case):
    at = school.TODAY + "T10:00"

    def setUp(self):
        self.pupil = kinds.find("Pupil")
        self.profiles = [name for name in os.listdir(os.path.join(self.school.directory, "profiles"))]

    def seen(self, client):
        """The pupils that this person may see."""
        reply = client.list(self.pupil, check=False)
        return {id for id, _, _ in client.all(self.pupil)} if reply.outcome == wire.pb.OK else set()

    def told(self, reply):
        """Of which pupils a report tells."""
        return {row.link.id for section in reply.report.sections for row in section.rows
                if row.HasField("link") and row.link.kind == self.pupil.number}

    def test_whom_each_report_tells_of(self):
        for name in self.profiles:
            client = self.client(name)
            seen, refused = self.seen(client), REFUSED.get(client.login.role, set())
            for report in REPORTS:
                with self.subTest("%s, %s" % (name, report)):
                    reply = client.report(report, check=False)
                    if report in refused or reply.outcome != wire.pb.OK:
                        problem = self.refused(wire.pb.DENIED, reply, "E-DENIED")
                        self.assertIn("your role does not let you see any", problem.message)
                    if reply.outcome == wire.pb.OK:
                        self.assertLessEqual(self.told(reply), seen)

    def test_what_one_may_not_see_one_may_not_filter_by(self):
        for name in self.profiles:
            client = self.client(name)
            for report in ("register", "map", "impact", "gaps"):
                plain = client.report(report, check=False)
                for param, value in FILTERS.items():
                    with self.subTest("%s, %s by %s" % (name, report, param)):
                        reply = client.report(report, check=False, **{param: value})
                        if plain.outcome != wire.pb.OK:
                            self.assertNotEqual(reply.outcome, wire.pb.OK)
                        elif reply.outcome == wire.pb.OK:
                            self.assertLessEqual(self.told(reply), self.told(plain))
                        else:
                            self.refused(reply.outcome, reply)

    def test_a_class_by_its_id(self):
        client = self.client()
        for record in self.school.cli("senco", "class", "list", "--limit", 3, "--json").json()["records"]:
            by_name = client.report("register", **{"class": record["fields"]["name"]}).report
            by_id = client.report("register", **{"class": record["id"]}).report
            self.assertEqual([s.rows for s in by_name.sections], [s.rows for s in by_id.sections])
        self.refused(wire.pb.INVALID, client.report("register", check=False, **{"class": "CLS-0000"}))

    def test_pages_of_one_pupil(self):
        everybody = [record["id"] for record in self.school.cli("senco", "pupil", "list", "--json").json()["records"]][::9]
        for name in self.profiles:
            client = self.client(name)
            seen = self.seen(client)
            for id in everybody:
                for report in ("pupil", "profile"):
                    reply = client.report(report, check=False, pupil=id)
                    with self.subTest("%s, %s of %s" % (name, report, id)):
                        if kinds.id_of(id) in seen and reply.outcome == wire.pb.OK:
                            self.assertTrue(reply.report.sections)
                        else:
                            self.assertIn(reply.outcome, (wire.pb.NOT_FOUND, wire.pb.DENIED), reply.problem)


if __name__ == "__main__":
    school.main()
