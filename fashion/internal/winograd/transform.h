// The kernels for one instruction set; winograd.c includes this file once for each. W is how many floats a vector has, ROWS how many rows of a product are kept in registers, and NAME
// appends the set's name.

typedef float NAME(vector) __attribute__((vector_size(4 * W), aligned(4)));
#define vec NAME(vector)

// A value of a map, [h, w, c], or zeros beyond its border.
#define AT(row, column, k) ((row) >= 0 && (row) < h && (column) >= 0 && (column) < w ? *(const vec *)(map + ((long)(row)*w + (column)) * c + (k)) : (vec){0})

// B^T d of a row or a column of an input tile, in place.
INLINE void NAME(transform_input)(vec *d) {
	vec a = d[4] - 4 * d[2], b = d[3] - 4 * d[1], e = d[4] - d[2], f = 2 * (d[3] - d[1]);
	vec first = 4 * d[0] - 5 * d[2] + d[4], last = 4 * d[1] - 5 * d[3] + d[5];
	d[0] = first, d[1] = a + b, d[2] = a - b, d[3] = e + f, d[4] = e - f, d[5] = last;
}

// A^T m of a row or a column of a transformed tile: four of six.
INLINE void NAME(transform_output)(const vec *m, vec *y) {
	vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
	y[0] = m[0] + a + c, y[1] = b + 2 * d, y[2] = a + 4 * c, y[3] = b + 8 * d + m[5];
}

// A y of a row or a column of a tile of gradients: six of four.
INLINE void NAME(transform_gradient)(const vec *y, vec *m) {
	vec a = y[0] + y[2], b = y[1] + y[3], c = y[0] + 4 * y[2], d = 2 * y[1] + 8 * y[3];
	m[0] = y[0], m[1] = a + b, m[2] = a - b, m[3] = c + d, m[4] = c - d, m[5] = y[3];
}

// split_inputs transforms n tiles of x, [b, h, w, c], the first one given, to v: 36 matrices [TILES, c]. Rows beyond n become zeros.
static void NAME(split_inputs)(const float *x, int h, int w, int c, int first, int n, float *v) {
	int columns = tiles(w), rows = tiles(h);
	for (int t = 0; t < n; t++) {
		int tile = first + t, left = tile % columns * 4 - 1, top = tile / columns % rows * 4 - 1;
		const float *map = x + (long)(tile / (columns * rows)) * h * w * c;
		int inside = top >= 0 && left >= 0 && top + 6 <= h && left + 6 <= w;
		for (int k = 0; k < c; k += W) {
			vec d[6][6];
			for (int j = 0; j < 6; j++) {
				if (inside)
					for (int i = 0; i < 6; i++) d[j][i] = *(const vec *)(map + ((long)(top + i) * w + left + j) * c + k);
				else
					for (int i = 0; i < 6; i++) d[j][i] = AT(top + i, left + j, k);
				NAME(transform_input)(d[j]);
			}
			for (int i = 0; i < 6; i++) {
				vec e[6] = {d[0][i], d[1][i], d[2][i], d[3][i], d[4][i], d[5][i]};
				NAME(transform_input)(e);
				for (int j = 0; j < 6; j++) *(vec *)(v + (j * 6 + i) * MATRIX(c) + t * c + k) = e[j];
			}
		}
	}
	for (int i = 0; i < 36; i++) memset(v + i * MATRIX(c) + n * c, 0, (size_t)(TILES - n) * c * sizeof(float));
}

// split_gradients transforms n tiles of the gradient of the output, [b, h, w, c], to e: 36 matrices [TILES, c].
static void NAME(split_gradients)(const float *dy, int h, int w, int c, int first, int n, float *e) {
	int columns = tiles(w), rows = tiles(h);
	for (int t = 0; t < n; t++) {
		int tile = first + t, left = tile % columns * 4, top = tile / columns % rows * 4;
		const float *map = dy + (long)(tile / (columns * rows)) * h * w * c;
		for (int k = 0; k < c; k += W) {
			vec m[4][6];
			for (int j = 0; j < 4; j++) {
				vec d[4] = {AT(top, left + j, k), AT(top + 1, left + j, k), AT(top + 2, left + j, k), AT(top + 3, left + j, k)};
				NAME(transform_gradient)(d, m[j]);
			}
			for (int i = 0; i < 6; i++) {
				vec d[4] = {m[0][i], m[1][i], m[2][i], m[3][i]}, o[6];
				NAME(transform_gradient)(d, o);
				for (int j = 0; j < 6; j++) *(vec *)(e + (j * 6 + i) * MATRIX(c) + t * c + k) = o[j];
			}
		}
	}
}

