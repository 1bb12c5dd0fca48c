/* SPDX-License-Identifier: ISC */
/* A file left behind any of its records, and gone on with by another reader: the same events, byte for byte. */
#include <stdlib.h>

#include "base/limits.h"
#include "event/format/state.h"
#include "event/reader.h"
#include "tap.h"

/* --- state.h --- */

static struct sv_unpack in_of(const struct sv_buf *bytes)
{
    return sv_unpack(sv_buf_slice(bytes));
}

static void test_numbers(void)
{
    static const uint64_t all[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX};
    static const int64_t some[] = {0, -1, 1, -64, 64, INT64_MIN, INT64_MAX};
    struct sv_buf out = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sv_pack_uint(&out, all[i]);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        sv_pack_int(&out, some[i]);
    sv_state_put_number(&out, sv_value_double(-0.1));
    sv_state_put_number(&out, sv_value_int(-7));
    sv_state_put_number(&out, sv_value_of(SV_ABSENT));
    struct sv_unpack in = in_of(&out);
    bool same = true;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        same = same && sv_unpack_uint(&in) == all[i];
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        same = same && sv_unpack_int(&in) == some[i];
    ok(same, "whole numbers come back");
    double number = sv_state_get_number(&in).d;
    ok(number > -0.11 && number < -0.09, "a double");
    is_int(sv_state_get_number(&in).i, -7, "an int");
    is_int(sv_state_get_number(&in).type, SV_ABSENT, "and what is none");
    ok(sv_unpack_is_over(&in), "all of it was read");
    is_int(sv_unpack_uint(&in), 0, "behind the end there is nothing");
    ok(!sv_unpack_is_over(&in), "which is told");
    sv_buf_free(&out);
}

static void test_texts(void)
{
    char longest[SV_STATE_TEXT_MAX + 2];
    struct sv_buf out = {0}, kept = {0};
    struct sv_piece_word word;
    memset(longest, 'a', sizeof longest);
    memcpy(longest + SV_STATE_TEXT_MAX - 1, "\xC3\xA9", 2);
    sv_piece_keep(&word, SV_SLICE("/w/shop"));
    sv_state_put_text(&out, sv_slice(longest, sizeof longest));
    sv_state_put_text(&out, SV_SLICE(""));
    sv_state_put_word(&out, &word);
    sv_pack_text(&out, sv_slice(longest, sizeof longest - 1));
    struct sv_unpack in = in_of(&out);
    is_int(sv_state_get_slice(&in).len, SV_STATE_TEXT_MAX - 1, "a long text is cut, not inside a character");
    is_int(sv_state_get_slice(&in).len, 0, "an empty one");
    word.len = 0;
    sv_state_get_word(&in, &word);
    is_slice(sv_piece_kept(&word), SV_SLICE("/w/shop"), "a word");
    is_int(sv_state_get_long(&in, sizeof longest).len, sizeof longest - 1, "a text of any length");
    ok(sv_unpack_is_over(&in), "all of it was read");
    sv_state_keep(&kept, sv_slice(longest, sizeof longest));
    is_int(kept.len, SV_STATE_TEXT_MAX - 1, "what is kept is cut just so");
    sv_buf_free(&out);
    sv_buf_free(&kept);
}

static bool is_refused(struct sv_slice bytes, int what)
{
    struct sv_unpack in = sv_unpack(bytes);
    int64_t count = 1;
    if (what == 0)
        sv_state_get_slice(&in);
    else if (what == 1)
        sv_state_get_counts(&in, &count, 1);
    else
        sv_state_get_number(&in);
    return !sv_unpack_is_over(&in) && (what != 1 || count == 0);
}

