/* Exact contributions of a tree ensemble by cell tables: compiled from arrays, run over blocks of rows.
 *
 * The mathematics stands in the docstring of models/kernel/__init__.py; models/kernel/program.py checks every
 * array that comes in here. Nothing but additions happens per row, and the tables are made without fused
 * multiplication (-ffp-contract=off), so that processors agree on every bit.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
typedef double Four __attribute__((vector_size(32), aligned(8)));
typedef int64_t FourIndices __attribute__((vector_size(32)));
#define EVEN_PAIRS(a, b) __builtin_shuffle(a, b, (FourIndices){0, 4, 2, 6})
#define ODD_PAIRS(a, b) __builtin_shuffle(a, b, (FourIndices){1, 5, 3, 7})
#define LOW_HALVES(a, b) __builtin_shuffle(a, b, (FourIndices){0, 1, 4, 5})
#define HIGH_HALVES(a, b) __builtin_shuffle(a, b, (FourIndices){2, 3, 6, 7})
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are passed to inlined functions only */
#elif defined(__clang__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
typedef double Four __attribute__((vector_size(32), aligned(8)));
#define EVEN_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define ODD_PAIRS(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#else
#error "models/kernel needs GCC or Clang; without them the package falls back to LightGBM's pred_contrib."
#endif

/* The wide instructions where the processor has them, chosen when the module is loaded. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

/* LightGBM sets |x| <= 1e-35f to zero before its trees see the row. */
#define FLUSHED_TO_ZERO ((double)1e-35f)
#define VECTOR_BYTES 32
#define MOST_CELLS 65536
#define NO_PLAN HUGE_VAL

typedef struct {
    int32_t is_category;
    int32_t missing_code; /* numbers: thresholds + 1; categories: that of any category no tree knows */
    int32_t half;         /* first step of the search; thresholds are padded to 2 * half - 1 */
    double *thresholds;
} Feature;

typedef struct { int32_t column, from, delta; } Step;            /* codes >= from move the cell by delta */
typedef struct { int32_t column; int64_t first_entry; } Map;     /* the move for every code */

typedef struct {
    int32_t n_features, n_steps, n_maps, is_direct, is_wide; /* wide: cells or codes need 16 bits */
    int64_t first_column, first_step, first_map, first_double;
    int32_t index_start, stride;
    int64_t cells;
} Group;

typedef struct {
    PyObject_HEAD
    int32_t n_features, n_coded, n_groups, most_direct;
    int64_t n_doubles;
    Feature *features;
    int32_t *coded;         /* features that any tree reads */
    Group *groups;
    int32_t *group_columns; /* features of each group, in the order of its table's columns */
    Step *steps;
    Map *maps;
    uint16_t *entries;
    double *tables, *tables_memory;
    double *nodes, *weights; /* Gauss-Legendre on [0, 1]: n of them from n (n - 1) / 2 on */
} Program;

/* ------------------------------------------------------------------ memory that grows */

typedef struct { void *data; int64_t used, room; size_t size; } List;

static void *list_extend(List *list, int64_t more)
{
    if (list->used + more > list->room) {
        int64_t room = list->room ? list->room : 64;
        while (room < list->used + more) room *= 2;
        void *data = realloc(list->data, (size_t)room * list->size);
        if (!data) return NULL;
        list->data = data;
        list->room = room;
    }
    void *at = (char *)list->data + (size_t)list->used * list->size;
    list->used += more;
    return at;
}

/* ------------------------------------------------------------------ what is compiled */

typedef struct {
    int32_t feature, low, high; /* numbers: codes low to high satisfy the path */
    int32_t missing;            /* the missing code satisfies it */
    int64_t words;              /* categories: bits of the codes that satisfy it */
    double share;               /* product of the cover ratios of the path's splits on this feature */
} Slot;

typedef struct {
    int32_t n_slots, tree;
    int64_t first_slot;
    double value, stored;
} Leaf;

typedef struct {
    int32_t feature, n_classes, n_changes;
    int64_t first_code; /* into luts: class of every code */
    int64_t first_representative;
} Axis;

typedef struct { int64_t first, last; double cost; } Part; /* leaves [first, last) in one group */

typedef struct {
    Program *p;
    List leaves, slots, words, parts;
    const uint32_t *category_words;
    /* scratch of one plan */
    List axes, classes, representatives, members, signatures;
    int32_t *local; /* feature -> axis, -1 where the plan does not read it */
    uint8_t *marked;
    double block; /* rows that share the reading of a table */
} Compiler;

static int32_t code_count(const Feature *f) { return f->missing_code + 1; }

static int satisfies(const Compiler *c, const Slot *s, int32_t code)
{
    const Feature *f = c->p->features + s->feature;
    if (code == f->missing_code) return s->missing;
    if (f->is_category) return (((uint32_t *)c->words.data)[s->words + code / 32] >> (code % 32)) & 1u;
    return s->low <= code && code <= s->high;
}

/* Classes of one feature's codes that no leaf of the plan tells apart. Returns -1 without memory, 1 where there
 * are too many. */
static int find_classes(Compiler *c, Axis *axis, int64_t first, int64_t last, int64_t most)
{
    const Feature *f = c->p->features + axis->feature;
    int32_t codes = code_count(f);
    c->members.used = 0;
    const Leaf *leaves = c->leaves.data;
    const Slot *slots = c->slots.data;
    for (int64_t k = first; k < last; k++)
        for (int32_t j = 0; j < leaves[k].n_slots; j++)
            if (slots[leaves[k].first_slot + j].feature == axis->feature) {
                int64_t *m = list_extend(&c->members, 1);
                if (!m) return -1;
                *m = leaves[k].first_slot + j;
            }
    int64_t n = c->members.used, width = (n + 63) / 64;
    const int64_t *members = c->members.data;
    memset(c->marked, f->is_category ? 1 : 0, (size_t)codes);
    c->marked[0] = c->marked[f->missing_code] = 1;
    if (!f->is_category)
        for (int64_t k = 0; k < n; k++) {
            const Slot *s = slots + members[k];
            c->marked[s->low] = 1;
            c->marked[s->high + 1] = 1;
        }
    axis->first_code = c->classes.used;
    axis->first_representative = c->representatives.used;
    axis->n_classes = axis->n_changes = 0;
    uint16_t *class_of = list_extend(&c->classes, codes);
    if (!class_of) return -1;
    c->signatures.used = 0;
    for (int32_t code = 0; code < codes; code++) {
        if (!c->marked[code]) {
            class_of[code] = class_of[code - 1];
            continue;
        }
        c->signatures.used = axis->n_classes * width;
        uint64_t *signature = list_extend(&c->signatures, width);
        if (!signature) return -1;
        memset(signature, 0, (size_t)width * 8);
        for (int64_t k = 0; k < n; k++)
            if (satisfies(c, slots + members[k], code)) signature[k / 64] |= (uint64_t)1 << (k % 64);
        int32_t same = 0;
        while (same < axis->n_classes && memcmp((uint64_t *)c->signatures.data + same * width, signature, (size_t)width * 8))
            same++;
        if (same == axis->n_classes) {
            if (axis->n_classes == most) return 1;
            int32_t *representative = list_extend(&c->representatives, 1);
            if (!representative) return -1;
            *representative = code;
            axis->n_classes++;
        }
        class_of[code] = (uint16_t)same;
        if (code && class_of[code] != class_of[code - 1]) axis->n_changes++;
    }
    return 0;
}

