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
    for format in sv claude codex csv logfmt claude-hook claude-stream codex-exec gemini; do
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
    for format in sv claude codex csv logfmt claude-hook claude-stream codex-exec gemini; do
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
    converted sv -n 8000 --agents 30 --teams 6 --supervisors 2 --rate 20 --start 2026-05-01T00:00:00Z
    assert_equal "$(jq -r .agent events | sort -u | wc -l) $(jq -r .team events | sort -u | wc -l) $(jq -r .supervisor events | sort -u | wc -l)" "30 6 2"
    assert_equal "$(jq -r '.agent + " " + .team' events | sort -u | wc -l)" 30
    assert_equal "$(jq -r '.team + " " + .supervisor' events | sort -u | wc -l)" 6
    assert_equal "$(head -n 1 events | jq -r .time | cut -c1-13)" 2026-05-01T00
    seconds=$(jq -rs '(last.time | sub("[.]\\d+"; "") | fromdate) - (first.time | sub("[.]\\d+"; "") | fromdate)' events)
    assert [ "$seconds" -gt 380 ]
    assert [ "$seconds" -lt 420 ]
    # in order
    run diff <(jq -r .time events) <(jq -r .time events | sort)
    assert_success
    # few do much
    assert [ "$(jq -r .agent events | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }')" -gt 600 ]
}

@test "gen: shares of errors, loops, risky calls, late records, silent agents" {
    failed() { jq -s '[.[] | select(.type == "tool.result")] | ([.[] | select(.status == "error")] | length) * 1000 / length | floor' events; }
    converted sv -n 6000 --errors 0 --loops 0
    assert_equal "$(failed)" 0
    converted sv -n 6000 --errors 20%
    assert [ "$(failed)" -gt 165 ]
    assert [ "$(failed)" -lt 235 ]
    repeated() { jq -rc 'select(.type == "tool.call") | .agent + (.args | tojson)' events | sort | uniq -c | awk '$1 > 1 { n += $1 - 1 } END { print n + 0 }'; }
    converted sv -n 6000 --loops 0 --risky 0
    assert [ "$(repeated)" -lt 15 ]
    converted sv -n 6000 --loops 0.3 --risky 0
    assert [ "$(repeated)" -gt 450 ]
    risky() { sv-eval -N -p "$top/share/policies/git.yaml" -p "$top/share/policies/destructive.yaml" --exit-zero fleet.sv | wc -l; }
    converted sv -n 6000 --risky 0
    assert_equal "$(risky)" 0
    converted sv -n 6000 --risky 10%
    assert [ "$(risky)" -gt 15 ]
    late() { jq -r .time events | awk '$1 < max { n++ } $1 > max { max = $1 } END { print n + 0 }'; }
    converted sv -n 6000 --late 5%
    assert [ "$(late)" -gt 240 ]
    assert [ "$(late)" -lt 360 ]
    converted sv -n 12000 --agents 20 --silent 50%
    silent=$(jq -r .agent events | sort | uniq -c | awk '$1 <= 201 { n++ } END { print n + 0 }')
    assert [ "$silent" -ge 5 ]
    assert [ "$silent" -le 15 ]
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
    [ -e /dev/full ] || return 0
    run --separate-stderr bash -c "sv-bench gen -n 10 >/dev/full"
    assert_failure 4
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
    assert_line --regexp '^with policies 1, records 3000, .*, repeat 2, warm_up 1, others_percent [0-9.e-]+$'
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

# --- what becomes of results

# ten SCALE: ten results as run prints them, a little apart
ten() {
    jq -cn --argjson scale "$1" 'range(10) | {type: "bench.result", time: "2026-11-20T10:00:00Z", job: "run", name: "plain",
        machine: {cpu: "C", cores: 2, memory_bytes: 1, kernel: "K", file_system: "F", sqlite: "S", built: "B"},
        figures: {cpu_per_event_ns: ($scale + . / 10), events_per_s: 1000, peak_mib: 8}}'
}

@test "baseline: results are kept under a name, listed, shown, and replaced only when it is said" {
    ten 100 >a.ndjson
    bench baseline list
    assert_success
    assert_output ""
    bench baseline save before a.ndjson
    assert_success
    assert_equal "$output$stderr" ""
    ten 200 | sv-bench baseline save other
    bench baseline list -o csv
    assert_output "name,time,jobs,results,cpu,cores,sqlite"$'\r\n'"before,2026-11-20T10:00:00Z,run,10,C,2,S"$'\r\n'"other,2026-11-20T10:00:00Z,run,10,C,2,S"$'\r'
    bench baseline show before
    assert_equal "$(jq -s 'length' <<<"$output")" 10
    bench baseline save before a.ndjson
    assert_failure 2
    assert_equal "$stderr" 'sv-bench: there is a baseline "before"; --replace takes its place'
    head -n 3 a.ndjson | sv-bench baseline save before --replace
    assert_equal "$(sv-bench baseline show before | wc -l)" 3
    for name in ../x 'a b' .hidden ''; do
        bench baseline save "$name" a.ndjson
        assert_failure 2
    done
    bench baseline show nope
    assert_failure 3
    assert_equal "$stderr" "sv-bench: nope: neither a file nor a baseline"
    bench baseline save x "$top/README.md"
    assert_failure 3
    bench baseline
    assert_failure 2
    [ ! -e "$HOME/.local/state/sv-tools/bench/x.ndjson" ]
}

