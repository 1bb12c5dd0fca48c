/* SPDX-License-Identifier: ISC */
/* main.c - replays a corpus: each file given, or each file of a folder given, once through the fuzz target; TAP on stdout.
 *
 * A crash is seen by the missing plan, which comes last. Files are read into a block of exactly their size, so that a sanitizer
 * sees a read past the end. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX = 64 << 20 };

static int count, failed;

static void replay(const char *path)
{
    struct sv_error err = {0};
    struct sv_buf bytes = {0};
    bool good = sv_os_slurp(path, FILE_MAX, &bytes, &err);
    if (good) {
        uint8_t *exact = malloc(bytes.len > 0 ? bytes.len : 1);
        if (exact == NULL)
            abort();
        if (bytes.len > 0)
            memcpy(exact, bytes.data, bytes.len);
        LLVMFuzzerTestOneInput(exact, bytes.len);
        free(exact);
    }
    printf("%sok %d - %s\n", good ? "" : "not ", ++count, path);
    if (!good) {
        printf("# %s\n", err.text);
        failed++;
    }
    fflush(stdout);
    sv_buf_free(&bytes);
}

static void replay_folder(const char *folder)
{
    struct sv_error err = {0};
    struct sv_buf names = {0}, path = {0};
    size_t n = 0;
    if (!sv_os_list(folder, &names, &n, &err)) {
        printf("not ok %d - %s\n# %s\n", ++count, folder, err.text);
        failed++;
    }
    const char *name = names.data;
    for (size_t i = 0; i < n; i++, name += strlen(name) + 1) {
        sv_buf_clear(&path);
        sv_buf_printf(&path, "%s/%s", folder, name);
        replay(sv_buf_cstr(&path));
    }
    sv_buf_free(&names);
    sv_buf_free(&path);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct sv_os_stat st;
        if (sv_os_stat_path(argv[i], true, &st) && st.is_folder)
            replay_folder(argv[i]);
        else
            replay(argv[i]);
    }
    printf("1..%d\n", count);
    return failed > 0;
}
