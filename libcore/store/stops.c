/* SPDX-License-Identifier: ISC */
/* stops, stop_asked; and which sessions are live, for whom a stop is meant. */
#include <stdio.h>

#include "store/mail.h"
#include "store/find.h"
#include "store/private.h"
#include "store/team.h"

static int64_t or_open(sqlite3_stmt *row, int at)
{
    return sqlite3_column_type(row, at) == SQLITE_NULL ? SV_STOP_OPEN : sqlite3_column_int64(row, at);
}

static bool load_parents(struct sv_store *store, struct sv_stops *stops, struct sv_error *err)
{
    sqlite3_stmt *all = sv_store_statement(store, SV_SQL_AGENT_PARENTS, err);
    if (all == NULL)
        return false;
    int found;
    while ((found = sv_store_row(store, all, err)) > 0)
        sv_stops_start(stops, sv_store_text(all, 0, NULL), sv_store_text(all, 1, NULL));
    sv_store_leave(store, all);
    return found == 0;
}

bool sv_store_stops_load(struct sv_store *store, struct sv_stops *stops, struct sv_error *err)
{
    sqlite3_stmt *all = sv_store_statement(store, SV_SQL_STOP_ALL, err);
    if (all == NULL)
        return false;
    int found;
    while ((found = sv_store_row(store, all, err)) > 0)
        sv_stops_add(stops, &(struct sv_stop){.id = sqlite3_column_int64(all, 0),
                                              .agent = sv_store_text(all, 1, NULL),
                                              .tree = sqlite3_column_int(all, 2) != 0,
                                              .reason = sv_store_text(all, 3, NULL),
                                              .user = sv_store_text(all, 4, NULL),
                                              .stopped_ns = sqlite3_column_int64(all, 5),
                                              .until_ns = or_open(all, 6),
                                              .resumed_ns = or_open(all, 7)});
    sv_store_leave(store, all);
    return found == 0 && (!stops->has_trees || load_parents(store, stops, err));
}

bool sv_store_stop_add(struct sv_store *store, const struct sv_stop *stop, struct sv_slice host, struct sv_error *err)
{
    int64_t agent;
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_STOP_ADD, err);
    if (add == NULL || !sv_store_name(store, SV_NAME_AGENT, stop->agent, &agent, err))
        return false;
    sqlite3_bind_int64(add, 1, agent);
    sqlite3_bind_int(add, 2, stop->tree);
    sv_store_bind(add, 3, stop->reason);
    sv_store_bind(add, 4, stop->user);
    sv_store_bind(add, 5, host);
    sqlite3_bind_int64(add, 6, stop->stopped_ns);
    if (stop->until_ns != SV_STOP_OPEN)
        sqlite3_bind_int64(add, 7, stop->until_ns);
    else
        sqlite3_bind_null(add, 7);
    return sv_store_step(store, add, NULL, NULL, err) && sv_store_roster_raise(store, err);
}

bool sv_store_stop_resume(struct sv_store *store, int64_t id, int64_t now_ns, struct sv_error *err)
{
    sqlite3_stmt *resume = sv_store_statement(store, SV_SQL_STOP_RESUME, err);
    if (resume == NULL)
        return false;
    sqlite3_bind_int64(resume, 1, id);
    sqlite3_bind_int64(resume, 2, now_ns);
    return sv_store_step(store, resume, NULL, NULL, err) && sv_store_roster_raise(store, err);
}

bool sv_store_stop_asked(struct sv_store *store, struct sv_slice agent, struct sv_store_asked *asked, struct sv_error *err)
{
    int64_t id;
    *asked = (struct sv_store_asked){0};
    sqlite3_stmt *get = sv_store_statement(store, SV_SQL_STOP_ASKED_GET, err);
    if (get == NULL || !sv_store_agent_id(store, agent, &id, err))
        return false;
    sqlite3_bind_int64(get, 1, id);
    int found = sv_store_row(store, get, err);
    if (found > 0) {
        asked->asked_ns = sqlite3_column_int64(get, 0);
        asked->pid = sqlite3_column_int64(get, 1);
        snprintf(asked->host, sizeof asked->host, "%.*s", SV_ARG(sv_store_text(get, 2, NULL)));
        sv_store_leave(store, get);
    }
    return found >= 0;
}

