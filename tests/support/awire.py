"""The foreign client for many connections in one thread: asyncio. See wire.py."""
import asyncio
import struct

import wire


class Client:
    """One connection; requests may be in flight together."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.next_id = 0
        self.waiting = {}      # id: (future, replies so far)
        self.pushes = asyncio.Queue()
        self.task = asyncio.ensure_future(self.read())

    @classmethod
    async def open(cls, address, profile, ticket=None, tls=None):
        reader, writer = await asyncio.open_connection(address[0], address[1], ssl=tls or wire.context(profile), server_hostname=address[0])
        client = cls(reader, writer)
        try:
            await client.ask(hello=wire.pb.Hello(protocol=1, client="foreign 1.0"))
            if ticket:
                await client.ask(resume=wire.pb.Resume(ticket=ticket))
        except BaseException:
            client.close()
            raise
        return client

    async def read(self):
        try:
            while True:
                size = struct.unpack(">I", await self.reader.readexactly(4))[0]
                frame = wire.pb.Frame.FromString(await self.reader.readexactly(size))
                if frame.WhichOneof("kind") == "push":
                    self.pushes.put_nowait(frame.push)
                    continue
                future, replies = self.waiting[frame.reply.id]
                replies.append(frame.reply)
                if not frame.reply.more:
                    del self.waiting[frame.reply.id]
                    if not future.done():
                        future.set_result(wire.join(replies))
        except (asyncio.IncompleteReadError, OSError) as e:
            self.ended(wire.Gone(str(e)))
        except asyncio.CancelledError:
            self.ended(wire.Gone("closed here"))
        except BaseException as e:
            self.ended(e)

    def ended(self, why):
        self.why = why
        for future, _ in self.waiting.values():
            if not future.done():
                future.set_exception(why)
        self.waiting = {}

    async def ask(self, check=True, **body):
        if self.task.done():
            raise wire.Gone("closed")
        self.next_id += 1
        future = asyncio.get_running_loop().create_future()
        self.waiting[self.next_id] = (future, [])
        self.writer.write(wire.pack(wire.pb.Frame(request=wire.pb.Request(id=self.next_id, **body))))
        reply = await asyncio.wait_for(future, wire.PATIENCE)
        if check and reply.outcome != wire.pb.OK:
            raise wire.Refused(reply)
        return reply

    def close(self):
        self.task.cancel()
        try:
            self.writer.transport.abort()
        except Exception:      # a transport that broke in its handshake is gone already
            pass
