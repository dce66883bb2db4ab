"""The daemon is killed with SIGKILL while twenty people write; whatever it acknowledged must be there, exactly once.

Every writer logs in by ticket, edits its own targets and now and then one that all share, and numbers what it writes
("w7 n123"). After each kill a writer sends its unanswered request again with the same key. The judge then reads the
history of every target: each acknowledged value once, no value twice, no refused value at all, and the seqs of all
changes without a hole. A judge is only worth something if it can find a culprit: the second test plants the fault of
acknowledging before the commit, and demands that the judge sees it.
"""
import asyncio
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import awire
import kinds
import school
import wire

WRITERS = 20
SHARED = 3
CYCLES = int(os.environ.get("SENDCO_CYCLES", 30 if wire.SHORT else 200))
FRESH = 10        # cycles after which new targets are made, so that histories stay short


class Fault(Exception):
    """The judge found something."""


class Writer:
    def __init__(self, number, trial):
        self.number, self.trial = number, trial
        self.name = "senco" if number % 2 else "cnlead"
        self.count = 0
        self.pending = None      # (value, target, key, item) sent and not answered
        self.client = None

    async def connect(self, address, contexts):
        self.client = await awire.Client.open(address, self.trial.school.profile(self.name), self.trial.tickets[self.name], contexts[self.name])

    async def work(self):
        """Until the connection breaks."""
        try:
            while True:
                if not self.pending:
                    self.think()
                await self.send()
        except (wire.Gone, OSError, asyncio.TimeoutError):
            pass

    def think(self):
        trial = self.trial
        target = trial.random.choice(trial.shared) if trial.random.random() < 0.2 else trial.own[self.number]
        self.count += 1
        value = "w%d n%d" % (self.number, self.count)
        item = wire.item(trial.kind, target, trial.versions[target], progress=value, **trial.more(self.count))
        self.pending = (value, target, wire.key(), item)

    async def send(self):
        value, target, key, item = self.pending
        reply = await self.client.ask(False, put=wire.pb.Put(key=key, records=[item]))
        trial = self.trial
        if trial.armed:
            trial.kill()
        if reply.outcome == wire.pb.OK:
            done = reply.put.done[0]
            trial.acknowledged[value] = (target, done.version, reply.put.from_seq, reply.put.to_seq)
            trial.replayed += reply.put.replayed
            trial.versions[target] = max(trial.versions[target], done.version)
        elif reply.outcome == wire.pb.CONFLICT:
            trial.refused.add(value)
            self.pending = None                       # before the next question, which may stay unanswered
            trial.versions[target] = (await self.client.ask(get=wire.pb.Get(kind=trial.kind.number, id=target))).records.records[0].version
        elif reply.outcome in (wire.pb.BUSY, wire.pb.RETRY, wire.pb.UNKNOWN):
            return                                    # the same again, with the same key
        else:
            raise Fault("a good request was refused: %s" % reply)
        self.pending = None