static int by_feature(const void *a, const void *b) { return ((const Axis *)a)->feature - ((const Axis *)b)->feature; }

#define MOST_STEPS 6 /* changes of class along the codes that are cheaper to compare than to look up */

/* The axes of the group of leaves [first, last), and its price in processor cycles a row. The constants are fits
 * to the timings of tests/benchmarks/explain; they choose among equal results and change none. -1 without memory. */
static double plan(Compiler *c, int64_t first, int64_t last)
{
    c->axes.used = c->classes.used = c->representatives.used = 0;
    const Leaf *leaves = c->leaves.data;
    const Slot *slots = c->slots.data;
    int lacks_memory = 0, too_large = 0;
    for (int64_t k = first; k < last && !lacks_memory && !too_large; k++)
        for (int32_t j = 0; j < leaves[k].n_slots; j++) {
            int32_t feature = slots[leaves[k].first_slot + j].feature;
            if (c->local[feature] >= 0) continue;
            c->local[feature] = 0;
            Axis *axis = list_extend(&c->axes, 1);
            if (!axis) { lacks_memory = 1; break; }
            axis->feature = feature;
            /* Every feature of a plan has two classes at least. */
            if (c->axes.used > 16) { too_large = 1; break; }
        }
    Axis *axes = c->axes.data;
    int32_t n = (int32_t)c->axes.used;
    for (int32_t k = 0; k < n; k++) c->local[axes[k].feature] = -1;
    if (lacks_memory) return -1.0;
    if (too_large) return NO_PLAN;
    if (n) qsort(axes, (size_t)n, sizeof(Axis), by_feature);
    int64_t cells = 1;
    double index_cost = 0.3;
    for (int32_t k = 0; k < n; k++) {
        int failed = find_classes(c, axes + k, first, last, MOST_CELLS / cells);
        if (failed) return failed < 0 ? -1.0 : NO_PLAN;
        cells *= axes[k].n_classes;
        index_cost += axes[k].n_changes > MOST_STEPS ? 1.5 : 0.15 * axes[k].n_changes;
    }
    double fours = (n + 4) / 4, lines = (double)((n + 4) / 4 * 4) / 8.0;
    double bytes = (double)cells * fours * 32.0;
    double read = 1.2 * fours + 0.35 * (n + 1);
    if (bytes > 20e3) read += 1.0 * lines;
    if (bytes > 400e3) read += 5.0 * lines;
    return index_cost + read + bytes / (6.0 * c->block);
}

static double direct_cost(const Leaf *leaf)
{
    double m = leaf->n_slots;
    return 4.0 * m + 0.8 * m * m;
}

/* ------------------------------------------------------------------ tables */

/* Contributions of one leaf whose path reads m features, for LANES patterns of satisfied ones side by side:
 * value (o_i - z_i) times the integral over y of the product over j != i of z_j (1 - y) + o_j y.
 * satisfied and result hold m rows of LANES; scratch holds 2 m + 1 of them. */
#define LANES 4
typedef double Lanes __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

static CLONES void leaf_contributions(const Program *p, int32_t m, const double *share, const double *satisfied_lanes,
                                      double value, double *result_lanes, double *scratch)
{
    int32_t n = (m + 1) / 2;
    const double *node = p->nodes + (int64_t)n * (n - 1) / 2, *weight = p->weights + (int64_t)n * (n - 1) / 2;
    const Lanes *satisfied = (const Lanes *)satisfied_lanes;
    Lanes *result = (Lanes *)result_lanes, *factor = (Lanes *)scratch, *after = (Lanes *)scratch + m;
    memset(result, 0, (size_t)m * sizeof(Lanes));
    for (int32_t q = 0; q < n; q++) {
        double y = node[q];
        for (int32_t j = 0; j < m; j++) factor[j] = share[j] * (1.0 - y) + satisfied[j] * y;
        after[m] = (Lanes){0} + 1.0;
        for (int32_t j = m; j > 0; j--) after[j - 1] = after[j] * factor[j - 1];
        Lanes before = (Lanes){0} + weight[q];
        for (int32_t i = 0; i < m; i++) {
            result[i] += before * after[i + 1];
            before *= factor[i];
        }
    }
    for (int32_t i = 0; i < m; i++) result[i] *= value * (satisfied[i] - share[i]);
}

