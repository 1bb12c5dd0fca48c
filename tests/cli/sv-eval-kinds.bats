#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Policies that look at more than one event: what of them can be seen from outside.
load helper

setup() {
    clean_place
    need jq
}

happens() { # happens TYPE TIME [FIELD=VALUE]...: one more event, at 09:00 and so many seconds
    local type=$1 time=$2 more
    shift 2
    more=$(printf ',"%s"' "$@" | sed 's/=/":"/g')
    printf '{"type":"%s","time":"%s"%s}\n' "$type" "$(jq -rn "1795000000 + $time | todate")" "${1:+$more}" >>log.ndjson
}

said() { # said FILTER: of what sv-eval says of log.ndjson
    sv-eval -N -o json --exit-zero -p "$policy" log.ndjson | jq -c "$1"
}

@test "a message reads the values and the key of its evaluation" {
    policy 'by: [agent, tool]' 'loop: {same: 3}' "message: '\"\" + string(values.count) + \" times \" + key[1] + \" by \" + key[0] + \", \" + values.form'"
    for t in 0 10 20; do happens tool.call $t agent=a tool=Bash command=ls; done
    assert_equal "$(said .message)" '"3 times Bash by a, same"'
}

@test "the key in a message is who is charged, not who spends" {
    policy 'by: [tree(agent)]' 'window: 1h' 'having: count > 1' "message: 'key[0] + \" \" + string(count) + \" \" + agent'"
    happens llm.call 0 agent=root
    happens llm.call 1 agent=root/kid parent_agent=root
    assert_equal "$(said '[.message, .agent, .key, .values.chain]')" '["root 2 root/kid","root/kid",["root"],["root","root/kid"]]'
}

@test "a message whose value is not there is replaced by the title" {
    policy 'title: Too often' 'by: agent' 'limit: 1/1m' "message: '\"again in \" + string(values.retry_after)'"
    happens x 0 agent=a
    happens x 1 agent=a
    assert_equal "$(said .message)" '"Too often"'
    policy 'title: Too often' 'by: agent' 'limit: 1/1m' "message: '\"again in \" + string(values.retry_after_s)'"
    assert_equal "$(said .message)" '"again in 59"'
}

@test "what is over has the title, unless aggregates say how it stands now" {
    policy 'title: In circles' 'by: agent' 'loop: {same: 3}' "message: '\"again: \" + command'"
    for t in 0 10 20; do happens tool.call $t agent=a tool=Bash command=ls; done
    happens tool.call 30 agent=a tool=Bash command=pwd
    assert_equal "$(said '[.outcome, .message]')" $'["violation","again: ls"]\n["resolved","In circles"]'
    policy 'by: agent' 'window: 25s' 'having: count > 2' "message: 'string(count) + \" calls\"'"
    happens tool.call 90 agent=b tool=Bash command=pwd
    assert_equal "$(said '[.outcome, .message]')" $'["violation","3 calls"]\n["resolved","2 calls"]'
}

@test "the table shows the message of what several events came to, and the event where it is one" {
    policy 'when: tool == "Bash"' "message: '\"a shell\"'"
    happens tool.call 0 agent=a tool=Bash command=ls
    run sv-eval -N -o text --utc --exit-zero -p "$policy" log.ndjson
    assert_line --regexp '^warning .* a  +test  +ls '
    policy 'by: agent' 'window: 1m' 'having: count > 0' "message: '\"a call in a minute\"'"
    run sv-eval -N -o text --utc --exit-zero -p "$policy" log.ndjson
    assert_line --regexp '^warning .* a  +test  +a call in a minute '
}

@test "calls that tell a command or a path, but no arguments, are told apart by those" {
    policy 'by: agent' 'loop: {same: 3}'
    for t in 0 10 20; do happens tool.call $t agent=a tool=Read path=file$t; done
    for t in 30 40 50; do happens tool.call $t agent=b tool=Bash "command=echo $t"; done
    assert_equal "$(said .key)" ""
    for t in 60 70 80; do happens tool.call $t agent=b tool=Bash command=ls; done
    for t in 90 100 110; do happens tool.call $t agent=c tool=Wait; done
    assert_equal "$(said .key)" $'["b"]\n["c"]'
}

