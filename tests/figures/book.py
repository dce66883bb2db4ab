"""A school as `sendco KIND list --json` exports it: what the figures of every report are worked out from again.

Nothing here knows how the server computes anything; the definitions are those in words at the top of each report's
source file. Money is pence and scores are tenths, as whole numbers; days are datetime.date.
"""
import datetime
import glob
import json
import os

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DATES = {"born", "entered", "left", "starts", "ends", "day", "raised", "decided", "due", "closed", "review_due", "entry_day", "exit_day",
         "follow_up", "parent_informed", "parent_agreed", "pupil_agreed", "signed_off", "valid_from", "valid_to", "reviewed"}
HUNDREDTHS = {"hourly", "resources"}
TENTHS = {"entry_score", "exit_score"}
DAY = datetime.timedelta(days=1)
OPEN_END = datetime.date.max

# What is exported: every kind that a report reads.
NOUNS = ["pupil", "staff", "class", "membership", "assignment", "code", "contact", "sen-status", "need", "placement", "concern", "plan", "target",
         "target-review", "profile", "strategy", "provision-type", "provision", "member", "session", "attendance", "cost-rate", "contact-log",
         "meeting", "attendee", "action"]


def day(text):
    return datetime.date.fromisoformat(text) if text else None


def number_of(id):
    """The number in an id as people see it: TGT-04K7 without prefix and check character."""
    number = 0
    for digit in id.split("-", 1)[1][:-1]:
        number = number * 32 + CROCKFORD.index(digit)
    return number


def half_up(numerator, denominator):
    """Rounded half away from zero."""
    sign = 1 if numerator >= 0 else -1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def times(value, factor):
    return None if value is None else round(value * factor)


def total(numbers):
    """The sum of what is known; None when nothing is."""
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None


class Record(dict):
    """The fields of one record, with its id, its number, and its place in the list it came in (that is, by name)."""

    def __init__(self, noun, exported, place):
        super().__init__(exported["fields"])
        self.noun, self.id, self.place = noun, exported["id"], place
        self.number = number_of(self.id)
        for name in self:
            if name in DATES:
                self[name] = day(self[name])
            elif name in HUNDREDTHS:
                self[name] = times(self[name], 100)
            elif name in TENTHS:
                self[name] = times(self[name], 10)

    def __hash__(self):
        return hash(self.id)

    def __eq__(self, other):
        return self is other

    def holds(self, on):
        return (self["starts"] is None or self["starts"] <= on) and (self["ends"] is None or self["ends"] >= on)

    def between(self, first, last):
        """Has it a day in common with first..last?"""
        return self["starts"] <= last and (self["ends"] is None or self["ends"] >= first)


