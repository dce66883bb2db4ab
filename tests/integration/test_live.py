"""Live: what one does the others see, in order, without gap or repetition, across restarts; and the two times of a record."""
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


class Live(school.Case):
    def setUp(self):
        self.target, self.pupil = kinds.find("Target"), kinds.find("Pupil")
        self.senco = self.client()
        self.child = self.senco.list(self.pupil, limit=1).records.records[0].id
        self.id = self.senco.add(self.target, pupil=self.child, aim="to be watched")

    def write(self, client, text):
        _, version = client.read(self.target, self.id)
        return client.edit(self.target, self.id, version, progress=text).put.to_seq

    def test_two_watchers_across_a_restart(self):
        one, two = self.client("cnlead"), self.client("teacher")
        watching = one.watch()
        also = two.watch()
        seq = self.write(self.senco, "before")
        first = one.push_until(lambda p: p.covers_to >= seq)
        second = two.push_until(lambda p: p.covers_to >= seq)
        at_one, at_two = self.joined(first, watching.seq + 1), self.joined(second, also.seq + 1)
        epoch = self.senco.ask(status=wire.pb.Status()).epoch
        self.school.stop()
        self.school.start()
        self.senco = self.client()
        middle = self.write(self.senco, "while they were away")
        one, two = self.client("cnlead"), self.client("teacher")
        one.watch(start=at_one - 1, epoch=epoch)
        two.watch(start=at_two - 1, epoch=epoch)
        last = self.write(self.senco, "after")
        for client, at in ((one, at_one), (two, at_two)):
            pushes = client.push_until(lambda p: p.covers_to >= last)
            self.assertFalse(any(p.HasField("resync") for p in pushes))
            self.assertGreater(self.joined(pushes, at), last)
            seqs = [c.seq for p in pushes for c in p.changes]
            self.assertEqual(seqs, sorted(set(seqs)))
            if client is one:
                self.assertTrue({middle, last} <= set(seqs))

    def test_a_long_log_is_told_from_its_beginning_while_writes_go_on(self):
        epoch = self.senco.ask(status=wire.pb.Status()).epoch
        puts = 4 if wire.SHORT else 10
        made = []

        def many(client, number):
            for n in range(number):
                items = [wire.item(self.target, -1 - i, pupil=self.child, aim="one of many", note="%d " % n * 40) for i in range(500)]
                put = client.put(*items).put
                made.append((put.from_seq, put.to_seq))

        many(self.senco, puts)                                  # far more than a session's unsent bytes may be
        for small in range(300):                                # and more requests than one reading takes
            self.write(self.senco, "small %d" % small)
        watcher, late = self.client("cnlead"), self.client("cnlead")
        late.watch(start=0, epoch=epoch)                        # reads only later on
        watcher.watch(start=0, epoch=epoch)

        def work():
            with self.school.client("senco") as client:
                many(client, 3)
                for n in range(50):
                    self.write(client, "meanwhile %d" % n)

        writer = threading.Thread(target=work)
        writer.start()
        while writer.is_alive():
            try:
                watcher.pump(time.monotonic() + 0.05)
            except TimeoutError:
                pass
        writer.join()
        last = self.write(self.senco, "the last of it")
        wanted = {s for a, b in made for s in range(a, b + 1)} | {last}
        self.assertGreater(len(wanted), (puts + 3) * 500)
        for client in (watcher, late):
            pushes = client.push_until(lambda p: p.HasField("resync") or (p.covers_to >= last and not p.more))
            self.assertFalse(any(p.HasField("resync") for p in pushes), "a watch that reads is never told to begin again")
            self.assertEqual(self.joined(pushes, 1), last + 1)
            seqs = [c.seq for p in pushes for c in p.changes]
            self.assertEqual(seqs, sorted(set(seqs)))
            self.assertLessEqual(wanted, set(seqs))
        seq = self.write(self.senco, "and live again")
        self.assertIn(seq, [c.seq for p in late.push_until(lambda p: p.covers_to >= seq) for c in p.changes])

    def test_a_ticket_that_ends_ends_its_watches(self):
        with wire.Client(self.school.server.address, self.school.profile("head")) as one, \
                wire.Client(self.school.server.address, self.school.profile("head")) as two:
            ticket = one.password().login.ticket
            two.resume(ticket)
            for client in (one, two):
                client.watch()
            self.assertEqual(one.ask(logout=wire.pb.Logout()).outcome, wire.pb.OK)
            for client in (one, two):                           # the same ticket on another connection
                push = client.push_until(lambda p: p.HasField("resync"))[-1]
                self.assertEqual(push.resync.why, wire.pb.Resync.LOGIN)
                self.refused(wire.pb.DENIED, client.ask(False, watch=wire.pb.Watch()), "E-LOGIN")

    def test_a_right_password_that_comes_too_soon(self):
        def login(word=None):
            with wire.Client(self.school.server.address, self.school.profile("ta")) as client:
                try:
                    return client.password(word).login
                except wire.Refused as e:
                    return e.reply

        self.refused(wire.pb.DENIED, login("wrong horse battery"), "E-PASSWORD")
        self.assertTrue(login().ticket, "everybody mistypes once")
        for _ in range(2):
            self.refused(wire.pb.DENIED, login("wrong horse battery"), "E-PASSWORD")
        problem = self.refused(wire.pb.BUSY, login(), "E-BUSY")
        self.assertRegex(problem.message, r"wait \d+ second")
        school.until(lambda: hasattr(login(), "ticket"), "the right password to be taken after the wait")

    def test_the_ranges_join_under_load(self):
        one = self.client("cnlead")
        watching = one.watch()

        def work(name, number):
            with self.school.client(name) as client:
                id = client.add(self.target, pupil=self.child, aim="under load")
                for n in range(number):
                    client.edit(self.target, id, n + 1, progress="%s %d" % (name, n))

        threads = [threading.Thread(target=work, args=(n, 30)) for n in ("senco", "cnlead", "senco")]
        for thread in threads:
            thread.start()
        late = self.client("cnlead")
        for thread in threads:
            thread.join()
        last = self.senco.ask(status=wire.pb.Status()).seq
        pushes = one.push_until(lambda p: p.covers_to >= last)
        self.joined(pushes, watching.seq + 1)
        changes = [c.seq for p in pushes for c in p.changes]
        self.assertEqual(len(changes), 93)
        self.assertEqual(changes, list(range(watching.seq + 1, last + 1)))
        late.watch(start=watching.seq, epoch=watching.epoch)
        again = late.push_until(lambda p: p.covers_to >= last)
        self.joined(again, watching.seq + 1)
        self.assertEqual([c.seq for p in again for c in p.changes], changes)
        self.assertEqual([c.record.body for p in again for c in p.changes], [c.record.body for p in pushes for c in p.changes])

    def test_a_watch_of_one_pupil(self):
        other = self.senco.list(self.pupil, limit=2).records.records[1].id
        watcher = self.client("cnlead")
        watching = watcher.watch(about=wire.pb.About(kind=self.pupil.number, id=other))
        self.write(self.senco, "not for you")
        id = self.senco.add(self.target, pupil=other, aim="for you")
        pushes = watcher.push_until(lambda p: p.changes)
        self.joined(pushes, watching.seq + 1)
        self.assertEqual([c.record.id for p in pushes for c in p.changes], [id])

    def test_a_watch_from_another_epoch_is_told_to_read_again(self):
        watcher = self.client("cnlead")
        reply = watcher.watch(start=1, epoch=10 ** 6, check=False)
        if reply.outcome == wire.pb.OK:
            self.assertEqual(watcher.push_until(lambda p: p.HasField("resync"))[-1].resync.why, wire.pb.Resync.EPOCH)
        else:
            self.refused(reply.outcome, reply)

    def test_presence_comes_and_goes(self):
        watcher = self.client("cnlead")
        watcher.watch()
        self.senco.ask(presence=wire.pb.Presence(kind=self.target.number, id=self.id, field=self.target.field("progress").number))
        push = watcher.push_until(lambda p: any(q.id == self.id for q in p.present))[-1]
        here = next(q for q in push.present if q.id == self.id)
        self.assertEqual((here.who, here.field), (self.senco.hello.person, self.target.field("progress").number))
        people = watcher.ask(who=wire.pb.Who()).who.people
        self.assertEqual(len([p for p in people if p.self]), 1)
        there = [p for p in people if p.present.id == self.id and p.present.kind == self.target.number]
        self.assertEqual([p.name for p in there], [self.senco.hello.person])
        self.assertIn("watched", there[0].present_label)
        self.senco.close()
        watcher.push_until(lambda p: any(q.session == here.session and (q.left or not q.kind) for q in p.present))
        said = self.school.cli("cnlead", "who").out
        self.assertIn(watcher.hello.person, said)

    def test_an_import_of_many_records_comes_in_pieces(self):
        watcher = self.client("cnlead")
        watching = watcher.watch()
        key = wire.key()
        for part in range(8):
            items = [wire.item(self.target, -1 - part * 50 - i, pupil=self.child, aim="many", note="n" * 1900) for i in range(50)]
            self.senco.ask(stage=wire.pb.Stage(key=key, part=part, records=items))
        made = self.senco.ask(put=wire.pb.Put(key=key, staged=True)).put
        pushes = watcher.push_until(lambda p: p.covers_to >= made.to_seq and not p.more)
        self.assertGreater(self.joined(pushes, watching.seq + 1), made.to_seq)
        self.assertEqual(sum(len(p.changes) for p in pushes), 400)
        self.assertGreater(len([p for p in pushes if p.changes]), 1)
        self.assertEqual({c.batch for p in pushes for c in p.changes}, {made.batch})

    def test_the_command_line_watches_across_a_restart(self):
        watch = self.watcher("cnlead", "watch", "--jsonl")
        watch.begin(lambda: self.write(self.senco, "does anybody watch? %d" % time.monotonic_ns()))
        seq = self.write(self.senco, "seen by the shell")
        line = watch.wait(lambda l: l.get("seq") == seq and "fields" in l, "the change")
        self.assertEqual((line["fields"]["progress"], line["who"], line["action"]), ("seen by the shell", self.senco.hello.person, "edit"))
        self.assertIn("progress", line["changed"])
        port = self.school.server.address[1]
        self.school.stop()
        self.school.start(port=port)
        self.senco = self.client()
        seq = self.write(self.senco, "seen after the restart")
        watch.wait(lambda l: l.get("seq") == seq and "fields" in l, "the change after the restart")
        ranges = [(l["covers_from"], l["covers_to"]) for l in watch.lines]
        for before, after in zip(ranges, ranges[1:]):
            self.assertTrue(after == before or after[0] == before[1] + 1, ranges)      # the same: another record of one request
        seqs = [l["seq"] for l in watch.changes() if "fields" in l]
        self.assertEqual(seqs, sorted(set(seqs)))

    def test_status_tells_the_figures(self):
        before = self.senco.ask(status=wire.pb.Status())
        self.write(self.senco, "one more")
        after = self.senco.ask(status=wire.pb.Status())
        self.assertEqual(after.status.changes, before.status.changes + 1)
        self.assertEqual(after.seq, before.seq + 1)
        self.assertNotEqual(after.status.chain, before.status.chain)
        self.assertEqual(len(after.status.chain), 32)
        self.assertEqual(after.status.person, self.senco.hello.person)
        told = self.school.cli("senco", "status", "--json").json()
        self.assertTrue(told["school"])
        for text in (self.school.cli("senco", "status").out, self.school.cli("senco", "who").out):
            self.assertTrue(text.strip())


