/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* posix_openpt and friends */
#include "cli.c" /* the front desk is no library; so its test may call all of it */
#include "cli_help.c"
#include "cli_output.c"
#include "cli_time.c"

#include <sys/wait.h>

#include "tap.h"

enum { OPT_FORMAT = CLI_LONG, OPT_FOLLOW, OPT_FORCE };

static const struct cli_option options[] = {
    {'d', "store", "FILE", "use this store instead of the default", "file"},
    {'N', "no-store", NULL, "be a pure filter: keep nothing", NULL},
    {'f', "follow", NULL, "read on when the end is reached", NULL},
    {OPT_FORMAT, "format", "NAME", "read this log format, a help text that is so long that it has to be broken into several lines",
     "auto sv claude"},
    {OPT_FORCE, "force-push-to-the-remote", "A_RATHER_LONG_VALUE", "a name too long for its column", NULL},
    {'n', "number", "N", "only so many", "ask"},
    {0, NULL, NULL, NULL, NULL},
};

static void versions(void *context, struct sv_buf *out)
{
    sv_buf_str(out, "library 1.2.3\n");
    if (context != NULL)
        sv_buf_printf(out, "store %s\n", *(const char **)context);
}

static void values(void *context, int opt, struct sv_buf *out)
{
    sv_buf_printf(out, "of %c, in %s\n", opt, *(const char **)context);
}

static const struct cli_program program = {.name = "sv-test",
                                           .text = "does nothing, for a test, and says so in a line that is too long to be a single line",
                                           .operands = "[file ...]",
                                           .options = options,
                                           .more = "Examples:\n  sv-test -",
                                           .versions = versions,
                                           .values = values};

static const struct cli_option grouped_options[] = {
    {CLI_GROUP, NULL, NULL, "Input", NULL},
    {'i', "input", "FORMAT", "read this", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'q', "quick", NULL, "take the place of a common option", NULL},
    {0, NULL, NULL, NULL, NULL},
};

static const struct cli_program grouped = {.name = "sv-test", .text = "groups", .operands = "", .options = grouped_options};

/* What a program that only parses says, does and returns. */
static int parse_and_print(int argc, char **argv)
{
    struct cli cli = cli_open(argc, argv, &program);
    struct sv_buf out = {0};
    const char *store = "none";
    cli.context = &store;
    for (int opt; (opt = cli_next(&cli)) != 0;)
        switch (opt) {
        case 'd':
            store = cli.value; /* fall through */
        case 'n': case OPT_FORMAT: case OPT_FORCE:
            sv_buf_printf(&out, "%d=%s ", opt < CLI_LONG ? opt : opt - CLI_LONG, cli.value);
            break;
        case 'N': case 'f':
            sv_buf_printf(&out, "%c ", opt);
            break;
        default:
            sv_buf_free(&out);
            if (!cli_is_for_usage(opt))
                return 99;
            return cli_usage(&cli, opt);
        }
    sv_buf_printf(&out, "%s%d:", cli.quiet ? "quiet " : "", cli.verbose);
    for (size_t i = 0; i < cli.operand_count; i++)
        sv_buf_printf(&out, " <%s>", cli.operands[i]);
    cli_write(&cli, sv_buf_slice(&out));
    sv_buf_free(&out);
    return cli_close(&cli, 0);
}

static struct sv_buf out, err;

static void read_back(int fd, struct sv_buf *to)
{
    sv_buf_clear(to);
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n; (n = sv_os_read(fd, sv_buf_room(to, 4096), 4096)) > 0;)
        to->len += (size_t)n;
    close(fd);
}

static int temporary(void)
{
    FILE *file = tmpfile();
    int fd = dup(fileno(file));
    fclose(file);
    return fd;
}

/* Runs main_of in a process of its own; its status, what it wrote in `out` and `err`. stdout_fd: -1 to catch it. */
static int run_with(int (*main_of)(int, char **), int argc, char **argv, int stdout_fd)
{
    int out_fd = temporary(), err_fd = temporary(), status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(stdout_fd >= 0 ? stdout_fd : out_fd, STDOUT_FILENO);
        dup2(err_fd, STDERR_FILENO);
        _exit(main_of(argc, argv));
    }
    waitpid(child, &status, 0);
    read_back(out_fd, &out);
    read_back(err_fd, &err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int count_words(char **argv)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    return argc;
}

