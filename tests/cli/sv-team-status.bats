#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-team status: how agents are doing, by supervisor, team, agent and session.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db SV_NOW=2026-11-20T14:00:00Z TZ=UTC
    policy 'when: type == "never.seen"'
}

team() { # its output, its complaints apart
    run --separate-stderr sv-team "$@"
}

# seen MINUTES-AGO AGENT SESSION TYPE [MEMBERS]: an event
seen() {
    printf '{"time":"%s","agent":"%s","session":"%s","type":"%s"%s}\n' "$(date -u -d "$SV_NOW - $1 minutes" +%FT%TZ)" "$2" "$3" "$4" "${5-}" >>log.ndjson
}

read_log() {
    sv-eval -r -p "${policy:?}" --exit-zero log.ndjson >/dev/null
}

# states [OPTION...]: of agents, sorted by name
states() {
    sv-team status -o json "$@" | jq -r 'select(.kind == "agent") | "\(.agent) \(.state)"' | sort
}

@test "states are those of the last event, and of how long ago it was" {
    seen 1 a s tool.call ',"tool":"Bash"'
    seen 7 b s tool.call ',"tool":"make"'
    seen 7 c s tool.result ',"tool":"make"'
    seen 16 d s llm.call
    seen 90 e s turn.end
    seen 30 f s decision ',"decision":"ask"'
    seen 3 g s session.end
    seen 700 h s note
    read_log
    assert_equal "$(states)" "a working
b silent
c idle
d silent
e waiting
f waiting
h silent"
    assert_equal "$(states --all | grep "^g")" "g ended"
    assert_equal "$(SV_NOW=2026-11-20T14:22:00Z states | grep '^h')" ""
    assert_equal "$(sv-team status -o json | jq -r 'select(.agent == "b" and .kind == "agent") | [.tool, .last, .type] | join(" ")')" \
        "make 2026-11-20T13:53:00Z tool.call"
}

@test "who stands where the roster has it; who is in none, under -" {
    sv-team supervisor add ops --at 2026-11-01
    sv-team team add payments infra --supervisor ops --at 2026-11-01
    sv-team member add a unseen --team payments --at 2026-11-01
    sv-team member add 'build-*' --team infra --at 2026-11-01
    seen 1 a s note
    seen 1 build-1 s note
    seen 1 lost s note
    seen 1 own s note ',"team":"mine"'
    read_log
    where() { sv-team status -o json "$@" | jq -r 'select(.kind == "agent") | "\(.supervisor // "-")/\(.team)/\(.agent)"' | paste -sd' '; }
    assert_equal "$(where)" "ops/infra/build-1 ops/payments/a -/mine/own -/-/lost"
    assert_equal "$(where --team payments)" "ops/payments/a"
    assert_equal "$(where --team -)" "-/-/lost"
    assert_equal "$(where --supervisor 'o*' --agent 'b*')" "ops/infra/build-1"
    assert_equal "$(where --all --team payments)" "ops/payments/a ops/payments/unseen"
    assert_equal "$(states --all --agent unseen)" "unseen unseen"
    sv-team member move a --team infra
    assert_equal "$(where --agent a)" "ops/infra/a"
    sv-team supervisor add chief --at 2026-11-01
    sv-team supervisor move ops --supervisor chief
    assert_equal "$(where --supervisor chief)" "ops/infra/a ops/infra/build-1" # as the report has it: all below
    assert_equal "$(where --supervisor -)" "-/mine/own -/-/lost"
}

