#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The roster as sv-eval uses it: team and supervisor of events, as of their time.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db
    policies set.yaml <<'END'
version: 1
policies:
  - {id: all, when: type == "tool.call"}
  - {id: of-cto, when: type == "tool.call", scope: {supervisor: ["ct?"]}}
  - {id: of-payments, when: type == "tool.call", scope: {team: [payments]}}
  - {id: by-name, when: type == "tool.call" && team == "payments" && supervisor == "ops"}
END
}

call() { # call TIME MEMBER...: a tool call, with these members
    printf '{"type":"tool.call","time":"%s",%s}\n' "$1" "$2"
}

found() { # found POLICY [OPTION...]: record, team and supervisor of its violations in log.ndjson
    local policy=$1
    shift
    sv-eval -p set.yaml --exit-zero "$@" log.ndjson | jq -r --arg p "$policy" 'select(.policy == $p) | "\(.event | split(":")[1] | split(".")[0]) \(.team) \(.supervisor)"'
}

roster() {
    sv-team supervisor add cto --at 2026-11-01
    sv-team supervisor add ops --supervisor cto --at 2026-11-01
    sv-team team add payments --supervisor ops --at 2026-11-01
    sv-team team add shop --at 2026-11-01
    sv-team member add claude:shop 'build-*' --team payments --at 2026-11-01
    sv-team member move claude:shop --team shop --at 2026-11-10
}

log() {
    call 2026-11-05T00:00:00Z '"agent":"claude:shop"'
    call 2026-11-15T00:00:00Z '"agent":"claude:shop"'
    call 2026-11-15T00:00:00Z '"agent":"build-7/sub"'
    call 2026-10-15T00:00:00Z '"agent":"build-7"'
    call 2026-11-15T00:00:00Z '"agent":"build-7","team":"shop"'
    call 2026-11-15T00:00:00Z '"agent":"x","team":"payments"'
    call 2026-11-15T00:00:00Z '"agent":"build-7","supervisor":"me"'
    call 2026-11-15T00:00:00Z '"agent":"nobody"'
    call 2026-11-15T00:00:00Z '"session":"s"'
}

@test "team and supervisor are those of the event's time, and never those of an event that says its own" {
    log >log.ndjson
    assert_equal "$(found all | cut -d' ' -f2- | sort -u | paste -sd,)" "null me,null null,payments null,shop null"
    roster
    assert_equal "$(found all)" "1 payments ops
2 shop null
3 payments ops
4 null null
5 shop null
6 payments ops
7 payments me
8 null null
9 null null"
    assert_equal "$(found of-payments | cut -d' ' -f1 | paste -sd' ')" "1 3 6 7"
    assert_equal "$(found by-name | cut -d' ' -f1 | paste -sd' ')" "1 3 6"
}

@test "a policy of a supervisor holds for all below" {
    log >log.ndjson
    roster
    assert_equal "$(found of-cto | cut -d' ' -f1 | paste -sd' ')" "1 3 6"
    sv-team supervisor move ops --supervisor - --at 2026-11-12
    assert_equal "$(found of-cto | cut -d' ' -f1 | paste -sd' ')" 1
}

@test "--set goes before the roster; without a store there is none" {
    log >log.ndjson
    roster
    assert_equal "$(found all --set team=mine | head -n 1)" "1 mine null"
    assert_equal "$(found all -N | head -n 1)" "1 null null"
}

@test "the same roster, the same bytes; stored rows and counters have the team, too" {
    log >log.ndjson
    roster
    run sv-eval -p set.yaml --exit-zero log.ndjson
    first=$output
    run sv-eval -p set.yaml --exit-zero log.ndjson
    assert_equal "$output" "$first"
    sv-eval -p set.yaml --exit-zero -r log.ndjson >/dev/null
    assert_equal "$(rows s.db "SELECT count(*) FROM evaluations WHERE policy = 'of-payments' AND team = 'payments' AND supervisor IN ('ops', 'me')")" 4
    assert_equal "$(rows s.db "SELECT sum(events) FROM usage_hourly JOIN team_names ON id = team_id WHERE name = 'payments'")" 4
}

@test "a change to the roster is noticed within a second, and the ledger tells how it was used" {
    mkfifo in
    sv-eval -p set.yaml --exit-zero - <in >out 2>err &
    pid=$!
    exec 7>in
    call 2026-11-30T00:00:00Z '"agent":"claude:shop"' >&7
    appears out '"all"'
    roster
    sleep 1
    call 2026-11-30T00:00:01Z '"agent":"claude:shop"' >&7
    for i in $(seq 50); do call 2026-11-30T00:00:02Z "\"agent\":\"build-$((i % 2))\"" >&7; done
    exec 7>&-
    wait "$pid"
    assert_equal "$(jq -r 'select(.policy == "all") | .team' out | head -n 2 | paste -sd' ')" "null shop"
    assert_equal "$(rows s.db "SELECT ledger->>'roster' FROM runs WHERE program = 'sv-eval'")" 6
    assert_equal "$(rows s.db "SELECT ledger->'caches'->'rosters' FROM runs WHERE program = 'sv-eval'")" '{"hits":48,"misses":3}'
    run rows s.db "SELECT ledger->'caches'->>'bytes' < 16 << 20 AND ledger->'caches'->'policies'->>'hits' > 100 FROM runs WHERE program = 'sv-eval'"
    assert_output 1
}
