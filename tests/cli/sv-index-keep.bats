#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The store as a file: looked over, mended, backed up.
load helper

setup() {
    store_place
    policy 'when: type == "x.y"'
    seq -f '{"type":"x.y","agent":"a","id":"%.0f"}' 20 >log.ndjson
    sv-eval -r --record -p "$policy" --exit-zero log.ndjson >/dev/null
}

@test "check: all is well, row by row; with --quick nothing is copied" {
    index check
    assert_success
    assert_equal "$(jq -r '.check' <<<"$output" | paste -sd' ')" "permissions sqlite log tables queries integrity references ledger counters rows"
    assert_equal "$(jq -rs 'all(.state == "ok" or .state == "note")' <<<"$output")" true
    assert_equal "$(jq -r 'select(.check == "rows") | .what' <<<"$output" | cut -d';' -f1)" "20 events, 20 evaluations"
    index check --quick
    assert_success
    assert_equal "$(jq -r 'select(.state == "left") | .check' <<<"$output")" integrity
    assert_equal "$(ls)" "$(printf '%s\n' log.ndjson policy.yaml s.db s.db-line s.db-shm s.db-wal)"
}

@test "check: each finding comes with the command that mends it, and then it is mended" {
    need sqlite3
    sqlite3 s.db 'DROP INDEX idx_events_time'
    chmod 640 s.db
    index check
    assert_failure 1
    assert_equal "$(jq -r 'select(.state == "found") | .check' <<<"$output" | sort -u | paste -sd' ')" "indexes permissions queries"
    jq -r 'select(.state == "found") | .repair' <<<"$output" >commands
    assert_equal "$(grep -v 's.db-' commands | sort -u)" "chmod go= $PWD/s.db
sv-index repair -d $PWD/s.db"
    sh -e commands >/dev/null
    index check
    assert_success
    mkdir "it's here"
    index backup "it's here/b.db"
    assert_success
    chmod 604 "it's here/b.db"
    index verify "it's here/b.db"
    assert_failure 1
    jq -r 'select(.state == "found") | .repair' <<<"$output" | sh -e
    index verify "it's here/b.db"
    assert_success
}

@test "repair says what it did; there is nothing to be asked in a store that is not there" {
    index repair
    assert_success
    assert_equal "$(jq -r '.check' <<<"$output")" log
    for verb in check repair 'backup b.db'; do
        index $verb -d none.db
        assert_failure 3
        assert_equal "$stderr" "sv-index: none.db: no such store"
        assert_equal "$output" ""
    done
    assert [ ! -e none.db ]
    assert [ ! -e b.db ]
    echo 'no store, but a text that is long enough to be looked at with some care by a program' >text
    chmod 600 text
    for verb in check repair 'backup b.db'; do
        index $verb -d text
        assert_failure 3
    done
    index verify text
    assert_failure 3
    index verify none.db
    assert_failure 3
    assert_equal "$stderr" "sv-index: none.db: no such store"
}

@test "backup: whole, verified, not over something else; verify tells a damaged one" {
    index backup b.db
    assert_success
    assert_equal "$(jq -r '"\(.file) \(.bytes)"' <<<"$output")" "b.db $(wc -c <b.db)"
    index verify b.db
    assert_success
    assert_equal "$(jq -r 'select(.check == "rows") | .what' <<<"$output" | cut -d';' -f1)" "20 events, 20 evaluations"
    index backup b.db
    assert_failure 3
    assert_equal "$stderr" "sv-index: b.db: is there already; give another name, or --replace"
    index backup --replace b.db
    assert_success
    index backup
    assert_failure 2
    assert_equal "$stderr" "sv-index: backup takes one file"
    index verify b.db s.db
    assert_failure 2
    index backup s.db
    assert_failure 2
    size=$(wc -c <b.db)
    head -c $((size / 2)) b.db >half.db
    chmod 600 half.db
    index verify half.db
    assert_failure 3
    assert_equal "$stderr" "sv-index: half.db: damaged (database disk image is malformed); put a backup in its place"
    cp b.db changed.db
    need sqlite3
    sqlite3 changed.db 'DELETE FROM supervisor_policy_evaluations WHERE record = 3'
    index verify changed.db
    assert_failure 1
    assert_equal "$(jq -r 'select(.state == "found") | .what' <<<"$output")" "run 1 stored 20 evaluations, and there are 19
supervisor_policy_evaluations has 19 rows, and 20 are counted"
    index verify b.db -o text
    assert_line --index 0 --regexp '^STATE +CHECK +WHAT +REPAIR$'
}

@test "a backup that finds no room, or may not be written, is told, and leaves nothing" {
    (ulimit -f 100 && exec sv-index backup b.db >out 2>err) || true
    assert_equal "$(cat err)" "sv-index: b.db: cannot be made: File too large"
    assert [ ! -s out ]
    assert [ ! -e b.db ]
    assert [ ! -e b.db.part ]
    index backup /proc/nowhere/b.db
    assert_failure 4
    assert_equal "$stderr" "sv-index: /proc/nowhere/b.db: cannot be made: No such file or directory"
}
