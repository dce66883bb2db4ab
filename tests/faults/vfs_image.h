// A file's content in memory, in pages that copies share until one of them writes:
// a state of the disk costs no more than what differs in it. One thread.
#ifndef TESTS_FAULTS_VFS_IMAGE_H
#define TESTS_FAULTS_VFS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_PAGE 4096

struct image_page;
struct image {                 // {0}: no such file
    struct image_page **pages; // NULL: a page of zeros
    size_t n, room;
    int64_t size; // in bytes
    bool exists;
};

// What the disk holds beside each other: SQLite's three files.
enum image_file { IMAGE_DB, IMAGE_WAL, IMAGE_JOURNAL, IMAGE_FILES };

// `to` becomes the same as `from` and shares its pages; what it held before is given back.
void image_copy(struct image *to, const struct image *from);
void image_clear(struct image *image); // gives the pages back: no such file
// Makes the file when it is not there; a hole it leaves reads as zeros.
void image_write(struct image *image, int64_t offset, const void *data, size_t size);
void image_truncate(struct image *image, int64_t size); // or makes it longer
// How many bytes there were; the rest of `out` becomes zeros.
size_t image_read(const struct image *image, int64_t offset, void *out, size_t size);
// True: all went to the file; errno otherwise tells why not.
bool image_save(const struct image *image, const char *path);

#endif
