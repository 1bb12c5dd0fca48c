#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-team import and export: the roster as a table.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db
}

team() { # its output, its complaints apart
    run --separate-stderr sv-team "$@"
}

# changes [OPTION...]: what an import of roster.csv tells, in short
changes() {
    sv-team import -q -o json roster.csv "$@" | jq -r '[.change, .kind, .name, .from // "-", .to // "-"] | join(" ")'
}

small() {
    printf '%s\n' 'supervisor,parent,team,member' cto,,, ops,cto,, ops,,payments, ,,shop, ops,,payments,claude:shop 'ops,,payments,build-*' >roster.csv
}

@test "an import shows what would change, and changes it with --apply only" {
    small
    team import roster.csv
    assert_success
    assert_equal "$stderr" "sv-team: 6 added, 0 moved, 0 removed, 0 unchanged; nothing was changed yet: --apply does it"
    assert [ ! -e s.db ]
    assert_equal "$(changes --apply)" "added supervisor cto - -
added supervisor ops - cto
added team payments - ops
added team shop - -
added member build-* - payments
added member claude:shop - payments"
    printf '%s\n' 'supervisor,parent,team,member' ops,,, ops,,shop, ,,shop,claude:shop ops,,payments,codex >roster.csv
    want="removed supervisor cto - -
moved supervisor ops cto -
moved team shop - ops
removed member build-* payments -
moved member claude:shop payments shop
added member codex - payments"
    assert_equal "$(changes)" "$want"
    assert_equal "$(changes --apply --reason 'spring')" "$want"
    assert_equal "$(changes)" ""
    assert_equal "$(sv-team member list --at 2020-01-01 -o csv | wc -l)" 1
    assert_equal "$(rows s.db "SELECT body ->> 'removed', body ->> 'text' FROM event_bodies ORDER BY event DESC LIMIT 1")" "2|spring"
}

@test "what is exported is imported without a difference, also with names that a spreadsheet would compute" {
    printf '\xef\xbb\xbfmember,team,supervisor,parent\r\n-x,"a, ""b""",ops,cto\r\n"=sum(A1)",@team,ops,\r\n,,cto,\r\n"two words",日本,,\r\n,日本,,\r\n"tab-free; semi|colon",日本,,\r\n' >roster.csv
    team import roster.csv --apply
    assert_success
    sv-team export >out.csv
    assert_equal "$(head -c 3 out.csv | xxd -p 2>/dev/null || head -c 3 out.csv | od -An -tx1 | tr -d ' ')" 737570
    run grep -cE "^(=|[^,]*,[^,]*,(=|-|@)|.*,[=@-])" out.csv
    assert_output 0
    team import out.csv
    assert_equal "$stderr" "sv-team: 0 added, 0 moved, 0 removed, 9 unchanged"
    rm s.db*
    sv-team import out.csv --apply -q >/dev/null
    run diff out.csv <(sv-team export)
    assert_success
}

@test "columns that are missing say nothing: what they are about stays as it is" {
    small
    sv-team import roster.csv --apply -q >/dev/null
    printf '%s\n' team,member payments,new shop, >roster.csv
    assert_equal "$(changes)" "removed member build-* payments -
removed member claude:shop payments -
added member new - payments"
    printf '%s\n' team,member,supervisor shop,new, ,,ops >roster.csv # payments is not said, shop is where it was
    assert_equal "$(changes)" "removed supervisor cto - -
removed team payments ops -
removed member build-* payments -
removed member claude:shop payments -
added member new - shop"
}

@test "--at: the roster as it was, and as if it had been so for long" {
    small
    sv-team import roster.csv --apply -q --at 2026-11-01 >/dev/null
    sv-team member remove claude:shop --at 2026-11-10
    assert_equal "$(sv-team export | grep -c claude)" 0
    assert_equal "$(sv-team export --at 2026-11-05 | grep -c claude)" 1
    assert_equal "$(sv-team export --at 2026-10-05 | wc -l)" 1
    team import roster.csv --apply --at 2026-11-05
    assert_failure 3
    assert_equal "$stderr" 'sv-team: member "claude:shop" left later than the time from which on it shall be otherwise; give a later --at, or set the clock'
    SV_NOW=2026-10-01T00:00:00Z team import /dev/null --apply
    assert_failure 3
}

