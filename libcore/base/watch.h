/* SPDX-License-Identifier: ISC */
/* watch.h - being told that something in a folder has changed, where the system can tell (Linux: inotify(7)).
 *
 * Only a hint to look: names may come twice, or too many, and where events were lost or cannot be had (network file systems) none
 * comes, so who follows files also looks by himself now and then. Names are those of a folder's entries that were written to,
 * made, renamed or removed.
 *
 *     struct sv_watch *watch = sv_watch_new();            // NULL: this system cannot
 *     int folder = sv_watch_folder(watch, path);
 *     if (sv_watch_wait(watch, timeout_ms) > 0)
 *         while (sv_watch_next(watch, &event)) ...
 *     sv_watch_free(watch);
 *
 * Floor: base. */
#ifndef SV_WATCH_H
#define SV_WATCH_H

#include <stdbool.h>

struct sv_watch;

struct sv_watch_event {
    int folder;       /* -1: events were lost; look at everything */
    const char *name; /* of the entry; borrowed until the next call */
    bool is_folder;
    bool is_new;      /* made, or renamed to this name */
};

struct sv_watch *sv_watch_new(void);
void sv_watch_free(struct sv_watch *watch);

/* The folder's number: the same for the same folder. -1 when it cannot be watched. */
int sv_watch_folder(struct sv_watch *watch, const char *path);

/* Waits for events: 1; 0 after timeout_ms; -1 when a signal came. NULL just waits. */
int sv_watch_wait(struct sv_watch *watch, int timeout_ms);

/* The next event that has come; false when there is none (any more). */
bool sv_watch_next(struct sv_watch *watch, struct sv_watch_event *event);

#endif
