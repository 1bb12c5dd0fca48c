/* SPDX-License-Identifier: ISC */
/* sequence: steps that follow one another in the order of time, each by one event, nothing of what `not` names between them.
 *
 * At most one partial match is kept for each step to come: of two that wait for the same step the one that began later can do all that
 * the other could, and longer; the other is let go. Of those that wait for nothing but that `within` is over, because a `not` stands
 * last, it is the one that began earlier which counts; one that began after that one's end is another. After a match all that began
 * before its end is forgotten: no event serves two matches. */
#include "json/writer.h"
#include "policy/kind.h"

enum { PENDING_MAX = 16 };

struct partial {
    int64_t first_ns, last_ns;
    struct sv_buf ids;         /* of its events: [matched] packed texts; empty: there is none */
};

struct sequence {
    struct partial *waiting;   /* [positives]; [i]: i steps have matched */
    struct partial *pending;   /* [PENDING_MAX] whose end is to come, in the order of time; NULL: no `not` stands last */
    size_t pending_count;
    struct partial matched;    /* the last match, to be told of */
};

static size_t positives_of(const struct sv_kind_spec *spec)
{
    size_t count = 0;
    for (size_t i = 0; i < spec->step_count; i++)
        count += !spec->steps[i].is_not;
    return count;
}

/* The number in steps of the i-th positive one; steps.count behind the last. */
static size_t step_of(const struct sv_kind_spec *spec, size_t positive)
{
    size_t i = 0;
    while (i < spec->step_count && (spec->steps[i].is_not || positive-- > 0))
        i++;
    return i;
}

static bool ends_in_not(const struct sv_kind_spec *spec)
{
    return spec->steps[spec->step_count - 1].is_not;
}

static void *start(const struct sv_kind_spec *spec)
{
    struct sequence *sequence = sv_calloc(1, sizeof *sequence);
    sequence->waiting = sv_calloc(positives_of(spec), sizeof *sequence->waiting);
    if (ends_in_not(spec))
        sequence->pending = sv_calloc(PENDING_MAX, sizeof *sequence->pending);
    return sequence;
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    struct sequence *sequence = state;
    for (size_t i = 1; i < positives_of(spec); i++)
        sv_buf_free(&sequence->waiting[i].ids);
    for (size_t i = 0; i < sequence->pending_count; i++)
        sv_buf_free(&sequence->pending[i].ids);
    sv_buf_free(&sequence->matched.ids);
    sv_free(sequence->waiting);
    sv_free(sequence->pending);
    sv_free(sequence);
}

static bool is_there(const struct partial *partial)
{
    return partial->ids.len > 0;
}

static void forget(struct partial *partial)
{
    sv_buf_free(&partial->ids);
}

static int64_t end_of(const struct partial *partial, const struct sv_kind_spec *spec)
{
    return sv_time_plus(partial->first_ns, spec->span_ns);
}

/* Takes the place of `to`, unless that began later. Returns how many were let go that were not over. */
static uint32_t move(struct partial *from, struct partial *to, const struct sv_kind_spec *spec)
{
    bool was_there = is_there(to) && end_of(to, spec) >= from->last_ns;
    if (is_there(to) && to->first_ns > from->first_ns) {
        forget(from);
        return 1;
    }
    forget(to);
    *to = *from;
    from->ids = (struct sv_buf){0};
    return was_there;
}

static void drop_pending(struct sequence *sequence, size_t at)
{
    forget(&sequence->pending[at]);
    sequence->pending_count--;
    memmove(sequence->pending + at, sequence->pending + at + 1, (sequence->pending_count - at) * sizeof *sequence->pending);
}

