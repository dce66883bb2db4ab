"""Two people change the same school at once: what fits together is merged, what does not is told, nothing is lost."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


class TwoClients(school.Case):
    def setUp(self):
        self.one, self.two = self.client("senco"), self.client("cnlead")
        self.target, self.pupil, self.status = kinds.find("Target"), kinds.find("Pupil"), kinds.find("SenStatus")
        self.child = self.one.add(self.pupil, surname="Both", forename="Watched", born=kinds.days("2015-03-03"))
        self.id = self.one.add(self.target, pupil=self.child, aim="to share", due=kinds.days("2025-07-01"), progress="none yet")

    def changed(self, client):
        return [c for p in client.quiet(0.3) for c in p.changes]

    def test_disjoint_fields_merge_and_the_reply_says_so(self):
        self.one.edit(self.target, self.id, 1, progress="reads ten words")
        reply = self.two.edit(self.target, self.id, 1, note="likes the blue book")
        self.assertEqual(reply.put.done[0].version, 3)
        merged = reply.put.merged
        self.assertEqual([(m.kind, m.id, m.field) for m in merged], [(self.target.number, self.id, self.target.field("progress").number)])
        self.assertEqual(merged[0].who, self.one.hello.person)
        self.assertGreater(merged[0].when, 0)
        message, version = self.one.read(self.target, self.id)
        self.assertEqual((message.progress, message.note, version), ("reads ten words", "likes the blue book", 3))

    def test_the_same_field_is_a_conflict_that_names_who_what_and_when(self):
        self.one.edit(self.target, self.id, 1, progress="reads ten words")
        reply = self.two.edit(self.target, self.id, 1, check=False, progress="reads five words", note="lost?")
        problem = self.refused(wire.pb.CONFLICT, reply, "E-CONFLICT")
        self.assertEqual(len(problem.fields), 1)
        field = problem.fields[0]
        self.assertEqual((field.kind, field.id, field.field), (self.target.number, self.id, self.target.field("progress").number))
        self.assertEqual((field.was.text, field.theirs.text, field.yours.text), ("none yet", "reads ten words", "reads five words"))
        self.assertEqual(field.who, self.one.hello.person)
        self.assertGreater(field.when, 0)
        message, version = self.two.read(self.target, self.id)
        self.assertEqual((message.progress, message.note, version), ("reads ten words", "", 2))

    def test_equal_values_are_no_conflict(self):
        self.one.edit(self.target, self.id, 1, progress="the same")
        self.assertEqual(self.two.edit(self.target, self.id, 1, progress="the same").outcome, wire.pb.OK)

    def test_there_and_back_is_no_change(self):
        self.one.edit(self.target, self.id, 1, progress="slip")
        self.one.edit(self.target, self.id, 2, progress="none yet")
        self.assertEqual(self.two.edit(self.target, self.id, 1, progress="reads").outcome, wire.pb.OK)

    def test_fields_of_a_group_conflict_together(self):
        self.one.edit(self.target, self.id, 1, aim="to share more")
        reply = self.two.edit(self.target, self.id, 1, check=False, due=kinds.days("2025-12-01"))
        problem = self.refused(wire.pb.CONFLICT, reply)
        group = {f.number for f in self.target.fields if f.options.group == "aim"}
        self.assertTrue({f.field for f in problem.fields} <= group and problem.fields, problem)
        self.assertEqual(self.two.read(self.target, self.id)[0].due, kinds.days("2025-07-01"))

    def test_strict_takes_no_newer_version(self):
        self.one.edit(self.target, self.id, 1, progress="first")
        self.refused(wire.pb.CONFLICT, self.two.edit(self.target, self.id, 1, check=False, strict=True, note="second"))
        self.assertEqual(self.two.edit(self.target, self.id, 2, strict=True, note="second").outcome, wire.pb.OK)

    def test_two_leads_add_a_status_at_once_and_one_is_told(self):
        start = kinds.days("2024-10-01")
        seen = self.two.hello
        first = self.one.add(self.status, pupil=self.child, provision="K", starts=start, parent_informed=start)
        reply = self.two.add(self.status, check=False, pupil=self.child, provision="E", starts=start, parent_informed=start)
        problem = self.refused(wire.pb.CONFLICT, reply)
        told = problem.message + "".join(f.message for f in problem.fields) + "".join(str(f.id) for f in problem.fields)
        self.assertTrue(str(first) in told or "SEN-" in told, problem)
        self.assertTrue(self.one.hello.person in str(problem) or self.one.hello.person.split()[-1] in str(problem), problem)
        self.assertEqual([i for i, m, _ in self.one.all(self.status, [("pupil", "EQ", self.child)])], [first])
        self.assertTrue(seen)

    def test_a_new_spell_closes_the_one_that_runs(self):
        first = self.one.add(self.status, pupil=self.child, provision="N", starts=kinds.days("2023-09-01"))
        made = self.two.put(wire.item(self.status, -1, pupil=self.child, provision="K", starts=kinds.days("2024-11-01"),
                                      parent_informed=kinds.days("2024-10-25"))).put
        self.assertEqual([(d.id, d.caused) for d in made.done if d.caused], [(first, True)])
        self.assertEqual(self.one.read(self.status, first)[0].ends, kinds.days("2024-10-31"))
        entry = self.one.history(self.status, first)[-1]
        self.assertEqual(entry.who, self.two.hello.person)

    def test_an_edit_meets_a_removal(self):
        self.one.remove(self.target, self.id, 1, "entered twice")
        problem = self.refused(wire.pb.CONFLICT, self.two.edit(self.target, self.id, 1, check=False, progress="still here?"))
        self.assertIn("removed", problem.message.lower())
        self.assertIn(self.one.hello.person.split()[-1], problem.message)

    def test_a_removal_meets_an_edit(self):
        self.one.edit(self.target, self.id, 1, progress="much better")
        reply = self.two.remove(self.target, self.id, 1, check=False)
        self.refused(wire.pb.CONFLICT, reply)
        self.assertEqual(self.one.read(self.target, self.id)[0].progress, "much better")
        self.assertEqual(self.two.remove(self.target, self.id, 2).outcome, wire.pb.OK)

    def test_undo_of_what_somebody_built_on(self):
        self.one.edit(self.target, self.id, 1, progress="mine")
        self.two.edit(self.target, self.id, 2, progress="yours")
        reply = self.one.ask(False, undo=wire.pb.Undo(key=wire.key(), kind=self.target.number, id=self.id, version=2))
        self.refused(wire.pb.CONFLICT, reply)
        self.assertEqual(self.one.read(self.target, self.id)[0].progress, "yours")
        self.assertEqual([e.version for e in self.one.history(self.target, self.id)], [1, 2, 3])

    def test_unique_values_are_taken_once(self):
        number = kinds.upn(777000111)
        self.one.add(self.pupil, surname="First", born=kinds.days("2015-01-01"), upn=number)
        reply = self.two.add(self.pupil, check=False, surname="Second", born=kinds.days("2015-01-01"), upn=number)
        self.assertIn(reply.outcome, (wire.pb.CONFLICT, wire.pb.INVALID))
        problem = self.refused(reply.outcome, reply)
        self.assertIn(self.pupil.field("upn").number, [f.field for f in problem.fields])

    def test_a_version_from_the_future_is_refused(self):
        self.refused(wire.pb.INVALID, self.two.edit(self.target, self.id, 99, check=False, progress="how?"))
        self.refused(wire.pb.INVALID, self.two.edit(self.target, self.id, None, check=False, progress="how?"))

    def test_fixed_links_never_change(self):
        other = self.one.add(self.pupil, surname="Other", born=kinds.days("2015-03-03"))
        problem = self.refused(wire.pb.INVALID, self.one.edit(self.target, self.id, 1, check=False, pupil=other))
        self.assertIn(self.target.field("pupil").number, [f.field for f in problem.fields])

    # --- the same through the command line ---

    def test_the_command_line_merges_conflicts_and_exits_80(self):
        shown = self.school.cli("senco", "target", "show", self.id, "--json").json()
        text, version = shown["record"]["id"], shown["record"]["version"]
        self.assertEqual((kinds.id_of(text), version), (self.id, 1))
        done = self.school.cli("senco", "target", "edit", text, "progress=reads ten words", "--if-version", 1, "--json").json()
        self.assertEqual((done["version"], done["merged"]), (2, []))
        done = self.school.cli("cnlead", "target", "edit", text, "note=likes blue", "--if-version", 1, "--json").json()
        self.assertEqual(done["version"], 3)
        self.assertEqual([m["field"] for m in done["merged"]], ["progress"])
        self.assertEqual(done["merged"][0]["who"], self.one.hello.person)
        bad = self.school.cli("cnlead", "target", "edit", text, "progress=reads five", "--if-version", 1, "--json", code=80)
        self.assertEqual(bad.out, "")
        problem = bad.problem()
        self.assertEqual(problem["code"], "E-CONFLICT")
        self.assertTrue(problem["hint"])
        field = problem["fields"][0]
        self.assertEqual((field["field"], field["base"], field["theirs"], field["yours"], field["who"]),
                         ("progress", "none yet", "reads ten words", "reads five", self.one.hello.person))
        self.assertTrue(field["when"])
        plain = self.school.cli("cnlead", "target", "edit", text, "progress=reads five", "--if-version", 1, code=80)
        for part in ("reads ten words", "reads five", self.one.hello.person, "next:", text):
            self.assertIn(part, plain.err)
        strict = self.school.cli("cnlead", "target", "edit", text, "baseline=x", "--if-version", 1, "--strict", code=80)
        self.assertTrue(strict.err)
        self.assertEqual(self.one.read(self.target, self.id)[0].progress, "reads ten words")
        history = self.school.cli("senco", "target", "history", text).out
        for part in ("reads ten words", "likes blue", self.two.hello.person):
            self.assertIn(part, history)
        self.school.cli("cnlead", "target", "undo", text)
        self.assertEqual(self.one.read(self.target, self.id)[0].note, "")

    def test_both_write_at_once_and_every_word_is_kept_or_refused(self):
        import threading
        outcomes = []

        def write(name, field):
            with self.school.client(name) as client:
                for n in range(20):
                    _, version = client.read(self.target, self.id)
                    value = "%s %d" % (name, n)
                    reply = client.edit(self.target, self.id, version, check=False, **{field: value})
                    outcomes.append((value, reply.outcome, [d.version for d in reply.put.done]))

        threads = [threading.Thread(target=write, args=a) for a in (("senco", "progress"), ("cnlead", "progress"), ("cnlead", "note"), ("senco", "note"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(outcomes), 80)
        written = []
        for entry in self.one.history(self.target, self.id):
            message = self.target.message.FromString(entry.record.body)
            changed = set(entry.changed)
            written += [getattr(message, f) for f in ("progress", "note") if self.target.field(f).number in changed and entry.version > 1]
        self.assertEqual(sorted(written), sorted(v for v, o, _ in outcomes if o == wire.pb.OK))
        self.assertTrue(all(o in (wire.pb.OK, wire.pb.CONFLICT) for _, o, _ in outcomes))


if __name__ == "__main__":
    school.main()
