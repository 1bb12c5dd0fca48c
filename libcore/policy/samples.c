/* SPDX-License-Identifier: ISC */
#include "policy/samples.h"

#include <math.h>

enum {
    CHUNK_MAX = 4000,    /* bytes of samples in a part, with what stands before them under 4 KiB */
    CHUNK_FILL = 3000,   /* a part that is appended to ends here: late ones find room */
    SAMPLE_MAX = 16 + SV_ARGUMENTS_MAX * (SV_SAMPLE_TEXT_MAX + 3)
};
_Static_assert(SAMPLE_MAX < CHUNK_MAX, "a sample fits into a part");

struct sv_samples_chunk {
    int64_t last_ns;     /* of its newest sample; the first one's time is whole, the others' are differences */
    uint32_t len, room;
    uint16_t count;
    bool is_dirty;
    unsigned char bytes[];
};

enum { V_ABSENT, V_INT, V_DOUBLE, V_TRUE, V_FALSE, V_TEXT, V_FIXED, V_TIME, V_DURATION };

/* --- one sample --- */

/* At most so many bytes of a text, whole characters. */
static struct sv_value cut(struct sv_value text)
{
    struct sv_slice all = sv_value_raw(text);
    while (text.len > SV_SAMPLE_TEXT_MAX || (text.len > 0 && text.len < all.len && ((unsigned char)all.data[text.len] & 0xC0) == 0x80))
        text.len--;
    return text;
}

struct sv_value sv_sample_value(struct sv_value value)
{
    switch ((enum sv_type)value.type) {
    case SV_UINT:
        return sv_value_double((double)value.u);
    case SV_DOUBLE:
        return isnan(value.d) ? sv_value_of(SV_ABSENT) : value;
    case SV_STRING:
        return value.len > SV_SAMPLE_TEXT_MAX ? cut(value) : value;
    case SV_INT:
    case SV_BOOL:
    case SV_TIMESTAMP:
    case SV_DURATION:
        return value;
    default:
        return sv_value_of(SV_ABSENT);
    }
}

static void put_value(struct sv_buf *out, const struct sv_argument_spec *argument, struct sv_value value)
{
    uint64_t bits;
    switch ((enum sv_type)value.type) {
    case SV_INT:
        sv_buf_char(out, argument->is_hashed ? V_FIXED : V_INT);
        if (argument->is_hashed)
            sv_pack_fixed(out, (uint64_t)value.i);
        else
            sv_pack_int(out, value.i);
        break;
    case SV_DOUBLE:
        memcpy(&bits, &value.d, sizeof bits);
        sv_buf_char(out, V_DOUBLE);
        sv_pack_fixed(out, bits);
        break;
    case SV_BOOL:
        sv_buf_char(out, value.b ? V_TRUE : V_FALSE);
        break;
    case SV_STRING:
        sv_buf_char(out, V_TEXT);
        sv_pack_text(out, sv_value_raw(value));
        break;
    case SV_TIMESTAMP:
        sv_buf_char(out, V_TIME);
        sv_pack_int(out, value.i);
        sv_pack_uint(out, value.len);
        break;
    case SV_DURATION:
        sv_buf_char(out, V_DURATION);
        sv_pack_int(out, value.i);
        break;
    default:
        sv_buf_char(out, V_ABSENT);
    }
}

static struct sv_value get_value(struct sv_unpack *in)
{
    uint64_t bits;
    struct sv_value value = {0};
    switch (in->at < in->end ? *in->at++ : V_ABSENT) {
    case V_INT:
        return sv_value_int(sv_unpack_int(in));
    case V_FIXED:
        return sv_value_int((int64_t)sv_unpack_fixed(in));
    case V_DOUBLE:
        bits = sv_unpack_fixed(in);
        value.type = SV_DOUBLE;
        memcpy(&value.d, &bits, sizeof bits);
        return sv_sample_value(value); /* of a damaged part it may be no number */
    case V_TRUE:
        return sv_value_bool(true);
    case V_FALSE:
        return sv_value_bool(false);
    case V_TEXT:
        return sv_value_str(sv_unpack_text(in));
    case V_TIME:
        value = sv_value_of(SV_TIMESTAMP);
        value.i = sv_unpack_int(in);
        value.len = (uint32_t)sv_unpack_uint(in);
        return value;
    case V_DURATION:
        value = sv_value_of(SV_DURATION);
        value.i = sv_unpack_int(in);
        return value;
    default:
        return sv_value_of(SV_ABSENT);
    }
}

