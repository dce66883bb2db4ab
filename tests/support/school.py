"""A demo school in a temporary directory, its daemon on a free port of the loopback, and the command line against it."""
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import kinds
import wire

# Long ago on purpose: certificates must not depend on it, and the real clock is always later.
TODAY = "2024-11-18"
SENDCOD = os.path.join(wire.BUILD, "bin", "sendcod")
SENDCO = os.path.join(wire.BUILD, "bin", "sendco")
SENDCOD_TEST = os.path.join(wire.BUILD, "tests", "sendcod-test")


def until(condition, what, timeout=None):
    """Waits for condition() to be true, and returns what it was."""
    deadline = time.monotonic() + (timeout or wire.PATIENCE)
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain for: " + what)
        time.sleep(0.01)


class Done:
    """What a program said."""

    def __init__(self, code, out, err, args):
        self.code, self.out, self.err, self.args = code, out, err, args

    def json(self):
        return json.loads(self.out)

    def problem(self):
        return json.loads(self.err)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines() if line]

    def __str__(self):
        return "%s\nexit %d\nstdout: %s\nstderr: %s" % (" ".join(self.args), self.code, self.out, self.err)


def run(args, input=None, timeout=None, env=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SENDCO_PROFILE", "SENDCO_SERVER", "XDG_"))}
    done = subprocess.run(args, input=input, stdin=subprocess.DEVNULL if input is None else None, capture_output=True, text=True,
                          errors="surrogateescape", timeout=timeout or 4 * wire.PATIENCE, env=dict(clean, **(env or {})))
    return Done(done.returncode, done.stdout, done.stderr, args)


LIBC = ctypes.CDLL(None)


def end_with_parent():
    """In a child: SIGKILL when the test ends in a way that stops nothing (PR_SET_PDEATHSIG)."""
    LIBC.prctl(1, signal.SIGKILL)


class Server:
    """One run of the daemon."""

    def __init__(self, directory, program=None, clock=None, fault=None, port=0):
        args = [program or SENDCOD, "serve", "--dir", directory, "--listen", "127.0.0.1:%d" % port]
        if clock:
            args += ["--clock-file", clock]
        env = dict(os.environ)
        if fault:
            env["SENDCO_FAULT"] = fault
        self.log = tempfile.TemporaryFile(mode="w+", errors="replace")
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, env=env,
                                        preexec_fn=end_with_parent)
        self.address = self.listening()

    def listening(self):
        deadline = time.monotonic() + 2 * wire.PATIENCE
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            if not data:
                said = self.said()
                self.kill()
                raise AssertionError("sendcod did not begin to listen; it said: %r %s" % (line, said))
            line += data
        word, _, where = line.decode().strip().rpartition(" ")
        if word != "listening on":
            self.kill()
            raise AssertionError("sendcod said %r" % line)
        host, _, port = where.rpartition(":")
        return host, int(port)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def stop(self, timeout=None):
        """SIGTERM; the daemon must end by itself, cleanly and soon."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout or wire.PATIENCE)
        except subprocess.TimeoutExpired:
            said = self.said()
            self.kill()
            raise AssertionError("sendcod did not end on SIGTERM; it said: " + said) from None
        rest, said = self.process.stdout.read(), self.said()
        self.process.stdout.close()
        self.log.close()
        if code != 0:
            raise AssertionError("sendcod ended with %d; it said: %s" % (code, said))
        if rest:
            raise AssertionError("sendcod wrote more than its one line on stdout: %r" % rest)


class School:
    def __init__(self, pupils=60, seed=7, today=TODAY, directory=None):
        self.top = directory or tempfile.mkdtemp(prefix="sendco-test-")
        self.directory = os.path.join(self.top, "school")
        self.clock = os.path.join(self.top, "clock")
        self.server = None
        self.tickets = {}
        done = run([SENDCOD, "init", "--dir", self.directory, "--demo", "--pupils", str(pupils), "--seed", str(seed), "--today", today],
                   timeout=10 * wire.PATIENCE)
        if done.code != 0:
            shutil.rmtree(self.top, ignore_errors=True)
            raise AssertionError("init: " + str(done))

    def profile(self, name):
        return os.path.join(self.directory, "profiles", name)

    def start(self, program=None, at=None, **more):
        """Starts the daemon; `at`: the tests' daemon, whose clock stands at that time."""
        if at:
            self.set_clock(at)
            program, more = SENDCOD_TEST, dict(more, clock=self.clock)
        self.server = Server(self.directory, program, **more)
        return self.server

    def set_clock(self, at):
        with open(self.clock + ".new", "w") as f:
            f.write(at + "\n")
        os.rename(self.clock + ".new", self.clock)

    def stop(self):
        server, self.server = self.server, None
        if server:
            server.stop()

    def remove(self):
        if self.server:
            self.server.kill()
        shutil.rmtree(self.top, ignore_errors=True)

    def client(self, name="senco", **more):
        """A connection that is logged in: by password the first time, then by ticket."""
        client = wire.Client(self.server.address, self.profile(name), **more)
        if name in self.tickets:
            try:
                return client.resume(self.tickets[name])
            except wire.Refused:      # it ended: a test moved the clock
                pass
        self.tickets[name] = client.password().login.ticket
        return client

    def command(self, name, *args):
        return [SENDCO, "--profile", self.profile(name), "--server", "%s:%d" % self.server.address] + [str(a) for a in args]

    def cli(self, name, *args, input=None, code=0):
        """Runs sendco; `code`: the exit code it must have, None: any."""
        done = run(self.command(name, *args), input)
        if code is not None and done.code != code:
            raise AssertionError("exit %d expected: %s" % (code, done))
        return done


