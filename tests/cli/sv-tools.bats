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

@test "a pipe: each evaluation stored once a run; own ids stay, others have the run's number" {
    line 1 >a.jsonl
    line 2 id=own >>a.jsonl
    eval_all -d sv.db < <(cat a.jsonl)
    assert_equal "$(ids)" $'test@r1:1.0\ntest@r1:2.0'
    assert_equal "$(jq -r .event <<<"$output")" $'r1:1.0\nown'
    eval_all -d sv.db < <(cat a.jsonl)
    assert_equal "$(ids)" $'test@r2:1.0\ntest@r2:2.0'
    assert_equal "$(jq -r .event <<<"$output")" $'r2:1.0\nown'
    assert_equal "$(count)" 4
    eval_all -N < <(cat a.jsonl)
    assert_equal "$(ids)" $'test@r0:1.0\ntest@r0:2.0'
}

@test "a file that was moved counts anew; the rows of the last run are what is new" {
    line 1 >a.jsonl
    eval_all -d sv.db a.jsonl
    mv a.jsonl b.jsonl
    eval_all -d sv.db b.jsonl
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
