"""What a siege needs: a school with targets for fifty people, the daemon besieged with its doors as narrow for this
machine as for any other, certificates good and bad, tickets, and what the daemon uses meanwhile."""
import hashlib
import json
import os
import re
import select
import shutil
import ssl
import subprocess
import threading
import time

import kinds
import people
import school
import wire

FAULTS = os.path.join(wire.BUILD, "faults")
DAEMON = os.path.join(FAULTS, "sendcod-siege")
HONEST = ("senco", "teacher", "head", "ta")    # who works
INSIDE = ("quiet", "slow", "deaf", "watching", "asking")   # who attacks with connections that are held: 64 each at most
COMING = ("head", "ta", "senco")               # who logs in while it lasts
TICKS = os.sysconf("SC_CLK_TCK")


class Server(school.Server):
    """By default sendcod spares this machine's own addresses; asked for the default number, it does not."""

    def __init__(self, directory, fault=None, revoke=None, turns=None):
        self.program = os.path.join(directory, "..", "sendcod")
        with open(self.program, "w") as f:
            f.write('#!/bin/sh\nexec "%s" "$@" --handshakes-per-second 200\n' % DAEMON)
        os.chmod(self.program, 0o700)
        os.environ["SENDCO_SIEGE_REVOKE"] = revoke or ""
        os.environ["SENDCO_SIEGE_TURNS"] = turns or ""
        super().__init__(directory, self.program, fault=fault)


class Use:
    """What a process uses, looked at four times a second."""

    def __init__(self, pid):
        self.pid, self.stopping = pid, threading.Event()
        self.rss, self.fds = [], []
        self.look()
        self.first = (self.rss[0], self.fds[0])
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def look(self):
        with open("/proc/%d/status" % self.pid) as f:
            self.rss.append(int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024)
        self.fds.append(len(os.listdir("/proc/%d/fd" % self.pid)))

    def cpu(self):
        with open("/proc/%d/stat" % self.pid) as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def threads(self):
        """Seconds of processor, and waiting for one: (of the loop's thread, of all others)."""
        loop, others = (0, 0), (0, 0)
        for tid in os.listdir("/proc/%d/task" % self.pid):
            try:
                with open("/proc/%d/task/%s/schedstat" % (self.pid, tid)) as f:
                    ran, waited = [int(x) / 1e9 for x in f.read().split()[:2]]
            except OSError:             # a kernel that does not tell, a thread that has ended
                continue
            if int(tid) == self.pid:
                loop = (ran, waited)
            else:
                others = (others[0] + ran, others[1] + waited)
        return loop + others

    def run(self):
        while not self.stopping.wait(0.25):
            self.look()

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self.look()


class Turns:
    """What the daemon's loop told of its turns, second by second."""

    def __init__(self, path):
        self.path = path

    def lines(self):
        if not os.path.exists(self.path):   # within its first second
            return []
        with open(self.path) as f:
            return [[int(x) for x in line.split()] for line in f if line.endswith("\n")]

    def told(self, begin, end):
        """Of the seconds from begin to end, which are counts of lines: turns, the longest of each in ms, the same of processor."""
        lines = self.lines()[begin:end] or [[0] * 5]
        return sum(x[0] for x in lines), sorted(x[2] / 1e3 for x in lines), sorted(x[4] / 1e3 for x in lines)


class Coming(threading.Thread):
    """People who come to work during the siege: each time a new connection, the password, a page of a list."""

    def __init__(self, made, pause):
        super().__init__(daemon=True)
        self.made, self.pause = made, pause
        self.times, self.faults = [], []
        self.stopping = threading.Event()

    def run(self):
        n = 0
        while not self.stopping.wait(self.pause):
            name = COMING[n % len(COMING)]
            n += 1
            began = time.monotonic()
            try:
                with wire.Client(self.made.server.address, self.made.profile(name)) as client:
                    client.password()
                    client.list(kinds.find("Pupil"), limit=5)
                self.times.append(time.monotonic() - began)
            except (wire.Gone, wire.Refused, OSError, TimeoutError) as e:
                self.faults.append("%s after %.2f s: %r" % (name, time.monotonic() - began, e))

    def stop(self):
        self.stopping.set()
        self.join(2 * wire.PATIENCE)


