/* SPDX-License-Identifier: ISC */
/* slow_queries, slow_plans: which statements were slow, and what would help.
 *
 * Our own statements each have an index that they must use, so mostly that one is missing. For a text that today's programs do
 * not have any more it is found out by trial: an index over the columns that the text compares and orders by, made in an empty
 * copy of the tables in memory, helps if SQLite's planner takes it there. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "measure/histogram.h"
#include "store/private.h"

/* --- what would help --- */

/* Of a list separated by commas; one that is there is not added again. */
static void add_column(struct sv_buf *list, struct sv_slice name)
{
    struct sv_slice rest = sv_buf_slice(list);
    while (rest.len > 0) {
        const char *comma = memchr(rest.data, ',', rest.len);
        size_t len = comma != NULL ? (size_t)(comma - rest.data) : rest.len;
        if (sv_slice_equal(sv_slice_trim(sv_slice(rest.data, len)), name))
            return;
        rest = sv_slice(rest.data + len + (comma != NULL), rest.len - len - (comma != NULL));
    }
    sv_buf_printf(list, "%s%.*s", list->len > 0 ? ", " : "", SV_ARG(name));
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static struct sv_slice next_token(const char **at)
{
    while (isspace((unsigned char)**at))
        ++*at;
    const char *start = *at;
    if (is_word(*start))
        while (is_word(**at))
            ++*at;
    else if ((*start == '<' || *start == '>' || *start == '=' || *start == '!') && start[1] == '=')
        *at += 2;
    else if (*start == '\'')
        *at += 1 + strcspn(start + 1, "'") + (strchr(start + 1, '\'') != NULL);
    else if (*start != '\0')
        ++*at;
    return sv_slice(start, (size_t)(*at - start));
}

/* Has the table this column? Of an empty name: is it a table? */
static bool is_column(struct sv_store *store, struct sv_slice table, struct sv_slice name)
{
    struct sv_buf t = {0}, n = {0};
    sv_buf_add(&t, table);
    sv_buf_add(&n, name);
    bool found = (name.len == 0 || is_word(name.data[0])) &&
                 sqlite3_table_column_metadata(store->db, "main", sv_buf_cstr(&t), name.len > 0 ? sv_buf_cstr(&n) : NULL, NULL, NULL,
                                               NULL, NULL, NULL) == SQLITE_OK;
    sv_buf_free(&t);
    sv_buf_free(&n);
    return found;
}

static bool is_keyword(struct sv_slice token, const char *word)
{
    return token.len == strlen(word) && sqlite3_strnicmp(token.data, word, (int)token.len) == 0;
}

/* A table as the plan names it: by its name or its alias. Empty: it is neither. */
static struct sv_slice table_of(struct sv_store *store, const char *sql, struct sv_slice shown)
{
    struct sv_slice token, before = {0};
    if (is_column(store, shown, (struct sv_slice){0}))
        return shown;
    for (const char *at = sql; (token = next_token(&at)).len > 0;) {
        if (sv_slice_equal(token, shown) && before.len > 0 && is_column(store, before, (struct sv_slice){0}))
            return before;
        if (!is_keyword(token, "AS"))
            before = token;
    }
    return (struct sv_slice){0};
}

/* Where a text of SQL was read to. */
struct reading {
    struct sv_slice table, shown; /* the table, its alias */
    struct sv_slice qualifier;    /* before the '.' */
    struct sv_slice column;       /* the token before, if it is one of the table's */
    bool in_condition, in_order, behind_equal;
    struct sv_buf equal, range, order;
};

static void read_token(struct sv_store *store, struct reading *reading, struct sv_slice token, bool is_qualifier)
{
    bool is_ours = reading->qualifier.len == 0 || sv_slice_equal(reading->qualifier, reading->shown);
    reading->in_order |= is_keyword(token, "ORDER") || is_keyword(token, "GROUP");
    reading->in_condition = (reading->in_condition || is_keyword(token, "WHERE") || is_keyword(token, "ON")) && !reading->in_order;
    bool is_equal = is_keyword(token, "=") || is_keyword(token, "==") || is_keyword(token, "IS") || is_keyword(token, "IN");
    bool is_range = token.data[0] == '<' || token.data[0] == '>' || is_keyword(token, "BETWEEN");
    if (reading->in_condition && reading->column.len > 0 && is_equal)
        add_column(&reading->equal, reading->column);
    else if (reading->in_condition && reading->column.len > 0 && is_range && reading->range.len == 0)
        add_column(&reading->range, reading->column);
    reading->column = !is_qualifier && is_ours && is_column(store, reading->table, token) ? token : (struct sv_slice){0};
    if (reading->column.len > 0 && reading->in_order)
        add_column(&reading->order, reading->column);
    else if (reading->column.len > 0 && reading->in_condition && reading->behind_equal)
        add_column(&reading->equal, reading->column);
    if (is_word(token.data[0]))
        reading->qualifier = is_qualifier ? token : (struct sv_slice){0};
    if (!is_qualifier && token.data[0] != '.')
        reading->behind_equal = is_equal;
}

/* Columns of the table in the order that an index wants them: what is compared for equality, one that is compared otherwise, or
 * those that rows are ordered by. */
static void put_candidate(struct sv_store *store, const char *sql, struct sv_slice table, struct sv_slice shown, struct sv_buf *out)
{
    struct reading reading = {.table = table, .shown = shown};
    struct sv_slice token;
    for (const char *at = sql; (token = next_token(&at)).len > 0;)
        read_token(store, &reading, token, *at == '.');
    struct sv_slice rest = sv_buf_slice(reading.range.len > 0 ? &reading.range : &reading.order);
    sv_buf_add(out, sv_buf_slice(&reading.equal));
    if (rest.len > 0)
        sv_buf_printf(out, "%s%.*s", out->len > 0 ? ", " : "", SV_ARG(rest));
    sv_buf_free(&reading.equal);
    sv_buf_free(&reading.range);
    sv_buf_free(&reading.order);
}

/* All tables, empty, in memory. NULL on failure. */
static sqlite3 *empty_copy(struct sv_store *store)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *all = NULL;
    int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(store->db, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid",
                                -1, &all, NULL);
    while (rc == SQLITE_OK && sqlite3_step(all) == SQLITE_ROW)
        rc = sqlite3_exec(db, (const char *)sqlite3_column_text(all, 0), NULL, NULL, NULL);
    sqlite3_finalize(all);
    if (rc == SQLITE_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

static bool plan_has(sqlite3 *db, const char *sql, const char *what)
{
    struct sv_buf plan = {0};
    sv_store_put_plan(db, sql, &plan);
    bool found = sv_slice_find(sv_buf_slice(&plan), sv_slice_str(what)) != NULL;
    sv_buf_free(&plan);
    return found;
}

static void try_index(struct sv_store *store, const char *sql, struct sv_slice shown, struct sv_buf *out)
{
    struct sv_buf columns = {0}, make = {0};
    struct sv_slice table = table_of(store, sql, shown);
    if (table.len > 0)
        put_candidate(store, sql, table, shown, &columns);
    sqlite3 *copy = columns.len > 0 ? empty_copy(store) : NULL;
    sv_buf_printf(&make, "CREATE INDEX sv_candidate ON %.*s (%.*s)", SV_ARG(table), SV_ARG(sv_buf_slice(&columns)));
    if (copy != NULL && sqlite3_exec(copy, sv_buf_cstr(&make), NULL, NULL, NULL) == SQLITE_OK && plan_has(copy, sql, "sv_candidate"))
        sv_buf_printf(out, "%.*s (%.*s)", SV_ARG(table), SV_ARG(sv_buf_slice(&columns)));
    sqlite3_close(copy);
    sv_buf_free(&columns);
    sv_buf_free(&make);
}

/* Behind "SEARCH t USING AUTOMATIC COVERING INDEX (a=? AND b=?)": made for this query alone, each time. */
static bool advise_automatic(struct sv_slice step, struct sv_buf *out)
{
    const char *open = sv_slice_find(step, SV_SLICE("AUTOMATIC")), *at = open != NULL ? strchr(open, '(') : NULL;
    if (at == NULL || !sv_slice_starts(step, SV_SLICE("SEARCH ")))
        return false;
    sv_buf_printf(out, "%.*s (", (int)strcspn(step.data + 7, " "), step.data + 7);
    bool first = true;
    for (at++; at < step.data + step.len && *at != ')';) {
        size_t len = strcspn(at, "=<> )");
        sv_buf_printf(out, "%s%.*s", first ? "" : ", ", (int)len, at);
        first = false;
        at += len + strcspn(at + len, " )");
        at += strncmp(at, " AND ", 5) == 0 ? 5 : 0;
        if (*at == ' ')
            break;
    }
    sv_buf_char(out, ')');
    return true;
}

static bool advise_step(struct sv_store *store, const char *sql, struct sv_slice step, struct sv_buf *out)
{
    if (advise_automatic(step, out))
        return true;
    if (!sv_slice_starts(step, SV_SLICE("SCAN ")) || sv_slice_find(step, SV_SLICE("USING")) != NULL)
        return false;
    const char *name = step.data + 5;
    try_index(store, sql, sv_slice(name, strcspn(name, " ;")), out);
    return out->len > 0;
}

static const struct sv_statement_text *known_statement(struct sv_slice sql)
{
    for (size_t i = 0; i < SV_SQL_COUNT; i++)
        if (sv_slice_is(sql, sv_store_statements[i].sql))
            return &sv_store_statements[i];
    return NULL;
}

void sv_store_advise(struct sv_store *store, const char *sql, const char *plan, struct sv_buf *out)
{
    const struct sv_statement_text *ours = known_statement(sv_slice_str(sql));
    if (ours != NULL && ours->index != NULL) {
        if (strstr(plan, ours->index) == NULL)
            sv_buf_str(out, ours->index);
        return;
    }
    for (const char *at = plan; *at != '\0' && out->len == 0;) {
        const char *end = strstr(at, "; ");
        size_t len = end != NULL ? (size_t)(end - at) : strlen(at);
        advise_step(store, sql, sv_slice(at, len), out);
        at += len + (end != NULL ? 2 : 0);
    }
}

/* --- which were slow --- */

/* What is known of a plan and program while rows are read. */
struct group {
    struct sv_histogram durations; /* microseconds */
    int64_t total_ns, max_ns, last_ns;
};

static void group_add(struct group *group, int64_t duration_ns, int64_t created_ns)
{
    sv_histogram_add(&group->durations, (uint64_t)duration_ns / 1000, 1);
    group->total_ns += duration_ns;
    group->max_ns = duration_ns > group->max_ns ? duration_ns : group->max_ns;
    group->last_ns = created_ns > group->last_ns ? created_ns : group->last_ns;
}

static bool collect(struct sv_store *store, int64_t since_ns, int64_t until_ns, struct sv_map *groups, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_SLOW_LIST, err);
    struct sv_buf key = {0};
    int state = -1;
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, since_ns);
    sqlite3_bind_int64(list, 2, until_ns);
    while ((state = sv_store_row(store, list, err)) > 0) {
        sv_buf_clear(&key);
        sv_buf_printf(&key, "%lld %s", (long long)sqlite3_column_int64(list, 0), (const char *)sqlite3_column_text(list, 1));
        struct sv_map_item *item = sv_map_at(groups, sv_buf_slice(&key));
        if (item->pointer == NULL)
            item->pointer = sv_calloc(1, sizeof(struct group));
        group_add(item->pointer, sqlite3_column_int64(list, 2), sqlite3_column_int64(list, 3));
    }
    sv_buf_free(&key);
    return state == 0;
}

