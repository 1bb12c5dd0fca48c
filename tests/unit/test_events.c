/* SPDX-License-Identifier: ISC */
/* Events by every way that leads to them: the same rows in the same order as by looking at all of them. */
#include "run/events.h"

#include <stdlib.h>

#include "measure/random.h"
#include "store_help.h"

enum { EVENTS = 4000, TRIES = 400 };

static struct sv_random dice;

static uint32_t chance(uint32_t below)
{
    return sv_random_below(&dice, below);
}

static const char *pick(const char *prefix, uint32_t below)
{
    static char texts[8][32];
    static int turn;
    char *text = texts[turn++ % 8];
    snprintf(text, sizeof texts[0], "%s%u", prefix, chance(below));
    return text;
}

/* Times are few, so that many rows share one. */
static void fill(struct sv_store *store)
{
    struct sv_error err = {0};
    int64_t source = 0;
    struct sv_store_source file = {.head = 1, .path = SV_SLICE("/x")};
    ok(sv_store_begin(store, &err) && sv_store_source_add(store, &file, &err), "begins");
    source = file.id;
    bool fine = true;
    for (uint32_t i = 0; i < EVENTS; i++) {
        struct sv_store_event event = {.record = i + 1,
                                       .time_ns = chance(300),
                                       .type = sv_slice_str(pick("t", 9)),
                                       .agent = sv_slice_str(pick("agent-", 12)),
                                       .session = sv_slice_str(chance(5) > 0 ? pick("s-", 40) : ""),
                                       .team = sv_slice_str(chance(2) > 0 ? pick("team", 3) : ""),
                                       .tool = sv_slice_str(chance(2) > 0 ? pick("tool", 5) : ""),
                                       .host = sv_slice_str(pick("host", 3)),
                                       .priority = -1,
                                       .correlation_id = sv_slice_str(chance(3) > 0 ? pick("c", 30) : ""),
                                       .trace_id = sv_slice_str(chance(3) > 0 ? pick("r", 30) : ""),
                                       .call_id = sv_slice_str(chance(3) > 0 ? pick("k", 500) : ""),
                                       .body = SV_SLICE("{}")};
        if (chance(2) > 0) {
            event.entity_type = sv_slice_str(pick("e", 2));
            event.entity_id = sv_slice_str(pick("id", 20));
        }
        fine = fine && sv_store_put_event(store, 1, source, &event, &err);
    }
    ok(fine && sv_store_commit(store, &err), "rows: %s", err.text);
}

static int64_t *ids_of(struct sv_store *store, const struct sv_events_spec *spec, size_t *count)
{
    struct sv_error err = {0};
    int64_t *ids = calloc(EVENTS + 1, sizeof *ids);
    struct sv_events *events = sv_events_open(store, spec);
    const struct sv_store_row *row;
    for (*count = 0; *count <= EVENTS && (row = sv_events_next(events, &err)) != NULL; ++*count)
        ids[*count] = row->id;
    sv_events_close(events);
    return ids;
}

/* The same by looking at all. */
static int64_t *all_of(struct sv_store *store, const struct sv_events_spec *spec, size_t *count)
{
    struct sv_error err = {0};
    int64_t *ids = calloc(EVENTS + 1, sizeof *ids);
    struct sv_find find = {.by = SV_FIND_TIME, .up = spec->up, .time_ns = spec->time_ns, .id = spec->id, .bound_ns = spec->bound_ns, .limit = EVENTS};
    struct sv_store_rows rows = {0};
    sv_store_find(store, &find, &rows, &err);
    *count = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (sv_events_wants(spec, &rows.items[i]))
            ids[(*count)++] = rows.items[i].id;
    sv_store_rows_free(&rows);
    return ids;
}

static void ask_something(struct sv_ask *ask, struct sv_events_spec *spec)
{
    static const char *const globs[] = {"agent-1*", "agent-*", "*"};
    if (chance(3) == 0)
        sv_ask_add(ask, SV_ASK_AGENT, chance(3) == 0 ? globs[chance(3)] : pick("agent-", 12));
    if (chance(3) == 0)
        sv_ask_add(ask, SV_ASK_SESSION, chance(3) == 0 ? "s-1*" : pick("s-", 40));
    if (chance(4) == 0)
        sv_ask_add(ask, SV_ASK_TYPE, chance(2) == 0 ? "t[1-4]" : pick("t", 9));
    if (chance(6) == 0)
        sv_ask_add(ask, SV_ASK_TOOL, pick("tool", 5));
    if (chance(6) == 0)
        sv_ask_add(ask, SV_ASK_TEAM, pick("team", 3));
    if (chance(6) == 0)
        sv_ask_add(ask, SV_ASK_HOST, pick("host", 3));
    if (chance(5) == 0)
        spec->correlation = sv_slice_str(pick("c", 30));
    if (chance(5) == 0)
        spec->trace = sv_slice_str(pick("r", 30));
    if (chance(5) == 0)
        spec->call = sv_slice_str(pick("k", 500));
    if (chance(5) == 0) {
        spec->entity_type = sv_slice_str(pick("e", 2));
        spec->entity_id = sv_slice_str(pick("id", 20));
    }
    spec->up = chance(2) > 0;
    spec->time_ns = chance(3) > 0 ? (spec->up ? INT64_MIN : INT64_MAX) : (int64_t)chance(300);
    spec->id = chance(2) > 0 ? (int64_t)chance(EVENTS) : spec->up ? INT64_MIN : INT64_MAX;
    spec->bound_ns = chance(3) > 0 ? (spec->up ? INT64_MAX : INT64_MIN) : (int64_t)chance(300);
    spec->page = 1 + chance(70);
}

static void test_ways(struct sv_store *store)
{
    int same = 0, found = 0, ordered = 0;
    for (int i = 0; i < TRIES; i++) {
        struct sv_error err = {0};
        struct sv_ask ask = {0};
        struct sv_filter filter = {0};
        struct sv_events_spec spec = {.filter = &filter};
        ask_something(&ask, &spec);
        if (!sv_filter_open(&filter, &ask, store, &err)) {
            ok(false, "a filter: %s", err.text);
            return;
        }
        size_t count, all;
        int64_t *ids = ids_of(store, &spec, &count), *wanted = all_of(store, &spec, &all);
        if (filter.finds_nothing)
            all = 0;
        same += count == all && memcmp(ids, wanted, count * sizeof *ids) == 0;
        found += count > 0;
        ordered++;
        free(ids);
        free(wanted);
        sv_filter_free(&filter);
        sv_ask_free(&ask);
    }
    is_int(same, ordered, "the same rows in the same order, whichever way leads to them");
    ok(found > TRIES / 4, "and there were some: %d of %d", found, TRIES);
}

int main(void)
{
    sv_random_seed(&dice, 7);
    struct sv_error err = {0};
    home_make();
    struct sv_store *store = open_store(in_home("events.db"), &err);
    ok(store != NULL, "a store: %s", err.text);
    fill(store);
    test_ways(store);
    sv_store_close(store);
    return done();
}
