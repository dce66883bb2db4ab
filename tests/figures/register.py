"""The register worked out again: as at a day, and two days side by side (server/reports/register.c, register_compare.c)."""
from book import DAY, pupil_name
from compare import Section


def sort_keys(book, on):
    def text(value):
        return (value is None, (value or "").encode())
    return {
        "name": lambda p: p.place,
        "class": lambda p: text(book.class_name(p, on)),
        "year": lambda p: book.order("year-group", book.year(p, on)),
        "status": lambda p: book.standing(p, on) or "",
        "since": lambda p: (book.status(p, on) is None, book.status(p, on) and book.status(p, on)["starts"]),
        "need": lambda p: text(book.needs(p, on)[0]["need"] if book.needs(p, on) else None),
    }


def register(book, on, wanted):
    if wanted.get("compare"):
        return compare(book, *sorted((on, wanted["compare"])), wanted)
    listed = [p for p in book.chosen(on, wanted) if wanted.get("status") or book.registered(p, on)]
    order = wanted.get("sort", "name")
    listed.sort(key=sort_keys(book, on)[order.lstrip("-")])
    if order.startswith("-"):
        listed.reverse()
    if wanted.get("limit"):
        listed = listed[:int(wanted["limit"])]
    return [Section("register", [row(book, p, on) for p in listed]), summary(book, on, wanted)]


def row(book, pupil, on):
    status, needs = book.status(pupil, on), book.needs(pupil, on)
    return {"id": pupil.id, "pupil": pupil_name(pupil), "upn": pupil["upn"], "born": pupil["born"], "year": book.year(pupil, on),
            "class": book.class_name(pupil, on), "provision": status and status["provision"], "since": status and status["starts"],
            "needs": ", ".join(n["need"] for n in needs) or None, "primary_need": needs and book.title("need-type", needs[0]["need"]) or None,
            "parent_informed": status and status["parent_informed"], "eal": pupil["eal"], "pupil_premium": pupil["pupil_premium"],
            "looked_after": pupil["looked_after"]}


def summary(book, on, wanted):
    """By code, of those whom class, year and need let through; status does not narrow it."""
    count = {"E": 0, "K": 0, None: 0, "N": 0}
    for pupil in book["pupil"]:
        if book.on_roll(pupil, on) and book.lets_through(pupil, on, wanted):
            code = book.standing(pupil, on) or "N"
            count[code if code in count else None] += 1
    return Section("summary", [{"provision": code, "pupils": n} for code, n in count.items() if n or code], key="provision")


CHANGES = ["joined the register", "left the register", "status changed", "need changed", "left the school"]


def codes(needs):
    return [n["need"] for n in needs]


def change_of(book, pupil, then, now):
    was, is_ = book.registered(pupil, then), book.registered(pupil, now)
    if not was:
        return CHANGES[0] if is_ else None
    if not book.on_roll(pupil, now):
        return CHANGES[4]
    if not is_:
        return CHANGES[1]
    if book.standing(pupil, then) != book.standing(pupil, now):
        return CHANGES[2]
    return CHANGES[3] if codes(book.needs(pupil, then)) != codes(book.needs(pupil, now)) else None


def since(book, pupil, change, then, now):
    status = book.status(pupil, now)
    if change == "left the school":
        return pupil["left"] + DAY
    if change == "need changed":
        days = [n["starts"] for n in book.needs(pupil, now)] + [n["ends"] + DAY for n in book.needs(pupil, then) if n["ends"]]
        return max((d for d in days if d <= now), default=None)
    if status:
        begun = status["starts"]
        return max(begun, pupil["entered"] or begun) if change == "joined the register" else begun
    spells = [s for s in book.of("sen-status", "pupil", pupil.id) if s["provision"] != "N" and s["ends"] and s["ends"] < now]
    return max(s["ends"] for s in spells) + DAY


def compare(book, then, now, wanted):
    def passes(pupil, on):
        return book.on_roll(pupil, on) and book.lets_through(pupil, on, wanted) and book.status_wanted(pupil, on, wanted)
    rows = []
    for pupil in book.named("pupil"):
        change = change_of(book, pupil, then, now)
        if change and (passes(pupil, then) or passes(pupil, now)):
            rows.append({"id": pupil.id, "pupil": pupil_name(pupil), "change": change, "since": since(book, pupil, change, then, now)})
            for name, on in (("then", then), ("now", now)):
                here = book.on_roll(pupil, on)
                rows[-1][name] = book.standing(pupil, on) if here else None
                rows[-1]["needs_" + name] = (", ".join(codes(book.needs(pupil, on))) or None) if here else None
    rows.sort(key=lambda r: CHANGES.index(r["change"]))
    if wanted.get("limit"):
        rows = rows[:int(wanted["limit"])]
    return [Section("compare", rows), totals(book, then, now, passes)]


def totals(book, then, now, passes):
    count = {"E": [0, 0], "K": [0, 0], None: [0, 0], "All": [0, 0]}
    for i, on in enumerate((then, now)):
        for pupil in book["pupil"]:
            if passes(pupil, on) and book.registered(pupil, on):
                code = book.standing(pupil, on)
                count[code if code in count else None][i] += 1
                count["All"][i] += 1
    return Section("totals", [{"status": code, "then": a, "now": b, "difference": b - a} for code, (a, b) in count.items()
                              if code or a or b], key="status")
