"""The daemon is told to stop while a change of thousands of records is at work, or its answer is being put together:
whatever was saved is answered, however long the answer is, and the same key again gets the same one."""
import os
import select
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

LONG = 4100     # records: more than one reply tells, so that the answer is packed on a thread


class Stop(school.Case):
    pupils, serve = 20, False

    def tearDown(self):
        self.school.stop()

    def staged(self, client, name, records, key):
        code = kinds.find("Code")
        items = [wire.item(code, -1 - i, list=name, code="c%d" % i, title="title %d" % i) for i in range(records)]
        for part, start in enumerate(range(0, records, 500)):
            client.ask(stage=wire.pb.Stage(key=key, part=part, records=items[start:start + 500]))
        return wire.pb.Put(key=key, staged=True)      # what was sent ahead goes with the daemon: a retry sends it again

    def answered(self, name, records, wait, deaf_for=0, receive_buffer=0, **how):
        """Tells the daemon to stop once wait() has returned; the whole answer must come, and the end be a clean one."""
        self.school.start(**how)
        client = self.client(receive_buffer=receive_buffer)
        put = self.staged(client, name, records, wire.key())
        id = client.send(put=put)
        wait()
        self.school.server.process.send_signal(signal.SIGTERM)
        if deaf_for:
            select.select([client.socket], [], [], 4 * wire.PATIENCE)
            time.sleep(deaf_for)
        reply = client.wait(id, 4 * wire.PATIENCE)
        self.assertEqual(reply.outcome, wire.pb.OK, reply.problem)
        self.assertEqual(len(reply.put.done), records)
        self.assertTrue(reply.put.batch)
        client.close()
        self.school.server.process.wait(wire.PATIENCE)
        self.school.stop()
        return put, reply.put

    def test_a_long_answer_of_what_the_end_finds_at_work(self):
        put, told = self.answered("at work", LONG, lambda: time.sleep(0.02))
        self.school.start()
        client = self.client()
        again = client.ask(put=self.staged(client, "at work", LONG, put.key)).put
        self.assertTrue(again.replayed)
        self.assertEqual([d.id for d in again.done], [d.id for d in told.done])

    def test_an_answer_longer_than_what_a_socket_takes(self):
        self.answered("far longer", 8 * LONG, lambda: time.sleep(0.1))

    def test_an_answer_that_is_read_slowly(self):
        self.answered("read slowly", 8 * LONG, lambda: time.sleep(0.1), deaf_for=1, receive_buffer=4096)

    def test_a_long_answer_that_is_being_packed(self):
        other = None

        def saved():
            nonlocal other
            other = other or self.client("head")
            code = kinds.find("Code")
            school.until(lambda: other.list(code, where=[("list", "EQ", "being packed")], limit=1).records.records, "the change")
        self.answered("being packed", LONG, saved, program=school.SENDCOD_TEST, fault="packing-sleeps")


if __name__ == "__main__":
    school.main()
