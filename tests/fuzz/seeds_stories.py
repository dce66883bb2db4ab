"""Seeds of the session target that get past the first checks: records that belong together, in one Put each, then the same with one
thing wrong at a time, so that every rule has something to judge; then what reports make of it. Part of seeds.py.
"""
import kinds
import wire

TODAY = 20780
EACH = 12       # requests of one seed
UNIQUE = ("ProvisionType", "SchoolClass")    # of these each request has its own

# A story: records by temporary ids, as (kind, {field: value}); the n-th has id -n, a negative reference means one of them.
STORIES = {
    "provision": [
        ("ProvisionType", dict(name="Seed reading", layer="TARGETED", group_size=1, minutes=30, per_week=2, weeks=10, measured_in=1)),
        ("Provision", dict(type=-1, name="Seed group", leader=1, grade="TA", days="Mon Wed 09:30", starts=TODAY - 60, ends=TODAY + 20,
                           minutes=30, per_week=2, planned=10, group_size=1)),
        ("ProvisionMember", dict(provision=-2, pupil=1, starts=TODAY - 60, entry_score=80, entry_day=TODAY - 60)),
        ("ProvisionMember", dict(provision=-2, pupil=2, starts=TODAY - 50, entry_score=90, entry_day=TODAY - 50, ends=TODAY - 5,
                                 exit_score=120, exit_day=TODAY - 5, exit_reason="DONE", effect=3)),
        ("ProvisionSession", dict(provision=-2, day=TODAY - 42, held=True, minutes=25, staff=2, note="All came.")),
        ("ProvisionSession", dict(provision=-2, day=TODAY - 40, held=False, lost_to="STAFF")),
        ("Attendance", dict(session=-5, pupil=1, mark=1, progress=True, note="Six words.")),
        ("Attendance", dict(session=-5, pupil=2, mark=2)),
        ("CostRate", dict(grade="VOLUNTEER", hourly=0, starts=TODAY - 400)),
    ],
    "closed": [
        ("Provision", dict(type=1, name="Seed closed", leader=2, starts=TODAY - 90, ends=TODAY - 10, closed=TODAY - 9, decision=1,
                           close_reason="Ran its course", group_size=4, planned=8, per_week=1, minutes=20)),
        ("ProvisionMember", dict(provision=-1, pupil=3, starts=TODAY - 90, ends=TODAY - 10, entry_score=100, entry_day=TODAY - 90,
                                 exit_score=101, exit_day=TODAY - 10, exit_reason="CAUGHT-UP", effect=2)),
        ("ProvisionSession", dict(provision=-1, day=TODAY - 80, held=True)),
        ("Attendance", dict(session=-3, pupil=3, mark=3)),
    ],
    "plans": [
        ("Plan", dict(pupil=1, template="APDR", layer="TARGETED", cycle=1, starts=TODAY - 80, review_due=TODAY + 5, status=3,
                      parent_agreed=TODAY - 79, pupil_agreed=TODAY - 79, pupil_views="I like it.", parent_views="So do we.")),
        ("Target", dict(pupil=1, plan=-1, area="CL", aim="Reads ten words", measure="Ten of ten", due=TODAY - 1, baseline="Two", status=1,
                        owner=1, progress="Four now")),
        ("TargetReview", dict(target=-2, day=TODAY - 2, judgement=3, value="Six", evidence="Seen", next="Go on", reviewed_by=1)),
        ("Target", dict(pupil=1, aim="Sits for ten minutes", due=TODAY + 30, status=2)),
        ("Profile", dict(pupil=2, starts=TODAY - 10, strengths="Kind", helps="Time", hinders="Noise", signed_off=TODAY - 9, signed_by=1)),
        ("Strategy", dict(what="Seed: chunk instructions", need="MLD", year="3", evidence="Works")),
        ("Strategy", dict(pupil=1, what="Chunk instructions", origin=-6, starts=TODAY - 5, reviewed=TODAY)),
    ],
    "contact": [
        ("Contact", dict(pupil=1, name="A. Parent", parental_responsibility=True, priority=1, phone="01632 960001", prefers=1)),
        ("Meeting", dict(pupil=1, purpose="PARENT", day=TODAY - 3, time="09:30", place="Room 1", status=2, parents=True, notes="Spoke.",
                         agreed="More time.")),
        ("MeetingAttendee", dict(meeting=-2, contact=-1, role="Mother", invited=TODAY - 20, attended=True)),
        ("MeetingAttendee", dict(meeting=-2, staff=1, attended=True)),
        ("MeetingAttendee", dict(meeting=-2, name="Dr Somebody", attended=False)),
        ("Action", dict(pupil=1, what="Send the report", owner=1, due=TODAY + 7, meeting=-2, status=3, outcome="Sent", closed=TODAY)),
        ("Action", dict(what="Order books", owner=2, due=TODAY - 30, status=1, chased=2)),
        ("ContactLog", dict(pupil=1, day=TODAY - 1, channel=1, contact=-1, staff=1, summary="Rang", agreed="Ring again", follow_up=TODAY + 3)),
        ("Meeting", dict(**{"class": 1}, purpose="PPM", day=TODAY + 3, time="15:30", status=1)),
    ],
    "register": [
        ("Pupil", dict(surname="Seed", forename="Ada", born=17266, year="3", entered=TODAY - 400)),
        ("SchoolClass", dict(name="9Z", year="3", room="Seven")),
        ("ClassMembership", {"pupil": -1, "class": -2, "starts": TODAY - 400}),
        ("SenStatus", dict(pupil=-1, provision="K", starts=TODAY - 300, reason="CONCERN", parent_informed=TODAY - 301, informed_how="Letter")),
        ("SenStatus", dict(pupil=-1, provision="E", starts=TODAY - 100, parent_informed=TODAY - 100, informed_how="Meeting", decided_by=1)),
        ("Need", dict(pupil=-1, need="MLD", rank=1, starts=TODAY - 300, source=1)),
        ("Need", dict(pupil=-1, need="SPLD", rank=2, starts=TODAY - 200, source=2)),
        ("Placement", dict(pupil=-1, place=1, commissioned=True, named=True, time_in_base=50, starts=TODAY - 90)),
        ("Concern", dict(pupil=-1, raised=TODAY - 310, raised_by=2, area="CL", concern="Reads little", tried="More time", decided=TODAY - 302,
                         outcome="REGISTER", decided_by=1, reason="Agreed")),
        ("Staff", dict(surname="Seed", forename="Bo", started=TODAY - 900, contract=1500)),
        ("Assignment", {"staff": -10, "class": -2, "relation": 1, "starts": TODAY - 200}),
        ("Assignment", {"staff": -10, "pupil": -1, "relation": 3, "starts": TODAY - 20, "ends": TODAY + 1}),
    ],
}
REPORTS = {
    "provision": [("pupil", {"pupil": "1"}), ("impact", {"layer": "TARGETED"}), ("map", {"by": "need"}), ("gaps", {})],
    "closed": [("pupil", {"pupil": "3"}), ("impact", {}), ("map", {"by": "class"}), ("profile", {"pupil": "3"})],
    "plans": [("pupil", {"pupil": "1"}), ("actions", {}), ("today", {"all": "yes"}), ("profile", {"pupil": "1"}), ("profile", {"pupil": "2"})],
    "contact": [("pupil", {"pupil": "1"}), ("actions", {"all": "yes"}), ("today", {}), ("changes", {"limit": "9"})],
    "register": [("register", {}), ("register", {"compare": "2026-05-01"}), ("gaps", {}), ("changes", {"since": "2026-11-01"})],
}


