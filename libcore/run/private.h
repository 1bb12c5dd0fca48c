/* SPDX-License-Identifier: ISC */
/* private.h - the inside of a run, shared by eval.c (records to hits), source.c and resolve.c (which file is which), batch.c (hits
 * to rows), kept.c (events to rows), reload.c (policies that change), view.c (rows to bytes), summary.c and page.c (what they add up to).
 *
 * Floor: run. */
#ifndef SV_RUN_PRIVATE_H
#define SV_RUN_PRIVATE_H

#include "event/reader.h"
#include "input/input.h"
#include "policy/engine.h"
#include "report/table.h"
#include "run/counters.h"
#include "run/digest.h"
#include "run/doubles.h"
#include "run/fold.h"
#include "run/outlived.h"
#include "run/roster.h"
#include "run/run.h"

enum { SV_RUN_COUNTED = 8 };

/* What a run knows of one input. */
struct sv_run_source {
    struct sv_reader *reader;
    char *shown;            /* its path, as it may be seen */
    const char *origin;     /* before the ':' of its addresses; lives as long as the run, for readers borrow it */
    uint64_t head;          /* that the origin was made of */
    uint64_t rejected, told; /* records left out; those of them that were named */
    struct sv_store_source row; /* in the store; id 0: none yet */
    int64_t from;           /* the offset that the row has, if it has one: */
    bool had_position;
    struct sv_buf state;    /* of the reader, when it was closed before the file's log is over */
    bool is_known;          /* origin is set */
    bool is_live;           /* a pipe: what has no time gets that of its arrival */
    bool is_left_out;       /* known, and not to be read */
    bool is_counted;        /* among the ledger's formats */
    bool is_ended;          /* its log is over, and what its format waited for was told */
    bool is_touched;        /* the row is to be written with the next batch */
};

/* An event to store. */
struct sv_run_kept {
    uint32_t source;
    struct sv_store_event event;
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
    struct sv_ahead *ahead;  /* reads it; NULL: it is read record by record */
    struct sv_run_source *sources;
    size_t source_count;
    uint32_t reading;        /* the source whose record is read */
    struct sv_run_first {    /* what the first record of an input told, before there is a reader */
        const struct sv_format *format; /* NULL: nothing */
        size_t time_key;     /* see sv_format */
    } *firsts;
    size_t first_count;
    struct sv_arena source_arena; /* texts of their rows; lives as long as the run */
    struct sv_slice sought;  /* a log some file of which was missed: it is being looked for once more */
    struct sv_store_source *lost; /* [lost_count] that are gone, to be noted with the next batch */
    size_t lost_count, lost_capacity;
    struct sv_doubles doubles;
    struct sv_counters counters;
    struct sv_fold fold;
    struct sv_run_roster roster;
    uint32_t stopped_slot;   /* of events, for the built-in policy; SV_NO_SLOT: it is not in force */
    bool knows_stops;        /* it is to be: somebody was told to stop */
    struct sv_run_kept *kept; /* [kept_count] events to store with the batch */
    size_t kept_count, kept_capacity;
    struct sv_store *store;
    struct sv_engine_store state_store;
    int64_t data_version;    /* of the store, as of our last look */
    struct sv_outlived outlived;
    int64_t run_id;
    struct sv_map heads;     /* without a store: how many files share a head */

    struct sv_hits hits;     /* of the batch */
    size_t held_hits, held_bytes; /* how many of them were measured, and their text */
    uint64_t batch_records;
    int64_t batch_start_ns;  /* monotonic, of the first record */
    int64_t found_ns;        /* monotonic, of the first hit; 0: there is none */
    bool is_live;            /* records come as they arise */
    struct sv_buf out;       /* lent to the caller */

    struct sv_run_line *last; /* ring of the last lines, for -n */
    size_t last_next, last_count;
    bool headed;             /* the table's head is out */
    struct sv_digest digest; /* for the table's end, and for a page */
    struct sv_buf held;      /* rows of the table, while they are few enough to be shown */
    size_t row_count;        /* of the table so far */

