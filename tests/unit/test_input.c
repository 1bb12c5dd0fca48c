/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/os.h"
#include "input/input.h"
#include "measure/random.h"
#include "tap.h"

static char folder[200];

static const char *path_of(const char *name)
{
    static char paths[8][500];
    static unsigned at;
    char *path = paths[at++ % 8];
    snprintf(path, 500, "%s/%s", folder, name);
    return path;
}

static const char *make(const char *name, struct sv_slice content)
{
    const char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || !sv_os_write_all(fd, content)) {
        printf("Bail out! %s: %s\n", path, strerror(errno));
        exit(1);
    }
    close(fd);
    return path;
}

#define MAKE(name, literal) make(name, SV_SLICE(literal))

/* Everything an input says, as text. */
struct log {
    struct sv_buf out, notices;
    bool sources; /* the source's path instead of its number */
    int time_calls;
};

static void on_notice(void *context, const struct sv_error *err)
{
    struct log *log = context;
    const char *file = strncmp(err->file, folder, strlen(folder)) == 0 ? err->file + strlen(folder) + 1 : err->file;
    sv_buf_printf(&log->notices, "%d %s: %s\n", (int)err->code, file, err->text);
}

/* "t=12 ..." has the time 12. */
static bool time_of(void *context, uint32_t source, struct sv_slice text, int64_t *ns)
{
    struct log *log = context;
    (void)source;
    log->time_calls++;
    const char *blank = text.len > 0 ? memchr(text.data, ' ', text.len) : NULL;
    return sv_slice_starts(text, SV_SLICE("t=")) && blank != NULL &&
           sv_num_int(sv_slice(text.data + 2, (size_t)(blank - text.data) - 2), ns);
}

static void log_state(struct log *log, const struct sv_input *input, enum sv_input_state state, const struct sv_record *record,
                      const struct sv_error *err)
{
    const struct sv_input_source *source = sv_input_source(input, record->source);
    const char *base = strrchr(source->path, '/') != NULL ? strrchr(source->path, '/') + 1 : source->path;
    if (state == SV_INPUT_RECORD) {
        sv_buf_printf(&log->out, "%s %d@%d%s%s ", log->sources ? base : "", (int)record->number, (int)record->offset,
                      record->flaw != NULL ? " flawed" : "", record->no_newline ? " cut" : "");
        sv_buf_add(&log->out, record->text);
        sv_buf_char(&log->out, '\n');
    } else if (state == SV_INPUT_ENDED) {
        sv_buf_printf(&log->out, "end %s\n", log->sources ? base : "");
    } else {
        sv_buf_printf(&log->out, "failed %s: %s\n", base, err->text);
    }
}

/* Reads all; one line a record, "end" per source. Ownership of the text: the log's. */
static void read_all(struct log *log, size_t block, bool by_time, size_t count, const char *const *operands)
{
    struct sv_input_spec spec = {.operands = operands, .count = count, .block_size = block, .not_before_ns = INT64_MIN,
                                 .time = by_time ? time_of : NULL, .notice = on_notice, .context = log};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    sv_buf_clear(&log->out);
    if (input == NULL) {
        on_notice(log, &err);
        sv_buf_str(&log->out, "nothing");
        return;
    }
    struct sv_record record;
    enum sv_input_state state;
    while ((state = sv_input_next(input, &record, -1, &err)) != SV_INPUT_END)
        if (state != SV_INPUT_IDLE)
            log_state(log, input, state, &record, &err);
    int64_t done, total;
    sv_input_progress(input, &done, &total);
    if (total > 0 && done != total)
        sv_buf_printf(&log->out, "progress %d of %d\n", (int)done, (int)total);
    sv_input_close(input);
}

static void free_log(struct log *log)
{
    sv_buf_free(&log->out);
    sv_buf_free(&log->notices);
    *log = (struct log){0};
}

static const size_t blocks[] = {1, 2, 7, 4096, 1 << 20, 0};
enum { BLOCKS = sizeof blocks / sizeof *blocks };

/* The content gives this, whatever the block size. */
static void lines_are(const char *what, struct sv_slice content, const char *want)
{
    const char *path = make("lines.jsonl", content);
    for (size_t i = 0; i < BLOCKS; i++) {
        struct log log = {0};
        read_all(&log, blocks[i], false, 1, &path);
        is_slice(sv_buf_slice(&log.out), sv_slice_str(want), "%s, blocks of %zu", what, blocks[i]);
        free_log(&log);
    }
}

