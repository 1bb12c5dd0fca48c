/* SPDX-License-Identifier: ISC */
/* Messages, standard output, the terminal. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/os.h"
#include "base/utf8.h"
#include "cli_private.h"
#include "report/table.h"

/* Messages. */

static void put_name(const struct cli *cli, struct sv_buf *out)
{
    sv_buf_str(out, cli_name(cli));
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

int cli_wrong(struct cli *cli, const char *format, ...)
{
    va_list args;
    if (cli_completing(cli))
        return -1;
    va_start(args, format);
    put_message(cli, format, args);
    va_end(args);
    cli->wrong = true;
    return -1;
}

bool cli_refuse(struct cli *cli, const char *format, ...)
{
    va_list args;
    cli->error = (struct sv_error){.code = SV_USAGE};
    va_start(args, format);
    vsnprintf(cli->error.text, sizeof cli->error.text, format, args);
    va_end(args);
    return false;
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

static size_t size_or(size_t size, const char *variable)
{
    const char *text = getenv(variable);
    uint64_t value;
    if (size > 0)
        return size;
    return text != NULL && sv_num_uint(sv_slice_str(text), &value) && value <= 10000 ? (size_t)value : 0;
}

size_t cli_width(void)
{
    struct winsize size;
    return size_or(ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0, "COLUMNS");
}

size_t cli_height(void)
{
    struct winsize size;
    return size_or(ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0, "LINES");
}
