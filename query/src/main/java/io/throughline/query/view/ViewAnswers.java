package io.throughline.query.view;

import io.throughline.model.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the view's routes answer: JSON that was made, or a failure with its status and reason. */
final class ViewAnswers {
  private static final Logger LOG = LoggerFactory.getLogger(ViewAnswers.class);

  private ViewAnswers() {}

  static void answer(RoutingContext context, byte @Nullable [] bytes, @Nullable Throwable failure) {
    if (context.response().ended() || context.response().closed()) {
      return;
    }
    if (bytes != null) {
      context.response().putHeader("content-type", "application/json").end(Buffer.buffer(bytes));
      return;
    }
    fail(context, failure);
  }

  static void fail(RoutingContext context, @Nullable Throwable failure) {
    int status;
    String type;
    var message = failure == null || failure.getMessage() == null
        ? "the page could not be made"
        : failure.getMessage();
    switch (failure) {
      case PageMaker.NotFound notFound -> {
        status = 404;
        type = "not_found";
      }
      case Failure known -> {
        status = switch (known.category()) {
          case USER -> 400;
          case LIMIT -> 422;
          case UNAVAILABLE -> 503;
          case CORRUPT, BUG -> 500;
        };
        type = switch (known.category()) {
          case USER -> "bad_data";
          case LIMIT -> "execution";
          case UNAVAILABLE -> "unavailable";
          case CORRUPT, BUG -> "internal";
        };
      }
      case null, default -> {
        status = 500;
        type = "internal";
        LOG.error("view request failed path={}", context.request().path(), failure);
      }
    }
    if (status == 503) {
      context.response().putHeader("Retry-After", "1");
    }
    context.response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(Buffer.buffer(ViewJson.error(type, message)));
  }
}
