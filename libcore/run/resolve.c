/* SPDX-License-Identifier: ISC */
/* Which generation of a log is which file, and where does a resumed run go on?
 *
 * What the store knows of a log are rows, one a generation; what is there are files: the one at the log's path and what was
 * renamed or copied beside it. Rows are given to files in the order of how sure the match is. A file without a row is a new
 * generation, or a copy, or older than the first reading; a row without a file is a gap. */
#include <errno.h>

#include "base/os.h"
#include "base/time.h"
#include "run/source.h"

/* A log that nobody wrote to for a day before it was last looked at was not deleted amid its life. */
#define QUIET_NS (86400 * SV_SECOND_NS)

struct generations {
    struct sv_run *run;
    const uint32_t *sources;
    size_t count;
    struct sv_input_position *positions;
    struct sv_slice log;
    struct sv_slice *paths;        /* [count] */
    bool *is_settled;              /* [count] */
    struct sv_store_sources rows;
    bool *is_taken;                /* [rows.count] */
};

static bool is_live(const struct generations *g, size_t i)
{
    return i + 1 == g->count && !sv_input_source(g->run->input, g->sources[i])->is_rotated;
}

/* Rows of this log, and of whatever begins as one of its files does. */
static bool gather(struct generations *g, struct sv_error *err)
{
    bool fine = sv_store_sources_by_log(g->run->store, g->log, &g->rows, err);
    size_t own = g->rows.count;
    for (size_t i = 0; i < g->count && fine; i++) {
        uint64_t head = sv_input_source(g->run->input, g->sources[i])->head;
        fine = head == 0 || sv_store_sources_by_head(g->run->store, head, &g->rows, err);
    }
    /* one that comes twice is taken once */
    for (size_t i = own; i < g->rows.count; i++)
        for (size_t j = 0; j < i; j++)
            if (g->rows.items[i].id == g->rows.items[j].id) {
                g->rows.items[i--] = g->rows.items[--g->rows.count];
                break;
            }
    g->is_taken = sv_calloc(g->rows.count + 1, sizeof *g->is_taken);
    return fine;
}

/* The source that has this row has it no more. */
static void part_from(struct sv_run *run, int64_t id)
{
    struct sv_run_source *former = sv_run_source_of(run, id);
    if (former == NULL)
        return;
    former->row.id = 0;
    former->is_touched = former->had_position = false;
    former->is_left_out = true; /* it gets no other row */
}

static void settle(struct generations *g, size_t i, const struct sv_store_source *row)
{
    struct sv_run *run = g->run;
    struct sv_run_source *known = &run->sources[g->sources[i]];
    if (row != NULL) {
        part_from(run, row->id); /* what was cut, when this is its copy: all it had is committed */
        sv_run_source_take(run, known, row);
        if (row->has_position)
            g->positions[i] = (struct sv_input_position){
                .offset = row->offset, .record = row->record, .line = row->line, .where = row->where, .print = row->print};
    }
    bool has_moved = row != NULL && (!sv_slice_equal(row->path, g->paths[i]) || !sv_slice_equal(row->log, g->log));
    known->is_left_out = false;
    known->row.path = g->paths[i];
    known->row.log = g->log;
    sv_run_source_look(run, g->sources[i]);
    known->is_touched |= row != NULL && (has_moved || row->state != known->row.state || row->inode != known->row.inode);
    g->is_settled[i] = true;
}

/* Files that are being read already keep their row, those of another log, too. */
static void settle_known(struct generations *g)
{
    for (size_t r = 0; r < g->rows.count; r++) {
        const struct sv_run_source *owner = sv_run_source_of(g->run, g->rows.items[r].id);
        g->is_taken[r] = owner != NULL && !sv_input_source(g->run->input, (uint32_t)(owner - g->run->sources))->ended;
    }
    for (size_t i = 0; i < g->count; i++) {
        const struct sv_run_source *known = &g->run->sources[g->sources[i]];
        if (known->row.id == 0)
            continue;
        for (size_t r = 0; r < g->rows.count; r++)
            g->is_taken[r] |= g->rows.items[r].id == known->row.id;
        g->run->sources[g->sources[i]].is_touched = true;
        settle(g, i, NULL);
    }
}

