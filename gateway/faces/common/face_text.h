/* The words of pages in each language. */
#ifndef FACE_TEXT_H
#define FACE_TEXT_H

#include <stddef.h>

enum face_lang { FACE_EN, FACE_JA, FACE_LANGS };

enum face_text {
#define FACE_TEXT(name) T_##name,
#include "face_text.def"
#undef FACE_TEXT
    FACE_TEXTS
};

/* One table per language; tests prove that none has a hole. UTF-8, plain text: escaped where it is written. */
extern const char *const face_text_en[FACE_TEXTS];
extern const char *const face_text_ja[FACE_TEXTS];

/* Never NULL for a text of the list. */
const char *face_text(enum face_lang lang, enum face_text text);
/* "en", "ja": what stands in lang attributes. */
const char *face_lang_tag(enum face_lang lang);
/* "NAV_ACCOUNT": for tests and for the script's words. */
const char *face_text_name(enum face_text text);

#endif
