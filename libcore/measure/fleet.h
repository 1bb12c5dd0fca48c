/* SPDX-License-Identifier: ISC */
/* fleet.h - a fleet of agents that does not exist: logs as real ones are, as many and as fast as they are wanted.
 *
 * A few agents do much, many do little. Each calls tools and gets their results, asks models, sends messages, moves tasks, fails
 * now and then; a small share of what it does is what policies are for. The same spec gives the same bytes on every machine and
 * the same doings in every format. Records come one by one in ascending time, but for those that are meant to be late.
 *
 *     struct sv_fleet *fleet = sv_fleet_new(&spec, &err);
 *     while (sv_fleet_next(fleet, &out)) ...                   // appended: about a MiB
 *     sv_fleet_free(fleet);
 *
 * Floor: measure; uses json and base. */
#ifndef SV_FLEET_H
#define SV_FLEET_H

#include "base/buf.h"
#include "base/error.h"

enum { SV_FLEET_AGENTS_MAX = 1000000 };

/* Shares are in parts of a million. 0 is 0, but for what says otherwise. */
struct sv_fleet_spec {
    struct sv_slice format;  /* see sv_fleet_format_at; empty: "sv" */
    uint64_t records;        /* 0: without end */
    uint32_t agents, teams, supervisors; /* at least one each; 0: 100, 10 or as many as agents, 1 */
    double rate;             /* records a second of all agents, in the time that they tell; 0: 100 */
    uint32_t errors;         /* of results: that failed */
    uint32_t loops;          /* of calls: the same again that the agent made last */
    uint32_t late;           /* of records: their time is up to a minute before their place */
    uint32_t silent;         /* of agents: are not heard of any more after a while */
    uint32_t risky;          /* of shell calls: what a starter policy would find */
    int64_t start_ns;        /* of the first record; 0: 2026-03-01T00:00:00Z */
    uint64_t seed;
    bool fine_times;         /* to the nanosecond instead of the millisecond */
};

/* What sv-bench uses where nothing is said: 3.5 % errors, 0.5 % loops, 0.3 % risky, nobody late or silent. */
void sv_fleet_default(struct sv_fleet_spec *spec);

/* The names of formats, NULL behind the last. */
const char *sv_fleet_format_at(size_t index);

struct sv_fleet;

/* NULL with err (SV_USAGE): a format that is none, a number out of its range. */
struct sv_fleet *sv_fleet_new(const struct sv_fleet_spec *spec, struct sv_error *err);
void sv_fleet_free(struct sv_fleet *fleet);

/* Appends about a MiB of whole records, what stands before the first one with them; false, and nothing is appended, at the end. */
bool sv_fleet_next(struct sv_fleet *fleet, struct sv_buf *out);

/* For who keeps time himself: one record of this agent (below spec.agents) at this time, with an id that tells whose it is and which:
 * `mark` as its first eight hexadecimal digits, `number` as its last twelve. And back: false when it is no such id. */
void sv_fleet_put_as(struct sv_fleet *fleet, uint32_t agent, int64_t time_ns, uint32_t mark, uint64_t number, struct sv_buf *out);
bool sv_fleet_read_id(struct sv_slice id, uint32_t *mark, uint64_t *number);

#endif
