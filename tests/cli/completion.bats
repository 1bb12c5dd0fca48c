#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What the shell offers.

load helper

# A program that only knows its options, so that what is tested is the completion.
program() {
    mkdir -p bin
    cat >bin/sv-eval <<'END'
#!/bin/sh
case $1 in
--complete-values=*) printf '%s\tone\n' "${1#*=}-1" && shift && printf 'asked-%s\ttwo\n' "$@" && exit ;;
--complete-options) ;;
*) exit 2 ;;
esac
printf '%s\t%s\t%s\n' --store file 'use this store' -d file 'use this store' --no-store '' 'keep nothing' -N '' 'keep nothing' \
    --format 'auto sv claude' 'a format' -i 'auto sv claude' 'a format' --number value 'so many' -n value 'so many' \
    --into folder 'a place' --which ask 'one of these' -w ask 'one of these'
END
    chmod +x bin/sv-eval
    PATH=$PWD/bin:$PATH
}

# offered WORD...: what is offered for the last word, one a line.
offered() {
    local name=sv-eval
    [[ ${1-} != sv-[a-z]* ]] || { name=$1 && shift; }
    # shellcheck source=/dev/null
    source "$top/completions/$name.bash"
    COMP_WORDS=("$name" "$@") COMP_CWORD=$# COMPREPLY=()
    "$(complete -p "$name" | sed 's/.*-F \([^ ]*\).*/\1/')" || return 1
    [ "${#COMPREPLY[@]}" = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
}

@test "options are offered by their beginnings" {
    program
    assert_equal "$(offered --n)" $'--no-store\n--number'
    assert_equal "$(offered -)" "$(printf '%s\n' --format --into --no-store --number --store --which -N -d -i -n -w)"
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

@test "what only the program knows it is asked, with the line as it stands" {
    program
    assert_equal "$(offered -d my.db --which wh)" which-1
    assert_equal "$(offered -d my.db --which '')" $'which-1\nasked--d\nasked-my.db\nasked---which\nasked-'
    assert_equal "$(offered -Nw w)" w-1
    assert_equal "$(offered --store = "'a b'" --which = asked---s)" "asked---store=a b"
    assert_equal "$(offered -d \~/x -w "asked-$HOME")" "asked-$HOME/x"
    assert_equal "$(offered -d '$(touch made)`touch made`' -w z)" ""
    assert [ ! -e made ]
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
        verbs=$(awk -F '\t' '$2 == "verb" { print $1 }' <<<"$output")
        for verb in "" $verbs; do
            run awk -F '\t' 'NF != 3 || $1 !~ ($2 == "verb" || $2 == "word" ? "^[a-z-]+$" : "^(--[a-z0-9-]+|-[A-Za-z0-9])$") || $3 == ""' \
                <("$f" --complete-options $verb)
            assert_output ""
        done
    done
}

@test "a verb's options are offered behind it, and verbs where one is missing" {
    [ -x "$build/bin/sv-index" ] || skip "no program is built"
    own=$(sv-index --complete-options sources | cut -f1 | grep '^--[fs]' | LC_ALL=C sort | paste -sd' ')
    assert [ "$own" = "--fields --since --slow-ms --store" ]
    for shell in bash zsh fish; do
        command -v "$shell" >/dev/null || continue
        run --separate-stderr offer "$shell" 'sv-index sou' 'sv-index -q so' 'sv-index --ver' 'sv-index sources --f' 'sv-index -q sources --sinc' \
            'sv-index sources --fields posi' 'sv-index sources -d none.db -i code'
        assert_equal "$stderr" ""
        assert_output "sources
sources
--verbose --version
--fields
--since
position
codex codex-exec"
    done
}

@test "what a verb does is offered behind it, until it is said" {
    [ -x "$build/bin/sv-team" ] || skip "no program is built"
    for shell in bash zsh fish; do
        command -v "$shell" >/dev/null || continue
        run --separate-stderr offer "$shell" 'sv-team me' 'sv-team member a' 'sv-team member re' 'sv-team team add re' 'sv-team member add --te'
        assert_equal "$stderr" ""
        assert_output "member
add
remove rename

--team"
    done
}

# The same with the real program, in three shells. offer SHELL LINE...: what is offered at the end of each line, a line for each.
offer() {
    local shell=$1 line
    shift
    case $shell in
    bash)
        for line; do
            read -ra typed <<<"$line"
            [[ $line != *' ' ]] || typed+=('')
            offered "${typed[@]}" | LC_ALL=C sort -u | paste -sd' '
        done
        ;;
    zsh) zsh -f "$BATS_TEST_DIRNAME/complete.zsh" "$top/completions" "$@" ;;
    fish)
        fish --no-config -c 'set -p fish_complete_path $argv[1]; for line in $argv[2..-1]; complete -C $line; echo; end' "$top/completions" "$@" |
            awk -F '\t' '$0 == "" { print line; line = ""; next } { line = line (line == "" ? "" : " ") $1 }' |
            while read -r line; do tr ' ' '\n' <<<"$line" | LC_ALL=C sort -u | paste -sd' '; done
        ;;
    esac
}

everything() { # everything SHELL
    need "$1"
    [ -x "$build/bin/sv-eval" ] || skip "no program is built"
    cp -R "$top/share/policies" packs
    touch one.jsonl
    options=$(sv-eval --complete-options | cut -f1 | grep '^--s' | LC_ALL=C sort | paste -sd' ')
    formats=$(sv-eval --complete-values=input | cut -f1 | LC_ALL=C sort | paste -sd' ')
    run --separate-stderr offer "$1" 'sv-eval --s' 'sv-eval -i ' 'sv-eval -p packs --only force-p' 'sv-eval -p none --only force-p' \
        'sv-eval --set hos' 'sv-eval --sync n' 'sv-eval -d one' 'sv-eval -N on'
    assert_equal "$stderr" ""
    assert_output "$options
$formats
force-push

host=
normal
one.jsonl
one.jsonl"
}

@test "bash completes sv-eval" {
    everything bash
}

@test "zsh completes sv-eval" {
    everything zsh
}

@test "fish completes sv-eval, with a text to each" {
    everything fish
    run fish --no-config -c 'set -p fish_complete_path $argv[1]; complete -C "sv-eval --strict"' "$top/completions"
    assert_output $'--strict\t'"$(sv-eval --complete-options | awk -F '\t' '$1 == "--strict" { print $3 }')"
}

@test "bash, zsh and fish know every program" {
    for f in "$build"/bin/sv-*; do
        [ -x "$f" ] || skip "no program is built"
        name=${f##*/}
        assert [ -s "$top/completions/_$name" ]
        for shell in bash fish; do assert [ -s "$top/completions/$name.$shell" ]; done
    done
}
