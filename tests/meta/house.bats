#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# House rules that a machine can see.

load ../cli/helper

# Files that belong to the project: in git, or about to be.
files() {
    (cd "$top" && { git ls-files -co --exclude-standard -- "$@" 2>/dev/null || find "$@" -type f; } | while read -r f; do [ -f "$f" ] && echo "$f"; done)
}

@test "every source file and script says its licence in its first two lines" {
    cd "$top" || return 1
    for f in $(files cmd libcore tests bench .ci completions Makefile); do
        case $f in
        *.c | *.h | *.sh | *.bash | *.fish | *.bats | completions/_* | Makefile) ;;
        *.*) [[ $f == .ci/* ]] || continue ;;
        *) head -c 2 "$f" | grep -q '#!' || continue ;;
        esac
        head -n 2 "$f" | grep -q 'SPDX-License-Identifier: ISC' || echo "$f"
    done >"$BATS_TEST_TMPDIR/without"
    run cat "$BATS_TEST_TMPDIR/without"
    assert_output ""
}

@test "a file of cmd has at most 600 lines, any other source file 900" {
    cd "$top" || return 1
    run bash -c "wc -l cmd/*.c libcore/*/*.[ch] libcore/*/*/*.[ch] tests/*/*.c bench/*.c 2>/dev/null |
        awk '\$2 != \"total\" && \$1 > (\$2 ~ /^cmd\// ? 600 : 900) { print \$2 \": \" \$1 }'"
    assert_output ""
}

@test "no line is longer than 160 columns (aim at 132), none ends in white space, none has a tab" {
    cd "$top" || return 1
    run bash -c "grep -nE '^.{161,}$|[[:space:]]$|'\$'\t' cmd/*.[ch] libcore/*/*.[ch] libcore/*/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.c tests/conformance/*.c 2>/dev/null | cut -c1-120"
    assert_output ""
}

@test "nothing is left for later" {
    cd "$top" || return 1
    run bash -c "grep -rnIE '\b(TODO|FIXME|XXX)\b|not (yet )?implemented|placeholder' cmd libcore share completions man bench tests Makefile README.md 2>/dev/null | grep -v '^tests/meta/house.bats:' | cut -c1-140"
    assert_output ""
}

@test "the project speaks of itself alone" {
    cd "$top" || return 1
    run bash -c "$(declare -f files); top='$top' files . | grep -vE '^tests/(meta/house.bats|unit/canaries.h)$' |
        xargs -d '\n' grep -nIE '(^|[^a-z0-9])/work/|\.\./shared/(design|facts)|the issue (says|asks)|issues show|registry\.npmjs|pypi\.org|deb\.debian\.org|artifactory' | cut -c1-140"
    assert_output ""
}

@test "a header tells what it is, and its floor" {
    for f in "$top"/libcore/*/*.h "$top"/libcore/*/*/*.h; do
        [ -e "$f" ] || continue
        floor=${f#"$top"/libcore/} floor=${floor%%/*}
        sed -n 2p "$f" | grep -q "^/\* ${f##*/} - " || fail "$f: line 2 is not \"/* ${f##*/} - what it is\""
        grep -q "Floor: $floor" "$f" || fail "$f: no \"Floor: $floor\""
    done
}

@test "every call of a header is told of: in its group of lines, or by name in the header's life cycle" {
    run awk '
        function close_group(    i) {
            for (i = 1; i <= n; i++) if (!told) waiting[file " " names[i]] = at[i]
            n = 0; told = 0
        }
        FNR == 1 { close_group(); incomment = 0; file = FILENAME }
        incomment { words[file] = words[file] " " $0; if (/\*\//) incomment = 0; next }
        /^$/ { close_group(); next }
        /\/\*/ { told = 1; words[file] = words[file] " " $0; if (!/\*\//) incomment = 1 }
        /^[a-z].*[ *](sv|cli)_[a-z0-9_]+\(/ && !/^(static|typedef)/ {
            match($0, /(sv|cli)_[a-z0-9_]+\(/)
            names[++n] = substr($0, RSTART, RLENGTH - 1); at[n] = FNR
        }
        END {
            close_group()
            for (w in waiting) {
                split(w, part, " ")
                if (part[2] !~ /_(free|count)$/ && index(words[part[1]], part[2]) == 0) print part[1] ":" waiting[w] ": " part[2]
            }
        }' "$top"/libcore/*/*.h "$top"/cmd/*.h
    assert_output ""
}

@test "every bound of limits.h is named by a test" {
    grep -oE '^#define SV_[A-Z_]+(_MAX|_LIMIT)' "$top/libcore/base/limits.h" | cut -d' ' -f2 | while read -r name; do
        grep -rq --include='*.c' "\b$name\b" "$top/libcore" || continue # nothing is bound by it yet
        grep -rq "\b$name\b" "$top/tests/unit" "$top/tests/cli" "$top/tests/fuzz" "$top/tests/store" 2>/dev/null || echo "$name"
    done >"$BATS_TEST_TMPDIR/untested"
    run cat "$BATS_TEST_TMPDIR/untested"
    assert_output ""
}

@test "every parser that is fuzzed has seeds and a dictionary of its own" {
    for f in "$top"/tests/fuzz/fuzz_*.c; do
        name=${f##*/fuzz_} name=${name%.c}
        [ -n "$(ls "$top/tests/fuzz/corpus/$name" 2>/dev/null)" ] || fail "tests/fuzz/corpus/$name is missing or empty"
        [ -s "$top/tests/fuzz/$name.dict" ] || fail "tests/fuzz/$name.dict is missing or empty"
    done
}

@test "every log format is fuzzed" {
    grep -ohE '[.]name = "[a-z_-]+"' "$top"/libcore/event/format/*.c | cut -d'"' -f2 | while read -r name; do
        [ -e "$top/tests/fuzz/fuzz_${name//-/_}.c" ] || echo "$name"
    done >"$BATS_TEST_TMPDIR/missing"
    run cat "$BATS_TEST_TMPDIR/missing"
    assert_output ""
}

@test "every program has a manual page, tests and a completion" {
    for f in "$top"/cmd/sv-*.c; do
        [ -e "$f" ] || continue
        name=${f##*/} name=${name%.c}
        assert [ -e "$top/man/$name.1" ]
        assert [ -e "$top/tests/cli/$name.bats" ]
        run grep -rlE "(^|[^a-z-])$name([^a-z-]|$)" "$top/completions"
        assert_output
    done
}

@test "a manual's SYNOPSIS is the program's usage line" {
    need mandoc
    for f in "$build"/bin/sv-*; do
        [ -x "$f" ] || continue
        name=${f##*/}
        synopsis=$(mandoc -T utf8 -O width=80 "$top/man/$name.1" | sed 's/.\x08//g' | sed -n '/^SYNOPSIS/,/^[A-Z]/p' | sed '1d;$d' | tr -s ' \n' ' ' | sed 's/^ //; s/ $//')
        for verb in "" $("$f" --complete-options | awk -F '\t' '$2 == "verb" { print $1 }'); do
            COLUMNS=80 "$f" $verb -h | sed -n '/^usage:/,/^$/p'
        done >"$BATS_TEST_TMPDIR/usage"
        usage=$(sed 's/^usage: //' "$BATS_TEST_TMPDIR/usage" | tr -s ' \n' ' ' | sed -E 's/ $//')
        assert_equal "$synopsis" "$usage"
        run awk 'length > 80' "$BATS_TEST_TMPDIR/usage"
        assert_output ""
    done
}

@test "manual pages are clean" {
    need mandoc
    run "$top/tests/lint" mandoc
    assert_success
}

@test "scripts are clean" {
    need shellcheck
    run "$top/tests/lint" shellcheck
    assert_success
}
