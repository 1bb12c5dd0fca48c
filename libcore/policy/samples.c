/* SPDX-License-Identifier: ISC */
#include "policy/samples.h"

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

enum { V_ABSENT, V_INT, V_DOUBLE, V_TRUE, V_FALSE, V_TEXT, V_FIXED, V_TIME };

/* --- one sample --- */

static void put_value(struct sv_buf *out, const struct sv_argument_spec *argument, struct sv_value value)
{
    uint64_t bits;
    struct sv_slice text;
    switch ((enum sv_type)value.type) {
    case SV_INT:
        sv_buf_char(out, argument->is_hashed ? V_FIXED : V_INT);
        if (argument->is_hashed)
            sv_pack_fixed(out, (uint64_t)value.i);
        else
            sv_pack_int(out, value.i);
        break;
    case SV_UINT:
    case SV_DOUBLE:
        value.d = value.type == SV_UINT ? (double)value.u : value.d;
        memcpy(&bits, &value.d, sizeof bits);
        sv_buf_char(out, V_DOUBLE);
        sv_pack_fixed(out, bits);
        break;
    case SV_BOOL:
        sv_buf_char(out, value.b ? V_TRUE : V_FALSE);
        break;
    case SV_STRING:
        text = sv_value_raw(value);
        while (text.len > SV_SAMPLE_TEXT_MAX || (text.len > 0 && text.len < value.len && ((unsigned char)text.data[text.len] & 0xC0) == 0x80))
            text.len--;
        sv_buf_char(out, V_TEXT);
        sv_pack_text(out, text);
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
        return value;
    case V_TRUE:
        return sv_value_bool(true);
    case V_FALSE:
        return sv_value_bool(false);
    case V_TEXT:
        return sv_value_str(sv_unpack_text(in));
    default:
        return sv_value_of(SV_ABSENT);
    }
}

static void put_sample(struct sv_buf *out, const struct sv_kind_spec *spec, int64_t difference_ns, const struct sv_value *values)
{
    sv_pack_int(out, difference_ns);
    for (size_t i = 0; i < spec->argument_count; i++)
        put_value(out, &spec->arguments[i], values[i]);
}

/* Reads the sample at *in; before_ns: the time of the one before it in its part, 0 of the first. */
static void get_sample(struct sv_unpack *in, const struct sv_kind_spec *spec, int64_t before_ns, struct sv_sample *out)
{
    out->time_ns = sv_time_plus(before_ns, sv_unpack_int(in));
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

/* From the store, where it is not here; an empty one where that has none. */
static struct sv_samples_chunk *ready(struct sv_samples *samples, uint32_t number, const struct sv_state_parts *parts)
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
    *at = new_chunk(len);
    if (len > 0 && len <= CHUNK_MAX && count <= UINT16_MAX) {
        memcpy((*at)->bytes, in.at, len);
        (*at)->len = (uint32_t)len;
        (*at)->count = (uint16_t)count;
        (*at)->last_ns = last_ns;
        (*at)->is_dirty = false;
    }
    sv_buf_free(&bytes);
    return *at;
}

