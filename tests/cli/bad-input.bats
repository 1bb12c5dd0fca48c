#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What is broken, hostile, too big or not ours: each has one clear line `program: file:line:column: what`, the right status, and
# nothing lost or half done.

load helper

setup() {
    clean_place
    policy 'when: "true"' 'message: agent'
}

good() { # good N: a sound line that is a violation of $policy, its agent aN
    printf '{"type":"note","id":"e%s","agent":"a%s"}\n' "$1" "$1"
}

many() { # many N: good 1 to good N, at once
    seq "$1" | sed 's/.*/{"type":"note","id":"e&","agent":"a&"}/'
}

agents() { # of the evaluations in $output
    jq -rs 'map(.agent) | join(" ")' <<<"$output"
}

judge() { # judge ARGUMENT...: runs sv-eval with $policy and no store, streams apart
    run --separate-stderr sv-eval -N -p "$policy" "$@"
}

error_is() { # error_is LINE: the whole of stderr, `*` for what may vary
    # shellcheck disable=SC2053 # a pattern
    [[ $stderr == $1 ]] || fail "stderr: $stderr"
}

one_error() { # one_error LINE: stderr is this one line
    [ "$(wc -l <<<"$stderr")" = 1 ] || fail "stderr has more than one line: $stderr"
    error_is "$1"
}

no_match() { # no_match PATTERN TEXT
    if grep -qP "$1" <<<"$2"; then fail "found $1 in: $(cat -v <<<"$2")"; fi
}

no_controls() { # no_controls TEXT: lines and tabs aside
    no_match '[\x00-\x08\x0b-\x1f\x7f]' "$1"
}

# unprivileged COMMAND...: as somebody who is not root, so that permissions count.
unprivileged() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    else
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
    fi
}

