/* SPDX-License-Identifier: ISC */
/* format.h - the one door for log formats: a record in, 1..n canonical events out.
 *
 * A format fills slots, never text. It keeps what its source says only once (session, cwd, model, a message's last usage) in
 * its own state, one a file. What is the same for all formats happens behind sv_reader_emit: --set, time, tool_kind, command,
 * path, url, cost, types, paths into containers.
 *
 * Rules: an unknown record becomes a `note`, never an error; unknown fields go to ext; call and result are two events that
 * share call_id; each token is counted on exactly one event; the same file gives the same ids; text is data and never searched
 * for structure.
 *
 * A new format is a file in event/format/ and a line in the table of format.c.
 *
 * Floor: event; uses cel, json, base. */
#ifndef SV_FORMAT_H
#define SV_FORMAT_H

#include "base/framing.h"
#include "event/event.h"

struct sv_reader;

struct sv_format {
    const char *name;  /* value of `source`, name for -i */
    const char *title; /* one line for --help */

    /* Its sources repeat records, with ids of their own: in a file that goes on with another's history, in one that is written
     * anew. Only then does an id mark a double. */
    bool repeats;

    /* Its programs write a file anew as a whole, with all that was in it: what stands where it was read is the same log, and its
     * state tells what was counted of it. */
    bool rewrites;

    /* Bytes of state a file needs; cleared before open. */
    size_t state_size;
    void (*open)(struct sv_reader *reader, void *state);  /* may be NULL */
    void (*close)(void *state);                           /* may be NULL */

    enum sv_framing framing; /* what ends a record in its files */

    /* Is this (validated) record, a JSON object, one of mine? For `auto`; asked in the order of the table. NULL: never. */
    bool (*detect)(struct sv_value record);

    /* The same for a line that is no JSON object, in a file that had none so far; is_first: it is the first of its file that is
     * not blank. It must be one whole record in this format's own framing. NULL: never. */
    bool (*claims)(struct sv_slice line, bool is_first);

    /* Reads one record. Emits its events with sv_reader_emit, in source order. False with err on a record that is broken;
     * err->line is 0, or 1 for the line in which the record begins, and so on; without a text it is counted and not told. */
    bool (*record)(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err);

    /* The file is over: emits what was waited for. May be NULL. */
    void (*end)(struct sv_reader *reader, void *state);

    /* What the rest of the file needs to know of what was read of it, at most SV_FORMAT_STATE_MAX bytes, appended; and back into
     * a state just opened, false when the bytes are none of ours (another version's): the format then goes on without. A pair;
     * both NULL: records do not hang together. */
    void (*save)(const void *state, struct sv_buf *out);
    bool (*restore)(struct sv_reader *reader, void *state, struct sv_slice bytes);

    /* The schema is another one now: whatever was taken from it is to be taken anew. May be NULL. */
    void (*schema)(struct sv_reader *reader, void *state);

    /* The record's own time, cheaply, for merging files; false: none. The record may be broken. */
    bool (*time)(struct sv_slice text, int64_t *ns);

    /* The same where the file's first record that is not blank must be known: it tells, once a file, where all others have
     * their time; 0: nowhere. Both may be NULL. */
    size_t (*time_key)(struct sv_slice first);
    bool (*time_at)(size_t key, struct sv_slice text, int64_t *ns);
};

/* By name, or NULL; and the table, NULL behind the last. */
const struct sv_format *sv_format_find(struct sv_slice name);
const struct sv_format *sv_format_at(size_t index);

/* Whose line is this, which is no JSON object? NULL: nobody's. See `claims`. */
const struct sv_format *sv_format_of_line(struct sv_slice line, bool is_first);

/* --- for formats: what a reader offers while a record is read --- */

/* The event being made: cleared, place set, `source` filled. Fill slots, then emit. */
struct sv_event *sv_reader_event(struct sv_reader *reader);

/* Completes the event and hands it on; then sv_reader_event is a cleared one again. part: see sv_place. */
void sv_reader_emit(struct sv_reader *reader, uint32_t part);

/* As emit, for an event that stands at an earlier record of the same file (what was waited for). */
void sv_reader_emit_at(struct sv_reader *reader, uint64_t record, int64_t offset, uint32_t part);

/* For record: this and all that follows in this file cannot be read. Returns false; err says why, once. */
bool sv_reader_give_up(struct sv_reader *reader);

/* For record, before it emits anything: this record is of no kind that the format knows. True when it is another format's: then
 * record returns true at once, and the reader has it read there. Always false where the format was named. */
bool sv_reader_is_other(struct sv_reader *reader);

/* The source reports the cost of the event to be emitted with another one: this one says so and gets no estimate. */
void sv_reader_no_estimate(struct sv_reader *reader);

struct sv_arena *sv_reader_arena(struct sv_reader *reader);       /* dies with the record */
struct sv_arena *sv_reader_file_arena(struct sv_reader *reader);  /* dies with the file */
struct sv_place sv_reader_place(const struct sv_reader *reader);
struct sv_slice sv_reader_path(const struct sv_reader *reader);   /* of the file; empty for a pipe */

static inline void sv_event_set(struct sv_event *event, enum sv_field field, struct sv_value value)
{
    event->slots[field] = value;
}

static inline void sv_event_set_str(struct sv_event *event, enum sv_field field, const char *constant)
{
    event->slots[field] = sv_value_str(sv_slice_str(constant));
}

#endif
