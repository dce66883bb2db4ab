#!/usr/bin/env python3
"""Writes the seeds of tests/fuzz/seeds/ anew: invented messages, rolls and words that reach far, for the fuzzers to begin with.

    SENDCO_BUILD=DIR tests/fuzz/seeds.py

The same every time. Files that it does not write, such as inputs that once broke something, stay as they are.
"""
import os
import random
import re
import struct
import sys

from google.protobuf import descriptor_pb2

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import kinds
import seeds_stories
import wire

RAW, WAIT, ANEW, TORN, LATER, SLOWLY = 4, 8, 16, 32, 64, 128
TODAY = 20780
LEAD, STRANGE = 1, 129      # the SENDCO first
REPORTS = {
    "register": [{}, {"class": "3B", "status": "K,E"}, {"compare": "2026-09-01"}, {"need": "SLCN", "year": "3"}],
    "pupil": [{"pupil": "1"}, {"pupil": "PUP-0011"}],
    "profile": [{"pupil": "1"}],
    "map": [{}, {"by": "pupil"}, {"by": "class", "cost": "yes"}, {"by": "year"}, {"by": "need"}, {"by": "staff"}, {"by": "school"}],
    "impact": [{}, {"layer": "TARGETED", "from": "2025-09-01", "to": "2026-11-01"}],
    "gaps": [{}, {"class": "3B"}],
    "actions": [{}, {"all": "yes", "mine": "yes"}, {"overdue": "yes", "pupil": "1"}],
    "changes": [{}, {"since": "#5", "limit": "3"}, {"since": "2026-11-01", "kind": "target", "who": "1"}],
    "today": [{}, {"all": "yes"}, {"staff": "4"}],
}


def item(data, how=0):
    return bytes([how]) + struct.pack(">I", len(data))[1:] + data


def write(target, name, data):
    directory = os.path.join(HERE, "seeds", target)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as f:
        f.write(data)


def request(id, **body):
    frame = wire.pb.Frame()
    frame.request.id = id
    for name, message in body.items():
        getattr(frame.request, name).SetInParent()
        getattr(frame.request, name).CopyFrom(message)
    return frame.SerializeToString()


def key(number):
    return bytes([number]) * 16


def codes(name):
    """The codes of a list, as proto/records/ has them."""
    records = os.path.join(HERE, "..", "..", "proto", "records")
    for path in sorted(os.listdir(records)):
        with open(os.path.join(records, path), encoding="utf-8") as f:
            for listed in f.read().split("option (list) = {")[1:]:
                if 'name: "%s"' % name in listed:
                    return re.findall(r'code: "([^"]+)"', listed.split("};")[0])
    raise KeyError(name)


def sample(kind, chance):
    """A message of that kind, most fields set, references small numbers."""
    message = kind.message()
    for field in kind.fields:
        d = field.descriptor
        if chance.random() < 0.2 and not field.options.required:
            continue
        if field.as_ == "UPN":
            continue
        if field.options.codes:
            value = chance.choice(codes(field.options.codes))
        elif d.type == d.TYPE_STRING:
            value = "Reads ten words"[:field.longest() or 15]
        elif d.type == d.TYPE_ENUM:
            value = d.enum_type.values[chance.randrange(len(d.enum_type.values))].number
        elif d.type == d.TYPE_BOOL:
            value = True
        elif d.type == d.TYPE_SINT32:
            value = TODAY - 30 + d.number
        else:
            value = max(field.options.min, 1 + chance.randrange(4))
        setattr(message, d.name, value)
    return message


def record(number, message, id=-1, version=None):
    made = wire.pb.Record(kind=number, id=id, body=message.SerializeToString())
    if version:
        made.version = version
    return made


def put(number, *records, **more):
    return wire.pb.Put(key=key(number), records=records, **more)


