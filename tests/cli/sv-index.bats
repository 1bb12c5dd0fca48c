#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What the store tells of itself.
load helper

setup() {
    store_place
    policy 'when: type == "x.y"'
}

log() { # log FILE N: N records of a file that begins like no other
    seq -f "{\"type\":\"x.y\",\"agent\":\"a\",\"id\":\"$1-%.0f\"}" "$2" >>"$1"
}

@test "a verb is taken, and a wrong or missing one is told" {
    index --help
    assert_success
    assert_line --regexp '^  sources +list '
    assert_equal "$stderr" ""
    index
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: a verb is missing; sv-index --help lists them"
    index sorces
    assert_failure 2
    assert_equal "${stderr_lines[0]}" 'sv-index: unknown verb "sorces" (did you mean "sources"?)'
    index xyzzy
    assert_failure 2
    assert_equal "${stderr_lines[0]}" 'sv-index: unknown verb "xyzzy"; sv-index --help lists them'
    index --nope sources
    assert_failure 2
    index sources --nope
    assert_failure 2
    assert_equal "${stderr_lines[0]}" 'sv-index: unknown option "--nope"'
    assert_equal "${stderr_lines[1]%% \[*}" 'usage: sv-index sources'
    for words in -V '-q -V' 'sources -V' '-V sources' '-qV sources -d x'; do
        index $words
        assert_success
        assert_output --regexp '^sv-index [0-9.]+$'
    done
    index sources -d my.db -V -v
    assert_line "store      my.db (-d)"
}

@test "no store is told in one line, and none is made" {
    index sources
    assert_failure 3
    assert_equal "$output" ""
    assert_equal "$stderr" "sv-index: $SV_STORE: no such store"
    assert [ ! -e s.db ]
    assert [ ! -e s.db-line ]
    echo no store at all, but a text that is long enough to be looked at >s.db
    index sources
    assert_failure 3
    assert_equal "${#stderr_lines[@]}" 1
}

@test "position, size, lag and records of files that grew, shrank, went; nothing of them for pipes" {
    for f in a b c d; do log $f.ndjson 5; done
    sv-eval -r -p "$policy" --exit-zero ./?.ndjson >/dev/null
    echo '{"type":"x.y","id":"p"}' | sv-eval -r -p "$policy" --exit-zero >/dev/null
    printf '12345' >>a.ndjson
    rm b.ndjson
    mv c.ndjson old && log c.ndjson 2
    size=$(wc -c <d.ndjson)
    index sources
    assert_success
    assert_equal "$(jq -r '.path |= split("/")[-1] | [.path, .state, .format, .position, .size, .lag, .records] | map(. // "-") | join(" ")' <<<"$output" | sort)" \
        "- pipe sv - - - 1
a.ndjson live sv $size $((size + 5)) 5 5
b.ndjson live sv $size - - 5
c.ndjson live sv $size - - 5
d.ndjson live sv $size $size 0 5"
    assert_equal "$(jq -r 'select(.path == "-") | .log' <<<"$output")" null
    assert_equal "$(jq -rs 'map(.read) == (map(.read) | sort | reverse) and all(.first_read <= .read)' <<<"$output")" true
    sv-eval -r -p "$policy" --exit-zero . >/dev/null 2>&1 || true
    index sources -o json '*/b.*'
    assert_equal "$(jq -r .state <<<"$output")" gone
}

@test "a plain run leaves no position, and what it read is listed" {
    log a.ndjson 3
    sv-eval -p "$policy" --exit-zero a.ndjson >/dev/null
    index sources --fields format,position,lag,path -o csv
    assert_success
    assert_output "format,position,lag,path"$'\r\n'"sv,,,$PWD/a.ndjson"$'\r'
}

@test "all are listed page by page, each once, newest read first" {
    mkdir logs
    for i in $(seq 1100); do echo "{\"type\":\"o.k\",\"n\":$i}" >logs/$i.ndjson; done
    sv-eval -r -p "$policy" --exit-zero logs >/dev/null
    index sources
    assert_equal "${#lines[@]}" 50
    assert_equal "${stderr%% --before*}" "sv-index: 1050 more; go on with"
    index sources -q -n 7
    assert_equal "$stderr" ""
    cursor=() && : >all
    while true; do
        sv-index sources -n 333 --fields path -o csv "${cursor[@]}" 2>rest | sed 1d >>all
        [ -s rest ] || break
        cursor=(--before "$(sed 's/.*--before //' rest)")
    done
    assert_equal "$(wc -l <all) $(sort -u all | wc -l)" "1100 1100"
    run diff all <(sv-index sources -n 10000 --fields path -o csv | sed 1d)
    assert_success
    index sources -n 3 '*/99*.ndjson'
    assert_equal "${#lines[@]} ${stderr%%;*}" "3 sv-index: 8 more"
    index sources --before nonsense
    assert_failure 2
}

