#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The fleet and the store in numbers.
load helper

setup() {
    store_place
    export SV_NOW=2026-11-20T10:00:30Z
    policy 'when: type == "x.bad"'
}

need_promtool() { # from Debian's prometheus, which starts a server where it is installed: so it is not asked for
    promtool=$(command -v promtool) || skip "promtool is not installed (Debian's package prometheus)"
}

work() { # some of everything
    for i in 1 2 3; do
        event type=x.good id=g$i agent=a
        event type=x.bad id=b$i agent=a status=error
    done >log.ndjson
    event type=llm.call id=l agent=a model=m-1 input_tokens=1000 output_tokens=200 cost_usd=0.25 >>log.ndjson
    echo '{"no json' >>log.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero --slow-ms 0 log.ndjson >/dev/null 2>&1
}

sample() { # sample NAME{LABELS}: its value
    sv-index metrics | awk -v name="$1" '$1 == name { print $2 }'
}

@test "counters are what was counted" {
    work
    assert_equal "$(sample 'sv_events_total{type="x.good"}')" 3
    assert_equal "$(sample 'sv_event_errors_total{type="x.bad"}')" 3
    assert_equal "$(sample 'sv_evaluations_total{policy="test",outcome="violation"}')" 3
    assert_equal "$(sample 'sv_tokens_total{model="m-1",kind="input"}')" 1000
    assert_equal "$(sample 'sv_tokens_total{model="m-1",kind="output"}')" 200
    assert_equal "$(sample 'sv_cost_usd_total{model="m-1"}')" 0.25
    assert_equal "$(sample 'sv_records_total{state="used"}')" 7
    assert_equal "$(sample 'sv_records_total{state="rejected"}')" 1
    assert_equal "$(sample 'sv_store_rows{table="events"}')" 7
    assert_equal "$(sample 'sv_store_rows{table="supervisor_policy_evaluations"}')" 3
    assert_equal "$(sample 'sv_last_run_timestamp_seconds{program="sv-eval"}')" 1795168830
    assert_equal "$(sample sv_input_gaps_total)" 0
    assert_equal "$(sample 'sv_query_duration_seconds_count{program="sv-eval",query="event_add",status="ok"}')" 7
    assert_equal "$(sample 'sv_query_duration_seconds_bucket{program="sv-eval",query="event_add",status="ok",le="+Inf"}')" 7
    assert_equal "$(sample 'sv_slow_queries_total{program="sv-eval",query="event_add"}')" 7
    assert_equal "$(sample 'sv_store_bytes{file="store"}')" "$(sqlite3 -readonly s.db 'SELECT page_count * page_size FROM pragma_page_count, pragma_page_size')"
    # again, nothing new; then more
    sv-eval -rq --record -p "$policy" --exit-zero log.ndjson >/dev/null 2>&1
    assert_equal "$(sample 'sv_records_total{state="used"}')" 7
    event type=x.good id=g9 agent=a >>log.ndjson
    assert_equal "$(sample sv_input_waiting_files)" 1
    assert_equal "$(sample sv_input_lag_bytes)" "$(tail -n 1 log.ndjson | wc -c)"
    sv-eval -rq --record -p "$policy" --exit-zero log.ndjson >/dev/null 2>&1
    assert_equal "$(sample 'sv_events_total{type="x.good"}')" 4
    assert_equal "$(sample sv_input_waiting_files)" 0
    # a plain run counts rows, and no event a second time
    sv-eval -q -p "$policy" --exit-zero log.ndjson >/dev/null 2>&1
    assert_equal "$(sample 'sv_events_total{type="x.good"}')" 4
    assert_equal "$(sample 'sv_store_rows{table="supervisor_policy_evaluations"}')" 3
}

