/* SPDX-License-Identifier: ISC */
/* loop: an agent that goes in circles. Three forms: the same call (tool and arguments) so many times in a row; a cycle of calls that
 * comes again and again; the same result of different calls.
 *
 * For each length c up to the longest cycle it is counted how many calls in a row equal the one c before them: a cycle of length c has
 * come n times when c * (n - 1) of them do, and the same call n times is a cycle of length 1. Calls that `allow` names are not seen.
 * What counts is the order in which they come; one that is older than what is kept of a key is too late. */
#include "json/writer.h"
#include "policy/kind.h"

enum { A_IS_RESULT, A_TOOL, A_ARGS, A_RESULT, A_ALLOWED }; /* arguments, as kinds.c has them */
enum { CYCLE_MAX = 64, RING_MAX = 4096 };
#define IDLE_NS (3600 * SV_SECOND_NS) /* without `within`: what is kept of a key that calls nothing */

struct ring {
    struct entry {
        uint64_t hash;
        int64_t time_ns;
    } *items;              /* the last ones; [at] is overwritten next */
    uint32_t at, count;
};

struct loop {
    int64_t clock_ns;
    struct ring calls, results;
    uint32_t *runs;        /* [cycle + 1]: see above */
    uint32_t call_count;   /* all of them */
    uint32_t result_run;   /* results in a row that are the same */
    bool calls_hold, results_hold;
    uint32_t length;       /* what was found last: of the cycle, 0: results */
    uint32_t times;        /* so often since first_ns */
    uint32_t before;       /* what of its run came before that */
    int64_t first_ns, last_ns;
};

static uint32_t call_room(const struct sv_kind_spec *spec)
{
    uint64_t most = spec->same > spec->cycle * spec->repeat ? spec->same : spec->cycle * spec->repeat;
    return (uint32_t)(most + 1 > RING_MAX ? RING_MAX : most + 1);
}

static uint32_t result_room(const struct sv_kind_spec *spec)
{
    return (uint32_t)(spec->result + 1 > RING_MAX ? RING_MAX : spec->result + 1);
}

static void *start(const struct sv_kind_spec *spec)
{
    struct loop *loop = sv_calloc(1, sizeof *loop);
    loop->clock_ns = INT64_MIN;
    loop->calls.items = sv_calloc(call_room(spec), sizeof *loop->calls.items);
    loop->results.items = sv_calloc(result_room(spec), sizeof *loop->results.items);
    loop->runs = sv_calloc((spec->cycle > 0 ? spec->cycle : 1) + 1, sizeof *loop->runs);
    return loop;
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    struct loop *loop = state;
    (void)spec;
    sv_free(loop->calls.items);
    sv_free(loop->results.items);
    sv_free(loop->runs);
    sv_free(loop);
}

/* The one that came `back` before the newest; NULL: there is none. */
static const struct entry *back_by(const struct ring *ring, uint32_t room, uint32_t back)
{
    return back < ring->count ? &ring->items[(ring->at + room - 1 - back) % room] : NULL;
}

static void push(struct ring *ring, uint32_t room, uint64_t hash, int64_t time_ns)
{
    ring->items[ring->at] = (struct entry){hash, time_ns};
    ring->at = (ring->at + 1) % room;
    ring->count += ring->count < room;
}

/* The first of the last `count` ones, if they lie within the time; else NULL. */
static const struct entry *first_of(const struct ring *ring, uint32_t room, uint32_t count, const struct sv_kind_spec *spec)
{
    const struct entry *first = back_by(ring, room, count - 1);
    bool is_within = first != NULL &&
                     (spec->span_ns == 0 || back_by(ring, room, 0)->time_ns <= sv_time_plus(first->time_ns, spec->span_ns));
    return is_within ? first : NULL;
}

/* run: things in a row that are as they must be. While one and the same goes on it is counted from where it was found first. */
static void found(struct loop *loop, bool goes_on, uint32_t length, uint32_t times, uint32_t run, int64_t first_ns)
{
    if (!goes_on || loop->length != length) {
        loop->length = length;
        loop->before = run;
        loop->first_ns = first_ns;
    }
    loop->times = times + (run - loop->before) / (length > 0 ? length : 1);
    loop->last_ns = loop->clock_ns;
}

