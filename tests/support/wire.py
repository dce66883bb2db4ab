"""A client of sendcod in another language: Python's ssl and sockets, Debian's python3-protobuf, and the .proto files.

It shares no code with the C programs, so that what it can do shows what proto/protocol.proto says; it is what the
integration tests speak to the daemon with. One Client is one connection, used from one thread.
"""
import collections
import fcntl
import glob
import importlib
import os
import secrets
import socket
import ssl
import struct
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("SENDCO_BUILD", os.path.join(ROOT, "build")))
SHORT = bool(os.environ.get("SENDCO_SHORT"))
FRAME_MAX_BEFORE_LOGIN = 4 << 10
FRAME_MAX = 256 << 10
# Sanitizers and a busy machine make everything slower; a deadline is only there to end a test that hangs.
PATIENCE = float(os.environ.get("SENDCO_PATIENCE", "30"))

pb = None         # protocol_pb2
schema = None     # schema_pb2
records = []      # one module per file in proto/records/


def load(root=ROOT, out=None):
    """Compiles the .proto files below `root` for Python and imports them; the first call decides."""
    global pb, schema
    if pb:
        return
    out = out or os.path.join(BUILD, "py")
    os.makedirs(out, exist_ok=True)
    files = sorted(glob.glob(os.path.join(root, "proto", "*.proto")) + glob.glob(os.path.join(root, "proto", "records", "*.proto")))
    with open(os.path.join(out, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)      # several test programs start at once
        stamp = os.path.join(out, "stamp")
        made = os.stat(stamp).st_mtime if os.path.exists(stamp) else 0
        listed = ""
        if made:
            with open(stamp) as f:
                listed = f.read()
        if listed != "\n".join(files) or any(os.stat(f).st_mtime >= made for f in files):
            subprocess.run(["protoc", "-I" + os.path.join(root, "proto"), "-I/usr/include", "--python_out=" + out] + files, check=True)
            with open(stamp, "w") as f:
                f.write("\n".join(files))
    sys.path.insert(0, out)
    sys.dont_write_bytecode = True
    pb = importlib.import_module("protocol_pb2")
    schema = importlib.import_module("schema_pb2")
    for f in files:
        if os.path.basename(os.path.dirname(f)) == "records":
            records.append(importlib.import_module("records." + os.path.basename(f)[:-len(".proto")] + "_pb2"))


class Refused(Exception):
    """The server answered, and the outcome is not OK."""

    def __init__(self, reply):
        self.reply = reply
        self.outcome = reply.outcome
        self.problem = reply.problem
        super().__init__("%s %s: %s (%s)" % (pb.Outcome.Name(reply.outcome), reply.problem.code, reply.problem.message, reply.problem.hint))


class Gone(Exception):
    """The connection ended."""


def key():
    """A key for a mutating request: milliseconds first, as a UUID of version 7 has it."""
    return struct.pack(">Q", int(time.time() * 1000))[2:] + secrets.token_bytes(10)


def context(profile, minimum=ssl.TLSVersion.TLSv1_3):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = minimum
    made.load_verify_locations(os.path.join(profile, "ca.pem"))
    if os.path.exists(os.path.join(profile, "cert.pem")):
        made.load_cert_chain(os.path.join(profile, "cert.pem"), os.path.join(profile, "key.pem"))
    made.set_alpn_protocols(["sendco/1"])
    return made


def pack(frame):
    data = frame.SerializeToString()
    return struct.pack(">I", len(data)) + data


def join(replies):
    """Several replies to one request as one: repeated fields follow each other, a report's sections carry on."""
    whole = replies[0]
    for reply in replies[1:]:
        sections = list(reply.report.sections) if reply.HasField("report") else []
        if sections:
            reply.report.ClearField("sections")
        whole.MergeFrom(reply)
        for section in sections:
            same = [s for s in whole.report.sections if s.name == section.name]
            if same:
                same[0].rows.extend(section.rows)
            else:
                whole.report.sections.append(section)
    return whole


class Client:
    def __init__(self, address, profile, hello=True, tls=None, receive_buffer=0, timeout=None):
        load()
        self.address, self.profile = address, profile
        self.timeout = timeout or PATIENCE
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.settimeout(self.timeout)
        raw.connect(address)
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = (tls or context(profile)).wrap_socket(raw, server_hostname=address[0])
        except Exception:
            raw.close()
            raise
        self.buffer = bytearray()
        self.pushes = collections.deque()
        self.replies = {}             # id: replies that came while another was waited for
        self.next_id = 0
        self.hello = self.login = None
        if hello:
            self.hello = self.ask(hello=pb.Hello(protocol=1, client="foreign 1.0")).hello

    # --- frames ---

    def send_raw(self, data):
        self.socket.settimeout(self.timeout)
        self.socket.sendall(data)

    def send(self, id=None, **body):
        if id is None:
            self.next_id += 1
            id = self.next_id
        self.send_raw(pack(pb.Frame(request=pb.Request(id=id, **body))))
        return id

    def frame(self, deadline):
        """The next frame; TimeoutError at the deadline (time.monotonic), Gone when the connection ended."""
        while True:
            if len(self.buffer) >= 4:
                size = struct.unpack_from(">I", self.buffer)[0]
                if size > FRAME_MAX:
                    raise AssertionError("the server sent a frame of %d bytes" % size)
                if len(self.buffer) >= 4 + size:
                    got = pb.Frame.FromString(bytes(self.buffer[4:4 + size]))
                    del self.buffer[:4 + size]
                    return got
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no frame in time")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 16)
            except (TimeoutError, socket.timeout):
                raise TimeoutError("no frame in time") from None
            except (ssl.SSLError, OSError) as e:
                raise Gone(str(e)) from None
            if not data:
                raise Gone("closed")
            self.buffer += data

    def pump(self, deadline):
        frame = self.frame(deadline)
        which = frame.WhichOneof("kind")
        if which == "push":
            self.pushes.append(frame.push)
        elif which == "reply":
            self.replies.setdefault(frame.reply.id, []).append(frame.reply)
        else:
            raise AssertionError("a frame that is neither reply nor push")

    def wait(self, id, timeout=None):
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self.replies.get(id) or self.replies[id][-1].more:
            self.pump(deadline)
        return join(self.replies.pop(id))

    def ask(self, check=True, **body):
        reply = self.wait(self.send(**body))
        if check and reply.outcome != pb.OK:
            raise Refused(reply)
        return reply

    def push(self, timeout=None):
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self.pushes:
            self.pump(deadline)
        return self.pushes.popleft()

    def push_until(self, wanted, timeout=None):
        """Pushes up to the first for which wanted(push) holds, that one included."""
        deadline = time.monotonic() + (timeout or self.timeout)
        seen = []
        while True:
            push = self.push(max(0.01, deadline - time.monotonic()))
            seen.append(push)
            if wanted(push):
                return seen

    def quiet(self, seconds):
        """All pushes that come within that time."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self.pump(deadline)
        except TimeoutError:
            seen = list(self.pushes)
            self.pushes.clear()
            return seen

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- who ---

    def password(self, word=None):
        if word is None:
            with open(os.path.join(self.profile, "password")) as f:
                word = f.read().rstrip("\n")
        self.login = self.ask(login=pb.Login(password=word)).login
        return self

    def resume(self, ticket):
        self.login = self.ask(resume=pb.Resume(ticket=ticket)).login
        return self

    # --- records: `kind` is a kinds.Kind ---

    def get(self, kind, id, check=True, **more):
        reply = self.ask(check, get=pb.Get(kind=kind.number, id=id, **more))
        return reply if not check else reply.records.records[0]

    def read(self, kind, id):
        """The record's message, and its version."""
        record = self.get(kind, id)
        return kind.message.FromString(record.body), record.version

    def list(self, kind, where=(), check=True, **more):
        conditions = [pb.Condition(field=kind.field(n).number, op=getattr(pb.Condition, op), value=value_of(v)) for n, op, v in where]
        return self.ask(check, list=pb.List(kind=kind.number, where=conditions, **more))

    def all(self, kind, where=(), **more):
        """Every record over all pages: [(id, message, record)]."""
        found, page = [], None
        while True:
            reply = self.list(kind, where, **dict(more, page=page) if page else more).records
            found += [(r.id, kind.message.FromString(r.body), r) for r in reply.records]
            if not reply.next:
                return found
            page = reply.next

    def put(self, *items, check=True, key=None, **more):
        return self.ask(check, put=pb.Put(key=key or globals()["key"](), records=items, **more))

    def add(self, kind, check=True, **fields):
        reply = self.put(item(kind, -1, **fields), check=check)
        return reply if not check else next(d.id for d in reply.put.done if d.temporary == -1)

    def edit(self, kind, id, version, check=True, strict=False, key=None, **fields):
        return self.put(item(kind, id, version, **fields), check=check, key=key, strict=strict)

    def remove(self, kind, id, version, reason="test", check=True):
        return self.ask(check, remove=pb.Remove(key=key(), kind=kind.number, id=id, version=version, reason=reason))

    def history(self, kind, id, check=True):
        reply = self.ask(check, history=pb.History(kind=kind.number, id=id))
        return reply if not check else list(reply.history.entries)

    def find(self, text, limit=200, kinds=()):
        return self.ask(search=pb.Search(text=text, limit=limit, kinds=kinds)).search

    def watch(self, kinds=(), start=None, epoch=None, about=None, check=True):
        """`start`: the newest seq seen already; None: from now on."""
        body = pb.Watch(kinds=kinds, about=about)
        if start is not None:
            setattr(body, "from", start)
            body.epoch = epoch
        return self.ask(check, watch=body)

    def report(self, name, as_at=None, as_known=None, check=True, **params):
        made = [pb.ReportRequest.Param(name=n, value=v) for n, v in params.items()]
        return self.ask(check, report=pb.ReportRequest(name=name, params=made, as_at=as_at, as_known=as_known))


def value_of(value):
    if value is None:
        return None
    return pb.Value(text=value) if isinstance(value, str) else pb.Value(number=int(value))


def item(kind, id, version=None, cleared=(), **fields):
    """A record for a Put: only the named fields; a field whose name is a Python word goes with an underscore behind it."""
    body = kind.message()
    for name, value in fields.items():
        setattr(body, name.rstrip("_"), value)
    return pb.Record(kind=kind.number, id=id, version=version, body=body.SerializeToString(),
                     cleared=[kind.field(n).number for n in cleared])