@test "as events: of the last minutes, for policies" {
    work
    index metrics -o json
    assert_success
    value() { jq -r --arg name "$1" 'select(.name == $name) | .value' <<<"$output"; }
    assert_equal "$(value event_count) $(value violation_count) $(value rejected_count)" "7 3 1"
    assert_equal "$(value error_rate | cut -c1-6)" 0.4285
    assert_equal "$(value tokens) $(value cost_usd) $(value queue_depth ) $(value context_p95_ms)" "1200 0.25 0 0"
    assert [ "$(jq -r 'select(.name == "slowest_query_ms") | .value > 0' <<<"$output")" = true ]
    assert_equal "$(jq -rs 'all(.type == "metric" and .time == "2026-11-20T10:00:30Z")' <<<"$output")" true
    assert_equal "$(jq -r 'select(.name == "event_count") | .labels.window' <<<"$output")" 5m
    SV_NOW=2026-11-20T10:04:59Z index metrics -o json
    assert_equal "$(value event_count)" 7
    SV_NOW=2026-11-20T10:05:01Z index metrics -o json
    assert_equal "$(value event_count) $(value error_rate) $(value slowest_query_ms)" "0 0 0"
    SV_NOW=2026-11-20T11:59:00Z index metrics -o json --window 2h
    assert_equal "$(value event_count) $(jq -r 'select(.name == "event_count") | .labels.window' <<<"$output")" "7 2h"
    # metrics that are judged are counted among events, but do not change what they tell of
    sv-index metrics -o json | sv-eval -rq -p "$policy" --exit-zero
    assert_equal "$(sample 'sv_events_total{type="metric"}')" "$(sv-index metrics -o json | wc -l)"
    assert_equal "$(sv-index metrics -o json | jq -r 'select(.name == "event_count") | .value')" 7
    policies limits.yaml <<'EOF'
version: 1
policies:
  - id: too-many-errors
    when: type == "metric" && event.name == "error_rate" && event.value > 0.4
EOF
    run --separate-stderr bash -c "sv-index metrics -o json | sv-eval -N -p limits.yaml"
    assert_failure 1
    assert_equal "$(jq -r .policy <<<"$output")" too-many-errors
}

@test "a file for node_exporter: all may read it, and it is never seen half written" {
    work
    umask 077
    index metrics --output-file sv.prom
    assert_success
    assert_output ""
    assert_equal "$(stat -c %a sv.prom)" 644
    sv-index metrics | grep -v '^sv_' >heads
    run diff heads <(grep -v '^sv_' sv.prom)
    assert_success
    inode=$(stat -c %i sv.prom)
    index metrics --output-file sv.prom
    assert [ "$(stat -c %i sv.prom)" != "$inode" ]
    assert [ ! -e sv.prom.part ]
    for i in $(seq 700); do echo "{\"type\":\"a.type.of.an.event.with.a.long.name.$i\",\"id\":\"t$i\"}"; done >more.ndjson
    sv-eval -rq -p "$policy" --exit-zero more.ndjson >/dev/null
    before=$(cksum <sv.prom)
    (ulimit -f 40 && exec sv-index metrics --output-file sv.prom 2>err) && false
    assert_equal "$(cat err)" "sv-index: sv.prom: cannot be written: File too large"
    assert_equal "$(cksum <sv.prom)" "$before"
    assert [ ! -e sv.prom.part ]
    index metrics --output-file none/sv.prom
    assert_failure 4
    assert_equal "$stderr" "sv-index: none/sv.prom: cannot be written: No such file or directory"
}

@test "what input chooses cannot break the format, nor make it endless" {
    policy 'when: type.startsWith("x")'
    printf '{"type":"x\\"y\\\\z\\nw","id":"1"}\n' >log.ndjson
    sv-eval -rq -p "$policy" --exit-zero log.ndjson >/dev/null
    for i in $(seq 700); do echo "{\"type\":\"t.$i\",\"id\":\"t$i\"}"; done >>log.ndjson
    sv-eval -rq -p "$policy" --exit-zero log.ndjson >/dev/null
    index metrics
    assert_success
    assert_line 'sv_events_total{type="x\"y\\z\nw"} 1'
    assert_line 'sv_events_total{type="(others)"} 201'
    assert_equal "$(grep -c '^sv_events_total{' <<<"$output")" 501
    need_promtool
    run "$promtool" check metrics <<<"$output"
    assert_success
    assert_output ""
}

@test "promtool finds nothing to say: about metrics, rules, queries of the dashboard" {
    need_promtool
    work
    sv-index metrics >out
    run "$promtool" check metrics <out
    assert_success
    assert_output ""
    run "$promtool" check rules "$top/share/prometheus/sv-tools.rules.yml"
    assert_success
    { echo 'groups: [{name: dashboard, rules: [' && jq -r '.panels[].targets[]?.expr' "$top/share/grafana/sv-tools.json" |
        sed 's/\$instance/.*/' | jq -R '{record: "a", expr: .}' -c | sed 's/$/,/' && echo ']}]'; } >dashboard.yml
    run "$promtool" check rules dashboard.yml
    refute_output --partial 'could not parse'
    refute_output --partial 'parse error'
}

