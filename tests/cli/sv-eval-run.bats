# SPDX-License-Identifier: ISC
# A run from outside: when a batch ends, what is kept of one that ends early, and what never comes out.
load helper

setup() {
    clean_place
    policy 'when: "true"'
    secret=AKIA$(printf 'Q%.0s' $(seq 16))
}

teardown() {
    exec 7>&- 8>&-
    [ -z "${pid-}" ] || kill "$pid" 2>/dev/null || true
}

@test "what is found in a pipe that never pauses for 20 ms is told 50 ms later" {
    policy 'when: type == "x.y"'
    mkfifo in nothing
    sv-eval -N -p "$policy" in >out &
    pid=$!
    exec 7>in 8<>nothing
    echo '{"type":"x.y"}' >&7
    appears out violation # it is ready now
    : >out
    echo '{"type":"x.y"}' >&7
    for _ in $(seq 120); do # far less than a second of them
        [ ! -s out ] || break
        echo '{"type":"o.k"}' >&7
        read -rt 0.005 _ <&8 || true # without a process, so that no pause is long
    done
    [ -s out ]
}

@test "what a log's format held back until its end is not held back by the next pipe's silence" {
    mkfifo a b
    policy 'when: type == "llm.call"'
    sv-eval -N -p "$policy" -i claude a b >out &
    pid=$!
    exec 7>a
    echo '{"type":"assistant","uuid":"u","sessionId":"s","cwd":"/shop","timestamp":"2026-11-20T14:00:00Z","message":{"id":"m","role":"assistant","model":"x","content":[],"usage":{"input_tokens":1,"output_tokens":2}}}' >&7
    sleep 0.2
    exec 8<>b
    exec 7>&-
    appears out violation
}

@test "a closed or full stdout, and a run that is killed, leave their ledger in the store" {
    seq -f '{"type":"x.y","id":"e%.0f"}' 30000 >log.ndjson
    sv-eval -d s.db -p "$policy" log.ndjson | head -n 1 >/dev/null
    sv-eval -d s.db -p "$policy" log.ndjson >/dev/full 2>/dev/null || [ $? = 4 ]
    assert_equal "$(rows s.db 'SELECT count(*) FROM runs WHERE ended_at >= started_at AND ledger ->> "violations" = 10000')" 2
    mkfifo in
    sv-eval -d s.db -p "$policy" in >out &
    pid=$!
    exec 7>in
    echo '{"type":"x.y"}' >&7
    appears out violation
    kill -KILL $pid
    wait $pid || true
    assert_equal "$(rows s.db 'SELECT ended_at IS NULL, ledger ->> "violations", ledger ->> "rows" FROM runs WHERE id = 3')" "1|1|1"
}

@test "secrets in names: of keys, of models without a price, of files" {
    event type=llm.call "model=$secret" input_tokens=3 "$secret=1" >"$secret.jsonl"
    printf '{"broken\n' >>"$secret.jsonl"
    : >"$secret-empty.jsonl"
    for form in text json; do
        run sv-eval -v -o $form -d s.db -p "$policy" "$secret.jsonl" "$secret-empty.jsonl" "$secret-none.jsonl"
        assert_failure 3
        refute_output --partial "$secret"
        assert_output --partial '[redacted:aws-key].jsonl:1'
        assert_output --partial '[redacted:aws-key].jsonl:2:2: record rejected'
        assert_output --partial '[redacted:aws-key]-empty.jsonl: empty file'
        assert_output --partial 'unpriced: [redacted:aws-key] 3 tokens'
    done
    run sv-eval -N -p "$policy" "$secret-none.jsonl"
    assert_failure 3
    refute_output --partial "$secret"
    run sv-eval --convert "$secret.jsonl"
    refute_output --partial "$secret"
    assert_output --partial '"[redacted:aws-key]":1'
    run grep -c "$secret" s.db s.db-wal
    refute_output --regexp ':[1-9]'
    assert_equal "$(rows s.db 'SELECT count(*) FROM sources')" 1
    run sv-eval -v --no-redact -N -p "$policy" "$secret.jsonl"
    assert_output --partial "\"at\":\"$secret.jsonl:1\""
}

