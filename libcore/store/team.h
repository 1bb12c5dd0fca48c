/* SPDX-License-Identifier: ISC */
/* team.h - what a store has of people: who supervises whom, over time, and who was told to stop.
 *
 * All of store.h holds here, too: changes stand inside a transaction, what is read may be asked for at any time.
 *
 *     struct sv_roster *roster = sv_roster_new();
 *     if (sv_store_roster_load(store, roster, &err) && sv_roster_enter(roster, ...) && sv_store_roster_save(store, roster, &err))
 *
 * Who keeps a roster in memory asks once a second: has anybody else committed (sv_store_data_version), and then, has it been the
 * roster (sv_store_roster_version)? Floor: store. */
#ifndef SV_STORE_TEAM_H
#define SV_STORE_TEAM_H

#include "store/store.h"
#include "team/roster.h"
#include "team/stops.h"

/* Changes when another connection has committed. */
bool sv_store_data_version(struct sv_store *store, int64_t *version, struct sv_error *err);

/* How often the roster was changed. */
bool sv_store_roster_version(struct sv_store *store, int64_t *version, struct sv_error *err);

/* Adds all rows that ever were to an empty roster. */
bool sv_store_roster_load(struct sv_store *store, struct sv_roster *roster, struct sv_error *err);

/* In a transaction: who keeps a roster has to read it again. */
bool sv_store_roster_raise(struct sv_store *store, struct sv_error *err);

/* Stores what is new and what was ended; the version grows if that was anything. */
bool sv_store_roster_save(struct sv_store *store, const struct sv_roster *roster, struct sv_error *err);

/* One of a list: a supervisor, a team, a member. */
struct sv_store_unit {
    struct sv_slice name, team, supervisor; /* team: of a member; supervisor: of a supervisor the one above */
    int64_t joined_ns;
    int64_t teams, members;          /* in it */
    int64_t events, errors, tokens;  /* of a team since since_ns; events of a member: ever */
    double cost_usd;
    int64_t violations;              /* of a supervisor since since_ns */
    int64_t seen_ns;                 /* of a member that is no glob: its last event; 0: none */
};

struct sv_store_units {
    struct sv_store_unit *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

/* Appends up to `most` of those that held at at_ns, in the order of their names (of members first that of their team), behind the
 * one of these names. One statement. `= {0}`, then sv_store_units_free. */
bool sv_store_units(struct sv_store *store, enum sv_roster_kind kind, struct sv_slice behind, struct sv_slice behind_team, int64_t at_ns,
                    int64_t since_ns, size_t most, struct sv_store_units *units, struct sv_error *err);
void sv_store_units_free(struct sv_store_units *units);

/* --- stops --- */

/* Adds all that ever were, and, where one is for a tree, who started whom. */
bool sv_store_stops_load(struct sv_store *store, struct sv_stops *stops, struct sv_error *err);

/* In a transaction; the roster's version grows, for who keeps that keeps these. */
bool sv_store_stop_add(struct sv_store *store, const struct sv_stop *stop, struct sv_slice host, struct sv_error *err);
bool sv_store_stop_resume(struct sv_store *store, int64_t id, int64_t now_ns, struct sv_error *err);

/* When it was last asked whether this agent is stopped (0: never), and by whom. In a transaction: noted. */
struct sv_store_asked {
    int64_t asked_ns, pid;
    char host[256];
};
bool sv_store_stop_asked(struct sv_store *store, struct sv_slice agent, struct sv_store_asked *asked, struct sv_error *err);
bool sv_store_stop_ask(struct sv_store *store, struct sv_slice agent, const struct sv_store_asked *asked, struct sv_error *err);

/* --- how agents are doing --- */

struct sv_store_fleet {
    struct sv_store_agent seen;  /* as of its newest event; team: as that had it */
    uint64_t events, errors;     /* of the day asked for, as the rest */
    int64_t tokens, unpriced_tokens;
    double cost_usd;
    int64_t alerts;              /* sv_store_fleet_alerts: policies of severity error or more that it violated */
    int64_t alert_policy;        /* while they are counted: the last of them */
    bool over_budget;            /* sv_store_fleet_budgets: the last that some budget said of it was a violation */
    bool over_this;              /* while it is made up: so of the budget being looked at */
};

struct sv_store_fleets {
    struct sv_store_fleet *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_store_fleet **by;   /* private: [count] by their number */
    struct sv_arena arena;
};

/* Agents that had an event since since_ns, with what they did on a day (sv_store_day). brief: without names, as of sessions, and of the
 * day only the cost. */
bool sv_store_fleet(struct sv_store *store, int64_t since_ns, int64_t day, bool brief, struct sv_store_fleets *out, struct sv_error *err);

/* What budgets said of them since the day began, a statement each: policies with the tag, or with the word in their id. */
bool sv_store_fleet_budgets(struct sv_store *store, int64_t day_ns, struct sv_store_fleets *fleets, struct sv_error *err);

/* How many policies each violated badly since then. */
bool sv_store_fleet_alerts(struct sv_store *store, int64_t day_ns, struct sv_store_fleets *fleets, struct sv_error *err);
void sv_store_fleets_free(struct sv_store_fleets *fleets);

/* --- what was found and sent in a while --- */

/* What one version of a policy found from one time on, before another, the oldest first. */
struct sv_store_found {
    enum sv_outcome outcome;
    enum sv_severity severity;
    int64_t agent, team, created_ns;
};
bool sv_store_found_by(struct sv_store *store, int64_t policy, int64_t since_ns, int64_t until_ns,
                       bool (*sink)(void *context, const struct sv_store_found *found, struct sv_error *err), void *context,
                       struct sv_error *err);

/* Messages sent from one time on, before another. */
bool sv_store_messages_sent(struct sv_store *store, int64_t since_ns, int64_t until_ns, int64_t *count, struct sv_error *err);

/* --- sessions --- */

struct sv_store_sessions {
    struct sv_store_agent *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

/* Those that have not ended and had an event since then, the newest first. brief: without names, whose looking up costs the most; of a
 * tool that runs is only known that there is one. */
bool sv_store_sessions_live(struct sv_store *store, int64_t since_ns, bool brief, struct sv_store_sessions *out, struct sv_error *err);
void sv_store_sessions_free(struct sv_store_sessions *sessions);

#endif
