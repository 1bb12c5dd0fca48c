/* SPDX-License-Identifier: ISC */
/* Whose rows are there, by the ids of their events: for who knows which ones must be. */
#include "store/private.h"

static bool tell(struct sv_store *store, enum sv_statement which, const char *name, void (*take)(void *context, struct sv_slice event),
                 void *context, struct sv_error *err)
{
    sqlite3_stmt *statement = sv_store_statement(store, which, err);
    int rc;
    if (statement == NULL)
        return false;
    sv_store_bind(statement, 1, sv_slice_str(name));
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
        take(context, sv_slice((const char *)sqlite3_column_text(statement, 0), (size_t)sqlite3_column_bytes(statement, 0)));
    sqlite3_reset(statement);
    return rc == SQLITE_DONE || sv_store_fault(store, rc, err);
}

bool sv_store_told_by_policy(struct sv_store *store, const char *policy, void (*take)(void *context, struct sv_slice event), void *context,
                             struct sv_error *err)
{
    return tell(store, SV_SQL_TOLD_BY_POLICY, policy, take, context, err);
}

bool sv_store_told_by_session(struct sv_store *store, const char *session, void (*take)(void *context, struct sv_slice event), void *context,
                              struct sv_error *err)
{
    return tell(store, SV_SQL_TOLD_BY_SESSION, session, take, context, err);
}

bool sv_store_told_by_sender(struct sv_store *store, const char *sender, void (*take)(void *context, struct sv_slice own), void *context,
                             struct sv_error *err)
{
    return tell(store, SV_SQL_TOLD_BY_SENDER, sender, take, context, err);
}
