"""The daemon whose memory, sockets and libuv fail on request (nthwire.c), and the line to it."""
import os
import re
import subprocess
import tempfile

import school
import wire

PROGRAM = os.path.join(wire.BUILD, "faults", "nthwire")


class Crashed(Exception):
    """The daemon is gone; says how."""


class Daemon:
    def __init__(self, made, fault=None):
        self.top = tempfile.mkdtemp(prefix="sendco-nthwire-")
        self.path = os.path.join(self.top, "control")
        for end in (".in", ".out"):
            os.mkfifo(self.path + end)
        os.environ["SENDCO_CONTROL"] = self.path
        try:
            self.server = made.start(PROGRAM, clock=made.clock, fault=fault)
        finally:
            del os.environ["SENDCO_CONTROL"]
        self.out = open(self.path + ".in", "w")
        self.come = open(self.path + ".out")
        self.said = 0

    def ask(self, line):
        try:
            self.out.write(line + "\n")
            self.out.flush()
            answer = self.come.readline()
        except OSError:
            answer = ""
        if not answer:
            raise Crashed()
        return answer.strip()

    def off(self):
        """(counted, failed) since it was armed."""
        return tuple(map(int, self.ask("off").split()))

    def state(self):
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", self.ask("state"))}

    def lines(self):
        """What it said on stderr since it was last asked."""
        text = self.server.said()
        new, self.said = text[self.said:], len(text)
        return new

    def where(self):
        """The calls that led to the failure, innermost first."""
        self.ask("where")
        return trace(self.lines())

    def close(self):
        for file in (self.out, self.come):
            try:
                file.close()
            except OSError:
                pass
        for end in (".in", ".out"):
            os.unlink(self.path + end)
        os.rmdir(self.top)


def trace(text):
    """Addresses within the program as functions and lines; the sanitizers' own words as they are."""
    found = re.findall(r"nthwire\(\+(0x[0-9a-f]+)\)", text)
    if not found:
        return text[-3000:]
    done = subprocess.run(["addr2line", "-fpe", PROGRAM] + found, capture_output=True, text=True)
    calls = [re.sub(r"/\S*/(?=\w+/\w+/)", "", line) for line in done.stdout.splitlines()]
    return "\n".join("      " + c for c in calls if not re.search(r"nth_alloc|nthwire", c))
