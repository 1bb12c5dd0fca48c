#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A small sample of `make fault`: faults of the system while the store is written.

load helper

sweep() { # sweep POINTS KINDS
    need strace
    need sqlite3
    B=$build run "$top/tests/fault/sweep" "$@"
    [[ ${lines[0]} != *"# skip "* ]] || skip "${lines[0]#*# skip }"
    assert_success
}

@test "killed while it writes, twice in a row: what was printed is stored, and the next run makes it whole" {
    sweep 3 '^SIGKILL at pwrite64$'
    assert_line --regexp '^ok 1 - .*: 3 places, 0 in doubt$'
}

@test "a full disk: what was printed is stored, and nothing else" {
    sweep 3 '^ENOSPC'
    assert_line --regexp '^ok 1 - .*: 3 places, 0 in doubt$'
}

@test "a sync that fails: what is written whole may be found again, and the line says so" {
    sweep 50 '^EIO of a sync$'
    assert_line --regexp '^ok 1 - .*, [1-9][0-9]* in doubt$'
}
