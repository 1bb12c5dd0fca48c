/* SPDX-License-Identifier: ISC */
/* What counters store beside sums made the plain way: many kinds over many batches, names of all lengths and such that are alike. */
#include "event/event.h"
#include "measure/random.h"
#include "run/counters.h"
#include "store_help.h"

enum { EVENTS = 30000, BATCH = 1700, HOUR = 3600 };

static struct sv_random dice;

static unsigned next(unsigned below)
{
    return sv_random_below(&dice, below);
}

/* Names whose first and last bytes agree, of lengths around those that are compared at once. */
static const char *name_of(unsigned number, char name[300])
{
    static const unsigned lengths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 25, 40, 256, 290};
    unsigned length = lengths[number % 16];
    memset(name, 'a', length);
    name[length] = '\0';
    name[length / 2] = (char)('b' + number / 16 % 20);
    return name;
}

static void set(struct sv_event *event, enum sv_field field, struct sv_arena *arena, const char *text)
{
    event->slots[field] = text == NULL ? sv_value_of(SV_ABSENT) : sv_value_str(sv_arena_dup(arena, sv_slice_str(text)));
}

static struct sv_store *store;
static struct sv_error err;

static bool keep(struct sv_counters *counters)
{
    if (!sv_store_begin(store, &err) || !sv_counters_keep(counters, store, &err) || !sv_store_commit(store, &err)) {
        sv_store_rollback(store);
        return false;
    }
    sv_counters_clear(counters);
    return true;
}

static void count_plainly(sqlite3_stmt *put, const struct sv_event *event, unsigned hour)
{
    static const enum sv_field fields[] = {SV_F_TYPE, SV_F_AGENT, SV_F_TEAM, SV_F_MODEL, SV_F_TOOL, SV_F_STATUS};
    sqlite3_bind_int(put, 1, (int)hour);
    for (int i = 0; i < 6; i++) {
        struct sv_value value = event->slots[fields[i]];
        struct sv_slice text = value.type == SV_STRING ? sv_value_raw(value) : SV_SLICE("");
        sqlite3_bind_text(put, i + 2, text.len > 0 ? text.data : "", text.len < 256 ? (int)text.len : 256, SQLITE_TRANSIENT);
    }
    sqlite3_bind_int64(put, 8, event->slots[SV_F_INPUT_TOKENS].type == SV_INT ? event->slots[SV_F_INPUT_TOKENS].i : 0);
    sqlite3_bind_double(put, 9, event->slots[SV_F_COST_USD].type == SV_DOUBLE ? event->slots[SV_F_COST_USD].d : 0);
    sqlite3_bind_int(put, 10, event->slots[SV_F_DURATION_MS].type == SV_DOUBLE);
    sqlite3_step(put);
    sqlite3_reset(put);
}

/* The values are such that sums of doubles are exact. */
static void fill(struct sv_event *event, struct sv_arena *arena, unsigned hour)
{
    static const char *const types[] = {"tool.call", "tool.result", "llm.call", "error", "note"};
    char name[300];
    event->has_time = true;
    event->time_ns = (int64_t)hour * HOUR * SV_SECOND_NS + (int64_t)next(HOUR) * SV_SECOND_NS;
    set(event, SV_F_TYPE, arena, types[next(5)]);
    set(event, SV_F_AGENT, arena, next(50) == 0 ? NULL : name_of(next(320), name));
    set(event, SV_F_TEAM, arena, next(2) == 0 ? NULL : name_of(next(16), name));
    set(event, SV_F_TOOL, arena, next(3) == 0 ? NULL : name_of(next(40), name));
    set(event, SV_F_STATUS, arena, next(3) == 0 ? "error" : "ok");
    set(event, SV_F_SESSION, arena, name_of(next(60), name));
    event->slots[SV_F_INPUT_TOKENS] = next(3) == 0 ? sv_value_int(next(1000)) : sv_value_of(SV_ABSENT);
    event->slots[SV_F_COST_USD] = next(5) == 0 ? sv_value_double((1 + next(64)) / 8.0) : sv_value_of(SV_ABSENT);
    event->slots[SV_F_DURATION_MS] = next(4) == 0 ? sv_value_double(next(5000)) : sv_value_of(SV_ABSENT);
}

#define NAMES                                                                                                                      \
    "SELECT hour, coalesce(t.name, ''), coalesce(a.name, ''), coalesce(m.name, ''), coalesce(o.name, ''), coalesce(l.name, ''), "  \
    "coalesce(s.name, ''), events, errors, input_tokens, unpriced_tokens, cost_usd FROM usage_hourly "                             \
    "LEFT JOIN type_names AS t ON t.id = type_id LEFT JOIN agent_names AS a ON a.id = agent_id "                                   \
    "LEFT JOIN team_names AS m ON m.id = team_id LEFT JOIN model_names AS o ON o.id = model_id "                                   \
    "LEFT JOIN tool_names AS l ON l.id = tool_id LEFT JOIN status_names AS s ON s.id = status_id"
