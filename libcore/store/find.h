/* SPDX-License-Identifier: ISC */
/* find.h - asking the store for events: pages by key, each a transaction of its own, so that no writer waits for who looks.
 *
 * A page is what lies behind a place (time, id) in the order asked for; the next one begins behind its last row. Rows that come
 * meanwhile take their place by their time: what was shown stays where it was.
 *
 *     struct sv_find find = {.by = SV_FIND_SESSION, .number = session, .time_ns = INT64_MAX, .id = INT64_MAX, .limit = 50};
 *     struct sv_store_rows rows = {0};
 *     sv_store_find(store, &find, &rows, &err);
 *     sv_store_rows_free(&rows);
 *
 * Floor: store. */
#ifndef SV_STORE_FIND_H
#define SV_STORE_FIND_H

#include "store/store.h"

enum sv_find_by {
    SV_FIND_TIME,       /* all */
    SV_FIND_AGENT_TYPE, /* number, number2 */
    SV_FIND_SESSION,    /* number */
    SV_FIND_ENTITY,     /* text (type), text2 (id) */
    SV_FIND_CORRELATION, /* text */
    SV_FIND_TRACE,      /* text */
    SV_FIND_CALL,       /* text */
    SV_FIND_NEW         /* in the order of their storing, behind id */
};

struct sv_find {
    enum sv_find_by by;
    int64_t number, number2;
    struct sv_slice text, text2;
    bool up;            /* oldest first */
    int64_t time_ns, id; /* behind this place */
    int64_t bound_ns;   /* newest first: from here on; oldest first: before that */
    size_t limit;
    bool aside;         /* of archives that are attached (attached.h) only those that are open: what lies in others is no matter */
};

/* A row of events; names are integers, 0: none. */
struct sv_store_row {
    int64_t id, source;
    uint64_t record;
    uint32_t part;
    struct sv_slice event; /* its own id; empty: the address is it */
    int64_t time_ns;
    int64_t names[SV_NAME_COUNT]; /* type, agent, session, team, host, tool, model, status */
    int priority;          /* -1: none */
    struct sv_slice entity_type, entity_id, correlation_id, trace_id, parent_id, call_id;
    bool has_tokens, has_cost, has_duration;
    int64_t input_tokens, output_tokens;
    double cost_usd, duration_ms;
    int64_t run;
};