/* before_ns: the time of the one before it in its part, 0 of the first; of a damaged part it is anything. */
static void put_sample(struct sv_buf *out, const struct sv_kind_spec *spec, int64_t time_ns, int64_t before_ns, const struct sv_value *values)
{
    sv_pack_step(out, time_ns, before_ns);
    for (size_t i = 0; i < spec->argument_count; i++)
        put_value(out, &spec->arguments[i], values[i]);
}

/* Reads the sample at *in; before_ns: the time of the one before it in its part, 0 of the first. */
static void get_sample(struct sv_unpack *in, const struct sv_kind_spec *spec, int64_t before_ns, struct sv_sample *out)
{
    out->time_ns = sv_unpack_step(in, before_ns);
    for (size_t i = 0; i < spec->argument_count; i++)
        out->values[i] = get_value(in);
}

/* --- parts --- */

static struct sv_samples_chunk *new_chunk(size_t room)
{
    struct sv_samples_chunk *chunk = sv_alloc(sizeof *chunk + room);
    *chunk = (struct sv_samples_chunk){.room = (uint32_t)room, .is_dirty = true};
    return chunk;
}

static struct sv_samples_chunk **chunk_at(struct sv_samples *samples, uint32_t number)
{
    return &samples->chunks[number - samples->first];
}

/* From the store, where it is not here; an empty one where that has none, or something that is none, which is no reason to write it: a
 * damaged state may say that it has a million of them. */
static struct sv_samples_chunk *ready(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number,
                                      const struct sv_state_parts *parts)
{
    struct sv_samples_chunk **at = chunk_at(samples, number);
    struct sv_buf bytes = {0};
    if (*at != NULL)
        return *at;
    bool found = parts->load(parts->context, number + 1, &bytes);
    struct sv_unpack in = sv_unpack(sv_buf_slice(&bytes));
    int64_t last_ns = (int64_t)sv_unpack_fixed(&in);
    uint64_t count = sv_unpack_uint(&in);
    size_t len = found && !in.failed ? (size_t)(in.end - in.at) : 0;
    bool is_one = len > 0 && len <= CHUNK_MAX && count <= len / (1 + spec->argument_count);
    *at = new_chunk(is_one ? len : 0);
    (*at)->is_dirty = false;
    if (is_one) {
        memcpy((*at)->bytes, in.at, len);
        (*at)->len = (uint32_t)len;
        (*at)->count = (uint16_t)count;
        (*at)->last_ns = last_ns;
    }
    sv_buf_free(&bytes);
    return *at;
}

static struct sv_samples_chunk *append_chunk(struct sv_samples *samples)
{
    if (samples->room == 0) {
        samples->chunks = &samples->one;
        samples->room = 1;
    } else if (samples->count == samples->room) {
        struct sv_samples_chunk **old = samples->chunks == &samples->one ? NULL : samples->chunks;
        samples->room *= 2;
        samples->chunks = sv_realloc(old, samples->room * sizeof(struct sv_samples_chunk *));
        if (old == NULL)
            samples->chunks[0] = samples->one;
    }
    samples->chunks[samples->count++] = new_chunk(16);
    return samples->chunks[samples->count - 1];
}

static struct sv_samples_chunk *make_room(struct sv_samples *samples, uint32_t number, size_t len)
{
    struct sv_samples_chunk **at = chunk_at(samples, number);
    if ((*at)->room >= len)
        return *at;
    size_t room = (*at)->room * 2 > len ? (*at)->room * 2 : len;
    *at = sv_realloc(*at, sizeof **at + room);
    (*at)->room = (uint32_t)room;
    return *at;
}

