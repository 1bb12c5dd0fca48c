#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Months that move out of the store, and come back: nothing is lost, nothing is there twice, whatever happens.
load helper

setup() {
    store_place
    export SV_NOW=2026-11-30T12:00:00Z
    policy 'when: type == "x.bad"'
}

# fill COUNT: so many events, one an hour from 2026-07-30 on, each fifth of a priority, each third found by the policy.
fill() {
    jq -cn --argjson n "$1" 'range($n) | {type: (if . % 3 == 0 then "x.bad" else "x.good" end), id: "e\(.)", agent: "a\(. % 7)", session: "s\(. % 9)",
        time: (1785369600 + . * 3600 | todate), priority: ("P\(. % 5)" | select(. != "P4")), text: "some words", entity_type: "task", entity_id: "T-\(. % 4)"}' \
        >log.ndjson 2>/dev/null
    jq -cn --argjson n "$1" 'range($n) | select(. % 5 == 4) | {type: "x.good", id: "n\(.)", agent: "a\(. % 7)", time: (1785369600 + . * 3600 | todate)}' >>log.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero log.ndjson >/dev/null
}

# Every row with what it refers to, in words; of the store and of all archives together.
content() {
    for file in "$@"; do
        sqlite3 -readonly "$file" "SELECT e.id, e.record, e.part, e.event, e.time, t.name, a.name, s.name, e.priority, e.entity_id, e.run, b.body FROM events AS e
            JOIN type_names AS t ON t.id = e.type LEFT JOIN agent_names AS a ON a.id = e.agent LEFT JOIN session_names AS s ON s.id = e.session
            JOIN event_bodies AS b ON b.event = e.id JOIN sources AS o ON o.id = e.source JOIN runs AS r ON r.id = e.run WHERE t.name NOT LIKE 'operator.%';
            SELECT 'E', e.id, e.record, e.created_at, p.policy, p.text, a.name, e.message, e.run FROM supervisor_policy_evaluations AS e
            JOIN supervisor_policies AS p ON p.id = e.policy_id LEFT JOIN agent_names AS a ON a.id = e.agent_id JOIN sources AS o ON o.id = e.source"
    done | sort
}

files() { # of archives
    (cd archive && printf '%s\n' * | paste -sd' ')
}

