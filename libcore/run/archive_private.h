/* SPDX-License-Identifier: ISC */
/* archive_private.h - what the files of archives share. Floor: run. */
#ifndef SV_RUN_ARCHIVE_PRIVATE_H
#define SV_RUN_ARCHIVE_PRIVATE_H

#include <sys/stat.h>

#include "run/archive.h"

/* Does the name say that it is compressed? */
bool sv_archive_is_packed(const char *path);

/* A compressed file for a plain one, both mode 0600: on the disk, and expanded again to see that it is the same, before it has its
 * name. And back, in place of what `to` was. False with err. */
bool sv_archive_pack(const char *path, const char *packed, struct sv_error *err);
bool sv_archive_expand(const char *packed, const char *to, struct sv_error *err);

#endif
