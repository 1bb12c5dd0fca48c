# SPDX-License-Identifier: ISC
"""Logs that rotate while they are followed (-f) or between runs (-r), with and without kill -9: a ledger of lines with ids.

Each way of rotating is a function of the log that is written: it moves what is there out of the way. What can be reached
afterwards must be found once, without a word; what cannot (deleted or compressed before it was read) must be told as a gap and end
with 3.
"""
import gzip
import os
import random
import shutil
import signal
import time

from ledger import Place, Skip, count, expect, reading, stop

POLICY = '  - id: each\n    when: type == "note"\n'


class Log:
    """The writer: lines with ids of their own, numbered without a hole."""

    def __init__(self, path="log.jsonl", head=""):
        self.path, self.head, self.sent, self.generation, self.reused = path, head, 0, 0, 0
        self.begin()

    def begin(self, mode="w"):
        with open(self.path, mode) as f:
            f.write(self.head)

    def add(self, n):
        with open(self.path, "a") as f:
            for _ in range(n):
                self.sent += 1
                f.write('{"type":"note","id":"n%d","agent":"w","time":"2026-11-20T14:00:00Z","seq":%d}\n' % (self.sent, self.sent))
                if random.random() < 0.1:
                    f.flush()

    def shift(self):
        for i in range(6, 0, -1):
            if os.path.exists(f"{self.path}.{i}"):
                os.rename(f"{self.path}.{i}", f"{self.path}.{i + 1}")


def rename(log):
    log.shift()
    os.rename(log.path, log.path + ".1")
    log.begin()


def rename_late(log):
    """Nothing at the path for a while."""
    log.shift()
    os.rename(log.path, log.path + ".1")
    time.sleep(0.05)
    log.begin()


def copy_truncate(log):
    log.shift()
    shutil.copyfile(log.path, log.path + ".1")
    os.truncate(log.path, 0)
    log.begin("a")


def compress(log):
    for i in range(6, 0, -1):
        if os.path.exists(f"{log.path}.{i}.gz"):
            os.rename(f"{log.path}.{i}.gz", f"{log.path}.{i + 1}.gz")
    os.rename(log.path, log.path + ".1")
    log.begin()
    with open(log.path + ".1", "rb") as f, gzip.open(log.path + ".1.gz", "wb") as to:
        to.write(f.read())
    os.unlink(log.path + ".1")


def recreate(log):
    os.unlink(log.path)
    log.begin()


def truncate(log):
    log.begin()


def reuse_inode(log):
    """A new file with the number of the one just deleted, and longer than that was. Whoever follows holds the old one open until it
    has rested for a while: its time is set back."""
    inode, size = os.stat(log.path).st_ino, os.path.getsize(log.path)
    fd = os.open(log.path, os.O_RDWR)
    os.unlink(log.path)
    os.utime(fd, (time.time() - 60, time.time() - 60))
    os.close(fd)
    others, until = [], time.monotonic() + 6
    while time.monotonic() < until and (not others or os.stat(others[-1]).st_ino != inode):
        others.append(f"other{len(others)}")
        with open(others[-1], "w") as f:
            f.write(log.head)
        if len(others) % 50 == 0:
            time.sleep(0.1)
    log.reused += os.stat(others[-1]).st_ino == inode
    os.rename(others.pop(), log.path)
    for name in others:
        os.unlink(name)
    while os.path.getsize(log.path) <= size:
        log.add(5)


def stamp(log):
    log.generation += 1
    os.rename(log.path, f"{log.path}-202611{log.generation:02}")
    log.begin()


def stamp_before_extension(log):
    log.generation += 1
    os.rename(log.path, f"{log.path[:-6]}-202611{log.generation:02}.jsonl")
    log.begin()


def twice(log):
    rename(log)
    log.add(7)
    rename(log)


def twice_compressed(log):
    compress(log)
    log.add(7)
    compress(log)


CONSTANT = '{"type":"session.start","agent":"w","time":"2026-11-20T13:00:00Z"}\n'
SHARED = "".join('{"type":"x.head","agent":"w","time":"2026-11-20T13:00:00Z","n":%d,"pad":"%0100d"}\n' % (i, 0) for i in range(8))
assert len(SHARED) > 1024

# name: (rotate, is everything to be reached afterwards?, what each generation begins with, lines between rotations)
WAYS = {
    "rename and create": (rename, True, "", 60),
    "rename, create later": (rename_late, True, "", 60),
    "copytruncate": (copy_truncate, True, "", 60),
    "rename and compress": (compress, False, "", 60),
    "delete and create": (recreate, False, "", 60),
    "truncate": (truncate, False, "", 60),
    "delete and create, inode reused": (reuse_inode, False, "", 60),
    "first KiB shared": (rename, True, SHARED, 60),
    "first KiB shared, copytruncate": (copy_truncate, True, SHARED, 60),
    "first KiB shared, delete, inode reused": (reuse_inode, False, SHARED, 60),
    "constant first line": (rename, True, CONSTANT, 60),
    "constant first line, copytruncate": (copy_truncate, True, CONSTANT, 60),
    "shorter than 1 KiB": (rename, True, "", 3),
    "shorter than 1 KiB, copytruncate": (copy_truncate, True, "", 3),
    "a line a generation": (rename, True, CONSTANT, 1),
    "names with dates": (stamp, True, "", 60),
    "dates before the extension": (stamp_before_extension, True, "", 60),
    "two rotations between runs": (twice, True, "", 60),
    "two rotations, compressed": (twice_compressed, False, "", 60),
    "two rotations, constant first line": (twice, True, CONSTANT, 60),
}
ROTATIONS = 4


