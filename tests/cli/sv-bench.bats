#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Measuring: what it makes up, and what it says.
load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db
}

bench() {
    run --separate-stderr sv-bench "$@"
}

sum() { # of standard input
    cksum | cut -d' ' -f1
}

converted() { # converted FORMAT OPTION...: a fleet as sv-eval reads it; nothing may be rejected or odd
    local format=$1
    shift
    sv-bench gen -o "$format" "$@" >"fleet.$format" || return 1
    sv-eval --convert -v --strict "fleet.$format" >events 2>ledger || { cat ledger && return 1; }
    ! grep -E 'rejected|odd|duplicate|bad' ledger
}

# --- gen

@test "gen: the same options give the same bytes, another seed gives others" {
    for format in sv claude codex csv logfmt; do
        one=$(sv-bench gen -n 3000 -o "$format" | sum)
        assert_equal "$(sv-bench gen -n 3000 -o "$format" --seed 1 | sum)" "$one"
        assert [ "$(sv-bench gen -n 3000 -o "$format" --seed 2 | sum)" != "$one" ]
    done
    # in pieces of a MiB, whatever their number: the beginning of more is the same
    assert_equal "$(sv-bench gen -n 9000 | head -n 3000 | sum)" "$(sv-bench gen -n 3000 | sum)"
    # and the same on every machine
    assert_equal "$(sv-bench gen -n 3000 | sum)" 3162199624
}

@test "gen: sv-eval reads every format it makes, all of it" {
    for format in sv claude codex csv logfmt; do
        run converted "$format" -n 5000
        assert_success
        assert_equal "$(sv-eval --convert -v "fleet.$format" 2>&1 >/dev/null | sed -n 's/^formats: //p')" "$format: 1"
        assert [ "$(jq -r 'select(.type == "tool.call") | .agent' events | sort -u | wc -l)" -gt 40 ]
    done
    # a call and its result belong together
    converted sv -n 5000
    assert_equal "$(jq -r 'select(.type == "tool.result") | .agent + .call_id' events | sort | uniq -d)" ""
    assert_equal "$(comm -13 <(jq -r 'select(.type == "tool.call") | .agent + .call_id + .tool' events | sort) \
        <(jq -r 'select(.type == "tool.result") | .agent + .call_id + .tool' events | sort))" ""
}

@test "gen: agents, teams, supervisors, times" {
    converted sv -n 20000 --agents 30 --teams 6 --supervisors 2 --rate 50 --start 2026-05-01T00:00:00Z
    assert_equal "$(jq -r .agent events | sort -u | wc -l) $(jq -r .team events | sort -u | wc -l) $(jq -r .supervisor events | sort -u | wc -l)" "30 6 2"
    assert_equal "$(jq -r '.agent + " " + .team' events | sort -u | wc -l)" 30
    assert_equal "$(jq -r '.team + " " + .supervisor' events | sort -u | wc -l)" 6
    assert_equal "$(head -n 1 events | jq -r .time | cut -c1-13)" 2026-05-01T00
    seconds=$(jq -rs '(last.time | sub("[.]\\d+"; "") | fromdate) - (first.time | sub("[.]\\d+"; "") | fromdate)' events)
    assert [ "$seconds" -gt 380 ] && assert [ "$seconds" -lt 420 ]
    # in order
    run diff <(jq -r .time events) <(jq -r .time events | sort)
    assert_success
    # few do much
    assert [ "$(jq -r .agent events | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }')" -gt 1500 ]
}

@test "gen: shares of errors, loops, risky calls, late records, silent agents" {
    failed() { jq -s '[.[] | select(.type == "tool.result")] | ([.[] | select(.status == "error")] | length) * 1000 / length | floor' events; }
    converted sv -n 20000 --errors 0 --loops 0
    assert_equal "$(failed)" 0
    converted sv -n 20000 --errors 20%
    assert [ "$(failed)" -gt 180 ] && assert [ "$(failed)" -lt 220 ]
    repeated() { jq -rc 'select(.type == "tool.call") | .agent + (.args | tojson)' events | sort | uniq -c | awk '$1 > 1 { n += $1 - 1 } END { print n + 0 }'; }
    converted sv -n 20000 --loops 0 --risky 0
    assert [ "$(repeated)" -lt 40 ]
    converted sv -n 20000 --loops 0.3 --risky 0
    assert [ "$(repeated)" -gt 1500 ]
    risky() { sv-eval -N -p "$top/share/policies/git.yaml" -p "$top/share/policies/destructive.yaml" --exit-zero fleet.sv | wc -l; }
    converted sv -n 20000 --risky 0
    assert_equal "$(risky)" 0
    converted sv -n 20000 --risky 10%
    assert [ "$(risky)" -gt 50 ]
    late() { jq -r .time events | awk '$1 < max { n++ } $1 > max { max = $1 } END { print n + 0 }'; }
    converted sv -n 20000 --late 5%
    assert [ "$(late)" -gt 900 ] && assert [ "$(late)" -lt 1100 ]
    converted sv -n 20000 --agents 20 --silent 50%
    silent=$(jq -r .agent events | sort | uniq -c | awk '$1 <= 201 { n++ } END { print n + 0 }')
    assert [ "$silent" -ge 5 ] && assert [ "$silent" -le 15 ]
}

