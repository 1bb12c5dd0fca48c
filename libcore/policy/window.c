/* SPDX-License-Identifier: ISC */
/* window: what the events of a span of time add up to. A sliding one is (clock - span, clock], the clock being the newest time among
 * the key's own events; one of the calendar is the hour, day, week or month that the clock is in.
 *
 * Timers do not move that clock: when one is due it is looked at what the window would be then, and what the next event finds is what
 * it would have found without. So a sum is what a recount of the events gives, whatever was told of it. */
#include "policy/aggregate.h"
#include "policy/calendar.h"

struct window {
    int64_t clock_ns;    /* INT64_MIN: no event so far */
    int64_t start_ns;    /* of the calendar's span; and of the next one */
    int64_t next_ns;
    int64_t look_ns;     /* of the last timer; INT64_MIN: there was none */
    bool is_ahead;       /* no event has come since then: the window is as of look_ns */
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
    w->clock_ns = w->start_ns = w->next_ns = w->look_ns = INT64_MIN;
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
static void slide(struct window *w, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_state_parts *parts)
{
    int64_t from_ns = sv_time_plus(time_ns, -spec->span_ns);
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

struct adding {
    struct sv_window_side *side;
    const struct sv_kind_spec *spec;
};

static bool add_sample(void *context, const struct sv_sample *sample)
{
    const struct adding *adding = context;
    sv_side_add(adding->side, adding->spec, sample);
    return true;
}

/* An event has come, of this time: the window is the clock's again. What the timer took out of it is put back where it matters still. */
static void come_back(struct window *w, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_state_parts *parts)
{
    if (!w->is_ahead)
        return;
    w->is_ahead = false;
    if (time_ns >= w->look_ns) {
        sv_samples_stay(&w->samples, spec, parts);
        return;
    }
    struct adding to_now = {&w->now, spec}, to_prev = {&w->prev, spec};
    sv_samples_back(&w->samples, spec, parts, add_sample, &to_now);
    if (!spec->has_prev || spec->calendar != SV_SLIDING)
        return;
    sv_side_end(&w->prev, spec);
    sv_side_start(&w->prev, spec);
    sv_samples_walk(&w->samples, spec, SV_HEAD_PREV, SV_HEAD_NOW, parts, add_sample, &to_prev);
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
    bool is_next = w->start_ns != INT64_MIN && w->next_ns == start_ns;
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
    w->next_ns = sv_calendar_next(spec->calendar, spec->zone, start_ns);
}

/* The clock comes to a time. */
static void advance(struct window *w, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_state_parts *parts)
{
    if (time_ns <= w->clock_ns)
        return;
    w->clock_ns = time_ns;
    if (spec->calendar == SV_SLIDING)
        slide(w, spec, time_ns, parts);
    else if (time_ns >= w->next_ns)
        turn(w, spec, sv_calendar_start(spec->calendar, spec->zone, time_ns), parts);
}

/* Spans of the calendar that are over, as of the timer: 0, 1, or 2 for all that matter. */
static int spans_over(const struct window *w, const struct sv_kind_spec *spec)
{
    if (!w->is_ahead || spec->calendar == SV_SLIDING || w->look_ns < w->next_ns)
        return 0;
    return w->look_ns < sv_calendar_next(spec->calendar, spec->zone, w->next_ns) ? 1 : 2;
}

/* The first so many aggregates. */
static void fill(struct window *w, const struct sv_kind_spec *spec, struct sv_value *slots, size_t count, const struct sv_state_parts *parts)
{
    struct sv_window_side none = {0}, *now = &w->now, *prev = &w->prev;
    int over = spans_over(w, spec);
    if (over > 0) {
        sv_side_start(&none, spec);
        prev = over == 1 ? now : &none;
        now = &none;
    }
    slots[SV_SLOT_COUNT] = sv_value_int((int64_t)now->count);
    slots[SV_SLOT_PREV_COUNT] = sv_value_int((int64_t)prev->count);
    for (size_t i = 0; i < count; i++) {
        const struct sv_aggregate_spec *a = &spec->aggregates[i];
        int from = a->is_prev && over == 0 ? SV_HEAD_PREV : SV_HEAD_NOW, to = a->is_prev && over == 0 ? SV_HEAD_NOW : SV_HEADS;
        slots[SV_SLOT_AGGREGATES + i] = sv_side_value(a->is_prev ? prev : now, spec, a, &w->samples, from, to, parts);
    }
    sv_side_end(&none, spec);
}

static void values(void *state, const struct sv_kind_spec *spec, struct sv_value *slots, const struct sv_state_parts *parts)
{
    fill(state, spec, slots, spec->aggregate_count, parts);
}

/* Does `having` hold? What is absent or fails does not. */
static bool holds(struct window *w, const struct sv_kind_spec *spec, const struct sv_state_parts *parts)
{
    struct sv_value slots[SV_SLOT_AGGREGATES + SV_AGGREGATES_MAX];
    struct sv_arena arena = {0};
    struct sv_cel_run run = {.slots = slots, .arena = &arena};
    fill(w, spec, slots, spec->having_count, parts);
    struct sv_value value = spec->having_direct.eval != NULL ? spec->having_direct.eval(spec->having_direct.node, &run)
                                                             : sv_cel_eval(spec->having, &run);
    sv_cel_run_free(&run);
    sv_arena_free(&arena);
    return value.type == SV_BOOL && value.b;
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
    come_back(w, spec, touch->time_ns, parts);
    advance(w, spec, touch->time_ns, parts);
    sample.time_ns = touch->time_ns;
    memcpy(sample.values, touch->values, spec->argument_count * sizeof *sample.values);
    if (has_samples(spec))
        sv_samples_add(&w->samples, spec, touch->time_ns, sample.values, parts);
    sv_side_add(&w->now, spec, &sample);
    return (struct sv_look){.is = holds(w, spec, parts) ? SV_LOOK_HOLDS : SV_LOOK_ENDS, .time_ns = w->clock_ns};
}

/* A sample has left: does it hold still? That it does is no news. */
static struct sv_look timer(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts)
{
    struct window *w = state;
    w->is_ahead = true;
    w->look_ns = due_ns;
    if (spec->calendar == SV_SLIDING) {
        sv_samples_ahead(&w->samples);
        slide(w, spec, due_ns, parts);
    }
    return (struct sv_look){.is = holds(w, spec, parts) ? SV_LOOK_NOTHING : SV_LOOK_ENDS, .time_ns = due_ns};
}

/* When the span of the calendar is over, and then what was the one before; behind that nothing changes any more. */
static int64_t calendar_due(const struct window *w, const struct sv_kind_spec *spec)
{
    bool any = w->now.count > 0 || (spec->has_prev && w->prev.count > 0);
    switch (spans_over(w, spec)) {
    case 0:
        return any ? w->next_ns : INT64_MAX;
    case 1:
        return spec->has_prev && w->now.count > 0 ? sv_calendar_next(spec->calendar, spec->zone, w->next_ns) : INT64_MAX;
    default:
        return INT64_MAX;
    }
}

/* When the next sample leaves, the window or the one before. */
static int64_t sliding_due(struct window *w, const struct sv_kind_spec *spec, const struct sv_state_parts *parts)
{
    struct sv_sample sample;
    int64_t now_ns = INT64_MAX, prev_ns = INT64_MAX;
    if (w->now.count > 0 && sv_samples_peek(&w->samples, spec, SV_HEAD_NOW, &sample, parts))
        now_ns = sv_time_plus(sample.time_ns, spec->span_ns);
    if (spec->has_prev && w->prev.count > 0 && sv_samples_peek(&w->samples, spec, SV_HEAD_PREV, &sample, parts))
        prev_ns = sv_time_plus(sv_time_plus(sample.time_ns, spec->span_ns), spec->span_ns);
    return now_ns < prev_ns ? now_ns : prev_ns;
}

/* While somebody waits for its end. Timers come one behind the other, whatever events come late between them. */
static int64_t due(void *state, const struct sv_kind_spec *spec, bool is_held, const struct sv_state_parts *parts)
{
    struct window *w = state;
    if (!is_held || w->clock_ns == INT64_MIN)
        return INT64_MAX;
    int64_t due_ns = spec->calendar == SV_SLIDING ? sliding_due(w, spec, parts) : calendar_due(w, spec);
    int64_t last_ns = w->look_ns > w->clock_ns ? w->look_ns : w->clock_ns;
    return due_ns > last_ns ? due_ns : sv_time_plus(last_ns, 1); /* of a damaged state, too: the clock goes on all the same */
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct window *w = state;
    if (w->clock_ns == INT64_MIN)
        return INT64_MIN;
    if (spec->calendar == SV_SLIDING)
        return sv_time_plus(w->clock_ns, spec->has_prev ? sv_time_plus(spec->span_ns, spec->span_ns) : spec->span_ns);
    return spec->has_prev ? sv_calendar_next(spec->calendar, spec->zone, w->next_ns) : w->next_ns;
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    struct window *w = state;
    sv_pack_int(out, w->clock_ns);
    sv_pack_int(out, w->start_ns);
    sv_side_save(&w->now, spec, out);
    if (spec->has_prev)
        sv_side_save(&w->prev, spec, out);
    bool fine = !has_samples(spec) || sv_samples_save(&w->samples, out, parts);
    sv_pack_uint(out, w->is_ahead);
    sv_pack_int(out, w->look_ns);
    return fine;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct window *w = state;
    struct sv_unpack in = sv_unpack(bytes);
    (void)parts; /* of samples: as they are needed */
    w->clock_ns = sv_unpack_int(&in);
    w->start_ns = sv_unpack_int(&in);
    if (spec->calendar != SV_SLIDING && w->clock_ns != INT64_MIN) { /* as the zone is today */
        w->start_ns = sv_calendar_start(spec->calendar, spec->zone, w->clock_ns);
        w->next_ns = sv_calendar_next(spec->calendar, spec->zone, w->start_ns);
    }
    if (!sv_side_load(&w->now, spec, &in) || (spec->has_prev && !sv_side_load(&w->prev, spec, &in)) ||
        (has_samples(spec) && !sv_samples_load(&w->samples, &in)))
        return false;
    if (in.at == in.end) /* as states of old: no timer ever looked ahead */
        return !in.failed;
    w->is_ahead = sv_unpack_uint(&in) != 0;
    w->look_ns = sv_unpack_int(&in);
    return !in.failed;
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
