"""Ground for network.py: machines with bad links between them, and people in front of terminals.

begin() starts the test program again in a user namespace of its own, so nothing of this needs root.
build/faults/network_link makes the machines, network namespaces, and passes every packet between them: the near one,
where the daemon lives, and far ones.
"""
import atexit
import contextlib
import ctypes
import fcntl
import mmap
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire

LINK = os.path.join(wire.BUILD, "faults", "network_link")
SLOWDISK = os.path.join(wire.BUILD, "faults", "slowdisk.so")
NEAR = "10.77.0.1"
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def begin():
    """Starts this program again in namespaces of its own, where that can be; otherwise why() says why not."""
    if os.environ.get("SENDCO_NETWORK"):
        loopback()
        return
    for how in (["unshare", "-Urnm"], ["unshare", "-nm"]):
        done = subprocess.run(how + ["sh", "-c", ": <>/dev/net/tun"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode == 0:
            os.environ["SENDCO_NETWORK"] = "yes"
            os.execvp(how[0], how + [sys.executable] + sys.argv)
    os.environ["SENDCO_NETWORK"] = "no network namespaces here: " + (done.stderr.strip() or "exit %d" % done.returncode)


def loopback():
    """Switches on 127.0.0.1, which a new namespace has off."""
    up, get, set_, flags = 0x1, 0x8913, 0x8914, struct.Struct("16sh14x")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name, now = flags.unpack(fcntl.ioctl(control, get, flags.pack(b"lo", 0)))
        fcntl.ioctl(control, set_, flags.pack(name, now | up))


def why():
    """None, or why there is no bad link."""
    word = os.environ.get("SENDCO_NETWORK", "not begun")
    return None if word == "yes" else "skipped: " + word


class Machine:
    """A network namespace: whatever `with machine:` begins in this thread, sockets and programs, is on that machine."""

    def __init__(self, pid):
        self.name_space = os.open("/proc/%d/ns/net" % pid, os.O_RDONLY | os.O_CLOEXEC)
        self.own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def enter(self, where):
        if LIBC.setns(where, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def __enter__(self):
        self.enter(self.name_space)
        return self

    def __exit__(self, *_):
        self.enter(self.own)

    def close(self):
        os.close(self.name_space)
        os.close(self.own)


class Far(Machine):
    """A machine behind a bad link; good as it begins."""

    def __init__(self, pid, net, number):
        super().__init__(pid)
        self.net, self.number = net, number

    def say(self, *words):
        return self.net.say(self.number, *words)

    def bad(self, delay=0, permille=0, seed=1):
        """`delay`: milliseconds each way."""
        for words in (("up",), ("kbit", 0), ("seed", seed), ("delay", delay), ("loss", permille), ("zero",)):
            self.say(*words)

    def down(self):
        self.say("down")

    def up(self):
        self.say("up")

    def is_down(self):
        return self.say("look")["down"]


class Net:
    """The near machine and far ones, each with its own bad link to it."""

    def __init__(self, n):
        self.lock = threading.Lock()
        self.process = subprocess.Popen([LINK, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        preexec_fn=school.end_with_parent)
        words = self.process.stdout.readline().split()
        if words[:1] != ["ready"]:
            raise AssertionError("network_link did not begin")
        self.near = Machine(int(words[1]))
        self.far = [Far(int(pid), self, i) for i, pid in enumerate(words[2:])]

    def say(self, *words):
        with self.lock:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            line = self.process.stdout.readline().split()
        if not line or line[0] != "turns":
            raise AssertionError("network_link says %r" % line)
        return dict(turns=int(line[1]), there=int(line[3]), back=int(line[5]), lost=int(line[7]), down=line[8] == "down")

    def reboot(self):
        """The near machine loses power and is there again: of its connections it knows nothing."""
        self.near.close()
        with self.lock:
            self.process.stdin.write("reboot\n")
            self.near = Machine(int(self.process.stdout.readline().split()[1]))
        return self.near

    def close(self):
        for machine in [self.near] + self.far:
            machine.close()
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Server(school.Server):
    """The daemon on the near machine; its address is good for the far ones too."""

    def __init__(self, directory, machine=None, program=None, fault=None, port=0, disk=None):
        args = [program or school.SENDCOD, "serve", "--dir", directory, "--listen", "%s:%d" % (NEAR if machine else "127.0.0.1", port),
                "--handshakes-per-second", "10000"]
        env = dict(os.environ)
        if fault:
            env["SENDCO_FAULT"] = fault
        if disk:
            env.update(disk.environment())
        self.log = tempfile.TemporaryFile(mode="w+", errors="replace")
        with machine or contextlib.nullcontext():
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, env=env,
                                            preexec_fn=school.end_with_parent)
        self.address = self.listening()


class Disk:
    """How long the flushes of a program take, and how many there were: see slowdisk.c."""

    def __init__(self, directory, ms=0):
        handle, self.path = tempfile.mkstemp(prefix="disk-", dir=directory)
        os.write(handle, struct.pack("QQ", 0, ms))
        self.memory = mmap.mmap(handle, 16)
        os.close(handle)

    def environment(self):
        return {"LD_PRELOAD": SLOWDISK, "SENDCO_FLUSH": self.path, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}

    def flushes(self):
        return struct.unpack_from("Q", self.memory, 0)[0]

    def slow(self, ms):
        struct.pack_into("Q", self.memory, 8, ms)


class School(school.School):
    """A demo school on the near machine."""

    made = {}           # pupils: a directory to copy, for making a school takes longer

    def __init__(self, machine=None, pupils=40):
        self.machine = machine
        self.top = tempfile.mkdtemp(prefix="sendco-test-")
        self.directory = os.path.join(self.top, "school")
        self.server, self.tickets = None, {}
        shutil.copytree(self.make(pupils), self.directory)

    @classmethod
    def make(cls, pupils):
        if pupils in cls.made:
            return cls.made[pupils]
        top = tempfile.mkdtemp(prefix="sendco-test-")
        atexit.register(shutil.rmtree, top, True)
        cls.made[pupils] = os.path.join(top, "made")
        done = school.run([school.SENDCOD, "init", "--dir", cls.made[pupils], "--demo", "--pupils", str(pupils), "--seed", "7", "--today",
                           school.TODAY, "--host", NEAR], timeout=10 * wire.PATIENCE)
        if done.code != 0:
            raise AssertionError("init: " + str(done))
        return cls.made[pupils]

    def start(self, **more):
        self.server = Server(self.directory, self.machine, **more)
        return self.server

    def command(self, name, *args, server=None):
        made = super().command(name, *args)
        made[made.index("--server") + 1] = server or made[made.index("--server") + 1]
        return made

    def copy(self, name):
        """A profile of one's own, with its own ticket."""
        to = tempfile.mkdtemp(prefix="profile-", dir=self.top)
        shutil.copytree(self.profile(name), to, dirs_exist_ok=True)
        return to


class Screen:
    """A program on a terminal of its own, and what the person in front of it saw, and when."""

    def __init__(self, command, machine=None, env=None):
        self.began, self.ended = time.monotonic(), None
        self.seen = []              # [(seconds, text)]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("SENDCO_PROFILE", "SENDCO_SERVER", "XDG_"))}
        clean.update(TERM="xterm", PAGER="cat", COLUMNS="120", **(env or {}))
        with machine or contextlib.nullcontext():
            self.pid, self.fd = pty.fork()
            if self.pid == 0:
                try:
                    school.end_with_parent()
                    os.execve(command[0], command, clean)
                finally:
                    os._exit(127)
        self.code = None
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                break
            at = time.monotonic() - self.began
            if self.seen and at - self.seen[-1][0] < 0.05:      # written at once
                data = self.last + data
                at = self.seen.pop()[0]
            self.last = data
            self.seen.append((at, data.decode(errors="replace")))
        _, status = os.waitpid(self.pid, 0)
        self.ended = time.monotonic() - self.began
        self.code = os.waitstatus_to_exitcode(status)
        os.close(self.fd)

    def text(self):
        """What it wrote, without what moves the cursor or takes a line back."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "".join(t for _, t in list(self.seen))).replace("\r\n", "\n").replace("\r", "\n")

    def first(self):
        """After how many seconds it first said a word."""
        return self.seen[0][0] if self.seen else None

    def interrupt(self):
        os.write(self.fd, b"\x03")

    def wait(self, seconds):
        self.thread.join(seconds)
        if self.thread.is_alive():
            said = self.text()
            self.stop()
            raise AssertionError("no end within %d s; it says: %s" % (seconds, said))
        return self

    def stop(self):
        if self.code is None and self.thread.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            self.thread.join(5)

    def told(self):
        """[(seconds, line)] as they came: of a line of waiting that counts up only its beginning, what is long cut."""
        lines, before = [], None
        for at, text in list(self.seen):
            for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)):
                waiting = re.match(r"(.*: )\d+ s\. Ctrl-C ends$", line)
                if line.strip() and (not waiting or waiting.group(1) != before):
                    lines.append((at, line if len(line) < 200 else line[:200] + "…"))
                before = waiting.group(1) if waiting else before
        return lines

    def __str__(self):
        lines = self.told()
        more = "  …\n" if len(lines) > 12 else ""
        return "exit %s after %.1f s\n%s%s" % (self.code, self.ended or -1, "".join("  %5.1f s  %s\n" % line for line in lines[:12]), more)
