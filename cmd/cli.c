/* SPDX-License-Identifier: ISC */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cel/cel.h"
#include "report/table.h"

enum { PAGE = 80, TEXT_AT_MAX = 30, NAMES_MAX = 256 };

static const struct cli_option common[] = {
    {'h', "help", NULL, "show this help", NULL},
    {'q', "quiet", NULL, "say less on stderr", NULL},
    {'v', "verbose", NULL, "say more on stderr", NULL},
    {'V', "version", NULL, "show the version; with -v also libraries and default paths", NULL},
    {0, NULL, NULL, NULL, NULL},
};

/* The options of the program, then those of all programs that it does not name itself. */

static bool is_listed(const struct cli_option *options, int id)
{
    for (; options->id != 0; options++)
        if (options->id == id)
            return true;
    return false;
}

/* Option number n, or NULL behind the last. */
static const struct cli_option *option_at(const struct cli_program *program, size_t n)
{
    const struct cli_option *option = program->options;
    for (; option->id != 0; option++)
        if (n-- == 0)
            return option;
    for (option = common; option->id != 0; option++)
        if (!is_listed(program->options, option->id) && n-- == 0)
            return option;
    return NULL;
}

struct cli cli_open(int argc, char **argv, const struct cli_program *program)
{
    for (int fd; (fd = open("/dev/null", O_RDWR)) >= 0;)
        if (fd > STDERR_FILENO) {
            close(fd);
            break;
        }
    signal(SIGPIPE, SIG_IGN);
    return (struct cli){.program = program,
                        .argv = argv,
                        .argc = argc,
                        .at = 1,
                        .operands = sv_calloc((size_t)argc + 1, sizeof(char *))};
}

/* Messages. */

static void put_name(const struct cli *cli, struct sv_buf *out)
{
    sv_buf_str(out, cli->program->name);
    sv_buf_str(out, ": ");
}

static void put_stderr(struct sv_buf *out)
{
    sv_os_write_all(STDERR_FILENO, sv_buf_slice(out)); /* nobody is left to tell if it fails */
    sv_buf_free(out);
}

__attribute__((format(printf, 2, 0))) static void put_message(const struct cli *cli, const char *format, va_list args)
{
    char text[1024];
    struct sv_buf out = {0};
    vsnprintf(text, sizeof text, format, args);
    put_name(cli, &out);
    sv_text_safe(&out, sv_slice_str(text));
    sv_buf_char(&out, '\n');
    put_stderr(&out);
}

void cli_warn(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!cli->quiet)
        put_message(cli, format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static int wrong(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_message(cli, format, args);
    va_end(args);
    cli->wrong = true;
    return -1;
}

/* The source line, and below it what is meant: `^~~~`. */
static void put_source(struct sv_buf *out, const struct sv_error *err)
{
    struct sv_slice source = sv_slice_str(err->source);
    size_t first = err->column - 1, count = sv_utf8_count(source);
    if (err->column == 0 || first > count)
        return;
    size_t from = sv_utf8_offset(source, first);
    size_t to = sv_utf8_offset(source, first + err->span < count ? first + err->span : count);
    size_t before = sv_text_cells(sv_slice(source.data, from)), cells = sv_text_cells(sv_slice(source.data + from, to - from));
    bool color = cli_color(STDERR_FILENO);
    sv_buf_str(out, "    ");
    sv_text_safe(out, source);
    sv_buf_str(out, "\n    ");
    for (size_t i = 0; i < before; i++)
        sv_buf_char(out, ' ');
    sv_buf_str(out, color ? "\033[1;31m^" : "^");
    for (size_t i = 1; i < cells; i++)
        sv_buf_char(out, '~');
    sv_buf_str(out, color ? "\033[0m\n" : "\n");
}

void cli_error(struct cli *cli, const struct sv_error *err)
{
    struct sv_buf out = {0};
    put_name(cli, &out);
    if (err->file[0] != '\0') {
        sv_text_safe(&out, sv_slice_str(err->file));
        sv_buf_char(&out, ':');
        if (err->line > 0) {
            sv_buf_uint(&out, err->line);
            sv_buf_char(&out, ':');
        }
        if (err->line > 0 && err->column > 0) {
            sv_buf_uint(&out, err->column);
            sv_buf_char(&out, ':');
        }
        sv_buf_char(&out, ' ');
    }
    sv_text_safe(&out, sv_slice_str(err->text));
    sv_buf_char(&out, '\n');
    if (err->source[0] != '\0' && err->span > 0 && cli_stderr_is_terminal())
        put_source(&out, err);
    put_stderr(&out);
}

/* Options. */

/* The long name that was probably meant, or NULL. */
static const char *guess(const struct cli_program *program, struct sv_slice name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; count < NAMES_MAX && option_at(program, count) != NULL; count++)
        names[count] = option_at(program, count)->name;
    return name.len > 1 ? sv_cel_suggest(name, names, count) : NULL;
}