/* It has only its end to come. One that began before another's end is over with that. Returns how many were let go. */
static uint32_t add_pending(struct sequence *sequence, const struct sv_kind_spec *spec, struct partial *from)
{
    size_t at = sequence->pending_count;
    uint32_t evicted = 0;
    while (at > 0 && sequence->pending[at - 1].first_ns > from->first_ns)
        at--;
    if (at > 0 && from->first_ns <= end_of(&sequence->pending[at - 1], spec)) {
        forget(from);
        return 1;
    }
    for (; at < sequence->pending_count && sequence->pending[at].first_ns <= end_of(from, spec); evicted++)
        drop_pending(sequence, at);
    if (sequence->pending_count == PENDING_MAX) {
        forget(from);
        return 1;
    }
    memmove(sequence->pending + at + 1, sequence->pending + at, (sequence->pending_count - at) * sizeof *sequence->pending);
    sequence->pending[at] = *from;
    sequence->pending_count++;
    from->ids = (struct sv_buf){0};
    return evicted;
}

/* One of the `not` between the matched steps and the next one. */
static bool is_broken(const struct sv_kind_spec *spec, size_t matched, uint32_t steps)
{
    for (size_t i = step_of(spec, matched - 1) + 1; i < spec->step_count && spec->steps[i].is_not; i++)
        if (steps >> i & 1)
            return true;
    return false;
}

static struct sv_look match(struct sequence *sequence, size_t positives, struct partial *partial, int64_t time_ns)
{
    forget(&sequence->matched);
    sequence->matched = *partial;
    partial->ids = (struct sv_buf){0};
    for (size_t i = 1; i < positives; i++)
        if (sequence->waiting[i].first_ns <= time_ns)
            forget(&sequence->waiting[i]);
    return (struct sv_look){.is = SV_LOOK_POINT, .time_ns = time_ns};
}

/* What an event is to a partial match. */
enum meaning { MEANS_NOTHING, MEANS_LATE, MEANS_BREAK, MEANS_STEP };

static enum meaning meaning_of(const struct sv_kind_spec *spec, const struct partial *partial, size_t matched, size_t positives,
                               const struct sv_touch *touch)
{
    bool breaks = is_broken(spec, matched, touch->steps), steps = matched < positives && touch->steps >> step_of(spec, matched) & 1;
    if (!is_there(partial) || (!breaks && !steps) || touch->time_ns > end_of(partial, spec))
        return MEANS_NOTHING;
    if (touch->time_ns < partial->last_ns) /* it came before what it should follow */
        return MEANS_LATE;
    return breaks ? MEANS_BREAK : MEANS_STEP;
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct sequence *sequence = state;
    struct sv_look look = {.is = SV_LOOK_NOTHING, .time_ns = touch->time_ns};
    size_t positives = positives_of(spec);
    bool is_late = false, is_used = false;
    (void)parts;
    for (size_t i = sequence->pending_count; i-- > 0;) {
        enum meaning meaning = meaning_of(spec, &sequence->pending[i], positives, positives, touch);
        is_late |= meaning == MEANS_LATE;
        is_used |= meaning == MEANS_BREAK;
        if (meaning == MEANS_BREAK)
            drop_pending(sequence, i);
    }
    for (size_t i = positives - 1; i > 0; i--) { /* the last one first: an event is one step of a match */
        struct partial *partial = &sequence->waiting[i];
        enum meaning meaning = meaning_of(spec, partial, i, positives, touch);
        is_late |= meaning == MEANS_LATE;
        is_used |= meaning == MEANS_BREAK || meaning == MEANS_STEP;
        if (meaning == MEANS_BREAK)
            forget(partial);
        if (meaning != MEANS_STEP)
            continue;
        partial->last_ns = touch->time_ns;
        sv_pack_text(&partial->ids, touch->id);
        if (i + 1 < positives)
            look.evicted += move(partial, &sequence->waiting[i + 1], spec);
        else if (ends_in_not(spec))
            look.evicted += add_pending(sequence, spec, partial);
        else
            return match(sequence, positives, partial, touch->time_ns);
    }
    if (touch->steps & 1) {
        struct partial begun = {.first_ns = touch->time_ns, .last_ns = touch->time_ns};
        sv_pack_text(&begun.ids, touch->id);
        if (positives > 1)
            look.evicted += move(&begun, &sequence->waiting[1], spec);
        else
            look.evicted += add_pending(sequence, spec, &begun);
    } else if (is_late && !is_used) {
        look.is = SV_LOOK_LATE;
    }
    return look;
}

