/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "run/archive_private.h"
#include "store/exports.h"

/* Part of the manual: new ones go to the end. */
enum { C_MONTH, C_STATE, C_EVENTS, C_EVALUATIONS, C_BYTES, C_PATH, C_CHANGED, C_LONGEST_MS, C_COUNT };

const struct sv_list_column sv_archive_columns[] = {
    [C_MONTH] = {"month", 7, 7, false, false, false},
    [C_STATE] = {"state", 8, 8, false, false, false},
    [C_EVENTS] = {"events", 7, 7, false, false, true},
    [C_EVALUATIONS] = {"evaluations", 11, 11, false, false, true},
    [C_BYTES] = {"bytes", 7, 7, false, false, true},
    [C_PATH] = {"path", 12, 0, true, true, false},
    [C_CHANGED] = {"changed", 0, 11, false, false, false},
    [C_LONGEST_MS] = {"longest_ms", 0, 7, false, false, true},
};
const size_t sv_archive_column_count = C_COUNT;

struct row {
    const char *month, *state, *path;
    uint64_t events, evaluations;
    int64_t bytes, changed_ns, longest_ns; /* -1: not known */
    enum sv_color color;
};

static void put_row(const struct sv_list *list, struct sv_buf *out, const struct row *row)
{
    struct sv_list_cell cells[C_COUNT] = {[C_MONTH] = sv_ask_text(sv_slice_str(row->month)),
                                          [C_STATE] = sv_ask_text(sv_slice_str(row->state)),
                                          [C_EVENTS] = sv_ask_number(true, (int64_t)row->events),
                                          [C_EVALUATIONS] = sv_ask_number(true, (int64_t)row->evaluations),
                                          [C_BYTES] = sv_ask_number(row->bytes >= 0, row->bytes),
                                          [C_PATH] = sv_ask_text(sv_slice_str(row->path)),
                                          [C_CHANGED] = sv_ask_time(row->changed_ns),
                                          [C_LONGEST_MS] = sv_ask_number(row->longest_ns >= 0, row->longest_ns / 1000000)};
    cells[C_STATE].color = row->color;
    sv_list_row(list, out, cells);
}

static int64_t size_of(const char *path)
{
    struct sv_os_stat st;
    return sv_os_stat_path(path, true, &st) ? st.size : -1;
}

/* --- one month after the other --- */

struct archiving {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_archive_job job;
    struct sv_store *store;
    struct sv_acts acts;
    struct sv_archive_months months;
    struct sv_archives known;
    char *folder;
    double row_bytes; /* on an average */
    size_t next;
    bool headed, swept;
    struct sv_buf out, reader; /* reader: whose export is farthest behind */
};

static struct sv_archive *known_of(struct archiving *archiving, const char *month)
{
    for (size_t i = 0; i < archiving->known.count; i++)
        if (strcmp(archiving->known.items[i].month, month) == 0)
            return &archiving->known.items[i];
    return NULL;
}

/* Where the plain file of a month lies, or will. */
static void put_path(const struct archiving *archiving, const struct sv_archive *known, const char *month, struct sv_buf *out)
{
    if (known == NULL)
        sv_buf_printf(out, "%s/sv-%s.db", archiving->folder, month);
    else
        sv_buf_printf(out, "%.*s", (int)(strlen(known->path) - (sv_archive_is_packed(known->path) ? 4 : 0)), known->path);
}

static bool has_room(const struct archiving *archiving, const struct sv_archive_month *month, struct sv_error *err)
{
    int64_t room = sv_os_free_bytes(archiving->folder);
    double needed = archiving->row_bytes * (double)(month->events + month->evaluations) * (archiving->job.zstd ? 2.5 : 1.2);
    if (room < 0 || (double)room > needed)
        return true;
    sv_error_at(err, archiving->folder, 0, 0);
    return sv_error_set(err, SV_SYSTEM, "%s needs about %lld MiB, and %lld MiB are free; nothing was removed", month->name,
                        (long long)(needed / 1048576) + 1, (long long)(room / 1048576));
}

/* A month that lies in a compressed file gets its plain one back first. */
static bool prepare_file(const struct sv_archive *known, const char *path, struct sv_error *err)
{
    if (known == NULL || !sv_archive_is_packed(known->path) || size_of(path) >= 0)
        return true;
    struct sv_buf part = {0};
    sv_buf_printf(&part, "%s.part", path);
    bool fine = sv_archive_expand(known->path, sv_buf_cstr(&part), err) && sv_os_rename(sv_buf_cstr(&part), path, err);
    sv_buf_free(&part);
    return fine;
}

