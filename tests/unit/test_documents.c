/* SPDX-License-Identifier: ISC */
/* Records that are no lines: documents spread over lines, elements of lists. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/os.h"
#include "input/input.h"
#include "tap.h"

static char folder[200];
static const size_t blocks[] = {1, 2, 7, 4096, 0};
enum { BLOCKS = sizeof blocks / sizeof *blocks };

static const char *make(const char *name, struct sv_slice content)
{
    static char paths[4][300];
    static unsigned at;
    char *path = paths[at++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || !sv_os_write_all(fd, content))
        ok(false, "wrote %s", path);
    close(fd);
    return path;
}

/* Of an element, its member "t", which is the first one. */
static bool time_of(void *context, uint32_t source, struct sv_slice text, int64_t *ns)
{
    (void)context;
    (void)source;
    const char *at = sv_slice_find(text, SV_SLICE("\"t\":"));
    if (at == NULL)
        return false;
    const char *stop = at + 4;
    while (stop < sv_slice_end(text) && *stop >= '0' && *stop <= '9')
        stop++;
    return sv_num_int(sv_slice(at + 4, (size_t)(stop - at - 4)), ns);
}

/* All records: number:line@offset [flaw] text, with a bar for each line end. */
static void read_all(struct sv_buf *out, size_t block, size_t count, const char *const *paths)
{
    struct sv_input_spec spec = {.operands = paths, .count = count, .block_size = block, .not_before_ns = INT64_MIN, .time = time_of};
    struct sv_error err = {0};
    struct sv_record record;
    enum sv_input_state state;
    sv_buf_clear(out);
    struct sv_input *input = sv_input_open(&spec, &err);
    if (input == NULL) {
        sv_buf_str(out, err.text);
        return;
    }
    while ((state = sv_input_next(input, &record, -1, &err)) != SV_INPUT_END) {
        if (state != SV_INPUT_RECORD)
            continue;
        sv_buf_printf(out, "%d:%d@%d%s%s ", (int)record.number, (int)record.line, (int)record.offset, record.no_newline ? " cut" : "",
                      record.flaw != NULL ? " flaw" : "");
        for (size_t i = 0; i < record.text.len; i++)
            sv_buf_char(out, record.text.data[i] == '\n' ? '|' : record.text.data[i]);
        sv_buf_char(out, '\n');
    }
    sv_input_close(input);
}

static void records_are(const char *what, const char *content, const char *want)
{
    const char *path = make("log.json", sv_slice_str(content));
    struct sv_buf out = {0};
    for (size_t i = 0; i < BLOCKS; i++) {
        read_all(&out, blocks[i], 1, &path);
        is_str(sv_buf_cstr(&out), want, "%s, blocks of %zu", what, blocks[i]);
    }
    sv_buf_free(&out);
}

static void test_documents(void)
{
    records_are("a document", "{\n  \"a\": 1,\n  \"b\": [{}, \"}\\\"{\"]\n}\n", "1:1@0 {|  \"a\": 1,|  \"b\": [{}, \"}\\\"{\"]|}\n");
    records_are("without a final line end", "{\n\"a\":1}", "1:1@0 cut {|\"a\":1}\n");
    records_are("one behind the other", "{\n\"a\":1\n}\n{\n\"b\":2\n}\n", "1:1@0 {|\"a\":1|}\n2:4@10 {|\"b\":2|}\n");
    records_are("a document, then lines", "{\n\"a\":1\n}\n{\"b\":2}\n{\n", "1:1@0 {|\"a\":1|}\n2:4@10 {\"b\":2}\n3:5@18 {\n");
    records_are("CRLF and blanks", "\r\n  {  \r\n\t\"a\":1\r\n}\r\n", "1:1@0 \n2:2@4 {  |\t\"a\":1|}\n");
    records_are("a mark at the start", "\xEF\xBB\xBF{\n\"a\":1\n}\n", "1:1@3 {|\"a\":1|}\n");
    records_are("cut short", "{\n\"a\":{\n", "1:1@0 {|\"a\":{\n");
    records_are("nothing but its bracket", "{\n", "1:1@0 {\n");
    records_are("an empty one", "{\n}\n", "1:1@0 {|}\n");
    records_are("text behind it", "{\n\"a\":1\n} {\"b\":2}\nx\n", "1:1@0 {|\"a\":1|}\n2:3@9  {\"b\":2}\n3:4@18 x\n");
}

static void test_lines_stay_lines(void)
{
    records_are("lines", "{\"a\":1}\n{\"b\":\n[\n{\n\"c\":1}\n", "1:1@0 {\"a\":1}\n2:2@8 {\"b\":\n3:3@14 [\n4:4@16 {\n5:5@18 \"c\":1}\n");
    records_are("a first line that is broken", "{\n{\"a\":1}\n{\"b\":2}\n", "1:1@0 {\n2:2@2 {\"a\":1}\n3:3@10 {\"b\":2}\n");
    records_are("another", "{\"a\":\n{\"b\":2}\n", "1:1@0 {\"a\":\n2:2@6 {\"b\":2}\n");
    records_are("a list of other things", "[1]\n[\"a\"]\n[[{}]]\n", "1:1@0 [1]\n2:2@4 [\"a\"]\n3:3@10 [[{}]]\n");
    records_are("no JSON at all", "a,b\n{\n", "1:1@0 a,b\n2:2@4 {\n");
    records_are("blank lines count", "\n\n{\"a\":1}\n", "1:1@0 \n2:2@1 \n3:3@2 {\"a\":1}\n");
}

