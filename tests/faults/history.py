"""Many people at once, recorded and judged: random edits of few records, batches, removals and undos, lines that break, a daemon
that is killed, slow readers, watchers whose rights change under way. Every answer and every push must be explained by one
order of the requests that agrees with the clock; history_judge.py says how, history_client.py who asks what.

A judge is only worth something if it finds culprits: with each fault planted in the daemon it must go red, and so it must
with each lie told into a history that was good. SENDCO_HISTORIES says how many histories; --long makes it 1,000.
SENDCO_SEED judges the one of that seed: the same questions, though chance decides again who comes first.
"""
import collections
import concurrent.futures
import multiprocessing
import os
import random
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import history_judge
import history_lies
import history_world
import kinds
import school
import wire

LONG = bool(os.environ.get("SENDCO_LONG"))
HISTORIES = int(os.environ.get("SENDCO_HISTORIES", 1000 if LONG else 8 if wire.SHORT else 24))
EACH = 25           # histories in one copy of the school
LIARS = 2 if wire.SHORT else 4     # histories into which lies are told; more, until each lie had an occasion
FAULT_TRIES = 20    # histories within which a planted fault must show


def dump(world, fault):
    """The history as text, for whoever looks into it."""
    handle, path = tempfile.mkstemp(prefix="sendco-history-", suffix=".txt")
    with os.fdopen(handle, "w") as f:
        f.write("seed %d: %s\n\n" % (world.seed, fault))
        for op in sorted(world.ops, key=lambda op: op.begun):
            f.write("%.6f to %.6f %s\n    %s\n" % (op.begun, op.ended, op, str(op.reply).replace("\n", " ")[:2000]))
        for watch in world.watches:
            f.write("watch %s of %s from %s: %s\n" % (watch.id, watch.actor.who, watch.seq, watch.resync))
            f.writelines("    %.6f %s\n" % (when, str(push).replace("\n", " ")[:2000]) for when, push in watch.pushes)
        f.writelines("log %s\n" % str(change).replace("\n", " ")[:2000] for change in world.log)
    return path


def some(ground, seeds, fault=None):
    """(counts, how many histories, how many questions, what was found or None) of these histories in one copy of the school."""
    counts, questions = collections.Counter(), 0
    run = history_world.Run(ground, tempfile.mkdtemp(prefix="sendco-test-"), fault)
    try:
        for number, seed in enumerate(seeds):
            world = run.history(seed)
            questions += len(world.ops)
            try:
                counts += history_judge.judge(world)
            except history_judge.Fault as e:
                kept = "" if fault else "; all of it is in %s" % dump(world, e)
                return counts, number + 1, questions, "seed %d: %s%s" % (seed, e, kept)
    finally:
        run.end()
    return counts, len(seeds), questions, None


class Histories(school.unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        wire.load()
        kinds.load()
        cls.ground = history_world.Ground()

    @classmethod
    def tearDownClass(cls):
        cls.ground.remove()

    def runs(self):
        if "SENDCO_SEED" in os.environ:
            return [[int(os.environ["SENDCO_SEED"])]]
        return [range(first, min(first + EACH, HISTORIES + 1)) for first in range(1, HISTORIES + 1, EACH)]

    def test_every_history_can_be_explained(self):
        began, counts, histories, questions = time.monotonic(), collections.Counter(), 0, 0
        runs = self.runs()
        with concurrent.futures.ProcessPoolExecutor(2 if LONG else 1, multiprocessing.get_context("fork")) as pool:
            for more, judged, asked, found in pool.map(some, [self.ground] * len(runs), runs):
                self.assertIsNone(found, found)
                counts, histories, questions = counts + more, histories + judged, questions + asked
        print("%d histories, %d questions answered, in %.0f s" % (histories, questions, time.monotonic() - began))
        for name in sorted({name for name, _ in counts}):
            print("  %-14s %s" % (name, ", ".join("%d %s" % (n, outcome) for (of, outcome), n in sorted(counts.items()) if of == name)))
        if histories >= 20:
            self.tried(counts)

    def tried(self, counts):
        """What was never tried was never judged."""
        wanted = [("edit", "OK"), ("edit", "CONFLICT"), ("edit", "DENIED"), ("edit", "NOT_FOUND"), ("status", "OK"), ("status", "CONFLICT"),
                  ("batch", "OK"), ("remove", "OK"), ("undo", "OK"), ("again", "OK"), ("twice", "OK"), ("cut", "OK"), ("other-content", "INVALID"),
                  ("push", "OK"), ("push", "RESYNC SCOPE"), ("get", "OK"), ("get", "NOT_FOUND"), ("kill", "back"), ("lost answer", "asked again")]
        self.assertEqual([w for w in wanted if not counts[w]], [])

    # --- the judge finds culprits ---

    def red(self, fault, *signs):
        _, judged, _, found = some(self.ground, range(5000, 5000 + FAULT_TRIES), fault)
        self.assertIsNotNone(found, "%d histories with the fault %s, and nothing was found" % (judged, fault))
        self.assertTrue(any(sign in found for sign in signs), found)
        print("red as it must be with %s, in history %d: %s" % (fault, judged, found[:300].replace("\n", " ")))

    def test_without_a_version_check(self):
        self.red("no-version-check", "should have been refused, CONFLICT", "says it was merged", "says it did", "and should have changed")

    def test_an_early_acknowledgement(self):
        self.red("ack-early", "had been told before it was asked", "and lost", "two requests claim", "begins at seq")

    def test_pushes_out_of_order(self):
        self.red("push-disorder", "pushes that do not join")

    def test_a_key_that_is_not_kept(self):
        self.red("key-not-kept", "applied twice", "after it had been applied", "two answers to one key", "taken for another request")

    def test_spells_that_overlap(self):
        self.red("spell-unchecked", "overlap")

    def test_rights_that_the_writer_does_not_decide_again(self):
        self.red("scope-unchecked", "should have been refused, NOT_FOUND", "should have been refused, DENIED", "should have been refused, INVALID",
                 "should have been NOT_FOUND", "should have been INVALID")

    def test_a_watch_whose_rights_are_not_decided_again(self):
        self.red("watch-unjudged", "had ended by then")

    def test_lies(self):
        """A good history, and one thing in it told otherwise: never unseen."""
        run = history_world.Run(self.ground, tempfile.mkdtemp(prefix="sendco-test-"))
        told = collections.Counter()
        try:
            for seed in range(7000, 7015):
                if seed >= 7000 + LIARS and set(history_lies.ALL) == set(told):
                    break
                world = run.history(seed)
                history_judge.judge(world)
                for lie, undo in history_lies.lies(world, random.Random(seed)):
                    with self.assertRaises(history_judge.Fault, msg="seed %d: believed: %s" % (seed, lie)):
                        history_judge.judge(world)
                    undo()
                    told[lie] += 1
                history_judge.judge(world)
        finally:
            run.end()
        print("%d lies found out: %s" % (sum(told.values()), ", ".join("%d %s" % (n, lie) for lie, n in sorted(told.items()))))
        self.assertEqual(set(history_lies.ALL) - set(told), set())


if __name__ == "__main__":
    school.main()