static void test_broken(void)
{
    ok(is_refused(SV_SLICE("\x05"
                           "abc"),
                  0),
       "a text longer than what is there");
    ok(is_refused(SV_SLICE("\x02\xC3("), 0), "one that is not UTF-8");
    ok(is_refused(SV_SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0), "a length of nearly all numbers");
    ok(is_refused(SV_SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), 1), "a count that nobody counts up to");
    ok(is_refused(SV_SLICE("\x80"), 1), "a number cut short");
    struct sv_buf out = {0};
    union {
        uint64_t bits;
        double number;
    } odd = {.bits = UINT64_C(0x7ff0000000000000)};
    sv_state_put_number(&out, sv_value_double(odd.number));
    ok(is_refused(sv_buf_slice(&out), 2), "infinity");
    sv_buf_free(&out);
}

static void test_calls(void)
{
    static struct sv_piece_calls calls, back;
    char id[16];
    struct sv_buf out = {0};
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "c%d", i);
        sv_piece_call_add(&calls, sv_slice_str(id), SV_SLICE("Bash"));
        if (i % 7 == 0)
            sv_piece_call_remove(&calls, sv_slice_str(id));
    }
    sv_state_put_calls(&out, &calls, SV_FORMAT_STATE_MAX);
    struct sv_unpack in = in_of(&out);
    sv_state_get_calls(&in, &back);
    bool same = sv_unpack_is_over(&in);
    for (int i = 300; i < 500; i++) {
        for (int j = 0; j <= i && same; j++) {
            snprintf(id, sizeof id, "c%d", j);
            same = sv_slice_equal(sv_piece_call_tool(&calls, sv_slice_str(id)), sv_piece_call_tool(&back, sv_slice_str(id)));
        }
        snprintf(id, sizeof id, "c%d", i);
        sv_piece_call_add(&calls, sv_slice_str(id), SV_SLICE("Read"));
        sv_piece_call_add(&back, sv_slice_str(id), SV_SLICE("Read"));
    }
    ok(same, "calls come back in their order, and are forgotten in it");
    sv_buf_clear(&out);
    sv_state_put_calls(&out, &calls, 160);
    in = in_of(&out);
    is_int(sv_unpack_uint(&in), 10, "of little room the newest make use");
    sv_buf_free(&out);
}

/* --- logs --- */

#define C_HEAD(uuid) "\"uuid\":\"" uuid "\",\"sessionId\":\"s1\",\"timestamp\":\"2026-11-02T09:00:00Z\""
#define C_SAID(uuid, id, out, content)                                                                                             \
    "{\"type\":\"assistant\"," C_HEAD(uuid) ",\"message\":{\"id\":\"" id                                                           \
                                            "\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[" content               \
                                            "],\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":3,\"cache_read_input_"     \
                                            "tokens\":40,\"output_tokens\":" #out "}}}\n"
#define C_TEXT "{\"type\":\"text\",\"text\":\"h\xC3\xA9\"}"
#define C_CALL(id) "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}"
#define C_GAVE(id) "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":\"x\"}"
#define C_USER(uuid, rest, content)                                                                                                \
    "{\"type\":\"user\"," C_HEAD(uuid) rest ",\"message\":{\"role\":\"user\",\"content\":[" content "]}}\n"

static const char claude[] = C_USER("u1", ",\"cwd\":\"/w/shop\",\"permissionMode\":\"plan\"", C_TEXT) C_SAID("a1", "m1", 1, C_TEXT)
    C_SAID("a2", "m1", 5, C_CALL("t1")) C_USER("u2", "", C_GAVE("t1"))
        C_SAID("a3", "m1", 9, C_CALL("t2")) "\n" C_SAID("a4", "m2", 2, C_TEXT)
            C_USER("u3", ",\"agentId\":\"ab\",\"isSidechain\":true", C_TEXT) "{\"type\":\"assistant\"," C_HEAD(
                "a5") ",\"agentId\":\"ab\",\"costUSD\":0.25,\"durationMs\":7,\"message\":{\"id\":\"m3\",\"role\":"
                      "\"assistant\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n" C_SAID(
                          "a6", "m1", 11, C_TEXT) "{broken\n" C_USER("u4", ",\"permissionMode\":\"default\"", C_GAVE("t2"))
                          C_SAID("a7", "m4", 2, C_TEXT);

