/* SPDX-License-Identifier: ISC */
/* temp.h - a folder for what is needed for a while: made, filled with files, removed with all of them.
 *
 *     struct sv_temp temp = {0};
 *     if (sv_temp_make(&temp, "/var/lib/sv", "sv-bench", &err))
 *         ... sv_temp_path(&temp, "store.db") ...
 *     sv_temp_remove(&temp);                                   // also after a failure
 *
 * Floor: base. */
#ifndef SV_TEMP_H
#define SV_TEMP_H

#include "base/error.h"
#include "base/mem.h"

struct sv_temp {
    const char *path;      /* absolute only if the folder was; NULL: none */
    struct sv_arena arena;
};

/* A new folder below this one, readable by its owner alone. False with err. */
bool sv_temp_make(struct sv_temp *temp, const char *below, const char *name, struct sv_error *err);

/* The path of a file in it; lives as long as the folder. */
const char *sv_temp_path(struct sv_temp *temp, const char *file);

/* Removes what stands in it, but for folders; then it is as new. And: the folder, too. */
void sv_temp_empty(struct sv_temp *temp);
void sv_temp_remove(struct sv_temp *temp);

#endif
