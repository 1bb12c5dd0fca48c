/* SPDX-License-Identifier: ISC */
#include "events.h"

#define AT "\"timestamp\":\"2026-11-02T09:00:00.000Z\","
#define META                                                                                                                       \
    "{" AT "\"type\":\"session_meta\",\"payload\":{\"id\":\"0199-aa\",\"cwd\":\"/srv/"                                             \
           "billing\",\"originator\":\"cli\",\"source\":\"cli\"}}\n"
#define CONTEXT                                                                                                                    \
    "{" AT "\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/srv/billing/"                                                        \
           "db\",\"approval_policy\":\"never\",\"model\":\"gpt-5-codex\",\"turn_id\":\"T1\"}}\n"
#define ITEM(payload) "{" AT "\"type\":\"response_item\",\"payload\":{" payload "}}\n"
#define EVENT(payload) "{" AT "\"type\":\"event_msg\",\"payload\":{" payload "}}\n"
#define USED(in, cached, out, think, sum)                                                                                          \
    "{\"input_tokens\":" #in ",\"cached_input_tokens\":" #cached ",\"output_tokens\":" #out ",\"reasoning_output_tokens\":" #think \
    ",\"total_tokens\":" #sum "}"
#define TOKENS(total, last)                                                                                                        \
    EVENT("\"type\":\"token_count\",\"info\":{\"total_token_usage\":" total ",\"last_token_usage\":" last "}")