TOLD = 777      # the record of that kind that was changed last, at its newest version (remember.h)

# What follows a story: edits of its last records, one request each, as (kind, {field: value or None to clear}) or a story of new ones.
LATER = {
    "provision": [("Provision", dict(ends=TODAY - 1)), ("Provision", dict(closed=TODAY - 1, ends=TODAY - 1, decision=1)),
                  ("ProvisionMember", dict(exit_score=130, exit_day=TODAY - 1)),
                  ("Provision", dict(closed=TODAY - 1, ends=TODAY - 1, decision=2, close_reason="Nobody came")),
                  ("ProvisionMember", dict(ends=TODAY)), ("Provision", dict(closed=None, decision=None)), ("Provision", dict(ends=None, closed=None)),
                  ("Provision", dict(group_size=None, per_week=3)), ("ProvisionSession", dict(held=True, lost_to=None)),
                  ("ProvisionSession", dict(held=False, lost_to="ROOM")), ("Attendance", dict(mark=1)), ("Provision", dict(starts=TODAY - 10)),
                  ("CostRate", dict(ends=TODAY)), ("ProvisionType", dict(measured_in=2, group_size=None))],
    "closed": [("Provision", dict(closed=None, decision=None, close_reason=None)), ("Provision", dict(ends=TODAY + 30)),
               ("ProvisionMember", dict(ends=None)), ("ProvisionMember", dict(exit_score=None, exit_reason=None, exit_day=None)),
               ("Provision", dict(closed=TODAY, ends=TODAY)), ("Provision", dict(closed=TODAY, ends=TODAY, close_reason="Moved"))],
    "plans": [("Plan", dict(status=4)), ("Plan", dict(status=5)), ("Target", dict(status=5, note="No longer")), ("Plan", dict(status=5)),
              ("Plan", dict(status=3)), ("Target", dict(status=1)), ("Target", dict(plan=None)), ("TargetReview", dict(judgement=1, day=TODAY)),
              ("Profile", dict(ends=TODAY)), ("Profile", dict(signed_off=None, signed_by=None)), ("Strategy", dict(reviewed=None, what="Other")),
              ("Plan", dict(starts=TODAY - 1)), ("Plan", dict(review_due=TODAY - 90))],
    "contact": [("Meeting", dict(status=3)), ("Meeting", dict(status=1, day=TODAY - 1)), ("Action", dict(status=1, outcome=None, closed=None)),
                ("Action", dict(status=3)), ("Action", dict(status=3, outcome="Done", closed=None)), ("MeetingAttendee", dict(attended=True)),
                ("ContactLog", dict(follow_up=None, channel=2)), ("Contact", dict(do_not_contact=True, reason="Asked")),
                ("Meeting", dict(day=TODAY + 40))],
    "register": [("SenStatus", dict(ends=TODAY - 1)), ("SenStatus", dict(ends=None)), ("SenStatus", dict(provision="N")),
                 ("Need", dict(ends=TODAY - 1)), ("Need", dict(rank=1)), ("Need", dict(rank=2, ends=None)), ("Need", dict(need="ASD")),
                 ("Placement", dict(ends=TODAY)), ("Concern", dict(decided=None, outcome=None, decided_by=None, reason=None)),
                 ("Pupil", dict(left=TODAY)), ("Pupil", dict(left=None)), ("Assignment", dict(ends=TODAY - 1)),
                 ("ClassMembership", {"ends": TODAY}), ("ClassMembership", {"class": 1}), ("Staff", dict(left=TODAY)),
                 ("SchoolClass", dict(name="9Y"))],
}
ASKED = [
    *[("register", dict(sort=by, year="3")) for by in ("name", "year", "class", "status", "since", "need")],
    ("register", dict(why="summary:1:pupils")), ("gaps", dict(why="summary:1:count")), ("actions", dict(why="owners:1:open")),
    ("impact", dict(why="impact:1:n")), ("impact", dict(why="impact:1:cost")), ("map", dict(why="provision:1:held")),
    ("map", dict(why="provision:1:cost_actual")), ("map", dict(why="1:pupils")), ("map", dict(by="school", why="1:cost_planned")),
    ("pupil", dict(pupil="1", why="provision:1:minutes")), ("pupil", dict(pupil="1", why="parents:1:met")),
    ("pupil", dict(pupil="2", why="everything")), ("register", dict(compare="2025-11-01", status="K,E")), ("register", {"class": "1"}),
    ("map", {"need": "MLD"}), ("map", {"year": "3"}), ("impact", {"class": "3B"}), ("gaps", {"year": "3"}),
]


