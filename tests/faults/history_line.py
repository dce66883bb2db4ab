"""One question of a history with its answer, one watch with what it was told, and the lines they go over."""
import asyncio
import time

import awire
import history_model as model
import wire


class Op:
    """One question and its answer. A question sent twice is two of them, with one key."""

    def __init__(self, name, verb, actor, **more):
        self.name, self.verb, self.actor = name, verb, actor
        self.key, self.items, self.target, self.seen = None, (), None, None
        self.strict = self.dry = self.staged = False
        self.__dict__.update(more)
        self.attempts, self.begun, self.ended, self.reply = 0, None, None, None

    def message(self):
        pb = wire.pb
        if self.verb == "get":
            return {"get": pb.Get(kind=self.target[0], id=self.target[1])}
        if self.verb == "history":
            return {"history": pb.History(kind=self.target[0], id=self.target[1])}
        if self.verb == "list":
            kind = model.kind(self.target[0])
            at = pb.Condition(field=kind.numbers["pupil"], op=pb.Condition.EQ, value=pb.Value(number=self.target[1]))
            return {"list": pb.List(kind=kind.number, where=[at])}
        if self.verb == "remove":
            return {"remove": pb.Remove(key=self.key, kind=self.target[0], id=self.target[1], version=self.target[2], reason="tidy")}
        if self.verb == "undo-batch":
            return {"undo": pb.Undo(key=self.key, batch=self.target)}
        if self.verb == "undo":
            return {"undo": pb.Undo(key=self.key, kind=self.target[0], id=self.target[1], version=self.target[2] or None)}
        records = [] if self.staged else [record(i) for i in self.items]
        return {"put": pb.Put(key=self.key, records=records, staged=self.staged or None, strict=self.strict, dry_run=self.dry, seen=self.seen)}

    def __str__(self):
        return "%s by %s (%s) key %s, %d attempts: %s" % (self.name, self.actor.who, self.actor.role, (self.key or b"").hex()[-8:], self.attempts,
                                                        self.target or [tuple(i) for i in self.items])


def record(item):
    kind = model.kind(item.kind)
    body = kind.kind.message()
    for name, value in item.set.items():
        setattr(body, name, value)
    made = wire.pb.Record(kind=item.kind, id=item.id, version=item.version or None, body=body.SerializeToString(),
                          cleared=[kind.numbers[n] for n in item.cleared])
    if item.restore:
        made.removed = False
    return made


class Watch:
    """What one watch was told, until it ended."""

    def __init__(self, actor, kinds, about, start):
        self.actor, self.kinds, self.about, self.start = actor, kinds, about, start
        self.begun = self.ended = self.seq = self.resync = None
        self.pushes = []        # (when it came, push)
        self.slow = False


class Line(awire.Client):
    """A connection that notes when things came, and that can stop reading."""

    def __init__(self, reader, writer):
        self.may_read = asyncio.Event()
        self.may_read.set()
        super().__init__(reader, writer)

    async def read(self):
        try:
            while True:
                await self.may_read.wait()
                size = int.from_bytes(await self.reader.readexactly(4), "big")
                frame = wire.pb.Frame.FromString(await self.reader.readexactly(size))
                now = time.monotonic()
                if frame.WhichOneof("kind") == "push":
                    self.pushes.put_nowait((now, frame.push))
                    continue
                future, replies = self.waiting[frame.reply.id]
                replies.append(frame.reply)
                if not frame.reply.more:
                    del self.waiting[frame.reply.id]
                    if not future.done():
                        future.set_result((wire.join(replies), now))
        except (asyncio.IncompleteReadError, OSError) as e:
            self.ended(wire.Gone(str(e)))
        except asyncio.CancelledError:
            self.ended(wire.Gone("closed here"))
        finally:
            self.pushes.put_nowait((time.monotonic(), None))

    def begin(self, **body):
        """Sends at once; the future brings (reply, when it came)."""
        if self.task.done():
            raise wire.Gone("closed")
        self.next_id += 1
        future = asyncio.get_running_loop().create_future()
        self.waiting[self.next_id] = (future, [])
        self.writer.write(wire.pack(wire.pb.Frame(request=wire.pb.Request(id=self.next_id, **body))))
        return future

    async def ask(self, check=True, **body):
        reply, when = await asyncio.wait_for(self.begin(**body), wire.PATIENCE)
        if check and reply.outcome != wire.pb.OK:
            raise wire.Refused(reply)
        self.when = when
        return reply
