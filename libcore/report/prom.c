/* SPDX-License-Identifier: ISC */
#include "report/prom.h"

#include <math.h>

#include "base/num.h"
#include "base/utf8.h"

void sv_prom_family(struct sv_buf *out, const char *name, const char *kind, const char *help)
{
    sv_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void put_label_value(struct sv_buf *out, struct sv_slice value)
{
    const char *end = sv_slice_end(value);
    for (const char *p = value.data; p != end;) {
        size_t len = sv_utf8_sequence(p, end);
        if (len == 0)
            sv_buf_str(out, "\xEF\xBF\xBD");
        else if (*p == '\n')
            sv_buf_str(out, "\\n");
        else if (*p == '"' || *p == '\\')
            sv_buf_printf(out, "\\%c", *p);
        else
            sv_buf_add(out, sv_slice(p, len));
        p += len > 0 ? len : 1;
    }
}

void sv_prom_sample(struct sv_buf *out, const char *name, const struct sv_prom_label *labels, size_t label_count, double value)
{
    char text[32];
    sv_buf_str(out, name);
    for (size_t i = 0; i < label_count; i++) {
        sv_buf_printf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_label_value(out, labels[i].value);
        sv_buf_char(out, '"');
    }
    sv_buf_str(out, label_count > 0 ? "} " : " ");
    if (isinf(value))
        sv_buf_str(out, value > 0 ? "+Inf" : "-Inf");
    else
        sv_buf_add(out, sv_slice(text, sv_num_format(value, text)));
    sv_buf_char(out, '\n');
}
