/* SPDX-License-Identifier: ISC */
#include "run/keep.h"

#include "base/os.h"

/* Part of the manual: new ones go to the end. */
enum { F_STATE, F_CHECK, F_WHAT, F_REPAIR, F_COUNT };
enum { B_FILE, B_BYTES, B_MS, B_COUNT };

const struct sv_list_column sv_findings_columns[] = {
    [F_STATE] = {"state", 5, 5, false, false, false},
    [F_CHECK] = {"check", 11, 11, false, false, false},
    [F_WHAT] = {"what", 20, 300, true, false, false},
    [F_REPAIR] = {"repair", 12, 0, true, false, false},
};
const size_t sv_findings_column_count = F_COUNT;

const struct sv_list_column sv_backup_columns[] = {
    [B_FILE] = {"file", 12, 0, true, true, false},
    [B_BYTES] = {"bytes", 7, 7, false, false, true},
    [B_MS] = {"ms", 6, 6, false, false, true},
};
const size_t sv_backup_column_count = B_COUNT;

static struct sv_answer *answer_findings(const struct sv_ask *ask, struct sv_store_findings *findings)
{
    static const struct {
        const char *name;
        enum sv_color color;
    } states[] = {[SV_CHECK_OK] = {"ok", SV_COLOR_GREEN},
                  [SV_CHECK_NOTE] = {"note", SV_COLOR_NONE},
                  [SV_CHECK_LEFT] = {"left", SV_COLOR_YELLOW},
                  [SV_CHECK_FOUND] = {"found", SV_COLOR_RED}};
    struct sv_buf out = {0};
    sv_list_head(&ask->list, &out);
    for (size_t i = 0; i < findings->count; i++) {
        const struct sv_store_finding *finding = &findings->items[i];
        struct sv_list_cell cells[F_COUNT] = {[F_STATE] = sv_ask_text(sv_slice_str(states[finding->state].name)),
                                              [F_CHECK] = sv_ask_text(sv_slice_str(finding->check)),
                                              [F_WHAT] = sv_ask_text(finding->what),
                                              [F_REPAIR] = sv_ask_text(finding->repair)};
        cells[F_STATE].color = states[finding->state].color;
        sv_list_row(&ask->list, &out, cells);
    }
    return sv_answer_ready(&out, findings->found > 0 ? SV_FOUND : SV_DONE);
}

static struct sv_answer *answer_of(const struct sv_ask *ask, struct sv_store *store, bool fine, struct sv_store_findings *findings)
{
    struct sv_answer *answer = fine ? answer_findings(ask, findings) : NULL;
    sv_store_findings_free(findings);
    sv_store_close(store);
    return answer;
}

struct sv_answer *sv_check_open(const struct sv_ask *ask, bool quick, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    struct sv_store_findings findings = {0};
    spec.read_only = spec.untouched = true;
    struct sv_store *store = sv_store_open(&spec, err);
    return answer_of(ask, store, store != NULL && sv_store_check(store, !quick, &findings, err), &findings);
}

struct sv_answer *sv_repair_open(const struct sv_ask *ask, bool blocking, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    struct sv_store_findings findings = {0};
    spec.must_exist = true;
    struct sv_store *store = sv_store_open(&spec, err);
    return answer_of(ask, store, store != NULL && sv_store_repair(store, blocking, &findings, err), &findings);
}

struct sv_answer *sv_verify_open(const struct sv_ask *ask, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    struct sv_store_findings findings = {0};
    spec.path = ask->operands[0];
    spec.read_only = spec.untouched = spec.any_version = true;
    struct sv_store *store = sv_store_open(&spec, err);
    return answer_of(ask, store, store != NULL && sv_store_verify(store, &findings, err), &findings);
}

struct sv_answer *sv_backup_open(const struct sv_ask *ask, bool replace, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    int64_t started_ns = sv_os_monotonic_ns(), bytes;
    spec.read_only = spec.untouched = true;
    struct sv_store *store = sv_store_open(&spec, err);
    bool fine = store != NULL && sv_store_backup(store, ask->operands[0], replace, &bytes, err);
    sv_store_close(store);
    if (!fine)
        return NULL;
    struct sv_list_cell cells[B_COUNT] = {[B_FILE] = sv_ask_text(sv_slice_str(ask->operands[0])),
                                          [B_BYTES] = sv_ask_number(true, bytes),
                                          [B_MS] = sv_ask_number(true, (sv_os_monotonic_ns() - started_ns) / 1000000)};
    struct sv_buf out = {0};
    sv_list_head(&ask->list, &out);
    sv_list_row(&ask->list, &out, cells);
    return sv_answer_ready(&out, SV_DONE);
}
