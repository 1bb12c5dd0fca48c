# SPDX-License-Identifier: ISC
"""SQLite's WAL-reset race, opened wide (shim.c): programs that leave checkpoints to SQLite lose rows that it acknowledged, sv-eval
does not. The first is the control: a ledger that finds nothing missing there would find nothing anywhere.
"""
import os

from crowd import expect_all, write_log
from ledger import Place, SHIM, Skip, Wrong, count, expect, rows_of

# Many that never hit, all shown: a batch is full, and committed, after some 30 lines.
POLICY = '  - id: each\n    when: "true"\n    message: text\n' + "".join(f'  - id: never-{i}\n    when: "false"\n' for i in range(300))
WRITERS, LINES = 4, 1500
TRIES = 12


def is_mended(version):
    """As libcore/store/library.c has it."""
    numbers = tuple(int(n) for n in version.split("."))
    return numbers >= (3, 51, 3) or (3, 50, 7) <= numbers < (3, 51) or (3, 44, 6) <= numbers < (3, 45)


def write_at_once(place, **shim):
    """Statuses, what was printed, and of the checkpoints one letter each, as in shim.c."""
    place.env.update(LD_PRELOAD=SHIM, SV_SHIM_SLEEP_US="10000", SV_SHIM_NOTES="notes", ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0", **shim)
    for i in range(WRITERS):
        write_log(f"log{i}.jsonl", f"w{i}", 0, LINES)
    started = [place.start("-r", "--all", f"log{i}.jsonl", out=f"out{i}") for i in range(WRITERS)]
    statuses = [p.wait(120) for p in started]
    printed = set()
    for i in range(WRITERS):
        with open(f"out{i}") as f:
            printed.update(line.split('"event":"', 1)[1].split('"', 1)[0] for line in f if '"outcome":"violation"' in line and line[-1] == "\n")
    notes = open("notes").read() if os.path.exists("notes") else ""
    return statuses, printed, notes


def need_shim():
    """The version of the SQLite in use."""
    if not os.path.exists(SHIM):
        raise Skip("build/fault/shim.so is not built")
    with Place(POLICY) as place:
        write_log("log.jsonl", "a", 0, 1)
        place.run("-r", "log.jsonl")
        return count(query="SELECT sqlite_version FROM runs").split()[0]


def expect_widened(notes):
    if notes == "":
        raise Skip("this SQLite cannot be instrumented: not a library of its own, or without xUnfetch")


def control(points):
    version = need_shim()
    if is_mended(version):
        raise Skip(f"SQLite {version} does not lose rows")
    for tries in range(1, TRIES + 1):
        with Place(POLICY) as place:
            statuses, printed, notes = write_at_once(place, SV_SHIM_PASSIVE="20")
            expect_widened(notes)
            rows, why = rows_of()
            lost = len(printed - set(rows))
            if lost > 0:
                return f"{lost} of {len(printed)} rows lost, as must be" + (f"; {why}" if why else "") + f"; SQLite {version}, try {tries}"
    raise Wrong(f"{TRIES} times nothing lost, statuses {statuses}, checkpoints {notes[:80]}")


def our_rules(points):
    need_shim()
    with Place(POLICY) as place:
        expect_widened(write_at_once(place, SV_SHIM_PASSIVE="20")[2])
    rounds, slept, rows = 1 if points else 10, 0, 0
    for _ in range(rounds):
        with Place(POLICY) as place:
            statuses, printed, notes = write_at_once(place)
            said = open("err").read()
            expect(statuses == [1] * WRITERS and said == "", "statuses %s: %s", statuses, said[:300])
            expect(len(printed) == WRITERS * LINES, "%d lines printed", len(printed))
            expect_all({f"w{i}": LINES for i in range(WRITERS)})
            slept += notes.count("s")
            rows += WRITERS * LINES
            expect("r" not in notes, "a log was begun anew amid a checkpoint: %s", notes)
    return f"{rows} rows, slept {slept} times"


def cases():
    yield "control: PASSIVE checkpoints without the line, the race window widened", control
    yield "the race window widened, our rules", our_rules
