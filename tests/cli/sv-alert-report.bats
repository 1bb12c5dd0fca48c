#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-alert stats and report: alerts in numbers.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db SV_ALERTS=$PWD/alerts.yaml TZ=UTC
    cat >p.yaml <<'END'
version: 1
policies:
  - {id: push, when: 'command.contains("--force")', severity: critical}
  - {id: looks, when: 'command.contains("ls")', severity: warning}
END
    cat >alerts.yaml <<END
version: 1
receivers:
  - {name: ops, file: $PWD/ops.log}
  - {name: lead, exec: [/bin/false]}
inhibit: [{source: 'severity == "critical"', target: 'severity == "warning"', equal: [agent]}]
route:
  receiver: ops
  group_by: [policy, agent]
  group_wait: 0s
  group_interval: 1m
  escalate: [{after: 15m, to: lead}]
END
}

at() { # at DAY HH:MM:SS COMMAND...
    local time=2026-11-${1}T${2}Z
    shift 2
    SV_NOW=$time "$@"
}

# does DAY HH:MM:SS AGENT COMMAND: what it does is judged, and told
does() {
    printf '{"type":"tool.call","time":"2026-11-%sT%sZ","agent":"%s","tool":"Bash","command":"%s"}\n' "$@" |
        at "$1" "$2" sv-eval -r -p p.yaml --exit-zero >/dev/null
    at "$1" "$2" sv-alert tick >/dev/null
}

# Yesterday two pushes: one taken on after 4 minutes, one after 10, both over after an hour; and one of the day before, after 1 minute.
# Today one that nobody has taken on, and what looks beside it.
two_days() {
    does 18 09:00:00 a "git push --force"
    at 18 09:01:00 sv-alert ack --where true >/dev/null
    at 18 10:00:00 sv-alert tick >/dev/null
    does 19 09:00:00 a "git push --force"
    does 19 09:00:00 b "git push --force"
    does 19 09:02:00 b "git push --force"
    at 19 09:04:00 sv-alert ack --where 'event.agent == "a"' >/dev/null
    at 19 09:10:00 sv-alert ack --where 'event.agent == "b"' >/dev/null
    at 19 09:20:00 sv-alert ack --where 'event.agent == "b"' --for 3h >/dev/null # once more: it was taken on before
    at 19 10:00:00 sv-alert tick >/dev/null
    at 19 10:02:00 sv-alert tick >/dev/null
    does 20 09:00:00 c "git push --force"
    does 20 09:00:00 c "ls"
    at 20 09:15:00 sv-alert tick >/dev/null 2>&1
    export SV_NOW=2026-11-20T09:15:10Z
}

# values PART COLUMN [OPTION...]: `of=value` of a report as CSV
values() {
    local part=$1 column=$2
    shift 2
    sv-alert report -o csv "$@" | tr -d '\r' | tr -d '"' | awk -F, -v part="$part" -v column="$column" \
        '$2 == part && $(NF - 1) == column { of = $4; for (i = 5; i < NF - 1; i++) of = of "," $i; print of "=" $NF }'
}