static void test_mapping(void)
{
    read_log("codex", META ITEM("\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"do it\"}]")
                          CONTEXT ITEM("\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"think\"}],"
                                       "\"content\":null,\"encrypted_content\":\"gAAA\"")
                              ITEM("\"type\":\"function_call\",\"name\":\"shell\",\"arguments\":\"{\\\"command\\\":[\\\"bash\\\","
                                   "\\\"-lc\\\",\\\"ls \\\\\\\"a\\\\\\\"\\\"],\\\"workdir\\\":\\\"/srv\\\"}\",\"call_id\":\"c1\"")
                                  ITEM("\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"{\\\"output\\\":"
                                       "\\\"no\\\\n\\\",\\\"metadata\\\":{\\\"exit_code\\\":2,\\\"duration_seconds\\\":0.5}}\"")
                                      ITEM("\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
                                           "\"text\":\"done\"}],\"phase\":\"final\""));
    is_str(types(), "session.start message.user note message.think tool.call tool.result message.agent", "items are events");
    is_str(field(0, "session"), "0199-aa", "the session is said once");
    is_str(field(6, "session"), "0199-aa", "and holds");
    is_str(field(6, "agent"), "codex:billing", "the first folder names the agent");
    is_str(field(1, "cwd"), "/srv/billing", "cwd from the first line");
    is_str(field(6, "cwd"), "/srv/billing/db", "and then from the turn");
    is_str(field(6, "model"), "gpt-5-codex", "model");
    is_str(field(6, "mode"), "never", "approval policy");
    is_str(field(6, "turn"), "T1", "turn");
    is_str(field(6, "ext"), "{\"phase\":\"final\"}", "what has no field is in ext");
    is_str(field(3, "text"), "think", "reasoning");
    is_str(field(4, "command"), "ls \"a\"", "arguments are parsed again");
    is_str(field(4, "args"), "{\"command\":[\"bash\",\"-lc\",\"ls \\\"a\\\"\"],\"workdir\":\"/srv\"}", "as an object");
    is_str(field(4, "tool_kind"), "shell", "kind of tool");
    is_str(field(5, "tool"), "shell", "a result knows its tool");
    is_str(field(5, "call_id"), "c1", "and its call");
    is_int(number(5, "exit_code"), 2, "exit code");
    is_int(number(5, "duration_ms"), 500, "duration");
    is_str(field(5, "status"), "error", "status follows");
    is_str(field(5, "error"), "no", "the first line says why");
    is_str(field(5, "result"), "no\n", "the output alone is the result");
    is_int(number(5, "result_bytes"), 3, "and its size");
    is_str(field(4, "id"), "o:5.0", "without ids of their own events have their address");
}

static void test_calls(void)
{
    read_log(
        "codex",
        META ITEM("\"type\":\"function_call\",\"name\":\"shell\",\"arguments\":\"{not json\",\"call_id\":\"c1\"") ITEM(
            "\"type\":\"custom_tool_call\",\"name\":\"apply_patch\",\"call_id\":\"c2\",\"input\":\"*** Begin Patch\\n*** Update "
            "File: src/a.c\\n@@\\n\",\"status\":\"completed\"")
            ITEM("\"type\":\"local_shell_call\",\"call_id\":\"c3\",\"status\":\"completed\",\"action\":{\"type\":\"exec\","
                 "\"command\":[\"git\",\"push\"]}") ITEM("\"type\":\"web_search_call\",\"id\":\"ws1\",\"status\":\"completed\","
                                                         "\"action\":{\"type\":\"search\",\"query\":\"q\"}") ITEM(
                "\"type\":\"function_call_output\",\"call_id\":\"c3\",\"output\":[{\"type\":\"input_text\",\"text\":\"pushed\"}]"));
    is_str(types(), "session.start tool.call tool.call tool.call tool.call tool.result", "every kind of call");
    is_str(field(1, "args"), "{not json", "what is no JSON stays as it is");
    is_str(field(1, "command"), "{not json", "and is a shell's command");
    is_str(field(2, "path"), "src/a.c", "a patch names its file");
    is_str(field(3, "command"), "git push", "a list is a command");
    is_str(field(4, "tool"), "web_search", "a search has no name of its own");
    is_str(field(4, "call_id"), "ws1", "nor a call id, but an id");
    is_int(number(5, "result_bytes"), 6, "a list of texts as output");
    is_str(field(5, "status"), "ok", "is fine");
}

static void test_outputs(void)
{
    static const struct {
        const char *output, *status;
        int64_t exit_code, duration;
    } cases[] = {
        {"\"Plan updated\"", "ok", -1, -1},
        {"\"Exit code: 0\\nWall time: 1.5 seconds\\nOutput:\\nExit code: 9\\n\"", "ok", 0, 1500},
        {"\"Chunk ID: 1\\nWall time: 0.1 seconds\\nProcess exited with code 127\\nOriginal token count: 7\\nOutput:\\nx\"", "error",
         127, 100},
        {"\"the log says\\nExit code: 3\\nand more\"", "ok", -1, -1},
        {"\"failed in sandbox MacosSeatbelt with execution error\"", "error", -1, -1},
        {"\"execution error: No such file\"", "error", -1, -1},
        {"\"patch rejected by user\"", "denied", -1, -1},
        {"\"exec command rejected by user\"", "denied", -1, -1},
        {"\"aborted by user after 2.3s\"", "cancelled", -1, -1},
        {"\"{\\\"output\\\":\\\"command timed out after 10000 "
         "milliseconds\\\",\\\"metadata\\\":{\\\"exit_code\\\":124,\\\"duration_seconds\\\":10}}\"",
         "timeout", 124, 10000},
        {"{\"content\":\"no\",\"success\":false}", "error", -1, -1},
        {"null", "ok", -1, -1},
    };
    char line[1024];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(line, sizeof line,
                 META
                 "{" AT
                 "\"type\":\"response_item\",\"payload\":{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":%s}}\n",
                 cases[i].output);
        read_log("codex", line);
        is_str(field(1, "status"), cases[i].status, "status of %s", cases[i].output);
        is_int(number(1, "exit_code"), cases[i].exit_code, "exit code of %s", cases[i].output);
        is_int(number(1, "duration_ms"), cases[i].duration, "duration of %s", cases[i].output);
    }
    read_log("codex", META ITEM("\"type\":\"function_call_output\",\"output\":\"x\""));
    is_str(types(), "session.start note", "an output without a call is a note");
}

