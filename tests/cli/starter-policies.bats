#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The policies that are shipped: sound, with examples, and right about the logs that are shipped.

load helper

@test "the starter policies have no finding, their own examples included" {
    run --separate-stderr sv-eval --check -p "$top/share/policies"
    assert_success
    assert_output "67 policies in 14 files, no findings"
}

@test "each starter policy has two examples that match and two that do not, a title, a message and tags" {
    cat "$top"/share/policies/*.yaml | awk '
        function close_policy() {
            if (id != "" && (n["match"] < 2 || n["no_match"] < 2 || !has["title"] || !has["message"] || !has["tags"])) print id
        }
        /^  - id: /      { close_policy(); id = $3; delete n; delete has; list = "" }
        /^    [a-z_]+:/  { list = $1; sub(":", "", list); has[list] = 1 }
        /^      - (- |\[)?\{type/ { n[list]++ }
        END              { close_policy() }' >lacking
    run cat lacking
    assert_output ""
}

@test "there are 30 starter policies or more, each in a file that says for whom it is, and none denies but for two" {
    grep -hoE '^  - id: .*' "$top"/share/policies/*.yaml | sort >ids
    assert [ "$(wc -l <ids)" -ge 30 ]
    run uniq -d ids
    assert_output ""
    for file in "$top"/share/policies/*.yaml; do
        run head -n 6 "$file"
        assert_line --index 0 "# SPDX-License-Identifier: ISC"
        assert_line --partial "# For "
    done
    run bash -c "cat '$top'/share/policies/*.yaml | awk '/^  - id: /{ id = \$3 } /^    action: deny/{ print id }'"
    assert_output "$(printf 'force-push\nreverse-shell')"
}

# starter-policies.ndjson has a row for each policy: what makes it fire, and what is near and does not; starter-stories.ndjson one for
# each that looks at more than one event.
@test "each starter policy has a row" {
    need jq
    run bash -c "cat '$top'/share/policies/*.yaml | sed -n 's/^  - id: //p' | sort |
        diff - <(cat '$BATS_TEST_DIRNAME'/starter-*.ndjson | jq -r .policy | sort)"
    assert_output ""
}

# rows NAME: its rows as logs in rows/.
rows() {
    need jq
    mkdir -p rows
    jq -rf "$BATS_TEST_DIRNAME/$1.jq" "$BATS_TEST_DIRNAME/$1.ndjson" | awk -F'\t' '{ file = "rows/" $1; print $2 >>file; close(file) }'
}

@test "each starter policy fires on a native event, in a Claude Code and in a Codex log, and stays quiet on what is near" {
    rows starter-policies
    run bash -c "find rows -name '*.yes.jsonl' | wc -l"
    assert_output $((3 * $(wc -l <"$BATS_TEST_DIRNAME/starter-policies.ndjson")))
    sv-eval -N -o json --exit-zero -p "$top/share/policies" rows |
        jq -r 'select(.at) | (.at | split("/") | last | split(":")[0]) as $file | select(.policy == ($file | split(".")[0])) | $file' | sort -u >fired
    run diff fired <(find rows -name "*.yes.jsonl" -exec basename {} \; | sort)
    assert_success
}

# What a timer tells is of no record: who is meant stands in its key.
@test "each starter policy that looks at more than one event fires on native events, in a Claude Code and in a Codex log; not on what is near" {
    rows starter-stories
    stories=$(wc -l <"$BATS_TEST_DIRNAME/starter-stories.ndjson") metrics=$(grep -c '^{"policy":"metric' "$BATS_TEST_DIRNAME/starter-stories.ndjson")
    run bash -c "find rows -name '*.yes.jsonl' | wc -l"
    assert_output $((3 * stories - 2 * metrics)) # there are no metrics in a transcript
    names='select(.outcome == "violation") | .policy as $policy | (if .at then .at | split("/") | last | split(":")[0] else
        (.key[0] | capture("^(?<format>[a-z]+:)?(?<name>.*)[.](?<side>yes|no)$")) | "\(.name).\(.format // "native:" | rtrimstr(":")).\(.side).jsonl" end) |
        select(startswith($policy + "."))'
    # each by itself: what adds up over teams and days, and what falls silent when its log ends
    mkdir apart
    mv rows/team-* rows/day-* rows/metric* apart
    {
        sv-eval -N -o json --exit-zero -p "$top/share/policies" rows
        for file in apart/*; do sv-eval -N -o json --exit-zero --set team=payments -p "$top/share/policies/budgets.yaml" -p "$top/share/policies/thresholds.yaml" "$file"; done
    } | jq -r "$names" | sort -u >fired
    run diff fired <(find rows apart -name "*.yes.jsonl" -exec basename {} \; | sort)
    assert_success
}

# What stands around a command must not hide it: neither as a way past a pattern nor as a way to its limits.
@test "each starter policy that asks or denies finds its command between 57 KB of padding, and none of them fails" {
    need jq
    for file in "$top"/share/policies/*.yaml; do
        awk '/^defaults:/ { asks = /action: (ask|deny)/ }
             /^  - id: /  { id = $3; mine = asks }
             /^    action: / { mine = /ask|deny/ }
             mine && /^    match:/ { take = 1; next }
             take && /^      - \{/ { take = 0; if (match($0, /command: ".*"\}$/)) print id "\t" substr($0, RSTART + 9, RLENGTH - 10) }
             !/^      / && !/^    match:/ { take = 0 }' "$file"
    done >commands
    [ "$(wc -l <commands)" -gt 15 ]
    jq -Rc 'def times($n): . as $s | [range($n)] | map($s) | add;
        ("\n" | times(57000)) as $lines | ("true; " | times(9500)) as $before | ("# " + ("x" | times(56000)) + "\n") as $remark |
        (" " | times(57000)) as $blanks | ("; true" | times(9500)) as $after | (" # " + ("x" | times(56000))) as $comment |
        split("\t") | .[0] as $id | (.[1] | fromjson) as $command |
        ({before: $lines, after: ""}, {before: $before, after: ""}, {before: $remark, after: ""}, {before: $blanks, after: ""},
         {before: "", after: $lines}, {before: "", after: $after}, {before: "", after: $comment}) |
        {type: "tool.call", tool: "Bash", agent: $id, command: (.before + $command + .after)}' commands >log.ndjson
    sv-eval -N -o json --exit-zero -p "$top/share/policies" log.ndjson |
        jq -r 'if .outcome == "error" then "\(.policy) fails" elif .policy == .agent then .policy else empty end' | sort | uniq -c >found
    run diff <(cut -f 1 commands | sort | sed 's/^/7 /') <(sed 's/^ *//' found)
    assert_success
}

