"""The people of a history: each does what chance says, some of it at once, and writes down what was asked and answered.

All live in one process, so one clock (time.monotonic) times every question before its first byte leaves and every
answer when its last byte is here (history_line.py). A question without an answer (the line was cut, the daemon was killed)
is asked again with its key until there is one.
"""
import asyncio
import time

import history_model as model
import wire
from history_line import Op, record

PEOPLE = {"senco": "lead", "cnlead": "lead", "teacher": "teacher", "ta": "ta"}
# What is edited: texts (t), days (d), small numbers (n), yes or no (b); none that a rule of its kind looks at.
FIELDS = {"Target": {"aim": "t", "measure": "t", "due": "d", "baseline": "t", "status": "n", "note": "t", "progress": "t"},
          "Contact": {"name": "t", "phone": "t", "email": "t", "language": "t", "priority": "n", "note": "t", "reason": "t"},
          "Pupil": {"known_as": "t", "photo_consent": "b", "eal": "b", "fsm": "b", "social_worker": "b"},
          "SenStatus": {"note": "t", "informed_how": "t", "ends": "d"}, "Assignment": {"ends": "d"}}
NEEDED = ("aim", "name")
BULKY = {"note": 1900, "progress": 1900, "baseline": 900, "measure": 900}     # letters of 4 bytes, in histories of long texts
# What people do, and how often; "lead": the leads only.
DEEDS = [("get", 16), ("list", 6), ("history", 5), ("edit", 34), ("edit-many", 6), ("add", 6), ("batch", 5), ("remove", 4), ("undo", 6),
         ("undo-older", 4), ("undo-batch", 3), ("restore", 3), ("dry-run", 3), ("again", 4), ("other-content", 1), ("cut", 4)]
LEADS_DEEDS = [("status", 8), ("assign", 8)]