class Times(school.Case):
    """Event dates, and when it was typed in."""
    at = school.TODAY + "T09:00:00Z"

    def setUp(self):
        self.senco = self.client()
        self.pupil, self.status, self.need = kinds.find("Pupil"), kinds.find("SenStatus"), kinds.find("Need")

    def rows(self, as_at=None, **params):
        report = self.senco.report("register", as_at=as_at, **params).report
        out = {}
        for section in report.sections:
            names = [c.name for c in section.columns]
            for row in section.rows:
                if row.HasField("link") and row.link.kind == self.pupil.number:
                    out[row.link.id] = dict(zip(names, row.cells))
        return out

    def test_the_register_at_dates(self):
        klass, member = kinds.find("SchoolClass"), kinds.find("ClassMembership")
        day = kinds.days
        room = self.senco.list(klass, limit=1).records.records[0].id
        child = self.senco.add(self.pupil, surname="Aalto", forename="Aino", born=day("2015-02-02"), entered=day("2020-09-01"), year="4")
        self.senco.add(member, pupil=child, class_=room, starts=day("2020-09-01"))
        for provision, start in (("N", "2020-09-01"), ("K", "2022-01-10"), ("E", "2024-05-01")):
            self.senco.add(self.status, pupil=child, provision=provision, starts=day(start), parent_informed=day(start))
        self.senco.add(self.need, pupil=child, need="SLCN", rank=1, starts=day("2022-01-10"))
        self.senco.add(self.need, pupil=child, need="SPLD", rank=2, starts=day("2023-01-10"))
        self.assertNotIn(child, self.rows(day("2022-01-09")))
        first = self.rows(day("2022-01-10"))[child]
        self.assertEqual((first["provision"].text, first["since"].number), ("K", day("2022-01-10")))
        self.assertEqual(first["needs"].text, "SLCN")
        self.assertEqual(self.rows(day("2024-04-30"))[child]["provision"].text, "K")
        last = self.rows(day("2024-05-01"))[child]
        self.assertEqual((last["provision"].text, last["since"].number, last["needs"].text), ("E", day("2024-05-01"), "SLCN, SPLD"))
        self.assertEqual(self.rows()[child]["provision"].text, "E")
        self.assertEqual(set(self.rows(status="K")), {i for i, r in self.rows().items() if r["provision"].text == "K"})
        said = self.school.cli("senco", "register", "--as-at", "2022-06-01", "--json").json()
        self.assertEqual((said["report"], said["as_at"]), ("register", "2022-06-01"))
        text = self.school.cli("senco", "register", "--as-at", "1/6/2022").out
        self.assertIn("Aalto", text)
        listed = self.senco.all(self.status, [("pupil", "EQ", child)], as_at=day("2023-07-01"))
        self.assertEqual([m.provision for _, m, _ in listed], ["K"])

    def test_what_the_register_lacks_is_named(self):
        day, names = kinds.days, []
        for i in range(7):
            late = i == 6
            child = self.senco.add(self.pupil, surname="Gap%d" % i, forename="Una", born=day("2015-02-02"), entered=day("2020-09-01"), year="4")
            self.senco.add(self.status, pupil=child, provision="K", starts=day("2023-01-10"),
                           **({"parent_informed": day("2023-01-11")} if late else {}))
            names.append("Gap%d" % i)
        report = self.senco.report("register", as_known=self.senco.hello.now).report
        untold = next(g for g in report.gaps if g.startswith("No date says that the parent was informed"))
        told = next(g for g in report.gaps if "s.68" in g)
        self.assertRegex(untold, r": [^;]+(; [^;]+){4}; and \d+ more\.$")
        self.assertIn("Gap6", told)
        self.assertNotIn("Gap6", untold)
        self.assertEqual(report.as_known, self.senco.hello.now)
        self.assertFalse(self.senco.report("register").report.HasField("as_known"))

    def test_the_two_times_are_refused_where_they_mean_nothing(self):
        now, today = self.senco.hello.now, self.senco.hello.today
        self.assertTrue(self.senco.report("register", as_known=now + 60).report.sections, "today is a date, and not over yet")
        for reply in (self.senco.report("register", as_known=now + 2 * 86400, check=False),
                      self.senco.list(self.pupil, as_known=now + 2 * 86400, check=False)):
            self.refused(wire.pb.INVALID, reply, "E-INVALID")
        problem = self.refused(wire.pb.INVALID, self.senco.list(self.pupil, as_at=today, check=False), "E-INVALID")
        self.assertIn("--as-known", problem.hint)
        about = wire.pb.About(kind=kinds.find("SchoolClass").number, id=1)
        problem = self.refused(wire.pb.INVALID, self.senco.list(kinds.find("Code"), about=about, check=False), "E-INVALID")
        self.assertEqual(problem.message, "No code is about a class, or about somebody who is in one.")

    def test_as_known(self):
        target = kinds.find("Target")
        child = self.senco.list(self.pupil, limit=1).records.records[0].id
        self.school.set_clock("2024-11-19T09:00:00Z")
        school.until(lambda: self.client().hello.today == kinds.days("2024-11-19"), "the next day")
        id = self.client().add(target, pupil=child, aim="to be known", progress="on Tuesday")
        self.school.set_clock("2024-11-20T09:00:00Z")
        school.until(lambda: self.client().hello.today == kinds.days("2024-11-20"), "the day after")
        senco = self.client()
        senco.edit(target, id, 1, progress="on Wednesday")
        tuesday, monday = senco.hello.now - 86400 + 60, senco.hello.now - 2 * 86400
        self.assertEqual(target.message.FromString(senco.get(target, id, as_known=tuesday).body).progress, "on Tuesday")
        self.refused(wire.pb.NOT_FOUND, senco.get(target, id, as_known=monday, check=False))
        found = {i: m.progress for i, m, _ in senco.all(target, [("pupil", "EQ", child)], as_known=tuesday)}
        self.assertEqual(found[id], "on Tuesday")
        self.assertNotIn(id, {i for i, _, _ in senco.all(target, as_known=monday)})
        senco.remove(target, id, 2)
        self.assertEqual(target.message.FromString(senco.get(target, id, as_known=tuesday).body).progress, "on Tuesday")
        shown = self.school.cli("senco", "target", "show", id, "--as-known", "2024-11-19", "--json").json()
        self.assertEqual(shown["record"]["fields"]["progress"], "on Tuesday")


