#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What sv-tools(7) promises of files, growing files and pipes.

load helper

setup() {
    clean_place
    policy 'when: type == "x.y"'
}

line() { # line N [KEY=VALUE...]
    event type=x.y "n=$1" "time=2026-11-20T09:00:$(printf %02d "$1")Z" "${@:2}"
}

eval_all() { # eval_all ARGUMENT...
    run --separate-stderr sv-eval -p "$policy" --exit-zero "$@"
    assert_success
}

count() {
    need sqlite3
    sqlite3 -readonly sv.db 'SELECT count(*) FROM evaluations'
}

ids() {
    jq -r .id <<<"$output"
}

@test "a plain file: each record once a run, each evaluation stored once, the same bytes, the same ids" {
    { line 1 && echo '{broken' && line 2 id=own; } >a.jsonl
    eval_all -d sv.db a.jsonl
    first=$output
    assert_equal "$(wc -l <<<"$first")" 2
    [[ $stderr == "sv-eval: a.jsonl:2:"*": record rejected: "* ]]
    for _ in 1 2; do
        eval_all -d sv.db a.jsonl
        assert_equal "$output" "$first"
    done
    assert_equal "$(count)" 2
    eval_all -N a.jsonl
    assert_equal "$output" "$first"
}

@test "a growing file: up to its end now; a line that is not whole yet is read by the next run; ids stay" {
    line 1 >a.jsonl
    line 2 >whole
    head -c 30 whole >>a.jsonl
    eval_all -d sv.db a.jsonl
    first=$output
    assert_equal "$(wc -l <<<"$first")" 1
    [[ $stderr == *"a.jsonl:2:"*": record rejected: "* ]]
    tail -c +31 whole >>a.jsonl
    line 3 >>a.jsonl
    eval_all -d sv.db a.jsonl
    assert_equal "${lines[0]}" "$first"
    assert_equal "${#lines[@]}" 3
    assert_equal "$stderr" ""
    assert_equal "$(count)" 3
}

@test "a pipe: shown each time, stored once by own id; own ids stay, others have the run's number" {
    line 1 >a.jsonl
    line 2 id=own >>a.jsonl
    eval_all -d sv.db < <(cat a.jsonl)
    assert_equal "$(ids)" $'test@r1:1.0\ntest@r1:2.0'
    assert_equal "$(jq -r .event <<<"$output")" $'r1:1.0\nown'
    eval_all -d sv.db < <(cat a.jsonl)
    assert_equal "$(ids)" $'test@r2:1.0\ntest@r2:2.0'
    assert_equal "$(jq -r .event <<<"$output")" $'r2:1.0\nown'
    assert_equal "$(count)" 3
    eval_all -r -d sv.db < <(cat a.jsonl) # the first that counts
    assert_equal "$(ids)" $'test@r3:1.0\ntest@r3:2.0'
    assert_equal "$(count)" 4
    eval_all -r -d sv.db < <(cat a.jsonl)
    assert_equal "$(ids)" test@r4:1.0
    assert_equal "$(count)" 5
    eval_all -N < <(cat a.jsonl)
    assert_equal "$(ids)" $'test@r0:1.0\ntest@r0:2.0'
}

@test "a pipe with -r: an own id comes again behind the 7 days that are kept" {
    event type=x.y id=own time=2020-11-01T09:00:00Z >a.jsonl
    export SV_NOW=2026-11-01T09:00:00Z
    eval_all -r -d sv.db < <(cat a.jsonl)
    SV_NOW=2026-11-08T09:00:00Z
    eval_all -r -d sv.db < <(cat a.jsonl)
    assert_output ""
    SV_NOW=2026-11-09T09:00:00Z
    eval_all -r -d sv.db < <(cat a.jsonl)
    assert_equal "$(jq -r .event <<<"$output")" own
}

@test "a file with -r: each record counted once, up to the last newline, with the ids of a plain run" {
    line 1 >a.jsonl
    line 2 >whole
    head -c 30 whole >>a.jsonl
    eval_all -r -d sv.db a.jsonl
    assert_equal "$(wc -l <<<"$output")" 1
    assert_equal "$stderr" ""
    first=$output
    tail -c +31 whole >>a.jsonl
    line 3 >>a.jsonl
    eval_all -r -d sv.db a.jsonl
    second=$output
    assert_equal "$(wc -l <<<"$second")" 2
    eval_all -r -d sv.db a.jsonl
    assert_output ""
    eval_all -N a.jsonl
    assert_equal "$output" "$first"$'\n'"$second"
    assert_equal "$(count)" 3
    assert_equal "$(sqlite3 -readonly sv.db 'SELECT sum(events) FROM usage_hourly')" 3
}