@test "two files whose names differ in a secret only are two sources" {
    echo '{"type":"x.y"}' | tee "$secret.jsonl" >"AKIA$(printf 'R%.0s' $(seq 16)).jsonl"
    sv-eval --exit-zero -d s.db -p "$policy" ./*.jsonl >/dev/null
    assert_equal "$(rows s.db 'SELECT count(*) FROM supervisor_policy_evaluations')" 2
}

@test "a time that cannot be read is kept in ext, whatever ext is" {
    for ext in '{ }' '{"a":1}' '{ "time" : 2 , "a":1}' '[1]' null; do
        run sv-eval --no-redact --convert <<<'{"type":"x.y","time":"soon","ext":'"$ext"'}'
        assert_success
        run jq -r .ext.time <<<"$output"
        assert_success
    done
}

@test "token counts at the bounds of their type are added without overflow" {
    printf '{"type":"llm.call","model":"m","input_tokens":%s,"output_tokens":%s}\n' \
        9223372036854775807 9223372036854775807 -9223372036854775808 -9223372036854775808 >log.ndjson
    run --separate-stderr sv-eval -N -o text --exit-zero -p "$policy" log.ndjson
    assert_success
    assert_equal "$stderr" ""
    assert_line --partial ' T tokens, about $0.00 (1 model unpriced: 18446744 T tokens)'
}

@test "JSON on a terminal: what it would obey is escaped, and means the same" {
    need script
    printf '{"type":"x.y","agent":"a\xc2\x9b31m\x7f","text":"\xe2\x80\xae\xf3\xa0\x80\x81gr\xc3\xb6\xc3\x9fe"}\n' >log.ndjson
    for how in '-o json -N -p policy.yaml --exit-zero' '--convert' '--convert --no-redact'; do
        # shellcheck disable=SC2086 # words
        run on_terminal sv-eval $how log.ndjson
        assert_success
        assert_line --partial 'a\u009b31m\u007f'
        [[ $output != *$'\x7f'* && $output != *$'\xc2\x9b'* && $output != *$'\xe2\x80\xae'* && $output != *$'\xf3\xa0'* ]]
        # shellcheck disable=SC2086
        assert_equal "$(grep '^{' <<<"$output" | jq -S .)" "$(sv-eval $how log.ndjson | jq -S .)"
    done
    assert_output --partial 'größe'
}

@test "-n takes the last events of --convert, too" {
    seq -f '{"type":"x.y","id":"e%.0f"}' 30000 >log.ndjson
    run sv-eval --convert -n 2 log.ndjson
    assert_equal "$(jq -r .id <<<"$output" | tr '\n' ' ')" "e29999 e30000 "
}

@test "--check does not pass over a policy file that was named as a log" {
    run --separate-stderr sv-eval --check "$policy"
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-eval: --check reads no logs; name policies with -p"
}

@test "an end that has to wait for the reader of the output is cut short by a second signal" {
    seq -f '{"type":"x.y","id":"e%.0f"}' 30000 >log.ndjson
    mkfifo out
    exec 8<>out
    sv-eval -N -p "$policy" log.ndjson >out &
    pid=$!
    sleep 0.3
    kill -TERM $pid
    kill -TERM $pid
    sleep 1.2
    kill -0 $pid
    kill -TERM $pid
    local status=0
    wait $pid || status=$?
    pid=
    assert_equal $status 143
}

@test "a file whose format changes is named once, and each record is read as what it is" {
    cat >mixed.jsonl <<'LOG'
{"type":"thread.started","thread_id":"T"}
{"type":"turn.started"}
{"sessionId":"s","type":"user","uuid":"u","cwd":"/w/shop","message":{"role":"user","content":"go"}}
{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"x"}}
{"session_id":"s","hook_event_name":"Stop","cwd":"/w/shop"}
{"type":"tool.call","agent":"me","tool":"Bash"}
{"type":"sprint.created"}
LOG
    run --separate-stderr sv-eval --convert mixed.jsonl
    assert_success
    assert_equal "$stderr" "sv-eval: mixed.jsonl:3: the format changes from codex-exec to claude here; each record is read as what it is"
    run jq -r '.source + " " + .type + " " + .agent' <<<"$output"
    assert_output "codex-exec session.start codex:T
codex-exec turn.start codex:T
claude session.start claude:shop
claude message.user claude:shop
codex-exec message.agent codex:T
claude-hook turn.end claude:shop
sv tool.call me
sv sprint.created "
    run --separate-stderr sv-eval --convert -i sv mixed.jsonl
    assert_equal "$stderr" ""
    sv-eval --convert - <mixed.jsonl 2>err >/dev/null
    assert_equal "$(cat err)" "sv-eval: -:3: the format changes from codex-exec to claude here; each record is read as what it is"
}

@test "the store knows the format of each source" {
    echo '{"session_id":"s","hook_event_name":"Stop"}' >hook.jsonl
    printf '[\n{"type":"thread.started","thread_id":"T"},\n{"type":"turn.started"}\n]\n' >exec.json
    sv-eval -q --exit-zero -d s.db hook.jsonl exec.json
    run sqlite3 s.db 'SELECT format FROM sources ORDER BY 1'
    assert_output "claude-hook
codex-exec"
}

@test "--home reads what Gemini keeps, and nothing else that lies there" {
    mkdir -p h/.gemini/tmp/abc/chats h/.gemini/tmp/bin
    echo '[]' >h/.gemini/tmp/abc/logs.json
    run --separate-stderr env HOME="$PWD/h" CLAUDE_CONFIG_DIR= CODEX_HOME= GEMINI_CLI_HOME= sv-eval --home --convert
    assert_failure 3
    printf '{\n "sessionId": "s",\n "startTime": "2026-11-02T09:00:00Z",\n "messages": [ {"id":"m","type":"user","content":"go"} ]\n}\n' \
        >h/.gemini/tmp/abc/chats/session-1.json
    run --separate-stderr env HOME="$PWD/h" CLAUDE_CONFIG_DIR= CODEX_HOME= GEMINI_CLI_HOME= sv-eval --home --convert
    assert_success
    assert_equal "$(jq -r .type <<<"$output" | tr '\n' ' ')" "session.start message.user "
    run --separate-stderr env HOME=/nowhere CLAUDE_CONFIG_DIR= CODEX_HOME= GEMINI_CLI_HOME="$PWD/h" sv-eval --home --convert
    assert_success
    rm -r h/.gemini/tmp/abc/chats
    run --separate-stderr env HOME="$PWD/h" CLAUDE_CONFIG_DIR= CODEX_HOME= GEMINI_CLI_HOME= sv-eval --home --convert
    assert_failure 2
    assert_equal "${stderr%%$'\n'*}" "sv-eval: --home: no logs of Claude Code, Codex or Gemini in this user's home"
}
