#include "face_text.h"

const char *
face_text(enum face_lang lang, enum face_text text)
{
    return lang == FACE_JA ? face_text_ja[text] : face_text_en[text];
}

const char *
face_lang_tag(enum face_lang lang)
{
    return lang == FACE_JA ? "ja" : "en";
}

const char *
face_text_name(enum face_text text)
{
    static const char *const names[FACE_TEXTS] = {
#define FACE_TEXT(name) #name,
#include "face_text.def"
#undef FACE_TEXT
    };
    return names[text];
}
