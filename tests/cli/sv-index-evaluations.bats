#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What policies found.
load helper
export index_verb=evaluations

setup() {
    store_place
}

examples() {
    sv-eval -p "$top/share/policies" --exit-zero "$top/share/examples" >printed
}

@test "what sv-eval printed, newest first, with the policy's version" {
    examples
    sv-index evaluations -n 1000 >got
    run diff <(jq -c 'del(.version, .at)' got | sort) <(jq -c 'del(.at)' printed | sort)
    assert_output ""
    assert_equal "$(jq -s 'map(.time) == (map(.time) | sort | reverse)' got)" true
    assert_equal "$(jq -s 'all(.version | test("^[0-9a-f]{16}$")) and all(if .id | test("@[0-9]{4}-") then .at == null else .at | test("^/.*:[0-9]+$") end)' got)" true
}

@test "every filter finds what it names, and nothing else" {
    examples
    while IFS='|' read -r words filter; do
        eval "sv-index evaluations -n 1000 $words" | jq -r .id | sort >got
        run diff got <(jq -r "select($filter) | .id" printed | sort)
        assert_output ""
        [ -s got ] || fail "nothing is $words"
    done <<'END'
--policy force-push|.policy == "force-push"
--policy 'secret-*'|.policy | startswith("secret-")
--policy force-push --policy privilege|.policy == "force-push" or .policy == "privilege"
--severity error|.severity == "error" or .severity == "critical"
--severity critical|.severity == "critical"
--agent 'claude:*'|.agent // "" | startswith("claude:")
--agent ops-bot --severity critical|.agent == "ops-bot" and .severity == "critical"
--session 7c0f9a52|.session // "" | startswith("7c0f9a52")
--session night-12 --policy slow-call|.session == "night-12" and .policy == "slow-call"
--tool Edit|.message | test("settings|test/checkout")
-S 2026-11-18T07:01:00Z|.time >= "2026-11-18T07:01:00Z"
-U 2026-11-17|.time < "2026-11-16T10:15:00Z"
--where 'event.action == "deny"'|.action == "deny"
--where 'event.message.contains("force")' --severity critical|.severity == "critical" and (.message | contains("force"))
END
    for words in '--agent nobody' '--policy nope' '--session 99' '--team x'; do
        index $words
        assert_success
        assert_equal "$output$stderr" ""
    done
}

@test "by which version: a changed policy's findings stand beside the old one's" {
    echo '{"type":"x.y","id":"1","time":"2026-11-20T10:00:00Z"}' >a.ndjson
    policy 'when: type == "x.y"'
    sv-eval -p "$policy" --exit-zero a.ndjson >/dev/null
    policy 'when: type == "x.y" && true'
    sv-eval -p "$policy" --exit-zero a.ndjson >/dev/null
    index --policy test --fields id,version
    assert_equal "${#lines[@]}" 2
    assert_equal "$(jq -r .id <<<"$output" | sort -u | wc -l) $(jq -r .version <<<"$output" | sort -u | wc -l)" "1 2"
}

@test "page by page each once, over several supervisors" {
    policy 'when: type == "x.y"'
    for s in s1 s2 s3; do
        seq -f "{\"type\":\"x.y\",\"agent\":\"a\",\"id\":\"$s-%.0f\",\"time\":\"2026-11-20T10:00:00Z\"}" 40 >$s.ndjson
        sv-eval -p "$policy" --exit-zero --set supervisor=$s $s.ndjson >/dev/null
    done
    cursor=() && : >all
    while true; do
        sv-index evaluations -n 17 "${cursor[@]}" 2>rest | jq -r .event >>all
        [ -s rest ] || break
        cursor=(--before "$(sed 's/.*--before //' rest)")
    done
    assert_equal "$(wc -l <all) $(sort -u all | wc -l)" "120 120"
    index -n 100
    assert_regex "$stderr" '^sv-index: at least 10 more; go on with --before 2026-11-20T10:00:00Z/[0-9]+$'
}

@test "the table, CSV, and a secret that stays out" {
    examples
    COLUMNS=120 index -o text --utc -n 2 -q
    assert_line --index 0 --regexp '^TIME +SEVERITY +AGENT +POLICY +OUTCOME +ACTION +MESSAGE +AT$'
    assert_line --index 1 --regexp '^11-18 07:23 +warning +ops-bot +mcp-destructive +violation +ask +calls mcp__tracker__'
    index -o csv --fields time,policy,agent -n 1
    assert_equal "${lines[1]}" $'2026-11-18T07:23:44.508Z,mcp-destructive,ops-bot\r'
}

@test "bad input is told in one line" {
    examples
    while IFS='|' read -r words status_ message; do
        eval "index $words"
        assert_failure "$status_"
        assert_equal "${stderr_lines[0]}" "sv-index: $message"
    done <<'END'
--before nonsense|2|--before nonsense: give what an earlier list named for this
--severity loud|2|--severity loud: info, warning, error or critical is expected
-S 2026-11-20 -U 2026-11-19|2|the time asked for ends (-U) before it begins (-S)
--where 'polcy == "x"'|2|--where:1: unknown field "polcy"
-d nowhere.db|3|nowhere.db: no such store
END
}
