/* SPDX-License-Identifier: ISC */
/* archive.h - rows that are old move to a store of their month, and come back.
 *
 * An archive is a store like any other, with the rows of one month (UTC) and what they refer to, all under the numbers that they
 * have here. Rows are copied first, in chunks, while they stay where they are; then the file is read again and must have as many
 * rows, with the same hash, as were ever moved there plus what was just copied; then each row that lies in it byte for byte is
 * removed here, in transactions of bounded time that count it in the catalogue. So at any moment
 *
 *     rows in the file = rows in the catalogue + rows of that month that are still here, too
 *
 * holds or nothing is removed, and a run that was killed is simply run again.
 *
 *     sv_archive_months(store, &rules, &months, &err)                  // what there is to do
 *     sv_archive_copy(store, file, &rules, month, &copied, &err)       // for each of them
 *     sv_archive_sum(file, &sum, &err) && sums agree
 *     sv_archive_remove(store, file, &rules, month, &removed, &err)
 *
 * The newest row of a table stays, whatever its age, so that no number is given twice; so do events that an export has not taken
 * yet (exports.h), for it goes by these numbers. One process at a time
 * (sv_store_log_lock). Floor: store. */
#ifndef SV_STORE_ARCHIVE_H
#define SV_STORE_ARCHIVE_H

#include "store/store.h"

enum { SV_PRIORITIES = 5 }; /* P0 to P3, and none, which is the last */

/* What may go. */
struct sv_archive_rules {
    int64_t before_ns;           /* rows older than this */
    bool keep[SV_PRIORITIES];    /* but events of these priorities */
    struct sv_archive_age {
        struct sv_slice type;    /* a glob over types; that of evaluations is "evaluation" */
        int64_t before_ns;       /* for these; INT64_MIN: never */
    } *ages;                     /* [age_count]; the first that fits counts */
    size_t age_count;
};

struct sv_archive_month {
    char name[16];               /* 2026-08 */
    int64_t from_ns, until_ns;
    uint64_t events, evaluations;
};

struct sv_archive_months {
    struct sv_archive_month *items; /* [count], oldest first */
    size_t count, capacity;
    uint64_t held;               /* events that stay only because an export has not taken them */
};

/* The month of a time, without counts; and of its name, false when it is none. */
struct sv_archive_month sv_archive_month_of(int64_t ns);
bool sv_archive_month_named(struct sv_slice name, struct sv_archive_month *out);

/* What may go now, by month. `= {0}` before, sv_free(months.items) after. Reads an index entry a row, in short reads. */
bool sv_archive_months(struct sv_store *store, const struct sv_archive_rules *rules, struct sv_archive_months *out, struct sv_error *err);

/* Rows, and the sum of their hashes: the same in any order. */
struct sv_archive_sum {
    uint64_t events, evaluations, hash;
};

/* Copies what may go of a month into its file; rows that lie there already count, too. */
bool sv_archive_copy(struct sv_store *store, struct sv_store *file, const struct sv_archive_rules *rules,
                     const struct sv_archive_month *month, struct sv_archive_sum *copied, struct sv_error *err);

/* All rows of a file. */
bool sv_archive_sum(struct sv_store *file, struct sv_archive_sum *sum, struct sv_error *err);

/* Removes here what may go of a month and lies in the file. The catalogue must have the month. *longest_ns: of one transaction. */
bool sv_archive_remove(struct sv_store *store, struct sv_store *file, const struct sv_archive_rules *rules,
                       const struct sv_archive_month *month, struct sv_archive_sum *removed, int64_t *longest_ns, struct sv_error *err);

/* Copies all rows of a month's file back; the file stays as it is. False with err (SV_INPUT) when it was made from another store. */
bool sv_archive_restore(struct sv_store *store, struct sv_store *file, const struct sv_archive_month *month,
                        struct sv_archive_sum *restored, struct sv_error *err);

/* Runs without rows and statements that were slow, older than this. In chunks. */
bool sv_archive_sweep(struct sv_store *store, int64_t before_ns, uint64_t *runs, uint64_t *slow, struct sv_error *err);

/* --- the catalogue --- */

enum sv_archive_state {
    SV_ARCHIVE_HERE,     /* in the file that path names */
    SV_ARCHIVE_MOVED,    /* elsewhere: path is what somebody said about it */
    SV_ARCHIVE_RESTORED  /* back in the store; the file is left */
};

struct sv_archive {
    char month[16];
    char *path;
    enum sv_archive_state state;
    struct sv_archive_sum sum; /* of rows that are in the file and no longer here */
    int64_t bytes;
    int64_t changed_ns;
    bool has_times;            /* else they lie anywhere in the month: */
    int64_t first_ns, last_ns; /* times of the first and last of its rows */
};

struct sv_archives {
    struct sv_archive *items; /* [count], oldest month first */
    size_t count, capacity;
};

/* Those of months from..until (their names; "" and "9": all). `= {0}` before, sv_archives_free after, also on failure. */
bool sv_archives_list(struct sv_store *store, const char *from, const char *until, struct sv_archives *out, struct sv_error *err);
void sv_archives_free(struct sv_archives *archives);

/* Puts one, in place of what the month had; inside a transaction. */
bool sv_archive_put(struct sv_store *store, const struct sv_archive *archive, struct sv_error *err);

/* The file of a month is complete: without a log of its own, on the disk. Nothing may be asked of it after. */
bool sv_archive_settle(struct sv_store *file, struct sv_error *err);

#endif
