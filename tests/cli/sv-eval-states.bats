#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Policies that look at more than one event: over files, runs, processes, and time that passes by itself. What each kind does is
# told in tests/unit/test_kind_*.c.

load helper

setup() {
    clean_place
    export SV_NOW=2026-11-02T12:00:00Z
}

teardown() {
    [ -z "${pid-}" ] || kill "$pid" 2>/dev/null || true
}

at() { # at TIME KEY=VALUE...: an event at that time of 2026-11-02
    event "time=2026-11-02T$1Z" "${@:2}"
}

judge() { # judge ARGUMENT...: what is told, as POLICY OUTCOME KEY TIME
    run -0 --separate-stderr sv-eval -p "$policy" --exit-zero "$@"
    output=$(jq -r '[.policy, .outcome, (.key // [] | join(",")), .time] | join(" ")' <<<"$output")
}

appears() { # appears FILE PATTERN: within ten seconds
    for _ in $(seq 500); do
        ! grep -q "$2" "$1" || return 0
        sleep 0.02
    done
    fail "no \"$2\" in $1: $(cat "$1")"
}

silent() {
    policies p.yaml <<'E'
version: 1
policies:
  - {id: silent, by: [agent], absent: 1m, when: type == "x.y"}
  - {id: busy, by: [agent], window: 30s, having: count > 1, when: type == "x.y"}
E
}

@test "logs that are named together are one history" {
    policy 'by: [agent]' 'window: 10s' 'having: count > 2' 'when: type == "x.y"'
    for second in 00 06 12 18; do at "09:00:$second" type=x.y agent=a; done >even.ndjson
    for second in 03 09 15; do at "09:00:$second" type=x.y agent=a; done >odd.ndjson
    judge -N even.ndjson
    assert_output ""
    judge -N odd.ndjson even.ndjson
    assert_output "test violation a 2026-11-02T09:00:06Z"
    judge -N even.ndjson odd.ndjson
    assert_output "test violation a 2026-11-02T09:00:06Z"
    judge -r -d s.db even.ndjson odd.ndjson
    assert_output "test violation a 2026-11-02T09:00:06Z"
}

@test "what a run resumes is what one run would have said" {
    silent
    { at 09:00:00 type=x.y agent=a && at 09:00:10 type=x.y agent=b; } >log.ndjson
    judge -r -d s.db log.ndjson
    assert_output ""
    { at 09:00:20 type=x.y agent=b && at 09:01:15 type=z agent=c; } >>log.ndjson
    judge -r -d s.db log.ndjson
    assert_output $'busy violation b 2026-11-02T09:00:20Z\nbusy resolved b 2026-11-02T09:00:40Z\nsilent violation a 2026-11-02T09:01:00Z'
    judge -r -d s.db log.ndjson
    assert_output ""
    judge -d s.db log.ndjson
    assert_output $'busy violation b 2026-11-02T09:00:20Z\nbusy resolved b 2026-11-02T09:00:40Z\nsilent violation a 2026-11-02T09:01:00Z'
    assert_equal "$(rows s.db 'SELECT count(*) FROM evaluations')" 3
}

@test "--tick tells now what the next event would tell: the same lines" {
    silent
    { at 09:00:00 type=x.y agent=a && at 09:00:10 type=x.y agent=b && at 09:00:20 type=x.y agent=b; } >log.ndjson
    judge -N log.ndjson
    assert_output "busy violation b 2026-11-02T09:00:20Z"
    run -0 sv-eval -N -p "$policy" --exit-zero --tick log.ndjson
    ticked=$output
    SV_NOW=2026-11-02T09:01:10Z run -0 sv-eval -N -p "$policy" --exit-zero --tick log.ndjson
    assert_equal "$(wc -l <<<"$output")" 2
    at 11:00:00 type=z agent=c >>log.ndjson
    run -0 sv-eval -N -p "$policy" --exit-zero log.ndjson
    assert_output "$ticked"
    assert_equal "$(wc -l <<<"$output")" 4
}

