/* SPDX-License-Identifier: ISC */
#include "base/time.h"
#include "events.h"

#define HEAD                                                                                                                       \
    "\"sessionId\":\"5e55104a-1\",\"cwd\":\"/home/ada/shop\",\"timestamp\":\"2026-11-02T09:00:00.5Z\",\"version\":\"2.1.7\""
#define USER(uuid, content)                                                                                                        \
    "{\"type\":\"user\",\"uuid\":\"" uuid "\"," HEAD ",\"message\":{\"role\":\"user\",\"content\":" content "}}\n"
#define SAID(uuid, id, usage, content)                                                                                             \
    "{\"type\":\"assistant\",\"uuid\":\"" uuid "\"," HEAD ",\"message\":{\"id\":\"" id                                             \
    "\",\"role\":\"assistant\",\"model\":\"claude-opus-4-5-20251101\",\"content\":" content                                        \
    ",\"stop_reason\":null,\"usage\":" usage "}}\n"
#define USAGE(in, out)                                                                                                             \
    "{\"input_tokens\":" #in ",\"cache_creation_input_tokens\":20,\"cache_read_input_tokens\":300,\"output_tokens\":" #out "}"
#define CALL(id, name, input) "[{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" input "}]"
#define RESULT(id, error, content)                                                                                                 \
    "[{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"is_error\":" error ",\"content\":" content "}]"

static void test_mapping(void)
{
    read_log("claude",
             USER("u1", "\"fix it\"") SAID(
                 "a1", "m1", USAGE(3, 7),
                 "[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"x\"},{\"type\":\"text\",\"text\":\"I \\u00e9dit\"}]")
                 SAID("a2", "m1", USAGE(3, 9), CALL("t1", "Bash", "{\"command\":\"go test\"}"))
                     USER("u2", RESULT("t1", "false", "\"ok\\n\\u20ac\"")));
    is_str(types(), "session.start message.user message.think message.agent tool.call tool.result llm.call",
           "a message is its blocks");
    is_str(field(0, "id"), "5e55104a-1.s", "a start is the session's");
    is_str(field(0, "source"), "claude", "source");
    is_str(field(1, "text"), "fix it", "a prompt as a string");
    is_str(field(1, "id"), "u1.0", "id is uuid and part");
    is_str(field(3, "id"), "a1.1", "the second block is part 1");
    is_str(field(3, "text"),
           "I \xC3\xA9"
           "dit",
           "text is unescaped");
    is_str(field(3, "correlation_id"), "m1", "pieces of one response share its id");
    is_str(field(4, "tool"), "Bash", "tool");
    is_str(field(4, "tool_kind"), "shell", "its kind");
    is_str(field(4, "command"), "go test", "its command");
    is_str(field(4, "call_id"), "t1", "its call");
    is_str(field(5, "call_id"), "t1", "a result knows its call");
    is_str(field(5, "tool"), "Bash", "and its tool");
    is_str(field(5, "status"), "ok", "and how it went");
    is_int(number(5, "result_bytes"), 6, "its size is that of the text, not of its escapes");
    is_str(field(4, "agent"), "claude:shop", "the agent is named by its folder");
    is_str(field(4, "session"), "5e55104a-1", "session");
    is_str(field(4, "cwd"), "/home/ada/shop", "cwd");
    is_str(field(4, "ext"), "{\"version\":\"2.1.7\"}", "what has no field is in ext");
    is_str(field(4, "time"), "2026-11-02T09:00:00.5Z", "time");
}

