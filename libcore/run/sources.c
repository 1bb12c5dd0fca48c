/* SPDX-License-Identifier: ISC */
#include "run/sources.h"

#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/os.h"
#include "base/time.h"

/* Part of the manual: new ones go to the end. */
enum { C_STATE, C_FORMAT, C_POSITION, C_SIZE, C_LAG, C_RECORDS, C_READ, C_PATH, C_LOG, C_FIRST_READ, C_ID, C_COUNT };

const struct sv_list_column sv_sources_columns[] = {
    [C_STATE] = {"state", 7, 7, false, false, false},
    [C_FORMAT] = {"format", 6, 13, false, false, false},
    [C_POSITION] = {"position", 8, 8, false, false, true},
    [C_SIZE] = {"size", 7, 7, false, false, true},
    [C_LAG] = {"lag", 7, 7, false, false, true},
    [C_RECORDS] = {"records", 7, 7, false, false, true},
    [C_READ] = {"read", 11, 11, false, false, false},
    [C_PATH] = {"path", 12, 0, true, true, false},
    [C_LOG] = {"log", 0, 30, false, true, false},
    [C_FIRST_READ] = {"first_read", 0, 11, false, false, false},
    [C_ID] = {"id", 0, 8, false, false, true},
};
const size_t sv_sources_column_count = C_COUNT;

struct sv_sources {
    struct sv_sources_spec spec;
    struct sv_store *store;
    struct sv_store_sources page;
    int64_t read_ns, id;       /* of the last row seen: the next page lies behind */
    int64_t shown_ns, shown_id; /* of the last row shown */
    uint64_t shown, more;
    bool headed, ended;
    struct sv_buf out;
};

/* What a cursor says: TIME/ID, the time as it is printed, to the nanosecond. */
static bool take_cursor(struct sv_sources *sources, const char *text, struct sv_error *err)
{
    const char *slash = strchr(text, '/');
    uint64_t id;
    if (slash == NULL || !sv_time_parse(sv_slice(text, (size_t)(slash - text)), &sources->read_ns) ||
        !sv_num_uint(sv_slice_str(slash + 1), &id) || id > INT64_MAX)
        return sv_error_set(err, SV_USAGE, "--before %.100s: give what an earlier list named for this", text);
    sources->id = (int64_t)id;
    return true;
}

struct sv_sources *sv_sources_open(const struct sv_sources_spec *spec, struct sv_error *err)
{
    struct sv_sources *sources = sv_calloc(1, sizeof *sources);
    sources->spec = *spec;
    sources->spec.store.read_only = true;
    sources->read_ns = sources->id = INT64_MAX;
    if (spec->has_until && spec->until_ns < INT64_MAX) { /* the index leads there */
        sources->read_ns = spec->until_ns;
        sources->id = 0;
    }
    int64_t read_ns = sources->read_ns, id = sources->id;
    if (spec->before != NULL && !take_cursor(sources, spec->before, err)) {
        sv_sources_close(sources);
        return NULL;
    }
    if (sources->read_ns > read_ns) {
        sources->read_ns = read_ns;
        sources->id = id;
    }
    sources->store = sv_store_open(&sources->spec.store, err);
    if (sources->store != NULL)
        return sources;
    sv_sources_close(sources);
    return NULL;
}

static bool is_wanted(const struct sv_sources *sources, const struct sv_store_source *row)
{
    const struct sv_sources_spec *spec = &sources->spec;
    if (spec->format.len > 0 && !sv_slice_equal(spec->format, row->format))
        return false;
    for (size_t i = 0; i < spec->path_count; i++)
        if (sv_slice_glob(sv_slice_str(spec->paths[i]), row->path) || sv_slice_glob(sv_slice_str(spec->paths[i]), row->log))
            return true;
    return spec->path_count == 0;
}

/* The size that the file has now; false where there is none, or it is another one by now. */
static bool size_now(const struct sv_store_source *row, int64_t *size)
{
    struct sv_os_stat st;
    char *path = sv_str_dup(row->path);
    bool found = row->run == 0 && sv_os_stat_path(path, true, &st) && st.is_file &&
                 (row->inode == 0 || (st.device == row->device && st.inode == row->inode));
    sv_free(path);
    if (found)
        *size = st.size;
    return found;
}

