"""Names of many languages: typed, stored, listed as a British school files them, found by the plain letters, printed in
columns that stay in place, told to programs byte for byte."""
import csv
import io
import os
import random
import re
import sqlite3
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire

# As a register has them: language, surname, forename, what somebody without the keys types to find them.
NAMES = [
    ("Icelandic", "Ægisdóttir", "Ása", ["aegisdottir", "asa aegisdottir"]),
    ("Arabic, romanised", "Al Amin", "Zaid", ["al amin zaid", "alamin zaid", "al-amin zaid"]),
    ("Arabic, romanised", "Al-Amin", "Bilal", ["al amin bilal", "alamin bilal", "al-amin bilal"]),
    ("Arabic, romanised", "Alamin", "Cyra", ["alamin cyra"]),
    ("Welsh", "ap Rhys", "Llŷr", ["ap rhys", "aprhys llyr"]),
    ("Turkish", "Aydın", "Işıl", ["aydin isil", "AYDIN ISIL"]),
    ("Vietnamese", "Đặng", "Thị Ánh", ["dang thi anh", "DANG"]),
    ("English", "D’Arcy", "Fitzwilliam", ["d'arcy fitz", "darcy fitz", "d’arcy fitz", "d arcy fitz"]),
    ("Portuguese", "De Souza", "Zoe", ["de souza zoe", "desouza zoe", "souza zoe"]),
    ("English", "Dean", "Ann", ["dean ann"]),
    ("Czech", "Dvořák", "Jiří", ["dvorak jiri"]),
    ("Yoruba", "Ẹkúndayọ̀", "Ọmọ́tọ́lá", ["ekundayo", "omotola"]),
    ("Maltese", "Għaxaq", "Ħanna", ["ghaxaq hanna"]),
    ("Welsh", "Griffiths", "Siân", ["griffiths sian"]),
    ("Urdu, romanised", "Khan", "Aisha", ["khan aisha", "aisha khan"]),
    ("one name", "Lee", "", ["lee"]),
    ("English", "Lee", "Ann", ["lee ann"]),
    ("English", "Lee Smith", "Al", ["lee smith al"]),
    ("English", "Leech", "Al", ["leech al"]),
    ("Polish", "Łukasik", "Żaneta", ["lukasik zaneta"]),
    ("Irish", "Mac Giolla Phádraig", "Niamh", ["mac giolla phadraig", "macgiolla"]),
    ("Scottish", "MacDonald", "Iain", ["macdonald iain", "mac donald iain"]),
    ("Scottish", "McDonald", "Ada", ["mcdonald ada", "mc donald ada"]),
    ("English", "Muller", "Ann", ["muller ann"]),
    ("German", "Müller", "Ann", ["muller ann", "MÜLLER ANN"]),
    ("English", "Muller", "Bea", ["muller bea"]),
    ("Vietnamese", "Nguyễn", "Văn Hiếu", ["nguyen van hieu", "NGUYEN VAN HIEU"]),
    ("Irish", "Ní Dhomhnaill", "Caoimhe", ["ni dhomhnaill", "nidhomhnaill", "dhomhnaill caoimhe"]),
    ("Irish", "Nic Dhonnchadha", "Bríd", ["nic dhonnchadha brid", "nicdhonnchadha"]),
    ("Irish", "O Brien", "Zak", ["o brien zak", "obrien zak", "o'brien zak"]),
    ("Irish", "Ó Ceallaigh", "Seánín", ["o ceallaigh seanin", "ó ceallaigh seanin", "oceallaigh seanin", "OCeallaigh seanin"]),
    ("Irish", "O'Brien", "Ada", ["o'brien ada", "o’brien ada", "obrien ada", "o brien ada"]),
    ("Irish", "OBrien", "Bea", ["obrien bea", "o'brien bea", "o brien bea"]),
    ("Irish", "O’Brien", "Cal", ["o'brien cal", "o’brien cal", "obrien cal", "o brien cal"]),
    ("Irish", "OCeallaigh", "Art", ["oceallaigh art", "o ceallaigh art"]),
    ("Yoruba", "Ọláyínká", "Tèmítọ́pẹ́", ["olayinka temitope"]),
    ("Danish", "Østergaard", "Søren", ["ostergaard soren"]),
    ("English", "St. John", "Ivo", ["st john ivo", "stjohn ivo", "st. john ivo"]),
    ("German", "Strasser", "Ida", ["strasser ida"]),
    ("German", "Straßer", "Ida", ["strasser ida", "STRASSER IDA"]),
    ("one name", "Sukarnoputri", "", ["sukarnoputri", "sukarno"]),
    ("Icelandic", "Þórsson", "Óðinn", ["thorsson odinn"]),
    ("Welsh", "Ŵyn-Tŷ", "Gŵen", ["wynty gwen", "wyn-ty gwen", "wyn ty gwen"]),
    ("Turkish", "Yildirim", "Ipek", ["yildirim ipek"]),
    ("Turkish", "Yıldırım", "İpek", ["yildirim ipek", "YILDIRIM IPEK", "yıldırım ipek", "YILDIRIM İPEK"]),
    ("Polish", "Żółkiewski", "Świętosława", ["zolkiewski swietoslawa"]),
    ("60 characters", "ẑ" * 60, "Max", ["z" * 60]),
    ("Greek", "Παπαδόπουλος", "Ελένη", ["παπαδοπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ ΕΛΕΝΗ"]),
    ("Ukrainian", "Шевченко", "Олег", ["шевченко", "ШЕВЧЕНКО"]),
    ("Hebrew", "כהן", "נועה", ["כהן נועה"]),
    ("Arabic", "الأمين", "فاطِمة", ["الامين فاطمه", "الأمين فاطمة", "الأَمِين"]),
    ("Persian", "رضایی", "علی\u200cرضا", ["رضایی علیرضا", "رضايي"]),
    ("Arabic, one name", "مُصطفى", "", ["مصطفى", "مصطفي", "مصـــطفى"]),
    ("Hindi", "शर्मा", "हिमांशी", ["शर्मा", "हिमांशी शर्मा"]),
    ("Korean", "김", "민준", ["김민준", "김 민준", "민준"]),
    ("Chinese", "张", "伟强", ["张伟强", "伟强", "强张"]),
    ("Chinese", "李", "明", ["李明", "李 明"]),
]