static void test_usage(void)
{
    read_log("claude", SAID("a1", "m1", USAGE(3, 1), "[{\"type\":\"text\",\"text\":\"a\"}]")
                           SAID("a2", "m1", USAGE(3, 5), CALL("t1", "Read", "{}")) USER("u1", RESULT("t1", "false", "\"x\""))
                               SAID("a3", "m1", USAGE(3, 9), CALL("t2", "Read", "{}"))
                                   SAID("a4", "m2", USAGE(10, 2), "[{\"type\":\"text\",\"text\":\"b\"}]"));
    is_str(types(), "session.start message.agent tool.call tool.result tool.call llm.call message.agent llm.call",
           "one llm.call a response");
    is_int(number(5, "output_tokens"), 9, "the last record's usage counts");
    is_int(number(5, "input_tokens"), 323, "input holds the cache");
    is_int(number(5, "cache_read_tokens"), 300, "cache read");
    is_int(number(5, "cache_write_tokens"), 20, "cache written");
    is_str(field(5, "id"), "a3.u", "it is the last record's");
    is_int((int64_t)events[5].place.record, 4, "and stands there");
    is_int(events[5].place.part, SV_PART_USAGE, "as its usage");
    is_int((int64_t)events[7].place.record, 5, "the last response is told at the end");
    is_str(field(5, "model"), "claude-opus-4-5-20251101", "model");
    is_int(sum("output_tokens"), 11, "a plain sum is right");

    read_log("claude", SAID("a1", "m1", USAGE(3, 1), "[]") SAID("b1", "m2", USAGE(4, 2), "[]") SAID("a2", "m1", USAGE(3, 8), "[]")
                           SAID("b2", "m2", USAGE(4, 2), "[]") SAID("a3", "m1", USAGE(3, 8), "[]"));
    is_int(sum("output_tokens"), 10, "a response that comes back adds what is new");
    is_int(sum("input_tokens"), 323 + 324, "and nothing twice");
    is_str(types(), "session.start llm.call llm.call llm.call", "and is not told when nothing is new");

    read_log("claude", "{\"type\":\"assistant\",\"uuid\":\"a\"," HEAD
                       ",\"isApiErrorMessage\":true,\"message\":{\"id\":\"m\",\"model\":\"<synthetic>\",\"role\":\"assistant\","
                       "\"content\":[{\"type\":\"text\",\"text\":\"API Error: "
                       "529\\nmore\"}],\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}}\n");
    is_str(types(), "session.start message.agent", "a made-up message is no call");
    is_str(field(1, "status"), "error", "but an error");
    is_str(field(1, "error"), "API Error: 529", "with its first line");

    read_log("claude", "{\"sessionId\":\"s\",\"costUSD\":0.5,\"durationMs\":1200,\"message\":{\"role\":\"assistant\",\"id\":\"m\","
                       "\"model\":\"claude-x\",\"content\":\"hi\",\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}}\n");
    is_str(types(), "message.agent llm.call", "records without a type");
    is_str(field(1, "cost_usd"), "0.5", "an old record's cost");
    is_str(field(1, "cost_from"), "reported", "is reported");
    is_int(number(1, "duration_ms"), 1200, "and its duration is the call's");
    is_str(field(0, "agent"), "claude:s", "without a folder the session names the agent");

    read_log("claude", SAID("a", "m1",
                            "{\"input_tokens\":-5,\"output_tokens\":9223372036854775807,\"cache_read_input_tokens\":\"7\"}", "[]"));
    is_int(number(1, "input_tokens"), 0, "numbers that are no counts");
    is_int(number(1, "output_tokens"), 0, "count nothing");
}

