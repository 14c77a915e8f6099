# Compiler flags for every target. Warnings are errors under gcc and clang alike.
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings
    -Wformat=2 -Wundef -Wvla -Wswitch-enum -Wnull-dereference -Wimplicit-fallthrough
    -fno-strict-aliasing -fno-common -fstack-protector-strong -fvisibility=hidden)
add_compile_definitions(_GNU_SOURCE SEALGATE_VERSION="${PROJECT_VERSION}")

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wlogical-op -Wduplicated-cond)
endif()
# gcc's flow analysis of NULL is only trustworthy in optimised builds without instrumentation.
if(SEALGATE_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options(-Wno-null-dereference $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

if(SEALGATE_SANITIZE)
    add_compile_options(-fsanitize=${SEALGATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g)
    add_link_options(-fsanitize=${SEALGATE_SANITIZE})
    add_compile_definitions(SEALGATE_SANITIZED=1)
else()
    add_compile_options(-fno-plt -fcf-protection)
    add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
    add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(SEALGATE_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
