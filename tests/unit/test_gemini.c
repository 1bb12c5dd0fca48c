/* SPDX-License-Identifier: ISC */
#include "events.h"

#define AT(s) "\"timestamp\":\"2026-11-02T09:00:0" #s "Z\""
#define INIT(session) "{\"type\":\"init\"," AT(0) ",\"session_id\":\"" session "\",\"model\":\"gemini-2.5-pro\"}\n"
#define PIECE(s, role, text) "{\"type\":\"message\"," AT(s) ",\"role\":\"" role "\",\"content\":\"" text "\",\"delta\":true}\n"
#define USE(id, name, parameters)                                                                                                  \
    "{\"type\":\"tool_use\"," AT(2) ",\"tool_name\":\"" name "\",\"tool_id\":\"" id "\",\"parameters\":" parameters "}\n"
#define GAVE(id, rest) "{\"type\":\"tool_result\"," AT(3) ",\"tool_id\":\"" id "\"," rest "}\n"
#define STATS                                                                                                                      \
    "{\"type\":\"result\"," AT(4) ",\"status\":\"success\",\"stats\":{" \
    "\"total_tokens\":130,\"input_tokens\":100,\"output_tokens\":20,\"cached\":60,\"input\":40,\"duration_ms\":50,\"tool_calls\":1}}\n"

static void test_stream(void)
{
    read_log(NULL, INIT("5e551-a") "{\"type\":\"message\"," AT(1) ",\"role\":\"user\",\"content\":\"go\"}\n" PIECE(1, "assistant", "I ")
                       PIECE(2, "assistant", "l\\u00f6ok") USE("c1", "run_shell_command", "{\"command\":\"ls\"}")
                           GAVE("c1", "\"status\":\"success\",\"output\":\"a\\nb\"") PIECE(3, "assistant", "done") STATS);
    is_str(format_used, "gemini", "auto finds the stream");
    is_str(types(), "session.start message.user message.agent tool.call tool.result message.agent turn.end", "records are events");
    is_str(field(6, "session"), "5e551-a", "the session is said once and holds");
    is_str(field(6, "agent"), "gemini:5e551-a", "and names the agent");
    is_str(field(2, "text"), "I l\xC3\xB6ok", "fragments are one message");
    is_int((int64_t)events[2].place.record, 3, "which stands where it began");
    is_str(field(2, "time"), "2026-11-02T09:00:01Z", "and when");
    is_str(field(2, "model"), "gemini-2.5-pro", "model");
    is_str(field(3, "command"), "ls", "a call");
    is_str(field(3, "tool_kind"), "shell", "its kind");
    is_str(field(4, "tool"), "run_shell_command", "a result knows its tool");
    is_str(field(4, "call_id"), "c1", "and its call");
    is_int(number(4, "result_bytes"), 3, "and its size");
    is_int(number(6, "input_tokens"), 100, "input holds the cache");
    is_int(number(6, "cache_read_tokens"), 60, "which is told");
    is_int(number(6, "output_tokens"), 30, "output holds the thinking");
    is_int(number(6, "reasoning_tokens"), 10, "which is in the total alone");
    is_int(number(6, "duration_ms"), 50, "duration");
    read_log("gemini", INIT("s") GAVE("c1", "\"status\":\"error\",\"error\":{\"type\":\"x\",\"message\":\"no\\nway\"}")
                           GAVE("c2", "\"status\":\"cancelled\"") GAVE("c3", "\"status\":\"error\",\"error\":{\"type\":\"policy_violation\",\"message\":\"m\"}")
                               "{\"type\":\"error\"," AT(5) ",\"severity\":\"error\",\"message\":\"limit\"}\n"
                               "{\"type\":\"error\"," AT(5) ",\"severity\":\"warning\",\"message\":\"slow\"}\n"
                               "{\"type\":\"result\"," AT(5) ",\"status\":\"error\",\"error\":{\"type\":\"T\",\"message\":\"boom\"}}\n"
                               "{\"type\":\"novel\"," AT(5) "}\n{\"type\":\"tool_result\"," AT(5) ",\"output\":\"x\"}\n");
    is_str(types(), "session.start tool.result tool.result tool.result error note turn.end note note", "what goes wrong");
    is_str(field(1, "status"), "error", "failed");
    is_str(field(1, "error"), "no", "and why");
    is_str(field(2, "status"), "cancelled", "cancelled");
    is_str(field(3, "status"), "denied", "refused");
    is_str(field(4, "error"), "limit", "an error");
    is_str(field(5, "text"), "slow", "a warning is a note");
    is_str(field(6, "error"), "boom", "a run that failed");
    is_str(field(6, "input_tokens"), "", "without stats");
    read_log("gemini", INIT("s") PIECE(1, "assistant", "a") INIT("t") PIECE(1, "assistant", "b") INIT("t") STATS);
    is_str(types(), "session.start message.agent session.start message.agent note turn.end", "runs one behind the other");
    is_str(field(1, "session"), "s", "a message is its own run's");
    is_str(field(3, "session"), "t", "each");
}

