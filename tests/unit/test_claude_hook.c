/* SPDX-License-Identifier: ISC */
#include "event/format/piece.h"
#include "events.h"

#define HEAD(session, event)                                                                                                       \
    "\"session_id\":\"" session "\",\"transcript_path\":\"/t/" session ".jsonl\",\"cwd\":\"/home/ada/shop\",\"hook_event_name\":\"" event "\""
#define PRE(rest) "{" HEAD("5e551", "PreToolUse") ",\"permission_mode\":\"plan\"," rest "}\n"
#define POST(rest) "{" HEAD("5e551", "PostToolUse") "," rest "}\n"
#define BASH(command) "\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\"" command "\"}"

static void test_mapping(void)
{
    read_log(NULL, "{" HEAD("5e551", "SessionStart") ",\"source\":\"resume\",\"model\":\"claude-x\"}\n"
                   "{" HEAD("5e551", "UserPromptSubmit") ",\"prompt\":\"fix it\",\"prompt_id\":\"P\"}\n"
                   PRE(BASH("ls") ",\"tool_use_id\":\"t1\"")
                   POST(BASH("ls") ",\"tool_use_id\":\"t1\",\"tool_response\":{\"stdout\":\"a\",\"stderr\":\"\",\"interrupted\":false}")
                   "{" HEAD("5e551", "Stop") ",\"stop_hook_active\":false,\"last_assistant_message\":\"done\"}\n"
                   "{" HEAD("5e551", "Notification") ",\"message\":\"waiting\",\"notification_type\":\"idle\"}\n"
                   "{" HEAD("5e551", "SessionEnd") ",\"reason\":\"other\"}\n");
    is_str(format_used, "claude-hook", "auto finds payloads");
    is_str(types(), "session.start message.user tool.call tool.result turn.end note session.end", "payloads are events");
    is_str(field(2, "source"), "claude-hook", "source");
    is_str(field(2, "session"), "5e551", "session");
    is_str(field(2, "agent"), "claude:shop", "the folder names the agent");
    is_str(field(2, "mode"), "plan", "mode");
    is_str(field(2, "call_id"), "t1", "a call");
    is_str(field(3, "call_id"), "t1", "and its result");
    is_str(field(2, "tool_kind"), "shell", "kind");
    is_str(field(2, "command"), "ls", "command");
    is_str(field(3, "command"), "", "a result asks for nothing");
    is_str(field(3, "status"), "ok", "how it went");
    is_str(field(1, "text"), "fix it", "prompt");
    is_str(field(1, "turn"), "P", "turn");
    is_str(field(4, "text"), "done", "the last word");
    is_str(field(5, "text"), "waiting", "a note's text");
    is_str(field(5, "ext"), "{\"transcript_path\":\"/t/5e551.jsonl\",\"hook_event_name\":\"Notification\",\"notification_type\":\"idle\"}",
           "a note keeps its kind");
    is_str(field(0, "ext"), "{\"transcript_path\":\"/t/5e551.jsonl\",\"source\":\"resume\"}", "what has no field is in ext");
    is_str(field(0, "model"), "claude-x", "model");
    is_str(field(2, "time"), "", "there is no clock");
    is_str(field(2, "id"), "o:3.0", "nor an id");
}

static void test_joined(void)
{
    read_log("claude-hook", PRE(BASH("ls")) PRE(BASH("pwd")) PRE(BASH("ls")) POST(BASH("pwd") ",\"tool_response\":\"/\"")
                                POST(BASH("ls") ",\"tool_response\":\"a\"") POST(BASH("ls") ",\"tool_response\":\"b\""));
    char first[64], second[64], other[64];
    snprintf(first, sizeof first, "%s", field(0, "call_id"));
    snprintf(other, sizeof other, "%s", field(1, "call_id"));
    snprintf(second, sizeof second, "%s", field(2, "call_id"));
    ok(first[0] != '\0' && strcmp(first, other) != 0 && strcmp(first, second) != 0, "calls without ids get their own");
    is_str(field(3, "call_id"), other, "a result is that of the same input");
    is_str(field(4, "call_id"), first, "of equal ones the first");
    is_str(field(5, "call_id"), second, "then the second");
    read_log("claude-hook", POST(BASH("ls") ",\"tool_response\":\"a\""));
    is_str(field(0, "call_id"), first, "the same in a file of its own");
    read_log("claude-hook", "{" HEAD("other", "PreToolUse") "," BASH("ls") "}\n");
    ok(strcmp(field(0, "call_id"), first) != 0, "another session's call is another");
}

