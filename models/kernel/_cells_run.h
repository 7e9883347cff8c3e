/* One block of rows through one group, for one width of codes and cell indices.
 *
 * Included once per width by _cells.c, which defines INTEGER (of codes and cell indices alike, so that a whole
 * vector of both is compared and moved at once) and NAME(x) (a suffix). Only additions of table entries happen here, in the order of the groups, so a row's result
 * has the same bits whatever block, thread or instruction set it went through.
 */

typedef INTEGER NAME(Vector) __attribute__((vector_size(VECTOR_BYTES)));
#define CELLS_A_VECTOR ((Py_ssize_t)(VECTOR_BYTES / sizeof(INTEGER)))

/* Cells of n rows; whole vectors are written, so that both buffers end at a multiple of VECTOR_BYTES rows. */
static ALWAYS_INLINE void NAME(index_block)(const Program *p, const Group *g, const INTEGER *codes, INTEGER *restrict index,
                                            Py_ssize_t block, Py_ssize_t n)
{
    const Step *first = p->steps + g->first_step, *end = first + g->n_steps;
    for (Py_ssize_t r = 0; r < n; r += CELLS_A_VECTOR) {
        NAME(Vector) cell = (NAME(Vector)){0} + (INTEGER)g->index_start;
        for (const Step *s = first; s < end; s++) {
            NAME(Vector) code;
            memcpy(&code, codes + s->column * block + r, sizeof code);
            cell += (NAME(Vector))(code >= (INTEGER)s->from) & (INTEGER)s->delta;
        }
        memcpy(index + r, &cell, sizeof cell);
    }
    for (int32_t k = 0; k < g->n_maps; k++) {
        const Map *m = p->maps + g->first_map + k;
        const INTEGER *restrict code = codes + m->column * block;
        const uint16_t *restrict entry = p->entries + m->first_entry;
        for (Py_ssize_t r = 0; r < n; r++) index[r] = (INTEGER)(index[r] + entry[code[r]]);
    }
}

/* Four table columns at a time: four rows of four neighbouring doubles are transposed in registers, so that
 * both the table and the accumulators are read and written in whole vectors. `width` (1 to 4) is a constant
 * wherever this is inlined. */
static ALWAYS_INLINE void NAME(add_columns)(double *restrict *column, int width, const double *restrict table,
                                            Py_ssize_t stride, const INTEGER *restrict index, Py_ssize_t n)
{
    Py_ssize_t r = 0;
    for (; r + 4 <= n; r += 4) {
        Four a = load_four(table + (Py_ssize_t)index[r] * stride);
        Four b = load_four(table + (Py_ssize_t)index[r + 1] * stride);
        Four c = load_four(table + (Py_ssize_t)index[r + 2] * stride);
        Four d = load_four(table + (Py_ssize_t)index[r + 3] * stride);
        Four ab_even = EVEN_PAIRS(a, b), ab_odd = ODD_PAIRS(a, b);
        Four cd_even = EVEN_PAIRS(c, d), cd_odd = ODD_PAIRS(c, d);
        add_four(column[0] + r, LOW_HALVES(ab_even, cd_even));
        if (width > 1) add_four(column[1] + r, LOW_HALVES(ab_odd, cd_odd));
        if (width > 2) add_four(column[2] + r, HIGH_HALVES(ab_even, cd_even));
        if (width > 3) add_four(column[3] + r, HIGH_HALVES(ab_odd, cd_odd));
    }
    for (; r < n; r++) {
        const double *cell = table + (Py_ssize_t)index[r] * stride;
        for (int k = 0; k < width; k++) column[k][r] += cell[k];
    }
}

static ALWAYS_INLINE void NAME(add_group)(const Program *p, const Group *g, const INTEGER *index, double **columns,
                                          double *raw, Py_ssize_t n)
{
    const double *table = p->tables + g->first_double;
    int32_t f = 0;
    double *column[4];
    /* Column 0 of a table is the score; the contributions follow. */
    int32_t width = g->n_features + 1;
    for (; f + 4 <= width; f += 4) {
        for (int k = 0; k < 4; k++) column[k] = f + k ? columns[p->group_columns[g->first_column + f + k - 1]] : raw;
        NAME(add_columns)(column, 4, table + f, g->stride, index, n);
    }
    int rest = width - f;
    for (int k = 0; k < rest; k++) column[k] = f + k ? columns[p->group_columns[g->first_column + f + k - 1]] : raw;
    if (rest == 1) NAME(add_columns)(column, 1, table + f, g->stride, index, n);
    else if (rest == 2) NAME(add_columns)(column, 2, table + f, g->stride, index, n);
    else if (rest == 3) NAME(add_columns)(column, 3, table + f, g->stride, index, n);
}

static ALWAYS_INLINE void NAME(add_scores)(const Program *p, const Group *g, const INTEGER *restrict index,
                                           double *restrict raw, Py_ssize_t n)
{
    const double *table = p->tables + g->first_double;
    for (Py_ssize_t r = 0; r < n; r++) raw[r] += table[(Py_ssize_t)index[r] * g->stride];
}

#undef CELLS_A_VECTOR
