#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What README and manuals show is what happens; what they list is all there is.
#
# How examples are marked and run: examples.py.

load helper

# Files as the examples expect them: logs/, policies/, events.ndjson, a home with logs, and the source tree's share/ and build/.
lay_out() {
    need jq
    need python3
    ln -s "$top/share" share
    mkdir build stubs logs
    mkdir build/bin
    cp -R "$top/share/policies" policies
    mkdir -p "$HOME/.claude/projects/shop" "$HOME/.codex/sessions/2026/11/20"
    cp "$top"/share/examples/*.jsonl "$top"/share/examples/*.ndjson logs
    cp logs/fleet.ndjson events.ndjson
    cp logs/shop-claude.jsonl "$HOME/.claude/projects/shop"
    cp logs/billing-codex.jsonl "$HOME/.codex/sessions/2026/11/20"
    # tail -f would never end, nor would sv-eval -f: it is told to once it has had time to read what is there
    cat >stubs/sv-eval <<END
#!/bin/sh
for word; do
    case \$word in -f | -f[a-z]*) exec timeout --preserve-status -s TERM 1 "$build/bin/sv-eval" "\$@" ;; esac
done
exec "$build/bin/sv-eval" "\$@"
END
    ln -s ../../stubs/sv-eval build/bin/sv-eval
    for program in index team alert bench; do
        ln -s "$build/bin/sv-$program" "build/bin/sv-$program"
    done
    cat >stubs/tail <<'END'
#!/bin/sh
for word; do
    shift
    case $word in -f | -F | -n | +1) ;; *) set -- "$@" "$word" ;; esac
done
exec cat "$@"
END
    # the other hosts are this one
    cat >stubs/ssh <<'END'
#!/bin/sh
shift
exec "$@"
END
    cat >stubs/rsync <<'END'
#!/bin/sh
[ "$1" = -a ] && cp -Rp "$HOME/${2#*:}." "$3" &&
    find "$3" -name '*.jsonl' -exec sed -i "s/\"uuid\":\"/&${2%%:*}-/" {} + # no two hosts have the same
END
    chmod +x stubs/*
    export PATH=$PWD/stubs:$PATH
}

# run_examples FILE: every block of it; fails with all that went wrong.
run_examples() {
    lay_out
    python3 "$BATS_TEST_DIRNAME/examples.py" "$1"
}

# words FILE: a manual as one line of plain text.
words() {
    mandoc -T ascii -O width=200 "$1" | sed 's/.\x08//g' | tr -s ' \n' ' '
}

for_each_missing() { # names on stdin; those that are no word of $1 are printed
    while read -r name; do
        grep -qE "(^|[^A-Za-z0-9_@-])$name([^A-Za-z0-9_-]|$)" <<<"$1" || echo "$name"
    done
}

@test "the examples of README work, and print what it says" {
    run run_examples "$top/README.md"
    assert_success
}

@test "the examples of sv-eval(1) work, and print what it says" {
    export SV_NOW=2026-11-17T13:10:00Z # just after the Codex session
    run run_examples "$top/man/sv-eval.1"
    assert_success
}

@test "the examples of sv-index(1) work, and print what it says" {
    run run_examples "$top/man/sv-index.1"
    assert_success
}

@test "the examples of sv-team(1) work, and print what it says" {
    run run_examples "$top/man/sv-team.1"
    assert_success
}

@test "the examples of sv-bench(1) work, and print what it says" {
    run run_examples "$top/man/sv-bench.1"
    assert_success
}

@test "the examples of sv-alert(1) work, and print what it says" {
    run run_examples "$top/man/sv-alert.1"
    assert_success
}

@test "the examples of sv-policy(5) work, and print what it says" {
    run run_examples "$top/man/sv-policy.5"
    assert_success
}

@test "the examples of sv-event(5) work, and print what it says" {
    run run_examples "$top/man/sv-event.5"
    assert_success
}

@test "the recipes of sv-tools(7) work, and print what it says" {
    need sqlite3
    export SV_NOW=2026-11-17T13:10:00Z
    run run_examples "$top/man/sv-tools.7"
    assert_success
}

@test "the examples of sv-store(5) work, and print what it says" {
    need sqlite3
    run run_examples "$top/man/sv-store.5"
    assert_success
}

@test "sv-eval(1) describes every option, and no other, each with its value" {
    sv-eval -h | grep -oE '^ +(-., )?--[a-z-]+(=[A-Z=]+)?' | sed -E 's/^ +//; s/=/ /' | sort >has
    sed -nE 's/^\.It Fl ([A-Za-z]) , Fl (-[a-z-]+)/-\1, -\2/p; s/^\.It Fl (-[a-z-]+)/-\1/p' "$top/man/sv-eval.1" |
        sed -E 's/ Ar / /; s/ Ns = Ns Ar /=/' | sort >told
    run diff has told
    assert_success
}

# verbs_told PROGRAM: its manual has a section a verb, with all options of it
verbs_told() {
    "$1" --complete-options | awk -F '\t' '$2 == "verb" { print $1 }' >has
    sed -nE 's/^\.Ss ([a-z]+)$/\1/p' "$top/man/$1.1" >told
    run diff <(sort has) told
    assert_success
    while read -r verb; do
        "$1" "$verb" -h | grep -oE '^ +(-., )?--[a-z-]+(=[A-Z=]+)?' | sed -E 's/^ +//; s/=/ /' |
            grep -vE -- '--(help|quiet|verbose|version)$' | sort >has
        awk -v verb="$verb" '/^\.S[hs] / { on = $0 == ".Ss " verb } on' "$top/man/$1.1" >section
        sed -nE 's/^\.It Fl ([A-Za-z]) , Fl (-[a-z-]+)/-\1, -\2/p; s/^\.It Fl (-[a-z-]+)/-\1/p' section |
            sed -E 's/ Ar / /; s/ Ns = Ns Ar /=/' >told
        run diff has <(sort told)
        assert_success
        run diff <(grep -E '^-.,' told) <(grep -E '^-.,' told | sort -f)
        assert_success
        run diff <(grep -E '^--' told) <(grep -E '^--' told | sort)
        assert_success
    done < <(cat told)
}

@test "sv-index(1), sv-team(1), sv-alert(1) and sv-bench(1) describe every verb with its options, in alphabetical order, and no others" {
    verbs_told sv-index
    verbs_told sv-team
    verbs_told sv-alert
    verbs_told sv-bench
}

# The text of an option is one line that fits, begins with one of these verbs, and ends without a full stop; what it takes is one
# of these words.
@test "--help is in one style" {
    verbs='add|be|begin|check|cut|end|evaluate|fill|follow|go on|keep|leave|let|list|make|note|print|put|read|say|send|show|stop|store|sync|take|use|wait|write'
    takes='BYTES|CEL|CURSOR|DURATION|ENTITY|FIELD=VALUE|FILE|FOLDER|FORM|FORMAT|GLOB|HOW|ID|KEY|KEYS|LEVEL|LEVELS|N|NAME|NAMES|PATH|SHARE|TEXT|TIME|TYPE|TYPE=AGE|TYPE=SHARE|WHICH'
    for f in "$build"/bin/sv-*; do
        [ -x "$f" ] || skip "no program is built"
        for verb in "" $("$f" --complete-options | awk -F '\t' '$2 == "verb" { print $1 }'); do
            "$f" $verb --help >help
            run awk 'length > 80 { print "too long: " $0 }' help
            assert_output ""
            sed -nE 's/^ +(-., )?(--[a-z-]+)(=([A-Z=]+))?( +(.*))?$/\2|\4|\6/p' help >options
            assert_equal "$(wc -l <options)" "$("$f" --complete-options $verb | grep -c '^--')"
            run grep -nvE "^--[a-z-]+[|](($takes)?)[|]($verbs) [^.]*([.][^.]+)*\$" options
            assert_output ""
            # what shells show is the same, so no text was broken into two lines
            run diff <(cut -d'|' -f1,3 options | sort) <("$f" --complete-options $verb | grep '^--' | awk -F '\t' '{ print $1 "|" $3 }' | sort)
            assert_output ""
        done
    done
}

@test "-V is one line; -V -v has the libraries, and each path with where it is from" {
    run sv-eval -V
    assert_success
    assert_output --regexp '^sv-eval [0-9.]+$'
    export SV_PRICES=mine.csv
    mkdir -p "$HOME/.config/sv-tools/policies"
    run sv-eval -V -v
    assert_success
    assert_line --regexp '^built +by .*(gcc|[Cc]lang) [0-9]+.* (32|64) bits, '
    assert_line --regexp '^sqlite3 +3\.[0-9.]+ \([0-9-]{10} .*\).*, THREADSAFE=[012]'
    assert_line --regexp '^pcre2 +10\.[0-9]+ .*Unicode'
    assert_line --regexp '^libfyaml +[0-9.]+$'
    assert_line --regexp '^libcsv +[0-9.]+$'
    assert_line "policies   $HOME/.config/sv-tools/policies (settings of this user)"
    assert_line "prices     mine.csv (SV_PRICES)"
    assert_line "store      $HOME/.local/state/sv-tools/sv.db (default)"
    assert_line "logs       none (--home)"
    assert_line --regexp '^zones +/usr/share/zoneinfo \(default\)$'
    SV_STORE=s.db SV_POLICIES=p run sv-eval -V -v
    assert_line "store      s.db (SV_STORE)"
    assert_line "policies   p (SV_POLICIES)"
    run sv-eval -V -v -d other.db -p a.yaml -p b
    assert_line "store      other.db (-d)"
    assert_line "policies   a.yaml (-p)"
    assert_line "policies   b (-p)"
    run sv-eval -NVv
    assert_line "store      none (-N)"
    assert [ ! -e other.db ]
}

@test "sv-eval(1) names every log format, as -i takes it" {
    need mandoc
    text=$(mandoc -T ascii -O width=200 "$top/man/sv-eval.1" | sed 's/.\x08//g' | sed -n '/-i, --input/,/-n, --number/p' | tr -s ' \n' ' ')
    run for_each_missing "$text" < <(sv-eval --complete-values=input | cut -f1)
    assert_output ""
    assert [ "$(sv-eval --complete-values=input | wc -l)" -gt 3 ]
}

@test "sv-eval(1) lists options in alphabetical order" {
    sed -nE 's/^\.It Fl ([A-Za-z]) , .*/\1/p' "$top/man/sv-eval.1" >letters
    sed -nE 's/^\.It Fl (-[a-z-]+).*/\1/p' "$top/man/sv-eval.1" >long
    run diff letters <(LC_ALL=C sort letters | awk '{ print tolower($1) ($1 == tolower($1) ? 0 : 1), $1 }' | LC_ALL=C sort | cut -d' ' -f2)
    assert_success
    run diff long <(LC_ALL=C sort long)
    assert_success
}

