"""The provision map worked out again (server/reports/map.c; minutes and pence: cost.h)."""
from book import pupil_name, staff_name, total, year_end, year_start
from compare import Section
from costing import AMOUNTS, Costing

PARTS = ("provision", "pupil", "class", "year", "need", "staff", "school")
FILTERS = ("class", "year", "need", "status", "pupil")


def cells(minutes, pence):
    row = {"minutes_" + name: minutes[name] for name in AMOUNTS}
    row.update({"cost_" + name: pence[name] for name in AMOUNTS})
    return row


def summed(lines):
    lines = list(lines)
    return cells({n: total(x.minutes[n] for x in lines) for n in AMOUNTS}, {n: total(x.pence[n] for x in lines) for n in AMOUNTS})


class Map:
    def __init__(self, book, on, wanted):
        self.book, self.on = book, on
        self.costing = Costing(book, wanted.get("from") or year_start(on), wanted.get("to") or year_end(on), on)
        self.pupils = {}
        for pupil in book.chosen(on, dict({"status": "all"}, **wanted)):
            lines = [m for m in self.costing.members if m.member["pupil"] == pupil.id and m.days]
            if lines and wanted.get("pupil") in (None, pupil.id):
                self.pupils[pupil] = lines
        shown = {m.run.id for lines in self.pupils.values() for m in lines}
        filtered = any(wanted.get(name) for name in FILTERS)
        self.runs = [self.costing.runs[r.id] for r in book.named("provision")
                     if r.id in self.costing.runs and (r.id in shown or not filtered)]

    def day_of(self, run):
        """The report's day brought into the run's dates."""
        return max(run["starts"], min(self.on, run["ends"] or self.on))

    def provision(self):
        rows = []
        for line in self.runs:
            run = line.run
            rows.append(dict(cells(line.minutes, line.pence), id=run.id, name=run["name"], type=line.type["name"],
                             leader=staff_name(self.book.get(run["leader"])), days=run["days"], until=run["ends"],
                             pupils=sum(m.member.holds(self.day_of(run)) for m in line.members),
                             sessions_planned=line.sessions["planned"],
                             sessions_to_date=line.sessions["to_date"], held=len(line.held), lost=len(line.lost)))
            rows[-1]["from"] = run["starts"]
        return Section("provision", rows)

    def pupil(self):
        book, rows = self.book, []
        for pupil, lines in self.pupils.items():
            theirs = [m for m in self.costing.members if m.member["pupil"] == pupil.id and m.member.holds(self.day_of(m.run))]
            now = sorted((m.run for m in theirs), key=lambda r: r.place)
            rows.append(dict(summed(lines), id=pupil.id, pupil=pupil_name(pupil), year=book.year(pupil, self.on),
                             status=book.standing(pupil, self.on), need=self.need_of(pupil), what="; ".join(r["name"] for r in now) or None))
            rows[-1]["class"] = book.class_name(pupil, self.on)
        return Section("pupil", rows)

    def need_of(self, pupil):
        needs = self.book.needs(pupil, self.on)
        return needs[0]["need"] if needs else None

    def grouped(self, name, key, order):
        groups = {}
        for pupil in self.pupils:
            groups.setdefault(key(pupil), []).append(pupil)
        rows = []
        for value in sorted(groups, key=lambda v: (v is None, v is not None and order(v))):
            lines = [m for p in groups[value] for m in self.pupils[p]]
            busy = sum(any(m.any() for m in self.pupils[p]) for p in groups[value])
            rows.append(dict(summed(lines), pupils=busy, **{name: value or "-"}))
        return Section(name, rows, key=name)

    def by_class(self):
        book = self.book
        classes = {c["name"]: c for c in book["class"]}
        return self.grouped("class", lambda p: book.class_name(p, self.on),
                            lambda name: (classes[name]["year"] is None, book.order("year-group", classes[name]["year"]), name.encode()))

    def by_year(self):
        return self.grouped("year", lambda p: self.book.year(p, self.on), lambda year: self.book.order("year-group", year))

    def by_need(self):
        return self.grouped("need", self.need_of, lambda need: need)

    def staff(self):
        people = {}

        def of(id):
            return people.setdefault(id, {name + kind: [] for name in ("minutes_", "cost_") for kind in AMOUNTS} | {"held": 0})
        for line in self.runs:
            leads = of(line.run["leader"])
            for name in ("planned", "to_date"):
                leads["minutes_" + name].append(line.minutes[name])
                leads["cost_" + name].append(line.pence[name])
            if line.pence["actual"] is not None and line.resources["actual"]:
                leads["cost_actual"].append(line.resources["actual"])
            for session in line.held:
                took = of(session["staff"] or line.run["leader"])
                took["held"] += 1
                if line.minutes["actual"] is not None:
                    took["minutes_actual"].append(line.taken(session))
                if line.pence["actual"] is not None:
                    took["cost_actual"].append(line.spent(session))
        rows = []
        for id in sorted(people, key=lambda id: (id is None, id and self.book.get(id).place)):
            rows.append({n: v if n == "held" else total(v) for n, v in people[id].items()})
            rows[-1].update(id=id, name=staff_name(self.book.get(id)) or "-")
        rows = [row for row in rows if row["held"] or any(row[n] is not None for n in cells(dict.fromkeys(AMOUNTS), dict.fromkeys(AMOUNTS)))]
        return Section("staff", rows)

    def school(self):
        members = [m for line in self.runs for m in line.members]
        busy = {m.member["pupil"] for m in members if m.any()}
        rows = [dict(summed(self.runs), name="Adults' time, in all", runs=len(self.runs), pupils=len(busy), held=sum(len(r.held) for r in self.runs),
                     lost=sum(len(r.lost) for r in self.runs)),
                dict(summed(m for lines in self.pupils.values() for m in lines), name="Pupils' own time and their share",
                     pupils=sum(any(m.any() for m in lines) for lines in self.pupils.values()))]
        return Section("school", rows, key="name")


def provision_map(book, on, wanted):
    made = Map(book, on, wanted)
    makers = dict(zip(PARTS, (made.provision, made.pupil, made.by_class, made.by_year, made.by_need, made.staff, made.school)))
    return [makers[name]() for name in PARTS if wanted.get("by") in (None, name)]
