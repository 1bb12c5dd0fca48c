#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What was used, added up.
load helper
export index_verb=stats

setup() {
    store_place
}

examples() {
    mkdir -p logs
    cp "$top"/share/examples/*.*json* logs
    touch -d 2020-01-01 logs/*
    export SV_NOW=2026-11-20T10:00:00Z
    sv-eval --convert logs >converted
}

# What stats should say by the keys that this jq program makes of an event, as "keys events errors in out cost".
sums() {
    jq -rs "map(. + {k: ($1)}) | group_by(.k) | map([.[0].k, length,
        (map(select(.type == \"error\" or .status == \"error\")) | length), (map(.input_tokens // 0) | add), (map(.output_tokens // 0) | add),
        (map(.cost_usd // 0) | add * 1e9 | round)] | join(\" \")) | .[]" converted | sort
}

told() {
    jq -r "[($1), .events, .errors, .input_tokens, .output_tokens, (.cost_usd * 1e9 | round)] | join(\" \")" | sort
}

@test "by any key, the sums of the events: of a store, and of logs that nothing is kept of" {
    examples
    sv-index add logs
    while IFS='|' read -r by key column; do
        for from in "" logs; do
            sv-index stats --utc -n 1000 --by $by $from >got
            run diff <(told "$column" <got) <(sums "$key")
            assert_output ""
        done
    done <<'END'
type|.type|.type
agent|.agent // ""|.agent // ""
model|.model // ""|.model // ""
tool|.tool // ""|.tool // ""
status|.status // ""|.status // ""
day|(.time // "2026-11-20")[0:10]|.day
month|(.time // "2026-11-20")[0:7]|.month
hour|(.time // "2026-11-20T10")[0:13] \| sub("T"; " ")|.hour
day,agent|(.time // "2026-11-20")[0:10] + (.agent // "")|.day + (.agent // "")
agent,type,tool|(.agent // "") + .type + (.tool // "")|(.agent // "") + .type + (.tool // "")
END
}

@test "filters, and what lies outside of the time asked for" {
    examples
    sv-index add logs
    events() { sv-index stats --utc --by type --fields events "$@" | jq -s 'map(.events) | add'; }
    assert_equal "$(events --agent 'coder-*')" "$(jq -s 'map(select(.agent // "" | startswith("coder-"))) | length' converted)"
    assert_equal "$(events --type 'tool.*' --tool Bash)" "$(jq -s 'map(select(.tool == "Bash" and (.type | startswith("tool.")))) | length' converted)"
    assert_equal "$(events --model 'claude-opus*')" "$(jq -s 'map(select(.model // "" | startswith("claude-opus"))) | length' converted)"
    assert_equal "$(events -S 2026-11-18T07:00:00Z -U 2026-11-18T08:00:00Z)" "$(jq -s 'map(select(.time[0:13] == "2026-11-18T07")) | length' converted)"
    # of a store to the hour, of logs exactly
    assert_equal "$(events -S 2026-11-18T07:01:00Z -U 2026-11-18T07:02:00Z)" "$(jq -s 'map(select(.time[0:13] == "2026-11-18T07")) | length' converted)"
    assert_equal "$(events -S 2026-11-18T07:01:00Z -U 2026-11-18T07:02:00Z logs)" "$(jq -s 'map(select(.time[0:16] == "2026-11-18T07:01")) | length' converted)"
    index --agent nobody
    assert_success
    assert_output ""
}

@test "days, weeks and months are those of the clock here" {
    export SV_NOW=2026-12-02T10:00:00Z
    for t in 2026-11-29T23:30:00Z 2026-11-30T00:30:00Z 2026-11-30T12:30:00Z 2026-12-01T00:30:00Z; do event type=x.y time=$t; done >a.ndjson
    days() { sv-index stats --by "$1" "${@:2}" a.ndjson | jq -r "\"\(.$1) \(.events)\"" | paste -sd' '; }
    assert_equal "$(TZ=UTC days day)" "2026-11-29 1 2026-11-30 2 2026-12-01 1"
    assert_equal "$(TZ=Europe/Berlin days day)" "2026-11-30 3 2026-12-01 1"
    assert_equal "$(TZ=America/New_York days day)" "2026-11-29 2 2026-11-30 2"
    assert_equal "$(TZ=America/New_York days day --utc)" "2026-11-29 1 2026-11-30 2 2026-12-01 1"
    assert_equal "$(TZ=UTC days week)" "2026-11-23 1 2026-11-30 3"
    assert_equal "$(TZ=America/New_York days month)" "2026-11 4"
    assert_equal "$(TZ=UTC days hour)" "2026-11-29 23 1 2026-11-30 00 1 2026-11-30 12 1 2026-12-01 00 1"
}

@test "percentiles of durations, and what has no price is named" {
    for n in $(seq 100); do echo "{\"type\":\"tool.result\",\"agent\":\"a\",\"duration_ms\":$n,\"time\":\"2026-11-20T10:00:00Z\"}"; done >a.ndjson
    echo '{"type":"llm.call","agent":"a","model":"home-made","input_tokens":1000,"output_tokens":10,"time":"2026-11-20T10:00:00Z"}' >>a.ndjson
    index --by agent --fields agent,p50_ms,p95_ms,p99_ms,unpriced_tokens a.ndjson
    assert_equal "$(jq -c '[(.p50_ms | round), (.p95_ms | round), (.p99_ms | round), .unpriced_tokens]' <<<"$output")" "[50,95,99,1010]"
    index -o text a.ndjson
    assert_line --regexp '^101 events, 1,000 tokens in, 10 out, about \$0\.00; without a price: home-made 1,010 tokens$'
    index --by type --fields type,p50_ms a.ndjson
    assert_equal "$(jq -c 'select(.type == "llm.call").p50_ms' <<<"$output")" null
}

@test "the table: newest days last, the rest by what it costs; a trend" {
    examples
    COLUMNS=200 index --by agent -o text --utc logs
    assert_line --index 0 --regexp '^AGENT +EVENTS +ERRORS +RATE +INPUT +OUTPUT +C.READ +C.WRITE +COST +UNPRICED +P50 +P95 +P99 +TREND$'
    assert_line --index 1 --regexp '^claude:shop +[0-9]+ .* \$9\.[0-9]+ .*[▁▂▃▄▅▆▇█]'
    index --by day -n 2 --fields day --utc logs
    assert_equal "$(jq -r .day <<<"$output" | paste -sd' ')" "2026-11-18 2026-11-20"
    assert_equal "$stderr" "sv-index: 2 more; go on with -n 4"
    index --by model,day -o csv --fields model,day,cost_usd -n 1 logs
    assert_equal "${lines[1]}" $'claude-opus-4-1-20250805,2026-11-16,8.3261025\r'
}

@test "logs leave nothing behind: no store is made, none is asked" {
    examples
    index --by day logs
    assert_success
    assert [ ! -e s.db ]
    printf '{"type":"x.y"}\n{"type":\n' >broken.ndjson
    index broken.ndjson
    assert_success
    assert_regex "$stderr" '^sv-index: broken.ndjson:2:[0-9]+: record rejected: '
    index nowhere.ndjson
    assert [ "$status" -ge 3 ]
    printf '{"type":"x.y"}\n' | sv-index stats --fields events - >got
    assert_equal "$(cat got)" '{"events":1}'
}

@test "timeline takes logs, too" {
    examples
    run diff <(sv-index timeline -n 1000 -U 2026-11-20 logs | jq -c . | sort) <(jq -c 'select(.time)' converted | sort)
    assert_output ""
    assert [ ! -e s.db ]
    run --separate-stderr sv-index timeline -f logs
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: -f follows a store; sv-eval -f follows logs"
}

@test "--growth: tables, the file, and where that leads" {
    export SV_NOW=2026-11-20T10:00:00Z
    index --growth
    assert_failure 3
    for n in $(seq 2000); do echo "{\"type\":\"x.y\",\"id\":\"e$n\",\"time\":\"2026-11-$((13 + n % 7))T1$((n % 10)):00:00Z\"}"; done | sv-index add
    index --growth
    assert_success
    assert_equal "$(jq -c 'select(.what == "events") | [.rows, .bytes > 0, .rows_per_day > 250, .rows_per_day < 400]' <<<"$output")" "[2000,true,true,true]"
    assert_equal "$(jq -c 'select(.what == "the whole file") | [.bytes_in_30_days > .bytes, .bytes_in_365_days > .bytes_in_30_days, .full_in_days > 0]' <<<"$output")" "[true,true,true]"
    index --growth --fields what,rows -o csv
    assert_line $'events,2000\r'
    index --growth logs
    assert_failure 2
    index --fields events --growth
    assert_failure 2
}

@test "bad input is told in one line" {
    while IFS='|' read -r words status_ message; do
        eval "index $words"
        assert_failure "$status_"
        assert_equal "${stderr_lines[0]}" "sv-index: $message"
    done <<'END'
--by dya|2|--by: no key "dya" (hour, day, week, month, type, agent, team, model, tool, status)
--by day,day|2|--by: "day" stands there twice
--by ''|2|--by: no key "" (hour, day, week, month, type, agent, team, model, tool, status)
-S 2026-11-20 -U 2026-11-19|2|the time asked for ends (-U) before it begins (-S)
-d nowhere.db|3|nowhere.db: no such store
END
}

@test "a cost that is told for the whole turn prices its tokens" {
    index "$top/tests/fuzz/corpus/claude_stream/turn.jsonl" -o csv --fields input_tokens,output_tokens,cost_usd,unpriced_tokens
    assert_success
    assert_equal "${output//$'\r'/}" $'input_tokens,output_tokens,cost_usd,unpriced_tokens\n4,9,0.5,0'
    index "$top/tests/fuzz/corpus/claude_stream/turn.jsonl" -o text
    assert_success
    assert_line "6 events, 4 tokens in, 9 out, about \$0.50"
}

@test "an event that is ahead of the clock has its place in the table, and in its line" {
    export SV_NOW=2026-11-30T22:40:00Z
    for i in 0 1 2 3; do event time="2026-11-30T2$i:30:00Z" type=note agent=a; done >log.ndjson # the last is 50 minutes ahead
    for from in log.ndjson ""; do
        COLUMNS=120 TZ=UTC index --by agent -o text $from
        assert_success
        assert_line --regexp '^a +4 '
        assert_line --partial "4 events"
        [ -n "$from" ] && sv-index add log.ndjson
    done
    TZ=UTC index --by hour -o csv --fields hour,events
    assert_line --partial "2026-11-30 23,1"
}
