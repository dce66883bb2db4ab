"""Watchers of a history: they only look; some read slowly, some go away and come back."""
import asyncio
import time

import wire
from history_line import Watch


class Watcher:
    """Somebody who only looks: follows the changes, now and then slowly or from another line."""

    def __init__(self, world, name, number, kinds=(), about=None):
        self.world, self.name, self.random = world, name, world.random_of(100 + number)
        self.kinds, self.about, self.covered, self.line, self.ends = kinds, about, None, None, False

    async def connect(self):
        if self.line:
            self.line.close()
        self.line = await self.world.line(self.name, slow=self.world.bulky)
        await self.follow()

    async def follow(self):
        pb = wire.pb
        watch = Watch(self.world.actors[self.name], frozenset(self.kinds), self.about, self.covered)
        body = pb.Watch(kinds=self.kinds, about=pb.About(kind=1, id=self.about) if self.about else None)
        if self.covered is not None:
            setattr(body, "from", self.covered)
            body.epoch = self.world.epoch
        watch.begun = time.monotonic()
        reply, watch.ended = await asyncio.wait_for(self.line.begin(watch=body), wire.PATIENCE)
        if reply.outcome in (pb.BUSY, pb.RETRY):
            raise wire.Gone("busy")
        if reply.outcome != pb.OK:
            raise AssertionError("a watch was refused: %s" % reply)
        watch.seq, watch.id = reply.seq, reply.watch.watch
        self.covered = watch.seq
        self.watch = watch
        self.world.watches.append(watch)

    async def take(self, seconds):
        """One push; False when the line is gone, None when none came in time."""
        try:
            when, push = await asyncio.wait_for(self.line.pushes.get(), seconds)
        except asyncio.TimeoutError:
            return None
        if push is None:
            return False
        if push.HasField("resync"):
            self.watch.resync = (when, push.resync)
            self.watch = None
            if push.resync.why != wire.pb.Resync.SCOPE:
                self.covered = None
            elif self.random.random() < 0.5:
                self.covered = None
            await self.follow()
        elif push.HasField("covers_to"):
            self.watch.pushes.append((when, push))
            if not push.more:
                self.covered = push.covers_to
        return True

    async def work(self):
        until = time.monotonic() + self.world.patience
        while not self.line or self.world.final is None or self.covered < self.world.final:
            if time.monotonic() > until:
                self.world.waited = "%s watches in vain: told up to %s, the last is %s" % (self.name, self.covered, self.world.final)
                return
            try:
                if not self.line or await self.take(0.05) is False:
                    await self.connect()
                elif self.world.final is None:
                    await self.be_difficult()
            except asyncio.TimeoutError:
                raise AssertionError("the daemon did not answer a watch of %s" % self.name) from None
            except (wire.Gone, OSError):
                self.line, self.watch = None, None
                await asyncio.sleep(0.01)
        self.line.close()

    async def be_difficult(self):
        chance = self.random.random()
        if chance < 0.01:
            self.line.close()
            await self.connect()
        elif chance < (0.2 if self.world.bulky else 0.04):
            self.watch.slow = True
            self.line.may_read.clear()
            until = time.monotonic() + self.random.uniform(0.02, 1.5 if self.world.bulky else 0.3)
            while time.monotonic() < until and (self.world.bulky or self.world.final is None):
                await asyncio.sleep(0.02)
            self.line.may_read.set()
