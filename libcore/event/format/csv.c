/* SPDX-License-Identifier: ISC */
/* CSV (RFC 4180): a header that names the columns, then an event a record. libcsv parses; what ends a record is told by
 * base/framing.h, which knows the same rule about quotes.
 *
 * A file's state is its header, at most SV_FORMAT_STATE_MAX bytes. */
#include <csv.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"
#include "event/format/state.h"
#include "event/reader_private.h"
#include "event/typed.h"

enum {
    BUFFER_KEPT = 1 << 20, /* bytes of libcsv's buffer that are kept from record to record */
    BUFFER_MIN = 1024,
    NAME_MAX_AUTO = 64     /* bytes; no header with a longer name is taken for CSV without being asked */
};

struct csv {
    struct csv_parser parser;
    struct sv_slice header;       /* the record; empty until it came, or when it cannot be used */
    struct sv_slice *names;       /* [count] */
    struct sv_typed_key *columns; /* [count] */
    size_t count;
    bool has_header, unusable;
};

/* One record on its way through libcsv. */
struct row {
    void (*cell)(struct row *row, struct sv_slice text); /* number row->cells - 1; text is gone after the call */
    size_t cells, rows;
    struct sv_reader *reader;
    struct csv *csv;
    uint64_t odd;
    struct sv_slice *out; /* [out_max]: where texts are to be copied, NULL: nowhere */
    size_t out_max;
    struct sv_arena *arena;
};

#define TEXT_OF(x) #x
#define VERSION_OF(major, minor, release) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(release)

const char *sv_csv_library(void)
{
    return VERSION_OF(CSV_MAJOR, CSV_MINOR, CSV_RELEASE);
}

static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static int is_line_end(unsigned char c)
{
    return c == '\n';
}

/* Blanks belong to the cell, and of line ends only LF counts: a CR before it is cut off already. */
static void init(struct csv_parser *parser)
{
    csv_init(parser, 0);
    csv_set_space_func(parser, no_space);
    csv_set_term_func(parser, is_line_end);
    csv_set_realloc_func(parser, sv_realloc);
    csv_set_free_func(parser, sv_free);
}

static void on_cell(void *text, size_t len, void *context)
{
    struct row *row = context;
    row->cells++;
    row->cell(row, sv_slice(text, len));
}

static void on_row(int end, void *context)
{
    struct row *row = context;
    (void)end;
    row->rows++;
}

/* Calls row->cell for each cell. False when the text is not one record. */
static bool parse(struct csv_parser *parser, struct sv_slice text, struct row *row)
{
    bool whole;
    csv_set_blk_size(parser, text.len + 2 > BUFFER_MIN ? text.len + 2 : BUFFER_MIN); /* a cell has room after one growth */
    whole = csv_parse(parser, text.data, text.len, on_cell, on_row, row) == text.len && row->rows == 0 &&
            csv_parse(parser, "\n", 1, on_cell, on_row, row) == 1 && row->rows == 1;
    if (!whole)
        csv_fini(parser, NULL, NULL, NULL); /* so that the next record begins anew */
    if (csv_get_buffer_size(parser) > BUFFER_KEPT)
        csv_free(parser);
    return whole;
}

/* Sets the place in a record that may span lines: line 1 is the one it begins in. */
static bool at(struct sv_error *err, struct sv_slice text, size_t offset)
{
    uint32_t line = 1;
    const char *start = text.data, *place = text.data + offset;
    for (const char *p; (p = memchr(start, '\n', (size_t)(place - start))) != NULL; start = p + 1)
        line++;
    return sv_error_at(err, NULL, line, 1 + (uint32_t)sv_utf8_count(sv_slice(start, (size_t)(place - start))));
}

static bool is_utf8(struct sv_slice text, struct sv_error *err)
{
    const char *p = text.data, *end = sv_slice_end(text);
    size_t n;
    if (sv_utf8_valid(text))
        return true;
    while ((n = sv_utf8_sequence(p, end)) > 0)
        p += n;
    at(err, text, (size_t)(p - text.data));
    return sv_error_set(err, SV_INPUT, "not valid UTF-8");
}

static void ignore(struct row *row, struct sv_slice text)
{
    (void)row;
    (void)text;
}

/* Where cell `index` begins; where the record ends if it has fewer. Byte by byte: for messages. */
static size_t cell_offset(struct sv_slice text, size_t index)
{
    struct csv_parser parser;
    struct row row = {.cell = ignore};
    size_t i = 0;
    init(&parser);
    for (; i < text.len && row.cells < index; i++)
        csv_parse(&parser, text.data + i, 1, on_cell, on_row, &row);
    csv_free(&parser);
    return i;
}

static void copy(struct row *row, struct sv_slice text)
{
    if (row->cells <= row->out_max)
        row->out[row->cells - 1] = sv_arena_dup(row->arena, text);
}