static int unknown(struct cli *cli, struct sv_slice shown, struct sv_slice name)
{
    const char *meant = guess(cli->program, name);
    if (meant != NULL)
        return wrong(cli, "unknown option \"%.*s\" (did you mean \"--%s\"?)", SV_ARG(shown), meant);
    return wrong(cli, "unknown option \"%.*s\"", SV_ARG(shown));
}

/* The option a long name or its unique beginning stands for. NULL: the message is out. */
static const struct cli_option *find_long(struct cli *cli, struct sv_slice name)
{
    const struct cli_option *found = NULL;
    struct sv_buf others = {0};
    size_t matches = 0;
    for (size_t n = 0; option_at(cli->program, n) != NULL; n++) {
        const struct cli_option *option = option_at(cli->program, n);
        if (!sv_slice_starts(sv_slice_str(option->name), name))
            continue;
        if (sv_slice_is(name, option->name)) {
            sv_buf_free(&others);
            return option;
        }
        sv_buf_printf(&others, "%s--%s", matches++ > 0 ? ", " : "", option->name);
        found = option;
    }
    if (matches > 1)
        wrong(cli, "option \"--%.*s\" is ambiguous: %s", SV_ARG(name), sv_buf_cstr(&others));
    else if (matches == 0)
        unknown(cli, sv_slice(name.data - 2, name.len + 2), name);
    sv_buf_free(&others);
    return matches == 1 ? found : NULL;
}

/* Takes the next word as the option's value. */
static bool take_word(struct cli *cli, const struct cli_option *option)
{
    if (cli->at < cli->argc) {
        cli->value = cli->argv[cli->at++];
        return true;
    }
    bool letter = option->id < CLI_LONG;
    wrong(cli, "option \"%s%.*s%s\" needs a value: %s", letter ? "-" : "--", letter, (const char[]){(char)option->id, '\0'},
          letter ? "" : option->name, option->value);
    return false;
}

static int take_long(struct cli *cli, const char *text)
{
    const char *equals = strchr(text, '=');
    struct sv_slice name = equals != NULL ? sv_slice(text, (size_t)(equals - text)) : sv_slice_str(text);
    if (equals == NULL && sv_slice_is(name, "complete-options"))
        return CLI_COMPLETE;
    const struct cli_option *option = find_long(cli, name);
    if (option == NULL)
        return -1;
    if (equals != NULL && option->value == NULL)
        return wrong(cli, "option \"--%s\" takes no value", option->name);
    if (equals != NULL)
        cli->value = equals + 1;
    else if (option->value != NULL && !take_word(cli, option))
        return -1;
    return option->id;
}

