"""What a client does while the daemon's resources fail, and what must come of it. Whoever is told of changes is in
nthwire_watches.py; what they all ask, in nthwire_scenes.py."""
import time

import nthwire_sweep as sweep
import wire


class Scene:
    """One client on its own connection."""

    def __init__(self, ground, name, who="senco"):
        self.ground, self.name, self.who = ground, name, who
        self.client = None

    def prepare(self):
        if not self.client:
            self.client = self.ground.client(self.who)

    def reset(self):
        if self.client:
            self.client.close()
        self.client = None

    def connections(self):
        return 1 if self.client else 0

    def ask(self, **body):
        """Asks while things fail; a connection that ended is not used again."""
        got = sweep.answer(self.client, self.client.send(**body), self.ground)
        if got.reply is None:
            self.reset()
        return got


class Reading(Scene):
    """A question, or a change that is refused or only tried: the whole answer, as it is without failures, or none."""

    def __init__(self, ground, name, who_is="senco", tidy=None, **body):
        super().__init__(ground, name, who_is)
        self.body, self.tidy = body, tidy
        self.expected = None

    def plain(self, reply):
        for name in ("id", "seq", "epoch"):
            reply.ClearField(name)
        if self.tidy:
            self.tidy(reply)
        return reply.SerializeToString(deterministic=True)

    def prepare(self):
        super().prepare()
        if self.expected is None:
            self.expected = self.plain(self.client.ask(False, **self.body))
            if self.plain(self.client.ask(False, **self.body)) != self.expected:
                raise AssertionError("%s: the answer is another one each time" % self.name)

    def act(self):
        return self.ask(**self.body)

    def judge(self, got, failed):
        if got.reply is not None and self.plain(got.reply) == self.expected:
            return
        if got.ok():
            raise sweep.Bad("an answer that is not whole is told as whole: %s" % got.reply)
        if not failed:
            raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
        got.demand_weak(sweep.WEAK_WRITING if "put" in self.body else sweep.WEAK)


