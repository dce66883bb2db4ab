#!/usr/bin/python3
"""make bench: how fast sendcod is beside its peers, on this machine, today.

Peers are started here, on loopback with TLS 1.3 and P-256, and take turns with
sendcod within one invocation; what counts is the median of the ratios of the
rounds, printed with least and greatest, because machines drift. Every reply must
be a success and what is stored must be what was acknowledged, or the run fails.
A missing peer is SKIP, never a pass.

BENCH_QUICK=1: short rounds and few rows, for a look; nothing to publish."""
import argparse
import datetime
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import measure
from postgres import Postgres
from school import Echo, School

# name, clients: (gate, goal); a ratio to the peer, and whether more is better.
TARGETS = {
    ("write-sustained", 50): (1.2, 1.5, True),
    ("write-p99", 8): (1.0, 0.5, False),
    ("write-p99", 50): (1.0, 0.5, False),
    ("read-echo", 50): (0.6, 0.75, True),
    ("read-peer", 8): (1.5, 2.0, True),
    ("read-peer", 50): (2.0, 3.0, True),
    ("notify-peer", 50): (0.6, 0.35, False),
}
QUICK = {"rounds": 3, "write": 4, "read": 3, "notify": 3, "rows": 20000, "seed": 60, "idle": 2000, "window": 5, "anchor": 1}
FULL = {"rounds": 5, "write": 60, "read": 20, "notify": 20, "rows": 1000000, "seed": 120, "idle": 10000, "window": 50, "anchor": 3}
PARTS = ("write", "text", "read", "notify", "idle")


def us(value):
    return f"{value} us" if value < 1000 else f"{value / 1000:.2f} ms"


def mib(value):
    return f"{value / (1 << 20):.0f} MiB"