@test "--check says how many keys an edit would drop, until the edit has run" {
    export SV_STORE=$PWD/s.db
    policy 'by: agent' 'window: 1h' 'having: count > 5'
    for agent in a b c; do happens x 0 agent=$agent; done
    happens x 7200 agent=d
    happens x 7201 agent=e
    quiet() { # nothing but the warning about examples
        run --separate-stderr sv-eval --check -p "$policy"
        assert_success
        assert_output "1 policy in 1 file, 1 warning"
        assert_equal "$stderr" 'sv-eval: policy.yaml:3:9: warning: policy "test" has no example that must match or must not (match, no_match)'
    }
    quiet
    assert [ ! -e s.db ]
    sv-eval -rq -p "$policy" log.ndjson
    quiet
    sed -i 's/count > 5/count > 6/; s/^    by/    title: More than six\n    severity: error\n    by/' "$policy"
    quiet
    sed -i 's/window: 1h/window: 2h/' "$policy"
    before=$(cksum <s.db)
    run --separate-stderr sv-eval --check -p "$policy"
    assert_success
    assert_output "1 policy in 1 file, 2 warnings"
    # a, b and c are over
    assert_equal "$(tail -n 1 <<<"$stderr")" 'sv-eval: policy.yaml:3:9: warning: this edit drops what is known of 2 keys of "test"'
    assert_equal "$(cksum <s.db)" "$before"
    run --separate-stderr sv-eval --check --strict -p "$policy"
    assert_failure 1
    sed -i 's/by: agent/by: [agent, session]/; s/window: 2h/window: 1h/' "$policy"
    run --separate-stderr sv-eval --check -p "$policy" -d s.db
    assert_equal "$(tail -n 1 <<<"$stderr")" 'sv-eval: policy.yaml:3:9: warning: this edit drops what is known of 2 keys of "test"'
    run --separate-stderr sv-eval --check -p "$policy" -N
    assert_output "1 policy in 1 file, 1 warning"
    happens x 7202 agent=f session=s
    sv-eval -rq -p "$policy" log.ndjson
    quiet
}

@test "--check makes no store, and says when the one that is named cannot be read" {
    policy 'by: agent' 'window: 1h' 'having: count > 5'
    run --separate-stderr sv-eval --check -p "$policy" -d none.db
    assert_success
    assert [ ! -e none.db ]
    assert [ ! -e "$HOME/.local" ]
    echo "no store" >other.db
    run --separate-stderr sv-eval --check -p "$policy" -d other.db
    assert_failure 3
    assert_equal "$(head -n 1 <<<"$stderr")" "$(sv-index stats -d other.db 2>&1 | sed 's/^sv-index/sv-eval/' | head -n 1)"
    SV_STORE=other.db run --separate-stderr sv-eval --check -p "$policy"
    assert_success
    assert_output "1 policy in 1 file, 1 warning"
}

@test "an event further ahead than an hour has a time where max_ahead says so, and moves nobody else's clock" {
    export SV_NOW=2026-11-02T12:00:00Z
    policies p.yaml <<'E'
version: 1
policies:
  - {id: far, by: [agent], window: 1m, having: count > 1, max_ahead: 2d}
  - {id: near, by: [agent], window: 1m, having: count > 1}
  - {id: silent, by: [agent], absent: 10m}
E
    {
        event time=2026-11-02T11:59:00Z type=x.y agent=a
        event time=2026-11-03T12:00:00Z type=x.y agent=b
        event time=2026-11-03T12:00:01Z type=x.y agent=b
        event time=2026-11-04T12:00:01Z type=x.y agent=c
        event time=2026-11-04T12:00:01Z type=x.y agent=c
    } >log.ndjson
    run -0 --separate-stderr sv-eval -N -v -o json -p "$policy" --exit-zero log.ndjson
    assert_equal "$(jq -r '[.policy, .outcome, .time] | join(" ")' <<<"$output")" "far violation 2026-11-03T12:00:01Z"
    assert_regex "$stderr" "2 ahead of the clock"
}
