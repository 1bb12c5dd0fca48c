#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-alert: from evaluations to groups and to what is to be told, in a time of our own.

load helper

setup() {
    clean_place
    need jq
    need sqlite3
    export SV_STORE=$PWD/s.db
    cat >p.yaml <<'END'
version: 1
policies:
  - {id: push, when: 'command.contains("--force")', severity: critical, message: '"force by " + agent', runbook: take it back}
END
    cat >alerts.yaml <<'END'
version: 1
receivers:
  - {name: ops, file: /dev/null}
  - {name: lead, file: /dev/null}
route:
  receiver: ops
  group_by: [policy, agent]
  escalate: [{after: 15m, to: lead}]
END
    export SV_ALERTS=$PWD/alerts.yaml
}

at() { # at HH:MM:SS COMMAND...
    local time=$1
    shift
    SV_NOW=2026-11-20T${time}Z "$@"
}

# push AGENT TIME [ID]: a violation
push() {
    printf '{"type":"tool.call","id":"%s","time":"2026-11-20T%sZ","agent":"%s","tool":"Bash","command":"git push --force"}\n' "${3-$1-$2}" "$2" "$1"
}

# shellcheck disable=SC2119,SC2120 # what at() hands on is not seen
judge() { sv-eval -p p.yaml -o json --exit-zero "$@"; }

states() { jq -r '.agent + " " + .state'; }

told() { rows s.db "SELECT receiver || ' ' || kind || ' ' || level FROM alert_outbox ORDER BY id"; }

@test "from a violation to a notification: after the wait, to the next one when nobody takes it on, once it is over" {
    push a 09:59:59 | at 10:00:00 judge >e.ndjson
    run at 10:00:00 sv-alert <e.ndjson
    assert_success
    assert_equal "$(states <<<"$output")" "a pending"
    run at 10:00:29 sv-alert tick
    assert_output ""
    run at 10:00:30 sv-alert tick
    assert_equal "$(states <<<"$output")" "a firing"
    assert_equal "$(told)" "ops 0 0"
    run at 10:15:30 sv-alert tick
    assert_equal "$(jq -r '.state + " " + (.level | tostring)' <<<"$output")" "firing 1"
    assert_equal "$(told | paste -sd,)" "ops 0 0,lead 4 1"
    run at 11:05:30 sv-alert tick # nothing came for an hour
    assert_equal "$(states <<<"$output")" "a resolved"
    assert_equal "$(told | paste -sd,)" "ops 0 0,lead 4 1,ops 2 0,lead 2 1"
    run at 12:00:00 sv-alert tick
    assert_output ""
    assert_equal "$(rows s.db "SELECT count(*) FROM keyed_state")" 0
}

@test "what is told says what to do, and where more is to be learned" {
    push a 09:59:59 | at 10:00:00 judge | at 10:00:00 sv-alert >/dev/null
    at 10:00:30 sv-alert tick >/dev/null
    rows s.db "SELECT payload FROM alert_outbox" >n.json
    assert_equal "$(jq -r '.alerts[0].runbook + ", " + .alerts[0].message + ", " + .severity' n.json)" "take it back, force by a, critical"
    run jq -r .text n.json
    assert_output --partial "sv-alert explain $(rows s.db "SELECT substr(notification, 1, 13) FROM alert_outbox")"
}

@test "lines are a doorbell: what they say comes in once, by whatever way" {
    push a 09:59:59 | at 10:00:00 judge -N >e.ndjson
    at 10:00:00 sv-alert <e.ndjson >/dev/null # the store lacks it
    at 10:00:01 sv-alert <e.ndjson >/dev/null # and has it now
    assert_equal "$(rows s.db "SELECT count(*), sum(evaluations) FROM supervisor_alert_groups JOIN supervisor_policy_evaluations")" "1|1"
    push b 09:59:59 | at 10:00:02 judge >e.ndjson # this one it has
    at 10:00:02 sv-alert <e.ndjson >/dev/null
    at 10:00:03 sv-alert <e.ndjson >/dev/null
    assert_equal "$(rows s.db "SELECT count(*) FROM supervisor_policy_evaluations")" 2
    assert_equal "$(rows s.db "SELECT group_concat(evaluations) FROM supervisor_alert_groups")" "1,1"
    push c 09:59:59 | at 10:00:04 judge >/dev/null # nobody rings
    run at 10:00:05 sv-alert tick
    assert_equal "$(states <<<"$output")" "c pending"
}