sound() { # nothing to be found in any of them
    index check
    assert_success
    for file in archive/*.db; do
        [ -e "$file" ] || continue
        index verify "$file"
        assert_success
    done
}

@test "a dry run first; then rows are there, no longer here, and all is sound" {
    fill 1000
    content s.db >before
    index archive
    assert_success
    assert_equal "$(jq -r '"\(.month) \(.state) \(.events) \(.evaluations)"' <<<"$output")" "2026-07 due 28 13
2026-08 due 446 198
2026-09 due 8 4"
    assert [ ! -e archive ]
    content s.db >now
    run diff before now
    assert_success
    index archive --apply
    assert_success
    assert_equal "$(jq -r '"\(.month) \(.state) \(.events) \(.evaluations)"' <<<"$output")" "2026-07 archived 28 13
2026-08 archived 446 198
2026-09 archived 8 4"
    assert_equal "$(stat -c %a archive archive/sv-2026-08.db | paste -sd' ')" "700 600"
    assert_equal "$(files)" "sv-2026-07.db sv-2026-08.db sv-2026-09.db"
    content s.db archive/*.db >after
    run diff before after
    assert_success
    # P0 and P1 stay, and what is younger
    assert_equal "$(rows s.db "SELECT count(*), min(priority), max(priority) FROM events WHERE time < unixepoch('2026-09-01') * 1000000000")" "318|0|1"
    assert_equal "$(rows s.db "SELECT count(*) FROM events AS e JOIN type_names AS t ON t.id = e.type WHERE t.name = 'operator.archive' AND entity_type = 'archive'")" 3
    sound
    index archive --apply
    assert_success
    assert_output ""
    index archive list
    assert_equal "$(jq -r '"\(.month) \(.state) \(.events) \(.evaluations) \(.path)"' <<<"$output" | head -n 1)" "2026-07 here 28 13 $PWD/archive/sv-2026-07.db"
}

@test "an archive is a store: any verb takes it" {
    fill 500
    sv-index archive --apply >/dev/null
    index sources -d archive/sv-2026-08.db
    assert_success
    assert_equal "$(jq -r '.path' <<<"$output")" "$PWD/log.ndjson"
    assert_equal "$(rows archive/sv-2026-08.db 'SELECT policy, count(*) FROM evaluations GROUP BY 1')" "test|120"
    chmod 400 archive/sv-2026-08.db
    before=$(cksum <archive/sv-2026-08.db)
    index check --quick -d archive/sv-2026-08.db
    assert_success
    assert_equal "$(cksum <archive/sv-2026-08.db)" "$before"
}

@test "by age, by priority, by type" {
    fill 1000
    due() { sv-index archive "$@" | jq -rs '"\(map(.events) | add // 0) \(map(.evaluations) | add // 0)"'; }
    assert_equal "$(due)" "482 215"
    assert_equal "$(due --older 300d)" "0 0"
    assert_equal "$(due --keep none)" "804 215"
    assert_equal "$(due --keep P0,P1,P2,P3)" "160 215"
    assert_equal "$(due --type x.good=never)" "107 215"
    assert_equal "$(due --type 'x.*=never' --type evaluation=30d)" "0 266"
    assert_equal "$(due --type evaluation=never)" "482 0"
    assert_equal "$(due --type x.bad=85d --older 300d)" "123 0"
    assert_equal "$(due --type x.bad=85d --type 'x.*=never')" "123 215"
    sv-index archive --apply --type x.bad=85d --older 300d >/dev/null
    assert_equal "$(rows archive/sv-2026-08.db 'SELECT count(DISTINCT t.name), min(t.name) FROM events AS e JOIN type_names AS t ON t.id = e.type')" "1|x.bad"
    sound
    for wrong in '--older x' '--keep P4' '--keep P0;P1' '--keep p0' '--type x' '--type x=y' '--type =9d' 'what' 'list x' 'moved 2026-08'; do
        index archive $wrong
        assert_failure 2
    done
    assert_equal "${stderr_lines[0]}" "sv-index: archive takes no operands, or: list, or: moved MONTH WHERE"
}

@test "restore brings all back as it was; the next archive leaves it for a while" {
    fill 1000
    content s.db >before
    sv-index archive --apply >/dev/null
    index restore 2026-08 2026-07 --reason 'an audit'
    assert_success
    assert_equal "$(jq -r '"\(.month) \(.state) \(.events) \(.evaluations)"' <<<"$output")" "2026-08 restored 446 198
2026-07 restored 28 13"
    sound
    content s.db archive/sv-2026-09.db >after
    run diff before after
    assert_success
    assert_equal "$(rows s.db "SELECT b.body ->> 'text', entity_id FROM events AS e JOIN type_names AS t ON t.id = e.type JOIN event_bodies AS b ON b.event = e.id
        WHERE t.name = 'operator.restore' ORDER BY e.id LIMIT 1")" "an audit|2026-08"
    index archive --apply
    assert_equal "$(jq -r '"\(.month) \(.state)"' <<<"$output")" "2026-07 restored
2026-08 restored"
    index restore 2026-08
    assert_equal "$(jq -r '"\(.state) \(.events) \(.evaluations)"' <<<"$output")" "restored 0 0"
    SV_NOW=2027-03-01T00:00:00Z index archive --apply
    assert_success
    assert_equal "$(jq -r 'select(.month < "2026-09") | "\(.month) \(.state) \(.events)"' <<<"$output")" "2026-07 archived 28
2026-08 archived 446"
    sound
    content s.db archive/*.db >after
    run diff before after
    assert_success
    index restore
    assert_failure 2
    index restore 2026-13
    assert_failure 2
    assert_equal "$stderr" 'sv-index: "2026-13" is no month; give one such as 2026-08'
    index restore 2025-01
    assert_failure 3
    assert_equal "$stderr" "sv-index: $SV_STORE: has no archive of 2025-01; sv-index archive list shows those that there are"
}

@test "late rows join the file of their month" {
    fill 600
    sv-index archive --apply >/dev/null
    jq -cn 'range(40) | {type: "x.bad", id: "late\(.)", agent: "a", time: (1785369600 + . * 60000 | todate)}' >late.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero late.ndjson >/dev/null
    content s.db archive/*.db >before
    index archive --apply
    assert_success
    assert_equal "$(jq -rs 'map(.events) | add' <<<"$output")" 40
    sound
    content s.db archive/*.db >after
    run diff before after
    assert_success
    index archive list
    assert_equal "$(jq -rs 'map(.events) | add' <<<"$output")" "$(for f in archive/*.db; do rows "$f" 'SELECT count(*) FROM events'; done | awk '{ n += $1 } END { print n }')"
}

@test "what a log gives once more, when it is read without -r, is known by its place" {
    fill 600
    sv-index archive --apply >/dev/null
    rows s.db 'SELECT count(*) FROM supervisor_policy_evaluations' >before
    sv-index archive list >had
    sv-eval -q -p "$policy" --exit-zero log.ndjson >/dev/null
    assert [ "$(rows s.db 'SELECT count(*) FROM supervisor_policy_evaluations')" -gt "$(cat before)" ]
    index archive --apply
    assert_success
    sound
    index archive list
    assert_equal "$(jq -rs 'map(.evaluations) | add' <<<"$output")" "$(jq -rs 'map(.evaluations) | add + 1' had)"
    run diff before <(rows s.db 'SELECT count(*) FROM supervisor_policy_evaluations') # the newest stays, one by one
    assert_success
}

@test "an event that comes again after it was archived: one row in its file, with one body" {
    event id=old time=2026-07-30T10:00:00Z type=x.good host=w text=words >old.ndjson
    event id=new time=2026-11-30T10:00:00Z type=x.good host=w >new.ndjson
    for _ in 1 2; do
        sv-index import old.ndjson new.ndjson
        sv-index emit --type newest # which stays, whatever its age
        index archive --apply -o csv --fields month,events
        assert_success
        sound
    done
    assert_equal "$(rows archive/sv-2026-07.db 'SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM event_bodies)')" "1|1"
    assert_equal "$(rows s.db "SELECT group_concat(event) FROM events WHERE event = 'old'")" ""
    assert_equal "$(rows s.db 'SELECT count(*) FROM event_bodies WHERE event NOT IN (SELECT id FROM events)')" 0
}

@test "compressed files: checked before rows go, added to, restored" {
    need zstd
    fill 1000
    content s.db >before
    index archive --apply --zstd
    assert_success
    assert_equal "$(files)" "sv-2026-07.db.zst sv-2026-08.db.zst sv-2026-09.db.zst"
    assert_equal "$(stat -c %a archive/sv-2026-08.db.zst)" 600
    mkdir expanded
    for f in archive/*.zst; do zstd -dq "$f" -o "expanded/$(basename "$f" .zst)"; done
    content s.db expanded/*.db >after
    run diff before after
    assert_success
    index restore 2026-07
    assert_success
    assert_equal "$(jq -r .events <<<"$output")" 28
    assert_equal "$(files | wc -w)" 3
    jq -cn 'range(10) | {type: "x.bad", id: "late\(.)", agent: "a", time: (1787000000 + . * 60 | todate)}' >late.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero late.ndjson >/dev/null
    index archive --apply
    assert_success
    assert_equal "$(jq -r 'select(.month == "2026-08") | "\(.state) \(.events) \(.path)"' <<<"$output")" "archived 9 $PWD/archive/sv-2026-08.db.zst"
    assert_equal "$(files | wc -w)" 3
    index check
    assert_success
    # plain ones that there are become compressed ones when asked
    sv-index archive --apply --older 60d >/dev/null
    assert [ -e archive/sv-2026-09.db.zst ]
    sv-index restore 2026-08 >/dev/null
    mkdir bin
    run --separate-stderr env PATH="$PWD/bin" SV_NOW=2027-06-01T00:00:00Z "$build/bin/sv-index" archive --apply --zstd
    assert_failure 4
    assert_regex "$stderr" '^sv-index: .*: zstd is not installed, which (expands|compresses) it$'
    index check
    assert_success
}

@test "a month that was moved elsewhere is named, left alone, and found again" {
    fill 1000
    sv-index archive --apply >/dev/null
    mkdir far
    mv archive/sv-2026-08.db far/
    index archive list
    assert_equal "$(jq -r 'select(.month == "2026-08") | .state' <<<"$output")" missing
    index restore 2026-08
    assert_failure 3
    assert_equal "$stderr" "sv-index: $PWD/archive/sv-2026-08.db: is not there, and has 2026-08; sv-index archive moved tells where it is"
    index archive moved 2026-08 'tape 7, shelf 2'
    assert_success
    assert_equal "$(jq -r '"\(.state) \(.path)"' <<<"$output")" "moved tape 7, shelf 2"
    index restore 2026-08
    assert_failure 3
    assert_equal "$stderr" "sv-index: 2026-08 was moved elsewhere: tape 7, shelf 2"
    jq -cn 'range(10) | {type: "x.bad", id: "late\(.)", agent: "a", time: (1787000000 + . * 60 | todate)}' >late.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero late.ndjson >/dev/null
    index archive --apply
    assert_failure 1
    assert_equal "$(jq -r 'select(.month == "2026-08") | "\(.state) \(.events)"' <<<"$output")" "moved 9"
    index archive moved 2026-08 archive/sv-2026-07.db
    assert_failure 3
    assert_equal "$stderr" "sv-index: $PWD/archive/sv-2026-07.db: does not have what was archived of 2026-08; nothing was changed"
    index archive moved 2026-08 far/sv-2026-08.db
    assert_success
    assert_equal "$(jq -r '"\(.state) \(.path)"' <<<"$output")" "here $PWD/far/sv-2026-08.db"
    index archive --apply
    assert_success
    assert_equal "$(jq -r '"\(.state) \(.events) \(.path)"' <<<"$output")" "archived 10 $PWD/far/sv-2026-08.db"
    index verify far/sv-2026-08.db
    assert_success
    assert_equal "$(rows s.db "SELECT count(*) FROM events AS e JOIN type_names AS t ON t.id = e.type WHERE t.name = 'operator.archive.moved'")" 2
}

@test "an archive that is not what it should be: nothing is removed" {
    fill 600
    content s.db >before
    mkdir -m 700 archive
    cp s.db other.db
    # another store's
    (export SV_STORE=$PWD/o.db && sed 's/"e/"o/' log.ndjson >o.ndjson && sv-eval -rq --record -p "$policy" --exit-zero o.ndjson >/dev/null &&
        sv-index archive --apply --to "$PWD/archive" >/dev/null)
    index archive --apply
    assert_failure 3
    assert_regex "$stderr" '^sv-index: /.*/archive/sv-2026-07.db: (and /.*/s.db were made from different stores; nothing was changed|has .* nothing was removed; .*)$'
    content s.db >after
    run diff before after
    assert_success
    rm -r archive
    sv-index archive --apply >/dev/null
    # one that was changed by somebody
    sqlite3 archive/sv-2026-08.db 'UPDATE event_bodies SET body = body || 1 WHERE event = (SELECT min(event) FROM event_bodies)'
    jq -cn 'range(10) | {type: "x.bad", id: "late\(.)", agent: "a", time: (1787000000 + . * 60 | todate)}' >late.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero late.ndjson >/dev/null
    rows s.db 'SELECT count(*) FROM events' >before
    index archive --apply
    assert_failure 3
    assert_equal "$stderr" "sv-index: $PWD/archive/sv-2026-08.db: has other rows than it should have; nothing was removed; move it away, or see sv-index verify"
    rows s.db 'SELECT count(*) FROM events' >after
    run diff before after
    assert_success
    # no archive at all
    echo 'no store but a text that is long enough to be looked at' >archive/sv-2026-08.db
    index archive --apply
    assert_failure 3
    # no folder
    rm -r archive
    echo >archive
    index archive --apply --to archive/x
    assert_failure 4
    index archive -d none.db
    assert_failure 3
    assert_equal "$stderr" "sv-index: none.db: no such store"
}

