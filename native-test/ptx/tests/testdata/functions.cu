// One number through each function of the mathematics library, in float and in double, and through
// the instructions that only approximate.
template <class T>
static __device__ void all(const T *x, T *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  T a = x[i], b = x[(i + 1) % n], positive = fabs(a);
  T *o = y + i;
  o[0 * n] = exp(a);
  o[1 * n] = log(positive);
  o[2 * n] = expm1(a);
  o[3 * n] = tanh(a);
  o[4 * n] = pow(positive, b);
  o[5 * n] = sqrt(positive);
  o[6 * n] = a / b;
  o[7 * n] = 1 / a;
  o[8 * n] = log1p(positive);
  o[9 * n] = exp2(a);
  o[10 * n] = fma(a, b, a);
  o[11 * n] = fmax(a, b);
  o[12 * n] = fmin(a, b);
  o[13 * n] = copysign(a, b);
  o[14 * n] = floor(a);
  o[15 * n] = rint(a);
  o[16 * n] = trunc(a);
  o[17 * n] = ceil(a);
  o[18 * n] = round(a);
  o[19 * n] = rsqrt(positive);
  o[20 * n] = sin(a * 1000);
  o[21 * n] = isnan(a) ? 1 : isinf(a) ? 2 : signbit(a) ? 3 : 4;
}
extern "C" __global__ void floats(const float *x, float *y, int n) { all<float>(x, y, n); }
extern "C" __global__ void doubles(const double *x, double *y, int n) { all<double>(x, y, n); }

#define APPROXIMATE(NUMBER, INSTRUCTION) \
  asm(INSTRUCTION " %0, %1;" : "=f"(r) : "f"(a)); \
  y[NUMBER * n + i] = r;
extern "C" __global__ void approximations(const float *x, float *y, int n) {
  int i = threadIdx.x;
  if (i >= n) return;
  float a = x[i], r;
  APPROXIMATE(0, "ex2.approx.ftz.f32")
  APPROXIMATE(1, "ex2.approx.f32")
  APPROXIMATE(2, "lg2.approx.f32")
  APPROXIMATE(3, "rcp.approx.f32")
  APPROXIMATE(4, "rsqrt.approx.f32")
  APPROXIMATE(5, "sqrt.approx.f32")
  APPROXIMATE(6, "tanh.approx.f32")
  APPROXIMATE(7, "sin.approx.f32")
  APPROXIMATE(8, "cos.approx.f32")
  y[9 * n + i] = __fdividef(a, 3.f);
  asm("div.full.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(7.f));
  y[10 * n + i] = r;
}