@test "gen: ends quietly with its reader, and says what is wrong" {
    run bash -c "sv-bench gen -n 0 | head -n 5 | wc -l; echo \${PIPESTATUS[0]}"
    assert_output "5"$'\n'"0"
    bench gen --errors 2
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-bench: --errors 2: a share from 0 to 1, or such as 3.5%, is expected"
    bench gen --errors -1%
    assert_failure 2
    bench gen -o xml
    assert_failure 2
    assert_equal "$stderr" 'sv-bench: no fleet can be made in the format "xml"'
    bench gen --agents 3 --teams 4
    assert_failure 2
    assert_equal "$stderr" 'sv-bench: 4 teams of 3 agents: a team has at least one'
    bench gen --teams 2 --supervisors 3
    assert_failure 2
    bench gen --agents 0
    assert_failure 2
    bench gen --rate nan
    assert_failure 2
    bench gen fleet
    assert_failure 2
    [ ! -e /dev/full ] || { run --separate-stderr bash -c "sv-bench gen -n 10 >/dev/full" && assert_failure 4; }
}

# --- run

small() { # small ARGUMENT...: a run of few records
    run --separate-stderr sv-bench run -n 3000 --repeat 2 --folder . "$@"
}

@test "run: throughput, latency, memory and cost of each policy, with a store and without; nothing is left behind" {
    small -p "$top/share/policies"
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(jq -r '.type + " " + .job + " " + .name' <<<"$output")" \
        "bench.result run plain
bench.result run plain
bench.result run normal
bench.result run normal
bench.result run full
bench.result run full"
    assert_equal "$(jq -s 'all(.setup.records == 3000 and .setup.events == 3000 and .setup.repeat == 2 and .setup.warm_up == 1)' <<<"$output")" true
    assert_equal "$(jq -s 'map(.setup.violations) | unique | length' <<<"$output")" 1
    assert_equal "$(jq -s '.[0].setup.violations' <<<"$output")" "$(sv-bench gen -n 3000 | sv-eval -N -p "$top/share/policies" --exit-zero | wc -l)"
    assert_equal "$(jq -s 'all(.figures | .events_per_s > 0 and .mb_per_s > 0 and .peak_mib > 1 and .cpu_per_event_ns > 0 and .open_ms > 0 and
        .evaluate_p50_us > 0 and .evaluate_p50_us <= .evaluate_p99_us and .evaluate_p99_us <= .evaluate_max_us)' <<<"$output")" true
    assert_equal "$(jq -s 'all((.name == "plain") == (.figures.commit_max_ms == null))' <<<"$output")" true
    assert_equal "$(jq -s 'all(.machine | .cores >= 1 and (.kernel | length > 0) and (.sqlite | test("^3[.]")) and (.built | test("gcc|clang"; "i")))' <<<"$output")" true
    assert_equal "$(jq -s '.[0] | (.costs | length) == .setup.policies and (.costs | map(.hits) | add) == .setup.violations' <<<"$output")" true
    # each record's time is in the histogram
    assert_equal "$(jq -s '.[0].histograms.evaluate_ns.buckets | [.[range(1; length; 2)]] | add' <<<"$output")" 3000
    assert_equal "$(ls)" ""
}

@test "run: the user's own log and policies, in forms for people and spreadsheets" {
    policy 'when: type == "x.y"'
    for i in 1 2 3; do echo '{"type":"x.y"}'; done >a.ndjson
    echo '{"type":"z.y"}' >b.ndjson
    run --separate-stderr sv-bench run -p "$policy" --kinds plain --repeat 1 --warm-up 0 --folder . a.ndjson b.ndjson
    assert_equal "$(jq -c '.setup | [.policies, .events, .violations, .input_bytes]' <<<"$output")" "[1,4,3,$(cat ./?.ndjson | wc -c)]"
    small -p "$policy" --kinds plain,full -o csv
    assert_equal "${lines[0]}" "job,name,figure,value,unit,least,most,runs"$'\r'
    assert_line --regexp '^run,full,events_per_s,[0-9.]+,1/s,[0-9.]+,[0-9.]+,2'
    small -p "$policy" --kinds plain -o text
    assert_line --index 0 --regexp '^JOB +NAME +FIGURE +VALUE +UNIT +LEAST +MOST +RUNS$'
    assert_line --regexp '^run +plain +evaluate_p50_us +[0-9.,]+ +us '
    assert_line --regexp '^test +[0-9.,e+-]+ '
    assert_line --regexp ', SQLite 3\.'
}

@test "run: what is wrong is told, and nothing is left behind" {
    policy 'when: tpye == "x.y"'
    small -p "$policy"
    assert_failure 3
    assert_equal "${stderr_lines[0]}" "sv-bench: $policy:4:11: unknown field \"tpye\" (did you mean \"type\"?)"
    run --separate-stderr sv-bench run --kinds plain --folder . none.ndjson
    assert_failure 3
    small --kinds fast
    assert_failure 2
    small -n 0
    assert_failure 2
    run --separate-stderr sv-bench run --folder no/such
    assert_failure 4
    assert_equal "$stderr" "sv-bench: no/such: cannot make a folder in it: No such file or directory"
    run --separate-stderr sv-bench run -n 10000000000 --folder .
    assert_failure 4
    assert_regex "$stderr" '^sv-bench: \./sv-bench-......: no space for the data set: [0-9.]+ MB are needed, [0-9.]+ MB are free; nothing was left behind$'
    run bash -c "ulimit -f 100; sv-bench run -n 3000 --folder . 2>&1"
    assert_failure 4
    assert_output --regexp '^sv-bench: \./sv-bench-....../fleet.ndjson: cannot write the data set: File too large$'
    assert_equal "$(ls)" "$policy"
}