/* Add one tree's leaves [first, last) to a table whose axes are `axes`. */
static int add_leaves(Compiler *c, const Axis *axes, int32_t n_axes, const int32_t *representatives, int64_t cells,
                      int32_t stride, double *table, int64_t first, int64_t last)
{
    const Leaf *leaves = c->leaves.data;
    const Slot *slots = c->slots.data;
    uint32_t *pattern = malloc((size_t)cells * sizeof(uint32_t));
    double *contributions = NULL;
    int64_t room = 0;
    int failed = pattern == NULL;
    for (int64_t k = first; k < last && !failed; k++) {
        const Leaf *leaf = leaves + k;
        const Slot *path = slots + leaf->first_slot;
        int32_t m = leaf->n_slots, column[16];
        uint32_t full = ((uint32_t)1 << m) - 1u;
        int64_t patterns = (int64_t)1 << m;
        if (patterns * m > room) {
            free(contributions);
            room = patterns * m;
            contributions = malloc((size_t)room * sizeof(double));
            if (!contributions) { failed = 1; break; }
        }
        double share[16], satisfied[16 * LANES], result[16 * LANES], scratch[34 * LANES];
        for (int32_t j = 0; j < m; j++) share[j] = path[j].share;
        for (int64_t o = 0; o < patterns; o += LANES) {
            for (int32_t j = 0; j < m; j++)
                for (int l = 0; l < LANES; l++) satisfied[j * LANES + l] = (double)(((o + l) >> j) & 1);
            leaf_contributions(c->p, m, share, satisfied, leaf->value, result, scratch);
            for (int l = 0; l < LANES && o + l < patterns; l++)
                for (int32_t j = 0; j < m; j++) contributions[(o + l) * m + j] = result[j * LANES + l];
        }
        int64_t filled = 1;
        pattern[0] = 0;
        for (int32_t a = 0; a < n_axes; a++) {
            int32_t j = 0;
            while (j < m && path[j].feature != axes[a].feature) j++;
            if (j < m) column[j] = a + 1;
            for (int32_t v = axes[a].n_classes - 1; v >= 0; v--) {
                uint32_t bit = 0;
                if (j < m) bit = (uint32_t)satisfies(c, path + j, representatives[axes[a].first_representative + v]) << j;
                for (int64_t i = 0; i < filled; i++) pattern[v * filled + i] = pattern[i] | bit;
                /* v = 0 comes last, so the patterns that the others start from are still whole. */
            }
            filled *= axes[a].n_classes;
        }
        for (int64_t cell = 0; cell < cells; cell++) {
            double *at = table + cell * stride;
            const double *from = contributions + (int64_t)pattern[cell] * m;
            if (pattern[cell] == full) at[0] += leaf->stored;
            for (int32_t j = 0; j < m; j++) at[column[j]] += from[j];
        }
    }
    free(pattern);
    free(contributions);
    return failed ? -1 : 0;
}

/* Add a tree's own table to that of a group of several trees, whose classes are finer. */
static int spread(const Axis *axes, int32_t n_axes, const int32_t *representatives, int64_t cells,
                  int32_t stride, double *table, const Axis *own, int32_t n_own, const uint16_t *own_classes,
                  int32_t own_stride, const double *own_table)
{
    int64_t *source = malloc((size_t)cells * sizeof(int64_t));
    if (!source) return -1;
    int64_t filled = 1, own_cells[17];
    int32_t column[17];
    own_cells[0] = 1;
    for (int32_t a = 0; a < n_own; a++) own_cells[a + 1] = own_cells[a] * own[a].n_classes;
    source[0] = 0;
    for (int32_t a = 0; a < n_axes; a++) {
        int32_t o = 0;
        while (o < n_own && own[o].feature != axes[a].feature) o++;
        if (o < n_own) column[o] = a + 1;
        for (int32_t v = axes[a].n_classes - 1; v >= 0; v--) {
            int64_t move = 0;
            if (o < n_own) {
                int32_t code = representatives[axes[a].first_representative + v];
                move = own_classes[own[o].first_code + code] * own_cells[o];
            }
            for (int64_t i = 0; i < filled; i++) source[v * filled + i] = source[i] + move;
        }
        filled *= axes[a].n_classes;
    }
    for (int64_t cell = 0; cell < cells; cell++) {
        double *at = table + cell * stride;
        const double *from = own_table + source[cell] * own_stride;
        at[0] += from[0];
        for (int32_t o = 0; o < n_own; o++) at[column[o]] += from[o + 1];
    }
    free(source);
    return 0;
}

typedef struct { List groups, columns, steps, maps, entries, tables; } Output;

static int32_t table_stride(int32_t n_axes) { return (n_axes + 4) / 4 * 4; }

static double *new_table(List *tables, int64_t doubles)
{
    double *table = list_extend(tables, doubles);
    if (table) memset(table, 0, (size_t)doubles * sizeof(double));
    return table;
}

static int32_t coded_column(const Program *p, int32_t feature)
{
    int32_t low = 0, high = p->n_coded;
    while (low + 1 < high) {
        int32_t middle = (low + high) / 2;
        if (p->coded[middle] <= feature) low = middle;
        else high = middle;
    }
    return low;
}

static int add_map(Output *out, int32_t column, const uint16_t *classes, int32_t codes, int64_t step)
{
    Map *map = list_extend(&out->maps, 1);
    if (!map) return -1;
    map->column = column;
    map->first_entry = out->entries.used;
    uint16_t *entry = list_extend(&out->entries, codes);
    if (!entry) return -1;
    for (int32_t code = 0; code < codes; code++) entry[code] = (uint16_t)(classes[code] * step);
    return 0;
}

static int build_direct(Compiler *c, Output *out, int64_t at)
{
    const Leaf *leaf = (Leaf *)c->leaves.data + at;
    const Slot *path = (Slot *)c->slots.data + leaf->first_slot;
    Program *p = c->p;
    Group *g = list_extend(&out->groups, 1);
    if (!g) return -1;
    memset(g, 0, sizeof(Group));
    g->is_direct = 1;
    g->n_features = g->n_maps = leaf->n_slots;
    g->first_column = out->columns.used;
    g->first_map = out->maps.used;
    g->first_step = out->steps.used;
    g->first_double = out->tables.used;
    if (leaf->n_slots > p->most_direct) p->most_direct = leaf->n_slots;
    double *table = new_table(&out->tables, (leaf->n_slots + 2 + 3) / 4 * 4);
    int32_t *column = list_extend(&out->columns, leaf->n_slots);
    if (!table || !column) return -1;
    table[0] = leaf->value;
    table[1] = leaf->stored;
    for (int32_t j = 0; j < leaf->n_slots; j++) {
        int32_t codes = code_count(p->features + path[j].feature);
        table[2 + j] = path[j].share;
        column[j] = path[j].feature;
        uint16_t *satisfied = malloc((size_t)codes * sizeof(uint16_t));
        if (!satisfied) return -1;
        for (int32_t code = 0; code < codes; code++) satisfied[code] = (uint16_t)satisfies(c, path + j, code);
        int failed = add_map(out, coded_column(p, path[j].feature), satisfied, codes, 1);
        free(satisfied);
        if (failed) return -1;
    }
    return 0;
}

