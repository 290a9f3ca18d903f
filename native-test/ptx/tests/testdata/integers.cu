// Bits, arithmetic in 64 bits, conversions, atomic operations, votes, local memory, tables, calls.
__constant__ int table[8] = {3, 1, 4, 1, 5, 9, 2, 6};
__device__ unsigned long long weights[4] = {1, 0x123456789abcdefULL, 3, 4};
__device__ int counter;

struct Big {
  long long a[40];
  int b;
  short c;
  unsigned char d;
};

static __device__ __noinline__ long long mix(Big big, int k, float f) {
  return big.a[k] * 3 + big.b + big.c + big.d + (long long)f;
}

extern "C" __global__ void bits(const unsigned *x, unsigned long long *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned a = x[i], b = x[(i + 1) % n];
  unsigned long long *o = y + i * 32;
  unsigned long long w = ((unsigned long long)a << 32) | b;
  long long sw = (long long)w;
  o[0] = __popc(a);
  o[1] = __clz(a);
  o[2] = __ffs(a);
  o[3] = __brev(a);
  o[4] = __byte_perm(a, b, 0x5140);
  o[5] = __funnelshift_l(a, b, a & 31);
  o[6] = __funnelshift_r(a, b, b);
  o[7] = __umulhi(a, b);
  o[8] = __umul64hi(w, w);
  o[9] = (unsigned)__mulhi((int)a, (int)b);
  o[10] = w / (b | 1);
  o[11] = w % (a | 1);
  o[12] = sw / (int)(b | 1);
  o[13] = sw % (long long)(a | 1);
  o[14] = a / (b | 1);
  o[15] = (int)a % (int)(b | 1);
  o[16] = sw >> (a & 63);
  o[17] = w >> (b & 63);
  o[18] = (a >> 5) & 0x3ff;
  o[19] = (int)(short)a;
  o[20] = (signed char)b;
  o[21] = __popcll(w);
  o[22] = __clzll(w);
  o[23] = __brevll(w);
  o[24] = min((int)a, (int)b);
  o[25] = max(a, b);
  o[26] = abs((int)a);
  o[27] = __sad((int)a, (int)b, 5u);
  o[28] = (unsigned long long)a * b + w;
  o[29] = __dp4a(a, b, 7u);
  o[30] = table[a & 7] + weights[b & 3];
  o[31] = __hadd((int)a, (int)b);
}

extern "C" __global__ void conversions(
    const float *x, long long *y, unsigned short *h, double *d, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float a = x[i];
  double e = a * 1.0000001;
  long long *o = y + i * 20;
  o[0] = (int)a;
  o[1] = (unsigned)a;
  o[2] = (long long)a;
  o[3] = (unsigned long long)a;
  o[4] = __float2int_rn(a);
  o[5] = __float2int_rd(a);
  o[6] = __float2int_ru(a);
  o[7] = (short)a;
  o[8] = (unsigned char)a;
  o[9] = (int)e;
  o[10] = (long long)e;
  o[11] = __double2ll_rn(e);
  o[12] = __double_as_longlong((double)a);
  o[13] = __float_as_int((float)e);
  o[14] = __float_as_int(__double2float_rz(e));
  o[15] = __float_as_int((float)o[2]);
  o[16] = __double_as_longlong((double)o[2]);
  o[17] = __float_as_int(__int2float_rz(o[0] * 3 + 1));
  o[18] = __float_as_int(__saturatef(a));
  o[19] = __float_as_int(__fadd_ru(a, 1e-9f)) + __float_as_int(__fmul_rd(a, 1.1f));
  unsigned short half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(a));
  h[i] = half;
  float back;
  asm("cvt.f32.f16 %0, %1;" : "=f"(back) : "h"(half));
  d[i] = back;
}

extern "C" __global__ void together(
    const int *x, int *y, unsigned long long *z, float *f, int n) {
  __shared__ int sum, low;
  __shared__ unsigned long long high;
  __shared__ float real;
  int t = threadIdx.x;
  if (t == 0) {
    sum = 0;
    low = 0x7fffffff;
    high = 0;
    real = 0;
  }
  __syncthreads();
  int v = x[blockIdx.x * blockDim.x + t];
  atomicAdd(&sum, v);
  atomicMin(&low, v);
  atomicMax(&high, (unsigned long long)(unsigned)v);
  atomicAdd(&real, 1.5f);
  unsigned odd = __ballot_sync(0xffffffffu, v & 1);
  bool any = __any_sync(0xffffffffu, v == 77), every = __all_sync(0xffffffffu, v != 0);
  unsigned same = __match_any_sync(0xffffffffu, v & 3);
  int count = __syncthreads_count(v > 0);
  if (t == 0) {
    atomicAdd(y, sum);
    atomicMin(y + 1, low);
    atomicMax(z, high);
    atomicAdd(f, real);
    atomicAdd(y + 2, count);
    atomicCAS(y + 4, 0, 1);
    atomicExch(y + 5, 17);
    atomicOr(y + 6, 1 << blockIdx.x);
    atomicAdd(z + 1, 1ULL << 33);
    atomicAdd(&counter, 1);
    unsigned long long seen = z[2], old;
    do {
      old = seen;
      seen = atomicCAS(z + 2, old, old + 5);
    } while (seen != old);
  }
  if (t % 32 == 0) atomicAdd(y + 3, __popc(odd) + 100 * any + 1000 * every + __popc(same));
}

extern "C" __global__ void local(const Big big, const int *k, long long *y, int n) {
  int i = threadIdx.x;
  if (i >= n) return;
  int spill[32];
  for (int j = 0; j < 32; ++j) spill[j] = j * k[i];
  Big mine = big;
  mine.a[k[i]] += 5;
  long long s = 0;
  for (int j = 0; j < 40; ++j) s += mine.a[(j * k[i]) % 40];
  y[i] = s + spill[k[i] & 31] + mix(big, k[i], 2.5f) + mix(mine, k[i] / 2, 1.25f) + big.a[k[i]];
}

extern "C" __global__ void choose(const int *k, int *y, int n) {
  int i = threadIdx.x;
  if (i >= n) return;
  int r = 0;
  switch (k[i]) {
    case 0: r = y[1]; break;
    case 1: r = y[2] * 7; break;
    case 2: r = i << 3; break;
    case 3: r = k[i + 1]; break;
    case 4: r = 11 ^ i; break;
    case 5: r = y[5] / (i + 1); break;
    case 7: __trap();
    default: r = -1;
  }
  y[n + i] = r;
}