static int take_letter(struct cli *cli)
{
    const struct cli_option *option = NULL;
    char letter = *cli->rest;
    for (size_t n = 0; (option = option_at(cli->program, n)) != NULL; n++)
        if (option->id == (unsigned char)letter)
            break;
    if (option == NULL) {
        const char *word = cli->argv[cli->at - 1];
        struct sv_slice rest = sv_slice_str(cli->rest);
        cli->rest = NULL;
        size_t n = sv_utf8_sequence(rest.data, rest.data + rest.len);
        if (guess(cli->program, sv_slice_str(word + 1)) != NULL) /* a long option with one dash */
            return unknown(cli, sv_slice_str(word), sv_slice_str(word + 1));
        return wrong(cli, "unknown option \"-%.*s\"", (int)(n > 0 ? n : 1), rest.data);
    }
    const char *behind = cli->rest + 1;
    cli->rest = *behind != '\0' ? behind : NULL;
    if (option->value == NULL)
        return option->id;
    cli->value = cli->rest;
    cli->rest = NULL;
    return cli->value != NULL || take_word(cli, option) ? option->id : -1;
}

int cli_next(struct cli *cli)
{
    for (;;) {
        int id;
        cli->value = NULL;
        if (cli->rest != NULL) {
            id = take_letter(cli);
        } else if (cli->at >= cli->argc) {
            return 0;
        } else {
            const char *word = cli->argv[cli->at++];
            if (word[0] != '-' || word[1] == '\0') {
                cli->operands[cli->operand_count++] = word;
                continue;
            }
            if (strcmp(word, "--") == 0) {
                while (cli->at < cli->argc)
                    cli->operands[cli->operand_count++] = cli->argv[cli->at++];
                continue;
            }
            if (word[1] != '-') {
                cli->rest = word + 1;
                continue;
            }
            id = take_long(cli, word + 2);
        }
        if (id == 'q')
            cli->quiet = true;
        else if (id == 'v')
            cli->verbose++;
        else
            return id;
    }
}

/* Usage and help. */

static int by_letter(const void *a, const void *b)
{
    const struct cli_option *x = *(const struct cli_option *const *)a, *y = *(const struct cli_option *const *)b;
    int lower_x = x->id | 32, lower_y = y->id | 32; /* a A b B, as manuals have them */
    return lower_x != lower_y ? lower_x - lower_y : y->id - x->id;
}

/* Adds a word to lines of 80 columns; `used` counts the columns of the last line. */
static void put_word(struct sv_buf *out, size_t *used, size_t indent, struct sv_slice word)
{
    if (*used > indent && *used + 1 + word.len > PAGE) {
        sv_buf_char(out, '\n');
        for (size_t i = 0; i < indent; i++)
            sv_buf_char(out, ' ');
        *used = indent;
    } else if (*used > indent) {
        sv_buf_char(out, ' ');
        ++*used;
    }
    sv_buf_add(out, word);
    *used += word.len;
}

/* Adds a line of words, broken into several as needed. */
static void put_words(struct sv_buf *out, size_t used, size_t indent, const char *text)
{
    for (const char *end; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
        end = strchr(text, ' ');
        end = end != NULL ? end : text + strlen(text);
        put_word(out, &used, indent, sv_slice(text, (size_t)(end - text)));
    }
    sv_buf_char(out, '\n');
}

/* `usage: sv-eval [-hqvV] [-d FILE] [file ...]`: options with a letter, those without a value first. */
static void put_usage(const struct cli_program *program, struct sv_buf *out)
{
    const struct cli_option *letters[256], *option;
    size_t count = 0, start = out->len;
    for (size_t n = 0; (option = option_at(program, n)) != NULL; n++)
        if (option->id < CLI_LONG && count < sizeof letters / sizeof *letters)
            letters[count++] = option;
    qsort(letters, count, sizeof *letters, by_letter);
    struct sv_buf word = {0};
    sv_buf_printf(out, "usage: %s ", program->name);
    size_t indent = out->len - start, used = indent;
    sv_buf_str(&word, "[-");
    for (size_t i = 0; i < count; i++)
        if (letters[i]->value == NULL)
            sv_buf_char(&word, (char)letters[i]->id);
    sv_buf_char(&word, ']');
    put_word(out, &used, indent, sv_buf_slice(&word));
    for (size_t i = 0; i < count; i++) {
        if (letters[i]->value == NULL)
            continue;
        sv_buf_clear(&word);
        sv_buf_printf(&word, "[-%c %s]", letters[i]->id, letters[i]->value);
        put_word(out, &used, indent, sv_buf_slice(&word));
    }
    if (program->operands != NULL && program->operands[0] != '\0')
        put_word(out, &used, indent, sv_slice_str(program->operands));
    sv_buf_char(out, '\n');
    sv_buf_free(&word);
}

