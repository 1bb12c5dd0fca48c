/* SPDX-License-Identifier: ISC */
/* context_private.h - what context.c gathers and context_view.c writes.
 *
 * Floor: run. */
#ifndef SV_RUN_CONTEXT_PRIVATE_H
#define SV_RUN_CONTEXT_PRIVATE_H

#include "base/map.h"
#include "run/context.h"
#include "store/entity.h"
#include "store/mail.h"

struct sv_context_event {
    int64_t time_ns;
    struct sv_slice agent, event, status, what; /* event: the tool of a call, else the type */
    struct sv_slice body;    /* the canonical line; empty in Markdown */
    bool has_took, has_cost, is_found; /* found: a policy found something there */
    double took_ms, cost_usd;
};

struct sv_context_worker {
    struct sv_slice agent;
    int64_t events, errors, first_ns, last_ns;
};

/* Of one policy: what it found here. */
struct sv_context_finding {
    struct sv_slice policy, message, line; /* of the newest; the line empty in Markdown */
    enum sv_severity severity;
    enum sv_action action;
    enum sv_outcome outcome;               /* of the newest: resolved, it is over */
    int64_t count, last_ns;
};

struct sv_context_child {
    struct sv_slice status;
    int64_t count;
};

struct sv_context {
    struct sv_ask ask;
    struct sv_store *store;
    struct sv_arena arena;   /* all texts */
    bool is_entity;
    struct sv_slice name;    /* TYPE:ID, or the session */
    struct sv_entity entity; /* of a session only its times, counts and cost */
    bool is_cut;             /* these are of the newest events only: */
    int64_t counted;
    struct sv_context_worker *workers;
    size_t worker_count;
    struct sv_context_finding *findings;
    size_t finding_count;
    struct sv_context_child *children;
    size_t child_count;
    int64_t child_total;
    struct sv_store_messages messages;
    struct sv_context_event *events; /* newest first */
    size_t event_count;
    int64_t events_more;     /* at least so many that are older */
    int64_t now_ns;
};

/* Writes it within so many bytes. */
void sv_context_put_markdown(const struct sv_context *context, size_t bytes, struct sv_buf *out);
void sv_context_put_json(const struct sv_context *context, size_t bytes, struct sv_buf *out);

#endif
