/* SPDX-License-Identifier: ISC */
/* digest.h - what a run found, added up as it comes: by policy, by agent, by day, and the rows worth showing.
 *
 * Memory is bounded whatever comes: a policy has one example; so many pairs of policy and agent are told apart, so many agents
 * have counts of their own, the rest is added up as others; days are an array from the first to the last, and event times end in
 * 2262; of rows those of the highest severity are kept, the latest of them.
 *
 *     struct sv_digest digest = {0};
 *     sv_digest_open(&digest, policy_count, rows_to_keep);
 *     sv_digest_add(&digest, policy, hit, at);
 *     sv_digest_free(&digest);
 *
 * Floor: run; uses policy and below. */
#ifndef SV_DIGEST_H
#define SV_DIGEST_H

#include "base/map.h"
#include "base/set.h"
#include "policy/policy.h"

enum {
    SV_DIGEST_SEVERITIES = SV_CRITICAL + 1,
    SV_DIGEST_PAIRS_MAX = 100000, /* of policy and agent, told apart */
    SV_DIGEST_AGENTS_MAX = 10000, /* with counts of their own */
    SV_DIGEST_TEXT_MAX = 300      /* bytes of an example, an agent's name, a cell of a row */
};

/* One policy's violations, or the errors of its condition. */
struct sv_digest_group {
    uint64_t count, agents;
    bool more_agents;        /* than that: no more pairs are told apart */
    bool has_time;
    int64_t first_ns, last_ns;
    struct sv_buf example, at; /* of the last one: what the event was, and where it stands */
};

struct sv_digest_agent {
    uint64_t counts[SV_DIGEST_SEVERITIES];
};

struct sv_digest_row {
    struct sv_digest_row *next;
    uint32_t policy;
    enum sv_outcome outcome;
    enum sv_severity severity;
    bool has_time;
    int64_t time_ns;
    struct sv_slice agent, message, what, at; /* in the row's own memory */
};

struct sv_digest {
    size_t policies;
    struct sv_digest_group *groups; /* [policies] violations, then [policies] errors */
    uint64_t count, errors;         /* of violations; of conditions that failed */
    uint64_t by_severity[SV_DIGEST_SEVERITIES];
    struct sv_set pairs;

    size_t keep;                    /* rows; 0: nothing below is kept */
    size_t kept;
    uint64_t left_out;              /* rows that were not kept */
    struct sv_digest_queue {
        struct sv_digest_row *first, *last;
    } rows[SV_DIGEST_SEVERITIES];
    struct sv_map agents;           /* name -> struct sv_digest_agent */
    struct sv_digest_agent others;  /* all agents beyond SV_DIGEST_AGENTS_MAX */
    struct sv_digest_agent nameless; /* hits of events without an agent */
    int64_t first_day;              /* since 1970 */
    size_t day_count, day_room, day_start; /* days[day_start] is the first */
    struct sv_digest_agent *days;
    uint64_t untimed;
};

/* Begins. keep: how many rows; with 0 agents, days and rows are not kept at all. */
void sv_digest_open(struct sv_digest *digest, size_t policies, size_t keep);

/* One set takes another's place: groups go over to the policy of the same id; those of policies that are gone are forgotten. Only
 * of a digest that keeps no rows. */
void sv_digest_change_policies(struct sv_digest *digest, struct sv_policies *from, struct sv_policies *to);

/* Counts a violation or an error; any other outcome is nothing. at: `<file>:<line>`. All is copied. */
void sv_digest_add(struct sv_digest *digest, const struct sv_policy *policy, const struct sv_hit *hit, struct sv_slice at);

/* The groups that have something, as indices into groups, most severe first, then the most frequent; in the caller's array of
 * 2 * policies. Returns how many. */
size_t sv_digest_order(const struct sv_digest *digest, struct sv_policies *set, uint32_t *order);

/* Days folded into at most `most` days, weeks (from their Monday) or months, else into years, without gaps: calls back with each
 * span's first day as text (2026-11-20, 2026-11, 2026) and its counts. Returns what a span is: "day", "week", "month", "year". */
const char *sv_digest_days(const struct sv_digest *digest, size_t most,
                           void (*span)(void *context, struct sv_slice label, const struct sv_digest_agent *counts), void *context);

void sv_digest_free(struct sv_digest *digest);

#endif
