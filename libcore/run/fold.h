/* SPDX-License-Identifier: ISC */
/* fold.h - what a batch tells of tasks, sprints and the like.
 *
 * An event is of an entity's own kind when its type begins with the entity's: `task.status` of a task. Those tell its status, who
 * has it (`owner`, else the agent), its subject and what it belongs to (`parent_entity`, as TYPE:ID); all events about it count.
 *
 *     struct sv_fold fold = {.redactor = redactor};
 *     sv_fold_event(&fold, event, time_ns);
 *     sv_fold_keep(&fold, store, &err);     // in the transaction
 *     sv_fold_clear(&fold);                 // behind its commit
 *     sv_fold_free(&fold);
 *
 * Floor: run. */
#ifndef SV_RUN_FOLD_H
#define SV_RUN_FOLD_H

#include "base/map.h"
#include "event/event.h"
#include "event/redact.h"
#include "store/entity.h"

struct sv_fold {
    struct sv_redactor *redactor; /* NULL: secrets stay. Borrowed */
    struct sv_map entities;       /* private: type and id -> struct sv_entity */
    struct sv_arena arena;
    struct sv_buf key;
};

/* time_ns: of an event without one. */
void sv_fold_event(struct sv_fold *fold, struct sv_event *event, int64_t time_ns);

bool sv_fold_keep(const struct sv_fold *fold, struct sv_store *store, struct sv_error *err);
void sv_fold_clear(struct sv_fold *fold);
void sv_fold_free(struct sv_fold *fold);

#endif
