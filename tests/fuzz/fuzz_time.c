/* SPDX-License-Identifier: ISC */
/* fuzz_time.c - any bytes as a time, a duration and a number: what is accepted comes back from its own text, and what is shown
 * to people is safe. */
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/time.h"
#include "base/utf8.h"
#include "report/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_time(struct sv_slice text)
{
    struct sv_buf out = {0};
    int64_t seconds, again, ns, ns_again;
    int32_t nanos, nanos_again;
    bool wide = sv_time_parse_wide(text, &seconds, &nanos);
    if (wide) {
        require(seconds >= SV_TIME_SECONDS_MIN && seconds <= SV_TIME_SECONDS_MAX && nanos >= 0 && nanos < SV_SECOND_NS);
        sv_time_format_wide(&out, seconds, nanos);
        require(sv_time_parse_wide(sv_buf_slice(&out), &again, &nanos_again) && again == seconds && nanos_again == nanos);
    }
    if (sv_time_parse(text, &ns)) {
        require(wide);
        sv_buf_clear(&out);
        sv_time_format(&out, ns);
        require(sv_time_parse(sv_buf_slice(&out), &ns_again) && ns_again == ns);
    }
    sv_buf_free(&out);
}

static void check_number(struct sv_slice text)
{
    int64_t i, ns;
    uint64_t u;
    double strict, loose, again;
    char shown[32];
    bool is_double = sv_num_double(text, false, &strict);
    if (is_double)
        require(sv_num_double(text, true, &loose) && (loose == strict || (isnan(loose) && isnan(strict))));
    if (sv_num_double(text, true, &loose)) {
        size_t len = sv_num_format(loose, shown);
        require(len < sizeof shown && sv_num_double(sv_slice(shown, len), true, &again));
        require(isnan(loose) ? isnan(again) : again == loose);
        sv_time_from_epoch(loose, &ns);
    }
    if (sv_num_uint(text, &u))
        require(is_double);
    if (sv_num_int(text, &i)) {
        require(is_double || text.data[0] == '+');
        sv_time_from_epoch_int(i, &ns);
    }
}

static void check_text(struct sv_slice text)
{
    struct sv_buf out = {0};
    sv_text_safe(&out, text);
    require(sv_utf8_valid(sv_buf_slice(&out)));
    for (size_t i = 0; i < out.len; i++)
        require((unsigned char)out.data[i] >= 0x20 && out.data[i] != 0x7F);
    require(sv_text_cells(text) == sv_text_cells(sv_buf_slice(&out)));
    static const struct sv_column columns[] = {{"A", 3, 9, false, true, false}, {"B", 4, 0, true, false, false}};
    struct sv_table table = {columns, 2, 24, false};
    sv_buf_clear(&out);
    sv_table_row(&table, &out, (const struct sv_cell[]){{text, SV_COLOR_NONE}, {text, SV_COLOR_NONE}});
    require(out.len > 0 && sv_text_cells(sv_slice(out.data, out.len - 1)) <= 24);
    sv_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_slice text = sv_slice((const char *)data, size);
    int64_t ns;
    check_time(text);
    check_number(text);
    check_text(text);
    sv_duration_parse(text, &ns);
    return 0;
}