/* Only what waits for nothing but the end of its time is due. */
static int64_t due(void *state, const struct sv_kind_spec *spec, bool holds, const struct sv_state_parts *parts)
{
    const struct sequence *sequence = state;
    (void)holds, (void)parts;
    return sequence->pending_count > 0 ? end_of(&sequence->pending[0], spec) : INT64_MAX;
}

static struct sv_look timer(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts)
{
    struct sequence *sequence = state;
    (void)parts;
    struct sv_look look = match(sequence, positives_of(spec), &sequence->pending[0], due_ns);
    drop_pending(sequence, 0);
    return look;
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct sequence *sequence = state;
    int64_t last_ns = INT64_MIN;
    for (size_t i = 1; i < positives_of(spec); i++)
        if (is_there(&sequence->waiting[i]) && end_of(&sequence->waiting[i], spec) > last_ns)
            last_ns = end_of(&sequence->waiting[i], spec);
    if (sequence->pending_count > 0 && end_of(&sequence->pending[sequence->pending_count - 1], spec) > last_ns)
        last_ns = end_of(&sequence->pending[sequence->pending_count - 1], spec);
    return last_ns == INT64_MIN ? INT64_MIN : sv_time_plus(last_ns, 1); /* what is due at that time comes first */
}

static void put_values(void *state, const struct sv_kind_spec *spec, struct sv_buf *out)
{
    const struct partial *matched = &((struct sequence *)state)->matched;
    struct sv_unpack in = sv_unpack(sv_buf_slice(&matched->ids));
    (void)spec;
    sv_json_put_key(out, "events");
    sv_buf_char(out, '[');
    for (bool first = true; in.at < in.end && !in.failed; first = false) {
        if (!first)
            sv_buf_char(out, ',');
        sv_json_put_string(out, sv_unpack_text(&in));
    }
    sv_buf_char(out, ']');
    sv_json_put_key(out, "seconds");
    sv_json_put_value(out, sv_value_double(sv_seconds_between(matched->first_ns, matched->last_ns)));
}

static void save_partial(const struct partial *partial, struct sv_buf *out)
{
    sv_pack_text(out, sv_buf_slice(&partial->ids));
    if (is_there(partial)) {
        sv_pack_int(out, partial->first_ns);
        sv_pack_step(out, partial->last_ns, partial->first_ns);
    }
}

static void load_partial(struct partial *partial, struct sv_unpack *in)
{
    sv_buf_add(&partial->ids, sv_unpack_text(in));
    if (is_there(partial)) {
        partial->first_ns = sv_unpack_int(in);
        partial->last_ns = sv_unpack_step(in, partial->first_ns);
    }
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    const struct sequence *sequence = state;
    (void)parts;
    for (size_t i = 1; i < positives_of(spec); i++)
        save_partial(&sequence->waiting[i], out);
    sv_pack_uint(out, sequence->pending_count);
    for (size_t i = 0; i < sequence->pending_count; i++)
        save_partial(&sequence->pending[i], out);
    return true;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct sequence *sequence = state;
    struct sv_unpack in = sv_unpack(bytes);
    (void)parts;
    for (size_t i = 1; i < positives_of(spec) && !in.failed; i++)
        load_partial(&sequence->waiting[i], &in);
    uint64_t count = sv_unpack_uint(&in);
    if (in.failed || count > (sequence->pending != NULL ? PENDING_MAX : 0))
        return false;
    for (bool fine = true; sequence->pending_count < count && fine;) {
        struct partial *partial = &sequence->pending[sequence->pending_count++];
        load_partial(partial, &in);
        fine = !in.failed && is_there(partial);
        in.failed = !fine;
    }
    return !in.failed;
}

const struct sv_kind sv_kind_sequence = {.name = "sequence",
                                         .names_key = true,
                                         .wants_id = true,
                                         .start = start,
                                         .end = end,
                                         .touch = touch,
                                         .timer = timer,
                                         .due = due,
                                         .expiry = expiry,
                                         .put_values = put_values,
                                         .save = save,
                                         .load = load};