    struct sv_ledger ledger;
    uint64_t counted[SV_RUN_COUNTED]; /* of the ledger, what the store's counters have */
    struct sv_error fault;   /* of the store, while an event was in hand */
    struct sv_error why;     /* of the record in hand; all zero between rejected ones */
    int64_t started_mono_ns;
    uint64_t policies_stamp; /* of the files as they were when they were last loaded, or tried */
    int64_t looked_ns;       /* monotonic: at them */
    int64_t quiet_looked_ns; /* monotonic: at logs that may have become quiet */
    sig_atomic_t reloads;    /* of *spec.reload, those that were answered */
    bool is_broken;          /* the last try failed: an older set is in force */
    bool has_changed;        /* files came, went or were cut */
    bool ended, failed, finished;
};

struct sv_run_line {
    char *text;
    size_t len;
};

/* eval.c: a line to warn with, without secrets. */
void sv_run_notice(struct sv_run *run, const struct sv_error *err);

/* eval.c: left out by -S or -U? */
bool sv_run_is_outside(const struct sv_run_spec *spec, const struct sv_event *event);

/* reload.c: the policies in force once more, and a schema for them, both the caller's: for another thread. NULL when their files no
 * longer say the same. */
struct sv_policies *sv_run_load_more(const struct sv_run *run, struct sv_schema **schema);

/* reload.c: the policies in force; later, with no batch in hand, those of changed files. reload_wanted: a signal asks for it. bound: no
 * event is later from now on than one of them allows. */
void sv_run_bound(struct sv_run *run);
bool sv_run_load(struct sv_run *run, struct sv_findings *findings, struct sv_error *err);
void sv_run_reload(struct sv_run *run);
void sv_run_heed_stops(struct sv_run *run);
bool sv_run_reload_wanted(const struct sv_run *run);

/* source.c: what is known of an input, room made where it is a new one. The pointer holds until the next new one. */
struct sv_run_source *sv_run_source_at(struct sv_run *run, uint32_t source);

/* source.c: makes the source known (origin, row in the store), and others with it. */
bool sv_run_know_source(struct sv_run *run, uint32_t source, struct sv_error *err);

/* resolve.c: the resolve of a resumed run's input; context is the run. */
bool sv_run_resolve(void *context, struct sv_input *input, const uint32_t *sources, size_t count,
                    struct sv_input_position *positions, struct sv_error *err);

/* resolve.c: a file that is in the store went before it was read to its end: a gap. */
void sv_run_lose(struct sv_run *run, uint32_t source);

/* resolve.c: logs, named or below the folders named, that are gone since an earlier run read them. */
bool sv_run_find_lost(struct sv_run *run, struct sv_error *err);

/* source.c: positions and prints, in the batch's transaction; then that it was committed. */
bool sv_run_keep_sources(struct sv_run *run, struct sv_error *err);
void sv_run_kept_sources(struct sv_run *run);

/* kept.c: copies an event into the batch, to be stored. */
void sv_run_keep_event(struct sv_run *run, struct sv_event *event);

/* states.c: the states of policies. open, once policies and store are there, and change, when other policies are; begin before a
 * batch's first event; good: the store did not fail meanwhile; keep in the batch's transaction, kept behind its commit. tick: the run
 * clock comes to that of the machine. next: the run clock at which something is due; INT64_MAX: nothing. */
void sv_run_states_open(struct sv_run *run);
void sv_run_states_change(struct sv_run *run);
bool sv_run_states_begin(struct sv_run *run, struct sv_error *err);
bool sv_run_states_good(struct sv_run *run, struct sv_error *err);
bool sv_run_states_are_dirty(const struct sv_run *run);
bool sv_run_states_keep(struct sv_run *run, struct sv_error *err);
void sv_run_states_kept(struct sv_run *run);
void sv_run_states_tick(struct sv_run *run);
int64_t sv_run_states_next(struct sv_run *run);

/* batch.c: the run's own row, written with the first transaction. */
bool sv_run_know_run(struct sv_run *run, struct sv_error *err);

/* batch.c: applies the batch's hits, stores and commits them, the final ledger with the last, renders into run->out. */
bool sv_run_commit(struct sv_run *run, struct sv_error *err);

/* view.c: begins, once policies and input are open; one evaluation, or with --convert one event, in the form asked
 * for; the lines that -n kept back and the table's end, or the whole page; and what all that needed. */
void sv_run_view_open(struct sv_run *run);
void sv_run_view_row(struct sv_run *run, const struct sv_hit *hit);
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
