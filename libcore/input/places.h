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
    bool is_folder;  /* to be watched (follow): nothing to read */
    bool is_missing; /* an operand that is not there (resume), not told yet */
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

/* Appends what was renamed or copied away from the log at path, by age (the time of the last change), oldest first: files of its
 * folder that have its name with a number or a time behind it (log.jsonl.1, log.jsonl-20261121, log.jsonl.old), or before its
 * extension (log-20261121.jsonl). Nothing that cannot be looked at is told: it comes or it does not. */
void sv_places_siblings(struct sv_places *places, const char *path);

/* Is this name one of those? log: the name of the log. */
bool sv_places_is_sibling(struct sv_slice name, struct sv_slice log);

/* Is this the name of a log file, as folders are searched for them? */
bool sv_places_is_log(const char *name);

#endif
