/* SPDX-License-Identifier: ISC */
/* Secrets that can be told by themselves. Vendors give their keys a prefix for exactly this purpose; the prefixes are those that
 * their own documents name. */
#include "event/redact_private.h"

enum { DIGIT = 1, UPPER = 2, HEX = 4, ANYWHERE = 8 };

#define PREFIX(text) text, sizeof text - 1

/* prefix, then a run of characters of a class, between min and max (0: any) of them long. DIGIT: one of the first 64 must be
 * one; UPPER, HEX: all must be such; ANYWHERE: so telling that it may also stand inside a word. keep: bytes of the prefix that
 * are no secret. */
static const struct shape {
    const char *prefix;
    uint8_t prefix_len, run;
    uint16_t min, max;
    uint8_t flags, keep;
    const char *kind;
} shapes[] = {
    {PREFIX("AKIA"), SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {PREFIX("ASIA"), SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {PREFIX("ABIA"), SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {PREFIX("ACCA"), SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {PREFIX("AIza"), SV_RUN_TOKEN, 35, 0, ANYWHERE, 0, "google-key"},
    {PREFIX("AC"), SV_RUN_WORD, 32, 32, HEX, 0, "twilio-key"},
    {PREFIX("AGE-SECRET-KEY-1"), SV_RUN_TOKEN, 50, 0, ANYWHERE, 0, "age-key"},
    {PREFIX("ATATT3"), SV_RUN_DOTTED, 40, 0, ANYWHERE, 0, "atlassian-token"},
    {PREFIX("ATBB"), SV_RUN_WORD, 28, 0, DIGIT, 0, "atlassian-token"},
    {PREFIX("CFPAT-"), SV_RUN_TOKEN, 40, 0, 0, 0, "contentful-token"},
    {PREFIX("EAAA"), SV_RUN_TOKEN, 56, 0, DIGIT, 0, "access-token"},
    {PREFIX("FlyV1 "), SV_RUN_BASE64, 40, 0, ANYWHERE, 0, "fly-token"},
    {PREFIX("GOCSPX-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "google-secret"},
    {PREFIX("HRKU-"), SV_RUN_TOKEN, 30, 0, 0, 0, "heroku-key"},
    {PREFIX("NRAK-"), SV_RUN_WORD, 20, 0, 0, 0, "newrelic-key"},
    {PREFIX("PMAK-"), SV_RUN_TOKEN, 30, 0, 0, 0, "postman-key"},
    {PREFIX("SG."), SV_RUN_DOTTED, 40, 0, 0, 0, "sendgrid-key"},
    {PREFIX("SK"), SV_RUN_WORD, 32, 32, HEX, 0, "twilio-key"},
    {PREFIX("cio"), SV_RUN_WORD, 32, 32, DIGIT, 0, "crates-token"},
    {PREFIX("dapi"), SV_RUN_WORD, 32, 33, HEX, 0, "databricks-token"},
    {PREFIX("dckr_oat_"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "docker-token"},
    {PREFIX("dckr_pat_"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "docker-token"},
    {PREFIX("discord.com/api/webhooks/"), SV_RUN_BASE64, 40, 0, DIGIT | ANYWHERE, 25, "webhook"},
    {PREFIX("discordapp.com/api/webhooks/"), SV_RUN_BASE64, 40, 0, DIGIT | ANYWHERE, 28, "webhook"},
    {PREFIX("doo_v1_"), SV_RUN_WORD, 40, 0, HEX | ANYWHERE, 0, "digitalocean-token"},
    {PREFIX("dop_v1_"), SV_RUN_WORD, 40, 0, HEX | ANYWHERE, 0, "digitalocean-token"},
    {PREFIX("dor_v1_"), SV_RUN_WORD, 40, 0, HEX | ANYWHERE, 0, "digitalocean-token"},
    {PREFIX("dp.pt."), SV_RUN_DOTTED, 32, 0, 0, 0, "doppler-token"},
    {PREFIX("dp.st."), SV_RUN_DOTTED, 32, 0, 0, 0, "doppler-token"},
    {PREFIX("dt0c01."), SV_RUN_DOTTED, 40, 0, 0, 0, "dynatrace-token"},
    {PREFIX("figd_"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "figma-token"},
    {PREFIX("fo1_"), SV_RUN_TOKEN, 30, 0, 0, 0, "fly-token"},
    {PREFIX("gho_"), SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {PREFIX("ghp_"), SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {PREFIX("ghr_"), SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {PREFIX("ghs_"), SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {PREFIX("ghu_"), SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {PREFIX("github_pat_"), SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {PREFIX("glagent-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glcbt-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glc_"), SV_RUN_BASE64, 32, 0, ANYWHERE, 0, "grafana-token"},
    {PREFIX("gldt-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glft-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glimt-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glpat-"), SV_RUN_DOTTED, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glptt-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glrt-"), SV_RUN_DOTTED, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("glsa_"), SV_RUN_WORD, 32, 0, ANYWHERE, 0, "grafana-token"},
    {PREFIX("glsoat-"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {PREFIX("gsk_"), SV_RUN_WORD, 20, 0, DIGIT, 0, "groq-key"},
    {PREFIX("hf_"), SV_RUN_WORD, 30, 0, 0, 0, "huggingface-token"},
    {PREFIX("hooks.slack.com/services/"), SV_RUN_BASE64, 20, 0, DIGIT | ANYWHERE, 25, "webhook"},
    {PREFIX("hvb."), SV_RUN_TOKEN, 24, 0, 0, 0, "vault-token"},
    {PREFIX("hvr."), SV_RUN_TOKEN, 24, 0, 0, 0, "vault-token"},
    {PREFIX("hvs."), SV_RUN_TOKEN, 24, 0, 0, 0, "vault-token"},
    {PREFIX("key-"), SV_RUN_WORD, 32, 32, HEX, 0, "mailgun-key"},
    {PREFIX("lin_api_"), SV_RUN_WORD, 30, 0, ANYWHERE, 0, "linear-key"},
    {PREFIX("lsv2_pt_"), SV_RUN_WORD, 30, 0, ANYWHERE, 0, "langsmith-key"},
    {PREFIX("lsv2_sk_"), SV_RUN_WORD, 30, 0, ANYWHERE, 0, "langsmith-key"},
    {PREFIX("nfp_"), SV_RUN_WORD, 30, 0, DIGIT, 0, "netlify-token"},
    {PREFIX("npm_"), SV_RUN_WORD, 36, 0, ANYWHERE | DIGIT, 0, "npm-token"},
    {PREFIX("ntn_"), SV_RUN_WORD, 30, 0, DIGIT, 0, "notion-token"},
    {PREFIX("nvapi-"), SV_RUN_TOKEN, 30, 0, ANYWHERE, 0, "nvidia-key"},
    {PREFIX("ops_eyJ"), SV_RUN_TOKEN, 40, 0, ANYWHERE, 0, "onepassword-token"},
    {PREFIX("pnu_"), SV_RUN_WORD, 30, 0, DIGIT, 0, "prefect-key"},
    {PREFIX("pplx-"), SV_RUN_WORD, 30, 0, DIGIT, 0, "perplexity-key"},
    {PREFIX("pscale_pw_"), SV_RUN_TOKEN, 30, 0, ANYWHERE, 0, "planetscale-token"},
    {PREFIX("pscale_tkn_"), SV_RUN_TOKEN, 30, 0, ANYWHERE, 0, "planetscale-token"},
    {PREFIX("pul-"), SV_RUN_WORD, 40, 40, HEX, 0, "pulumi-token"},
    {PREFIX("pypi-"), SV_RUN_TOKEN, 40, 0, DIGIT | ANYWHERE, 0, "pypi-token"},
    {PREFIX("r8_"), SV_RUN_WORD, 30, 0, DIGIT, 0, "replicate-token"},
    {PREFIX("rdme_"), SV_RUN_WORD, 60, 0, 0, 0, "readme-key"},
    {PREFIX("rk_live_"), SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {PREFIX("rk_test_"), SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {PREFIX("rubygems_"), SV_RUN_WORD, 40, 0, HEX, 0, "rubygems-key"},
    {PREFIX("sb_secret_"), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "supabase-key"},
    {PREFIX("sbp_"), SV_RUN_WORD, 40, 0, HEX, 0, "supabase-key"},
    {PREFIX("secret_"), SV_RUN_WORD, 43, 43, DIGIT, 0, "notion-token"},
    {PREFIX("shpat_"), SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {PREFIX("shpca_"), SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {PREFIX("shppa_"), SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {PREFIX("shpss_"), SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {PREFIX("sk-ant-"), SV_RUN_TOKEN, 16, 0, ANYWHERE, 0, "anthropic-key"},
    {PREFIX("sk-"), SV_RUN_TOKEN, 20, 0, DIGIT, 0, "api-key"},
    {PREFIX("sk_live_"), SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {PREFIX("sk_test_"), SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {PREFIX("sk_"), SV_RUN_WORD, 48, 0, HEX, 0, "api-key"},
    {PREFIX("sntrys_"), SV_RUN_BASE64, 40, 0, ANYWHERE, 0, "sentry-token"},
    {PREFIX("sntryu_"), SV_RUN_WORD, 40, 0, ANYWHERE, 0, "sentry-token"},
    {PREFIX("sq0atp-"), SV_RUN_TOKEN, 22, 0, ANYWHERE, 0, "square-token"},
    {PREFIX("sq0csp-"), SV_RUN_TOKEN, 40, 0, ANYWHERE, 0, "square-token"},
    {PREFIX("tskey-"), SV_RUN_TOKEN, 20, 0, DIGIT | ANYWHERE, 0, "tailscale-key"},
    {PREFIX("tvly-"), SV_RUN_TOKEN, 24, 0, DIGIT, 0, "tavily-key"},
    {PREFIX("vercel_"), SV_RUN_WORD, 24, 0, DIGIT, 0, "vercel-token"},
    {PREFIX("whsec_"), SV_RUN_BASE64, 24, 0, ANYWHERE, 0, "stripe-key"},
    {PREFIX("xai-"), SV_RUN_WORD, 40, 0, DIGIT, 0, "xai-key"},
    {PREFIX("xapp-"), SV_RUN_TOKEN, 20, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xkeysib-"), SV_RUN_TOKEN, 60, 0, ANYWHERE, 0, "brevo-key"},
    {PREFIX("xoxa-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxb-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxc-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxd-"), SV_RUN_BASE64, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxe-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxe."), SV_RUN_DOTTED, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxo-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxp-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxr-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("xoxs-"), SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {PREFIX("ya29."), SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "google-token"},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

static bool starts_at(const struct sv_scan *scan, size_t i, struct sv_slice what)
{
    return scan->len - i >= what.len && memcmp(scan->data + i, what.data, what.len) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* May this be in the body of a secret that has to be of digits and one kind of letters? */
static bool fits(const struct shape *shape, char c)
{
    return is_digit(c) || !((shape->flags & UPPER && !(c >= 'A' && c <= 'Z')) || (shape->flags & HEX && !(c >= 'a' && c <= 'f')));
}

/* --- which three letters begin a shape --- */

static bool add_head(struct sv_redactor *redactor, const char *head)
{
    uint8_t *slot = &redactor->heads[sv_redact_head(sv_redact_word(head), redactor->spread)];
    if (*slot != 0 && *slot != (unsigned char)head[0])
        return false;
    *slot = (unsigned char)head[0];
    return true;
}

/* False when two shapes with different letters fall on one slot. A prefix of two letters counts with all that may follow. */
static bool add_heads(struct sv_redactor *redactor)
{
    memset(redactor->heads, 0, sizeof redactor->heads);
    bool good = add_head(redactor, "eyJ");
    for (size_t s = 0; s < SHAPES && good; s++) {
        const struct shape *shape = &shapes[s];
        char head[4] = {shape->prefix[0], shape->prefix[1], shape->prefix[2], 0};
        if (shape->prefix_len > 2)
            good = add_head(redactor, head);
        for (int c = 0; c < 128 && shape->prefix_len == 2 && good; c++)
            if (sv_redact_is((char)c, (enum sv_run)shape->run) && fits(shape, (char)c)) {
                head[2] = (char)c;
                good = add_head(redactor, head);
            }
    }
    return good;
}

void sv_secret_prepare(struct sv_redactor *redactor)
{
    for (size_t s = SHAPES; s-- > 0;) /* shapes of one letter stand together */
        redactor->first[(unsigned char)shapes[s].prefix[0]] = (uint8_t)(s + 1);
    /* one factor in a few tens will do; this one does for the shapes of today */
    for (redactor->spread = 0x9E3779B1; !add_heads(redactor);)
        redactor->spread = redactor->spread * 1664525 + 1013904222;
}

static bool body_fits(struct sv_scan *scan, const struct shape *shape, size_t body, size_t end)
{
    if (end - body > 64)
        end = body + 64;
    for (size_t i = body; i < end && shape->flags & (UPPER | HEX); i++)
        if (!fits(shape, scan->data[i]))
            return false;
    return !(shape->flags & DIGIT) || sv_scan_digit(scan, body, end);
}

static bool match_shape(struct sv_scan *scan, size_t i, bool word_start, struct sv_secret *out)
{
    const char *p = scan->data + i;
    for (size_t s = scan->redactor->first[(unsigned char)*p]; s != 0 && s <= SHAPES && shapes[s - 1].prefix[0] == *p; s++) {
        const struct shape *shape = &shapes[s - 1];
        size_t body = i + shape->prefix_len;
        if (body >= scan->len || p[1] != shape->prefix[1] || (!word_start && !(shape->flags & ANYWHERE)) ||
            memcmp(p, shape->prefix, shape->prefix_len) != 0)
            continue;
        size_t end = sv_scan_run(scan, (enum sv_run)shape->run, body);
        while (end > body && scan->data[end - 1] == '.') /* the end of a sentence */
            end--;
        if (end - body < shape->min || (shape->max != 0 && end - body > shape->max) || !body_fits(scan, shape, body, end))
            continue;
        *out = (struct sv_secret){i + shape->keep, end, shape->kind};
        return true;
    }
    return false;
}

/* header.claims.signature, each base64url; the first two begin as JSON objects do. An encrypted one has five parts. */
static bool match_jwt(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    if (!starts_at(scan, i, SV_SLICE("eyJ")))
        return false;
    size_t end = sv_scan_run(scan, SV_RUN_TOKEN, i), parts = 1;
    if (end - i < 12)
        return false;
    while (parts < 5 && end + 1 < scan->len && scan->data[end] == '.') {
        size_t next = sv_scan_run(scan, SV_RUN_TOKEN, end + 1);
        if (next == end + 1 && parts == 1) /* an encrypted one with a direct key has an empty second part */
            break;
        end = next;
        parts++;
    }
    if (parts < 2)
        return false;
    *out = (struct sv_secret){i, end, "jwt"};
    return true;
}

static bool is_pem_body(char c)
{
    return sv_redact_is(c, SV_RUN_BASE64) || c == '=' || c == '\n' || c == '\r' || c == '\\';
}

/* A private key, to its END line; without one as far as lines of base64 go. Certificates and public keys stay. */
static bool match_pem(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    enum { KEY_MAX = 32768 };
    struct sv_slice begin = SV_SLICE("-----BEGIN "), end_mark = SV_SLICE("-----END ");
    if (!starts_at(scan, i, begin))
        return false;
    struct sv_slice label = sv_slice(scan->data + i + begin.len, scan->len - i - begin.len);
    label.len = label.len < 64 ? label.len : 64;
    const char *private_key = sv_slice_find(label, SV_SLICE("PRIVATE KEY"));
    const char *dashes = sv_slice_find(label, SV_SLICE("-----"));
    if (private_key == NULL || dashes == NULL || dashes < private_key)
        return false;
    size_t body = (size_t)(dashes - scan->data) + 5;
    if (!scan->seen.pem_end.known || scan->seen.pem_end.from > body || scan->seen.pem_end.at < body) {
        const char *found = sv_slice_find(sv_slice(scan->data + body, scan->len - body), end_mark);
        scan->seen.pem_end.from = body;
        scan->seen.pem_end.at = found != NULL ? (size_t)(found - scan->data) : scan->len;
        scan->seen.pem_end.known = true;
    }
    size_t end = scan->seen.pem_end.at;
    if (end < scan->len && end - body <= KEY_MAX) {
        struct sv_slice rest = sv_slice(scan->data + end + end_mark.len, scan->len - end - end_mark.len);
        rest.len = rest.len < 64 ? rest.len : 64;
        const char *close = sv_slice_find(rest, SV_SLICE("-----"));
        end = close != NULL ? (size_t)(close - scan->data) + 5 : end + end_mark.len;
    } else {
        for (end = body; end < scan->len && is_pem_body(scan->data[end]);)
            end++;
        if (end - body < 16)
            return false;
    }
    *out = (struct sv_secret){i, end, "private-key"};
    return true;
}

/* Azure's client secrets have their mark in the middle: three characters, a digit, "Q~", then 31 to 34 more. */
static bool match_azure(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    if (i < 4 || !starts_at(scan, i, SV_SLICE("Q~")) || !is_digit(scan->data[i - 1]))
        return false;
    size_t end = i + 2;
    while (end < scan->len && end - i < 40 &&
           (sv_redact_is(scan->data[end], SV_RUN_DOTTED) || scan->data[end] == '~'))
        end++;
    if (end - i < 33)
        return false;
    *out = (struct sv_secret){i - 4, end, "azure-secret"};
    return true;
}

/* --- authorization schemes --- */

static bool word_is(const struct sv_scan *scan, size_t i, const char *lower)
{
    size_t n = strlen(lower);
    if (scan->len - i < n)
        return false;
    for (size_t k = 0; k < n; k++)
        if ((scan->data[i + k] | 32) != lower[k])
            return false;
    return true;
}

static size_t packed_end(struct sv_scan *scan, size_t i)
{
    size_t end = sv_scan_run(scan, SV_RUN_BASE64, i);
    for (int pad = 0; pad < 2 && end < scan->len && scan->data[end] == '='; pad++)
        end++;
    return end;
}

/* `Bearer <token>`, `Basic <base64 of user:password>`: the scheme stays, to be read. */
static bool match_scheme(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    if (word_is(scan, i, "bearer ")) {
        size_t start = i + 7, end = start;
        bool digit = false;
        for (; end < scan->len; end++) { /* what is refused below is short, so that this stays linear */
            char c = scan->data[end];
            if (!sv_redact_is(c, SV_RUN_DOTTED) && c != '~' && c != '+' && c != '/' && c != '=')
                break;
            digit |= is_digit(c);
        }
        if (end - start < 12 || (!digit && end - start < 32))
            return false;
        *out = (struct sv_secret){start, end, "bearer"};
        return true;
    }
    if (word_is(scan, i, "basic ")) {
        struct sv_buf *text = &scan->redactor->unpacked[SV_REDACT_DEPTH];
        size_t start = i + 6;
        if (start >= scan->len)
            return false;
        size_t end = packed_end(scan, start);
        if (end - start < 8 || end - start > 1024 || !sv_base64_text(sv_slice(scan->data + start, end - start), text) ||
            memchr(text->data, ':', text->len) == NULL)
            return false;
        *out = (struct sv_secret){start, end, "basic"};
        return true;
    }
    return false;
}

/* --- base64 in which a secret may be --- */

#define NONE 0xFF
#define NONE10 NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE
#define NONE40 NONE10, NONE10, NONE10, NONE10
static const uint8_t digits[256] = {
    NONE40, NONE, NONE, NONE, 62, NONE, 62, NONE, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NONE, NONE, NONE, NONE, NONE, NONE,
    NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NONE, NONE, NONE, NONE,
    63, NONE, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
    NONE, NONE, NONE, NONE, NONE, NONE40, NONE40, NONE40, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
};

/* Bytes of text: no controls, and what UTF-8 may have. */
#define YES10 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#define YES40 YES10, YES10, YES10, YES10
static const uint8_t is_text[256] = {
    ['\t'] = 1, 1,
    ['\r'] = 1,
    [0x20] = YES40, YES40, YES10, 1, 1, 1, 1, 1,
    [0x80] = YES40, YES40, YES10, YES10, YES10, 1, 1, 1, 1, 1, 1, 1,
};

/* Are these four of base64, and of text what they unpack to? */
static bool is_text_packed(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    uint32_t a = digits[u[0]], b = digits[u[1]], c = digits[u[2]], d = digits[u[3]];
    uint32_t bytes = a << 18 | b << 12 | c << 6 | d;
    return (a | b | c | d) != NONE && (is_text[bytes >> 16 & 0xFF] & is_text[bytes >> 8 & 0xFF] & is_text[bytes & 0xFF]);
}

enum { PACKED_MIN = 20 };

bool sv_secret_may_be_packed(const struct sv_scan *scan, size_t i)
{
    const char *p = scan->data + i; /* most runs are names or paths, which unpack to anything */
    return sv_redact_is(*p, SV_RUN_WORD) && is_text_packed(p) && is_text_packed(p + 4) && is_text_packed(p + 8) &&
           is_text_packed(p + 12) && scan->len - i >= PACKED_MIN;
}

/* A run of base64 that unpacks to text with a secret in it. Images and archives are no text and cost a look at their head. */
static bool match_packed(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    bool inside = i > 0 && sv_redact_is(scan->data[i - 1], SV_RUN_BASE64);
    bool behind_escape = i > 1 && scan->data[i - 2] == '\\';
    if (scan->depth >= SV_REDACT_DEPTH || (inside && !behind_escape) || scan->len - i < PACKED_MIN ||
        !sv_secret_may_be_packed(scan, i))
        return false;
    size_t end = packed_end(scan, i);
    if (end - i < PACKED_MIN)
        return false;
    struct sv_buf *text = &scan->redactor->unpacked[scan->depth];
    if (!sv_base64_text(sv_slice(scan->data + i, end - i), text) ||
        !sv_scan_any(scan->redactor, sv_buf_slice(text), scan->depth + 1))
        return false;
    *out = (struct sv_secret){i, end, "base64"};
    return true;
}

bool sv_base64_text(struct sv_slice packed, struct sv_buf *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    sv_buf_clear(out);
    char *to = sv_buf_room(out, packed.len / 4 * 3 + 3);
    for (size_t i = 0; i < packed.len; i++) {
        uint8_t digit = digits[(unsigned char)packed.data[i]];
        if (digit == NONE)
            return packed.data[i] == '=' && i > 0;
        bits = bits << 6 | digit;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        unsigned char byte = (unsigned char)(bits >> have);
        if (!is_text[byte])
            return false;
        to[out->len++] = (char)byte;
    }
    return out->len > 0;
}

bool sv_secret_at(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    char c = scan->data[i];
    if (c == '-')
        return match_pem(scan, i, out);
    bool word_start = sv_scan_word_start(scan, i);
    if (match_shape(scan, i, word_start, out))
        return true;
    if (c == 'e' && match_jwt(scan, i, out))
        return true;
    if (c == 'Q' && match_azure(scan, i, out))
        return true;
    if (!word_start)
        return false;
    return ((c | 32) == 'b' && match_scheme(scan, i, out)) || match_packed(scan, i, out);
}
