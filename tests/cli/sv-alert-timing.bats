#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# When sv-alert tells of what, in a time of our own, through the store: each step is a process of its own, so that between any two
# everything was stopped. Waits, intervals and repeats are those that users of Alertmanager know.

load helper

setup() {
    clean_place
    need sqlite3
    export SV_ALERTS=$PWD/alerts.yaml SV_STORE=$PWD/s.db
    base=1763632800 # 2025-11-20T10:00:00Z, a Thursday
    SV_NOW=$(TZ=UTC printf '%(%FT%TZ)T' $base)
    export SV_NOW
    wrong=0 tried=0
}

config() { # config [LINE...]: more of alerts.yaml
    {
        printf 'version: 1\nreceivers: [{name: r}, {name: l1, file: /dev/null}, {name: l2, file: /dev/null}, {name: q, file: /dev/null, send_resolved: false}]\n'
        printf '%s\n' "$@"
    } | sed 's/{name: r}/{name: r, file: \/dev\/null}/' >alerts.yaml
}

route() { # route [MEMBER [LINE]]: one for all, this member in place of the usual one, if there is one; and a line more
    local member usual="receiver: r, group_by: [policy], group_wait: 30s, group_interval: 5m, repeat_interval: 1h, resolve_after: 24h"
    member=${1%%:*}
    [ -z "$member" ] || usual=$(sed -E "s/$member: [^,]+(, )?//; s/, \$//" <<<"$usual")
    config "${2-}" "route: {$usual${1:+, $1}}"
}

evaluation() { # evaluation NUMBER OUTCOME AGENT[/POLICY[/SEVERITY]]
    local agent policy severity
    IFS=/ read -r agent policy severity <<<"$3"
    printf '{"type":"evaluation","id":"e%s","time":"%s","policy":"%s","outcome":"%s","severity":"%s","agent":"%s","key":["%s"]}\n' \
        "$1" "$SV_NOW" "${policy:-p}" "$2" "${severity:-error}" "$agent" "$agent"
}

# Seconds from the base, or ones that the clock went back to, with what is done then: +a fires, -a is over, ack[=DURATION], resolve,
# silence=DURATION, expire; nothing: tick. Fire and over look at what is due, too, as a pipe does.
step() {
    local seconds=${1%%[!0-9]*} what
    what=${1#"$seconds"}
    SV_NOW=$(TZ=UTC printf '%(%FT%TZ)T' $((base + seconds)))
    number=$((number + 1))
    case $what in
    +*) evaluation $number violation "${what#+}" | sv-alert fold >/dev/null ;;
    -*) evaluation $number resolved "${what#-}" | sv-alert fold >/dev/null ;;
    ack=*) sv-alert ack --where true --for "${what#ack=}" >/dev/null ;;
    ack) sv-alert ack --where true >/dev/null ;;
    resolve) sv-alert resolve --where true >/dev/null ;;
    silence=*) sv-alert silence add true --for "${what#silence=}" --comment c >/dev/null 2>&1 ;;
    expire) sv-alert silence expire "$(sv-alert silence list -o json | jq -r .id | head -n 1)" ;;
    '') sv-alert tick >/dev/null ;;
    *) fail "step $1" ;;
    esac
}

# tells NAME STEPS WANTED: what was told, `SECONDS KIND RECEIVER FIRING/RESOLVED`, commas between
tells() {
    local got one number=0
    rm -f s.db*
    for one in $2; do step "$one" || fail "$1: step $one"; done
    got=$(rows s.db "SELECT group_concat(x, ', ') FROM (SELECT (created_at / 1000000000 - $base) || ' ' ||
        CASE kind WHEN 0 THEN 'firing' WHEN 1 THEN 'changed' WHEN 2 THEN 'resolved' WHEN 3 THEN 'repeated' ELSE 'escalated' END || ' ' ||
        receiver || ' ' || (payload ->> 'firing') || '/' || (payload ->> 'resolved') AS x FROM alert_outbox ORDER BY id)")
    tried=$((tried + 1))
    [ "$got" = "$3" ] && return
    printf '%s\n  wanted: %s\n  told:   %s\n' "$1" "$3" "$got"
    wrong=$((wrong + 1))
}

