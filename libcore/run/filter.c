/* SPDX-License-Identifier: ISC */
#include "run/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    enum sv_name_table table;
    bool by_prefix; /* ids that nobody types in full */
} kinds[SV_ASK_KINDS] = {
    [SV_ASK_AGENT] = {SV_NAME_AGENT, false}, [SV_ASK_TEAM] = {SV_NAME_TEAM, false}, [SV_ASK_SESSION] = {SV_NAME_SESSION, true},
    [SV_ASK_HOST] = {SV_NAME_HOST, false},   [SV_ASK_TYPE] = {SV_NAME_TYPE, false}, [SV_ASK_TOOL] = {SV_NAME_TOOL, false},
};

/* One word being looked up. */
struct look {
    struct sv_filter_ids *ids;
    struct sv_slice word;
    bool is_glob, by_prefix;
    size_t begins;         /* names that begin with the word */
    int64_t id;            /* one of these */
    struct sv_buf some;    /* and a few, for people */
};

static void add(struct sv_filter_ids *ids, int64_t id)
{
    if ((ids->count & (ids->count - 1)) == 0) /* a power of two: full */
        ids->items = sv_realloc(ids->items, (ids->count > 0 ? 2 * ids->count : 1) * sizeof *ids->items);
    ids->items[ids->count++] = id;
}

static bool on_name(void *context, int64_t id, struct sv_slice name)
{
    struct look *look = context;
    if (look->is_glob) {
        if (sv_slice_glob(look->word, name))
            add(look->ids, id);
        return true;
    }
    if (sv_slice_equal(name, look->word)) { /* the first of those that begin with it */
        add(look->ids, id);
        look->begins = 0;
        return false;
    }
    if (!look->by_prefix)
        return false;
    look->id = id;
    if (++look->begins <= 3)
        sv_buf_printf(&look->some, "%s%.*s", look->begins > 1 ? ", " : "", SV_ARG(name));
    return look->begins < 4;
}

static bool look_up(struct sv_filter *filter, enum sv_ask_kind kind, const char *word, struct sv_store *store, struct sv_error *err)
{
    struct sv_slice text = sv_slice_str(word);
    size_t literal = strcspn(word, "*?[\\");
    struct look look = {.ids = &filter->ids[kind], .word = text, .is_glob = literal < text.len, .by_prefix = kinds[kind].by_prefix};
    struct sv_slice prefix = sv_slice(word, literal);
    bool fine = sv_store_names(store, kinds[kind].table, prefix, on_name, &look, err);
    if (fine && look.begins == 1)
        add(look.ids, look.id);
    else if (fine && look.begins > 1)
        fine = sv_error_set(err, SV_USAGE, "--session %s: several begin with that: %s%s", word, sv_buf_cstr(&look.some),
                            look.begins > 3 ? ", ..." : "");
    sv_buf_free(&look.some);
    return fine;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool sv_filter_open(struct sv_filter *filter, const struct sv_ask *ask, struct sv_store *store, struct sv_error *err)
{
    for (int kind = 0; kind < SV_ASK_KINDS; kind++) {
        const struct sv_ask_words *words = &ask->which[kind];
        struct sv_filter_ids *ids = &filter->ids[kind];
        if (words->count == 0 || kind == SV_ASK_POLICY)
            continue;
        ids->is_set = true;
        for (size_t i = 0; i < words->count; i++)
            if (!look_up(filter, (enum sv_ask_kind)kind, words->items[i], store, err))
                return false;
        if (ids->count > 0)
            qsort(ids->items, ids->count, sizeof *ids->items, by_id);
        size_t to = 0;
        for (size_t i = 0; i < ids->count; i++)
            if (to == 0 || ids->items[to - 1] != ids->items[i])
                ids->items[to++] = ids->items[i];
        ids->count = to;
        filter->finds_nothing |= ids->count == 0;
    }
    return true;
}

bool sv_filter_has(const struct sv_filter *filter, enum sv_ask_kind kind, int64_t id)
{
    const struct sv_filter_ids *ids = &filter->ids[kind];
    return !ids->is_set || (ids->count > 0 && bsearch(&id, ids->items, ids->count, sizeof id, by_id) != NULL);
}

bool sv_filter_row(const struct sv_filter *filter, const struct sv_store_row *row)
{
    for (int kind = 0; kind < SV_ASK_KINDS; kind++)
        if (kind != SV_ASK_POLICY && !sv_filter_has(filter, (enum sv_ask_kind)kind, row->names[kinds[kind].table]))
            return false;
    return true;
}

void sv_filter_free(struct sv_filter *filter)
{
    for (int kind = 0; kind < SV_ASK_KINDS; kind++)
        sv_free(filter->ids[kind].items);
    *filter = (struct sv_filter){0};
}
