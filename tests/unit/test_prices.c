/* SPDX-License-Identifier: ISC */
#include "event/prices.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "tap.h"

static char path[64];

static struct sv_prices *load(const char *text, struct sv_error *err)
{
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    *err = (struct sv_error){0};
    return sv_prices_load(path, err);
}

static double cost(const struct sv_prices *prices, const char *model, const char *date, struct sv_tokens tokens)
{
    int64_t ns = 0;
    double usd = -1;
    if (date != NULL)
        sv_time_parse(sv_slice_str(date), &ns);
    return sv_prices_cost(prices, sv_slice_str(model), date != NULL, ns, tokens, &usd) ? usd : -1;
}

static void is_cost(double got, double want, const char *name)
{
    if (!ok(fabs(got - want) < 1e-9, "%s", name))
        printf("# got %.9f, want %.9f\n", got, want);
}

static const struct sv_tokens million = {1000000, 1000000, 0, 0};

static void test_choice(void)
{
    struct sv_error err;
    struct sv_prices *prices = load("# head\nmodel,from,above,input,output,cache_read,cache_write\n\n"
                                    "alpha,,0,10,20,1,12\nalpha,2026-01-01,0,8,16,0.5,10\nalpha,2026-01-01,200000,9,18,,\n"
                                    "alp*,,0,1,1,,\nbeta-*,,0,2,4,,\r\nGamma,,0,3,3\n",
                                    &err);
    if (!ok(prices != NULL, "a list is read %s", err.text))
        return;
    is_cost(cost(prices, "alpha", "2025-06-01T00:00:00Z", (struct sv_tokens){1000, 1000, 0, 0}), 0.03, "the price of that day");
    is_cost(cost(prices, "alpha", "2026-01-01T00:00:00Z", (struct sv_tokens){1000, 1000, 0, 0}), 0.024,
            "a new price from its first day");
    is_cost(cost(prices, "alpha", NULL, (struct sv_tokens){1000, 1000, 0, 0}), 0.024, "without a time the newest");
    is_cost(cost(prices, "alpha", "2026-02-01T00:00:00Z", (struct sv_tokens){200000, 0, 0, 0}), 1.6, "up to a tier's size");
    is_cost(cost(prices, "alpha", "2026-02-01T00:00:00Z", (struct sv_tokens){200001, 0, 0, 0}), 1.800009, "above it");
    is_cost(cost(prices, "alpha", "2025-06-01T00:00:00Z", (struct sv_tokens){1000, 0, 600, 300}),
            (100 * 10 + 600 * 1 + 300 * 12) / 1e6, "cache has its prices");
    is_cost(cost(prices, "beta-x", NULL, (struct sv_tokens){1000, 0, 600, 300}), 0.002, "or costs what input costs");
    is_cost(cost(prices, "alpha", NULL, (struct sv_tokens){10, 0, 600, 0}), 0.0003,
            "more cache than input is not less than nothing");
    is_cost(cost(prices, "alpine", NULL, million), 2, "a pattern");
    is_cost(cost(prices, "gamma", NULL, million), 6, "case does not matter in the list");
    is_cost(cost(prices, "GAMMA", NULL, million), 6, "nor in the model");
    is_cost(cost(prices, "anthropic/alpha", NULL, million), 27, "a provider before the name");
    is_cost(cost(prices, "us.anthropic.gamma-20260514-v1:0", NULL, million), 6, "region, maker, date and version");
    is_cost(cost(prices, "models/gamma-2026-05-14", NULL, million), 6, "a date behind the name");
    is_cost(cost(prices, "gamma@20260514", NULL, million), 6, "with an at sign");
    is_cost(cost(prices, "gamma-latest", NULL, million), 6, "the latest");
    is_cost(cost(prices, "gamma-2", NULL, million), -1, "another model has no price");
    is_cost(cost(prices, "", NULL, million), -1, "nor has none");
    is_cost(cost(prices, "delta", NULL, million), -1, "nor one that is not listed");
    is_cost(cost(prices, "delta", NULL, million), -1, "asked twice");
    char many[32];
    for (int i = 0; i < 3000; i++) {
        snprintf(many, sizeof many, "alpha%d", i);
        if (cost(prices, many, NULL, million) != 2)
            ok(false, "model %s", many);
    }
    is_cost(cost(prices, "alpha", NULL, million), 27, "many models later the same");
    sv_prices_free(prices);
}

static void test_errors(void)
{
    static const struct {
        const char *text, *what;
        uint32_t line;
    } cases[] = {
        {"a,,0,x,1,,\n", "not a price: \"x\"", 1},
        {"# c\na,2026-13-01,0,1,1,,\n", "not a date (YYYY-MM-DD): \"2026-13-01\"", 2},
        {"a,,-1,1,1,,\n", "not a number of tokens: \"-1\"", 1},
        {"a,,0,,1,,\n", "not a price: \"\"", 1},
        {"a,,0,1,-1,,\n", "not a price: \"-1\"", 1},
        {"a,,0,1,1,1,1,1\n", "more than seven columns: \"1\"", 1},
        {",,0,1,1,,\n", "a model pattern of 1 to 200 bytes is expected: \"\"", 1},
        {"a,,0,1,inf,,\n", "not a price: \"inf\"", 1},
    };
    struct sv_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv_prices *prices = load(cases[i].text, &err);
        ok(prices == NULL, "refused: %s", cases[i].text);
        is_str(err.text, cases[i].what, "and why");
        is_int(err.line, cases[i].line, "and where");
        is_str(err.file, path, "in which file");
        sv_prices_free(prices);
    }
    unlink(path);
    ok(sv_prices_load(path, &err) == NULL && err.text[0] != '\0', "a file that is not there is an error");
}

/* The list that is installed. */
static void test_list(void)
{
    struct sv_error err = {0};
    struct sv_prices *prices = sv_prices_load("share/prices.csv", &err);
    if (!ok(prices != NULL, "share/prices.csv is read %s", err.text))
        return;
    is_cost(cost(prices, "claude-opus-4-5-20251101", NULL, million), 30, "a Claude model with a date");
    is_cost(cost(prices, "claude-sonnet-4-5-20250929", NULL, (struct sv_tokens){100000, 1000, 90000, 5000}),
            (5000 * 3 + 90000 * 0.3 + 5000 * 3.75 + 1000 * 15) / 1e6, "with cache");
    is_cost(cost(prices, "claude-sonnet-4-5", NULL, (struct sv_tokens){300000, 0, 0, 0}), 1.8, "in its upper tier");
    is_cost(cost(prices, "gpt-5-codex", NULL, million), 11.25, "a Codex model");
    is_cost(cost(prices, "openai/o3", "2025-06-09T00:00:00Z", million), 50, "a price that fell, before");
    is_cost(cost(prices, "o3", "2025-06-10T00:00:00Z", million), 10, "and after");
    is_cost(cost(prices, "gemini-2.5-pro", NULL, (struct sv_tokens){100000, 0, 0, 0}), 0.125, "a Gemini model");
    is_cost(cost(prices, "<synthetic>", NULL, million), -1, "what is no model has no price");
    sv_prices_free(prices);
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/sv-test-prices.%ld.csv", (long)getpid());
    test_choice();
    test_errors();
    test_list();
    unlink(path);
    return done();
}