/* A head at the end of a part stands at the start of the next, if there is one. */
static void settle(struct sv_samples *samples, const struct sv_kind_spec *spec, int head, const struct sv_state_parts *parts)
{
    struct sv_samples_head *at = &samples->heads[head];
    while (at->chunk + 1 < samples->first + samples->count && at->index >= ready(samples, spec, at->chunk, parts)->count)
        *at = (struct sv_samples_head){.chunk = at->chunk + 1};
}

/* --- adding --- */

/* The sample number `index` of a part, or its end: where its bytes begin, and the time before it. */
static void seek(const struct sv_samples_chunk *chunk, const struct sv_kind_spec *spec, uint16_t index, uint16_t *offset, int64_t *before_ns)
{
    struct sv_unpack in = {.at = chunk->bytes, .end = chunk->bytes + chunk->len};
    struct sv_sample sample = {0};
    *before_ns = 0;
    for (uint16_t i = 0; i < index; i++) {
        get_sample(&in, spec, *before_ns, &sample);
        *before_ns = sample.time_ns;
    }
    *offset = (uint16_t)(in.at - chunk->bytes);
}

static void fix_heads(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number)
{
    for (int h = 0; h < SV_HEADS; h++)
        if (samples->heads[h].chunk == number)
            seek(*chunk_at(samples, number), spec, samples->heads[h].index, &samples->heads[h].offset, &samples->heads[h].before_ns);
}

/* Samples as a part has them, while they are put together. */
struct line {
    struct sv_buf bytes;
    uint16_t count;
    int64_t last_ns;
};

static void put_behind(struct line *line, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_value *values)
{
    put_sample(&line->bytes, spec, time_ns, line->count > 0 ? line->last_ns : 0, values);
    line->last_ns = time_ns;
    line->count++;
}

/* A part of these samples; what is too much for it is left over, in order. */
struct packing {
    const struct sv_kind_spec *spec;
    struct line kept, over;
};

static void pack(struct packing *packing, int64_t time_ns, const struct sv_value *values)
{
    struct line *kept = &packing->kept, before = *kept;
    if (packing->over.count == 0) {
        put_behind(kept, packing->spec, time_ns, values);
        if (kept->bytes.len <= CHUNK_MAX)
            return;
        kept->bytes.len = before.bytes.len;
        kept->count = before.count;
        kept->last_ns = before.last_ns;
    }
    put_behind(&packing->over, packing->spec, time_ns, values);
}

static void pack_all(struct packing *packing, const struct line *line)
{
    struct sv_unpack in = sv_unpack(sv_buf_slice(&line->bytes));
    struct sv_sample sample = {0};
    for (uint16_t i = 0; i < line->count; i++) {
        get_sample(&in, packing->spec, sample.time_ns, &sample);
        pack(packing, sample.time_ns, sample.values);
    }
}

/* A part with more samples in it, which stand in a row: behind those of the time of the first, or before all others. */
static void pack_into(struct packing *packing, const struct sv_samples_chunk *chunk, const struct line *more, bool at_start)
{
    struct sv_unpack in = {.at = chunk->bytes, .end = chunk->bytes + chunk->len};
    struct sv_sample sample = {0};
    bool are_in = at_start;
    if (at_start)
        pack_all(packing, more);
    for (uint16_t i = 0; i < chunk->count; i++) {
        get_sample(&in, packing->spec, sample.time_ns, &sample);
        if (!are_in && sample.time_ns > more->last_ns) {
            pack_all(packing, more);
            are_in = true;
        }
        pack(packing, sample.time_ns, sample.values);
    }
    if (!are_in)
        pack_all(packing, more);
}

/* Replaces a part's samples. */
static void rewrite(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number, const struct line *line)
{
    struct sv_samples_chunk *chunk = make_room(samples, number, line->bytes.len);
    memcpy(chunk->bytes, line->bytes.data, line->bytes.len);
    chunk->len = (uint32_t)line->bytes.len;
    chunk->count = line->count;
    chunk->last_ns = line->last_ns;
    chunk->is_dirty = true;
    fix_heads(samples, spec, number);
}

