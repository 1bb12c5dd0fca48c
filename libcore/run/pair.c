/* SPDX-License-Identifier: ISC */
#include "run/pair.h"

enum { SEEN_MAX = 1000 /* ids that many sessions share: more are not searched for the one of ours */ };

static bool on_type(void *context, int64_t id, struct sv_slice name)
{
    struct sv_pair *pair = context;
    if (sv_slice_is(name, "tool.call"))
        pair->type_call = id;
    else if (sv_slice_is(name, "tool.result"))
        pair->type_result = id;
    return true;
}

bool sv_pair_open(struct sv_pair *pair, struct sv_store *store, struct sv_error *err)
{
    pair->store = store;
    return sv_store_names(store, SV_NAME_TYPE, SV_SLICE("tool."), on_type, pair, err);
}

bool sv_pair_is_call(const struct sv_pair *pair, const struct sv_store_row *row)
{
    return pair->type_call != 0 && row->names[SV_NAME_TYPE] == pair->type_call;
}

bool sv_pair_is_result(const struct sv_pair *pair, const struct sv_store_row *row)
{
    return pair->type_result != 0 && row->names[SV_NAME_TYPE] == pair->type_result;
}

const struct sv_store_row *sv_pair_of(struct sv_pair *pair, const struct sv_store_row *row, bool *fine, struct sv_error *err)
{
    bool is_call = sv_pair_is_call(pair, row);
    int64_t wanted = is_call ? pair->type_result : pair->type_call;
    struct sv_find find = {.by = SV_FIND_CALL,
                           .text = row->call_id,
                           .up = is_call,
                           .time_ns = is_call ? row->time_ns - (row->time_ns > INT64_MIN) : row->time_ns + (row->time_ns < INT64_MAX),
                           .id = is_call ? INT64_MAX : INT64_MIN,
                           .bound_ns = is_call ? INT64_MAX : INT64_MIN,
                           .limit = 4,
                           .aside = true};
    *fine = true;
    if (wanted == 0 || row->call_id.len == 0)
        return NULL;
    for (size_t seen = 0; seen < SEEN_MAX; find.limit = 100) {
        *fine = sv_store_find(pair->store, &find, &pair->rows, err);
        for (size_t i = 0; i < pair->rows.count && *fine; i++, seen++) {
            const struct sv_store_row *other = &pair->rows.items[i];
            find.time_ns = other->time_ns;
            find.id = other->id;
            if (other->names[SV_NAME_TYPE] == wanted && other->names[SV_NAME_SESSION] == row->names[SV_NAME_SESSION])
                return other;
        }
        if (!*fine || pair->rows.count < find.limit)
            break;
    }
    return NULL;
}

void sv_pair_free(struct sv_pair *pair)
{
    sv_store_rows_free(&pair->rows);
}
