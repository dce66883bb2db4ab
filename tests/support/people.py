"""More people than a demo school gives profiles to: no one person may have as many connections as a siege or a benchmark needs.

They have a device, a role and a ticket, and nothing else: nobody has entered them as staff. Written straight into the database
of a school that is not being served.
"""
import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import time

FIRST = 999937           # beyond the numbers of any staff there are; the readers look for their turns where the first of those stand


def openssl(*args):
    subprocess.run(("openssl",) + args, check=True, capture_output=True)


def fingerprint(certificate):
    done = subprocess.run(("openssl", "x509", "-in", certificate, "-outform", "DER"), check=True, capture_output=True)
    return hashlib.sha256(done.stdout).digest()


def issue(school, common, to):
    """A device certificate of the school's authority, for the key that all of them share: its SHA-256."""
    os.makedirs(to, mode=0o700)
    ca = os.path.join(school, "ca")
    shutil.copy(os.path.join(ca, "ca.pem"), to)
    shutil.copy(os.path.join(common, "key.pem"), to)
    openssl("x509", "-req", "-in", os.path.join(common, "request.pem"), "-CA", os.path.join(ca, "ca.pem"),
            "-CAkey", os.path.join(ca, "ca-key.pem"), "-set_serial", "0x" + secrets.token_hex(15), "-days", "9",
            "-extfile", os.path.join(common, "more"), "-out", os.path.join(to, "cert.pem"))
    return fingerprint(os.path.join(to, "cert.pem"))


def enrol(school, like, directories):
    """One person for each of these new directories, which get certificate, key, authority and `ticket`; with the role of the
    profile `like`. The tickets are good for ten minutes, or while they are used."""
    common = directories[0] + ".common"
    os.makedirs(common, mode=0o700)
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Somebody",
            "-keyout", os.path.join(common, "key.pem"), "-out", os.path.join(common, "request.pem"))
    with open(os.path.join(common, "more"), "w") as f:
        f.write("extendedKeyUsage=clientAuth\nsubjectAltName=URI:sendco:staff/%d/device/more\n" % FIRST)
    made = [(FIRST + n, to, issue(school, common, to), secrets.token_bytes(32)) for n, to in enumerate(directories)]
    now = int(time.time())
    database = sqlite3.connect(os.path.join(school, "sendco.db"))
    try:
        with database:
            for staff, to, shown, ticket in made:
                database.execute("INSERT INTO account SELECT ?, 'more-' || ?, role, password, 0 FROM account WHERE login = ?", (staff, staff, like))
                device = database.execute("INSERT INTO device (staff, fingerprint, name, issued, revoked) VALUES (?, ?, 'more', ?, 0)",
                                          (staff, shown, now)).lastrowid
                database.execute("INSERT INTO ticket VALUES (?, ?, ?, ?, ?)", (hashlib.sha256(ticket).digest(), staff, device, now, now))
                with open(os.path.join(to, "ticket"), "wb") as f:
                    f.write(ticket)
    finally:
        database.close()
    shutil.rmtree(common)