static void test_long_fragments(void)
{
    struct sv_buf log = {0};
    sv_buf_str(&log, INIT("s"));
    for (int i = 0; i < 30; i++)
        sv_buf_printf(&log, "{\"type\":\"message\",\"role\":\"assistant\",\"delta\":true,\"content\":\"%01000d\"}\n", i);
    read_log("gemini", sv_buf_cstr(&log));
    is_str(types(), "session.start message.agent message.agent", "more than is kept comes in pieces");
    is_int((int64_t)(strlen(field(1, "text")) + strlen(field(2, "text"))), 30000, "and nothing is lost");
    sv_buf_clear(&log);
    sv_buf_printf(&log, INIT("s") PIECE(1, "assistant", "a") "{\"type\":\"message\",\"role\":\"assistant\",\"delta\":true,\"content\":\"%050000d\"}\n", 7);
    read_log("gemini", sv_buf_cstr(&log));
    is_str(types(), "session.start message.agent message.agent", "one longer than is kept");
    is_int((int64_t)strlen(field(2, "text")), 50000, "is told at once");
    sv_buf_free(&log);
}

#define TOKENS(in, out, think) "\"tokens\":{\"input\":" #in ",\"output\":" #out ",\"cached\":10,\"thoughts\":" #think ",\"tool\":1,\"total\":0}"
#define HEAD "\"sessionId\":\"5e551-a\",\"projectHash\":\"ff\",\"startTime\":\"2026-11-02T08:59:59Z\",\"lastUpdated\":\"2026-11-02T09:10:00Z\""
#define ASKED "{\"id\":\"m1\"," AT(1) ",\"type\":\"user\",\"content\":[{\"text\":\"go\"},{\"text\":\"on\"}]}"
#define ANSWER(rest) "{\"id\":\"m2\"," AT(2) ",\"type\":\"gemini\",\"content\":\"I write\",\"model\":\"gemini-x\"," rest "}"
#define THOUGHT "\"thoughts\":[{\"subject\":\"S\",\"description\":\"hm\"," AT(2) "}]"
#define CALLS(status, result)                                                                                                      \
    "\"toolCalls\":[{\"id\":\"w-1\",\"name\":\"write_file\",\"args\":{\"file_path\":\"/x\",\"content\":\"\"},\"status\":\"" status "\"," AT(3) result "}]"
#define RESPONSE(inner) ",\"result\":[{\"functionResponse\":{\"id\":\"w-1\",\"name\":\"write_file\",\"response\":{" inner "}}}]"

