package io.throughline.app.http;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a request is answered with that no door of a role answers, and how often that was so, by category. */
final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
  private static final AttributeKey<String> CATEGORY = AttributeKey
      .stringKey("throughline.category");

  private final LongCounter failures;

  Problems(Meter meter) {
    failures = meter.counterBuilder("throughline.http.failures")
        .setUnit("{failure}")
        .setDescription("Requests that failed, by category")
        .build();
  }

  /** Answers with what a handler threw. */
  void failed(RoutingContext context) {
    var thrown = context.failure();
    int status = context.statusCode() < 400 ? 500 : context.statusCode();
    if (thrown instanceof Failure failure) {
      count(failure.category());
      answer(context.response(), failure.category().httpStatus(),
          failure.category().name().toLowerCase(Locale.ROOT), failure.getMessage());
    } else if (thrown == null || status < 500) {
      answer(context.response(), status, "bad_data", reason(context, status));
    } else {
      count(Failure.Category.BUG);
      LOG.error("a request met a defect method={} path={}", context.request().method(),
          context.request().path(), thrown);
      answer(context.response(), 500, "internal", "a defect of ours: "
          + thrown.getClass().getSimpleName() + "; the log of this process has more");
    }
  }

  private void count(Failure.Category category) {
    failures.add(1, Attributes.of(CATEGORY, category.name().toLowerCase(Locale.ROOT)));
  }

  private static String reason(RoutingContext context, int status) {
    var request = context.request();
    return switch (status) {
      case 404 ->
        "nothing is at " + request.path() + "; the APIs are under /api/v1 and /api/view/v1";
      case 405 -> request.method() + " is not for " + request.path();
      case 413 -> "the request's body is too large (http.max-body-bytes)";
      case 415 -> "this content type is not for " + request.path();
      default -> context.failure() == null || context.failure().getMessage() == null
          ? "the request is not understood"
          : String.valueOf(context.failure().getMessage());
    };
  }

  static void answer(HttpServerResponse response, int status, String type, String message) {
    if (response.ended() || response.headWritten()) {
      return;
    }
    response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
    if (status == 503) {
      response.putHeader(HttpHeaders.RETRY_AFTER, "1");
    }
    response.end(new JsonObject().put("status", "error")
        .put("errorType", type)
        .put("error", message)
        .toBuffer());
  }
}
