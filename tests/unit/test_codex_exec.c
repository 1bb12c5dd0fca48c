/* SPDX-License-Identifier: ISC */
#include "events.h"

#define THREAD(id) "{\"type\":\"thread.started\",\"thread_id\":\"" id "\"}\n"
#define TURN "{\"type\":\"turn.started\"}\n"
#define STARTED(item) "{\"type\":\"item.started\",\"item\":{" item "}}\n"
#define DONE(item) "{\"type\":\"item.completed\",\"item\":{" item "}}\n"
#define COMMAND(id, command, rest) "\"id\":\"" id "\",\"type\":\"command_execution\",\"command\":\"" command "\"," rest
#define USAGE(in, cached, out)                                                                                                     \
    "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":" #in ",\"cached_input_tokens\":" #cached ",\"output_tokens\":" #out "}}\n"

static void test_mapping(void)
{
    read_log(NULL, THREAD("0199aa77-1") TURN DONE("\"id\":\"item_0\",\"type\":\"reasoning\",\"text\":\"hm\"")
                       STARTED(COMMAND("item_1", "bash -lc 'git push'", "\"aggregated_output\":\"\",\"status\":\"in_progress\""))
                           DONE(COMMAND("item_1", "bash -lc 'git push'",
                                        "\"aggregated_output\":\"no\\nway\\n\",\"exit_code\":2,\"status\":\"failed\""))
                               DONE("\"id\":\"item_2\",\"type\":\"agent_message\",\"text\":\"done\"") USAGE(100, 60, 7));
    is_str(format_used, "codex-exec", "auto finds it");
    is_str(types(), "session.start turn.start message.think tool.call tool.result message.agent turn.end", "records are events");
    is_str(field(0, "id"), "0199aa77-1.s", "a start is the thread's");
    is_str(field(0, "source"), "codex-exec", "source");
    is_str(field(6, "session"), "0199aa77-1", "the thread is said once and holds");
    is_str(field(6, "agent"), "codex:0199aa77", "without a folder it names the agent");
    is_str(field(3, "call_id"), "item_1", "a call");
    is_str(field(4, "call_id"), "item_1", "and its result");
    is_str(field(3, "tool"), "shell", "tool");
    is_str(field(3, "tool_kind"), "shell", "kind");
    is_str(field(3, "command"), "git push", "the command that was asked for");
    is_str(field(3, "args"), "{\"command\":\"bash -lc 'git push'\"}", "as it was told");
    is_str(field(3, "id"), "o:4.s", "a call stands where it begins");
    is_str(field(4, "id"), "o:5.e", "a result where it ends");
    is_str(field(4, "status"), "error", "status");
    is_str(field(4, "error"), "no", "the first line says why");
    is_int(number(4, "exit_code"), 2, "exit code");
    is_int(number(4, "result_bytes"), 7, "size");
    is_str(field(4, "time"), "", "there is no clock");
    is_int(number(6, "input_tokens"), 100, "tokens stand on the turn's end");
    is_int(number(6, "cache_read_tokens"), 60, "with the cache in them");
    is_int(number(6, "output_tokens"), 7, "output");
    is_str(field(6, "status"), "ok", "and how it went");
}

