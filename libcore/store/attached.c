/* SPDX-License-Identifier: ISC */
#include "store/attached.h"

#include "store/private.h"

struct sv_attached {
    struct sv_archive_opener opener;
    bool is_told; /* nothing more is noted */
    struct sv_archives archives;
    struct sv_attached_month {
        struct sv_archive_month month;
        struct sv_store *file;
        bool needed;
    } *months; /* [archives.count] */
};

bool sv_store_attach(struct sv_store *store, const struct sv_archive_opener *opener, struct sv_error *err)
{
    struct sv_attached *attached = sv_calloc(1, sizeof *attached);
    struct sv_archives all = {0};
    sv_attached_free(store);
    attached->opener = *opener;
    store->attached = attached;
    bool fine = sv_archives_list(store, "", "9", &all, err);
    attached->months = sv_calloc(all.count + 1, sizeof *attached->months);
    attached->archives.items = sv_calloc(all.count + 1, sizeof *attached->archives.items);
    for (size_t i = 0; fine && i < all.count; i++) {
        struct sv_archive *archive = &all.items[i];
        size_t at = attached->archives.count;
        if (archive->sum.events + archive->sum.evaluations == 0 || archive->state == SV_ARCHIVE_RESTORED ||
            !sv_archive_month_named(sv_slice_str(archive->month), &attached->months[at].month))
            continue;
        if (archive->has_times) { /* as narrow as can be, so that fewer are needed */
            attached->months[at].month.from_ns = archive->first_ns;
            attached->months[at].month.until_ns = archive->last_ns + 1;
        }
        attached->archives.items[at] = *archive;
        archive->path = NULL; /* it went along */
        attached->archives.count++;
    }
    sv_archives_free(&all);
    return fine;
}

void sv_attached_free(struct sv_store *store)
{
    if (store->attached == NULL)
        return;
    sv_archives_free(&store->attached->archives);
    sv_free(store->attached->months);
    sv_free(store->attached);
    store->attached = NULL;
}

void sv_store_needed(const struct sv_store *store, void (*each)(void *context, const struct sv_archive *archive), void *context)
{
    for (size_t i = 0; store->attached != NULL && i < store->attached->archives.count; i++)
        if (store->attached->months[i].needed && store->attached->months[i].file == NULL)
            each(context, &store->attached->archives.items[i]);
}

void sv_store_answered(struct sv_store *store)
{
    if (store->attached != NULL)
        store->attached->is_told = true;
}

bool sv_attached_opens(const struct sv_store *store)
{
    return store->attached != NULL && store->attached->opener.open != NULL;
}

/* NULL without err: it is only noted. */
static struct sv_store *open_month(struct sv_attached *attached, size_t at, bool *fine, struct sv_error *err)
{
    struct sv_attached_month *month = &attached->months[at];
    *fine = true;
    if (month->file == NULL && attached->opener.open != NULL && attached->archives.items[at].state == SV_ARCHIVE_HERE) {
        month->file = attached->opener.open(attached->opener.context, &attached->archives.items[at], err);
        *fine = month->file != NULL;
    }
    month->needed |= !attached->is_told;
    return month->file;
}

bool sv_attached_walk(struct sv_store *store, const struct sv_attached_walk *walk, struct sv_error *err)
{
    struct sv_attached *attached = store->attached;
    size_t count = attached != NULL ? attached->archives.count : 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = walk->up ? i : count - 1 - i;
        const struct sv_archive_month *month = &attached->months[at].month;
        bool fine = true;
        if (walk->up ? month->until_ns <= walk->from_ns : month->from_ns > walk->from_ns)
            continue; /* not yet there */
        if (walk->up ? month->from_ns >= walk->bound_ns : month->until_ns <= walk->bound_ns)
            break;
        if (walk->has_enough != NULL && walk->has_enough(walk->context, walk->up ? month->from_ns : month->until_ns))
            break;
        struct sv_store *file = walk->aside ? attached->months[at].file : open_month(attached, at, &fine, err);
        if (!fine || (file != NULL && !walk->take(walk->context, file, err)))
            return false;
    }
    return true;
}
