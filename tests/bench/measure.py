"""What can be seen of a process and of a disk from outside: time used, memory,
sizes, the cost of a flush. Used by bench.py and its peers; no state of its own."""
import os
import platform
import signal
import statistics
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Fault(Exception):
    """A check of the benchmark did not hold: the run fails."""


class Missing(Exception):
    """A peer is not installed: its comparisons are skipped."""


def stat_fields(pid):
    """The fields of /proc/PID/stat from `state` (the third) on, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def children(pid):
    """Direct children, by walking /proc."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_fields(name)
            if fields and int(fields[1]) == pid:
                found.append(int(name))
    return found


def cpu_seconds(pid, family=False):
    """User and system time so far; with `family` also that of children, living or reaped."""
    total = 0
    for one in [pid] + (children(pid) if family else []):
        fields = stat_fields(one)
        if fields:
            total += int(fields[11]) + int(fields[12])
            if family:
                total += int(fields[13]) + int(fields[14])
    return total / TICK


def rollup(pid):
    """Bytes by name from /proc/PID/smaps_rollup; empty when the process is gone."""
    found = {}
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                words = line.split()
                if len(words) == 3 and words[2] == "kB":
                    found[words[0].rstrip(":")] = int(words[1]) * 1024
    except OSError:
        pass
    return found


def private_bytes(pid):
    found = rollup(pid)
    return found.get("Private_Clean", 0) + found.get("Private_Dirty", 0)


def family_pss(pid):
    """Proportional share of a process and its children: shared memory counts once."""
    return sum(rollup(one).get("Pss", 0) for one in [pid] + children(pid))


def resident_bytes(pid):
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE
    except OSError:
        return 0


def file_bytes(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def flush_anchor(directory, seconds):
    """Appends of 4 KiB with fdatasync: what every durable write on this disk pays today."""
    handle, path = tempfile.mkstemp(dir=directory)
    block, times = b"\x5a" * 4096, []
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            before = time.perf_counter()
            os.write(handle, block)
            os.fdatasync(handle)
            times.append(time.perf_counter() - before)
    finally:
        os.close(handle)
        os.unlink(path)
    times.sort()
    return {"per_s": round(len(times) / sum(times)), "p50_us": round(statistics.median(times) * 1e6),
            "p99_us": round(times[int(len(times) * 0.99)] * 1e6), "max_us": round(times[-1] * 1e6)}


def busy_seconds():
    """CPU time that this machine has used since it started, all cores and everybody."""
    with open("/proc/stat", encoding="ascii") as file:
        times = [int(one) for one in file.readline().split()[1:9]]
    return (sum(times) - times[3] - times[4]) / TICK


class Others:
    """What other programs used of the machine while we ran. Our children count
    once they have ended, so ask when all have."""

    def __init__(self):
        self.began, self.busy, self.ours = time.monotonic(), busy_seconds(), self.own()

    @staticmethod
    def own():
        return sum(os.times()[:4])

    def share(self):
        """0 to 1, of all cores."""
        wall = max(0.1, time.monotonic() - self.began) * (os.cpu_count() or 1)
        return max(0.0, (busy_seconds() - self.busy) - (self.own() - self.ours)) / wall


def machine():
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "memory_mib": os.sysconf("SC_PHYS_PAGES") * PAGE >> 20}


def stop(process, kind=signal.SIGTERM, wait=30):
    """Ends a process that we started; None when it was gone, else its exit status."""
    if process is None or process.poll() is not None:
        return None
    process.send_signal(kind)
    try:
        return process.wait(wait)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)


def run(command, timeout, probe=None, **options):
    """Runs a load to its end and returns (status, stdout, stderr). `probe` is called a
    few times a second meanwhile. Longer than `timeout` seconds is a fault."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, text=True, **options)
        end = time.monotonic() + timeout
        try:
            while process.poll() is None:
                if time.monotonic() > end:
                    raise Fault(f"{os.path.basename(command[0])} did not end within {timeout:.0f} s")
                if probe:
                    probe()
                time.sleep(0.2)
        finally:
            stop(process, signal.SIGKILL)
        out.seek(0)
        err.seek(0)
        return process.returncode, out.read(), err.read()
