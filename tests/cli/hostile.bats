#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What broke comparable programs, line by line: none ends the run, none is lost without a word, none reaches a terminal or a shell.
# bad-input.bats has what is merely broken; test_cel_hostile.c what is hostile in a condition.

load helper

setup() {
    clean_place
    policy 'when: "true"' 'message: agent'
}

good() { # good NAME: a sound line, a violation of $policy
    printf '{"type":"note","id":"%s","agent":"%s","time":"2026-11-20T10:00:00Z"}\n' "$1" "$1"
}

no_controls() { # no_controls FILE...: lines and tabs aside
    if LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$@"; then fail "control characters"; fi
}

no_tricks() { # no_tricks FILE...: nor the controls that UTF-8 has besides, nor what turns the direction of writing
    no_controls "$@"
    if LC_ALL=C grep -nP '\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$@"; then fail "control characters of UTF-8"; fi
}

# judge ARGUMENT...: sv-eval over them; output and messages in out and err, status kept; a crash, a sanitizer's word or more than
# 20 s fail.
judge() {
    status=0
    timeout 20 sv-eval -N -p "$policy" "$@" >out 2>err || status=$?
    [ "$status" -le 3 ] || fail "status $status: $(head -c 2000 err)"
}

times() { # times COUNT TEXT
    printf "%.0s$2" $(seq "$1")
}

@test "JSON: literals cut and repeated, numbers without end, names of numbers: rejected one by one, the rest is read" {
    {
        for char in t f n - 0 . e N I \\ '"' '[' '{' ',' ':' ' '; do
            for count in 255 256 257; do times $count "${char//\\/\\\\}"; echo; done
        done
        echo '{"type":"note","x":-2645e-1141622225}' # is a number: 0
        echo '{"type":"note","x":NaN1000000000000000000000000000000000000000000000000000000000000000}'
        echo '{"type":"note","x":-Infinity}'
        printf '{"type":"note","x":1e%s}\n' "$(times 400 9)"
        printf '{"type":"note","%s":1}\n' "$(times 65000 k)"
        printf '{"type":"note","x":"%s"}\n' "$(times 3000 '\\\\ud800')"
        good last
    } >x.jsonl
    total=$(wc -l <x.jsonl)
    judge -n 1000 x.jsonl
    [ "$status" = 1 ]
    assert_equal "$(jq -r '.agent // "-"' out | tail -n 1)" last
    rejected=$(grep -c 'record rejected: ' err)
    more=$(sed -n 's/.*: \([0-9]*\) more records rejected.*/\1/p' err)
    # three of the blanks are no records, five of the others are sound
    assert_equal $((rejected + ${more:-0})) $((total - 3 - $(wc -l <out)))
    no_controls out err
}