static void test_lines(void)
{
    lines_are("plain", SV_SLICE("ab\ncd\n"), " 1@0 ab\n 2@3 cd\nend \n");
    lines_are("no final line end", SV_SLICE("ab\ncd"), " 1@0 ab\n 2@3 cut cd\nend \n");
    lines_are("CRLF", SV_SLICE("ab\r\n\r\ncd\r\r\nx\ry\n"), " 1@0 ab\n 2@4 \n 3@6 cd\r\n 4@11 x\ry\nend \n");
    lines_are("CR at the end of the file stays", SV_SLICE("ab\r"), " 1@0 cut ab\r\nend \n");
    lines_are("blank lines count", SV_SLICE("\n\na\n"), " 1@0 \n 2@1 \n 3@2 a\nend \n");
    lines_are("byte order mark", SV_SLICE("\xEF\xBB\xBFxy\nz\n"), " 1@3 xy\n 2@6 z\nend \n");
    lines_are("a mark only at the start", SV_SLICE("a\n\xEF\xBB\xBF" "b\n"), " 1@0 a\n 2@2 \xEF\xBB\xBF" "b\nend \n");
    lines_are("half a mark is text", SV_SLICE("\xEF\xBB"), " 1@0 cut \xEF\xBB\nend \n");
    lines_are("two thirds of a mark, then another byte", SV_SLICE("\xEF\xBBz\n"), " 1@0 \xEF\xBBz\nend \n");
    lines_are("a file of a mark alone", SV_SLICE("\xEF\xBB\xBF"), "end \nprogress 0 of 3\n");
    lines_are("empty file", SV_SLICE(""), "end \n");

    const char *path = MAKE("nul.jsonl", "a\0b\n\0\n");
    for (size_t i = 0; i < BLOCKS; i++) {
        struct log log = {0};
        read_all(&log, blocks[i], false, 1, &path);
        is_slice(sv_buf_slice(&log.out), SV_SLICE(" 1@0 a\0b\n 2@4 \0\nend \n"), "NUL is a byte, blocks of %zu", blocks[i]);
        free_log(&log);
    }
}

/* Lines of many lengths around the block sizes come out whole and at their offsets. */
static void test_lengths(void)
{
    struct sv_buf content = {0};
    enum { LINES = 300 };
    for (int i = 0; i < LINES; i++) {
        for (int k = 0; k < i * 37 % 5003; k++)
            sv_buf_char(&content, (char)('a' + (i + k) % 26));
        sv_buf_str(&content, i % 3 == 0 ? "\r\n" : "\n");
    }
    const char *path = make("lengths.jsonl", sv_buf_slice(&content));
    for (size_t i = 0; i < BLOCKS; i++) {
        struct sv_input_spec spec = {.operands = &path, .count = 1, .block_size = blocks[i], .not_before_ns = INT64_MIN};
        struct sv_error err = {0};
        struct sv_input *input = sv_input_open(&spec, &err);
        struct sv_record record;
        int n = 0, wrong = 0;
        for (; sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD; n++) {
            wrong += record.text.len != (size_t)(n * 37 % 5003) || record.number != (uint64_t)n + 1;
            wrong += record.text.len > 0 && memcmp(content.data + record.offset, record.text.data, record.text.len) != 0;
            wrong += record.offset > 0 && content.data[record.offset - 1] != '\n';
        }
        const struct sv_input_source *source = sv_input_source(input, 0);
        ok(n == LINES && wrong == 0, "%d lines of all lengths, blocks of %zu: %d, %d wrong", LINES, blocks[i], n, wrong);
        ok(source->ended && source->records == LINES && source->offset == (int64_t)content.len && source->size == source->offset,
           "its source says so, blocks of %zu", blocks[i]);
        sv_input_close(input);
    }
    sv_buf_free(&content);
}

/* A file whose second line has `n` bytes (a hole of NULs) and the given end, between two short ones. */
static const char *make_long(size_t n, const char *end)
{
    const char *path = path_of("long.jsonl");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct sv_buf tail = {0};
    sv_buf_printf(&tail, "%s{}\n", end);
    bool written = sv_os_write_all(fd, SV_SLICE("{}\n")) && lseek(fd, (off_t)n, SEEK_CUR) > 0 &&
                   sv_os_write_all(fd, sv_buf_slice(&tail));
    close(fd);
    sv_buf_free(&tail);
    if (!written)
        ok(false, "wrote the long line");
    return path;
}

