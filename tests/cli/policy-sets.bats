#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Sets of several policy files as their user sees them: overrides, errors as violations, what --check advises.

load helper

starter() {
    policies starter.yaml <<'END'
version: 1
lists: {protected: [/etc/]}
policies:
  - id: protected-write
    when: tool_kind == "write" && under(path, protected)
    match: [{type: tool.call, tool: Write, path: /etc/x}]
    no_match: [{type: tool.call, tool: Write, path: /home/x}]
  - id: ratio
    when: type == "llm.call" && 1000 / output_tokens > 10
    match: [{type: llm.call, output_tokens: 1}]
    no_match: [{type: llm.call, output_tokens: 500}]
END
}

@test "a site's file changes a policy of another, in whatever order they are named" {
    starter
    policies site.yaml <<'END'
version: 1
override:
  - {id: protected-write, severity: critical, action: deny, append: {lists: {protected: [/srv/]}}}
END
    event type=tool.call tool=Write path=/srv/x >x.jsonl
    run --separate-stderr sv-eval -N -p starter.yaml x.jsonl
    assert_success
    assert_output ""
    for order in "-p starter.yaml -p site.yaml" "-p site.yaml -p starter.yaml"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr sv-eval -N $order x.jsonl
        assert_failure 1
        assert_equal "$(jq -r '"\(.policy) \(.severity) \(.action)"' <<<"$output")" "protected-write critical deny"
    done
    mkdir set
    mv starter.yaml site.yaml set
    run sv-eval -N -p set x.jsonl
    assert_failure 1
}

@test "an overridden policy is another version in the store, with its text as it is in force" {
    need sqlite3
    starter
    printf 'version: 1\noverride: {id: protected-write, severity: error}\n' >site.yaml
    event type=tool.call tool=Write path=/etc/x >x.jsonl
    sv-eval -d sv.db --exit-zero -p starter.yaml x.jsonl >/dev/null
    sv-eval -d sv.db --exit-zero -p starter.yaml -p site.yaml x.jsonl >/dev/null
    run rows sv.db "SELECT count(*), count(DISTINCT hash), sum(text LIKE '%\"severity\":\"error\"%') FROM supervisor_policies"
    assert_output "2|2|1"
}

@test "an override of nothing is told where it stands, with what was meant: status 3" {
    starter
    printf 'version: 1\noverride:\n  - {id: protected-writes, severity: error}\n' >site.yaml
    run --separate-stderr sv-eval -N -p starter.yaml -p site.yaml </dev/null
    assert_failure 3
    [[ $stderr == 'sv-eval: site.yaml:3:10: no policy has the id "protected-writes" (did you mean "protected-write"?)'* ]]
}

@test "on_error: an error is told, a violation, or only counted; its status and row follow" {
    need sqlite3
    starter
    event type=llm.call output_tokens=0 >x.jsonl
    local word want status_of
    for word in error:error:0 violation:violation:1 ignore::0; do
        IFS=: read -r word want status_of <<<"$word"
        rm -f sv.db*
        printf 'version: 1\noverride: {id: ratio, on_error: %s}\n' "$word" >site.yaml
        run --separate-stderr sv-eval -v -d sv.db -o json -p starter.yaml -p site.yaml x.jsonl
        assert_equal "$word $status" "$word $status_of"
        assert_equal "$(jq -r .outcome <<<"$output")" "$want"
        [[ $stderr == *", 1 errors"* ]]
        assert_equal "$(rows sv.db "SELECT outcome, message, values_json FROM evaluations")" "$(jq -r '[.outcome, .message, .values // "" | tostring] | join("|")' <<<"$output")"
        assert_equal "$(rows sv.db "SELECT json_extract(ledger, '\$.errors', '\$.policies.ratio') FROM runs")" \
            "[1,{\"violations\":$status_of,\"errors\":1}]"
    done
}

@test "--check warns of what is odd: status 0, with --strict 1; a run is silent" {
    policies odd.yaml <<'END'
version: 1
policies:
  - id: odd
    when: type == "note" && event.agnt == "x"
    match: {type: note, agnt: x}
    no_match: {type: note}
END
    warning='sv-eval: odd.yaml:4:35: warning: unknown field "agnt" (did you mean "agent"?); if it is your own, name it under "fields"'
    run --separate-stderr sv-eval --check -p odd.yaml
    assert_success
    assert_output "1 policy in 1 file, 1 warning"
    assert_equal "$stderr" "$warning"
    run --separate-stderr sv-eval --check --strict -p odd.yaml
    assert_failure 1
    assert_equal "$stderr" "$warning"
    event type=note agnt=x >x.jsonl
    run --separate-stderr sv-eval -N -p odd.yaml x.jsonl
    assert_failure 1
    assert_equal "$stderr" ""
    sed -i 's/type == "note"/tpye == "note"/' odd.yaml
    run --separate-stderr sv-eval --check -p odd.yaml
    assert_failure 1
    assert_output ""
    assert_equal "$stderr" 'sv-eval: odd.yaml:4:11: unknown field "tpye" (did you mean "type"?)'
}
