/* SPDX-License-Identifier: ISC */
/* behind.c - makes a store as the program before this one made it: without the last step of its tables. Prints its version.
 *
 *     build/fault/behind FILE */
#include <stdio.h>

#include "store/private.h"

int main(int argc, char **argv)
{
    struct sv_error err = {0};
    struct sv_store_spec spec = {.path = argc > 1 ? argv[1] : "", .program = "behind"};
    struct sv_store *store = sv_store_open_schema(&spec, sv_store_schema, sv_store_schema_count - 1, &err);
    if (store == NULL) {
        fprintf(stderr, "behind: %s: %s\n", err.file, err.text);
        return 4;
    }
    sv_store_close(store);
    printf("%d\n", sv_store_schema_count - 1);
    return 0;
}