static bool look_for_cycle(struct loop *loop, const struct sv_kind_spec *spec, uint32_t room)
{
    uint64_t most = spec->cycle > 0 ? spec->cycle : 1;
    for (uint32_t c = 1; c <= most; c++) {
        uint32_t times = (uint32_t)(c == 1 ? spec->same : spec->repeat);
        bool is_same = c > 1 && loop->runs[1] + 1 >= c * times; /* one call again and again is no cycle of several */
        const struct entry *first = times < 2 || is_same || loop->runs[c] < c * (times - 1) ? NULL : first_of(&loop->calls, room, c * times, spec);
        if (first == NULL)
            continue;
        found(loop, loop->calls_hold, c, times, loop->runs[c], first->time_ns);
        return true;
    }
    return false;
}

static void see_call(struct loop *loop, const struct sv_kind_spec *spec, const struct sv_touch *touch)
{
    uint32_t room = call_room(spec);
    uint64_t most = spec->cycle > 0 ? spec->cycle : 1;
    uint64_t tool = touch->values[A_TOOL].type == SV_INT ? (uint64_t)touch->values[A_TOOL].i : 0;
    uint64_t args = touch->values[A_ARGS].type == SV_INT ? (uint64_t)touch->values[A_ARGS].i : 0;
    uint64_t hash = tool * UINT64_C(0x9E3779B97F4A7C15) + args;
    for (uint32_t c = 1; c <= most; c++) {
        const struct entry *other = back_by(&loop->calls, room, c - 1);
        loop->runs[c] = other != NULL && other->hash == hash ? loop->runs[c] + 1 : 0;
    }
    push(&loop->calls, room, hash, touch->time_ns);
    loop->call_count += loop->call_count < UINT32_MAX;
    loop->calls_hold = look_for_cycle(loop, spec, room);
}

static void see_result(struct loop *loop, const struct sv_kind_spec *spec, const struct sv_touch *touch)
{
    uint32_t room = result_room(spec);
    uint64_t hash = touch->values[A_RESULT].type == SV_INT ? (uint64_t)touch->values[A_RESULT].i : 0;
    const struct entry *last = back_by(&loop->results, room, 0);
    if (spec->result == 0)
        return;
    if (hash == 0 || last == NULL || last->hash != hash) /* nothing to say is no result */
        loop->result_run = 0;
    if (hash != 0)
        loop->result_run++;
    push(&loop->results, room, hash, touch->time_ns);
    uint32_t alike = loop->runs[1] + 1; /* the last calls that are one and the same; as many as results: nothing varies */
    bool is_loop = loop->result_run >= spec->result && alike < loop->result_run && alike < loop->call_count;
    const struct entry *first = is_loop ? first_of(&loop->results, room, (uint32_t)spec->result, spec) : NULL;
    if (first != NULL)
        found(loop, loop->results_hold, 0, (uint32_t)spec->result, loop->result_run, first->time_ns);
    loop->results_hold = first != NULL;
}

static int64_t idle_ns(const struct sv_kind_spec *spec)
{
    return spec->span_ns > 0 ? spec->span_ns : IDLE_NS;
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct loop *loop = state;
    bool is_result = touch->values[A_IS_RESULT].type == SV_BOOL && touch->values[A_IS_RESULT].b, held = loop->calls_hold || loop->results_hold;
    (void)parts;
    if (loop->clock_ns != INT64_MIN && touch->time_ns < sv_time_plus(loop->clock_ns, -idle_ns(spec)))
        return (struct sv_look){.is = SV_LOOK_LATE};
    if (touch->values[A_ALLOWED].type == SV_BOOL && touch->values[A_ALLOWED].b)
        return (struct sv_look){.is = SV_LOOK_NOTHING};
    loop->clock_ns = touch->time_ns > loop->clock_ns ? touch->time_ns : loop->clock_ns;
    if (is_result)
        see_result(loop, spec, touch);
    else
        see_call(loop, spec, touch);
    if (loop->calls_hold || loop->results_hold) {
        /* a result between the calls of a loop says nothing new, and neither does a call between the results */
        bool is_news = is_result ? loop->results_hold : loop->calls_hold;
        return (struct sv_look){.is = is_news || !held ? SV_LOOK_HOLDS : SV_LOOK_NOTHING, .time_ns = loop->clock_ns};
    }
    return (struct sv_look){.is = SV_LOOK_ENDS, .time_ns = loop->clock_ns};
}

static int64_t due(void *state, const struct sv_kind_spec *spec, bool holds, const struct sv_state_parts *parts)
{
    const struct loop *loop = state;
    (void)parts;
    return holds && (loop->calls_hold || loop->results_hold) ? sv_time_plus(loop->clock_ns, idle_ns(spec)) : INT64_MAX;
}

