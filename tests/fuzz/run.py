#!/usr/bin/env python3
"""Runs every fuzzing target for a while and says what that came to.

    tests/fuzz/run.py --build DIR [--seconds N] [--only NAME] [--missed]

DIR holds the programs of `make fuzz`. Each target begins with its seeds and with what was found worth keeping in earlier
runs (DIR/corpus), and has N seconds; two run at a time. At the end: runs, CPU-minutes, and of the functions that the target is
there for (under.py) the lines and branches reached by all that was kept, with --missed each branch that was not; --seconds 0 only
tells. Whatever breaks a target is made small and left in DIR/found; the exit code is then 1. A run may take five seconds (of the
clock on the wall: --patience N where others use the machine), 512 MiB, and leave nothing behind.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading

from under import BARRED, UNDER

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIMITS = ["-rss_limit_mb=512", "-detect_leaks=1"]


class Target:
    def __init__(self, build, name, seconds, patience):
        self.name, self.build, self.seconds, self.patience = name, build, seconds, patience
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

    def call(self, *options, profile=os.devnull, limits=LIMITS, most=None):
        """(exit code, what it said, seconds of CPU); ended after `most` seconds, for libFuzzer may hang while it tells of a timeout"""
        directory = tempfile.mkdtemp(prefix="sendco-fuzz-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        environment = dict(os.environ, TMPDIR=directory, LLVM_PROFILE_FILE=profile, LC_ALL="C.UTF-8",
                           ASAN_OPTIONS="quarantine_size_mb=48:detect_stack_use_after_return=1", UBSAN_OPTIONS="print_stacktrace=1")
        try:
            with tempfile.TemporaryFile() as out:
                process = subprocess.Popen([self.program, "-timeout=%d" % self.patience, *limits, *options], cwd=directory, stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=subprocess.STDOUT, env=environment)
                late = threading.Timer(most or 24 * 3600, process.kill)
                late.start()
                _, status, used = os.wait4(process.pid, 0)
                late.cancel()
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
            code, text, cpu = self.call("-max_total_time=%d" % left, "-artifact_prefix=" + prefix, "-print_final_stats=1", "-max_len=8192",
                                        *self.dictionary(), self.corpus, self.seeds, most=left + 10 * self.patience + 60)
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
        """What all that was kept reaches, by file: {path in the tree: Reached}."""
        raw = os.path.join(self.build, "corpus", self.name + ".profraw")
        self.call("-runs=0", self.corpus, self.seeds, profile=raw, limits=["-rss_limit_mb=2048"])
        if not os.path.exists(raw):
            return {}
        subprocess.run(["llvm-profdata", "merge", "-o", self.profile, raw], check=True)
        os.unlink(raw)
        out = subprocess.run(["llvm-cov", "export", "-format=lcov", "-instr-profile", self.profile, self.program], check=True,
                             stdout=subprocess.PIPE).stdout
        return reached(out.decode())


class Reached:
    """Of one file: where its functions begin, how often each line ran, how often each branch was taken."""

    def __init__(self):
        self.functions, self.lines, self.branches = {}, {}, []

    def function_of(self, line):
        """The one that begins last before it: there are no functions in functions."""
        begun = [(at, name) for name, at in self.functions.items() if at <= line]
        return max(begun)[1] if begun else None


def reached(lcov):
    files, at = {}, Reached()
    for line in lcov.splitlines():
        what, _, rest = line.partition(":")
        words = rest.split(",")
        if what == "SF":
            path = os.path.relpath(os.path.realpath(rest), ROOT)
            at = files.setdefault("protobuf-c.c" if path.endswith("/protobuf-c.c") else path, Reached())
        elif what == "FN":
            at.functions[words[1].split(":")[-1]] = int(words[0])
        elif what == "DA":
            at.lines[int(words[0])] = int(words[1])
        elif what == "BRDA":
            at.branches.append((int(words[0]), int(words[2]) % 2 == 0, 0 if words[3] == "-" else int(words[3])))
    return files


class Sum:
    """Lines and branches of the functions under test, of a file or of all."""

    def __init__(self):
        self.lines = self.lines_of = self.branches = self.branches_of = 0
        self.missed, self.barred, self.stale = [], [], []

    def add(self, other):
        self.lines, self.lines_of = self.lines + other.lines, self.lines_of + other.lines_of
        self.branches, self.branches_of = self.branches + other.branches, self.branches_of + other.branches_of

    def row(self, name):
        return "    %-40s lines %-22s branches %s" % (name, share(self.lines, self.lines_of), share(self.branches, self.branches_of))


def is_in(name, functions):
    return any(fnmatch.fnmatchcase(name or "", f) for f in functions)


def sum_up(path, found, choice, barred):
    """`choice` and `barred` are under.py's words on that file. A branch that was not reached and is barred does not count."""
    total = Sum()
    source = []
    if os.path.exists(os.path.join(ROOT, path)):
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            source = f.read().splitlines()
    under = {name for name in found.functions if is_in(name, choice.functions) and not is_in(name, choice.without)}
    total.stale = [name for name in [*choice.functions, *choice.without] if not any(is_in(f, [name]) for f in found.functions)]
    for line, count in found.lines.items():
        if found.function_of(line) in under:
            total.lines += count > 0
            total.lines_of += 1
    for line, way, count in found.branches:
        if found.function_of(line) not in under:
            continue
        text = source[line - 1].strip() if line <= len(source) else ""
        why = [said for part, said in barred.items() if part in text]
        if count == 0 and why:
            total.barred.append((line, text, why[0]))
            continue
        total.branches += count > 0
        total.branches_of += 1
        if count == 0:
            total.missed.append((line, "never so" if way else "always so", text))
    total.stale += [part for part in barred if not any(part in line for line in source)]
    return total


