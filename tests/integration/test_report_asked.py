"""Every report with every parameter it takes, sensible and not, by several roles: an answer, or a refusal that says what to do."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire

NAMES = ("register", "pupil", "profile", "map", "impact", "gaps", "actions", "changes", "today")
ODD = ("0", "-1", "nonsense", "é" * 40, ",", ",,K,", "2024-02-30", "31/12", "name", "99999999999999999999", "a:b:c", " ", "PUP-0000", "all", "%s")


class Asked(school.Case):
    at = school.TODAY + "T09:00:00Z"

    def params(self, client, name):
        """{parameter}, as the refusal of one that it does not take lists them."""
        reply = client.report(name, check=False, colour="red")
        self.assertEqual(reply.outcome, wire.pb.INVALID)
        self.assertIn("no parameter", reply.problem.message)
        return [word.strip() for word in reply.problem.hint.split(":", 1)[1].replace(",", " ").split()]

    def judged(self, reply, what):
        with self.subTest(what):
            if reply.outcome != wire.pb.OK:
                self.assertIn(reply.outcome, (wire.pb.INVALID, wire.pb.DENIED, wire.pb.NOT_FOUND))
                self.assertTrue(reply.problem.message and reply.problem.hint, reply.problem)

    def test_odd_values_of_every_parameter(self):
        for person in ("senco", "teacher", "governor"):
            with self.school.client(person) as client:
                for name in NAMES:
                    for param in self.params(client, name):
                        for value in ODD:
                            self.judged(client.report(name, check=False, **{param: value}), (person, name, param, value))

    def test_a_report_that_there_is_not(self):
        with self.school.client() as client:
            self.assertEqual(client.report("weather", check=False).outcome, wire.pb.NOT_FOUND)

    def test_a_class_by_its_name(self):
        with self.school.client() as client:
            shown = client.report("register").report
            room = next(filter(None, (self.cell(shown, row, "class") for row in self.rows(shown))))
            by_name = client.report("register", **{"class": room}).report
            self.assertEqual(by_name.sections[0].rows, client.report("register", **{"class": room.lower()}).report.sections[0].rows)
            self.assertTrue(by_name.sections[0].rows)
            self.assertEqual({self.cell(by_name, row, "class") for row in self.rows(by_name)}, {room})
            reply = client.report("register", check=False, **{"class": "9Ω"})
            self.assertIn("there is no class “9Ω”", reply.problem.message)

    def rows(self, report):
        return report.sections[0].rows

    def cell(self, report, row, column):
        names = [c.name for c in report.sections[0].columns]
        return row.cells[names.index(column)].text

    def test_the_status_is_checked_and_kept(self):
        with self.school.client() as client:
            both = client.report("register", status="k,E").report
            one = [client.report("register", status=code).report for code in "KE"]
            self.assertEqual(len(self.rows(both)), sum(len(self.rows(r)) for r in one))
            self.assertGreaterEqual(len(self.rows(client.report("register", status="all").report)), len(self.rows(both)))
            reply = client.report("register", check=False, status="K,Q")
            self.assertIn("“Q” is no SEN provision code", reply.problem.message)
            self.assertIn("K,E", reply.problem.hint)

    def test_the_year_and_the_need(self):
        with self.school.client() as client:
            self.assertEqual(self.rows(client.report("register", year="Year 3").report), self.rows(client.report("register", year="3").report))
            for param, value in (("year", "Year 17"), ("need", "XYZ")):
                reply = client.report("register", check=False, **{param: value})
                self.assertIn("is no code of the list", reply.problem.message)

    def test_every_order_and_its_reverse(self):
        with self.school.client() as client:
            expected = sorted(self.label(row) for row in self.rows(client.report("register").report))
            for order in ("name", "class", "year", "status", "since", "need"):
                for sign in ("", "-"):
                    got = client.report("register", sort=sign + order).report
                    self.assertEqual(sorted(self.label(row) for row in self.rows(got)), expected, sign + order)
            reply = client.report("register", check=False, sort="-colour")
            self.assertIn("no order", reply.problem.message)

    def label(self, row):
        return [(c.text, c.number) for c in row.cells]

    def test_why_names_a_row_and_a_column(self):
        with self.school.client() as client:
            for why in ("", "x", "pupil:1", "pupil:1:", "pupil::cost_actual", "pupil:0:cost_actual", "pupil:99999:cost_actual", "nothing:1:cost_actual",
                        "pupil:1:colour", "pupil:1:cost_actual", "pupil:1:pupil"):
                self.judged(client.report("map", check=False, why=why), why)


if __name__ == "__main__":
    import unittest
    unittest.main(verbosity=2)