# Each name that rules and dashboard use is one that is printed, and its labels are those that it has.
@test "rules and dashboard ask for what there is" {
    work
    sv-index metrics >out
    awk '$1 == "#" && $2 == "TYPE" { print $3; if ($4 == "histogram") { print $3 "_bucket"; print $3 "_sum"; print $3 "_count" } }' out | sort >names
    { jq -r '.. | .expr? // empty, (.query?.query? // empty)' "$top/share/grafana/sv-tools.json" && grep -E '^ +expr:' "$top/share/prometheus/sv-tools.rules.yml"; } >asked
    grep -oE '\bsv_[a-z_]+' asked | sort -u >wanted
    assert [ "$(wc -l <wanted)" -gt 15 ]
    run comm -13 names wanted
    assert_output ""
    jq -e '.panels | map(select(.targets)) | length > 15 and all(.targets | length > 0)' "$top/share/grafana/sv-tools.json" >/dev/null
    # a name that is told and shown nowhere is no use to who looks at the dashboard
    run comm -23 <(sed -E 's/_(bucket|sum|count)$//' names | sort -u) <(sed -E 's/_(bucket|sum|count)$//' wanted | sort -u)
    assert_output ""
}

@test "rows are those that there are, also where others between them are gone" {
    work
    need sqlite3
    event type=x.bad id=old agent=a time=2026-01-02T00:00:00Z >old.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero old.ndjson >/dev/null
    event type=x.bad id=last agent=a >last.ndjson
    sv-eval -rq --record -p "$policy" --exit-zero last.ndjson >/dev/null
    assert_equal "$(sample 'sv_store_rows{table="events"}')" 9
    sv-index archive --apply >/dev/null
    for table in events supervisor_policy_evaluations; do
        assert_equal "$(sample "sv_store_rows{table=\"$table\"}")" "$(rows s.db "SELECT count(*) FROM $table")"
        [ "$(rows s.db "SELECT count(*) < max(id) FROM $table")" = 1 ] || fail "there is no hole"
    done
}

@test "messages: how many wait, how old the oldest is, what became of them" {
    for i in 1 2 3; do sv-team send --to bob --from alice --subject "n$i" <<<text >/dev/null; done
    assert_equal "$(SV_NOW=2026-11-20T10:01:30Z sample sv_messages_oldest_seconds)" 60
    assert_equal "$(sample sv_messages_waiting)" 3
    assert_equal "$(sample 'sv_messages_total{state="queued"}')" 3
    assert_equal "$(sv-index metrics -o json | jq -r 'select(.name == "waiting_messages") | .value')" 3
}

@test "the depth of the queue is complete lines behind the positions, and messages that wait" {
    depth() { sv-index metrics -o json | jq -r 'select(.name == "queue_depth") | .value'; }
    work
    assert_equal "$(depth)" 0
    for i in 1 2; do event type=x.good id=q$i agent=a >>log.ndjson; done
    printf '{"type":' >>log.ndjson # not complete
    event type=x.good id=new agent=a >other.ndjson # no run has seen it
    assert_equal "$(depth) $(sample sv_input_waiting_lines)" "2 2"
    for i in 1 2 3; do sv-team send --to bob --from alice --subject "n$i" <<<text >/dev/null; done
    assert_equal "$(depth) $(sample sv_input_waiting_lines)" "5 2"
    sv-eval -rq --record -p "$policy" --exit-zero log.ndjson >/dev/null 2>&1
    assert_equal "$(depth)" 3
    : >log.ndjson # cut: it is read from its start
    for i in 1 2 3 4; do event type=x.good id=r$i agent=a >>log.ndjson; done
    assert_equal "$(sample sv_input_waiting_lines)" 4
}

@test "wrong words are told" {
    index metrics -d none.db
    assert_failure 3
    assert_equal "$stderr" "sv-index: none.db: no such store"
    work
    for window in 30s 8d 90s x 0; do
        index metrics --window $window
        assert_failure 2
        assert_equal "${stderr_lines[0]}" "sv-index: --window $window: whole minutes are expected, from 1m to 7d"
    done
    index metrics -o csv
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: -o csv: unknown form (prom, json)"
}
