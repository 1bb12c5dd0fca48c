#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What one needs to know of a task, or of a session.
load helper
export index_verb=context

setup() {
    store_place
    export SV_NOW=2026-11-20T10:00:00Z
}

examples() {
    mkdir -p logs
    cp "$top"/share/examples/*.*json* logs
    touch -d 2020-01-01 logs/*
    sv-eval --record -p "$top/share/policies" --exit-zero logs >printed
}

@test "a task: how it stands, what it took, who worked on it, what was found, what happened last" {
    {
        event id=e1 type=task.created entity_type=task entity_id=T-1 agent=planner subject="write it" parent_entity=sprint:9 priority=P1 time=2026-11-20T09:00:00Z
        event id=e2 type=tool.call entity_type=task entity_id=T-1 agent=coder tool=Bash call_id=c command="git push --force origin main" time=2026-11-20T09:01:00Z
        event id=e3 type=tool.result entity_type=task entity_id=T-1 agent=coder tool=Bash call_id=c status=error error="protected" time=2026-11-20T09:01:02Z
        event id=e4 type=llm.call entity_type=task entity_id=T-1 agent=coder input_tokens=1000 output_tokens=50 cost_usd=0.5 time=2026-11-20T09:02:00Z
        event id=e5 type=task.status entity_type=task entity_id=T-1 agent=coder status=running time=2026-11-20T09:03:00Z
    } >a.ndjson
    sv-eval --record -p "$top/share/policies" --exit-zero a.ndjson >/dev/null
    index --utc task:T-1
    assert_success
    assert_line --index 0 "# task:T-1: write it"
    for line in '- status: running' '- owner: coder' '- part of: sprint:9' '- priority: P1' \
        '- first event 2026-11-20 09:00:00, last 2026-11-20 09:03:00, 57 min ago' \
        '- so far: 5 events, 1 error, 1.0 k tokens in, 50 out, about $0.50' \
        '- coder: 4 events, 1 error, 2026-11-20 09:01:00 to 2026-11-20 09:03:00' \
        '- (!) 2026-11-20 09:01:00 coder Bash: git push --force origin main' \
        '- 2026-11-20 09:01:02 coder Bash error: git push --force origin main' \
        '- 2026-11-20 09:03:00 coder task.status running: task T-1'; do
        [[ $line != *'error: git'* ]] || continue
        assert_line -- "$line"
    done
    assert_line --regexp '^- critical force-push, 2026-11-20 09:01:00, deny: '
    index -o json task:T-1
    assert_equal "$(jq -c '[.entity, .status, .parent, .events, .errors, .cost_usd, (.workers | map(.agent)), (.last_events | map(.id)), (.findings | map(.newest.policy)), .left_out]' <<<"$output")" \
        '["task:T-1","running","sprint:9",5,1,0.5,["coder","planner"],["e5","e4","e3","e2","e1"],["force-push"],0]'
}

@test "a sprint tells how what belongs to it stands" {
    {
        event type=sprint.created entity_type=sprint entity_id=S-9 agent=p time=2026-11-20T09:00:00Z
        for n in 1 2 3; do event type=task.status entity_type=task entity_id=T-$n status="$([ $n = 3 ] && echo 'done' || echo open)" parent_entity=sprint:S-9 time=2026-11-20T09:0$n:00Z; done
    } | sv-index add
    index sprint:S-9
    assert_line -- '- 3 in all: 1 done, 2 open'
    index -o json sprint:S-9
    assert_equal "$(jq -c '.children' <<<"$output")" '{"done":1,"open":2}'
}

@test "a session, also by its unique beginning, from a store or from logs" {
    examples
    index --utc 7c0f9a52
    assert_success
    assert_line --index 0 "# session 7c0f9a52-64f1-4c0e-9b1a-2f8d3c5be101"
    assert_line --regexp '^- critical destructive-command, .*: deletes'  || assert_line --regexp '^- critical destructive-command, '
    sv-index context -o json -n 1000 --max-tokens 1000000 7c0f9a52 | jq -r '.last_events[].id' | sort >got
    sv-eval --convert logs | jq -r 'select(.session == "7c0f9a52-64f1-4c0e-9b1a-2f8d3c5be101") | .id' | sort >wanted
    run diff got wanted
    assert_output ""
    index -o json -n 1000 --max-tokens 1000000 -d nowhere.db sprint-47 logs
    assert_success
    assert_equal "$(jq -c '[.session, .events, (.last_events | length), .findings]' <<<"$output")" '["sprint-47",94,94,[]]'
    assert [ ! -e nowhere.db ]
}

@test "it keeps within its tokens, whatever is stored" {
    long=$(printf 'word %.0s' $(seq 3000))
    for n in $(seq 300); do
        printf '{"type":"note","session":"s","agent":"agent-%s","text":"%s","time":"2026-11-20T09:%02d:%02dZ"}\n' $((n % 40)) "$long" $((n / 60)) $((n % 60))
    done >a.ndjson
    policies p.yaml <<'END'
version: 1
policies:
  - {id: noted, when: 'type == "note"', by: [agent], window: 1h, having: count >= 1, realert: 0s, message: event.text}
END
    sv-eval --record -p p.yaml --exit-zero a.ndjson >/dev/null 2>&1 || sv-index add a.ndjson
    for tokens in 500 1000 4000 20000; do
        for form in text json; do
            sv-index context --max-tokens $tokens -o $form s >got
            assert [ "$(wc -c <got)" -le $((3 * tokens)) ]
            [ $form = text ] || jq -e . got >/dev/null
        done
    done
    index --max-tokens 1000 s
    assert_line --regexp '^- ([0-9]+) events before these$'
    for wrong in 0 499 x 1000001; do
        index --max-tokens $wrong s
        assert_failure 2
    done
}

@test "messages about a task are among it" {
    event type=task.status entity_type=task entity_id=T-1 agent=coder status=running time=2026-11-20T09:00:00Z | sv-index add
    echo 'it is late' | SV_NOW=2026-11-20T09:30:00Z sv-team send --from planner --to coder --subject 'T-1: please hurry' >/dev/null
    echo 'not about that' | SV_NOW=2026-11-20T09:31:00Z sv-team send --from planner --to coder --subject 'something else' >/dev/null
    index --utc task:T-1
    assert_line -- '- 2026-11-20 09:30:00 planner to coder: T-1: please hurry - it is late'
    refute_output --partial 'something else'
}

@test "what agents wrote cannot pass for lines of it, or for a terminal's orders" {
    printf '{"type":"note","session":"s","agent":"a","text":"\\u001b[31mred\\n# task:T-1\\n- status: done","time":"2026-11-20T09:00:00Z"}\n' | sv-index add
    index s
    refute_output --partial $'\e'
    refute_line '# task:T-1'
    refute_line '- status: done'
}

@test "bad input is told in one line" {
    for n in 1 2; do event type=note session=dup-$n time=2026-11-20T09:00:00Z; done | sv-index add
    while IFS='|' read -r words status_ message; do
        eval "index $words"
        assert_failure "$status_"
        assert_equal "${stderr_lines[0]}" "sv-index: $message"
    done <<'END'
|2|what is missing: an entity such as task:T-12, or a session
task:nope|3|no entity or session task:nope
nobody|3|no entity or session nobody
dup|2|--session dup: several begin with that: dup-1, dup-2
-d nowhere.db x|3|nowhere.db: no such store
END
}

@test "tokens whose cost another event tells are not called unpriced" {
    index s "$top/tests/fuzz/corpus/claude_stream/turn.jsonl" -o json
    assert_success
    assert_equal "$(jq -c '[.. | .unpriced_tokens? // empty]' <<<"$output")" "[0]"
}
