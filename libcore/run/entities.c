/* SPDX-License-Identifier: ISC */
#include "run/entities.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "store/entity.h"

enum { PAGE = 200, COUNTED_MAX = 500 };

/* Part of the manual: new ones go to the end. */
enum {
    C_ENTITY, C_STATUS, C_OWNER, C_PARENT, C_EVENTS, C_ERRORS, C_COST, C_AGE, C_UPDATED, C_SUBJECT, C_TYPE, C_ID, C_PHASE, C_PRIORITY,
    C_CREATED, C_INPUT_TOKENS, C_OUTPUT_TOKENS, C_UNPRICED_TOKENS, C_COUNT
};

const struct sv_list_column sv_entities_columns[] = {
    [C_ENTITY] = {"entity", 10, 18, false, false, false},
    [C_STATUS] = {"status", 7, 10, false, false, false},
    [C_OWNER] = {"owner", 7, 14, false, false, false},
    [C_PARENT] = {"parent", 7, 12, false, false, false},
    [C_EVENTS] = {"events", 6, 7, false, false, true},
    [C_ERRORS] = {"errors", 6, 6, false, false, true},
    [C_COST] = {"cost_usd", 7, 7, false, false, true},
    [C_AGE] = {"age_ms", 7, 7, false, false, true},
    [C_UPDATED] = {"updated", 11, 11, false, false, false},
    [C_SUBJECT] = {"subject", 10, 0, true, false, false},
    [C_TYPE] = {"entity_type", 0, 12, false, false, false},
    [C_ID] = {"entity_id", 0, 16, false, false, false},
    [C_PHASE] = {"phase", 0, 10, false, false, false},
    [C_PRIORITY] = {"priority", 0, 8, false, false, false},
    [C_CREATED] = {"created", 0, 11, false, false, false},
    [C_INPUT_TOKENS] = {"input_tokens", 0, 12, false, false, true},
    [C_OUTPUT_TOKENS] = {"output_tokens", 0, 13, false, false, true},
    [C_UNPRICED_TOKENS] = {"unpriced_tokens", 0, 15, false, false, true},
};
const size_t sv_entities_column_count = C_COUNT;
static const char *const titles[C_COUNT] = {[C_COST] = "cost", [C_AGE] = "age"};

struct entities {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_entities_spec spec;
    struct sv_store *store;
    struct sv_entities_page page;
    struct sv_entities rows;
    size_t operand;           /* of those that name one entity */
    uint64_t shown, more;
    int64_t shown_ns, shown_row, now_ns;
    bool headed, ended;
    struct sv_buf out;
};

static bool is_wanted(const struct entities *entities, const struct sv_entity *entity)
{
    const struct sv_ask *ask = &entities->ask;
    const struct sv_ask_words *words = &entities->spec.status;
    bool of_type = ask->operand_count == 0, of_status = words->count == 0;
    struct sv_slice status = entity->status.len > 0 ? entity->status : entity->phase;
    for (size_t i = 0; i < ask->operand_count; i++)
        of_type |= sv_slice_is(entity->type, ask->operands[i]);
    for (size_t i = 0; i < words->count; i++)
        of_status |= sv_slice_glob(sv_slice_str(words->items[i]), status);
    return of_type && of_status && sv_ask_wants(ask, SV_ASK_AGENT, entity->owner);
}

static void put_row(struct entities *entities, const struct sv_entity *entity)
{
    struct sv_buf name = {0}, parent = {0};
    struct sv_slice status = entity->status.len > 0 ? entity->status : entity->phase;
    sv_buf_printf(&name, "%.*s:%.*s", SV_ARG(entity->type), SV_ARG(entity->id));
    if (entity->parent_id.len > 0)
        sv_buf_printf(&parent, "%.*s:%.*s", SV_ARG(entity->parent_type), SV_ARG(entity->parent_id));
    struct sv_list_cell cells[C_COUNT] = {
        [C_ENTITY] = sv_ask_text(sv_buf_slice(&name)),
        [C_STATUS] = sv_ask_text(status),
        [C_OWNER] = sv_ask_text(entity->owner),
        [C_PARENT] = sv_ask_text(sv_buf_slice(&parent)),
        [C_EVENTS] = sv_ask_number(true, entity->events),
        [C_ERRORS] = sv_ask_number(true, entity->errors),
        [C_COST] = {.kind = SV_LIST_USD, .real = round(entity->cost_usd * 1e9) / 1e9},
        [C_AGE] = {.kind = SV_LIST_MS, .real = (double)(entities->now_ns - entity->created_ns) / 1e6},
        [C_UPDATED] = {.kind = SV_LIST_TIME, .number = entity->updated_ns},
        [C_SUBJECT] = sv_ask_text(entity->subject),
        [C_TYPE] = sv_ask_text(entity->type),
        [C_ID] = sv_ask_text(entity->id),
        [C_PHASE] = sv_ask_text(entity->phase),
        [C_PRIORITY] = sv_ask_text(sv_ask_priority(entity->priority)),
        [C_CREATED] = {.kind = SV_LIST_TIME, .number = entity->created_ns},
        [C_INPUT_TOKENS] = sv_ask_number(true, entity->input_tokens),
        [C_OUTPUT_TOKENS] = sv_ask_number(true, entity->output_tokens),
        [C_UNPRICED_TOKENS] = sv_ask_number(true, entity->unpriced_tokens),
    };
    cells[C_ERRORS].color = entity->errors > 0 ? SV_COLOR_RED : SV_COLOR_NONE;
    sv_list_row(&entities->ask.list, &entities->out, cells);
    sv_buf_free(&name);
    sv_buf_free(&parent);
}

