#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# All there is about one event, or one evaluation.
load helper
export index_verb=show

setup() {
    store_place
}

examples() {
    mkdir -p logs
    cp "$top"/share/examples/*.*json* logs
    touch -d 2020-01-01 logs/*
    sv-eval --record -p "$top/share/policies" --exit-zero logs >printed
    sv-eval --convert logs >converted
}

@test "an event with its call, its result and what was found there" {
    examples
    index e0088
    assert_success
    assert_equal "$(jq -c keys <<<"$output")" '["evaluations","event","result"]'
    assert_equal "$(jq -c .event <<<"$output")" "$(jq -c 'select(.id == "e0088")' converted)"
    assert_equal "$(jq -r '[.result.id, .result.status, .evaluations[0].policy] | join(" ")' <<<"$output")" "e0089 error force-push"
    index e0089
    assert_equal "$(jq -r .call.id <<<"$output")" e0088
    {
        event type=tool.call id=c session=s call_id=k tool=Bash time=2026-11-20T10:00:00Z
        event type=decision id=d session=s call_id=k decision=deny time=2026-11-20T10:00:01Z
        event type=decision id=other session=t call_id=k decision=allow time=2026-11-20T10:00:01Z
    } | sv-index add
    index c
    assert_equal "$(jq -c '[.event.id, .result, .decision.id, .evaluations]' <<<"$output")" '["c",null,"d",[]]'
}

@test "every event is found by its id, whole and shortened, whatever kind of id it has" {
    examples
    mapfile -t ids < <(jq -r .id converted | shuf -n 40 --random-source=converted)
    assert_equal "${#ids[@]}" 40
    for id in "${ids[@]}"; do
        index "$id"
        assert_success
        assert_equal "$(jq -r .event.id <<<"$output")" "$id"
    done
    origin=$(sv-index timeline --type note --agent 'codex:*' -n 1 2>/dev/null | jq -r .id)
    index "${origin:0:5}:${origin#*:}"
    assert_equal "$(jq -r .event.id <<<"$output")" "$origin"
    index 8823eda6-3d0a-4a95-85af-57664a2a7cb9
    assert_equal "$(jq -r .event.id <<<"$output" | sort | paste -sd' ')" "8823eda6-3d0a-4a95-85af-57664a2a7cb9.0 8823eda6-3d0a-4a95-85af-57664a2a7cb9.u"
    index 8823eda6-3d0a-4a95-85af-57664a2a7cb9.u
    assert_equal "$(jq -r .event.type <<<"$output")" llm.call
    index e008
    assert_failure 2
    assert_regex "${stderr_lines[0]}" '^sv-index: e008: several begin with that: e008[0-9], e008[0-9], \.\.\.$'
}

@test "an id is found among ids that begin and end alike, in any hour" {
    for n in $(seq 1 300); do
        printf '{"type":"x.y","id":"prefix-that-all-have-%s","time":"2026-%02d-%02dT%02d:00:00Z"}\n' "$n" $((n % 12 + 1)) $((n % 28 + 1)) $((n % 24))
    done | sv-index add
    for n in 1 77 300; do
        index "prefix-that-all-have-$n"
        assert_equal "$(jq -r .event.id <<<"$output")" "prefix-that-all-have-$n"
    done
    sv-index emit --type x.y --id short
    printf '{"type":"x.y","id":"\xc3\xa4\xc3\xb6\xc3\xbc-\xe2\x82\xac-eine-lange-id","time":"2026-11-20T10:00:00Z"}\n' | sv-index add
    for id in short $'\xc3\xa4\xc3\xb6\xc3\xbc-\xe2\x82\xac-eine-lange-id' $'\xc3\xa4\xc3\xb6'; do
        index "$id"
        assert_success
    done
}

@test "an evaluation with its values, its event, and the policy as it was when it decided" {
    policy 'when: type == "x.y"' 'title: the first'
    echo '{"type":"x.y","id":"e1","time":"2026-11-20T10:00:00Z"}' >a.ndjson
    sv-eval --record -p "$policy" --exit-zero a.ndjson >/dev/null
    policy 'when: type == "x.y" && true' 'title: the second'
    sv-eval -p "$policy" --exit-zero a.ndjson >/dev/null
    id=$(sv-index evaluations -n 1 2>/dev/null | jq -r .id)
    index "$id"
    assert_success
    assert_equal "$(jq -c '[.evaluation.id, .event.id, .policy.id, .policy.title, (.policy.text | fromjson | .when)]' <<<"$output")" \
        "[\"$id\",\"e1\",\"test\",\"the first\",\"type == \\\"x.y\\\"\"]
[\"$id\",\"e1\",\"test\",\"the second\",\"type == \\\"x.y\\\" && true\"]"
    assert_equal "$(jq -r '.evaluation.version == .policy.version' <<<"$output" | sort -u)" true
    policy 'when: type == "x.y"' 'by: [agent]' 'window: 1m' 'having: count >= 2'
    for s in 1 2 3; do event type=x.y agent=a id=w$s time=2026-11-20T10:00:0${s}Z; done >w.ndjson
    sv-eval -p "$policy" --exit-zero w.ndjson >/dev/null
    sv-index evaluations --where 'event.values.count == 2' | jq -r .id >ids
    index "$(head -n 1 ids)"
    assert_equal "$(jq -c '[.evaluation.values.count, .evaluation.key, .event]' <<<"$output")" '[2,["a"],null]'
}

@test "the table is for reading; nothing in it is obeyed" {
    printf '{"type":"x.y","id":"e1","time":"2026-11-20T10:00:00Z","text":"one\\ntwo \\u001b[31m","ext":{"a":1}}\n' | sv-index add
    index -o text e1
    assert_line --index 0 event
    assert_line --regexp '^  text +one$'
    assert_line --regexp '^ +two \\x1b\[31m$'
    assert_line --regexp '^  ext +\{"a":1\}$'
}

@test "what is nobody's id is told, and the others are shown" {
    examples
    index e0088 nope e0002
    assert_failure 3
    assert_equal "$(jq -r .event.id <<<"$output" | paste -sd' ')" "e0088 e0002"
    assert_equal "$stderr" 'sv-index: no event or evaluation "nope"'
    for id in '@' 'x@y' 'force-push@1:2.3' 'force-push@4328fdd4fa144688:1.0' '4328fdd4fa144688:9999.0' ':' 'r1:1.0' '1:1.1' 'zzzz:1.0' '' 'a@b@c' \
        'test@2026-11-20T10:00:00Z'; do
        index "$id"
        assert_failure 3
        assert_equal "${#stderr_lines[@]}" 1
    done
    index
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: an id is missing: of an event or an evaluation, as timeline and evaluations print them"
    index -d nowhere.db e1
    assert_failure 3
}

@test "ids of the second pipe of a run, too" {
    sv-index add <(event type=first) <(event type=second)
    for type in first second; do
        id=$(sv-index timeline --type $type | jq -r .id)
        index "$id"
        assert_success
        assert_equal "$(jq -r .event.type <<<"$output")" $type
        assert_equal "$(sv-index timeline --type $type --fields id -o csv | tr -d '\r' | tail -n 1)" "$id"
    done
    assert_regex "$id" '^r[0-9]+-2:1\.0$'
}