class Person:
    """Somebody at a computer, doing some number of things one after the other."""

    def __init__(self, world, name, number):
        self.world, self.name, self.random = world, name, world.random_of(number)
        self.actor, self.lock = world.actors[name], asyncio.Lock()
        self.line, self.known, self.seq, self.mine = None, {}, 0, []

    async def connect(self):
        if self.line:
            self.line.close()
        self.line = await self.world.line(self.name)

    async def again_until_answered(self, op):
        """The answer; a lost one is asked for again, with the same key. Connecting may take some tries."""
        op.begun = time.monotonic()
        while True:
            op.attempts += 1
            try:
                if op.staged:
                    await self.line.ask(False, stage=wire.pb.Stage(key=op.key, part=0, records=[record(i) for i in op.items]))
                asked = self.line.begin(**op.message())
                if op.name == "cut" and op.attempts == 1:
                    await asyncio.sleep(self.random.choice([0, 0, 0.001, 0.004]))
                    asked.cancel()
                    raise wire.Gone("cut here")
                op.reply, op.ended = await asyncio.wait_for(asked, wire.PATIENCE)
            except asyncio.TimeoutError:      # which is an OSError, and no lost line
                raise AssertionError("the daemon did not answer: %s" % op) from None
            except (wire.Gone, OSError):
                await self.connect()
                continue
            if op.reply.outcome not in (wire.pb.BUSY, wire.pb.RETRY, wire.pb.UNKNOWN):
                return self.note(op)
            await asyncio.sleep(0.02)

    def note(self, op):
        self.world.ops.append(op)
        self.seq = max(self.seq, op.reply.seq)
        if op.key and op.reply.outcome == wire.pb.OK and not op.dry:
            self.mine = (self.mine + [op])[-6:]
            self.note_done(op)
        return op.reply

    def note_done(self, op):
        put = op.reply.put
        made = {d.temporary: d.id for d in put.done}
        if put.batch:
            self.world.batches.append(put.batch)
        for done in put.done:
            at = (done.kind, done.id)
            if done.temporary:
                item = next(i for i in op.items if i.id == done.temporary and i.kind == done.kind)
                pupil = item.set.get("pupil", done.id)
                self.world.learn(at, made.get(pupil, pupil))
            self.known[at] = done.version

    # --- what they do ---

    async def work(self, number):
        await self.connect()
        deeds = DEEDS + (LEADS_DEEDS if self.actor.role == "lead" else [])
        for _ in range(number):
            name = self.random.choices([d for d, _ in deeds], [n for _, n in deeds])[0]
            await getattr(self, "do_" + name.replace("-", "_"))()
            await self.world.step()
            await asyncio.sleep(self.random.choice([0, 0, 0.001, 0.003]))
        self.line.close()

    async def flood(self, number):
        """Long texts, one request after the other: more than a session that nobody reads holds."""
        await self.connect()
        for _ in range(number):
            items = []
            for at in [at for at in self.world.records if at[0] == model.named("Target").number][:3]:
                await self.look(at)
                items.append(model.Item(at[0], at[1], self.known.get(at, 1), {n: self.value("Target", n) for n in BULKY}, (), False))
            await self.again_until_answered(self.put("flood", items))
        self.line.close()

    def choose(self, *names):
        """A record of these kinds; of people with few pupils mostly one of theirs."""
        numbers = [model.named(n).number for n in names]
        found = [at for at in self.world.records if at[0] in numbers] or list(self.world.records)
        if self.actor.role != "lead" and self.random.random() < 0.8:
            theirs = self.world.pupils[:2 if self.actor.role == "teacher" else 1]
            found = [at for at in found if self.world.records[at] in theirs] or found
        return self.random.choice(found)

    def choose_edited(self):
        weights = ("Target",) * 7 + (("Contact",) * 3 if self.actor.role == "lead" else ("Contact",)) + (("Pupil", "SenStatus", "Assignment") if self.actor.role == "lead" else ("Pupil",))
        return self.choose(self.random.choice(weights))

    async def version(self, at):
        """The version they have seen; looks now and then, so that it is often an old one."""
        if at not in self.known or self.random.random() < 0.25:
            await self.look(at)
        return self.known.get(at, self.random.randint(1, 3))

    async def look(self, at):
        reply = await self.again_until_answered(Op("get", "get", self.actor, target=at))
        if reply.outcome == wire.pb.OK:
            self.known[at] = reply.records.records[0].version

    def value(self, kind, name):
        how = FIELDS[kind][name]
        if how == "t":
            return "%s %d%s" % (name, self.random.randint(1, 5), "\U0001F388" * BULKY.get(name, 0) if self.world.bulky else "")
        if how == "d":
            return self.world.today + self.random.choice([-1, -1, 3, 40])
        return self.random.random() < 0.5 if how == "b" else self.random.randint(1, 5)

    def change(self, at, version, most=3):
        kind = model.kind(at[0]).kind.name
        names = [n for n in FIELDS[kind] if n != "reason" or self.actor.role == "lead" or self.random.random() < 0.1]
        if self.actor.role == "ta" and self.random.random() < 0.8:
            names = [n for n in names if n == "progress"] or names
        set_, cleared = {}, []
        for name in self.random.sample(names, min(len(names), self.random.randint(1, most))):
            if name not in NEEDED and self.random.random() < 0.15:
                cleared.append(name)
            else:
                set_[name] = self.value(kind, name)
        return model.Item(at[0], at[1], version, set_, tuple(cleared), False)

    def new(self, temporary):
        kind = self.random.choice(["Target", "Target", "Contact"])
        number, pupil = model.named(kind).number, self.random.choice(self.world.pupils)
        needed = "aim" if kind == "Target" else "name"
        set_ = {"pupil": pupil, needed: "new %d" % self.random.randint(1, 99)}
        for name in self.random.sample(list(FIELDS[kind]), 2):
            set_.setdefault(name, self.value(kind, name))
        return model.Item(number, temporary, 0, set_, (), False)

    def put(self, name, items, **more):
        seen = self.seq if self.random.random() < 0.5 else None
        return Op(name, "put", self.actor, key=wire.key(), items=tuple(items), seen=seen, **more)

    async def do_get(self):
        await self.look(self.choose(*FIELDS))

    async def do_list(self):
        target = (model.named(self.random.choice(["Target", "Contact", "SenStatus"])).number, self.random.choice(self.world.pupils))
        reply = await self.again_until_answered(Op("list", "list", self.actor, target=target))
        for one in reply.records.records:
            self.known[(one.kind, one.id)] = one.version

    async def do_history(self):
        await self.again_until_answered(Op("history", "history", self.actor, target=self.choose_edited()))

    async def edit_op(self, name, **more):
        at = self.choose_edited()
        return self.put(name, [self.change(at, await self.version(at))], strict=self.random.random() < 0.08, **more)

    async def do_edit(self):
        await self.again_until_answered(await self.edit_op("edit"))

    async def do_cut(self):
        await self.again_until_answered(await self.edit_op("cut"))

    async def do_dry_run(self):
        await self.again_until_answered(await self.edit_op("dry-run", dry=True))

    async def several(self):
        wanted = {self.choose("Target", "Contact") for _ in range(self.random.randint(1, 3))}
        items = [self.change(at, await self.version(at)) for at in sorted(wanted)]
        return items + [self.new(-1 - n) for n in range(self.random.randint(0, 2))]

    async def do_edit_many(self):
        await self.again_until_answered(self.put("edit-many", await self.several()))

    async def do_batch(self):
        await self.again_until_answered(self.put("batch", await self.several(), staged=True))

    async def do_add(self):
        await self.again_until_answered(self.put("add", [self.new(-1)]))

    async def do_remove(self):
        at = self.choose("Target", "Contact", *(["Assignment"] if self.actor.role == "lead" else []))
        target = at + (await self.version(at),)
        await self.again_until_answered(Op("remove", "remove", self.actor, key=wire.key(), target=target))

    async def do_undo(self):
        at = self.choose("Target", "Contact", *(["SenStatus", "Assignment"] if self.actor.role == "lead" else []))
        await self.again_until_answered(Op("undo", "undo", self.actor, key=wire.key(), target=at + (0,)))

    async def do_undo_older(self):
        at = self.choose("Target", "Contact")
        version = max(1, await self.version(at) - self.random.randint(0, 2))
        await self.again_until_answered(Op("undo-older", "undo", self.actor, key=wire.key(), target=at + (version,)))

    async def do_undo_batch(self):
        if self.world.batches:
            batch = self.random.choice(self.world.batches[-4:])
            await self.again_until_answered(Op("undo-batch", "undo-batch", self.actor, key=wire.key(), target=batch))

    async def do_restore(self):
        gone = [d for op in self.world.ops[-80:] if op.reply.outcome == wire.pb.OK for d in op.reply.put.done if d.action == model.REMOVE]
        gone = [d for d in gone if model.kind(d.kind).kind.name in ("Target", "Contact")]
        if gone:
            done = self.random.choice(gone)
            item = self.change((done.kind, done.id), done.version, 1)
            await self.again_until_answered(self.put("restore", [item._replace(restore=True)]))

    async def do_again(self):
        """The same request twice: long after, or both at once."""
        if self.mine and self.random.random() < 0.5:
            await self.again_until_answered(self.copy(self.random.choice(self.mine), "again"))
            return
        op = await self.edit_op("twice")
        await asyncio.gather(self.at_once(op), self.at_once(self.copy(op, "twice")))

    async def at_once(self, op):
        """Like again_until_answered, for two on one line: only one of them connects again."""
        op.begun, op.attempts = time.monotonic(), 1
        line = self.line
        try:
            op.reply, op.ended = await asyncio.wait_for(line.begin(**op.message()), wire.PATIENCE)
        except asyncio.TimeoutError:
            raise AssertionError("the daemon did not answer: %s" % op) from None
        except (wire.Gone, OSError):
            async with self.lock:
                if self.line is line:
                    await self.connect()
                begun = op.begun
                await self.again_until_answered(op)
                op.begun = begun
            return
        self.note(op)

    def copy(self, op, name):
        return Op(name, op.verb, op.actor, key=op.key, items=op.items, target=op.target, seen=op.seen, strict=op.strict, dry=op.dry,
                  staged=op.staged)

    async def do_other_content(self):
        mine = [op for op in self.mine if op.verb == "put" and not op.staged and op.items[0].id > 0]
        if mine:
            op = self.copy(self.random.choice(mine), "other-content")
            first = op.items[0]
            op.items = (first._replace(set=dict(first.set, **{list(FIELDS[model.kind(first.kind).kind.name])[0]: self.odd(first)})),)
            await self.again_until_answered(op)

    def odd(self, item):
        kind = model.kind(item.kind).kind.name
        return "another thing altogether" if FIELDS[kind][list(FIELDS[kind])[0]] == "t" else self.world.today + 77

    async def do_status(self):
        today, random = self.world.today, self.random
        starts = today - random.randint(1, 300)
        set_ = {"pupil": random.choice(self.world.pupils[:2]), "provision": random.choice("KEN"), "starts": starts}
        if random.random() < 0.4:
            set_["ends"] = starts + random.randint(0, 60)
        await self.again_until_answered(self.put("status", [model.Item(model.named("SenStatus").number, -1, 0, set_, (), False)]))

    async def do_assign(self):
        """Somebody begins or ceases to work with a pupil while others write."""
        kind = model.named("Assignment")
        if self.random.random() < 0.5:
            at = self.choose("Assignment")
            version = await self.version(at)
            ends = {"ends": self.world.today - 1} if self.random.random() < 0.6 else {}
            items = [model.Item(kind.number, at[1], version, ends, () if ends else ("ends",), False)]
        else:
            staff = self.world.actors[self.random.choice(["teacher", "ta"])].staff
            set_ = {"staff": staff, "pupil": self.random.choice(self.world.pupils), "relation": 3, "starts": self.world.today - self.random.randint(5, 40)}
            items = [model.Item(kind.number, -1, 0, set_, (), False)]
        await self.again_until_answered(self.put("assign", items))
