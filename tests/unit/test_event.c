/* SPDX-License-Identifier: ISC */
/* Native records to events: types, times, presets, derived fields, what nobody wants, addresses, canonical lines. */
#include "base/time.h"
#include "event/reader.h"
#include "event/redact.h"
#include "tap.h"

static struct sv_schema *schema;
static struct sv_event event;
static struct sv_arena arena;
static struct sv_json_rest rest;
static struct sv_value preset[SV_F_COUNT];
static struct sv_buf line; /* the last event as a canonical line */
static size_t emitted;
static uint32_t latency, nested;

static void on_event(void *context, struct sv_event *e)
{
    (void)context;
    emitted++;
    sv_buf_clear(&line);
    sv_event_put_json(&line, e, NULL);
}

static struct sv_reader_spec spec;
static struct sv_value got[64]; /* copies of the slots, as the sink saw them */

static void on_event_slots(void *context, struct sv_event *e)
{
    size_t bytes = e->slot_count * sizeof *got;
    memcpy(got, e->slots, bytes < sizeof got ? bytes : sizeof got);
    on_event(context, e);
}

static enum sv_record_result read_as(const struct sv_format *format, const char *text, struct sv_error *err)
{
    spec.format = format;
    sv_arena_reset(&arena);
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE("f.ndjson"), SV_SLICE("00000000000000aa"));
    struct sv_place place = {.record = 7};
    emitted = 0;
    enum sv_record_result result = sv_reader_record(reader, sv_slice_str(text), &place, err);
    sv_reader_free(reader);
    return result;
}

static const char *converted(const char *text)
{
    if (read_as(sv_format_find(SV_SLICE("sv")), text, NULL) != SV_RECORD_USED)
        return "rejected";
    line.len--; /* the newline */
    return sv_buf_cstr(&line);
}

static void test_canonical(void)
{
    is_str(converted("{\"zz\":[1, 2],\"agent\":\"a\",\"type\":\"tool.call\",\"id\":\"x\"}"),
           "{\"id\":\"x\",\"source\":\"sv\",\"type\":\"tool.call\",\"agent\":\"a\",\"zz\":[1, 2]}", "fields in their order, others behind");
    is_str(converted("{\"type\":\"a.b\"}"), "{\"id\":\"00000000000000aa:7.0\",\"source\":\"sv\",\"type\":\"a.b\"}",
           "without an id of its own its address");
    is_str(converted("{\"agent\":\"a\"}"), "{\"id\":\"00000000000000aa:7.0\",\"source\":\"sv\",\"type\":\"note\",\"agent\":\"a\"}",
           "without a type a note");
    is_str(converted("{\"id\":\"1\",\"type\":[7]}"), "{\"id\":\"1\",\"source\":\"sv\",\"type\":\"note\"}", "and with one that is no string");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"agent\":null,\"status\":5,\"cost_usd\":1,\"input_tokens\":2.0,\"labels\":\"x\"}"),
           "{\"id\":\"1\",\"source\":\"sv\",\"type\":\"t.x\",\"cost_usd\":1.0,\"cost_from\":\"reported\"}", "a wrong type is absent");
    is_int(spec.counts.odd, 4, "and counted, null is not");
    char longer[400];
    snprintf(longer, sizeof longer, "{\"type\":\"t.x\",\"id\":\"%0256d\"}", 1);
    converted(longer);
    ok(sv_slice_find(sv_buf_slice(&line), SV_SLICE("00000000000000aa:7.0")) == NULL, "an id of 256 bytes stays");
    snprintf(longer, sizeof longer, "{\"type\":\"t.x\",\"id\":\"%0257d\"}", 1);
    converted(longer);
    ok(sv_slice_find(sv_buf_slice(&line), SV_SLICE("00000000000000aa:7.0")) != NULL, "one of 257 is replaced by the address");
}

static void test_times(void)
{
    const char *want = "{\"id\":\"1\",\"time\":\"2026-03-01T00:00:01Z\",\"time_from\":\"event\",\"source\":\"sv\",\"type\":\"t.x\"}";
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"ts\":1772323201}"), want, "epoch seconds");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"timestamp\":1772323201000}"), want, "milliseconds");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"@timestamp\":1772323201000000}"), want, "microseconds");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"time\":1772323201000000000}"), want, "nanoseconds");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"ts\":1772323201.5}"),
           "{\"id\":\"1\",\"time\":\"2026-03-01T00:00:01.500Z\",\"time_from\":\"event\",\"source\":\"sv\",\"type\":\"t.x\"}", "a fraction");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"time\":\"2026-06-06T08:47:55.3NZ\"}"),
           "{\"id\":\"1\",\"source\":\"sv\",\"type\":\"t.x\",\"ext\":{\"time\":\"2026-06-06T08:47:55.3NZ\"}}", "no time: its text is kept in ext");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"time\":\"x\",\"ext\":{\"a\":1}}"),
           "{\"id\":\"1\",\"source\":\"sv\",\"type\":\"t.x\",\"ext\":{\"time\":\"x\",\"a\":1}}", "beside what is there");
    is_int(spec.counts.bad_time, 2, "both are counted");
    is_str(converted("{\"id\":\"1\",\"type\":\"t.x\",\"time\":\"2099-01-01T00:00:00Z\"}"), "{\"id\":\"1\",\"source\":\"sv\",\"type\":\"t.x\"}",
           "far ahead of the clock: without time");
    is_int(spec.counts.ahead, 1, "counted");
    spec.live = true;
    converted("{\"id\":\"1\",\"type\":\"t.x\"}");
    spec.live = false;
    ok(sv_slice_find(sv_buf_slice(&line), SV_SLICE("\"time_from\":\"arrival\"")) != NULL, "read live, an event without a clock gets one");
}

