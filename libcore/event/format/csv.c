/* SPDX-License-Identifier: ISC */
/* CSV (RFC 4180): a header that names the columns, then an event a record. base/commas.h parses; what ends a record is told by
 * base/framing.h, which knows the same rule about quotes.
 *
 * A file's state is its header, at most SV_FORMAT_STATE_MAX bytes. */
#include "base/commas.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"
#include "event/format/state.h"
#include "event/reader_private.h"
#include "event/typed.h"

enum { NAME_MAX_AUTO = 64 }; /* bytes; no header with a longer name is taken for CSV without being asked */

struct csv {
    struct sv_commas *commas;
    struct sv_slice header;       /* the record; empty until it came, or when it cannot be used */
    struct sv_slice *names;       /* [count] */
    struct sv_typed_key *columns; /* [count] */
    size_t count;
    bool has_header, unusable;
};

/* A record on its way into the event. */
struct row {
    struct sv_reader *reader;
    struct csv *csv;
    uint64_t odd;
};

/* Columns parted by something else than a comma are one column: one that would name fields if it were cut there. */
static bool is_parted_by(struct sv_slice header, char by)
{
    size_t parts = 0;
    bool canonical = false;
    const char *end = sv_slice_end(header);
    for (const char *p = header.data, *stop; p <= end; p = stop + 1, parts++) {
        stop = memchr(p, by, (size_t)(end - p));
        if (stop == NULL)
            stop = end;
        struct sv_slice name = sv_slice_trim(sv_slice(p, (size_t)(stop - p)));
        if (name.len >= 2 && name.data[0] == '"')
            name = sv_slice(name.data + 1, name.len - 2);
        canonical |= sv_typed_is_canonical(name);
    }
    return parts > 1 && canonical;
}

static bool are_commas(struct sv_slice header, size_t count, struct sv_error *err)
{
    static const struct {
        char by;
        const char *name, *option;
    } others[] = {{';', "semicolons", "semicolon"}, {'\t', "tabs", "tab"}, {'|', "bars", "pipe"}};
    for (size_t i = 0; count == 1 && i < sizeof others / sizeof *others; i++)
        if (is_parted_by(header, others[i].by))
            return sv_error_at(err, NULL, 1, 1),
                   sv_error_set(err, SV_INPUT, "the columns are parted by %s, and only commas are read (mlr --icsv --ifs %s --ocsv cat)",
                                others[i].name, others[i].option);
    return true;
}

/* A column without a name is called by its number, as Miller does. */
static bool name_columns(struct csv *csv, struct sv_reader *reader, struct sv_slice text, struct sv_slice *names, size_t count,
                         struct sv_error *err)
{
    struct sv_map seen = {0};
    struct sv_arena *arena = sv_reader_file_arena(reader);
    bool good = true;
    csv->columns = sv_arena_calloc(arena, count, sizeof *csv->columns);
    for (size_t i = 0; good && i < count; i++) {
        struct sv_slice name = names[i].len > 0 ? names[i] : sv_arena_printf(arena, "%zu", i + 1);
        good = sv_map_at(&seen, name)->number++ == 0;
        if (!good)
            sv_commas_at(err, text, sv_commas_offset(text, i)), sv_error_set(err, SV_INPUT, "column \"%.*s\" stands twice in the header", SV_ARG(name));
        names[i] = name;
        csv->columns[i] = sv_typed_key(reader->spec->schema, name);
    }
    csv->names = names;
    csv->count = count;
    sv_map_free(&seen);
    return good;
}

static bool read_header(struct csv *csv, struct sv_reader *reader, struct sv_slice text, struct sv_error *err)
{
    size_t count = 0, flaw;
    if (text.len > SV_FORMAT_STATE_MAX)
        return sv_error_set(err, SV_INPUT, "the header is longer than %u bytes", SV_FORMAT_STATE_MAX);
    if (!sv_commas_utf8(text, err) || memchr(text.data, '\0', text.len) != NULL)
        return sv_error_set(err, SV_INPUT, "the header is not UTF-8 (iconv converts it)");
    struct sv_slice *names = sv_commas_cells(text, sv_reader_file_arena(reader), &count);
    if (names == NULL) {
        const char *why = sv_framing_flaw(text, &flaw);
        sv_commas_at(err, text, flaw);
        return sv_error_set(err, SV_INPUT, "the header cannot be read: %s", why);
    }
    if (!are_commas(text, count, err) || !name_columns(csv, reader, text, names, count, err))
        return false;
    csv->header = sv_arena_dup(sv_reader_file_arena(reader), text);
    return true;
}

static void save(const void *state, struct sv_buf *out)
{
    const struct csv *csv = state;
    sv_pack_uint(out, (uint64_t)csv->has_header | (uint64_t)csv->unusable << 1);
    sv_pack_text(out, csv->unusable ? SV_SLICE("") : csv->header);
}

static bool restore(struct sv_reader *reader, void *state, struct sv_slice bytes)
{
    struct csv *csv = state;
    struct sv_unpack in = sv_unpack(bytes);
    struct sv_error err = {0};
    uint64_t flags = sv_unpack_uint(&in);
    struct sv_slice header = sv_state_get_long(&in, SV_FORMAT_STATE_MAX);
    csv->has_header = (flags & 1) != 0;
    csv->unusable = (flags & 2) != 0;
    bool is_whole = sv_unpack_is_over(&in);
    return is_whole && (!csv->has_header || csv->unusable || read_header(csv, reader, header, &err));
}