@test "group_wait, group_interval, repeat_interval" {
    need jq
    route
    tells "one alert, after the wait" "0+a 29 30 31" "30 firing r 1/0"
    tells "before the wait nothing" "0+a 10 29" ""
    tells "what comes during the wait is told along" "0+a 10+b 20+c 30" "30 firing r 3/0"
    tells "what comes behind it waits for the interval" "0+a 30 40+b 60 329 330" "30 firing r 1/0, 330 changed r 2/0"
    tells "the interval runs from the first notice, not from the second alert" "0+a 30 300+b 330" "30 firing r 1/0, 330 changed r 2/0"
    tells "the same alert again is nothing new" "0+a 30 60+a 330 630" "30 firing r 1/0"
    tells "repeated when repeat_interval has gone by, at the next turn" "0+a 30 3329 3630" "30 firing r 1/0, 3630 repeated r 1/0"
    tells "not repeated before it" "0+a 30 3330 3600" "30 firing r 1/0"
    tells "a repeat counts from the last notice" "0+a 30 40+b 330 3630 3930" "30 firing r 1/0, 330 changed r 2/0, 3930 repeated r 2/0"
    tells "repeated once, however often it was due" "0+a 30 20000" "30 firing r 1/0, 20000 repeated r 1/0"
    tells "a late tick is told as of now" "0+a 1000" "1000 firing r 1/0"
    tells "and the beat is kept" "0+a 100 101+b 329 330" "100 firing r 1/0, 330 changed r 2/0"
    tells "two policies are two groups" "0+a 10+b/other 30 40" "30 firing r 1/0, 40 firing r 1/0"
    route 'group_wait: 0s'
    tells "no wait: told at once" "0+a" "0 firing r 1/0"
    tells "and the next at its turn" "0+a 1+b 299 300" "0 firing r 1/0, 300 changed r 2/0"
    assert_equal "$wrong of $tried" "0 of 15"
}

@test "over: before the wait, at a turn, for want of news, by hand" {
    need jq
    route
    tells "over before the wait: never told" "0+a 10-a 30 330" ""
    tells "one of two over before the wait: the other alone" "0+a 0+b 10-a 30" "30 firing r 1/0"
    tells "over: told at the turn" "0+a 30 60-a 329 330" "30 firing r 1/0, 330 resolved r 0/1"
    tells "told once that it is over" "0+a 30 60-a 330 630 5000" "30 firing r 1/0, 330 resolved r 0/1"
    tells "one of two over" "0+a 0+b 30 60-a 330" "30 firing r 2/0, 330 changed r 1/1"
    tells "over and back before the turn is no news" "0+a 30 60-a 90+a 330" "30 firing r 1/0"
    tells "back after it was told is a new group with a wait of its own" "0+a 30 60-a 330 400+a 429 430" \
        "30 firing r 1/0, 330 resolved r 0/1, 430 firing r 1/0"
    tells "over what never fired is nothing" "0-a 30" ""
    tells "by hand, told at the turn" "0+a 30 60resolve 330" "30 firing r 1/0, 330 resolved r 0/1"
    tells "by hand before the wait: never told" "0+a 10resolve 30" ""
    tells "by hand, and it fires on: told as new" "0+a 30 60resolve 90+a 330 630" "30 firing r 1/0, 330 changed r 1/0"
    tells "over, back and over before the turn" "0+a 30 60-a 90+a 120-a 330" "30 firing r 1/0, 330 resolved r 0/1"
    route 'resolve_after: 10m'
    tells "for want of news" "0+a 30 599 600 630" "30 firing r 1/0, 630 resolved r 0/1"
    tells "news puts it off" "0+a 30 500+a 630 1099 1230" "30 firing r 1/0, 1230 resolved r 0/1"
    route 'receiver: q'
    tells "send_resolved: false" "0+a 30 60-a 330 400+a 430" "30 firing q 1/0, 430 firing q 1/0"
    assert_equal "$wrong of $tried" "0 of 15"
}