/* What heads look at behind the first `left` samples of a part goes to the start of the next one, before what is there. */
static void shift_heads(struct sv_samples *samples, uint32_t number, uint16_t left, uint16_t moved)
{
    for (int h = 0; h < SV_HEADS; h++) {
        struct sv_samples_head *head = &samples->heads[h];
        if (head->chunk == number + 1)
            head->index = (uint16_t)(head->index + moved);
        else if (head->chunk == number && head->index >= left)
            *head = (struct sv_samples_head){.chunk = number + 1, .index = (uint16_t)(head->index - left)};
    }
}

/* The most bytes that a sample takes. */
static size_t most_bytes(const struct sv_kind_spec *spec, const struct sv_value *values)
{
    enum { NUMBER = 10, KIND = 1 };
    size_t most = NUMBER;
    for (size_t i = 0; i < spec->argument_count; i++)
        most += KIND + (values[i].type == SV_TIMESTAMP ? 2 * NUMBER : NUMBER) + (values[i].type == SV_STRING ? values[i].len : 0);
    return most;
}

/* The sample that was put behind all others is the newest of all arguments that it has. */
static void note_newest(struct sv_samples *samples, const struct sv_kind_spec *spec, uint16_t offset, const struct sv_value *values)
{
    for (size_t i = 0; samples->seen != NULL && i < spec->argument_count; i++)
        if (values[i].type != SV_ABSENT)
            samples->seen[i].newest = (struct sv_samples_place){samples->first + samples->count - 1, offset, true};
}

/* What stands from this part on has moved, and values were put among it. */
static void forget_places(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number, const struct sv_value *values)
{
    for (size_t i = 0; samples->seen != NULL && i < spec->argument_count; i++) {
        struct sv_samples_seen *seen = &samples->seen[i];
        seen->oldest.is_known &= seen->oldest.chunk < number;
        seen->newest.is_known &= seen->newest.chunk < number && values[i].type == SV_ABSENT;
    }
}

/* Behind all others: mostly. It is written where it will stand, if there is certainly room. */
static void append(struct sv_samples *samples, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_value *values)
{
    struct sv_buf bytes = {0};
    uint32_t number = samples->first + samples->count - 1;
    struct sv_samples_chunk *chunk = samples->count > 0 ? *chunk_at(samples, number) : append_chunk(samples);
    size_t most = most_bytes(spec, values);
    if (chunk->count > 0 && chunk->len + most > CHUNK_FILL) {
        put_sample(&bytes, spec, time_ns, chunk->last_ns, values);
        if (chunk->len + bytes.len > CHUNK_FILL)
            chunk = append_chunk(samples);
        sv_buf_clear(&bytes);
    }
    int64_t before_ns = chunk->count > 0 ? chunk->last_ns : 0;
    uint16_t begins_at = (uint16_t)chunk->len;
    if (chunk->len + most <= chunk->room) {
        struct sv_buf in_place = {.data = (char *)chunk->bytes, .len = chunk->len, .capacity = chunk->room};
        put_sample(&in_place, spec, time_ns, before_ns, values);
        chunk->len = (uint32_t)in_place.len;
    } else {
        put_sample(&bytes, spec, time_ns, before_ns, values);
        chunk = make_room(samples, samples->first + samples->count - 1, chunk->len + bytes.len);
        memcpy(chunk->bytes + chunk->len, bytes.data, bytes.len);
        chunk->len += (uint32_t)bytes.len;
    }
    chunk->count++;
    chunk->last_ns = time_ns;
    chunk->is_dirty = true;
    note_newest(samples, spec, begins_at, values);
    sv_buf_free(&bytes);
}

