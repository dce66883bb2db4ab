"""Lies that are told into a good history, one at a time: each must be found out, or the judge judges nothing."""
import history_judge
import wire

ALL = {}


def lie(name):
    def keep(tell):
        ALL[name] = tell
        return tell
    return keep


def changed(message, change):
    """Changes the message; what puts it right again."""
    saved = type(message)()
    saved.CopyFrom(message)
    change(message)
    return lambda: message.CopyFrom(saved)


def one(random, found):
    found = list(found)
    return random.choice(found) if found else None


def an_op(world, random, wanted):
    return one(random, (op for op in world.ops if wanted(op)))


def is_change(op):
    return op.verb in history_judge.CHANGES and not op.dry and op.reply.outcome == wire.pb.OK and op.reply.put.from_seq


def lone(world):
    """Changes whose key was sent by one question only."""
    keys = [op.key for op in world.ops]
    return [op for op in world.ops if is_change(op) and keys.count(op.key) == 1]


def of_reply(world, random, wanted, change):
    op = an_op(world, random, wanted)
    return op and changed(op.reply, lambda reply: change(reply))


def said(name, outcome="OK"):
    return lambda op: op.verb == name and op.reply.outcome == getattr(wire.pb, outcome)


@lie("an acknowledgement forgotten")
def _(world, random):
    op = one(random, lone(world))
    at = world.ops.index(op)
    world.ops.remove(op)
    return lambda: world.ops.insert(at, op)


@lie("a change said to be refused")
def _(world, random):
    op = one(random, lone(world))
    return op and changed(op.reply, lambda r: (r.ClearField("put"), setattr(r, "outcome", wire.pb.CONFLICT)))


@lie("a refusal for another reason")
def _(world, random):
    return of_reply(world, random, lambda op: op.verb == "put" and op.reply.outcome == wire.pb.DENIED and op.name != "other-content",
                    lambda r: setattr(r, "outcome", wire.pb.CONFLICT))


@lie("seqs of another request")
def _(world, random):
    op = one(random, lone(world))
    return op and changed(op.reply, lambda r: (setattr(r.put, "from_seq", r.put.from_seq + 1), setattr(r.put, "to_seq", r.put.to_seq + 1)))


@lie("another version said to be written")
def _(world, random):
    op = one(random, lone(world))
    return op and changed(op.reply, lambda r: setattr(r.put.done[0], "version", r.put.done[0].version + 1))


@lie("a key answered otherwise")
def _(world, random):
    keys = [op.key for op in world.ops if is_change(op)]
    op = an_op(world, random, lambda op: is_change(op) and keys.count(op.key) > 1)
    return op and changed(op.reply, lambda r: setattr(r.put, "to_seq", r.put.to_seq + 1))


@lie("a merge not told")
def _(world, random):
    return of_reply(world, random, lambda op: is_change(op) and op.reply.put.merged, lambda r: r.put.ClearField("merged"))


@lie("a merge with somebody else")
def _(world, random):
    return of_reply(world, random, lambda op: is_change(op) and op.reply.put.merged, lambda r: setattr(r.put.merged[0], "who", "Nobody"))


def conflict(op):
    return op.reply.outcome == wire.pb.CONFLICT and op.reply.problem.fields


@lie("a conflict with other values")
def _(world, random):
    def told(op):       # an overlap of spells tells no values
        return conflict(op) and op.reply.problem.fields[0].theirs.HasField("text")
    return of_reply(world, random, told, lambda r: setattr(r.problem.fields[0].theirs, "text", "never said"))


@lie("a conflict with somebody else")
def _(world, random):
    return of_reply(world, random, conflict, lambda r: setattr(r.problem.fields[0], "who", "Nobody"))


@lie("a conflict at another time")
def _(world, random):
    return of_reply(world, random, conflict, lambda r: setattr(r.problem.fields[0], "when", r.problem.fields[0].when - 100))


# --- reads ---

@lie("an old read")
def _(world, random):
    op = max((op for op in world.ops if op.verb == "get"), key=lambda op: op.begun)
    return changed(op.reply, lambda r: setattr(r, "seq", world.start))


@lie("a read of the future")
def _(world, random):
    op = min((op for op in world.ops if op.verb == "get"), key=lambda op: op.begun)
    return changed(op.reply, lambda r: setattr(r, "seq", world.end))


