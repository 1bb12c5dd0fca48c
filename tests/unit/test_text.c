/* SPDX-License-Identifier: ISC */
/* CSV and logfmt to events: names, types, what is rejected and where, what `auto` takes for which. */
#include <time.h>

#include "base/limits.h"
#include "base/time.h"
#include "event/reader.h"
#include "tap.h"

static struct sv_schema *schema;
static struct sv_event event;
static struct sv_arena arena, arena_of_names;
static struct sv_json_rest rest;
static struct sv_buf lines; /* events as canonical lines */
static uint32_t latency, deep, colour;
static struct sv_value got_latency, got_deep, got_colour;
static char format_used[16];

static void on_event(void *context, struct sv_event *e)
{
    (void)context;
    got_latency = e->slots[latency];
    got_deep = e->slots[deep];
    got_colour = e->slots[colour];
    sv_event_put_json(&lines, e, NULL);
}

static struct sv_reader_spec spec;

/* Reads a log whose records are framed by `|`, so that a record may hold a newline. Returns its events,
 * each a line, and what was rejected as `! line:column text`. */
static const char *read_bytes(const char *format, struct sv_slice log, char by)
{
    struct sv_place place = {0};
    spec.format = format != NULL ? sv_format_find(sv_slice_str(format)) : NULL;
    spec.counts = (struct sv_reader_counts){0};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE("f"), SV_SLICE("o"));
    sv_buf_clear(&lines);
    for (const char *p = log.data, *end = sv_slice_end(log), *stop; p < end; p = stop + 1) {
        struct sv_error err = {0};
        stop = memchr(p, by, (size_t)(end - p));
        stop = stop != NULL ? stop : end;
        place.record++;
        enum sv_record_result result = sv_reader_record(reader, sv_slice(p, (size_t)(stop - p)), &place, &err);
        if (result == SV_RECORD_REJECTED || result == SV_RECORD_UNUSABLE)
            sv_buf_printf(&lines, "%s %u:%u %s\n", result == SV_RECORD_UNUSABLE ? "!!" : "!", err.line, err.column, err.text);
        sv_arena_reset(&arena);
    }
    sv_reader_end(reader);
    snprintf(format_used, sizeof format_used, "%s", sv_reader_format(reader) != NULL ? sv_reader_format(reader)->name : "none");
    sv_reader_free(reader);
    return sv_buf_cstr(&lines);
}

static const char *csv(const char *log)
{
    return read_bytes("csv", sv_slice_str(log), '|');
}

static const char *logfmt(const char *log)
{
    return read_bytes("logfmt", sv_slice_str(log), '|');
}

/* What is behind `"source":"csv"` of a log with one event. */
static const char *tail(const char *line)
{
    static struct sv_buf out;
    const char *at = strstr(line, "\"source\":");
    at = at != NULL ? strchr(at, ',') : NULL;
    sv_buf_set(&out, at != NULL ? sv_slice(at + 1, strlen(at + 1) - 2) : sv_slice_str(line));
    return sv_buf_cstr(&out);
}

