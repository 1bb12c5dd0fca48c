#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# From one store to another.
load helper

setup() {
    clean_place
    need jq
    need sqlite3
    export SV_NOW=2026-11-20T12:00:00Z
}

# make STORE FIRST LAST: events with ids of their own, of a host
make() {
    for i in $(seq "$2" "$3"); do
        event id="e$i" time="2026-11-20T10:00:$(printf %02d $((i % 60)))Z" type=task.status host=web3 agent=a entity_type=task entity_id="T-$((i % 3))" \
            input_tokens=2 model=x status=open
    done | sv-index add -q -d "$1"
}

# sent: exports what is new for the hub, imports it
sent() {
    sv-index export -d web.db --since-last=hub | sv-index import -v -d hub.db
}

same() { # same VERB...: both stores answer alike, and something
    sv-index "$@" -d web.db >web.answer
    sv-index "$@" -d hub.db >hub.answer
    assert [ -s web.answer ]
    run diff web.answer hub.answer
    assert_success
}

@test "a store of what others have: each event once, and counted, whatever is sent again" {
    make web.db 1 5
    run sent
    assert_output "sv-index: 5 of 5 events are new, 0 were here before, 0 lines were rejected"
    make web.db 6 9
    run sent
    assert_output "sv-index: 4 of 9 events are new, 5 were here before, 0 lines were rejected"
    run sent
    assert_output "sv-index: 0 of 9 events are new, 9 were here before, 0 lines were rejected"
    same export
    same stats -o csv --by day,model,agent
    same entities -o csv
    index sources -d hub.db -o csv --fields state,path
    assert_equal "${output//$'\r'/}" "state,path"$'\n'"direct,import web3"
    index check -d hub.db -o csv
    assert_success
}

@test "events of two machines with one id are two; what has no host, time or id of its own has them from its store" {
    event id=e1 time=2026-11-20T10:00:00Z type=x.y | tee >(sv-index add -q -d a.db --set host=web1) | sv-index add -q -d b.db --set host=web2
    printf '{"type":"x.y"}\n{"type":"x.y","id":"\\"q\\\\"}\n' | sv-index add -q -d a.db
    wait
    for store in a b; do sv-index export -d $store.db | sv-index import -d hub.db; done
    run rows hub.db "SELECT h.name, event FROM events JOIN host_names AS h ON h.id = host WHERE h.name LIKE 'web%' ORDER BY 1"
    assert_output $'web1|e1\nweb2|e1'
    run rows hub.db "SELECT event FROM events JOIN host_names AS h ON h.id = host WHERE h.name = '$(uname -n)' ORDER BY 1"
    assert_output $'"q\\\nr2:1.0'
    run jq -r 'select(.host != "web1") | [.time, .time_from] | @tsv' <(sv-index export -d a.db)
    assert_output $'2026-11-20T12:00:00Z\tarrival\n2026-11-20T12:00:00Z\tarrival'
}

@test "what is remembered of a reader: only what was written, to somebody who was there" {
    make web.db 1 4
    remembered() { rows web.db "SELECT name, event, repeat FROM exports ORDER BY name"; }
    assert_equal "$(sv-index export -d web.db | wc -l)" 4
    run remembered
    assert_output ""
    status=0
    { sv-index export -d web.db --since-last=hub 2>err || echo $? >status; } | true
    assert_equal "$(cat status)" 4
    assert_equal "$(cat err)" "sv-index: who reads went away; the next export for \"hub\" begins where this one did"
    { sv-index export -d web.db --since-last=hub 2>err || echo $? >status; } | { head -n 2 >/dev/null; sleep 0.1; }
    run remembered
    assert_output ""
    sv-index export -d web.db --since-last=file >all
    sv-index export -d web.db --since-last=none --repeat=0 | cat >all2
    run remembered
    assert_output $'file|4|0\nnone|4|4'
    assert_equal "$(wc -l <all)" 4
    make web.db 5 5
    assert_equal "$(sv-index export -d web.db --since-last=none --repeat=0 | jq -r .id)" e5
    index export -d web.db --forget=none
    assert_success
    assert_equal "$output$stderr" ""
    index export -d web.db --forget=none
    assert_failure 2
    assert_equal "$stderr" "sv-index: --forget none: nothing was exported under this name"
    run remembered
    assert_output "file|4|0"
    if [ -e /dev/full ]; then
        run bash -c 'sv-index export -d web.db --since-last=full >/dev/full'
        assert_failure 4
        assert_equal "$(remembered | grep -c full)" 0
    fi
}

@test "the last bytes are given once more, and no others" {
    make web.db 1 50
    sv-index export -d web.db --since-last=hub --repeat=1 >/dev/null # a device is nobody that could fail
    run rows web.db "SELECT event, repeat FROM exports"
    assert_output "50|0"
    for i in $(seq 3000); do printf '{"id":"f%d","time":"2026-11-20T11:00:00Z","type":"x.y","text":"%0100d"}\n' "$i" "$i"; done | sv-index add -q -d web.db
    sv-index export -d web.db --since-last=hub --repeat=100000 >all
    assert_equal "$(wc -l <all)" 3050
    again=$(sv-index export -d web.db --since-last=hub --repeat=100000 | wc -c)
    [ "$again" -ge 100000 ] && [ "$again" -lt 250000 ] || fail "$again bytes"
}

