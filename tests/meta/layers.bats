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

# Names that objects need and do not have, as "object name". Sanitizers' own are left out.
undefined() {
    (cd "$build/obj" && find "$@" -name '*.o' -print0 | xargs -0 nm -A -u | sed -E 's/^([^:]*): +[Uw] /\1 /' | grep -vE ' __(asan|ubsan|sanitizer)_')
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
    cd "$build/obj/libcore" || return 1
    find . -name '*.o' -print0 | xargs -0 nm -A --defined-only -g | sed -E 's/^\.\/([^/]*)\/[^ ]* .* (\S+)$/\2 \1/' >"$BATS_TEST_TMPDIR/defined"
    undefined libcore | sed -E 's/^libcore\/([^/]*)\/(\S*) (\S+)$/\3 \1 \2/' >"$BATS_TEST_TMPDIR/used"
    run awk '
        FILENAME ~ /LAYERS$/ { for (i = 1; i <= NF; i++) place[$i] = i; next }
        FILENAME ~ /defined$/ { floor[$1] = $2; next }
        $1 in floor {
            f = floor[$1]
            if (place[f] > place[$2] || (f == "store" && $2 ~ /^(policy|team|alert)$/) || (f == "json" && $2 == "input"))
                print $2 "/" $3 " calls " $1 " of " f
        }' "$top/libcore/LAYERS" "$BATS_TEST_TMPDIR/defined" "$BATS_TEST_TMPDIR/used"
    assert_output ""
    assert [ -s "$BATS_TEST_TMPDIR/defined" ]
}

@test "libcore never includes cmd, a program never another program" {
    run bash -c "grep -rnE '#include \"(cli\.h|cmd/|sv-)' '$top/libcore'"
    assert_output ""
    while read -r file header; do
        [ "$header" = cli.h ] || [ -e "$top/libcore/$header" ] || fail "$file includes $header"
    done < <(includes cmd)
}

@test "libcore neither prints nor exits, out of memory excepted" {
    run bash -c "$(declare -f undefined); build='$build' undefined libcore | grep -v '^libcore/base/mem.o ' |
        grep -E ' (__)?(v?f?printf|v?dprintf|f?puts|f?putc|putchar|fwrite|perror|exit|_exit|_Exit|quick_exit|abort|err|errx|warn|warnx|__assert_fail|stdout|stderr)(_chk|_unlocked)?(@.*)?$'"
    assert_output ""
}

# The store is excepted: its locks and copies stand beside SQLite, which does the rest.
@test "files are opened, read, written and renamed, and clocks are read, in base/os.c alone" {
    run bash -c "$(declare -f undefined); build='$build' undefined libcore | grep -vE '^libcore/(base/(os|mem)\.o|store/.*) ' |
        grep -E ' (open|openat|fopen|read|pread|write|pwrite|readv|writev|rename|fsync|fdatasync|opendir|poll|select|clock_gettime|gettimeofday|time|getrandom|nanosleep)(64)?(@.*)?$'"
    assert_output ""
}

@test "SQLite is known to the store alone" {
    run bash -c "grep -rnE '#include *<sqlite3\.h>' '$top/libcore' '$top/cmd' | grep -v '^$top/libcore/store/'"
    assert_output ""
    run bash -c "$(declare -f undefined); build='$build' undefined . | sed 's#^./##' | grep -E '^(libcore|cmd)/' | grep ' sqlite3_' | grep -v '^libcore/store/'"
    assert_output ""
    run bash -c "grep -rnE '\"(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|PRAGMA|BEGIN|COMMIT) ' '$top/libcore' '$top/cmd' | grep -v '^$top/libcore/store/'"
    assert_output ""
}

@test "what libsv.a exports is called sv_, and lives in a file that its name tells" {
    run bash -c "nm -g --defined-only '$build/libsv.a' | awk 'NF == 3 && \$3 !~ /^(sv_|__(asan|odr_asan|sancov|start|stop)|_?_?odr_asan)/ { print \$3 }'"
    assert_output ""
    run bash -c "nm -g --defined-only '$build/libsv.a' | grep -c ' T sv_'"
    assert [ "$output" -gt 20 ]
}