/* Nothing was removed: the rows are not, or not only, those that were moved there and those just copied. */
static bool compare(const char *path, const struct sv_archive *known, const struct sv_archive_sum *copied,
                    const struct sv_archive_sum *has, struct sv_error *err)
{
    struct sv_archive_sum want = *copied;
    if (known != NULL) {
        want.events += known->sum.events;
        want.evaluations += known->sum.evaluations;
        want.hash += known->sum.hash;
    }
    if (want.events == has->events && want.evaluations == has->evaluations && want.hash == has->hash)
        return true;
    sv_error_at(err, path, 0, 0);
    if (want.events == has->events && want.evaluations == has->evaluations)
        return sv_error_set(err, SV_INPUT, "has other rows than it should have; nothing was removed; move it away, or see sv-index verify");
    return sv_error_set(err, SV_INPUT,
                        "has %llu events and %llu evaluations, and should have %llu and %llu; nothing was removed; move it away, or see"
                        " sv-index verify",
                        (unsigned long long)has->events, (unsigned long long)has->evaluations, (unsigned long long)want.events,
                        (unsigned long long)want.evaluations);
}

static bool put_archive(struct archiving *archiving, const struct sv_archive *archive, const char *act, bool ends, struct sv_error *err)
{
    struct sv_act what = {.type = act, .entity_type = "archive", .entity_id = sv_slice_str(archive->month)};
    if (!sv_store_begin(archiving->store, err))
        return false;
    bool fine = sv_archive_put(archiving->store, archive, err) && (act == NULL || sv_act_put(&archiving->acts, &what, err)) &&
                (!ends || sv_acts_end(&archiving->acts, err));
    if (fine)
        return sv_store_commit(archiving->store, err);
    sv_store_rollback(archiving->store);
    return false;
}

/* The catalogue names the file before anything is removed. */
static bool enter(struct archiving *archiving, const char *month, const char *path, struct sv_archive *archive, struct sv_error *err)
{
    const struct sv_archive *known = known_of(archiving, month);
    *archive = known != NULL ? *known : (struct sv_archive){0};
    snprintf(archive->month, sizeof archive->month, "%s", month);
    archive->path = sv_str_dup(sv_slice_str(path));
    archive->state = SV_ARCHIVE_HERE;
    archive->bytes = size_of(path);
    archive->changed_ns = sv_os_now_ns();
    return put_archive(archiving, archive, "operator.archive", false, err);
}

/* Copied, read again, named by the catalogue, removed here. */
static bool move_rows(struct archiving *archiving, const struct sv_archive_month *month, const char *path, struct sv_archive *archive,
                      struct sv_archive_sum *removed, int64_t *longest_ns, struct sv_error *err)
{
    struct sv_store_spec spec = {.path = path, .program = archiving->ask.store.program, .untouched = true, .sync_normal = true};
    struct sv_archive_sum copied, has;
    struct sv_store *file = sv_store_open(&spec, err);
    bool fine = file != NULL && sv_archive_copy(archiving->store, file, &archiving->job.rules, month, &copied, err);
    if (fine) {
        fine = sv_archive_settle(file, err);
        sv_store_close(file);
        spec.read_only = true;
        file = fine ? sv_store_open(&spec, err) : NULL;
        fine = file != NULL;
    }
    fine = fine && sv_archive_sum(file, &has, err) && compare(path, known_of(archiving, month->name), &copied, &has, err) &&
           enter(archiving, month->name, path, archive, err) &&
           sv_archive_remove(archiving->store, file, &archiving->job.rules, month, removed, longest_ns, err);
    sv_store_close(file);
    return fine;
}

/* A compressed file takes the place of the plain one; before rows are removed the plain one is enough, and it goes last. */
static bool pack(struct archiving *archiving, const char *path, struct sv_archive *archive, struct sv_error *err)
{
    struct sv_buf packed = {0};
    struct sv_archives now = {0};
    sv_buf_printf(&packed, "%s.zst", path);
    bool fine = sv_archive_pack(path, sv_buf_cstr(&packed), err) &&
                sv_archives_list(archiving->store, archive->month, archive->month, &now, err) && now.count == 1;
    if (fine) {
        sv_free(now.items[0].path);
        now.items[0].path = sv_str_dup(sv_buf_slice(&packed));
        now.items[0].bytes = size_of(now.items[0].path);
        fine = put_archive(archiving, &now.items[0], NULL, false, err);
    }
    if (fine) {
        unlink(path);
        sv_free(archive->path);
        archive->path = sv_str_dup(sv_buf_slice(&packed));
    }
    sv_archives_free(&now);
    sv_buf_free(&packed);
    return fine;
}