static void limit_is(size_t n, const char *end, size_t block, bool too_long)
{
    const char *path = make_long(n, end);
    struct sv_input_spec spec = {.operands = &path, .count = 1, .block_size = block, .not_before_ns = INT64_MIN};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    struct sv_record record;
    bool first = sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD && sv_slice_is(record.text, "{}");
    bool second = sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD && record.offset == 3 && record.number == 2;
    second = second && (record.flaw != NULL) == too_long && record.text.len == (too_long ? 0 : n) && !record.no_newline;
    bool third = sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD && sv_slice_is(record.text, "{}");
    third = third && record.number == 3 && record.offset == (int64_t)(3 + n + strlen(end));
    bool over = sv_input_next(input, &record, 0, &err) == SV_INPUT_ENDED && sv_input_next(input, &record, 0, &err) == SV_INPUT_END;
    ok(first && second && third && over, "a line of %zu bytes%s in blocks of %zu %s", n, *end == '\r' ? " and CRLF" : "", block,
       too_long ? "is skipped" : "is read");
    sv_input_close(input);
}

static void test_limit(void)
{
    for (int d = -1; d <= 1; d++) {
        limit_is((size_t)SV_LINE_MAX + (size_t)d, "\n", 0, d > 0);
        limit_is((size_t)SV_LINE_MAX + (size_t)d, "\r\n", 0, d > 0);
    }
    limit_is(SV_LINE_MAX, "\r\n", 4099, false);
    limit_is((size_t)SV_LINE_MAX + 1, "\n", 4099, true);
    limit_is((size_t)SV_LINE_MAX + 2, "\r\n", 1 << 20, true);
    limit_is((size_t)SV_LINE_MAX * 5, "\n", 0, true);

    /* too long to the end of the file, and as the first record: it has a head all the same */
    const char *path = path_of("hole.jsonl");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ok(ftruncate(fd, (off_t)SV_LINE_MAX * 2) == 0, "made a file of NULs");
    close(fd);
    struct sv_input_spec spec = {.operands = &path, .count = 1, .not_before_ns = INT64_MIN};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    struct sv_record record;
    static const char zeros[4096];
    ok(sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD && record.flaw != NULL && record.no_newline && record.number == 1 &&
           record.offset == 0,
       "one line without end is one record");
    ok(sv_input_source(input, 0)->head == sv_hash(sv_slice(zeros, sizeof zeros)), "its head is its first 4 KiB");
    is_int(sv_input_source(input, 0)->offset, (int64_t)SV_LINE_MAX * 2, "its source is read to the end");
    ok(sv_input_next(input, &record, 0, &err) == SV_INPUT_ENDED, "and over");
    sv_input_close(input);
}

static void merged_are(const char *what, const char *want, size_t count, const char *const *operands)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        struct log log = {.sources = true};
        read_all(&log, blocks[i], true, count, operands);
        is_slice(sv_buf_slice(&log.out), sv_slice_str(want), "%s, blocks of %zu", what, blocks[i]);
        free_log(&log);
    }
}

static void test_merge(void)
{
    const char *three[] = {MAKE("a", "t=1 a\nt=5 a\nt=9 a\n"),
                           MAKE("b", "t=2 b\nno time\nt=5 b\n"),
                           MAKE("c", "t=5 c\nt=3 c\nt=4 c\nt=11 c\n")};
    merged_are("three by time, ties by operand, without time behind its predecessor",
               "a 1@0 t=1 a\nb 1@0 t=2 b\nb 2@6 no time\na 2@6 t=5 a\nb 3@14 t=5 b\nend b\nc 1@0 t=5 c\nc 2@6 t=3 c\nc 3@12 t=4 c\n"
               "a 3@12 t=9 a\nend a\nc 4@18 t=11 c\nend c\n",
               3, three);
    const char *odd[] = {MAKE("d", "first\n"), MAKE("e", "x\ny\nt=7 e\nt=20 e\n"),
                         MAKE("f", "no\ntime\n"), MAKE("g", "t=3 g\nt=8 g\n"), MAKE("h", "")};
    merged_are("files without time: first, or behind the file before",
               "d 1@0 first\nend d\ng 1@0 t=3 g\nend h\ne 1@0 x\ne 2@2 y\ne 3@4 t=7 e\nf 1@0 no\nf 2@3 time\nend f\ng 2@6 t=8 g\nend g\n"
               "e 4@10 t=20 e\nend e\n",
               5, odd);

    struct log log = {.sources = true};
    read_all(&log, 0, false, 3, three);
    is_slice(sv_buf_slice(&log.out),
             SV_SLICE("a 1@0 t=1 a\na 2@6 t=5 a\na 3@12 t=9 a\nend a\nb 1@0 t=2 b\nb 2@6 no time\nb 3@14 t=5 b\nend b\nc 1@0 t=5 c\n"
                      "c 2@6 t=3 c\nc 3@12 t=4 c\nc 4@18 t=11 c\nend c\n"),
             "without a time function: one after the other");
    free_log(&log);
    log.sources = true;
    read_all(&log, 0, true, 1, three);
    is_int(log.time_calls, 0, "a single file is not asked for times");
    free_log(&log);
}