def columns(text):
    """How many columns a terminal gives it, as wcwidth has it; the server's and the client's library is another."""
    zero = ("Mn", "Me", "Cf")
    return sum(0 if unicodedata.category(c) in zero else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cells(line, starts):
    """The line cut where columns start; None when a character stands across a start."""
    made, at = [""] * len(starts), 0
    for c in line:
        wide = columns(c)
        here = sum(at >= start for start in starts) - 1
        if wide == 0:
            here = max(sum(at - 1 >= start for start in starts) - 1, 0)
        if any(at < start < at + wide for start in starts):
            return None
        made[here] += c
        at += wide
    return made


def nfc(text):
    return unicodedata.normalize("NFC", text)


class Names(school.Case):
    pupils = 12

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = {}
        order = list(range(len(NAMES)))
        random.Random(3).shuffle(order)
        for i in order:
            _, surname, forename, _ = NAMES[i]
            # every other one as a Macintosh types it: the letter, then its marks
            form = "NFD" if i % 2 else "NFC"
            fields = ["surname=" + unicodedata.normalize(form, surname), "born=2015-06-%02d" % (1 + i % 28)]
            if forename:
                fields.append("forename=" + unicodedata.normalize(form, forename))
            added = cls.school.cli("senco", "pupil", "add", *fields, "--json").json()
            cls.ids[i] = added["id"]

    def listed(self, *form):
        return self.school.cli("senco", "pupil", "list", "--limit", 200, *form)

    def records(self):
        return {r["id"]: r["fields"] for r in self.listed("--json").json()["records"]}

    def order(self):
        """Places in NAMES in the order of the list."""
        place = {id: i for i, id in self.ids.items()}
        return [place[id] for id in self.records() if id in place]

    def test_stored_composed_and_told_byte_for_byte(self):
        records = self.records()
        rows = {row["id"]: row for row in csv.DictReader(io.StringIO(self.listed("--csv", "--raw").out))}
        for i, id in self.ids.items():
            _, surname, forename, _ = NAMES[i]
            self.assertEqual(records[id]["surname"], nfc(surname))
            self.assertEqual(records[id]["forename"] or "", nfc(forename))
            self.assertEqual((rows[id]["surname"], rows[id]["forename"]), (nfc(surname), nfc(forename)))

    def test_in_the_order_of_a_register(self):
        self.assertEqual([NAMES[i][1:3] for i in self.order()], [name[1:3] for name in NAMES])

    def test_pages_follow_the_order(self):
        client, pupil = self.client(), kinds.find("Pupil")
        place = {kinds.id_of(id): i for i, id in self.ids.items()}
        by_name = wire.pb.Order(field=0)
        seen = [place[id] for id, _, _ in client.all(pupil, order=[by_name], limit=3) if id in place]
        self.assertEqual(seen, list(range(len(NAMES))))
        backwards = wire.pb.Order(field=0, descending=True)
        seen = [place[id] for id, _, _ in client.all(pupil, order=[backwards], limit=3) if id in place]
        self.assertEqual(seen, list(range(len(NAMES)))[::-1])

    def test_the_register_is_in_the_same_order(self):
        client, status = self.client(), kinds.find("SenStatus")
        day = client.hello.today - 30
        some = list(range(0, len(NAMES), 3))
        for i in some[::-1]:
            client.add(status, pupil=kinds.id_of(self.ids[i]), provision="K", starts=day, parent_informed=day)
        place = {kinds.id_of(id): i for i, id in self.ids.items()}
        about = wire.pb.Order(field=0, about=True)
        seen = [place[m.pupil] for _, m, _ in client.all(status, order=[about], limit=5) if m.pupil in place]
        self.assertEqual(seen, some)
        rows = list(csv.DictReader(io.StringIO(self.school.cli("senco", "register", "--csv").out)))
        labels = [", ".join(part for part in (nfc(NAMES[i][1]), nfc(NAMES[i][2])) if part) for i in some]
        cells = [next((label for label in labels if label in row.values()), None) for row in rows]
        self.assertEqual([cell for cell in cells if cell], labels)

    def test_found_by_the_plain_letters(self):
        for i, (language, surname, forename, queries) in enumerate(NAMES):
            for query in queries + [nfc((forename + " " + surname).strip())]:
                with self.subTest(language=language, query=query):
                    done = self.school.cli("senco", "find", query, "--kind", "pupil", "--json", code=None)
                    self.assertEqual(done.code, 0, done)
                    self.assertIn(self.ids[i], [hit["id"] for hit in done.json()["hits"]])

    def test_a_typed_name_is_taken_for_its_pupil(self):
        for typed, surname, forename in (
                ("Aisha Khan", "Khan", "Aisha"), ("khan, aisha", "Khan", "Aisha"), ("Khan Aisha", "Khan", "Aisha"),
                ("Ada O'Brien", "O'Brien", "Ada"), ("ada o’brien", "O'Brien", "Ada"), ("O'Brien, Cal", "O’Brien", "Cal"),
                ("O’Brien Cal", "O’Brien", "Cal"), ("cal obrien", "O’Brien", "Cal"), ("Sukarnoputri", "Sukarnoputri", ""),
                ("sukarno", "Sukarnoputri", ""), ("seanin OCeallaigh", "Ó Ceallaigh", "Seánín"), ("zoe desouza", "De Souza", "Zoe"),
                ("김민준", "김", "민준"), ("张伟强", "张", "伟强"), ("伟强 张", "张", "伟强"), ("فاطمة الامين", "الأمين", "فاطِمة"),
                ("Z" * 60, "ẑ" * 60, "Max"), ("temitope olay", "Ọláyínká", "Tèmítọ́pẹ́")):
            with self.subTest(typed=typed):
                shown = self.school.cli("senco", "pupil", "show", typed, "--json").json()["record"]
                self.assertEqual((shown["fields"]["surname"], shown["fields"]["forename"] or ""), (nfc(surname), nfc(forename)))
        self.school.cli("senco", "pupil", "show", "muller", code=66)
        self.school.cli("senco", "pupil", "show", "ida strasser", code=66)

    def table(self, width):
        done = school.run(self.school.command("senco", "pupil", "list", "--limit", 200, "--table"), env={"COLUMNS": str(width), "NO_COLOR": "1"})
        self.assertEqual(done.code, 0, done)
        lines = done.out.split("\n")
        head = next(n for n, line in enumerate(lines) if "Surname" in line and "Forename" in line)
        return lines[head], [line for line in lines[head + 1:] if line.startswith("PUP-")]

    def rows(self, width):
        """Every row by its id, cut where the heading's columns start."""
        heading, lines = self.table(width)
        labels = list(re.finditer(r"\S+(?: \S+)*", heading))
        starts = [label.start() for label in labels]
        made = {}
        for line in lines:
            cut = cells(line, starts)
            self.assertIsNotNone(cut, line)
            self.assertLessEqual(columns(line), width, line)
            for cell in cut[:-1]:
                self.assertTrue(cell.endswith("  "), line)
            made[cut[0].strip()] = {label.group(): cell.strip() for label, cell in zip(labels, cut)}
        return made

    def test_columns_stay_in_place(self):
        rows = self.rows(400)
        self.assertTrue(set(self.ids.values()) <= set(rows))
        for i, id in self.ids.items():
            _, surname, forename, _ = NAMES[i]
            with self.subTest(surname=surname, forename=forename):
                self.assertEqual(rows[id]["Forename"], nfc(forename))
                shown = rows[id]["Surname"]
                self.assertTrue(shown == nfc(surname) or shown.endswith("…") and nfc(surname).startswith(shown[:-1]), shown)
                self.assertRegex(rows[id]["Born"], r"^\d{1,2} Jun 2015$")

    def test_what_is_cut_is_cut_between_characters(self):
        for width in range(40, 90, 3):
            for id, row in self.rows(width).items():
                place = next((i for i, other in self.ids.items() if other == id), None)
                for label, name in (("Surname", 1), ("Forename", 2)):
                    if place is None or not row.get(label, "").endswith("…"):
                        continue
                    whole, kept = nfc(NAMES[place][name]), row[label][:-1]
                    self.assertTrue(whole.startswith(kept), row)
                    rest = whole[len(kept):].lstrip(" ")
                    self.assertFalse(unicodedata.category(rest[0]) in ("Mn", "Me", "Mc"), row)

    def test_sixty_characters_fit_and_one_more_does_not(self):
        for surname in ("x" * 60, "e\u0323\u0302" * 60, "李" * 60):
            added = self.school.cli("senco", "pupil", "add", "surname=" + surname, "born=2014-01-01", "--json").json()
            id = added["id"]
            self.assertEqual(self.school.cli("senco", "pupil", "show", id, "--json").json()["record"]["fields"]["surname"], nfc(surname))
            refused = self.school.cli("senco", "pupil", "add", "surname=" + surname + surname[:1], "born=2014-01-01", "--json", code=81)
            self.assertIn("Surname: is 61 characters long; at most 60 fit", refused.err)
            self.school.cli("senco", "pupil", "remove", id, "--yes")
        # A letter that Unicode has only with a mark apart counts as two, and the help says so.
        self.school.cli("senco", "pupil", "add", "surname=" + "ẹ\u0300" * 31, "born=2014-01-01", code=81)
        self.assertIn("counted in characters", self.school.cli("senco", "help", "fields").out)

    def test_an_old_database_is_put_in_order(self):
        """As a sendcod wrote it that sorted otherwise: its keys and its index are made anew at open."""
        self.school.stop()
        with sqlite3.connect(os.path.join(self.school.directory, "sendco.db")) as db:
            db.execute("UPDATE pupil SET _sort = lower(surname || ' ' || ifnull(forename, ''))")
            db.execute("DELETE FROM search")
            db.execute("UPDATE meta SET value = '0123456789abcdef' WHERE key = 'derived'")
        db.close()
        self.school.start()
        self.assertEqual(self.order(), list(range(len(NAMES))))
        hits = self.school.cli("senco", "find", "oceallaigh seanin", "--json").json()["hits"]
        self.assertEqual({hit["label"] for hit in hits}, {"Ó Ceallaigh, Seánín"})


if __name__ == "__main__":
    school.main()