/* A part that a late one has made too long gives its last samples to the next one, and so on. */
static void insert_late(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number, int64_t time_ns,
                        const struct sv_value *values, const struct sv_state_parts *parts)
{
    struct line more = {0};
    put_behind(&more, spec, time_ns, values);
    for (bool at_start = false; more.count > 0; number++, at_start = true) {
        struct packing packing = {.spec = spec};
        if (number == samples->first + samples->count)
            append_chunk(samples);
        pack_into(&packing, ready(samples, spec, number, parts), &more, at_start);
        if (packing.over.count > 0)
            shift_heads(samples, number, packing.kept.count, packing.over.count);
        rewrite(samples, spec, number, &packing.kept);
        sv_buf_free(&packing.kept.bytes);
        sv_buf_free(&more.bytes);
        more = packing.over;
    }
}

void sv_samples_add(struct sv_samples *samples, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_value *values,
                    const struct sv_state_parts *parts)
{
    uint32_t number = samples->first + samples->count;
    if (samples->count == 0 || time_ns >= ready(samples, spec, number - 1, parts)->last_ns) {
        append(samples, spec, time_ns, values);
        return;
    }
    settle(samples, spec, SV_HEAD_NOW, parts);
    do /* the part that its time lies in, or the one that the window begins in */
        number--;
    while (number > samples->heads[SV_HEAD_NOW].chunk && ready(samples, spec, number - 1, parts)->last_ns > time_ns);
    insert_late(samples, spec, number, time_ns, values, parts);
    forget_places(samples, spec, number, values);
}

/* --- reading --- */

bool sv_samples_peek(struct sv_samples *samples, const struct sv_kind_spec *spec, int head, struct sv_sample *out,
                     const struct sv_state_parts *parts)
{
    if (samples->count == 0)
        return false;
    settle(samples, spec, head, parts);
    const struct sv_samples_head *at = &samples->heads[head];
    const struct sv_samples_chunk *chunk = ready(samples, spec, at->chunk, parts);
    if (at->index >= chunk->count || at->offset > chunk->len)
        return false;
    struct sv_unpack in = {.at = chunk->bytes + at->offset, .end = chunk->bytes + chunk->len};
    get_sample(&in, spec, at->before_ns, out);
    out->behind = (uint32_t)(in.at - chunk->bytes);
    return true;
}

/* Parts that no head stands in or before are over; when all are, they begin anew behind the last one. */
static void drop_passed(struct sv_samples *samples)
{
    uint32_t gone = 0;
    while (gone < samples->count && samples->heads[SV_HEAD_PREV].chunk > samples->first + gone &&
           samples->heads[SV_HEAD_NOW].chunk > samples->first + gone)
        sv_free(samples->chunks[gone++]);
    if (gone == 0)
        return;
    memmove(samples->chunks, samples->chunks + gone, (samples->count - gone) * sizeof(struct sv_samples_chunk *));
    samples->first += gone;
    samples->count -= gone;
}

static bool is_at_end(const struct sv_samples *samples, int head, uint32_t number, uint16_t count)
{
    return samples->heads[head].chunk == number && samples->heads[head].index == count;
}

/* What no head needs any more is freed. */
static void tidy(struct sv_samples *samples, const struct sv_kind_spec *spec, const struct sv_state_parts *parts)
{
    uint32_t last = samples->first + samples->count - 1;
    if (samples->held != NULL || samples->count == 0)
        return;
    struct sv_samples_chunk *chunk = samples->heads[SV_HEAD_NOW].chunk == last ? ready(samples, spec, last, parts) : NULL;
    if (chunk != NULL && chunk->count > 0 && is_at_end(samples, SV_HEAD_PREV, last, chunk->count) &&
        is_at_end(samples, SV_HEAD_NOW, last, chunk->count)) {
        chunk->len = chunk->count = 0; /* all are gone: the part is used again */
        chunk->last_ns = INT64_MIN;
        chunk->is_dirty = true;
        for (int h = 0; h < SV_HEADS; h++)
            samples->heads[h] = (struct sv_samples_head){.chunk = last};
        for (size_t i = 0; samples->seen != NULL && i < spec->argument_count; i++)
            samples->seen[i] = (struct sv_samples_seen){{0}, {0}};
    }
    drop_passed(samples);
}

