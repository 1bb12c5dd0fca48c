# SPDX-License-Identifier: ISC
# sv-eval as a person meets it: what goes in, what comes out, what is kept.
load helper

force_push() {
    policy 'when: type == "tool.call" && tool_kind == "shell" && command.contains("push --force")' 'severity: critical' \
        "message: '\"push by \" + agent'"
}

@test "an event that matches is a violation: one line, status 1" {
    force_push
    run --separate-stderr sv-eval -N -p "$policy" < <(
        event type=tool.call tool=Bash agent=claude:shop id=e1 time=2026-11-20T14:02:00Z 'args={"command":"git push --force origin main"}')
    assert_failure 1
    assert_equal "$output" '{"type":"evaluation","id":"test@r0:1.0","time":"2026-11-20T14:02:00Z","policy":"test","outcome":"violation","severity":"critical","action":"observe","agent":"claude:shop","event":"e1","at":"-:1","message":"push by claude:shop"}'
    assert_equal "$stderr" ""
}

@test "an event that does not match prints nothing, status 0" {
    force_push
    run --separate-stderr sv-eval -N -p "$policy" < <(event type=tool.call tool=Bash 'args={"command":"git push origin main"}')
    assert_success
    assert_equal "$output$stderr" ""
}

@test "--exit-zero finds, prints and ends with 0" {
    policy 'when: "true"'
    run sv-eval -N -p "$policy" --exit-zero < <(event type=x.y)
    assert_success
    assert_line --partial '"outcome":"violation"'
}

@test "a typo in a field name is found when the policy is loaded" {
    policy 'when: agnt == "main"'
    run --separate-stderr sv-eval -N -p "$policy" <<<'{"type":"note"}'
    assert_failure 3
    [[ $stderr == "sv-eval: policy.yaml:4:11: "*'"agnt"'*'(did you mean "agent"?)'* ]]
}

@test "--check reports every finding of every file and ends with 1" {
    policy 'when: agnt == "main"'
    cp policy.yaml other.yaml
    sed -i 's/id: test/id: test2/; s/agnt/tol/' other.yaml
    run --separate-stderr sv-eval --check -p policy.yaml -p other.yaml
    assert_failure 1
    [[ $stderr == *policy.yaml:4:11:* && $stderr == *other.yaml:4:11:* ]]
}

@test "--check of sound policies says so, status 0" {
    policy 'when: agent == "main"' 'match: {agent: main}' 'no_match: {agent: other}'
    run --separate-stderr sv-eval --check -p policy.yaml
    assert_success
    assert_output "1 policy in 1 file, no findings"
}

@test "the store keeps evaluations once, however often a file is read" {
    policy 'when: status == "error"'
    { event type=tool.result id=a status=error agent=x; event type=tool.result id=b status=ok; } >log.ndjson
    sv-eval -d s.db -p "$policy" log.ndjson >first || [ $? = 1 ]
    sv-eval -d s.db -p "$policy" log.ndjson >second || [ $? = 1 ]
    cmp first second
    run sqlite3 s.db 'SELECT count(*) FROM supervisor_policy_evaluations; SELECT count(*) FROM runs;'
    assert_line --index 0 1
    assert_line --index 1 2
    assert_equal "$(stat -c %a s.db)" 600
}

@test "the ledger is stored, and printed with -v" {
    policy 'when: status == "error"'
    { event type=x.y; echo; echo '{"broken'; } >log.ndjson
    run --separate-stderr sv-eval -v -d s.db -p "$policy" log.ndjson
    assert_success
    [[ $stderr == *"log.ndjson:3:"*"record rejected: string is not closed"* ]]
    [[ $stderr == *"3 records, 1 blank, 1 rejected, 1 used, 1 events"* ]]
    assert_equal "$(sqlite3 s.db 'SELECT json_extract(ledger, "$.records") || json_extract(ledger, "$.rejected") FROM runs')" 31
}

