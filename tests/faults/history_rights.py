"""The kinds of record as the model of a history needs them, and who may read and write what: the matrix a second time."""
import kinds

# Letters for records about the school, a pupil, a class, staff, a provision, as server/access/matrix.c has them.
READS = {"teacher": {"C0": "AOOA-", "C1": "AOO-O", "C2": "-OO-O", "W1": "-OO-O", "W2": "-OO-O"},
         "ta": {"C0": "AOOA-", "C1": "AO--O", "W1": "-O--O"}}
WRITES = {"teacher": {"C1": "-O---", "W1": "-O--O", "W2": "-O---"}, "ta": {"W1": "-O--O"}}
SUBJECTS = ["SCHOOL", "PUPIL", "CLASS", "STAFF", "GROUP"]


class Kind:
    """A kind of record with what the model needs of it at hand."""

    def __init__(self, kind):
        self.kind, self.number, self.class_ = kind, kind.number, kind.class_
        self.subject = SUBJECTS.index(kind.about())
        self.path = kind.options.about.replace("?", "")
        self.names = [f.name for f in kind.fields]
        self.numbers = {f.name: f.number for f in kind.fields}
        self.classes = {f.name: f.class_ or kind.class_ for f in kind.fields}
        spell = kind.options.spell
        self.from_, self.to, self.one_per = getattr(spell, "from"), spell.to, spell.one_per.split()
        self.groups, seen = [], set()
        for field in kind.fields:
            together = [f.name for f in kind.fields if field.options.group and f.options.group == field.options.group]
            if field.name not in seen:
                self.groups.append(frozenset(together or [field.name]))
                seen.update(together)

    def group(self, name):
        return next(g for g in self.groups if name in g)

    def about(self, id, values):
        return id if self.path == "self" else values.get(self.path, 0)

    def values(self, body):
        return {d.name: v for d, v in self.kind.message.FromString(body).ListFields()}

    def numbered(self, names):
        return frozenset(self.numbers[n] for n in names)


_known = {}


def kind(number):
    if not _known:
        _known.update((k.number, Kind(k)) for k in kinds.load() if len(k.options.about.split(".")) == 1)
    return _known[number]


def named(name):
    return kind(kinds.find(name).number)


class Scope:
    """What somebody may, when their own pupils are these."""

    def __init__(self, actor, own):
        self.role, self.staff, self.own = actor.role, actor.staff, own

    def may(self, table, class_, subject, about):
        if self.role == "lead":
            return True
        letter = table[self.role].get(class_, "-----")[subject]
        return letter == "A" or letter == "O" and about in ({self.staff} if SUBJECTS[subject] == "STAFF" else self.own)

    def reads(self, kind, about):
        return self.may(READS, kind.class_, kind.subject, about)

    def writes(self, kind, about):
        return self.may(WRITES, kind.class_, kind.subject, about)

    def withheld(self, kind, about):
        return frozenset(n for n in kind.names if kind.classes[n] != kind.class_ and not self.may(READS, kind.classes[n], kind.subject, about))

    def unwritable(self, kind, about):
        return frozenset(n for n in kind.names if not self.may(WRITES, kind.classes[n], kind.subject, about))

    def shown(self, kind, about, values):
        hidden = self.withheld(kind, about)
        return {n: v for n, v in values.items() if n not in hidden}, hidden