/* Where the columns go. */
static void take_schema(struct sv_reader *reader, void *state)
{
    struct csv *csv = state;
    for (size_t i = 0; csv->header.len > 0 && i < csv->count; i++)
        csv->columns[i] = sv_typed_key(reader->spec->schema, csv->names[i]);
}

static void put(void *context, size_t index, struct sv_slice text)
{
    struct row *row = context;
    if (index >= row->csv->count || text.len == 0)
        return;
    const struct sv_typed_key *column = &row->csv->columns[index];
    struct sv_event *event = sv_reader_event(row->reader);
    if (column->slot != SV_NO_SLOT || event->rest != NULL)
        row->odd += !sv_typed_put(row->reader->spec->schema, event, column, sv_arena_dup(sv_reader_arena(row->reader), text));
}

static bool wrong_count(const struct csv *csv, struct sv_slice text, size_t cells, struct sv_error *err)
{
    sv_commas_at(err, text, sv_commas_offset(text, cells > csv->count ? csv->count : cells));
    return sv_error_set(err, SV_INPUT, "%zu cell%s, the header names %zu", cells, cells == 1 ? "" : "s", csv->count);
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    struct csv *csv = state;
    if (csv->unusable)
        return false;
    if (!csv->has_header) {
        csv->has_header = true;
        csv->unusable = !read_header(csv, reader, text, err);
        return csv->unusable ? sv_reader_give_up(reader) : true;
    }
    if (!sv_commas_utf8(text, err))
        return false;
    struct row row = {.reader = reader, .csv = csv};
    size_t cells;
    struct sv_event *event = sv_reader_event(reader);
    event->arena = sv_reader_arena(reader);
    if (!sv_commas_parse(csv->commas, text, put, &row, &cells)) {
        size_t flaw;
        const char *why = sv_framing_flaw(text, &flaw);
        sv_commas_at(err, text, flaw);
        return sv_error_set(err, SV_INPUT, "%s", why);
    }
    if (cells != csv->count)
        return wrong_count(csv, text, cells, err);
    reader->spec->counts.odd += row.odd;
    if (event->slots[SV_F_TYPE].type == SV_ABSENT)
        sv_event_set_str(event, SV_F_TYPE, "note");
    sv_reader_emit(reader, 0);
    return true;
}

static void open_csv(struct sv_reader *reader, void *state)
{
    (void)reader;
    ((struct csv *)state)->commas = sv_commas_new();
}

static void close_csv(void *state)
{
    sv_commas_free(((struct csv *)state)->commas);
}

/* Looks like a name: a letter, then letters, digits and what joins them. */
static bool is_name(struct sv_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || (unsigned char)c >= 0x80;
        if (!letter && (i == 0 || strchr("0123456789.-/", c) == NULL || c == '\0'))
            return false;
    }
    return name.len > 0 && name.len <= NAME_MAX_AUTO;
}

/* A file's first line is taken for a header when it names two columns or more, all with names, one at least that of a field. */
static bool claims(struct sv_slice line, bool is_first)
{
    struct sv_arena arena = {0};
    size_t count = 0, fields = 0, good = 0;
    if (!is_first || line.len > SV_FORMAT_STATE_MAX || memchr(line.data, ',', line.len) == NULL || !sv_utf8_valid(line))
        return false;
    struct sv_slice *names = sv_commas_cells(line, &arena, &count);
    for (size_t i = 0; names != NULL && i < count && (good += is_name(names[i])) == i + 1; i++)
        fields += sv_typed_is_canonical(names[i]);
    sv_arena_free(&arena);
    return names != NULL && count >= 2 && good == count && fields > 0;
}

/* The number of the column, from 1. */
static size_t time_key(struct sv_slice header)
{
    static const char *const names[] = {"time", "timestamp", "ts", "@timestamp"};
    struct sv_arena arena = {0};
    size_t count = 0, found = 0;
    const struct sv_slice *cells = header.len <= SV_FORMAT_STATE_MAX ? sv_commas_cells(header, &arena, &count) : NULL;
    for (size_t i = 0; cells != NULL && i < count; i++)
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            if (sv_slice_is(cells[i], names[n]))
                found = i + 1;
    sv_arena_free(&arena);
    return found;
}

/* The cell that a record has its time in. */
struct time_cell {
    size_t index;
    struct sv_slice text;
    struct sv_arena arena;
};

static void take_time(void *context, size_t index, struct sv_slice text)
{
    struct time_cell *cell = context;
    if (index == cell->index && text.len > 0)
        cell->text = sv_arena_dup(&cell->arena, text);
}

static bool time_at(size_t column, struct sv_slice text, int64_t *ns)
{
    struct sv_commas *commas = sv_commas_new();
    struct time_cell cell = {.index = column - 1};
    size_t count;
    bool good = sv_commas_parse(commas, text, take_time, &cell, &count) && sv_typed_time(cell.text, ns);
    sv_commas_free(commas);
    sv_arena_free(&cell.arena);
    return good;
}

const struct sv_format sv_format_csv = {.name = "csv",
                                        .title = "comma-separated values below a header",
                                        .framing = SV_FRAMING_QUOTED,
                                        .state_size = sizeof(struct csv),
                                        .open = open_csv,
                                        .close = close_csv,
                                        .claims = claims,
                                        .record = record,
                                        .save = save,
                                        .restore = restore,
                                        .schema = take_schema,
                                        .time_key = time_key,
                                        .time_at = time_at};
