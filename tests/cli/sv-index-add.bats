#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Logs into the store.
load helper

setup() {
    store_place
}

count() {
    rows s.db "SELECT count(*) FROM events"
}

# shellcheck disable=SC2317 # run by soon
counts() {
    [ "$(count)" = "$1" ]
}

@test "events of every format are kept as sv-eval --record keeps them, whatever reads them first" {
    policy 'when: type == "x.y"'
    export SV_NOW=2026-11-20T10:00:00Z
    mkdir logs
    cp "$top"/share/examples/*.*json* logs
    touch -d 2020-01-01 logs/* # nobody writes there any more: all is told that formats wait with
    index add logs
    assert_success
    assert_equal "$output$stderr" ""
    sv-eval --record -d r.db -p "$policy" logs >/dev/null
    for table in events event_bodies usage_hourly agents; do
        run diff <(rows s.db "SELECT * FROM $table" | sort) <(rows r.db "SELECT * FROM $table" | sort)
        assert_output ""
    done
    assert [ "$(count)" -gt 300 ]
    assert_equal "$(rows s.db "SELECT program, json_extract(ledger, '\$.recorded') FROM runs")" "sv-index|$(count)"
    sv-eval --convert logs | jq -c 'select(.type != null)' >converted
    rows s.db 'SELECT body FROM event_bodies' | jq -c . >kept
    run diff <(sort converted) <(sort kept)
    assert_output ""
}

@test "a time that ends before it begins is refused" {
    for verb in "sv-index add" sv-eval; do
        run --separate-stderr $verb -S 2026-11-02 -U 2026-11-01 a.ndjson
        assert_failure 2
        assert_equal "${stderr_lines[0]}" "${verb%% *}: the time asked for ends (-U) before it begins (-S)"
    done
}

@test "again, it adds what is new and nothing twice" {
    seq -f '{"type":"x.y","agent":"a","id":"e-%.0f"}' 100 >a.ndjson
    index add a.ndjson
    index add a.ndjson
    assert_equal "$(count)" 100
    seq -f '{"type":"x.y","agent":"a","id":"f-%.0f"}' 10 >>a.ndjson
    mv a.ndjson b.ndjson
    index add -v .
    assert_success
    assert_regex "$stderr" '10 events stored'
    assert_equal "$(count) $(rows s.db 'SELECT sum(events) FROM usage_hourly')" "110 110"
    for _ in 1 2; do cat b.ndjson; done | sv-index add
    for _ in 1 2; do cat b.ndjson; done | sv-index add
    # what came by a file is known by its place, what came by a pipe by its id
    assert_equal "$(count)" 220
}

@test "killed anywhere it goes on and loses nothing" {
    need_trace
    seq -f '{"type":"x.y","agent":"a","id":"e-%.0f","time":"2026-11-20T10:00:00Z","text":"'"$(printf '%0240d' 0)"'"}' 30000 >a.ndjson
    calls_of pwrite64 sv-index add --sync normal -d whole.db a.ndjson
    [ "$calls" -ge 40 ] || fail "only $calls writes"
    # at the very start, in the first batch, behind it, and in what is left
    for at in 1 20 $((calls / 3)) 2 20; do
        harmed_at pwrite64 $at signal=KILL sv-index add --sync normal a.ndjson
    done
    first=$(count)
    [ "$first" -gt 0 ] && [ "$first" -lt 30000 ] || fail "$first events after the kills"
    index add a.ndjson
    assert_success
    assert_equal "$(count) $(rows s.db 'SELECT count(DISTINCT event) FROM events') $(rows s.db 'SELECT sum(events) FROM usage_hourly')" "30000 30000 30000"
}

@test "a secret is gone before the first write" {
    secret=AKIA$(printf 'Q%.0s' $(seq 16))
    event type=tool.call agent=a tool=Bash command="deploy --key $secret" args="{\"command\":\"deploy --key $secret\"}" entity_id="$secret" >a.ndjson
    index add a.ndjson
    assert_success
    assert_equal "$(count)" 1
    run grep -c "$secret" s.db s.db-wal
    refute_line --regexp ':[1-9]'
    index add --no-redact -d bare.db a.ndjson
    assert_success
    assert_equal "$(rows bare.db "SELECT entity_id FROM events")" "$secret"
}

@test "a long event is cut, with its sizes kept; the limit is --body-max" {
    long=$(head -c 200000 /dev/zero | tr '\0' x)
    printf '{"type":"tool.result","id":"e1","call_id":"c1","result":"%s"}\n' "$long" >a.ndjson
    index add a.ndjson
    assert_success
    assert_equal "$(rows s.db "SELECT body FROM event_bodies" | jq -c '[.id, .call_id, .result_bytes, .body_bytes > 200000, (.result | endswith("…"))]')" \
        '["e1","c1",200000,true,true]'
    assert [ "$(rows s.db 'SELECT length(body) FROM event_bodies')" -le 65536 ]
    index add --body-max 16777216 -d whole.db a.ndjson
    assert_equal "$(rows whole.db "SELECT length(json_extract(body, '\$.result')) FROM event_bodies")" 200000
    for wrong in 0 16383 16777217 x; do
        index add --body-max $wrong a.ndjson
        assert_failure 2
        assert_equal "${stderr_lines[0]}" "sv-index: --body-max $wrong: a number of bytes from 16384 to 16777216 is expected"
    done
}

@test "a sample is the same on every run; what is left out is counted, and used all the same" {
    seq -f '{"type":"metric","agent":"a","id":"m-%.0f","time":"2026-11-20T10:00:00Z"}' 1000 >a.ndjson
    seq -f '{"type":"task.status","agent":"a","id":"t-%.0f","time":"2026-11-20T10:00:00Z"}' 10 >>a.ndjson
    index add -v --sample metric=0.1 a.ndjson
    assert_success
    kept=$(count)
    assert [ "$kept" -gt 50 ]
    assert [ "$kept" -lt 170 ]
    assert_regex "$stderr" ", $kept events stored, $((1010 - kept)) left out by sampling"
    assert_equal "$(rows s.db 'SELECT sum(events) FROM usage_hourly')" 1010
    index add --sample metric=0.1 -d again.db a.ndjson
    run diff <(rows s.db 'SELECT event FROM events') <(rows again.db 'SELECT event FROM events')
    assert_output ""
    assert_equal "$(rows s.db "SELECT count(*) FROM events JOIN type_names AS t ON t.id = type WHERE t.name = 'task.status'")" 10
    index add --sample metric a.ndjson
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: --sample metric: TYPE=SHARE is expected, a share from 0 to 1"
}

@test "of what is alike one in so long a time is kept" {
    for s in 00 01 04 05 06 59; do
        event type=progress agent=a time="2026-11-20T10:00:${s}Z" text="at $s"
        event type=tool.call agent=a tool=Read time="2026-11-20T10:00:${s}Z"
    done >a.ndjson
    index add -v --debounce 5s a.ndjson
    assert_success
    assert_equal "$(rows s.db "SELECT json_extract(body, '\$.text') FROM event_bodies WHERE body LIKE '%progress%'" | paste -sd' ')" "at 00 at 05 at 59"
    assert_equal "$(count)" 9
    assert_regex "$stderr" ', 9 events stored, 3 left out as alike'
    index add --debounce soon a.ndjson
    assert_failure 2
}

@test "it follows a log and ends in order" {
    echo '{"type":"x.y","id":"1"}' >a.ndjson
    sv-index add -f a.ndjson &
    pid=$!
    soon counts 1
    echo '{"type":"x.y","id":"2"}' >>a.ndjson
    soon counts 2
    kill "$pid"
    wait "$pid"
    assert_equal "$(count)" 2
}

@test "bad input: a rejected record, no such file, a store that is none" {
    printf '{"type":"x.y"}\n{"type":\n' >a.ndjson
    index add a.ndjson
    assert_success
    assert_regex "$stderr" '^sv-index: a.ndjson:2:[0-9]+: record rejected: '
    index add --strict -d b.db a.ndjson
    assert_failure 3
    index add nowhere.ndjson
    assert [ "$status" -ge 3 ]
    assert_equal "${#stderr_lines[@]}" 1
    echo no store at all, but a text that is long enough to be looked at >s.db
    index add a.ndjson
    assert_failure 3
    assert_equal "${#stderr_lines[@]}" 1
    index add -i nope a.ndjson
    assert_failure 2
}
