"""What sendcod should answer, worked out a second time: the register as plain dictionaries, one request after the other.

It holds merging and conflicts field by field, spells, removing and taking back, and asks history_rights.py who may; the
judge of histories asks it what a request had to be answered at one state of the school. It knows the kinds from their
annotations only, and no rule of a single kind: the requests are such that none refuses.
"""
import collections

import wire
from history_rights import SUBJECTS, Scope, kind, named

FOREVER = 1 << 31
ADD, EDIT, REMOVE, RESTORE = 1, 2, 3, 4     # wire.pb.Action

# One version of one record; `first`: the first seq of its request.
Version = collections.namedtuple("Version", "version seq first staff who at action changed values batch")
Item = collections.namedtuple("Item", "kind id version set cleared restore")
Row = collections.namedtuple("Row", "kind id version action changed values")
# Who acts: role "lead", "teacher" or "ta".
Actor = collections.namedtuple("Actor", "staff who role")
FieldTold = collections.namedtuple("FieldTold", "kind id field was theirs yours who when")


def diff(a, b):
    return frozenset(n for n in a.keys() | b.keys() if a.get(n) != b.get(n))


def removed(version):
    return version.action == REMOVE


class Refusal(Exception):
    """outcome; for a conflict the fields it must tell, or the record of a removal or an overlap."""

    def __init__(self, outcome, why, told=None):
        super().__init__("%s: %s" % (wire.pb.Outcome.Name(outcome), why))
        self.outcome, self.why, self.told = outcome, why, told


def refuse(outcome, why, told=None):
    raise Refusal(getattr(wire.pb, outcome), why, told)


def own_of(state, staff, today):
    """The pupils somebody is assigned to, singly: the histories know no other way to them."""
    out = set()
    assignment = named("Assignment")
    for (number, _), versions in state.items():
        values = versions[-1].values
        if number != assignment.number or removed(versions[-1]) or values["staff"] != staff:
            continue
        if values["starts"] <= today <= values.get("ends", FOREVER):
            out.add(values["pupil"])
    return frozenset(out)


def author(versions, base, name=None):
    """The newest version after `base` that changed the field (any field)."""
    for version in reversed(versions):
        if version.version <= base:
            return None
        if name is None or name in version.changed:
            return version
    return None


