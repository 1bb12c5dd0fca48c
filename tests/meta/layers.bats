#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The floors hold: who includes whom, who calls whom, who may print, exit, or speak SQL.

load ../cli/helper

# FLOOR: its place in LAYERS, from 1; 0 for none.
place() {
    local i=0 floor
    local floors
    read -ra floors <"$top/libcore/LAYERS"
    for floor in "${floors[@]}"; do
        i=$((i + 1))
        [ "$floor" = "$1" ] && echo $i && return
    done
    echo 0
}

# Every include of one of our headers, as "file included".
includes() {
    (cd "$top" && grep -rnoE '^#include "[^"]+"' --include='*.[ch]' "$@" | sed -E 's/^([^:]*):[0-9]+:#include "(.*)"$/\1 \2/')
}

# Once for all tests: names that objects need and do not have, as "object name", and those they have, as "object name".
setup_file() {
    export NEEDED=$BATS_FILE_TMPDIR/needed DEFINED=$BATS_FILE_TMPDIR/defined
    (cd "$build/obj" && find libcore cmd -name '*.o' -print0 | xargs -0 nm -A -g) |
        awk -v needed="$NEEDED" -v defined="$DEFINED" '{
            object = $1
            sub(/:.*/, "", object)
            if ($(NF - 1) ~ /^[Uw]$/) { if ($NF !~ /^__(asan|ubsan|sanitizer)_/) print object, $NF >needed }
            else print object, $NF >defined
        }'
}

needed() { # needed FLOOR-PATTERN NAME-PATTERN: "object name" of objects below libcore and cmd
    grep -E "^($1)" "$NEEDED" | grep -E " (__)?($2)(_2|_chk|_unlocked|64)*(@.*)?$" || true
}

@test "LAYERS names every floor, and every folder of libcore is a floor" {
    for folder in "$top"/libcore/*/; do
        [ "$(place "$(basename "$folder")")" != 0 ] || fail "libcore/$(basename "$folder") is not in LAYERS"
    done
}

@test "a floor includes only itself and floors below" {
    wrong=
    while read -r file header; do
        floor=${file#libcore/} floor=${floor%%/*}
        used=${header%%/*}
        [ -e "$top/libcore/$header" ] || wrong+="$file includes \"$header\", which is no path below libcore"$'\n'
        [ "$(place "$used")" -le "$(place "$floor")" ] || wrong+="$file ($floor) includes $header"$'\n'
        case "$floor $used" in
        "policy store" | "team store" | "alert store" | "input json") wrong+="$file ($floor) includes $header"$'\n' ;;
        esac
    done < <(includes libcore)
    assert_equal "$wrong" ""
}

@test "a floor calls only itself and floors below" {
    run awk '
        FILENAME ~ /LAYERS$/ { for (i = 1; i <= NF; i++) place[$i] = i; next }
        { split($1, part, "/"); floor = part[1] == "libcore" ? part[2] : "cmd" }
        FILENAME ~ /defined$/ { owner[$2] = floor; next }
        floor != "cmd" && $2 in owner {
            f = owner[$2]
            if (f == "cmd" || place[f] > place[floor] || (f == "store" && floor ~ /^(policy|team|alert)$/) || (f == "json" && floor == "input"))
                print $1 " calls " $2 " of " f
        }' "$top/libcore/LAYERS" "$DEFINED" "$NEEDED"
    assert_output ""
    assert [ "$(wc -l <"$DEFINED")" -gt 20 ]
}

@test "libcore never includes cmd, a program never another program" {
    run bash -c "grep -rnE '#include \"(cli\.h|cmd/|sv-)' '$top/libcore'"
    assert_output ""
    while read -r file header; do
        name=${file#cmd/} name=${name#sv-} # a program's own header: index.h for sv-index.c and index_*.c
        case $header in
        cli.h | cli_ask.h | cli_read.h | cli_report.h) ;;
        cli_private.h) [[ $file == cmd/cli* ]] || fail "$file includes $header" ;;
        *) [ -e "$top/libcore/$header" ] || [ "$header" = "${name%%[_.]*}.h" ] || fail "$file includes $header" ;;
        esac
    done < <(includes cmd)
}

@test "libcore neither prints nor exits, out of memory and processes that it started excepted" {
    run needed libcore '(v?f?printf|v?dprintf|f?puts|f?putc|putchar|fwrite|perror|exit|_exit|_Exit|quick_exit|abort|errx?|warnx?|__assert_fail|stdout|stderr)'
    # a process that was started ends in process.o
    assert_equal "$(grep -vE '^libcore/base/(mem.o |process.o exit$|child.o _exit$)' <<<"$output")" ""
}

# The store is excepted: its locks and copies stand beside SQLite, which does the rest. Who leaves (process.c) opens /dev/null.
@test "files are opened, read, written and renamed, and clocks are read, in base/os.c alone" {
    run needed libcore '(open|openat|fopen|p?read|p?write|readv|writev|rename|fsync|fdatasync|opendir|poll|select|clock_gettime|gettimeofday|time|getrandom|nanosleep)'
    assert_equal "$(grep -vE '^libcore/(base/(os|mem)\.o |base/process\.o open|store/)' <<<"$output")" ""
}

@test "SQLite is known to the store alone" {
    run bash -c "grep -rnE '#include *<sqlite3\.h>' '$top/libcore' '$top/cmd' | grep -v '^$top/libcore/store/'"
    assert_output ""
    run needed 'libcore|cmd' 'sqlite3_.*'
    assert_equal "$(grep -v '^libcore/store/' <<<"$output")" ""
    assert_equal "$(grep -c '^libcore/store/' <<<"$output" | sed 's/^[1-9].*/some/')" some
    run bash -c "grep -rnE '\"(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|PRAGMA|BEGIN|COMMIT) ' '$top/libcore' '$top/cmd' | grep -v '^$top/libcore/store/'"
    assert_output ""
}

@test "what libsv.a exports is called sv_, and lives in a file that its name tells" {
    run bash -c "nm -g --defined-only '$build/libsv.a' | awk 'NF == 3 && \$3 !~ /^(sv_|__(asan|odr_asan|sancov|start|stop)|_?_?odr_asan)/ { print \$3 }'"
    assert_output ""
    run bash -c "nm -g --defined-only '$build/libsv.a' | grep -c ' T sv_'"
    assert [ "$output" -gt 20 ]
}

@test "libcsv is known to one file" {
    run bash -c "grep -rlE '#include *<csv\.h>' '$top/libcore' '$top/cmd'"
    assert_output "$top/libcore/base/commas.c"
}
