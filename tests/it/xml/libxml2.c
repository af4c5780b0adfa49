/* libxml2 as a process of its own: it reads documents and canonicalises parts of them, for tests/it/xml/libxml2.rs.
 *
 * A question: one octet ('p' parse, 'i' inclusive, 'e' exclusive, 'I' and 'E' the same with comments), four octets of length (little-endian), the rest.
 * To canonicalise, the rest is: the number of the apex and of the element that is left out (four octets each, counted in
 * document order, all ones for none), the length of the prefix list (four octets), the list with NUL after each prefix, and
 * the document. An answer: one octet (1 good, 0 refused), four octets of length, canonical octets or the reason. */
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE 0xFFFFFFFFu
#define MOST_PREFIXES 64

struct part {
    xmlNodePtr apex;
    xmlNodePtr without;
};

static int read_all(void *to, size_t length) {
    return fread(to, 1, length, stdin) == length;
}

static uint32_t number(const unsigned char *octets) {
    return (uint32_t)octets[0] | (uint32_t)octets[1] << 8 | (uint32_t)octets[2] << 16 | (uint32_t)octets[3] << 24;
}

static void answer(int good, const void *octets, size_t length) {
    unsigned char head[5] = {(unsigned char)good, (unsigned char)length, (unsigned char)(length >> 8),
                             (unsigned char)(length >> 16), (unsigned char)(length >> 24)};
    fwrite(head, 1, sizeof head, stdout);
    fwrite(octets, 1, length, stdout);
    fflush(stdout);
}

static void refuse(const char *reason) {
    answer(0, reason, strlen(reason));
}

/* No recovery, no network, no DTD, and nothing that breaks the rules of namespaces either. */
static xmlDocPtr parse(const char *text, size_t length, char *reason, size_t room) {
    xmlParserCtxtPtr context = xmlNewParserCtxt();
    xmlDocPtr document =
        xmlCtxtReadMemory(context, text, (int)length, "document", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    int good = document != NULL && context->wellFormed && context->nsWellFormed;
    if (!good) {
        const char *message = context->lastError.message;
        snprintf(reason, room, "%s", message != NULL ? message : "refused");
        if (document != NULL) {
            xmlFreeDoc(document);
            document = NULL;
        }
    }
    xmlFreeParserCtxt(context);
    return document;
}

/* The element of that number, in document order; no recursion. */
static xmlNodePtr element(xmlDocPtr document, uint32_t wanted) {
    xmlNodePtr here = xmlDocGetRootElement(document);
    uint32_t seen = 0;
    while (here != NULL) {
        if (here->type == XML_ELEMENT_NODE && seen++ == wanted) {
            return here;
        }
        if (here->type == XML_ELEMENT_NODE && here->children != NULL) {
            here = here->children;
            continue;
        }
        while (here != NULL && here->next == NULL) {
            here = here->parent;
            if (here == NULL || here->type != XML_ELEMENT_NODE) {
                return NULL;
            }
        }
        here = here == NULL ? NULL : here->next;
    }
    return NULL;
}

static int is_visible(void *data, xmlNodePtr node, xmlNodePtr parent) {
    const struct part *part = data;
    int inside = 0;
    xmlNodePtr here = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE ? parent : node;
    for (; here != NULL && here->type != XML_DOCUMENT_NODE; here = here->parent) {
        if (here == part->without) {
            return 0;
        }
        inside = inside || here == part->apex;
    }
    return inside;
}

static void canonicalise(int mode, int comments, unsigned char *octets, size_t length) {
    char reason[256] = "";
    uint32_t apex, without, list;
    xmlChar *prefixes[MOST_PREFIXES + 1] = {NULL};
    size_t count = 0, at = 12;
    if (length < at) {
        refuse("too short");
        return;
    }
    apex = number(octets);
    without = number(octets + 4);
    list = number(octets + 8);
    if (length - at < list) {
        refuse("too short");
        return;
    }
    for (size_t end = at + list; at < end && count < MOST_PREFIXES; at += strlen((char *)octets + at) + 1) {
        prefixes[count++] = octets + at;
    }
    at = 12 + (size_t)list;
    xmlDocPtr document = parse((char *)octets + at, length - at, reason, sizeof reason);
    if (document == NULL) {
        refuse(reason);
        return;
    }
    struct part part = {element(document, apex), without == NONE ? NULL : element(document, without)};
    xmlOutputBufferPtr buffer = xmlAllocOutputBuffer(NULL);
    int done = xmlC14NExecute(document, is_visible, &part, mode, count > 0 ? prefixes : NULL, comments, buffer);
    if (part.apex == NULL || done < 0) {
        refuse("it cannot be canonicalised");
    } else {
        answer(1, xmlOutputBufferGetContent(buffer), xmlOutputBufferGetSize(buffer));
    }
    xmlOutputBufferClose(buffer);
    xmlFreeDoc(document);
}

/* Errors are told in the answer, and not on standard error. */
static void silent(void *context, const char *message, ...) {
    (void)context;
    (void)message;
}

int main(void) {
    unsigned char head[5];
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, silent);
    while (read_all(head, sizeof head)) {
        size_t length = number(head + 1);
        unsigned char *octets = malloc(length + 1);
        if (octets == NULL || !read_all(octets, length)) {
            return 1;
        }
        octets[length] = 0;
        if (head[0] == 'p') {
            char reason[256] = "";
            xmlDocPtr document = parse((char *)octets, length, reason, sizeof reason);
            answer(document != NULL, reason, strlen(reason));
            xmlFreeDoc(document);
        } else {
            int exclusive = head[0] == 'e' || head[0] == 'E';
            int comments = head[0] == 'E' || head[0] == 'I';
            canonicalise(exclusive ? XML_C14N_EXCLUSIVE_1_0 : XML_C14N_1_0, comments, octets, length);
        }
        free(octets);
    }
    return 0;
}