/* More files than may be open, their times interleaved, some lines long: all comes in order, in bounded memory. */
static void test_many(void)
{
    enum { FILES = 160, LINES = 30, LONG = 3 << 20, LONG_EVERY = 4 };
    char names[FILES][500];
    const char *operands[FILES];
    struct sv_random dice;
    struct sv_buf content = {0};
    sv_random_seed(&dice, 7);
    for (int f = 0; f < FILES; f++) {
        sv_buf_clear(&content);
        int64_t at = 0;
        for (int i = 0; i < LINES; i++) {
            at += (int64_t)(sv_random_below(&dice, 1000));
            sv_buf_printf(&content, "t=%d %d ", (int)at, i);
            size_t pad = i == 25 && f % LONG_EVERY == 0 ? LONG : sv_random_below(&dice, 300);
            memset(sv_buf_room(&content, pad), 'x', pad);
            content.len += pad;
            sv_buf_char(&content, '\n');
        }
        char name[20];
        snprintf(name, sizeof name, "many%03d", f);
        snprintf(names[f], sizeof names[f], "%s", make(name, sv_buf_slice(&content)));
        operands[f] = names[f];
    }
    int64_t before = sv_os_peak_bytes();
    struct log log = {0};
    struct sv_input_spec spec = {.operands = operands, .count = FILES, .not_before_ns = INT64_MIN, .time = time_of,
                                 .context = &log};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    struct sv_record record;
    enum sv_input_state state;
    int64_t last = 0, ns = 0;
    int records = 0, ended = 0, wrong = 0, seen[FILES] = {0};
    while ((state = sv_input_next(input, &record, 0, &err)) != SV_INPUT_END) {
        ended += state == SV_INPUT_ENDED;
        if (state != SV_INPUT_RECORD)
            continue;
        records++;
        wrong += !time_of(&log, 0, record.text, &ns) || ns < last || record.number != (uint64_t)++seen[record.source];
        last = ns;
    }
    ok(records == FILES * LINES && ended == FILES && wrong == 0, "%d files merged: %d records, %d ended, %d wrong", FILES, records, ended,
       wrong);
#ifndef __SANITIZE_ADDRESS__
    int64_t grown = sv_os_peak_bytes() - before;
    ok(grown < (16 << 20) + 2 * LONG, "in %d KiB more than before, with lines of %d KiB", (int)(grown >> 10), LONG >> 10);
#else
    (void)before;
#endif
    sv_input_close(input);
    for (int f = 0; f < FILES; f++)
        unlink(names[f]);
    sv_buf_free(&content);
}