@test "of what is old nobody is told, now or later" {
    push a 08:59:59 | at 10:00:00 judge >e.ndjson
    run --separate-stderr at 10:00:00 sv-alert -v <e.ndjson
    assert_success
    assert_output ""
    assert_equal "$stderr" "sv-alert: 1 evaluations, 1 of them so old that nobody is told; 0 changes, 0 notifications"
    at 10:00:30 sv-alert tick
    at 12:00:00 sv-alert tick
    assert_equal "$(told)" ""
    assert_equal "$(rows s.db "SELECT old, evaluations FROM supervisor_alert_groups")" "1|1"
    # and what is not old is told beside it
    push a 12:00:00 | at 12:00:00 judge | at 12:00:00 sv-alert >/dev/null
    at 12:05:00 sv-alert tick >/dev/null
    assert_equal "$(told)" "ops 0 0"
}

@test "input that is none of ours is named, and the rest is taken" {
    { echo 'no json' && push a 09:59:59 && echo && echo '{"type":"evaluation","policy":"p","outcome":"violation"}' && push a 09:59:59 |
        at 10:00:00 judge -N; } >mixed
    run --separate-stderr at 10:00:00 sv-alert fold mixed
    assert_failure 3
    assert_equal "$(states <<<"$output")" "a pending"
    assert_regex "${stderr_lines[0]}" '^sv-alert: mixed:1:1: '
    assert_equal "${stderr_lines[1]}" 'sv-alert: mixed:2: not an evaluation: its type is "tool.call"'
    assert_equal "${stderr_lines[2]}" 'sv-alert: mixed:4: an evaluation without an id'
    assert_equal "${#stderr_lines[@]}" 3
}

@test "with a mistake in alerts.yaml nothing is done, and all mistakes are told" {
    push a 09:59:59 | at 10:00:00 judge >e.ndjson
    printf 'version: 1\nroute: {receiver: nobody, group_wait: soon}\n' >alerts.yaml
    run --separate-stderr at 10:00:00 sv-alert <e.ndjson
    assert_failure 3
    assert_output ""
    assert_equal "${stderr_lines[0]}" "sv-alert: $SV_ALERTS:2:19: no receiver is called \"nobody\""
    assert_regex "${stderr_lines[1]}" "alerts.yaml:2:39: \"group_wait\" must be a duration"
    assert_equal "$(rows s.db "SELECT count(*) FROM supervisor_alert_groups")" 0
    run --separate-stderr sv-alert tick -c missing.yaml
    assert_failure 3
}

@test "without alerts.yaml groups are kept, and nobody is told" {
    unset SV_ALERTS
    push a 09:59:59 | at 10:00:00 judge | at 10:00:00 sv-alert >/dev/null
    run at 10:00:30 sv-alert tick
    assert_equal "$(states <<<"$output")" "a firing"
    assert_equal "$(told)" ""
}

@test "an evaluation resolved ends its alert" {
    cat >p.yaml <<'END'
version: 1
policies:
  - {id: hot, when: type == "metric", by: [agent], window: 1m, having: max(value) > 5.0, keep_firing_for: 10s}
END
    metric() { printf '{"type":"metric","id":"m%s","time":"2026-11-20T%sZ","agent":"a","name":"t","value":%s}\n' "$1" "$1" "$2"; }
    metric 10:00:00 9.0 | at 10:00:00 judge -r | at 10:00:00 sv-alert >/dev/null
    at 10:00:30 sv-alert tick >/dev/null
    { metric 10:03:00 1.0 && metric 10:04:00 1.0; } | at 10:04:00 judge -r >e.ndjson
    assert_equal "$(jq -r .outcome e.ndjson)" resolved
    run at 10:04:00 sv-alert <e.ndjson
    assert_equal "$(states <<<"$output")" "a resolved"
    assert_equal "$(told)" "ops 0 0" # others may be over by the next turn
    at 10:05:30 sv-alert tick
    assert_equal "$(told | paste -sd,)" "ops 0 0,ops 2 0"
}

@test "it needs no verb at the end of a pipe, and answers as the others do" {
    run sv-alert -v tick extra
    assert_failure 2
    run sv-alert nothing
    assert_failure 2
    run sv-alert -V
    assert_success
    assert_output --regexp '^sv-alert [0-9.]+$'
    run sv-alert -h
    assert_output --partial "Without a verb it is fold."
    run sv-alert --config
    assert_failure 2
    run --separate-stderr sv-alert -qd s.db </dev/null
    assert_success
}

