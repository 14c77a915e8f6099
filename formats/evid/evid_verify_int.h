/* One run of the offline check: what its files share. Internal to formats/evid. */
#ifndef EVID_VERIFY_INT_H
#define EVID_VERIFY_INT_H

#include "evid_check.h"
#include "evid_gesture.h"
#include "evid_verify.h"

struct verify {
    struct sg_arena *arena;
    const struct evid_bundle *bundle;
    const struct evid_object *object; /* never NULL: an empty one stands for none */
    const struct tlog_vkey *log_key;
    struct evid_report *report;

    struct wire_entry entries[2]; /* consent, outcome */
    bool entry_parsed[2];
    struct wire_consent *consent; /* NULL when not shown or not parsed */
    struct wire_outcome *outcome;
    struct wire_intent *intent;
    struct tlog_checkpoint checkpoint;
    bool checkpoint_held;
    size_t dtbs; /* index of the object among the intent's DTBS/R */
    bool dtbs_found;
    bool place_found; /* and, by its bytes or by its signature alone, in the outcome */
    const struct wire_consent
        *approved; /* the consent that holds the gesture; NULL: none, or not shown */
    struct jwk_key *key;
    const struct jose_alg *key_alg;
};

/* A line of the report. `detail` is static. */
void evid_step(struct verify *v, const char *name, enum evid_held held, const char *detail);
void evid_verdict(struct verify *v, const char *name, bool held, const char *yes, const char *no);

/* All lines about a gesture; the consent is there. SG_E_NO_MEMORY. */
SG_CHECKED sg_result evid_by_gesture(struct verify *v);

#endif