def messages(chance):
    pb = wire.pb
    numbers = {k.name: k.number for k in kinds.load()}
    pupil, target, status = numbers["Pupil"], numbers["Target"], numbers["SenStatus"]
    child = kinds.find("Pupil").message(surname="Ashdown", forename="Temi", born=17266)
    add = request(1, put=put(1, record(pupil, child)))
    edit = request(2, put=put(2, pb.Record(kind=pupil, id=1, version=1, body=kinds.find("Pupil").message(known_as="Tim").SerializeToString(),
                                            cleared=[3 + 3])))
    everyone = [
        ("get", request(1, get=pb.Get(kind=pupil, id=1, labels=True)) , request(2, get=pb.Get(kind=target, id=1, as_known=1700000000))),
        ("list", request(1, list=pb.List(kind=pupil, labels=True, limit=3)), request(2, list=pb.List(kind=status, as_at=TODAY, order=[pb.Order(about=True)]))),
        ("search", request(1, search=pb.Search(text="ash", limit=5)), request(2, search=pb.Search(text="reads", kinds=[target]))),
        ("history", request(1, history=pb.History(kind=pupil, id=1)), request(2, history=pb.History(kind=target, id=2))),
        ("put", add, edit, request(3, put=put(1, record(pupil, child)))),
        ("remove", add, request(2, remove=pb.Remove(key=key(3), kind=target, id=1, version=1, reason="twice")),
         request(3, undo=pb.Undo(key=key(4), kind=target, id=1))),
        ("stage", request(1, stage=pb.Stage(key=key(5), part=0, records=[record(pupil, child)])),
         request(2, stage=pb.Stage(key=key(5), part=1, records=[record(pupil, child, -2)])),
         request(3, put=pb.Put(key=key(5), staged=True, dry_run=True)), request(4, put=pb.Put(key=key(5), staged=True)),
         request(5, undo=pb.Undo(key=key(6), batch=1))),
        ("watch", request(1, watch=pb.Watch()), request(2, watch=pb.Watch(kinds=[pupil], **{"from": 1})), add,
         request(4, unwatch=pb.Unwatch(watch=1)), request(5, presence=pb.Presence(kind=pupil, id=1, field=1))),
        ("who", request(1, who=pb.Who()), request(2, status=pb.Status()), request(3, ping=pb.Ping()), request(4, logout=pb.Logout()),
         request(5, who=pb.Who())),
        ("conflict", edit, request(3, put=put(7, pb.Record(kind=pupil, id=1, version=1,
                                                           body=kinds.find("Pupil").message(known_as="Jo").SerializeToString())))),
    ]
    param = pb.ReportRequest.Param
    born = pb.Record(kind=pupil, id=1, version=1, body=kinds.find("Pupil").message(born=17300).SerializeToString())
    everyone.append(("merge", edit, request(3, put=put(8, born)), request(4, undo=pb.Undo(key=key(9), kind=pupil, id=1)),
                     request(5, undo=pb.Undo(key=key(10), kind=pupil, id=1, version=2))))
    for name, params in REPORTS.items():
        everyone.append(("report-" + name, *[request(2 + i, report=pb.ReportRequest(name=name, params=[param(name=n, value=v) for n, v in given.items()]))
                                             for i, given in enumerate(params)],
                         request(8, report=pb.ReportRequest(name=name, params=[param(name=n, value=v) for n, v in params[0].items()], why="1:1")),
                         request(9, report=pb.ReportRequest(name=name, params=[param(name=n, value=v) for n, v in params[0].items()],
                                                            as_at=TODAY - 100, as_known=1790000000))))
    for i in range(0, len(numbers), 3):
        some = kinds.load()[i:i + 3]
        everyone.append(("kinds-%02d" % i, *[request(1 + n, put=put(1 + n, record(kind.number, sample(kind, chance))))
                                             for n, kind in enumerate(some * 3)]))
    return everyone


