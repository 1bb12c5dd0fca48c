/* SPDX-License-Identifier: ISC */
/* archive.h - months that are old move out of the store into files of their own, and come back.
 *
 * A month after the other, oldest first, a row of the answer each as it is done: what was done of those before stands, whatever
 * comes. Nothing is removed before its file was read again and found right. What was done is an event `operator.archive`,
 * `operator.restore` or `operator.archive.moved`.
 *
 *     struct sv_archive_job job = {.rules = {...}, .apply = true};
 *     struct sv_answer *answer = sv_archive_open(&ask, &job, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_ARCHIVE_H
#define SV_RUN_ARCHIVE_H


#include "run/act.h"
#include "run/answer.h"
#include "run/ask.h"
#include "store/archive.h"

extern const struct sv_list_column sv_archive_columns[];
extern const size_t sv_archive_column_count;

struct sv_archive_job {
    struct sv_archive_rules rules;
    const char *folder; /* for new files; NULL: `archive` beside the store */
    bool apply;         /* else it is only told what would be done */
    bool zstd;          /* compress files, with the program of that name */
    struct sv_act_by by;
};

/* ask->list is of the columns above. Ends the program with SV_FOUND when a month was left where it is. */
struct sv_answer *sv_archive_open(const struct sv_ask *ask, const struct sv_archive_job *job, struct sv_error *err);

/* The catalogue, newest month last. */
struct sv_answer *sv_archive_list_open(const struct sv_ask *ask, struct sv_error *err);

/* The file of a month lies elsewhere now: `where` is its path, if a file is there, which is looked at; else any words. */
struct sv_answer *sv_archive_moved_open(const struct sv_ask *ask, const char *month, const char *where, const struct sv_act_by *by,
                                        struct sv_error *err);

/* Brings the months that are ask->operands back; their files are left. */
struct sv_answer *sv_restore_open(const struct sv_ask *ask, const struct sv_act_by *by, struct sv_error *err);

/* A month's file, opened for reading; of a compressed one a private copy, gone when it is closed. NULL with err: it is elsewhere,
 * missing, or no archive. */
struct sv_archive_file;
struct sv_archive_file *sv_archive_file_open(const struct sv_archive *archive, const char *program, struct sv_error *err);
struct sv_store *sv_archive_file_store(struct sv_archive_file *file);
void sv_archive_file_close(struct sv_archive_file *file);

#endif