static void test_csv_types(void)
{
    is_str(csv("type,agent|note,a"), "{\"id\":\"o:2.0\",\"source\":\"csv\",\"type\":\"note\",\"agent\":\"a\"}\n", "a header and a record");
    is_str(tail(csv("agent,zz,type|a,1,x.y")), "\"type\":\"x.y\",\"agent\":\"a\",\"zz\":\"1\"", "any order; other columns are strings");
    is_str(csv("type,agent|"), "", "a header alone: no event");
    is_str(tail(csv("foo,bar|1,2")), "\"type\":\"note\",\"foo\":\"1\",\"bar\":\"2\"", "no known name at all");
    is_str(tail(csv("exit_code,cost_usd,value|1, 0.5 ,1e3")), "\"type\":\"note\",\"exit_code\":1,\"cost_usd\":0.5,\"cost_from\":\"reported\",\"value\":1000.0",
           "numbers, with blanks around them");
    is_str(tail(csv("exit_code,result_bytes|12.0,-3")), "\"type\":\"note\",\"exit_code\":12,\"result_bytes\":-3", "12.0 is whole");
    is_str(tail(csv("exit_code,value,agent|x,0x10,a")), "\"type\":\"note\",\"agent\":\"a\"", "what is no number is absent");
    is_int(spec.counts.odd, 2, "and counted");
    is_str(tail(csv("exit_code,value|1.5,nan")), "\"type\":\"note\"", "neither 1.5 nor nan");
    is_int(spec.counts.odd, 2, "both are counted");
    is_str(tail(csv("exit_code,agent|,a")), "\"type\":\"note\",\"agent\":\"a\"", "an empty cell is absent");
    is_str(tail(csv("exit_code,agent|\"\",a")), "\"type\":\"note\",\"agent\":\"a\"", "also one with quotes");
    is_int(spec.counts.odd, 0, "which is not odd");
    is_str(tail(csv("agent,text| a , \t")), "\"type\":\"note\",\"agent\":\" a \",\"text\":\" \\t\"", "text keeps its blanks");

    is_str(tail(csv("args,x|\"{\"\"command\"\":\"\"ls\"\"}\",")), "\"type\":\"note\",\"args\":{\"command\":\"ls\"}", "args that are JSON");
    is_str(tail(csv("args,result|ls -l,\"{\"")), "\"type\":\"note\",\"args\":\"ls -l\",\"result\":\"{\"", "that are none");
    is_str(tail(csv("result,x|\"[1,\n 2]\",")), "\"type\":\"note\",\"result\":[1, 2]", "JSON over lines becomes one");
    is_str(tail(csv("result,x|12,")), "\"type\":\"note\",\"result\":\"12\"", "a number alone is text");
    is_str(tail(csv("labels,ext|\"{\"\"a\"\":1}\",\"{\"\"b\"\":2}\"")), "\"type\":\"note\",\"labels\":{\"a\":1},\"ext\":{\"b\":2}", "labels and ext");
    is_str(tail(csv("labels,ext|\"[1]\",x")), "\"type\":\"note\"", "must be objects");
    is_int(spec.counts.odd, 2, "else they are odd");

    csv("latency_ms,meta,colour|12,\"{\"\"deep\"\":7}\",red");
    ok(got_latency.type == SV_DOUBLE && got_latency.d == 12, "a column typed by `fields` is a double");
    ok(got_deep.type == SV_INT && got_deep.i == 7, "one that is a map can be looked into");
    is_slice(sv_value_raw(got_colour), SV_SLICE("red"), "one that a path names is a string");
    csv("latency_ms,meta|fast,[1]");
    ok(got_latency.type == SV_ABSENT && got_deep.type == SV_ABSENT, "what does not fit is absent");
    is_int(spec.counts.odd, 2, "and odd");
}

static void test_csv_time(void)
{
    static const char want[] = "\"time\":\"2023-11-14T22:13:20Z\"";
    ok(strstr(csv("time|1700000000"), want) != NULL, "seconds");
    ok(strstr(csv("ts,x|1700000000000,"), want) != NULL, "milliseconds, as ts");
    ok(strstr(csv("@timestamp,x|1700000000.0,"), want) != NULL, "with a fraction, as @timestamp");
    ok(strstr(csv("timestamp,time|1700000000,"), want) != NULL, "of two names the one that has a value");
    ok(strstr(csv("time| 2023-11-14T23:13:20+01:00"), "\"time\":\"2023-11-14T23:13:20+01:00\"") != NULL, "RFC 3339");
    is_str(tail(csv("time,x|14.11.2023,")), "\"type\":\"note\",\"ext\":{\"time\":\"14.11.2023\"}", "what is none lies in ext");
    is_int(spec.counts.bad_time, 1, "and is counted");

    const struct sv_format *format = sv_format_find(SV_SLICE("csv"));
    int64_t ns = 0;
    ok(sv_reader_peek_time(format, format->time_key(SV_SLICE("a,time")), SV_SLICE("\"x,\",1700000000"), &ns) && ns == 1700000000 * SV_SECOND_NS,
       "for merging it is found by the header");
    ok(!sv_reader_peek_time(format, format->time_key(SV_SLICE("a,time")), SV_SLICE("a,time"), &ns), "the header has none");
    ok(!sv_reader_peek_time(format, format->time_key(SV_SLICE("a,b")), SV_SLICE("1,2"), &ns), "nor has a file without such a column");
    ok(!sv_reader_peek_time(format, format->time_key(SV_SLICE("")), SV_SLICE("1,2"), &ns), "nor one whose header is not known");
}

