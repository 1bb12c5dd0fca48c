/* SPDX-License-Identifier: ISC */
#include "run/team_table.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/os.h"
#include "report/csv.h"
#include "store/team.h"

/* Part of the manual: new ones go to the end. */
const struct sv_list_column sv_team_import_columns[] = {
    {"change", 7, 9, false, false, false}, {"kind", 10, 10, false, false, false}, {"name", 10, 40, true, false, false},
    {"from", 10, 24, false, false, false}, {"to", 10, 24, false, false, false},
};
const size_t sv_team_import_column_count = sizeof sv_team_import_columns / sizeof *sv_team_import_columns;

/* --- in --- */

enum { PIECE = 2000 }; /* rows told at once */

struct taking {
    struct sv_answer answer;
    const struct sv_ask *ask;
    struct sv_team_import *import;
    struct sv_store *store;
    struct sv_roster *roster;
    struct sv_roster_diff *diff;
    struct sv_acts acts;
    struct sv_buf text, out;
    size_t told;
    bool headed;
};

static void close_taking(struct sv_answer *answer)
{
    struct taking *taking = (struct taking *)answer;
    sv_roster_diff_free(taking->diff);
    sv_roster_free(taking->roster);
    sv_store_close(taking->store);
    sv_acts_free(&taking->acts);
    sv_buf_free(&taking->text);
    sv_buf_free(&taking->out);
    sv_free(taking);
}

static void put_difference(struct taking *taking, const struct sv_roster_difference *difference)
{
    static const enum sv_color colors[SV_ROSTER_FATES] = {SV_COLOR_GREEN, SV_COLOR_YELLOW, SV_COLOR_RED, SV_COLOR_NONE};
    struct sv_list_cell cells[] = {sv_ask_text(sv_slice_str(sv_roster_fate(difference->fate))),
                                   sv_ask_text(sv_slice_str(sv_roster_word(difference->kind))), sv_ask_text(difference->name),
                                   sv_ask_text(difference->from), sv_ask_text(difference->to)};
    cells[0].color = colors[difference->fate];
    sv_list_row(&taking->ask->list, &taking->out, cells);
}

static bool next_taking(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct taking *taking = (struct taking *)answer;
    size_t count = sv_roster_diff_count(taking->diff), end = taking->told + PIECE < count ? taking->told + PIECE : count;
    (void)err;
    sv_buf_clear(&taking->out);
    if (taking->headed && taking->told == count)
        return false;
    if (!taking->headed && (count > 0 || taking->ask->list.form == SV_LIST_CSV))
        sv_list_head(&taking->ask->list, &taking->out);
    taking->headed = true;
    for (; taking->told < end; taking->told++)
        put_difference(taking, sv_roster_diff_at(taking->diff, taking->told));
    *out = sv_buf_slice(&taking->out);
    return true;
}

static const struct sv_answer_kind taking_kind = {.next = next_taking, .close = close_taking};

static bool read_text(struct taking *taking, struct sv_error *err)
{
    const char *file = taking->import->file;
    if (strcmp(file, "-") != 0)
        return sv_os_slurp(file, SV_ROSTER_FILE_MAX, &taking->text, err);
    return sv_os_slurp_fd(0, SV_ROSTER_FILE_MAX, &taking->text, err) || sv_error_at(err, "(stdin)", 0, 0);
}

static bool holds_no_secret(struct taking *taking, struct sv_error *err)
{
    struct sv_redactor *redactor = sv_redactor_new();
    bool fine = true;
    for (size_t i = 0; fine && i < sv_roster_diff_count(taking->diff); i++)
        fine = sv_redact_name(redactor, sv_roster_diff_at(taking->diff, i)->name, err);
    sv_redactor_free(redactor);
    return fine;
}