class Beginnings(school.Case):
    """What sendcod says before it serves: where clients find it, whose directory it is, how fast they may come."""
    serve = False

    def refuses(self, *args):
        """One start that must fail: what it said."""
        done = school.run([school.SENDCOD, *args])
        self.assertEqual(done.out, "")
        self.assertIn(done.code, (2, 78))
        self.assertEqual(len(done.err.splitlines()), 2, done)
        return done.err

    def serve_fails(self, directory):
        return self.refuses("serve", "--dir", directory, "--listen", "127.0.0.1:0")

    def serving(self, *more, host="127.0.0.1"):
        process = subprocess.Popen([school.SENDCOD, "serve", "--dir", self.school.directory, "--listen", host + ":0", *more],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

        def stop():
            process.terminate()
            process.wait(wire.PATIENCE)
            process.stdout.close()
        self.addCleanup(stop)
        return host, int(process.stdout.readline().rpartition(":")[2])

    def test_the_address_in_the_profiles(self):
        own = socket.gethostname() or "localhost"
        for given, server in ((["--listen", "0.0.0.0:7001", "--host", "records.school.local,10.0.0.5"], "records.school.local:7001"),
                              (["--listen", "[::]:7001"], own + ":7001"), (["--host", "records.school.local"], "records.school.local:7443"),
                              (["--listen", "0.0.0.0:7001", "--host", "fd00::5"], "[fd00::5]:7001"),
                              (["--listen", "10.0.0.5:7001", "--host", "records"], "10.0.0.5:7001"), ([], "127.0.0.1:7443")):
            top = tempfile.mkdtemp(prefix="sendco-test-")
            self.addCleanup(shutil.rmtree, top)
            done = school.run([school.SENDCOD, "init", "--dir", top + "/school", "--school", "Larkfield", *given])
            self.assertEqual(done.code, 0, done)
            with open(top + "/school/profiles/senco/profile.ini") as f:
                self.assertIn("\nserver = %s\n" % server, f.read())

    def test_a_directory_that_others_may_enter_is_not_served(self):
        for name, mode in ((".", "700"), ("sendco.db", "600"), ("server", "700"), ("ca", "700")):
            path = os.path.normpath(os.path.join(self.school.directory, name))
            before = stat.S_IMODE(os.stat(path).st_mode)
            os.chmod(path, before | 0o040)
            said = self.serve_fails(self.school.directory)
            os.chmod(path, before)
            self.assertIn("chmod %s %s" % (mode, path), said)

    def test_a_directory_without_a_school_or_with_another_sendcod(self):
        top = tempfile.mkdtemp(prefix="sendco-test-")
        self.addCleanup(shutil.rmtree, top)
        for directory in (top, top + "/nowhere"):
            self.assertIn("sendcod init --dir %s --school NAME" % directory, self.serve_fails(directory))
        self.serving()
        self.assertIn("systemctl stop sendcod", self.serve_fails(self.school.directory))

    def test_a_command_that_is_nearly_one(self):
        self.assertIn("sendcod serve", self.refuses("serv"))
        self.assertIn("sendcod init", self.refuses("inti"))
        self.refuses("serve", "--dir", self.school.directory, "--handshakes-per-second", "many")

    def refused_of(self, address, number):
        closed = 0
        for one in [socket.create_connection(address) for _ in range(number)]:
            with one:
                one.settimeout(0.1)
                try:
                    closed += one.recv(1) == b""
                except socket.timeout:
                    pass
                except ConnectionError:
                    closed += 1
        return closed

    def test_more_connections_a_second_than_it_takes(self):
        address = self.serving("--handshakes-per-second", "5")   # asked for, it counts this machine too
        self.assertGreaterEqual(self.refused_of(address, 20), 5)
        school.until(lambda: not self.refused_of(address, 1), "a connection that is taken again")


if __name__ == "__main__":
    school.main()
