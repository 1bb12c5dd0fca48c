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
#include "policy_help.h"

static char log_path[300];

static void move(const char *from, const char *to)
{
    if (rename(path_of(from), path_of(to)) != 0)
        printf("# %s: %s\n", from, strerror(errno));
}

/* As written to so many seconds ago. */
static void age(const char *name, int seconds)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - seconds}};
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
    write_text("log", "another\nfile\n");
    look->is = sv_input_match(input, sources[count - 1], &look->print);
    unlink(path_of("log.1"));
    look->is_other = sv_input_match(input, sources[count - 1], &look->print);
    return true;
}

static void test_renamed(void)
{
    struct look look = {0};
    const char *operand = log_path;
    write_text("log", "one\ntwo\n");
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
    write_text("log.1", "one\ntwo\n");
    write_text("log", "three\n");
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
    write_text("log.1", "one\n");
    write_text("log", "two\n");
    age("log.1", 60); /* it has ended */
    sv_os_stat_path(path_of("log.1"), true, &old);
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .not_before_ns = INT64_MIN, .follow = true, .resume = true};
    struct sv_input *input = sv_input_open(&spec, &err);
    read_on(input, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("one two "), "all there is");
    unlink(path_of("log.1"));
    write_text("new", "three\n");
    for (int i = 0; i < 200 && !has_inode("new", old.inode); i++) {
        char name[20];
        snprintf(name, sizeof name, "other%d", i);
        move("new", name);
        write_text("new", "three\n");
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

static struct sv_input *follow(bool (*resolve)(void *, struct sv_input *, const uint32_t *, size_t, struct sv_input_position *,
                                               struct sv_error *), void *context)
{
    static const char *operand = log_path;
    struct sv_error err = {0};
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .not_before_ns = INT64_MIN, .follow = true, .resolve = resolve,
                                 .context = context};
    return sv_input_open(&spec, &err);
}

/* Cut and written anew within the time that the file system tells apart. */
static void test_same_size(void)
{
    struct sv_buf out = {0};
    write_text("log", "one\ntwo\n");
    age("log", -3600);
    struct sv_os_stat before, after;
    sv_os_stat_path(log_path, true, &before);
    struct sv_input *input = follow(NULL, NULL);
    read_on(input, &out);
    write_text("log", "six\nten\n");
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {before.modified_ns / INT64_C(1000000000), (long)(before.modified_ns % INT64_C(1000000000))}};
    utimensat(AT_FDCWD, log_path, times, 0);
    sv_os_stat_path(log_path, true, &after);
    ok(before.modified_ns == after.modified_ns && before.size == after.size, "a log is written anew, with the size and the time it had");
    read_on(input, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("six ten "), "and is read anew");
    sv_input_close(input);
    sv_buf_free(&out);
    unlink(log_path);
}

/* Takes what is at the path, and beside it what is not empty. */
static bool on_resolve_filled(void *context, struct sv_input *input, const uint32_t *sources, size_t count,
                              struct sv_input_position *positions, struct sv_error *err)
{
    int *asked = context;
    (void)err;
    ++*asked;
    for (size_t i = 0; i + 1 < count; i++)
        if (sv_input_source(input, sources[i])->size == 0)
            positions[i].offset = -1;
    return true;
}

static void test_left_out(void)
{
    struct sv_buf out = {0};
    int asked = 0, before;
    write_text("log", "two\n");
    write_text("log.1", "");
    struct sv_input *input = follow(on_resolve_filled, &asked);
    read_on(input, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("two "), "what is left out is not read");
    before = asked;
    read_on(input, &out);
    is_int(asked, before, "and nobody is asked about it again");
    write_text("log.1", "one\n");
    read_on(input, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("one "), "until it has changed");
    ok(sv_input_source(input, 0)->head != 0 && sv_input_source(input, 1)->head != 0, "and its head is known");
    sv_input_close(input);
    sv_buf_free(&out);
    unlink(log_path);
    unlink(path_of("log.1"));
}

/* Copied and cut behind the first look, before anything was read. */
static bool on_resolve_cut(void *context, struct sv_input *input, const uint32_t *sources, size_t count,
                           struct sv_input_position *positions, struct sv_error *err)
{
    int *asked = context;
    (void)input;
    (void)sources;
    (void)count;
    (void)positions;
    (void)err;
    if ((*asked)++ == 0) {
        write_text("log.1", "one\n");
        write_text("log", "two\n");
    }
    return true;
}

