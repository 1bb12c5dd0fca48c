# SPDX-License-Identifier: ISC
"""Runs that go on (-r, --record), killed or failed at each system call of a kind: after every fault the store holds the rows as
far as its positions are and what was printed; after the next whole run, all that the undisturbed run holds.
"""
import json
import os
import sqlite3
import subprocess
import time

from ledger import BUILD, KILLED, Place, SHIM, Skip, Wrong, calls_of, count, expect, expect_killed, expect_part, expect_same, image, remove_store

# One of each kind that remembers: their states must be cut where positions are. And many that never hit, all shown: a batch is full after a few
# dozen events, so that some are committed without many rows.
POLICY = """  - {id: hit, when: "true"}
  - {id: calls, when: type == "tool.call", by: [agent], window: 10s, having: count >= 3}
  - {id: tokens, when: type == "llm.call", by: [agent, session], window: 1h, having: sum(input_tokens) > 40}
  - {id: silent, when: type == "tool.call", by: [agent], absent: 5s}
  - {id: turns, by: [session], within: 9s, sequence: [{when: type == "llm.call"}, {not: tool == "Edit"}, {when: type == "tool.call"}]}
  - {id: open, by: [agent], within: 2s, sequence: [{when: type == "llm.call"}, {not: type == "tool.call" && duration_ms > 20.0}]}
  - {id: again, by: [agent], loop: {same: 3, cycle: 2, repeat: 2}}
  - {id: rate, by: [agent], limit: 2/5s, realert: 3s}
  - {id: first, by: [agent], when: has(event.session), new: session, learn: 1s}
  - {id: tree, by: ["tree(agent)"], window: day, having: p50(input_tokens) > 8.0 && prev.count == 0 && distinct(session) > 1}
""" + "".join(f'  - id: never-{i}\n    when: "false"\n' for i in range(300))


def claude_lines(count):
    """A transcript whose responses are told in two records each, with the same usage; every fifth record is told again."""
    lines = []
    for i in range(count):
        usage = {"input_tokens": 10 + i, "output_tokens": 3, "cache_read_input_tokens": i}
        for part in (0, 1):
            lines.append(json.dumps({
                "type": "assistant", "uuid": f"u{i}-{part}", "sessionId": "s", "cwd": "/shop", "timestamp": f"2026-11-20T14:{i // 60:02}:{i % 60:02}Z",
                "message": {"id": f"m{i}", "role": "assistant", "model": "x", "usage": usage,
                            "content": [{"type": "text", "text": f"{i}"}] if part == 0 else
                            [{"type": "tool_use", "id": f"c{i}", "name": "Bash", "input": {"command": f"ls {i}"}}]}}))
        if i % 5 == 4:
            lines.append(lines[-2])
    return lines


