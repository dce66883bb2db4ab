"""The kinds of record as their .proto files describe them: read from the compiled descriptors, never listed.

From a kind's annotations come random records that must be accepted and random faults that must be refused, so that
a kind somebody adds is tested the day it is added.
"""
import datetime
import re
import unicodedata

from google.protobuf.descriptor import FieldDescriptor as FD

import wire

EPOCH = datetime.date(1970, 1, 1)
TRIES = 3000        # of drawing a record that no rule refuses
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Letters of many scripts, all NFC; what a school meets.
ALPHABETS = ["abcdefghijklmnopqrstuvwxyz", "ąćęłńóśźż", "âêîôûŵŷ", "áéíóú", "ẹọṣàèìòù", "ăâđêôơưạảấầẩẫậ", "çğıöşüİ", "أبتثجحخدذر", "王李张刘陈杨",
             "абвгдежзик", "😀🎈📚"]


def days(text):
    """Civil days since 1970 of an ISO date."""
    return (datetime.date.fromisoformat(text) - EPOCH).days


def iso(number):
    return (EPOCH + datetime.timedelta(days=number)).isoformat()


def id_of(text):
    """The number in an id as people see it: TGT-04K7 without prefix and check character."""
    number = 0
    for digit in text.split("-", 1)[1][:-1]:
        number = number * 32 + CROCKFORD.index(digit)
    return number


class Field:
    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.name, self.number, self.type = descriptor.name, descriptor.number, descriptor.type
        self.options = descriptor.GetOptions().Extensions[wire.schema.field]
        self.label = self.options.label
        self.as_ = wire.schema.As.Name(getattr(self.options, "as"))
        self.class_ = wire.schema.Class.Name(getattr(self.options, "class")) if self.options.HasField("class") else None

    def is_text(self):
        return self.type == FD.TYPE_STRING

    def longest(self):
        if self.options.codes:
            return 20
        return self.options.max if self.options.HasField("max") else 4000 if self.as_ == "LONG_TEXT" else 200


class Kind:
    def __init__(self, message):
        self.message = message
        descriptor = message.DESCRIPTOR
        self.name = descriptor.name
        self.options = descriptor.GetOptions().Extensions[wire.schema.kind]
        self.number = self.options.number
        self.noun = self.options.noun or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", self.name).lower()
        self.class_ = wire.schema.Class.Name(getattr(self.options, "class"))
        self.fields = [Field(d) for d in descriptor.fields]

    def field(self, name):
        return next(f for f in self.fields if f.name == name)

    def about(self):
        """The subject at the end of the about path: "PUPIL", "STAFF", "CLASS" or "SCHOOL"."""
        kind, path = self, self.options.about.rstrip("?")
        if path == "school":
            return "SCHOOL"
        if path != "self":
            for step in path.split("."):
                kind = find(kind.field(step).options.ref)
        return wire.schema.Subject.Name(kind.options.subject)


_kinds = None


def load():
    global _kinds
    if _kinds is None:
        wire.load()
        _kinds = []
        for module in wire.records:
            for descriptor in module.DESCRIPTOR.message_types_by_name.values():
                if descriptor.GetOptions().HasExtension(wire.schema.kind):
                    _kinds.append(Kind(getattr(module, descriptor.name)))
        _kinds.sort(key=lambda k: k.number)
    return _kinds


def find(name):
    return next(k for k in load() if k.name == name)


def upn(number):
    """A unique pupil number with its check letter (DfE's algorithm)."""
    digits = "839%09d" % (number % 10 ** 9)
    return UPN_LETTERS[sum(int(d) * (i + 2) for i, d in enumerate(digits)) % 23] + digits


