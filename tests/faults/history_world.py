"""One school and its daemon, in which one history after the other happens: who takes part, kills, and what is left at the end."""
import asyncio
import os
import random
import shutil
import socket
import time

import history_client as client
import history_line
import history_model as model
import history_watcher
import school
import wire

STEPS = 14            # deeds of one person in one history
FLOOD = 25            # requests with long texts, in some histories
WRITERS = ["senco", "senco", "cnlead", "teacher", "teacher", "ta", "ta"]


class Ground:
    """A school that is made once; every run of some histories gets a copy of it."""

    def __init__(self):
        self.school = school.School(pupils=30)
        self.school.start(school.SENDCOD_TEST)
        self.actors = {}
        for name, role in client.PEOPLE.items():
            with self.school.client(name) as one:
                self.actors[name] = model.Actor(one.login.staff, one.hello.person, role)
        self.school.stop()

    def copy(self, to):
        shutil.copytree(self.school.directory, os.path.join(to, "school"))
        made = school.School.__new__(school.School)
        made.top, made.directory, made.server, made.tickets = to, os.path.join(to, "school"), None, dict(self.school.tickets)
        return made

    def remove(self):
        self.school.remove()


class World:
    """One history: its people, and all that they noted."""

    def __init__(self, run, seed):
        self.run, self.seed, self.actors = run, seed, run.actors
        self.random = self.random_of(0)
        self.bulky = self.random.random() < 0.1
        self.kill_at = self.random.randint(10, 60) if self.random.random() < 0.3 else None
        self.ops, self.watches, self.records, self.batches, self.log = [], [], {}, [], []
        self.patience = 3 if run.fault else 2 * wire.PATIENCE
        self.steps = self.kills = 0
        self.final = self.waited = None
        self.wall = time.time() - time.monotonic()

    def random_of(self, number):
        return random.Random(self.seed * 1000 + number)

    def learn(self, at, pupil):
        self.records.setdefault(at, pupil)

    # --- lines to the daemon ---

    async def line(self, name, slow=False):
        """A connection, logged in. Tries until the daemon is there."""
        until = time.monotonic() + wire.PATIENCE
        while True:
            line = None
            try:
                line = await self.open(name, slow)
                line.hello = (await line.ask(hello=wire.pb.Hello(protocol=1, client="foreign 1.0"))).hello
                reply = await line.ask(False, resume=wire.pb.Resume(ticket=self.run.school.tickets[name]))
                if reply.outcome == wire.pb.DENIED:
                    await self.log_in(line, name)
                elif reply.outcome != wire.pb.OK:
                    raise wire.Gone("not now")
                return line
            except (wire.Gone, OSError, EOFError):
                if line:
                    line.close()
                if time.monotonic() > until:
                    raise
                self.run.must_live()
                await asyncio.sleep(0.01)

    async def open(self, name, slow):
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if slow:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        address = self.run.school.server.address
        try:
            await asyncio.get_running_loop().sock_connect(raw, address)
            made = await asyncio.open_connection(sock=raw, ssl=self.run.tls(name), server_hostname=address[0], limit=4096 if slow else 1 << 16)
        except BaseException:
            raw.close()
            raise
        return history_line.Line(*made)

    async def log_in(self, line, name):
        with open(os.path.join(self.run.school.profile(name), "password")) as f:
            word = f.read().rstrip("\n")
        self.run.school.tickets[name] = (await line.ask(login=wire.pb.Login(password=word))).login.ticket

    async def step(self):
        self.steps += 1
        if self.kill_at and self.steps >= self.kill_at:
            self.kill_at = None
            self.kills += 1
            self.run.kill()

    # --- the history ---

    async def happen(self):
        lead = client.Person(self, "senco", 1)
        await lead.connect()
        status = await lead.line.ask(status=wire.pb.Status())
        self.start, self.epoch, self.today = status.seq, status.epoch, lead.line.hello.today
        await self.begin(lead)
        people = [client.Person(self, name, 2 + n) for n, name in enumerate(WRITERS)]
        watchers = self.watchers()
        following = [asyncio.ensure_future(w.work()) for w in watchers]
        try:
            flood = [people[2].flood(FLOOD)] if self.bulky else []
            await asyncio.gather(*(p.work(STEPS + self.random.randint(0, 6)) for p in people if not flood or p is not people[2]), *flood)
            await self.ring(lead)
            await asyncio.gather(*following)
            await self.look_back(lead)
        finally:
            for task in following:
                task.cancel()
            for one in people + watchers + [lead]:
                if one.line:
                    one.line.close()
        self.run.must_live()

    async def begin(self, lead):
        """What the history is about: three pupils; the teacher works with two of them, the assistant with one."""
        number = {name: model.named(name).number for name in ("Pupil", "Target", "Contact", "SenStatus", "Assignment")}
        pupils = [model.Item(number["Pupil"], -1 - n, 0, {"surname": "H%d %d" % (self.seed, n), "born": 16000}, (), False) for n in range(3)]
        rest = [(number["Target"], {"pupil": -1 - n % 3, "aim": "aim %d" % n}) for n in range(4)]
        rest += [(number["Contact"], {"pupil": -1 - n, "name": "name %d" % n}) for n in range(2)]
        rest += [(number["SenStatus"], {"pupil": -1, "provision": "K", "starts": self.today - 400})]
        assigned = [("teacher", -1), ("teacher", -2), ("ta", -1)]
        rest += [(number["Assignment"], {"staff": self.actors[who].staff, "pupil": pupil, "relation": 3, "starts": self.today - 60})
                 for who, pupil in assigned]
        items = pupils + [model.Item(kind, -4 - n, 0, set_, (), False) for n, (kind, set_) in enumerate(rest)]
        reply = await lead.again_until_answered(lead.put("begin", items))
        if reply.outcome != wire.pb.OK:
            raise AssertionError("a history could not begin: %s" % reply)
        self.pupils = [d.id for d in reply.put.done if d.kind == number["Pupil"]]

    def watchers(self):
        target, status, pupil = (model.named(n).number for n in ("Target", "SenStatus", "Pupil"))
        some = [("cnlead", (), None), ("teacher", (), None), ("ta", (), None), ("teacher", (target, status, pupil), None)]
        if self.random.random() < 0.2:
            some.append((self.random.choice(["teacher", "senco"]), (), self.pupils[0]))
        return [history_watcher.Watcher(self, name, n, kinds, about) for n, (name, kinds, about) in enumerate(some)]

    async def ring(self, lead):
        """A last change that all watchers see: the pupil with whom, from it on, they all work. Who watched until here has seen all."""
        for who in ("teacher", "ta"):
            set_ = {"staff": self.actors[who].staff, "pupil": self.pupils[0], "relation": 3, "starts": self.today - 1}
            await lead.again_until_answered(lead.put("assign", [model.Item(model.named("Assignment").number, -1, 0, set_, (), False)]))
        at = (model.named("Pupil").number, self.pupils[0])
        await lead.look(at)
        bell = model.Item(at[0], at[1], lead.known[at], {"known_as": "the last"}, (), False)
        reply = await lead.again_until_answered(lead.put("edit", [bell]))
        if reply.outcome != wire.pb.OK:
            raise AssertionError("the last change was refused: %s" % reply)
        self.final = reply.put.to_seq

    async def look_back(self, lead):
        """The log as it was kept, by a watch from the beginning, and each record's own history and present state."""
        body = wire.pb.Watch(epoch=self.epoch)
        setattr(body, "from", self.start)
        end = (await lead.line.ask(status=wire.pb.Status())).seq
        await lead.line.ask(watch=body)
        told = self.start
        while told < end:
            _, push = await asyncio.wait_for(lead.line.pushes.get(), wire.PATIENCE)
            if push is None or push.HasField("resync"):
                raise AssertionError("the log could not be read: %s" % push)
            self.log += push.changes
            told = told if push.more else push.covers_to
        self.end = end
        for at in sorted({(c.record.kind, c.record.id) for c in self.log}):
            for name in ("get", "history"):
                await lead.again_until_answered(history_line.Op(name, name, lead.actor, target=at))


class Run:
    """Some histories, one after the other, in one copy of the school."""

    def __init__(self, ground, directory, fault=None):
        self.school, self.actors, self.fault = ground.copy(directory), ground.actors, fault
        self.contexts = {}
        self.start()

    def start(self):
        self.school.start(school.SENDCOD_TEST, fault=self.fault)

    def tls(self, name):
        if name not in self.contexts:
            self.contexts[name] = wire.context(self.school.profile(name))
        return self.contexts[name]

    def kill(self):
        """Nothing else runs meanwhile: who had asked learns of it when the daemon is back."""
        self.school.server.kill()
        self.start()

    def must_live(self):
        if self.school.server.process.poll() is not None:
            raise AssertionError("the daemon ended by itself: %s" % self.school.server.said())

    def history(self, seed):
        world = World(self, seed)
        asyncio.run(asyncio.wait_for(world.happen(), 4 * wire.PATIENCE))
        return world

    def end(self):
        try:
            if not self.fault:
                self.school.stop()
        finally:
            self.school.remove()
