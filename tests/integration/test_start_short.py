"""What a start finds too little of: room on the disk, files that may be open, parts of its own directory. `sendcod init` leaves
nothing behind then, and says what to do; `sendcod serve` serves as many as it can, or says what is missing."""
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire

SANITIZED = bool(wire.SHORT)       # such builds write reports of their own


def limited(args, **limits):
    """Runs a program that may have only so much: (code, stdout, stderr). A file that grows too large is an error, not a signal."""
    def bound():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for name, most in limits.items():
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (most, most))
    with tempfile.TemporaryDirectory() as elsewhere:     # for what gcov could not write, either
        done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10 * wire.PATIENCE, preexec_fn=bound,
                              env=dict(os.environ, GCOV_PREFIX=elsewhere))
    return done.returncode, done.stdout, done.stderr


class Init(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="sendco-test-")
        self.addCleanup(shutil.rmtree, self.top, True)
        self.dir = os.path.join(self.top, "school")

    def nothing_left(self, code, out, err):
        self.assertIn(code, (70, 71, 73, 74, 75, 78), err)
        self.assertRegex(err, r"(?m)^sendcod: \S.*\n  next: \S.*$")
        self.assertEqual(out, "")

    def init(self, enough, there, run=school.run):
        """A school is made when there is enough; else nothing is left, but the directory when it was there before."""
        if there:
            os.mkdir(self.dir)
        done = run([school.SENDCOD, "init", "--dir", self.dir, "--school", "Elm"])
        code, out, err = done if isinstance(done, tuple) else (done.code, done.out, done.err)
        self.assertEqual(code == 0, enough, err)
        if enough:
            self.assertEqual(sorted(os.listdir(self.dir)), ["ca", "profiles", "sendco.db", "server"])
        else:
            self.nothing_left(code, out, err)
            self.assertEqual(os.path.isdir(self.dir), there, err)
            self.assertEqual(os.listdir(self.dir) if there else [], [], err)
        shutil.rmtree(self.dir, True)

    @unittest.skipIf(SANITIZED, "a sanitizer writes reports of its own")
    def test_no_file_may_be_so_large(self):
        for i, size in enumerate((0, 100, 300, 700, 1000, 1500, 5000, 20000, 100000, 200000)):
            self.init(False, i % 2 > 0, lambda args: limited(args, FSIZE=size))
        self.init(True, False, lambda args: limited(args, FSIZE=1 << 30))

    def test_a_full_disk(self):
        small = os.path.join(self.top, "small")
        os.mkdir(small)
        self.dir = os.path.join(small, "school")
        for i, pages in enumerate((1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 40, 80, 4000)):
            done = school.run(["mount", "-t", "tmpfs", "-o", "size=%dk,mode=700" % (4 * pages), "sendco", small])
            if done.code != 0:
                self.skipTest("nothing can be mounted here: " + done.err.strip())
            try:
                self.init(pages == 4000, i % 2 > 0)
            finally:
                school.run(["umount", small])

    def test_too_few_files_may_be_open(self):
        for most in (20, 63):
            for command in (["init", "--dir", self.dir, "--school", "Elm"], ["serve", "--dir", self.dir]):
                code, out, err = limited([school.SENDCOD] + command, NOFILE=most)
                self.assertEqual((code, out), (78, ""), err)
                self.assertIn("may open only %d files" % most, err)
                self.assertIn("ulimit -n", err)
                self.assertFalse(os.path.exists(self.dir))

    def test_names_are_told_once(self):
        done = school.run([school.SENDCOD, "init", "--dir", self.dir, "--school", "Elm", "--host",
                           "[fd00::5], localhost,,%s,10.0.0.5, 10.0.0.5" % ("x" * 60)], timeout=10 * wire.PATIENCE)
        self.assertEqual(done.code, 0, done)
        text = subprocess.run(["openssl", "x509", "-in", os.path.join(self.dir, "server", "cert.pem"), "-noout", "-ext", "subjectAltName"],
                              capture_output=True, text=True, check=True).stdout
        names = re.findall(r"(?:DNS|IP Address):([^,\s]+)", text)
        self.assertEqual(len(names), len(set(names)), names)
        for name in ("localhost", "10.0.0.5", "FD00:0:0:0:0:0:0:5", "x" * 60):
            self.assertIn(name, names)
        with open(os.path.join(self.dir, "profiles", "senco", "profile.ini")) as f:
            self.assertIn("server = [fd00::5]:7443", f.read())


