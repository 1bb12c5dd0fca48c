# SPDX-License-Identifier: ISC
"""`sv-index export --since-last=hub | sv-index import`, one end of it killed or failed at each system call of a kind: what the next
run brings makes it whole, and the other store has each event once.
"""
import json
import os
import sqlite3
import subprocess

from faults import spread
from ledger import BUILD, KILLED, TRACED, Place, expect, remove_store

INDEX = os.path.join(BUILD, "bin", "sv-index")
EVENTS = 1200
ENDS = {"export": [INDEX, "export", "-d", "web.db", "--since-last=hub"], "import": [INDEX, "import", "-d", "hub.db"]}


def remove(name):
    for end in ("", "-wal", "-shm", "-line"):
        if os.path.exists(name + end):
            os.unlink(name + end)


def add(place, first, count):
    """More events of web3, a pipe's among them, whose ids are made up."""
    lines = [json.dumps({**({"id": f"e{i}"} if i % 7 else {}), "time": f"2026-11-20T14:{i // 60 % 60:02}:{i % 60:02}Z", "type": "tool.call",
                         "agent": "ann", "tool": "Bash", "input_tokens": 1, "model": "x", "text": "%0150d" % i}) for i in range(first, first + count)]
    subprocess.run([INDEX, "add", "-q", "-d", "web.db"], input="\n".join(lines).encode() + b"\n", check=True, env=place.env)


def pipeline(place, fault_of=None, fault=()):
    """Runs it; how the ends of it ended."""
    words = {end: [*(TRACED[:-1] + [f"trace-{end}", *fault] if end == fault_of else []), *ENDS[end]] for end in ENDS}
    export = subprocess.Popen(words["export"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=place.env)
    taking = subprocess.Popen(words["import"], stdin=export.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=place.env)
    export.stdout.close()
    told = taking.communicate(timeout=120)[1] + export.communicate(timeout=120)[1]
    return {"export": export.returncode, "import": taking.returncode}, told.decode()


def calls_of(place, end, call):
    remove("hub.db")
    forget()
    pipeline(place, end, ("-e", "trace=" + call))
    with open(f"trace-{end}") as f:
        return sum(f" {call}(" in line or line.startswith(f"{call}(") for line in f)


def forget():
    db = sqlite3.connect("web.db")
    db.execute("DELETE FROM exports")
    db.commit()
    db.close()


def has(query):
    if not os.path.exists("hub.db"):
        return 0
    db = sqlite3.connect("hub.db")
    try:
        return db.execute(query).fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # killed before it had tables
    finally:
        db.close()


def whole(place, events, when):
    ends, told = pipeline(place)
    expect(ends == {"export": 0, "import": 0} and told == "", "%s, the next run: %s, %s", when, ends, told)
    for query in ("SELECT count(*) FROM events", "SELECT count(DISTINCT event) FROM events", "SELECT count(*) FROM event_bodies",
                  "SELECT sum(events) FROM usage_hourly", "SELECT events FROM agents", "SELECT sum(input_tokens) FROM usage_hourly",
                  "SELECT sum(value) FROM counters WHERE name = 'rows' AND part = 'events'"):
        expect(has(query) == events, "%s, the next run: %s is %s, must be %d", when, query, has(query), events)


def sweep(end, call, what):
    def test(points):
        with Place('  - {id: none, when: "false"}\n') as place:
            remove_store()
            add(place, 0, EVENTS)
            places, parts, struck = spread(calls_of(place, end, call), points), 0, 0
            expect(places, "no such call is made")
            for at in places:
                remove("hub.db")
                forget()
                when = f"{end}: {what} at {call} {at}"
                ends, _ = pipeline(place, end, ("-e", "trace=" + call, "-e", f"inject={call}:{what}:when={at}"))
                # how much comes at once, and so how many calls are made, is a matter of time
                struck += ends[end] in KILLED if "signal" in what else ends[end] == 4
                parts += 0 < has("SELECT count(*) FROM events") < EVENTS
                whole(place, EVENTS, when)
            expect(struck > 0, "nothing was killed, or failed")
            return f"{len(places)} places, {parts} with a part there"
    return test


def cases():
    for call in ("write", "pwrite64", "fdatasync"):
        yield f"export to an import: SIGKILL of the export at {call}", sweep("export", call, "signal=SIGKILL")
    for call in ("read", "pwrite64", "fdatasync"):
        yield f"export to an import: SIGKILL of the import at {call}", sweep("import", call, "signal=SIGKILL")
    yield "export to an import: ENOSPC of the import", sweep("import", "pwrite64", "error=ENOSPC")
    yield "export to an import: EIO of what the export writes", sweep("export", "write", "error=EIO")
