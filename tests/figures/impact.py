"""What each type of provision brings about, worked out again (server/reports/impact.c)."""
import datetime

from book import academic_year, half_up
from compare import Section
from costing import Costing

JUDGEMENTS = ("strong", "expected", "some", "none")
DECISIONS = ("keep", "change", "stop")
FILTERS = ("class", "year", "need", "status")


def left(member):
    return member["exit_day"] or member["ends"]


def measured(member):
    return member["entry_score"] is not None and member["exit_score"] is not None


def gain(member):
    return member["exit_score"] - member["entry_score"]


class Impact:
    def __init__(self, book, on, wanted):
        self.book, self.on, self.wanted = book, on, wanted
        self.since = wanted.get("from") or datetime.date(academic_year(on) - 1, 9, 1)
        self.upto = min(wanted.get("to") or on, on)
        self.counting = {}
        for member in book["member"]:
            if left(member) and self.since <= left(member) <= self.upto and self.wants(book.get(member["pupil"])):
                self.counting.setdefault(book.get(member["provision"])["type"], []).append(member)
        shown = {t.id for t in book["provision-type"] if self.of_layer(t)}
        runs = [book.get(m["provision"]) for type, members in self.counting.items() if type in shown for m in members if measured(m)]
        first = min((r["starts"] for r in runs), default=None)
        self.costs = {}
        if first:
            self.costs = {m.member.id: m.pence["actual"] for m in Costing(book, first, self.upto, on).members}

    def of_layer(self, type):
        return self.wanted.get("layer") in (None, type["layer"])

    def wants(self, pupil):
        return self.book.lets_through(pupil, self.on, self.wanted) and self.book.status_wanted(pupil, self.on, self.wanted)

    def marks(self, member):
        for session in self.book.of("session", "provision", member["provision"]):
            if session["held"] and session["day"] <= self.upto and member.holds(session["day"]):
                yield from (a["mark"] for a in self.book.of("attendance", "session", session.id) if a["pupil"] == member["pupil"])

    def ratio(self, members):
        days = {m.id: (left(m) - (m["entry_day"] or m["starts"])).days for m in members}
        timed = [m for m in members if days[m.id] > 0]
        spent = sum(days[m.id] for m in timed)
        return half_up(sum(gain(m) for m in timed) * 304375, spent * 10000) if spent else None

    def row(self, type):
        counting = self.counting.get(type.id, [])
        closed = [r for r in self.book.of("provision", "type", type.id) if r["closed"] and self.since <= r["closed"] <= self.upto]
        if any(self.wanted.get(name) for name in FILTERS):
            closed = [r for r in closed if r.id in {m["provision"] for m in counting}]
        if not counting and not closed:
            return None
        both, months = [m for m in counting if measured(m)], type["measured_in"] == "months"
        row = {"id": type.id, "n": len(both), "unmeasured": len(counting) - len(both), "ratio": self.ratio(both) if months else None}
        for name, value in (("entry", lambda m: m["entry_score"]), ("exit", lambda m: m["exit_score"]), ("gain", gain)):
            row[name] = half_up(sum(map(value, both)), len(both)) if both else None
        row.update({j: sum(m["effect"] == j for m in counting) for j in JUDGEMENTS})
        row.update({d: sum(r["decision"] == d for r in closed) for d in DECISIONS})
        marks = [mark for m in both for mark in self.marks(m)]
        row["attendance"] = half_up(100 * marks.count("present"), len(marks)) if marks else None
        costs, gained = [self.costs.get(m.id) for m in both], sum(map(gain, both))
        row["cost"] = cost = sum(costs) if both and None not in costs else None
        row["cost_per_pupil"] = half_up(cost, len(both)) if cost is not None else None
        row["cost_per_month"] = half_up(cost * 10, gained) if cost is not None and months and gained > 0 else None
        return row

    def rows(self):
        types = sorted(filter(self.of_layer, self.book["provision-type"]), key=lambda t: t["name"].casefold())
        rows = [r for r in map(self.row, types) if r]
        ranked = sorted((r for r in rows if r["ratio"] is not None and r["n"] >= 5), key=lambda r: (-r["ratio"], -r["n"]))
        for row in rows:
            row["rank"] = None
        for i, row in enumerate(ranked):
            row["rank"] = i + 1
        return ranked + [r for r in rows if r["rank"] is None]


def impact(book, on, wanted):
    return [Section("impact", Impact(book, on, wanted).rows())]
