/* SPDX-License-Identifier: ISC */
/* The native format: canonical events as NDJSON, straight into the slots (sv-event(5)). */
#include "base/ends.h"
#include "event/format/state.h"
#include "event/reader.h"
#include "event/reader_private.h"

static bool detect(struct sv_value record)
{
    return sv_json_get(record, SV_SLICE("type")).type == SV_STRING;
}

/* No type of the language, nor one of somebody's own, which has a dot in it; or one that looks like Codex's. */
static bool is_odd(struct sv_value type)
{
    static const char *const words[] = {"note", "error", "metric", "decision", "evaluation", "alert"};
    if (type.type != SV_STRING)
        return true;
    struct sv_slice name = sv_value_raw(type);
    if (name.len > 0 && memchr(name.data, '.', name.len) != NULL)
        return sv_slice_starts(name, SV_SLICE("item.")) || sv_slice_starts(name, SV_SLICE("thread.")) ||
               sv_slice_starts(name, SV_SLICE("turn."));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sv_slice_is(name, words[i]))
            return false;
    return true;
}

/* Types that look odd, and how often it was asked whose they are. To ask takes fifty times as long as to read the event, and who
 * writes events of a type of his own writes many: those that were nobody else's so often are his. */
enum { TYPES = 32, ASKED_ENOUGH = 8 };

struct state {
    uint64_t type[TYPES]; /* 0: free */
    uint8_t asked[TYPES];
    uint64_t plain[16];   /* types that need not be asked about, by their key; not kept */
};

/* Tells types apart well enough: by their length, beginning and end. Never 0. The same on every machine: it is kept with positions. */
static uint64_t key_of(struct sv_value type)
{
    uint64_t first = 0, last = 0;
    if (type.type != SV_STRING)
        return 1;
    struct sv_slice name = sv_value_raw(type);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (name.len >= 8) {
        first = sv_ends_first(name);
        last = sv_ends_last(name);
    } else
#endif
    {
        size_t n = name.len < 8 ? name.len : 8;
        for (size_t i = 0; i < n; i++) {
            first |= (uint64_t)(unsigned char)name.data[i] << 8 * i;
            last |= (uint64_t)(unsigned char)name.data[name.len - n + i] << 8 * i;
        }
    }
    return (first ^ last * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)name.len << 1) | 1;
}

/* Its place, or that where it would be; TYPES: there is no room. */
static size_t place_of(const struct state *state, uint64_t key)
{
    size_t i = 0;
    while (i < TYPES && state->type[i] != key && state->type[i] != 0)
        i++;
    return i;
}

static bool is_worth_asking(struct state *state, uint64_t key)
{
    size_t i = place_of(state, key);
    if (i == TYPES)
        return true;
    state->type[i] = key;
    return state->asked[i] < ASKED_ENOUGH && ++state->asked[i] > 0;
}

static uint64_t *plain_of(struct state *state, uint64_t key)
{
    return &state->plain[sv_ends_spread(key) % (sizeof state->plain / sizeof *state->plain)];
}

bool sv_format_sv_asks(void *state_, struct sv_slice type)
{
    struct state *state = state_;
    struct sv_value name = sv_value_str(type);
    uint64_t key = key_of(name), *plain = plain_of(state, key);
    if (*plain == key)
        return false;
    size_t i = place_of(state, key);
    if (is_odd(name) && (i == TYPES || state->type[i] == 0 || state->asked[i] < ASKED_ENOUGH))
        return true;
    *plain = key;
    return false;
}

static bool is_other(struct sv_reader *reader, struct state *state, struct sv_value type)
{
    if (state == NULL) /* the file's format is not decided yet */
        return is_odd(type) && sv_reader_is_other(reader);
    uint64_t key = key_of(type), *plain = plain_of(state, key);
    if (*plain == key)
        return false;
    if (is_odd(type) && is_worth_asking(state, key))
        return sv_reader_is_other(reader);
    if (type.type == SV_STRING)
        *plain = key;
    return false;
}

static void save(const void *state_, struct sv_buf *out)
{
    const struct state *state = state_;
    for (size_t i = 0; i < TYPES && state->type[i] != 0; i++) {
        sv_pack_uint(out, state->type[i]);
        sv_pack_uint(out, state->asked[i]);
    }
}

static bool restore(struct sv_reader *reader, void *state_, struct sv_slice bytes)
{
    struct state *state = state_;
    struct sv_unpack in = sv_unpack(bytes);
    (void)reader;
    for (size_t i = 0; i < TYPES && in.at < in.end; i++) {
        state->type[i] = sv_unpack_uint(&in);
        state->asked[i] = (uint8_t)sv_unpack_uint(&in);
    }
    return sv_unpack_is_over(&in);
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    struct sv_event *event = sv_reader_event(reader);
    const struct sv_schema *schema = reader->spec->schema;
    if (!sv_json_project_filled(schema->paths, SV_PATHS_ROOT, text, event->slots, event->rest, &reader->filled, err))
        return false;
    if (text.data[0] != '{' && sv_slice_trim(text).data[0] != '{')
        return sv_error_at(err, NULL, 0, 1), sv_error_set(err, SV_INPUT, "a JSON object is expected");
    if (is_other(reader, state, event->slots[SV_F_TYPE]))
        return true;
    if (event->slots[SV_F_TYPE].type == SV_ABSENT)
        sv_event_set_str(event, SV_F_TYPE, "note"), reader->filled.any |= UINT64_C(1) << SV_F_TYPE;
    reader->projected = true;
    sv_reader_emit(reader, 0);
    return true;
}

const struct sv_format sv_format_sv = {
    .name = "sv",
    .title = "canonical events as JSON lines",
    .state_size = sizeof(struct state),
    .detect = detect,
    .record = record,
    .save = save,
    .restore = restore,
    .time = sv_reader_top_time};
