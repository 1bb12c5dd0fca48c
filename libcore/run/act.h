/* SPDX-License-Identifier: ISC */
/* act.h - what operators do, as events `operator.*` in the store: who, on which machine, to whom, why.
 *
 *     struct sv_acts acts = {.store = store, .now_ns = now, .by = by};
 *     sv_act_put(&acts, &(struct sv_act){.type = "operator.team.add", .entity_type = "team", .entity_id = name}, &err);
 *     sv_acts_free(&acts);
 *
 * Inside the transaction that does it. Floor: run. */
#ifndef SV_RUN_ACT_H
#define SV_RUN_ACT_H

#include "store/store.h"

/* Who asks for it, and why. */
struct sv_act_by {
    const char *reason; /* NULL: none was given */
    int argc;           /* the command line, for the run's row; secrets are replaced */
    char **argv;
};

struct sv_acts {
    struct sv_store *store;
    int64_t now_ns;     /* by the machine's clock */
    struct sv_act_by by;
    int64_t run;        /* private */
    struct sv_buf user, host, text, reason;
};

/* One act. Texts that are empty are left out. */
struct sv_act {
    const char *type;
    const char *entity_type;
    struct sv_slice entity_id;
    struct sv_slice agent, team, supervisor;
    struct sv_slice more; /* members of the event beside these, as JSON: `"to":"x"` */
};

bool sv_act_put(struct sv_acts *acts, const struct sv_act *act, struct sv_error *err);

/* The run's row has its end; call once behind the last act, before the commit. */
bool sv_acts_end(struct sv_acts *acts, struct sv_error *err);
void sv_acts_free(struct sv_acts *acts);

/* Appends `"key":"text"`, with a comma before it where it is not the first; for `more`. */
void sv_act_put_member(struct sv_buf *out, const char *key, struct sv_slice text);

/* Appends a command line as it may be kept. */
void sv_act_put_arguments(struct sv_buf *out, struct sv_redactor *redactor, int argc, char **argv);

#endif
