"""The pupil's page and the one-page profile: a pupil made by hand, whose figures are worked out by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

DAY = kinds.days
EVERYTHING = ["pupil", "standing", "needs", "placements", "profile", "plans", "targets", "reviews", "strategies", "provision", "contacts", "log",
              "parents", "meetings", "actions", "concerns"]


def tables(report):
    out = {}
    for section in report.sections:
        names = [c.name for c in section.columns]
        out[section.name] = [dict(zip(names, (c.text if c.HasField("text") else c.number if c.HasField("number") else None for c in row.cells)))
                             for row in section.rows]
    return out


def facts(rows):
    return {row["field"]: row["value"] for row in rows}


class Pages(school.Case):
    at = school.TODAY + "T09:00:00Z"          # Monday, 18 November 2024
    pupils = 30

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.school.client() as senco, cls.school.client("teacher") as teacher, cls.school.client("ta") as ta:
            cls.senco, cls.teacher, cls.ta = senco, teacher.login.staff, ta.login.staff
            for make in (cls.make_class, cls.make_standing, cls.make_plans, cls.make_provision, cls.make_home, cls.make_work):
                make()
        del cls.senco

    @classmethod
    def add(cls, kind, about=None, **fields):
        """A record; texts that look like dates are dates."""
        if about:
            fields["pupil"] = about
        made = {n: DAY(v) if isinstance(v, str) and len(v) == 10 and v[4] == v[7] == "-" else v for n, v in fields.items()}
        return cls.senco.add(kinds.find(kind), **made)

    @classmethod
    def make_class(cls):
        room = cls.add("SchoolClass", name="9Z", year="4")
        for staff, relation in ((cls.teacher, 1), (cls.ta, 2)):
            cls.add("Assignment", staff=staff, class_=room, relation=relation, starts="2024-09-01")
        cls.ada = cls.add("Pupil", surname="Ashby", forename="Adelina", known_as="Ada", born="2015-09-20", entered="2019-09-02", year="4",
                          eal=True, upn=kinds.upn(770001), social_worker=True)
        cls.bo = cls.add("Pupil", surname="Bevan", forename="Bo", born="2016-02-29", entered="2020-09-01", year="4")
        for pupil in (cls.ada, cls.bo):
            cls.add("ClassMembership", pupil, class_=room, starts="2023-09-01")

    @classmethod
    def make_standing(cls):
        cls.add("SenStatus", cls.ada, provision="N", starts="2019-09-02")
        cls.add("SenStatus", cls.ada, provision="K", starts="2023-01-09", reason="CONCERN", parent_informed="2023-01-20", decided_by=cls.teacher)
        cls.add("SenStatus", cls.ada, provision="E", starts="2024-10-07", reason="PLAN-ISSUED", parent_informed="2024-10-01")
        cls.add("Need", cls.ada, need="SLCN", rank=1, starts="2023-01-09", source=2)
        cls.add("Need", cls.ada, need="SPLD", rank=2, starts="2023-01-09", ends="2024-06-30")
        cls.add("Placement", cls.ada, place=1, commissioned=True, time_in_base=40, starts="2024-10-07")
        cls.add("Profile", cls.ada, starts="2023-02-01", helps="old words")
        cls.add("Profile", cls.ada, starts="2024-09-09", communication="Short sentences; wait ten seconds", helps="A timer", hinders="Noise",
                triggers="Fire drills", strengths="Drawing", signed_off="2024-09-16", signed_by=cls.teacher)

    @classmethod
    def make_plans(cls):
        plan = {"template": "APDR", "layer": "TARGETED"}
        old = cls.add("Plan", cls.ada, cycle=1, starts="2024-01-08", review_due="2024-04-12", status=3, **plan)
        cls.plan = cls.add("Plan", cls.ada, cycle=2, starts="2024-09-09", review_due="2024-12-13", status=3, parent_agreed="2024-09-20", **plan)
        targets = (("met", old, 2, "2024-03-22", "Counts to 10"), ("stopped", old, 5, None, "Stopped"), ("late", cls.plan, None, "2024-12-13", "Reads 20 words"),
                   ("soon", cls.plan, 1, "2024-11-29", "Asks for help"), ("done", cls.plan, 2, "2024-10-11", "Says hello"),
                   ("alone", None, None, None, "On their own"), ("ancient", None, 2, "2022-11-17", "Long ago"), ("edge", None, 2, "2022-11-18", "Just in"))
        cls.target = {}
        for name, plan, status, due, aim in targets:
            more = {k: v for k, v in (("plan", plan), ("status", status), ("due", due)) if v}
            cls.target[name] = cls.add("Target", cls.ada, aim=aim, measure="of ten", baseline="none", owner=cls.ta, **more)
        for name, day, judgement, value in (("soon", "2024-10-14", 3, "4 of 10"), ("soon", "2024-11-04", 4, "2 of 10"), ("ancient", "2023-11-17", 4, "2"),
                                            ("met", "2024-03-22", 2, "10")):
            cls.add("TargetReview", target=cls.target[name], day=day, judgement=judgement, value=value, reviewed_by=cls.teacher)
        cls.senco.edit(kinds.find("Plan"), old, 1, status=4)
        cls.add("Strategy", cls.ada, what="Pre-teach words", starts="2024-09-09", subject="English")
        cls.add("Strategy", cls.ada, what="Coloured paper", starts="2024-01-08", ends="2024-07-19")

    @classmethod
    def make_provision(cls):
        cls.add("Code", list="cost-grade", code="TESTER", title="Tester")
        cls.add("CostRate", grade="TESTER", hourly=1500, starts="2024-01-01")
        cls.add("CostRate", grade="TESTER", hourly=1800, starts="2024-10-01")
        kind = cls.add("ProvisionType", name="Word box", minutes=30, resources=601, measured_in=1)
        run = {"type": kind, "leader": cls.ta, "grade": "TESTER", "days": "Mon 09:30", "room": "Den"}
        cls.spring = cls.add("Provision", name="Word box spring", starts="2024-01-08", ends="2024-03-22", **run)
        cls.autumn = cls.add("Provision", name="Word box autumn", starts="2024-09-02", ends="2024-12-13", **run)
        cls.add("ProvisionMember", cls.ada, provision=cls.spring, starts="2024-01-08", ends="2024-03-22", entry_score=600, entry_day="2024-01-08",
                exit_score=675, exit_day="2024-03-22", exit_reason="DONE")
        cls.add("ProvisionMember", cls.ada, provision=cls.autumn, starts="2024-09-02", entry_score=680, target=cls.target["late"])
        cls.add("ProvisionMember", cls.bo, provision=cls.autumn, starts="2024-09-16")
        present, absent = 1, 2
        for run, day, held, minutes, marks in (
                (cls.spring, "2024-02-05", True, None, {cls.ada: present}), (cls.autumn, "2024-09-09", True, None, {cls.ada: present}),
                (cls.autumn, "2024-09-30", True, None, {cls.ada: absent, cls.bo: present}), (cls.autumn, "2024-10-07", True, 40, {cls.ada: present, cls.bo: present}),
                (cls.autumn, "2024-10-14", False, None, {}), (cls.autumn, "2024-11-11", True, None, {cls.ada: present, cls.bo: absent})):
            more = dict({} if held else {"lost_to": "STAFF"}, **({"minutes": minutes} if minutes else {}))
            session = cls.add("ProvisionSession", provision=run, day=day, held=held, **more)
            for pupil, mark in marks.items():
                cls.add("Attendance", pupil, session=session, mark=mark)

    @classmethod
    def make_home(cls):
        father = cls.add("Contact", cls.ada, name="Carl Ashby", relationship="FATHER", do_not_disclose=True, reason="court order", priority=2)
        mother = cls.add("Contact", cls.ada, name="Dora Ashby", relationship="MOTHER", parental_responsibility=True, priority=1, phone="01234 5")
        cls.add("Contact", cls.ada, name="Aunt Eve")
        del father
        for i in range(22):
            cls.add("ContactLog", cls.ada, day=DAY("2024-10-01") + i, channel=1, contact=mother, staff=cls.teacher, summary="call %d" % i,
                    restricted="secret")
        met = {"parents": True, "purpose": "PARENT"}
        for day, more in (("2024-09-01", {}), ("2024-10-15", {"status": 2}), ("2024-08-31", {"status": 2}), ("2024-11-04", {"status": 4}),
                          ("2024-11-25", {"status": 1}), ("2023-11-17", {"status": 2})):
            cls.add("Meeting", cls.ada, day=day, **dict(met, **more))
        cls.add("Concern", cls.ada, raised="2022-11-14", raised_by=cls.teacher, area="CI", concern="Few words", decided="2023-01-06",
                outcome="REGISTER", decided_by=cls.teacher, reason="assessed")

    @classmethod
    def make_work(cls):
        for what, more in (("no date", {}), ("late", {"due": "2024-11-15", "status": 2}), ("today", {"due": "2024-11-18"}),
                           ("just closed", {"status": 3, "outcome": "done", "closed": "2024-11-11", "due": "2024-11-01"}),
                           ("long closed", {"status": 3, "outcome": "done", "closed": "2024-08-17"}),
                           ("edge", {"status": 4, "outcome": "no need", "closed": "2024-08-18"})):
            cls.add("Action", cls.ada, what=what, owner=cls.ta, **more)

    # --- asking ---

    def report(self, report="pupil", name="senco", pupil=None, as_at=None, why=None, check=True, **more):
        made = [wire.pb.ReportRequest.Param(name="pupil", value=str(pupil or self.ada))]
        reply = self.client(name).ask(check, report=wire.pb.ReportRequest(name=report, params=made, as_at=DAY(as_at) if as_at else None, why=why, **more))
        return reply.report if check else reply

    def page(self, *args, **more):
        return tables(self.report(*args, **more))

    # --- the page ---

    def test_all_sections_in_order(self):
        report = self.report()
        self.assertEqual([s.name for s in report.sections], EVERYTHING)
        self.assertEqual(report.title, "Pupil's page")

    def test_the_pupil(self):
        told = facts(self.page()["pupil"])
        self.assertEqual((told["Known as"], told["Age"], told["Year"], told["Class"]), ("Ada", "9;01", "Year 4", "9Z"))
        self.assertEqual(told["SEN"], "Education, health and care plan (E) since Mon 7 Oct 2024")
        self.assertEqual(told["Needs"], "Speech, language and communication needs")
        self.assertEqual((told["EAL"], told["UPN"], told["Social worker"]), ("yes", kinds.upn(770001), "yes"))
        self.assertEqual([facts(self.page(as_at=d)["pupil"])["Age"] for d in ("2024-09-19", "2024-09-20", "2025-09-19")], ["8;11", "9;00", "9;11"])
        ages = [facts(self.page(pupil=self.bo, as_at=d)["pupil"]).get("Age") for d in ("2016-02-28", "2017-02-28", "2017-03-01", "2016-03-28", "2016-03-29")]
        self.assertEqual(ages, [None, "0;11", "1;00", "0;00", "0;01"])

    def test_status_and_needs_over_time(self):
        rows = self.page()["standing"]
        self.assertEqual([(r["provision"], kinds.iso(r["from"]), r["until"] and kinds.iso(r["until"])) for r in rows],
                         [("E", "2024-10-07", None), ("K", "2023-01-09", "2024-10-06"), ("N", "2019-09-02", "2023-01-08")])
        self.assertEqual((rows[1]["title"], rows[1]["reason"], kinds.iso(rows[1]["parent_informed"])), ("SEN support", "Outcome of a concern", "2023-01-20"))
        self.assertTrue(rows[1]["decided_by"])
        self.assertEqual([(r["need"], r["rank"], r["source"]) for r in self.page()["needs"]], [("SLCN", 1, "Specialist"), ("SPLD", 2, None)])
        for day, want in (("2023-01-08", ["N"]), ("2023-01-09", ["K", "N"]), ("2024-10-06", ["K", "N"]), ("2024-10-07", ["E", "K", "N"])):
            rows = self.page(as_at=day)["standing"]
            self.assertEqual([r["provision"] for r in rows], want, day)
            self.assertIn(rows[0]["until"], (None, DAY(day)), "an end that was still to come")
        self.assertIsNone(self.page(as_at="2023-01-19")["standing"][0]["parent_informed"])
        self.assertEqual(self.page(as_at="2024-10-06")["placements"], [])
        self.assertEqual([(r["place"], r["commissioned"], r["time_in_base"]) for r in self.page()["placements"]], [("Resourced provision", 1, 40)])

    def test_the_profile_in_force(self):
        told = facts(self.page()["profile"])
        self.assertEqual((told["What helps"], told["Signed off"]), ("A timer", "Mon 16 Sep 2024"))
        self.assertEqual(facts(self.page(as_at="2024-09-08")["profile"])["What helps"], "old words")
        self.assertNotIn("Signed off", facts(self.page(as_at="2024-09-15")["profile"]))
        self.assertEqual(self.page(as_at="2023-01-31")["profile"], [])

    def test_plans_and_their_targets(self):
        rows = self.page()["plans"]
        names = ("cycle", "targets", "open", "met", "partly_met", "not_met", "stopped")
        self.assertEqual([[r[n] for n in names] for r in rows], [[2, 3, 1, 1, 0, 1, 0], [1, 2, 0, 1, 0, 0, 1]])
        # before its reviews a target was open, between them partly met
        for day, want in (("2024-10-13", [2, 1, 0, 0, 0]), ("2024-10-14", [1, 1, 1, 0, 0]), ("2024-11-03", [1, 1, 1, 0, 0]), ("2024-11-04", [1, 1, 0, 1, 0])):
            self.assertEqual([self.page(as_at=day)["plans"][0][n] for n in names[2:]], want, day)
        self.assertEqual([self.page(as_at=d)["plans"][0]["met"] for d in ("2024-03-21", "2024-03-22")], [0, 1])
        self.assertEqual((rows[0]["template"], rows[0]["layer"], rows[0]["status"]), ("Assess, plan, do, review", "Targeted", "Live"))
        self.assertIsNone(self.page(as_at="2024-09-19")["plans"][0]["parent_agreed"])
        self.assertEqual([r["cycle"] for r in self.page(as_at="2024-09-08")["plans"]], [1])
        why = self.report(why="plans:1:targets").sections[-1]
        self.assertEqual({(r.link.id, r.cells[3].number) for r in why.rows}, {(self.target[n], 1) for n in ("late", "soon", "done")})

    def test_targets_and_reviews(self):
        rows = self.page()["targets"]
        self.assertEqual([(r["aim"], r["current"]) for r in rows],
                         [("Says hello", 1), ("Asks for help", 1), ("Reads 20 words", 1), ("On their own", 1), ("Counts to 10", 0), ("Just in", 0),
                          ("Stopped", 0)])
        soon = rows[1]
        self.assertEqual((kinds.iso(soon["reviewed"]), soon["judgement"], soon["value"]), ("2024-11-04", "Not met", "2 of 10"))
        self.assertEqual([(kinds.iso(r["day"]), r["value"]) for r in self.page()["reviews"]],
                         [("2024-11-04", "2 of 10"), ("2024-10-14", "4 of 10"), ("2024-03-22", "10")])
        then = self.page(as_at="2024-10-20")
        self.assertEqual(next(r["value"] for r in then["targets"] if r["aim"] == "Asks for help"), "4 of 10")
        self.assertEqual(len(then["reviews"]), 3)
        # in spring the first plan, reviewed since, was in force until its review was due
        spring = [(r["aim"], r["current"]) for r in self.page(as_at="2024-04-12")["targets"]]
        self.assertEqual(spring[:2], [("Counts to 10", 1), ("Stopped", 1)])
        self.assertNotIn("Asks for help", [aim for aim, _ in spring])
        self.assertEqual([r["what"] for r in self.page()["strategies"]], ["Pre-teach words", "Coloured paper"])
        self.assertEqual([(r["what"], r["until"]) for r in self.page(as_at="2024-07-01")["strategies"]], [("Coloured paper", None)])

    def test_provision_time_and_cost(self):
        rows = self.page()["provision"]
        self.assertEqual([r["provision"] for r in rows], ["Word box autumn", "Word box spring", "In all", "This academic year"])
        figures = [[r[n] for n in ("entry", "exit", "gain", "present", "held", "minutes", "cost")] for r in rows]
        # 750 alone, 750 / 2, 1200 / 2, 900 / 2, and of the 601 for resources 601 x 78 / 142 rounded down and the odd penny
        self.assertEqual(figures[0], [680, None, None, 3, 4, 30 + 40 + 30, 750 + 375 + 600 + 450 + 331])
        self.assertEqual(figures[1], [600, 675, 75, 1, 1, 30, 750 + 601])
        self.assertEqual(figures[2], [None, None, None, 4, 5, 130, 2506 + 1351])
        self.assertEqual(figures[3], [None, None, None, 3, 4, 100, 2506])
        self.assertEqual((rows[0]["type"], rows[0]["days"], kinds.iso(rows[0]["until"])), ("Word box", "Mon 09:30", "2024-12-13"))
        rows = self.page(as_at="2024-10-08")["provision"]
        self.assertEqual([(r["minutes"], r["cost"]) for r in rows][0], (70, 750 + 375 + 600 + 371))
        rows = self.page(as_at="2024-03-21")["provision"]
        self.assertEqual([(r["provision"], r["exit"], r["gain"]) for r in rows][0], ("Word box spring", None, None))
        self.assertEqual([(r["minutes"], r["cost"]) for r in rows], [(30, 1351)] * 3)

    def test_why_it_costs_that(self):
        why = self.report(why="provision:This academic year:cost").sections[-1]
        self.assertEqual(sum(r.cells[3].number for r in why.rows), 2506)
        why = self.report(why="provision:Word box autumn:present").sections[-1]
        self.assertEqual([r.cells[0].text for r in why.rows], ["Attendance"] * 3)
        self.refused(wire.pb.INVALID, self.report(why="provision:1:days", check=False), "E-INVALID")

    def test_home(self):
        page = self.page()
        self.assertEqual([(r["name"], r["warning"]) for r in page["contacts"]],
                         [("Dora Ashby", None), ("Carl Ashby", "DO NOT DISCLOSE"), ("Aunt Eve", None)])
        report = self.report()
        self.assertEqual([s.text for s in report.sections if s.name == "contacts"], ["Carl Ashby: DO NOT DISCLOSE."])
        log = next(s for s in report.sections if s.name == "log")
        self.assertEqual((log.text, len(log.rows)), ("The newest 20 of 22.", 20))
        self.assertEqual((page["log"][0]["summary"], page["log"][-1]["summary"]), ("call 21", "call 2"))
        self.assertNotIn(b"secret", report.SerializeToString())
        self.assertNotIn(b"court order", report.SerializeToString())
        self.assertEqual(len(self.page(as_at="2024-10-03")["log"]), 3)

    def test_meetings(self):
        report = self.report()
        meetings = next(s for s in report.sections if s.name == "meetings")
        self.assertIn("Parents met so far this academic year: 2 of 3.", meetings.text)
        page = tables(report)
        self.assertEqual([kinds.iso(r["day"]) for r in page["meetings"]], ["2024-11-25", "2024-11-04", "2024-10-15", "2024-09-01", "2024-08-31"])
        self.assertEqual((page["parents"][0]["year"], page["parents"][0]["met"], kinds.iso(page["parents"][0]["last"])), ("2024/25", 2, "2024-10-15"))
        self.assertEqual([self.page(as_at=d)["parents"][0]["met"] for d in ("2024-08-31", "2024-09-01", "2024-10-14", "2024-10-15")], [2, 1, 1, 2])
        why = self.report(why="parents:2024/25:met").sections[-1]
        self.assertEqual([r.cells[3].number for r in why.rows], [1, 1])

    def test_actions_and_concerns(self):
        rows = self.page()["actions"]
        self.assertEqual([(r["what"], r["late"], r["status"]) for r in rows],
                         [("late", 1, "In progress"), ("today", 0, "Open"), ("no date", 0, "Open"), ("just closed", 0, "Done"), ("edge", 0, "Cancelled")])
        before = next(r for r in self.page(as_at="2024-11-10")["actions"] if r["what"] == "just closed")
        self.assertEqual((before["status"], before["late"], before["closed"], before["outcome"]), ("Open", 1, None, None))
        row = self.page()["concerns"][0]
        self.assertEqual((row["outcome"], kinds.iso(row["decided"])), ("Onto the SEND register", "2023-01-06"))
        row = self.page(as_at="2023-01-05")["concerns"][0]
        self.assertEqual((row["outcome"], row["decided"], row["decided_by"]), (None, None, None))
        self.assertEqual(self.page(as_at="2022-11-13")["concerns"], [])

    def test_empty_is_said_in_words(self):
        extra = self.client().add(kinds.find("Pupil"), surname="Empty", forename="Una", born=DAY("2016-02-29"), entered=DAY("2020-09-01"))
        report = self.report(pupil=extra)
        self.assertEqual([s.name for s in report.sections], EVERYTHING)
        for section in report.sections:
            self.assertTrue(section.rows or section.text, section.name)
        self.assertEqual(tables(report)["provision"], [])

    def test_as_it_was_known(self):
        senco = self.client()
        child = senco.add(kinds.find("Pupil"), surname="Known", forename="Una", born=DAY("2016-02-29"))
        target = senco.add(kinds.find("Target"), pupil=child, aim="First words")
        before = senco.hello.now
        self.school.set_clock(school.TODAY + "T10:00:00Z")
        school.until(lambda: self.client().hello.now > before + 1800, "the clock to move")
        later = self.client()
        later.edit(kinds.find("Target"), target, 1, aim="Other words")
        later.add(kinds.find("SenStatus"), pupil=child, provision="K", starts=DAY("2024-01-08"), parent_informed=DAY("2024-01-08"))
        now, then = self.page(pupil=child), self.page(pupil=child, as_known=before)
        self.assertEqual([[r["aim"] for r in page["targets"]] for page in (now, then)], [["Other words"], ["First words"]])
        self.assertEqual([len(page["standing"]) for page in (now, then)], [1, 0])
        self.assertEqual(["SEN" in facts(page["pupil"]) for page in (now, then)], [True, False])

    # --- who may ---

    def test_a_teacher_sees_all_but_what_it_costs(self):
        report = self.report(name="teacher")
        self.assertEqual([s.name for s in report.sections], EVERYTHING)
        page = tables(report)
        self.assertNotIn("cost", page["provision"][0])
        self.assertEqual(page["provision"][0]["minutes"], 100)
        self.assertIn("UPN", facts(page["pupil"]))
        self.assertNotIn("Social worker", facts(page["pupil"]))
        self.assertFalse([g for g in report.gaps if "cost" in g])

    def test_an_assistant_sees_what_is_for_the_classroom(self):
        page = self.page(name="ta")
        self.assertEqual(list(page), ["pupil", "profile", "targets", "reviews", "strategies", "provision", "actions"])
        self.assertFalse({"UPN", "SEN", "Needs", "Social worker"} & set(facts(page["pupil"])))
        self.assertEqual({r["plan"] for r in page["targets"]}, {None})
        self.assertEqual([r["aim"] for r in page["targets"] if r["current"]], ["Asks for help", "Reads 20 words", "On their own"])

    def test_who_may_not(self):
        for report in ("pupil", "profile"):
            for name in ("teacher", "ta"):
                other = next(i for i, _, _ in self.client().all(kinds.find("Pupil")) if i not in {j for j, _, _ in self.client(name).all(kinds.find("Pupil"))})
                self.refused(wire.pb.NOT_FOUND, self.report(report, name=name, pupil=other, check=False))
            reply = self.report(report, name="governor", check=False)
            self.assertIn(reply.outcome, (wire.pb.DENIED, wire.pb.NOT_FOUND))
            self.assertTrue(reply.problem.message)

    def test_the_pupil_is_asked_for(self):
        self.refused(wire.pb.INVALID, self.client().report("pupil", check=False), "E-INVALID")
        self.refused(wire.pb.NOT_FOUND, self.report(pupil=99999, check=False))

    # --- the profile ---

    def test_one_page(self):
        report = self.report("profile")
        page = tables(report)
        self.assertEqual([s.name for s in report.sections], ["pupil", "profile", "targets", "strategies", "provision", "signed"])
        self.assertEqual(facts(page["pupil"]), {"Name": "Ashby, Adelina", "Known as": "Ada", "Class": "9Z", "Year": "Year 4",
                                                "Needs": "Speech, language and communication needs", "EAL": "First language other than English"})
        self.assertEqual([r["field"] for r in page["profile"]], ["Communication", "What helps", "What does not", "Triggers", "Strengths"])
        self.assertEqual([(r["field"], r["value"]) for r in page["targets"]],
                         [("By Fri 29 Nov 2024", "Asks for help\nWe shall know by: of ten"), ("By Fri 13 Dec 2024", "Reads 20 words\nWe shall know by: of ten"),
                          ("No date", "On their own\nWe shall know by: of ten")])
        self.assertEqual(facts(page["strategies"]), {"English": "Pre-teach words"})
        self.assertEqual([(r["provision"], r["days"], r["room"]) for r in page["provision"]], [("Word box autumn", "Mon 09:30", "Den")])
        self.assertEqual(facts(page["signed"])["Signed off"], "Mon 16 Sep 2024")
        self.assertEqual(list(report.gaps), [])

    def test_what_the_profile_lacks(self):
        self.assertIn("older than a year (Wed 1 Feb 2023)", " ".join(self.report("profile", as_at="2024-09-08").gaps))
        self.assertEqual(len(self.report("profile", as_at="2024-09-08").gaps), 2)
        self.assertEqual(list(self.report("profile", as_at="2024-09-15").gaps), ["The profile of Ashby, Adelina is not signed off."])
        self.assertIn("no one-page profile", self.report("profile", as_at="2023-01-31").gaps[0])
        self.assertIn("no one-page profile", self.report("profile", pupil=self.bo).gaps[0])

    def test_the_profile_fits_on_a_page(self):
        senco = self.client()
        child = senco.add(kinds.find("Pupil"), surname="Long", forename="Una", born=DAY("2016-02-29"))
        text = "Words and more words.\nAnd a line. " * 100
        senco.add(kinds.find("Profile"), pupil=child, starts=DAY("2024-09-09"), signed_off=DAY("2024-09-09"), helps=text, communication="Signs")
        for i in range(9):
            senco.add(kinds.find("Target"), pupil=child, aim="Aim %d" % i)
            senco.add(kinds.find("Strategy"), pupil=child, what="Way %d" % i)
        report = self.report("profile", pupil=child)
        page = tables(report)
        helps = facts(page["profile"])["What helps"]
        self.assertEqual((len(helps) <= 430, helps.count("\n") <= 4, helps[-1]), (True, True, "…"))
        self.assertEqual((len(page["targets"]), len(page["strategies"])), (6, 8))
        self.assertIn("What helps", report.gaps[0])
        self.assertEqual([s.text for s in report.sections if s.name == "targets"], ["The first 6 of 9; all are on the pupil's own page."])

    def test_an_assistant_reads_the_same_profile(self):
        page = self.page("profile", name="ta")
        self.assertEqual(list(page), ["pupil", "profile", "targets", "strategies", "provision", "signed"])
        self.assertNotIn("Needs", facts(page["pupil"]))
        self.assertEqual(page["profile"], self.page("profile")["profile"])


if __name__ == "__main__":
    school.main()
