/* The canonical form of the rdfc suites: JSON-LD to RDF without base and without loss, then RDFC-1.0 (DI-EdDSA 3.2.3). */
#include "di_int.h"

sg_result
di_rdfc_hash(const struct di_job *job, const struct sjson *value, uint8_t *out)
{
    enum sg_hash_alg hash = di_hash_of(job->alg); /* P-384: also inside RDFC-1.0 */
    struct jsonld_options options = di_jsonld_options(job);
    struct rdf_dataset dataset;
    struct rdf_canonical canonical;
    DI_NEED(job->contexts != NULL, job->why, "contexts", CONTEXT);
    SG_TRY(jsonld_to_rdf(job->arena, value, &options, job->why, &dataset));
    SG_TRY(rdfc_canonicalize(job->arena, &dataset, hash, NULL, &canonical));
    sg_hash(hash, sg_str_bytes(canonical.nquads), out);
    return SG_DONE;
}
