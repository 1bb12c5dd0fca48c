/* SPDX-License-Identifier: ISC */
/* export.h - stored events as canonical lines, for another store or any other reader; and import.h takes them in.
 *
 * With a name the store remembers how far that reader was given events, in the order of their storing, and goes on from there the
 * next time. It does so once the caller says that all was taken (sv_export_taken), and not before. Whoever reads at the end of a
 * pipe cannot say that he has kept what he read, and what is on its way is lost with him; so the last bytes that were given are
 * given once more the next time, more of them than a pipe, ssh and an import hold together; but for a day or two, no longer. Who
 * takes the lines in by host and id has each once.
 *
 * A line has its host, this machine where the event names none, and its time, that of its storing where it has none: with its id
 * they say which event it is.
 *
 *     struct sv_answer *answer = sv_export_open(&ask, &spec, &err);
 *     while (sv_answer_next(answer, &out, &err) && write(out)) ...
 *     if (all was written) sv_export_taken(answer, &err);
 *     sv_answer_close(answer);
 *
 * Floor: run. */
#ifndef SV_RUN_EXPORT_H
#define SV_RUN_EXPORT_H

#include "run/answer.h"
#include "run/ask.h"

enum { SV_EXPORT_REPEAT = 4 << 20, SV_EXPORT_NAME_MAX = 100 };

struct sv_export_spec {
    const char *name;   /* of who reads; NULL: nothing is remembered, and events come by their time */
    size_t repeat;      /* bytes to be given once more the next time */
};

/* ask: which events; those of other agents, types and so on are passed over for good. NULL with err: the store, a word that is
 * none. */
struct sv_answer *sv_export_open(const struct sv_ask *ask, const struct sv_export_spec *spec, struct sv_error *err);

/* Is there anything to remember: events that were not given before, or those that have been given once more for long enough? */
bool sv_export_is_due(const struct sv_answer *answer);

/* All that the answer gave was taken: the next one begins behind it. */
bool sv_export_taken(struct sv_answer *answer, struct sv_error *err);

/* Forgets a name. False with err, also where there is none (SV_USAGE). */
bool sv_export_forget(const struct sv_ask *ask, const char *name, struct sv_error *err);

#endif