@lie("a read of other contents")
def _(world, random):
    return of_reply(world, random, said("get"), lambda r: setattr(r.records.records[0], "body", b""))


@lie("a read of another version")
def _(world, random):
    return of_reply(world, random, said("get"), lambda r: setattr(r.records.records[0], "version", r.records.records[0].version + 1))


@lie("a record that is not there")
def _(world, random):
    return of_reply(world, random, said("get"), lambda r: (r.ClearField("records"), setattr(r, "outcome", wire.pb.NOT_FOUND)))


@lie("nothing withheld")
def _(world, random):
    return of_reply(world, random, lambda op: said("get")(op) and op.reply.records.records[0].withheld,
                    lambda r: r.records.records[0].ClearField("withheld"))


@lie("a list that is too short")
def _(world, random):
    return of_reply(world, random, lambda op: said("list")(op) and op.reply.records.records, lambda r: r.records.records.pop())


@lie("a history with a hole")
def _(world, random):
    return of_reply(world, random, said("history"), lambda r: r.history.entries.pop(0))


# --- the log ---

@lie("other contents in the log")
def _(world, random):
    return changed(one(random, world.log), lambda c: setattr(c.record, "body", b""))


@lie("somebody else in the log")
def _(world, random):
    return changed(one(random, world.log), lambda c: setattr(c, "who", "Nobody"))


@lie("a version twice in the log")
def _(world, random):
    change = one(random, (c for c in world.log if c.record.version > 1))
    return changed(change, lambda c: setattr(c.record, "version", c.record.version - 1))


# --- pushes ---

def a_push(world, random, wanted=lambda watch, push: push.changes):
    return one(random, ((w, n) for w in world.watches for n, (_, push) in enumerate(w.pushes) if wanted(w, push)))


def with_pushes(watch, pushes):
    before, watch.pushes = watch.pushes, pushes
    return lambda: setattr(watch, "pushes", before)


@lie("a push twice")
def _(world, random):
    watch, n = a_push(world, random)
    return with_pushes(watch, watch.pushes[:n + 1] + watch.pushes[n:])


@lie("a push that did not come")
def _(world, random):
    watch, n = a_push(world, random, lambda w, push: push.changes and push is not w.pushes[-1][1])
    return with_pushes(watch, watch.pushes[:n] + watch.pushes[n + 1:])


@lie("two pushes in the wrong order")
def _(world, random):
    watch, n = a_push(world, random, lambda w, push: push is not w.pushes[-1][1])
    return with_pushes(watch, watch.pushes[:n] + [watch.pushes[n + 1], watch.pushes[n]] + watch.pushes[n + 2:])


@lie("a push without a change")
def _(world, random):
    watch, n = a_push(world, random)
    return changed(watch.pushes[n][1], lambda p: p.changes.pop())


@lie("a push with other contents")
def _(world, random):
    watch, n = a_push(world, random)
    return changed(watch.pushes[n][1], lambda p: setattr(p.changes[0].record, "body", b""))


@lie("somebody else's key in a push")
def _(world, random):
    watch, n = a_push(world, random, lambda w, push: push.changes and not push.changes[0].key)
    return changed(watch.pushes[n][1], lambda p: setattr(p.changes[0], "key", b"k" * 16))


@lie("a push of what one may not see")
def _(world, random):
    def hides(watch, push):
        return watch.actor.role != "lead" and hidden(push)

    def hidden(push):
        told = {c.seq for c in push.changes}
        return [c for c in world.log if push.covers_from <= c.seq <= push.covers_to and c.seq not in told]

    found = a_push(world, random, hides)
    if not found:
        return None
    push = found[0].pushes[found[1]][1]
    return changed(push, lambda p: p.changes.add().CopyFrom(hidden(push)[0]))


@lie("a watch that says its rights changed")
def _(world, random):
    watch = one(random, (w for w in world.watches if w.actor.role == "lead" and not w.resync))
    watch.resync = (world.ops[-1].ended, wire.pb.Resync(why=wire.pb.Resync.SCOPE, seq=watch.seq))
    return lambda: setattr(watch, "resync", None)


def lies(world, random):
    """(name, what makes it true again), the lie being told meanwhile; those for which this history has an occasion."""
    for name, tell in ALL.items():
        undo = tell(world, random)
        if undo:
            yield name, undo
