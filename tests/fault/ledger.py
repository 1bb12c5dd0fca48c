# SPDX-License-Identifier: ISC
"""What tests/fault/keep counts with: a place with policies, logs and a store; sv-eval in it, with or without a fault; and what
the store holds, in words that do not depend on which run put it there.

`image` is everything a store knows of its logs: two stores that were filled from the same bytes have the same one, whatever
happened on the way.
"""
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile

BUILD = os.path.abspath(os.environ.get("B") or os.path.join(os.path.dirname(__file__), "..", "..", "build"))
PROGRAM = os.path.join(BUILD, "bin", "sv-eval")
TRACED = ["strace", "-qq", "-f", "-o", "trace"]
KILLED = (-9, 137)
SHIM = os.path.join(BUILD, "fault", "shim.so")


class Wrong(Exception):
    """What a test found to be otherwise than it must be."""


class Skip(Exception):
    """Why a test cannot be run here."""


def expect(fine, text, *values):
    if not fine:
        raise Wrong(text % values if values else text)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def printed(self):
        """The ids of the whole lines; a kill may cut the last one."""
        return [line.split('"event":"', 1)[1].split('"', 1)[0] for line in self.out.split("\n")[:-1] if '"event":"' in line]


class Place:
    """A folder of its own, the current one while it is used."""

    def __init__(self, policy):
        self.path = tempfile.mkdtemp(prefix="sv-keep.")
        os.chdir(self.path)
        self.started = []
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SV_")}
        self.env.update(HOME=self.path, LC_ALL="C", ASAN_OPTIONS="detect_leaks=0")
        with open("policy.yaml", "w") as f:
            f.write("version: 1\npolicies:\n" + policy)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        os.chdir("/")
        shutil.rmtree(self.path, ignore_errors=True)

    def command(self, *arguments, store="sv.db"):
        return [PROGRAM, "-p", "policy.yaml", "-d", store, *arguments]

    def run(self, *arguments, fault=(), store="sv.db", seconds=120, piped=b""):
        """fault: strace's arguments; piped: what stands in the pipe that is standard input."""
        # it is faster with --seccomp-bpf, but signals are not delivered then (strace 6.1)
        fast = [] if any("signal=" in f for f in fault) else ["--seccomp-bpf"]
        tracer = [*TRACED, *fast, *fault] if fault else []
        done = subprocess.run(tracer + self.command(*arguments, store=store), env=self.env, input=piped, capture_output=True, timeout=seconds)
        return Result(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def start(self, *arguments, out="out", err="err", store="sv.db", tracer=()):
        with open(out if out != subprocess.PIPE else os.devnull, "ab") as o, open(err, "ab") as e:
            process = subprocess.Popen([*tracer, *self.command(*arguments, store=store)], env=self.env, stdin=subprocess.DEVNULL,
                                       stdout=o if out != subprocess.PIPE else out, stderr=e)
        self.started.append(process)
        return process


def calls_of(place, call, *arguments, **more):
    """How often a run that is left alone makes this system call."""
    done = place.run(*arguments, fault=("-e", "trace=" + call), **more)
    expect(done.status in (0, 1) and done.err == "", "a run without a fault: status %d, %s", done.status, done.err)
    with open("trace") as f:
        return sum(call + "(" in line for line in f)


def expect_killed(done, call, at, when):
    """Unless it did not come that far."""
    if done.status not in KILLED:
        with open("trace") as f:
            made = sum(call + "(" in line for line in f)
        expect(made < at and done.status in (0, 1), "%s: not killed, %d calls, status %d, %s", when, made, done.status, done.err)


def remove_store(name="sv.db"):
    for end in ("", "-wal", "-shm", "-line"):
        if os.path.exists(name + end):
            os.unlink(name + end)


def copy_store(name, to):
    """Whoever reads recovers, too: the original shall be left as it is."""
    remove_store(to)
    for end in ("", "-wal"):
        if os.path.exists(name + end):
            shutil.copyfile(name + end, to + end)


def reading(name="sv.db"):
    """Of a store in use."""
    return sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=30)


def count(name="sv.db", query="SELECT count(*) FROM supervisor_policy_evaluations"):
    if not os.path.exists(name) or os.path.getsize(name) == 0:
        return 0
    db = reading(name)
    try:
        return db.execute(query).fetchone()[0]
    except sqlite3.OperationalError as e:
        if "no such table" in str(e):
            return 0
        raise
    finally:
        db.close()


def rows_of(name="sv.db"):
    """Events of all rows, as far as they can be read from either end; and why not further (None: that is all)."""
    found, why = {}, None
    db = reading(name)
    try:
        for order in ("", " DESC"):
            try:
                for row in db.execute("SELECT rowid, event FROM supervisor_policy_evaluations ORDER BY rowid" + order):
                    found[row[0]] = row[1]
                break
            except sqlite3.DatabaseError as e:
                why = str(e)
    finally:
        db.close()
    return list(found.values()), why


