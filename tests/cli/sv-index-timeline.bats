#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What happened, event by event.
load helper
export index_verb=timeline

setup() {
    store_place
}

# The examples, in a store and as lines in events.ndjson, those with a time.
examples() {
    mkdir -p logs
    cp "$top"/share/examples/*.*json* logs
    touch -d 2020-01-01 logs/* # nobody writes there any more
    sv-index add logs
    sv-eval --convert logs | jq -c 'select(.time)' >events.ndjson
}

ids() { # ids FILTER: of the events for which it holds, as they should come: newest first
    jq -r --slurp "map(select($1)) | [to_entries[] | {t: .value.time, n: .key, id: .value.id}] | sort_by(.t, .n) | reverse | .[].id" events.ndjson
}

@test "the events as they were stored, newest first, or oldest first" {
    examples
    sv-index timeline -n 1000 -U 2026-11-30 | jq -r .id >got
    # equal times come in the order of their storing, which follows the logs'
    run diff <(sort got) <(ids true | sort)
    assert_output ""
    assert_equal "$(sv-index timeline -n 1000 -U 2026-11-30 | jq -rs 'map(.time) == (map(.time) | sort | reverse)')" true
    run diff got <(sv-index timeline -n 1000 -U 2026-11-30 --oldest | jq -r .id | tac)
    assert_output ""
    run diff <(sv-index timeline -n 1000 -U 2026-11-30 | jq -c . | sort) <(jq -c . events.ndjson | sort)
    assert_output ""
}

@test "every filter finds what it names, and nothing else" {
    examples
    while IFS='|' read -r words filter; do
        for more in "" --oldest "--where true"; do
            eval "sv-index timeline -n 1000 -U 2026-11-30 $more $words" | jq -r .id | sort >got
            run diff got <(ids "$filter" | sort)
            assert_output ""
        done
        [ -s got ] || fail "nothing is $words"
    done <<'END'
--agent claude:shop|.agent == "claude:shop"
--agent 'coder-*'|.agent // "" | startswith("coder-")
--agent 'c*' --type 'tool.*'|(.agent // "" | startswith("c")) and (.type | startswith("tool."))
--agent coder-1 --agent planner|.agent == "coder-1" or .agent == "planner"
--session sprint-47|.session == "sprint-47"
--session 7c0f9a52|.session // "" | startswith("7c0f9a52")
--session 'sprint-*' --agent reviewer|.session == "sprint-47" and .agent == "reviewer"
--type llm.call|.type == "llm.call"
--type metric --type error|.type == "metric" or .type == "error"
--tool Bash|.tool == "Bash"
--tool 'mcp__*'|.tool // "" | startswith("mcp__")
--host ci-03|.host == "ci-03"
--entity task:T-201|.entity_type == "task" and .entity_id == "T-201"
--entity task:T-201 --type metric --type task.status|.entity_id == "T-201" and .type == "task.status"
--call toolu_01dccE4Edh2TFMH4dMbz0ngv|.call_id == "toolu_01dccE4Edh2TFMH4dMbz0ngv"
--call toolu_01dccE4Edh2T|.call_id == "toolu_01dccE4Edh2TFMH4dMbz0ngv"
--correlation msg_01MQFdV02fcf65kgjYg46DKP|.correlation_id == "msg_01MQFdV02fcf65kgjYg46DKP"
-S 2026-11-18T07:00:00Z|.time >= "2026-11-18T07:00:00Z"
-S 2026-11-18T07:00:00Z -U 2026-11-18T07:01:00Z|.time >= "2026-11-18T07:00:00Z" and .time < "2026-11-18T07:01:00Z"
--where 'status == "error" && tool == "Bash"'|.status == "error" and .tool == "Bash"
--agent claude:shop --where 'cost_usd > 0.02'|.agent == "claude:shop" and (.cost_usd // 0) > 0.02
END
}

@test "what no name fits finds nothing; a beginning that several have is refused" {
    examples
    for words in '--agent nobody' '--agent zz*' '--tool Nope' '--session 99' '--type x.y --agent claude:shop' '--team none' '--host none'; do
        index $words
        assert_success
        assert_equal "$output$stderr" ""
    done
    for words in '--entity task:T-999' '--call nope' '--correlation nope' '--trace nope'; do
        index $words
        assert_success
        assert_equal "$output$stderr" "sv-index: ${words/task:/}: no event here says that"
    done
    for n in 1 2 3 4 5; do event type=x.y session=dup-$n correlation_id=cor-$n time=2026-11-20T10:00:00Z; done >dup.ndjson
    sv-index add dup.ndjson
    index --session dup
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: --session dup: several begin with that: dup-1, dup-2, dup-3, ..."
    index --correlation cor
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: --correlation cor: several begin with that: cor-1, cor-2, ..."
    index --session dup-2
    assert_equal "$(jq -r .session <<<"$output")" dup-2
}

@test "a trace is found" {
    for n in 1 2 3; do event type=span trace_id=tr-$((n % 2)) id=s$n time=2026-11-20T10:00:0${n}Z; done | sv-index add
    index --trace tr-1
    assert_equal "$(jq -r .id <<<"$output" | paste -sd' ')" "s3 s1"
}

@test "page by page each event comes once, while others are stored before, behind and between" {
    line() { printf '{"type":"x.y","agent":"a","id":"%s","time":"%s"}\n' "$@"; }
    for n in $(seq 60); do line "e$n" "2026-11-20T10:$(printf %02d $((n / 4))):00Z"; done | sv-index add
    for order in "" --oldest; do
        cursor=() && : >all
        for page in $(seq 60); do
            sv-index timeline --agent a $order -n 7 "${cursor[@]}" >page.out 2>rest
            jq -r .id page.out >>all
            for at in 2026-11-20T09:00:00Z 2026-11-20T10:07:00Z 2026-11-20T12:00:00Z; do
                line "new-$order$page-$at" $at
            done | sv-index add
            [ -s rest ] || break
            read -ra cursor < <(sed 's/.*go on with //' rest)
            [ "${#cursor[@]}" = 2 ] || fail "$(cat rest)"
        done
        run diff <(grep '^e' all | sort) <(seq -f 'e%.0f' 60 | sort)
        assert_output ""
        assert_equal "$(sort all | uniq -d)" ""
    done
}

@test "how many there are more is told, with the way to go on" {
    seq -f '{"type":"x.y","agent":"a","id":"e-%.0f","time":"2026-11-20T10:00:00Z"}' 700 | sv-index add
    index --agent a
    assert_equal "${#lines[@]}" 50
    assert_equal "${stderr%%;*}" "sv-index: at least 10 more"
    index --agent a -n 695
    assert_regex "$stderr" '^sv-index: 5 more; go on with --before 2026-11-20T10:00:00Z/6$'
    index --agent a -n 695 --oldest
    assert_regex "$stderr" '^sv-index: 5 more; go on with --after 2026-11-20T10:00:00Z/695$'
    index --agent a -n 695 -q
    assert_equal "$stderr" ""
}

@test "in the table a call and its result are one line, with how long it took and what it cost, whatever the order and the page" {
    {
        event type=tool.call agent=a session=s call_id=c1 tool=Bash args='{"command":"make"}' time=2026-11-20T10:00:00Z cost_usd=0.5
        event type=message.agent agent=a session=s text=between time=2026-11-20T10:00:01Z
        event type=tool.result agent=a session=s call_id=c1 tool=Bash status=error error="no rule" time=2026-11-20T10:00:02.500Z
        event type=tool.call agent=b session=t call_id=c1 tool=Read path=/x time=2026-11-20T10:00:03Z
        event type=tool.result agent=b session=t call_id=c1 tool=Read status=ok duration_ms=12 time=2026-11-20T10:00:04Z
        event type=tool.call agent=a session=s call_id=c2 tool=Bash command=sleep time=2026-11-20T10:00:05Z
    } | sv-index add
    table() { sv-index timeline -o text --utc "$@" 2>/dev/null | tail -n +2 | sed -E 's/ +/ /g; s/ $//'; }
    lines_down="11-20 10:00:05 a Bash - - - sleep
11-20 10:00:03 b Read ok 12 ms - /x
11-20 10:00:00 a Bash error 2.5 s \$0.50 make -> no rule
11-20 10:00:01 a message.agent - - - between"
    assert_equal "$(table)" "$lines_down"
    assert_equal "$(table --oldest)" "11-20 10:00:00 a Bash error 2.5 s \$0.50 make -> no rule
11-20 10:00:01 a message.agent - - - between
11-20 10:00:03 b Read ok 12 ms - /x
11-20 10:00:05 a Bash - - - sleep"
    cursor=() && : >all
    while true; do
        sv-index timeline -o text --utc -n 1 "${cursor[@]}" 2>rest | tail -n +2 | sed -E 's/ +/ /g; s/ $//' >>all
        [ -s rest ] || break
        cursor=(--before "$(sed 's/.*--before //' rest)")
    done
    assert_equal "$(cat all)" "$lines_down"
    # where one of the two is not asked for, the other stands by itself
    assert_equal "$(table --type tool.result --session s)" "11-20 10:00:02 a Bash error - - no rule"
    assert_equal "$(table --type tool.call --session s | tail -n 1)" '11-20 10:00:00 a Bash - - $0.50 make'
    assert_equal "$(table -U 2026-11-20T10:00:02Z | tail -n 1)" '11-20 10:00:00 a Bash - - $0.50 make'
    assert_equal "$(table --fields call_id,status --call c1 | paste -sd' ')" "c1 ok c1 error"
}

@test "what belongs below another event, or to a sub-agent, stands further in" {
    {
        event id=n1 type=sprint.created agent=p subject=sprint time=2026-11-20T10:00:00Z
        event id=n2 type=task.created agent=p parent_id=n1 subject=task time=2026-11-20T10:00:01Z
        event id=n3 type=task.status agent=q parent_id=n2 subject=step time=2026-11-20T10:00:02Z
        event id=n4 type=note agent=q text=aside time=2026-11-20T10:00:03Z
        event id=n5 type=note agent=q/sub text=helper time=2026-11-20T10:00:04Z
        event id=n6 type=note agent=q parent_id=n6 text=itself time=2026-11-20T10:00:05Z
    } | sv-index add
    assert_equal "$(sv-index timeline -o text --oldest --fields what | tail -n +2 | sed 's/ *$//')" "sprint
  task
    step
aside
  helper
itself"
}

@test "-f shows the last ones, then what comes, whoever stores it" {
    event type=x.y id=old time=2026-11-20T10:00:00Z | sv-index add
    sv-index timeline -f -n 5 --type x.y --type 'tool.*' >seen &
    pid=$!
    soon test -s seen
    sv-index emit --type x.y --id new1
    sv-index emit --type other --id other
    event type=x.y id=new2 time=2020-01-01T00:00:00Z >a.ndjson
    sv-index add a.ndjson
    appears seen . 3
    kill "$pid"
    wait "$pid"
    assert_equal "$(jq -r .id seen | paste -sd' ')" "old new1 new2"
}

@test "columns, CSV and JSON by --fields" {
    examples
    index --entity task:T-201 --fields time,entity_id,status,agent -o csv
    assert_equal "$output" "time,entity_id,status,agent"$'\r'"
2026-11-18T07:01:38.693Z,T-201,done,coder-1"$'\r'"
2026-11-18T06:58:22.408Z,T-201,running,coder-1"$'\r'"
2026-11-18T06:58:05.278Z,T-201,open,planner"$'\r'
    index --entity task:T-201 --fields id,cost_usd,duration_ms -n 1
    assert_equal "$output" '{"id":"e0082","cost_usd":null,"duration_ms":null}'
    index --type llm.call --agent planner -n 1 --fields model,input_tokens,cost_usd,duration_ms
    assert_equal "$output" '{"model":"gemini-2.5-pro","input_tokens":18500,"cost_usd":0.0165,"duration_ms":9082.0}'
    index --type note --fields id -n 2
    assert_regex "$output" '"id":"[0-9a-f]{16}:[0-9]+\.0"'
}

@test "on a terminal nothing that was stored is obeyed" {
    need script
    event type=$'x\e]0;y\a' agent=$'\e[31mred' text=$'\e[2Jgone\u202e' time=2026-11-20T10:00:00Z | sv-index add
    for form in text json csv; do
        on_terminal sv-index timeline -o $form >shown
        run grep -c $'\e\\[2J\|\e]0\|\xe2\x80\xae' shown
        assert_output 0
    done
}

@test "bad input is told in one line" {
    examples
    while IFS='|' read -r words status_ message; do
        eval "index $words"
        assert_failure "$status_"
        assert_equal "${stderr_lines[0]}" "sv-index: $message"
        assert_equal "$output" ""
    done <<'END'
--before nonsense|2|--before nonsense: give what an earlier list named for this
--oldest --after nonsense|2|--after nonsense: give what an earlier list named for this
--oldest --before 2026-11-20T10:00:00Z/1|2|--before goes with the newest first; with --oldest it is --after
--after 2026-11-20T10:00:00Z/1|2|--after goes with --oldest
-S 2026-11-20 -U 2026-11-19|2|the time asked for ends (-U) before it begins (-S)
--entity T-12|2|--entity T-12: TYPE:ID is expected, such as task:T-12
--where 'agnt == "x"'|2|--where:1: unknown field "agnt" (did you mean "agent"?)
--where 'agent =='|2|--where:9: the expression ends where an expression should follow
--fields nope -n 1|2|--fields: no column "nope" (time, agent, event, status, duration_ms, cost_usd, what, id, type, tool, session, team, host, model, priority, entity_type, entity_id, correlation_id, trace_id, parent_id, call_id, input_tokens, output_tokens, number)
-d nowhere.db|3|nowhere.db: no such store
END
    echo no store at all, but a text that is long enough to be looked at >x.db
    index -d x.db
    assert_failure 3
    assert_equal "${#stderr_lines[@]}" 1
}
