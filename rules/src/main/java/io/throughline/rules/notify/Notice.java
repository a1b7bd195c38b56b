package io.throughline.rules.notify;

import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * One alert as receivers get it.
 *
 * @param id names the alert in this installation
 * @param labels with the installation's external ones
 * @param endsAtMs when it was resolved, or until when it may be taken for firing if nothing more is heard
 * @param link to the pane at the alert's time
 * @param stillOurs whether telling is this process' to do; asked right before it is sent
 */
record Notice(String id, Map<String, String> labels, Map<String, String> annotations,
    boolean firing, long startsAtMs, long endsAtMs, String link, BooleanSupplier stillOurs) {}
