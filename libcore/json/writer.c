/* SPDX-License-Identifier: ISC */
#include "json/writer.h"

#include <math.h>

#include "base/num.h"
#include "base/utf8.h"
#include "json/scan.h"

static void put_escape(struct sv_buf *out, unsigned char c)
{
    static const char short_form[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char *p = sv_buf_room(out, 6);
    p[0] = '\\';
    if (c == '"' || c == '\\' || (c < 32 && short_form[c] != 0)) {
        p[1] = c < 32 ? short_form[c] : (char)c;
        out->len += 2;
        return;
    }
    memcpy(p + 1, "u00", 3);
    p[4] = (char)('0' + (c >> 4));
    p[5] = "0123456789abcdef"[c & 15];
    out->len += 6;
}

void sv_json_put_string(struct sv_buf *out, struct sv_slice plain)
{
    const char *p = plain.data, *end = plain.data + plain.len;
    sv_buf_char(out, '"');
    while (p < end) {
        const char *stop = sv_scan_plain(p, end);
        const char *del = memchr(p, 0x7F, (size_t)(stop - p));
        if (del != NULL)
            stop = del;
        sv_buf_add(out, sv_slice(p, (size_t)(stop - p)));
        p = stop;
        if (p == end)
            break;
        if ((unsigned char)*p < 0x80) {
            put_escape(out, (unsigned char)*p++);
            continue;
        }
        size_t n = sv_utf8_sequence(p, end);
        sv_buf_add(out, n > 0 ? sv_slice(p, n) : SV_SLICE("\xEF\xBF\xBD"));
        p += n > 0 ? n : 1;
    }
    sv_buf_char(out, '"');
}

void sv_json_put_value(struct sv_buf *out, struct sv_value value)
{
    char text[32];
    switch (value.type) {
    case SV_BOOL:
        sv_buf_str(out, value.b ? "true" : "false");
        break;
    case SV_INT:
        sv_buf_int(out, value.i);
        break;
    case SV_UINT:
        sv_buf_uint(out, value.u);
        break;
    case SV_DOUBLE:
        if (!isfinite(value.d)) {
            sv_buf_str(out, "null");
            break;
        }
        sv_buf_add(out, sv_slice(text, sv_num_format(value.d, text)));
        if (strpbrk(text, ".e") == NULL)
            sv_buf_str(out, ".0");
        break;
    case SV_STRING:
        if (value.flags & SV_ESCAPED) {
            sv_buf_char(out, '"');
            sv_buf_add(out, sv_value_raw(value));
            sv_buf_char(out, '"');
        } else {
            sv_json_put_string(out, sv_value_raw(value));
        }
        break;
    case SV_JSON:
        sv_buf_add(out, sv_value_raw(value));
        break;
    default:
        sv_buf_str(out, "null");
    }
}

void sv_json_put_key(struct sv_buf *out, const char *key)
{
    if (out->len > 0 && out->data[out->len - 1] != '{')
        sv_buf_char(out, ',');
    sv_json_put_string(out, sv_slice_str(key));
    sv_buf_char(out, ':');
}
