"""Every kind of record there is, through all of it: random good records come back as they went in, every single fault is
refused by name. The kinds are read from proto/records/; nothing here lists them."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

ROUNDS = 6 if wire.SHORT else 25


class EveryKind(school.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client_all = cls.school.client()
        cls.world = kinds.World(cls.client_all, random.Random(20241118))

    @classmethod
    def tearDownClass(cls):
        cls.client_all.close()
        super().tearDownClass()

    def drawn(self, kind, fill=0.8, also=None, dry_run=False):
        """A random record that no rule refuses, with what the server said of it: drawn again as often as need be."""
        said = set()
        for n, fields in enumerate(self.world.tries(kind, fill, also)):
            body = kinds.build(kind, fields).SerializeToString()
            reply = self.client_all.put(wire.pb.Record(kind=kind.number, id=-1, body=body), check=False, dry_run=dry_run)
            if reply.outcome == wire.pb.OK:
                return fields, reply
            self.assertIn(reply.outcome, (wire.pb.INVALID, wire.pb.CONFLICT), (kind.name, fields, reply.problem))
            said.add(reply.problem.message)
            if n % 20 == 19:
                self.prepare(kind)
        self.fail("no %s was accepted: %s" % (kind.name, sorted(said)[:5]))

    def prepare(self, kind):
        """One more record of a kind that this one must refer to: those there are may all be taken."""
        needed = [f for f in kind.fields if f.options.required and f.options.ref]
        if needed:
            self.stored(kinds.find(self.world.random.choice(needed).options.ref))

    def stored(self, kind, fill=0.8, also=None):
        """Adds such a record and reads it back: what was sent, its id, and what it became, which a rule may have added to."""
        client = self.client_all
        fields, reply = self.drawn(kind, fill, also)
        done = next(d for d in reply.put.done if d.temporary == -1)
        got = client.get(kind, done.id)
        self.assertEqual((got.kind, got.id, got.version, list(got.withheld)), (kind.number, done.id, done.version, []))
        now = self.values(kind, kind.message.FromString(got.body))
        first = client.history(kind, done.id)[0].record
        self.assertEqual((first.version, self.values(kind, kind.message.FromString(first.body))), (1, fields), kind.name)
        if done.version == 1:
            self.assertEqual(now, fields, kind.name)
        else:
            self.assertTrue(any(d.caused and (d.kind, d.id) == (kind.number, done.id) for d in reply.put.done), reply.put)
        self.world.note(kind, done.id, now)
        return fields, done.id, now, done.version

    def values(self, kind, message):
        return {f.name: getattr(message, f.name) for f in kind.fields if message.HasField(f.name)}

    def test_there_are_kinds(self):
        self.assertGreaterEqual(len(kinds.load()), 10)

    def test_good_records_come_back_as_they_went_in(self):
        for kind in kinds.load():
            with self.subTest(kind=kind.name):
                for n in range(ROUNDS):
                    self.stored(kind, fill=(0.0, 1.0, 0.7)[min(n, 2)])

    def test_edits_change_only_what_they_name(self):
        client = self.client_all
        for kind in kinds.load():
            with self.subTest(kind=kind.name):
                for _ in range(max(3, ROUNDS // 5)):
                    self.one_edit(kind)

    def one_edit(self, kind):
        client = self.client_all
        for wanted in self.world.tries(kind):
            sent, id, fields, version = self.stored(kind)
            spell = (getattr(kind.options.spell, "from"), kind.options.spell.to)
            free = [f for f in kind.fields if not f.options.fixed and not f.options.group and f.name not in spell and f.name in wanted
                    and f.name not in kind.options.spell.one_per.split()]
            chosen = self.world.random.sample(free, min(2, len(free)))
            clear = [f for f in free if not f.options.required and f.name in fields and f not in chosen][:1]
            change = {f.name: wanted[f.name] for f in chosen}
            record = wire.pb.Record(kind=kind.number, id=id, version=version, body=kinds.build(kind, change).SerializeToString(),
                                    cleared=[f.number for f in clear])
            reply = client.put(record, check=False)
            if reply.outcome in (wire.pb.INVALID, wire.pb.CONFLICT):
                continue        # a rule: drawn again
            self.assertEqual(reply.outcome, wire.pb.OK, (kind.name, change, reply.problem))
            expected = {n: v for n, v in dict(fields, **change).items() if n not in [f.name for f in clear]}
            entries = client.history(kind, id)
            self.assertEqual(self.values(kind, kind.message.FromString(entries[0].record.body)), sent)
            if expected == fields:
                return self.assertEqual(self.values(kind, client.read(kind, id)[0]), fields)
            entry = next(e for e in entries if e.record.version == version + 1)       # what a rule adds comes after it
            self.assertEqual(self.values(kind, kind.message.FromString(entry.record.body)), expected)
            changed = {f.number for f in kind.fields if expected.get(f.name) != fields.get(f.name)}
            return self.assertEqual(set(entry.changed), changed)
        self.fail("no edit of any %s was accepted" % kind.name)

    def test_watchers_get_the_same_bytes(self):
        with self.school.client("cnlead") as watcher:
            watching = watcher.watch()
            at = watching.seq + 1
            for kind in kinds.load():
                with self.subTest(kind=kind.name):
                    fields, id, _, _ = self.stored(kind)
                    pushes = watcher.push_until(lambda p: any(c.record.kind == kind.number and c.record.id == id for c in p.changes))
                    at = self.joined(pushes, at)
                    change = next(c for c in pushes[-1].changes if c.record.id == id and c.record.kind == kind.number)
                    self.assertEqual(self.values(kind, kind.message.FromString(change.record.body)), fields)
                    self.assertEqual({kind.fields[[f.number for f in kind.fields].index(n)].name for n in change.changed}, set(fields))

    def test_searchable_fields_are_found(self):
        client = self.client_all
        for kind in kinds.load():
            for field in kind.fields:
                if not field.options.search or field.as_ == "UPN":
                    continue
                with self.subTest(kind=kind.name, field=field.name):
                    word = "zq%dw" % self.world.random.randint(10 ** 6, 10 ** 7)
                    _, id, _, _ = self.stored(kind, also={field.name: word})
                    hits = [h for h in client.find(word).hits if (h.kind, h.id) == (kind.number, id)]
                    self.assertEqual(len(hits), 1)
                    self.assertIn(hits[0].field, (field.number, 0))      # 0: found by the record's name as a whole
                    self.assertIn(id, [h.id for h in client.find(word[:-2].upper(), kinds=[kind.number]).hits])

    def test_every_fault_is_refused_and_named(self):
        client = self.client_all
        others = set()
        for kind in kinds.load():
            good = self.world.sample(kind, fill=1.0)
            before = client.list(kind).records.total
            for what, field, body in kinds.faults(kind, good, self.world):
                with self.subTest(kind=kind.name, field=field.name, fault=what):
                    reply = client.put(wire.pb.Record(kind=kind.number, id=-1, body=body), check=False)
                    self.assertEqual(reply.outcome, wire.pb.INVALID, reply)
                    problem = self.refused(wire.pb.INVALID, reply)
                    named = field.number in [f.field for f in problem.fields]
                    self.assertTrue(named or field.label in problem.message or field.name in problem.message, problem)
                    others |= {f.id for f in problem.fields} - {-1, 0}
            self.assertEqual(client.list(kind).records.total, before, kind.name)
        self.assertEqual(others, set(), "a new record goes by its temporary id in a refusal")

    def test_unnormalised_text_is_normalised_not_refused(self):
        kind = kinds.find("Pupil")
        id = self.client_all.add(kind, surname="E\u0301va  ".rstrip(), born=kinds.days("2015-01-01"))
        self.assertEqual(self.client_all.read(kind, id)[0].surname, "\u00c9va")

    def test_the_command_line_takes_and_shows_every_kind(self):
        for kind in kinds.load():
            with self.subTest(kind=kind.name):
                for fill in (1.0,) if wire.SHORT else (1.0, 0.5):
                    fields, _ = self.drawn(kind, fill, dry_run=True)
                    words = ["%s=%s" % (n, kinds.typed(kind.field(n), v)) for n, v in fields.items()]
                    done = self.school.cli("senco", kind.noun, "add", *words, "--json").json()
                    id = kinds.id_of(done["id"])
                    entries = self.client_all.history(kind, id)
                    self.assertEqual(self.values(kind, kind.message.FromString(entries[0].record.body)), fields)
                    now, version = self.client_all.read(kind, id)
                    self.assertEqual((done["version"], len(entries)), (version, version))
                    shown = self.school.cli("senco", kind.noun, "show", done["id"], "--json").json()
                    self.assertEqual((shown["schema_version"], shown["kind"]), (1, shown["kind"]))
                    self.shown(kind, self.values(kind, now), shown["record"]["fields"])
                    plain = self.school.cli("senco", kind.noun, "show", done["id"]).out
                    self.assertIn(done["id"], plain)
                    listed = self.school.cli("senco", kind.noun, "list", "--json", "--limit", 5).json()
                    self.assertEqual(len(listed["records"]), 5)

    def shown(self, kind, fields, got):
        self.assertEqual(set(got), {f.name for f in kind.fields})
        for field in kind.fields:
            value, told = fields.get(field.name), got[field.name]
            if value is None:
                self.assertIsNone(told, field.name)
            elif field.options.ref:
                self.assertEqual(kinds.id_of(told), value, field.name)
            elif field.type == field.descriptor.TYPE_BOOL:
                self.assertIs(told, value, field.name)
            elif field.as_ in ("MONEY", "TENTHS"):
                self.assertAlmostEqual(float(told), value / (100 if field.as_ == "MONEY" else 10), msg=field.name)
            elif field.is_text() or field.as_ == "DATE" or field.type == field.descriptor.TYPE_ENUM:
                self.assertEqual(told, kinds.typed(field, value), field.name)
            elif field.as_ == "PLAIN":
                self.assertEqual(int(told), value, field.name)

    def test_the_command_line_names_the_faulty_field(self):
        for kind in kinds.load():
            good = self.world.sample(kind, fill=1.0)
            words = {n: kinds.typed(kind.field(n), v) for n, v in good.items()}
            for field in kind.fields:
                bad = {"DATE": "31 Feb 2026", "UPN": "A801200005001"}.get(field.as_)
                if field.type == field.descriptor.TYPE_ENUM:
                    bad = "no-such-choice"
                if not bad or field.name not in words:
                    continue
                with self.subTest(kind=kind.name, field=field.name):
                    sent = ["%s=%s" % (n, bad if n == field.name else w) for n, w in words.items()]
                    done = self.school.cli("senco", kind.noun, "add", *sent, "--json", code=81)
                    problem = done.problem()
                    self.assertTrue(problem["code"] and problem["hint"])
                    self.assertIn(field.label, problem["message"])


if __name__ == "__main__":
    school.main()