class Serve(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.school = school.School(pupils=8)
        cls.served = [school.SENDCOD, "serve", "--dir", cls.school.directory, "--listen", "127.0.0.1:0"]

    @classmethod
    def tearDownClass(cls):
        cls.school.remove()

    def serve(self, limits=None, env=None, listen="127.0.0.1:0"):
        """A daemon within these limits (soft, hard): (host, port), and what reads its stderr when it has ended."""
        def bound():
            school.end_with_parent()
            for name, both in (limits or {}).items():
                resource.setrlimit(getattr(resource, "RLIMIT_" + name), both)
        log = tempfile.TemporaryFile(mode="w+")
        process = subprocess.Popen(self.served[:-1] + [listen], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                   env=dict(os.environ, **(env or {})), preexec_fn=bound, text=True)
        self.addCleanup(self.end, process, log)
        line = process.stdout.readline()

        def ended():
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(2 * wire.PATIENCE), 0)
            log.seek(0)
            return log.read()
        return re.match(r"listening on (.*):(\d+)\n$", line).groups(), ended

    def end(self, process, log):
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
        log.close()

    def comes_in(self, where):
        with wire.Client((where[0], int(where[1])), self.school.profile("senco")) as client:
            client.password()
            self.assertEqual(client.report("register").report.report, "register")

    def test_as_many_as_descriptors_allow(self):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        for soft, hard, said in ((64, most, ""), (64, 400, "at most 272 connections"), (200, 200, "at most 128 connections")):
            where, ended = self.serve({"NOFILE": (soft, hard)}, {"SENDCO_TRACE": "1"})
            self.comes_in(where)
            told = ended()
            self.assertRegex(told, r"at most \d+ connections")
            self.assertIn(said, told)

    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("there is no IPv6 here")
        where, ended = self.serve(listen="[::1]:0")
        self.assertEqual(where[0], "[::1]")
        done = school.run([school.SENDCO, "--profile", self.school.profile("senco"), "--server", "[::1]:" + where[1], "status"])
        self.assertIn(done.code, (0, 76, 77), done)      # it is no name of the certificate of the demo's: that is told
        ended()

    def test_lines_for_the_journal(self):
        for env, form in (({"JOURNAL_STREAM": "8:1", "SENDCO_TRACE": "1"}, r"<[3457]>sendcod: .+"), ({"SENDCO_TRACE": "0"}, r"sendcod: .+")):
            where, ended = self.serve(env=env)
            self.comes_in(where)
            lines = ended().splitlines()
            self.assertTrue(lines)
            for line in lines:
                self.assertRegex(line, "^" + form + "$")
            self.assertEqual(any("trace" in line for line in lines), env["SENDCO_TRACE"] == "1")

    def test_somebody_else_has_the_database(self):
        path = os.path.join(self.school.directory, "sendco.db")
        other = sqlite3.connect("file:%s?vfs=unix-excl" % path, uri=True, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            done = school.run(self.served)
        finally:
            other.close()
        self.assertNotEqual(done.code, 0)
        self.assertIn("in use by another process", done.err)
        self.assertIn("Stop that", done.err)

    def test_a_part_of_the_directory_is_missing(self):
        for name in ("server/ca.pem", "server/cert.pem", "server"):
            path = os.path.join(self.school.directory, name)
            os.rename(path, path + ".away")
            try:
                done = school.run(self.served)
            finally:
                os.rename(path + ".away", path)
            self.assertEqual(done.code, 78, done)
            self.assertIn(name, done.err)
            self.assertRegex(done.err, r"(?i)backup|restore|init")

    def test_a_certificate_that_is_none(self):
        for name in ("ca.pem", "cert.pem", "key.pem"):
            path = os.path.join(self.school.directory, "server", name)
            with open(path, "rb") as f:
                good = f.read()
            for bad in (b"", b"nonsense\n", good[:len(good) // 2], b"x" * (3 << 20)):
                with open(path, "wb") as f:
                    f.write(bad)
                try:
                    done = school.run(self.served)
                finally:
                    with open(path, "wb") as f:
                        f.write(good)
                self.assertEqual(done.code, 78, done)
                self.assertIn(name, done.err)
                self.assertRegex(done.err, r"\n  \w.*\n$")


if __name__ == "__main__":
    school.main()