need_unprivileged() { # the working folder and the program can be reached by that somebody
    local folder
    [ "$(id -u)" != 0 ] && return
    need setpriv
    for folder in "$PWD" "$build/bin"; do
        while [ "$folder" != / ]; do
            case $folder in "$BATS_RUN_TMPDIR"* | "${SV_TEST_DIR:-$BATS_RUN_TMPDIR}"*) chmod go+rx "$folder" ;; esac
            folder=${folder%/*} folder=${folder:-/}
        done
    done
    unprivileged test -x "$build/bin/sv-eval" || skip "another user cannot reach $build/bin"
    unprivileged test -r "$PWD" || skip "another user cannot reach $PWD"
}

# --- records

@test "a broken line is named with its column, left out and counted; the rest is read" {
    { good 1; echo '{"type":"note","x":tru}'; good 3; } >x.jsonl
    judge x.jsonl
    assert_failure 1
    one_error "sv-eval: x.jsonl:2:20: record rejected: *"
    assert_equal "$(agents)" "a1 a3"
}

@test "two objects on a line are one broken line" {
    { echo '{"type":"note"}{"type":"note"}'; good 2; } >x.jsonl
    judge x.jsonl
    assert_failure 1
    one_error "sv-eval: x.jsonl:1:16: record rejected: *"
    assert_equal "$(agents)" "a2"
}

@test "a line that is JSON but no object is rejected" {
    printf '[1]\n"x"\n7\nnull\n' >x.jsonl
    judge --strict x.jsonl
    assert_failure 3
    assert_output ""
    [ "$(grep -c '^sv-eval: x.jsonl:[1-4]:.*record rejected: ' <<<"$stderr")" = 4 ]
}

@test "invalid UTF-8 is rejected where it stands" {
    { good 1; printf '{"type":"note","text":"a\xff\xfe"}\n'; printf '{"type":"note","text":"\xed\xa0\x80"}\n'; good 4; } >x.jsonl
    judge x.jsonl
    assert_failure 1
    error_is $'sv-eval: x.jsonl:2:25: record rejected: *\nsv-eval: x.jsonl:3:24: record rejected: *'
    assert_equal "$(agents)" "a1 a4"
}

@test "a NUL in a line is rejected, and ends neither the line nor the run" {
    { good 1; printf '{"type":"note","text":"a\0b"}\n'; good 3; } >x.jsonl
    judge x.jsonl
    assert_failure 1
    one_error "sv-eval: x.jsonl:2:25: record rejected: *"
    assert_equal "$(agents)" "a1 a3"
}

@test "a last line without its newline is read when it is whole, rejected when it is cut" {
    { good 1; good 2 | tr -d '\n'; } >whole.jsonl
    judge whole.jsonl
    assert_failure 1
    assert_equal "$stderr" ""
    assert_equal "$(agents)" "a1 a2"
    { good 1; good 2 | head -c 20; } >cut.jsonl
    judge cut.jsonl
    assert_failure 1
    one_error "sv-eval: cut.jsonl:2:*: record rejected: *"
    assert_equal "$(agents)" "a1"
}

@test "SV_LINE_MAX: a line of 16 MiB is read, one byte more is rejected, in bounded memory, and the next line is judged" {
    line() { # line BYTES: a note of so many bytes, without its newline
        printf '{"type":"note","agent":"long","text":"'
        head -c $(($1 - 40)) /dev/zero | tr '\0' x
        printf '"}'
    }
    { line $((16 << 20)) && echo && good 2; } >exact.jsonl
    assert_equal "$(head -n 1 exact.jsonl | wc -c)" $(((16 << 20) + 1))
    judge exact.jsonl
    assert_equal "$stderr" ""
    assert_equal "$(agents)" "long a2"
    { line $(((16 << 20) + 1)) && echo && good 2; } >longer.jsonl
    judge longer.jsonl
    assert_failure 1
    one_error "sv-eval: longer.jsonl:1: record rejected: longer than 16777216 bytes"
    assert_equal "$(agents)" "a2"
    { head -c $((100 << 20)) /dev/zero | tr '\0' x && echo && good 2; } >huge.jsonl
    case $build in *address*) ;; *) ulimit -v 200000 ;; esac # KiB; a sanitizer's shadow is larger than that
    judge huge.jsonl
    assert_failure 1
    one_error "sv-eval: huge.jsonl:1: record rejected: longer than 16777216 bytes"
    assert_equal "$(agents)" "a2"
}

@test "SV_JSON_DEPTH_MAX, SV_JSON_KEYS_MAX, SV_NUMBER_MAX: the bound is read, one more rejected" {
    nested() { printf '{"type":"note","agent":"%s","x":%s%s}\n' "$1" "$(printf '[%.0s' $(seq "$1"))" "$(printf ']%.0s' $(seq "$1"))"; }
    keys() { printf '{"type":"note","agent":"%s","x":{%s}}\n' "$1" "$(seq -s, -f '"k%.0f":1' "$1")"; }
    digits() { printf '{"type":"note","agent":"%s","x":%s}\n' "$1" "$(head -c "$1" /dev/zero | tr '\0' 7)"; }
    { nested 126; nested 127; nested 128; } >depth.jsonl
    { keys 65535; keys 65536; keys 65537; } >keys.jsonl
    { digits 1023; digits 1024; digits 1025; } >number.jsonl
    for file in depth keys number; do
        judge $file.jsonl
        assert_failure 1
        one_error "sv-eval: $file.jsonl:3:*: record rejected: *"
        assert_equal "$(wc -l <<<"$output")" 2
    done
}

@test "SV_EVENT_ID_MAX: an id of 256 bytes is kept, a longer one is replaced by the event's address" {
    id() { head -c "$1" /dev/zero | tr '\0' i; }
    for bytes in 255 256 257; do printf '{"type":"note","id":"%s"}\n' "$(id $bytes)"; done >x.jsonl
    judge x.jsonl
    assert_failure 1
    assert_equal "$stderr" ""
    assert_equal "$(jq -r '.event | length' <<<"${lines[0]}${lines[1]}" | tr '\n' ' ')" "255 256 "
    assert_equal "$(jq -r .event <<<"${lines[2]}")" "$(jq -r .id <<<"${lines[2]}" | sed 's/^test@//')"
}

@test "a million keys, a million levels, a million escapes cost no more than their bytes" {
    {
        printf '{"type":"note","x":%s\n' "$(head -c 1000000 /dev/zero | tr '\0' '[')"
        printf '{"type":"note","x":{%s}}\n' "$(seq -s, -f '"%.0f":1' 1000000)"
        printf '{"type":"note","agent":"escapes","text":"%s"}\n' "$(yes '\ud83d\ude00\u0000\n' | head -n 50000 | tr -d '\n')"
        good 4
    } >x.jsonl
    judge x.jsonl
    assert_failure 1
    assert_equal "$(agents)" "escapes a4"
    [ "$(grep -c 'record rejected' <<<"$stderr")" = 2 ]
}

@test "four hundred pairs of long names, all different, cost no more memory than a few" {
    head -c 60000 /dev/zero | tr '\0' n >name
    bash -c 'name=$(<name)
        for ((i = 1; i <= 400; i++)); do
            printf "{\"type\":\"note\",\"agent\":\"%s %s\",\"session\":\"%s %s\",\"input_tokens\":1}\n" "$i" "$name" "$i" "$name"
        done' >x.jsonl
    limit_memory 40000 # KiB, less than the names
    run --separate-stderr bash -c "sv-eval -d s.db -p $policy x.jsonl | wc -l"
    assert_output 400
    assert_equal "$stderr" ""
}

@test "bytes that are no log at all are rejected, ten by name, the rest by count" {
    { head -c 300000 "$build/bin/sv-eval"; echo; good 1; } >x.jsonl
    judge x.jsonl
    assert_equal "$(agents)" "a1"
    assert_equal "$(grep -c 'record rejected: ' <<<"$stderr")" 10
    [[ $stderr == *"sv-eval: x.jsonl: "*" more records rejected" ]]
    no_controls "$stderr"
}

# --- files

@test "an empty file, one of blank lines, and one of a byte order mark hold no record: status 0" {
    : >empty.jsonl
    printf '\n\n  \n' >blank.jsonl
    printf '\xef\xbb\xbf' >bom.jsonl
    judge empty.jsonl blank.jsonl bom.jsonl
    assert_success
    assert_output ""
    error_is $'sv-eval: empty.jsonl: empty file\nsv-eval: bom.jsonl: empty file'
}

@test "a byte order mark and CRLF are no part of a record" {
    printf '\xef\xbb\xbf{"type":"note","agent":"a1"}\r\n{"type":"note","agent":"a2"}\r\n' >x.jsonl
    judge x.jsonl
    assert_failure 1
    assert_equal "$stderr" ""
    assert_equal "$(agents)" "a1 a2"
}

@test "a folder without logs is told, status 3" {
    mkdir none
    touch none/readme.txt
    judge none
    assert_failure 3
    one_error "sv-eval: none: no log files (\*.jsonl, \*.ndjson, session-\*.json) in this folder"
}

@test "a file that is not there is told, status 3; the others are read" {
    good 1 >x.jsonl
    judge missing.jsonl x.jsonl
    assert_failure 3
    one_error "sv-eval: missing.jsonl: cannot open: No such file or directory"
    assert_equal "$(agents)" "a1"
}

@test "an unreadable file is told, status 3; the others are read" {
    need_unprivileged
    good 1 >x.jsonl
    good 2 >secret.jsonl
    chmod 000 secret.jsonl
    run --separate-stderr unprivileged "$build/bin/sv-eval" -N -p "$policy" secret.jsonl x.jsonl
    assert_failure 3
    one_error "sv-eval: secret.jsonl: cannot open: Permission denied"
    assert_equal "$(agents)" "a1"
}

# --- policies

@test "a policy file that is no YAML: file, line, column, status 3, and no line of input is judged" {
    printf 'version: 1\npolicies:\n  - id: test\n    when: "true\n' >broken.yaml
    run --separate-stderr sv-eval -N -p broken.yaml < <(good 1)
    assert_failure 3
    assert_output ""
    error_is "sv-eval: broken.yaml:[0-9]*:[0-9]*: *"
}

@test "a condition that is no CEL: the column within the file, status 3" {
    policy 'when: type == "note" &&'
    judge < <(good 1)
    assert_failure 3
    assert_output ""
    error_is "sv-eval: policy.yaml:4:*: *"
}

@test "an unknown key is named with the one meant" {
    policy 'when: "true"' 'severty: error'
    judge < <(good 1)
    assert_failure 3
    error_is 'sv-eval: policy.yaml:5:5: unknown key "severty" (did you mean "severity"?)*'
}

@test "two policies with one id: the second is named, status 3" {
    { cat policy.yaml; printf '  - id: test\n    when: "false"\n'; } >twice.yaml
    run --separate-stderr sv-eval -N -p twice.yaml < <(good 1)
    assert_failure 3
    assert_output ""
    error_is "sv-eval: twice.yaml:6:*: *\"test\"*"
    cp policy.yaml other.yaml
    run --separate-stderr sv-eval -N -p policy.yaml -p other.yaml < <(good 1)
    assert_failure 3
    error_is "sv-eval: other.yaml:3:*: *\"test\"*"
}

@test "a YAML bomb is refused at once" {
    {
        echo 'a: &a [x,x,x,x,x,x,x,x,x,x]'
        for pair in ab bc cd de ef fg gh hi; do
            from=${pair%?} to=${pair#?}
            echo "$to: &$to [*$from,*$from,*$from,*$from,*$from,*$from,*$from,*$from,*$from,*$from]"
        done
        cat policy.yaml
    } >bomb.yaml
    SECONDS=0
    run --separate-stderr timeout 20 sv-eval -N -p bomb.yaml < <(good 1)
    assert_failure 3
    error_is "sv-eval: bomb.yaml:[0-9]*"
    assert [ "$SECONDS" -lt 5 ]
}

@test "SV_YAML_DEPTH_MAX: nesting beyond 64 is refused, however deep, at once" {
    for depth in 65 50000; do
        { cat policy.yaml; printf '    tags: '; head -c $depth /dev/zero | tr '\0' '['; } >deep.yaml
        SECONDS=0
        run --separate-stderr timeout 20 sv-eval -N -p deep.yaml < <(good 1)
        assert_failure 3
        error_is "sv-eval: deep.yaml:[0-9]*"
        assert [ "$SECONDS" -lt 5 ]
    done
}

@test "SV_POLICY_FILE_MAX: a file of 1 MiB is read, one byte more is not" {
    cp policy.yaml exact.yaml
    printf '#%*s\n' $(((1 << 20) - $(wc -c <policy.yaml) - 2)) '' >>exact.yaml
    assert_equal "$(wc -c <exact.yaml)" $((1 << 20))
    run --separate-stderr sv-eval -N -p exact.yaml < <(good 1)
    assert_failure 1
    assert_equal "$stderr" ""
    echo >>exact.yaml
    run --separate-stderr sv-eval -N -p exact.yaml < <(good 1)
    assert_failure 3
    assert_output ""
    error_is "sv-eval: exact.yaml: *"
}

@test "no policies at all: a file that is not there, a folder without any" {
    run --separate-stderr sv-eval -N -p missing.yaml < <(good 1)
    assert_failure 3
    error_is "sv-eval: missing.yaml: *No such file or directory*"
    mkdir empty
    run --separate-stderr sv-eval -N -p empty < <(good 1)
    assert_failure 3
    error_is "sv-eval: empty: *"
}

# --- policies that look at more than one event

wrong() { # wrong TEXT LINE...: a policy of these lines is not loaded, because of TEXT (a pattern) in the first line of stderr
    policy "${@:2}"
    judge /dev/null
    assert_failure 3
    # shellcheck disable=SC2053
    [[ ${stderr%%$'\n'*} == "sv-eval: $policy:"$1 ]] || fail "for ${*:2}: $stderr"
    assert_output ""
}

@test "an unknown kind, and two kinds in one policy" {
    wrong '3:5: this policy has no "when"' 'widget: 5m'
    [[ $stderr == *$'\n'"sv-eval: $policy:4:5: unknown key \"widget\""* ]]
    wrong '4:5: unknown key "windw" (did you mean "window"?)' 'windw: 5m' 'having: count > 5'
    wrong '6:5: a policy has one kind: this one is "absent" already' 'absent: 5m' 'by: [agent]' 'limit: 5/1m'
    wrong '6:5: a policy has one kind: this one is "window" already' 'window: 5m' 'having: count > 5' 'loop: {same: 3}'
}

@test "a window of zero, of no length, with a wrong unit or zone" {
    wrong '4:13: "window" must be longer than zero' 'window: 0s' 'having: count > 1'
    wrong '4:13: "window" must be a duration such as 60s or 24h, or hour, day, week or month' 'window: 5 parsecs' 'having: count > 1'
    wrong '4:13: "window" must be a duration *' 'window: -5m' 'having: count > 1'
    wrong '4:13: "window" must be a duration *' 'window: 5' 'having: count > 1'
    wrong '4:13: "window" must be a duration *' 'window: [5m]' 'having: count > 1'
    wrong '4:13: "window" must be a duration *' 'window: year' 'having: count > 1'
    wrong '5:9: unknown time zone "Europe/Berln"' 'window: day' 'tz: Europe/Berln' 'having: count > 1'
    wrong '5:5: "tz" goes with a window of the calendar*' 'window: 5m' 'tz: Europe/Berlin' 'having: count > 1'
}

@test "having without window, a window without having, and what having cannot be" {
    wrong '4:5: "having" goes with "window"' 'having: count > 5' 'when: type == "x"'
    wrong '4:5: "having" goes with "window"' 'having: count > 5' 'absent: 5m' 'by: agent'
    wrong '4:5: "window" needs "having" beside it' 'window: 5m'
    wrong '5:13: unknown field "cont" (did you mean "count"?)' 'window: 5m' 'having: cont > 5'
    wrong '5:17: sum(): numbers are wanted' 'window: 5m' 'having: sum(agent) > 5'
    wrong '5:13: this looks at many events, not at one: *last(exit_code)' 'window: 5m' 'having: exit_code > 5'
    wrong '5:13: *bool*' 'window: 5m' 'having: count'
}

@test "wrong numbers and shapes of the other kinds" {
    wrong '4:12: "limit" must be a number in a time, such as 100/1m' 'limit: 0/1m'
    wrong '4:12: "limit" must be *' 'limit: 5/0s'
    wrong '4:12: "limit" must be *' 'limit: five'
    wrong '4:5: "absent" needs "by" beside it' 'absent: 5m'
    wrong '4:15: a sequence has at least two steps, one of them with "when"' 'sequence: [{when: type == "x"}]' 'within: 1m'
    wrong '4:16: a sequence begins with a "when"' 'sequence: [{not: type == "x"}, {when: type == "y"}]' 'within: 1m'
    wrong '4:5: "sequence" needs "within" beside it' 'sequence: [{when: type == "x"}, {when: type == "y"}]'
    wrong '4:18: "same" must be from 2 to 1000' 'loop: {same: 1}' 'by: agent'
    wrong '5:12: "learn" must be a duration *' 'new: tool' 'learn: -1h'
    wrong '6:10: unknown field "agnt" (did you mean "agent"?)' 'window: 5m' 'having: count > 5' 'by: [agnt]'
    wrong '6:26: a key has one tree' 'window: 5m' 'having: count > 5' 'by: ["tree(agent)", "tree(session)"]'
    wrong '6:15: "max_keys" must be a number of at least 1' 'window: 5m' 'having: count > 5' 'max_keys: 0'
}

@test "a key that fails, or is absent, is counted, and told once for each event" {
    policy 'by: ["event.n / event.m"]' 'window: 1m' 'having: count > 1' 'realert: 0s'
    {
        echo '{"type":"note","id":"e1","n":6,"m":0,"time":"2026-11-02T09:00:00Z"}'
        echo '{"type":"note","id":"e2","n":6,"time":"2026-11-02T09:00:01Z"}'
        echo '{"type":"note","id":"e3","n":6,"m":3,"time":"2026-11-02T09:00:02Z"}'
        echo '{"type":"note","id":"e4","n":8,"m":4,"time":"2026-11-02T09:00:03Z"}'
    } >x.ndjson
    SV_NOW=2026-11-02T10:00:00Z judge -v x.ndjson
    assert_failure 1
    assert_equal "$(jq -r '[.outcome, .event, .message, (.key // [] | tojson)] | join("|")' <<<"$output")" \
        $'error|e1|division by zero|[]\nviolation|e4|test|[2]'
    [[ $stderr == *"errors 1"*"keyless 1"* || $stderr == *"1 errors"*"1 keyless"* ]] || fail "$stderr"
}

@test "events ten days back, an hour ahead, without time, each as documented" {
    policy 'by: [agent]' 'window: 1m' 'having: count > 1' 'realert: 0s' 'resolved: false'
    {
        echo '{"type":"note","id":"e1","agent":"a","time":"2026-11-02T09:00:00Z"}'
        echo '{"type":"note","id":"e2","agent":"a","time":"2026-10-23T09:00:00Z"}' # late
        echo '{"type":"note","id":"e3","agent":"a"}'                               # no clock
        echo '{"type":"note","id":"e4","agent":"a","time":"2026-11-02T11:00:01Z"}' # an hour and a second ahead: no clock
        echo '{"type":"note","id":"e5","agent":"b","time":"2026-10-23T09:00:00Z"}' # a key with a clock of its own
        echo '{"type":"note","id":"e6","agent":"b","time":"2026-10-23T09:00:00Z"}'
        echo '{"type":"note","id":"e7","agent":"a","time":"2026-11-02T11:00:00Z"}' # just not too far
        echo '{"type":"note","id":"e8","agent":"a","time":"2026-11-02T10:59:30Z"}'
    } >x.ndjson
    SV_NOW=2026-11-02T10:00:00Z run --separate-stderr sv-eval -d s.db -p "$policy" x.ndjson
    assert_failure 1
    assert_equal "$(jq -r '.event' <<<"$output" | paste -sd' ')" "e6 e8"
    assert_equal "$(sqlite3 -readonly s.db 'SELECT ledger FROM runs' | jq -c '.policies.test')" '{"violations":2,"errors":0,"late":1,"no_clock":2}'
}

@test "a key of a mebibyte is as good as any, and is shown as far as it can be" {
    policy 'by: [agent]' 'window: 1m' 'having: count > 1'
    long=$(head -c 1048576 /dev/zero | tr '\0' k)
    for end in 1 2 1; do printf '{"type":"note","agent":"%s%s","time":"2026-11-02T09:00:00Z"}\n' "$long" $end; done >x.ndjson
    SV_NOW=2026-11-02T10:00:00Z judge x.ndjson
    assert_failure 1
    assert_equal "$(jq -r '[.outcome, (.key[0] | length), .values.count] | join(" ")' <<<"$output")" "violation 497 2"
}

@test "half a million different keys: those beyond max_keys are counted, told once an hour, and cost no memory" {
    policy 'by: [agent]' 'window: 1d' 'having: count > 1' 'max_keys: 1000'
    limit_memory 200000
    seq 500000 | awk '{ printf "{\"type\":\"note\",\"agent\":\"a%d\",\"time\":\"2026-11-02T0%d:%02d:%02dZ\"}\n", $1, $1 / 180000, $1 / 3000 % 60, $1 / 50 % 60 }' >x.ndjson
    SV_NOW=2026-11-02T10:00:00Z run --separate-stderr sv-eval -d s.db -p "$policy" --exit-zero x.ndjson
    assert_success
    assert_equal "$(jq -r '.outcome + " " + .time + " " + .message' <<<"$output")" \
        "error 2026-11-02T00:00:20Z full: 1000 keys are tracked, no more until some expire (max_keys)
error 2026-11-02T01:00:20Z full: 1000 keys are tracked, no more until some expire (max_keys)
error 2026-11-02T02:00:20Z full: 1000 keys are tracked, no more until some expire (max_keys)"
    assert_equal "$(sqlite3 -readonly s.db 'SELECT ledger FROM runs' | jq -c '.policies.test')" '{"violations":0,"errors":0,"full":499000}'
}

# --- the store

store() { # store ARGUMENT...: sv-eval over x.jsonl into a store
    run --separate-stderr sv-eval -p "$policy" "$@" x.jsonl
}

@test "a store that is a text file is refused and left alone: status 3" {
    good 1 >x.jsonl
    head -c 5000 "$BATS_TEST_FILENAME" >sv.db
    chmod 600 sv.db
    sum=$(sha256sum sv.db)
    store -d sv.db
    assert_failure 3
    assert_output ""
    one_error "sv-eval: sv.db: is not a store: *"
    assert_equal "$(sha256sum sv.db)" "$sum"
}

@test "a store that is another program's database is refused and left alone: status 3" {
    need sqlite3
    good 1 >x.jsonl
    sqlite3 sv.db 'CREATE TABLE t(x); INSERT INTO t VALUES (1);'
    chmod 600 sv.db
    sum=$(sha256sum sv.db)
    store -d sv.db
    assert_failure 3
    one_error "sv-eval: sv.db: is not a store: an SQLite file of another program*"
    assert_equal "$(sha256sum sv.db)" "$sum"
}

@test "a store of a newer version is refused, both versions named, and left alone: status 3" {
    need sqlite3
    good 1 >x.jsonl
    store -d sv.db
    assert_failure 1
    sqlite3 sv.db 'PRAGMA user_version=9999; PRAGMA wal_checkpoint(TRUNCATE);' >/dev/null
    sum=$(sha256sum sv.db)
    store -d sv.db
    assert_failure 3
    assert_output ""
    one_error "sv-eval: sv.db: is of version 9999, this program * knows up to *"
    assert_equal "$(sha256sum sv.db)" "$sum"
}

@test "a damaged store is refused: status 3" {
    good 1 >x.jsonl
    store -d sv.db
    assert_failure 1
    sqlite3 sv.db 'PRAGMA wal_checkpoint(TRUNCATE);' >/dev/null
    dd if=/dev/urandom of=sv.db bs=1 seek=100 count=3000 conv=notrunc status=none
    store -d sv.db
    assert_failure 3
    assert_output ""
    error_is "sv-eval: sv.db: *"
}

@test "a symbolic link is no store, and what it points at stays as it is: status 3" {
    good 1 >x.jsonl
    : >elsewhere.db
    ln -s elsewhere.db sv.db
    store -d sv.db
    assert_failure 3
    one_error "sv-eval: sv.db: is a symbolic link; *"
    assert [ ! -s elsewhere.db ]
    rm elsewhere.db
    store -d sv.db
    assert_failure 3
    assert [ ! -e elsewhere.db ]
}

@test "a folder is no store: status 3 or 4, one line" {
    good 1 >x.jsonl
    mkdir sv.db
    store -d sv.db
    [ "$status" = 3 ] || [ "$status" = 4 ]
    one_error "sv-eval: sv.db: *"
}

@test "a store that others may write is refused: status 3" {
    good 1 >x.jsonl
    store -d sv.db
    assert_failure 1
    chmod 666 sv.db
    store -d sv.db
    assert_failure 3
    one_error "sv-eval: sv.db: *may be written by others*"
}

@test "a store is made for its owner alone, whatever the umask" {
    good 1 >x.jsonl
    umask 000
    store -d made/for/me/sv.db
    assert_failure 1
    assert_equal "$(stat -c %a made/for/me/sv.db)" 600
    assert_equal "$(stat -c %a made/for/me)" 700
}

@test "a read-only store, or one to be made in a read-only folder: status 4 at once" {
    need_unprivileged
    mkdir place
    good 1 >x.jsonl
    chmod 644 x.jsonl policy.yaml
    [ "$(id -u)" != 0 ] || chown 65534 place
    run --separate-stderr unprivileged "$build/bin/sv-eval" -p "$policy" -d place/sv.db x.jsonl
    assert_failure 1
    for way in file folder; do
        if [ $way = file ]; then chmod 400 place/sv.db; else rm -f place/sv.db* && chmod 500 place; fi
        SECONDS=0
        run --separate-stderr unprivileged "$build/bin/sv-eval" -p "$policy" -d place/sv.db x.jsonl
        assert_failure 4
        assert_output ""
        one_error "sv-eval: place/sv.db*: *"
        assert [ "$SECONDS" -lt 3 ]
    done
    chmod 700 place
}

@test "a store removed or replaced while it runs: status 4, and what was not stored is not printed" {
    for way in remove replace; do
        rm -rf pipe sv.db* out err
        mkfifo pipe
        sv-eval -p "$policy" -d sv.db - <pipe >out 2>err &
        pid=$!
        exec 7>pipe
        good 1 >&7
        soon test -s out
        if [ $way = remove ]; then rm sv.db; else mv sv.db old.db && : >sv.db; fi
        good 2 >&7
        soon test -s err
        exec 7>&-
        status=0
        wait $pid || status=$?
        assert_equal "$status" 4
        run jq -r .agent out
        assert_output a1
        run cat err
        assert_output --regexp '^sv-eval: sv.db: .*removed or replaced while running'
        assert_equal "${#lines[@]}" 1
    done
}

@test "a full disk: status 4, and exactly what was printed is stored" {
    need sqlite3
    many 3000 >x.jsonl
    (
        ulimit -f 500 # KiB
        sv-eval -p "$policy" -d sv.db x.jsonl >/dev/null 2>err || echo $? >status
    )
    assert_equal "$(cat status)" 4
    run cat err
    assert_equal "${#lines[@]}" 1
    assert_output --regexp '^sv-eval: sv.db: (disk full|cannot write)'
    assert_equal "$(rows sv.db 'PRAGMA integrity_check')" ok
    assert_equal "$(rows sv.db 'SELECT count(*) FROM supervisor_policy_evaluations')" 0
    status=0
    sv-eval -p "$policy" -d sv.db x.jsonl >out || status=$?
    assert_equal "$status" 1
    assert_equal "$(wc -l <out)" 3000
    assert_equal "$(rows sv.db 'SELECT count(*) FROM supervisor_policy_evaluations')" 3000
}

@test "a file system that is full, when there is one to mount: status 4; with room again the rest is stored" {
    need sqlite3
    mkdir small
    mount -t tmpfs -o size=600k none small 2>/dev/null || skip "cannot mount"
    many 5000 >x.jsonl
    failed=0 again=0
    sv-eval -p "$policy" -d small/sv.db x.jsonl >out 2>err || failed=$?
    error=$(cat err)
    printed=$(wc -l <out)
    mount -o remount,size=20m small
    run rows small/sv.db 'SELECT count(*) FROM supervisor_policy_evaluations'
    kept=$output
    sv-eval -p "$policy" -d small/sv.db x.jsonl >/dev/null || again=$?
    run rows small/sv.db 'SELECT count(*) FROM supervisor_policy_evaluations'
    umount small
    assert_equal "$failed" 4
    [[ $error == "sv-eval: small/sv.db: disk full"* ]]
    assert_equal "$kept" "$printed"
    assert_equal "$again" 1
    assert_output 5000
}

# --- the terminal

@test "control characters of the input never reach the output" {
    printf '{"type":"note","id":"e1","agent":"a\\u001b]0;owned\\u0007\\u009b31m\\u202e\\u0000\\u007f\\r\\n","text":"x"}\n' >x.jsonl
    for form in text json; do
        run sv-eval -N -p "$policy" -o $form x.jsonl
        assert_failure 1
        no_controls "$output"
        [ $form = json ] || no_match '\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$output"
    done
    run sv-eval -N -p "$policy" $'no\e[31mfile.jsonl'
    assert_failure 3
    no_controls "$output"
}

# --- the command line

@test "what is wrong on the command line is told with the usage, status 2" {
    for wrong in --nonsense -x "-n 0" "-o yaml" "-i nonsense" "-S notatime" "--wait -1s" "--set nofield=1" "--sync maybe"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr sv-eval -N -p "$policy" $wrong
        assert_failure 2
        assert_output ""
        error_is "sv-eval: *"
    done
}

@test "more tokens or dollars than there can be are no tokens and no dollars: sums stay whole numbers" {
    need sqlite3
    local i
    for i in 1 2 3; do # a batch each, so that they meet in the store
        printf '{"type":"llm.call","id":"e%s","agent":"a","model":"m","time":"2026-11-20T10:00:00Z","input_tokens":%s,"cost_usd":%s}\n' \
            "$i" 9223372036854775807 1e300 "$i-sound" 5 0.25 >"$i.ndjson"
        sv-eval -r -d s.db -p "$policy" --exit-zero "$i.ndjson" >/dev/null
    done
    assert_equal "$(rows s.db 'SELECT input_tokens, typeof(input_tokens), cost_usd FROM usage_hourly')" "15|integer|0.75"
    assert_equal "$(rows s.db "SELECT name, value, typeof(value) FROM counters WHERE name IN ('tokens', 'micro_usd') ORDER BY 1")" \
        "$(printf 'micro_usd|750000|integer\ntokens|15|integer')"
}
