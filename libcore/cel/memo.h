/* SPDX-License-Identifier: ISC */
/* memo.h - what a run keeps between evaluations: values of lets, loop variables, patterns and zones met at run time. Private to
 * this floor.
 *
 * The caches are small and fixed: input cannot make them grow.
 *
 * Floor: cel. */
#ifndef SV_MEMO_H
#define SV_MEMO_H

#include "cel/cel.h"
#include "cel/regex.h"
#include "cel/zone.h"

struct sv_memo_let {
    struct sv_value value;
    uint64_t event;
    bool is_set;
};

enum { SV_MEMO_CACHE = 16, SV_MEMO_TEXTS = 4 };

/* Which bytes the text of a slot has at all, found out at the second question about it, or at the first where the event before
 * had more. */
struct sv_memo_text {
    uint64_t event;
    uint32_t slot;
    uint32_t asked; /* in this event */
    bool is_filled, is_popular;
    uint8_t has[256];
};

struct sv_cel_memo {
    struct sv_memo_let *lets;
    struct sv_value *locals; /* of the expression that runs */
    struct sv_value *all_locals;
    uint32_t let_room, local_room;
    struct sv_memo_pattern {
        struct sv_slice text; /* ours */
        struct sv_regex *regex;
    } patterns[SV_MEMO_CACHE];
    struct sv_memo_zone {
        struct sv_slice name; /* ours */
        struct sv_zone *zone; /* NULL: there is none */
    } zones[SV_MEMO_CACHE];
    uint32_t next_pattern, next_zone;
    struct sv_memo_text texts[SV_MEMO_TEXTS]; /* by slot, modulo */
};

/* Makes room for lets and loop variables; sets the variables' base. */
void sv_memo_ready(struct sv_cel_run *run, uint32_t lets, uint32_t locals);

/* The run's memo, made on first use. */
struct sv_cel_memo *sv_memo_of(struct sv_cel_run *run);

/* What is known of the text in this slot; only of use where run->event tells events apart (is not 0). */
static inline struct sv_memo_text *sv_memo_text(struct sv_cel_run *run, uint32_t slot)
{
    struct sv_memo_text *text = &(run->memo != NULL ? run->memo : sv_memo_of(run))->texts[slot % SV_MEMO_TEXTS];
    if (text->event != run->event || text->slot != slot) {
        text->is_popular = text->slot == slot && text->asked > 2;
        text->event = run->event;
        text->slot = slot;
        text->asked = 0;
        text->is_filled = false;
    }
    text->asked++;
    return text;
}

/* NULL when the pattern is bad. A new one is charged for being compiled. Borrowed until the next call. */
const struct sv_regex *sv_memo_regex(struct sv_cel_run *run, struct sv_slice pattern);

/* NULL when there is no such zone. */
const struct sv_zone *sv_memo_zone(struct sv_cel_run *run, struct sv_slice name);

#endif