/* Is the file that the row speaks of still where it was? Then another with the same bytes is a copy, or was born alike. */
static bool is_at_home(const struct generations *g, size_t r)
{
    const struct sv_store_source *row = &g->rows.items[r];
    for (size_t k = 0; k < g->count; k++) {
        const struct sv_input_source *file = sv_input_source(g->run->input, g->sources[k]);
        if (g->is_settled[k] && file->inode == row->inode && file->device == row->device)
            return false; /* another row has it: it was cut, and begins alike */
    }
    return sv_input_match_path(row->path.data, row->device, row->inode, &row->print) == SV_PRINT_SAME;
}

static void settle_matches(struct generations *g, enum sv_sureness how)
{
    for (size_t i = g->count; i-- > 0;)
        for (size_t r = g->rows.count; r-- > 0 && !g->is_settled[i];)
            if (!g->is_taken[r] && sv_run_source_is(g->run, g->sources[i], g->paths[i], &g->rows.items[r], how) &&
                (how != SV_BY_BYTES || !is_at_home(g, r))) {
                g->is_taken[r] = true;
                settle(g, i, &g->rows.items[r]);
            }
}

static void leave_out(struct generations *g, size_t i)
{
    g->positions[i].offset = -1;
    g->run->sources[g->sources[i]].is_left_out = true;
    g->is_settled[i] = true;
}

static bool is_born_before(int64_t a_ns, int64_t b_ns)
{
    return a_ns != 0 && b_ns != 0 && a_ns < b_ns;
}

/* Of the file at the log's path, which is there, and which it may be about to be cut: a copy, whole or still being made. Where
 * files do not tell when they were born only one that was touched just now is: later it may be a generation that was as short as
 * the others begin. */
static bool is_copy_of_live(const struct generations *g, size_t i)
{
    size_t last = g->count - 1;
    if (i == last || !is_live(g, last))
        return false;
    const struct sv_input_source *file = sv_input_source(g->run->input, g->sources[i]);
    const struct sv_input_source *live = sv_input_source(g->run->input, g->sources[last]);
    bool is_known = file->born_ns != 0 && live->born_ns != 0;
    return (is_known ? !is_born_before(file->born_ns, live->born_ns) : !file->is_final) &&
           sv_input_is_begin(g->run->input, g->sources[i], g->sources[last]);
}

/* Of a file that was cut by now, and that was read farther than the copy goes: what it is a part of is known by its head alone. */
static bool is_short_copy(const struct generations *g, size_t i, size_t r)
{
    const struct sv_input_source *file = sv_input_source(g->run->input, g->sources[i]);
    const struct sv_store_source *row = &g->rows.items[r];
    if (g->is_taken[r] || row->record < 2 || file->head != row->head || file->size >= row->print.end ||
        is_born_before(file->born_ns, row->born_ns))
        return false;
    for (size_t k = 0; k < g->count; k++) {
        const struct sv_input_source *cut = sv_input_source(g->run->input, g->sources[k]);
        if (k != i && cut->inode == row->inode && cut->device == row->device && sv_slice_equal(g->paths[k], row->path))
            return true;
    }
    return false;
}

/* A copy, made by now or a while ago, of what is read elsewhere. One record may be what all generations begin with, so a copy of
 * that is told by its size. */
static bool is_copy(const struct generations *g, size_t i)
{
    const struct sv_input_source *file = sv_input_source(g->run->input, g->sources[i]);
    for (size_t r = 0; r < g->rows.count; r++) {
        const struct sv_store_source *row = &g->rows.items[r];
        bool is_telling = row->record > 1 || file->size == row->print.end;
        if (row->print.end > 0 && is_telling && sv_input_match(g->run->input, g->sources[i], &row->print) != SV_PRINT_OTHER)
            return true;
        if (row->print.end > 0 && is_short_copy(g, i, r))
            return true;
    }
    return is_copy_of_live(g, i);
}

/* Of what nobody knows: the file at the path itself is new; one beside it is if it was written to since the log is read. */
static void settle_unknown(struct generations *g)
{
    int64_t since = INT64_MAX;
    for (size_t r = 0; r < g->rows.count; r++) {
        const struct sv_store_source *row = &g->rows.items[r];
        bool is_resumed = row->has_position || row->print.end == 0; /* or was to be, by a run that was killed */
        if (is_resumed && sv_slice_equal(row->log, g->log) && row->first_read_ns < since)
            since = row->first_read_ns;
    }
    for (size_t i = 0; i < g->count; i++) {
        if (g->is_settled[i])
            continue;
        const struct sv_input_source *file = sv_input_source(g->run->input, g->sources[i]);
        bool is_new = is_live(g, i) || (file->size > 0 && file->modified_ns > since && !is_copy(g, i));
        if (is_new)
            settle(g, i, NULL);
        else
            leave_out(g, i);
    }
}

