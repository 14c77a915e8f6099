/* Replays a fuzz target over its corpus with any compiler: every file of the folders or files named. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        fclose(f);
        return 0;
    }
    size_t n = (size_t)st.st_size;
    /* exactly n bytes, so that the address sanitizer sees one byte too many */
    uint8_t *p = malloc(n == 0 ? 1 : n);
    if (p == NULL || fread(p, 1, n, f) != n) {
        perror(path);
        exit(1);
    }
    fclose(f);
    LLVMFuzzerTestOneInput(p, n);
    free(p);
    return 1;
}

static size_t
replay_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return replay_file(path);
    }
    size_t count = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        char name[4096];
        int n = snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.' && n > 0 && (size_t)n < sizeof(name)) {
            count += replay_file(name);
        }
    }
    closedir(dir);
    return count;
}

int
main(int argc, char **argv)
{
    size_t count = 0;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        count += replay_folder(argv[i]);
    }
    printf("%zu inputs replayed\n", count);
    if (count == 0) {
        fprintf(stderr, "the corpus is empty: %s\n", argc > 1 ? argv[1] : "no folder named");
        return 1;
    }
    return 0;
}
