/* SPDX-License-Identifier: ISC */
/* policy.h - a set of policies: loaded from YAML files, checked, indexed, matched against events.
 *
 * A set is what is in force together: all files named, a folder's in byte order. Loading reports every finding of every file;
 * a set with a finding is not usable. With `check` a set that is usable may come with warnings: findings with the code SV_FOUND.
 * sv-policy(5) is the language's manual.
 *
 *     struct sv_policies *set = sv_policies_load(&spec, &findings);      // NULL: see findings
 *     matcher.engine = sv_engine_new(set, store);                        // engine.h: for policies that look at more than one event
 *     size_t n = sv_policies_match(set, &event, &matcher, &hits);
 *     sv_policies_free(set);
 *
 * The index reads `scope` and those conjuncts at the top of `when` that are `field == constant` or `field in [constants]` for
 * type, tool, tool_kind, status (and any other path that has them): an event is tried only against policies whose facts it
 * can meet.
 *
 * Floor: policy; uses event and below; knows no store, no stdout. */
#ifndef SV_POLICY_H
#define SV_POLICY_H

#include "base/map.h"
#include "event/redact.h"
#include "policy/evaluation.h"

struct sv_policies;
struct sv_engine;


struct sv_policy {
    struct sv_slice id, title;
    enum sv_severity severity;
    enum sv_action action;
    struct sv_slice *tags;
    size_t tag_count;
    struct sv_slice file;    /* where it stands */
    uint32_t line;
    struct sv_slice text;    /* canonical text that decides (what the store keeps of a version) */
    uint64_t version;        /* hash of that text with the lists and fields it uses: a changed policy is another version */
    uint64_t signature;      /* of id, kind, by, window, aggregates: what keyed state belongs to; final */
    struct sv_slice runbook; /* empty: none */
    uint64_t hits, errors;   /* counted in this run */
    uint64_t tries, cost_ns; /* events that it was tried on, and for how long: only by a matcher that is timed */
    uint64_t late, no_clock; /* events that came too late for it, or without the time that it needs */
    uint64_t keyless, suppressed, full; /* events without its key; violations that realert kept back; keys beyond max_keys */
    uint64_t evicted;        /* partial matches of a sequence that were let go: others stand for them, or a key had too many */
    struct sv_policy_rule *rule; /* private */
};

struct sv_policies_spec {
    struct sv_schema *schema;
    const char *const *paths;  /* files and folders (*.yaml, *.yml) */
    size_t path_count;
    const char *const *only;   /* ids, globs or tags; empty: all */
    size_t only_count;
    const char *const *skip;
    size_t skip_count;
    bool check;                /* also warnings */
    bool built_in;             /* and what is built in: stopped-agent, which finds events with SV_POLICY_STOPPED */
};

/* The member of an event that says since when and why its agent should have stopped; who knows of stops sets it, no log does. */
#define SV_POLICY_STOPPED "sv_stopped"

struct sv_policies *sv_policies_load(const struct sv_policies_spec *spec, struct sv_findings *findings);
void sv_policies_free(struct sv_policies *set);

/* What tells whether loading these would give something else: a hash of their files' names, sizes, times and inodes. Nothing is
 * read. *modified_ns: when the newest of them was last written to; INT64_MIN: there is none. */
uint64_t sv_policies_stamp(const char *const *paths, size_t path_count, int64_t *modified_ns);

/* Adds a warning (SV_FOUND) at the policy's id. */
void sv_policies_warn(const struct sv_policy *policy, struct sv_findings *findings, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The policies in order of loading, borrowed from the set; and of how many files they come. */
size_t sv_policies_count(const struct sv_policies *set);
struct sv_policy *sv_policies_at(struct sv_policies *set, size_t index);
size_t sv_policies_files(const struct sv_policies *set);

/* The latest time of an event that is one for any of them while it is now: the greatest `max_ahead` ahead, 1h at least. NULL: no set. */
int64_t sv_policies_latest(const struct sv_policies *set, int64_t now_ns);

/* What matching works with; one a thread. `= {0}` plus the arenas is valid; sv_matcher_free. */
struct sv_matcher {
    struct sv_arena *batch;        /* where hits are copied to */
    struct sv_redactor *redactor;  /* NULL: none */
    struct sv_engine *engine;      /* of the set's states; NULL: none of its policies has any */
    bool passes;                   /* --all: a hit SV_PASS for each policy in whose scope the event lies and that did not match */
    bool only_asks;                /* no hits are made, no states touched, nothing counted but `absent` and `judged`: */
    bool is_met;                   /* set when a condition is met, fails, or is anything but false or absent */
    bool timed;                    /* take the time of each policy: slower, one look at the clock a try; not with passes */
    struct sv_cel_run run;         /* private */
    uint64_t absent;               /* conditions that came out absent */
    uint64_t errors;               /* conditions that failed, whatever their policies make of that */
    uint64_t judged;               /* policy times event evaluations done */
    struct sv_buf scratch;         /* private */
    struct sv_match_state *state;  /* private */
};

void sv_matcher_free(struct sv_matcher *matcher);

struct sv_hits {
    struct sv_hit *items;
    size_t count, capacity;
};

/* Appends the hits of one event, in the order of the set; before them those of timers that its time lets fire. What it changes are
 * counters and the engine's states. Returns how many. */
size_t sv_policies_match(struct sv_policies *set, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits);

#endif