def share(part, whole):
    return "%d of %d (%.1f %%)" % (part, whole, 100 * part / whole if whole else 100)


def tell_file(path, one, choice, missed):
    print(one.row(path))
    for name in one.stale:
        print("        under.py: \"%s\" is not there any more" % name)
    for line, text, why in one.barred if missed else []:
        print("        barred %s:%d: %s    -- %s" % (path, line, text, why))
    for line, way, text in one.missed if missed and choice.counts else []:
        print("        missed %s:%d, %s: %s" % (path, line, way, text))
    for name, why in choice.without.items() if missed else []:
        print("        without %s: %s" % (name, why))


def tell(target, missed):
    print("%s: %d runs in %.1f CPU-minutes; %s" % (target.name, target.runs, target.cpu / 60, target.last))
    total, barred, files, seen = Sum(), 0, target.cover(), set()
    for pattern, choice in UNDER[target.name].items():    # the first that fits a file is the one that counts
        paths = [path for path in sorted(files) if fnmatch.fnmatchcase(path, pattern) and path not in seen]
        seen.update(paths)
        if not paths and files:
            print("        under.py: there is no %s any more" % pattern)
        for path in paths:
            one = sum_up(path, files[path], choice, BARRED.get(target.name, {}).get(path, {}))
            if choice.counts:
                total.add(one)
            barred += len(one.barred)
            tell_file(path, one, choice, missed)
    if files:
        print(total.row("together") + "; %d more out of reach" % barred)
    for why, path, _ in target.broken:
        print("    BROKEN: %s\n            %s" % (why, path))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description="Runs every fuzzing target for a while.")
    parser.add_argument("--build", default="build/fuzz", help="where make fuzz built")
    parser.add_argument("--seconds", type=int, default=300, help="for each target")
    parser.add_argument("--patience", type=int, default=5, help="seconds that one run may take; more where others use the machine")
    parser.add_argument("--only", action="append", help="this target; may be given again")
    parser.add_argument("--missed", action="store_true", help="tell every branch that was not reached, and what is not counted and why")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    targets = [Target(build, name, options.seconds, options.patience) for name in UNDER if not options.only or name in options.only]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for target in pool.map(Target.fuzz, targets):
            tell(target, options.missed)
    broken = sum(len(t.broken) for t in targets)
    print("%d runs, %.1f CPU-minutes, %d broken" % (sum(t.runs for t in targets), sum(t.cpu for t in targets) / 60, broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
