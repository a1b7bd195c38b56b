package io.throughline.query.view;

import java.util.List;

/**
 * One service or node page, ready to be written.
 *
 * @param partial whether a strip is pending
 */
record Page(Scope scope, long startMs, long endMs, long stepMs, long rightEdgeMs,
    List<Strip> strips, List<Edges.Edge> callers, List<Edges.Edge> callees,
    List<Long> instanceLastSeenMs, Skew skew, List<Change> changes, boolean partial) {}
