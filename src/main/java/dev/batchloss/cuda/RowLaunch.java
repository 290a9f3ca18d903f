package dev.batchloss.cuda;

/**
 * The launch of a kernel.
 *
 * @param kernel the kernel's name in its module
 * @param gridX blocks in the first dimension
 * @param gridY blocks in the second
 * @param block threads of a block
 * @param sharedBytes shared memory of a block beside the kernel's own
 */
record RowLaunch(String kernel, int gridX, int gridY, int block, int sharedBytes) {
  /** Returns the launch, for messages. */
  String describe(String module) {
    return "kernel %s of %s (grid %d×%d, block %d, %d bytes of shared memory)"
        .formatted(kernel, module, gridX, gridY, block, sharedBytes);
  }
}