void sv_samples_pass(struct sv_samples *samples, const struct sv_kind_spec *spec, int head, const struct sv_sample *sample,
                     const struct sv_state_parts *parts)
{
    struct sv_samples_head *at = &samples->heads[head];
    at->offset = (uint16_t)sample->behind;
    at->before_ns = sample->time_ns;
    at->index++;
    settle(samples, spec, head, parts);
    if (!spec->has_prev)
        samples->heads[SV_HEAD_PREV] = samples->heads[SV_HEAD_NOW];
    tidy(samples, spec, parts);
}

/* The samples of a part from a head up to an index; false: that was enough. */
static bool walk_part(const struct sv_samples_chunk *chunk, const struct sv_kind_spec *spec, struct sv_samples_head at, uint16_t end,
                      bool (*each)(void *context, const struct sv_sample *sample), void *context)
{
    if (at.offset > chunk->len)
        return true;
    struct sv_unpack in = {.at = chunk->bytes + at.offset, .end = chunk->bytes + chunk->len};
    struct sv_sample sample = {.time_ns = at.before_ns};
    for (; at.index < chunk->count && at.index < end; at.index++) {
        get_sample(&in, spec, sample.time_ns, &sample);
        if (!each(context, &sample))
            return false;
    }
    return true;
}

/* Where a walk ends: in which part, before which of its samples. */
static struct sv_samples_head end_at(struct sv_samples *samples, const struct sv_kind_spec *spec, int to, const struct sv_state_parts *parts)
{
    if (to == SV_HEADS)
        return (struct sv_samples_head){.chunk = samples->first + samples->count - 1, .index = UINT16_MAX};
    settle(samples, spec, to, parts);
    return samples->heads[to];
}

static void walk(struct sv_samples *samples, const struct sv_kind_spec *spec, struct sv_samples_head at, struct sv_samples_head end,
                 const struct sv_state_parts *parts, bool (*each)(void *context, const struct sv_sample *sample), void *context)
{
    for (; at.chunk <= end.chunk; at = (struct sv_samples_head){.chunk = at.chunk + 1})
        if (!walk_part(ready(samples, spec, at.chunk, parts), spec, at, at.chunk == end.chunk ? end.index : UINT16_MAX, each, context))
            return;
}

void sv_samples_walk(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, const struct sv_state_parts *parts,
                     bool (*each)(void *context, const struct sv_sample *sample), void *context)
{
    if (samples->count == 0)
        return;
    settle(samples, spec, from, parts);
    walk(samples, spec, samples->heads[from], end_at(samples, spec, to, parts), parts, each, context);
}

void sv_samples_ahead(struct sv_samples *samples)
{
    if (samples->held != NULL || samples->count == 0)
        return;
    samples->held = sv_alloc(sizeof samples->heads);
    memcpy(samples->held, samples->heads, sizeof samples->heads);
}

void sv_samples_stay(struct sv_samples *samples, const struct sv_kind_spec *spec, const struct sv_state_parts *parts)
{
    sv_free(samples->held);
    samples->held = NULL;
    tidy(samples, spec, parts);
}

void sv_samples_back(struct sv_samples *samples, const struct sv_kind_spec *spec, const struct sv_state_parts *parts,
                     bool (*each)(void *context, const struct sv_sample *sample), void *context)
{
    struct sv_samples_head end = samples->heads[SV_HEAD_NOW];
    if (samples->held == NULL)
        return;
    memcpy(samples->heads, samples->held, sizeof samples->heads);
    sv_free(samples->held);
    samples->held = NULL;
    for (size_t i = 0; samples->seen != NULL && i < spec->argument_count; i++)
        samples->seen[i].oldest.is_known = false;
    walk(samples, spec, samples->heads[SV_HEAD_NOW], end, parts, each, context);
}

