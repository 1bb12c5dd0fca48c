/* SPDX-License-Identifier: ISC */
/* log.h - any bytes as a log of a format: what comes out is sound, and the same each time.
 *
 *     return fuzz_log("claude", data, size);
 *
 * Each record lies in memory of just its size, so that a sanitizer sees a byte too far. */
#ifndef FUZZ_LOG_H
#define FUZZ_LOG_H

#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "event/format.h"
#include "event/reader.h"
#include "json/writer.h"

static struct sv_schema *fuzz_schema;
static struct sv_buf fuzz_bytes;
static bool fuzz_is_native; /* its events say themselves what they have; a format's are made whole */
static bool fuzz_makes_types;

static void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

static void fuzz_look(void *context, struct sv_event *event)
{
    uint64_t *hash = context;
    struct sv_value whole;
    sv_event_id(event);
    fuzz_require(event->slots[SV_F_TYPE].type == SV_STRING && event->slots[SV_F_ID].type == SV_STRING);
    sv_buf_clear(&fuzz_bytes);
    for (int f = 0; f < SV_F_COUNT; f++) {
        struct sv_value value = event->slots[f];
        if (value.type == SV_STRING)
            fuzz_require(sv_utf8_valid(sv_event_text(event, (enum sv_field)f)));
        if (value.type == SV_JSON)
            fuzz_require(sv_json_read(sv_value_raw(value), &whole, NULL));
        sv_json_put_value(&fuzz_bytes, event->slots[f]);
    }
    struct sv_slice type = sv_event_text(event, SV_F_TYPE);
    if (!fuzz_makes_types) /* the log itself says what type an event has */
        type = SV_SLICE("");
    if (!fuzz_is_native && sv_slice_is(type, "tool.result"))
        fuzz_require(event->slots[SV_F_CALL_ID].type == SV_STRING && event->slots[SV_F_RESULT_BYTES].type == SV_INT);
    if (!fuzz_is_native && sv_slice_is(type, "llm.call"))
        fuzz_require(event->slots[SV_F_INPUT_TOKENS].i >= 0 && event->slots[SV_F_OUTPUT_TOKENS].i >= 0);
    *hash = sv_hash_keyed(*hash, event->place.record, sv_buf_slice(&fuzz_bytes));
}

static uint64_t fuzz_read(const char *format, struct sv_slice log)
{
    uint64_t hash = 0;
    struct sv_arena arena = {0};
    struct sv_event event = sv_event_new(fuzz_schema);
    struct sv_reader_spec spec = {.schema = fuzz_schema,
                                  .format = sv_format_find(sv_slice_str(format)),
                                  .event = &event,
                                  .arena = &arena,
                                  .latest_ns = INT64_MAX,
                                  .sink = fuzz_look,
                                  .context = &hash};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("o"));
    struct sv_place place = {0};
    while (log.len > 0) {
        enum sv_framing_state state = SV_FRAMING_START;
        const char *stop = sv_framing_scan(spec.format->framing, log, &state);
        size_t len = stop != NULL ? (size_t)(stop - log.data) : log.len;
        struct sv_error err = {0};
        char *record = malloc(len > 0 ? len : 1);
        int64_t ns;
        if (len > 0)
            memcpy(record, log.data, len);
        place.record++;
        if (spec.format->time != NULL)
            spec.format->time(sv_slice(record, len), &ns);
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
    return hash;
}

static int fuzz_log(const char *format, const uint8_t *data, size_t size)
{
    struct sv_slice log = sv_slice((const char *)data, size);
    fuzz_makes_types = strcmp(format, "csv") != 0 && strcmp(format, "logfmt") != 0;
    if (fuzz_schema == NULL) {
        fuzz_is_native = strcmp(format, "sv") == 0;
        fuzz_schema = sv_schema_new();
        fuzz_schema->keep_rest = true;
        for (int f = 0; f < SV_SLOT_FIRST; f++)
            fuzz_schema->used[f] = true;
    }
    fuzz_require(fuzz_read(format, log) == fuzz_read(format, log));
    return 0;
}

#endif