static void test_status(void)
{
    static const struct {
        const char *content, *status, *error;
    } cases[] = {
        {"\"The user doesn't want to proceed with this tool use. The tool use was rejected\"", "denied",
         "The user doesn't want to proceed with this tool use. The tool use was rejected"},
        {"\"The user doesn't want to take this action right now. STOP\"", "denied", NULL},
        {"\"Permission to use Bash with command rm -rf / has been denied.\"", "denied", NULL},
        {"\"Claude requested permissions to write to /etc/x, but you haven't granted it yet.\"", "denied", NULL},
        {"\"This command requires approval\"", "denied", NULL},
        {"\"PreToolUse:Bash hook error: [guard]: no\"", "denied", NULL},
        {"\"<tool_use_error>Sibling tool call errored</tool_use_error>\"", "cancelled", "Sibling tool call errored"},
        {"\"[Request interrupted by user for tool use]\"", "cancelled", NULL},
        {"\"Exit code 143\\nCommand timed out after 2m 0.0s\"", "timeout", "Exit code 143"},
        {"\"Command timed out after 2m\"", "timeout", NULL},
        {"\"<tool_use_error>File does not exist.</tool_use_error>\"", "error", "File does not exist."},
        {"\"Exit code 2\\nmake: *** no\"", "error", "Exit code 2"},
        {"\"cat: The user doesn't want to proceed\"", "error", "cat: The user doesn't want to proceed"},
        {"[{\"type\":\"text\",\"text\":\"\\n  boom \\nat x\"}]", "error", "boom"},
        {"[{\"type\":\"image\",\"source\":{}}]", "error", ""},
        {"null", "error", ""},
    };
    char line[1024];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(line, sizeof line, "%s%s%s",
                 "{\"type\":\"user\",\"uuid\":\"u\"," HEAD ",\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                                                           "\"tool_use_id\":\"t\",\"is_error\":true,\"content\":",
                 cases[i].content, "}]}}\n");
        read_log("claude", line);
        is_str(field(1, "status"), cases[i].status, "status of %s", cases[i].content);
        if (cases[i].error != NULL)
            is_str(field(1, "error"), cases[i].error, "error of %s", cases[i].content);
    }
    read_log("claude", USER("u", RESULT("t", "true", "\"Exit code 143\\nCommand timed out after 2m\"")));
    is_int(number(1, "exit_code"), 143, "exit code");
    read_log("claude", USER("u", RESULT("t", "true", "\"Exit code 12x\"")));
    is_str(field(1, "exit_code"), "", "no exit code where there is none");
    read_log("claude", USER("u", RESULT("t", "false", "\"The user doesn't want to proceed\"")));
    is_str(field(1, "status"), "ok", "a good result may say anything");
    is_str(field(1, "error"), "", "and is no error");
    read_log("claude",
             USER("u", "[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"abc\"},{"
                       "\"type\":\"image\",\"source\":{\"data\":\"AAAA\"}},{\"type\":\"text\",\"text\":\"d\\ud83d\\ude00\"}]}]"));
    is_int(number(1, "result_bytes"), 8, "the size of a list is that of its texts");
    is_str(field(1, "tool"), "", "a call that is not known has no tool");
    read_log("claude", "{\"type\":\"user\",\"uuid\":\"u\"," HEAD
                       ",\"toolUseResult\":{\"interrupted\":true,\"durationSeconds\":1.5,\"exitCode\":7},\"message\":{\"role\":"
                       "\"user\",\"content\":" RESULT("t", "false", "\"\"") "}}\n");
    is_str(field(1, "status"), "cancelled", "interrupted");
    is_int(number(1, "duration_ms"), 1500, "seconds are milliseconds");
    is_int(number(1, "exit_code"), 7, "exit code of the tool's own result");
    is_str(field(1, "ext"),
           "{\"toolUseResult\":{\"interrupted\":true,\"durationSeconds\":1.5,\"exitCode\":7},\"version\":\"2.1.7\"}",
           "which is in ext");
    read_log("claude",
             "{\"type\":\"user\",\"uuid\":\"u\"," HEAD
             ",\"toolUseResult\":{\"totalDurationMs\":70000,\"agentId\":\"x\"},\"message\":{\"role\":\"user\",\"content\":" RESULT(
                 "t", "false", "[]") "}}\n");
    is_int(number(1, "duration_ms"), 70000, "a sub-agent's duration");
}

static void test_agents(void)
{
    read_log("claude", "{\"type\":\"queue-operation\",\"operation\":\"enqueue\",\"sessionId\":\"5e55104a-1\",\"timestamp\":\"2026-"
                       "11-02T09:00:00Z\",\"content\":\"later\"}\n"
                       "{\"type\":\"user\",\"uuid\":\"u1\",\"permissionMode\":\"bypassPermissions\"," HEAD
                       ",\"message\":{\"role\":\"user\",\"content\":\"go\"}}\n"
                       "{\"type\":\"user\",\"uuid\":\"u2\",\"sessionId\":\"5e55104a-1\",\"cwd\":\"/home/ada/shop/"
                       "web\",\"message\":{\"role\":\"user\",\"content\":\"on\"}}\n"
                       "{\"type\":\"assistant\",\"uuid\":\"s1\",\"isSidechain\":true,\"agentId\":\"ab12\",\"sessionId\":\"5e55104a-"
                       "1\",\"cwd\":\"/home/ada/shop/"
                       "web\",\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[{\"type\":"
                       "\"text\",\"text\":\"sub\"}],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n"
                       "{\"type\":\"user\",\"uuid\":\"v1\",\"sessionId\":\"other\",\"cwd\":\"/srv/api/"
                       "\",\"message\":{\"role\":\"user\",\"content\":\"x\"}}\n");
    is_str(types(), "note session.start message.user message.user agent.start message.agent session.start message.user llm.call",
           "who acts starts once");
    is_str(field(0, "agent"), "claude:5e55104a", "before its folder is known the session names the agent");
    is_str(field(0, "text"), "later", "a queued prompt's text");
    is_str(field(2, "mode"), "bypassPermissions", "permission mode");
    is_str(field(3, "mode"), "bypassPermissions", "holds on");
    is_str(field(3, "agent"), "claude:shop", "the first folder of a session names it");
    is_str(field(3, "cwd"), "/home/ada/shop/web", "though it may go elsewhere");
    is_str(field(5, "agent"), "claude:shop/ab12", "a sub-agent");
    is_str(field(5, "parent_agent"), "claude:shop", "and whose");
    is_str(field(5, "mode"), "bypassPermissions", "has its session's mode");
    is_str(field(4, "id"), "5e55104a-1/ab12.s", "a sub-agent's start");
    is_str(field(7, "agent"), "claude:api", "another session in the same file");
    is_str(field(7, "mode"), "", "has its own mode");
    is_str(field(8, "agent"), "claude:shop/ab12", "a usage is its agent's");
    for (size_t i = 0; i < event_count; i++)
        if (strcmp(field(i, "agent"), "main") == 0 || field(i, "agent")[0] == '\0')
            ok(false, "each has an agent, and none is called main");
}