static void test_lists(void)
{
    records_are("a list", "[\n  {\n    \"a\": 1\n  },\n  {\"b\":2}\n]\n", "1:2@4 {|    \"a\": 1|  }\n2:5@24 {\"b\":2}\n");
    records_are("in one line", "[{\"a\":1},{\"b\":[2]} , {}]\n", "1:1@1 {\"a\":1}\n2:1@9 {\"b\":[2]}\n3:1@21 {}\n");
    records_are("an empty list", "[]\n", "");
    records_are("an empty one, spread", "[\n\n]\n", "");
    records_are("lists, one a line", "[{\"a\":1}]\n[{\"b\":2}]\n", "1:1@1 {\"a\":1}\n2:2@11 {\"b\":2}\n");
    records_are("brackets in text", "[{\"a\":\"]},{\\\\\"},{\"b\":\"\\\"]\"}]", "1:1@1 {\"a\":\"]},{\\\\\"}\n2:1@16 {\"b\":\"\\\"]\"}\n");
    records_are("a list, then lines", "[{\"a\":1}]\n{\"b\":2}\n", "1:1@1 {\"a\":1}\n2:2@10 {\"b\":2}\n");
    records_are("cut between elements", "[\n{\"a\":1},\n", "1:2@2 {\"a\":1}\n2:1@10 flaw \n");
    records_are("cut in an element", "[\n{\"a\":1},{\"b\"\n", "1:2@2 {\"a\":1}\n2:2@10 {\"b\"\n3:1@10 flaw \n");
    records_are("a comma is missing", "[\n{\"a\":1}\n{\"b\":2}\n]\n", "1:2@2 {\"a\":1}\n2:3@10 {\"b\":2}\n");
    records_are("something else in it", "[{\"a\":1},\n7,\n{\"b\":2}]\n", "1:1@1 {\"a\":1}\n2:2@10 7,\n3:3@13 {\"b\":2}]\n");
    records_are("the tail of an older one", "[\n{\"a\":1}\n]\"b\":2}\n]\n", "1:2@2 {\"a\":1}\n2:3@11 \"b\":2}\n3:4@18 ]\n");
}

/* Many in one record, then a small one: the limit is that of a line. */
static void test_limit(void)
{
    struct sv_buf content = {0};
    for (int i = -1; i <= 1; i++) {
        sv_buf_clear(&content);
        sv_buf_str(&content, "[\n{\n\"a\":\"");
        for (size_t k = content.len - 2; k + 3 < (size_t)(SV_LINE_MAX + i); k++)
            sv_buf_char(&content, 'x');
        sv_buf_str(&content, "\"\n},\n{\"b\":1}]\n");
        const char *path = make("long.json", sv_buf_slice(&content));
        struct sv_input_spec spec = {.operands = &path, .count = 1, .not_before_ns = INT64_MIN};
        struct sv_error err = {0};
        struct sv_record record = {0};
        struct sv_input *input = sv_input_open(&spec, &err);
        ok(sv_input_next(input, &record, -1, &err) == SV_INPUT_RECORD && (record.flaw != NULL) == (i > 0) &&
               record.text.len == (i > 0 ? 0 : (size_t)(SV_LINE_MAX + i)),
           "a record of the limit %+d bytes", i);
        ok(sv_input_next(input, &record, -1, &err) == SV_INPUT_RECORD && sv_slice_is(record.text, "{\"b\":1}") && record.number == 2,
           "and the one behind it");
        sv_input_close(input);
    }
    sv_buf_free(&content);
}

/* Files are merged by their elements' times, also when they are put aside in between, in a list. */
static void test_merged(void)
{
    const char *paths[2] = {make("a.json", SV_SLICE("[\n {\"t\":1,\n  \"x\":\"aaaaaaaaaaaaaaaaaaaa\"},\n {\"t\":4}, {\"t\":5}\n]\n")),
                            make("b.json", SV_SLICE("[{\"t\":2},\n {\"t\":3,\n  \"x\":\"bbbbbbbbbbbbbbbbbbbb\"}]\n{\"t\":6}\n"))};
    struct sv_buf out = {0};
    for (size_t i = 0; i < BLOCKS; i++) {
        read_all(&out, blocks[i], 2, paths);
        is_str(sv_buf_cstr(&out),
               "1:2@3 {\"t\":1,|  \"x\":\"aaaaaaaaaaaaaaaaaaaa\"}\n1:1@1 {\"t\":2}\n"
               "2:2@11 {\"t\":3,|  \"x\":\"bbbbbbbbbbbbbbbbbbbb\"}\n2:4@43 {\"t\":4}\n3:4@52 {\"t\":5}\n3:4@50 {\"t\":6}\n",
               "merged, blocks of %zu", blocks[i]);
    }
    sv_buf_free(&out);
}

/* What a file is known by is its first record, not its first bracket. */
static void test_heads(void)
{
    uint64_t heads[3];
    const char *contents[3] = {"[\n{\"a\":1}\n]\n", "[\n{\"a\":2}\n]\n", "[\n{\"a\":1},\n{\"b\":2}\n]\n"};
    for (int i = 0; i < 3; i++) {
        const char *path = make("head.json", sv_slice_str(contents[i]));
        struct sv_input_spec spec = {.operands = &path, .count = 1, .not_before_ns = INT64_MIN};
        struct sv_error err = {0};
        struct sv_record record;
        struct sv_input *input = sv_input_open(&spec, &err);
        sv_input_next(input, &record, -1, &err);
        heads[i] = sv_input_source(input, 0)->head;
        sv_input_close(input);
    }
    ok(heads[0] != heads[1], "lists that begin otherwise are others");
    ok(heads[0] == heads[2], "a list that has grown is the same");
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/sv-documents-XXXXXX", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    test_documents();
    test_lines_stay_lines();
    test_lists();
    test_limit();
    test_merged();
    test_heads();
    static const char *const names[] = {"log.json", "long.json", "a.json", "b.json", "head.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return done();
}
