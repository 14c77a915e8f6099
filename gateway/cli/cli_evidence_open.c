/* `sealgate evidence get --gesture`: the closed parts, asked of the signer itself. req: EV-2 EV-4 */
#include "cli_evidence.h"

#include "cli_decide.h"
#include "evid_bundle.h"

static sg_result
open_record(struct cli_desk *desk, struct evid_record *record)
{
    const struct wire_record_read msg = { .seq = record->seq };
    struct wire_record_read_reply reply;
    struct sg_arena *arena = desk->cli->arena;
    struct sg_buf frame = sg_buf_new(arena, 128, WIRE_FRAME_MAX);
    uint64_t id = cli_ops_next_id(desk->ops);
    sg_bytes body;
    if (record->entry.n == 0) { /* the bundle has no such record */
        return SG_DONE;
    }
    wire_record_read_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(desk->ops, WIRE_RECORD_READ, id, &frame, &body));
    SG_TRY(wire_record_read_reply_parse(body, &reply));
    SG_REQUIRE(sg_bytes_equal(reply.entry, record->entry), CONFLICT); /* of another ledger */
    SG_TRY(sg_arena_bytes(arena, reply.salt, &record->salt));
    return sg_arena_bytes(arena, reply.closed, &record->closed);
}

static sg_result
open_bundle(struct cli_desk *desk, struct evid_bundle *bundle)
{
    SG_TRY(open_record(desk, &bundle->consent));
    return open_record(desk, &bundle->first);
}

static sg_result
open_all(struct cli_desk *desk, sg_str *text)
{
    struct sg_arena *arena = desk->cli->arena;
    struct evid_bundle *outer = SG_NEW(arena, struct evid_bundle);
    struct evid_bundle *inner = SG_NEW(arena, struct evid_bundle);
    SG_REQUIRE(outer != NULL && inner != NULL, NO_MEMORY);
    SG_TRY(evid_bundle_parse(arena, *text, NULL, outer));
    SG_TRY(open_bundle(desk, outer));
    for (size_t i = 0; i < outer->n_further; i++) {
        SG_TRY(evid_bundle_parse(arena, outer->further[i], NULL, inner));
        SG_TRY(open_bundle(desk, inner));
        SG_TRY(evid_bundle_write(arena, inner, &outer->further[i]));
    }
    return evid_bundle_write(arena, outer, text);
}

int
cli_evidence_open(struct cli *cli, sg_str *bundle)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { .cli = cli };
    int bad = cli_desk_open(cli, false, &desk);
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = open_all(&desk, bundle);
    if (r.code == SG_E_CONFLICT) {
        return cli_fail(cli, "the evidence is of another ledger than this installation's");
    }
    return sg_ok(r) ? CLI_DONE : cli_refused(cli, "closed parts", r);
}
