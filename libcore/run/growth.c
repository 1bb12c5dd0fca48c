/* SPDX-License-Identifier: ISC */
#include "run/growth.h"

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"
#include "store/hours.h"

#define HOUR_NS (3600 * SV_SECOND_NS)
enum { DAYS = 7 };

/* Part of the manual: new ones go to the end. */
enum { C_WHAT, C_ROWS, C_BYTES, C_ROWS_DAY, C_BYTES_DAY, C_IN_30, C_IN_365, C_FULL, C_COUNT };

const struct sv_list_column sv_growth_columns[] = {
    [C_WHAT] = {"what", 30, 30, false, false, false},
    [C_ROWS] = {"rows", 8, 8, false, false, true},
    [C_BYTES] = {"bytes", 8, 8, false, false, true},
    [C_ROWS_DAY] = {"rows_per_day", 8, 8, false, false, true},
    [C_BYTES_DAY] = {"bytes_per_day", 8, 8, false, false, true},
    [C_IN_30] = {"bytes_in_30_days", 8, 8, false, false, true},
    [C_IN_365] = {"bytes_in_365_days", 9, 9, false, false, true},
    [C_FULL] = {"full_in_days", 8, 8, false, false, true},
};
const size_t sv_growth_column_count = C_COUNT;
static const char *const titles[C_COUNT] = {[C_ROWS_DAY] = "a day", [C_BYTES_DAY] = "b. a day", [C_IN_30] = "30 days", [C_IN_365] = "365 days",
                                            [C_FULL] = "full in"};

struct growth {
    struct sv_ask ask;
    struct sv_store *store;
    int64_t events, first_hour, now_hour; /* of the last days */
    struct sv_buf out;
};

static bool on_used(void *context, const struct sv_used *used)
{
    struct growth *growth = context;
    if (growth->first_hour == INT64_MAX)
        growth->first_hour = used->hour;
    growth->events += used->events;
    return true;
}

static void put_row(struct growth *growth, const char *what, int64_t rows, int64_t bytes, double rows_day, double bytes_day, int64_t room)
{
    bool grows = bytes >= 0 && bytes_day > 0;
    struct sv_list_cell cells[C_COUNT] = {
        [C_WHAT] = sv_ask_text(sv_slice_str(what)),
        [C_ROWS] = sv_ask_number(rows >= 0, rows),
        [C_BYTES] = sv_ask_number(bytes >= 0, bytes),
        [C_ROWS_DAY] = sv_ask_number(rows_day >= 0, (int64_t)rows_day),
        [C_BYTES_DAY] = sv_ask_number(bytes_day >= 0, (int64_t)bytes_day),
        [C_IN_30] = sv_ask_number(grows, bytes + (int64_t)(30 * bytes_day)),
        [C_IN_365] = sv_ask_number(grows, bytes + (int64_t)(365 * bytes_day)),
        [C_FULL] = sv_ask_number(grows && room >= 0, (int64_t)((double)room / (bytes_day > 1 ? bytes_day : 1))),
    };
    sv_list_row(&growth->ask.list, &growth->out, cells);
}

/* Events of the last days, as days of them: less than one day is not told. */
static double per_day(const struct growth *growth)
{
    int64_t hours = growth->now_hour - growth->first_hour + 1;
    return growth->first_hour == INT64_MAX || hours < 24 ? -1 : (double)growth->events * 24 / (double)hours;
}

static bool put_all(struct growth *growth, struct sv_error *err)
{
    struct sv_table_size tables[SV_TABLE_SIZES];
    struct sv_store_sizes sizes;
    size_t count;
    if (!sv_store_tables(growth->store, tables, &count, err) || !sv_store_sizes(growth->store, &sizes, err) ||
        !sv_store_used(growth->store, growth->now_hour - 24 * DAYS + 1, growth->now_hour + 1, false, on_used, growth, err))
        return false;
    double rows_day = per_day(growth);
    int64_t events = tables[0].rows, bytes = sizes.bytes - sizes.free_bytes;
    double bytes_day = rows_day >= 0 && events > 0 ? rows_day * (double)bytes / (double)events : -1;
    sv_list_head(&growth->ask.list, &growth->out);
    for (size_t i = 0; i < count; i++) {
        bool with_events = i < 2; /* these have a row an event */
        double share = with_events && events > 0 && tables[i].bytes >= 0 ? rows_day * (double)tables[i].bytes / (double)events : -1;
        put_row(growth, tables[i].table, tables[i].rows, tables[i].bytes, with_events ? rows_day : -1, rows_day >= 0 ? share : -1, -1);
    }
    put_row(growth, "the whole file", -1, sizes.bytes, -1, bytes_day, sv_os_free_bytes(sv_store_path(growth->store)));
    put_row(growth, "free inside it", -1, sizes.free_bytes, -1, -1, -1);
    put_row(growth, "its write-ahead log", -1, sizes.log_bytes, -1, -1, -1);
    return true;
}

struct sv_answer *sv_growth_open(const struct sv_ask *ask, struct sv_error *err)
{
    struct growth growth = {.ask = *ask, .first_hour = INT64_MAX, .now_hour = sv_os_now_ns() / HOUR_NS};
    growth.ask.store.read_only = true;
    growth.ask.list.titles = titles;
    growth.store = sv_store_open(&growth.ask.store, err);
    bool fine = growth.store != NULL && put_all(&growth, err);
    sv_store_close(growth.store);
    if (fine)
        return sv_answer_ready(&growth.out, SV_DONE);
    sv_buf_free(&growth.out);
    return NULL;
}
