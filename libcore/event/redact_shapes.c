/* SPDX-License-Identifier: ISC */
/* Secrets that can be told by themselves. Vendors give their keys a prefix for exactly this purpose; the prefixes are those that
 * their own documents name. */
#include "event/redact_private.h"

enum { DIGIT = 1, UPPER = 2, HEX = 4, ANYWHERE = 8 };

/* prefix, then a run of characters of a class, between min and max (0: any) of them long. DIGIT: one of the first 64 must be
 * one; UPPER, HEX: all must be such; ANYWHERE: so telling that it may also stand inside a word. keep: bytes of the prefix that
 * are no secret. */
static const struct shape {
    const char *prefix;
    uint8_t run;
    uint16_t min, max;
    uint8_t flags, keep;
    const char *kind;
} shapes[] = {
    {"AKIA", SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {"ASIA", SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {"ABIA", SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {"ACCA", SV_RUN_WORD, 16, 16, UPPER | ANYWHERE, 0, "aws-key"},
    {"AIza", SV_RUN_TOKEN, 35, 0, ANYWHERE, 0, "google-key"},
    {"AC", SV_RUN_WORD, 32, 32, HEX, 0, "twilio-key"},
    {"AGE-SECRET-KEY-1", SV_RUN_TOKEN, 50, 0, ANYWHERE, 0, "age-key"},
    {"ATATT3", SV_RUN_DOTTED, 40, 0, ANYWHERE, 0, "atlassian-token"},
    {"ATBB", SV_RUN_WORD, 28, 0, DIGIT, 0, "atlassian-token"},
    {"CFPAT-", SV_RUN_TOKEN, 40, 0, 0, 0, "contentful-token"},
    {"EAAA", SV_RUN_TOKEN, 56, 0, DIGIT, 0, "access-token"},
    {"FlyV1 ", SV_RUN_BASE64, 40, 0, ANYWHERE, 0, "fly-token"},
    {"GOCSPX-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "google-secret"},
    {"HRKU-", SV_RUN_TOKEN, 30, 0, 0, 0, "heroku-key"},
    {"NRAK-", SV_RUN_WORD, 20, 0, 0, 0, "newrelic-key"},
    {"PMAK-", SV_RUN_TOKEN, 30, 0, 0, 0, "postman-key"},
    {"SG.", SV_RUN_DOTTED, 40, 0, 0, 0, "sendgrid-key"},
    {"SK", SV_RUN_WORD, 32, 32, HEX, 0, "twilio-key"},
    {"cio", SV_RUN_WORD, 32, 32, DIGIT, 0, "crates-token"},
    {"dapi", SV_RUN_WORD, 32, 33, HEX, 0, "databricks-token"},
    {"dckr_oat_", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "docker-token"},
    {"dckr_pat_", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "docker-token"},
    {"discord.com/api/webhooks/", SV_RUN_BASE64, 40, 0, DIGIT | ANYWHERE, 25, "webhook"},
    {"discordapp.com/api/webhooks/", SV_RUN_BASE64, 40, 0, DIGIT | ANYWHERE, 28, "webhook"},
    {"doo_v1_", SV_RUN_WORD, 40, 0, HEX | ANYWHERE, 0, "digitalocean-token"},
    {"dop_v1_", SV_RUN_WORD, 40, 0, HEX | ANYWHERE, 0, "digitalocean-token"},
    {"dor_v1_", SV_RUN_WORD, 40, 0, HEX | ANYWHERE, 0, "digitalocean-token"},
    {"dp.pt.", SV_RUN_DOTTED, 32, 0, 0, 0, "doppler-token"},
    {"dp.st.", SV_RUN_DOTTED, 32, 0, 0, 0, "doppler-token"},
    {"dt0c01.", SV_RUN_DOTTED, 40, 0, 0, 0, "dynatrace-token"},
    {"figd_", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "figma-token"},
    {"fo1_", SV_RUN_TOKEN, 30, 0, 0, 0, "fly-token"},
    {"gho_", SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {"ghp_", SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {"ghr_", SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {"ghs_", SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {"ghu_", SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {"github_pat_", SV_RUN_WORD, 20, 0, ANYWHERE, 0, "github-token"},
    {"glagent-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glcbt-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glc_", SV_RUN_BASE64, 32, 0, ANYWHERE, 0, "grafana-token"},
    {"gldt-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glft-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glimt-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glpat-", SV_RUN_DOTTED, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glptt-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glrt-", SV_RUN_DOTTED, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"glsa_", SV_RUN_WORD, 32, 0, ANYWHERE, 0, "grafana-token"},
    {"glsoat-", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "gitlab-token"},
    {"gsk_", SV_RUN_WORD, 20, 0, DIGIT, 0, "groq-key"},
    {"hf_", SV_RUN_WORD, 30, 0, 0, 0, "huggingface-token"},
    {"hooks.slack.com/services/", SV_RUN_BASE64, 20, 0, DIGIT | ANYWHERE, 25, "webhook"},
    {"hvb.", SV_RUN_TOKEN, 24, 0, 0, 0, "vault-token"},
    {"hvr.", SV_RUN_TOKEN, 24, 0, 0, 0, "vault-token"},
    {"hvs.", SV_RUN_TOKEN, 24, 0, 0, 0, "vault-token"},
    {"key-", SV_RUN_WORD, 32, 32, HEX, 0, "mailgun-key"},
    {"lin_api_", SV_RUN_WORD, 30, 0, ANYWHERE, 0, "linear-key"},
    {"lsv2_pt_", SV_RUN_WORD, 30, 0, ANYWHERE, 0, "langsmith-key"},
    {"lsv2_sk_", SV_RUN_WORD, 30, 0, ANYWHERE, 0, "langsmith-key"},
    {"nfp_", SV_RUN_WORD, 30, 0, DIGIT, 0, "netlify-token"},
    {"npm_", SV_RUN_WORD, 36, 0, ANYWHERE | DIGIT, 0, "npm-token"},
    {"ntn_", SV_RUN_WORD, 30, 0, DIGIT, 0, "notion-token"},
    {"nvapi-", SV_RUN_TOKEN, 30, 0, ANYWHERE, 0, "nvidia-key"},
    {"ops_eyJ", SV_RUN_TOKEN, 40, 0, ANYWHERE, 0, "onepassword-token"},
    {"pnu_", SV_RUN_WORD, 30, 0, DIGIT, 0, "prefect-key"},
    {"pplx-", SV_RUN_WORD, 30, 0, DIGIT, 0, "perplexity-key"},
    {"pscale_pw_", SV_RUN_TOKEN, 30, 0, ANYWHERE, 0, "planetscale-token"},
    {"pscale_tkn_", SV_RUN_TOKEN, 30, 0, ANYWHERE, 0, "planetscale-token"},
    {"pul-", SV_RUN_WORD, 40, 40, HEX, 0, "pulumi-token"},
    {"pypi-", SV_RUN_TOKEN, 40, 0, DIGIT | ANYWHERE, 0, "pypi-token"},
    {"r8_", SV_RUN_WORD, 30, 0, DIGIT, 0, "replicate-token"},
    {"rdme_", SV_RUN_WORD, 60, 0, 0, 0, "readme-key"},
    {"rk_live_", SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {"rk_test_", SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {"rubygems_", SV_RUN_WORD, 40, 0, HEX, 0, "rubygems-key"},
    {"sb_secret_", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "supabase-key"},
    {"sbp_", SV_RUN_WORD, 40, 0, HEX, 0, "supabase-key"},
    {"secret_", SV_RUN_WORD, 43, 43, DIGIT, 0, "notion-token"},
    {"shpat_", SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {"shpca_", SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {"shppa_", SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {"shpss_", SV_RUN_WORD, 32, 0, HEX | ANYWHERE, 0, "shopify-token"},
    {"sk-ant-", SV_RUN_TOKEN, 16, 0, ANYWHERE, 0, "anthropic-key"},
    {"sk-", SV_RUN_TOKEN, 20, 0, DIGIT, 0, "api-key"},
    {"sk_live_", SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {"sk_test_", SV_RUN_WORD, 10, 0, ANYWHERE, 0, "stripe-key"},
    {"sk_", SV_RUN_WORD, 48, 0, HEX, 0, "api-key"},
    {"sntrys_", SV_RUN_BASE64, 40, 0, ANYWHERE, 0, "sentry-token"},
    {"sntryu_", SV_RUN_WORD, 40, 0, ANYWHERE, 0, "sentry-token"},
    {"sq0atp-", SV_RUN_TOKEN, 22, 0, ANYWHERE, 0, "square-token"},
    {"sq0csp-", SV_RUN_TOKEN, 40, 0, ANYWHERE, 0, "square-token"},
    {"tskey-", SV_RUN_TOKEN, 20, 0, DIGIT | ANYWHERE, 0, "tailscale-key"},
    {"tvly-", SV_RUN_TOKEN, 24, 0, DIGIT, 0, "tavily-key"},
    {"vercel_", SV_RUN_WORD, 24, 0, DIGIT, 0, "vercel-token"},
    {"whsec_", SV_RUN_BASE64, 24, 0, ANYWHERE, 0, "stripe-key"},
    {"xai-", SV_RUN_WORD, 40, 0, DIGIT, 0, "xai-key"},
    {"xapp-", SV_RUN_TOKEN, 20, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xkeysib-", SV_RUN_TOKEN, 60, 0, ANYWHERE, 0, "brevo-key"},
    {"xoxa-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxb-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxc-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxd-", SV_RUN_BASE64, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxe-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxe.", SV_RUN_DOTTED, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxo-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxp-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxr-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"xoxs-", SV_RUN_TOKEN, 10, 0, DIGIT | ANYWHERE, 0, "slack-token"},
    {"ya29.", SV_RUN_TOKEN, 20, 0, ANYWHERE, 0, "google-token"},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

static void set_pair(struct sv_redactor *redactor, char a, char b)
{
    unsigned pair = (unsigned)(unsigned char)a << 8 | (unsigned char)b;
    redactor->pairs[pair / 8] |= (uint8_t)(1u << (pair % 8));
}

void sv_secret_prepare(struct sv_redactor *redactor)
{
    for (size_t s = SHAPES; s-- > 0;) { /* shapes of one letter stand together */
        redactor->first[(unsigned char)shapes[s].prefix[0]] = (uint8_t)(s + 1);
        set_pair(redactor, shapes[s].prefix[0], shapes[s].prefix[1]);
    }
    set_pair(redactor, 'e', 'y'); /* a JWT */
    set_pair(redactor, 'Q', '~'); /* Azure */
}

static bool has_pair(const struct sv_scan *scan, size_t i)
{
    unsigned char a = (unsigned char)scan->data[i], b = i + 1 < scan->len ? (unsigned char)scan->data[i + 1] : 0;
    unsigned pair = (unsigned)a << 8 | b;
    return scan->redactor->pairs[pair / 8] >> (pair % 8) & 1;
}

static bool starts_at(const struct sv_scan *scan, size_t i, struct sv_slice what)
{
    return scan->len - i >= what.len && memcmp(scan->data + i, what.data, what.len) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool body_fits(const struct shape *shape, const char *body, size_t len)
{
    size_t look = len < 64 ? len : 64;
    bool digit = false;
    for (size_t i = 0; i < look; i++) {
        char c = body[i];
        digit |= is_digit(c);
        if ((shape->flags & UPPER && !is_digit(c) && !(c >= 'A' && c <= 'Z')) ||
            (shape->flags & HEX && !is_digit(c) && !(c >= 'a' && c <= 'f')))
            return false;
    }
    return digit || !(shape->flags & DIGIT);
}

static bool match_shape(struct sv_scan *scan, size_t i, bool word_start, struct sv_secret *out)
{
    for (size_t s = scan->redactor->first[(unsigned char)scan->data[i]]; s != 0 && s <= SHAPES; s++) {
        const struct shape *shape = &shapes[s - 1];
        if (shape->prefix[0] != scan->data[i])
            break;
        if (i + 1 >= scan->len || shape->prefix[1] != scan->data[i + 1])
            continue;
        struct sv_slice prefix = sv_slice_str(shape->prefix);
        if ((!word_start && !(shape->flags & ANYWHERE)) || !starts_at(scan, i, prefix) || i + prefix.len >= scan->len)
            continue;
        size_t body = i + prefix.len, end = sv_scan_run(scan, (enum sv_run)shape->run, body);
        while (end > body && scan->data[end - 1] == '.') /* the end of a sentence */
            end--;
        if (end - body < shape->min || (shape->max != 0 && end - body > shape->max) ||
            !body_fits(shape, scan->data + body, end - body))
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
    return sv_redact_classes[(unsigned char)c] >> SV_RUN_BASE64 & 1 || c == '=' || c == '\n' || c == '\r' || c == '\\';
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
    if (!scan->pem_end.known || scan->pem_end.from > body || scan->pem_end.at < body) {
        const char *found = sv_slice_find(sv_slice(scan->data + body, scan->len - body), end_mark);
        scan->pem_end.from = body;
        scan->pem_end.at = found != NULL ? (size_t)(found - scan->data) : scan->len;
        scan->pem_end.known = true;
    }
    size_t end = scan->pem_end.at;
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
           (sv_redact_classes[(unsigned char)scan->data[end]] >> SV_RUN_DOTTED & 1 || scan->data[end] == '~'))
        end++;
    if (end - i < 33)
        return false;
    *out = (struct sv_secret){i - 4, end, "azure-secret"};
    return true;
}

/* --- authorization schemes, base64 --- */

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
            if (!(sv_redact_classes[(unsigned char)c] >> SV_RUN_DOTTED & 1) && c != '~' && c != '+' && c != '/' && c != '=')
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

/* A run of base64 that unpacks to text with a secret in it. Images and archives are no text and cost a look at their head. */
static bool match_packed(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    enum { PACKED_MIN = 20 };
    bool inside = i > 0 && sv_redact_classes[(unsigned char)scan->data[i - 1]] >> SV_RUN_BASE64 & 1;
    bool behind_escape = i > 1 && scan->data[i - 2] == '\\';
    if (scan->depth >= SV_REDACT_DEPTH || (inside && !behind_escape))
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

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool sv_base64_text(struct sv_slice packed, struct sv_buf *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    sv_buf_clear(out);
    for (size_t i = 0; i < packed.len; i++) {
        int digit = base64_digit(packed.data[i]);
        if (digit < 0)
            return packed.data[i] == '=' && i > 0;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        unsigned char byte = (unsigned char)(bits >> have);
        if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7F || byte >= 0xF5)
            return false;
        sv_buf_char(out, (char)byte);
    }
    return out->len > 0;
}

bool sv_secret_at(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    char c = scan->data[i];
    if (c == '-')
        return match_pem(scan, i, out);
    bool word_start = sv_scan_word_start(scan, i);
    if (has_pair(scan, i) && (match_shape(scan, i, word_start, out) || (c == 'e' && match_jwt(scan, i, out)) ||
                              (c == 'Q' && match_azure(scan, i, out))))
        return true;
    if (!word_start)
        return false;
    return ((c | 32) == 'b' && match_scheme(scan, i, out)) || match_packed(scan, i, out);
}
