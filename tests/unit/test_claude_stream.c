/* SPDX-License-Identifier: ISC */
#include "event/prices.h"
#include "events.h"

#define IN_SESSION(uuid) "\"session_id\":\"5e55104a-1\",\"uuid\":\"" uuid "\""
#define INIT                                                                                                                       \
    "{\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/home/ada/shop\",\"model\":\"claude-opus-4-5\",\"permissionMode\":\"plan\","      \
    "\"tools\":[\"Bash\"]," IN_SESSION("i") "}\n"
#define SAID_BY(parent, uuid, id, usage, content)                                                                                  \
    "{\"type\":\"assistant\"," IN_SESSION(uuid) ",\"parent_tool_use_id\":" parent ",\"message\":{\"id\":\"" id                           \
    "\",\"role\":\"assistant\",\"model\":\"claude-opus-4-5\",\"content\":" content ",\"usage\":" usage "}}\n"
#define SAID(uuid, id, usage, content) SAID_BY("null", uuid, id, usage, content)
#define USAGE(in, out)                                                                                                             \
    "{\"input_tokens\":" #in ",\"cache_creation_input_tokens\":20,\"cache_read_input_tokens\":300,\"output_tokens\":" #out "}"
#define TEXT(text) "[{\"type\":\"text\",\"text\":\"" text "\"}]"
#define CALL(id, name, input) "[{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" input "}]"
#define TOOL(uuid, id, error, content)                                                                                             \
    "{\"type\":\"user\"," IN_SESSION(uuid) ",\"parent_tool_use_id\":null,\"message\":{\"role\":\"user\",\"content\":[{\"type\":"          \
    "\"tool_result\",\"tool_use_id\":\"" id "\",\"is_error\":" error ",\"content\":\"" content "\"}]}}\n"
#define ENDED(subtype, rest) "{\"type\":\"result\",\"subtype\":\"" subtype "\",\"is_error\":false,\"duration_ms\":900," rest IN_SESSION("r") "}\n"

static void test_mapping(void)
{
    read_log(NULL, INIT SAID("a1", "m1", USAGE(3, 1), TEXT("I look")) SAID("a2", "m1", USAGE(3, 1), CALL("t1", "Bash", "{\"command\":\"ls\"}"))
                       TOOL("u1", "t1", "false", "a\\nb") SAID("a3", "m2", USAGE(5, 1), TEXT("done"))
                           ENDED("success", "\"result\":\"done\",\"num_turns\":2,\"total_cost_usd\":0.25,\"usage\":{\"input_tokens\":8,"
                                            "\"cache_creation_input_tokens\":40,\"cache_read_input_tokens\":600,\"output_tokens\":77},"));
    is_str(format_used, "claude-stream", "auto finds it");
    is_str(types(), "session.start message.agent tool.call tool.result llm.call message.agent llm.call turn.end", "records are events");
    is_str(field(0, "id"), "5e55104a-1.s", "a start is the session's");
    is_str(field(2, "id"), "a2.0", "id is uuid and part");
    is_str(field(2, "agent"), "claude:shop", "the folder names the agent");
    is_str(field(2, "mode"), "plan", "mode holds");
    is_str(field(7, "cwd"), "/home/ada/shop", "so does the folder");
    is_str(field(2, "command"), "ls", "command");
    is_str(field(3, "tool"), "Bash", "a result knows its tool");
    is_str(field(3, "call_id"), "t1", "and its call");
    is_int(number(3, "result_bytes"), 3, "and its size");
    is_str(field(3, "time"), "", "there is no clock");
    is_str(field(4, "id"), "a2.u", "usage is told once a response");
    is_str(field(7, "status"), "ok", "how the run went");
    is_str(field(7, "text"), "done", "and what came out");
    is_int(number(7, "duration_ms"), 900, "and how long it took");
    is_int(sum("input_tokens"), 648, "input is the result's");
    is_int(sum("cache_read_tokens"), 600, "cache, too");
    is_int(sum("output_tokens"), 77, "output is the result's, not what stood in the messages");
    is_int(number(7, "output_tokens"), 75, "which is told with the turn");
    is_int(number(7, "input_tokens"), 0, "less what was told before");
    is_str(field(7, "cost_usd"), "0.25", "cost");
    is_str(field(7, "cost_from"), "reported", "is reported");
    is_str(field(4, "cost_usd"), "", "a response has none of its own");
}