/* In a part, from a head up to an index: where the first, or the last, sample begins that has a value; false: none has. */
static bool find_value(const struct sv_samples_chunk *chunk, const struct sv_kind_spec *spec, struct sv_samples_head at, uint16_t end,
                       uint32_t argument, bool for_first, uint16_t *offset)
{
    struct sv_unpack in = {.at = chunk->bytes + (at.offset <= chunk->len ? at.offset : chunk->len), .end = chunk->bytes + chunk->len};
    struct sv_sample sample;
    bool is_found = false;
    for (; at.index < chunk->count && at.index < end && !(is_found && for_first); at.index++) {
        uint16_t begins_at = (uint16_t)(in.at - chunk->bytes);
        get_sample(&in, spec, 0, &sample);
        if (sample.values[argument].type == SV_ABSENT)
            continue;
        is_found = true;
        *offset = begins_at;
    }
    return is_found;
}

static struct sv_value value_at(struct sv_samples *samples, const struct sv_kind_spec *spec, struct sv_samples_place place, uint32_t argument,
                                const struct sv_state_parts *parts)
{
    struct sv_samples_chunk *chunk = ready(samples, spec, place.chunk, parts);
    struct sv_unpack in = {.at = chunk->bytes + (place.offset <= chunk->len ? place.offset : chunk->len), .end = chunk->bytes + chunk->len};
    struct sv_sample sample;
    get_sample(&in, spec, 0, &sample);
    return sample.values[argument];
}

/* Where they were found last; NULL: not in this part of time, which is not the window itself. */
static struct sv_samples_seen *seen_of(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, uint32_t argument)
{
    if (from != SV_HEAD_NOW || to != SV_HEADS)
        return NULL;
    if (samples->seen == NULL)
        samples->seen = sv_calloc(spec->argument_count, sizeof *samples->seen);
    return &samples->seen[argument];
}

static bool is_behind(struct sv_samples_place place, struct sv_samples_head head)
{
    return place.chunk > head.chunk || (place.chunk == head.chunk && place.offset >= head.offset);
}

/* From the head on; what was found stays the first one until the head has passed it. */
struct sv_value sv_samples_oldest(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, uint32_t argument,
                                  const struct sv_state_parts *parts)
{
    struct sv_samples_seen *seen = seen_of(samples, spec, from, to, argument);
    if (samples->count == 0)
        return sv_value_of(SV_ABSENT);
    settle(samples, spec, from, parts);
    struct sv_samples_head at = samples->heads[from], end = end_at(samples, spec, to, parts);
    struct sv_samples_place place = seen != NULL ? seen->oldest : (struct sv_samples_place){0};
    for (place.is_known &= is_behind(place, at); !place.is_known && at.chunk <= end.chunk; at = (struct sv_samples_head){.chunk = at.chunk + 1}) {
        place.chunk = at.chunk;
        place.is_known = find_value(ready(samples, spec, at.chunk, parts), spec, at, at.chunk == end.chunk ? end.index : UINT16_MAX, argument, true,
                                    &place.offset);
    }
    if (seen != NULL)
        seen->oldest = place;
    return place.is_known ? value_at(samples, spec, place, argument, parts) : sv_value_of(SV_ABSENT);
}

/* From part to part backwards; what was found stays the last one until another is put behind it. */
struct sv_value sv_samples_newest(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, uint32_t argument,
                                  const struct sv_state_parts *parts)
{
    struct sv_samples_seen *seen = seen_of(samples, spec, from, to, argument);
    if (samples->count == 0)
        return sv_value_of(SV_ABSENT);
    settle(samples, spec, from, parts);
    struct sv_samples_head start = samples->heads[from], end = end_at(samples, spec, to, parts);
    struct sv_samples_place place = seen != NULL ? seen->newest : (struct sv_samples_place){0};
    place.is_known &= is_behind(place, start);
    for (uint32_t number = end.chunk + 1; !place.is_known && number-- > start.chunk;) {
        struct sv_samples_head at = number == start.chunk ? start : (struct sv_samples_head){.chunk = number};
        place.chunk = number;
        place.is_known = find_value(ready(samples, spec, number, parts), spec, at, number == end.chunk ? end.index : UINT16_MAX, argument, false,
                                    &place.offset);
    }
    if (seen != NULL)
        seen->newest = place;
    return place.is_known ? value_at(samples, spec, place, argument, parts) : sv_value_of(SV_ABSENT);
}

