"""What is asked while the daemon's resources fail, in groups of scenes: readings, tries of every kind of record, writings,
and what is neither; arrivals and talks are a few of these."""
import itertools
import unicodedata

import kinds
import nthwire_sweep as sweep
import wire
from nthwire_clients import Connecting, Leaving, Login, Logout, Pieces, Reading, Staging, Writing
from nthwire_watches import Looking, Telling, Watching


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
    """One field of one target, each time another value, which comes with its accents apart: to compose it takes memory."""

    def __init__(self, ground):
        self.id, _ = a_target(ground)

    def __call__(self, ground, n):
        before, version = read_target(ground, self.id)
        sent = "τιμη\u0301 %d" % n
        text = unicodedata.normalize("NFC", sent)

        def kept():
            now, is_now = read_target(ground, self.id)
            if (now.progress == text) != (is_now == version + 1) or is_now > version + 1:
                raise sweep.Bad("the target is %r, version %d after %d" % (now.progress, is_now, version))
            return now.progress == text
        return dict(put=wire.pb.Put(key=wire.key(), records=[item("Target", self.id, version, progress=sent)])), kept


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
