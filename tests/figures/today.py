"""What somebody has to see to on a day, worked out again (server/reports/today.c)."""
import re
from datetime import timedelta

from book import OPEN_END
from compare import Section

LEADS_ONLY = ("concerns",)


class Today:
    def __init__(self, book, on, person, own, all):
        """own: a lead asks for their own page, and sees more than what is theirs."""
        self.book, self.on, self.person, self.own, self.all = book, on, person, own, all
        self.here = {p.id for p in book["pupil"] if book.on_roll(p, on)}
        mine = [a for a in book.of("assignment", "staff", person) if a.holds(on)]
        classes, pupils = {a["class"] for a in mine if a["class"]}, {a["pupil"] for a in mine if a["pupil"]}
        for pupil in book["pupil"]:
            taught = book.school_class(pupil, on)
            if taught and taught.id in classes:
                pupils.add(pupil.id)
        self.theirs = pupils & self.here

    def within(self, day, first, last):
        return day is not None and self.on + timedelta(first) <= day <= self.on + timedelta(last)

    def meetings(self):
        attends = {a["meeting"] for a in self.book.of("attendee", "staff", self.person)}
        found = [m for m in self.book["meeting"] if self.within(m["day"], 0, 7) and m["status"] != "cancelled" and (self.own or m.id in attends)]
        found.sort(key=lambda m: (m["day"], m["time"] is None, m["time"] or ""))
        return [{"id": m.id, "day": m["day"]} for m in found]

    def sessions(self):
        weekday = self.on.strftime("%a").lower()
        found = [r for r in self.book["provision"] if (self.all or r["leader"] == self.person) and r.holds(self.on)
                 and not (r["closed"] and r["closed"] < self.on) and weekday in (r["days"] or "").lower()]

        def first_time(run):
            told = re.search(r"\d\d:\d\d", run["days"])
            return (told is None, told.group() if told else "")
        return [{"id": r.id} for r in sorted(found, key=first_time)]

    def late(self, name, rows):
        """How many of a part are late: sessions not yet marked, actions and reviews overdue."""
        if name == "sessions":
            return sum(not any(s["day"] == self.on for s in self.book.of("session", "provision", row["id"])) for row in rows)
        return sum(row.get("days_overdue") is not None for row in rows)

    def actions(self):
        found = [a for a in self.book.of("action", "owner", self.person)
                 if self.book.is_open(a, self.on) and a["due"] and a["due"] <= self.on + timedelta(7)]
        return [{"id": a.id, "due": a["due"], "days_overdue": (self.on - a["due"]).days if a["due"] < self.on else None}
                for a in sorted(found, key=lambda a: a["due"])]

    def targets(self):
        found = [t for t in self.book["target"] if t["status"] in (None, "open") and self.within(t["due"], 0, 14) and t["pupil"] in self.here
                 and (t["owner"] == self.person or t["pupil"] in self.theirs)]
        return [{"id": t.id, "due": t["due"]} for t in sorted(found, key=lambda t: t["due"])]

    def reviews(self):
        whose = self.here if self.own else self.theirs
        found = [p for p in self.book["plan"] if p["pupil"] in whose and self.book.in_force(p, self.on)
                 and (p["review_due"] or OPEN_END) <= self.on + timedelta(14)]
        return [{"id": p.id, "review_due": p["review_due"], "days_overdue": (self.on - p["review_due"]).days if p["review_due"] < self.on else None}
                for p in sorted(found, key=lambda p: p["review_due"])]

    def follow_up(self):
        def waits(entry):
            others = self.book.of("contact-log", "pupil", entry["pupil"])
            return (entry["day"] <= self.on and self.within(entry["follow_up"], -60, 0) and entry["pupil"] in self.here
                    and (self.own or entry["staff"] == self.person or entry["pupil"] in self.theirs)
                    and not any((entry["day"], entry.number) < (o["day"], o.number) and o["day"] <= self.on for o in others))
        return [{"id": e.id, "follow_up": e["follow_up"], "spoken": e["day"]}
                for e in sorted(filter(waits, self.book["contact-log"]), key=lambda e: e["follow_up"])]

    def concerns(self):
        found = [c for c in self.book["concern"] if c["raised"] <= self.on and c["pupil"] in self.here
                 and not (c["decided"] and c["decided"] <= self.on)]
        return [{"id": c.id, "raised": c["raised"], "weeks": (self.on - c["raised"]).days // 7} for c in sorted(found, key=lambda c: c["raised"])]


def shown(counts):
    """How many rows of each part: as keep the page within two screens."""
    for n in range(10, 2, -1):
        if 8 + sum(3 + min(n, c) + (c > n) for c in counts) <= 47:
            return n
    return 2


def today(book, on, wanted):
    person = wanted.get("staff") or wanted["reader"]
    own = person == wanted["reader"]
    made = Today(book, on, person, own, bool(wanted.get("all")))
    parts = {name: getattr(made, name)() for name in ("meetings", "sessions", "actions", "targets", "reviews",
                                                      "follow_up") + (LEADS_ONLY if own else ())}
    most = shown([len(rows) for rows in parts.values()])
    told = [(len(rows), made.late(name, rows)) for name, rows in parts.items()]
    return [Section("brief", None, told=told)] + [Section(name, rows[:most]) for name, rows in parts.items()]
