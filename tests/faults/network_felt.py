"""What a person feels on a slow network and with a slow disk, for network.py: measured, and printed as tables."""
import asyncio
import os
import statistics
import time

import network_ground as ground
import awire
import kinds
import school
import wire

LONG = bool(os.environ.get("SENDCO_LONG"))
PEOPLE = 50
ROLL = os.path.join(wire.ROOT, "tests", "data", "roll-sims.csv")
# milliseconds each way, packets lost of a thousand each way
CLEAN, FAR, LOSSY = (0, 0), (25, 0), (25, 20)


def ms(seconds):
    return "%6.0f" % (1000 * seconds)


class Felt:
    """The ordinary commands of one person behind one link."""

    def __init__(self):
        self.net = ground.Net(1)
        self.far = self.net.far[0]
        self.school = ground.School(self.net.near, pupils=420 if LONG else 40)
        self.count = 0

    def begin(self):
        self.school.start()
        with self.far:
            self.school.cli("senco", "login")
            pupil = self.school.cli("senco", "pupil", "list", "--json", "--limit", "1").json()["records"][0]
            self.pupil, self.name = pupil["id"], pupil["fields"]["surname"]
            self.target = self.school.cli("senco", "target", "list", "--json", "--limit", "1").json()["records"][0]["id"]

    def end(self):
        self.school.remove()
        self.net.close()

    def commands(self):
        self.count += 1
        return [("login", ["login"]), ("status", ["status"]), ("pupil list", ["pupil", "list"]),
                ("pupil show", ["pupil", "show", self.pupil]),
                ("register", ["register"]), ("find", ["find", self.name]),
                ("target edit", ["target", "edit", self.target, "note=felt %d" % self.count]),
                ("target history", ["target", "history", self.target]),
                ("log contact", ["log", "contact", self.pupil, "phone", "Said hello %d" % self.count]),
                ("import", ["import", ROLL])]

    def once(self, words):
        with self.far:
            began = time.monotonic()
            done = self.school.cli("senco", *words, "--json")
            took = time.monotonic() - began
        if words[0] == "import":           # so that the next has the same to do
            with self.net.near:
                self.school.cli("senco", "undo", done.json()["batch"], "--yes")
        return took

    def measure(self, times, delay, permille):
        """{command: [seconds]}, {command: round trips}."""
        took, turns = {}, {}
        for i in range(times):
            for name, words in self.commands():
                self.far.bad(delay, permille, seed=1 + i)
                took.setdefault(name, []).append(self.once(words))
                turns[name] = self.far.say("look")["turns"]
        self.far.bad()
        return took, turns

    def watch(self, times, delay, permille):
        """Seconds from a colleague's change, made beside the server, to the line on the screen."""
        kind, took = kinds.find("Target"), []
        with self.far:
            watcher = school.Watcher(self.school.command("senco", "target", "watch", "--jsonl"))
        try:
            with self.net.near:
                colleague = self.school.client("cnlead")
            _, version = colleague.read(kind, kinds.id_of(self.target))
            watcher.begin(lambda: self.edit(colleague, kind, "begin %f" % time.time()))
            self.far.bad(delay, permille)
            for i in range(times):
                began = time.monotonic()
                self.edit(colleague, kind, "seen %d" % i)
                watcher.wait(lambda line: (line.get("fields") or {}).get("note") == "seen %d" % i, "a push")
                took.append(time.monotonic() - began)
            colleague.close()
        finally:
            watcher.stop()
            self.far.bad()
        return took

    def edit(self, client, kind, text):
        _, version = client.read(kind, kinds.id_of(self.target))
        client.edit(kind, kinds.id_of(self.target), version, note=text)

    def table(self):
        _, turns = self.measure(1, *FAR)
        if not LONG:
            return turns
        clean, _ = self.measure(10, *CLEAN)
        lossy, _ = self.measure(20, *LOSSY)
        clean["watch"], turns["watch"] = self.watch(10, *CLEAN), 0
        lossy["watch"] = self.watch(100, *LOSSY)
        print("\nMilliseconds; the bad link takes 25 ms each way and loses 2 % of the packets each way. 420 pupils.")
        print("%-16s %8s %8s %8s %12s" % ("", "clean", "bad", "worst", "round trips"))
        for name in clean:
            print("%-16s %8s %8s %8s %12s" % (name, ms(statistics.median(clean[name])), ms(statistics.median(lossy[name])),
                                              ms(max(lossy[name])), turns[name] or "-"))
        return turns


