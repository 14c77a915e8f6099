/* Answers of the endpoints as the pages read them, for tests of rendering. */
#ifndef PAGES_SAMPLE_H
#define PAGES_SAMPLE_H

#define SAMPLE_TEXT                                                                               \
    "You are asked to show credentials.\\n\\nWho is asking\\n"                                    \
    "- It calls itself \\u201cDemo building\\u201d. Nobody has checked this name.\\n"             \
    "- Its identifier is https://verifier.example/response. Nobody has confirmed who this is.\\n" \
    "- Your answer is sent to https://verifier.example.\\n\\n"                                    \
    "What you show\\n1. Employee badge (demo), issued by http://localhost:8080\\n"                \
    "  - given name\\n  - family name\\n  - employee number\\n\\n"                                \
    "Everything else in this credential stays hidden.\\n"                                         \
    "- You can approve until 21 November 2026, 18:05 UTC. After that, nothing happens.\\n"

#define SAMPLE_CLAIMS                                                                       \
    "[{\"path\":[\"given_name\"],\"label\":\"given name\",\"value\":\"Hanako\"},"           \
    "{\"path\":[\"family_name\"],\"label\":\"family name\",\"value\":\"Yamada <b>\"},"      \
    "{\"path\":[\"nationalities\"],\"label\":\"nationalities\",\"value\":[\"JP\",\"DE\"]}," \
    "{\"path\":[\"age\"],\"label\":\"age\",\"value\":42}]"

#define SAMPLE_CONSENT                                                                            \
    "{\"id\":\"00112233445566778899aabbccddeeff\",\"state\":\"open\",\"template\":\"present/1\"," \
    "\"language\":\"en\",\"text\":\"" SAMPLE_TEXT "\",\"intent\":\"oQFkdGVzdA\","                 \
    "\"nonce\":\"AAAA\",\"publicKey\":{\"challenge\":\"AAAA\",\"rpId\":\"localhost\"},"           \
    "\"expires_at\":1795284300,"                                                                  \
    "\"party\":{\"id\":\"redirect_uri:https://verifier.example/response\","                       \
    "\"name\":\"Demo building\",\"proven\":\"nobody\",\"address\":\"https://verifier.example\"}," \
    "\"candidates\":[{\"id\":\"badge\",\"requested\":true,\"multiple\":false,\"credentials\":["   \
    "{\"id\":\"1\",\"format\":\"dc+sd-jwt\",\"issuer\":\"http://localhost:8080\","                \
    "\"type\":\"http://localhost:8080/credentials/employee_badge\","                              \
    "\"name\":\"Employee badge (demo)\",\"usable\":true,\"selected\":true,"                       \
    "\"claims\":" SAMPLE_CLAIMS "},"                                                              \
    "{\"id\":\"2\",\"format\":\"mso_mdoc\",\"issuer\":\"CN=Demo\",\"type\":\"badge\","            \
    "\"name\":\"Employee badge (mdoc)\",\"usable\":true,\"selected\":false,\"claims\":[]},"       \
    "{\"id\":\"3\",\"format\":\"mso_mdoc\",\"issuer\":\"CN=Demo\",\"type\":\"old badge\","        \
    "\"usable\":false,\"reason\":\"revoked\",\"selected\":false,\"claims\":[]}]}]}"

#define SAMPLE_PASSKEYS                                                                 \
    "{\"passkeys\":[{\"id\":\"cGFzc2tleTE\",\"purpose\":\"sign\",\"state\":\"active\"," \
    "\"label\":\"phone\",\"fingerprint\":\"4fK2-9xQa-77Lm\",\"backup_eligible\":true,"  \
    "\"attested\":false,\"created_at\":1795280000},"                                    \
    "{\"id\":\"cGFzc2tleTI\",\"purpose\":\"login\",\"state\":\"waits\",\"label\":\"\"," \
    "\"fingerprint\":\"Zz01-qq8A-11Bc\",\"attested\":true,\"created_at\":1795280100}]}"
#define SAMPLE_KEYS                                                                          \
    "{\"keys\":[{\"key\":\"JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs\",\"alg\":\"ES256\"," \
    "\"level\":2,\"state\":\"active\"}]}"
#define SAMPLE_CREDENTIALS                                                                 \
    "{\"credentials\":[{\"id\":\"aa\",\"format\":\"dc+sd-jwt\",\"name\":\"Employee badge " \
    "(demo)\","                                                                            \
    "\"added_at\":1795281000}]}"
#define SAMPLE_ACTIVITY                                                                           \
    "{\"uses\":[{\"seq\":1234,\"at_ms\":1795282000123,\"operation\":\"present\","                 \
    "\"format\":\"vp_token\",\"outcome\":\"ok\",\"audience\":\"https://"                          \
    "verifier.example\",\"template\":\"present/1\"},"                                             \
    "{\"seq\":1220,\"at_ms\":1795281900000,\"operation\":\"key_proof\",\"outcome\":\"failed\"}]," \
    "\"next\":1220}"

#endif
