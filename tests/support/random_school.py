"""A small school of random records that keep every rule and are awkward on purpose: what the figures of reports are tried on.

Members who join late and leave early, runs without an end, without minutes or over two academic years, rates that change or
lack, two memberships of one pupil in one run, pupils who left, spells that begin and end on the days of reports, and so on.
The same seed makes the same school.
"""
import datetime
import random

import kinds
import wire

TODAY = datetime.date(2024, 11, 18)
FIRST = datetime.date(2023, 6, 1)           # nothing is older, but pupils
NEW_YEAR = datetime.date(2024, 9, 1)
LEAP = datetime.date(2024, 2, 29)
CENSUS = [datetime.date(2023, 10, 5), datetime.date(2024, 1, 18), datetime.date(2024, 10, 3)]
EDGES = [NEW_YEAR, NEW_YEAR - datetime.timedelta(1), datetime.date(2023, 9, 1), datetime.date(2023, 8, 31), LEAP, TODAY,
         TODAY - datetime.timedelta(1)] + CENSUS
BATCH = 40
NEEDS = ["SLCN", "ASD", "SPLD", "MLD", "SEMH", "HI", "PD"]
GRADES = ["TEACHER", "HLTA", "TA", "THERAPIST", "VOLUNTEER"]
WHEN = ["Mon Wed 09:30", "Tue Thu 13:15", "Fri", "Mon Tue Wed Thu Fri 9:05", "mondays at 11:00", "by arrangement", None]


def add(day, days):
    return day + datetime.timedelta(days)


class Maker:
    def __init__(self, client, seed):
        self.client, self.random = client, random.Random(seed)
        self.refused = []           # [(kind, fields, sentence)]: what a rule did not let in
        self.added = 0

    # --- chance ---

    def maybe(self, share, value):
        return value if self.random.random() < share else None

    def day(self, first=FIRST, last=TODAY):
        """Any day, but oftener one on which something changes."""
        edges = [d for d in EDGES if first <= d <= last]
        if edges and self.random.random() < 0.35:
            return self.random.choice(edges)
        return add(first, self.random.randint(0, max(0, (last - first).days)))

    def spells(self, most, first=FIRST, last=TODAY, open_end=0.6):
        """Spells one after the other, some with days between: [(starts, ends)]."""
        starts = sorted({self.day(first, last) for _ in range(self.random.randint(0, most))})
        gaps = [1 + (self.maybe(0.3, self.random.randint(0, 9)) or 0) for _ in starts[1:]]
        ends = [max(begun, add(after, -gap)) for begun, after, gap in zip(starts, starts[1:], gaps)]
        if starts:
            ends.append(None if self.random.random() < open_end else self.day(starts[-1], max(starts[-1], last)))
        return list(zip(starts, ends))

    # --- records ---

    def add(self, name, rows):
        """Adds records of a kind, many at once; those that a rule refuses are left out. Returns [(id, fields)]."""
        kind, done = kinds.find(name), []
        for at in range(0, len(rows), BATCH):
            done += self.put(kind, rows[at:at + BATCH])
        self.added += len(done)
        return done

    def put(self, kind, rows):
        items = [wire.item(kind, -1 - i, **self.values(kind, row)) for i, row in enumerate(rows)]
        reply = self.client.put(*items, check=False)
        if reply.outcome == wire.pb.OK:
            ids = {d.temporary: d.id for d in reply.put.done}
            return [(ids[-1 - i], row) for i, row in enumerate(rows)]
        if len(rows) == 1:
            self.refused.append((kind.name, rows[0], reply.problem.message))
            return []
        return [done for row in rows for done in self.put(kind, [row])]

    @staticmethod
    def values(kind, row):
        out = {}
        for name, value in row.items():
            descriptor = kind.field(name.rstrip("_")).descriptor
            if value is None:
                continue
            if isinstance(value, datetime.date):
                value = (value - kinds.EPOCH).days
            elif descriptor.enum_type and isinstance(value, str):
                value = descriptor.enum_type.values_by_name[value].number
            out[name] = value
        return out

    def edit(self, name, id, **fields):
        kind = kinds.find(name)
        _, version = self.client.read(kind, id)
        return self.client.edit(kind, id, version, check=False, **self.values(kind, fields)).outcome == wire.pb.OK


