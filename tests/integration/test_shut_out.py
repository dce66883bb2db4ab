"""People who may no longer come in: a device that was withdrawn or never known, an account that is blocked or has no role.
They are told no more than others are, and whoever is in already goes."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


class Out(school.Case):
    pupils, serve = 12, False

    def database(self, sql, *values):
        """As another release's command would, while nobody serves: the rows."""
        db = sqlite3.connect(os.path.join(self.school.directory, "sendco.db"), isolation_level=None)
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def changed(self, sql, *values):
        self.assertTrue(self.database(sql + " RETURNING 1", *values))

    def setUp(self):
        self.pb = wire.pb
        self.school.start()
        with self.school.client("teacher") as client:
            self.ticket, self.staff = client.login.ticket, client.login.staff
        self.school.stop()
        self.fingerprint = self.database("SELECT fingerprint FROM device WHERE staff = ?", self.staff)[0][0]

    def tearDown(self):
        if self.school.server:
            self.school.stop()
        self.changed("UPDATE account SET blocked = 0, role = 4 WHERE staff = ?", self.staff)
        self.changed("UPDATE device SET revoked = 0, fingerprint = ? WHERE staff = ?", self.fingerprint, self.staff)
        self.school.tickets.clear()

    def hello(self):
        client = wire.Client(self.school.server.address, self.school.profile("teacher"), hello=False)
        self.addCleanup(client.close)
        return client, client.ask(False, hello=self.pb.Hello(protocol=1))

    def password(self):
        with open(self.school.profile("teacher") + "/password") as f:
            return f.read().strip()

    def kept_out(self):
        """Neither the password nor the ticket opens, in the words in which a wrong one does not."""
        self.school.start()
        client, reply = self.hello()
        self.assertEqual(reply.outcome, self.pb.OK)
        told = self.refused(self.pb.DENIED, client.ask(False, login=self.pb.Login(password=self.password())), "E-PASSWORD")
        self.refused(self.pb.DENIED, client.ask(False, resume=self.pb.Resume(ticket=self.ticket)), "E-LOGIN")
        self.school.stop()
        return told

    def test_a_blocked_account(self):
        self.changed("UPDATE account SET blocked = 1 WHERE staff = ?", self.staff)
        self.assertIn("not the password", self.kept_out().message)

    def test_an_account_without_a_role(self):
        for role in (0, 99):
            self.changed("UPDATE account SET role = ? WHERE staff = ?", role, self.staff)
            if role == 0:
                self.assertIn("not the password", self.kept_out().message)
                continue
            self.school.start()                  # of a newer release: who it is has rights to nothing
            client, _ = self.hello()
            client.password(self.password())
            self.assertEqual(client.login.role, "none")
            for kind in kinds.load():
                self.refused(self.pb.DENIED, client.list(kind, check=False))
            self.school.stop()

    def test_a_device_that_was_withdrawn(self):
        self.changed("UPDATE device SET revoked = 1700000000 WHERE staff = ?", self.staff)
        self.school.start()
        client, reply = self.hello()
        problem = self.refused(self.pb.DENIED, reply)
        self.assertIn("revoked", problem.message)
        self.assertIn("technician", problem.hint)
        done = self.school.cli("teacher", "login", code=None)
        self.assertNotEqual(done.code, 0)
        self.assertIn("revoked", done.err)

    def test_a_device_that_is_not_known(self):
        self.changed("UPDATE device SET fingerprint = zeroblob(32) WHERE staff = ?", self.staff)
        self.school.start()
        _, reply = self.hello()
        problem = self.refused(self.pb.DENIED, reply)
        self.assertIn("does not know the device", problem.message)
        self.school.stop()


if __name__ == "__main__":
    school.main()
