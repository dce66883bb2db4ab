"""What a report says beside what it should say.

A report that was worked out again is a list of Sections. Every row has the cells that were worked out, and under "id" the
record that it is about where it is about one. All figures of a section must be there: a column of numbers or days that
nobody worked out is a difference.
"""
import datetime
import re

FIGURES = {"number", "day", "pence", "duration", "decimal"}


class Section:
    def __init__(self, name, rows, key="id", ordered=True, optional=False, most=None, told=None):
        """rows: None when the section holds words alone; key: what tells rows apart; ordered: True, False or the columns by which the
        rows are ordered, when nothing says how those alike are; optional: may be left out when empty;
        most: so many of them are shown, whichever; told: the numbers in its words, (how many, late ones of them)."""
        self.name, self.rows, self.key, self.ordered, self.optional = name, rows, key, ordered, optional
        self.most, self.told = most, told


def cell(value, type):
    if value is None:
        return None
    if type in ("pence", "money"):
        return round(value * 100)
    if type in ("decimal", "tenths"):
        return round(value * 10)
    return datetime.date.fromisoformat(value) if type == "day" else value


def rows_of(section):
    types = {c["name"]: c["type"] for c in section["columns"]}
    return [{name: cell(value, types.get(name)) for name, value in row.items()} for row in section["rows"]]


def differences(expected, report):
    """Sentences; none when all is the same."""
    found, said = [], {s["name"]: s for s in report["sections"]}
    for section in expected:
        reported = said.pop(section.name, None)
        if reported is None:
            if not (section.optional and not section.rows):
                found.append("%s: the section is missing" % section.name)
            continue
        if section.told is not None and numbers_in(reported["text"]) != section.told:
            found.append("%s: says %s, should say %s" % (section.name, numbers_in(reported["text"]), section.told))
        if section.rows is not None:
            found += [section.name + ": " + text for text in of_section(section, reported)]
    return found + ["%s: nobody worked that section out" % name for name in said]


def numbers_in(text):
    """"Ada: no meetings, 3 sessions (2 not yet marked)." as [(0, 0), (3, 2)]."""
    parts = re.findall(r"[:,] (no|\d+) [^,(]*(?:\((\d+) [^)]*\))?", text)
    return [(0 if n == "no" else int(n), int(late or 0)) for n, late in parts]


def of_section(section, reported):
    rows = rows_of(reported)
    if section.most is not None and len(section.rows) > section.most:
        strangers = [k for k in (key_of(r, section.key) for r in rows) if k not in [key_of(r, section.key) for r in section.rows]]
        if len(rows) != section.most or strangers:
            yield "%d rows of %d; strangers: %s" % (len(rows), len(section.rows), strangers)
        return
    named = set().union(*section.rows) if section.rows else None
    for column in reported["columns"]:
        if named is not None and column["type"] in FIGURES and column["name"] not in named:
            yield "nobody worked out the column " + column["name"]
    keys = [key_of(r, section.key) for r in section.rows], [key_of(r, section.key) for r in rows]
    yield from of_keys(*keys)
    if section.ordered:
        yield from of_order(section, rows)
    left = list(rows)
    for row in section.rows:
        same = [r for r in left if key_of(r, section.key) == key_of(row, section.key)]
        if not same:
            continue
        left.remove(same[0])
        for name, value in row.items():
            if same[0].get(name) != value:
                yield "%s: %s is %s, should be %s" % (key_of(row, section.key), name, show(same[0].get(name)), show(value))


def of_keys(wanted, got):
    for key in dict.fromkeys(wanted + got):
        if wanted.count(key) > got.count(key):
            yield "%s is missing" % (key,)
        elif wanted.count(key) < got.count(key):
            yield "%s should not be there" % (key,)


def of_order(section, rows):
    by = section.key if section.ordered is True else section.ordered
    wanted, got = [key_of(r, by) for r in section.rows], [key_of(r, by) for r in rows]
    wrong = [i for i in range(min(len(wanted), len(got))) if wanted[i] != got[i]]
    if wrong and len(wanted) == len(got):
        yield "row %d is %s, should be %s" % (wrong[0] + 1, got[wrong[0]], wanted[wrong[0]])


def key_of(row, key):
    return row.get(key) if isinstance(key, str) else tuple(row.get(k) for k in key)


def show(value):
    return value.isoformat() if isinstance(value, datetime.date) else "empty" if value is None else repr(value)
