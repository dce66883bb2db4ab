#!/usr/bin/env python3
"""Runs the suite under the thread sanitizer (`make tsan`) and fails on any report, even of a daemon that a test killed.

    tests/support/threads.py --build DIR [--only PATTERN]

First DIR/faults/race must be reported, and the same with a lock must not: a sanitizer that sees nothing proves nothing.
"""
import argparse
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.path.join(os.path.dirname(HERE), "run.py")
REPORTED = 66


def options(reports):
    """Reports go to files, REPORTS/said.PID, for who writes to a killed daemon's stderr is not heard."""
    return " ".join(("log_path=" + os.path.join(reports, "said"), "suppressions=" + os.path.join(HERE, "tsan.supp"), "history_size=4",
                     "second_deadlock_stack=1", "exitcode=%d" % REPORTED))


def said(reports):
    return sorted(glob.glob(os.path.join(reports, "said.*")))


def forget(reports):
    os.makedirs(reports, exist_ok=True)
    for path in said(reports):
        os.remove(path)


def sees(build, reports, environment):
    """Does it report the race, and nothing where there is a lock?"""
    for word, expected in (("race", REPORTED), ("lock", 0)):
        forget(reports)
        code = subprocess.run([os.path.join(build, "faults", "race"), word], env=environment, stdout=subprocess.DEVNULL).returncode
        if code != expected or bool(said(reports)) != bool(expected):
            print("threads: %s: exit %d and %d reports, not exit %d: the sanitizer cannot be believed"
                  % (word, code, len(said(reports)), expected))
            return False
    forget(reports)
    return True


def main():
    parser = argparse.ArgumentParser(description="The suite under the thread sanitizer.")
    parser.add_argument("--build", default="build/tsan", help="where make tsan built")
    parser.add_argument("--only", action="append", help="tests whose name fits this pattern; may be given again")
    asked = parser.parse_args()
    build = os.path.abspath(asked.build)
    reports = os.path.join(build, "reports")
    environment = dict(os.environ, TSAN_OPTIONS=options(reports))
    if not sees(build, reports, environment):
        return 1
    only = [word for pattern in asked.only or () for word in ("--only", pattern)]
    code = subprocess.run([sys.executable, RUN, "--build", build, "--short"] + only, env=environment).returncode
    for path in said(reports):
        with open(path, encoding="utf-8", errors="replace") as f:
            print(f.read())
    print("%d processes with races, %s" % (len(said(reports)), "all tests passed" if code == 0 else "tests failed"))
    return 1 if said(reports) or code else 0


if __name__ == "__main__":
    sys.exit(main())