static void test_tokens(void)
{
    read_log("codex", META CONTEXT EVENT("\"type\":\"token_count\",\"info\":null")
                          TOKENS(USED(100, 60, 10, 4, 110), USED(100, 60, 10, 4, 110))
                              TOKENS(USED(100, 60, 10, 4, 110), USED(100, 60, 10, 4, 110))
                                  TOKENS(USED(250, 160, 30, 9, 280), USED(150, 100, 20, 5, 170))
                                      TOKENS(USED(40, 0, 5, 0, 45), USED(40, 0, 5, 0, 45))
                                          TOKENS(USED(40, 0, 5, 0, 45), USED(40, 0, 5, 0, 45)));
    is_str(types(), "session.start note note llm.call note llm.call llm.call note", "a repeated total is told once");
    is_int(sum("input_tokens"), 290, "input, over a reset");
    is_int(sum("output_tokens"), 35, "output");
    is_int(sum("cache_read_tokens"), 160, "cached input");
    is_int(sum("reasoning_tokens"), 9, "reasoning");
    is_str(field(3, "model"), "gpt-5-codex", "the turn's model");
    is_int(events[3].place.part, SV_PART_USAGE, "is a usage");
    read_log("codex", META EVENT("\"type\":\"token_count\",\"info\":{\"total_token_usage\":" USED(10, 0, 1, 0, 11) "}")
                          EVENT("\"type\":\"token_count\",\"info\":{\"total_token_usage\":" USED(25, 0, 4, 0, 29) "}")
                              EVENT("\"type\":\"token_count\",\"info\":{\"total_token_usage\":" USED(5, 0, 1, 0, 6) "}"));
    is_int(sum("input_tokens"), 30, "totals alone: their differences, and all after a reset");
    is_int(sum("output_tokens"), 5, "of output too");
    read_log("codex", META EVENT("\"type\":\"token_count\",\"usage\":{\"prompt_tokens\":1}"));
    is_str(types(), "session.start note", "a shape that is not known is a note");
}

static void test_families(void)
{
    read_log("codex",
             META EVENT("\"type\":\"user_message\",\"message\":\"hello\"") EVENT("\"type\":\"agent_reasoning\",\"text\":\"hm\"")
                 EVENT("\"type\":\"agent_message\",\"message\":\"hi\"")
                     ITEM("\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\",\"call_id\":\"c\""));
    is_str(types(), "session.start message.user message.think message.agent tool.call", "messages where no item tells any");
    is_str(field(2, "text"), "hm", "with their text");
    read_log("codex",
             META ITEM("\"type\":\"message\",\"role\":\"user\",\"content\":\"hello\"")
                 EVENT("\"type\":\"user_message\",\"message\":\"hello\"") EVENT("\"type\":\"agent_reasoning\",\"text\":\"hm\"")
                     ITEM("\"type\":\"reasoning\",\"summary\":[],\"content\":null")
                         EVENT("\"type\":\"agent_message\",\"message\":\"hi\"") ITEM(
                             "\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}]")
                             ITEM("\"type\":\"message\",\"role\":\"developer\",\"content\":[]"));
    is_str(types(), "session.start message.user note note message.think note message.agent note", "else each message once");
}

static void test_turns(void)
{
    read_log(
        "codex",
        META EVENT("\"type\":\"task_started\",\"turn_id\":\"T7\"")
            EVENT("\"type\":\"task_complete\",\"turn_id\":\"T7\",\"duration_ms\":1500,\"last_agent_message\":\"x\"")
                EVENT("\"type\":\"turn_aborted\",\"reason\":\"interrupted\"") EVENT("\"type\":\"error\",\"message\":\"quota\"")
                    EVENT("\"type\":\"context_compacted\"") "{" AT "\"type\":\"compacted\",\"payload\":{\"message\":\"sum\"}}\n"
                                                            "{" AT "\"type\":\"totally_new\",\"payload\":{\"x\":1}}\n" ITEM(
                                                                "\"type\":\"mystery\",\"foo\":\"bar\"")
                                                                EVENT("\"type\":\"mystery\"") "{" AT "\"type\":\"totally_new\"}\n");
    is_str(types(), "session.start turn.start turn.end turn.end error note note note note note note",
           "turns, and notes for what is not known");
    is_str(field(1, "turn"), "T7", "a turn's id");
    is_int(number(2, "duration_ms"), 1500, "its duration");
    is_str(field(2, "status"), "ok", "its end");
    is_str(field(3, "status"), "cancelled", "or not");
    is_str(field(3, "error"), "interrupted", "and why");
    is_str(field(4, "error"), "quota", "an error");
    is_str(field(8, "ext"), "{\"type\":\"response_item\",\"payload\":{\"type\":\"mystery\",\"foo\":\"bar\"}}", "a note keeps all");
    is_int((int64_t)rejected_count, 0, "nothing is rejected");
    read_log("codex", "[]\n1\n{\"type\":\n");
    is_int((int64_t)rejected_count, 3, "what is no JSON object is");
}

