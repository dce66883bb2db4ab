"""Input that means harm, or only a broken client: one clean refusal each, while an honest client never notices."""
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


def stranger(directory):
    """A profile whose certificate is good in every way but that another authority made it."""
    os.makedirs(directory)

    def at(name):
        return os.path.join(directory, name)

    def openssl(*args):
        subprocess.run(("openssl",) + args, check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", at("other-key.pem"), "-out", at("other.pem"), "-subj", "/CN=Another school", "-days", "30")
    openssl("req", *curve, "-keyout", at("key.pem"), "-out", at("request.pem"), "-subj", "/CN=Stranger")
    with open(at("more"), "w") as f:
        f.write("extendedKeyUsage=clientAuth\nsubjectAltName=URI:sendco:staff/1/device/laptop\n")
    openssl("x509", "-req", "-in", at("request.pem"), "-CA", at("other.pem"), "-CAkey", at("other-key.pem"), "-CAcreateserial",
            "-out", at("cert.pem"), "-days", "30", "-extfile", at("more"))
    return directory


class Honest(threading.Thread):
    """Somebody who works all the while; keeps what went wrong."""

    def __init__(self, case):
        super().__init__(daemon=True)
        self.client = case.school.client("cnlead")
        self.done, self.slowest, self.fault = 0, 0.0, None
        self.stopping = threading.Event()
        self.start()

    def run(self):
        try:
            kind = kinds.find("Target")
            id, message, record = self.client.all(kind)[0]
            version = record.version
            while not self.stopping.is_set():
                began = time.monotonic()
                self.client.list(kinds.find("Pupil"), limit=20)
                reply = self.client.edit(kind, id, version, check=False, progress="honest %d" % self.done)
                if reply.outcome == wire.pb.BUSY:    # behind a large change, which may take long here: it says so, and lets in again
                    self.stopping.wait(0.2)
                    continue
                if reply.outcome != wire.pb.OK:
                    raise wire.Refused(reply)
                version = reply.put.done[0].version
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.done += 1
                self.stopping.wait(0.02)
        except BaseException as e:
            self.fault = e

    def stop(self):
        self.stopping.set()
        self.join(wire.PATIENCE)
        self.client.close()


class Hostile(school.Case):
    def setUp(self):
        self.honest = Honest(self)
        school.until(lambda: self.honest.done or self.honest.fault, "the honest client to begin")

    def tearDown(self):
        before = self.honest.done
        school.until(lambda: self.honest.done > before + 1 or self.honest.fault, "the honest client to go on")
        self.honest.stop()
        self.assertIsNone(self.honest.fault)
        self.assertIsNone(self.school.server.process.poll(), "the daemon ended")

    # --- helpers ---

    def raw(self):
        made = socket.create_connection(self.school.server.address, wire.PATIENCE)
        self.addCleanup(made.close)
        return made

    def ends(self, connection, timeout=None):
        """What the server still says until it closes, which it must do."""
        connection.settimeout(timeout or wire.PATIENCE)
        said = b""
        try:
            while True:
                data = connection.recv(65536)
                if not data:
                    return said
                said += data
        except (ConnectionError, ssl.SSLError) as e:
            if isinstance(e, (TimeoutError, socket.timeout)):
                raise AssertionError("the server keeps the connection") from None
            return said

    def no_session(self, connect):
        """The handshake fails, or, as TLS 1.3 lets a client finish first, the first read does."""
        with self.assertRaises((ssl.SSLError, ConnectionError, wire.Gone)):
            with connect() as client:
                client.ask(hello=wire.pb.Hello(protocol=1, client="foreign"))

    def fresh(self, login=True):
        if login:
            return self.client()
        made = wire.Client(self.school.server.address, self.school.profile("senco"), hello=False)
        self.addCleanup(made.close)
        return made

    def one_refusal(self, client, data, outcomes=None, ends=True):
        """Sends bytes; exactly one refusal comes back, clean, and then the connection ends."""
        try:
            client.send_raw(data)
        except (ConnectionError, ssl.SSLError):
            pass                        # a server may close before it has read everything
        frame = client.frame(time.monotonic() + wire.PATIENCE)
        self.assertEqual(frame.WhichOneof("kind"), "reply")
        self.assertIn(frame.reply.outcome, outcomes or (wire.pb.INVALID, wire.pb.TOO_LARGE))
        problem = self.refused(frame.reply.outcome, frame.reply)
        if ends:
            with self.assertRaises(wire.Gone):
                client.frame(time.monotonic() + wire.PATIENCE)
        return problem

    def request(self, packed, id=5):
        """A frame whose request holds these bytes beside its id."""
        request = b"\x08" + kinds.varint(id) + packed
        frame = b"\x0a" + kinds.varint(len(request)) + request
        return struct.pack(">I", len(frame)) + frame

    def message(self, number, packed):
        return kinds.varint(number << 3 | 2) + kinds.varint(len(packed)) + packed

    # --- before anybody is known ---

    def test_no_client_certificate(self):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(os.path.join(self.school.profile("senco"), "ca.pem"))
        made.set_alpn_protocols(["sendco/1"])
        self.no_session(lambda: wire.Client(self.school.server.address, self.school.profile("senco"), hello=False, tls=made))

    def test_a_strangers_certificate(self):
        other = stranger(os.path.join(self.school.top, "stranger"))
        made = wire.context(self.school.profile("senco"))
        made.load_cert_chain(os.path.join(other, "cert.pem"), os.path.join(other, "key.pem"))
        self.no_session(lambda: wire.Client(self.school.server.address, other, hello=False, tls=made))

    def test_a_certificate_of_the_school_that_is_nobodys(self):
        server = os.path.join(self.school.directory, "server")
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(os.path.join(self.school.profile("senco"), "ca.pem"))
        made.load_cert_chain(os.path.join(server, "cert.pem"), os.path.join(server, "key.pem"))
        made.set_alpn_protocols(["sendco/1"])
        self.no_session(lambda: wire.Client(self.school.server.address, self.school.profile("senco"), hello=False, tls=made))

    def test_tls_1_2_only(self):
        made = wire.context(self.school.profile("senco"), ssl.TLSVersion.TLSv1_2)
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        self.no_session(lambda: wire.Client(self.school.server.address, self.school.profile("senco"), hello=False, tls=made))

    def test_without_our_protocol_name(self):
        for names in (None, ["http/1.1"]):
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.load_verify_locations(os.path.join(self.school.profile("senco"), "ca.pem"))
            made.load_cert_chain(os.path.join(self.school.profile("senco"), "cert.pem"), os.path.join(self.school.profile("senco"), "key.pem"))
            if names:
                made.set_alpn_protocols(names)
            self.no_session(lambda: wire.Client(self.school.server.address, self.school.profile("senco"), hello=False, tls=made))

    def test_bytes_that_are_not_tls(self):
        for data in (b"GET / HTTP/1.1\r\nHost: school\r\n\r\n", os.urandom(5000), b"\x16\x03\x01\xff\xff" + bytes(4000), b"\0" * 100, b"SSH-2.0-x\r\n"):
            connection = self.raw()
            try:
                connection.sendall(data)
            except ConnectionError:
                pass
            self.assertLess(len(self.ends(connection)), 200, "no more than an alert")

    def test_connect_and_vanish(self):
        for _ in range(50):
            connection = self.raw()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        for _ in range(10):
            client = self.fresh(False)
            client.send(hello=wire.pb.Hello(protocol=1))
            client.socket.close()

    # --- frames ---

    def test_lengths_that_cannot_be(self):
        for size in (0, 0xFFFFFFFF, wire.FRAME_MAX + 1):
            self.one_refusal(self.fresh(), struct.pack(">I", size) + b"x" * 64)

    def test_before_login_frames_are_small(self):
        self.one_refusal(self.fresh(False), struct.pack(">I", wire.FRAME_MAX_BEFORE_LOGIN + 1) + b"x" * 64)
        client = self.fresh(False)
        client.ask(hello=wire.pb.Hello(protocol=1, client="x" * 1000))

    def test_garbage_in_a_frame(self):
        for data in (b"\xff" * 50, os.urandom(300), b"\x0a", b"\x0a\x05\x08", b"hello world", b"\x0b\x0b\x0b", b"\x00\x00"):
            self.one_refusal(self.fresh(), struct.pack(">I", len(data)) + data, (wire.pb.INVALID,))

    def test_a_reply_or_push_is_no_request(self):
        self.one_refusal(self.fresh(), wire.pack(wire.pb.Frame(reply=wire.pb.Reply(id=1, outcome=wire.pb.OK))), (wire.pb.INVALID,))
        self.one_refusal(self.fresh(), wire.pack(wire.pb.Frame(push=wire.pb.Push(watch=1))), (wire.pb.INVALID,))

    def test_an_empty_request(self):
        self.one_refusal(self.fresh(), self.request(b""), (wire.pb.INVALID,))
        self.one_refusal(self.fresh(), wire.pack(wire.pb.Frame(request=wire.pb.Request(ping=wire.pb.Ping()))), (wire.pb.INVALID,))

    def test_deep_nesting(self):
        deep = b""
        for _ in range(30000):
            deep = b"\x0a" + kinds.varint(len(deep)) + deep
            if len(deep) > 100000:
                break
        self.one_refusal(self.fresh(), struct.pack(">I", len(deep)) + deep, (wire.pb.INVALID,))
        groups = self.request(b"\x0b" * 20000)
        self.one_refusal(self.fresh(), groups, (wire.pb.INVALID,))

    def test_too_many_fields(self):
        put = wire.pb.Put(key=wire.key(), records=[wire.pb.Record(kind=1, id=-1 - i) for i in range(9000)])
        self.one_refusal(self.fresh(), wire.pack(wire.pb.Frame(request=wire.pb.Request(id=5, put=put))), (wire.pb.INVALID, wire.pb.TOO_LARGE))

    def test_bad_text(self):
        for text in (b"ab\xff\xfe", b"ab\0cd", b"\xed\xa0\x80", b"\xc0\x80", b"\x1b[2J", b"\xf4\x90\x80\x80"):
            self.one_refusal(self.fresh(), self.request(self.message(8, self.message(1, text))), (wire.pb.INVALID,))

    def test_unknown_field_wrong_wire_type_twice_the_same_field(self):
        for packed in (self.message(99, b"x"), self.message(20, b"\x08\x01"), b"\x32\x01\x00", self.message(6, b"\x0a\x01\x01"),
                       self.message(6, b"\x08\x01\x08\x01"), self.message(6, b"\x0d\x01\x00\x00\x00"), self.message(6, b"\x08" + b"\xff" * 11),
                       self.message(6, b"") + self.message(7, b"")):
            self.one_refusal(self.fresh(), self.request(packed), (wire.pb.INVALID,))

    def test_a_request_before_login(self):
        client = self.fresh(False)
        client.send(list=wire.pb.List(kind=1))
        reply = client.frame(time.monotonic() + wire.PATIENCE).reply
        self.refused(reply.outcome, reply)
        self.assertNotEqual(reply.outcome, wire.pb.OK)
        client = self.fresh(False)
        client.ask(hello=wire.pb.Hello(protocol=1))
        client.send(get=wire.pb.Get(kind=1, id=1))
        reply = client.frame(time.monotonic() + wire.PATIENCE).reply
        self.refused(wire.pb.DENIED, reply, "E-LOGIN")
        self.assertFalse(reply.HasField("records"))

    def test_a_request_id_in_use(self):
        client = self.fresh()
        one = wire.pack(wire.pb.Frame(request=wire.pb.Request(id=7, list=wire.pb.List(kind=1, limit=50))))
        client.send_raw(one + one)
        outcomes = []
        try:
            while len(outcomes) < 2:
                frame = client.frame(time.monotonic() + wire.PATIENCE)
                if not frame.reply.more:
                    outcomes.append(frame.reply.outcome)
        except wire.Gone:
            pass
        self.assertIn(wire.pb.INVALID, outcomes)
        self.assertLessEqual(outcomes.count(wire.pb.OK), 1)

    def test_a_hostile_record_body_is_refused_and_the_session_goes_on_or_ends_cleanly(self):
        for body in (b"\xff" * 20, b"\x0a\x02\xff\xfe", b"\x0a\x7f", b"\x0b" * 100, kinds.varint(61 << 3) + b"\x01"):
            client = self.fresh()
            put = wire.pb.Put(key=wire.key(), records=[wire.pb.Record(kind=1, id=-1, body=body)])
            self.refused(wire.pb.INVALID, client.ask(False, put=put))

    def test_good_frames_with_random_damage(self):
        import random
        chance = random.Random(11)
        good = wire.pb.Frame(request=wire.pb.Request(id=3, put=wire.pb.Put(key=wire.key(), records=[
            wire.pb.Record(kind=22, id=-1, body=b"\x08\x01\x22\x03abc"), wire.pb.Record(kind=1, id=4, version=2, cleared=[1, 2])]))).SerializeToString()
        for _ in range(60 if wire.SHORT else 300):
            data = bytearray(good)
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            client = self.fresh()
            client.send_raw(struct.pack(">I", len(data)) + bytes(data))
            client.socket.settimeout(wire.PATIENCE)
            try:
                reply = client.frame(time.monotonic() + wire.PATIENCE).reply
                if reply.outcome != wire.pb.OK:
                    self.refused(reply.outcome, reply)
                    self.assertNotEqual(reply.problem.code, "E-INTERNAL")
            except wire.Gone:
                pass
            client.close()

    # --- patience ---

    def test_silence_and_half_a_frame_and_a_watcher_that_never_reads(self):
        silent = self.raw()                                     # no handshake at all: 5 s
        half_hello = self.raw()                                 # half a handshake
        half_hello.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        half = self.fresh()                                     # half a frame: 10 s, not prolonged by a byte now and then
        half.send_raw(struct.pack(">I", 1000) + b"\x0a")
        deaf = self.client(receive_buffer=4096)
        deaf.watch()
        began = time.monotonic()
        writer = self.client()
        target = kinds.find("Target")
        id = writer.add(target, pupil=writer.list(kinds.find("Pupil"), limit=1).records.records[0].id, aim="to fill a pipe")
        version = 1
        for n in range(60 if wire.SHORT else 200):              # far more than 256 KiB and what the kernel holds
            version = writer.edit(target, id, version, note="%d " % n + "\U0001F388" * 1900, progress="%d" % n + "\U0001F4DA" * 1900,
                                  baseline="\U0001F4DA" * (900 + n % 2)).put.done[0].version
            if n % 40 == 0:
                half.send_raw(b"\0")
        self.ends(silent)
        self.ends(half_hello)
        slack = wire.PATIENCE
        self.assertLess(time.monotonic() - began, 5 + slack)
        with self.assertRaises(wire.Gone):
            while True:
                frame = half.frame(began + 10 + slack)
                self.refused(frame.reply.outcome, frame.reply)
        self.assertGreater(time.monotonic() - began, 7)
        resyncs, changes = 0, 0
        time.sleep(max(0, began + 33 - time.monotonic()))       # the watcher is given 30 s to read
        try:
            while True:
                frame = deaf.frame(time.monotonic() + 2)
                resyncs += frame.push.HasField("resync")
                changes += len(frame.push.changes)
        except (wire.Gone, TimeoutError):
            pass
        self.assertLess(changes, 60 if wire.SHORT else 200, "a watcher that does not read cost no memory without bound")
        self.assertLessEqual(resyncs, 1)

    # --- what one may cost ---

    def memory(self):
        """MiB that the daemon has in memory."""
        with open("/proc/%d/status" % self.school.server.process.pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) // 1024

    def grows(self, within, seconds=3):
        """The most that it has in that time, beside what it had; 0 under a sanitizer, which keeps what is freed."""
        before, most, until = self.memory(), 0, time.monotonic() + seconds
        within()
        with open("/proc/%d/maps" % self.school.server.process.pid) as f:
            if "asan" in f.read():
                return 0
        while time.monotonic() < until:
            most = max(most, self.memory())
            time.sleep(0.05)
        return most - before

    def a_child(self, client):
        return client.list(kinds.find("Pupil"), limit=1).records.records[0].id

    def stage(self, client, items, at_once):
        key = wire.key()
        for part, start in enumerate(range(0, len(items), at_once)):
            client.ask(stage=wire.pb.Stage(key=key, part=part, records=items[start:start + at_once]))
        return key

    def test_stages_without_records_and_without_number(self):
        client = self.fresh()
        self.refused(wire.pb.INVALID, client.ask(False, stage=wire.pb.Stage(key=wire.key(), part=0)))
        other = self.client("head")
        item = wire.item(kinds.find("Target"), -1, pupil=self.a_child(other), aim="never put")
        for _ in range(16):
            other.ask(stage=wire.pb.Stage(key=wire.key(), part=0, records=[item]))
        self.refused(wire.pb.TOO_LARGE, other.ask(False, stage=wire.pb.Stage(key=wire.key(), part=0, records=[item])))
        self.fresh().ask(stage=wire.pb.Stage(key=wire.key(), part=0, records=[item]))

    def test_long_answers_that_nobody_reads(self):
        client, target = self.fresh(), kinds.find("Target")
        id = client.add(target, pupil=self.a_child(client), aim="to be long")
        versions = 150 if wire.SHORT else 500
        for n in range(versions):
            client.edit(target, id, n + 1, progress="%d " % n + "p" * 1990, note="%d " % n + "n" * 1990)
        deaf = self.client(receive_buffer=4096)
        ask = [wire.pb.Request(id=1000 + i, history=wire.pb.History(kind=target.number, id=id)) for i in range(64)]
        growth = self.grows(lambda: deaf.send_raw(b"".join(wire.pack(wire.pb.Frame(request=r)) for r in ask)))
        self.assertLess(growth, 60)                             # sixty-four of them would be 130 MiB and more
        for i in range(64):                                     # who reads after all has them all
            self.assertEqual(len(deaf.wait(1000 + i).history.entries), versions + 1)

    def test_one_large_change_for_many_who_do_not_read(self):
        client, target = self.fresh(), kinds.find("Target")
        deaf = [self.client(receive_buffer=4096) for _ in range(20 if wire.SHORT else 40)]
        begun = [d.watch(kinds=[target.number]) for d in deaf]
        records = 2000
        child = self.a_child(client)
        items = [wire.item(target, -i - 1, pupil=child, aim="aim %d" % i, due=20000, measure="m" * 990, baseline="b" * 990)
                 for i in range(records)]
        key = self.stage(client, items, 40)
        made = []
        growth = self.grows(lambda: made.append(client.ask(put=wire.pb.Put(key=key, staged=True)).put))
        self.assertLess(growth, 30 + 2 * len(deaf))             # 4.5 MB for each would be 180 MiB
        for one, reply in list(zip(deaf, begun))[:3]:           # told to the end as soon as it is read
            pushes = one.push_until(lambda p: p.covers_to >= made[0].to_seq and not p.more)
            self.joined(pushes, reply.seq + 1)
            seqs = [c.seq for p in pushes for c in p.changes]
            self.assertEqual(seqs, sorted(set(seqs)))
            self.assertLessEqual(set(range(made[0].from_seq, made[0].to_seq + 1)), set(seqs))

    def test_a_login_is_not_put_off_without_end(self):
        client = wire.Client(self.school.server.address, self.school.profile("senco"), hello=False)
        self.addCleanup(client.close)
        began = time.monotonic()
        with self.assertRaises((wire.Gone, OSError)):           # a refused Hello buys no time
            while time.monotonic() < began + 20 + wire.PATIENCE:
                self.refused(client.ask(False, hello=wire.pb.Hello(protocol=99)).outcome, client.ask(False, hello=wire.pb.Hello(protocol=99)))
                time.sleep(2)
        self.assertLess(time.monotonic() - began, 20 + 10)

    def test_passwords_are_tried_one_at_a_time(self):
        many = [wire.Client(self.school.server.address, self.school.profile("governor")) for _ in range(12)]
        for one in many:
            self.addCleanup(one.close)
        asked = [one.send(login=wire.pb.Login(password="wrong %d" % i)) for i, one in enumerate(many)]
        other = wire.Client(self.school.server.address, self.school.profile("head"))
        self.addCleanup(other.close)
        self.assertTrue(other.password().login.ticket)          # nobody else has to wait for it
        replies = [one.wait(id) for one, id in zip(many, asked)]
        looked_at = [r for r in replies if r.problem.code == "E-PASSWORD"]
        self.assertLessEqual(len(looked_at), 2)
        for reply in replies:
            if reply not in looked_at:
                self.assertRegex(self.refused(wire.pb.BUSY, reply, "E-BUSY").message, r"too many tries.*wait \d+ second")


if __name__ == "__main__":
    school.main()
