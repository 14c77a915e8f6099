#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli_bench.h"
#include "cli_commands.h"

#define ARENA_MAX ((size_t)1024 * 1024 * 1024) /* `ledger verify` keeps what later records need */

#define END                     \
    {                           \
        NULL, NULL, false, NULL \
    }

static const struct cli_option no_options[] = { END };
static const struct cli_option init_options[] = {
    { "--demo", NULL, false,
        "two operators, a demo root, keys, a client and a credential configuration, all on this "
        "disk" },
    { "--listen", "HOST:PORT", false, "where the gateway listens (default 127.0.0.1:8080)" },
    { "--public-url", "URL", false, "what wallets call (default http://localhost:PORT)" },
    { "--production", NULL, false,
        "environment production instead of test; the two refuse each other" },
    { "--origin", "NAME", false,
        "name of the ledger, part of every checkpoint (default: host/sealgate)" },
    { "--module", "PATH", false, "PKCS#11 module (default: SoftHSM where it is installed)" },
    { "--token-label", "LABEL", false, "label of the token (default sealgate)" },
    { "--certification", "TEXT", false, "what you state of the module, for the compliance report" },
    { "--operator", "NAME,PERSON,ROLES,FILE", false,
        "an operator's public JWK; twice or more without --demo" },
    { "--pin-fd", "N", false, "the token's PIN is read from this descriptor" },
    END,
};
static const struct cli_option run_options[] = {
    { "--background", NULL, false, "return when all three serve; logs go to DIR/run/*.log" },
    END,
};

static const struct cli_option issue_options[] = {
    { "--configuration", "ID", true,
        "credential configuration (`curl BASE/.well-known/openid-credential-issuer` lists them)" },
    { "--claims", "FILE", true, "JSON object; - is stdin" },
    { "--holder-jwk", "FILE", false,
        "the holder's public key (default in a demo: DIR/clients/demo-holder.json)" },
    { "--format", "F", false, "refuse unless the configuration issues this format" },
    { "--out", "FILE", false, "write the credential there" },
    END,
};
static const struct cli_option offer_options[] = {
    { "--configuration", "ID", true, "credential configuration" },
    { "--claims", "FILE", true, "JSON object; - is stdin" },
    { "--tx-code", NULL, false, "ask for a transaction code; it is printed on stderr" },
    { "--authorization-code", NULL, false, "not in this version: refused" },
    { "--by-reference", NULL, false, "an offer that the wallet fetches" },
    { "--qr", NULL, false, "a QR code on stderr" },
    { "--count", "N", false, "credentials this offer may yield (default 20)" },
    { "--expires-in", "SECONDS", false, "life of the offer (default 600)" },
    { "--format", "F", false, "refuse unless the configuration issues this format" },
    END,
};
static const struct cli_option status_set_options[] = {
    { "--credential", "FILE", false, "the credential whose status changes" },
    { "--list", "URL", false, "or: its status list" },
    { "--index", "N", false, "and its index there" },
    { "--to", "VALUE", true, "valid, invalid or suspended" },
    END,
};
static const struct cli_option verify_options[] = {
    { "--trust", "PEM", false, "root certificates; may be repeated (default: DIR/trust/root.pem)" },
    { "--nonce", "N", false, "a presentation: the nonce that was asked for" },
    { "--audience", "A", false, "a presentation: who asked" },
    { "--at", "TIME", false, "UTC seconds or 2026-11-20T23:00:00Z (default: now)" },
    { "--status", NULL, false, "fetch the status list as well" },
    { "--document", "FILE", false,
        "DID document or other document about keys, by its id; may be repeated" },
    { "--key", "FILE", false, "public JWK that is taken for the issuer's; may be repeated" },
    { "--context", "URL=FILE", false, "a JSON-LD context beside those built in; may be repeated" },
    { "--expect-context", "URL", false,
        "@context of credentials with proofs: these alone, in this order; may be repeated" },
    { "--schema", "URL=FILE", false,
        "a schema that credentialSchema may name; may be repeated (default: DIR/schemas)" },
    { "--require-schema", NULL, false, "a credentialSchema that cannot be checked is a failure" },
    { "--session-transcript", "FILE", false, "an mdoc presentation: the verifier's own, CBOR" },
    { "--reader-key", "FILE", false,
        "an mdoc with a MAC: the reader's ephemeral private key of that session, JWK" },
    END,
};
static const struct cli_option evidence_get_options[] = {
    { "--out", "FILE", false, "write the bundle there" },
    { "--audience", "A", false, "an mdoc presentation: who asked; opens the record's commitment" },
    { "--nonce", "N", false, "an mdoc presentation: the nonce that was asked for; likewise" },
    { "--gesture", NULL, false,
        "as root or the signer's user: with what is closed, the person's gesture" },
    END,
};
static const struct cli_option evidence_verify_options[] = {
    { "--object", "FILE", false, "the credential or presentation itself" },
    { "--log-key", "FILE", false,
        "your copy of the ledger's verifier key (default: DIR/trust/log.vkey)" },
    { "--trust", "PEM", false, "root certificates; may be repeated (default: DIR/trust/root.pem)" },
    { "--audience", "A", false, "a presentation: who asked" },
    { "--nonce", "N", false, "a presentation: the nonce that was asked for" },
    { "--response-uri", "URL", false,
        "an mdoc presentation: where the answer went; with --audience and --nonce what was signed "
        "is checked too" },
    { "--jwk-thumbprint", "T", false,
        "an mdoc presentation whose answer was encrypted: thumbprint of the verifier's key, "
        "base64url" },
    { "--session-transcript", "FILE", false, "instead of these four: the verifier's own, CBOR" },
    END,
};
#define OPERATOR                                                                              \
    { "--operator", "FILE", false, "an operator's key file; a second one approves at once" }, \
    {                                                                                         \
        "--reason", "TEXT", false, "for the record; no personal data"                         \
    }