class World:
    """What a random record may refer to: records of a running school, and codes that are valid now."""

    def __init__(self, client, random):
        self.client, self.random = client, random
        self.count = 0
        self.known, self.made = {}, {}
        self.beside = {}        # (kind, id) -> those it refers to and those that refer to it
        self.codes = {}
        self.today = now = client.hello.today
        for _, code, _ in client.all(find("Code")):
            if (not code.HasField("valid_from") or code.valid_from <= days("2024-09-01")) and (not code.HasField("valid_to") or code.valid_to >= now + 40000):
                self.codes.setdefault(code.list, []).append(code.code)
        for kind in load():
            for id, message, _ in self.ids(kind):
                self.link(kind, id, message)

    def ids(self, kind):
        if kind.name not in self.known:
            self.known[kind.name] = self.client.all(kind)
        return self.known[kind.name]

    def link(self, kind, id, message):
        for field in kind.fields:
            if field.options.ref and message.HasField(field.name):
                here, there = (kind.name, id), (field.options.ref, getattr(message, field.name))
                self.beside.setdefault(here, []).append(there)
                self.beside.setdefault(there, []).append(here)

    def note(self, kind, id, fields):
        """A record that was accepted: later ones may refer to it, and it is chosen oftener than the school's own."""
        row = (id, build(kind, fields), None)
        self.ids(kind).append(row)
        self.made.setdefault(kind.name, []).append(row)
        self.link(kind, id, row[1])

    def near(self, kind, chosen):
        """A record of the kind that has to do with one that was chosen already: up to three steps away from it."""
        at, seen = [self.random.choice(chosen)], set()
        for _ in range(3):
            seen.update(at)
            at = sorted({n for one in at for n in self.random.sample(self.beside.get(one, []), min(40, len(self.beside.get(one, []))))} - seen)
            found = sorted(id for name, id in at if name == kind.name)
            if found and self.random.random() < 0.7:
                return self.random.choice(found)
        return None

    def refer(self, field, chosen):
        kind = find(field.options.ref)
        id = self.near(kind, chosen) if chosen and self.random.random() < 0.7 else None
        rows = self.made.get(kind.name, [])[-24:] if self.random.random() < 0.5 else None
        rows = rows or self.ids(kind)
        return id or (self.random.choice(rows)[0] if rows else None)

    def day(self, chosen):
        """A day like those of the records that were chosen, or any."""
        kind_id = self.random.choice(chosen) if chosen and self.random.random() < 0.6 else None
        row = next((m for i, m, _ in self.ids(find(kind_id[0])) if i == kind_id[1]), None) if kind_id else None
        told = sorted(getattr(row, f.name) for f in find(kind_id[0]).fields if f.as_ == "DATE" and row.HasField(f.name)) if row else []
        if not told:
            return days("2008-01-01") + self.random.randint(0, 3000)
        return self.random.randint(told[0], max(told[0], min(told[-1], self.today)))

    def text(self, most, least=0, lines=False):
        size = self.random.randint(max(2, least), max(2, least, min(most, self.random.choice([8, 40, most]))))
        out = self.random.choice("bcdfghklmn")     # no "@" or "-" in front: they mean something on a command line
        while len(out) < size:
            alphabet = self.random.choice(ALPHABETS)
            out += "".join(self.random.choice(alphabet) for _ in range(min(6, size - len(out))))
            if len(out) < size - 1:
                out += self.random.choice(" ,.'’-=+" + ("\n" if lines else "")) + "x"
        return unicodedata.normalize("NFC", out)[:size].rstrip() + ("x" if out[:size][-1:] in " \n" else "")

    def unique_text(self, most):
        return ("%d%s" % (self.count, self.text(max(2, most - 8))))[:most].rstrip()

    def number(self, field):
        low = field.options.min if field.options.HasField("min") else 0
        high = field.options.max if field.options.HasField("max") else max(low, 100000)
        if field.type == FD.TYPE_INT64 and field.as_ != "MONEY" and not field.options.HasField("max") and self.random.random() < 0.3:
            return (1 << 53) + self.random.randint(1, 1 << 40)      # beyond what a double holds
        return self.random.choice([low, high, self.random.randint(low, high)])

    def value(self, kind, field, chosen):
        options = field.options
        if options.ref:
            return self.refer(field, chosen)
        if options.codes:
            return self.random.choice(self.codes[options.codes]) if self.codes.get(options.codes) else None
        if field.as_ == "DATE":
            return self.day(chosen)
        if field.as_ == "TIME":
            return self.random.randint(-10 ** 9, 2 * 10 ** 9)
        if field.as_ == "UPN":
            return upn(self.random.randint(10 ** 8, 10 ** 9 - 1))
        if field.type == FD.TYPE_BOOL:
            return self.random.random() < 0.5
        if field.type == FD.TYPE_ENUM:
            return self.random.choice([v.number for v in field.descriptor.enum_type.values])
        if not field.is_text():
            return self.number(field)
        if options.unique or field.name in kind.options.unique.split():
            return self.unique_text(field.longest())
        return self.text(field.longest(), options.min, field.as_ == "LONG_TEXT")

    def sample(self, kind, fill=0.8):
        """{field: value} of a record that is good as far as its annotations say; a rule may want other ones together."""
        self.count += 1
        out, chosen = {}, []
        for field in sorted(kind.fields, key=lambda f: not f.options.ref):      # days follow what is referred to
            needed = field.options.required or field.name in kind.options.unique.split()
            if needed or self.random.random() < fill:
                value = self.value(kind, field, chosen)
                if value is not None:
                    out[field.name] = value
                    chosen += [(field.options.ref, value)] if field.options.ref else []
        self.order_dates(kind, out, chosen)
        return out

    def tries(self, kind, fill=0.8, also=None):
        """One sample after the other, until whoever asks has one that is accepted; filled otherwise each time."""
        for n in range(TRIES):
            yield dict(self.sample(kind, fill if n == 0 else self.random.random()), **(also or {}))

    def order_dates(self, kind, out, chosen):
        spell = kind.options.spell
        start = getattr(spell, "from")
        if start:          # each later than the ones before, and over when the next begins: never an overlap
            out[start] = self.random.choice([days("2030-01-01") + 10 * (self.count % 6000), self.day(chosen)])
            if spell.to:
                out[spell.to] = out[start] + self.random.randint(0, 8)
        groups = {}
        for field in kind.fields:
            if field.options.group and field.as_ == "DATE" and field.name in out and field.name not in (start, spell.to):
                groups.setdefault(field.options.group, []).append(field.name)
        for names in groups.values():
            for name, value in zip(names, sorted(days("2021-09-01") + self.random.randint(0, 700) for _ in names)):
                out[name] = value


