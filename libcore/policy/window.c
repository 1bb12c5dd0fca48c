/* SPDX-License-Identifier: ISC */
/* window: what the events of a span of time add up to. A sliding one is (clock - span, clock], the clock being the newest time among
 * the key's own events; one of the calendar is the hour, day, week or month that the clock is in. */
#include "policy/aggregate.h"
#include "policy/calendar.h"

struct window {
    int64_t clock_ns;    /* INT64_MIN: no event so far */
    int64_t start_ns;    /* of the calendar's span */
    struct sv_window_side now, prev;
    struct sv_samples samples;
};

/* A window of the calendar only grows, and then is over: it needs its samples only for what cannot be known without them. */
static bool has_samples(const struct sv_kind_spec *spec)
{
    bool wants = spec->calendar == SV_SLIDING;
    for (size_t i = 0; i < spec->argument_count; i++)
        wants |= spec->arguments[i].wants_order || spec->arguments[i].wants_ends;
    return wants;
}

static void *start(const struct sv_kind_spec *spec)
{
    struct window *w = sv_calloc(1, sizeof *w);
    w->clock_ns = w->start_ns = INT64_MIN;
    sv_side_start(&w->now, spec);
    if (spec->has_prev)
        sv_side_start(&w->prev, spec);
    return w;
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    struct window *w = state;
    sv_side_end(&w->now, spec);
    sv_side_end(&w->prev, spec);
    sv_samples_free(&w->samples);
    sv_free(w);
}

/* What has left the window goes into the one before, and out of that. */
static void slide(struct window *w, const struct sv_kind_spec *spec, const struct sv_state_parts *parts)
{
    int64_t from_ns = sv_time_plus(w->clock_ns, -spec->span_ns);
    struct sv_sample sample;
    while (sv_samples_peek(&w->samples, spec, SV_HEAD_NOW, &sample, parts) && sample.time_ns <= from_ns) {
        sv_side_remove(&w->now, spec, &sample);
        if (spec->has_prev)
            sv_side_add(&w->prev, spec, &sample);
        sv_samples_pass(&w->samples, spec, SV_HEAD_NOW, &sample, parts);
    }
    from_ns = sv_time_plus(from_ns, -spec->span_ns);
    while (spec->has_prev && w->prev.count > 0 && sv_samples_peek(&w->samples, spec, SV_HEAD_PREV, &sample, parts) &&
           sample.time_ns <= from_ns) {
        sv_side_remove(&w->prev, spec, &sample);
        sv_samples_pass(&w->samples, spec, SV_HEAD_PREV, &sample, parts);
    }
}

/* All samples before this head's turn are gone. */
static void pass_all(struct window *w, const struct sv_kind_spec *spec, int head, uint64_t count, const struct sv_state_parts *parts)
{
    struct sv_sample sample;
    for (uint64_t i = 0; i < count && sv_samples_peek(&w->samples, spec, head, &sample, parts); i++)
        sv_samples_pass(&w->samples, spec, head, &sample, parts);
}

/* The calendar's span is over: the window before is that one, or, where there is one between, empty. */
static void turn(struct window *w, const struct sv_kind_spec *spec, int64_t start_ns, const struct sv_state_parts *parts)
{
    bool is_next = w->start_ns != INT64_MIN && sv_calendar_next(spec->calendar, spec->zone, w->start_ns) == start_ns;
    struct sv_window_side over = w->now;
    bool kept = has_samples(spec);
    if (kept && spec->has_prev)
        pass_all(w, spec, SV_HEAD_PREV, w->prev.count + (is_next ? 0 : over.count), parts);
    if (kept)
        pass_all(w, spec, SV_HEAD_NOW, over.count, parts);
    sv_side_start(&w->now, spec);
    if (spec->has_prev) {
        sv_side_end(&w->prev, spec);
        if (is_next) {
            w->prev = over;
            over = (struct sv_window_side){0};
        } else {
            sv_side_start(&w->prev, spec);
        }
    }
    sv_side_end(&over, spec);
    w->start_ns = start_ns;
}

/* The clock comes to a time. */
static void advance(struct window *w, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_state_parts *parts)
{
    if (time_ns <= w->clock_ns)
        return;
    w->clock_ns = time_ns;
    if (spec->calendar == SV_SLIDING) {
        slide(w, spec, parts);
    } else {
        int64_t start_ns = sv_calendar_start(spec->calendar, spec->zone, time_ns);
        if (start_ns > w->start_ns)
            turn(w, spec, start_ns, parts);
    }
}

static void values(void *state, const struct sv_kind_spec *spec, struct sv_value *slots, const struct sv_state_parts *parts)
{
    struct window *w = state;
    slots[SV_SLOT_COUNT] = sv_value_int((int64_t)w->now.count);
    slots[SV_SLOT_PREV_COUNT] = sv_value_int((int64_t)w->prev.count);
    for (size_t i = 0; i < spec->aggregate_count; i++) {
        const struct sv_aggregate_spec *a = &spec->aggregates[i];
        struct sv_value *slot = &slots[SV_SLOT_AGGREGATES + i];
        struct sv_window_side *side = a->is_prev ? &w->prev : &w->now;
        *slot = sv_side_value(side, spec, a, &w->samples, a->is_prev ? SV_HEAD_PREV : SV_HEAD_NOW, a->is_prev ? SV_HEAD_NOW : SV_HEADS, parts);
    }
}

