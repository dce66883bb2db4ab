"""One thing after another fails under the store: every allocation, every call of SQLite, every call of the disk, once or
from then on. Whatever is answered must be true, whatever was refused must not be there, and the store must go on. Then the
daemon itself on a disk that fails to flush, or is full.

The store is played by DIR/faults/nth_store, whose first comment says how to call it; this tells it how many points to
try, and demands that it goes red for planted faults. The daemon is the real one, on a disk that DIR/faults/nthdisk.so
makes fail. --long tries every point of every scenario, in as many processes as there are processors.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

PROGRAM = os.path.join(wire.BUILD, "faults", "nth_store")
DISK = os.path.join(wire.BUILD, "faults", "nthdisk.so")
LONG = bool(os.environ.get("SENDCO_LONG"))
# points of one scenario and one way to fail, but for --long
POINTS = {"once": 3, "on": 2, "calls": 1, "open": 2, "disk": 3} if wire.SHORT else {"once": 10, "on": 6, "calls": 2, "open": 4, "disk": 3}
# the disk, one process a point, in `make check` only where it matters most
DISK_SCENES = [None] if LONG else ["together"]


def play(how, *options):
    """(exit code, what it said)."""
    with tempfile.TemporaryFile() as log:
        done = subprocess.run([PROGRAM, how] + [str(o) for o in options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                              timeout=7200)
        log.seek(max(0, log.tell() - 3000))
        said = log.read()
    text = done.stdout.decode(errors="replace")
    return done.returncode, text + (said.decode(errors="replace") if done.returncode else "")


class Store(school.unittest.TestCase):
    def swept(self, how, *options):
        points = ["--processes", os.cpu_count()] if LONG else ["--limit", POINTS[how]]
        code, text = play(how, *points, *options)
        self.assertEqual(code, 0, text)
        last = text.splitlines()[-1]
        self.assertGreater(int(re.search(r"(\d+) points", last).group(1)), 10)
        print(text if LONG else last + "\n", end="", flush=True)

    def test_each_allocation_fails(self):
        self.swept("once")

    def test_each_allocation_and_all_after_it_fail(self):
        self.swept("on")

    def test_each_call_of_sqlite_fails(self):
        self.swept("calls")

    def test_opening_and_closing_fail(self):
        self.swept("open")

    def test_each_call_of_the_disk_fails(self):
        for scene in DISK_SCENES:
            self.swept("disk", *(["--only", scene] if scene else []))

    def red(self, how, fault, *options):
        code, text = play(how, "--fault", fault, *options)
        self.assertNotEqual(code, 0, "the fault %s was not found:\n%s" % (fault, text))
        line = [at for at in text.splitlines() if at.startswith("red: ")][:1] or ["red: it crashed"]
        print("red as it must be with %s: %s" % (fault, line[0][5:200]))

    def test_a_lost_transaction_that_nobody_notices_is_found(self):
        self.red("calls", "rollback-unseen", "--only", "together")

    def test_missing_memory_that_nobody_notices_is_found(self):
        self.red("once", "trouble-unseen", "--only", "get")

    def test_a_connection_kept_after_a_failure_is_found(self):
        self.red("once", "connection-kept", "--only", "put")

    def test_an_error_taken_for_the_end_is_found(self):
        self.red("calls", "error-as-end", "--only", "list")


class Disk:
    """What fails by now, under a daemon that was started with it."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "disk")
        self.says("")

    def says(self, word):
        with open(self.path + ".new", "w") as f:
            f.write(word + "\n")
        os.rename(self.path + ".new", self.path)