@test "compare: a slow-down is found, equal ones are noise, too few and other machines are told" {
    ten 100 >a.ndjson
    ten 100.05 >b.ndjson
    ten 120 >slow.ndjson
    bench compare a.ndjson b.ndjson
    assert_success
    assert_equal "$(jq -r .verdict <<<"$output" | sort -u)" "~"
    bench compare a.ndjson slow.ndjson
    assert_failure 1
    assert_equal "$(jq -r 'select(.verdict != "~") | .figure + " " + .verdict' <<<"$output")" "cpu_per_event_ns worse"
    assert_equal "$(jq -r 'select(.figure == "cpu_per_event_ns") | (.change * 1000 | round / 10), .effect, (.p < 0.001)' <<<"$output" | paste -sd' ')" "19.9 1 true"
    bench compare a.ndjson slow.ndjson --threshold 30%
    assert_success
    assert_equal "$(jq -r 'select(.figure == "cpu_per_event_ns") | .verdict' <<<"$output")" small
    bench compare slow.ndjson a.ndjson
    assert_success
    assert_equal "$(jq -r 'select(.figure == "cpu_per_event_ns") | .verdict' <<<"$output")" better
    bench compare <(head -n 2 a.ndjson) <(head -n 2 slow.ndjson) -o text
    assert_success
    assert_regex "$stderr" '^sv-bench: too few repetitions to tell anything of 3 figures: at least [4-6] a side are needed'
    jq -c '.machine.cores = 64' slow.ndjson >big.ndjson
    bench compare a.ndjson big.ndjson
    assert_failure 3
    assert_regex "$stderr" 'measured on different machines \(C, 2 cores, K, F; and C, 64 cores, K, F\); compared only with --anyway$'
    bench compare a.ndjson big.ndjson --anyway
    assert_failure 1
    jq -c '.setup.others_percent = 50 | .figures.events_per_s = 10' a.ndjson >busy.ndjson
    bench compare a.ndjson busy.ndjson
    assert_success
    assert_equal "$(jq -r 'select(.figure == "events_per_s") | .verdict' <<<"$output")" busy
    assert_regex "$stderr" 'other processes had 50 % of the processors meanwhile: 1 figures'
    bench compare a.ndjson
    assert_failure 2
    bench compare a.ndjson <(jq -c '.job = "load"' a.ndjson)
    assert_failure 3
}

@test "gate: names what is missed or was not measured, and refuses files that are wrong" {
    ten 100 >a.ndjson
    cat >limits.yaml <<'Y'
version: 1
limits:
  - {figure: cpu_per_event_ns, max: 105}
  - {figure: events_per_s, min: 1000}
Y
    bench gate limits.yaml a.ndjson
    assert_success
    assert_equal "$(jq -r '.verdict + " " + .bound' <<<"$output" | paste -sd,)" "kept <= 105,kept >= 1000"
    echo '  - {figure: peak_mib, max: 7}' >>limits.yaml
    echo '  - {figure: p99_ms, max: 7}' >>limits.yaml
    run --separate-stderr sv-bench gate limits.yaml <a.ndjson
    assert_failure 1
    assert_equal "$(jq -r .verdict <<<"$output" | paste -sd,)" "kept,kept,missed,not measured"
    assert_equal "$stderr" "sv-bench: 2 of 4 limits missed: peak_mib, p99_ms (not measured)"
    sed -i 's/peak_mib/peak_mib, maximum: 3/' limits.yaml
    bench gate limits.yaml a.ndjson
    assert_failure 3
    assert_equal "${stderr_lines[0]}" 'sv-bench: limits.yaml:5:24: unknown key "maximum"'
    bench gate nowhere.yaml a.ndjson
    assert_failure 3
    bench gate
    assert_failure 2
}

@test "gates that are installed can be used by their names" {
    for f in "$top"/share/bench/gates/*.yaml; do
        ten 1 | jq -c '.job = "other"' >other.ndjson
        run --separate-stderr sv-bench gate "$(basename "$f" .yaml)" other.ndjson
        assert_failure 1 # nothing of it was measured
        assert_equal "$(jq -r .verdict <<<"$output" | sort -u)" "not measured"
    done
}

@test "report: grade, areas, the worst, as text, rows and a page" {
    ten 100 >a.ndjson
    cat >limits.yaml <<'Y'
version: 1
title: mine
limits:
  - {figure: cpu_per_event_ns, max: 1000, area: latency}
  - {figure: events_per_s, min: 2000, area: throughput}
  - {figure: peak_mib, max: 8, area: resources}
Y
    bench report --limits limits.yaml a.ndjson
    assert_success
    assert_line --index 0 --regexp '^Grade C: 7[0-9]\.[0-9] of 100, by the limits "mine"$'
    assert_line "not measured, and left out: caching, database, concurrency, bottlenecks"
    assert_line --regexp '^worst: events_per_s 1000 1/s, bound at least 2000 1/s: missed$'
    bench report --limits limits.yaml a.ndjson -o csv
    assert_line --regexp '^grade,latency,score,(99|100)'
    assert_line --regexp '^grade,total,score,7[0-9]\.'
    bench report --limits limits.yaml a.ndjson -o html
    assert_line --index 0 --partial '<!DOCTYPE html>'
    assert_output --partial 'Will this machine hold the fleet?'
    refute_output --partial '<script'
    bench report --limits limits.yaml a.ndjson -o json
    assert_failure 2
    bench report nowhere
    assert_failure 3
    echo >blank.ndjson
    bench report blank.ndjson
    assert_failure 3
    assert_equal "$stderr" "sv-bench: blank.ndjson: no results in it"
}