static int build_group(Compiler *c, Output *out, int64_t first, int64_t last)
{
    double cost = plan(c, first, last);
    if (cost < 0.0) return -1;
    Program *p = c->p;
    int32_t n = (int32_t)c->axes.used, stride = table_stride(n);
    Group *g = list_extend(&out->groups, 1);
    if (!g) return -1;
    memset(g, 0, sizeof(Group));
    g->n_features = n;
    g->stride = stride;
    g->first_column = out->columns.used;
    g->first_step = out->steps.used;
    g->first_map = out->maps.used;
    g->first_double = out->tables.used;
    int64_t cells = 1, start = 0;
    for (int32_t a = 0; a < n; a++) {
        const Axis *axis = (Axis *)c->axes.data + a;
        const uint16_t *classes = (uint16_t *)c->classes.data + axis->first_code;
        int32_t codes = code_count(p->features + axis->feature), column = coded_column(p, axis->feature);
        int32_t *group_column = list_extend(&out->columns, 1);
        if (!group_column) return -1;
        *group_column = axis->feature;
        g->is_wide |= codes > 256;
        if (axis->n_changes > MOST_STEPS) {
            if (add_map(out, column, classes, codes, cells)) return -1;
            g->n_maps++;
        } else {
            start += classes[0] * cells;
            for (int32_t code = 1; code < codes; code++) {
                if (classes[code] == classes[code - 1]) continue;
                Step *step = list_extend(&out->steps, 1);
                if (!step) return -1;
                step->column = column;
                step->from = code;
                step->delta = (int32_t)(((int64_t)classes[code] - classes[code - 1]) * cells);
                g->n_steps++;
            }
        }
        cells *= axis->n_classes;
    }
    g->index_start = (int32_t)start;
    g->cells = cells;
    g->is_wide |= cells > 256;
    double *table = new_table(&out->tables, cells * stride);
    if (!table) return -1;
    const Leaf *leaves = c->leaves.data;
    if (leaves[first].tree == leaves[last - 1].tree)
        return add_leaves(c, c->axes.data, n, c->representatives.data, cells, stride, table, first, last);
    /* Several trees: each into a table of its own first, which is small, then spread over the finer cells. */
    Axis *axes = malloc((size_t)(n ? n : 1) * sizeof(Axis));
    int32_t *representatives = malloc((size_t)(c->representatives.used + 1) * sizeof(int32_t));
    int failed = !axes || !representatives;
    if (!failed) {
        memcpy(axes, c->axes.data, (size_t)n * sizeof(Axis));
        memcpy(representatives, c->representatives.data, (size_t)c->representatives.used * sizeof(int32_t));
    }
    for (int64_t from = first; from < last && !failed;) {
        int64_t to = from + 1;
        while (to < last && leaves[to].tree == leaves[from].tree) to++;
        double own_cost = plan(c, from, to);
        int32_t own_n = (int32_t)c->axes.used, own_stride = table_stride(own_n);
        int64_t own_cells = 1;
        for (int32_t a = 0; a < own_n; a++) own_cells *= ((Axis *)c->axes.data)[a].n_classes;
        double *own = own_cost < 0.0 ? NULL : calloc((size_t)(own_cells * own_stride), sizeof(double));
        failed = own == NULL
                 || add_leaves(c, c->axes.data, own_n, c->representatives.data, own_cells, own_stride, own, from, to)
                 || spread(axes, n, representatives, cells, stride, table, c->axes.data, own_n, c->classes.data,
                           own_stride, own);
        free(own);
        from = to;
    }
    free(axes);
    free(representatives);
    return failed ? -1 : 0;
}

/* ------------------------------------------------------------------ grouping */

typedef struct {
    int32_t n_trees;
    const int32_t *node_offset, *leaf_offset, *feature, *cut, *words, *left, *right;
    const uint8_t *missing_left;
    const double *left_share, *right_share, *value, *stored;
} Trees;

static int add_slot(Compiler *c, Leaf *leaf, const Trees *t, int32_t node, int is_left)
{
    int32_t feature = t->feature[node];
    const Feature *f = c->p->features + feature;
    Slot *path = (Slot *)c->slots.data + leaf->first_slot;
    int32_t j = 0;
    while (j < leaf->n_slots && path[j].feature != feature) j++;
    int64_t width = f->is_category ? (f->missing_code + 31) / 32 : 0;
    if (j == leaf->n_slots) {
        Slot *fresh = list_extend(&c->slots, 1);
        if (!fresh) return -1;
        path = (Slot *)c->slots.data + leaf->first_slot;
        leaf->n_slots++;
        fresh->feature = feature;
        fresh->low = 0;
        fresh->high = f->missing_code - 1;
        fresh->missing = 1;
        fresh->share = 1.0;
        fresh->words = c->words.used;
        uint32_t *bits = list_extend(&c->words, width);
        if (width && !bits) return -1;
        if (width) memset(bits, 0xff, (size_t)width * sizeof(uint32_t));
    }
    Slot *s = path + j;
    s->share *= is_left ? t->left_share[node] : t->right_share[node];
    s->missing &= is_left ? t->missing_left[node] : !t->missing_left[node];
    if (f->is_category) {
        uint32_t *bits = (uint32_t *)c->words.data + s->words;
        for (int64_t w = 0; w < width; w++) {
            uint32_t in_left = w < t->words[node] ? c->category_words[t->cut[node] + w] : 0u;
            bits[w] &= is_left ? in_left : ~in_left;
        }
    } else if (is_left) {
        if (t->cut[node] < s->high) s->high = t->cut[node];
    } else if (t->cut[node] + 1 > s->low) {
        s->low = t->cut[node] + 1;
    }
    /* A path that no number can take: an empty interval whose ends stay within the codes. */
    if (!f->is_category && s->low > s->high) s->low = s->high + 1;
    return 0;
}

