/* SPDX-License-Identifier: ISC */
/* limit: a bucket of tokens that fills evenly, `limit` of them in `span`, `burst` at most. Each event takes one; where there is none
 * it is a violation, which takes none. An event out of order takes one of now; one from a time since which an empty bucket has
 * filled up is too late to make a difference. */
#include "json/writer.h"
#include "policy/kind.h"

/* In units of which a token has span_ns, and which a nanosecond adds `limit` of: no division, no rounding. */
struct limit {
    int64_t clock_ns; /* INT64_MIN: no event so far, the bucket is full */
    int64_t level;
    int64_t open_ns;  /* when a timer found a token last; INT64_MIN: none did. The clock is the events' alone */
    bool is_open;     /* and no event has come since */
};

static int64_t full_of(const struct sv_kind_spec *spec)
{
    return (int64_t)spec->burst * spec->span_ns;
}

/* Nanoseconds until the bucket holds so much. */
static int64_t wait_for(const struct limit *limit, const struct sv_kind_spec *spec, int64_t level)
{
    int64_t lacks = level - limit->level, rate = (int64_t)spec->limit;
    return lacks <= 0 ? 0 : lacks / rate + (lacks % rate != 0);
}

/* An empty one. */
static int64_t time_to_fill(const struct sv_kind_spec *spec)
{
    return wait_for(&(struct limit){0}, spec, full_of(spec));
}

static void *start(const struct sv_kind_spec *spec)
{
    struct limit *limit = sv_calloc(1, sizeof *limit);
    limit->clock_ns = limit->open_ns = INT64_MIN;
    limit->level = full_of(spec);
    return limit;
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    (void)spec;
    sv_free(state);
}

static void advance(struct limit *limit, const struct sv_kind_spec *spec, int64_t time_ns)
{
    if (time_ns <= limit->clock_ns)
        return;
    int64_t full = full_of(spec), gone;
    if (limit->clock_ns == INT64_MIN || __builtin_sub_overflow(time_ns, limit->clock_ns, &gone) || gone >= wait_for(limit, spec, full))
        limit->level = full;
    else
        limit->level += gone * (int64_t)spec->limit;
    limit->clock_ns = time_ns;
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct limit *limit = state;
    (void)parts;
    if (limit->clock_ns != INT64_MIN && sv_time_plus(touch->time_ns, time_to_fill(spec)) <= limit->clock_ns)
        return (struct sv_look){.is = SV_LOOK_LATE};
    advance(limit, spec, touch->time_ns);
    limit->is_open = false;
    bool is_over = limit->level < spec->span_ns;
    limit->level -= is_over ? 0 : spec->span_ns;
    return (struct sv_look){.is = is_over ? SV_LOOK_HOLDS : SV_LOOK_ENDS, .time_ns = limit->clock_ns};
}

static int64_t due(void *state, const struct sv_kind_spec *spec, bool holds, const struct sv_state_parts *parts)
{
    const struct limit *limit = state;
    (void)parts;
    if (!holds || limit->is_open || limit->level >= spec->span_ns)
        return INT64_MAX;
    int64_t due_ns = sv_time_plus(limit->clock_ns, wait_for(limit, spec, spec->span_ns));
    return due_ns > limit->open_ns ? due_ns : sv_time_plus(limit->open_ns, 1);
}

/* There is a token again. */
static struct sv_look timer(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts)
{
    struct limit *limit = state;
    (void)spec, (void)parts;
    limit->is_open = true;
    limit->open_ns = due_ns;
    return (struct sv_look){.is = SV_LOOK_ENDS, .time_ns = due_ns};
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct limit *limit = state;
    return limit->clock_ns == INT64_MIN ? INT64_MIN : sv_time_plus(limit->clock_ns, wait_for(limit, spec, full_of(spec)));
}

static void put_values(void *state, const struct sv_kind_spec *spec, struct sv_buf *out)
{
    const struct limit *limit = state;
    sv_json_put_key(out, "limit");
    sv_json_put_value(out, sv_value_int((int64_t)spec->limit));
    sv_json_put_key(out, "retry_after_s");
    int64_t wait_ns = limit->is_open ? 0 : wait_for(limit, spec, spec->span_ns);
    sv_json_put_value(out, sv_value_double((double)wait_ns / (double)SV_SECOND_NS));
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    const struct limit *limit = state;
    (void)spec, (void)parts;
    sv_pack_int(out, limit->clock_ns);
    sv_pack_int(out, limit->level);
    sv_pack_uint(out, limit->is_open);
    sv_pack_int(out, limit->open_ns);
    return true;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct limit *limit = state;
    struct sv_unpack in = sv_unpack(bytes);
    (void)parts;
    limit->clock_ns = sv_unpack_int(&in);
    limit->level = sv_unpack_int(&in);
    if (in.at < in.end) { /* states of old end here */
        limit->is_open = sv_unpack_uint(&in) != 0;
        limit->open_ns = sv_unpack_int(&in);
    }
    return !in.failed && limit->level >= 0 && limit->level <= full_of(spec);
}

const struct sv_kind sv_kind_limit = {.name = "limit",
                                      .needs_time = true,
                                      .start = start,
                                      .end = end,
                                      .touch = touch,
                                      .timer = timer,
                                      .due = due,
                                      .expiry = expiry,
                                      .put_values = put_values,
                                      .save = save,
                                      .load = load};
