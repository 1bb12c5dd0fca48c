/* SPDX-License-Identifier: ISC */
/* sequence: steps that follow one another in the order of time, each by one event, nothing of what `not` names between them.
 *
 * At most one partial match is kept for each step to come: of two that wait for the same step the one that began later can do all that
 * the other could, and longer; the other is let go. An event serves one step. After a match all partial ones are forgotten: no event
 * serves two matches. A `not` behind the last step is fulfilled when `within` is over. */
#include "json/writer.h"
#include "policy/kind.h"

struct partial {
    int64_t first_ns, last_ns;
    struct sv_buf ids;         /* of its events: [matched] packed texts */
};

struct sequence {
    struct partial *waiting;   /* [positives + 1]; [i]: i steps have matched; ids empty: there is none */
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
    sequence->waiting = sv_calloc(positives_of(spec) + 1, sizeof *sequence->waiting);
    return sequence;
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    struct sequence *sequence = state;
    for (size_t i = 0; i <= positives_of(spec); i++)
        sv_buf_free(&sequence->waiting[i].ids);
    sv_buf_free(&sequence->matched.ids);
    sv_free(sequence->waiting);
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

/* Takes the place of `to`, unless that began later. Returns how many were let go. */
static uint32_t move(struct partial *from, struct partial *to)
{
    bool was_there = is_there(to);
    if (was_there && to->first_ns > from->first_ns) {
        forget(from);
        return 1;
    }
    forget(to);
    *to = *from;
    from->ids = (struct sv_buf){0};
    return was_there;
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
    for (size_t i = 1; i <= positives; i++)
        forget(&sequence->waiting[i]);
    return (struct sv_look){.is = SV_LOOK_POINT, .time_ns = time_ns};
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct sequence *sequence = state;
    size_t positives = positives_of(spec);
    uint32_t steps = touch->steps, evicted = 0;
    bool is_late = false;
    (void)parts;
    for (size_t i = positives; i > 0; i--) { /* the last one first: an event serves one step */
        struct partial *partial = &sequence->waiting[i];
        if (!is_there(partial))
            continue;
        is_late |= touch->time_ns < partial->last_ns;
        if (touch->time_ns < partial->last_ns)
            continue; /* it came before what it should follow */
        if (touch->time_ns > sv_time_plus(partial->first_ns, spec->span_ns)) {
            if (i < positives) /* else its timer tells of it */
                forget(partial);
        } else if (is_broken(spec, i, steps)) {
            forget(partial);
        } else if (i < positives && steps >> step_of(spec, i) & 1) {
            partial->last_ns = touch->time_ns;
            sv_pack_text(&partial->ids, touch->id);
            if (i + 1 == positives && !ends_in_not(spec))
                return match(sequence, positives, partial, touch->time_ns);
            evicted += move(partial, &sequence->waiting[i + 1]);
            steps &= ~1u;
        }
    }
    if (steps & 1) {
        struct partial begun = {.first_ns = touch->time_ns, .last_ns = touch->time_ns};
        sv_pack_text(&begun.ids, touch->id);
        evicted += move(&begun, &sequence->waiting[1]);
    } else if (is_late) {
        return (struct sv_look){.is = SV_LOOK_LATE};
    }
    return (struct sv_look){.is = SV_LOOK_NOTHING, .evicted = evicted};
}

/* Only what waits for nothing but the end of its time is due. */
static int64_t due(void *state, const struct sv_kind_spec *spec, bool holds, const struct sv_state_parts *parts)
{
    const struct sequence *sequence = state;
    const struct partial *last = &sequence->waiting[positives_of(spec)];
    (void)holds, (void)parts;
    return is_there(last) ? sv_time_plus(last->first_ns, spec->span_ns) : INT64_MAX;
}

static struct sv_look timer(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts)
{
    struct sequence *sequence = state;
    size_t positives = positives_of(spec);
    (void)parts;
    return match(sequence, positives, &sequence->waiting[positives], due_ns);
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct sequence *sequence = state;
    int64_t last_ns = INT64_MIN;
    for (size_t i = 1; i <= positives_of(spec); i++)
        if (is_there(&sequence->waiting[i]) && sv_time_plus(sequence->waiting[i].first_ns, spec->span_ns) > last_ns)
            last_ns = sv_time_plus(sequence->waiting[i].first_ns, spec->span_ns);
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
    sv_json_put_value(out, sv_value_double((double)(matched->last_ns - matched->first_ns) / (double)SV_SECOND_NS));
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    const struct sequence *sequence = state;
    (void)parts;
    for (size_t i = 1; i <= positives_of(spec); i++) {
        const struct partial *partial = &sequence->waiting[i];
        sv_pack_text(out, sv_buf_slice(&partial->ids));
        if (is_there(partial)) {
            sv_pack_int(out, partial->first_ns);
            sv_pack_int(out, partial->last_ns - partial->first_ns);
        }
    }
    return true;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct sequence *sequence = state;
    struct sv_unpack in = sv_unpack(bytes);
    (void)parts;
    for (size_t i = 1; i <= positives_of(spec) && !in.failed; i++) {
        struct partial *partial = &sequence->waiting[i];
        sv_buf_add(&partial->ids, sv_unpack_text(&in));
        if (is_there(partial)) {
            partial->first_ns = sv_unpack_int(&in);
            partial->last_ns = sv_time_plus(partial->first_ns, sv_unpack_int(&in));
        }
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
