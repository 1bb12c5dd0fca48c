/* SPDX-License-Identifier: ISC */
/* Events as they are asked for. */
#include "store/find.h"

#include "base/utf8.h"
#include "store/private.h"

enum { NAMES_REMEMBERED = 8192 };

/* As SV_EVENT_SELECT names them. */
static void put_row(sqlite3_stmt *row, struct sv_store_rows *rows)
{
    static const enum sv_name_table names[] = {SV_NAME_TYPE, SV_NAME_AGENT, SV_NAME_SESSION, SV_NAME_TEAM,
                                               SV_NAME_HOST, SV_NAME_TOOL,  SV_NAME_MODEL,   SV_NAME_STATUS};
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity > 0 ? 2 * rows->capacity : 16;
        rows->items = sv_realloc(rows->items, rows->capacity * sizeof *rows->items);
    }
    struct sv_store_row *to = &rows->items[rows->count++];
    struct sv_arena *arena = &rows->arena;
    *to = (struct sv_store_row){.id = sqlite3_column_int64(row, 0),
                                .source = sqlite3_column_int64(row, 1),
                                .record = (uint64_t)sqlite3_column_int64(row, 2),
                                .part = (uint32_t)sqlite3_column_int64(row, 3),
                                .event = sv_store_text(row, 4, arena),
                                .time_ns = sqlite3_column_int64(row, 5),
                                .priority = sqlite3_column_type(row, 14) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 14),
                                .entity_type = sv_store_text(row, 15, arena),
                                .entity_id = sv_store_text(row, 16, arena),
                                .correlation_id = sv_store_text(row, 17, arena),
                                .trace_id = sv_store_text(row, 18, arena),
                                .parent_id = sv_store_text(row, 19, arena),
                                .call_id = sv_store_text(row, 20, arena),
                                .has_tokens = sqlite3_column_type(row, 21) != SQLITE_NULL,
                                .input_tokens = sqlite3_column_int64(row, 21),
                                .output_tokens = sqlite3_column_int64(row, 22),
                                .has_cost = sqlite3_column_type(row, 23) != SQLITE_NULL,
                                .cost_usd = sqlite3_column_double(row, 23),
                                .has_duration = sqlite3_column_type(row, 24) != SQLITE_NULL,
                                .duration_ms = sqlite3_column_double(row, 24),
                                .run = sqlite3_column_int64(row, 25)};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        to->names[names[i]] = sqlite3_column_int64(row, 6 + i);
}

static void clear(struct sv_store_rows *rows)
{
    rows->count = 0;
    sv_arena_reset(&rows->arena);
}

/* Behind every text that begins with this one: no text goes on behind U+10FFFF. */
static void put_end(struct sv_buf *out, struct sv_slice begins)
{
    sv_buf_set(out, begins);
    sv_buf_str(out, "\xf4\x8f\xbf\xbf");
}

