# SPDX-License-Identifier: ISC
"""copytruncate, taken apart: a log is copied, cut and written anew in steps, and runs (-r) or a follower that is killed (-f) come
between any two of them. As long as nothing is written between copy and cut all can be reached, so all must be found once and
without a word; what is written there is gone for everybody but who has read it, so no more than that may be missing.
"""
import itertools
import os
import random
import signal
import time

from ledger import Place, count, expect, stop
from rotation import CONSTANT, POLICY, SHARED, Log, judge

# name: what each generation begins with, lines that were read before, lines that were not
SIZES = {
    "a line": ("", 1, 0),
    "a line, two unread": ("", 1, 2),
    "three lines": ("", 3, 0),
    "three lines, two unread": ("", 3, 2),
    "constant first line": (CONSTANT, 3, 2),
    "constant first line, a line": (CONSTANT, 1, 1),
    "constant first line, nothing unread": (CONSTANT, 2, 0),
    "first KiB shared": (SHARED, 3, 2),
    "longer than a print": ("", 60, 20),
    "longer than a print, constant first line": (CONSTANT, 60, 20),
}


def steps_of(log):
    """Functions, one after the other."""
    copy = log.path + ".1"
    with open(log.path, "rb") as f:
        text = f.read()
    first = text.index(b"\n") + 1

    def begin():
        log.shift()
        with open(copy, "wb"):
            pass

    def up_to(end):
        def go():
            with open(copy, "ab") as f:
                f.write(text[os.path.getsize(copy):end])
        return go

    def cut():
        os.truncate(log.path, 0)

    def head():
        log.begin("a")

    parts = sorted({first // 2, first, min(first + 10, len(text)), len(text) // 2, len(text)})
    return [begin, *map(up_to, parts), cut, head, lambda: log.add(1), lambda: log.add(2)]


def begin_log(place, size):
    head, read, unread = SIZES[size]
    log = Log(head=head)
    log.add(read)
    done = place.run("-r", log.path)
    expect(done.err == "", "the first run says: %s", done.err)
    log.add(unread)
    return log


def stops(points, n):
    """After which of n steps there is a run: none, each, any two, any one of all but one; of these a few."""
    chosen = [(), *itertools.combinations(range(n), 1), tuple(range(n))]
    pairs = [*itertools.combinations(range(n), 2), *(tuple(i for i in range(n) if i != without) for without in range(n))]
    random.seed(n)
    return chosen + (random.sample(pairs, 2) if points else pairs)


def between_steps(size):
    def test(points):
        runs = lost = 0
        with Place(POLICY) as place:
            log = begin_log(place, size)
            n = len(steps_of(log))
        for chosen in stops(points, n):
            with Place(POLICY) as place:
                errors, statuses = "", []
                log = begin_log(place, size)
                for rotations in range(2):  # the second one finds what the first one has left
                    for i, step in enumerate(steps_of(log)):
                        step()
                        if i in chosen or (rotations == 0 and i == n - 1):
                            done = place.run("-r", log.path)
                            errors += done.err
                            statuses.append(done.status)
                            runs += 1
                done = place.run("-r", log.path)
                errors += done.err
                statuses.append(done.status)
                try:
                    lost += judge(log, (errors, statuses), True)
                except Exception as e:
                    raise type(e)(f"runs after the steps {chosen} of {n}: {e}") from e
        return f"{runs} runs between steps"
    return test


def written_between(size):
    """Two lines come between copy and cut. One run is there before the copy, or sees one of them, or both, or none."""
    def test(points):
        told = 0
        for seen in (None, 0, 1, 2):
            with Place(POLICY) as place:
                log = begin_log(place, size)
                *before, cut, head, one, two = steps_of(log)
                known, errors, statuses = 0, "", []

                def run():
                    nonlocal errors, known
                    done = place.run("-r", log.path)
                    errors += done.err
                    statuses.append(done.status)
                    known = count()

                for step in before:
                    step()
                copied = log.sent
                for lines in range(3):
                    if seen == lines:
                        run()
                    if lines < 2:
                        log.add(1)
                for step in (cut, head, one, two, run):
                    step()
                expect(known == log.sent - 2 + (seen or 0), "%s lines were seen between copy and cut: %d counted of %d", seen, known, log.sent)
                expect(known == count(query="SELECT count(DISTINCT event) FROM supervisor_policy_evaluations"), "some are there twice")
                is_gap = seen in (1, 2)
                expect(("a gap: " in errors) == is_gap and (3 in statuses) == is_gap, "%s seen of %d: %s, %s", seen, copied, statuses, errors)
                told += is_gap
        return f"{told} gaps told"
    return test


def settle(process):
    """Until it waits, and was not at work for a while."""
    def used():
        with open(f"/proc/{process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return fields[0], fields[11], fields[12]
    before, still = None, 0
    until = time.monotonic() + 2
    while still < 4 and time.monotonic() < until:
        time.sleep(0.01)
        now = used()
        still = still + 1 if now == before and now[0] == "S" else 0
        before = now


def while_followed(size):
    """Begun, killed and begun again after any step."""
    def test(points):
        with Place(POLICY) as place:
            n = len(steps_of(begin_log(place, size)))
        random.seed(size)
        pairs = [(a, b) for a in range(-1, n) for b in range(a, n)]
        rounds = random.sample(pairs, 2) if points else pairs
        for start, kill in rounds:
            with Place(POLICY) as place:
                log = begin_log(place, size)
                statuses, follower = [], None
                for i, step in enumerate([lambda: None, *steps_of(log)], -1):
                    step()
                    if i == start:
                        follower = place.start("-f", log.path)
                    if follower is not None:
                        settle(follower)
                    if i == kill:
                        statuses.append(stop(follower, signal.SIGKILL))
                        follower = place.start("-f", log.path)
                        settle(follower)
                until = time.monotonic() + 30
                while count() < log.sent and time.monotonic() < until and follower.poll() is None:
                    time.sleep(0.02)
                settle(follower)
                statuses.append(stop(follower))
                with open("err") as f:
                    errors = f.read()
                try:
                    judge(log, (errors, statuses), True)
                except Exception as e:
                    raise type(e)(f"begun after step {start}, killed after {kill} of {n}: {e}") from e
        return f"{len(rounds)} times"
    return test


def cases():
    for size in SIZES:
        yield f"copytruncate in steps, runs between them: {size}", between_steps(size)
    for size in SIZES:
        yield f"copytruncate, lines between copy and cut: {size}", written_between(size)
    for size in SIZES:
        yield f"copytruncate in steps, followed and killed: {size}", while_followed(size)
