// Element types and vectors. One source serves every family: what differs comes in as -D options,
// which dev.batchloss.opencl.RowProgram derives from the call.
//
//   REAL    the type of the arithmetic: float or double
//   LANES   the length of the vector V; a lane is a class in along.cl and a row in across.cl
//   INPUT, OUTPUT, TARGET   names of element types: FLOAT32, FLOAT64, FLOAT16, BFLOAT16

// Contraction would make a sum's bits depend on what else is computed beside it.
#pragma OPENCL FP_CONTRACT OFF

#ifdef HAS_DOUBLES
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

#ifdef REAL_IS_DOUBLE
#define REAL double
#define BITS long
#define AS_REAL as_double
#else
#define REAL float
#define BITS int
#define AS_REAL as_float
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#if LANES == 1
#define VECTOR(type) type
#define CONVERT(type, x) ((type)(x))
#define LOAD_LANES(p) (*(p))
#define STORE_LANES(x, p) (*(p) = (x))
#define HALF(name, suffix) JOIN(name, suffix)
#define ANY(mask) (mask)
#else
#define VECTOR(type) JOIN(type, LANES)
#define CONVERT(type, x) JOIN(JOIN(convert_, type), LANES)(x)
#define LOAD_LANES(p) JOIN(vload, LANES)(0, p)
#define STORE_LANES(x, p) JOIN(vstore, LANES)(x, 0, p)
#define HALF(name, suffix) JOIN(JOIN(name, LANES), suffix)
#define ANY(mask) any(mask)
#endif

#define V VECTOR(REAL)
// What a comparison of two V gives, but for a single lane, where it is an int.
#define VBITS VECTOR(BITS)

// INFINITY is a float also where REAL is double.
#define NEGATIVE_INFINITY ((REAL)(-INFINITY))

// e^d as a product, for d ≤ 88, 0 below −88, NaN for NaN: d = k·ln 2 + f with |f| ≤ ½·ln 2, a
// polynomial in f, which is returned, and `power` = 2^k, put together from its bits. Cheaper than the
// driver's exp, whose bits are the driver's.
static inline V exp_factors(V d, V *power) {
#if defined(REAL_IS_DOUBLE) || !defined(NORMALIZES)
  *power = 1;
  return exp(d);
#else
  // Here k is −127, whose bits as an exponent are those of 0.
  const V least = -88.03f;
  d = d < least ? least : d;
  // Adding 1.5·2^23 rounds to an integer in the low bits; 127 more is the exponent's bias.
  const V rounder = 12582912.0f + 127.0f;
  V rounded = fma(d, (V)1.442695f, rounder);
  V k = rounded - rounder;
  V f = fma(k, (V)2.1219444e-4f, fma(k, (V)(-355.0f / 512.0f), d));
  V p = fma((V)0.001381454f, f, (V)0.008368745f);
  p = fma(p, f, (V)0.04166839f);
  p = fma(p, f, (V)0.16666521f);
  p = fma(p, f, (V)0.49999994f);
  p = fma(p, f, (V)1.0f);
  p = fma(p, f, (V)1.0f);
  *power = JOIN(as_, V)(JOIN(as_, VBITS)(rounded) << 23);
  return p;
#endif
}

static inline V exp_of(V d) {
  V power;
  V p = exp_factors(d, &power);
  return p * power;
}

#define ELEMENT_FLOAT32 float
#define ELEMENT_FLOAT64 double
#define ELEMENT_FLOAT16 half
#define ELEMENT_BFLOAT16 ushort

#define ELEMENT(type) JOIN(ELEMENT_, type)
#define LOAD(type) JOIN(load_, type)
#define LOAD_ONE(type) JOIN(load_one_, type)
#define STORE(type) JOIN(store_, type)
#define STORE_ONE(type) JOIN(store_one_, type)

static inline V load_FLOAT32(__global const float *p) {
  return CONVERT(REAL, LOAD_LANES(p));
}

static inline REAL load_one_FLOAT32(__global const float *p) {
  return *p;
}

static inline void store_FLOAT32(V x, __global float *p) {
  STORE_LANES(CONVERT(float, x), p);
}

static inline void store_one_FLOAT32(REAL x, __global float *p) {
  *p = (float)x;
}

#ifdef REAL_IS_DOUBLE
static inline V load_FLOAT64(__global const double *p) {
  return LOAD_LANES(p);
}

static inline REAL load_one_FLOAT64(__global const double *p) {
  return *p;
}
#endif

// Stored from float too: a caller may want the gradient of floats in doubles.
#ifdef HAS_DOUBLES
static inline void store_FLOAT64(V x, __global double *p) {
  STORE_LANES(CONVERT(double, x), p);
}

static inline void store_one_FLOAT64(REAL x, __global double *p) {
  *p = x;
}
#endif

static inline V load_FLOAT16(__global const half *p) {
  return CONVERT(REAL, HALF(vload_half, )(0, p));
}

static inline REAL load_one_FLOAT16(__global const half *p) {
  return vload_half(0, p);
}

static inline void store_FLOAT16(V x, __global half *p) {
  HALF(vstore_half, _rte)(x, 0, p);
}

static inline void store_one_FLOAT16(REAL x, __global half *p) {
  vstore_half_rte(x, 0, p);
}

static inline V load_BFLOAT16(__global const ushort *p) {
  VECTOR(uint) bits = CONVERT(uint, LOAD_LANES(p)) << 16;
  return CONVERT(REAL, JOIN(as_, VECTOR(float))(bits));
}

static inline REAL load_one_BFLOAT16(__global const ushort *p) {
  return as_float((uint)*p << 16);
}

// To nearest even; a NaN stays one, though its low bits are cut off.
static inline ushort bfloat16_of(float x) {
  uint bits = as_uint(x);
  return isnan(x) ? (ushort)(bits >> 16 | 0x40) : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static inline void store_one_BFLOAT16(REAL x, __global ushort *p) {
  *p = bfloat16_of((float)x);
}

static inline void store_BFLOAT16(V x, __global ushort *p) {
  REAL lanes[LANES];
  STORE_LANES(x, lanes);
  for (int lane = 0; lane < LANES; lane++) {
    p[lane] = bfloat16_of((float)lanes[lane]);
  }
}