static void test_nobody(void)
{
    read_log("claude", "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"x\"}}\n");
    is_str(field(0, "agent"), "claude", "a record that says neither session nor folder");
    is_int((int64_t)event_count, 1, "starts nothing");
}

static void test_notes(void)
{
    read_log("claude",
             "{\"type\":\"summary\",\"summary\":\"all of it\",\"leafUuid\":\"x\"}\n"
             "{\"type\":\"file-history-snapshot\",\"messageId\":\"m\",\"snapshot\":{\"a\":1},\"isSnapshotUpdate\":false}\n"
             "{\"type\":\"progress\",\"uuid\":\"p1\"," HEAD
             ",\"data\":{\"type\":\"agent_progress\",\"message\":{\"type\":\"assistant\",\"message\":{\"id\":\"m9\",\"usage\":{"
             "\"output_tokens\":99},\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Bash\",\"input\":{}}]}}}}\n"
             "{\"type\":\"progress\",\"uuid\":\"p2\"," HEAD ",\"data\":{\"type\":\"bash_progress\",\"output\":\"x\"}}\n"
             "{\"type\":\"brand-new\",\"uuid\":\"n1\"," HEAD ",\"thing\":[1]}\n"
             "{\"type\":\"user\",\"uuid\":\"n2\"," HEAD ",\"message\":{\"role\":\"user\",\"contents\":[]}}\n"
             "{\"type\":\"user\",\"uuid\":\"n3\"," HEAD
             ",\"message\":{\"role\":\"user\",\"content\":[\"odd\",{\"type\":\"hologram\"},7,{\"type\":\"tool_result\"}]}}\n"
             "{\"type\":\"user\",\"uuid\":\"n4\"," HEAD ",\"message\":\"plain\"}\n"
             "{\"silly\":\"this\"}\n");
    is_int((int64_t)rejected_count, 0, "nothing that is JSON is rejected");
    is_str(types(), "note note session.start note note note note message.user note note note message.user note",
           "what is not known is a note");
    is_str(field(0, "text"), "all of it", "a summary's text");
    is_str(field(0, "agent"), "", "which nobody in the file says");
    is_str(field(0, "id"), "o:1.0", "without a uuid the address stands in");
    is_str(field(0, "ext"), "{\"type\":\"summary\",\"leafUuid\":\"x\"}", "a note keeps its kind and the rest");
    is_str(field(3, "ext"), "{\"type\":\"progress\",\"version\":\"2.1.7\"}", "copies of a sub-agent's messages are not told again");
    is_str(field(4, "ext"), "{\"type\":\"progress\",\"data\":{\"type\":\"bash_progress\",\"output\":\"x\"},\"version\":\"2.1.7\"}",
           "other progress is");
    is_int(sum("output_tokens"), 0, "and their tokens are not counted");
    is_str(field(7, "text"), "odd", "a bare string among blocks");

    read_log("claude",
             "{\"type\":\"system\",\"subtype\":\"turn_duration\",\"durationMs\":4200,\"uuid\":\"s1\"," HEAD "}\n"
             "{\"type\":\"system\",\"subtype\":\"api_error\",\"level\":\"error\",\"error\":{\"status\":529,\"error\":{\"type\":"
             "\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}},\"uuid\":\"s2\"," HEAD "}\n"
             "{\"type\":\"system\",\"subtype\":\"compact_boundary\",\"content\":\"Compacted\",\"compactMetadata\":{\"trigger\":"
             "\"auto\"},\"uuid\":\"s3\"," HEAD "}\n");
    is_str(types(), "session.start turn.end error note", "system records");
    is_int(number(1, "duration_ms"), 4200, "a turn's duration");
    is_str(field(2, "error"), "Overloaded", "what went wrong");
    is_str(field(3, "text"), "Compacted", "others are notes with their text");
}

