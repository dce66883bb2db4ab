"""Requests that say too little, too much or what cannot be: each is refused with the sentence that tells what is wrong with
it, nothing is changed, and the connection goes on as if it had not been asked."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


class Refusals(school.Case):
    pupils = 24

    def setUp(self):
        self.pb, self.senco = wire.pb, self.client()
        self.pupil, self.target, self.code = kinds.find("Pupil"), kinds.find("Target"), kinds.find("Code")
        self.staff, self.status = kinds.find("Staff"), kinds.find("SenStatus")
        self.id = self.senco.list(self.pupil, limit=1).records.records[0].id
        self.seq = self.senco.ask(ping=self.pb.Ping()).seq

    def tearDown(self):
        self.assertEqual(self.senco.ask(ping=self.pb.Ping()).seq, self.seq)     # it goes on, and nothing was changed

    def no(self, said, outcome=None, client=None, **body):
        reply = (client or self.senco).ask(False, **body)
        problem = self.refused(outcome or self.pb.INVALID, reply)
        self.assertIn(said, problem.message)
        return problem

    def put(self, said, *records, **more):
        return self.no(said, put=self.pb.Put(key=wire.key(), records=records, **more))

    def record(self, **more):
        """An edit of a pupil, with parts of it as given."""
        version = self.senco.get(self.pupil, self.id).version
        made = dict(kind=self.pupil.number, id=self.id, version=version, body=self.pupil.message(surname="No").SerializeToString())
        made.update(more)
        return self.pb.Record(**{name: value for name, value in made.items() if value is not None})

    def test_records_of_a_put(self):
        self.put("There is no record")
        self.put("Record 1: It does not say which kind", self.record(kind=None))
        self.put("Record 1: The id is missing", self.record(id=None))
        self.put("Record 2: The id is missing", self.record(), self.record(id=0))
        self.put("which version was changed", self.record(version=None))
        self.put("which version was changed", self.record(version=0))
        self.put("to remove there is a request of its own", self.record(removed=True))
        self.put("withheld", self.record(withheld=[self.pupil.field("forename").number]))
        self.put("no field with number 999", self.record(cleared=[999]))
        problem = self.put("both given a value and cleared", self.record(cleared=[self.pupil.field("surname").number]))
        self.assertEqual([f.field for f in problem.fields], [self.pupil.field("surname").number])
        self.put("has no version", self.record(version=10 ** 6), dry_run=True)

    def test_the_reason(self):
        body = dict(key=wire.key(), reason="é" * 501)
        self.no("longer than 500 characters", put=self.pb.Put(records=[self.record()], **body))
        self.no("longer than 500 characters", remove=self.pb.Remove(kind=self.pupil.number, id=self.id, version=1, **body))

    def test_what_was_not_sent_ahead(self):
        self.put("brings no records of its own", self.record(), staged=True)
        self.put("Nothing was sent ahead", staged=True)
        self.no("Nothing was sent ahead", put=self.pb.Put(staged=True, dry_run=True))
        records = [self.record()]
        self.no("no key", stage=self.pb.Stage(part=0, records=records))
        self.no("which part this is", stage=self.pb.Stage(key=wire.key(), records=records))
        self.no("Nothing was sent ahead", stage=self.pb.Stage(key=wire.key(), part=3, records=records))
        key = wire.key()
        self.senco.ask(stage=self.pb.Stage(key=key, part=0, records=records))
        self.senco.ask(stage=self.pb.Stage(key=key, part=0, records=records))
        self.no("with other records", stage=self.pb.Stage(key=key, part=0, records=[self.record(version=1), self.record()]))
        self.no("where part 1 was next", stage=self.pb.Stage(key=key, part=2, records=records))
        self.no("Record 2: The id is missing", stage=self.pb.Stage(key=key, part=1, records=[self.record(id=None)]))
        self.senco.ask(put=self.pb.Put(key=key, staged=True, dry_run=True))
        self.no("Nothing was sent ahead", put=self.pb.Put(key=key, staged=True))       # tried, it is dropped

    def test_a_removal(self):
        def remove(said, **body):
            self.no(said, remove=self.pb.Remove(key=wire.key(), **body))
        remove("which kind")
        remove("which pupil: the id is missing", kind=self.pupil.number, version=1)
        remove("-3 is no id of a pupil", kind=self.pupil.number, id=-3, version=1)
        remove("which version was seen", kind=self.pupil.number, id=self.id)
        remove("which version was seen", kind=self.pupil.number, id=self.id, version=0)
        self.no("key", remove=self.pb.Remove(kind=self.pupil.number, id=self.id, version=1))
        self.no("key", remove=self.pb.Remove(key=b"short", kind=self.pupil.number, id=self.id, version=1))

    def test_an_undo(self):
        def undo(said, outcome=None, **body):
            self.no(said, outcome, undo=self.pb.Undo(key=wire.key(), **body))
        for more in (dict(kind=self.pupil.number), dict(id=self.id), dict(version=2)):
            undo("a batch or a record, not both", batch=1, **more)
        undo("no batch 0", batch=0)
        undo("which kind")
        undo("has no version 4000", kind=self.pupil.number, id=self.id, version=4000)
        undo("", self.pb.NOT_FOUND, batch=10 ** 12)
        self.no("key", undo=self.pb.Undo(batch=1))
        # what changes nothing needs none
        tried = self.senco.ask(undo=self.pb.Undo(kind=self.pupil.number, id=self.id, dry_run=True), check=False)
        self.assertNotIn("key", tried.problem.message)

    def asked(self, said, kind=None, **body):
        return self.no(said, list=self.pb.List(kind=(kind or self.pupil).number, **body))

    def condition(self, kind, name, op=None, number=None, text=None):
        value = None if number is None and text is None else self.pb.Value(number=number, text=text)
        return self.pb.Condition(field=kind.field(name).number, op=op, value=value)

    def test_conditions(self):
        EQ, GT, CONTAINS = self.pb.Condition.EQ, self.pb.Condition.GT, self.pb.Condition.CONTAINS
        self.asked("does not say how to compare", where=[self.condition(self.pupil, "surname", text="x")])
        self.asked("needs a text", where=[self.condition(self.pupil, "surname", EQ, number=1)])
        self.asked("needs a text", where=[self.condition(self.pupil, "surname", GT)])
        self.asked("needs a number", where=[self.condition(self.pupil, "born", EQ, text="2018-01-01")])
        self.asked("needs a number", where=[self.condition(self.pupil, "born", GT)])
        self.asked("is no text", where=[self.condition(self.pupil, "born", CONTAINS, number=1)])
        self.asked("at most 16 conditions; 17 were given", where=17 * [self.condition(self.pupil, "born", GT, number=1)])

    def test_equal_to_nothing_is_empty(self):
        """Two ways to say the same."""
        C = self.pb.Condition
        for kind, name in ((self.pupil, "known_as"), (self.pupil, "left"), (self.target, "due")):
            found = {}
            for op in (C.EQ, C.NE, C.EMPTY, C.SET):
                reply = self.senco.ask(list=self.pb.List(kind=kind.number, where=[self.condition(kind, name, op)]))
                found[op] = ([r.id for r in reply.records.records], reply.records.total)
            self.assertEqual((found[C.EQ], found[C.NE]), (found[C.EMPTY], found[C.SET]))
            everybody = self.senco.ask(list=self.pb.List(kind=kind.number)).records.total
            self.assertEqual(found[C.EQ][1] + found[C.NE][1], everybody)

    def test_orders_and_days_and_pages(self):
        born = self.pupil.field("born").number
        self.asked("at most 4 fields; 5 were given", order=5 * [self.pb.Order(field=born)])
        self.asked("no day that a school records", self.status, as_at=10 ** 6)
        self.asked("no day that a school records", self.status, as_at=-(10 ** 6))
        self.asked("has a first and a last day", as_at=20000)
        self.asked("no page before it gave", page=b"")
        self.asked("", page=b"x" * 40)
        for limit, most in ((0, 200), (10 ** 6, 200), (3, 3)):
            reply = self.senco.ask(list=self.pb.List(kind=self.pupil.number, limit=limit))
            self.assertEqual(len(reply.records.records), min(most, reply.records.total))
        by_name = [r.id for r in self.senco.ask(list=self.pb.List(kind=self.pupil.number, order=[self.pb.Order()])).records.records]
        down = [self.pb.Order(descending=True)]
        self.assertEqual(by_name[::-1], [r.id for r in self.senco.ask(list=self.pb.List(kind=self.pupil.number, order=down)).records.records])

    def test_whom_it_is_about(self):
        About = self.pb.About
        self.asked("", self.target, about=About(kind=self.pupil.number))
        self.asked("", self.target, about=About(kind=self.pupil.number, id=0))
        self.asked("", self.target, about=About(kind=self.pupil.number, id=-1))
        self.asked("", self.target, about=About(kind=self.code.number, id=1))
        self.asked("", self.target, about=About(kind=60000, id=1))
        self.asked("", self.target, about=About(id=1))
        self.asked("", self.code, about=About(kind=self.pupil.number, id=self.id))
        for kind in (self.target, self.code):
            self.no("", watch=self.pb.Watch(kinds=[kind.number], about=About(kind=self.staff.number, id=1)))
        self.no("60000", watch=self.pb.Watch(kinds=[60000]))
        self.no("no watch 777", self.pb.NOT_FOUND, unwatch=self.pb.Unwatch(watch=777))

    def test_what_the_school_knew(self):
        for known in (-1, 2 ** 60):
            self.no("", get=self.pb.Get(kind=self.pupil.number, id=self.id, as_known=known))
            self.no("", list=self.pb.List(kind=self.pupil.number, as_known=known))
            self.no("", report=self.pb.ReportRequest(name="register", as_known=known))

    def test_a_report(self):
        Param = self.pb.ReportRequest.Param

        def report(said, outcome=None, name="register", **more):
            self.no(said, outcome, report=self.pb.ReportRequest(name=name, **more))
        self.no("no report of that name", self.pb.NOT_FOUND, report=self.pb.ReportRequest())
        report("at most 32 parameters; 33 were given", params=33 * [Param(name="class", value="3B")])
        report("Parameter 2 has no name", params=[Param(name="need", value="ASD"), Param(value="x")])
        report("no day that a school records", as_at=10 ** 6)
        report("no day that a school records", as_at=-(10 ** 6))
        report("has no parameter “colour”", params=[Param(name="colour", value="red")])
        report("has no parameter “colour”", params=[Param(name="colour")])
        plain = self.senco.ask(report=self.pb.ReportRequest(name="register")).report
        empty = self.senco.ask(report=self.pb.ReportRequest(name="REGISTER", why="", params=[Param(name="need"), Param(name="class", value="")])).report
        self.assertEqual([s.rows for s in plain.sections], [s.rows for s in empty.sections])
        self.assertEqual(list(empty.filters), [])
        report("has no figure", why="everything")
        report("has no figure", name="map", why="everything")
        for why in ("1", ":", "1:", ":1", "nothing:1:2", "1:nothing", "999:2", "0:1", "people:1:"):
            report("", name="map", why=why)

    def test_a_search(self):
        self.no("what to look for", search=self.pb.Search())
        self.no("what to look for", search=self.pb.Search(text=""))
        self.no("At most 300 characters can be looked for; these are 301", search=self.pb.Search(text="é" * 301))
        self.no("60000", search=self.pb.Search(text="a", kinds=[self.pupil.number, 60000]))
        self.assertEqual(len(self.senco.ask(search=self.pb.Search(text="é" * 300)).search.hits), 0)
        some = self.senco.ask(search=self.pb.Search(text="a", limit=0)).search
        self.assertLessEqual(len(some.hits), 50)
        most = self.senco.ask(search=self.pb.Search(text="a", limit=10 ** 6)).search
        self.assertLessEqual(len(most.hits), 200)
        self.assertEqual([h.id for h in most.hits][:len(some.hits)], [h.id for h in some.hits])

    def test_what_comes_at_the_beginning_comes_once(self):
        self.no("Hello comes once, at the beginning", hello=self.pb.Hello(protocol=1))

    def test_who_comes_in(self):
        with self.school.client() as known:
            ticket = self.school.tickets["senco"]
            epoch, seq = known.ask(ping=self.pb.Ping()).epoch, self.seq
        with wire.Client(self.school.server.address, self.school.profile("senco"), hello=False) as fresh:
            self.no("speaks protocol 1", self.pb.WRONG_VERSION, fresh, hello=self.pb.Hello())
        for more in (dict(epoch=epoch + 1), dict(epoch=epoch, seq=seq + 1000)):
            with wire.Client(self.school.server.address, self.school.profile("senco"), hello=False) as fresh:
                self.no("has seen change", self.pb.WRONG_VERSION, fresh, hello=self.pb.Hello(protocol=1, **more))
        for more in (dict(epoch=epoch), dict(epoch=epoch, seq=seq), dict(epoch=epoch - 1, seq=seq + 1000)):
            with wire.Client(self.school.server.address, self.school.profile("senco"), hello=False) as fresh:
                fresh.ask(hello=self.pb.Hello(protocol=1, **more))
                self.no("password is missing", None, fresh, login=self.pb.Login())
                self.no("password is missing", None, fresh, login=self.pb.Login(password=""))
                for wrong in (dict(), dict(ticket=b""), dict(ticket=ticket[:-1]), dict(ticket=ticket + b"\0")):
                    self.no("The ticket is missing, or has not 32 bytes", None, fresh, resume=self.pb.Resume(**wrong))
                self.no("", self.pb.DENIED, fresh, resume=self.pb.Resume(ticket=bytes(32)))
                fresh.resume(ticket)

    def test_who_looks_at_what(self):
        def presence(said, outcome=None, **body):
            self.no(said, outcome, presence=self.pb.Presence(**body))
        presence("60000", kind=60000, id=1)
        presence("", self.pb.NOT_FOUND, kind=self.pupil.number, id=10 ** 15)
        presence("", kind=self.pupil.number)
        presence("999", kind=self.pupil.number, id=self.id, field=999)
        self.senco.ask(presence=self.pb.Presence(kind=self.pupil.number, id=self.id, field=self.pupil.field("surname").number))
        me = next(p for p in self.senco.ask(who=self.pb.Who()).who.people if p.self)
        self.assertEqual((me.present.kind, me.present.id, me.present.field), (self.pupil.number, self.id, self.pupil.field("surname").number))
        self.assertTrue(me.present_label)
        self.senco.ask(presence=self.pb.Presence())
        me = next(p for p in self.senco.ask(who=self.pb.Who()).who.people if p.self)
        self.assertFalse(me.HasField("present"))


if __name__ == "__main__":
    school.main()