static const struct cli_option keys_generate_options[] = {
    { "--label", "LABEL", true, "how settings and people call it" },
    { "--alg", "ALG", false, "ES256 (default), ES384, EdDSA" },
    { "--purpose", "P", false, "seal (default), status-list, holder, metadata" },
    { "--level", "N", false, "assurance level 1 (default), 2, 3" },
    { "--wrapped", NULL, false, "kept outside the token, wrapped under its KEK" },
    { "--count", "N", false, "how many (default 1)" },
    OPERATOR,
    END,
};
static const struct cli_option keys_cert_options[] = {
    { "--chain", "PEM", false, "certificates, leaf first" },
    { "--demo-ca", NULL, false, "or: a leaf of DIR/demo-ca" },
    OPERATOR,
    END,
};
static const struct cli_option keys_status_options[] = {
    { "--list", "URL", false, "status list (default: BASE/status/keys)" },
    { "--index", "N", false, "index in it (default 0)" },
    OPERATOR,
    END,
};
static const struct cli_option operator_options[] = { OPERATOR, END };
static const struct cli_option halt_options[] = {
    { "--key", "KEY", false, "this key alone, by label or thumbprint (default: everything)" },
    OPERATOR,
    END,
};
static const struct cli_option client_key_options[] = {
    { "--out", "FILE", true, "the private key goes there, readable by its owner alone" },
    END,
};
static const struct cli_option client_add_options[] = {
    { "--jwk", "FILE", true, "its public key" },
    OPERATOR,
    END,
};
static const struct cli_option mandate_options[] = {
    { "--key", "KEY", true, "label or thumbprint of the key it may use" },
    { "--configuration", "ID", false, "credential configuration; may be repeated" },
    { "--operation", "OP", false, "seal (default), status-list or metadata" },
    { "--count", "N", true, "signatures per window; 0 revokes the mandate" },
    { "--window", "SECONDS", false, "default 3600" },
    { "--days", "N", false, "how long it holds (default 366)" },
    { "--id", "HEX", false, "change this mandate instead of adding one" },
    OPERATOR,
    END,
};
static const struct cli_option ledger_options[] = {
    { "--from", "N", false, "report findings from this record on (all are replayed)" },
    { "--lists", NULL, false, "recompute the published status lists and compare" },
    { "--trust", "PEM", false, "roots of the lists' signers (default: DIR/trust/root.pem)" },
    END,
};

static const struct cli_option person_enrol_options[] = {
    { "--level", "N", false, "highest assurance level of the person's keys: 2 (default) or 3" },
    { "--keys", "N", false, "how many keys the person may hold in all (default 5)" },
    { "--valid", "SPAN", false, "how long the link lives: 7d (default), 12h, 30m; at most 30d" },
    { "--person", "ID", false, "somebody enrolled already, who lost all passkeys (recovery)" },
    OPERATOR,
    END,
};
static const struct cli_option person_passkey_options[] = {
    { "--passkey", "THUMBPRINT", true, "which one, as `person show` prints it" },
    OPERATOR,
    END,
};

