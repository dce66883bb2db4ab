// See vfs_image.h.
#include "tests/faults/vfs_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image_page {
    unsigned refs;
    struct image_page *next; // while it is spare
    uint8_t data[IMAGE_PAGE];
};

static struct image_page *spare;

static struct image_page *page_new(void)
{
    struct image_page *page = spare;
    if (page)
        spare = page->next;
    else if (!(page = malloc(sizeof *page)))
        abort();
    page->refs = 1;
    return page;
}

static void page_drop(struct image_page *page)
{
    if (!page || --page->refs)
        return;
    page->next = spare;
    spare = page;
}

// A page that nobody shares, as it was.
static struct image_page *page_own(struct image *image, size_t at)
{
    struct image_page *old = image->pages[at];
    if (old && old->refs == 1)
        return old;
    struct image_page *own = page_new();
    if (old)
        memcpy(own->data, old->data, IMAGE_PAGE);
    else
        memset(own->data, 0, IMAGE_PAGE);
    page_drop(old);
    return image->pages[at] = own;
}

static void make_room(struct image *image, size_t n)
{
    if (n > image->room) {
        image->room = n < 64 ? 64 : n * 2;
        image->pages = realloc(image->pages, image->room * sizeof *image->pages);
        if (!image->pages)
            abort();
    }
    while (image->n < n)
        image->pages[image->n++] = NULL;
}

void image_copy(struct image *to, const struct image *from)
{
    for (size_t i = 0; i < from->n; i++)
        if (from->pages[i])
            from->pages[i]->refs++;
    image_truncate(to, 0);
    make_room(to, from->n);
    if (from->n)
        memcpy(to->pages, from->pages, from->n * sizeof *to->pages);
    to->size = from->size;
    to->exists = from->exists;
}

void image_clear(struct image *image)
{
    image_truncate(image, 0);
    free(image->pages);
    *image = (struct image){.n = 0};
}

void image_write(struct image *image, int64_t offset, const void *data, size_t size)
{
    const uint8_t *from = data;
    int64_t end = offset + (int64_t)size;
    make_room(image, (size_t)((end + IMAGE_PAGE - 1) / IMAGE_PAGE));
    image->exists = true;
    image->size = end > image->size ? end : image->size;
    while (size) {
        size_t within = (size_t)(offset % IMAGE_PAGE), part = IMAGE_PAGE - within < size ? IMAGE_PAGE - within : size;
        memcpy(page_own(image, (size_t)(offset / IMAGE_PAGE))->data + within, from, part);
        from += part;
        offset += (int64_t)part;
        size -= part;
    }
}

void image_truncate(struct image *image, int64_t size)
{
    size_t n = (size_t)((size + IMAGE_PAGE - 1) / IMAGE_PAGE), within = (size_t)(size % IMAGE_PAGE);
    while (image->n > n)
        page_drop(image->pages[--image->n]);
    make_room(image, n);
    if (within && size < image->size)
        memset(page_own(image, n - 1)->data + within, 0, IMAGE_PAGE - within);
    image->size = size;
    image->exists = true;
}

size_t image_read(const struct image *image, int64_t offset, void *out, size_t size)
{
    uint8_t *to = out;
    int64_t there = image->size - offset;
    size_t left = there <= 0 ? 0 : (uint64_t)there < size ? (size_t)there : size, got = left;
    memset(to + left, 0, size - left);
    while (left) {
        size_t within = (size_t)(offset % IMAGE_PAGE), part = IMAGE_PAGE - within < left ? IMAGE_PAGE - within : left;
        const struct image_page *page = image->pages[offset / IMAGE_PAGE];
        if (page)
            memcpy(to, page->data + within, part);
        else
            memset(to, 0, part);
        to += part;
        offset += (int64_t)part;
        left -= part;
    }
    return got;
}

bool image_save(const struct image *image, const char *path)
{
    FILE *file = image->exists ? fopen(path, "wb") : NULL;
    if (!file)
        return !image->exists;
    uint8_t page[IMAGE_PAGE];
    bool good = true;
    for (int64_t at = 0; at < image->size && good; at += IMAGE_PAGE) {
        size_t n = image_read(image, at, page, sizeof page);
        good = fwrite(page, 1, n, file) == n;
    }
    return fclose(file) == 0 && good;
}
