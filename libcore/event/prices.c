/* SPDX-License-Identifier: ISC */
#include "event/prices.h"

#include "base/map.h"
#include "base/num.h"
#include "base/os.h"
#include "base/time.h"

enum { FILE_MAX = 4 << 20, COLUMNS = 7, MODELS_MAX = 1024, PATTERN_MAX = 200, MODEL_MAX = 256 };

struct row {
    struct sv_slice glob;                          /* in lower case */
    int64_t from_ns;                               /* INT64_MIN: always */
    int64_t above;                                 /* input tokens */
    double input, output, cache_read, cache_write; /* USD per million */
};

/* Rows that match a model, in the order of the file. */
struct match {
    size_t count;
    uint32_t rows[];
};

struct sv_prices {
    struct row *rows;
    size_t count, capacity;
    struct sv_buf text;   /* the file; globs lie in it */
    struct sv_map models; /* model -> struct match *, made on first asking: a cache, so not part of what is const */
};

/* One cell of line, unquoted; moves *line behind it. Cells hold no quotes, commas or line ends: nothing in this file needs them. */
static struct sv_slice take_cell(struct sv_slice *line)
{
    const char *comma = line->len > 0 ? memchr(line->data, ',', line->len) : NULL;
    size_t len = comma != NULL ? (size_t)(comma - line->data) : line->len;
    struct sv_slice cell = sv_slice_trim(sv_slice(line->data, len));
    len += comma != NULL;
    *line = sv_slice(line->data + len, line->len - len);
    return cell;
}

static bool bad(struct sv_error *err, const char *path, uint32_t line, const char *what, struct sv_slice cell)
{
    sv_error_at(err, path, line, 0);
    return sv_error_set(err, SV_INPUT, "%s: \"%.*s\"", what, (int)(cell.len < 80 ? cell.len : 80), cell.data);
}

static bool read_price(struct sv_slice cell, double otherwise, double *out)
{
    if (cell.len == 0) {
        *out = otherwise;
        return true;
    }
    return sv_num_double(cell, false, out) && *out >= 0 && *out < 1e6;
}

static bool read_date(struct sv_slice cell, int64_t *ns)
{
    char text[] = "0000-00-00T00:00:00Z";
    if (cell.len != 10)
        return false;
    memcpy(text, cell.data, 10);
    return sv_time_parse(sv_slice_str(text), ns);
}

static bool read_row(struct sv_prices *prices, struct sv_slice line, const char *path, uint32_t number, struct sv_error *err)
{
    struct sv_slice cell[COLUMNS];
    struct row row = {.from_ns = INT64_MIN};
    for (size_t i = 0; i < COLUMNS; i++)
        cell[i] = take_cell(&line);
    if (line.len > 0)
        return bad(err, path, number, "more than seven columns", line);
    if (cell[0].len == 0 || cell[0].len > PATTERN_MAX)
        return bad(err, path, number, "a model pattern of 1 to 200 bytes is expected", cell[0]);
    if (cell[1].len > 0 && !read_date(cell[1], &row.from_ns))
        return bad(err, path, number, "not a date (YYYY-MM-DD)", cell[1]);
    if (cell[2].len > 0 && (!sv_num_int(cell[2], &row.above) || row.above < 0))
        return bad(err, path, number, "not a number of tokens", cell[2]);
    if (cell[3].len == 0 || !read_price(cell[3], 0, &row.input))
        return bad(err, path, number, "not a price", cell[3]);
    if (!read_price(cell[4], 0, &row.output))
        return bad(err, path, number, "not a price", cell[4]);
    /* without a price of its own, cached input costs what input costs */
    if (!read_price(cell[5], row.input, &row.cache_read))
        return bad(err, path, number, "not a price", cell[5]);
    if (!read_price(cell[6], row.input, &row.cache_write))
        return bad(err, path, number, "not a price", cell[6]);
    char *glob = (char *)(uintptr_t)cell[0].data; /* in prices->text, ours */
    for (size_t i = 0; i < cell[0].len; i++)
        if (glob[i] >= 'A' && glob[i] <= 'Z')
            glob[i] |= 0x20;
    row.glob = cell[0];
    if (prices->count == prices->capacity) {
        prices->capacity = prices->capacity > 0 ? prices->capacity * 2 : 128;
        prices->rows = sv_realloc(prices->rows, prices->capacity * sizeof *prices->rows);
    }
    prices->rows[prices->count++] = row;
    return true;
}

struct sv_prices *sv_prices_load(const char *path, struct sv_error *err)
{
    struct sv_prices *prices = sv_calloc(1, sizeof *prices);
    bool is_good = sv_os_slurp(path, FILE_MAX, &prices->text, err);
    struct sv_slice text = sv_buf_slice(&prices->text);
    for (uint32_t number = 1; is_good && text.len > 0; number++) {
        const char *stop = memchr(text.data, '\n', text.len);
        size_t len = stop != NULL ? (size_t)(stop - text.data) : text.len;
        struct sv_slice line = sv_slice_trim(sv_slice(text.data, len));
        len += stop != NULL;
        text = sv_slice(text.data + len, text.len - len);
        if (line.len > 0 && line.data[0] != '#' && !sv_slice_starts(line, SV_SLICE("model,")))
            is_good = read_row(prices, line, path, number, err);
    }
    if (is_good)
        return prices;
    sv_prices_free(prices);
    return NULL;
}