static void test_cost(void)
{
    struct sv_error err = {0};
    test_prices = sv_prices_load("share/prices.csv", &err);
    if (!ok(test_prices != NULL, "prices are read %s", err.text))
        return;
    read_log("claude-stream", INIT SAID("a1", "m1", USAGE(3, 1), TEXT("x")) ENDED("success", "\"total_cost_usd\":0.25,"));
    is_str(field(2, "type"), "llm.call", "a response with a price");
    is_str(field(2, "cost_usd"), "", "is not estimated");
    is_str(field(2, "cost_from"), "reported", "for its cost is reported elsewhere");
    sv_prices_free(test_prices);
    test_prices = NULL;
}

static void test_parts(void)
{
#define MODELS(in, out) "\"modelUsage\":{\"claude-opus-4-5\":{\"inputTokens\":" #in ",\"outputTokens\":" #out ",\"cacheReadInputTokens\":900," \
                        "\"cacheCreationInputTokens\":60,\"costUSD\":0.5}},"
    read_log("claude-stream", INIT SAID("a1", "m1", USAGE(3, 1), CALL("t1", "Task", "{}"))
                                  SAID_BY("\"t1\"", "b1", "m2", USAGE(4, 1), CALL("t2", "Read", "{\"file_path\":\"/x\"}"))
                                      SAID_BY("\"t1\"", "b2", "m2", USAGE(4, 1), TEXT("x")) SAID("a2", "m3", USAGE(5, 1), TEXT("y"))
                                          ENDED("success", "\"total_cost_usd\":0.5,\"usage\":{\"input_tokens\":8,\"output_tokens\":9}," MODELS(12, 40)));
    is_str(types(), "session.start tool.call agent.start llm.call tool.call message.agent llm.call message.agent llm.call turn.end",
           "a sub-agent begins with its first record");
    is_str(field(2, "agent"), "claude:shop/t1", "it is known by its call");
    is_str(field(2, "parent_agent"), "claude:shop", "and part of the whole");
    is_str(field(2, "id"), "5e55104a-1/t1.s", "it starts once");
    is_int(sum("input_tokens"), 972, "totals of the models hold the sub-agents'");
    is_int(sum("output_tokens"), 40, "output, too");
    is_str(field(9, "model"), "claude-opus-4-5", "one model is the turn's");
}

static void test_turns(void)
{
#define U(in, out) "\"usage\":{\"input_tokens\":" #in ",\"output_tokens\":" #out "},"
#define S(uuid, id, in) SAID(uuid, id, "{\"input_tokens\":" #in ",\"output_tokens\":1}", TEXT("x"))
    read_log("claude-stream", INIT S("a", "m1", 100) ENDED("success", U(100, 10) "\"total_cost_usd\":1.5,") INIT S("b", "m2", 50)
                                  ENDED("success", U(150, 30) "\"total_cost_usd\":2.0,"));
    is_int(sum("input_tokens"), 150, "totals that go on");
    is_int(sum("output_tokens"), 30, "are told as what they add");
    is_str(field(7, "cost_usd"), "0.5", "cost, too");
    is_str(types(), "session.start message.agent llm.call turn.end turn.start message.agent llm.call turn.end", "the session starts once");
    read_log("claude-stream", INIT S("a", "m1", 100) ENDED("success", U(100, 10) "\"total_cost_usd\":1.5,") INIT S("b", "m2", 50)
                                  ENDED("success", U(50, 20) "\"total_cost_usd\":0.5,"));
    is_int(sum("input_tokens"), 150, "totals that begin anew");
    is_int(sum("output_tokens"), 30, "are told as they stand");
    read_log("claude-stream", INIT S("a", "m1", 100) INIT ENDED("error_max_turns", U(100, 10)));
    is_str(field(4, "status"), "error", "cut short is no success");
    is_str(field(4, "error"), "error_max_turns", "whatever is_error says");
    read_log("claude-stream", INIT S("a", "m1", 100));
    is_int(sum("input_tokens"), 100, "a run without an end is counted as far as it went");
}