/* Left where they are: months whose file is elsewhere, and those that were brought back lately. */
static const char *why_left(const struct archiving *archiving, const struct sv_archive *known)
{
    if (known == NULL || known->state == SV_ARCHIVE_HERE)
        return NULL;
    if (known->state == SV_ARCHIVE_MOVED)
        return "moved";
    return known->changed_ns >= archiving->job.rules.before_ns ? "restored" : NULL;
}

static bool do_month(struct archiving *archiving, const struct sv_archive_month *month, struct sv_error *err)
{
    struct sv_archive *known = known_of(archiving, month->name), archive = {0};
    struct sv_archive_sum removed = {.events = month->events, .evaluations = month->evaluations};
    struct sv_buf path = {0};
    const char *left = why_left(archiving, known);
    struct row row = {.month = month->name, .state = left != NULL ? left : "due", .bytes = -1, .longest_ns = -1, .color = SV_COLOR_YELLOW};
    bool packs = archiving->job.zstd || (known != NULL && sv_archive_is_packed(known->path));
    bool moves = month->events + month->evaluations > 0; /* else it is only compressed */
    put_path(archiving, known, month->name, &path);
    bool applies = archiving->job.apply && left == NULL, fine = true;
    if (applies) {
        row.state = "archived";
        row.color = SV_COLOR_GREEN;
        snprintf(archive.month, sizeof archive.month, "%s", month->name);
        fine = !moves || (sv_os_make_folder(archiving->folder, 0700, err) && has_room(archiving, month, err) &&
                          prepare_file(known, sv_buf_cstr(&path), err) &&
                          move_rows(archiving, month, sv_buf_cstr(&path), &archive, &removed, &row.longest_ns, err));
        fine = fine && (!packs || pack(archiving, sv_buf_cstr(&path), &archive, err));
    }
    if (fine) {
        row.path = archive.path != NULL ? archive.path : known != NULL ? known->path : sv_buf_cstr(&path);
        row.bytes = applies ? size_of(row.path) : (int64_t)(archiving->row_bytes * (double)(month->events + month->evaluations));
        row.events = removed.events;
        row.evaluations = removed.evaluations;
        if (left != NULL && strcmp(left, "moved") == 0)
            archiving->answer.status = SV_FOUND;
        put_row(&archiving->ask.list, &archiving->out, &row);
    }
    sv_free(archive.path);
    sv_buf_free(&path);
    return fine;
}

static bool finish(struct archiving *archiving, struct sv_error *err)
{
    uint64_t runs, slow;
    archiving->swept = true;
    if (!archiving->job.apply)
        return true;
    if (!sv_archive_sweep(archiving->store, archiving->job.rules.before_ns, &runs, &slow, err) || !sv_store_begin(archiving->store, err))
        return false;
    if (sv_acts_end(&archiving->acts, err))
        return sv_store_commit(archiving->store, err);
    sv_store_rollback(archiving->store);
    return false;
}

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct archiving *archiving = (struct archiving *)answer;
    sv_buf_clear(&archiving->out);
    if (archiving->swept)
        return false;
    if (!archiving->headed)
        sv_list_head(&archiving->ask.list, &archiving->out);
    archiving->headed = true;
    bool fine = archiving->next < archiving->months.count ? do_month(archiving, &archiving->months.items[archiving->next++], err)
                                                          : finish(archiving, err);
    *out = sv_buf_slice(&archiving->out);
    return fine;
}

static void close_archiving(struct sv_answer *answer)
{
    struct archiving *archiving = (struct archiving *)answer;
    sv_acts_free(&archiving->acts);
    sv_archives_free(&archiving->known);
    sv_free(archiving->months.items);
    sv_store_close(archiving->store);
    sv_buf_free(&archiving->out);
    sv_buf_free(&archiving->reader);
    sv_free(archiving->folder);
    sv_free(archiving);
}