#define PARSE(...) parse_words((char *[]){"sv-test", __VA_ARGS__, NULL})

static int parse_words(char **argv)
{
    return run_with(parse_and_print, count_words(argv), argv, -1);
}

#define USAGE "usage: sv-test [-fhNqvV] [-d FILE] [-n N] [file ...]\n"

static void test_parse(void)
{
    static const struct {
        char *words[8];
        const char *want;
    } good[] = {
        {{"-d", "x.db", "a", "b"}, "100=x.db 0: <a> <b>"},
        {{"a", "-dx.db", "b", "-N"}, "100=x.db N 0: <a> <b>"},
        {{"-fNqvd", "x"}, "f N 100=x quiet 1:"},
        {{"--store=x=y", "--store="}, "100=x=y 100= 0:"},
        {{"--store", "-N"}, "100=-N 0:"},
        {{"-d", "--"}, "100=-- 0:"},
        {{"--", "-d", "--", "-"}, "0: <-d> <--> <->"},
        {{"-", "-N"}, "N 0: <->"},
        {{"--sto", "x", "--no", "--fol"}, "100=x N f 0:"},
        {{"--form=claude", "--force=y", "--num", "3"}, "0=claude 2=y 110=3 0:"},
        {{""}, "0: <>"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char *argv[10] = {"sv-test"};
        memcpy(argv + 1, good[i].words, sizeof good[i].words);
        int status = run_with(parse_and_print, count_words(argv), argv, -1);
        is_slice(sv_buf_slice(&out), sv_slice_str(good[i].want), "parses %s ...", argv[1]);
        ok(status == 0 && err.len == 0, "without complaint");
    }
    PARSE("-vv", "--verbose");
    is_slice(sv_buf_slice(&out), SV_SLICE("3:"), "-v counts");
}

static void refused_is(char **argv, const char *line)
{
    int status = parse_words(argv);
    struct sv_buf want = {0};
    sv_buf_printf(&want, "sv-test: %s\n%s", line, USAGE);
    is_slice(sv_buf_slice(&err), sv_buf_slice(&want), "%s", line);
    ok(status == 2 && out.len == 0, "status 2, nothing on stdout");
    sv_buf_free(&want);
}

#define REFUSED(line, ...) refused_is((char *[]){"sv-test", __VA_ARGS__, NULL}, line)

static void test_refused(void)
{
    REFUSED("unknown option \"--stoer\" (did you mean \"--store\"?)", "--stoer", "x");
    REFUSED("unknown option \"--folow\" (did you mean \"--follow\"?)", "--folow=x");
    REFUSED("unknown option \"--xyz\"", "--xyz");
    REFUSED("unknown option \"-x\"", "-Nx");
    REFUSED("unknown option \"-\xC3\xA9\"", "-\xC3\xA9");
    REFUSED("unknown option \"-\\xff\"", "-\xFF");
    REFUSED("unknown option \"-version\" (did you mean \"--version\"?)", "-version");
    REFUSED("option \"--fo\" is ambiguous: --follow, --format, --force-push-to-the-remote", "--fo");
    REFUSED("option \"--ver\" is ambiguous: --verbose, --version", "--ver");
    REFUSED("option \"-d\" needs a value: FILE", "a", "-Nd");
    REFUSED("option \"-d\" needs a value: FILE", "--store");
    REFUSED("option \"--format\" needs a value: NAME", "--form");
    REFUSED("option \"--no-store\" takes no value", "--no-store=yes");
    REFUSED("unknown option \"--\\x1b[31m\"", "--\033[31m");
}

static int help_of_groups(int argc, char **argv)
{
    struct cli cli = cli_open(argc, argv, &grouped);
    return cli_usage(&cli, cli_next(&cli));
}

static void test_help(void)
{
    int status = PARSE("-h", "--wrong");
    is_int(status, 0, "-h is no failure");
    is_slice(sv_buf_slice(&out),
             SV_SLICE(USAGE "\ndoes nothing, for a test, and says so in a line that is too long to be a single\nline\n\nOptions:\n"
                            "  -d, --store=FILE   use this store instead of the default\n"
                            "  -N, --no-store     be a pure filter: keep nothing\n"
                            "  -f, --follow       read on when the end is reached\n"
                            "      --format=NAME  read this log format, a help text that is so long that it\n"
                            "                     has to be broken into several lines\n"
                            "      --force-push-to-the-remote=A_RATHER_LONG_VALUE\n"
                            "                     a name too long for its column\n"
                            "  -n, --number=N     only so many\n"
                            "  -h, --help         print this help\n"
                            "  -q, --quiet        say less on stderr\n"
                            "  -v, --verbose      say more on stderr\n"
                            "  -V, --version      print the version; with -v also libraries and paths\n"
                            "\nExamples:\n  sv-test -\n"
                            "\nExit status: 0 done, 1 found, 2 usage, 3 input, 4 system; see sv-test(1).\n"),
             "help in one style, 80 columns");
    status = PARSE("-V");
    is_slice(sv_buf_slice(&out), SV_SLICE("sv-test " SV_VERSION "\n"), "-V");
    status |= PARSE("-V", "-v");
    is_slice(sv_buf_slice(&out), SV_SLICE("sv-test " SV_VERSION "\nlibrary 1.2.3\nstore none\n"), "-V -v");
    status |= PARSE("-vV", "-d", "x.db", "operand");
    is_slice(sv_buf_slice(&out), SV_SLICE("sv-test " SV_VERSION "\nlibrary 1.2.3\nstore x.db\n"), "-vV, with the options behind it");
    is_int(status, 0, "are no failures");
    status = PARSE("-V", "--wrong");
    ok(status == 2 && out.len == 0, "but for what is wrong behind it");
    status = run_with(help_of_groups, 2, (char *[]){"sv-test", "-h", NULL}, -1);
    is_slice(sv_buf_slice(&out),
             SV_SLICE("usage: sv-test [-hqvV] [-i FORMAT]\n\ngroups\n\nInput:\n"
                      "  -i, --input=FORMAT  read this\n\nOutput:\n"
                      "  -q, --quick         take the place of a common option\n\nGeneral:\n"
                      "  -h, --help          print this help\n"
                      "  -v, --verbose       say more on stderr\n"
                      "  -V, --version       print the version; with -v also libraries and paths\n"
                      "\nExit status: 0 done, 1 found, 2 usage, 3 input, 4 system; see sv-test(1).\n"),
             "groups have headings");
    is_int(status, 0, "status 0");
    status = PARSE("--complete-options");
    ok(status == 0 && sv_slice_starts(sv_buf_slice(&out), SV_SLICE("--store\tfile\tuse this store instead of the default\n"
                                                                  "-d\tfile\tuse this store instead of the default\n"
                                                                  "--no-store\t\tbe a pure filter: keep nothing\n")),
       "a shell can ask for the options");
    ok(sv_slice_find(sv_buf_slice(&out), SV_SLICE("\n--format\tauto sv claude\tread")) != NULL &&
           sv_slice_find(sv_buf_slice(&out), SV_SLICE("\n--number\task\t")) != NULL &&
           sv_slice_find(sv_buf_slice(&out), SV_SLICE("\n--force-push-to-the-remote\tvalue\t")) != NULL,
       "and for what values they take");
    ok(PARSE("--complete-values=number", "-d", "x.db", "--wrong", "-hV", "-d") == 0 && err.len == 0, "a line that is being written may be wrong");
    is_slice(sv_buf_slice(&out), SV_SLICE("of n, in x.db\n"), "values are the program's, who knows the other options");
    PARSE("--complete-values=n");
    is_slice(sv_buf_slice(&out), SV_SLICE("of n, in none\n"), "by the letter, too");
    ok(PARSE("--complete-values=store") == 0 && PARSE("--complete-values=") == 0 && PARSE("--complete-values=\xFF") == 0 && out.len == 0 && err.len == 0,
       "options whose values nobody asks for, and those that are none, have none");
    ok(PARSE("--complete-values") == 2, "of which option must be said");
}

/* Standard output. */

static int write_much(int argc, char **argv)
{
    struct cli cli = cli_open(argc, argv, &program);
    static char block[65536];
    for (int i = 0; i < 64 && cli_write(&cli, sv_slice(block, sizeof block)); i++)
        ;
    if (cli_write(&cli, SV_SLICE("more")))
        return 99;
    return cli_close(&cli, argc > 1 ? SV_FOUND : SV_DONE);
}

static int write_little(int argc, char **argv)
{
    struct cli cli = cli_open(argc, argv, &program);
    cli_write(&cli, SV_SLICE("text\n"));
    return cli_close(&cli, argc > 1 ? SV_FOUND : SV_DONE);
}

static int write_closed(int argc, char **argv)
{
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    struct cli cli = cli_open(argc, argv, &program);
    int fd = open("/dev/zero", O_RDONLY); /* must not become standard output or input */
    bool written = cli_write(&cli, SV_SLICE("text\n"));
    return fd > STDERR_FILENO && written ? cli_close(&cli, SV_DONE) : 99;
}

static void test_output(void)
{
    char *none[] = {"sv-test", NULL}, *one[] = {"sv-test", "x", NULL};
    int ends[2], full = open("/dev/full", O_WRONLY);
    is_int(run_with(write_little, 2, one, -1), 1, "the status is passed on");
    is_slice(sv_buf_slice(&out), SV_SLICE("text\n"), "bytes arrive");
    if (pipe(ends) == 0) {
        close(ends[0]);
        is_int(run_with(write_much, 2, one, ends[1]), 0, "a reader that went away ends it with 0, even what found something");
        is_int(err.len, 0, "quietly");
        close(ends[1]);
    }
    if (full >= 0) {
        is_int(run_with(write_much, 1, none, full), 4, "a full disk is a failure of the system");
        is_slice(sv_buf_slice(&err), SV_SLICE("sv-test: standard output: No space left on device\n"), "told once");
        close(full);
    } else {
        skip("a full disk", "no /dev/full");
    }
    is_int(run_with(write_closed, 1, none, -1), 0, "closed descriptors are not taken by files opened later");
}

/* Messages. */

static struct sv_error error_to_print;

static int print_error(int argc, char **argv)
{
    struct cli cli = cli_open(argc, argv, &program);
    cli_error(&cli, &error_to_print);
    cli_warn(&cli, "warned\nof %d", 5);
    cli.quiet = true;
    cli_warn(&cli, "not warned");
    return cli_close(&cli, error_to_print.code);
}

static void printed_is(const char *want)
{
    char *argv[] = {"sv-test", NULL};
    int status = run_with(print_error, 1, argv, -1);
    struct sv_buf whole = {0};
    sv_buf_printf(&whole, "%ssv-test: warned of 5\n", want);
    is_slice(sv_buf_slice(&err), sv_buf_slice(&whole), "%s", want);
    is_int(status, (int)error_to_print.code, "its code");
    sv_buf_free(&whole);
}

/* The same on a terminal; without its carriage returns. */
static void on_terminal_is(const char *want)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), status;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        skip(want, "no pseudo-terminal");
        return;
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char *argv[] = {"sv-test", NULL};
        dup2(slave, STDERR_FILENO);
        struct cli cli = cli_open(1, argv, &program);
        cli_error(&cli, &error_to_print);
        _exit(0);
    }
    waitpid(child, &status, 0);
    char text[4096];
    ssize_t n = read(master, text, sizeof text);
    size_t len = 0;
    for (ssize_t i = 0; i < n; i++)
        if (text[i] != '\r')
            text[len++] = text[i];
    is_slice(sv_slice(text, len), sv_slice_str(want), "on a terminal");
    close(slave);
    close(master);
}

