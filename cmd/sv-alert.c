/* SPDX-License-Identifier: ISC */
/* sv-alert - from violations to the right person, once. */
#include <string.h>
#include <sys/resource.h>

#include "alert.h"
#include "base/mem.h"
#include "run/paths.h"

/* In the order of the help. */
static const struct cli_program *const verbs[] = {
    &alert_fold,
    &alert_tick,
    &alert_list,
    &alert_show,
    &alert_explain,
    &alert_ack,
    &alert_resolve,
    &alert_silence,
    &alert_check,
    &alert_test,
    &alert_deliveries,
    &alert_stats,
    &alert_report,
    NULL,
};

static const struct cli_program program = {
    .name = "sv-alert",
    .text = "take evaluations into groups of alerts, and tell who is to know, once",
    .verbs = verbs,
    .versions = cli_ask_versions,
    .more = "Without a verb it is fold.\n",
};

const char *alert_config(const char *named, struct sv_buf *path)
{
    if (named != NULL)
        return named;
    return sv_run_find(path, "SV_ALERTS", "alerts.yaml", NULL) ? sv_buf_cstr(path) : NULL;
}


/* At the end of a pipe it needs no verb: options that are no question about the program itself are meant for fold. */
static bool is_fold(int argc, char **argv)
{
    static const char *const questions[] = {"-h", "-V", "--help", "--version"};
    int at = 1;
    while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0' &&
           (argv[at][1 + strspn(argv[at] + 1, "qv")] == '\0' || strcmp(argv[at], "--quiet") == 0 || strcmp(argv[at], "--verbose") == 0))
        at++;
    if (at == argc)
        return true;
    if (argv[at][0] != '-' || argv[at][1] == '\0' || strncmp(argv[at], "--complete", 10) == 0 ||
        argv[at][1 + strspn(argv[at] + 1, "qv")] == 'V')
        return false;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (strcmp(argv[at], questions[i]) == 0)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* messages hold secrets */
    if (!is_fold(argc, argv))
        return cli_run(argc, argv, &program);
    char fold[] = "fold", **words = sv_calloc((size_t)argc + 2, sizeof *words);
    words[0] = argv[0];
    words[1] = fold;
    memcpy(words + 2, argv + 1, ((size_t)argc > 1 ? (size_t)argc - 1 : 0) * sizeof *words);
    int status = cli_run(argc + 1, words, &program);
    sv_free(words);
    return status;
}
