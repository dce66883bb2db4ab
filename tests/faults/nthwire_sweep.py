"""One scene again and again, with the 1st, 2nd, 3rd … resource failing: until it passes clean. After each the daemon must
be as it was: nothing in flight, no connection too many, its other connections as good as before.
"""
import ssl
import time

import nthwire_daemon
import kinds
import school
import wire

PATIENCE = 20         # seconds without an answer: it hangs
SOON = 0.4            # … while all that comes fails: then what fails is over, and the answer must come
ENOUGH = 8            # findings of one sweep
NEVER = 1 << 60
CLEAN = 3             # so many in a row without a failure: it passes clean, whatever the threads do
# What an answer may say of such a failure. E-IO: of one allocation the search index (SQLite's FTS5) says that it is damaged.
WEAK = {"E-NOMEM", "E-BUSY", "E-RETRY"}
WEAK_WRITING = WEAK | {"E-UNKNOWN", "E-IO"}


class Bad(Exception):
    """Something that must hold does not."""


class Answer:
    """To one request: a reply, or None when the connection ended instead."""

    def __init__(self, reply):
        self.reply = reply

    def ok(self):
        return self.reply is not None and self.reply.outcome == wire.pb.OK

    def demand_weak(self, weak=WEAK):
        """Not OK: then it says so as every error does."""
        if self.reply is None or self.ok():
            return
        problem = self.reply.problem
        if not (problem.code and problem.message and problem.hint):
            raise Bad("an error without code, sentence or hint: %s" % self.reply)
        if problem.code not in weak:
            raise Bad("an error that it is not: %s: %s (%s)" % (problem.code, problem.message, problem.hint))


class Ground:
    """The school, its daemon, and who is connected all the time."""

    def __init__(self, fault=None, pupils=16, patience=PATIENCE):
        wire.load()
        kinds.load()
        self.school = school.School(pupils=pupils)
        self.school.set_clock(school.TODAY + "T10:00")
        self.fault, self.patience, self.once = fault, patience, True
        self.start()

    def start(self):
        self.daemon = nthwire_daemon.Daemon(self.school, self.fault)
        self.tls = {}
        self.school.tickets.clear()
        self.healthy, self.others = self.client(), {}
        for name in ("teacher", "ta"):
            self.another(name)
        self.base = self.daemon.state()

    def context(self, name):
        if name not in self.tls:
            self.tls[name] = wire.context(self.school.profile(name))
        return self.tls[name]

    def connect(self, timeout=None, name="senco"):
        timeout = timeout or self.patience
        return wire.Client(self.school.server.address, self.school.profile(name), hello=False, tls=self.context(name), timeout=timeout)

    def client(self, name="senco"):
        return self.school.client(name, tls=self.context(name), timeout=self.patience)

    def another(self, name):
        """A connection of this person's that nothing fails for."""
        if name == "senco":
            return self.healthy
        if name not in self.others:
            self.others[name] = self.client(name)
        return self.others[name]

    def restart(self):
        """After a crash."""
        self.hang_up()
        self.daemon.close()
        self.school.server.kill()
        self.school.server = None
        self.start()

    def hang_up(self):
        for client in [self.healthy] + list(self.others.values()):
            client.close()

    def stop(self):
        self.hang_up()
        server = self.school.server
        said = server.said()
        self.school.stop()
        self.daemon.close()
        self.school.remove()
        return said

    def abandon(self):
        """At once, whatever state it is in."""
        self.hang_up()
        self.daemon.close()
        self.school.remove()

    def settled(self, sessions):
        """The daemon holds what it held before; nothing is in flight."""
        wanted = dict(sessions=self.base["sessions"] + sessions, strangers=0, requests=0, load=0)
        files = self.base["files"] + sessions      # or less: the store opens again what it had to close when it is next asked
        deadline = time.monotonic() + self.patience
        while True:
            state = self.daemon.state()
            wrong = {n: (state[n], w) for n, w in wanted.items() if state[n] != w}
            if state["files"] > files:
                wrong["files"] = (state["files"], files)
            if not wrong:
                return
            if time.monotonic() > deadline:
                raise Bad("it does not let go of: %s" % ", ".join("%s %d, not %d" % (n, h, w) for n, (h, w) in wrong.items()))
            time.sleep(0.005)

    def demand_health(self):
        for name in ["senco"] + list(self.others):
            try:
                self.another(name).ask(ping=wire.pb.Ping())
            except (wire.Gone, wire.Refused, OSError) as e:
                self.another(name).close()
                self.others.pop(name, None)
                if name == "senco":
                    self.healthy = self.client()
                raise Bad("another connection suffers: %s" % (e or "it waits in vain")) from None


def answer(client, id, ground):
    """What comes for a request that was sent; while all fails it may have to wait until that is over."""
    try:
        try:
            return Answer(client.wait(id, SOON))
        except TimeoutError:
            ground.daemon.ask("off")
            return Answer(client.wait(id, ground.patience))
    except (wire.Gone, ssl.SSLError, OSError) as e:
        if isinstance(e, TimeoutError):
            raise Bad("no answer, and the connection stays") from None
        return Answer(None)


class Sweep:
    """All points of one scene and one kind of failure, or about `sample` of them."""

    def __init__(self, ground, scene, what, mode, sample=None, enough=ENOUGH):
        self.ground, self.scene, self.what, self.mode = ground, scene, what, mode
        self.sample, self.step, self.first, self.enough = sample, 1, 1, enough
        self.points = self.counted = 0
        self.bad = []

    def choose(self):
        """Every so manieth, another first one for each scene."""
        self.point(NEVER)
        self.step = max(1, self.counted // self.sample)
        self.first = 1 + sum(self.scene.name.encode()) % self.step

    def point(self, nth):
        """One run."""
        ground, scene = self.ground, self.scene
        scene.prepare()
        ground.once = self.mode == "once"
        ground.daemon.ask("%s %d %s" % (self.what, nth, self.mode))
        got = None
        try:
            got = scene.act()
        finally:
            self.counted, self.failed = ground.daemon.off()
        scene.judge(got, self.failed)
        ground.demand_health()
        ground.settled(scene.connections())

    def run(self):
        if self.sample:
            self.choose()
        clean, nth = 0, self.first
        while clean < CLEAN and len(self.bad) < self.enough:
            self.try_point(nth)
            clean = 0 if self.failed else clean + 1
            self.points += 1
            nth += self.step if self.failed else 1
        return self

    def try_point(self, nth):
        """One run; what is found is noted."""
        self.failed = 1
        try:
            self.point(nth)
        except Bad as e:
            self.note(nth, str(e))
            self.scene.reset()
        except (nthwire_daemon.Crashed, ConnectionError, wire.Gone) as e:
            self.crashed(nth, e)

    def note(self, nth, text):
        self.bad.append((nth, text))
        print("BAD %s, %s %d %s: %s" % (self.scene.name, self.what, nth, self.mode, text.replace("\n", " ")[:300]), flush=True)
        if self.what in ("alloc", "piece any"):
            print(self.ground.daemon.where(), flush=True)

    def crashed(self, nth, e):
        server = self.ground.school.server
        try:
            code = server.process.wait(5)
        except Exception:
            raise e from None
        self.bad.append((nth, "crash"))
        print("BAD %s, %s %d %s: the daemon ended with %s" % (self.scene.name, self.what, nth, self.mode, code), flush=True)
        print(nthwire_daemon.trace(self.ground.daemon.lines()), flush=True)
        self.ground.restart()
        self.scene.reset()