/* Leaves of one tree in the order from left to right, and the cheapest groups of whole subtrees. */
static double plan_tree(Compiler *c, const Trees *t, int32_t tree)
{
    int32_t node0 = t->node_offset[tree], n_nodes = t->node_offset[tree + 1] - node0;
    int32_t leaf0 = t->leaf_offset[tree], n_leaves = t->leaf_offset[tree + 1] - leaf0;
    int64_t base = c->leaves.used;
    Leaf *leaves = list_extend(&c->leaves, n_leaves);
    if (!leaves) return -1.0;
    size_t room = (size_t)(n_nodes ? n_nodes : 1);
    int32_t *count = malloc(room * 4), *first = malloc(room * 4), *parent = malloc(room * 4);
    int32_t *leaf_parent = malloc((size_t)n_leaves * 4), *stack = malloc((room + 1) * 4);
    double *best = malloc(room * sizeof(double)), *leaf_cost = malloc((size_t)n_leaves * sizeof(double));
    uint8_t *whole = malloc(room);
    double cost = -1.0;
    if (!count || !first || !parent || !leaf_parent || !stack || !best || !leaf_cost || !whole) goto done;
    const int32_t *left = t->left + node0, *right = t->right + node0;
    /* A child's number is above its parent's: program.py has checked it. */
    for (int32_t k = n_nodes - 1; k >= 0; k--)
        count[k] = (left[k] < 0 ? 1 : count[left[k]]) + (right[k] < 0 ? 1 : count[right[k]]);
    if (n_nodes) { first[0] = 0; parent[0] = -1; }
    else {
        memset(leaves, 0, sizeof(Leaf));
        leaves[0].value = t->value[leaf0];
        leaves[0].stored = t->stored[leaf0];
        leaves[0].first_slot = c->slots.used;
        leaves[0].tree = tree;
    }
    for (int32_t k = 0; k < n_nodes; k++) {
        int32_t on_left = left[k] < 0 ? 1 : count[left[k]];
        for (int side = 0; side < 2; side++) {
            int32_t child = side ? right[k] : left[k], at = first[k] + (side ? on_left : 0);
            if (child >= 0) {
                first[child] = at;
                parent[child] = k;
                continue;
            }
            Leaf *leaf = (Leaf *)c->leaves.data + base + at;
            leaf_parent[at] = k;
            leaf->n_slots = 0;
            leaf->tree = tree;
            leaf->value = t->value[leaf0 + ~child];
            leaf->stored = t->stored[leaf0 + ~child];
            leaf->first_slot = c->slots.used;
            int32_t below = child;
            for (int32_t up = k; up >= 0; up = parent[up]) {
                if (add_slot(c, leaf, t, node0 + up, left[up] == below)) goto done;
                below = up;
            }
        }
    }
    for (int32_t k = 0; k < n_leaves; k++) {
        const Leaf *leaf = (Leaf *)c->leaves.data + base + k;
        leaf_cost[k] = plan(c, base + k, base + k + 1);
        if (leaf_cost[k] < 0.0) goto done;
        if (leaf->n_slots && leaf_cost[k] > direct_cost(leaf)) leaf_cost[k] = direct_cost(leaf);
    }
    for (int32_t k = n_nodes - 1; k >= 0; k--) {
        double own = plan(c, base + first[k], base + first[k] + count[k]);
        if (own < 0.0) goto done;
        int32_t on_left = left[k] < 0 ? 1 : count[left[k]];
        double parts = (left[k] < 0 ? leaf_cost[first[k]] : best[left[k]])
                       + (right[k] < 0 ? leaf_cost[first[k] + on_left] : best[right[k]]);
        whole[k] = own <= parts;
        best[k] = whole[k] ? own : parts;
    }
    cost = n_nodes ? best[0] : leaf_cost[0];
    int32_t depth = 0;
    stack[depth++] = n_nodes ? 0 : ~0;
    while (depth) {
        int32_t k = stack[--depth];
        if (k >= 0 && !whole[k]) {
            /* Leaves are named by their place from left to right here. */
            int32_t on_left = left[k] < 0 ? 1 : count[left[k]];
            stack[depth++] = right[k] < 0 ? ~(first[k] + on_left) : right[k];
            stack[depth++] = left[k] < 0 ? ~first[k] : left[k];
            continue;
        }
        Part *part = list_extend(&c->parts, 1);
        if (!part) { cost = -1.0; goto done; }
        part->first = base + (k < 0 ? ~k : first[k]);
        part->last = part->first + (k < 0 ? 1 : count[k]);
        part->cost = k < 0 ? leaf_cost[~k] : best[k];
    }
done:
    free(count); free(first); free(parent); free(leaf_parent); free(stack); free(best); free(leaf_cost); free(whole);
    return cost;
}

/* The cheapest groups of trees [first, last), which read like features: one table, or those of each half. */
static double plan_bundle(Compiler *c, const Trees *t, int32_t first, int32_t last)
{
    if (last - first == 1) return plan_tree(c, t, first);
    int64_t leaves = c->leaves.used, parts = c->parts.used;
    int32_t middle = first + (last - first) / 2;
    double one = plan_bundle(c, t, first, middle);
    if (one < 0.0) return -1.0;
    double other = plan_bundle(c, t, middle, last);
    if (other < 0.0) return -1.0;
    double merged = plan(c, leaves, c->leaves.used);
    if (merged < 0.0) return -1.0;
    if (merged > one + other) return one + other;
    c->parts.used = parts;
    Part *part = list_extend(&c->parts, 1);
    if (!part) return -1.0;
    part->first = leaves;
    part->last = c->leaves.used;
    part->cost = merged;
    return merged;
}

/* ------------------------------------------------------------------ running */

static ALWAYS_INLINE double read_double(const char *at)
{
    double value;
    memcpy(&value, at, sizeof value);
    return value;
}

static ALWAYS_INLINE Four load_four(const double *at)
{
    Four value;
    memcpy(&value, at, sizeof value);
    return value;
}

static ALWAYS_INLINE void add_four(double *at, Four more)
{
    Four value;
    memcpy(&value, at, sizeof value);
    value += more;
    memcpy(at, &value, sizeof value);
}

/* A leaf whose path reads too many features for a table; memory holds 4 m + 2 rows of LANES. */
static ALWAYS_INLINE void add_direct(const Program *p, const Group *g, const uint16_t *codes, Py_ssize_t block, double *memory,
                                     double **columns, double *raw, Py_ssize_t n, int with_contributions)
{
    const double *table = p->tables + g->first_double;
    int32_t m = g->n_features;
    double *satisfied = memory, *result = memory + m * LANES, *scratch = memory + 2 * m * LANES;
    for (Py_ssize_t r = 0; r < n; r += LANES) {
        int rows = n - r < LANES ? (int)(n - r) : LANES, all[LANES];
        for (int l = 0; l < LANES; l++) all[l] = l < rows;
        for (int32_t j = 0; j < m; j++) {
            const Map *map = p->maps + g->first_map + j;
            for (int l = 0; l < LANES; l++) {
                uint16_t is = l < rows ? p->entries[map->first_entry + codes[map->column * block + r + l]] : 0;
                satisfied[j * LANES + l] = is;
                all[l] &= is;
            }
        }
        for (int l = 0; l < rows; l++)
            if (all[l]) raw[r + l] += table[1];
        if (!with_contributions) continue;
        leaf_contributions(p, m, table + 2, satisfied, table[0], result, scratch);
        for (int32_t j = 0; j < m; j++) {
            double *column = columns[p->group_columns[g->first_column + j]] + r;
            for (int l = 0; l < rows; l++) column[l] += result[j * LANES + l];
        }
    }
}

