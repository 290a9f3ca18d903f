package dev.batchloss.plan;

/** A loss lowered to data that a backend can run. */
public sealed interface Plan permits RowPlan {}
