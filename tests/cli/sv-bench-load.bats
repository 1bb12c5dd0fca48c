#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Loads: who is fed, who asks, what is lost.
load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db
}

scenario() { # scenario LINE...: a file of these lines behind `version: 1`
    { echo 'version: 1' && printf '%s\n' "$@"; } >load.yaml
    [ -n "${policy-}" ] || policy 'when: type == "x.y"'
}

put_load() { # put_load ARGUMENT...
    run --separate-stderr sv-bench load load.yaml -p "$policy" --folder . "$@"
}

figure() { # figure NAME: of the result
    jq -r ".figures.$1" <<<"$output"
}

@test "load: supervisors are fed in time, each event is stored once, nothing is left behind" {
    scenario 'sync: normal' 'fleet: {supervisors: 3, agents: 10, rate: 5, for: 1s, deadline: 60s}'
    put_load
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(jq -c '[.job, .name, .setup.supervisors, .setup.agents_each, .setup.events]' <<<"$output")" '["load","load",3,10,151]'
    assert_equal "$(figure lost) $(figure doubled) $(figure failures) $(figure unanswered_events) $(figure availability_percent)" "0 0 0 0 100"
    assert_equal "$(jq '.figures | .evaluate_p50_us > 0 and .commit_p50_ms > 0 and .answer_p50_ms >= .commit_p50_ms and .peak_each_most_mib > 1' <<<"$output")" true
    assert_equal "$(jq '.histograms.answer_ns.buckets | [.[range(1; length; 2)]] | add' <<<"$output")" 151
    assert_equal "$(jq -c '[.processes[] | [.role, .number, .failures]]' <<<"$output")" '[["supervisor",0,0],["supervisor",1,0],["supervisor",2,0]]'
    assert_equal "$(jq '[.processes[].done] | add' <<<"$output")" 151
    assert_equal "$(jq '[.processes[].commits] | add == $r.setup.commits' --argjson r "$output" <<<"$output")" true
    assert_equal "$(jq '.processes | all(.p99_ms > 0 and .peak_mib > 1)' <<<"$output")" true
    assert_equal "$(jq '.figures | .sqlite_busy >= 0 and .cache_hit_percent > 50 and .syncs_per_1000_events >= 0' <<<"$output")" true
    assert_equal "$(ls)" "load.yaml"$'\n'"policy.yaml"
}

@test "load: each process has its row, the busiest first" {
    scenario 'sync: normal' 'fleet: {supervisors: 12, agents: 2, rate: 2, for: 500ms}'
    put_load -o text
    assert_success
    assert_line --regexp '^PROCESS +CPU PERCENT +PEAK MIB +DONE +COMMITS +P99 MS +RESTARTS +FAILURES$'
    assert_equal "$(grep -cE '^supervisor [0-9]+ +[0-9.]+ +[0-9.]+ +[0-9]+ +[0-9]+ +[0-9.]+ +0 +0$' <<<"$output")" 10
    assert_line "and 2 processes that were less busy"
}

@test "load: open loop: a stall of 200 ms is seen as one" {
    scenario 'sync: normal' 'fleet: {supervisors: 1, agents: 10, rate: 20, for: 2s}'
    put_load --fault stall
    assert_success
    assert_equal "$(figure lost)" 0
    assert_equal "$(jq '.figures.answer_max_ms >= 195' <<<"$output")" true
    # not one, but all that came meanwhile: some 20 of 400 waited for more than 100 ms
    assert_equal "$(jq '.figures.answer_p99_ms >= 100' <<<"$output")" true
}

@test "load: the ledger sees a row that a process loses, and a process that is killed loses none" {
    scenario 'sync: normal' 'fleet: {supervisors: 2, agents: 10, rate: 5, for: 1s}'
    put_load --fault lose
    assert_failure 1
    assert_equal "$(figure lost) $(figure unanswered_events)" "1 0"
    assert_equal "$stderr" "sv-bench: the ledger does not agree: 1 lost, 0 doubled"
    for op in rows create_goal send; do # of users, too
        scenario 'sync: normal' "users: {count: 2, requests: 6, mix: {$op: 1}}"
        put_load --fault lose
        assert_failure 1
        assert_equal "$op $(figure lost) $(figure doubled)" "$op 1 0"
    done
    scenario 'sync: normal' 'kill_every: 300ms' 'fleet: {supervisors: 2, agents: 10, rate: 20, for: 2s, arrival: random}'
    put_load
    assert_equal "$(figure lost) $(figure doubled) $(figure unanswered_events)" "0 0 0"
    assert_equal "$(jq '.setup.restarts >= 5' <<<"$output")" true
    # what waits for a process that is started again is not that one's memory
    scenario 'sync: normal' 'kill_every: 400ms' 'fleet: {supervisors: 1, agents: 100, rate: 1500, for: 1s}'
    put_load
    assert_equal "$(figure lost) $(figure doubled)" "0 0"
    assert_equal "$(jq '.setup.restarts >= 1' <<<"$output")" true
    case $build in *address*) ;; *) assert_equal "$(jq '.figures.peak_each_most_mib < 40' <<<"$output")" true ;; esac
}

