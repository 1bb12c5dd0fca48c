#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-team supervisor, team, member: who supervises whom, and what is refused.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db
}

team() { # its output, its complaints apart
    run --separate-stderr sv-team "$@"
}

# list KIND COLUMN,... [OPTION...]: rows without the head, columns parted by commas
list() {
    local kind=$1 fields=$2
    shift 2
    sv-team "$kind" list --fields "$fields" -o csv "$@" | tr -d '\r' | sed 1d
}

# cto over ops over payments (claude:shop, build-*), and shop, all since November 1.
small() {
    sv-team supervisor add cto --at 2026-11-01
    sv-team supervisor add ops --supervisor cto --at 2026-11-01
    sv-team team add payments --supervisor ops --at 2026-11-01
    sv-team team add shop --at 2026-11-01
    sv-team member add claude:shop 'build-*' --team payments --at 2026-11-01
}

@test "a tree of supervisors over teams over members is kept and listed" {
    small
    assert_equal "$(list supervisor supervisor,above,teams,members)" $'cto,,0,0\nops,cto,1,2'
    assert_equal "$(list team team,supervisor,members)" $'payments,ops,2\nshop,,0'
    assert_equal "$(list member member,team,supervisor)" $'build-*,payments,ops\nclaude:shop,payments,ops'
    assert_equal "$(list member member --team 'pay*' 'claude:*')" claude:shop
    assert_equal "$(list team team --supervisor nobody)" ""
    assert_equal "$(sv-team team list -o json 'sho*' | jq -c '[.team, .supervisor, .members, .cost_usd]')" '["shop",null,0,0]'
}

@test "history: who was in the team then" {
    small
    sv-team member move claude:shop --team shop --at 2026-11-10
    sv-team team rename payments billing --at 2026-11-12
    sv-team supervisor move ops --supervisor - --at 2026-11-14
    sv-team member remove 'build-*' --at 2026-11-16
    assert_equal "$(list member member,team --at 2026-11-05)" $'build-*,payments\nclaude:shop,payments'
    assert_equal "$(list member member,team --at 2026-11-11)" $'build-*,payments\nclaude:shop,shop'
    assert_equal "$(list member member,team --at 2026-11-13)" $'build-*,billing\nclaude:shop,shop'
    assert_equal "$(list member member,team)" claude:shop,shop
    assert_equal "$(list supervisor supervisor,above,members --at 2026-11-13)" $'cto,,0\nops,cto,1'
    assert_equal "$(list supervisor supervisor,above,members)" $'cto,,0\nops,,0'
    assert_equal "$(list member member --at 2026-10-01)" ""
    team team show billing --utc -o text
    assert_success
    assert_equal "$(sv-team team show billing | jq -r '[.kind, .name, .above, (.left != null)] | @csv' | tr -d '"')" "team,payments,ops,true
member,build-*,payments,true
member,claude:shop,payments,true
team,billing,ops,false"
    assert_equal "$(sv-team member show claude:shop | jq -r .above | paste -sd' ')" "payments shop"
    team team show nope
    assert_failure 3
    assert_equal "$stderr" 'sv-team: team "nope" does not exist, and never did'
}

@test "what is done is an event with user, host and reason; secrets are not in it" {
    small
    secret=AKIA$(printf 'Q%.0s' $(seq 16))
    sv-team member add late --team shop --reason "as asked by $secret"
    acts=$(rows s.db "SELECT body FROM event_bodies ORDER BY event")
    refute [ "$(grep -c "$secret" <<<"$acts")" != 0 ]
    assert_equal "$(jq -r .type <<<"$acts" | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd' ')" \
        "operator.member.add 3 operator.supervisor.add 2 operator.team.add 2"
    assert_equal "$(tail -n 1 <<<"$acts" | jq -r '[.entity_id, .team, .text] | join(" ")')" "late shop as asked by [redacted:aws-key]"
    assert_equal "$(tail -n 1 <<<"$acts" | jq -r 'has("user") and has("host") and (.id | length == 36)')" true
    refute [ "$(rows s.db "SELECT group_concat(arguments) FROM runs" | grep -c "$secret")" != 0 ]
    team member add "$secret" --team shop
    assert_failure 3
}

