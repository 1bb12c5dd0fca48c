/* SPDX-License-Identifier: ISC */
/* private.h - the inside of a run, shared by eval.c (records to hits), batch.c (hits to rows), view.c (rows to
 * bytes), summary.c and page.c (what they add up to).
 *
 * Floor: run. */
#ifndef SV_RUN_PRIVATE_H
#define SV_RUN_PRIVATE_H

#include "base/set.h"
#include "event/reader.h"
#include "input/input.h"
#include "report/table.h"
#include "run/digest.h"
#include "run/run.h"

/* What a run knows of one input. */
struct sv_run_source {
    struct sv_reader *reader;
    char *shown;            /* its path, as it may be seen */
    char origin[40];        /* before the ':' of its addresses */
    int64_t id;             /* in the store; 0: none yet */
    uint64_t head;          /* that the origin was made of */
    uint64_t rejected, told; /* records left out; those of them that were named */
    const struct sv_format *format; /* NULL: not told yet, or by the reader that is still open */
    const struct sv_format *stored; /* what the store knows of it */
    bool known;             /* origin is set */
    bool is_live;           /* a pipe: what has no time gets that of its arrival */
};

struct sv_run {
    struct sv_run_spec spec;
    struct sv_schema *schema;
    struct sv_policies *policies;
    struct sv_prices *prices;
    struct sv_redactor *redactor;
    struct sv_reader_spec reader_spec;
    struct sv_event event;
    struct sv_json_rest rest;
    struct sv_arena record_arena, batch_arena;
    struct sv_matcher matcher;
    struct sv_input *input;
    struct sv_run_source *sources;
    size_t source_count;
    uint32_t reading;        /* the source whose record is read */
    struct sv_run_first {    /* what the first record of an input told, before there is a reader */
        const struct sv_format *format; /* NULL: nothing */
        char *text;          /* the record, where its format asks for it; else NULL */
        size_t len;
    } *firsts;
    size_t first_count;
    struct sv_set seen;      /* own ids of inputs that repeat */
    struct sv_store *store;
    int64_t run_id;
    struct sv_map heads;     /* without a store: how many files share a head */

    struct sv_hits hits;     /* of the batch */
    size_t held_hits, held_bytes; /* how many of them were measured, and their text */
    uint64_t batch_records;
    int64_t batch_start_ns;  /* monotonic, of the first record */
    struct sv_buf out;       /* lent to the caller */

    struct sv_run_line *last; /* ring of the last lines, for -n */
    size_t last_next, last_count;
    bool headed;             /* the table's head is out */
    struct sv_digest digest; /* for the table's end, and for a page */
    struct sv_buf held;      /* rows of the table, while they are few enough to be shown */
    size_t row_count;        /* of the table so far */

    struct sv_ledger ledger;
    struct sv_error why;     /* of the record in hand; all zero between rejected ones */
    int64_t started_mono_ns;
    bool ended, failed, finished;
};

struct sv_run_line {
    char *text;
    size_t len;
};

/* batch.c: makes the source known (origin, id in the store), and others with it. */
bool sv_run_know_source(struct sv_run *run, uint32_t source, struct sv_error *err);

/* batch.c: applies the batch's hits, stores and commits them, the final ledger with the last, renders into run->out. */
bool sv_run_commit(struct sv_run *run, struct sv_error *err);

/* view.c: begins, once policies and input are open; one evaluation, or with --convert one event, in the form asked
 * for; the lines that -n kept back and the table's end, or the whole page; and what all that needed. */
void sv_run_view_open(struct sv_run *run);
void sv_run_view_row(struct sv_run *run, const struct sv_evaluation *evaluation);
void sv_run_view_event(struct sv_run *run, struct sv_event *event);
void sv_run_view_end(struct sv_run *run);
void sv_run_view_free(struct sv_run *run);

/* summary.c, into run->out: a table with a line a policy; the same in a few words; the totals. put_time: month-day hour:minute. */
void sv_run_summary_put_table(struct sv_run *run);
void sv_run_summary_put_line(struct sv_run *run);
void sv_run_summary_put_totals(struct sv_run *run, struct sv_buf *out);
void sv_run_summary_put_time(struct sv_buf *out, int64_t ns, bool utc);
enum sv_color sv_run_summary_color(enum sv_severity severity);

/* page.c: the whole page. */
void sv_run_page_put(struct sv_run *run, struct sv_buf *out);

#endif