/* Plain files that there are become compressed ones, too; and the rest of one that was killed behind that is removed. */
static void add_packing(struct archiving *archiving)
{
    struct sv_buf path = {0};
    size_t due = archiving->months.count;
    for (size_t i = 0; i < archiving->known.count; i++) {
        const struct sv_archive *known = &archiving->known.items[i];
        bool is_due = false;
        for (size_t j = 0; j < due; j++)
            is_due |= strcmp(archiving->months.items[j].name, known->month) == 0;
        if (is_due || known->state != SV_ARCHIVE_HERE)
            continue;
        sv_buf_clear(&path);
        put_path(archiving, known, known->month, &path);
        if (sv_archive_is_packed(known->path) && size_of(known->path) >= 0) {
            if (archiving->job.apply)
                unlink(sv_buf_cstr(&path));
        } else if (archiving->job.zstd && size_of(known->path) >= 0) {
            archiving->months.items =
                sv_realloc(archiving->months.items, (archiving->months.count + 1) * sizeof *archiving->months.items);
            sv_archive_month_named(sv_slice_str(known->month), &archiving->months.items[archiving->months.count++]);
        }
    }
    sv_buf_free(&path);
}

/* Two at once would remove what the other copies. */
static bool lock(struct sv_store *store, struct sv_error *err)
{
    pid_t holder;
    struct sv_error own = {0};
    if (sv_store_log_lock(store, SV_SLICE("archives"), &holder, &own))
        return true;
    if (own.code != SV_DONE) {
        if (err != NULL)
            *err = own;
        return false;
    }
    sv_error_at(err, sv_store_path(store), 0, 0);
    return sv_error_set(err, SV_SYSTEM, holder > 0 ? "process %ld archives or restores; try again" : "another process archives or restores; try again",
                        (long)holder);
}

/* The folder, absolute: the catalogue is read from elsewhere, too. */
static char *folder_of(const struct sv_store *store, const char *folder, struct sv_error *err)
{
    struct sv_buf path = {0};
    const char *shown = sv_store_path(store), *slash = strrchr(shown, '/');
    if (folder == NULL)
        sv_buf_printf(&path, "%.*sarchive", slash != NULL ? (int)(slash - shown) + 1 : 0, shown);
    else
        sv_buf_str(&path, folder);
    if (sv_buf_cstr(&path)[0] != '/') {
        char *here = getcwd(NULL, 0);
        struct sv_buf whole = {0};
        if (here == NULL) {
            sv_error_errno(err, "cannot tell the current folder");
            sv_buf_free(&path);
            return NULL;
        }
        sv_buf_printf(&whole, "%s/%s", here, sv_buf_cstr(&path));
        free(here);
        sv_buf_free(&path);
        path = whole;
    }
    char *out = sv_str_dup(sv_buf_slice(&path));
    sv_buf_free(&path);
    return out;
}

static bool weigh(struct archiving *archiving, struct sv_error *err)
{
    struct sv_store_sizes sizes;
    struct sv_store_counters counters = {0};
    double rows = 0;
    bool fine = sv_store_sizes(archiving->store, &sizes, err) && sv_store_counters(archiving->store, &counters, err);
    for (size_t i = 0; i < counters.count; i++)
        rows += sv_slice_is(counters.items[i].name, "rows") ? (double)counters.items[i].value : 0;
    sv_store_counters_free(&counters);
    if (fine && rows > 0)
        archiving->row_bytes = (double)(sizes.bytes - sizes.free_bytes) / rows;
    return fine;
}

static void remarks(const struct sv_answer *answer, struct sv_buf *lines)
{
    const struct archiving *archiving = (const struct archiving *)answer;
    struct sv_slice reader = sv_buf_slice(&archiving->reader);
    if (archiving->months.held > 0)
        sv_buf_printf(lines, "%llu events that could go stay until the export \"%.*s\" has taken them; if there is none any more: sv-index "
                      "export --forget=%.*s\n", (unsigned long long)archiving->months.held, SV_ARG(reader), SV_ARG(reader));
}