class SlowDisk:
    """The same daemon with a disk that takes some milliseconds for each flush."""

    def __init__(self):
        self.school = ground.School(pupils=420 if LONG else 40)
        self.disk = ground.Disk(self.school.top)
        self.kind = kinds.find("Target")

    def begin(self):
        self.school.start(disk=self.disk)
        with self.school.client() as client:
            self.targets = [(id, record.version) for id, _, record in client.all(self.kind)][:PEOPLE]
        self.people = len(self.targets)
        self.ticket = self.school.tickets["senco"]
        self.school.cli("senco", "login")

    def end(self):
        self.school.remove()

    def counted(self, work):
        """What it gives, and how many flushes it took."""
        before = self.disk.flushes()
        return work(), self.disk.flushes() - before

    def one(self, edits):
        took = []
        with self.school.client() as client:
            for i in range(edits):
                id, version = self.targets[0]
                began = time.monotonic()
                reply = client.edit(self.kind, id, version, note="one %s" % time.monotonic())
                took.append(time.monotonic() - began)
                self.targets[0] = (id, reply.put.done[0].version)
        return took

    async def many_at_once(self, edits):
        profile = self.school.profile("senco")
        tls = wire.context(profile)
        clients = [await awire.Client.open(self.school.server.address, profile, self.ticket, tls) for _ in self.targets]
        took = []

        async def person(n):
            for i in range(edits):
                id, version = self.targets[n]
                began = time.monotonic()
                reply = await clients[n].ask(put=wire.pb.Put(key=wire.key(), records=[
                    wire.item(self.kind, id, version, note="many %s" % time.monotonic())]))
                took.append(time.monotonic() - began)
                self.targets[n] = (id, reply.put.done[0].version)

        await asyncio.gather(*(person(n) for n in range(self.people)))
        for client in clients:
            client.close()
        return took

    def many(self, edits):
        return asyncio.run(self.many_at_once(edits))

    def timed(self, *words):
        began = time.monotonic()
        done = self.school.cli("senco", *words, "--json")
        return [time.monotonic() - began], done

    def imported(self):
        took, done = self.timed("import", ROLL)
        self.school.cli("senco", "undo", done.json()["batch"], "--yes")
        return took

    def demo(self, ms_each):
        to = os.path.join(self.school.top, "demo-%d" % ms_each)
        disk = ground.Disk(self.school.top, ms_each)
        began = time.monotonic()
        done = school.run([school.SENDCOD, "init", "--dir", to, "--demo", "--pupils", "420", "--seed", "7"],
                          timeout=10 * wire.PATIENCE, env=disk.environment())
        if done.code != 0:
            raise AssertionError(str(done))
        return [time.monotonic() - began], disk.flushes()

    def table(self):
        edits = 40 if LONG else 4
        rows = [("an edit, one person", lambda: self.one(edits), edits),
                ("an edit, %d at once" % self.people, lambda: self.many(edits), edits * self.people),
                ("import of 60 pupils", self.imported, 1)]
        print("\nMilliseconds: median and worst; flushes in all.")
        print("%-24s %8s %8s %8s   %8s %8s %8s" % ("", "fast", "worst", "flushes", "10 ms", "worst", "flushes"))
        seen = {}
        for name, work, n in rows:
            cells = []
            for each in (0, 10):
                self.disk.slow(each)
                took, flushes = self.counted(work)
                cells += [ms(statistics.median(took)), ms(max(took)), flushes]
                seen[name, each] = (n, flushes)
            print("%-24s %8s %8s %8d   %8s %8s %8d" % ((name,) + tuple(cells)))
        self.disk.slow(0)
        if LONG:
            self.table_of_demo()
        return seen[rows[1][0], 10]

    def table_of_demo(self):
        cells = []
        for each in (0, 10):
            took, flushes = self.demo(each)
            cells += [ms(took[0]), "", flushes]
        print("%-24s %8s %8s %8d   %8s %8s %8d" % (("demo init",) + tuple(cells)))
