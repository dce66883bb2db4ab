"""Honest people beside the load: one connection that pings, some that read and write at a modest rate; a process of its own.

    heavy_people.py HOST PORT (PROFILE TICKET)…

It prints one line of JSON for every question: [when, what, seconds, outcome], and ends when its standard input does.
"""
import asyncio
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import awire
import kinds
import wire

PING = 0.005      # between an answer and the next ping
EACH = 0.1        # of a person, between an answer and the next question
WRITES = 0        # which of the profiles may write; two work with each


class Person:
    def __init__(self, client, number, ids, writes):
        self.client, self.random, self.ids, self.writes = client, random.Random(number), ids, writes
        self.kind = kinds.find("Pupil")

    async def timed(self, what, **body):
        began = time.monotonic()
        reply = await self.client.ask(check=False, **body)
        tell(began, what, wire.pb.Outcome.Name(reply.outcome), reply.problem.message)
        return reply

    async def work(self):
        while True:
            id = self.random.choice(self.ids)
            reply = await self.timed("get", get=wire.pb.Get(kind=self.kind.number, id=id))
            await self.timed("list", list=wire.pb.List(kind=self.kind.number, limit=20))
            await self.timed("search", search=wire.pb.Search(text="sm", limit=20))
            if self.writes and reply.outcome == wire.pb.OK:
                record = reply.records.records[0]
                name = "Ny %s" % "".join(self.random.choice("abcdefgh") for _ in range(6))
                put = wire.pb.Put(key=wire.key(), records=[wire.item(self.kind, id, record.version, known_as=name)])
                reply = await self.timed("put", put=put)
                if reply.outcome == wire.pb.OK:
                    await self.verify(id, name)
            await asyncio.sleep(EACH)

    async def verify(self, id, name):
        """What was acknowledged is there: another may have changed it since, but then there is a later version."""
        reply = await self.timed("get", get=wire.pb.Get(kind=self.kind.number, id=id))
        held = self.kind.message.FromString(reply.records.records[0].body).known_as
        if held != name and not held.startswith("Ny "):
            tell(time.monotonic(), "lost", "LOST", "%d: %s is %s" % (id, name, held))


def tell(began, what, outcome, message=""):
    print(json.dumps([began, what, time.monotonic() - began, outcome, message if outcome != "OK" else ""]), flush=True)


async def ping(client):
    while True:
        began = time.monotonic()
        await client.ask(ping=wire.pb.Ping())
        tell(began, "ping", "OK")
        await asyncio.sleep(PING)


async def main(host, port, *who):
    async def connect(i):
        profile = who[2 * i]
        return await awire.Client.open((host, int(port)), profile, bytes.fromhex(who[2 * i + 1]), wire.context(profile))
    kind = kinds.find("Pupil")
    work = [asyncio.ensure_future(ping(await connect(0)))]
    for i in range(len(who)):
        client = await connect(i // 2)
        page = (await client.ask(list=wire.pb.List(kind=kind.number, limit=60))).records
        ids = [r.id for r in page.records]
        if ids:
            work.append(asyncio.ensure_future(Person(client, i, ids, i // 2 == WRITES).work()))
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    done, _ = await asyncio.wait([*work, over], return_when=asyncio.FIRST_COMPLETED)
    for one in done:
        if one is not over:
            one.result()      # why it ended
    os._exit(0)


if __name__ == "__main__":
    wire.load()
    kinds.load()
    asyncio.run(main(*sys.argv[1:]))
