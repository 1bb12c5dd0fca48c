/* SPDX-License-Identifier: ISC */
/* entities: one row each, folded from events. */
#include "store/entity.h"

#include "store/private.h"

static void take_text(struct sv_slice *text, struct sv_slice more, bool is_newer)
{
    if (more.len > 0 && (is_newer || text->len == 0))
        *text = more;
}

static void add(int64_t *sum, int64_t more)
{
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = INT64_MAX;
}

void sv_entity_fold(struct sv_entity *entity, const struct sv_entity *more)
{
    bool is_newer = more->told_ns >= entity->told_ns;
    take_text(&entity->parent_type, more->parent_type, is_newer);
    take_text(&entity->parent_id, more->parent_id, is_newer);
    take_text(&entity->status, more->status, is_newer);
    take_text(&entity->phase, more->phase, is_newer);
    take_text(&entity->owner, more->owner, is_newer);
    take_text(&entity->subject, more->subject, is_newer);
    if (more->priority >= 0 && (is_newer || entity->priority < 0))
        entity->priority = more->priority;
    entity->created_ns = more->created_ns < entity->created_ns ? more->created_ns : entity->created_ns;
    entity->updated_ns = more->updated_ns > entity->updated_ns ? more->updated_ns : entity->updated_ns;
    entity->told_ns = is_newer ? more->told_ns : entity->told_ns;
    add(&entity->events, more->events);
    add(&entity->errors, more->errors);
    add(&entity->input_tokens, more->input_tokens);
    add(&entity->output_tokens, more->output_tokens);
    add(&entity->unpriced_tokens, more->unpriced_tokens);
    entity->cost_usd += more->cost_usd;
}

/* As SV_ENTITY_SELECT names them. */
static struct sv_entity entity_of(sqlite3_stmt *row, struct sv_arena *arena)
{
    return (struct sv_entity){.row = sqlite3_column_int64(row, 0),
                              .type = sv_store_text(row, 1, arena),
                              .id = sv_store_text(row, 2, arena),
                              .parent_type = sv_store_text(row, 3, arena),
                              .parent_id = sv_store_text(row, 4, arena),
                              .status = sv_store_text(row, 5, arena),
                              .phase = sv_store_text(row, 6, arena),
                              .owner = sv_store_text(row, 7, arena),
                              .subject = sv_store_text(row, 8, arena),
                              .priority = sqlite3_column_type(row, 9) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 9),
                              .created_ns = sqlite3_column_int64(row, 10),
                              .updated_ns = sqlite3_column_int64(row, 11),
                              .told_ns = sqlite3_column_int64(row, 12),
                              .events = sqlite3_column_int64(row, 13),
                              .errors = sqlite3_column_int64(row, 14),
                              .input_tokens = sqlite3_column_int64(row, 15),
                              .output_tokens = sqlite3_column_int64(row, 16),
                              .unpriced_tokens = sqlite3_column_int64(row, 17),
                              .cost_usd = sqlite3_column_double(row, 18)};
}

static bool take_rows(struct sv_store *store, sqlite3_stmt *find, struct sv_entities *entities, struct sv_error *err)
{
    int state;
    entities->count = 0;
    sv_arena_reset(&entities->arena);
    while ((state = sv_store_row(store, find, err)) > 0) {
        if (entities->count == entities->capacity) {
            entities->capacity = entities->capacity > 0 ? 2 * entities->capacity : 16;
            entities->items = sv_realloc(entities->items, entities->capacity * sizeof *entities->items);
        }
        entities->items[entities->count++] = entity_of(find, &entities->arena);
    }
    return state == 0;
}

bool sv_store_entity(struct sv_store *store, struct sv_slice type, struct sv_slice id, struct sv_entities *entities, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_ENTITY_GET, err);
    if (find == NULL)
        return false;
    sv_store_bind(find, 1, type);
    sv_store_bind(find, 2, id);
    return take_rows(store, find, entities, err);
}

bool sv_store_entities(struct sv_store *store, const struct sv_entities_page *page, struct sv_entities *entities, struct sv_error *err)
{
    static const enum sv_statement statements[] = {[SV_ENTITIES_ALL] = SV_SQL_ENTITIES_UPDATED,
                                                   [SV_ENTITIES_TYPE] = SV_SQL_ENTITIES_TYPE,
                                                   [SV_ENTITIES_PARENT] = SV_SQL_ENTITIES_PARENT};
    sqlite3_stmt *find = sv_store_statement(store, statements[page->by], err);
    if (find == NULL)
        return false;
    sv_store_bind(find, 1, page->text);
    sv_store_bind(find, 2, page->text2);
    sqlite3_bind_int64(find, 3, page->time_ns);
    sqlite3_bind_int64(find, 4, page->row);
    sqlite3_bind_int64(find, 5, page->since_ns);
    sqlite3_bind_int64(find, 6, (int64_t)page->limit);
    return take_rows(store, find, entities, err);
}

void sv_store_entities_free(struct sv_entities *entities)
{
    sv_free(entities->items);
    sv_arena_free(&entities->arena);
    *entities = (struct sv_entities){0};
}

static bool put(struct sv_store *store, const struct sv_entity *entity, struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_ENTITY_PUT, err);
    if (put == NULL)
        return false;
    const struct sv_slice texts[] = {entity->type,  entity->id,    entity->parent_type, entity->parent_id, entity->status,
                                     entity->phase, entity->owner, entity->subject};
    const int64_t numbers[] = {entity->created_ns, entity->updated_ns,   entity->told_ns,       entity->events,
                               entity->errors,     entity->input_tokens, entity->output_tokens, entity->unpriced_tokens};
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
        sv_store_bind(put, 1 + i, texts[i]);
    if (entity->priority >= 0)
        sqlite3_bind_int(put, 9, entity->priority);
    else
        sqlite3_bind_null(put, 9);
    for (int i = 0; i < (int)(sizeof numbers / sizeof *numbers); i++)
        sqlite3_bind_int64(put, 10 + i, numbers[i]);
    sqlite3_bind_double(put, 18, entity->cost_usd);
    return sv_store_step(store, put, NULL, NULL, err);
}

bool sv_store_entity_fold(struct sv_store *store, const struct sv_entity *more, struct sv_error *err)
{
    struct sv_entities known = {0};
    bool fine = sv_store_entity(store, more->type, more->id, &known, err);
    if (fine && known.count > 0)
        sv_entity_fold(&known.items[0], more);
    fine = fine && put(store, known.count > 0 ? &known.items[0] : more, err);
    sv_store_entities_free(&known);
    return fine;
}
