/* SPDX-License-Identifier: ISC */
#include "run/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"

#ifndef SV_PREFIX
#define SV_PREFIX "/usr/local"
#endif

/* Appends the parts and keeps them when something of that name exists. */
static bool try_path(struct sv_buf *out, const char *folder, const char *middle, const char *name)
{
    struct sv_os_stat st;
    size_t start = out->len;
    if (folder == NULL || folder[0] == '\0')
        return false;
    sv_buf_str(out, folder);
    sv_buf_str(out, middle);
    sv_buf_str(out, name);
    if (sv_os_stat_path(sv_buf_cstr(out) + start, true, &st))
        return true;
    out->len = start;
    return false;
}

bool sv_run_share(struct sv_buf *out, const char *name)
{
    const char *share = getenv("SV_SHARE");
    if (share != NULL)
        return try_path(out, share, "/", name);
    struct sv_buf program = {0};
    bool found = false;
    if (sv_os_program_folder(&program)) {
        /* PREFIX/bin, then build/bin and build/<variant>/bin of the source tree */
        static const char *const middles[] = {"/share/sv-tools/", "/share/", "/share/"};
        sv_buf_cstr(&program); /* ends it */
        char *folder = program.data, *slash = NULL;
        for (size_t i = 0; i < sizeof middles / sizeof *middles && !found && (slash = strrchr(folder, '/')) != NULL; i++) {
            *slash = '\0';
            found = try_path(out, slash > folder ? folder : "/", slash > folder ? middles[i] : middles[i] + 1, name);
        }
    }
    sv_buf_free(&program);
    return found || try_path(out, SV_PREFIX, "/share/sv-tools/", name);
}

bool sv_run_find(struct sv_buf *out, const char *variable, const char *name, const char **from)
{
    const char *set = getenv(variable), *config = getenv("XDG_CONFIG_HOME"), *unused = NULL;
    from = from != NULL ? from : &unused;
    if (set != NULL && set[0] != '\0') {
        sv_buf_str(out, set);
        sv_buf_cstr(out);
        *from = variable;
        return true;
    }
    *from = "settings of this user";
    if (config != NULL && config[0] == '/' ? try_path(out, config, "/sv-tools/", name)
                                           : try_path(out, getenv("HOME"), "/.config/sv-tools/", name))
        return true;
    *from = "settings of this host";
    if (try_path(out, "/etc", "/sv-tools/", name))
        return true;
    *from = getenv("SV_SHARE") != NULL ? "SV_SHARE" : "installed";
    return sv_run_share(out, name);
}

bool sv_run_default_policies(struct sv_buf *out)
{
    return sv_run_find(out, "SV_POLICIES", "policies", NULL);
}

bool sv_run_default_prices(struct sv_buf *out)
{
    return sv_run_find(out, "SV_PRICES", "prices.csv", NULL);
}

/* Gemini keeps a folder a project in ~/.gemini/tmp, and much else beside its chats. */
static bool has_chats(const char *folder)
{
    struct sv_buf names = {0}, path = {0};
    struct sv_os_stat st;
    struct sv_error err = {0};
    size_t count = 0;
    bool found = false;
    if (sv_os_list(folder, &names, &count, &err)) {
        const char *name = names.data;
        for (size_t i = 0; i < count && !found; i++, name += strlen(name) + 1) {
            sv_buf_clear(&path);
            sv_buf_printf(&path, "%s/%s/chats", folder, name);
            found = sv_os_stat_path(sv_buf_cstr(&path), true, &st) && st.is_folder;
        }
    }
    sv_buf_free(&names);
    sv_buf_free(&path);
    return found;
}

size_t sv_run_home_logs(struct sv_buf *out)
{
    const char *gemini = getenv("GEMINI_CLI_HOME");
    const char *home = getenv("HOME"), *claude = getenv("CLAUDE_CONFIG_DIR"), *codex = getenv("CODEX_HOME");
    size_t found = 0;
    bool some = claude != NULL && claude[0] != '\0' ? try_path(out, claude, "/", "projects") : try_path(out, home, "/.claude/", "projects");
    if (some)
        sv_buf_char(out, '\0'), found++;
    some = codex != NULL && codex[0] != '\0' ? try_path(out, codex, "/", "sessions") : try_path(out, home, "/.codex/", "sessions");
    if (some)
        sv_buf_char(out, '\0'), found++;
    size_t start = out->len;
    if (try_path(out, gemini != NULL && gemini[0] != '\0' ? gemini : home, "/.gemini/", "tmp")) {
        if (has_chats(sv_buf_cstr(out) + start))
            sv_buf_char(out, '\0'), found++;
        else
            out->len = start;
    }
    return found;
}
