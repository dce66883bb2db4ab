"""What a client does while the daemon's resources fail, and what must come of it."""
import itertools
import time

import kinds
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


class Telling(Writing):
    """Two others watch while one changes something: each is told all of it in order, or that it must read again, or is gone."""

    def __init__(self, ground, name, make):
        super().__init__(ground, name, make)
        self.watchers = {}        # name: [client, the next seq to be told]

    def prepare(self):
        super().prepare()
        for who in ("senco", "teacher"):
            if who not in self.watchers:
                client = self.ground.client(who)
                seq = client.watch().seq
                self.watchers[who] = [client, seq + 1]
        for who in self.watchers:
            self.catch_up(who, False)

    def connections(self):
        return super().connections() + len(self.watchers)

    def reset(self):
        super().reset()
        for client, _ in getattr(self, "watchers", {}).values():
            client.close()
        self.watchers = {}

    def forget(self, who):
        self.watchers.pop(who)[0].close()

    def catch_up(self, who, may_end):
        """Up to the newest change."""
        client, start = self.watchers[who]
        newest = self.ground.healthy.ask(ping=wire.pb.Ping()).seq
        deadline = time.monotonic() + self.ground.patience
        while start <= newest:
            try:
                push = client.push(max(0.01, deadline - time.monotonic()))
            except TimeoutError:
                raise sweep.Bad("%s waits in vain to be told of change %d" % (who, start)) from None
            except wire.Gone:
                push = None
            if push is None or push.HasField("resync"):
                if not may_end:
                    raise sweep.Bad("%s: the watch ended though nothing had failed" % who)
                return False
            if not push.HasField("covers_to"):
                continue
            if push.covers_from != start or push.covers_to < start:
                raise sweep.Bad("%s is told of changes %d to %d where %d is next" % (who, push.covers_from, push.covers_to, start))
            start = start if push.more else push.covers_to + 1
        self.watchers[who][1] = start
        return True

    def judge(self, got, failed):
        super().judge(got, failed)
        for who in list(self.watchers):
            if not self.catch_up(who, failed > 0):
                self.forget(who)


class Watching(Scene):
    """A watch from long ago: all is told, or it ends."""

    def __init__(self, ground, name, who_is="senco"):
        super().__init__(ground, name, who_is)
        self.start = None

    def prepare(self):
        super().prepare()
        newest = self.client.ask(ping=wire.pb.Ping())
        self.epoch, self.newest = newest.epoch, newest.seq
        self.start = self.start or max(0, newest.seq - 40)

    def act(self):
        body = wire.pb.Watch(epoch=self.epoch)
        setattr(body, "from", self.start)
        return self.ask(watch=body)

    def judge(self, got, failed):
        if not got.ok():
            if not failed:
                raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
            got.demand_weak()
            return
        deadline, at = time.monotonic() + self.ground.patience, self.start + 1
        while at <= self.newest:
            try:
                push = self.client.push(max(0.01, deadline - time.monotonic()))
            except TimeoutError:
                raise sweep.Bad("told in vain to wait for change %d" % at) from None
            except wire.Gone:
                push = None
            if push is None or push.HasField("resync"):
                if not failed:
                    raise sweep.Bad("the watch ended though nothing had failed")
                break
            if not push.HasField("covers_to"):
                continue
            if push.covers_from != at:
                raise sweep.Bad("told of changes from %d where %d is next" % (push.covers_from, at))
            at = at if push.more else push.covers_to + 1
        else:
            self.client.ask(False, unwatch=wire.pb.Unwatch(watch=got.reply.watch.watch))
        self.reset()


class Looking(Scene):
    """Presence: one who watches sees it, or not; nothing else."""

    def __init__(self, ground, name, target):
        super().__init__(ground, name)
        self.target = target

    def act(self):
        return self.ask(presence=wire.pb.Presence(kind=number("Target"), id=self.target, field=4))

    def judge(self, got, failed):
        if not got.ok():
            if not failed:
                raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
            got.demand_weak()
        if self.client:
            self.client.ask(presence=wire.pb.Presence())


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