@test "no room for the file: told, and nothing is removed" {
    fill 1000
    content s.db >before
    (ulimit -f 200 && exec sv-index archive --apply >out 2>err) && false
    assert_regex "$(cat err)" '^sv-index: .*archive/sv-2026-0[78].db: (disk full|cannot (read or )?write: (File too large|disk I/O error))'
    content s.db >after
    run diff before after
    assert_success
    index check
    assert_success
    index archive --apply
    assert_success
    sound
    content s.db archive/*.db >after
    run diff before after
    assert_success
}

@test "killed, or failed, at any write, then run again: every row is there once" {
    need_trace
    fill 300
    content s.db >before
    sv-index backup start.db >/dev/null
    # the system calls that change something: of each as many points as are asked for, spread over all; the harms in turn
    points=${SV_TEST_POINTS:-4}
    harms=(signal=KILL error=EIO error=ENOSPC)
    turn=0
    for call in pwrite64 fdatasync ftruncate unlink; do
        rm -rf s.db* archive
        cp start.db s.db
        calls_of $call sv-index archive --apply || calls=0
        [ "$calls" -gt 0 ] || fail "no $call is made"
        for i in $(seq $((calls < points ? calls : points))); do
            n=$((i * calls / ((calls < points ? calls : points) + 1) + 1))
            harm=${harms[turn++ % 3]}
            rm -rf s.db* archive
            cp start.db s.db
            harmed_at $call $n $harm sv-index archive --apply
            index check
            assert_success
            index archive --apply
            [ "$status" = 0 ] || fail "after $harm at $call $n: $stderr"
            sound
            content s.db archive/*.db >after
            run diff before after
            assert_success
        done
    done
}

@test "two at once: one does it, the other says so" {
    fill 300
    sqlite3 s.db 'BEGIN IMMEDIATE; SELECT 1' >/dev/null
    content s.db >before
    for i in 1 2 3; do sv-index archive --apply >out.$i 2>err.$i & done
    wait
    assert_equal "$(cat out.* | jq -rs 'map(.events) | add')" 180
    run grep -hv 'archives or restores; try again$' err.1 err.2 err.3
    assert_output ""
    sound
    content s.db archive/*.db >after
    run diff before after
    assert_success
}

@test "runs without rows, and old notes of slow statements, are not kept for ever" {
    fill 30
    for i in 1 2 3; do sv-eval -rq --record -p "$policy" --exit-zero log.ndjson >/dev/null; done
    assert_equal "$(rows s.db 'SELECT count(*) FROM runs')" 4
    SV_NOW=2027-06-01T00:00:00Z sv-index archive --apply >/dev/null
    assert_equal "$(rows s.db "SELECT count(*) FROM runs WHERE program = 'sv-eval'")" 1
    index check
    assert_success
}

@test "questions find what is archived in its place, when asked; else they say what they would have needed" {
    fill 1000
    sv-index timeline -q -n 2000 >all
    sv-index timeline -q -n 2000 --oldest >oldest
    sv-index evaluations -q -n 2000 >found
    sv-index timeline -q -n 2000 --agent a3 >agent
    sv-index timeline -q -n 2000 --entity task:T-2 --type x.bad >entity
    sv-index timeline -q -n 2000 --session s4 -S 2026-08-10 -U 2026-09-03 >session
    sv-index archive --apply >/dev/null
    questions() {
        run diff <(grep -v operator. all) <(sv-index timeline -q --archived -n 2000 | grep -v operator.)
        assert_success
        run diff oldest <(sv-index timeline -q --archived -n 2000 --oldest | grep -v operator.)
        assert_success
        run diff found <(sv-index evaluations -q --archived -n 2000)
        assert_success
        run diff agent <(sv-index timeline -q --archived -n 2000 --agent a3)
        assert_success
        run diff entity <(sv-index timeline -q --archived -n 2000 --entity task:T-2 --type x.bad)
        assert_success
        run diff session <(sv-index timeline -q --archived -n 2000 --session s4 -S 2026-08-10 -U 2026-09-03)
        assert_success
        # page by page
        cursor=() && : >pages
        while true; do
            sv-index timeline --archived --type 'x.*' -n 90 "${cursor[@]}" >>pages 2>rest
            [ -s rest ] || break
            cursor=(--before "$(sed 's/.*--before //' rest)")
        done
        run diff all pages
        assert_success
    }
    questions
    # a page of the newest needs nothing of it; one that goes further says what is missing
    index timeline --type 'x.*' -n 50
    assert_equal "$stderr" "$(grep -E '^sv-index: (at least )?[0-9]+ more; go on with --before' <<<"$stderr")"
    index timeline -S 2026-08-20 -n 1000
    assert_equal "$(grep missing <<<"$stderr")" "sv-index: 2026-08 is missing here: 644 rows are archived; --archived reads them
sv-index: 2026-09 is missing here: 12 rows are archived; --archived reads them"
    index timeline -U 2026-07-01
    assert_equal "$stderr" ""
    index evaluations -n 1000
    assert_equal "$(grep -c missing <<<"$stderr")" 3
    mv archive/sv-2026-08.db far.db
    index timeline --archived -n 2000
    assert_failure 3
    assert_equal "$stderr" "sv-index: $PWD/archive/sv-2026-08.db: is not there, and has 2026-08; sv-index archive moved tells where it is"
    sv-index archive moved 2026-08 'tape 7' >/dev/null
    index timeline --archived -n 2000
    assert_success
    assert_equal "$stderr" "sv-index: 2026-08 is missing here: 644 rows were moved elsewhere: tape 7"
    sv-index archive moved 2026-08 far.db >/dev/null
    questions
    sv-index restore 2026-08 >/dev/null
    index timeline -S 2026-08-02 -U 2026-08-30 -n 1000
    assert_equal "$stderr" ""
    need zstd
    sv-index archive --apply --zstd >/dev/null
    questions
    assert_equal "$(files)" "sv-2026-07.db.zst sv-2026-09.db.zst"
}