def write_messages(chance):
    pb = wire.pb
    for name, *sent in messages(chance):
        data = bytes([LEAD]) + b"".join(item(s, WAIT) for s in sent)
        write("session", name, data)
        if not name.startswith("report") or name == "report-register":
            write("frame", name, b"\0" + data[1:])
    told = 777      # what was told last
    def of(kind, number, **fields):
        return pb.Record(kind=kind.number, id=told, version=told, body=kind.message(**fields).SerializeToString())
    pupil, target = kinds.find("Pupil"), kinds.find("Target")
    again = [request(40, get=pb.Get(kind=1, id=told, labels=True)), request(41, history=pb.History(kind=1, id=told)),
             request(42, put=put(70, of(pupil, 1, known_as="Addy"), of(pupil, 1, year="4"), seen=told)),
             request(43, undo=pb.Undo(key=key(71), kind=1, id=told, version=told)), request(44, undo=pb.Undo(key=key(72), kind=1, id=told)),
             request(45, remove=pb.Remove(key=key(73), kind=1, id=told, version=told, reason="twice")),
             request(46, get=pb.Get(kind=1, id=told)), request(47, undo=pb.Undo(key=key(74), kind=1, id=told)),
             request(48, undo=pb.Undo(key=key(75), batch=told, dry_run=True)), request(49, undo=pb.Undo(key=key(76), batch=told)),
             request(50, undo=pb.Undo(key=key(77), batch=told)), request(51, undo=pb.Undo(key=key(77), batch=told)),
             request(52, put=pb.Put(key=key(78), records=[pb.Record(kind=1, id=told, version=told, removed=False)]))]
    new = record(1, pupil.message(surname="Told", born=17266))
    staged = [request(60, stage=pb.Stage(key=key(80), part=0, records=[new, record(1, pupil.message(surname="Two", born=17267), -2)])),
              request(61, put=pb.Put(key=key(80), staged=True))]
    write("session", "told", bytes([LEAD]) + b"".join(item(s, WAIT) for s in [request(39, put=put(69, new)), *again]))
    write("session", "told-staged", bytes([LEAD]) + b"".join(item(s, WAIT) for s in [*staged, *again[6:]]))
    stories = seeds_stories.seeds()
    for name, sent in stories:
        if name.count("-") == 1:
            gone = [request(80 + kind.number, remove=pb.Remove(key=key(80 + kind.number), kind=kind.number, id=told, version=told))
                    for kind in reversed(kinds.load()) if kind.name not in ("Pupil", "Staff")]
            write("session", name + "-undone", bytes([LEAD]) + b"".join(
                item(s, WAIT) for s in [sent[0], request(70, undo=pb.Undo(key=key(90), batch=told)),
                                        request(71, undo=pb.Undo(key=key(91), batch=told))]))
            write("session", name + "-removed", bytes([LEAD]) + b"".join(item(s, WAIT) for s in [sent[0], *gone]))
    pages = [request(1 + i, list=pb.List(kind=1, limit=3, labels=True, order=[pb.Order(field=2)], page=b"p" if i else None)) for i in range(8)]
    write("session", "pages", bytes([LEAD]) + b"".join(item(s, WAIT) for s in pages))
    watched = [request(1, watch=pb.Watch()), request(2, watch=pb.Watch(**{"from": told})), request(3, put=put(69, new)),
               request(4, watch=pb.Watch(about=pb.About(kind=1, id=1))), request(5, unwatch=pb.Unwatch(watch=told)), again[2], again[5],
               request(6, watch=pb.Watch(kinds=[1], **{"from": 3, "epoch": 9}))]
    write("session", "watched", bytes([LEAD]) + b"".join(item(s, WAIT) for s in watched))
    for lead in range(3):
        write("session", "watched-all-%d" % lead, bytes([lead]) + b"".join(item(watched[0], who | WAIT) for who in range(4)) + b"".join(
            item(s, who | WAIT) for who, s in enumerate(stories[0][1][:1] + watched[2:4] + again[2:3])) + b"".join(
            item(watched[1], who | (SLOWLY if who == 2 else 0)) for who in range(4)) + item(again[5], WAIT) + item(again[7], WAIT))
    for name, sent in stories:
        write("session", name, bytes([LEAD]) + b"".join(item(s, WAIT) for s in sent))
    hello = request(1, hello=pb.Hello(protocol=1, client="sendco 1.0", schema=1))
    login = request(2, login=pb.Login(password="right"))
    wrong = request(3, login=pb.Login(password="wrong"))
    resume = request(4, resume=pb.Resume(ticket=b"\x51" * 32))
    write("session", "login", bytes([STRANGE]) + b"".join(item(s, WAIT) for s in (hello, login, resume, wrong, wrong, login)))
    write("session", "early", bytes([STRANGE]) + item(login) + item(hello, 1) + item(request(2, who=pb.Who()), 1))
    write("session", "ended", bytes([LEAD]) + item(request(1, watch=pb.Watch())) + item(request(2, who=pb.Who()), LATER | WAIT) + item(login, WAIT))
    half = struct.pack(">I", 40)
    write("session", "half", bytes([LEAD]) + item(half, RAW) + item(b"", RAW | LATER) + item(b"", RAW | LATER | WAIT) + item(login, ANEW | WAIT))
    write("session", "nobody", bytes([STRANGE]) + item(hello, WAIT) + item(b"", RAW | LATER) + item(b"", RAW | LATER) + item(login, WAIT))
    write("session", "silent", bytes([LEAD]) + item(login, WAIT) + item(b"", RAW | LATER) * 8 + item(login, WAIT))
    write("session", "stuck", bytes([LEAD]) + item(login, WAIT | SLOWLY) + item(request(1, watch=pb.Watch())) + item(b"", RAW | LATER) * 8)
    flood = [request(1 + i, ping=pb.Ping()) for i in range(300)]
    write("session", "flood", bytes([LEAD]) + item(b"".join(struct.pack(">I", len(f)) + f for f in flood), RAW | WAIT) + item(flood[0], 1 | WAIT))
    four = [request(1, watch=pb.Watch()), request(2, presence=pb.Presence(kind=1, id=1))]
    add = messages(chance)[4][1]
    write("session", "four", bytes([LEAD]) + b"".join(item(s, who) for who in range(4) for s in four) + item(add, WAIT | TORN)
          + item(four[1], SLOWLY | 1) + item(add, ANEW | WAIT) + item(add, 2 | WAIT))
    raw = struct.pack(">I", len(add)) + add
    write("frame", "raw", bytes([1]) + item(raw[:7], RAW) + item(raw[7:], RAW | TORN) + item(b"\0\0\0\0", RAW))
    write("frame", "torn", b"\0" + item(raw[:-2], RAW) + item(raw[-2:] + raw[:2], RAW) + item(raw[2:], RAW))
    reply = pb.Frame()
    reply.reply.id = 1
    reply.reply.outcome = 2
    reply.reply.problem.fields.add(kind=1, id=3, field=2, who="Nerys").theirs.text = "Ten"
    reply.reply.records.records.add(kind=1, id=1, body=kinds.find("Pupil").message(surname="A", born=1).SerializeToString(), withheld=[6, 7])
    write("frame", "reply", bytes([2]) + item(reply.SerializeToString()))


