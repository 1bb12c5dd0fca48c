/* SPDX-License-Identifier: ISC */
/* A long event made shorter is an event still, with its ids, numbers and sizes. */
#include "event/cut.h"

#include <stdlib.h>

#include "base/limits.h"
#include "event/event.h"
#include "json/reader.h"
#include "tap.h"

static struct sv_buf line, out;
static struct sv_value whole;

/* Cuts what stands in `line`; false unless the result is sound and short enough. */
static bool cut(size_t max)
{
    struct sv_error err = {0};
    char *copy = malloc(line.len); /* of just that size, so that a sanitizer sees a byte too far */
    memcpy(copy, line.data, line.len);
    sv_buf_clear(&out);
    sv_event_cut(&out, sv_slice(copy, line.len), max);
    free(copy);
    return out.len <= max && sv_json_read(sv_buf_slice(&out), &whole, &err);
}

static void fill(const char *unit, size_t bytes)
{
    for (size_t end = line.len + bytes; line.len < end;)
        sv_buf_str(&line, unit);
}

static int64_t number(const char *key)
{
    struct sv_value value = sv_json_get(whole, sv_slice_str(key));
    return value.type == SV_INT ? value.i : -1;
}

static struct sv_slice text(const char *key)
{
    return sv_value_raw(sv_json_get(whole, sv_slice_str(key)));
}

static void test_result(void)
{
    sv_buf_clear(&line);
    sv_buf_str(&line, "{\"id\":\"e1\",\"type\":\"tool.result\",\"result\":\"");
    fill("x", 100000);
    sv_buf_str(&line, "\",\"input_tokens\":12,\"text\":\"short\"}");
    ok(cut(SV_BODY_MAX), "cut to the limit");
    is_slice(text("id"), SV_SLICE("e1"), "its id stays");
    is_slice(text("text"), SV_SLICE("short"), "and what is short");
    is_int(number("input_tokens"), 12, "and numbers");
    is_int(number("result_bytes"), 100000, "the result's size before");
    is_int(number("body_bytes"), (int64_t)line.len, "the line's size before");
    struct sv_slice left = text("result");
    ok(left.len > 20000 && memcmp(left.data + left.len - 3, "\xe2\x80\xa6", 3) == 0, "what is left ends in an ellipsis");
    sv_buf_set(&line, sv_buf_slice(&out));
    ok(cut(SV_BODY_MIN), "cut once more");
    is_int(number("result_bytes"), 100000, "the source's own size stays");
}

/* However the limit falls, no character and no escape is parted. */
static void test_edges(void)
{
    static const char *const units[] = {"\xc3\xa4", "\xf0\x9f\x98\x80", "\\n", "\\\\", "\\u00e4", "\\ud83d\\ude00", "\\ud83d", "\\\""};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int sound = 0, tries = 0;
        for (size_t lead = 0; lead < 13; lead++, tries++) {
            sv_buf_clear(&line);
            sv_buf_str(&line, "{\"id\":\"e\",\"ext\":{\"deep\":[\"");
            fill("-", lead);
            fill(units[i], 40000);
            sv_buf_str(&line, "\"]}}");
            sound += cut(SV_BODY_MIN);
            const char *last = units[i]; /* a pair is not parted: what is left is whole units */
            struct sv_slice deep = sv_value_raw(sv_json_at(sv_json_get(sv_json_get(whole, SV_SLICE("ext")), SV_SLICE("deep")), 0));
            sound -= deep.len < 3 || (deep.len - 3 - lead) % strlen(last) != 0;
        }
        is_int(sound, tries, "never amid %s", units[i]);
    }
}

static void test_many(void)
{
    sv_buf_clear(&line);
    sv_buf_str(&line, "{\"id\":\"many\",\"type\":\"note\",\"ext\":{");
    for (int i = 0; i < 20000; i++)
        sv_buf_printf(&line, "%s\"key%d\":\"value\"", i > 0 ? "," : "", i);
    sv_buf_str(&line, "},\"other\":[");
    for (int i = 0; i < 20000; i++)
        sv_buf_printf(&line, "%s%d", i > 0 ? "," : "", i);
    sv_buf_str(&line, "],\"command\":\"ls\"}");
    ok(cut(SV_BODY_MIN), "many small members");
    is_slice(text("id"), SV_SLICE("many"), "its id stays");
    is_slice(text("command"), SV_SLICE("ls"), "fields stay");
    is_int(number("body_bytes"), (int64_t)line.len, "the size is told");
    ok(sv_json_get(whole, SV_SLICE("ext")).type == SV_ABSENT, "what is too much goes as a whole");
}

/* All fields at once, all long. */
static void test_most(void)
{
    sv_buf_clear(&line);
    sv_buf_char(&line, '{');
    for (int f = 0; f < SV_F_COUNT; f++) {
        sv_buf_printf(&line, "%s\"%s\":\"", f > 0 ? "," : "", sv_field_name((enum sv_field)f));
        fill("\\u00e4", f == SV_F_ID ? SV_EVENT_ID_MAX : 30000);
        sv_buf_char(&line, '"');
    }
    sv_buf_char(&line, '}');
    ok(cut(SV_BODY_MIN), "every field is long");
    ok(text("id").len >= SV_EVENT_ID_MAX && text("id").data[text("id").len - 1] != '\xa6', "the id is whole");
}

int main(void)
{
    test_result();
    test_edges();
    test_many();
    test_most();
    sv_buf_free(&line);
    sv_buf_free(&out);
    return done();
}
