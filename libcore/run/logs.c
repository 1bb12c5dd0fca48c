/* SPDX-License-Identifier: ISC */
#include "run/logs.h"

#include "event/format.h"
#include "run/paths.h"
#include "run/run.h"

static bool read_all(const struct sv_run_spec *spec, enum sv_code *status, struct sv_error *err)
{
    struct sv_findings findings = {0};
    struct sv_slice out;
    struct sv_run *run = sv_run_open(spec, &findings, err);
    sv_findings_free(&findings);
    if (run == NULL)
        return false;
    while (sv_run_next(run, &out, err))
        ;
    *status = (enum sv_code)sv_run_close(run, err);
    return err->code == SV_DONE;
}

struct sv_store *sv_logs_read(const struct sv_ask *ask, size_t skip, bool with_events, enum sv_code *status, struct sv_error *err)
{
    struct sv_store_spec memory = {.path = "the logs", .program = ask->store.program, .in_memory = true};
    struct sv_store *store = sv_store_open(&memory, err);
    struct sv_buf prices = {0};
    struct sv_run_spec spec = {.operands = ask->operands + skip,
                               .operand_count = ask->operand_count - skip,
                               .format = ask->format.len > 0 ? sv_format_find(ask->format) : NULL,
                               .has_since = ask->has_since,
                               .has_until = ask->has_until,
                               .since_ns = ask->since_ns,
                               .until_ns = ask->until_ns,
                               .into = store,
                               .collect = true,
                               .count_only = !with_events,
                               .notice = ask->notice,
                               .context = ask->notice_context};
    if (sv_run_default_prices(&prices))
        spec.prices = sv_buf_cstr(&prices);
    if (store != NULL && !read_all(&spec, status, err)) {
        sv_store_close(store);
        store = NULL;
    }
    sv_buf_free(&prices);
    return store;
}
