/* SPDX-License-Identifier: ISC */
/* Evaluations as they are asked for. */
#include "store/find.h"
#include "store/private.h"

/* As SV_EVALUATION_SELECT names them. */
static void put_row(sqlite3_stmt *row, struct sv_store_finding_rows *rows)
{
    static const enum sv_name_table names[] = {SV_NAME_SUPERVISOR, SV_NAME_TEAM, SV_NAME_AGENT, SV_NAME_SESSION, SV_NAME_TOOL};
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity > 0 ? 2 * rows->capacity : 16;
        rows->items = sv_realloc(rows->items, rows->capacity * sizeof *rows->items);
    }
    struct sv_store_finding_row *to = &rows->items[rows->count++];
    *to = (struct sv_store_finding_row){.id = sqlite3_column_int64(row, 0),
                                        .source = sqlite3_column_int64(row, 1),
                                        .record = (uint64_t)sqlite3_column_int64(row, 2),
                                        .part = (uint32_t)sqlite3_column_int64(row, 3),
                                        .policy = sqlite3_column_int64(row, 4),
                                        .key_number = sqlite3_column_int64(row, 5),
                                        .outcome = (enum sv_outcome)(sqlite3_column_int(row, 11) & 3),
                                        .severity = (enum sv_severity)(sqlite3_column_int(row, 12) & 3),
                                        .action = (enum sv_action)(sqlite3_column_int(row, 13) & 3),
                                        .event = sv_store_text(row, 14, &rows->arena),
                                        .created_ns = sqlite3_column_int64(row, 15),
                                        .run = sqlite3_column_int64(row, 16),
                                        .message = sv_store_text(row, 17, &rows->arena),
                                        .keys = sv_store_text(row, 18, &rows->arena),
                                        .values = sv_store_text(row, 19, &rows->arena)};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        to->names[names[i]] = sqlite3_column_int64(row, 6 + i);
}

static sqlite3_stmt *begin(struct sv_store *store, enum sv_statement which, struct sv_store_finding_rows *rows, struct sv_error *err)
{
    rows->count = 0;
    sv_arena_reset(&rows->arena);
    return sv_store_statement(store, which, err);
}

static bool take_rows(struct sv_store *store, sqlite3_stmt *find, struct sv_store_finding_rows *rows, struct sv_error *err)
{
    int state;
    while ((state = sv_store_row(store, find, err)) > 0)
        put_row(find, rows);
    return state == 0;
}

static bool found_here(struct sv_store *store, const struct sv_found *found, struct sv_store_finding_rows *rows, struct sv_error *err)
{
    static const enum sv_statement statements[] = {[SV_FOUND_SUPERVISOR] = SV_SQL_EVALUATIONS_SUPERVISOR,
                                                   [SV_FOUND_AGENT] = SV_SQL_EVALUATIONS_AGENT,
                                                   [SV_FOUND_POLICY] = SV_SQL_EVALUATIONS_POLICY,
                                                   [SV_FOUND_SESSION] = SV_SQL_EVALUATIONS_SESSION};
    sqlite3_stmt *find = begin(store, statements[found->by], rows, err);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, found->number);
    sqlite3_bind_int64(find, 3, found->time_ns);
    sqlite3_bind_int64(find, 4, found->id);
    sqlite3_bind_int64(find, 5, found->since_ns);
    sqlite3_bind_int64(find, 6, (int64_t)found->limit);
    return take_rows(store, find, rows, err);
}

/* --- with archives --- */

static struct sv_store_finding_row dup_row(const struct sv_store_finding_row *row, struct sv_arena *arena)
{
    struct sv_store_finding_row copy = *row;
    copy.event = sv_arena_dup(arena, row->event);
    copy.message = sv_arena_dup(arena, row->message);
    copy.keys = sv_arena_dup(arena, row->keys);
    copy.values = sv_arena_dup(arena, row->values);
    return copy;
}

struct finding {
    const struct sv_found *found;
    struct sv_store_finding_rows *rows;
};

