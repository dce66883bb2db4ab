"""The door is full: whoever never spoke makes room before whoever has shown a certificate, and of those with one the
device with the most connections does. Nobody who types a password loses the connection to somebody's idle sockets."""
import os
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire

PLACES = 200    # DOOR_PLACES: so many in the handshake, and as many after it


class Door(school.Case):
    pupils = 20

    def arrive(self, name):
        """At the password prompt: the certificate was shown, Hello was answered."""
        client = wire.Client(self.school.server.address, self.school.profile(name), hello=False)
        self.addCleanup(client.close)
        client.ask(hello=wire.pb.Hello(protocol=1))
        return client

    def silent(self, n):
        """Connections that say nothing, each from an address of its own."""
        made = []
        for i in range(n):
            one = socket.socket()
            self.addCleanup(one.close)
            one.bind(("127.0.%d.%d" % (1 + i // PLACES, 1 + i % PLACES), 0))
            one.connect(self.school.server.address)
            one.setblocking(False)
            made.append(one)
        return made

    def begin(self, one):
        """The first of a handshake's messages, and none after it."""
        got, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = wire.context(self.school.profile("senco")).wrap_bio(got, out, server_hostname=self.school.server.address[0])
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        one.sendall(out.read())

    def gone(self, sockets):
        n = 0
        for one in sockets:
            try:
                n += one.recv(1) == b""
            except BlockingIOError:
                pass
            except OSError:
                n += 1
        return n

    def test_who_is_asked_for_a_password_is_not_thrown_out_by_those_who_say_nothing(self):
        person = self.arrive("senco")
        silent = self.silent(PLACES + 5)
        school.until(lambda: self.gone(silent), "one of them to make room")
        self.assertTrue(person.password().login.ticket)

    def test_two_of_one_address_neither(self):
        people = [self.arrive("senco"), self.arrive("head")]    # behind one router, they seem to be the largest crowd
        silent = self.silent(PLACES + 5)
        school.until(lambda: self.gone(silent), "one of them to make room")
        for person in people:
            self.assertTrue(person.password().login.ticket)

    def test_those_who_begin_and_do_not_go_on_keep_nobody_out(self):
        begun = self.silent(PLACES)
        for one in begun:
            self.begin(one)
        for one in begun:
            one.settimeout(wire.PATIENCE)
            self.assertTrue(one.recv(65536))             # their turn was had
            one.setblocking(False)
        time.sleep(0.5)                                  # DOOR_BEGUN, and some
        for name in ("senco", "head"):
            self.assertTrue(self.arrive(name).password().login.ticket)
        self.assertEqual(self.gone(begun), 1)             # it had a place, and then both have shown a certificate

    def test_one_device_with_many_connections_keeps_nobody_out(self):
        person = self.arrive("head")
        came = 0
        for _ in range(PLACES + 5):
            try:
                self.arrive("governor")
                came += 1
            except (wire.Gone, OSError):
                pass
        self.assertEqual(came, PLACES - 1)
        newcomers = [self.arrive(name) for name in ("senco", "cnlead")]
        for one in [person] + newcomers:
            self.assertTrue(one.password().login.ticket)


if __name__ == "__main__":
    school.main()