@test "a file with -r: what rotation renamed, or copied and cut, is read to its end, the oldest first" {
    line 1 >a.jsonl
    line 2 >>a.jsonl
    eval_all -r -d sv.db a.jsonl
    line 3 >>a.jsonl
    mv a.jsonl a.jsonl.1
    { line 4 && line 5; } >a.jsonl
    eval_all -r -d sv.db a.jsonl
    assert_equal "$(jq -r .at <<<"$output")" $'a.jsonl.1:3\na.jsonl:1\na.jsonl:2'
    line 6 >>a.jsonl
    mv a.jsonl.1 a.jsonl.2
    cp a.jsonl a.jsonl.1
    line 7 >a.jsonl
    eval_all -r -d sv.db a.jsonl
    assert_equal "$(jq -r .at <<<"$output")" $'a.jsonl.1:3\na.jsonl:1'
    eval_all -r -d sv.db a.jsonl
    assert_output ""
    assert_equal "$(count)" 7
}

@test "a file with -r: a gap is told once, with status 3; put back, the rest of it is read" {
    { line 1 && line 2; } >a.jsonl
    eval_all -r -d sv.db a.jsonl
    line 3 >>a.jsonl
    mv a.jsonl away
    line 4 >a.jsonl
    run --separate-stderr sv-eval -p "$policy" --exit-zero -r -d sv.db a.jsonl
    assert_failure 3
    assert_equal "$(jq -r .at <<<"$output")" a.jsonl:1
    [[ $stderr == *"a.jsonl: a gap: this log was read up to byte "*" (record 2), and that file is nowhere to be found; "* ]]
    eval_all -r -d sv.db a.jsonl
    assert_output ""
    mv away a.jsonl.1
    eval_all -r -d sv.db a.jsonl
    assert_equal "$(jq -r .at <<<"$output")" a.jsonl.1:3
}

@test "a file with -f: lines come as they are written, through rotation; a second run leaves it alone" {
    line 1 >a.jsonl
    sv-eval -f -d sv.db -p "$policy" a.jsonl >out 2>err &
    pid=$!
    comes() { for _ in $(seq 100); do [ "$(wc -l <out)" -ge "$1" ] && return; sleep 0.05; done; fail "no line $1: $(cat err)"; }
    comes 1
    run --separate-stderr sv-eval -rv -d sv.db -p "$policy" a.jsonl
    assert_success
    assert_output ""
    [[ $stderr == "sv-eval: a.jsonl: being read by $pid"* ]]
    line 2 >>a.jsonl
    comes 2
    mv a.jsonl a.jsonl.1
    line 3 >a.jsonl
    comes 3
    kill -TERM $pid
    wait $pid
    assert_equal "$(jq -r .at out)" $'a.jsonl:1\na.jsonl:2\na.jsonl:1'
    line 4 >>a.jsonl
    eval_all -r -d sv.db a.jsonl
    assert_equal "$(jq -r .at <<<"$output")" a.jsonl:2
    assert_equal "$(count)" 4
}

@test "a file that was renamed is known, a copy counts anew; the rows of the last run are what is new" {
    line 1 >a.jsonl
    eval_all -d sv.db a.jsonl
    mv a.jsonl b.jsonl
    eval_all -d sv.db b.jsonl
    assert_equal "$(count)" 1
    cp b.jsonl c.jsonl
    eval_all -d sv.db c.jsonl
    assert_equal "$(count)" 2
    line 2 >>b.jsonl
    eval_all -d sv.db b.jsonl
    assert_equal "$(sqlite3 -readonly sv.db "SELECT time FROM evaluations WHERE run = (SELECT max(id) FROM runs)")" 2026-11-20T09:00:02Z
    eval_all -d sv.db b.jsonl
    assert_equal "$(sqlite3 -readonly sv.db "SELECT count(*) FROM evaluations WHERE run = (SELECT max(id) FROM runs)")" 0
}

@test "killed at any moment: what was printed is stored, and another run makes it whole" {
    seq -f '{"type":"x.y","n":%.0f}' 15000 >a.jsonl
    for pause in 0.02 0.06 0.12; do
        sv-eval -d sv.db -p "$policy" a.jsonl >out 2>/dev/null &
        pid=$!
        sleep $pause
        kill -9 $pid 2>/dev/null || true
        wait $pid || true
        [ ! -s sv.db ] || ! stored=$(count 2>/dev/null) || assert [ "$stored" -ge "$(wc -l <out)" ]
    done
    eval_all -d sv.db a.jsonl
    assert_equal "$(count)" 15000
}
