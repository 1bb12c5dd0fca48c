/* SPDX-License-Identifier: ISC */
/* What a program tells of itself: usage, --help, --version, and what shells ask. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "cli_private.h"

enum { PAGE = 80, TEXT_AT_MAX = 30, VERBS_MAX = 64 };

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
static void put_usage(const struct cli *cli, struct sv_buf *out)
{
    const struct cli_program *program = cli->program;
    const struct cli_option *letters[256], *option;
    size_t count = 0, start = out->len;
    for (size_t n = 0; (option = cli_option_at(program, n)) != NULL; n++)
        if (option->id < CLI_LONG && count < sizeof letters / sizeof *letters)
            letters[count++] = option;
    qsort(letters, count, sizeof *letters, by_letter);
    struct sv_buf word = {0};
    sv_buf_printf(out, "usage: %s ", cli_name(cli));
    if (cli->whole != NULL)
        sv_buf_printf(out, "%s ", program->name);
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
    const char *operands = program->verbs != NULL ? "verb [option ...] [operand ...]" : program->operands;
    if (operands != NULL && operands[0] != '\0')
        put_word(out, &used, indent, sv_slice_str(operands));
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
    const struct cli_option *row;
    size_t text_at = 0;
    bool is_grouped = cli_row_at(program, 0)->id == CLI_GROUP;
    struct sv_buf name = {0};
    for (size_t n = 0; (row = cli_option_at(program, n)) != NULL; n++) {
        size_t width = put_option_name(&name, row) + 2;
        text_at = width > text_at && width <= TEXT_AT_MAX ? width : text_at;
    }
    sv_buf_free(&name);
    if (!is_grouped)
        sv_buf_str(out, "\nOptions:\n");
    for (size_t n = 0; (row = cli_row_at(program, n)) != NULL; n++) {
        if (row->id == CLI_GROUP) {
            if (is_grouped)
                sv_buf_printf(out, "\n%s:\n", row->text);
            continue;
        }
        size_t used = put_option_name(out, row);
        if (used + 2 > text_at) {
            sv_buf_char(out, '\n');
            used = 0;
        }
        for (; used < text_at; used++)
            sv_buf_char(out, ' ');
        put_words(out, used, text_at, row->text);
    }
}

/* Names with their texts beside them. */
static void put_list(struct sv_buf *out, const char *heading, const struct cli_word *words)
{
    size_t text_at = 0;
    for (size_t i = 0; words[i].name != NULL; i++) {
        size_t width = strlen(words[i].name) + 4;
        text_at = width > text_at ? width : text_at;
    }
    sv_buf_printf(out, "\n%s:\n", heading);
    for (size_t i = 0; words[i].name != NULL; i++) {
        size_t start = out->len;
        sv_buf_printf(out, "  %s", words[i].name);
        while (out->len - start < text_at)
            sv_buf_char(out, ' ');
        put_words(out, text_at, text_at, words[i].text);
    }
}

static void put_verbs(const struct cli_program *program, struct sv_buf *out)
{
    struct cli_word words[VERBS_MAX + 1] = {{NULL, NULL}};
    for (size_t i = 0; i < VERBS_MAX && program->verbs[i] != NULL; i++)
        words[i] = (struct cli_word){program->verbs[i]->name, program->verbs[i]->text};
    put_list(out, "Verbs", words);
    sv_buf_printf(out, "`%s VERB --help` tells the options of each.\n", program->name);
}

static void put_help(const struct cli *cli, struct sv_buf *out)
{
    const struct cli_program *program = cli->program;
    put_usage(cli, out);
    sv_buf_char(out, '\n');
    put_words(out, 0, 0, program->text);
    if (program->verbs != NULL)
        put_verbs(program, out);
    if (program->words != NULL)
        put_list(out, "What to do", program->words);
    put_options(program, out);
    if (program->more != NULL) {
        sv_buf_char(out, '\n');
        sv_buf_str(out, program->more);
        if (out->data[out->len - 1] != '\n')
            sv_buf_char(out, '\n');
    }
    sv_buf_printf(out, "\nExit status: 0 done, 1 found, 2 usage, 3 input, 4 system; see %s(1).\n", cli_name(cli));
}

/* A line a name: name, what its value is completed with ("": it takes none, "value": nothing known), text. Of a verb "verb", of
 * what the first operand may be "word", as long as there is none. */
static void put_completion(const struct cli *cli, struct sv_buf *out)
{
    const struct cli_program *program = cli->program;
    const struct cli_option *option;
    for (size_t i = 0; program->words != NULL && cli->operand_count == 0 && program->words[i].name != NULL; i++)
        sv_buf_printf(out, "%s\tword\t%s\n", program->words[i].name, program->words[i].text);
    for (size_t i = 0; program->verbs != NULL && program->verbs[i] != NULL; i++)
        sv_buf_printf(out, "%s\tverb\t%s\n", program->verbs[i]->name, program->verbs[i]->text);
    for (size_t n = 0; (option = cli_option_at(program, n)) != NULL; n++) {
        const char *kind = option->value == NULL ? "" : option->complete != NULL ? option->complete : "value";
        sv_buf_printf(out, "--%s\t%s\t%s\n", option->name, kind, option->text);
        if (option->id < CLI_LONG)
            sv_buf_printf(out, "-%c\t%s\t%s\n", option->id, kind, option->text);
    }
}

/* A line a value of the option that was asked for by its name, or by its letter. */
static void put_values(const struct cli *cli, struct sv_buf *out)
{
    struct sv_slice asked = sv_slice_str(cli->asked_value);
    const struct cli_option *option;
    for (size_t n = 0; (option = cli_option_at(cli->program, n)) != NULL; n++)
        if (sv_slice_is(asked, option->name) || (asked.len == 1 && option->id == (unsigned char)asked.data[0]))
            break;
    if (option != NULL && option->complete != NULL && strcmp(option->complete, "ask") == 0)
        cli->program->values(cli->context, option->id, out);
}

int cli_usage(struct cli *cli, int opt)
{
    struct sv_buf out = {0};
    bool answered = !cli->wrong;
    if (opt == 'h') {
        put_help(cli, &out);
    } else if (opt == 'V') {
        sv_buf_printf(&out, "%s %s\n", cli_name(cli), SV_VERSION);
        if (cli->verbose > 0 && cli->program->versions != NULL)
            cli->program->versions(cli->context, &out);
    } else if (opt == CLI_COMPLETE) {
        put_completion(cli, &out);
    } else if (opt == CLI_VALUES) {
        put_values(cli, &out);
    } else {
        answered = false;
    }
    if (answered) {
        cli_write(cli, sv_buf_slice(&out));
    } else {
        sv_buf_clear(&out);
        put_usage(cli, &out);
        sv_os_write_all(STDERR_FILENO, sv_buf_slice(&out));
    }
    sv_buf_free(&out);
    return cli_close(cli, answered ? SV_DONE : SV_USAGE);
}