bool sv_store_stop_ask(struct sv_store *store, struct sv_slice agent, const struct sv_store_asked *asked, struct sv_error *err)
{
    int64_t id, host;
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_STOP_ASKED_PUT, err);
    if (put == NULL || !sv_store_name(store, SV_NAME_AGENT, agent, &id, err) ||
        !sv_store_name(store, SV_NAME_HOST, sv_slice_str(asked->host), &host, err))
        return false;
    sqlite3_bind_int64(put, 1, id);
    sqlite3_bind_int64(put, 2, asked->asked_ns);
    sqlite3_bind_int64(put, 3, asked->pid);
    sqlite3_bind_int64(put, 4, host);
    return sv_store_step(store, put, NULL, NULL, err);
}

static struct sv_store_agent *room_for(struct sv_store_sessions *out)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity > 0 ? 2 * out->capacity : 64;
        out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
    }
    return &out->items[out->count++];
}

static bool take_session(struct sv_store *store, struct sv_store_sessions *out, sqlite3_stmt *row, struct sv_error *err)
{
    struct sv_arena *arena = &out->arena;
    bool fine = true;
    *room_for(out) = (struct sv_store_agent){.agent = sv_store_text(row, 0, arena),
                                             .session = sv_store_text(row, 1, arena),
                                             .host = sv_store_common_name(store, SV_NAME_HOST, sqlite3_column_int64(row, 2), arena, &fine, err),
                                             .type = sv_store_common_name(store, SV_NAME_TYPE, sqlite3_column_int64(row, 3), arena, &fine, err),
                                             .tool = sv_store_common_name(store, SV_NAME_TOOL, sqlite3_column_int64(row, 4), arena, &fine, err),
                                             .state = (enum sv_agent_state)sqlite3_column_int(row, 5),
                                             .first_seen_ns = sqlite3_column_int64(row, 6),
                                             .last_seen_ns = sqlite3_column_int64(row, 7),
                                             .events = (uint64_t)sqlite3_column_int64(row, 8),
                                             .id = sqlite3_column_int64(row, 9)};
    return fine;
}

static bool take_brief_session(struct sv_store *store, struct sv_store_sessions *out, sqlite3_stmt *row, struct sv_error *err)
{
    (void)store, (void)err;
    *room_for(out) = (struct sv_store_agent){.id = sqlite3_column_int64(row, 0),
                                             .state = (enum sv_agent_state)sqlite3_column_int(row, 1),
                                             .last_seen_ns = sqlite3_column_int64(row, 2),
                                             .tool = sqlite3_column_int(row, 3) != 0 ? SV_SLICE("?") : SV_SLICE("")};
    return true;
}

bool sv_store_sessions_live(struct sv_store *store, int64_t since_ns, bool brief, struct sv_store_sessions *out, struct sv_error *err)
{
    bool (*take)(struct sv_store *, struct sv_store_sessions *, sqlite3_stmt *, struct sv_error *) = brief ? take_brief_session : take_session;
    sqlite3_stmt *live = sv_store_statement(store, brief ? SV_SQL_SESSION_BRIEF : SV_SQL_SESSION_LIVE, err);
    if (live == NULL)
        return false;
    sqlite3_bind_int64(live, 1, since_ns);
    int found;
    bool fine = true;
    while (fine && (found = sv_store_row(store, live, err)) > 0)
        fine = take(store, out, live, err);
    sv_store_leave(store, live);
    return fine && found == 0;
}

void sv_store_sessions_free(struct sv_store_sessions *sessions)
{
    sv_free(sessions->items);
    sv_arena_free(&sessions->arena);
    *sessions = (struct sv_store_sessions){0};
}