static void test_csv_quotes(void)
{
    is_str(tail(csv("agent,text|\"a,b\",\"c \"\"d\"\"\"")), "\"type\":\"note\",\"agent\":\"a,b\",\"text\":\"c \\\"d\\\"\"", "commas and quotes");
    is_str(tail(csv("agent,text|a,\"b\r\nc\n\nd\"")), "\"type\":\"note\",\"agent\":\"a\",\"text\":\"b\\r\\nc\\n\\nd\"", "line ends in a cell");
    is_str(tail(csv("agent,text|5\" disk,x\"y\"")), "\"type\":\"note\",\"agent\":\"5\\\" disk\",\"text\":\"x\\\"y\\\"\"", "quotes in the middle are text");
    is_str(tail(csv("agent,text|a, \"b\"")), "\"type\":\"note\",\"agent\":\"a\",\"text\":\" \\\"b\\\"\"", "a blank before a quote is the middle");
    is_str(csv("agent,text|a,\"b\"c"), "! 1:6 text behind the closing quote of a cell (a quote inside a quoted cell is written twice)\n",
           "text behind a closing quote");
    is_str(csv("agent,text|a,\"b"), "! 1:3 the quote opened here is not closed\n", "a quote that is not closed");
    is_str(csv("agent,text|a\nb,c"), "! 1:1 the quote opened here is not closed\n", "two lines that are no record");
    is_str(tail(csv("\"agent\",\"zz \"\"1\"\"\nx\"|a,b")), "\"type\":\"note\",\"agent\":\"a\",\"zz \\\"1\\\"\\nx\":\"b\"", "quotes in the header");
}

static void test_csv_broken(void)
{
    is_str(csv("agent,type|a|b,note"), "! 1:2 1 cell, the header names 2\n{\"id\":\"o:3.0\",\"source\":\"csv\",\"type\":\"note\",\"agent\":\"b\"}\n",
           "too few cells");
    is_str(csv("agent,type|\xC3\xA4,b,c"), "! 1:5 3 cells, the header names 2\n", "too many: the first that is too much");
    is_str(csv("agent,type|\"a\nb\",c,d"), "! 2:6 3 cells, the header names 2\n", "in the second line of the record");
    is_str(csv("agent,type|\"a\nb\xFF\",c"), "! 2:2 not valid UTF-8\n", "bytes that are no UTF-8");
    is_str(tail(read_bytes("csv", SV_SLICE("agent,text|a,b\0c"), '|')), "\"type\":\"note\",\"agent\":\"a\",\"text\":\"b\\u0000c\"", "a NUL is text");
    is_str(csv("\n|agent,type||a,b"), "{\"id\":\"o:4.0\",\"source\":\"csv\",\"type\":\"b\",\"agent\":\"a\"}\n", "blank lines count and do no harm");

    is_str(csv("a,b,a|1,2,3|4,5,6"), "!! 1:5 column \"a\" stands twice in the header\n! 0:0 \n! 0:0 \n", "a name that stands twice: told once");
    is_str(csv("a,\"b\nc\",a|1,2,3"), "!! 2:4 column \"a\" stands twice in the header\n! 0:0 \n", "in a header of two lines");
    is_str(tail(csv("agent,,|a,b,c")), "\"type\":\"note\",\"agent\":\"a\",\"2\":\"b\",\"3\":\"c\"", "columns without a name have a number");
    is_str(csv("agent,,2|a,b,c"), "!! 1:8 column \"2\" stands twice in the header\n! 0:0 \n", "which may be taken");
    ok(strstr(csv("time;type;agent|1;2;3"), "!! 1:1 the columns are parted by semicolons") != NULL, "semicolons");
    ok(strstr(csv("time\t\"type\"|1\t2"), "!! 1:1 the columns are parted by tabs") != NULL, "tabs");
    is_str(tail(csv("a;b|1;2")), "\"type\":\"note\",\"a;b\":\"1;2\"", "one column may be called anything else");
    is_str(csv("agent,\xFF|a,b"), "!! 1:7 the header is not UTF-8 (iconv converts it)\n! 0:0 \n", "a header that is no UTF-8");
    ok(strstr(read_bytes("csv", SV_SLICE("a\0g\0,\0b\0|1"), '|'), "!! 0:0 the header is not UTF-8") != NULL, "UTF-16");
}

static void test_csv_limits(void)
{
    for (int more = -1; more <= 1; more++) {
        struct sv_buf log = {0};
        while (log.len < (size_t)SV_FORMAT_STATE_MAX + (size_t)more - 6)
            sv_buf_char(&log, 'x');
        sv_buf_str(&log, ",agent|1,a");
        const char *out = read_bytes("csv", sv_buf_slice(&log), '|');
        ok((strncmp(out, "!! 0:0 the header is longer than 65536 bytes", 44) == 0) == (more > 0), "a header of 64 KiB %+d", more);
        sv_buf_free(&log);
    }
    struct sv_buf log = {0};
    sv_buf_str(&log, "agent,text|a,\"");
    for (int i = 0; i < 3 << 20; i++)
        sv_buf_str(&log, "\"\"");
    sv_buf_str(&log, "\"|b,c");
    read_bytes("csv", sv_buf_slice(&log), '|');
    ok(lines.len > (6u << 20) && strstr(sv_buf_cstr(&lines), "\"agent\":\"b\"") != NULL, "a cell of 6 MiB, and one behind it");
    sv_buf_clear(&log);
    sv_buf_str(&log, "agent|");
    for (int i = 0; i < 1000000; i++)
        sv_buf_char(&log, ',');
    is_str(read_bytes("csv", sv_buf_slice(&log), '|'), "! 1:2 1000001 cells, the header names 1\n", "a million cells");
    sv_buf_free(&log);
}

