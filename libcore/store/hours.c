/* SPDX-License-Identifier: ISC */
/* usage_hourly, as it is asked for. */
#include "store/hours.h"

#include "store/private.h"

bool sv_store_used(struct sv_store *store, int64_t from, int64_t until, bool with_durations,
                   bool (*each)(void *context, const struct sv_used *used), void *context, struct sv_error *err)
{
    static const enum sv_name_table names[] = {SV_NAME_TYPE, SV_NAME_AGENT, SV_NAME_TEAM, SV_NAME_MODEL, SV_NAME_TOOL, SV_NAME_STATUS};
    sqlite3_stmt *find = sv_store_statement(store, with_durations ? SV_SQL_USED_DURATIONS : SV_SQL_USED, err);
    int state;
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, from);
    sqlite3_bind_int64(find, 2, until);
    while ((state = sv_store_row(store, find, err)) > 0) {
        struct sv_used used = {.hour = sqlite3_column_int64(find, 0),
                               .events = sqlite3_column_int64(find, 7),
                               .errors = sqlite3_column_int64(find, 8),
                               .input_tokens = sqlite3_column_int64(find, 9),
                               .output_tokens = sqlite3_column_int64(find, 10),
                               .cache_read_tokens = sqlite3_column_int64(find, 11),
                               .cache_write_tokens = sqlite3_column_int64(find, 12),
                               .unpriced_tokens = sqlite3_column_int64(find, 13),
                               .cost_usd = sqlite3_column_double(find, 14)};
        for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
            used.names[names[i]] = sqlite3_column_int64(find, 1 + i);
        if (with_durations)
            used.durations = sv_slice(sqlite3_column_blob(find, 15), (size_t)sqlite3_column_bytes(find, 15));
        if (!each(context, &used)) {
            sv_store_leave(store, find);
            return true;
        }
    }
    return state == 0;
}
