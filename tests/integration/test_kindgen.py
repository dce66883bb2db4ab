"""kindgen refuses mistakes in proto/records/, each with its file and line."""
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("SENDCO_BUILD", "build"))

GOOD = '''syntax = "proto2";
package sendco.records;
import "schema.proto";

message Child {
  option (kind) = { number: 900 prefix: "CHD" title: "Child" class: C0 about: "self" subject: PUPIL shows: "{name}" duty: "-" };
  optional string name = 1 [(field) = { label: "Name" required: true }];
}

message Book {
  option (kind) = { number: 901 prefix: "BOK" title: "Book" class: C1 about: "child" shows: "{title}" duty: "R1" };
  optional int64 child = 1 [(field) = { label: "Child" ref: "Child" required: true fixed: true }];
  optional string title = 2 [(field) = { label: "Title" }];
  optional sint32 lent = 3 [(field) = { label: "Lent" as: DATE group: "when" }];
  optional sint32 back = 4 [(field) = { label: "Back" as: DATE group: "when" }];
}
'''

# what is changed in GOOD, and what kindgen must say, at which line
BAD = [
    ('title = 2', 'version = 2', 13, "taken"),
    ('title = 2', 'base = 2', 13, "taken"),
    ('title = 2', 'id = 2', 13, "taken"),
    ('label: "Title"', 'help: "no label"', 13, "no label"),
    ('label: "Title"', 'label: "Title" codes: "nowhere"', 13, 'no list of codes "nowhere"'),
    ('ref: "Child"', 'ref: "Nobody"', 12, 'no kind "Nobody"'),
    ('required: true fixed: true', 'required: true', 10, "must be fixed"),
    ('about: "child"', 'about: "nobody"', 10, 'no reference "nobody"'),
    ('about: "child" ', '', 10, "does not say whom"),
    ('class: C1 ', '', 10, "must say title, class, duty"),
    (' duty: "R1"', '', 10, "must say title, class, duty"),
    ('number: 901', 'number: 900', 10, "same number 900"),
    ('prefix: "BOK"', 'prefix: "CHD"', 10, "same prefix CHD"),
    ('shows: "{title}"', 'shows: "{subtitle}"', 10, '"subtitle"'),
    ('optional string title', 'repeated string title', 13, "must be optional"),
    ('optional sint32 lent', 'optional int32 lent', 14, "needs another type"),
    ('optional string title = 2', 'optional double title = 2', 13, "fields are"),
    ('title = 2', 'title = 300', 13, "from 1 to 255"),
    ('duty: "R1"', 'duty: "R1" spell: { from: "lent" to: "title" one_per: "child" }', 10, "begins and ends with a DATE"),
]


# what is changed in GOOD and is good all the same
GOOD_TOO = [
    ('about: "child" shows', 'about: "child?" shows', 'required: true fixed: true', 'fixed: true'),
    ('duty: "R1"', 'duty: "R1" spell: { from: "lent" to: "back" }', 'as: DATE group: "when" }];\n  optional sint32 back', 'as: DATE required: true group: "when" }];\n  optional sint32 back'),
    ('duty: "R1"', 'duty: "R1" spell: { from: "lent" to: "back" one_per: "child" }', 'label: "Lent"', 'label: "Lent" required: true'),
]


def generate(text, released=""):
    with tempfile.TemporaryDirectory() as directory:
        os.makedirs(os.path.join(directory, "records"))
        with open(os.path.join(directory, "records", "test.proto"), "w") as file:
            file.write(text)
        golden = os.path.join(directory, "released.txt")
        with open(golden, "w") as file:
            file.write(released)
        done = subprocess.run(
            ["protoc", f"-I{directory}", f"-I{ROOT}/proto", "-I/usr/include", f"--plugin=protoc-gen-kinds={BUILD}/bin/kindgen",
             f"--kinds_out={golden}:{directory}", os.path.join(directory, "records", "test.proto")],
            capture_output=True, text=True, timeout=60)
        made = os.path.join(directory, "numbers.txt")
        numbers = open(made).read() if os.path.exists(made) else ""
        return done.returncode, done.stderr, numbers


class Kindgen(unittest.TestCase):
    def test_good(self):
        code, said, numbers = generate(GOOD)
        self.assertEqual((code, said), (0, ""))
        self.assertIn("field 901.3 lent sint32 DATE\n", numbers)

    def test_what_may_be_left_out(self):
        for change in GOOD_TOO:
            with self.subTest(change[1]):
                text = GOOD
                for old, new in zip(change[::2], change[1::2]):
                    self.assertIn(old, text)
                    head, book = text.split("message Book")
                    text = head + "message Book" + book.replace(old, new, 1)
                self.assertEqual(generate(text)[:2], (0, ""))

    def test_each_mistake_is_named_with_its_line(self):
        for old, new, line, words in BAD:
            with self.subTest(new or old):
                self.assertIn(old, GOOD)
                code, said, _ = generate(GOOD[:GOOD.index("message Book")] + GOOD[GOOD.index("message Book"):].replace(old, new, 1))
                self.assertNotEqual(code, 0)
                self.assertIn(words, said)
                self.assertIn(f"records/test.proto:{line}:", said)

    def test_released_numbers_stay(self):
        _, _, numbers = generate(GOOD)
        self.assertEqual(generate(GOOD, numbers)[0], 0)
        for old, new in [("lent = 3", "lent = 5"), ("lent = 3", "loaned = 3"), ("number: 901", "number: 902"), ("as: DATE group", "group")]:
            with self.subTest(new):
                code, said, _ = generate(GOOD.replace(old, new), numbers)
                self.assertNotEqual(code, 0)
                self.assertIn("is released and may not change or go", said)
        # new ones are welcome
        self.assertEqual(generate(GOOD.replace('  optional sint32 back', '  optional bool torn = 9 [(field) = { label: "Torn" }];\n  optional sint32 back'), numbers)[0], 0)


if __name__ == "__main__":
    unittest.main()
