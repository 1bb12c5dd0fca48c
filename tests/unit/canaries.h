/* SPDX-License-Identifier: ISC */
/* canaries.h - sixty secrets that must not come out: of many vendors, in many dresses, all made up.
 *
 * Each is put together from pieces, so that what looks for leaked keys does not find any here. `before` and `after` are what
 * stands around the secret and must stay readable. `test_redact --canaries` prints them, one a line (a line end inside is \n);
 * `--secrets` only what must not come out. */
#ifndef CANARIES_H
#define CANARIES_H

struct canary {
    const char *name, *before, *secret, *after;
};

#define A24 "aQ3" "xZ7" "canary" "9Lm2" "Vt5K" "c8Wp"      /* 24 characters */
#define A36 A24 "R4yB" "n6Hd" "J1sF"                       /* 36 */
#define H32 "9f86d081" "884c7d65" "9a2feaa0" "c55ad015"    /* 32 hex digits */
#define B64A "MIIEow" "IBAAKCAQEAcanary" "7Zq3L+x/9vKpT2mYw5Rj" /* a line of base64 */

static const struct canary canaries[] = {
    {"aws key", "aws configure set aws_access_key_id ", "AK" "IA" "Q3EGRT7CANARY2XZ", " --profile build"},
    {"aws session key", "id=", "AS" "IA" "Q3EGRT7CANARY2XZ", ", region=eu-central-1"},
    {"aws secret", "aws_secret_access_key = ", "wJalrXUt" "nFEMI/K7MDENG/bPxRfi" "CANARYKEYxyz", "\nregion = eu-central-1"},
    {"aws session token", "export AWS_SESSION_TOKEN=", "FwoGZXIvYXdzEcanary//////////wEaD" "Kx3", "; terraform plan"},
    {"github classic", "git remote set-url origin https://", "gh" "p_" A36, "@github.com/acme/shop.git"},
    {"github oauth", "token ", "gh" "o_" A36, " was used"},
    {"github app", "GITHUB_OUT: ", "gh" "s_" A36, " (app)"},
    {"github fine-grained", "gh auth login with ", "github" "_pat_" "11ABCDEFG0" A36 "_" A24, " done"},
    {"gitlab", "curl --header 'PRIVATE-TOKEN: ", "gl" "pat-" A24, "' https://gitlab.example/api"},
    {"slack bot", "SLACK=", "xo" "xb-" "2345678901-2345678901234-" A24, " ./notify"},
    {"slack user", "as ", "xo" "xp-" "2345678901-2345678901-" H32, " posted"},
    {"slack app", "socket mode: ", "xa" "pp-" "1-A012345-2345678901234-" H32, " ok"},
    {"slack webhook", "curl -d @m.json https://hooks.slack.com/services/", "T0" "1234567/B01234567/" A24, " -s"},
    {"discord webhook", "POST https://discord.com/api/webhooks/", "1234567890" "12345678/" A36 "-" A24, " 204"},
    {"stripe", "Stripe.api = \"", "sk" "_live_" "51H" A24, "\" # charge"},
    {"stripe webhook", "stripe listen: ", "wh" "sec_" A36, " ready"},
    {"openai project", "OPENAI: ", "sk" "-proj-" A36 "T3BlbkFJ" A24, " model gpt-5"},
    {"openai", "key ", "sk" "-" A24 "T3BlbkFJ" A24, " works"},
    {"anthropic", "anthropic.Client('", "sk" "-ant-api03-" A36 "-" A36 "AA", "')"},
    {"openrouter", "router ", "sk" "-or-v1-" H32 H32, " set"},
    {"google key", "https://maps.googleapis.com/maps/api/js?key=", "AI" "za" "SyD" A24 "R4yBn6Hd", "&v=weekly"},
    {"google oauth", "google said ", "ya" "29." "a0AfB_" A36, " expires 3599"},
    {"google client", "client: ", "GOC" "SPX-" A24 "c8Wp", ";"},
    {"jwt", "cookie jar holds ", "ey" "JhbGciOiJIUzI1NiJ9." "ey" "JzdWIiOiJjYW5hcnkiLCJpYXQiOjE1MTYyMzkwMjJ9." A36, " until noon"},
    {"pem rsa", "cat key\n",
     "-----BEGIN RSA PRI" "VATE KEY-----\n" B64A "\n" B64A "\n-----END RSA PRI" "VATE KEY-----", "\nexit 0"},
    {"pem openssh", "id: ",
     "-----BEGIN OPENSSH PRI" "VATE KEY-----\n" B64A "\n" B64A "==\n-----END OPENSSH PRI" "VATE KEY-----", "\n"},
    {"pem in json", "{\"note\":\"x\",\"pk\":\"",
     "-----BEGIN PRI" "VATE KEY-----\\n" B64A "\\n" B64A "\\n-----END PRI" "VATE KEY-----\\n", "\",\"id\":7}"},
    {"pem cut off", "head: ", "-----BEGIN EC PRI" "VATE KEY-----\n" B64A "\n" B64A, ""},
    {"bearer", "curl -H 'Authorization: Bearer ", "canary" "-8fJ2kLmN4pQ6rS8tU0v", "' https://api.example/v1"},
    {"basic", "curl -H \"Authorization: Basic ", "Y2FuYXJ5" "OnMzY3IzdC1jYW5hcnk=", "\" https://api.example/v1"},
    {"url password", "git clone https://deploy:", "c4nary-" "Passw0rd!", "@git.example/acme/shop.git"},
    {"postgres url", "psql postgresql://shop:", "canary" "P4ss%21", "@db.example:5432/shop -c 'select 1'"},
    {"mongodb url", "mongodb+srv://root:", "m0ngo" "canary7", "@cluster0.example.net/?retryWrites=true"},
    {"redis url", "redis-cli -u redis://:", "r3dis" "canaryX", "@cache:6379/0 ping"},
    {"npm", "npm publish with ", "npm" "_" A36, " done"},
    {"npmrc", "//npm.example/:_authToken=", "canary00-" "1111-2222-3333-444455556666", "\nregistry=https://npm.example/"},
    {"pypi", "twine upload -p ", "py" "pi-" "AgEIcHlwaS5vcmcC" A36, " dist/*"},
    {"sendgrid", "mail via ", "SG" "." "aQ3xZ7canary9Lm2Vt5Kc8" "." A36 "Wp5Rt7Y", " sent"},
    {"twilio", "twilio login ", "S" "K" H32, " --profile x"},
    {"twilio token", "TWILIO_AUTH_TOKEN=", "0f1e2d3c" "4b5a69788796a5b4c3d2e1f0", " node sms.js"},
    {"azure storage", "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=",
     "Eby8vdM02xNOcanary" "FlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==", ";EndpointSuffix=core.windows.net"},
    {"azure client", "az login --service-principal -u app -t tenant # ", "aB3" "8Q~" "canary" "x7Yz9Lm2Vt5Kc8WpR4yBn6HdJ1", " ok"},
    {"azure sas", "azcopy cp . 'https://shop.blob.core.windows.net/x?sv=2022-11-02&sig=",
     "cAnArY" "%2BxJ7k9Lm2Vt5Kc8WpR4yBn6HdJ1sF%3D", "&se=2030'"},
    {"service bus", "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=",
     "cAnArY" "7k9Lm2Vt5Kc8WpR4yBn6HdJ1sFQ=", ";"},
    {"mssql", "Server=db,1433;Database=shop;Uid=sa;Pwd=", "C4nary" "Strong!Pass", ";Encrypt=yes"},
    {"dotenv", "SMTP_HOST=mail\nSMTP_PASSWORD=", "canary" "-hunter2", "\nSMTP_PORT=587"},
    {"db pass", "DB_USER=shop DB_PASS=", "canary" "Pa55", " rails s"},
    {"yaml", "database:\n  password: ", "canarysecret", "\n  user: shop"},
    {"json", "{\"user\":\"shop\",\"password\":\"", "canary correct horse", "\",\"port\":1}"},
    {"json in json", "{\"body\":\"{\\\"client_secret\\\":\\\"", "canary" "/9x+Zq=", "\\\",\\\"scope\\\":\\\"all\\\"}\"}"},
    {"flag", "mysqladmin --user root --password ", "canary" "-s3cr3t", " --host db status"},
    {"flag with sign", "vault login --token=", "canary" "-7yH2kL9", " --no-print"},
    {"curl user", "curl -u admin:", "canary" "S3same", " https://nexus.example/repository/"},
    {"export", "export ACME_DEPLOY_TOKEN=", "canary" "4f9k2m8x", " && ./deploy.sh --env prod"},
    {"header", "curl -H 'X-Api-Key: ", "canary" "-1a2b3c4d5e", "' https://api.example/v2/orders"},
    {"cookie", "wget --header='Cookie: ", "session=canary" "1234567890; theme=dark", "' https://shop.example/"},
    {"base64 of a key", "echo ", "QUtJQVEzRUdSVDdD" "QU5BUlkyWFo=", " | base64 -d"},
    {"base64 of json", "kubectl create secret generic x --from-literal=c=",
     "eyJwYXNzd29yZCI6ImNhbmFy" "eS1odW50ZXIyIn0=", " -n prod"},
    {"huggingface", "huggingface-cli login with ", "hf" "_" A36, " ok"},
    {"telegram", "https://api.telegram.org/bot", "123456789:" "AA" "canary" "x7Yz9Lm2Vt5Kc8WpR4yBn6HdJ1s", "/sendMessage"},
};

enum { CANARY_COUNT = sizeof canaries / sizeof *canaries };

#endif
