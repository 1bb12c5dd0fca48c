/* SPDX-License-Identifier: ISC */
#include "run/attach.h"

#include "base/mem.h"

static struct sv_store *open_month(void *context, const struct sv_archive *archive, struct sv_error *err)
{
    struct sv_attach *attach = context;
    struct sv_archive_file *file = sv_archive_file_open(archive, attach->program, err);
    if (file == NULL)
        return NULL;
    attach->files = sv_realloc(attach->files, (attach->count + 1) * sizeof *attach->files);
    attach->files[attach->count++] = file;
    return sv_archive_file_store(file);
}

bool sv_attach(struct sv_attach *attach, struct sv_store *store, const struct sv_ask *ask, struct sv_error *err)
{
    struct sv_archive_opener opener = {.open = ask->archived ? open_month : NULL, .context = attach};
    attach->store = store;
    attach->program = ask->store.program;
    return sv_store_attach(store, &opener, err);
}

static void put_line(void *context, const struct sv_archive *archive)
{
    struct sv_buf *lines = context;
    unsigned long long rows = (unsigned long long)(archive->sum.events + archive->sum.evaluations);
    if (archive->state == SV_ARCHIVE_MOVED)
        sv_buf_printf(lines, "%s is missing here: %llu rows were moved elsewhere: %s\n", archive->month, rows, archive->path);
    else
        sv_buf_printf(lines, "%s is missing here: %llu rows are archived; --archived reads them\n", archive->month, rows);
}

void sv_attach_put(const struct sv_attach *attach, struct sv_buf *lines)
{
    if (attach->store != NULL)
        sv_store_needed(attach->store, put_line, lines);
}

void sv_attach_free(struct sv_attach *attach)
{
    for (size_t i = 0; i < attach->count; i++)
        sv_archive_file_close(attach->files[i]);
    sv_free(attach->files);
    *attach = (struct sv_attach){0};
}
