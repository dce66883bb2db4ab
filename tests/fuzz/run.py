#!/usr/bin/env python3
"""Runs every fuzzing target for a while and says what that came to.

    tests/fuzz/run.py --build DIR [--seconds N] [--only NAME]

DIR holds the programs of `make fuzz`. Each target begins with its seeds and with what was found worth keeping in earlier
runs (DIR/corpus), and has N seconds; two run at a time. At the end: runs, CPU-minutes, and for the files under test the lines and
branches reached by all that was kept. Whatever breaks a target is made small and left in DIR/found; the exit code is then 1.
A run may take five seconds (of the clock on the wall, and others use the machine), 512 MiB, and leave nothing behind.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# the files that a target is there for
UNDER = {
    "frame": ["common/frame.c", "common/guard.c", "common/arena.c", "common/buffer.c", "common/record.c", "common/value.c", "server/parse.c",
              "protobuf-c.c"],
    "session": ["server/session.c", "server/dispatch.c", "server/request.c", "server/parse.c", "server/pack.c", "server/live.c",
                "server/watch.c", "server/round.c", "server/push.c", "server/presence.c", "server/handlers/*.c", "server/rules/*.c",
                "server/reports/*.c", "server/store/sqlite/*.c", "server/store/scope.c", "server/access/scope.c", "server/access/pass.c",
                "server/access/matrix.c"],
    "list": ["server/store/sqlite/select.c", "server/store/sqlite/view.c", "server/store/sqlite/reader.c", "server/parse.c",
             "server/access/scope.c", "server/store/scope.c"],
    "roll": ["client/exchange/encoding.c", "client/exchange/headings.c", "client/exchange/columns.c", "client/exchange/cells.c",
             "client/exchange/dates.c", "client/exchange/names.c", "client/exchange/checks.c", "client/exchange/faults.c",
             "client/exchange/roll.c", "client/exchange/match.c", "client/exchange/plan.c", "client/exchange/plan_spells.c",
             "client/exchange/provision.c", "client/exchange/school.c"],
    "values": ["common/date_parse.c", "common/date.c", "common/clock.c", "common/value_parse.c", "common/value_format.c", "common/value.c",
               "common/number.c", "common/upn.c", "common/id.c"],
    "text": ["common/text.c", "common/text_fold.c", "common/text_show.c", "common/text_sort.c", "common/id.c", "common/upn.c"],
}
LIMITS = ["-timeout=5", "-rss_limit_mb=512", "-detect_leaks=1"]


class Target:
    def __init__(self, build, name, seconds):
        self.name, self.build, self.seconds = name, build, seconds
        self.program = os.path.join(build, "bin", "fuzz-" + name)
        self.corpus = os.path.join(build, "corpus", name)
        self.found = os.path.join(build, "found")
        self.profile = os.path.join(build, "corpus", name + ".profdata")
        self.seeds = os.path.join(HERE, "seeds", name)
        self.runs = self.rate = self.cpu = 0
        self.broken = []
        self.last = ""
        os.makedirs(self.corpus, exist_ok=True)
        os.makedirs(self.found, exist_ok=True)

    def call(self, *options, profile=os.devnull, limits=LIMITS):
        """(exit code, what it said, seconds of CPU)"""
        directory = tempfile.mkdtemp(prefix="sendco-fuzz-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        environment = dict(os.environ, TMPDIR=directory, LLVM_PROFILE_FILE=profile, LC_ALL="C.UTF-8",
                           ASAN_OPTIONS="quarantine_size_mb=48:detect_stack_use_after_return=1", UBSAN_OPTIONS="print_stacktrace=1")
        try:
            with tempfile.TemporaryFile() as out:
                process = subprocess.Popen([self.program, *limits, *options], cwd=directory, stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=subprocess.STDOUT, env=environment)
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                out.seek(0)
                return process.returncode, out.read().decode(errors="replace"), used.ru_utime + used.ru_stime
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def dictionary(self):
        path = os.path.join(HERE, self.name + ".dict")
        return ["-dict=" + path] if os.path.exists(path) else []

    def fuzz(self):
        """For as long as there are seconds; what broke it is made small, and it goes on."""
        left = self.seconds
        while left > 0 and len(self.broken) < 8:
            prefix = os.path.join(self.found, self.name + "-")
            code, text, cpu = self.call("-max_total_time=%d" % left, "-artifact_prefix=" + prefix, "-print_final_stats=1", "-max_len=4096",
                                        *self.dictionary(), self.corpus, self.seeds)
            self.cpu += cpu
            self.runs += int((re.findall(r"number_of_executed_units: (\d+)", text) or re.findall(r"^#(\d+)", text, re.M) or ["0"])[-1])
            self.last = (re.findall(r"cov: \d+ ft: \d+", text) or [""])[-1]
            spent = re.findall(r"in (\d+) second", text)
            if code == 0:
                break
            left -= int(spent[-1]) if spent else max(30, self.seconds // 4)
            self.keep(text, prefix)
        return self

    def keep(self, text, prefix):
        written = re.findall(r"Test unit written to (\S+)", text)
        why = re.findall(r"^.*(?:not so:|runtime error:|ERROR: \w+Sanitizer:|ERROR: libFuzzer:).*$", text, re.M)
        self.broken.append(((why or ["it ended"])[0].strip(), written[-1] if written else "", text))
        if not written:
            return
        with open(written[-1] + ".log", "w", encoding="utf-8") as f:
            f.write(text)
        small = written[-1] + ".small"
        self.call("-minimize_crash=1", "-max_total_time=30", "-exact_artifact_path=" + small, written[-1])
        if os.path.exists(small):
            self.broken[-1] = (self.broken[-1][0], small, text)

    def cover(self):
        """Of each file under test: (file, lines, of, branches, of), by the seeds and all that was kept."""
        raw = os.path.join(self.build, "corpus", self.name + ".profraw")
        self.call("-runs=0", self.corpus, self.seeds, profile=raw, limits=["-timeout=20", "-rss_limit_mb=2048"])
        if not os.path.exists(raw):
            return []
        subprocess.run(["llvm-profdata", "merge", "-o", self.profile, raw], check=True)
        out = subprocess.run(["llvm-cov", "export", "-summary-only", "-instr-profile", self.profile, self.program], check=True,
                             stdout=subprocess.PIPE).stdout
        rows = []
        wanted = [os.path.relpath(p, ROOT) for pattern in UNDER[self.name] for p in glob.glob(os.path.join(ROOT, pattern))]
        for f in json.loads(out)["data"][0]["files"]:
            name = os.path.relpath(os.path.realpath(f["filename"]), ROOT)
            if name in wanted or ("protobuf-c.c" in UNDER[self.name] and name.endswith("/protobuf-c.c")):
                lines, branches = f["summary"]["lines"], f["summary"]["branches"]
                rows.append((os.path.basename(name) if name.startswith("..") else name, lines["covered"], lines["count"],
                             branches["covered"], branches["count"]))
        os.unlink(raw)
        return rows


def share(part, whole):
    return "%d of %d (%.0f %%)" % (part, whole, 100 * part / whole if whole else 100)


def tell(target):
    rows = target.cover()
    print("%s: %d runs in %.1f CPU-minutes; %s" % (target.name, target.runs, target.cpu / 60, target.last))
    for name, lines, of, branches, of_branches in rows:
        print("    %-40s lines %-20s branches %s" % (name, share(lines, of), share(branches, of_branches)))
    if rows:
        print("    %-40s lines %-20s branches %s" % ("together", share(sum(r[1] for r in rows), sum(r[2] for r in rows)),
                                                     share(sum(r[3] for r in rows), sum(r[4] for r in rows))))
    for why, path, _ in target.broken:
        print("    BROKEN: %s\n            %s" % (why, path))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description="Runs every fuzzing target for a while.")
    parser.add_argument("--build", default="build/fuzz", help="where make fuzz built")
    parser.add_argument("--seconds", type=int, default=300, help="for each target")
    parser.add_argument("--only", action="append", help="this target; may be given again")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    targets = [Target(build, name, options.seconds) for name in UNDER if not options.only or name in options.only]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for target in pool.map(Target.fuzz, targets):
            tell(target)
    broken = sum(len(t.broken) for t in targets)
    print("%d runs, %.1f CPU-minutes, %d broken" % (sum(t.runs for t in targets), sum(t.cpu for t in targets) / 60, broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