static struct sv_samples_chunk *append_chunk(struct sv_samples *samples)
{
    if (samples->count == samples->room) {
        samples->room = samples->room > 0 ? 2 * samples->room : 1;
        samples->chunks = sv_realloc(samples->chunks, samples->room * sizeof(struct sv_samples_chunk *));
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
static void settle(struct sv_samples *samples, int head, const struct sv_state_parts *parts)
{
    struct sv_samples_head *at = &samples->heads[head];
    while (at->chunk + 1 < samples->first + samples->count && at->index >= ready(samples, at->chunk, parts)->count)
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

/* Replaces a part's bytes. */
static void rewrite(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number, const struct sv_buf *bytes,
                    uint16_t count, int64_t last_ns)
{
    struct sv_samples_chunk *chunk = make_room(samples, number, bytes->len);
    if (bytes->len > 0)
        memcpy(chunk->bytes, bytes->data, bytes->len);
    chunk->len = (uint32_t)bytes->len;
    chunk->count = count;
    chunk->last_ns = last_ns;
    chunk->is_dirty = true;
    fix_heads(samples, spec, number);
}

struct insertion {
    int64_t time_ns;
    const struct sv_value *values;
    uint16_t at;                 /* out: its index */
    int64_t over_ns;             /* out, when a part is too long: its last sample, which has to go to the next */
    struct sv_value over[SV_ARGUMENTS_MAX];
    bool is_over;
};

/* The part with one more sample in its place: behind those of the same time. texts: where what is over is kept. */
static void insert(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number, bool at_start, struct insertion *one,
                   struct sv_buf *texts)
{
    const struct sv_samples_chunk *chunk = *chunk_at(samples, number);
    struct sv_unpack in = {.at = chunk->bytes, .end = chunk->bytes + chunk->len};
    struct sv_buf bytes = {0};
    struct sv_sample sample = {0};
    int64_t read_ns = 0, put_ns = 0, last_put_ns = 0;
    size_t last_start = 0;
    uint16_t put = 0;
    bool is_in = false;
    for (uint16_t i = 0; i <= chunk->count; i++) {
        if (i < chunk->count) {
            get_sample(&in, spec, read_ns, &sample);
            read_ns = sample.time_ns;
        }
        if (!is_in && (i == chunk->count || at_start || sample.time_ns > one->time_ns)) {
            one->at = put++;
            last_start = bytes.len;
            last_put_ns = put_ns;
            put_sample(&bytes, spec, one->time_ns - put_ns, one->values);
            put_ns = one->time_ns;
            is_in = true;
        }
        if (i == chunk->count)
            break;
        last_start = bytes.len;
        last_put_ns = put_ns;
        put_sample(&bytes, spec, sample.time_ns - put_ns, sample.values);
        put_ns = sample.time_ns;
        put++;
    }
    one->is_over = bytes.len > CHUNK_MAX;
    if (one->is_over) { /* the last one goes to the next part */
        struct sv_unpack last = sv_unpack(sv_slice(bytes.data + last_start, bytes.len - last_start));
        get_sample(&last, spec, last_put_ns, &sample);
        sv_buf_clear(texts);
        sv_buf_add(texts, sv_slice(bytes.data + last_start, bytes.len - last_start));
        struct sv_unpack kept = sv_unpack(sv_buf_slice(texts));
        get_sample(&kept, spec, last_put_ns, &sample);
        one->over_ns = sample.time_ns;
        memcpy(one->over, sample.values, sizeof one->over);
        bytes.len = last_start;
        put--;
        put_ns = last_put_ns;
    }
    rewrite(samples, spec, number, &bytes, put, put_ns);
    sv_buf_free(&bytes);
}

/* Behind all others: mostly. */
static void append(struct sv_samples *samples, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_value *values)
{
    struct sv_buf bytes = {0};
    uint32_t number = samples->first + samples->count - 1;
    struct sv_samples_chunk *chunk = samples->count > 0 ? *chunk_at(samples, number) : append_chunk(samples);
    put_sample(&bytes, spec, chunk->count > 0 ? time_ns - chunk->last_ns : time_ns, values);
    if (samples->count > 0 && chunk->count > 0 && chunk->len + bytes.len > CHUNK_FILL) {
        append_chunk(samples);
        sv_buf_clear(&bytes);
        put_sample(&bytes, spec, time_ns, values);
    }
    number = samples->first + samples->count - 1;
    chunk = make_room(samples, number, (*chunk_at(samples, number))->len + bytes.len);
    memcpy(chunk->bytes + chunk->len, bytes.data, bytes.len);
    chunk->len += (uint32_t)bytes.len;
    chunk->count++;
    chunk->last_ns = time_ns;
    chunk->is_dirty = true;
    sv_buf_free(&bytes);
}

/* A part that a late one has made too long gives its last sample to the next one, and so on. */
static void insert_late(struct sv_samples *samples, const struct sv_kind_spec *spec, uint32_t number, int64_t time_ns,
                        const struct sv_value *values, const struct sv_state_parts *parts)
{
    struct insertion one = {.time_ns = time_ns, .values = values};
    struct sv_value over[SV_ARGUMENTS_MAX];
    struct sv_buf texts[2] = {{0}, {0}};
    bool at_start = false;
    for (size_t turn = 0;; turn ^= 1, number++, at_start = true) {
        ready(samples, number, parts);
        for (int h = 0; at_start && h < SV_HEADS; h++) /* what comes to the start of the part comes before what the heads look at */
            samples->heads[h].index += samples->heads[h].chunk == number;
        insert(samples, spec, number, at_start, &one, &texts[turn]);
        if (!one.is_over)
            break;
        uint16_t left = (*chunk_at(samples, number))->count;
        if (number + 1 == samples->first + samples->count)
            append_chunk(samples);
        for (int h = 0; h < SV_HEADS; h++)
            if (samples->heads[h].chunk == number && samples->heads[h].index >= left)
                samples->heads[h] = (struct sv_samples_head){.chunk = number + 1, .index = UINT16_MAX}; /* one before 0 */
        memcpy(over, one.over, sizeof over);
        one = (struct insertion){.time_ns = one.over_ns, .values = over};
    }
    sv_buf_free(&texts[0]);
    sv_buf_free(&texts[1]);
}

void sv_samples_add(struct sv_samples *samples, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_value *values,
                    const struct sv_state_parts *parts)
{
    uint32_t number = samples->first + samples->count;
    if (samples->count == 0 || time_ns >= ready(samples, number - 1, parts)->last_ns) {
        append(samples, spec, time_ns, values);
        return;
    }
    settle(samples, SV_HEAD_NOW, parts);
    do /* the part that its time lies in, or the one that the window begins in */
        number--;
    while (number > samples->heads[SV_HEAD_NOW].chunk && ready(samples, number - 1, parts)->last_ns > time_ns);
    ready(samples, number, parts);
    insert_late(samples, spec, number, time_ns, values, parts);
}

/* --- reading --- */

bool sv_samples_peek(struct sv_samples *samples, const struct sv_kind_spec *spec, int head, struct sv_sample *out,
                     const struct sv_state_parts *parts)
{
    if (samples->count == 0)
        return false;
    settle(samples, head, parts);
    const struct sv_samples_head *at = &samples->heads[head];
    const struct sv_samples_chunk *chunk = ready(samples, at->chunk, parts);
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

void sv_samples_pass(struct sv_samples *samples, const struct sv_kind_spec *spec, int head, const struct sv_sample *sample,
                     const struct sv_state_parts *parts)
{
    struct sv_samples_head *at = &samples->heads[head];
    struct sv_samples_chunk *chunk = ready(samples, at->chunk, parts);
    uint32_t last = samples->first + samples->count - 1;
    at->offset = (uint16_t)sample->behind;
    at->before_ns = sample->time_ns;
    at->index++;
    if (!spec->has_prev)
        samples->heads[SV_HEAD_PREV] = samples->heads[SV_HEAD_NOW];
    if (is_at_end(samples, SV_HEAD_PREV, last, chunk->count) && is_at_end(samples, SV_HEAD_NOW, last, chunk->count)) {
        chunk->len = chunk->count = 0; /* all are gone: the part is used again */
        chunk->last_ns = INT64_MIN;
        chunk->is_dirty = true;
        for (int h = 0; h < SV_HEADS; h++)
            samples->heads[h] = (struct sv_samples_head){.chunk = last};
    }
    settle(samples, head, parts);
    if (!spec->has_prev)
        samples->heads[SV_HEAD_PREV] = samples->heads[SV_HEAD_NOW];
    drop_passed(samples);
}

bool sv_samples_last(struct sv_samples *samples, const struct sv_kind_spec *spec, struct sv_sample *out, const struct sv_state_parts *parts)
{
    if (samples->count == 0)
        return false;
    const struct sv_samples_chunk *chunk = ready(samples, samples->first + samples->count - 1, parts);
    struct sv_unpack in = {.at = chunk->bytes, .end = chunk->bytes + chunk->len};
    int64_t before_ns = 0;
    for (uint16_t i = 0; i < chunk->count; i++) {
        get_sample(&in, spec, before_ns, out);
        before_ns = out->time_ns;
    }
    return chunk->count > 0;
}

void sv_samples_walk(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, const struct sv_state_parts *parts,
                     void (*each)(void *context, const struct sv_sample *sample), void *context)
{
    struct sv_sample sample;
    if (samples->count == 0)
        return;
    settle(samples, from, parts);
    if (to < SV_HEADS)
        settle(samples, to, parts);
    struct sv_samples_head at = samples->heads[from], end = to < SV_HEADS ? samples->heads[to] : (struct sv_samples_head){.chunk = UINT32_MAX};
    for (; at.chunk < samples->first + samples->count; at = (struct sv_samples_head){.chunk = at.chunk + 1}) {
        const struct sv_samples_chunk *chunk = ready(samples, at.chunk, parts);
        if (at.offset > chunk->len)
            return;
        struct sv_unpack in = {.at = chunk->bytes + at.offset, .end = chunk->bytes + chunk->len};
        for (; at.index < chunk->count; at.index++) {
            if (at.chunk == end.chunk && at.index == end.index)
                return;
            get_sample(&in, spec, at.before_ns, &sample);
            at.before_ns = sample.time_ns;
            each(context, &sample);
        }
        if (at.chunk == end.chunk)
            return;
    }
}

/* --- the store --- */

bool sv_samples_save(struct sv_samples *samples, struct sv_buf *out, const struct sv_state_parts *parts)
{
    struct sv_buf bytes = {0};
    bool fine = true;
    sv_pack_uint(out, samples->first);
    sv_pack_uint(out, samples->count);
    for (int h = 0; h < SV_HEADS; h++) {
        sv_pack_uint(out, samples->heads[h].chunk - samples->first);
        sv_pack_uint(out, samples->heads[h].index);
        sv_pack_uint(out, samples->heads[h].offset);
        sv_pack_int(out, samples->heads[h].before_ns);
    }
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
    enum { CHUNKS_MAX = 1 << 24 };
    uint64_t first = sv_unpack_uint(in), count = sv_unpack_uint(in);
    if (in->failed || count > CHUNKS_MAX || first > UINT32_MAX - CHUNKS_MAX)
        return false;
    samples->first = samples->saved = (uint32_t)first;
    samples->count = samples->room = (uint32_t)count;
    samples->chunks = count > 0 ? sv_calloc((size_t)count, sizeof(struct sv_samples_chunk *)) : NULL;
    for (int h = 0; h < SV_HEADS; h++) {
        struct sv_samples_head *head = &samples->heads[h];
        uint64_t chunk = sv_unpack_uint(in), index = sv_unpack_uint(in), offset = sv_unpack_uint(in);
        head->before_ns = sv_unpack_int(in);
        if (in->failed || chunk > count || index > UINT16_MAX || offset > CHUNK_MAX)
            return false;
        head->chunk = (uint32_t)(first + chunk);
        head->index = (uint16_t)index;
        head->offset = (uint16_t)offset;
    }
    return true;
}

void sv_samples_free(struct sv_samples *samples)
{
    for (uint32_t i = 0; i < samples->count; i++)
        sv_free(samples->chunks[i]);
    sv_free(samples->chunks);
    *samples = (struct sv_samples){0};
}