@test "the starter policies find what is wrong in the example logs, and nothing else" {
    need jq
    sv-eval -N -o json --exit-zero -p "$top/share/policies" "$top/share/examples" | jq -r '"\(.policy) \(.outcome) \(.at // .time | split("/") | last)"' |
        LC_ALL=C sort >found
    cat >expected <<'END'
agent-settings-changed violation fleet.ndjson:101
applied-unread violation fleet.ndjson:99
call-refused violation billing-codex.jsonl:90
call-refused violation shop-claude.jsonl:57
checks-skipped violation shop-claude.jsonl:30
cloud-destroyed violation fleet.ndjson:97
command-hidden violation fleet.ndjson:103
costly-call violation shop-claude.jsonl:78
destructive-command violation shop-claude.jsonl:56
error-burst resolved 2026-11-17T13:07:45.255Z
error-burst violation billing-codex.jsonl:59
exfiltration violation billing-codex.jsonl:105
failing-test-committed violation shop-claude.jsonl:30
force-push violation fleet.ndjson:88
force-push violation shop-claude.jsonl:69
mcp-destructive violation fleet.ndjson:105
model-failing violation shop-claude.jsonl:60
pipe-to-shell violation shop-claude.jsonl:44
privilege violation billing-codex.jsonl:57
privilege violation billing-codex.jsonl:62
privilege violation shop-claude.jsonl:54
prompt-injection violation fleet.ndjson:64
prompt-injection violation shop-claude.jsonl:42
secret-file violation billing-codex.jsonl:70
secret-in-command violation fleet.ndjson:35
secret-in-output violation billing-codex.jsonl:72
slow-call violation fleet.ndjson:100
stuck-loop resolved billing-codex.jsonl:57
stuck-loop violation billing-codex.jsonl:50
tests-disabled violation billing-codex.jsonl:88
tests-disabled violation fleet.ndjson:31
tests-disabled violation shop-claude.jsonl:27
tool-failing violation billing-codex.jsonl:77
tool-failing violation fleet.ndjson:52
tool-failing violation fleet.ndjson:54
tool-failing violation fleet.ndjson:56
tool-failing violation fleet.ndjson:58
write-outside-project violation billing-codex.jsonl:62
write-outside-project violation fleet.ndjson:46
END
    run diff expected found
    assert_success
}

@test "no secret of the canary list comes out of an evaluation, whatever field it stands in" {
    need jq
    [ -x "$build/unit/test_redact" ] || skip "test_redact is not built"
    B=$build "$top/tests/canaries" >texts
    B=$build "$top/tests/canaries" --secrets >secrets
    # as the agent's name, the command, an argument, the text, the answer and what a message is made of
    jq -Rc '{type: "tool.call", tool: "Bash", command: ., text: ., agent: ., session: ., args: {command: ., deep: [{note: .}]}, result: ., error: .}' texts >log.ndjson
    policy 'when: "true"' 'message: command + " " + text + " " + error'
    for form in json text; do
        sv-eval -d s.db -o $form --exit-zero -v -p "$policy" -p "$top/share/policies" log.ndjson >"out.$form" 2>"err.$form"
    done
    run grep -cFf secrets out.json out.text err.json err.text
    assert_output "$(printf '%s:0\n' out.json out.text err.json err.text)"
    run grep -acFf secrets s.db
    assert_output 0
    [ "$(grep -c '"policy":"test"' out.json)" = 60 ]
    sv-eval -N -o json --exit-zero --no-redact -p "$policy" log.ndjson >plain
    [ "$(grep -cFf secrets plain)" -gt 50 ] # the list is one that finds them
}
