#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-team send, inbox, read, ack, wait: what agents tell each other.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db
}

team() { # its output, its complaints apart
    run --separate-stderr sv-team "$@"
}

# letter TEXT OPTION...: sends it, quietly; prints its id
letter() {
    local text=$1
    shift
    sv-team send -q -o text "$@" <<<"$text"
}

# box AGENT FIELDS [OPTION...]: its inbox, fields parted by blanks, oldest first, nothing marked
box() {
    local agent=$1 fields=$2
    shift 2
    sv-team inbox "$agent" --peek -q -o csv --fields "$fields" -n 1000 "$@" | tr -d '\r' | sed 1d | tac | tr , ' '
}

@test "a message is queued, delivered when it is shown, read, acked; each with its time" {
    id=$(letter "the build is red" --from ci --to b --subject build)
    assert_regex "$id" '^[0-9a-z]{13}$'
    assert_equal "$(box b id,state,from,to,subject)" "$id queued ci b build"
    team inbox b -o json
    assert_success
    assert_equal "$(jq -r '[.type, .agent, .from, .text, .state] | join(" ")' <<<"$output")" "message.sent ci ci the build is red delivered"
    assert_equal "$(box b state)" delivered
    team read "$id" -o text --utc
    assert_line "from: ci"
    assert_line "the build is red"
    assert_equal "$(box b state)" read
    team ack "${id:0:9}"
    assert_success
    assert_output ""
    assert_equal "$(sv-team inbox --peek -o json | jq -c '[.state, (.delivered <= .read and .read <= .acked and .time <= .delivered)]')" '["acked",true]'
    team read "$id" -o json
    assert_equal "$(jq -r .state <<<"$output")" acked
}

@test "what is listed is an event that policies know" {
    letter "x" --from a --to b --subject s --priority P1 --correlation T-1 >/dev/null
    policy 'when: type == "message.sent" && from == "a" && to == "b" && subject == "s" && priority == "P1" && correlation_id == "T-1" && agent == "a"'
    sv-team inbox | sv-eval -N -p "$policy" --exit-zero - >found
    assert_equal "$(wc -l <found)" 1
    run bash -c "sv-team send --from a --to b --subject s --priority P1 --correlation T-1 -q <<<y | sv-eval -N -p $policy -"
    assert_failure 1
}

@test "a team is everybody in it: by name, and who was seen of those that its globs mean" {
    sv-team team add t empty --at 2026-11-01
    sv-team member add a b 'build-*' --team t --at 2026-11-01
    for agent in build-1 build-2 build-1/sub other; do echo "{\"type\":\"o.k\",\"agent\":\"$agent\",\"time\":\"$(date -u +%FT%TZ)\"}"; done >log.ndjson
    policy 'when: type == "never.seen"'
    sv-eval -r -p "$policy" log.ndjson
    team send --from c --to team:t -o json <<<hello
    assert_success
    assert_equal "$(jq -r .to <<<"$output" | sort | paste -sd' ')" "a b build-1 build-2"
    assert_equal "$stderr" ""
    team send --from c --to team:empty <<<hello
    assert_failure 3
    assert_equal "$stderr" 'sv-team: team "empty" has no members: nobody to send it to'
    team send --from c --to a --to team:nope <<<hello
    assert_failure 3
    assert_equal "$stderr" 'sv-team: team "nope" does not exist'
    assert_equal "$(box a id | wc -l)" 1
}

@test "who was never seen is a slip of the pen perhaps" {
    team send --from a --to clude:shop <<<hello
    assert_success
    assert_equal "$stderr" 'sv-team: nobody called "clude:shop" was seen yet: it waits there'
    team send --from a --to clude:shop <<<hello
    assert_equal "$stderr" ""
    team send --from clude:shop --to a <<<hello
    assert_equal "$stderr" ""
}

@test "urgent ones first, then in the order of sending; wait takes them one by one" {
    for i in 1 2 3; do letter "n$i" --from a --to b --subject "n$i"; letter "u$i" --from a --to b --subject "u$i" --priority P0; done >/dev/null
    next() { sv-team wait b --timeout 0 -o json "$@" | jq -r .subject | paste -sd' '; }
    assert_equal "$(next) $(next)" "u1 u2"
    assert_equal "$(next -n 3)" "u3 n1 n2"
    letter late --from a --to b --subject late --priority P3 >/dev/null
    assert_equal "$(next -n 10)" "n3 late"
    team wait b --timeout 10ms
    assert_failure 1
    assert_output ""
}