# --- what is asked ---

def number(name):
    return kinds.find(name).number


def tidy_who(reply):
    for person in reply.who.people:
        person.ClearField("since")
        if person.HasField("present"):
            person.present.ClearField("session")


def tidy_status(reply):
    for name in ("now", "started", "sessions", "wal_bytes", "database_bytes"):
        reply.status.ClearField(name)


def pages(ground):
    """A pupil with much about them, and a page to go on from."""
    client = ground.healthy
    report = client.report("map", by="pupil").report
    rows = [row for row in report.sections[0].rows if row.HasField("link")]
    return rows[0].link.id if rows else client.list(kinds.find("Pupil")).records.records[0].id


def reports(ground, pupil):
    pb = wire.pb
    text = shown_id("Pupil", pupil)
    asked = [("register", {}), ("register-compare", {"compare": "2024-10-03"}), ("pupil", {"pupil": text}), ("profile", {"pupil": text}),
             ("map", {}), ("impact", {}), ("gaps", {}), ("actions", {"all": "yes"}), ("changes", {"since": "2024-09-02"}), ("today", {})]
    for name, params in asked:
        made = [pb.ReportRequest.Param(name=n, value=v) for n, v in params.items()]
        yield "report " + name, dict(report=pb.ReportRequest(name=name.split("-")[0], params=made))


def shown_id(name, number):
    """The id as people write it."""
    kind, digits, check, left = kinds.find(name), "", 0, number
    while left:
        digits, left = kinds.CROCKFORD[left % 32] + digits, left // 32
    for shift in range(60, -1, -5):
        check ^= number >> shift & 31
        check = (check << 1 ^ (0x25 if check & 16 else 0)) & 31
    return "%s-%s%s" % (kind.options.prefix, digits.rjust(3, "0"), kinds.CROCKFORD[check ^ kind.number & 31])


def readings(ground):
    pb = wire.pb
    pupil = pages(ground)
    about = pb.About(kind=number("Pupil"), id=pupil)
    targets = ground.healthy.list(kinds.find("Target"), about=about).records.records
    target = targets[0].id if targets else ground.healthy.list(kinds.find("Target")).records.records[0].id
    first = ground.healthy.list(kinds.find("Attendance"), limit=20).records
    yield Reading(ground, "get", get=pb.Get(kind=number("Target"), id=target, labels=True))
    yield Reading(ground, "get as known", get=pb.Get(kind=number("Target"), id=target, labels=True, as_known=1731924000))
    yield Reading(ground, "list", list=pb.List(kind=number("Pupil"), labels=True))
    yield Reading(ground, "list about", list=pb.List(kind=number("Target"), about=about, labels=True))
    yield Reading(ground, "list in order", list=pb.List(kind=number("ProvisionMember"), order=[pb.Order(about=True)], labels=True, limit=20))
    yield Reading(ground, "list of a teacher", who_is="teacher", list=pb.List(kind=number("Target"), labels=True))
    yield Reading(ground, "next page", list=pb.List(kind=number("Attendance"), limit=20, page=first.next, labels=True))
    yield Reading(ground, "search", search=pb.Search(text="re"))
    yield Reading(ground, "history", history=pb.History(kind=number("Target"), id=target))
    yield Reading(ground, "who", tidy=tidy_who, who=pb.Who())
    yield Reading(ground, "status", tidy=tidy_status, status=pb.Status())
    yield Reading(ground, "ping", ping=pb.Ping())
    for name, body in reports(ground, pupil):
        yield Reading(ground, name, **body)
    for name, body in reports(ground, pupil):
        if name in ("report register", "report today", "report map"):
            yield Reading(ground, name + " of a teacher", who_is="teacher", **body)


# --- what is changed ---

