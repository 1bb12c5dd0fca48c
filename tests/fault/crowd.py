# SPDX-License-Identifier: ISC
"""Several at once: runs that overlap, writers that are killed or stopped, a store that is taken away, a reader that keeps its
snapshot; folders that are followed, and how soon.
"""
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

from ledger import Place, count, expect, reading, remove_store, rows_of, stop

POLICY = '  - id: each\n    when: type == "note"\n    message: text\n'


def write_log(path, name, first, n, text="x" * 300):
    with open(path, "a") as f:
        for i in range(first, first + n):
            f.write('{"type":"note","id":"%s-%d","agent":"%s","time":"2026-11-20T14:00:00Z","text":"%s"}\n' % (name, i, name, text))


def expect_all(sent):
    """sent: {name: lines}."""
    rows, why = rows_of()
    expect(why is None, "rows cannot be read: %s", why)
    expect(len(rows) == len(set(rows)), "%d rows twice", len(rows) - len(set(rows)))
    expect(set(rows) == {f"{name}-{i}" for name, n in sent.items() for i in range(n)}, "%d rows of %d", len(rows), sum(sent.values()))
    db = reading()
    try:
        counted = dict(db.execute("SELECT n.name, events FROM agents a JOIN agent_names n ON n.id = a.agent_id"))
        expect(counted == sent, "agents count otherwise")
        expect(db.execute("SELECT sum(events) FROM usage_hourly").fetchone()[0] == sum(sent.values()), "usage counts otherwise")
        expect(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", "not sound")
    finally:
        db.close()


def overlap(points):
    """cron starts the next run before the last one is over."""
    rounds = 0
    for runs in (2, 6, 10) if points else range(2, 11):
        with Place(POLICY) as place:
            n = 0
            for _ in range(3):
                write_log("log.jsonl", "w", n, 3000)
                n += 3000
                started = [place.start("-r", "-v", "log.jsonl", out=f"out{i}", err=f"err{i}") for i in range(runs)]
                ended = [p.wait(60) for p in started]
                said = [open(f"err{i}").read() for i in range(runs)]
                busy = ["log.jsonl: being read by " in s for s in said]
                expect(all(s in (0, 1) for s in ended), "statuses %s: %s", ended, "".join(said)[:300])
                expect(all(s == 0 for s, b in zip(ended, busy) if b), "a run that left it to another: statuses %s", ended)
                for i in range(runs):
                    os.unlink(f"err{i}")
                expect_all({"w": n})
                rounds += 1
            started = [place.start("-r", "log.jsonl", out="quiet", err="quiet") for i in range(runs)]
            expect([p.wait(60) for p in started] == [0] * runs and os.path.getsize("quiet") == 0, "not without a word")
    return f"{rounds} times"


def writers(points):
    n, lines = 50, 400 if points else 4000
    with Place(POLICY) as place:
        for i in range(n):
            write_log(f"log{i}.jsonl", f"w{i}", 0, lines)
        random.seed(4)
        started = [place.start("-r", f"log{i}.jsonl", out=f"out{i}") for i in range(n)]
        time.sleep(0.2)
        killed = 0
        for i in random.sample(range(n), 15):
            time.sleep(random.random() * 0.05)
            if started[i].poll() is None:
                started[i].kill()
                killed += 1
        statuses = [p.wait(120) for p in started]
        expect(all(s in (1, -9) for s in statuses), "statuses %s: %s", statuses, open("err").read()[:300])
        for i in range(n):
            done = place.run("-r", f"log{i}.jsonl")
            expect(done.status in (0, 1) and done.err == "", "again: %d, %s", done.status, done.err)
        expect_all({f"w{i}": lines for i in range(n)})
        return f"{n} writers, {killed} killed, {n * lines} rows"


def stopped(points):
    """A writer stopped inside of its transaction: who waits names it, and nothing is lost after it goes on."""
    with Place(POLICY) as place:
        place.run("-r", "log.jsonl")
        write_log("log.jsonl", "a", 0, 3000)
        write_log("other.jsonl", "b", 0, 10)
        # stops itself at a write of the log, amid a commit
        traced = place.start("-r", "log.jsonl", tracer=["strace", "-qq", "-f", "-o", "trace", "-e", "trace=pwrite64", "-e", "inject=pwrite64:signal=SIGSTOP:when=30"])
        pid = None
        for _ in range(200):
            time.sleep(0.02)
            children = open(f"/proc/{traced.pid}/task/{traced.pid}/children").read().split()
            if children and os.path.exists("trace") and "SIGSTOP" in open("trace").read():
                pid = int(children[0])
                break
        expect(pid is not None, "it did not stop")
        late = place.run("-r", "--wait", "1s" if points else "10s", "other.jsonl")
        expect(late.status == 4 and f"by process {pid} (sv-eval)" in late.err, "who waits: %d, %s", late.status, late.err)
        waiting = place.start("-r", "other.jsonl")
        time.sleep(0.3)
        os.kill(pid, signal.SIGCONT)
        expect(traced.wait(30) == 1 and waiting.wait(30) == 1, "after it went on: %s, %s", traced.returncode, waiting.returncode)
        expect_all({"a": 3000, "b": 10})
        return "waited for, named, and complete"


def taken_away(act):
    def test(points):
        with Place(POLICY) as place:
            write_log("log.jsonl", "a", 0, 20)
            write_log("rest.jsonl", "r", 0, 5)
            place.run("-r", "rest.jsonl", store="else.db")
            follower = place.start("-f", "log.jsonl")
            while count() < 20:
                expect(follower.poll() is None, "ended: %s", open("err").read())
                time.sleep(0.02)
            act()
            write_log("log.jsonl", "a", 20, 20)
            expect(follower.wait(20) == 4, "status %s", follower.returncode)
            said = open("err").read()
            expect(said.count("\n") == 1 and "while running" in said, "it says: %s", said)
            printed = open("out").read().count("\n")
            expect(printed == 20, "%d lines printed, 20 stored", printed)
            place.run("-r", "log.jsonl")
            if act is rename_store:
                remove_store()
                for end in ("", "-wal"):
                    if os.path.exists("away.db" + end):
                        os.rename("away.db" + end, "sv.db" + end)
                place.run("-r", "log.jsonl")
            else:
                db = reading()
                expect(db.execute("SELECT count(*) FROM supervisor_policy_evaluations WHERE event LIKE 'a-%'").fetchone()[0] == 40, "not whole")
                db.close()
                return "ended with 4, nothing printed that is not stored"
            expect_all({"a": 40})
            return "ended with 4, nothing printed that is not stored"
    return test


def unlink_store():
    remove_store()


def rename_store():
    for end in ("", "-wal"):
        if os.path.exists("sv.db" + end):
            os.rename("sv.db" + end, "away.db" + end)


def replace_store():
    for end in ("-wal", "-shm"):
        if os.path.exists("sv.db" + end):
            os.unlink("sv.db" + end)
    shutil.copyfile("else.db", "new.db")
    os.rename("new.db", "sv.db")


def snapshot(points):
    """A reader that keeps its snapshot for a minute: no writer waits for it, and the log grows no more than what is written."""
    with Place(POLICY) as place:
        write_log("log.jsonl", "a", 0, 10)
        place.run("-r", "log.jsonl")
        reader = sqlite3.connect("file:sv.db?mode=ro", uri=True)
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM supervisor_policy_evaluations").fetchone()[0]
        longest, n, until = 0, 10, time.monotonic() + (2 if points else 60)
        while time.monotonic() < until:
            time.sleep(0.02)
            write_log("log.jsonl", "a", n, 300)
            n += 300
            start = time.monotonic()
            done = place.run("-r", "log.jsonl")
            longest = max(longest, time.monotonic() - start)
            expect(done.status == 1 and done.err == "", "a writer: %d, %s", done.status, done.err)
        grown = os.path.getsize("sv.db-wal")
        expect(reader.execute("SELECT count(*) FROM supervisor_policy_evaluations").fetchone()[0] == before, "its snapshot changed")
        reader.close()
        expect(longest < 1, "a run took %.2f s", longest)
        expect(grown < 200 * 1024 * n, "the log has %d bytes", grown)
        write_log("log.jsonl", "a", n, 300)
        place.run("-r", "log.jsonl")
        after = os.path.getsize("sv.db-wal")
        # the next checkpoint is tried when the log has doubled
        expect(after <= 2 * grown + (1 << 20), "the log has %d bytes when the reader is gone, %d before", after, grown)
        expect_all({"a": n + 300})
        return f"{n} rows, longest run {longest * 1000:.0f} ms, log {grown >> 10} KiB, then {after >> 10} KiB"


def folder(points):
    """Files and folders that come, with what is in them; the store lies among them."""
    with Place(POLICY) as place:
        os.mkdir("logs")
        sent = {}
        follower = place.start("-f", "logs", store="logs/sv.db")
        time.sleep(0.3)
        for i in range(6 if points else 40):
            where = "logs" + f"/d{i}" * (i % 4)
            os.makedirs(where, exist_ok=True)
            write_log(f"{where}/l{i}.jsonl", f"w{i}", 0, 10 + i)
            sent[f"w{i}"] = 10 + i
            if i % 3 == 0:
                time.sleep(0.05)
                write_log(f"{where}/l{i}.jsonl", f"w{i}", 10 + i, 5)
                sent[f"w{i}"] += 5
        until = time.monotonic() + 10
        while count("logs/sv.db") < sum(sent.values()) and time.monotonic() < until:
            time.sleep(0.05)
        status = stop(follower)
        said = open("err").read()
        expect(status == 0 and said == "", "status %s: %s", status, said)
        for end in ("", "-wal", "-line"):
            if os.path.exists("logs/sv.db" + end):
                os.rename("logs/sv.db" + end, "sv.db" + end)
        expect_all(sent)
        return f"{len(sent)} files, {sum(sent.values())} rows"


def latency(points):
    lines = 40 if points else 200
    with Place(POLICY) as place:
        write_log("log.jsonl", "a", 0, 1)
        follower = place.start("-f", "log.jsonl", out=subprocess.PIPE)
        try:
            follower.stdout.readline()
            random.seed(1)
            took = []
            for i in range(1, lines + 1):
                time.sleep(random.random() * 0.05)
                start = time.monotonic()
                write_log("log.jsonl", "a", i, 1)
                line = follower.stdout.readline()
                took.append(1000 * (time.monotonic() - start))
                expect(b'"event":"a-%d"' % i in line, "not the line written: %s", line[:200])
        finally:
            status = stop(follower)
            follower.stdout.close()
        expect(status == 0, "status %d", status)
        took.sort()
        p50, p99 = took[lines // 2], took[lines * 99 // 100]
        expect(p50 < 100 and (points or p99 < 100), "p50 %.0f ms, p99 %.0f ms", p50, p99)
        return f"{lines} lines, p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {took[-1]:.0f} ms"


def cases():
    yield "runs that overlap", overlap
    yield "50 writers, 15 of them killed", writers
    yield "a writer stopped in its transaction", stopped
    for act in (unlink_store, rename_store, replace_store):
        yield f"followed while somebody acts: {act.__name__.replace('_', ' ')}", taken_away(act)
    yield "a reader keeps its snapshot", snapshot
    yield "a folder is followed", folder
    yield "how soon a line is answered", latency
