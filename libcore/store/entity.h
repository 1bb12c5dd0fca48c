/* SPDX-License-Identifier: ISC */
/* entity.h - tasks, sprints and whatever else events are about: the state of each, folded from its events.
 *
 * What is told by a newer event of the entity's own kind stands; an older one, read late, only fills what nothing was known of.
 * Counts add up.
 *
 * Floor: store. */
#ifndef SV_STORE_ENTITY_H
#define SV_STORE_ENTITY_H

#include "store/store.h"

struct sv_entity {
    int64_t row;             /* its number in the table */
    struct sv_slice type, id;
    struct sv_slice parent_type, parent_id, status, phase, owner, subject; /* empty: not known */
    int priority;            /* -1: none */
    int64_t created_ns, updated_ns; /* of its first and its newest event */
    int64_t told_ns;         /* of the newest one of its own kind; INT64_MIN: there is none */
    int64_t events, errors;
    int64_t input_tokens, output_tokens, unpriced_tokens;
    double cost_usd;
};

/* Adds what `more` says of the same entity to `entity`. Texts are borrowed. */
void sv_entity_fold(struct sv_entity *entity, const struct sv_entity *more);

/* The same into the store, inside a transaction. */
bool sv_store_entity_fold(struct sv_store *store, const struct sv_entity *more, struct sv_error *err);

struct sv_entities {
    struct sv_entity *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

enum sv_entities_by { SV_ENTITIES_ALL, SV_ENTITIES_TYPE /* text */, SV_ENTITIES_PARENT /* text: its type, text2: its id */ };

struct sv_entities_page {
    enum sv_entities_by by;
    struct sv_slice text, text2;
    int64_t time_ns, row;    /* behind this place: those that changed last come first */
    int64_t since_ns;
    size_t limit;
};

/* Replaces what entities holds by the next page; by the one of this name, if there is one. */
bool sv_store_entities(struct sv_store *store, const struct sv_entities_page *page, struct sv_entities *entities, struct sv_error *err);
bool sv_store_entity(struct sv_store *store, struct sv_slice type, struct sv_slice id, struct sv_entities *entities, struct sv_error *err);
void sv_store_entities_free(struct sv_entities *entities);

#endif