static void test_document(void)
{
    read_log(NULL, "{" HEAD ",\"messages\":[" ASKED "," ANSWER(THOUGHT "," TOKENS(100, 5, 7) "," CALLS("success", RESPONSE("\"output\":\"ok\"")))
                   ",{\"id\":\"m3\"," AT(4) ",\"type\":\"info\",\"content\":\"update\"},{\"id\":\"m4\"," AT(5)
                   ",\"type\":\"error\",\"content\":\"[API Error]\"},7]}\n");
    is_str(format_used, "gemini", "auto finds a session file");
    is_str(types(), "session.start message.user message.think message.agent tool.call tool.result llm.call note error", "a document is its messages");
    is_str(field(0, "id"), "5e551-a.s", "a start is the session's");
    is_str(field(0, "time"), "2026-11-02T08:59:59Z", "and when it began");
    is_str(field(1, "text"), "go\non", "parts of a text");
    is_str(field(2, "text"), "hm", "thoughts");
    is_str(field(3, "id"), "m2.0", "ids are the messages'");
    is_str(field(2, "id"), "m2.1", "and places in them");
    is_str(field(4, "id"), "w-1.s", "or the calls'");
    is_str(field(5, "id"), "w-1.e", "begun and ended");
    is_str(field(4, "path"), "/x", "path");
    is_str(field(4, "tool_kind"), "write", "kind");
    is_str(field(5, "result"), "ok", "what the tool gave");
    is_str(field(5, "time"), "2026-11-02T09:00:03Z", "and when");
    is_str(field(5, "status"), "ok", "status");
    is_int(number(6, "input_tokens"), 101, "input, with what tools had read");
    is_int(number(6, "output_tokens"), 12, "output, with the thinking");
    is_int(number(6, "reasoning_tokens"), 7, "which is told");
    is_int(number(6, "cache_read_tokens"), 10, "cache");
    is_str(field(6, "model"), "gemini-x", "model");
    is_str(field(7, "text"), "update", "news");
    is_str(field(8, "error"), "[API Error]", "errors");
    for (size_t i = 0; i < event_count; i++)
        for (size_t j = 0; j < i; j++)
            if (events[i].place.part == events[j].place.part)
                ok(false, "parts %zu and %zu are the same", i, j);
    read_log("gemini", "{" HEAD ",\"directories\":[\"/w/shop\"],\"kind\":\"subagent\",\"messages\":[]}\n");
    is_str(types(), "agent.start", "a sub-agent's file");
    is_str(field(0, "agent"), "gemini:shop/5e551-a", "is a part of the folder's");
    is_str(field(0, "cwd"), "/w/shop", "folder");
    read_log("gemini", "{" HEAD ",\"messages\":[" ANSWER(CALLS("error", RESPONSE("\"error\":\"no file\\nx\""))) "," ANSWER(CALLS("cancelled", "")) "]}\n");
    is_str(types(), "session.start message.agent tool.call tool.result", "one call is told once");
    is_str(field(3, "status"), "error", "failed");
    is_str(field(3, "error"), "no file", "and why");
}

static void test_lines(void)
{
    read_log(NULL, "{" HEAD ",\"kind\":\"main\"}\n" ASKED "\n" ANSWER(THOUGHT) "\n" ANSWER(THOUGHT "," CALLS("executing", "")) "\n"
                   ANSWER(THOUGHT "," CALLS("success", RESPONSE("\"output\":\"ok\"")) "," TOKENS(100, 5, 7)) "\n"
                   ANSWER(THOUGHT "," CALLS("success", RESPONSE("\"output\":\"ok\"")) "," TOKENS(100, 9, 7)) "\n"
                   "{\"$set\":{\"lastUpdated\":\"2026-11-02T09:10:00Z\"}}\n"
                   "{\"$set\":{\"messages\":[" ASKED "," ANSWER(TOKENS(100, 9, 7)) "]}}\n{\"$rewindTo\":\"m2\"}\n");
    is_str(format_used, "gemini", "auto finds a session in lines");
    is_str(types(), "session.start message.user message.think message.agent tool.call tool.result llm.call llm.call note note",
           "a message written anew tells its news only");
    is_int(sum("output_tokens"), 16, "tokens are counted once");
    is_int(sum("input_tokens"), 101, "each");
    is_str(field(6, "id"), "m2.u", "usage is the message's");
    ok(strcmp(field(7, "id"), "m2.u") != 0, "what is added later is no copy of it");
    is_int((int64_t)events[5].place.record, 5, "a result stands where it came");
    read_log("gemini", "{\"id\":\"x\",\"type\":\"gemini\"," TOKENS(5, 5, 5) "}\n{" HEAD "}\n{\"id\":\"x\",\"type\":\"user\",\"content\":\"a\"}\n");
    is_str(types(), "llm.call session.start message.user", "a file without its beginning");
}