static void test_folders(void)
{
    mkdir(path_of("logs"), 0700);
    mkdir(path_of("logs/a"), 0700);
    mkdir(path_of("logs/.hidden"), 0700);
    mkdir(path_of("none"), 0700);
    mkdir(path_of("none/deeper"), 0700);
    MAKE("logs/a.jsonl", "1\n");
    MAKE("logs/a/z.ndjson", "2\n");
    MAKE("logs/a-b.jsonl", "3\n");
    MAKE("logs/a/notes.txt", "not read\n");
    MAKE("logs/.hidden/h.jsonl", "4\n");
    MAKE("none/readme.md", "not read\n");
    int made = symlink("../lines.jsonl", path_of("logs/link.jsonl")) + symlink("..", path_of("logs/up")) +
               symlink("nowhere", path_of("logs/broken.jsonl")) + symlink("a.jsonl", path_of("logs/same.jsonl"));
    MAKE("lines.jsonl", "5\n");
    is_int(made, 0, "made links");

    struct log log = {.sources = true};
    const char *operands[] = {path_of("logs/")};
    read_all(&log, 0, false, 1, operands);
    is_slice(sv_buf_slice(&log.out),
             SV_SLICE("h.jsonl 1@0 4\nend h.jsonl\na-b.jsonl 1@0 3\nend a-b.jsonl\na.jsonl 1@0 1\nend a.jsonl\nz.ndjson 1@0 2\n"
                      "end z.ndjson\nlink.jsonl 1@0 5\nend link.jsonl\n"),
             "a folder's log files in byte order of their paths, each once");
    is_slice(sv_buf_slice(&log.notices), SV_SLICE("3 logs/broken.jsonl: cannot open: No such file or directory\n"), "a broken link is told");
    free_log(&log);

    log.sources = true;
    const char *twice[] = {path_of("logs/a.jsonl"), path_of("logs"), path_of("logs/a.jsonl")};
    read_all(&log, 0, false, 3, twice);
    is_slice(sv_buf_slice(&log.out),
             SV_SLICE("a.jsonl 1@0 1\nend a.jsonl\nh.jsonl 1@0 4\nend h.jsonl\na-b.jsonl 1@0 3\nend a-b.jsonl\nz.ndjson 1@0 2\n"
                      "end z.ndjson\nlink.jsonl 1@0 5\nend link.jsonl\n"),
             "what is named twice is read once, where it was named first");
    free_log(&log);

    const char *mixed[] = {path_of("none"), path_of("missing"), path_of("logs/a.jsonl")};
    read_all(&log, 0, false, 3, mixed);
    is_slice(sv_buf_slice(&log.out), SV_SLICE(" 1@0 1\nend \n"), "what can be read is read");
    is_slice(sv_buf_slice(&log.notices),
             SV_SLICE("3 none: no log files (*.jsonl, *.ndjson, session-*.json) in this folder\n3 missing: cannot open: No such file or directory\n"),
             "what cannot is told");
    free_log(&log);
    read_all(&log, 0, false, 2, mixed);
    is_slice(sv_buf_slice(&log.out), SV_SLICE("nothing"), "nothing to read is a failure");
    is_slice(sv_buf_slice(&log.notices),
             SV_SLICE("3 none: no log files (*.jsonl, *.ndjson, session-*.json) in this folder\n3 missing: cannot open: No such file or directory\n"),
             "each is told once");
    free_log(&log);
    const char *empty[] = {MAKE("empty.jsonl", "")};
    read_all(&log, 0, false, 1, empty);
    is_slice(sv_buf_slice(&log.notices), SV_SLICE("0 empty.jsonl: empty file\n"), "an empty file is told, as no failure");
    free_log(&log);
    const char *device[] = {"/dev/null"};
    read_all(&log, 0, false, 1, device);
    is_slice(sv_buf_slice(&log.out), SV_SLICE("end \n"), "/dev/null is read live, and empty");
    is_int(log.notices.len, 0, "and says nothing");
    free_log(&log);

    if (geteuid() != 0) {
        chmod(path_of("logs/a.jsonl"), 0);
        chmod(path_of("logs/a"), 0);
        operands[0] = path_of("logs/");
        read_all(&log, 0, false, 1, operands);
        ok(sv_slice_find(sv_buf_slice(&log.notices), SV_SLICE("3 logs/a: cannot read folder: Permission denied\n")) != NULL &&
               sv_slice_find(sv_buf_slice(&log.notices), SV_SLICE("3 logs/a.jsonl: cannot open: Permission denied\n")) != NULL,
           "what must not be read is told");
        free_log(&log);
        chmod(path_of("logs/a"), 0700);
    } else {
        skip("what must not be read is told", "root may read all");
    }

    operands[0] = path_of("logs/");
    struct sv_input_spec spec = {.operands = operands, .count = 1, .not_before_ns = sv_os_now_ns() + 3600 * INT64_C(1000000000)};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    struct sv_record record;
    ok(input != NULL && sv_input_sources(input) == 0 && sv_input_next(input, &record, 0, &err) == SV_INPUT_END,
       "files older than the bound are left out, which is no failure");
    sv_input_close(input);
}

