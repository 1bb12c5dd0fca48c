/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE
#include "base/watch.h"

#include <stddef.h>
#include <string.h>

#ifdef __linux__
#include <sys/inotify.h>
#endif

#include "base/mem.h"
#include "base/os.h"

struct sv_watch {
    int fd;
    size_t at, end;
    _Alignas(8) char events[16384];
};

#ifdef __linux__

struct sv_watch *sv_watch_new(void)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct sv_watch *watch = sv_calloc(1, sizeof *watch);
    watch->fd = fd;
    return watch;
}

int sv_watch_folder(struct sv_watch *watch, const char *path)
{
    return watch == NULL ? -1
                         : inotify_add_watch(watch->fd, path,
                                             IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR);
}

bool sv_watch_next(struct sv_watch *watch, struct sv_watch_event *event)
{
    if (watch == NULL)
        return false;
    while (watch->at >= watch->end) {
        ssize_t n = sv_os_read(watch->fd, watch->events, sizeof watch->events);
        if (n <= 0)
            return false;
        watch->at = 0;
        watch->end = (size_t)n;
    }
    struct inotify_event head;
    memcpy(&head, watch->events + watch->at, sizeof head);
    *event = (struct sv_watch_event){.folder = (head.mask & IN_Q_OVERFLOW) != 0 ? -1 : head.wd,
                                     .name = head.len > 0 ? watch->events + watch->at + sizeof head : "",
                                     .is_folder = (head.mask & IN_ISDIR) != 0,
                                     .is_new = (head.mask & (IN_CREATE | IN_MOVED_TO)) != 0};
    watch->at += sizeof head + head.len;
    return true;
}

#else

struct sv_watch *sv_watch_new(void)
{
    return NULL;
}

int sv_watch_folder(struct sv_watch *watch, const char *path)
{
    (void)watch, (void)path;
    return -1;
}

bool sv_watch_next(struct sv_watch *watch, struct sv_watch_event *event)
{
    (void)watch, (void)event;
    return false;
}

#endif

int sv_watch_wait(struct sv_watch *watch, int timeout_ms)
{
    if (watch != NULL && watch->at < watch->end)
        return 1;
    return sv_os_wait(watch != NULL ? watch->fd : -1, timeout_ms);
}

void sv_watch_free(struct sv_watch *watch)
{
    if (watch == NULL)
        return;
    sv_os_close(watch->fd);
    sv_free(watch);
}