class Pieces(Reading):
    """The question comes in pieces."""

    def act(self):
        self.client.next_id += 1
        data = wire.pack(wire.pb.Frame(request=wire.pb.Request(id=self.client.next_id, **self.body)))
        try:
            for at in range(0, len(data), 1 + len(data) // 3):
                self.client.send_raw(data[at:at + 1 + len(data) // 3])
                time.sleep(0.002)
        except OSError:
            self.reset()
            return sweep.Answer(None)
        got = sweep.answer(self.client, self.client.next_id, self.ground)
        if got.reply is None:
            self.reset()
        return got


class Leaving(Scene):
    """Asks, and is gone before the answer."""

    def __init__(self, ground, name, **body):
        super().__init__(ground, name)
        self.body = body

    def act(self):
        self.client.send(**self.body)
        self.reset()

    def judge(self, got, failed):
        pass


class Connecting(Scene):
    """From nothing to a first answer."""

    def prepare(self):
        self.ticket = self.ground.school.tickets["senco"]

    def act(self):
        pb = wire.pb
        got = sweep.Answer(None)
        try:
            self.client = self.ground.connect(2)
            for body in (dict(hello=pb.Hello(protocol=1)), dict(resume=pb.Resume(ticket=self.ticket)), dict(ping=pb.Ping())):
                got = sweep.answer(self.client, self.client.send(**body), self.ground)
                if not got.ok():
                    break
        except TimeoutError:
            if self.ground.once:
                raise sweep.Bad("the connection hangs in the handshake") from None
        except (OSError, wire.Gone):
            got = sweep.Answer(None)
        return got

    def judge(self, got, failed):
        if not failed and not got.ok():
            raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
        got.demand_weak()
        self.reset()


class Login(Scene):
    """By password; whatever became of the first try, the next one succeeds."""

    def prepare(self):
        if not self.client:
            self.client = self.ground.connect()
            self.client.ask(hello=wire.pb.Hello(protocol=1))
            with open(self.ground.school.profile("senco") + "/password") as f:
                self.password = f.read().strip()

    def act(self):
        return self.ask(login=wire.pb.Login(password=self.password))

    def judge(self, got, failed):
        if not got.ok():
            if not failed:
                raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
            got.demand_weak()
            got = self.again()
            if not got.ok():
                raise sweep.Bad("the next try: %s" % got.reply)
        with self.ground.connect() as other:
            other.ask(hello=wire.pb.Hello(protocol=1))
            other.resume(got.reply.login.ticket)
        self.reset()


    def again(self):
        """A try that nobody waits for any more may still be looked at: then it is said, and one waits."""
        deadline = time.monotonic() + 5
        while True:
            self.prepare()
            got = sweep.Answer(self.client.ask(False, login=wire.pb.Login(password=self.password)))
            if got.ok() or got.reply.problem.code != "E-BUSY" or time.monotonic() > deadline:
                return got
            time.sleep(0.05)


class Logout(Login):
    """What was given back opens nothing any more, whatever the answer was lost to."""

    def prepare(self):
        super().prepare()
        self.ticket = self.client.ask(login=wire.pb.Login(password=self.password)).login.ticket

    def act(self):
        return self.ask(logout=wire.pb.Logout())

    def judge(self, got, failed):
        if not got.ok() and not failed:
            raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
        got.demand_weak()
        with self.ground.connect() as other:
            other.ask(hello=wire.pb.Hello(protocol=1))
            again = other.ask(False, resume=wire.pb.Resume(ticket=self.ticket))
            if got.ok() and again.outcome == wire.pb.OK:
                raise sweep.Bad("the ticket lives on though the logout was answered")
        self.reset()


class Writing(Scene):
    """A change: kept once, or not at all, as the answer says; the same again under its key settles it."""

    def __init__(self, ground, name, make, who_is="senco"):
        super().__init__(ground, name, who_is)
        self.make = make          # (ground, n) -> (body, kept): the request, and whether what is there now has it
        self.n, self.shape = 0, None

    def form(self, reply):
        """The answer but for ids, versions and times."""
        put = reply.put
        return [(d.kind, d.temporary, d.action, d.caused) for d in put.done], [(m.kind, m.field, m.who) for m in put.merged], \
            [(w.kind, w.field, w.message) for w in put.warnings], [(d.kind, d.action) for d in put.skipped]

    def prepare(self):
        super().prepare()
        if self.shape is None:
            self.n += 1
            body, _ = self.make(self.ground, self.n)
            self.shape = self.form(self.client.ask(**body))
        self.n += 1
        self.body, self.kept = self.make(self.ground, self.n)

    def act(self):
        return self.ask(**self.body)

    def judge(self, got, failed):
        kept = self.kept()
        if got.ok():
            if not kept:
                raise sweep.Bad("OK for a change that was not kept")
            if self.form(got.reply) != self.shape:
                raise sweep.Bad("an answer that is not whole is told as whole: %s" % got.reply)
        elif not failed:
            raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
        elif got.reply is not None:
            got.demand_weak(sweep.WEAK_WRITING)
            if kept and got.reply.problem.code != "E-UNKNOWN":
                raise sweep.Bad("refused, and yet it was kept: %s" % got.reply)
        again = self.ground.another(self.who).ask(False, **self.body)
        if again.outcome != wire.pb.OK:
            raise sweep.Bad("the same again under its key: %s" % again)
        if again.put.replayed != kept:
            raise sweep.Bad("replayed is told as %s, and it was %s" % (again.put.replayed, kept))
        # warnings are not kept with the key
        if self.form(again)[:2] != self.shape[:2] or (self.form(again) != self.shape and not kept):
            raise sweep.Bad("the same again tells something else: %s" % again)
        if not self.kept():
            raise sweep.Bad("in the end it was not kept once")


class Staging(Scene):
    """A part sent ahead is there or not; sent again and put, it is there once."""

    def __init__(self, ground, name, make):
        super().__init__(ground, name)
        self.make = make

    def prepare(self):
        super().prepare()
        self.key, self.records = wire.key(), self.make()

    def act(self):
        return self.ask(stage=wire.pb.Stage(key=self.key, part=0, records=self.records))

    def judge(self, got, failed):
        if got.ok():
            if got.reply.stage.records != len(self.records):
                raise sweep.Bad("another number of records: %s" % got.reply)
        elif not failed:
            raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
        else:
            got.demand_weak()
        again = self.ground.healthy.ask(False, stage=wire.pb.Stage(key=self.key, part=0, records=self.records))
        if again.outcome != wire.pb.OK or again.stage.records != len(self.records):
            raise sweep.Bad("the same part again: %s" % again)
        done = self.ground.healthy.ask(False, put=wire.pb.Put(key=self.key, staged=True, dry_run=True))
        if done.outcome != wire.pb.OK or len([d for d in done.put.done if not d.caused]) != len(self.records):
            raise sweep.Bad("what was sent ahead cannot be put: %s" % done)