def wrong(kind, how):
    """A message of that kind, every number wrong in its way, and its first short text or all: too small, too large, ill written."""
    message, texts = kind.message(), 0
    for field in kind.fields:
        d = field.descriptor
        longest = field.longest()
        if d.type == d.TYPE_STRING and (how == 3 or (longest < 1000 and not texts)):
            texts += 1
            value = ["two\nlines", "a" * (longest + 1), "e\u0301" * (longest + 3), "\tand a tab", "e\u0301" * min(90, 4 * longest + 4)][how]
        elif d.type in (d.TYPE_STRING, d.TYPE_ENUM):
            continue
        elif d.type == d.TYPE_BOOL:
            value = False
        else:
            value = [-2**31, 2**31 - 1, 0, -1, 2**31 - 2][how]
        setattr(message, d.name, value)
    return message


BLANK = ["\u00a0A\u2028", "\u3000A\u2029", "\ufeffA\u200b", "\r\n", "A ", "\tA\n", "\u0300", "A\u0323\u0307e\u0301", "\u1e0d\u0307 ",
         "e" + "\u0301" * 31, "\u0958", "\u1100\u1161", "\u00a0", "x\u00a0", "\u0301A\u2003", "\U0001f600\u00a0", "\u05d0\u00a0"]
UPNS = ["H801200001001", "I801200001001", "\u00c9801200001001", "A80120000100A", "A80120000100I", "A8012X0001001", "a801200001001", "A801200001"]


