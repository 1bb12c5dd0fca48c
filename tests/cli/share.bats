#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Lines for cron, units for systemd, a part for logrotate: each is run once, in the environment that it will have.
load helper

setup() {
    clean_place
    mkdir -p "$HOME/.claude/projects/shop" agents state
    cp "$top/share/examples/shop-claude.jsonl" "$HOME/.claude/projects/shop"
    cp "$top/share/examples/fleet.ndjson" agents
}

teardown() {
    [ -z "${pid-}" ] || kill "$pid" 2>/dev/null || true
}

# here COMMAND: with this build in place of what is installed, and places of the test in place of the host's.
here() {
    sed "s|sv-bench run|& -n 500 --warm-up=0 --repeat=1|; s|%h|$HOME|g; s|/usr/local/bin|$build/bin|g; s|/var/lib/sv-tools|$PWD/state|g; s|/var/log/agents|$PWD/agents|g; s|^sv-|$build/bin/sv-|; s|^ExecStart=sv-|ExecStart=$build/bin/sv-|" <<<"$1"
}

# bare COMMAND...: as cron(8) runs it: no environment, no input, from /.
bare() {
    (cd / && exec env -i HOME="$HOME" LOGNAME=user SHELL=/bin/sh PATH=/usr/bin:/bin "$@" </dev/null)
}

lines_of_cron() {
    grep -E '^[0-9*]' "$top/share/cron/sv-tools" | sed -E 's/^([^ ]+ ){5}//; s/\\%/%/g' # as cron(8) does
}

@test "each line of cron works without an environment, from /, and without standard output" {
    assert [ "$(lines_of_cron | wc -l)" -ge 9 ]
    refute grep -E '^[0-9*].*[^\\]%' "$top/share/cron/sv-tools" # a line end to cron(8)
    while read -r line; do
        command=$(here "$line")
        run --separate-stderr bare sh -c "$command"
        assert_success
        assert_equal "$stderr" ""
        run --separate-stderr bare sh -c "$command >&-"
        assert_success
        run --separate-stderr bare sh -c "$command >/dev/full"
        [ "$status" = 0 ] || assert_failure 4
    done < <(lines_of_cron)
    assert [ -s "$HOME/.local/state/sv-tools/sv.db" ]
    assert_regex "$(sv-bench baseline list -o csv | tail -n 1)" '^[0-9]{4}-[0-9]{2},.*,run,'
}

@test "a page that is read is the old one or the new one, whole, and stays when there is no new one" {
    command=$(here "$(lines_of_cron | grep week.html)")
    bare sh -c "$(here "$(lines_of_cron | head -n 1)")" >/dev/null
    page=$HOME/.local/state/sv-tools/week.html
    run --separate-stderr bare sh -c "$command"
    assert_success
    assert grep -q '</html>' "$page"
    assert_equal "$(ls "$HOME"/.local/state/sv-tools/*.new 2>/dev/null)" ""
    echo old >"$page"
    echo broken >"$HOME/.local/state/sv-tools/sv.db"
    run bare sh -c "$command"
    assert_failure
    assert_equal "$(cat "$page")" old
}

@test "the line of each minute prints what is new, and else nothing: no mail" {
    command=$(here "$(lines_of_cron | head -n 1)")
    run --separate-stderr bare sh -c "$command"
    assert_success
    assert_output --partial '"type":"evaluation"'
    run --separate-stderr bare sh -c "$command"
    assert_success
    assert_equal "$output$stderr" ""
    sed 's/rm -rf/rm -fr/; s/"uuid":"/&x/' "$top/share/examples/shop-claude.jsonl" | grep 'rm -fr' >>"$HOME/.claude/projects/shop/shop-claude.jsonl"
    run --separate-stderr bare sh -c "$command"
    assert_output --partial '"policy":"destructive-command"'
}

value() { # value UNIT KEY
    sed -n "s/^$2=//p" "$1"
}

# What a service needs is there; a follower is started and ended by another test.
@test "each command of a unit that ends works without an environment, and ends as the unit expects" {
    oneshots=0
    for unit in "$top"/share/systemd/*/*.service; do
        [ "$(value "$unit" Type)" = oneshot ] || continue
        setting=$(here "$(value "$unit" Environment)")
        rm -rf "$HOME/.local" state/*
        [ "${unit##*/}" = sv-eval-once.service ] || # made by those that follow
            bare ${setting:+"$setting"} "$build/bin/sv-eval" -rq --home --exit-zero >/dev/null
        while read -r command; do
            command=$(here "ExecStart=$command")
            run --separate-stderr bare ${setting:+"$setting"} ${command#ExecStart=}
            [ "$status" = 0 ] || assert_equal "$status" "$(value "$unit" SuccessExitStatus)"
            assert_equal "$stderr" ""
            oneshots=$((oneshots + 1))
        done < <(value "$unit" ExecStart)
        assert [ -s "$HOME/.local/state/sv-tools/sv.db" ] || assert [ -s state/sv.db ]
    done
    assert [ "$oneshots" -ge 11 ]
}

@test "each service that stays works without an environment, is reloaded by ExecReload, and ends well" {
    for unit in "$top"/share/systemd/*/*.service; do
        [ "$(value "$unit" Type)" != oneshot ] || continue
        command=$(here "$(value "$unit" ExecStart)")
        setting=$(here "$(value "$unit" Environment)")
        assert [ -n "$command" ]
        assert_equal "$(value "$unit" SuccessExitStatus)" 1
        rm -rf "$HOME/.local" state/*
        (cd / && exec env -i HOME="$HOME" PATH=/usr/bin:/bin ${setting:+"$setting"} $command) </dev/null >out 2>err 3>&- &
        pid=$!
        soon test -s out
        assert_equal "$(value "$unit" ExecReload)" '/bin/kill -HUP $MAINPID'
        kill -HUP "$pid"
        sleep 0.3
        kill -0 "$pid"
        kill -TERM "$pid"
        wait "$pid"
        pid=
        assert_equal "$(cat err)" ""
        store=${setting#SV_STORE=}
        assert [ -s "${store:-$HOME/.local/state/sv-tools/sv.db}" ]
    done
}

@test "units are sound" {
    need systemd-analyze
    mkdir units
    for unit in "$top"/share/systemd/user/* "$top"/share/systemd/system/*; do
        name=${unit##*/}
        rm -f units/*
        timed=${name%.timer}.service # the timer's
        [ ! -e "${unit%/*}/$timed" ] || here "$(sed "s/^User=.*/User=$(id -un)/" "${unit%/*}/$timed")" >"units/$timed"
        here "$(sed "s/^User=.*/User=$(id -un)/" "$unit")" >"units/$name"
        case $unit in */user/*) scope=--user ;; *) scope=--system ;; esac
        XDG_RUNTIME_DIR=$PWD run systemd-analyze $scope --man=no verify "$PWD/units/$name"
        if [[ $output == *"Failed to initialize manager"* ]]; then skip "systemd-analyze cannot verify here"; fi
        refute_output --regexp "$name:[0-9]+|Unknown|not executable|Failed to parse"
        assert_success
    done
}

@test "the part for logrotate is sound, and lets a log be read to its end" {
    grep -q '^ *delaycompress$' "$top/share/logrotate/sv-tools"
    need logrotate
    here "$(cat "$top/share/logrotate/sv-tools")" >conf
    run logrotate -d -s state/logrotate "$PWD/conf"
    assert_success
    refute_output --partial error:
}