def item(name, id, version=None, **fields):
    return wire.item(kinds.find(name), id, version, **fields)


numbers = itertools.count(1)


def fresh(text):
    """What no record holds yet."""
    return "%s %d" % (text, next(numbers))


def a_pupil(ground):
    """One whom the teacher sees."""
    return ground.another("teacher").list(kinds.find("Pupil"), limit=1).records.records[0].id


def a_target(ground):
    """A target of its own: (id, version)."""
    pupil = a_pupil(ground)
    made = ground.healthy.put(item("Target", -1, pupil=pupil, aim="Nth")).put.done
    return next((d.id, d.version) for d in made if d.temporary == -1)


def read_target(ground, id):
    return ground.healthy.read(kinds.find("Target"), id)


class Editing:
    """One field of one target, each time another value."""

    def __init__(self, ground):
        self.id, _ = a_target(ground)

    def __call__(self, ground, n):
        before, version = read_target(ground, self.id)
        text = "value %d" % n

        def kept():
            now, is_now = read_target(ground, self.id)
            if (now.progress == text) != (is_now == version + 1) or is_now > version + 1:
                raise sweep.Bad("the target is %r, version %d after %d" % (now.progress, is_now, version))
            return now.progress == text
        return dict(put=wire.pb.Put(key=wire.key(), records=[item("Target", self.id, version, progress=text)])), kept


class Merging(Editing):
    """The same beside what somebody else changed meanwhile."""

    def __call__(self, ground, n):
        _, base = read_target(ground, self.id)
        ground.healthy.edit(kinds.find("Target"), self.id, base, note="theirs %d" % n)
        text = "merged %d" % n

        def kept():
            now, _ = read_target(ground, self.id)
            if now.note != "theirs %d" % n:
                raise sweep.Bad("the merge lost what the other wrote")
            return now.progress == text
        return dict(put=wire.pb.Put(key=wire.key(), records=[item("Target", self.id, base, progress=text)])), kept


def adding(ground, n):
    """A plan with a target that refers to it."""
    pupil = a_pupil(ground)
    aim = fresh("Aim")
    plan = item("Plan", -1, pupil=pupil, template=template(ground), starts=kinds.days("2024-11-01") + n % 3, status=1)
    target = item("Target", -2, pupil=pupil, plan=-1, aim=aim)

    def kept():
        found = ground.healthy.list(kinds.find("Target"), [("aim", "EQ", aim)]).records.records
        if len(found) > 1:
            raise sweep.Bad("added %d times" % len(found))
        return bool(found)
    return dict(put=wire.pb.Put(key=wire.key(), records=[plan, target])), kept


def template(ground):
    kind = kinds.find("Plan")
    return kind.message.FromString(ground.healthy.list(kind, limit=1).records.records[0].body).template


def removing(ground, n):
    id, version = a_target(ground)

    def kept():
        return ground.healthy.get(kinds.find("Target"), id, check=False).outcome == wire.pb.NOT_FOUND
    return dict(remove=wire.pb.Remove(key=wire.key(), kind=number("Target"), id=id, version=version, reason="Nth")), kept


def undoing(ground, n):
    id, version = a_target(ground)
    ground.healthy.edit(kinds.find("Target"), id, version, note="to be taken back")

    def kept():
        return not read_target(ground, id)[0].note
    return dict(undo=wire.pb.Undo(key=wire.key(), kind=number("Target"), id=id)), kept


def staged(ground, n):
    """What was sent ahead, put."""
    pupil = a_pupil(ground)
    key, aim = wire.key(), fresh("Sent ahead")
    records = [item("Target", -1 - i, pupil=pupil, aim=aim) for i in range(3)]
    ground.healthy.ask(stage=wire.pb.Stage(key=key, part=0, records=records))

    def kept():
        found = ground.healthy.list(kinds.find("Target"), [("aim", "EQ", aim)]).records.records
        if len(found) not in (0, 3):
            raise sweep.Bad("%d of 3 were put" % len(found))
        return bool(found)
    return dict(put=wire.pb.Put(key=key, staged=True)), kept