static void test_slots(void)
{
    spec.sink = on_event_slots;
    converted("{\"type\":\"tool.call\",\"tool\":\"Bash\",\"args\":{\"command\":\"ls\",\"deep\":{\"x\":4}},\"latency_ms\":3}");
    ok(got[latency].type == SV_DOUBLE && got[latency].d == 3.0, "a declared key has its type");
    ok(got[nested].type == SV_INT && got[nested].i == 4, "a registered path is filled");
    is_slice(sv_value_raw(got[SV_F_TOOL_KIND]), SV_SLICE("shell"), "tool_kind follows from the tool");
    is_slice(sv_value_raw(got[SV_F_COMMAND]), SV_SLICE("ls"), "command from its arguments");
    preset[SV_F_HOST] = sv_value_str(SV_SLICE("web3"));
    converted("{\"type\":\"t.x\"}");
    is_slice(sv_value_raw(got[SV_F_HOST]), SV_SLICE("web3"), "a preset fills what lacks");
    converted("{\"type\":\"t.x\",\"host\":\"own\"}");
    is_slice(sv_value_raw(got[SV_F_HOST]), SV_SLICE("own"), "and only that");
    preset[SV_F_HOST] = sv_value_of(SV_ABSENT);
    spec.sink = on_event;
}

static void test_records(void)
{
    struct sv_error err = {0};
    is_int(read_as(NULL, "  \t", &err), SV_RECORD_BLANK, "a blank line");
    is_int(read_as(NULL, "{\"type\":", &err), SV_RECORD_REJECTED, "a broken one");
    is_int(err.column, 9, "with its column");
    is_int(read_as(NULL, "[1]", &err), SV_RECORD_REJECTED, "no object");
    is_int(read_as(NULL, "{\"type\":\"system\",\"session_id\":\"s\",\"uuid\":\"u\"}", &err), SV_RECORD_USED, "a foreign log is read");
    ok(sv_slice_find(sv_buf_slice(&line), SV_SLICE("\"type\":\"note\"")) != NULL, "as a note");
    int64_t ns;
    ok(sv_reader_peek_time(NULL, 0, SV_SLICE("{\"x\":{\"time\":1},\"ts\":\"2026-03-01T00:00:01Z\"}"), &ns) && ns == 1772323201 * SV_SECOND_NS,
       "the time of a record, for merging");
    ok(!sv_reader_peek_time(NULL, 0, SV_SLICE("{\"ts\":"), &ns), "none of a broken one");
}

int main(void)
{
    schema = sv_schema_new();
    schema->keep_rest = true;
    struct sv_cel_env *env = sv_cel_env_new(NULL, schema->paths, &arena);
    sv_schema_declare(schema, env);
    ok(sv_schema_declare_key(schema, env, SV_SLICE("latency_ms"), SV_SLICE("double"), NULL), "a key is declared");
    ok(!sv_schema_declare_key(schema, env, SV_SLICE("agent"), SV_SLICE("string"), NULL), "a field cannot be");
    latency = sv_paths_slot(schema->paths, sv_paths_find(schema->paths, SV_PATHS_ROOT, SV_SLICE("latency_ms")));
    uint32_t args = sv_paths_key(schema->paths, SV_PATHS_ROOT, SV_SLICE("args"));
    nested = sv_paths_want(schema->paths, sv_paths_key(schema->paths, sv_paths_key(schema->paths, args, SV_SLICE("deep")), SV_SLICE("x")));
    sv_cel_env_free(env);
    schema->used[SV_F_TOOL_KIND] = schema->used[SV_F_COMMAND] = true;
    event = sv_event_new(schema);
    event.rest = &rest;
    spec = (struct sv_reader_spec){.schema = schema, .event = &event, .arena = &arena, .preset = preset, .sink = on_event};
    sv_time_parse(SV_SLICE("2030-01-01T00:00:00Z"), &spec.latest_ns);
    test_canonical();
    test_times();
    test_slots();
    test_records();
    sv_event_free(&event);
    sv_schema_free(schema);
    sv_json_rest_free(&rest);
    sv_arena_free(&arena);
    sv_buf_free(&line);
    return done();
}