static void test_depth(void)
{
    struct sv_buf path = {0};
    sv_buf_str(&path, path_of("deep"));
    for (int i = 0; i < 70; i++) {
        mkdir(sv_buf_cstr(&path), 0700);
        sv_buf_str(&path, "/d");
    }
    const char *operand = path_of("deep");
    struct log log = {0};
    read_all(&log, 0, false, 1, &operand);
    ok(sv_slice_find(sv_buf_slice(&log.notices), SV_SLICE("folders nest deeper than 64")) != NULL, "folders without bottom are told");
    for (int i = 0; i < 70; i++) {
        path.len -= 2;
        rmdir(sv_buf_cstr(&path));
    }
    free_log(&log);
    sv_buf_free(&path);
}

static void test_heads(void)
{
    struct sv_buf content = {0};
    for (int i = 0; i < 5000; i++)
        sv_buf_char(&content, (char)('a' + i % 26));
    sv_buf_str(&content, "\nnext\n");
    const char *operands[] = {MAKE("h1", "\xEF\xBB\xBFone\r\ntwo\n"), MAKE("h2", "one\n"), make("h3", sv_buf_slice(&content)),
                              MAKE("h4", "t=5 x\nt=1 y\n"), MAKE("h5", "t=3 z\n")};
    for (size_t i = 0; i < BLOCKS; i++) {
        struct log log = {0};
        struct sv_input_spec spec = {.operands = operands, .count = 5, .block_size = blocks[i], .not_before_ns = INT64_MIN,
                                     .time = time_of, .context = &log};
        struct sv_error err = {0};
        struct sv_input *input = sv_input_open(&spec, &err);
        struct sv_record record;
        while (sv_input_next(input, &record, 0, &err) != SV_INPUT_END)
            ;
        uint64_t one = sv_hash(SV_SLICE("one"));
        ok(sv_input_source(input, 0)->head == one && sv_input_source(input, 1)->head == one &&
               sv_input_source(input, 2)->head == sv_hash(sv_slice(content.data, 4096)) &&
               sv_input_source(input, 3)->head == sv_hash(SV_SLICE("t=5 x")) && sv_input_source(input, 4)->head == sv_hash(SV_SLICE("t=3 z")),
           "a head is the first record without its end, 4 KiB at most, blocks of %zu", blocks[i]);
        sv_input_close(input);
    }
    sv_buf_free(&content);
}

static void test_trouble(void)
{
    const char *operands[] = {MAKE("t1", "t=1 a\nt=9 a\n"), MAKE("t2", "t=5 b\n"), MAKE("t3", "t=6 c\n")};
    struct log log = {.sources = true};
    struct sv_input_spec spec = {.operands = operands, .count = 3, .not_before_ns = INT64_MIN, .time = time_of,
                                 .notice = on_notice, .context = &log};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    unlink(operands[1]);
    rename(operands[2], path_of("t3.old"));
    make("t3", SV_SLICE("t=0 another\n"));
    struct sv_record record;
    enum sv_input_state state;
    while ((state = sv_input_next(input, &record, 0, &err)) != SV_INPUT_END)
        log_state(&log, input, state, &record, &err);
    is_slice(sv_buf_slice(&log.out),
             SV_SLICE("t1 1@0 t=1 a\nfailed t2: cannot open: No such file or directory\n"
                      "failed t3: another file has taken its place while it was to be read\nt1 2@6 t=9 a\nend t1\n"),
             "files removed and replaced before their turn fail, the rest is read");
    ok(sv_input_source(input, 1)->ended && sv_input_source(input, 3) == NULL, "and are over");
    sv_input_close(input);
    free_log(&log);

    /* a file that grows while it is read is read up to its end of then */
    const char *path = MAKE("grows", "one\n");
    spec = (struct sv_input_spec){.operands = &path, .count = 1, .not_before_ns = INT64_MIN};
    input = sv_input_open(&spec, &err);
    bool first = sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD;
    int fd = open(path, O_WRONLY | O_APPEND);
    bool grown = sv_os_write_all(fd, SV_SLICE("two\n"));
    close(fd);
    ok(first && grown && sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD && sv_slice_is(record.text, "two") &&
           sv_input_next(input, &record, 0, &err) == SV_INPUT_ENDED,
       "what is appended while reading is read");
    sv_input_close(input);
}

/* Pipes. */

static void pause_ms(int ms)
{
    struct timespec t = {.tv_nsec = ms * 1000000L};
    nanosleep(&t, NULL);
}

