/* SPDX-License-Identifier: ISC */
#include "run/baseline.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "run/ask.h"

enum { C_NAME, C_TIME, C_JOBS, C_RESULTS, C_CPU, C_CORES, C_SQLITE, C_COLUMNS };
const struct sv_list_column sv_baseline_columns[] = {
    [C_NAME] = {"name", 12, 24, false, false, false},   [C_TIME] = {"time", 11, 11, false, false, false},
    [C_JOBS] = {"jobs", 12, 24, false, false, false},   [C_RESULTS] = {"results", 7, 7, false, false, true},
    [C_CPU] = {"cpu", 12, 40, true, false, false},      [C_CORES] = {"cores", 5, 5, false, false, true},
    [C_SQLITE] = {"sqlite", 0, 8, false, false, false}};
const size_t sv_baseline_column_count = C_COLUMNS;

static const char ending[] = ".ndjson";

/* The folder, without a slash at its end. */
static bool put_folder(struct sv_buf *out, struct sv_error *err)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state != NULL && state[0] == '/')
        sv_buf_printf(out, "%s/sv-tools/bench", state);
    else if (home != NULL && home[0] != '\0')
        sv_buf_printf(out, "%s/.local/state/sv-tools/bench", home);
    else
        return sv_error_set(err, SV_USAGE, "no place for baselines: neither XDG_STATE_HOME nor HOME is set");
    return true;
}

static bool is_name(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return len > 0 && len <= 64 && name[len] == '\0' && name[0] != '.';
}

static bool put_path(struct sv_buf *out, const char *name, struct sv_error *err)
{
    if (!is_name(name))
        return sv_error_set(err, SV_USAGE, "\"%s\" is no name for a baseline: letters, digits, . _ - are expected", name);
    if (!put_folder(out, err))
        return false;
    sv_buf_printf(out, "/%s%s", name, ending);
    return true;
}

static bool write_file(const char *path, const struct sv_results *results, struct sv_error *err)
{
    struct sv_buf text = {0};
    for (size_t i = 0; i < results->count; i++)
        sv_result_put_json(&text, results->items[i]);
    bool fine = sv_os_put_file(path, sv_buf_slice(&text), 0600, err);
    sv_buf_free(&text);
    return fine;
}

bool sv_baseline_save(const char *name, const struct sv_results *results, bool replace, struct sv_error *err)
{
    struct sv_buf path = {0}, folder = {0};
    struct sv_os_stat st;
    if (results->count == 0)
        return sv_error_set(err, SV_INPUT, "no results to save");
    bool fine = put_path(&path, name, err) && put_folder(&folder, err) && sv_os_make_folder(sv_buf_cstr(&folder), 0700, err);
    if (fine && !replace && sv_os_stat_path(sv_buf_cstr(&path), true, &st))
        fine = sv_error_set(err, SV_USAGE, "there is a baseline \"%s\"; --replace takes its place", name);
    fine = fine && write_file(sv_buf_cstr(&path), results, err);
    sv_buf_free(&path);
    sv_buf_free(&folder);
    return fine;
}

bool sv_baseline_load(struct sv_results *results, const char *name, struct sv_error *err)
{
    struct sv_buf path = {0};
    struct sv_os_stat st;
    bool fine;
    if (strcmp(name, "-") == 0)
        return sv_results_load(results, "/dev/stdin", err);
    if (sv_os_stat_path(name, true, &st)) {
        fine = sv_results_load(results, name, err);
    } else if (is_name(name) && put_path(&path, name, err) && sv_os_stat_path(sv_buf_cstr(&path), true, &st)) {
        fine = sv_results_load(results, sv_buf_cstr(&path), err);
    } else {
        fine = sv_error_set(err, SV_INPUT, "%s: neither a file nor a baseline", name);
    }
    sv_buf_free(&path);
    return fine;
}

/* --- the list --- */

static void put_jobs(struct sv_buf *out, const struct sv_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i; k++)
            is_new = is_new && !sv_slice_equal(results->items[k]->job, results->items[i]->job);
        if (!is_new)
            continue;
        sv_buf_str(out, i > 0 ? "," : "");
        sv_buf_add(out, results->items[i]->job);
    }
}

static bool put_one(struct sv_buf *out, const struct sv_list *list, const char *path, struct sv_slice name, struct sv_error *err)
{
    struct sv_results results = {0};
    struct sv_buf jobs = {0};
    bool fine = sv_results_load(&results, path, err);
    if (fine) {
        const struct sv_result *last = results.items[results.count - 1];
        put_jobs(&jobs, &results);
        struct sv_list_cell cells[C_COLUMNS] = {[C_NAME] = sv_ask_text(name),
                                                [C_TIME] = sv_ask_time(last->time_ns),
                                                [C_JOBS] = sv_ask_text(sv_buf_slice(&jobs)),
                                                [C_RESULTS] = sv_ask_number(true, (int64_t)results.count),
                                                [C_CPU] = sv_ask_text(last->machine.cpu),
                                                [C_CORES] = sv_ask_number(true, last->machine.cores),
                                                [C_SQLITE] = sv_ask_text(last->sqlite)};
        sv_list_row(list, out, cells);
    }
    sv_buf_free(&jobs);
    sv_results_free(&results);
    return fine;
}

bool sv_baseline_list(struct sv_buf *out, const struct sv_list *list, struct sv_error *err)
{
    struct sv_buf folder = {0}, names = {0}, path = {0};
    struct sv_os_stat st;
    size_t count = 0;
    bool fine = put_folder(&folder, err);
    if (fine && sv_os_stat_path(sv_buf_cstr(&folder), true, &st))
        fine = sv_os_list(sv_buf_cstr(&folder), &names, &count, err);
    sv_list_head(list, out);
    const char *name = names.data;
    for (size_t i = 0; fine && i < count; i++, name += strlen(name) + 1) {
        struct sv_slice file = sv_slice_str(name);
        if (!sv_slice_ends(file, sv_slice_str(ending)))
            continue;
        sv_buf_clear(&path);
        sv_buf_printf(&path, "%s/%s", sv_buf_cstr(&folder), name);
        fine = put_one(out, list, sv_buf_cstr(&path), sv_slice(file.data, file.len - strlen(ending)), err);
    }
    sv_buf_free(&folder);
    sv_buf_free(&names);
    sv_buf_free(&path);
    return fine;
}