/* By name; the longest that fits is taken, so that `status set` is not `status`. */
static const struct cli_command commands[] = {
    { "init", NULL, "Make a state directory: settings, token, keys, ledger",
        "With --demo everything up to the first credential is made: a SoftHSM token, a ledger, two "
        "operators whose keys\n"
        "lie in DIR/operators, a demo root in DIR/trust/root.pem, a seal key and a status list key "
        "approved by both, a\n"
        "system client in DIR/clients and its mandate. It says DEMO everywhere, because one disk "
        "holds what two people should.\n"
        "Without --demo name two operators' public keys; keys, clients and mandates are then made "
        "by them.\n\n"
        "  sealgate init --demo --dir var/demo\n"
        "  sealgate run --dir var/demo",
        init_options, cmd_init },
    { "run", NULL, "Start gateway, courier and signer",
        "In the foreground, until SIGTERM or Ctrl-C: the gateway finishes what it has begun, then "
        "all three end. If one dies all\n"
        "three are started again on the same listening socket. Started as root each becomes the "
        "owner of its folder.\n\n"
        "  sealgate run --dir var/demo --background\n"
        "  sealgate status --dir var/demo",
        run_options, cmd_run },
    { "stop", NULL, "Stop what `run` started, after a drain",
        "Nothing running is no failure.\n\n  sealgate stop --dir var/demo", no_options, cmd_stop },
    { "status", NULL, "Say what runs, and whether it would sign now",
        "Exit code 1 when nothing runs. `sealgate status set` is another command: it changes a "
        "published status.\n\n"
        "  sealgate status --dir var/demo",
        no_options, cmd_status },
    { "issue", NULL, "Issue a credential directly, as a system client",
        "Signs in with the client's key (private_key_jwt, DPoP) and asks for one credential bound "
        "to the holder's key. The signer checks\n"
        "the client's mandate and the key's status, records consent, signs, records the outcome; "
        "then the credential is printed.\n\n"
        "  sealgate issue --configuration employee_badge_sd_jwt --claims conf/demo/claims.json "
        "--out badge.txt\n"
        "  sealgate verify badge.txt",
        issue_options, cmd_issue },
    { "offer", NULL, "Make an OpenID4VCI credential offer for a wallet",
        "Prints the openid-credential-offer:// URI alone on stdout. Hand the transaction code to "
        "the person by another way.\n\n"
        "  sealgate offer --configuration employee_badge_sd_jwt --claims conf/demo/claims.json "
        "--tx-code --qr",
        offer_options, cmd_offer },
    { "status set", NULL, "Change a published status",
        "The order is signed with the client's key and recorded in the ledger, so that `ledger "
        "verify --lists` can recompute the list.\n\n"
        "  sealgate status set --credential badge.txt --to suspended\n"
        "  sealgate verify badge.txt --status",
        status_set_options, cmd_status_set },
    { "verify", "FILE", "Verify a credential or presentation, offline unless --status",
        "Checks the issuer's certificate to a root you trust, its signature, every disclosure, "
        "type, times, and for a presentation\n"
        "that the holder signed it for you: --nonce and --audience as you asked for them, for an "
        "mdoc --session-transcript.\n"
        "The format is found from the bytes: SD-JWT VC, mdoc, W3C credentials and presentations "
        "with Data Integrity proofs or as\n"
        "vc+jwt, vc+sd-jwt, vc+cose.\n\n"
        "  sealgate verify badge.txt --trust root.pem\n"
        "  sealgate verify presentation.txt --nonce n-0S6 --audience https://verifier.example",
        verify_options, cmd_verify },
    { "evidence get", "FILE", "Fetch the evidence of a credential or presentation",
        "Finds it by the object itself. What comes back is checked with `evidence verify`, "
        "offline, today or in years. Of a presentation\n"
        "the person's passkey and gesture are closed to relying parties; the operator of the "
        "service reads them with --gesture.\n\n"
        "  sealgate evidence get badge.txt --out evidence.json\n"
        "  sealgate evidence verify evidence.json --object badge.txt",
        evidence_get_options, cmd_evidence_get },
    { "evidence verify", "EVIDENCE",
        "Check evidence offline: record, approval, signature, inclusion, checkpoint",
        "Each line is one arrow from the signed object to the ledger's signed checkpoint. \"not "
        "checked\" means that the bundle or you\n"
        "do not show it; give the object with --object to check the signature itself. Of a "
        "presentation the "
        "holder's gesture is checked,\n"
        "and below it the records of the credentials in it that this ledger knows.\n\n"
        "  sealgate evidence verify evidence.json --object badge.txt --log-key log.vkey --trust "
        "root.pem",
        evidence_verify_options, cmd_evidence_verify },
    { "keys list", NULL, "List the keys the signer knows", "  sealgate keys list --dir var/demo",
        no_options, cmd_keys_list },
    { "keys generate", NULL, "Generate a key in the token (two operators)",
        "One operator proposes, another approves: name both, or let the other one use `approve`. A "
        "new key is in state created: give it\n"
        "a certificate, a status reference (seal keys do not sign without), then activate it.\n\n"
        "  sealgate keys generate --label seal-2 --operator op1.json\n"
        "  sealgate approve ID --operator op2.json\n"
        "  sealgate keys install-cert seal-2 --chain seal-2.pem --operator op1.json --operator "
        "op2.json\n"
        "  sealgate keys status seal-2 --index 7 --operator op1.json --operator op2.json\n"
        "  sealgate keys activate seal-2 --operator op1.json --operator op2.json",
        keys_generate_options, cmd_keys_generate },
    { "keys install-cert", "KEY", "Install a certificate chain (two operators)",
        "The signer checks that the leaf's public key is the key's own.\n\n"
        "  sealgate keys install-cert seal-2 --chain seal-2.pem --operator op1.json --operator "
        "op2.json",
        keys_cert_options, cmd_keys_install_cert },
    { "keys status", "KEY", "Say where the key's own status is published (two operators)",
        "The signer has this list asked before every signature of a seal key.\n\n"
        "  sealgate keys status seal-2 --index 7 --operator op1.json --operator op2.json",
        keys_status_options, cmd_keys_status_ref },
    { "keys activate", "KEY", "Let a key sign, or let it sign again (two operators)",
        "  sealgate keys activate seal-2 --operator op1.json --operator op2.json", operator_options,
        cmd_keys_state },
    { "keys suspend", "KEY", "Stop a key for a while (one operator)",
        "  sealgate keys suspend seal-es256 --operator op1.json", operator_options,
        cmd_keys_state },
    { "keys revoke", "KEY", "Stop a key for good (two operators)",
        "  sealgate keys revoke seal-es256 --operator op1.json --operator op2.json",
        operator_options, cmd_keys_state },
    { "keys destroy", "KEY", "Destroy a key in the token (two operators)",
        "  sealgate keys destroy seal-es256 --operator op1.json --operator op2.json",
        operator_options, cmd_keys_state },
    { "person enrol", NULL, "Let a person enrol: a link and a code (two operators)",
        "One operator proposes; who approves is told a link on stdout and a code on stderr, once. "
        "Send them "
        "by two different\nways: the person opens the link, types the code (five tries) and makes "
        "two "
        "passkeys, one to log in and one to sign.\n"
        "With --person it is a recovery: it waits (recovery_wait_s), and the old passkeys go when "
        "it is "
        "complete.\n\n"
        "  sealgate person enrol --keys 3 --operator op1.json\n"
        "  sealgate approve 3f9a... --operator op2.json",
        person_enrol_options, cmd_person_enrol },
    { "person list", NULL, "List the persons the signer knows, by id",
        "The signer knows numbers, not names: who a person is stands in the gateway's store.\n\n"
        "  sealgate person list --dir var/demo",
        no_options, cmd_person_list },
    { "person show", "ID", "Show a person's passkeys and keys",
        "  sealgate person show 5c0e... --dir var/demo", no_options, cmd_person_show },
    { "person lock", "ID", "Stop everything of a person at once (one operator)",
        "  sealgate person lock 5c0e... --operator op1.json", operator_options, cmd_person_state },
    { "person unlock", "ID", "End a lock (two operators)",
        "  sealgate person unlock 5c0e... --operator op1.json --operator op2.json",
        operator_options, cmd_person_state },
    { "person leave", "ID", "A person leaves: keys destroyed, passkeys removed (two operators)",
        "There is no way back; the ledger keeps what was signed.\n\n"
        "  sealgate person leave 5c0e... --operator op1.json --operator op2.json",
        operator_options, cmd_person_state },
    { "person confirm", "ID", "Confirm a signing passkey of level 3 (two operators)",
        "Compare the fingerprint with the person, not over the page that enrolled it: "
        "`person show` prints it, the person's\npage shows it too.\n\n"
        "  sealgate person confirm 5c0e... --passkey THUMBPRINT --operator op1.json --operator "
        "op2.json",
        person_passkey_options, cmd_person_passkey },
    { "person remove-passkey", "ID", "Take a passkey out of use (two operators)",
        "  sealgate person remove-passkey 5c0e... --passkey THUMBPRINT --operator op1.json "
        "--operator op2.json",
        person_passkey_options, cmd_person_passkey },
    { "approve", "ID", "Approve what another operator proposed",
        "ID is printed by the proposal. The signer refuses the proposer's own approval, and "
        "another key of the same person.\n\n"
        "  sealgate approve 3f9a... --operator op2.json",
        operator_options, cmd_approve },
    { "halt", NULL, "Stop all signing at once, or one key's (one operator)",
        "Returns when every signature in flight has been released or dropped. It is durable: a "
        "restart does not end it.\n\n"
        "  sealgate halt --operator op1.json\n  sealgate resume --operator op1.json --operator "
        "op2.json",
        halt_options, cmd_halt },
    { "resume", NULL, "End a halt (two operators)",
        "  sealgate resume --operator op1.json --operator op2.json", halt_options, cmd_resume },
    { "client key", "ID", "Make a key file for a system client or an operator",
        "A private P-256 JWK whose kid is the name. Register the public half with `client add`, or "
        "name it to `init --operator`.\n\n"
        "  sealgate client key hr-system --out hr.json\n"
        "  sealgate client add hr-system --jwk hr.json --operator op1.json --operator op2.json",
        client_key_options, cmd_client_key },
    { "client add", "ID", "Register a system client's public key (two operators)",
        "A client without a mandate can do nothing yet.\n\n"
        "  sealgate client add hr-system --jwk hr.jwk --operator op1.json --operator op2.json\n"
        "  sealgate mandate set hr-system --key seal-es256 --configuration employee_badge_sd_jwt "
        "--count 500",
        client_add_options, cmd_client_add },
    { "client remove", "ID", "Take a system client's access away (two operators)",
        "  sealgate client remove hr-system --operator op1.json --operator op2.json",
        operator_options, cmd_client_remove },
    { "client list", NULL, "List system clients", "  sealgate client list --dir var/demo",
        no_options, cmd_client_list },
    { "mandate set", "CLIENT", "Set a client's standing mandate (two operators)",
        "Which key, which configurations, how many per window, until when. The signer counts.\n\n"
        "  sealgate mandate set hr-system --key seal-es256 --configuration employee_badge_sd_jwt "
        "--count 500 --window 3600\n"
        "  sealgate mandate set hr-system --key seal-es256 --id HEX --count 0      # revokes it",
        mandate_options, cmd_mandate_set },
    { "mandate list", NULL, "List mandates", "  sealgate mandate list --dir var/demo", no_options,
        cmd_mandate_list },
    { "ledger verify", NULL, "Replay and check the whole ledger",
        "Reads every record, replays every rule (who approved, what was counted, which outcome), "
        "hashes the tree and compares it with the\n"
        "signed checkpoint. Starts the signer for the time of the check when nothing runs.\n\n"
        "  sealgate ledger verify --lists",
        ledger_options, cmd_ledger_verify },
    { "doctor", NULL, "Check settings, token, certificates, clock and ports, and say what to mend",
        "  sealgate doctor --dir var/demo", no_options, cmd_doctor },
    { "bench", NULL, "Measure this installation beside its cost floor", cli_bench_text,
        cli_bench_options, cli_bench_run },
};

