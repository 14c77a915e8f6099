/* What several pages use: members of answers, times, paths, the places where the script speaks. */
#include <time.h>

#include "person_inner.h"

void
person_says(struct face_html *html)
{
    face_html(html, "<p id=\"status\" class=\"soft\" role=\"status\" aria-live=\"polite\"></p>"
                    "<p id=\"alert\" class=\"notice bad\" role=\"alert\"></p>");
}

/* ---- members ---------------------------------------------------------------------------------------- */

sg_str
person_text(const struct sjson *json, const char *name)
{
    const struct sjson *member = sjson_get(json, name);
    return member != NULL && member->type == SJSON_STRING ? member->text : SG_NO_STR;
}

int64_t
person_int(const struct sjson *json, const char *name)
{
    int64_t value = 0;
    return sg_ok(sjson_member_int(json, name, &value)) ? value : 0;
}

bool
person_true(const struct sjson *json, const char *name)
{
    const struct sjson *member = sjson_get(json, name);
    return member != NULL && member->type == SJSON_TRUE;
}

void
person_time(int64_t at, char ret[PERSON_TIME_LEN])
{
    time_t t = (time_t)at;
    struct tm parts;
    if (at <= 0 || gmtime_r(&t, &parts) == NULL ||
        strftime(ret, PERSON_TIME_LEN, "%Y-%m-%d %H:%M", &parts) == 0) {
        ret[0] = '\0';
    }
}

bool
person_path_ok(sg_str path)
{
    if (path.n == 0 || path.n > 512 || path.p[0] != '/' ||
        (path.n > 1 && (path.p[1] == '/' || path.p[1] == '\\'))) {
        return false;
    }
    for (size_t i = 0; i < path.n;
         i++) { /* a tab or line break inside "//" is skipped by browsers */
        if (path.p[i] <= ' ' || path.p[i] == '\\' || path.p[i] == 0x7f) {
            return false;
        }
    }
    return true;
}
