/* SPDX-License-Identifier: ISC */
/* reader.h - the records of one file or pipe to canonical events.
 *
 *     struct sv_reader *reader = sv_reader_new(&spec, path, origin);
 *     switch (sv_reader_record(reader, text, &place, &err)) ...      // calls spec.sink for each event
 *     sv_reader_end(reader);                                        // what the format still waited for
 *     sv_reader_free(reader);
 *
 * Floor: event; uses cel, json, base. */
#ifndef SV_READER_H
#define SV_READER_H

#include "event/format.h"
#include "event/prices.h"

/* What all readers of a run share. */
struct sv_reader_spec {
    const struct sv_schema *schema;
    const struct sv_format *format; /* NULL: auto, told from the first record of each file */
    const struct sv_prices *prices; /* NULL: no estimates */
    struct sv_event *event;         /* the one event that is filled over and over */
    struct sv_arena *arena;         /* for what lives as long as a record */
    const struct sv_value *preset;  /* [SV_F_COUNT] of --set: fills fields that events lack; NULL: none */
    int64_t latest_ns;              /* an event later than this has no time (machine's clock + max_ahead) */
    bool live;                      /* stamp events without a clock with the time of arrival */
    void (*sink)(void *context, struct sv_event *event);
    void (*notice)(void *context, const struct sv_error *err); /* told once a file whose format changes, with its line; may be NULL */
    void *context;
    struct sv_reader_counts {
        uint64_t events, odd, bad_time, ahead, no_clock;
    } counts;
};

enum sv_record_result {
    SV_RECORD_USED,
    SV_RECORD_BLANK,
    SV_RECORD_REJECTED,
    SV_RECORD_UNUSABLE /* rejected, as will be all that follow in this file, without a word */
};

/* path (empty for a pipe) and origin are borrowed for the reader's life. */
struct sv_reader *sv_reader_new(struct sv_reader_spec *spec, struct sv_slice path, struct sv_slice origin);
void sv_reader_free(struct sv_reader *reader);

/* Whose place.source its events have that come without a record: what was waited for, of a reader that was restored and ended. */
void sv_reader_set_source(struct sv_reader *reader, uint32_t source);

/* text: one record without its line end. A rejected one leaves its reason in err; err->line is 0, or counts from the line in
 * which the record begins. */
enum sv_record_result sv_reader_record(struct sv_reader *reader, struct sv_slice text, const struct sv_place *place,
                                       struct sv_error *err);
void sv_reader_end(struct sv_reader *reader);

/* Between two records: what is needed to go on behind them in another process, appended to out (the format in use and what it
 * carries over); and back into a new reader, before its first record. False when the bytes are of another version: the reader
 * then starts as if the file did. */
void sv_reader_save(const struct sv_reader *reader, struct sv_buf *out);
bool sv_reader_restore(struct sv_reader *reader, struct sv_slice bytes);

/* Between two records: spec->schema is another one now (and its event cleared by it). All readers of the spec must be told. */
void sv_reader_schema(struct sv_reader *reader);

/* Would it ask whose record one of this type is, were it read now? Of a reader whose format is the native one. */
bool sv_reader_asks(struct sv_reader *reader, struct sv_slice type);

/* The format in use, the last one where it changes; NULL while auto has not decided. */
const struct sv_format *sv_reader_format(const struct sv_reader *reader);

/* Time of a record without reading it, for merging. Any format; NULL: not known yet. key: see sv_format. */
bool sv_reader_peek_time(const struct sv_format *format, size_t key, struct sv_slice text, int64_t *ns);

#endif