const struct cli_command *
cli_commands(size_t *ret_n)
{
    *ret_n = sizeof(commands) / sizeof(commands[0]);
    return commands;
}

/* How many of the words are this command's name; 0: it is not. */
static int
words_of(const struct cli_command *c, int argc, char **argv)
{
    const char *p = c->name;
    for (int i = 0; i < argc; i++) {
        size_t n = strlen(argv[i]);
        if (strncmp(p, argv[i], n) != 0 || (p[n] != ' ' && p[n] != '\0')) {
            return 0;
        }
        if (p[n] == '\0') {
            return i + 1;
        }
        p += n + 1;
    }
    return 0;
}

static const struct cli_command *
find_command(int argc, char **argv, int *ret_words)
{
    const struct cli_command *found = NULL;
    *ret_words = 0;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int words = words_of(&commands[i], argc, argv);
        if (words > *ret_words) {
            *ret_words = words;
            found = &commands[i];
        }
    }
    return found;
}

/* Is it the first word of a group ("keys")? NULL: every command is meant. */
static bool
in_group(const struct cli_command *c, const char *group)
{
    size_t n = group == NULL ? 0 : strlen(group);
    return group == NULL || (strncmp(c->name, group, n) == 0 && c->name[n] == ' ');
}

static bool
is_group(const char *word)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (in_group(&commands[i], word)) {
            return true;
        }
    }
    return false;
}