@test "where alerts are kept, those that are open and that nobody has acknowledged count, each for its agent" {
    seen 5 a s error
    seen 4 a s note
    seen 3 b s note
    seen 2 c s note
    policies set.yaml <<'END'
version: 1
policies:
  - {id: bad, when: type == "error", severity: error}
  - {id: mild, when: type == "note" && agent != "c", severity: warning}
END
    read_log
    alerts() { sv-team status -o json | jq -r 'select(.kind == "agent") | "\(.agent)=\(.alerts)"' | paste -sd' '; }
    assert_equal "$(alerts)" "a=1 b=0 c=0"
    sv-alert fold -q </dev/null >/dev/null
    assert_equal "$(alerts)" "a=2 b=1 c=0"
    team status --oneline
    assert_output --partial ", 3 alerts"
    team status --oneline --agent b
    assert_output --partial ", 1 alert"
    sv-alert ack -q --where 'agent == "a"' >/dev/null
    assert_equal "$(alerts)" "a=0 b=1 c=0"
    team status --oneline
    assert_output --partial ", 1 alert"
    SV_NOW=2026-11-22T14:00:00Z team status --oneline # nobody lives, and one still waits for a word
    assert_output '0 agents, 0 waiting, $0.00 today, 1 alert'
    SV_NOW=2026-11-22T14:00:00Z team status --oneline --agent c
    assert_output --partial ", 0 alerts"
}

@test "numbers are those of today, also of who has ended; alerts are what was violated today" {
    seen 900 a s1 llm.call ',"input_tokens":1000,"cost_usd":100'
    seen 60 a s1 llm.call ',"input_tokens":100,"output_tokens":11,"cost_usd":1.5'
    seen 50 a s1 error
    seen 5 b s2 session.end ',"cost_usd":2.5'
    policies set.yaml <<'END'
version: 1
policies:
  - {id: bad, when: type == "error", severity: error}
  - {id: mild, when: type == "error", severity: warning}
  - {id: big, when: cost_usd > 50.0, severity: critical}
END
    read_log
    assert_equal "$(sv-team status -o json | jq -c 'select(.kind == "agent") | [.events, .errors, .error_rate, .tokens, .cost_usd, .alerts]')" '[2,1,0.5,111,1.5,1]'
    team status --oneline
    assert_output "1 agent, 0 waiting, \$4.00 today, 1 alert"
    assert_equal "$(rows s.db "SELECT day, sum(tokens), sum(cost_usd) FROM agent_days GROUP BY day" | paste -sd' ')" "20776|1000|100.0 20777|111|4.0"
}

@test "a row a live session under its agent" {
    seen 8 a s1 tool.call ',"tool":"make","host":"web1"'
    seen 2 a s2 turn.end ',"host":"web2"'
    seen 2 a s3 session.end
    seen 800 a s4 note
    read_log
    assert_equal "$(sv-team status -o json | jq -r '[.kind, .session, .state, .tool // "-", .host // "-"] | join(" ")')" "agent s2 waiting - web2
session s2 waiting - web2
session s1 silent make web1"
    team status -o text
    assert_equal "$(awk 'NR > 1 { print $1, $2 }' <<<"$output")" "- 1
- 1
a waiting
s2 waiting
s1 silent"
}

@test "who was told to stop, and who is over a budget" {
    seen 1 a s note
    seen 1 b s note ',"cost_usd":9'
    seen 1 c s note
    policies set.yaml <<'END'
version: 1
policies:
  - {id: day-budget, when: cost_usd > 5.0, severity: error}
END
    read_log
    sv-team stop a -q >/dev/null || true
    assert_equal "$(states)" "a stopped
b over
c working"
}

@test "who is over one budget is over, though another was kept again since; and not any more once both are" {
    seen 30 a s llm.call ',"cost_usd":9,"model":"m"'
    seen 20 a s note
    seen 10 a s note
    policies set.yaml <<'END'
version: 1
policies:
  - {id: day-budget, by: agent, window: day, tz: UTC, having: sum(cost_usd) > 5.0, severity: error}
  - {id: quick-budget, by: agent, window: 5m, having: sum(cost_usd) > 5.0, severity: error}
END
    read_log
    assert_equal "$(rows s.db "SELECT DISTINCT p.policy, e.outcome FROM supervisor_policy_evaluations AS e JOIN supervisor_policies AS p ON p.id = e.policy_id ORDER BY e.outcome, p.policy" | paste -sd' ')" \
        "day-budget|0 quick-budget|0 quick-budget|1"
    assert_equal "$(states)" "a over"
    seen 10 b s llm.call ',"cost_usd":9,"model":"m"'
    seen 2 b s note
    sed -i '/day-budget/d' set.yaml
    rm -f s.db*
    read_log
    assert_equal "$(states)" "a idle
b working"
}