@test "what cannot be is refused, all of it is told, and nothing is changed" {
    small
    before=$(list member member,team,joined; list team team,supervisor,joined; list supervisor supervisor,above,joined)
    team member add claude:shop x y --team paymets
    assert_failure 3
    assert_equal "$stderr" 'sv-team: member "claude:shop" is in team "payments" already (member move takes it elsewhere)
sv-team: team "paymets" does not exist
sv-team: team "paymets" does not exist
sv-team: 3 errors; nothing was changed'
    for bad in '' - ' x' $'a\x01b' "$(printf 'x%.0s' $(seq 257))" $'\xe4'; do
        team member add good "$bad" --team shop
        assert_failure 3
    done
    team supervisor move cto --supervisor ops
    assert_failure 3
    assert_equal "$stderr" 'sv-team: a supervisor would be above itself: "ops" under "cto" under "ops"'
    team supervisor move cto --supervisor cto
    assert_failure 3
    team team remove payments
    assert_failure 3
    assert_equal "$stderr" 'sv-team: team "payments" has 2 members; move or remove them, or give --whole'
    team supervisor remove cto
    assert_failure 3
    team member add early --team shop --at 2020-01-01
    assert_failure 3
    team member add ahead --team shop --at +2h
    assert_failure 2
    SV_NOW=2026-10-01T00:00:00Z team member remove claude:shop # the clock went back
    assert_failure 3
    assert_regex "$stderr" 'is so since 2026-.*, which is later than 2026-10-01T00:00:00Z; give a later --at, or set the clock$'
    assert_equal "$(list member member,team,joined; list team team,supervisor,joined; list supervisor supervisor,above,joined)" "$before"
}

@test "mistakes on the line" {
    for line in "member" "member ad x" "member add" "member add x" "member move x" "member add x --team a --team b" "team rename a" \
        "team rename a b c" "supervisor add x --whole" "team add x --at never" "member remove x --team t" "team list --fields nope" "team show"; do
        # shellcheck disable=SC2086 # the words of a line
        team $line
        assert_failure 2
        assert_regex "${stderr_lines[0]}" '^sv-team: '
        assert_regex "$stderr" $'\nusage: sv-team '
    done
    team member list
    assert_failure 3
    assert_equal "$stderr" "sv-team: $SV_STORE: no such store"
}

@test "--whole lets all go that is below" {
    small
    sv-team team move shop --supervisor cto
    sv-team supervisor remove cto --whole
    assert_equal "$(list supervisor supervisor)$(list team team)$(list member member)" ""
    sv-team team add payments
    assert_equal "$(list team team,members)" payments,0
}

@test "ten at once: all of it is there" {
    sv-team team add t
    for i in $(seq 10); do sv-team member add "m$i-a" "m$i-b" --team t & done
    wait
    assert_equal "$(list member member | wc -l)" 20
    assert_equal "$(rows s.db "SELECT version FROM versions WHERE what = 'roster'")" 11
}

@test "a thousand teams with members and counters are listed" {
    for i in $(seq 1000); do printf 't%04d\n' "$i"; done >names
    xargs sv-team team add --at 2026-11-01 <names
    xargs sv-team member add --team t0500 --at 2026-11-01 < <(sed 's/^/m/' names)
    echo '{"type":"llm.call","time":"'"$(date -u +%FT%TZ)"'","agent":"a","team":"t0700","input_tokens":70,"output_tokens":7,"cost_usd":1.5,"status":"error"}' >log.ndjson
    policy 'when: type == "never.seen"'
    sv-eval -r -p "$policy" log.ndjson || true
    assert_equal "$(list team team | wc -l)" 1000
    assert_equal "$(list team members | awk '{ n += $1 } END { print n }')" 1000
    assert_equal "$(list team team,events,errors,tokens,cost_usd t0700)" t0700,1,1,77,1.5
}
