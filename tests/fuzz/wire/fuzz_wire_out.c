#include "wire_fuzz.h"

WIRE_FUZZ(out)
