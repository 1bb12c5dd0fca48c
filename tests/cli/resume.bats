#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-eval -r: what a log's format waits for, what is counted, what came before.

load helper

setup() {
    need sqlite3
    clean_place
    policy 'when: "true"' "message: 'id + \" \" + type + (has(event.output_tokens) ? \" \" + string(output_tokens) : \"\")'"
}

again() { # again ARGUMENT...: -r, the messages only
    run --separate-stderr sv-eval -r -p "$policy" --exit-zero -d sv.db "$@"
    assert_success
    output=$(jq -r .message <<<"$output")
}

said() { # said UUID MESSAGE OUTPUT [SESSION]: one record of Claude's
    jq -cn --arg u "$1" --arg m "$2" --argjson o "$3" --arg s "${4:-s1}" '{type: "assistant", uuid: $u, sessionId: $s, cwd: "/w/shop",
        timestamp: "2026-11-02T09:00:00Z", message: {id: $m, role: "assistant", model: "claude-x",
        content: [{type: "text", text: "x"}], usage: {input_tokens: 3, output_tokens: $o}}}'
}

counters() {
    sqlite3 -readonly sv.db 'SELECT * FROM usage_hourly; SELECT * FROM agents'
}

tokens() {
    sqlite3 -readonly sv.db 'SELECT coalesce(sum(output_tokens), 0) FROM usage_hourly'
}

@test "a response whose usage repeats is counted once, wherever it is cut" {
    said a1 m1 1 >log.jsonl
    again log.jsonl
    assert_output $'s1.s session.start\na1.0 message.agent'
    said a2 m1 5 | head -c 100 >>log.jsonl
    again log.jsonl
    assert_output ""
    said a2 m1 5 | tail -c +101 >>log.jsonl
    again log.jsonl
    assert_output "a2.0 message.agent"
    { said a3 m2 7 && said a4 m1 9; } >>log.jsonl
    again log.jsonl
    assert_output $'a2.u llm.call 5\na3.0 message.agent\na3.u llm.call 7\na4.0 message.agent'
}

@test "what a format waits for outlives a rename, and is told when the file has ended" {
    { said a1 m1 1 && said a2 m1 5; } >log.jsonl
    again log.jsonl
    refute_output --partial llm.call
    mv log.jsonl log.jsonl.1
    said b1 m2 2 s2 >log.jsonl
    again log.jsonl
    refute_output --partial llm.call
    touch -d '1 minute ago' log.jsonl.1
    again log.jsonl
    assert_output "a2.u llm.call 5"
    assert_equal "$(tokens)" 5
    again log.jsonl
    assert_output ""
}

@test "a log that nobody has written to for an hour is told whole; what comes after all adds the rest" {
    said a1 m1 5 >log.jsonl
    again log.jsonl
    refute_output --partial llm.call
    export SV_NOW
    SV_NOW=$(date -u -d '+2 hours' +%FT%TZ)
    again log.jsonl
    assert_output "a1.u llm.call 5"
    SV_NOW=$(date -u -d '+3 hours' +%FT%TZ)
    again log.jsonl
    assert_output ""
    { said a2 m1 8 && said a3 m2 1; } >>log.jsonl
    again log.jsonl
    assert_output $'a2.0 message.agent\na2.u llm.call 3\na3.0 message.agent\na3.u llm.call 1'
    assert_equal "$(tokens)" 9
}

followed() { # followed N: the messages of a follower of log.jsonl, once there are N
    appears out . "$1"
    jq -r .message out
}

follow_log() {
    sv-eval -f -p "$policy" -d sv.db log.jsonl >>out 3>&- &
    follower=$!
}

end_following() {
    kill "$follower"
    wait "$follower"
    follower=
}

teardown() {
    [ -z "${follower-}" ] || kill "$follower" || true
}

@test "a log that becomes quiet while it is followed is told whole; what comes after all adds the rest" {
    said a1 m1 5 >log.jsonl
    touch -d '59 minutes ago 57 seconds ago' log.jsonl
    follow_log
    assert_equal "$(followed 3)" $'s1.s session.start\na1.0 message.agent\na1.u llm.call 5'
    said a2 m1 8 >>log.jsonl
    assert_equal "$(followed 4 | tail -n 1)" "a2.0 message.agent"
    touch -d '2 hours ago' log.jsonl
    assert_equal "$(followed 5 | tail -n 1)" "a2.u llm.call 3"
    end_following
    assert_equal "$(tokens)" 8
    again log.jsonl
    assert_output ""
}

@test "a log that was left waiting and is quiet by now is told when it is followed" {
    said a1 m1 5 >log.jsonl
    again log.jsonl
    refute_output --partial llm.call
    SV_NOW=$(date -u -d '+2 hours' +%FT%TZ) follow_log
    assert_equal "$(followed 1)" "a1.u llm.call 5"
    end_following
    assert_equal "$(tokens)" 5
    again log.jsonl
    assert_output ""
}

