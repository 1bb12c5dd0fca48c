/* SPDX-License-Identifier: ISC */
/* origin.h - the ids of stored events as people see them: the source's own, else the address `<origin>:<record>.<part>`.
 *
 *     struct sv_origins origins = {.store = store};
 *     sv_origins_put_id(&origins, &out, row, &err);
 *     sv_origins_free(&origins);
 *
 * Floor: run. */
#ifndef SV_RUN_ORIGIN_H
#define SV_RUN_ORIGIN_H

#include "base/map.h"
#include "store/find.h"

struct sv_origins {
    struct sv_store *store;
    struct sv_map known;     /* private: source -> its origin and path */
    struct sv_arena arena;
};

struct sv_origin {
    struct sv_slice name, path;
};

/* What addresses begin with, in the arena, with a NUL behind it. number: a file's head, a pipe's run; which: among those alike. */
struct sv_slice sv_origin_name(struct sv_arena *arena, bool is_pipe, uint64_t number, uint32_t which);

/* Of a source by its number; NULL with err. Lent until the next call. */
const struct sv_origin *sv_origins_at(struct sv_origins *origins, int64_t source, struct sv_error *err);

/* The event's id, appended. */
bool sv_origins_put_id(struct sv_origins *origins, struct sv_buf *out, const struct sv_store_row *row, struct sv_error *err);

void sv_origins_free(struct sv_origins *origins);

#endif
