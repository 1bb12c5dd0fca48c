/* SPDX-License-Identifier: ISC */
#include "run/sources.h"

#include "base/mem.h"
#include "base/os.h"

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

enum { COUNTED_MAX = 100000 }; /* how many more are counted */

struct sources {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_store *store;
    struct sv_store_sources page;
    int64_t read_ns, id;       /* of the last row seen: the next page lies behind */
    int64_t shown_ns, shown_id; /* of the last row shown */
    uint64_t shown, more;
    bool headed, ended;
    struct sv_buf out;
};

static bool is_wanted(const struct sources *sources, const struct sv_store_source *row)
{
    const struct sv_ask *ask = &sources->ask;
    if (ask->format.len > 0 && !sv_slice_equal(ask->format, row->format))
        return false;
    for (size_t i = 0; i < ask->operand_count; i++)
        if (sv_slice_glob(sv_slice_str(ask->operands[i]), row->path) || sv_slice_glob(sv_slice_str(ask->operands[i]), row->log))
            return true;
    return ask->operand_count == 0;
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

bool sv_sources_lag(const struct sv_store_source *row, int64_t *lag)
{
    int64_t size;
    if (!row->has_position || !size_now(row, &size))
        return false;
    *lag = size >= row->offset ? size - row->offset : size; /* one that was cut is read from its start */
    return true;
}

int64_t sv_sources_lines(const struct sv_store_source *row, int64_t most)
{
    char bytes[65536];
    int64_t lag, size, lines = 0;
    if (!sv_sources_lag(row, &lag) || lag == 0 || !size_now(row, &size))
        return 0;
    char *path = sv_str_dup(row->path);
    struct sv_error err = {0};
    int64_t at = size - lag, end = lag < most ? size : at + most;
    int fd = sv_os_open(path, &(bool){false}, &err);
    sv_free(path);
    while (fd >= 0 && at < end) {
        ssize_t got = sv_os_pread(fd, bytes, end - at < (int64_t)sizeof bytes ? (size_t)(end - at) : sizeof bytes, at);
        if (got <= 0)
            break;
        at += got;
        for (const char *c = bytes, *stop = bytes + got; (c = memchr(c, '\n', (size_t)(stop - c))) != NULL; c++)
            lines++;
    }
    if (fd >= 0)
        sv_os_close(fd);
    return lines;
}

static const char *state_of(const struct sv_store_source *row)
{
    static const char *const names[] = {[SV_SOURCE_LIVE] = "live", [SV_SOURCE_ROTATED] = "rotated", [SV_SOURCE_GONE] = "gone"};
    return row->run < 0 ? "direct" : row->run > 0 ? "pipe" : row->state <= SV_SOURCE_GONE ? names[row->state] : "";
}

static void put_row(struct sources *sources, const struct sv_store_source *row)
{
    int64_t size = 0, lag = 0;
    bool is_there = size_now(row, &size), has_lag = sv_sources_lag(row, &lag);
    struct sv_list_cell cells[C_COUNT] = {
        [C_STATE] = sv_ask_text(sv_slice_str(state_of(row))),
        [C_FORMAT] = sv_ask_text(row->format),
        [C_POSITION] = sv_ask_number(row->has_position && row->run == 0, row->offset),
        [C_SIZE] = sv_ask_number(is_there, size),
        [C_LAG] = sv_ask_number(has_lag, lag),
        [C_RECORDS] = sv_ask_number(row->has_position, (int64_t)row->record),
        [C_READ] = sv_ask_time(row->read_ns),
        [C_PATH] = sv_ask_text(row->path),
        [C_LOG] = sv_ask_text(row->log),
        [C_FIRST_READ] = sv_ask_time(row->first_read_ns),
        [C_ID] = sv_ask_number(true, row->id),
    };
    cells[C_STATE].color = row->state == SV_SOURCE_GONE ? SV_COLOR_DIM : SV_COLOR_NONE;
    cells[C_LAG].color = cells[C_LAG].number > 0 ? SV_COLOR_YELLOW : SV_COLOR_NONE;
    sv_list_row(&sources->ask.list, &sources->out, cells);
}

/* Shows what is wanted of a page; what is over `number` is only counted. */
static void take_page(struct sources *sources)
{
    const struct sv_ask *ask = &sources->ask;
    for (size_t i = 0; i < sources->page.count && !sources->ended; i++) {
        const struct sv_store_source *row = &sources->page.items[i];
        sources->read_ns = row->read_ns;
        sources->id = row->id;
        if (ask->has_since && row->read_ns < ask->since_ns) {
            sources->ended = true;
        } else if (!is_wanted(sources, row)) {
            continue;
        } else if (sources->shown < ask->number) {
            put_row(sources, row);
            sources->shown++;
            sources->shown_ns = row->read_ns;
            sources->shown_id = row->id;
        } else {
            sources->ended = ++sources->more >= COUNTED_MAX;
        }
    }
    sources->ended |= sources->page.count == 0;
}

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct sources *sources = (struct sources *)answer;
    sv_buf_clear(&sources->out);
    if (sources->ended)
        return false;
    if (!sources->headed)
        sv_list_head(&sources->ask.list, &sources->out);
    sources->headed = true;
    sv_store_sources_free(&sources->page);
    if (!sv_store_sources_newest(sources->store, sources->read_ns, sources->id, &sources->page, err))
        return false;
    take_page(sources);
    *out = sv_buf_slice(&sources->out);
    return true;
}

static uint64_t more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct sources *sources = (const struct sources *)answer;
    sv_ask_put_cursor(cursor, sources->shown_ns, sources->shown_id);
    return sources->more;
}

static void close_sources(struct sv_answer *answer)
{
    struct sources *sources = (struct sources *)answer;
    sv_store_close(sources->store);
    sv_store_sources_free(&sources->page);
    sv_buf_free(&sources->out);
    sv_free(sources);
}

static const struct sv_answer_kind kind = {next, more, close_sources, NULL};

struct sv_answer *sv_sources_open(const struct sv_ask *ask, struct sv_error *err)
{
    struct sources *sources = sv_calloc(1, sizeof *sources);
    sources->answer = (struct sv_answer){.kind = &kind, .more_at_most = COUNTED_MAX};
    sources->ask = *ask;
    sources->ask.store.read_only = true;
    sources->read_ns = sources->id = INT64_MAX;
    if (ask->has_until && ask->until_ns < INT64_MAX) { /* the index leads there */
        sources->read_ns = ask->until_ns;
        sources->id = 0;
    }
    int64_t read_ns = sources->read_ns, id = sources->id;
    bool fine = ask->before == NULL || sv_ask_take_cursor(ask->before, &sources->read_ns, &sources->id, err);
    if (fine && sources->read_ns > read_ns) {
        sources->read_ns = read_ns;
        sources->id = id;
    }
    if (fine && (sources->store = sv_store_open(&sources->ask.store, err)) != NULL)
        return &sources->answer;
    close_sources(&sources->answer);
    return NULL;
}
