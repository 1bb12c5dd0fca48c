/* SPDX-License-Identifier: ISC */
/* Which SQLite is in use: the one that is loaded, not the one that was compiled against. */
#include "store/private.h"

const char *sv_store_library(void)
{
    return sqlite3_libversion();
}

/* Automatic checkpoints of several processes may lose rows in SQLite before 3.51.3, the releases 3.44.6 and 3.50.7 excepted
 * (https://sqlite.org/wal.html#walresetbug). */
bool sv_store_library_resets(int version)
{
    bool is_mended = version >= 3051003 || (version >= 3050007 && version < 3051000) || (version >= 3044006 && version < 3045000);
    return !is_mended;
}

void sv_store_put_library(struct sv_buf *out)
{
    static const char *const matter[] = {"THREADSAFE=", "SECURE_DELETE", "TEMP_STORE=", "USE_URI", "DEFAULT_SYNCHRONOUS=",
                                         "DEFAULT_WAL_SYNCHRONOUS=", "DEBUG", "OMIT_"};
    sv_buf_printf(out, "%s (%s)", sqlite3_libversion(), sqlite3_sourceid());
    for (int i = 0; sqlite3_compileoption_get(i) != NULL; i++) {
        const char *option = sqlite3_compileoption_get(i);
        for (size_t j = 0; j < sizeof matter / sizeof *matter; j++)
            if (sv_slice_starts(sv_slice_str(option), sv_slice_str(matter[j])))
                sv_buf_printf(out, ", %s", option);
    }
    if (sv_store_library_resets(sqlite3_libversion_number()))
        sv_buf_str(out, "; open a store with other programs for reading only, see sv-store(5)");
}
