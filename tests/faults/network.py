"""Clients on other machines: the real daemon and real clients in network namespaces, with bad links between them.

Links go down under half-sent requests, lost answers, long lists, an import, a login and a watch, and come back; the
daemon's machine loses power; names and addresses lead nowhere; clocks are wrong; the network is slow and loses packets;
the disk takes 10 ms for each flush. What must hold: what a person was told was saved is, once; what nobody knows is said
with the key that finds it out; a watch misses nothing and repeats nothing; nobody waits without a word. The long form has
links down for a minute and prints what a person feels. With a daemon that forgets keys the first of all must go red.
"""
import os
import tempfile
import threading
import unittest

import network_ground as ground
import network_felt
import kinds
import school
import wire
from network_outage import KEY, LETTERS, Fault, Outage, PowerCut

LONG = bool(os.environ.get("SENDCO_LONG"))


class Run(threading.Thread):
    """An outage in a thread of its own: most of it is waiting."""

    def __init__(self, outage):
        super().__init__(daemon=True)
        self.outage, self.fault = outage, None
        self.start()

    def run(self):
        try:
            self.outage.run()
        except BaseException as e:
            self.fault = e
        finally:
            self.outage.end()

    def result(self):
        self.join()
        print("\n".join(self.outage.said))
        if self.fault:
            raise self.fault


runs = {}


def begin_runs():
    if not runs and not ground.why():
        kinds.load()
        ground.School.make(40)
        runs.update(links=Run(Outage()), power=Run(PowerCut()), forgetful=Run(PowerCut(program=school.SENDCOD_TEST, fault="key-not-kept")))


def setUpModule():
    if not LONG:             # where times are printed nothing runs beside
        begin_runs()


class OnBadLinks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if ground.why():
            raise unittest.SkipTest(ground.why())
        begin_runs()

    def test_links_that_go_down_and_come_back(self):
        runs["links"].result()

    def test_the_server_loses_power(self):
        runs["power"].result()

    def test_the_judge_sees_a_forgotten_key(self):
        with self.assertRaises(Fault) as caught:
            runs["forgetful"].result()
        self.assertIn("made 2 times", str(caught.exception))
        print("red as it must be: %s" % caught.exception)


class Nobody(unittest.TestCase):
    """Where there is no server, one is told soon, and what to do."""

    @classmethod
    def setUpClass(cls):
        if ground.why():
            raise unittest.SkipTest(ground.why())
        cls.net = ground.Net(1)
        cls.school = ground.School(cls.net.near, pupils=40)
        cls.school.start()

    @classmethod
    def tearDownClass(cls):
        cls.school.remove()
        cls.net.close()

    def file(self, text):
        handle, path = tempfile.mkstemp(dir=self.school.top)
        os.write(handle, text.encode())
        os.close(handle)
        return path

    def ask(self, server, names="", hosts="", env=None):
        """`names`: what /etc/resolv.conf says."""
        command = self.school.command("senco", "status", server=server)
        mount = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"'
        return ground.Screen(["/usr/bin/unshare", "-m", "/bin/sh", "-c", mount, "sh", self.file(names), self.file(hosts)] + command,
                             self.net.far[0], env)

    def near(self, *words):
        with self.net.near:
            return self.school.cli("senco", *words)

    def test_everybody_who_asks_nobody(self):
        self.near("login")
        self.net.far[0].bad()
        address = self.school.server.address
        wrong = {"LD_PRELOAD": os.path.join(wire.BUILD, "faults", "network_clock.so"), "SENDCO_CLOCK_OFF": "-315360000",
                 "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
        asked = [  # who, exit code, seconds it may take, words
            ("nobody listens", self.ask(ground.NEAR + ":9"), 69, 1, "connection refused"),
            ("swallows everything", self.ask("10.77.0.99:7443"), 69, 5.5, "did not answer within 5 s"),
            ("nobody has the name", self.ask("records.invalid:7443", "nameserver 127.0.0.1\n"), 69, 1, "no name server answers"),
            ("names are swallowed", self.ask("records.invalid:7443", "nameserver 10.77.0.99\n"), 69, 5.5, "answered within 5 s"),
            ("a clock years behind", self.ask("%s:%d" % address, env=wrong), 83, 2, "Check the date and time"),
            ("second address is good", self.ask("localhost:%d" % address[1], hosts="10.77.0.3 localhost\n%s localhost\n" % ground.NEAR),
             0, 3, "Larkfield")]
        for what, screen, code, seconds, word in asked:
            screen.wait(wire.PATIENCE)
            print("%-24s %s" % (what, screen))
            self.assertEqual(screen.code, code, screen)
            self.assertIn(word, screen.text())
            self.assertIn("next:" if code else "Running", screen.text())
            self.assertLess(screen.ended, seconds + wire.PATIENCE / 3, screen)
            self.assertLess(screen.first(), 4, screen)
            if screen.ended > 4:
                self.assertIn("Connecting to", screen.text())

    def test_who_interrupts_a_change_learns_its_key(self):
        self.near("login")
        target = self.near("target", "list", "--json", "--limit", "1").json()["records"][0]["id"]
        self.net.far[0].bad()
        words = ["target", "edit", target, "note=interrupted " + LETTERS]
        self.net.far[0].say("cut-there", 6000)
        screen = ground.Screen(self.school.command("senco", *words), self.net.far[0])
        school.until(self.net.far[0].is_down, "the link to go down")
        school.until(lambda: "Waiting" in screen.text(), "a word")
        screen.interrupt()
        print("%-24s %s" % ("Ctrl-C", screen.wait(wire.PATIENCE)))
        self.net.far[0].bad()
        self.assertEqual(screen.code, 75, screen)
        self.assertIn("Interrupted", screen.text())
        key = KEY.search(screen.text())
        again = [a for pair in zip(("--key", "--seen", "--if-version"), key.groups()) if pair[1] for a in pair]
        self.near(*words, *again)
        self.assertEqual(self.near("target", "show", target, "--json").json()["record"]["fields"]["note"], words[3][5:])


class Felt(unittest.TestCase):
    def test_a_slow_network(self):
        if ground.why():
            raise unittest.SkipTest(ground.why())
        kinds.load()
        felt = network_felt.Felt()
        self.addCleanup(felt.end)
        felt.begin()
        turns = felt.table()
        # TCP, TLS, Hello with the ticket, the question; TLS may say something more by itself
        for name in ("status", "pupil show", "register"):
            self.assertLessEqual(turns[name], 5, turns)

    def test_a_slow_disk(self):
        kinds.load()
        slow = network_felt.SlowDisk()
        self.addCleanup(slow.end)
        slow.begin()
        edits, flushes = slow.table()
        self.assertLess(flushes * 4, edits, "one flush must do for many people")


if __name__ == "__main__":
    ground.begin()
    school.main()