#define X_AT(type, payload) "{\"timestamp\":\"2026-11-02T09:00:00Z\",\"type\":\"" type "\",\"payload\":{" payload "}}\n"
#define X_TOKENS(in, out)                                                                                                          \
    X_AT("event_msg",                                                                                                              \
         "\"type\":\"token_count\",\"info\":{\"total_token_usage\":{\"input_tokens\":" #in ",\"output_tokens\":" #out "}}")

static const char codex[] = X_AT("session_meta", "\"id\":\"A\",\"cwd\":\"/w/b\",\"source\":{\"subagent\":\"review\"}")
    X_AT("turn_context", "\"cwd\":\"/w/c\",\"approval_policy\":\"never\",\"model\":\"gpt-x\",\"turn_id\":\"T\"")
        X_AT("event_msg", "\"type\":\"user_message\",\"message\":\"go\"") X_AT("event_msg",
                                                                               "\"type\":\"agent_message\",\"message\":\"ok\"")
            X_AT("response_item", "\"type\":\"function_call\",\"name\":\"shell\",\"arguments\":\"{}\",\"call_id\":\"c\"")
                X_TOKENS(9, 2) X_TOKENS(9, 2)
                    X_AT("response_item", "\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"x\"") X_TOKENS(20, 4)
                        X_AT("response_item",
                             "\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"ok\"}]")
                            X_AT("event_msg", "\"type\":\"agent_message\",\"message\":\"ok\"") X_TOKENS(5, 1)
                                X_AT("session_meta", "\"id\":\"B\"") X_TOKENS(7, 3);

#define S_IN(uuid) "\"session_id\":\"s1\",\"uuid\":\"" uuid "\""
#define S_SAID(uuid, parent, id, content)                                                                                          \
    "{\"type\":\"assistant\"," S_IN(uuid) ",\"parent_tool_use_id\":" parent ",\"message\":{\"id\":\"" id                           \
                                          "\",\"model\":\"m\",\"content\":[" content                                               \
                                          "],\"stop_reason\":\"x\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n"
#define S_RESULT(cost, out)                                                                                                        \
    "{\"type\":\"result\",\"subtype\":\"success\",\"total_cost_usd\":" #cost                                                       \
    ",\"usage\":{\"input_tokens\":10,\"output_tokens\":" #out "}," S_IN("r") "}\n"

static const char claude_stream[] =
    "{\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/w/x\",\"model\":\"m\",\"permissionMode\":\"plan\"," S_IN(
        "i") "}\n" S_SAID("a1", "null", "m1", C_TEXT)
        S_SAID("a2", "null", "m1", C_CALL("t1"))
            S_SAID(
                "a3", "\"t1\"",
                "m2", C_CALL("t2")) "{\"type\":\"user\"," S_IN("u1") ",\"parent_tool_use_id\":\"t1\",\"message\":{\"content\":"
                                                                     "[" C_GAVE("t2") "]}}\n"
                                                                                      "{\"type\":\"user\"," S_IN(
                                                                                          "u2") ",\"message\":{\"content\":"
                                                                                                "[" C_GAVE("t1") "]}}\n" S_SAID("a"
                                                                                                                                "4",
                                                                                                                                "nu"
                                                                                                                                "l"
                                                                                                                                "l",
                                                                                                                                "m"
                                                                                                                                "1",
                                                                                                                                C_TEXT)
                                                                                                    S_RESULT(0.5,
                                                                                                             30) "{\"type\":"
                                                                                                                 "\"system\","
                                                                                                                 "\"subtype\":"
                                                                                                                 "\"init\","
                                                                                                                 "\"model\":"
                                                                                                                 "\"m\"," S_IN("i") "}\n" S_SAID("a5",
                                                                                                                                                 "null",
                                                                                                                                                 "m3",
                                                                                                                                                 C_TEXT)
                                                                                                                     S_RESULT(
                                                                                                                         0.75,
                                                                                                                         50) "{\"ty"
                                                                                                                             "pe\":"
                                                                                                                             "\"sys"
                                                                                                                             "tem\""
                                                                                                                             ",\"su"
                                                                                                                             "btype"
                                                                                                                             "\":"
                                                                                                                             "\"ini"
                                                                                                                             "t\","
                                                                                                                             "\"mod"
                                                                                                                             "el\":"
                                                                                                                             "\"m\""
                                                                                                                             ",\"se"
                                                                                                                             "ssion"
                                                                                                                             "_id\""
                                                                                                                             ":\"s2"
                                                                                                                             "\"}"
                                                                                                                             "\n";

static const char codex_exec[] =
    "{\"type\":\"thread.started\",\"thread_id\":\"T\"}\n{\"type\":\"turn.started\",\"turn_id\":\"A\"}\n"
    "{\"type\":\"item.started\",\"item\":{\"id\":\"i\",\"type\":\"command_execution\",\"command\":\"bash -lc 'a'\"}}\n"
    "{\"type\":\"item.completed\",\"item\":{\"id\":\"j\",\"type\":\"file_change\",\"changes\":[{\"path\":\"a\"}]}}\n"
    "{\"type\":\"item.completed\",\"item\":{\"id\":\"i\",\"type\":\"command_execution\",\"aggregated_output\":\"no\",\"exit_code\":"
    "2}}\n"
    "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":9,\"cached_input_tokens\":4,\"output_tokens\":2}}\n"
    "{\"type\":\"thread.started\",\"thread_id\":\"T\"}\n{\"type\":\"turn.started\",\"turn_id\":\"B\"}\n"
    "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":12,\"cached_input_tokens\":5,\"output_tokens\":3}}\n";

#define H_TOOL(kind, command)                                                                                                      \
    "{\"session_id\":\"s\",\"hook_event_name\":\"" kind "\",\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\"" command "\"}}"  \
                                                                                                                           "\n"

static const char claude_hook[] =
    "{\"session_id\":\"s\",\"cwd\":\"/w/x\",\"hook_event_name\":\"SessionStart\",\"source\":\"startup\"}\n" H_TOOL(
        "PreToolUse", "ls") H_TOOL("PostToolUse", "ls") H_TOOL("PreToolUse", "ls") H_TOOL("PreToolUse", "pwd")
        H_TOOL("PostToolUse", "ls") "{\"session_id\":\"t\",\"hook_event_name\":\"Stop\"}\n" H_TOOL("PostToolUse", "pwd")
            H_TOOL("PostToolUseFailure", "ls");

#define G_PIECE(role, text)                                                                                                        \
    "{\"type\":\"message\",\"timestamp\":\"2026-11-02T09:00:01Z\",\"role\":\"" role "\",\"content\":\"" text "\",\"delta\":true}"  \
                                                                                                             "\n"

static const char gemini_stream[] =
    "{\"type\":\"init\",\"timestamp\":\"2026-11-02T09:00:00Z\",\"session_id\":\"s\",\"model\":\"m\"}\n" G_PIECE("assistant", "a ")
        G_PIECE("assistant", "b ") G_PIECE("assistant", "\xE2\x82\xAC") G_PIECE(
            "user", "c") "{\"type\":\"tool_use\",\"tool_name\":\"read_file\",\"tool_id\":\"t\",\"parameters\":{\"path\":\"x\"}}\n"
                         "{\"type\":\"tool_result\",\"tool_id\":\"t\",\"status\":\"success\",\"output\":\"y\"}\n" G_PIECE(
                             "assistant", "d") "{\"type\":\"result\",\"status\":\"success\",\"stats\":{\"total_tokens\":9,\"input_"
                                               "tokens\":5,\"output_tokens\":2}}\n" G_PIECE("assistant", "e");

#define G_SAID(id, rest)                                                                                                           \
    "{\"id\":\"" id "\",\"timestamp\":\"2026-11-02T09:00:02Z\",\"type\":\"gemini\",\"content\":\"z\",\"model\":\"m\"" rest "}"
#define G_CALL(status) ",\"toolCalls\":[{\"id\":\"c\",\"name\":\"n\",\"args\":{},\"status\":\"" status "\",\"result\":[]}]"
#define G_TOKENS(in, out) ",\"tokens\":{\"input\":" #in ",\"output\":" #out ",\"cached\":1,\"thoughts\":3,\"tool\":1}"

static const char gemini_file[] =
    "{\"sessionId\":\"s\",\"startTime\":\"2026-11-02T09:00:00Z\",\"directories\":[\"/w/x\"],\"kind\":\"main\"}\n"
    "{\"id\":\"a\",\"timestamp\":\"2026-11-02T09:00:01Z\",\"type\":\"user\",\"content\":\"go\"}\n" G_SAID("b", "") "\n" G_SAID(
        "b",
        G_CALL("executing")) "\n" G_SAID("b",
                                         G_CALL("success") G_TOKENS(
                                             5,
                                             2)) "\n{\"$set\":{\"messages\":[" G_SAID("b",
                                                                                      G_CALL("success") G_TOKENS(
                                                                                          7,
                                                                                          2)) "," G_SAID("d",
                                                                                                         G_TOKENS(
                                                                                                             1,
                                                                                                             1)) "]}}\n{\"$"
                                                                                                                 "rewindTo\":\"a\"}"
                                                                                                                 "\n" G_SAID("d",
                                                                                                                             G_TOKENS(
                                                                                                                                 1,
                                                                                                                                 4)) "\n";

static const char gemini_document[] = "{\"sessionId\":\"s\",\"startTime\":\"2026-11-02T09:00:00Z\",\"messages\":[" G_SAID(
    "b", G_CALL("executing")) "]}\n"
                              "{\"sessionId\":\"s\",\"startTime\":\"2026-11-02T09:00:00Z\",\"messages\":[" G_SAID(
                                  "b", G_CALL("success") G_TOKENS(7, 2)) "]}\n";

static const char csv[] =
    "time,type,agent,\"what, else\"\n2026-11-02T09:00:00Z,task.done,a,\"x\n\"\"y\"\"\"\n2026-11-02T09:00:01Z,task.done,b,\n"
    "too,few\n2026-11-02T09:00:02Z,task.done,c,z\n";
static const char csv_unusable[] = "time,time\n1,2\n3,4\n";
static const char logfmt[] = "time=2026-11-02T09:00:00Z type=a.b agent=x\ntime=2026-11-02T09:00:01Z type=a.b msg=\"y z\"\nodd\n";
static const char native[] =
    "{\"type\":\"a.b\",\"time\":\"2026-11-02T09:00:00Z\",\"own\":[1]}\n\n{\"type\":7}\n{\"type\":\"a.c\",\"id\":\"own\"}\n";
static const char others[] = "{\"resourceSpans\":[]}\n{\"resourceLogs\":[]}\n";
static const char unclear[] =
    "{\"a\":1}\nplain words\n{\"b\":2}\ntime=2026-11-02T09:00:00Z type=a.b\n{\"sessionId\":\"s1\",\"type\":\"user\",\"uuid\":\"u\","
    "\"cwd\":\"/w/x\",\"message\":{\"role\":\"user\",\"content\":\"x\"}}\n";

static const char mixed[] = "{\"type\":\"a.b\",\"id\":\"own\"}\n"
    C_SAID("a1", "m1", 1, C_TEXT) "{\"type\":\"init\",\"timestamp\":\"2026-11-02T09:00:00Z\",\"session_id\":\"s\",\"model\":\"m\"}\n"
    G_PIECE("assistant", "a ") C_SAID("a2", "m1", 5, C_CALL("t1")) G_PIECE("assistant", "b ") C_USER("u2", "", C_GAVE("t1"));

static const struct {
    const char *name, *format, *text;
} logs[] = {
    {"Claude's transcript", NULL, claude},
    {"Codex's rollout", NULL, codex},
    {"Claude's stream", NULL, claude_stream},
    {"Codex without a terminal", NULL, codex_exec},
    {"payloads of hooks", NULL, claude_hook},
    {"Gemini's stream", NULL, gemini_stream},
    {"Gemini's session as lines", NULL, gemini_file},
    {"Gemini's session as documents", NULL, gemini_document},
    {"CSV", NULL, csv},
    {"CSV that cannot be used", "csv", csv_unusable},
    {"logfmt", NULL, logfmt},
    {"native events", NULL, native},
    {"what is recognised only", NULL, others},
    {"what is nobody's at first", NULL, unclear},
    {"several formats in one file", NULL, mixed},
};

/* --- reading in two parts --- */

static struct sv_schema *schema;

static void put_event(void *context, struct sv_event *event)
{
    sv_event_id(event);
    sv_event_put_json(context, event, NULL);
}

static size_t record_len(const char *format, struct sv_slice log)
{
    enum sv_framing_state state = SV_FRAMING_START;
    enum sv_framing framing = format != NULL && strcmp(format, "csv") == 0 ? SV_FRAMING_QUOTED : SV_FRAMING_LINES;
    const char *stop = sv_framing_scan(framing, log, &state);
    return stop != NULL ? (size_t)(stop - log.data) : log.len;
}

static size_t biggest;

/* The events of a log whose reader is put away behind record `cut` and made anew; with `changed` from those bytes, NULL: from its own.
 * Returns how many records there are. */
static uint64_t read_log(const char *format, struct sv_slice log, uint64_t cut, const struct sv_buf *changed, struct sv_buf *out,
                         bool *restored)
{
    static struct sv_arena arena;
    struct sv_event event = sv_event_new(schema);
    struct sv_reader_spec spec = {.schema = schema,
                                  .format = format != NULL ? sv_format_find(sv_slice_str(format)) : NULL,
                                  .event = &event,
                                  .arena = &arena,
                                  .latest_ns = INT64_MAX,
                                  .sink = put_event,
                                  .context = out};
    const char *framed = format != NULL ? format : sv_slice_starts(log, SV_SLICE("time,")) ? "csv" : NULL;
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    struct sv_place place = {0};
    for (;;) {
        if (place.record == cut) {
            struct sv_buf state = {0};
            sv_reader_save(reader, &state);
            biggest = state.len > biggest ? state.len : biggest;
            sv_reader_free(reader);
            reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
            bool fine = sv_reader_restore(reader, sv_buf_slice(changed != NULL ? changed : &state));
            if (restored != NULL)
                *restored = fine;
            sv_buf_free(&state);
        }
        if (log.len == 0)
            break;
        size_t len = record_len(framed, log);
        struct sv_error err = {0};
        char *copy = malloc(len + 1);
        memcpy(copy, log.data, len);
        place.record++;
        enum sv_record_result result = sv_reader_record(reader, sv_slice(copy, len), &place, &err);
        if (result != SV_RECORD_USED)
            sv_buf_printf(out, "%d %s\n", (int)result, err.text);
        len += len < log.len;
        place.offset += (int64_t)len;
        log = sv_slice(log.data + len, log.len - len);
        sv_arena_reset(&arena);
        free(copy);
    }
    sv_reader_end(reader);
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_arena_free(&arena);
    return place.record;
}

static void test_cuts(const char *name, const char *format, struct sv_slice log)
{
    struct sv_buf whole = {0}, parts = {0};
    uint64_t records = read_log(format, log, UINT64_MAX, NULL, &whole, NULL), at = 0;
    bool same = whole.len > 0, restored = true;
    for (; at <= records && same && restored; at++) {
        sv_buf_clear(&parts);
        read_log(format, log, at, NULL, &parts, &restored);
        same = sv_slice_equal(sv_buf_slice(&whole), sv_buf_slice(&parts));
    }
    if (!ok(same && restored, "%s, left behind each of %d records", name, (int)records))
        printf("# behind record %d\n# whole: %s\n# parts: %s\n", (int)at - 1, sv_buf_cstr(&whole), sv_buf_cstr(&parts));
    sv_buf_free(&whole);
    sv_buf_free(&parts);
}

/* Whatever was changed: refused, and then as if the file began there, or taken; never a crash. */
static void test_changed(const char *name, const char *format, struct sv_slice log)
{
    struct sv_arena arena = {0};
    struct sv_event event = sv_event_new(schema);
    struct sv_buf state = {0}, events = {0}, fresh = {0};
    struct sv_reader_spec spec = {.schema = schema,
                                  .format = format != NULL ? sv_format_find(sv_slice_str(format)) : NULL,
                                  .event = &event,
                                  .arena = &arena,
                                  .latest_ns = INT64_MAX,
                                  .sink = put_event,
                                  .context = &events};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    struct sv_place place = {.record = 1};
    struct sv_error err = {0};
    size_t first = record_len(strcmp(name, "CSV") == 0 ? "csv" : format, log);
    sv_reader_record(reader, sv_slice(log.data, first), &place, &err);
    sv_reader_save(reader, &state);
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_arena_free(&arena);

    struct sv_buf none = {0}, cut = {0};
    bool restored = true, fine = true;
    read_log(format, log, 1, &none, &fresh, &restored);
    fine = !restored && fresh.len > 0;
    for (size_t len = 1; len < state.len && fine; len++) {
        sv_buf_set(&cut, sv_slice(state.data, len));
        sv_buf_clear(&events);
        read_log(format, log, 1, &cut, &events, &restored);
        fine = restored || sv_slice_equal(sv_buf_slice(&events), sv_buf_slice(&fresh));
    }
    ok(fine, "%s: a state cut short is none", name);
    fine = true;
    for (size_t i = 0; i < state.len; i++)
        for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
            sv_buf_set(&cut, sv_buf_slice(&state));
            cut.data[i] = (char)(cut.data[i] ^ (char)flip);
            sv_buf_clear(&events);
            read_log(format, log, 1, &cut, &events, &restored);
            fine = fine && (restored || sv_slice_equal(sv_buf_slice(&events), sv_buf_slice(&fresh)));
        }
    ok(fine, "%s: changed bytes are read or refused", name);
    sv_buf_free(&none);
    sv_buf_free(&cut);
    sv_buf_free(&state);
    sv_buf_free(&events);
    sv_buf_free(&fresh);
}

