#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A sample of what `make fault` does to runs that go on where the last one stopped (tests/fault/keep): nothing twice, nothing lost.

load helper

keep() { # keep POINTS NAMES: all of these must be there, and hold
    need strace
    need python3
    B=$build run "$top/tests/fault/keep" -n "$@"
    [[ ${lines[0]} != *"# skip "* ]] || skip "${lines[0]#*# skip }"
    assert_success
    assert_line --regexp '^ok 1 '
}

@test "-r killed, and once more while the next run recovers: the store is that of an undisturbed run" {
    keep 2 '^-r: SIGKILL at (pwrite64|fdatasync|write)$'
}

@test "--record killed: events, counters and positions are those of an undisturbed run" {
    keep 2 '^--record: SIGKILL at (pwrite64|unlink)$'
}

@test "a pipe that is sent again after a kill: each event counts once" {
    keep 4 '^-r of a pipe that is sent again: SIGKILL at pwrite64$'
}

@test "-r on a disk that is full, or fails: found is what positions say, and all of it after a next run" {
    keep 2 '^-r: (ENOSPC until freed|EIO of (pwrite64|fdatasync|pread64))$'
}

@test "logs rotated between runs, killed or not" {
    keep 1 '^rotation between runs(, kill -9)?: (rename and create|copytruncate|rename and compress|constant first line|two rotations, constant first line|delete and create, inode reused)$'
}

@test "logs rotated while they are followed" {
    keep 1 '^rotation while followed: (copytruncate|names with dates|delete and create|constant first line)$'
}

@test "logs rotated while they are followed by runs that are killed" {
    keep 1 '^rotation while followed, kill -9: (rename and create|constant first line, copytruncate)$'
}

@test "a log that is copied and cut, with a run between any two steps of it" {
    keep 1 '^copytruncate in steps, runs between them: (constant first line, a line|longer than a print)$'
}

@test "a log that is copied and cut step by step while it is followed by runs that are killed" {
    keep 1 '^copytruncate in steps, followed and killed: (a line, two unread|constant first line)$'
}

@test "lines that are written between the copy of a log and its cut: those that were read count, and a gap is told" {
    keep 1 '^copytruncate, lines between copy and cut: (a line|longer than a print)$'
}

@test "runs that overlap, writers that are killed, one that is stopped in its transaction" {
    keep 1 '^(runs that overlap|50 writers, 15 of them killed|a writer stopped in its transaction)$'
}

@test "a store taken away while it is written, and a reader that keeps its snapshot" {
    keep 1 '^(followed while somebody acts: .*|a reader keeps its snapshot)$'
}

@test "a folder is followed, and a line is answered soon" {
    keep 1 '^(a folder is followed|how soon a line is answered)$'
}

@test "a ledger sees the rows that SQLite loses by itself, and our rules lose none" {
    keep 1 '^(control: .*|the race window widened, our rules)$'
}

@test "an export to an import, one end of it killed: each event is there, once" {
    keep 2 '^export to an import: (SIGKILL of the (export at write|import at pwrite64)|ENOSPC of the import)$'
}
