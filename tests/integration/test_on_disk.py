"""The database as a file: nobody else may open it while it is served, a marker of a failed disk makes it read-only until
a person removes it, and a database that is not ours, or newer than we are, is refused with words."""
import os
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


class OnDisk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        wire.load()
        cls.school = school.School(pupils=20)
        cls.file = os.path.join(cls.school.directory, "sendco.db")

    @classmethod
    def tearDownClass(cls):
        cls.school.remove()

    def tearDown(self):
        self.school.stop()

    def refused(self, *words):
        """A start that must fail at once, saying these words on stderr."""
        done = school.run([school.SENDCOD, "serve", "--dir", self.school.directory, "--listen", "127.0.0.1:0"], timeout=wire.PATIENCE)
        self.assertNotEqual(done.code, 0)
        self.assertEqual(done.out, "")
        for word in words:
            self.assertIn(word, done.err)

    def files(self):
        """The bytes of the database and its WAL, by how their names end."""
        found = {}
        for name in sorted(os.listdir(self.school.directory)):
            if name.startswith("sendco.db"):
                with open(os.path.join(self.school.directory, name), "rb") as f:
                    found[name[len("sendco"):]] = f.read()
        return found

    def test_nobody_else_opens_it(self):
        self.school.start()
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=0) as other:
            with self.assertRaisesRegex(sqlite3.OperationalError, "locked"):
                other.execute("SELECT count(*) FROM pupil").fetchone()
        self.refused("Another sendcod", "Stop it first")
        self.assertFalse(os.path.exists(self.file + "-shm"))

    def test_the_marker_makes_it_read_only_until_it_is_removed(self):
        marker = os.path.join(self.school.directory, "readonly")
        target = kinds.find("Target")
        self.school.start()
        with self.school.client() as client:
            id, _, record = client.all(target)[0]
            client.edit(target, id, record.version, progress="in the WAL")
            record.version += 1
        self.school.server.kill()
        self.school.server = None
        with open(marker, "w") as f:
            f.write("the disk failed\n")
        as_it_was = self.files()
        self.assertTrue(as_it_was[".db-wal"])
        self.school.start()
        self.school.tickets.clear()
        with self.school.client():
            pass    # by password: this ticket is kept nowhere, and good all the same
        with self.school.client() as client:
            self.assertTrue(client.hello.readonly)
            self.assertTrue(client.all(target))
            reply = client.edit(target, id, record.version, check=False, progress="lost?")
            self.assertEqual(reply.outcome, wire.pb.READONLY)
            self.assertEqual(reply.problem.code, "E-READONLY")
        done = self.school.cli("senco", "target", "list", "--limit", "1")
        self.assertTrue(done.out)
        with self.school.client() as client:
            client.ask(logout=wire.pb.Logout())
        with self.assertRaises(wire.Refused), wire.Client(self.school.server.address, self.school.profile("senco")) as again:
            again.resume(self.school.tickets["senco"])
        self.school.stop()
        self.assertTrue(self.files() == as_it_was, "something was written")
        os.unlink(marker)
        self.school.start()
        with self.school.client() as client:
            client.edit(target, id, record.version, progress="kept")

    def test_a_logout_that_cannot_be_written_down_says_so(self):
        marker = os.path.join(self.school.directory, "readonly")
        self.school.start()
        tickets = []
        for _ in range(2):
            self.school.tickets.clear()
            with self.school.client():
                tickets.append(self.school.tickets["senco"])
        self.school.stop()
        with open(marker, "w") as f:
            f.write("the disk failed\n")
        self.addCleanup(os.unlink, marker)
        self.school.start()
        with self.school.client() as client:
            reply = client.ask(False, logout=wire.pb.Logout())
            self.assertEqual(reply.outcome, wire.pb.READONLY)
            self.assertEqual(reply.problem.code, "E-READONLY")
            self.assertRegex(reply.problem.message, "has ended on this server.*10 minutes")
            self.assertIn("technician", reply.problem.hint)
        with self.assertRaises(wire.Refused), wire.Client(self.school.server.address, self.school.profile("senco")) as again:
            again.resume(tickets[1])
        kept = os.path.join(self.school.profile("senco"), "ticket")
        with open(kept, "w") as f:
            f.write(tickets[0].hex() + "\n")
        os.chmod(kept, 0o600)
        done = self.school.cli("senco", "logout", code=75)
        self.assertIn("has ended on this server", done.err)
        self.assertFalse(os.path.exists(kept))
        with self.assertRaises(wire.Refused), wire.Client(self.school.server.address, self.school.profile("senco")) as again:
            again.resume(tickets[0])

    def test_a_newer_or_a_strange_database_is_refused(self):
        for pragma, words in (("user_version=99", "newer"), ("application_id=7", "not a sendco database")):
            with sqlite3.connect(self.file) as db:
                name = pragma.split("=")[0]
                was = db.execute(f"PRAGMA {name}").fetchone()[0]
                db.execute(f"PRAGMA {pragma}")
            db.close()
            self.refused(words)
            with sqlite3.connect(self.file) as db:
                db.execute(f"PRAGMA {name}={was}")
            db.close()
        self.school.start()

    def test_a_second_name_for_the_file_is_refused(self):
        os.link(self.file, self.file + ".too")
        try:
            self.refused("hard link")
        finally:
            os.unlink(self.file + ".too")


if __name__ == "__main__":
    school.main()
