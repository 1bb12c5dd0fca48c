/* SPDX-License-Identifier: ISC */
#include "report/csv.h"

#include <math.h>

#include "base/num.h"
#include "base/time.h"
#include "base/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static void next_cell(struct sv_csv *csv)
{
    if (csv->cells == 0)
        csv->start = csv->out->len;
    else
        sv_buf_char(csv->out, ',');
    csv->cells++;
}

/* What one spreadsheet or another passes over before it looks whether a cell is a formula: blanks and what nobody sees. */
static bool is_skipped(uint32_t c)
{
    return c <= ' ' || c == 0x7F || (c >= 0x80 && c <= 0xA0) || c == 0xAD || c == 0x61C || c == 0x1680 || c == 0x180E ||
           (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 ||
           c == 0xFEFF;
}

/* Would a spreadsheet compute it? OWASP, "CSV injection". */
static bool is_formula(struct sv_slice text)
{
    const char *p = text.data, *end = sv_slice_end(text);
    while (p < end) {
        if (*p == '\t' || *p == '\r')
            return true;
        uint32_t c = (unsigned char)*p;
        const char *next = p + 1;
        if (sv_utf8_sequence(p, end) > 1)
            next = p, c = sv_utf8_decode(&next);
        else if (c >= 0x80)
            return false;
        if (!is_skipped(c))
            return c == '=' || c == '+' || c == '-' || c == '@' || c == 0xFF1D || c == 0xFF0B || c == 0xFF0D || c == 0xFF20;
        p = next;
    }
    return false;
}

static bool needs_quotes(struct sv_slice text)
{
    if (text.len > 0 && (text.data[0] == ' ' || text.data[text.len - 1] == ' '))
        return true;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '\0' && strchr(",\"\r\n;\t|", text.data[i]) != NULL)
            return true;
    return false;
}

void sv_csv_text(struct sv_csv *csv, struct sv_slice text)
{
    struct sv_buf *out = csv->out;
    bool quoted = needs_quotes(text);
    next_cell(csv);
    if (quoted)
        sv_buf_char(out, '"');
    if (is_formula(text))
        sv_buf_char(out, '\'');
    const char *p = text.data, *end = sv_slice_end(text);
    while (p < end) {
        unsigned char byte = (unsigned char)*p;
        size_t n = sv_utf8_sequence(p, end);
        bool is_c1 = byte == 0xC2 && n == 2 && (unsigned char)p[1] < 0xA0;
        if (n == 0 || (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F || is_c1) {
            sv_buf_str(out, REPLACEMENT);
            p += n > 0 ? n : 1;
            continue;
        }
        if (byte == '"')
            sv_buf_char(out, '"');
        sv_buf_add(out, sv_slice(p, n));
        p += n;
    }
    if (quoted)
        sv_buf_char(out, '"');
}

void sv_csv_int(struct sv_csv *csv, int64_t value)
{
    next_cell(csv);
    sv_buf_int(csv->out, value);
}

void sv_csv_uint(struct sv_csv *csv, uint64_t value)
{
    next_cell(csv);
    sv_buf_uint(csv->out, value);
}

void sv_csv_double(struct sv_csv *csv, double value)
{
    char digits[32];
    next_cell(csv);
    if (isfinite(value))
        sv_buf_add(csv->out, sv_slice(digits, sv_num_format(value, digits)));
}

void sv_csv_time(struct sv_csv *csv, int64_t ns)
{
    next_cell(csv);
    sv_time_format(csv->out, ns);
}

void sv_csv_none(struct sv_csv *csv)
{
    next_cell(csv);
}

void sv_csv_end(struct sv_csv *csv)
{
    if (csv->cells == 1 && csv->out->len == csv->start)
        sv_buf_str(csv->out, "\"\"");
    sv_buf_str(csv->out, "\r\n");
    csv->cells = 0;
}

void sv_csv_head(struct sv_csv *csv, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sv_csv_text(csv, sv_slice_str(names[i]));
    sv_csv_end(csv);
}

struct sv_slice sv_csv_plain(struct sv_slice cell)
{
    if (cell.len < 2 || cell.data[0] != '\'')
        return cell;
    struct sv_slice rest = sv_slice(cell.data + 1, cell.len - 1);
    return is_formula(rest) ? rest : cell;
}