def temporary_upn():
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    twelve = "80120000100A"
    total = sum((i + 2) * (letters.index(c) if c in letters else int(c)) for i, c in enumerate(twelve))
    return letters[total % 23] + twelve


def stretched(message, size, unit):
    return item(struct.pack(">I", size)[1:] + bytes([unit - 1]) + message, LATER)


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def within(size, *tags):
    """The heads of messages in each other, the innermost of that size; a request has an id."""
    heads = b""
    for tag in reversed(tags):
        heads = bytes([tag << 3 | 2]) + varint(size + len(heads)) + heads
        if tag != 1:
            heads = b"\x08\x01" + heads
    return heads


def write_long():
    for name, size in (("long-text", 65536), ("long-text-too", 65537)):
        head = within(len(varint(size)) + 1 + size, 1, 8) + b"\x0a" + varint(size) + b"aa"
        write("frame", name, b"\0" + stretched(head, len(head) - 2 + size, 1))
    for name, first, n in (("fields", b"\0", 4090), ("fields-too-many", b"\0", 4100), ("fields-lax", b"\2", 65530),
                           ("fields-lax-too-many", b"\2", 65540)):
        head = within(2 * n, 1, 7) + b"\x32\0"
        write("frame", name, first + stretched(head, len(head) - 2 + 2 * n, 2))
    body = b"\x0a" + varint(20000) + b"e\xcc\x81"        # a surname, three bytes a letter
    size = 20000 + len(body) - 3
    record = b"\x08\x01\x10\x01\x22" + varint(size) + body
    head = within(len(record) - 3 + 20000 + 1 + len(varint(len(record) - 3 + 20000)), 1, 11)
    head += b"\x12" + varint(len(record) - 3 + 20000) + record
    write("frame", "long-name", b"\0" + stretched(head, len(head) - 3 + 20000, 3))
    head = within(2 + len(varint(60000)) + 60000 - 1, 1, 4) + b"\x0a" + varint(60000) + b"aa"
    write("frame", "long-ticket", b"\0" + stretched(head, len(head) - 2 + 60000, 1))


def write_wrong():
    pb = wire.pb
    listed = kinds.load()
    for how in range(5):
        for part in range(2):
            sent = [request(1 + i, put=put(1, record(kind.number, wrong(kind, how)))) for i, kind in enumerate(listed[part::2])]
            write("frame", "wrong-%d-%d" % (how, part), b"\0" + b"".join(map(item, sent)))
    pupil = kinds.find("Pupil")
    names = [request(1, put=put(1, record(pupil.number, pupil.message(surname=text, forename="A" + text, upn=UPNS[i % len(UPNS)]))))
             for i, text in enumerate(BLANK)]
    names += [request(1, put=put(1, record(pupil.number, pupil.message(upn=upn, former_upn=UPNS[2])))) for upn in [*UPNS, temporary_upn()]]
    write("frame", "blanks", b"\0" + b"".join(map(item, names)))
    for scarce in (3, 7, 11, 15, 22, 40):
        write("frame", "scarce-%02d" % scarce, bytes([scarce << 2]) + b"".join(map(item, names[::scarce])))
        sent = [request(1 + i, put=put(1, record(kind.number, sample(kind, random.Random(scarce))))) for i, kind in enumerate(listed[:8])]
        write("frame", "scarce-%02d-kinds" % scarce, bytes([scarce << 2]) + b"".join(map(item, sent)))
    where = [pb.Condition(field=1, op=3, value=pb.Value(number=1)), pb.Condition(field=4, op=9, value=pb.Value(number=1)),
             pb.Condition(field=1, op=9, value=pb.Value(text="a" * 90)), pb.Condition(field=4, op=1, value=pb.Value(text="a"))]
    where += [pb.Condition(field=1, op=op) for op in (1, 2, 3, 7, 8)]
    asked = [pb.List(kind=1, where=[w]) for w in where] + [pb.List(kind=1, where=where[2:3] * 17), pb.List(kind=1, order=[pb.Order()] * 5)]
    for scarce in (0, 2, 5):
        write("frame", "asked-%d" % scarce, bytes([scarce << 2]) + b"".join(item(request(1, list=a)) for a in asked))
    twice = pb.Put(key=key(1), records=[record(pupil.number, pupil.message(surname="A", born=1)), record(pupil.number, pupil.message(forename="A")),
                                        record(pupil.number, pupil.message(surname="B", born=2))])
    bodies = [b"\x0a\x05ab", b"\x0b\x0c", b"\x0a\x01a\x0a\x01b", b"\x0a\x02\xff\xfe", b"\xff" * 9, b"\x20\x80", b"\x0a\x03a\0b", b"\xa2\x1f\x01a",
              b"\x21" + b"\0" * 8, b"\x12\x80\x80\x80\x80\x80\x01"]
    write("frame", "bodies", b"\0" + b"".join(item(request(1, put=put(1, pb.Record(kind=1, id=-1, body=b)))) for b in bodies))
    write("frame", "compared", b"\0" + item(request(1, put=twice)))