class Watcher:
    """A `sendco … watch --jsonl` that runs beside the test."""

    def __init__(self, command):
        self.lines, self.text = [], []
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=end_with_parent)
        self.threads = [threading.Thread(target=self.read, args=(self.process.stdout, self.line), daemon=True),
                        threading.Thread(target=self.read, args=(self.process.stderr, self.text.append), daemon=True)]
        for thread in self.threads:
            thread.start()

    def read(self, stream, take):
        for line in stream:
            take(line.decode())

    def line(self, line):
        self.lines.append(json.loads(line))

    def changes(self):
        return [line for line in self.lines if "fields" in line or "id" in line]

    def wait(self, wanted, what):
        """The first line for which wanted(line) holds."""
        return until(lambda: next((line for line in list(self.lines) if wanted(line)), None) or self.ended(), what)

    def begin(self, change):
        """Makes changes until the first is seen: a watch says nothing while nothing happens."""
        self.changed = 0

        def seen():
            if time.monotonic() > self.changed + 0.3:
                change()
                self.changed = time.monotonic()
            return self.lines or self.ended()
        until(seen, "the watch to begin")

    def ended(self):
        if self.process.poll() is not None:
            raise AssertionError("watch ended with %d: %s" % (self.process.returncode, "".join(self.text)))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(wire.PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(1)
        self.process.stdout.close()
        self.process.stderr.close()


class Case(unittest.TestCase):
    """One school per class of tests; `serve = False` when the class starts the daemon itself."""
    pupils, seed, at, serve = 60, 7, None, True

    @classmethod
    def setUpClass(cls):
        wire.load()
        kinds.load()
        cls.school = School(cls.pupils, cls.seed)
        try:
            if cls.serve:
                cls.school.start(at=cls.at)
        except BaseException:
            cls.school.remove()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            cls.school.stop()
        finally:
            cls.school.remove()

    def client(self, name="senco", **more):
        made = self.school.client(name, **more)
        self.addCleanup(made.close)
        return made

    def watcher(self, name, *args):
        made = Watcher(self.school.command(name, *args))
        self.addCleanup(made.stop)
        return made

    def refused(self, outcome, reply, code=None):
        """A clean refusal: outcome, a stable code, a sentence and a next step."""
        pb = wire.pb
        self.assertEqual(pb.Outcome.Name(reply.outcome), pb.Outcome.Name(outcome), reply)
        self.assertRegex(reply.problem.code, r"^E-[A-Z_]+$")
        self.assertTrue(reply.problem.message, reply)
        self.assertTrue(reply.problem.hint, reply)
        if code:
            self.assertEqual(reply.problem.code, code, reply)
        return reply.problem

    def joined(self, pushes, start):
        """Ranges of one watch join: no gap, no overlap. Returns where they end."""
        for push in pushes:
            if not push.HasField("covers_to") or push.present:
                continue
            self.assertEqual(push.covers_from, start, pushes)
            self.assertGreaterEqual(push.covers_to, push.covers_from)
            if not push.more:
                start = push.covers_to + 1
        return start


def main():
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
