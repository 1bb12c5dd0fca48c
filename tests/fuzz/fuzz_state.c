/* SPDX-License-Identifier: ISC */
/* fuzz_state.c - a log left in the middle and gone on with by another reader, from its own state, from a changed one, from any
 * bytes at all. The first line says how:
 *
 *     FORMAT RECORD             its own: the events are those of one reading
 *     FORMAT RECORD AT BYTE     with byte AT of the state (its end, if it has fewer) set to BYTE, or cut off there if it is 256
 *     FORMAT RECORD = LENGTH    LENGTH bytes of what follows are the state, the rest is the log */
#include <stdio.h>

#include "base/limits.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void begin(void)
{
    (void)fuzz_log; /* not this one */
    fuzz_makes_types = false;
    if (fuzz_schema != NULL)
        return;
    fuzz_schema = sv_schema_new();
    fuzz_schema->keep_rest = true;
    for (int f = 0; f < SV_SLOT_FIRST; f++)
        fuzz_schema->used[f] = true;
}

struct plan {
    char format[24];
    unsigned long long record;
    unsigned at, byte;
    bool is_changed;
    struct sv_slice state; /* data NULL: none given */
};

struct seen {
    struct sv_buf events;
};

static void see(void *context, struct sv_event *event)
{
    struct seen *seen = context;
    uint64_t hash = 0;
    fuzz_look(&hash, event);
    sv_event_put_json(&seen->events, event, NULL);
}

/* Where the reader is left, what it goes on with. */
static struct sv_reader *go_on(struct sv_reader *reader, struct sv_reader_spec *spec, const struct plan *plan)
{
    struct sv_buf state = {0};
    sv_reader_save(reader, &state);
    fuzz_require(state.len <= SV_FORMAT_STATE_MAX + 400);
    sv_reader_free(reader);
    if (plan->state.data != NULL)
        sv_buf_set(&state, plan->state);
    if (plan->is_changed && plan->byte < 256 && state.len > 0)
        state.data[plan->at < state.len ? plan->at : state.len - 1] = (char)(unsigned char)plan->byte;
    else if (plan->is_changed && plan->at < state.len)
        state.len = plan->at;
    char *copy = malloc(state.len > 0 ? state.len : 1);
    if (state.len > 0)
        memcpy(copy, state.data, state.len);
    reader = sv_reader_new(spec, SV_SLICE(""), SV_SLICE("o"));
    bool is_own = plan->state.data == NULL && !plan->is_changed;
    fuzz_require(sv_reader_restore(reader, sv_slice(copy, state.len)) || !is_own);
    free(copy);
    sv_buf_free(&state);
    return reader;
}

static void read_parts(const struct plan *plan, struct sv_slice log, bool is_left, struct seen *seen)
{
    struct sv_arena arena = {0};
    struct sv_event event = sv_event_new(fuzz_schema);
    struct sv_reader_spec spec = {.schema = fuzz_schema,
                                  .format = sv_format_find(sv_slice_str(plan->format)),
                                  .event = &event,
                                  .arena = &arena,
                                  .latest_ns = INT64_MAX,
                                  .sink = see,
                                  .context = seen};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    struct sv_place place = {0};
    while (log.len > 0) {
        enum sv_framing_state state = SV_FRAMING_START;
        const char *stop = sv_framing_scan(spec.format != NULL ? spec.format->framing : SV_FRAMING_LINES, log, &state);
        size_t len = stop != NULL ? (size_t)(stop - log.data) : log.len;
        struct sv_error err = {0};
        if (is_left && place.record == plan->record)
            reader = go_on(reader, &spec, plan);
        char *record = malloc(len > 0 ? len : 1);
        if (len > 0)
            memcpy(record, log.data, len);
        place.record++;
        sv_reader_record(reader, sv_slice(record, len), &place, &err);
        sv_arena_reset(&arena);
        free(record);
        len += stop != NULL;
        log = sv_slice(log.data + len, log.len - len);
    }
    sv_reader_end(reader);
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_arena_free(&arena);
}

static bool read_plan(struct sv_slice *log, struct plan *plan)
{
    char head[80];
    unsigned long long length;
    const char *stop = log->len > 0 ? memchr(log->data, '\n', log->len) : NULL;
    if (stop == NULL || (size_t)(stop - log->data) >= sizeof head)
        return false;
    memcpy(head, log->data, (size_t)(stop - log->data));
    head[stop - log->data] = '\0';
    *log = sv_slice(stop + 1, log->len - (size_t)(stop + 1 - log->data));
    if (sscanf(head, "%23s %llu = %llu", plan->format, &plan->record, &length) == 3 && length <= log->len) {
        plan->state = sv_slice(log->data, (size_t)length);
        *log = sv_slice(log->data + length, log->len - (size_t)length);
        return true;
    }
    int words = sscanf(head, "%23s %llu %u %u", plan->format, &plan->record, &plan->at, &plan->byte);
    plan->is_changed = words == 4;
    return words >= 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_slice log = sv_slice((const char *)data, size);
    struct plan plan = {.format = ""};
    struct seen whole = {{0}}, parts = {{0}};
    begin();
    if (!read_plan(&log, &plan))
        return 0;
    read_parts(&plan, log, true, &parts);
    if (plan.state.data == NULL && !plan.is_changed) {
        read_parts(&plan, log, false, &whole);
        fuzz_require(sv_slice_equal(sv_buf_slice(&whole.events), sv_buf_slice(&parts.events)));
    }
    sv_buf_free(&whole.events);
    sv_buf_free(&parts.events);
    return 0;
}
