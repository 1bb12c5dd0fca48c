#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Real transcripts of Claude Code, counted beside ccusage. What it reads and writes of the cache and of input is the same to the
# token. Output differs where one message was written as several records, each with the output so far: ccusage takes the first,
# we the last. That is checked, too, so that nothing else hides behind it.
load helper

setup() {
    clean_place
    need jq
    need node
    need npm
    logs=${SV_AGENT_LOGS-$shared/data/agents}/entire-checkpoints
    [ -d "$logs" ] || skip "no $logs"
    export CLAUDE_CONFIG_DIR=$PWD/claude TZ=UTC
    mkdir -p claude/projects tool
    cp -r "$logs" claude/projects/
    HOME=$PWD timeout 60 npm install --prefix tool --silent --no-audit --no-fund --ignore-scripts ccusage@17 >npm.log 2>&1 ||
        skip "npm cannot install ccusage"
    ccusage=tool/node_modules/ccusage/dist/index.js
    [ -e "$ccusage" ] || skip "this ccusage is another one"
}

@test "tokens by day and model are those of ccusage; where output is not, it took the first record of a message" {
    timeout 60 node "$ccusage" daily --json --offline --breakdown >theirs.json
    jq -r '.daily[] | .date as $d | .modelBreakdowns[] | [$d, .modelName, .inputTokens, .cacheCreationTokens, .cacheReadTokens] | join(" ")' theirs.json |
        sort >theirs
    assert [ "$(wc -l <theirs)" -gt 10 ]
    sv-index stats --by day,model --type llm.call -n 10000 claude/projects >ours.json
    jq -r '[.day, .model, .input_tokens - .cache_read_tokens - .cache_write_tokens, .cache_write_tokens, .cache_read_tokens] | join(" ")' ours.json |
        sort >ours
    run diff theirs ours
    assert_output ""

    # each message by itself: the output of its first record, and of its last
    find claude/projects -name '*.jsonl' -print0 | sort -z | xargs -0 awk 1 | jq -cR 'fromjson? | select(.message.usage? and .message.id and .timestamp) |
        [.message.id, .timestamp[0:10], .message.model, .message.usage.output_tokens]' | jq -rs 'group_by(.[0]) | map({d: .[0][1], m: .[0][2],
        first: .[0][3], last: .[-1][3]}) | group_by([.d, .m]) | map([.[0].d, .[0].m, (map(.first) | add), (map(.last) | add)] | join(" ")) | .[]' |
        grep -v synthetic | sort >both
    run diff <(cut -d' ' -f1-3 both) <(jq -r '.daily[] | .date as $d | .modelBreakdowns[] | [$d, .modelName, .outputTokens] | join(" ")' theirs.json | sort)
    assert_output ""
    run diff <(cut -d' ' -f1,2,4 both) <(jq -r '[.day, .model, .output_tokens] | join(" ")' ours.json | sort)
    assert_output ""
}
