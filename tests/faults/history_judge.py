"""Judges a history: could a school that does one request after the other have given all these answers, at these times?

The log says in which order the changes took effect. Each change must belong to one request that was acknowledged, each
request is done again by the model (history_model.py) in that order, and every answer, read, refusal and push must be what
the model says at the very state that the answer names; that state may be no older than what anybody had been told before
the question was asked, and no newer than what had been asked for when the answer came. What is wrong is raised as a Fault.
"""
import collections

import history_model as model
import wire
from history_pushes import WatchJudge
from history_rights import READS, Scope
from history_times import Fault, Times, demand

CHANGES = ("put", "remove", "undo", "undo-batch")


def plain(value):
    which = [f.name for f, _ in value.ListFields()]
    return getattr(value, which[0]) if which else None


class Request:
    """A key: all that was asked with it, and what it changed."""

    def __init__(self, ops):
        self.ops, self.op = ops, ops[0]
        self.good = [op for op in ops if op.reply.outcome == wire.pb.OK]
        self.begun = min(op.begun for op in ops)
        put = self.good[0].reply.put if self.good else None
        self.ended = min(op.ended for op in self.good) if self.good else None
        self.first, self.last = (put.from_seq, put.to_seq) if put else (0, 0)

    def agree(self):
        """Answered once; whoever asks again gets the same."""
        fresh = [op for op in self.good if not op.reply.put.replayed]
        demand(len(fresh) < 2, "one key was applied twice: %s", self.op)
        if self.good and not fresh:
            demand(any(op.attempts > 1 for op in self.ops), "answered as if asked before, which it was not: %s", self.op)
        for op in self.good[1:]:
            for name in ("done", "merged", "skipped", "from_seq", "to_seq", "batch"):
                one, other = getattr(self.good[0].reply.put, name), getattr(op.reply.put, name)
                demand(one == other, "two answers to one key: %s: %s and %s: %s", name, one, other, op)
        for op in self.ops:
            late = self.last and op.reply.outcome != wire.pb.OK and op.reply.seq >= self.last
            demand(not late, "refused after it had been applied: %s: %s", op, op.reply.problem)


