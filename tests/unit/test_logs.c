/* SPDX-License-Identifier: ISC */
/* Generations of a log that are renamed, removed and made anew while somebody looks at them or follows them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"
#include "input/input.h"
#include "tap.h"

static char folder[200], log_path[300];

static const char *path_of(const char *name)
{
    static char paths[8][500];
    static unsigned at;
    char *path = paths[at++ % 8];
    snprintf(path, 500, "%s/%s", folder, name);
    return path;
}

static void make(const char *name, const char *text)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || !sv_os_write_all(fd, sv_slice_str(text))) {
        printf("Bail out! %s: %s\n", path_of(name), strerror(errno));
        exit(1);
    }
    close(fd);
}

static void move(const char *from, const char *to)
{
    if (rename(path_of(from), path_of(to)) != 0)
        printf("# %s: %s\n", from, strerror(errno));
}

/* Nobody has written to it for a minute: it has ended. */
static void age(const char *name)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 60}};
    utimensat(AT_FDCWD, path_of(name), times, 0);
}

/* --- looked at, and renamed meanwhile --- */

struct look {
    struct sv_print print;
    int asked;
    enum sv_print_match is, is_other;
};

static bool on_resolve(void *context, struct sv_input *input, const uint32_t *sources, size_t count, struct sv_input_position *positions,
                       struct sv_error *err)
{
    struct look *look = context;
    (void)positions;
    (void)err;
    if (look->asked++ > 0)
        return true;
    move("log", "log.1");
    make("log", "another\nfile\n");
    look->is = sv_input_match(input, sources[count - 1], &look->print);
    unlink(path_of("log.1"));
    look->is_other = sv_input_match(input, sources[count - 1], &look->print);
    return true;
}

static void test_renamed(void)
{
    struct look look = {0};
    const char *operand = log_path;
    make("log", "one\ntwo\n");
    int fd = open(operand, O_RDONLY);
    sv_print_make(fd, 8, &look.print);
    close(fd);
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .not_before_ns = INT64_MIN, .resume = true, .resolve = on_resolve,
                                 .context = &look};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    is_int(look.is, SV_PRINT_SAME, "a file is known again where it was renamed to");
    is_int(look.is_other, SV_PRINT_OTHER, "one that is gone is not what is at its path now");
    sv_input_close(input);
    unlink(operand);
}

/* --- gone before its turn comes --- */

static bool on_resolve_read(void *context, struct sv_input *input, const uint32_t *sources, size_t count,
                            struct sv_input_position *positions, struct sv_error *err)
{
    const int64_t *offset = context;
    (void)input;
    (void)sources;
    (void)err;
    if (count > 1 && *offset > 0)
        positions[0] = (struct sv_input_position){.offset = *offset, .record = 1, .line = 1};
    return true;
}

static void gone_is(const char *what, int64_t offset, const char *want)
{
    const char *operand = log_path;
    struct sv_buf out = {0};
    struct sv_error err = {0};
    struct sv_record record = {0};
    make("log.1", "one\ntwo\n");
    make("log", "three\n");
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .not_before_ns = INT64_MIN, .resume = true,
                                 .resolve = on_resolve_read, .context = &offset};
    struct sv_input *input = sv_input_open(&spec, &err);
    unlink(path_of("log.1"));
    for (enum sv_input_state state; (state = sv_input_next(input, &record, 0, &err)) != SV_INPUT_END;)
        if (state == SV_INPUT_RECORD)
            sv_buf_printf(&out, "%.*s ", SV_ARG(record.text));
        else
            sv_buf_printf(&out, "%s%s ", state == SV_INPUT_FAILED ? "failed" : "end",
                          sv_input_source(input, record.source)->is_gone ? " gone" : "");
    is_slice(sv_buf_slice(&out), sv_slice_str(want), "%s", what);
    ok(strstr(want, "failed") == NULL ? err.code == SV_DONE : err.code == SV_INPUT, "and what it is called: %d %s", (int)err.code, err.text);
    sv_input_close(input);
    sv_buf_free(&out);
    unlink(operand);
}

static void test_gone(void)
{
    gone_is("a generation that was read and is removed is over", 8, "end gone three end ");
    gone_is("one that was not is a failure, and gone", 4, "failed gone three end ");
}

/* --- followed --- */

/* Reads on until nothing comes for a while; the lines, one behind the other. */
static void read_on(struct sv_input *input, struct sv_buf *out)
{
    struct sv_record record;
    struct sv_error err = {0};
    int64_t until = sv_os_monotonic_ns() + INT64_C(10000000000);
    sv_buf_clear(out);
    for (bool is_idle = false; !is_idle && sv_os_monotonic_ns() < until;)
        switch (sv_input_next(input, &record, 300, &err)) {
        case SV_INPUT_RECORD:
            sv_buf_add(out, record.text);
            sv_buf_char(out, ' ');
            break;
        case SV_INPUT_CHANGED:
            sv_input_look(input);
            break;
        case SV_INPUT_IDLE:
            is_idle = true;
            break;
        case SV_INPUT_FAILED:
        case SV_INPUT_END:
            sv_buf_printf(out, "failed: %s", err.text);
            is_idle = true;
            break;
        default:
            break;
        }
}

static bool has_inode(const char *name, uint64_t inode)
{
    struct sv_os_stat stat;
    return sv_os_stat_path(path_of(name), true, &stat) && stat.inode == inode;
}

/* An old generation is removed, and the log's next file gets its inode. */
static void test_inode_again(void)
{
    const char *operand = log_path;
    struct sv_buf out = {0};
    struct sv_error err = {0};
    struct sv_os_stat old;
    make("log.1", "one\n");
    make("log", "two\n");
    age("log.1");
    sv_os_stat_path(path_of("log.1"), true, &old);
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .not_before_ns = INT64_MIN, .follow = true, .resume = true};
    struct sv_input *input = sv_input_open(&spec, &err);
    read_on(input, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("one two "), "all there is");
    unlink(path_of("log.1"));
    make("new", "three\n");
    for (int i = 0; i < 200 && !has_inode("new", old.inode); i++) {
        char name[20];
        snprintf(name, sizeof name, "other%d", i);
        move("new", name);
        make("new", "three\n");
    }
    if (has_inode("new", old.inode)) {
        move("log", "log.1");
        move("new", "log");
        read_on(input, &out);
        is_slice(sv_buf_slice(&out), SV_SLICE("three "), "a new file with the inode of one that was read is a new file");
        int fd = open(operand, O_WRONLY | O_APPEND);
        ok(sv_os_write_all(fd, SV_SLICE("four\n")), "it grows");
        close(fd);
        read_on(input, &out);
        is_slice(sv_buf_slice(&out), SV_SLICE("four "), "and is read on");
    } else {
        skip("a new file with the inode of one that was read", "this file system does not give inodes again");
    }
    sv_input_close(input);
    sv_buf_free(&out);
}

int main(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.150s/sv-logs-XXXXXX", base != NULL && strlen(base) < 150 ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    test_renamed();
    test_gone();
    test_inode_again();
    char command[500];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        printf("# %s stays behind\n", folder);
    return done();
}