def make_logs(events):
    os.makedirs("logs/sub", exist_ok=True)
    for name, agent in (("logs/a.jsonl", "ann"), ("logs/sub/b.ndjson", "bob")):
        with open(name, "w") as f:
            for i in range(events):
                f.write(json.dumps({"type": "tool.call" if i % 3 else "llm.call", "id": f"{agent}{i}", "time": f"2026-11-20T14:{i // 60:02}:{i % 60:02}.5Z",
                                    "agent": agent, "session": f"s{i % 4}", "tool": "Bash", "model": "x", "duration_ms": i,
                                    "input_tokens": i, "output_tokens": 2}) + "\n")
    with open("logs/claude.jsonl", "w") as f:
        f.write("\n".join(claude_lines(events // 3)) + "\n")


def spread(n, points):
    """All of 1 to n; or some: the first and the last, the rest between them."""
    if points is None or n <= points:
        return list(range(1, n + 1))
    edge = max(1, points // 4)
    rest = points - 2 * edge
    return sorted(set(list(range(1, edge + 1)) + [edge + 1 + i * (n - 2 * edge - 1) // rest for i in range(rest)] +
                      list(range(n - edge + 1, n + 1))))


def without_order(have):
    """What does not hang on in which order the events of several logs come: rows of the policy that remembers nothing."""
    return {**have, "states": [], "evaluations": [r for r in have["evaluations"] if r[3] == "hit"]} if have else have


class Sweep:
    behind = None  # the version of the store that a run begins with; None: there is no store

    def __init__(self, place, arguments, events):
        self.place, self.arguments = place, [*arguments, "--all", "logs"]
        make_logs(events)
        self.begin()
        done = place.run(*self.arguments)
        expect(done.status == 1 and done.err == "", "the undisturbed run: %d, %s", done.status, done.err)
        self.want = image()
        expect(len(self.want["evaluations"]) > 2 * events and len(self.want["positions"]) == 3, "the undisturbed run: %d rows",
               len(self.want["evaluations"]))

    def begin(self):
        remove_store()

    def image(self):
        return image(behind=self.behind)

    def fails(self, call, what, when):
        return self.place.run(*self.arguments, fault=("-e", "trace=" + call, "-e", f"inject={call}:{what}:when={when}"))

    def finish(self, when, in_order=True):
        """in_order: False when a log that cannot be read came after the others: what time makes due is due otherwise then."""
        done = self.place.run(*self.arguments)
        expect(done.status in (0, 1) and done.err == "", "%s, the next run: status %d, %s", when, done.status, done.err)
        have, want = self.image(), self.want
        if not in_order:
            have, want = without_order(have), without_order(want)
        expect_same(have, want, when + ", the next run")
        done = self.place.run(*self.arguments)
        expect((done.status, done.out, done.err) == (0, "", ""), "%s, a run with nothing to do: status %d, %s", when, done.status, done.err)

    def kill(self, call, n):
        when = f"killed at {call} {n}"
        done = self.fails(call, "signal=SIGKILL", n)
        expect_killed(done, call, n, when)
        expect_part(self.image(), self.want, done.printed(), when)
        again = 1 + n * 7 % 23 if n > 1 else 1
        when += f", then at {again}"
        done = self.fails(call, "signal=SIGKILL", again)
        expect_killed(done, call, again, when)
        expect_part(self.image(), self.want, done.printed(), when)
        self.finish(when)

    def error(self, call, error, n, step):
        when = f"{error} at {call} {n}{step}"
        done = self.fails(call, "error=" + error, f"{n}{step}")
        if done.status == 127:
            return  # the loader's call
        have, want = self.image(), self.want
        in_order = ": cannot read: " not in done.err or not done.err.startswith("sv-eval: logs/")
        if not in_order:
            have, want = without_order(have), without_order(want)
        expect_part(have, want, done.printed(), when)
        if done.status == 4:
            expect(done.err.count("\n") == 1 and done.err.startswith("sv-eval: "), "%s: not one line: %s", when, done.err)
            stored = {r[5] for r in have.get("evaluations", []) if r[5]}  # a timer has no event
            doubt = "; perhaps this batch was stored, " in done.err
            expect(doubt or stored == set(done.printed()), "%s: %d stored, %d printed", when, len(stored), len(set(done.printed())))
        else:
            expect(done.status == 1 and done.err == "", "%s: status %d, %s", when, done.status, done.err)
        self.finish(when, in_order)


    def tear(self, n):
        """Killed when n bytes of its log are written; False: it writes no more than that."""
        when = f"killed when {n} bytes of the log were written"
        env = self.place.env
        self.place.env = {**env, "LD_PRELOAD": SHIM, "SV_SHIM_TEAR": str(n), "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"}
        done = self.place.run(*self.arguments)
        self.place.env = env
        if done.status not in KILLED:
            expect(done.status in (0, 1) and done.err == "", "%s: status %d, %s", when, done.status, done.err)
            return False
        expect_part(self.image(), self.want, done.printed(), when)
        self.finish(when)
        return True


class SweepBehind(Sweep):
    """Of a store that the program before this one has left: it is brought up to date, a copy of it is kept."""

    def begin(self):
        remove_store()
        for end in ("", ".part"):
            if os.path.exists(f"sv.db.v{self.behind}{end}"):
                os.unlink(f"sv.db.v{self.behind}{end}")
        program = os.path.join(BUILD, "fault", "behind")
        if not os.path.exists(program):
            raise Skip("build/fault/behind is not built")
        self.behind = int(subprocess.run([program, "sv.db"], check=True, capture_output=True).stdout)
        db = sqlite3.connect("sv.db")
        db.execute("INSERT INTO agent_names (name) VALUES ('kept')")
        db.commit()
        db.close()

    def finish(self, when, in_order=True):
        super().finish(when, in_order)
        for name, version in (("sv.db", None), (f"sv.db.v{self.behind}", self.behind)):
            expect(os.path.exists(name), "%s: no %s", when, name)
            db = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
            expect(version is None or db.execute("PRAGMA user_version").fetchone()[0] == version, "%s: %s is of another version", when, name)
            expect(db.execute("SELECT count(*) FROM agent_names WHERE name = 'kept'").fetchone()[0] == 1, "%s: %s has lost a name", when, name)
            db.close()


def pipe_sent_again(call):
    """What a pipe brings is sent again by whoever does not know how much was stored: each event with an id of its own counts once."""
    def test(points):
        n = 150
        lines = "".join('{"type":"tool.call","id":"e%d","agent":"ann","time":"2026-11-20T14:%02d:%02dZ","text":"%0200d"}\n' % (i, i // 60, i % 60, i)
                        for i in range(n)).encode()
        with Place(POLICY) as place:
            calls = calls_of(place, call, "-r", "--all", piped=lines)
            places, stored = spread(calls, points), 0
            for at in places:
                remove_store()
                when = f"killed at {call} {at}"
                done = place.run("-r", "--all", fault=("-e", "trace=" + call, "-e", f"inject={call}:signal=SIGKILL:when={at}"), piped=lines)
                expect_killed(done, call, at, when)
                before = count(query="SELECT count(DISTINCT event) FROM supervisor_policy_evaluations WHERE event <> ''")
                expect(len(set(done.printed())) <= before, "%s: %d printed, %d stored", when, len(set(done.printed())), before)
                stored += 0 < before < n
                done = place.run("-r", piped=lines)
                expect(done.status in (0, 1) and done.err == "", "%s, sent again: %d, %s", when, done.status, done.err)
                for query, want in (("SELECT count(*) FROM evaluations WHERE policy = 'hit'", n),
                                    ("SELECT count(DISTINCT event) FROM evaluations WHERE policy = 'hit'", n),
                                    ("SELECT events FROM agents", n), ("SELECT sum(events) FROM usage_hourly", n)):
                    expect(count(query=query) == want, "%s, sent again: %s is %d, must be %d", when, query, count(query=query), want)
            return f"{len(places)} places, {stored} with a part stored"
    return test


def sweep(arguments, call, strike, events=36, kind=Sweep):
    """A test: strike(sweep, n) at each call; `points` says at how many of them."""
    def test(points):
        with Place(POLICY) as place:
            s = kind(place, arguments, events)
            s.begin()
            places = spread(calls_of(place, call, *s.arguments), points)
            expect(places, "no such call is made")
            wrong, begin = [], time.monotonic()
            for n in places:
                s.begin()
                try:
                    strike(s, n)
                except Wrong as e:
                    wrong.append(str(e))
            expect(not wrong, "%d of %d places: %s", len(wrong), len(places), "\n# ".join(wrong[:5]))
            return f"{len(places)} places, {time.monotonic() - begin:.0f} s"
    return test


HALF_FRAME = (24 + 4096) // 2


def torn(arguments, events=36):
    """A test: killed within a write of the log, at the edge of each frame, in the middle of its head, and of its page."""
    def test(points):
        if not os.path.exists(SHIM):
            raise Skip("build/fault/shim.so is not built")
        with Place(POLICY) as place:
            s = Sweep(place, arguments, events)
            begin, i, places = time.monotonic(), 1, 0
            s.begin()
            while s.tear(32 + i * HALF_FRAME + i % 3 * 12):
                i += 1 if points is None else 37
                places += 1
                s.begin()
            expect(places > 0, "not killed at all: this SQLite cannot be instrumented")
            return f"{places} places, {time.monotonic() - begin:.0f} s"
    return test


def killing(call):
    return lambda s, n: s.kill(call, n)


def failing(call, error, step=""):
    return lambda s, n: s.error(call, error, n, step)


def cases():
    for arguments in (["-r"], ["--record"]):
        for call in ("pwrite64", "fdatasync", "unlink", "write", "ftruncate"):
            yield f"{arguments[0]}: SIGKILL at {call}", sweep(arguments, call, killing(call))
        yield f"{arguments[0]}: SIGKILL within a write", torn(arguments)
        for step, name in (("", "once"), ("+7", "again and again"), ("+", "until freed")):
            yield f"{arguments[0]}: ENOSPC {name}", sweep(arguments, "pwrite64", failing("pwrite64", "ENOSPC", step))
        for call in ("pwrite64", "fdatasync", "pread64"):
            yield f"{arguments[0]}: EIO of {call}", sweep(arguments, call, failing(call, "EIO"))
    yield "-r of a pipe that is sent again: SIGKILL at pwrite64", pipe_sent_again("pwrite64")
    for call in ("rename", "unlink", "pwrite64", "fdatasync"):
        yield f"a store left behind: SIGKILL at {call}", sweep(["-r"], call, killing(call), kind=SweepBehind)
    yield "a store left behind: ENOSPC once", sweep(["-r"], "pwrite64", failing("pwrite64", "ENOSPC"), kind=SweepBehind)
    yield "a store left behind: ENOSPC until freed", sweep(["-r"], "pwrite64", failing("pwrite64", "ENOSPC", "+"), kind=SweepBehind)