@test "who has no room is named: each of a team, once, and nothing is sent" {
    sv-team team add t --at 2026-11-01
    sv-team member add a b c --team t --at 2026-11-01
    for agent in a b; do
        sv-team inbox "$agent" --bound 1
        letter "first" --from x --to "$agent" >/dev/null
    done
    team send --from x --to team:t <<<"to all"
    assert_failure 3
    assert_equal "$(grep -c 'mailbox of "a" is full' <<<"$stderr") $(grep -c 'mailbox of "b" is full' <<<"$stderr")" "1 1"
    assert_equal "$(tail -n 1 <<<"$stderr")" "sv-team: 2 errors; nothing was sent"
    assert_equal "$(box a text) $(box b text) $(box c text)" "first first "
    assert_equal "$(rows s.db "SELECT n.name, rejected FROM mailboxes AS m JOIN agent_names AS n ON n.id = m.agent_id WHERE rejected > 0 ORDER BY 1" | paste -sd' ')" "a|1 b|1"
}

@test "order does not hang on the clock" {
    for day in 20 10 15; do SV_NOW=2026-11-${day}T00:00:00Z letter "$day" --from a --to b --subject "$day" >/dev/null; done
    assert_equal "$(box b subject | paste -sd' ')" "20 10 15"
    assert_equal "$(sv-team wait b -n 3 --timeout 0 | jq -r .subject | paste -sd' ')" "20 10 15"
    assert_equal "$(sv-team inbox --peek | jq -s '(map(.time) | unique | length)')" 3
}

@test "who waits is woken, and is not woken for others" {
    sv-team wait b --timeout 30s -o json >got &
    pid=$!
    sleep 0.3
    letter "for c" --from a --to c >/dev/null
    sleep 0.2
    assert [ ! -s got ]
    letter "for b" --from a --to b >/dev/null
    soon test -s got
    wait "$pid"
    assert_equal "$(jq -r .text got)" "for b"
    sv-team wait b --timeout 30s >got &
    pid=$!
    sleep 0.3
    kill "$pid"
    status=0
    wait "$pid" || status=$?
    assert_equal "$status" 1
}

@test "what is said to be sent is on the disk, and what could not be brought there is not said to be" {
    need_trace
    sv-team inbox b --bound 5
    strace -f -y -qq -o trace -e trace=fdatasync,write sv-team send -q --from a --to b -o text >id <<<x
    assert_regex "$(grep -E 'fdatasync\([0-9]+<[^>]*-wal>|^[0-9]+ +write\(1<' trace | sed -E 's/^[0-9]+ +([a-z]+).*/\1/' | paste -sd' ')" '^fdatasync( fdatasync)* write( write)*$' # what counts lines writes more of them
    strace -f -qq -o trace -e trace=fdatasync sv-team send -q --from a --to b --sync normal -o text >id <<<x
    refute grep -q fdatasync trace
    run --separate-stderr strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:error=EIO:when=1+ \
        sv-team send -q --from a --to b -o text <<<x
    assert_failure 4
    assert_output ""
}

@test "a message goes once under an id of one's own, whoever sends how often" {
    first=$(letter one --from a --to b --id K)
    assert_equal "$(letter two --from a --to b --id K)" "$first"
    refute [ "$(letter three --from x --to b --id K)" = "$first" ]
    refute [ "$(letter four --from a --to c --id K)" = "$first" ]
    assert_equal "$(rows s.db "SELECT count(*) FROM messages")" 3
    for _ in $(seq 10); do letter again --from a --to b --id L >/dev/null & done
    wait
    assert_equal "$(rows s.db "SELECT count(*) FROM messages WHERE own = 'L'")" 1
}

@test "a reply goes to the sender, under the same correlation" {
    id=$(letter question --from a --to b --subject "how far?" --priority P1)
    re=$(letter answer --from b --reply-to "$id")
    assert_equal "$(box a id,subject,priority,correlation_id,parent_id)" "$re Re: how far? P1 $id $id"
    rere=$(letter thanks --from a --reply-to "$re")
    assert_equal "$(box b id,subject,correlation_id,parent_id | tail -n 1)" "$rere Re: how far? $id $re"
    team send --from a --reply-to zz <<<x
    assert_failure 3
    team send --from a --reply-to 1000 <<<x
    assert_failure 3
    assert_equal "$stderr" "sv-team: there is no message 1000 to reply to"
}

