"""PostgreSQL beside sendcod: a cluster of its own in a temporary directory, on
loopback, TLS 1.3 with the same P-256 certificate, everything that makes a commit
durable switched on. The work is alike: one row of as many, edited with its version
looked at, and one row of a change log that holds the record after the change, in
one statement and so one transaction.

pgbench keeps no versions between statements, so the condition is one that always
holds; it costs PostgreSQL what a real one would, and no second look-up."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import measure

SCHEMA = """
CREATE TABLE target (id bigint PRIMARY KEY, version bigint NOT NULL, pupil bigint NOT NULL, aim text NOT NULL,
                     measure text, due integer, status integer) WITH (fillfactor = 90);
CREATE TABLE change_log (seq bigserial PRIMARY KEY, at timestamptz NOT NULL, actor bigint NOT NULL, kind integer NOT NULL,
                         id bigint NOT NULL, version bigint NOT NULL, action integer NOT NULL, changed bigint NOT NULL,
                         body text NOT NULL);
INSERT INTO target SELECT n, 1, n % 400 + 1,
    'Read ' || n % 40 + 3 || ' familiar words or steps from the class list without help on three days in a row',
    'Seen by an adult ' || n % 10 + 1 || ' times out of 10, noted on the day', 20000, 1
    FROM generate_series(1, {rows}) n;
"""

EDIT = """WITH edited AS (
    UPDATE target SET due = 20000 + (due - 19999) % 2000, version = version + 1 WHERE id = {id} AND version >= 1
    RETURNING id, version, pupil, aim, measure, due, status
), logged AS (
    INSERT INTO change_log (at, actor, kind, id, version, action, changed, body)
    SELECT now(), 1, 22, id, version, 2, 32, concat_ws('|', pupil, aim, measure, due, status) FROM edited
) SELECT {what} FROM edited"""

READ = "SELECT id, version, pupil, aim, measure, due, status FROM target WHERE id = :id"

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
shared_buffers = 1GB
fsync = on
synchronous_commit = on
full_page_writes = on
wal_sync_method = fdatasync
max_wal_size = 8GB
checkpoint_timeout = 15min
ssl = on
ssl_min_protocol_version = 'TLSv1.3'
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
logging_collector = off
"""