@test "--strict makes a rejected record status 3" {
    policy 'when: status == "error"'
    run sv-eval -N --strict -p "$policy" <<<'{"broken'
    assert_failure 3
}

@test "up to ten rejected records a file are named, the rest are counted" {
    policy 'when: status == "error"'
    for _ in $(seq 25); do echo '{'; done >log.ndjson
    run --separate-stderr sv-eval -N -p "$policy" log.ndjson
    assert_success
    assert_equal "${#stderr_lines[@]}" 11
    assert_equal "${stderr_lines[10]}" "sv-eval: log.ndjson: 15 more records rejected"
}

@test "a table for people: head, row, a line a policy, the sum" {
    force_push
    event type=tool.call tool=Bash agent=claude:shop time=2026-11-20T14:02:00Z 'args={"command":"git push --force origin main"}' >log.ndjson
    run sv-eval -N -o text --utc --exit-zero -p "$policy" log.ndjson
    assert_line --index 0 --regexp '^SEVERITY +TIME +AGENT +POLICY +WHAT +AT'
    assert_line --index 1 --regexp '^critical +11-20 14:02 +claude:shop +test +git push --force origin main +log.ndjson:1'
    assert_line --index 2 "test 1 (11-20 14:02)"
    assert_line --index 3 "1 violation of 1 policy in 1 event · 1 agent"
}