static void test_broken(void)
{
    read_log("claude", "\"massive error\"\n42\n[1]\n\n{\"type\":\"user\"\n{\"a\":1} {\"b\":2}\n");
    is_int((int64_t)rejected_count, 5, "what is no JSON object is rejected, a blank line is not");
    is_int((int64_t)event_count, 0, "and gives no event");
    is_int(last_error.column, 9, "and says where");
    read_log("claude", USER("u1", "\"a\"") "{broken\n" SAID("a1", "m1", USAGE(1, 2), "[]"));
    is_int(sum("output_tokens"), 2, "the rest goes on");
}

static void test_detect(void)
{
    read_log(NULL, USER("u1", "\"a\""));
    is_str(format_used, "claude", "auto finds transcripts");
    read_log(NULL, "{\"type\":\"summary\",\"summary\":\"x\",\"leafUuid\":\"y\"}\n");
    is_str(format_used, "claude", "by a summary");
    read_log(NULL, "{\"type\":\"file-history-snapshot\",\"messageId\":\"y\",\"snapshot\":{}}\n");
    is_str(format_used, "claude", "by a snapshot");
    read_log(NULL,
             "{\"type\":\"assistant\",\"session_id\":\"s\",\"uuid\":\"u\",\"message\":{\"role\":\"assistant\",\"content\":[]}}\n");
    ok(strcmp(format_used, "claude") != 0, "stream-json is another format");
    read_log(NULL, "{\"type\":\"tool.call\",\"session\":\"s\",\"tool\":\"Bash\"}\n");
    ok(strcmp(format_used, "claude") != 0, "the native format too");
    static const char *const native[] = {
        "{\"type\":\"tool.call\",\"agent\":\"a\",\"sessionId\":\"x\"}\n",
        "{\"type\":\"tool.call\",\"uuid\":\"x\",\"parentUuid\":null}\n",
        "{\"type\":\"tool.call\",\"sessionId\":\"x\",\"startTime\":\"y\"}\n",
        "{\"type\":\"message.user\",\"$set\":1}\n",
        "{\"type\":\"tool.result\",\"input\":{\"hook_event_name\":\"x\"}}\n",
        "{\"type\":\"task.status\",\"agent\":\"a\",\"sessionId\":\"x\"}\n",
        "{\"type\":\"turn.started\",\"session\":\"s\"}\n",
        "{\"type\":\"item.sold\",\"agent\":\"a\",\"item\":{\"type\":\"shoe\"}}\n",
    };
    for (size_t i = 0; i < sizeof native / sizeof *native; i++) {
        read_log(NULL, native[i]);
        is_str(format_used, "sv", "a native event stays one whatever else it carries");
    }
    const struct sv_format *format = sv_format_find(SV_SLICE("claude"));
    int64_t ns = 0, want = 0;
    sv_time_parse(SV_SLICE("2026-11-02T09:00:00Z"), &want);
    ok(format->time(SV_SLICE("{\"snapshot\":{\"timestamp\":\"2020-01-01T00:00:00Z\"},\"a\":\"\\\"timestamp\\\":\",\"b\":["
                             "\"timestamp\"],\"timestamp\" : \"2026-11-02T09:00:00Z\"}"),
                    &ns),
       "a record's time");
    is_int(ns, want, "is the one at its top");
    ok(!format->time(SV_SLICE("{\"message\":{\"timestamp\":\"2026-11-02T09:00:00Z\"}}"), &ns), "not one inside");
    /* objects made up, beside reading them whole */
    static const char *const parts[] = {"\"timestamp\":\"2026-11-02T09:00:00Z\"", "\"timestamp\" : \"2026-11-02T10:00:00Z\"", "\"timestamp\":7",
                                        "\"a\":{\"timestamp\":\"2026-11-02T11:00:00Z\"}", "\"b\":\"timestamp\"", "\"c\":[\"timestamp\",{}]",
                                        "\"d\":\"\\\"timestamp\\\":\\\\\"", "\"timestamp\":\"never\"", "\"e\":{\"f\":[{\"g\":\"}]\"}]}",
                                        "\"h\":\"a text that is long enough for what follows not to be near the beginning of all\""};
    uint64_t seed = 88172645463325252u;
    size_t wrong = 0, with_time = 0;
    for (int round = 0; round < 5000; round++) {
        struct sv_buf text = {0};
        struct sv_value whole;
        int64_t due = 0;
        sv_buf_char(&text, '{');
        for (unsigned i = 0, count = (unsigned)(seed >> 40) % 6; i < count; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            sv_buf_printf(&text, "%s%s", i > 0 ? "," : "", parts[(seed >> 20) % (sizeof parts / sizeof *parts)]);
        }
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        sv_buf_char(&text, '}');
        bool has = false; /* the first that is a time */
        struct sv_value key, value;
        if (!sv_json_read(sv_buf_slice(&text), &whole, NULL))
            wrong++;
        for (struct sv_json_iter it = sv_json_iter(whole); !has && sv_json_next(&it, &key, &value);)
            has = sv_slice_is(sv_value_raw(key), "timestamp") && value.type == SV_STRING && sv_time_parse(sv_value_raw(value), &due);
        ns = 0;
        bool found = format->time(sv_buf_slice(&text), &ns);
        wrong += found != has || (has && ns != due);
        with_time += has;
        sv_buf_free(&text);
    }
    ok(wrong == 0 && with_time > 1000 && with_time < 4000, "nor any other: %zu of 5000 objects have one", with_time);
    ok(!format->time(SV_SLICE("{\"timestamp\":\"soon\"}"), &ns), "not what is no time");
    ok(!format->time(SV_SLICE("{\"a\":\"timestamp\":\"2026-11-02T09:00:00Z"), &ns) &&
           !format->time(SV_SLICE("{\"timestamp"), &ns) && !format->time(SV_SLICE(""), &ns) &&
           !format->time(SV_SLICE("]]]\"timestamp\":\"2026-11-02T09:00:00Z\""), &ns),
       "a broken record has none");
}