struct sv_answer *sv_archive_open(const struct sv_ask *ask, const struct sv_archive_job *job, struct sv_error *err)
{
    static const struct sv_answer_kind kind = {next, NULL, close_archiving, remarks};
    struct archiving *archiving = sv_calloc(1, sizeof *archiving);
    struct sv_store_spec spec = ask->store;
    int64_t behind;
    archiving->answer.kind = &kind;
    archiving->ask = *ask;
    archiving->job = *job;
    spec.must_exist = job->apply;
    spec.read_only = !job->apply;
    spec.sync_normal = true; /* what power takes away is here still, or again */
    archiving->store = sv_store_open(&spec, err);
    archiving->acts = (struct sv_acts){.store = archiving->store, .now_ns = sv_os_now_ns(), .by = job->by};
    if (archiving->store != NULL && (!job->apply || lock(archiving->store, err)) &&
        (archiving->folder = folder_of(archiving->store, job->folder, err)) != NULL && weigh(archiving, err) &&
        sv_archives_list(archiving->store, "", "9", &archiving->known, err) &&
        sv_archive_months(archiving->store, &job->rules, &archiving->months, err) &&
        sv_store_export_least(archiving->store, &archiving->reader, &behind, err)) {
        add_packing(archiving);
        return &archiving->answer;
    }
    close_archiving(&archiving->answer);
    return NULL;
}

/* --- the catalogue --- */

static void put_archive_row(const struct sv_ask *ask, struct sv_buf *out, const struct sv_archive *archive)
{
    static const char *const states[] = {[SV_ARCHIVE_HERE] = "here", [SV_ARCHIVE_MOVED] = "moved", [SV_ARCHIVE_RESTORED] = "restored"};
    bool is_missing = archive->state == SV_ARCHIVE_HERE && size_of(archive->path) < 0;
    struct row row = {.month = archive->month,
                      .state = is_missing ? "missing" : states[archive->state],
                      .path = archive->path,
                      .events = archive->sum.events,
                      .evaluations = archive->sum.evaluations,
                      .bytes = archive->state == SV_ARCHIVE_HERE && !is_missing ? size_of(archive->path) : archive->bytes,
                      .changed_ns = archive->changed_ns,
                      .longest_ns = -1,
                      .color = is_missing ? SV_COLOR_RED : SV_COLOR_NONE};
    put_row(&ask->list, out, &row);
}

struct sv_answer *sv_archive_list_open(const struct sv_ask *ask, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    struct sv_archives archives = {0};
    struct sv_buf out = {0};
    spec.read_only = true;
    struct sv_store *store = sv_store_open(&spec, err);
    bool fine = store != NULL && sv_archives_list(store, "", "9", &archives, err);
    if (fine)
        sv_list_head(&ask->list, &out);
    for (size_t i = 0; fine && i < archives.count; i++)
        put_archive_row(ask, &out, &archives.items[i]);
    sv_archives_free(&archives);
    sv_store_close(store);
    return fine ? sv_answer_ready(&out, SV_DONE) : NULL;
}

/* A store for writing, its catalogue's row of a month in *archives; NULL with err. */
static struct sv_store *open_month(const struct sv_ask *ask, const char *month, bool sync_normal, struct sv_archives *archives,
                                   struct sv_error *err)
{
    struct sv_archive_month named;
    struct sv_store_spec spec = ask->store;
    if (!sv_archive_month_named(sv_slice_str(month), &named)) {
        sv_error_set(err, SV_USAGE, "\"%.60s\" is no month; give one such as 2026-08", month);
        return NULL;
    }
    spec.must_exist = true;
    spec.sync_normal = sync_normal;
    struct sv_store *store = sv_store_open(&spec, err);
    if (store != NULL && lock(store, err) && sv_archives_list(store, month, month, archives, err)) {
        if (archives->count == 1)
            return store;
        sv_error_at(err, sv_store_path(store), 0, 0);
        sv_error_set(err, SV_INPUT, "has no archive of %s; sv-index archive list shows those that there are", month);
    }
    sv_store_close(store);
    return NULL;
}

/* Is it the file of this month, with all that was moved there? */
static bool is_file_of(const struct sv_archive *archive, const char *path, const char *program, struct sv_error *err)
{
    struct sv_archive look = *archive;
    struct sv_archive_sum has;
    look.path = (char *)path;
    look.state = SV_ARCHIVE_HERE;
    struct sv_archive_file *file = sv_archive_file_open(&look, program, err);
    bool fine = file != NULL && sv_archive_sum(sv_archive_file_store(file), &has, err);
    if (fine && archive->state != SV_ARCHIVE_RESTORED &&
        (has.events != archive->sum.events || has.evaluations != archive->sum.evaluations || has.hash != archive->sum.hash)) {
        sv_error_at(err, path, 0, 0);
        fine = sv_error_set(err, SV_INPUT, "does not have what was archived of %s; nothing was changed", archive->month);
    }
    sv_archive_file_close(file);
    return fine;
}

