/* SPDX-License-Identifier: ISC */
#include "run/fold.h"

#include "run/ask.h"

static struct sv_slice text_of(struct sv_event *event, enum sv_field field)
{
    return event->slots[field].type == SV_STRING ? sv_event_text(event, field) : SV_SLICE("");
}

/* A member that is no field. */
static struct sv_slice member_of(struct sv_event *event, struct sv_slice name)
{
    struct sv_slice found = {0};
    for (size_t i = 0; event->rest != NULL && i < event->rest->count; i++) {
        struct sv_json_member *member = &event->rest->items[i];
        if (sv_slice_equal(sv_value_raw(member->key), name) && member->value.type == SV_STRING)
            found = sv_value_string(&member->value, event->arena);
    }
    return found;
}

/* As it may be kept. */
static struct sv_slice kept(struct sv_fold *fold, struct sv_slice text)
{
    struct sv_buf clean = {0};
    if (text.len > 0)
        sv_redact_text(fold->redactor, &clean, text);
    struct sv_slice out = sv_arena_dup(&fold->arena, sv_buf_slice(&clean));
    sv_buf_free(&clean);
    return out;
}

/* What its own kind of event says of it; phase: what such events are called behind the entity's type. */
static void tell(struct sv_fold *fold, struct sv_event *event, struct sv_slice phase, struct sv_entity *more)
{
    struct sv_slice parent = member_of(event, SV_SLICE("parent_entity")), owner = member_of(event, SV_SLICE("owner"));
    struct sv_slice priority = text_of(event, SV_F_PRIORITY);
    struct sv_slice parent_type, parent_id;
    more->told_ns = more->updated_ns;
    more->phase = kept(fold, phase);
    more->status = kept(fold, text_of(event, SV_F_STATUS));
    more->owner = kept(fold, owner.len > 0 ? owner : text_of(event, SV_F_AGENT));
    more->subject = kept(fold, text_of(event, SV_F_SUBJECT));
    if (sv_ask_entity(parent, &parent_type, &parent_id)) {
        more->parent_type = kept(fold, parent_type);
        more->parent_id = kept(fold, parent_id);
    }
    if (priority.len == 2 && priority.data[0] == 'P' && priority.data[1] >= '0' && priority.data[1] <= '3')
        more->priority = priority.data[1] - '0';
}

static int64_t number_of(const struct sv_event *event, enum sv_field field)
{
    return event->slots[field].type == SV_INT && event->slots[field].i > 0 ? event->slots[field].i : 0;
}

static void count(struct sv_event *event, struct sv_entity *more)
{
    more->events = 1;
    more->errors = sv_slice_is(text_of(event, SV_F_STATUS), "error") || sv_slice_is(text_of(event, SV_F_TYPE), "error");
    more->input_tokens = number_of(event, SV_F_INPUT_TOKENS);
    more->output_tokens = number_of(event, SV_F_OUTPUT_TOKENS);
    if (event->slots[SV_F_COST_USD].type == SV_DOUBLE)
        more->cost_usd = event->slots[SV_F_COST_USD].d;
    else if (event->slots[SV_F_COST_FROM].type == SV_ABSENT && /* else another event has it */
             __builtin_add_overflow(more->input_tokens, more->output_tokens, &more->unpriced_tokens))
        more->unpriced_tokens = INT64_MAX;
}

void sv_fold_event(struct sv_fold *fold, struct sv_event *event, int64_t time_ns)
{
    struct sv_slice id = text_of(event, SV_F_ENTITY_ID), type = text_of(event, SV_F_ENTITY_TYPE);
    if (id.len == 0 || type.len == 0)
        return;
    struct sv_slice kind = text_of(event, SV_F_TYPE);
    int64_t at = event->has_time ? event->time_ns : time_ns;
    struct sv_entity more = {.priority = -1, .created_ns = at, .updated_ns = at, .told_ns = INT64_MIN};
    if (kind.len > type.len + 1 && sv_slice_starts(kind, type) && kind.data[type.len] == '.')
        tell(fold, event, sv_slice(kind.data + type.len + 1, kind.len - type.len - 1), &more);
    count(event, &more);
    sv_buf_set(&fold->key, type);
    sv_buf_char(&fold->key, '\0');
    sv_buf_add(&fold->key, id);
    struct sv_map_item *item = sv_map_at(&fold->entities, sv_buf_slice(&fold->key));
    if (item->pointer != NULL) {
        sv_entity_fold(item->pointer, &more);
        return;
    }
    more.type = kept(fold, type);
    more.id = kept(fold, id);
    item->pointer = sv_arena_calloc(&fold->arena, 1, sizeof more);
    *(struct sv_entity *)item->pointer = more;
}

bool sv_fold_keep(const struct sv_fold *fold, struct sv_store *store, struct sv_error *err)
{
    for (size_t i = 0; i < fold->entities.count; i++)
        if (!sv_store_entity_fold(store, fold->entities.items[i].pointer, err))
            return false;
    return true;
}

void sv_fold_clear(struct sv_fold *fold)
{
    if (fold->entities.count > 0)
        sv_map_free(&fold->entities);
    sv_arena_reset(&fold->arena);
}

void sv_fold_free(struct sv_fold *fold)
{
    sv_fold_clear(fold);
    sv_arena_free(&fold->arena);
    sv_buf_free(&fold->key);
}