#define INTEGER uint8_t
#define NAME(x) x##_narrow
#include "_cells_run.h"
#undef INTEGER
#undef NAME
#define INTEGER uint16_t
#define NAME(x) x##_wide
#include "_cells_run.h"

/* Codes of one feature: the number of thresholds below the value, by a search without branches, eight rows at
 * a time so that their loads overlap. */
static ALWAYS_INLINE void code_block(const Feature *f, const char *value, Py_ssize_t step, uint16_t *restrict code,
                                     Py_ssize_t n)
{
    const double *restrict threshold = f->thresholds;
    for (Py_ssize_t r = 0; r < n; r += 8) {
        int m = n - r < 8 ? (int)(n - r) : 8;
        double x[8];
        for (int k = 0; k < 8; k++) {
            double v = k < m ? read_double(value + (r + k) * step) : 0.0;
            x[k] = fabs(v) <= FLUSHED_TO_ZERO ? 0.0 : v;
        }
        if (f->is_category) {
            for (int k = 0; k < m; k++)
                code[r + k] = (uint16_t)(x[k] > -1.0 && x[k] < (double)f->missing_code ? (int32_t)x[k] : f->missing_code);
            continue;
        }
        int32_t at[8] = {0, 0, 0, 0, 0, 0, 0, 0};
        for (int32_t half = f->half; half; half >>= 1)
            for (int k = 0; k < 8; k++) at[k] += threshold[at[k] + half - 1] < x[k] ? half : 0;
        for (int k = 0; k < m; k++) code[r + k] = (uint16_t)(x[k] != x[k] ? f->missing_code : at[k]);
    }
}

static ALWAYS_INLINE void narrow(const uint16_t *restrict code, uint8_t *restrict to, Py_ssize_t n)
{
    for (Py_ssize_t r = 0; r < n; r++) to[r] = (uint8_t)code[r];
}

typedef struct {
    uint16_t *codes, *index;            /* codes: one column of `block` rows a coded feature */
    uint8_t *narrow_codes, *narrow_index;
    double *direct, **columns;
} Scratch;

static CLONES void run_block(const Program *p, const char *const *values, const Py_ssize_t *steps, Py_ssize_t row,
                             Py_ssize_t block, Py_ssize_t n, const Scratch *s, double *raw, int with_contributions)
{
    for (int32_t c = 0; c < p->n_coded; c++) {
        int32_t feature = p->coded[c];
        code_block(p->features + feature, values[feature] + row * steps[feature], steps[feature], s->codes + c * block, n);
        narrow(s->codes + c * block, s->narrow_codes + c * block, n);
    }
    for (int32_t k = 0; k < p->n_groups; k++) {
        const Group *g = p->groups + k;
        if (g->is_direct) {
            add_direct(p, g, s->codes, block, s->direct, s->columns, raw, n, with_contributions);
        } else if (g->is_wide) {
            index_block_wide(p, g, s->codes, s->index, block, n);
            if (with_contributions) add_group_wide(p, g, s->index, s->columns, raw, n);
            else add_scores_wide(p, g, s->index, raw, n);
        } else {
            index_block_narrow(p, g, s->narrow_codes, s->narrow_index, block, n);
            if (with_contributions) add_group_narrow(p, g, s->narrow_index, s->columns, raw, n);
            else add_scores_narrow(p, g, s->narrow_index, raw, n);
        }
    }
}

/* Rows a block: what a table costs to fetch is shared by them, what they accumulate should stay near. */
static Py_ssize_t block_rows(const Program *p)
{
    if (p->n_doubles < 64 * 1024) return 256;
    if (p->n_doubles < 512 * 1024) return 512;
    return p->n_doubles < 2 * 1024 * 1024 ? 1024 : 4096;
}

/* ------------------------------------------------------------------ Python */

static void program_free(Program *p)
{
    if (p->features)
        for (int32_t f = 0; f < p->n_features; f++) free(p->features[f].thresholds);
    free(p->features); free(p->coded); free(p->groups); free(p->group_columns); free(p->steps); free(p->maps);
    free(p->entries); free(p->tables_memory); free(p->nodes); free(p->weights);
    PyTypeObject *type = Py_TYPE(p);
    type->tp_free((PyObject *)p);
    Py_DECREF(type);
}

static int has_items(const Py_buffer *b, Py_ssize_t items, size_t size)
{
    if (b->len == items * (Py_ssize_t)size) return 1;
    PyErr_Format(PyExc_ValueError, "an array has %zd bytes, not %zd", b->len, items * (Py_ssize_t)size);
    return 0;
}

static void *copied(const void *data, size_t bytes)
{
    void *copy = malloc(bytes ? bytes : 1);
    if (copy && bytes) memcpy(copy, data, bytes);
    return copy;
}

static int take_features(Program *p, const int32_t *offset, const double *thresholds, const int32_t *categories)
{
    p->features = calloc((size_t)(p->n_features ? p->n_features : 1), sizeof(Feature));
    p->coded = malloc((size_t)(p->n_features ? p->n_features : 1) * sizeof(int32_t));
    if (!p->features || !p->coded) return -1;
    for (int32_t k = 0; k < p->n_features; k++) {
        Feature *f = p->features + k;
        int32_t n = offset[k + 1] - offset[k];
        f->is_category = categories[k] > 0;
        f->missing_code = f->is_category ? categories[k] : n + 1;
        f->half = 1;
        while (2 * f->half - 1 < n) f->half *= 2;
        int32_t padded = 2 * f->half - 1;
        f->thresholds = malloc((size_t)padded * sizeof(double));
        if (!f->thresholds) return -1;
        for (int32_t j = 0; j < padded; j++) f->thresholds[j] = j < n ? thresholds[offset[k] + j] : HUGE_VAL;
        if (n || f->is_category) p->coded[p->n_coded++] = k;
    }
    return 0;
}