@test "everything that is wrong with a table is told, with line and column, and nothing is changed" {
    small
    sv-team import roster.csv --apply -q >/dev/null
    before=$(sv-team export)
    {
        printf '%s\n' 'team,member,supervisor,parent' a,,ops, paymets,x,, a,x,, a,y,, a,y,, a,,ops, a,z,boss, 'b,"oops,,' 'c,d,,,' ',g,,' ,,,p ,,q,nobody
        printf 'a,\xe4,,\n a,k,,\na,l\x1b,,\na,%s,,\n' "$(printf 'x%.0s' $(seq 10000))"
    } >bad.csv
    team import bad.csv --apply
    assert_failure 3
    assert_equal "$stderr" 'sv-team: bad.csv:3:1: team "paymets" does not exist
sv-team: bad.csv:4:3: member "x" is in team "paymets" in line 3: one team at a time
sv-team: bad.csv:6:3: member "y" stands twice, first in line 5
sv-team: bad.csv:7:1: team "a" stands twice, first in line 2
sv-team: bad.csv:8:5: team "a" is below "boss" here, and below "ops" in line 2
sv-team: bad.csv:9:3: the quote opened here is not closed
sv-team: bad.csv:10:7: 5 cells, the header names 4
sv-team: bad.csv:11:2: member "g" has no team
sv-team: bad.csv:12:4: parent "p" of no supervisor
sv-team: bad.csv:13:5: parent "nobody" does not exist
sv-team: bad.csv:14:3: not valid UTF-8 (Latin-1? iconv -f latin1 -t utf-8 converts it)
sv-team: bad.csv:15:1: " a" has blanks at its ends
sv-team: bad.csv:16:3: a name has a control character (U+001B)
sv-team: bad.csv:17:3: a name of 10000 bytes; at most 256
sv-team: 14 errors; nothing was changed'
    assert_equal "$(sv-team export)" "$before"
    team import bad.csv # the same without --apply
    assert_failure 3
    assert_equal "${#stderr_lines[@]}" 15
}

@test "circles, headers, and what is no table" {
    printf '%s\n' team,member,supervisor,parent ,,a,b ,,b,c ,,c,a ,,d,a ,,e,e x,,f, ,,f,none ,,g,h ,,h,g >t.csv
    team import --apply t.csv # each once, where it is said, and what else is wrong
    assert_failure 3
    assert_equal "$stderr" 'sv-team: t.csv:2:5: a supervisor would be above itself: "a" under "b" under "c" under "a"
sv-team: t.csv:6:5: a supervisor would be above itself: "e" under "e"
sv-team: t.csv:8:5: parent "none" does not exist
sv-team: t.csv:9:5: a supervisor would be above itself: "g" under "h" under "g"
sv-team: 4 errors; nothing was changed'
    assert_equal "$(sv-team supervisor list -o json)" ""
    printf 'team,who,team\n' >t.csv
    team import t.csv
    assert_failure 3
    assert_equal "$stderr" 'sv-team: t.csv:1:6: unknown column "who" (supervisor, parent, team, member)
sv-team: t.csv:1:10: column "team" stands twice
sv-team: t.csv:1: there is no column "member"
sv-team: 3 errors; nothing was changed'
    : >t.csv
    team import t.csv
    assert_equal "$stderr" 'sv-team: t.csv:1: there is no header (supervisor,parent,team,member)'
    team import missing.csv
    assert_failure 3
    assert_equal "$stderr" 'sv-team: missing.csv: cannot open: No such file or directory'
    team import
    assert_failure 2
    team export x
    assert_failure 2
    team import - <<<'team,member'
    assert_success
}

@test "a thousand mistakes are told, and how many there are; a table of 64 MiB is one too many" {
    { echo team,member && for i in $(seq 1500); do echo "nope$i,m$i"; done; } >t.csv
    team import t.csv
    assert_failure 3
    assert_equal "${#stderr_lines[@]} ${stderr_lines[1000]}" "1001 sv-team: 1500 errors, of which 1000 are told; nothing was changed"
    truncate -s 100M t.csv
    team import t.csv
    assert_failure 3
    assert_equal "$stderr" 'sv-team: t.csv: larger than 67108864 bytes'
}