class Bench:
    def __init__(self, arguments, plan):
        self.arguments, self.plan = arguments, plan
        self.figures, self.rounds, self.skipped = [], [], {}
        self.school = self.postgres = self.echo = None
        self.watch, self.others = measure.Others(), 0.0

    # --- set up, take down ---

    def begin(self, directory):
        """The school, its rows, and the peers with as many."""
        self.anchor = measure.flush_anchor(directory, self.plan["anchor"])
        print(f"append 4 KiB + fdatasync here: {self.anchor['per_s']}/s, p50 {us(self.anchor['p50_us'])}, "
              f"p99 {us(self.anchor['p99_us'])}, max {us(self.anchor['max_us'])}", flush=True)
        self.school = School(self.arguments.build, directory)
        self.school.start()
        made = self.school.seed(self.plan["rows"], self.plan["seed"])
        short = "" if made["rows"] == made["wanted"] else f" (asked for {made['wanted']}; {self.plan['seed']} s were given)"
        print(f"rows: {made['rows']}{short}, made through the protocol at {made['rate']:.0f}/s", flush=True)
        self.seeded = made
        try:
            self.postgres = Postgres(directory, self.school.certificates)
            self.postgres.seed(self.school.rows)
            print(f"beside PostgreSQL {self.postgres.version} with as many rows", flush=True)
        except measure.Missing as missing:
            self.skip("PostgreSQL", missing)
        self.echo = Echo(self.school, directory)

    def end(self):
        for one in (self.echo, self.postgres, self.school):
            if one is not None:
                one.stop()
        self.others = self.watch.share()

    def skip(self, what, why):
        self.skipped[what] = str(why)
        print(f"SKIP {what}: {why}", flush=True)

    # --- rounds ---

    def note(self, part, clients, number, who, result):
        """Keeps a round's raw figures and prints them."""
        self.rounds.append({"part": part, "clients": clients, "round": number, "who": who} | result)
        line = f"  {part:<6} {clients:>4} clients, round {number + 1}: {who:<14} {result['rate']:>9.0f}/s"
        line += f"  p50 {us(result['p50_us']):>9}  p99 {us(result['p99_us']):>9}  max {us(result['max_us']):>9}"
        if "cpu_s" in result:
            line += f"  cpu {result['cpu_s']:.1f} s"
        if result.get("rss"):
            line += f"  mem {mib(result['rss'])}"
        if result.get("wal"):
            line += f"  WAL {mib(result['wal'])}"
        print(line, flush=True)
        return result

    def turns(self, part, clients, contenders):
        """All rounds of one comparison; each contender starts as often as any other.
        contenders: [(name, function)]. Returns {name: [result per round]}."""
        found = {name: [] for name, _ in contenders}
        for number in range(self.plan["rounds"]):
            first = number % len(contenders)
            for name, function in contenders[first:] + contenders[:first]:
                found[name].append(self.note(part, clients, number, name, function()))
        return found

    def figure(self, name, clients, ours, theirs, key, peer):
        ratios = [one[key] / other[key] for one, other in zip(ours, theirs)]
        gate, goal, more = TARGETS.get((name, clients), (None, None, None))
        middle = statistics.median(ratios)
        verdict = "report"
        if gate is not None:
            reached = [middle >= bound if more else middle <= bound for bound in (gate, goal)]
            verdict = "goal" if reached[1] else "gate" if reached[0] else "BELOW GATE"
        self.figures.append({"name": name, "clients": clients, "peer": peer, "ratio": middle, "min": min(ratios), "max": max(ratios),
                             "gate": gate, "goal": goal, "more_is_better": more, "verdict": verdict, "rounds": len(ratios),
                             "ours": statistics.median(one[key] for one in ours),
                             "theirs": statistics.median(other[key] for other in theirs), "unit": "/s" if key == "rate" else "us"})

    # --- the comparisons ---

    def write(self, part="write"):
        """Edits of one field of a random row, version given. `text` edits a searched
        text and so renews the index of words as well: more than PostgreSQL is asked for."""
        seconds = self.plan["write" if part == "write" else "read"]
        for clients in self.arguments.clients if part == "write" else [50]:
            contenders = [("sendco", lambda: self.school.load(part, clients, seconds))]
            if self.postgres:
                contenders.append(("PostgreSQL", lambda: self.postgres.load("write", clients, seconds)))
            found = self.turns(part, clients, contenders)
            if self.postgres:
                suffix = "" if part == "write" else "-text"
                self.figure(f"write-sustained{suffix}", clients, found["sendco"], found["PostgreSQL"], "rate", "PostgreSQL")
                self.figure(f"write-p99{suffix}", clients, found["sendco"], found["PostgreSQL"], "p99_us", "PostgreSQL")

    def text(self):
        self.write("text")

    def read(self):
        seconds = self.plan["read"]
        for clients in self.arguments.clients:
            contenders = [("sendco", lambda: self.school.load("read", clients, seconds)),
                          ("bare TLS echo", lambda: self.school.load("echo", clients, seconds, self.echo))]
            if self.postgres:
                contenders.append(("PostgreSQL", lambda: self.postgres.load("read", clients, seconds)))
            found = self.turns("read", clients, contenders)
            self.figure("read-echo", clients, found["sendco"], found["bare TLS echo"], "rate", "bare TLS echo")
            if self.postgres:
                self.figure("read-peer", clients, found["sendco"], found["PostgreSQL"], "rate", "PostgreSQL")

    def notify(self):
        seconds, listeners = self.plan["notify"], 50

        def as_result(said):
            return said | {"rate": said["done"] / seconds, "p50_us": said["last_p50_us"], "p99_us": said["last_p99_us"],
                           "max_us": said["last_max_us"]}

        def theirs():
            out, stored = self.postgres.notify(self.school.program("pgnotify"), listeners, seconds)
            said = json.loads(out)
            if stored != said["done"] or said["heard"] != said["done"] * listeners:
                raise measure.Fault("PostgreSQL's notifications were not all heard")
            return as_result(said)

        contenders = [("sendco", lambda: as_result(self.school.notify(listeners, seconds)))]
        if self.postgres:
            contenders.append(("PostgreSQL", theirs))
        try:
            found = self.turns("notify", listeners, contenders)
        except measure.Missing as missing:
            self.skip("PostgreSQL NOTIFY", missing)
            return
        if self.postgres:
            self.figure("notify-peer", listeners, found["sendco"], found["PostgreSQL"], "p50_us", "PostgreSQL NOTIFY")
        self.skip("notify against Redis", "Redis is not yet a peer of this benchmark")

    def idle(self):
        """A fresh server, so that memory used before does not hide what clients cost."""
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        clients = self.plan["idle"] if limit >= self.plan["idle"] + 500 else max(1000, limit - 500)
        self.school.stop()
        self.school.enrol(clients)
        started = self.school.start()
        result = self.school.idle(clients, self.plan["window"])
        self.rounds.append({"part": "idle", "who": "sendco", "start_s": started} | result)
        print(f"  idle   {clients} clients logged in within {result['open_s']:.1f} s: {result['per_client'] / 1024:.1f} KiB private memory "
              f"each (server {mib(result['before'])} before, {mib(result['with'])} with them), "
              f"{result['cpu_share'] * 100:.2f} % of a core over {result['window_s']} s", flush=True)
        self.skip("idle-memory against Redis", "Redis is not yet a peer of this benchmark")

    # --- saying it ---

    def table(self):
        print(f"\n{'figure':<22}{'clients':>8}  {'sendco':>12}  {'peer':>12}  {'ratio [min..max]':<22}{'gate':>8}{'goal':>8}  {'verdict':<12}peer")
        for one in self.figures:
            def show(value):
                return f"{value:,.0f}/s" if one["unit"] == "/s" else us(round(value))
            bounds = f"{one['ratio']:.2f} [{one['min']:.2f}..{one['max']:.2f}]"
            sign = "" if one["gate"] is None else ">=" if one["more_is_better"] else "<="
            gate, goal = (f"{sign}{one[key]:g}" if one[key] is not None else "-" for key in ("gate", "goal"))
            print(f"{one['name']:<22}{one['clients']:>8}  {show(one['ours']):>12}  {show(one['theirs']):>12}  {bounds:<22}{gate:>8}{goal:>8}"
                  f"  {one['verdict']:<12}{one['peer']}")
        for what, why in self.skipped.items():
            print(f"SKIP {what}: {why}")
        print(f"\n{self.school.rows} rows on each side, {self.plan['rounds']} rounds a comparison, {self.plan['write']} s a round of writing, "
              f"{self.plan['read']} s of reading; client and server share {os.cpu_count()} cores.")
        if self.others > 0.1:
            print(f"BEWARE: other programs used {self.others * 100:.0f} % of this machine meanwhile; the figures say little.")
        if self.arguments.quick:
            print("A quick look (BENCH_QUICK=1): too short and too small to publish.")

    def save(self, failed):
        path = os.path.join(self.arguments.build, "bench", "results.json")
        document = {"schema_version": 1, "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                    "quick": self.arguments.quick, "failed": failed, "machine": measure.machine(), "plan": self.plan,
                    "used_by_others": round(self.others, 3),
                    "rows": self.school.rows if self.school else 0, "seeding": getattr(self, "seeded", None),
                    "flush_anchor": getattr(self, "anchor", None),
                    "postgresql": self.postgres.version if self.postgres else None, "skipped": self.skipped,
                    "figures": self.figures, "rounds": self.rounds}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.write("\n")
        print(f"all figures: {path}")