@test "of many logs that were left waiting each is told with its own name" {
    for i in 1 2 3; do said "u$i" "m$i" "$i" "s$i" >"$i.jsonl"; done
    again 1.jsonl 2.jsonl 3.jsonl
    refute_output --partial llm.call
    said u4 m4 4 s1 >>1.jsonl
    export SV_NOW
    SV_NOW=$(date -u -d '+2 hours' +%FT%TZ)
    run --separate-stderr sv-eval -r -p "$policy" --exit-zero -d sv.db 1.jsonl 2.jsonl 3.jsonl
    assert_success
    assert_equal "$(jq -r '.at + " " + .message' <<<"$output" | grep llm.call | sort)" \
        $'1.jsonl:1 u1.u llm.call 1\n1.jsonl:2 u4.u llm.call 4\n2.jsonl:1 u2.u llm.call 2\n3.jsonl:1 u3.u llm.call 3'
    assert_equal "$(sqlite3 -readonly sv.db "SELECT group_concat(replace(path, '$PWD/', '') || ' ' || event) FROM
        (SELECT * FROM evaluations WHERE part <> 0 AND event LIKE '%.u' ORDER BY event)")" \
        '1.jsonl u1.u,2.jsonl u2.u,3.jsonl u3.u,1.jsonl u4.u'
    assert_equal "$(tokens)" 10
}

@test "counters move with positions alone: plain runs change none" {
    { said a1 m1 5 && said a2 m2 1; } >log.jsonl
    again log.jsonl
    before=$(counters)
    [ -n "$before" ]
    for _ in 1 2 3; do
        run -0 sv-eval -p "$policy" --exit-zero -d sv.db log.jsonl
        assert_equal "$(counters)" "$before"
    done
    again log.jsonl
    assert_output ""
    assert_equal "$(counters)" "$before"
}

@test "counters of a store that plain runs made begin with the first -r, at the beginning" {
    { said a1 m1 5 && said a2 m2 1; } >log.jsonl
    run -0 sv-eval -p "$policy" --exit-zero -d sv.db log.jsonl
    assert_equal "$(counters)" ""
    again log.jsonl
    assert_equal "$(tokens)" 5
    assert_equal "$(sqlite3 -readonly sv.db 'SELECT count(*), count(DISTINCT record || part) FROM evaluations')" "5|5"
    again --record log.jsonl
    assert_output ""
    { said a1 m1 5 && said a2 m2 1; } >other.jsonl
    run -0 sv-eval -p "$policy" --exit-zero -d new.db other.jsonl
    run -0 sv-eval -p "$policy" --exit-zero -d new.db --record other.jsonl
    assert_equal "$(sqlite3 -readonly new.db 'SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM evaluations)')" "4|5"
}

@test "standard input: an own id is counted once in 7 days, however old the event" {
    event type=x.y id=own time=2020-01-01T00:00:00Z >events
    export SV_NOW=2026-11-01T00:00:00Z
    again < <(cat events)
    assert_output "own x.y"
    again < <(cat events)
    assert_output ""
    SV_NOW=2026-11-07T00:00:00Z
    again < <(cat events)
    assert_output ""
    run -0 sv-eval -p "$policy" --exit-zero -d sv.db < <(cat events)
    assert_output --partial '"message":"own x.y"'
    assert_equal "$(sqlite3 -readonly sv.db 'SELECT count(*) FROM evaluations')" 1
    SV_NOW=2026-11-09T01:00:00Z
    again < <(cat events)
    assert_output "own x.y"
    assert_equal "$(sqlite3 -readonly sv.db 'SELECT sum(events) FROM usage_hourly')" 2
}

@test "an event without a time does not make those that have one forgotten" {
    { event type=x.y id=a time=2020-01-01T00:00:00Z && event type=x.y id=b; } >events
    again < <(cat events)
    assert_output $'a x.y\nb x.y'
    again < <(cat events)
    assert_output ""
}

@test "history that Claude copied into another session's file is not counted again" {
    { said a1 m1 5 && said a2 m2 1; } >one.jsonl
    again one.jsonl
    { said a1 m1 5 s2 && said a2 m2 1 s2 && said b1 m3 2 s2 && said b2 m4 2 s2; } >two.jsonl
    again two.jsonl
    assert_output $'s2.s session.start\na2.u llm.call 1\nb1.0 message.agent\nb1.u llm.call 2\nb2.0 message.agent'
    assert_equal "$(tokens)" 8
}

@test "a session that Gemini writes anew as a whole: no gap, nothing twice, and what was added" {
    document() { # document MINUTE ID:OUTPUT...
        printf '{\n  "sessionId": "s",\n  "startTime": "2026-11-02T09:00:00Z",\n  "lastUpdated": "2026-11-02T09:0%s:00Z",\n  "messages": [\n' "$1"
        jq -cn '$ARGS.positional | map(split(":") | {id: .[0], timestamp: "2026-11-02T09:00:00Z", type: "gemini", content: "z", model: "m",
            tokens: {input: 5, output: (.[1] | tonumber)}}) | map(tojson) | join(",\n")' --args "${@:2}" | jq -r .
        printf ']\n}\n'
    }
    document 1 a:2 >session-a.json
    again session-a.json
    assert_output $'s.s session.start\na.0 message.agent\na.u llm.call 2'
    document 2 a:2 b:3 >session-a.json
    again session-a.json
    assert_output $'b.0 message.agent\nb.u llm.call 3'
    assert_equal "$stderr" ""
    document 3 a:2 b:7 c:1 >new
    mv new session-a.json
    again session-a.json
    assert_output --regexp $'^[0-9a-f]+:1\\.[0-9]+ llm.call 4\nc.0 message.agent\nc.u llm.call 1$'
    assert_equal "$stderr" ""
    assert_equal "$(tokens)" 10
}

