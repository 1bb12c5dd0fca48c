#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-team stop, resume, stopped; and the built-in policy that finds who goes on.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db
    policy 'when: type == "never.seen"'
}

team() { # its output, its complaints apart
    run --separate-stderr sv-team "$@"
}

now() { date -u +%FT%T.%NZ; }

# call AGENT [MEMBERS]: an event of it, now
call() {
    printf '{"type":"tool.call","tool":"Bash","agent":"%s","time":"%s"%s}\n' "$1" "$(now)" "${2-}"
}

# found [OPTION...]: agents that go on though they were stopped, of log.ndjson
found() {
    sv-eval -p "$policy" --exit-zero "$@" log.ndjson | jq -r 'select(.policy == "stopped-agent") | .agent' | paste -sd' '
}

@test "from a stop on every event of the agent and its sub-agents is a violation, until it is resumed" {
    call a >log.ndjson
    sv-team stop a --reason "deletes tests"
    { call a && call a/1 && call b; } >>log.ndjson
    sv-team resume a
    call a >>log.ndjson
    assert_equal "$(found)" "a a/1"
    run sv-eval -p "$policy" --exit-zero log.ndjson
    assert_equal "$(jq -r '[.policy, .severity, .action] | join(" ")' <<<"${lines[0]}")" "stopped-agent critical deny"
    assert_regex "$(jq -r .message <<<"${lines[0]}")" '^stopped since 20.*Z by .* \(deletes tests\), and goes on$'
    assert_equal "$(rows s.db "SELECT count(*) FROM evaluations WHERE policy = 'stopped-agent'")" 2
    assert_equal "$(found -N)" ""
    assert_equal "$(rows s.db "SELECT group_concat(body ->> 'type') FROM event_bodies")" operator.agent.stop,operator.agent.resume
}

@test "who was started by it goes with it, if --tree says so; a glob; all; until" {
    { call kid ',"parent_agent":"a"' && call kid2 ',"parent_agent":"kid"'; } >seen.ndjson
    sv-eval -r -p "$policy" seen.ndjson
    sv-team stop a -q >/dev/null
    { call a && call kid && call kid2; } >log.ndjson
    assert_equal "$(found)" "a"
    sv-team stop a --tree -q >/dev/null || true
    { call a && call kid && call kid2 && call new ',"parent_agent":"kid2"' && call new; } >log.ndjson
    assert_equal "$(found)" "a kid kid2 new new"
    sv-team resume '*'
    sv-team stop 'build-*' --until 1h -q >/dev/null
    { call build-1 && call builder; } >log.ndjson
    assert_equal "$(found)" "build-1"
    printf '{"type":"o.k","agent":"build-1","time":"%s"}\n' "$(date -u -d '+50 minutes' +%FT%TZ)" "$(date -u -d '+70 minutes' +%FT%TZ)" >log.ndjson
    assert_equal "$(SV_NOW=$(date -u -d '+2 hours' +%FT%TZ) found)" "build-1"
    sv-team stop --all -q >/dev/null || true
    { call anybody; } >log.ndjson
    assert_equal "$(found)" anybody
    sv-team resume --all
    { call anybody; } >log.ndjson
    assert_equal "$(found)" ""
}

@test "a stop is noticed by a run that goes on" {
    mkfifo in
    sv-eval -p "$policy" --exit-zero - <in >out 2>err &
    pid=$!
    exec 7>in
    call a >&7
    sleep 0.5
    sv-team stop a
    sleep 1
    call a >&7
    soon test -s out
    assert_equal "$(jq -r .policy out)" stopped-agent
    exec 7>&-
    wait "$pid"
}

@test "stopped answers by its status; what asked within ten minutes holds the session" {
    { call a ',"session":"s1","host":"web3"' && call a/1 ',"session":"s1"' && call b ',"session":"s2"'; } >log.ndjson
    sv-eval -r -p "$policy" log.ndjson
    team stopped a --pid 4242
    assert_success
    assert_output ""
    team stop a --reason why -o json
    assert_success
    assert_equal "$(jq -r '[.held, .agent, .session, .state, .tool, .host, .pid] | join(" ")' <<<"$output" | sort)" \
        "$(printf '%s\n' "held a s1 working Bash web3 4242" "held a/1 s1 working Bash $(uname -n) 4242" | sort)"
    team stopped a
    assert_failure 1
    assert_equal "$(jq -r '[.agent, .tree, .reason] | join(" ")' <<<"$output")" "a no why"
    team stopped a/1
    assert_failure 1
    team stop b --tree -o json
    assert_failure 1
    assert_equal "$(jq -r '[.held, .agent, .pid] | @csv' <<<"$output")" '"not held","b",'
    team stopped
    assert_failure 1
    assert_equal "$(jq -r .agent <<<"$output" | paste -sd' ')" "a b"
    run env SV_NOW="$(date -u -d '+11 minutes' +%FT%TZ)" sv-team stop 'a*' -o json
    assert_failure 1
    assert_equal "$(jq -r .held <<<"$output" | sort -u)" "not held"
    sv-team stopped a --pid 4711 || true
    assert_equal "$(sv-team stop a -o json | jq -r .pid | sort -u)" 4711
}

