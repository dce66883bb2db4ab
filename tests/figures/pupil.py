"""The pupil's page and the one-page profile worked out again (server/reports/pupil*.c, profile.c)."""
from book import OPEN_END, total, year_start
from compare import Section
from costing import Costing
from gaps import counts_as_parents


def months_before(on, months):
    """That many months back, to the month's last day where the day does not exist."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    for day in range(on.day, 27, -1):
        try:
            return on.replace(year=year, month=month + 1, day=day)
        except ValueError:
            pass
    return on.replace(year=year, month=month + 1)


def latest(records, field):
    return sorted(records, key=lambda r: r[field] or OPEN_END, reverse=True)


JUDGED = {"exceeded": "met", "met": "met", "partly-met": "partly-met", "not-met": "not-met"}


class Page:
    def __init__(self, book, pupil, on):
        self.book, self.pupil, self.on = book, pupil, on
        self.past = on < book.today

    def of(self, noun, field=None):
        """The pupil's records of a kind; with a field, those dated by the day."""
        return [r for r in self.book.of(noun, "pupil", self.pupil.id) if not field or r[field] is None or r[field] <= self.on]

    def known(self, day):
        """What came only after a day that is over was not known on it."""
        return None if self.past and day and day > self.on else day

    def spells(self, noun, name, *fields):
        rows = []
        for r in latest(self.of(noun, "starts"), "starts"):
            rows.append(dict({f: r[f] for f in fields}, until=self.known(r["ends"])))
            rows[-1]["from"] = r["starts"]
            if "parent_informed" in r:
                rows[-1]["parent_informed"] = self.known(r["parent_informed"])
        return Section(name, rows, key=("from", "until"), ordered=("from",))

    def plans(self):
        rows = []
        for plan in latest(self.of("plan", "starts"), "starts"):
            targets = self.book.of("target", "plan", plan.id)
            row = {"id": plan.id, "cycle": plan["cycle"], "from": plan["starts"], "review_due": plan["review_due"], "targets": len(targets),
                   "parent_agreed": self.known(plan["parent_agreed"])}
            for status in ("open", "met", "partly-met", "not-met", "stopped"):
                row[status.replace("-", "_")] = sum(self.status(t) == status for t in targets)
            rows.append(row)
        return Section("plans", rows, ordered=("from",))

    def status(self, target):
        """A target's on the day: what a later review judged was not known yet."""
        own = target["status"] or "open"
        judging = [r for r in self.book.of("target-review", "target", target.id) if r["judgement"] in JUDGED]
        if own == "stopped" or all(r["day"] <= self.on for r in judging):
            return own
        known = [r for r in judging if r["day"] <= self.on]
        return JUDGED[max(known, key=lambda r: (r["day"], r.number))["judgement"]] if known else "open"

    def current(self, target):
        plan, status = self.book.get(target["plan"]), self.status(target)
        if plan:
            return self.book.in_force(plan, self.on)
        return status == "open" or (status in ("partly-met", "not-met") and target["due"] is not None and target["due"] >= self.on)

    def targets(self):
        now, before = [], []
        for target in self.of("target"):
            plan = self.book.get(target["plan"])
            when = target["due"] or (plan["starts"] if plan else None)
            if plan and plan["starts"] > self.on:
                continue
            if self.current(target):
                now.append(target)
            elif when is None or when >= months_before(self.on, 24):
                before.append((when, target))
        now.sort(key=lambda t: t["due"] or OPEN_END)
        before.sort(key=lambda pair: pair[0] or OPEN_END, reverse=True)
        rows = [self.target(t, True) for t in now] + [self.target(t, False) for _, t in before]
        return Section("targets", rows, ordered=("current",))

    def target(self, target, current):
        reviews = [r for r in self.book.of("target-review", "target", target.id) if r["day"] <= self.on]
        newest = max(reviews, key=lambda r: (r["day"], r.number), default=None)
        return {"id": target.id, "current": current, "status": self.status(target).replace("-", " ").capitalize(), "due": target["due"],
                "reviewed": newest and newest["day"], "value": newest and newest["value"]}

    def reviews(self):
        found = [r for t in self.of("target") for r in self.book.of("target-review", "target", t.id)
                 if months_before(self.on, 12) <= r["day"] <= self.on]
        return Section("reviews", [{"id": r.id, "day": r["day"]} for r in latest(found, "day")], ordered=("day",))

    def strategies(self):
        rows = [{"id": r.id, "from": r["starts"], "until": self.known(r["ends"]), "reviewed": self.known(r["reviewed"])}
                for r in self.of("strategy", "starts")]
        return Section("strategies", rows, ordered=False)

    def provision(self):
        members = latest(self.of("member", "starts"), "starts")
        if not members:
            return Section("provision", [], key="provision", optional=True)
        runs = [self.book.get(m["provision"]) for m in members]
        first = min(r["starts"] for r in runs + members)
        rows, ever = [], {m.member.id: m for m in Costing(self.book, first, self.on, self.on).members}
        for member, run in zip(members, runs):
            rows.append(dict(self.amounts([ever.get(member.id)]), provision=run["name"], until=member["ends"] or run["ends"],
                             **self.scores(member)))
            rows[-1]["from"] = member["starts"]
        year = {m.member.id: m for m in Costing(self.book, year_start(self.on), self.on, self.on).members}
        rows.append(dict(self.amounts([ever.get(m.id) for m in members]), provision="In all"))
        rows.append(dict(self.amounts([year.get(m.id) for m in members]), provision="This academic year"))
        return Section("provision", rows, key=("provision", "from"), ordered=("from",))

    def amounts(self, lines):
        lines = [x for x in lines if x and x.days]
        return {"present": sum(len(x.present) for x in lines), "held": sum(len(x.attended) for x in lines),
                "minutes": total(x.minutes["actual"] for x in lines) if lines else 0,
                "cost": total(x.pence["actual"] for x in lines) if lines else 0}

    def scores(self, member):
        entry, exit = member["entry_score"], member["exit_score"]
        if member["entry_day"] and member["entry_day"] > self.on:
            entry = None
        left = member["exit_day"] or member["ends"]
        if left and left > self.on:
            exit = None
        return {"entry": entry, "exit": exit, "gain": None if entry is None or exit is None else exit - entry}

    def contacts(self):
        rows = [{"id": c.id, "priority": c["priority"]} for c in sorted(self.of("contact"), key=lambda c: c["priority"] or 10)]
        return Section("contacts", rows, ordered=("priority",))

    def log(self):
        return Section("log", [{"id": r.id, "day": r["day"], "follow_up": r["follow_up"]} for r in latest(self.of("contact-log", "day"), "day")][:20],
                       ordered=("day",))

    def parents(self):
        days = [m["day"] for m in self.of("meeting") if counts_as_parents(m, self.on)]
        return Section("parents", [{"met": len(days), "asked": 3, "last": max(days, default=None)}], key="asked")

    def meetings(self):
        def shown(meeting):
            if meeting["day"] > self.on:
                return meeting["status"] in (None, "planned")
            return meeting["day"] >= months_before(self.on, 12)
        rows = [{"id": m.id, "day": m["day"]} for m in latest(filter(shown, self.of("meeting")), "day")]
        return Section("meetings", rows, ordered=("day",))

    def actions(self):
        opened = sorted((a for a in self.of("action") if self.book.is_open(a, self.on)), key=lambda a: a["due"] or OPEN_END)
        closed = [a for a in self.of("action") if not self.book.is_open(a, self.on) and a["closed"]
                  and months_before(self.on, 3) <= a["closed"] <= self.on]
        rows = [{"id": a.id, "due": a["due"], "late": self.book.overdue(a, self.on), "closed": None} for a in opened]
        rows += [{"id": a.id, "due": a["due"], "late": False, "closed": a["closed"]} for a in latest(closed, "closed")]
        return Section("actions", rows, ordered=("late", "closed"))

    def concerns(self):
        rows = [{"id": c.id, "raised": c["raised"], "decided": self.known(c["decided"])} for c in latest(self.of("concern", "raised"), "raised")]
        return Section("concerns", rows, ordered=("raised",))


