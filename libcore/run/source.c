/* SPDX-License-Identifier: ISC */
/* Which row of the store is this input, and what is kept of it with a batch. */
#include "base/os.h"
#include "run/origin.h"
#include "run/source.h"

struct sv_run_source *sv_run_source_at(struct sv_run *run, uint32_t source)
{
    size_t count = sv_input_sources(run->input);
    if (run->source_count < count) {
        run->sources = sv_realloc(run->sources, count * sizeof *run->sources);
        memset(run->sources + run->source_count, 0, (count - run->source_count) * sizeof *run->sources);
        run->source_count = count;
    }
    return &run->sources[source];
}

struct sv_run_source *sv_run_source_of(const struct sv_run *run, int64_t row)
{
    for (size_t i = 0; i < run->source_count; i++)
        if (run->sources[i].row.id == row)
            return &run->sources[i];
    return NULL;
}

struct sv_slice sv_run_source_path(struct sv_run *run, const char *path)
{
    struct sv_buf text = {0};
    sv_store_source_path(&text, path, run->redactor);
    struct sv_slice kept = sv_arena_dup(&run->source_arena, sv_buf_slice(&text));
    sv_buf_free(&text);
    return kept;
}

void sv_run_source_take(struct sv_run *run, struct sv_run_source *known, const struct sv_store_source *row)
{
    known->row = *row;
    known->row.path = sv_arena_dup(&run->source_arena, row->path);
    known->row.log = sv_arena_dup(&run->source_arena, row->log);
    known->row.format = sv_arena_dup(&run->source_arena, row->format);
    known->had_position = row->has_position;
    known->from = row->offset;
}

void sv_run_source_look(struct sv_run *run, uint32_t source)
{
    const struct sv_input_source *file = sv_input_source(run->input, source);
    struct sv_store_source *row = &run->sources[source].row;
    row->head = file->head;
    row->device = file->device;
    row->inode = file->inode;
    row->born_ns = file->born_ns;
    row->size = file->size;
    row->modified_ns = file->modified_ns;
    row->state = file->is_rotated ? SV_SOURCE_ROTATED : SV_SOURCE_LIVE;
}

static bool is_same_inode(const struct sv_input_source *file, const struct sv_store_source *row)
{
    return file->device == row->device && file->inode == row->inode &&
           (file->born_ns == row->born_ns || file->born_ns == 0 || row->born_ns == 0);
}

bool sv_run_source_is(struct sv_run *run, uint32_t source, struct sv_slice path, const struct sv_store_source *row, enum sv_sureness how)
{
    const struct sv_input_source *file = sv_input_source(run->input, source);
    if (file->head != row->head || file->is_pipe || row->run > 0)
        return false;
    bool is_there = sv_slice_equal(path, row->path), is_sure = row->born_ns != 0 && row->born_ns == file->born_ns;
    if (row->print.end == 0) /* a run was killed before it could note what it read */
        return how == SV_BY_INODE  ? is_same_inode(file, row) && (is_there || is_sure)
               : how == SV_BY_PATH ? is_there && row->inode == 0
                                   : run->spec.resume;
    /* one record may be what all generations of a log begin with */
    bool is_telling = row->record > 1 || !run->spec.resume || file->is_rotated;
    if (how == SV_BY_INODE ? !is_same_inode(file, row) : how == SV_BY_PATH ? !is_there || !is_telling : !is_telling || !run->spec.resume)
        return false;
    return sv_input_match(run->input, source, &row->print) == SV_PRINT_SAME;
}

/* --- a source of its own: pipes, and files of a plain run --- */

static bool add_row(struct sv_run *run, struct sv_run_source *known, struct sv_error *err)
{
    known->row.first_read_ns = run->ledger.started_ns;
    return sv_store_source_add(run->store, &known->row, err);
}

/* Inside a transaction, so that two runs that start together agree. */
static bool find_file(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    struct sv_run_source *known = &run->sources[source];
    struct sv_store_sources rows = {0};
    const struct sv_store_source *found = NULL;
    if (known->row.path.len == 0)
        known->row.path = known->row.log = sv_run_source_path(run, sv_input_source(run->input, source)->path);
    bool fine = sv_store_sources_by_head(run->store, sv_input_source(run->input, source)->head, &rows, err);
    for (int how = 0; how <= SV_BY_PATH && found == NULL && fine; how++)
        for (size_t i = rows.count; i-- > 0 && found == NULL;)
            if (sv_run_source_of(run, rows.items[i].id) == NULL &&
                sv_run_source_is(run, source, known->row.path, &rows.items[i], (enum sv_sureness)how) &&
                !(run->spec.resume && rows.items[i].has_position)) /* that one was offered when the log was resolved */
                found = &rows.items[i];
    struct sv_slice path = known->row.path, log = known->row.log;
    if (found != NULL)
        sv_run_source_take(run, known, found);
    known->row.path = path;
    known->row.log = log;
    sv_run_source_look(run, source);
    sv_store_sources_free(&rows);
    return fine && (found != NULL || add_row(run, known, err));
}

