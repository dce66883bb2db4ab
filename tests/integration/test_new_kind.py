"""A kind of record that nobody has heard of: one new .proto file, an incremental make, and it works everywhere.

Runs alone: it times the build.
"""
import csv
import glob
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

EXTRA = '''// What pupils have on loan.
syntax = "proto2";
package sendco.records;

import "schema.proto";

message Equipment {
  option (kind) = {
    number: 9001 prefix: "EQP" title: "Equipment" plural: "Equipment" class: C1 about: "pupil" shows: "{name} {serial}, {partner}"
    unique: "name serial" duty: "-" help: "What a pupil has on loan."
  };
  enum Condition { NEW = 1; WORN = 2; OUT_OF_ORDER = 3; }
  optional int64 pupil = 1 [(field) = { label: "Pupil" ref: "Pupil" required: true fixed: true }];
  optional string name = 2 [(field) = { label: "Name" required: true search: true max: 60 }];
  optional string serial = 3 [(field) = { label: "Serial number" required: true max: 40 }];
  optional Condition condition = 4 [(field) = { label: "Condition" }];
  optional sint32 lent = 5 [(field) = { label: "Lent" as: DATE group: "loan" }];
  optional sint32 back = 6 [(field) = { label: "Back" as: DATE group: "loan" }];
  optional int64 keeper = 7 [(field) = { label: "Keeper" ref: "Staff" }];
  optional int64 worth = 8 [(field) = { label: "Worth" as: MONEY min: 0 max: 10000000 }];
  optional string area = 9 [(field) = { label: "Area" codes: "need-area" }];
  optional bool charged = 10 [(field) = { label: "Charged" }];
  optional string note = 11 [(field) = { label: "Note" as: LONG_TEXT search: true max: 500 class: C2 }];
  optional int64 partner = 12 [(field) = { label: "Shared with" ref: "Pupil" }];
}
'''