static void test_commands(void)
{
    static const struct {
        const char *told, *asked;
    } cases[] = {
        {"ls -l", "ls -l"},
        {"/bin/zsh -lc ls", "ls"},
        {"bash -lc \\\"echo 'a' \\\\\\\"b\\\\\\\"\\\"", "echo 'a' \"b\""},
        {"bash -c 'it'\\\\''s'", "it's"},
        {"bash -lc 'a' b", "bash -lc 'a' b"},
        {"bash script.sh", "bash script.sh"},
        {"bash --rc x", "bash --rc x"},
        {"bash -lc 'open", "bash -lc 'open"},
        {"bash -lc", "bash -lc"},
        {"bash -lc ''", "bash -lc ''"},
        {"python -c 'x'", "python -c 'x'"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char log[300];
        snprintf(log, sizeof log, DONE(COMMAND("i", "%s", "\"status\":\"completed\",\"exit_code\":0")), cases[i].told);
        read_log("codex-exec", log);
        is_str(field(0, "command"), cases[i].asked, "%s", cases[i].told);
    }
}

static void test_items(void)
{
    read_log("codex-exec",
             THREAD("T") DONE(COMMAND("a", "rm -rf /", "\"aggregated_output\":\"\",\"exit_code\":null,\"status\":\"declined\"")) DONE(
                 "\"id\":\"b\",\"type\":\"file_change\",\"changes\":[{\"path\":\"/w/"
                 "a.c\",\"kind\":\"add\"},{\"path\":\"b\",\"kind\":\"update\"}],\"status\":\"completed\"")
                 STARTED("\"id\":\"c\",\"type\":\"mcp_tool_call\",\"server\":\"files\",\"tool\":\"list\",\"arguments\":{\"path\":\"/"
                         "t\"},\"status\":\"in_progress\"")
                     "{\"type\":\"item.updated\",\"item\":{\"id\":\"c\",\"type\":\"mcp_tool_call\"}}\n" DONE(
                         "\"id\":\"c\",\"type\":\"mcp_tool_call\",\"server\":\"files\",\"tool\":\"list\",\"arguments\":{},\"result\":{"
                         "\"content\":[{\"type\":\"text\",\"text\":\"okay\"}]},\"status\":\"completed\"")
                         DONE("\"id\":\"d\",\"type\":\"mcp_tool_call\",\"server\":\"f\",\"tool\":\"x\",\"error\":{\"message\":\"gone\"},"
                              "\"result\":null,\"status\":\"failed\""));
    is_str(types(), "session.start tool.call tool.result tool.call tool.result tool.call note tool.result tool.call tool.result",
           "what began and ended at once gives both");
    is_str(field(2, "status"), "denied", "declined");
    is_str(field(1, "id"), "o:2.s", "call and result of one record");
    is_str(field(2, "id"), "o:2.e", "are told apart");
    is_str(field(3, "tool"), "apply_patch", "a patch");
    is_str(field(3, "tool_kind"), "write", "writes");
    is_str(field(3, "path"), "/w/a.c", "a file");
    is_str(field(5, "tool"), "mcp__files__list", "a server's tool");
    is_str(field(5, "tool_kind"), "mcp", "its kind");
    is_int(number(7, "result_bytes"), 4, "the text's size");
    is_str(field(9, "error"), "gone", "a server's error");

    read_log("codex-exec", THREAD("T") DONE("\"id\":\"a\",\"type\":\"web_search\",\"query\":\"x\"") DONE(
                               "\"id\":\"b\",\"type\":\"collab_tool_call\",\"tool\":\"spawn_agent\",\"sender_thread_id\":\"U\",\"prompt\":"
                               "\"go\",\"status\":\"completed\"") DONE("\"id\":\"c\",\"type\":\"error\",\"message\":\"odd\"")
                               DONE("\"id\":\"d\",\"type\":\"todo_list\",\"items\":[]") DONE("\"id\":\"e\",\"type\":\"hologram\"")
                                   DONE("\"type\":\"command_execution\",\"command\":\"ls\"") "{\"type\":\"turn/diff/updated\"}\n");
    is_str(types(), "session.start tool.call tool.result tool.call tool.result error note note note note", "others");
    is_str(field(1, "tool_kind"), "net", "a search");
    is_str(field(3, "tool"), "spawn_agent", "an agent's own call");
    is_str(field(3, "agent"), "codex:T/U", "is its sender's");
    is_str(field(3, "parent_agent"), "codex:T", "a part of the whole");
    is_str(field(3, "args"), "{\"prompt\":\"go\"}", "with all it says");
    is_str(field(5, "error"), "odd", "an error's text");
    is_str(field(9, "ext"), "{\"type\":\"turn/diff/updated\"}", "a note holds its record");
}

static void test_usage(void)
{
    read_log("codex-exec", THREAD("T") TURN USAGE(100, 10, 5) TURN USAGE(250, 110, 9));
    is_int(sum("input_tokens"), 250, "usage is the thread's running total");
    is_int(number(4, "input_tokens"), 150, "a turn is told what it adds");
    is_int(number(4, "cache_read_tokens"), 100, "of each kind");
    is_int(number(4, "output_tokens"), 4, "of output, too");
    read_log("codex-exec", THREAD("T") TURN USAGE(100, 10, 5) THREAD("T") TURN USAGE(150, 10, 9) THREAD("U") USAGE(30, 1, 1));
    is_int(sum("input_tokens"), 180, "a run that goes on goes on with its totals, another thread does not");
    is_str(types(), "session.start turn.start turn.end note turn.start turn.end session.start turn.end", "and starts once");
    read_log("codex-exec", THREAD("T") USAGE(100, 10, 5) USAGE(40, 10, 6));
    is_int(sum("input_tokens"), 140, "a total that shrinks began anew");
    read_log("codex-exec", "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":9,\"cached_input_tokens\":4,"
                           "\"cache_write_input_tokens\":3,\"output_tokens\":2,\"reasoning_output_tokens\":1}}\n");
    is_int(number(0, "reasoning_tokens"), 1, "reasoning where it is told");
    is_int(number(0, "cache_write_tokens"), 3, "and what went into the cache");
    is_str(field(0, "agent"), "codex", "nobody says who");
}

static void test_turns(void)
{
    read_log("codex-exec", THREAD("T") "{\"type\":\"turn.started\",\"turn_id\":\"A\"}\n"
                                       "{\"type\":\"error\",\"message\":\"Reconnecting\"}\n"
                                       "{\"type\":\"turn.failed\",\"error\":{\"message\":\"limit\"}}\n"
                                       "{\"type\":\"turn.completed\",\"status\":\"failed\",\"error\":{\"message\":\"x\"}}\n"
                                       "{\"type\":\"turn.completed\",\"status\":\"interrupted\",\"duration_ms\":20}\n");
    is_str(types(), "session.start turn.start error turn.end turn.end turn.end", "how turns end");
    is_str(field(2, "error"), "Reconnecting", "an error between");
    is_str(field(3, "status"), "error", "failed");
    is_str(field(3, "error"), "limit", "and why");
    is_str(field(4, "status"), "error", "completed, but failed");
    is_str(field(5, "status"), "cancelled", "interrupted");
    is_int(number(5, "duration_ms"), 20, "duration");
    is_str(field(5, "turn"), "A", "turn");
    is_str(field(5, "input_tokens"), "", "no usage is no usage");
}

static void test_items_begin_anew(void)
{
    read_log("codex-exec", THREAD("T") STARTED(COMMAND("item_0", "a", "\"status\":\"in_progress\"")) THREAD("T")
                               DONE(COMMAND("item_0", "b", "\"exit_code\":0,\"status\":\"completed\"")));
    is_str(types(), "session.start tool.call note tool.call tool.result", "a run's item is not that of the run before");
    read_log("codex-exec", STARTED(COMMAND("i", "a", "\"status\":\"x\"")) DONE(COMMAND("i", "a", "\"status\":\"completed\""))
                               DONE(COMMAND("i", "a", "\"status\":\"completed\"")));
    is_str(types(), "tool.call tool.result tool.call tool.result", "nor one of the same name behind it");
}

static void test_broken(void)
{
    read_log(NULL, "# made by hand\n" THREAD("T") "[1]\n{\"type\":\"item.completed\"\n" USAGE(1, 0, 1));
    is_int((int64_t)rejected_count, 3, "what is no object is rejected");
    is_str(format_used, "codex-exec", "the rest is read");
    is_int(sum("output_tokens"), 1, "to the end");
    read_log("codex-exec", "{\"type\":7}\n{\"type\":\"item.completed\",\"item\":[]}\n{\"type\":\"item.completed\",\"item\":{\"id\":7,"
                           "\"type\":\"command_execution\",\"command\":{}}}\n{\"type\":\"thread.started\",\"thread_id\":null}\n");
    is_str(types(), "note note note note", "of odd types");
}

int main(void)
{
    test_mapping();
    test_commands();
    test_items();
    test_usage();
    test_turns();
    test_items_begin_anew();
    test_broken();
    return done();
}