@test "stats count by what is asked, and say how long people took" {
    two_days
    run sv-alert stats -o json
    assert_success
    assert_equal "$(jq -r '[.name, .groups, .open, .unacked, .suppressed, .acked, .sent, .failed] | join(" ")' <<<"$output")" \
        "$(printf 'push 4 1 1 0 3 7 1\nlooks 1 1 0 1 0 0 0')"
    # 1, 4 and 10 minutes, to a hundredth; 60, 60 and 62
    assert_equal "$(jq -r 'select(.name == "push") | [.ack_p50_ms, .ack_p95_ms, .resolve_p50_ms] | map(. / 60000 + 0.5 | floor) | join(" ")' <<<"$output")" "4 10 60"
    run sv-alert stats --by receiver -o json
    assert_success
    assert_equal "$(jq -r '[.name, .groups, .sent, .failed, .given_up] | join(" ")' <<<"$output")" "$(printf 'ops 5 7 0 0\nlead 0 0 1 0')"
    run sv-alert stats --by state -o json
    assert_success
    assert_equal "$(jq -r '[.name, .groups] | join(" ")' <<<"$output" | sort | paste -sd' ')" "firing 1 resolved 3 suppressed 1"
    run sv-alert stats --by severity -S 2026-11-19 -U 2026-11-20 -o json
    assert_success
    assert_equal "$(jq -r '[.name, .groups, .sent] | join(" ")' <<<"$output")" "critical 2 4"
    run sv-alert stats --by agent --where 'event.agent == "b"' -o json
    assert_success
    assert_equal "$(jq -r '[.name, .groups, .evaluations] | join(" ")' <<<"$output")" "b 1 2"
    run sv-alert stats -o text -n 1
    assert_success
    assert_line --index 0 --regexp '^NAME +GROUPS +OPEN +UNACKED +SUPPRESSED +ACK P50 +ACK P95 +RESOLVE P50 +RESOLVE P95 +SENT +FAILED$'
    assert_equal "${#lines[@]}" 2
    run sv-alert stats --by weather
    assert_failure 2
    run sv-alert stats --where 'event.x +'
    assert_failure 2
}

@test "a report tells of a day beside the one before" {
    two_days
    assert_equal "$(values total now | grep -E '^(groups|ack|res|not|tries)' | paste -sd,)" \
        "groups of alerts=2,acknowledged=2,resolved=2,notifications sent=4,tries that failed=0"
    assert_equal "$(values total before | grep -E '^(groups|ack|res|not|tries)' | paste -sd,)" \
        "groups of alerts=1,acknowledged=1,resolved=1,notifications sent=2,tries that failed=0"
    assert_equal "$(values time groups | grep -v '=0')" "09:00=2"
    assert_equal "$(values policy groups)" "push=2"
    assert_equal "$(values receiver sent)" "ops=4"
    assert_equal "$(values noisy agent | cut -d= -f2 | paste -sd,)" "b,a"
    assert_equal "$(values open policy)" "" # what began today is not in it
    assert_equal "$(values total now --agent a | head -n 1)" "groups of alerts=1"
    assert_equal "$(values receiver sent --agent a)" "ops=2"
    run sv-alert report week --at today
    assert_success
    assert_line --index 0 "sv-alert report: week 2026-11-16 to 2026-11-22 (UTC), beside the week before; it is not over yet"
    assert_line --regexp '^groups of alerts +5 +0 +new$'
    assert_line --regexp '^2026-11-19 +2 +2 +4 +0$'
    run sv-alert report day month
    assert_failure 2
    run sv-alert report year
    assert_failure 2
}

@test "a report says what is open, and what keeps the rest quiet" {
    two_days
    does 20 09:15:05 d "ls"
    sv-alert silence add 'agent == "d"' --for 1h --comment "d is new" >/dev/null 2>&1
    at 20 09:17:00 sv-alert tick >/dev/null 2>&1
    export SV_NOW=2026-11-20T09:17:10Z
    assert_equal "$(values open policy --at today | cut -d= -f2)" push
    run values suppressed alerts --at today
    assert_line "another alert (inhibit)=1"
    assert_equal "$(values suppressed why --at today | cut -d= -f2)" "d is new"
}

@test "a page loads and runs nothing, and no text of others is markup in it" {
    two_days
    does 20 09:15:06 '<script>x</script>' "git push --force"
    run sv-alert report month --at today -o html
    assert_success
    assert_line --index 0 '<!DOCTYPE html>'
    refute_output --partial '<script'
    refute_output --regexp '(src|href)="?https?:'
    assert_output --partial '&lt;script&gt;x&lt;/script&gt;'
    assert_output --partial "default-src 'none'"
    assert_output --partial 'Alerts, month 2026-11'
}

@test "of a store without alerts a report is empty, and of no store it fails" {
    sv-alert tick >/dev/null
    run sv-alert report
    assert_success
    assert_line "Unacknowledged: nothing is open that nobody has taken on"
    run sv-alert stats -o json
    assert_success
    assert_output ""
    run sv-alert report -d nowhere.db
    assert_failure
    printf 'version: 2\n' >alerts.yaml
    run sv-alert report
    assert_failure 3
}