# A source by what it is; -1 and so on are none.
SOURCE = "coalesce(s.path, '-') || ' ' || coalesce(s.head, 0) || '-' || coalesce(s.number, 0)"
NAMES = {"agent": "agent_names", "session": "session_names", "tool": "tool_names", "team": "team_names", "type": "type_names",
         "model": "model_names", "status": "status_names", "host": "host_names"}


def named(columns, prefix=""):
    return ", ".join(f"(SELECT name FROM {NAMES[c.replace('_id', '')]} WHERE id = {prefix}{c})" for c in columns)


QUERIES = {
    "evaluations": f"SELECT {SOURCE}, e.record, e.part, p.policy, e.key_number, e.event, e.created_at, e.outcome, e.severity, e.message, "
                   f"{named(['agent_id', 'session_id', 'tool_id', 'team_id'], 'e.')} FROM supervisor_policy_evaluations e "
                   "LEFT JOIN sources s ON s.id = e.source JOIN supervisor_policies p ON p.id = e.policy_id",  # of a timer: none
    "states": "SELECT signature, hex(key), part, due_at, hex(bytes) FROM keyed_state",
    "events": f"SELECT {SOURCE}, e.record, e.part, e.event, e.time, e.input_tokens, e.output_tokens, "
              f"{named(['type', 'agent', 'session', 'tool', 'model', 'status'], 'e.')}, b.body FROM events e "
              "JOIN sources s ON s.id = e.source JOIN event_bodies b ON b.event = e.id",
    "usage": f"SELECT hour, {named(['type_id', 'agent_id', 'team_id', 'model_id', 'tool_id', 'status_id'])}, events, errors, "
             "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, unpriced_tokens, round(cost_usd, 9), hex(durations) "
             "FROM usage_hourly",
    "agents": f"SELECT {named(['agent_id', 'team_id', 'session_id', 'host_id', 'type_id', 'tool_id'])}, state, first_seen, last_seen, "
              "events FROM agents",
    "positions": f"SELECT {SOURCE}, s.log, s.offset, s.record, s.line, s.mark, s.begin_length, s.begin, s.tail, s.state, s.format, "
                 "hex(s.format_state) FROM sources s",
}


def image(name="sv.db", behind=None):
    """{table: rows}; empty without a store, and of one that still has the version `behind`. The original is left as it is."""
    copy_store(name, "copy.db")
    if not os.path.exists("copy.db") or os.path.getsize("copy.db") == 0:
        return {}
    db = sqlite3.connect("copy.db")
    try:
        sound = db.execute("PRAGMA integrity_check").fetchone()[0]
        expect(sound == "ok", "not sound: %s", sound)
        if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0 or db.execute("PRAGMA user_version").fetchone()[0] == behind:
            return {}
        out = {table: sorted(db.execute(query).fetchall(), key=repr) for table, query in QUERIES.items()}
        out["doubles"] = sorted((hour, kind, fingerprint) for hour, kind, ids in db.execute("SELECT hour, format, ids FROM doubles")
                                for (fingerprint,) in struct.iter_unpack("<Q", ids))
        return out
    finally:
        db.close()
        remove_store("copy.db")


def expect_same(have, want, when):
    for table, rows in want.items():
        mine = have.get(table, [])
        lost = [r for r in rows if r not in mine] if mine != rows else []
        more = [r for r in mine if r not in rows] if mine != rows else []
        expect(mine == rows, "%s: %s has %d rows, must have %d; missing %s, too many %s", when, table, len(mine), len(rows),
               str(lost[:1])[:300], str(more[:1])[:300])


def expect_part(have, want, printed, when):
    """Of the whole: rows as far as positions are, all that was printed, nothing else, nothing twice."""
    if not have:
        expect(not printed, "%s: %d lines printed, no store", when, len(printed))
        return
    rows = {table: set(want[table]) for table in ("evaluations", "events")}
    at = {r[0]: r[3] or 0 for r in have["positions"]}
    formats = {r[0]: r[10] for r in want["positions"]}
    for table, all_rows in rows.items():
        mine = have[table]
        expect(len(set(mine)) == len(mine), "%s: doubled rows in %s", when, table)
        expect(set(mine) <= all_rows, "%s: %s has what was never read: %s", when, table, str(list(set(mine) - all_rows)[:1])[:300])
        for source, position in at.items():
            # what one record tells may come with the next one in some formats
            due = {r for r in all_rows if r[0] == source and r[1] <= position} if formats[source] == "sv" else set()
            found = {r for r in mine if r[0] == source}
            expect(all(r[1] <= position for r in found), "%s: rows of %s behind its position", when, source)
            expect(due <= found, "%s: %d rows of %s before its position are missing", when, len(due - found), source)
    ids = {r[5] for r in have["evaluations"]}
    expect(set(printed) <= ids, "%s: %d lines printed, %d of them not stored", when, len(printed), len(set(printed) - ids))


def stop(process, number=signal.SIGTERM, seconds=20):
    process.send_signal(number)
    return process.wait(seconds)