def undoing_batch(ground, n):
    body, kept = staged(ground, n)
    batch = ground.healthy.ask(**body).put.batch
    return dict(undo=wire.pb.Undo(key=wire.key(), batch=batch)), lambda: not kept()


def writings(ground):
    yield Writing(ground, "put", Editing(ground))
    yield Writing(ground, "put that is merged", Merging(ground))
    yield Writing(ground, "put of two", adding)
    yield Writing(ground, "put of a TA", Editing(ground), "ta")
    yield Writing(ground, "remove", removing)
    yield Writing(ground, "undo", undoing)
    yield Writing(ground, "staged put", staged)
    yield Writing(ground, "undo of a batch", undoing_batch)
    yield Telling(ground, "pushes", Editing(ground))


def conflict(ground):
    id, version = a_target(ground)
    for i in range(2):
        version = ground.healthy.edit(kinds.find("Target"), id, version, progress="so %d" % i).put.done[0].version
    records = [item("Target", id, version - 1, progress="otherwise")]
    return Reading(ground, "conflict", put=wire.pb.Put(key=wire.key(), records=records))


def tries(ground):
    """Of every kind a record like the first, and the first changed: what the rules say to it, only tried."""
    pb = wire.pb
    for kind in kinds.load():
        found = ground.healthy.list(kind, check=False, limit=1)
        if found.outcome != pb.OK or not found.records.records:
            continue
        record = found.records.records[0]
        copy = pb.Record(kind=kind.number, id=-1, body=record.body)
        yield Reading(ground, "another " + kind.noun, put=pb.Put(dry_run=True, records=[copy]))
        same = pb.Record(kind=kind.number, id=record.id, version=record.version, body=changed(kind, record.body))
        yield Reading(ground, "changed " + kind.noun, put=pb.Put(dry_run=True, records=[same]))


def changed(kind, body):
    """Dates a week later, texts longer, numbers one more."""
    message = kind.message.FromString(body)
    update = kind.message()
    for field in kind.fields:
        options = field.options
        if options.fixed or options.codes or options.ref or not message.HasField(field.name) or field.as_ == "ENUM":
            continue
        value = getattr(message, field.name)
        if isinstance(value, str):
            value += "." if len(value) + 1 < field.longest() else ""
        elif isinstance(value, bool) or field.descriptor.enum_type:
            continue
        else:
            value += 7 if field.as_ == "DATE" else 1
        setattr(update, field.name, value)
    return update.SerializeToString()


def others(ground):
    pb = wire.pb
    pupil = a_pupil(ground)
    target, _ = a_target(ground)
    yield Connecting(ground, "connect, Hello, Resume")
    yield Login(ground, "login")
    yield Logout(ground, "logout")
    yield Watching(ground, "watch from long ago")
    yield Watching(ground, "watch of a teacher", "teacher")
    yield Looking(ground, "presence", target)
    yield Staging(ground, "stage", lambda: [item("Target", -1 - i, pupil=pupil, aim="Ahead") for i in range(3)])
    yield Pieces(ground, "frame in pieces", list=pb.List(kind=number("Pupil"), labels=True))
    yield Leaving(ground, "gone before the answer", report=pb.ReportRequest(name="map"))
    yield conflict(ground)


def arrivals(ground):
    yield Connecting(ground, "connect, Hello, Resume")


def talks(ground):
    """A few of all sorts."""
    yield from arrivals(ground)
    yield Reading(ground, "list", list=wire.pb.List(kind=number("Pupil"), labels=True))
    yield Pieces(ground, "frame in pieces", list=wire.pb.List(kind=number("Pupil"), labels=True))
    yield Leaving(ground, "gone before the answer", report=wire.pb.ReportRequest(name="map"))
    yield Telling(ground, "pushes", Editing(ground))