static int compile_into(Program *p, const Trees *trees, const int32_t *bundles, int32_t n_bundles, const uint32_t *words,
                        double block)
{
    Compiler c = {.p = p, .category_words = words, .block = block};
    Output out = {.groups = {.size = sizeof(Group)}, .columns = {.size = 4}, .steps = {.size = sizeof(Step)},
                  .maps = {.size = sizeof(Map)}, .entries = {.size = 2}, .tables = {.size = 8}};
    c.leaves.size = sizeof(Leaf); c.slots.size = sizeof(Slot); c.words.size = 4; c.parts.size = sizeof(Part);
    c.axes.size = sizeof(Axis); c.classes.size = 2; c.representatives.size = 4; c.members.size = 8; c.signatures.size = 8;
    int32_t most_codes = 1;
    for (int32_t k = 0; k < p->n_features; k++)
        if (code_count(p->features + k) > most_codes) most_codes = code_count(p->features + k);
    c.marked = malloc((size_t)most_codes + 1);
    c.local = malloc((size_t)(p->n_features ? p->n_features : 1) * sizeof(int32_t));
    int failed = !c.marked || !c.local;
    for (int32_t k = 0; k < p->n_features && !failed; k++) c.local[k] = -1;
    for (int32_t k = 0; k < n_bundles && !failed; k++) failed = plan_bundle(&c, trees, bundles[k], bundles[k + 1]) < 0.0;
    for (int64_t k = 0; k < c.parts.used && !failed; k++) {
        const Part *part = (Part *)c.parts.data + k;
        const Leaf *leaf = (Leaf *)c.leaves.data + part->first;
        int is_direct = part->last - part->first == 1 && leaf->n_slots && plan(&c, part->first, part->last) > direct_cost(leaf);
        failed = is_direct ? build_direct(&c, &out, part->first) : build_group(&c, &out, part->first, part->last);
    }
    p->n_groups = (int32_t)out.groups.used;
    p->n_doubles = out.tables.used;
    p->groups = out.groups.data; p->group_columns = out.columns.data; p->steps = out.steps.data; p->maps = out.maps.data;
    p->entries = out.entries.data;
    if (!failed) {
        /* Cells begin at whole quarters of a cache line. */
        p->tables_memory = malloc((size_t)out.tables.used * 8 + 64);
        failed = p->tables_memory == NULL;
        if (!failed) {
            p->tables = (double *)(((uintptr_t)p->tables_memory + 63) & ~(uintptr_t)63);
            if (out.tables.used) memcpy(p->tables, out.tables.data, (size_t)out.tables.used * 8);
        }
    }
    free(out.tables.data);
    free(c.leaves.data); free(c.slots.data); free(c.words.data); free(c.parts.data); free(c.axes.data);
    free(c.classes.data); free(c.representatives.data); free(c.members.data); free(c.signatures.data);
    free(c.marked); free(c.local);
    return failed ? -1 : 0;
}

static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"n_features", "threshold_offset", "thresholds", "categories", "node_offset", "leaf_offset",
                            "feature", "cut", "words", "missing_left", "left", "right", "left_share", "right_share",
                            "category_words", "value", "stored", "bundles", "nodes", "weights", "block", NULL};
    int n_features;
    double block;
    Py_buffer b[19];
    memset(b, 0, sizeof b);
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "iy*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*d", names, &n_features, b, b + 1, b + 2,
                                     b + 3, b + 4, b + 5, b + 6, b + 7, b + 8, b + 9, b + 10, b + 11, b + 12, b + 13, b + 14,
                                     b + 15, b + 16, b + 17, b + 18, &block))
        return NULL;
    Program *p = NULL;
    Py_ssize_t trees = b[3].len / 4 - 1, nodes = b[5].len / 4, leaves = b[14].len / 8;
    const int32_t *threshold_offset = b[0].buf;
    if (n_features < 0 || trees < 0 || !has_items(b, n_features + 1, 4) || !has_items(b + 2, n_features, 4)
        || !has_items(b + 1, threshold_offset[n_features], 8) || !has_items(b + 4, trees + 1, 4)
        || !has_items(b + 6, nodes, 4) || !has_items(b + 7, nodes, 4) || !has_items(b + 8, nodes, 1)
        || !has_items(b + 9, nodes, 4) || !has_items(b + 10, nodes, 4) || !has_items(b + 11, nodes, 8)
        || !has_items(b + 12, nodes, 8) || !has_items(b + 15, leaves, 8) || !has_items(b + 18, b[17].len / 8, 8)) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "there are fewer than no features or trees");
        goto done;
    }
    p = (Program *)type->tp_alloc(type, 0);
    if (!p) goto done;
    p->n_features = n_features;
    p->nodes = copied(b[17].buf, (size_t)b[17].len);
    p->weights = copied(b[18].buf, (size_t)b[18].len);
    Trees t = {.n_trees = (int32_t)trees, .node_offset = b[3].buf, .leaf_offset = b[4].buf, .feature = b[5].buf,
               .cut = b[6].buf, .words = b[7].buf, .missing_left = b[8].buf, .left = b[9].buf, .right = b[10].buf,
               .left_share = b[11].buf, .right_share = b[12].buf, .value = b[14].buf, .stored = b[15].buf};
    int failed = !p->nodes || !p->weights || take_features(p, threshold_offset, b[1].buf, b[2].buf);
    if (!failed) {
        Py_BEGIN_ALLOW_THREADS
        failed = compile_into(p, &t, b[16].buf, (int32_t)(b[16].len / 4 - 1), b[13].buf, block);
        Py_END_ALLOW_THREADS
    }
    if (failed) {
        Py_CLEAR(p);
        PyErr_NoMemory();
    }
done:
    for (int k = 0; k < 19; k++)
        if (b[k].obj) PyBuffer_Release(b + k);
    return (PyObject *)p;
}

/* Columns of doubles with their own steps: one two-dimensional buffer, or a sequence of one-dimensional ones. */
typedef struct { Py_buffer *buffers; int32_t n; const char **at; Py_ssize_t *step; Py_ssize_t rows; } Columns;

static int is_doubles(const Py_buffer *b)
{
    return b->itemsize == 8 && b->format && (!strcmp(b->format, "d") || !strcmp(b->format, "<d") || !strcmp(b->format, "=d"));
}

static void release_columns(Columns *c)
{
    for (int32_t k = 0; k < c->n; k++) PyBuffer_Release(c->buffers + k);
    free(c->buffers); free(c->at); free(c->step);
}

