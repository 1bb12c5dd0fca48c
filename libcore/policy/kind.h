/* SPDX-License-Identifier: ISC */
/* kind.h - policies that look at more than one event: what each kind is, what it is told, what it says. Private to policy/.
 *
 * A kind is one file: a function (state, event | timer) -> state, look. It knows one key of one policy; the engine (engine.h) knows
 * which keys there are, when their timers are due, and what is stored. A look says whether the policy holds for the key now; the
 * alarm (alarm.h) makes violations of looks: first after `for`, again after `realert`, `resolved` when it is over.
 *
 * States are functions of the events alone: no kind looks at the machine's clock. Time is the key's own: the newest time among its
 * events.
 *
 * Life of a state: kind->start (empty), kind->load (what was saved), touch and timer, kind->save, kind->end.
 *
 * Floor: policy. */
#ifndef SV_KIND_H
#define SV_KIND_H

#include "base/pack.h"
#include "base/time.h"
#include "cel/zone.h"
#include "policy/policy.h"

struct sv_policy_rule;
struct sv_kind;

/* One of `by`. */
struct sv_key_part {
    const struct sv_cel *of;
    struct sv_slice text;  /* as it is written */
    enum sv_field field;   /* where it is nothing but a field; else SV_F_COUNT */
    bool is_tree;          /* tree(x): x and all its ancestors */
};

/* One of the conditions of a policy that has several: a step of a sequence, the `until` of an absent. */
struct sv_policy_step {
    const struct sv_cel *when;
    struct sv_slice text;
    struct sv_cel_fact *facts;
    size_t fact_count;
    bool is_not;
};

enum { SV_STEPS_MAX = 16, SV_BY_MAX = 8, SV_AGGREGATES_MAX = 16, SV_ARGUMENTS_MAX = 16, SV_CAPTURES_MAX = 32, SV_TREE_DEPTH_MAX = 64 };

enum sv_calendar { SV_SLIDING, SV_CALENDAR_HOUR, SV_CALENDAR_DAY, SV_CALENDAR_WEEK, SV_CALENDAR_MONTH };

enum sv_aggregate_op { SV_AGG_SUM, SV_AGG_AVG, SV_AGG_MIN, SV_AGG_MAX, SV_AGG_FIRST, SV_AGG_LAST, SV_AGG_DISTINCT, SV_AGG_SHARE,
                       SV_AGG_PERCENTILE, SV_AGG_RATE };

/* What a policy wants to know of its windows: a slot of its values. Slots 0 and 1 are count and prev.count. */
struct sv_aggregate_spec {
    enum sv_aggregate_op op;
    uint8_t percent;       /* of a percentile */
    bool is_prev;
    bool is_double;        /* the checker takes it for one */
    uint32_t argument;     /* of the arguments */
    int64_t per_ns;        /* of a rate */
    struct sv_slice name;  /* "sum(cost_usd)", as it stands in an evaluation's values */
};
enum { SV_SLOT_COUNT, SV_SLOT_PREV_COUNT, SV_SLOT_AGGREGATES, SV_SLOT_CAPTURES = SV_SLOT_AGGREGATES + SV_AGGREGATES_MAX,
       SV_SLOT_VALUES = SV_SLOT_CAPTURES + SV_CAPTURES_MAX, SV_SLOT_KEY, SV_SLOTS }; /* an evaluation's values and key, for its message */

/* What is taken of each event: the aggregates' arguments, or what else a kind wants to know, each once. */
struct sv_argument_spec {
    const struct sv_cel *of;
    struct sv_slice text;
    bool is_hashed;        /* one number for the value will do: an SV_INT that is the same for equal values */
    bool wants_sum, wants_ends, wants_extremes, wants_distinct, wants_share, wants_order; /* order: percentiles */
};

