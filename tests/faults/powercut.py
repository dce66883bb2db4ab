"""The power goes at any moment: real work on the store is recorded down to its writes and syncs, and every state in which
a cut could have left the disk is opened again: whole, with all that was acknowledged, with no request half there.

The work is done by DIR/faults/powercut, whose first comment says how to call it; this tells it how much, and demands that
it goes red for planted faults: a store that does not sync, that answers before its commit, a disk that loses the syncs
of one of its files. SENDCO_STATES says how many states; --long makes it 400,000.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire

PROGRAM = os.path.join(wire.BUILD, "faults", "powercut")
LONG = bool(os.environ.get("SENDCO_LONG"))
STATES = int(os.environ.get("SENDCO_STATES", 400000 if LONG else 2000 if wire.SHORT else 12000))
STEPS = 100 if LONG else 30 if wire.SHORT else 50      # groups of requests in one recording
EACH = 20000 if LONG else STATES // 2                  # states of one recording


def cut(seed, *options, states=EACH, steps=STEPS):
    """(exit code, what it said). What it leaves of a bad state stays, for whoever looks into it."""
    directory = tempfile.mkdtemp(prefix="sendco-powercut-")
    command = [PROGRAM, "--seed", str(seed), "--steps", str(steps), "--states", str(states), "--keep", directory]
    done = subprocess.run(command + list(options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=3600)
    text = done.stdout.decode(errors="replace")
    if options or done.returncode != 1:
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        os.rmdir(directory)
    else:
        text += "the bad state is in %s\n" % directory
    return done.returncode, text


class PowerCut(school.unittest.TestCase):
    def test_every_state_is_good(self):
        began, states, busy, kinds = time.monotonic(), 0, 0, {}
        seeds = range(1, max(2, STATES // EACH) + 1)
        with concurrent.futures.ThreadPoolExecutor(2 if LONG else 1) as pool:
            for code, text in pool.map(cut, seeds):
                self.assertEqual(code, 0, text)
                print(text, end="", flush=True)
                states += int(re.search(r"(\d+) states", text).group(1))
                self.assertGreater(int(re.search(r"up to (\d+) old keys forgotten", text).group(1)), 0, text)
                busy += int(re.search(r"(\d+) checkpoints in busy hours", text).group(1)) > 0
                for count, kind in re.findall(r"(\d+) (in order|synced only|subsets|reordered|torn sectors|cut within a write)", text):
                    kinds[kind] = kinds.get(kind, 0) + int(count)
        took = time.monotonic() - began
        print("%d states in %.0f s, of %d recordings: %s" % (states, took, len(seeds), ", ".join("%d %s" % (n, k) for k, n in kinds.items())))
        self.assertGreaterEqual(states, STATES)
        if LONG:    # a checkpoint that waited for nobody's silence: whether one comes depends on how the hour goes
            self.assertGreater(busy, len(seeds) // 2)
        self.assertEqual(len(kinds), 6)
        self.assertTrue(all(kinds.values()), kinds)

    def red(self, *options):
        code, text = cut(3, *options, states=3000, steps=20)
        self.assertEqual(code, 1, "the fault %s was not found:\n%s" % (" ".join(options), text))
        line = text.splitlines()[-1]
        self.assertTrue(line.startswith("red: a cut at"), text)
        print("red as it must be with %s: %s" % (" ".join(options), line[5:]))
        return line

    def test_a_store_that_does_not_sync_is_found(self):
        self.red("--fault", "sync-off")    # by a lost change or by a damaged page, whichever comes first

    def test_an_answer_before_the_commit_is_found(self):
        self.assertIn("acknowledged and is lost", self.red("--fault", "ack-early"))

    def test_lost_syncs_of_the_log_are_found(self):
        self.assertIn("acknowledged and is lost", self.red("--forget", "wal"))

    def test_lost_syncs_of_the_database_are_found(self):
        self.red("--forget", "db")


if __name__ == "__main__":
    school.main()