static bool find_pipe(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    struct sv_run_source *known = &run->sources[source];
    known->row.run = run->run_id;
    known->row.path = sv_slice_str(known->shown);
    return add_row(run, known, err);
}

static bool know_source(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    struct sv_run_source *known = sv_run_source_at(run, source);
    uint64_t number = input->is_pipe ? (uint64_t)run->run_id : input->head;
    struct sv_slice origin = sv_origin_name(&run->source_arena, input->is_pipe, number, 1);
    if (run->store != NULL && known->row.id == 0 && !(input->is_pipe ? find_pipe(run, source, err) : find_file(run, source, err)))
        return false;
    uint32_t which = run->store != NULL ? known->row.number : (uint32_t)++sv_map_at(&run->heads, origin)->number;
    known->origin = which > 1 ? sv_origin_name(&run->source_arena, input->is_pipe, number, which).data : origin.data;
    known->is_known = true;
    known->head = input->head;
    return true;
}

/* With this one all others whose head was seen already: a folder of a thousand files is one commit, not a thousand. */
static bool know_sources(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    for (uint32_t i = 0; i < sv_input_sources(run->input); i++) {
        const struct sv_input_source *input = sv_input_source(run->input, i);
        const struct sv_run_source *known = sv_run_source_at(run, i);
        bool is_new = !known->is_known && !known->is_left_out && !input->is_pipe && input->head != 0;
        if ((is_new || i == source) && !know_source(run, i, err))
            return false;
    }
    return true;
}

bool sv_run_know_source(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    const struct sv_run_source *known = sv_run_source_at(run, source);
    /* a first line may have grown since it was looked at */
    if (known->is_known && known->head == sv_input_source(run->input, source)->head)
        return true;
    if (run->store == NULL || known->row.id != 0)
        return know_sources(run, source, err);
    if (!sv_store_begin(run->store, err))
        return false;
    if (sv_run_know_run(run, err) && know_sources(run, source, err))
        return sv_store_commit(run->store, err);
    sv_store_rollback(run->store);
    return false;
}

/* --- what is kept with a batch --- */

static bool keep(struct sv_run *run, struct sv_store_source *row, struct sv_slice state, const int64_t *from, struct sv_error *err)
{
    bool was_moved;
    row->read_ns = sv_os_now_ns();
    if (!sv_store_source_set(run->store, row, state, from, &was_moved, err))
        return false;
    return !was_moved ||
           sv_error_set(err, SV_SYSTEM, "%.*s: another process has read it meanwhile; nothing of this batch was stored", SV_ARG(row->log));
}

/* What its format carries over, into known->state: the reader's, or what it was closed with, or, of a file that has only moved,
 * what the store has. */
static bool state_of(struct sv_run *run, struct sv_run_source *known, struct sv_error *err)
{
    if (known->reader != NULL) {
        sv_buf_clear(&known->state);
        sv_reader_save(known->reader, &known->state);
        return true;
    }
    return known->state.len > 0 || known->is_ended || !known->had_position ||
           sv_store_source_format_state(run->store, known->row.id, &known->state, err);
}

static bool keep_source(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    struct sv_run_source *known = &run->sources[source];
    const struct sv_input_source *file = sv_input_source(run->input, source);
    sv_run_source_look(run, source);
    if (!file->is_pipe)
        sv_input_print(run->input, source, &known->row.print);
    if (known->reader != NULL) {
        const struct sv_format *format = sv_reader_format(known->reader);
        known->row.format = format != NULL ? sv_slice_str(format->name) : (struct sv_slice){0};
    }
    if (run->spec.resume) {
        known->row.has_position = true;
        known->row.offset = file->offset;
        known->row.record = file->records;
        known->row.line = file->lines;
        known->row.where = file->where;
        if (!state_of(run, known, err))
            return false;
    }
    return keep(run, &known->row, sv_buf_slice(&known->state), known->had_position ? &known->from : NULL, err);
}

bool sv_run_keep_sources(struct sv_run *run, struct sv_error *err)
{
    for (size_t i = 0; i < run->lost_count; i++)
        if (!keep(run, &run->lost[i], (struct sv_slice){0}, run->lost[i].has_position ? &run->lost[i].offset : NULL, err))
            return false;
    for (uint32_t i = 0; i < run->source_count; i++) {
        const struct sv_run_source *known = &run->sources[i];
        /* a plain run leaves positions alone */
        if (known->is_touched && known->row.id != 0 && (run->spec.resume || !known->had_position) && !keep_source(run, i, err))
            return false;
    }
    return true;
}

void sv_run_kept_sources(struct sv_run *run)
{
    run->lost_count = 0;
    for (uint32_t i = 0; i < run->source_count; i++) {
        struct sv_run_source *known = &run->sources[i];
        if (!known->is_touched)
            continue;
        known->is_touched = false;
        sv_buf_free(&known->state);
        known->had_position = known->row.has_position;
        known->from = known->row.offset;
    }
}