@test "every field of every format, with every odd value: no crash, valid JSON, no control characters" {
    cat >values.json <<'END'
[null, true, -1, 0, 9223372036854775807, 18446744073709551615, 1e308, -1e-320, "", "\u0000", "\u001b]0;x\u0007\u009b31m\u202e", "=cmd|' /C calc'!A0",
 "$(touch x)", "'; touch x;'", "../../../../etc/passwd", "a\nb\rc", "9999-12-31T23:59:60Z", "%s%n", [], {}, [[]], [null], {"": {"": ""}}, [{"type": 1}]]
END
    for folder in "$top"/tests/fuzz/corpus/{sv,claude*,codex*,gemini,other}; do
        format=${folder##*/} format=${format//_/-}
        cat "$folder"/* | jq -c -R --slurpfile v values.json '
            (try fromjson catch empty) | . as $line | [paths] | unique | .[:60][] as $p | $v[0][] as $x | try ($line | setpath($p; $x)) catch empty' >"$format.jsonl"
        [ "$(wc -l <"$format.jsonl")" -gt 100 ] || fail "$format: only $(wc -l <"$format.jsonl") lines"
        status=0
        timeout 100 sv-eval --convert -i "$format" "$format.jsonl" >out 2>err || status=$?
        [ "$status" = 0 ] || [ "$status" = 3 ] || fail "$format: status $status: $(head -c 2000 err)"
        jq -e -n 'reduce inputs as $e (true; . and ($e.type | type) == "string" and ($e.id | type) == "string" and
            ($e.time | . == null or test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$")))' out >/dev/null || fail "$format: an event without type, id or a sound time"
        no_controls out err
        judge -i "$format" -o text "$format.jsonl"
        no_tricks out err
        assert [ ! -e x ]
    done
}

@test "times that are none, or at the edges: each event is read, its time is one or none" {
    for t in '"0000-00-00T00:00:00Z"' '"2026-02-30T00:00:00Z"' '"9999-12-31T23:59:60Z"' '"10000-01-01T00:00:00Z"' '"2026-11-20T24:00:01Z"' \
        '"2026-11-20T10:00:00+99:99"' '"+292277026596-12-04T15:30:08Z"' '"-0001-01-01T00:00:00Z"' '""' '" "' '"now"' '"2026-11-20"' \
        1e308 -1e308 -1 0 253402300800 9223372036854775807 -9223372036854775808 1e-9 true '[]' '{}' null \
        '"2262-04-11T23:47:16.854775808Z"' '"1677-09-21T00:12:43.145224191Z"' '"2026-11-20T10:00:00.'"$(times 2000 9)"'Z"'; do
        printf '{"type":"note","agent":"a","time":%s}\n' "$t"
    done >x.jsonl
    sv-eval --convert -i sv x.jsonl >out 2>err
    assert_equal "$(wc -l <out)" "$(wc -l <x.jsonl)"
    jq -e -n '[inputs.time | . == null or test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$")] | all' out
    judge -i sv -o text x.jsonl
    [ "$status" = 1 ]
}

@test "the size of the pieces in which a log comes changes nothing" {
    {
        good a1
        printf '{"type":"note","agent":"a2","time":"2026-11-20T10:00:01Z"}\r\n\r\n\n'
        printf '{"type":"note","agent":"a\0"}\n{"type":"note","text":"\xff"}\n{"type":"no\n'
        printf '{"type":"note","agent":"\xc3\xa9\xf0\x9f\x98\x80","time":"2026-11-20T10:00:02Z","text":"%s"}\n' "$(times 2000 'x')"
        good a3 | tr -d '\n'
    } >x.jsonl
    judge - < <(cat x.jsonl) # a pipe, as below: a file is known by its bytes, and names its events by them
    assert_equal "$(jq -r .agent out | tr '\n' ' ')" "a1 a2 é😀 a3 "
    [ "$(grep -c 'record rejected' err)" = 3 ]
    sort out >out.whole
    mv err err.whole
    for size in 1 2 7 4096 65536; do
        status=0
        dd if=x.jsonl obs=$size ibs=$size status=none | timeout 20 sv-eval -N -p "$policy" - >out 2>err || status=$?
        assert_equal "$status" 1
        sort out | cmp - out.whole
        cmp err err.whole
    done
}

@test "names of files and agents are no commands, no options and no terminal's business" {
    names=('$(touch x).jsonl' "'; touch x;'.jsonl" '`touch x`.jsonl' $'a\nb.jsonl' $'esc\e[2J.jsonl' '%n%s.jsonl' '*.jsonl')
    for name in "${names[@]}"; do
        { echo '{"type":"note","x":tru}'; printf '{"type":"note","agent":"$(touch x)`touch x`;touch x\\n\\u001b[2J"}\n'; } >"$name"
    done
    for form in text json; do
        judge -o $form .
        [ "$status" = 1 ]
        assert_equal "$(grep -c 'record rejected' err)" ${#names[@]}
        # a name with a line end is shown without it
        assert_equal "$(wc -l <err)" ${#names[@]}
        no_controls out err
    done
    judge -- -x.jsonl
    [ "$status" = 3 ]
    assert [ ! -e x ]
}

# Each is refused with file, line and column, or read; never more than a second of it.
@test "policy files of every bad shape: a place is named, nothing is judged" {
    body='policies: [{id: a, when: "true"}]'
    i=0
    while IFS= read -r -d '' text; do
        i=$((i + 1))
        printf '%b' "$text" >"bad$i.yaml"
        SECONDS=0
        status=0
        good a | timeout 20 sv-eval -N -p "bad$i.yaml" >out 2>err || status=$?
        assert_equal "$i:$status" "$i:3"
        [ ! -s out ] || fail "$i: something was judged"
        grep -qE "^sv-eval: bad$i.yaml(:[0-9]+(:[0-9]+)?)?: ." err || fail "$i: $(cat err)"
        no_controls err
        assert [ "$SECONDS" -lt 5 ]
    done < <(printf '%s\0' \
        "version: 1\npolicies: &a [*a]\n" \
        "version: 1\npolicies: &a {id: *a}\n" \
        "version: 1\npolicies: *nobody\n" \
        "version: 1\nbase: &b {id: a}\npolicies:\n  - <<: *b\n    when: 'true'\n" \
        "version: 1\n$body\nversion: 1\n" \
        "version: 1\npolicies: [{id: a, id: b, when: 'true'}]\n" \
        "version: 1\npolicies: !!python/object/apply:os.system ['touch x']\n" \
        "version: 1\n? [a, b]\n: c\n$body\n" \
        "version: 1\n$body\n---\nversion: 1\n$body\n" \
        "version: 1\npolicies:\n\t- id: a\n" \
        "version: 1\npolicies: [{id: 'a\n" \
        "version: 1\npolicies: [{id: \"\\\\xZZ\", when: 'true'}]\n" \
        "version: 1\npolicies: [{id: a, when: '\\0377\\0376'}]\n" \
        "version: 1\npolicies: [{id: a, when: 'tr\\0000ue'}]\n" \
        "version: 1e308\n$body\n" \
        "version: [1]\n$body\n" \
        "version: 2\n$body\n" \
        "version: 1\npolicies: 7\n" \
        "version: 1\npolicies: [7, null, [[]]]\n" \
        "version: 1\npolicies: [{id: {a: b}, when: 'true'}]\n" \
        "version: 1\npolicies: [{id: a, when: {b: c}}]\n" \
        "version: 1\npolicies: [{id: '\\0033]0;x\\0007', when: 'true'}]\n" \
        "version: 1\npolicies: [{id: a, when: 'agent.matches(\"(*LIMIT_MATCH=1)a\")'}]\n" \
        "version: 1\npolicies: [{id: a, when: 'agent.matches(\"(\")'}]\n" \
        "\\0377\\0376v\\0000e\\0000" \
        "%YAML 9.9\n---\nversion: 1\n$body\n" \
        "{\n" "]\n" "- \n" "|\n" "'" '"' "&a" "*a" "!" "@" '`' "%" "\\0000" "\\0033[2J\n")
    assert [ "$i" -gt 35 ]
    assert [ ! -e x ]
}

@test "patterns that never end cost their bound: the verdict is an error, and the next event is judged" {
    policies redos.yaml <<'END'
version: 1
policies:
  - {id: twice, when: 'text.matches("^(a+)+$")'}
  - {id: either, when: 'text.matches("(a|aa)+$")'}
  - {id: mixed, when: 'text.matches("^(([a-z])+.)+[A-Z]([a-z])+$")'}
END
    {
        seq 200 | sed "s/.*/{\"type\":\"note\",\"agent\":\"a\",\"text\":\"$(times 40 a)!\"}/"
        echo '{"type":"note","agent":"last","text":"aaa"}'
    } >x.jsonl
    SECONDS=0
    judge x.jsonl
    assert [ "$SECONDS" -lt 10 ]
    assert_equal "$(jq -r 'select(.outcome == "error") | .policy' out | sort | uniq -c | tr -s ' ' | tr '\n' ,)" " 200 either, 200 mixed, 200 twice,"
    assert_equal "$(jq -r 'select(.agent == "last") | .policy + " " + .outcome' out | tr '\n' ,)" "twice violation,either violation,"
}
