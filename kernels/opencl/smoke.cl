// Sums the numbers of each work-group, whose size is a power of two, in local memory.
kernel void smoke(global const int *numbers, global int *sums, local int *partial) {
  int item = (int)get_local_id(0);
  partial[item] = numbers[get_global_id(0)];
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int active = (int)get_local_size(0) / 2; active > 0; active /= 2) {
    if (item < active) {
      partial[item] += partial[item + active];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (item == 0) {
    sums[get_group_id(0)] = partial[0];
  }
}