def write_other():
    """Messages of descriptor.proto: within themselves, with fields that must be there, with doubles."""
    made = descriptor_pb2.FileDescriptorProto(name="a.proto", public_dependency=[1, 2])
    made.options.uninterpreted_option.add(double_value=1.5, string_value=b"a").name.add(name_part="a", is_extension=True)
    made.source_code_info.location.add(path=[1, 2, 3], span=[4])
    lacks = descriptor_pb2.FileDescriptorProto()
    lacks.options.uninterpreted_option.add().name.add(name_part="a")
    inner = made.message_type.add(name="A")
    for deep in range(5):
        write("frame", "other-%d" % deep, bytes([deep % 2 * 24]) + item(made.SerializeToString(), ANEW))
        inner = inner.nested_type.add(name="B").nested_type.add(name="C")
    write("frame", "other-lacks", b"\0" + item(lacks.SerializePartialToString(), ANEW) + item(lacks.SerializePartialToString() * 2, ANEW))


def write_lists():
    pb = wire.pb
    numbers = {k.name: k.number for k in kinds.load()}
    where = [pb.Condition(field=1, op=9, value=pb.Value(text="a")), pb.Condition(field=4, op=3, value=pb.Value(number=17500))]
    for i in range(0, len(numbers), 4):
        lists = []
        for number in list(numbers.values())[i:i + 4]:
            lists += [pb.List(kind=number, limit=2), pb.List(kind=number, order=[pb.Order(field=2, descending=True), pb.Order(about=True)], limit=3)]
        write("list", "kinds-%02d" % i, b"\x07" + b"".join(item(m.SerializeToString()) for m in lists))
    for i, kind in enumerate(kinds.load()):
        asked = [pb.List(kind=kind.number, about=pb.About(kind=numbers[of], id=1 + i % 3), limit=3, as_at=TODAY if i % 2 else None)
                 for of in ("Pupil", "SchoolClass", "Staff", "Provision")]
        asked += [pb.List(kind=kind.number, order=[pb.Order(field=f.number, descending=f.number % 2 == 0)], limit=4) for f in kind.fields[:4]]
        write("list", "about-%02d" % i, bytes([7 if i % 2 else (i % 7) | i % 32 << 3]) + b"".join(item(a.SerializeToString()) for a in asked))
    texts = [pb.Condition(field=1, op=op, value=pb.Value(text="K" if op % 2 else "m")) for op in (1, 2, 3, 4, 5, 6, 9)]
    write("list", "texts", b"\x07" + b"".join(item(pb.List(kind=1, where=[t], limit=5).SerializeToString()) for t in texts))
    write("list", "long", b"\x07" + item(pb.List(kind=1, where=texts[:1] * 17).SerializeToString()) + item(pb.List(
        kind=1, where=texts[:4] * 4, as_known=1790000000, order=[pb.Order(field=f) for f in (1, 2, 3, 4)], limit=1).SerializeToString()))
    patches = [b"\0", b"\0" * 8 + b"\1", b"\0" * 9 + b"\xff", b"\0" * 16 + b"\xff", b"\0" * 17 + b"\xff", b"\0" * 18 + b"\xff\xff"]
    for i, order in enumerate(([], [pb.Order(field=2)], [pb.Order(field=3, descending=True), pb.Order(about=True)])):
        write("list", "patched-%d" % i, b"\x07" + b"".join(
            item(pb.List(kind=1, order=order, limit=2, page=p).SerializeToString(), LATER) for p in patches))
    lists = [pb.List(kind=1, where=where, removed=True), pb.List(kind=1, order=[pb.Order()], limit=1),
             pb.List(kind=numbers["SenStatus"], as_at=TODAY, about=pb.About(kind=1, id=1)),
             pb.List(kind=numbers["Target"], as_known=1790000000, where=[pb.Condition(field=2, op=7)], page=b"\x09" * 30)]
    rank = kinds.find("Need").field("rank").number
    write("list", "compared", b"\x07" + b"".join(
        item(pb.List(kind=numbers["Need"], where=[pb.Condition(field=rank, op=op, value=pb.Value(number=1 + op % 2))],
                     order=[pb.Order(field=rank, descending=op > 3)], limit=2).SerializeToString()) for op in range(1, 9)))
    for i, made in enumerate(lists):
        write("list", "list-%d" % i, bytes([i]) + item(made.SerializeToString()) + item(made.SerializeToString(), 1))


