"""Judges what watches were told: that it joins, that it is true and whole, that nobody was told what was not theirs by then."""
import history_model as model
import wire
from history_rights import SUBJECTS, Scope
from history_times import Fault, demand


class WatchJudge:
    """One watch: what it was told joins, is all there was to see for it, and nothing it might not see by then."""

    def __init__(self, judge, watch):
        self.judge, self.watch, self.times = judge, watch, judge.times
        self.lead = watch.actor.role == "lead"

    def run(self):
        watch = self.watch
        least, most = self.times.least(watch.begun), self.times.most(watch.ended)
        if watch.start is not None:
            demand(watch.seq == watch.start, "a watch from seq %d begins at %d", watch.start, watch.seq)
        else:
            demand(least <= watch.seq <= most, "a watch begins at seq %d, and the last told was %d, the last asked %d", watch.seq, least, most)
        self.joined()
        scopes = {None} if self.lead else {self.own(q) for q in self.judge.boundaries if least <= q <= most}
        faults = []
        for own in sorted(scopes, key=str):
            try:
                return self.judge_with(own)
            except Fault as e:
                faults.append(e)
        raise faults[0]

    def own(self, seq):
        return self.judge.own[seq][self.watch.actor.staff]

    def joined(self):
        """The pushes as ranges, each whole request's changes together."""
        self.told, at, changes = [], self.watch.seq + 1, []
        for when, push in self.watch.pushes:
            demand(push.watch == self.watch.id, "a push of watch %d came to watch %d", push.watch, self.watch.id)
            demand(push.covers_from == at <= push.covers_to, "pushes that do not join: %d to %d came after %d, for %s", push.covers_from, push.covers_to,
                   at - 1, self.watch.actor.who)
            changes += push.changes
            if not push.more:
                demand(push.covers_to in self.judge.states, "a push ends within a request, at seq %d", push.covers_to)
                self.told.append((when, at, push.covers_to, changes))
                at, changes = push.covers_to + 1, []

    def judge_with(self, own):
        scope = Scope(self.watch.actor, own)
        for when, first, last, changes in self.told:
            if not self.lead:
                self.in_scope(own, last, when, changes)
            want = [self.change(c, scope) for c in self.judge.log[first - self.judge.world.start - 1:last - self.judge.world.start]]
            want = [c for c in want if c]
            got = [self.is_change(c) for c in changes]
            demand(got == want, "%s was told %s of seq %d to %d, and there was %s", self.watch.actor.who, got, first, last, want)
        if self.watch.resync:
            self.judge_resync(own)

    def in_scope(self, own, last, when, changes):
        """At some moment from the change until it was told, the scope must have been the one it was told by."""
        most = self.times.most(when)
        held = any(self.own(q) == own for q in self.judge.boundaries if last <= q <= most)
        demand(held, "%s was told of seq %d by a scope %s that had ended by then: %s", self.watch.actor.who, last, sorted(own), changes)

    def judge_resync(self, own):
        when, resync = self.watch.resync
        why = wire.pb.Resync.Why.Name(resync.why)
        demand(why in ("SCOPE", "BEHIND"), "a watch ended for %s", why)
        if why == "BEHIND":
            demand(self.watch.slow, "a watch that reads was told it is behind")
            return
        demand(not self.lead, "a watch was ended for its rights, and a lead's never change")
        most = self.times.most(when)
        demand(any(self.own(q) != own for q in self.judge.boundaries if self.watch.seq <= q <= most), "a watch was ended although its scope stayed")

    def change(self, row, scope):
        """What the watcher sees of a row of the log; None: nothing."""
        kind, watch = model.kind(row.record.kind), self.watch
        values = kind.values(row.record.body)
        about = kind.about(row.record.id, values)
        if watch.kinds and kind.number not in watch.kinds or watch.about and (SUBJECTS[kind.subject] != "PUPIL" or about != watch.about):
            return None
        hidden = scope.withheld(kind, about)
        changed = frozenset(row.changed) - kind.numbered(hidden)
        if not scope.reads(kind, about) or row.action == model.EDIT and not changed:
            return None
        shown = {n: v for n, v in values.items() if n not in hidden}
        request = next(r for r in self.judge.applied if r.first <= row.seq <= r.last)
        key = request.op.key if request.op.actor.staff == watch.actor.staff else b""
        return (row.seq, row.action, kind.number, row.record.id, row.record.version, shown, kind.numbered(hidden), changed, row.who, row.at,
                row.batch, key, about)

    def is_change(self, change):
        record = change.record
        kind = model.kind(record.kind)
        return (change.seq, change.action, record.kind, record.id, record.version, kind.values(record.body), frozenset(record.withheld),
                frozenset(change.changed), change.who, change.at, change.batch, change.key, change.about.id)