@test "one line: for a prompt" {
    seen 1 a s note
    seen 9 b s turn.end ',"cost_usd":9.3'
    read_log
    team status --oneline
    assert_success
    assert_output '2 agents, 1 waiting, $9.30 today, 0 alerts'
    team status --oneline --agent a
    assert_output '1 agent, 0 waiting, $0.00 today, 0 alerts'
}

@test "a terminal of 80 cells has room for all of it, whatever names and numbers there are" {
    need script
    export NO_COLOR=1
    sv-team team add a-team-with-a-name-that-is-much-too-long-for-this --at 2026-11-01
    for i in 1 2; do
        agent=agent-$i-with-a-name-that-is-much-too-long-for-this
        sv-team member add $agent --team a-team-with-a-name-that-is-much-too-long-for-this --at 2026-11-01
        seen 3 $agent s$i llm.call ',"input_tokens":123456789,"cost_usd":12345.678'
        seen 2 $agent t$i-with-a-name-that-is-much-too-long-for-this-one tool.call ',"tool":"mcp__server_of_somebody__tool_of_his"'
        seen 1 $agent s$i error
    done
    read_log
    for options in "" --flat; do
        # shellcheck disable=SC2086 # none, or one
        run on_terminal env COLUMNS=80 sv-team status $options
        assert_success
        assert_output --partial "12,346"
        assert [ "$(LC_ALL=C.UTF-8 wc -L <<<"$output")" -le 80 ]
    done
}

@test "on a terminal a tree with sums, in place with -f" {
    need script
    export NO_COLOR=1
    sv-team team add payments --at 2026-11-01
    sv-team member add a b --team payments --at 2026-11-01
    seen 1 a s note ',"cost_usd":1'
    seen 1 b s note ',"cost_usd":2'
    read_log
    run on_terminal sv-team status --utc
    assert_line --index 0 --regexp '^WHO +STATE +LAST +TOOL +RATE +TOKENS +COST +ALERTS'
    assert_line --index 2 --regexp '^  payments +2 alive +0\.00 +0 +3\.00 +0'
    assert_line --index 3 --regexp '^    a +working +11-20 13:59'
    run on_terminal timeout -s INT 3 sv-team status -f
    assert_output --partial "payments"
    assert_equal "$(grep -c WHO <<<"$output")" 1
    team status -f
    assert_failure 2
}

@test "-f of more than the screen has lines for stays in its place, and says how much more there is" {
    need script
    export NO_COLOR=1
    for i in $(seq 40); do seen 1 agent-$i s note; done
    read_log
    run on_terminal env LINES=10 timeout -s INT 2 sv-team status -f
    assert_output --partial "34 more lines" # a head, two sums, 40 agents: 43
    assert_equal "$(grep -c alive <<<"$output")" 2
    assert_equal "$(wc -l <<<"$output")" 10 # the last has no end until the program ends
    run on_terminal env LINES=43 timeout -s INT 2 sv-team status -f
    refute_output --partial "more lines"
    assert_equal "$(wc -l <<<"$output")" 43
}

@test "csv, columns of one's choice, mistakes" {
    seen 1 a s note
    read_log
    team status -o csv --fields agent,state,last
    assert_output "agent,state,last"$'\r\n'"a,working,2026-11-20T13:59:00Z"$'\r\n'"a,working,2026-11-20T13:59:00Z"$'\r'
    team status x
    assert_failure 2
    team status --fields nope
    assert_failure 2
    team status -d none.db
    assert_failure 3
    SV_NOW=2026-11-19T00:00:00Z team status --oneline # a clock that went back
    assert_success
}
