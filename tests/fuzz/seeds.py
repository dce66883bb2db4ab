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

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import kinds
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
    hello = request(1, hello=pb.Hello(protocol=1, client="sendco 1.0", schema=1))
    login = request(2, login=pb.Login(password="right"))
    wrong = request(3, login=pb.Login(password="wrong"))
    resume = request(4, resume=pb.Resume(ticket=b"\x51" * 32))
    write("session", "login", bytes([STRANGE]) + b"".join(item(s, WAIT) for s in (hello, login, resume, wrong, wrong, login)))
    write("session", "early", bytes([STRANGE]) + item(login) + item(hello, 1) + item(request(2, who=pb.Who()), 1))
    write("session", "ended", bytes([LEAD]) + item(request(1, watch=pb.Watch())) + item(request(2, who=pb.Who()), LATER | WAIT) + item(login, WAIT))
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


def write_lists():
    pb = wire.pb
    numbers = {k.name: k.number for k in kinds.load()}
    where = [pb.Condition(field=1, op=9, value=pb.Value(text="a")), pb.Condition(field=4, op=3, value=pb.Value(number=17500))]
    for i in range(0, len(numbers), 4):
        lists = []
        for number in list(numbers.values())[i:i + 4]:
            lists += [pb.List(kind=number, limit=2), pb.List(kind=number, order=[pb.Order(field=2, descending=True), pb.Order(about=True)], limit=3)]
        write("list", "kinds-%02d" % i, b"\x07" + b"".join(item(m.SerializeToString()) for m in lists))
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
    write_lists()
    write_rolls()
    write_words()


if __name__ == "__main__":
    main()
