"""sendcod as the benchmarks run it: a demo school in a temporary directory, filled
with rows through the protocol, one server at a time on a port of its own; and the
bare TLS echo server that reading is measured against."""
import json
import os
import select
import signal
import subprocess
import sys
import time

import measure

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import people

EACH = 64      # connections that one person may have (server/person.h)


def start_server(command, log):
    """Starts a server that prints "listening on HOST:PORT"; returns (process, address)."""
    with open(log, "ab") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=file, text=True)
    ready, _, _ = select.select([process.stdout], [], [], 60)
    line = process.stdout.readline() if ready else ""
    if not line.startswith("listening on "):
        measure.stop(process, signal.SIGKILL)
        with open(log, encoding="utf-8", errors="replace") as file:
            raise measure.Fault(f"{os.path.basename(command[0])} did not start: {file.read()[-2000:].strip() or 'it said nothing'}")
    return process, line.split()[-1]


class School:
    name = "sendco"

    def __init__(self, build, directory):
        self.build, self.process = build, None
        self.directory = os.path.join(directory, "school")
        self.profile = os.path.join(self.directory, "profiles", "senco")
        self.certificates = os.path.join(self.directory, "server")
        self.ticket = os.path.join(directory, "ticket")
        self.rows_file = os.path.join(directory, "rows")
        self.log = os.path.join(directory, "sendcod.log")
        self.wal = os.path.join(self.directory, "sendco.db-wal")
        self.rows = 0
        self.daemon = os.path.join(build, "bin", "sendcod")
        status, out, err = measure.run([self.daemon, "init", "--dir", self.directory, "--demo", "--pupils", "400", "--seed", "7",
                                        "--today", "2026-11-23"], 300)
        if status != 0:
            raise measure.Fault(f"sendcod init failed: {err.strip() or out.strip()}")

    def program(self, name):
        return os.path.join(self.build, "bench", name)

    def start(self):
        began = time.monotonic()
        self.process, self.address = start_server([self.daemon, "serve", "--dir", self.directory, "--listen", "127.0.0.1:0"], self.log)
        return time.monotonic() - began

    def stop(self):
        status = measure.stop(self.process)
        self.process = None
        if status not in (None, 0):
            raise measure.Fault(f"sendcod ended with status {status} when asked to stop; its last words are in {self.log}")

    def ask(self, name, arguments, timeout, probe=None):
        """Runs one of our load programs, returns the JSON line it prints."""
        status, out, err = measure.run([self.program(name)] + [str(one) for one in arguments], timeout, probe)
        if status != 0:
            raise measure.Fault(f"{name} {arguments[0]}: {err.strip() or f'ended with status {status}'}")
        return json.loads(out)

    def seed(self, rows, seconds):
        result = self.ask("seed", [self.address, self.profile, self.ticket, self.rows_file, rows, seconds], seconds + 120)
        self.rows = result["rows"]
        if self.rows < 1000:
            raise measure.Fault(f"only {self.rows} rows could be made in {seconds} s")
        return result

    def load(self, mode, clients, seconds, server=None):
        """A round of write, text, read, or of echo (against `server`, an Echo)."""
        server, most = server or self, {"wal": 0, "rss": 0}
        pid = server.process.pid

        def probe():
            most["rss"] = max(most["rss"], measure.resident_bytes(pid))
            if server is self:
                most["wal"] = max(most["wal"], measure.file_bytes(self.wal))

        cpu = measure.cpu_seconds(pid)
        result = self.ask("load", [mode, server.address, self.profile, self.ticket, self.rows_file, clients, seconds], seconds + 90, probe)
        return result | most | {"cpu_s": round(measure.cpu_seconds(pid) - cpu, 2)}

    def notify(self, watchers, seconds):
        return self.ask("notify", [self.address, self.profile, self.ticket, self.rows_file, watchers, seconds], seconds + 90)

    def enrol(self, clients):
        """People for so many connections, and one to warm up with, while it is stopped."""
        self.people = [os.path.join(os.path.dirname(self.directory), "more", str(n)) for n in range(1 - -clients // EACH)]
        people.enrol(self.directory, "senco", self.people)

    def idle(self, clients, window):
        """Private memory per client and time used by `clients` that do nothing for `window` seconds."""
        warm = self.hold(self.people[-1:], 50, lambda: None)
        before = measure.private_bytes(self.process.pid)

        def look():
            time.sleep(2)
            cpu = measure.cpu_seconds(self.process.pid)
            time.sleep(window)
            return {"private": measure.private_bytes(self.process.pid), "cpu_s": measure.cpu_seconds(self.process.pid) - cpu}

        result, opened = self.hold(self.people[:-1], clients, look)
        return {"clients": clients, "before": before, "with": result["private"], "window_s": window, "open_s": round(opened, 1),
                "warm_s": round(warm[1], 1), "per_client": (result["private"] - before) / clients,
                "cpu_share": result["cpu_s"] / window}

    def hold(self, persons, clients, look):
        """Connects clients, so many of each person, looks, lets them go. (what look gave, seconds to connect)."""
        limit, held = 120 + clients // 50, []
        began = time.monotonic()
        try:
            for person in persons:
                held.append(self.hold_some(person, min(EACH, clients - EACH * len(held)), began + limit, limit + 120))
            opened = time.monotonic() - began
            found = look()
            for process in held:
                if process.poll() is not None:
                    raise measure.Fault(f"idle clients were lost: {process.stderr.read().strip()}")
            for process in held:
                process.stdin.close()
            for process in held:
                process.wait(60)
            return found, opened
        finally:
            for process in held:
                measure.stop(process, signal.SIGKILL)

    def hold_some(self, person, clients, until, seconds):
        process = subprocess.Popen([self.program("idle"), self.address, person, os.path.join(person, "ticket"), str(clients), str(seconds)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ready, _, _ = select.select([process.stdout], [], [], max(0, until - time.monotonic()))
        line = process.stdout.readline() if ready else ""
        if line.split() == ["ready", str(clients)]:
            return process
        measure.stop(process, signal.SIGKILL)
        raise measure.Fault(f"{clients} clients could not connect: {process.stderr.read().strip() or 'no answer'}")


class Echo:
    name = "bare TLS echo"

    def __init__(self, school, directory):
        self.process, self.address = start_server([school.program("echo"), school.certificates], os.path.join(directory, "echo.log"))

    def stop(self):
        measure.stop(self.process)
        self.process = None