def write_rolls():
    data = os.path.join(HERE, "..", "data")
    for name in sorted(os.listdir(data)):
        with open(os.path.join(data, name), "rb") as f:
            lines = f.read().split(b"\n")
        write("roll", name.replace(".csv", ""), b"\0" + b"\n".join(lines[:12]))
    text = "Surname;Forename;DOB;SEN Status;SEN Need (1);Class\nAshdown;Temi;10/04/2017;K;MLD;3B\n\"Ó\nCeallaigh\";;09/14/2016;E;\"\"\"\";3B\n"
    write("roll", "utf16", b"\1" + text.encode("utf-16"))
    write("roll", "utf16be", b"\2" + text.encode("utf-16-be"))
    write("roll", "windows", b"\0" + text.encode("cp1252"))
    write("roll", "excel", b"\0Name,DOB,Attendance %\nAshdown, Temi,42627,95.5%\n\"Okafor, Ruby\",42628,0.955\n")
    write("roll", "codes", b"\0UPN,Surname,DOB,SEN Needs\nH801200001001,A,1 Sep 2016,MLD;SPLD;ASD\nH801200001001,A,31/02/2016,what\n")


def write_words():
    for i, text in enumerate(["next fri", "14/9/26", "2026-09-14T09:42:00+01:00", "£12.50", "1h 30m", "PUP-04K7", "29 feb 2024", "yes", "-1w",
                              "O’Brien", "12.5", "partly met"]):
        for kind in (0, 4, 8, 12):
            if (i + kind) % 3 == 0:
                write("values", "value-%d-%d" % (i, kind), bytes([kind, i]) + text.encode())
    for i, text in enumerate(["Ó Ceallaigh-Smith", "ẞtraße Ǆ", "e\u0301a\u0308\u0323", "ﷺ ﬃ", "\u202eevil\u2066", "नि\u200dक्", "👩‍👩‍👧‍👦 🇬🇧", "TGT-04K7",
                              "=cmd|' /C calc'!A0", "a" + "\u0301" * 33, "한글 漢字 カナ", "", "J.P. O'Neil", "H801200001001", "\ttab\nline", "-12.5"]):
        write("text", "text-%02d" % i, text.encode())
    write("text", "bytes", bytes(range(1, 256)))
    write("text", "zero", b"a\0b\xc0\x80\xed\xa0\x80")


def main():
    wire.load()
    chance = random.Random(7)
    write_messages(chance)
    write_long()
    write_wrong()
    write_other()
    write_lists()
    write_rolls()
    write_words()


if __name__ == "__main__":
    main()