static void test_logfmt(void)
{
    is_str(logfmt("ts=1700000000 type=error agent=a error=\"disk \\\"x\\\" full\" n=1"),
           "{\"id\":\"o:1.0\",\"time\":\"2023-11-14T22:13:20Z\",\"time_from\":\"event\",\"source\":\"logfmt\",\"type\":\"error\",\"agent\":\"a\","
           "\"error\":\"disk \\\"x\\\" full\",\"n\":\"1\"}\n", "a line");
    is_str(tail(logfmt("a=1 cached b=\"\" c= d=e=f")), "\"type\":\"note\",\"a\":\"1\",\"cached\":\"true\",\"d\":\"e=f\"",
           "a key alone is true, an empty one absent, a later = text");
    is_str(tail(logfmt("a=1 exit_code=2 a=3 exit_code=4")), "\"type\":\"note\",\"exit_code\":4,\"a\":\"3\"", "of a repeated key the last counts");
    is_str(tail(logfmt("exit_code=2 exit_code=")), "\"type\":\"note\"", "even if it is empty");
    is_str(tail(logfmt("  a=\"\\u00e4\\n\"\tb=2 ")), "\"type\":\"note\",\"a\":\"\xC3\xA4\\n\",\"b\":\"2\"", "escapes, and blanks around");
    is_str(tail(logfmt("a=\"x\"b=2")), "\"type\":\"note\",\"a\":\"x\",\"b\":\"2\"", "no blank behind a quote");
    is_str(tail(logfmt("args=\"{\\\"command\\\":\\\"ls\\\"}\"")), "\"type\":\"note\",\"args\":{\"command\":\"ls\"}", "args that are JSON");
    is_str(tail(logfmt("exit_code=x value=1.5")), "\"type\":\"note\",\"value\":1.5", "what is no number is absent");
    is_int(spec.counts.odd, 1, "and counted");
    logfmt("latency_ms=3 colour=red");
    ok(got_latency.type == SV_DOUBLE && got_latency.d == 3 && got_colour.type == SV_STRING, "`fields` types a key");
    struct sv_buf many = {0};
    for (int i = 0; i < 50; i++)
        sv_buf_printf(&many, "k%d=%d ", i % 25, i);
    const char *out = read_bytes("logfmt", sv_buf_slice(&many), '|');
    ok(strstr(out, "\"k3\":\"28\"") != NULL && strstr(out, "\"k3\":\"3\"") == NULL, "the same with many keys");
    for (int more = -1; more <= 1; more++) {
        sv_buf_clear(&many);
        for (int64_t i = 0; i < (int64_t)SV_JSON_KEYS_MAX + more; i++)
            sv_buf_printf(&many, "a%d=1 ", (int)i);
        ok((strstr(read_bytes("logfmt", sv_buf_slice(&many), '|'), "too many keys") != NULL) == (more > 0), "65,536 keys %+d", more);
    }
    sv_buf_free(&many);

    is_str(logfmt("plain text"), "! 0:1 no key=value in this line\n", "no key=value at all");
    is_str(logfmt("a=1 =2"), "! 0:5 no key before the =\n", "no key");
    is_str(logfmt("\xC3\xA4=1 b=x\"y\""), "! 0:8 a quote inside a value without quotes\n", "a quote in a value");
    is_str(logfmt("a=1 b\"c=2"), "! 0:6 a quote inside a key\n", "a quote in a key");
    is_str(logfmt("a=1 \"c\"=2"), "! 0:5 a quote where a key should be\n", "a quote before a key");
    is_str(logfmt("a=\"x"), "! 0:3 the quote opened here is not closed\n", "a quote that is not closed");
    is_str(logfmt("a=\"x\\"), "! 0:3 the quote opened here is not closed\n", "nor behind a backslash");
    ok(strncmp(logfmt("a=1 b=\"x\\d\""), "! 0:9 ", 6) == 0, "an unknown escape");
    is_str(logfmt("a=\xFF"), "! 0:3 not valid UTF-8\n", "bytes that are no UTF-8");
    is_str(tail(read_bytes("logfmt", SV_SLICE("a=1\0b=2"), '|')), "\"type\":\"note\",\"a\":\"1\",\"b\":\"2\"", "a NUL is a blank");

    int64_t ns = 0;
    const struct sv_format *format = sv_format_find(SV_SLICE("logfmt"));
    ok(format->time(SV_SLICE("a=1 ts=1700000000 b"), &ns) && ns == 1700000000 * SV_SECOND_NS, "its time, for merging");
    ok(!format->time(SV_SLICE("a=1 b=\"ts=1\""), &ns), "not one inside a text");
}