/* A process that writes the pieces to `path` (or fd), with pauses between. */
static pid_t write_slowly(const char *path, int fd, const char *const *pieces, int ms)
{
    fflush(stdout);
    pid_t child = fork();
    if (child != 0)
        return child;
    if (path != NULL)
        fd = open(path, O_WRONLY);
    for (size_t i = 0; pieces[i] != NULL; i++) {
        if (i > 0)
            pause_ms(ms);
        sv_os_write_all(fd, sv_slice_str(pieces[i]));
    }
    _exit(0);
}

static struct sv_input *open_live(const char *operand, size_t block)
{
    struct sv_input_spec spec = {.operands = &operand, .count = operand != NULL, .block_size = block, .not_before_ns = INT64_MIN};
    struct sv_error err = {0};
    return sv_input_open(&spec, &err);
}

static void test_fifo(void)
{
    const char *path = path_of("fifo");
    static const char *const pieces[] = {"\xEF\xBB", "\xBF" "a\r", "\nb", "c", "\n\nlast", NULL};
    ok(mkfifo(path, 0600) == 0, "made a FIFO");
    struct sv_input *input = open_live(path, 0);
    struct sv_record record = {0};
    struct sv_error err = {0};
    enum sv_input_state state;
    is_int(sv_input_next(input, &record, 5, &err), SV_INPUT_IDLE, "without a writer there is only waiting");
    pid_t child = write_slowly(path, -1, pieces, 60);
    struct log log = {0};
    int idle = 0;
    while ((state = sv_input_next(input, &record, 20, &err)) != SV_INPUT_END)
        if (state == SV_INPUT_IDLE)
            idle++;
        else
            log_state(&log, input, state, &record, &err);
    waitpid(child, NULL, 0);
    is_slice(sv_buf_slice(&log.out), SV_SLICE(" 1@3 a\n 2@6 bc\n 3@9 \n 4@10 cut last\nend \n"), "what comes in pieces is put together");
    ok(idle >= 4, "silence is told in between, %d times", idle);
    int64_t done, total;
    sv_input_progress(input, &done, &total);
    ok(sv_input_source(input, 0)->is_pipe && done == 14 && total == 0, "a pipe has no known size");
    sv_input_close(input);
    free_log(&log);
}

