"""Who is told of others' changes, or of their presence, while the daemon's resources fail, and what must come of it."""
import time

import kinds
import nthwire_sweep as sweep
import wire
from nthwire_clients import Scene, Writing


class Telling(Writing):
    """Two others watch while one changes something: each is told all of it in order, or that it must read again, or is gone."""

    def __init__(self, ground, name, make):
        super().__init__(ground, name, make)
        self.watchers = {}        # name: [client, the next seq to be told]

    def prepare(self):
        super().prepare()
        for who in ("senco", "teacher"):
            if who not in self.watchers:
                client = self.ground.client(who)
                seq = client.watch().seq
                self.watchers[who] = [client, seq + 1]
        for who in self.watchers:
            self.catch_up(who, False)

    def connections(self):
        return super().connections() + len(self.watchers)

    def reset(self):
        super().reset()
        for client, _ in getattr(self, "watchers", {}).values():
            client.close()
        self.watchers = {}

    def forget(self, who):
        self.watchers.pop(who)[0].close()

    def catch_up(self, who, may_end):
        """Up to the newest change."""
        client, start = self.watchers[who]
        newest = self.ground.healthy.ask(ping=wire.pb.Ping()).seq
        deadline = time.monotonic() + self.ground.patience
        while start <= newest:
            try:
                push = client.push(max(0.01, deadline - time.monotonic()))
            except TimeoutError:
                raise sweep.Bad("%s waits in vain to be told of change %d" % (who, start)) from None
            except wire.Gone:
                push = None
            if push is None or push.HasField("resync"):
                if not may_end:
                    raise sweep.Bad("%s: the watch ended though nothing had failed" % who)
                return False
            if not push.HasField("covers_to"):
                continue
            if push.covers_from != start or push.covers_to < start:
                raise sweep.Bad("%s is told of changes %d to %d where %d is next" % (who, push.covers_from, push.covers_to, start))
            start = start if push.more else push.covers_to + 1
        self.watchers[who][1] = start
        return True

    def judge(self, got, failed):
        super().judge(got, failed)
        for who in list(self.watchers):
            if not self.catch_up(who, failed > 0):
                self.forget(who)


class Watching(Scene):
    """A watch from long ago: all is told, or it ends."""

    def __init__(self, ground, name, who_is="senco"):
        super().__init__(ground, name, who_is)
        self.start = None

    def prepare(self):
        super().prepare()
        newest = self.client.ask(ping=wire.pb.Ping())
        self.epoch, self.newest = newest.epoch, newest.seq
        self.start = self.start or max(0, newest.seq - 40)

    def act(self):
        body = wire.pb.Watch(epoch=self.epoch)
        setattr(body, "from", self.start)
        return self.ask(watch=body)

    def judge(self, got, failed):
        if not got.ok():
            if not failed:
                raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
            got.demand_weak()
            return
        deadline, at = time.monotonic() + self.ground.patience, self.start + 1
        while at <= self.newest:
            try:
                push = self.client.push(max(0.01, deadline - time.monotonic()))
            except TimeoutError:
                raise sweep.Bad("told in vain to wait for change %d" % at) from None
            except wire.Gone:
                push = None
            if push is None or push.HasField("resync"):
                if not failed:
                    raise sweep.Bad("the watch ended though nothing had failed")
                break
            if not push.HasField("covers_to"):
                continue
            if push.covers_from != at:
                raise sweep.Bad("told of changes from %d where %d is next" % (push.covers_from, at))
            at = at if push.more else push.covers_to + 1
        else:
            self.client.ask(False, unwatch=wire.pb.Unwatch(watch=got.reply.watch.watch))
        self.reset()


class Looking(Scene):
    """Presence: one who watches sees it, or not; nothing else."""

    def __init__(self, ground, name, target):
        super().__init__(ground, name)
        self.target = target

    def act(self):
        return self.ask(presence=wire.pb.Presence(kind=kinds.find("Target").number, id=self.target, field=4))

    def judge(self, got, failed):
        if not got.ok():
            if not failed:
                raise sweep.Bad("nothing failed, and yet: %s" % got.reply)
            got.demand_weak()
        if self.client:
            self.client.ask(presence=wire.pb.Presence())