#define PLAIN                                                                                                                      \
    "SELECT hour, type, agent, team, model, tool, status, count(*), sum(type = 'error' OR status = 'error'), sum(input), "         \
    "sum(CASE WHEN cost = 0 THEN input ELSE 0 END), sum(cost) FROM temp.plain GROUP BY 1, 2, 3, 4, 5, 6, 7"

static int64_t answer(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t result = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        result = sqlite3_column_int64(statement, 0);
    else
        printf("# %s\n", sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    return result;
}

static uint64_t stored_durations(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    uint64_t total = 0;
    sqlite3_prepare_v2(db, "SELECT durations FROM usage_hourly WHERE durations IS NOT NULL", -1, &statement, NULL);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct sv_histogram histogram = {0};
        if (sv_histogram_load(&histogram, sv_slice(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0))))
            total += histogram.total;
        sv_histogram_free(&histogram);
    }
    sqlite3_finalize(statement);
    return total;
}

static void test_sums(void)
{
    store = open_store(in_home("sums.db"), &err);
    struct sv_schema *schema = sv_schema_new();
    struct sv_arena arena = {0};
    struct sv_event event = {.arena = &arena};
    struct sv_counters counters = {0};
    sqlite3_stmt *put = NULL;
    sv_event_clear(&event, schema);
    sqlite3_exec(store->db, "CREATE TEMP TABLE plain (hour, type, agent, team, model, tool, status, input, cost, has_duration)", NULL,
                 NULL, NULL);
    sqlite3_prepare_v2(store->db, "INSERT INTO temp.plain VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &put, NULL);
    bool fine = true;
    for (unsigned i = 0; i < EVENTS && fine; i++) {
        unsigned hour = 400000 + i / 4000 + next(3); /* hours overlap, and go on over batches */
        fill(&event, &arena, hour);
        count_plainly(put, &event, hour);
        sv_counters_event(&counters, &event, 0);
        sv_arena_reset(&arena);
        if (i % BATCH == BATCH - 1)
            fine = keep(&counters);
    }
    ok(fine && keep(&counters), "batches are kept: %s", err.text);
    sqlite3_finalize(put);
    is_int(answer(store->db, "SELECT sum(events) FROM usage_hourly"), EVENTS, "every event is counted once");
    is_int(answer(store->db, "SELECT count(*) FROM (" NAMES " EXCEPT " PLAIN ")"), 0, "no row says other than what was counted plainly");
    is_int(answer(store->db, "SELECT count(*) FROM (" PLAIN " EXCEPT " NAMES ")"), 0, "and none is missing");
    is_int((int64_t)stored_durations(store->db), answer(store->db, "SELECT sum(has_duration) FROM temp.plain"), "each duration is in a histogram");
    is_int(answer(store->db, "SELECT count(*) FROM (SELECT name, events FROM agents JOIN agent_names ON id = agent_id EXCEPT "
                             "SELECT agent, count(*) FROM temp.plain GROUP BY 1)"), 0, "agents have their events");
    is_int(answer(store->db, "SELECT count(*) FROM agents"), answer(store->db, "SELECT count(DISTINCT agent) FROM temp.plain WHERE agent <> ''"),
           "and each is there");
    sv_counters_free(&counters);
    sv_event_free(&event);
    sv_arena_free(&arena);
    sv_schema_free(schema);
    sv_store_close(store);
}

/* Names that a run meets without end are forgotten; the sums stay right. */
static void test_many_names(void)
{
    store = open_store(in_home("names.db"), &err);
    struct sv_schema *schema = sv_schema_new();
    struct sv_arena arena = {0};
    struct sv_event event = {.arena = &arena};
    struct sv_counters counters = {0};
    sv_event_clear(&event, schema);
    char name[32];
    bool fine = true;
    unsigned fullest = 0;
    for (unsigned i = 0; i < 40000 && fine; i++) {
        snprintf(name, sizeof name, "agent-%u-with-a-long-name", i / 2);
        set(&event, SV_F_TYPE, &arena, "note");
        set(&event, SV_F_AGENT, &arena, name);
        sv_counters_event(&counters, &event, 1);
        sv_arena_reset(&arena);
        fullest += sv_counters_full(&counters);
        if (sv_counters_full(&counters))
            fine = keep(&counters);
    }
    ok(fine && keep(&counters) && fullest > 0, "so many kinds end a batch");
    is_int(answer(store->db, "SELECT count(*) FROM usage_hourly WHERE events = 2"), 20000, "and each is counted");
    is_int(answer(store->db, "SELECT count(*) FROM agents WHERE events = 2"), 20000, "each agent, too");
    sv_counters_free(&counters);
    sv_event_free(&event);
    sv_arena_free(&arena);
    sv_schema_free(schema);
    sv_store_close(store);
}

int main(void)
{
    sv_random_seed(&dice, 1);
    home_make();
    test_sums();
    test_many_names();
    return done();
}
