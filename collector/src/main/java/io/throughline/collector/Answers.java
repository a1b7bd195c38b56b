package io.throughline.collector;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.util.JsonFormat;
import io.throughline.model.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerResponse;
import java.util.Base64;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What doors answer, in the form of each protocol: plain text to remote write, {@code google.rpc.Status} to OTLP over HTTP,
 * a status with details to gRPC. All run on the event loop of the request.
 */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
  static final String PROTOBUF = "application/x-protobuf";
  private static final int RETRY_SECONDS = 5;
  /** gRPC's codes, which OTLP over HTTP uses too. */
  private static final int INVALID_ARGUMENT = 3;
  private static final int UNAVAILABLE = 14;

  private Answers() {}

  /** What a failed stage means; one that is none of ours is a fault of ours, and logged. */
  static Failure failure(Throwable failed) {
    var cause = failed instanceof CompletionException && failed.getCause() != null
        ? failed.getCause()
        : failed;
    if (cause instanceof Failure failure) {
      return failure;
    }
    LOG.error("a request failed by a fault of ours", cause);
    return new Failure(Failure.Category.BUG, "a fault of the collector: " + cause, cause);
  }

  static void plain(RoutingContext context, Throwable failed) {
    var failure = failure(failed);
    if (failure.category() == Failure.Category.UNAVAILABLE) {
      context.response().putHeader("Retry-After", "" + RETRY_SECONDS);
    }
    plain(context, failure.category().httpStatus(), failure.getMessage());
  }

  static void plain(RoutingContext context, int status, String message) {
    if (!context.response().ended() && !context.response().closed()) {
      context.response()
          .setStatusCode(status)
          .putHeader("Content-Type", "text/plain; charset=utf-8")
          .end(message + "\n");
    }
  }

  static void otlp(RoutingContext context, boolean json, Throwable failed) {
    var failure = failure(failed);
    int code = failure.category() == Failure.Category.UNAVAILABLE ? UNAVAILABLE : INVALID_ARGUMENT;
    if (code == UNAVAILABLE) {
      context.response().putHeader("Retry-After", "" + RETRY_SECONDS);
    }
    context.response().setStatusCode(failure.category().httpStatus());
    if (json) {
      context.json(new JsonObject().put("code", code).put("message", failure.getMessage()));
    } else {
      context.response()
          .putHeader("Content-Type", PROTOBUF)
          .end(Buffer.buffer(status(code, failure.getMessage(), code == UNAVAILABLE)));
    }
  }

  /** A {@code google.rpc.Status}: code = 1, message = 2, details = 3 (an Any of RetryInfo). */
  private static byte[] status(int code, String message, boolean retry) {
    var status = UnknownFieldSet.newBuilder()
        .mergeVarintField(1, code)
        .mergeLengthDelimitedField(2, ByteString.copyFromUtf8(message));
    if (retry) {
      var duration = UnknownFieldSet.newBuilder().mergeVarintField(1, RETRY_SECONDS).build();
      var retryInfo = UnknownFieldSet.newBuilder()
          .mergeLengthDelimitedField(1, duration.toByteString())
          .build();
      status.mergeLengthDelimitedField(3,
          UnknownFieldSet.newBuilder()
              .mergeLengthDelimitedField(1,
                  ByteString.copyFromUtf8("type.googleapis.com/google.rpc.RetryInfo"))
              .mergeLengthDelimitedField(2, retryInfo.toByteString())
              .build()
              .toByteString());
    }
    return status.build().toByteArray();
  }

  static void exported(RoutingContext context, boolean json, Message response) {
    try {
      context.response()
          .putHeader("Content-Type", json ? "application/json" : PROTOBUF)
          .end(json
              ? Buffer
                  .buffer(JsonFormat.printer().omittingInsignificantWhitespace().print(response))
              : Buffer.buffer(response.toByteArray()));
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  static void refuse(GrpcServerResponse<?, ?> response, Failure failure) {
    boolean retry = failure.category() == Failure.Category.UNAVAILABLE;
    response.status(switch (failure.category()) {
      case USER -> GrpcStatus.INVALID_ARGUMENT;
      case LIMIT -> GrpcStatus.RESOURCE_EXHAUSTED;
      case UNAVAILABLE -> GrpcStatus.UNAVAILABLE;
      case CORRUPT, BUG -> GrpcStatus.INTERNAL;
    }).statusMessage(failure.getMessage());
    if (retry) {
      response.trailers()
          .set("grpc-status-details-bin",
              Base64.getEncoder()
                  .withoutPadding()
                  .encodeToString(status(UNAVAILABLE, failure.getMessage(), true)));
    }
    response.end();
  }
}