def facts(name, optional=False):
    return Section(name, None, optional=optional)


def pupil(book, on, wanted):
    page = Page(book, book.get(wanted["pupil"]), on)
    return [facts("pupil"), page.spells("sen-status", "standing", "provision"), page.spells("need", "needs", "need", "rank"),
            page.spells("placement", "placements", "time_in_base"), facts("profile", True), page.plans(), page.targets(), page.reviews(),
            page.strategies(), page.provision(), page.contacts(), page.log(), page.parents(), page.meetings(), page.actions(), page.concerns()]


# --- the profile ---

def profile(book, on, wanted):
    """Texts are words; of targets and strategies as many as fit on the sheet, at most 6 and 8."""
    page = Page(book, book.get(wanted["pupil"]), on)
    targets = [t for t in page.of("target") if on_page(page, t)]
    strategies = [{"id": r.id} for r in page.of("strategy") if r.holds(on)]
    runs = [(m, book.get(m["provision"])) for m in page.of("member") if m.holds(on) and book.get(m["provision"]).holds(on)]
    return [facts("pupil"), facts("profile", True), Section("targets", [{"id": t.id} for t in targets], ordered=False, most=6),
            Section("strategies", strategies, ordered=False, most=8), Section("provision", [{"id": r.id} for _, r in runs], ordered=False),
            facts("signed", True)]


def on_page(page, target):
    """Current, and neither met nor stopped."""
    plan = page.book.get(target["plan"])
    return (not plan or plan["starts"] <= page.on) and page.current(target) and page.status(target) not in ("met", "stopped")
