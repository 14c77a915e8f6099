#include <sodium.h>

#include "signer.h"

int
main(int argc, char **argv)
{
    struct signer_args args;
    int code = 2;
    if (!signer_args_read(argc, argv, &args, &code)) {
        return code;
    }
    if (sodium_init() < 0) {
        return 1;
    }
    if (args.measure > 0) {
        return signer_measure(&args);
    }
    if (args.fill > 0) {
        return signer_fill(&args);
    }
    if (args.pick > 0) {
        return signer_pick(&args);
    }
    if (args.measure_holder > 0) {
        return signer_measure_holder(&args);
    }
    return args.create ? signer_create(&args) : signer_serve(&args);
}
