"""The change log proves itself to a stranger: chain and commitments are computed again from a copy of the database,
after real work through the protocol; one changed byte anywhere breaks the chain; erased content does not. And no
message of the protocol holds itself, however deep."""
import hashlib
import hmac
import os
import random
import sqlite3
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

COLUMNS = "seq, request, batch, at, actor, behalf, device, kind, record, version, action, key, fields, reason, commitment, chain"


def link(chain, row):
    """The next head: SHA-256 over the last one and every column, each with its length."""
    seq, request, batch, at, actor, behalf, device, kind, record, version, action, key, fields, reason, commitment = row[:15]
    text = b"sendco-change-1" + chain
    for number in (seq, request, batch or 0, at, actor, behalf or 0, device, kind, record, version, action):
        text += struct.pack(">q", number)
    for part in (key, fields, (reason or "").encode(), commitment):
        text += struct.pack(">q", len(part)) + part
    return hashlib.sha256(text).digest()


def first_broken(db):
    """The first seq at which the log does not hold; None: all of it does."""
    chain, wanted = bytes(32), 1
    for row in db.execute(f"SELECT {COLUMNS}, salt, body FROM change LEFT JOIN body USING (seq) ORDER BY seq"):
        chain = link(chain, row)
        salt, body = row[16], row[17]
        if row[0] != wanted or chain != row[15]:
            return row[0]
        if salt is not None and hmac.new(salt, body, hashlib.sha256).digest() != row[14]:
            return row[0]
        wanted += 1
    return None


class Chain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.school = school.School(pupils=30)
        cls.school.start()
        with cls.school.client() as client:
            target = kinds.find("Target")
            for i, (id, message, record) in enumerate(client.all(target)[:20]):
                client.edit(target, id, record.version, progress=f"step {i}")
                if i % 5 == 0:
                    client.remove(target, client.add(target, pupil=message.pupil, aim="not for long"), 1)
            cls.head = client.ask(status=wire.pb.Status()).status
        cls.school.stop()

    @classmethod
    def tearDownClass(cls):
        cls.school.remove()

    def copy(self):
        """The stopped school's database, in memory: nothing here touches the file."""
        db = sqlite3.connect(":memory:")
        with sqlite3.connect(f"file:{self.school.directory}/sendco.db?mode=ro", uri=True) as file:
            for table in ("change", "body"):
                columns = [c[1] for c in file.execute(f"PRAGMA table_info({table})")]
                db.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
                db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", file.execute(f"SELECT * FROM {table}"))
        return db

    def test_it_holds_and_ends_in_the_head_that_status_told(self):
        db = self.copy()
        self.assertIsNone(first_broken(db))
        last = db.execute("SELECT max(seq), chain FROM change").fetchone()
        self.assertEqual((last[0], last[1]), (self.head.changes, self.head.chain))

    def test_one_changed_value_breaks_it(self):
        generator = random.Random(1)
        count = self.copy().execute("SELECT max(seq) FROM change").fetchone()[0]
        for column, value in [("at", "at + 1"), ("actor", "actor + 1"), ("version", "version + 1"), ("action", "action % 4 + 1"),
                              ("record", "record + 1"), ("kind", "kind + 1"), ("reason", "'other'"), ("fields", "x'01'"),
                              ("commitment", "zeroblob(32)"), ("key", "zeroblob(16)"), ("device", "device + 1")]:
            with self.subTest(column):
                db, at = self.copy(), generator.randint(1, count)
                db.execute(f"UPDATE change SET {column} = {value} WHERE seq = ?", (at,))
                self.assertEqual(first_broken(db), at)

    def test_changed_content_is_found(self):
        db = self.copy()
        db.execute("UPDATE body SET body = zeroblob(length(body)) WHERE seq = 100")
        self.assertEqual(first_broken(db), 100)

    def test_a_missing_change_is_found(self):
        db = self.copy()
        db.execute("DELETE FROM change WHERE seq = 50")
        self.assertEqual(first_broken(db), 51)

    def test_lawful_erasure_leaves_it_whole(self):
        db = self.copy()
        db.execute("DELETE FROM body WHERE seq % 3 = 0")
        self.assertIsNone(first_broken(db))


class Messages(unittest.TestCase):
    def inside(self, descriptor, above=()):
        self.assertNotIn(descriptor.full_name, above, "a message that holds itself can be nested without end")
        for field in descriptor.fields:
            if field.message_type:
                self.inside(field.message_type, above + (descriptor.full_name,))

    def test_no_message_holds_itself(self):
        kinds.load()
        self.inside(wire.pb.Frame.DESCRIPTOR)
        for kind in kinds.load():
            self.inside(kind.message.DESCRIPTOR)

    def test_kinds_are_flat(self):
        for kind in kinds.load():
            for field in kind.message.DESCRIPTOR.fields:
                self.assertIsNone(field.message_type, field.full_name)
                self.assertEqual(field.label, field.LABEL_OPTIONAL, field.full_name)


if __name__ == "__main__":
    school.main()