@test "--tick with -r: told once, whether by the clock or by what comes then" {
    silent
    { at 09:00:00 type=x.y agent=a && at 09:00:10 type=x.y agent=b; } >log.ndjson
    judge -r -d s.db log.ndjson
    assert_output ""
    SV_NOW=2026-11-02T09:01:10.5Z judge -r --tick -d s.db log.ndjson
    assert_output "silent violation a 2026-11-02T09:01:00Z"
    judge -r --tick -d s.db log.ndjson
    assert_output "silent violation b 2026-11-02T09:01:10Z"
    at 11:00:00 type=z agent=c >>log.ndjson
    judge -r --tick -d s.db log.ndjson
    assert_output ""
    assert_equal "$(rows s.db 'SELECT count(*) FROM evaluations')" 2
}

@test "-f tells by itself what is due while nothing comes, as a later event would have it" {
    unset SV_NOW
    policy 'by: [agent]' 'absent: 1s' 'lateness: 200ms' 'when: type == "x.y"'
    event "time=$(date -u +%FT%T.%NZ)" type=x.y agent=a >log.ndjson
    sv-eval -f -d s.db -p "$policy" log.ndjson >out 2>err &
    pid=$!
    appears out '"violation"'
    kill "$pid"
    timeout 20 tail --pid="$pid" -f /dev/null
    event "time=$(date -u -d '+1 minute' +%FT%T.%NZ)" type=z agent=b >>log.ndjson
    run -0 sv-eval -N -p "$policy" --exit-zero log.ndjson
    assert_output "$(cat out)"
    run -0 sv-eval -r -d s.db -p "$policy" --exit-zero log.ndjson
    assert_output ""
    assert_equal "$(cat err)" ""
}

@test "another threshold, message or severity keeps the states; another window or key begins anew" {
    budget() { policy 'by: [agent]' "window: ${2-1h}" "having: sum(input_tokens) > $1" "${@:3}"; }
    budget 100
    at 09:00:00 type=x.y agent=a input_tokens=60 >log.ndjson
    judge -r -d s.db log.ndjson
    assert_output ""
    budget 110 1h 'message: agent' 'severity: critical' 'realert: 1m' 'when: type == "x.y"'
    at 09:00:10 type=x.y agent=a input_tokens=60 >>log.ndjson
    judge -r -d s.db log.ndjson
    assert_output "test violation a 2026-11-02T09:00:10Z"
    budget 60 2h
    at 09:00:20 type=x.y agent=a input_tokens=60 >>log.ndjson
    judge -r -d s.db log.ndjson
    assert_output ""
    at 09:00:30 type=x.y agent=a input_tokens=1 >>log.ndjson
    judge -r -d s.db log.ndjson
    assert_output "test violation a 2026-11-02T09:00:30Z"
}

@test "several runs that feed one store at once: sums by keys that they share are exact" {
    sums() { # sums COUNT: tells of windows with more events
        policy 'by: [agent]' 'window: 1d' "having: 'count > $1 || sum(input_tokens) < 0 || sum(cost_usd) < 0.0'"
    }
    for file in 1 2 3 4; do
        seq 1500 | awk -v f="$file" '{ printf "{\"id\":\"%d-%d\",\"type\":\"x.y\",\"time\":\"2026-11-02T09:%02d:%02dZ\",\"agent\":\"a%d\",\"input_tokens\":%d,\"cost_usd\":0.1}\n",
            f, $1, $1 / 60 % 60, $1 % 60, $1 % 7, f * $1 }' >"$file.ndjson"
    done
    sums 1000000
    pids=
    for file in 1 2 3 4; do
        sv-eval -r -d s.db -p "$policy" "$file.ndjson" 2>"err$file" &
        pids="$pids $!"
    done
    for p in $pids; do wait "$p"; done
    assert_equal "$(cat err?)" ""
    run -0 sv-eval -r -d one.db -p "$policy" 1.ndjson 2.ndjson 3.ndjson 4.ndjson
    sums 0 # the same windows, asked by one more event each
    for agent in 0 1 2 3 4 5 6; do at 09:59:59 type=x.y "agent=a$agent"; done >ask.ndjson
    for store in s.db one.db; do
        run -0 sv-eval -r -d "$store" -p "$policy" --exit-zero ask.ndjson
        jq -c '[.key[0], .values]' <<<"$output" | sort >"$store.told"
    done
    assert_equal "$(wc -l <one.db.told)" 7
    assert_equal "$(cat s.db.told)" "$(cat one.db.told)"
    assert_equal "$(jq -s 'map(.[1]["sum(input_tokens)"]) | add' s.db.told)" $((10 * 1500 * 1501 / 2))
    assert_equal "$(jq -s 'map(.[1].count) | add' s.db.told)" 6007
}
