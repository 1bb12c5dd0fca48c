#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# CSV and logfmt as a user meets them: converted, judged, merged, broken, hostile.

load helper

some_csv() {
    printf '\xef\xbb\xbflatency_ms,tool,args,time,type,agent\r\n'
    printf '12.5,Bash,"{""command"":\r\n ""make test""}",2026-11-20T09:30:00Z,tool.call,bot-1\r\n'
    printf ',Bash,"ls ""x"", y",1763631060,tool.call,bot-2\r\n'
}

@test "CSV is converted; what was converted stays as it is; the size of blocks is of no account" {
    some_csv >log.csv
    run --separate-stderr sv-eval --convert log.csv
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(jq -c '[.source, .time, .agent, .command, .latency_ms]' <<<"$output")" \
        '["csv","2026-11-20T09:30:00Z","bot-1","make test","12.5"]
["csv","2025-11-20T09:31:00Z","bot-2","ls \"x\", y",null]'
    assert_equal "$(jq -r .id <<<"$output" | cut -d: -f2)" $'2.0\n3.0'
    printf '%s\n' "$output" >first
    run sv-eval --convert - <first
    assert_equal "$output" "$(cat first)"
    for block in 1 7 4096; do
        SV_BLOCK_SIZE=$block run sv-eval --convert log.csv
        assert_equal "$output" "$(cat first)"
    done
    run sv-eval --convert - <log.csv
    assert_equal "$output" "$(cat first)"
}

@test "a policy reads columns, typed by its fields; findings name the line, ids the record" {
    policies p.yaml <<'END'
version: 1
fields: {latency_ms: double}
policies:
  - id: slow
    when: latency_ms > 10.0 && event.region == "eu"
END
    { echo 'type,agent,latency_ms,region,text' && echo 'note,a,5,eu,"x' && echo 'y"' && echo 'note,b,50,eu,z' && echo 'note,c,50,us,z'; } >log.csv
    run --separate-stderr sv-eval -N -p p.yaml log.csv
    assert_failure 1
    assert_equal "$stderr" ""
    assert_equal "$(jq -r '.agent + " " + .at' <<<"$output")" "b log.csv:4"
    assert_regex "$(jq -r .id <<<"$output")" '^slow@[0-9a-f]{16}:3\.0$'
}

@test "an unclosed quote costs its line, text behind a quote too, wrong counts theirs; the rest is read" {
    printf 'type,agent\nnote,a\nnote,"b\nnote,"c"x\nnote,d,e\n"no\nte"\nnote,f\n' >log.csv
    run --separate-stderr sv-eval --convert log.csv
    assert_success
    assert_equal "$(jq -r .agent <<<"$output" | paste -sd' ')" "a f"
    assert_equal "$stderr" 'sv-eval: log.csv:3:6: record rejected: the quote opened here is not closed
sv-eval: log.csv:4:9: record rejected: text behind the closing quote of a cell (a quote inside a quoted cell is written twice)
sv-eval: log.csv:5:8: record rejected: 3 cells, the header names 2
sv-eval: log.csv:7:4: record rejected: 1 cell, the header names 2'
    run --separate-stderr sv-eval --convert --strict log.csv
    assert_failure 3
}

@test "a header that cannot be used: said once, status 3, other files are read" {
    printf 'type,agent,type\nnote,a,b\nnote,c,d\n' >twice.csv
    printf 'type;agent\nnote;a\n' >semi.csv
    printf 'type,agent\nnote,good\n' >good.csv
    run --separate-stderr sv-eval -i csv --convert twice.csv good.csv semi.csv
    assert_failure 3
    assert_equal "$(jq -r .agent <<<"$output")" good
    assert_line_of "$stderr" 'sv-eval: twice.csv:1:12: file not read: column "type" stands twice in the header'
    assert_line_of "$stderr" 'sv-eval: twice.csv: 2 more records rejected'
    assert_line_of "$stderr" 'sv-eval: semi.csv:1:1: file not read: the columns are parted by semicolons, and only commas are read (mlr --icsv --ifs semicolon --ocsv cat)'
}

assert_line_of() {
    grep -qxF -- "$2" <<<"$1" || fail "no line \"$2\" in: $1"
}