static void tell_gap(struct sv_run *run, const char *log, const struct sv_store_source *row)
{
    struct sv_error err = {0};
    sv_error_set(&err, SV_INPUT, "a gap: this log was read up to byte %lld (record %llu), and that file is nowhere to be found; "
                                 "what was written behind it is not counted",
                 (long long)row->offset, (unsigned long long)row->record);
    sv_error_at(&err, log, 0, 0);
    sv_run_notice(run, &err);
    run->ledger.gaps++;
}

/* Once: from now on it counts as gone. log: its path, as people see it. */
static void lose(struct sv_run *run, const char *log, const struct sv_store_source *row, bool is_rewritten)
{
    bool was_read = row->offset >= row->size;
    bool is_quiet = was_read && row->modified_ns != 0 && row->read_ns - row->modified_ns >= QUIET_NS;
    if (!is_rewritten && (row->state == SV_SOURCE_LIVE ? !is_quiet : !was_read))
        tell_gap(run, log, row);
    else
        run->ledger.gone++;
    if (run->lost_count == run->lost_capacity) {
        run->lost_capacity = run->lost_capacity > 0 ? 2 * run->lost_capacity : 8;
        run->lost = sv_realloc(run->lost, run->lost_capacity * sizeof *run->lost);
    }
    struct sv_run_source lost = {0};
    sv_run_source_take(run, &lost, row);
    lost.row.state = SV_SOURCE_GONE;
    run->lost[run->lost_count++] = lost.row;
}

/* Not read at all: no run has noted anything of it. */
static bool is_unread(const struct sv_store_source *row)
{
    return !row->has_position && row->print.end == 0;
}

void sv_run_lose(struct sv_run *run, uint32_t source)
{
    struct sv_run_source *known = &run->sources[source];
    const char *log = sv_input_source(run->input, source)->log;
    int64_t id = known->row.id;
    if (id != 0)
        lose(run, log, &known->row, false);
    else
        tell_gap(run, log, &known->row);
    known->is_left_out = true;
    if (id != 0)
        part_from(run, id);
}

/* Was this log read by a run that goes on? */
static bool is_resumed(const struct generations *g)
{
    for (size_t r = 0; r < g->rows.count; r++)
        if (g->rows.items[r].has_position && sv_slice_equal(g->rows.items[r].log, g->log))
            return true;
    return false;
}

/* What a run had found, and was killed before it read it, is missed as well. */
static bool is_missing(const struct generations *g, size_t r)
{
    const struct sv_store_source *row = &g->rows.items[r];
    return !g->is_taken[r] && (row->has_position || (is_unread(row) && is_resumed(g))) && row->state != SV_SOURCE_GONE &&
           sv_slice_equal(row->log, g->log);
}

/* A file that is renamed, or copied and cut, just now may have been missed. */
static bool must_look_again(struct generations *g)
{
    bool is_again = sv_slice_equal(g->run->sought, g->log);
    g->run->sought = (struct sv_slice){0};
    for (size_t r = 0; r < g->rows.count && !is_again; r++)
        if (is_missing(g, r)) {
            g->run->sought = g->log;
            return true;
        }
    return false;
}

/* Written anew as a whole, as its format is: the new file begins with what is known of the old one, and nothing is missing. */
static bool is_rewritten(struct generations *g, const struct sv_store_source *row, struct sv_error *err)
{
    struct sv_run_source *live = &g->run->sources[g->sources[g->count - 1]];
    const struct sv_format *format = sv_format_find(row->format);
    if (format == NULL || !format->rewrites || row->state != SV_SOURCE_LIVE || !is_live(g, g->count - 1) || live->row.id != 0 ||
        !sv_slice_equal(row->path, g->paths[g->count - 1]))
        return false;
    return sv_store_source_format_state(g->run->store, row->id, &live->state, err);
}

