"""Who makes a change and waits for its answer, before a server that is silent, busy or cuts the line: whether it was made is
said truly, the wait lasts as long as it is promised, and the words of waiting are those of what goes on."""
import datetime
import fcntl
import os
import re
import select
import shutil
import socket
import ssl
import struct
import sys
import tempfile
import termios
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
import heavy_roll
import kinds
import network_ground as ground
import school
import wire

CLOCK = os.path.join(wire.BUILD, "faults", "network_clock.so")
ROLL = os.path.join(wire.ROOT, "tests", "data", "roll-sims.csv")
BUSY = "much is being written just now, perhaps an import"


class Between:
    """Stands between clients and the daemon, and does with each change that comes what `acts` says next, the last for ever:
    "pass", "busy", "readonly", "unstaged" (nor can anything be sent ahead from then on), "sign" (300 of 1000 are done),
    "silent", "hold" and "late" (pass and busy, but only when `go` is set), "cut" and "away" (cut, and until `go` is set
    whoever comes is cut too). With `ahead` "busy", so it is before what is sent ahead of a change, until `go` is set."""

    def __init__(self, made, acts, ahead="pass"):
        self.made, self.acts, self.keys, self.ahead, self.parts = made, acts, [], ahead, 0
        self.go, self.away, self.hold_login = threading.Event(), False, False
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own = os.path.join(made.directory, "server")
        self.tls.load_cert_chain(os.path.join(own, "cert.pem"), os.path.join(own, "key.pem"))
        self.tls.set_alpn_protocols(["sendco/1"])
        self.ends = []
        self.listen(0)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]

    def listen(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.ends.insert(0, self.listener)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.away and not self.go.is_set():
                near.close()
            else:
                threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        try:
            near = self.tls.wrap_socket(near, server_side=True)
            far = wire.context(self.made.profile("senco")).wrap_socket(socket.create_connection(self.made.server.address),
                                                                       server_hostname="127.0.0.1")
        except OSError:
            near.close()
            return
        self.ends += [near, far]
        try:
            self.both_ways(near, far)
        except OSError:
            pass
        self.shut(near, far)

    def shut(self, *ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # One thread for both ways: a TLS connection is not for two at once.
    def both_ways(self, near, far):
        buffer = b""
        while True:
            for end in [e for e in (near, far) if e.pending()] or select.select([near, far], [], [])[0]:
                end.settimeout(0)
                try:
                    data = end.recv(65536)
                except (ssl.SSLWantReadError, BlockingIOError):
                    continue
                finally:
                    end.settimeout(wire.PATIENCE)
                if not data:
                    return
                if end is far:
                    near.sendall(data)
                else:
                    buffer = self.frames(buffer + data, near, far)

    def frames(self, buffer, near, far):
        while len(buffer) >= 4 and len(buffer) >= 4 + struct.unpack(">I", buffer[:4])[0]:
            end = 4 + struct.unpack(">I", buffer[:4])[0]
            self.request(wire.pb.Frame.FromString(buffer[4:end]).request, buffer[:end], near, far)
            buffer = buffer[end:]
        return buffer

    def request(self, request, raw, near, far):
        act = "pass"
        if request.WhichOneof("body") == "put":
            self.keys.append(request.put.key)
            act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        elif request.WhichOneof("body") == "stage":
            self.parts += 1
            act = "readonly" if self.away else "pass" if self.go.is_set() else self.ahead
        elif request.WhichOneof("body") == "login" and self.hold_login:
            act = "hold"
        reply = wire.pb.Reply(id=request.id)
        if act in ("hold", "late"):
            self.go.wait(wire.PATIENCE)
        if act in ("busy", "late"):
            self.busy(request.id, near)
        elif act == "readonly":
            reply.outcome = wire.pb.READONLY
            reply.problem.MergeFrom(wire.pb.Problem(code="E-READONLY", message="the database takes no changes now"))
            near.sendall(wire.pack(wire.pb.Frame(reply=reply)))
        elif act == "unstaged":
            self.away = True
            reply.outcome = wire.pb.INVALID
            reply.problem.MergeFrom(wire.pb.Problem(code="E-INVALID", message="Nothing was sent ahead under this key."))
            near.sendall(wire.pack(wire.pb.Frame(reply=reply)))
        elif act == "sign":
            reply.MergeFrom(wire.pb.Reply(outcome=wire.pb.OK, more=True, put=wire.pb.PutReply(steps_done=300, steps=1000)))
            near.sendall(wire.pack(wire.pb.Frame(reply=reply)))
        elif act in ("cut", "away"):
            self.away = act == "away"
            self.shut(near, far)
        elif act != "silent":
            far.sendall(raw)

    def busy(self, id, near):
        problem = wire.pb.Problem(code="E-BUSY", message=BUSY, hint="Try again in a moment.")
        near.sendall(wire.pack(wire.pb.Frame(reply=wire.pb.Reply(id=id, outcome=wire.pb.BUSY, problem=problem))))

    def end(self):
        self.shut(*self.ends)
        for end in self.ends:
            end.close()


class Gathers(Between):
    """Keeps the questions of one sort until `many` have come, for which a client must not wait for the answers; then once does
    with them what `act` says: "pass", "cut", "gone" (cut, and nobody listens until it is `back`), or "busy" before the first."""

    def __init__(self, made, body, many, act):
        self.body, self.many, self.act, self.kept = body, many, act, []
        super().__init__(made, ["pass"])

    def request(self, request, raw, near, far):
        if request.WhichOneof("body") != self.body or self.many == 0:
            super().request(request, raw, near, far)
            return
        self.kept.append(raw)
        if len(self.kept) < self.many:
            return
        self.many = 0
        if self.act == "gone":
            self.shut(self.listener)
            self.listener.close()
        if self.act in ("cut", "gone"):
            self.shut(near, far)
        elif self.act == "busy":
            self.busy(wire.pb.Frame.FromString(self.kept.pop(0)[4:]).request.id, near)
        for one in self.kept if self.act in ("pass", "busy") else []:
            far.sendall(one)

    def back(self):
        self.listen(int(self.address.rpartition(":")[2]))


class Meanwhile(Between):
    """Each time when a list of needs was answered `change` is called, before anything else comes to the daemon."""

    def __init__(self, made, change):
        self.change, self.lists = change, 0
        super().__init__(made, ["pass"])

    def request(self, request, raw, near, far):
        super().request(request, raw, near, far)
        if request.list.kind == kinds.find("Need").number:
            self.answered(request.id, near, far)
            self.lists += 1
            self.change()

    def answered(self, id, near, far):
        buffer = b""
        while True:
            data = far.recv(65536)
            near.sendall(data)
            buffer += data
            while len(buffer) >= 4 and len(buffer) >= 4 + struct.unpack(">I", buffer[:4])[0]:
                end = 4 + struct.unpack(">I", buffer[:4])[0]
                reply, buffer = wire.pb.Frame.FromString(buffer[4:end]).reply, buffer[end:]
                if reply.id == id and not reply.more:
                    return


class Asking(school.Case):
    pupils = 20

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="asking-", dir=self.school.top)
        self.profile = os.path.join(self.top, "profile")
        shutil.copytree(self.school.profile("senco"), self.profile)
        self.gone = os.path.join(self.top, "gone")
        self.client()
        with open(os.open(os.path.join(self.profile, "ticket"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(self.school.tickets["senco"].hex() + "\n")

    def add(self, *acts, more=()):
        """Adds an action."""
        self.what = "asked %s" % self.id().rpartition(".")[2]
        return self.begin(list(acts), "action", "add", "what=" + self.what, *more)

    def begin(self, acts, *words, ahead="pass"):
        """Somebody in front of a terminal, and between him and the daemon somebody who acts like that."""
        return self.before(Between(self.school, acts, ahead), *words)

    def before(self, between, *words):
        self.between = between
        self.addCleanup(self.between.end)
        command = [school.SENDCO, "--profile", self.profile, "--server", self.between.address, *words]
        screen = ground.Screen(command, env={"LD_PRELOAD": CLOCK, "SENDCO_CLOCK_GONE": self.gone,
                                             "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"})
        self.addCleanup(screen.stop)
        return screen

    def pass_time(self, seconds):
        with open(self.gone, "ab") as file:
            file.write(b"." * seconds)

    def asked(self, times):
        school.until(lambda: len(self.between.keys) >= times, "the change to be asked for %d times" % times)

    def says(self, screen, words):
        school.until(lambda: re.search(words, screen.text()), words)

    def made(self):
        listed = self.school.cli("senco", "action", "list", "--json").json()["records"]
        return sum(record["fields"]["what"] == self.what for record in listed)

    def unsure(self, screen):
        """It says so, with the key; and with the key it is made once."""
        self.assertEqual(screen.code, 75, screen)
        self.assertRegex(screen.text(), r"Interrupted before the answer came.*\[E-UNKNOWN\]")
        key, seen = re.search(r"--key ([0-9a-f]{32}) --seen (\d+)", screen.text()).groups()
        self.school.cli("senco", "action", "add", "what=" + self.what, "--key", key, "--seen", seen)
        self.assertEqual(self.made(), 1)

    # --- how long ---

    def test_a_lost_answer_outlasts_a_busy_server(self):
        screen = self.add("silent", "busy", "busy", "pass")
        self.asked(1)
        self.pass_time(31)
        screen.wait(2 * wire.PATIENCE)
        self.assertEqual(screen.code, 0, screen)
        self.assertEqual((len(self.between.keys), len(set(self.between.keys)), self.made()), (4, 1, 1))

    def test_a_busy_server_is_asked_from_its_first_word_on(self):
        screen = self.add("late", "busy", "busy", "busy", "pass")
        self.asked(1)
        self.pass_time(29)          # not so long that the answer is lost
        self.between.go.set()
        self.asked(2)
        self.pass_time(5)
        screen.wait(wire.PATIENCE)
        self.assertEqual((screen.code, self.made()), (0, 1), screen)

    def test_a_busy_server_is_given_up(self):
        screen = self.add("busy")
        self.asked(2)
        self.pass_time(31)
        screen.wait(wire.PATIENCE)
        self.assertEqual(screen.code, 75, screen)
        self.assertRegex(screen.text(), r"perhaps an import.*\[E-BUSY\]")
        self.assertEqual(self.made(), 0)

    def test_a_busy_server_is_asked_as_long_for_what_is_sent_ahead(self):
        for more in (["--dry-run"], []):
            screen = self.begin(["busy", "busy", "pass"], "import", ROLL, "--yes", *more, ahead="busy")
            for seconds in (8, 8):
                before = self.between.parts
                school.until(lambda: self.between.parts >= before + 2, "what is sent ahead to come again")
                self.pass_time(seconds)
            self.between.go.set()
            screen.wait(wire.PATIENCE)
            self.assertEqual((screen.code, len(self.between.keys)), (0, 3), screen)
        self.school.cli("senco", "undo", re.search(r"sendco undo (\S+)", screen.text()).group(1), "--yes")

    def test_what_is_sent_ahead_is_given_up(self):
        screen = self.begin(["pass"], "import", ROLL, "--yes", ahead="busy")
        school.until(lambda: self.between.parts >= 2, "what is sent ahead to come again")
        self.pass_time(31)
        screen.wait(wire.PATIENCE)
        self.assertEqual((screen.code, self.between.keys), (75, []), screen)
        self.assertRegex(screen.text(), r"perhaps an import.*\[E-BUSY\]")

    # --- many at once ---

    def test_an_import_does_not_wait_for_one_answer_to_ask_the_next(self):
        """Nor does it matter which of them was lost or put off."""
        roll = os.path.join(self.top, "roll.csv")
        heavy_roll.write(roll, 300, datetime.date.today())
        for body, many in (("list", 6), ("stage", 3)):
            for act in ("pass", "cut", "busy"):
                with self.subTest(body + " " + act):
                    screen = self.before(Gathers(self.school, body, many, act), "import", roll, "--dry-run", "--yes")
                    screen.wait(wire.PATIENCE)
                    self.assertEqual((screen.code, self.between.many), (0, 0), screen)
                    self.assertRegex(screen.text(), r"300\s+new pupils")

    def test_a_server_that_is_away_for_a_while_is_waited_for(self):
        roll = os.path.join(self.top, "roll.csv")
        heavy_roll.write(roll, 300, datetime.date.today())
        for body, many, seconds in (("list", 6, 6), ("stage", 3, 80)):
            with self.subTest(body):
                screen = self.before(Gathers(self.school, body, many, "gone"), "import", roll, "--dry-run", "--yes")
                school.until(lambda: self.between.many == 0, "the questions to come")
                school.until(lambda: "Connecting again to " in screen.text() or screen.code is not None, "the loss to be noticed")
                self.pass_time(seconds)

                def waited():
                    return [int(n) for n in re.findall(r"Connecting again to .*?: (\d+)", screen.text()) if int(n) >= seconds]
                school.until(lambda: waited() or screen.code is not None, "the server to be waited for")
                self.between.back()
                screen.wait(wire.PATIENCE)
                self.assertEqual(screen.code, 0, screen)
                self.assertRegex(screen.text(), r"300\s+new pupils")

    def test_the_end_of_a_need_changes_while_an_import_reads_the_needs(self):
        """It is read with its end or without, but neither twice nor not at all: the import has nothing to change."""
        roll = os.path.join(self.top, "roll.csv")
        with open(roll, "w", encoding="utf-8") as file:
            file.write("UPN,Legal Surname,Legal Forename,DOB,SEN Status,SEN Need (1)\n%s,Meanwhile,Mia,13/02/2016,K,SLCN\n" % kinds.upn(900))
        self.school.cli("senco", "import", roll, "--yes")
        need, senco = kinds.find("Need"), self.client()
        child = senco.all(kinds.find("Pupil"), [("upn", "EQ", kinds.upn(900))])[0][0]
        id = senco.all(need, [("pupil", "EQ", child)])[0][0]

        def toggle():
            message, version = senco.read(need, id)
            ends = {"cleared": ["ends"]} if message.HasField("ends") else {"ends": senco.hello.today + 200}
            senco.put(wire.item(need, id, version, **ends))

        for _ in range(2):                      # from open to ended and back
            screen = self.before(Meanwhile(self.school, toggle), "import", roll, "--dry-run", "--json")
            screen.wait(wire.PATIENCE)
            self.assertGreaterEqual(self.between.lists, 1)
            self.assertEqual(screen.code, 0, screen)
            self.assertIn('"changes": []', screen.text())

    # --- what is known ---

    def test_who_takes_no_changes_knows_of_none(self):
        screen = self.add("cut", "readonly")
        screen.wait(wire.PATIENCE)
        self.assertEqual(screen.code, 75, screen)
        self.assertRegex(screen.text(), r"(?s)The answer was lost.*takes no changes now.*\[E-UNKNOWN\].*--key [0-9a-f]{32}")
        screen = self.add("readonly")
        screen.wait(wire.PATIENCE)
        self.assertRegex(screen.text(), r"cannot add an action: the database takes no changes now \[E-READONLY\]")

    def test_what_was_sent_ahead_is_gone_and_cannot_be_sent_again(self):
        screen = self.begin(["cut", "unstaged"], "import", ROLL, "--yes")
        screen.wait(wire.PATIENCE)
        self.assertEqual(screen.code, 75, screen)
        self.assertRegex(screen.text(), r"(?s)whether this was saved.*\[E-UNKNOWN\].*Import the same file again")

    # --- Ctrl-C ---

    def test_interrupted_before_a_busy_server(self):
        for more in ((), ("--json",)):
            screen = self.add("busy", more=more)
            self.asked(3)
            screen.interrupt()
            screen.wait(wire.PATIENCE)
            self.assertEqual(screen.code, 130, screen)
            self.assertIn("Interrupted; nothing was changed.", screen.text())
            self.assertIn("E-INTERRUPTED", screen.text())
            self.assertEqual(self.made(), 0)

    def test_interrupted_when_the_answer_was_lost(self):
        screen = self.add("cut", "busy")
        self.asked(3)
        screen.interrupt()
        self.unsure(screen.wait(wire.PATIENCE))

    def test_interrupted_while_connecting_again(self):
        screen = self.add("away")
        self.says(screen, "The connection was lost. Connecting again to")
        screen.interrupt()
        self.unsure(screen.wait(wire.PATIENCE))

    def test_interrupted_at_the_password_when_the_answer_was_lost(self):
        screen = self.add("away", "pass")
        self.at_password(screen)
        os.write(screen.fd, b"half\x03")
        self.unsure(screen.wait(wire.PATIENCE))

    def at_password(self, screen):
        """The line was cut; when it is there again nobody is logged in any more."""
        school.until(lambda: self.between.away, "the line to be cut")
        os.unlink(os.path.join(self.profile, "ticket"))
        os.unlink(os.path.join(self.profile, "password"))
        self.between.go.set()
        self.says(screen, "Password of")

    # --- words ---

    def test_an_address_is_told_as_it_is_written(self):
        for address in ("[::1]:9", "127.0.0.1:9"):
            done = school.run([school.SENDCO, "--profile", self.profile, "--server", address, "status"])
            self.assertIn("There is no server at %s: " % address, done.err)

    def test_words_after_a_sign(self):
        screen = self.add("sign", "pass")
        self.says(screen, r"Being written: 300 of 1000 records: [1-9]\d* s")
        self.between.away = True
        self.between.shut(*self.between.ends[1:])
        self.says(screen, "The connection was lost. Connecting again to")
        self.between.go.set()
        screen.wait(wire.PATIENCE)
        self.assertEqual((screen.code, self.made()), (0, 1), screen)

    def test_words_below_a_screenful(self):
        screen = self.begin(["pass"], "map", "--watch")
        fcntl.ioctl(screen.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 120, 0, 0))
        self.says(screen, r"… \d+ more lines: --section NAME, or a larger window")
        self.between.shut(*self.between.ends)
        self.says(screen, "Trying again in")
        self.assertRegex(screen.text(), r"or a larger window\nThere is no server at \S+: .*Trying again in 1 s\.\n")

    def test_words_of_a_busy_server_that_goes_to_work(self):
        screen = self.add("busy", "busy", "busy", "busy", "busy", "busy", "busy", "hold")
        self.says(screen, "Waiting: %s: [1-9]" % BUSY)
        self.asked(8)
        school.until(lambda: "Waiting for the answer of" in screen.text().rpartition(BUSY)[2], "the server to be waited for")
        self.between.go.set()
        screen.wait(wire.PATIENCE)
        self.assertEqual((screen.code, self.made()), (0, 1), screen)

    def test_words_after_the_password(self):
        with open(os.path.join(self.profile, "password")) as file:
            password = file.read().strip()
        screen = self.add("away", "pass")
        self.at_password(screen)
        self.between.go.clear()
        self.between.hold_login = True
        os.write(screen.fd, password.encode() + b"\n")
        school.until(lambda: "Waiting for the answer of" in screen.text().rpartition("Password of")[2], "a word after the password")
        self.between.go.set()
        screen.wait(wire.PATIENCE)
        self.assertEqual((screen.code, self.made()), (0, 1), screen)


if __name__ == "__main__":
    school.main()