# Two groups, told of at 10:00:30.
two_groups() {
    { push a 09:59:59 && push b 09:59:58; } | at 10:00:00 judge | at 10:00:00 sv-alert >/dev/null
    at 10:00:30 sv-alert tick >/dev/null
    id=$(at 10:00:31 sv-alert list -o json --agent a | jq -r .id)
}

fields() { (set -o pipefail && sv-alert list -o csv --fields "$@" | tail -n +2 | tr -d '\r'); }

# plain COMMAND...: run, and lines without the carriage returns that CSV has
plain() {
    run --separate-stderr "$@"
    output=${output//$'\r'/}
    mapfile -t lines <<<"$output"
}

@test "list shows what is open, newest first, and what is asked for" {
    two_groups
    export SV_NOW=2026-11-20T10:01:00Z
    assert_equal "$(fields agent,state,firing,evaluations | sort | paste -sd' ')" "a,firing,1,1 b,firing,1,1"
    assert_equal "$(fields agent --agent 'b*')" b
    run fields agent --state pending
    assert_success
    assert_output ""
    assert_equal "$(fields agent --where 'event.agent == "a" && event.firing == 1')" a
    assert_equal "$(fields agent --where 'event.by.agent == "a"')" a
    assert_equal "$(sv-alert list --agent a -o json | jq -c .by)" '{"policy":"push","agent":"a"}'
    run fields agent --policy other
    assert_success
    assert_output ""
    plain sv-alert list -n 1 -o csv --fields agent
    assert_equal "${#lines[@]}" 2
    assert_regex "$stderr" '^sv-alert: 1 more; go on with --before '
    plain sv-alert list -o csv --fields agent --before "${stderr##* }"
    assert_equal "${#lines[@]}" 2
    run sv-alert list --state burning
    assert_failure 2
    run sv-alert list --where 'event.x +'
    assert_failure 2
    SV_NOW=2026-11-20T12:00:00Z sv-alert tick >/dev/null
    run fields agent
    assert_success
    assert_output ""
    assert_equal "$(fields state --all | sort -u)" resolved
}

@test "show and explain take the beginning of an id, and say which alerts and why" {
    two_groups
    plain sv-alert show "${id:0:5}" -o csv --fields state,alert
    assert_success
    assert_line --partial 'firing,"push[""a""]"'
    run at 10:01:00 sv-alert explain "${id:0:5}"
    assert_success
    assert_line "$id: firing, critical"
    assert_line --regexp 'why +told: it was new'
    assert_line --regexp 'due +2026-11-20T10:05:30Z'
    assert_line --partial 'ops: firing, sent, 1 attempt'
    run sv-alert explain nothing
    assert_failure 3
    assert_output 'sv-alert: no group of alerts is called "nothing"; sv-alert list shows them'
    run sv-alert show
    assert_failure 2
}

@test "ack stops repeats and levels until its deadline; who, when and why is kept" {
    two_groups
    plain at 10:01:00 sv-alert ack "$id" --for 30m --by ann --reason "on it" -o csv --fields state,acked_by
    assert_success
    assert_line acknowledged,ann
    plain at 10:01:01 sv-alert ack "$id" "${id:0:6}" --for 30m --by ann --reason "on it" -o csv --fields agent # once, though named twice
    assert_equal "${#lines[@]}" 2
    at 10:16:00 sv-alert tick >/dev/null # b's level, not a's
    assert_equal "$(rows s.db "SELECT count(*) FROM alert_outbox WHERE level = 1")" 1
    at 10:31:01 sv-alert tick >/dev/null
    assert_equal "$(rows s.db "SELECT count(*) FROM alert_outbox WHERE level = 1")" 2
    run sv-index timeline --type operator.alert.ack -o json
    assert_equal "$(jq -r '.entity_id + " " + .by + " " + .text' <<<"$output")" "$(printf '%s ann on it\n%s ann on it' "$id" "$id")"
}

@test "of several named all are changed or none; what is over is told so" {
    two_groups
    run --separate-stderr at 10:01:00 sv-alert ack "$id" nobody
    assert_failure 3
    assert_equal "${stderr_lines[0]}" 'sv-alert: no group of alerts is called "nobody"; sv-alert list shows them'
    assert_equal "$(fields state | sort -u)" firing
    plain at 10:01:00 sv-alert resolve "$id" -o csv --fields state
    assert_line resolved
    at 10:05:30 sv-alert tick >/dev/null
    assert_equal "$(rows s.db "SELECT count(*) FROM alert_outbox WHERE kind = 2")" 1
    run --separate-stderr at 10:06:00 sv-alert ack "$id"
    assert_failure 3
    assert_equal "${stderr_lines[0]}" "sv-alert: $id is over"
    run sv-alert ack
    assert_failure 2
    run sv-alert ack "$id" --where true
    assert_failure 2
    run sv-alert ack --where 'event.agent == "nobody"'
    assert_failure 3
    plain at 10:06:00 sv-alert ack --where 'event.agent == "b"' -o csv --fields agent,state
    assert_line b,acknowledged
}

@test "a silence hides what it matches while it holds, and says what it hides now" {
    two_groups
    run sv-alert silence --comment add list
    assert_failure 2
    assert_line 'sv-alert: silence: say "list" before the options'
    run sv-alert ""
    assert_failure 2
    plain at 10:01:00 sv-alert silence add 'agent == "a"' --for 1h --comment quiet --preview -o csv --fields agent
    assert_line a
    refute_line b
    assert_equal "$(rows s.db "SELECT count(*) FROM alert_silences")" 0
    run sv-alert silence add 'agent == "a"' --preview -d none.db # it only reads
    assert_failure 3
    assert [ ! -e none.db ]
    plain at 10:01:00 sv-alert silence add 'agent == "a"' --for 1h --comment quiet --by ann -o csv --fields agent
    assert_line a
    silence=$(at 10:02:00 sv-alert silence list -o json | jq -r .id)
    assert_regex "$stderr" "silence $silence"
    assert_equal "$(rows s.db "SELECT b.body ->> 'matcher', b.body ->> 'comment' FROM events AS e JOIN event_bodies AS b ON b.event = e.id \
        JOIN type_names AS t ON t.id = e.type WHERE t.name = 'operator.silence.add'")" 'agent == "a"|quiet'
    push a 10:04:00 again | at 10:04:00 judge | at 10:04:00 sv-alert >/dev/null
    at 10:16:00 sv-alert tick >/dev/null
    assert_equal "$(told | grep -c lead)" 1 # b's
    assert_equal "$(at 10:16:01 sv-alert list -o json --agent a | jq -r .state)" suppressed
    run at 10:16:01 sv-alert explain "$id"
    assert_line --partial "silenced by $silence"
    at 10:17:00 sv-alert silence expire "${silence:0:6}"
    at 10:21:00 sv-alert tick >/dev/null
    assert_equal "$(told | grep -c lead)" 2
    run at 10:22:00 sv-alert silence expire "$silence"
    assert_failure 3
    assert_line --partial "has ended already"
}

@test "silences go out and come in whole or not at all; what is wrong with one is said" {
    export SV_NOW=2026-11-20T10:00:00Z
    sv-alert silence add 'policy == "x"' --start 2026-11-21 --end 2026-11-22 --comment c -o json
    sv-alert silence export >out
    run sv-alert silence import -d other.db out
    assert_output "sv-alert: 1 silence added"
    run sv-alert silence import -d other.db out
    assert_output "sv-alert: 0 silences added"
    assert_equal "$(sv-alert silence export -d other.db | jq -r '.id + .state')" "$(jq -r '.id + .state' out)"
    echo '{"matcher":"agnt == 1","author":"a","comment":"c","start":"2026-11-21T00:00:00Z","end":"2026-11-22T00:00:00Z"}' >bad
    sed 's/"id":"[^"]*",//; s/"x/"y/' out >>bad
    run --separate-stderr sv-alert silence import bad
    assert_failure 3
    assert_regex "${stderr_lines[0]}" '^sv-alert: bad:1: matcher, column 1: unknown field "agnt"'
    assert_equal "$(sv-alert silence export | wc -l)" 1
    run sv-alert silence add 'agent == "a"' --for 1h
    assert_failure 2
    assert_output "sv-alert: a silence needs a comment: why?"
    run sv-alert silence add 'agent == "a"' --start 2026-12-02 --end 2026-12-01 --comment c
    assert_failure 2
    assert_output "sv-alert: the silence ends before it starts"
    run sv-alert silence add 'agent ==' --for 1h --comment c
    assert_failure 2
    run sv-alert silence
    assert_failure 2
}

@test "check names all mistakes; test shows which way an evaluation takes, and stores nothing" {
    run sv-alert check
    assert_success
    assert_output "1 route, 2 receivers, 0 mute times, 0 inhibitions; no findings"
    push a 09:59:59 | at 10:00:00 judge -N >e.ndjson
    plain sv-alert test --event e.ndjson -o csv --fields receiver,levels,group,wait_s,muted
    assert_success
    assert_line 'ops,lead,policy=push agent=a,30,no'
    assert [ ! -e s.db ]
    printf 'version: 1\nreceivers: [{name: nobody}]\nroute: {receiver: nobody}\n' >quiet.yaml
    run sv-alert test -c quiet.yaml --event - <e.ndjson
    assert_failure 1
    printf 'version: 1\nmax_age: never\nrouts: {}\n' >bad.yaml
    run --separate-stderr sv-alert check -c bad.yaml
    assert_failure 1
    assert_equal "${#stderr_lines[@]}" 2
    cat >bad.yaml <<'END'
version: 1
receivers:
  - {name: gone, exec: [/nowhere/program]}
  - {name: deaf, file: /nowhere/log}
  - {name: mute, file: /dev/null, secret_file: /nowhere/secret}
  - {name: fine, file: /dev/null}
END
    run --separate-stderr sv-alert check -c bad.yaml
    assert_failure 1
    assert_equal "${#stderr_lines[@]}" 3
    assert_regex "${stderr_lines[0]}" '^sv-alert: bad.yaml:3: receiver gone: /nowhere/program: this program cannot be run'
    assert_regex "${stderr_lines[1]}" '^sv-alert: bad.yaml:4: receiver deaf: /nowhere/log: this file cannot be written'
    assert_regex "${stderr_lines[2]}" '^sv-alert: bad.yaml:5: receiver mute: /nowhere/secret'
    echo nonsense >e.ndjson
    run sv-alert test --event e.ndjson
    assert_failure 3
}

@test "its figures are among the metrics: groups by state, notifications by kind, evaluations" {
    two_groups
    push c 08:00:00 | at 10:01:00 judge | at 10:01:00 sv-alert >/dev/null # old
    at 10:02:00 sv-alert ack "$id" >/dev/null
    sv-index metrics -o prom >m
    run grep -E '^sv_alert' m
    assert_line 'sv_alert_groups{state="firing"} 1'
    assert_line 'sv_alert_groups{state="acknowledged"} 1'
    assert_line 'sv_alert_groups{state="pending"} 1'
    assert_line 'sv_alert_notifications_total{kind="firing"} 2'
    assert_line 'sv_alert_evaluations_total{what="all"} 3'
    assert_line 'sv_alert_evaluations_total{what="old"} 1'
}

@test "what is found behind an archive is not taken for what was read before it" {
    { push a 09:59:59 && push b 09:59:59; } | sed 's/2026-11-20/2026-03-20/' | SV_NOW=2026-03-20T10:00:00Z judge | SV_NOW=2026-03-20T10:00:00Z sv-alert >/dev/null
    assert_equal "$(rows s.db "SELECT position FROM cursors")" 2
    SV_NOW=2026-11-20T09:00:00Z sv-index archive --apply --older 30d >/dev/null
    assert_equal "$(rows s.db "SELECT group_concat(id) FROM supervisor_policy_evaluations")" 2 # the newest stays, for its number
    push c 09:59:59 | at 10:00:00 judge >/dev/null
    run at 10:00:01 sv-alert tick
    assert_equal "$(states <<<"$output" | grep '^c')" "c pending"
}

@test "killed anywhere and started again it tells nothing twice and forgets nothing" {
    for i in {1..400}; do push "agent$((i % 100))" 10:00:00 "e$i"; done | at 10:00:00 judge >e.ndjson
    kills=0
    for pause in 0.002 0.004 0.006 0.008 0.010 0.012 0.015 0.02 0.025 0.03; do
        for time in 10:00:00 10:00:30 10:15:30; do
            ended=0
            SV_NOW=2026-11-20T${time}Z timeout -s KILL "$pause" sv-alert tick >/dev/null 2>&1 || ended=$?
            [ "$ended" = 0 ] || [ "$ended" = 137 ] || fail "ended with $ended"
            kills=$((kills + (ended == 137)))
        done
    done
    assert [ "$kills" -gt 0 ]
    for time in 10:00:01 10:00:31 10:15:31 10:30:32 10:46:00; do at $time sv-alert tick >/dev/null; done
    assert_equal "$(rows s.db "SELECT count(*), sum(evaluations) FROM supervisor_alert_groups")" "100|400"
    assert_equal "$(rows s.db "SELECT kind, count(*), count(DISTINCT group_id) FROM alert_outbox WHERE kind IN (0, 4) GROUP BY kind" | paste -sd' ')" \
        "0|100|100 4|100|100"
    run sv-index check -q
    assert_success
}
