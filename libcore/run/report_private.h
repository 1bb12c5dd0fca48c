/* SPDX-License-Identifier: ISC */
/* report_private.h - what report.c collects, report_parts.c makes tables of, and report_put.c shows. Private to run/.
 *
 * Floor: run. */
#ifndef SV_RUN_REPORT_PRIVATE_H
#define SV_RUN_REPORT_PRIVATE_H

#include "base/map.h"
#include "run/report.h"
#include "store/find.h"
#include "store/team.h"

struct sv_report_sum {
    uint64_t events, errors, calls;
    int64_t input_tokens, output_tokens, unpriced_tokens;
    double cost_usd;
};

/* Of one agent, team, model or tool. */
struct sv_report_item {
    struct sv_slice name;
    struct sv_report_sum sums[SV_PERIODS];
    struct sv_histogram durations; /* of a tool, now */
};

struct sv_report_items {
    struct sv_map by_key;          /* the store's integer, of a team its name -> struct sv_report_item */
    struct sv_report_item **items; /* [count] sorted: what cost most first, of tools the slowest */
    size_t count;
};

enum sv_report_kind { SV_REPORT_AGENTS, SV_REPORT_TEAMS, SV_REPORT_MODELS, SV_REPORT_TOOLS, SV_REPORT_KINDS };

/* What the versions of one policy found. */
struct sv_report_policy {
    struct sv_slice name;
    enum sv_severity severity;   /* the highest */
    uint64_t counts[SV_PERIODS];
    struct sv_map agents;        /* now: the integer -> struct sv_report_alert */
    int64_t last_ns;
};

/* What is open: a group of alerts that nobody has acknowledged; where sv-alert is not used, a policy of severity error or more that an
 * agent violated, and that was not resolved since. */
struct sv_report_alert {
    struct sv_slice agent, policy;
    enum sv_severity severity;
    uint64_t count;
    int64_t last_ns, said_ns; /* of its last violation, of the last word on it */
    bool is_open;
};

/* Who is silent, or was there before and is no more. */
struct sv_report_silent {
    struct sv_slice agent;
    int64_t since_ns;
    bool is_gone;  /* had events in the period before, none in this one */
    struct sv_slice tool;
};

struct sv_report {
    const struct sv_ask *ask;
    struct sv_report_spec spec;
    struct sv_store *store;
    struct sv_roster *roster;
    struct sv_arena arena;
    struct sv_period when;
    struct sv_report_sum sums[SV_PERIODS];
    struct sv_report_sum *slots;             /* [when.slots] of the period: hours of a day, else days */
    struct sv_report_items items[SV_REPORT_KINDS];
    struct sv_map policies;                  /* name -> struct sv_report_policy */
    struct sv_report_policy **policy_order;  /* [policies.count] */
    uint64_t found[SV_PERIODS][4];    /* violations by severity */
    struct sv_report_alert **alerts;         /* [alert_count] open ones, the most severe first */
    size_t alert_count;
    struct sv_report_silent *silent;
    size_t silent_count, silent_capacity;
    int64_t messages[SV_PERIODS];     /* -1: not counted */
    bool has_groups;                         /* sv-alert is used: alerts are its groups */
    int64_t call_type;                       /* of events; 0: there is none */
    int reading;                             /* SV_PERIOD_NOW or BEFORE */
    struct sv_error *err;                    /* of who reads */
    struct sv_report_policy *policy;         /* being read */
    struct sv_buf out;
};

/* Its parts, in their order. */
enum sv_report_part_kind {
    SV_REPORT_PART_TOTALS,
    SV_REPORT_PART_TIME,
    SV_REPORT_PART_TEAMS,
    SV_REPORT_PART_AGENTS,
    SV_REPORT_PART_MODELS,
    SV_REPORT_PART_VIOLATIONS,
    SV_REPORT_PART_OPEN,
    SV_REPORT_PART_TOOLS,
    SV_REPORT_PART_SILENT,
    SV_REPORT_PARTS
};

/* A part of it; to be freed. */
void sv_report_part(struct sv_report *report, enum sv_report_part_kind kind, struct sv_report_part *out);

/* The report whole, in its form. */
void sv_report_put(struct sv_report *report);

#endif