static void bind_range(sqlite3_stmt *find, int at, struct sv_slice from, struct sv_slice end)
{
    sqlite3_bind_text64(find, at, from.len > 0 ? from.data : "", from.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    sqlite3_bind_text64(find, at + 1, end.data, end.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static bool take_rows(struct sv_store *store, sqlite3_stmt *find, struct sv_store_rows *rows, struct sv_error *err)
{
    int state;
    while ((state = sv_store_row(store, find, err)) > 0)
        put_row(find, rows);
    return state == 0;
}

static bool find_here(struct sv_store *store, const struct sv_find *find, struct sv_store_rows *rows, struct sv_error *err)
{
    static const enum sv_statement statements[][2] = {
        [SV_FIND_TIME] = {SV_SQL_EVENTS_TIME_DOWN, SV_SQL_EVENTS_TIME_UP},
        [SV_FIND_AGENT_TYPE] = {SV_SQL_EVENTS_AGENT_TYPE_DOWN, SV_SQL_EVENTS_AGENT_TYPE_UP},
        [SV_FIND_SESSION] = {SV_SQL_EVENTS_SESSION_DOWN, SV_SQL_EVENTS_SESSION_UP},
        [SV_FIND_ENTITY] = {SV_SQL_EVENTS_ENTITY_DOWN, SV_SQL_EVENTS_ENTITY_UP},
        [SV_FIND_CORRELATION] = {SV_SQL_EVENTS_CORRELATION_DOWN, SV_SQL_EVENTS_CORRELATION_UP},
        [SV_FIND_TRACE] = {SV_SQL_EVENTS_TRACE_DOWN, SV_SQL_EVENTS_TRACE_UP},
        [SV_FIND_CALL] = {SV_SQL_EVENTS_CALL_DOWN, SV_SQL_EVENTS_CALL_UP},
        [SV_FIND_NEW] = {SV_SQL_EVENTS_NEW, SV_SQL_EVENTS_NEW},
    };
    sqlite3_stmt *statement = sv_store_statement(store, statements[find->by][find->up], err);
    clear(rows);
    if (statement == NULL)
        return false;
    if (find->text.len > 0)
        sv_store_bind(statement, 1, find->text);
    else
        sqlite3_bind_int64(statement, 1, find->number);
    if (find->text2.len > 0)
        sv_store_bind(statement, 2, find->text2);
    else
        sqlite3_bind_int64(statement, 2, find->number2);
    sqlite3_bind_int64(statement, 3, find->time_ns);
    sqlite3_bind_int64(statement, 4, find->id);
    sqlite3_bind_int64(statement, 5, find->bound_ns);
    sqlite3_bind_int64(statement, 6, (int64_t)find->limit);
    return take_rows(store, statement, rows, err);
}

/* --- with archives --- */

static struct sv_store_row dup_row(const struct sv_store_row *row, struct sv_arena *arena)
{
    struct sv_store_row copy = *row;
    struct sv_slice *texts[] = {&copy.event, &copy.entity_type, &copy.entity_id, &copy.correlation_id, &copy.trace_id, &copy.parent_id, &copy.call_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = sv_arena_dup(arena, *texts[i]);
    return copy;
}

struct finding {
    const struct sv_find *find;
    struct sv_store_rows *rows;
};

static bool has_enough(void *context, int64_t edge_ns)
{
    const struct finding *finding = context;
    const struct sv_store_rows *rows = finding->rows;
    if (rows->count < finding->find->limit)
        return false;
    return finding->find->up ? rows->items[rows->count - 1].time_ns < edge_ns : rows->items[rows->count - 1].time_ns >= edge_ns;
}

static bool comes_first(const struct sv_find *find, const struct sv_store_row *a, const struct sv_store_row *b)
{
    if (a->time_ns != b->time_ns)
        return (a->time_ns < b->time_ns) == find->up;
    return (a->id < b->id) == find->up;
}

/* Both are in order; what is over the limit is left out. */
static void merge_rows(const struct sv_find *find, struct sv_store_rows *rows, const struct sv_store_rows *more)
{
    size_t count = rows->count + more->count < find->limit ? rows->count + more->count : find->limit;
    struct sv_store_row *items = sv_calloc(count + 1, sizeof *items);
    for (size_t at = 0, a = 0, b = 0; at < count; at++) {
        bool from_rows = a < rows->count && (b == more->count || comes_first(find, &rows->items[a], &more->items[b]));
        items[at] = from_rows ? rows->items[a++] : dup_row(&more->items[b++], &rows->arena);
    }
    sv_free(rows->items);
    rows->items = items;
    rows->count = count;
    rows->capacity = count + 1;
}

static bool find_there(void *context, struct sv_store *file, struct sv_error *err)
{
    struct finding *finding = context;
    struct sv_store_rows more = {0};
    bool fine = find_here(file, finding->find, &more, err);
    if (fine && more.count > 0)
        merge_rows(finding->find, finding->rows, &more);
    sv_store_rows_free(&more);
    return fine;
}

bool sv_store_find(struct sv_store *store, const struct sv_find *find, struct sv_store_rows *rows, struct sv_error *err)
{
    struct finding finding = {find, rows};
    struct sv_attached_walk walk = {.up = find->up, .aside = find->aside, .from_ns = find->time_ns, .bound_ns = find->bound_ns,
                                    .has_enough = has_enough, .take = find_there, .context = &finding};
    return find_here(store, find, rows, err) && (find->by == SV_FIND_NEW || sv_attached_walk(store, &walk, err));
}

bool sv_store_find_address(struct sv_store *store, int64_t source, uint64_t record, uint32_t part, struct sv_store_rows *rows,
                           struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_EVENT_BY_ADDRESS, err);
    clear(rows);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, source);
    sqlite3_bind_int64(find, 2, (int64_t)record);
    sqlite3_bind_int64(find, 3, part);
    return take_rows(store, find, rows, err);
}

/* The first and the last 8 characters, as the index has them; with begins of the first alone, up to 8. */
static void put_ends(struct sv_buf *out, struct sv_slice id, bool begins)
{
    size_t count = sv_utf8_count(id);
    sv_buf_clear(out);
    sv_buf_add(out, sv_slice(id.data, sv_utf8_offset(id, count < 8 ? count : 8)));
    size_t last = sv_utf8_offset(id, count < 8 ? 0 : count - 8);
    if (!begins)
        sv_buf_add(out, sv_slice(id.data + last, id.len - last));
}

/* The newest hour before this one in which there are own ids; false at the end or with err. */
static bool own_hour(struct sv_store *store, int64_t *hour, struct sv_error *err)
{
    sqlite3_stmt *next = sv_store_statement(store, SV_SQL_OWN_HOUR, err);
    if (next == NULL)
        return false;
    sqlite3_bind_int64(next, 1, *hour);
    if (sv_store_row(store, next, err) <= 0)
        return false;
    bool is_there = sqlite3_column_type(next, 0) != SQLITE_NULL;
    *hour = sqlite3_column_int64(next, 0);
    sv_store_leave(store, next);
    return is_there;
}

bool sv_store_find_own(struct sv_store *store, struct sv_slice id, bool begins, size_t limit, struct sv_store_rows *rows,
                       struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_OWN_IN_HOUR, err);
    struct sv_buf from = {0}, end = {0};
    struct sv_error failed = {0};
    int state = find != NULL ? 0 : -1;
    clear(rows);
    put_ends(&from, id, begins);
    put_end(&end, sv_buf_slice(&from));
    for (int64_t hour = INT64_MAX; state == 0 && own_hour(store, &hour, &failed);) {
        sqlite3_bind_int64(find, 1, hour);
        bind_range(find, 2, sv_buf_slice(&from), sv_buf_slice(&end));
        sqlite3_bind_int64(find, 6, -1);
        while ((state = sv_store_row(store, find, err)) > 0) {
            struct sv_slice own = sv_slice((const char *)sqlite3_column_text(find, 4), (size_t)sqlite3_column_bytes(find, 4));
            if (begins ? sv_slice_starts(own, id) : sv_slice_equal(own, id))
                put_row(find, rows);
            if (rows->count == limit) {
                sv_store_leave(store, find);
                break;
            }
        }
    }
    sv_buf_free(&from);
    sv_buf_free(&end);
    if (failed.code != SV_DONE && err != NULL)
        *err = failed;
    return state >= 0 && failed.code == SV_DONE;
}

void sv_store_rows_free(struct sv_store_rows *rows)
{
    sv_free(rows->items);
    sv_arena_free(&rows->arena);
    *rows = (struct sv_store_rows){0};
}

bool sv_store_event_last(struct sv_store *store, int64_t *id, struct sv_error *err)
{
    return sv_store_number(store, SV_SQL_ROWS_EVENTS_LAST, id, err);
}

struct body {
    int64_t id;
    struct sv_buf *out;
};

static bool body_there(void *context, struct sv_store *file, struct sv_error *err)
{
    struct body *body = context;
    return body->out->len > 0 || sv_store_event_body(file, body->id, body->out, err);
}

bool sv_store_event_body(struct sv_store *store, int64_t id, struct sv_buf *out, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_EVENT_BODY, err);
    struct body body = {id, out};
    struct sv_attached_walk walk = {.aside = true, .from_ns = INT64_MAX, .bound_ns = INT64_MIN, .take = body_there, .context = &body};
    sv_buf_clear(out);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, id);
    int state = sv_store_row(store, find, err);
    if (state <= 0)
        return state == 0 && sv_attached_walk(store, &walk, err);
    const char *text = (const char *)sqlite3_column_text(find, 0);
    sv_buf_add(out, sv_slice(text, text != NULL ? (size_t)sqlite3_column_bytes(find, 0) : 0));
    sv_store_leave(store, find);
    return true;
}

