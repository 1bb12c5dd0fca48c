/* SPDX-License-Identifier: ISC */
#include "report/table.h"

#include "base/utf8.h"
#include "report/cells.h"

enum { GAP = 2, COLUMNS_MAX = 32 };

static const char ellipsis[] = "\xE2\x80\xA6";

/* What a terminal or a reader would be misled by: C1 controls, bidi marks and overrides, line and paragraph separators,
 * interlinear annotation, invisible tag characters, the noncharacters that no XML may have. */
static bool is_trouble(uint32_t c)
{
    return (c >= 0x80 && c <= 0x9F) || c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || (c >= 0xFFF9 && c <= 0xFFFB) || (c & 0xFFFE) == 0xFFFE || (c >= 0xE0000 && c <= 0xE007F);
}

static void put_byte(struct sv_buf *out, unsigned char byte)
{
    sv_buf_str(out, "\\x");
    sv_buf_char(out, "0123456789abcdef"[byte >> 4]);
    sv_buf_char(out, "0123456789abcdef"[byte & 15]);
}

void sv_text_safe_json(struct sv_buf *out, struct sv_slice lines)
{
    const char *p = lines.data, *end = sv_slice_end(lines);
    while (p < end) {
        const char *start = p;
        uint32_t c = sv_utf8_decode(&p);
        if (c != 0x7F && !is_trouble(c))
            sv_buf_add(out, sv_slice(start, (size_t)(p - start)));
        else if (c <= 0xFFFF)
            sv_buf_printf(out, "\\u%04x", (unsigned)c);
        else
            sv_buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xD7C0 + (c >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
    }
}

void sv_text_safe(struct sv_buf *out, struct sv_slice text)
{
    const char *p = text.data, *end = sv_slice_end(text);
    while (p < end) {
        unsigned char byte = (unsigned char)*p;
        if (byte >= 0x20 && byte < 0x7F) {
            sv_buf_char(out, *p++);
            continue;
        }
        size_t n = sv_utf8_sequence(p, end);
        if (n > 1) {
            const char *next = p;
            uint32_t c = sv_utf8_decode(&next);
            if (is_trouble(c))
                sv_buf_printf(out, "\\u{%x}", (unsigned)c);
            else
                sv_buf_add(out, sv_slice(p, n));
            p = next;
            continue;
        }
        p++;
        if (byte == '\r' && p < end && *p == '\n')
            p++, byte = '\n';
        if (byte == '\n' || byte == '\t')
            sv_buf_char(out, ' ');
        else
            put_byte(out, byte);
    }
}

/* Cells of text that is safe already. */
static size_t safe_cells(struct sv_slice text)
{
    size_t cells = 0;
    for (const char *p = text.data, *end = sv_slice_end(text); p < end;)
        cells += sv_cells_of(sv_utf8_decode(&p));
    return cells;
}

size_t sv_text_cells(struct sv_slice text)
{
    struct sv_buf safe = {0};
    sv_text_safe(&safe, text);
    size_t cells = safe_cells(sv_buf_slice(&safe));
    sv_buf_free(&safe);
    return cells;
}

/* The longest beginning that fits, with the marks that combine with its last character. */
static struct sv_slice cut_end(struct sv_slice text, size_t width)
{
    size_t cells = 0;
    const char *p = text.data, *end = sv_slice_end(text);
    while (p < end) {
        const char *next = p;
        unsigned n = sv_cells_of(sv_utf8_decode(&next));
        if (cells + n > width)
            break;
        cells += n;
        p = next;
    }
    return sv_slice(text.data, (size_t)(p - text.data));
}

void sv_text_fit(struct sv_buf *out, struct sv_slice text, size_t cells)
{
    struct sv_buf safe = {0};
    sv_text_safe(&safe, text);
    struct sv_slice whole = sv_buf_slice(&safe);
    bool fits = safe_cells(whole) <= cells;
    sv_buf_add(out, fits || cells == 0 ? cut_end(whole, cells) : cut_end(whole, cells - 1));
    if (!fits && cells > 0)
        sv_buf_str(out, ellipsis);
    sv_buf_free(&safe);
}

/* The longest end that fits, not beginning with a combining mark. */
static struct sv_slice cut_start(struct sv_slice text, size_t width)
{
    size_t cells = safe_cells(text);
    const char *p = text.data, *end = sv_slice_end(text);
    while (p < end) {
        const char *next = p;
        unsigned n = sv_cells_of(sv_utf8_decode(&next));
        if (cells <= width && n > 0)
            break;
        cells -= n;
        p = next;
    }
    return sv_slice(p, (size_t)(end - p));
}

/* Cells of each column; SIZE_MAX for one without a bound. */
static void lay_out(const struct sv_table *table, size_t *widths)
{
    size_t used = 0, grow = table->count, open = table->count;
    for (size_t i = 0; i < table->count; i++) {
        const struct sv_column *column = &table->columns[i];
        if (column->grow && grow == table->count)
            grow = i;
        else if (column->max == 0 && open == table->count)
            open = i;
        widths[i] = column->grow || column->max == 0 ? column->min : column->max;
        used += widths[i] + (i > 0 ? GAP : 0);
    }
    if (table->width == 0) {
        for (size_t i = 0; i < table->count; i++)
            if (i + 1 == table->count)
                widths[i] = SIZE_MAX;
            else if (table->columns[i].grow)
                widths[i] = table->columns[i].max > 0 ? table->columns[i].max : SIZE_MAX;
        return;
    }
    while (used > table->width) { /* the widest that can still give gives a cell */
        size_t giver = table->count;
        for (size_t i = 0; i < table->count; i++)
            if (widths[i] > table->columns[i].min && (giver == table->count || widths[i] > widths[giver]))
                giver = i;
        if (giver == table->count)
            break;
        widths[giver]--;
        used--;
    }
    size_t taker = grow < table->count ? grow : open;
    if (taker < table->count && used < table->width)
        widths[taker] += table->width - used;
}

static const char *code_of(enum sv_color color)
{
    static const char *const codes[] = {[SV_COLOR_NONE] = "",     [SV_COLOR_RED] = "31", [SV_COLOR_YELLOW] = "33",
                                        [SV_COLOR_GREEN] = "32",  [SV_COLOR_BLUE] = "34", [SV_COLOR_BOLD] = "1",
                                        [SV_COLOR_DIM] = "2",     [SV_COLOR_ALERT] = "1;37;41"};
    return codes[color];
}

/* Writes one cell's text, at most `width` cells of it and blanks before it where it is in line at its end; returns how many it
 * took. */
static size_t put_cell(const struct sv_table *table, struct sv_buf *out, const struct sv_column *column, const struct sv_cell *cell,
                       size_t width)
{
    struct sv_buf safe = {0};
    sv_text_safe(&safe, cell->text);
    struct sv_slice text = sv_buf_slice(&safe);
    size_t cells = safe_cells(text);
    bool cut = cells > width, color = table->color && cell->color != SV_COLOR_NONE && text.len > 0 && width > 0;
    if (cut && width > 0) {
        text = column->cut_left ? cut_start(text, width - 1) : cut_end(text, width - 1);
        cells = safe_cells(text) + 1;
    } else if (cut) {
        text.len = cells = 0;
    }
    for (; column->right && width != SIZE_MAX && cells < width; cells++)
        sv_buf_char(out, ' ');
    if (color)
        sv_buf_printf(out, "\033[%sm", code_of(cell->color));
    if (cut && width > 0 && column->cut_left)
        sv_buf_str(out, ellipsis);
    sv_buf_add(out, text);
    if (cut && width > 0 && !column->cut_left)
        sv_buf_str(out, ellipsis);
    if (color)
        sv_buf_str(out, "\033[0m");
    sv_buf_free(&safe);
    return cells;
}

void sv_table_row(const struct sv_table *table, struct sv_buf *out, const struct sv_cell *cells)
{
    size_t widths[COLUMNS_MAX], owed = 0; /* blanks owed are paid only when text follows */
    struct sv_table shown = *table;
    if (shown.count > COLUMNS_MAX)
        shown.count = COLUMNS_MAX;
    lay_out(&shown, widths);
    for (size_t i = 0; i < shown.count; i++) {
        owed += i > 0 ? GAP : 0;
        size_t taken = 0;
        if (cells[i].text.len > 0) {
            memset(sv_buf_room(out, owed + 1), ' ', owed);
            out->len += owed;
            owed = 0;
            taken = put_cell(&shown, out, &shown.columns[i], &cells[i], widths[i]);
        }
        if (widths[i] != SIZE_MAX && widths[i] > taken)
            owed += widths[i] - taken;
    }
    sv_buf_char(out, '\n');
}

void sv_table_head(const struct sv_table *table, struct sv_buf *out)
{
    struct sv_cell cells[COLUMNS_MAX];
    for (size_t i = 0; i < table->count && i < COLUMNS_MAX; i++)
        cells[i] = (struct sv_cell){sv_slice_str(table->columns[i].title), SV_COLOR_BOLD};
    sv_table_row(table, out, cells);
}

void sv_text_count(struct sv_buf *out, uint64_t n)
{
    char digits[32];
    size_t at = sizeof digits, placed = 0;
    do {
        if (placed > 0 && placed % 3 == 0)
            digits[--at] = ',';
        digits[--at] = (char)('0' + n % 10);
        placed++;
    } while ((n /= 10) != 0);
    sv_buf_add(out, sv_slice(digits + at, sizeof digits - at));
}

void sv_text_short_count(struct sv_buf *out, uint64_t n)
{
    static const struct {
        uint64_t size;
        char letter;
    } units[] = {{1000, 'k'}, {1000000, 'M'}, {1000000000, 'G'}, {UINT64_C(1000000000000), 'T'}};
    size_t at = 0;
    if (n < 1000) {
        sv_buf_uint(out, n);
        return;
    }
    while (at + 1 < sizeof units / sizeof *units && n >= units[at + 1].size - units[at].size / 2)
        at++; /* 999,500 is shown as 1.0 M, not as 1000 k */
    uint64_t tenth = units[at].size / 10, tenths = n / tenth + (n % tenth >= tenth / 2);
    if (tenths < 1000) {
        sv_buf_uint(out, tenths / 10);
        if (tenths < 100) {
            sv_buf_char(out, '.');
            sv_buf_uint(out, tenths % 10);
        }
    } else {
        sv_buf_uint(out, n / units[at].size + (n % units[at].size >= units[at].size / 2));
    }
    sv_buf_char(out, ' ');
    sv_buf_char(out, units[at].letter);
}
