/* SPDX-License-Identifier: ISC */
/* events.h - for tests of formats: a log in, its events out, kept so that a test can look at them.
 *
 *     read_log("claude", "{...}\n{...}\n");
 *     is_str(field(0, "type"), "session.start", "...");
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdlib.h>

#include "event/reader.h"
#include "tap.h"
#include "json/writer.h"

enum { EVENTS_MAX = 4000 };

static struct {
    struct sv_buf json;
    struct sv_place place;
} events[EVENTS_MAX];
static size_t event_count, rejected_count;
static struct sv_error last_error;
static char format_used[32];
static struct sv_prices *test_prices;

static void keep_event(void *context, struct sv_event *event)
{
    (void)context;
    if (event_count == EVENTS_MAX)
        return;
    struct sv_buf *out = &events[event_count].json;
    sv_event_id(event);
    sv_buf_clear(out);
    sv_buf_char(out, '{');
    for (int f = 0; f < SV_F_COUNT; f++)
        if (event->slots[f].type != SV_ABSENT) {
            sv_json_put_key(out, sv_field_name((enum sv_field)f));
            sv_json_put_value(out, event->slots[f]);
        }
    sv_buf_char(out, '}');
    events[event_count++].place = event->place;
}

/* format NULL: auto. */
__attribute__((unused)) static void read_log(const char *format, const char *text)
{
    static struct sv_schema *schema;
    static struct sv_arena arena;
    if (schema == NULL) {
        schema = sv_schema_new();
        schema->keep_rest = true;
        for (int f = 0; f < SV_SLOT_FIRST; f++)
            schema->used[f] = true;
    }
    struct sv_event event = sv_event_new(schema);
    struct sv_reader_spec spec = {.schema = schema,
                                  .format = format != NULL ? sv_format_find(sv_slice_str(format)) : NULL,
                                  .prices = test_prices,
                                  .event = &event,
                                  .arena = &arena,
                                  .latest_ns = INT64_MAX,
                                  .sink = keep_event};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    struct sv_place place = {0};
    event_count = rejected_count = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        struct sv_error err = {0};
        char *copy = malloc(len + 1); /* of just that size, so that a sanitizer sees a byte too far */
        memcpy(copy, text, len);
        place.record++;
        if (sv_reader_record(reader, sv_slice(copy, len), &place, &err) == SV_RECORD_REJECTED) {
            rejected_count++;
            last_error = err;
        }
        place.offset += (int64_t)len + 1;
        text += len + (text[len] == '\n');
        sv_arena_reset(&arena);
        free(copy);
    }
    sv_reader_end(reader);
    sv_arena_reset(&arena);
    snprintf(format_used, sizeof format_used, "%s", sv_reader_format(reader) != NULL ? sv_reader_format(reader)->name : "");
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_arena_free(&arena);
}

__attribute__((unused)) static struct sv_value value_of(size_t i, const char *name)
{
    struct sv_value whole = {0};
    if (i < event_count)
        sv_json_read(sv_buf_slice(&events[i].json), &whole, NULL);
    return sv_json_get(whole, sv_slice_str(name));
}

/* A field's text; of what is no string its JSON; "" where it is absent. Good until the fourth call from here. */
__attribute__((unused)) static const char *field(size_t i, const char *name)
{
    static struct sv_buf out[4];
    static int turn;
    struct sv_buf *text = &out[turn++ % 4];
    struct sv_value value = value_of(i, name);
    sv_buf_clear(text);
    if (value.type == SV_STRING) {
        char *room = sv_buf_room(text, value.len + 1);
        text->len = sv_json_unescape(sv_value_raw(value), room);
    } else if (value.type != SV_ABSENT) {
        sv_json_put_value(text, value);
    }
    return sv_buf_cstr(text);
}

__attribute__((unused)) static int64_t number(size_t i, const char *name)
{
    struct sv_value value = value_of(i, name);
    return value.type == SV_INT ? value.i : value.type == SV_DOUBLE ? (int64_t)value.d : -1;
}

/* The types of all events, with a blank between. */
__attribute__((unused)) static const char *types(void)
{
    static struct sv_buf out;
    sv_buf_clear(&out);
    for (size_t i = 0; i < event_count; i++)
        sv_buf_printf(&out, "%s%s", i > 0 ? " " : "", field(i, "type"));
    return sv_buf_cstr(&out);
}

/* The sum of a number over all events. */
__attribute__((unused)) static int64_t sum(const char *name)
{
    int64_t total = 0;
    for (size_t i = 0; i < event_count; i++)
        total += number(i, name) > 0 ? number(i, name) : 0;
    return total;
}

#endif
