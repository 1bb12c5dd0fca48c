#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Policies that change while sv-eval goes on.
load helper

setup() {
    clean_place
    export SV_STORE=$PWD/s.db
    mkdir set
    one 'type == "x.y"' >set/a.yaml
    : >log.ndjson
}

teardown() {
    exec 7>&-
    [ -z "${pid-}" ] || kill "$pid" 2>/dev/null || true
}

one() { # one CONDITION [ID]: a policy file on stdout
    printf 'version: 1\npolicies:\n  - id: %s\n    when: %s\n' "${2-first}" "'$1'"
}

put() { # put CONDITION [ID]: takes the place of set/a.yaml, at once
    one "$@" >new && mv new set/a.yaml
}

follow() { # follow ARGUMENT...: in the background, out and err
    sv-eval -p set "$@" >out 2>err &
    pid=$!
}

say() { # say TYPE: one more record of the log
    echo "{\"type\":\"$1\",\"agent\":\"a\",\"n\":$RANDOM$RANDOM}" >>log.ndjson
}

@test "a changed policy is taken while a file is followed, and what was counted is kept" {
    need jq
    say x.y
    follow -f log.ndjson
    appears out '"first"'
    put 'type == "p.q"'
    sleep 1.3
    say p.q
    appears out '"first"' 2
    say x.y
    say p.q
    appears out '"first"' 3
    put 'type == "p.q"' second
    sleep 1.3
    say p.q
    appears out '"second"'
    kill "$pid" && wait "$pid"
    assert_equal "$(cat err)" ""
    assert_equal "$(rows s.db 'SELECT ledger FROM runs' | jq -c .policies)" \
        '{"second":{"violations":1,"errors":0},"first":{"violations":3,"errors":0}}'
    assert_equal "$(rows s.db "SELECT policy, count(*), count(DISTINCT hash) FROM supervisor_policies GROUP BY 1")" $'first|2|2\nsecond|1|1'
    assert_equal "$(rows s.db "SELECT count(*), count(DISTINCT policy_id) FROM supervisor_policy_evaluations")" "4|3"
}

@test "a broken file keeps the old policies and says so once; mended it is taken" {
    follow -f log.ndjson
    say x.y
    appears out '"first"'
    sed 's/when/wenn/' set/a.yaml >new && mv new set/a.yaml
    appears err 'those loaded before stay in force'
    say x.y
    appears out '"first"' 2
    sleep 1.3
    assert_equal "$(wc -l <err)" 3
    assert_equal "$(sed -n 2p err)" 'sv-eval: set/a.yaml:4:5: unknown key "wenn"'
    assert_equal "$(tail -n 1 err)" 'sv-eval: 2 findings in the changed policies; those loaded before stay in force'
    put 'type == "p.q"'
    appears err '^sv-eval: policies loaded anew: 1 in force$'
    say p.q
    appears out '"first"' 3
    rm set/a.yaml
    appears err 'no policy file'
    say p.q
    appears out '"first"' 4
}

@test "SIGHUP loads the policies at once, and ends what has an end" {
    follow -v -f log.ndjson
    say x.y
    appears out '"first"'
    kill -HUP "$pid"
    appears err '^sv-eval: policies loaded anew: 1 in force$'
    one 'type == "p.q"' second >set/b.yaml
    kill -HUP "$pid"
    appears err '^sv-eval: policies loaded anew: 2 in force$'
    say p.q
    appears out '"second"'
    kill -TERM "$pid" && wait "$pid"
    (trap '' HUP && exec sv-eval -p set -f log.ndjson >out 2>err) & # nohup(1)
    pid=$!
    say x.y
    appears out '"first"'
    kill -HUP "$pid"
    say x.y
    appears out '"first"' 2
    kill -0 "$pid"
}

@test "a pipe's policies change, too; on a terminal SIGHUP ends" {
    mkfifo in
    follow -N in
    exec 7>in
    echo '{"type":"x.y"}' >&7
    appears out '"first"'
    put 'type == "p.q"'
    sleep 1.3
    echo '{"type":"p.q"}' >&7
    appears out '"first"' 2
    kill -HUP "$pid"
    echo '{"type":"p.q"}' >&7
    appears out '"first"' 3
    exec 7>&-
    wait "$pid" || assert_equal "$?" 1
    need script
    cat >ended <<'END'
sv-eval -N -p set in & pid=$!
exec 7>in
echo '{"type":"p.q"}' >&7
sleep 0.5
kill -HUP $pid
wait $pid
echo "ended with $?"
END
    run on_terminal bash ended
    assert_output --partial "ended with 129"
}

@test "a table that follows has each policy's count at its end" {
    need script
    say x.y
    sv-eval -p set -o text --utc -f log.ndjson >out 2>err &
    pid=$!
    appears out first
    one 'type == "p.q"' zero >set/0.yaml
    sleep 1.3
    say x.y
    say p.q
    appears out zero
    kill "$pid" && wait "$pid"
    run tail -n 3 out
    assert_output --partial "zero 1"
    assert_output --partial "first 2"
    assert_output --partial "3 violations of 2 policies"
}

@test "columns of a CSV file find their fields again in changed policies" {
    mkfifo in
    follow -N -i csv in
    exec 7>in
    printf 'type,agent,load\nx.y,a,1\n' >&7
    appears out '"first"'
    printf 'version: 1\nfields: {load: double}\npolicies:\n  - id: second\n    when: load > 5.0\n' >new && mv new set/a.yaml
    sleep 1.3
    printf 'x.y,a,9\n' >&7
    appears out '"second"'
}

states_are() { # states_are GLOB: so many live ones are stored
    # shellcheck disable=SC2053
    [[ $(rows s.db 'SELECT count(*) FROM keyed_state WHERE due_at > 0') = $1 ]]
}

# The time takes the state away while nothing is read: that, too, is written before other policies take over.
@test "a state that has had its time is let go before policies are loaded anew" {
    printf 'version: 1\npolicies:\n  - {id: burst, when: type == "x.y", by: agent, window: 3s, having: count > 5, lateness: 0s}\n' >set/a.yaml
    follow -f log.ndjson
    for _ in 1 2; do
        echo "{\"type\":\"x.y\",\"agent\":\"a$RANDOM\",\"time\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)\"}" >>log.ndjson
        soon states_are '[1-9]*'
        soon states_are 0
        kill -HUP "$pid"
    done
    kill "$pid"
    timeout 20 tail --pid="$pid" -f /dev/null
    wait "$pid"
    assert_equal "$(cat out err)" ""
}
