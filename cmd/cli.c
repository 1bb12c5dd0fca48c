/* SPDX-License-Identifier: ISC */
/* Options: the table, the command line. */
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cel/cel.h"
#include "cli_private.h"

enum { NAMES_MAX = 256 };

static const struct cli_option no_options[] = {{0, NULL, NULL, NULL, NULL}};

static const struct cli_option common[] = {
    {CLI_GROUP, NULL, NULL, "General", NULL},
    {'h', "help", NULL, "print this help", NULL},
    {'q', "quiet", NULL, "say less on stderr", NULL},
    {'v', "verbose", NULL, "say more on stderr", NULL},
    {'V', "version", NULL, "print the version; with -v also libraries and paths", NULL},
    {0, NULL, NULL, NULL, NULL},
};

/* Is it an option of the program's own table? */
static bool is_listed(const struct cli_option *options, int id)
{
    for (; options->id != 0; options++)
        if (options->id == id)
            return true;
    return false;
}

const struct cli_option *cli_row_at(const struct cli_program *program, size_t n)
{
    const struct cli_option *own = program->options != NULL ? program->options : no_options, *row = own;
    for (; row->id != 0; row++)
        if (n-- == 0)
            return row;
    for (row = common; row->id != 0; row++)
        if ((row->id == CLI_GROUP || !is_listed(own, row->id)) && n-- == 0)
            return row;
    return NULL;
}

const struct cli_option *cli_option_at(const struct cli_program *program, size_t n)
{
    const struct cli_option *row;
    for (size_t i = 0; (row = cli_row_at(program, i)) != NULL; i++)
        if (row->id != CLI_GROUP && n-- == 0)
            return row;
    return NULL;
}

const char *cli_name(const struct cli *cli)
{
    return cli->whole != NULL ? cli->whole->name : cli->program->name;
}

struct cli cli_open(int argc, char **argv, const struct cli_program *program)
{
    for (int fd; (fd = open("/dev/null", O_RDWR)) >= 0;)
        if (fd > STDERR_FILENO) {
            close(fd);
            break;
        }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is an error of write */
    return (struct cli){.program = program,
                        .argv = argv,
                        .argc = argc,
                        .at = 1,
                        .operands = sv_calloc((size_t)argc + 1, sizeof(char *))};
}

/* The long name that was probably meant, or NULL. */
static const char *guess(const struct cli_program *program, struct sv_slice name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; count < NAMES_MAX && cli_option_at(program, count) != NULL; count++)
        names[count] = cli_option_at(program, count)->name;
    return name.len > 1 ? sv_cel_suggest(name, names, count) : NULL;
}

static int unknown(struct cli *cli, struct sv_slice shown, struct sv_slice name)
{
    const char *meant = guess(cli->program, name);
    if (meant != NULL)
        return cli_wrong(cli, "unknown option \"%.*s\" (did you mean \"--%s\"?)", SV_ARG(shown), meant);
    return cli_wrong(cli, "unknown option \"%.*s\"", SV_ARG(shown));
}