@test "CSV is read on below its header, also amid a quoted cell" {
    printf 'time,type,agent,note\n2026-11-02T09:00:00Z,x.y,a,"one\n' >log.csv
    again log.csv
    assert_output ""
    printf 'two"\n2026-11-02T09:00:01Z,x.y,b,\n2026-11-02T09:00:02Z,x.y,c,"' >>log.csv
    again log.csv
    assert_output --regexp $'^[0-9a-f]+:2.0 x.y\n[0-9a-f]+:3.0 x.y$'
    printf '\n\n"\n' >>log.csv
    again log.csv
    assert_output --regexp '^[0-9a-f]+:4.0 x.y$'
    assert_equal "$(sqlite3 -readonly sv.db 'SELECT group_concat(agent) FROM evaluations')" a,b,c
    assert_equal "$stderr" ""
}

@test "state that is of no use is told, and the log is read on" {
    said a1 m1 5 >log.jsonl
    again log.jsonl
    said a2 m2 1 >>log.jsonl
    sqlite3 sv.db "UPDATE sources SET format_state = x'ff00ff'"
    again log.jsonl
    assert_output --partial "a2.0 message.agent"
    assert_equal "$(grep -c 'log.jsonl: what was known where it was left (session, usage) cannot be used' <<<"$stderr")" 1
}

@test "a part of a log that is removed while it waits for its turn is a gap, told once" {
    need_trace
    lines() { seq -f '{"type":"x.y","id":"e%.0f","time":"2026-11-20T14:00:00Z"}' "$1" "$2"; }
    rotated() {
        rm -f sv.db* log.jsonl*
        lines 1 5 >log.jsonl
        again log.jsonl
        lines 6 9 >>log.jsonl
        mv log.jsonl log.jsonl.1
        lines 10 10 >log.jsonl
    }
    opened() { # opened [DELAY]: how often, or each time with a delay
        strace -f -qq -o trace -P log.jsonl.1 -e trace=openat ${1+-e "$1"} sv-eval -r -p "$policy" -d sv.db --exit-zero log.jsonl
    }
    rotated
    opened >/dev/null
    last=$(grep -c openat trace)
    rotated
    opened "inject=openat:delay_enter=2000000:when=$last" >out 2>err &
    appears trace openat $((last - 1))
    sleep 0.5
    rm log.jsonl.1
    status=0
    wait $! || status=$?
    assert_equal "$status" 3
    assert_equal "$(grep -v ^strace: err)" "sv-eval: log.jsonl: a gap: this log was read up to byte 275 (record 5), and that file is nowhere to be found; what was written behind it is not counted"
    assert_equal "$(jq -r .event out)" e10
    again log.jsonl
    assert_output ""
    assert_equal "$stderr" ""
}

# A run that has found a new part of a log, and was killed before it read it: its row is there, and has no position.
kill_before_reading() {
    need_trace
    printf '%s\n' '{"type":"x.y","id":"a"}' >log.jsonl
    again log.jsonl
    mv log.jsonl log.jsonl.1
    printf '%s\n' '{"type":"x.y","id":"b"}' '{"type":"x.y","id":"c"}' >log.jsonl
    for n in $(seq 60); do
        harmed_at pwrite64 $n signal=KILL sv-eval -r -p "$policy" -d sv.db log.jsonl
        [ "$(sqlite3 -readonly sv.db 'SELECT count(*) FROM sources WHERE offset IS NULL')" = 0 ] || return 0
    done
    fail "never killed between the row and its position"
}

@test "a part of a log that was found and not read, and is gone then, is a gap" {
    kill_before_reading
    rm log.jsonl
    echo '{"type":"x.y","id":"d"}' >log.jsonl
    run --separate-stderr sv-eval -r -p "$policy" -d sv.db log.jsonl
    assert_failure 3
    assert_equal "$stderr" "sv-eval: log.jsonl: a gap: this log was read up to byte 0 (record 0), and that file is nowhere to be found; what was written behind it is not counted"
    assert_equal "$(jq -r .event <<<"$output")" d
    again log.jsonl
    assert_output ""
}

@test "a part of a log that was found and not read is none where rotation has moved or copied it" {
    kill_before_reading
    mv log.jsonl.1 log.jsonl.2
    cp log.jsonl log.jsonl.1
    echo '{"type":"x.y","id":"d"}' >log.jsonl # cut
    run --separate-stderr sv-eval -r -p "$policy" --exit-zero -d sv.db log.jsonl
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(jq -r .event <<<"$output" | tr '\n' ' ')" "b c d "
    mv log.jsonl.1 log.jsonl.3
    again log.jsonl
    assert_output ""
}
