"""One person asks for far more than the server does at once: they are told BUSY, what they sent is answered in the end, and
somebody else's change is not behind theirs."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

ROWS, CHANGES, REQUESTS = 300, 60, 512       # PERSON_REQUESTS


def pupils(n):
    """A change of so many that is only tried."""
    kind = kinds.find("Pupil")
    body = kinds.build(kind, dict(surname="Many", forename="Ada", born=17000)).SerializeToString()
    put = wire.pb.Put(dry_run=True, key=wire.key())
    for i in range(n):
        put.records.add(kind=kind.number, id=-1 - i, body=body)
    return put


class MuchAsked(school.Case):
    def test_changes_that_wait_are_bounded_for_each(self):
        greedy, other = self.client("senco"), self.client("cnlead")
        much = pupils(ROWS)
        sent = [greedy.send(put=much) for _ in range(CHANGES)]
        greedy.wait(sent[0], 60)
        self.assertEqual(other.ask(put=pupils(1)).outcome, wire.pb.OK)
        waited = [greedy.wait(id, 60) for id in sent[1:]]
        refused = [reply for reply in waited if reply.outcome != wire.pb.OK]
        self.assertTrue(0 < len(refused) < len(waited), len(refused))
        for reply in refused:
            self.refused(wire.pb.BUSY, reply, "E-BUSY")
            self.assertIn("as one person may send at once", reply.problem.message)
            self.assertIn("Nothing was changed", reply.problem.hint)
        self.assertEqual(greedy.ask(put=much).outcome, wire.pb.OK)       # when they are made, more may come

    def test_requests_are_bounded_for_each(self):
        greedy, other = [self.client("senco") for _ in range(REQUESTS // 64 + 2)], self.client("cnlead")
        sent = [(client, client.send(put=pupils(40))) for _ in range(64) for client in greedy]
        self.assertEqual(other.ask(put=pupils(1)).outcome, wire.pb.OK)
        outcomes = [client.wait(id, 60).outcome for client, id in sent]
        self.assertEqual({wire.pb.OK, wire.pb.BUSY}, set(outcomes))
        for client in greedy:
            self.assertEqual(client.ask(put=pupils(1)).outcome, wire.pb.OK)


if __name__ == "__main__":
    school.main()
