#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-index metrics | sv-eval | sv-alert: limits for the store and the fleet, minute by minute, each with what to do about it.

load helper

setup() {
    clean_place
    need jq
    need sqlite3
    export SV_STORE=$PWD/s.db SV_ALERTS=$PWD/alerts.yaml
    # shellcheck disable=SC2154 # of the helper
    thresholds=$top/share/policies/thresholds.yaml
    cat >alerts.yaml <<END
version: 1
receivers: [{name: ops, file: $PWD/told}]
route: {receiver: ops, group_by: [policy], group_wait: 0s, group_interval: 1m}
END
    start=$(date -u -d 2026-11-20T10:00:00Z +%s) 2>/dev/null || skip "this date knows no -d"
    minute=0
}

# A minute goes by: what cron does. METRIC=VALUE...: as if it were so, in place of what it is.
minute() {
    local change=. pair
    for pair; do change+=" | if .name == \"${pair%%=*}\" then .value = ${pair#*=} else . end"; done
    SV_NOW=$(date -u -d "@$((start + 60 * minute))" +%FT%TZ)
    export SV_NOW
    sv-index metrics -o json | jq -c "$change" | sv-eval -r -p "$thresholds" -o json --exit-zero | sv-alert >events
    sv-alert tick >>events
    minute=$((minute + 1))
}

told() { jq -r '.status + " " + .alerts[0].policy' told 2>/dev/null || true; }

@test "each limit is told when it was passed for two minutes, with what to do, and is over when it was kept for five" {
    sv-alert tick # a store
    minute
    for _ in 1 2; do minute queue_depth=1001 context_p95_ms=2001 event_count=1000001 error_rate=0.051 slowest_query_ms=1001; done
    assert_equal "$(told)" "" # for: 2m
    for _ in 1 2; do minute queue_depth=1001 context_p95_ms=2001 event_count=1000001 error_rate=0.051 slowest_query_ms=1001; done
    assert_equal "$(told | sort | paste -sd,)" \
        "firing metric-context-slow,firing metric-error-rate,firing metric-event-count,firing metric-query-slow,firing metric-queue-deep"
    # the runbook is the policy's, and in the text for people
    for policy in context-slow:'sv-index slow' error-rate:'sv-index timeline --type tool.result' event-count:'sv-index stats --by agent' \
        query-slow:'sv-index slow' queue-deep:'sv-index sources'; do
        run jq -r --arg policy "metric-${policy%%:*}" 'select(.alerts[0].policy == $policy) | .alerts[0].runbook, .text' told
        assert_success
        assert_line --index 0 --partial "${policy#*:}"
        assert_output --regexp "$(printf '\n')[^\n]*${policy#*:}"
        assert_equal "$(grep -cF "${policy#*:}" <<<"$output")" 2
    done
    # a number that goes up and down around its limit is one alarm
    minute queue_depth=999
    minute queue_depth=1001
    minute queue_depth=999
    assert_equal "$(told | grep -c queue-deep)" 1
    for _ in 1 2 3 4 5 6 7; do minute; done # keep_firing_for: 5m
    assert_equal "$(told | sort | uniq -c | sed 's/^ *//' | grep resolved | paste -sd,)" \
        "1 resolved metric-context-slow,1 resolved metric-error-rate,1 resolved metric-event-count,1 resolved metric-query-slow,1 resolved metric-queue-deep"
    assert_equal "$(told | wc -l)" 10
}

@test "at its limit nothing is told" {
    sv-alert tick
    for _ in 1 2 3 4 5; do minute queue_depth=1000 context_p95_ms=2000 event_count=1000000 error_rate=0.05 slowest_query_ms=1000; done
    assert_equal "$(told)" ""
}

@test "what really waits is what is told: lines of a log that nobody reads on, and messages" {
    event type=note id=first agent=a >log.ndjson
    SV_NOW=2026-11-20T09:59:00Z sv-eval -rq -p "$thresholds" --exit-zero log.ndjson >/dev/null
    for i in {1..999}; do printf '{"type":"note","id":"n%s","agent":"a","time":"2026-11-20T09:59:00Z"}\n' "$i"; done >>log.ndjson
    SV_NOW=2026-11-20T09:59:30Z sv-team send --to bob --from alice --subject one <<<text >/dev/null
    for _ in 1 2 3 4; do minute; done
    assert_equal "$(told)" "" # 1,000: not more
    SV_NOW=2026-11-20T10:03:30Z sv-team send --to bob --from alice --subject two <<<text >/dev/null
    for _ in 1 2 3 4; do minute; done
    assert_equal "$(told)" "firing metric-queue-deep"
    assert_equal "$(jq -r '.alerts[0].message' told)" "1001 lines of logs and messages wait"
}

@test "that nothing is told any more is told, too" {
    sv-alert tick
    minute
    # nobody runs sv-index metrics: the clock alone says so
    export SV_NOW=2026-11-20T10:11:00Z
    sv-eval -r --tick -p "$thresholds" -o json --exit-zero </dev/null | sv-alert >/dev/null
    assert_equal "$(told)" "firing metrics-missing"
    assert_equal "$(jq -r '.alerts[0].runbook' told | cut -c1-20)" "Look at cron or the "
}