static bool lose_missing(struct generations *g, struct sv_error *err)
{
    struct sv_error why = {0};
    for (size_t r = 0; r < g->rows.count; r++) {
        const struct sv_store_source *row = &g->rows.items[r];
        if (is_missing(g, r)) {
            lose(g->run, sv_input_source(g->run->input, g->sources[g->count - 1])->log, row, is_rewritten(g, row, &why));
            part_from(g->run, row->id);
        }
    }
    if (why.code != SV_DONE)
        *err = why;
    return why.code == SV_DONE;
}

/* Read by another: neither now nor later by us. */
static bool hold_log(struct generations *g, struct sv_error *err)
{
    pid_t holder;
    struct sv_run *run = g->run;
    struct sv_error why = {0};
    if (sv_store_log_lock(run->store, g->log, &holder, &why))
        return true;
    if (why.code != SV_DONE) {
        *err = why;
        return false;
    }
    sv_error_at(&why, sv_input_source(run->input, g->sources[g->count - 1])->log, 0, 0);
    sv_error_set(&why, SV_DONE, "being read by %ld", (long)holder);
    run->ledger.busy++;
    if (run->spec.verbose)
        sv_run_notice(run, &why);
    return false;
}

static bool resolve(struct generations *g, struct sv_error *err)
{
    for (size_t i = 0; i < g->count; i++)
        g->paths[i] = sv_run_source_path(g->run, sv_input_source(g->run->input, g->sources[i])->path);
    if (!gather(g, err))
        return false;
    settle_known(g);
    for (int how = 0; how < SV_SURENESSES; how++)
        settle_matches(g, (enum sv_sureness)how);
    if ((g->positions[0].look_again = must_look_again(g)))
        return true;
    settle_unknown(g);
    return lose_missing(g, err);
}

bool sv_run_resolve(void *context, struct sv_input *input, const uint32_t *sources, size_t count,
                    struct sv_input_position *positions, struct sv_error *err)
{
    struct sv_run *run = context;
    run->input = input;
    for (size_t i = 0; i < count; i++)
        sv_run_source_at(run, sources[i]);
    struct generations g = {.run = run, .sources = sources, .count = count, .positions = positions};
    g.log = sv_run_source_path(run, sv_input_source(input, sources[count - 1])->log);
    g.paths = sv_calloc(count, sizeof *g.paths);
    g.is_settled = sv_calloc(count, sizeof *g.is_settled);
    bool fine = hold_log(&g, err);
    if (fine)
        fine = resolve(&g, err);
    else if (err->code == SV_DONE) /* another reads it */
        for (size_t i = 0; i < count; i++)
            leave_out(&g, i);
    sv_store_sources_free(&g.rows);
    sv_free(g.is_taken);
    sv_free(g.is_settled);
    sv_free(g.paths);
    return fine || err->code == SV_DONE;
}

/* --- what is gone altogether --- */

static bool is_there(const struct sv_run *run, const struct sv_store_source *row)
{
    struct sv_os_stat stat;
    if (sv_run_source_of(run, row->id) != NULL)
        return true;
    /* with secrets in it the path is not the real one any more */
    return strstr(row->log.data, "[redacted:") != NULL || sv_os_stat_path(row->log.data, true, &stat) || errno != ENOENT;
}

static void lose_all(struct sv_run *run, const struct sv_store_sources *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct sv_store_source *row = &rows->items[i];
        pid_t holder;
        if (row->has_position && row->state == SV_SOURCE_LIVE && !is_there(run, row) &&
            sv_store_log_lock(run->store, row->log, &holder, NULL))
            lose(run, row->log.data, row, false);
    }
}

bool sv_run_find_lost(struct sv_run *run, struct sv_error *err)
{
    bool fine = true;
    for (size_t i = 0; i < run->spec.operand_count && fine; i++) {
        struct sv_store_sources rows = {0};
        struct sv_os_stat stat;
        struct sv_slice path = sv_run_source_path(run, run->spec.operands[i]);
        if (!sv_os_stat_path(run->spec.operands[i], true, &stat))
            fine = errno != ENOENT || sv_store_sources_by_log(run->store, path, &rows, err);
        else if (stat.is_folder)
            fine = sv_store_sources_under(run->store, path, &rows, err);
        lose_all(run, &rows);
        sv_store_sources_free(&rows);
    }
    return fine;
}