static void test_sessions(void)
{
    read_log("codex", "{" AT "\"type\":\"session_meta\",\"payload\":{\"id\":\"B\",\"forked_from_id\":\"A\",\"cwd\":\"/w/x\"}}\n"
                      "{" AT "\"type\":\"session_meta\",\"payload\":{\"id\":\"A\",\"cwd\":\"/w/y\"}}\n" ITEM(
                          "\"type\":\"message\",\"role\":\"user\",\"content\":\"x\"") "{" AT
                                                                                      "\"type\":\"session_meta\",\"payload\":{"
                                                                                      "\"id\":\"C\",\"cwd\":\"/w/z\"}}\n" ITEM(
                                                                                          "\"type\":\"message\",\"role\":\"user\","
                                                                                          "\"content\":\"x\""));
    is_str(types(), "session.start note message.user session.start message.user", "a fork's copied history starts nothing");
    is_str(field(2, "session"), "B", "and is the fork's");
    is_str(field(4, "session"), "C", "another session in the stream starts");
    is_str(field(4, "agent"), "codex:z", "with its own agent");
    read_log("codex", "{" AT "\"type\":\"session_meta\",\"payload\":{\"id\":\"B1\",\"cwd\":\"/w/"
                             "x\",\"source\":{\"subagent\":{\"thread_spawn\":{\"parent_thread_id\":\"A\",\"depth\":1,\"agent_"
                             "role\":\"explorer\"}}}}}\n" ITEM("\"type\":\"message\",\"role\":\"assistant\",\"content\":\"x\""));
    is_str(types(), "agent.start message.agent", "a spawned thread is a sub-agent");
    is_str(field(1, "agent"), "codex:x/B1", "of its folder's agent");
    is_str(field(1, "parent_agent"), "codex:x", "which is its parent");
    is_str(field(1, "agent_name"), "explorer", "with a role");
    read_log(
        NULL,
        "{\"id\":\"old-1\",\"timestamp\":\"2025-05-01T00:00:00Z\",\"instructions\":null,\"git\":{}}\n{\"record_type\":\"state\"}\n"
        "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"hey\"}]}\n"
        "{\"type\":\"function_call\",\"name\":\"shell\",\"arguments\":\"{\\\"command\\\":[\\\"ls\\\"]}\",\"call_id\":\"c\"}\n"
        "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"a\"}\n");
    is_str(format_used, "codex", "a file without envelopes is known by its first line");
    is_str(types(), "session.start note message.user tool.call tool.result", "and read the same");
    is_str(field(3, "session"), "old-1", "its session");
    is_str(field(3, "agent"), "codex:old-1", "names its agent");
    is_str(field(3, "command"), "ls", "its command");
    read_log("codex", ITEM("\"type\":\"message\",\"role\":\"user\",\"content\":\"x\""));
    is_str(field(0, "agent"), "codex", "a file that says neither session nor folder");
    read_log("codex", "{" AT "\"type\":\"session_meta\",\"payload\":[1,{\"id\":2}]}\n");
    is_str(types(), "session.start", "a payload that is a list has no members");
    is_str(field(0, "ext"), "{\"payload\":[1,{\"id\":2}]}", "and is kept as it is");
    read_log(NULL, META);
    is_str(format_used, "codex", "auto finds rollouts");
    read_log(NULL, "{\"type\":\"thread.started\",\"thread_id\":\"x\"}\n");
    ok(strcmp(format_used, "codex") != 0, "exec --json is another format");
}

int main(void)
{
    test_mapping();
    test_calls();
    test_outputs();
    test_tokens();
    test_families();
    test_turns();
    test_sessions();
    return done();
}
