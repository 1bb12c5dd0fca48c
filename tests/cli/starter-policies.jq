# SPDX-License-Identifier: ISC
# Rows of starter-policies.ndjson as logs: each side of a row (yes: the policy fires; no: it does not) as a native event, as a
# Claude Code transcript and as a Codex rollout. Prints NAME<tab>LINE, NAME being the file the line belongs to.
#
# A side says what happened: {command}, {tool, args}, {tool, gave, fails, ms, times, refused}, {says, mode}, {down} or {spent}.

def at: "2026-11-18T09:00:00.000Z";
def patch: "*** Begin Patch\n*** Update File: \(.file_path)\n@@\n"
    + ((.old_string // "" | split("\n") | map("-" + . + "\n")) + (.new_string // .content // "" | split("\n") | map("+" + . + "\n")) | join(""))
    + "*** End Patch\n";
def answer: (.gave // "") * (.times // 1);
def refusal: "The user doesn't want to proceed with this tool use. The tool use was rejected.";

def native:
    {time: at, agent: "a", session: "s", cwd: "/home/mira/shop"} +
    if .command then {type: "tool.call", tool: "Bash", args: {command}}
    elif .args then {type: "tool.call", tool, args}
    elif .says then {type: "message.user", text: .says, mode}
    elif .down then {type: "error", error: .down}
    elif .spent then {type: "llm.call", model: "claude-opus-4-5-20251101", cost_usd: .spent}
    else {type: "tool.result", tool, result: answer, result_bytes: (answer | length), duration_ms: (.ms // 1),
          status: (if .refused then "denied" elif .fails then "error" else "ok" end)} + if .fails then {error: .gave} else {} end
    end;

def claude_call($name; $tool; $args):
    {type: "assistant", message: {model: "claude-opus-4-5-20251101", id: $name, type: "message", role: "assistant",
        content: [{type: "tool_use", id: "t1", name: $tool, input: $args}], usage: {input_tokens: 1, output_tokens: 1}}};
def claude($name):
    if .command then claude_call($name; "Bash"; {command})
    elif .args then claude_call($name; .tool; .args)
    elif .says then {type: "user", message: {role: "user", content: .says}, permissionMode: .mode}
    elif .down then {type: "system", subtype: "api_error", level: "error", error: {status: 529, error: {type: "error", error: {type: "overloaded_error", message: .down}}}}
    elif .spent then {type: "assistant", message: {model: "claude-opus-4-5-20251101", id: $name, type: "message", role: "assistant",
        content: [{type: "text", text: "done"}], stop_reason: "end_turn", usage: {input_tokens: 1, output_tokens: (.spent * 40000 | floor)}}}
    else claude_call($name; .tool; {}),
        {type: "user", message: {role: "user", content: [{type: "tool_result", tool_use_id: "t1", is_error: (.fails or .refused | not | not),
            content: (if .refused then refusal else answer end)}]}, toolUseResult: {durationMs: (.ms // 1)}}
    end | {uuid: "\($name) \(.type)", parentUuid: null, sessionId: "s", cwd: "/home/mira/shop", version: "2.1.9", timestamp: at} + .;

def codex_call($name; $args): {type: "response_item", payload: {type: "function_call", name: $name, arguments: ($args | tojson), call_id: "c1"}};
def codex:
    {type: "session_meta", payload: {id: "s", timestamp: at, cwd: "/home/mira/shop", originator: "codex_cli_rs", cli_version: "0.61.0"}},
    {type: "turn_context", payload: {cwd: "/home/mira/shop", approval_policy: (.mode | if . == "bypassPermissions" then "never" else "on-request" end), model: "gpt-5.2-codex"}},
    (if .command then codex_call("shell"; {command: ["bash", "-lc", .command]})
    elif .args.old_string or .args.content then {type: "response_item", payload: {type: "custom_tool_call", status: "completed", call_id: "c1", name: "apply_patch", input: (.args | patch)}}
    elif .args then codex_call(.tool; .args)
    elif .says then {type: "event_msg", payload: {type: "user_message", message: .says}}
    elif .down then {type: "event_msg", payload: {type: "error", message: .down}}
    elif .spent then {type: "event_msg", payload: {type: "token_count", info: ({input_tokens: 1, cached_input_tokens: 0, output_tokens: (.spent * 80000 | floor), reasoning_output_tokens: 0}
        | .total_tokens = .input_tokens + .output_tokens | {total_token_usage: ., last_token_usage: .})}}
    else codex_call(.tool; {}),
        {type: "response_item", payload: {type: "function_call_output", call_id: "c1", output: (if .refused then "exec command rejected by user"
            else ({output: answer, metadata: {exit_code: (if .fails then 127 else 0 end), duration_seconds: ((.ms // 1) / 1000)}} | tojson) end)}}
    end) | {timestamp: at} + .;

. as $row | ("yes", "no") as $side | $row[$side]
    | [(native | ["native", .]), (claude("\($row.policy) \($side)") | ["claude", .]), (codex | ["codex", .])][] | "\($row.policy).\(.[0]).\($side).jsonl\t\(.[1] | tojson)"