/* What a log says at such length that not all of it can be kept: still one answer, and within bounds. */
static void test_long(void)
{
    char text[3001];
    struct sv_buf log = {0};
    memset(text, 'n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 40; i++)
        sv_buf_printf(&log,
                      "{\"type\":\"assistant\",\"uuid\":\"%s%d\",\"sessionId\":\"s%s%d\",\"cwd\":\"/w/"
                      "%s\",\"permissionMode\":\"%s\",\"message\":"
                      "{\"id\":\"m%s%d\",\"role\":\"assistant\",\"model\":\"%s\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t%"
                      "d\",\"name\":\"%.96s\"}],"
                      "\"usage\":{\"input_tokens\":900000000000,\"output_tokens\":900000000000}}}\n",
                      text, i, text, i / 9, text, text, text, i / 2, text, i, text);
    test_cuts("Claude at length", NULL, sv_buf_slice(&log));
    sv_buf_clear(&log);
    for (int i = 0; i < 300; i++)
        sv_buf_printf(
            &log,
            "{\"timestamp\":\"2026-11-02T09:00:00Z\",\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/"
            "%s\",\"model\":\"%s\",\"turn_id\":\"%s\"}}\n"
            "{\"type\":\"response_item\",\"payload\":{\"type\":\"function_call\",\"name\":\"%.96s\",\"call_id\":\"c%d\"}}\n",
            text, text, text, text, i);
    struct sv_buf out = {0}, parts = {0};
    uint64_t records = read_log("codex", sv_buf_slice(&log), UINT64_MAX, NULL, &out, NULL);
    read_log("codex", sv_buf_slice(&log), records - 2, NULL, &parts, NULL);
    ok(sv_slice_equal(sv_buf_slice(&out), sv_buf_slice(&parts)), "Codex at length");
    sv_buf_clear(&log);
    sv_buf_str(&log, "time");
    while (log.len < SV_FORMAT_STATE_MAX - 12)
        sv_buf_printf(&log, ",c%zu", log.len);
    sv_buf_str(&log, "\n");
    size_t head = log.len;
    for (size_t i = 0; i < head; i++)
        if (log.data[i] == ',')
            sv_buf_char(&log, ',');
    test_cuts("a header as long as may be", "csv", sv_buf_slice(&log));
    ok(biggest <= (size_t)SV_FORMAT_STATE_MAX + 64, "a state is at most 64 KiB (the biggest has %zu bytes)", biggest);
    sv_buf_free(&log);
    sv_buf_free(&out);
    sv_buf_free(&parts);
}

/* The format may be named, or named differently, between two runs. */
static void test_named(void)
{
    struct sv_arena arena = {0};
    struct sv_event event = sv_event_new(schema);
    struct sv_buf state = {0}, out = {0};
    struct sv_error err = {0};
    struct sv_reader_spec spec = {
        .schema = schema, .event = &event, .arena = &arena, .latest_ns = INT64_MAX, .sink = put_event, .context = &out};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    sv_reader_record(reader, SV_SLICE("{\"a\":1}"), &(struct sv_place){.record = 1}, &err);
    ok(sv_reader_format(reader) == NULL, "nobody's yet");
    sv_reader_save(reader, &state);
    sv_reader_free(reader);
    spec.format = sv_format_find(SV_SLICE("claude"));
    reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    ok(sv_reader_restore(reader, sv_buf_slice(&state)), "what was nobody's may be named later");
    sv_reader_record(reader, SV_SLICE("{\"sessionId\":\"s\"}"), &(struct sv_place){.record = 2}, &err);
    sv_buf_clear(&state);
    sv_reader_save(reader, &state);
    sv_reader_free(reader);
    spec.format = sv_format_find(SV_SLICE("codex"));
    reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    ok(!sv_reader_restore(reader, sv_buf_slice(&state)), "what was one's is not another's");
    sv_buf_clear(&out);
    sv_reader_record(reader, SV_SLICE("{\"timestamp\":\"x\",\"type\":\"event_msg\",\"payload\":{\"type\":\"task_started\"}}"),
                     &(struct sv_place){.record = 3}, &err);
    ok(out.len > 0, "it is read all the same");
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_arena_free(&arena);
    sv_buf_free(&state);
    sv_buf_free(&out);
}

int main(void)
{
    schema = sv_schema_new();
    schema->keep_rest = true;
    for (int f = 0; f < SV_SLOT_FIRST; f++)
        schema->used[f] = true;
    test_numbers();
    test_texts();
    test_broken();
    test_calls();
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        test_cuts(logs[i].name, logs[i].format, sv_slice_str(logs[i].text));
        test_changed(logs[i].name, logs[i].format, sv_slice_str(logs[i].text));
    }
    test_long();
    test_named();
    sv_schema_free(schema);
    return done();
}
