"""What is begun comes to an end, and what one person may have has one: a record of TLS that stays half, one person's
connections and watches. Whoever keeps within the bounds never notices them."""
import os
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

SESSIONS, WATCHES, EACH = 64, 256, 64        # PERSON_SESSIONS, PERSON_WATCHES, WATCHES_MAX
HEAD = b"\x17\x03\x03\x01\x00"               # of a record with 256 bytes


class Cut:
    """A client that is given its own ciphertext, to send it as it likes."""

    def __init__(self, case):
        self.got, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = wire.context(case.school.profile("senco")).wrap_bio(self.got, self.out, server_hostname=case.school.server.address[0])
        self.socket = socket.create_connection(case.school.server.address, wire.PATIENCE)
        case.addCleanup(self.socket.close)
        self.plain, self.id = b"", 0
        while not self.tries(self.tls.do_handshake):
            self.flush()
            self.got.write(self.socket.recv(65536))
        self.flush()

    def tries(self, act):
        try:
            act()
            return True
        except ssl.SSLWantReadError:
            return False

    def flush(self):
        self.socket.sendall(self.out.read())

    def pack(self, **body):
        """A request in a record of its own."""
        self.id += 1
        self.tls.write(wire.pack(wire.pb.Frame(request=wire.pb.Request(id=self.id, **body))))
        return self.out.read()

    def reply(self):
        while len(self.plain) < 4 or len(self.plain) < 4 + struct.unpack_from(">I", self.plain)[0]:
            if not self.tries(self.take):
                data = self.socket.recv(65536)
                if not data:
                    raise wire.Gone("closed")
                self.got.write(data)
        size = struct.unpack_from(">I", self.plain)[0]
        frame, self.plain = wire.pb.Frame.FromString(self.plain[4:4 + size]), self.plain[4 + size:]
        return frame.reply

    def take(self):
        self.plain += self.tls.read(65536)

    def ask(self, **body):
        self.socket.sendall(self.pack(**body))
        return self.reply()


class HalfARecord(school.Case):
    def begun(self, client):
        """The socket below a client's TLS, with a record begun on it."""
        below = socket.socket(fileno=os.dup(client.socket.fileno()))
        self.addCleanup(below.close)
        below.sendall(HEAD)
        return below

    def ended(self, client, began):
        frame = client.frame(began + 10 + wire.PATIENCE)
        self.assertGreater(time.monotonic() - began, 9)
        self.refused(wire.pb.RETRY, frame.reply, "E-TIMEOUT")
        self.assertIn("record of TLS was begun and not finished within ten seconds", frame.reply.problem.message)
        with self.assertRaises(wire.Gone):
            client.frame(time.monotonic() + wire.PATIENCE)

    def test_it_is_ended_after_ten_seconds_and_whole_ones_go_on(self):
        steady, knocking = Cut(self), self.client()
        self.assertEqual(steady.ask(hello=wire.pb.Hello(protocol=1, client="foreign")).outcome, wire.pb.OK)
        self.assertEqual(steady.ask(resume=wire.pb.Resume(ticket=self.school.tickets["senco"])).outcome, wire.pb.OK)
        stranger = wire.Client(self.school.server.address, self.school.profile("senco"))   # said Hello, did not log in
        self.addCleanup(stranger.close)
        silent, began = self.client(), time.monotonic()
        self.begun(silent)
        self.begun(stranger)
        drips = self.begun(knocking)
        kept = b""
        for _ in range(12):                   # every record is begun and left for a second; each comes to its end
            data = kept + steady.pack(ping=wire.pb.Ping())
            steady.socket.sendall(data[:-9])
            kept = data[-9:]
            try:
                drips.sendall(b"\0")
            except ConnectionError:
                pass
            time.sleep(1)
        self.assertLess(time.monotonic() - began, 10 + wire.PATIENCE)
        for client in (silent, stranger, knocking):
            self.ended(client, began)
        steady.socket.sendall(kept)
        for _ in range(12):
            self.assertEqual(steady.reply().outcome, wire.pb.OK)


class OnePerson(school.Case):
    def resumed(self, name="teacher"):
        made = wire.Client(self.school.server.address, self.school.profile(name))
        self.addCleanup(made.close)
        return made, made.ask(False, resume=wire.pb.Resume(ticket=self.school.tickets[name]))

    def test_so_many_connections(self):
        mine = [self.client("teacher") for _ in range(SESSIONS)]
        more, reply = self.resumed()
        problem = self.refused(wire.pb.BUSY, reply, "E-BUSY")
        self.assertIn("%d connections" % SESSIONS, problem.message)
        self.refused(wire.pb.BUSY, more.ask(False, login=wire.pb.Login(password=self.password("teacher"))), "E-BUSY")
        self.client("senco").list(kinds.find("Pupil"), limit=1)                  # nobody else has to do with it
        mine[0].ask(resume=wire.pb.Resume(ticket=self.school.tickets["teacher"]))  # nor who is in already
        mine.pop().close()
        school.until(lambda: more.ask(False, resume=wire.pb.Resume(ticket=self.school.tickets["teacher"])).outcome == wire.pb.OK,
                     "a place that is free again")
        self.refused(wire.pb.BUSY, self.resumed()[1])

    def password(self, name):
        with open(os.path.join(self.school.profile(name), "password")) as f:
            return f.read().rstrip("\n")

    def test_so_many_watches(self):
        mine = [self.client("ta") for _ in range(WATCHES // EACH + 1)]
        begun = [one.watch(kinds=[kinds.find("Target").number]).watch.watch for one in mine[:-1] for _ in range(EACH)]
        problem = self.refused(wire.pb.INVALID, mine[0].watch(check=False))      # of one connection
        self.assertIn("This connection", problem.message)
        problem = self.refused(wire.pb.BUSY, mine[-1].watch(check=False), "E-BUSY")
        self.assertIn("%d things already, on %d connections" % (WATCHES, len(mine)), problem.message)
        self.client("head").watch()
        mine[0].ask(unwatch=wire.pb.Unwatch(watch=begun[0]))
        mine[-1].watch()
        self.refused(wire.pb.BUSY, mine[-1].watch(check=False))
        mine[1].close()
        school.until(lambda: mine[-1].watch(check=False).outcome == wire.pb.OK, "what was watched on a connection that is gone")
        for _ in range(EACH - 2):
            mine[-1].watch()
        self.refused(wire.pb.INVALID, mine[-1].watch(check=False))


if __name__ == "__main__":
    school.main()