/* Does `having` hold? What is absent or fails does not. */
static bool holds(struct window *w, const struct sv_kind_spec *spec, const struct sv_state_parts *parts)
{
    struct sv_value slots[SV_SLOT_AGGREGATES + SV_AGGREGATES_MAX];
    struct sv_arena arena = {0};
    struct sv_cel_run run = {.slots = slots, .arena = &arena};
    values(w, spec, slots, parts);
    struct sv_value value = spec->having_direct.eval != NULL ? spec->having_direct.eval(spec->having_direct.node, &run)
                                                             : sv_cel_eval(spec->having, &run);
    sv_cel_run_free(&run);
    sv_arena_free(&arena);
    return value.type == SV_BOOL && value.b;
}

static struct sv_look look_at(struct window *w, const struct sv_kind_spec *spec, const struct sv_state_parts *parts)
{
    return (struct sv_look){.is = holds(w, spec, parts) ? SV_LOOK_HOLDS : SV_LOOK_ENDS, .time_ns = w->clock_ns};
}

static bool is_late(const struct window *w, const struct sv_kind_spec *spec, int64_t time_ns)
{
    if (w->clock_ns == INT64_MIN)
        return false;
    return spec->calendar == SV_SLIDING ? time_ns <= sv_time_plus(w->clock_ns, -spec->span_ns) : time_ns < w->start_ns;
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct window *w = state;
    struct sv_sample sample; /* the values of arguments that there are */
    if (is_late(w, spec, touch->time_ns))
        return (struct sv_look){.is = SV_LOOK_LATE};
    advance(w, spec, touch->time_ns, parts);
    sample.time_ns = touch->time_ns;
    for (size_t i = 0; i < spec->argument_count; i++)
        sample.values[i] = sv_sample_value(touch->values[i]);
    if (has_samples(spec))
        sv_samples_add(&w->samples, spec, touch->time_ns, sample.values, parts);
    sv_side_add(&w->now, spec, &sample);
    return look_at(w, spec, parts);
}

/* A sample has left: does it hold still? That it does is no news. */
static struct sv_look timer(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts)
{
    struct window *w = state;
    advance(w, spec, due_ns, parts);
    struct sv_look look = look_at(w, spec, parts);
    if (look.is == SV_LOOK_HOLDS)
        look.is = SV_LOOK_NOTHING;
    return look;
}

/* While somebody waits for its end: when the next sample leaves, the window or the one before. */
static int64_t due(void *state, const struct sv_kind_spec *spec, bool is_held, const struct sv_state_parts *parts)
{
    struct window *w = state;
    struct sv_sample sample;
    int64_t now_ns = INT64_MAX, prev_ns = INT64_MAX;
    if (!is_held || w->clock_ns == INT64_MIN)
        return INT64_MAX;
    if (spec->calendar != SV_SLIDING) /* behind two spans without an event nothing changes any more */
        return w->now.count > 0 || w->prev.count > 0 ? sv_calendar_next(spec->calendar, spec->zone, w->start_ns) : INT64_MAX;
    if (w->now.count > 0 && sv_samples_peek(&w->samples, spec, SV_HEAD_NOW, &sample, parts))
        now_ns = sv_time_plus(sample.time_ns, spec->span_ns);
    if (spec->has_prev && w->prev.count > 0 && sv_samples_peek(&w->samples, spec, SV_HEAD_PREV, &sample, parts))
        prev_ns = sv_time_plus(sv_time_plus(sample.time_ns, spec->span_ns), spec->span_ns);
    now_ns = now_ns < prev_ns ? now_ns : prev_ns;
    return now_ns > w->clock_ns ? now_ns : sv_time_plus(w->clock_ns, 1); /* of a damaged state: the clock goes on all the same */
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct window *w = state;
    if (w->clock_ns == INT64_MIN)
        return INT64_MIN;
    if (spec->calendar == SV_SLIDING)
        return sv_time_plus(w->clock_ns, spec->has_prev ? sv_time_plus(spec->span_ns, spec->span_ns) : spec->span_ns);
    int64_t next_ns = sv_calendar_next(spec->calendar, spec->zone, w->start_ns);
    return spec->has_prev ? sv_calendar_next(spec->calendar, spec->zone, next_ns) : next_ns;
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    struct window *w = state;
    sv_pack_int(out, w->clock_ns);
    sv_pack_int(out, w->start_ns);
    sv_side_save(&w->now, spec, out);
    if (spec->has_prev)
        sv_side_save(&w->prev, spec, out);
    return !has_samples(spec) || sv_samples_save(&w->samples, out, parts);
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct window *w = state;
    struct sv_unpack in = sv_unpack(bytes);
    (void)parts; /* of samples: as they are needed */
    w->clock_ns = sv_unpack_int(&in);
    w->start_ns = sv_unpack_int(&in);
    if (spec->calendar != SV_SLIDING && w->clock_ns != INT64_MIN) /* as the zone is today */
        w->start_ns = sv_calendar_start(spec->calendar, spec->zone, w->clock_ns);
    return sv_side_load(&w->now, spec, &in) && (!spec->has_prev || sv_side_load(&w->prev, spec, &in)) &&
           (!has_samples(spec) || sv_samples_load(&w->samples, &in)) && !in.failed;
}

const struct sv_kind sv_kind_window = {.name = "window",
                                       .needs_time = true,
                                       .start = start,
                                       .end = end,
                                       .touch = touch,
                                       .timer = timer,
                                       .due = due,
                                       .expiry = expiry,
                                       .values = values,
                                       .save = save,
                                       .load = load};