/* `  -d, --store=FILE`; returns its width. */
static size_t put_option_name(struct sv_buf *out, const struct cli_option *option)
{
    size_t start = out->len;
    if (option->id < CLI_LONG)
        sv_buf_printf(out, "  -%c, --%s", option->id, option->name);
    else
        sv_buf_printf(out, "      --%s", option->name);
    if (option->value != NULL)
        sv_buf_printf(out, "=%s", option->value);
    return out->len - start;
}

static void put_options(const struct cli_program *program, struct sv_buf *out)
{
    const struct cli_option *option;
    size_t text_at = 0;
    struct sv_buf name = {0};
    for (size_t n = 0; (option = option_at(program, n)) != NULL; n++) {
        size_t width = put_option_name(&name, option) + 2;
        text_at = width > text_at && width <= TEXT_AT_MAX ? width : text_at;
    }
    sv_buf_free(&name);
    for (size_t n = 0; (option = option_at(program, n)) != NULL; n++) {
        size_t used = put_option_name(out, option);
        if (used + 2 > text_at) {
            sv_buf_char(out, '\n');
            used = 0;
        }
        for (; used < text_at; used++)
            sv_buf_char(out, ' ');
        put_words(out, used, text_at, option->text);
    }
}

static void put_help(const struct cli_program *program, struct sv_buf *out)
{
    put_usage(program, out);
    sv_buf_char(out, '\n');
    put_words(out, 0, 0, program->text);
    sv_buf_str(out, "\nOptions:\n");
    put_options(program, out);
    if (program->more != NULL) {
        sv_buf_char(out, '\n');
        sv_buf_str(out, program->more);
        if (out->data[out->len - 1] != '\n')
            sv_buf_char(out, '\n');
    }
    sv_buf_printf(out, "\nExit status: 0 done, 1 found, 2 usage, 3 input, 4 system; see %s(1).\n", program->name);
}

/* A line a name: name, what its value is completed with ("": it takes none, "value": nothing known), text. */
static void put_completion(const struct cli_program *program, struct sv_buf *out)
{
    const struct cli_option *option;
    for (size_t n = 0; (option = option_at(program, n)) != NULL; n++) {
        const char *kind = option->value == NULL ? "" : option->complete != NULL ? option->complete : "value";
        sv_buf_printf(out, "--%s\t%s\t%s\n", option->name, kind, option->text);
        if (option->id < CLI_LONG)
            sv_buf_printf(out, "-%c\t%s\t%s\n", option->id, kind, option->text);
    }
}

int cli_usage(struct cli *cli, int opt)
{
    struct sv_buf out = {0};
    int status = SV_DONE;
    if (opt == 'h') {
        put_help(cli->program, &out);
    } else if (opt == 'V') {
        for (int other; (other = cli_next(cli)) > 0;) /* for -v behind it */
            ;
        sv_buf_printf(&out, "%s %s\n", cli->program->name, SV_VERSION);
        if (cli->verbose > 0 && cli->program->versions != NULL)
            cli->program->versions(&out);
    } else if (opt == CLI_COMPLETE) {
        put_completion(cli->program, &out);
    }
    if (opt == 'h' || opt == 'V' || opt == CLI_COMPLETE)
        cli_write(cli, sv_buf_slice(&out));
    if (cli->wrong || out.len == 0) {
        status = SV_USAGE;
        sv_buf_clear(&out);
        put_usage(cli->program, &out);
        sv_os_write_all(STDERR_FILENO, sv_buf_slice(&out));
    }
    sv_buf_free(&out);
    return cli_close(cli, status);
}

