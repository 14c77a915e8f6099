/*
 * Digests of the bytes that are published at the URLs of known contexts, for relatedResource (VCDM 2.0, 5.3). Computed once from
 * the files of the W3C repositories; five of them are printed in the Recommendations and were compared. Copies in npm packages
 * are formatted otherwise and have other digests, though their terms are the same: what is built in is not what is hashed here.
 * A context whose published bytes were not at hand has no row.
 */
#include "jsonld_int.h"
#include "sg_text.h"

struct digest_row {
    const char *url;
    const char *sha256; /* hex */
    const char *sha384;
};

static const struct digest_row rows[] = {
    { "https://www.w3.org/2018/credentials/v1",
        "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
        "82c3b3eab863754bbfd2b9f17d8d6db9f61169f301cbf0b05e1fc4beb5f5c51d"
        "d4d2e888c274f49c3fbb2408f61faed1" },
    { "https://www.w3.org/ns/credentials/v2",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        "97f1eb8e5042356c805fdd61afa2c557663785e0794dcafa21e138fd38def18c"
        "b360133c221aa31d6896a6bf3e65b614" },
    { "https://www.w3.org/2018/credentials/examples/v1",
        "2070ae4e75bc3b4c2cfe2b8b6e86ec45119672bbb5da283f0399ea96c60a0104",
        "28011554bfae6f952a3bd28a921405b66c1a4d059e70d20cdb2424ca5f8a511a"
        "576960d56a70670be362633225122f28" },
    { "https://www.w3.org/ns/credentials/examples/v2",
        "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
        "ccd35b4135824944a2d1b6f3edd6ee6be45c10dbfb0ba16f966609d58f88ef6e"
        "c7b0f387773c042cc60ef4ccfaf0cdba" },
    { "https://www.w3.org/ns/credentials/undefined-terms/v2",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
        "b2a66ccddba70ba67ad99c2ff52e60558df0063cea51c4ca886e25d9ea73cfab"
        "b878baf92dc2ad2bda26c31391850d68" },
    { "https://w3id.org/security/data-integrity/v1",
        "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
        "1f7b51154c2cb596b804d3eedeabb7678c7ea4d36f5201496a681dbd868d5dc0"
        "cb90a8839f5142ccdc91fdb92c5adcf2" },
    { "https://w3id.org/security/data-integrity/v2",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        "0ee2d7626717f8b07cd449b525d5e2b71fe27209fc99e53089e0169dd2944d79"
        "3feea4526fc60bb9cca1cd96512391f6" },
    { "https://w3id.org/security/multikey/v1",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
        "0fa51641d12fb8c701b2e6a9492556f25d32bb4af84a96f11808f0a623b97243"
        "4dd18a8f1f1865bc68d8ee046c4e5a3e" },
    { "https://w3id.org/security/jwk/v1",
        "0f14b62f6071aafe00df265770ea0c7508e118247d79b7d861a406d2aa00bece",
        "762dc55ce79f361e3bbeb7d3cb0ddb3e44b8e2885261f8283183959d1aaa3390"
        "4af6a8005059ed9641500eab7d8ddae5" },
    { "https://www.w3.org/ns/cid/v1",
        "ea216ecc1cb02cd39b693dba2250141e270ba0bf95890be107dd9a9e8e43de85",
        "327d924d4a48518eb5425e8a9430a3f20d9678bb1111cddbf0ff2a67b854ee48"
        "5c2ef149dfcd4516dfc1af7e733bec18" },
    { "https://www.w3.org/ns/credentials/status/v1",
        "fda5add353231e6a6884a46b12e6c75464281900cb348284d9c360f62381d9f7",
        "ac0ef813833ebd666b6170a61c5adacc6d7d2f5a040d16c2928e8414d4fa07f6"
        "4d70313021e02bf4f97bdd123ed9a84e" },
    { "https://w3id.org/vc/status-list/2021/v1",
        "6dd06a52bedb771e059c1083ba8ba7848dce22f6b4a8cfa0b98ba3fc188870e4",
        "39cf407ecaeb587a59e2e367384219d14e52d5997624ce61bbc9af4a7e4e3f62"
        "05e5d100b4c4e6fd1e19bc37046c5194" },
    { "https://w3id.org/citizenship/v1",
        "9ffdc9e92801959e8f7416744aca720d06e0a4702dd83043c02c74700c161d93",
        "861d6640905ce78f1ba6ca4e3a11d1b8d6a325f5806f1cd89f0cb10f21ec7166"
        "c0bb8e0f18115267dde99aed65356917" },
    { "https://w3id.org/citizenship/v2",
        "4b50a8580f99ddb2df2ad94e93eee1725f6c185a34306e1c98f4d631b160a9fc",
        "bdb7c4fdd9e6ec63bc4e52b5986463874c7701f16eb43ec9ab99613ab6b4826d"
        "4dbedc661c185c446ad9709bd6276671" },
    { "https://w3id.org/citizenship/v3",
        "b8fa8872d5af1686f13c1d17a663a78334a93becba1407c41548f10b515ad7fa",
        "0742d6341804bfe2b4b7b21a16cfc9ece53594f9a7da16a846c946b1c833566d"
        "45120bd54f0c77fa530a5ac8bd4d9d9c" },
    { "https://w3id.org/citizenship/v4rc1",
        "5038c7383afd7ab2158f1b997913a8f60978a0abcf96e0b0d08e29f146d2db1e",
        "694d11903ad55bee8551d5cffb32492110f23164ecf29ad828a64260963483cc"
        "9ede95ebb739bfd54cf772e5b2a21133" },
    { "https://w3id.org/vdl/v1", "b069d7ad1fab36cdc811d6bfa46d8d897277635258b9b9ccb130e3ed76df28d6",
        "606072832f20325655b64a3a85a6ea5dd2fe335bceb2f8235316bc7f4d7058fb"
        "66e1d1f52ba7df9a53cde7e0d62eedb8" },
    { "https://w3id.org/vdl/v2", "4840b9b17608b05693abdd5f40bbacc2d39726129f62ccf18242b6838c9c9335",
        "811c79ebca3065fd6cfd5523155be7f5c4769604cd9a4c9b53e25e45f40e4908"
        "fe0f9b25cd339b812a532046e16a1884" },
    { "https://w3id.org/vdl/aamva/v1",
        "7a6060ae97a4b780d9b71af5a1bb2a5a3f9b7b189208544c375a89d7d28460eb",
        "585f49922b83e0d4cf5ed9179ecb8d7d98cfe8d2a3d0a2068f6e8eb29129fd90"
        "512af60823f02c11c094cbe5711cabab" },
};

sg_result
jsonld_contexts_digest(sg_str url, enum sg_hash_alg alg, uint8_t ret[SG_HASH_MAX])
{
    SG_REQUIRE(alg == SG_SHA256 || alg == SG_SHA384, ALGORITHM);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (sg_str_is(url, rows[i].url)) {
            const char *hex = alg == SG_SHA256 ? rows[i].sha256 : rows[i].sha384;
            return sg_hex_decode_to(sg_cstr(hex), ret, sg_hash_len(alg));
        }
    }
    SG_FAIL(NOT_FOUND);
}