@test "filters: format, when it was read, globs over the path" {
    cp "$top"/share/examples/*.*json* .
    SV_NOW=2026-11-20T10:00:00Z sv-eval -r -p "$policy" --exit-zero shop-claude.jsonl >/dev/null
    SV_NOW=2026-11-20T11:00:00Z sv-eval -r -p "$policy" --exit-zero fleet.ndjson >/dev/null
    SV_NOW=2026-11-20T12:00:00Z sv-eval -r -p "$policy" --exit-zero billing-codex.jsonl >/dev/null
    paths() { sv-index sources --fields path -o csv "$@" | sed 1d | tr -d '\r' | xargs -r -n1 basename | paste -sd' '; }
    assert_equal "$(paths)" "billing-codex.jsonl fleet.ndjson shop-claude.jsonl"
    assert_equal "$(paths -i codex)" billing-codex.jsonl
    assert_equal "$(paths -S 2026-11-20T11:00:00Z)" "billing-codex.jsonl fleet.ndjson"
    assert_equal "$(paths -U 2026-11-20T11:00:00Z)" shop-claude.jsonl
    assert_equal "$(paths -S 2026-11-20T10:30:00Z -U 2026-11-20T11:30:00Z)" fleet.ndjson
    assert_equal "$(paths '*claude*' '*codex*')" "billing-codex.jsonl shop-claude.jsonl"
    assert_equal "$(paths nowhere)" ""
    index sources -i nope
    assert_failure 2
    index sources --fields path,nope
    assert_failure 2
    assert_regex "${stderr_lines[0]}" '^sv-index: --fields: no column "nope" \(state, format, '
    index sources -S whenever
    assert_failure 2
    index sources -S 2026-11-20T11:00:00Z -U 2026-11-20T11:00:00Z
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-index: the time asked for ends (-U) before it begins (-S)"
}

@test "a secret in a path is shown as it was stored: without" {
    secret=AKIA$(printf 'Q%.0s' $(seq 16))
    log "$secret.ndjson" 2
    sv-eval -r -p "$policy" --exit-zero "$secret.ndjson" >/dev/null
    index sources
    refute_output --partial "$secret"
    assert_equal "$(jq -c '[.size, .lag, .records]' <<<"$output")" "[null,null,2]"
}

@test "on a terminal a table as wide as it is; it never writes to the store" {
    need script
    log a.ndjson 30000
    export NO_COLOR=1
    sv-eval -r -p "$policy" --exit-zero a.ndjson >/dev/null
    before=$(cksum <s.db)
    run on_terminal sv-index sources --utc
    assert_success
    assert_line --index 0 --regexp '^STATE +FORMAT +POSITION +SIZE +LAG +RECORDS +READ +PATH$'
    assert_line --index 1 --regexp '^live +sv +1\.[0-9] M +1\.[0-9] M +0 +30,000 +[0-9-]+ [0-9:]+ +.*a\.ndjson$'
    assert_equal "$(cksum <s.db)" "$before"
    chmod 400 s.db
    sv-index sources | head -n 0
}

@test "slow: statements that took long, most time first, with their plans and the index that would help" {
    log a.ndjson 10
    sv-eval -r -p "$policy" --exit-zero --slow-ms 0 a.ndjson >/dev/null
    index slow
    assert_success
    assert_equal "$(jq -rs 'map(.statement) | contains(["evaluation_add", "source_by_head"])' <<<"$output")" true
    assert_equal "$(jq -rs 'all(.program == "sv-eval" and .count >= 1 and .index == null and .last != null)' <<<"$output")" true
    assert_equal "$(jq -r 'select(.statement == "source_by_head") | .plan' <<<"$output")" "SEARCH sources USING INDEX idx_sources_head (head=?)"
    index slow -n 1 -o csv --fields sql,count
    assert_equal "${#lines[@]}" 2
    index slow -U -1h
    assert_success
    assert_output ""
    need sqlite3
    sqlite3 s.db 'DROP INDEX idx_sources_head'
    log b.ndjson 10
    sv-eval -r -p "$policy" --exit-zero --slow-ms 0 b.ndjson >/dev/null
    index slow -o csv --fields statement,index
    assert_line 'source_by_head,idx_sources_head'$'\r'
    index slow what
    assert_failure 2
    assert_equal "${stderr_lines[0]}" 'sv-index: "what" is too much: slow takes no operands'
    index slow --slow-ms often
    assert_failure 2
    assert_equal "${stderr_lines[0]}" 'sv-index: --slow-ms often: a number of milliseconds is expected'
}