class Honest:
    """The program that works and measures; phases are told to it by name."""

    def __init__(self, address, path):
        self.process = subprocess.Popen([os.path.join(FAULTS, "siege_honest"), "%s:%d" % address, path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=school.end_with_parent)
        ready, _, _ = select.select([self.process.stdout], [], [], 2 * wire.PATIENCE)
        if not ready or self.process.stdout.readline() != "ready\n":
            self.process.kill()
            raise AssertionError("the honest people did not all get in")

    def phase(self, name):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()

    def end(self):
        out, _ = self.process.communicate("end\n", timeout=wire.PATIENCE)
        told = json.loads(out)
        return told, {p["name"]: p for p in told["phases"]}

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Site:
    """The school, and a directory of what to attack it with."""

    def __init__(self, honest, pupils):
        self.school = school.School(pupils)
        self.directory = os.path.join(self.school.top, "siege")
        self.revoke = os.path.join(self.school.top, "revoke")
        self.people = os.path.join(self.school.top, "people")
        self.turns = Turns(os.path.join(self.school.top, "turns"))
        os.makedirs(self.directory)
        try:
            self.certificates()
            self.enter(honest)
        except BaseException:
            self.school.remove()
            raise

    def at(self, *names):
        return os.path.join(self.directory, *names)

    # --- certificates ---

    def certificates(self):
        for name, profile in (("inside", "cnlead"), ("guessed", "governor"), ("revoked", "medical")):
            shutil.copytree(self.school.profile(profile), self.at(name))
        shutil.copytree(os.path.join(self.school.directory, "server"), self.at("server"))
        people.enrol(self.school.directory, "cnlead", [self.at(name) for name in INSIDE])
        ours = (os.path.join(self.school.directory, "ca", "ca.pem"), os.path.join(self.school.directory, "ca", "ca-key.pem"))
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.openssl("req", "-x509", *curve, "-keyout", self.at("other.key"), "-out", self.at("other.pem"), "-subj", "/CN=Another school", "-days", "9")
        now = time.time()
        self.issue("other-ca", (self.at("other.pem"), self.at("other.key")), now - 3600, now + 86400)
        self.issue("unknown", ours, now - 60, now + 86400)
        self.issue("expired", ours, now - 9 * 86400, now - 86400)

    @staticmethod
    def openssl(*args):
        subprocess.run(("openssl",) + args, check=True, capture_output=True)

    def issue(self, name, authority, begins, ends):
        """A device certificate of that authority, for those times, of which no server knows."""
        os.makedirs(self.at(name))
        with open(self.at(name, "conf"), "w") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n"
                    "[p]\ncommonName=supplied\n[x]\nextendedKeyUsage=clientAuth\nsubjectAltName=URI:sendco:staff/1/device/laptop\n"
                    % (self.at(name, "index"), self.at(name)))
        open(self.at(name, "index"), "w").close()
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.at(name, "key.pem"),
                     "-out", self.at(name, "request.pem"), "-subj", "/CN=Siege")
        day = "%Y%m%d%H%M%SZ"
        self.openssl("ca", "-batch", "-notext", "-config", self.at(name, "conf"), "-cert", authority[0], "-keyfile", authority[1],
                     "-in", self.at(name, "request.pem"), "-out", self.at(name, "cert.pem"),
                     "-startdate", time.strftime(day, time.gmtime(begins)), "-enddate", time.strftime(day, time.gmtime(ends)))

    def fingerprint(self, name):
        with open(self.at(name, "cert.pem")) as f:
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read().partition("-----END")[0] + "-----END CERTIFICATE-----\n")).hexdigest()

    # --- tickets and targets ---

    def ticket(self, profile, path):
        with self.school.client(profile) as client:
            with open(path, "wb") as f:
                f.write(self.school.tickets[profile])
            return client.login.ticket

    def enter(self, honest):
        """Tickets for who attacks and who works, and for each who works a target."""
        self.school.start()
        for name, profile in (("inside", "cnlead"), ("revoked", "medical")):
            self.ticket(profile, self.at(name, "ticket"))
        for name in HONEST:
            self.ticket(name, os.path.join(self.school.top, name))
        kind = kinds.find("Target")
        with self.school.client("ta") as client:               # whom those see who see least
            pupils = [i for i, _, _ in client.all(kinds.find("Pupil"))]
        with self.school.client() as client:
            items = [wire.item(kind, -1 - n, pupil=pupils[n % len(pupils)], aim="to read a page aloud, %d" % n) for n in range(honest)]
            done = {d.temporary: d.id for d in client.put(*items).put.done}
        does = {name: self.may_edit(name, kind, done[-1]) for name in HONEST}
        with open(self.people, "w") as f:
            for n in range(honest):
                name = HONEST[n % len(HONEST)]
                f.write("%s %s %d %s\n" % (self.school.profile(name), os.path.join(self.school.top, name), done[-1 - n], does[name]))
        self.school.stop()

    def may_edit(self, name, kind, target):
        with self.school.client(name) as client:
            reply = client.put(wire.item(kind, target, 1, note="may I?"), check=False, dry_run=True)
            return "edit" if reply.outcome == wire.pb.OK else "read"

    def start(self, fault=None):
        for path in (self.revoke, self.turns.path):
            if os.path.exists(path):
                os.unlink(path)
        self.school.server = Server(self.school.directory, fault, self.revoke, self.turns.path)
        return self.school.server

    def withdraw(self):
        with open(self.revoke + ".new", "w") as f:
            f.write(self.fingerprint("revoked"))
        os.rename(self.revoke + ".new", self.revoke)

    # --- the siege ---

    def attackers(self, count, seconds, *sorts):
        return subprocess.Popen([os.path.join(FAULTS, "siege"), "%s:%d" % self.school.server.address, self.directory, str(count), str(seconds)] +
                                list(sorts), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=school.end_with_parent)

    @staticmethod
    def told(process, seconds):
        out, _ = process.communicate(timeout=seconds + 2 * wire.PATIENCE)
        if process.returncode != 0:
            raise AssertionError("the siege itself failed: %d" % process.returncode)
        return json.loads(out)
