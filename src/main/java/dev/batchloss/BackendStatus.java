package dev.batchloss;

import org.jspecify.annotations.Nullable;

/**
 * A backend as this machine sees it.
 *
 * @param name the name it is opened by
 * @param available whether it can run here
 * @param chosen whether it is the one that runs
 * @param detail what it runs on, for people; empty if it cannot run
 * @param reason why it cannot run or was passed over; null if neither holds
 */
public record BackendStatus(
    String name, boolean available, boolean chosen, String detail, @Nullable String reason) {}
