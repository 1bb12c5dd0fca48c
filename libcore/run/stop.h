/* SPDX-License-Identifier: ISC */
/* stop.h - telling agents to stop, letting them go on, and asking whether one should have stopped.
 *
 * Telling is not stopping: an agent stops because something asks on its behalf, a hook or a script, and obeys; that it asked is
 * noted. What goes on all the same is a violation of the built-in policy stopped-agent.
 *
 *     answer = sv_stop_open(&ask, &stop, &findings, &err); // a row a live session: held, if something asked about it lately
 *     sv_stop_resume(&store_spec, names, count, by, &findings, &err);
 *     answer = sv_stopped_open(&ask, agent, pid, &err);  // SV_FOUND: it is stopped
 *
 * Floor: run. */
#ifndef SV_RUN_STOP_H
#define SV_RUN_STOP_H

#include "run/act.h"
#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_stop_columns[];
extern const size_t sv_stop_column_count;
extern const struct sv_list_column sv_stopped_columns[];
extern const size_t sv_stopped_column_count;

struct sv_stop_order {
    const char *const *agents; /* [count] names, or globs */
    size_t count;
    bool tree;                 /* also who was started by them, whatever they are called */
    int64_t until_ns;          /* 0: until they are resumed */
    struct sv_act_by by;
};

/* From now on; a name that is none is a finding, and then nothing is changed. The answer's status is SV_FOUND when a live session is
 * not held. */
struct sv_answer *sv_stop_open(const struct sv_ask *ask, const struct sv_stop_order *order, struct sv_findings *findings, struct sv_error *err);

/* Takes back the stops of these names or globs; one of which none holds is a finding, and then nothing is changed. */
bool sv_stop_resume(const struct sv_store_spec *store, const struct sv_stop_order *order, struct sv_findings *findings, struct sv_error *err);

/* Is this agent stopped? Prints the stop. Notes that it was asked, by the process with this pid (0: not known). Without an agent:
 * all stops that hold, and nothing is noted. */
struct sv_answer *sv_stopped_open(const struct sv_ask *ask, const char *agent, int64_t pid, struct sv_error *err);

#endif