class Doing:
    """One request, done on a copy of a state. `ids`: what the temporary ids became; `at`, `batch`: as the server chose."""

    def __init__(self, state, seq, actor, scope, ids=None, at=0, batch=0, seen=None):
        self.state, self.seq, self.first = dict(state), seq, seq + 1
        self.actor, self.scope, self.ids, self.at, self.batch, self.seen = actor, scope, ids or {}, at, batch, seen
        self.rows, self.done, self.merged, self.skipped = [], [], [], []
        self.strict = self.undoing = self.caused = False

    # --- small things ---

    def check_rights(self, kind, about, changed):
        if self.scope.unwritable(kind, about) & changed or not changed and not self.scope.writes(kind, about):
            refuse("DENIED", "fields that one may not write: %s" % sorted(self.scope.unwritable(kind, about) & changed))

    def check_whole(self, kind, about):
        if not self.scope.writes(kind, about) or self.scope.unwritable(kind, about):
            refuse("DENIED", "not all of it is theirs to write")

    def find(self, kind, id, version):
        versions = self.state.get((kind.number, id))
        if not versions or not self.scope.reads(kind, kind.about(id, versions[-1].values)):
            refuse("NOT_FOUND", "not there, or out of scope")
        if version > versions[-1].version:
            refuse("INVALID", "there is no such version yet")
        return versions

    def removed_conflict(self, kind, id, versions):
        by = versions[-1]
        refuse("CONFLICT", "removed", [FieldTold(kind.number, id, 0, None, None, None, by.who, by.at)])

    # --- writing one version ---

    def store(self, kind, id, action, values):
        versions = self.state.get((kind.number, id), ())
        before = versions[-1] if versions else None
        changed = diff(before.values, values) if before else frozenset(values)
        was = before if before and not removed(before) else None
        if action != REMOVE and kind.one_per:
            if values.get(kind.to, FOREVER) < values[kind.from_]:
                refuse("INVALID", "ends before it begins")
            self.fit(kind, id, was, values)
        self.seq += 1
        version = before.version + 1 if before else 1
        made = Version(version, self.seq, self.first, self.actor.staff, self.actor.who, self.at, action, changed, values, self.batch)
        self.state[(kind.number, id)] = versions + (made,)
        self.rows.append(Row(kind.number, id, version, action, changed, values))
        return made

    def overlapping(self, kind, id, values):
        found = []
        for (number, other), versions in self.state.items():
            theirs = versions[-1].values
            if number != kind.number or other == id or removed(versions[-1]) or any(theirs.get(n) != values.get(n) for n in kind.one_per):
                continue
            if theirs[kind.from_] <= values.get(kind.to, FOREVER) and theirs.get(kind.to, FOREVER) >= values[kind.from_]:
                found.append((theirs[kind.from_], other, versions[-1]))
        return sorted(found)[:4]

    def fit(self, kind, id, was, values):
        if was and not diff(was.values, values) & {kind.from_, kind.to, *kind.one_per}:
            return
        for _, other, theirs in self.overlapping(kind, id, values):
            runs = kind.to not in theirs.values and theirs.values[kind.from_] < values[kind.from_]
            news = self.seen is not None and theirs.seq > self.seen and theirs.seq < self.first
            if was or self.undoing or not runs or news:
                refuse("CONFLICT", "overlaps with %d" % other, [FieldTold(kind.number, other, 0, None, None, None, theirs.who, theirs.at)])
            self.caused = True
            closed = {kind.to: values[kind.from_] - 1}
            self.edit(Item(kind.number, other, theirs.version, closed, (), False))
            self.caused = False

    # --- Put ---

    def add(self, item):
        kind_ = kind(item.kind)
        refs = {f.name for f in kind_.kind.fields if f.options.ref}
        values = {n: self.ids.get(v, v) if n in refs and v < 0 else v for n, v in item.set.items()}
        id = self.ids.get(item.id, item.id)
        about = kind_.about(id, values)
        if kind_.path != "self" and SUBJECTS[kind_.subject] == "PUPIL":
            pupil = self.state.get((named("Pupil").number, about))
            if not pupil or removed(pupil[-1]) or not self.scope.reads(named("Pupil"), about):
                refuse("INVALID", "about a pupil out of scope")
        if not self.scope.writes(kind_, about):
            refuse("DENIED", "the kind is not theirs to add")
        self.check_rights(kind_, about, frozenset(values))
        made = self.store(kind_, id, ADD, values)
        self.done.append((item.kind, id, item.id, made.version, ADD, self.caused))

    def edit(self, item):
        kind_ = kind(item.kind)
        versions = self.find(kind_, item.id, item.version)
        theirs = versions[-1]
        about, touched = kind_.about(item.id, theirs.values), frozenset(item.set) | frozenset(item.cleared)
        back = removed(theirs) and item.restore and item.version == theirs.version
        if removed(theirs) and not back:
            self.removed_conflict(kind_, item.id, versions)
        if touched & self.scope.withheld(kind_, about):
            refuse("DENIED", "would change what they may not see")
        mine = {n: v for n, v in theirs.values.items() if n not in item.cleared}
        mine.update(item.set)
        mine = self.merge(kind_, item.id, versions, versions[item.version - 1], mine, touched)
        changed = diff(theirs.values, mine)
        if not changed and not back:
            self.done.append((item.kind, item.id, 0, theirs.version, 0, self.caused))
            return
        if back and not self.caused:
            self.check_whole(kind_, about)
        elif not self.caused:
            self.check_rights(kind_, about, changed)
        made = self.store(kind_, item.id, RESTORE if back else EDIT, mine)
        self.done.append((item.kind, item.id, 0, made.version, made.action, self.caused))

    def merge(self, kind_, id, versions, base, mine, touched):
        theirs = versions[-1]
        if base.version == theirs.version:
            return mine
        changed = diff(base.values, theirs.values)
        if self.strict or not touched:
            self.conflict(kind_, id, versions, base, mine, touched, changed)
        intended, conflicts, out = touched & diff(base.values, mine), set(), dict(mine)
        hidden = self.scope.withheld(kind_, kind_.about(id, theirs.values))
        for group in kind_.groups:
            differs = diff(mine, theirs.values) & group
            if intended & group and changed & group and differs:
                conflicts |= differs | changed & group
                continue
            for name in group:
                if not intended & group:
                    out.pop(name, None)
                    out.update({name: theirs.values[name]} if name in theirs.values else {})
                if name in changed - intended - hidden:
                    by = author(versions, base.version, name)
                    self.merged.append((kind_.number, id, kind_.numbers[name], by.who, by.at))
        if conflicts:
            self.conflict(kind_, id, versions, base, mine, touched, conflicts)
        return out

    def conflict(self, kind_, id, versions, base, mine, touched, conflicts):
        theirs, told = versions[-1], []
        changed = diff(base.values, theirs.values)
        for name in kind_.names:
            if name not in conflicts or name in self.scope.withheld(kind_, kind_.about(id, theirs.values)):
                continue
            by = author(versions, base.version, name)
            together = [n for n in kind_.names if n in kind_.group(name) & changed]
            by = by or next(filter(None, (author(versions, base.version, n) for n in together)))
            yours = (mine if name in touched else base.values).get(name)
            told.append(FieldTold(kind_.number, id, kind_.numbers[name], base.values.get(name), theirs.values.get(name), yours, by.who, by.at))
        refuse("CONFLICT", "version %d is now %d" % (base.version, theirs.version), told)

    def put(self, items):
        for item in items:
            (self.edit if item.id > 0 else self.add)(item)

    # --- Remove ---

    def remove(self, number, id, version):
        kind_ = kind(number)
        versions = self.find(kind_, id, version)
        theirs = versions[-1]
        if removed(theirs):
            self.removed_conflict(kind_, id, versions)
        self.check_whole(kind_, kind_.about(id, theirs.values))
        newer = diff(versions[version - 1].values, theirs.values)
        if newer:
            self.conflict(kind_, id, versions, versions[version - 1], theirs.values, frozenset(), newer)
        made = self.store(kind_, id, REMOVE, theirs.values)
        self.done.append((number, id, 0, made.version, REMOVE, False))

    # --- Undo ---

    def put_back(self, kind_, id, first, action):
        versions = self.state[(kind_.number, id)]
        now = versions[-1]
        about = kind_.about(id, now.values)
        if action == ADD:
            if removed(now):
                return
            if first == 1 and versions[0].staff == self.actor.staff:
                self.check_rights(kind_, about, frozenset(versions[0].values))
            else:
                self.check_whole(kind_, about)
            self.store(kind_, id, REMOVE, now.values)
            return
        image = versions[first - 2]
        if removed(image) != removed(now):
            self.check_whole(kind_, about)
            self.store(kind_, id, REMOVE if removed(image) else RESTORE, image.values)
        elif diff(now.values, image.values):
            self.check_rights(kind_, about, diff(now.values, image.values))
            self.store(kind_, id, EDIT, image.values)

    def tell(self, kind_, id, before, skipped=False):
        now = self.state[(kind_.number, id)][-1]
        action = 0 if skipped else REMOVE if removed(now) else RESTORE if removed(before) else EDIT
        (self.skipped if skipped else self.done).append((kind_.number, id, 0, now.version, action, False))

    def undo(self, number, id, version):
        self.undoing = True
        kind_ = kind(number)
        versions = self.find(kind_, id, version)
        now = versions[-1]
        if version and version < now.version:
            self.undo_older(kind_, id, versions, version)
            return
        first = next(v for v in versions if v.first == now.first)
        self.put_back(kind_, id, first.version, first.action)
        self.tell(kind_, id, now)
        if first.action == ADD and kind_.one_per:
            self.reopen(kind_, now)

    def undo_older(self, kind_, id, versions, version):
        then, before = versions[version - 1], versions[version - 2] if version > 1 else None
        if not before or removed(then) or removed(before):
            refuse("INVALID", "only the newest version can be taken back there")
        changed = diff(then.values, before.values)
        set_ = {n: before.values[n] for n in changed if n in before.values}
        self.edit(Item(kind_.number, id, version, set_, tuple(n for n in changed if n not in before.values), False))

    def reopen(self, kind_, spell):
        """What the new spell closed runs again, unless somebody changed it since."""
        closed = [(v.seq, key) for key, versions in self.state.items() for v in versions
                  if key[0] == kind_.number and v.action == EDIT and spell.first <= v.seq < spell.seq]
        for _, (number, id) in sorted(closed, reverse=True)[:4]:
            other = self.state[(number, id)][-1]
            if removed(other) or other.seq >= spell.seq or other.values.get(kind_.to) != spell.values[kind_.from_] - 1:
                continue
            self.put_back(kind_, id, other.version, EDIT)
            self.tell(kind_, id, other)

    def undo_batch(self, batch):
        self.undoing = True
        touched = []
        for (number, id), versions in self.state.items():
            of = [v for v in versions if v.batch == batch]
            if of:
                touched.append((of[0].seq, number, id, of[0], of[-1].version))
        if not touched:
            refuse("NOT_FOUND", "no such batch")
        told = []
        for _, number, id, first, last in sorted(touched, reverse=True):
            kind_, now = kind(number), self.state[(number, id)][-1]
            if not self.scope.reads(kind_, kind_.about(id, now.values)):
                refuse("DENIED", "the batch holds what one may not see")
            built_on, before = now.version != last, self.seq
            try:
                if not built_on:
                    self.put_back(kind_, id, first.version, first.action)
            except Refusal as e:
                if e.outcome not in (wire.pb.CONFLICT, wire.pb.INVALID) or self.seq != before:
                    raise
                built_on = True
            told.append((kind_, id, now, built_on))
        for one in told:
            self.tell(*one)


def do(state, seq, op, own, ids=None, at=0, batch=0):
    """The request of an operation at this state: the Doing it led to; raises Refusal."""
    doing = Doing(state, seq, op.actor, Scope(op.actor, own), ids, at, batch, op.seen)
    doing.strict = op.strict
    if op.verb == "put":
        doing.put(op.items)
    elif op.verb == "remove":
        doing.remove(*op.target)
    elif op.verb == "undo-batch":
        doing.undo_batch(op.target)
    else:
        doing.undo(*op.target)
    return doing
