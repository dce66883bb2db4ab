"""A school of one's own, not the demo: nothing lies beside the profile but what login keeps there. The ticket, the question
for the password, Ctrl-C at it, and the first steps that init names."""
import os
import pty
import re
import select
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire


class Login(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.mkdtemp(prefix="sendco-test-")
        cls.directory = os.path.join(cls.top, "school")
        cls.made = school.run([school.SENDCOD, "init", "--dir", cls.directory, "--school", "Trial Primary"], timeout=10 * wire.PATIENCE)
        try:
            cls.passwords = dict(re.findall(r"^  (\w+) .*: (\S+)$", cls.made.out, re.M))
            cls.server = school.Server(cls.directory)
        except BaseException:
            shutil.rmtree(cls.top, ignore_errors=True)
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.stop()
        finally:
            shutil.rmtree(cls.top, ignore_errors=True)

    def setUp(self):
        if os.path.exists(self.ticket()):
            os.unlink(self.ticket())

    def ticket(self):
        return os.path.join(self.directory, "profiles", "senco", "ticket")

    def command(self, *words):
        profile = os.path.join(self.directory, "profiles", "senco")
        return [school.SENDCO, "--profile", profile, "--server", "%s:%d" % self.server.address, *words]

    def run_(self, *words):
        return school.run(self.command(*words))

    def on_terminal(self, *words, types):
        """Runs it with a terminal of its own; answers each question for a password with the next of `types`."""
        child, master = pty.fork()
        if child == 0:
            os.execv(school.SENDCO, self.command(*words))
        said, types = b"", list(types)
        while True:
            ready, _, _ = select.select([master], [], [], wire.PATIENCE)
            try:
                data = os.read(master, 4096) if ready else b""
            except OSError:      # Linux: the other side has gone
                data = b""
            if not data:
                break
            said += data
            if types and said.endswith(b": ") and said.count(b"Password of") > 0:
                os.write(master, types.pop(0))
                said += b"|"
        os.close(master)
        return said.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def test_logged_in_once(self):
        said, code = self.on_terminal("login", types=[self.passwords["senco"].encode() + b"\n"])
        self.assertEqual(code, 0, said)
        self.assertIn("Logged in at Trial Primary", said)
        self.assertNotIn(self.passwords["senco"], said)
        for words in (("status",), ("pupil", "list"), ("status", "--no-input")):
            done = self.run_(*words)
            self.assertEqual(done.code, 0, done)
        said, code = self.on_terminal("staff", "list", "--no-pager", types=[])
        self.assertEqual(code, 0, said)
        self.assertNotIn("Password", said)
        self.assertEqual(self.run_("logout").code, 0)
        self.assertEqual(self.run_("status").code, 82)

    def test_a_ticket_that_is_none(self):
        for text in ("abcdef\n", "nonsense\n", "00" * 32 + "\n", ""):
            with open(os.open(self.ticket(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
            done = self.run_("status")
            self.assertEqual(done.code, 82, (text, done))
            self.assertIn("sendco login", done.err)
            said, code = self.on_terminal("status", types=[self.passwords["senco"].encode() + b"\n"])
            self.assertEqual(code, 0, said)
            self.assertEqual(self.run_("status").code, 0, "the new ticket is kept")

    def test_interrupted(self):
        said, code = self.on_terminal("status", types=[b"half a pass\x03"])
        self.assertEqual(code, 130, said)
        self.assertNotIn("sendco", said)
        self.assertEqual(said.replace("|", "").strip(), "Password of SENDCO:")

    def test_nothing_typed(self):
        for keys in (b"\n", b"\x04"):
            said, code = self.on_terminal("status", types=[keys])
            self.assertEqual(code, 82, said)
            self.assertIn("No password was typed", said)
            self.assertNotIn("no terminal", said)

    def test_three_tries(self):
        said, code = self.on_terminal("status", types=[b"wrong\n", self.passwords["senco"].encode() + b"\n"])
        self.assertEqual(code, 0, said)
        self.assertEqual(said.count("Password of"), 2)

    def test_init_says_what_to_do_first(self):
        said = self.made.out
        for words in (" login\n", "asks for the password", " import ROLL.csv --dry-run\n", " help\n", "sendco help provision-type"):
            self.assertIn(words, said)
        self.assertLess(said.index(" login\n"), said.index(" import ROLL.csv"))


if __name__ == "__main__":
    school.main()
