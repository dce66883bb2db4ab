#!/usr/bin/env python3
"""Runs every test there is and says how many passed.

    tests/run.py --build DIR [--short | --long] [--only PATTERN]

The unit tests are the programs DIR/tests/test_*, the others Python files in tests/integration and tests/faults; each
is a process of its own, two at a time, but those whose first comment says "Runs alone". The last line is always
"N passed, N failed"; a file that crashes or hangs counts as one failed test.
"""
import argparse
import concurrent.futures
import fnmatch
import glob
import os
import re
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
talk = threading.Lock()


def found(build, only):
    """[(name, command, deadline in seconds, alone)], long ones first."""
    tests = []
    for path in sorted(glob.glob(os.path.join(HERE, "faults", "*.py"))):
        if "_" in os.path.basename(path):        # a part of the test of several files whose name it begins with
            continue
        tests.append(("faults/" + os.path.basename(path), [PYTHON, path], 900, alone(path)))
    for path in sorted(glob.glob(os.path.join(HERE, "integration", "test_*.py"))):
        tests.append(("integration/" + os.path.basename(path), [PYTHON, path], 600, alone(path)))
    for path in sorted(glob.glob(os.path.join(build, "tests", "test_*"))):
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            tests.append(("unit/" + os.path.basename(path), [path], 600, False))
    return [t for t in tests if not only or any(fnmatch.fnmatch(t[0], "*%s*" % p) for p in only)]


def alone(path):
    with open(path, encoding="utf-8") as f:
        return "Runs alone" in f.read(2000)


def counted(text, code):
    """(passed, failed) as the test itself says it, whichever of the two languages it speaks."""
    ran = re.findall(r"^Ran (\d+) tests? in", text, re.M)
    if ran:
        total = sum(map(int, ran))
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors|unexpected successes)=(\d+)", text))
        skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", text))
        skipped -= len(re.findall(r"^setUp\w+ \(.* skipped ", text, re.M))    # a whole class: none of its tests were counted
        return max(0, total - bad - skipped), bad
    passed = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (?:\w+: )?(\d+) test", text, re.M))
    return passed, failed


def run(test, environment):
    name, command, deadline, _ = test
    deadline *= 12 if environment.get("SENDCO_LONG") else 1
    began = time.monotonic()
    # A session of its own, so that what hangs is ended with all it started.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                               start_new_session=True)
    late = False
    try:
        out, _ = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        late = True
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
    text = out.decode(errors="replace")
    passed, failed = counted(text, process.returncode)
    if late or (process.returncode != 0 and failed == 0) or passed + failed == 0:
        failed += 1
    with talk:
        print("%-4s %-40s %4d passed %3d failed %7.1f s" % ("FAIL" if failed else "ok", name, passed, failed, time.monotonic() - began))
        if failed or environment.get("SENDCO_LONG"):
            print(text)
        else:    # what it planted, and how that was found
            print("".join("       %s\n" % line[:150] for line in re.findall(r"red as it must be.*|skipped '.*", text)), end="")
        if failed:
            print("-- %s: %s" % (name, "no end within %d s" % deadline if late else "exit %d" % process.returncode))
        sys.stdout.flush()
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description="Runs every test there is.")
    parser.add_argument("--build", default="build", help="where make built")
    parser.add_argument("--short", action="store_true", help="fewer rounds, for slow builds with sanitizers")
    parser.add_argument("--long", action="store_true", help="many more rounds, where a test has them; what passed is printed too")
    parser.add_argument("--only", action="append", help="tests whose name fits this pattern; may be given again")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    environment = dict(os.environ, SENDCO_BUILD=build, PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8")
    for name in ("SENDCO_PROFILE", "SENDCO_SERVER", "SENDCO_FAULT", "SENDCO_SHORT", "SENDCO_LONG"):
        environment.pop(name, None)
    if options.short:
        environment.update(SENDCO_SHORT="1", SENDCO_PATIENCE="90")
    if options.long:
        environment.update(SENDCO_LONG="1")
    tests = found(build, options.only)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda t: run(t, environment), [t for t in tests if not t[3]]))
    results += [run(t, environment) for t in tests if t[3]]
    passed, failed = sum(r[0] for r in results), sum(r[1] for r in results)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