bool sv_store_like(struct sv_store *store, enum sv_like kind, struct sv_slice type, struct sv_slice begins, struct sv_buf *out,
                   size_t *count, struct sv_error *err)
{
    static const enum sv_statement likes[] = {[SV_LIKE_CORRELATION] = SV_SQL_CORRELATION_LIKE,
                                              [SV_LIKE_TRACE] = SV_SQL_TRACE_LIKE,
                                              [SV_LIKE_CALL] = SV_SQL_CALL_LIKE,
                                              [SV_LIKE_ENTITY] = SV_SQL_ENTITY_LIKE};
    sqlite3_stmt *find = sv_store_statement(store, likes[kind], err);
    struct sv_buf from = {0};
    int state = find != NULL ? 1 : -1;
    put_end(&store->scratch, begins);
    sv_buf_add(&from, begins);
    for (*count = 0; *count < 2 && state > 0; ++*count) {
        bind_range(find, 1, sv_buf_slice(&from), sv_buf_slice(&store->scratch));
        if (kind == SV_LIKE_ENTITY)
            sv_store_bind(find, 3, type);
        if ((state = sv_store_row(store, find, err)) <= 0)
            break;
        struct sv_slice text = sv_slice((const char *)sqlite3_column_text(find, 0), (size_t)sqlite3_column_bytes(find, 0));
        bool is_exact = sv_slice_equal(text, begins);
        sv_buf_set(&from, text);
        sv_buf_char(&from, '\x01'); /* the next one */
        sv_buf_add(out, text);
        sv_buf_char(out, '\0');
        sv_store_leave(store, find);
        if (is_exact) {
            *count = 1;
            break;
        }
    }
    sv_buf_free(&from);
    return state >= 0;
}