def programs():
    """Directory of initdb and postgres; Missing when there is none, or no pgbench or psql."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise measure.Missing("PostgreSQL is not installed")
    for name in ("pgbench", "psql"):
        if not shutil.which(name):
            raise measure.Missing(f"{name} is not installed")
    return os.path.dirname(found[-1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    name = "PostgreSQL"

    def __init__(self, directory, certificates):
        """`certificates`: holds cert.pem and key.pem of a server named 127.0.0.1."""
        self.process, self.rows, self.logged = None, 0, 0
        self.programs = programs()
        self.directory = tempfile.mkdtemp(prefix="postgres-", dir=directory)
        self.data = os.path.join(self.directory, "data")
        self.port = free_port()
        # PostgreSQL refuses to run as root.
        self.as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.info = f"host=127.0.0.1 port={self.port} user=bench dbname=postgres sslmode=require"
        if self.as_user:
            shutil.chown(self.directory, "postgres", "postgres")
        try:
            self.make(certificates)
            self.start()
        except BaseException:
            self.stop()
            raise

    def make(self, certificates):
        self.check([os.path.join(self.programs, "initdb"), "-D", self.data, "-U", "bench", "-A", "trust", "-E", "UTF8",
                    "--no-locale"], 60, cwd=self.directory, **self.as_user)
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="ascii") as file:
            file.write(SETTINGS.format(port=self.port))
        for source, name in (("cert.pem", "server.crt"), ("key.pem", "server.key")):
            path = os.path.join(self.data, name)
            shutil.copyfile(os.path.join(certificates, source), path)
            os.chmod(path, 0o600)
            if self.as_user:
                shutil.chown(path, "postgres", "postgres")

    def start(self):
        with open(os.path.join(self.directory, "log"), "wb") as log:
            self.process = subprocess.Popen([os.path.join(self.programs, "postgres"), "-D", self.data], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.directory, **self.as_user)
        end = time.monotonic() + 30
        while True:
            status, out, err = measure.run(["psql", "-XAtq", self.info, "-c",
                                            "SELECT s.version, current_setting('server_version') FROM pg_stat_ssl s "
                                            "WHERE pid = pg_backend_pid()"], 20)
            if status == 0:
                break
            if self.process.poll() is not None or time.monotonic() > end:
                raise measure.Fault(f"PostgreSQL did not start: {err.strip()}")
        tls, self.version = out.strip().split("|")
        if tls != "TLSv1.3":
            raise measure.Fault(f"PostgreSQL speaks {tls}, not TLSv1.3")

    def stop(self):
        measure.stop(self.process, signal.SIGINT, 60)
        self.process = None

    def check(self, command, timeout, **options):
        status, out, err = measure.run(command, timeout, **options)
        if status != 0:
            raise measure.Fault(f"{os.path.basename(command[0])} failed: {err.strip() or out.strip()}")
        return out

    def sql(self, text, timeout=600):
        return self.check(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", self.info, "-c", text], timeout).strip()

    def seed(self, rows):
        self.rows = rows
        self.sql(SCHEMA.format(rows=rows))
        self.sql("VACUUM ANALYZE target")
        self.sql("CHECKPOINT")
        self.logged = 0

    def wal_position(self):
        return int(self.sql("SELECT pg_current_wal_lsn() - '0/0'"))

    def load(self, mode, clients, seconds):
        """A round of pgbench: write or read; the same figures as our own load gives."""
        text = {"write": EDIT.format(id=":id", what="version"), "read": READ}[mode].replace("\n", " ")
        work = tempfile.mkdtemp(dir=self.directory)
        script = os.path.join(work, "script")
        with open(script, "w", encoding="ascii") as file:
            file.write(f"\\set id random(1, {self.rows})\n{text};\n")
        wal, cpu, memory, began = self.wal_position(), measure.cpu_seconds(self.process.pid, True), [], time.monotonic()

        def probe():
            if not memory and time.monotonic() - began > seconds * 0.6:
                memory.append(measure.family_pss(self.process.pid))

        # Noting every time costs pgbench little beside a commit, but much beside a read.
        sample = "1" if mode == "write" else "0.05"
        status, out, err = measure.run(["pgbench", "-n", "-M", "prepared", "-j", "1", "-c", str(clients), "-T", str(seconds), "-l",
                                        "--log-prefix=times", f"--sampling-rate={sample}", "-f", script, self.info],
                                       seconds + 60, probe, cwd=work)
        if status != 0:
            raise measure.Fault(f"pgbench failed: {err.strip()}")
        result = self.figures(out, work)
        result |= {"clients": clients, "rss": memory[0] if memory else 0, "wal": self.wal_position() - wal,
                   "cpu_s": round(measure.cpu_seconds(self.process.pid, True) - cpu, 2)}
        shutil.rmtree(work)
        if mode == "write":
            self.check_log(result)
        return result

    @staticmethod
    def figures(out, work):
        """From what pgbench printed and the times it noted."""
        said = {}
        for line in out.splitlines():
            name, _, value = line.partition("=" if line.startswith("tps") else ":")
            said[name.strip()] = value.split()
        times = []
        for path in glob.glob(os.path.join(work, "times.*")):
            with open(path, encoding="ascii") as file:
                times += [int(line.split(None, 3)[2]) for line in file]
        times.sort()
        done = int(said["number of transactions actually processed"][0])
        if said["number of failed transactions"][0] != "0" or not times:
            raise measure.Fault(f"pgbench did not do all its work: {out}")
        return {"done": done, "rate": float(said["tps"][0]), "p50_us": times[len(times) // 2],
                "p99_us": times[int(len(times) * 0.99)], "max_us": times[-1]}

    def check_log(self, result):
        logged = int(self.sql("SELECT count(*) FROM change_log"))
        result["stored"] = logged - self.logged
        self.logged = logged
        if result["stored"] != result["done"]:
            raise measure.Fault(f"PostgreSQL stored {result['stored']} changes, but acknowledged {result['done']}")

    def notify(self, program, listeners, seconds):
        """`program`: our pgnotify. Missing without libpq."""
        text = EDIT.format(id="$1", what="pg_notify('bench', concat_ws('|', id, version, pupil, aim, measure, due, status))")
        before = int(self.sql("SELECT count(*) FROM change_log"))
        status, out, err = measure.run([program, self.info, text, str(self.rows), str(listeners), str(seconds)], seconds + 60)
        if status == 77:
            raise measure.Missing(err.strip())
        if status != 0:
            raise measure.Fault(f"pgnotify failed: {err.strip()}")
        self.logged = int(self.sql("SELECT count(*) FROM change_log"))
        return out, self.logged - before
