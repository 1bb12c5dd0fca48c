#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# How every task and sprint stands.
load helper
export index_verb=entities

setup() {
    store_place
    export SV_NOW=2026-11-20T12:00:00Z
}

# at TIME TYPE ID MEMBERS: an event about a task, as a line.
at() {
    printf '{"time":"2026-11-20T%sZ","type":"%s","entity_type":"task","entity_id":"%s","agent":"%s"%s}\n' "$1" "$2" "$3" "$4" "${5:+,$5}"
}

@test "an entity is what its events told of it, the newest of its own kind last" {
    {
        at 10:00:00 task.created T-1 planner '"subject":"the first","priority":"P2","parent_entity":"sprint:47"'
        at 10:00:05 tool.call T-1 coder '"status":"ok","cost_usd":0.25'
        at 10:00:06 tool.result T-1 coder '"status":"error"'
        at 10:00:10 task.status T-1 coder '"status":"running"'
        at 10:00:20 llm.call T-1 coder '"input_tokens":100,"output_tokens":10,"cost_usd":0.5'
        at 10:00:21 llm.call T-1 coder '"input_tokens":7,"output_tokens":1'
        at 10:00:30 task.assigned T-1 planner '"owner":"reviewer","subject":"the first, renamed"'
    } | sv-index add
    index task:T-1
    assert_success
    assert_equal "$output" '{"entity":"task:T-1","status":"running","owner":"reviewer","parent":"sprint:47","events":7,"errors":1,"cost_usd":0.75,"age_ms":7200000.0,"updated":"2026-11-20T10:00:30Z","subject":"the first, renamed","entity_type":"task","entity_id":"T-1","phase":"assigned","priority":"P2","created":"2026-11-20T10:00:00Z","input_tokens":107,"output_tokens":11,"unpriced_tokens":8}'
}

@test "what comes late only fills what nothing was known of" {
    at 10:00:10 task.status T-1 coder '"status":"done"' | sv-index add
    at 10:00:05 task.status T-1 other '"status":"running","subject":"told late"' | sv-index add
    at 11:00:00 note T-1 third '"status":"odd"' | sv-index add
    index task:T-1 --fields status,owner,subject,events,created,updated
    assert_equal "$output" '{"status":"done","owner":"coder","subject":"told late","events":3,"created":"2026-11-20T10:00:05Z","updated":"2026-11-20T11:00:00Z"}'
}

@test "whatever way events come in, and however the batches are cut, the state is the same" {
    for n in $(seq 400); do
        at "10:$(printf '%02d:%02d' $((n / 60)) $((n % 60)))" task.status T-$((n % 7)) a$((n % 3)) "\"status\":\"s$((n % 11))\",\"id\":\"e$n\",\"cost_usd\":0.5"
    done >all.ndjson
    sv-index add all.ndjson
    fields=entity,status,owner,events,cost_usd,created,updated
    sv-index entities --fields $fields >whole
    split -l 37 all.ndjson part.
    for part in part.*; do sv-index add -d parts.db $part; done
    run diff whole <(sv-index entities -d parts.db --fields $fields)
    assert_output ""
    sv-eval --convert all.ndjson | jq -rs 'group_by(.entity_id) | map(sort_by(.time) | "\(.[0].entity_id) \(length) \(.[-1].status) \(.[-1].agent)") | .[]' | sort >wanted
    run diff wanted <(jq -r '"\(.entity | split(":")[1]) \(.events) \(.status) \(.owner)"' whole | sort)
    assert_output ""
}

@test "a sprint's thousand tasks" {
    for n in $(seq 1000); do
        at "10:$(printf '%02d:%02d' $((n / 60)) $((n % 60)))" task.status T-$n a "\"status\":\"$([ $((n % 10)) = 0 ] && echo 'done' || echo open)\",\"parent_entity\":\"sprint:47\""
    done | sv-index add
    at 10:00:00 task.status other a '"status":"done","parent_entity":"sprint:48"' | sv-index add
    index --parent sprint:47 -n 1000
    assert_equal "${#lines[@]}" 1000
    assert_equal "$stderr" ""
    index --parent sprint:47 --status 'd*' -n 1000
    assert_equal "${#lines[@]}" 100
    cursor=() && : >all
    while true; do
        sv-index entities task --parent sprint:47 -n 130 "${cursor[@]}" 2>rest | jq -r .entity >>all
        [ -s rest ] || break
        cursor=(--before "$(sed 's/.*--before //' rest)")
    done
    assert_equal "$(wc -l <all) $(sort -u all | wc -l)" "1000 1000"
}

@test "filters: type, status, who has it, when it changed" {
    {
        at 10:00:00 task.status T-1 a '"status":"open"'
        at 11:00:00 task.status T-2 b '"status":"done"'
        printf '{"time":"2026-11-20T10:30:00Z","type":"sprint.created","entity_type":"sprint","entity_id":"47","agent":"a"}\n'
    } | sv-index add
    names() { sv-index entities --fields entity "$@" | jq -r .entity | paste -sd' '; }
    assert_equal "$(names)" "task:T-2 sprint:47 task:T-1"
    assert_equal "$(names task)" "task:T-2 task:T-1"
    assert_equal "$(names task sprint)" "task:T-2 sprint:47 task:T-1"
    assert_equal "$(names --status created)" sprint:47
    assert_equal "$(names --status 'done' --status open)" "task:T-2 task:T-1"
    assert_equal "$(names --agent b)" task:T-2
    assert_equal "$(names -S 2026-11-20T10:15:00Z -U 2026-11-20T10:45:00Z)" sprint:47
    assert_equal "$(names sprint:47 task:T-1)" "sprint:47 task:T-1"
    assert_equal "$(names nothing)" ""
}

@test "emit tells of one; a retry does not count twice" {
    for _ in 1 2; do sv-index emit --type task.status --entity task:T-1 --status 'done' --agent ci --parent sprint:47 --id k1; done
    index --parent sprint:47
    assert_equal "$(jq -c '[.entity, .status, .owner, .events]' <<<"$output")" '["task:T-1","done","ci",1]'
    secret=AKIA$(printf 'Q%.0s' $(seq 16))
    sv-index emit --type task.status --entity task:T-2 --status "$secret" --set subject="$secret"
    index task:T-2
    refute_output --partial "$secret"
}

@test "what is sampled out still tells how a task stands" {
    for n in $(seq 60); do at "10:00:$(printf %02d $((n % 60)))" task.status T-1 a "\"status\":\"s$n\",\"id\":\"x$n\""; done | sv-index add --sample 'task.*=0.1'
    index task:T-1 --fields status,events
    assert_equal "$output" '{"status":"s59","events":60}'
}

@test "bad input is told in one line" {
    at 10:00:00 task.status T-1 a '"status":"open"' | sv-index add
    while IFS='|' read -r words status_ message; do
        eval "index $words"
        assert_failure "$status_"
        assert_equal "${stderr_lines[0]}" "sv-index: $message"
    done <<'END'
task:nope|3|no entity task:nope
task:T-1 sprint|2|sprint: TYPE:ID is expected, such as task:T-12, like the others
--parent 47|2|--parent 47: TYPE:ID is expected, such as sprint:47
--before x|2|--before x: give what an earlier list named for this
-d nowhere.db|3|nowhere.db: no such store
END
}
