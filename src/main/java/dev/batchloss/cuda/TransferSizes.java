package dev.batchloss.cuda;

/**
 * How matrices of the host travel.
 *
 * @param leastChunk bytes of a chunk that are worth starting a kernel for
 * @param mostChunk bytes of a chunk beyond which larger ones gain nothing
 * @param leastRegistered bytes of native memory that are sooner pinned where they are than copied
 *     to memory that is pinned already
 */
record TransferSizes(long leastChunk, long mostChunk, long leastRegistered) {
  static final TransferSizes DEFAULT = new TransferSizes(1L << 20, 32L << 20, 64L << 20);
}