static void test_status(void)
{
    static const struct {
        const char *rest, *status, *error;
    } cases[] = {
        {"\"tool_response\":{\"stdout\":\"\",\"interrupted\":true}", "cancelled", ""},
        {"\"tool_response\":{\"success\":false,\"error\":\"no\\nsuch\"}", "error", "no"},
        {"\"tool_response\":{\"success\":true}", "ok", ""},
        {"\"tool_response\":{\"is_error\":true,\"content\":\"x\"}", "error", ""},
        {"\"tool_response\":\"plain\"", "ok", ""},
        {"\"tool_response\":[{\"type\":\"text\",\"text\":\"x\"}]", "ok", ""},
        {"\"tool_response\":null", "ok", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char log[400];
        snprintf(log, sizeof log, POST("\"tool_name\":\"X\",\"tool_input\":{},%s"), cases[i].rest);
        read_log("claude-hook", log);
        is_str(field(0, "status"), cases[i].status, "%s", cases[i].rest);
        is_str(field(0, "error"), cases[i].error, "its error");
    }
#define FAILED(rest) "{" HEAD("s", "PostToolUseFailure") "," BASH("x") "," rest "}\n"
    read_log("claude-hook", FAILED("\"error\":\"Exit code 2\\nmake: no\"") FAILED("\"error\":\"gone\",\"is_interrupt\":true")
                                FAILED("\"error\":\"Permission to use Bash has been denied\""));
    is_str(types(), "tool.result tool.result tool.result", "a failure is a result");
    is_str(field(0, "status"), "error", "failed");
    is_int(number(0, "exit_code"), 2, "with its exit code");
    is_str(field(1, "status"), "cancelled", "interrupted");
    is_str(field(2, "status"), "denied", "refused");
    is_int(number(2, "result_bytes"), 38, "the error is all it gave");
}

static void test_agents(void)
{
    read_log("claude-hook", "{\"session_id\":\"a1b2c3d4e5\",\"hook_event_name\":\"SessionStart\"}\n"
                            "{\"session_id\":\"b\",\"hook_event_name\":\"Stop\",\"cwd\":\"/w/api\"}\n"
                            "{\"session_id\":\"a1b2c3d4e5\",\"hook_event_name\":\"Stop\",\"cwd\":\"/w/shop\"}\n"
                            "{\"session_id\":\"a1b2c3d4e5\",\"hook_event_name\":\"Stop\",\"cwd\":\"/w/shop/deep\"}\n"
                            "{\"session_id\":\"a1b2c3d4e5\",\"hook_event_name\":\"SubagentStart\",\"agent_id\":\"x7\",\"agent_type\":\"Explore\"}\n"
                            "{\"session_id\":\"a1b2c3d4e5\",\"hook_event_name\":\"SubagentStop\",\"agent_id\":\"x7\",\"agent_type\":\"Explore\"}\n"
                            "{\"hook_event_name\":\"Stop\"}\n");
    is_str(types(), "session.start turn.end turn.end turn.end agent.start agent.stop turn.end", "starts and stops");
    is_str(field(0, "agent"), "claude:a1b2c3d4", "without a folder the session names the agent");
    is_str(field(1, "agent"), "claude:api", "sessions stand side by side");
    is_str(field(2, "agent"), "claude:shop", "the first folder names it");
    is_str(field(3, "agent"), "claude:shop", "and no later one");
    is_str(field(4, "agent"), "claude:shop/x7", "a sub-agent");
    is_str(field(4, "parent_agent"), "claude:shop", "is part of it");
    is_str(field(4, "agent_name"), "Explore", "with its role");
    is_str(field(6, "agent"), "claude", "nobody says who");
    struct sv_buf log = {0};
    for (int i = 0; i < 200; i++)
        sv_buf_printf(&log, "{\"session_id\":\"s%d\",\"hook_event_name\":\"PreToolUse\",\"cwd\":\"/w/p%d\",\"tool_name\":\"X\","
                            "\"tool_input\":{\"n\":%d}}\n", i, i, i);
    read_log("claude-hook", sv_buf_cstr(&log));
    is_str(field(199, "agent"), "claude:p199", "more sessions than are remembered");
    sv_buf_clear(&log);
    for (int i = 0; i < 2000; i++)
        sv_buf_char(&log, 'd');
    struct sv_buf record = {0};
    sv_buf_printf(&record, "{\"session_id\":\"s\",\"hook_event_name\":\"Stop\",\"cwd\":\"/%s\"}\n", sv_buf_cstr(&log));
    read_log("claude-hook", sv_buf_cstr(&record));
    is_int((int64_t)strlen(field(0, "agent")), SV_PIECE_WORD_MAX, "a name without end is cut");
    sv_buf_free(&record);
    sv_buf_free(&log);
}

static void test_shapes(void)
{
    read_log(NULL, "{\"sessionId\":\"s\",\"hookEventName\":\"PreToolUse\",\"permissionMode\":\"off\",\"toolName\":\"Execute\",\"toolInput\":{"
                   "\"command\":\"ls\"},\"cwd\":\"/w/x\"}\n");
    is_str(format_used, "claude-hook", "camel case is the same");
    is_str(field(0, "tool"), "Execute", "tool");
    is_str(field(0, "command"), "ls", "command");
    is_str(field(0, "mode"), "off", "mode");
    read_log(NULL, "{\"ts\":\"2026-06-06T08:47:55Z\",\"payload\":{" HEAD("s", "PreToolUse") "," BASH("ls") "}}\n"
                   "{\"timestamp\":\"2026-06-06T08:47:55.3NZ\"," HEAD("s", "Stop") "}\n");
    is_str(types(), "tool.call turn.end", "a logger's own record around it");
    is_str(field(0, "time"), "2026-06-06T08:47:55Z", "gives its clock");
    is_str(field(1, "time"), "", "a clock that is none");
    is_str(field(1, "ext"), "{\"time\":\"2026-06-06T08:47:55.3NZ\",\"transcript_path\":\"/t/s.jsonl\"}", "loses no event");
    read_log("claude-hook", "{" HEAD("s", "PermissionRequest") "," BASH("rm x") "}\n{" HEAD("s", "PermissionDenied") "," BASH("rm x")
                            ",\"reason\":\"rule\"}\n{" HEAD("s", "StopFailure") ",\"error\":\"rate_limit\"}\n{" HEAD("s", "PreCompact")
                            ",\"trigger\":\"auto\",\"custom_instructions\":null}\n{" HEAD("s", "BrandNew") "}\n{\"test\":\"data\"}\n");
    is_str(types(), "decision decision turn.end note note note", "what else there is");
    is_str(field(0, "decision"), "ask", "somebody is asked");
    is_str(field(1, "decision"), "deny", "and says no");
    is_str(field(1, "text"), "rule", "and why");
    is_str(field(2, "error"), "rate_limit", "a turn that failed");
    read_log("claude-hook", "[]\n3\n{\"hook_event_name\":\n");
    is_int((int64_t)rejected_count, 3, "what is no object is rejected");
}

int main(void)
{
    test_mapping();
    test_joined();
    test_status();
    test_agents();
    test_shapes();
    return done();
}