class Trial:
    def __init__(self, program=None, fault=None, seed=9):
        self.school = school.School(pupils=40)
        self.program, self.fault = program, fault
        self.random = random.Random(seed)
        self.kind = kinds.find("Target")
        self.writers = [Writer(n, self) for n in range(WRITERS)]
        self.tickets, self.versions, self.own, self.shared = {}, {}, [], []
        self.acknowledged, self.refused = {}, set()
        self.replayed, self.kills, self.seen = 0, 0, {}
        self.first = self.seq = None
        self.armed = False       # the next answer is answered with SIGKILL

    def start(self):
        self.school.start(self.program, fault=self.fault)
        return self.school.server.address

    def prepare(self):
        """Logs in once, by password; later only tickets."""
        self.start()
        for name in ("senco", "cnlead"):
            with self.school.client(name) as client:
                self.tickets[name] = client.login.ticket
        with self.school.client() as client:
            self.first = client.ask(status=wire.pb.Status()).seq + 1
        self.renew()
        self.school.stop()

    def renew(self):
        """New targets: everything about the old ones was judged already."""
        with self.school.client() as client:
            pupils = [i for i, _, _ in client.all(kinds.find("Pupil"))]
            items = [wire.item(self.kind, -1 - n, pupil=pupils[n % len(pupils)], aim="target %d" % n) for n in range(WRITERS + SHARED)]
            done = {d.temporary: d.id for d in client.put(*items).put.done}
        ids = [done[-1 - n] for n in range(WRITERS + SHARED)]
        self.own, self.shared = ids[:WRITERS], ids[WRITERS:]
        self.versions = {id: 1 for id in ids}
        self.seen.update((id, []) for id in ids)

    async def cycle(self):
        address = self.school.server.address
        contexts = {name: wire.context(self.school.profile(name)) for name in self.tickets}
        await asyncio.gather(*(w.connect(address, contexts) for w in self.writers))
        tasks = [asyncio.ensure_future(w.work()) for w in self.writers]
        await asyncio.sleep(self.random.uniform(0.005, 0.3))
        if self.fault or self.kills % 2:
            self.armed = True        # the moment after an acknowledgement is the one that tells most
        else:
            self.kill()
        await asyncio.gather(*tasks)
        for writer in self.writers:
            writer.client.close()

    def more(self, number):
        """Ballast makes each commit long enough for a kill to fall between an early answer and its commit."""
        text = "%d " % number + "\U0001F388" * 900
        return {"baseline": text, "note": text + text} if self.fault else {}

    def kill(self):
        self.school.server.process.kill()
        self.armed = False
        self.kills += 1

    async def settle(self):
        """After the restart every unanswered request is sent again, with its key."""
        address = self.school.server.address
        contexts = {name: wire.context(self.school.profile(name)) for name in self.tickets}
        waiting = [w for w in self.writers if w.pending]
        await asyncio.gather(*(w.connect(address, contexts) for w in waiting))
        for writer in waiting:
            while writer.pending:
                await writer.send()
            writer.client.close()

    def judge(self, ids):
        """Compares what was said with what is in the history of these targets."""
        with self.school.client() as client:
            for id in ids:
                found = []
                for entry in client.history(self.kind, id):
                    message = self.kind.message.FromString(entry.record.body)
                    found.append((message.progress, entry.version, entry.seq))
                self.seen[id] = found
            self.seq = client.ask(status=wire.pb.Status()).seq
        values = {}
        for id in ids:
            for value, version, seq in self.seen[id]:
                if version > 1 and value in values:
                    raise Fault("%r was applied twice: %s and %s" % (value, values[value], (id, version, seq)))
                if version > 1:
                    values[value] = (id, version, seq)
        for value, (id, version, low, high) in self.acknowledged.items():
            if id not in ids:
                continue
            if value not in values:
                raise Fault("%r was acknowledged as version %d and is lost" % (value, version))
            if values[value][:2] != (id, version) or not low <= values[value][2] <= high:
                raise Fault("%r was acknowledged as %s and is %s" % (value, (id, version, low, high), values[value]))
        for value in self.refused & set(values):
            raise Fault("%r was refused and is in the history" % value)

    def judge_all(self):
        """Every change since the beginning has its own seq, with no hole between them."""
        self.judge(set(self.seen))
        seqs = sorted(seq for entries in self.seen.values() for _, _, seq in entries)
        if seqs != list(range(self.first, self.seq + 1)):
            raise Fault("seqs %d to %d do not join: %d changes" % (self.first, self.seq, len(seqs)))
        ranges = sorted((low, high) for _, _, low, high in self.acknowledged.values())
        for before, after in zip(ranges, ranges[1:]):
            if after[0] <= before[1]:
                raise Fault("two replies claim the same seqs: %s %s" % (before, after))

    def run(self, cycles):
        try:
            self.prepare()
            for number in range(cycles):
                self.start()
                if number and number % FRESH == 0:
                    self.renew()
                asyncio.run(self.cycle())
                self.school.server.kill()
                self.start()
                refusal = None
                try:
                    asyncio.run(self.settle())
                except Fault as e:        # what was lost explains it better, so judge first
                    refusal = e
                self.judge(set(self.own + self.shared))
                if refusal:
                    raise refusal
                self.school.stop()
            self.start()
            self.judge_all()
            self.school.stop()
        finally:
            self.school.remove()


class Kill9(school.unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kinds.load()

    def test_nothing_acknowledged_is_lost(self):
        trial = Trial()
        trial.run(CYCLES)
        print("%d kills, %d changes acknowledged, %d refused, %d answered again after a kill" %
              (trial.kills, len(trial.acknowledged), len(trial.refused), trial.replayed))
        self.assertEqual(trial.kills, CYCLES)
        self.assertGreater(len(trial.acknowledged), CYCLES * WRITERS // 4, "the writers hardly wrote")

    def test_the_judge_sees_an_early_acknowledgement(self):
        trial = Trial(school.SENDCOD_TEST, "ack-early")
        with self.assertRaises(Fault) as caught:
            trial.run(60)
        self.assertIn("lost", str(caught.exception))
        print("red as it must be, after %d kills: %s" % (trial.kills, caught.exception))


if __name__ == "__main__":
    school.main()