/* The cells of a record; *count is how many, also beyond max. NULL when the text is none. */
static struct sv_slice *cells_of(struct sv_slice text, struct sv_arena *arena, size_t *count)
{
    struct csv_parser parser;
    struct row row = {.cell = ignore, .arena = arena};
    init(&parser);
    bool whole = parse(&parser, text, &row);
    if (whole) {
        row = (struct row){.cell = copy, .arena = arena, .out_max = row.cells};
        row.out = sv_arena_calloc(arena, row.out_max, sizeof *row.out);
        parse(&parser, text, &row);
    }
    csv_free(&parser);
    *count = row.cells;
    return row.out;
}

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
            at(err, text, cell_offset(text, i)), sv_error_set(err, SV_INPUT, "column \"%.*s\" stands twice in the header", SV_ARG(name));
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
    if (!is_utf8(text, err) || memchr(text.data, '\0', text.len) != NULL)
        return sv_error_set(err, SV_INPUT, "the header is not UTF-8 (iconv converts it)");
    struct sv_slice *names = cells_of(text, sv_reader_file_arena(reader), &count);
    if (names == NULL) {
        const char *why = sv_framing_flaw(text, &flaw);
        at(err, text, flaw);
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
    sv_state_put_uint(out, (uint64_t)csv->has_header | (uint64_t)csv->unusable << 1);
    sv_state_put_bytes(out, csv->unusable ? SV_SLICE("") : csv->header);
}

static bool restore(struct sv_reader *reader, void *state, struct sv_slice bytes)
{
    struct csv *csv = state;
    struct sv_state_in in = {.rest = bytes};
    struct sv_error err = {0};
    uint64_t flags = sv_state_get_uint(&in);
    struct sv_slice header = sv_state_get_long(&in, SV_FORMAT_STATE_MAX);
    csv->has_header = (flags & 1) != 0;
    csv->unusable = (flags & 2) != 0;
    bool is_whole = sv_state_is_over(&in);
    return is_whole && (!csv->has_header || csv->unusable || read_header(csv, reader, header, &err));
}

/* Where the columns go. */
static void take_schema(struct sv_reader *reader, void *state)
{
    struct csv *csv = state;
    for (size_t i = 0; csv->header.len > 0 && i < csv->count; i++)
        csv->columns[i] = sv_typed_key(reader->spec->schema, csv->names[i]);
}

static void put(struct row *row, struct sv_slice text)
{
    if (row->cells > row->csv->count || text.len == 0)
        return;
    const struct sv_typed_key *column = &row->csv->columns[row->cells - 1];
    struct sv_event *event = sv_reader_event(row->reader);
    if (column->slot != SV_NO_SLOT || event->rest != NULL)
        row->odd += !sv_typed_put(row->reader->spec->schema, event, column, sv_arena_dup(sv_reader_arena(row->reader), text));
}

static bool wrong_count(const struct csv *csv, struct sv_slice text, size_t cells, struct sv_error *err)
{
    at(err, text, cell_offset(text, cells > csv->count ? csv->count : cells));
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
    if (!is_utf8(text, err))
        return false;
    struct row row = {.cell = put, .reader = reader, .csv = csv};
    struct sv_event *event = sv_reader_event(reader);
    event->arena = sv_reader_arena(reader);
    if (!parse(&csv->parser, text, &row)) {
        size_t flaw;
        const char *why = sv_framing_flaw(text, &flaw);
        at(err, text, flaw);
        return sv_error_set(err, SV_INPUT, "%s", why);
    }
    if (row.cells != csv->count)
        return wrong_count(csv, text, row.cells, err);
    reader->spec->counts.odd += row.odd;
    if (event->slots[SV_F_TYPE].type == SV_ABSENT)
        sv_event_set_str(event, SV_F_TYPE, "note");
    sv_reader_emit(reader, 0);
    return true;
}

static void open_csv(struct sv_reader *reader, void *state)
{
    (void)reader;
    init(&((struct csv *)state)->parser);
}

static void close_csv(void *state)
{
    csv_free(&((struct csv *)state)->parser);
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
    struct sv_slice *names = cells_of(line, &arena, &count);
    for (size_t i = 0; names != NULL && i < count && (good += is_name(names[i])) == i + 1; i++)
        fields += sv_typed_is_canonical(names[i]);
    sv_arena_free(&arena);
    return names != NULL && count >= 2 && good == count && fields > 0;
}

static void find_time(struct row *row, struct sv_slice text)
{
    if (sv_slice_is(text, "time") || sv_slice_is(text, "timestamp") || sv_slice_is(text, "ts") || sv_slice_is(text, "@timestamp"))
        row->out_max = row->cells;
}

static void take_time(struct row *row, struct sv_slice text)
{
    if (row->cells == row->out_max && text.len > 0)
        *row->out = sv_arena_dup(row->arena, text);
}

/* The number of the column, from 1. */
static size_t time_key(struct sv_slice header)
{
    struct csv_parser parser;
    struct row row = {.cell = find_time};
    init(&parser);
    bool good = header.len <= SV_FORMAT_STATE_MAX && parse(&parser, header, &row);
    csv_free(&parser);
    return good ? row.out_max : 0;
}

static bool time_at(size_t column, struct sv_slice text, int64_t *ns)
{
    struct csv_parser parser;
    struct sv_arena arena = {0};
    struct sv_slice found = {0};
    struct row row = {.cell = take_time, .arena = &arena, .out = &found, .out_max = column};
    init(&parser);
    bool good = parse(&parser, text, &row) && sv_typed_time(found, ns);
    csv_free(&parser);
    sv_arena_free(&arena);
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