static bool begin(struct entities *entities)
{
    sv_buf_clear(&entities->out);
    if (!entities->headed)
        sv_list_head(&entities->ask.list, &entities->out);
    return entities->headed = true;
}

/* Those that were named. */
static bool next_named(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct entities *entities = (struct entities *)answer;
    struct sv_slice type, id;
    if (entities->operand == entities->ask.operand_count)
        return false;
    begin(entities);
    const char *name = entities->ask.operands[entities->operand++];
    if (!sv_ask_entity(sv_slice_str(name), &type, &id))
        return sv_error_set(err, SV_USAGE, "%.100s: TYPE:ID is expected, such as task:T-12, like the others", name);
    if (!sv_store_entity(entities->store, type, id, &entities->rows, err))
        return false;
    if (entities->rows.count == 0)
        return sv_error_set(err, SV_INPUT, "no entity %.200s", name);
    put_row(entities, &entities->rows.items[0]);
    *out = sv_buf_slice(&entities->out);
    return true;
}

/* Shows what is wanted of a page; what is over is counted. */
static void take_page(struct entities *entities)
{
    for (size_t i = 0; i < entities->rows.count && !entities->ended; i++) {
        const struct sv_entity *entity = &entities->rows.items[i];
        entities->page.time_ns = entity->updated_ns;
        entities->page.row = entity->row;
        if (!is_wanted(entities, entity))
            continue;
        if (entities->shown < entities->ask.number) {
            put_row(entities, entity);
            entities->shown++;
            entities->shown_ns = entity->updated_ns;
            entities->shown_row = entity->row;
        } else {
            entities->ended = ++entities->more >= COUNTED_MAX;
        }
    }
    entities->ended |= entities->rows.count < entities->page.limit;
}

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct entities *entities = (struct entities *)answer;
    if (entities->ended)
        return false;
    begin(entities);
    if (!sv_store_entities(entities->store, &entities->page, &entities->rows, err))
        return false;
    take_page(entities);
    *out = sv_buf_slice(&entities->out);
    return true;
}

static uint64_t more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct entities *entities = (const struct entities *)answer;
    sv_ask_put_cursor(cursor, entities->shown_ns, entities->shown_row);
    return entities->more;
}

static void close_entities(struct sv_answer *answer)
{
    struct entities *entities = (struct entities *)answer;
    sv_store_entities_free(&entities->rows);
    sv_store_close(entities->store);
    sv_buf_free(&entities->out);
    sv_free(entities);
}

static const struct sv_answer_kind kind = {next, more, close_entities, NULL}, named_kind = {next_named, NULL, close_entities, NULL};

static bool plan(struct entities *entities, struct sv_error *err)
{
    const struct sv_ask *ask = &entities->ask;
    struct sv_entities_page *page = &entities->page;
    int64_t until = ask->has_until ? ask->until_ns : INT64_MAX;
    *page = (struct sv_entities_page){.time_ns = until, .row = ask->has_until ? INT64_MIN : INT64_MAX,
                                      .since_ns = ask->has_since ? ask->since_ns : INT64_MIN, .limit = PAGE};
    if (ask->before != NULL) {
        int64_t time_ns, row;
        if (!sv_ask_take_cursor(ask->before, &time_ns, &row, err))
            return false;
        if (time_ns <= until) {
            page->time_ns = time_ns;
            page->row = row;
        }
    }
    if (entities->spec.parent != NULL) {
        page->by = SV_ENTITIES_PARENT;
        if (!sv_ask_entity(sv_slice_str(entities->spec.parent), &page->text, &page->text2))
            return sv_error_set(err, SV_USAGE, "--parent %.100s: TYPE:ID is expected, such as sprint:47", entities->spec.parent);
    } else if (ask->operand_count == 1) {
        page->by = SV_ENTITIES_TYPE;
        page->text = sv_slice_str(ask->operands[0]);
    }
    return true;
}

struct sv_answer *sv_entities_open(const struct sv_ask *ask, const struct sv_entities_spec *spec, struct sv_error *err)
{
    struct entities *entities = sv_calloc(1, sizeof *entities);
    bool is_named = ask->operand_count > 0 && strchr(ask->operands[0], ':') != NULL;
    entities->answer = (struct sv_answer){.kind = is_named ? &named_kind : &kind, .more_at_most = COUNTED_MAX};
    entities->ask = *ask;
    entities->spec = *spec;
    entities->ask.store.read_only = true;
    entities->ask.list.titles = titles;
    entities->now_ns = sv_os_now_ns();
    if (plan(entities, err) && (entities->store = sv_store_open(&entities->ask.store, err)) != NULL)
        return &entities->answer;
    close_entities(&entities->answer);
    return NULL;
}