@test "load: users do what the mix says, and what they wrote is there" {
    scenario 'sync: normal' 'records: 500' 'users:' '  count: 3' '  requests: 120' '  deadline: 60s' \
        '  mix: {list_agents: 1, get_agent: 1, create_agent: 1, list_goals: 1, create_goal: 2, update_task: 2, tell_status: 1, timeline: 1, send: 2, inbox: 2}'
    put_load
    assert_success
    assert_equal "$(figure users_at_once)" 3
    assert_equal "$(jq '.figures | .reads_p95_ms > 0 and .writes_p95_ms > 0 and .machine_cpu_percent > 0 and .machine_cpu_percent <= 100' <<<"$output")" true
    assert_equal "$(jq '.histograms | [.reads_ns, .writes_ns | .buckets | [.[range(1; length; 2)]] | add] | add' <<<"$output")" 120
    assert_equal "$(jq -c '[.setup.users, .setup.requests]' <<<"$output")" "[3,120]"
    assert_equal "$(figure lost) $(figure doubled) $(figure failures) $(figure users_availability_percent)" "0 0 0 100"
    assert_equal "$(jq -c '[([.processes[].role] | unique), ([.processes[].done] | add)]' <<<"$output")" '[["user"],120]'
    for op in list_agents get_agent create_agent list_goals create_goal update_task tell_status timeline send inbox; do
        assert [ "$(figure ${op}_max_ms)" != null ]
        assert [ "$(figure ${op}_mean_ms)" != null ]
    done
    scenario 'sync: normal' 'alone: 200ms' 'users: {count: 4, for: 500ms, mix: {rows: 1}}'
    put_load
    assert_success
    assert_equal "$(figure lost) $(figure doubled)" "0 0"
    assert_equal "$(jq '.figures.rows_per_s > 0 and .figures.of_one_writer_percent > 0' <<<"$output")" true
}

@test "load: a rate that cannot be made is told, with the rate that was" {
    scenario 'sync: normal' 'fleet: {supervisors: 1, agents: 100, rate: 20000, for: 300ms}'
    put_load
    assert_failure 1
    assert_regex "$stderr" '^sv-bench: of [0-9]+\.[0-9] events a second that were asked for this machine made [0-9]+\.[0-9]$'
    assert_equal "$(figure lost)" 0
    assert_equal "$(jq '.figures.made_percent < 98' <<<"$output")" true
}

@test "load: a store of one's own stays, and one in use by others is refused" {
    scenario 'sync: normal' 'fleet: {supervisors: 1, agents: 2, rate: 10, for: 300ms}'
    put_load -d mine.db
    assert_success
    assert [ -e mine.db ]
    : >followed.ndjson
    sv-eval -f -d mine.db -p "$policy" followed.ndjson >/dev/null 2>&1 3>&- &
    follower=$!
    soon test -e mine.db-shm
    sleep 0.2
    put_load -d mine.db
    status_before=$status stderr_before=$stderr
    put_load -d mine.db --shared
    kill $follower
    wait $follower || true
    assert_success
    assert_equal "$status_before" 3
    assert_equal "$stderr_before" "sv-bench: mine.db: in use by process $follower; measured with it only with --shared"
}