/* Standard output. */

static void output_failed(struct cli *cli)
{
    struct sv_error err = {0};
    if (!cli->out_failed) {
        sv_error_errno(&err, "standard output");
        cli_error(cli, &err);
    }
    cli->out_failed = true;
}

bool cli_write(struct cli *cli, struct sv_slice bytes)
{
    if (cli->out_closed || cli->out_failed)
        return false;
    if (sv_os_write_all(STDOUT_FILENO, bytes))
        return true;
    if (errno == EPIPE)
        cli->out_closed = true;
    else
        output_failed(cli);
    return false;
}

int cli_close(struct cli *cli, int status)
{
    sv_free(cli->operands);
    cli->operands = NULL;
    cli->operand_count = 0;
    if (close(STDOUT_FILENO) != 0 && errno != EBADF && errno != EINTR && !cli->out_closed)
        output_failed(cli);
    if (cli->out_closed && status == SV_FOUND)
        status = SV_DONE;
    return cli->out_failed && status < SV_SYSTEM ? SV_SYSTEM : status;
}

/* The terminal. */

bool cli_stdout_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool cli_stderr_is_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

bool cli_color(int fd)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) == 1 && (none == NULL || none[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

size_t cli_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    uint64_t value;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return columns != NULL && sv_num_uint(sv_slice_str(columns), &value) && value <= 10000 ? (size_t)value : 0;
}

/* Times. */

/* Midnight of a day as clocks here show it. */
static bool midnight(struct tm *day, int64_t *ns)
{
    *day = (struct tm){.tm_year = day->tm_year, .tm_mon = day->tm_mon, .tm_mday = day->tm_mday, .tm_isdst = -1};
    errno = 0;
    time_t seconds = mktime(day);
    return (seconds != (time_t)-1 || errno == 0) && !__builtin_mul_overflow((int64_t)seconds, SV_SECOND_NS, ns);
}

static bool parse_time(const char *text, int64_t *ns)
{
    struct sv_slice s = sv_slice_str(text);
    int64_t now = sv_os_now_ns(), span;
    if (sv_time_parse(s, ns))
        return true;
    if (sv_slice_is(s, "now")) {
        *ns = now;
        return true;
    }
    bool yesterday = sv_slice_is(s, "yesterday");
    if (yesterday || sv_slice_is(s, "today")) {
        time_t seconds = (time_t)(now / SV_SECOND_NS);
        struct tm day;
        if (localtime_r(&seconds, &day) == NULL)
            return false;
        day.tm_mday -= yesterday;
        return midnight(&day, ns);
    }
    if (s.len > 1 && (text[0] == '-' || text[0] == '+'))
        return sv_duration_parse(s, &span) && !__builtin_add_overflow(now, span, ns);
    char whole[32];
    int64_t seconds;
    int32_t nanos;
    snprintf(whole, sizeof whole, "%sT00:00:00Z", text);
    if (s.len != 10 || !sv_time_parse_wide(sv_slice_str(whole), &seconds, &nanos))
        return false;
    int64_t year;
    int month, day_of_month;
    sv_time_civil(seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400, &year, &month, &day_of_month);
    struct tm day = {.tm_year = (int)year - 1900, .tm_mon = month - 1, .tm_mday = day_of_month};
    return midnight(&day, ns);
}

bool cli_time(struct cli *cli, const char *text, int64_t *ns)
{
    if (parse_time(text, ns))
        return true;
    cli->error = (struct sv_error){0};
    return sv_error_set(&cli->error, SV_USAGE,
                        "\"%.100s\" is no time; give 2026-11-20T14:00:00Z, 2026-11-20, today, yesterday, now or -2h", text);
}