def copy_sources(to):
    """The product's files as they stand, whether committed or not; without what was built."""
    if os.path.isdir(os.path.join(wire.ROOT, ".git")):
        listed = subprocess.run(["git", "-C", wire.ROOT, "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True, text=True).stdout.split("\n")
    else:
        listed = [os.path.relpath(os.path.join(d, f), wire.ROOT) for d, _, files in os.walk(wire.ROOT) for f in files]
    for name in listed:
        source = os.path.join(wire.ROOT, name)
        if name and not name.startswith("build/") and os.path.isfile(source):
            os.makedirs(os.path.dirname(os.path.join(to, name)), exist_ok=True)
            shutil.copy2(source, os.path.join(to, name))


def copy_build(to):
    """What was built, as old as it is; dependencies name the new place."""
    shutil.copytree(wire.BUILD, to, copy_function=shutil.copy2, ignore=shutil.ignore_patterns("asan", "py", "demo", "bench", "test_*", "__pycache__"))
    old = os.path.relpath(wire.BUILD, wire.ROOT) if wire.BUILD.startswith(wire.ROOT + os.sep) else wire.BUILD
    for path in glob.glob(os.path.join(to, "**", "*.d"), recursive=True):
        with open(path) as f:
            text = f.read()
        stat = os.stat(path)
        with open(path, "w") as f:
            f.write(text.replace(old + "/", "build/"))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


BUILT_WITH = ((b"__asan_init", ["OPT=-O1", "SAN=-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"]),
              (b"__tsan_init", ["OPT=-O1", "SAN=-fsanitize=thread -fno-omit-frame-pointer"]),
              (b"__gcov_exit", ["OPT=-O0", "SAN=--coverage -fprofile-update=atomic"]))


def flags():
    """Those of `make asan`, `make tsan` or `make coverage` when that is what built the programs."""
    with open(school.SENDCOD, "rb") as f:
        program = f.read()
    return next((flags for mark, flags in BUILT_WITH if mark in program), [])


def objects(build):
    return {os.path.relpath(p, build): os.stat(p).st_mtime_ns for p in glob.glob(os.path.join(build, "**", "*.o"), recursive=True)}


class NewKind(school.Case):
    pupils, old = 40, None

    @classmethod
    def setUpClass(cls):
        cls.tree = tempfile.mkdtemp(prefix="sendco-kind-")
        try:
            cls.old = school.School(cls.pupils)           # made by the programs that have not heard of it
            copy_sources(cls.tree)
            build = os.path.join(cls.tree, "build")
            copy_build(build)
            cls.make()                                    # sources may be newer than what was built
            cls.before = objects(build)
            with open(os.path.join(cls.tree, "proto", "records", "extra.proto"), "w") as f:
                f.write(EXTRA)
            began = time.monotonic()
            cls.make()
            cls.seconds = time.monotonic() - began
            cls.after = objects(build)
            school.SENDCOD, school.SENDCO = os.path.join(build, "bin", "sendcod"), os.path.join(build, "bin", "sendco")
            wire.load(cls.tree, os.path.join(cls.tree, "py"))
            super().setUpClass()
        except BaseException:
            shutil.rmtree(cls.tree, ignore_errors=True)
            if cls.old:
                cls.old.remove()
            raise
        print("incremental build with the new kind: %.1f s, %d of %d objects" % (cls.seconds, len(cls.rebuilt()), len(cls.after)))

    @classmethod
    def make(cls):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}     # not those of the make that runs the tests
        made = subprocess.run(["make", "-j2", "-C", cls.tree, "B=build"] + flags() + ["all"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=clean)
        if made.returncode:
            raise AssertionError(made.stdout + made.stderr)

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.old.remove()
            shutil.rmtree(cls.tree, ignore_errors=True)

    @classmethod
    def rebuilt(cls):
        return [o for o, at in cls.after.items() if cls.before.get(o) != at]

    def setUp(self):
        self.senco, self.kind = self.client(), kinds.find("Equipment")
        self.child = self.senco.list(kinds.find("Pupil"), limit=1).records.records[0].id

    def test_only_what_must_be_is_built_again(self):
        again = [o for o in self.rebuilt() if not o.startswith("gen/")]
        self.assertEqual(again, [], "objects of rooms that do not know the kind")
        self.assertIn("common/tls.o", self.before)
        self.assertIn("gen/records/extra.pb-c.o", self.after)

    def test_the_demo_has_some(self):
        rows = self.senco.all(self.kind)
        self.assertGreaterEqual(len(rows), 5)
        for _, message, _ in rows:
            self.assertTrue(message.pupil and message.name and message.serial)

    def test_add_list_show_edit_history_find_export_through_the_command_line(self):
        cli = self.school.cli
        pupil = cli("senco", "pupil", "show", self.child, "--json").json()["record"]["id"]
        made = cli("senco", "equipment", "add", "pupil=" + pupil, "name=Writing slope", "serial=A 1", "condition=out-of-order", "lent=14/9/2024",
                   "worth=129.50", "charged=yes", "area=sp", "note=Blue; =1+1", "--json").json()
        id = made["id"]
        self.assertTrue(id.startswith("EQP-"))
        fields = cli("senco", "equipment", "show", id, "--json").json()["record"]["fields"]
        self.assertEqual((fields["pupil"], fields["condition"], fields["lent"], fields["area"], fields["charged"]), (pupil, "out-of-order", "2024-09-14", "SP", True))
        self.assertIsNone(fields["back"])
        self.assertIn(id, [r["id"] for r in cli("senco", "equipment", "list", "--json", "--limit", 200, "--where", "condition=out-of-order").json()["records"]])
        done = cli("senco", "equipment", "edit", id, "condition=worn", "--if-version", 1, "--json").json()
        self.assertEqual(done["version"], 2)
        merged = cli("cnlead", "equipment", "edit", id, "note=Red", "--if-version", 1, "--json").json()
        self.assertEqual([m["field"] for m in merged["merged"]], ["condition"])
        problem = cli("cnlead", "equipment", "edit", id, "condition=new", "--if-version", 1, "--json", code=80).problem()
        self.assertEqual((problem["fields"][0]["field"], problem["fields"][0]["theirs"]), ("condition", "worn"))
        history = cli("senco", "equipment", "history", id).out
        self.assertTrue("Red" in history and self.senco.hello.person in history)
        self.assertIn(id, cli("senco", "find", "writing slo").out)
        exported = list(csv.DictReader(io.StringIO(cli("senco", "equipment", "export", "--csv").out)))
        self.assertGreaterEqual(len(exported), 6)
        self.assertIn("Writing slope", [cell for line in exported for cell in line.values()])
        self.assertIn("Serial number", cli("senco", "help", "equipment").out)
        cli("senco", "equipment", "add", "pupil=" + pupil, "name=Writing slope", "serial=A 1", code=None)
        double = cli("senco", "equipment", "add", "pupil=" + pupil, "name=Writing slope", "serial=A 1", "--json", code=None)
        self.assertIn(double.code, (80, 81))
        bad = cli("senco", "equipment", "add", "pupil=" + pupil, "name=x", "serial=y", "condition=lost", "--json", code=81).problem()
        self.assertIn("Condition", bad["message"])
        cli("senco", "equipment", "remove", id, "--yes", "--reason", "gone")
        cli("senco", "equipment", "show", id, code=66)
        cli("senco", "equipment", "undo", id)
        cli("senco", "equipment", "show", id)

    def test_merging_groups_and_watching_over_the_wire(self):
        with self.school.client("cnlead") as other:
            watching = other.watch(kinds=[self.kind.number])
            id = self.senco.add(self.kind, pupil=self.child, name="Radio aid", serial="R%d" % time.monotonic_ns(), lent=kinds.days("2024-09-01"))
            pushes = other.push_until(lambda p: any(c.record.id == id for c in p.changes))
            self.joined(pushes, watching.seq + 1)
            self.senco.edit(self.kind, id, 1, lent=kinds.days("2024-09-02"))
            self.refused(wire.pb.CONFLICT, other.edit(self.kind, id, 1, check=False, back=kinds.days("2024-12-01")))
            self.assertEqual(other.edit(self.kind, id, 1, charged=False).put.merged[0].field, 5)

    def test_rights_follow_its_class_and_pupil(self):
        teacher = self.client("teacher")
        own = {i for i, _, _ in teacher.all(kinds.find("Pupil"))}
        every = self.senco.all(self.kind)
        self.assertEqual({i for i, _, _ in teacher.all(self.kind)}, {i for i, m, _ in every if m.pupil in own})
        self.refused(wire.pb.DENIED, self.client("medical").list(self.kind, check=False))

    def test_a_reference_to_a_pupil_out_of_sight_is_one_to_nobody(self):
        teacher, pupil = self.client("teacher"), kinds.find("Pupil")
        own = {i for i, _, _ in teacher.all(pupil)}
        mine = min(own)
        foreign, message = next((i, m) for i, m, _ in self.senco.all(pupil) if i not in own and m.surname)
        serial = "S%d" % time.monotonic_ns()
        answers = []
        for partner in (foreign, 10 ** 9):
            reply = teacher.add(self.kind, check=False, pupil=mine, name="Tandem", serial=serial, partner=partner)
            problem = self.refused(wire.pb.INVALID, reply)
            self.assertEqual([f.field for f in problem.fields], [12])
            answers.append(re.sub(r"PUP-[0-9A-Z*~$=]+", "#", str(problem)))
        self.assertEqual(answers[0], answers[1])
        id = self.senco.add(self.kind, pupil=mine, name="Tandem", serial=serial, partner=foreign)
        self.assertIn(message.surname, next(h.label for h in self.senco.find("tandem").hits if h.id == id))
        self.assertNotIn(message.surname, next(h.label for h in teacher.find("tandem").hits if h.id == id))
        answer = teacher.ask(get=wire.pb.Get(kind=self.kind.number, id=id, labels=True)).records
        self.assertNotIn(foreign, [l.id for l in answer.labels if l.kind == pupil.number])

    def test_an_old_database_gets_its_table(self):
        self.old.start()
        client = self.old.client()
        self.addCleanup(client.close)
        pupils = client.all(kinds.find("Pupil"))
        self.assertGreaterEqual(len(pupils), 30)
        self.assertEqual(client.all(self.kind), [])
        id = client.add(self.kind, pupil=pupils[0][0], name="Late comer", serial="1")
        self.old.stop()
        self.old.start()
        with self.old.client() as again:
            self.assertEqual(again.read(self.kind, id)[0].name, "Late comer")
            self.assertEqual([h.id for h in again.find("late com").hits], [id])
        self.old.stop()


if __name__ == "__main__":
    school.main()
