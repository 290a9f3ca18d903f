package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The programs of a context, each built when it is first wanted and once, however many threads want
 * it. What failed to build is tried again by who asks next. Thread-safe.
 */
final class ProgramCache implements AutoCloseable {
  private final DeviceContext context;
  private final ConcurrentMap<Key, CompletableFuture<Program>> programs = new ConcurrentHashMap<>();

  /** Starts empty; the context stays the caller's. */
  ProgramCache(DeviceContext context) {
    this.context = context;
  }

  /**
   * Returns a program, which stays the cache's; blocks while it is being built.
   *
   * @param sourceNames the names of its sources, in order; see {@link KernelSources}
   * @param options the compiler's
   * @throws DeviceException if it does not compile; the message has the compiler's log
   */
  Program get(List<String> sourceNames, String options) {
    Key key = new Key(List.copyOf(sourceNames), options);
    CompletableFuture<Program> mine = new CompletableFuture<>();
    CompletableFuture<Program> first = programs.putIfAbsent(key, mine);
    return first == null ? build(key, mine) : result(first);
  }

  /** Closes every program; none may be in use or asked for any more. */
  @Override
  public void close() {
    for (CompletableFuture<Program> program : programs.values()) {
      if (!program.isCompletedExceptionally()) {
        program.join().close();
      }
    }
    programs.clear();
  }

  private Program build(Key key, CompletableFuture<Program> result) {
    try {
      List<String> sources = key.sourceNames.stream().map(KernelSources::read).toList();
      Program program = context.build(sources, key.options);
      result.complete(program);
      return program;
    } catch (RuntimeException | Error e) {
      programs.remove(key, result);
      result.completeExceptionally(e);
      throw e;
    }
  }

  private static Program result(CompletableFuture<Program> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private record Key(List<String> sourceNames, String options) {}
}
