// The loss of rows: online softmax with float4 loads, warp shuffles of a width known at run time,
// static and dynamic shared memory.
struct Strides {
  long long outer, classes, inner;
};

struct Parameters {
  const float *input;
  float *loss;
  float *gradient;
  const int *targets;
  long long rows;
  Strides strides[8];
  int classes;
  int lanes;
  float scale;
  unsigned flags;
};

#define LOG2_E 1.44269504f
#define INFINITE __int_as_float(0x7f800000)

static __device__ __forceinline__ void merge(float &m, float &s, float om, float os) {
  float n = fmaxf(m, om);
  if (n == -INFINITE) return;
  s = s * exp2f((m - n) * LOG2_E) + os * exp2f((om - n) * LOG2_E);
  m = n;
}

extern "C" __global__ void __launch_bounds__(128) softmax_warp(Parameters p) {
  int lane = threadIdx.x & (p.lanes - 1);
  long long row = (long long)blockIdx.x * (128 / p.lanes) + threadIdx.x / p.lanes;
  bool live = row < p.rows;
  const float *x = p.input + (live ? row : 0) * p.strides[0].outer;
  float m = -INFINITE, s = 0;
  if (live) {
    for (int c = lane; c < p.classes; c += p.lanes) merge(m, s, x[c], 1);
  }
  for (int d = p.lanes / 2; d > 0; d >>= 1) {
    float om = __shfl_xor_sync(0xffffffffu, m, d, p.lanes);
    float os = __shfl_xor_sync(0xffffffffu, s, d, p.lanes);
    merge(m, s, om, os);
  }
  if (!live) return;
  if (lane == 0) p.loss[row] = logf(s) + m - x[p.targets[row]];
  if ((p.flags & 1) == 0) return;
  for (int c = lane; c < p.classes; c += p.lanes) {
    float probability = expf(x[c] - m) / s;
    p.gradient[row * p.strides[1].outer + c] = probability - (c == p.targets[row] ? 1.f : 0.f);
  }
}

extern "C" __global__ void __launch_bounds__(256) softmax_block(Parameters p) {
  extern __shared__ float4 kept[];
  __shared__ float ms[8], ss[8];
  long long row = blockIdx.x;
  const float4 *x = reinterpret_cast<const float4 *>(p.input + row * p.strides[0].outer);
  float m = -INFINITE, s = 0;
  for (int q = threadIdx.x; q < p.classes / 4; q += blockDim.x) {
    float4 v = __ldg(&x[q]);
    kept[q] = v;
    float n = fmaxf(fmaxf(v.x, v.y), fmaxf(v.z, v.w));
    float t = exp2f((v.x - n) * LOG2_E) + exp2f((v.y - n) * LOG2_E) +
              exp2f((v.z - n) * LOG2_E) + exp2f((v.w - n) * LOG2_E);
    merge(m, s, n, t);
  }
  for (int d = 16; d > 0; d >>= 1) {
    float om = __shfl_down_sync(0xffffffffu, m, d);
    float os = __shfl_down_sync(0xffffffffu, s, d);
    merge(m, s, om, os);
  }
  if ((threadIdx.x & 31) == 0) {
    ms[threadIdx.x / 32] = m;
    ss[threadIdx.x / 32] = s;
  }
  __syncthreads();
  m = ms[0];
  s = ss[0];
  for (int w = 1; w < blockDim.x / 32; ++w) merge(m, s, ms[w], ss[w]);
  float4 *g = reinterpret_cast<float4 *>(p.gradient + row * p.strides[1].outer);
  float k = 1 / s;
  for (int q = threadIdx.x; q < p.classes / 4; q += blockDim.x) {
    float4 v = kept[q];
    v.x = exp2f((v.x - m) * LOG2_E) * k;
    v.y = exp2f((v.y - m) * LOG2_E) * k;
    v.z = exp2f((v.z - m) * LOG2_E) * k;
    v.w = exp2f((v.w - m) * LOG2_E) * k;
    g[q] = v;
  }
  if (threadIdx.x == 0) {
    p.loss[row] = logf(s) + m - p.input[row * p.strides[0].outer + p.targets[row]];
  }
}
