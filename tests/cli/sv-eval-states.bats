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

@test "each kind finds in three logs, named together, what it finds in one" {
    policies p.yaml <<'E'
version: 1
policies:
  - {id: window, by: [agent], window: 60s, having: 'sum(input_tokens) > 60 && first(tool) != last(tool)', realert: 10s}
  - {id: before, by: [agent], window: 30s, having: 'count > 2 * prev.count && count > 2', for: 5s, keep_firing_for: 10s}
  - {id: hour, by: ["tree(agent)"], window: hour, tz: Asia/Kathmandu, having: 'distinct(tool) > 2 && p50(input_tokens) > 4.0', realert: 5m}
  - {id: absent, by: [agent], absent: 20s, until: 'tool == "t4"'}
  - {id: sequence, by: [agent], within: 1m, sequence: [{when: 'tool == "t1"'}, {not: 'tool == "t3"'}, {when: 'tool == "t2"'}]}
  - {id: loop, by: [agent], when: 'type == "tool.call"', loop: {same: 2, cycle: 3, repeat: 2}}
  - {id: limit, by: [agent], limit: 3/30s, realert: 20s}
  - {id: new, by: [agent], new: tool, learn: 2m}
  - {id: each, by: [tool], when: 'input_tokens > 17', realert: 1m}
E
    awk 'BEGIN {
        srand(7)
        for (i = 0; i < 900; i++) {
            if (i % 3 == 0) { t += 1 + int(rand() * 4); f = int(rand() * 3) + 1 } # ties stand in one file
            if (i % 90 == 0) t += 60
            late = i % 3 > 0 && rand() < 0.15 ? int(rand() * 40) : 0 # behind one that is not: there it stands in both
            line = sprintf("{\"id\":\"e%d\",\"type\":\"tool.call\",\"time\":\"2026-11-02T%02d:%02d:%02d.%03dZ\",\"agent\":\"a%s\",\"tool\":\"t%d\",\"input_tokens\":%d}",
                i, 8 + int((t - late) / 3600), int((t - late) / 60) % 60, (t - late) % 60, f, rand() < 0.5 ? "" : "/" int(rand() * 3), int(rand() * rand() * 6), int(rand() * 20))
            print line >"one.ndjson"
            print line >(f ".ndjson")
        }
    }'
    said() { sv-eval -N -o json --exit-zero -p "$policy" "$@" | jq -c '[.policy, .outcome, .event, .key, .time, .values, .message]'; }
    said one.ndjson >one
    said 3.ndjson 1.ndjson 2.ndjson >three
    run bash -c "jq -r '.[0]' one | sort -u | tr '\n' ' '"
    assert_output "absent before each hour limit loop new sequence window "
    run diff one three
    assert_output ""
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
    policies p.yaml <<'E'
version: 1
defaults: {lateness: 200ms}
policies:
  - {id: absent, when: type == "x.y", by: [agent], absent: 1s}
  - {id: window, when: type == "x.y", by: [agent], window: 700ms, having: count > 1}
  - {id: held, when: type == "x.y", by: [agent], window: 2s, having: count > 1, for: 500ms, keep_firing_for: 300ms}
  - {id: sequence, by: [agent], within: 900ms, sequence: [{when: type == "x.y"}, {not: type == "z"}]}
  - {id: limit, when: type == "x.y", by: [agent], limit: 1/1s}
E
    now=$(date -u +%FT%T.%N)Z
    { event "time=$now" type=x.y agent=a && event "time=$now" type=x.y agent=a; } >log.ndjson
    sv-eval -f -d s.db -p "$policy" log.ndjson >out 2>err &
    pid=$!
    appears out '"policy":"held","outcome":"resolved"'
    kill "$pid"
    timeout 20 tail --pid="$pid" -f /dev/null
    event "time=$(date -u -d '+1 minute' +%FT%T.%NZ)" type=z agent=b >>log.ndjson
    run -0 sv-eval -N -p "$policy" --exit-zero log.ndjson
    assert_output "$(cat out)"
    assert_equal "$(jq -r '.policy + " " + .outcome' out | sort | uniq -c | sed 's/^ *//')" "$(printf '%s\n' '1 absent violation' '1 held resolved' \
        '1 held violation' '1 limit resolved' '1 limit violation' '1 sequence violation' '1 window resolved' '1 window violation')"
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

# What is in the store of policies' keys, as ID KEYS, and how many know their parent.
kept() {
    rows s.db "SELECT substr(CAST(p.bytes AS TEXT), 2, 4) || ' ' || (SELECT count(*) FROM keyed_state k WHERE k.signature = p.signature AND k.due_at IS NOT NULL)
        FROM keyed_state p WHERE hex(p.key) = 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF' ORDER BY 1"
    rows s.db "SELECT 'tree ' || count(*) FROM keyed_state WHERE signature = 2"
}

@test "what is known by a policy as it was before an edit leaves when it is over; of one that is gone, a month later" {
    window_of() { # window_of SPAN [MORE...]: a policy, and more of them
        policies p.yaml < <(printf '%s\n' 'version: 1' policies: "  - {id: test, by: [agent], window: $1, having: count > 9, when: type == \"x.y\"}" "${@:2}")
    }
    day() { # day DATE: goes on to noon of it, two agents
        export SV_NOW=$1T12:01:00Z
        event "time=$1T12:00:00Z" type=x.y agent=a parent_agent=m >>log.ndjson
        event "time=$1T12:00:01Z" type=x.y agent=b parent_agent=m >>log.ndjson
        judge -r -d s.db log.ndjson
        assert_output ""
        run kept
    }
    window_of 1d '  - {id: gone, by: [agent], window: 2h, having: count > 9}' '  - {id: tree, by: ["tree(agent)"], window: 1h, having: count > 9}'
    day 2026-11-02
    assert_output "$(printf 'gone 2\ntest 2\ntree 3\ntree 2')"
    window_of 2d
    day 2026-11-03 # the first one is over since a second, the other not yet
    assert_output "$(printf 'gone 2\ntest 1\ntest 2\ntree 3\ntree 2')"
    day 2026-11-04
    assert_output "$(printf 'gone 2\ntest 2\ntree 3\ntree 2')"
    day 2026-12-05
    assert_output "$(printf 'test 2\ntree 0')"
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