static bool compare(struct taking *taking, int64_t at_ns, struct sv_findings *findings, struct sv_error *err)
{
    const char *file = strcmp(taking->import->file, "-") != 0 ? taking->import->file : "(stdin)";
    uint64_t wrong;
    if (taking->store != NULL && !sv_store_roster_load(taking->store, taking->roster, err))
        return false;
    taking->diff = sv_roster_diff_new(taking->roster, at_ns);
    if (!sv_roster_diff_read(taking->diff, file, sv_buf_slice(&taking->text), findings, &wrong))
        return wrong > findings->count
                   ? sv_error_set(err, SV_INPUT, "%llu errors, of which %zu are told; nothing was changed", (unsigned long long)wrong, findings->count)
                   : sv_findings_fail(findings, "nothing was changed", err);
    for (int fate = 0; fate < SV_ROSTER_FATES; fate++)
        taking->import->tallies[fate] = sv_roster_diff_tally(taking->diff, (enum sv_roster_fate)fate);
    return holds_no_secret(taking, err);
}

static bool tell_act(struct taking *taking, struct sv_error *err)
{
    struct sv_buf more = {0};
    for (int fate = 0; fate < SV_ROSTER_FATES; fate++)
        sv_buf_printf(&more, "%s\"%s\":%llu", fate > 0 ? "," : "", sv_roster_fate((enum sv_roster_fate)fate),
                      (unsigned long long)taking->import->tallies[fate]);
    bool fine = sv_act_put(&taking->acts,
                           &(struct sv_act){.type = "operator.roster.import", .entity_type = "roster", .more = sv_buf_slice(&more)}, err);
    sv_buf_free(&more);
    return fine && sv_acts_end(&taking->acts, err);
}

/* The differences are worked out, or would be, with nobody else changing the roster meanwhile. */
static bool apply(struct taking *taking, int64_t at_ns, struct sv_findings *findings, struct sv_error *err)
{
    if (!sv_store_begin(taking->store, err) || !compare(taking, at_ns, findings, err))
        return false;
    if (!sv_roster_diff_apply(taking->diff, findings))
        return sv_findings_fail(findings, "nothing was changed", err);
    if (sv_roster_diff_count(taking->diff) == 0) {
        sv_store_rollback(taking->store);
        return true;
    }
    return sv_store_roster_save(taking->store, taking->roster, err) && tell_act(taking, err) && sv_store_commit(taking->store, err);
}

/* A trial makes the change as well, and throws it away: so a circle is found. */
static bool try_it(struct taking *taking, int64_t at_ns, struct sv_findings *findings, struct sv_error *err)
{
    return compare(taking, at_ns, findings, err) &&
           (sv_roster_diff_apply(taking->diff, findings) || sv_findings_fail(findings, "nothing was changed", err));
}

/* Who only looks makes no store: where there is none yet, nobody is in it. */
static bool open_store(struct taking *taking, struct sv_error *err)
{
    struct sv_store_spec store = taking->ask->store;
    struct sv_buf path = {0};
    struct sv_os_stat st;
    bool is_there = true;
    store.read_only = !taking->import->apply;
    if (store.read_only && (store.path != NULL || sv_store_default_path(&path, err)))
        is_there = sv_os_stat_path(store.path != NULL ? store.path : sv_buf_cstr(&path), false, &st);
    sv_buf_free(&path);
    return !is_there || (taking->store = sv_store_open(&store, err)) != NULL;
}

struct sv_answer *sv_team_import_open(const struct sv_ask *ask, struct sv_team_import *import, struct sv_findings *findings,
                                      struct sv_error *err)
{
    int64_t now_ns = sv_os_now_ns(), at_ns = import->at_ns != 0 ? import->at_ns : now_ns;
    struct taking *taking = sv_calloc(1, sizeof *taking);
    taking->answer.kind = &taking_kind;
    taking->ask = ask;
    taking->import = import;
    taking->roster = sv_roster_new();
    bool fine = at_ns <= now_ns || sv_error_set(err, SV_USAGE, "--at lies ahead: a change takes effect now, or did so earlier");
    fine = fine && read_text(taking, err) && open_store(taking, err);
    taking->acts = (struct sv_acts){.store = taking->store, .now_ns = now_ns, .by = import->by};
    if (fine && (import->apply ? apply(taking, at_ns, findings, err) : try_it(taking, at_ns, findings, err)))
        return &taking->answer;
    if (taking->store != NULL)
        sv_store_rollback(taking->store);
    close_taking(&taking->answer);
    return NULL;
}