struct types {
    int64_t agent, behind, *type;
};

static bool types_there(void *context, struct sv_store *file, struct sv_error *err)
{
    struct types *types = context;
    int64_t type;
    if (!sv_store_agent_type(file, types->agent, types->behind, &type, err))
        return false;
    if (type != 0 && (*types->type == 0 || type < *types->type))
        *types->type = type;
    return true;
}

bool sv_store_agent_type(struct sv_store *store, int64_t agent, int64_t behind, int64_t *type, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_AGENT_TYPE_NEXT, err);
    struct types types = {agent, behind, type};
    struct sv_attached_walk walk = {.up = true, .from_ns = INT64_MIN, .bound_ns = INT64_MAX, .take = types_there, .context = &types};
    walk.aside = !sv_attached_opens(store); /* what is only noted is noted by who looks for rows */
    *type = 0;
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, agent);
    sqlite3_bind_int64(find, 2, behind);
    return sv_store_step(store, find, NULL, type, err) && sv_attached_walk(store, &walk, err);
}

static const struct {
    enum sv_statement range, name;
} statements[SV_NAME_COUNT] = {
    [SV_NAME_AGENT] = {SV_SQL_AGENT_RANGE, SV_SQL_AGENT_NAME},
    [SV_NAME_SESSION] = {SV_SQL_SESSION_RANGE, SV_SQL_SESSION_NAME},
    [SV_NAME_TOOL] = {SV_SQL_TOOL_RANGE, SV_SQL_TOOL_NAME},
    [SV_NAME_TEAM] = {SV_SQL_TEAM_RANGE, SV_SQL_TEAM_NAME},
    [SV_NAME_SUPERVISOR] = {SV_SQL_SUPERVISOR_RANGE, SV_SQL_SUPERVISOR_NAME},
    [SV_NAME_TYPE] = {SV_SQL_TYPE_RANGE, SV_SQL_TYPE_NAME},
    [SV_NAME_MODEL] = {SV_SQL_MODEL_RANGE, SV_SQL_MODEL_NAME},
    [SV_NAME_STATUS] = {SV_SQL_STATUS_RANGE, SV_SQL_STATUS_NAME},
    [SV_NAME_HOST] = {SV_SQL_HOST_RANGE, SV_SQL_HOST_NAME},
};

