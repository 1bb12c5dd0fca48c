# SPDX-License-Identifier: ISC
# helper.bash - what the tests of the programs share. First line of a .bats file: `load helper`.
#
# Every test starts in an empty folder of its own ($PWD), with its own HOME, the programs just built first in PATH, and none of
# the user's settings. A test file with a setup of its own calls `clean_place` in it.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
build=${B:-$top/build}
case $build in /*) ;; *) build=$top/$build ;; esac
shared=${SV_SHARED:-$top/../shared}

setup() {
    clean_place
}

clean_place() {
    local name
    for name in $(compgen -e SV_); do
        case $name in SV_SHARED | SV_*_TESTS | SV_AGENT_LOGS | SV_TEST_*) ;; *) unset "$name" ;; esac
    done
    unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME NO_COLOR COLUMNS CLAUDE_CONFIG_DIR CODEX_HOME
    export HOME=$BATS_TEST_TMPDIR/home TZ=Pacific/Chatham LC_ALL=C TERM=dumb PATH=$build/bin:$PATH
    mkdir -p "$HOME" "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work" || return 1
}

# store_place: a clean place whose store is s.db.
store_place() {
    clean_place
    need jq
    need sqlite3
    export SV_STORE=$PWD/s.db
}

# index WORDS...: runs sv-index with them, with the verb $index_verb before them if a test file names one; its streams apart.
index() {
    run --separate-stderr sv-index ${index_verb:+"$index_verb"} "$@"
}

# policy LINE...: writes a file with one policy that has these lines below its id, and names it in $policy. The first line stands
# in line 4 of the file, its text from column 5.
policy() {
    policy=policy.yaml
    { printf 'version: 1\npolicies:\n  - id: test\n' && printf '    %s\n' "$@"; } >"$policy"
}

# policies FILE: standard input as a policy file of that name, named in $policy.
policies() {
    policy=$1
    cat >"$policy"
}

# event KEY=VALUE...: one native event as a line; values are JSON where they parse as such, else text.
event() {
    jq -cn --args '[$ARGS.positional[] | capture("^(?<k>[^=]+)=(?<v>.*)$"; "s") | {key: .k, value: (.v as $v | try ($v | fromjson) catch $v)}] | from_entries' "$@"
}

# on_terminal COMMAND...: runs it on a pseudo-terminal; its output (both streams, without carriage returns) goes to stdout, its
# status is kept.
on_terminal() {
    local status
    TERM=xterm-256color script -qec "$(printf '%q ' "$@")" /dev/null </dev/null | tr -d '\r'
    status=${PIPESTATUS[0]}
    return "$status"
}

limit_memory() { # limit_memory KIB: of the address space; sanitizers need all there is
    case $build in *address*) ;; *) ulimit -v "$1" ;; esac
}

soon() { # soon COMMAND...: until it succeeds, half a minute at most, else the test fails
    local _
    for _ in $(seq 600); do
        "$@" 2>/dev/null && return
        sleep 0.05
    done
    fail "not in half a minute: $*"
}

# appears FILE PATTERN [TIMES]: waits until so many lines (one, unless told) of the file match.
appears() {
    # shellcheck disable=SC2317 # run by soon
    has_lines() { [ "$(grep -c -- "$2" "$1")" -ge "$3" ]; }
    soon has_lines "$1" "$2" "${3:-1}"
}

need() { # need COMMAND: else the test is skipped
    command -v "$1" >/dev/null || skip "$1 is not installed"
}

need_trace() { # where strace cannot be used the test is skipped
    need strace
    export ASAN_OPTIONS=detect_leaks=0 # it cannot look while it is traced
    strace -qq -o /dev/null true 2>/dev/null || skip "strace may not trace here"
}

calls_of() { # calls_of CALL COMMAND...: how often the command makes this system call, or ones of these (CALL,CALL), into $calls
    strace -f -qq -o trace -e "trace=$1" "${@:2}" >/dev/null || return
    # shellcheck disable=SC2034 # used by the tests
    calls=$(grep -cE "(${1//,/|})\\(" trace || true)
}

came_to() { # came_to CALL N HARM COMMAND...: signal=KILL or error=EIO at its Nth such call; fails where it has no Nth
    strace -f -qq -o trace -e "trace=$1" -e "inject=$1:$3:when=$2" "${@:4}" >/dev/null 2>&1 || true
    grep -qE '\(INJECTED\)$|\+\+\+ killed by SIGKILL' trace
}

harmed_at() { # harmed_at CALL N HARM COMMAND...: as came_to, but it must come that far
    came_to "$@" || fail "no $3 at $1 $2"
}

need_shared() { # need_shared FOLDER: below the shared data; its path in $data
    data=$shared/data/$1
    [ -e "$data" ] || skip "no $data"
}

# rows STORE SQL: what a query gives, columns parted by |.
rows() {
    need sqlite3
    sqlite3 -readonly "$1" "$2"
}