/* --- the store --- */

static void save_heads(const struct sv_samples *samples, const struct sv_samples_head *heads, struct sv_buf *out)
{
    for (int h = 0; h < SV_HEADS; h++) {
        sv_pack_uint(out, heads[h].chunk - samples->first);
        sv_pack_uint(out, heads[h].index);
        sv_pack_uint(out, heads[h].offset);
        sv_pack_int(out, heads[h].before_ns);
    }
}

static bool load_heads(const struct sv_samples *samples, struct sv_samples_head *heads, struct sv_unpack *in)
{
    for (int h = 0; h < SV_HEADS; h++) {
        uint64_t chunk = sv_unpack_uint(in), index = sv_unpack_uint(in), offset = sv_unpack_uint(in);
        heads[h].before_ns = sv_unpack_int(in);
        if (in->failed || (chunk >= samples->count && chunk > 0) || index > UINT16_MAX || offset > CHUNK_MAX)
            return false;
        heads[h].chunk = (uint32_t)(samples->first + chunk);
        heads[h].index = (uint16_t)index;
        heads[h].offset = (uint16_t)offset;
    }
    return true;
}

bool sv_samples_save(struct sv_samples *samples, struct sv_buf *out, const struct sv_state_parts *parts)
{
    struct sv_buf bytes = {0};
    bool fine = true;
    sv_pack_uint(out, samples->first);
    sv_pack_uint(out, samples->count);
    save_heads(samples, samples->heads, out);
    sv_pack_uint(out, samples->held != NULL);
    if (samples->held != NULL)
        save_heads(samples, samples->held, out);
    if (samples->saved < samples->first)
        fine = parts->drop(parts->context, samples->saved + 1, samples->first);
    samples->saved = samples->first;
    for (uint32_t i = 0; i < samples->count && fine; i++) {
        struct sv_samples_chunk *chunk = samples->chunks[i];
        if (chunk == NULL || !chunk->is_dirty)
            continue;
        sv_buf_clear(&bytes);
        sv_pack_fixed(&bytes, (uint64_t)chunk->last_ns);
        sv_pack_uint(&bytes, chunk->count);
        sv_buf_add(&bytes, sv_slice((const char *)chunk->bytes, chunk->len));
        fine = parts->put(parts->context, samples->first + i + 1, sv_buf_slice(&bytes));
        chunk->is_dirty = false;
    }
    sv_buf_free(&bytes);
    return fine;
}

bool sv_samples_load(struct sv_samples *samples, struct sv_unpack *in)
{
    enum { CHUNKS_MAX = 1 << 20 };
    uint64_t first = sv_unpack_uint(in), count = sv_unpack_uint(in);
    if (in->failed || count > CHUNKS_MAX || first > UINT32_MAX - CHUNKS_MAX)
        return false;
    samples->first = samples->saved = (uint32_t)first;
    samples->count = samples->room = (uint32_t)count;
    samples->chunks = count > 0 ? sv_calloc((size_t)count, sizeof(struct sv_samples_chunk *)) : NULL;
    if (!load_heads(samples, samples->heads, in))
        return false;
    if (in->at == in->end || sv_unpack_uint(in) == 0) /* they are not ahead, nor were they ever in states of old */
        return true;
    samples->held = sv_calloc(SV_HEADS, sizeof *samples->held);
    return load_heads(samples, samples->held, in);
}

void sv_samples_free(struct sv_samples *samples)
{
    for (uint32_t i = 0; i < samples->count; i++)
        sv_free(samples->chunks[i]);
    if (samples->chunks != &samples->one)
        sv_free(samples->chunks);
    sv_free(samples->held);
    sv_free(samples->seen);
    *samples = (struct sv_samples){0};
}