// join_outputs transforms n tiles of m, 36 matrices [TILES, c], to y, [b, h, w, c].
static void NAME(join_outputs)(const float *m, float *y, int h, int w, int c, int first, int n) {
	int columns = tiles(w), rows = tiles(h);
	for (int t = 0; t < n; t++) {
		int tile = first + t, left = tile % columns * 4, top = tile / columns % rows * 4;
		float *map = y + (long)(tile / (columns * rows)) * h * w * c;
		int high = h - top < 4 ? h - top : 4, wide = w - left < 4 ? w - left : 4;
		for (int k = 0; k < c; k += W) {
			vec d[6][4];
			for (int j = 0; j < 6; j++) {
				vec e[6];
				for (int i = 0; i < 6; i++) e[i] = *(const vec *)(m + (j * 6 + i) * MATRIX(c) + t * c + k);
				NAME(transform_output)(e, d[j]);
			}
			for (int i = 0; i < high; i++) {
				vec e[6] = {d[0][i], d[1][i], d[2][i], d[3][i], d[4][i], d[5][i]}, o[4];
				NAME(transform_output)(e, o);
				for (int j = 0; j < wide; j++) *(vec *)(map + ((long)(top + i) * w + left + j) * c + k) = o[j];
			}
		}
	}
}

// BLOCK defines a product of ROWS rows and `vectors` vectors of columns, all sums in registers: out = a b, or out += a b. The element (r, i) of a is at r*by_row + i*by_column; b is [depth, n].
#define BLOCK(name, vectors) \
	INLINE void NAME(name)(const float *a, long by_row, long by_column, const float *b, float *out, int n, int depth, int add) { \
		vec sum[ROWS][vectors], column[vectors]; \
		UNROLL for (int r = 0; r < ROWS; r++) \
			UNROLL for (int j = 0; j < vectors; j++) sum[r][j] = add ? *(vec *)(out + (long)r * n + j * W) : (vec){0}; \
		for (int i = 0; i < depth; i++) { \
			UNROLL for (int j = 0; j < vectors; j++) column[j] = *(const vec *)(b + (long)i * n + j * W); \
			UNROLL for (int r = 0; r < ROWS; r++) { \
				float v = a[r * by_row + i * by_column]; \
				UNROLL for (int j = 0; j < vectors; j++) sum[r][j] += v * column[j]; \
			} \
		} \
		UNROLL for (int r = 0; r < ROWS; r++) \
			UNROLL for (int j = 0; j < vectors; j++) *(vec *)(out + (long)r * n + j * W) = sum[r][j]; \
	}
BLOCK(block2, 2)
BLOCK(block1, 1)
#undef BLOCK

// product computes out, [rows, n], block by block; rows are a multiple of ROWS, n one of W.
static void NAME(product)(const float *a, long by_row, long by_column, const float *b, float *out, int rows, int n, int depth, int add) {
	for (int j = 0; j < n; j += 2 * W)
		for (int r = 0; r < rows; r += ROWS)
			(j + W < n ? NAME(block2) : NAME(block1))(a + r * by_row, by_row, by_column, b + j, out + (long)r * n + j, n, depth, add);
}

static void NAME(convolve)(const convolution *s, int part, int parts, const float *x, const float *kernels, float *y, float *scratch) {
	float *v = scratch, *m = scratch + 36 * MATRIX(s->in);
	int begin = from(s, part, parts), end = from(s, part + 1, parts);
	for (int first = begin; first < end; first += TILES) {
		int n = end - first < TILES ? end - first : TILES, rows = (n + ROWS - 1) / ROWS * ROWS;
		NAME(split_inputs)(x, s->height, s->width, s->in, first, n, v);
		for (int i = 0; i < 36; i++)
			NAME(product)(v + i * MATRIX(s->in), s->in, 1, kernels + (long)i * s->in * s->out, m + i * MATRIX(s->out), rows, s->out, s->in, 0);
		NAME(join_outputs)(m, y, s->height, s->width, s->out, first, n);
	}
}

static void NAME(kernel_gradient)(const convolution *s, int part, int parts, const float *x, const float *dy, float *kernels, float *scratch) {
	float *v = scratch, *e = scratch + 36 * MATRIX(s->in);
	int begin = from(s, part, parts), end = from(s, part + 1, parts);
	if (begin == end) memset(kernels, 0, 36 * sizeof(float) * s->in * s->out);
	for (int first = begin; first < end; first += TILES) {
		int n = end - first < TILES ? end - first : TILES;
		NAME(split_inputs)(x, s->height, s->width, s->in, first, n, v);
		NAME(split_gradients)(dy, s->height, s->width, s->out, first, n, e);
		for (int i = 0; i < 36; i++)
			NAME(product)(v + i * MATRIX(s->in), 1, s->in, e + i * MATRIX(s->out), kernels + (long)i * s->in * s->out, s->in, s->out, n, first > begin);
	}
}

#undef AT
#undef vec