class Judge:
    def __init__(self, world):
        self.world, self.log = world, world.log
        self.states, self.own = {}, {}
        real = [op for op in world.ops if op.verb in CHANGES and not op.dry and op.name != "other-content"]
        keys = collections.OrderedDict()
        for op in real:
            keys.setdefault(op.key, []).append(op)
        self.requests = [Request(ops) for ops in keys.values()]
        self.by_key = {op.key: op for op in real}
        self.times = self.make_times()

    def make_times(self):
        known = [(op.ended, op.reply.seq) for op in self.world.ops]
        known += [(when, push.covers_to) for w in self.world.watches for when, push in w.pushes if not push.more]
        asked = [(r.begun, r.first) for r in self.requests if r.first]
        return Times(known, asked, self.world.end)

    def run(self):
        self.judge_log()
        self.judge_spells()
        self.judge_claims()
        self.replay()
        for op in self.world.ops:
            self.judge_answer(op)
        for watch in self.world.watches:
            WatchJudge(self, watch).run()
        demand(not self.world.waited, self.world.waited)

    # --- the log by itself ---

    def judge_log(self):
        demand([c.seq for c in self.log] == list(range(self.world.start + 1, self.world.end + 1)), "the log has holes: %s to %s, %d changes",
               self.world.start + 1, self.world.end, len(self.log))
        versions = collections.Counter()
        for change in self.log:
            at = (change.record.kind, change.record.id)
            versions[at] += 1
            demand(change.record.version == versions[at], "seq %d writes version %d of %s, after %d versions", change.seq, change.record.version,
                   at, versions[at] - 1)

    def judge_spells(self):
        """No two spells of one owner overlap, at the end of no request."""
        now = {}
        for change in self.log:
            kind = model.kind(change.record.kind)
            now[(kind.number, change.record.id)] = None if change.action == model.REMOVE else kind.values(change.record.body)
            mine = now[(kind.number, change.record.id)]
            if not kind.one_per or not mine:
                continue
            for (number, id), theirs in now.items():
                if number != kind.number or id == change.record.id or not theirs or any(mine.get(n) != theirs.get(n) for n in kind.one_per):
                    continue
                apart = mine.get(kind.to, model.FOREVER) < theirs[kind.from_] or theirs.get(kind.to, model.FOREVER) < mine[kind.from_]
                demand(apart, "seq %d: spells %d and %d of kind %d overlap: %s %s", change.seq, change.record.id, id, number, mine, theirs)

    # --- whose changes they are ---

    def judge_claims(self):
        for request in self.requests:
            request.agree()
        self.applied = sorted((r for r in self.requests if r.first), key=lambda r: r.first)
        at = self.world.start + 1
        for request in self.applied:
            demand(request.last <= self.world.end, "acknowledged as seq %d to %d, and lost: the log ends at %d: %s", request.first, request.last,
                   self.world.end, request.op)
            demand(request.first >= at, "two requests claim seq %d: %s", request.first, request.op)
            demand(request.first == at, "nobody who was answered made seq %d to %d: a request was applied twice, or half: %s", at,
                   request.first - 1, [str(c.record.id) + " " + c.who for c in self.log if at <= c.seq < request.first])
            at = request.last + 1
        demand(at == self.world.end + 1, "nobody who was answered made seq %d to %d: a request was applied twice", at, self.world.end)

    def own_at(self, state):
        return {a.staff: model.own_of(state, a.staff, self.world.today) for a in self.world.actors.values()}

    def replay(self):
        """All that was acknowledged, done again in the order of the log."""
        state, seq = {}, self.world.start
        self.states[seq], self.own[seq] = state, self.own_at(state)
        for request in self.applied:
            rows = [c for c in self.log if request.first <= c.seq <= request.last]
            self.judge_author(request, rows)
            for op in request.good:
                doing = self.done_again(op, state, seq, rows)
            self.judge_rows(request, doing, rows)
            state, seq = doing.state, request.last
            touched = any(c.record.kind == model.named("Assignment").number for c in rows)
            own = self.own_at(state) if touched else self.own[max(self.own)]
            self.states[seq], self.own[seq] = state, own
        self.boundaries = sorted(self.states)

    def done_again(self, op, state, seq, rows):
        ids = {d.temporary: d.id for d in op.reply.put.done if d.temporary}
        try:
            doing = model.do(state, seq, op, self.own[seq][op.actor.staff], ids, rows[0].at if rows else 0, op.reply.put.batch)
        except model.Refusal as e:
            raise Fault("was accepted at seq %d, and should have been refused, %s: %s" % (seq, e, op)) from None
        self.judge_told(op, doing)
        return doing

    def judge_told(self, op, doing):
        put = op.reply.put
        done = sorted((d.kind, d.id, d.temporary, d.version, d.action if d.HasField("action") else 0, d.caused) for d in put.done)
        demand(done == sorted(doing.done), "says it did %s, and did %s: %s", done, sorted(doing.done), op)
        merged = sorted((m.kind, m.id, m.field, m.who, m.when) for m in put.merged)
        demand(merged == sorted(doing.merged), "says it was merged with %s, and was with %s: %s", merged, sorted(doing.merged), op)
        skipped = sorted((d.kind, d.id, 0, d.version, 0, False) for d in put.skipped)
        demand(skipped == sorted(doing.skipped), "says it left alone %s, and left alone %s: %s", skipped, sorted(doing.skipped), op)

    def judge_author(self, request, rows):
        least, most = self.times.least(request.begun), self.times.most(request.ended)
        demand(request.first > least, "took seq %d, and seq %d had been told before it was asked: %s", request.first, least, request.op)
        demand(request.last <= most, "took seq %d, when all after %d was not asked yet: %s", request.last, most, request.op)
        for row in rows:
            demand(row.who == request.op.actor.who, "seq %d is %s's in the log: %s", row.seq, row.who, request.op)
            early, late = request.begun + self.world.wall - 1.5, request.ended + self.world.wall + 1
            demand(early <= row.at <= late, "seq %d is of %d, and was asked between %d and %d", row.seq, row.at, early, late)
            demand(row.at == rows[0].at and row.batch == rows[0].batch == request.good[0].reply.put.batch, "one request, two times or batches: %s", rows)

    def judge_rows(self, request, doing, rows):
        got = [(c.record.kind, c.record.id, c.record.version, c.action, frozenset(c.changed), model.kind(c.record.kind).values(c.record.body)) for c in rows]
        want = [(r.kind, r.id, r.version, r.action, model.kind(r.kind).numbered(r.changed), r.values) for r in doing.rows]
        demand(got == want, "changed %s, and should have changed %s: %s", got, want, request.op)

    # --- what was answered without a change ---

    def judge_answer(self, op):
        outcome, seq = op.reply.outcome, op.reply.seq
        if op.name == "other-content":
            demand(outcome == wire.pb.INVALID, "a key was taken for another request: %s %s", op, op.reply)
            return
        put = op.reply.put
        if put.from_seq and not op.dry:
            return       # done again already
        demand(not (op.dry and put.from_seq), "a dry run took a seq: %s", op)
        least, most = self.times.least(op.begun), self.times.most(op.ended)
        demand(seq >= least, "answered from seq %d, and seq %d had been told before it was asked: %s", seq, least, op)
        demand(seq <= most, "answered from seq %d, when all after %d was not asked yet: %s", seq, most, op)
        demand(seq in self.states, "answered from the middle of a request, seq %d: %s", seq, op)
        if op.verb not in CHANGES:
            self.judge_read(op, seq)
        elif put.replayed:
            self.judge_somewhere(op)
        else:
            self.judge_unchanged(op, seq)

    def judge_somewhere(self, op):
        """Answered before, and the first answer was lost: it must have been right at some state since."""
        begun = min(r.begun for r in self.requests if op in r.ops)
        faults = []
        for seq in self.boundaries:
            if self.times.least(begun) <= seq <= op.reply.seq:
                try:
                    return self.judge_unchanged(op, seq)
                except Fault as e:
                    faults.append(e)
        raise faults[-1]

    def judge_unchanged(self, op, seq):
        outcome = op.reply.outcome
        ids = {d.temporary: d.id for d in op.reply.put.done if d.temporary}
        try:
            doing = model.do(self.states[seq], seq, op, self.own[seq][op.actor.staff], ids)
        except model.Refusal as e:
            demand(outcome == e.outcome, "answered %s, and should have been %s, at seq %d: %s %s", wire.pb.Outcome.Name(outcome), e, seq, op,
                   op.reply.problem)
            self.judge_conflict(op, e)
            return
        demand(outcome == wire.pb.OK, "refused at seq %d without a reason: %s: %s", seq, op, op.reply.problem)
        demand(op.dry or not doing.rows, "was acknowledged without a change, and had %s to change: %s", doing.rows, op)
        self.judge_told(op, doing)

    def judge_conflict(self, op, refusal):
        if refusal.told is None:
            return
        got = sorted((f.kind, f.id, f.field, plain(f.was), plain(f.theirs), plain(f.yours), f.who, f.when) for f in op.reply.problem.fields)
        want = sorted((tuple(t) for t in refusal.told), key=lambda t: t[:3])
        demand(sorted(got, key=lambda t: t[:3]) == want, "a conflict that is not true: says %s, and it was %s: %s", got, want, op)

    # --- reads ---

    def judge_read(self, op, seq):
        scope = Scope(op.actor, self.own[seq][op.actor.staff])
        kind = model.kind(op.target[0])
        getattr(self, "judge_" + op.verb)(op, self.states[seq], scope, kind)

    def shown(self, kind, id, values, scope):
        values, hidden = scope.shown(kind, kind.about(id, values), values)
        return values, kind.numbered(hidden)

    def is_shown(self, kind, record):
        return kind.values(record.body), frozenset(record.withheld)

    def judge_get(self, op, state, scope, kind):
        versions = state.get(op.target)
        there = versions and scope.reads(kind, kind.about(op.target[1], versions[-1].values)) and not model.removed(versions[-1])
        if not there:
            demand(op.reply.outcome == wire.pb.NOT_FOUND, "read what is removed or out of scope: %s %s", op, op.reply)
            return
        demand(op.reply.outcome == wire.pb.OK, "could not read what is there, at seq %d: %s %s", op.reply.seq, op, op.reply.problem)
        record, now = op.reply.records.records[0], versions[-1]
        want = (now.version,) + self.shown(kind, op.target[1], now.values, scope)
        demand((record.version,) + self.is_shown(kind, record) == want, "read %s, and there was %s at seq %d: %s", record, want, op.reply.seq, op)

    def judge_list(self, op, state, scope, kind):
        number, pupil = op.target
        if scope.role != "lead" and READS[scope.role].get(kind.class_, "-----")[kind.subject] == "-":
            demand(op.reply.outcome == wire.pb.DENIED, "listed a kind that is not theirs: %s", op)
            return
        demand(op.reply.outcome == wire.pb.OK, "could not list: %s %s", op, op.reply.problem)
        want = {id: (v[-1].version,) + self.shown(kind, id, v[-1].values, scope) for (n, id), v in state.items()
                if n == number and v[-1].values.get("pupil") == pupil and scope.reads(kind, pupil) and not model.removed(v[-1])}
        demand(op.reply.records.total == len(want), "counted %d, and there were %d: %s", op.reply.records.total, len(want), op)
        got = {r.id: (r.version,) + self.is_shown(kind, r) for r in op.reply.records.records}
        if op.reply.records.next:        # a first page
            want = {id: want[id] for id in got if id in want}
        demand(got == want, "listed %s, and there was %s at seq %d: %s", got, want, op.reply.seq, op)

    def judge_history(self, op, state, scope, kind):
        versions = state.get(op.target)
        if not versions or not scope.reads(kind, kind.about(op.target[1], versions[-1].values)):
            demand(op.reply.outcome == wire.pb.NOT_FOUND, "a history out of scope: %s %s", op, op.reply)
            return
        demand(op.reply.outcome == wire.pb.OK, "no history of what is there: %s %s", op, op.reply.problem)
        hidden = scope.withheld(kind, kind.about(op.target[1], versions[-1].values))
        want = [(v.seq, v.version, v.at, v.who, v.action, kind.numbered(v.changed - hidden), v.batch) + self.shown(kind, op.target[1], v.values, scope)
                for v in versions if v.changed - hidden or v.action != model.EDIT]
        got = [(e.seq, e.version, e.at, e.who, e.action, frozenset(e.changed), e.batch) + self.is_shown(kind, e.record)
               for e in op.reply.history.entries]
        demand(got == want, "a history that is not true: %s, and it was %s: %s", got, want, op)


def judge(world):
    """Raises Fault, or returns how often each kind of question had each outcome."""
    Judge(world).run()
    counts = collections.Counter((op.name, wire.pb.Outcome.Name(op.reply.outcome)) for op in world.ops)
    counts.update(("push", "RESYNC " + wire.pb.Resync.Why.Name(w.resync[1].why)) for w in world.watches if w.resync)
    counts["push", "OK"] += sum(len(w.pushes) for w in world.watches)
    counts["watch", "OK"] += len(world.watches)
    counts["lost answer", "asked again"] += sum(op.attempts - 1 for op in world.ops)
    counts["kill", "back"] += world.kills
    return counts