static void forget_models(struct sv_prices *prices)
{
    for (size_t i = 0; i < prices->models.count; i++)
        sv_free(prices->models.items[i].pointer);
    sv_map_free(&prices->models);
    prices->models = (struct sv_map){0};
}

void sv_prices_free(struct sv_prices *prices)
{
    if (prices == NULL)
        return;
    forget_models(prices);
    sv_free(prices->rows);
    sv_buf_free(&prices->text);
    sv_free(prices);
}

/* The model's name without what providers put before it: `anthropic/claude-x`, `models/gemini-x`, `us.anthropic.claude-x`. */
static struct sv_slice without_provider(struct sv_slice model)
{
    static const char *const makers[] = {"anthropic.", "openai.", "google."};
    for (size_t i = model.len; i > 0; i--)
        if (model.data[i - 1] == '/') {
            model = sv_slice(model.data + i, model.len - i);
            break;
        }
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        const char *at = sv_slice_find(model, sv_slice_str(makers[i]));
        if (at != NULL) {
            at += strlen(makers[i]);
            return sv_slice(at, (size_t)(model.data + model.len - at));
        }
    }
    return model;
}

static bool is_digits(struct sv_slice s, const char *shape)
{
    size_t i = 0;
    for (; shape[i] != '\0' && i < s.len; i++)
        if (shape[i] == '0' ? s.data[i] < '0' || s.data[i] > '9' : s.data[i] != shape[i])
            return false;
    return shape[i] == '\0' && i == s.len;
}

/* Without a date or version behind it: `-20250514`, `-2025-05-14`, `@20250514`, `-latest`, `-v1:0`, `[1m]`. */
static struct sv_slice without_date(struct sv_slice model)
{
    static const char *const shapes[] = {"-00000000", "-0000-00-00", "@00000000", "-latest", "@default", "-v0:0", "-v0", "[0m]"};
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            size_t len = strlen(shapes[i]);
            if (model.len > len && is_digits(sv_slice(model.data + model.len - len, len), shapes[i])) {
                model.len -= len;
                again = true;
            }
        }
    }
    return model;
}

static const struct match *match_model(struct sv_prices *prices, struct sv_slice model)
{
    struct sv_map_item *item = sv_map_find(&prices->models, model);
    if (item != NULL)
        return item->pointer;
    if (prices->models.count >= MODELS_MAX)
        forget_models(prices);
    char lower[MODEL_MAX];
    for (size_t i = 0; i < model.len; i++)
        lower[i] = (char)(model.data[i] >= 'A' && model.data[i] <= 'Z' ? model.data[i] | 0x20 : model.data[i]);
    struct sv_slice whole = sv_slice(lower, model.len), bare = without_provider(whole), plain = without_date(bare);
    struct match *match = sv_alloc(sizeof *match + prices->count * sizeof *match->rows);
    match->count = 0;
    for (size_t i = 0; i < prices->count; i++)
        if (sv_slice_glob(prices->rows[i].glob, whole) || sv_slice_glob(prices->rows[i].glob, bare))
            match->rows[match->count++] = (uint32_t)i;
    bool is_known = match->count > 0 || plain.len == bare.len;
    for (size_t i = 0; !is_known && i < prices->count; i++)
        if (sv_slice_glob(prices->rows[i].glob, plain))
            match->rows[match->count++] = (uint32_t)i;
    match = sv_realloc(match, sizeof *match + match->count * sizeof *match->rows);
    sv_map_at(&prices->models, model)->pointer = match;
    return match;
}

bool sv_prices_cost(const struct sv_prices *prices, struct sv_slice model, bool has_time, int64_t time_ns, struct sv_tokens tokens,
                    double *usd)
{
    if (model.len == 0 || model.len > MODEL_MAX)
        return false;
    const struct match *match = match_model((struct sv_prices *)(uintptr_t)prices, model);
    const struct row *best = NULL;
    if (tokens.input < 0 || tokens.output < 0 || tokens.cache_read < 0 || tokens.cache_write < 0)
        return false;
    for (size_t i = 0; i < match->count; i++) {
        const struct row *row = &prices->rows[match->rows[i]];
        if ((has_time && row->from_ns > time_ns) || (row->above > 0 && tokens.input <= row->above))
            continue;
        if (best == NULL || row->from_ns > best->from_ns || (row->from_ns == best->from_ns && row->above > best->above))
            best = row;
    }
    if (best == NULL)
        return false;
    double plain = (double)tokens.input - (double)tokens.cache_read - (double)tokens.cache_write;
    *usd = ((plain > 0 ? plain : 0) * best->input + (double)tokens.cache_read * best->cache_read +
            (double)tokens.cache_write * best->cache_write + (double)tokens.output * best->output) /
           1e6;
    return true;
}