bool sv_store_name_text(struct sv_store *store, enum sv_name_table table, int64_t id, struct sv_slice *name, struct sv_error *err)
{
    *name = (struct sv_slice){0};
    if (id == 0)
        return true;
    struct sv_map *known = &store->texts[table];
    struct sv_slice key = sv_slice((const char *)&id, sizeof id);
    struct sv_map_item *item = sv_map_find(known, key);
    if (item == NULL) {
        sqlite3_stmt *find = sv_store_statement(store, statements[table].name, err);
        if (find == NULL)
            return false;
        sqlite3_bind_int64(find, 1, id);
        int state = sv_store_row(store, find, err);
        if (state <= 0)
            return state == 0;
        if (known->count >= NAMES_REMEMBERED)
            sv_store_texts_forget(store, table);
        item = sv_map_at(known, key);
        item->pointer = sv_str_dup(sv_slice((const char *)sqlite3_column_text(find, 0), (size_t)sqlite3_column_bytes(find, 0)));
        sv_store_leave(store, find);
    }
    *name = sv_slice_str(item->pointer);
    return true;
}

struct sv_slice sv_store_common_name(struct sv_store *store, enum sv_name_table table, int64_t id, struct sv_arena *arena, bool *fine,
                                     struct sv_error *err)
{
    struct sv_slice name = {0};
    if (*fine)
        *fine = sv_store_name_text(store, table, id, &name, err);
    return name.len > 0 ? sv_arena_dup(arena, name) : name;
}

void sv_store_texts_forget(struct sv_store *store, enum sv_name_table table)
{
    struct sv_map *known = &store->texts[table];
    for (size_t i = 0; i < known->count; i++)
        sv_free(known->items[i].pointer);
    sv_map_free(known);
}

/* Walks names that begin with prefix. */
static bool walk(struct sv_store *store, enum sv_statement which, struct sv_slice prefix,
                 bool (*each)(void *context, int64_t id, struct sv_slice name), void *context, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, which, err);
    if (find == NULL)
        return false;
    put_end(&store->scratch, prefix);
    bind_range(find, 1, prefix, sv_buf_slice(&store->scratch));
    int state;
    while ((state = sv_store_row(store, find, err)) > 0)
        if (!each(context, sqlite3_column_int64(find, 0),
                  sv_slice((const char *)sqlite3_column_text(find, 1), (size_t)sqlite3_column_bytes(find, 1)))) {
            sv_store_leave(store, find);
            return true;
        }
    return state == 0;
}

bool sv_store_names(struct sv_store *store, enum sv_name_table table, struct sv_slice prefix,
                    bool (*each)(void *context, int64_t id, struct sv_slice name), void *context, struct sv_error *err)
{
    return walk(store, statements[table].range, prefix, each, context, err);
}

bool sv_store_policies(struct sv_store *store, struct sv_slice prefix, bool (*each)(void *context, int64_t id, struct sv_slice policy),
                       void *context, struct sv_error *err)
{
    return walk(store, SV_SQL_POLICY_RANGE, prefix, each, context, err);
}