static bool has_enough(void *context, int64_t edge_ns)
{
    const struct finding *finding = context;
    const struct sv_store_finding_rows *rows = finding->rows;
    return rows->count >= finding->found->limit && rows->items[rows->count - 1].created_ns >= edge_ns;
}

static bool found_there(void *context, struct sv_store *file, struct sv_error *err)
{
    struct finding *finding = context;
    struct sv_store_finding_rows *rows = finding->rows, more = {0};
    bool fine = found_here(file, finding->found, &more, err);
    size_t limit = finding->found->limit, count = rows->count + more.count < limit ? rows->count + more.count : limit;
    struct sv_store_finding_row *items = fine && more.count > 0 ? sv_calloc(count + 1, sizeof *items) : NULL;
    for (size_t at = 0, a = 0, b = 0; items != NULL && at < count; at++) {
        const struct sv_store_finding_row *x = &rows->items[a], *y = &more.items[b];
        bool from_rows = a < rows->count && (b == more.count || x->created_ns > y->created_ns || (x->created_ns == y->created_ns && x->id > y->id));
        items[at] = from_rows ? rows->items[a++] : dup_row(&more.items[b++], &rows->arena);
    }
    if (items != NULL) {
        sv_free(rows->items);
        rows->items = items;
        rows->count = count;
        rows->capacity = count + 1;
    }
    sv_store_finding_rows_free(&more);
    return fine;
}

bool sv_store_found(struct sv_store *store, const struct sv_found *found, struct sv_store_finding_rows *rows, struct sv_error *err)
{
    struct finding finding = {found, rows};
    struct sv_attached_walk walk = {.from_ns = found->time_ns, .bound_ns = found->since_ns, .has_enough = has_enough, .take = found_there,
                                    .context = &finding};
    return found_here(store, found, rows, err) && sv_attached_walk(store, &walk, err);
}

bool sv_store_found_event(struct sv_store *store, int64_t source, uint64_t record, uint32_t part, size_t limit,
                          struct sv_store_finding_rows *rows, struct sv_error *err)
{
    sqlite3_stmt *find = begin(store, SV_SQL_EVALUATIONS_EVENT, rows, err);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, source);
    sqlite3_bind_int64(find, 2, (int64_t)record);
    sqlite3_bind_int64(find, 3, part);
    sqlite3_bind_int64(find, 6, (int64_t)limit);
    return take_rows(store, find, rows, err);
}

bool sv_store_found_behind(struct sv_store *store, int64_t id, size_t limit, struct sv_store_finding_rows *rows, struct sv_error *err)
{
    sqlite3_stmt *find = begin(store, SV_SQL_EVALUATIONS_BEHIND, rows, err);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, id);
    sqlite3_bind_int64(find, 6, (int64_t)limit);
    return take_rows(store, find, rows, err);
}

void sv_store_finding_rows_free(struct sv_store_finding_rows *rows)
{
    sv_free(rows->items);
    sv_arena_free(&rows->arena);
    *rows = (struct sv_store_finding_rows){0};
}

bool sv_store_found_supervisor(struct sv_store *store, int64_t behind, int64_t *supervisor, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_EVALUATION_SUPERVISOR_NEXT, err);
    *supervisor = 0;
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, behind);
    return sv_store_step(store, find, NULL, supervisor, err);
}

bool sv_store_policy_version(struct sv_store *store, int64_t id, struct sv_arena *arena, struct sv_store_policy_version *out, bool *found,
                             struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_POLICY_VERSION, err);
    *found = false;
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, id);
    int state = sv_store_row(store, find, err);
    if (state <= 0)
        return state == 0;
    *out = (struct sv_store_policy_version){.policy = sv_store_text(find, 0, arena),
                                            .hash = (uint64_t)sqlite3_column_int64(find, 1),
                                            .title = sv_store_text(find, 2, arena),
                                            .text = sv_store_text(find, 3, arena),
                                            .loaded_ns = sqlite3_column_int64(find, 4)};
    *found = true;
    sv_store_leave(store, find);
    return true;
}