@test "the program finds its own share from a folder whose path has any length" {
    for length in 63 64 65 127 128 129; do
        pad=$((length - ${#PWD} - 5))
        [ $pad -gt 0 ] || continue
        place=$PWD/$(printf "%0${pad}d" 0)
        mkdir -p "$place/bin" "$place/share/sv-tools/policies"
        assert_equal $((length)) "$((${#place} + 4))"
        ln -f "$build/bin/sv-eval" "$place/bin/sv-eval" 2>/dev/null || cp "$build/bin/sv-eval" "$place/bin/sv-eval"
        run "$place/bin/sv-eval" -V -v
        assert_success
        assert_output --partial "$place/share/sv-tools/policies"
    done
}

@test "-n prints the last ones only" {
    policy 'when: "true"'
    printf '{"type":"x.y","id":"e%d"}\n' 1 2 3 4 5 >log.ndjson
    run sv-eval -N --exit-zero -n 2 -p "$policy" log.ndjson
    assert_equal "${#lines[@]}" 2
    assert_line --index 0 --partial '"event":"e4"'
    assert_line --index 1 --partial '"event":"e5"'
}

@test "-S and -U leave out what lies outside, and what has no time" {
    policy 'when: "true"'
    { event type=x.y id=a time=2026-11-19T00:00:00Z; event type=x.y id=b time=2026-11-20T00:00:00Z; event type=x.y id=c; \
      event type=x.y id=d time=2026-11-21T00:00:00Z; } >log.ndjson
    run sv-eval -N --exit-zero -S 2026-11-20T00:00:00Z -U 2026-11-21T00:00:00Z -p "$policy" log.ndjson
    assert_equal "${#lines[@]}" 1
    assert_line --partial '"event":"b"'
}

@test "--set and SV_SET fill fields that events lack" {
    policy 'when: host == "web3" && team == "pay"'
    SV_SET=team=pay run sv-eval -N --set host=web3 --exit-zero -p "$policy" < <(event type=x.y; event type=x.y host=web4)
    assert_equal "${#lines[@]}" 1
    run --separate-stderr sv-eval -N --set hots=web3 -p "$policy" </dev/null
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-eval: --set hots=web3: no such field"
}

@test "--only and --skip choose by id, glob and tag" {
    policies p.yaml <<'END'
version: 1
policies:
  - {id: git-a, tags: [git], when: "true"}
  - {id: git-b, when: "true"}
  - {id: cost, when: "true"}
END
    run sv-eval -N --exit-zero -p p.yaml --only 'git-*' --skip git < <(event type=x.y)
    assert_equal "${#lines[@]}" 1
    assert_line --partial '"policy":"git-b"'
}

@test "--convert prints canonical events, redacted; --no-notes leaves notes out" {
    key=AKIA$(printf 'Q%.0s' $(seq 16))
    run sv-eval --convert --no-notes < <(event type=tool.call tool=Bash id=1 "args={\"command\":\"export X=$key\"}"; event type=note)
    assert_success
    assert_equal "${#lines[@]}" 1
    assert_output --partial '"tool_kind":"shell"'
    assert_output --partial '[redacted:'
    refute_output --partial "$key"
    run sv-eval --convert --no-redact < <(event type=tool.call tool=Bash id=1 "args={\"command\":\"export X=$key\"}")
    assert_output --partial "$key"
}

@test "--all prints what passed, and stores none of it" {
    policy 'when: status == "error"' 'scope: {agent: "a*"}'
    run sv-eval --all -d s.db -p "$policy" < <(event type=x.y agent=ab; event type=x.y agent=zz)
    assert_success
    assert_equal "${#lines[@]}" 1
    assert_line --partial '"outcome":"pass"'
    assert_equal "$(sqlite3 s.db 'SELECT count(*) FROM supervisor_policy_evaluations')" 0
}

@test "files named together are read merged by time" {
    policy 'when: "true"'
    for i in 1 3 5; do event type=x.y "id=a$i" "time=2026-11-20T00:00:0${i}Z"; done >a.ndjson
    for i in 2 4 6; do event type=x.y "id=b$i" "time=2026-11-20T00:00:0${i}Z"; done >b.ndjson
    run sv-eval -N --exit-zero -p "$policy" a.ndjson b.ndjson
    assert_equal "$(jq -r .event <<<"$output" | tr -d '\n')" a1b2a3b4a5b6
}

@test "block sizes do not change a byte" {
    policy 'when: type == "x.y"' "message: 'agent + text'"
    for i in $(seq 40); do printf '{"type":"x.y","agent":"a%d","text":"Gr\xc3\xb6\xc3\x9fe %*s"}\n' "$i" "$i" ''; done >log.ndjson
    printf '\r\n\n{"type":"x.y","text":"last, no newline"}' >>log.ndjson
    for size in 1 2 7 4096 1048576; do
        SV_BLOCK_SIZE=$size sv-eval -N --exit-zero -p "$policy" log.ndjson >out.$size
        cmp out.1 out.$size
    done
    assert_equal "$(wc -l <out.1)" 41
}

@test "--jobs: the same comes out, whoever looks at the events" {
    sv-bench gen -n 20000 --seed 5 >fleet.ndjson # more than 8 MB: less is not worth a thread
    [ "$(stat -c %s fleet.ndjson)" -gt 8388608 ]
    printf 'no event\n{"type":"tool.call","tool":"Bash","agent":"x","args":{"command":"git push --force"}}\n' >>fleet.ndjson
    for jobs in 1 2 5; do
        run -3 --separate-stderr sv-eval -N --strict --jobs "$jobs" -p "$top/share/policies" fleet.ndjson
        printf '%s\n%s\n' "$output" "$stderr" >"said.$jobs"
    done
    cmp said.1 said.2
    cmp said.1 said.5
    [ "$(wc -l <said.1)" -gt 20 ]
    run -2 sv-eval --jobs 0 fleet.ndjson
    assert_line --partial '--jobs 0: a number from 1 to 64 is expected'
}

@test "a live pipe is answered at once" {
    policy 'when: "true"'
    mkfifo in
    sv-eval -N -p "$policy" in >out &
    exec 7>in
    event type=x.y >&7
    soon test -s out
    assert_equal "$(wc -l <out)" 1
    exec 7>&-
    wait $! || [ $? = 1 ]
}

@test "SIGTERM finishes the batch, commits, prints the ledger, status 0" {
    policy 'when: "true"'
    mkfifo in
    sv-eval -v -d s.db -p "$policy" in >out 2>err &
    pid=$!
    exec 7>in
    event type=x.y >&7
    soon test -s out
    kill -TERM $pid
    wait $pid
    exec 7>&-
    assert_equal "$(sqlite3 s.db 'SELECT count(*) FROM supervisor_policy_evaluations')" 1
    grep -q '1 records' err
    assert_equal "$(sqlite3 s.db 'SELECT ended_at > 0 FROM runs')" 1
}

@test "a closed stdout ends it quietly, the batch in hand is stored" {
    policy 'when: "true"'
    seq -f '{"type":"x.y","id":"e%.0f"}' 30000 >log.ndjson
    run --separate-stderr bash -c "set -o pipefail; sv-eval -d s.db -p $policy log.ndjson | head -n 1 | wc -l"
    assert_success
    assert_output 1
    assert_equal "$stderr" ""
    rows=$(sqlite3 s.db 'SELECT count(*) FROM supervisor_policy_evaluations')
    [ "$rows" -ge 1 ]
    [ "$rows" -lt 30000 ]
    assert_equal "$(sqlite3 s.db "SELECT ended_at > 0, ledger ->> 'rows' FROM runs")" "1|$rows"
}

@test "a full stdout is an error" {
    policy 'when: "true"'
    run --separate-stderr bash -c "sv-eval -N -p $policy >/dev/full" < <(event type=x.y)
    assert_failure 4
    assert_equal "$stderr" "sv-eval: standard output: No space left on device"
}

@test "fifty processes with fifty files on one store: none fails, rows exact" {
    policy 'when: "true"'
    for i in $(seq 50); do seq -f "{\"type\":\"x.y\",\"id\":\"$i-%.0f\"}" 40 >"log$i.ndjson"; done
    for i in $(seq 50); do sv-eval -d s.db --exit-zero -p "$policy" "log$i.ndjson" >"out$i" 2>"err$i" & pids="${pids-} $!"; done
    for pid in $pids; do wait "$pid"; done
    assert_equal "$(cat err*)" ""
    assert_equal "$(cat out* | wc -l)" 2000
    assert_equal "$(sqlite3 s.db 'SELECT count(*) FROM supervisor_policy_evaluations')" 2000
}

@test "a folder of files is made known to the store in one commit" {
    policy 'when: "false"'
    for i in $(seq 40); do event id="e$i" >"log$i.ndjson"; done
    syncs() { rm -f s.db*; strace -f -qq -o trace -e trace=fdatasync sv-eval -d s.db -p "$policy" "$@"; grep -c fdatasync trace; }
    need_trace
    assert_equal "$(syncs .)" "$(syncs log1.ndjson)"
    assert_equal "$(sqlite3 s.db 'SELECT count(*) FROM sources')" 1
    syncs .
    assert_equal "$(sqlite3 s.db 'SELECT count(*) FROM sources')" 40
}

@test "fifty files that go on at the same time are opened twice each, not for each record; with few descriptors too they are merged" {
    policy 'when: "true"'
    mkdir logs
    for i in $(seq 50); do
        seq -f "{\"type\":\"x.y\",\"time\":\"2026-01-01T00:%02.0f:$((i + 9)).0Z\",\"agent\":\"$i\"}" 0 19 >logs/$i.ndjson
    done
    need_trace
    ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace -e trace=openat sv-eval -N --exit-zero -p "$policy" logs >out
    assert_equal "$(grep -c '"logs/.*ndjson"' trace)" 100
    assert_equal "$(jq -r .time out | sort -c && wc -l <out)" 1000
    (ulimit -n 24 && sv-eval -N --exit-zero -p "$policy" logs) >few
    cmp out few
}

@test "what comes through a pipe without a time gets that of its arrival, a file at rest never" {
    echo '{"type":"x.y","id":"1"}' >log.ndjson
    run sv-eval --convert log.ndjson
    assert_output '{"id":"1","source":"sv","type":"x.y"}'
    SV_NOW=2026-11-20T10:00:00Z run sv-eval --convert < <(cat log.ndjson)
    assert_output '{"id":"1","time":"2026-11-20T10:00:00Z","time_from":"arrival","source":"sv","type":"x.y"}'
}