static const char *taken(const char *log)
{
    read_bytes(NULL, sv_slice_str(log), '|');
    return format_used;
}

/* Whoever asks whose line it is looks at each byte a few times, not once a key. */
static void test_auto_many_keys(void)
{
    struct sv_buf many = {0};
    sv_buf_str(&many, "agent=a");
    for (int i = 0; i < 30000; i++)
        sv_buf_printf(&many, " k%d=v", i);
    clock_t before = clock();
    read_bytes(NULL, sv_buf_slice(&many), '|');
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    is_str(format_used, "logfmt", "a line of 30,000 keys is told");
    ok(seconds < 3, "in %.2f s", seconds);
    sv_buf_free(&many);
}

static void test_auto(void)
{
    is_str(taken("time,type|1,note"), "csv", "a header with a field's name");
    is_str(taken("||id,Host.name,k8s/pod|1,2,3"), "csv", "behind blank lines");
    is_str(taken("ts=1 level=info msg=x"), "logfmt", "key=value");
    static const char *const neither[] = {
        "a,b|1,2", "type|note", "time;type|1;2", "Sorry, the session ended, error", "error, status|x", "text,|x", "text,text two|x",
        "a=1 b=2", "ts=1", "usage: type=x agent=y", "type=x agent", "{\"type\":\"x\",\"agent\":|type,agent",
        "type,{\"a\":1}", "\"type\",\"agent|x\"", "[1,2]|type,agent", "hello|type,agent|1,2", "1,type,agent", "",
        "#type,agent", "type,,agent"};
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++) {
        taken(neither[i]);
        ok(strcmp(format_used, "csv") != 0 && strcmp(format_used, "logfmt") != 0, "neither: %s", neither[i]);
    }
    is_str(taken("starting up|ts=1 type=x|ts=2 type=y"), "logfmt", "logfmt behind a line of text");
    is_str(taken("{\"a\":1}|ts=1 type=x"), "none", "but not behind JSON");
    is_str(taken("{\"type\":\"a.b\"}|type,agent"), "sv", "and JSON is JSON");
}

int main(void)
{
    schema = sv_schema_new();
    struct sv_cel_env *env = sv_cel_env_new(NULL, schema->paths, &arena_of_names);
    sv_schema_declare(schema, env);
    ok(sv_schema_declare_key(schema, env, SV_SLICE("latency_ms"), SV_SLICE("double"), NULL) &&
           sv_schema_declare_key(schema, env, SV_SLICE("meta"), SV_SLICE("map"), NULL), "two keys are declared");
    uint32_t meta = sv_paths_key(schema->paths, SV_PATHS_ROOT, SV_SLICE("meta"));
    latency = sv_paths_slot(schema->paths, sv_paths_key(schema->paths, SV_PATHS_ROOT, SV_SLICE("latency_ms")));
    deep = sv_paths_want(schema->paths, sv_paths_key(schema->paths, meta, SV_SLICE("deep")));
    colour = sv_paths_want(schema->paths, sv_paths_key(schema->paths, SV_PATHS_ROOT, SV_SLICE("colour")));
    schema->keep_rest = true;
    event = sv_event_new(schema);
    event.rest = &rest;
    spec = (struct sv_reader_spec){.schema = schema, .event = &event, .arena = &arena, .latest_ns = INT64_MAX, .sink = on_event};
    test_csv_types();
    test_csv_time();
    test_csv_quotes();
    test_csv_broken();
    test_csv_limits();
    test_logfmt();
    test_auto();
    test_auto_many_keys();
    sv_event_free(&event);
    sv_json_rest_free(&rest);
    sv_buf_free(&lines);
    sv_arena_free(&arena);
    sv_cel_env_free(env);
    sv_schema_free(schema);
    return done();
}
