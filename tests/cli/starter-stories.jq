# SPDX-License-Identifier: ISC
# Rows of starter-stories.ndjson as logs, each side of a row (yes: the policy fires; no: it does not) as native events, as a Claude
# Code transcript and as a Codex rollout. Prints NAME<tab>LINE, NAME being the file the line belongs to.
#
# A side is a list of what happened, one thing after the other: {command} or {tool, args}, with its answer where there is one
# ({gave, fails} or {refused}), {says}, {talks}, {spent} or {tokens}, {starts}, {compacted}, {metric, value}. `after` seconds behind
# the thing before it (1), `n` times, `every` so many seconds (1). A % in a command or a path is the number of the time.

def at($t): 1795000000 + $t | todate | sub("Z"; ".000Z");
def numbered($i): walk(if type == "string" then gsub("%"; $i | tostring) else . end);

# Each thing with its time .t, number .i and what was spent and used up to it.
def happenings:
    reduce .[] as $thing ({t: 0, i: 0, spent: 0, tokens: 0, all: []};
        .t += ($thing.after // 1) - ($thing.every // 1) |
        reduce range($thing.n // 1) as $k (.; .t += ($thing.every // 1) | .i += 1 |
            .spent += ($thing.spent // 0) | .tokens += ($thing.tokens // 0) |
            .all += [($thing | numbered($k)) + {t, i, all_spent: .spent, all_tokens: .tokens}])) | .all[];

def answered: .gave or .refused;
def arguments: .args // {command};
def refusal: "The user doesn't want to proceed with this tool use. The tool use was rejected.";
def patch: "*** Begin Patch\n*** Update File: \(.file_path)\n@@\n"
    + ((.old_string // "" | split("\n") | map("-" + . + "\n")) + (.new_string // .content // "" | split("\n") | map("+" + . + "\n")) | join(""))
    + "*** End Patch\n";

def native($name):
    . as $thing | {time: at(.t), session: "native \($name)", cwd: "/home/mira/\($name)", agent: "native:\($name)", team: "team of \($name)"} as $base |
    if .metric then {time: at(.t), type: "metric", host: $name, name: .metric, value}
    elif .starts then $base + {type: "agent.start", agent: "native:\($name)/\(.i)", parent_agent: "native:\($name)"}
    elif .compacted then $base + {type: "note", ext: {type: "system", subtype: "compact_boundary"}}
    elif .says then $base + {type: "message.user", text: .says}
    elif .talks then $base + {type: "message.agent", text: .talks}
    elif .spent or .tokens then $base + {type: "llm.call"} + if .spent then {cost_usd: .spent} else {input_tokens: .tokens} end
    else $base + {type: "tool.call", call_id: "t\(.i)", tool: (.tool // "Bash"), args: arguments},
        if answered then $base + {type: "tool.result", call_id: "t\(.i)", tool: (.tool // "Bash"), result: .gave,
            status: (if .refused then "denied" elif .fails then "error" else "ok" end)} else empty end
    end;

def claude_message($name; $content; $usage):
    {type: "assistant", uuid: "\($name) \(.i)", message: {model: "claude-opus-4-5-20251101", id: "\($name) \(.i)", type: "message", role: "assistant",
        content: [$content], usage: $usage}};
def claude($name):
    . as $thing | {parentUuid: null, sessionId: "claude \($name)", cwd: "/home/mira/\($name)", version: "2.1.9", timestamp: at(.t)} as $base |
    {input_tokens: 1, output_tokens: 1} as $little |
    if .metric then empty
    elif .starts then {type: "user", uuid: "\($name) \(.i)", isSidechain: true, agentId: "k\(.i)", message: {role: "user", content: "look around"}}
    elif .compacted then {type: "system", uuid: "\($name) \(.i)", subtype: "compact_boundary", content: "Conversation compacted", level: "info"}
    elif .says then {type: "user", uuid: "\($name) \(.i)", message: {role: "user", content: .says}}
    elif .talks then claude_message($name; {type: "text", text: .talks}; $little)
    elif .spent then claude_message($name; {type: "text", text: "done"}; {input_tokens: 1, output_tokens: (.spent * 40000 | floor)})
    elif .tokens then claude_message($name; {type: "text", text: "done"}; {input_tokens: .tokens, output_tokens: 1})
    else claude_message($name; {type: "tool_use", id: "\($name) t\(.i)", name: (.tool // "Bash"), input: arguments}; $little),
        if answered then {type: "user", uuid: "\($name) \(.i) answer", message: {role: "user", content: [{type: "tool_result", tool_use_id: "\($name) t\(.i)",
            is_error: (.fails or .refused | not | not), content: (if .refused then refusal else .gave end)}]}} else empty end
    end | $base + .;

def codex_item($payload): {type: "response_item", payload: $payload};
def codex($name):
    . as $thing |
    if .metric then empty
    elif .i == 0 then
        {type: "session_meta", payload: {id: "codex \($name)", timestamp: at(.t), cwd: "/home/mira/\($name)", originator: "codex_cli_rs", cli_version: "0.61.0"}},
        {type: "turn_context", payload: {cwd: "/home/mira/\($name)", approval_policy: "on-request", model: "gpt-5.2-codex"}}
    elif .starts then codex_item({type: "function_call", name: "spawn_agent", arguments: ({message: "look around \(.i)"} | tojson), call_id: "c\(.i)"})
    elif .compacted then {type: "compacted", payload: {message: "so far"}}
    elif .says then {type: "event_msg", payload: {type: "user_message", message: .says}}
    elif .talks then codex_item({type: "message", role: "assistant", content: [{type: "output_text", text: .talks}]})
    elif .spent or .tokens then {type: "event_msg", payload: {type: "token_count", info:
        ({total_token_usage: {input_tokens: (1 + .all_tokens), output_tokens: (.all_spent * 80000 | floor)},
          last_token_usage: {input_tokens: (1 + (.tokens // 0)), output_tokens: ((.spent // 0) * 80000 | floor)}}
            | map_values(. + {cached_input_tokens: 0, reasoning_output_tokens: 0, total_tokens: (.input_tokens + .output_tokens)}))}}
    else
        (if .args.file_path then codex_item({type: "custom_tool_call", status: "completed", call_id: "c\(.i)", name: "apply_patch", input: (.args | patch)})
         elif .tool then codex_item({type: "function_call", name: .tool, arguments: (.args | tojson), call_id: "c\(.i)"})
         else codex_item({type: "function_call", name: "shell", arguments: ({command: ["bash", "-lc", .command]} | tojson), call_id: "c\(.i)"}) end),
        if answered then codex_item({type: (if .args.file_path then "custom_tool_call_output" else "function_call_output" end), call_id: "c\(.i)",
            output: (if .refused then "exec command rejected by user"
                else ({output: .gave, metadata: {exit_code: (if .fails then 1 else 0 end), duration_seconds: 0.1}} | tojson) end)}) else empty end
    end | {timestamp: at($thing.t)} + .;

. as $row | ("yes", "no") as $side | "\(.policy).\($side)" as $name | $row[$side]
    | ((happenings | native($name) | ["native", .]), (happenings | claude($name) | ["claude", .]), (({t: 0, i: 0}, happenings) | codex($name) | ["codex", .]))
    | select(.[0] == "native" or ($row[$side] | any(.metric) | not)) | "\($row.policy).\(.[0]).\($side).jsonl\t\(.[1] | tojson)"
