/* SPDX-License-Identifier: ISC */
/* ledger.h - what a run did with everything it read: nothing is dropped in silence.
 *
 * records = blank + rejected + used; events = judged + duplicate + outside. Always stored; printed on a terminal or with -v.
 *
 * Floor: run; uses event and base. */
#ifndef SV_LEDGER_H
#define SV_LEDGER_H

#include "base/ends.h"
#include "base/map.h"
#include "event/event.h"
#include "event/redact.h"

struct sv_policies;

/* What was kept in memory instead of asked for again: how often it was there, and was not. */
struct sv_ledger_cache {
    uint64_t hits, misses;
};

struct sv_ledger {
    uint64_t records, blank, rejected, used;
    uint64_t events, judged, duplicate;
    uint64_t outside;    /* left out by -S, -U */
    uint64_t late, no_clock, bad_time, ahead, absent, keyless, odd, suppressed, errors, full, evicted;
    uint64_t violations, resolved;
    uint64_t files, unreadable;
    uint64_t gaps;       /* logs of which a part was lost before it was read */
    uint64_t gone;       /* files read to their end that are no more */
    uint64_t busy;       /* logs left to another process that reads them */
    uint64_t recorded;   /* events stored */
    uint64_t sampled, debounced; /* events counted and not stored */
    uint64_t bytes;
    int64_t input_tokens, output_tokens;
    double cost_usd;
    uint64_t rows;       /* stored by this run */
    uint64_t log_bytes;  /* of the store's write-ahead log, at the end */
    int64_t roster;      /* version of the roster that was used last; 0: there is none */
    struct sv_ledger_cache roster_cache, statement_cache, policy_cache;
    uint64_t cache_bytes; /* of all of them and the store's pages */
    uint64_t busy_waits, syncs; /* of the store: see sv_store_caches */
    int64_t started_ns, ended_ns, elapsed_ns;
    struct sv_map agents;    /* seen; SV_LEDGER_AGENTS_MAX at most */
    struct sv_map unpriced;  /* model -> tokens without a price; SV_LEDGER_MODELS_MAX, and "(others)" */
    struct sv_map formats;   /* name -> files */
    uint64_t retired_late, retired_keyless, retired_suppressed, retired_full, retired_evicted; /* of them all */
    struct sv_map retired, retired_errors; /* counts of policies that are no longer in force, by id */
    struct sv_redactor *redactor; /* for names that come from the input; NULL: as they are. Borrowed */
    struct sv_ledger_recent {   /* agents seen lately: most events come from one of them */
        sv_ends ends;           /* of: */
        struct sv_slice name;
    } recent[256];
};

/* Takes what the policies have counted of keys and states into the sums. */
void sv_ledger_policies(struct sv_ledger *ledger, struct sv_policies *set);

/* Counts agent, tokens and cost of one event that is judged. */
void sv_ledger_event(struct sv_ledger *ledger, struct sv_event *event);

/* The same of an event that has a cost, or no tokens. agent.data NULL: it has none. */
void sv_ledger_sums(struct sv_ledger *ledger, struct sv_slice agent, int64_t input_tokens, int64_t output_tokens, double cost_usd);

/* The whole as one JSON object, policies' own counts included (set may be NULL). */
void sv_ledger_put_json(struct sv_buf *out, const struct sv_ledger *ledger, struct sv_policies *set);

/* For people: a few lines, counts of zero left out but for the first line. Warns of a log of more than 256 MiB. */
void sv_ledger_put_text(struct sv_buf *out, const struct sv_ledger *ledger);

/* One set of policies takes another's place: their counts go over to those of the same id, and are kept of those that have none. */
void sv_ledger_change_policies(struct sv_ledger *ledger, struct sv_policies *from, struct sv_policies *to);

void sv_ledger_free(struct sv_ledger *ledger);

#endif
