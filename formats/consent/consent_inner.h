/* What the files of formats/consent share. Not for others. */
#ifndef CONSENT_INNER_H
#define CONSENT_INNER_H

#include "consent.h"

/* Code points shown of a stranger's text before it is cut. */
#define CONSENT_SHOWN_NAME 100
#define CONSENT_SHOWN_ID 200
#define CONSENT_SHOWN_CLAIM 64
#define CONSENT_SHOWN_PURPOSE 600
/* Transaction data are agreed to word by word: nothing of them is cut, more than this is refused. */
#define CONSENT_SHOWN_VALUE 2000
#define CONSENT_SHOWN_VALUES 128

/* A text being written. */
struct consent_wr {
    struct sg_buf buf;
    struct sg_arena *arena;
    enum consent_language language;
    bool changed;     /* something of a stranger's was replaced or cut */
    sg_result result; /* first failure of what is not the buffer's */
};

void consent_put(struct consent_wr *wr, const char *text);
/* In the quotation marks of the language. */
void consent_put_quoted(struct consent_wr *wr, sg_str text, size_t max);
/* As it stands if it is a plain identifier (letters, digits, the marks of URLs, no blanks and no brackets); otherwise quoted. */
void consent_put_id(struct consent_wr *wr, sg_str text);
void consent_put_u64(struct consent_wr *wr, uint64_t n);
/* "21 November 2026 at 18:05 UTC"; Japanese: in Japan's time, and said so. */
void consent_put_time(struct consent_wr *wr, int64_t at);
/* The first eight bytes as people compare them: "3f2a 9c10 77e1 04bd". */
void consent_put_fingerprint(struct consent_wr *wr, sg_bytes thumbprint);
void consent_put_label(struct consent_wr *wr, const struct dcql_path *path);
/* Leaves of a JSON value as items, each with its path. SG_E_TOO_LARGE sticks when something would have to be cut. */
void consent_put_values(struct consent_wr *wr, const struct sjson *object);

/* consent_en.c, consent_ja.c: the wording, one function per template. */
struct consent_words {
    void (*present)(struct consent_wr *wr, const struct consent_openings *o);
    void (*proof)(struct consent_wr *wr, const struct consent_openings *o);
    void (*enrol)(struct consent_wr *wr, const struct consent_openings *o);
    void (*remove)(struct consent_wr *wr, const struct consent_openings *o);
    const char *changed_note;
};
extern const struct consent_words consent_words_en;
extern const struct consent_words consent_words_ja;

/* The identifier without its prefix, as people know it: "shop.example" of "x509_san_dns:shop.example". */
sg_str consent_bare_id(sg_str id);

#endif