/* Everything about a policy's kind that loading found. */
struct sv_kind_spec {
    const struct sv_kind *kind;
    struct sv_key_part by[SV_BY_MAX];
    size_t by_count;
    bool has_tree;
    struct sv_policy_step steps[SV_STEPS_MAX]; /* behind `when`, if there is one: see sv_touch.steps */
    size_t step_count;
    struct sv_aggregate_spec aggregates[SV_AGGREGATES_MAX];
    size_t aggregate_count;
    struct sv_argument_spec arguments[SV_ARGUMENTS_MAX];
    size_t argument_count;
    bool has_prev;
    const struct sv_cel *having;
    size_t having_count;                       /* it reads the first so many aggregates; the others only the message does */
    struct sv_cel_direct having_direct;
    const struct sv_cel *message;              /* over the values and what is captured of the event; NULL: none */
    struct sv_argument_spec captures[SV_CAPTURES_MAX]; /* slots from SV_SLOT_CAPTURES on */
    size_t capture_count;
    enum sv_calendar calendar;
    struct sv_zone *zone;
    int64_t span_ns;                           /* window, absent, within, learn, per */
    uint64_t same, cycle, result, repeat;      /* loop */
    uint64_t limit, burst;                     /* in span_ns */
    int64_t for_ns, realert_ns, keep_ns;       /* the alarm */
    bool tells_resolved;
};

/* What an event says to one key: all that a kind learns of it. Texts live as long as the call. */
struct sv_touch {
    int64_t time_ns;       /* of the event; of one without time where the kind needs none: the run clock, 0 before any time */
    uint32_t steps;        /* bit i: steps[i] matched, bit 31: `when` */
    const struct sv_value *values; /* of the arguments, [argument_count]; as sv_sample_value has them */
    struct sv_slice id;    /* of the event, where the kind wants it; redacted */
};
#define SV_STEP_WHEN (UINT32_C(1) << 31)

/* What a kind says of its key. */
struct sv_look {
    enum sv_look_kind {
        SV_LOOK_NOTHING,  /* it has no opinion */
        SV_LOOK_HOLDS,    /* the policy holds, and goes on until it is said not to */
        SV_LOOK_ENDS,     /* it does not hold (any more) */
        SV_LOOK_POINT,    /* it happened now, and is over */
        SV_LOOK_LATE      /* the event came too late to be used: nothing has changed */
    } is;
    int64_t time_ns;
    bool then_forget;     /* of a point */
    uint32_t evicted;     /* partial matches that were let go: others stand for them, or there is no room for so many */
};

/* Where a state is saved, a part at a time; parts are numbered, 0 is the engine's and holds what `save` gives. */
struct sv_state_parts {
    void *context;
    bool (*load)(void *context, uint32_t part, struct sv_buf *out);           /* false: there is none, or it failed */
    bool (*put)(void *context, uint32_t part, struct sv_slice bytes);
    bool (*drop)(void *context, uint32_t first, uint32_t last);               /* both inclusive */
};

struct sv_kind {
    const char *name;
    bool needs_time;       /* events without time are not for it */
    bool names_key;        /* its timers tell of keys, so their text is kept from the start */
    bool wants_id;
    void *(*start)(const struct sv_kind_spec *spec);
    void (*end)(void *state, const struct sv_kind_spec *spec);
    struct sv_look (*touch)(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts);
    /* The clock has come to due_ns, the time that `due` gave. */
    struct sv_look (*timer)(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts);
    /* When something of its own happens next without an event, and when nothing of it matters any more; INT64_MAX: never. holds: the
     * alarm wants to know when it ends. Behind a timer the next one is due later. */
    int64_t (*due)(void *state, const struct sv_kind_spec *spec, bool holds, const struct sv_state_parts *parts);
    int64_t (*expiry)(void *state, const struct sv_kind_spec *spec);
    /* The values that `having` and `message` read: [SV_SLOT_AGGREGATES + aggregate_count]; NULL: it has none. */
    void (*values)(void *state, const struct sv_kind_spec *spec, struct sv_value *slots, const struct sv_state_parts *parts);
    /* Members for an evaluation's values, as sv_json_put_key writes them; NULL: the aggregates say all. */
    void (*put_values)(void *state, const struct sv_kind_spec *spec, struct sv_buf *out);
    /* The state as bytes (part 0), parts of its own beside; and back into a state that was just started. False: they are none. */
    bool (*save)(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts);
    bool (*load)(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts);
};

/* The kinds: each in a file of its own. */
extern const struct sv_kind sv_kind_each, sv_kind_window, sv_kind_absent, sv_kind_sequence, sv_kind_loop, sv_kind_limit, sv_kind_new;

/* Of two times, the first not behind the last; in a damaged state they are any. */
static inline double sv_seconds_between(int64_t first_ns, int64_t last_ns)
{
    return (double)((uint64_t)last_ns - (uint64_t)first_ns) / (double)SV_SECOND_NS;
}

#endif