@test "acknowledged, escalated" {
    need jq
    route
    tells "not repeated while it is taken on" "0+a 30 60ack 3630 7230" "30 firing r 1/0"
    tells "repeated when the deadline is over" "0+a 30 60ack=2h 3630 7530" "30 firing r 1/0, 7530 repeated r 1/0"
    tells "what begins meanwhile is told" "0+a 30 60ack 90+b 330" "30 firing r 1/0, 330 changed r 2/0"
    tells "that it is over is told" "0+a 30 60ack 90-a 330" "30 firing r 1/0, 330 resolved r 0/1"
    route 'escalate: [{after: 15m, to: l1}, {after: 30m, to: l2}]'
    tells "level by level" "0+a 30 929 930 1830" "30 firing r 1/0, 930 escalated l1 1/0, 1830 escalated l2 1/0"
    tells "not once it is taken on" "0+a 30 60ack 930 1830" "30 firing r 1/0"
    tells "behind the deadline it goes on" "0+a 30 60ack=20m 930 1260" "30 firing r 1/0, 1260 escalated l1 1/0"
    tells "who was told of a level is told that it is over" "0+a 30 930 940-a 1230" \
        "30 firing r 1/0, 930 escalated l1 1/0, 1230 resolved r 0/1, 1230 resolved l1 0/1"
    tells "not when all is over" "0+a 30 60-a 930" "30 firing r 1/0, 930 resolved r 0/1"
    assert_equal "$wrong of $tried" "0 of 9"
}

@test "silences, inhibition, mute times" {
    need jq
    route
    tells "silenced: not told, and told when that ends" "0silence=10m 0+a 30 330 630" "630 firing r 1/0"
    tells "ended by hand" "0silence=10m 0+a 30 100expire 330" "330 firing r 1/0"
    tells "over while it is silenced: never told" "0silence=10m 0+a 30 60-a 330 630" ""
    tells "silenced later: not repeated" "0+a 30 3000silence=2h 3630 7230" "30 firing r 1/0"
    route '' 'inhibit: [{source: "severity == \"critical\"", target: "severity != \"critical\"", equal: [agent]}]'
    tells "inhibited by what fires" "0+a/x/critical 0+a 30" "30 firing r 1/0"
    tells "only of the same agent" "0+b/x/critical 0+a 30" "30 firing r 1/0, 30 firing r 1/0"
    tells "told when that is over" "0+a/x/critical 0+a 30 60-a/x/critical 330" "30 firing r 1/0, 330 firing r 1/0, 330 resolved r 0/1"
    tells "inhibited later: not repeated" "0+a 30 3000+a/x/critical 3030 3630" "30 firing r 1/0, 3030 firing r 1/0"
    route 'mute: [noon]' 'mute_times: [{name: noon, times: "10:00-11:00"}]'
    tells "muted: told behind it, at a turn" "0+a 30 330 3599 3630" "3630 firing r 1/0"
    tells "over while it is muted: never told" "0+a 30 60-a 330 3630" ""
    route 'mute: [noon]' 'mute_times: [{name: noon, tz: Europe/Berlin, times: "11:00-11:30"}]'
    tells "in a zone of its own" "0+a 30 1530 1830" "1830 firing r 1/0"
    route 'mute: [noon]' 'mute_times: [{name: noon, days: [fri], times: "10:00-11:00"}]'
    tells "on other days not" "0+a 30" "30 firing r 1/0"
    assert_equal "$wrong of $tried" "0 of 12"
}

@test "a clock that goes back makes nothing happen twice" {
    need jq
    route
    tells "before the wait" "1000+a 500 1030" "1030 firing r 1/0"
    tells "behind the notice" "1000+a 1030 500 900 1040" "1030 firing r 1/0"
    tells "with a new alert" "1000+a 1030 500+b 1330" "1030 firing r 1/0, 1330 changed r 2/0"
    tells "with one that is over" "1000+a 1030 500-a 1330" "1030 firing r 1/0, 1330 resolved r 0/1"
    tells "and a repeat counts from the last notice" "1000+a 1030 0 3630 4630" "1030 firing r 1/0, 4630 repeated r 1/0"
    assert_equal "$wrong of $tried" "0 of 5"
}
