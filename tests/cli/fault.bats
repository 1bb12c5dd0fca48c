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

@test "a page that the disk cannot read is an error of the system, not a damaged store" {
    policy 'when: "true"'
    need_trace
    seq -f '{"type":"x.y","id":"e%.0f"}' 9000 >log.ndjson
    sv-eval --exit-zero -d s.db -p "$policy" log.ndjson >/dev/null
    pages=0
    for n in $(seq 3 2 81); do
        status=0
        strace -f -y -qq -o trace -e trace=pread64 -e "inject=pread64:error=EIO:when=$n" sv-eval -d s.db -p "$policy" log.ndjson >out 2>err || status=$?
        grep -q 's.db>.*INJECTED' trace || continue
        pages=$((pages + 1))
        assert_equal "$status" 4
        run cat err
        assert_output --regexp '^sv-eval: s.db: cannot read( or write)?: Input/output error(; nothing of this batch was stored)?$'
    done
    [ "$pages" -ge 3 ] || fail "$pages pages read"
}

@test "a run that finds nothing new waits for no disk" {
    need_trace
    policy 'when: "true"'
    seq -f '{"type":"x.y","id":"e%.0f"}' 100 >log.ndjson
    calls_of fdatasync sv-eval -r --exit-zero -d s.db -p "$policy" log.ndjson
    [ "$calls" -gt 0 ] || fail "a run that read was not synced"
    calls_of fdatasync sv-eval -r -d s.db -p "$policy" log.ndjson
    assert_equal "$calls" 0
    assert_equal "$(rows s.db 'SELECT count(*) FROM runs WHERE ended_at IS NOT NULL')" 2
    echo '{"type":"x.y","id":"late"}' >>log.ndjson
    calls_of fdatasync sv-eval -r --exit-zero -d s.db -p "$policy" log.ndjson
    [ "$calls" -gt 0 ] || fail "what was found was not synced"
}

@test "a line is printed when its batch is on the disk, and the next writer has his turn before" {
    policy 'when: "true"'
    need_trace
    seq -f '{"type":"x.y","id":"e%.0f"}' 10050 >log.ndjson
    # order HOW: Write the log, Sync log or file, Leave the line, Print
    order() {
        rm -f s.db*
        strace -f -y -qq -o trace -e trace=pwrite64,fdatasync,write,fcntl sv-eval --sync "$1" --exit-zero -d s.db -p "$policy" log.ndjson >out
        assert_equal "$(wc -l <out)" 10050
        awk '/pwrite64\(.*s\.db-wal>/ { print "W" } /fdatasync\(.*s\.db(-wal)?>/ { print "S" } / write\(1</ { print "P" }
            /fcntl\(.*s\.db-line>.*F_UNLCK.*l_start=[0-9][0-9][0-9][0-9]/ && /F_SETLK/ { print "L" }' trace | uniq | tr -d '\n'
    }
    run order full
    refute_output --regexp 'W[^S]*P'
    assert_output --regexp 'WLSP'
    run order normal
    assert_output --regexp 'WLP'
}