@test "load: what is wrong is told, and nothing is left behind" {
    scenario 'fleet: {supervisers: 3, for: 1s}'
    put_load
    assert_failure 3
    assert_equal "$stderr" 'sv-bench: load.yaml:2:9: unknown key "supervisers" (did you mean "supervisors"?)'
    scenario 'fleet: {for: 300ms}'
    policy 'when: tpye == "x.y"'
    put_load
    assert_failure 3
    assert_equal "${stderr_lines[0]}" "sv-bench: $policy:4:11: unknown field \"tpye\" (did you mean \"type\"?)"
    policy 'when: type == "x.y"'
    run --separate-stderr sv-bench load
    assert_failure 2
    run --separate-stderr sv-bench load nowhere.yaml
    assert_failure 3
    put_load --speed 0
    assert_failure 2
    put_load --fault burn
    assert_failure 2
    scenario 'records: 1000000000' 'fleet: {for: 1s}'
    put_load
    assert_failure 4
    assert_regex "$stderr" 'no space for the data set: [0-9.]+ MB are needed, [0-9.]+ MB are free; nothing was left behind$'
    assert_equal "$(ls)" "load.yaml"$'\n'"policy.yaml"
}

@test "scenarios that are installed load, and are over in no time if they are made quick enough" {
    policy 'when: type == "x.y"'
    for f in "$top"/share/bench/scenarios/*.yaml; do
        run --separate-stderr sv-bench load "$(basename "$f" .yaml)" --speed 9000 -p "$policy" --folder .
        [ "$status" -le 1 ] || fail "$f: $stderr"
        assert_equal "$(jq -c '[.figures.lost, .figures.doubled, .figures.failures]' <<<"$output")" "[0,0,0]"
    done
}

# --- queries

@test "queries: common questions, cold and warm, in a store that is made and in one that is there" {
    policy 'when: status == "error"'
    run --separate-stderr sv-bench queries -n 1500 -p "$policy" --cold 1 --warm 20 --folder .
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(jq -c '[.job, .name, .setup.records, .setup.cold, .setup.warm]' <<<"$output")" '["queries","fleet",1500,1,20]'
    assert_equal "$(jq '.figures | .queries_per_s > 0 and .queries_cold_max_ms > 0 and .queries_warm_p99_ms >= .queries_warm_p50_ms' <<<"$output")" true
    for op in list_agents get_agent list_goals timeline timeline_all timeline_goal show evaluations evaluations_agent entities sources metrics \
        context status stats export_roster inbox; do
        assert_equal "$(jq ".figures | .${op}_cold_max_ms > 0 and .${op}_warm_p50_ms > 0" <<<"$output")" true
    done
    assert_equal "$(ls)" "$policy"
    sv-bench gen -n 500 | sv-eval -d mine.db -p "$policy" --exit-zero - >/dev/null
    before=$(cksum <mine.db)
    run --separate-stderr sv-bench queries -d mine.db --cold 1 --warm 5 --folder .
    assert_success
    assert_equal "$(jq '.figures | .evaluations_warm_p50_ms > 0 and .show_warm_p50_ms == null' <<<"$output")" true
    assert_equal "$(cksum <mine.db)" "$before"
    run --separate-stderr sv-bench queries -d none.db --folder .
    assert_failure 3
    assert_equal "$stderr" "sv-bench: none.db: no such store"
    run --separate-stderr sv-bench queries -n 1000000000 --folder .
    assert_failure 4
    run --separate-stderr sv-bench queries mine.db
    assert_failure 2
}

# --- capacity

@test "capacity: a rate that holds is found, and how long the disk lasts" {
    policy 'when: status == "error"'
    run --separate-stderr sv-bench capacity -v --profile individual --step 100ms --soak 300ms -p "$policy" --folder .
    [ "$status" -le 1 ] # whether it holds is the machine's affair
    assert_equal "$(jq -c '[.job, .name, .setup.limit_ms, .setup.sustained_per_s]' <<<"$output")" '["capacity","individual",100,1]'
    assert_equal "$(jq '.figures | .store_per_event > 100 and .archive_per_event > 20 and .days_until_full > 0 and .headroom >= 0' <<<"$output")" true
    assert_equal "$(jq '.setup.tries >= 3' <<<"$output")" true
    assert_regex "${stderr_lines[0]}" '^sv-bench: 1\.0 events a second: (not )?held$'
    assert_regex "$stderr" 'sv-bench: individual: this machine (holds|does not hold) it; [0-9]+ events a second are answered in time'
    assert_equal "$(ls)" "$policy"
    for wrong in '--profile nobody' '--step 1ms' '--soak 0' '--sync maybe' '--supervisors 0' extra; do
        run --separate-stderr sv-bench capacity $wrong --folder .
        assert_failure 2
    done
}