/* --- out --- */

struct giving {
    struct sv_answer answer;
    struct sv_store *store;
    struct sv_roster *roster;
    int64_t at_ns;
    struct sv_buf out;
    int kind;            /* the next to be put out */
};

static void close_giving(struct sv_answer *answer)
{
    struct giving *giving = (struct giving *)answer;
    sv_roster_free(giving->roster);
    sv_store_close(giving->store);
    sv_buf_free(&giving->out);
    sv_free(giving);
}

static int by_name(const void *a, const void *b)
{
    return sv_slice_compare((*(const struct sv_roster_row *const *)a)->name, (*(const struct sv_roster_row *const *)b)->name);
}

static struct sv_slice name_of(const struct sv_roster_row *row)
{
    return row != NULL ? row->name : SV_SLICE("");
}

static void put_row(struct giving *giving, struct sv_csv *csv, const struct sv_roster_row *row)
{
    struct sv_slice cells[4] = {{0}}; /* supervisor, parent, team, member */
    const struct sv_roster_row *team = row;
    if (giving->kind == SV_ROSTER_SUPERVISOR) {
        cells[0] = row->name;
        cells[1] = name_of(sv_roster_numbered(giving->roster, SV_ROSTER_SUPERVISOR, row->above, giving->at_ns));
    } else {
        if (giving->kind == SV_ROSTER_MEMBER) {
            cells[3] = row->name;
            team = sv_roster_numbered(giving->roster, SV_ROSTER_TEAM, row->above, giving->at_ns);
        }
        cells[2] = name_of(team);
        if (team != NULL)
            cells[0] = name_of(sv_roster_numbered(giving->roster, SV_ROSTER_SUPERVISOR, team->above, giving->at_ns));
    }
    for (int i = 0; i < 4; i++)
        sv_csv_text(csv, cells[i]);
    sv_csv_end(csv);
}

static bool next_giving(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    static const char *const names[] = {"supervisor", "parent", "team", "member"};
    struct giving *giving = (struct giving *)answer;
    (void)err;
    sv_buf_clear(&giving->out);
    if (giving->kind == SV_ROSTER_KINDS)
        return false;
    const struct sv_roster_rows *rows = &giving->roster->rows[giving->kind];
    struct sv_csv csv = {.out = &giving->out};
    const struct sv_roster_row **sorted = sv_calloc(rows->count + 1, sizeof(const struct sv_roster_row *));
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (sv_roster_holds(&rows->items[i], giving->at_ns))
            sorted[count++] = &rows->items[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    if (giving->kind == 0)
        sv_csv_head(&csv, names, 4);
    for (size_t i = 0; i < count; i++)
        put_row(giving, &csv, sorted[i]);
    sv_free(sorted);
    giving->kind++;
    *out = sv_buf_slice(&giving->out);
    return true;
}

static const struct sv_answer_kind giving_kind = {.next = next_giving, .close = close_giving};

struct sv_answer *sv_team_export_open(const struct sv_ask *ask, int64_t at_ns, struct sv_error *err)
{
    struct giving *giving = sv_calloc(1, sizeof *giving);
    struct sv_store_spec store = ask->store;
    store.read_only = true;
    giving->answer.kind = &giving_kind;
    giving->at_ns = at_ns;
    giving->roster = sv_roster_new();
    giving->store = sv_store_open(&store, err);
    if (giving->store != NULL && sv_store_roster_load(giving->store, giving->roster, err))
        return &giving->answer;
    close_giving(&giving->answer);
    return NULL;
}
