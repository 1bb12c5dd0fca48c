/* SPDX-License-Identifier: ISC */
#include "run/slow.h"

/* Part of the manual: new ones go to the end. */
enum { C_STATEMENT, C_PROGRAM, C_COUNT, C_TOTAL_MS, C_P99_MS, C_MAX_MS, C_LAST, C_INDEX, C_PLAN, C_SQL, C_COLUMNS };

const struct sv_list_column sv_slow_columns[] = {
    [C_STATEMENT] = {"statement", 9, 24, false, false, false},
    [C_PROGRAM] = {"program", 8, 9, false, false, false},
    [C_COUNT] = {"count", 5, 7, false, false, true},
    [C_TOTAL_MS] = {"total_ms", 8, 8, false, false, true},
    [C_P99_MS] = {"p99_ms", 6, 7, false, false, true},
    [C_MAX_MS] = {"max_ms", 0, 7, false, false, true},
    [C_LAST] = {"last", 11, 11, false, false, false},
    [C_INDEX] = {"index", 5, 40, false, false, false},
    [C_PLAN] = {"plan", 12, 0, true, false, false},
    [C_SQL] = {"sql", 0, 0, true, false, false},
};
const size_t sv_slow_column_count = C_COLUMNS;

static int64_t to_ms(int64_t ns)
{
    return (ns + 500000) / 1000000;
}

static void put_row(const struct sv_list *list, const struct sv_store_slow *slow, struct sv_buf *out)
{
    struct sv_list_cell cells[C_COLUMNS] = {
        [C_STATEMENT] = sv_ask_text(slow->statement),
        [C_PROGRAM] = sv_ask_text(slow->program),
        [C_COUNT] = sv_ask_number(true, (int64_t)slow->count),
        [C_TOTAL_MS] = sv_ask_number(true, to_ms(slow->total_ns)),
        [C_P99_MS] = sv_ask_number(true, to_ms(slow->p99_ns)),
        [C_MAX_MS] = sv_ask_number(true, to_ms(slow->max_ns)),
        [C_LAST] = sv_ask_time(slow->last_ns),
        [C_INDEX] = sv_ask_text(slow->advice),
        [C_PLAN] = sv_ask_text(slow->plan),
        [C_SQL] = sv_ask_text(slow->sql),
    };
    cells[C_INDEX].color = SV_COLOR_YELLOW;
    sv_list_row(list, out, cells);
}

struct sv_answer *sv_slow_open(const struct sv_ask *ask, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    spec.read_only = true;
    struct sv_store *store = sv_store_open(&spec, err);
    struct sv_store_slows slows = {0};
    struct sv_buf out = {0};
    bool fine = store != NULL && sv_store_slow_list(store, ask->has_since ? ask->since_ns : 0, ask->has_until ? ask->until_ns : INT64_MAX,
                                                    &slows, err);
    if (fine) {
        sv_list_head(&ask->list, &out);
        for (size_t i = 0; i < slows.count && i < ask->number; i++)
            put_row(&ask->list, &slows.items[i], &out);
    }
    sv_store_slows_free(&slows);
    sv_store_close(store);
    return fine ? sv_answer_ready(&out, SV_DONE) : NULL;
}