class Daemon(school.unittest.TestCase):
    def setUp(self):
        wire.load()
        self.school = school.School(pupils=20)
        self.disk = Disk(self.school.top)
        self.marker = os.path.join(self.school.directory, "readonly")
        self.target = kinds.find("Target")
        self.start()

    def tearDown(self):
        self.school.remove()

    def start(self):
        before = dict(os.environ)
        os.environ.update(LD_PRELOAD=DISK, SENDCO_DISK=self.disk.path, ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
        try:
            self.school.start()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def ended(self):
        """The daemon ended by itself, as it must when the disk fails to keep a change."""
        server, self.school.server = self.school.server, None
        self.assertEqual(server.process.wait(wire.PATIENCE), 70)
        self.assertIn("the disk failed to keep a change", server.said())
        server.kill()
        self.assertTrue(os.path.exists(self.marker))
        self.school.tickets.clear()

    def acknowledged(self, client, n):
        """Edits that were: {id: (version, text)}."""
        made = {}
        for i, (id, _, record) in enumerate(client.all(self.target)[:n]):
            reply = client.edit(self.target, id, record.version, progress="kept %d" % i)
            made[id] = (reply.put.done[0].version, "kept %d" % i)
        return made

    def all_there(self, client, made):
        for id, (version, text) in made.items():
            message, now = client.read(self.target, id)
            self.assertEqual((now, message.progress), (version, text))

    def all_refused(self, client, made):
        id, (version, _) = next(iter(made.items()))
        for reply in (client.edit(self.target, id, version, check=False, note="no"), client.remove(self.target, id, version, check=False),
                      client.ask(False, undo=wire.pb.Undo(key=wire.key(), kind=self.target.number, id=id))):
            self.assertEqual(reply.outcome, wire.pb.READONLY, reply)
            self.assertEqual(reply.problem.code, "E-READONLY")
            self.assertIn("disk", reply.problem.message)
            self.assertTrue(reply.problem.hint)

    def comes_back(self, made, again=None):
        """Read-only until a person removes the marker; then as before. `again`: a request whose answer was lost, and its value."""
        self.disk.says("")
        self.start()
        with self.school.client() as client:
            self.assertTrue(client.hello.readonly)
            self.all_there(client, made)
            self.all_refused(client, made)
            self.assertTrue(client.ask(status=wire.pb.Status()).status.readonly)
            self.assertIn("takes no changes", self.school.cli("senco", "status").out.replace("readonly", "takes no changes"))
        self.school.stop()
        os.unlink(self.marker)
        self.start()
        with self.school.client() as client:
            self.assertFalse(client.hello.readonly)
            self.all_there(client, made)
            if again:
                key, id, version, text = again
                for _ in range(2):
                    client.edit(self.target, id, version, key=key, progress=text)
                said = [e for e in client.history(self.target, id) if self.target.message.FromString(e.record.body).progress == text]
                self.assertEqual(len(said), 1, "applied %d times" % len(said))
            self.acknowledged(client, 3)
        self.school.stop()

    def test_a_failed_flush_ends_the_daemon(self):
        with self.school.client() as client:
            made = self.acknowledged(client, 6)
            id, (version, _) = made.popitem()
            key = wire.key()
            self.disk.says("sync")
            with self.assertRaises((wire.Gone, TimeoutError)):
                client.edit(self.target, id, version, key=key, progress="lost?")
        self.ended()
        self.comes_back(made, (key, id, version, "lost?"))

    def test_a_failed_flush_of_a_checkpoint_ends_it_too(self):
        with self.school.client() as client:
            self.disk.says("sync-db")
            try:
                made = self.acknowledged(client, 1)
                self.school.server.process.wait(wire.PATIENCE)
            except wire.Gone:
                self.fail("it was answered before the checkpoint")
        self.ended()
        self.comes_back(made)

    def until_full(self, client):
        """Edits until the disk is full: {id: (version, text)} of those that were kept, and the refusal."""
        made, refusal = {}, None
        rows = {id: record.version for id, _, record in client.all(self.target)}
        for round in range(4000):
            id = list(rows)[round % len(rows)]
            text = "%d " % round + "x" * 1900
            reply = client.edit(self.target, id, rows[id], check=False, progress=text)
            if reply.outcome != wire.pb.OK:
                return made, reply
            rows[id] = reply.put.done[0].version
            made[id] = (rows[id], text)
        return made, refusal

    def full_is_told(self, client, full):
        self.assertEqual(client.ask(status=wire.pb.Status()).status.disk_full, full)
        self.assertIs(self.school.cli("senco", "status", "--json").json()["disk_full"], full)
        self.assertEqual("make room on its disk" in self.school.cli("senco", "status", "--table").out, full)

    def goes_on_when_full(self, make_full, make_room):
        with self.school.client() as client:
            made = self.acknowledged(client, 6)
            make_full()
            kept, refusal = self.until_full(client)
            made.update(kept)
            self.assertIsNotNone(refusal, "it was never full")
            self.assertEqual(refusal.outcome, wire.pb.READONLY, refusal)
            self.assertIn("disk is full", refusal.problem.message)
            self.assertIn("make room", refusal.problem.hint)
            self.full_is_told(client, True)
            time.sleep(0.1)                               # a checkpoint meanwhile, which the full disk meets too
            self.all_there(client, made)
            with self.school.client() as other:           # nobody needs the disk to log in, nor to read
                self.all_there(other, made)
            self.full_is_told(client, True)               # that something small found room meanwhile says little
            make_room()
            made.update(self.acknowledged(client, 6))
            self.full_is_told(client, False)
            said = self.school.server.said()
            self.assertEqual((said.count("the disk is full"), said.count("has room for a change again")), (1, 1))
            self.all_there(client, made)
        self.school.stop()
        self.assertFalse(os.path.exists(self.marker))
        self.start()
        with self.school.client() as client:
            self.all_there(client, made)

    def test_a_full_disk_refuses_changes_until_there_is_room(self):
        self.goes_on_when_full(lambda: self.disk.says("full"), lambda: self.disk.says(""))


class Tmpfs(Daemon):
    """The same on a disk that really is full."""

    def setUp(self):
        super().setUp()
        self.school.stop()
        self.mounted = os.path.join(self.school.top, "small")
        os.mkdir(self.mounted)
        done = school.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "sendco", self.mounted])
        if done.code != 0:
            self.school.remove()
            self.mounted = None
            self.skipTest("nothing can be mounted here: " + done.err.strip())
        self.moved = os.path.join(self.mounted, "school")
        school.run(["cp", "-a", self.school.directory, self.moved])
        self.school.directory = self.moved
        self.start()

    def tearDown(self):
        if self.school.server:
            self.school.server.kill()
            self.school.server = None
        if self.mounted:
            school.run(["umount", self.mounted])
        super().tearDown()

    def fill(self):
        about = os.statvfs(self.mounted)
        free = about.f_bavail * about.f_frsize
        with open(os.path.join(self.mounted, "filler"), "wb") as f:
            f.write(bytes(free - (300 << 10)))

    def room(self):
        os.unlink(os.path.join(self.mounted, "filler"))

    def test_a_full_disk_refuses_changes_until_there_is_room(self):
        self.goes_on_when_full(self.fill, self.room)

    test_a_failed_flush_ends_the_daemon = test_a_failed_flush_of_a_checkpoint_ends_it_too = None


if __name__ == "__main__":
    school.main()
