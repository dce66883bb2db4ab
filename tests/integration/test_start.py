"""The command line of sendcod: what it does not take it says, with the next step, and leaves nothing behind."""
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire

USAGE, CONFIG, OUTPUT, INVALID, IO = 2, 78, 73, 81, 70


class Start(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="sendco-test-")
        self.dir = os.path.join(self.top, "school")
        self.addCleanup(shutil.rmtree, self.top, True)

    def refused(self, code, said, *args):
        """It ends with this code, names the fault and a next step, and has made nothing."""
        done = school.run([school.SENDCOD] + list(args))
        self.assertEqual(done.code, code, done)
        self.assertIn(said, done.err)
        self.assertRegex(done.err, r"\n  \w+.*\n$", done)
        self.assertNotIn("sendco --profile", done.err)      # that is for those at the other end
        self.assertEqual(done.out, "")
        return done

    def init(self, code, said, *args):
        return self.refused(code, said, "init", "--dir", self.dir, *args)

    def test_help_and_version(self):
        for word in ("help", "--help", "-h"):
            self.assertIn("sendcod serve --dir DIR", school.run([school.SENDCOD, word]).out)
        for args in (["serve", "--help"], ["init", "--help"], ["init", "-h"], ["init", "--dir", self.dir, "--demo", "--help"]):
            done = school.run([school.SENDCOD] + args)
            self.assertEqual((done.code, done.err), (0, ""), done)
            self.assertIn("sendcod %s --dir DIR" % args[0], done.out)
        for option in ("school", "lead", "head", "demo", "pupils", "seed", "today", "listen", "host"):
            self.assertIn("\n  --%s " % option, done.out)
        self.assertFalse(os.path.exists(self.dir))
        for word in ("version", "--version"):
            self.assertIn("protocol", school.run([school.SENDCOD, word]).out)

    def test_no_or_an_unknown_command(self):
        self.refused(USAGE, "what shall it do?")
        self.refused(USAGE, "serv", "serv")
        self.refused(USAGE, "frobnicate", "frobnicate")

    def test_serve_takes_only_its_options(self):
        self.refused(USAGE, "--dir DIR", "serve")
        self.refused(USAGE, "--loud", "serve", "--loud")
        self.refused(USAGE, "--dir", "serve", "--dir")
        for number in ("", "0x5", "1234567", "-1"):
            self.refused(USAGE, "", "serve", "--dir", self.dir, "--handshakes-per-second", number)
        done = school.run([school.SENDCOD, "serve", "--dir", self.dir, "--clock-file", os.devnull])
        self.assertNotEqual(done.code, 0)

    def test_init_takes_only_its_options(self):
        self.refused(USAGE, "--dir DIR is missing", "init", "--demo")
        self.init(USAGE, "either --demo or --school")
        self.init(USAGE, "either --demo or --school", "--demo", "--school", "Both")
        self.init(USAGE, "no option", "--colour", "red")
        self.init(USAGE, "needs a value", "--school")
        self.init(USAGE, "is empty", "--school=")
        self.init(USAGE, "characters", "--school=" + "é" * 300)
        self.init(USAGE, "--school: holds", "--school=Two\nlines")
        for number in ("0", "-5", "many", "", "5x", "99999999999999999999"):
            self.init(USAGE, "--pupils takes a number", "--demo", "--pupils=" + number)
        self.init(USAGE, "lives from 2022", "--demo", "--today=2019-09-01")
        self.init(INVALID, "is no date", "--demo", "--today=yesteryear")
        self.assertFalse(os.path.exists(self.dir))

    def test_init_takes_only_an_address(self):
        """A port that fits in no port is refused, and so is one with something behind it."""
        for listen in ("host", ":7443", "host:", "host:0", "host:65536", "host:7443x", "host:4294974739", "host:-1", "host: 80"):
            self.init(USAGE, "HOST:PORT", "--school=Elm", "--listen", listen)

    def test_init_leaves_what_is_there(self):
        os.mkdir(self.dir)
        note = os.path.join(self.dir, "note")
        with open(note, "w") as f:
            f.write("mine")
        self.init(OUTPUT, "not empty: it holds “note”", "--school=Elm")
        os.rename(note, os.path.join(self.dir, "sendco.db"))
        self.init(OUTPUT, "holds a school already", "--school=Elm")
        self.assertEqual(os.listdir(self.dir), ["sendco.db"])

    def test_init_needs_a_place(self):
        self.refused(OUTPUT, "cannot be made", "init", "--school=Elm", "--dir", os.path.join(self.dir, "below"))
        self.refused(USAGE, "longer than", "init", "--school=Elm", "--dir", "x" * 3000)
        with open(self.dir, "w"):
            pass
        self.init(OUTPUT, "cannot be read", "--school=Elm")

    @unittest.skipIf(wire.SHORT, "a sanitizer writes reports of its own")
    def test_init_on_a_disk_that_fails(self):
        """Its files may grow no more at some time: it says so and takes all away, and the directory can be used again."""
        for there, size, *kind in ((False, 4000 << 10, "--demo", "--pupils=60"), (True, 450 << 10, "--school=Elm")):
            def bound():
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            if there:
                os.mkdir(self.dir)
            command = [school.SENDCOD, "init", "--dir", self.dir, *kind]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10 * wire.PATIENCE,
                                  preexec_fn=bound, env=dict(os.environ, GCOV_PREFIX=self.top))
            self.assertEqual((done.returncode, done.stdout), (IO, ""), done)
            self.assertIn("The disk failed to keep the school; nothing was made.\n  next: Check the disk", done.stderr)
            self.assertEqual(os.path.isdir(self.dir), there)
            self.assertEqual(os.listdir(self.dir) if there else [], [])
        self.made()

    def made(self, *args):
        done = school.run([school.SENDCOD, "init", "--dir", self.dir, "--school", "Elm", *args], timeout=10 * wire.PATIENCE)
        self.assertEqual(done.code, 0, done)
        return done

    def test_a_school_in_an_empty_directory(self):
        os.mkdir(self.dir, 0o755)
        self.assertIn("Elm", self.made("--lead", "Ann", "--head", "Bo Lee", "--listen", "[::]:7443").out)
        self.assertEqual(os.stat(self.dir).st_mode & 0o777, 0o700)

    def test_serve_needs_a_school(self):
        self.refused(CONFIG, self.dir, "serve", "--dir", self.dir)
        os.mkdir(self.dir)
        self.refused(CONFIG, "", "serve", "--dir", self.dir)
        self.refused(CONFIG, "too long", "serve", "--dir", "x" * 4090)
        path = os.path.join(self.top, "file")
        with open(path, "w"):
            pass
        self.refused(CONFIG, "", "serve", "--dir", path)

    def test_serve_needs_its_key(self):
        self.made()
        key = os.path.join(self.dir, "server", "key.pem")
        os.remove(key)
        self.refused(CONFIG, "key.pem", "serve", "--dir", self.dir, "--listen", "127.0.0.1:0")

    def test_serve_needs_an_address(self):
        self.made()
        for listen in ("", "7443", ":7443", "host:", "127.0.0.1:x", "127.0.0.1:99999", "127.0.0.1:123456", "::1:7443", "no host:7443"):
            done = school.run([school.SENDCOD, "serve", "--dir", self.dir, "--listen", listen])
            self.assertEqual(done.code, USAGE, done)
        self.refused(CONFIG, "Cannot listen", "serve", "--dir", self.dir, "--listen", "192.0.2.1:7443")

    def test_two_serve_no_directory(self):
        self.made()
        first = school.Server(self.dir)
        self.addCleanup(first.kill)
        self.refused(CONFIG, self.dir, "serve", "--dir", self.dir, "--listen", "127.0.0.1:0")
        other = os.path.join(self.top, "other")
        os.rename(self.dir, other)
        self.made()
        self.refused(CONFIG, "Another program listens there", "serve", "--dir", self.dir, "--listen", "127.0.0.1:%d" % first.address[1])

    def test_it_ends_on_either_signal(self):
        self.made()
        for number in (signal.SIGTERM, signal.SIGINT):
            server = school.Server(self.dir)
            server.process.send_signal(number)
            server.process.wait(wire.PATIENCE)       # a second signal would end it at once
            server.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