static void test_cut_unread(void)
{
    struct sv_buf out = {0};
    int asked = 0;
    write_text("log", "one\n");
    struct sv_input *input = follow(on_resolve_cut, &asked);
    read_on(input, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("one two "), "a log that is copied and cut before anything was read is read twice: what it was, and is");
    sv_input_close(input);
    unlink(path_of("log.1"));
    write_text("log", "one\n");
    asked = 0;
    const char *operand = log_path;
    struct sv_error err = {0};
    struct sv_record record = {0};
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .not_before_ns = INT64_MIN, .resume = true, .resolve = on_resolve_cut,
                                 .context = &asked};
    input = sv_input_open(&spec, &err);
    is_int(sv_input_next(input, &record, 0, &err), SV_INPUT_ENDED, "who does not follow leaves it to the next run");
    sv_input_close(input);
    sv_buf_free(&out);
    unlink(log_path);
    unlink(path_of("log.1"));
}

/* Known again, and written anew before it is read on. */
static bool on_resolve_known(void *context, struct sv_input *input, const uint32_t *sources, size_t count,
                             struct sv_input_position *positions, struct sv_error *err)
{
    struct look *look = context;
    (void)err;
    look->is = sv_input_match(input, sources[count - 1], &look->print);
    if (look->asked++ == 0) {
        positions[count - 1] = (struct sv_input_position){.offset = look->print.end, .record = 1, .line = 1, .print = look->print};
        write_text("log", "six\nten\n");
    }
    return true;
}

static void test_cut_known(void)
{
    struct sv_buf out = {0};
    struct look look = {0};
    write_text("log", "one\ntwo\n");
    int fd = open(log_path, O_RDONLY);
    sv_print_make(fd, 4, &look.print);
    close(fd);
    struct sv_input *input = follow(on_resolve_known, &look);
    is_int(look.is, SV_PRINT_SAME, "a log is known");
    read_on(input, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("six ten "), "and is not read on amid what was written there meanwhile");
    sv_input_close(input);
    sv_buf_free(&out);
    unlink(log_path);
}

/* A copy that comes while nothing happens to the log itself. */
static void test_copy_comes(void)
{
    struct sv_buf out = {0};
    int asked = 0, before;
    write_text("log", "one\n");
    struct sv_input *input = follow(on_resolve_filled, &asked);
    read_on(input, &out);
    before = asked;
    write_text("else", "one\n");
    read_on(input, &out);
    is_int(asked, before, "another file beside a log is no matter");
    write_text("log.1", "one\n");
    read_on(input, &out);
    ok(asked > before, "one that may be its copy is asked about at once");
    sv_input_close(input);
    sv_buf_free(&out);
    unlink(log_path);
    unlink(path_of("log.1"));
    unlink(path_of("else"));
}

static void test_is_begin(void)
{
    struct sv_input *input;
    write_text("log", "one\ntwo\n");
    write_text("log.1", "one\n");
    write_text("log.2", "two\n");
    age("log.2", 10);
    age("log.1", 5);
    input = follow(NULL, NULL);
    is_slice(sv_slice_str(strrchr(sv_input_source(input, 0)->path, '/')), SV_SLICE("/log.2"), "the oldest comes first");
    ok(sv_input_is_begin(input, 1, 2), "a copy that is shorter is what a file begins with");
    ok(sv_input_is_begin(input, 2, 2), "a file begins with itself");
    ok(!sv_input_is_begin(input, 2, 1), "but not with more than it is");
    ok(!sv_input_is_begin(input, 0, 2), "nor with other bytes");
    write_text("log.2", "");
    ok(sv_input_is_begin(input, 0, 2), "all begin with nothing");
    unlink(path_of("log.2"));
    sv_input_close(input);
    unlink(log_path);
    unlink(path_of("log.1"));
}

int main(void)
{
    make_folder();
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    test_renamed();
    test_gone();
    test_inode_again();
    unlink(log_path);
    unlink(path_of("log.1"));
    test_same_size();
    test_left_out();
    test_is_begin();
    test_cut_unread();
    test_cut_known();
    test_copy_comes();
    remove_folder();
    return done();
}
