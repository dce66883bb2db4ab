"""What is missing or late, and who said they would do what, worked out again (server/reports/gaps.c, actions.c, plan.h)."""
from datetime import timedelta

from book import OPEN_END, pupil_name, staff_name, year_start
from compare import Section


class Gaps:
    def __init__(self, book, on, wanted):
        self.book, self.on = book, on
        self.pupils = book.chosen(on, dict({"status": "all"}, **wanted))
        self.places = {p.id: i for i, p in enumerate(self.pupils)}

    def row(self, pupil, id, **more):
        return dict(more, id=id, pupil=pupil_name(pupil))

    def about(self, noun, holds):
        """Records about those pupils, by name."""
        found = [r for r in self.book[noun] if r["pupil"] in self.places and holds(r)]
        return sorted(found, key=lambda r: (self.places[r["pupil"]], r.number))

    def no_plan(self):
        return [self.row(p, p.id, since=self.book.status(p, self.on)["starts"]) for p in self.pupils
                if self.book.standing(p, self.on) == "K" and not self.book.planned_for(p, self.on)]

    def no_provision(self):
        book = self.book
        return [self.row(p, p.id) for p in self.pupils
                if book.supported(p, self.on) and book.planned_for(p, self.on)
                and not any(self.runs(m) for m in book.holding("member", p, self.on))]

    def runs(self, member):
        run = self.book.get(member["provision"])
        return run.holds(self.on) and not (run["closed"] and run["closed"] < self.on)

    def no_target(self):
        found = self.about("member", lambda m: m.holds(self.on) and self.runs(m) and not m["target"])
        return [self.row(self.book.get(m["pupil"]), m.id, since=m["starts"]) for m in found]

    def undecided(self):
        found = self.about("concern", lambda c: c["raised"] <= self.on - timedelta(42) and not (c["decided"] and c["decided"] <= self.on))
        found.sort(key=lambda c: c["raised"])
        return [self.row(self.book.get(c["pupil"]), c.id, raised=c["raised"], weeks=(self.on - c["raised"]).days // 7) for c in found]

    def parents(self):
        rows = []
        for pupil in self.pupils:
            days = [m["day"] for m in self.book.of("meeting", "pupil", pupil.id) if self.book_counts(m)]
            if self.book.supported(pupil, self.on) and len(days) < 3:
                rows.append(self.row(pupil, pupil.id, met=len(days), last=max(days, default=None)))
        return sorted(rows, key=lambda r: r["met"])

    def book_counts(self, meeting):
        return counts_as_parents(meeting, self.on)

    def review_due(self):
        found = self.about("plan", lambda p: self.book.in_force(p, self.on) and p["review_due"] and p["review_due"] < self.on)
        found.sort(key=lambda p: p["review_due"])
        return [self.row(self.book.get(p["pupil"]), p.id, review_due=p["review_due"], days=(self.on - p["review_due"]).days) for p in found]

    def no_rank_1(self):
        return [self.row(p, p.id) for p in self.pupils
                if self.book.supported(p, self.on) and not any(n["rank"] == 1 for n in self.book.needs(p, self.on))]


def counts_as_parents(meeting, on):
    return bool(meeting["parents"]) and meeting["status"] in (None, "held") and year_start(on) <= meeting["day"] <= on


GAPS = ("no_plan", "no_provision", "no_target", "undecided", "review_due", "no_rank_1", "parents")


def gaps(book, on, wanted):
    made = Gaps(book, on, wanted)
    sections = [Section(name, getattr(made, name)(), optional=True) for name in GAPS]
    return [Section("summary", [{"gap": s.name, "count": len(s.rows)} for s in sections], key="gap")] + sections


# --- actions ---

def actions(book, on, wanted):
    mine = wanted.get("reader") if wanted.get("mine") else None
    chosen = [a for a in book["action"] if wanted.get("pupil") in (None, a["pupil"]) and wanted.get("owner") in (None, a["owner"])
              and (not mine or a["owner"] == mine) and (not wanted.get("class") or in_class(book, a, on, wanted))]
    opened = [a for a in chosen if book.is_open(a, on)]
    opened.sort(key=lambda a: a["due"] or OPEN_END)
    shown = list(opened)
    if wanted.get("overdue"):
        shown = [a for a in opened if book.overdue(a, on)]
    elif wanted.get("all"):
        closed = [a for a in chosen if not book.is_open(a, on) and a["closed"] and on - timedelta(90) <= a["closed"] <= on]
        shown += sorted(closed, key=lambda a: -a["closed"].toordinal())
    return [summary(opened, on), Section("actions", [action_row(book, a, on) for a in shown]), owners(book, opened, on)]


def in_class(book, action, on, wanted):
    return action["pupil"] is not None and book.lets_through(book.get(action["pupil"]), on, {"class": wanted["class"]})


def action_row(book, action, on):
    over = (on - action["due"]).days if book.overdue(action, on) else None
    is_open = book.is_open(action, on)
    return {"id": action.id, "pupil": pupil_name(book.get(action["pupil"])), "owner": staff_name(book.get(action["owner"])), "due": action["due"],
            "days_overdue": over, "chased": action["chased"], "closed": None if is_open else action["closed"]}


def summary(opened, on):
    soon = on + timedelta(14)
    dated = [a for a in opened if a["due"]]
    counts = {"overdue": sum(a["due"] < on for a in dated), "soon": sum(on <= a["due"] <= soon for a in dated),
              "later": sum(a["due"] > soon for a in dated), "no_date": len(opened) - len(dated), "no_owner": sum(not a["owner"] for a in opened),
              "escalated": sum(a["status"] == "escalated" for a in opened)}
    return Section("summary", [{"state": name, "actions": n} for name, n in counts.items()], key="state")


def owners(book, opened, on):
    rows = {}
    for action in opened:
        owner = book.get(action["owner"])
        row = rows.setdefault(action["owner"], {"owner": staff_name(owner) or "Nobody", "open": 0, "overdue": 0, "chased": 0,
                                                "place": owner.place if owner else len(book["staff"])})
        row["open"] += 1
        row["overdue"] += book.overdue(action, on)
        row["chased"] += action["chased"] or 0
    listed = sorted(rows.items(), key=lambda item: (-item[1]["overdue"], -item[1]["open"], item[1].pop("place")))
    return Section("owners", [dict(row, id=id) for id, row in listed], key="id")