/* More than is remembered: in no order of time, and told at first. */
static void test_long_document(void)
{
    struct sv_buf log = {0}, all = {0};
    for (int i = 0; i < 400; i++)
        sv_buf_printf(&all, "%s{\"id\":\"m%d\",\"timestamp\":\"2026-11-02T09:00:%02dZ\",\"type\":\"gemini\",\"content\":\"x\"," TOKENS(2, 2, 2) "}",
                      i > 0 ? "," : "", i, 59 - i % 60);
    sv_buf_printf(&log, "{" HEAD ",\"messages\":[%s]}\n", sv_buf_cstr(&all));
    read_log(NULL, sv_buf_cstr(&log));
    is_int((int64_t)event_count, 1 + 2 * 400, "messages are all told");
    is_int(sum("input_tokens"), 1200, "with their tokens");
    sv_buf_printf(&log, "{\"$set\":{\"messages\":[{\"id\":\"m360\",\"timestamp\":\"2026-11-02T09:00:59Z\",\"type\":\"gemini\",\"content\":"
                        "\"x\"," CALLS("success", RESPONSE("\"output\":\"ok\"")) "," TOKENS(2, 3, 2) "}]}}\n");
    read_log(NULL, sv_buf_cstr(&log));
    is_int((int64_t)event_count, 1 + 2 * 400 + 3, "so is what the newest adds later");
    is_str(field(event_count - 2, "type"), "tool.result", "a result");
    is_int(number(event_count - 1, "output_tokens"), 1, "and what its tokens grew by");
    sv_buf_free(&all);
    sv_buf_free(&log);
}

/* More than is remembered is never told twice in a session brought again. */
static void test_bounds(void)
{
    struct sv_buf log = {0}, all = {0};
    sv_buf_str(&log, "{" HEAD "}\n");
    for (int i = 0; i < 700; i++)
        sv_buf_printf(&all, "%s{\"id\":\"m%d\",\"timestamp\":\"2026-11-02T09:%02d:%02dZ\",\"type\":\"gemini\",\"content\":\"x\",\"toolCalls\":[{"
                            "\"id\":\"c%d\",\"name\":\"a\",\"args\":{},\"status\":\"success\"}]," TOKENS(2, 2, 2) "}",
                      i > 0 ? "," : "", i, i / 60, i % 60, i);
    sv_buf_printf(&log, "{\"$set\":{\"messages\":[%s]}}\n", sv_buf_cstr(&all));
    sv_buf_printf(&log, "{\"$set\":{\"messages\":[%s]}}\n", sv_buf_cstr(&all));
    read_log("gemini", sv_buf_cstr(&log));
    is_int(sum("input_tokens"), 2100, "tokens of a long session");
    is_int((int64_t)event_count, 1 + 4 * 700, "and all else");
    sv_buf_free(&all);
    sv_buf_free(&log);
}

static void test_broken(void)
{
    read_log("gemini", "[]\n{\"type\":7}\n{\"sessionId\":\"s\",\"messages\":7}\n{\"id\":\"a\",\"type\":\"gemini\",\"content\":7,\"thoughts\":{\"a\":1},"
                       "\"toolCalls\":{\"b\":2},\"tokens\":[1]}\n"
                       "{\"id\":\"b\",\"type\":\"gemini\",\"content\":null,\"toolCalls\":[7,{}],\"tokens\":{\"input\":-3}}\n{x\n");
    is_int((int64_t)rejected_count, 2, "what is no object is rejected");
    is_str(types(), "note session.start tool.call", "odd members are none");
}

int main(void)
{
    test_stream();
    test_long_fragments();
    test_document();
    test_lines();
    test_long_document();
    test_bounds();
    test_broken();
    return done();
}
