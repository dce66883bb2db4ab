"""What is promised to people and scripts stays as it is: commands against a demo school of fixed seed and date, their
output beside tests/golden/. A deliberate change: SENDCO_GOLDEN=write tests/integration/test_golden.py, and look at the
difference before committing it. And the demo school itself: the same seed and date give the same records, byte for byte."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire

GOLDEN = os.path.join(wire.ROOT, "tests", "golden")
WRITE = os.environ.get("SENDCO_GOLDEN") == "write"

# file: who, words, exit code
PROMISED = {
    "pupil-list.json": ("senco", "pupil list --limit 3 --json", 0),
    "pupil-list.txt": ("senco", "pupil list --limit 5 --table --columns id,surname,forename,born,year", 0),
    "pupil-list.tsv": ("teacher", "pupil list --limit 5", 0),
    "pupil-show.txt": ("senco", "pupil show PUP-00K2 --table", 0),
    "pupil-export.csv": ("senco", "pupil export --limit 4", 0),
    "target-show.json": ("senco", "target show TGT-001M --json", 0),
    "register.txt": ("senco", "register --table", 0),
    "register.csv": ("senco", "register --csv", 0),
    "register.json": ("senco", "register --status E --json", 0),
    "register-as-at.txt": ("senco", "register --as-at 2025-01-16 --table", 0),
    "find.txt": ("senco", "find lucja --limit 5 --table", 0),
    "help.txt": ("senco", "help", 0),
    "help-target.txt": ("senco", "help target", 0),
    "help-register.txt": ("senco", "help register", 0),
    "help-dates.txt": ("senco", "help dates", 0),
    "help-exit.txt": ("senco", "help exit", 0),
    "help-conflict.txt": ("senco", "help E-CONFLICT", 0),
    "error-unknown-word.txt": ("senco", "pupil lst", 2),
    "error-not-found.json": ("senco", "pupil show PUP-ZZZZ0 --json", None),
    "error-governor.txt": ("governor", "pupil list", 77),
    "error-date.txt": ("senco", "register --as-at 31/2/2026", None),
}


def plain(text):
    """Without what differs from run to run."""
    text = re.sub(r'"key":"[0-9a-f]{32}"', '"key":"…"', text)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)


class Golden(school.Case):
    at = "2026-11-23"
    pupils = 60

    def test_promised_output(self):
        for name, (who, words, code) in PROMISED.items():
            with self.subTest(name):
                done = self.school.cli(who, *words.split(), code=None)
                if code is not None:
                    self.assertEqual(done.code, code, str(done))
                said = plain(done.out + ("-- stderr, exit %d\n%s" % (done.code, done.err) if done.err else ""))
                path = os.path.join(GOLDEN, name)
                if WRITE:
                    os.makedirs(GOLDEN, exist_ok=True)
                    with open(path, "w", encoding="utf-8") as f:
                        f.write(said)
                with open(path, encoding="utf-8") as f:
                    self.assertEqual(said, f.read())

    def test_no_file_without_a_promise(self):
        self.assertEqual(set(os.listdir(GOLDEN)), set(PROMISED))


class SameSeed(unittest.TestCase):
    def exported(self, **more):
        made = school.School(pupils=40, **more)
        try:
            made.start(at="2026-11-23")
            words = made.cli("senco", "help").out
            nouns = re.search(r"kinds\s+(.*)", words).group(1).split()
            return {noun: made.cli("senco", noun, "list", "--limit", "2000", "--json").out for noun in nouns}
        finally:
            made.remove()

    def test_the_same_seed_gives_the_same_records_and_another_does_not(self):
        first, second, other = self.exported(seed=11), self.exported(seed=11), self.exported(seed=12)
        self.assertEqual(first, second)
        self.assertNotEqual(first["pupil"], other["pupil"])


if __name__ == "__main__":
    school.main()