static bool describe(struct sv_store *store, const struct sv_map_item *item, struct sv_store_slow *slow, struct sv_arena *arena,
                     struct sv_error *err)
{
    const struct group *group = item->pointer;
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_SLOW_PLAN, err);
    if (find == NULL)
        return false;
    char *end;
    sqlite3_bind_int64(find, 1, strtoll(item->key.data, &end, 10));
    *slow = (struct sv_store_slow){.program = sv_arena_dup(arena, sv_slice_str(end + 1)),
                                   .count = group->durations.total,
                                   .total_ns = group->total_ns,
                                   .max_ns = group->max_ns,
                                   .p99_ns = (int64_t)sv_histogram_quantile(&group->durations, 0.99) * 1000,
                                   .last_ns = group->last_ns};
    int state = sv_store_row(store, find, err);
    if (state <= 0)
        return state == 0; /* its plan was removed by hand: what is left is how long it took */
    slow->statement = sv_store_text(find, 0, arena);
    slow->sql = sv_store_text(find, 1, arena);
    slow->plan = sv_store_text(find, 2, arena);
    sv_store_leave(store, find);
    struct sv_buf advice = {0};
    sv_store_advise(store, slow->sql.data, slow->plan.data, &advice);
    slow->advice = sv_arena_dup(arena, sv_buf_slice(&advice));
    sv_buf_free(&advice);
    return true;
}

static int by_total(const void *a, const void *b)
{
    const struct sv_store_slow *left = a, *right = b;
    return left->total_ns != right->total_ns ? (left->total_ns < right->total_ns) - (left->total_ns > right->total_ns)
                                             : sv_slice_compare(left->statement, right->statement);
}

bool sv_store_slow_list(struct sv_store *store, int64_t since_ns, int64_t until_ns, struct sv_store_slows *out, struct sv_error *err)
{
    struct sv_map groups = {0};
    bool fine = collect(store, since_ns, until_ns, &groups, err);
    out->items = fine ? sv_calloc(groups.count + 1, sizeof *out->items) : NULL;
    for (size_t i = 0; i < groups.count; i++) {
        struct group *group = groups.items[i].pointer;
        fine = fine && describe(store, &groups.items[i], &out->items[out->count++], &out->arena, err);
        sv_histogram_free(&group->durations);
        sv_free(group);
    }
    sv_map_free(&groups);
    if (fine)
        qsort(out->items, out->count, sizeof *out->items, by_total);
    return fine;
}

void sv_store_slows_free(struct sv_store_slows *slows)
{
    sv_free(slows->items);
    sv_arena_free(&slows->arena);
    *slows = (struct sv_store_slows){0};
}