class Filling(Maker):
    def fill(self):
        everyone = [id for id, _, _ in self.client.all(kinds.find("Staff"))]
        self.staff = self.random.sample(everyone, min(4, len(everyone)))
        self.people()
        self.standing()
        self.rates()
        self.provision()
        self.plans()
        self.dealings()
        return self

    def someone(self, share=0.8):
        return self.maybe(share, self.random.choice(self.staff))

    # --- people and standing ---

    def people(self):
        r = self.random
        self.classes = self.add("SchoolClass", [{"name": "Oak", "year": "3"}, {"name": "Ash", "year": None}, {"name": "Elm", "year": "4"}])
        rows = []
        for i in range(9):
            entered = self.maybe(0.9, r.choice([datetime.date(2022, 9, 1), self.day()]))
            left = self.maybe(0.3, self.day(entered or FIRST, add(TODAY, 40)))
            rows.append({"surname": "Quill%c" % (65 + i), "forename": self.maybe(0.9, r.choice(["Ann", "Bo", "Cy"])),
                         "born": datetime.date(2015, 9, 1 + i),
                         "year": self.maybe(0.7, r.choice(["2", "3", "4"])), "entered": entered, "left": left,
                         "eal": self.maybe(0.7, r.random() < 0.5),
                         "pupil_premium": self.maybe(0.7, r.random() < 0.5), "looked_after": self.maybe(0.7, r.random() < 0.2)})
        rows[-1].update(entered=datetime.date(2022, 9, 1), left=None)
        self.pupils = [id for id, _ in self.add("Pupil", rows)]
        self.add("ClassMembership", [{"pupil": p, "class_": r.choice(self.classes)[0], "starts": s, "ends": e}
                                     for p in self.pupils for s, e in self.spells(3)])
        self.add("Assignment",
                 [{"staff": s, "class_": r.choice(self.classes)[0], "relation": "CLASS_TEACHER", "starts": self.day()} for s in self.staff])

    def standing(self):
        r, rows = self.random, self.off_again(self.pupils[-1])
        for pupil in self.pupils[:-1]:
            for starts, ends in self.spells(5, last=add(TODAY, 20), open_end=0.75):
                rows.append({"pupil": pupil, "provision": r.choice("KKKEEN"), "starts": starts, "ends": ends,
                             "parent_informed": self.maybe(0.7, add(starts, r.randint(-20, 5))), "reason": self.maybe(0.5, "CONCERN")})
        self.add("SenStatus", rows)
        self.add("Need", [row for pupil in self.pupils for row in self.ranked(pupil)])
        self.add("Placement", [{"pupil": p, "place": "SEN_UNIT", "starts": s, "ends": e, "time_in_base": self.maybe(0.5, r.randint(0, 100))}
                               for p in self.pupils[:3] for s, e in self.spells(2)])

    @staticmethod
    def off_again(pupil):
        """On the register with one status, then another, then off it: all between two counts."""
        changed = datetime.date(2023, 12, 2)
        return [{"pupil": pupil, "provision": "K", "starts": datetime.date(2023, 9, 10), "ends": add(changed, -1)},
                {"pupil": pupil, "provision": "E", "starts": changed, "ends": LEAP}]

    def ranked(self, pupil):
        """A primary need at all times at which there is another."""
        for starts, ends in self.spells(3):
            first, second, third = self.random.sample(NEEDS, 3)
            yield {"pupil": pupil, "need": first, "rank": 1, "starts": starts, "ends": ends}
            if self.random.random() < 0.6:
                begins = self.day(starts, ends or TODAY)
                yield {"pupil": pupil, "need": second, "rank": 2, "starts": begins, "ends": ends}
                if self.random.random() < 0.3:
                    yield {"pupil": pupil, "need": third, "rank": 3, "starts": begins, "ends": ends}

    # --- provision ---

    def rates(self):
        """Takes some of the school's rates away, and changes others in the middle of a year, to odd pence."""
        kind = kinds.find("CostRate")
        for id, rate, record in self.client.all(kind):
            chance = self.random.random()
            if chance < 0.25:
                self.client.remove(kind, id, record.version)
            elif chance < 0.6 and not rate.HasField("ends"):
                change = self.day(kinds.EPOCH + datetime.timedelta(rate.starts + 1), TODAY)
                if self.edit("CostRate", id, ends=add(change, -1)):
                    self.add("CostRate",
                             [{"grade": rate.grade, "hourly": self.random.randint(0, 6000), "starts": add(change, self.random.choice([0, 0, 9])),
                                           "ends": self.maybe(0.3, add(TODAY, 3))}])

    def provision(self):
        r = self.random
        self.types = self.add("ProvisionType", [
            {"name": "Random %s" % name, "minutes": self.maybe(0.6, r.randint(5, 60)), "measured_in": self.maybe(0.8, measure),
             "layer": self.maybe(0.8, layer),
             "resources": self.maybe(0.6, r.choice([0, 1, 1001, 4999, 12345]))}
            for name, measure, layer in (("one", "MONTHS", "TARGETED"), ("two", "POINTS", "SPECIALIST"), ("three", "MONTHS", None))])
        self.runs = self.add("Provision", [self.run(i) for i in range(7)])
        self.members, self.sessions = [], []
        for id, run in self.runs:
            self.group(id, run)
            self.meet(id, run)
        for id, run in self.runs:
            if r.random() < 0.4:
                self.close(id, run)

    def run(self, i):
        r = self.random
        starts = self.day(last=add(TODAY, 10))
        ends = self.maybe(0.75, r.choice([starts, add(starts, r.randint(0, 60)), add(starts, r.randint(60, 420))]))
        return {"type": r.choice(self.types)[0], "name": "Run %d" % i, "leader": self.someone(), "grade": self.maybe(0.85, r.choice(GRADES)),
                "hourly": self.maybe(0.2, r.randint(0, 9000)), "days": r.choice(WHEN), "starts": starts, "ends": ends,
                "minutes": self.maybe(0.6, r.randint(5, 95)), "planned": self.maybe(0.8, r.choice([0, 1, 7, r.randint(2, 120)]))}

    def group(self, id, run):
        r, rows = self.random, []
        last = run["ends"] or add(TODAY, 30)
        for pupil in r.sample(self.pupils, r.randint(0, 5)):
            stays = self.spells(2, run["starts"], last) or [(run["starts"], None)]
            for starts, ends in stays:
                rows.append({"provision": id, "pupil": pupil, "starts": starts, "ends": ends})
                self.scores(rows[-1], run)
        self.members += self.add("ProvisionMember", rows)

    def scores(self, row, run):
        r = self.random
        if r.random() < 0.8:
            row["entry_score"] = r.randint(0, 900)
            row["entry_day"] = self.maybe(0.7, add(row["starts"], r.randint(-5, 5)))
        left = row["ends"] or run["ends"] or TODAY
        if r.random() < 0.6:
            row["exit_score"] = row.get("entry_score", 0) + r.randint(-20, 95) if row.get("entry_score", 0) > 20 else r.randint(0, 900)
            row["exit_day"] = self.maybe(0.5, max(row.get("entry_day") or row["starts"], min(TODAY, add(left, r.randint(-8, 8)))))
        if row["ends"]:
            row["effect"] = self.maybe(0.6, r.choice(["NONE", "SOME", "EXPECTED", "STRONG"]))

    def meet(self, id, run):
        r, last, rows = self.random, min(TODAY, run["ends"] or TODAY), []
        if last < run["starts"]:
            return
        for day in sorted({self.day(run["starts"], last) for _ in range(r.randint(0, 14))}):
            held = r.random() < 0.8
            rows.append({"provision": id, "day": day, "held": held, "lost_to": None if held else r.choice(["STAFF", "ROOM"]),
                         "staff": self.maybe(0.25, self.someone(1)),
                         "minutes": self.maybe(0.3, r.randint(1, 120)) if held else None})
        sessions, marks = self.add("ProvisionSession", rows), []
        for session, row in sessions:
            for _, member in self.members:
                there = member["provision"] == id and member["starts"] <= row["day"] <= (member["ends"] or row["day"])
                if row["held"] and there and r.random() < 0.85:
                    marks.append({"session": session, "pupil": member["pupil"],
                                  "mark": r.choice(["PRESENT"] * 4 + ["ABSENT", "REFUSED", "ELSEWHERE"])})
        self.add("Attendance", marks)
        self.sessions += sessions

    def close(self, id, run):
        last = min(TODAY, run["ends"] or TODAY)
        if last >= run["starts"]:
            self.edit("Provision", id, closed=self.day(max(run["starts"], add(last, -30)), last), close_reason="Tried out",
                      decision=self.random.choice(["KEEP", "CHANGE", "STOP"]))

    # --- plans and dealings ---

    def plans(self):
        r, rows = self.random, []
        for pupil in self.pupils:
            for cycle in range(r.randint(0, 2)):
                starts = self.day(last=add(TODAY, 15))
                rows.append({"pupil": pupil, "template": r.choice(["APDR", "IEP"]), "cycle": cycle + 1, "starts": starts,
                             "review_due": self.maybe(0.8, self.day(add(starts, 1), max(add(starts, 90), add(TODAY, 30)))),
                             "status": r.choice(["DRAFT", "AGREED", "LIVE", "LIVE", "REVIEWED", "CLOSED"]),
                             "parent_agreed": self.maybe(0.4, add(starts, 3))})
        plans = self.add("Plan", rows)
        rows = []
        for pupil in self.pupils:
            own = [id for id, plan in plans if plan["pupil"] == pupil]
            for _ in range(r.randint(0, 3)):
                rows.append({"pupil": pupil, "plan": self.maybe(0.7, r.choice(own)) if own else None, "aim": "Counts to %d" % r.randint(1, 99),
                             "measure": "Seen",
                             "due": self.maybe(0.8, self.day(last=add(TODAY, 30))), "owner": self.someone(), "status": self.maybe(0.7, "OPEN")})
        targets = self.add("Target", rows)
        reviews = [{"target": id, "day": self.day(), "judgement": r.choice(["MET", "PARTLY_MET", "NOT_MET"]), "value": "%d" % r.randint(0, 9)}
                   for id, _ in targets for _ in range(r.randint(0, 2))]
        self.add("TargetReview", reviews)
        for id, _ in targets:
            if r.random() < 0.3:
                self.edit("Target", id, status=r.choice(["MET", "PARTLY_MET", "NOT_MET", "STOPPED"]))
        by_pupil = {id: row["pupil"] for id, row in targets}
        for id, row in self.members:
            own = [t for t, p in by_pupil.items() if p == row["pupil"]]
            if own and r.random() < 0.5:
                self.edit("ProvisionMember", id, target=r.choice(own))
        self.add("Strategy",
                 [{"pupil": p, "what": "A seat near the board", "starts": self.maybe(0.8, self.day()), "ends": None} for p in self.pupils[:5]])
        self.add("Profile", [{"pupil": p, "starts": s, "ends": e, "helps": "Time"} for p in self.pupils for s, e in self.spells(2)])

    def dealings(self):
        r, p, rows = self.random, self.pupils, []
        edges = [add(d, -n) for d in CENSUS + [TODAY] for n in (41, 42, 43)]
        for pupil in r.sample(p, 6):
            raised = r.choice(edges + [self.day()])
            decided = self.maybe(0.5, self.day(raised, TODAY)) if raised <= TODAY else None
            rows.append({"pupil": pupil, "raised": raised, "raised_by": self.someone(), "concern": "Tires early", "decided": decided,
                         "outcome": decided and r.choice(["MONITOR", "REGISTER"])})
        self.add("Concern", rows)
        rows = []
        for pupil in p:
            for _ in range(r.randint(0, 5)):
                day = self.day(last=add(TODAY, 12))
                past = day <= TODAY
                rows.append({"pupil": pupil, "purpose": "PARENT", "day": day, "time": self.maybe(0.5, r.choice(["09:30", "15:45"])),
                             "status": self.maybe(0.7, r.choice(["HELD", "HELD", "CANCELLED", "NOT_ATTENDED"] if past else ["PLANNED", "CANCELLED"])),
                             "parents": self.maybe(0.8, past and r.random() < 0.8)})
        meetings = self.add("Meeting", rows)
        self.add("MeetingAttendee", [{"meeting": id, "staff": self.someone(1)} for id, _ in meetings if r.random() < 0.5])
        self.add("Action", [self.action(meetings) for _ in range(18)])
        self.add("Contact",
                 [{"pupil": pupil, "name": "Parent of %d" % pupil, "priority": self.maybe(0.7, r.randint(1, 9))}
                  for pupil in p for _ in range(r.randint(0, 2))])
        rows = []
        for _ in range(22):
            day = self.day()
            rows.append({"pupil": r.choice(p[:4]), "day": day, "channel": "PHONE", "summary": "Rang", "staff": self.someone(),
                         "follow_up": self.maybe(0.6, add(day, r.randint(0, 30)))})
        self.add("ContactLog", rows)

    def action(self, meetings):
        r = self.random
        status = self.maybe(0.8, r.choice(["OPEN", "IN_PROGRESS", "ESCALATED", "DONE", "CANCELLED"]))
        closed = status in ("DONE", "CANCELLED")
        return {"pupil": self.maybe(0.8, r.choice(self.pupils)), "what": "Ring the clinic", "owner": self.someone(), "status": status,
                "due": self.maybe(0.8, self.day(last=add(TODAY, 40))), "outcome": "Rung" if closed else None,
                "closed": self.maybe(0.9, self.day()) if closed else None, "chased": self.maybe(0.5, r.randint(0, 4))}


def fill(client, seed):
    """Fills the school that the client, a lead, is logged in to. Returns what was made, and what was refused."""
    return Filling(client, seed).fill()
