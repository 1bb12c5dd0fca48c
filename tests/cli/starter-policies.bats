#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The policies that are shipped: sound, with examples, and right about the logs that are shipped.

load helper

@test "the starter policies have no finding, their own examples included" {
    run --separate-stderr sv-eval --check -p "$top/share/policies"
    assert_success
    assert_output "15 policies in 6 files, no findings"
}

@test "each starter policy has two examples that match and two that do not, a title, a message and tags" {
    cat "$top"/share/policies/*.yaml | awk '
        function close_policy() {
            if (id != "" && (n["match"] < 2 || n["no_match"] < 2 || !has["title"] || !has["message"] || !has["tags"])) print id
        }
        /^  - id: /      { close_policy(); id = $3; delete n; delete has; list = "" }
        /^    [a-z_]+:/  { list = $1; sub(":", "", list); has[list] = 1 }
        /^      - \{type/ { n[list]++ }
        END              { close_policy() }' >lacking
    run cat lacking
    assert_output ""
}

@test "the starter policies find what is wrong in the example logs, and nothing else" {
    need jq
    sv-eval -N -o json --exit-zero -p "$top/share/policies" "$top/share/examples" | jq -r '"\(.policy) \(.outcome) \(.at | split("/") | last)"' |
        LC_ALL=C sort >found
    cat >expected <<'END'
checks-skipped violation shop-claude.jsonl:30
costly-call violation shop-claude.jsonl:78
destructive-command violation shop-claude.jsonl:56
exfiltration violation billing-codex.jsonl:105
force-push violation fleet.ndjson:88
force-push violation shop-claude.jsonl:69
pipe-to-shell violation shop-claude.jsonl:44
privilege violation billing-codex.jsonl:57
privilege violation billing-codex.jsonl:62
privilege violation shop-claude.jsonl:54
prompt-injection violation fleet.ndjson:64
prompt-injection violation shop-claude.jsonl:42
secret-file violation billing-codex.jsonl:70
secret-in-command violation fleet.ndjson:35
secret-in-output violation billing-codex.jsonl:72
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
