#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-store(5): its tables are those of a store, and each of its disasters is made to happen, says what the page says, and is undone
# as the page says.

load helper

page=$top/man/sv-store.5

setup() {
    clean_place
    need sqlite3
    policy 'when: type == "x.y"'
    log 1 20
}

log() { # log FROM TO: lines of log.jsonl
    seq -f '{"type":"x.y","time":"2026-11-20T09:00:00Z","agent":"a","n":%.0f}' "$1" "$2" >>log.jsonl
}

store() { # store ARGUMENT...: sv-eval over log.jsonl
    run --separate-stderr sv-eval -p "$policy" --exit-zero "$@" log.jsonl
}

count() { # count STORE
    sqlite3 -readonly "$1" 'SELECT count(*) FROM supervisor_policy_evaluations'
}

can_trace() { # else the rest of the test is skipped
    need_trace
}

# told MESSAGE: is it in the section DISASTERS, with names and numbers in the place of STORE, PROGRAM and N?
told() {
    local line=${1#sv-eval: } section
    line=$(sed -E 's/^[^ ]*\.db: /STORE: /; s/process [0-9]+ \([^)]*\)/process N (PROGRAM)/; s/locked for [0-9]+ m?s /locked for 30 s /
        s/version [0-9]+/version N/; s/program \([0-9.]+\)/program (V)/; s/up to [0-9]+/up to N/; s/has [0-9]+ hard/has N hard/
        s/\(uid [0-9]+\)/(uid N)/; s/[0-9]+ (ahead|MiB)/N \1/' <<<"$line")
    section=$(mandoc -T ascii -O width=200 "$page" | sed 's/.\x08//g' | sed -n '/^DISASTERS/,/^SEE/p' | tr -s ' \n' ' ')
    [[ $section == *" $line "* ]] || fail "sv-store(5) does not have: $line"
}

# shape: "table column TYPE" of tables in their order, "view column", "index columns".
@test "the page has every table, column, view and index of a store, and no other" {
    store -d sv.db
    assert_success
    {
        sqlite3 -readonly -separator ' ' sv.db "SELECT m.name, p.name, p.type FROM sqlite_schema AS m, pragma_table_info(m.name) AS p
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.cid"
        sqlite3 -readonly -separator ' ' sv.db "SELECT m.name, p.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS p
            WHERE m.type = 'view' ORDER BY m.name, p.name"
        sqlite3 -readonly -separator ' ' sv.db "SELECT m.name, group_concat(coalesce(p.name, 'expression'), ', ') FROM sqlite_schema AS m, pragma_index_info(m.name) AS p
            WHERE m.type = 'index' AND m.name LIKE 'idx_%' GROUP BY m.name ORDER BY m.name"
    } >has
    sed -n '/^\.Sh TABLES/,/^\.Sh ADDRESSES/p' "$page" | awk '
        /^\.Ss / { table = $2; next }
        /^\.It Va / {
            type = ""
            if (match($0, / Pq [A-Z]+$/)) { type = " " substr($0, RSTART + 4); $0 = substr($0, 1, RSTART - 1) }
            gsub(/^\.It | ,/, "")
            gsub(/Va /, "")
            for (i = 1; i <= NF; i++) print table, $i type
        }
        /^\.It Ic / { name = $3; sub(/^\.It Ic [^ ]+ Pq /, ""); print name, $0 }' >told
    # tables sort by name, but their columns stand in order
    {
        grep -E ' (INTEGER|TEXT|BLOB|REAL)$' told | LC_ALL=C sort -s -k 1,1
        grep -E '^(evaluations|roster) ' told | LC_ALL=C sort
        grep '^idx_' told | LC_ALL=C sort
    } >ordered
    assert [ "$(wc -l <has)" -gt 80 ]
    run diff has ordered
    assert_success
    assert_equal "$(sqlite3 -readonly sv.db "SELECT printf('now %d, and 0x%08x', u.user_version, a.application_id)
        FROM pragma_user_version AS u, pragma_application_id AS a")" \
        "$(tr '\n' ' ' <"$page" | grep -oE 'now [0-9]+, and .Ql PRAGMA application_id is 0x[0-9a-f]+' | sed 's/.Ql PRAGMA application_id is //')"
}

@test "numbers of outcomes, severities and actions mean what the page says" {
    store -d sv.db
    for kind in outcome severity action; do
        said=$(sed -n "/^\.It Va $kind Pq INTEGER/,/^\.It/p" "$page" | grep -oE '\b[0-9] [a-z]+' | paste -sd' ')
        has=$(sqlite3 -readonly sv.db "SELECT sql FROM sqlite_schema WHERE name = 'evaluations'" |
            grep -oE "CASE e\.$kind .* END AS $kind" | sed "s/ END AS $kind.*//" | grep -oE "(WHEN [0-9] THEN|ELSE) '[a-z]+'" |
            awk '{ gsub(/\047/, ""); print NR - 1, $NF }' | paste -sd' ')
        assert_equal "$said" "$has"
    done
}

@test "disaster: a full disk, and a limit" {
    log 21 4000
    (ulimit -f 600 && exec sv-eval -d sv.db -p "$policy" log.jsonl >out 2>err) || true
    told "$(cat err)"
    assert [ ! -s out ]
    store -d sv.db
    assert_success
    assert_equal "$(count sv.db)" 4000
    can_trace
    log 4001 4020
    run --separate-stderr strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:error=ENOSPC:when=3+ \
        sv-eval -p "$policy" -d sv.db log.jsonl
    assert_failure 4
    assert_output ""
    [[ $stderr == "sv-eval: sv.db: disk full"* ]]
    told "${stderr%; nothing of*}; nothing of this batch was stored"
    store -d sv.db
    assert_equal "$(count sv.db)" 4020
}

@test "disaster: a disk that fails" {
    can_trace
    store -d sv.db
    log 21 40
    run --separate-stderr strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:error=EIO:when=1+ \
        sv-eval -p "$policy" -d sv.db log.jsonl
    assert_failure 4
    assert_output ""
    told "${stderr/perhaps this batch was stored, run it again/nothing of this batch was stored}"
    [[ $stderr == *"; perhaps this batch was stored, run it again" ]]
    store -d sv.db
    assert_success
    assert_equal "$(count sv.db)" 40
}

@test "disaster: damaged pages; what can be read is saved as the page says" {
    log 21 2000
    store -d sv.db
    sqlite3 sv.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
    pages=$(($(stat -c %s sv.db) / 4096))
    root=$(sqlite3 -readonly sv.db "SELECT rootpage FROM sqlite_schema WHERE name = 'idx_evaluations_address'")
    yes '*' | head -c 4096 | dd of=sv.db bs=4096 seek=$((root - 1)) conv=notrunc status=none
    yes '*' | head -c 4096 | dd of=sv.db bs=4096 seek=$((pages - 20)) conv=notrunc status=none
    sum=$(sha256sum <sv.db)
    store -d sv.db
    assert_failure 3
    assert_output ""
    told "$stderr"
    assert_equal "$(sha256sum <sv.db)" "$sum"
    run sqlite3 -readonly sv.db 'PRAGMA integrity_check'
    refute_output ok
    sqlite3 -readonly sv.db .dump 2>/dev/null | sed 's/^ROLLBACK;.*/COMMIT;/' | (umask 077 && sqlite3 saved.db 2>/dev/null)
    sqlite3 saved.db "PRAGMA application_id = 0x73766462; PRAGMA user_version = $(sqlite3 -readonly sv.db 'PRAGMA user_version')"
    assert_equal "$(sqlite3 -readonly saved.db 'PRAGMA integrity_check')" ok
    saved=$(count saved.db)
    assert [ "$saved" -gt 100 ]
    store -d saved.db
    assert_success
    assert_equal "$(count saved.db)" 2000
    store -d anew.db
    assert_equal "$(count anew.db)" 2000
}

@test "disaster: a damaged head, another program's file" {
    store -d sv.db
    sqlite3 sv.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
    printf '0123456789' | dd of=sv.db conv=notrunc status=none
    store -d sv.db
    assert_failure 3
    told "$stderr"
    (umask 077 && sqlite3 other.db 'CREATE TABLE t (a)')
    store -d other.db
    assert_failure 3
    told "$stderr"
}

@test "disaster: locked by a shell, which is named; when it ends, all is well" {
    store -d sv.db
    log 21 40
    mkfifo go
    sqlite3 sv.db 'BEGIN IMMEDIATE' '.shell touch begun; cat go' >/dev/null &
    holder=$!
    soon test -e begun
    store -d sv.db --wait 300ms
    assert_failure 4
    assert_output ""
    told "$stderr"
    assert_equal "$(grep -oE 'process [0-9]+ \(.*\);' <<<"$stderr")" "process $holder (sqlite3);"
    : >go
    wait "$holder"
    store -d sv.db
    assert_success
    assert_equal "$(count sv.db)" 40
}

@test "disaster: a backup made and restored as the page says, while a program runs" {
    store -d sv.db
    (umask 077 && sqlite3 -readonly sv.db '.backup backup.db')
    assert_equal "$(stat -c %a backup.db)" 600
    log 21 40
    store -d sv.db
    mkfifo pipe
    sv-eval -p "$policy" -d sv.db - <pipe >out 2>err &
    pid=$!
    exec 7>pipe
    tail -n 1 log.jsonl >&7
    soon test -s out
    mkdir -m 700 old
    mv sv.db sv.db-* old/
    (umask 077 && sqlite3 -readonly backup.db '.backup sv.db')
    tail -n 1 log.jsonl >&7
    exec 7>&-
    status=0
    wait $pid || status=$?
    assert_equal "$status" 4
    told "$(cat err)"
    assert_equal "$(count sv.db)" 20
    assert_equal "$(count old/sv.db)" 41
    store -d sv.db
    assert_success
    assert_equal "$(count sv.db)" 40
    assert_equal "$(sqlite3 -readonly sv.db 'PRAGMA integrity_check')" ok
}

@test "disaster: a wrong clock" {
    SV_NOW=2020-01-01T00:00:00Z store -d sv.db -v
    assert_success
    told "$(grep -oE '[0-9]+ ahead of the clock' <<<"$stderr")"
    assert_equal "$(sqlite3 -readonly sv.db 'SELECT DISTINCT time FROM evaluations')" 2020-01-01T00:00:00Z
    store -d sv.db
    assert_equal "$(sqlite3 -readonly sv.db 'SELECT DISTINCT time FROM evaluations')" 2020-01-01T00:00:00Z
    store -d anew.db
    assert_equal "$(sqlite3 -readonly anew.db 'SELECT DISTINCT time FROM evaluations')" 2026-11-20T09:00:00Z
    SV_NOW=2030-01-01T00:00:00Z store -d later.db
    assert_equal "$(sqlite3 -readonly later.db 'SELECT DISTINCT time FROM evaluations')" 2026-11-20T09:00:00Z
}

@test "disaster: a network file system" {
    [ "$(uname -m) $(od -An -tx1 -j4 -N1 "$build/bin/sv-eval")" = "x86_64  02" ] || skip "the answer of statfs is put in for x86-64"
    can_trace
    statfs=inject=statfs:poke_exit=@arg2=6969000000000000 # f_type: NFS_SUPER_MAGIC
    strace -qq -o /dev/null -e trace=statfs -e "$statfs" true 2>/dev/null || skip "strace is too old to put in an answer"
    run --separate-stderr strace -qq -o /dev/null -e trace=statfs -e "$statfs" sv-eval -p "$policy" -d sv.db log.jsonl
    assert_failure 3
    told "$stderr"
    assert [ ! -e sv.db ]
}

@test "disaster: a newer version" {
    store -d sv.db
    sqlite3 sv.db 'PRAGMA user_version = 9999; PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
    sum=$(sha256sum <sv.db)
    store -d sv.db
    assert_failure 3
    told "$stderr"
    assert_equal "$(sha256sum <sv.db)" "$sum"
}

@test "disaster: a symbolic link; on the way there it may be one" {
    mkdir place
    store -d place/sv.db
    ln -s place/sv.db sv.db
    store -d sv.db
    assert_failure 3
    told "$stderr"
    ln -s place way
    store -d way/sv.db
    assert_success
}

@test "disaster: others may write to it, or could put another in its place" {
    store -d sv.db
    chmod 660 sv.db
    store -d sv.db
    assert_failure 3
    told "$stderr"
    chmod 600 sv.db
    ln sv.db second.db
    store -d sv.db
    assert_failure 3
    told "$stderr"
    rm second.db
    mkdir -m 777 open
    chmod 777 open
    store -d open/sv.db
    assert_failure 3
    told "$stderr"
    if [ "$(id -u)" = 0 ]; then
        chown 65534 sv.db
        store -d sv.db
        assert_failure 3
        told "$stderr"
        chown 0 sv.db
    fi
    store -d sv.db
    assert_success
}

@test "disaster: read-only" {
    [ "$(id -u)" != 0 ] || skip "permissions do not bind root"
    store -d sv.db
    chmod 400 sv.db
    store -d sv.db
    assert_failure 4
    told "$stderr"
}

@test "disaster: emptied while it runs" {
    mkfifo pipe
    sv-eval -p "$policy" -d sv.db - <pipe >out 2>err &
    pid=$!
    exec 7>pipe
    tail -n 1 log.jsonl >&7
    soon test -s out
    : >sv.db
    tail -n 1 log.jsonl >&7
    exec 7>&-
    status=0
    wait $pid || status=$?
    assert_equal "$status" 4
    told "$(cat err)"
    assert_equal "$(wc -l <out)" 1
}

@test "disaster: a log that grows, as the ledger warns of it" {
    [ -d "$top/libcore" ] || skip "no source"
    warning=$(grep -oE '"warning: the store[^"]*"' "$top/libcore/run/ledger.c" | tr -d '"' | sed 's/\\n$//; s/%llu/300/')
    told "$warning"
    # what it says: as long as somebody reads, the log is not cut
    store -d sv.db
    mkfifo go
    sqlite3 -readonly sv.db 'BEGIN; SELECT count(*) FROM runs' '.shell touch begun; cat go' >/dev/null &
    reader=$!
    soon test -e begun
    log 21 9000
    store -d sv.db
    assert_success
    long=$(stat -c %s sv.db-wal)
    assert [ "$long" -gt 1000000 ]
    : >go
    wait "$reader"
    log 9001 18000
    store -d sv.db
    assert [ "$(stat -c %s sv.db-wal)" -lt "$long" ]
}