static void
overview(FILE *out, const char *group)
{
    if (group == NULL) {
        fputs("sealgate " SEALGATE_VERSION
              ": a signing gateway for Verifiable Credentials\n\nusage: sealgate COMMAND --dir DIR "
              "[options]\n\n",
            out);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!in_group(&commands[i], group)) {
            continue;
        }
        char left[40];
        snprintf(left, sizeof(left), "%s%s%s", commands[i].name,
            commands[i].positional != NULL ? " " : "",
            commands[i].positional != NULL ? commands[i].positional : "");
        fprintf(out, "  %-26s %s\n", left, commands[i].summary);
    }
    fputs("\nEvery command: --help teaches it, --json is for machines. Exit 0 done, 1 refused or "
          "failed, 2 wrong usage.\n",
        out);
}

static int
run_command(const struct cli_command *command, int argc, char **argv)
{
    struct sg_arena *arena = sg_arena_new(0, ARENA_MAX);
    if (arena == NULL) {
        fputs("sealgate: out of memory\n", stderr);
        return CLI_FAILED;
    }
    struct cli cli = { .arena = arena, .command = command };
    int code = cli_parse(&cli, argc, argv);
    if (code == CLI_DONE && cli_flag(&cli, "--help")) {
        cli_help(command);
    } else if (code == CLI_DONE) {
        code = command->run(&cli);
    }
    sg_arena_free(&arena);
    return code;
}