static void test_messages(void)
{
    error_to_print = (struct sv_error){.code = SV_INPUT, .text = "plain"};
    printed_is("sv-test: plain\n");
    sv_error_at(&error_to_print, "a/b.yaml", 0, 0);
    printed_is("sv-test: a/b.yaml: plain\n");
    sv_error_at(&error_to_print, NULL, 12, 0);
    printed_is("sv-test: a/b.yaml:12: plain\n");
    sv_error_at(&error_to_print, NULL, 12, 9);
    printed_is("sv-test: a/b.yaml:12:9: plain\n");

    error_to_print = (struct sv_error){.code = SV_INPUT, .line = 4, .column = 11, .span = 4, .file = "p.yaml"};
    snprintf(error_to_print.text, sizeof error_to_print.text, "unknown field \"agnt\"");
    snprintf(error_to_print.source, sizeof error_to_print.source, "    when: agnt == \"main\"");
    printed_is("sv-test: p.yaml:4:11: unknown field \"agnt\"\n");
    setenv("TERM", "dumb", 1);
    on_terminal_is("sv-test: p.yaml:4:11: unknown field \"agnt\"\n        when: agnt == \"main\"\n              ^~~~\n");
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    on_terminal_is("sv-test: p.yaml:4:11: unknown field \"agnt\"\n        when: agnt == \"main\"\n              ^~~~\n");
    unsetenv("NO_COLOR");
    on_terminal_is("sv-test: p.yaml:4:11: unknown field \"agnt\"\n        when: agnt == \"main\"\n              \033[1;31m^~~~\033[0m\n");
    setenv("TERM", "dumb", 1);
    snprintf(error_to_print.source, sizeof error_to_print.source, "\tw\033[2J \xE4\xBD\xA0\xE5\xA5\xBD: agnt");
    error_to_print.column = 12;
    on_terminal_is("sv-test: p.yaml:4:12: unknown field \"agnt\"\n     w\\x1b[2J \xE4\xBD\xA0\xE5\xA5\xBD: agnt\n                    ^~~~\n");
    error_to_print.column = 400; /* the source was cut before it */
    on_terminal_is("sv-test: p.yaml:4:400: unknown field \"agnt\"\n");
    snprintf(error_to_print.text, sizeof error_to_print.text, "bad \033]0;title\a\xC2\x9B" "1m\xE2\x80\xAE");
    error_to_print.source[0] = '\0';
    printed_is("sv-test: p.yaml:4:400: bad \\x1b]0;title\\x07\\u{9b}1m\\u{202e}\n");
}