@test "sv-eval(1) names every variable of the environment that the programs read, or sv-bench(1) what it alone reads" {
    need mandoc
    [ -d "$top/libcore" ] || skip "no source"
    text=$(words "$top/man/sv-eval.1" && words "$top/man/sv-bench.1" | grep -o TMPDIR)
    run for_each_missing "$text" < <(grep -rhoE 'getenv\("[A-Z_]+"\)|configured\(out, "[A-Z_]+"' "$top/cmd" "$top/libcore" |
        grep -oE '[A-Z_]{2,}' | grep -vE '^(SV_BLOCK_SIZE|SV_NOW|SUDO_USER)$' | sort -u)
    assert_output ""
}

@test "sv-event(5) has every field with its type" {
    [ -d "$top/libcore" ] || skip "no source"
    sed -nE 's/^ +X\([A-Z_]+, "([a-z_]+)", ([A-Z]+)\).*/\1 \2/p' "$top/libcore/event/event.h" >fields
    assert [ "$(wc -l <fields)" -gt 40 ]
    while read -r name type; do
        case $type in
        STRING) kind=string ;; INT) kind=int ;; DOUBLE) kind=number ;; MAP) kind=object ;; DYN) kind='(any|object or string)' ;;
        esac
        grep -qE "^\.It Va (.*, )?$name( , .*)? Pq $kind|^\.It Va .*, Va $name Pq $kind" "$top/man/sv-event.5" || echo "$name: $kind"
    done <fields >missing
    run cat missing
    assert_output ""
}

