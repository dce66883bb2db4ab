"""Reports as the command line draws them, whatever they are about: by name and by word, section by section, why a figure
is what it is, drawn again when something changes, and from where one last looked."""
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import school
import wire


class Reports(school.Case):
    at = school.TODAY        # in its demo school this year's provision runs

    def report(self, *words, **more):
        return self.school.cli("senco", *words, **more)

    def names(self):
        """Every report there is, from the list that a slip shows."""
        hint = self.report("report", "--json", code=2).problem()["hint"]
        return hint.split(":", 1)[1].split()

    def words(self, name):
        """What it takes to make it: reports about a pupil need one."""
        need = self.report("report", name, code=None)
        return ["report", name] + ([self.pupil()] if need.code == 2 else [])

    def pupil(self):
        return next(row["id"] for row in self.report("register", "--json").json()["sections"][0]["rows"])

    def test_every_report_in_every_format(self):
        for name in self.names():
            with self.subTest(name):
                words = self.words(name)
                whole = self.report(*words, "--json").json()
                self.assertEqual(whole["report"], name)
                self.assertTrue(whole["as_at"])
                text = self.report(*words, "--table").out
                self.assertIn(whole["title"], text)
                for section in whole["sections"]:
                    columns = [column["name"] for column in section["columns"]]
                    only = self.report(*words, "--json", "--section", section["name"]).json()
                    self.assertEqual([s["name"] for s in only["sections"]], [section["name"]])
                    csv = self.report(*words, "--csv", "--section", section["name"])
                    self.assertEqual(csv.err, "")
                    if columns:
                        head = csv.out.splitlines()[0].split(",")
                        self.assertEqual(head[:len(columns)], columns)
                lines = self.report(*words, "--jsonl").out.splitlines()
                self.assertEqual(len(lines), 1)

    def on_screen(self, words, height=24, width=80, until=None):
        """What it says on a terminal of that size; `until`: ended as soon as that was said."""
        import fcntl, pty, select, struct, termios
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        process = subprocess.Popen(self.school.command("senco", *words, "--no-color"), stdin=subprocess.DEVNULL, stdout=slave,
                                   stderr=subprocess.DEVNULL, env=dict(os.environ, PAGER="sed s/^/paged:/", SENDCO_PAGER="", TERM="vt100")
                                   if "--no-pager" in words else dict(os.environ, SENDCO_PAGER="sed s/^/paged:/", TERM="vt100"))
        os.close(slave)
        said = b""
        while select.select([master], [], [], wire.PATIENCE)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            said += data
            if until and until in said.decode(errors="replace"):
                process.send_signal(signal.SIGINT)
                break
        os.close(master)
        code = process.wait(wire.PATIENCE)
        if not until:
            self.assertEqual(code, 0)
        return said.decode().replace("\r", "")

    def test_pages_fit_eighty_columns(self):
        for words in (["register"], ["map"], ["report", "pupil", self.pupil()], ["gaps"], ["today"]):
            for line in self.on_screen(words + ["--no-pager"]).split("\n"):
                plain = re.sub("[\u0300-\u036f]", "", line)
                self.assertLessEqual(len(plain), 80, line)

    def test_the_id_stays_on_a_narrow_screen(self):
        for words in (["actions"], ["today"], ["gaps"], ["report", "pupil", self.pupil()]):
            whole = self.report(*words, "--json").json()
            ids = {row["id"] for section in whole["sections"] for row in section["rows"]
                   if row.get("id") and section["columns"][0]["name"] != "field"}
            self.assertTrue(ids, words)
            said = self.on_screen(words + ["--no-pager"], width=60)
            self.assertEqual({i for i in ids if i not in said}, set(), words)

    def test_help_is_leafed_through(self):
        for words in (["help", "target"], ["target", "--help"], ["target", "roll", "--help"], ["--help"]):
            self.assertRegex(self.on_screen(words), r"^paged:", words)

    def test_watching_shows_the_first_screenful(self):
        said = self.on_screen(["map", "--watch"], until="larger window")
        page = said.split("\033[3J")[-1].split("\n")
        self.assertLessEqual(len(page), 24)
        self.assertIn("Provision map", "".join(page[:3]))
        whole = len(self.report("map", "--table").out.splitlines())
        self.assertRegex(page[-1], r"^… \d+ more lines: --section NAME, or a larger window")
        left = int(re.search(r"\d+", page[-1]).group(0))
        self.assertAlmostEqual(left + len(page) - 1, whole, delta=whole // 5)     # lines wrap otherwise at another width
        self.assertNotIn("larger window", self.on_screen(["map", "--section", "school", "--watch"], until="own time"))

    def test_the_word_is_a_parameter(self):
        pupil = self.pupil()
        by_word = self.report("report", "pupil", pupil, "--json").json()
        by_option = self.report("report", "pupil", "--pupil", pupil, "--json").json()
        self.assertEqual(by_word["sections"], by_option["sections"])
        self.assertEqual(self.report("report", "pupil", "--json", code=2).problem()["code"], "E-USAGE")
        self.assertEqual(self.report("report", "pupil", pupil, "--pupil", pupil, "--json", code=2).problem()["code"], "E-USAGE")
        record = self.report("pupil", "show", pupil, "--json").json()["record"]["fields"]
        name = "%s %s" % (record["forename"], record["surname"])
        found = self.report("report", "pupil", name, "--json", code=None)
        if found.code == 0:                                            # two may be called so
            self.assertEqual(found.json()["sections"], by_word["sections"])

    def test_days_are_typed_as_people_do(self):
        said = self.report("register", "--compare", "1 sep 2024", "--json").json()
        self.assertEqual(said["sections"], self.report("register", "--compare", "2024-09-01", "--json").json()["sections"])
        self.assertEqual(self.report("register", "--compare", "31/2", "--json", code=2).problem()["code"], "E-USAGE")

    def test_show_draws_the_page(self):
        pupil = self.pupil()
        page = self.report("pupil", "show", pupil, "--table").out
        self.assertRegex(page, r"(?m)^Pupil %s, version \d+, last changed by " % pupil)
        self.assertIn(self.report("report", "pupil", pupil, "--json").json()["title"], page)
        targets = self.report("pupil", "show", pupil, "--table", "--section", "targets").out
        self.assertIn("\nTargets\n", targets)
        self.assertNotIn("\nPlans\n", targets)
        self.assertEqual(self.report("pupil", "show", pupil, "--json", "--section", "targets", code=2).problem()["code"], "E-USAGE")
        plain = self.report("pupil", "show", pupil, "--table", "--fields").out
        self.assertNotIn(self.report("report", "pupil", pupil, "--json").json()["title"], plain)
        self.assertRegex(plain, r"(?m)^Surname  ")
        self.assertEqual(self.report("pupil", "show", pupil, "--json").json()["record"]["id"], pupil)
        self.assertTrue(self.report("pupil", "show", pupil, "--csv").out.startswith("field,value"))
        for profile in self.report("profile", "list", "--limit", "1", "--json").json()["records"]:
            page = self.report("profile", "show", profile["id"], "--table").out
            self.assertIn("One-page profile %s, version" % profile["id"], page)
            whose = self.report("report", "profile", profile["fields"]["pupil"], "--table").out
            self.assertTrue(set(whose.splitlines()) <= set(page.splitlines()))

    def test_why_a_figure_is_what_it_is(self):
        whole = self.report("map", "--section", "class", "--json").json()["sections"][0]
        row = next(row for row in whole["rows"] if row["minutes_actual"])
        figure = "class:%s:minutes_actual" % row["class"]
        why = self.report("map", "--why", figure, "--json").json()
        self.assertEqual(why["sections"][-1]["name"], "why")
        rows = why["sections"][-1]["rows"]
        self.assertEqual(sum(r["amount"] for r in rows), row["minutes_actual"])
        self.assertGreater(len(why["sections"]), 1)
        text = self.report("map", "--why", figure, "--table").out
        self.assertNotIn("By year", text)
        self.assertIn(rows[0]["id"], text)
        self.assertEqual(self.report("map", "--why", "class:nowhere:minutes_actual", "--json", code=None).problem()["code"], "E-INVALID")

    def test_the_example_of_why_is_a_figure(self):
        example = re.search(r"as in: sendco (map --why \S+)\.", " ".join(self.report("map", "--help").out.split())).group(1)
        rows = self.report("map", "--section", "class", "--json").json()["sections"][0]["rows"]
        there = next(row["class"] for row in rows if row["minutes_actual"])
        said = self.report(*example.replace("3B", there).split(), "--json").json()
        self.assertEqual(said["sections"][-1]["name"], "why")
        self.assertTrue(said["sections"][-1]["rows"])

    def test_durations_are_hours_for_people_and_minutes_for_programs(self):
        row = next(r for r in self.report("map", "--section", "class", "--json").json()["sections"][0]["rows"] if r["minutes_planned"])
        minutes = row["minutes_planned"]
        self.assertIn("%d:%02d" % divmod(minutes, 60), self.report("map", "--section", "class", "--table").out)
        csv = self.report("map", "--section", "class", "--csv").out
        self.assertTrue(any(",%d," % minutes in line for line in csv.splitlines() if line.startswith(row["class"])))

    def test_one_table_to_a_file_and_a_word_about_the_others(self):
        done = self.report("map", "--csv")
        self.assertLess(done.err.index("--table"), done.err.index("--json"))
        self.assertIn("--section", done.err)
        self.assertEqual(self.report("map", "--csv", "--quiet").err, "")
        self.assertEqual(self.report("map", "--section", "nothing", "--json", code=2).problem()["code"], "E-USAGE")

    def test_a_file_has_the_same_columns_whoever_has_rows(self):
        classes = [one["fields"]["name"] for one in self.report("class", "list", "--json").json()["records"]]
        for name in ("gaps", "today", "map", "impact", "actions", "changes"):
            heads = set()
            for words in [[]] + ([["--class", one] for one in classes[:6]] if name in ("gaps", "map", "actions", "impact") else []):
                done = self.report(name, *words, "--csv")
                heads.add((done.out.splitlines()[0], done.err))
            self.assertEqual(len(heads), 1, name)
        teacher = self.school.cli("teacher", "gaps", "--csv").out.splitlines()[0]
        self.assertEqual(teacher, self.report("gaps", "--csv").out.splitlines()[0])
        self.assertTrue(self.report("register", "--compare", "2023-09-01", "--csv").err.startswith('This is the section "compare"'))
        self.assertTrue(self.report("map", "--by", "year", "--csv").out.startswith("year,"))
        self.assertEqual(self.report("gaps", "--columns", "raised,id", "--csv").out.splitlines()[0], "raised,id")

    def test_drawn_again_when_something_changes(self):
        watcher = self.watcher("senco", "map", "--section", "school", "--watch", "--jsonl")
        watcher.wait(lambda line: line["report"] == "map", "the first drawing")
        run = self.report("provision", "list", "--limit", "1", "--json").json()["records"][0]["id"]
        self.report("provision", "edit", run, "note=Drawn again")
        school.until(lambda: len(watcher.lines) > 1 or watcher.ended(), "the second drawing")
        self.assertEqual(len(watcher.lines[1]["sections"]), 1)
        before = len(watcher.lines)
        self.report("meeting", "add", "purpose=STAFF", "day=today")          # the map does not read meetings
        self.report("provision", "edit", run, "note=And again")
        school.until(lambda: len(watcher.lines) > before or watcher.ended(), "the third drawing")
        self.assertEqual(len(watcher.lines), before + 1)

    def test_watching_outlives_the_server(self):
        watcher = self.watcher("senco", "gaps", "--watch", "--jsonl")
        watcher.wait(lambda line: True, "the first drawing")
        before = len(watcher.lines)
        host, port = self.school.server.address
        self.school.stop()
        self.school.start(at=self.at, port=port)
        school.until(lambda: len(watcher.lines) > before or watcher.ended(), "a drawing after the restart", 4 * wire.PATIENCE)

    def test_ends_with_ctrl_c(self):
        shell = subprocess.Popen(["sh", "-c", '"$@"; exit $?', "sh"] + self.school.command("senco", "gaps", "--watch", "--table"),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)
        self.assertTrue(shell.stdout.readline())
        os.killpg(shell.pid, signal.SIGINT)
        shell.communicate(timeout=wire.PATIENCE)
        self.assertIn(shell.returncode, (130, -signal.SIGINT))

    # --- since one last looked ---

    def changes(self, home, *words):
        return school.run(self.school.command("senco", "changes", *words, "--json"), env={"XDG_STATE_HOME": home})

    def rows(self, done):
        self.assertEqual(done.code, 0, str(done))
        return done.json()["sections"][0]["rows"]

    def test_changes_go_on_where_one_last_looked(self):
        pupil = self.pupil()
        with tempfile.TemporaryDirectory() as home:
            self.changes(home)
            self.assertEqual(self.rows(self.changes(home)), [])
            self.report("action", "add", "pupil=" + pupil, "what=Ring the clinic")
            self.assertEqual(len(self.rows(self.changes(home, "--since", "yesterday"))) > 0, True)   # does not move it
            self.assertEqual(len(self.rows(self.changes(home))), 1)
            self.assertEqual(self.rows(self.changes(home)), [])
            files = [os.path.join(top, name) for top, _, names in os.walk(home) for name in names]
            self.assertEqual(len(files), 1)
            self.assertEqual(stat.S_IMODE(os.stat(files[0]).st_mode), 0o600)
            with open(files[0]) as f:
                self.assertRegex(f.read(), r"^epoch \d+ seq \d+\n$")
            self.assertGreater(len(self.rows(self.changes(home, "--since", "#1"))), 1)

    def test_no_change_is_skipped_in_small_steps(self):
        def told(done):
            return [(row["id"], row["when"], row["what"], row["times"]) for row in self.rows(done)]

        pupil = self.pupil()
        with tempfile.TemporaryDirectory() as home:
            self.changes(home, "--limit", "5000")
            while self.rows(self.changes(home)):
                pass
            made = [self.report("action", "add", "pupil=" + pupil, "what=Step %d" % i, "--json").json()["id"] for i in range(13)]
            self.changes(home, "--pupil", pupil)                             # looked at a part only: nothing is seen by that
            self.changes(home, "--section", "upto")
            seen = []
            for _ in range(20):
                page = told(self.changes(home, "--limit", "5"))
                if not page:
                    break
                self.assertLessEqual(len(page), 5)
                seen += page
            self.assertEqual(sorted(one[0] for one in seen if one[0] in made), sorted(made))
            self.assertEqual(len(seen), len(set(seen)))
            self.assertEqual(told(self.changes(home)), [])


if __name__ == "__main__":
    school.main()
