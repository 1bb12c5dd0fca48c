#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What the shell offers.

load helper

# A program that only knows its options, so that what is tested is the completion.
program() {
    mkdir -p bin
    cat >bin/sv-eval <<'END'
#!/bin/sh
[ "$1" = --complete-options ] || exit 2
printf '%s\t%s\t%s\n' --store file 'use this store' -d file 'use this store' --no-store '' 'keep nothing' -N '' 'keep nothing' \
    --format 'auto sv claude' 'a format' -i 'auto sv claude' 'a format' --number value 'so many' -n value 'so many' \
    --into folder 'a place'
END
    chmod +x bin/sv-eval
    PATH=$PWD/bin:$PATH
}

# offered WORD...: what is offered for the last word, one a line.
offered() {
    # shellcheck source=/dev/null
    source "$top/completions/sv-eval.bash"
    COMP_WORDS=(sv-eval "$@") COMP_CWORD=$# COMPREPLY=()
    "$(complete -p sv-eval | sed 's/.*-F \([^ ]*\).*/\1/')" || return 1
    [ "${#COMPREPLY[@]}" = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
}

@test "options are offered by their beginnings" {
    program
    assert_equal "$(offered --n)" $'--no-store\n--number'
    assert_equal "$(offered -)" "$(printf '%s\n' --format --into --no-store --number --store -N -d -i -n)"
    assert_equal "$(offered --xyz)" ""
    assert_equal "$(offered a.jsonl --st)" --store
}

@test "values are offered by their kind" {
    program
    mkdir logs
    touch store.db
    assert_equal "$(offered --format '')" $'auto\nsv\nclaude'
    assert_equal "$(offered --format c)" claude
    assert_equal "$(offered --format =)" $'auto\nsv\nclaude'
    assert_equal "$(offered --format = a)" auto
    assert_equal "$(offered -i s)" sv
    assert_equal "$(offered --store sto)" store.db
    assert_equal "$(offered --into '' | sort)" $'bin\nlogs'
    assert_equal "$(offered -n '')" ""
}

@test "joined letters: the last one's value" {
    program
    touch store.db
    assert_equal "$(offered -Ni a)" auto
    assert_equal "$(offered -ix sto)" store.db
    assert_equal "$(offered -N sto)" store.db
}

@test "files are offered as operands, and all behind --" {
    program
    touch 'a file.jsonl' -- -odd.jsonl
    assert_equal "$(offered a)" 'a file.jsonl'
    assert_equal "$(offered -- -)" -odd.jsonl
    assert_equal "$(offered --format -- --st)" ""
}

@test "a program that is missing offers files" {
    touch here.jsonl
    PATH=/usr/bin:/bin
    assert_equal "$(offered h)" here.jsonl
    assert_equal "$(offered --s)" ""
}

@test "every program tells its options, each in three columns" {
    for f in "$build"/bin/sv-*; do
        [ -x "$f" ] || skip "no program is built"
        run --separate-stderr "$f" --complete-options
        assert_success
        assert_equal "$stderr" ""
        assert_line --regexp $'^--help\t\t.'
        run awk -F '\t' 'NF != 3 || $1 !~ /^(--[a-z0-9-]+|-[A-Za-z0-9])$/ || $3 == ""' <<<"$output"
        assert_output ""
    done
}