@test "all that is wrong with recipients is told, and none of them gets it" {
    team send --from a --to b --to "" --to $'c\001' --to "$(printf 'n%.0s' {1..300})" --to team:none <<<x
    assert_failure 3
    assert_equal "$stderr" 'sv-team: nobody to send it to
sv-team: a name has a control character (U+0001)
sv-team: a name of 300 bytes; at most 256
sv-team: 3 errors; nothing was sent'
    assert_equal "$(sv-team inbox -o json)" ""
}

@test "a full mailbox refuses, or lets the oldest make room, as its owner says; both are counted" {
    sv-team inbox b --bound 3
    for i in 1 2 3; do letter "$i" --from a --to b --subject "$i" >/dev/null; done
    team send --from a --to c --to b <<<4
    assert_failure 3
    assert_equal "$stderr" 'sv-team: the mailbox of "b" is full: it has to read, or its bound to be raised (inbox --bound)'
    assert_equal "$(box c id)" ""
    assert_equal "$(rows s.db "SELECT rejected, queued_2 FROM mailboxes JOIN agent_names ON id = agent_id WHERE name = 'b'")" "1|3"
    sv-team inbox b --bound 3 --full drop-oldest
    letter 5 --from a --to b --subject 5 --priority P0 >/dev/null
    letter 6 --from a --to b --subject 6 >/dev/null
    assert_equal "$(box b subject,state | paste -sd,)" "1 dropped,2 dropped,3 queued,5 queued,6 queued"
    assert_equal "$(rows s.db "SELECT dropped FROM mailboxes JOIN agent_names ON id = agent_id WHERE name = 'b'")" 2
    sv-team wait b -n 9 --timeout 0 | jq -r .subject | paste -sd' ' >got
    assert_equal "$(cat got)" "5 3 6"
    letter 7 --from a --to b >/dev/null
    assert_equal "$(box b state --state dropped | wc -l)" 2
    settled() { rows s.db "SELECT bound, drop_oldest FROM mailboxes JOIN agent_names ON id = agent_id WHERE name = 'b'"; }
    sv-team inbox b --bound 5 # what is not said stays
    assert_equal "$(settled)" "5|1"
    sv-team inbox b --full reject
    assert_equal "$(settled)" "5|0"
}

@test "one that was not read in time has expired, makes room, and is not delivered" {
    sv-team inbox b --bound 2
    SV_NOW=2026-11-20T10:00:00Z letter 1 --from a --to b --subject 1 --expires 1h >/dev/null
    SV_NOW=2026-11-20T10:00:00Z letter 2 --from a --to b --subject 2 --expires 2026-11-20T13:00:00Z >/dev/null
    assert_equal "$(SV_NOW=2026-11-20T11:30:00Z box b subject,state | paste -sd,)" "1 expired,2 queued"
    SV_NOW=2026-11-20T11:30:00Z letter 3 --from a --to b --subject 3 >/dev/null
    assert_equal "$(SV_NOW=2026-11-20T11:30:00Z sv-team wait b -n 9 --timeout 0 | jq -r .subject | paste -sd' ')" "2 3"
    assert_equal "$(rows s.db "SELECT expired, queued_2 FROM mailboxes")" "1|0"
    SV_NOW=2026-11-20T11:30:00Z letter 4 --from a --to b --expires 1s >/dev/null
    run env SV_NOW=2026-11-20T11:40:00Z sv-team wait b --timeout 0
    assert_failure 1
    assert_equal "$(rows s.db "SELECT expired, queued_2 FROM mailboxes")" "2|0"
    team send --from a --to b --expires 2020-01-01 <<<x
    assert_success
    team send --from a --to b --expires -1h <<<x
    assert_failure 2
}