@test "what was given a day ago, and once more since, is not given again" {
    make web.db 1 3
    given() { sv-index export -d web.db --since-last=hub | wc -l; }
    run given
    assert_output 3
    SV_NOW=2026-11-21T11:59:59Z run given
    assert_output 3
    SV_NOW=2026-11-21T12:00:00Z run given
    assert_output 3
    SV_NOW=2026-11-21T12:00:01Z run given
    assert_output 0
    make web.db 4 4
    SV_NOW=2026-11-22T12:00:02Z run given
    assert_output 1
    SV_NOW=2026-11-23T12:00:01Z run given
    assert_output 1
    SV_NOW=2026-11-23T12:00:02Z run given
    assert_output 1
    SV_NOW=2026-11-23T12:00:03Z run given
    assert_output 0
}

@test "which events: as everywhere; others are passed over for good" {
    make web.db 1 3
    event id=n type=note agent=b time=2026-11-20T11:00:00Z host=web3 | sv-index add -q -d web.db
    assert_equal "$(sv-index export -d web.db --type 'task.*' | jq -r .id | tr '\n' ' ')" "e1 e2 e3 "
    assert_equal "$(sv-index export -d web.db --agent b | jq -r .id)" n
    assert_equal "$(sv-index export -d web.db -S 2026-11-20T10:30:00Z | jq -r .id)" n
    assert_equal "$(sv-index export -d web.db -U 2026-11-20T10:00:02Z | jq -r .id)" e1
    assert_equal "$(sv-index export -d web.db --where 'entity_id == "T-2"' | jq -r .id)" e2
    assert_equal "$(sv-index export -d web.db --since-last=x --agent b --repeat=0 | jq -r .id)" n
    run sv-index export -d web.db --since-last=x --repeat=0
    assert_success
    assert_output ""
}

@test "lines that are no events, or could not be told from copies, are named and left out" {
    printf '{"id":"a","type":"x.y"}\nno\n{"type":"x.y"}\n\n{"id":"b","type":"x.y"}\n' >in
    index import -d hub.db -v in
    assert_success
    assert_equal "$output" ""
    assert_equal "$stderr" "sv-index: in:2:1: line rejected: a value is expected
sv-index: in:3: line rejected: an event without an id could not be told from a copy of it
sv-index: 2 of 2 events are new, 0 were here before, 2 lines were rejected"
    index import -d hub.db --strict in
    assert_failure 3
    index import -d hub.db missing
    assert_failure 3
    assert_equal "$stderr" "sv-index: missing: cannot open: No such file or directory"
    yes no | head -n 15 >bad
    index import -d hub.db bad
    assert_success
    assert_equal "$(wc -l <<<"$stderr")" 11
    assert_equal "$(tail -n 1 <<<"$stderr")" "sv-index: 5 more lines rejected"
}

@test "an event whose text is damaged is left out, which is said; the others come" {
    make s.db 1 5
    sqlite3 s.db "UPDATE event_bodies SET body = '{' WHERE event = 2; DELETE FROM event_bodies WHERE event = 4;
        UPDATE event_bodies SET body = substr(body, 1, 40) WHERE event = 5"
    for how in "" "--since-last=hub --repeat=0" --where=input_tokens==2; do
        # shellcheck disable=SC2086
        index export -d s.db $how
        assert_failure 3
        assert_equal "$(jq -r .id <<<"$output" | paste -sd' ')" "e1 e3"
        assert_equal "$stderr" "sv-index: 3 events were left out, the first in row 2 of events: the text is missing or damaged; see sv-index check"
    done
    # the place is remembered: who reads is not kept from what comes later
    make s.db 6 6
    index export -d s.db --since-last=hub --repeat 0
    assert_success
}

@test "an import fills fields and takes secrets out; one that is too long is cut" {
    key=AKIA"$(printf 'Q%.0s' {1..16})"
    event id=a type=x.y text="$key" | sv-index import -d hub.db --set host=web9 --set team=pay
    run sv-index export -d hub.db
    refute_output --partial "$key"
    assert_equal "$(jq -r '[.host, .team] | join(" ")' <<<"$output")" "web9 pay"
}

@test "an import into a store that is none ends at once, and who exports knows" {
    make web.db 1 3
    echo no store >hub.db
    { sv-index export -d web.db --since-last=hub 2>err || echo $? >status; } | { sv-index import -d hub.db 2>err2 || echo $? >status2; }
    assert_equal "$(cat status status2)" $'4\n3'
    run rows web.db "SELECT count(*) FROM exports"
    assert_output 0
}

@test "what an export has not taken is not archived" {
    make web.db 1 3
    sv-index export -d web.db --since-last=slow --repeat=0 >/dev/null
    make web.db 4 9
    sv-index emit -d web.db --type later
    export SV_NOW=2027-05-01T00:00:00Z
    sv-index emit -d web.db --type much.later
    index archive -d web.db --keep none -o csv --fields month,events
    assert_equal "${output//$'\r'/}" $'month,events\n2026-11,3'
    assert_equal "$stderr" "sv-index: 7 events that could go stay until the export \"slow\" has taken them; if there is none any more: sv-index export --forget=slow"
    sv-index archive -d web.db --keep none --apply >/dev/null 2>&1
    sv-index export -d web.db --since-last=slow --repeat=0 | jq -r .id >ids
    assert_equal "$(head -n 6 ids | tr '\n' ' ')" "e4 e5 e6 e7 e8 e9 "
    index archive -d web.db --keep none -o csv --fields month,events
    assert_equal "${output//$'\r'/}" $'month,events\n2026-11,7'
    assert_equal "$stderr" ""
}