@test "files of all kinds are merged by time" {
    { echo 'time,type,agent' && for s in 1 4 7; do echo "170000000$s,note,csv$s"; done; } >a.csv
    { echo 'agent,x,ts,type' && for s in 2 5; do echo "other$s,\"a,
b\",170000000$s,note"; done; } >b.csv
    for s in 3 6; do echo "ts=170000000$s type=note agent=\"log fmt$s\""; done >c.log
    for s in 0 8; do echo "{\"type\":\"note\",\"time\":170000000$s,\"agent\":\"json$s\"}"; done >d.ndjson
    run --separate-stderr sv-eval --convert a.csv b.csv c.log d.ndjson
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(jq -r .agent <<<"$output" | grep -o '.$' | paste -sd' ')" "0 1 2 3 4 5 6 7 8"
}

@test "the header of a file that is merged is read once, not once a record" {
    awk 'BEGIN { printf "agent"; for (i = 0; i < 8000; i++) printf ",c%d", i; print ""; for (i = 0; i < 50000; i++) print "x" }' >wide.csv
    printf 'agent,time\na,2026-11-20T10:00:00Z\n' >other.csv
    run -0 --separate-stderr timeout 20 sv-eval -N --convert wide.csv other.csv
    assert_equal "${#lines[@]}" 1
    [[ $stderr == *"wide.csv: 49990 more records rejected"* ]]
}

@test "logfmt: converted, judged, broken lines named" {
    printf 'ts=2026-11-20T09:30:00Z type=error agent=bot error="disk \\"sda\\" full" level=info\nplain words\na=1 b="x\ntype=note retry\n' >log
    run --separate-stderr sv-eval --convert log
    assert_success
    assert_equal "$(jq -c '[.source, .type, .error, .level, .retry]' <<<"$output")" \
        $'["logfmt","error","disk \\"sda\\" full","info",null]\n["logfmt","note",null,null,"true"]'
    assert_equal "$stderr" 'sv-eval: log:2:1: record rejected: no key=value in this line
sv-eval: log:3:7: record rejected: the quote opened here is not closed'
}

@test "neither is taken for plain text or broken JSON" {
    printf 'Dear agent, the session ended\nstatus, error\n' >text
    printf '{"type":"note","agent":\n{"type":"note"}\n' >json
    run --separate-stderr sv-eval --convert text json
    assert_equal "$(jq -r .source <<<"$output")" sv
    assert_equal "$(grep -c 'record rejected' <<<"$stderr")" 3
}

@test "a header alone, an empty file, blank lines: no events, no complaint but about the empty one" {
    echo 'type,agent' >head.csv
    printf '\n\n\ntype,agent\n\n' >blank.csv
    run --separate-stderr sv-eval -i csv --convert head.csv blank.csv
    assert_success
    assert_equal "$output$stderr" ""
}

@test "a live pipe: a record is out when its last line came" {
    mkfifo pipe
    sv-eval --convert -i csv pipe >out 2>err &
    program=$!
    exec 7>pipe
    printf 'type,text\nnote,"a\n' >&7
    sleep 0.2
    assert_equal "$(cat out)" ""
    printf 'b"\n' >&7
    for _ in $(seq 50); do
        [ -s out ] && break
        sleep 0.1
    done
    assert_equal "$(jq -r '.text + " " + .time_from' out)" $'a\nb arrival'
    exec 7>&-
    wait "$program"
    assert_equal "$(cat err)" ""
}

@test "a cell of 100 MB, quotes that never close, a million columns: bounded memory, the rest is read" {
    need python3
    python3 - >huge.csv <<'END'
print('type,agent,text')
print('note,a,"' + 'x' * 100_000_000 + '"')
print('note,b,y')
print('note,c,"open')
for i in range(400_000): print('note,d,' + 'z' * 80)
print(',' * 1_000_000)
print('note,e,y')
END
    (limit_memory 131072 && exec sv-eval --convert huge.csv >out 2>err)
    assert_equal "$(wc -l <out)" 400002
    assert_equal "$({ head -n 1 out && tail -n 1 out; } | jq -r .agent | paste -sd' ')" "b e"
    assert_equal "$(cat err)" 'sv-eval: huge.csv:2: record rejected: longer than 16777216 bytes
sv-eval: huge.csv:4:8: record rejected: the quote opened here is not closed
sv-eval: huge.csv:400005:4: record rejected: 1000001 cells, the header names 3'
}