def found():
    db = reading()
    try:
        ids = [r[0] for r in db.execute("SELECT event FROM supervisor_policy_evaluations")]
        counted = db.execute("SELECT coalesce(sum(events), 0) FROM usage_hourly u JOIN type_names t ON t.id = u.type_id "
                             "WHERE t.name = 'note'").fetchone()[0]
        return ids, counted
    finally:
        db.close()


def judge(log, told, is_reachable):
    """told: what all the runs said on stderr, and their statuses."""
    errors, statuses = told
    ids, counted = found()
    lost = log.sent - len(set(ids))
    expect(len(ids) == len(set(ids)), "%d of %d lines are there twice", len(ids) - len(set(ids)), log.sent)
    expect(counted == len(ids), "%d events counted, %d rows", counted, len(ids))
    has_gap = "a gap: " in errors
    expect(lost == 0 or has_gap, "%d of %d lines lost without a word", lost, log.sent)
    expect(lost == 0 or not is_reachable, "%d of %d lines lost that are there; %s", lost, log.sent, errors[:300])
    expect(not has_gap or not is_reachable, "a gap is told where nothing is missing: %s", errors[:300])
    expect(not has_gap or 3 in statuses or -9 in statuses or 137 in statuses, "a gap, and statuses %s", statuses)
    other = [line for line in errors.splitlines() if "a gap: " not in line and "not there yet; it is read when it comes" not in line]
    expect(not other, "also said: %s", "; ".join(other)[:300])
    return lost


def between_runs(place, log, rotate, lines, kills):
    errors, statuses = "", []

    def go():
        nonlocal errors
        with_kill = kills and statuses and random.random() < 0.7  # a log is known when a run has stored something of it
        if with_kill:
            fault = ("-e", "trace=pwrite64", "-e", f"inject=pwrite64:signal=SIGKILL:when={random.randint(1, 40)}")
            killed = place.run("-r", "log.jsonl", fault=fault)
            errors += killed.err
            statuses.append(killed.status)
        done = place.run("-r", "log.jsonl")
        errors += done.err
        statuses.append(done.status)

    for _ in range(ROTATIONS):
        log.add(random.randint(1, lines))
        go()
        log.add(random.randint(0, lines))
        rotate(log)
        log.add(random.randint(0, lines))
        go()
    return errors, statuses


def while_followed(place, log, rotate, lines, kills):
    statuses = []
    log.add(lines)
    follower = place.start("-f", "log.jsonl")
    try:
        while count() == 0:  # a log is known when a run has stored something of it
            expect(follower.poll() is None, "ended with %s", follower.returncode)
            time.sleep(0.01)
        for _ in range(ROTATIONS):
            for _ in range(4):
                log.add(random.randint(0, max(1, lines // 4)))
                time.sleep(random.random() * 0.06)
                if kills and random.random() < 0.4:
                    statuses.append(stop(follower, random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))))
                    if random.random() < 0.5:
                        log.add(random.randint(0, lines))
                    follower = place.start("-f", "log.jsonl")
            rotate(log)
        log.add(lines)
        deadline = time.monotonic() + 30
        while count() < log.sent and time.monotonic() < deadline and follower.poll() is None:
            with open("err") as f:
                if "a gap: " in f.read():
                    time.sleep(1.5)
                    break
            time.sleep(0.05)
    finally:
        statuses.append(stop(follower) if follower.poll() is None else follower.returncode)
    with open("err") as f:
        return f.read(), statuses


def rotation(way, how, kills):
    rotate, is_reachable, head, lines = WAYS[way]

    def test(points):
        lost = sent = reused = 0
        rounds = 1 if points else 4
        for i in range(rounds):
            random.seed(f"{way} {how.__name__} {kills} {i}")
            with Place(POLICY) as place:
                log = Log(head=head)
                told = how(place, log, rotate, lines, kills)
                lost += judge(log, told, is_reachable)
                sent += log.sent
                reused += log.reused
        if rotate is reuse_inode and reused == 0:
            raise Skip("this file system does not give inodes again, or another takes them")
        return f"{sent} lines, {lost} lost" + (" and told" if lost else "")
    return test


def cases():
    for way in WAYS:
        for how in (between_runs, while_followed):
            for kills in (False, True):
                yield f"rotation {how.__name__.replace('_', ' ')}{', kill -9' if kills else ''}: {way}", rotation(way, how, kills)