static int take_columns(PyObject *object, int32_t n, Columns *c)
{
    size_t room = (size_t)(n ? n : 1);
    memset(c, 0, sizeof *c);
    c->at = calloc(room, sizeof(char *));
    c->step = calloc(room, sizeof(Py_ssize_t));
    c->buffers = calloc(room, sizeof(Py_buffer));
    if (!c->at || !c->step || !c->buffers) { PyErr_NoMemory(); return -1; }
    if (PyObject_CheckBuffer(object)) {
        if (PyObject_GetBuffer(object, c->buffers, PyBUF_STRIDES | PyBUF_FORMAT)) return -1;
        c->n = 1;
        const Py_buffer *b = c->buffers;
        if (b->ndim != 2 || b->shape[1] != n || !is_doubles(b)) {
            PyErr_Format(PyExc_ValueError, "the matrix must be of float64 with %d columns", (int)n);
            return -1;
        }
        c->rows = b->shape[0];
        for (int32_t k = 0; k < n; k++) {
            c->at[k] = (const char *)b->buf + k * b->strides[1];
            c->step[k] = b->strides[0];
        }
        return 0;
    }
    if (!PyList_Check(object) || PyList_GET_SIZE(object) != n) {
        PyErr_Format(PyExc_ValueError, "rows must be a matrix, or a list of %d columns", (int)n);
        return -1;
    }
    for (int32_t k = 0; k < n; k++) {
        if (PyObject_GetBuffer(PyList_GET_ITEM(object, k), c->buffers + k, PyBUF_STRIDES | PyBUF_FORMAT)) return -1;
        c->n = k + 1;
        const Py_buffer *b = c->buffers + k;
        if (b->ndim != 1 || !is_doubles(b) || (k && b->shape[0] != c->rows)) {
            PyErr_Format(PyExc_ValueError, "column %d must be of float64, as long as the others", (int)k);
            return -1;
        }
        c->rows = b->shape[0];
        c->at[k] = b->buf;
        c->step[k] = b->strides[0];
    }
    return 0;
}

static PyObject *program_run(Program *p, PyObject *args)
{
    PyObject *rows, *contributions;
    Py_buffer raw = {0}, out = {0};
    Py_ssize_t first, last, block;
    Columns in = {0};
    PyObject *result = NULL;
    Scratch s = {0};
    if (!PyArg_ParseTuple(args, "OOw*nnn", &rows, &contributions, &raw, &first, &last, &block)) return NULL;
    if (take_columns(rows, p->n_features, &in)) goto done;
    int with_contributions = contributions != Py_None;
    if (with_contributions && PyObject_GetBuffer(contributions, &out, PyBUF_F_CONTIGUOUS | PyBUF_WRITABLE | PyBUF_FORMAT)) goto done;
    if (first < 0 || last < first || last > in.rows || raw.len != in.rows * 8 || block < 0
        || (with_contributions && (out.ndim != 2 || out.shape[0] != in.rows || out.shape[1] != p->n_features || !is_doubles(&out)))) {
        PyErr_SetString(PyExc_ValueError, "rows, contributions and scores do not fit each other");
        goto done;
    }
    if (!block) block = block_rows(p);
    if (block > last - first) block = last - first ? last - first : 1;
    Py_ssize_t rows_a_block = block;
    block = (block + VECTOR_BYTES - 1) / VECTOR_BYTES * VECTOR_BYTES; /* whole vectors of codes and cells */
    size_t coded = (size_t)block * (size_t)(p->n_coded ? p->n_coded : 1);
    s.codes = calloc(coded * sizeof(uint16_t), 1);
    s.narrow_codes = calloc(coded, 1);
    s.index = calloc((size_t)block * sizeof(uint16_t), 1);
    s.narrow_index = calloc((size_t)block, 1);
    s.direct = malloc((size_t)(4 * p->most_direct + 2) * LANES * sizeof(double));
    s.columns = malloc((size_t)(p->n_features ? p->n_features : 1) * sizeof(double *));
    if (!s.codes || !s.narrow_codes || !s.index || !s.narrow_index || !s.direct || !s.columns) { PyErr_NoMemory(); goto done; }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t row = first; row < last; row += rows_a_block) {
        Py_ssize_t n = last - row < rows_a_block ? last - row : rows_a_block;
        double *score = (double *)raw.buf + row;
        memset(score, 0, (size_t)n * sizeof(double));
        for (int32_t f = 0; with_contributions && f < p->n_features; f++) {
            s.columns[f] = (double *)out.buf + f * in.rows + row;
            memset(s.columns[f], 0, (size_t)n * sizeof(double));
        }
        run_block(p, in.at, in.step, row, block, n, &s, score, with_contributions);
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    free(s.codes); free(s.narrow_codes); free(s.index); free(s.narrow_index); free(s.direct); free(s.columns);
    release_columns(&in);
    if (out.obj) PyBuffer_Release(&out);
    if (raw.obj) PyBuffer_Release(&raw);
    return result;
}

static PyObject *program_describe(Program *p, PyObject *Py_UNUSED(none))
{
    int64_t direct = 0, most = 0, tables = 0;
    for (int32_t k = 0; k < p->n_groups; k++) {
        direct += p->groups[k].is_direct;
        if (p->groups[k].cells > most) most = p->groups[k].cells;
        tables += p->groups[k].n_features;
    }
    return Py_BuildValue("{s:i,s:L,s:L,s:L,s:L,s:n}", "groups", p->n_groups, "direct_leaves", (long long)direct, "largest_cells",
                         (long long)most, "columns", (long long)tables, "bytes", (long long)p->n_doubles * 8, "block",
                         block_rows(p));
}

static PyMethodDef program_methods[] = {
    {"run", (PyCFunction)program_run, METH_VARARGS,
     "run(rows, contributions, raw, first, last, block): fill contributions (or None) and raw for rows first to last."},
    {"describe", (PyCFunction)program_describe, METH_NOARGS, "describe(): sizes of what was compiled."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot program_slots[] = {{Py_tp_new, program_new}, {Py_tp_dealloc, program_free}, {Py_tp_methods, program_methods},
                                      {Py_tp_doc, "Cell tables of a tree ensemble."}, {0, NULL}};
static PyType_Spec program_spec = {"models.kernel._cells.Program", sizeof(Program), 0, Py_TPFLAGS_DEFAULT, program_slots};

static int module_exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &program_spec, NULL);
    if (!type) return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};
static struct PyModuleDef module_definition = {PyModuleDef_HEAD_INIT, "_cells", "Cell tables: see models.kernel.", 0, NULL,
                                               module_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__cells(void) { return PyModuleDef_Init(&module_definition); }