/* State is bounded: more than it holds is forgotten, never wrong. */
static void test_bounds(void)
{
    struct sv_buf log = {0};
    for (int i = 0; i < 300; i++)
        sv_buf_printf(&log,
                      "{\"type\":\"assistant\",\"uuid\":\"a%d\",\"sessionId\":\"s%d\",\"cwd\":\"/w/"
                      "p%d\",\"message\":{\"id\":\"m%d\",\"role\":\"assistant\",\"model\":\"x\",\"content\":"
                      "[{\"type\":\"tool_use\",\"id\":\"t%d\",\"name\":\"Tool%d\",\"input\":{}}],\"usage\":{\"input_tokens\":1,"
                      "\"output_tokens\":2}}}\n",
                      i, i % 40, i % 40, i, i, i);
    for (int i = 0; i < 300; i += 299)
        sv_buf_printf(&log,
                      "{\"type\":\"user\",\"uuid\":\"u%d\",\"sessionId\":\"s1\",\"message\":{\"role\":\"user\",\"content\":[{"
                      "\"type\":\"tool_result\",\"tool_use_id\":\"t%d\",\"content\":\"\"}]}}\n",
                      i, i);
    read_log("claude", sv_buf_cstr(&log));
    is_int(sum("output_tokens"), 600, "every response is counted");
    size_t results = 0;
    for (size_t i = 0; i < event_count; i++)
        if (strcmp(field(i, "type"), "tool.result") == 0)
            is_str(field(i, "tool"), results++ == 0 ? "" : "Tool299", "calls long ago are forgotten, late ones are not");
    is_int((int64_t)results, 2, "both results came");
    sv_buf_free(&log);
}

int main(void)
{
    test_mapping();
    test_usage();
    test_status();
    test_agents();
    test_nobody();
    test_notes();
    test_broken();
    test_detect();
    test_bounds();
    return done();
}
