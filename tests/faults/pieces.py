"""Every place in the daemon that asks an arena for a piece of memory is refused it, while clients read, write and watch:
when it asks for the first time, for the last time, and once between. The answer is the whole one, or an error as every
error is; what was told of a change is true; nobody else is troubled. One malloc serves many pieces, so that nthwire.py,
where these fail, meets few of the places that must do without.

The daemon, what is done and what must come of it are nthwire's (nthwire_pieces.c, nthwire_scenes.py). A place is known by
the calls that lead to it. All are refused once; that all which follow are refused, too, --long alone tries everywhere.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import nthwire_scenes as scenes
import nthwire_sweep as sweep
import school
import wire

LONG = bool(os.environ.get("SENDCO_LONG"))
SAMPLE = 4 if wire.SHORT else None    # pieces of a scene; None: all
FOLLOW = None if LONG else 2


class Places(sweep.Sweep):
    """One scene, each of its places, or about `sample` of them."""

    def places(self):
        """Which pieces to fail: of each place the first, one between and the last."""
        ask = self.ground.daemon.ask
        self.scene.prepare()
        ask("piece places %d once" % sweep.NEVER)
        got = self.scene.act()
        self.ground.daemon.off()
        self.scene.judge(got, 0)
        told = [set(map(int, place.split(","))) for place in ask("places").split()[:-1]]
        return sorted(set().union(*told))

    def run(self):
        points = self.places()
        if self.sample:
            step = max(1, len(points) // self.sample)
            points = points[sum(self.scene.name.encode()) % step::step]
        for nth in points:
            if len(self.bad) >= self.enough:
                break
            self.points += 1
            self.try_point(nth)
        return self


def report(ground, name, why=None, **params):
    made = [wire.pb.ReportRequest.Param(name=n, value=v) for n, v in params.items()]
    said = " ".join([name] + sorted(params) + ["why"] * bool(why))
    return scenes.Reading(ground, "report " + said, report=wire.pb.ReportRequest(name=name, params=made, why=why))


def asked(ground):
    """Reports of some, and where their figures come from."""
    pupil = scenes.shown_id("Pupil", scenes.pages(ground))
    for why in ("pupil:1:planned", "pupil:1:cost_actual", "nothing:1:planned"):
        yield report(ground, "map", why, by="pupil")
    yield report(ground, "impact", "impact:1:n")
    yield report(ground, "register", "summary:1:pupils")
    for name in ("register", "map", "impact", "gaps"):
        for params in ({"need": "SLCN"}, {"status": "K"}, {"year": "3"}, {"class": "3B"}):
            yield report(ground, name, **params)
    yield report(ground, "actions", overdue="yes")
    yield report(ground, "pupil", pupil=pupil, colour="red")
    yield report(ground, "pupil", pupil="PUP-0000")


def trial(ground, name, *records):
    return scenes.Reading(ground, name, put=wire.pb.Put(dry_run=True, records=records))


def follows(ground):
    """Changes from which others follow, and those that a rule refuses; only tried."""
    client, item, day = ground.healthy, scenes.item, kinds.days
    member = client.list(kinds.find("ProvisionMember"), [("ends", "EMPTY", None)]).records.records[0]
    group = kinds.find("ProvisionMember").message.FromString(member.body)
    run = client.get(kinds.find("Provision"), group.provision)
    close = dict(closed=day("2024-11-15"), close_reason="Over")
    yield trial(ground, "closing a provision", item("Provision", run.id, run.version, **close))
    yield trial(ground, "closing it in two steps", item("Provision", run.id, run.version, ends=day("2024-11-15")),
                item("ProvisionMember", member.id, member.version, ends=day("2024-11-14"), exit_score=7))
    yield trial(ground, "a member twice", item("ProvisionMember", -1, provision=group.provision, pupil=group.pupil, starts=group.starts))
    target, _ = scenes.a_target(ground)
    for judgement in (1, 2, 4):
        yield trial(ground, "a review, judged %d" % judgement, item("TargetReview", -1, target=target, day=day("2024-11-15"), judgement=judgement))
    status = client.list(kinds.find("SenStatus"), [("ends", "EMPTY", None)]).records.records[0]
    whose = kinds.find("SenStatus").message.FromString(status.body).pupil
    yield trial(ground, "a spell after another", item("SenStatus", -1, pupil=whose, provision="N", starts=day("2024-11-15")))
    yield trial(ground, "a spell before another", item("SenStatus", -1, pupil=whose, provision="K", starts=day("2019-09-02")))
    for rank in (1, 2, 3):
        yield trial(ground, "a need of rank %d" % rank, item("Need", -1, pupil=whose, need="MLD", rank=rank, starts=day("2024-09-02")))
    yield trial(ground, "nobody there", item("Target", -1, pupil=999999, aim="x"))
    yield scenes.Reading(ground, "an undo", undo=wire.pb.Undo(dry_run=True, kind=scenes.number("SenStatus"), id=status.id))
    pupil = client.list(kinds.find("Pupil"), limit=1).records.records[0]
    yield scenes.Reading(ground, "a removal that is refused", remove=wire.pb.Remove(key=wire.key(), kind=scenes.number("Pupil"), id=pupil.id,
                                                                                  version=pupil.version))


class Pieces(school.unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ground = sweep.Ground()

    @classmethod
    def tearDownClass(cls):
        cls.ground.stop()

    def each(self, group, mode="once", sample=SAMPLE):
        began, points, n, bad = time.monotonic(), 0, 0, []
        for scene in group(self.ground):
            done = Places(self.ground, scene, "piece any", mode, sample).run()
            scene.reset()
            if LONG:
                print("    %-28s %6d pieces, %s" % (scene.name, done.points, mode))
            points, n = points + done.points, n + 1
            bad += ["%s, piece %d %s: %s" % (scene.name, nth, mode, text) for nth, text in done.bad]
        print("%-20s %-4s %6d pieces in %d scenes, %.1f s" % (group.__name__, mode, points, n, time.monotonic() - began), flush=True)
        self.assertEqual(bad, [])

    def test_reading(self):
        self.each(scenes.readings)

    def test_reading_with_all_that_follow(self):
        self.each(scenes.readings, "on", FOLLOW)

    def test_reports_of_some(self):
        self.each(asked)

    def test_what_follows(self):
        self.each(follows)

    def test_trying(self):
        self.each(scenes.tries)

    def test_writing(self):
        self.each(scenes.writings)

    def test_writing_with_all_that_follow(self):
        self.each(scenes.writings, "on", FOLLOW)

    def test_the_rest(self):
        self.each(scenes.others)


class Planted(school.unittest.TestCase):
    """What must be found."""

    def red(self, fault, name):
        ground = sweep.Ground(fault, patience=2)
        try:
            scene = next(s for s in scenes.readings(ground) if s.name == name)
            bad = Places(ground, scene, "piece any", "once", enough=1).run().bad
            self.assertTrue(bad, "the fault %s was not found" % fault)
            print("red as it must be with %s: piece %d: %s" % (fault, bad[0][0], bad[0][1][:120]))
        finally:
            ground.abandon()

    def test_a_request_that_is_forgotten_is_found(self):
        self.red("request-forgotten", "report impact")


if __name__ == "__main__":
    school.main()
