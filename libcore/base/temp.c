/* SPDX-License-Identifier: ISC */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "base/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

bool sv_temp_make(struct sv_temp *temp, const char *below, const char *name, struct sv_error *err)
{
    size_t size = strlen(below) + strlen(name) + 16;
    char *path = sv_arena_alloc(&temp->arena, size);
    snprintf(path, size, "%s/%s-XXXXXX", below, name);
    if (mkdtemp(path) != NULL) {
        temp->path = path;
        return true;
    }
    sv_error_at(err, below, 0, 0);
    return sv_error_errno(err, "cannot make a folder in it");
}

const char *sv_temp_path(struct sv_temp *temp, const char *file)
{
    return sv_arena_printf(&temp->arena, "%s/%s", temp->path, file).data;
}

void sv_temp_empty(struct sv_temp *temp)
{
    struct sv_buf names = {0};
    size_t count = 0;
    if (temp->path != NULL && sv_os_list(temp->path, &names, &count, NULL)) {
        const char *name = names.data;
        for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
            unlink(sv_temp_path(temp, name));
    }
    sv_buf_free(&names);
}

void sv_temp_remove(struct sv_temp *temp)
{
    sv_temp_empty(temp);
    if (temp->path != NULL)
        rmdir(temp->path);
    sv_arena_free(&temp->arena);
    *temp = (struct sv_temp){0};
}