class Book:
    def __init__(self, lists, today):
        """lists: noun -> the parsed JSON of `sendco NOUN list --json`; today: the day of the export."""
        self.today = today
        self.kinds = {noun: sorted((Record(noun, r, i) for i, r in enumerate(json["records"])), key=lambda r: r.number)
                      for noun, json in lists.items()}
        self.by_id = {r.id: r for records in self.kinds.values() for r in records}
        self.indexes = {}

    def __getitem__(self, noun):
        return self.kinds[noun]

    def get(self, id):
        return self.by_id.get(id)

    def of(self, noun, field, id):
        """The records of a kind whose field is that, in order of their ids."""
        if (noun, field) not in self.indexes:
            index = self.indexes[noun, field] = {}
            for record in self[noun]:
                index.setdefault(record[field], []).append(record)
        return self.indexes[noun, field].get(id, [])

    def named(self, noun):
        return sorted(self[noun], key=lambda r: r.place)

    # --- codes ---

    def code(self, list, code):
        return next((c for c in self.of("code", "list", list) if code and c["code"].upper() == code.upper()), None)

    def title(self, list, code):
        found = self.code(list, code)
        return found["title"] if found else None

    def order(self, list, code):
        """Where a code stands in its list."""
        rows = self.of("code", "list", list)
        found = self.code(list, code)
        if not found:
            return -1
        return found["order"] if found["order"] is not None else rows.index(found)

    # --- standing on a day ---

    def on_roll(self, pupil, on):
        return (pupil["entered"] is None or pupil["entered"] <= on) and (pupil["left"] is None or pupil["left"] >= on)

    def holding(self, noun, pupil, on):
        return [r for r in self.of(noun, "pupil", pupil.id) if r.holds(on)]

    def status(self, pupil, on):
        found = self.holding("sen-status", pupil, on)
        return found[0] if found else None

    def standing(self, pupil, on):
        """The code, None when there is none."""
        status = self.status(pupil, on)
        return status["provision"] if status else None

    def supported(self, pupil, on):
        return self.standing(pupil, on) in ("K", "E")

    def registered(self, pupil, on):
        return self.on_roll(pupil, on) and self.standing(pupil, on) not in (None, "N")

    def needs(self, pupil, on):
        """The spells, by rank."""
        return sorted(self.holding("need", pupil, on), key=lambda n: (n["rank"], n.number))

    def school_class(self, pupil, on):
        found = self.holding("membership", pupil, on)
        return self.get(found[0]["class"]) if found else None

    def class_name(self, pupil, on):
        found = self.school_class(pupil, on)
        return found["name"] if found else None

    def year(self, pupil, on):
        """A pupil's year is that of today; in another academic year their class then says better."""
        taught = self.school_class(pupil, on)
        taught, own = taught["year"] if taught else None, pupil["year"]
        return (own or taught) if academic_year(on) == academic_year(self.today) else (taught or own)

    # --- filters of reports ---

    def lets_through(self, pupil, on, wanted):
        """Class, year and need."""
        taught = self.school_class(pupil, on)
        if wanted.get("class") and (not taught or wanted["class"].upper() not in (taught["name"].upper(), taught.id)):
            return False
        if wanted.get("year") and (self.year(pupil, on) or "").upper() != wanted["year"].upper():
            return False
        return not wanted.get("need") or wanted["need"].upper() in [n["need"].upper() for n in self.needs(pupil, on)]

    def status_wanted(self, pupil, on, wanted):
        asked = wanted.get("status")
        return not asked or asked == "all" or (self.standing(pupil, on) or "") in asked.replace(",", " ").split()

    def chosen(self, on, wanted):
        """The pupils on roll whom all filters let through, by name."""
        return [p for p in self.named("pupil") if self.on_roll(p, on) and self.lets_through(p, on, wanted) and self.status_wanted(p, on, wanted)]

    # --- plans and actions ---

    def in_force(self, plan, on):
        """Begun by then and agreed or live; on a day that is past also when its review was due on that day or later."""
        if plan["starts"] > on:
            return False
        return plan["status"] in ("agreed", "live") or (on < self.today and plan["review_due"] is not None and plan["review_due"] >= on)

    def planned_for(self, pupil, on):
        return any(self.in_force(p, on) for p in self.of("plan", "pupil", pupil.id))

    def is_open(self, action, on):
        return action["status"] not in ("done", "cancelled") or (action["closed"] is not None and action["closed"] > on)

    def overdue(self, action, on):
        return self.is_open(action, on) and action["due"] is not None and action["due"] < on


def pupil_name(pupil):
    return ", ".join(n for n in (pupil["surname"], pupil["forename"]) if n) if pupil else None


def staff_name(staff):
    return " ".join(n for n in (staff["forename"], staff["surname"]) if n) if staff else None


def academic_year(on):
    return on.year if on.month >= 9 else on.year - 1


def year_start(on):
    return datetime.date(academic_year(on), 9, 1)


def year_end(on):
    return datetime.date(academic_year(on) + 1, 8, 31)


def days_in(first, last, since, until):
    """How many days of first..last lie in since..until; None is open."""
    low = max(d for d in (first, since) if d is not None)
    high = min(d for d in (last, until) if d is not None)
    return max(0, (high - low).days + 1)


def export(command):
    """{noun: parsed list}, all pages; command(*args) runs sendco and returns what it printed."""
    lists = {}
    for noun in NOUNS:
        whole = page = json.loads(command(noun, "list", "--json", "--limit", "5000"))
        while page.get("next"):
            page = json.loads(command(noun, "list", "--json", "--limit", "5000", "--page", page["next"]))
            whole["records"] += page["records"]
        lists[noun] = whole
    return lists


def read(directory, today):
    """The same from files: DIRECTORY/NOUN.json."""
    lists = {}
    for path in glob.glob(os.path.join(directory, "*.json")):
        noun = os.path.basename(path)[:-len(".json")]
        if noun in NOUNS:
            with open(path, encoding="utf-8") as f:
                lists[noun] = json.load(f)
    missing = [n for n in NOUNS if n not in lists]
    if missing:
        raise SystemExit("%s has no %s.json: sendco %s list --json > %s.json" % (directory, missing[0], missing[0], missing[0]))
    return Book(lists, today)