@test "lines of JSON: many at once, what is wrong is told and counted, the rest goes" {
    cat >in.ndjson <<'END'
{"from":"a","to":"b","subject":"one","text":"1"}
{"from":"a","to":"b","body":"2","priority":"P0","correlation_id":"T","expires":"1h"}

{"from":"a","to":"b","id":"K","text":"3"}
{"from":"a","to":"b","id":"K","text":"3 again"}
{"from":"a"}
{"to":"b"}
{"from":"a","to":"b","priority":"P9"}
{"from":"a","to":"b","expires":"soon"}
{"from":"a","to":7}
{"from":"a","to":"x\u0001y"}
{"from":"a","to":"b","subject":"two\nlines"}
[1]
{"from":"a","to":"b"
nonsense
END
    team send --bulk in.ndjson
    assert_failure 3
    assert_output ""
    assert_equal "$stderr" 'sv-team: in.ndjson:6: nobody to send it to
sv-team: in.ndjson:7: nobody to send it from
sv-team: in.ndjson:8: priority "P9": P0, P1, P2 or P3 is expected
sv-team: in.ndjson:9: expires "soon": a time or a duration such as 1h is expected
sv-team: in.ndjson:10: "to" is no text
sv-team: in.ndjson:11: a name has a control character (U+0001)
sv-team: in.ndjson:12: a subject of more than one line
sv-team: in.ndjson:13: not a JSON object
sv-team: in.ndjson:14:21: '"$(sed -n '9s/^[^ ]* [^ ]* //p' <<<"$stderr")"'
sv-team: in.ndjson:15: not a JSON object
sv-team: nobody called "b" was seen yet: it waits there
sv-team: 3 sent, 1 were there already, 0 refused by full mailboxes, 10 lines rejected; 0 older ones made room'
    assert_equal "$(box b text | paste -sd' ')" "1 2 3"
    # what was listed can be sent again: the ids are the sender's then
    sv-team inbox b --peek >again
    sv-team send -q --bulk -d other.db <again
    sv-team send -q --bulk -d other.db <again
    assert_equal "$(rows other.db "SELECT count(*) FROM messages")" 3
    team send --bulk --from c --to d -o json - <<<'{"text":"defaults"}'
    assert_equal "$(jq -r '[.from, .to, .text] | join(" ")' <<<"$output")" "c d defaults"
}

@test "fifty processes at once lose and double nothing, and each pair keeps its order" {
    for i in $(seq 50); do
        (for n in 1 2 3 4; do letter "$n" --from "s$i" --to "r$((i % 5))" --subject "$n" >/dev/null || echo failed >>failed; done) &
    done
    wait
    assert [ ! -e failed ]
    assert_equal "$(rows s.db "SELECT count(*), count(DISTINCT id) FROM messages")" "200|200"
    assert_equal "$(rows s.db "SELECT sum(queued_2), sum(received) FROM mailboxes")" "200|200"
    sv-team inbox --peek -q -n 1000 -o json >all
    assert_equal "$(jq -s 'group_by([.from, .to]) | map(sort_by(.id) | map(.subject) == ["1", "2", "3", "4"]) | all' all)" true
}

@test "ten receivers at once take each message once" {
    for i in $(seq 100); do printf '{"from":"a","to":"b","subject":"%d"}\n' "$i"; done | sv-team send -q --bulk
    for i in $(seq 10); do sv-team wait b -n 10 --timeout 0 >"got$i" & done
    wait
    assert_equal "$(cat got* | jq -r .subject | sort -n | uniq | wc -l)" 100
    assert_equal "$(cat got* | wc -l)" 100
}

@test "all are listed page by page, each once; -S, -U, --from, --state" {
    for i in $(seq 120); do printf '{"from":"a%d","to":"b","subject":"%d"}\n' $((i % 2)) "$i"; done | sv-team send -q --bulk
    team inbox b --peek
    assert_equal "${#lines[@]} ${stderr%% --before*}" "50 sv-team: 70 more; go on with"
    before=${stderr##* }
    cursor=()
    : >all
    while true; do
        sv-team inbox b --peek -n 33 --fields subject -o csv "${cursor[@]}" 2>rest | tr -d '\r' | sed 1d >>all
        [ -s rest ] || break
        cursor=(--before "$(sed 's/.*--before //' rest)")
    done
    assert_equal "$(paste -sd' ' all)" "$(seq 120 -1 1 | paste -sd' ')"
    assert_equal "$(box b subject --from a1 | wc -l)" 60
    assert_equal "$(sv-team inbox --from a1 --peek -q -n 1000 | wc -l)" 60
    assert_equal "$(box b subject -S +1h)$(box b subject -U -1h)" ""
    printf '{"from":"a1","to":"c","subject":"other"}\n' | sv-team send -q --bulk
    middle=$(sv-team inbox b --peek -q -n 200 | jq -r 'select(.subject == "60").time')
    more() { sv-team inbox "$@" --peek 2>&1 >/dev/null | sed 's/sv-team: //; s/ more.*//'; }
    assert_equal "$(more b -n 10 -S "$middle")" 51 # 60 to 120
    assert_equal "$(more b -n 10 -U "$middle")" 49
    assert_equal "$(more b -n 61 -S "$middle")" ""
    assert_equal "$(more b -n 10 --from a1)" 50
    assert_equal "$(more --from a1 -n 10)" 51
    assert_equal "$(more -n 10)" 111
    assert_equal "$(more -n 10 -S "$middle")" 52
    assert_equal "$(more b -n 10 --state queued)" 110
    sv-team wait b -n 5 --timeout 0 >/dev/null
    assert_equal "$(box b subject --state delivered | paste -sd' ')" "1 2 3 4 5"
    team inbox b --before "$before" -n 1 --peek
    assert_equal "$(jq -r .subject <<<"$output")" 70
}

@test "secrets are not kept, and what is shown on a terminal is safe" {
    secret=AKIA$(printf 'Q%.0s' $(seq 16))
    id=$(letter "key $secret"$'\e[31m' --from a --to b --subject "s $secret")
    refute [ "$(rows s.db "SELECT subject || body FROM messages" | grep -c "$secret")" != 0 ]
    team read "$id" -o text
    refute_output --partial "$secret"
    refute_output --partial $'\e'
    assert_line 'key [redacted:aws-key]\x1b[31m'
    team send --from "$secret" --to b <<<x
    assert_failure 3
}

@test "mistakes" {
    for line in "send" "send --from a" "send --to b" "send --from a --to b file" "send --from a --to b --priority high" "inbox a b" "inbox --bound 3" \
        "inbox a --bound 0" "inbox a --full maybe" "inbox --state lost" "read" "ack" "wait" "wait a b" "wait a --timeout -1s" "wait a -n 0"; do
        # shellcheck disable=SC2086 # the words of a line
        team $line </dev/null
        assert_failure 2
        assert_regex "$stderr" $'^sv-team: .*\nusage: sv-team '
    done
    team send --from a --to '' </dev/null
    assert_failure 3
    assert_equal "$stderr" "sv-team: nobody to send it to"
    head -c 1100000 /dev/zero | tr '\0' x >big
    team send --from a --to b <big
    assert_failure 3
    assert_equal "$stderr" "sv-team: the text: larger than 1048576 bytes"
    letter x --from a --to b >/dev/null
    team ack nope 1 zzz
    assert_failure 3
    assert_equal "${stderr_lines[-1]}" "sv-team: 2 errors; nothing was changed"
    assert_equal "$(box b state)" queued
}

@test "the example policies for mailboxes: who does not take messages, does not answer them, sends too many" {
    export SV_NOW=2026-11-18T09:00:00Z
    policies=$top/share/examples/mail.yaml
    run --separate-stderr sv-eval --check -p "$policies" -d none.db
    assert_success
    assert_output "3 policies in 1 file, no findings"
    found() { sv-eval -p "$policies" --exit-zero "$@" - | jq -r 'select(.outcome == "violation") | .policy' | sort | uniq -c | awk '{ print $2 "=" $1 }' | paste -sd' '; }
    letter "deploy?" --from a --to b --priority P1 >asked
    letter "and this?" --from a --to b --priority P0 >/dev/null
    letter "no hurry" --from a --to c >/dev/null
    for i in 1 2 3 4 5 6; do letter "$i" --from loud --to c --priority P3 >/dev/null; done
    letter "yes" --from b --reply-to "$(cat asked)" >/dev/null
    assert_equal "$(sv-team inbox --state queued -q -n 100 -o json | found -N --only message-waits)" ""
    export SV_NOW=2026-11-18T10:30:00Z
    assert_equal "$(sv-team inbox --state queued -q -n 100 -o json | found -N --only message-waits)" message-waits=10
    assert_equal "$(sv-team inbox -q -n 100 -o json | tac | found -r -q --tick --skip message-waits -d own.db)" "message-flood=1 message-unanswered=1"
}
