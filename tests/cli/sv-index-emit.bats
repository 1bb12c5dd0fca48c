#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# One event from a script.
load helper

setup() {
    store_place
}

body() {
    rows s.db "SELECT body FROM event_bodies ORDER BY event DESC LIMIT 1"
}

@test "an event is stored with its fields, now, under an id of its own" {
    SV_NOW=2026-11-20T10:00:00.123456Z index emit --type task.status --entity task:T-12 --status 'done' --agent claude:shop \
        --session s1 --priority P1 --text "all green" --set team=payments --set input_tokens=12 --set cost_usd=0.25
    assert_success
    assert_equal "$output$stderr" ""
    assert_equal "$(body | jq -c 'del(.id)')" '{"time":"2026-11-20T10:00:00.123456Z","time_from":"event","source":"sv","type":"task.status","session":"s1","agent":"claude:shop","team":"payments","entity_type":"task","entity_id":"T-12","priority":"P1","status":"done","input_tokens":12,"cost_usd":0.25,"cost_from":"reported","text":"all green"}'
    assert_equal "$(rows s.db 'SELECT priority, entity_type, entity_id, input_tokens, cost_usd FROM events')" "1|task|T-12|12|0.25"
    assert_equal "$(rows s.db 'SELECT events, input_tokens, cost_usd FROM usage_hourly')" "1|12|0.25"
    assert_equal "$(rows s.db 'SELECT events FROM agents')" 1
    SV_SET=host=web3 index emit --type x.y --print-id
    assert_success
    assert_regex "$output" '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
    assert_equal "$(body | jq -r .id)" "$output"
    assert_equal "$(body | jq -r .host)" web3
    assert_equal "$(sv-index sources -o csv --fields state,path | tail -n 1 | tr -d '\r')" "direct,emit"
}

@test "ids of our own are in the order of their making" {
    for _ in $(seq 20); do sv-index emit --type x.y --print-id; done >ids
    run diff ids <(sort -u ids)
    assert_output ""
    assert_equal "$(rows s.db 'SELECT event FROM events ORDER BY time, id')" "$(cat ids)"
}

@test "a retry with a key is harmless, whenever it comes and whoever else does the same" {
    for day in 20 21; do SV_NOW=2026-11-${day}T10:00:00Z sv-index emit --type deploy --id deploy-7; done
    SV_NOW=2026-11-22T10:00:00Z index emit -v --type deploy --id deploy-7 --print-id
    assert_success
    assert_equal "$output" deploy-7
    assert_equal "$stderr" "sv-index: deploy-7: stored before"
    assert_equal "$(rows s.db 'SELECT count(*) FROM events')" 1
    assert_equal "$(body | jq -r .time)" 2026-11-20T10:00:00Z
    for i in $(seq 20); do sv-index emit --type deploy --id race & done
    wait
    assert_equal "$(rows s.db "SELECT count(*) FROM events WHERE event = 'race'")" 1
    assert_equal "$(rows s.db 'SELECT sum(events) FROM usage_hourly')" 2
}

@test "many writers at once: all are stored" {
    for i in $(seq 40); do
        (for j in 1 2 3 4 5; do sv-index emit --type x.y --id "$i-$j" || echo failed >>failed; done) &
    done
    wait
    assert [ ! -e failed ]
    assert_equal "$(rows s.db 'SELECT count(*), (SELECT sum(events) FROM usage_hourly) FROM events')" "200|200"
}

@test "killed anywhere it stores the event or does not; a retry makes it one" {
    need_trace
    calls_of pwrite64 sv-index emit --type x.y --id k-0 # makes the store
    calls_of pwrite64 sv-index emit --type x.y --id k-1
    [ "$calls" -ge 5 ] || fail "only $calls writes"
    stored=0
    for i in $(seq 2 $((calls + 1))); do
        # how many pages are written depends on how full they are, and on the hour: one that needs fewer is whole
        came_to pwrite64 $((i - 1)) signal=KILL sv-index emit --type x.y --id "k-$i" || [ "$i" -gt 5 ] || fail "no kill at $((i - 1))"
        stored=$((stored + $(rows s.db "SELECT count(*) FROM events WHERE event = 'k-$i'")))
        run sv-index emit --type x.y --id "k-$i"
        assert_success
    done
    [ "$stored" -lt "$calls" ] || fail "no kill came before the commit"
    n=$((calls + 2))
    assert_equal "$(rows s.db 'SELECT count(*), count(DISTINCT event), (SELECT sum(events) FROM usage_hourly) FROM events')" "$n|$n|$n"
}

@test "a secret is not stored" {
    secret=AKIA$(printf 'Q%.0s' $(seq 16))
    index emit --type x.y --text "key $secret" --entity "task:$secret" --status "$secret"
    assert_success
    run cat s.db s.db-wal
    refute_output --partial "$secret"
    assert_regex "$(body)" 'redacted'
}

@test "what is wrong is told in one line, and nothing is stored" {
    while IFS='|' read -r words message; do
        eval "index emit $words"
        assert_failure 2
        assert_equal "${stderr_lines[0]}" "sv-index: $message"
    done <<'END'
|--type is missing: what has happened, such as task.status
--type ""|--type is missing: what has happened, such as task.status
--type x.y --entity T-12|--entity T-12: TYPE:ID is expected, such as task:T-12
--type x.y --entity :T-12|--entity :T-12: TYPE:ID is expected, such as task:T-12
--type x.y --id ""|--id: a key of 1 to 256 bytes is expected, not of 0
--type x.y --set nope=1|--set nope=1: no such field
--type x.y --set cost_usd=much|--set cost_usd=much: a number is expected
--type x.y done|unexpected operand "done"; an event is told by options
END
    assert [ ! -e s.db ]
    echo no store at all, but a text that is long enough to be looked at >s.db
    index emit --type x.y
    assert_failure 3
    assert_equal "${#stderr_lines[@]}" 1
}