@test "all that is wrong with names is told, and nobody is stopped" {
    team stop a "" $'b\001' "$(printf 'n%.0s' {1..300})"
    assert_failure 3
    assert_equal "$stderr" 'sv-team: a name is empty
sv-team: a name has a control character (U+0001)
sv-team: a name of 300 bytes; at most 256
sv-team: 3 errors; nothing was changed'
    team stopped a
    assert_success
}

@test "a clock that goes back lets nobody go on, and stops nobody again" {
    seen() { printf '{"time":"%s","agent":"a","session":"s","type":"note"}\n' "$1" | sv-eval -rq -p "$policy" --exit-zero - >/dev/null; }
    SV_NOW=2026-11-20T10:00:00Z seen 2026-11-20T10:00:00Z
    SV_NOW=2026-11-20T10:00:00Z team stop a --until 1h
    export SV_NOW=2026-11-20T09:00:00Z
    team stopped a
    assert_failure 1
    assert_equal "$(sv-team status -o json --agent a | jq -r 'select(.kind == "agent").state')" stopped
    team resume a
    assert_success
    team stopped a
    assert_success
    SV_NOW=2026-11-20T10:30:00Z team stopped a
    assert_success
}

@test "asking is written down once a minute, not each time" {
    sv-team stopped a --pid 7
    version() { rows s.db "SELECT asked_at FROM stop_asked"; }
    first=$(version)
    for _ in 1 2 3; do sv-team stopped a --pid 7; done
    assert_equal "$(version)" "$first"
    SV_NOW=$(date -u -d '+2 minutes' +%FT%TZ) sv-team stopped a --pid 7
    refute [ "$(version)" = "$first" ]
}

@test "what is not stopped cannot be resumed; and is told by which stop it is" {
    sv-team stop 'c*' x -q >/dev/null
    team resume codex nobody
    assert_failure 3
    assert_equal "$stderr" 'sv-team: "codex" is stopped by the stop of "c*": resume that
sv-team: "nobody" is not stopped
sv-team: 2 errors; nothing was changed'
    sv-team resume 'c*'
    team stopped codex
    assert_success
    team stopped x
    assert_failure 1
}

@test "the built-in policy can be changed, replaced and left out as any other" {
    sv-team stop a
    call a >log.ndjson
    policies mine.yaml <<'END'
version: 1
override: [{id: stopped-agent, severity: info, action: warn}]
policies: [{id: other, when: type == "never.seen"}]
END
    run sv-eval -p mine.yaml --exit-zero log.ndjson
    assert_equal "$(jq -r '[.severity, .action] | join(" ")' <<<"$output")" "info warn"
    assert_equal "$(found --skip stopped-agent)" ""
    assert_equal "$(found --only test)" ""
    policies mine.yaml <<'END'
version: 1
policies: [{id: stopped-agent, when: has(event.sv_stopped) && tool == "Bash", message: '"mine"'}]
END
    run sv-eval -p mine.yaml --exit-zero log.ndjson
    assert_equal "$(jq -r .message <<<"$output")" mine
    run sv-eval --check -p mine.yaml
    assert_success
    policy 'when: type == "never.seen"'
    run sv-eval -p "$policy" --skip test log.ndjson # it does not stand in for policies
    assert_failure 3
}

@test "mistakes" {
    for line in "stop" "stop --all a" "stop a --until never" "stop a --until 2020-01-01" "resume" "stopped a b" "stopped a --pid x"; do
        # shellcheck disable=SC2086 # the words of a line
        team $line
        assert_failure 2
    done
    team stopped
    assert_failure 3
    team stop a ''
    assert_failure 3
    team stopped a
    assert_success
}