def edit(number, name, fields):
    kind = kinds.find(name)
    set_to = {n: v for n, v in fields.items() if v is not None}
    cleared = [kind.field(n).number for n, v in fields.items() if v is None]
    frame = wire.pb.Frame()
    frame.request.id = number
    frame.request.put.key = bytes([number]) * 16
    frame.request.put.records.add(kind=kind.number, id=TOLD, version=TOLD, body=kinds.build(kind, set_to).SerializeToString(), cleared=cleared)
    return frame.SerializeToString()


def undo(number, name):
    frame = wire.pb.Frame()
    frame.request.id = number
    frame.request.undo.CopyFrom(wire.pb.Undo(key=bytes([number]) * 16, kind=kinds.find(name).number, id=TOLD))
    return frame.SerializeToString()


def put(number, story):
    records = []
    for at, (kind, fields) in enumerate(story):
        kind = kinds.find(kind)
        if kind.name in UNIQUE:
            fields = dict(fields, name=fields["name"] + str(number))
        elif kind.name == "CostRate":
            fields = dict(fields, starts=fields["starts"] + number)
        elif kind.name == "Profile":
            fields = dict(fields, pupil=2 + number % 14)
        records.append(wire.pb.Record(kind=kind.number, id=-1 - at, body=kinds.build(kind, fields).SerializeToString()))
    frame = wire.pb.Frame()
    frame.request.id = number
    frame.request.put.CopyFrom(wire.pb.Put(key=bytes([number % 256, number // 256]) * 8, records=records))
    return frame.SerializeToString()


def changed(story, at, **fields):
    out = [(kind, dict(values)) for kind, values in story]
    out[at][1].update(fields)
    return [(kind, {n: v for n, v in values.items() if v is not None}) for kind, values in out]


def wrong(story):
    """The story with one thing otherwise: a day too early or too late, a value left out, another choice, a record again or gone."""
    for at, (kind, fields) in enumerate(story):
        for field in kinds.find(kind).fields:
            value = fields.get(field.name)
            if value is None:
                continue
            if field.as_ == "DATE":
                for day in (-150, 4, 150):
                    yield changed(story, at, **{field.name: value + day})
            if field.type in (field.descriptor.TYPE_ENUM, field.descriptor.TYPE_BOOL):
                choices = [v.number for v in field.descriptor.enum_type.values] if field.descriptor.enum_type else [False, True]
                for choice in choices:
                    if choice != value:
                        yield changed(story, at, **{field.name: choice})
            if field.options.ref and not field.options.required:
                yield changed(story, at, **{field.name: 5})
            if not field.options.required:
                yield changed(story, at, **{field.name: None})
        yield [*story, (kind, fields)]


def ask(number, name, params):
    frame = wire.pb.Frame()
    frame.request.id = number
    frame.request.report.name = name
    for key, value in params.items():
        if key == "why":
            frame.request.report.why = value
        else:
            frame.request.report.params.add(name=key, value=value)
    return frame.SerializeToString()


def seeds():
    """[(name, [packed requests])]: each story told, asked about, gone on with, and wrong in every way."""
    out = []
    for name, story in STORIES.items():
        asked = [ask(10 + i, *report) for i, report in enumerate(REPORTS[name])]
        out.append(("story-" + name, [put(1, story), *asked]))
        later = [edit(40 + i, *change) for i, change in enumerate(LATER[name])]
        back = [undo(80 + i, kind) for i, kind in enumerate(dict(LATER[name]))]
        out.append(("story-%s-later" % name, [put(1, story), *later, *asked]))
        undone = [undo(60 + i, kind) for i, (kind, _) in enumerate(LATER[name])]
        out.append(("story-%s-back" % name, [put(1, story), *[m for pair in zip(later, undone) for m in pair], *back]))
        told = [put(20 + i, other) for i, other in enumerate(wrong(story))]
        for at in range(0, len(told), EACH):
            out.append(("story-%s-%02d" % (name, at // EACH), told[at:at + EACH] + asked[:1]))
    # a status that closes the one before, in a request of its own; then it is taken back
    next_one = [("SenStatus", dict(pupil=1, provision=code, starts=TODAY - 40 + 10 * i, parent_informed=TODAY - 41))
                for i, code in enumerate(("K", "N", "K", "E"))]
    out.append(("story-status", [put(1 + i, [one]) for i, one in enumerate(next_one)] + [undo(80 + i, "SenStatus") for i in range(3)]))
    out.append(("story-asked", [ask(10 + i, name, params) for i, (name, params) in enumerate(ASKED)]))
    return out
