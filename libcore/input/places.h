/* SPDX-License-Identifier: ISC */
/* places.h - operands to the files and pipes they stand for. Private to this floor.
 *
 * A folder gives its log files (*.jsonl, *.ndjson, session-*.json) with those of its folders, in byte order of their paths.
 * Links to files are followed, links to folders are not, so there are no circles. What two operands name is taken once, by device
 * and inode.
 *
 *     struct sv_places places = {0};
 *     sv_places_find(&places, spec, notice, context);
 *     sv_places_free(&places);
 *
 * Floor: input; uses base only. */
#ifndef SV_PLACES_H
#define SV_PLACES_H

#include "base/map.h"
#include "base/os.h"
#include "input/input.h"

struct sv_input_place {
    char *path; /* as shown to people */
    struct sv_os_stat stat;
    bool is_stdin;
    bool is_named; /* an operand itself, not found in a folder */
};

struct sv_places {
    struct sv_input_place *items;
    size_t count, capacity;
    size_t too_old;    /* files left out because of not_before_ns */
    struct sv_map seen;
};

/* What cannot be used is told to `notice` and left out. */
void sv_places_find(struct sv_places *places, const struct sv_input_spec *spec,
                    void (*notice)(void *context, const struct sv_error *err), void *context);
void sv_places_free(struct sv_places *places);

#endif