@test "sv-policy(5) has every key" {
    need mandoc
    [ -d "$top/libcore" ] || skip "no source"
    text=$(words "$top/man/sv-policy.5")
    run for_each_missing "$text" < <(grep -oE '\[SV_K_[A-Z_]+\] = "[a-z_]+"' "$top/libcore/policy/parse.c" | grep -oE '"[a-z_]+"' | tr -d '"')
    assert_output ""
}

@test "sv-policy(5) has every aggregate" {
    need mandoc
    [ -d "$top/libcore" ] || skip "no source"
    section=$(words "$top/man/sv-policy.5" | grep -oE 'Aggregates In having .* absent absent')
    run for_each_missing "$section" < <(grep -oE '\{"[a-z]+", SV_AGG_' "$top/libcore/policy/kinds.c" | grep -oE '[a-z]+')
    assert_output ""
    assert_regex "$section" 'count how .* p1\(e\) to p99\(e\) .* prev\.count'
}

@test "the limits that sv-policy(5) and sv-event(5) tell are those of the program" {
    need mandoc
    [ -d "$top/libcore" ] || skip "no source"
    limit() { sed -nE "s/^#define $1 \(?([0-9]+)u?( << ([0-9]+)\))?.*/\1 \3/p" "$top/libcore/base/limits.h" | awk '{ print $1 * 2 ^ $2 }'; }
    policy=$(words "$top/man/sv-policy.5") event=$(words "$top/man/sv-event.5")
    assert_equal "$(limit SV_POLICY_FILE_MAX) $(grep -o 'file 1 MiB' <<<"$policy")" "1048576 file 1 MiB"
    assert_equal "$(limit SV_POLICIES_MAX) $(grep -o 'policies 10,000 in a set' <<<"$policy")" "10000 policies 10,000 in a set"
    assert_equal "$(limit SV_CEL_SOURCE_MAX) $(limit SV_CEL_NODES_MAX) $(limit SV_CEL_DEPTH_MAX) $(grep -o '256 KiB, 100,000 parts, 250 levels deep' <<<"$policy")" \
        "262144 100000 250 256 KiB, 100,000 parts, 250 levels deep"
    assert_equal "$(limit SV_CEL_STEPS_MAX) $(grep -o '1,000,000 steps' <<<"$policy")" "1000000 1,000,000 steps"
    assert_equal "$(limit SV_REGEX_MAX) $(grep -o 'pattern 4 KiB' <<<"$policy")" "4096 pattern 4 KiB"
    assert_equal "$(limit SV_REGEX_SUBJECT_MAX) $(grep -o 'string to match 64 KiB' <<<"$policy")" "65536 string to match 64 KiB"
    assert_equal "$(limit SV_YAML_DEPTH_MAX) $(grep -o '64 levels deep at most' <<<"$policy")" "64 64 levels deep at most"
    constant() { grep -hoE "\b$1 = ([0-9]+( << [0-9]+)?)" "$top"/libcore/policy/*.[ch] | while read -r _ _ number; do echo $((number)); done; }
    assert_equal "$(constant SV_EXACT_MAX) $(constant SV_SAMPLE_TEXT_MAX) $(constant VALUES_MAX) $(constant PENDING_MAX)" "4096 200 65536 16"
    assert_equal "$(grep -oE 'up to 4,096 values|first 200 bytes|65,536 values a key|and 16 that wait' <<<"$policy" | paste -sd,)" \
        'up to 4,096 values,first 200 bytes,65,536 values a key,and 16 that wait'
    assert_equal "$(constant SV_STEPS_MAX) $(constant SV_BY_MAX) $(constant SV_AGGREGATES_MAX) $(constant SV_ARGUMENTS_MAX) $(constant SV_TREE_DEPTH_MAX)" "16 8 16 16 64"
    assert_equal "$(grep -oE 'list of 2 to 16 steps|list of up to eight|16 aggregates, over 16 different|64 levels at most' <<<"$policy" | sort -u | paste -sd,)" \
        '16 aggregates, over 16 different,64 levels at most,list of 2 to 16 steps,list of up to eight'
    assert_equal "$(limit SV_LINE_MAX) $(limit SV_JSON_DEPTH_MAX) $(limit SV_JSON_KEYS_MAX) $(limit SV_NUMBER_MAX) $(grep -oE '16 MiB|deeper than 128|65,536 members|1,024 characters' <<<"$event" | paste -sd' ')" \
        "16777216 128 65536 1024 16 MiB deeper than 128 65,536 members 1,024 characters"
}

@test "each manual names all others at its end, and every page that it names is one" {
    for page in "$top"/man/*.[1-9]; do
        own=$(basename "$page" | sed -E 's/\.([1-9])$/ \1/')
        sed -n '/^\.Sh SEE ALSO/,$p' "$page" | sed -nE 's/^\.Xr (sv-[a-z]+) ([1-9]).*/\1 \2/p' | sort >named
        basename -a "$top"/man/*.[1-9] | sed -E 's/\.([1-9])$/ \1/' | grep -vx "$own" | sort >others
        run diff named others
        assert_success
        # in its order: by section, then by name
        sed -n '/^\.Sh SEE ALSO/,$p' "$page" | sed -nE 's/^\.Xr ([^ ]+) ([1-9]).*/\2 \1/p' >order
        run diff order <(LC_ALL=C sort order)
        assert_success
        sed -nE 's/^\.Xr (sv-[a-z]+) ([1-9]).*/\1.\2/p' "$page" | while read -r name; do [ -e "$top/man/$name" ] || echo "$page: $name"; done >wrong
        run cat wrong
        assert_output ""
    done
}

@test "manuals read well at 80 columns: no line is longer" {
    need mandoc
    for page in "$top"/man/*.[1-9]; do
        run bash -c "mandoc -T ascii -O width=80 '$page' | sed 's/.\x08//g' | awk 'length > 80'"
        assert_output ""
    done
}

@test "README has no line that a terminal breaks, and no link that leads nowhere" {
    run awk 'length > 132 && !/^\|/' "$top/README.md"
    assert_output ""
    while read -r path; do
        assert [ -e "$top/$path" ]
    done < <(grep -oE '\]\([^)]+\)' "$top/README.md" | sed 's/^](//; s/)$//' | grep -v '^http')
}