/* Nothing was called for so long: it is over. */
static struct sv_look timer(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts)
{
    struct loop *loop = state;
    (void)parts;
    loop->calls_hold = loop->results_hold = false;
    loop->calls.count = loop->results.count = loop->call_count = loop->result_run = 0;
    memset(loop->runs, 0, ((spec->cycle > 0 ? spec->cycle : 1) + 1) * sizeof *loop->runs);
    return (struct sv_look){.is = SV_LOOK_ENDS, .time_ns = due_ns};
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct loop *loop = state;
    return loop->clock_ns == INT64_MIN ? INT64_MIN : sv_time_plus(loop->clock_ns, idle_ns(spec));
}

static void put_values(void *state, const struct sv_kind_spec *spec, struct sv_buf *out)
{
    const struct loop *loop = state;
    (void)spec;
    sv_json_put_key(out, "form");
    sv_buf_str(out, loop->length == 0 ? "\"result\"" : loop->length == 1 ? "\"same\"" : "\"cycle\"");
    sv_json_put_key(out, "count");
    sv_buf_uint(out, loop->times);
    if (loop->length > 1) {
        sv_json_put_key(out, "length");
        sv_buf_uint(out, loop->length);
    }
    sv_json_put_key(out, "seconds");
    sv_json_put_value(out, sv_value_double(sv_seconds_between(loop->first_ns, loop->last_ns)));
}

static void save_ring(const struct ring *ring, uint32_t room, struct sv_buf *out)
{
    int64_t before_ns = 0;
    sv_pack_uint(out, ring->count);
    for (uint32_t i = ring->count; i-- > 0;) {
        const struct entry *entry = back_by(ring, room, i);
        sv_pack_fixed(out, entry->hash);
        sv_pack_step(out, entry->time_ns, before_ns);
        before_ns = entry->time_ns;
    }
}

static void load_ring(struct ring *ring, uint32_t room, struct sv_unpack *in)
{
    int64_t before_ns = 0;
    uint64_t count = sv_unpack_uint(in);
    for (uint64_t i = 0; i < count && !in->failed; i++) {
        uint64_t hash = sv_unpack_fixed(in);
        before_ns = sv_unpack_step(in, before_ns);
        push(ring, room, hash, before_ns);
    }
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    const struct loop *loop = state;
    (void)parts;
    sv_pack_int(out, loop->clock_ns);
    sv_pack_uint(out, loop->call_count);
    sv_pack_uint(out, loop->result_run);
    sv_pack_uint(out, loop->calls_hold | loop->results_hold << 1);
    sv_pack_uint(out, loop->length);
    sv_pack_uint(out, loop->times);
    sv_pack_uint(out, loop->before);
    sv_pack_int(out, loop->first_ns);
    sv_pack_step(out, loop->last_ns, loop->first_ns);
    for (uint64_t c = 1; c <= (spec->cycle > 0 ? spec->cycle : 1); c++)
        sv_pack_uint(out, loop->runs[c]);
    save_ring(&loop->calls, call_room(spec), out);
    save_ring(&loop->results, result_room(spec), out);
    return true;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct loop *loop = state;
    struct sv_unpack in = sv_unpack(bytes);
    (void)parts;
    loop->clock_ns = sv_unpack_int(&in);
    loop->call_count = (uint32_t)sv_unpack_uint(&in);
    loop->result_run = (uint32_t)sv_unpack_uint(&in);
    uint64_t flags = sv_unpack_uint(&in);
    loop->calls_hold = flags & 1;
    loop->results_hold = flags >> 1 & 1;
    loop->length = (uint32_t)sv_unpack_uint(&in);
    loop->times = (uint32_t)sv_unpack_uint(&in);
    loop->before = (uint32_t)sv_unpack_uint(&in);
    loop->first_ns = sv_unpack_int(&in);
    loop->last_ns = sv_unpack_step(&in, loop->first_ns);
    for (uint64_t c = 1; c <= (spec->cycle > 0 ? spec->cycle : 1); c++)
        loop->runs[c] = (uint32_t)sv_unpack_uint(&in);
    load_ring(&loop->calls, call_room(spec), &in);
    load_ring(&loop->results, result_room(spec), &in);
    return !in.failed;
}

const struct sv_kind sv_kind_loop = {.name = "loop",
                                     .start = start,
                                     .end = end,
                                     .touch = touch,
                                     .timer = timer,
                                     .due = due,
                                     .expiry = expiry,
                                     .put_values = put_values,
                                     .save = save,
                                     .load = load};