/* Runs side by side that print into one file. */
static void test_side_by_side(void)
{
#define OF(s, rest) "{\"session_id\":\"" s "\"," rest "}\n"
#define BEGINS(s) OF(s, "\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/w/of-" s "\",\"model\":\"m-" s "\"")
#define SAYS(s, id, in)                                                                                                             \
    OF(s, "\"type\":\"assistant\",\"message\":{\"id\":\"" id "\",\"content\":[],\"usage\":{\"input_tokens\":" #in ",\"output_tokens\":1}}")
#define ENDS(s, in, cost) OF(s, "\"type\":\"result\",\"usage\":{\"input_tokens\":" #in ",\"output_tokens\":50},\"total_cost_usd\":" #cost)
    read_log(NULL, BEGINS("A") BEGINS("B") SAYS("A", "a1", 100) SAYS("B", "b1", 1000) SAYS("A", "a2", 200) SAYS("B", "b2", 2000)
                       ENDS("A", 300, 1.5) ENDS("B", 3000, 2.5) BEGINS("A") SAYS("A", "a3", 50) BEGINS("B") ENDS("A", 350, 2.0));
    is_int(sum("input_tokens"), 3350, "tokens of sessions side by side are counted once");
    is_int(sum("output_tokens"), 101, "output, too");
    is_str(types(), "session.start session.start llm.call llm.call llm.call llm.call turn.end turn.end turn.start llm.call turn.start turn.end",
           "each starts once");
    is_str(field(4, "agent"), "claude:of-A", "an agent keeps its name");
    is_str(field(4, "cwd"), "/w/of-A", "and its folder");
    is_str(field(6, "model"), "m-A", "and its model");
    is_str(field(11, "cost_usd"), "0.5", "and its cost");
}

static void test_decisions(void)
{
    read_log("claude-stream",
             INIT "{\"type\":\"control_request\",\"request_id\":\"q1\",\"request\":{\"subtype\":\"can_use_tool\",\"tool_name\":\"Bash\","
                  "\"input\":{\"command\":\"rm x\"},\"tool_use_id\":\"t9\"}}\n"
                  "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":\"q1\",\"response\":{\"behavior\":"
                  "\"deny\",\"message\":\"no\"}}}\n"
                  "{\"type\":\"control_request\",\"request_id\":\"q2\",\"request\":{\"subtype\":\"interrupt\"}}\n"
                  TOOL("u", "t9", "true", "Permission to use Bash has been denied") ENDED(
                      "success", "\"permission_denials\":[{\"tool_name\":\"Bash\",\"tool_use_id\":\"t9\",\"tool_input\":{\"command\":\"rm x\"}},7],"));
    is_str(types(), "session.start decision decision note tool.result decision turn.end", "who was asked, and refused");
    is_str(field(1, "decision"), "ask", "asked");
    is_str(field(1, "command"), "rm x", "for what");
    is_str(field(2, "decision"), "deny", "answered");
    is_str(field(2, "correlation_id"), "q1", "to what");
    is_str(field(2, "text"), "no", "and why");
    is_str(field(4, "status"), "denied", "a refusal is no failure");
    is_str(field(5, "decision"), "deny", "told again at the end");
    is_str(field(5, "call_id"), "t9", "for that call");
}

static void test_others(void)
{
    read_log(NULL, "{\"type\":\"stream_event\"," IN_SESSION("e") ",\"event\":{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":5}}}\n"
                   "{\"type\":\"system\",\"subtype\":\"hook_started\"," IN_SESSION("h") "}\n"
                   "{\"type\":\"rate_limit_event\"," IN_SESSION("l") "}\n{\"type\":\"brand_new\"," IN_SESSION("n") "}\n"
                   "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"go\"}}\n"
                   "{\"type\":\"user\",\"message\":\"plain\"}\n{\"type\":\"user\"}\n{\"type\":\"assistant\",\"message\":{\"content\":[]}}\n"
                   "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_result\"},7,\"odd\"]}}\n[1]\n{\"type\":\n");
    is_str(types(), "note note note note message.user message.user note note note note message.agent", "what is not known is a note");
    is_int((int64_t)rejected_count, 2, "what is no object is rejected");
    is_str(field(4, "session"), "5e55104a-1", "the session holds");
    is_int(sum("output_tokens"), 0, "fragments are not counted");
    read_log("claude-stream", INIT "{\"type\":\"assistant\",\"error\":\"rate_limit\"," IN_SESSION("a")
                                   ",\"message\":{\"model\":\"<synthetic>\",\"id\":\"m\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}],"
                                   "\"usage\":{\"input_tokens\":7,\"output_tokens\":7}}}\n");
    is_str(types(), "session.start message.agent", "a made-up message is no call");
    is_str(field(1, "error"), "rate_limit", "but an error");
}

int main(void)
{
    test_mapping();
    test_cost();
    test_parts();
    test_turns();
    test_side_by_side();
    test_decisions();
    test_others();
    return done();
}