static struct sv_list_cell text(struct sv_slice slice)
{
    return (struct sv_list_cell){.kind = slice.len > 0 ? SV_LIST_STRING : SV_LIST_NONE, .text = slice};
}

static struct sv_list_cell number(bool known, int64_t value)
{
    return (struct sv_list_cell){.kind = known ? SV_LIST_NUMBER : SV_LIST_NONE, .number = value};
}

static struct sv_list_cell time_cell(int64_t ns)
{
    return (struct sv_list_cell){.kind = ns > 0 ? SV_LIST_TIME : SV_LIST_NONE, .number = ns};
}

static const char *state_of(const struct sv_store_source *row)
{
    static const char *const names[] = {[SV_SOURCE_LIVE] = "live", [SV_SOURCE_ROTATED] = "rotated", [SV_SOURCE_GONE] = "gone"};
    return row->run > 0 ? "pipe" : row->state <= SV_SOURCE_GONE ? names[row->state] : "";
}

static void put_row(struct sv_sources *sources, const struct sv_store_source *row)
{
    int64_t size = 0;
    bool is_there = size_now(row, &size), has_lag = is_there && row->has_position;
    int64_t lag = size >= row->offset ? size - row->offset : size; /* one that was cut is read from its start */
    struct sv_list_cell cells[C_COUNT] = {
        [C_STATE] = text(sv_slice_str(state_of(row))),
        [C_FORMAT] = text(row->format),
        [C_POSITION] = number(row->has_position && row->run == 0, row->offset),
        [C_SIZE] = number(is_there, size),
        [C_LAG] = number(has_lag, lag),
        [C_RECORDS] = number(row->has_position, (int64_t)row->record),
        [C_READ] = time_cell(row->read_ns),
        [C_PATH] = text(row->path),
        [C_LOG] = text(row->log),
        [C_FIRST_READ] = time_cell(row->first_read_ns),
        [C_ID] = number(true, row->id),
    };
    cells[C_STATE].color = row->state == SV_SOURCE_GONE ? SV_COLOR_DIM : SV_COLOR_NONE;
    cells[C_LAG].color = cells[C_LAG].number > 0 ? SV_COLOR_YELLOW : SV_COLOR_NONE;
    sv_list_row(&sources->spec.list, &sources->out, cells);
}

/* Shows what is wanted of a page; what is over `number` is only counted. */
static void take_page(struct sv_sources *sources)
{
    const struct sv_sources_spec *spec = &sources->spec;
    for (size_t i = 0; i < sources->page.count && !sources->ended; i++) {
        const struct sv_store_source *row = &sources->page.items[i];
        sources->read_ns = row->read_ns;
        sources->id = row->id;
        if (spec->has_since && row->read_ns < spec->since_ns) {
            sources->ended = true;
        } else if (!is_wanted(sources, row)) {
            continue;
        } else if (sources->shown < spec->number) {
            put_row(sources, row);
            sources->shown++;
            sources->shown_ns = row->read_ns;
            sources->shown_id = row->id;
        } else {
            sources->ended = ++sources->more >= SV_SOURCES_COUNTED_MAX;
        }
    }
    sources->ended |= sources->page.count == 0;
}

bool sv_sources_next(struct sv_sources *sources, struct sv_slice *out, struct sv_error *err)
{
    sv_buf_clear(&sources->out);
    if (sources->ended)
        return false;
    if (!sources->headed)
        sv_list_head(&sources->spec.list, &sources->out);
    sources->headed = true;
    sv_store_sources_free(&sources->page);
    if (!sv_store_sources_newest(sources->store, sources->read_ns, sources->id, &sources->page, err))
        return false;
    take_page(sources);
    *out = sv_buf_slice(&sources->out);
    return true;
}

uint64_t sv_sources_more(const struct sv_sources *sources, struct sv_buf *cursor)
{
    sv_time_format(cursor, sources->shown_ns);
    sv_buf_char(cursor, '/');
    sv_buf_int(cursor, sources->shown_id);
    return sources->more;
}

void sv_sources_close(struct sv_sources *sources)
{
    if (sources == NULL)
        return;
    sv_store_close(sources->store);
    sv_store_sources_free(&sources->page);
    sv_buf_free(&sources->out);
    sv_free(sources);
}