struct sv_answer *sv_archive_moved_open(const struct sv_ask *ask, const char *month, const char *where, const struct sv_act_by *by,
                                        struct sv_error *err)
{
    struct sv_archives archives = {0};
    struct sv_buf out = {0};
    struct sv_store *store = open_month(ask, month, false, &archives, err);
    char *real = realpath(where, NULL);
    bool fine = store != NULL && (real == NULL || is_file_of(&archives.items[0], real, ask->store.program, err));
    struct archiving archiving = {.store = store, .acts = {.store = store, .now_ns = sv_os_now_ns(), .by = *by}};
    if (fine) {
        struct sv_archive *archive = &archives.items[0];
        sv_free(archive->path);
        archive->path = sv_str_dup(sv_slice_str(real != NULL ? real : where));
        archive->state = real != NULL ? SV_ARCHIVE_HERE : SV_ARCHIVE_MOVED;
        archive->changed_ns = archiving.acts.now_ns;
        fine = put_archive(&archiving, archive, "operator.archive.moved", true, err);
    }
    if (fine) {
        sv_list_head(&ask->list, &out);
        put_archive_row(ask, &out, &archives.items[0]);
    }
    free(real);
    sv_acts_free(&archiving.acts);
    sv_archives_free(&archives);
    sv_store_close(store);
    return fine ? sv_answer_ready(&out, SV_DONE) : NULL;
}

/* --- back --- */

static bool restore_month(const struct sv_ask *ask, const char *name, const struct sv_act_by *by, struct sv_buf *out, struct sv_error *err)
{
    struct sv_archives archives = {0};
    struct sv_archive_month month;
    struct sv_archive_sum restored = {0};
    struct sv_store *store = open_month(ask, name, true, &archives, err);
    struct sv_archive_file *file = store != NULL ? sv_archive_file_open(&archives.items[0], ask->store.program, err) : NULL;
    struct archiving archiving = {.store = store, .acts = {.store = store, .now_ns = sv_os_now_ns(), .by = *by}};
    bool fine = file != NULL && sv_archive_month_named(sv_slice_str(name), &month) &&
                sv_archive_restore(store, sv_archive_file_store(file), &month, &restored, err);
    struct sv_archives now = {0};
    fine = fine && sv_archives_list(store, name, name, &now, err) && now.count == 1;
    if (fine) {
        now.items[0].state = SV_ARCHIVE_RESTORED;
        now.items[0].changed_ns = archiving.acts.now_ns;
        fine = put_archive(&archiving, &now.items[0], "operator.restore", true, err);
    }
    if (fine)
        put_row(&ask->list, out, &(struct row){.month = name, .state = "restored", .path = now.items[0].path, .events = restored.events,
                                               .evaluations = restored.evaluations, .bytes = now.items[0].bytes,
                                               .changed_ns = now.items[0].changed_ns, .longest_ns = -1, .color = SV_COLOR_GREEN});
    sv_archives_free(&now);
    sv_archive_file_close(file);
    sv_acts_free(&archiving.acts);
    sv_archives_free(&archives);
    sv_store_close(store);
    return fine;
}

struct restoring {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_act_by by;
    size_t next;
    struct sv_buf out;
};

static bool next_restored(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct restoring *restoring = (struct restoring *)answer;
    sv_buf_clear(&restoring->out);
    if (restoring->next >= restoring->ask.operand_count)
        return false;
    if (restoring->next == 0)
        sv_list_head(&restoring->ask.list, &restoring->out);
    bool fine = restore_month(&restoring->ask, restoring->ask.operands[restoring->next++], &restoring->by, &restoring->out, err);
    *out = sv_buf_slice(&restoring->out);
    return fine;
}

static void close_restoring(struct sv_answer *answer)
{
    struct restoring *restoring = (struct restoring *)answer;
    sv_buf_free(&restoring->out);
    sv_free(restoring);
}

struct sv_answer *sv_restore_open(const struct sv_ask *ask, const struct sv_act_by *by, struct sv_error *err)
{
    static const struct sv_answer_kind kind = {next_restored, NULL, close_restoring, NULL};
    struct restoring *restoring = sv_calloc(1, sizeof *restoring);
    (void)err;
    restoring->answer.kind = &kind;
    restoring->ask = *ask;
    restoring->by = *by;
    return &restoring->answer;
}