static bool
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* `sealgate help`, `sealgate help keys`, `sealgate help keys list`: also with --help in front. */
static int
help_about(int argc, char **argv)
{
    int words;
    const struct cli_command *command = argc == 0 ? NULL : find_command(argc, argv, &words);
    if (command != NULL) {
        cli_help(command);
    } else {
        overview(stdout, argc > 0 && is_group(argv[0]) ? argv[0] : NULL);
    }
    return CLI_DONE;
}

/* One line: which word is not known, and where the known ones are listed. */
static int
no_command(int argc, char **argv)
{
    if (argc == 0) {
        overview(stderr, NULL);
    } else if (!is_group(argv[0])) {
        fprintf(stderr, "sealgate: there is no command %s (sealgate --help lists them)\n", argv[0]);
    } else if (argc == 1 || strncmp(argv[1], "--", 2) == 0) {
        fprintf(stderr, "sealgate: %s wants another word (sealgate %s --help lists them)\n",
            argv[0], argv[0]);
    } else {
        fprintf(stderr, "sealgate: there is no command %s %s (sealgate %s --help lists them)\n",
            argv[0], argv[1], argv[0]);
    }
    return CLI_USAGE;
}

int
main(int argc, char **argv)
{
    int words;
    if (argc >= 2 && is_help(argv[1])) {
        return help_about(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        puts("sealgate " SEALGATE_VERSION);
        return CLI_DONE;
    }
    const struct cli_command *command = argc < 2 ? NULL : find_command(argc - 1, argv + 1, &words);
    if (command == NULL && argc == 3 && is_help(argv[2]) && is_group(argv[1])) {
        overview(stdout, argv[1]);
        return CLI_DONE;
    }
    if (command == NULL) {
        return no_command(argc - 1, argv + 1);
    }
    return run_command(command, argc - 1 - words, argv + 1 + words);
}