def arguments_of():
    parser = argparse.ArgumentParser(description="Speed of sendcod beside its peers.")
    parser.add_argument("--build", default="build", help="where the programs are")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas: " + ", ".join(PARTS))
    parser.add_argument("--clients", default="1,8,50", help="numbers of clients for writing and reading; up to 60")
    parser.add_argument("--keep", action="store_true", help="keep the temporary directory")
    for name in ("rounds", "write", "read", "notify", "rows", "idle"):
        parser.add_argument(f"--{name}", type=int, help=f"instead of the plan's: {FULL[name]}, quick {QUICK[name]}")
    arguments = parser.parse_args()
    arguments.build = os.path.abspath(arguments.build)
    arguments.clients = [int(one) for one in arguments.clients.split(",")]
    arguments.only = arguments.only.split(",")
    unknown = [one for one in arguments.only if one not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    arguments.quick = os.environ.get("BENCH_QUICK", "") not in ("", "0")
    return arguments


def on_signal(number, frame):
    raise KeyboardInterrupt


def main():
    arguments = arguments_of()
    plan = dict(QUICK if arguments.quick else FULL)
    plan.update({name: getattr(arguments, name) for name in plan if getattr(arguments, name, None)})
    signal.signal(signal.SIGTERM, on_signal)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    directory = tempfile.mkdtemp(prefix="sendco-bench-")
    os.chmod(directory, 0o755)   # PostgreSQL runs as somebody else below it
    bench, failed = Bench(arguments, plan), None
    try:
        bench.begin(directory)
        for part in arguments.only:
            getattr(bench, part)()
    except (measure.Fault, OSError, subprocess.SubprocessError, ValueError, KeyError) as fault:
        failed = f"{type(fault).__name__}: {fault}" if not isinstance(fault, measure.Fault) else str(fault)
    except KeyboardInterrupt:
        failed = "interrupted"
    finally:
        try:
            bench.end()
        except measure.Fault as fault:
            failed = failed or str(fault)
    if bench.school:
        if bench.figures:
            bench.table()
        bench.save(failed)
    if failed:
        print(f"FAIL: {failed}", file=sys.stderr)
        print(f"what the servers said is in {directory}", file=sys.stderr)
        return 1
    if not arguments.keep:
        shutil.rmtree(directory, ignore_errors=True)
    below = [one for one in bench.figures if one["verdict"] == "BELOW GATE"]
    # A quick look is too short to condemn anything.
    return 1 if below and not arguments.quick else 0


if __name__ == "__main__":
    sys.exit(main())