struct sv_store_rows {
    struct sv_store_row *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

/* Replaces what rows holds by the next page. */
bool sv_store_find(struct sv_store *store, const struct sv_find *find, struct sv_store_rows *rows, struct sv_error *err);

/* One event, by where it stands: into rows; none: rows->count is 0. */
bool sv_store_find_address(struct sv_store *store, int64_t source, uint64_t record, uint32_t part, struct sv_store_rows *rows,
                           struct sv_error *err);
void sv_store_rows_free(struct sv_store_rows *rows);

/* Events whose own id is this text or, with begins, begins with it: into rows, at most limit, newest hours first. Goes through all
 * hours in which there are such ids. */
bool sv_store_find_own(struct sv_store *store, struct sv_slice id, bool begins, size_t limit, struct sv_store_rows *rows,
                       struct sv_error *err);

/* The highest number of an event; 0: there is none. */
bool sv_store_event_last(struct sv_store *store, int64_t *id, struct sv_error *err);

/* Its canonical line, without a newline, into out (cleared first); empty where there is none. */
bool sv_store_event_body(struct sv_store *store, int64_t id, struct sv_buf *out, struct sv_error *err);

/* Ids by their beginnings: which of this kind begin with it, the first two at most, *count of them, each behind the other in out,
 * NUL-terminated. One that is just this text stands alone. type: of an entity. */
enum sv_like { SV_LIKE_CORRELATION, SV_LIKE_TRACE, SV_LIKE_CALL, SV_LIKE_ENTITY };
bool sv_store_like(struct sv_store *store, enum sv_like kind, struct sv_slice type, struct sv_slice begins, struct sv_buf *out,
                   size_t *count, struct sv_error *err);

/* The next type, by number, of which the agent has events; 0: no more. */
bool sv_store_agent_type(struct sv_store *store, int64_t agent, int64_t behind, int64_t *type, struct sv_error *err);

/* --- evaluations: newest first --- */

enum sv_found_by { SV_FOUND_SUPERVISOR, SV_FOUND_AGENT, SV_FOUND_POLICY, SV_FOUND_SESSION };

struct sv_found {
    enum sv_found_by by;
    int64_t number;
    int64_t time_ns, id; /* behind this place */
    int64_t since_ns;
    size_t limit;
};

struct sv_store_finding_row {
    int64_t id, source;    /* source 0: a timer, with its due time as record */
    uint64_t record;
    uint32_t part;
    int64_t policy;        /* its version */
    int64_t key_number;
    int64_t names[SV_NAME_COUNT]; /* supervisor, team, agent, session, tool */
    enum sv_outcome outcome;
    enum sv_severity severity;
    enum sv_action action;
    struct sv_slice event; /* its own id; empty: the address is it */
    int64_t created_ns, run;
    struct sv_slice message, keys, values;
};

struct sv_store_finding_rows {
    struct sv_store_finding_row *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

/* Replaces what rows holds: by the next page; by those of the event that stands there, in the order of their storing, at most
 * limit; by those stored behind one, likewise (of this file alone, without archives). */
bool sv_store_found(struct sv_store *store, const struct sv_found *found, struct sv_store_finding_rows *rows, struct sv_error *err);
bool sv_store_found_event(struct sv_store *store, int64_t source, uint64_t record, uint32_t part, size_t limit,
                          struct sv_store_finding_rows *rows, struct sv_error *err);
bool sv_store_found_behind(struct sv_store *store, int64_t id, size_t limit, struct sv_store_finding_rows *rows, struct sv_error *err);
void sv_store_finding_rows_free(struct sv_store_finding_rows *rows);

/* The next supervisor, by number, that has evaluations; 0: no more. */
bool sv_store_found_supervisor(struct sv_store *store, int64_t behind, int64_t *supervisor, struct sv_error *err);

/* A version of a policy; texts in the arena. *found: is it there? */
struct sv_store_policy_version {
    struct sv_slice policy, title, text;
    uint64_t hash;
    int64_t loaded_ns;
};
bool sv_store_policy_version(struct sv_store *store, int64_t id, struct sv_arena *arena, struct sv_store_policy_version *out, bool *found,
                             struct sv_error *err);

/* Calls each with the versions of policies whose ids begin with prefix, in byte order, until it returns false. */
bool sv_store_policies(struct sv_store *store, struct sv_slice prefix, bool (*each)(void *context, int64_t id, struct sv_slice policy),
                       void *context, struct sv_error *err);

/* --- names --- */

/* A name by its integer; empty for 0 and for one that is nobody's. Lent until the next call for the same table. */
bool sv_store_name_text(struct sv_store *store, enum sv_name_table table, int64_t id, struct sv_slice *name, struct sv_error *err);

/* The same of names that many rows have in common, kept in the arena; *fine becomes false, with err, where the store fails. */
struct sv_slice sv_store_common_name(struct sv_store *store, enum sv_name_table table, int64_t id, struct sv_arena *arena, bool *fine,
                                     struct sv_error *err);

/* Calls each with the names from `from` on that begin with prefix, in byte order, until it returns false. */
bool sv_store_names(struct sv_store *store, enum sv_name_table table, struct sv_slice prefix,
                    bool (*each)(void *context, int64_t id, struct sv_slice name), void *context, struct sv_error *err);

/* The source of this number, appended; none: sources->count stays. */
bool sv_store_source_by_id(struct sv_store *store, int64_t id, struct sv_store_sources *out, struct sv_error *err);

/* Sources whose heads lie in this range, at most 20; pipes of a run: appended. */
bool sv_store_sources_heads(struct sv_store *store, uint64_t from, uint64_t to, struct sv_store_sources *out, struct sv_error *err);
bool sv_store_sources_run(struct sv_store *store, int64_t run, struct sv_store_sources *out, struct sv_error *err);

#endif