/* A record comes when its line end is there, not when a block is full or the writer ends. */
static void test_live(void)
{
    static const char *const pieces[] = {"one\n", "two\n", NULL};
    struct sv_input *input = open_live(path_of("fifo"), 0);
    struct sv_record record;
    struct sv_error err = {0};
    pid_t child = write_slowly(path_of("fifo"), -1, pieces, 700);
    enum sv_input_state first = sv_input_next(input, &record, 10000, &err);
    int64_t at = sv_os_monotonic_ns();
    bool one = first == SV_INPUT_RECORD && sv_slice_is(record.text, "one");
    enum sv_input_state idle = sv_input_next(input, &record, 20, &err);
    int64_t waited = (sv_os_monotonic_ns() - at) / 1000000;
    ok(one && idle == SV_INPUT_IDLE && waited >= 19 && waited < 600, "a line comes at once, the wait ends after %d ms", (int)waited);
    enum sv_input_state second = sv_input_next(input, &record, 10000, &err);
    ok(second == SV_INPUT_RECORD && sv_slice_is(record.text, "two"), "the next comes when it is written");
    is_int(sv_input_next(input, &record, 10000, &err), SV_INPUT_ENDED, "and the end");
    waitpid(child, NULL, 0);
    sv_input_close(input);
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static void set_timer(int first_ms, int every_ms)
{
    struct itimerval timer = {{0, every_ms * 1000}, {0, first_ms * 1000}};
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void test_signals(void)
{
    struct sv_record record;
    struct sv_error err = {0};
    struct sv_input *input = open_live(path_of("fifo"), 0);
    set_timer(30, 0);
    is_int(sv_input_next(input, &record, 10000, &err), SV_INPUT_SIGNAL, "a signal ends the waiting");
    is_int(signals, 1, "after its handler ran");
    is_int(sv_input_next(input, &record, -1, &err), SV_INPUT_IDLE, "waiting for ever looks up now and then");
    sv_input_close(input);

    static const char *const pieces[] = {"a", "b\nc", "d\n", "e", NULL};
    struct log log = {0};
    pid_t child = write_slowly(path_of("fifo"), -1, pieces, 10);
    input = open_live(path_of("fifo"), 0);
    set_timer(1, 1);
    enum sv_input_state state;
    int interrupted = 0;
    while ((state = sv_input_next(input, &record, -1, &err)) != SV_INPUT_END)
        if (state == SV_INPUT_SIGNAL)
            interrupted++;
        else if (state != SV_INPUT_IDLE)
            log_state(&log, input, state, &record, &err);
    set_timer(0, 0);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    is_slice(sv_buf_slice(&log.out), SV_SLICE(" 1@0 ab\n 2@3 cd\n 3@6 cut e\nend \n"), "a storm of signals loses nothing");
    ok(interrupted > 0, "it was told %d times", interrupted);
    sv_input_close(input);
    free_log(&log);
}

/* Standard input: a file, a pipe, closed, and with other operands. */
static void test_stdin(void)
{
    const char *operand = "-";
    struct log log = {0};
    int keep = dup(STDIN_FILENO), fd = open(MAKE("in", "head\nx\ny\n"), O_RDONLY);
    lseek(fd, 5, SEEK_SET);
    dup2(fd, STDIN_FILENO);
    close(fd);
    for (size_t i = 0; i < BLOCKS; i++) {
        lseek(STDIN_FILENO, 5, SEEK_SET);
        read_all(&log, blocks[i], false, 1, &operand);
        is_slice(sv_buf_slice(&log.out), SV_SLICE(" 1@0 x\n 2@2 y\nend \nprogress 4 of 9\n"), "a file as standard input, blocks of %zu",
                 blocks[i]);
        free_log(&log);
    }
    lseek(STDIN_FILENO, 0, SEEK_SET);
    struct sv_input *input = open_live(NULL, 0);
    struct sv_record record;
    struct sv_error err = {0};
    ok(sv_input_next(input, &record, 0, &err) == SV_INPUT_RECORD && !sv_input_source(input, 0)->is_pipe &&
           strcmp(sv_input_source(input, 0)->path, "-") == 0,
       "no operand is standard input");
    sv_input_close(input);
    ok(lseek(STDIN_FILENO, 0, SEEK_CUR) == 9, "standard input stays open, behind what was read");

    lseek(STDIN_FILENO, 0, SEEK_SET);
    const char *merged[] = {MAKE("s1", "t=1 a\nt=4 a\n"), "-", path_of("in")};
    MAKE("in", "t=2 in\nt=9 in\n");
    log.sources = true;
    read_all(&log, 2, true, 3, merged);
    is_slice(sv_buf_slice(&log.out),
             SV_SLICE("s1 1@0 t=1 a\n- 1@0 t=2 in\ns1 2@6 t=4 a\nend s1\n- 2@7 t=9 in\nend -\n"),
             "it is merged with other files, and is the same file under its name");
    free_log(&log);

    int ends[2];
    static const char *const pieces[] = {"p\nq", NULL};
    if (pipe(ends) == 0) {
        pid_t child = write_slowly(NULL, ends[1], pieces, 0);
        close(ends[1]);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        const char *mixed[] = {"-", path_of("in")};
        log.sources = true;
        read_all(&log, 0, true, 2, mixed);
        is_slice(sv_buf_slice(&log.out), SV_SLICE("in 1@0 t=2 in\nin 2@7 t=9 in\nend in\n- 1@0 p\n- 2@2 cut q\nend -\n"),
                 "pipes come after files");
        waitpid(child, NULL, 0);
        free_log(&log);
    }
    close(STDIN_FILENO);
    read_all(&log, 0, false, 1, &operand);
    is_slice(sv_buf_slice(&log.notices), SV_SLICE("3 standard input: cannot open: Bad file descriptor\n"), "a closed one is told");
    free_log(&log);
    int folder_fd = open(folder, O_RDONLY);
    dup2(folder_fd, STDIN_FILENO);
    read_all(&log, 0, false, 1, &operand);
    is_slice(sv_buf_slice(&log.notices), SV_SLICE("3 standard input: neither a file nor a folder nor a pipe\n"), "a folder is no input");
    free_log(&log);
    dup2(keep, STDIN_FILENO);
    close(keep);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.150s/sv-input-XXXXXX", base != NULL && strlen(base) < 150 ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    test_many(); /* first: the peak of memory must be its own */
    test_lines();
    test_lengths();
    test_limit();
    test_merge();
    test_folders();
    test_depth();
    test_heads();
    test_trouble();
    test_fifo();
    test_live();
    test_signals();
    test_stdin();
    char command[500];
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", folder, folder);
    if (system(command) != 0)
        printf("# %s stays behind\n", folder);
    return done();
}