/* The option a long name or its unique beginning stands for. NULL: the message is out. */
static const struct cli_option *find_long(struct cli *cli, struct sv_slice name)
{
    const struct cli_option *found = NULL;
    struct sv_buf others = {0};
    size_t matches = 0;
    for (size_t n = 0; cli_option_at(cli->program, n) != NULL; n++) {
        const struct cli_option *option = cli_option_at(cli->program, n);
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
        cli_wrong(cli, "option \"--%.*s\" is ambiguous: %s", SV_ARG(name), sv_buf_cstr(&others));
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
    cli_wrong(cli, "option \"%s%.*s%s\" needs a value: %s", letter ? "-" : "--", letter, (const char[]){(char)option->id, '\0'},
          letter ? "" : option->name, option->value);
    return false;
}

static int take_long(struct cli *cli, const char *text)
{
    const char *equals = strchr(text, '=');
    struct sv_slice name = equals != NULL ? sv_slice(text, (size_t)(equals - text)) : sv_slice_str(text);
    if (equals == NULL && sv_slice_is(name, "complete-options"))
        return CLI_COMPLETE;
    if (equals != NULL && sv_slice_is(name, "complete-values")) {
        cli->asked_value = equals + 1;
        return CLI_VALUES;
    }
    const struct cli_option *option = find_long(cli, name);
    if (option == NULL)
        return -1;
    if (equals != NULL && option->value == NULL)
        return cli_wrong(cli, "option \"--%s\" takes no value", option->name);
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
    for (size_t n = 0; (option = cli_option_at(cli->program, n)) != NULL; n++)
        if (option->id == (unsigned char)letter)
            break;
    if (option == NULL) {
        const char *word = cli->argv[cli->at - 1];
        struct sv_slice rest = sv_slice_str(cli->rest);
        cli->rest = NULL;
        size_t n = sv_utf8_sequence(rest.data, rest.data + rest.len);
        if (guess(cli->program, sv_slice_str(word + 1)) != NULL) /* a long option with one dash */
            return unknown(cli, sv_slice_str(word), sv_slice_str(word + 1));
        return cli_wrong(cli, "unknown option \"-%.*s\"", (int)(n > 0 ? n : 1), rest.data);
    }
    const char *behind = cli->rest + 1;
    cli->rest = *behind != '\0' ? behind : NULL;
    if (option->value == NULL)
        return option->id;
    cli->value = cli->rest;
    cli->rest = NULL;
    return cli->value != NULL || take_word(cli, option) ? option->id : -1;
}

static void put_word_names(struct sv_buf *out, const struct cli_word *words)
{
    for (size_t i = 0; words[i].name != NULL; i++)
        sv_buf_printf(out, "%s%s", i > 0 ? ", " : "", words[i].name);
}

const struct cli_word *cli_word(struct cli *cli)
{
    const struct cli_word *words = cli->program->words;
    struct sv_buf known = {0};
    for (size_t i = 0; words[i].name != NULL && cli->operand_count > 0; i++)
        if (strcmp(words[i].name, cli->operands[0]) == 0)
            return &words[i];
    put_word_names(&known, words);
    if (cli->operand_count == 0)
        cli_refuse(cli, "%s: say what to do: %s", cli->program->name, sv_buf_cstr(&known));
    else
        cli_refuse(cli, "%s %.100s: unknown; it takes %s", cli->program->name, cli->operands[0], sv_buf_cstr(&known));
    sv_buf_free(&known);
    return NULL;
}

bool cli_is_for_usage(int opt)
{
    return opt < 0 || opt == 'h' || opt == 'V' || opt == CLI_COMPLETE || opt == CLI_VALUES;
}

bool cli_completing(const struct cli *cli)
{
    return cli->asked == CLI_VALUES;
}

int cli_next(struct cli *cli)
{
    for (;;) {
        int id;
        cli->value = NULL;
        if (cli_completing(cli))
            cli->error = (struct sv_error){0}; /* of the option before */
        if (cli->rest != NULL) {
            id = take_letter(cli);
        } else if (cli->at >= cli->argc) {
            return cli->asked;
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
        else if (id == CLI_VALUES || (id == 'V' && cli->asked == 0))
            cli->asked = id;
        else if (!cli_completing(cli) || (id > 0 && id != 'h' && id != 'V'))
            return id;
    }
}

/* Verbs. */

static const struct cli_program *find_verb(const struct cli_program *program, const char *name)
{
    for (size_t i = 0; program->verbs[i] != NULL; i++)
        if (strcmp(program->verbs[i]->name, name) == 0)
            return program->verbs[i];
    return NULL;
}

static int unknown_verb(struct cli *cli, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; count < NAMES_MAX && cli->program->verbs[count] != NULL; count++)
        names[count] = cli->program->verbs[count]->name;
    const char *meant = sv_cel_suggest(sv_slice_str(name), names, count);
    if (meant != NULL)
        return cli_wrong(cli, "unknown verb \"%s\" (did you mean \"%s\"?)", name, meant);
    return cli_wrong(cli, "unknown verb \"%s\"; %s --help lists them", name, cli_name(cli));
}

static void enter(struct cli *cli, const struct cli_program *verb)
{
    cli->whole = cli->program;
    cli->program = verb;
}

static bool is_word(const struct cli_program *program, const char *name)
{
    for (const struct cli_word *word = program->words; word != NULL && word->name != NULL; word++)
        if (strcmp(word->name, name) == 0)
            return true;
    return false;
}

/* Whose options does a shell want to know? The first word behind that is no option says it. */
static void enter_asked(struct cli *cli)
{
    const struct cli_program *verb = NULL;
    while (cli->at < cli->argc && cli->argv[cli->at][0] == '-')
        cli->at++;
    if (cli->at >= cli->argc || (verb = find_verb(cli->program, cli->argv[cli->at])) == NULL)
        return;
    enter(cli, verb);
    for (int i = cli->at + 1; i < cli->argc; i++)
        if (is_word(verb, cli->argv[i]))
            cli->operands[cli->operand_count++] = cli->argv[i];
}

int cli_run(int argc, char **argv, const struct cli_program *program)
{
    struct cli cli = cli_open(argc, argv, program);
    const struct cli_program *verb;
    int opt = 0;
    while (cli.operand_count == 0 && opt == 0 && cli.at < argc) {
        int all = cli.argc;
        cli.argc = cli.at + 1; /* one word: the rest is the verb's */
        opt = cli_next(&cli);
        cli.argc = all;
        if (opt == cli.asked)
            opt = 0;
    }
    if (opt == CLI_COMPLETE)
        enter_asked(&cli);
    if (opt != 0 || (cli.operand_count == 0 && cli.asked != 0))
        return cli_usage(&cli, opt != 0 ? opt : cli.asked);
    if (cli.operand_count == 0)
        return cli_usage(&cli, cli_wrong(&cli, "a verb is missing; %s --help lists them", cli_name(&cli)));
    if ((verb = find_verb(program, cli.operands[0])) == NULL)
        return cli_usage(&cli, unknown_verb(&cli, cli.operands[0]));
    cli.operand_count = 0;
    enter(&cli, verb);
    return verb->run(&cli);
}
