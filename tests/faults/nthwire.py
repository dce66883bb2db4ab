"""Every resource of the daemon fails in turn, the 1st, the 2nd, the 3rd …, while clients connect, log in, read, write,
watch and go: each allocation (once, and with all after it), each call on a socket, each call of libuv. The client gets
the right answer, or an error as every error is, or a closed connection; what it was told of a change is true; nobody else
is troubled, and afterwards the daemon holds what it held before.

The daemon is DIR/faults/nthwire (nthwire.c); what is done and what must come of it is in nthwire_scenes.py. In a short
run some points of every scene (SENDCO_POINTS says how many); --long takes all. Two planted faults must turn it red.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import nthwire_scenes as scenes
import nthwire_sweep as sweep
import school
import wire

LONG = bool(os.environ.get("SENDCO_LONG"))
ALL = (scenes.readings, scenes.tries, scenes.writings, scenes.others)
SAMPLE = int(os.environ.get("SENDCO_POINTS", 0 if LONG else 1 if wire.SHORT else 4)) or None
READS = ["io read-" + how for how in ("ECONNRESET", "EAGAIN", "ENOBUFS", "short", "end")]
WRITES = ["io write-" + how for how in ("EPIPE", "ECONNRESET", "EAGAIN", "ENOBUFS", "short")]
ACCEPTS = ["io accept-" + how for how in ("EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "ECONNABORTED")]
HANDSHAKE = 200       # points of it where all fails from there on
HEAP_MOST = 24 << 20  # what a daemon may grow by that was asked so much: prepared statements, tickets


class Nth(school.unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ground = sweep.Ground()

    @classmethod
    def tearDownClass(cls):
        cls.ground.stop()

    def sweep(self, what, mode, groups, sample=SAMPLE):
        """All scenes of these groups with one kind of failure."""
        began, points, n, bad = time.monotonic(), 0, 0, []
        heap = self.ground.daemon.state()["heap"]
        for group in groups:
            for scene in group(self.ground):
                # nearly all of a handshake's are OpenSSL's, and nobody may come in while all fail
                some = HANDSHAKE if isinstance(scene, scenes.Connecting) and what == "alloc" and mode == "on" and not sample else sample
                done = sweep.Sweep(self.ground, scene, what, mode, some).run()
                scene.reset()
                if LONG and what == "alloc":
                    print("    %-28s %6d points, %s" % (scene.name, done.points, mode))
                points, n = points + done.points, n + 1
                bad += ["%s, %s %d %s: %s" % (scene.name, what, nth, mode, text) for nth, text in done.bad]
        print("%-20s %-4s %6d points in %d scenes, %.1f s" % (what, mode, points, n, time.monotonic() - began), flush=True)
        self.assertEqual(bad, [])
        self.assertLess(self.ground.daemon.state()["heap"] - heap, HEAP_MOST)

    def test_each_allocation(self):
        self.sweep("alloc", "once", ALL)

    def test_each_allocation_and_all_after_it(self):
        self.sweep("alloc", "on", ALL if LONG else (scenes.writings, scenes.others), SAMPLE and 2)

    def test_sockets(self):
        for what in READS + WRITES:
            for mode in ("once", "on") if LONG else ("once",):
                self.sweep(what, mode, (scenes.writings, scenes.others) if LONG else (scenes.talks,), None)

    def test_accepting(self):
        for what in ACCEPTS:
            self.sweep(what, "once", (scenes.arrivals,), None)

    def test_libuv(self):
        for mode in ("once", "on") if LONG else ("once",):
            self.sweep("uv any", mode, (scenes.others,) if LONG else (scenes.talks,), None)


class Planted(school.unittest.TestCase):
    """What must be found."""

    def red(self, fault, group, name):
        ground = sweep.Ground(fault, patience=2)
        try:
            scene = next(s for s in group(ground) if s.name == name)
            bad = sweep.Sweep(ground, scene, "alloc", "once", enough=1).run().bad
            self.assertTrue(bad, "the fault %s was not found" % fault)
            print("red as it must be with %s: allocation %d: %s" % (fault, bad[0][0], bad[0][1][:120]))
        finally:
            ground.abandon()

    def test_a_request_that_is_forgotten_is_found(self):
        self.red("request-forgotten", scenes.readings, "get")

    def test_half_an_answer_is_found(self):
        self.red("trouble-unseen", scenes.readings, "history")


if __name__ == "__main__":
    school.main()
