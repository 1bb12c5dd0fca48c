/* SPDX-License-Identifier: ISC */
#include "run/import.h"

#include "base/os.h"
#include "input/input.h"

enum { SILENCE_MS = 20, TOLD_MAX = 10 };

/* A line of the batch. */
struct line {
    size_t at, length;
    uint32_t source;
    uint64_t number;
};

struct importing {
    const struct sv_import_spec *spec;
    struct sv_intake *intake;
    struct sv_input *input;
    struct sv_buf text;        /* of the lines */
    struct line *lines;
    size_t count, capacity;
    int64_t begun_ns;          /* monotonic: of the batch */
    uint64_t rejected, unread; /* lines; inputs */
};

static void tell(struct importing *importing, const struct sv_error *err)
{
    if (importing->spec->notice != NULL)
        importing->spec->notice(importing->spec->context, err);
}

static void on_notice(void *context, const struct sv_error *err)
{
    struct importing *importing = context;
    importing->unread += err->code != SV_DONE;
    tell(importing, err);
}

static void reject(struct importing *importing, const struct line *line, struct sv_error *why)
{
    if (importing->rejected++ >= TOLD_MAX)
        return;
    sv_error_at(why, sv_input_source(importing->input, line->source)->path, line->number, why->column);
    sv_error_prefix(why, "line rejected: ");
    tell(importing, why);
}

static void keep(struct importing *importing, const struct sv_record *record)
{
    importing->lines = sv_grow(importing->lines, importing->count, &importing->capacity, sizeof *importing->lines);
    if (importing->count == 0)
        importing->begun_ns = sv_os_monotonic_ns();
    importing->lines[importing->count++] = (struct line){importing->text.len, record->text.len, record->source, record->line};
    sv_buf_add(&importing->text, record->text);
}

/* A line that the input itself could not read. */
static void refuse(struct importing *importing, const struct sv_record *record)
{
    struct line line = {.source = record->source, .number = record->line};
    struct sv_error why = {.code = SV_INPUT, .column = record->flaw_column};
    sv_error_set(&why, SV_INPUT, "%s", record->flaw);
    reject(importing, &line, &why);
}

static bool store(struct importing *importing, struct sv_error *err)
{
    if (importing->count == 0)
        return true;
    if (!sv_intake_begin(importing->intake, err))
        return false;
    for (size_t i = 0; i < importing->count; i++) {
        struct sv_error why;
        const struct line *line = &importing->lines[i];
        if (!sv_intake_line(importing->intake, sv_slice(importing->text.data + line->at, line->length), &why, err))
            return false;
        if (why.code != SV_DONE)
            reject(importing, line, &why);
    }
    importing->count = 0;
    sv_buf_clear(&importing->text);
    return sv_intake_commit(importing->intake, err);
}

static bool is_full(const struct importing *importing)
{
    return importing->text.len >= SV_IMPORT_BATCH ||
           (importing->count > 0 && sv_os_monotonic_ns() - importing->begun_ns >= INT64_C(1000000000));
}

static bool stopped(const struct importing *importing)
{
    return importing->spec->stop != NULL && *importing->spec->stop != 0;
}

static bool read_all(struct importing *importing, struct sv_error *err)
{
    struct sv_record record;
    struct sv_error own = {0};
    for (;;) {
        enum sv_input_state state = sv_input_next(importing->input, &record, importing->count > 0 ? SILENCE_MS : -1, &own);
        if (state == SV_INPUT_RECORD && record.flaw != NULL)
            refuse(importing, &record);
        else if (state == SV_INPUT_RECORD)
            keep(importing, &record);
        else if (state == SV_INPUT_FAILED)
            on_notice(importing, &own);
        bool is_over = state == SV_INPUT_END || stopped(importing);
        if ((is_over || state == SV_INPUT_IDLE || is_full(importing)) && !store(importing, err))
            return false;
        if (is_over)
            return true;
    }
}

static enum sv_code status_of(const struct importing *importing, const struct sv_error *err)
{
    struct sv_error more = {0};
    if (importing->rejected > TOLD_MAX) {
        sv_error_set(&more, SV_INPUT, "%llu more lines rejected", (unsigned long long)(importing->rejected - TOLD_MAX));
        tell((struct importing *)importing, &more);
    }
    if (err->code != SV_DONE)
        return err->code;
    return importing->unread > 0 || (importing->spec->strict && importing->rejected > 0) ? SV_INPUT : SV_DONE;
}

enum sv_code sv_import(const struct sv_import_spec *spec, struct sv_intake_counts *counts, struct sv_error *err)
{
    struct importing importing = {.spec = spec};
    struct sv_input_spec input = {.operands = spec->operands,
                                  .count = spec->operand_count,
                                  .not_before_ns = INT64_MIN,
                                  .notice = on_notice,
                                  .context = &importing};
    if ((importing.intake = sv_intake_open(&spec->intake, err)) != NULL && (importing.input = sv_input_open(&input, err)) != NULL)
        read_all(&importing, err);
    if (importing.intake != NULL)
        *counts = *sv_intake_counts(importing.intake);
    enum sv_code status = status_of(&importing, err);
    sv_input_close(importing.input);
    sv_intake_close(importing.intake);
    sv_buf_free(&importing.text);
    sv_free(importing.lines);
    return status;
}
