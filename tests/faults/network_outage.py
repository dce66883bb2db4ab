"""People behind links that go down at the worst moment and come back, for network.py; and the judge of what they saw."""
import json
import os
import re
import shutil
import time

import network_ground as ground
import kinds
import school
import wire

LONG = bool(os.environ.get("SENDCO_LONG"))
AWAY = 60 if LONG else 2           # seconds that a link is down
ROLL = os.path.join(wire.ROOT, "tests", "data", "roll-sims.csv")
ROLL_PUPILS = 60
LETTERS = "\U0001F388" * 1980      # a note of six packets
KEY = re.compile(r"--key ([0-9a-f]{32})(?: --seen (\d+))?(?: --if-version (\d+))?")


class Fault(Exception):
    """The judge found something."""


class Outage:
    """One person behind each link: an edit of which half was sent, one whose answer was lost, a long list that comes,
    an import that goes, a login, a watch, and somebody who says half a word and no more."""

    def __init__(self, program=None, fault=None, people=7):
        self.net = ground.Net(people)
        self.school = ground.School(self.net.near)
        self.disk = ground.Disk(self.school.top)
        self.program, self.fault = program, fault
        self.screens, self.watcher, self.said = {}, None, []

    def begin(self):
        self.school.start(program=self.program, fault=self.fault, disk=self.disk)
        self.kind = kinds.find("Target")
        with self.near() as client:
            self.pupils = len(client.all(kinds.find("Pupil")))
        with self.net.near:
            listed = self.school.cli("senco", "target", "list", "--json", "--limit", "4").json()["records"]
            self.pupil = self.school.cli("senco", "pupil", "list", "--json", "--limit", "1").json()["records"][0]["id"]
        self.ids = [record["id"] for record in listed]
        self.targets = [kinds.id_of(id) for id in self.ids]
        self.profiles = [self.school.copy("senco") for _ in self.net.far]

    def near(self, name="senco"):
        """A client in the room where the server stands."""
        with self.net.near:
            return self.school.client(name)

    def end(self):
        if self.watcher:
            self.watcher.stop()
        for screen in self.screens.values():
            screen.stop()
        self.school.remove()
        self.net.close()

    def command(self, number, *args):
        made = self.school.command("senco", *args)
        made[made.index("--profile") + 1] = self.profiles[number]
        return made

    def screen(self, what, number, *args):
        self.screens[what] = ground.Screen(self.command(number, *args), self.net.far[number])
        return self.screens[what]

    def whole(self, number, *args):
        """How many bytes it takes each way while all is well."""
        self.net.far[number].say("zero")
        done = self.screen("rehearsal", number, *args).wait(wire.PATIENCE)
        if done.code != 0:
            raise Fault("on a good link: %s" % done)
        return self.net.far[number].say("look")

    def typed(self, n):
        return self.ids[n]

    def edit(self, n, text, *more):
        return ("target", "edit", self.typed(n), "note=" + text) + more

    def add(self, aim, *more):
        return ("target", "add", "pupil=" + self.pupil, "aim=" + aim) + more

    def made(self, aim):
        """How many targets have that aim."""
        with self.near() as client:
            return sum(message.aim == aim for _, message, _ in client.all(self.kind))

    def history(self, n):
        """The note in each version, newest last."""
        with self.near() as client:
            entries = sorted(client.history(self.kind, self.targets[n]), key=lambda e: e.version)
        return [self.kind.message.FromString(entry.record.body).note for entry in entries]

    def until_down(self, number):
        school.until(self.net.far[number].is_down, "the link of %d to go down" % number)

    # --- how it comes to each ---

    def half_sent(self):
        takes = self.whole(0, *self.edit(0, "rehearsal " + LETTERS))
        self.net.far[0].say("cut-there", takes["there"] - len(LETTERS.encode()) // 2)
        self.screen("half sent", 0, *self.edit(0, "half " + LETTERS))

    def answer_lost(self):
        """The disk is slow just then: the link goes down while the change is being flushed, and all is quiet."""
        takes = self.whole(1, *self.add("rehearsal"))
        for self.aim in ("unheard", "still unheard", "unheard at last"):
            self.net.far[1].bad()
            self.disk.slow(1500)
            self.screen("answer lost", 1, *self.add(self.aim))
            school.until(lambda: self.quiet(1, takes["there"] // 2), "the change to be sent")
            self.net.far[1].down()
            self.disk.slow(0)
            if self.comes(lambda: self.made(self.aim)):
                return
            self.screens["answer lost"].stop()      # a busy machine was quiet before it was sent
        raise Fault("no change was caught between its flush and its answer")

    def comes(self, what, seconds=4):
        try:
            return school.until(what, "it", seconds)
        except AssertionError:
            return False

    def quiet(self, number, least):
        """More than `least` bytes have gone, and then nothing for a while."""
        before = self.net.far[number].say("look")
        time.sleep(0.4)
        after = self.net.far[number].say("look")
        return before["there"] > least and (before["there"], before["back"]) == (after["there"], after["back"])

    def list_coming(self):
        takes = self.whole(2, "pupil", "list", "--json")
        self.rehearsed = records(self.screens["rehearsal"])
        self.net.far[2].say("cut-back", takes["back"] - 3000)
        self.screen("list", 2, "pupil", "list", "--json")

    def import_going(self):
        takes = self.whole(3, "import", ROLL, "--dry-run")
        self.net.far[3].say("cut-there", takes["there"] - 4000)
        self.screen("import", 3, "import", ROLL, "--yes")

    def login_on_its_way(self):
        takes = self.whole(4, "login")
        self.net.far[4].say("cut-there", takes["there"] * 2 // 3)
        self.screen("login", 4, "login")

    def watching(self):
        with self.net.far[5]:
            self.watcher = school.Watcher(self.command(5, "target", "watch", "--jsonl"))
        with self.near("cnlead") as colleague:
            self.watcher.begin(lambda: self.change(colleague, "begin %f" % time.time()))
            self.net.far[5].down()
            for i in range(10):
                self.change(colleague, "unseen %d" % i)

    def change(self, client, text):
        _, version = client.read(self.kind, self.targets[3])
        client.edit(self.kind, self.targets[3], version, note=text)

    def half_a_word(self):
        with self.net.far[6]:
            self.mute = self.school.client("senco")
        self.mute.send_raw(b"\x00\x00\x10\x00half")
        time.sleep(0.2)
        self.net.far[6].down()

    # --- all of it ---

    def run(self):
        self.begin()
        self.answer_lost()
        self.half_sent()
        self.list_coming()
        self.import_going()
        self.login_on_its_way()
        self.watching()
        self.half_a_word()
        for number in range(7):
            self.until_down(number)
        time.sleep(AWAY)
        for far in self.net.far:
            far.up()
        for what in ("half sent", "answer lost", "list", "import", "login"):
            self.screens[what].wait(3 * wire.PATIENCE)
            self.said.append("%-12s %s" % (what, self.screens[what]))
        self.judge()

    # --- what must hold ---

    def judge(self):
        self.judge_half_sent()
        self.judge_answer_lost()
        self.judge_list()
        self.judge_import()
        self.judge_words()
        self.judge_watch()
        if LONG:
            self.judge_daemon()
        self.mute.close()

    def judge_daemon(self):
        """It lets go of half a frame after ten seconds, and of all who are gone for good: of half a TLS record too."""
        if "was begun and not finished within ten seconds" not in self.school.server.said():
            raise Fault("the daemon did not let go of half a frame: %s" % self.school.server.said())
        with self.near() as client:
            school.until(lambda: client.ask(status=wire.pb.Status()).status.sessions <= 2, "the dead sessions to go", 120)

    def judge_change(self, what, number, words, times):
        """Made once, or the person has the key that makes it so."""
        screen = self.screens[what]
        if screen.code == 75:
            key = KEY.search(screen.text())
            if not key:
                raise Fault("%s: nobody knows, and there is no key: %s" % (what, screen))
            again = [a for pair in zip(("--key", "--seen", "--if-version"), key.groups()) if pair[1] for a in pair]
            done = self.screen(what + " again", number, *words, *again).wait(wire.PATIENCE)
            if done.code != 0:
                raise Fault("%s, with its key: %s" % (what, done))
        elif screen.code != 0:
            raise Fault("%s: %s" % (what, screen))
        if times() != 1:
            raise Fault("%s: made %d times" % (what, times()))

    def judge_half_sent(self):
        text = "half " + LETTERS
        self.judge_change("half sent", 0, self.edit(0, text), lambda: self.history(0).count(text))

    def judge_answer_lost(self):
        self.judge_change("answer lost", 1, self.add(self.aim), lambda: self.made(self.aim))

    def judge_list(self):
        screen = self.screens["list"]
        if screen.code == 0 and records(screen) != self.rehearsed:
            raise Fault("list: not what it was: %s" % screen)
        if screen.code not in (0, 69, 75):
            raise Fault("list: %s" % screen)

    def judge_import(self):
        screen = self.screens["import"]
        if screen.code not in (0, 69, 75):
            raise Fault("import: %s" % screen)
        again = self.screen("import again", 3, "import", ROLL, "--yes").wait(2 * wire.PATIENCE)
        with self.near() as client:
            pupils = len(client.all(kinds.find("Pupil")))
        if again.code != 0 or pupils != self.pupils + ROLL_PUPILS:
            raise Fault("import: %d pupils, not %d: %s\n%s" % (pupils, self.pupils + ROLL_PUPILS, screen, again))

    def judge_words(self):
        """Whoever waits reads a word soon; whoever fails reads a sentence and a next step."""
        for what, screen in self.screens.items():
            if screen.ended > 4 and (screen.first() is None or screen.first() > 4):
                raise Fault("%s: not a word for %s s: %s" % (what, screen.first(), screen))
            if screen.code and not re.search(r"\[E-.*next:|\"E-.*\"hint\":", screen.text(), re.S):
                raise Fault("%s: no sentence, or no next step: %s" % (what, screen))

    def judge_watch(self):
        with self.near("cnlead") as colleague:
            self.change(colleague, "last")
        self.watcher.wait(lambda line: (line.get("fields") or {}).get("note") == "last", "the last change")
        changes = [line for line in self.watcher.lines if "seq" in line and "id" in line]
        seqs = [line["seq"] for line in changes]
        notes = [line["fields"]["note"] for line in changes if line["id"] == self.typed(3)]
        if seqs != sorted(set(seqs)) or [n for n in notes if n.startswith("unseen")] != ["unseen %d" % i for i in range(10)]:
            raise Fault("watch: a gap or a repetition: %s %s" % (seqs, notes))
        at = None
        for line in self.watcher.lines:
            if "covers_from" in line:
                if at is not None and line["covers_from"] not in (at[0], at[1] + 1):
                    raise Fault("watch: ranges do not join: %s" % self.watcher.lines)
                at = (line["covers_from"], line["covers_to"])


class PowerCut(Outage):
    """The machine of the server goes away under a change and a watch, comes back at the same address; and then with a
    database of before."""

    def __init__(self, **more):
        super().__init__(people=2, **more)
        self.before = os.path.join(self.school.top, "before")

    def watching(self):
        with self.net.far[0]:
            self.watcher = school.Watcher(self.command(0, "target", "watch", "--jsonl"))
        with self.near("cnlead") as colleague:
            self.watcher.begin(lambda: self.change(colleague, "begin %f" % time.time()))

    def off(self):
        for far in self.net.far:
            far.down()
        self.port = self.school.server.address[1]
        self.school.server.kill()
        self.school.machine = self.net.reboot()

    def on(self):
        self.school.start(port=self.port, program=self.program, fault=self.fault, disk=self.disk)
        for far in self.net.far:
            far.up()

    def run(self):
        shutil.copytree(self.school.directory, self.before)
        self.begin()
        self.watching()
        self.answer_lost()
        self.off()
        time.sleep(AWAY)
        self.on()
        with self.near("cnlead") as colleague:
            for i in range(10):
                self.change(colleague, "unseen %d" % i)
        self.said.append("answer lost  %s" % self.screens["answer lost"].wait(3 * wire.PATIENCE))
        self.judge_answer_lost()
        self.judge_words()
        self.judge_watch()
        self.restored()

    def restored(self):
        """Whoever saw more than the database now knows is told so, and nothing else."""
        self.off()
        shutil.rmtree(self.school.directory)
        os.rename(self.before, self.school.directory)
        self.on()
        screen = self.screen("restored", 1, *self.add("after")).wait(2 * wire.PATIENCE)
        if screen.code != 76 or "E-EPOCH" not in screen.text() or "--accept-epoch" not in screen.text():
            raise Fault("restored: %s" % screen)
        self.said.append("restored     %s" % screen)
        if self.watcher.process.wait(2 * wire.PATIENCE) != 76 or "E-EPOCH" not in "".join(self.watcher.text):
            raise Fault("restored: the watch: %s" % self.watcher.text)
        for words in (("login", "--accept-epoch"), self.add("after")):
            done = self.screen("accepted", 1, *words).wait(wire.PATIENCE)
            if done.code != 0:
                raise Fault("accepted: %s" % done)


def records(screen):
    """Of a list, behind the words of waiting that a terminal shows and takes back."""
    text = screen.text()
    return json.loads(text[text.index("{"):])["records"]
