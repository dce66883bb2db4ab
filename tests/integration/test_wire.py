"""The protocol as proto/protocol.proto tells it, spoken by a client that has nothing else."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


class Wire(school.Case):
    def setUp(self):
        self.senco = self.client()
        self.pupil, self.target, self.code = kinds.find("Pupil"), kinds.find("Target"), kinds.find("Code")

    def a_pupil(self):
        return self.senco.list(self.pupil, limit=1).records.records[0].id

    def a_target(self, **more):
        id = self.senco.add(self.target, pupil=self.a_pupil(), aim="to read a page aloud", **more)
        return id, self.senco.read(self.target, id)[1]

    def test_hello_and_login_say_who_and_where(self):
        client = wire.Client(self.school.server.address, self.school.profile("teacher"))
        self.addCleanup(client.close)
        self.assertEqual(client.hello.protocol, 1)
        self.assertTrue(client.hello.schema)
        self.assertTrue(client.hello.school)
        self.assertTrue(client.hello.person)
        self.assertTrue(client.hello.server.startswith("sendcod"))
        client.password()
        self.assertEqual(len(client.login.ticket), 32)
        self.assertTrue(client.login.staff)
        self.assertEqual(client.login.name, client.hello.person)
        self.assertGreater(client.login.expires, client.hello.now)
        self.assertLessEqual(client.login.expires, client.hello.now + 12 * 3600 + 60)

    def test_protocol_of_another_version_is_refused(self):
        client = wire.Client(self.school.server.address, self.school.profile("senco"), hello=False)
        self.addCleanup(client.close)
        self.refused(wire.pb.WRONG_VERSION, client.ask(False, hello=wire.pb.Hello(protocol=99, client="future 99")), "E-VERSION")

    def test_an_epoch_gone_backwards_is_refused_or_told(self):
        client = wire.Client(self.school.server.address, self.school.profile("senco"), hello=False)
        self.addCleanup(client.close)
        reply = client.ask(False, hello=wire.pb.Hello(protocol=1, client="foreign", epoch=10 ** 6, seq=1))
        if reply.outcome == wire.pb.OK:
            self.assertLess(reply.epoch, 10 ** 6)
        else:
            self.refused(wire.pb.WRONG_VERSION, reply, "E-EPOCH")

    def staged(self, items):
        key = wire.key()
        for part, start in enumerate(range(0, len(items), 500)):
            self.senco.ask(stage=wire.pb.Stage(key=key, part=part, records=items[start:start + 500]))
        return wire.pb.Put(key=key, staged=True)

    def test_a_long_answer_to_a_change_comes_in_parts(self):
        n = 7000                                                # of which each list alone may pass a frame
        put = self.staged([wire.item(self.code, -1 - i, list="long", code="c%d" % i, title="t%d" % i) for i in range(n)])
        first = self.senco.ask(put=put).put
        self.assertEqual(len(first.done), n)
        self.assertTrue(first.batch)
        again = self.senco.ask(put=put).put
        self.assertEqual((again.replayed, len(again.done), again.to_seq), (True, n, first.to_seq))
        made = [(d.id, d.version) for d in first.done]
        edited = self.senco.ask(put=self.staged([wire.item(self.code, i, v, title="new") for i, v in made])).put
        self.assertEqual(len(edited.done), n)
        merged = self.senco.ask(put=self.staged([wire.item(self.code, i, v, order=5) for i, v in made])).put
        self.assertEqual((len(merged.done), len({m.id for m in merged.merged})), (n, n))
        self.assertEqual({m.who for m in merged.merged}, {self.senco.hello.person})
        undone = self.senco.ask(undo=wire.pb.Undo(key=wire.key(), batch=first.batch)).put
        self.assertEqual((len(undone.done), {s.id for s in undone.skipped}), (0, {i for i, _ in made}))

    def test_search_answers_fit_into_frames(self):
        child = self.a_pupil()
        aim = ("zebracorn " + "\u00e9bcdefghi " * 99)[:999].strip()
        for _ in range(2):
            self.senco.put(*[wire.item(self.target, -1 - i, pupil=child, aim=aim) for i in range(100)])
        found = self.senco.ask(search=wire.pb.Search(text="zebracorn", limit=200)).search
        self.assertEqual(len(found.hits), 200)
        for hit in found.hits:
            self.assertLessEqual(len(hit.label.encode()), 404)
            self.assertLessEqual(len(hit.text.encode()), 404)
        self.refused(wire.pb.INVALID, self.senco.ask(False, search=wire.pb.Search(text="zebracorn", kinds=[self.target.number] * 3000)))

    def test_a_wrong_password_is_refused_and_the_next_must_wait(self):
        client = wire.Client(self.school.server.address, self.school.profile("governor"))
        self.addCleanup(client.close)
        self.refused(wire.pb.DENIED, client.ask(False, login=wire.pb.Login(password="wrong horse battery")), "E-PASSWORD")
        again = client.ask(False, login=wire.pb.Login(password="wrong horse battery"))
        self.assertIn(again.outcome, (wire.pb.DENIED, wire.pb.BUSY, wire.pb.RETRY))
        school.until(lambda: self.logs_in("governor"), "the right password to be taken after the wait")

    def logs_in(self, name):
        with wire.Client(self.school.server.address, self.school.profile(name)) as client:
            try:
                return client.password().login
            except (wire.Refused, wire.Gone):
                return None

    def test_pages_join_to_the_whole(self):
        first = self.senco.list(self.pupil, limit=7).records
        self.assertEqual(len(first.records), 7)
        self.assertEqual(first.total, len(self.senco.all(self.pupil)))
        self.assertGreaterEqual(first.total, 50)
        paged = self.senco.all(self.pupil, limit=7, order=[wire.pb.Order(field=0)])
        ids = [i for i, _, _ in paged]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(set(ids), {i for i, _, _ in self.senco.all(self.pupil)})
        back = [i for i, _, _ in self.senco.all(self.pupil, limit=11, order=[wire.pb.Order(field=0, descending=True)])]
        self.assertEqual(set(back), set(ids))
        names = [m.surname for _, m, _ in self.senco.all(self.pupil, limit=9, order=[wire.pb.Order(field=self.pupil.field("born").number)])]
        self.assertEqual(len(names), len(ids))
        born = [m.born for _, m, _ in self.senco.all(self.pupil, limit=9, order=[wire.pb.Order(field=self.pupil.field("born").number)])]
        self.assertEqual(born, sorted(born))

    def test_pages_in_order_of_whom_it_is_about(self):
        order = [wire.pb.Order(about=True)]
        ids = [i for i, _, _ in self.senco.all(self.target, limit=5, order=order)]
        self.assertEqual(len(ids), len(set(ids)))
        whole = [i for i, _, _ in self.senco.all(self.target, order=order)]
        self.assertEqual(ids, whole)

    def needs(self, name, starts, *ends):
        """A new pupil with a need for each of `ends`: their ids."""
        child = self.senco.add(self.pupil, surname=name, forename="Nia", born=kinds.days("2016-02-29"))
        return child, [self.senco.add(kinds.find("Need"), pupil=child, need=need, rank=rank, starts=starts, **({"ends": end} if end else {}))
                       for rank, (need, end) in enumerate(zip(("HI", "VI", "MSI", "PD"), ends), 1)]

    def set_end(self, need, ends):
        kind = kinds.find("Need")
        version = self.senco.read(kind, need)[1]
        self.senco.put(wire.item(kind, need, version, **({"ends": ends} if ends else {"cleared": ["ends"]})))

    def test_spells_since_a_day(self):
        need, day = kinds.find("Need"), kinds.days("2024-10-10")
        child, (*on, over) = self.needs("Since", day - 300, None, day + 1, day, day - 1)
        everything = {i: m for i, m, _ in self.senco.all(need)}
        first = self.senco.list(need, since=day, limit=1).records
        found = {i for i, _, _ in self.senco.all(need, since=day, limit=2)}
        self.assertEqual(found, {i for i, m in everything.items() if not m.HasField("ends") or m.ends >= day})
        self.assertEqual((found & {over, *on}, first.total), (set(on), len(found)))
        for at, ids in ((day - 301, []), (day - 300, on), (day + 1, on[:2])):
            self.assertEqual([i for i, _, _ in self.senco.all(need, [("pupil", "EQ", child)], since=day, as_at=at)], ids)
        known = self.senco.ask(status=wire.pb.Status()).status.now
        self.assertEqual({i for i, _, _ in self.senco.all(need, since=day, as_known=known)}, found)

    def test_a_spell_whose_end_changes_between_two_pages_comes_once(self):
        need, day = kinds.find("Need"), self.senco.hello.today
        child, (first, second) = self.needs("Meanwhile", day - 30, None, day + 5)
        where = [("pupil", "EQ", child)]
        for ends, sooner in ((day + 30, day + 9), (None, day), (day + 30, day - 1)):
            seen = self.senco.list(need, where, since=day, limit=1).records
            self.assertEqual([r.id for r in seen.records], [first])
            self.set_end(first, ends)           # it was read already
            self.set_end(second, sooner)        # it was not
            rest = self.senco.list(need, where, since=day, limit=1, page=seen.next).records
            self.assertEqual(([r.id for r in rest.records], rest.next), ([second] if sooner >= day else [], b""))

    def test_only_spells_have_gone_on_since_a_day(self):
        problem = self.refused(wire.pb.INVALID, self.senco.list(self.pupil, since=self.senco.hello.today, check=False))
        self.assertEqual(problem.message, "Since: no pupil has a first and a last day, so that some have ended and others have not.")
        self.assertIn("sendco help pupil", problem.hint)
        for day in (10 ** 6, -(10 ** 6)):
            problem = self.refused(wire.pb.INVALID, self.senco.list(kinds.find("Need"), since=day, check=False))
            self.assertEqual(problem.message, "Since: that is no day that a school records.")

    def test_conditions(self):
        everyone = self.senco.all(self.pupil)
        year = next(m.year for _, m, _ in everyone if m.year)
        wanted = {i for i, m, _ in everyone if m.year == year}
        self.assertEqual({i for i, _, _ in self.senco.all(self.pupil, [("year", "EQ", year)])}, wanted)
        self.assertEqual({i for i, _, _ in self.senco.all(self.pupil, [("year", "SET", None), ("year", "NE", year)])},
                         {i for i, m, _ in everyone if m.year and m.year != year})
        self.assertEqual({i for i, _, _ in self.senco.all(self.pupil, [("left", "EMPTY", None)])},
                         {i for i, m, _ in everyone if not m.HasField("left")})
        middle = sorted(m.born for _, m, _ in everyone)[len(everyone) // 2]
        for op, holds in (("LT", lambda b: b < middle), ("LE", lambda b: b <= middle), ("GT", lambda b: b > middle), ("GE", lambda b: b >= middle)):
            self.assertEqual({i for i, _, _ in self.senco.all(self.pupil, [("born", op, middle)])}, {i for i, m, _ in everyone if holds(m.born)})
        part = everyone[0][1].surname[1:4].upper()
        self.assertIn(everyone[0][0], {i for i, _, _ in self.senco.all(self.pupil, [("surname", "CONTAINS", part)])})

    def test_unknown_kinds_and_fields_are_named(self):
        problem = self.refused(wire.pb.INVALID, self.senco.ask(False, get=wire.pb.Get(kind=60000, id=1)))
        self.assertIn("60000", problem.message)
        where = [wire.pb.Condition(field=999, op=wire.pb.Condition.EQ, value=wire.pb.Value(number=1))]
        problem = self.refused(wire.pb.INVALID, self.senco.ask(False, list=wire.pb.List(kind=self.pupil.number, where=where)))
        self.assertIn("999", problem.message)
        self.refused(wire.pb.INVALID, self.senco.ask(False, list=wire.pb.List(kind=self.pupil.number, order=[wire.pb.Order(field=999)])))
        self.refused(wire.pb.INVALID, self.senco.ask(False, list=wire.pb.List(kind=self.pupil.number, page=b"not a page")))
        self.refused(wire.pb.NOT_FOUND, self.senco.get(self.pupil, 10 ** 15, check=False))
        self.senco.ask(ping=wire.pb.Ping())      # the session goes on

    def test_absent_is_not_zero_and_numbers_keep_64_bits(self):
        staff = kinds.find("Staff")
        id = self.senco.add(staff, surname="Zero", contract=0, term_weeks=0)
        self.senco.add(staff, surname="Absent")
        message, version = self.senco.read(staff, id)
        self.assertTrue(message.HasField("contract"))
        self.assertEqual(message.contract, 0)
        self.assertFalse(message.HasField("dbs_seen"))
        self.senco.edit(staff, id, version, dbs_seen=0, started=-1)
        message, version = self.senco.read(staff, id)
        self.assertEqual((message.HasField("dbs_seen"), message.dbs_seen, message.started), (True, 0, -1))
        self.senco.put(wire.item(staff, id, version, cleared=["contract"]))
        message, version = self.senco.read(staff, id)
        self.assertFalse(message.HasField("contract"))
        self.assertTrue(message.HasField("term_weeks"))
        big = (1 << 53) + 1
        reply = self.senco.edit(staff, id, version, check=False, manager=big)
        problem = self.refused(wire.pb.INVALID, reply)
        told = [f.yours.number for f in problem.fields if f.HasField("yours")]
        for number in told:
            self.assertEqual(number, big)
        request = wire.pb.Request(id=(1 << 63) + 3, ping=wire.pb.Ping())      # ids of requests are unsigned, all 64 bits
        self.senco.send_raw(wire.pack(wire.pb.Frame(request=request)))
        self.assertEqual(self.senco.wait((1 << 63) + 3).outcome, wire.pb.OK)

    def test_the_same_key_twice_is_applied_once(self):
        id, version = self.a_target()
        key = wire.key()
        first = self.senco.edit(self.target, id, version, key=key, progress="once")
        again = self.senco.edit(self.target, id, version, key=key, progress="once")
        self.assertFalse(first.put.replayed)
        self.assertTrue(again.put.replayed)
        self.assertEqual([(d.id, d.version) for d in first.put.done], [(d.id, d.version) for d in again.put.done])
        self.assertEqual((first.put.from_seq, first.put.to_seq), (again.put.from_seq, again.put.to_seq))
        self.assertEqual([e.version for e in self.senco.history(self.target, id)], [1, 2])
        self.refused(wire.pb.INVALID, self.senco.edit(self.target, id, version, key=key, check=False, progress="twice"))
        self.assertEqual(self.senco.read(self.target, id)[0].progress, "once")

    def test_the_same_key_adds_one_record(self):
        key, item = wire.key(), wire.item(self.target, -1, pupil=self.a_pupil(), aim="only one of me")
        before = len(self.senco.all(self.target))
        one = self.senco.put(item, key=key).put
        with self.school.client() as other:       # another connection, as after a lost answer
            two = other.put(item, key=key).put
        self.assertEqual(one.done[0].id, two.done[0].id)
        self.assertEqual(len(self.senco.all(self.target)), before + 1)

    def test_a_refused_request_leaves_its_key_free(self):
        id, version = self.a_target()
        key = wire.key()
        self.refused(wire.pb.INVALID, self.senco.edit(self.target, id, version, key=key, check=False, aim=""))
        self.assertEqual(self.senco.edit(self.target, id, version, key=key, progress="good now").outcome, wire.pb.OK)

    def test_a_key_must_be_whole(self):
        id, version = self.a_target()
        for bad in (b"", b"short", b"x" * 17):
            body = wire.pb.Put(records=[wire.item(self.target, id, version, progress="x")], key=bad)
            self.refused(wire.pb.INVALID, self.senco.ask(False, put=body))
        self.refused(wire.pb.INVALID, self.senco.ask(False, put=wire.pb.Put(records=[wire.item(self.target, id, version, progress="x")])))

    def test_new_records_of_one_put_refer_to_each_other(self):
        plan = kinds.find("Plan")
        made = self.senco.put(wire.item(self.target, -2, pupil=-7, plan=-3, aim="by reference"),
                              wire.item(plan, -3, pupil=-7, template="APDR", starts=kinds.days("2024-11-01"), status=1),
                              wire.item(self.pupil, -7, surname="Referred", forename="To", born=kinds.days("2016-02-29"))).put
        ids = {d.temporary: d.id for d in made.done}
        self.assertEqual(set(ids), {-2, -3, -7})
        self.assertTrue(all(i > 0 for i in ids.values()))
        message, _ = self.senco.read(self.target, ids[-2])
        self.assertEqual((message.pupil, message.plan), (ids[-7], ids[-3]))
        self.assertEqual(self.senco.read(plan, ids[-3])[0].pupil, ids[-7])
        self.assertEqual(made.to_seq - made.from_seq + 1, len(made.done))

    def test_all_of_a_put_or_nothing(self):
        before = self.senco.list(self.target).records.total
        good = wire.item(self.target, -1, pupil=self.a_pupil(), aim="not without the other")
        self.refused(wire.pb.INVALID, self.senco.put(good, wire.item(self.target, -2, pupil=self.a_pupil()), check=False))
        self.refused(wire.pb.INVALID, self.senco.put(good, wire.item(self.target, -2, pupil=-9, aim="whose?"), check=False))
        self.refused(wire.pb.INVALID, self.senco.put(good, good, check=False))
        self.assertEqual(self.senco.list(self.target).records.total, before)

    def test_dry_run_changes_nothing(self):
        before = self.senco.ask(status=wire.pb.Status()).status.changes
        key, item = wire.key(), wire.item(self.target, -1, pupil=self.a_pupil(), aim="only to see")
        self.assertEqual(self.senco.put(item, key=key, dry_run=True).outcome, wire.pb.OK)
        self.refused(wire.pb.INVALID, self.senco.put(wire.item(self.target, -1, aim="no pupil"), check=False, dry_run=True))
        self.assertEqual(self.senco.ask(status=wire.pb.Status()).status.changes, before)
        self.assertEqual(self.senco.put(item, key=key).outcome, wire.pb.OK)

    def test_a_staged_put_is_one_batch_and_one_undo(self):
        key = wire.key()
        parts = [[wire.item(self.target, -1 - 20 * p - i, pupil=self.a_pupil(), aim="staged %d %d" % (p, i)) for i in range(20)] for p in range(3)]
        for number, part in enumerate(parts):
            self.assertEqual(self.senco.ask(stage=wire.pb.Stage(key=key, part=number, records=part)).stage.records, 20 * number + 20)
        made = self.senco.ask(put=wire.pb.Put(key=key, staged=True, reason="a test")).put
        self.assertEqual(len([d for d in made.done if not d.caused]), 60)
        self.assertTrue(made.batch)
        again = self.senco.ask(put=wire.pb.Put(key=key, staged=True, reason="a test")).put
        self.assertTrue(again.replayed)
        self.assertEqual(again.batch, made.batch)
        changed = made.done[5].id
        self.senco.edit(self.target, changed, 1, progress="since")
        undone = self.senco.ask(undo=wire.pb.Undo(key=wire.key(), batch=made.batch)).put
        self.assertEqual([d.id for d in undone.skipped], [changed])
        self.assertEqual(len(undone.done), 59)
        self.refused(wire.pb.NOT_FOUND, self.senco.get(self.target, made.done[0].id, check=False))
        self.assertEqual(self.senco.read(self.target, changed)[0].progress, "since")
        self.refused(wire.pb.INVALID, self.senco.ask(False, put=wire.pb.Put(key=wire.key(), staged=True)))

    def test_history_tells_every_version(self):
        id, version = self.a_target()
        version = self.senco.edit(self.target, id, version, progress="one").put.done[0].version
        version = self.senco.edit(self.target, id, version, progress="two", status=2).put.done[0].version
        self.senco.remove(self.target, id, version, "a mistake")
        entries = self.senco.history(self.target, id)
        self.assertEqual([e.action for e in entries], [wire.pb.ADD, wire.pb.EDIT, wire.pb.EDIT, wire.pb.REMOVE])
        self.assertEqual([e.version for e in entries], [1, 2, 3, 4])
        self.assertEqual(sorted(entries[2].changed), sorted([self.target.field("progress").number, self.target.field("status").number]))
        self.assertEqual(self.target.message.FromString(entries[1].record.body).progress, "one")
        self.assertEqual(entries[3].reason, "a mistake")
        self.assertTrue(all(e.who == self.senco.login.name if self.senco.login.name else e.who for e in entries))
        self.assertEqual([e.seq for e in entries], sorted({e.seq for e in entries}))

    def test_undo_of_the_newest_and_of_an_older_version(self):
        id, version = self.a_target(progress="zero")
        self.senco.edit(self.target, id, 1, progress="one")
        self.senco.edit(self.target, id, 2, note="beside it")
        undo = wire.pb.Undo(key=wire.key(), kind=self.target.number, id=id, version=2)
        self.senco.ask(undo=undo)
        message, version = self.senco.read(self.target, id)
        self.assertEqual((message.progress, message.note), ("zero", "beside it"))
        self.senco.remove(self.target, id, version)
        self.senco.ask(undo=wire.pb.Undo(key=wire.key(), kind=self.target.number, id=id))
        self.assertEqual(self.senco.read(self.target, id)[0].note, "beside it")

    def test_remove_says_who_and_what_still_refers(self):
        pupil = self.a_pupil()
        reply = self.senco.remove(self.pupil, pupil, self.senco.read(self.pupil, pupil)[1], check=False)
        self.assertIn(reply.outcome, (wire.pb.INVALID, wire.pb.CONFLICT))
        self.refused(reply.outcome, reply)
        self.senco.read(self.pupil, pupil)
        id, version = self.a_target()
        self.senco.remove(self.target, id, version, "entered twice")
        problem = self.refused(wire.pb.NOT_FOUND, self.senco.get(self.target, id, check=False))
        self.assertIn(self.senco.hello.person.split()[-1], problem.message)

    def test_search_finds_by_folded_words(self):
        pupil = self.senco.add(self.pupil, surname="Łukasiewicz-O’Brien", forename="Zoë", born=kinds.days("2015-05-05"))
        for text in ("lukasiewicz", "OBRIEN", "o brien", "zoe luka", "Łukasiewicz-O'Brien", "ZOE"):
            self.assertIn(pupil, [h.id for h in self.senco.find(text).hits], text)
        self.assertNotIn(pupil, [h.id for h in self.senco.find("zoe nobody").hits])
        id, _ = self.a_target(note="quincunx beside the hippopotamus")
        hit = self.senco.find("quincun").hits[0]
        self.assertEqual((hit.kind, hit.id, hit.field), (self.target.number, id, self.target.field("note").number))
        self.assertEqual(hit.about.id, self.a_pupil())
        self.assertEqual(list(self.senco.find("quincunx", kinds=[self.pupil.number]).hits), [])

    def test_watch_sees_what_is_done(self):
        with self.school.client("cnlead") as watcher:
            watching = watcher.watch(kinds=[self.target.number])
            id, version = self.a_target()
            pushes = watcher.push_until(lambda p: any(c.record.id == id for c in p.changes))
            self.joined(pushes, watching.seq + 1)
            change = next(c for c in pushes[-1].changes if c.record.id == id)
            self.assertEqual((change.action, change.about.id), (wire.pb.ADD, self.a_pupil()))
            self.assertFalse(change.HasField("key"))
            self.assertTrue(change.who)
            self.assertEqual(self.target.message.FromString(change.record.body).aim, "to read a page aloud")
            watcher.ask(unwatch=wire.pb.Unwatch(watch=watching.watch.watch))
            self.senco.edit(self.target, id, version, progress="unseen")
            self.assertEqual([p for p in watcher.quiet(0.5) if p.changes], [])

    def test_own_changes_carry_their_key(self):
        watching = self.senco.watch()
        key = wire.key()
        self.senco.put(wire.item(self.target, -1, pupil=self.a_pupil(), aim="mine"), key=key)
        pushes = self.senco.push_until(lambda p: p.changes)
        self.joined(pushes, watching.seq + 1)
        self.assertEqual(pushes[-1].changes[0].key, key)

    def test_many_requests_in_flight(self):
        ids = [self.senco.send(list=wire.pb.List(kind=self.pupil.number, limit=3)) for _ in range(40)]
        ids += [self.senco.send(ping=wire.pb.Ping()) for _ in range(40)]
        for id in reversed(ids):
            self.assertEqual(self.senco.wait(id).outcome, wire.pb.OK)

    def test_unknown_report_is_refused(self):
        self.assertNotEqual(self.senco.report("no-such-report", check=False).outcome, wire.pb.OK)
        self.assertEqual(self.senco.report("register").report.report, "register")


class Tickets(school.Case):
    pupils = 40

    def test_a_ticket_serves_its_own_certificate_only_and_survives_a_restart(self):
        with self.client() as client:
            ticket = client.login.ticket
        address, profile = self.school.server.address, self.school.profile
        with wire.Client(address, profile("senco")) as same:
            same.resume(ticket)
            self.assertTrue(same.list(kinds.find("Pupil")).records.total)
        with wire.Client(address, profile("cnlead")) as thief:
            self.refused(wire.pb.DENIED, thief.ask(False, resume=wire.pb.Resume(ticket=ticket)), "E-LOGIN")
        with wire.Client(address, profile("senco")) as guesser:
            self.refused(wire.pb.DENIED, guesser.ask(False, resume=wire.pb.Resume(ticket=bytes(32))), "E-LOGIN")
        self.school.stop()
        self.school.start()
        with wire.Client(self.school.server.address, profile("senco")) as later:
            later.resume(ticket)
            later.ask(logout=wire.pb.Logout())
        with wire.Client(self.school.server.address, profile("senco")) as after:
            self.refused(wire.pb.DENIED, after.ask(False, resume=wire.pb.Resume(ticket=ticket)), "E-LOGIN")

    def test_a_ticket_dies_unused(self):
        self.school.stop()
        self.addCleanup(self.real_time)
        self.school.start(at="2024-11-18T09:00:00Z")
        with wire.Client(self.school.server.address, self.school.profile("head")) as client:
            ticket = client.password().login.ticket
        self.school.set_clock("2024-11-18T09:09:00Z")
        self.assertTrue(school.until(lambda: self.resumes(ticket), "the ticket to work after nine minutes"))
        self.school.set_clock("2024-11-18T09:30:00Z")
        school.until(lambda: not self.resumes(ticket), "the ticket to end after ten minutes without use")

    def real_time(self):
        self.school.stop()
        self.school.tickets = {}
        self.school.start()

    def resumes(self, ticket):
        with wire.Client(self.school.server.address, self.school.profile("head")) as client:
            return client.ask(False, resume=wire.pb.Resume(ticket=ticket)).outcome == wire.pb.OK


if __name__ == "__main__":
    school.main()