/* Times. */

static void time_is(const char *text, const char *want)
{
    struct cli cli = {0};
    struct sv_buf got = {0};
    int64_t ns;
    if (cli_time(&cli, text, &ns))
        sv_time_format(&got, ns);
    else
        sv_buf_printf(&got, "%d %s", (int)cli.error.code, cli.error.text);
    is_slice(sv_buf_slice(&got), sv_slice_str(want), "time %s", text);
    sv_buf_free(&got);
}

static void test_times(void)
{
    setenv("SV_NOW", "2026-03-29T15:30:00.5Z", 1);
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* the clock went forward that night */
    tzset();
    time_is("2026-11-20T14:00:00+02:00", "2026-11-20T12:00:00Z");
    time_is("2026-11-20", "2026-11-19T23:00:00Z");
    time_is("2026-07-01", "2026-06-30T22:00:00Z");
    time_is("1969-12-31", "1969-12-30T23:00:00Z");
    time_is("now", "2026-03-29T15:30:00.500Z");
    time_is("today", "2026-03-28T23:00:00Z");
    time_is("yesterday", "2026-03-27T23:00:00Z");
    time_is("-2h", "2026-03-29T13:30:00.500Z");
    time_is("+1d", "2026-03-30T15:30:00.500Z");
    time_is("-1h30m", "2026-03-29T14:00:00.500Z");
#define NO_TIME(text) time_is(text, "2 \"" text "\" is no time; give 2026-11-20T14:00:00Z, 2026-11-20, today, yesterday, now or -2h")
    NO_TIME("2h");
    NO_TIME("");
    NO_TIME("-");
    NO_TIME("2026-13-01");
    NO_TIME("2026-02-30");
    NO_TIME("2026-1-1");
    NO_TIME("9999-01-01");
    NO_TIME("-99999999999h");
    NO_TIME("tomorrow");
    unsetenv("SV_NOW");
}

static void test_width(void)
{
    setenv("COLUMNS", "123", 1);
    int keep = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY);
    fflush(stdout);
    dup2(null, STDOUT_FILENO);
    size_t set = cli_width();
    setenv("COLUMNS", "wide", 1);
    size_t odd = cli_width();
    unsetenv("COLUMNS");
    size_t unset = cli_width();
    dup2(keep, STDOUT_FILENO);
    close(keep);
    close(null);
    ok(set == 123 && odd == 0 && unset == 0, "without a terminal the width is COLUMNS, or none: %zu %zu %zu", set, odd, unset);
}

int main(void)
{
    test_parse();
    test_refused();
    test_help();
    test_output();
    test_messages();
    test_times();
    test_width();
    sv_buf_free(&out);
    sv_buf_free(&err);
    return done();
}