def build(kind, fields):
    message = kind.message()
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def faults(kind, fields, world):
    """[(what, field, message bytes)]: the good record with one fault each, in every field that can have one."""
    out = []

    def fault(what, field, /, **change):      # a kind may have fields of these names
        out.append((what, field, build(kind, dict(fields, **change)).SerializeToString()))

    def raw(what, field, data):
        message = build(kind, {n: v for n, v in fields.items() if n != field.name})
        out.append((what, field, message.SerializeToString() + varint(field.number << 3 | 2) + varint(len(data)) + data))

    for field in kind.fields:
        options, name = field.options, field.name
        if options.required:
            out.append(("missing", field, build(kind, {n: v for n, v in fields.items() if n != name}).SerializeToString()))
        if options.ref:
            fault("unknown reference", field, **{name: 10 ** 12 + 7})
        elif options.codes:
            fault("unknown code", field, **{name: "ZZ9"})
        elif field.type == FD.TYPE_ENUM:
            other = build(kind, {n: v for n, v in fields.items() if n != name}).SerializeToString()
            out.append(("bad enum", field, other + varint(field.number << 3) + varint(99)))
        elif field.as_ == "DATE":
            fault("date out of range", field, **{name: 200000})
        elif field.as_ == "UPN":
            good = upn(world.random.randint(10 ** 8, 10 ** 9 - 1))
            fault("wrong check letter", field, **{name: ("B" if good[0] != "B" else "C") + good[1:]})
        elif not field.is_text() and options.HasField("max"):
            fault("above the range", field, **{name: options.max + 1})
        if not field.is_text() and options.HasField("min") and field.type != FD.TYPE_ENUM:
            fault("below the range", field, **{name: options.min - 1})
        if field.is_text() and not options.codes and field.as_ != "UPN":
            fault("too long", field, **{name: "x" * (field.longest() + 1)})
            raw("a control character", field, b"ab\x1b[31mcd")
            raw("a C1 control", field, "ab\u009bcd".encode())
            raw("a NUL", field, b"ab\0cd")
            raw("bad UTF-8", field, b"ab\xff\xfecd")
            if field.as_ != "LONG_TEXT":
                fault("a newline", field, **{name: "two\nlines"})
    return out


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def typed(field, value):
    """The value as somebody types it on the command line."""
    if field.as_ == "DATE":
        return iso(value)
    if field.as_ == "TIME":
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if field.as_ == "MONEY":
        return "%s%d.%02d" % ("-" if value < 0 else "", abs(value) // 100, abs(value) % 100)
    if field.as_ == "TENTHS":
        return "%s%d.%d" % ("-" if value < 0 else "", abs(value) // 10, abs(value) % 10)
    if field.type == FD.TYPE_BOOL:
        return "yes" if value else "no"
    if field.type == FD.TYPE_ENUM:
        return field.descriptor.enum_type.values_by_number[value].name.lower().replace("_", "-")
    return str(value)
