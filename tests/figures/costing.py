"""Hours and pence of provision, worked out again from the exported records; see server/reports/cost.h for the words."""
import math

from book import days_in, half_up

AMOUNTS = ("planned", "to_date", "actual")


def alike(total, weights):
    """The total shared by weight, rounded down, and the pennies left over one each, in order, to those with a weight."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [total * w // whole for w in weights]
    left = total - sum(shares)
    for i, weight in enumerate(weights):
        if left > 0 and weight > 0:
            shares[i] += 1
            left -= 1
    return shares


class Line:
    """What one run, or one membership of it, takes: minutes and pence, each planned, to date and actual; None: unknown."""

    def __init__(self, run, member=None):
        self.run, self.member = run, member
        self.minutes, self.pence = dict.fromkeys(AMOUNTS), dict.fromkeys(AMOUNTS)

    def any(self):
        return any((v or 0) > 0 for v in list(self.minutes.values()) + list(self.pence.values()))


class Costing:
    def __init__(self, book, since, until, report_day):
        """The period since..until; figures to date and actual stop at D, the earlier of its end and the report's day."""
        self.book, self.since, self.until, self.upto = book, since, until, min(until, report_day)
        self.runs = {run.id: Run(self, run) for run in book["provision"] if run.between(since, until)}
        self.members = [m for run in self.runs.values() for m in run.members]


class Run(Line):
    def __init__(self, costing, run):
        super().__init__(run)
        self.costing, self.book = costing, costing.book
        self.type = self.book.get(run["type"])
        self.usual = run["minutes"] if run["minutes"] is not None else self.type["minutes"]
        self.weekly = run["per_week"] if run["per_week"] is not None else self.type["per_week"]
        self.ends = run["ends"] or costing.until
        self.length = days_in(run["starts"], self.ends, None, None)
        sessions = [s for s in self.book.of("session", "provision", run.id) if costing.since <= s["day"] <= costing.upto]
        self.held, self.lost = [s for s in sessions if s["held"]], [s for s in sessions if not s["held"]]
        self.sessions, self.resources = {}, dict.fromkeys(AMOUNTS, 0)
        self.members = [Line(run, m) for m in self.book.of("member", "provision", run.id)]
        for name, end in (("planned", costing.until), ("to_date", costing.upto)):
            self.plan(name, end)
        self.spend()
        for line in self.members:
            self.attend(line)
        self.share()

    def rate(self, on):
        if self.run["hourly"] is not None:
            return self.run["hourly"]
        rates = [r for r in self.book.of("cost-rate", "grade", self.run["grade"]) if self.run["grade"] and r.holds(on)]
        return rates[0]["hourly"] if rates else None

    def taken(self, session):
        return session["minutes"] if session["minutes"] is not None else self.usual

    def spent(self, session):
        minutes, rate = self.taken(session), self.rate(session["day"])
        return None if minutes is None or rate is None else half_up(minutes * rate, 60)

    def days(self, end, member=None):
        """Days of the run, or of a member in the run, within the period up to `end`."""
        first, last = self.run["starts"], self.ends
        if member:
            first, last = max(first, member["starts"]), min(last, member["ends"] or last)
        return days_in(first, last, self.costing.since, end)

    def bought(self, end):
        """The type's resources, for a run that begins in the period and by `end`."""
        return (self.type["resources"] or 0) if self.costing.since <= self.run["starts"] <= min(end, self.costing.until) else 0

    def sessions_in(self, name, days):
        """Planned sessions of so many days; to date no more than the timetable of a week can hold."""
        linear = half_up(self.run["planned"] * days, self.length)
        return linear if name == "planned" or self.weekly is None else min(linear, math.ceil(self.weekly * days / 7))

    def plan(self, name, end):
        planned, rate = self.run["planned"], self.rate(self.run["starts"])
        self.resources[name] = self.bought(end)
        n = self.sessions[name] = None if planned is None else self.sessions_in(name, self.days(end))
        if n is not None and self.usual is not None:
            self.minutes[name] = n * self.usual
            if rate is not None:
                self.pence[name] = n * half_up(self.usual * rate, 60) + self.resources[name]

    def spend(self):
        self.resources["actual"] = self.bought(self.costing.upto)
        minutes, pence = [self.taken(s) for s in self.held], [self.spent(s) for s in self.held]
        if None not in minutes:
            self.minutes["actual"] = sum(minutes)
        if None not in pence:
            self.pence["actual"] = sum(pence) + self.resources["actual"]

    def there(self, member, session):
        """Is it a day of the run on which the pupil is a member?"""
        return member.holds(session["day"]) and self.run["starts"] <= session["day"] <= self.ends

    def mark(self, session, pupil):
        found = [a for a in self.book.of("attendance", "session", session.id) if a["pupil"] == pupil]
        return found[0]["mark"] if found else None

    def attend(self, line):
        member, planned = line.member, self.run["planned"]
        for name, end in (("planned", self.costing.until), ("to_date", self.costing.upto)):
            if planned is not None and self.usual is not None:
                line.minutes[name] = self.sessions_in(name, self.days(end, member)) * self.usual
        marks = [(s, self.mark(s, member["pupil"])) for s in self.held if self.there(member, s)]
        line.attended = [s for s, _ in marks]
        line.present = [s for s, mark in marks if mark == "present"]
        if self.minutes["actual"] is not None:
            line.minutes["actual"] = sum(self.taken(s) for s in line.present)

    def share(self):
        members, upto = [m.member for m in self.members], self.costing.upto
        days = {"planned": [self.days(self.costing.until, m) for m in members], "to_date": [self.days(upto, m) for m in members]}
        shares = {name: alike(self.pence[name] or 0, days[name]) for name in days}
        shares["actual"] = alike(self.resources["actual"], days["to_date"])
        for session in self.held:
            there = [i for i, m in enumerate(members) if self.there(m, session)]
            for i, share in zip(there, alike(self.spent(session) or 0, [1] * len(there))):
                shares["actual"][i] += share
        for i, line in enumerate(self.members):
            line.days = days["planned"][i]
            line.pence = {name: None if self.pence[name] is None else shares[name][i] for name in AMOUNTS}
